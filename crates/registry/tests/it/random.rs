//! Random histories: what was read at a moment stays the same for ever, nobody is ever in two households, both sides of
//! every edge agree, and a merge undone leaves no trace in any read.

use kernel::{HouseholdId, PersonId, PregnancyId, SeededIds};
use proptest::prelude::Strategy;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use registry::fact::{self, NewFact};
use registry::household::{self, Joining, MemberRole};
use registry::kin::{self, NewKin, Relation};
use registry::merge;
use registry::person::{self, Detail, Name, Script};
use registry::pregnancy::{self, NewPregnancy, Outcome};
use registry::protection::{self, NewProtection};
use registry::residence::{self, Address};
use registry::{AsOf, FactValue, Subject, read};
use store::{Db, Tx, testing};
use uuid::Uuid;

use crate::base::{couple, take_in};
use crate::support::*;

/// One thing done: what, to whom, when it is valid from, with which figure.
#[derive(Clone, Copy, Debug)]
struct Op {
    what: u8,
    who: usize,
    other: usize,
    day: i32,
    figure: i64,
}

fn op() -> impl Strategy<Value = Op> {
    (0..16u8, 0..6usize, 0..6usize, -400..400i32, 0..5i64).prop_map(|(what, who, other, day, figure)| Op {
        what,
        who,
        other,
        day,
        figure,
    })
}

struct World {
    people: Vec<PersonId>,
    homes: Vec<HouseholdId>,
    merges: Vec<(PersonId, Uuid)>,
    pregnancies: Vec<(PersonId, PregnancyId)>,
}

async fn world(db: &Db, ids: &SeededIds) -> World {
    let mut plain = couple();
    plain.members.iter_mut().for_each(|m| m.person.identifier = None);
    let a = take_in(db, ids, 0, &plain).await;
    let b = take_in(db, ids, 0, &plain).await;
    World {
        people: [a.persons, b.persons].concat(),
        homes: vec![a.household, b.household],
        merges: Vec::new(),
        pregnancies: Vec::new(),
    }
}

