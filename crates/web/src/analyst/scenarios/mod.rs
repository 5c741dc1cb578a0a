//! Scenarios: rules changed in a copy, compared over the population, and published by somebody else.

pub mod chart;
pub mod compare;
pub mod file;
pub(crate) mod handlers;
pub mod list;
pub(crate) mod looked;
pub mod one;
pub mod result;
pub(crate) mod results_handlers;

use kernel::{Currency, Money};
use maud::{Markup, html};
use population::scenario::Stage;
use population::whatif::{Named, Small, Sum};
use text::Text;

use crate::components::field;
use crate::components::frame::{Area, Frame};
use crate::components::list::Mark;

/// A scenario's stage in words, and its mark.
pub(crate) fn stage(stage: Stage) -> (Mark, &'static str) {
    match stage {
        Stage::Draft => (Mark::Plain, "scenario-stage-draft"),
        Stage::Submitted => (Mark::Open, "scenario-stage-submitted"),
        Stage::Published => (Mark::Yes, "scenario-stage-published"),
        Stage::Discarded => (Mark::No, "scenario-stage-discarded"),
    }
}

/// A count, or the words for one that is kept back.
pub(crate) fn count(t: Text, n: Small) -> String {
    n.map_or_else(|| t.t("scenario-kept-back").into_owned(), |n| t.number(i64::try_from(n).unwrap_or(i64::MAX)))
}

/// A sum in minor units.
pub(crate) fn money(t: Text, currency: Currency, minor: Sum) -> String {
    let within = |n: i128| i64::try_from(n).unwrap_or(if n < 0 { i64::MIN } else { i64::MAX });
    minor.map_or_else(|| t.t("scenario-kept-back").into_owned(), |minor| t.money(Money::new(within(minor), currency)))
}

/// Begins a scenario with a file, for those who may.
pub(crate) fn begin_with(f: &Frame, name: &str, file: &str) -> Markup {
    let may = f.who.as_ref().is_some_and(|who| who.areas.contains(&Area::Analyst));
    html! {
        @if may {
            form method="post" action="/analyst/scenarios" {
                (field::hidden("name", &name.chars().take(100).collect::<String>()))
                (field::hidden("file", file))
                button.btn.btn--second type="submit" { (f.t.t("scenario-try")) }
            }
        }
    }
}

/// What a group is called: its own name, or words for those that have none.
pub(crate) fn group_name(t: Text, by: &str, group: &Named) -> String {
    let own = group.name.get(t.lang());
    match (by, group.id.as_str()) {
        _ if !own.is_empty() => own.to_owned(),
        (_, "unknown") => t.t("scenario-group-unknown").into_owned(),
        ("household_type", "other") => t.t("scenario-group-other").into_owned(),
        ("income_fifth", n) => t.with("scenario-fifth", &[("n", n.parse::<i64>().unwrap_or(0).into())]).into_owned(),
        (_, id) => id.to_owned(),
    }
}
