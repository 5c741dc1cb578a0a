//! One finding: what is paid, what is due, and the explanation on the very facts the run had.

use casework::requalify::model::{FindingStatus, Outcome};
use kernel::Date;
use maud::{Markup, html};

use super::run::cause_cell;
use super::{Cause, outcome_words};
use crate::components::entitlement::{Entitlement, combinations, head, missing, nearest, reasons};
use crate::components::frame::{Frame, Width, back, page};
use crate::components::list::pairs;

/// The finding.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The group's page.
    pub group: String,
    /// Whose it is.
    pub name: String,
    /// Why.
    pub cause: Cause,
    /// The day of the facts.
    pub on: Date,
    /// What is paid and due, in words.
    pub sums: (Option<String>, Option<String>),
    /// How it stands.
    pub status: FindingStatus,
    /// What followed.
    pub outcome: Option<Outcome>,
    /// The case: its page and how far it is.
    pub case: Option<(String, String)>,
    /// The household's page.
    pub household: String,
    /// What the evaluator says; `None` when it cannot be shown.
    pub explained: Option<Entitlement>,
}

/// The page.
pub fn page_of(f: &Frame, s: &Finding) -> Markup {
    let t = f.t;
    let sum = |s: &Option<String>| html! { @match s { Some(s) => (s), None => "–" } };
    let mut facts = vec![
        (t.t("requal-cause").into_owned(), cause_cell(t, &s.cause)),
        (t.t("requal-paid").into_owned(), sum(&s.sums.0)),
        (t.t("requal-due").into_owned(), sum(&s.sums.1)),
        (
            t.t("requal-status").into_owned(),
            html! {
                (t.t(&format!("requal-finding-{}", s.status)))
                @if let Some(outcome) = s.outcome { ": " (outcome_words(t, outcome)) }
            },
        ),
    ];
    if let Some((href, words)) = &s.case {
        facts.push((t.t("requal-case").into_owned(), html! { a href=(href) { (words) } }));
    }
    page(
        f,
        &t.t("requal-finding"),
        Width::Reading,
        html! {
            (back(t, &s.group))
            h1 { (t.t("requal-finding")) ": " (s.name) }
            (pairs(&facts))
            p { a href=(s.household) { (t.t("requal-household")) } }
            h2 { (t.with("requal-explained", &[("date", t.date(s.on).into())])) }
            @match &s.explained {
                Some(e) => {
                    (head(t, e))
                    (combinations(t, e))
                    (missing(t, &e.missing))
                    (nearest(t, e.nearest.as_ref()))
                    (reasons(t, e))
                }
                None => p { (t.t("requal-not-explained")) },
            }
        },
    )
}
