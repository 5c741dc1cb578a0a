//! A family's case on one screen, for those who lead it: where it stands, what is missing, the plan, who takes part, what was done.

use kernel::{Date, Instant};
use maud::{Markup, html};

use super::{GoalShown, PartnerShown, Standing, goal_card, standing};
use crate::components::field;
use crate::components::frame::{Frame, Width, back, page};
use crate::components::list::{Mark, tag};
use crate::components::message::{Tone, error_summary_of, notice};
use crate::form::Form;

/// A step of the case.
#[derive(Clone, Debug, PartialEq)]
pub struct StepShown {
    /// Its name.
    pub name: String,
    /// When it was signed and by whom.
    pub signed: Option<(Date, String)>,
    /// Whether the family is in it now.
    pub now: bool,
}

/// A conference.
#[derive(Clone, Debug, PartialEq)]
pub struct Conference {
    /// Its number.
    pub number: u32,
    /// When.
    pub on: Date,
    /// Who took part.
    pub participants: Vec<String>,
    /// What was said.
    pub minutes: String,
    /// What was decided.
    pub decided: Vec<String>,
}

/// One thing that was done.
#[derive(Clone, Debug, PartialEq)]
pub struct Past {
    /// When.
    pub at: Instant,
    /// What: a key.
    pub key: String,
    /// On which side: a key.
    pub side: &'static str,
    /// By whom.
    pub who: Option<String>,
    /// What was said.
    pub words: Vec<String>,
}

/// Where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Now {
    /// The step's number from 1, and how many there are.
    pub number: (usize, usize),
    /// Its name.
    pub name: String,
    /// What it lacks: keys.
    pub lacks: Vec<&'static str>,
    /// Who signs it: a key.
    pub signer: &'static str,
    /// Whether the viewer may.
    pub may_sign: bool,
    /// When the family is looked at again, and whether that day is over.
    pub review: (Date, bool),
}

/// The case.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// Why it was opened, and when.
    pub opened: (String, Date),
    /// Whether the steps' wording is an example.
    pub illustrative: bool,
    /// Where it stands; `None`: it is closed.
    pub now: Option<Now>,
    /// How it ended: finished or declined, and when.
    pub closed: Option<(bool, Date)>,
    /// The steps.
    pub steps: Vec<StepShown>,
    /// Goals with their actions.
    pub goals: Vec<GoalShown>,
    /// Whether the family agreed to the plan as it stands.
    pub agreed: bool,
    /// When it agreed last.
    pub agreed_on: Option<Date>,
    /// Conferences.
    pub conferences: Vec<Conference>,
    /// Agencies.
    pub partners: Vec<PartnerShown>,
    /// What was done, the newest first.
    pub past: Vec<Past>,
}

/// The page's contents.
#[derive(Clone, Debug, PartialEq)]
pub struct Whole {
    /// The enrolment's id.
    pub id: String,
    /// The mother's name.
    pub mother: String,
    /// The case; `None`: there was none.
    pub case: Option<Case>,
    /// Whether a new one can be opened.
    pub can_open: bool,
    /// The last decision on need, in words.
    pub tier: Option<String>,
    /// Whether a supervisor looks.
    pub supervisor: bool,
    /// Whether something was just done.
    pub done: bool,
    /// Hours east of Greenwich.
    pub offset: i8,
}

/// The page.
pub fn page_of(f: &Frame, form: &Form, c: &Whole) -> Markup {
    let t = f.t;
    page(
        f,
        &t.t("plan-title"),
        Width::Wide,
        html! {
            (back(t, &format!("/visits/family/{}", c.id)))
            (error_summary_of(t, form, super::act::field_name(t)))
            @if c.done { (notice(Tone::Done, &t.t("plan-saved"), html! {})) }
            h1 { (t.t("plan-title")) span.caption { (c.mother) } }
            @match &c.case {
                Some(case) => div.columns {
                    div { (now(f, c, case)) (the_plan(f, c, case)) }
                    aside.aside { (aside(f, c, case)) }
                },
                None => p.lead { (t.t("plan-none")) },
            }
            @if c.can_open { (open(f, form, c)) }
        },
    )
}

fn to(c: &Whole, act: &str) -> String {
    format!("/visits/family/{}/plan/{act}", c.id)
}

fn open(f: &Frame, form: &Form, c: &Whole) -> Markup {
    let t = f.t;
    html! {
        h2 { (t.t("plan-open")) }
        form method="post" action=(format!("/visits/family/{}/plan", c.id)) novalidate {
            (field::hidden("id", form.get("id")))
            (field::area(form, "why", &t.t("plan-open-why"), &t.t("plan-open-hint"), 3))
            @if let Some(tier) = &c.tier { (field::tick_box(form, "tier", "yes", &t.with("plan-open-tier", &[("tier", tier.as_str().into())]))) }
            div.actions { button.btn type="submit" { (t.t("plan-open")) } }
        }
    }
}

