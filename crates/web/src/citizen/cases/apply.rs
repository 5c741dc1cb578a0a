//! Applying for what nobody offered: find it, say for whom, answer only what is not known, agree where the law asks for it,
//! look once more and send. One thing a screen; everything said is kept, and one can come back.

use kernel::{Date, Words};
use maud::{Markup, html};
use rules::outcome::Answer;
use text::Text;

use crate::citizen::question::{self, Question};
use crate::components::entitlement::{Fact, source};
use crate::components::field::{self, Look};
use crate::components::frame::{Frame, Width, page};
use crate::components::list::{Mark, tag};
use crate::components::message::{Tone, error_summary, notice};
use crate::components::value::say;
use crate::form::Form;

/// A programme found.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Words,
    /// What it is.
    pub summary: Words,
}

/// The search of programmes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Search {
    /// What was typed.
    pub q: String,
    /// What was found; everything when nothing was typed.
    pub found: Vec<Found>,
    /// Drafts that wait.
    pub drafts: Vec<super::list::Draft>,
    /// The office's hours east of Greenwich.
    pub offset_hours: i8,
}

/// The page that finds a programme.
pub fn search(f: &Frame, s: &Search) -> Markup {
    let t = f.t;
    let lang = t.lang();
    let form = Form::of([("q", s.q.as_str())]);
    page(
        f,
        &t.t("apply-title"),
        Width::Reading,
        html! {
            h1 { (t.t("apply-title")) }
            p.lead { (t.t("apply-lead")) }
            @if !s.drafts.is_empty() {
                h2 { (t.t("cases-drafts")) }
                ul.tasks { @for d in &s.drafts { li {
                    a href=(format!("/apply/{}", d.id)) {
                        @if d.names.is_empty() { (t.t("cases-draft-empty")) }
                        @for (n, name) in d.names.iter().enumerate() { @if n > 0 { ", " } (name.get(lang)) }
                    }
                    span.soft { (t.with("cases-draft-saved", &[("when", t.moment(d.saved, s.offset_hours).into())])) }
                } } }
            }
            form method="get" action="/apply" role="search" {
                (field::line(&form, "q", &t.t("apply-search"), Look { hint: &t.t("apply-search-hint"), ..Look::default() }))
                div.actions { button.btn.btn--second type="submit" { (t.t("apply-search-go")) } }
            }
            h2 { (t.with("apply-found", &[("count", s.found.len().into())])) }
            ul.tasks { @for p in &s.found { li {
                div {
                    a href=(format!("/apply/for/{}", p.id)) { (p.name.get(lang)) }
                    p.soft.small { (p.summary.get(lang)) }
                }
            } } }
        },
    )
}

/// The question for whom.
#[derive(Clone, Debug, PartialEq)]
pub struct Whom {
    /// The programme.
    pub programme: Found,
    /// For whom it can be: value and name; one entry needs no question.
    pub choices: Vec<(String, String)>,
}

/// The page that asks for whom. `form` holds what was chosen when it was refused.
pub fn whom(f: &Frame, form: &Form, w: &Whom) -> Markup {
    let t = f.t;
    let name = w.programme.name.get(t.lang());
    page(
        f,
        name,
        Width::Reading,
        html! {
            (error_summary(t, form))
            p { a.back href="/apply" { (t.t("apply-back")) } }
            h1 { (name) }
            p.lead { (w.programme.summary.get(t.lang())) }
            p { (t.t("apply-anyway")) }
            form method="post" action=(format!("/apply/for/{}", w.programme.id)) novalidate {
                @match w.choices.as_slice() {
                    [(value, _)] => (field::hidden("subject", value)),
                    choices => (field::radios(form, "subject", &t.t("apply-whom"), "", choices)),
                }
                div.actions {
                    button.btn type="submit" { (t.t("apply-begin")) }
                    a.btn.btn--second href=(format!("/programmes/{}", w.programme.id)) { (t.t("apply-read")) }
                }
            }
        },
    )
}

/// A consent asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Consent {
    /// The value of the box.
    pub value: String,
    /// Who is to agree.
    pub whose: String,
    /// Whether the reader can agree for them.
    pub mine: bool,
    /// The words.
    pub words: Words,
    /// The law.
    pub law: String,
    /// Whether it is ticked in the draft, or stands already.
    pub given: bool,
}

/// How one choice looks.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// Its name.
    pub name: Words,
    /// For whom; `None` for the household.
    pub whose: Option<String>,
    /// What the rules say today.
    pub answer: Option<Answer>,
    /// From when it could be claimed, when that has not come.
    pub opens: Option<Date>,
    /// The last day to claim, when it has passed.
    pub closed: Option<Date>,
    /// Others chosen that cannot be had beside it.
    pub clashes: Vec<Words>,
}

/// What one screen of a draft asks.
#[derive(Clone, Debug, PartialEq)]
pub enum Screen {
    /// Questions about one person, or the household.
    Questions(Vec<Question>),
    /// Consents.
    Consents(Vec<Consent>),
    /// Everything once more, before it is sent.
    Last {
        /// What is applied for.
        choices: Vec<Choice>,
        /// What is known and used.
        known: Vec<Fact>,
        /// What was answered.
        said: Vec<Fact>,
        /// How many questions were left open.
        open: usize,
        /// How many consents were not given.
        unsaid: usize,
        /// Programmes that are not in the rules any more.
        gone: Vec<String>,
    },
}

