//! Cases through the API: a family reads and objects, officials prepare, sign and review, and the decision file replays.

use std::sync::atomic::{AtomicU32, Ordering};

use axum::http::Method;
use casework::case::advance;
use guard::Role;
use kernel::{CaseId, PersonId};
use serde_json::{Value, json};
use store::{StoreError, transact};
use uuid::Uuid;

use crate::stages::{As, Office, office, send};

async fn get(o: &Office, who: &As<'_>, path: &str) -> (u16, Value) {
    send(&o.app, Method::GET, path, who, "", String::new()).await
}

async fn post(o: &Office, who: &As<'_>, path: &str, body: Value) -> (u16, Value) {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let key = format!("key-{:06}", NEXT.fetch_add(1, Ordering::Relaxed));
    send(&o.app, Method::POST, path, who, &key, body.to_string()).await
}

/// A case that waits for an agency.
async fn case(o: &Office) -> String {
    let apply = json!({
        "applicant": o.mother,
        "programmes": [{ "programme": "child_allowance", "subject": { "person": o.child } }]
    });
    let (_, applied) = post(o, &As::Machine(&o.ministry), "/api/stages/application", apply).await;
    let case = applied["cases"][0]["case"].as_str().unwrap().to_owned();
    let id: CaseId = case.parse().unwrap();
    let pack = o.state.packs.current();
    let now = o.state.now();
    let desk = casework::Desk { pack: &pack, keys: o.state.guard.keys(), ids: &*o.state.ids, now };
    transact!(o.state.db, StoreError, |tx| advance::run(tx, &desk, id).await).unwrap();
    case
}

#[tokio::test]
async fn a_case_is_read_decided_by_two_objected_to_and_replayed() {
    let o = office().await;
    let case = case(&o).await;
    let path = format!("/api/cases/{case}");
    let mother = As::Citizen(o.mother);
    let (worker, one, two) =
        (As::Person(Role::Caseworker, 21), As::Person(Role::Approver, 22), As::Person(Role::Approver, 23));
    let (status, list) = get(&o, &mother, &format!("/api/households/{}/cases", o.household)).await;
    assert_eq!((status, &list["cases"][0]["case"]["id"]), (200, &json!(case)), "{list}");
    for stranger in [As::Citizen(PersonId(Uuid::from_u128(9))), As::Person(Role::Analyst, 24), As::Machine(&o.ministry)]
    {
        let (status, told) = get(&o, &stranger, &path).await;
        assert!(matches!(status, 403 | 404), "{told}");
    }
    let (status, read) = get(&o, &worker, &path).await;
    assert_eq!((status, read["case"]["stage"].as_str()), (200, Some("investigating")), "{read}");
    let stale = json!({ "revision": 99 });
    assert_eq!(post(&o, &worker, &format!("{path}/decision"), stale).await.0, 409);
    let other = json!({
        "revision": read["case"]["revision"],
        "override": {
            "grant": true, "slices": [{ "from": "2026-11-01", "minor": 100_000 }],
            "reason": "the family register was shown", "law": "the law"
        }
    });
    let (status, put) = post(&o, &worker, &format!("{path}/decision"), other.clone()).await;
    assert_eq!((status, put["outcome"].as_str()), (201, Some("approval")), "{put}");
    let decision = format!("/api/decisions/{}", put["decision"].as_str().unwrap());
    // What is only prepared is not told; who prepared it cannot sign; a family signs nothing.
    assert_eq!(get(&o, &mother, &decision).await.0, 404);
    assert_eq!(get(&o, &mother, &format!("{decision}/file")).await.0, 404);
    let agrees = json!({ "agrees": true });
    assert_eq!(post(&o, &worker, &format!("{decision}/approval"), agrees.clone()).await.0, 403);
    assert_eq!(post(&o, &mother, &format!("{decision}/approval"), agrees.clone()).await.0, 403);
    let (status, work) = get(&o, &one, "/api/worklist?scope=office&kind=approve").await;
    assert_eq!((status, &work["lines"][0]["case"]), (200, &json!(case)), "{work}");
    // The task is taken, put back, and given to nobody outside of the office.
    let assignment = format!("/api/tasks/{}/assignment", work["lines"][0]["task"].as_str().unwrap());
    for (who, to, expected) in [
        (&one, json!(Uuid::from_u128(22)), 200),
        (&one, Value::Null, 200),
        (&one, json!(Uuid::from_u128(99)), 422),
        (&mother, json!(Uuid::from_u128(500)), 403),
    ] {
        let (status, told) = post(&o, who, &assignment, json!({ "to": to })).await;
        assert_eq!(status, expected, "{told}");
    }
    let (_, mine) = get(&o, &one, "/api/worklist?scope=mine").await;
    assert_eq!(mine["lines"], json!([]), "it was put back");
    assert_eq!(get(&o, &one, "/api/worklist?kind=nothing").await.1["errors"][0]["pointer"], "query:kind");
    let refuses = json!({ "agrees": false });
    assert_eq!(post(&o, &one, &format!("{decision}/approval"), refuses).await.1["errors"][0]["pointer"], "/words");
    let (status, signed) = post(&o, &one, &format!("{decision}/approval"), agrees).await;
    assert_eq!((status, signed["outcome"].as_str()), (200, Some("in_force")), "{signed}");
    // The family reads the notice, takes the file, and objects once.
    let (status, told) = get(&o, &mother, &decision).await;
    assert_eq!(
        (status, told["status"].as_str(), told["granted"].as_bool()),
        (200, Some("in_force"), Some(true)),
        "{told}"
    );
    assert!(told["notices"].as_array().unwrap().iter().any(|n| n["language"] == "en" && !n["parts"][0].is_null()));
    let (status, file) = get(&o, &mother, &format!("{decision}/file")).await;
    assert_eq!(status, 200, "{file}");
    let file: casework::decide::file::File = serde_json::from_value(file).unwrap();
    casework::decide::file::replay(&o.state.packs.current(), &file).unwrap();
    assert_eq!(post(&o, &mother, &format!("{path}/withdrawal"), json!({})).await.0, 409, "it is decided");
    assert_eq!(post(&o, &mother, &format!("{path}/hearing"), json!({ "words": "why so late" })).await.0, 409);
    let why = json!({ "words": "It should begin in June." });
    let (status, objected) = post(&o, &mother, &format!("{decision}/objection"), why).await;
    assert_eq!(status, 201, "{objected}");
    let again = json!({ "words": "Once more: in June." });
    assert_eq!(post(&o, &mother, &format!("{decision}/objection"), again).await.0, 409);
    let review = format!("/api/objections/{}/review", objected["objection"].as_str().unwrap());
    let stands = json!({ "outcome": "stands", "words": "The claim came in November." });
    assert_eq!(post(&o, &one, &review, stands.clone()).await.0, 403, "who signed cannot review");
    assert_eq!(post(&o, &two, &review, json!({ "outcome": "otherwise", "words": "no result" })).await.0, 422);
    let (status, reviewed) = post(&o, &two, &review, stands).await;
    assert_eq!((status, reviewed["outcome"].as_str()), (200, Some("no_news")), "{reviewed}");
    // Once more, to the office above: nobody of this office reviews that.
    let again = json!({ "words": "June is when he was born." });
    let (status, second) = post(&o, &mother, &format!("{decision}/objection"), again).await;
    assert_eq!(status, 201, "{second}");
    let review = format!("/api/objections/{}/review", second["objection"].as_str().unwrap());
    let stands = json!({ "outcome": "stands", "words": "The claim came in November." });
    for number in [23, 25] {
        let (status, told) = post(&o, &As::Person(Role::Approver, number), &review, stands.clone()).await;
        assert_eq!(status, 403, "{told}");
    }
    let (_, read) = get(&o, &mother, &path).await;
    assert!(read["objections"].as_array().unwrap().iter().any(|o| o["level"] == 2 && o["status"] == "open"), "{read}");
    // A court orders otherwise: an approver carries it out, nobody else, and it holds at once.
    let order = json!({
        "grant": true, "slices": [{ "from": "2026-06-01", "minor": 100_000 }],
        "reason": "Seoul Administrative Court, 20 November 2026, 2026gu1", "law": "Administrative Litigation Act art. 30"
    });
    let court = format!("{decision}/court-order");
    for (who, expected) in [(&worker, 403), (&mother, 403)] {
        assert_eq!(post(&o, who, &court, order.clone()).await.0, expected);
    }
    let mut silent = order.clone();
    silent["law"] = json!("x");
    assert_eq!(post(&o, &two, &court, silent).await.0, 422);
    let (status, ordered) = post(&o, &two, &court, order.clone()).await;
    assert_eq!((status, ordered["outcome"].as_str()), (200, Some("in_force")), "{ordered}");
    assert_eq!(post(&o, &two, &court, order).await.0, 409, "the decision it was about does not hold any more");
    let (_, told) = get(&o, &mother, &format!("/api/decisions/{}", ordered["decision"].as_str().unwrap())).await;
    assert_eq!(told["slices"][0]["from"], "2026-06-01", "{told}");
    let (_, read) = get(&o, &mother, &path).await;
    let objections = read["objections"].as_array().unwrap();
    let ended = |kind: &str, status: &str| objections.iter().any(|o| o["kind"] == kind && o["status"] == status);
    assert!(ended("objection", "rejected") && ended("court_order", "granted"), "{read}");
    assert_eq!(read["tasks"], json!([]), "tasks are for officials");
}

