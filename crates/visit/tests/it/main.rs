//! What must be so about home visits, with real figures and real databases.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod care;
mod families;
mod growth;
mod office;
mod schedule;
mod sending;
mod week;

#[tokio::test]
async fn every_statement_prepares_on_both_engines_and_the_schema_can_be_distributed() {
    assert_eq!(store::lint(&visit::SCHEMA), Vec::<String>::new());
    for db in store::testing::databases(office::SCHEMAS).await.unwrap() {
        store::testing::prepare_all(&db, &visit::statements()).await;
    }
}

#[test]
fn every_score_case_of_every_pack_holds() {
    for dir in ["korea", "kazakhstan"] {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs").join(dir);
        let pack = catalogue::Pack::load(&path).map(|l| l.pack).unwrap_or_else(|faults| panic!("{faults:#?}"));
        let report = visit::instrument::cases::run(&pack, "");
        assert!(report.bad.is_empty() && report.good >= 10, "{dir}: {}", report.text());
    }
}
