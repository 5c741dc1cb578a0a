//! The part of a plan that an agency sees: what it was asked for, its own actions, and the goals they serve.

use kernel::Date;
use maud::{Markup, html};

use super::{GoalShown, goal_card};
use crate::components::field;
use crate::components::frame::{Frame, Width, back, page};
use crate::components::message::{Tone, error_summary_of, notice};
use crate::form::Form;

/// The part.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// The case.
    pub id: String,
    /// The mother's name.
    pub name: String,
    /// What for.
    pub why: String,
    /// Who leads.
    pub lead: String,
    /// Goals with the agency's own actions.
    pub goals: Vec<GoalShown>,
    /// Days of conferences it took part in.
    pub conferences: Vec<Date>,
    /// Whether something was just reported.
    pub done: bool,
}

/// The page.
pub fn page_of(f: &Frame, c: &Part) -> Markup {
    let t = f.t;
    let more = |number: u32, action: bool| {
        html! { @if action { p { a.btn.btn--second href=(format!("/work/plans/{}/{number}", c.id)) { (t.t("plan-report")) } } } }
    };
    page(
        f,
        &c.name,
        Width::Reading,
        html! {
            (back(t, "/work/plans"))
            @if c.done { (notice(Tone::Done, &t.t("plan-saved"), html! {})) }
            h1 { (c.name) span.caption { (t.t("plan-title")) } }
            p.lead { (c.why) }
            p { (t.with("plan-led-by", &[("agency", c.lead.as_str().into())])) }
            p.small.soft { (t.t("plan-part-note")) }
            @if c.goals.is_empty() { p { (t.t("plan-part-none")) } }
            h2 { (t.t("plan-goals")) }
            ul.cards { @for goal in &c.goals { li { (goal_card(t, goal, more)) } } }
            @if !c.conferences.is_empty() {
                h2 { (t.t("plan-conferences")) }
                ul { @for day in &c.conferences { li { (t.date(*day)) } } }
            }
        },
    )
}

/// An action to be reported on.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// The case.
    pub id: String,
    /// The action's number.
    pub number: u32,
    /// The mother's name.
    pub name: String,
    /// What was to be done.
    pub words: String,
}

/// What became of an action.
pub fn report(f: &Frame, form: &Form, c: &Report) -> Markup {
    let t = f.t;
    page(
        f,
        &t.t("plan-report"),
        Width::Reading,
        html! {
            (back(t, &format!("/work/plans/{}", c.id)))
            (error_summary_of(t, form, super::act::field_name(t)))
            h1 { (t.t("plan-report")) span.caption { (c.name) } }
            blockquote { p { (c.words) } }
            form method="post" action=(format!("/work/plans/{}/{}", c.id, c.number)) novalidate {
                (field::hidden("id", form.get("id")))
                (super::act::end_fields(t, form))
                div.actions { button.btn type="submit" { (t.t("plan-save")) } }
            }
        },
    )
}
