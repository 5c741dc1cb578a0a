//! Whole programmes: reasons, missing facts, nearest changes, faults, and what stays the same when files are reordered.

use std::sync::Arc;

use jiff::civil::date;
use kernel::Date;
use rules::outcome::{Answer, FactRef, NearestChange, ProgrammeResult, Provenance, Subject};
use rules::schema::{Entity, Fault, Per, Programme, Schema, Severity, Value};
use rules::{Program, compile};

use crate::support::{self, ON, definition, expr, family, programme};

fn with(programmes: Vec<Programme>) -> Schema {
    let mut schema = support::schema();
    schema.programmes.extend(programmes);
    schema
}

fn compiled(schema: &Schema) -> Program {
    compile(schema).unwrap_or_else(|f| panic!("{f:#?}")).program
}

fn explained(conditions: &[(&str, &str)], who: Option<&str>) -> ProgrammeResult {
    explained_on(conditions, who, ON)
}

fn explained_on(conditions: &[(&str, &str)], who: Option<&str>, on: Date) -> ProgrammeResult {
    let subject = if who.is_some() { Entity::Person } else { Entity::Household };
    let program = compiled(&with(vec![programme("p", subject, conditions, None)]));
    let family = family(&program);
    let subject = who.map_or(Subject::Household, |k| Subject::Person(family.member(k).unwrap()));
    let all = program.explain(&family, on, on);
    all.results.into_iter().find(|r| r.programme == "p" && r.subject == subject).unwrap()
}

fn missing(conditions: &[(&str, &str)], who: Option<&str>) -> Vec<String> {
    let name = |f: &FactRef| match f.subject {
        Subject::Household => f.item.clone(),
        Subject::Person(n) => format!("{}.{}", ["mother", "father", "child"][n], f.item),
    };
    explained(conditions, who).missing.iter().map(name).collect()
}

#[test]
fn a_condition_shows_what_was_compared_and_on_which_facts_it_rests() {
    let conditions = [
        ("income", "sum(household.members[is known(wage)].wage) <= line(household.size)"),
        ("home", "not(household.owns_home)"),
    ];
    let program = compiled(&with(vec![programme("p", Entity::Household, &conditions, None)]));
    let mut b = program.household();
    let m = b.member("m").unwrap();
    b.member("n").unwrap();
    let from = Arc::new(Provenance { source: "nts".into(), ..Provenance::default() });
    b.person_fact(m, "wage", Some(Value::Money(1_000_000)), Some(from)).unwrap();
    let result = program.explain(&b.build(), ON, ON).results.into_iter().find(|r| r.programme == "p").unwrap();
    assert_eq!(result.answer, Answer::Yes);
    let steps: Vec<(&str, Option<&Value>)> =
        result.conditions[0].steps.iter().map(|s| (s.name.as_str(), s.value.as_ref())).collect();
    assert_eq!(steps, [("wage", Some(&Value::Money(1_000_000))), ("line(2)", Some(&Value::Money(3_932_658)))]);
    assert_eq!(result.conditions[0].facts[0].provenance.as_ref().unwrap().source, "nts");
    let home = &result.conditions[1].facts[0];
    assert!(home.assumed_absent && home.value == Some(Value::Boolean(false)));
}

#[test]
fn only_facts_that_can_matter_are_missing() {
    let savings = ("savings", "household.savings <= 5000");
    assert_eq!(missing(&[savings], None), ["savings"]);
    // Another condition fails already: nothing is missing.
    assert!(missing(&[savings, ("rent", "household.rent < 100")], None).is_empty());
    // The other side of an `or` holds.
    assert!(missing(&[("either", "household.savings <= 5000 or household.rent > 5")], None).is_empty());
    // Within an `and` the false part settles it; within an `or` of unknowns both can.
    assert_eq!(
        missing(&[("e", "household.savings <= 5 or (person.wage > 9 and person.age_years < 5)")], Some("father")),
        ["savings"]
    );
    assert_eq!(
        missing(&[("e", "household.savings <= 5 or person.wage > 9")], Some("father")),
        ["savings", "father.wage"]
    );
    // Of a family's sum only the members whose part is unknown.
    assert_eq!(missing(&[("i", "household.income < 3000000")], None), ["father.wage"]);
    // Members who do not count add nothing.
    assert!(missing(&[("i", "sum(household.members[age_years < 20].wage) < 10")], None).is_empty());
    // Who counts is itself unknown.
    assert_eq!(missing(&[("d", "count(household.members[disabled]) >= 2")], None), ["child.disabled"]);
    // The branch that is not taken does not matter.
    assert_eq!(
        missing(&[("b", "if household.rent > 5 then household.savings > 1 else person.wage > 1")], Some("father")),
        ["savings"]
    );
    // The larger of two where one is out of reach.
    assert!(missing(&[("m", "max(min(household.savings, 100), 500) > 400")], None).is_empty());
    // One fact absorbed by another.
    let absorbed = [("s", "household.savings > 5"), ("t", "household.savings > 5 or person.wage > 9")];
    assert_eq!(missing(&absorbed, Some("father")), ["savings"]);
    let both = [("s", "household.savings > 5"), ("t", "household.savings > 7 or person.wage > 9")];
    assert_eq!(missing(&both, Some("father")), ["savings", "father.wage"]);
    // A fact read twice whose readings cancel out cannot matter; one that is read beside it can.
    assert_eq!(
        missing(&[("c", "household.savings <= 5 and (person.wage > 9 or person.wage <= 9)")], Some("father")),
        ["savings"]
    );
}

