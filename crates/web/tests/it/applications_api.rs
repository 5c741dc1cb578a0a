//! Applications by programs: a power given to somebody, a draft by them, what they see and do not see of the case, papers.

use axum::http::Method;
use guard::Role;
use kernel::PersonId;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::birth::couple;
use crate::stages::{As, Office, office, raw, send};

async fn get(o: &Office, who: &As<'_>, path: &str) -> (u16, Value) {
    send(&o.app, Method::GET, path, who, "", String::new()).await
}

async fn post(o: &Office, who: &As<'_>, path: &str, key: &str, body: Value) -> (u16, Value) {
    send(&o.app, Method::POST, path, who, key, body.to_string()).await
}

fn wants(o: &Office, programme: &str) -> Value {
    json!({ "programmes": [{ "programme": programme, "subject": { "person": o.child } }] })
}

#[tokio::test]
async fn a_proxy_applies_answers_and_sees_what_the_power_is_good_for_and_the_person_sees_it() {
    let o = office().await;
    let (_, friend, _) = couple(&o.state).await;
    let (mother, proxy) = (As::Citizen(o.mother), As::Citizen(friend));
    let mandates = format!("/api/persons/{}/mandates", o.mother);
    let power = json!({
        "holder": friend, "kind": "proxy", "programmes": ["child_allowance"],
        "valid_from": "2026-11-01", "ground": "signed at home on 1 November"
    });
    assert!(
        matches!(post(&o, &proxy, &mandates, "mandate-0", power.clone()).await.0, 403 | 404),
        "nobody empowers themselves"
    );
    let (status, given) = post(&o, &mother, &mandates, "mandate-1", power.clone()).await;
    assert_eq!(status, 201, "{given}");
    assert_eq!(
        post(&o, &mother, &mandates, "mandate-2", power).await.1,
        given,
        "the same again is the one that stands"
    );
    assert_eq!(get(&o, &mother, &mandates).await.1["mandates"][0]["holder"], json!(friend));

    // The draft: for what the power is good for, by whom it was given to.
    let draft = |programme: &str| json!({ "person": o.mother, "content": wants(&o, programme) });
    assert_eq!(post(&o, &proxy, "/api/drafts", "draft-001", draft("parent_benefit")).await.0, 403);
    let stranger = As::Citizen(PersonId(Uuid::from_u128(9)));
    assert!(matches!(post(&o, &stranger, "/api/drafts", "draft-002", draft("child_allowance")).await.0, 403 | 404));
    let (status, kept) = post(&o, &proxy, "/api/drafts", "draft-003", draft("child_allowance")).await;
    assert_eq!((status, &kept["revision"]), (201, &json!(1)), "{kept}");
    let path = format!("/api/drafts/{}", kept["draft"].as_str().unwrap());
    let (status, shown) = get(&o, &proxy, &path).await;
    assert_eq!((status, &shown["person"]), (200, &json!(o.mother)), "{shown}");
    assert!(
        shown["questions"].as_array().unwrap().iter().all(|q| q["of_person"] == true),
        "not what the state knows: {shown}"
    );
    for nosy in [&stranger, &As::Citizen(o.child), &As::Machine(&o.ministry)] {
        assert!(matches!(get(&o, nosy, &path).await.0, 403 | 404));
    }
    let list = format!("/api/persons/{}/drafts", o.mother);
    assert_eq!(get(&o, &proxy, &list).await.1["drafts"][0]["draft"], kept["draft"]);
    assert_eq!(get(&o, &mother, &list).await.1["drafts"][0]["draft"], kept["draft"]);
    let save = json!({ "revision": 7, "content": wants(&o, "child_allowance") });
    let stale = send(&o.app, Method::PUT, &path, &proxy, "save-0001", save.to_string()).await;
    assert_eq!(stale.0, 409, "{}", stale.1);
    let save = json!({ "revision": 1, "content": wants(&o, "child_allowance") });
    let saved = send(&o.app, Method::PUT, &path, &proxy, "save-0002", save.to_string()).await;
    assert_eq!((saved.0, &saved.1["revision"]), (200, &json!(2)), "{}", saved.1);
    let (status, sent) = post(&o, &proxy, &format!("{path}/sending"), "send-0001", json!({ "revision": 2 })).await;
    assert_eq!(status, 201, "{sent}");
    let again = post(&o, &proxy, &format!("{path}/sending"), "send-0002", json!({ "revision": 2 })).await.1;
    assert_eq!(again["application"], sent["application"], "sent twice is one application");

    // The case: the proxy sees it and may take it back; another case of the child stays closed to them.
    let case = format!("/api/cases/{}", sent["cases"][0]["case"].as_str().unwrap());
    let (status, read) = get(&o, &proxy, &case).await;
    assert_eq!((status, &read["case"]["applicant"]), (200, &json!(o.mother)), "{read}");
    // On the pages too: in their list, under the person's name, and opened.
    let page = async |path: &str| {
        let (status, body) = raw(&o.app, Method::GET, path, &proxy, "", "", String::new()).await;
        (status, String::from_utf8(body).unwrap())
    };
    let (status, mine) = page("/cases").await;
    assert!(status == 200 && mine.contains("위임받은 사람의 신청") && mine.contains("한하늘"), "{mine}");
    assert_eq!(page(&case.replace("/api", "")).await.0, 200);
    let begun = json!({ "person": o.mother, "content": wants(&o, "parent_benefit") });
    let (_, other) = post(&o, &mother, "/api/drafts", "draft-004", begun).await;
    let other = format!("/api/drafts/{}/sending", other["draft"].as_str().unwrap());
    let (status, other) = post(&o, &mother, &other, "send-0003", json!({ "revision": 1 })).await;
    assert_eq!(status, 201, "{other}");
    let closed = format!("/api/cases/{}", other["cases"][0]["case"].as_str().unwrap());
    assert_eq!(get(&o, &mother, &closed).await.0, 200);
    assert!(matches!(get(&o, &proxy, &closed).await.0, 403 | 404));
    assert!(matches!(page(&closed.replace("/api", "")).await.0, 403 | 404));
    assert!(matches!(get(&o, &proxy, &format!("/api/households/{}", o.household)).await.0, 403 | 404));

    // The mother finds the proxy's looks and acts in her own trail, marked as what they are; the child's trail has them too.
    let (_, trail) = get(&o, &mother, &format!("/api/persons/{}/trail", o.mother)).await;
    let by_proxy: Vec<&Value> = trail["looks"].as_array().unwrap().iter().filter(|l| l["by_mandate"] == true).collect();
    let did = |action: &str| by_proxy.iter().any(|l| l["action"] == action && l["allowed"] == true);
    assert!(did("view_entitlements") && did("accept_offer") && did("view_case"), "{trail}");

    // Ended, it opens nothing any more.
    let end = format!("{mandates}/{}/end", given["mandate"].as_str().unwrap());
    assert_eq!(post(&o, &proxy, &end, "mandate-3", json!({})).await.0, 200, "the holder gives it up");
    assert!(matches!(get(&o, &proxy, &case).await.0, 403 | 404));
}

