//! Bundles: what a search found, the versions of a resource, and what became of a transaction.

use serde_json::{Value, json};

use crate::Resource;

/// One page of a search.
#[derive(Debug)]
pub struct Page<'a> {
    /// The address of the server.
    pub base: &'a str,
    /// The address of this page, with its query.
    pub here: String,
    /// The address of the next page; `None`: this is the last.
    pub next: Option<String>,
    /// How many match; `None`: not counted, where counting would tell of people who may not be seen.
    pub total: Option<usize>,
}

/// What a search found: matches, then what was included with them.
pub fn found(page: &Page<'_>, matches: &[Resource], included: &[Resource]) -> Value {
    let entry = |r: &Resource, mode: &str| {
        json!({
            "fullUrl": format!("{}/{}/{}", page.base, r.kind(), r.id()),
            "resource": r.json(),
            "search": { "mode": mode },
        })
    };
    let entries: Vec<Value> =
        matches.iter().map(|r| entry(r, "match")).chain(included.iter().map(|r| entry(r, "include"))).collect();
    let mut links = vec![json!({ "relation": "self", "url": page.here })];
    links.extend(page.next.as_ref().map(|next| json!({ "relation": "next", "url": next })));
    plain(
        json!({ "resourceType": "Bundle", "type": "searchset", "total": page.total, "link": links, "entry": entries }),
    )
}

/// The versions of a resource, the newest first.
pub fn history(base: &str, versions: &[Resource]) -> Value {
    let last = versions.len().saturating_sub(1);
    let entry = |(n, r): (usize, &Resource)| {
        let (method, status) = if n == last { ("POST", "201 Created") } else { ("PUT", "200 OK") };
        let url = if n == last { r.kind().to_owned() } else { format!("{}/{}", r.kind(), r.id()) };
        json!({
            "fullUrl": format!("{base}/{}/{}", r.kind(), r.id()),
            "resource": r.json(),
            "request": { "method": method, "url": url },
            "response": { "status": status, "etag": r.etag() },
        })
    };
    let entries: Vec<Value> = versions.iter().enumerate().map(entry).collect();
    plain(json!({ "resourceType": "Bundle", "type": "history", "total": versions.len(), "entry": entries }))
}

/// What became of one entry of a transaction or batch.
#[derive(Clone, Debug)]
pub struct Answered {
    /// The HTTP status, such as `201 Created`.
    pub status: String,
    /// Where the resource is: `Encounter/…/_history/1`.
    pub location: Option<String>,
    /// Its version.
    pub etag: Option<String>,
    /// What there is to say about it.
    pub outcome: Option<Value>,
    /// What was read.
    pub resource: Option<Value>,
}

/// What became of a transaction or batch, entry by entry.
pub fn answered(batch: bool, all: &[Answered]) -> Value {
    let entry = |a: &Answered| {
        json!({
            "resource": a.resource,
            "response": { "status": a.status, "location": a.location, "etag": a.etag, "outcome": a.outcome },
        })
    };
    let kind = if batch { "batch-response" } else { "transaction-response" };
    plain(json!({ "resourceType": "Bundle", "type": kind, "entry": all.iter().map(entry).collect::<Vec<_>>() }))
}

/// Without anything empty, and without a version of its own: a bundle is no resource that is kept.
fn plain(value: Value) -> Value {
    let mut json = Resource::new(value).json();
    if let Value::Object(map) = &mut json {
        map.remove("meta");
    }
    json
}

/// An OperationOutcome: code and words of each issue, with its place.
pub fn outcome(issues: &[Issue]) -> Value {
    let one = |i: &Issue| {
        json!({
            "severity": i.severity,
            "code": i.code,
            "details": { "text": i.text },
            "diagnostics": i.diagnostics,
            "expression": [i.expression],
        })
    };
    plain(json!({ "resourceType": "OperationOutcome", "issue": issues.iter().map(one).collect::<Vec<_>>() }))
}

/// One thing to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// `error`, `warning` or `information`.
    pub severity: &'static str,
    /// FHIR's kind of issue, such as `invalid` or `not-found`.
    pub code: &'static str,
    /// In the reader's language.
    pub text: String,
    /// Exactly what, for a developer.
    pub diagnostics: Option<String>,
    /// The place, as FHIRPath.
    pub expression: Option<String>,
}