#[tokio::test]
async fn a_family_answers_what_it_is_asked_and_takes_an_application_back() {
    let o = office().await;
    let case = case(&o).await;
    let path = format!("/api/cases/{case}");
    let mother = As::Citizen(o.mother);
    let answers = |subject: Value, item: &str, value: Value| json!({ "answers": [{ "subject": subject, "item": item, "value": value }] });
    let child = json!({ "person": o.child });
    let (status, told) =
        post(&o, &mother, &format!("{path}/answers"), answers(child.clone(), "nationality", json!("korean"))).await;
    assert_eq!(status, 200, "{told}");
    for (subject, item, value, expected) in [
        (child.clone(), "nationality", json!("martian"), 422),
        (child.clone(), "nothing", json!(1), 422),
        (json!({ "person": Uuid::from_u128(4) }), "nationality", json!("korean"), 403),
    ] {
        let (status, told) = post(&o, &mother, &format!("{path}/answers"), answers(subject, item, value)).await;
        assert_eq!(status, expected, "{told}");
    }
    let stranger = As::Citizen(PersonId(Uuid::from_u128(9)));
    assert!(matches!(post(&o, &stranger, &format!("{path}/withdrawal"), json!({})).await.0, 403 | 404));
    assert_eq!(post(&o, &mother, &format!("{path}/withdrawal"), json!({ "reason": "we moved" })).await.0, 200);
    let (_, read) = get(&o, &mother, &path).await;
    assert_eq!(read["case"]["stage"], "withdrawn", "{read}");
    let late = post(&o, &mother, &format!("{path}/answers"), answers(child, "nationality", json!("other"))).await;
    assert!(matches!(late.0, 409 | 422), "{}", late.1);
}
