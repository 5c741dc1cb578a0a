//! Generated rules over generated households: the columnar machine agrees with the explaining evaluator value by value.

use jiff::ToSpan;
use proptest::prelude::*;
use rules::columns::{Columns, ColumnsError, Machine};
use rules::schema::{Dated, Entity, Per};
use rules::{Program, compile};

use crate::agree::agree;
use crate::people::Town;
use crate::support::{self, ON, definition, expr, programme};

/// Sums, with every operation on numbers, shares and divisions that never end.
fn sum() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "household.savings",
        "once(household.rent)",
        "once(person.wage)",
        "once(line(household.size))",
        "once(band(person.age_months))",
        "by_region(household.region)",
        "once(allowance)",
        "sum(for m in household.members return once(m.wage))",
        "sum(for c in person.children return once(c.bonus) / 12)",
        "sum(for p in person.parents return once(p.wage) * 0.7)",
        "max(for m in household.members[age_years < 18] return once(m.wage))",
        "min(for s in person.spouse return once(s.wage) * s.share)",
        "sum(for m in household.members[m.disabled and m.age_years > person.age_years] return once(m.wage))",
        "7",
        "1000000",
    ]);
    leaf.prop_map(str::to_owned).prop_recursive(4, 12, 3, |inner| {
        let one = prop::sample::select(vec![
            "(X * 0.5)",
            "(X * person.share)",
            "(X * 3)",
            "(X * percent / 100)",
            "(X / 12)",
            "(X / 7 * 3)",
            "(X / 0.03)",
            "(X / person.share)",
            "abs(X)",
            "(0 - X)",
            "floor(X)",
            "floor(X, -1)",
            "ceiling(X, 2)",
            "round half up(X, -3)",
            "round half up(X, 1)",
            "round down(X, 0)",
            "round up(X, -1)",
            "(if person.disabled then X else 3)",
        ]);
        let two = prop::sample::select(vec![
            "(X + Y)",
            "(X - Y)",
            "min(X, Y)",
            "max(X, Y, 0)",
            "(if X < Y then X else Y)",
            "(if household.owns_home then X else Y)",
        ]);
        prop_oneof![
            (one, inner.clone()).prop_map(|(f, x)| f.replace('X', &x)),
            (two, inner.clone(), inner).prop_map(|(f, x, y)| f.replace('X', &x).replace('Y', &y)),
        ]
    })
}

fn truth() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "household.owns_home",
        "person.disabled",
        "household.region in (\"seoul\", \"busan\")",
        "person.grade = \"severe\"",
        "household.note = \"a\"",
        "person.score < 5",
        "person.share >= 0.3",
        "person.hours > 10",
        "person.age_years >= 18",
        "person.age_months in [6..12)",
        "is known(person.wage)",
        "is known(household.savings + once(person.wage))",
        "person.disabled = household.owns_home",
        "person.disabled != true",
        "count(household.members[disabled]) >= 2",
        "count(person.children[age_years < 3]) = 1",
        "(some m in household.members satisfies m.score > 5)",
        "(every c in person.children satisfies c.disabled)",
        "(some s in person.spouse satisfies s.wage > person.wage)",
        "count(household.members[age_years > person.age_years]) >= 1",
        "count(person.children[birth_date = person.latest]) > 1",
        "(some m in household.members satisfies count(m.children[age_years < 18 and wage < person.wage]) > 0)",
        "max(person.children.birth_date) > date(\"2015-06-15\")",
        "person.birth_date + duration(\"P6M\") <= today",
        "claim_date <= person.birth_date + duration(\"P60D\")",
        "month(person.birth_date) >= 3",
        "end of month(person.birth_date) - duration(\"P1Y\") < start of month(today)",
        "years between(person.birth_date, today) * person.score < 100",
        "days between(person.birth_date, today) > 5000",
    ]);
    let leaf = prop_oneof![
        3 => leaf.prop_map(str::to_owned),
        2 => (sum(), prop::sample::select(vec!["<", "<=", ">", ">=", "=", "!="]), sum())
            .prop_map(|(a, op, b)| format!("{a} {op} {b}")),
    ];
    leaf.prop_recursive(3, 8, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} and {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} or {b})")),
            inner.clone().prop_map(|a| format!("not({a})")),
            (inner.clone(), inner.clone(), inner).prop_map(|(a, b, c)| format!("(if {a} then {b} else {c})")),
        ]
    })
}

