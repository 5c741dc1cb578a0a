//! The family's own view: where they were sent, what became of it, and how to refuse.

use kernel::{Date, Instant};
use maud::{Markup, html};
use referral::model::Standing;

use super::status_tag;
use super::work::{outcome_key, reason_key};
use crate::components::field;
use crate::components::frame::{Frame, Width, back, page};
use crate::components::message::{Tone, notice};

/// One referral.
#[derive(Clone, Debug, PartialEq)]
pub struct Mine {
    /// Its id.
    pub id: String,
    /// For whom, unless for oneself.
    pub name: Option<String>,
    /// The service.
    pub service: String,
    /// How it is reached.
    pub contact: Option<String>,
    /// The need.
    pub need: String,
    /// What was written to the service.
    pub reason: String,
    /// What the service learns: keys.
    pub shares: Vec<&'static str>,
    /// Who sent it: the office.
    pub from: String,
    /// When.
    pub sent: Instant,
    /// How it stands.
    pub now: Standing,
    /// When help is expected to begin.
    pub expected_on: Option<Date>,
}

/// The page.
pub fn page_of(f: &Frame, done: bool, list: &[Mine], offset: i8) -> Markup {
    let t = f.t;
    page(
        f,
        &t.t("referral-mine"),
        Width::Reading,
        html! {
            (back(t, "/family"))
            @if done { (notice(Tone::Done, &t.t("referral-refused-done"), html! {})) }
            h1 { (t.t("referral-mine")) }
            p.lead { (t.t("referral-mine-lead")) }
            @if list.is_empty() { p { (t.t("referral-mine-none")) } }
            ul.cards { @for r in list { li { article.card {
                div.card-head { h2.h3 { (r.service) } (status_tag(t, &r.now)) }
                p.facts-line {
                    @if let Some(name) = &r.name { span { (name) } }
                    span { (r.need) }
                    @if let Some(contact) = &r.contact { span { (contact) } }
                }
                p { (t.with("referral-mine-from", &[("office", r.from.as_str().into()), ("when", t.moment(r.sent, offset).into())])) }
                blockquote { p { (r.reason) } }
                p.small {
                    (t.t("referral-mine-shares")) ": "
                    @if r.shares.is_empty() { (t.t("referral-share-nothing")) }
                    @for (n, key) in r.shares.iter().enumerate() { @if n > 0 { ", " } (t.t(key)) }
                }
                @if let Some(day) = r.expected_on { p { (t.t("referral-expected")) ": " (t.date(day)) } }
                @if let Some(reason) = r.now.declined { p { (t.t(reason_key(reason))) } }
                @if let Some(outcome) = r.now.outcome { p { (t.t(outcome_key(outcome))) } }
                @if !r.now.status.is_over() {
                    form method="post" action=(format!("/referrals/{}", r.id)) novalidate {
                        (field::hidden("do", "refuse"))
                        div.actions { button.btn.btn--second type="submit" { (t.t("referral-refuse")) span.hidden-visually { ": " (r.service) } } }
                    }
                }
            } } } }
        },
    )
}
