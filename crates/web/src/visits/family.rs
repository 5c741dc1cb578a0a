//! One family's file on one screen.

use kernel::Date;
use maud::{Markup, html};
use visit::model::LeftWhy;

use crate::components::field::{self, Look};
use crate::components::frame::{Frame, Width, back, page};
use crate::components::list::{Mark, pairs, table, tag};
use crate::components::message::{Tone, error_summary, notice};
use crate::form::Form;

/// A visit of the schedule.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Its name in the schedule, for the record form.
    pub id: String,
    /// Its name.
    pub visit: String,
    /// Its window.
    pub window: String,
    /// Why then.
    pub why: String,
    /// Whether its days are examples, in words.
    pub illustrative: Option<String>,
    /// How it stands, in words.
    pub state: String,
    /// How it stands.
    pub mark: Mark,
    /// Whether it is to be made now, or soon.
    pub open: bool,
}

/// A visit that was made or tried.
#[derive(Clone, Debug, PartialEq)]
pub struct Past {
    /// Its address for a correction; `None`: it was corrected.
    pub correct: Option<String>,
    /// Where a supervisor who came along writes that down.
    pub observed: Option<String>,
    /// The day.
    pub on: Date,
    /// The visit.
    pub visit: String,
    /// How it ended, where it did not take place, and why.
    pub ending: Option<(String, String)>,
    /// Minutes.
    pub minutes: Option<u32>,
    /// Topics.
    pub topics: Vec<String>,
    /// Next steps in the family's words.
    pub steps: Option<String>,
    /// The note.
    pub note: Option<String>,
    /// Answers to forms: question and answer.
    pub answers: Vec<(String, String)>,
}

/// A form that can be filled in.
#[derive(Clone, Debug, PartialEq)]
pub struct Ask {
    /// Its address.
    pub href: String,
    /// Its title.
    pub title: String,
    /// Whether the open visit asks for it.
    pub now: bool,
}

/// An assessment that was made.
#[derive(Clone, Debug, PartialEq)]
pub struct Made {
    /// The day.
    pub on: Date,
    /// Its title.
    pub title: String,
    /// Points and what they are called.
    pub result: Option<(i64, String)>,
}

/// A decision on need.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// From when on.
    pub from: Date,
    /// Protocol and level, in words.
    pub what: String,
    /// Points and rule.
    pub score: Option<(i64, String)>,
    /// Whether otherwise than the rule proposed.
    pub overridden: bool,
    /// The reason.
    pub reason: Option<String>,
    /// Who decided.
    pub by: String,
}

/// The file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Family {
    /// The enrolment's id.
    pub id: String,
    /// The mother's name.
    pub mother: String,
    /// Where she lives, if the viewer goes there and may see it.
    pub address: Option<String>,
    /// When birth is expected.
    pub due: Option<Date>,
    /// Whether she mourns.
    pub loss: bool,
    /// Children: name, day of birth, and whether it died.
    pub children: Vec<(String, Date, bool)>,
    /// The protocol's name and version.
    pub protocol: String,
    /// The level of need.
    pub tier: Option<String>,
    /// The nurse.
    pub nurse: Option<String>,
    /// Whether the family agreed.
    pub agreed: bool,
    /// The schedule.
    pub steps: Vec<Step>,
    /// In one line what came of it, and how the dose stands.
    pub fidelity: Vec<String>,
    /// Why there is no schedule.
    pub impossible: Option<String>,
    /// Visits made, the newest first.
    pub past: Vec<Past>,
    /// Forms.
    pub ask: Vec<Ask>,
    /// Assessments, the newest first.
    pub made: Vec<Made>,
    /// Decisions, the newest first.
    pub decisions: Vec<Decision>,
    /// Nurses to whom the family can be given, for a supervisor.
    pub nurses: Option<Vec<(String, String)>>,
    /// The last day and why it was the last, where the visits have ended.
    pub left: Option<(Date, String)>,
    /// What was sent and not taken in, for a supervisor: its name, the day and why.
    pub refused: Vec<(String, Date, String)>,
    /// Whether somebody reads it who makes one visit in the nurse's place: then the level of need is not theirs to decide.
    pub stands_in: bool,
    /// The key of what was just done.
    pub done: Option<&'static str>,
}

/// The page.
pub fn page_of(f: &Frame, form: &Form, c: &Family) -> Markup {
    let t = f.t;
    page(
        f,
        &c.mother,
        Width::Wide,
        html! {
            (back(t, "/visits/families"))
            (error_summary(t, form))
            @if let Some(key) = c.done { (notice(Tone::Done, &t.t(key), html! {})) }
            h1 { (c.mother) span.caption { (c.protocol) @if let Some(tier) = &c.tier { " · " (tier) } } }
            div.columns {
                div { (main(f, c)) }
                aside.aside { (aside(f, form, c)) }
            }
        },
    )
}

