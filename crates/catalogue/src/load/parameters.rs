//! `parameters.toml` and the tables it names.

use std::collections::HashMap;
use std::sync::Arc;

use kernel::Date;
use rules::schema::{Key, Row, Type};

use super::context::Context;
use crate::model::{Parameter, ParameterRow};
use crate::read::fault::shown;
use crate::read::sheet::{Line, Sheet};
use crate::read::toml_doc::{Located, Table, document};
use crate::read::value;

/// Reads all tables.
pub(crate) fn read(cx: &mut Context<'_>) {
    let Some(source) = cx.open("parameters.toml") else { return };
    let faults = cx.faults;
    document(&source, faults, |root| {
        for entry in root.tables("table") {
            table(cx, &entry);
            entry.finish();
        }
    });
}

fn table(cx: &mut Context<'_>, entry: &Table<'_>) {
    let complete = cx.complete();
    let id = entry.need_text("id");
    let file = entry.need_text("file");
    let law = entry.text("law").map(|t| t.it).unwrap_or_default();
    let name = entry.need_words("name", &complete);
    let _sources = cx.checked_sources([entry.ids("source"), entry.ids("sources")].concat());
    let keys: Vec<Key> = entry.tables("keys").iter().filter_map(|k| table_key(cx, k)).collect();
    let ty = declared_type(cx, entry);
    let (Some(id), Some(file), Some(ty)) = (id, file, ty) else { return };
    cx.check_id(&id.it, &id.at);
    let (typed_rows, rows) = rows(cx, &file, &ty, &keys);
    let typed = rules::schema::Table {
        id: Arc::from(id.it.as_str()),
        ty: ty.clone(),
        rows: typed_rows,
        origin: entry.at.clone(),
        keys: keys.clone(),
    };
    let keys = keys.iter().map(|k| k.name.to_string()).collect();
    let parameter = Parameter { id: id.it.clone(), file: file.it, ty, keys, law, name, rows };
    if cx.content.parameters.add(&id.it, parameter) {
        cx.content.schema.tables.push(typed);
    } else {
        cx.twice("table", &id.it, &id.at);
    }
}

/// `type`, `unit` and `codes` of a table.
fn declared_type(cx: &Context<'_>, entry: &Table<'_>) -> Option<Type> {
    let ty = entry.need_text("type");
    let unit = entry.text("unit").map(|t| t.it).unwrap_or_default();
    let codes = entry.text("codes");
    if let Some(list) = &codes {
        cx.check_code_list(list);
    }
    let ty = ty?;
    match value::declared(&ty.it, &unit, codes.as_ref().map(|c| c.it.as_str()), cx.content.manifest.currency) {
        Ok(ty) => Some(ty),
        Err(expected) => {
            let message = format!("\"{}\" with the unit \"{}\" is no type", shown(&ty.it), shown(&unit));
            cx.faults.error("bad-value", &ty.at, message, expected, "");
            None
        }
    }
}

fn table_key(cx: &Context<'_>, entry: &Table<'_>) -> Option<Key> {
    let name = entry.need_text("name");
    let kind = entry.need_text("type");
    let codes = entry.text("codes");
    let unit = entry.text("unit").map(|t| t.it).unwrap_or_default();
    let lookup = entry.text("lookup");
    entry.finish();
    let floor = lookup.and_then(|l| cx.choice(&l, &[("exact", false), ("floor", true)])).unwrap_or(false);
    let (name, kind) = (name?, kind?);
    let ty = match (kind.it.as_str(), codes) {
        ("integer", _) => Type::Integer(Arc::from(unit)),
        ("code", Some(list)) => {
            cx.check_code_list(&list);
            Type::Code(Arc::from(list.it))
        }
        (other, _) => {
            let message = format!("\"{}\" cannot be the type of this key", shown(other));
            cx.faults.error("bad-value", &kind.at, message, "integer, or code with codes = \"list\"", "");
            return None;
        }
    };
    Some(Key { name: Arc::from(name.it), ty, floor })
}

