//! Decision tables: what they give, which rule gave it, what of the unknown they leave open, and what is refused before anybody is
//! judged by them.

use std::sync::Arc;

use proptest::prelude::*;
use rules::schema::{
    Dated, DecisionRule, DecisionTable, Definition, Entity, Fault, HitPolicy, Logic, Origin, Per, Type, Value,
};
use rules::{Named, Program, compile};

use crate::agree::agree;
use crate::people::Town;
use crate::support::{self, ON, definition, expr, programme};

fn at(line: u32) -> Origin {
    Origin { file: "table.dmn".into(), line, column: 1 }
}

/// A table from rows of `cell | cell → output`; rule `n` stands in line `10 + n`.
fn table(policy: HitPolicy, inputs: &[&str], rows: &[&str], default: Option<&str>) -> DecisionTable {
    let rule = |(n, row): (u32, &&str)| {
        let (cells, output) = row.split_once("->").unwrap();
        DecisionRule {
            number: n,
            cells: cells.split('|').map(|c| expr(c.trim())).collect(),
            output: expr(output.trim()),
            origin: at(10 + n),
        }
    };
    DecisionTable {
        name: "table".into(),
        policy,
        inputs: inputs.iter().map(|i| expr(i)).collect(),
        rules: (1..).zip(rows).map(rule).collect(),
        default: default.map(expr),
        origin: at(5),
    }
}

fn decided(table: DecisionTable, ty: Type) -> Definition {
    let versions = vec![Dated { valid_from: None, valid_to: None, it: Logic::Table(Arc::new(table)) }];
    Definition { ty: Some(ty), versions, ..definition(Entity::Person, "decided", "0") }
}

fn program(table: DecisionTable, ty: Type) -> Result<Program, Vec<Fault>> {
    let mut schema = support::schema();
    let amount = (ty == money()).then_some(("floor(person.decided)", Per::Once));
    schema.definitions.push(decided(table, ty));
    schema.programmes.push(programme("by_table", Entity::Person, &[("known", "person.decided >= 0")], amount));
    compile(&schema).map(|c| c.program)
}

fn money() -> Type {
    Type::Money(Per::Once)
}

fn value(program: &Program, member: usize) -> Named {
    let family = support::family(program);
    program.value(&family, (Entity::Person, "decided"), Some(member), ON).unwrap()
}

fn codes(faults: Result<Program, Vec<Fault>>) -> Vec<(&'static str, u32, String)> {
    let faults = faults.err().unwrap_or_default();
    faults.into_iter().map(|f| (f.code, f.line, f.message)).collect()
}

const GRADES: [&str; 4] = [
    "- | \"none\" -> 1",
    "< 18 | not(\"none\") -> 2",
    "[18..65) | \"mild\", \"severe\" -> 3",
    ">= 65 | not(\"none\") -> 4",
];
const BY: [&str; 2] = ["person.age_years", "person.grade"];

#[test]
fn a_table_gives_the_output_of_its_rule() {
    let program = program(table(HitPolicy::Unique, &BY, &GRADES, None), money()).unwrap();
    // The mother has no grade; the father, 34, a severe one; of the child, none, it is not known.
    assert_eq!(value(&program, 0), Named::Known(Value::Money(1)));
    assert_eq!(value(&program, 1), Named::Known(Value::Money(3)));
    assert_eq!(value(&program, 2), Named::Unknown { least: Some(1), most: Some(2) });
    let family = support::family(&program);
    let explained = program.explain(&family, ON, ON);
    let hits: Vec<_> = explained
        .results
        .iter()
        .filter(|r| r.programme == "by_table")
        .map(|r| r.conditions[0].steps.iter().find(|s| s.name == "decided").and_then(|s| s.table.clone()))
        .map(|hit| hit.map(|h| h.rules))
        .collect();
    assert_eq!(hits, [Some(vec![(1, 11)]), Some(vec![(3, 13)]), None]);
    let missing: Vec<_> = explained.results.iter().flat_map(|r| &r.missing).map(|m| m.item.as_str()).collect();
    assert!(!missing.contains(&"grade"), "a sum of at least 1 does not hang on the grade: {missing:?}");
}

#[test]
fn what_all_open_rules_agree_on_is_known() {
    let rows = ["< 18 | - -> 7", ">= 18 | \"none\" -> 5", ">= 18 | not(\"none\") -> 5"];
    let program =
        program(table(HitPolicy::Unique, &["person.age_years", "person.grade"], &rows, None), money()).unwrap();
    assert_eq!(value(&program, 2), Named::Known(Value::Money(7)));
    assert_eq!(value(&program, 1), Named::Known(Value::Money(5)));
}

