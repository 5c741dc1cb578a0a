//! Entitlements, runs, bank files and recoveries on real SQLite and, when a server is named, real PostgreSQL.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests; the exemption for tests does not reach them"
)]

mod bank;
mod desk;
mod flow;
mod given;
mod messages;
mod plans;
mod property;
mod reads;
mod steps;

#[tokio::test]
async fn every_statement_prepares_on_both_engines_and_the_schema_can_be_distributed() {
    assert_eq!(store::lint(&payment::SCHEMA), Vec::<String>::new());
    let statements = payment::statements();
    for db in store::testing::databases(desk::SCHEMAS).await.unwrap() {
        store::testing::prepare_all(&db, &statements).await;
    }
}
