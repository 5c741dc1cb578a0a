//! The open cases of a nurse or a district, and the plans an agency takes part in.

use kernel::Date;
use maud::{Markup, html};

use crate::components::frame::{Frame, Width, back, page};
use crate::components::list::{Mark, table, tag};

/// A case on the list of those who lead it.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Its address.
    pub href: String,
    /// The mother's name.
    pub name: String,
    /// The step.
    pub step: String,
    /// When the family is looked at again, and whether that day is over.
    pub review: Option<(Date, bool)>,
    /// When the next action is due, and whether that day is over.
    pub due: Option<(Date, bool)>,
    /// The nurse, for a supervisor.
    pub nurse: Option<String>,
}

fn day(f: &Frame, day: Option<(Date, bool)>) -> Markup {
    html! { @match day {
        Some((day, late)) => { span.nowrap { (f.t.date(day)) } @if late { " " (tag(Mark::Fault, &f.t.t("plan-late"))) } },
        None => "–",
    } }
}

/// The open cases.
pub fn open(f: &Frame, lines: &[Line]) -> Markup {
    let t = f.t;
    let headings = ["visits-mother", "plan-step", "plan-review", "plan-next-due", "visits-nurse"];
    let rows: Vec<Vec<Markup>> = lines
        .iter()
        .map(|l| {
            vec![
                html! { a href=(l.href) { (l.name) } },
                html! { (l.step) },
                day(f, l.review),
                day(f, l.due),
                html! { @match &l.nurse { Some(nurse) => (nurse), None => "–" } },
            ]
        })
        .collect();
    page(
        f,
        &t.t("plan-cases"),
        Width::Wide,
        html! {
            h1 { (t.t("plan-cases")) }
            p.lead { (t.t("plan-cases-lead")) }
            @if rows.is_empty() { p { (t.t("plan-cases-none")) } }
            @else { (table(&t.t("plan-cases"), &headings.map(|key| t.t(key).into_owned()), &rows)) }
        },
    )
}

/// A plan an agency takes part in.
#[derive(Clone, Debug, PartialEq)]
pub struct SharedLine {
    /// Its address.
    pub href: String,
    /// The mother's name.
    pub name: String,
    /// What for.
    pub why: String,
    /// The agency's next day, and whether it is over.
    pub due: Option<(Date, bool)>,
}

/// The plans an agency takes part in.
pub fn shared(f: &Frame, lines: &[SharedLine]) -> Markup {
    let t = f.t;
    let headings = ["visits-mother", "plan-what-for", "plan-next-due"];
    let rows: Vec<Vec<Markup>> =
        lines.iter().map(|l| vec![html! { a href=(l.href) { (l.name) } }, html! { (l.why) }, day(f, l.due)]).collect();
    page(
        f,
        &t.t("plan-shared"),
        Width::Wide,
        html! {
            (back(t, "/work"))
            h1 { (t.t("plan-shared")) }
            p.lead { (t.t("plan-shared-lead")) }
            @if rows.is_empty() { p { (t.t("plan-shared-none")) } }
            @else { (table(&t.t("plan-shared"), &headings.map(|key| t.t(key).into_owned()), &rows)) }
        },
    )
}