/// The dated values of one table.
fn rows(cx: &mut Context<'_>, file: &Located<String>, ty: &Type, keys: &[Key]) -> (Vec<Row>, Vec<ParameterRow>) {
    if cx.files.get(&file.it).is_none() {
        let message = format!("the file {} is missing", shown(&file.it));
        cx.faults.error(
            "missing-file",
            &file.at,
            message,
            "a CSV file in the folder parameters",
            "create it, or correct the path",
        );
        return Default::default();
    }
    let Some(source) = cx.open(&file.it) else { return Default::default() };
    let sheet = Sheet::parse(&source, cx.faults);
    sheet.need_columns(&["valid_from", "valid_to", "value"]);
    let names: Vec<&str> = keys.iter().map(|k| k.name.as_ref()).collect();
    sheet.need_columns(&names);
    sheet.may_have(&["source", "confidence", "note"]);
    sheet.finish();
    let (mut typed, mut words) = (Vec::new(), Vec::new());
    for line in sheet.lines() {
        if let Some((row, more)) = row(cx, &line, ty, keys) {
            typed.push(row);
            words.push(more);
        }
    }
    check_overlap(cx, &typed);
    (typed, words)
}

fn row(cx: &Context<'_>, line: &Line<'_, '_>, ty: &Type, keys: &[Key]) -> Option<(Row, ParameterRow)> {
    let valid_from = line.date("valid_from");
    line.need("valid_from")?;
    let valid_to = line.date("valid_to");
    let cell = |column: &str, ty: &Type| {
        let text = line.get(column);
        let value = value::parse(text, ty, cx.content.manifest.currency);
        if value.is_none() {
            line.bad(column, format!("\"{}\" does not fit", shown(text)), value::looks_like(ty));
        } else if let Type::Code(list) = ty {
            cx.check_code(list, &line.located(column), "code", "unknown-code");
        }
        value
    };
    let key_values: Vec<_> = keys.iter().map(|k| cell(&k.name, &k.ty)).collect();
    let value = cell("value", ty);
    let sources = cx.checked_sources(line.ids("source"));
    let confidence = cx.confidence(&line.located("confidence"));
    let (valid_from, value) = (valid_from?, value?);
    let keys: Vec<_> = key_values.into_iter().collect::<Option<_>>()?;
    if valid_to.is_some_and(|to| to < valid_from) {
        line.bad("valid_to", "the last day lies before the first", "a day on or after valid_from");
    }
    let typed = Row { valid_from, valid_to, keys: keys.clone(), value: value.clone(), origin: line.at() };
    let note = line.get("note").to_owned();
    Some((typed, ParameterRow { valid_from, valid_to, keys, value, sources, confidence, note }))
}

/// For one combination of keys no two periods share a day.
fn check_overlap(cx: &Context<'_>, rows: &[Row]) {
    let mut by_key: HashMap<String, Vec<&Row>> = HashMap::new();
    for row in rows {
        let key =
            row.keys.iter().map(|k| value::plain(k, cx.content.manifest.currency)).collect::<Vec<_>>().join("\u{1f}");
        by_key.entry(key).or_default().push(row);
    }
    for group in by_key.values_mut() {
        group.sort_by_key(|row| (row.valid_from, row.origin.line));
        let mut last: Option<&Row> = None;
        for row in group.iter() {
            if let Some(before) = last.filter(|before| before.valid_to.is_none_or(|end| row.valid_from <= end)) {
                let until = before.valid_to.map_or("open end".to_owned(), |d| d.to_string());
                let message =
                    format!("from {} this row and the one in line {} both apply", row.valid_from, before.origin.line);
                let hint = format!(
                    "line {} runs from {} to {until}: end it the day before",
                    before.origin.line, before.valid_from
                );
                cx.faults.error("overlap", &row.origin, message, "one value a day", hint);
            }
            let end = |row: &Row| row.valid_to.unwrap_or(Date::MAX);
            if last.is_none_or(|before| end(before) < end(row)) {
                last = Some(row);
            }
        }
    }
}
