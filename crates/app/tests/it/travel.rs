//! Time travel in a demonstration: no day is left out, and only the demonstration goes on with a clock that was moved.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use app::config::Config;
use app::demo_clock::DemoClock;
use app::runtime::{OpenError, Runtime};
use app::work;
use kernel::{Date, Instant};
use serde_json::json;
use store::{StoreError, params, transact};
use web::demo::Hands as _;

fn day_of(start: Date, days: i64) -> Date {
    start.saturating_add(jiff::Span::new().days(days))
}

const REFERRAL: &str = "insert into referral (person_id, referral_id, service, agency, need, reason, shares, agreed_by, agreed_on, sensitive, discreet, clocks, from_agency, from_place,
    account_id, status, revision, steps, since, clock, due_on, reminded, requested_at)
    values ($1, $1, 'x', 'health_centre', 'x', 'x', '{\"name\":false,\"birth_date\":false}', $1, $2, $4, $4, $5, 'health_centre', '', $1, 'requested', 1, 1, $2, 'receive', $3, $4, 0)";

#[tokio::test(flavor = "multi_thread")]
async fn the_worker_takes_the_clock_day_by_day_and_does_each_days_work() {
    let home = tempfile::tempdir().unwrap();
    let pack = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../packs/korea"));
    let config = Config { data: home.path().into(), pack: pack.into(), ..Config::default() };
    let clock = Arc::new(DemoClock::open(home.path()).unwrap());
    let runtime = Arc::new(Runtime::demo(config.clone(), clock.clone()).await.unwrap());
    let start = runtime.state.today();
    // To arrive within two days, reminded the day before, over four days after.
    let clocks = json!({ "receive": 2, "answer": 5, "finish": 60, "close": 5, "remind": 1, "expire": 4 }).to_string();
    let (id, due) = (runtime.state.ids.uuid(runtime.state.now()), day_of(start, 2));
    transact!(runtime.state.db, StoreError, |tx| tx
        .execute(REFERRAL, params![id, start, due, false, clocks.as_str()])
        .await)
    .unwrap();
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let worker = {
        let runtime = runtime.clone();
        tokio::spawn(async move { work::run(&runtime, stopped).await })
    };
    clock.send(12 * 86_400).unwrap();
    let arrived = async {
        while clock.goes_to().is_some() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), arrived).await.expect("the clock arrives");
    let goal = runtime.state.today();
    assert_eq!((goal - start).get_days(), 12);
    // What time does to a referral it did on each day, in order: nothing was jumped over.
    let offset = runtime.state.packs.current().manifest().utc_offset_hours;
    let steps = async || {
        let mut tx = runtime.state.db.read().await.unwrap();
        let rows = tx
            .all("select act, at from referral_step where referral_id = $1 order by number", params![id])
            .await
            .unwrap();
        let read = |row: &store::Row| {
            let act: serde_json::Value = row.json("act").unwrap();
            let at: Instant = row.get("at").unwrap();
            ((at.date(offset) - start).get_days(), act["act"].as_str().unwrap().to_owned())
        };
        rows.iter().map(read).collect::<Vec<_>>()
    };
    let all = async {
        while steps().await.len() < 4 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let _ = tokio::time::timeout(Duration::from_secs(30), all).await;
    let expected =
        [(1, "remind"), (3, "escalate"), (7, "expire"), (11, "remind")].map(|(day, act)| (day, act.to_owned()));
    assert_eq!(steps().await, expected);
    stop.send(true).unwrap();
    worker.await.unwrap();
    drop(runtime);
    // By the machine's clock nobody opens this folder again; the demonstration goes on where it was.
    let refused = Runtime::open(config.clone()).await.err();
    assert!(matches!(refused, Some(OpenError::Moved(_))), "{refused:?}");
    let again = Runtime::demo(config, Arc::new(DemoClock::open(home.path()).unwrap())).await.unwrap();
    assert_eq!(again.state.today(), goal);
}