/// Does it; what the registry refuses leaves nothing behind, which the caller sees to.
async fn act(tx: &mut Tx, world: &mut World, ids: &SeededIds, n: i64, op: Op) -> bool {
    let pen = pen(ids, n);
    let (who, other) = (world.people[op.who], world.people[op.other]);
    let from = day("2026-06-01").saturating_add(jiff::Span::new().days(op.day));
    let valid = kernel::Period { from, until: None };
    let home = world.homes[op.other % 2];
    let new = NewFact {
        subject: if op.figure == 4 { Subject::Household(home) } else { Subject::Person(who) },
        item: format!("item_{}", op.other % 2),
        value: FactValue::Money(op.figure),
        valid,
        corrects: None,
    };
    let joining = Joining { person: who, household: home, role: MemberRole::Other, valid };
    match op.what {
        0..=2 => fact::record(tx, pen, &any, new).await.is_ok(),
        3 => {
            let sql = "select fact_id from person_fact where person_id = $1 and item = $2 and withdrawn_at is null order by fact_id";
            let rows = tx.all(sql, store::params![who, new.item]).await.unwrap();
            match rows.last().map(|r| r.get("fact_id").unwrap()) {
                Some(id) if op.figure == 0 => fact::withdraw(tx, pen, Subject::Person(who), id).await.is_ok(),
                corrects => {
                    let new = NewFact { subject: Subject::Person(who), corrects, ..new };
                    fact::record(tx, pen, &any, new).await.is_ok()
                }
            }
        }
        4 => {
            let address = Address::new(format!("kr-{}", op.figure), format!("Road {}", op.figure), "");
            residence::move_person(tx, pen, who, &address, valid).await.is_ok()
        }
        5 => residence::move_household(tx, pen, home, &Address::new("kr-7", "Hill 7", ""), from).await.is_ok(),
        6 => {
            let name = Name::new(Script::Hang, "한", ["빛", "별", "달", "해", "샘"][op.figure as usize]);
            person::rename(tx, pen, who, &name, valid).await.is_ok()
        }
        7 => {
            person::set_detail(tx, pen, who, &Detail::Phone(format!("010-0000-000{}", op.figure)), valid).await.is_ok()
        }
        8 => household::transfer(tx, pen, joining).await.is_ok(),
        9 => household::join(tx, pen, joining).await.is_ok(),
        10 => household::leave(tx, pen, who, home, from).await.is_ok(),
        11 => {
            let relation =
                [Relation::Parent, Relation::Spouse, Relation::Partner, Relation::Child][op.figure as usize % 4];
            kin::relate(tx, pen, NewKin { person: who, relation, other, valid }).await.is_ok()
        }
        12 => {
            let sql = "select kin_id from kin where person_id = $1 and withdrawn_at is null order by kin_id";
            let rows = tx.all(sql, store::params![who]).await.unwrap();
            let Some(edge) = rows.first().map(|r| r.get("kin_id").unwrap()) else { return false };
            if op.figure % 2 == 0 {
                kin::end(tx, pen, who, edge, from).await.is_ok()
            } else {
                kin::withdraw(tx, pen, who, edge).await.is_ok()
            }
        }
        13 if op.figure < 3 => {
            let new = NewPregnancy {
                confirmed_on: from,
                due_date: from.saturating_add(jiff::Span::new().days(200)),
                unborn: 1 + op.figure as u32,
            };
            match pregnancy::confirm(tx, pen, who, new).await {
                Ok(id) => {
                    world.pregnancies.push((who, id));
                    true
                }
                Err(_) => false,
            }
        }
        13 => {
            let Some((who, id)) = world.pregnancies.last().copied() else { return false };
            pregnancy::end(tx, pen, who, id, from, Outcome::Ended).await.is_ok()
        }
        14 if op.figure == 0 => {
            let new = NewProtection { victim: who, perpetrators: vec![other], valid, reason: "order".into() };
            protection::protect(tx, pen, &new).await.is_ok()
        }
        14 => match merge::merge(tx, pen, who, other, "same number").await {
            Ok(id) => {
                let survivor = read::surviving(tx, other).await.unwrap();
                world.merges.push((survivor, id));
                true
            }
            Err(_) => false,
        },
        _ => match world.merges.pop() {
            Some((survivor, id)) => merge::unmerge(tx, pen, survivor, id).await.is_ok(),
            None => false,
        },
    }
}

/// Everything that can be read as of these moments, written out.
async fn picture(db: &Db, world: &World, moments: &[AsOf]) -> String {
    let mut tx = db.read().await.unwrap();
    let mut out = String::new();
    for as_of in moments {
        for person in &world.people {
            let whole = read::person(&mut tx, *person, *as_of).await.unwrap();
            out += &whole.map(|w| w.process(&basis(), |p| serde_json::to_string(p).unwrap())).unwrap_or_default();
        }
        for home in &world.homes {
            let whole = read::household(&mut tx, *home, *as_of).await.unwrap();
            out += &whole.map(|w| w.process(&basis(), |p| serde_json::to_string(p).unwrap())).unwrap_or_default();
        }
        out.push('\n');
    }
    out
}

