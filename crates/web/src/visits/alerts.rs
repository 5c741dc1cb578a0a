//! What a supervisor must see to. The list says whom and until when; what it is about opens only to somebody who is alone.

use kernel::Instant;
use maud::{Markup, html};
use visit::model::AlertStatus;

use crate::components::field;
use crate::components::frame::{Frame, Width, back, page};
use crate::components::list::{Mark, pairs, table, tag};
use crate::components::message::{Tone, error_summary, notice};
use crate::form::Form;

/// One on the list.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Its address on this site.
    pub href: String,
    /// Whom.
    pub name: String,
    /// How it stands.
    pub status: AlertStatus,
    /// Since when.
    pub opened_at: Instant,
    /// Until when.
    pub due_at: Instant,
    /// Whether that is over.
    pub late: bool,
    /// Who has it.
    pub by: Option<String>,
}

fn status(f: &Frame, line: &Line) -> Markup {
    let t = f.t;
    let (mark, key) = match line.status {
        AlertStatus::Open if line.late => (Mark::Fault, "visits-alert-late"),
        AlertStatus::Open => (Mark::Open, "visits-alert-open"),
        AlertStatus::Taken => (Mark::Plain, "visits-alert-taken"),
        AlertStatus::Closed => (Mark::Yes, "visits-alert-closed"),
    };
    tag(mark, &t.t(key))
}

/// The list.
pub fn list(f: &Frame, offset: i8, done: bool, lines: &[Line]) -> Markup {
    let t = f.t;
    let headings = ["visits-mother", "visits-state", "visits-until", "visits-alert-since", "visits-alert-by"];
    let rows: Vec<Vec<Markup>> = lines
        .iter()
        .map(|l| {
            vec![
                html! { a href=(l.href) { (l.name) } },
                status(f, l),
                html! { span.nowrap { (t.moment(l.due_at, offset)) } },
                html! { span.nowrap { (t.moment(l.opened_at, offset)) } },
                html! { @match &l.by { Some(by) => (by), None => em { (t.t("visits-nobody")) } } },
            ]
        })
        .collect();
    page(
        f,
        &t.t("visits-alerts"),
        Width::Wide,
        html! {
            @if done { (notice(Tone::Done, &t.t("visits-saved"), html! {})) }
            h1 { (t.t("visits-alerts")) }
            p.lead { (t.t("visits-alerts-lead")) }
            @if rows.is_empty() { p { (t.t("visits-alerts-none")) } }
            @else { (table(&t.t("visits-alerts"), &headings.map(|k| t.t(k).into_owned()), &rows)) }
        },
    )
}

/// One, opened.
#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    /// The line.
    pub line: Line,
    /// The family's address on this site.
    pub family: String,
    /// What it is about.
    pub about: String,
    /// What to do.
    pub action: String,
    /// What was done.
    pub outcome: Option<String>,
    /// The office's hours east of Greenwich.
    pub offset: i8,
}

/// Before it opens.
pub fn shut(f: &Frame, form: &Form, to: &str) -> Markup {
    let t = f.t;
    page(
        f,
        &t.t("visits-alerts"),
        Width::Reading,
        html! {
            (back(t, "/visits/alerts"))
            (error_summary(t, form))
            h1 { (t.t("visits-alerts")) }
            p.lead { (t.t("visits-alone-read")) }
            form method="post" action=(to) novalidate {
                (field::hidden("do", "open"))
                (field::tick_box(form, "alone", "yes", &t.t("visits-alone-reader")))
                div.actions { button.btn type="submit" { (t.t("visits-alone-show")) } }
            }
        },
    )
}

/// One with what it is about.
pub fn one(f: &Frame, form: &Form, to: &str, a: &Alert) -> Markup {
    let t = f.t;
    let facts = [
        (t.t("visits-state").into_owned(), status(f, &a.line)),
        (t.t("visits-until").into_owned(), html! { (t.moment(a.line.due_at, a.offset)) }),
        (t.t("visits-alert-about").into_owned(), html! { strong { (a.about) } }),
        (t.t("visits-alert-do").into_owned(), html! { (a.action) }),
        (t.t("visits-family").into_owned(), html! { a href=(a.family) { (a.line.name) } }),
    ];
    page(
        f,
        &a.line.name,
        Width::Reading,
        html! {
            (back(t, "/visits/alerts"))
            (error_summary(t, form))
            h1 { (a.line.name) }
            (pairs(&facts))
            @if let Some(outcome) = &a.outcome { h2 { (t.t("visits-alert-outcome")) } p { (outcome) } }
            @if a.line.status == AlertStatus::Open {
                form method="post" action=(to) novalidate {
                    (field::hidden("alone", "yes")) (field::hidden("do", "take"))
                    div.actions { button.btn type="submit" { (t.t("visits-alert-take")) } }
                }
            }
            @if a.line.status == AlertStatus::Closed {
                // Somebody was faster: the words are not lost, and can go where they belong now.
                @if !form.get("outcome").is_empty() { h2 { (t.t("visits-alert-unsaved")) } p #f-outcome { (form.get("outcome")) } }
            } @else {
                form method="post" action=(to) novalidate {
                    (field::hidden("alone", "yes")) (field::hidden("do", "close"))
                    (field::area(form, "outcome", &t.t("visits-alert-outcome"), &t.t("visits-alert-outcome-hint"), 4))
                    div.actions { button.btn.btn--second type="submit" { (t.t("visits-alert-close")) } }
                }
            }
        },
    )
}