fn main(f: &Frame, c: &Family) -> Markup {
    let t = f.t;
    let (open, rest): (Vec<&Step>, Vec<&Step>) = c.steps.iter().partition(|s| s.open);
    html! {
        @if c.loss { (notice(Tone::Info, &t.t("visits-loss"), html! { p { (t.t("visits-loss-words")) } })) }
        @if let Some(why) = &c.impossible { (notice(Tone::Warn, &t.t("visits-impossible"), html! { p { (why) } })) }
        h2 { (t.t("visits-now")) }
        @if open.is_empty() { p { (t.t("visits-now-none")) } }
        @else { ul.cards { @for step in open { li { article.card {
            div.card-head { h3 { (step.visit) } (tag(step.mark, &step.state)) }
            p { (step.window) }
            p.soft { (step.why) @if let Some(note) = &step.illustrative { " " (note) } }
            @if c.nurses.is_none() { div.actions.actions--tight { a.btn href=(format!("/visits/family/{}/visit?visit={}", c.id, urlish(&step.id))) { (t.t("visits-record")) } } }
        } } } } }
        h2 { (t.t("visits-past")) }
        @if c.past.is_empty() { p { (t.t("visits-past-none")) } }
        @for past in &c.past { (past_visit(f, past)) }
        h2 { (t.t("visits-schedule")) }
        @for line in &c.fidelity { p { (line) } }
        @if !rest.is_empty() { details { summary { (t.t("visits-schedule-all")) }
            (table(&t.t("visits-schedule"), &["visits-visit", "visits-window", "visits-state", "visits-why"].map(|k| t.t(k).into_owned()), &rest.iter().map(|s| vec![
                html! { (s.visit) }, html! { (s.window) }, html! { (tag(s.mark, &s.state)) },
                html! { span.small.soft { (s.why) @if let Some(note) = &s.illustrative { " " (note) } } },
            ]).collect::<Vec<_>>()))
        } }
    }
}

/// A name of a visit within an address; the names have letters, digits, `_`, `-` and `/`.
fn urlish(id: &str) -> String {
    id.replace('/', "%2F")
}

fn past_visit(f: &Frame, past: &Past) -> Markup {
    let t = f.t;
    html! {
        details {
            summary {
                (t.date(past.on)) " · " (past.visit)
                @if let Some((ending, _)) = &past.ending { " · " (ending) }
                @if past.correct.is_none() { " " (tag(Mark::Plain, &t.t("visits-corrected"))) }
            }
            @if let Some((_, why)) = &past.ending { p { (why) } }
            @if let Some(steps) = &past.steps { blockquote { p { (steps) } } }
            @if !past.topics.is_empty() { p { (t.t("visits-topics")) ": " (past.topics.join(", ")) } }
            @if let Some(note) = &past.note { p { (t.t("visits-note")) ": " (note) } }
            @if let Some(minutes) = past.minutes { p.small.soft { (t.with("visits-minutes-done", &[("minutes", i64::from(minutes).into())])) } }
            @if !past.answers.is_empty() { (pairs(&past.answers.iter().map(|(q, a)| (q.clone(), html! { (a) })).collect::<Vec<_>>())) }
            @if let Some(href) = &past.correct { p { a href=(href) { (t.t("visits-correct")) } } }
            @if let Some(href) = &past.observed { p { a href=(href) { (t.t("team-observe")) } } }
        }
    }
}

