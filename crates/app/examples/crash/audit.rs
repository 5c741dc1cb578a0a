//! Holds the database and the disclosure log against what the clients were told.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use guard::Keys;
use guard::log::{Log, Trust};
use kernel::{ApplicationId, EventId, OfferId, PersonId};
use store::{Db, StoreError, Tx, params};

use crate::client::{Effect, Told};
use crate::harness::http::send;
use crate::harness::server::Server;
use crate::harness::town::Place;
use crate::money;

/// Everything, with the server down. Each line is a violation.
pub(crate) async fn whole(place: &Place, told: &Told) -> Vec<String> {
    let db = Db::open(&place.database).await.expect("the database");
    let mut tx = db.read().await.expect("a transaction");
    let mut wrong = Vec::new();
    births(&mut tx, place, told, &mut wrong).await.expect("a look at the births");
    acceptances(&mut tx, told, &mut wrong).await.expect("a look at the applications");
    money::cases(&mut tx, &mut wrong).await.expect("a look at cases and payments");
    drop(tx);
    db.close().await;
    // As the next start does: what reached the disk and was not signed when the kill came is nobody's acknowledged look yet.
    let keys = Keys::open(&place.data().join("keys")).expect("the keys");
    drop(Log::open(&place.data().join("log"), Arc::new(keys)).expect("a log that opens after a kill"));
    match guard::log::verify(&place.data().join("log"), &Trust::default()) {
        Ok(_) => {}
        Err(damages) => wrong.extend(damages.iter().map(|damage| format!("log: {damage}"))),
    }
    wrong
}

async fn births(tx: &mut Tx, place: &Place, told: &Told, wrong: &mut Vec<String>) -> Result<(), StoreError> {
    let asked = told.numbers();
    let mut events: HashMap<EventId, (PersonId, String)> = HashMap::new();
    let mut numbers = HashSet::new();
    for row in tx.all("select event_id, person_id, register_number from life_event where kind = 'birth'", &[]).await? {
        let number = row.maybe::<String>("register_number")?.unwrap_or_default();
        if !asked.contains(&number) {
            wrong.push(format!("a birth nobody asked for: {number:?}"));
        }
        if !numbers.insert(number.clone()) {
            wrong.push(format!("the birth {number} is registered twice"));
        }
        events.insert(row.get("event_id")?, (row.get("person_id")?, number));
    }
    let mut offers: HashMap<OfferId, EventId> = HashMap::new();
    let mut once = HashSet::new();
    for row in
        tx.all("select offer_id, subject_id, programme, event_id from offer where event_id is not null", &[]).await?
    {
        let (event, offer): (EventId, OfferId) = (row.get("event_id")?, row.get("offer_id")?);
        let (subject, programme): (uuid::Uuid, String) = (row.get("subject_id")?, row.get("programme")?);
        if !once.insert((subject, programme.clone(), event)) {
            wrong.push(format!("{programme} was offered twice for one subject and event {event}"));
        }
        offers.insert(offer, event);
    }
    for done in told.done() {
        let Effect::Birth { event, child, number, offers: made } = done.effect else { continue };
        if events.get(&event) != Some(&(child, number.clone())) {
            wrong.push(format!("the acknowledged birth {number} is not there as it was acknowledged"));
        }
        let lost = made.iter().filter(|offer| offers.get(offer) != Some(&event)).count();
        if lost > 0 {
            wrong.push(format!("{lost} of {} offers of the acknowledged birth {number} are not there", made.len()));
        }
    }
    // Nothing half-done: as many people, names, memberships and homes as families and births explain.
    let people = place.people + i64::try_from(events.len()).unwrap_or(i64::MAX);
    for (what, sql) in [
        ("people", "select count(*) as n from person"),
        ("people in households", "select count(distinct person_id) as n from person_membership"),
        ("people with a name", "select count(distinct person_id) as n from person_name"),
        ("people with a home", "select count(distinct person_id) as n from residence"),
    ] {
        let there: i64 = tx.one(sql, &[]).await?.get("n")?;
        if there != people {
            wrong.push(format!("{there} {what}; families and births explain {people}"));
        }
    }
    Ok(())
}

/// Whether an offer is to this mother, to the household as such, or to a child born after a day whose parent she is.
const HERS: &str = "select count(*) as n from offer where offer_id = $1 and (subject_kind <> 'person' or subject_id = $2 or subject_id in (
    select other_id from kin join person_detail d on d.person_id = other_id and d.kind = 'birth_date'
    where kin.person_id = $2 and relation = 'child' and d.value > $3))";

