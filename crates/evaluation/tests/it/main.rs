//! What must be so about studies: published examples, rows in which nobody stands out, and families that come and go.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod anonymous;
mod export;
mod office;
mod published;
mod report;

#[tokio::test]
async fn every_statement_prepares_on_both_engines_and_the_schema_can_be_distributed() {
    assert_eq!(store::lint(&evaluation::SCHEMA), Vec::<String>::new());
    for db in store::testing::databases(office::SCHEMAS).await.unwrap() {
        store::testing::prepare_all(&db, evaluation::STATEMENTS).await;
        store::testing::prepare_all(&db, survey::STATEMENTS).await;
    }
}
