//! Who looked: every time somebody saw my family's data, and why.

use kernel::{Date, Instant};
use maud::{Markup, html};

use crate::components::frame::{Frame, Width, page};
use crate::components::message::{Tone, notice};

/// One look.
#[derive(Clone, Debug, PartialEq)]
pub struct Look {
    /// When.
    pub when: Instant,
    /// The organisation in words; `None`: the person themselves.
    pub organisation: Option<String>,
    /// The key of the message that names the viewer's role.
    pub role_key: &'static str,
    /// The keys of the messages that name what was done.
    pub action_keys: Vec<&'static str>,
    /// The key of the message that names the purpose.
    pub purpose_key: &'static str,
    /// The case number.
    pub case: Option<String>,
    /// The law.
    pub law: Option<String>,
    /// Whether it was refused: nothing was shown.
    pub denied: bool,
    /// Whether somebody acted for the person by a mandate.
    pub by_mandate: bool,
}

/// What the person may see of the log about them.
#[derive(Clone, Debug, PartialEq)]
pub struct Looked {
    /// Looks of others, newest first.
    pub looks: Vec<Look>,
    /// The person's own, newest first.
    pub own: Vec<Look>,
    /// Entries withheld for now.
    pub withheld: usize,
    /// When the last of them opens.
    pub withheld_until: Option<Date>,
    /// The office's hours east of Greenwich.
    pub offset_hours: i8,
    /// Link to older entries.
    pub older: Option<String>,
}

/// The page.
pub fn page_of(f: &Frame, looked: &Looked) -> Markup {
    let t = f.t;
    page(
        f,
        &t.t("looked-title"),
        Width::Reading,
        html! {
            h1 { (t.t("looked-title")) }
            p.lead { (t.t("looked-lead")) }
            @if looked.withheld > 0 {
                (notice(Tone::Info, &t.with("looked-withheld", &[("count", looked.withheld.into())]), html! {
                    p { @match looked.withheld_until {
                        Some(date) => (t.with("looked-withheld-until", &[("date", t.date(date).into())])),
                        None => (t.t("looked-withheld-why")),
                    } }
                }))
            }
            @if looked.looks.is_empty() { p { (t.t("looked-none")) } }
            (timeline(f, looked, &looked.looks))
            @if !looked.own.is_empty() {
                details {
                    summary { (t.with("looked-own", &[("count", looked.own.len().into())])) }
                    (timeline(f, looked, &looked.own))
                }
            }
            @if let Some(older) = &looked.older { p { a href=(older) { (t.t("older")) } } }
            (notice(Tone::Info, &t.t("looked-wrong-title"), html! { p { (t.t("looked-wrong-words")) } }))
        },
    )
}

fn timeline(f: &Frame, looked: &Looked, looks: &[Look]) -> Markup {
    let t = f.t;
    html! {
        ol.timeline {
            @for look in looks { li {
                h2.h3 { (t.moment(look.when, looked.offset_hours)) }
                p {
                    strong { @match &look.organisation {
                        Some(organisation) => (t.with("looked-who", &[("organisation", organisation.into()), ("role", t.t(look.role_key).into())])),
                        None if look.by_mandate => (t.t("looked-proxy")),
                        None => (t.t("looked-self")),
                    } }
                    br;
                    (look.action_keys.iter().map(|key| t.t(key)).collect::<Vec<_>>().join(" · "))
                    @if look.denied { " – " strong { (t.t("looked-denied")) } }
                }
                p.small.soft {
                    (t.t("purpose")) ": " (t.t(look.purpose_key))
                    @if let Some(case) = &look.case { " · " (t.t("case-number")) " " (case) }
                    @if let Some(law) = &look.law { " · " (law) }
                }
            } }
        }
    }
}
