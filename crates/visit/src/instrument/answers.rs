//! Answers to an instrument.

use std::collections::BTreeMap;

use catalogue::model::{AnswerKind, AskedWhen, Instrument, Question, Test};
use kernel::Date;
use serde::{Deserialize, Serialize};

/// The most characters of an answer in words.
pub const MOST_CHARACTERS: usize = 2_000;
/// The largest age or count anybody answers with.
const LARGEST_COUNT: i64 = 1_000_000;

/// One answer. What was skipped is not there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Answer {
    /// Yes or no.
    Flag(bool),
    /// A whole number.
    Integer(i64),
    /// A number.
    Decimal(f64),
    /// Words, the code of a choice, or a day as `2026-11-21`.
    Text(String),
    /// Codes of choices.
    Many(Vec<String>),
}

/// Answers by link id.
pub type Answers = BTreeMap<String, Answer>;

/// What is wrong with an answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnswerFault {
    /// No such question.
    #[error("{0}: the form has no such question")]
    Unknown(String),
    /// Not what the question is answered with.
    #[error("{item}: expected {expected}")]
    Wrong {
        /// The question.
        item: String,
        /// What it is answered with.
        expected: &'static str,
    },
    /// It must be answered.
    #[error("{0}: this question must be answered")]
    Missing(String),
    /// Too many words.
    #[error("{0}: at most 2000 characters")]
    TooLong(String),
}

impl AnswerFault {
    /// The question it is about.
    pub fn item(&self) -> &str {
        match self {
            AnswerFault::Unknown(item) | AnswerFault::Missing(item) | AnswerFault::TooLong(item) => item,
            AnswerFault::Wrong { item, .. } => item,
        }
    }
}

impl Answer {
    /// Whether it is this, as a pack writes it: `true`, `3`, a code.
    fn is(&self, text: &str) -> bool {
        match self {
            Answer::Flag(flag) => text.parse() == Ok(*flag),
            Answer::Integer(n) => text.parse() == Ok(*n),
            Answer::Decimal(n) => text.parse() == Ok(*n),
            Answer::Text(own) => own == text,
            Answer::Many(all) => all.iter().any(|own| own == text),
        }
    }

    /// As a number; a choice is what it counts.
    pub fn number(&self, question: &Question) -> Option<f64> {
        match (self, &question.kind) {
            (Answer::Integer(n), _) => Some(*n as f64),
            (Answer::Decimal(n), _) => Some(*n),
            (Answer::Flag(flag), _) => Some(f64::from(u8::from(*flag))),
            (_, AnswerKind::Choice { .. }) => self.ordinal(question).map(|n| n as f64),
            _ => None,
        }
    }

    /// What the chosen options count together.
    pub fn ordinal(&self, question: &Question) -> Option<i64> {
        let AnswerKind::Choice { options, .. } = &question.kind else { return None };
        let of = |code: &String| options.iter().find(|o| o.code == *code).and_then(|o| o.ordinal);
        match self {
            Answer::Text(code) => of(code),
            Answer::Many(codes) => codes.iter().map(of).sum(),
            _ => None,
        }
    }
}

/// Whether a test holds of an answer that may not be there.
pub(super) fn holds(test: &Test, question: Option<&Question>, answer: Option<&Answer>) -> bool {
    match (test, answer) {
        (Test::Exists(wanted), answer) => answer.is_some() == *wanted,
        (_, None) => false,
        (Test::Is(text), Some(answer)) => answer.is(text),
        (Test::IsNot(text), Some(answer)) => !answer.is(text),
        (Test::Compares(how, than), Some(answer)) => {
            let number = question.and_then(|q| answer.number(q));
            number.is_some_and(|n| how.holds(n, *than))
        }
    }
}

/// The questions that are asked, given these answers, in order; groups among them. A question within one that is not asked is not
/// asked either, and an answer to a question that is not asked opens no other.
pub fn asked<'a>(instrument: &'a Instrument, answers: &Answers) -> Vec<&'a Question> {
    let mut out: Vec<&Question> = Vec::new();
    walk(instrument, &instrument.items, answers, &mut out);
    out
}

fn walk<'a>(instrument: &'a Instrument, items: &'a [Question], answers: &Answers, out: &mut Vec<&'a Question>) {
    for question in items {
        let met = |when: &AskedWhen| {
            let open = out.iter().any(|q| q.id == when.question);
            let answer = answers.get(&when.question).filter(|_| open);
            holds(&when.test, instrument.question(&when.question), answer)
        };
        let shown = match (question.when.is_empty(), question.all) {
            (true, _) => true,
            (_, true) => question.when.iter().all(met),
            (_, false) => question.when.iter().any(met),
        };
        if shown {
            out.push(question);
            walk(instrument, &question.items, answers, out);
        }
    }
}

/// The answers to what is asked, and everything wrong with them. Answers to questions that are not asked fall away: somebody went
/// back and answered the question before otherwise.
pub fn accepted(instrument: &Instrument, answers: &Answers) -> Result<Answers, Vec<AnswerFault>> {
    let mut faults: Vec<AnswerFault> = Vec::new();
    for id in answers.keys().filter(|id| instrument.question(id).is_none()) {
        faults.push(AnswerFault::Unknown(id.chars().take(60).collect()));
    }
    let mut kept = Answers::new();
    for question in asked(instrument, answers) {
        match answers.get(&question.id) {
            None if question.required => faults.push(AnswerFault::Missing(question.id.clone())),
            None => {}
            Some(answer) => match fits(question, answer) {
                Ok(()) => drop(kept.insert(question.id.clone(), answer.clone())),
                Err(fault) => faults.push(fault),
            },
        }
    }
    if faults.is_empty() { Ok(kept) } else { Err(faults) }
}

/// Whether this is an answer to the question: of its kind, within bounds, one of its choices.
pub fn fits(question: &Question, answer: &Answer) -> Result<(), AnswerFault> {
    let item = || question.id.clone();
    let (good, expected) = match (&question.kind, answer) {
        (AnswerKind::Boolean, answer) => (matches!(answer, Answer::Flag(_)), "yes or no"),
        // Whole numbers are ages and counts.
        (AnswerKind::Integer, answer) => {
            (matches!(answer, Answer::Integer(0..=LARGEST_COUNT)), "a whole number from 0 to 1,000,000")
        }
        (AnswerKind::Decimal, Answer::Decimal(n)) => (n.is_finite(), "a number"),
        (AnswerKind::Decimal, answer) => (matches!(answer, Answer::Integer(_)), "a number"),
        (AnswerKind::Date, Answer::Text(day)) => (day.parse::<Date>().is_ok(), "a day such as 2026-11-21"),
        (AnswerKind::Date, _) => (false, "a day such as 2026-11-21"),
        (AnswerKind::Text, Answer::Text(words)) if words.chars().count() > MOST_CHARACTERS => {
            return Err(AnswerFault::TooLong(item()));
        }
        (AnswerKind::Text, answer) => (matches!(answer, Answer::Text(_)), "words"),
        (AnswerKind::Choice { options, .. }, Answer::Text(code)) => {
            (options.iter().any(|o| o.code == *code), "one of the choices")
        }
        (AnswerKind::Choice { options, many: true }, Answer::Many(codes)) => {
            (codes.iter().all(|code| options.iter().any(|o| o.code == *code)), "some of the choices")
        }
        (AnswerKind::Choice { .. }, _) => (false, "one of the choices"),
        (AnswerKind::Group | AnswerKind::Display, _) => (false, "no answer: nothing is asked here"),
    };
    if good { Ok(()) } else { Err(AnswerFault::Wrong { item: item(), expected }) }
}
