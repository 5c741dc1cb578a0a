//! Parameters over time, as published.

use kernel::{Date, Words};
use maud::{Markup, html};

use crate::components::frame::{Frame, Width, back, page};
use crate::components::list::table;
use crate::components::value::{Shown, say};

/// A table in the list.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Words,
    /// The law.
    pub law: String,
    /// How many rows.
    pub rows: usize,
    /// The file of its rows.
    pub file: String,
}

/// One dated row.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Option<Date>,
    /// Its keys.
    pub keys: Vec<Shown>,
    /// Its value.
    pub value: Shown,
    /// Source ids.
    pub sources: String,
    /// A remark.
    pub note: String,
}

/// The list.
pub fn list(f: &Frame, lines: &[Line]) -> Markup {
    let t = f.t;
    let headings = ["parameter", "law", "parameter-rows"].map(|key| t.t(key).into_owned());
    let rows: Vec<Vec<Markup>> = lines.iter().map(|l| vec![
        html! { a href=(format!("/analyst/parameters/{}", l.id)) { (l.name.get(t.lang())) } " " code.small.soft { (l.id) } },
        html! { (l.law) },
        html! { (l.rows) },
    ]).collect();
    page(
        f,
        &t.t("parameters-title"),
        Width::Wide,
        html! {
            h1 { (t.t("parameters-title")) }
            p.lead { (t.t("parameters-lead")) }
            (table(&t.t("parameters-title"), &headings, &rows))
        },
    )
}

/// One table, newest first. `keys`: names of the keys.
pub fn one(f: &Frame, line: &Line, keys: &[String], rows: &[Row]) -> Markup {
    let t = f.t;
    let mut headings = vec![t.t("fact-since").into_owned(), t.t("parameter-to").into_owned()];
    headings.extend(keys.iter().cloned());
    headings.extend(["fact-value", "parameter-source"].map(|key| t.t(key).into_owned()));
    let cells: Vec<Vec<Markup>> = rows
        .iter()
        .map(|r| {
            let mut row = vec![
                html! { span.nowrap { (t.date(r.from)) } },
                html! { @if let Some(to) = r.to { span.nowrap { (t.date(to)) } } @else { (t.t("parameter-open")) } },
            ];
            row.extend(r.keys.iter().map(|key| html! { (say(t, key)) }));
            row.push(html! { strong.num { (say(t, &r.value)) } });
            row.push(html! { (r.sources) @if !r.note.is_empty() { br; span.small.soft { (r.note) } } });
            row
        })
        .collect();
    page(
        f,
        line.name.get(t.lang()),
        Width::Wide,
        html! {
            (back(t, "/analyst/parameters"))
            h1 { (line.name.get(t.lang())) }
            p.law { (line.law) " · " code { (line.id) } }
            (super::scenarios::begin_with(f, line.name.get(t.lang()), &line.file))
            (table(line.name.get(t.lang()), &headings, &cells))
        },
    )
}