/// A draft on its way.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// Its id.
    pub id: String,
    /// The revision shown.
    pub revision: u32,
    /// The programmes, for the caption.
    pub names: Vec<Words>,
    /// Which screen, from 1.
    pub step: usize,
    /// How many there are.
    pub steps: usize,
    /// The screen.
    pub screen: Screen,
}

/// One screen of a draft. `form` holds what was typed when it was refused, or the answers of the draft.
pub fn draft(f: &Frame, form: &Form, d: &Draft) -> Markup {
    let t = f.t;
    let title = match &d.screen {
        Screen::Questions(_) => t.t("apply-questions"),
        Screen::Consents(_) => t.t("apply-consents"),
        Screen::Last { .. } => t.t("apply-last"),
    };
    page(
        f,
        &title,
        Width::Reading,
        html! {
            (error_summary(t, form))
            @if d.step > 1 { p { a.back href=(format!("/apply/{}?step={}", d.id, d.step - 1)) { (t.t("apply-step-back")) } } }
            h1 #f-draft {
                span.caption {
                    @for (n, name) in d.names.iter().enumerate() { @if n > 0 { ", " } (name.get(t.lang())) }
                    " · " (t.with("apply-step", &[("number", d.step.into()), ("all", d.steps.into())]))
                }
                (title)
            }
            form method="post" action=(format!("/apply/{}?step={}", d.id, d.step)) novalidate {
                (field::hidden("revision", &d.revision.to_string()))
                @match &d.screen {
                    Screen::Questions(list) => {
                        p { (t.t("apply-questions-words")) }
                        (question::all(t, form, list))
                    }
                    Screen::Consents(list) => (consents(t, form, list)),
                    Screen::Last { choices, known, said, open, unsaid, gone } => {
                        (last(t, choices, known, said, gone))
                        @if *open > 0 || *unsaid > 0 {
                            (notice(Tone::Info, &t.t("apply-left"), html! {
                                @if *open > 0 { p { (t.with("apply-left-questions", &[("count", (*open).into())])) } }
                                @if *unsaid > 0 { p { (t.with("apply-left-consents", &[("count", (*unsaid).into())])) } }
                            }))
                        }
                    }
                }
                div.actions {
                    @if matches!(d.screen, Screen::Last { .. }) {
                        button.btn type="submit" name="do" value="send" { (t.t("apply-send")) }
                    } @else {
                        button.btn type="submit" name="do" value="next" { (t.t("apply-next")) }
                    }
                    button.btn.btn--second type="submit" name="do" value="later" { (t.t("apply-later")) }
                }
            }
            form method="post" action=(format!("/apply/{}/discard", d.id)) {
                button.linkish type="submit" { (t.t("apply-discard")) }
            }
        },
    )
}

fn consents(t: Text, form: &Form, list: &[Consent]) -> Markup {
    html! {
        p { (t.t("apply-consents-words")) }
        @for (n, c) in list.iter().enumerate() {
            section {
                h2 { (c.whose) }
                p { (c.words.get(t.lang())) }
                p.law { (c.law) }
                @if c.given && !c.mine { p { (tag(Mark::Yes, &t.t("apply-consent-given"))) } }
                @if c.mine {
                    (field::tick_box(form, &format!("agree-{n}"), &c.value, &t.with("apply-consent-agree", &[("name", (&c.whose).into())])))
                } @else if !c.given { p.hint { (t.with("apply-consent-theirs", &[("name", (&c.whose).into())])) } }
            }
        }
    }
}

fn last(t: Text, choices: &[Choice], known: &[Fact], said: &[Fact], gone: &[String]) -> Markup {
    let lang = t.lang();
    html! {
        ul.cards { @for c in choices { li { article.card {
            div.card-head { h2.h3 { (c.name.get(lang)) } (outlook(t, c.answer)) }
            p.facts-line { @match &c.whose { Some(whose) => span { (whose) }, None => span { (t.t("for-household")) } } }
            @if let Some(day) = c.opens { p { strong { (t.with("apply-opens", &[("date", t.date(day).into())])) } } }
            @if let Some(day) = c.closed { p { strong { (t.with("apply-closed", &[("date", t.date(day).into())])) } } }
            @for other in &c.clashes { p { (t.with("apply-clash", &[("name", other.get(lang).into())])) } }
        } } } }
        @for id in gone { p { (t.with("apply-gone", &[("name", id.into())])) } }
        (facts(t, "apply-said", said))
        (facts(t, "apply-known", known))
    }
}

fn outlook(t: Text, answer: Option<Answer>) -> Markup {
    match answer {
        Some(Answer::Yes) => tag(Mark::Yes, &t.t("apply-looks-yes")),
        Some(Answer::No) => tag(Mark::No, &t.t("apply-looks-no")),
        _ => tag(Mark::Open, &t.t("apply-looks-open")),
    }
}

fn facts(t: Text, key: &str, list: &[Fact]) -> Markup {
    html! {
        @if !list.is_empty() { details {
            summary { (t.with(key, &[("count", list.len().into())])) }
            div.inside { ul { @for fact in list { li {
                (fact.name.get(t.lang())) @if let Some(whose) = &fact.whose { " (" (whose) ")" } ": "
                strong { (say(t, &fact.value)) } " " span.soft.small { (source(t, &fact.source)) }
            } } } }
        } }
    }
}