#[test]
fn a_no_tells_what_would_turn_it() {
    let nearest = |conditions: &[(&str, &str)], who| explained(conditions, who).nearest;
    let day = |y, m, d| Some(NearestChange::Day { on: date(y, m, d) });
    assert_eq!(nearest(&[("age", "person.age_years >= 40")], Some("father")), day(2030, 7, 1));
    assert_eq!(nearest(&[("age", "person.age_months in [6..12)")], Some("child")), day(2025, 7, 2));
    assert_eq!(nearest(&[("old", "person.age_years >= 65")], Some("child")), None, "65 years are beyond the horizon");
    assert_eq!(nearest(&[("past", "person.age_months < 3")], Some("child")), None, "time does not run back");
    let threshold = |name: &str, value, needed| {
        let (name, condition) = (name.to_owned(), "c".to_owned());
        Some(NearestChange::Threshold { condition, name, value: Value::Money(value), needed: Value::Money(needed) })
    };
    assert_eq!(nearest(&[("c", "household.rent <= 300000")], None), threshold("rent", 400_000, 300_000));
    assert_eq!(nearest(&[("c", "household.rent < 300000")], None), threshold("rent", 400_000, 299_999));
    assert_eq!(nearest(&[("c", "not(household.rent > line(3) * 0.05)")], None), threshold("rent", 400_000, 251_267));
    assert_eq!(
        nearest(&[("c", "1000000 <= household.rent * 2")], None)
            .map(|n| matches!(n, NearestChange::Threshold { name, .. } if name == "household.rent * 2")),
        Some(true)
    );
    let fact = FactRef { subject: Subject::Person(0), item: "disabled".into() };
    assert_eq!(
        nearest(&[("c", "person.disabled")], Some("mother")),
        Some(NearestChange::Fact { condition: "c".into(), fact, value: Some(Value::Boolean(false)) })
    );
    assert_eq!(
        nearest(&[("c", "person.disabled"), ("d", "household.rent < 1")], Some("mother")),
        None,
        "two reasons against"
    );
}

#[test]
fn the_next_day_on_which_anything_turns() {
    let next = |conditions: &[(&str, &str)], on| {
        let mut schema = support::schema();
        schema.programmes = vec![programme("p", Entity::Person, conditions, None)];
        let program = compiled(&schema);
        program.next_change(&family(&program), on)
    };
    assert_eq!(next(&[("a", "person.age_months < 6")], ON), Some(date(2025, 7, 2)));
    assert_eq!(next(&[("a", "person.age_months < 6")], date(2025, 7, 2)), None);
    assert_eq!(next(&[("a", "household.rent < 5")], ON), None);
    // An unknown wage is held against a line that is published by year.
    assert_eq!(next(&[("a", "person.wage < line(3)")], ON), Some(date(2026, 1, 1)));
    // An unknown fact beside a birthday.
    assert_eq!(next(&[("a", "household.savings > 5 and person.age_years < 35")], ON), Some(date(2025, 7, 1)));
}

#[test]
fn versions_change_on_their_day() {
    let mut p = programme("p", Entity::Household, &[("c", "household.rent > 5")], Some(("100", Per::Month)));
    let mut later = p.versions[0].clone();
    later.it.amount = Some((expr("200"), Per::Month));
    p.versions[0].valid_to = Some(date(2025, 12, 31));
    later.valid_from = Some(date(2026, 1, 1));
    p.versions.push(later);
    let program = compiled(&with(vec![p]));
    let family = family(&program);
    let sum = |on| program.answers(&family, on, on).into_iter().find(|s| s.programme == 2).and_then(|s| s.amount);
    assert_eq!((sum(date(2025, 12, 31)), sum(date(2026, 1, 1))), (Some(100), Some(200)));
}

