//! Forms about one family: an assessment, alone or not, the level of need, and what is kept apart.

use catalogue::model::Instrument;
use kernel::Date;
use maud::{Markup, html};

use super::questions;
use crate::components::field::{self, Look};
use crate::components::frame::{Frame, Width, back, page};
use crate::components::list::pairs;
use crate::components::message::{Tone, error_summary, error_summary_of, notice};
use crate::form::Form;

/// How an assessment is asked.
#[derive(Clone, Debug, PartialEq)]
pub enum Screen {
    /// The whole form.
    Whole,
    /// One question: its number, of how many, and its link id.
    One(usize, usize, String),
}

/// An assessment to be filled in.
#[derive(Clone, Debug)]
pub struct Ask {
    /// Where it is sent.
    pub to: String,
    /// Where the way back leads.
    pub back: String,
    /// Whose.
    pub mother: String,
    /// The instrument.
    pub instrument: Instrument,
    /// How it is asked.
    pub screen: Screen,
}

/// The form of an assessment.
pub fn ask(f: &Frame, form: &Form, c: &Ask) -> Markup {
    let (t, lang) = (f.t, f.t.lang());
    let i = &c.instrument;
    let known = |name: &str| questions::words_of(i, name, lang);
    page(
        f,
        i.title.get(lang),
        Width::Reading,
        html! {
            (back(t, &c.back))
            (error_summary_of(t, form, known))
            h1 { (i.title.get(lang)) @if !c.mother.is_empty() { span.caption { (c.mother) } } }
            p.lead { (i.purpose.get(lang)) }
            form method="post" action=(c.to) novalidate {
                (field::hidden("id", form.get("id")))
                @match &c.screen {
                    Screen::Whole => {
                        @if i.alone_only {
                            (notice(Tone::Warn, &t.t("visits-alone-first"), html! {
                                p { (t.t("visits-alone-first-words")) }
                                (field::tick_box(form, "alone", "yes", &t.t("visits-alone-sure")))
                            }))
                        }
                        (questions::all(t, form, i))
                        div.actions {
                            button.btn type="submit" name="do" value="send" { (t.t("visits-save")) }
                            @if !i.alone_only { button.btn.btn--second type="submit" name="do" value="one" { (t.t("visits-one-by-one")) } }
                        }
                    }
                    Screen::One(number, of, id) => (questions::screen_of(t, form, i, (*number, *of), id))
                }
            }
        },
    )
}

/// What a decision on need rests on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Need {
    /// The enrolment's id.
    pub id: String,
    /// The mother's name.
    pub mother: String,
    /// How it stands now.
    pub now: String,
    /// The assessment it rests on: day, title, points, and what the rule proposes.
    pub made: Option<(Date, String, i64, Option<String>)>,
    /// What counted: question, points.
    pub counted: Vec<(String, i64)>,
    /// What was skipped.
    pub skipped: Vec<String>,
    /// Whether weights are examples.
    pub illustrative: bool,
    /// What can be decided: value and words.
    pub choices: Vec<(String, String)>,
}

/// The level of need.
pub fn need(f: &Frame, form: &Form, c: &Need) -> Markup {
    let t = f.t;
    page(
        f,
        &t.t("visits-need"),
        Width::Reading,
        html! {
            (back(t, &format!("/visits/family/{}", c.id)))
            (error_summary(t, form))
            h1 { (t.t("visits-need")) span.caption { (c.mother) } }
            p { (t.t("visits-need-now")) ": " strong { (c.now) } }
            @match &c.made {
                Some((on, title, points, proposed)) => {
                    h2 { (title) ", " (t.date(*on)) }
                    p { (t.with("visits-points", &[("points", (*points).into())]))
                        @if let Some(proposed) = proposed { " · " (t.t("visits-proposed")) ": " strong { (proposed) } } }
                    @if c.illustrative { (notice(Tone::Info, &t.t("visits-illustrative"), html! { p { (t.t("visits-illustrative-words")) } })) }
                    @if !c.counted.is_empty() { (pairs(&c.counted.iter().map(|(q, n)| (q.clone(), html! { (format!("{n:+}")) })).collect::<Vec<_>>())) }
                    @if !c.skipped.is_empty() { details { summary { (t.with("visits-skipped", &[("count", c.skipped.len().into())])) } ul { @for q in &c.skipped { li { (q) } } } } }
                    p.small.soft { (t.t("visits-points-note")) }
                }
                None => (notice(Tone::Info, &t.t("visits-need-no-score"), html! {})),
            }
            form method="post" novalidate {
                (field::radios(form, "need", &t.t("visits-need-choose"), "", &c.choices))
                (field::line(form, "from", &t.t("visits-need-from"), Look { hint: &t.t("date-hint"), width: "w-m", ..Look::default() }))
                (field::area(form, "reason", &t.t("visits-need-reason"), &t.t("visits-need-reason-hint"), 3))
                div.actions { button.btn type="submit" { (t.t("visits-decide-save")) } }
            }
        },
    )
}

/// Something that was told alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// The day.
    pub on: Date,
    /// The form's title.
    pub title: String,
    /// Points and what they are called.
    pub result: Option<(i64, String)>,
    /// Question and answer.
    pub answers: Vec<(String, String)>,
}

/// What is kept apart: first the question whether the reader is alone, then what there is.
pub fn alone(f: &Frame, form: &Form, id: &str, told: Option<&[Told]>) -> Markup {
    let t = f.t;
    page(
        f,
        &t.t("visits-alone"),
        Width::Reading,
        html! {
            (back(t, &format!("/visits/family/{id}")))
            (error_summary(t, form))
            h1 { (t.t("visits-alone")) }
            @match told {
                None => {
                    p.lead { (t.t("visits-alone-read")) }
                    form method="post" novalidate {
                        (field::tick_box(form, "alone", "yes", &t.t("visits-alone-reader")))
                        div.actions { button.btn type="submit" { (t.t("visits-alone-show")) } }
                    }
                }
                Some([]) => p { (t.t("visits-alone-none")) },
                Some(all) => @for one in all {
                    h2 { (one.title) ", " (t.date(one.on)) }
                    @if let Some((points, name)) = &one.result { p { strong { (points) } " · " (name) } }
                    (pairs(&one.answers.iter().map(|(q, a)| (q.clone(), html! { (a) })).collect::<Vec<_>>()))
                },
            }
        },
    )
}
