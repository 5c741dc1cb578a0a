//! Sources, agencies, code lists, the tree of places, and the list of what is left out.

use std::collections::HashMap;
use std::sync::Arc;

use rules::schema::{Entity, Type, Value};

use super::context::{Context, key};
use crate::model::{Agency, AgencyKind, Code, CodeList, Jurisdiction, LeftOut, Level, SourceRef};
use crate::read::fault::{did_you_mean, shown};
use crate::read::sheet::{Line, Sheet};
use crate::read::toml_doc::{Located, document};
use crate::read::value;

/// `sources.csv`: `id,title,where`
pub(crate) fn sources(cx: &mut Context<'_>) {
    let Some(source) = cx.open("sources.csv") else { return };
    let sheet = Sheet::parse(&source, cx.faults);
    sheet.need_columns(&["id", "title", "where"]);
    sheet.finish();
    for line in sheet.lines() {
        let Some(id) = line.need("id") else { continue };
        let entry =
            SourceRef { id: id.clone(), title: line.get("title").to_owned(), place: line.get("where").to_owned() };
        if !cx.content.sources.add(&id, entry) {
            cx.twice("source", &id, &line.place("id"));
        }
    }
}

const AGENCY_KINDS: [(&str, AgencyKind); 6] = [
    ("ministry", AgencyKind::Ministry),
    ("municipal", AgencyKind::Municipal),
    ("public_body", AgencyKind::PublicBody),
    ("company", AgencyKind::Company),
    ("court", AgencyKind::Court),
    ("other", AgencyKind::Other),
];

/// `agencies.csv`
pub(crate) fn agencies(cx: &mut Context<'_>) {
    let Some(source) = cx.open("agencies.csv") else { return };
    let sheet = Sheet::parse(&source, cx.faults);
    let complete = cx.complete();
    sheet.need_columns(&["id", "kind", "source"]);
    sheet.words_columns("name", &complete, true);
    sheet.finish();
    for line in sheet.lines() {
        let Some(id) = line.need("id") else { continue };
        cx.check_id(&id, &line.place("id"));
        let agency = Agency {
            id: id.clone(),
            name: line.words("name", &complete),
            kind: cx.choice(&line.located("kind"), &AGENCY_KINDS).unwrap_or(AgencyKind::Other),
            sources: cx.checked_sources(line.ids("source")),
        };
        if !cx.content.agencies.add(&id, agency) {
            cx.twice("agency", &id, &line.place("id"));
        }
    }
}

/// `codes.csv`: rows of one list need not stand together.
pub(crate) fn code_lists(cx: &mut Context<'_>) {
    let Some(source) = cx.open("codes.csv") else { return };
    let sheet = Sheet::parse(&source, cx.faults);
    let complete = cx.complete();
    sheet.need_columns(&["list", "code"]);
    sheet.words_columns("name", &complete, true);
    sheet.finish();
    let mut lists: Vec<(CodeList, rules::schema::CodeList)> = Vec::new();
    let mut index: HashMap<String, usize> = HashMap::new();
    for line in sheet.lines() {
        let (Some(id), Some(code)) = (line.need("list"), line.need("code")) else { continue };
        let n = *index.entry(id.clone()).or_insert_with(|| {
            cx.check_id(&id, &line.place("list"));
            let typed = rules::schema::CodeList { id: Arc::from(id.as_str()), codes: Vec::new(), origin: line.at() };
            lists.push((CodeList { id: id.clone(), codes: Vec::new() }, typed));
            lists.len() - 1
        });
        let name = line.words("name", &complete);
        let Some((words, typed)) = lists.get_mut(n) else { continue };
        if words.codes.iter().any(|c| c.id == code) {
            cx.twice("code", &format!("{id}: {code}"), &line.place("code"));
        } else {
            typed.codes.push(Arc::from(code.as_str()));
            words.codes.push(Code { id: code, name });
        }
    }
    for (words, typed) in lists {
        let id = words.id.clone();
        cx.content.code_lists.add(&id, words);
        cx.content.schema.code_lists.push(typed);
    }
}

const LEVELS: [(&str, Level); 4] =
    [("country", Level::Country), ("province", Level::Province), ("district", Level::District), ("town", Level::Town)];

/// `jurisdictions.csv`: the tree, with attributes that households inherit.
pub(crate) fn jurisdictions(cx: &mut Context<'_>) {
    let Some(source) = cx.open("jurisdictions.csv") else { return };
    let sheet = Sheet::parse(&source, cx.faults);
    let complete = cx.complete();
    sheet.need_columns(&["id", "parent", "level", "source"]);
    sheet.words_columns("name", &complete, true);
    let attributes = attribute_columns(cx, &sheet, &source.top());
    sheet.finish();
    let mut places = Vec::new();
    for line in sheet.lines() {
        let Some(id) = line.need("id") else { continue };
        let parent = line.located("parent");
        let place = Jurisdiction {
            id: id.clone(),
            parent: (!parent.it.is_empty()).then(|| parent.it.clone()),
            level: cx.choice(&line.located("level"), &LEVELS).unwrap_or(Level::Town),
            name: line.words("name", &complete),
            attributes: attributes.iter().filter_map(|(name, ty)| attribute(cx, &line, name, ty)).collect(),
            sources: cx.checked_sources(line.ids("source")),
        };
        if cx.content.jurisdictions.add(&id, place) {
            places.push((Located { it: id, at: line.place("id") }, parent));
        } else {
            cx.twice("place", &id, &line.place("id"));
        }
    }
    check_tree(cx, &places);
}

