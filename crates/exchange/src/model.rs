//! What is asked of an agency, and what can come of it.

use std::collections::BTreeSet;
use std::fmt;

use kernel::{Date, Instant, RequestId};
use serde::{Deserialize, Serialize};

/// One question to one agency. Asked again with the same content it is the same question: its id is the idempotency key.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Its id, and the idempotency key at the agency.
    pub request_id: RequestId,
    /// The agency, by its id in the configuration.
    pub agency: String,
    /// Whom it is about.
    pub subjects: Vec<SubjectAsked>,
    /// What is asked, and nothing else may be answered.
    pub items: Vec<ItemAsked>,
    /// What the facts are needed for, in words the agency can check.
    pub purpose: String,
    /// The law that allows asking.
    pub law: String,
    /// Our reference, which the agency keeps in its own log. Nothing personal.
    pub case_reference: String,
    /// When the answer is needed. The agency is told; whoever asks watches it.
    pub reply_by: Instant,
}

/// A person or household in a question.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubjectAsked {
    /// Our name for the subject within this question. Opaque to the agency.
    pub key: String,
    /// What it is.
    pub kind: SubjectKind,
    /// A number both sides know. For a household: the agency's own number for it, or that of the person it is kept under.
    pub identifier: Option<Identifier>,
    /// Date of birth. Compared with the agency's when the agency says it.
    pub birth_date: Option<Date>,
    /// Full name. Compared only when there is no identifier.
    pub name: Option<String>,
}

/// Person or household.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubjectKind {
    /// A human being.
    Person,
    /// A household as a whole.
    Household,
}

/// A number of a numbering scheme.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identifier {
    /// The scheme, as the agencies agreed to call it.
    pub scheme: String,
    /// The number.
    pub value: String,
}

/// One item asked about one subject.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ItemAsked {
    /// The subject's key.
    pub subject: String,
    /// The item's id in the data dictionary.
    pub item: String,
    /// What kind of value the dictionary says it has.
    pub kind: ValueKind,
}

/// What kind of value an item has; the words are those of the data dictionary. In JSON: `true`, a whole number (money in
/// minor units), and text for all others (`"12.50"`, `"2026-01-31"`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ValueKind {
    /// Yes or no.
    Boolean,
    /// A whole number.
    Integer,
    /// A decimal number, as text.
    Decimal,
    /// Money in minor units.
    Money,
    /// A civil date.
    Date,
    /// Free text.
    Text,
    /// A code of a code list.
    Code,
}

/// One item of one subject, in an answer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ItemOf {
    /// The subject's key.
    pub subject: String,
    /// The item's id.
    pub item: String,
}

/// What came of a question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// An answer that passed every check.
    Answered(Answer),
    /// The agency works on it. Ask again then with [`crate::Exchange::look`], or wait for its callback.
    Pending {
        /// When to look again.
        look_again_at: Instant,
    },
    /// The agency says it may not or will not answer. Asking again does not help.
    Refused {
        /// The agency's code.
        code: String,
        /// The agency's words, shortened and without control characters.
        words: String,
    },
    /// Something came that must not be used.
    Faulty(Fault),
    /// Nothing came: time-out, overload, failure, no token, or the link is resting after failures. Ask again then.
    Unavailable {
        /// When to ask again.
        retry_at: Instant,
        /// What happened, for an operator.
        words: String,
    },
}

/// An answer that passed every check.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// What the agency states.
    pub facts: Vec<AnsweredFact>,
    /// The agency's register was searched and holds nothing; what that means is the data dictionary's business.
    pub no_entry: Vec<ItemOf>,
    /// The agency cannot say.
    pub unknown: Vec<ItemOf>,
    /// When the agency answered, by its own clock.
    pub answered_at: Instant,
    /// SHA-256 of the body as it came, in hexadecimal.
    pub hash: String,
}

/// One statement of the agency.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct AnsweredFact {
    /// The subject's key.
    pub subject: String,
    /// The item's id.
    pub item: String,
    /// The kind it was asked as. `{"type": kind, "value": value}` is how a register writes it.
    pub kind: ValueKind,
    /// The value, of that kind.
    pub value: serde_json::Value,
    /// First day on which it holds.
    pub valid_from: Date,
    /// First day on which it no longer holds; open when `None`.
    pub valid_to: Option<Date>,
}

