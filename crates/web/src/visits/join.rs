//! A mother asks for visits herself, and sees when somebody comes.

use kernel::Date;
use maud::{Markup, html};

use crate::components::field::{self, Look};
use crate::components::frame::{Frame, Width, page};
use crate::components::message::{Tone, error_summary, notice};
use crate::form::Form;

/// What the page shows her.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Join {
    /// Whether a pregnancy or young child is registered: then no day is asked.
    pub known: bool,
    /// Whether a protocol is running: name, and visits to come with their windows.
    pub running: Option<(String, Vec<(String, String)>)>,
    /// Whether the pregnancy was lost or a child died: no cheerful words, and nothing to fill in.
    pub loss: bool,
    /// Where the questions are; `None`: they were answered, or there are none.
    pub questions: Option<String>,
    /// Whether it was just done.
    pub done: bool,
    /// Whether there are groups of mothers.
    pub groups: bool,
    /// Whether there are studies her family can be in.
    pub studies: bool,
    /// What she is asked in surveys: address, occasion, last day.
    pub surveys: Vec<(String, String, Date)>,
}

/// The page.
pub fn page_of(f: &Frame, form: &Form, c: &Join) -> Markup {
    let t = f.t;
    page(
        f,
        &t.t("visits-join"),
        Width::Reading,
        html! {
            (error_summary(t, form))
            @if c.done { (notice(Tone::Done, &t.t("visits-join-done"), html! {})) }
            h1 { (t.t("visits-join")) }
            @for (href, wave, until) in &c.surveys {
                (notice(Tone::Info, &t.t("survey-own"), html! { p { a href=(href) { (wave) } " · " (t.with("survey-until", &[("date", t.date(*until).into())])) } }))
            }
            @if c.loss {
                p.lead { (t.t("visits-join-loss")) }
            } @else if let Some((protocol, steps)) = &c.running {
                p.lead { (t.with("visits-join-running", &[("protocol", protocol.into())])) }
                @if steps.is_empty() { p { (t.t("visits-join-none-ahead")) } }
                ul.tasks { @for (visit, window) in steps { li { strong { (visit) } span { (window) } } } }
                p { a href="/plan" { (t.t("plan-own")) } }
                @if c.groups { p { a href="/visits/own-groups" { (t.t("group-own")) } } }
                @if c.studies { p { a href="/visits/study" { (t.t("study-own")) } } }
                @if let Some(href) = &c.questions { (notice(Tone::Info, &t.t("visits-join-questions"), html! { p { (t.t("visits-join-questions-words")) } p { a href=(href) { (t.t("visits-join-questions-go")) } } })) }
            } @else {
                p.lead { (t.t("visits-join-lead")) }
                ul { @for key in ["visits-join-free", "visits-join-skip", "visits-join-stop", "visits-join-private"] { li { (t.t(key)) } } }
                form method="post" action="/visits/join" novalidate {
                    @if !c.known {
                        (field::line(form, "due", &t.t("check-due"), Look { hint: &t.t("date-hint"), width: "w-m", ..Look::default() }))
                    }
                    (field::tick_box(form, "consent", "yes", &t.t("visits-join-consent")))
                    div.actions { button.btn type="submit" { (t.t("visits-join-send")) } }
                }
            }
        },
    )
}

/// A day in an address.
pub fn day(text: &str) -> Option<Date> {
    crate::form::parse_date(text)
}
