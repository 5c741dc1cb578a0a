//! Home visiting: schedules of a city's families, a nurse's day and week with her whole caseload, and saving a visit.

use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use guard::Role;
use guard::account::{self, AccountError, Duty, SignedInBy};
use jiff::ToSpan as _;
use kernel::{AccountId, Date, EnrolmentId, PersonId, SubmissionId};
use store::{StoreError, params, transact};
use tower::ServiceExt as _;
use visit::model::{ChildDates, Dates};
use visit::schedule::{Child, Ending, Family, Made, schedule};

use crate::page::get;
use crate::table::{Table, shown, spread};
use crate::town::Place;

/// Families of a full-time nurse who visits every family.
pub(crate) const FAMILIES: usize = 250;
/// Families whose schedules are worked out anew.
const SCHEDULES: usize = 6_000;
/// Looks a round.
const LOOKS: usize = 10;

const ENROL: &str = "insert into visit_enrolment (person_id, enrolment_id, protocol, source, entered_on, consented_at, pregnancy_id, organisation, place, nurse_id, left_on, left_why, dates, revision, recorded_at)
    values ($1, $2, $3, 'office', $4, $5, null, $6, $7, $8, null, null, $9, 1, $5)";
const LOOK_UP: &str = "insert into visit_enrolment_person (enrolment_id, person_id) values ($1, $2)";

/// Days on which children of a caseload were born: over the last two years.
fn born(today: Date, n: usize) -> Date {
    today.saturating_sub(((n * 7 % 700) as i64).days())
}

/// The schedules alone, on one core: no database.
pub(crate) fn schedules(table: &mut Table, place: &Place, rounds: usize) {
    let (pack, today) = (place.runtime.state.packs.current(), place.runtime.state.today());
    let protocol = pack.protocols().iter().max_by_key(|p| p.visits.len()).expect("the pack has a protocol");
    let families: Vec<Family> = (0..SCHEDULES)
        .map(|n| {
            let born = born(today, n);
            let made = protocol.visits.iter().take(n % protocol.visits.len()).map(|v| Made {
                visit: v.id.clone(),
                on: today,
                ending: Ending::Done,
            });
            Family {
                entered: born.saturating_sub(100.days()),
                due: Some(born.saturating_add(5.days())),
                children: vec![Child { born, discharged: None, died: None }],
                made: made.collect(),
                ..Family::default()
            }
        })
        .collect();
    let mut times = Vec::new();
    for _ in 0..rounds {
        let start = Instant::now();
        let visits: usize = families.iter().map(|f| schedule(protocol, f, today).expect("dates").len()).sum();
        times.push(start.elapsed());
        assert!(visits > SCHEDULES);
    }
    let words = format!("{SCHEDULES} families under {}, one core", protocol.key);
    table.row("schedules", spread(&times), words, "< 1 s");
}

pub(crate) async fn run(table: &mut Table, place: &Place, rounds: usize) {
    let staff = place.recipe.staff.iter().find(|s| s.role == Role::Nurse).expect("the recipe has a nurse");
    let duty = Duty {
        role: Role::Nurse,
        organisation: staff.organisation.clone(),
        jurisdiction: Some(staff.jurisdiction.clone()),
    };
    let (nurse, cookies) = signed_in(place, duty).await;
    let families = caseload(place, nurse, &staff.organisation, &staff.jurisdiction).await;
    let (mut looks, mut saves) = (Vec::new(), Vec::new());
    for _ in 0..rounds * LOOKS {
        looks.push(get(place, &cookies, "/visits/day").await);
    }
    let words = format!("{FAMILIES} families; median {}", shown(crate::table::median(&looks)));
    table.row(&format!("{}: a nurse's day", place.engine), spread(&looks), words, "< 50 ms");
    let mut weeks = Vec::new();
    for _ in 0..rounds {
        weeks.push(get(place, &cookies, "/visits/week").await);
    }
    let words = format!("{FAMILIES} families, planned anew; median {}", shown(crate::table::median(&weeks)));
    table.row(&format!("{}: a nurse's week", place.engine), spread(&weeks), words, "< 2 s");
    for n in 0..rounds * LOOKS {
        saves.push(save(place, &cookies, families.get(n % families.len()).expect("families")).await);
    }
    let words = "form to durable: guard, log, visit, commit";
    table.row(&format!("{}: saving a visit", place.engine), spread(&saves), words, "< 20 ms");
}

async fn signed_in(place: &Place, duty: Duty) -> (AccountId, String) {
    let (state, keys) = (&place.runtime.state, &place.runtime.keys);
    let by = SignedInBy { strong: true, break_glass: false };
    let duties = [duty];
    let started = transact!(state.db, AccountError, |tx| {
        let id = account::create(tx, &*state.ids, state.now(), "nurse", None, &duties).await?;
        Ok((id, account::start_session(tx, keys, &*state.ids, state.now(), id, None, by).await?))
    });
    let (id, session) = started.expect("a session");
    (id, format!("hearth_session={}", session.token.as_str()))
}

/// A family each for the nurse, with a child of up to two years.
async fn caseload(place: &Place, nurse: AccountId, agency: &str, district: &str) -> Vec<EnrolmentId> {
    let state = &place.runtime.state;
    let (ids, now, today) = (&*state.ids, state.now(), state.today());
    let pack = state.packs.current();
    let protocol = pack.protocols().iter().max_by_key(|p| p.visits.len()).expect("the pack has a protocol").key.clone();
    let made = transact!(state.db, StoreError, |tx| {
        let mut all = Vec::new();
        for n in 0..FAMILIES {
            let Some(mother) = place.any(n).persons.first().copied() else { continue };
            let (id, born) = (EnrolmentId::new(ids, now), born(today, n));
            let child =
                ChildDates { person: PersonId::new(ids, now), born, female: Some(true), discharged: None, died: None };
            let dates = Dates { due: Some(born), lost: None, children: vec![child] };
            let dates = serde_json::to_string(&dates).expect("dates");
            let entered = born.saturating_sub(100.days());
            let row = params![mother, id, protocol, entered, now, agency, district, nurse, dates];
            tx.execute(ENROL, row).await?;
            tx.execute(LOOK_UP, params![id, mother]).await?;
            all.push(id);
        }
        Ok(all)
    });
    made.expect("rows")
}

/// One visit that did not find anybody in, sent as a form.
async fn save(place: &Place, cookies: &str, family: &EnrolmentId) -> Duration {
    let state = &place.runtime.state;
    let id = SubmissionId::new(&*state.ids, state.now());
    let pack = state.packs.current();
    let protocol = pack.protocols().iter().max_by_key(|p| p.visits.len()).expect("the pack has a protocol");
    let visit = protocol.visits.last().expect("a protocol has visits").id.clone();
    let body = format!("id={id}&visit={visit}&on={}&ending=no_access&why=nobody+in", state.today());
    let request = Request::post(format!("/visits/family/{family}/visit"))
        .header(header::COOKIE, cookies)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "same-origin")
        .body(Body::from(body))
        .expect("a request");
    let router = app::site::router(&place.runtime).expect("the site");
    let start = Instant::now();
    let response = router.oneshot(request).await.expect("an answer");
    let took = start.elapsed();
    assert_eq!(response.status(), StatusCode::SEE_OTHER, "a visit is taken");
    took
}