fn aside(f: &Frame, form: &Form, c: &Family) -> Markup {
    let t = f.t;
    html! {
        h2 { (t.t("visits-family")) }
        @if let Some(address) = &c.address { p { (address) } }
        @if let Some(due) = c.due.filter(|_| c.children.is_empty() && !c.loss) { p { (t.with("due-on", &[("date", t.date(due).into())])) } }
        ul.plain { @for (name, born, died) in &c.children { li {
            (name) ", " (t.with("born-on", &[("date", t.date(*born).into())]))
            @if *died { " †" }
        } } }
        p { (t.t("visits-nurse")) ": " @match &c.nurse { Some(nurse) => (nurse), None => em { (t.t("visits-nobody")) } } }
        @if !c.children.is_empty() { p { a href=(format!("/visits/family/{}/growth", c.id)) { (t.t("visits-growth")) } } }
        @match (&c.left, &c.nurses) {
            (Some((day, why)), _) => p { strong { (t.t("visits-ended")) } ": " (t.date(*day)) " · " (why) },
            (None, Some(nurses)) => { (hand(f, form, c, nurses)) (end(f, form, c)) }
            (None, None) => {}
        }
        @if c.nurses.is_none() {
            h2 { (t.t("visits-forms")) }
            ul.plain { @for ask in &c.ask { li { a href=(ask.href) { (ask.title) } @if ask.now { " " (tag(Mark::Open, &t.t("visits-form-now"))) } } } }
        }
        h2 { (t.t("plan-title")) }
        p { a href=(format!("/visits/family/{}/plan", c.id)) { (t.t("plan-title")) } }
        @if c.nurses.is_none() { p { a href=(format!("/visits/family/{}/refer", c.id)) { (t.t("plan-refer")) } } }
        h2 { (t.t("visits-need")) }
        @if !c.stands_in { p { a href=(format!("/visits/family/{}/need", c.id)) { (t.t("visits-decide")) } } }
        @for d in &c.decisions { p.small {
            strong { (t.date(d.from)) " · " (d.what) } br;
            @if let Some((points, rule)) = &d.score { (t.with("visits-points-open", &[("points", (*points).into()), ("rule", rule.into())])) br; }
            @if d.overridden { (t.t("visits-overridden")) " " }
            @if let Some(reason) = &d.reason { "“" (reason) "”" br; }
            span.soft { (d.by) }
        } }
        @if !c.made.is_empty() {
            h2 { (t.t("visits-assessments")) }
            @for made in &c.made { p.small {
                (t.date(made.on)) " · " (made.title)
                @if let Some((points, name)) = &made.result { br; strong { (points) } " · " (name) }
            } }
        }
        // The same words for every family: they tell nobody whether there is anything.
        h2 { (t.t("visits-alone")) }
        p.small { (t.t("visits-alone-words")) }
        p { a href=(format!("/visits/family/{}/alone", c.id)) { (t.t("visits-alone-open")) } }
        @if !c.refused.is_empty() {
            h2 { (t.t("visits-kept")) }
            @if let Some(why) = form.error("submission") { p.field-error { (why) } }
            @for (id, day, why) in &c.refused {
                form method="post" action=(format!("/visits/family/{}", c.id)) {
                    (field::hidden("do", "take_in")) (field::hidden("submission", id))
                    p.small { (t.date(*day)) " · " (why) }
                    div.actions.actions--tight { button.btn.btn--second type="submit" aria-label=(format!("{}: {}", t.t("visits-take-in"), t.date(*day))) { (t.t("visits-take-in")) } }
                }
            }
        }
    }
}

fn hand(f: &Frame, form: &Form, c: &Family, nurses: &[(String, String)]) -> Markup {
    let (t, to) = (f.t, format!("/visits/family/{}", c.id));
    html! {
        @if !c.agreed {
            p { (t.t("visits-ask-first")) }
            form method="post" action=(to) novalidate {
                (field::hidden("do", "agreed"))
                (field::tick_box(form, "consent", "yes", &t.t("visits-agreed")))
                div.actions { button.btn type="submit" { (t.t("visits-agree-save")) } }
            }
        } @else {
            form method="post" action=(to) novalidate {
                (field::hidden("do", "give"))
                (field::select(form, "nurse", &t.t("visits-give-to"), "", &t.t("visits-nobody"), nurses))
                div.actions { button.btn type="submit" { (t.t("visits-give")) } }
            }
        }
    }
}

/// Ending the visits. Whatever the reason, a word about it is asked for nowhere: the family owes none.
fn end(f: &Frame, form: &Form, c: &Family) -> Markup {
    let t = f.t;
    let why: Vec<(String, String)> =
        LeftWhy::ALL.iter().map(|why| (why.word().to_owned(), t.t(left_key(*why)).into_owned())).collect();
    html! {
        details open[form.error("left_on").is_some() || form.error("left_why").is_some()] {
            summary { (t.t("visits-end")) }
            form method="post" action=(format!("/visits/family/{}", c.id)) novalidate {
                (field::hidden("do", "end"))
                (field::line(form, "left_on", &t.t("visits-end-on"), Look { hint: &t.t("date-hint"), width: "w-m", ..Look::default() }))
                (field::radios(form, "left_why", &t.t("visits-end-why"), "", &why))
                div.actions { button.btn.btn--second type="submit" { (t.t("visits-end")) } }
            }
        }
    }
}

/// The words for why a family is visited no more.
pub(crate) fn left_key(why: LeftWhy) -> &'static str {
    match why {
        LeftWhy::Moved => "visits-left-moved",
        LeftWhy::Declined => "visits-left-declined",
        LeftWhy::Graduated => "visits-left-graduated",
    }
}