fn now(f: &Frame, c: &Whole, case: &Case) -> Markup {
    let t = f.t;
    html! {
        @if let Some((finished, on)) = case.closed {
            (notice(Tone::Info, &t.with(if finished { "plan-finished" } else { "plan-declined" }, &[("date", t.date(on).into())]), html! {}))
        }
        @if let Some(n) = &case.now {
            article.card {
                div.card-head { h2 { (n.name) } (tag(Mark::Open, &t.with("plan-step-of", &[("number", n.number.0.into()), ("of", n.number.1.into())]))) }
                p {
                    (t.t("plan-review")) ": " span.nowrap { (t.date(n.review.0)) }
                    @if n.review.1 { " " (tag(Mark::Fault, &t.t("plan-late"))) }
                    " · " (t.t(n.signer))
                }
                @if !n.lacks.is_empty() { p { (t.t("plan-lacks")) } ul { @for key in &n.lacks { li { (t.t(key)) } } } }
                div.actions.actions--tight {
                    @if n.lacks.is_empty() && n.may_sign { a.btn href=(to(c, "sign")) { (t.t("plan-do-sign")) } }
                    a.btn.btn--second href=(to(c, "review")) { (t.t("plan-do-review")) }
                    @if n.number.0 > 1 { a.btn.btn--second href=(to(c, "back")) { (t.t("plan-do-back")) } }
                    @if c.supervisor { a.btn.btn--second href=(to(c, "decline")) { (t.t("plan-do-decline")) } }
                }
            }
        }
    }
}

fn the_plan(f: &Frame, c: &Whole, case: &Case) -> Markup {
    let (t, open) = (f.t, case.closed.is_none());
    let link = |act: &str, number: u32| {
        html! { a href=(format!("{}?number={number}", to(c, act))) { (t.t(&format!("plan-do-{act}"))) span.hidden-visually { " (" (number) ")" } } }
    };
    let more = |number: u32, action: bool| {
        html! { @if open { p.small {
            @if !action { (link("action", number)) " · " }
            (link("end", number)) " · " (link("correct", number))
        } } }
    };
    html! {
        h2 { (t.t("plan-goals")) }
        p.small.soft { (t.t("plan-goals-note")) }
        @if case.goals.is_empty() { p { (t.t("plan-goals-none")) } }
        ul.cards { @for goal in &case.goals { li { (goal_card(t, goal, more)) } } }
        @if open { div.actions { a.btn.btn--second href=(to(c, "goal")) { (t.t("plan-do-goal")) } } }
        h2 { (t.t("plan-agreement")) }
        p {
            @match (case.agreed, case.agreed_on) {
                (true, Some(on)) => { strong { (t.t("plan-agreed")) } " " span.nowrap { (t.date(on)) } },
                (_, Some(_)) => strong { (t.t("plan-agreed-before")) },
                _ => strong { (t.t("plan-not-agreed")) },
            }
        }
        @if open && !case.agreed && !case.goals.is_empty() { p { a href=(to(c, "agree")) { (t.t("plan-do-agree")) } } }
        h2 { (t.t("plan-conferences")) }
        @for conference in &case.conferences { (held(f, conference, open.then(|| link("correct", conference.number)))) }
        @if open { div.actions { a.btn.btn--second href=(to(c, "confer")) { (t.t("plan-do-confer")) } } }
    }
}

fn held(f: &Frame, conference: &Conference, correct: Option<Markup>) -> Markup {
    let t = f.t;
    html! {
        details {
            summary { (t.date(conference.on)) " · " (conference.participants.join(", ")) }
            p { (conference.minutes) }
            @if !conference.decided.is_empty() { p { (t.t("plan-decided")) } ul { @for words in &conference.decided { li { (words) } } } }
            @if let Some(link) = correct { p.small { (link) } }
        }
    }
}

fn aside(f: &Frame, c: &Whole, case: &Case) -> Markup {
    let (t, open) = (f.t, case.closed.is_none());
    html! {
        h2 { (t.t("plan-partners")) }
        @if case.partners.is_empty() { p { (t.t("plan-partners-none")) } }
        @for p in &case.partners {
            p {
                strong { (p.name) } br; (standing(t, p.standing)) br; span.small { (p.why) }
                @if open {
                    @let act = if matches!(p.standing, Standing::TakesPart(_)) { "withdraw" } else { "consent" };
                    br; a.small href=(format!("{}?agency={}", to(c, act), p.id)) { (t.t(&format!("plan-do-{act}"))) span.hidden-visually { ": " (p.name) } }
                }
            }
        }
        @if open { p { a href=(to(c, "ask")) { (t.t("plan-do-ask")) } } }
        h2 { (t.t("plan-steps")) }
        ol { @for step in &case.steps { li aria-current=[step.now.then_some("step")] {
            @if step.now { strong { (step.name) } } @else { (step.name) }
            @if let Some((on, who)) = &step.signed { br; span.small.soft { (t.date(*on)) " · " (who) } }
        } } }
        @if case.illustrative { p.small.soft { (t.t("plan-steps-illustrative")) } }
        h2 { (t.t("plan-past")) }
        p.small { (t.date(case.opened.1)) " · " (t.t("plan-opened")) br; "“" (case.opened.0) "”" }
        details { summary { (t.with("plan-past-count", &[("count", case.past.len().into())])) }
            @for p in &case.past { p.small {
                (t.moment(p.at, c.offset)) " · " (t.t(&p.key)) br;
                @for words in &p.words { "“" (words) "” " }
                span.soft { (t.t(p.side)) @if let Some(who) = &p.who { ", " (who) } }
            } }
        }
    }
}
