//! A small town hall to test in: items, code lists, tables, and one family.

use std::sync::Arc;

use kernel::{Currency, Date};
use rules::schema::*;
use rules::{Household, Program};

pub(crate) const ON: Date = Date::constant(2025, 6, 15);

pub(crate) fn expr(text: &str) -> Expr {
    Expr { text: text.into(), origin: Origin { file: "test".into(), line: 1, column: 1 } }
}

pub(crate) fn origin(line: u32) -> Origin {
    Origin { file: "test".into(), line, column: 1 }
}

fn kind(text: &str) -> Type {
    let (name, unit) = text.split_once(' ').unwrap_or((text, ""));
    match name {
        "boolean" => Type::Boolean,
        "integer" => Type::Integer(unit.into()),
        "decimal" => Type::Decimal(unit.into()),
        "ratio" => Type::Ratio,
        "money" => Type::Money(match unit {
            "month" => Per::Month,
            "year" => Per::Year,
            _ => Per::Once,
        }),
        "date" => Type::Date,
        "text" => Type::Text,
        "code" => Type::Code(unit.into()),
        other => panic!("{other}"),
    }
}

fn item(entity: Entity, id: &str, ty: &str, absent: Option<Value>) -> Item {
    Item { id: id.into(), entity, ty: kind(ty), absent, origin: origin(1) }
}

fn row(from: &str, to: &str, keys: Vec<Value>, value: Value) -> Row {
    let date = |s: &str| s.parse::<Date>().unwrap();
    let valid_to = (!to.is_empty()).then(|| date(to));
    Row { valid_from: date(from), valid_to, keys, value, origin: origin(1) }
}

fn table(id: &str, ty: &str, keys: Vec<(&str, &str, bool)>, rows: Vec<Row>) -> Table {
    let keys = keys.into_iter().map(|(name, ty, floor)| Key { name: name.into(), ty: kind(ty), floor }).collect();
    Table { id: id.into(), ty: kind(ty), keys, rows, origin: origin(1) }
}

pub(crate) fn definition(entity: Entity, id: &str, value: &str) -> Definition {
    let versions = vec![Dated { valid_from: None, valid_to: None, it: expr(value).into() }];
    Definition { id: id.into(), entity, ty: None, may_be_stated: false, versions, origin: origin(1) }
}

/// A programme of one version, of `(id, when)` conditions.
pub(crate) fn programme(
    id: &str,
    subject: Entity,
    conditions: &[(&str, &str)],
    amount: Option<(&str, Per)>,
) -> Programme {
    let conditions = conditions
        .iter()
        .map(|(id, when)| Condition { id: (*id).into(), when: expr(when), origin: origin(1) })
        .collect();
    let version = Version {
        subject,
        applies: None,
        conditions,
        amount: amount.map(|(e, per)| (expr(e), per)),
        from: None,
        until: None,
        claim_opens: None,
        claim_closes: None,
        origin: origin(1),
    };
    Programme {
        id: id.into(),
        versions: vec![Dated { valid_from: None, valid_to: None, it: version }],
        origin: origin(1),
    }
}

