//! YAML as a tree of located nodes, read key by key like the TOML tables.

use std::cell::RefCell;
use std::fmt;

use rules::schema::Origin;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;

use super::fault::{Faults, did_you_mean, one_of, shown};
use super::source::Source;

/// A node of a YAML file. Scalars stay text: what they mean is decided by who asks.
#[derive(Clone, Debug)]
pub(crate) enum Yaml {
    /// Nothing stands here.
    Null,
    /// A scalar as written (quotes taken off).
    Scalar(String),
    /// A list.
    List(Vec<Spanned<Yaml>>),
    /// A mapping in the order of the file.
    Map(Vec<(Spanned<String>, Spanned<Yaml>)>),
}

impl<'de> Deserialize<'de> for Yaml {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(YamlVisitor)
    }
}

struct YamlVisitor;

impl<'de> Visitor<'de> for YamlVisitor {
    type Value = Yaml;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value, a list or a mapping")
    }
    fn visit_bool<E>(self, v: bool) -> Result<Yaml, E> {
        Ok(Yaml::Scalar(v.to_string()))
    }
    fn visit_i64<E>(self, v: i64) -> Result<Yaml, E> {
        Ok(Yaml::Scalar(v.to_string()))
    }
    fn visit_u64<E>(self, v: u64) -> Result<Yaml, E> {
        Ok(Yaml::Scalar(v.to_string()))
    }
    fn visit_i128<E>(self, v: i128) -> Result<Yaml, E> {
        Ok(Yaml::Scalar(v.to_string()))
    }
    fn visit_u128<E>(self, v: u128) -> Result<Yaml, E> {
        Ok(Yaml::Scalar(v.to_string()))
    }
    fn visit_f64<E>(self, v: f64) -> Result<Yaml, E> {
        Ok(Yaml::Scalar(v.to_string()))
    }
    fn visit_str<E>(self, v: &str) -> Result<Yaml, E> {
        Ok(Yaml::Scalar(v.to_owned()))
    }
    fn visit_unit<E>(self) -> Result<Yaml, E> {
        Ok(Yaml::Null)
    }
    fn visit_none<E>(self) -> Result<Yaml, E> {
        Ok(Yaml::Null)
    }
    fn visit_some<D: Deserializer<'de>>(self, d: D) -> Result<Yaml, D::Error> {
        Yaml::deserialize(d)
    }
    fn visit_newtype_struct<D: Deserializer<'de>>(self, d: D) -> Result<Yaml, D::Error> {
        Yaml::deserialize(d)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Yaml, A::Error> {
        let mut list = Vec::new();
        while let Some(entry) = seq.next_element::<Spanned<Yaml>>()? {
            list.push(entry);
        }
        Ok(Yaml::List(list))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Yaml, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry::<Spanned<String>, Spanned<Yaml>>()? {
            entries.push(entry);
        }
        Ok(Yaml::Map(entries))
    }
}

/// Parses a file; a fault of syntax and `None` when it is no YAML.
pub(crate) fn parse(source: &Source, faults: &Faults) -> Option<Spanned<Yaml>> {
    let mut options = serde_saphyr::Options::default();
    options.with_snippet = false;
    options.strict_booleans = true;
    options.leading_zero_numbers_as_strings = true;
    match serde_saphyr::from_str_with_options::<Spanned<Yaml>>(&source.text, options) {
        Ok(root) => Some(root),
        Err(why) => {
            let (line, column) = why.location().map_or((1, 1), |at| (at.line() as u32, at.column() as u32));
            let at = Origin { file: source.file.clone(), line, column };
            let text = why.to_string();
            faults.error("syntax", &at, shown(text.lines().next().unwrap_or_default()), "valid YAML", "");
            None
        }
    }
}

/// A node with what is needed to say what is wrong with it.
#[derive(Clone, Copy)]
pub(crate) struct Node<'a> {
    /// The file it stands in.
    pub(crate) source: &'a Source,
    /// Where faults go.
    pub(crate) faults: &'a Faults,
    node: &'a Spanned<Yaml>,
}