#[tokio::test]
async fn a_paper_is_handed_in_listed_opened_and_removed() {
    let o = office().await;
    let mother = As::Citizen(o.mother);
    let begin = json!({ "person": o.mother, "content": wants(&o, "child_allowance") });
    let (_, kept) = post(&o, &mother, "/api/drafts", "draft-001", begin).await;
    let sending = format!("/api/drafts/{}/sending", kept["draft"].as_str().unwrap());
    let (_, sent) = post(&o, &mother, &sending, "send-0001", json!({ "revision": 1 })).await;
    let papers = format!("/api/cases/{}/papers", sent["cases"][0]["case"].as_str().unwrap());
    // A picture of one point.
    let picture = hex::decode(concat!(
        "89504e470d0a1a0a0000000d4948445200000001000000010806000000",
        "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
    ))
    .unwrap();
    let hand = async |who: &As<'_>, key: &str, query: &str, body: Vec<u8>| {
        let path = format!("{papers}{query}");
        let (status, told) = raw(&o.app, Method::POST, &path, who, key, "application/octet-stream", body).await;
        (status, serde_json::from_slice::<Value>(&told).unwrap_or(Value::Null))
    };
    let (status, told) = hand(&mother, "paper-001", "?item=nothing", picture.clone()).await;
    assert_eq!((status, &told["errors"][0]["pointer"]), (422, &json!("query:item")), "{told}");
    assert_eq!(hand(&mother, "paper-002", "?item=bank_account", b"no picture".to_vec()).await.0, 422);
    assert_eq!(hand(&mother, "paper-003", "", picture.clone()).await.0, 422, "what it is to show is missing");
    let stranger = As::Citizen(PersonId(Uuid::from_u128(9)));
    assert!(matches!(hand(&stranger, "paper-004", "?item=bank_account", picture.clone()).await.0, 403 | 404));
    let (status, kept) = hand(&mother, "paper-005", "?item=bank_account&words=our%20book", picture.clone()).await;
    assert_eq!(status, 201, "{kept}");
    assert_eq!(hand(&mother, "paper-005", "?item=bank_account&words=our%20book", picture).await.1, kept);
    let (_, list) = get(&o, &mother, &papers).await;
    assert_eq!((&list["papers"][0]["id"], &list["papers"][0]["words"]), (&kept["paper"], &json!("our book")), "{list}");
    let worker = As::Person(Role::Caseworker, 21);
    let one = format!("/api/papers/{}", kept["paper"].as_str().unwrap());
    for who in [&mother, &worker] {
        let (status, bytes) = raw(&o.app, Method::GET, &one, who, "", "", String::new()).await;
        assert!(status == 200 && bytes.starts_with(b"\x89PNG"), "{status}");
    }
    for who in [&stranger, &As::Person(Role::Analyst, 24)] {
        assert!(matches!(get(&o, who, &one).await.0, 403 | 404));
        assert!(matches!(get(&o, who, &papers).await.0, 403 | 404));
    }
    assert_eq!(post(&o, &mother, &format!("{one}/removal"), "remove-01", json!({})).await.0, 200);
    assert_eq!(get(&o, &mother, &one).await.0, 404, "its content is gone");
}
