//! One changed fact: working out only the programmes it touches comes to what working out everything comes to.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use casework::evaluate::offerable;
use casework::model::Cause;
use casework::plan::Draft;
use casework::snapshot::{FactStood, MemberStood, Snapshot};
use catalogue::Pack;
use kernel::{Date, HouseholdId, PersonId};
use proptest::prelude::*;
use rules::schema::{Entity, Type, Value};
use store::params;
use uuid::Uuid;

use crate::desk::{Office, TODAY};
use crate::flow::{agency_says, born, drain};

const ON: Date = Date::constant(2026, 7, 1);

fn kazakhstan() -> &'static Pack {
    static PACK: std::sync::OnceLock<Pack> = std::sync::OnceLock::new();
    PACK.get_or_init(|| {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/kazakhstan");
        Pack::load(&dir).unwrap_or_else(|faults| panic!("{faults:#?}")).pack
    })
}

/// A value of an item from a random number.
fn value(pack: &Pack, ty: &Type, n: u64) -> Value {
    let few = i64::try_from(n % 7).unwrap();
    match ty {
        Type::Boolean => Value::Boolean(n.is_multiple_of(2)),
        Type::Integer(_) => Value::Integer(few),
        Type::Money(_) => Value::Money(few * 400_000),
        Type::Decimal(_) | Type::Ratio => Value::Decimal(format!("0.{few}")),
        Type::Date => Value::Date(ON.saturating_sub(jiff::Span::new().days(few * 200))),
        Type::Text => Value::Text(format!("t{few}")),
        Type::Code(list) => {
            let codes = &pack.code_lists().get(list).unwrap().codes;
            Value::Code(codes[usize::try_from(n).unwrap() % codes.len()].id.clone())
        }
    }
}

fn fact(item: &str, value: Value) -> FactStood {
    FactStood { item: item.to_owned(), value, source: "self".into(), valid_from: None, recorded: None, law: None }
}

/// A household of a couple and children with a random part of all items known.
fn household(pack: &Pack, seed: u64, children: usize) -> Snapshot {
    let mut rng = fastrand::Rng::with_seed(seed);
    let person = |n: usize| PersonId(Uuid::from_u128(1 + n as u128));
    let born = |n: usize, rng: &mut fastrand::Rng| {
        let days = if n < 2 { 9_000 + rng.i64(0..6_000) } else { rng.i64(1..4_000) };
        Value::Date(ON.saturating_sub(jiff::Span::new().days(days)))
    };
    let birth = pack.schema().roles.birth_date.clone().unwrap();
    let mut members = Vec::new();
    for n in 0..2 + children {
        let mut facts = vec![fact(&birth, born(n, &mut rng))];
        for item in pack.items().iter().filter(|i| i.entity == Entity::Person && i.id != *birth) {
            if rng.u8(0..100) < 60 {
                facts.push(fact(&item.id, value(pack, &item.ty, rng.u64(..))));
            }
        }
        members.push(MemberStood {
            person: person(n),
            parents: if n < 2 { vec![] } else { vec![person(0), person(1)] },
            spouse: (n < 2).then(|| person(1 - n)),
            facts,
        });
    }
    let mut facts = Vec::new();
    for item in pack.items().iter().filter(|i| i.entity == Entity::Household) {
        if rng.u8(0..100) < 60 {
            facts.push(fact(&item.id, value(pack, &item.ty, rng.u64(..))));
        }
    }
    Snapshot { household: HouseholdId(Uuid::from_u128(99)), on: ON, place: None, facts, members }
}

/// Changes one item of somebody, or of the household; gives which.
fn change(pack: &Pack, of: &mut Snapshot, seed: u64) -> (Entity, String) {
    let mut rng = fastrand::Rng::with_seed(seed);
    let all: Vec<_> = pack.items().iter().collect();
    let item = all[rng.usize(..all.len())];
    let facts = match item.entity {
        Entity::Household => &mut of.facts,
        Entity::Person => {
            let n = rng.usize(..of.members.len());
            &mut of.members[n].facts
        }
    };
    facts.retain(|f| f.item != item.id);
    if rng.bool() {
        facts.push(fact(&item.id, value(pack, &item.ty, rng.u64(..))));
    }
    (item.entity, item.id.clone())
}