/// A programme for persons with a sum, and one for households that reads it. `None`: refused by the compiler as rules that
/// can never hold or whose units do not go together.
fn program(conditions: &[String], value: &str) -> Option<Program> {
    let mut schema = support::schema();
    schema.definitions.push(definition(Entity::Person, "latest", "max(person.children.birth_date)"));
    schema.definitions.push(definition(Entity::Person, "generated", value));
    let mut dated = definition(Entity::Person, "dated", "person.score");
    dated.versions = vec![Dated {
        valid_from: Some(ON.saturating_sub(5.years())),
        valid_to: Some(ON.saturating_add(1.years())),
        it: expr("person.score + 1").into(),
    }];
    dated.may_be_stated = false;
    schema.definitions.push(dated);
    let named: Vec<(&str, &str)> = conditions.iter().zip(["c", "d", "e"]).map(|(c, id)| (id, c.as_str())).collect();
    let sum = format!("round down({value}, 0)");
    let mut p = programme("p", Entity::Person, &named, Some((&sum, Per::Once)));
    p.versions[0].it.applies = Some(expr("person.dated > 0 or person.age_years < 30"));
    let reads = [("reads", "any entitled(\"p\", household.members) or household.savings < 5")];
    let worth = "sum(for m in household.members return amount of(\"p\", m))";
    schema.programmes = vec![p, programme("q", Entity::Household, &reads, Some((worth, Per::Once)))];
    compile(&schema).ok().map(|c| c.program)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn generated_rules_agree_in_columns(conditions in prop::collection::vec(truth(), 1..3), value in sum(), seed: u64) {
        let Some(program) = program(&conditions, &value) else { return Ok(()) };
        let mut town = Town::new(&program, seed);
        for _ in 0..2 {
            let (on, claim) = town.days();
            let some: Vec<_> = (0..60).map(|_| town.household(on)).collect();
            agree(&program, &some, on, claim, 1);
        }
    }
}

#[test]
fn most_generated_rules_are_run() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let strategy = (prop::collection::vec(truth(), 1..3), sum());
    let mut faults = std::collections::BTreeMap::<String, usize>::new();
    let mut run = 0;
    for _ in 0..200 {
        let (conditions, value) = strategy.new_tree(&mut runner).unwrap().current();
        match program(&conditions, &value) {
            Some(_) => run += 1,
            None => *faults.entry(value).or_default() += 1,
        }
    }
    assert!(run > 100, "{run} of 200: {faults:?}");
}

#[test]
fn what_cannot_run_is_said() {
    let schema = support::schema();
    let program = compile(&schema).unwrap().program;
    let unknown = Columns::compile_with(&program, ON, ON, &[(Entity::Person, "no_such")]).err();
    assert_eq!(unknown, Some(ColumnsError::UnknownValue { name: "no_such".into() }));
    let columns = Columns::compile(&program, ON, ON).unwrap();
    let family = support::family(&program);
    let alone = program.household().build();
    assert_eq!(columns.batch(&[&family, &alone]).err(), Some(ColumnsError::UnequalSizes));
    let many = vec![&alone; rules::columns::ROWS + 1];
    assert_eq!(columns.batch(&many).err(), Some(ColumnsError::TooManyRows { rows: rules::columns::ROWS + 1 }));
    assert_eq!(Machine::new(&columns).run(&columns.batch(&[]).unwrap()).unwrap().rows(), 0);
    let tomorrow = Columns::compile(&program, ON.tomorrow().unwrap(), ON).unwrap();
    let foreign = Machine::new(&columns).run(&tomorrow.batch(&[&family]).unwrap()).err();
    assert_eq!(foreign, Some(ColumnsError::ForeignBatch));
}
