//! What must be so about the people who visit, with real figures and real databases.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod handover;
mod office;
mod pack;
mod supervision;
mod training;

#[tokio::test]
async fn every_statement_prepares_on_both_engines_and_the_schema_can_be_distributed() {
    assert_eq!(store::lint(&workforce::SCHEMA), Vec::<String>::new());
    for db in store::testing::databases(office::SCHEMAS).await.unwrap() {
        store::testing::prepare_all(&db, workforce::STATEMENTS).await;
    }
}
