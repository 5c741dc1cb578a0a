//! One household under all programmes of a pack, warm.

use std::time::{Duration, Instant};

use catalogue::{GivenFact, HouseholdFile, Pack};
use kernel::Date;
use rules::outcome::Subject;
use rules::schema::{Entity, Type, Value};

use crate::table::{Table, median, quantile, shown};
use crate::town;

/// The families: words for the table, the file, and whether every fact asked for is given.
const SHAPES: [(&str, &str, bool); 4] = [
    ("couple with a newborn, all facts known", include_str!("families/newborn.yaml"), true),
    ("couple with a newborn, facts missing", include_str!("families/newborn.yaml"), false),
    ("one old person, facts missing", include_str!("families/old.yaml"), false),
    ("three generations, all facts known", include_str!("families/generations.yaml"), true),
];
const DAY: Date = Date::constant(2026, 11, 21);
const A_ROUND: usize = 40;

pub(crate) fn run(table: &mut Table, rounds: usize) {
    let pack = Pack::load(&town::pack()).unwrap_or_else(|faults| panic!("the pack is faulty: {faults:?}")).pack;
    let families: Vec<_> = SHAPES
        .iter()
        .map(|(name, text, filled)| {
            let mut file =
                HouseholdFile::parse(&pack, name, text).unwrap_or_else(|faults| panic!("{name}: {faults:?}"));
            if *filled {
                fill(&pack, &mut file);
            }
            file.build(&pack).expect("a household")
        })
        .collect();
    let mut times: Vec<[Vec<Duration>; 2]> = vec![Default::default(); families.len()];
    for _ in 0..rounds.max(3) {
        for (family, times) in families.iter().zip(&mut times) {
            let [whole, rules] = times;
            for _ in 0..A_ROUND {
                whole.push(timed(|| pack.evaluate(family, DAY, None)));
                rules.push(timed(|| pack.evaluate_today(family, DAY)));
            }
        }
    }
    let programmes = pack.programmes().len();
    for ((family, (name, ..)), [whole, rules]) in families.iter().zip(SHAPES).zip(&times) {
        let (explanation, _) = pack.evaluate(family, DAY, None);
        let total: u64 = explanation.operations.values().sum();
        table.row(
            &format!("explain {programmes} programmes and combine: {name}"),
            format!("{} (p95 {})", shown(median(whole)), shown(quantile(whole, 0.95))),
            format!(
                "without the days ahead {}; {} results, {total} operations",
                shown(median(rules)),
                explanation.results.len()
            ),
            "< 200 µs",
        );
        let mut by_cost: Vec<_> = explanation.operations.iter().collect();
        by_cost.sort_by(|a, b| b.1.cmp(a.1));
        let top: Vec<String> = by_cost.iter().take(10).map(|(id, n)| format!("{id} {n}")).collect();
        println!("    operations: {}", top.join(", "));
    }
}

/// The time of one call, its result thrown away outside of it.
fn timed<T>(work: impl FnOnce() -> T) -> Duration {
    let start = Instant::now();
    let out = std::hint::black_box(work());
    let took = start.elapsed();
    drop(out);
    took
}

/// Answers every question the rules ask, until they ask no more: «no» to truths, nothing of money, the first code.
fn fill(pack: &Pack, file: &mut HouseholdFile) {
    for _ in 0..20 {
        let (explanation, _) = pack.evaluate(&file.build(pack).expect("a household"), DAY, None);
        let amounts = explanation.results.iter().filter_map(|r| r.amount.as_ref()).flat_map(|a| &a.missing);
        let asked: Vec<_> = explanation.results.iter().flat_map(|r| &r.missing).chain(amounts).cloned().collect();
        if asked.is_empty() {
            return;
        }
        for fact in asked {
            let (entity, facts) = match fact.subject {
                Subject::Household => (Entity::Household, &mut file.facts),
                Subject::Person(n) => (Entity::Person, &mut file.members.get_mut(n).expect("a member").facts),
            };
            let item = pack.item(entity, &fact.item).expect("an item");
            facts.insert(fact.item, GivenFact { value: some_value(pack, &item.ty), provenance: None });
        }
    }
}

fn some_value(pack: &Pack, ty: &Type) -> Option<Value> {
    Some(match ty {
        Type::Boolean => Value::Boolean(false),
        Type::Integer(_) => Value::Integer(1),
        Type::Decimal(_) => Value::Decimal("1".to_owned()),
        Type::Ratio => Value::Decimal("0.5".to_owned()),
        Type::Money(_) => Value::Money(1_000_000),
        Type::Date => Value::Date(Date::constant(2026, 10, 1)),
        Type::Text => Value::Text("text".to_owned()),
        Type::Code(list) => Value::Code(pack.code_lists().get(list)?.codes.first()?.id.clone()),
    })
}
