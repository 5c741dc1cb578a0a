//! `hearth parked`: what failed too often is shown with its reason and runs again when a human being says so, on both engines.

use std::path::Path;
use std::process::Output;
use std::time::Duration;

use app::runtime::{SCHEMAS, SystemClock, SystemIds};
use kernel::Clock as _;
use store::{Db, StoreError, transact};

use crate::harness::server::binary;
use crate::harness::town::fresh_schema;

async fn parked(words: &[&str], data: &Path, database: &str) -> Output {
    let mut command = tokio::process::Command::new(binary());
    command.arg("parked").args(words).env("HEARTH_DATA", data).env("HEARTH_DATABASE", database);
    command.output().await.expect("the binary")
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// A job whose worker fails every time until nobody takes it any more; says how often.
async fn fails(db: &Db, key: &str) -> u32 {
    let now = SystemClock.now();
    transact!(db, StoreError, |tx| tx.queue(&SystemIds, now, "agency.ask", key, 0, &"{}").await).unwrap();
    let mut times = 0;
    loop {
        // Each pause is twice the one before; here days go by at once.
        let then = SystemClock.now().plus_seconds(i64::from(times) * 86_400);
        let failed = transact!(db, StoreError, |tx| {
            match tx.lease_job(then, Duration::from_secs(60)).await? {
                Some(job) => tx.job_failed(&job, then, "the agency's address is wrong").await.map(|()| true),
                None => Ok(false),
            }
        });
        if !failed.unwrap() {
            return times;
        }
        times += 1;
    }
}

async fn on(database: String) {
    let home = tempfile::tempdir().unwrap();
    let database = database.replace("HOME", &home.path().display().to_string());
    let db = Db::open(&database).await.unwrap();
    db.migrate(SCHEMAS).await.unwrap();
    let none = parked(&["list"], home.path(), &database).await;
    assert!(none.status.success() && said(&none).contains("0 parked"), "{}", said(&none));

    assert_eq!(fails(&db, "question 7").await, 12);
    let listed = parked(&["list"], home.path(), &database).await;
    let text = said(&listed);
    for part in ["agency.ask  12 attempts", "about question 7", "the agency's address is wrong", "1 parked"] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    let id = text.split_whitespace().next().unwrap().to_owned();
    for wrong in ["0198c0de-0000-7000-8000-000000000000", "seven"] {
        let refused = parked(&["retry", wrong], home.path(), &database).await;
        assert!(!refused.status.success(), "{}", said(&refused));
    }
    let again = parked(&["retry", &id], home.path(), &database).await;
    assert!(again.status.success() && said(&again).contains("runs again"), "{}", said(&again));
    let twice = parked(&["retry", &id], home.path(), &database).await;
    assert!(said(&twice).contains("nothing parked has the id"), "{}", said(&twice));
    let none = parked(&["list"], home.path(), &database).await;
    assert!(said(&none).contains("0 parked"), "{}", said(&none));
    // A worker takes it at once, as if it had never failed.
    let now = SystemClock.now();
    let lease = transact!(db, StoreError, |tx| tx.lease_job(now, Duration::from_secs(60)).await);
    let job = lease.unwrap().expect("the job is due");
    assert_eq!((job.unique_key.as_str(), job.attempts), ("question 7", 1));
    db.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_failed_too_often_is_listed_and_runs_again_when_told_to() {
    on("sqlite:HOME/hearth.sqlite".to_owned()).await;
    if let Ok(server) = std::env::var("HEARTH_TEST_POSTGRES") {
        on(fresh_schema(&server).await).await;
    }
}
