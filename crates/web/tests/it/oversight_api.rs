//! What pages of oversight show, for programs: records that may be one human being, the disclosure log, figures.

use axum::http::Method;
use guard::Role;
use registry::{Origin, Pen};
use serde_json::{Value, json};
use store::{StoreError, transact};

use crate::stages::{As, Office, office, send};

async fn get(o: &Office, who: &As<'_>, path: &str) -> (u16, Value) {
    send(&o.app, Method::GET, path, who, "", String::new()).await
}

async fn post(o: &Office, who: &As<'_>, path: &str, key: &str, body: Value) -> (u16, Value) {
    send(&o.app, Method::POST, path, who, key, body.to_string()).await
}

/// The mother a second time, keyed in at a counter that did not find her; the worker has compared everybody.
async fn twice(o: &Office) -> String {
    let home = json!({
        "since": "2026-05-01",
        "address": { "jurisdiction": "kr-11-680", "line": "테헤란로 1" },
        "members": [{ "person": { "names": [{ "script": "hang", "family": "한", "given": "지우" }],
            "birth_date": "1995-03-02", "sex": "female" }, "role": "head" }]
    });
    let (status, made) = post(o, &As::Person(Role::CounterOfficial, 31), "/api/households", "second-0001", home).await;
    assert_eq!(status, 201, "{made}");
    let origin = Origin::new("mois", "", "test");
    let mut after = None;
    loop {
        let pen = Pen::new(&*o.state.ids, o.state.guard.keys(), o.state.now(), &origin);
        let (last, _) =
            transact!(o.state.db, StoreError, |tx| registry::duplicate::sweep(tx, pen, after).await).unwrap();
        if last.is_none() {
            break;
        }
        after = last;
    }
    made["members"][0].as_str().or(made["persons"][0].as_str()).unwrap().to_owned()
}

#[tokio::test]
async fn doubles_are_compared_joined_and_taken_apart() {
    let o = office().await;
    let double = twice(&o).await;
    let worker = As::Person(Role::Caseworker, 32);
    for (who, path) in [
        (As::Person(Role::CounterOfficial, 31), "/api/duplicates"),
        (As::Person(Role::Finance, 33), "/api/duplicates"),
        (As::Citizen(o.mother), "/api/duplicates"),
    ] {
        let (status, told) = get(&o, &who, path).await;
        assert!(status == 403 || told["proposals"].as_array().is_some_and(Vec::is_empty), "{told}");
    }
    let (status, list) = get(&o, &worker, "/api/duplicates").await;
    assert_eq!(status, 200, "{list}");
    let pair = &list["proposals"][0];
    let both = [pair["person"].as_str().unwrap(), pair["other"].as_str().unwrap()];
    let mother = o.mother.to_string();
    assert!(both.contains(&double.as_str()) && both.contains(&mother.as_str()), "{list}");
    assert!(pair["findings"].as_array().unwrap().contains(&json!("birth_same")));
    let path = format!("/api/duplicates/{mother}/{double}");
    let (status, beside) = get(&o, &worker, &path).await;
    assert_eq!((status, &beside["left"]["birth_date"]), (200, &beside["right"]["birth_date"]), "{beside}");
    let nobody = format!("/api/duplicates/{mother}/00000000-0000-4000-8000-000000000001");
    assert_eq!(get(&o, &worker, &nobody).await.0, 404);
    for wrong in [
        json!({ "outcome": "same", "reason": "the same number" }),
        json!({ "outcome": "same", "keep": "00000000-0000-4000-8000-000000000001", "reason": "the same number" }),
        json!({ "outcome": "different", "keep": mother, "reason": "two people" }),
        json!({ "outcome": "same", "keep": mother, "reason": " x " }),
    ] {
        assert_eq!(post(&o, &worker, &path, "wrong-0001", wrong.clone()).await.0, 422, "{wrong}");
    }
    let same = json!({ "outcome": "same", "keep": mother, "reason": "the passport was seen" });
    let (status, joined) = post(&o, &worker, &path, "joined-001", same.clone()).await;
    assert_eq!((status, &joined["survivor"]), (200, &json!(mother)), "{joined}");
    assert_eq!(post(&o, &worker, &path, "joined-001", same).await.1, joined, "the same key is the same answer");
    let (_, read) = get(&o, &As::Person(Role::CounterOfficial, 31), &format!("/api/persons/{double}")).await;
    assert_eq!(read["id"], json!(mother), "the other leads to it: {read}");
    let undoing = format!("/api/persons/{mother}/merges/{}/undoing", joined["merge"].as_str().unwrap());
    assert_eq!(post(&o, &worker, &undoing, "undone-001", json!({})).await.0, 200);
    assert_eq!(post(&o, &worker, &undoing, "undone-002", json!({})).await.0, 409, "undone already");
    let (_, read) = get(&o, &As::Person(Role::CounterOfficial, 31), &format!("/api/persons/{double}")).await;
    assert_eq!(read["id"], json!(double), "{read}");
}

#[tokio::test]
async fn the_log_is_read_searched_and_verified_and_reading_it_stands_in_it() {
    let o = office().await;
    let counter = As::Person(Role::CounterOfficial, 31);
    for _ in 0..2 {
        assert_eq!(get(&o, &counter, &format!("/api/persons/{}", o.mother)).await.0, 200);
    }
    let privacy = As::Person(Role::PrivacyOfficer, 34);
    assert_eq!(get(&o, &counter, "/api/log/entries").await.0, 403);
    let (status, list) = get(&o, &privacy, &format!("/api/log/entries?person={}", o.mother)).await;
    assert_eq!(status, 200, "{list}");
    let entries = list["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 2, "{list}");
    assert!(entries.iter().all(|e| e["action"] == "view_person" && e["role"] == "counter_official"));
    let (year, number) = (&entries[0]["year"], &entries[0]["number"]);
    let (status, one) = get(&o, &privacy, &format!("/api/log/entries/{year}/{number}")).await;
    assert_eq!((status, &one), (200, &entries[0]));
    assert_eq!(get(&o, &privacy, "/api/log/entries/1999/1").await.0, 404);
    for wrong in ["person=x", "from=yesterday", "before=x", "nothing=1"] {
        assert_eq!(get(&o, &privacy, &format!("/api/log/entries?{wrong}")).await.0, 422, "{wrong}");
    }
    let (status, sound) = post(&o, &privacy, "/api/log/verification", "", json!({})).await;
    assert_eq!((status, &sound["sound"]), (200, &json!(true)), "{sound}");
    let (_, all) = get(&o, &privacy, "/api/log/entries?account=22").await;
    assert!(all["entries"].as_array().unwrap().iter().any(|e| e["action"] == "view_log"), "{all}");
}

#[tokio::test]
async fn figures_are_for_those_who_answer_for_them() {
    let o = office().await;
    let (status, figures) = get(&o, &As::Person(Role::Analyst, 35), "/api/figures?to=2026-11-21").await;
    assert_eq!(
        (status, &figures["from"], &figures["papers_spared"]),
        (200, &json!("2026-08-23"), &json!(0)),
        "{figures}"
    );
    assert_eq!(get(&o, &As::Person(Role::Analyst, 35), "/api/figures?from=2026-12-01&to=2026-11-21").await.0, 422);
    for who in [As::Citizen(o.mother), As::Person(Role::CounterOfficial, 31), As::Machine(&o.ministry)] {
        assert_eq!(get(&o, &who, "/api/figures").await.0, 403);
    }
}
