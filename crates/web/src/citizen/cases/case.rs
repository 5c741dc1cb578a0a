//! One case, told honestly: who was asked when, who answered, what comes next and by when, and what only the family can give.

use casework::case::Stage;
use kernel::{Date, Instant, Words};
use maud::{Markup, html};
use text::Text;

use super::list::{kind_tag, stage_tag};
use crate::citizen::question::{self, Question};
use crate::components::field;
use crate::components::frame::{Frame, Width, page};
use crate::components::list::{Mark, tag};
use crate::components::message::{Tone, error_summary, notice};
use crate::form::Form;

/// How a question to an agency stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Waited for, until the day.
    Waiting(Date),
    /// Should have answered on the day and has not.
    Late(Date),
    /// Answered.
    Answered(Instant),
    /// Did not answer, or could not: an official looks.
    Failed(Instant),
    /// Not needed any more.
    NotNeeded,
}

/// A question to an agency.
#[derive(Clone, Debug, PartialEq)]
pub struct Agency {
    /// Which.
    pub name: Words,
    /// What it was asked.
    pub items: Vec<Words>,
    /// When.
    pub asked_at: Instant,
    /// How it stands.
    pub state: Asked,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// When.
    pub at: Instant,
    /// The key of the message that says what.
    pub key: String,
}

/// A worse decision that is planned.
#[derive(Clone, Debug, PartialEq)]
pub struct Hearing {
    /// Until when one may speak.
    pub until: Option<Date>,
    /// What is planned, in the words of the notice.
    pub planned: Vec<casework::decide::notice::Part>,
    /// Whether the family has spoken.
    pub spoke: bool,
}

/// An objection under way or over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Objection {
    /// The day it came.
    pub received: Date,
    /// Until when it must be reviewed.
    pub due: Date,
    /// How it stands.
    pub status: casework::decide::object::Status,
}

/// Everything on the page.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// Its id.
    pub id: String,
    /// What was just done; empty: nothing.
    pub done: String,
    /// The programme.
    pub name: Words,
    /// Whose; `None` for the household.
    pub whose: Option<String>,
    /// How far it is.
    pub stage: Stage,
    /// The agency that decides.
    pub decides: Words,
    /// The legal day of the application.
    pub applied_on: Date,
    /// The legal day of the decision.
    pub due: Option<Date>,
    /// Whether the time stands still because the office waits for the family.
    pub paused: bool,
    /// What only the family can say.
    pub questions: Vec<Question>,
    /// Names of what other members must say themselves.
    pub others: Vec<String>,
    /// What may be shown by a paper: value of the field and words.
    pub papers: Vec<(String, String)>,
    /// Questions to agencies.
    pub agencies: Vec<Agency>,
    /// What happened, the last first.
    pub steps: Vec<Step>,
    /// Decisions told: id, kind, day.
    pub decisions: Vec<(String, casework::decide::DecisionKind, Option<Date>)>,
    /// The hearing, if one runs.
    pub hearing: Option<Hearing>,
    /// Objections.
    pub objections: Vec<Objection>,
    /// Whether it can be taken back.
    pub can_withdraw: bool,
    /// The office's hours east of Greenwich.
    pub offset_hours: i8,
}

