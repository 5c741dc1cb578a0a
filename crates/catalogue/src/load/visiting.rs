//! `visiting.toml` and `points.csv`: the working week of those who visit, and where places lie. Both may be missing.

use super::context::Context;
use crate::model::{Spot, Visiting};
use crate::read::sheet::{Line, Sheet};
use crate::read::toml_doc::{Table, document};

/// Reads both, where they are.
pub(crate) fn read(cx: &mut Context<'_>) {
    points(cx);
    let Some(source) = cx.open_if_there("visiting.toml") else { return };
    let read = document(&source, cx.faults, |root| visiting(cx, root));
    cx.content.visiting = read.flatten();
}

fn visiting(cx: &Context<'_>, root: &Table<'_>) -> Option<Visiting> {
    let between = |key: &'static str, low: u32, high: u32| {
        if !root.has(key) {
            let expected = format!("{key} = a whole number from {low} to {high}");
            cx.faults.error("missing-key", &root.place(key), format!("{key} is missing"), expected, "");
            return None;
        }
        let number = root.count(key)?;
        if !(low..=high).contains(&number) {
            let expected = format!("a whole number from {low} to {high}");
            cx.faults.error("bad-value", &root.place(key), format!("{number} cannot stand here"), expected, "");
            return None;
        }
        Some(number)
    };
    let (from, until) = (between("from_hour", 0, 23), between("until_hour", 1, 24));
    let pause = between("break_minutes", 0, 240);
    let (most_a_day, between_minutes) = (between("most_a_day", 1, 30), between("between_minutes", 0, 120));
    let (detour_percent, km_per_hour) = (between("detour_percent", 100, 400), between("km_per_hour", 2, 130));
    let near_metres = between("near_metres", 0, 50_000);
    let sources = cx.checked_sources(root.ids("sources"));
    if sources.is_empty() {
        let hint = "say where the figures come from; \"illustrative\" is ours";
        cx.faults.error("missing-key", &root.place("sources"), "no sources", "sources = [\"…\"]", hint);
    }
    let (from, until) = (from? * 60, until? * 60);
    if until <= from + pause? {
        let message = "the day ends before it begins";
        cx.faults.error("order", &root.place("until_hour"), message, "until_hour after from_hour and the break", "");
        return None;
    }
    Some(Visiting {
        from,
        until: until - pause?,
        most_a_day: most_a_day?,
        between: between_minutes?,
        detour_percent: detour_percent?,
        km_per_hour: km_per_hour?,
        near_metres: near_metres?,
    })
}

fn points(cx: &mut Context<'_>) {
    let Some(source) = cx.open_if_there("points.csv") else { return };
    let sheet = Sheet::parse(&source, cx.faults);
    sheet.need_columns(&["id", "lat", "lon", "source"]);
    sheet.finish();
    for line in sheet.lines() {
        let Some(id) = line.need("id") else { continue };
        cx.checked_sources(line.ids("source"));
        if cx.content.jurisdictions.get(&id).is_none() {
            line.bad("id", format!("there is no place \"{id}\""), "an id of jurisdictions.csv");
            continue;
        }
        let (Some(lat), Some(lon)) = (degrees(&line, "lat", 90.0), degrees(&line, "lon", 180.0)) else { continue };
        if !cx.content.points.add(&id, Spot { lat, lon }) {
            cx.twice("point", &id, &line.place("id"));
        }
    }
}

fn degrees(line: &Line<'_, '_>, column: &'static str, most: f64) -> Option<f64> {
    let text = line.get(column);
    let number = text.parse::<f64>().ok().filter(|n| n.abs() <= most);
    if number.is_none() {
        let message = format!("\"{}\" cannot stand here", crate::read::fault::shown(text));
        line.bad(column, message, format!("degrees from -{most} to {most}, as 37.51"));
    }
    number
}
