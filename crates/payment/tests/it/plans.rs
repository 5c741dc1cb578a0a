//! How SQLite goes about the statements a run repeats for every page: by the order they ask for, never sorting all there is.

use store::Engine;

#[tokio::test]
async fn a_page_of_a_run_is_found_in_order_and_not_sorted() {
    for db in store::testing::databases(crate::desk::SCHEMAS).await.unwrap() {
        if db.engine() != Engine::Sqlite {
            continue;
        }
        let mut tx = db.read().await.unwrap();
        for (name, first) in [
            ("DUE", "SEARCH e USING INDEX entitlement_by_id (entitlement_id>?)"),
            ("WAITS", "SEARCH i USING INDEX instalment_open ((entitlement_id,period,part)>(?,?,?))"),
            ("READY", "SEARCH run_line USING PRIMARY KEY (run_id=? AND (entitlement_id,period,part)>(?,?,?))"),
            ("SENDS", "SEARCH l USING PRIMARY KEY (run_id=? AND (entitlement_id,period,part)>(?,?,?))"),
            ("RECOVERY_OPEN_OF", "SEARCH recovery USING INDEX sqlite_autoindex_recovery_1 (person_id=?)"),
            ("CLOCK", "SEARCH entitlement USING INDEX entitlement_by_id (entitlement_id=?)"),
        ] {
            let statements = payment::statements();
            // Of two that bear a name, those of the runs come last.
            let text = statements.iter().copied().flatten().rfind(|(named, _)| *named == name).unwrap().1;
            let explained: &'static str = format!("explain query plan {text}").leak();
            let parameters = text.split('$').skip(1).filter_map(|rest| {
                rest.split(|c: char| !c.is_ascii_digit()).next().and_then(|n| n.parse::<usize>().ok())
            });
            let values = vec![store::Value::Int(None); parameters.max().unwrap()];
            let plan = tx.all(explained, &values).await.unwrap();
            let plan: Vec<String> = plan.iter().map(|row| row.get("detail").unwrap()).collect();
            assert_eq!(plan[0], first, "{name}: {plan:?}");
            let sorts = plan.iter().any(|step| step.contains("TEMP B-TREE"));
            assert!(!sorts || name == "RECOVERY_OPEN_OF", "{name}: {plan:?}");
        }
    }
}
