//! The orders, and the form that asks for one.

use casework::requalify::model::Status;
use kernel::Date;
use maud::{Markup, html};

use super::status_tag;
use crate::components::field::{self, Look};
use crate::components::frame::{Frame, Width, page};
use crate::components::list::table;
use crate::components::message::{Tone, error_summary, notice};
use crate::form::Form;

/// An order in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its id.
    pub id: String,
    /// The day of the facts.
    pub on: Date,
    /// Why.
    pub reason: String,
    /// How far it has come.
    pub status: Status,
    /// Who asked, and when.
    pub asked: String,
    /// Findings, once they are there.
    pub findings: Option<u64>,
}

/// The list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Runs {
    /// The orders, the latest first.
    pub runs: Vec<Line>,
    /// Whether the viewer may ask for one.
    pub may_ask: bool,
    /// Whether one was just asked for.
    pub asked: bool,
}

/// The page.
pub fn page_of(f: &Frame, form: &Form, r: &Runs) -> Markup {
    let t = f.t;
    let count = |n: u64| t.number(i64::try_from(n).unwrap_or(i64::MAX));
    let rows: Vec<Vec<Markup>> = r
        .runs
        .iter()
        .map(|l| {
            vec![
                html! { a href=(format!("/requalify/{}", l.id)) { (t.date(l.on)) } },
                html! { (l.reason) },
                status_tag(t, l.status),
                html! { (l.asked) },
                html! { @match l.findings { Some(n) => span.num { (count(n)) }, None => "–" } },
            ]
        })
        .collect();
    let headings = ["requal-day", "reason", "requal-status", "requal-asked-by", "requal-findings"];
    page(
        f,
        &t.t("requal-title"),
        Width::Wide,
        html! {
            (error_summary(t, form))
            @if r.asked { (notice(Tone::Done, &t.t("requal-done-asked"), html! {})) }
            h1 { (t.t("requal-title")) }
            p.lead { (t.t("requal-lead")) }
            @if rows.is_empty() { p { (t.t("requal-none")) } }
            @else { (table(&t.t("requal-title"), &headings.map(|key| t.t(key).into_owned()), &rows)) }
            @if r.may_ask {
                h2 #ask { (t.t("requal-ask")) }
                p { (t.t("requal-ask-words")) }
                form method="post" action="/requalify" novalidate {
                    (field::line(form, "on", &t.t("requal-day"), Look { width: "w-m", keyboard: "numeric", ..Look::default() }))
                    (field::line(form, "reason", &t.t("reason"), Look::default()))
                    (field::line(form, "law", &t.t("law"), Look::default()))
                    div.actions { button.btn type="submit" { (t.t("requal-ask-go")) } }
                }
            }
        },
    )
}
