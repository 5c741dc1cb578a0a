//! A case on one page: the reasons with the facts and their sources beside them, what agencies said, papers, what would be
//! decided and what holds, what happened, and everything that can be done about it.

use maud::{Markup, html};
use text::Text;

use super::work::{self, Keys, Way, nearness};
use super::work_acts::{self, Acts};
use crate::changed::{self, Shown as Changed};
use crate::components::frame::{Frame, Width, back, page};
use crate::components::icon;
use crate::components::list::{Mark, pairs, tag};
use crate::components::message::{Tone, error_summary, notice};
use crate::form::Form;

/// A case as an official sees it. Words are in the language of the page already.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// Its id.
    pub id: String,
    /// The list it was opened from.
    pub way: Way,
    /// The programme.
    pub programme: String,
    /// Whom it is about.
    pub name: String,
    /// The household's page.
    pub household: String,
    /// How far it has come.
    pub stage: String,
    /// The legal day and days until then.
    pub due: Option<(kernel::Date, i64)>,
    /// Whether the clock stands.
    pub paused: bool,
    /// Who has it; empty: nobody.
    pub has: String,
    /// How, when and by whom it was applied for.
    pub received: String,
    /// For which purpose this look is recorded.
    pub purpose: String,
    /// What was just done, and the case it was done to.
    pub done: Option<(String, Option<String>)>,
    /// What the rules say.
    pub says: Option<Says>,
    /// The decision in force.
    pub holds: Option<Decided>,
    /// Decisions prepared or earlier, the newest first.
    pub decisions: Vec<Decided>,
    /// Questions to agencies.
    pub asked: Vec<Asked>,
    /// Papers handed in.
    pub papers: Vec<Paper>,
    /// Objections and orders.
    pub objections: Vec<Objection>,
    /// What happened, the newest first.
    pub steps: Vec<Step>,
    /// What can be done.
    pub acts: Acts,
}

/// What the rules say about the case.
#[derive(Clone, Debug, PartialEq)]
pub struct Says {
    /// Whether this is as of today, or as last determined.
    pub now: bool,
    /// The answer.
    pub answer: rules::outcome::Answer,
    /// The law of the version.
    pub law: String,
    /// Every condition.
    pub reasons: Vec<Reason>,
    /// The sums over time.
    pub sums: Vec<String>,
    /// What is wanted still, of whom.
    pub missing: Vec<String>,
    /// The rule by which another programme takes its place, and what else of the combination rules touches it.
    pub excluded: Option<String>,
    /// What an official must look at, or why there is no answer.
    pub look: Option<String>,
    /// What would change against the decision in force.
    pub changes: Changed,
}

/// One condition.
#[derive(Clone, Debug, PartialEq)]
pub struct Reason {
    /// What it says.
    pub words: String,
    /// Its law.
    pub law: String,
    /// Whether it holds; `None`: not known.
    pub holds: Option<bool>,
    /// Whether it could not be worked out.
    pub error: bool,
    /// Values on the way.
    pub steps: Vec<(String, String)>,
    /// Facts read.
    pub facts: Vec<Fact>,
}

/// A fact with its source.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// Which, and of whom.
    pub what: String,
    /// Its value.
    pub value: String,
    /// Who says so.
    pub source: String,
    /// Since when, and when recorded, in words.
    pub when: String,
}

/// A question to an agency.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// The agency.
    pub agency: String,
    /// What was asked.
    pub what: Vec<String>,
    /// How it stands.
    pub state: (Mark, String),
    /// When it was asked, and until when an answer is due or when it came.
    pub when: Vec<String>,
    /// What went wrong.
    pub problem: Option<String>,
}

/// A paper.
#[derive(Clone, Debug, PartialEq)]
pub struct Paper {
    /// Its id.
    pub id: String,
    /// Where it opens; `None`: it does not (not scanned, or removed).
    pub href: Option<String>,
    /// What it shows.
    pub what: String,
    /// Kind, size, day.
    pub about: String,
    /// What the person or an official wrote with it.
    pub note: Option<String>,
}

/// A decision.
#[derive(Clone, Debug, PartialEq)]
pub struct Decided {
    /// The notice's first words.
    pub lead: String,
    /// How it stands.
    pub state: (Mark, String),
    /// The sums over time.
    pub sums: Vec<String>,
    /// Who prepared and who decided it, and when.
    pub by: Vec<String>,
    /// What officials wrote, and under which law.
    pub words: Vec<String>,
    /// The last day to object.
    pub object_by: Option<String>,
    /// Where its file is.
    pub file: Option<String>,
}

