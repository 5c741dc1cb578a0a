//! An administrator keeps the accounts of an office by pages and by program; the services of a life event are read by everybody.

use std::path::Path;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use guard::Role;
use guard::account;
use kernel::AccountId;
use serde_json::{Value, json};
use web::{AppState, Session};

use crate::birth::{Browser, couple, session, values};
use crate::state::{installation, installations, keep, send};
use crate::work::official;

const ISSUER: &str = "https://id.example";

async fn offices() -> Vec<(AppState, tempfile::TempDir)> {
    let pack = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/korea");
    let with_provider = |(mut state, folder): (AppState, tempfile::TempDir)| {
        let config = web::Config { issuer: Some(ISSUER.to_owned()), demo: true, ..web::Config::default() };
        state.config = std::sync::Arc::new(config);
        (state, folder)
    };
    installations(&pack).await.into_iter().map(with_provider).collect()
}

async fn of_subject(state: &AppState, subject: &str) -> Option<account::Account> {
    account::of_subject(&mut state.db.read().await.unwrap(), ISSUER, subject).await.unwrap()
}

async fn call(app: &axum::Router, who: &Session, what: (Method, &str), key: &str, body: &Value) -> (StatusCode, Value) {
    let request = Request::builder().method(what.0).uri(what.1).header(header::CONTENT_TYPE, "application/json");
    let request = request.header("idempotency-key", key).header("hearth-reason", "she%20begins%20today");
    let mut request = request.body(Body::from(body.to_string())).unwrap();
    request.extensions_mut().insert(who.clone());
    let answer = send(app, request).await;
    (answer.status, serde_json::from_str(&answer.body).unwrap_or(Value::String(answer.body)))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_made_moved_and_shut_on_pages_and_by_nobody_for_themselves() {
    for (state, _folder) in offices().await {
        let app = web::router(state.clone());
        let me = official(&state, Role::Administrator, None, "정하린").await;
        let admin = Browser { app: &app, session: me.clone(), cookie: String::new(), language: "en" };
        let empty = [("name", " "), ("subject", "s-1"), ("role", "citizen"), ("organisation", "nobody")];
        let refused = admin.post("/admin/accounts/new", &empty).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.body);
        assert!(refused.body.contains("f-name-error") && refused.body.contains("f-role-error"), "{}", refused.body);
        assert!(refused.body.contains("value=\"s-1\""), "what was typed stays");
        let new = [
            ("name", "오지호"),
            ("subject", "s-1"),
            ("role", "caseworker"),
            ("organisation", "municipality"),
            ("jurisdiction", "kr-11-680"),
        ];
        let made = admin.post("/admin/accounts/new", &new).await;
        assert_eq!(
            (made.status, made.location.as_str()),
            (StatusCode::SEE_OTHER, "/admin/accounts?organisation=municipality&done=made")
        );
        let twice = admin.post("/admin/accounts/new", &new).await;
        assert!(
            twice.status == StatusCode::UNPROCESSABLE_ENTITY && twice.body.contains("f-subject-error"),
            "{}",
            twice.body
        );
        let account = of_subject(&state, "s-1").await.expect("made");
        let list = admin.get(&made.location).await;
        keep("flow-accounts.en.html", &list.body);
        let page = format!("/admin/accounts/{}", account.id);
        assert!(list.body.contains(&page) && list.body.contains("Caseworker"), "{}", list.body);
        let shown = admin.get(&page).await;
        assert!(
            values(&shown.body, "option selected value=\"").len() + shown.body.matches(" selected").count() >= 3,
            "{}",
            shown.body
        );

        let other = [("do", "assign"), ("role", "approver"), ("organisation", "municipality"), ("jurisdiction", "")];
        assert_eq!(admin.post(&page, &other).await.status, StatusCode::SEE_OTHER);
        let account = of_subject(&state, "s-1").await.expect("there");
        let held: Vec<_> = account.duties.iter().map(|d| (d.role, d.jurisdiction.as_deref())).collect();
        assert_eq!(held, [(Role::Approver, Some("kr"))], "one job at a time, in the whole country");
        let unsaid = admin.post(&page, &[("do", "suspend"), ("reason", "")]).await;
        assert!(
            unsaid.status == StatusCode::UNPROCESSABLE_ENTITY && unsaid.body.contains("f-reason-error"),
            "{}",
            unsaid.body
        );
        assert_eq!(admin.post(&page, &[("do", "suspend"), ("reason", "she left")]).await.status, StatusCode::SEE_OTHER);
        assert!(of_subject(&state, "s-1").await.expect("there").suspended);
        assert_eq!(
            admin.post(&page, &[("do", "let-in"), ("reason", "she is back")]).await.status,
            StatusCode::SEE_OTHER
        );
        assert!(!of_subject(&state, "s-1").await.expect("there").suspended);
        assert_eq!(admin.post(&page, &[("do", "sign-out")]).await.status, StatusCode::SEE_OTHER);

        let mine = format!("/admin/accounts/{}", me.who.account);
        assert!(!admin.get(&mine).await.body.contains("name=\"do\""), "nothing is offered for one's own account");
        assert_eq!(admin.post(&mine, &other).await.status, StatusCode::NOT_FOUND);
        let own = account::by_id(&mut state.db.read().await.unwrap(), me.who.account).await.unwrap().expect("mine");
        assert_eq!(own.duties.first().map(|d| d.role), Some(Role::Administrator), "unchanged");
        let (_, mother, _) = couple(&state).await;
        let citizen = official(&state, Role::Citizen, Some(mother), "김하윤").await;
        assert_eq!(
            admin.get(&format!("/admin/accounts/{}", citizen.who.account)).await.status,
            StatusCode::NOT_FOUND,
            "a family's account is nobody's business"
        );
        for role in [Role::Caseworker, Role::Approver, Role::Analyst, Role::PrivacyOfficer] {
            let other = Browser {
                app: &app,
                session: official(&state, role, None, "박서준").await,
                cookie: String::new(),
                language: "en",
            };
            assert_eq!(other.get(&page).await.status, StatusCode::FORBIDDEN, "{role}");
            assert_eq!(other.post("/admin/accounts/new", &new).await.status, StatusCode::FORBIDDEN, "{role}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_came_as_a_citizen_gets_the_job_in_that_account_and_no_second_one() {
    for (state, _folder) in offices().await {
        let app = web::router(state.clone());
        let me = official(&state, Role::Administrator, None, "정하린").await;
        let admin = Browser { app: &app, session: me.clone(), cookie: String::new(), language: "en" };
        let (_, mother, _) = couple(&state).await;
        // One person whom the provider knows by two names, with an account to each.
        for subject in ["s-1", "s-2"] {
            let citizen = official(&state, Role::Citizen, Some(mother), "김하윤").await.who.account;
            store::transact!(state.db, account::AccountError, |tx| account::link(tx, ISSUER, subject, citizen).await)
                .unwrap();
        }
        let new = |subject: &'static str| {
            [("name", "김하윤"), ("subject", subject), ("role", "caseworker"), ("organisation", "municipality")]
        };
        let before = of_subject(&state, "s-1").await.expect("there").id;
        assert_eq!(admin.post("/admin/accounts/new", &new("s-1")).await.status, StatusCode::SEE_OTHER);
        let account = of_subject(&state, "s-1").await.expect("there");
        assert!(account.id == before && account.is_a(Role::Citizen) && account.is_a(Role::Caseworker), "{account:?}");
        assert_eq!(account.person, Some(mother));
        let second = admin.post("/admin/accounts/new", &new("s-2")).await;
        assert_eq!(second.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(second.body.contains("works under another account"), "{}", second.body);
        let body = json!({ "subject": "s-2", "name": "김하윤", "job": { "role": "approver", "organisation": "municipality" } });
        let (status, told) = call(&app, &me, (Method::POST, "/api/accounts/linked"), "key-second", &body).await;
        assert!(status == StatusCode::CONFLICT && told.to_string().contains("another account"), "{told}");
        // The first is shut, the second gets the job; then the first stays shut.
        let page = format!("/admin/accounts/{before}");
        assert_eq!(admin.post(&page, &[("do", "suspend"), ("reason", "moved")]).await.status, StatusCode::SEE_OTHER);
        assert_eq!(admin.post("/admin/accounts/new", &new("s-2")).await.status, StatusCode::SEE_OTHER);
        let back = admin.post(&page, &[("do", "let-in"), ("reason", "she is back")]).await;
        assert_eq!(back.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(
            back.body.contains("works under another account") && back.body.contains("she is back"),
            "{}",
            back.body
        );
        assert!(of_subject(&state, "s-1").await.expect("there").suspended);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_keep_accounts_too_and_a_key_counts_once() {
    for (state, _folder) in offices().await {
        let app = web::router(state.clone());
        let me = official(&state, Role::Administrator, None, "정하린").await;
        let job = json!({ "role": "nurse", "organisation": "municipality", "jurisdiction": "kr-11-680" });
        let linked = (Method::POST, "/api/accounts/linked");
        let wrong = json!({ "subject": "s-2", "name": "정은지", "job": { "role": "nurse", "organisation": "nobody" } });
        let (status, told) = call(&app, &me, linked.clone(), "key-wrong-1", &wrong).await;
        assert_eq!(
            (status, told["errors"][0]["pointer"].as_str()),
            (StatusCode::UNPROCESSABLE_ENTITY, Some("/job/organisation")),
            "{told}"
        );
        let new = json!({ "subject": "s-2", "name": "정은지", "job": job });
        let (status, made) = call(&app, &me, linked.clone(), "key-made-1", &new).await;
        assert_eq!(status, StatusCode::CREATED, "{made}");
        assert_eq!(call(&app, &me, linked.clone(), "key-made-1", &new).await, (StatusCode::CREATED, made.clone()));
        assert_eq!(call(&app, &me, linked, "key-made-2", &new).await.0, StatusCode::CONFLICT, "the subject is taken");
        let id = made["account"].as_str().expect("an id").to_owned();

        // Fifty a page, everybody once.
        for number in 0..60 {
            official(&state, Role::Caseworker, None, &format!("caseworker {number:02}")).await;
        }
        let (mut found, mut after) = (Vec::new(), String::new());
        for _ in 0..4 {
            let path = format!("/api/accounts?organisation=municipality{after}");
            let (status, page) = call(&app, &me, (Method::GET, &path), "", &json!({})).await;
            assert_eq!(status, StatusCode::OK, "{page}");
            found.extend(page["accounts"].as_array().expect("a list").iter().map(|a| a["id"].to_string()));
            match page["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => break,
            }
        }
        let all: std::collections::BTreeSet<_> = found.iter().collect();
        assert_eq!((found.len(), all.len()), (62, 62), "sixty, the nurse, the administrator");

        let acts = format!("/api/accounts/{id}/acts");
        let act = |key: &'static str, body: Value| {
            let (app, me, acts) = (&app, &me, &acts);
            async move { call(app, me, (Method::POST, acts), key, &body).await }
        };
        assert_eq!(
            act("key-act-01", json!({ "act": "suspend" })).await.0,
            StatusCode::UNPROCESSABLE_ENTITY,
            "no reason"
        );
        assert_eq!(act("key-act-02", json!({ "act": "assign" })).await.0, StatusCode::UNPROCESSABLE_ENTITY, "no job");
        assert_eq!(act("key-act-03", json!({ "act": "suspend", "reason": "she left" })).await.0, StatusCode::OK);
        assert!(of_subject(&state, "s-2").await.expect("there").suspended);
        assert_eq!(act("key-act-04", json!({ "act": "let_in", "reason": "back" })).await.0, StatusCode::OK);
        let supervisor =
            json!({ "act": "assign", "job": { "role": "visit_supervisor", "organisation": "municipality" } });
        assert_eq!(act("key-act-05", supervisor.clone()).await.0, StatusCode::OK);
        assert_eq!(of_subject(&state, "s-2").await.expect("there").duties[0].role, Role::VisitSupervisor);
        let mine = format!("/api/accounts/{}/acts", me.who.account);
        assert_eq!(call(&app, &me, (Method::POST, &mine), "key-act-06", &supervisor).await.0, StatusCode::CONFLICT);
        let nobody = format!("/api/accounts/{}/acts", AccountId::new(&*state.ids, state.now()));
        assert_eq!(call(&app, &me, (Method::POST, &nobody), "key-act-07", &supervisor).await.0, StatusCode::NOT_FOUND);
        let counter = official(&state, Role::CounterOfficial, None, "박서준").await;
        assert_eq!(
            call(&app, &counter, (Method::POST, &acts), "key-act-08", &supervisor).await.0,
            StatusCode::FORBIDDEN
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_service_at_a_life_event_is_told_to_everybody_and_beside_the_offers() {
    let (state, _folder) = installation().await;
    let app = web::router(state.clone());
    let read = |path: &'static str| {
        send(&app, Request::get(path).header(header::ACCEPT_LANGUAGE, "en").body(Body::empty()).unwrap())
    };
    let start = read("/").await;
    assert!(
        start.body.contains("href=\"/life-events/birth\"") && start.body.contains("href=\"/life-events/pregnancy\""),
        "{}",
        start.body
    );
    assert!(!start.body.contains("/life-events/move"), "nothing is offered at a move");
    for (path, api, count) in [
        ("/life-events/birth", "/api/life-events/birth", 14),
        ("/life-events/pregnancy", "/api/life-events/pregnancy", 16),
    ] {
        let page = read(path).await;
        assert_eq!(page.body.matches("id=\"service-").count(), count, "{path}");
        let told: Value = serde_json::from_str(&read(api).await.body).expect("JSON");
        let services = told["services"].as_array().expect("a list");
        assert_eq!(services.len(), count);
        for service in services {
            let words = ["name", "who", "evidence", "apply_from", "apply_until", "instead_of_paper"];
            for said in words.iter().filter_map(|key| service[key].as_str()) {
                assert!(
                    page.body.contains(&said.replace('&', "&amp;").replace('\'', "&#39;").replace('"', "&quot;"))
                        || page.body.contains(said),
                    "{path} does not say {said:?}"
                );
            }
        }
    }
    assert_eq!(read("/life-events/move").await.status, StatusCode::NOT_FOUND);
    assert_eq!(read("/api/life-events/nothing").await.status, StatusCode::NOT_FOUND);

    let (home, mother, father) = couple(&state).await;
    crate::cases::newborn(&app, &state, home, mother, father).await;
    let family = Browser {
        app: &app,
        session: session(&state, Role::Citizen, Some(mother), "김하윤"),
        cookie: String::new(),
        language: "en",
    };
    let offers = family.get("/offers").await.body;
    assert!(offers.contains("How to ask, and until when") && offers.contains("Until two years from birth"), "{offers}");
    assert!(offers.contains("/life-events/birth#service-14"), "the municipality's own grants: {offers}");
}
