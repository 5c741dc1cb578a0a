//! `definitions/*.toml`

use std::sync::Arc;

use kernel::Date;
use rules::schema::{Dated, Logic, Origin, Type};

use super::context::{Context, key};
use super::decisions;
use super::items::ENTITIES;
use crate::model::Definition;
use crate::read::fault::shown;
use crate::read::toml_doc::{Table, document};
use crate::read::value;

/// Reads all definitions.
pub(crate) fn read(cx: &mut Context<'_>) {
    let faults = cx.faults;
    for source in cx.folder("definitions", ".toml") {
        document(&source, faults, |root| {
            for entry in root.tables("definition") {
                definition(cx, &entry);
                entry.finish();
            }
        });
    }
}

fn definition(cx: &mut Context<'_>, entry: &Table<'_>) {
    let complete = cx.complete();
    let id = entry.need_text("id");
    let entity = entry.need_text("entity").and_then(|t| cx.choice(&t, &ENTITIES));
    let ty = declared_type(cx, entry);
    let may_be_stated = entry.flag("may_be_stated");
    let law = entry.text("law").map(|t| t.it).unwrap_or_default();
    let name = entry.need_words("name", &complete);
    let _note = entry.words("note", &complete);
    let sources = cx.checked_sources([entry.ids("source"), entry.ids("sources")].concat());
    let confidence = entry.text("confidence");
    let _confidence = confidence.and_then(|c| cx.confidence(&c));
    let versions = versions(cx, entry);
    let (Some(id), Some(entity)) = (id, entity) else { return };
    cx.check_id(&id.it, &id.at);
    let words = Definition {
        id: id.it.clone(),
        entity,
        ty: ty.clone(),
        may_be_stated,
        law,
        name,
        versions: versions.iter().map(|v| (v.valid_from, v.valid_to, text(&v.it))).collect(),
        sources,
        origin: id.at.clone(),
    };
    let typed = rules::schema::Definition {
        id: Arc::from(id.it.as_str()),
        entity,
        ty,
        may_be_stated,
        versions,
        origin: id.at.clone(),
    };
    let key = key(entity, &id.it);
    if cx.content.items.get(&key).is_some() || !cx.content.definitions.add(&key, words) {
        cx.twice("item or definition", &key, &id.at);
    } else {
        cx.content.schema.definitions.push(typed);
    }
}

fn text(logic: &Logic) -> String {
    match logic {
        Logic::Formula(expr) => expr.text.clone(),
        Logic::Table(table) => table.to_string(),
    }
}

/// `value` or `table`, or dated `[[definition.version]]`s with one of them.
fn versions(cx: &mut Context<'_>, entry: &Table<'_>) -> Vec<Dated<Logic>> {
    let dated = entry.tables("version");
    if dated.is_empty() {
        let logic = logic(cx, entry);
        return logic.into_iter().map(|it| Dated { valid_from: None, valid_to: None, it }).collect();
    }
    if let Some(value) = entry.expr("value") {
        let message = "there are both a value and dated versions";
        cx.faults.error("bad-value", &value.origin, message, "either `value` or [[definition.version]]", "");
    }
    let mut out = Vec::new();
    let mut spans = Vec::new();
    for version in &dated {
        let (valid_from, valid_to) = (version.date("valid_from"), version.date("valid_to"));
        let logic = logic(cx, version);
        let _law = version.text("law");
        let _sources = cx.checked_sources([version.ids("source"), version.ids("sources")].concat());
        version.finish();
        spans.push((valid_from, valid_to, version.at.clone()));
        out.extend(logic.map(|it| Dated { valid_from, valid_to, it }));
    }
    check_overlap(cx, &spans);
    out
}

fn logic(cx: &mut Context<'_>, entry: &Table<'_>) -> Option<Logic> {
    let Some(table) = entry.table("table") else { return entry.need_expr("value").map(Logic::Formula) };
    if let Some(value) = entry.expr("value") {
        let message = "there are both a value and a table";
        cx.faults.error("bad-value", &value.origin, message, "either `value` or [definition.table]", "");
    }
    decisions::read(cx, &table).map(Logic::Table)
}

/// No two of the ranges share a day, and none ends before it begins.
pub(crate) fn check_overlap(cx: &Context<'_>, spans: &[(Option<Date>, Option<Date>, Origin)]) {
    let start = |d: &Option<Date>| d.unwrap_or(Date::MIN);
    let end = |d: &Option<Date>| d.unwrap_or(Date::MAX);
    for (n, (from, to, at)) in spans.iter().enumerate() {
        if end(to) < start(from) {
            let hint = "valid_to is the last day inside";
            cx.faults.error(
                "bad-value",
                at,
                "this version ends before it begins",
                "valid_to on or after valid_from",
                hint,
            );
        }
        for (other_from, other_to, other) in spans.iter().take(n) {
            if start(from) <= end(other_to) && start(other_from) <= end(to) {
                let message = format!("this version and the one in line {} share days", other.line);
                let hint = "end the older one the day before the newer one begins";
                cx.faults.error("overlap", at, message, "at most one version a day", hint);
            }
        }
    }
}

/// `type`, `unit` and `codes`: nothing when none of them is written; a unit alone says enough.
fn declared_type(cx: &Context<'_>, entry: &Table<'_>) -> Option<Type> {
    let ty = entry.text("type");
    let unit = entry.text("unit");
    let codes = entry.text("codes");
    if let Some(list) = &codes {
        cx.check_code_list(list);
    }
    let currency = cx.content.manifest.currency;
    let at = ty.as_ref().or(unit.as_ref()).or(codes.as_ref())?.at.clone();
    let unit = unit.map(|t| t.it).unwrap_or_default();
    let implied = match () {
        () if codes.is_some() => "code",
        () if unit.starts_with(currency.code()) => "money",
        () if ["boolean", "ratio", "date", "text", "decimal", "integer"].contains(&unit.as_str()) => unit.as_str(),
        () => "integer",
    };
    let word = ty.map_or_else(|| implied.to_owned(), |t| t.it);
    let unit = if word == unit { "" } else { unit.as_str() };
    match value::declared(&word, unit, codes.as_ref().map(|c| c.it.as_str()), currency) {
        Ok(ty) => Some(ty),
        Err(expected) => {
            let message = format!("\"{}\" with the unit \"{}\" is no type", shown(&word), shown(unit));
            cx.faults.error("bad-value", &at, message, expected, "");
            None
        }
    }
}
