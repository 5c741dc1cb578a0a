//! The page a service opens by a signed link: what was agreed that it learns, and its answer.

use kernel::Date;
use maud::{Markup, html};
use referral::model::{Outcome, Reason, Standing, Status};
use text::Text;

use super::status_tag;
use super::work::{outcome_key, reason_key};
use crate::components::field::{self, Look};
use crate::components::frame::{Frame, Width, page};
use crate::components::list::pairs;
use crate::components::message::{Tone, error_summary, notice};
use crate::form::Form;

/// What the service learns.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// The link's own address.
    pub path: String,
    /// The service asked.
    pub service: String,
    /// The need.
    pub need: String,
    /// In the referrer's words.
    pub reason: String,
    /// The office it came from.
    pub from: String,
    /// The name, if agreed.
    pub name: Option<String>,
    /// The date of birth, if agreed.
    pub birth_date: Option<Date>,
    /// How the family wants to be reached.
    pub contact: Option<String>,
    /// How it stands.
    pub now: Standing,
    /// Until when the answer is due.
    pub due: Option<Date>,
}

/// The page.
pub fn asked(f: &Frame, form: &Form, a: &Asked) -> Markup {
    let t = f.t;
    let label = |key: &str| t.t(key).into_owned();
    let mut facts = vec![
        (label("referral-service"), html! { (a.service) }),
        (label("referral-from"), html! { (a.from) }),
        (label("referral-need"), html! { (a.need) }),
        (label("referral-state"), status_tag(t, &a.now)),
    ];
    facts.extend(a.due.map(|day| (label("referral-due"), html! { (t.date(day)) })));
    facts.extend(a.name.as_ref().map(|name| (label("name"), html! { (name) })));
    facts.extend(a.birth_date.map(|day| (label("birth-date"), html! { (t.date(day)) })));
    let contact = a.contact.clone().unwrap_or_else(|| label("referral-contact-through-office"));
    facts.push((label("referral-contact"), html! { (contact) }));
    page(
        f,
        &t.t("referral-partner-title"),
        Width::Reading,
        html! {
            (error_summary(t, form))
            h1 { (t.t("referral-partner-title")) }
            p.lead { (t.t("referral-partner-lead")) }
            (pairs(&facts))
            h2 { (t.t("referral-asked")) }
            blockquote { p { (a.reason) } }
            (answers(t, form, a))
        },
    )
}

/// The answers that fit how it stands: value and key.
pub fn fitting(status: Status) -> &'static [(&'static str, &'static str)] {
    match status {
        Status::Requested => &[
            ("receive", "referral-do-receive"),
            ("accept", "referral-do-accept"),
            ("wait", "referral-do-wait"),
            ("decline", "referral-do-decline"),
        ],
        Status::Received => {
            &[("accept", "referral-do-accept"), ("wait", "referral-do-wait"), ("decline", "referral-do-decline")]
        }
        Status::Waiting => &[
            ("accept", "referral-do-accept"),
            ("start", "referral-do-start"),
            ("complete", "referral-do-complete"),
            ("wait", "referral-do-wait"),
            ("decline", "referral-do-decline"),
        ],
        Status::Accepted => &[
            ("start", "referral-do-start"),
            ("complete", "referral-do-complete"),
            ("wait", "referral-do-wait"),
            ("decline", "referral-do-decline"),
        ],
        Status::InProgress => &[("complete", "referral-do-complete")],
        Status::Completed | Status::Declined | Status::Refused | Status::Withdrawn | Status::Expired => &[],
    }
}

fn answers(t: Text, form: &Form, a: &Asked) -> Markup {
    let fits = fitting(a.now.status);
    let has = |act: &str| fits.iter().any(|(value, _)| *value == act);
    let options = |list: &[(&str, &str)]| {
        list.iter().map(|(v, key)| ((*v).to_owned(), t.t(key).into_owned())).collect::<Vec<_>>()
    };
    let reasons: Vec<(&str, &str)> = Reason::ALL.iter().map(|r| (r.word(), reason_key(*r))).collect();
    let outcomes: Vec<(&str, &str)> = Outcome::ALL.iter().map(|o| (o.word(), outcome_key(*o))).collect();
    html! {
        h2 { (t.t("referral-your-answer")) }
        form method="post" action=(a.path) novalidate {
            (field::radios(form, "do", &t.t("referral-your-answer"), "", &options(fits)))
            @if has("wait") {
                (field::line(form, "expected", &t.t("referral-expected"), Look { hint: &t.t("referral-expected-hint"), keyboard: "numeric", ..Look::default() }))
            }
            @if has("decline") {
                (field::select(form, "reason", &t.t("referral-why-not"), &t.t("referral-why-not-hint"), &t.t("referral-choose"), &options(&reasons)))
            }
            @if has("complete") {
                (field::select(form, "outcome", &t.t("referral-outcome"), &t.t("referral-outcome-hint"), &t.t("referral-choose"), &options(&outcomes)))
            }
            (field::area(form, "words", &t.t("referral-words"), &t.t("referral-words-hint"), 4))
            div.actions { button.btn type="submit" { (t.t("referral-answer")) } }
        }
    }
}

/// What is told when there is nothing to answer any more: key of the title and of what to do. No data of anybody.
pub fn told(f: &Frame, done: bool, title: &str, todo: &str, next: Option<&str>) -> Markup {
    let t = f.t;
    let title = t.t(title);
    page(
        f,
        &title,
        Width::Reading,
        html! {
            h1 { (title) }
            (notice(if done { Tone::Done } else { Tone::Info }, &t.t(todo), html! {}))
            @if let Some(next) = next { p { a href=(next) { (t.t("referral-next-link")) } } }
        },
    )
}
