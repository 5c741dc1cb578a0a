//! Reporting a change: what changed, since when, what is so now. Two screens, and nothing is asked that need not be.

use casework::follow::report::Kind;
use kernel::{Date, Instant};
use maud::{Markup, html};
use text::Text;

use crate::citizen::question::{self, Question};
use crate::components::field::{self, Look};
use crate::components::frame::{Frame, Width, page};
use crate::components::message::{Tone, error_summary, notice};
use crate::form::Form;

/// A report made before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Earlier {
    /// What changed.
    pub kind: Kind,
    /// Since when.
    pub on: Date,
    /// When it was told.
    pub when: Instant,
    /// How many offices had something to do.
    pub tasks: u32,
}

/// The first screen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Start {
    /// How many offices look at what was just told; `None`: nothing was told just now.
    pub done: Option<u32>,
    /// Reports made before.
    pub earlier: Vec<Earlier>,
    /// The office's hours east of Greenwich.
    pub offset_hours: i8,
}

/// What changed?
pub fn start(f: &Frame, s: &Start) -> Markup {
    let t = f.t;
    page(
        f,
        &t.t("change-report-title"),
        Width::Reading,
        html! {
            @if let Some(tasks) = s.done {
                (notice(Tone::Done, &t.t("report-done"), html! { p { (t.with("report-done-words", &[("count", i64::from(tasks).into())])) } }))
            }
            h1 { (t.t("change-report-title")) }
            p.lead { (t.t("report-lead")) }
            h2 { (t.t("report-what")) }
            ul.roles { @for kind in Kind::ALL { li {
                a.role-card href=(format!("/report?kind={kind}")) {
                    strong { (t.t(&format!("report-kind-{kind}"))) }
                    span { (t.t(&format!("report-hint-{kind}"))) }
                }
            } } }
            @if !s.earlier.is_empty() {
                h2 { (t.t("report-earlier")) }
                ul.tasks { @for e in &s.earlier { li {
                    div {
                        strong { (t.t(&format!("report-kind-{}", e.kind))) } " "
                        span.soft { (t.date(e.on)) }
                        p.small { (told(t, e, s.offset_hours)) }
                    }
                } } }
            }
        },
    )
}

fn told(t: Text, e: &Earlier, offset: i8) -> String {
    let when = t.moment(e.when, offset);
    t.with("report-told", &[("when", when.into()), ("count", i64::from(e.tasks).into())]).into_owned()
}

/// The second screen.
#[derive(Clone, Debug, PartialEq)]
pub struct Details {
    /// Names this report; sent twice it is one.
    pub id: String,
    /// What changed.
    pub kind: Kind,
    /// For whom; one entry needs no question.
    pub people: Vec<(String, String)>,
    /// What the family's cases rest on and may have changed.
    pub questions: Vec<Question>,
}

/// Since when, and what is so now? `form` holds what was typed when it was refused.
pub fn details(f: &Frame, form: &Form, d: &Details) -> Markup {
    let t = f.t;
    let title = t.t(&format!("report-kind-{}", d.kind));
    page(
        f,
        &title,
        Width::Reading,
        html! {
            (error_summary(t, form))
            p { a.back href="/report" { (t.t("report-back")) } }
            h1 { (title) }
            form method="post" action="/report" novalidate {
                (field::hidden("id", &d.id))
                (field::hidden("kind", d.kind.word()))
                @match d.people.as_slice() {
                    [(value, _)] => (field::hidden("who", value)),
                    people => (field::radios(form, "who", &t.t("report-who"), "", people)),
                }
                (field::line(form, "on", &t.t("report-on"), Look { hint: &t.t("date-hint"), keyboard: "numeric", width: "w-m", ..Look::default() }))
                (field::area(form, "words", &t.t("report-words"), &t.t("report-words-hint"), 4))
                @if !d.questions.is_empty() {
                    details open[d.questions.iter().any(|q| form.error(&q.field).is_some() || !form.get(&q.field).is_empty())] {
                        summary { (t.t("report-exactly")) }
                        div.inside {
                            p { (t.t("report-exactly-words")) }
                            (question::all(t, form, &d.questions))
                        }
                    }
                }
                div.actions { button.btn type="submit" { (t.t("report-send")) } }
            }
        },
    )
}
