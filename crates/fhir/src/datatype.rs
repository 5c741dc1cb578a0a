//! What resources are made of: references, codes, identifiers, ids.

use kernel::{Date, Instant};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The system under which our own ids are identifiers.
pub const URI: &str = "urn:ietf:rfc:3986";

/// A code system of HL7's terminology.
pub(crate) fn hl7(name: &str) -> String {
    format!("http://terminology.hl7.org/CodeSystem/{name}")
}

/// A code system of ours.
pub fn own(name: &str) -> String {
    format!("urn:hearth:code:{name}")
}

/// The address of an extension of ours.
pub fn extension(name: &str) -> String {
    format!("urn:hearth:extension:{name}")
}

/// The system of a scheme of identifiers.
pub fn scheme(name: &str) -> String {
    format!("urn:hearth:identifier:{name}")
}

/// The scheme of a system made by [`scheme`].
pub fn scheme_of(system: &str) -> Option<&str> {
    system.strip_prefix("urn:hearth:identifier:")
}

/// A reference within this server.
pub fn reference(kind: &str, id: impl ToString) -> Value {
    json!({ "reference": format!("{kind}/{}", id.to_string()) })
}

/// A coding.
pub(crate) fn coding(system: &str, code: &str, display: &str) -> Value {
    json!({ "system": system, "code": code, "display": display })
}

/// A concept of one coding.
pub(crate) fn concept(system: &str, code: &str, display: &str) -> Value {
    json!({ "coding": [coding(system, code, display)] })
}

/// Our id as an identifier: what `If-None-Exist` names a record by that is still to be created.
pub fn identifier(id: Uuid) -> Value {
    json!({ "system": URI, "value": format!("urn:uuid:{id}") })
}

/// A quantity in UCUM units.
pub(crate) fn quantity(value: f64, unit: &str, code: &str) -> Value {
    json!({ "value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": code })
}

/// A period of civil days; FHIR's end is the last day inside.
pub(crate) fn period(start: Option<Date>, end: Option<Date>) -> Value {
    json!({ "start": start.map(|d| d.to_string()), "end": end.map(|d| d.to_string()) })
}

/// A moment, or nothing.
pub(crate) fn at(moment: Option<Instant>) -> Value {
    moment.map_or(Value::Null, |at| json!(at.rfc3339()))
}

/// An id of ours as FHIR's `id` allows it: letters, digits, `-` and `.`, at most 64.
pub fn slug(id: &str) -> String {
    let fits = |c: char| match c {
        '_' => '.',
        c if c.is_ascii_alphanumeric() || c == '-' || c == '.' => c,
        _ => '-',
    };
    id.chars().map(fits).take(64).collect()
}

/// The id of a part of something: its id, and what tells this part from the others.
pub(crate) fn part(of: Uuid, name: &str) -> String {
    let name = slug(name);
    // 32 digits and the dash leave 31 characters of the 64 that an id may have.
    if name.len() > 31 { hashed(of, &name) } else { format!("{}-{name}", of.simple()) }
}

/// The same for a name that may be long or hold anything.
pub(crate) fn hashed(of: Uuid, name: &str) -> String {
    let print: String = hex::encode(Sha256::digest(name.as_bytes())).chars().take(16).collect();
    format!("{}-{print}", of.simple())
}

/// The id before the part; the whole where there is none. `None`: neither is one of ours.
pub fn whole(id: &str) -> Option<Uuid> {
    Uuid::try_parse(id).ok().or_else(|| {
        let (front, rest) = id.split_at_checked(32)?;
        (rest.starts_with('-')).then(|| Uuid::try_parse(front).ok())?
    })
}
