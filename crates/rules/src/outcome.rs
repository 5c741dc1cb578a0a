//! What the explaining evaluator says: for a person to read and for a program to store. Plain data, serialisable.

use std::collections::BTreeMap;
use std::sync::Arc;

use kernel::Date;
use serde::Serialize;

use crate::schema::{Per, Value};

/// Three-valued answer, or why there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// All conditions hold.
    Yes,
    /// A condition fails for certain.
    No,
    /// Facts are missing that would settle it.
    CannotTell,
    /// A look-up missed or a number could not be worked out: blocks a decision, never denies.
    Error,
}

/// Whose entitlement a result is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "member")]
pub enum Subject {
    /// The household.
    Household,
    /// The member with this index in the household given.
    Person(usize),
}

/// Where a fact came from.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default, Serialize, serde::Deserialize)]
pub struct Provenance {
    /// The agency's id, or `self` for what the person said.
    pub source: String,
    /// Since when it is true of the world.
    pub valid_from: Option<Date>,
    /// When we came to know it (RFC 3339), if recorded.
    pub recorded: Option<String>,
    /// Under which law we hold it.
    pub law: Option<String>,
}

/// Names one fact: an item of the household or of a member.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct FactRef {
    /// Whom it is about.
    pub subject: Subject,
    /// The item's id.
    pub item: String,
}

/// A fact that was read on the way to an answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FactUsed {
    /// Which.
    #[serde(flatten)]
    pub fact: FactRef,
    /// Its value; `None` when unknown.
    pub value: Option<Value>,
    /// Its origin; `None` for what follows from a complete register's silence, or when unknown.
    pub provenance: Option<Provenance>,
    /// Whether the value is the register's silence (`absent` of the item).
    pub assumed_absent: bool,
}

/// A named value on the way, as lawyers want to see it: `recognised income 812,000 ≤ livelihood line 1,951,287`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Step {
    /// The definition, parameter (with keys) or item.
    pub name: String,
    /// Of whom.
    pub subject: Subject,
    /// Its value; `None` when unknown.
    pub value: Option<Value>,
    /// For a decision table, which of its rules matched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table: Option<RulesHit>,
}

/// The rules of a decision table that gave a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RulesHit {
    /// The table's name.
    pub name: Arc<str>,
    /// Number of each rule, from 1, and its line in the table's file.
    pub rules: Vec<(u32, u32)>,
}

/// A list of which every part stands behind many conditions, as a household's income does: it is put into words once.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Shared<T>(Arc<[Arc<T>]>);

/// Facts in the order in which they were reached.
pub type Facts = Shared<FactUsed>;

/// Named values, left to right.
pub type Steps = Shared<Step>;

impl<T> Default for Shared<T> {
    fn default() -> Self {
        Shared(Arc::new([]))
    }
}

impl<T> FromIterator<Arc<T>> for Shared<T> {
    fn from_iter<I: IntoIterator<Item = Arc<T>>>(all: I) -> Self {
        Shared(all.into_iter().collect())
    }
}

impl<T> std::ops::Deref for Shared<T> {
    type Target = [Arc<T>];
    fn deref(&self) -> &[Arc<T>] {
        &self.0
    }
}

impl<'a, T> IntoIterator for &'a Shared<T> {
    type Item = &'a Arc<T>;
    type IntoIter = std::slice::Iter<'a, Arc<T>>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

/// One condition with its truth and what it rests on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ConditionResult {
    /// The condition's id in the pack.
    pub id: String,
    /// `None`: unknown.
    pub holds: Option<bool>,
    /// An error text when it could not be worked out.
    pub error: Option<String>,
    /// Named values compared, left to right.
    pub steps: Steps,
    /// Facts read.
    pub facts: Facts,
}

/// A sum and the period it is for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Amount {
    /// Minor units; `None` when not known yet.
    pub minor: Option<i64>,
    /// The period.
    pub per: Per,
    /// Facts missing for the amount (empty when known).
    pub missing: Vec<FactRef>,
    /// The values it takes from decision tables.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tables: Vec<Step>,
}

/// The nearest change that would turn a *no* into something else.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum NearestChange {
    /// The day on which the failing conditions turn by themselves.
    Day {
        /// First day with a better answer.
        on: Date,
    },
    /// A named value would have to reach the threshold.
    Threshold {
        /// Condition that fails.
        condition: String,
        /// What is too high or too low.
        name: String,
        /// What it is now.
        value: Value,
        /// What it would have to be (the nearest value for which the condition holds).
        needed: Value,
    },
    /// A fact would have to be otherwise.
    Fact {
        /// Condition that fails.
        condition: String,
        /// Which fact.
        fact: FactRef,
        /// What it is now.
        value: Option<Value>,
    },
}

/// The single result of one programme for one subject.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ProgrammeResult {
    /// The programme's id.
    pub programme: String,
    /// Index of the version among the programme's versions.
    pub version: usize,
    /// Whose.
    pub subject: Subject,
    /// The answer.
    pub answer: Answer,
    /// The sum, when the programme has one and the answer is yes or open.
    pub amount: Option<Amount>,
    /// First day and first day outside, where the programme says so.
    pub from: Option<Date>,
    /// First day outside.
    pub until: Option<Date>,
    /// Claim window.
    pub claim_opens: Option<Date>,
    /// Last day of the claim window.
    pub claim_closes: Option<Date>,
    /// Every condition, in the pack's order.
    pub conditions: Vec<ConditionResult>,
    /// The facts that would settle it, and no others.
    pub missing: Vec<FactRef>,
    /// For a *no*: the nearest change.
    pub nearest: Option<NearestChange>,
    /// Error text when the answer is [`Answer::Error`].
    pub error: Option<String>,
}

/// All single results of one household on one day.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explanation {
    /// The day asked about.
    pub on: Date,
    /// Content hash of the program, hex.
    pub rule_set: String,
    /// In the pack's order of programmes, then subjects.
    pub results: Vec<ProgrammeResult>,
    /// How many operations each programme took (for the speed table).
    pub operations: BTreeMap<String, u64>,
}
