//! A rule changed in the browser, compared, and published by somebody else.

use std::path::Path;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use guard::Role;
use kernel::{Date, Instant};
use population::frame::{Cell, Folder, Header};
use population::scenario::compare;
use population::whatif;
use rules::schema::Entity;
use store::{StoreError, transact};
use tower::ServiceExt;
use web::AppState;

use crate::birth::{Browser, session};
use crate::state::{installation_of, keep};

pub(crate) const FILE: &str = "programmes/child_allowance.toml";
pub(crate) const LIMIT: &str = "12 * min(year(today) - 2017, 13)";

/// A copy of a folder that a test may write into.
pub(crate) fn copied(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        match entry.path().is_dir() {
            true => copied(&entry.path(), &target),
            false => assert!(std::fs::copy(entry.path(), target).is_ok()),
        }
    }
}

/// Where a form leads.
async fn led(browser: &Browser<'_>, path: &str, fields: &[(&str, &str)]) -> String {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let request = Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let response = browser.app.clone().oneshot(browser.request(request, Body::from(body))).await.unwrap();
    assert_eq!(response.status(), StatusCode::SEE_OTHER, "{path} {fields:?}");
    response.headers()[header::LOCATION].to_str().unwrap().to_owned()
}

/// Two families with a child of nine, compared as a worker does.
pub(crate) async fn worked_out(state: &AppState, folder: &Path, comparison: &str) {
    let id = comparison.parse().unwrap();
    let (hash, files) = compare::work(&mut state.db.read().await.unwrap(), id).await.unwrap().unwrap();
    let base = state.packs.by_hash(&hash).unwrap();
    let changed = compare::changed(&base, &files).unwrap();
    let day = Date::constant(2026, 11, 21);
    let header =
        Header { pack: &base, day, as_of: Instant::start_of(day), keys: "none".into(), origin: "two families".into() };
    let snapshot = Folder::create(folder, header).unwrap();
    let (mut writer, mut family) = (snapshot.writer(0), snapshot.family());
    let column = |item: &str| snapshot.shape().column(Entity::Person, item).unwrap();
    let (born, nation) = (column("birth_date"), column("nationality"));
    let korean = snapshot.shape().code(Entity::Person, nation, "korean").unwrap();
    for n in 0..2_u8 {
        family.start([n; 16]);
        let mother = family.member([10 + n; 16]).unwrap();
        let child = family.member([20 + n; 16]).unwrap();
        family.parent(child, mother).unwrap();
        family.set(Some(mother), born, Cell::Date(Date::constant(1988, 1, 1))).unwrap();
        family.set(Some(child), born, Cell::Date(Date::constant(2016, 12, 1))).unwrap();
        family.set(Some(child), nation, Cell::Code(korean)).unwrap();
        writer.push(&family).unwrap();
    }
    snapshot.finish(writer.finish().unwrap()).unwrap();
    let order = whatif::Order { snapshot: folder, base: &base, changed: &changed, on: day, threads: 1 };
    let report = whatif::run(&order, &|_| {}).unwrap();
    transact!(state.db, StoreError, |tx| compare::done(tx, id, state.now(), &report).await).unwrap();
}

pub(crate) fn browser<'a>(app: &'a Router, state: &AppState, role: Role, name: &str) -> Browser<'a> {
    Browser { app, session: session(state, role, None, name), cookie: String::new(), language: "en" }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_is_changed_compared_and_published_by_somebody_else() {
    let folder = tempfile::tempdir().unwrap();
    let pack = folder.path().join("pack");
    copied(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/korea"), &pack);
    let (state, _data) = installation_of(&pack).await;
    let app = web::router(state.clone());
    let analyst = browser(&app, &state, Role::Analyst, "이도윤");
    let official = browser(&app, &state, Role::CounterOfficial, "박서준");
    assert_eq!(official.get("/analyst/scenarios").await.status, StatusCode::FORBIDDEN);
    let programme = analyst.get("/programmes/child_allowance").await;
    assert!(programme.body.contains("What if this were otherwise?"));

    let to = led(&analyst, "/analyst/scenarios", &[("name", "Until 11"), ("file", FILE)]).await;
    let (here, _) = to.split_once("/file?").unwrap();
    let page = analyst.get(&to).await;
    assert_eq!(page.status, StatusCode::OK);
    let text = std::fs::read_to_string(pack.join(FILE)).unwrap();
    assert!(text.contains(LIMIT));

    // A fault has its line, and the text stays in the form.
    let address = format!("{here}/file");
    let wrong = text.replace(LIMIT, "12 * min(yeer(today) - 2015, 13)");
    let refused = analyst.post(&address, &[("path", FILE), ("text", &wrong)]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let line = wrong.lines().position(|l| l.contains("yeer")).unwrap() + 1;
    assert!(refused.body.contains(&format!("{FILE}:{line}:")), "{}", refused.body);
    assert!(refused.body.contains("yeer(today)"));
    keep("flow-scenario-faults.en.html", &refused.body);

    let changed = text.replace(LIMIT, "12 * min(year(today) - 2015, 13)");
    led(&analyst, &address, &[("path", FILE), ("text", &changed)]).await;
    let page = analyst.get(here).await;
    assert!(
        page.body.contains("worked case") && page.body.contains("cases/programmes-child-allowance.yaml"),
        "{}",
        page.body
    );
    keep("flow-scenario.en.html", &page.body);

    // Compared.
    let comparison = led(&analyst, here, &[("act", "compare")]).await;
    let waiting = analyst.app.clone().oneshot(analyst.request(Request::get(&comparison), Body::empty())).await.unwrap();
    assert!(waiting.headers().contains_key(header::REFRESH));
    let id = comparison.rsplit('/').next().unwrap();
    worked_out(&state, &folder.path().join("night"), id).await;
    let result = analyst.get(&comparison).await;
    assert_eq!(result.status, StatusCode::OK);
    // Two families are fewer than five: nothing about them is told.
    assert!(result.body.contains("kept back") && result.body.contains("<svg"), "{}", result.body);
    let table = analyst.get(&format!("{comparison}/table.csv")).await;
    assert!(table.body.contains("programme,child_allowance,,,gained,,x"), "{}", table.body);
    keep("flow-comparison.en.html", &result.body);

    // A worked case that does not hold stops it; so does whoever wrote it.
    let stopped = analyst.post(here, &[("act", "submit")]).await;
    assert_eq!(stopped.status, StatusCode::UNPROCESSABLE_ENTITY);
    let other = text.replace("A sum every month for every young child.", "A sum every month for each young child.");
    assert_ne!(other, text);
    led(&analyst, &address, &[("path", FILE), ("text", &other)]).await;
    led(&analyst, here, &[("act", "submit")]).await;
    let own = analyst.post(here, &[("act", "publish"), ("said", "")]).await;
    assert_eq!(own.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", own.body);
    let mut weak = browser(&app, &state, Role::Administrator, "정하린");
    weak.session.who.strong = false;
    assert_eq!(weak.post(here, &[("act", "publish")]).await.status, StatusCode::FORBIDDEN);
    let before = state.packs.current().content_hash().to_owned();
    let administrator = browser(&app, &state, Role::Administrator, "정하린");
    led(&administrator, here, &[("act", "publish"), ("said", "Seen.")]).await;
    let after = state.packs.current();
    assert_ne!(after.content_hash(), before);
    assert_eq!(std::fs::read_to_string(pack.join(FILE)).unwrap(), other);
    assert!(state.packs.by_hash(&before).is_ok(), "the old version is kept");
    let page = analyst.get(here).await;
    assert!(page.body.contains("정하린: Seen."), "{}", page.body);
}
