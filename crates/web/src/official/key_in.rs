//! An application keyed in for a family: at the counter, or from a letter with the day it arrived.

use maud::{Markup, html};

use crate::components::field::{self, Look};
use crate::components::frame::{Frame, Width, back, page};
use crate::components::message::error_summary_of;
use crate::form::Form;

/// What the form needs to know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyIn {
    /// The household's address.
    pub path: String,
    /// What it is called.
    pub name: String,
    /// Grown members, who may apply: id and name.
    pub applicants: Vec<(String, String)>,
    /// Everybody it may be for: id and name. A household's programme is the household's, whoever is chosen.
    pub members: Vec<(String, String)>,
    /// Programmes that are offered to the household and wait: id and name.
    pub offered: Vec<(String, String)>,
    /// All others in force.
    pub others: Vec<(String, String)>,
}

fn field_name(f: &Frame, name: &str) -> Option<String> {
    let key = match name {
        "applicant" => "key-in-applicant",
        "whom" => "key-in-whom",
        "programme" | "other" => "key-in-programmes",
        "channel" => "key-in-channel",
        "received" => "key-in-received",
        _ => return None,
    };
    Some(f.t.t(key).trim_end_matches('?').to_owned())
}

/// The page. `form` holds what was typed when it was refused.
pub fn page_of(f: &Frame, form: &Form, k: &KeyIn) -> Markup {
    let t = f.t;
    let channels =
        [("counter", "key-in-counter"), ("post", "key-in-post")].map(|(v, key)| (v.to_owned(), t.t(key).into_owned()));
    let day = Look { hint: &t.t("key-in-received-hint"), width: "w-m", keyboard: "numeric", ..Look::default() };
    page(
        f,
        &t.t("key-in-title"),
        Width::Reading,
        html! {
            (back(t, &k.path))
            (error_summary_of(t, form, |name| field_name(f, name)))
            h1 { span.caption { (t.with("household-title", &[("name", k.name.as_str().into())])) } (t.t("key-in-title")) }
            p.lead { (t.t("key-in-lead")) }
            form method="post" action=(format!("{}/apply", k.path)) novalidate {
                (field::radios(form, "applicant", &t.t("key-in-applicant"), &t.t("key-in-applicant-hint"), &k.applicants))
                (field::radios(form, "whom", &t.t("key-in-whom"), &t.t("key-in-whom-hint"), &k.members))
                (field::radios(form, "channel", &t.t("key-in-channel"), "", &channels))
                (field::line(form, "received", &t.t("key-in-received"), day))
                (field::line(form, "reason", &t.t("reason"), Look { hint: &t.t("key-in-reason-hint"), ..Look::default() }))
                @if !k.offered.is_empty() { (field::boxes(form, "programme", &t.t("key-in-programmes"), &t.t("key-in-offered"), &k.offered)) }
                details open[k.offered.is_empty() || form.all("other").next().is_some()] {
                    summary { (t.t("key-in-others")) }
                    div.inside { (field::boxes(form, "other", &t.t("key-in-programmes"), "", &k.others)) }
                }
                div.actions {
                    button.btn type="submit" { (t.t("key-in-go")) }
                    a href=(k.path) { (t.t("cancel")) }
                }
            }
        },
    )
}
