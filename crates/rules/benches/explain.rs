//! One household of four over 45 programmes: with all explanations, and answers only. Prints operations per programme first.

use std::fmt::Write as _;
use std::sync::Arc;

use kernel::{Currency, Date};
use rules::schema::*;
use rules::{Household, Program, compile};

const ON: Date = Date::constant(2026, 6, 15);
const PROGRAMMES: usize = 45;

fn main() {
    let (program, household) = town();
    let explanation = program.explain(&household, ON, ON);
    let mut line = String::new();
    for (id, operations) in &explanation.operations {
        let _ = write!(line, "{id} {operations}, ");
    }
    println!("operations per programme: {line}");
    println!("{} results, {} operations", explanation.results.len(), explanation.operations.values().sum::<u64>());
    divan::main();
}

#[divan::bench]
fn explain_45_programmes(bencher: divan::Bencher) {
    let (program, household) = town();
    bencher.bench(|| program.explain(divan::black_box(&household), ON, ON));
}

#[divan::bench]
fn answer_45_programmes(bencher: divan::Bencher) {
    let (program, household) = town();
    bencher.bench(|| program.answers(divan::black_box(&household), ON, ON));
}

#[divan::bench]
fn next_change(bencher: divan::Bencher) {
    let (program, household) = town();
    bencher.bench(|| program.next_change(divan::black_box(&household), ON));
}

fn expr(text: &str) -> Expr {
    Expr { text: text.to_owned(), origin: Origin::default() }
}

fn item(entity: Entity, id: &str, ty: Type, absent: Option<Value>) -> Item {
    Item { id: id.into(), entity, ty, absent, origin: Origin::default() }
}

fn always<T>(it: T) -> Vec<Dated<T>> {
    vec![Dated { valid_from: None, valid_to: None, it }]
}

/// Six kinds of programme as they occur in real catalogues, each with its own ages, lines and shares.
fn programme(n: usize) -> Programme {
    let (person, household) = (Entity::Person, Entity::Household);
    let age = 2 + n % 16;
    let percent = 30 + n;
    let line = format!("household.recognised_income <= median(household.size) * {percent} / 100");
    let (subject, conditions, amount): (Entity, Vec<String>, String) = match n % 6 {
        0 => (person, vec![format!("person.age_years < {age}")], "100000".into()),
        1 => (
            household,
            vec![line],
            format!("floor(max(median(household.size) * {percent} / 100 - household.recognised_income, 0), -1)"),
        ),
        2 => (
            person,
            vec!["person.disabled".into(), format!("person.age_years >= {}", age + 16), line],
            format!("{}", 1000 * n),
        ),
        3 => (
            household,
            vec![format!("count(household.members[age_years < {age}]) >= 2"), "not(household.owns_home)".into()],
            format!("min(household.rent, {}000)", 100 + n),
        ),
        4 => (
            household,
            vec!["some m in household.members satisfies m.pregnant".into(), line],
            "300000 * count(household.members[pregnant])".into(),
        ),
        _ => (
            household,
            vec!["household.region in (\"a\", \"b\")".into(), "not(entitled(\"p1\"))".into(), line],
            "50000".into(),
        ),
    };
    let conditions = conditions
        .iter()
        .enumerate()
        .map(|(i, c)| Condition { id: format!("c{i}").into(), when: expr(c), origin: Origin::default() })
        .collect();
    let version = Version {
        subject,
        applies: None,
        conditions,
        amount: Some((expr(&amount), Per::Month)),
        from: (subject == person).then(|| expr("start of month(person.birth_date)")),
        until: None,
        claim_opens: None,
        claim_closes: Some(expr("today + duration(\"P60D\")")),
        origin: Origin::default(),
    };
    Programme { id: format!("p{n}").into(), versions: always(version), origin: Origin::default() }
}

fn definition(entity: Entity, id: &str, value: &str) -> Definition {
    Definition {
        id: id.into(),
        entity,
        ty: None,
        may_be_stated: false,
        versions: always(expr(value).into()),
        origin: Origin::default(),
    }
}

fn town() -> (Program, Household) {
    let (h, p) = (Entity::Household, Entity::Person);
    let month = Type::Money(Per::Month);
    let rows = (1..=7).map(|size| Row {
        valid_from: Date::constant(2026, 1, 1),
        valid_to: None,
        keys: vec![Value::Integer(size)],
        value: Value::Money(2_500_000 + 1_600_000 * (size - 1)),
        origin: Origin::default(),
    });
    let key = Key { name: "size".into(), ty: Type::Integer("persons".into()), floor: false };
    let schema = Schema {
        currency: Currency::KRW,
        roles: Roles::default(),
        code_lists: vec![CodeList {
            id: "region".into(),
            codes: ["a", "b", "c"].map(Arc::from).to_vec(),
            origin: Origin::default(),
        }],
        items: vec![
            item(h, "rent", month.clone(), None),
            item(h, "owns_home", Type::Boolean, Some(Value::Boolean(false))),
            item(h, "region", Type::Code("region".into()), None),
            item(h, "property", Type::Money(Per::Once), None),
            item(p, "birth_date", Type::Date, None),
            item(p, "wage", month.clone(), Some(Value::Money(0))),
            item(p, "pension", month.clone(), Some(Value::Money(0))),
            item(p, "disabled", Type::Boolean, Some(Value::Boolean(false))),
            item(p, "pregnant", Type::Boolean, Some(Value::Boolean(false))),
        ],
        tables: vec![Table {
            id: "median".into(),
            ty: month,
            keys: vec![key],
            rows: rows.collect(),
            origin: Origin::default(),
        }],
        definitions: vec![
            definition(p, "age_years", "years between(person.birth_date, today)"),
            definition(h, "size", "count(household.members)"),
            definition(h, "earned", "sum(for m in household.members return m.wage * 0.7 + m.pension)"),
            definition(
                h,
                "recognised_income",
                "floor(household.earned) + floor(household.property / months between(date(\"2018-02-15\"), today))",
            ),
        ],
        programmes: (0..PROGRAMMES).map(programme).collect(),
    };
    let program = match compile(&schema) {
        Ok(c) => c.program,
        Err(faults) => panic!("{faults:#?}"),
    };
    let mut b = program.household();
    let born = ["1990-02-03", "1992-11-30", "2019-05-05", "2026-01-20"];
    for (n, birth) in born.iter().enumerate() {
        let m = b.member(&format!("m{n}")).unwrap_or_default();
        let date = birth.parse().ok().map(Value::Date);
        let wage = [2_200_000, 900_000, 0, 0].get(n).copied().map(Value::Money);
        for (id, value) in [("birth_date", date), ("wage", wage)] {
            if let Err(e) = b.person_fact(m, id, value, None) {
                panic!("{e}");
            }
        }
    }
    let facts =
        [("rent", Value::Money(400_000)), ("region", Value::Code("b".into())), ("property", Value::Money(90_000_000))];
    for (id, value) in facts {
        if let Err(e) = b.household_fact(id, Some(value), None) {
            panic!("{e}");
        }
    }
    let household = b.build();
    (program, household)
}