/// An objection or order.
#[derive(Clone, Debug, PartialEq)]
pub struct Objection {
    /// What it is and when it came.
    pub title: String,
    /// Whether it is the second, for the office above.
    pub above: bool,
    /// Why.
    pub reason: String,
    /// How it stands.
    pub state: (Mark, String),
    /// What the review said.
    pub outcome: Option<String>,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// When.
    pub when: String,
    /// What.
    pub words: String,
    /// Who: an official, or the machine.
    pub who: String,
    /// What they wrote, what it was about.
    pub detail: Vec<String>,
}

const KEYS: Keys = &[
    ("A", "work-key-act"),
    ("O", "work-key-otherwise"),
    ("R", "work-key-reasons"),
    ("G", "work-key-agencies"),
    ("H", "work-key-history"),
    ("N", "work-key-next"),
    ("L", "work-key-list"),
];

/// The page.
pub fn page_of(f: &Frame, form: &Form, c: &Case) -> Markup {
    let t = f.t;
    let title = t.with("work-case-title", &[("programme", (&c.programme).into()), ("name", (&c.name).into())]);
    page(
        f,
        &title,
        Width::Wide,
        html! {
            (back(t, &c.way.link("/work")))
            (error_summary(t, form))
            @if let Some((done, before)) = &c.done {
                (notice(Tone::Done, done, html! { @if let Some(before) = before { p { a href=(before) { (t.t("work-see-it")) } } } }))
            }
            h1 { (title) }
            div.facts-line {
                span { (tag(Mark::Plain, &c.stage)) }
                span { (nearness(t, c.due)) @if let Some((day, _)) = c.due { " " (t.date(day)) } @if c.paused { " · " (t.t("work-paused")) } }
                span { (t.t("work-has")) ": " @if c.has.is_empty() { (t.t("work-nobody")) } @else { (c.has) } }
                span { a href=(c.household) { (t.t("work-household")) } }
            }
            p.small.soft { (c.received) " " (t.with("work-recorded-for", &[("purpose", (&c.purpose).into())])) }
            ul.jump {
                li { a href="#f-act" accesskey="a" data-key="a" { (t.t("work-act")) } }
                li { a href="#reasons" accesskey="r" data-key="r" { (t.t("work-reasons")) } }
                li { a href="#agencies" accesskey="g" data-key="g" { (t.t("work-agencies")) } }
                li { a href="#history" accesskey="h" data-key="h" { (t.t("work-history")) } }
                li { a href=(c.way.link(&format!("/work/next/{}", c.id))) accesskey="n" data-key="n" { (t.t("work-next")) } }
                li { a href=(c.way.link("/work")) accesskey="l" data-key="l" { (t.t("work-back-to-list")) } }
            }
            div.columns.columns--work {
                div {
                    @for (n, contradiction) in c.acts.contradictions.iter().enumerate() { (work_acts::contradiction(t, form, c, n, contradiction)) }
                    (says(t, c))
                    (papers(t, c))
                    (agencies(t, c))
                    (decisions(t, c))
                    (history(t, c))
                }
                aside.aside #f-act tabindex="-1" aria-label=(t.t("work-act")) { (work_acts::all(t, form, c)) (work::keys(t, KEYS)) }
            }
        },
    )
}

