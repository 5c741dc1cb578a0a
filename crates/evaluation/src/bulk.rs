//! The same de-identified rows as FHIR R4 resources in NDJSON, as Bulk Data files have them: the study as a Group, each family as a Patient of whom nothing
//! but its key is said, and each value as an Observation. What the table keeps back is kept back here; what nobody said has no Observation.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use serde_json::{Value, json};

use crate::export::{BLANK, Fault, UNKNOWN};

/// Files of an export: `Group.ndjson`, `Patient.ndjson`, `Observation.ndjson`.
pub(crate) struct Bulk<'a> {
    study: &'a str,
    folder: &'a Path,
    patients: BufWriter<File>,
    observations: BufWriter<File>,
    members: Vec<Value>,
}

impl<'a> Bulk<'a> {
    /// Begins the files of a study in a folder.
    pub(crate) fn begin(study: &'a str, folder: &'a Path) -> Result<Bulk<'a>, Fault> {
        let (patients, observations) = (open(folder, "Patient.ndjson")?, open(folder, "Observation.ndjson")?);
        Ok(Bulk { study, folder, patients, observations, members: Vec::new() })
    }

    /// One family: its key, and its values under the names of their columns.
    pub(crate) fn family<'v>(
        &mut self,
        key: &str,
        values: impl Iterator<Item = (&'v str, &'v str)>,
    ) -> Result<(), Fault> {
        line(self.folder, &mut self.patients, &json!({ "resourceType": "Patient", "id": key }))?;
        let subject = json!({ "reference": format!("Patient/{key}") });
        for (n, (column, value)) in values.enumerate().filter(|(_, (_, value))| *value != UNKNOWN) {
            let mut it = json!({
                "resourceType": "Observation",
                "id": format!("{key}-{n}"),
                "status": "final",
                "code": { "coding": [{ "system": format!("urn:hearth:study:{}", self.study), "code": column }] },
                "subject": subject,
            });
            let (name, said) = match value.parse::<i64>() {
                _ if value == BLANK => ("dataAbsentReason", masked()),
                Ok(number) => ("valueInteger", json!(number)),
                Err(_) => ("valueString", json!(value)),
            };
            if let Some(map) = it.as_object_mut() {
                map.insert(name.to_owned(), said);
            }
            line(self.folder, &mut self.observations, &it)?;
        }
        self.members.push(json!({ "entity": subject }));
        Ok(())
    }

    /// Ends them, with everybody as one Group.
    pub(crate) fn end(mut self) -> Result<(), Fault> {
        let group = json!({
            "resourceType": "Group",
            "id": self.study.replace('_', "-"),
            "type": "person",
            "actual": true,
            "code": { "coding": [{ "system": "urn:hearth:code:study", "code": self.study }] },
            "quantity": self.members.len(),
            "member": self.members,
        });
        let mut file = open(self.folder, "Group.ndjson")?;
        line(self.folder, &mut file, &group)?;
        for file in [&mut file, &mut self.patients, &mut self.observations] {
            file.flush().map_err(|error| Fault::File { path: self.folder.to_owned(), error })?;
        }
        Ok(())
    }
}

fn masked() -> Value {
    json!({ "coding": [{ "system": "http://terminology.hl7.org/CodeSystem/data-absent-reason", "code": "masked" }] })
}

fn open(folder: &Path, name: &str) -> Result<BufWriter<File>, Fault> {
    let path = folder.join(name);
    File::create(&path).map(BufWriter::new).map_err(|error| Fault::File { path, error })
}

fn line(folder: &Path, file: &mut BufWriter<File>, resource: &Value) -> Result<(), Fault> {
    writeln!(file, "{resource}").map_err(|error| Fault::File { path: folder.to_owned(), error })
}
