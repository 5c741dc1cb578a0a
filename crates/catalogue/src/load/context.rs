//! What the loaders share: the files, the faults, and what was read before.

use std::collections::BTreeSet;

use kernel::Lang;
use rules::schema::{Entity, Expr, Origin, Schema};

use super::Content;
use crate::model::{Calendar, Confidence, Jurisdiction, Manifest, Process, Register};
use crate::read::fault::{Faults, did_you_mean, one_of, shown};
use crate::read::files::Files;
use crate::read::source::Source;
use crate::read::toml_doc::Located;

/// The state of loading one pack.
pub(crate) struct Context<'a> {
    pub(crate) files: &'a Files,
    pub(crate) faults: &'a Faults,
    pub(crate) content: Content,
    /// Paths that somebody read.
    pub(crate) read: BTreeSet<String>,
    /// Programmes that consents name, to be checked once all programmes are known.
    pub(crate) named_by_consents: Vec<Located<String>>,
}

/// The key under which items and definitions stand: `person.id` or `household.id`.
pub(crate) fn key(entity: Entity, id: &str) -> String {
    match entity {
        Entity::Person => format!("person.{id}"),
        Entity::Household => format!("household.{id}"),
    }
}

impl<'a> Context<'a> {
    pub(crate) fn new(files: &'a Files, faults: &'a Faults, manifest: Manifest, roles: rules::schema::Roles) -> Self {
        let schema = Schema {
            currency: manifest.currency,
            roles,
            code_lists: Vec::new(),
            items: Vec::new(),
            tables: Vec::new(),
            definitions: Vec::new(),
            programmes: Vec::new(),
        };
        let content = Content {
            manifest,
            sources: Register::default(),
            agencies: Register::default(),
            code_lists: Register::default(),
            items: Register::default(),
            jurisdictions: Register::default(),
            parameters: Register::default(),
            definitions: Register::default(),
            programmes: Register::default(),
            combinations: Register::default(),
            events: Register::default(),
            protocols: Register::default(),
            instruments: Register::default(),
            scores: Register::default(),
            immunisations: Register::default(),
            milestones: Register::default(),
            services: Register::default(),
            case_steps: None,
            surveys: Register::default(),
            studies: Register::default(),
            groups: Register::default(),
            workforce: None,
            indicators: None,
            shapes: Register::default(),
            left_out: Register::default(),
            payment_account: None,
            voucher_account: None,
            process: Process::default(),
            processes: Register::default(),
            consents: Register::default(),
            calendar: Calendar::default(),
            population: None,
            measures: None,
            visiting: None,
            points: Register::default(),
            schema,
        };
        let read = BTreeSet::from(["pack.toml".to_owned()]);
        Context { files, faults, content, read, named_by_consents: Vec::new() }
    }

    pub(crate) fn into_content(self) -> Content {
        self.content
    }

    /// Opens a file that must be there.
    pub(crate) fn open(&mut self, path: &str) -> Option<Source> {
        self.read.insert(path.to_owned());
        Source::open(self.files, path, self.faults)
    }

    /// Opens a file that may be missing.
    pub(crate) fn open_if_there(&mut self, path: &str) -> Option<Source> {
        self.files.get(path).is_some().then(|| self.open(path)).flatten()
    }

    /// Opens all files of a folder with the ending.
    pub(crate) fn folder(&mut self, folder: &str, ending: &str) -> Vec<Source> {
        let within = |path: &str| {
            path.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/')).is_some() && path.ends_with(ending)
        };
        let paths: Vec<String> = self.files.iter().map(|(p, _)| p.to_owned()).filter(|p| within(p)).collect();
        paths.iter().filter_map(|path| self.open(path)).collect()
    }

    /// The place and those around it, from the place itself to the root.
    pub(crate) fn around(&self, id: &str) -> Vec<&Jurisdiction> {
        self.content.around(id)
    }

    /// Whether a place is another or lies within it.
    pub(crate) fn within(&self, id: &str, around: &str) -> bool {
        self.around(id).iter().any(|place| place.id == around)
    }

    /// Languages that must be complete.
    pub(crate) fn complete(&self) -> Vec<Lang> {
        self.content.manifest.complete.clone()
    }

    /// A fault unless the id is lower-case letters, digits and `_`, beginning with a letter.
    pub(crate) fn check_id(&self, id: &str, at: &Origin) {
        let good = id.starts_with(|c: char| c.is_ascii_lowercase())
            && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        if !good {
            let message = format!("\"{}\" is not an id", shown(id));
            self.faults.error("bad-id", at, message, "lower-case letters, digits and _, such as birth_date", "");
        }
    }

    /// A fault because the id stands twice.
    pub(crate) fn twice(&self, what: &str, id: &str, at: &Origin) {
        let message = format!("the {what} \"{}\" is declared twice", shown(id));
        self.faults.error("duplicate-id", at, message, "every id once", "rename or remove one of the two");
    }

    fn known(&self, code: &'static str, what: &str, id: &Located<String>, mut known: Vec<&str>, file: &str) {
        if known.is_empty() && file.ends_with(".csv") && self.files.get(file).is_none() {
            return; // the missing file is the fault; its consequences would hide it
        }
        known.sort_unstable();
        let message = format!("there is no {what} \"{}\"", shown(&id.it));
        let mut hint = did_you_mean(&id.it, known.iter().copied());
        if hint.is_empty() {
            hint = format!("declare it in {file}");
        }
        self.faults.error(code, &id.at, message, one_of(known), hint);
    }