/// The columns that are no fixed ones, each a household item.
fn attribute_columns(cx: &Context<'_>, sheet: &Sheet<'_>, top: &rules::schema::Origin) -> Vec<(String, Type)> {
    let fixed = |c: &str| ["id", "parent", "level", "source"].contains(&c) || c.starts_with("name_");
    let mut out = Vec::new();
    for column in sheet.columns.iter().filter(|c| !fixed(c)) {
        sheet.may_have(&[column]);
        if let Some(item) = cx.content.items.get(&key(Entity::Household, column)) {
            out.push((column.clone(), item.ty.clone()));
            continue;
        }
        let items = cx.content.items.iter().filter(|i| i.entity == Entity::Household);
        let message = format!("the column \"{}\" is no item of the household", shown(column));
        let hint = did_you_mean(column, items.map(|i| i.id.as_str()));
        cx.faults.error("unknown-item", top, message, "an item of items.csv with entity household", hint);
    }
    out
}

fn attribute(cx: &Context<'_>, line: &Line<'_, '_>, name: &str, ty: &Type) -> Option<(String, Value)> {
    let text = line.get(name);
    if text.is_empty() {
        return None;
    }
    let value = value::parse(text, ty, cx.content.manifest.currency);
    if value.is_none() {
        line.bad(name, format!("\"{}\" does not fit", shown(text)), value::looks_like(ty));
    }
    if let Type::Code(list) = ty {
        cx.check_code(list, &line.located(name), "code", "unknown-code");
    }
    Some((name.to_owned(), value?))
}

/// Every place but the root has a parent that exists, and nobody is their own ancestor.
fn check_tree(cx: &Context<'_>, places: &[(Located<String>, Located<String>)]) {
    let parents: HashMap<&str, &str> = places.iter().map(|(id, p)| (id.it.as_str(), p.it.as_str())).collect();
    let root = cx.content.manifest.root_jurisdiction.as_str();
    for (id, parent) in places {
        if parent.it.is_empty() {
            if id.it != root {
                let hint = format!("only the root {root} stands alone (root_jurisdiction in pack.toml)");
                cx.faults.error(
                    "bad-value",
                    &id.at,
                    format!("{} has no parent", shown(&id.it)),
                    "the id of the place around it",
                    hint,
                );
            }
        } else if !parents.contains_key(parent.it.as_str()) {
            let message = format!("there is no place \"{}\"", shown(&parent.it));
            let hint = did_you_mean(&parent.it, parents.keys().copied());
            cx.faults.error("unknown-jurisdiction", &parent.at, message, "the id of a place in this file", hint);
        } else if is_own_ancestor(&id.it, &parents) {
            let message = format!("{} lies within itself", shown(&id.it));
            cx.faults.error("cycle", &parent.at, message, "a tree of places", "give one of the places another parent");
        }
    }
    if !parents.contains_key(root) {
        let at = rules::schema::Origin { file: Arc::from("pack.toml"), line: 1, column: 1 };
        let message = format!("the root place \"{}\" is not in jurisdictions.csv", shown(root));
        cx.faults.error("unknown-jurisdiction", &at, message, "the id of a place", "");
    }
}

fn is_own_ancestor(id: &str, parents: &HashMap<&str, &str>) -> bool {
    let mut at = id;
    for _ in 0..=parents.len() {
        match parents.get(at) {
            Some(parent) if *parent == id => return true,
            Some(parent) if !parent.is_empty() => at = parent,
            _ => return false,
        }
    }
    false
}

/// `left-out.toml`: may be missing when nothing is left out.
pub(crate) fn left_out(cx: &mut Context<'_>) {
    let Some(source) = cx.open_if_there("left-out.toml") else { return };
    let complete = cx.complete();
    let faults = cx.faults;
    document(&source, faults, |root| {
        for table in root.tables("programme") {
            let id = table.need_text("id");
            let name = table.need_words("name", &complete);
            let reason = table.need_words("reason", &complete);
            let _law = table.text("law");
            let _sources = cx.checked_sources([table.ids("source"), table.ids("sources")].concat());
            table.finish();
            let Some(id) = id else { continue };
            cx.check_id(&id.it, &id.at);
            if !cx.content.left_out.add(&id.it, LeftOut { id: id.it.clone(), name, reason }) {
                cx.twice("programme", &id.it, &id.at);
            }
        }
    });
}
