//! A complaint from the family to the office and back: on the pages, and by programs.

use axum::http::{Method, StatusCode};
use guard::Role;
use serde_json::json;

use crate::birth::{Browser, couple, session, values};
use crate::stages::{As, office, send};
use crate::state::{installation, keep};
use crate::work::{leaves, official};

#[tokio::test(flavor = "multi_thread")]
async fn a_complaint_is_listed_by_day_handed_over_answered_and_read() {
    let (state, _folder) = installation().await;
    let (_, mother, _) = couple(&state).await;
    let app = web::router(state.clone());
    let browser = |session| Browser { app: &app, session, cookie: String::new(), language: "en" };
    let me = browser(session(&state, Role::Citizen, Some(mother), "김하윤"));
    let complaint = [("kind", "delay"), ("words", "Nobody answers the telephone.")];
    assert_eq!(me.post("/complain", &complaint).await.status, StatusCode::SEE_OTHER);

    let worker = browser(official(&state, Role::Caseworker, None, "박서준").await);
    let lead = browser(official(&state, Role::Approver, None, "최지우").await);
    assert!(worker.get("/work").await.body.contains("/work/complaints"));
    let list = lead.get("/work/complaints").await;
    assert!(list.body.contains("김하윤") && list.body.contains("It takes too long"), "{}", list.body);
    keep("flow-complaints.en.html", &list.body);
    let path = format!("/work/complaints/{}", values(&list.body, "href=\"/work/complaints/")[0]);
    let page = lead.get(&path).await;
    assert!(page.body.contains("Nobody answers the telephone."), "{}", page.body);
    // Handed to a colleague; to a stranger it is not.
    let to = worker.session.who.account.to_string();
    assert_eq!(lead.post(&path, &[("do", "give"), ("to", &to)]).await.status, StatusCode::SEE_OTHER);
    assert!(lead.get(&path).await.body.contains("박서준"));
    let stranger = mother.to_string();
    assert_eq!(lead.post(&path, &[("do", "give"), ("to", &stranger)]).await.status, StatusCode::NOT_FOUND);
    // Other roles, other offices and the family's own official do not see it.
    let counter = browser(official(&state, Role::CounterOfficial, None, "윤서연").await);
    assert_eq!(counter.get("/work/complaints").await.status, StatusCode::FORBIDDEN);
    assert_eq!(me.get(&path).await.status, StatusCode::FORBIDDEN);
    let mut elsewhere = official(&state, Role::Caseworker, None, "정하린").await;
    elsewhere.who.jurisdiction = Some("kr-26-350".to_owned());
    assert_eq!(browser(elsewhere).get(&path).await.status, StatusCode::NOT_FOUND);
    let own = browser(official(&state, Role::Caseworker, Some(mother), "김하윤").await);
    assert!(!own.get("/work/complaints").await.body.contains("김하윤</a>"));
    assert!(matches!(own.get(&path).await.status, StatusCode::FORBIDDEN | StatusCode::NOT_FOUND));
    leaves(&state, &own.session).await;

    let empty = worker.post(&path, &[("do", "answer"), ("answer", "")]).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", empty.body);
    let answer = [("do", "answer"), ("answer", "We are sorry; there is a second line now.")];
    assert_eq!(worker.post(&path, &answer).await.status, StatusCode::SEE_OTHER);
    assert_eq!(worker.post(&path, &answer).await.status, StatusCode::UNPROCESSABLE_ENTITY, "only once");
    assert!(!worker.get("/work/complaints").await.body.contains(&path));
    let mine = me.get("/complain").await;
    assert!(mine.body.contains("there is a second line now"), "{}", mine.body);
    let looked = me.get("/looked").await;
    assert!(looked.body.contains("Answered or took a complaint"), "{}", looked.body);
}

#[tokio::test]
async fn programs_raise_hand_over_and_answer_complaints() {
    let o = office().await;
    let (mother, worker) = (As::Citizen(o.mother), As::Person(Role::Caseworker, 21));
    let raise = format!("/api/persons/{}/complaints", o.mother);
    let post = async |who: &As<'_>, path: &str, key: &str, body: serde_json::Value| {
        send(&o.app, Method::POST, path, who, key, body.to_string()).await
    };
    let get = async |who: &As<'_>, path: &str| send(&o.app, Method::GET, path, who, "", String::new()).await;
    let words = json!({ "kind": "delay", "words": "It takes too long." });
    let (status, made) = post(&mother, &raise, "complaint-1", words.clone()).await;
    assert_eq!((status, made["due_on"].is_string()), (201, true), "{made}");
    assert_eq!(post(&mother, &raise, "complaint-1", words.clone()).await.1, made, "told twice is told once");
    let wrong = json!({ "kind": "weather", "words": "It rains." });
    assert_eq!(post(&mother, &raise, "complaint-2", wrong).await.1["errors"][0]["pointer"], "/kind");
    assert!(matches!(post(&As::Machine(&o.ministry), &raise, "complaint-3", words).await.0, 403 | 404));

    for (who, expected) in [(&mother, 403), (&As::Person(Role::Analyst, 24), 403), (&worker, 200)] {
        assert_eq!(get(who, "/api/complaints").await.0, expected);
    }
    let (_, list) = get(&worker, "/api/complaints").await;
    assert_eq!(list["complaints"][0]["id"], made["complaint"], "{list}");
    let path = format!("/api/complaints/{}", made["complaint"].as_str().unwrap());
    let (status, one) = get(&worker, &path).await;
    assert_eq!((status, &one["person"]), (200, &json!(o.mother)), "{one}");
    let nobody = json!({ "to": o.child });
    assert_eq!(post(&worker, &format!("{path}/assignment"), "assign-01", nobody).await.0, 422);
    let back = json!({ "to": null });
    assert_eq!(post(&worker, &format!("{path}/assignment"), "assign-02", back).await.0, 200);
    let sorry = json!({ "words": "We are sorry." });
    assert_eq!(post(&mother, &format!("{path}/answer"), "answer-01", sorry.clone()).await.0, 403);
    let (status, told) = post(&worker, &format!("{path}/answer"), "answer-02", sorry.clone()).await;
    assert_eq!((status, &told["status"]), (200, &json!("answered")), "{told}");
    assert_eq!(post(&worker, &format!("{path}/answer"), "answer-03", sorry).await.0, 409);
    let (_, mine) = get(&mother, &raise).await;
    assert_eq!(mine["complaints"][0]["answer"], "We are sorry.", "{mine}");
    assert_eq!(mine["complaints"][0]["assigned_to"], json!(null), "who has it is the office's to know");
}
