//! Recording a visit: what was done, measured, talked about and agreed; or why it did not take place.

use catalogue::model::Instrument;
use maud::{Markup, html};
use visit::model::EndingWord;

use super::questions;
use crate::components::field::{self, Look};
use crate::components::frame::{Frame, Width, back, page};
use crate::components::message::{Tone, error_summary_of, notice};
use crate::form::Form;

/// What the form needs.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// The enrolment's id.
    pub id: String,
    /// The mother's name.
    pub mother: String,
    /// The visit's name.
    pub visit: String,
    /// Topics: id, name, and whether it is carried over.
    pub topics: Vec<(String, String, bool)>,
    /// Children that live: id and name.
    pub children: Vec<(String, String)>,
    /// Children whose day of leaving hospital is not known yet.
    pub in_hospital: Vec<(String, String)>,
    /// Immunisations due by age, in words.
    pub immunisations: Vec<String>,
    /// Milestones by child: id, words.
    pub milestones: Vec<(String, String)>,
    /// The forms of the visit.
    pub forms: Vec<Instrument>,
    /// Whether it corrects an earlier one.
    pub corrects: bool,
}

/// What was measured of a child, as form fields: name, message and unit.
pub const MEASURES: [(&str, &str, &str); 4] = [
    ("weight", "visits-weight", "kg"),
    ("length", "visits-length", "cm"),
    ("head", "visits-head", "cm"),
    ("arm", "visits-arm", "cm"),
];

/// The page.
pub fn page_of(f: &Frame, form: &Form, c: &Record) -> Markup {
    let t = f.t;
    let endings: Vec<(String, String)> = EndingWord::ALL
        .iter()
        .map(|e| (e.word().to_owned(), t.t(&format!("visits-ending-{}", e.word().replace('_', "-"))).into_owned()))
        .collect();
    let known = |name: &str| field_name(f, c, name);
    page(
        f,
        &t.t("visits-record"),
        Width::Reading,
        html! {
            (back(t, &format!("/visits/family/{}", c.id)))
            (error_summary_of(t, form, known))
            @if c.corrects { (notice(Tone::Info, &t.t("visits-correcting"), html! { p { (t.t("visits-correcting-words")) } })) }
            h1 { (c.visit) span.caption { (c.mother) } }
            form method="post" novalidate {
                (field::hidden("id", form.get("id")))
                (field::hidden("visit", form.get("visit")))
                (field::hidden("replaces", form.get("replaces")))
                (field::line(form, "on", &t.t("visits-on"), Look { hint: &t.t("date-hint"), width: "w-m", ..Look::default() }))
                (field::radios(form, "ending", &t.t("visits-ending"), "", &endings))
                (field::area(form, "why", &t.t("visits-ending-why"), &t.t("visits-ending-why-hint"), 2))
                (field::line(form, "minutes", &t.t("visits-minutes"), Look { width: "w-s", keyboard: "numeric", ..Look::default() }))
                @for (id, name) in &c.children {
                    h2 { (t.with("visits-measure", &[("child", name.into())])) }
                    div.grid-2 { @for (what, key, unit) in MEASURES {
                        (field::line(form, &format!("{what}.{id}"), &t.t(key), Look { width: "w-s", keyboard: "decimal", unit, ..Look::default() }))
                    } }
                    (field::tick_box(form, &format!("oedema.{id}"), "yes", &t.t("visits-oedema")))
                    @if c.in_hospital.iter().any(|(own, _)| own == id) {
                        (field::line(form, &format!("discharged.{id}"), &t.t("visits-discharged"), Look { width: "w-m", ..Look::default() }))
                    }
                }
                @if !c.immunisations.is_empty() {
                    h2 { (t.t("visits-immunisations")) }
                    ul { @for line in &c.immunisations { li { (line) } } }
                }
                @if !c.milestones.is_empty() {
                    (field::boxes(form, "milestone", &t.t("visits-milestones"), &t.t("visits-milestones-hint"), &c.milestones))
                }
                @for instrument in &c.forms {
                    h2 { (instrument.title.get(t.lang())) }
                    (questions::all(t, form, instrument))
                }
                @if !c.topics.is_empty() {
                    (field::boxes(form, "topic", &t.t("visits-topics-done"), "", &c.topics.iter().map(|(id, name, carried)| {
                        let name = if *carried { format!("{name} ({})", t.t("visits-carried")) } else { name.clone() };
                        (id.clone(), name)
                    }).collect::<Vec<_>>()))
                }
                (field::area(form, "steps", &t.t("visits-steps"), &t.t("visits-steps-hint"), 3))
                (field::area(form, "note", &t.t("visits-note"), &t.t("visits-note-hint"), 3))
                div.actions { button.btn type="submit" { (t.t("visits-save")) } }
            }
        },
    )
}

/// What a field is called in the list of what is wrong.
fn field_name(f: &Frame, c: &Record, name: &str) -> Option<String> {
    let t = f.t;
    if let Some((what, _)) = name.split_once('.') {
        if let Some((_, key, _)) = MEASURES.iter().find(|(own, _, _)| *own == what) {
            return Some(t.t(key).into_owned());
        }
        let mut all = c.forms.iter();
        return all.find_map(|i| {
            let question = i.questions().into_iter().find(|q| questions::name(i, &q.id) == name)?;
            Some(question.text.get(t.lang()).to_owned())
        });
    }
    let key = match name {
        "on" => "visits-on",
        "ending" => "visits-ending",
        "why" => "visits-ending-why",
        "minutes" => "visits-minutes",
        "steps" => "visits-steps",
        "note" => "visits-note",
        _ => return None,
    };
    Some(t.t(key).into_owned())
}

/// What a nurse reads when her visit was kept and not taken in: nothing about the family.
pub fn kept(f: &Frame) -> Markup {
    let t = f.t;
    page(
        f,
        &t.t("visits-kept-title"),
        Width::Reading,
        html! {
            h1 { (t.t("visits-kept-title")) }
            p.lead { (t.t("visits-kept-words")) }
            p { a href="/visits/day" { (t.t("visits-day")) } }
        },
    )
}
