//! A resource as JSON: nothing in it is empty, and it always knows its kind, id and version.

use kernel::Instant;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// A FHIR R4 resource.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource(Map<String, Value>);

impl Resource {
    /// A resource of what was written down; nulls, empty texts, lists and objects fall away, as FHIR forbids them. Its version is
    /// the hash of its content until [`Resource::versioned`] says otherwise.
    pub fn new(content: Value) -> Resource {
        let Some(Value::Object(map)) = kept(content) else { return Resource(Map::new()) };
        let mut it = Resource(map);
        let print: String = hex::encode(Sha256::digest(it.text().as_bytes())).chars().take(16).collect();
        it.meta("versionId", json!(print));
        it
    }

    /// The same as a numbered version, recorded at a moment.
    #[must_use]
    pub fn versioned(mut self, number: impl ToString, at: Instant) -> Resource {
        self.meta("versionId", json!(number.to_string()));
        self.meta("lastUpdated", json!(at.rfc3339()));
        self
    }

    /// The same with a security label, for clients that pass resources on.
    #[must_use]
    pub fn labelled(mut self, system: &str, code: &str) -> Resource {
        self.meta("security", json!([{ "system": system, "code": code }]));
        self
    }

    /// The same with nothing but these elements besides its kind, id and meta, marked as incomplete.
    #[must_use]
    pub fn only(mut self, elements: &[&str]) -> Resource {
        // What a kind cannot be without stays: a reader may not meet an invalid resource.
        let always = ["resourceType", "id", "meta", "status", "intent", "subject", "patient", "code", "class", "type"];
        let before = self.0.len();
        self.0.retain(|name, _| always.contains(&name.as_str()) || elements.contains(&name.as_str()));
        if self.0.len() < before {
            let tag = "http://terminology.hl7.org/CodeSystem/v3-ObservationValue";
            self.meta("tag", json!([{ "system": tag, "code": "SUBSETTED" }]));
        }
        self
    }

    fn meta(&mut self, name: &str, value: Value) {
        let mut meta = match self.0.remove("meta") {
            Some(Value::Object(meta)) => meta,
            _ => Map::new(),
        };
        meta.insert(name.to_owned(), value);
        // Behind kind and id, where readers look for it.
        let mut front = Map::new();
        for key in ["resourceType", "id"] {
            front.extend(self.0.remove_entry(key));
        }
        front.insert("meta".to_owned(), Value::Object(meta));
        front.append(&mut self.0);
        self.0 = front;
    }

    /// Its kind, such as `Patient`.
    pub fn kind(&self) -> &str {
        self.str("resourceType")
    }

    /// Its logical id.
    pub fn id(&self) -> &str {
        self.str("id")
    }

    /// Its version id.
    pub fn version(&self) -> &str {
        self.0.get("meta").and_then(|m| m.get("versionId")).and_then(Value::as_str).unwrap_or_default()
    }

    /// The value of `ETag`.
    pub fn etag(&self) -> String {
        format!("W/\"{}\"", self.version())
    }

    /// An element.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    fn str(&self, name: &str) -> &str {
        self.0.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// As JSON.
    pub fn json(&self) -> Value {
        Value::Object(self.0.clone())
    }

    /// As text.
    pub fn text(&self) -> String {
        serde_json::to_string(&self.0).unwrap_or_default()
    }
}

/// What is not empty of a value.
fn kept(value: Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::String(text) if text.is_empty() => None,
        Value::Array(list) => {
            let list: Vec<Value> = list.into_iter().filter_map(kept).collect();
            (!list.is_empty()).then_some(Value::Array(list))
        }
        Value::Object(map) => {
            let map: Map<String, Value> = map.into_iter().filter_map(|(k, v)| kept(v).map(|v| (k, v))).collect();
            (!map.is_empty()).then_some(Value::Object(map))
        }
        other => Some(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_empty_is_left_and_the_version_follows_the_content() {
        let of = |name: &str| {
            Resource::new(json!({
                "resourceType": "Patient", "id": "a", "name": [{ "text": name, "given": [], "use": null }], "telecom": [{}],
            }))
        };
        assert_eq!(of("x").json()["name"], json!([{ "text": "x" }]));
        assert!(of("x").get("telecom").is_none() && of("").get("name").is_none());
        assert_eq!(of("x").etag(), of("x").etag());
        assert_ne!(of("x").etag(), of("y").etag());
        let numbered = of("x").versioned(3, Instant::from_micros(0));
        assert_eq!((numbered.version(), numbered.kind(), numbered.id()), ("3", "Patient", "a"));
    }
}
