//! `groups.toml`: kinds of mothers' groups. May be missing: then there are none.

use super::context::Context;
use crate::model::GroupKind;
use crate::read::toml_doc::{Table, document};

/// Fewer than this would tell of single people.
const FEWEST: u32 = 3;
/// A group of more is a lecture.
const MOST: u32 = 100;

/// Reads it.
pub(crate) fn read(cx: &mut Context<'_>) {
    let Some(source) = cx.open_if_there("groups.toml") else { return };
    let faults = cx.faults;
    document(&source, faults, |root| {
        for table in root.tables("kind") {
            kind(cx, &table);
            table.finish();
        }
    });
}

fn kind(cx: &mut Context<'_>, table: &Table<'_>) {
    let complete = cx.complete();
    let Some(id) = table.need_text("id") else { return };
    cx.check_id(&id.it, &id.at);
    let number = |key: &'static str, least: u32| {
        let n = table.count(key).unwrap_or(0);
        if !(least..=MOST).contains(&n) {
            let expected = format!("{key} = {least} to {MOST}");
            cx.faults.error("out-of-range", &table.place(key), format!("{key} = {n}"), expected, "");
        }
        n
    };
    let (seats, suppress_below) = (number("seats", 2), number("suppress_below", FEWEST));
    let kind = GroupKind {
        name: table.need_words("name", &complete),
        about: table.need_words("about", &complete),
        seats,
        suppress_below,
        sources: cx.checked_sources([table.ids("sources"), table.ids("source")].concat()),
        id: id.it.clone(),
    };
    if !cx.content.groups.add(&id.it, kind) {
        cx.twice("kind of group", &id.it, &id.at);
    }
}
