//! The CapabilityStatement: the table of what is served, as FHIR publishes it.

use serde_json::{Value, json};

use crate::surface::{SURFACE, Served, Source};
use crate::{Resource, VERSION};

/// The statement of a server that people reach at `base`, as of a day.
pub fn statement(base: &str, release: &str, day: &str) -> Resource {
    let security = json!({
        "description": "A bearer token of another agency's machine, or the session of a signed-in person; officials name purpose and reason in the \
            headers hearth-purpose and hearth-reason. Every look and refusal is in the disclosure log, which the person reads as AuditEvent.",
    });
    Resource::new(json!({
        "resourceType": "CapabilityStatement",
        "url": format!("{base}/metadata"),
        "version": release,
        "name": "Hearth",
        "title": "Hearth: home visits, family plans, referrals",
        "status": "active",
        "date": day,
        "kind": "instance",
        "software": { "name": "Hearth", "version": release },
        "implementation": { "description": "Hearth", "url": base },
        "fhirVersion": VERSION,
        "format": ["application/fhir+json", "json"],
        "patchFormat": ["application/json-patch+json"],
        "rest": [{
            "mode": "server",
            "security": security,
            "resource": SURFACE.iter().map(resource).collect::<Vec<_>>(),
            "interaction": [{ "code": "transaction" }, { "code": "batch" }],
        }],
    }))
}

fn resource(of: &Served) -> Value {
    let codes = [
        ("read", true),
        ("vread", of.history),
        ("history-instance", of.history),
        ("search-type", true),
        ("create", of.create),
        ("update", of.update),
        ("patch", of.update),
    ];
    let interactions: Vec<Value> =
        codes.iter().filter(|(_, on)| *on).map(|(code, _)| json!({ "code": code })).collect();
    let mut params = vec![
        json!({ "name": "_id", "type": "token" }),
        json!({ "name": "_lastUpdated", "type": "date", "documentation": "Of kinds whose versions are kept." }),
    ];
    params.extend(of.params.iter().map(|p| json!({ "name": p.name, "type": p.compares.word() })));
    let include: &[&str] = if of.kind == "Task" { &["Task:focus"] } else { &[] };
    let back: &[&str] = match of.source {
        Source::Referral if of.kind == "ServiceRequest" => &["Task:focus"],
        _ => &[],
    };
    let export =
        json!({ "name": "export", "definition": "http://hl7.org/fhir/uv/bulkdata/OperationDefinition/patient-export" });
    json!({
        "type": of.kind,
        "documentation": of.note,
        "interaction": interactions,
        "versioning": if of.update { "versioned-update" } else { "versioned" },
        "readHistory": of.history,
        "updateCreate": false,
        "conditionalCreate": of.create,
        "conditionalRead": "not-match",
        "conditionalUpdate": false,
        "conditionalDelete": "not-supported",
        "searchInclude": include,
        "searchRevInclude": back,
        "searchParam": params,
        "operation": [(of.kind == "Patient").then_some(export)],
    })
}