    /// A fault unless the agency exists.
    pub(crate) fn check_agency(&self, id: &Located<String>) {
        if self.content.agencies.get(&id.it).is_none() {
            self.known("unknown-agency", "agency", id, self.content.agencies.ids().collect(), "agencies.csv");
        }
    }

    /// A fault unless the place exists.
    pub(crate) fn check_place(&self, id: &Located<String>) {
        if self.content.jurisdictions.get(&id.it).is_none() {
            let known = self.content.jurisdictions.ids().collect();
            self.known("unknown-jurisdiction", "place", id, known, "jurisdictions.csv");
        }
    }

    /// The ids, with a fault for each that is no source.
    pub(crate) fn checked_sources(&self, ids: Vec<Located<String>>) -> Vec<String> {
        const OWN: [&str; 2] = ["GK", "illustrative"];
        for id in &ids {
            if !OWN.contains(&id.it.as_str()) && self.content.sources.get(&id.it).is_none() {
                self.known("unknown-source", "source", id, self.content.sources.ids().collect(), "sources.csv");
            }
        }
        ids.into_iter().map(|id| id.it).collect()
    }

    /// A fault unless the code list exists and holds the code.
    pub(crate) fn check_code(&self, list: &str, code: &Located<String>, what: &str, fault: &'static str) {
        let Some(found) = self.content.code_lists.get(list) else {
            let at = Located { it: list.to_owned(), at: code.at.clone() };
            return self.check_code_list(&at);
        };
        if found.codes.iter().all(|c| c.id != code.it) {
            let known = found.codes.iter().map(|c| c.id.as_str()).collect();
            self.known(fault, what, code, known, &format!("codes.csv, list {list}"));
        }
    }

    /// A fault unless the code list exists.
    pub(crate) fn check_code_list(&self, list: &Located<String>) {
        if self.content.code_lists.get(&list.it).is_none() {
            self.known("unknown-code-list", "code list", list, self.content.code_lists.ids().collect(), "codes.csv");
        }
    }

    /// A fault unless the programme is computed or known as left out.
    pub(crate) fn check_programme(&self, id: &Located<String>) {
        let content = &self.content;
        if content.programmes.get(&id.it).is_none() && content.left_out.get(&id.it).is_none() {
            let known = content.programmes.ids().chain(content.left_out.ids()).collect();
            self.known("unknown-programme", "programme", id, known, "programmes/ or left-out.toml");
        }
    }

    /// A fault unless the consent is declared.
    pub(crate) fn check_consent(&self, id: &Located<String>) {
        if self.content.consents.get(&id.it).is_none() {
            let known = self.content.consents.iter().map(|c| c.id.as_str()).collect();
            self.known("unknown-consent", "consent", id, known, "process.toml");
        }
    }

    /// A fault unless the entity has such an item or definition.
    pub(crate) fn check_fact(&self, entity: Entity, id: &Located<String>) -> bool {
        let key = key(entity, &id.it);
        let content = &self.content;
        if content.items.get(&key).is_some() || content.definitions.get(&key).is_some() {
            return true;
        }
        let known = content.items.ids().chain(content.definitions.ids()).collect();
        let full = Located { it: key, at: id.at.clone() };
        self.known("unknown-item", "item", &full, known, "items.csv");
        false
    }

    /// A fault unless somebody has such an item; for evidence, which may be about either.
    pub(crate) fn check_item(&self, id: &Located<String>) {
        let items = &self.content.items;
        let there = [Entity::Person, Entity::Household].iter().any(|e| items.get(&key(*e, &id.it)).is_some());
        if !there {
            let known = items.iter().map(|i| i.id.as_str()).collect();
            self.known("unknown-item", "item", id, known, "items.csv");
        }
    }

    /// high, medium, low or nothing.
    pub(crate) fn confidence(&self, text: &Located<String>) -> Option<Confidence> {
        match text.it.as_str() {
            "high" => Some(Confidence::High),
            "medium" => Some(Confidence::Medium),
            "low" => Some(Confidence::Low),
            "" => None,
            other => {
                let message = format!("\"{}\" is no confidence", shown(other));
                self.faults.error("bad-value", &text.at, message, "high, medium or low", "");
                None
            }
        }
    }

    /// One of the words of a closed list.
    pub(crate) fn choice<T: Copy>(&self, text: &Located<String>, words: &[(&str, T)]) -> Option<T> {
        let found = words.iter().find(|(word, _)| *word == text.it).map(|(_, it)| *it);
        if found.is_none() {
            let known = || words.iter().map(|(word, _)| *word);
            let message = format!("\"{}\" is not a choice here", shown(&text.it));
            self.faults.error("bad-value", &text.at, message, one_of(known()), did_you_mean(&text.it, known()));
        }
        found
    }
}

/// The text of an expression.
pub(crate) fn text_of(expr: &Option<Expr>) -> Option<String> {
    expr.as_ref().map(|e| e.text.clone())
}
