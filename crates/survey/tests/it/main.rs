//! What must be so about surveys, with the real packs and real databases.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod figures;
mod office;
mod pack;
mod story;

#[tokio::test]
async fn every_statement_prepares_on_both_engines_and_the_schema_can_be_distributed() {
    assert_eq!(store::lint(&survey::SCHEMA), Vec::<String>::new());
    for db in store::testing::databases(office::SCHEMAS).await.unwrap() {
        store::testing::prepare_all(&db, survey::STATEMENTS).await;
    }
}
