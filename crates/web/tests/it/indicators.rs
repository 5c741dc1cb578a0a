//! Indicators: a supervisor sees her district, an analyst the country, each only what may be told.

use axum::http::{Method, StatusCode};
use guard::Role;
use indicator::columns::{Builder, Family};
use indicator::round;
use kernel::{AccountId, Date};
use store::{StoreError, transact};
use uuid::Uuid;
use visit::Desk;
use visit::model::EndingWord;
use visit::whole::Contact;
use web::AppState;
use web::request::Session;

use crate::birth::{Browser, session};
use crate::stages::{As, send};
use crate::state::{installation, keep};
use crate::visits::staff;

const BORN: Date = Date::constant(2026, 8, 10);

/// So many families with a child of August, so many of them visited in time.
fn families(builder: &mut Builder<'_>, place: &str, all: usize, visited: usize) {
    for n in 0..all {
        let visit = Contact {
            on: Date::constant(2026, 8, 20),
            ending: Some(EndingWord::Done),
            minutes: Some(60),
            account: AccountId(Uuid::from_u128(1)),
            topics: Vec::new(),
            answers: Vec::new(),
        };
        builder.family(&Family {
            place: place.to_owned(),
            protocol: "universal@2026.1".to_owned(),
            entered: Date::constant(2026, 5, 1),
            agreed: Some(Date::constant(2026, 5, 1)),
            children: vec![(BORN, None)],
            contacts: if n < visited { vec![visit] } else { Vec::new() },
            ..Family::default()
        });
    }
}

pub(crate) async fn counted(state: &AppState) {
    let pack = state.packs.current();
    let desk = Desk { pack: &pack, keys: state.guard.keys(), ids: &*state.ids, now: state.now() };
    let mut builder = Builder::new(&pack, pack.indicators().unwrap());
    families(&mut builder, "kr-11-680", 40, 30);
    families(&mut builder, "kr-11-710", 50, 20);
    families(&mut builder, "kr-11-650", 20, 10);
    families(&mut builder, "kr-11-740", 9, 2);
    for (indicator, figures) in round::figures(&pack, &builder.columns(), desk.today()) {
        transact!(state.db, StoreError, |tx| round::keep(tx, &desk, &indicator.id, &figures).await).unwrap();
    }
}

/// An analyst who answers for the whole country.
pub(crate) fn of_country(state: &AppState) -> Session {
    let mut analyst = session(state, Role::Analyst, None, "이도윤");
    analyst.who.jurisdiction = Some("kr".to_owned());
    analyst
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_sees_the_figures_of_their_place_and_nobody_those_of_few() {
    let (state, _folder) = installation().await;
    let app = web::router(state.clone());
    let browser = |session| Browser { app: &app, session, cookie: String::new(), language: "en" };
    let lead = browser(staff(&state, Role::VisitSupervisor, "한지민").await);
    let analyst = browser(of_country(&state));
    let before = analyst.get("/visits/indicators").await;
    assert!(before.status == StatusCode::OK && before.body.contains("Nothing has been counted yet"), "{}", before.body);
    counted(&state).await;

    // Her district, and no other.
    let page = lead.get("/visits/indicators").await;
    assert!(page.body.contains("75.0 %") && page.body.contains("30 of 40"), "{}", page.body);
    keep("flow-indicators.en.html", &page.body);
    let other = lead.get("/visits/indicators?place=kr-11-710").await;
    assert!(other.status == StatusCode::UNPROCESSABLE_ENTITY && !other.body.contains("20 of 50"), "{}", other.body);
    let one = lead.get("/visits/indicators/coverage_4w").await;
    assert!(one.body.contains("2026-08") && one.body.contains("30 of 40"), "{}", one.body);
    assert!(!one.body.contains("20 of 50") && !one.body.contains("62 of 119"), "{}", one.body);
    let csv = lead.get("/visits/indicators/coverage_4w/table.csv").await;
    assert_eq!(csv.body.lines().count(), 2, "{}", csv.body);

    // The whole country, its map; of Gangdong with two families, and of the smallest beside it, nothing.
    let one = analyst.get("/visits/indicators/coverage_4w?place=kr-11").await;
    assert!(one.body.contains("62 of 119") && one.body.contains("map-value"), "{}", one.body);
    assert!(
        one.body.contains("40.0 %") && !one.body.contains("2 of 9") && !one.body.contains("10 of 20"),
        "{}",
        one.body
    );
    keep("flow-indicator.en.html", &one.body);
    let csv = analyst.get("/visits/indicators/coverage_4w/table.csv").await;
    assert!(csv.body.contains("coverage_4w,2026-08,kr-11-710,Songpa-gu,,20,50,40.0,false"), "{}", csv.body);
    assert!(csv.body.contains("coverage_4w,2026-08,kr-11-740,Gangdong-gu,,,,,true"), "{}", csv.body);
    let cost = analyst.get("/visits/indicators/cost_visit").await;
    assert!(cost.body.contains("It is not what was spent"), "{}", cost.body);

    // Bad input, and those who may not.
    for bad in ["place=nowhere", "since=2026-13", "since=2020-01", "until=soon"] {
        let page = analyst.get(&format!("/visits/indicators/coverage_4w?{bad}")).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{bad}");
    }
    assert_eq!(analyst.get("/visits/indicators/nothing").await.status, StatusCode::NOT_FOUND);
    let nurse = browser(staff(&state, Role::Nurse, "정은지").await);
    let citizen = browser(session(&state, Role::Citizen, None, "김하윤"));
    for who in [&nurse, &citizen] {
        for path in ["/visits/indicators", "/visits/indicators/dose", "/visits/indicators/dose/table.csv"] {
            assert_eq!(who.get(path).await.status, StatusCode::FORBIDDEN, "{path}");
        }
    }

    // Programs.
    let api = async |who: &As<'_>, path: &str| send(&app, Method::GET, path, who, "", String::new()).await;
    let (status, told) = api(&As::Person(Role::Analyst, 7), "/api/indicators").await;
    let first = &told["indicators"][0];
    assert_eq!((status, &first["figures"][0]["value"]), (200, &serde_json::json!(750)), "{told}");
    assert!(!told.to_string().contains("\"denominator\":50"), "{told}");
    for place in ["kr-11-710", "kr-11", "x"] {
        assert_eq!(api(&As::Person(Role::Analyst, 7), &format!("/api/indicators?place={place}")).await.0, 422);
    }
    assert_eq!(api(&As::Person(Role::Nurse, 5), "/api/indicators").await.0, 403);
}
