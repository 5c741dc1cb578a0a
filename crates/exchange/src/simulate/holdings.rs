//! What simulated agencies know.

use std::collections::BTreeMap;

use kernel::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::SimulationError;
use crate::model::{Identifier, ItemAsked, SubjectAsked};

/// Where simulated agencies look things up.
pub trait Holdings: Send + Sync {
    /// What the agency's register holds of this item about this subject.
    fn held(&self, agency: &str, subject: &SubjectAsked, item: &ItemAsked) -> Held;
}

/// What a register holds.
#[derive(Clone, PartialEq)]
pub enum Held {
    /// These statements.
    Facts(Vec<HeldFact>),
    /// The subject is known and there is no entry.
    NoEntry,
    /// The subject is not known.
    Unknown,
}

/// One statement of a register.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeldFact {
    /// The value as it crosses the border.
    pub value: Value,
    /// First day.
    pub valid_from: Date,
    /// First day no longer.
    #[serde(default)]
    pub valid_to: Option<Date>,
}

/// A register in memory: person → item → statements. All agencies look into the same one.
#[derive(Clone, Default)]
pub struct Register(BTreeMap<String, BTreeMap<String, Vec<HeldFact>>>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EntryText {
    #[serde(default)]
    identifier: Option<Identifier>,
    #[serde(default)]
    birth_date: Option<Date>,
    #[serde(default)]
    name: Option<String>,
    facts: Vec<FactText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FactText {
    item: String,
    value: Value,
    valid_from: Date,
    #[serde(default)]
    valid_to: Option<Date>,
}

impl Register {
    /// Reads `[{"identifier": {"scheme", "value"}, "facts": [{"item", "value", "valid_from", "valid_to"}]}]`. Who has no
    /// identifier is entered under `birth_date` and `name`.
    pub fn from_json(text: &str) -> Result<Self, SimulationError> {
        let wrong = |e: &dyn std::fmt::Display| SimulationError::Register(e.to_string());
        let entries: Vec<EntryText> = serde_json::from_str(text).map_err(|e| wrong(&e))?;
        let mut register = Register::default();
        for EntryText { identifier, birth_date, name, facts } in entries {
            let key = key(identifier.as_ref(), birth_date, name.as_deref())
                .ok_or_else(|| wrong(&"an entry has neither identifier nor birth date and name"))?;
            let items = register.0.entry(key).or_default();
            for FactText { item, value, valid_from, valid_to } in facts {
                items.entry(item).or_default().push(HeldFact { value, valid_from, valid_to });
            }
        }
        Ok(register)
    }

    /// Makes somebody known, with or without entries.
    pub fn know(&mut self, who: &Identifier) {
        if let Some(key) = key(Some(who), None, None) {
            self.0.entry(key).or_default();
        }
    }

    /// Adds a statement about somebody with a number.
    pub fn put(&mut self, who: &Identifier, item: &str, fact: HeldFact) {
        if let Some(key) = key(Some(who), None, None) {
            self.0.entry(key).or_default().entry(item.to_owned()).or_default().push(fact);
        }
    }

    /// Adds a statement about somebody without a number.
    pub fn put_unnumbered(&mut self, name: &str, birth_date: Date, item: &str, fact: HeldFact) {
        if let Some(key) = key(None, Some(birth_date), Some(name)) {
            self.0.entry(key).or_default().entry(item.to_owned()).or_default().push(fact);
        }
    }
}

impl Holdings for Register {
    fn held(&self, _agency: &str, subject: &SubjectAsked, item: &ItemAsked) -> Held {
        let key = key(subject.identifier.as_ref(), subject.birth_date, subject.name.as_deref());
        match key.and_then(|key| self.0.get(&key)) {
            None => Held::Unknown,
            Some(items) => items.get(&item.item).map_or(Held::NoEntry, |facts| Held::Facts(facts.clone())),
        }
    }
}

fn key(identifier: Option<&Identifier>, birth_date: Option<Date>, name: Option<&str>) -> Option<String> {
    match (identifier, birth_date, name) {
        (Some(i), _, _) => {
            let value: String = i.value.chars().filter(|c| !matches!(c, '-' | ' ' | '.')).collect();
            Some(format!("{}:{value}", i.scheme))
        }
        (None, Some(date), Some(name)) => Some(format!("{date} {}", name.split_whitespace().collect::<String>())),
        _ => None,
    }
}
