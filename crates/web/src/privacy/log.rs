//! The disclosure log: searched, read entry by entry, verified as a whole.

use kernel::Instant;
use maud::{Markup, html};

use crate::components::field::{self, Look};
use crate::components::frame::{Frame, Width, back, page};
use crate::components::list::{Mark, pairs, table, tag};
use crate::components::message::{Tone, error_summary, notice};
use crate::form::Form;

/// One entry.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The log it stands in: one a year.
    pub year: i16,
    /// Its number in that year.
    pub number: u64,
    /// When.
    pub when: Instant,
    /// The account that looked, as a short tag.
    pub account: String,
    /// Its role.
    pub role_key: &'static str,
    /// Its organisation.
    pub organisation: String,
    /// What it did.
    pub action_key: &'static str,
    /// For what.
    pub purpose_key: &'static str,
    /// The reason in its words.
    pub reason: String,
    /// The case.
    pub case: Option<String>,
    /// The law.
    pub law: Option<String>,
    /// How many rows were shown.
    pub rows: i64,
    /// The person concerned, as an id.
    pub person: Option<String>,
    /// Refused.
    pub denied: bool,
    /// The leaf hash in hex.
    pub hash: String,
}

/// The list with its search. `older`: address of the next page.
pub fn list(f: &Frame, form: &Form, entries: &[Entry], older: Option<&str>, offset_hours: i8) -> Markup {
    let t = f.t;
    let headings =
        ["log-number", "log-when", "log-who", "log-what", "purpose", "state"].map(|key| t.t(key).into_owned());
    let rows: Vec<Vec<Markup>> = entries.iter().map(|e| vec![
        html! { a.nowrap href=(format!("/privacy/log/{}/{}", e.year, e.number)) { (e.year) "–" (e.number) } },
        html! { span.nowrap { (t.moment(e.when, offset_hours)) } },
        html! { (t.t(e.role_key)) br; span.small.soft { (e.organisation) " · " code { (e.account) } } },
        html! { (t.t(e.action_key)) br; @if e.person.is_some() { span.small.soft { (t.with("log-rows", &[("count", e.rows.into())])) } } },
        html! { (t.t(e.purpose_key)) @if !e.reason.is_empty() { br; span.small.soft { (e.reason) } } },
        html! { @if e.denied { (tag(Mark::Fault, &t.t("log-denied"))) } @else { (tag(Mark::Yes, &t.t("log-allowed"))) } },
    ]).collect();
    page(
        f,
        &t.t("log-title"),
        Width::Wide,
        html! {
            (error_summary(t, form))
            h1 { (t.t("log-title")) }
            p.lead { (t.t("log-lead")) }
            form.inline-form method="post" action="/privacy/log" novalidate {
                (field::line(form, "person", &t.t("log-person"), Look { hint: &t.t("log-person-hint"), ..Look::default() }))
                (field::line(form, "account", &t.t("log-account"), Look { hint: &t.t("search-optional"), ..Look::default() }))
                (field::line(form, "from", &t.t("log-from"), Look { hint: &t.t("search-optional"), width: "w-m", keyboard: "numeric", ..Look::default() }))
                (field::line(form, "to", &t.t("log-to"), Look { hint: &t.t("search-optional"), width: "w-m", keyboard: "numeric", ..Look::default() }))
                button.btn type="submit" { (t.t("search-go")) }
            }
            @if rows.is_empty() { p { (t.t("log-none")) } } @else { (table(&t.t("log-title"), &headings, &rows)) }
            @if let Some(older) = older { p { a href=(older) { (t.t("older")) } } }
        },
    )
}

/// One entry in full.
pub fn one(f: &Frame, e: &Entry, offset_hours: i8) -> Markup {
    let t = f.t;
    let title = t.with("log-entry", &[("number", e.number.to_string().into())]);
    let none = "–";
    page(
        f,
        &title,
        Width::Wide,
        html! {
            (back(t, "/privacy/log"))
            h1 { (title) }
            (pairs(&[
                (t.t("log-when").into_owned(), html! { (t.moment(e.when, offset_hours)) }),
                (t.t("log-account").into_owned(), html! { code { (e.account) } }),
                (t.t("log-role").into_owned(), html! { (t.t(e.role_key)) " · " (e.organisation) }),
                (t.t("log-what").into_owned(), html! { (t.t(e.action_key)) }),
                (t.t("state").into_owned(), html! { @if e.denied { (tag(Mark::Fault, &t.t("log-denied"))) } @else { (tag(Mark::Yes, &t.t("log-allowed"))) } }),
                (t.t("purpose").into_owned(), html! { (t.t(e.purpose_key)) }),
                (t.t("reason").into_owned(), html! { @if e.reason.is_empty() { (none) } @else { (e.reason) } }),
                (t.t("case-number").into_owned(), html! { (e.case.as_deref().unwrap_or(none)) }),
                (t.t("law").into_owned(), html! { (e.law.as_deref().unwrap_or(none)) }),
                (t.t("log-person").into_owned(), html! { @match &e.person { Some(id) => code { (id) }, None => (none) } }),
                (t.t("log-shown").into_owned(), html! { (t.number(e.rows)) }),
                (t.t("log-hash").into_owned(), html! { code.small { (e.hash) } }),
            ]))
        },
    )
}

/// What a verification found.
#[derive(Clone, Debug, PartialEq)]
pub enum Verified {
    /// Nobody has asked yet.
    NotYet,
    /// All entries are as they were written.
    Sound {
        /// How many.
        entries: u64,
        /// The root hash in hex.
        root: String,
        /// When the last signed head was written.
        head: Option<Instant>,
    },
    /// Something was changed.
    Broken {
        /// What the verifier says, with the number of the entry.
        what: String,
    },
}

/// The page that verifies.
pub fn verify(f: &Frame, result: &Verified, offset_hours: i8) -> Markup {
    let t = f.t;
    page(
        f,
        &t.t("verify-title"),
        Width::Reading,
        html! {
            h1 { (t.t("verify-title")) }
            p.lead { (t.t("verify-lead")) }
            @match result {
                Verified::NotYet => {}
                Verified::Sound { entries, root, head } => (notice(Tone::Done, &t.with("verify-sound", &[("count", t.number(i64::try_from(*entries).unwrap_or(i64::MAX)).into())]), html! {
                    p { (t.t("verify-root")) ": " code.small { (root) } }
                    @if let Some(head) = head { p { (t.with("verify-head", &[("when", t.moment(*head, offset_hours).into())])) } }
                })),
                Verified::Broken { what } => (notice(Tone::Stop, &t.t("verify-broken"), html! { p { (what) } p { (t.t("verify-broken-do")) } })),
            }
            form.actions method="post" action="/privacy/verify" { button.btn type="submit" { (t.t("verify-go")) } }
        },
    )
}
