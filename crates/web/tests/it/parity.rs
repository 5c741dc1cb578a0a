//! What pages do, programs can do: every form's address stands in `parity.txt` beside the operation that does the same, or a reason.

use std::collections::{BTreeMap, BTreeSet};

use fhir::surface::SURFACE;

/// The addresses that take a form, as the routers write them down.
fn forms() -> BTreeSet<String> {
    let sources = [include_str!("../../src/router.rs"), include_str!("../../src/sign_in/mod.rs")];
    let mut found = BTreeSet::new();
    for source in sources {
        // What stands between one route and the next says how it may be asked.
        for written in source.split(".route(").skip(1) {
            let (_, rest) = written.split_once('"').expect("a route begins with its address");
            let (pattern, how) = rest.split_once('"').expect("an address ends");
            let how = how.split("\n}").next().unwrap_or(how);
            // The bank's files come through a handler with a limit of its own.
            if how.contains("post(") || how.contains(", files)") {
                found.insert(pattern.to_owned());
            }
        }
    }
    found
}

/// What the table says, by address.
fn table() -> BTreeMap<String, String> {
    let lines = include_str!("parity.txt").lines().filter(|l| !l.is_empty() && !l.starts_with('#'));
    let mut table = BTreeMap::new();
    for line in lines {
        let (pattern, says) = line.split_once(' ').expect("an address and what it is");
        assert!(table.insert(pattern.to_owned(), says.trim().to_owned()).is_none(), "{pattern} stands twice");
    }
    table
}

#[test]
fn every_form_has_its_operation_or_a_reason() {
    let (forms, table) = (forms(), table());
    assert!(forms.len() > 70, "only {} forms are found in the router", forms.len());
    let named: BTreeSet<String> = table.keys().cloned().collect();
    assert_eq!(forms, named, "parity.txt and the router do not have the same forms");

    let document: serde_json::Value = serde_json::from_str(&web::api::document()).unwrap();
    for (pattern, says) in &table {
        if let Some(why) = says.strip_prefix("- ") {
            assert!(why.split(' ').count() > 2, "{pattern}: {why:?} is no reason");
            continue;
        }
        for operation in says.split(", ") {
            let known = match operation.split(' ').collect::<Vec<_>>().as_slice() {
                ["FHIR", "POST", kind] => SURFACE.iter().any(|s| s.kind == *kind && s.create),
                ["FHIR", "PUT", kind] => SURFACE.iter().any(|s| s.kind == *kind && s.update),
                [method, path] => document["paths"][*path][method.to_lowercase()].is_object(),
                _ => false,
            };
            assert!(known, "{pattern}: {operation:?} is no operation that is served");
        }
    }
}
