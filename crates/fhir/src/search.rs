//! Searching resources by the parameters of [`crate::surface`]. Strict: what is not understood is refused, never passed over, for a
//! search that forgets a condition finds too much.

use kernel::Date;
use serde_json::Value;

use crate::Resource;
use crate::datatype::whole;
use crate::read::Fault;
use crate::surface::{Compares, Param, Served};

/// The most resources of one page.
pub const MOST: usize = 500;
/// How many there are where nothing is said.
const USUAL: usize = 50;

/// One condition: any of its values must fit.
#[derive(Clone, Debug)]
pub struct Condition {
    /// The parameter.
    pub param: Param,
    /// The values, any of which will do.
    pub values: Vec<String>,
}

/// A search, read from its query.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// Conditions, all of which must hold.
    pub conditions: Vec<Condition>,
    /// How many a page.
    pub count: usize,
    /// Where the page begins: how many were shown before, or the registry's own marker.
    pub after: Option<String>,
    /// Whether only the number is asked for.
    pub counts_only: bool,
    /// Elements to be given; empty: all.
    pub elements: Vec<String>,
    /// `_include` and `_revinclude`.
    pub include: Vec<String>,
}

const ID: Param = Param { name: "_id", compares: Compares::Token, paths: &["id"] };
const UPDATED: Param = Param { name: "_lastUpdated", compares: Compares::Date, paths: &["meta.lastUpdated"] };

impl Search {
    /// Reads a query.
    ///
    /// # Errors
    /// A parameter that is not known or not understood, by its name.
    pub fn read(of: &Served, pairs: &[(String, String)]) -> Result<Search, Fault> {
        let mut search = Search { count: USUAL, ..Search::default() };
        for (name, value) in pairs {
            let wrong = |why: &str| {
                let name: String = name.chars().take(60).collect();
                Fault::new(format!("{}?{name}", of.kind), why)
            };
            if value.contains('\0') || value.trim().is_empty() {
                return Err(wrong("expected a value"));
            }
            match name.as_str() {
                "_count" => {
                    let count: usize = value.parse().map_err(|_| wrong("expected a number"))?;
                    search.counts_only |= count == 0;
                    search.count = count.clamp(1, MOST);
                }
                "_after" => search.after = Some(value.clone()),
                "_format" if ["json", "application/json", "application/fhir+json"].contains(&value.as_str()) => {}
                "_format" => return Err(wrong("expected json: nothing else is spoken here")),
                "_summary" if value == "count" => search.counts_only = true,
                "_elements" => search.elements = value.split(',').map(|e| e.trim().to_owned()).collect(),
                "_include" | "_revinclude" => {
                    let known = matches!(
                        (of.kind, name.as_str(), value.as_str()),
                        ("Task", "_include", "Task:focus") | ("ServiceRequest", "_revinclude", "Task:focus")
                    );
                    if !known {
                        return Err(wrong(
                            "expected Task?_include=Task:focus or ServiceRequest?_revinclude=Task:focus",
                        ));
                    }
                    search.include.push(value.clone());
                }
                _ => {
                    let param = [ID, UPDATED].into_iter().chain(of.params.iter().copied()).find(|p| p.name == name);
                    let known = || {
                        let names: Vec<&str> = of.params.iter().map(|p| p.name).collect();
                        format!(
                            "cannot be searched by: expected _id, _lastUpdated, {}, without modifiers",
                            names.join(", ")
                        )
                    };
                    let param = param.ok_or_else(|| wrong(&known()))?;
                    let values: Vec<String> = value.split(',').map(str::to_owned).collect();
                    if param.compares == Compares::Date {
                        for value in &values {
                            when(value).ok_or_else(|| wrong("expected a day or moment such as ge2026-01-31"))?;
                        }
                    }
                    search.conditions.push(Condition { param, values });
                }
            }
        }
        Ok(search)
    }

