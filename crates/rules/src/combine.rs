//! How programmes live together: applied after the single results, to find what a family may lawfully have at once.
//!
//! Entitlements that exclude one another are chosen so that the family gets the most. The measure is the yearly value: a
//! monthly sum counts twelve times; a yearly sum, a single sum and a discount by use count once; a service without a sum
//! counts nothing. Time is cut at every day on which an entitlement begins or ends, and the choice is made for each
//! stretch of days from the day asked about; a single sum is had whole or not at all. The search is exact. Of equally good
//! sets the one with more of the rules' `a` sides is taken, then the one that keeps what stands first in the results; so
//! the order of the rules never matters.

mod choice;
mod component;
mod effects;
mod links;
mod net;
mod rule;
#[cfg(test)]
mod tests;

use kernel::Date;
use serde::Serialize;

pub use rule::{Choose, Kind, Rule, Scope, Side};

use crate::outcome::{Amount, FactRef, ProgrammeResult, Subject};
use crate::schema::Per;

/// What a fact on one side of a rule amounts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FactSide {
    /// Whether it counts as true; `None`: unknown.
    pub holds: Option<bool>,
    /// Its sum in minor units and the period, when it is money.
    pub amount: Option<(i64, Per)>,
}

/// What is known of the household beside the single results.
pub struct Ties<'a> {
    /// The day asked about.
    pub on: Date,
    /// The spouse of each member, by index.
    pub spouses: &'a [Option<usize>],
    /// Looks up a fact named by a rule.
    pub fact: &'a dyn Fn(&FactRef) -> FactSide,
    /// The limit of a ceiling, by the rule's id; `None`: not known.
    pub limit: &'a dyn Fn(&str) -> Option<i64>,
}

/// What became of one entitlement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// No entitlement, or not known yet: combination rules do not touch it.
    Single,
    /// Kept as it is, or with another amount.
    Kept,
    /// Kept for a part of its period.
    Shortened,
    /// Gives way to another.
    Dropped,
    /// One of several between which the family chooses.
    Choice,
}

/// A stretch of days; `None` is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Stretch {
    /// First day inside.
    pub from: Option<Date>,
    /// First day outside.
    pub until: Option<Date>,
}

/// One single result after combination.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CombinedResult {
    /// Index of the single result.
    pub result: usize,
    /// What became of it.
    pub standing: Standing,
    /// The sum that remains (of the first days kept); `None` when the programme has none or it was dropped.
    pub amount: Option<Amount>,
    /// When it runs; empty when dropped.
    pub periods: Vec<Stretch>,
    /// Rules that changed it.
    pub by: Vec<String>,
    /// An official must look: the sources are unclear, or the rules do not settle it.
    pub check: bool,
}

/// What one rule did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// The loser is not paid.
    Dropped,
    /// The loser is paid for fewer days.
    Shortened,
    /// The loser's sum is lower.
    Lowered,
    /// The family chooses between winner and loser.
    Choice,
    /// One side is not known yet; the rule may act later.
    Pending,
    /// A programme's own conditions carry it out; told for understanding.
    Explained,
    /// An official must look.
    Check,
}

/// What one rule did to one pair of entitlements.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Effect {
    /// The rule.
    pub rule: String,
    /// Its kind.
    pub kind: Kind,
    /// What it did.
    pub what: What,
    /// Index of the result that stays or matters.
    pub winner: Option<usize>,
    /// Index of the result that gives way or is explained.
    pub loser: Option<usize>,
    /// The fact on the other side, when that is no programme.
    pub fact: Option<FactRef>,
    /// The loser's sum before, in minor units.
    pub before: Option<i64>,
    /// The loser's sum after.
    pub after: Option<i64>,
    /// From which day, when not from the day asked about.
    pub from: Option<Date>,
    /// An amount was not known: the choice may turn when it is.
    pub uncertain: bool,
}

/// Another lawful choice than the one taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Alternative {
    /// Results the family would have, of those that exclude each other.
    pub take: Vec<usize>,
    /// Results of the choice taken that it would not have.
    pub give_up: Vec<usize>,
    /// Yearly value of this choice, with everything it touches, in minor units.
    pub yearly: i64,
    /// Yearly value of the choice taken.
    pub yearly_chosen: i64,
}

/// All results after combination.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Combined {
    /// One for each single result, in the same order.
    pub results: Vec<CombinedResult>,
    /// What the rules did, by rule and result.
    pub effects: Vec<Effect>,
    /// Other lawful choices.
    pub alternatives: Vec<Alternative>,
    /// Yearly value of everything kept on the day asked about, in minor units.
    pub yearly: i64,
}

/// The yearly value of a sum, by the measure of this module.
pub fn yearly(minor: i64, per: Per) -> i64 {
    match per {
        Per::Month => minor.saturating_mul(12),
        Per::Once | Per::Year | Per::Use => minor,
    }
}

/// Whether two subjects meet under the scope.
pub(crate) fn meets(scope: Scope, a: &Subject, b: &Subject, spouses: &[Option<usize>]) -> bool {
    let spouse_of = |n: usize| spouses.get(n).copied().flatten();
    match (scope, a, b) {
        (Scope::Household, _, _) | (_, Subject::Household, _) | (_, _, Subject::Household) => true,
        (Scope::SamePerson, Subject::Person(a), Subject::Person(b)) => a == b,
        (Scope::Couple, Subject::Person(a), Subject::Person(b)) => {
            a == b || spouse_of(*a) == Some(*b) || spouse_of(*b) == Some(*a)
        }
    }
}

/// Applies the rules to the single results of one household.
pub fn combine(rules: &[Rule], results: &[ProgrammeResult], ties: &Ties<'_>) -> Combined {
    let mut rules: Vec<&Rule> = rules.iter().collect();
    rules.sort_by(|a, b| a.id.cmp(&b.id));
    let rules = rules.as_slice();
    let links = links::Links::between(rules, results, ties);
    let solved: Vec<component::Solved> =
        links.components().into_iter().map(|nodes| component::solve(&links, &nodes, ties.on)).collect();
    effects::told(rules, results, ties, &links, &solved)
}
