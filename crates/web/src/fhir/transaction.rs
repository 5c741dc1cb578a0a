//! Bundles: a transaction is done whole or not at all; the entries of a batch stand alone.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use fhir::bundle::{Answered, answered};
use fhir::family::sent::encounter_of;
use serde_json::Value;
use store::transact;

use super::acts::{Act, Sent, prepare};
use super::calls::Asked;
use super::write::{RESOURCE, json};
use super::{answer, outcome, read};
use crate::api::call::{Call, lang};
use crate::api::problem::{Code, Fault, FieldFault};
use crate::state::AppState;

/// How many entries a bundle may have.
const MOST: usize = 500;

/// One entry, with its place in the bundle.
#[derive(Clone, Debug)]
struct Entry<'a> {
    number: usize,
    full_url: &'a str,
    method: &'a str,
    url: &'a str,
    resource: &'a Value,
    if_match: Option<&'a str>,
    if_none_exist: Option<&'a str>,
}

impl Entry<'_> {
    fn kind(&self) -> &str {
        self.url.split(['/', '?']).next().unwrap_or_default()
    }

    fn id(&self) -> Option<&str> {
        self.url.split_once('/').map(|(_, id)| id).filter(|id| !id.is_empty())
    }

    /// The fault at its place in the bundle.
    fn fault(&self, mut fault: Fault) -> Fault {
        let place = format!("Bundle.entry[{}]", self.number);
        let moved = |f: &FieldFault| {
            let rest = f.pointer.split_once('.').filter(|(kind, _)| kind.starts_with(char::is_uppercase));
            let pointer =
                rest.map_or_else(|| format!("{place}.request"), |(_, rest)| format!("{place}.resource.{rest}"));
            FieldFault { pointer, message: f.message.clone() }
        };
        fault.errors = fault.errors.iter().map(moved).collect();
        if fault.errors.is_empty() {
            let message = fault.detail.clone().unwrap_or_else(|| "is refused".to_owned());
            fault.errors.push(FieldFault { pointer: place, message });
        }
        fault
    }

    /// Whether a resource belongs to this Encounter.
    fn holds(&self, part: &Value) -> bool {
        let Some(to) = encounter_of(part) else { return false };
        self.kind() == "Encounter" && (to == self.full_url || (self.method == "PUT" && to == self.url))
    }
}

fn entries(bundle: &Value) -> Result<Vec<Entry<'_>>, Fault> {
    let wrong = |place: String, why: &str| Fault::field(Code::Invalid, place, why);
    let list = bundle.get("entry").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if list.is_empty() || list.len() > MOST {
        return Err(wrong("Bundle.entry".to_owned(), "expected 1 to 500 entries"));
    }
    let mut all = Vec::with_capacity(list.len());
    for (number, entry) in list.iter().enumerate() {
        let place = format!("Bundle.entry[{number}].request");
        let request = entry.get("request").ok_or_else(|| wrong(place.clone(), "is missing"))?;
        let text = |name: &str| request.get(name).and_then(Value::as_str);
        let method = text("method").unwrap_or_default();
        if !["GET", "POST", "PUT"].contains(&method) {
            return Err(wrong(format!("{place}.method"), "expected GET, POST or PUT: nothing is ever deleted"));
        }
        let resource = entry.get("resource").unwrap_or(&Value::Null);
        if (method == "GET") != resource.is_null() {
            return Err(wrong(format!("Bundle.entry[{number}].resource"), "belongs to POST and PUT, and to no GET"));
        }
        all.push(Entry {
            number,
            full_url: entry.get("fullUrl").and_then(Value::as_str).unwrap_or_default(),
            method,
            url: text("url").unwrap_or_default(),
            resource,
            if_match: text("ifMatch"),
            if_none_exist: text("ifNoneExist"),
        });
    }
    Ok(all)
}

