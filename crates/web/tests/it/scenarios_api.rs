//! A rule changed, compared and published by programs: the same four eyes as on the pages.

use std::path::Path;

use axum::body::Body;
use axum::http::{Method, Request};
use guard::Role;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::birth::Browser;
use crate::scenarios::{FILE, LIMIT, browser, copied, worked_out};
use crate::state::installation_of;

async fn ask(who: &Browser<'_>, method: Method, path: &str, key: &str, body: Value) -> (u16, Value) {
    let request = Request::builder().method(method).uri(path).header("content-type", "application/json");
    let request = who.request(request.header("idempotency-key", key), Body::from(body.to_string()));
    let response = who.app.clone().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let bytes = axum::body::to_bytes(response.into_body(), 16 << 20).await.unwrap();
    (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
}

async fn get(who: &Browser<'_>, path: &str) -> (u16, Value) {
    ask(who, Method::GET, path, "", Value::Null).await
}

async fn post(who: &Browser<'_>, path: &str, key: &str, body: Value) -> (u16, Value) {
    ask(who, Method::POST, path, key, body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_is_changed_compared_and_published_by_programs() {
    let folder = tempfile::tempdir().unwrap();
    let pack = folder.path().join("pack");
    copied(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/korea"), &pack);
    let (state, _data) = installation_of(&pack).await;
    let app = web::router(state.clone());
    let analyst = browser(&app, &state, Role::Analyst, "이도윤");
    let administrator = browser(&app, &state, Role::Administrator, "정하린");
    let official = browser(&app, &state, Role::CounterOfficial, "박서준");
    assert_eq!(get(&official, "/api/scenarios").await.0, 403);
    assert_eq!(post(&official, "/api/scenarios", "official-1", json!({ "name": "mine" })).await.0, 403);

    // Begun once, however often it is sent.
    let begun = post(&analyst, "/api/scenarios", "begin-0001", json!({ "name": "Until 11" })).await;
    assert_eq!(begun.0, 201, "{}", begun.1);
    assert_eq!(post(&analyst, "/api/scenarios", "begin-0001", json!({ "name": "Until 11" })).await, begun);
    let here = format!("/api/scenarios/{}", begun.1["scenario"].as_str().unwrap());
    assert_eq!(get(&analyst, "/api/scenarios").await.1["scenarios"].as_array().unwrap().len(), 1);

    // A fault has its file and line, and nothing faulty is kept; no path leaves the pack.
    let text = std::fs::read_to_string(pack.join(FILE)).unwrap();
    let (files, acts) = (format!("{here}/files"), format!("{here}/acts"));
    let wrong = text.replace(LIMIT, "12 * min(yeer(today) - 2015, 13)");
    let line = wrong.lines().position(|l| l.contains("yeer")).unwrap() + 1;
    let (status, told) = post(&analyst, &files, "wrong-0001", json!({ "path": FILE, "text": wrong })).await;
    assert_eq!(status, 422, "{told}");
    assert!(told["errors"][0]["pointer"].as_str().unwrap().starts_with(&format!("{FILE}:{line}:")), "{told}");
    let (status, told) = post(&analyst, &files, "path-00001", json!({ "path": "../pack.toml", "text": "x" })).await;
    assert_eq!((status, &told["errors"][0]["pointer"]), (422, &json!("/path")), "{told}");
    assert_eq!(get(&analyst, &here).await.1["files"], json!([]));
    assert_eq!(post(&analyst, &acts, "empty-0001", json!({ "act": "compare" })).await.0, 409, "nothing is changed");

    // Changed: what is different, and which worked cases do not hold, is told.
    let changed = text.replace(LIMIT, "12 * min(year(today) - 2015, 13)");
    let (status, told) = post(&analyst, &files, "change-001", json!({ "path": FILE, "text": changed })).await;
    assert_eq!(status, 200, "{told}");
    let (_, read) = get(&analyst, &here).await;
    assert_eq!(read["files"][0]["path"], FILE, "{read}");
    assert!(!read["differences"].as_array().unwrap().is_empty() && !read["broken"].as_array().unwrap().is_empty());

    // Compared by a worker; few families are kept back.
    let (status, asked) = post(&analyst, &acts, "compare-01", json!({ "act": "compare" })).await;
    assert_eq!(status, 200, "{asked}");
    let comparison = asked["comparison"].as_str().unwrap();
    let at = format!("/api/comparisons/{comparison}");
    let (_, waits) = get(&analyst, &at).await;
    assert_eq!((&waits["progress"], &waits["report"]), (&json!("waiting"), &Value::Null), "{waits}");
    worked_out(&state, &folder.path().join("night"), comparison).await;
    let (_, done) = get(&analyst, &at).await;
    assert_eq!((&done["progress"], done["report"].is_object()), (&json!("done"), true), "{done}");
    assert_eq!(get(&official, &at).await.0, 403);
    assert_eq!(get(&analyst, &here).await.1["comparisons"][0]["current"], true);

    // Broken worked cases stop it, and so does whoever wrote it.
    let (status, told) = post(&analyst, &acts, "submit-001", json!({ "act": "submit" })).await;
    assert_eq!(status, 409, "{told}");
    assert!(told["errors"][0]["pointer"].as_str().unwrap().starts_with("cases/"), "{told}");
    let other = text.replace("A sum every month for every young child.", "A sum every month for each young child.");
    assert_ne!(other, text);
    assert_eq!(post(&analyst, &files, "change-002", json!({ "path": FILE, "text": other })).await.0, 200);
    assert_eq!(post(&administrator, &acts, "early-0001", json!({ "act": "publish" })).await.0, 409, "not handed over");
    assert_eq!(post(&analyst, &acts, "submit-002", json!({ "act": "submit" })).await.0, 200);
    assert_eq!(post(&analyst, &acts, "own-000001", json!({ "act": "publish" })).await.0, 403);
    let mut weak = browser(&app, &state, Role::Administrator, "정하린");
    weak.session.who.strong = false;
    assert_eq!(post(&weak, &acts, "weak-00001", json!({ "act": "publish" })).await.0, 403);
    let before = state.packs.current().content_hash().to_owned();
    let publishes = json!({ "act": "publish", "said": "Seen." });
    let (status, told) = post(&administrator, &acts, "publish-01", publishes.clone()).await;
    assert_eq!(status, 200, "{told}");
    assert_eq!(post(&administrator, &acts, "publish-01", publishes).await, (status, told));
    assert_ne!(state.packs.current().content_hash(), before);
    assert_eq!(std::fs::read_to_string(pack.join(FILE)).unwrap(), other);
    let (_, read) = get(&analyst, &here).await;
    assert_eq!(
        (&read["scenario"]["stage"], &read["scenario"]["said"]),
        (&json!("published"), &json!("Seen.")),
        "{read}"
    );
    assert_eq!(read["scenario"]["published"], state.packs.current().content_hash());
    assert_eq!(post(&analyst, &acts, "unknown-01", json!({ "act": "enact" })).await.0, 422);
}
