//! What must be so about indicators, with the real packs and real databases.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod records;

use std::path::Path;

#[tokio::test]
async fn every_statement_prepares_on_both_engines_and_the_schema_can_be_distributed() {
    assert_eq!(store::lint(&indicator::SCHEMA), Vec::<String>::new());
    for db in store::testing::databases(records::SCHEMAS).await.unwrap() {
        store::testing::prepare_all(&db, &indicator::statements()).await;
    }
}

#[test]
fn every_case_of_every_pack_holds() {
    for dir in ["korea", "kazakhstan"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs").join(dir);
        let pack = catalogue::Pack::load(&path).map(|l| l.pack).unwrap_or_else(|faults| panic!("{faults:#?}"));
        let report = indicator::cases::run(&pack, "");
        assert!(report.bad.is_empty() && report.good >= 2, "{dir}: {}", report.text());
    }
}
