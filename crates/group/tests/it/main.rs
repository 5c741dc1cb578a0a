//! What must be so about mothers' groups, on both engines.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod office;
mod story;

#[tokio::test]
async fn every_statement_prepares_on_both_engines_and_the_schema_can_be_distributed() {
    assert_eq!(store::lint(&group::SCHEMA), Vec::<String>::new());
    for db in store::testing::databases(office::SCHEMAS).await.unwrap() {
        store::testing::prepare_all(&db, group::STATEMENTS).await;
    }
}
