//! A supervisor's team: caseloads against the ceilings, whom to hand over, and what is missing or overdue.

use maud::{Markup, html};
use text::Text;

use crate::components::frame::{Frame, Width, page};
use crate::components::list::{Mark, table, tag};
use crate::components::message::{Tone, notice};

/// A nurse.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The address of her page.
    pub href: String,
    /// Her name.
    pub name: String,
    /// Families, and those with intense visits.
    pub load: (u32, u32),
    /// Whether that is above a ceiling.
    pub over: bool,
    /// Hours of training that count.
    pub hours: u32,
    /// Competencies that have expired, by name.
    pub expired: Vec<String>,
    /// Kinds of supervision that are overdue: keys of messages.
    pub overdue: Vec<&'static str>,
}

/// Families that one could hand over to another.
#[derive(Clone, Debug, PartialEq)]
pub struct Suggestion {
    /// Where it is done.
    pub href: String,
    /// How many families.
    pub families: i64,
    /// From whom.
    pub from: String,
    /// To whom.
    pub to: String,
}

/// A handover both nurses are told of.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// How many families.
    pub families: i64,
    /// From whom.
    pub from: String,
    /// To whom.
    pub to: String,
    /// From when on.
    pub on: kernel::Date,
    /// Why.
    pub reason: String,
}

/// The ceilings of the pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Most {
    /// Of families.
    pub families: u32,
    /// Of those with intense visits.
    pub intense: u32,
    /// The hours of training asked for.
    pub hours: u32,
    /// Whether figures are the pack's own.
    pub illustrative: bool,
}

/// Everything on the page.
#[derive(Clone, Debug, PartialEq)]
pub struct Team {
    /// What the pack asks; `None`: it says nothing.
    pub most: Option<Most>,
    /// The nurses.
    pub lines: Vec<Line>,
    /// Whom to hand over.
    pub suggestions: Vec<Suggestion>,
    /// The key of what was just done.
    pub done: Option<&'static str>,
}

/// The page.
pub fn page_of(f: &Frame, c: &Team) -> Markup {
    let t = f.t;
    page(
        f,
        &t.t("team-title"),
        Width::Wide,
        html! {
            @if let Some(key) = c.done { (notice(Tone::Done, &t.t(key), html! {})) }
            h1 { (t.t("team-title")) }
            p.lead { (t.t("team-lead")) }
            @match &c.most {
                None => (notice(Tone::Info, &t.t("team-no-rules"), html! {})),
                Some(most) => {
                    @if c.lines.is_empty() { p { (t.t("team-none")) } } @else { (nurses(t, most, &c.lines)) }
                    @if most.illustrative { p.small.soft { (t.t("team-illustrative")) } }
                    h2 { (t.t("team-balance")) }
                    (balance(t, c))
                    div.actions {
                        a.btn href="/visits/team/handover" { (t.t("team-handover")) }
                        a.btn.btn--second href="/visits/team/session" { (t.t("team-new-session")) }
                        a.btn.btn--second href="/visits/team/cohorts" { (t.t("team-cohorts")) }
                    }
                }
            }
        },
    )
}

fn nurses(t: Text, most: &Most, lines: &[Line]) -> Markup {
    let headings = ["visits-nurse", "team-families", "team-intense", "team-hours", "team-expired", "team-overdue"];
    let of = |n: u32, most: u32| t.with("team-of", &[("n", i64::from(n).into()), ("most", i64::from(most).into())]);
    let row = |l: &Line| {
        vec![
            html! { a href=(l.href) { (l.name) } },
            html! { (of(l.load.0, most.families)) @if l.over { " " (tag(Mark::Fault, &t.t("team-over"))) } },
            html! { (of(l.load.1, most.intense)) },
            html! { (of(l.hours, most.hours)) },
            html! { @if l.expired.is_empty() { "–" } @else { (tag(Mark::Fault, &l.expired.join(", "))) } },
            html! { @if l.overdue.is_empty() { "–" } @else {
                @let kinds: Vec<String> = l.overdue.iter().map(|key| t.t(key).into_owned()).collect();
                (tag(Mark::Open, &kinds.join(", ")))
            } },
        ]
    };
    let rows: Vec<Vec<Markup>> = lines.iter().map(row).collect();
    table(&t.t("team-title"), &headings.map(|key| t.t(key).into_owned()), &rows)
}

fn balance(t: Text, c: &Team) -> Markup {
    let over = c.lines.iter().any(|l| l.over);
    html! {
        @if !over { p { (t.t("team-balance-fine")) } }
        @else if c.suggestions.is_empty() { p { (t.t("team-balance-full")) } }
        @else { ul.plain { @for s in &c.suggestions { li { a href=(s.href) {
            (t.with("team-suggest", &[("families", s.families.into()), ("from", s.from.as_str().into()), ("to", s.to.as_str().into())]))
        } } } } }
    }
}

/// What nurses are told of handovers.
pub(super) fn told(t: Text, all: &[Told]) -> Markup {
    let line = |it: &Told| {
        t.with(
            "team-told-line",
            &[
                ("families", it.families.into()),
                ("from", it.from.as_str().into()),
                ("to", it.to.as_str().into()),
                ("date", t.date(it.on).to_string().into()),
                ("reason", it.reason.as_str().into()),
            ],
        )
    };
    html! { @if !all.is_empty() {
        h2 { (t.t("team-told")) }
        ul.plain { @for it in all { li { (line(it)) } } }
    } }
}