/// The page. `form` holds what was typed when something was refused.
pub fn page_of(f: &Frame, form: &Form, c: &Case) -> Markup {
    let t = f.t;
    let name = c.name.get(t.lang());
    page(
        f,
        name,
        Width::Reading,
        html! {
            (error_summary(t, form))
            (told(t, &c.done))
            p { a.back href="/cases" { (t.t("cases-back")) } }
            h1 {
                span.caption { @match &c.whose { Some(whose) => (whose), None => (t.t("for-household")) } }
                (name)
            }
            p { (stage_tag(t, c.stage)) }
            p.lead { (next(t, c)) }
            (when(t, c))
            (decided(t, c))
            @if let Some(hearing) = &c.hearing { (hear(t, form, c, hearing)) }
            @if !c.questions.is_empty() { (ask(t, form, c)) }
            @if !c.others.is_empty() {
                (notice(Tone::Info, &t.t("case-others-title"), html! {
                    p { (t.t("case-others-words")) }
                    ul { @for who in &c.others { li { (who) } } }
                }))
            }
            @if !c.papers.is_empty() { (hand_in(t, form, c)) }
            @if !c.agencies.is_empty() {
                h2 { (t.t("case-agencies")) }
                p { (t.t("case-agencies-words")) }
                ul.tasks { @for a in &c.agencies { li { (agency(t, a, c.offset_hours)) } } }
            }
            h2 { (t.t("case-history")) }
            ol.timeline { @for step in &c.steps { li {
                span.soft.small { (t.moment(step.at, c.offset_hours)) } br; (t.t(&step.key))
            } } }
            @if c.can_withdraw { (withdraw(t, form, c)) }
            p { a href="/complain" { (t.t("cases-complain")) } }
        },
    )
}

/// What comes next; while agencies are asked, the family may have something to say too.
fn next(t: Text, c: &Case) -> String {
    let asked = !c.questions.is_empty() && matches!(c.stage, Stage::Received | Stage::Investigating);
    if asked { t.t("case-next-both").into_owned() } else { t.t(&format!("case-next-{}", c.stage)).into_owned() }
}

fn told(t: Text, word: &str) -> Markup {
    let key = match word {
        "answered" => "case-done-answered",
        "paper" => "case-done-paper",
        "spoke" => "case-done-spoke",
        "withdrawn" => "case-done-withdrawn",
        "objected" => "case-done-objected",
        _ => return html! {},
    };
    notice(Tone::Done, &t.t(key), html! {})
}

fn when(t: Text, c: &Case) -> Markup {
    html! {
        p.facts-line {
            span { (t.with("case-applied", &[("date", t.date(c.applied_on).into())])) }
            @if !c.stage.is_closed() {
                @if let Some(due) = c.due { span { (t.with("cases-due", &[("date", t.date(due).into())])) } }
            }
            span { (t.with("case-decides", &[("agency", c.decides.get(t.lang()).into())])) }
        }
        @if c.paused && !c.stage.is_closed() { p.hint { (t.t("case-paused")) } }
    }
}

fn decided(t: Text, c: &Case) -> Markup {
    html! {
        @if !c.decisions.is_empty() {
            h2 { (t.t("case-decisions")) }
            ul.tasks { @for (id, kind, day) in &c.decisions { li {
                a href=(format!("/cases/{}/decisions/{id}", c.id)) {
                    @match day {
                        Some(day) => (t.with("case-decision-of", &[("date", t.date(*day).into())])),
                        None => (t.t("case-decision")),
                    }
                }
                (kind_tag(t, *kind))
            } } }
        }
        @for o in &c.objections {
            p {
                (t.with("case-objection", &[("date", t.date(o.received).into())])) " "
                @match o.status {
                    casework::decide::object::Status::Open => (t.with("case-objection-open", &[("date", t.date(o.due).into())])),
                    other => (t.t(&format!("case-objection-{other}"))),
                }
            }
        }
    }
}

fn hear(t: Text, form: &Form, c: &Case, hearing: &Hearing) -> Markup {
    html! {
        section {
            h2 { (t.t("case-hearing")) }
            @if let Some(until) = hearing.until { p { strong { (t.with("case-hearing-until", &[("date", t.date(until).into())])) } } }
            details { summary { (t.t("case-hearing-planned")) } div.inside { (parts(&hearing.planned, 2)) } }
            @if hearing.spoke { p { (tag(Mark::Yes, &t.t("case-hearing-spoke"))) } }
            form method="post" action=(format!("/cases/{}/speak", c.id)) novalidate {
                (field::area(form, "words", &t.t("case-hearing-words"), &t.t("case-hearing-hint"), 5))
                div.actions { button.btn type="submit" { (t.t("case-hearing-send")) } }
            }
        }
    }
}