    /// The only value of a parameter, if it was given.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.conditions.iter().find(|c| c.param.name == name).and_then(|c| c.values.first()).map(String::as_str)
    }

    /// The id in a reference parameter.
    pub fn reference(&self, name: &str) -> Option<uuid::Uuid> {
        whole(self.value(name)?.rsplit('/').next()?)
    }

    /// Whether a resource meets every condition.
    pub fn finds(&self, resource: &Resource) -> bool {
        let json = resource.json();
        self.conditions.iter().filter(|c| c.param.compares != Compares::Registry).all(|c| {
            let mut found = Vec::new();
            c.param.paths.iter().for_each(|path| collect(&json, path, &mut found));
            c.values.iter().any(|wanted| compare(c.param.compares, &found, wanted))
        })
    }
}

/// The values at a path, lists opened.
fn collect<'a>(value: &'a Value, path: &str, found: &mut Vec<&'a Value>) {
    if let Value::Array(list) = value {
        return list.iter().for_each(|v| collect(v, path, found));
    }
    match path.split_once('.') {
        _ if path.is_empty() => found.push(value),
        Some((name, rest)) => {
            if let Some(inner) = value.get(name) {
                collect(inner, rest, found);
            }
        }
        None => {
            if let Some(inner) = value.get(path) {
                collect(inner, "", found);
            }
        }
    }
}

fn compare(how: Compares, found: &[&Value], wanted: &str) -> bool {
    let any = |fits: &dyn Fn(&Value) -> bool| found.iter().any(|v| fits(v));
    match how {
        Compares::Token => any(&|v| token(v, wanted)),
        Compares::Date => date(found, wanted),
        Compares::Reference => any(&|v| {
            let given = v.get("reference").and_then(Value::as_str).unwrap_or_default();
            let wanted = wanted.split_once("/R4/").map_or(wanted, |(_, rest)| rest);
            let bare = given.split_once('/').map(|(_, id)| id);
            given == wanted
                || bare == Some(wanted)
                || given.strip_prefix(wanted).is_some_and(|rest| rest.starts_with("/_history/"))
        }),
        Compares::Text => any(&|v| text(v, &wanted.to_lowercase())),
        Compares::Uri => any(&|v| {
            let given = v.as_str().unwrap_or_default();
            given == wanted || given.split('|').next() == Some(wanted)
        }),
        Compares::Registry => true,
    }
}

/// A code, identifier or truth; `system|code`, `|code`, `system|` or `code`.
fn token(value: &Value, wanted: &str) -> bool {
    let (system, code) = match wanted.split_once('|') {
        Some((system, code)) => (Some(system), code),
        None => (None, wanted),
    };
    let fits = |s: Option<&str>, c: Option<&str>| {
        let system_fits = system.is_none_or(|system| s.unwrap_or_default() == system);
        system_fits && (code.is_empty() || c == Some(code))
    };
    let of = |name: &str| value.get(name).and_then(Value::as_str);
    match value {
        Value::String(text) => fits(None, Some(text)),
        Value::Bool(truth) => truth.to_string() == wanted,
        Value::Object(map) if map.contains_key("coding") => {
            map.get("coding").and_then(Value::as_array).is_some_and(|list| list.iter().any(|c| token(c, wanted)))
        }
        Value::Object(map) if map.contains_key("code") => fits(of("system"), of("code")),
        Value::Object(_) => fits(of("system"), of("value")),
        _ => false,
    }
}

fn text(value: &Value, wanted: &str) -> bool {
    match value {
        Value::String(text) => text.to_lowercase().starts_with(wanted),
        Value::Object(map) => ["text", "family"].iter().any(|n| map.get(*n).is_some_and(|v| text(v, wanted))),
        _ => false,
    }
}

/// How a date parameter compares, and the days it spans.
fn when(wanted: &str) -> Option<(&str, String, String)> {
    let (how, rest) = match wanted.split_at_checked(2) {
        Some((how, rest)) if ["eq", "ne", "lt", "le", "gt", "ge"].contains(&how) => (how, rest),
        _ => ("eq", wanted),
    };
    let (first, last) = span(rest)?;
    Some((how, first, last))
}