#[test]
fn the_hash_follows_what_the_rules_say() {
    let a =
        with(vec![programme("p", Entity::Household, &[("c", "household.rent > 5 and household.savings < 7")], None)]);
    let mut b = with(vec![programme(
        "p",
        Entity::Household,
        &[("c", "household.rent>5\n  and (household.savings) < 7")],
        None,
    )]);
    b.items.reverse();
    b.programmes.reverse();
    b.tables.reverse();
    b.definitions.reverse();
    b.code_lists.reverse();
    b.code_lists[0].codes.reverse();
    assert_eq!(compiled(&a).rule_set(), compiled(&b).rule_set());
    let c =
        with(vec![programme("p", Entity::Household, &[("c", "household.rent > 5 and household.savings < 8")], None)]);
    assert_ne!(compiled(&a).rule_set(), compiled(&c).rule_set());
    let mut d = a.clone();
    d.tables[1].rows[0].value = Value::Money(100_001);
    assert_ne!(compiled(&a).rule_set(), compiled(&d).rule_set());
}

fn faults(schema: &Schema) -> Vec<Fault> {
    match compile(schema) {
        Ok(c) => c.warnings,
        Err(f) => f,
    }
}

fn codes(schema: &Schema) -> Vec<&'static str> {
    faults(schema).iter().map(|f| f.code).collect()
}

#[test]
fn conditions_that_decide_nothing_are_found() {
    let code = |when: &str| codes(&with(vec![programme("p", Entity::Person, &[("c", when)], None)]));
    for never in [
        "person.age_years < 5 and person.age_years > 9",
        "person.age_years < 5 and person.age_years > 4",
        "person.score = 3 and person.score = 4",
        "household.region = \"seoul\" and household.region = \"busan\"",
        "count(household.members) < 0",
        "person.hours < 0",
        "person.disabled and not(person.disabled)",
        "1 > 2",
        "person.birth_date > date(\"2025-01-01\") and person.birth_date < date(\"2024-01-01\")",
        "person.wage < line(3) and person.wage >= line(3)",
    ] {
        assert_eq!(code(never), ["never-holds"], "{never}");
    }
    for always in [
        "count(household.members) >= 0",
        "person.score < 5 or person.score >= 5",
        "percent <= 100",
        "person.hours > 0 or person.hours = 0",
    ] {
        assert!(!code(always).contains(&"never-holds"), "{always}");
    }
    for always in ["count(household.members) >= 0", "person.score < 5 or person.score >= 5", "percent <= 100"] {
        assert_eq!(code(always), ["never-fails"], "{always}");
    }
    for fine in [
        "person.age_years < 5 or person.age_years > 9",
        "person.score > 4 and person.score < 6",
        "person.wage < line(3)",
    ] {
        assert!(code(fine).is_empty(), "{fine}: {:?}", code(fine));
    }
    let two = [("young", "person.age_years < 5"), ("old", "person.age_years >= 65")];
    assert_eq!(codes(&with(vec![programme("p", Entity::Person, &two, None)])), ["never-holds"]);
}

#[test]
fn faults_of_whole_programmes() {
    let one = |amount, per| codes(&with(vec![programme("p", Entity::Household, &[], Some((amount, per)))]));
    assert_eq!(one("line(3) * 0.3", Per::Month), ["unrounded-amount"]);
    assert_eq!(one("floor(line(3) * 0.3, -1)", Per::Month), [""; 0]);
    assert_eq!(one("line(3)", Per::Year), ["unit-mismatch"]);
    assert_eq!(one("line(3) * 12", Per::Year), [""; 0]);
    assert_eq!(one("300000 * household.size", Per::Once), [""; 0]);

    let mut p = programme("p", Entity::Household, &[("c", "household.rent > 5")], None);
    p.versions.push(p.versions[0].clone());
    assert_eq!(codes(&with(vec![p.clone()])), ["overlap"]);
    p.versions[0].valid_to = Some(date(2025, 1, 1));
    p.versions[1].valid_from = Some(date(2025, 1, 1));
    assert_eq!(codes(&with(vec![p])), ["overlap"], "both are in force on 1 January");

    let mut schema = support::schema();
    let again = schema.tables[0].rows[1].clone();
    schema.tables[0].rows.push(again);
    assert_eq!(codes(&schema), ["overlap"]);

    let circle = with(vec![
        programme("a", Entity::Household, &[("c", "entitled(\"b\")")], None),
        programme("b", Entity::Household, &[("c", "not(entitled(\"a\"))")], None),
    ]);
    let found = faults(&circle);
    assert_eq!(found[0].code, "cycle");
    assert!(found[0].message.contains("entitled(\"a\") → entitled(\"b\") → entitled(\"a\")"), "{}", found[0].message);

    let mut schema = support::schema();
    schema.definitions.push(definition(Entity::Household, "x", "household.y + 1"));
    schema.definitions.push(definition(Entity::Household, "y", "household.x + nothing"));
    let found = faults(&schema);
    assert_eq!(
        found.iter().map(|f| f.code).collect::<Vec<_>>(),
        ["cycle", "unknown-name"],
        "all are told, not only the first"
    );
    assert!(found.iter().all(|f| f.severity == Severity::Error && f.line == 1));
    let hint = faults(&with(vec![programme("p", Entity::Person, &[("c", "person.disbled")], None)]));
    assert_eq!(hint[0].hint, "did you mean `disabled`?");
}

