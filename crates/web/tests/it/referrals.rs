//! A referral from the office to a service without an account, its answer by link, the referrer's close, the family's refusal; and
//! the same by programs.

use axum::http::{Method, StatusCode};
use guard::Role;
use serde_json::json;

use crate::birth::{Browser, couple, session, values};
use crate::stages::{As, client, office, send};
use crate::state::{installation, keep};
use crate::work::official;

/// The path of the link on the referrer's page.
fn link(page: &str) -> String {
    let at = page.rfind("/r/").expect("a link");
    page[at..].split(['<', '"']).next().expect("its end").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_answers_by_link_once_and_the_referrer_closes() {
    let (state, _folder) = installation().await;
    let (home, mother, father) = couple(&state).await;
    let app = web::router(state.clone());
    let browser = |session| Browser { app: &app, session, cookie: String::new(), language: "en" };
    let worker = browser(official(&state, Role::Caseworker, None, "박서준").await);
    let of_home = format!("/work/referrals/household/{home}");
    let new = format!("{of_home}/new");
    let found = worker.get(&format!("{new}?need=parenting")).await;
    assert!(found.body.contains("Family centre, Gangnam-gu"), "{}", found.body);
    assert!(!found.body.contains("Uiseong"), "what serves elsewhere is not offered");
    keep("flow-referral-new.en.html", &found.body);
    let id = values(&found.body, "name=\"id\" value=\"")[0].to_owned();
    let (her, his) = (mother.to_string(), father.to_string());
    let fields = [
        ("id", id.as_str()),
        ("need", "parenting"),
        ("service", "family_centre_gangnam"),
        ("person", &her),
        ("reason", "Would like to join a parents' group."),
        ("contact", "010-0000-1234"),
        ("shares", "name"),
        ("agreed_by", &his),
    ];
    let without: Vec<(&str, &str)> = fields.iter().copied().filter(|(name, _)| *name != "agreed_by").collect();
    assert_eq!(worker.post(&new, &without).await.status, StatusCode::UNPROCESSABLE_ENTITY, "nobody agreed");
    let elsewhere = fields.map(|(n, v)| if n == "service" { (n, "family_centre_uiseong") } else { (n, v) });
    let told = worker.post(&new, &elsewhere).await;
    assert!(told.body.contains("does not serve where the family lives"), "{}", told.body);
    assert_eq!(worker.post(&new, &fields).await.status, StatusCode::SEE_OTHER);
    assert_eq!(worker.post(&new, &fields).await.status, StatusCode::SEE_OTHER, "sent twice");
    let list = worker.get(&of_home).await.body;
    let path = format!("/work/referrals/{id}");
    assert_eq!(values(&list, &format!("href=\"{path}")).len(), 1, "{list}");
    assert!(worker.get("/work/referrals").await.body.contains(&path));
    // Health is another matter: without an open case the same official sends nobody there, and a nurse without one sees nothing.
    let health = fields.map(|(n, v)| match n {
        "need" => (n, "depression"),
        "service" => (n, "mental_health_gangnam"),
        "id" => (n, ""),
        _ => (n, v),
    });
    assert_eq!(worker.post(&new, &health).await.status, StatusCode::FORBIDDEN);
    let nurse = browser(official(&state, Role::Nurse, None, "윤서연").await);
    assert_eq!(nurse.get(&new).await.status, StatusCode::FORBIDDEN);
    let counter = browser(official(&state, Role::CounterOfficial, None, "정하린").await);
    assert_eq!(counter.get("/work/referrals").await.status, StatusCode::FORBIDDEN);
    let mut far = official(&state, Role::Caseworker, None, "정하린").await;
    far.who.jurisdiction = Some("kr-26-350".to_owned());
    assert_eq!(browser(far).get(&path).await.status, StatusCode::NOT_FOUND);

    let first = link(&worker.get(&path).await.body);
    let partner = Browser { cookie: String::new(), ..browser(session(&state, Role::AgencySystem, None, "nobody")) };
    let page = partner.get(&first).await;
    assert!(page.body.contains("김하윤") && page.body.contains("010-0000-1234"), "{}", page.body);
    assert!(!page.body.contains("1995"), "the date of birth was not agreed");
    assert!(!page.body.contains("은행나무로"), "nor is the address ever");
    keep("flow-referral-partner.en.html", &page.body);
    let forged = format!("{}0", &first[..first.len() - 1]);
    let forged = if forged == first { format!("{}1", &first[..first.len() - 1]) } else { forged };
    assert_eq!(partner.get(&forged).await.status, StatusCode::NOT_FOUND);
    assert_eq!(partner.get("/r/whatever").await.status, StatusCode::NOT_FOUND);
    let no_reason = [("do", "decline"), ("words", "no room")];
    assert_eq!(partner.post(&first, &no_reason).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let accepted = partner.post(&first, &[("do", "accept")]).await;
    assert_eq!(accepted.status, StatusCode::OK, "{}", accepted.body);
    let spent = partner.get(&first).await;
    assert_eq!(spent.status, StatusCode::GONE);
    assert!(!spent.body.contains("김하윤"), "a spent link tells nothing");
    assert_eq!(partner.post(&first, &[("do", "accept")]).await.status, StatusCode::GONE, "a second answer");
    let second = link(&accepted.body);
    let decline = [("do", "decline"), ("reason", "full"), ("words", "No room before spring.")];
    assert_eq!(partner.post(&second, &decline).await.status, StatusCode::OK);

    let page = worker.get(&path).await.body;
    assert!(page.contains("No room before spring.") && page.contains("No room"), "{page}");
    assert!(!page.contains("/r/"), "nothing more is expected of the service");
    keep("flow-referral-declined.en.html", &page);
    let empty = worker.post(&path, &[("do", "close"), ("words", "")]).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    let close = [("do", "close"), ("words", "She asks again in spring.")];
    assert_eq!(worker.post(&path, &close).await.status, StatusCode::SEE_OTHER);
    assert!(!worker.get("/work/referrals").await.body.contains(&path));

    // The family sees it, and every look at it; a second one they refuse.
    let me = browser(session(&state, Role::Citizen, Some(mother), "김하윤"));
    let other = values(&worker.get(&format!("{new}?need=parenting")).await.body, "name=\"id\" value=\"")[0].to_owned();
    let again = fields.map(|(n, v)| if n == "id" { (n, other.as_str()) } else { (n, v) });
    assert_eq!(worker.post(&new, &again).await.status, StatusCode::SEE_OTHER);
    let mine = me.get("/referrals").await.body;
    assert!(mine.contains("Family centre, Gangnam-gu") && mine.contains("Would like to join"), "{mine}");
    keep("flow-referrals-mine.en.html", &mine);
    let husband = browser(session(&state, Role::Citizen, Some(father), "박민준"));
    let refuse = [("do", "refuse")];
    assert_eq!(husband.post(&format!("/referrals/{other}"), &refuse).await.status, StatusCode::NOT_FOUND);
    let unspent = link(&worker.get(&format!("/work/referrals/{other}")).await.body);
    assert_eq!(me.post(&format!("/referrals/{other}"), &refuse).await.status, StatusCode::SEE_OTHER);
    assert!(me.get("/referrals").await.body.contains("Refused by the family"));
    assert_eq!(partner.get(&unspent).await.status, StatusCode::GONE, "the service sees it no more");
    let looked = me.get("/looked").await.body;
    assert!(looked.contains("Answered a referral"), "{looked}");
}

#[tokio::test]
async fn programs_send_read_and_answer_referrals() {
    let o = office().await;
    let worker = As::Person(Role::Caseworker, 21);
    let centre = client(&o.state, "family_centre").await;
    let stranger = client(&o.state, "health_centre").await;
    let (centre, stranger) = (As::Machine(&centre), As::Machine(&stranger));
    let path = format!("/api/persons/{}/referrals", o.mother);
    let post = async |who: &As<'_>, path: &str, key: &str, body: serde_json::Value| {
        send(&o.app, Method::POST, path, who, key, body.to_string()).await
    };
    let get = async |who: &As<'_>, path: &str| send(&o.app, Method::GET, path, who, "", String::new()).await;
    let new = json!({
        "service": "family_centre_gangnam", "need": "parenting", "reason": "Would like to join a group.",
        "share_name": true, "agreed_by": o.mother,
    });
    let (status, made) = post(&worker, &path, "referral-1", new.clone()).await;
    assert_eq!((status, &made["status"]), (201, &json!("requested")), "{made}");
    assert_eq!(post(&worker, &path, "referral-1", new.clone()).await.1, made, "once");
    let mut wrong = new.clone();
    wrong["need"] = json!("housing");
    assert_eq!(post(&worker, &path, "referral-2", wrong).await.1["errors"][0]["pointer"], "/need");
    assert!(matches!(post(&centre, &path, "referral-3", new).await.0, 403 | 404));

    let (status, list) = get(&centre, "/api/referrals").await;
    assert_eq!((status, list["referrals"].as_array().map(Vec::len)), (200, Some(1)), "{list}");
    let one = &list["referrals"][0];
    assert_eq!((&one["person"], one["name"].is_string(), &one["birth_date"]), (&json!(null), true, &json!(null)));
    assert_eq!(get(&stranger, "/api/referrals").await.1["referrals"], json!([]));
    assert_eq!(get(&worker, "/api/referrals").await.0, 403);
    let answer = format!("/api/referrals/{}/answer", made["referral"].as_str().unwrap());
    let accept = json!({ "answer": "accept", "revision": 1 });
    assert_eq!(post(&stranger, &answer, "answer-01", accept.clone()).await.0, 404);
    assert_eq!(post(&centre, &answer, "answer-02", json!({ "answer": "maybe", "revision": 1 })).await.0, 422);
    assert_eq!(post(&centre, &answer, "answer-03", accept.clone()).await.1["status"], "accepted");
    let start = json!({ "answer": "start", "revision": 1 });
    assert_eq!(post(&centre, &answer, "answer-04", start).await.0, 409, "it stands otherwise meanwhile");
    let done = json!({ "answer": "complete", "revision": 2, "outcome": "met", "words": "She came four times." });
    let (status, told) = post(&centre, &answer, "answer-05", done.clone()).await;
    assert_eq!((status, &told["status"]), (200, &json!("completed")), "{told}");
    assert_eq!(post(&centre, &answer, "answer-05", done).await.1, told, "the same call has the same answer");
    assert_eq!(post(&centre, &answer, "answer-06", accept).await.0, 404, "it is over");
    let (_, mine) = get(&As::Citizen(o.mother), &path).await;
    assert_eq!(mine["referrals"][0]["outcome"], "met", "{mine}");
    assert_eq!(mine["referrals"][0]["task_status"], "completed");
}
