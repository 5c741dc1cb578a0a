//! A nurse's week on the pages: proposed, kept otherwise, planned around days away; nobody else's.

use axum::http::{Method, StatusCode};
use guard::Role;
use kernel::PersonId;
use serde_json::json;

use crate::birth::{Browser, couple, session};
use crate::stages::{As, send as send_api};
use crate::state::{installation, keep};
use crate::visits::staff;

/// A mother asks for visits, is given a nurse, and it is decided what she needs, all by programs; nobody does it for another.
async fn taken_in(
    me: &Browser<'_>,
    lead: &Browser<'_>,
    nurse: &Browser<'_>,
    colleague: &Browser<'_>,
    mother: PersonId,
) -> String {
    let post = async |who: &Browser<'_>, path: &str, key: &str, body: serde_json::Value| {
        send_api(who.app, Method::POST, path, &As::In(&who.session), key, body.to_string()).await
    };
    let wants = format!("/api/persons/{mother}/visits");
    let (yes, due) = (json!({ "consent": true, "due": "2027-01-20" }), json!({ "consent": true, "due": "2031-01-20" }));
    assert_eq!(post(nurse, &wants, "wants-001", yes.clone()).await.0, 403, "she asks herself");
    assert_eq!(post(me, &wants, "wants-002", json!({ "consent": false })).await.0, 422);
    for (key, wrong) in [("wants-003", due), ("wants-004", json!({ "consent": true, "due": "soon" }))] {
        let (status, told) = post(me, &wants, key, wrong).await;
        assert_eq!((status, &told["errors"][0]["pointer"]), (422, &json!("/due")), "{told}");
    }
    let (status, told) = post(me, &wants, "wants-005", yes.clone()).await;
    assert_eq!(status, 200, "{told}");
    assert_eq!(post(me, &wants, "wants-005", yes).await, (200, told.clone()), "told twice is told once");
    let id = told["enrolment"].as_str().unwrap().to_owned();
    assert_eq!(post(me, &wants, "wants-006", json!({ "consent": true })).await.0, 409, "she is visited already");

    let (acts, need) = (format!("/api/enrolments/{id}/acts"), format!("/api/enrolments/{id}/need"));
    let give = |to: serde_json::Value| json!({ "give": { "nurse": to } });
    let hers = json!(nurse.session.who.account);
    let (status, told) = post(lead, &acts, "acts-0001", give(json!(lead.session.who.account))).await;
    assert_eq!((status, &told["errors"][0]["pointer"]), (422, &json!("/give/nurse")), "{told}");
    assert_eq!(post(nurse, &acts, "acts-0002", give(hers.clone())).await.0, 403);
    assert_eq!(post(lead, &acts, "acts-0003", json!({ "agreed": true, "give": { "nurse": hers } })).await.0, 422);
    assert_eq!(post(lead, &acts, "acts-0004", give(hers)).await.0, 200);
    let end = |why: &str, on: &str| json!({ "end": { "on": on, "why": why } });
    assert_eq!(post(lead, &acts, "acts-0005", end("tired", "2026-11-21")).await.0, 422);
    assert_eq!(post(lead, &acts, "acts-0006", end("moved", "2027-11-21")).await.0, 422);
    assert_eq!(post(lead, &acts, "acts-0007", json!({ "take_in": mother })).await.0, 404);

    let decided =
        |protocol: &str, reason: Option<&str>| json!({ "protocol": protocol, "from": "2026-11-21", "reason": reason });
    let why = Some("She is alone with it.");
    assert_eq!(post(colleague, &need, "need-0001", decided("sustained", why)).await.0, 404, "no family of hers");
    for (key, at, wrong) in
        [("need-0002", "/protocol", decided("none", why)), ("need-0003", "/reason", decided("sustained", None))]
    {
        let (status, told) = post(nurse, &need, key, wrong).await;
        assert_eq!((status, &told["errors"][0]["pointer"]), (422, &json!(at)), "{told}");
    }
    assert_eq!(post(nurse, &need, "need-0004", decided("sustained", why)).await.0, 200);
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn a_week_is_proposed_kept_and_planned_around_days_away_and_nobody_else_sees_it() {
    let (state, _folder) = installation().await;
    let (_, mother, _) = couple(&state).await;
    let app = web::router(state.clone());
    let browser = |session| Browser { app: &app, session, cookie: String::new(), language: "en" };
    let me = browser(session(&state, Role::Citizen, Some(mother), "김하윤"));
    let lead = browser(staff(&state, Role::VisitSupervisor, "한지민").await);
    let nurse = browser(staff(&state, Role::Nurse, "정은지").await);
    let colleague = browser(staff(&state, Role::Nurse, "오세나").await);
    let account = nurse.session.who.account.to_string();
    let id = taken_in(&me, &lead, &nurse, &colleague, mother).await;
    let family = format!("/visits/family/{id}");

    // Saturday: the next week is proposed, with her in it once.
    let week = nurse.get("/visits/week").await;
    keep("flow-visits-week.en.html", &week.body);
    let day = format!("day.{id}");
    assert!(week.body.contains("김하윤") && week.body.contains("23 November 2026"), "{}", week.body);
    assert_eq!(week.body.matches(&format!("name=\"{day}\"")).count(), 1);
    assert!(week.body.contains(">proposed<") && !week.body.contains(">kept<"), "{}", week.body);

    // She wants Wednesday; a day after the window, or no number, is said beside its field.
    let order = format!("order.{id}");
    let send = |on: &'static str, place: &'static str| {
        [("do", "keep"), ("monday", "2026-11-23"), (day.as_str(), on), (order.as_str(), place)]
    };
    for (on, place) in [("2026-11-26", "1"), ("2026-11-25", "first"), ("soon", "1")] {
        let refused = nurse.post("/visits/week", &send(on, place)).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{on} {place}");
        assert!(refused.body.contains("aria-invalid"), "{}", refused.body);
    }
    assert_eq!(nurse.post("/visits/week", &send("2026-11-25", "1")).await.status, StatusCode::SEE_OTHER);
    let kept = nurse.get("/visits/week?monday=2026-11-23").await.body;
    assert!(kept.contains("value=\"2026-11-25\" selected") && kept.contains(">kept<"), "{kept}");

    // Her supervisor sees it and notes that she is away on that day: it moves.
    assert!(lead.get("/visits/week").await.body.contains(&account));
    let hers = format!("/visits/week?nurse={account}&monday=2026-11-23");
    assert!(lead.get(&hers).await.body.contains("김하윤"));
    let away = [("do", "away"), ("monday", "2026-11-23"), ("nurse", account.as_str()), ("away", "2026-11-25")];
    assert_eq!(lead.post("/visits/week", &away).await.status, StatusCode::SEE_OTHER);
    let moved = nurse.get("/visits/week?monday=2026-11-23").await.body;
    assert!(moved.contains("Away") && !moved.contains("value=\"2026-11-25\" selected"), "{moved}");
    assert!(moved.contains("김하윤"), "{moved}");

    // The same for programs: she is there again, kept on a day, and proposed anew.
    let api = async |who: &Browser<'_>, method: Method, path: &str, key: &str, body: serde_json::Value| {
        send_api(&app, method, path, &As::In(&who.session), key, body.to_string()).await
    };
    let path = format!("/api/week?nurse={account}&monday=2026-11-23");
    let (status, told) = api(&lead, Method::GET, &path, "", json!({})).await;
    let gone = told["days"].as_array().unwrap().iter().find(|d| d["date"] == "2026-11-25").unwrap();
    assert_eq!((status, &gone["away"]), (200, &json!(true)), "{told}");
    let act = |act: serde_json::Value| {
        let mut body = json!({ "nurse": account, "monday": "2026-11-23" });
        body.as_object_mut().unwrap().extend(act.as_object().unwrap().clone());
        body
    };
    let back = act(json!({ "away": [] }));
    assert_eq!(api(&lead, Method::POST, "/api/week", "week-key-1", back.clone()).await.0, 200);
    assert_eq!(api(&colleague, Method::POST, "/api/week", "week-key-2", back).await.0, 404);
    let on = |day: &str| act(json!({ "keep": [{ "family": id, "day": day, "place": 1 }] }));
    for (wrong, expected) in [("2026-11-26", 409), ("2026-11-22", 409), ("soon", 422)] {
        assert_eq!(api(&nurse, Method::POST, "/api/week", "week-key-3", on(wrong)).await.0, expected, "{wrong}");
    }
    assert_eq!(api(&nurse, Method::POST, "/api/week", "week-key-4", on("2026-11-24")).await.0, 200);
    let (_, told) = api(&nurse, Method::GET, "/api/week?monday=2026-11-23", "", json!({})).await;
    let kept = told["days"].as_array().unwrap().iter().find(|d| d["date"] == "2026-11-24").unwrap();
    assert_eq!((&kept["visits"][0]["family"], &kept["visits"][0]["kept"]), (&json!(id), &json!(true)), "{told}");
    assert!(me.get("/visits/join").await.body.contains("on 24 November 2026"), "she reads when");
    let theirs = json!({ "monday": "2026-11-23", "keep": [{ "family": id }] });
    assert_eq!(api(&colleague, Method::POST, "/api/week", "week-key-5", theirs).await.0, 409, "it is not hers");
    let both = act(json!({ "anew": true, "away": [] }));
    assert_eq!(api(&nurse, Method::POST, "/api/week", "week-key-7", both).await.0, 422);
    let anew = api(&nurse, Method::POST, "/api/week", "week-key-6", act(json!({ "anew": true }))).await;
    assert_eq!(anew.0, 200, "{}", anew.1);
    assert_eq!(api(&me, Method::GET, "/api/week", "", json!({})).await.0, 403);

    // Nobody else: not a colleague, not the mother herself.
    assert!(!colleague.get("/visits/week").await.body.contains("김하윤"));
    assert_eq!(colleague.get(&hers).await.status, StatusCode::NOT_FOUND);
    assert_eq!(colleague.post("/visits/week", &away).await.status, StatusCode::NOT_FOUND);
    assert_eq!(me.get("/visits/week").await.status, StatusCode::FORBIDDEN);
    for wrong in ["monday=soon", "monday=2031-01-06"] {
        assert_eq!(nurse.get(&format!("/visits/week?{wrong}")).await.status, StatusCode::NOT_FOUND, "{wrong}");
    }

    // She is sick: the visit cannot wait, a colleague has room, and the supervisor says so. The family stays hers.
    let other = colleague.session.who.account.to_string();
    let mut sick = vec![("do", "away"), ("monday", "2026-11-23"), ("nurse", account.as_str())];
    sick.extend(["2026-11-23", "2026-11-24", "2026-11-25", "2026-11-26", "2026-11-27"].map(|day| ("away", day)));
    assert_eq!(lead.post("/visits/week", &sick).await.status, StatusCode::SEE_OTHER);
    let page = lead.get(&hers).await.body;
    assert!(page.contains("오세나 makes it") && page.contains(&format!("value=\"{other}\"")), "{page}");
    assert!(
        !nurse.get("/visits/week?monday=2026-11-23").await.body.contains("makes it"),
        "it is the supervisor's to say"
    );
    assert_eq!(colleague.get(&family).await.status, StatusCode::NOT_FOUND);
    let (_, told) = api(&lead, Method::GET, &path, "", json!({})).await;
    let day = told["proposals"][0]["day"].as_str().unwrap().to_owned();
    assert_eq!((&told["proposals"][0]["family"], &told["proposals"][0]["to"]), (&json!(id), &json!(other)), "{told}");
    let send = [
        ("do", "cover"),
        ("monday", "2026-11-23"),
        ("nurse", account.as_str()),
        ("family", id.as_str()),
        ("to", other.as_str()),
        ("on", day.as_str()),
    ];
    for who in [&nurse, &colleague] {
        assert_ne!(who.post("/visits/week", &send).await.status, StatusCode::SEE_OTHER);
    }
    assert_eq!(lead.post("/visits/week", &send).await.status, StatusCode::SEE_OTHER);
    let theirs = colleague.get("/visits/week?monday=2026-11-23").await.body;
    assert!(theirs.contains("김하윤") && theirs.contains("in place of 정은지"), "{theirs}");
    assert!(nurse.get("/visits/week?monday=2026-11-23").await.body.contains("오세나 makes this visit"));
    assert_eq!(colleague.get(&family).await.status, StatusCode::OK);
    let back = act(json!({ "cover": { "family": id } }));
    assert_eq!(api(&nurse, Method::POST, "/api/week", "week-key-8", back.clone()).await.0, 403);
    assert_eq!(api(&lead, Method::POST, "/api/week", "week-key-9", back).await.0, 200);
    assert_eq!(colleague.get(&family).await.status, StatusCode::NOT_FOUND);
}