#[test]
fn policies_put_matching_rules_together() {
    let rows = ["- | - -> 10", ">= 18 | - -> 20", ">= 18 | \"severe\" -> 25", "< 18 | \"severe\" -> 1"];
    let of = |policy| value(&program(table(policy, &BY, &rows, None), money()).unwrap(), 1);
    let known = |n| Named::Known(Value::Money(n));
    assert_eq!(of(HitPolicy::First), known(10));
    assert_eq!(of(HitPolicy::Sum), known(55));
    assert_eq!(of(HitPolicy::Least), known(10));
    assert_eq!(of(HitPolicy::Greatest), known(25));
    let counted = program(table(HitPolicy::Count, &BY, &rows, None), Type::Integer("".into())).unwrap();
    assert_eq!(value(&counted, 1), Named::Known(Value::Integer(3)));
    let any = ["< 18 | - -> 1", ">= 18 | - -> 2", "- | \"severe\" -> 2", "- | not(\"severe\") -> 1"];
    let clash = codes(program(table(HitPolicy::Any, &BY, &any, None), money()));
    assert_eq!(clash.len(), 2, "{clash:?}");
    assert!(
        clash.iter().all(|(code, _, text)| *code == "table-overlap" && text.contains("different results")),
        "{clash:?}"
    );
}

#[test]
fn tables_are_refused_with_reason_and_line() {
    let ints = || Type::Integer("".into());
    // What the table is, and: code, line, a part of the message.
    let cases: Vec<(DecisionTable, Type, (&str, u32, &str))> = vec![
        (
            table(HitPolicy::Unique, &BY, &["< 20 | - -> 1", "> 18 | - -> 2"], None),
            money(),
            ("table-overlap", 12, "rules 1 and 2 both match: person.age_years in (18..20) and person.grade = \"none\""),
        ),
        (
            table(HitPolicy::Unique, &BY, &["< 18 | - -> 1", "> 18 | - -> 2"], None),
            money(),
            ("table-gap", 5, "no rule of the table matches: person.age_years = 18 and person.grade = \"none\""),
        ),
        (
            table(HitPolicy::First, &["person.grade"], &["\"none\", \"mild\" -> 1"], None),
            money(),
            ("table-gap", 5, "no rule of the table matches: person.grade = \"severe\""),
        ),
        (
            table(HitPolicy::First, &["person.grade"], &["\"sever\" -> 1"], Some("0")),
            money(),
            ("unknown-code", 1, "\"sever\" is not a code of the list `grade`"),
        ),
        (
            table(HitPolicy::First, &["person.wage"], &["< allowance -> 1", ">= allowance -> 2"], None),
            money(),
            ("table-open", 5, "it cannot be shown that some rule matches"),
        ),
        (
            table(HitPolicy::Unique, &["person.wage"], &["< allowance -> 1", ">= allowance -> 2"], None),
            money(),
            ("table-open", 5, "cannot be shown which rules match together"),
        ),
        (
            table(HitPolicy::First, &["person.age_years"], &["< \"a\" -> 1"], Some("0")),
            money(),
            ("wrong-type", 1, "a number of years cannot be compared with a text"),
        ),
        (
            table(HitPolicy::First, &["person.age_years"], &["5.. -> 1"], Some("0")),
            money(),
            ("syntax", 1, "did not expect `..` here"),
        ),
        (
            table(HitPolicy::First, &["person.age_years"], &["- -> 0.5"], None),
            ints(),
            ("not-whole", 1, "`decided` may have decimals"),
        ),
        (table(HitPolicy::First, &[], &[], Some("1")), money(), ("table-size", 5, "the table has 0 rules")),
    ];
    for (table, ty, (code, line, text)) in cases {
        let told = codes(program(table, ty));
        assert!(
            told.iter().any(|(c, l, m)| *c == code && *l == line && m.contains(text)),
            "{code} {line} {text}: {told:?}"
        );
    }
}

#[test]
fn a_table_too_wide_to_check_is_refused_quickly() {
    let rows: Vec<String> = (0..40)
        .map(|n| format!("> {} | > {} | > {} | > {} -> {n}", n * 7 % 41, n * 11 % 41, n * 17 % 41, n * 23 % 41))
        .collect();
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let by = ["person.age_years", "person.age_months", "person.score", "person.hours"];
    let told = codes(program(table(HitPolicy::Sum, &by, &rows, Some("0")), money()));
    assert!(told.iter().any(|(code, _, text)| *code == "table-size" && text.contains("10000 parts")), "{told:?}");
}

