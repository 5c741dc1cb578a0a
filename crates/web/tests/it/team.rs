//! The nurses' own pages: a supervisor's team, handing families over, training, supervision, and what two write for themselves alone.

use axum::http::{Method, StatusCode};
use guard::Role;
use kernel::PersonId;

use crate::birth::{Browser, couple, session, values};
use crate::stages::{As, send};
use crate::state::{installation, keep};
use crate::visits::{field, staff};

const OK: StatusCode = StatusCode::OK;
const MOVED: StatusCode = StatusCode::SEE_OTHER;
const BAD: StatusCode = StatusCode::UNPROCESSABLE_ENTITY;
const NONE: StatusCode = StatusCode::NOT_FOUND;

#[tokio::test(flavor = "multi_thread")]
async fn a_family_goes_from_one_nurse_to_another_and_the_first_is_out() {
    let (state, _folder) = installation().await;
    let (_, mother, _): (_, PersonId, PersonId) = couple(&state).await;
    let app = web::router(state.clone());
    let browser = |session| Browser { app: &app, session, cookie: String::new(), language: "en" };
    let me = browser(session(&state, Role::Citizen, Some(mother), "김하윤"));
    let lead = browser(staff(&state, Role::VisitSupervisor, "한지민").await);
    let nurse = browser(staff(&state, Role::Nurse, "정은지").await);
    let other = browser(staff(&state, Role::Nurse, "오세나").await);
    let (from, to) = (nurse.session.who.account.to_string(), other.session.who.account.to_string());
    assert_eq!(me.post("/visits/join", &[("due", "2027-01-20"), ("consent", "yes")]).await.status, MOVED);
    let list = lead.get("/visits/families").await;
    let id = values(&list.body, "href=\"/visits/family/")[0].to_owned();
    let family = format!("/visits/family/{id}");

    // Nobody has learnt anything yet: that is said beside the name, and after the family was given; it is not refused.
    let page = lead.get(&family).await;
    assert!(page.body.contains("0 families") && page.body.contains("lacks: Home visiting"), "{}", page.body);
    let given = lead.post(&family, &[("do", "give"), ("nurse", &from)]).await;
    assert_eq!((given.status, given.location.as_str()), (MOVED, format!("{family}?done=doubt").as_str()));

    let team = lead.get("/visits/team").await;
    assert!(team.body.contains("정은지") && team.body.contains("1 of 250"), "{}", team.body);
    keep("flow-team.en.html", &team.body);
    for page in ["/visits/team", "/visits/team/handover", "/visits/team/session", "/visits/team/cohorts"] {
        assert_eq!(nurse.get(page).await.status, StatusCode::FORBIDDEN, "{page}");
        assert_eq!(me.get(page).await.status, StatusCode::FORBIDDEN, "{page}");
    }

    // What cannot be is said beside its field; what was ticked stays.
    let form = lead.get(&format!("/visits/team/handover?from={from}")).await;
    let name = field(&form.body, "id");
    assert!(form.body.contains("김하윤"), "{}", form.body);
    let base = [
        ("id", name.as_str()),
        ("from", from.as_str()),
        ("to", to.as_str()),
        ("family", id.as_str()),
        ("reason", "parental leave"),
    ];
    let with = |day: &'static str| [&base[..], &[("on", day)]].concat();
    for day in ["", "soon", "2026-11-20", "2029-01-01"] {
        let refused = lead.post("/visits/team/handover", &with(day)).await;
        assert_eq!(refused.status, BAD, "{day}");
        assert!(refused.body.contains("parental leave"), "{}", refused.body);
    }
    let same = [
        ("id", name.as_str()),
        ("from", from.as_str()),
        ("to", from.as_str()),
        ("family", id.as_str()),
        ("reason", "leave"),
        ("on", "2026-11-21"),
    ];
    assert_eq!(lead.post("/visits/team/handover", &same).await.status, BAD);
    let stranger = [
        ("id", name.as_str()),
        ("from", from.as_str()),
        ("to", id.as_str()),
        ("family", id.as_str()),
        ("reason", "leave"),
        ("on", "2026-11-21"),
    ];
    assert_eq!(lead.post("/visits/team/handover", &stranger).await.status, NONE, "no nurse of the team");
    assert_eq!(nurse.get(&family).await.status, OK, "still hers");

    for _ in 0..2 {
        assert_eq!(lead.post("/visits/team/handover", &with("2026-11-21")).await.status, MOVED);
    }
    assert_eq!(lead.post("/visits/team/handover", &with("2026-11-25")).await.status, BAD, "another under its name");
    assert_eq!(nurse.get(&family).await.status, NONE, "out at once");
    assert_eq!(other.get(&family).await.status, OK);
    for one in [&nurse, &other] {
        let told = one.get("/visits/training").await;
        assert!(told.body.contains("parental leave"), "{}", told.body);
    }

    // By API she goes back: the supervisor's alone, under one name one handover, bad input beside its field.
    let post = async |who: &Browser<'_>, key: &str, body: &serde_json::Value| {
        let body = body.to_string();
        send(&app, Method::POST, "/api/team/handovers", &As::In(&who.session), key, body).await
    };
    let name = uuid::Uuid::from_u128(77);
    let back = serde_json::json!({
        "id": name, "from": to, "to": from, "on": "2026-11-21", "families": [id], "reason": "back from leave",
    });
    let with = |field: &str, value: serde_json::Value| {
        let mut wrong = back.clone();
        wrong[field] = value;
        wrong
    };
    for (field, value) in [("on", "2026-11-20".into()), ("to", to.clone().into()), ("families", serde_json::json!([]))]
    {
        let (status, told) = post(&lead, "handover-bad", &with(field, value)).await;
        assert_eq!(
            (status, told["errors"][0]["pointer"].as_str()),
            (422, Some(format!("/{field}").as_str())),
            "{told}"
        );
    }
    assert_eq!(post(&nurse, "handover-1", &back).await.0, 403);
    for key in ["handover-2", "handover-2", "handover-3"] {
        assert_eq!(post(&lead, key, &back).await.0, 200, "{key}");
    }
    assert_eq!((nurse.get(&family).await.status, other.get(&family).await.status), (OK, NONE));
    assert_eq!(post(&lead, "handover-4", &with("reason", "something else".into())).await.0, 409);
}