/// Why something that came must not be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("the agency's answer must not be used: {words}")]
pub struct Fault {
    /// The kind of fault.
    pub kind: FaultKind,
    /// What exactly; names keys and items, never values.
    pub words: String,
}

impl Fault {
    pub(crate) fn new(kind: FaultKind, words: impl Into<String>) -> Self {
        Fault { kind, words: words.into() }
    }
}

/// The kinds of faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// It answers another question.
    WrongQuestion,
    /// It is about somebody else, or does not say about whom.
    WrongSubject,
    /// It is not written as agreed, or a value is not of the item's kind.
    Schema,
    /// It is larger than allowed.
    TooLarge,
    /// It holds something nobody asked for.
    NotAsked,
    /// It passes over something that was asked.
    Incomplete,
    /// It says two things about the same days.
    Contradictory,
    /// It is dated in the future.
    FutureDated,
    /// Its signature is missing or wrong.
    Signature,
}

/// What is wrong with a question. A fault of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("question {request} cannot be asked: {what}")]
pub struct QuestionError {
    /// The question.
    pub request: RequestId,
    /// What is wrong and what would be right.
    pub what: String,
}

impl Question {
    /// Whether it can be asked and its answer checked.
    pub fn check(&self) -> Result<(), QuestionError> {
        let wrong = |what: String| Err(QuestionError { request: self.request_id, what });
        if self.items.is_empty() {
            return wrong("it asks for nothing".into());
        }
        let mut keys = BTreeSet::new();
        for subject in &self.subjects {
            if !keys.insert(subject.key.as_str()) {
                return wrong(format!("two subjects have the key {:?}", subject.key));
            }
            subject.check().or_else(wrong)?;
            if !self.items.iter().any(|i| i.subject == subject.key) {
                return wrong(format!("nothing is asked about {:?}, so the agency must not hear of it", subject.key));
            }
        }
        let mut asked = BTreeSet::new();
        for item in &self.items {
            if !keys.contains(item.subject.as_str()) {
                return wrong(format!("{} is asked about {:?}, who is no subject of it", item.item, item.subject));
            }
            if !asked.insert((&item.subject, &item.item)) {
                return wrong(format!("{} is asked twice about {:?}", item.item, item.subject));
            }
        }
        for (name, text) in [("purpose", &self.purpose), ("law", &self.law)] {
            if text.trim().is_empty() {
                return wrong(format!("it names no {name}"));
            }
        }
        Ok(())
    }

    /// The subject of this key.
    pub fn subject(&self, key: &str) -> Option<&SubjectAsked> {
        self.subjects.iter().find(|s| s.key == key)
    }
}

impl SubjectAsked {
    /// Whether an answer about it could be told from one about somebody else.
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.identifier.is_none() && (self.birth_date.is_none() || self.name.is_none()) {
            return Err(format!(
                "subject {:?} has no identifier: then it needs birth date and name, or an answer about somebody else \
                 would not be noticed",
                self.key
            ));
        }
        Ok(())
    }
}

impl Outcome {
    /// One word for logs and counts.
    pub fn word(&self) -> &'static str {
        match self {
            Outcome::Answered(_) => "answered",
            Outcome::Pending { .. } => "pending",
            Outcome::Refused { .. } => "refused",
            Outcome::Faulty(_) => "faulty",
            Outcome::Unavailable { .. } => "unavailable",
        }
    }
}

// Debug output reaches logs and panics: it shows what is asked, never about whom or what was answered.

impl fmt::Debug for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (subjects, items) = (self.subjects.len(), self.items.len());
        write!(f, "Question({} to {}: {items} items about {subjects} subjects)", self.request_id, self.agency)
    }
}

impl fmt::Debug for SubjectAsked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SubjectAsked({}, hidden)", self.key)
    }
}

impl fmt::Debug for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identifier({}, hidden)", self.scheme)
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (facts, none, unknown) = (self.facts.len(), self.no_entry.len(), self.unknown.len());
        write!(f, "Answer({facts} facts, {none} without entry, {unknown} unknown, hash {})", self.hash)
    }
}

impl fmt::Debug for AnsweredFact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AnsweredFact({} of {}, hidden)", self.item, self.subject)
    }
}
