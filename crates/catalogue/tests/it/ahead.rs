//! The search for the day on which a *no* turns, on a real pack: it finds the day that going through all days finds.

use std::collections::HashMap;
use std::path::Path;
use std::sync::LazyLock;

use catalogue::Pack;
use kernel::Date;
use proptest::prelude::*;
use rules::outcome::{Answer, NearestChange, Subject};
use rules::schema::{Entity, Type, Value};
use rules::{Column, Household, Program};

/// How many days ahead a change is looked for.
const AHEAD: i64 = 9_131;

static PACK: LazyLock<Pack> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/korea");
    Pack::load(&folder).unwrap().pack
});

/// For each column, of the household and of three members: which value it has, if it is known.
type Picks = Vec<Option<u16>>;

fn picks() -> impl Strategy<Value = Picks> {
    let columns = |entity| PACK.program().layout().columns(entity).len();
    let all = columns(Entity::Household) + 3 * columns(Entity::Person);
    (1..8u32).prop_flat_map(move |tenths| {
        prop::collection::vec(prop::option::weighted(f64::from(tenths) / 10.0, any::<u16>()), all)
    })
}

/// A value of a column: sums about the size of incomes and savings, dates of the last twenty years, births of the last eighty.
fn value(program: &Program, column: &Column, pick: u16) -> Value {
    let n = usize::from(pick);
    let date = |years: usize| {
        let year = 2026 - i16::try_from(n % years).unwrap();
        Date::new(year, 1 + i8::try_from(n / 89 % 12).unwrap(), 1 + i8::try_from(n / 7 % 28).unwrap()).unwrap()
    };
    let sums = [0, 1, 100_000, 300_000, 900_000, 1_500_000, 2_500_000, 5_000_000, 30_000_000, 200_000_000];
    match &column.ty {
        Type::Boolean => Value::Boolean(n % 2 == 0),
        Type::Integer(_) => Value::Integer([0, 1, 2, 3, 6, 12, 30, 50, 65, 100][n % 10]),
        Type::Money(_) => Value::Money(sums[n % sums.len()]),
        Type::Decimal(_) | Type::Ratio => Value::Decimal(["0", "0.5", "1", "1.5"][n % 4].to_owned()),
        Type::Date if column.id.as_ref() == "birth_date" => Value::Date(date(80)),
        Type::Date => Value::Date(date(20)),
        Type::Text => Value::Text("anything".to_owned()),
        Type::Code(list) => {
            let codes: Vec<&str> =
                program.layout().codes.iter().filter(|(l, _)| l == list).map(|(_, code)| code.as_ref()).collect();
            Value::Code(codes[n % codes.len()].to_owned())
        }
    }
}

/// A couple with a child, or who lives with whom: the first two are a couple if `couple`, the third is a child of the first.
fn household(program: &Program, couple: bool, picks: &Picks) -> Household {
    let mut builder = program.household();
    for member in ["first", "second", "third"] {
        builder.member(member).unwrap();
    }
    if couple {
        builder.spouses(0, 1).unwrap();
        builder.parent(2, 1).unwrap();
    }
    builder.parent(2, 0).unwrap();
    let layout = program.layout();
    let (of_household, of_members) = picks.split_at(layout.household.len());
    for (column, pick) in layout.household.iter().zip(of_household) {
        let known = pick.map(|n| value(program, column, n));
        builder.household_fact(&column.id, known, None).unwrap();
    }
    for (member, picks) in of_members.chunks(layout.person.len()).enumerate() {
        for (column, pick) in layout.person.iter().zip(picks) {
            let known = pick.map(|n| value(program, column, n));
            builder.person_fact(member, &column.id, known, None).unwrap();
        }
    }
    builder.build()
}

/// The first day on which each result is open, going through all days.
fn plainly(program: &Program, household: &Household, on: Date) -> HashMap<(String, Subject), Date> {
    let mut first = HashMap::new();
    for n in 1..=AHEAD {
        let day = on.saturating_add(jiff::Span::new().days(n));
        for short in program.answers(household, day, day) {
            if !matches!(short.answer, Answer::No | Answer::Error) {
                let programme = program.programmes()[short.programme].id.to_string();
                first.entry((programme, short.subject)).or_insert(day);
            }
        }
    }
    first
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_day_a_no_turns_is_the_first_of_all_days(
        (couple, picks, year, month) in (any::<bool>(), picks(), 2016..2027i16, 1..13i8)
    ) {
        let program = PACK.program();
        let household = household(program, couple, &picks);
        let on = Date::new(year, month, 14).unwrap();
        let first = plainly(program, &household, on);
        for result in program.explain(&household, on, on).results {
            if result.answer != Answer::No {
                continue;
            }
            let found = match result.nearest {
                Some(NearestChange::Day { on }) => Some(on),
                _ => None,
            };
            let expected = first.get(&(result.programme.clone(), result.subject.clone())).copied();
            prop_assert_eq!(found, expected, "{} {:?} on {}", result.programme, result.subject, on);
        }
    }
}