/// `POST /fhir/R4`.
pub(super) async fn run(State(state): State<AppState>, call: Call, request: Request) -> Result<Response, Fault> {
    let asked = Asked::new(&state, &call, lang(request.headers()));
    let bundle = json(request, &state, &RESOURCE).await?;
    if bundle.get("resourceType").and_then(Value::as_str) != Some("Bundle") {
        return Err(Fault::field(Code::Invalid, "Bundle.resourceType", "expected Bundle"));
    }
    let batch = match bundle.get("type").and_then(Value::as_str) {
        Some("transaction") => false,
        Some("batch") => true,
        _ => return Err(Fault::field(Code::Invalid, "Bundle.type", "expected transaction or batch")),
    };
    let entries = entries(&bundle)?;
    let done = if batch { alone(&asked, &entries).await } else { together(&asked, &entries).await? };
    Ok(answer(StatusCode::OK, &answered(batch, &done).to_string()))
}

/// Each entry by itself; what goes wrong with one is told in its place.
async fn alone(asked: &Asked<'_>, entries: &[Entry<'_>]) -> Vec<Answered> {
    let mut all = Vec::with_capacity(entries.len());
    for entry in entries {
        let done = match entry.method {
            "GET" => get(asked, entry).await,
            _ => {
                async {
                    let act = prepare(asked, sent(entry), &[]).await?;
                    transact!(asked.state.db, Fault, |tx| act.run(tx, asked).await)
                }
                .await
            }
        };
        all.push(done.unwrap_or_else(|fault| {
            let fault = entry.fault(fault);
            Answered {
                status: fault.code.status().to_string(),
                location: None,
                etag: None,
                outcome: Some(outcome(&fault, asked.lang)),
                resource: None,
            }
        }));
    }
    all
}

/// All entries in one transaction. Measurements and forms go with the visit they name.
async fn together(asked: &Asked<'_>, entries: &[Entry<'_>]) -> Result<Vec<Answered>, Fault> {
    let visit_of = |entry: &Entry<'_>| entries.iter().find(|e| e.method != "GET" && e.holds(entry.resource));
    let mut acts: Vec<(&Entry<'_>, Act<'_>)> = Vec::new();
    for entry in entries.iter().filter(|e| e.method != "GET" && visit_of(e).is_none()) {
        let parts = entries.iter().filter(|e| e.method != "GET" && entry.holds(e.resource));
        let parts: Vec<&Value> = parts.map(|e| e.resource).collect();
        acts.push((entry, prepare(asked, sent(entry), &parts).await.map_err(|f| entry.fault(f))?));
    }
    let done = transact!(asked.state.db, Fault, |tx| {
        let mut done = Vec::with_capacity(acts.len());
        for (entry, act) in &acts {
            match act.run(tx, asked).await {
                Ok(answered) => done.push((entry.number, answered)),
                // Another transaction in the way is no fault of the entry: the whole is run again.
                Err(fault) if store::AsConflict::is_conflict(&fault) => return Err(fault),
                Err(fault) => return Err(entry.fault(fault)),
            }
        }
        Ok(done)
    })?;
    let mut all = Vec::with_capacity(entries.len());
    for entry in entries {
        if entry.method == "GET" {
            all.push(get(asked, entry).await.map_err(|f| entry.fault(f))?);
            continue;
        }
        // A part has the answer of its visit.
        let number = visit_of(entry).map_or(entry.number, |visit| visit.number);
        all.extend(done.iter().find(|(n, _)| *n == number).map(|(_, a)| a.clone()));
    }
    Ok(all)
}

fn sent<'a>(entry: &'a Entry<'_>) -> Sent<'a> {
    let id = entry.id().filter(|_| entry.method == "PUT");
    Sent {
        kind: entry.kind(),
        id,
        resource: entry.resource,
        if_match: entry.if_match,
        if_none_exist: entry.if_none_exist,
    }
}

/// A read or search within a bundle.
async fn get(asked: &Asked<'_>, entry: &Entry<'_>) -> Result<Answered, Fault> {
    let of = read::kind_of(entry.kind())?;
    let (resource, etag) = match (entry.id(), entry.url.split_once('?')) {
        (Some(id), None) => {
            let found = read::find(asked, of, id).await?;
            (found.json(), Some(found.etag()))
        }
        (_, query) => {
            let query = query.map(|(_, q)| q).unwrap_or_default();
            (read::searched(asked, of, &read::pairs(query)).await?, None)
        }
    };
    Ok(Answered { status: "200 OK".to_owned(), location: None, etag, outcome: None, resource: Some(resource) })
}
