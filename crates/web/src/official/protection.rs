//! Where one person lives, as a look of its own; and from whom that is kept: protections recorded, seen and ended.

use kernel::{Date, Instant, Words};
use maud::{Markup, html};
use text::Text;

use crate::components::field::{self, Look};
use crate::components::frame::{Frame, Width, back, page};
use crate::components::list::pairs;
use crate::components::message::{Tone, error_summary_of, notice};
use crate::form::Form;

/// Where somebody is and how to reach them, as far as it may be shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Address {
    /// The address of the household's page.
    pub home: String,
    /// The person's name.
    pub name: String,
    /// The address in words.
    pub address: Option<String>,
    /// Telephone.
    pub phone: Option<String>,
    /// E-mail.
    pub email: Option<String>,
}

/// A protection that holds, or will.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Its id.
    pub id: String,
    /// The names of those the person is protected from.
    pub from: Vec<String>,
    /// First day.
    pub since: Date,
    /// Last day.
    pub until: Option<Date>,
    /// The number of the order, or why.
    pub reason: String,
    /// The law.
    pub law: String,
    /// Which agency recorded it.
    pub source: Words,
    /// When.
    pub recorded: Instant,
}

/// Everything on the page of a person's protections.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Protections {
    /// The address of the household's page.
    pub home: String,
    /// The person.
    pub person: String,
    /// The person's name.
    pub name: String,
    /// The protections the official has the case of; `None`: of none.
    pub held: Option<Vec<Held>>,
    /// Whether the official may end them.
    pub may_end: bool,
    /// Whether the official's office has an open case of the household, and would stand on the side of whoever of it is named.
    pub open_case: bool,
    /// Others of the household: id and name.
    pub others: Vec<(String, String)>,
    /// What people call the national identifier.
    pub identifier: String,
    /// Hours east of Greenwich of the office.
    pub offset_hours: i8,
    /// What was just done: `recorded` or `ended`.
    pub done: String,
}

/// The page of an address.
pub fn address_page(f: &Frame, a: &Address) -> Markup {
    let t = f.t;
    let known = [("address", &a.address), ("telephone", &a.phone), ("email", &a.email)];
    let rows = known.into_iter().filter_map(|(key, value)| {
        let value = value.as_ref()?;
        Some((t.t(key).into_owned(), html! { (value) }))
    });
    let rows: Vec<(String, Markup)> = rows.collect();
    page(
        f,
        &t.t("address-title"),
        Width::Reading,
        html! {
            (back(t, &a.home))
            h1 { span.caption { (a.name) } (t.t("address-title")) }
            @if rows.is_empty() { p { (t.t("address-none")) } } @else { (pairs(&rows)) }
            p.small.soft { (t.t("address-hint")) }
        },
    )
}

/// The page of protections. `form` holds what was typed when it was refused.
pub fn page_of(f: &Frame, form: &Form, p: &Protections) -> Markup {
    let t = f.t;
    page(
        f,
        &t.t("protection-title"),
        Width::Reading,
        html! {
            (back(t, &p.home))
            (error_summary_of(t, form, |name| field_name(t, p, name)))
            @if let "recorded" | "ended" = p.done.as_str() {
                (notice(Tone::Done, &t.t(if p.done == "recorded" { "protection-done-recorded" } else { "protection-done-ended" }), html! {}))
            }
            h1 { span.caption { (p.name) } (t.t("protection-title")) }
            p.lead { (t.t("protection-lead")) }
            h2 { (t.t("protection-held")) }
            @match &p.held {
                None => p { (t.t("protection-held-shut")) },
                Some(held) => { @if held.is_empty() { p { (t.t("protection-held-none")) } } @else { (list(t, p, held)) } }
            }
            h2 { (t.t("protection-record")) }
            (recording(t, form, p))
            @if let Some(held) = p.held.as_ref().filter(|held| !held.is_empty()) {
                h2 { (t.t("protection-end")) }
                @if p.may_end { (ending(t, form, p, held)) } @else { p { (t.t("protection-end-strong")) } }
            }
        },
    )
}