fn says(t: Text, c: &Case) -> Markup {
    let Some(s) = &c.says else {
        return html! { h2 #reasons { (t.t("work-reasons")) } p { (t.t("work-no-reasons")) } };
    };
    html! {
        h2 { (t.t(if s.now { "work-would" } else { "work-was" })) }
        div.best {
            p { (crate::components::entitlement::answer_tag(t, s.answer, s.excluded.is_some())) " " span.law { (s.law) } }
            @if let Some(excluded) = &s.excluded { p { (excluded) } }
            @if let Some(look) = &s.look { p { (icon::alert()) " " (look) } }
            (sums(&s.sums))
            @if !s.missing.is_empty() {
                p { strong { (t.t("work-missing")) } }
                ul { @for m in &s.missing { li { (m) } } }
            }
        }
        (changed::section(t, "changed-now", &s.changes))
        h2 #reasons tabindex="-1" { (t.t("work-reasons")) }
        ol.beside { @for reason in &s.reasons { (reason_of(t, reason)) } }
    }
}

/// The condition on the left, what it rests on to the right.
fn reason_of(t: Text, r: &Reason) -> Markup {
    let (class, icon, said) = match (r.holds, r.error) {
        (_, true) => ("fails", icon::alert(), "cond-error"),
        (Some(true), _) => ("holds", icon::tick(), "cond-holds"),
        (Some(false), _) => ("fails", icon::cross(), "cond-fails"),
        (None, _) => ("unsure", icon::question(), "cond-open"),
    };
    html! {
        li {
            div.beside-what {
                span class=(class) { (icon) }
                div {
                    p { strong { (t.t(said)) ": " } (r.words) }
                    @if !r.steps.is_empty() { ul.steps { @for (name, value) in &r.steps { li { (name) ": " (value) } } } }
                    p.law { (r.law) }
                }
            }
            div.beside-facts {
                @if r.facts.is_empty() { p.small.soft { (t.t("work-no-facts")) } }
                @for fact in &r.facts {
                    p { (fact.what) ": " strong.num { (fact.value) } br; span.small.soft { (fact.source) @if !fact.when.is_empty() { ", " (fact.when) } } }
                }
            }
        }
    }
}

fn sums(sums: &[String]) -> Markup {
    html! { @if !sums.is_empty() { ul.steps { @for sum in sums { li { (sum) } } } } }
}

fn papers(t: Text, c: &Case) -> Markup {
    html! {
        h2 { (t.t("work-papers")) }
        @if c.papers.is_empty() { p { (t.t("work-no-papers")) } }
        ul.tasks { @for paper in &c.papers { li {
            div {
                @match &paper.href {
                    Some(to) => a href=(to) { (paper.what) },
                    None => { (paper.what) " " (tag(Mark::Locked, &t.t("work-paper-closed"))) }
                }
                div.small.soft { (paper.about) }
                @if let Some(note) = &paper.note { div { "“" (note) "”" } }
            }
        } } }
    }
}

fn agencies(t: Text, c: &Case) -> Markup {
    html! {
        h2 #agencies tabindex="-1" { (t.t("work-agencies")) }
        @if c.asked.is_empty() { p { (t.t("work-none-asked")) } }
        ol.timeline { @for asked in &c.asked { li {
            strong { (asked.agency) } " " (tag(asked.state.0, &asked.state.1))
            div { (asked.what.join(", ")) }
            div.small.soft { (asked.when.join(" · ")) }
            @if let Some(problem) = &asked.problem { div.small { (problem) } }
        } } }
    }
}

fn decisions(t: Text, c: &Case) -> Markup {
    html! {
        h2 { (t.t("work-in-force")) }
        @match &c.holds { Some(d) => (decided(t, d)), None => p { (t.t("work-none-in-force")) } }
        @if !c.decisions.is_empty() {
            h2 { (t.t("work-other-decisions")) }
            @for d in &c.decisions { (decided(t, d)) }
        }
        @if !c.objections.is_empty() {
            h2 { (t.t("work-objections")) }
            @for o in &c.objections { div.card {
                div.card-head { h3 { (o.title) } (tag(o.state.0, &o.state.1)) }
                @if o.above { p.small { (t.t("work-objection-level")) } }
                p { "“" (o.reason) "”" }
                @if let Some(outcome) = &o.outcome { p { (outcome) } }
            } }
        }
    }
}

fn decided(t: Text, d: &Decided) -> Markup {
    html! {
        div.card {
            div.card-head { p { (d.lead) } (tag(d.state.0, &d.state.1)) }
            (sums(&d.sums))
            @for words in &d.words { p { "“" (words) "”" } }
            p.small.soft { (d.by.join(" · ")) @if let Some(day) = &d.object_by { " · " (day) } }
            @if let Some(file) = &d.file { p.small { a href=(file) { (t.t("work-file")) } } }
        }
    }
}

fn history(t: Text, c: &Case) -> Markup {
    html! {
        h2 #history tabindex="-1" { (t.t("work-history")) }
        ol.timeline { @for step in &c.steps { li {
            strong { (step.words) }
            div.small.soft { (step.when) " · " (step.who) }
            @for line in &step.detail { div { (line) } }
        } } }
    }
}

/// One case of a household.
#[derive(Clone, Debug, PartialEq)]
pub struct OfHousehold {
    /// Its page.
    pub href: String,
    /// The programme.
    pub programme: String,
    /// How far it has come.
    pub stage: String,
    /// The legal day, while it is open.
    pub due: Option<(kernel::Date, i64)>,
    /// The first words of the decision in force.
    pub holds: Option<String>,
}

/// The cases of a household.
pub fn of_household(f: &Frame, household: &str, cases: &[OfHousehold]) -> Markup {
    let t = f.t;
    page(
        f,
        &t.t("work-household-title"),
        Width::Wide,
        html! {
            (back(t, &format!("/official/households/{household}")))
            h1 { (t.t("work-household-title")) }
            @if cases.is_empty() { p { (t.t("work-household-none")) } } @else {
                (pairs(&cases.iter().map(|c| (c.programme.clone(), html! {
                    a href=(c.href) { (t.t("work-open-case")) span.hidden-visually { ": " (c.programme) } } " "
                    (tag(Mark::Plain, &c.stage)) " " @if c.due.is_some() { (nearness(t, c.due)) }
                    @if let Some(holds) = &c.holds { div { (holds) } }
                })).collect::<Vec<_>>()))
            }
        },
    )
}
