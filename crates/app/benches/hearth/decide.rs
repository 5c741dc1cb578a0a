//! From an accepted offer to a decision in force, everything known; and how many a worker decides a second, beside the bare
//! database writing as many rows.

use std::time::{Duration, Instant};

use app::town::Settled;
use casework::accept::{self, Tap};
use casework::case::advance::{self, Stand};
use casework::decide::Put;
use casework::model::OfferContent;
use guard::{Action, Allowed, Decision, Purpose, PurposeKind, Relation, Request, Resource, Role, Who};
use kernel::{AccountId, CaseId, OfferId, PersonId, SessionId};
use store::{StoreError, params, transact};

use crate::birth::bare_rows;
use crate::table::{Table, median, spread};
use crate::town::Place;

/// Families whose newborn's offers are accepted in one round.
const FAMILIES_A_ROUND: usize = 4;

/// How many families a run of so many rounds needs.
pub(crate) fn families(rounds: usize) -> usize {
    rounds * FAMILIES_A_ROUND
}

pub(crate) async fn run(table: &mut Table, place: &Place, rounds: usize) {
    let (mut decisions, mut bare, mut written, mut put_off) = (vec![], vec![], 0, 0);
    for _ in 0..rounds * FAMILIES_A_ROUND {
        let (family, number) = place.family();
        place.birth_of(family, number).await;
        for case in accepted(place, family).await {
            let before = place.rows().await;
            let start = Instant::now();
            let stand = step(place, case).await;
            let took = start.elapsed();
            if !matches!(stand, Stand::Put(Put::InForce(_))) {
                put_off += 1;
                continue;
            }
            decisions.push(took);
            let rows = place.rows().await - before;
            written += rows;
            bare.push(bare_rows(&place.runtime.state.db, rows).await);
        }
    }
    if decisions.is_empty() {
        println!("{}: no offer of these families was decided by machine ({put_off} were put off)", place.engine);
        return;
    }
    let count = decisions.len();
    let rate = |times: &[Duration]| count as f64 / times.iter().sum::<Duration>().as_secs_f64();
    let engine = place.engine;
    let words = format!("{count} decisions, {:.0} rows each", written as f64 / count as f64);
    table.row(&format!("{engine}: accepted offer to decision"), spread(&decisions), words, "< 50 ms");
    let beside =
        format!("bare {:.0}/s: {:.2} ×", rate(&bare), median(&decisions).as_secs_f64() / median(&bare).as_secs_f64());
    table.row(&format!("{engine}: decisions a second, one worker"), format!("{:.0}/s", rate(&decisions)), beside, "");
}

async fn step(place: &Place, case: CaseId) -> Stand {
    let state = &place.runtime.state;
    let pack = state.packs.current();
    let desk = casework::Desk { pack: &pack, keys: &place.runtime.keys, ids: &*state.ids, now: state.now() };
    transact!(state.db, StoreError, |tx| advance::run(tx, &desk, case).await).expect("a step")
}

/// The mother accepts everything that asks for nothing more; its cases.
async fn accepted(place: &Place, family: &Settled) -> Vec<CaseId> {
    let state = &place.runtime.state;
    let mut tx = state.db.read().await.expect("a transaction");
    let sql =
        "select offer_id, revision, content from offer where household_id = $1 and status = 'open' order by offer_id";
    let mut taps = Vec::new();
    for row in tx.all(sql, params![family.household]).await.expect("offers") {
        let content: OfferContent = row.json("content").expect("an offer");
        let offer: OfferId = row.get("offer_id").expect("an id");
        if content.needed.is_empty() && content.choice.touches.iter().all(|t| !t.excludes) {
            taps.push(Tap { offer, revision: row.get("revision").expect("a number"), answers: vec![] });
        }
    }
    drop(tx);
    let members: Vec<PersonId> = {
        let mut tx = state.db.read().await.expect("a transaction");
        let sql = "select person_id from membership where household_id = $1";
        let rows = tx.all(sql, params![family.household]).await.expect("members");
        rows.iter().map(|r| r.get("person_id").expect("an id")).collect()
    };
    let mother = family.persons.iter().zip(&family.drawn.members).find(|(_, m)| m.female).map(|(id, _)| *id);
    let (Some(mother), false) = (mother, taps.is_empty()) else { return Vec::new() };
    let who = citizen(mother);
    let may: Vec<Allowed> = members.iter().map(|person| allowed(place, &who, *person)).collect();
    let pack = state.packs.current();
    let desk = casework::Desk { pack: &pack, keys: &place.runtime.keys, ids: &*state.ids, now: state.now() };
    let input = accept::Input { applicant: mother, on_behalf: None, taps };
    let done = transact!(state.db, accept::Fault, |tx| accept::run(tx, &desk, &who, &may, input.clone()).await);
    let application = done.expect("an application").application.expect("a new one");
    let mut tx = state.db.read().await.expect("a transaction");
    let sql = "select case_id from benefit_case where application_id = $1 order by case_id";
    let rows = tx.all(sql, params![application]).await.expect("cases");
    rows.iter().map(|r| r.get("case_id").expect("an id")).collect()
}

fn citizen(person: PersonId) -> Who {
    Who {
        account: AccountId(uuid::Uuid::from_u128(1)),
        session: SessionId(uuid::Uuid::from_u128(2)),
        role: Role::Citizen,
        organisation: String::new(),
        jurisdiction: None,
        person: Some(person),
        strong: true,
        suspended: false,
        break_glass: false,
    }
}

/// The policies' own decision that a mother may act for herself and her child.
fn allowed(place: &Place, who: &Who, person: PersonId) -> Allowed {
    let relation =
        Relation { own: who.person == Some(person), ward: who.person != Some(person), ..Relation::default() };
    let (resource, purpose) = (Resource::person(person, relation), Purpose::new(PurposeKind::OwnAffairs, ""));
    let request = Request {
        look: uuid::Uuid::nil(),
        now: place.runtime.state.now(),
        who,
        action: Action::AcceptOffer,
        resource: &resource,
        purpose: &purpose,
    };
    match place.runtime.state.guard.decide(&request) {
        Decision::Allowed(allowed) => allowed,
        Decision::Denied(refusal) => panic!("{refusal:?}"),
    }
}
