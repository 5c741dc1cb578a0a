//! Life events, offers and applications on real SQLite and, when a server is named, real PostgreSQL, under the real pack.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests; the exemption for tests does not reach them"
)]

mod again;
mod appeal;
mod application;
mod asked;
mod births;
mod combine;
mod desk;
mod evidence;
mod flow;
mod follow;
mod late;
mod life;
mod moves;
mod offers;
mod parts;
mod payee;
mod powers;
mod protection;
mod requalify;
mod together;
mod touched;
mod worklist;

#[tokio::test]
async fn every_statement_prepares_on_both_engines_and_the_schema_can_be_distributed() {
    assert_eq!(store::lint(&casework::SCHEMA), Vec::<String>::new());
    let statements = casework::statements();
    for db in store::testing::databases(desk::SCHEMAS).await.unwrap() {
        store::testing::prepare_all(&db, &statements).await;
    }
}