#[test]
fn a_recorded_finding_wins_over_the_computation() {
    let mut schema = support::schema();
    let mut d = definition(Entity::Household, "found", "household.income * 2");
    d.may_be_stated = true;
    d.ty = Some(rules::schema::Type::Money(Per::Month));
    schema.definitions.push(d);
    let program = compiled(&schema);
    let value = |h: &rules::Household| program.value(h, (Entity::Household, "found"), None, ON).unwrap();
    assert_eq!(value(&family(&program)), rules::Named::Unknown { least: None, most: None });
    let mut b = program.household();
    b.household_fact("found", Some(Value::Money(77)), None).unwrap();
    assert_eq!(value(&b.build()), rules::Named::Known(Value::Money(77)));
}

#[test]
fn facts_that_the_rules_cannot_hold_are_refused() {
    let program = compiled(&support::schema());
    let mut b = program.household();
    let m = b.member("m").unwrap();
    let refused = |e: Result<(), rules::FactError>| e.unwrap_err().to_string();
    assert_eq!(
        refused(b.household_fact("rnt", None, None)),
        "there is no item `rnt` of a household; did you mean `rent`?"
    );
    assert_eq!(
        refused(b.household_fact("rent", Some(Value::Boolean(true)), None)),
        "`rent` cannot be true: expected money per month"
    );
    assert_eq!(
        refused(b.household_fact("region", Some(Value::Code("paris".into())), None)),
        "`region` cannot be \"paris\": expected one of seoul, busan, rural"
    );
    assert_eq!(
        refused(b.person_fact(m, "hours", Some(Value::Integer(-1)), None)),
        "`hours` cannot be the number -1: a count is never below 0"
    );
    assert!(b.member("m").is_err() && b.parent(m, m).is_err() && b.person_fact(7, "wage", None, None).is_err());
}

#[test]
fn a_household_built_for_older_rules_is_understood_by_newer_ones() {
    let old = compiled(&support::schema());
    let family = family(&old);
    let mut schema = support::schema();
    schema.items.reverse();
    schema.items.retain(|i| i.id.as_ref() != "note");
    schema.programmes.reverse();
    let new = compiled(&schema);
    let answers = |p: &Program| {
        let mut all: Vec<(String, Answer, Option<i64>)> = p
            .explain(&family, ON, ON)
            .results
            .into_iter()
            .map(|r| (format!("{} {:?}", r.programme, r.subject), r.answer, r.amount.and_then(|a| a.minor)))
            .collect();
        all.sort();
        all
    };
    assert_eq!(answers(&old), answers(&new));
}

#[test]
fn an_explicit_unknown_overrules_a_registers_silence_and_an_error_blocks() {
    let program = compiled(&with(vec![programme("broken", Entity::Household, &[("c", "line(9) > 5")], None)]));
    let mut b = program.household();
    b.household_fact("owns_home", None, None).unwrap();
    let all = program.explain(&b.build(), ON, ON).results;
    let of = |id: &str| all.iter().find(|r| r.programme == id).unwrap();
    assert_eq!(of("rent_help").answer, Answer::CannotTell);
    let broken = of("broken");
    assert_eq!(broken.answer, Answer::Error);
    assert!(broken.error.as_ref().unwrap().contains("`line(9)`"), "{:?}", broken.error);
}

#[test]
fn what_a_programme_reads_and_what_an_item_touches() {
    let p = programme("p", Entity::Person, &[("c", "entitled(\"child\") and household.income > 5")], None);
    let program = compiled(&with(vec![p]));
    let items: Vec<&str> = program.items_of("p").iter().map(|(_, i)| i.as_ref()).collect();
    assert_eq!(items, ["birth_date", "wage"]);
    let touched: Vec<&str> = program.programmes_of(Entity::Person, "birth_date").iter().map(AsRef::as_ref).collect();
    assert_eq!(touched, ["child", "p"]);
    let description = program.describe("p", 0).unwrap();
    assert_eq!(description.conditions[0].1, "entitled(\"child\") and household.income > 5");
}
