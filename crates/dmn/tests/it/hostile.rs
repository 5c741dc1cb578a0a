//! Nothing an author or an attacker writes makes it panic, hang or eat the memory.

use std::time::Instant;

use proptest::prelude::*;

use crate::feel::value_of;

/// Pieces of the grammar, thrown together.
fn garbage() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => prop::sample::select(vec![
            "1", "0.5", "-", "+", "*", "/", "**", "(", ")", "[", "]", "{", "}", ",", ".", "..", ":", "=", "!=", "<", "<=", ">",
            ">=", "\"a\"", "\"", "@", "@\"P1D\"", "@\"2026-11-26\"", "@\"10:00:00Z\"", "x", "a b", "?", "'", "//", "/*", "*/", "\\",
            "\u{0}", "가", "🐎", "null", "true", "item", "partial",
        ]).prop_map(str::to_owned),
        3 => prop::sample::select(vec![
            "if", "then", "else", "for", "in", "return", "some", "every", "satisfies", "and", "or", "not(", "between",
            "instance of", "list<", "context<", "function<", "function(", "external", "number", "date and time",
        ]).prop_map(|w| format!(" {w} ")),
        2 => prop::sample::select(vec![
            "substring(", "sum(", "sort(", "replace(", "split(", "string join(", "range(", "number(", "date(", "duration(",
            "list replace(", "get value(", "context put(", "decimal(", "exp(", "log(", "modulo(", "sublist(", "flatten(",
        ]).prop_map(str::to_owned),
        1 => any::<String>(),
    ];
    prop::collection::vec(piece, 0..25).prop_map(|v| v.concat())
}

