//! Pages for looking at everybody again: the orders, one with its groups, one group with its dry run and its families, one
//! finding with its explanation.

pub mod finding;
pub mod group;
pub(crate) mod handlers;
pub mod run;
pub mod runs;

use casework::requalify::model::{Kind, Outcome, Status};
use maud::Markup;
use text::Text;

use crate::components::list::{Mark, tag};

/// What the findings of a group have in common, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// What they say.
    pub kind: Kind,
    /// The programme.
    pub programme: String,
    /// The condition, combination rules and facts, each in words.
    pub why: Vec<String>,
}

/// How far an order has come, by words and shape.
fn status_tag(t: Text, status: Status) -> Markup {
    let mark = match status {
        Status::Asked | Status::Running | Status::RollingBack => Mark::Open,
        Status::Found => Mark::Yes,
        Status::Failed => Mark::Fault,
        Status::RolledBack => Mark::No,
    };
    tag(mark, &t.t(&format!("requal-status-{status}")))
}

/// What a finding says, in words.
fn kind_words(t: Text, kind: Kind) -> String {
    t.t(&format!("requal-kind-{kind}")).into_owned()
}

/// What follows, in words.
fn outcome_words(t: Text, outcome: Outcome) -> String {
    t.t(&format!("requal-outcome-{outcome}")).into_owned()
}
