//! The whole town at once: a snapshot of the running installation, all programmes over it, and for every household the same
//! answers as from the explaining evaluator on the registry's own facts.

use std::collections::BTreeMap;

use casework::Desk;
use casework::requalify::model::{Kind, Scope, Status};
use casework::requalify::order::{self, Ask, Fault};
use casework::requalify::rows;
use guard::{Action, Purpose, PurposeKind, Resource, Role, Who};
use kernel::{AccountId, HouseholdId, RequalificationId, SessionId};
use population::frame::Reader;
use population::live::{self, Order, Warrant};
use population::{findings, run};
use registry::AsOf;
use store::transact;
use uuid::Uuid;

use crate::flow::Show;

fn signed_in(n: u128) -> Who {
    Who {
        account: AccountId(Uuid::from_u128(n)),
        session: SessionId(Uuid::from_u128(n)),
        role: Role::Analyst,
        organisation: "mohw".into(),
        jurisdiction: None,
        person: None,
        strong: true,
        suspended: false,
        break_glass: false,
    }
}

async fn whole_town(postgres: Option<String>) {
    let show = Show::open(postgres).await;
    let state = &show.runtime.state;
    let pack = state.packs.current();
    let desk = Desk { pack: &pack, keys: &show.runtime.keys, ids: &*state.ids, now: state.now() };
    let home = tempfile::tempdir().unwrap();
    let (snapshot, results) = (home.path().join("snapshot"), home.path().join("results"));
    let pair = (signed_in(1), signed_in(2));
    let warrant = Warrant {
        who: &pair.0,
        approver: &pair.1,
        reason: "the town at once",
        law: "the act, article 9",
        grace_days: 180,
    };
    let wanted = Order { warrant, day: desk.today(), out: &snapshot, earlier: None };
    let taken = live::snapshot(&state.db, &state.guard, &desk, wanted).await.unwrap();
    assert_eq!(taken.faults, vec![]);
    let order = run::Order { snapshot: &snapshot, pack: &pack, on: desk.today(), out: &results, threads: 2 };
    let summary = run::run(&order, &|_| {}).unwrap();
    assert_eq!((summary.households, summary.aside), (taken.manifest.households, 0));
    assert!(summary.households > 30, "{summary:?}");
    assert_eq!(run::run(&order, &|_| {}).unwrap().hash, summary.hash);

    let identity = run::Identity::read(&results).unwrap();
    let mut keys = Vec::new();
    let reader = Reader::open(&snapshot, &pack).unwrap();
    for n in 0..taken.manifest.parts.len() {
        let mut part = reader.whole_part(n).unwrap();
        while let Some(chunk) = part.next_chunk().unwrap() {
            keys.extend((0..chunk.rows()).filter_map(|row| chunk.key(row)));
        }
    }
    let mut tx = state.db.read().await.unwrap();
    let mut compared = 0;
    for key in keys {
        // As the run has it, explained: no answer differs.
        let opened = findings::open(&results, &pack, key).unwrap().unwrap();
        assert_eq!(opened.differences(&identity), Vec::<String>::new());
        // As the registry has it.
        let id = HouseholdId(state.guard.keys().of_pseudonym(key));
        let as_of = AsOf::new(desk.today(), desk.now);
        let facts = casework::household::at(&mut tx, &desk, id, as_of).await.unwrap().unwrap();
        let household = facts.for_rules(pack.program().household());
        let live: BTreeMap<_, _> =
            pack.program().answers(&household, desk.today(), desk.today()).into_iter().enumerate().collect();
        let kept = pack.program().answers(&opened.household, desk.today(), desk.today());
        assert_eq!(live, kept.into_iter().enumerate().collect());
        compared += opened.said.len();
    }
    drop(tx);
    assert!(compared > 500, "{compared} answers compared");
    show.close().await;
}