/// The parts of a notice, as stored; `below` is the heading they stand under, 1 or 2.
pub fn parts(parts: &[casework::decide::notice::Part], below: u8) -> Markup {
    html! {
        @for part in parts {
            @if below == 1 { h2 { (part.heading) } } @else { h3 { (part.heading) } }
            @if part.lines.len() == 1 { @for line in &part.lines { p { (line) } } }
            @else { ul { @for line in &part.lines { li { (line) } } } }
        }
    }
}

fn ask(t: Text, form: &Form, c: &Case) -> Markup {
    html! {
        section {
            h2 { (t.t("case-asked")) }
            p { (t.t("case-asked-words")) }
            form method="post" action=(format!("/cases/{}/answer", c.id)) novalidate {
                (question::all(t, form, &c.questions))
                div.actions { button.btn type="submit" { (t.t("case-asked-send")) } }
            }
        }
    }
}

fn hand_in(t: Text, form: &Form, c: &Case) -> Markup {
    html! {
        details open[form.error("file").is_some()] {
            summary { (t.t("case-paper")) }
            div.inside {
                p { (t.t("case-paper-words")) }
                form method="post" action=(format!("/cases/{}/papers", c.id)) enctype="multipart/form-data" novalidate {
                    (field::select(form, "shows", &t.t("case-paper-shows"), "", "", &c.papers))
                    (field::file(form, "file", &t.t("case-paper-file"), &t.t("case-paper-hint"), "image/jpeg,image/png,application/pdf"))
                    div.actions { button.btn.btn--second type="submit" { (t.t("case-paper-send")) } }
                }
            }
        }
    }
}

fn agency(t: Text, a: &Agency, offset: i8) -> Markup {
    let lang = t.lang();
    let day = |at: Instant| t.date(at.date(offset));
    html! {
        div {
            strong { (a.name.get(lang)) }
            p.soft.small {
                @for (n, item) in a.items.iter().enumerate() { @if n > 0 { ", " } (item.get(lang)) }
            }
            p.small { (t.with("case-agency-asked", &[("date", day(a.asked_at).into())])) " "
                @match a.state {
                    Asked::Waiting(by) => (t.with("case-agency-by", &[("date", t.date(by).into())])),
                    Asked::Late(by) => (t.with("case-agency-late", &[("date", t.date(by).into())])),
                    Asked::Answered(at) => (t.with("case-agency-answered", &[("date", day(at).into())])),
                    Asked::Failed(at) => (t.with("case-agency-failed", &[("date", day(at).into())])),
                    Asked::NotNeeded => (t.t("case-agency-not-needed")),
                }
            }
        }
        @match a.state {
            Asked::Waiting(_) => (tag(Mark::Open, &t.t("case-tag-waiting"))),
            Asked::Late(_) => (tag(Mark::Fault, &t.t("case-tag-late"))),
            Asked::Answered(_) => (tag(Mark::Yes, &t.t("case-tag-answered"))),
            Asked::Failed(_) => (tag(Mark::Fault, &t.t("case-tag-failed"))),
            Asked::NotNeeded => (tag(Mark::No, &t.t("case-tag-not-needed"))),
        }
    }
}

fn withdraw(t: Text, form: &Form, c: &Case) -> Markup {
    html! {
        details open[form.error("withdraw").is_some()] {
            summary { (t.t("case-withdraw")) }
            div.inside {
                p { (t.t("case-withdraw-words")) }
                form method="post" action=(format!("/cases/{}/withdraw", c.id)) novalidate {
                    (field::area(form, "withdraw", &t.t("case-withdraw-why"), "", 2))
                    div.actions { button.btn.btn--danger type="submit" { (t.t("case-withdraw-send")) } }
                }
            }
        }
    }
}