impl<'a> Node<'a> {
    /// The root of a parsed file.
    pub(crate) fn root(source: &'a Source, faults: &'a Faults, node: &'a Spanned<Yaml>) -> Node<'a> {
        Node { source, faults, node }
    }

    fn with(&self, node: &'a Spanned<Yaml>) -> Node<'a> {
        Node { node, ..*self }
    }

    /// What stands here.
    pub(crate) fn yaml(&self) -> &'a Yaml {
        &self.node.value
    }

    /// Where it stands.
    pub(crate) fn at(&self) -> Origin {
        let at = self.node.referenced;
        Origin { file: self.source.file.clone(), line: at.line() as u32, column: at.column() as u32 }
    }

    /// A fault at this node.
    pub(crate) fn fault(
        &self,
        code: &'static str,
        message: impl Into<String>,
        expected: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.faults.error(code, &self.at(), message, expected, hint);
    }

    fn wrong(&self, expected: &str) {
        let found = match self.yaml() {
            Yaml::Null => "nothing",
            Yaml::Scalar(_) => "a single value",
            Yaml::List(_) => "a list",
            Yaml::Map(_) => "a mapping",
        };
        self.fault("wrong-type", format!("here stands {found}"), expected, "");
    }

    /// Whether nothing stands here.
    pub(crate) fn is_null(&self) -> bool {
        matches!(self.yaml(), Yaml::Null)
    }

    /// Whether a mapping stands here.
    pub(crate) fn is_map(&self) -> bool {
        matches!(self.yaml(), Yaml::Map(_))
    }

    /// The scalar as text.
    pub(crate) fn text(&self) -> Option<&'a str> {
        if let Yaml::Scalar(text) = self.yaml() {
            return Some(text.trim());
        }
        self.wrong("a single value");
        None
    }

    /// The entries of a list; a single value counts as a list of one, nothing as an empty one.
    pub(crate) fn list(&self) -> Vec<Node<'a>> {
        match self.yaml() {
            Yaml::List(entries) => entries.iter().map(|n| self.with(n)).collect(),
            Yaml::Null => Vec::new(),
            Yaml::Scalar(_) => vec![*self],
            Yaml::Map(_) => {
                self.wrong("a list");
                Vec::new()
            }
        }
    }

    /// The entries of a mapping whose keys are free, each key once.
    pub(crate) fn entries(&self) -> Vec<(Node<'a>, &'a str)> {
        match self.yaml() {
            Yaml::Map(entries) => entries.iter().map(|(k, v)| (self.with(v), k.value.as_str())).collect(),
            Yaml::Null => Vec::new(),
            _ => {
                self.wrong("a mapping: `name: value`");
                Vec::new()
            }
        }
    }

    /// The keys of a mapping with known keys.
    pub(crate) fn keys(&self) -> Keys<'a> {
        if !matches!(self.yaml(), Yaml::Map(_)) {
            self.wrong("a mapping: `name: value`");
        }
        Keys { node: *self, asked: RefCell::default() }
    }
}

/// A mapping read key by key; what is left over at the end is a fault.
pub(crate) struct Keys<'a> {
    node: Node<'a>,
    asked: RefCell<Vec<&'static str>>,
}

impl<'a> Keys<'a> {
    /// The value under the key, if it stands there.
    pub(crate) fn get(&self, key: &'static str) -> Option<Node<'a>> {
        self.asked.borrow_mut().push(key);
        let Yaml::Map(entries) = self.node.yaml() else { return None };
        entries.iter().find(|(k, _)| k.value == key).map(|(_, v)| self.node.with(v))
    }

    /// The value under the key, which must be there.
    pub(crate) fn need(&self, key: &'static str) -> Option<Node<'a>> {
        let found = self.get(key);
        if found.is_none() && matches!(self.node.yaml(), Yaml::Map(_)) {
            self.node.fault(
                "missing-key",
                format!("\"{key}\" is missing here"),
                format!("\"{key}\""),
                format!("add `{key}: …`"),
            );
        }
        found
    }

    /// Says of every key that nobody asked for that it is unknown.
    pub(crate) fn finish(&self) {
        let Yaml::Map(entries) = self.node.yaml() else { return };
        let asked = self.asked.borrow();
        for (key, _) in entries.iter().filter(|(k, _)| !asked.contains(&k.value.as_str())) {
            let at = Origin {
                file: self.node.source.file.clone(),
                line: key.referenced.line() as u32,
                column: key.referenced.column() as u32,
            };
            let message = format!("\"{}\" is not known here", shown(&key.value));
            let hint = did_you_mean(&key.value, asked.iter().copied());
            self.node.faults.error("unknown-key", &at, message, one_of(asked.iter().copied()), hint);
        }
    }
}