async fn households_hold(db: &Db, world: &World) {
    let mut tx = db.read().await.unwrap();
    for person in &world.people {
        let sql = "select membership_id, household_id, valid_from, valid_until from person_membership where person_id = $1 and withdrawn_at is null";
        let rows = tx.all(sql, store::params![person]).await.unwrap();
        let spans: Vec<kernel::Period> = rows
            .iter()
            .map(|r| kernel::Period { from: r.get("valid_from").unwrap(), until: r.maybe("valid_until").unwrap() })
            .collect();
        for (i, a) in spans.iter().enumerate() {
            assert!(!spans.iter().skip(i + 1).any(|b| a.overlaps(b)), "two households at once: {spans:?}");
        }
    }
    for (one, other) in [("membership", "person_membership"), ("person_membership", "membership")] {
        let sql: &'static str = if one == "membership" {
            "select count(*) as n from membership a where not exists (select 1 from person_membership b where b.person_id = a.person_id
             and b.membership_id = a.membership_id and b.household_id = a.household_id and b.recorded_at = a.recorded_at
             and coalesce(b.withdrawn_at, 0) = coalesce(a.withdrawn_at, 0))"
        } else {
            "select count(*) as n from person_membership a where not exists (select 1 from membership b where b.person_id = a.person_id
             and b.membership_id = a.membership_id and b.household_id = a.household_id and b.recorded_at = a.recorded_at
             and coalesce(b.withdrawn_at, 0) = coalesce(a.withdrawn_at, 0))"
        };
        let n: i64 = tx.one(sql, &[]).await.unwrap().get("n").unwrap();
        assert_eq!(n, 0, "{one} and {other} differ");
    }
    let sql = "select count(*) as n from kin a where not exists (select 1 from kin b where b.person_id = a.other_id
        and b.other_id = a.person_id and b.kin_id = a.kin_id and coalesce(b.withdrawn_at, 0) = coalesce(a.withdrawn_at, 0))";
    let n: i64 = tx.one(sql, &[]).await.unwrap().get("n").unwrap();
    assert_eq!(n, 0, "an edge of kinship has one side only");
}

async fn run(db: &Db, seed: u64, ops: &[Op]) {
    let ids = SeededIds::new(seed);
    let mut world = world(db, &ids).await;
    let days = ["2025-03-01", "2026-06-01", "2027-05-01"].map(day);
    let mut kept: Vec<(Vec<AsOf>, String)> = Vec::new();
    for (n, op) in ops.iter().enumerate() {
        // The clock stands still for every second act.
        let second = 10 + (n as i64 / 2) * 10;
        let mut tx = db.begin().await.unwrap();
        if act(&mut tx, &mut world, &ids, second, *op).await {
            tx.commit().await.unwrap();
        } else {
            drop(tx);
        }
        if n % 2 == 1 {
            let moments: Vec<AsOf> = days.iter().map(|d| AsOf::new(*d, at(second))).collect();
            let seen = picture(db, &world, &moments).await;
            kept.push((moments, seen));
        }
    }
    households_hold(db, &world).await;
    for (moments, seen) in &kept {
        let again = picture(db, &world, moments).await;
        assert_eq!(*seen, again, "what was read at {:?} has changed; history {ops:?}", moments[0].recorded);
    }
    // A merge undone leaves no trace.
    let latest: Vec<AsOf> = days.iter().map(|d| AsOf::latest(*d)).collect();
    let before = picture(db, &world, &latest).await;
    for (a, b) in [(0, 3), (3, 0), (1, 2), (4, 5)] {
        let (a, b) = (world.people[a], world.people[b]);
        let mut tx = db.begin().await.unwrap();
        let Ok(id) = merge::merge(&mut tx, pen(&ids, 900), a, b, "same number").await else { continue };
        tx.commit().await.unwrap();
        assert_ne!(before, picture(db, &world, &latest).await, "the merge did nothing");
        let mut tx = db.begin().await.unwrap();
        let survivor = read::surviving(&mut tx, b).await.unwrap();
        merge::unmerge(&mut tx, pen(&ids, 901), survivor, id).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(before, picture(db, &world, &latest).await, "merge and unmerge left a trace; history {ops:?}");
    }
    households_hold(db, &world).await;
}

#[tokio::test]
async fn random_histories_keep_the_past_the_households_and_the_mirrors() {
    for db in testing::databases(SCHEMAS).await.unwrap() {
        let cases = if db.engine() == store::Engine::Sqlite { 12 } else { 3 };
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[17; 32]);
        let mut runner = TestRunner::new_with_rng(Config::default(), rng);
        for case in 0..cases {
            let tree = proptest::collection::vec(op(), 12..30).new_tree(&mut runner).unwrap();
            // Far apart: the sequences of neighbouring seeds run into each other.
            run(&db, (case + 1) * 1_000_003, &tree.current()).await;
        }
    }
}