/// The first and last moment of a date as written, as texts that sort: a year and a month hold all their days, a day all its moments.
fn span(text: &str) -> Option<(String, String)> {
    let (day, moment) = text.split_once('T').map_or((text, None), |(day, rest)| (day, Some(rest)));
    let (first, last) = match day.len() {
        4 => (format!("{day}-01-01"), format!("{day}-12-31")),
        7 => (format!("{day}-01"), format!("{day}-31")),
        _ => (day.to_owned(), day.to_owned()),
    };
    first.parse::<Date>().ok()?;
    Some(match moment {
        // Moments of one server are all in one zone or in UTC; compared to the second, a zone apart.
        Some(rest) => {
            let clock: String = rest.chars().take(8).filter(|c| c.is_ascii_digit() || *c == ':').collect();
            let short = clock.len() == 5;
            let clock = if short { format!("{clock}:00") } else { clock };
            (clock.len() == 8).then(|| (format!("{first}T{clock}"), format!("{last}T{clock}~")))?
        }
        None => (first, format!("{last}T~")),
    })
}

/// A date parameter against dates and periods.
fn date(found: &[&Value], wanted: &str) -> bool {
    let Some((how, first, last)) = when(wanted) else { return false };
    found.iter().any(|value| {
        let (from, until) = match value {
            Value::String(text) => match span(text) {
                Some(it) => it,
                None => return false,
            },
            Value::Object(period) => {
                let end = |name: &str| period.get(name).and_then(Value::as_str).and_then(span);
                let start = end("start").map_or_else(String::new, |(first, _)| first);
                (start, end("end").map_or_else(|| "~".to_owned(), |(_, last)| last))
            }
            _ => return false,
        };
        match how {
            "ne" => !(first <= from && until <= last),
            "lt" => from < first,
            "le" => from <= last,
            "gt" => until > last,
            "ge" => until >= first,
            // A period fits a day that lies in it, as a moment fits the day it lies in.
            _ => from <= last && first <= until,
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::surface::served;

    fn finds(kind: &str, query: &[(&str, &str)], resource: Value) -> bool {
        let pairs: Vec<(String, String)> = query.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        Search::read(served(kind).unwrap(), &pairs).unwrap().finds(&Resource::new(resource))
    }

    #[test]
    fn parameters_find_what_they_say() {
        let task = json!({
            "resourceType": "Task", "id": "t", "status": "accepted", "for": { "reference": "Patient/p" },
            "businessStatus": { "coding": [{ "system": "s", "code": "waiting-list" }] },
            "authoredOn": "2026-11-20T10:11:12.000000Z",
        });
        for (name, value, fits) in [
            ("status", "accepted", true),
            ("status", "requested,accepted", true),
            ("status", "requested", false),
            ("patient", "Patient/p", true),
            ("patient", "p", true),
            ("patient", "Patient/q", false),
            ("business-status", "s|waiting-list", true),
            ("business-status", "waiting-list", true),
            ("business-status", "x|waiting-list", false),
            ("authored-on", "2026-11-20", true),
            ("authored-on", "2026-11", true),
            ("authored-on", "gt2026-11-20", false),
            ("authored-on", "ge2026-11-20", true),
            ("authored-on", "lt2026-11-20", false),
            ("authored-on", "lt2026-11-21", true),
            ("authored-on", "gt2026-11-20T10:00:00Z", true),
            ("authored-on", "ne2026-11-20", false),
            ("_id", "t", true),
        ] {
            assert_eq!(finds("Task", &[(name, value)], task.clone()), fits, "{name}={value}");
        }
        let visit = json!({ "resourceType": "Encounter", "id": "e", "period": { "start": "2026-11-20" } });
        assert!(finds("Encounter", &[("date", "2026-12-01")], visit.clone()), "an open period goes on");
        assert!(!finds("Encounter", &[("date", "lt2026-11-20")], visit));
    }

    #[test]
    fn what_is_not_understood_is_refused_with_its_name() {
        for (name, value) in
            [("status:not", "x"), ("color", "x"), ("authored-on", "yesterday"), ("_format", "xml"), ("status", " ")]
        {
            let pairs = [(name.to_owned(), value.to_owned())];
            let fault = Search::read(served("Task").unwrap(), &pairs).unwrap_err();
            assert_eq!(fault.place, format!("Task?{name}"));
        }
    }
}