/// Ordered and approved, the running worker finds what differs; a worker that died half-way is followed by one that comes to
/// the same.
async fn looked_at_again(postgres: Option<String>) {
    let show = Show::open(postgres).await;
    let state = &show.runtime.state;
    let pack = state.packs.current();
    let now = state.now();
    let desk = Desk { pack: &pack, keys: &show.runtime.keys, ids: &*state.ids, now };
    let ask = |id: u128| Ask {
        id: RequalificationId(Uuid::from_u128(id)),
        on: desk.today(),
        reason: "the yearly look".into(),
        law: "the act, article 9".into(),
    };
    let purpose = Purpose::new(PurposeKind::Statistics, "the yearly look");
    let ordered = async |id: u128| {
        for n in [1, 2] {
            let (who, it) = (signed_in(n), ask(id));
            let resource = Resource::thing("requalification");
            let allowed = state.guard.permit(&who, Action::TakeSnapshot, &resource, &purpose).await.unwrap();
            transact!(state.db, Fault, |tx| match n {
                1 => order::ask(tx, &desk, &who, &allowed, &it).await,
                _ => order::approve(tx, &desk, &who, &allowed, it.id).await,
            })
            .unwrap();
        }
        let found =
            "select 1 as one from requalification where requalification_id = $1 and status in ('found', 'failed')";
        show.until(found, store::params![ask(id).id]).await;
        let mut tx = state.db.read().await.unwrap();
        rows::one(&mut tx, ask(id).id).await.unwrap().unwrap()
    };
    let first = ordered(1).await;
    assert_eq!(first.status, Status::Found, "{first:?}");
    let summary = first.summary.clone().unwrap();
    assert!(summary.households > 30 && summary.look.is_some() && !summary.root.is_empty(), "{summary:?}");
    let mut tx = state.db.read().await.unwrap();
    let groups = rows::groups(&mut tx, first.id, &Scope::default(), "").await.unwrap();
    assert_eq!(groups.iter().map(|g| g.count).sum::<u64>(), summary.findings);
    assert!(groups.iter().any(|g| g.kind == Kind::Unclaimed), "{groups:?}");
    drop(tx);

    // The same order again, as after a crash before its end was written: nothing is found twice and the hash is the same.
    let mut tx = state.db.begin().await.unwrap();
    let running = "update requalification set status = 'running', run_hash = null where requalification_id = $1";
    tx.execute(running, store::params![first.id]).await.unwrap();
    let job = order::Job { requalification: first.id };
    tx.queue(&*state.ids, now, order::RUN, "again", 0, &job).await.unwrap();
    tx.commit().await.unwrap();
    let found = "select 1 as one from requalification where requalification_id = $1 and status = 'found'";
    show.until(found, store::params![first.id]).await;
    let mut tx = state.db.read().await.unwrap();
    let again = rows::one(&mut tx, first.id).await.unwrap().unwrap();
    assert_eq!((again.run_hash, again.summary), (first.run_hash.clone(), Some(summary.clone())));
    let count = "select count(*) as n from finding where requalification_id = $1";
    let written: i64 = tx.one(count, store::params![first.id]).await.unwrap().get("n").unwrap();
    assert_eq!(u64::try_from(written).unwrap(), summary.findings);
    drop(tx);
    // A new order is a new reading, and its findings are its own.
    let second = ordered(2).await;
    assert!(second.status == Status::Found && second.run_hash != first.run_hash);
    show.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_is_looked_at_again_by_the_worker() {
    looked_at_again(None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_is_looked_at_again_on_postgresql() {
    if let Ok(server) = std::env::var("HEARTH_TEST_POSTGRES") {
        looked_at_again(Some(server)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_of_the_town_is_answered_as_the_evaluator_explains() {
    whole_town(None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_on_postgresql() {
    match std::env::var("HEARTH_TEST_POSTGRES") {
        Ok(server) => whole_town(Some(server)).await,
        Err(_) => eprintln!("HEARTH_TEST_POSTGRES is not set: PostgreSQL is left out"),
    }
}
