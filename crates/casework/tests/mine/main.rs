#![allow(clippy::unwrap_used, clippy::indexing_slicing, dead_code)]
#[path = "../it/application.rs"]
mod application;
#[path = "../it/desk.rs"]
mod desk;
#[path = "../it/evidence.rs"]
mod evidence;
#[tokio::test]
async fn every_statement_prepares() {
    assert_eq!(store::lint(&casework::SCHEMA), Vec::<String>::new());
    let statements = casework::statements();
    for db in store::testing::databases(desk::SCHEMAS).await.unwrap() {
        store::testing::prepare_all(&db, &statements).await;
    }
}