type Said = BTreeMap<(String, Uuid), Draft>;

fn said(drafts: Vec<Draft>) -> Said {
    drafts.into_iter().map(|d| ((d.programme.clone(), d.subject.uuid()), d)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn touched_programmes_and_no_others_say_something_else(seed: u64, children in 0_usize..4, other: u64, korea: bool) {
        let pack = if korea { crate::desk::pack() } else { kazakhstan() };
        let before = household(pack, seed, children);
        let mut after = before.clone();
        let item = change(pack, &mut after, other);
        let all = |s: &Snapshot| said(offerable(pack, s, ON, Cause::FactChange, None).1);
        let (was, is) = (all(&before), all(&after));
        match pack.touched(std::slice::from_ref(&item)) {
            // Only birth, death and what is expected touch everything.
            None => prop_assert!(matches!(item.0, Entity::Person)),
            Some(touched) => {
                let some = said(offerable(pack, &after, ON, Cause::FactChange, Some(&touched)).1);
                let (of, not): (Said, Said) = is.into_iter().partition(|((p, _), _)| touched.contains(p));
                prop_assert_eq!(&some, &of, "touched by {:?}", item);
                let untouched: Said = was.into_iter().filter(|((p, _), _)| !touched.contains(p)).collect();
                prop_assert_eq!(untouched, not, "not touched by {:?}", item);
            }
        }
    }
}

#[test]
fn most_items_touch_few_programmes() {
    let pack = crate::desk::pack();
    let all = pack.programmes().iter().count();
    let sizes: Vec<usize> = pack
        .items()
        .iter()
        .filter_map(|i| pack.touched(&[(i.entity, i.id.clone())]))
        .map(|t: BTreeSet<String>| t.len())
        .collect();
    let mean = sizes.iter().sum::<usize>() as f64 / sizes.len() as f64;
    assert!(mean < all as f64 / 2.0, "{mean:.1} of {all} programmes a changed item");
}

/// What stands in the tables that recomputing writes.
async fn stands(office: &Office) -> Vec<String> {
    let mut tx = office.db.read().await.unwrap();
    let mut all = Vec::new();
    for sql in [
        "select programme || ' ' || status || ' ' || digest || ' ' || content as t from offer order by programme, offer_id",
        "select outcomes as t from standing",
        "select programme || ' ' || stage as t from benefit_case order by programme",
    ] {
        all.extend(tx.all(sql, params![]).await.unwrap().iter().map(|r| r.get::<String>("t").unwrap()));
    }
    all
}

#[tokio::test]
async fn the_registry_tells_which_items_changed_and_the_tables_come_to_the_same() {
    let mut ends = Vec::new();
    for whole in [false, true] {
        for office in Office::all(71).await {
            let family = crate::desk::family(&office, 1).await;
            let child = born(&office, &family).await.person;
            drain(&office, TODAY).await;
            for (item, v) in [
                ("days_abroad", registry::FactValue::Integer(4)),
                ("wage", registry::FactValue::Money(3_000_000)),
                ("registered_disability", registry::FactValue::Boolean(true)),
                ("days_abroad", registry::FactValue::Integer(120)),
            ] {
                let person = if item == "wage" { family.father } else { child };
                agency_says(&office, TODAY, person, item, v).await;
                if whole {
                    // As a notice from before items were named.
                    let mut tx = office.db.begin().await.unwrap();
                    let row = tx.one("select payload from outbox where topic = 'registry.changed'", &[]).await.unwrap();
                    let text: String = row.get("payload").unwrap();
                    let mut notice: serde_json::Value = serde_json::from_str(&text).unwrap();
                    assert!(!notice["items"].as_array().unwrap().is_empty());
                    notice["items"] = serde_json::json!([]);
                    let set = "update outbox set payload = $1 where topic = 'registry.changed'";
                    tx.execute(set, params![notice.to_string()]).await.unwrap();
                    tx.commit().await.unwrap();
                }
                drain(&office, TODAY).await;
            }
            ends.push(stands(&office).await);
        }
    }
    assert!(ends.windows(2).all(|w| w[0] == w[1]), "{ends:#?}");
}
