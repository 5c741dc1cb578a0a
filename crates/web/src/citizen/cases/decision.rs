//! A decision: the notice word for word as it was stored, the amounts month by month, how to object, and one question.

use casework::decide::DecisionKind;
use casework::decide::notice::Notice;
use kernel::{Date, Lang};
use maud::{Markup, html};
use text::Text;

use super::case::parts;
use super::list::kind_tag;
use crate::changed;
use crate::components::field;
use crate::components::frame::{Frame, Width, page};
use crate::components::list::table;
use crate::components::message::{Tone, error_summary, notice};
use crate::form::Form;

/// Everything on the page.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// Its id.
    pub id: String,
    /// Its case.
    pub case: String,
    /// What was just done; empty: nothing.
    pub done: String,
    /// The notice in the reader's language, or the nearest there is.
    pub notice: Notice,
    /// The language the notice is in.
    pub notice_lang: Lang,
    /// What it does.
    pub kind: DecisionKind,
    /// The day it was taken.
    pub decided: Option<Date>,
    /// The sum of each of the next months, for what comes monthly.
    pub months: Vec<(Date, String)>,
    /// What it says otherwise than the decision before it.
    pub changed: changed::Shown,
    /// Whether a later decision took its place.
    pub replaced: bool,
    /// Whether an objection is under review already.
    pub objected: bool,
    /// Whether and how the reader can object.
    pub way: Way,
    /// Whether the question how it was is still open.
    pub ask: bool,
}

/// What is left to somebody who does not agree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// The reader cannot object, or one objection is under way.
    None,
    /// Until the day: to the office that decided, or with its name to the office above.
    Open {
        /// The last day.
        by: Date,
        /// The office above, for a second objection.
        above: Option<String>,
    },
    /// The time is over.
    TooLate,
    /// Only a court.
    Exhausted,
}

/// The page. `form` holds what was typed when something was refused.
pub fn page_of(f: &Frame, form: &Form, d: &Decision) -> Markup {
    let t = f.t;
    page(
        f,
        &d.notice.title,
        Width::Reading,
        html! {
            (error_summary(t, form))
            @if d.done == "rated" { (notice(Tone::Done, &t.t("decision-done-rated"), html! {})) }
            p { a.back href=(format!("/cases/{}", d.case)) { (t.t("decision-back")) } }
            article lang=[(d.notice_lang != t.lang()).then_some(d.notice_lang.tag())] {
                h1 { (d.notice.title) }
                p { (kind_tag(t, d.kind)) }
                @if d.replaced { p.hint { (t.t("decision-replaced")) } }
                p.lead { (d.notice.lead) }
                (parts(&d.notice.parts, 1))
            }
            (changed::section(t, "changed-title", &d.changed))
            @if !d.months.is_empty() { details {
                summary { (t.t("decision-months")) }
                div.inside { (months(t, d)) }
            } }
            @if d.kind != DecisionKind::Refuse { p { a href="/payments" { (t.t("decision-payments")) } } }
            (object(t, form, d))
            @if d.ask { (rate(t, form, d)) }
        },
    )
}

fn months(t: Text, d: &Decision) -> Markup {
    let headings = ["decision-month", "decision-sum"].map(|key| t.t(key).into_owned());
    let rows: Vec<Vec<Markup>> = d
        .months
        .iter()
        .map(|(month, sum)| {
            vec![html! { (t.with("notice-month", &[("date", t.date(*month).into())])) }, html! { (sum) }]
        })
        .collect();
    table(&t.t("decision-months"), &headings, &rows)
}

fn object(t: Text, form: &Form, d: &Decision) -> Markup {
    html! {
        @if d.objected { (notice(Tone::Info, &t.t("decision-objected"), html! { p { (t.t("decision-objected-words")) } })) }
        @else { @match &d.way {
            Way::None => {}
            Way::TooLate => p { (t.t("decision-too-late")) " " a href="/report" { (t.t("cases-report")) } }
            Way::Exhausted => p { (t.t("decision-exhausted")) }
            Way::Open { by, above } => details open[form.error("reason").is_some()] {
                summary { (t.with(if above.is_some() { "decision-object-again" } else { "decision-object" }, &[("date", t.date(*by).into())])) }
                div.inside {
                    p { (t.t("decision-object-words")) }
                    @if let Some(office) = above { p { (t.with("decision-object-to", &[("office", office.into())])) } }
                    form method="post" action=(format!("/cases/{}/decisions/{}/object", d.case, d.id)) novalidate {
                        (field::area(form, "reason", &t.t("decision-object-why"), &t.t("decision-object-hint"), 5))
                        div.actions { button.btn type="submit" { (t.t("decision-object-send")) } }
                    }
                }
            }
        } }
    }
}

fn rate(t: Text, form: &Form, d: &Decision) -> Markup {
    let options: Vec<(String, String)> = (0..=10).map(|n: i64| (n.to_string(), t.number(n))).collect();
    html! {
        section {
            h2 { (t.t("decision-rate")) }
            form method="post" action=(format!("/cases/{}/decisions/{}/rate", d.case, d.id)) novalidate {
                (field::select(form, "score", &t.t("decision-rate-score"), &t.t("decision-rate-hint"), &t.t("decision-rate-choose"), &options))
                (field::area(form, "more", &t.t("decision-rate-words"), &t.t("decision-rate-words-hint"), 3))
                div.actions { button.btn.btn--second type="submit" { (t.t("decision-rate-send")) } }
            }
        }
    }
}
