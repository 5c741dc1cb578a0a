//! The typed language of programmes and the whole of FEEL, held against each other where both say something.
//!
//! `PROPTEST_CASES=1000000 cargo nextest run -p catalogue -E 'test(dialects)'` is the long form.

use std::collections::BTreeMap;

use dmn::{Env, Eval, Names, NoTypes};
use kernel::{Currency, Date};
use proptest::prelude::*;
use rules::schema::{Dated, Definition, Entity, Expr, Origin, Roles, Schema, Value};
use rules::{Named, compile};

const ON: Date = Date::constant(2026, 6, 15);

/// Numbers by operators and functions that both languages have.
fn number() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        (-50_i64..50).prop_map(|n| n.to_string()),
        (-5_000_i64..5_000, 1_u32..4).prop_map(|(n, places)| {
            let unit = 10_i64.pow(places);
            let sign = if n < 0 { "-" } else { "" };
            format!("{sign}{}.{:0width$}", n.abs() / unit, n.abs() % unit, width = places as usize)
        }),
        prop::sample::select(vec!["1000000", "123456789012", "0.000001", "99999999999999999"]).prop_map(str::to_owned),
    ];
    leaf.prop_recursive(4, 16, 3, |inner| {
        let one = prop::sample::select(vec![
            "(-X)",
            "abs(X)",
            "floor(X)",
            "ceiling(X)",
            "floor(X, 1)",
            "ceiling(X, -1)",
            "round half up(X, 2)",
            "round down(X, 0)",
            "round up(X, -2)",
            "(X ** 2)",
            "(X / 7)",
            "(X * 0.5)",
        ]);
        let two = prop::sample::select(vec!["(X + Y)", "(X - Y)", "(X * Y)", "(X / Y)", "min(X, Y)", "max(X, Y)"]);
        prop_oneof![
            (one, inner.clone()).prop_map(|(f, x)| f.replace('X', &x)),
            (two, inner.clone(), inner).prop_map(|(f, x, y)| f.replace('X', &x).replace('Y', &y)),
        ]
    })
}

fn date() -> impl Strategy<Value = String> {
    let day = (1990_i16..2040, 1_u8..13, 1_u8..29).prop_map(|(y, m, d)| format!("{y}-{m:02}-{d:02}"));
    let end = prop::sample::select(vec!["2024-02-29", "2023-02-28", "2025-01-31", "2025-12-31", "2026-08-30"]);
    let plain = prop_oneof![3 => day, 1 => end.prop_map(str::to_owned)].prop_map(|d| format!("date(\"{d}\")"));
    let moved = prop::sample::select(vec!["P1D", "P30D", "P1M", "P13M", "P1Y", "P4Y", "-P1M", "-P1Y"]);
    (plain, prop::option::of((moved, prop::sample::select(vec!["+", "-"])))).prop_map(|(date, by)| match by {
        Some((by, sign)) => format!("({date} {sign} duration(\"{by}\"))"),
        None => date,
    })
}

fn truth() -> impl Strategy<Value = String> {
    let sign = || prop::sample::select(vec!["<", "<=", ">", ">=", "=", "!="]);
    let leaf = prop_oneof![
        Just("true".to_owned()),
        Just("false".to_owned()),
        (number(), sign(), number()).prop_map(|(a, s, b)| format!("{a} {s} {b}")),
        (date(), sign(), date()).prop_map(|(a, s, b)| format!("{a} {s} {b}")),
        (number(), number(), number()).prop_map(|(x, a, b)| format!("{x} in [{a}..{b})")),
        (number(), number(), number()).prop_map(|(x, a, b)| format!("{x} between {a} and {b}")),
        (number(), number(), number()).prop_map(|(x, a, b)| format!("{x} in ({a}, {b})")),
    ];
    leaf.prop_recursive(3, 10, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) and ({b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) or ({b})")),
            inner.prop_map(|a| format!("not({a})")),
        ]
    })
}

fn anything() -> impl Strategy<Value = String> {
    prop_oneof![
        number(),
        date(),
        truth(),
        (truth(), number(), number()).prop_map(|(c, a, b)| format!("if {c} then {a} else {b}")),
    ]
}

/// What the typed language makes of an expression; `None` where it refuses it or it is in error.
fn typed(text: &str) -> Option<String> {
    let origin = Origin { file: "test".into(), line: 1, column: 1 };
    let expr = Expr { text: text.to_owned(), origin: origin.clone() };
    let versions = vec![Dated { valid_from: None, valid_to: None, it: expr.into() }];
    let id = "it";
    let definition =
        Definition { id: id.into(), entity: Entity::Household, ty: None, may_be_stated: false, versions, origin };
    let schema = Schema {
        currency: Currency::KRW,
        roles: Roles::default(),
        code_lists: Vec::new(),
        items: Vec::new(),
        tables: Vec::new(),
        definitions: vec![definition],
        programmes: Vec::new(),
    };
    let program = compile(&schema).ok()?.program;
    match program.value(&program.household().build(), (Entity::Household, id), None, ON).ok()? {
        Named::Known(Value::Boolean(b)) => Some(b.to_string()),
        Named::Known(Value::Integer(n) | Value::Money(n)) => Some(n.to_string()),
        Named::Known(Value::Decimal(d)) => Some(d),
        Named::Known(Value::Date(d)) => Some(d.to_string()),
        _ => None,
    }
}

/// What FEEL makes of it; `None` for null.
fn dynamic(text: &str) -> Option<String> {
    let expr = dmn::parse(text, &Names::new(), &NoTypes).ok()?;
    let value = Eval::new(None).eval(&expr, &Env::default());
    (!value.is_null()).then(|| value.to_string())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn typed_and_dynamic_expressions_agree(text in anything()) {
        if let (Some(ours), Some(theirs)) = (typed(&text), dynamic(&text)) {
            prop_assert_eq!(ours, theirs, "{}", text);
        }
    }

    /// Canonical form is stable, and means the same.
    #[test]
    fn canonical_expressions_are_stable(text in anything()) {
        let once = rules::canonical(&text).expect("it parses");
        prop_assert_eq!(rules::canonical(&once), Some(once.clone()), "{}", text);
        prop_assert_eq!(typed(&once), typed(&text), "{} as {}", text, once);
        prop_assert_eq!(dynamic(&once), dynamic(&text), "{} as {}", text, once);
    }
}

#[test]
fn most_expressions_mean_something_in_both() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let strategy = anything();
    let mut seen: BTreeMap<(bool, bool), usize> = BTreeMap::new();
    for _ in 0..300 {
        let text = strategy.new_tree(&mut runner).unwrap().current();
        *seen.entry((typed(&text).is_some(), dynamic(&text).is_some())).or_default() += 1;
    }
    assert!(seen.get(&(true, true)).is_some_and(|n| *n > 150), "{seen:?}");
}
