//! Instruments: what is asked, as FHIR R4 questionnaires, and what follows from the answers, as scores.

use kernel::{Date, Words};

use super::Confidence;

/// A questionnaire in one version.
#[derive(Clone, Debug)]
pub struct Instrument {
    /// `id@version`: the key in the pack's register.
    pub key: String,
    /// Its id, the same in all versions.
    pub id: String,
    /// The version.
    pub version: String,
    /// Its canonical address.
    pub url: String,
    /// What it is called.
    pub title: Words,
    /// What it is for.
    pub purpose: Words,
    /// Whose it is, and under which licence it may be used.
    pub copyright: String,
    /// Asked and shown only while the person is alone with the nurse; never in letters, messages or views of a family.
    pub alone_only: bool,
    /// Whether a person may answer it by themselves, without a nurse.
    pub self_filled: bool,
    /// What is asked, in order.
    pub items: Vec<Question>,
}

impl Instrument {
    /// Every question and group, in the order in which they stand.
    pub fn questions(&self) -> Vec<&Question> {
        fn walk<'a>(items: &'a [Question], out: &mut Vec<&'a Question>) {
            for item in items {
                out.push(item);
                walk(&item.items, out);
            }
        }
        let mut out = Vec::new();
        walk(&self.items, &mut out);
        out
    }

    /// One question or group by its link id.
    pub fn question(&self, id: &str) -> Option<&Question> {
        self.questions().into_iter().find(|q| q.id == id)
    }
}

/// A question, or a group of them.
#[derive(Clone, Debug)]
pub struct Question {
    /// FHIR's link id.
    pub id: String,
    /// The words.
    pub text: Words,
    /// What answers it.
    pub kind: AnswerKind,
    /// Whether it must be answered.
    pub required: bool,
    /// When it is asked; no condition: always.
    pub when: Vec<AskedWhen>,
    /// Whether all conditions must hold, or one is enough.
    pub all: bool,
    /// Questions of a group, and those that depend on the answer.
    pub items: Vec<Question>,
}

/// What answers a question.
#[derive(Clone, Debug, PartialEq)]
pub enum AnswerKind {
    /// Nothing: it holds other questions together.
    Group,
    /// Nothing: it is only read.
    Display,
    /// Yes or no.
    Boolean,
    /// A whole number.
    Integer,
    /// A number.
    Decimal,
    /// A day.
    Date,
    /// Words, short or long.
    Text,
    /// One of these, or any of these.
    Choice {
        /// What can be chosen.
        options: Vec<Choice>,
        /// Whether more than one may be.
        many: bool,
    },
}

/// What can be chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// Its code.
    pub code: String,
    /// Its words.
    pub text: Words,
    /// What it counts (FHIR's ordinalValue).
    pub ordinal: Option<i64>,
}

/// One condition of `enableWhen`.
#[derive(Clone, Debug, PartialEq)]
pub struct AskedWhen {
    /// The link id of the question it looks at.
    pub question: String,
    /// What must hold of its answer.
    pub test: Test,
}

/// What must hold of an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// Whether there is one at all.
    Exists(bool),
    /// It is this (as written: `true`, `3`, a code).
    Is(String),
    /// It is anything but this.
    IsNot(String),
    /// It is a number so related to this.
    Compares(Comparison, f64),
}

/// A relation of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// Greater.
    Above,
    /// Greater or equal.
    AtLeast,
    /// Smaller.
    Below,
    /// Smaller or equal.
    AtMost,
}

impl Comparison {
    /// Whether `left` stands so to `right`.
    pub fn holds(self, left: f64, right: f64) -> bool {
        match self {
            Comparison::Above => left > right,
            Comparison::AtLeast => left >= right,
            Comparison::Below => left < right,
            Comparison::AtMost => left <= right,
        }
    }
}

/// How answers become points, points a level of need, and which answers cannot wait; one version.
#[derive(Clone, Debug)]
pub struct Score {
    /// `id@version`: the key in the pack's register.
    pub key: String,
    /// Its id, the same in all versions.
    pub id: String,
    /// The version.
    pub version: String,
    /// Answers given from this day on are scored by it.
    pub from: Date,
    /// The instrument's id.
    pub instrument: String,
    /// Its name.
    pub name: Words,
    /// Whether weights or lines are the authors' own, and not published.
    pub illustrative: bool,
    /// What counts how much.
    pub weights: Vec<Weight>,
    /// From how many points on what follows; in rising order.
    pub bands: Vec<Band>,
    /// What cannot wait.
    pub safety: Vec<Safety>,
    /// Ids of sources.csv.
    pub sources: Vec<String>,
    /// How sure.
    pub confidence: Option<Confidence>,
}

impl Score {
    /// What follows from so many points.
    pub fn band(&self, points: i64) -> Option<&Band> {
        self.bands.iter().rev().find(|band| points >= band.at_least)
    }
}

/// What one answer counts.
#[derive(Clone, Debug, PartialEq)]
pub struct Weight {
    /// The question.
    pub item: String,
    /// When it counts; `None`: what is chosen counts its own ordinal value.
    pub when: Option<Test>,
    /// Points; may be negative where something protects.
    pub points: i64,
    /// Whether the points are the authors' own.
    pub illustrative: bool,
}

/// From some points on.
#[derive(Clone, Debug)]
pub struct Band {
    /// The least points.
    pub at_least: i64,
    /// What it is called.
    pub name: Words,
    /// The protocol to be followed from then on; `None`: the one the family is on.
    pub protocol: Option<String>,
    /// The level of need within the protocol.
    pub tier: Option<String>,
    /// Whether it proposes a level of need at all: a questionnaire on mood has lines and decides nothing.
    pub decides: bool,
}

/// An answer or a sum that cannot wait.
#[derive(Clone, Debug, PartialEq)]
pub struct Safety {
    /// What it is about, a word of the pack: `self_harm`.
    pub kind: String,
    /// The question; `None`: the sum of all.
    pub item: Option<String>,
    /// When; for a choice the ordinal value is compared.
    pub when: Test,
    /// Within how many hours somebody must have seen to it.
    pub within_hours: u32,
    /// What to do, for whoever takes it.
    pub action: Words,
}