async fn acceptances(tx: &mut Tx, told: &Told, wrong: &mut Vec<String>) -> Result<(), StoreError> {
    let mut items: HashMap<OfferId, ApplicationId> = HashMap::new();
    for row in tx.all("select offer_id, application_id from application_item", &[]).await? {
        let (offer, application): (OfferId, ApplicationId) = (row.get("offer_id")?, row.get("application_id")?);
        if items.insert(offer, application).is_some() {
            wrong.push(format!("offer {offer} was applied for twice"));
        }
    }
    for done in told.done() {
        let Effect::Accepted { offer, application } = done.effect else { continue };
        if items.get(&offer) != Some(&application) {
            wrong.push(format!("the acknowledged acceptance of offer {offer} is not there"));
        }
    }
    let young = kernel::Clock::now(&app::runtime::SystemClock).plus_seconds(-17 * 365 * 86_400).date(0).to_string();
    for (offer, mother) in told.denied() {
        let hers: i64 = tx.one(HERS, params![offer, mother, &*young]).await?.get("n")?;
        if hers > 0 {
            wrong.push(format!(
                "mother {mother} was not allowed to accept offer {offer}, which is hers, her child's or the household's"
            ));
        }
    }
    let empty = "select count(*) as n from application where application_id not in (select application_id from application_item)";
    let empty: i64 = tx.one(empty, &[]).await?.get("n")?;
    if empty > 0 {
        wrong.push(format!("{empty} applications for nothing"));
    }
    Ok(())
}

/// How long the outbox may take to become empty once nobody asks for anything. Work, not a race: a debug binary on a shared
/// machine handles some ten messages a second, and a message that is handled again and again never gets there.
const QUIET: Duration = Duration::from_secs(600);

/// With the server down, so that nobody works on anything: what a killed worker had in its hands is free again, as it would be when
/// its lease of two minutes is over.
pub(crate) async fn leases_over(place: &Place) {
    let db = Db::open(&place.database).await.expect("the database");
    let mut tx = db.begin().await.expect("a transaction");
    tx.execute("update job set leased_until = null where leased_until is not null", &[]).await.expect("leases");
    tx.commit().await.expect("a commit");
    db.close().await;
}

/// Waits until the outbox is empty and every question to an agency has ended; nothing may have been given up.
pub(crate) async fn drained(place: &Place) -> Vec<String> {
    // Questions that are still to be asked or asked again.
    let questions = "select count(*) as n from job where kind like 'agency.%'";
    let db = Db::open(&place.database).await.expect("the database");
    let started = Instant::now();
    loop {
        let mut tx = db.read().await.expect("a transaction");
        let waiting: i64 = number(&mut tx, "select count(*) as n from outbox").await;
        let dead: i64 = number(&mut tx, "select count(*) as n from outbox_dead").await;
        // An answer becomes a decision and a message: what is to be looked at has come to rest.
        let asked: i64 = number(&mut tx, questions).await;
        drop(tx);
        if dead > 0 {
            return vec![format!("{dead} messages were given up")];
        }
        if waiting == 0 && asked == 0 {
            return vec![];
        }
        if started.elapsed() > QUIET {
            let quiet = QUIET.as_secs();
            return vec![format!("{waiting} messages and {asked} questions still wait after {quiet} s of quiet")];
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn number(tx: &mut Tx, sql: &'static str) -> i64 {
    tx.one(sql, &[]).await.expect("a row").get("n").expect("a number")
}

/// Every acknowledged change is in the trail of the mother it was about, as she herself reads it.
pub(crate) async fn trails(server: &Server, place: &Place, told: &Told) -> Vec<String> {
    let mut acknowledged: HashMap<usize, usize> = HashMap::new();
    for done in told.done() {
        *acknowledged.entry(done.mother()).or_default() += 1;
    }
    let mut wrong = Vec::new();
    for (mother, expected) in acknowledged {
        let Some(mother) = place.mothers.get(mother) else { continue };
        let path = format!("/api/persons/{}/trail", mother.id);
        let answer = send(server.port, "GET", &path, &[("cookie", &mother.cookie)], "").await;
        let Some(answer) = answer.filter(|a| a.status == 200) else {
            wrong.push(format!("{path} was not answered"));
            continue;
        };
        let body = answer.json();
        let looks = body.get("looks").and_then(|l| l.as_array()).cloned().unwrap_or_default();
        let changes = ["register_event", "accept_offer"];
        let is_change = |look: &&serde_json::Value| {
            look.get("action").and_then(|a| a.as_str()).is_some_and(|a| changes.contains(&a))
        };
        let shown = looks.iter().filter(is_change).count();
        if shown < expected {
            wrong.push(format!(
                "{expected} acknowledged changes about one mother, and only {shown} entries in her trail"
            ));
        }
    }
    wrong
}
