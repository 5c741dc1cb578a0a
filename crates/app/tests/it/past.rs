//! What nurses did before the town of a demonstration begins: districts have figures, families their visits behind them, and surveys their time. In both
//! countries, on both databases.

use std::path::Path;
use std::sync::Arc;

use app::config::Config;
use app::demo;
use app::runtime::Runtime;
use app::work;
use kernel::{Date, Instant};
use store::{StoreError, transact};

use crate::clock::standing;
use crate::harness::town::{copy, fresh_schema};

/// A noon in November, so that eight months lie in the year of the protocols.
const START: Date = Date::constant(2026, 11, 21);

/// A demonstration of few people in which many children were born.
async fn prepared(country: &str, home: &Path, database: String) -> Arc<Runtime> {
    let pack = home.join("pack");
    copy(&Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../packs")).join(country), &pack);
    let town = pack.join("demo").join("town.toml");
    let text = std::fs::read_to_string(&town).unwrap();
    let more = text
        .replace("births_per_thousand = 7", "births_per_thousand = 240")
        .replace("births_per_thousand = 4", "births_per_thousand = 140")
        .replace("sent_on = 25", "sent_on = 100")
        .replace("sent_on = 30", "sent_on = 100");
    assert_ne!(text, more);
    std::fs::write(&town, more.replace("months = 8", "months = 5")).unwrap();
    let config = Config { database, data: home.join("data"), pack, ..Config::default() };
    std::fs::create_dir_all(&config.data).unwrap();
    let (runtime, _) = standing(config, Instant::start_of(START).plus_seconds(3 * 3_600)).await;
    demo::prepare(&runtime, Some(60), None).await.unwrap();
    runtime
}

async fn number(runtime: &Runtime, sql: &'static str) -> i64 {
    let mut tx = runtime.state.db.read().await.unwrap();
    tx.one(sql, &[]).await.unwrap().get("n").unwrap()
}

async fn looks_back(country: &str, district: &str, database: impl AsyncFnOnce() -> String) {
    let home = tempfile::tempdir().unwrap();
    let runtime = prepared(country, home.path(), database().await).await;
    let (state, pack) = (&runtime.state, runtime.state.packs.current());
    let desk = visit::Desk { pack: &pack, keys: &runtime.keys, ids: &*state.ids, now: state.now() };
    // What any night does.
    transact!(state.db, StoreError, |tx| {
        survey::invite::queue(tx, &desk).await?;
        indicator::round::queue(tx, &desk).await
    })
    .unwrap();
    work::until_idle(&runtime).await.unwrap();

    let mut tx = state.db.read().await.unwrap();
    for (indicator, least) in [("coverage_4w", 1), ("caseload", 2), ("breastfed", 1), ("screen_after", 1)] {
        let told = indicator::read::figures(&mut tx, indicator).await.unwrap();
        // Where one of two places is too small, the other is kept back with it, and the country around them tells.
        let around = |place: &str| place == district || district.split('-').next() == Some(place);
        let here = told.iter().filter(|((_, place), told)| around(place) && told.is_some()).count();
        assert!(here >= least, "{country} {indicator}: {told:?}");
    }
    drop(tx);
    // Nobody was visited before birth, before the family agreed, or on a day still to come; nothing was kept aside.
    let visits = "select count(*) as n from visit_submission where kind = 'visit'";
    assert!(number(&runtime, visits).await > 100);
    assert_eq!(number(&runtime, "select count(*) as n from visit_submission where status <> 'accepted'").await, 0);
    assert_eq!(number(&runtime, "select count(*) as n from visit_alert").await, 0, "nobody is in danger");
    assert_eq!(number(&runtime, "select count(*) as n from outbox_dead").await, 0);
    // Surveys were answered, and some families are asked now.
    assert!(number(&runtime, "select count(*) as n from survey_answer").await > 20);
    assert!(
        number(&runtime, "select count(*) as n from survey_invitation where status = 'open' and sent_at is null").await
            > 0
    );
    // Families of today are in nurses' hands as in any demonstration, and one waits to be asked.
    assert!(
        number(&runtime, "select count(*) as n from visit_enrolment where consented_at is null and left_on is null")
            .await
            > 0
    );
    let other = "select count(*) as n from visit_tier";
    assert!(number(&runtime, other).await > 3, "some families got more");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_korean_town_has_a_past() {
    looks_back("korea", "kr-11-680", async || "sqlite:hearth.sqlite".to_owned()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kazakh_town_has_a_past() {
    looks_back("kazakhstan", "kz-43-kyzylorda", async || "sqlite:hearth.sqlite".to_owned()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_past_on_postgresql() {
    let Ok(server) = std::env::var("HEARTH_TEST_POSTGRES") else { return };
    looks_back("korea", "kr-11-680", async || fresh_schema(&server).await).await;
}
