//! A whole installation in temporary folders.

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use guard::log::Log;
use guard::{Guard, Keys, Policies};
use kernel::{Clock, FixedClock, Ids, Instant, SeededIds};
use tower::ServiceExt;
use web::{AppState, Config, Packs};

/// An installation; the folder lives as long as the value.
pub(crate) async fn installation() -> (AppState, tempfile::TempDir) {
    installation_of(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/korea")).await
}

/// The same with the pack of another folder.
pub(crate) async fn installation_of(pack: &Path) -> (AppState, tempfile::TempDir) {
    installation_on(pack, store::testing::sqlite(SCHEMAS).await.expect("a database"))
}

/// One on each engine at hand.
pub(crate) async fn installations(pack: &Path) -> Vec<(AppState, tempfile::TempDir)> {
    let databases = store::testing::databases(SCHEMAS).await.expect("databases");
    databases.into_iter().map(|db| installation_on(pack, db)).collect()
}

const SCHEMAS: &[store::Schema] = &[
    store::SCHEMA,
    guard::account::SCHEMA,
    registry::SCHEMA,
    casework::SCHEMA,
    payment::SCHEMA,
    population::scenario::SCHEMA,
    visit::SCHEMA,
    survey::SCHEMA,
    evaluation::SCHEMA,
    group::SCHEMA,
    indicator::SCHEMA,
    workforce::SCHEMA,
    referral::SCHEMA,
];

fn installation_on(pack: &Path, db: store::Db) -> (AppState, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let clock: Arc<dyn Clock> =
        Arc::new(FixedClock::at(Instant::start_of(jiff::civil::date(2026, 11, 21)).plus_seconds(3600)));
    let ids: Arc<dyn Ids> = Arc::new(SeededIds::new(7));
    let keys = Arc::new(Keys::open(&folder.path().join("keys")).expect("keys"));
    let log = Log::open(&folder.path().join("log"), keys.clone()).expect("a log");
    let policies = Policies::built_in().expect("policies");
    let state = AppState {
        db,
        packs: Packs::open(pack, folder.path()).expect("the pack is sound"),
        guard: Arc::new(Guard::new(policies, log, keys, clock.clone(), ids.clone())),
        clock,
        ids,
        config: Arc::new(Config { demo: true, compares: true, ..Config::default() }),
    };
    (state, folder)
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: String,
    /// Where it sends the browser; empty: nowhere.
    pub(crate) location: String,
}

pub(crate) async fn send(app: &Router, request: Request<Body>) -> Answer {
    let response = app.clone().oneshot(request).await.expect("the router answers");
    let status = response.status();
    let location = response.headers().get(header::LOCATION).and_then(|to| to.to_str().ok());
    let location = location.unwrap_or_default().to_owned();
    let bytes = axum::body::to_bytes(response.into_body(), 16 << 20).await.expect("a body");
    Answer { status, body: String::from_utf8_lossy(&bytes).into_owned(), location }
}

pub(crate) async fn get(app: &Router, path: &str) -> Answer {
    send(app, Request::get(path).header(header::ACCEPT_LANGUAGE, "ko,en;q=0.5").body(Body::empty()).expect("a request"))
        .await
}

pub(crate) async fn post(app: &Router, path: &str, fields: &[(&str, &str)]) -> Answer {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let request = Request::post(path)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::ACCEPT_LANGUAGE, "en")
        .header("sec-fetch-site", "same-origin")
        .body(Body::from(body));
    send(app, request.expect("a request")).await
}

/// Keeps a page beside the samples, to be looked at and to be tested in a browser.
pub(crate) fn keep(name: &str, page: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/pages");
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join(name), page.replace("href=\"/assets/", "href=\"assets/")).expect("a file");
}