pub(crate) fn schema() -> Schema {
    let (h, p) = (Entity::Household, Entity::Person);
    let list = |id: &str, codes: &[&str]| CodeList {
        id: id.into(),
        codes: codes.iter().map(|c| Arc::from(*c)).collect(),
        origin: origin(1),
    };
    let int = Value::Integer;
    let money = Value::Money;
    let code = |c: &str| Value::Code(c.into());
    Schema {
        currency: Currency::KRW,
        roles: Roles { birth_date: Some("birth_date".into()), ..Roles::default() },
        code_lists: vec![list("region", &["seoul", "busan", "rural"]), list("grade", &["none", "mild", "severe"])],
        items: vec![
            item(h, "rent", "money month", None),
            item(h, "savings", "money", None),
            item(h, "region", "code region", None),
            item(h, "owns_home", "boolean", Some(Value::Boolean(false))),
            item(h, "note", "text", None),
            item(p, "birth_date", "date", None),
            item(p, "wage", "money month", None),
            item(p, "bonus", "money year", Some(money(0))),
            item(p, "disabled", "boolean", None),
            item(p, "grade", "code grade", None),
            item(p, "hours", "integer hours", None),
            item(p, "months_insured", "integer months", None),
            item(p, "share", "ratio", None),
            item(p, "score", "integer", None),
        ],
        tables: vec![
            table(
                "line",
                "money month",
                vec![("size", "integer persons", false)],
                vec![
                    row("2024-01-01", "2024-12-31", vec![int(3)], money(4_714_657)),
                    row("2025-01-01", "2025-12-31", vec![int(2)], money(3_932_658)),
                    row("2025-01-01", "2025-12-31", vec![int(3)], money(5_025_353)),
                    row("2025-01-01", "2025-12-31", vec![int(4)], money(6_097_773)),
                ],
            ),
            table("allowance", "money month", vec![], vec![row("2024-01-01", "", vec![], money(100_000))]),
            table("percent", "integer percent", vec![], vec![row("2024-01-01", "", vec![], int(32))]),
            table(
                "band",
                "money month",
                vec![("age", "integer months", true)],
                vec![
                    row("2024-01-01", "", vec![int(0)], money(1_000_000)),
                    row("2024-01-01", "", vec![int(12)], money(500_000)),
                ],
            ),
            table(
                "by_region",
                "money",
                vec![("region", "code region", false)],
                vec![
                    row("2024-01-01", "", vec![code("seoul")], money(99)),
                    row("2024-01-01", "", vec![code("busan")], money(77)),
                ],
            ),
        ],
        definitions: vec![
            definition(p, "age_years", "years between(person.birth_date, today)"),
            definition(p, "age_months", "months between(person.birth_date, today)"),
            definition(h, "size", "count(household.members)"),
            definition(h, "income", "sum(household.members.wage)"),
        ],
        programmes: vec![
            programme("child", p, &[("age", "person.age_years < 8")], Some(("allowance", Per::Month))),
            programme(
                "rent_help",
                h,
                &[("home", "not(household.owns_home)")],
                Some(("min(household.rent, 300000)", Per::Month)),
            ),
        ],
    }
}

/// A mother who earns 1,200,000, a father whose wage is not known, a child born 2025-01-02 of unknown disability.
pub(crate) fn family(program: &Program) -> Household {
    let mut b = program.household();
    let (m, f, c) = (b.member("mother").unwrap(), b.member("father").unwrap(), b.member("child").unwrap());
    b.spouses(m, f).unwrap();
    b.parent(c, m).unwrap();
    b.parent(c, f).unwrap();
    let date = |s: &str| Some(Value::Date(s.parse().unwrap()));
    b.household_fact("rent", Some(Value::Money(400_000)), None).unwrap();
    b.household_fact("region", Some(Value::Code("seoul".into())), None).unwrap();
    b.household_fact("note", Some(Value::Text("quiet".into())), None).unwrap();
    b.person_fact(m, "birth_date", date("1995-03-02"), None).unwrap();
    b.person_fact(f, "birth_date", date("1990-07-01"), None).unwrap();
    b.person_fact(c, "birth_date", date("2025-01-02"), None).unwrap();
    b.person_fact(m, "wage", Some(Value::Money(1_200_000)), None).unwrap();
    b.person_fact(c, "wage", Some(Value::Money(0)), None).unwrap();
    b.person_fact(m, "disabled", Some(Value::Boolean(false)), None).unwrap();
    b.person_fact(f, "disabled", Some(Value::Boolean(true)), None).unwrap();
    b.person_fact(f, "grade", Some(Value::Code("severe".into())), None).unwrap();
    b.person_fact(m, "grade", Some(Value::Code("none".into())), None).unwrap();
    b.person_fact(m, "share", Some(Value::Decimal("0.3".into())), None).unwrap();
    b.person_fact(m, "hours", Some(Value::Integer(40)), None).unwrap();
    b.person_fact(m, "score", Some(Value::Integer(7)), None).unwrap();
    b.build()
}