#[test]
fn cells_may_compare_with_parameters_under_first() {
    let rows = ["< allowance -> 1", "[allowance .. allowance * 13] -> 2", "- -> 3"];
    let program = program(table(HitPolicy::First, &["person.wage"], &rows, None), money()).unwrap();
    assert_eq!(value(&program, 0), Named::Known(Value::Money(2)));
    assert_eq!(value(&program, 1), Named::Unknown { least: Some(1), most: Some(3) });
    assert_eq!(value(&program, 2), Named::Known(Value::Money(1)));
}

/// Columns a generated table may have, with cells for each.
const COLUMNS: [(&str, &[&str]); 7] = [
    ("person.score", &["-", "< 3", ">= 3", "[3..6]", "5", "not(1, 4)", "(2..7)", "> 100", "-1, [8..9]"]),
    ("person.disabled", &["-", "true", "false"]),
    ("person.grade", &["-", "\"none\"", "\"mild\", \"severe\"", "not(\"severe\")"]),
    ("person.age_years", &["-", "< 18", ">= 18", "[18..65)", ">= 65", "not([20..30])"]),
    ("person.share", &["-", "< 0.3", ">= 0.3", "0.5", "(0.2..0.7]"]),
    ("person.birth_date", &["-", "< date(\"2000-01-01\")", ">= date(\"2000-01-01\")"]),
    ("household.region", &["-", "\"seoul\"", "not(\"seoul\")"]),
];
/// Cells of a column that leave nothing out and hold nothing twice.
const PARTITIONS: [(&str, &[&str]); 4] = [
    ("person.score", &["< 3", "[3..6]", "> 6"]),
    ("person.disabled", &["true", "false"]),
    ("person.grade", &["\"none\"", "not(\"none\")"]),
    ("person.age_years", &["< 18", "[18..65)", ">= 65"]),
];
const OUTPUTS: [&str; 7] = ["0", "10", "20", "once(person.wage)", "household.savings", "once(person.wage) * 0.5", "30"];
const POLICIES: [HitPolicy; 7] = [
    HitPolicy::Unique,
    HitPolicy::Any,
    HitPolicy::First,
    HitPolicy::Sum,
    HitPolicy::Count,
    HitPolicy::Least,
    HitPolicy::Greatest,
];

/// A table whose rules are all combinations of two columns' cells; one is left out where there is a default.
fn disjoint() -> impl Strategy<Value = DecisionTable> {
    let columns = prop::sample::subsequence((0..PARTITIONS.len()).collect::<Vec<_>>(), 2);
    let outputs = prop::collection::vec(0..OUTPUTS.len(), 9);
    (columns, outputs, any::<bool>()).prop_map(|(columns, outputs, default)| {
        let (one, two) = (PARTITIONS[columns[0]], PARTITIONS[columns[1]]);
        let pairs = one.1.iter().flat_map(|a| two.1.iter().map(move |b| (a, b)));
        let lines: Vec<String> = pairs
            .zip(&outputs)
            .skip(usize::from(default))
            .map(|((a, b), output)| format!("{a} | {b} -> {}", OUTPUTS[*output]))
            .collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        table(HitPolicy::Unique, &[one.0, two.0], &lines, default.then_some("50"))
    })
}

fn generated() -> impl Strategy<Value = DecisionTable> {
    prop_oneof![3 => scattered(), 1 => disjoint()]
}

/// A table of any rules; a last rule for everybody, or a default, or neither.
fn scattered() -> impl Strategy<Value = DecisionTable> {
    let columns = prop::sample::subsequence((0..COLUMNS.len()).collect::<Vec<_>>(), 1..4);
    let rows = prop::collection::vec((prop::collection::vec(any::<prop::sample::Index>(), 3), 0..OUTPUTS.len()), 1..6);
    (columns, rows, prop::sample::select(&POLICIES[..]), 0..3).prop_map(|(columns, rows, policy, end)| {
        let inputs: Vec<&str> = columns.iter().map(|c| COLUMNS[*c].0).collect();
        let mut lines: Vec<String> = rows
            .iter()
            .map(|(picks, output)| {
                let cell = |(c, pick): (&usize, &prop::sample::Index)| *pick.get(COLUMNS[*c].1);
                format!(
                    "{} -> {}",
                    columns.iter().zip(picks).map(cell).collect::<Vec<_>>().join(" | "),
                    OUTPUTS[*output]
                )
            })
            .collect();
        if end == 0 {
            lines.push(format!("{} -> 40", vec!["-"; columns.len()].join(" | ")));
        }
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        table(policy, &inputs, &lines, (end == 1).then_some("50"))
    })
}

