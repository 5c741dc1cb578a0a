//! Referrals on real SQLite and, when a server is named, real PostgreSQL, under the real pack.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests; the exemption for tests does not reach them"
)]

mod desk;
mod links;
mod model;
mod story;

#[tokio::test]
async fn every_statement_prepares_on_both_engines_and_the_schema_can_be_distributed() {
    assert_eq!(store::lint(&referral::SCHEMA), Vec::<String>::new());
    for db in store::testing::databases(desk::SCHEMAS).await.unwrap() {
        store::testing::prepare_all(&db, referral::STATEMENTS).await;
    }
}
