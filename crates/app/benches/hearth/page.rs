//! The household page: server time through the whole router, with a signed-in official and everything a browser causes but the
//! network: session, guard, disclosure log, registry, rules, HTML.

use std::time::{Duration, Instant};

use app::town::Settled;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use guard::account::{self, AccountError, Duty, SignedInBy};
use guard::{PurposeKind, Role};
use kernel::PersonId;
use store::transact;
use tower::ServiceExt;

use crate::table::{Table, spread};
use crate::town::Place;

/// Households looked at in one round.
const HOUSEHOLDS: usize = 12;
/// Families that are enough to find those at one counter.
pub(crate) const FAMILIES: usize = HOUSEHOLDS * 4;

pub(crate) async fn run(table: &mut Table, place: &Place, rounds: usize) {
    let staff = place.recipe.staff.iter().find(|s| s.role == Role::CounterOfficial).expect("the recipe has a counter");
    let pack = place.runtime.state.packs.current();
    let mut near: Vec<&Settled> = Vec::new();
    while near.len() < HOUSEHOLDS {
        let (family, number) = place.family();
        if pack.within(&family.drawn.place, &staff.jurisdiction) {
            place.birth_of(family, number).await;
            near.push(family);
        }
    }
    let duty = Duty {
        role: staff.role,
        organisation: staff.organisation.clone(),
        jurisdiction: Some(staff.jurisdiction.clone()),
    };
    let official = signed_in(place, duty, None).await;
    let mut looks = Vec::new();
    for _ in 0..rounds {
        for family in &near {
            looks.push(get(place, &official, &format!("/official/households/{}", family.household)).await);
        }
    }
    table.row(&format!("{}: household page, official", place.engine), spread(&looks), "", "< 10 ms");
    let mut offers = Vec::new();
    for family in near.iter().take(4) {
        let mother = family.persons.iter().zip(&family.drawn.members).find(|(_, m)| m.female).map(|(id, _)| *id);
        let duty = Duty { role: Role::Citizen, organisation: String::new(), jurisdiction: None };
        let citizen = signed_in(place, duty, mother).await;
        for _ in 0..rounds.max(3) {
            offers.push(get(place, &citizen, "/offers").await);
        }
    }
    table.row(&format!("{}: my offers, citizen", place.engine), spread(&offers), "", "");
}

/// The cookies of a new account with this duty.
pub(crate) async fn signed_in(place: &Place, duty: Duty, person: Option<PersonId>) -> String {
    let (state, keys) = (&place.runtime.state, &place.runtime.keys);
    let purpose = if duty.role == Role::Caseworker { PurposeKind::Casework } else { PurposeKind::CounterService };
    let by = SignedInBy { strong: true, break_glass: false };
    let duties = [duty];
    let started = transact!(state.db, AccountError, |tx| {
        let id = account::create(tx, &*state.ids, state.now(), "somebody", person, &duties).await?;
        account::start_session(tx, keys, &*state.ids, state.now(), id, None, by).await
    });
    let token = started.expect("a session").token;
    format!("hearth_session={}; hearth_purpose={}.bench", token.as_str(), purpose.word())
}

/// Asks for a page and reads it to the end.
pub(crate) async fn get(place: &Place, cookies: &str, path: &str) -> Duration {
    let request = Request::builder().uri(path).header(header::COOKIE, cookies).body(Body::empty()).expect("a request");
    let router = app::site::router(&place.runtime).expect("the site");
    let start = Instant::now();
    let response = router.oneshot(request).await.expect("an answer");
    let status = response.status();
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.expect("a body");
    let took = start.elapsed();
    assert_eq!(status, StatusCode::OK, "{path}: {}", String::from_utf8_lossy(&body));
    took
}
