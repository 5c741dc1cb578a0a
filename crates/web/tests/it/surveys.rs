//! A mother answers a survey by the link on her phone, without signing in; what families say together is shown to those who may see it.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use guard::Role;
use kernel::{EnrolmentId, PersonId};
use serde_json::json;
use store::{StoreError, params, transact};
use uuid::Uuid;
use web::AppState;

use crate::birth::{Browser, couple, session, values};
use crate::stages::{As, send};
use crate::state::{get, installation, keep, post};
use crate::visits::staff;

const INVITED: &str = "insert into survey_invitation (person_id, invitation_id, enrolment_id, survey, wave, occasion, instrument, opens_on, closes_on, organisation, place, words, status, made_at)
    values ($1, $2, $3, 'home_visits', 'week_6', $4, 'parent-voice@2026.1', $5, $6, 'health_centre', 'kr-11-680', '{}', 'open', 0)";
const FAMILY: &str = "select enrolment_id from visit_enrolment where person_id = $1";

/// The mother is asked, as the nightly round would.
async fn asked(state: &AppState, mother: PersonId, occasion: &str) -> Uuid {
    let id = state.ids.uuid(state.now());
    transact!(state.db, StoreError, |tx| {
        let family: EnrolmentId = tx.one(FAMILY, params![mother]).await?.get("enrolment_id")?;
        let (opens, closes) = (state.today(), state.today().saturating_add(jiff::Span::new().days(10)));
        tx.execute(INVITED, params![mother, id, family, occasion, opens, closes]).await
    })
    .unwrap();
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mother_answers_by_link_once_and_nobody_sees_who_said_what() {
    let (state, _folder) = installation().await;
    let (_, mother, father) = couple(&state).await;
    let app = web::router(state.clone());
    let browser = |session| Browser { app: &app, session, cookie: String::new(), language: "en" };
    let me = browser(session(&state, Role::Citizen, Some(mother), "김하윤"));
    let joined = me.post("/visits/join", &[("due", "2027-01-20"), ("consent", "yes")]).await;
    assert_eq!(joined.status, StatusCode::SEE_OTHER, "{}", joined.body);
    assert!(!me.get("/visits/join").await.body.contains("/s/"), "nothing is asked yet");
    let first = asked(&state, mother, "week_6").await;
    let page = me.get("/visits/join").await.body;
    let path = format!("/s/{}", values(&page, "href=\"/s/")[0]);
    assert!(page.contains("6 to 8 weeks after birth"), "{page}");
    let him = browser(session(&state, Role::Citizen, Some(father), "박민준"));
    assert!(!him.get("/visits/join").await.body.contains("/s/"), "hers alone");

    // Without signing in: questions, and nothing about anybody.
    let open = get(&app, &path).await;
    assert_eq!(open.status, StatusCode::OK, "{}", open.body);
    assert!(!open.body.contains("김하윤") && open.body.contains("q.parent-voice.satisfaction"), "{}", open.body);
    keep("flow-survey.ko.html", &open.body);
    let phone = Request::get(&path).header("sec-ch-ua-mobile", "?1").header(header::ACCEPT_LANGUAGE, "en");
    let phone = crate::state::send(&app, phone.body(Body::empty()).unwrap()).await;
    assert!(phone.body.contains("1 of 8") && !phone.body.contains("p_soothe"), "one a screen: {}", phone.body);
    let next =
        post(&app, &path, &[("do", "next"), ("last", "satisfaction"), ("q.parent-voice.satisfaction", "9")]).await;
    assert!(next.body.contains("2 of 8") && next.body.contains("value=\"9\""), "{}", next.body);

    // Bad input: a forged link, no answer at all, an answer that is none, too many words.
    let mut forged = path.clone();
    forged.replace_range(path.len() - 1.., if path.ends_with('0') { "1" } else { "0" });
    assert_eq!(get(&app, &forged).await.status, StatusCode::NOT_FOUND);
    assert_eq!(get(&app, "/s/whatever").await.status, StatusCode::NOT_FOUND);
    let long = "x".repeat(2_001);
    for bad in [
        vec![("do", "send")],
        vec![("do", "send"), ("q.parent-voice.satisfaction", "11")],
        vec![("do", "send"), ("q.parent-voice.words", long.as_str())],
    ] {
        let refused = post(&app, &path, &bad).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.body);
    }
    let answer = [
        ("do", "send"),
        ("q.parent-voice.satisfaction", "9"),
        ("q.parent-voice.p_soothe", "better"),
        ("q.parent-voice.words", "She is always on time."),
    ];
    let thanks = post(&app, &path, &answer).await;
    assert!(thanks.status == StatusCode::OK && thanks.body.contains("Thank you"), "{}", thanks.body);
    assert_eq!(post(&app, &path, &answer).await.status, StatusCode::GONE, "once");
    assert_eq!(get(&app, &path).await.status, StatusCode::GONE);
    assert!(!me.get("/visits/join").await.body.contains("/s/"));
    assert!(me.get("/looked").await.body.contains("Answered a survey"), "her act is in the log");

    // Nurse, supervisor and analyst see a page of figures; nothing of this quarter, which is not over; others see none.
    let nurse = browser(staff(&state, Role::Nurse, "정은지").await);
    let lead = browser(staff(&state, Role::VisitSupervisor, "한지민").await);
    let analyst = browser(session(&state, Role::Analyst, None, "이도윤"));
    for who in [&nurse, &lead, &analyst] {
        let page = who.get("/visits/surveys?wave=week_6").await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        assert!(!page.body.contains("always on time"), "{}", page.body);
    }
    let odd = lead.get("/visits/surveys?quarter=2026-Q9&wave=nothing").await;
    assert_eq!(odd.status, StatusCode::UNPROCESSABLE_ENTITY);
    for role in [Role::CounterOfficial, Role::Caseworker, Role::Administrator, Role::Citizen] {
        let page = browser(session(&state, role, None, "박서준")).get("/visits/surveys").await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{role}");
    }

    // Programs: what she is asked, her answer once, and somebody else's nothing.
    let second = asked(&state, mother, "month_12").await;
    let mine = format!("/api/persons/{mother}/surveys");
    let call = async |who: &As<'_>, method: Method, path: &str, key: &str, body: String| {
        send(&app, method, path, who, key, body).await
    };
    let (status, list) = call(&As::Citizen(mother), Method::GET, &mine, "", String::new()).await;
    assert_eq!((status, list["surveys"].as_array().map(Vec::len)), (200, Some(1)), "{list}");
    assert_eq!(list["surveys"][0]["id"], json!(second));
    assert!(call(&As::Citizen(father), Method::GET, &mine, "", String::new()).await.0 >= 400);
    assert!(call(&As::Person(Role::Nurse, 5), Method::GET, &mine, "", String::new()).await.0 >= 400);
    let path = format!("{mine}/{second}/answer");
    let body = |value: &str| json!({ "answers": { "satisfaction": value } }).to_string();
    let reply =
        async |who: &As<'_>, path: &str, key: &str, body: String| call(who, Method::POST, path, key, body).await;
    assert_eq!(reply(&As::Citizen(mother), &path, "survey-01", body("12")).await.0, 422);
    let both = json!({ "answers": { "satisfaction": "9" }, "refuse": true }).to_string();
    assert_eq!(reply(&As::Citizen(mother), &path, "survey-02", both).await.0, 422);
    assert!(reply(&As::Citizen(father), &path, "survey-03", body("9")).await.0 >= 403);
    let (status, taken) = reply(&As::Citizen(mother), &path, "survey-04", body("10")).await;
    assert_eq!((status, &taken["survey"]), (200, &json!(second)), "{taken}");
    assert_eq!(reply(&As::Citizen(mother), &path, "survey-04", body("10")).await.1, taken, "the same call once more");
    assert_eq!(reply(&As::Citizen(mother), &path, "survey-05", body("10")).await.0, 409);
    let spent = format!("{mine}/{first}/answer");
    assert_eq!(reply(&As::Citizen(mother), &spent, "survey-06", body("10")).await.0, 409);
    let figures = "/api/surveys/home_visits/figures?wave=week_6&quarter=";
    let (status, said) =
        call(&As::Person(Role::VisitSupervisor, 7), Method::GET, &format!("{figures}2026-Q3"), "", String::new()).await;
    assert_eq!((status, &said["total"]["answered"]), (200, &json!(0)), "{said}");
    for bad in ["2026-Q4", "2026-Q5", "soon"] {
        let path = format!("{figures}{bad}");
        assert_eq!(call(&As::Person(Role::Nurse, 5), Method::GET, &path, "", String::new()).await.0, 422, "{bad}");
    }
    let path = format!("{figures}2026-Q3");
    assert_eq!(call(&As::Person(Role::Administrator, 8), Method::GET, &path, "", String::new()).await.0, 403);
}

