//! Case management: a family's case for nurse and supervisor, the part of its plan that an agency sees, and the plan as the family
//! sees it.

pub mod act;
pub(crate) mod handlers;
pub mod list;
pub mod own;
pub(crate) mod own_handlers;
pub mod part;
pub(crate) mod part_handlers;
mod sent;
pub mod whole;

use catalogue::Pack;
use catalogue::model::Needed;
use kernel::{Date, Lang};
use maud::{Markup, html};
use text::Text;
use visit::care::case::Side;
use visit::care::plan::{Action, End, Goal, How, Plan, Voice};

use crate::components::list::{Mark, tag};

/// How something ended, for a page.
#[derive(Clone, Debug, PartialEq)]
pub struct Ended {
    /// Whether it was reached.
    pub reached: bool,
    /// When.
    pub on: Date,
    /// What was said.
    pub words: String,
}

/// An action for a page.
#[derive(Clone, Debug, PartialEq)]
pub struct ActionShown {
    /// Its number.
    pub number: u32,
    /// Who does it; `None`: the family itself.
    pub who: Option<String>,
    /// What.
    pub words: String,
    /// Until when.
    pub due_on: Date,
    /// Whether that day is over.
    pub late: bool,
    /// Its end.
    pub end: Option<Ended>,
}

/// A goal for a page.
#[derive(Clone, Debug, PartialEq)]
pub struct GoalShown {
    /// Its number.
    pub number: u32,
    /// In the family's own words.
    pub words: String,
    /// Whose words: a key.
    pub voice: &'static str,
    /// Its end.
    pub end: Option<Ended>,
    /// What is done for it.
    pub actions: Vec<ActionShown>,
}

fn ended(end: Option<&End>) -> Option<Ended> {
    end.map(|e| Ended { reached: e.how == How::Done, on: e.on, words: e.words.clone() })
}

/// The name of an agency; its id when the pack in force no longer has it.
pub(crate) fn agency(pack: &Pack, id: &str, lang: Lang) -> String {
    pack.agencies().get(id).map_or_else(|| id.to_owned(), |a| a.name.get(lang).to_owned())
}

/// Goals with their actions, for a page.
pub(crate) fn shown(pack: &Pack, lang: Lang, goals: &[Goal], actions: &[Action], today: Date) -> Vec<GoalShown> {
    let action = |a: &Action| ActionShown {
        number: a.number,
        who: a.task.agency.as_deref().map(|id| agency(pack, id, lang)),
        words: a.task.words.clone(),
        due_on: a.task.due_on,
        late: a.end.is_none() && a.task.due_on < today,
        end: ended(a.end.as_ref()),
    };
    let goal = |g: &Goal| GoalShown {
        number: g.number,
        words: g.words.clone(),
        voice: voice_key(g.voice),
        end: ended(g.end.as_ref()),
        actions: actions.iter().filter(|a| a.task.goal == g.number).map(action).collect(),
    };
    goals.iter().map(goal).collect()
}

/// Which kind of consent there is for an agency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The family is still to be asked.
    Asked,
    /// It takes part since.
    TakesPart(Date),
    /// The family took it back.
    Withdrawn(Date),
}

/// An agency for a page.
#[derive(Clone, Debug, PartialEq)]
pub struct PartnerShown {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What for.
    pub why: String,
    /// How it stands.
    pub standing: Standing,
}

pub(crate) fn partners(pack: &Pack, lang: Lang, plan: &Plan) -> Vec<PartnerShown> {
    let of = |p: &visit::care::plan::Partner| PartnerShown {
        id: p.agency.clone(),
        name: agency(pack, &p.agency, lang),
        why: p.why.clone(),
        standing: match (p.agreed_on, p.withdrawn_on) {
            (_, Some(on)) => Standing::Withdrawn(on),
            (Some(on), None) => Standing::TakesPart(on),
            (None, None) => Standing::Asked,
        },
    };
    plan.partners.iter().map(of).collect()
}

/// How an agency stands, as a tag and a day.
pub(crate) fn standing(t: Text, s: Standing) -> Markup {
    html! { @match s {
        Standing::Asked => (tag(Mark::Open, &t.t("plan-asked"))),
        Standing::TakesPart(on) => { (tag(Mark::Yes, &t.t("plan-takes-part"))) " " span.small.soft.nowrap { (t.date(on)) } },
        Standing::Withdrawn(on) => { (tag(Mark::No, &t.t("plan-withdrawn"))) " " span.small.soft.nowrap { (t.date(on)) } },
    } }
}

/// A goal with its actions; `more` says what can be done with it, and with each action.
pub(crate) fn goal_card(t: Text, g: &GoalShown, more: impl Fn(u32, bool) -> Markup) -> Markup {
    html! {
        article.card {
            div.card-head { h3 { "“" (g.words) "”" } (end_tag(t, g.end.as_ref())) }
            p.small.soft { (t.t(g.voice)) @if let Some(end) = &g.end { " · " (end.words) } }
            @if !g.actions.is_empty() { ul.tasks { @for a in &g.actions { li {
                div {
                    strong { @match &a.who { Some(who) => (who), None => (t.t("plan-family-itself")) } } ": " (a.words)
                    br; span.small.soft {
                        (t.with("plan-until", &[("date", t.date(a.due_on).into())])) " "
                        @if a.late { (tag(Mark::Fault, &t.t("plan-late"))) }
                        (end_tag(t, a.end.as_ref()))
                        @if let Some(end) = &a.end { " " (end.words) }
                    }
                    @if a.end.is_none() { (more(a.number, true)) }
                }
            } } } }
            @if g.end.is_none() { (more(g.number, false)) }
        }
    }
}

fn end_tag(t: Text, end: Option<&Ended>) -> Markup {
    html! { @if let Some(end) = end {
        @if end.reached { (tag(Mark::Yes, &t.t("plan-done"))) } @else { (tag(Mark::No, &t.t("plan-dropped"))) }
        " " span.small.soft.nowrap { (t.date(end.on)) }
    } }
}

pub(crate) fn voice_key(voice: Voice) -> &'static str {
    match voice {
        Voice::Own => "plan-voice-own",
        Voice::Partner => "plan-voice-partner",
        Voice::Child => "plan-voice-child",
        Voice::Relative => "plan-voice-relative",
    }
}

pub(crate) fn side_key(side: Side) -> &'static str {
    match side {
        Side::Lead => "plan-side-lead",
        Side::Supervisor => "plan-side-supervisor",
        Side::Family => "plan-side-family",
        Side::Partner => "plan-side-partner",
    }
}

pub(crate) fn needed_key(needed: Needed) -> &'static str {
    match needed {
        Needed::Assessment => "plan-needs-assessment",
        Needed::Reassessment => "plan-needs-reassessment",
        Needed::Consent => "plan-needs-consent",
        Needed::Goal => "plan-needs-goal",
        Needed::Action => "plan-needs-action",
        Needed::Agreement => "plan-needs-agreement",
        Needed::Conference => "plan-needs-conference",
        Needed::ActionsEnded => "plan-needs-actions-ended",
        Needed::GoalsEnded => "plan-needs-goals-ended",
    }
}
