//! One group: the dry run, proposing and signing, and the families of it.

use casework::requalify::model::{FindingStatus, Outcome};
use kernel::Date;
use maud::{Markup, html};
use text::Text;

use super::run::cause_cell;
use super::{Cause, outcome_words};
use crate::components::field;
use crate::components::frame::{Frame, Width, back, page};
use crate::components::list::{pairs, table};
use crate::components::message::{Tone, error_summary, notice};
use crate::form::Form;

/// A finding in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its id.
    pub id: String,
    /// Whose it is; empty when the viewer may not know.
    pub name: String,
    /// What is paid and due, in words.
    pub sums: (Option<String>, Option<String>),
    /// How it stands.
    pub status: FindingStatus,
    /// What followed.
    pub outcome: Option<Outcome>,
    /// How far the case is: its page and words.
    pub case: Option<(String, String)>,
}

/// What was proposed and waits for a second person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Its id.
    pub act: String,
    /// Who proposed it, and when.
    pub proposed: String,
    /// What the dry run said then.
    pub planned: Vec<(Outcome, u64)>,
    /// Whether the viewer may sign it.
    pub may_sign: bool,
}

/// The group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The order's page.
    pub run: String,
    /// This page.
    pub href: String,
    /// Why.
    pub cause: Cause,
    /// How many, and how many of them nobody has done anything about.
    pub count: (u64, u64),
    /// What is paid and due, in words.
    pub sums: (Option<String>, Option<String>),
    /// What would follow now, and how many open findings were not looked at one by one; `None`: nothing is open.
    pub planned: Option<(Vec<(Outcome, u64)>, u64)>,
    /// Until when families could speak, if they were told today.
    pub speak_until: Date,
    /// What waits for a second person.
    pub waiting: Option<Waiting>,
    /// Whether the viewer may propose.
    pub may_propose: bool,
    /// The findings.
    pub lines: Vec<Line>,
    /// The next page.
    pub more: Option<String>,
    /// What was just done.
    pub done: Option<&'static str>,
}

/// The page.
pub fn page_of(f: &Frame, form: &Form, g: &Group) -> Markup {
    let t = f.t;
    let number = |n: u64| html! { span.num { (t.number(i64::try_from(n).unwrap_or(i64::MAX))) } };
    let sum = |s: &Option<String>| html! { @match s { Some(s) => (s), None => "–" } };
    let facts = [
        (t.t("requal-cause").into_owned(), cause_cell(t, &g.cause)),
        (t.t("requal-count").into_owned(), number(g.count.0)),
        (t.t("requal-open").into_owned(), number(g.count.1)),
        (t.t("requal-paid").into_owned(), sum(&g.sums.0)),
        (t.t("requal-due").into_owned(), sum(&g.sums.1)),
    ];
    page(
        f,
        &t.t("requal-group"),
        Width::Wide,
        html! {
            (back(t, &g.run))
            (error_summary(t, form))
            @if let Some(done) = g.done { (notice(Tone::Done, &t.t(done), html! {})) }
            h1 { (t.t("requal-group")) }
            (pairs(&facts))
            (acting(t, g))
            (families(t, g))
        },
    )
}

fn outcomes(t: Text, planned: &[(Outcome, u64)], until: Date) -> Markup {
    let words = |outcome: Outcome| match outcome {
        Outcome::Hearing => t.with("requal-outcome-hearing-until", &[("date", t.date(until).into())]).into_owned(),
        other => outcome_words(t, other),
    };
    let rows: Vec<Vec<Markup>> = planned
        .iter()
        .map(|(outcome, n)| {
            vec![html! { (words(*outcome)) }, html! { span.num { (t.number(i64::try_from(*n).unwrap_or(i64::MAX))) } }]
        })
        .collect();
    table(&t.t("requal-dry"), &["requal-follows", "requal-count"].map(|key| t.t(key).into_owned()), &rows)
}

fn acting(t: Text, g: &Group) -> Markup {
    html! {
        @if let Some(waiting) = &g.waiting {
            h2 { (t.t("requal-waits")) }
            p { (t.with("requal-waits-words", &[("who", (&waiting.proposed).into())])) }
            (outcomes(t, &waiting.planned, g.speak_until))
            @if waiting.may_sign {
                form method="post" action=(g.href) {
                    (field::hidden("act", &waiting.act))
                    div.actions {
                        button.btn type="submit" name="do" value="sign" { (t.t("requal-sign")) }
                        button.btn.btn--second type="submit" name="do" value="drop" { (t.t("requal-drop")) }
                    }
                }
            } @else { p { (t.t("requal-waits-other")) } }
        } @else if let Some((planned, beyond)) = &g.planned {
            h2 { (t.t("requal-dry")) }
            p { (t.t("requal-dry-words")) }
            (outcomes(t, planned, g.speak_until))
            @if *beyond > 0 { p { (t.with("requal-dry-beyond", &[("count", i64::try_from(*beyond).unwrap_or(i64::MAX).into())])) } }
            @if g.may_propose {
                form method="post" action=(g.href) {
                    (field::hidden("do", "propose"))
                    div.actions { button.btn type="submit" { (t.t("requal-propose")) } }
                }
            }
        } @else { p { (t.t("requal-nothing-open")) } }
    }
}

fn families(t: Text, g: &Group) -> Markup {
    let sum = |s: &Option<String>| html! { @match s { Some(s) => (s), None => "–" } };
    let rows: Vec<Vec<Markup>> = g
        .lines
        .iter()
        .map(|l| {
            vec![
                html! { a href=(format!("/requalify/finding/{}", l.id)) { (l.name) } },
                sum(&l.sums.0),
                sum(&l.sums.1),
                html! {
                    (t.t(&format!("requal-finding-{}", l.status)))
                    @if let Some(outcome) = l.outcome { br; span.small.soft { (outcome_words(t, outcome)) } }
                },
                html! { @match &l.case { Some((href, words)) => a href=(href) { (words) }, None => "–" } },
            ]
        })
        .collect();
    let headings = ["name", "requal-paid", "requal-due", "requal-status", "requal-case"];
    html! {
        h2 #families { (t.t("requal-families")) }
        @if rows.is_empty() { p { (t.t("requal-families-none")) } }
        @else { (table(&t.t("requal-families"), &headings.map(|key| t.t(key).into_owned()), &rows)) }
        @if let Some(more) = &g.more { p { a href=(more) { (t.t("requal-more")) } } }
    }
}
