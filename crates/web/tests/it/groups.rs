//! Mothers' groups and studies on the pages: what a supervisor opens, a nurse asks into, a mother joins; and a study she agrees to.

use axum::http::{Method, StatusCode};
use guard::Role;
use kernel::PersonId;
use serde_json::json;
use store::transact;

use crate::birth::{Browser, couple, session, values};
use crate::stages::{As, send};
use crate::state::{installation, keep};
use crate::visits::{field, staff};

#[tokio::test(flavor = "multi_thread")]
async fn a_group_is_opened_asked_into_joined_and_nobody_sees_who_else_comes() {
    let (state, _folder) = installation().await;
    let (_, mother, father): (_, PersonId, PersonId) = couple(&state).await;
    let app = web::router(state.clone());
    let browser = |session| Browser { app: &app, session, cookie: String::new(), language: "en" };
    let me = browser(session(&state, Role::Citizen, Some(mother), "김하윤"));
    let him = browser(session(&state, Role::Citizen, Some(father), "박민준"));
    let lead = browser(staff(&state, Role::VisitSupervisor, "한지민").await);
    let nurse = browser(staff(&state, Role::Nurse, "정은지").await);
    let other = browser(staff(&state, Role::Nurse, "오세나").await);
    assert_eq!(
        me.post("/visits/join", &[("due", "2027-01-20"), ("consent", "yes")]).await.status,
        StatusCode::SEE_OTHER
    );
    let family =
        format!("/visits/family/{}", values(&lead.get("/visits/families").await.body, "href=\"/visits/family/")[0]);
    let to = nurse.session.who.account.to_string();
    assert_eq!(lead.post(&family, &[("do", "give"), ("nurse", &to)]).await.status, StatusCode::SEE_OTHER);

    // The supervisor opens a group; what is missing is said beside its field; a nurse opens none.
    let id = field(&lead.get("/visits/groups").await.body, "id");
    let open = |venue: &'static str| {
        [
            ("id", id.clone()),
            ("kind", "new_mothers".to_owned()),
            ("facilitator", to.clone()),
            ("seats", "8".to_owned()),
            ("venue", venue.to_owned()),
        ]
    };
    let sent = async |who: &Browser<'_>, venue| {
        let form = open(venue);
        who.post("/visits/groups", &form.each_ref().map(|(k, v)| (*k, v.as_str()))).await
    };
    assert_eq!(sent(&nurse, "보건소 3층").await.status, StatusCode::FORBIDDEN);
    assert_eq!(sent(&lead, "").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(sent(&lead, "보건소 3층").await.status, StatusCode::SEE_OTHER);
    assert_eq!(sent(&lead, "보건소 3층").await.status, StatusCode::SEE_OTHER, "sent again");
    let path = format!("/visits/groups/{id}");
    assert_eq!(values(&lead.get("/visits/groups").await.body, "href=\"/visits/groups/").len(), 1, "once");

    // The nurse sets a session and asks her family; another nurse sees the group and nobody in it.
    let session_id = field(&nurse.get(&path).await.body, "id");
    let meet = |starts: &'static str| {
        [("do", "meet"), ("id", session_id.as_str()), ("held_on", "2026-11-28"), ("starts", starts), ("topic", "Sleep")]
    };
    assert_eq!(nurse.post(&path, &meet("noon")).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(nurse.post(&path, &meet("14:00")).await.status, StatusCode::SEE_OTHER);
    assert_eq!(other.post(&path, &meet("15:00")).await.status, StatusCode::NOT_FOUND);
    let enrolment = family.rsplit('/').next().unwrap().to_owned();
    assert!(nurse.get(&path).await.body.contains("김하윤"), "she can be asked");
    assert_eq!(nurse.post(&path, &[("do", "ask"), ("family", &enrolment)]).await.status, StatusCode::SEE_OTHER);
    let again = nurse.post(&path, &[("do", "ask"), ("family", &enrolment)]).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", again.body);
    let seen = other.get(&path).await;
    assert!(seen.status == StatusCode::OK && !seen.body.contains("김하윤"), "{}", seen.body);
    keep("flow-group.en.html", &nurse.get(&path).await.body);

    // She joins; her husband learns nothing.
    let own = me.get("/visits/own-groups").await;
    assert!(own.body.contains("보건소 3층") && own.body.contains("Sleep"), "{}", own.body);
    assert_eq!(me.post("/visits/own-groups", &[("do", "join"), ("group", &id)]).await.status, StatusCode::SEE_OTHER);
    assert!(!him.get("/visits/own-groups").await.body.contains("보건소 3층"));
    assert_eq!(him.post("/visits/own-groups", &[("do", "join"), ("group", &id)]).await.status, StatusCode::NOT_FOUND);
    assert!(lead.get(&path).await.body.contains("Takes part"));
    assert!(me.get("/looked").await.body.contains("Looked who is in a mothers"), "the look at her is in the log");

    // Programs.
    let call = async |who: &As<'_>, method: Method, path: &str, key: &str, body: String| {
        send(&app, method, path, who, key, body).await
    };
    let mine = format!("/api/persons/{mother}/groups");
    let (status, list) = call(&As::Citizen(mother), Method::GET, &mine, "", String::new()).await;
    assert_eq!(
        (status, &list["groups"][0]["status"], &list["groups"][0]["taken"]),
        (200, &json!("joined"), &json!(null))
    );
    assert!(call(&As::Citizen(father), Method::GET, &mine, "", String::new()).await.0 >= 400);
    let reply = format!("{mine}/{id}/answer");
    let leaves = json!({ "joins": false }).to_string();
    let (status, answer) = call(&As::Citizen(mother), Method::POST, &reply, "group-0001", leaves.clone()).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(call(&As::Citizen(mother), Method::POST, &reply, "group-0001", leaves).await.0, 200);
    let odd = json!({ "joins": true, "points": 3 }).to_string();
    assert_eq!(call(&As::Citizen(mother), Method::POST, &reply, "group-0002", odd).await.0, 422);
    assert_eq!(call(&As::Person(Role::Caseworker, 5), Method::GET, "/api/groups", "", String::new()).await.0, 403);

    // The office's side: another group is opened, meets, asks, is closed; each by whoever may.
    let post = async |who: &Browser<'_>, path: &str, key: &str, body: serde_json::Value| {
        send(&app, Method::POST, path, &As::In(&who.session), key, body.to_string()).await
    };
    let second = uuid::Uuid::from_u128(91);
    let new = json!({ "id": second, "kind": "new_mothers", "venue": "주민센터", "facilitator": to, "seats": 6 });
    assert_eq!(post(&nurse, "/api/groups", "open-0001", new.clone()).await.0, 403);
    for (field, value) in [("kind", json!("choir")), ("venue", json!("")), ("seats", json!(1))] {
        let mut wrong = new.clone();
        wrong[field] = value;
        let (status, told) = post(&lead, "/api/groups", "open-0002", wrong).await;
        let at = format!("/{field}");
        assert_eq!((status, told["errors"][0]["pointer"].as_str()), (422, Some(at.as_str())), "{told}");
    }
    for key in ["open-0003", "open-0003", "open-0004"] {
        assert_eq!(post(&lead, "/api/groups", key, new.clone()).await.0, 200, "{key}");
    }
    let acts = format!("/api/groups/{second}/acts");
    let session_id = uuid::Uuid::from_u128(92);
    let meet = |starts: &str| json!({ "meet": { "id": session_id, "held_on": "2026-11-21", "starts": starts, "topic": "Sleep" } });
    let (status, told) = post(&nurse, &acts, "act-00001", meet("noon")).await;
    assert_eq!((status, &told["errors"][0]["pointer"]), (422, &json!("/meet/starts")), "{told}");
    assert_eq!(post(&nurse, &acts, "act-00002", meet("09:00")).await.0, 200);
    assert_eq!(post(&nurse, &acts, "act-00003", json!({ "close": true, "call_off": session_id })).await.0, 422);
    let ask = json!({ "ask": { "family": enrolment, "joins": true } });
    assert_eq!(post(&other, &acts, "act-00004", ask.clone()).await.0, 403, "no family of hers");
    assert_eq!(post(&nurse, &acts, "act-00005", ask.clone()).await.0, 200);
    assert_eq!(post(&nurse, &acts, "act-00006", ask).await.0, 409, "asked already");
    let came = json!({ "attendance": { "session": session_id, "persons": [mother] } });
    assert_eq!(post(&me, &acts, "act-00007", came.clone()).await.0, 403);
    let (status, told) = post(&nurse, &acts, "act-00008", came).await;
    assert_eq!(status, 200, "{told}");
    assert_eq!(post(&lead, &acts, "act-00009", json!({ "close": true })).await.0, 200);
    assert_eq!(post(&nurse, &acts, "act-00010", meet("10:00")).await.0, 404, "it meets no more");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mother_agrees_to_a_study_and_takes_it_back_and_reports_are_for_few() {
    let (state, _folder) = installation().await;
    let (_, mother, father) = couple(&state).await;
    let app = web::router(state.clone());
    let browser = |session| Browser { app: &app, session, cookie: String::new(), language: "en" };
    let me = browser(session(&state, Role::Citizen, Some(mother), "김하윤"));
    assert!(me.get("/visits/study").await.body.contains("There is no study for your family now"));
    assert_eq!(
        me.post("/visits/join", &[("due", "2027-01-20"), ("consent", "yes")]).await.status,
        StatusCode::SEE_OTHER
    );
    let page = me.get("/visits/study").await.body;
    assert!(page.contains("without names and addresses") && page.contains("I agree"), "{page}");
    let say = |what: &'static str| [("study", "sustained_visits"), ("do", what)];
    let agreed = async || {
        let pack = state.packs.current();
        let study = pack.studies().get("sustained_visits").unwrap();
        let mut tx = state.db.read().await.unwrap();
        evaluation::cohort::agreed(&mut tx, study).await.unwrap()
    };
    assert!(agreed().await.is_empty(), "asking for visits is no consent to a study");
    assert_eq!(me.post("/visits/study", &say("agree")).await.status, StatusCode::SEE_OTHER);
    assert_eq!(agreed().await, [mother]);
    assert!(me.get("/consents").await.body.contains("without names and addresses"), "among her consents");
    assert_eq!(me.post("/visits/study", &say("take-back")).await.status, StatusCode::SEE_OTHER);
    assert!(agreed().await.is_empty());
    assert_eq!(me.post("/visits/study", &[("study", "nothing"), ("do", "agree")]).await.status, StatusCode::NOT_FOUND);

    // Programs: herself alone.
    let path = format!("/api/persons/{mother}/studies/sustained_visits/consent");
    let body = json!({ "agrees": true }).to_string();
    let call = async |who: &As<'_>, key: &str| send(&app, Method::POST, &path, who, key, body.clone()).await.0;
    assert_eq!(call(&As::Citizen(father), "study-0001").await, 403);
    assert_eq!(call(&As::Person(Role::Nurse, 5), "study-0002").await, 403);
    assert_eq!(call(&As::Citizen(mother), "study-0003").await, 200);
    assert_eq!(agreed().await, [mother]);

    // The report: an analyst and whoever leads an office; before it is made the page says so.
    for (role, status) in
        [(Role::Analyst, StatusCode::OK), (Role::Nurse, StatusCode::FORBIDDEN), (Role::Citizen, StatusCode::FORBIDDEN)]
    {
        let page = browser(session(&state, role, None, "이도윤")).get("/studies").await;
        assert_eq!(page.status, status, "{role}");
        assert!(role != Role::Analyst || page.body.contains("Nothing has been worked out yet"), "{}", page.body);
    }
    let (pack, ids, now) = (state.packs.current(), &*state.ids, state.now());
    let desk = evaluation::Desk { pack: &pack, keys: state.guard.keys(), ids, now };
    transact!(state.db, store::StoreError, |tx| {
        evaluation::report::queue(tx, &desk).await?;
        while let Some(job) = tx.lease_job(now, std::time::Duration::from_secs(60)).await? {
            if evaluation::report::work(tx, &desk, &job).await?.is_none() {
                tx.job_done(job.id).await?;
            }
        }
        Ok::<_, store::StoreError>(())
    })
    .unwrap();
    let page = browser(session(&state, Role::Analyst, None, "이도윤")).get("/studies").await.body;
    assert!(page.contains("Too few families answered: 60"), "{page}");
    keep("flow-study-report.en.html", &page);
    let (status, told) = send(
        &app,
        Method::GET,
        "/api/studies/sustained_visits/reports",
        &As::Person(Role::Analyst, 6),
        "",
        String::new(),
    )
    .await;
    assert_eq!((status, &told["reports"][0]["findings"][0]["said"]), (200, &json!("too_few")), "{told}");
}