/// Expressions that parse: numbers, operators, forms and calls nested a little.
fn sound() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "1",
        "0",
        "-2.5",
        "1E400",
        "9999999999999999999999999999999999",
        "null",
        "true",
        "\"a\\\"b\"",
        "@\"P1D\"",
        "@\"P1Y\"",
        "@\"2026-11-26\"",
        "@\"10:00:00Z\"",
        "@\"2026-11-26T10:00:00@Asia/Seoul\"",
        "[1, 2, 3]",
        "[1..5)",
        "{a: 1, b c: 2}",
        "x",
    ])
    .prop_map(str::to_owned);
    leaf.prop_recursive(4, 40, 3, |inner| {
        let op = prop::sample::select(vec!["+", "-", "*", "/", "**", "=", "!=", "<", ">=", "and", "or"]);
        let call = prop::sample::select(vec![
            "abs",
            "sum",
            "count",
            "string",
            "not",
            "flatten",
            "exp",
            "log",
            "sqrt",
            "max",
            "reverse",
            "distinct values",
            "number",
        ]);
        prop_oneof![
            (inner.clone(), op, inner.clone()).prop_map(|(a, o, b)| format!("({a}) {o} ({b})")),
            (call, inner.clone()).prop_map(|(f, a)| format!("{f}({a})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a})[{b}]")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("for x in {a} return {b}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("some x in {a} satisfies {b}")),
            (inner.clone(), inner.clone(), inner.clone()).prop_map(|(a, b, c)| format!("if {a} then {b} else {c}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("[{a}, {b}]")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{{k: {a}, l m: {b}}}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) in ({b}, < 3)")),
            inner.clone().prop_map(|a| format!("(function(x) {a})(2)")),
            (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(a, b, c)| format!("({a}) between ({b}) and ({c})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("every x in {a} satisfies {b}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("for x in {a}, y in {b} return [x, y]")),
            (inner.clone(), prop::sample::select(vec!["number", "list<string>", "context<k: number>", "range<date>"]))
                .prop_map(|(a, ty)| format!("({a}) instance of {ty}")),
            inner.clone().prop_map(|a| format!("({a}).k")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) in [({b})..5)")),
            inner.prop_map(|a| format!("-({a})")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn garbage_never_panics(text in garbage()) {
        value_of(&text);
        let _ = dmn::parse_tests(&text, &dmn::Names::new(), &dmn::NoTypes);
    }

    #[test]
    fn sound_expressions_survive_printing(text in sound()) {
        let parse = |t: &str| dmn::parse(t, &dmn::Names::new(), &dmn::NoTypes);
        let first = parse(&text).map_err(|e| TestCaseError::fail(format!("{text}: {e:?}")))?;
        let printed = first.to_string();
        let again = parse(&printed).map_err(|e| TestCaseError::fail(format!("{text} printed as {printed}: {e:?}")))?;
        prop_assert_eq!(again.to_string(), printed.clone());
        prop_assert_eq!(value_of(&text).0.to_string(), value_of(&printed).0.to_string());
    }
}

#[test]
fn depth_and_length_have_limits() {
    for text in [
        "(".repeat(100_000),
        "[".repeat(100_000),
        "-".repeat(100_000),
        "not(".repeat(100_000),
        "{a: ".repeat(100_000),
        "if true then ".repeat(100_000),
        "list<".repeat(100_000),
        format!("1 instance of {}", "list<".repeat(100_000)),
        format!("1{}", " + 1".repeat(100_000)),
        format!("a{}", ".a".repeat(100_000)),
        format!("a{}", "[1]".repeat(100_000)),
        format!("\"{}\"", "a".repeat(2_000_000)),
    ] {
        let (value, notes) = value_of(&text);
        assert!(value.is_null() && !notes.is_empty());
    }
    assert_eq!(value_of(&format!("1{}", " + 1".repeat(400))).0, dmn::Value::whole(401));
}

#[test]
fn endless_work_is_stopped() {
    let started = Instant::now();
    for text in [
        "for i in 1..1000000000000 return i",
        "for a in 1..100000, b in 1..100000, c in 1..100000 return 1",
        "every a in 1..1000000000 satisfies a > 0",
        "{f: function(g, n) g(g, n + 1), r: f(f, 1)}.r",
        "{f: function(g, l) g(g, concatenate(l, l)), r: f(f, [1, 2])}.r",
        "matches(\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\", \"^(a+)+$\") and false",
        "for i in 1..1000000 return [partial[-1]]",
        "for i in 1..100 return [partial[-1], partial[-1]]",
        "(10 ** 6000) * (10 ** 6000)",
        "exp(100000000000)",
        "9 ** 999999999999",
    ] {
        let (value, notes) = value_of(text);
        assert!(value.is_null() || value == dmn::Value::Boolean(false), "{text}: {value}");
        assert!(value == dmn::Value::Boolean(false) || !notes.is_empty(), "{text}");
    }
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}

/// `a60` has 2^60 parts, all of them the same two: made at once, and never gone through.
#[test]
fn what_shares_its_parts_is_not_gone_through_without_end() {
    let started = Instant::now();
    let doubled = |name: &str| {
        let steps: Vec<String> = (1..=60).map(|n| format!("{name}{n}: [{name}{}, {name}{}]", n - 1, n - 1)).collect();
        format!("{name}0: [1], {}", steps.join(", "))
    };
    for end in [
        "a60 = b60",
        "a60 in (b60)",
        "a60 instance of list<list<number>>",
        "string(a60)",
        "flatten(a60)",
        "distinct values(a60)",
        "list contains(a60, b60)",
        "index of(a60, b60)",
        "union(a60, b60)",
        "sort(a60, function(x, y) x < y)",
        "count(a60)",
        "a60",
        "every x in 1..1000000 satisfies a18 = b18",
        "for x in 1..1000000 return list contains(a18, b18)",
        "for x in 1..1000000 return count([a18])",
        "for x in 1..1000000 return string(a18)",
    ] {
        let text = format!("{{{}, {}, r: {end}}}.r", doubled("a"), doubled("b"));
        let (value, notes) = value_of(&text);
        assert!(!notes.is_empty(), "{end}: {value}");
        assert!(value.to_string().len() < 1_000_000, "{end}");
    }
    assert!(started.elapsed().as_secs() < 100, "{:?}", started.elapsed());
}

/// One `for` inside a comparison counts towards the same work as everything else.
#[test]
fn a_comparison_is_stopped_within_itself() {
    let started = Instant::now();
    for text in [
        "(for i in 1..4000000 return i) < (for i in 1..4000000 return i)",
        "[1..10] = (for i in 1..3000000, j in 1..3000000 return i)",
        "1 in (for i in 1..100000000 return i)",
        "sum(for i in 1..9000000 return 1) < sum(for i in 1..90000000 return 1)",
    ] {
        let (value, notes) = value_of(text);
        // A side that was stopped is null, and `[1..10] = null` is false.
        assert!(!notes.is_empty() && (value.is_null() || value == dmn::Value::Boolean(false)), "{text}: {value}");
    }
    assert!(started.elapsed().as_secs() < 100, "{:?}", started.elapsed());
}