#[tokio::test(flavor = "multi_thread")]
async fn training_is_confirmed_and_what_two_write_stays_between_them() {
    let (state, _folder) = installation().await;
    let app = web::router(state.clone());
    let browser = |session| Browser { app: &app, session, cookie: String::new(), language: "en" };
    let lead = browser(staff(&state, Role::VisitSupervisor, "한지민").await);
    let next = browser(staff(&state, Role::VisitSupervisor, "서지혜").await);
    let nurse = browser(staff(&state, Role::Nurse, "정은지").await);
    let other = browser(staff(&state, Role::Nurse, "오세나").await);
    let her = nurse.session.who.account.to_string();
    let page = format!("/visits/team/nurse/{her}");

    // The ledger: bad input beside its field, confirmed once, taken back.
    let name = field(&lead.get(&page).await.body, "id");
    let base = [("do", "note"), ("id", name.as_str()), ("course", "sustained"), ("ended_on", "2026-11-20")];
    let with = |hours: &'static str| [&base[..], &[("hours", hours)]].concat();
    for hours in ["", "many", "81", "0", "-3", "99999999999"] {
        assert_eq!(lead.post(&page, &with(hours)).await.status, BAD, "{hours}");
    }
    for _ in 0..2 {
        assert_eq!(lead.post(&page, &with("80")).await.status, MOVED);
    }
    let own = nurse.get("/visits/training").await;
    assert!(own.body.contains("80 of 320 hours") && own.body.contains("한지민"), "{}", own.body);
    keep("flow-training.en.html", &own.body);
    assert_eq!(nurse.post(&page, &with("80")).await.status, StatusCode::FORBIDDEN);
    assert_eq!(lead.get(&format!("/visits/team/nurse/{}", lead.session.who.account)).await.status, NONE);
    assert_eq!(lead.get("/visits/team/nurse/nobody").await.status, NONE);
    let training = field(&lead.get(&page).await.body, "training");
    assert_eq!(lead.post(&page, &[("do", "withdraw"), ("training", &training)]).await.status, MOVED);
    assert!(nurse.get("/visits/training").await.body.contains("0 of 320 hours"));

    // A course with dates.
    let cohorts = "/visits/team/cohorts";
    let name = field(&lead.get(cohorts).await.body, "id");
    let base = [("do", "plan"), ("id", name.as_str()), ("course", "foundation"), ("starts_on", "2026-11-20")];
    let plan = |more: &[(&'static str, &'static str)]| [&base[..], more].concat();
    let good = plan(&[("ends_on", "2026-11-21"), ("place", "Seoul training centre"), ("seats", "1")]);
    let early = plan(&[("ends_on", "2026-11-19"), ("place", "Seoul training centre"), ("seats", "1")]);
    assert_eq!(lead.post(cohorts, &early).await.status, BAD);
    assert_eq!(lead.post(cohorts, &good).await.status, MOVED);
    let there = other.session.who.account.to_string();
    let both = [("do", "seat"), ("cohort", name.as_str()), ("nurse", her.as_str()), ("nurse", there.as_str())];
    assert_eq!(lead.post(cohorts, &both).await.status, BAD, "one seat");
    assert_eq!(lead.post(cohorts, &both[..3]).await.status, MOVED);
    assert_eq!(lead.post(cohorts, &[("do", "came"), ("cohort", name.as_str())]).await.status, BAD, "nobody ticked");
    let came = [("do", "came"), ("cohort", name.as_str()), ("came", her.as_str())];
    assert_eq!(lead.post(cohorts, &came).await.status, MOVED);
    assert!(nurse.get("/visits/training").await.body.contains("40 of 320 hours"));

    // A session of two; what they write is theirs.
    let sessions = "/visits/team/session";
    let name = field(&lead.get(sessions).await.body, "id");
    let base = [("id", name.as_str()), ("kind", "individual"), ("on", "2026-11-20"), ("topics", "A hard visit")];
    let with = |more: &[(&'static str, &'static str)]| [&base[..], more].concat();
    assert_eq!(lead.post(sessions, &with(&[("minutes", "60")])).await.status, BAD, "nobody was there");
    let mut good = with(&[("minutes", "60")]);
    good.push(("nurse", &her));
    assert_eq!(lead.post(sessions, &good).await.status, MOVED);
    let held = format!("/visits/session/{name}");
    let open = nurse.get(&held).await;
    assert!(open.body.contains("A hard visit"), "{}", open.body);
    let note = field(&open.body, "id");
    assert_eq!(nurse.post(&held, &[("id", &note), ("words", "x")]).await.status, BAD);
    let secret = "I walked for a long while";
    for _ in 0..2 {
        assert_eq!(nurse.post(&held, &[("id", &note), ("words", secret)]).await.status, MOVED);
    }
    for one in [&nurse, &lead] {
        let body = one.get(&held).await.body;
        assert_eq!(body.matches(secret).count(), 1, "{body}");
    }
    // For programs: a nurse finds herself, a supervisor her team, nobody else anything.
    let team = async |who: &As<'_>| send(&app, Method::GET, "/api/team", who, "", String::new()).await;
    let (status, mine) = team(&As::Person(Role::Nurse, 5)).await;
    assert_eq!((status, mine["nurses"].as_array().map(Vec::len)), (200, Some(1)), "{mine}");
    let (status, all) = team(&As::Person(Role::VisitSupervisor, 6)).await;
    assert_eq!((status, &all["hours"]), (200, &serde_json::json!(320)), "{all}");
    assert!(team(&As::Person(Role::Administrator, 7)).await.0 >= 400);
    let post = async |who: &Browser<'_>, path: &str, key: &str, body: serde_json::Value| {
        send(&app, Method::POST, path, &As::In(&who.session), key, body.to_string()).await
    };
    let course = |hours: u32| {
        let id = uuid::Uuid::from_u128(78);
        serde_json::json!({ "id": id, "nurse": her, "course": "sustained", "hours": hours, "ended_on": "2026-11-20" })
    };
    let path = "/api/team/training";
    assert_eq!(post(&lead, path, "training-1", course(81)).await.1["errors"][0]["pointer"], "/hours");
    assert_eq!(post(&nurse, path, "training-2", course(80)).await.0, 403);
    for key in ["training-3", "training-4"] {
        assert_eq!(post(&lead, path, key, course(80)).await.0, 200);
    }
    assert!(nurse.get("/visits/training").await.body.contains("120 of 320 hours"));
    // Noted by mistake: taken back by the supervisor, for a nurse of the team, once.
    let back = format!("{path}/{}/withdrawal", uuid::Uuid::from_u128(78));
    let whose = serde_json::json!({ "nurse": her });
    assert_eq!(post(&nurse, &back, "training-5", whose.clone()).await.0, 403);
    for key in ["training-6", "training-6"] {
        assert_eq!(post(&lead, &back, key, whose.clone()).await.0, 200, "{key}");
    }
    assert!(nurse.get("/visits/training").await.body.contains("40 of 320 hours"));
    let nothing = format!("{path}/{}/withdrawal", uuid::Uuid::from_u128(5));
    assert_eq!(post(&lead, &nothing, "training-7", whose).await.0, 404);
    let path = "/api/team/cohorts";
    let course = uuid::Uuid::from_u128(80);
    let plan = |place: &str, ends: &str| {
        let mut cohort =
            serde_json::json!({ "id": course, "course": "sustained", "starts_on": "2026-12-01", "seats": 1 });
        (cohort["place"], cohort["ends_on"]) = (place.into(), ends.into());
        cohort
    };
    for (at, wrong) in [("/ends_on", plan("교육원", "2026-11-30")), ("/place", plan("", "2026-12-05"))] {
        let (status, told) = post(&lead, path, "cohort-01", wrong).await;
        assert_eq!((status, told["errors"][0]["pointer"].as_str()), (422, Some(at)), "{told}");
    }
    assert_eq!(post(&nurse, path, "cohort-02", plan("교육원", "2026-12-05")).await.0, 403);
    assert_eq!(post(&lead, path, "cohort-03", plan("교육원", "2026-12-05")).await.0, 200);
    let nurses = serde_json::json!({ "nurses": [her] });
    let of = |what: &str| format!("{path}/{course}/{what}");
    for key in ["cohort-04", "cohort-05"] {
        assert_eq!(post(&lead, &of("seats"), key, nurses.clone()).await.0, 200, "a seat twice is one");
    }
    assert_eq!(post(&lead, &of("seats"), "cohort-06", serde_json::json!({ "nurses": [] })).await.0, 422);
    assert_eq!(post(&lead, &of("attendance"), "cohort-07", nurses).await.0, 409, "it is not over");
    let (status, list) = send(&app, Method::GET, path, &As::In(&lead.session), "", String::new()).await;
    let planned = list["cohorts"].as_array().unwrap().iter().find(|c| c["cohort"]["id"] == serde_json::json!(course));
    assert_eq!((status, planned.unwrap()["nurses"].clone()), (200, serde_json::json!([her])), "{list}");
    let told = |kind: &str| {
        let id = uuid::Uuid::from_u128(79);
        serde_json::json!({ "id": id, "kind": kind, "nurses": [her], "on": "2026-11-20", "minutes": 45, "topics": "Sleep" })
    };
    let path = "/api/team/sessions";
    for kind in ["alone", "team"] {
        assert_eq!(post(&lead, path, "session-1", told(kind)).await.0, 422, "{kind}");
    }
    assert_eq!(post(&nurse, path, "session-2", told("individual")).await.0, 403);
    assert_eq!(post(&lead, path, "session-3", told("individual")).await.0, 200);
    let written = format!("/visits/session/{}", uuid::Uuid::from_u128(79));
    assert!(nurse.get(&written).await.body.contains("Sleep"));
    // The colleague has no such page; the district's other supervisor reads the session and not what is between the two.
    assert_eq!(other.get(&held).await.status, NONE);
    let seen = next.get(&held).await;
    assert!(seen.body.contains("A hard visit") && !seen.body.contains(secret), "{}", seen.body);
    assert!(!seen.body.contains("name=\"words\""), "{}", seen.body);
    assert_ne!(next.post(&held, &[("id", &note), ("words", "words of hers")]).await.status, MOVED);
    for role in
        [Role::Administrator, Role::PrivacyOfficer, Role::Approver, Role::Caseworker, Role::Analyst, Role::Citizen]
    {
        let stranger = browser(session(&state, role, None, "다른 사람"));
        let answer = stranger.get(&held).await;
        assert!(answer.status != OK && !answer.body.contains(secret), "{role}");
    }
}
