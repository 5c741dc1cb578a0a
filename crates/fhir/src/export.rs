//! Bulk data: the families in somebody's hands as files of one kind each; under pseudonyms, where they are for counting and not for care.

use serde_json::{Map, Value, json};
use visit::read::File;

use crate::datatype::{identifier, reference};
use crate::surface::{SURFACE, Source};
use crate::{Country, Resource, family};

/// The kinds that can be exported.
pub fn kinds() -> Vec<&'static str> {
    let visits = SURFACE.iter().filter(|s| s.source == Source::Family).map(|s| s.kind);
    std::iter::once("Patient").chain(visits).collect()
}

/// The resources of one kind in a family's file.
pub fn of_kind(file: &File, kind: &str, country: &Country<'_>) -> Vec<Resource> {
    match kind {
        "Patient" => people(file),
        _ => family::current(file, country).into_iter().filter(|r| r.kind() == kind).collect(),
    }
}

/// Mother and children, as far as the file of visits knows them.
fn people(file: &File) -> Vec<Resource> {
    let e = &file.enrolment;
    let name = |person: &kernel::PersonId| file.names.get(person).map(|n| json!([{ "text": n }]));
    let mother = json!({
        "resourceType": "Patient",
        "id": e.person.to_string(),
        "identifier": [identifier(e.person.0)],
        "name": name(&e.person),
    });
    let child = |c: &visit::model::ChildDates| {
        Resource::new(json!({
            "resourceType": "Patient",
            "id": c.person.to_string(),
            "identifier": [identifier(c.person.0)],
            "name": name(&c.person),
            "gender": c.female.map(|female| if female { "female" } else { "male" }),
            "birthDate": c.born.to_string(),
            "deceasedDateTime": c.died.map(|d| d.to_string()),
            "link": [{ "other": reference("Patient", e.person), "type": "seealso" }],
        }))
    };
    std::iter::once(Resource::new(mother)).chain(e.dates.children.iter().map(child)).collect()
}

/// What is said of a resource under pseudonyms; nothing else is. Free text, names, staff, offices and whatever could be written
/// anywhere are not among it.
const TOLD: &[(&str, &[&str])] = &[
    ("Patient", &["gender", "birthDate", "link"]),
    ("EpisodeOfCare", &["status", "type", "patient", "period"]),
    ("Appointment", &["status", "serviceType", "requestedPeriod", "start", "end"]),
    ("Encounter", &["status", "class", "type", "subject", "episodeOfCare", "period", "length", "reasonCode"]),
    (
        "Observation",
        &[
            "status",
            "category",
            "code",
            "subject",
            "encounter",
            "effectiveDateTime",
            "valueQuantity",
            "valueBoolean",
            "derivedFrom",
        ],
    ),
    ("QuestionnaireResponse", &["questionnaire", "status", "subject", "encounter", "authored", "item"]),
    ("RiskAssessment", &["status", "method", "subject", "occurrenceDateTime", "basis", "prediction"]),
];

/// A resource under pseudonyms; `None`: of this kind nothing is told so. `name` makes a pseudonym of `Kind/id`, always the same one.
pub fn pseudonymous(resource: &Resource, name: &dyn Fn(&str) -> String) -> Option<Resource> {
    let (kind, elements) = TOLD.iter().find(|(kind, _)| *kind == resource.kind())?;
    let id = name(&format!("{kind}/{}", resource.id()));
    let mut kept = Map::new();
    kept.insert("resourceType".to_owned(), json!(kind));
    kept.insert("id".to_owned(), json!(id));
    for element in *elements {
        if let Some(value) = resource.get(element) {
            kept.insert((*element).to_owned(), blurred(element, value, name));
        }
    }
    if *kind == "Appointment" {
        // R4 asks for somebody who takes part; that there is one tells nothing.
        kept.insert("participant".to_owned(), json!([{ "type": [{ "text": "family" }], "status": "needs-action" }]));
    }
    Some(Resource::new(Value::Object(kept)))
}

/// A value without words: references under pseudonyms, no displays, no texts, no reasons; of a birth date the month.
fn blurred(element: &str, value: &Value, name: &dyn Fn(&str) -> String) -> Value {
    match value {
        Value::String(text) if element == "birthDate" => json!(text.chars().take(7).collect::<String>()),
        Value::String(text) if element == "reference" => {
            let kind = text.split('/').next().unwrap_or_default();
            json!(format!("{kind}/{}", name(text)))
        }
        Value::Array(list) => Value::Array(list.iter().map(|v| blurred(element, v, name)).collect()),
        Value::Object(map) => {
            let words = ["text", "display", "valueString", "rationale", "extension", "identifier"];
            let kept = map.iter().filter(|(key, _)| !words.contains(&key.as_str()));
            // Coded answers count; words that somebody typed do not.
            Value::Object(kept.map(|(key, v)| (key.clone(), blurred(key, v, name))).collect())
        }
        other => other.clone(),
    }
}

/// One file of an export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// The kind it holds.
    pub kind: String,
    /// Its address.
    pub url: String,
}

/// The manifest of a finished export.
pub fn manifest(request: &str, at: kernel::Instant, outputs: &[Output]) -> Value {
    json!({
        "transactionTime": at.rfc3339(),
        "request": request,
        "requiresAccessToken": true,
        "output": outputs.iter().map(|o| json!({ "type": o.kind, "url": o.url })).collect::<Vec<_>>(),
        "error": [],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn under_pseudonyms_there_is_no_word_and_no_id() {
        let it = Resource::new(json!({
            "resourceType": "QuestionnaireResponse",
            "id": "0190b5d0-0000-7000-8000-0000000000b1",
            "extension": [{ "url": "urn:x", "valueString": "secret" }],
            "identifier": { "system": "urn:ietf:rfc:3986", "value": "urn:uuid:0190b5d0" },
            "questionnaire": "urn:hearth:questionnaire:phq9|1",
            "status": "completed",
            "subject": { "reference": "Patient/0190b5d0-0000-7000-8000-0000000000b2", "display": "secret" },
            "author": { "reference": "Practitioner/0190b5d0-0000-7000-8000-0000000000b3" },
            "item": [
                { "linkId": "a", "text": "secret", "answer": [{ "valueString": "secret" }] },
                { "linkId": "b", "answer": [{ "valueCoding": { "code": "c", "display": "secret" } }] },
            ],
        }));
        let told = pseudonymous(&it, &|of| format!("p{}", of.len())).unwrap();
        let text = told.text();
        assert!(!text.contains("secret") && !text.contains("0190b5d0") && !text.contains("Practitioner"), "{text}");
        assert!(text.contains("\"code\":\"c\"") && told.json()["subject"]["reference"] == "Patient/p44", "{text}");
        let born = Resource::new(
            json!({ "resourceType": "Patient", "id": "x", "name": [{ "text": "secret" }], "birthDate": "2026-10-30" }),
        );
        let told = pseudonymous(&born, &|_| "p".to_owned()).unwrap();
        assert_eq!(told.json()["birthDate"], "2026-10");
        assert!(told.get("name").is_none());
        let staff = Resource::new(json!({ "resourceType": "CareTeam", "id": "x" }));
        assert!(pseudonymous(&staff, &|_| "p".to_owned()).is_none());
    }
}