fn field_name(t: Text, p: &Protections, name: &str) -> Option<String> {
    let key = match name {
        "number" => return Some(p.identifier.clone()),
        "perpetrator" => "protection-whom",
        "name" => "power-name",
        "from" => "power-from",
        "until" => "power-until",
        "reason" => "protection-reason",
        "law" => "protection-law",
        "protection" => "protection-which",
        "on" => "protection-on",
        "why" => "protection-why",
        _ => return None,
    };
    Some(t.t(key).trim_end_matches('?').to_owned())
}

/// What a protection is called where it is chosen.
fn named(t: Text, held: &Held) -> String {
    format!("{}, {}", from(t, held), held.reason)
}

fn from(t: Text, held: &Held) -> String {
    if held.from.is_empty() { t.t("protection-nobody").into_owned() } else { held.from.join(", ") }
}

fn list(t: Text, p: &Protections, all: &[Held]) -> Markup {
    html! {
        ul.cards { @for held in all { li { article.card {
            h3 { (held.reason) }
            (pairs(&[
                (t.t("protection-from").into_owned(), html! { (from(t, held)) }),
                (t.t("power-days").into_owned(), days(t, held)),
                (t.t("protection-law").into_owned(), html! { (held.law) }),
                (t.t("agency").into_owned(), html! {
                    (held.source.get(t.lang())) ", " (t.with("recorded-at", &[("when", t.moment(held.recorded, p.offset_hours).into())]))
                }),
            ]))
        } } } }
    }
}

fn days(t: Text, held: &Held) -> Markup {
    let from = t.date(held.since);
    html! {
        @match held.until {
            Some(until) => (t.with("power-from-until", &[("from", from.into()), ("until", t.date(until).into())])),
            None => (t.with("power-from-on", &[("from", from.into())])),
        }
    }
}

fn action(p: &Protections) -> String {
    format!("{}/protection/{}", p.home, p.person)
}

fn day(t: Text, form: &Form, name: &str, label: &str, hint: &str) -> Markup {
    let look = Look { hint: &t.t(hint), width: "w-m", keyboard: "numeric", ..Look::default() };
    field::line(form, name, &t.t(label), look)
}

fn recording(t: Text, form: &Form, p: &Protections) -> Markup {
    let line = |name: &str, label: &str, hint: &str| {
        field::line(form, name, &t.t(label), Look { hint: &t.t(hint), ..Look::default() })
    };
    html! {
        form method="post" action=(action(p)) novalidate {
            (field::hidden("do", "record"))
            @if !p.others.is_empty() {
                @if p.open_case { (notice(Tone::Warn, &t.t("protection-together-title"), html! { p { (t.t("protection-together-words")) } })) }
                (field::boxes(form, "perpetrator", &t.t("protection-whom"), &t.t("protection-whom-hint"), &p.others))
            }
            div.inside {
                p { (t.t("power-other-words")) }
                (field::line(form, "name", &t.t("power-name"), Look::default()))
                (field::line(form, "number", &p.identifier, Look { width: "w-m", ..Look::default() }))
            }
            (day(t, form, "from", "power-from", "power-from-hint"))
            (day(t, form, "until", "power-until", "protection-until-hint"))
            (line("reason", "protection-reason", "protection-reason-hint"))
            (line("law", "protection-law", "protection-law-hint"))
            div.actions { button.btn type="submit" { (t.t("protection-record-go")) } }
        }
    }
}

fn ending(t: Text, form: &Form, p: &Protections, all: &[Held]) -> Markup {
    let choices: Vec<(String, String)> = all.iter().map(|held| (held.id.clone(), named(t, held))).collect();
    html! {
        p { (t.t("protection-end-words")) }
        form method="post" action=(action(p)) novalidate {
            (field::hidden("do", "end"))
            (field::radios(form, "protection", &t.t("protection-which"), "", &choices))
            (day(t, form, "on", "protection-on", "power-from-hint"))
            (field::line(form, "why", &t.t("protection-why"), Look::default()))
            div.actions { button.btn.btn--danger type="submit" { (t.t("protection-end-go")) } }
        }
    }
}
