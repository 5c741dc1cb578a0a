//! The plan as the family sees it, in plain words: what we want, who does what until when, who sees a part of it.

use maud::{Markup, html};

use super::{GoalShown, PartnerShown, Standing, goal_card, standing};
use crate::components::field;
use crate::components::frame::{Frame, Width, back, page};
use crate::components::message::{Tone, notice};

/// Her plan.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Own {
    /// Who leads; `None`: there is no plan.
    pub lead: Option<String>,
    /// Whether it is over.
    pub closed: bool,
    /// Goals.
    pub goals: Vec<GoalShown>,
    /// Whether she agreed to it as it stands.
    pub agreed: bool,
    /// The version she reads.
    pub version: u32,
    /// Who is to take part.
    pub partners: Vec<PartnerShown>,
    /// The key of what was just done, or could not be.
    pub said: Option<(&'static str, bool)>,
}

/// The page.
pub fn page_of(f: &Frame, c: &Own) -> Markup {
    let t = f.t;
    page(
        f,
        &t.t("plan-own"),
        Width::Reading,
        html! {
            (back(t, "/visits/join"))
            @if let Some((key, good)) = c.said { (notice(if good { Tone::Done } else { Tone::Warn }, &t.t(key), html! {})) }
            h1 { (t.t("plan-own")) }
            @match &c.lead {
                None => p { (t.t("plan-own-none")) },
                Some(lead) => {
                    p.lead { (t.t("plan-own-lead")) }
                    p { (t.with("plan-led-by", &[("agency", lead.as_str().into())])) }
                    @if c.closed { (notice(Tone::Info, &t.t("plan-own-closed"), html! {})) }
                    (the_plan(f, c))
                }
            }
        },
    )
}

fn the_plan(f: &Frame, c: &Own) -> Markup {
    let t = f.t;
    html! {
        h2 { (t.t("plan-own-goals")) }
        @if c.goals.is_empty() { p { (t.t("plan-own-goals-none")) } }
        ul.cards { @for goal in &c.goals { li { (goal_card(t, goal, |_, _| html! {})) } } }
        @if !c.closed && c.agreed { p { (t.t("plan-own-agreed")) } }
        @if !c.closed && !c.agreed && c.goals.iter().any(|g| g.end.is_none()) {
            form method="post" action="/plan" novalidate {
                (field::hidden("do", "agree"))
                (field::hidden("version", &c.version.to_string()))
                div.actions { button.btn type="submit" { (t.t("plan-own-agree")) } }
            }
            p.small.soft { (t.t("plan-own-agree-note")) }
        }
        h2 { (t.t("plan-own-partners")) }
        p { (t.t("plan-own-partners-words")) }
        @if c.partners.is_empty() { p { (t.t("plan-own-partners-none")) } }
        ul.cards { @for p in &c.partners { li { article.card {
            div.card-head { h3 { (p.name) } (standing(t, p.standing)) }
            p { (p.why) }
            @if !c.closed { (answer(f, p)) }
        } } } }
    }
}

fn answer(f: &Frame, p: &PartnerShown) -> Markup {
    let t = f.t;
    let takes_part = matches!(p.standing, Standing::TakesPart(_));
    let (act, key, class) = match takes_part {
        true => ("withdraw", "plan-own-withdraw", "btn btn--second"),
        false => ("consent", "plan-own-consent", "btn"),
    };
    html! {
        form method="post" action="/plan" novalidate {
            (field::hidden("do", act))
            (field::hidden("agency", &p.id))
            div.actions { button class=(class) type="submit" { (t.t(key)) span.hidden-visually { ": " (p.name) } } }
        }
    }
}