fn typed(table: &DecisionTable) -> Type {
    if table.policy == HitPolicy::Count { Type::Integer("".into()) } else { money() }
}

/// The same table as a chain of choices, which takes the rules as they come.
fn chain(t: &DecisionTable) -> String {
    let holds = |rule: &DecisionRule| {
        let test = |(input, cell): (&rules::schema::Expr, &rules::schema::Expr)| as_condition(&input.text, &cell.text);
        let all: Vec<String> = t.inputs.iter().zip(&rule.cells).map(test).collect();
        format!("({})", all.join(" and "))
    };
    let end = t.default.as_ref().map_or("0", |d| d.text.as_str()).to_owned();
    t.rules.iter().rev().fold(end, |rest, rule| format!("if {} then {} else ({rest})", holds(rule), rule.output.text))
}

fn as_condition(input: &str, cell: &str) -> String {
    if cell == "-" {
        return "true".into();
    }
    if let Some(inner) = cell.strip_prefix("not(").and_then(|c| c.strip_suffix(')')) {
        return format!("not({})", as_condition(input, inner));
    }
    if let Some((one, rest)) = cell.split_once(", ") {
        return format!("({} or {})", as_condition(input, one), as_condition(input, rest));
    }
    let sign = ["<", ">", "["].iter().any(|s| cell.starts_with(s)) || cell.starts_with('(');
    match (sign, cell.contains("..")) {
        (true, true) => format!("{input} in {cell}"),
        (true, false) => format!("{input} {cell}"),
        _ => format!("{input} = {cell}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn generated_tables_agree_in_columns(table in generated(), seed: u64) {
        let ty = typed(&table);
        let Ok(program) = program(table, ty) else { return Ok(()) };
        let mut town = Town::new(&program, seed);
        let (on, claim) = town.days();
        let some: Vec<_> = (0..60).map(|_| town.household(on)).collect();
        agree(&program, &some, on, claim, 1);
    }

    /// Whatever is known by the chain of choices, the table knows too, and the same; it never knows less.
    #[test]
    fn a_table_says_what_its_rules_say(table in generated(), seed: u64) {
        let one_of = matches!(table.policy, HitPolicy::First | HitPolicy::Unique | HitPolicy::Any);
        prop_assume!(one_of);
        let mut schema = support::schema();
        schema.definitions.push(decided(table.clone(), money()));
        let mut plain = definition(Entity::Person, "chained", &chain(&table));
        plain.ty = Some(money());
        schema.definitions.push(plain);
        let read = "person.decided >= 0 and person.chained >= 0";
        schema.programmes.push(programme("both", Entity::Person, &[("known", read)], None));
        let Ok(compiled) = compile(&schema) else { return Ok(()) };
        let program = compiled.program;
        let mut town = Town::new(&program, seed);
        let (on, _) = town.days();
        for _ in 0..40 {
            let household = town.household(on);
            for member in 0..household.members().len() {
                let of = |name| program.value(&household, (Entity::Person, name), Some(member), on).unwrap();
                match (of("decided"), of("chained")) {
                    (Named::Known(a), Named::Known(b)) => prop_assert_eq!(a, b),
                    (_, Named::Unknown { .. }) | (Named::Error(_), _) => {}
                    (ours, chained) => prop_assert!(false, "{ours:?}, but the chain says {chained:?}: {table}"),
                }
            }
        }
    }
}

#[test]
fn many_generated_tables_are_run() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut run = std::collections::BTreeMap::<String, usize>::new();
    for _ in 0..300 {
        let table = generated().new_tree(&mut runner).unwrap().current();
        let policy = format!("{:?}", table.policy);
        let ty = typed(&table);
        *run.entry(policy).or_default() += usize::from(program(table, ty).is_ok());
    }
    assert!(
        run.len() == POLICIES.len() && run.iter().all(|(policy, n)| *n >= 3 || (policy == "Any" && *n > 0)),
        "{run:?}"
    );
}