const ANSWERED: &str = "insert into survey_invitation (person_id, invitation_id, enrolment_id, survey, wave, occasion, instrument, opens_on, closes_on, organisation, place, words, status, made_at)
    values ($1, $1, $1, 'home_visits', 'week_6', 'week_6', 'parent-voice@2026.1', $2, $3, 'health_centre', $4, '{}', 'answered', 0)";
const VALUE: &str =
    "insert into survey_value (person_id, invitation_id, measure, value) values ($1, $1, 'satisfaction', $2)";

/// Satisfaction is told beside the indicators from the same source, kept back where the page of surveys keeps it back.
#[tokio::test(flavor = "multi_thread")]
async fn satisfaction_beside_the_indicators_is_that_of_the_surveys() {
    let (state, _folder) = installation().await;
    let app = web::router(state.clone());
    let browser = |session| Browser { app: &app, session, cookie: String::new(), language: "en" };
    let (opens, closes) = (kernel::Date::constant(2026, 7, 1), kernel::Date::constant(2026, 8, 1));
    transact!(state.db, StoreError, |tx| {
        // Eight said nine or ten points in the one district, two in the other: the two are too few to be told of.
        for (n, place) in (0..8).map(|n| (n, "kr-11-680")).chain((8..10).map(|n| (n, "kr-11-710"))) {
            let id = Uuid::from_u128(0x5000 + n);
            tx.execute(ANSWERED, params![id, opens, closes, place]).await?;
            tx.execute(VALUE, params![id, if n % 2 == 0 { 9_i64 } else { 10 }]).await?;
        }
        Ok(())
    })
    .unwrap();
    let lead = browser(staff(&state, Role::VisitSupervisor, "한지민").await);
    let mut country = session(&state, Role::Analyst, None, "이도윤");
    country.who.jurisdiction = None;
    let analyst = browser(country);
    let surveys = lead.get("/visits/surveys?wave=week_6&quarter=2026-Q3").await.body;
    assert!(surveys.contains("9.5"), "{surveys}");
    let beside = lead.get("/visits/indicators").await.body;
    assert!(beside.contains("9.5") && beside.contains("2026-Q3"), "{beside}");
    let few = analyst.get("/visits/indicators?place=kr-11-710").await.body;
    assert!(few.contains("not shown") && !few.contains("9.5"), "{few}");
}
