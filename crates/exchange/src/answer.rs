//! The checks an answer must pass before anybody may decide on it.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{Date, Instant};
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;

use crate::model::{Answer, AnsweredFact, Fault, FaultKind, Identifier, ItemOf, Question, SubjectAsked, ValueKind};
use crate::wire::{AnswerWire, EchoWire, FactWire, Status, instant};

/// How far an agency's clock may run ahead of ours, in seconds.
const CLOCKS_DIFFER: i64 = 300;
/// The longest text value, in bytes.
const LONGEST_TEXT: usize = 4_000;
/// The longest words kept of what an agency says, in characters.
const LONGEST_WORDS: usize = 500;

/// Checks the body of an answer, polled or pushed, against its question. Everything but the signature, which needs the
/// agency's key: [`crate::Exchange::check_callback`] does both.
pub fn check_answer(question: &Question, body: &[u8], now: Instant) -> Result<Answer, Fault> {
    let said: AnswerWire = read(body)?;
    if said.status != Status::Answered {
        return Err(Fault::new(FaultKind::Schema, "its status is not answered"));
    }
    if said.request_id != question.request_id.to_string() {
        return Err(Fault::new(FaultKind::WrongQuestion, "it answers another question"));
    }
    subjects(question, &said.subjects)?;
    let answered_at = instant(said.answered_at);
    at_most_now(answered_at, now)?;
    coverage(question, &said)?;
    let mut facts = Vec::with_capacity(said.facts.len());
    for fact in said.facts {
        facts.push(statement(question, fact, answered_at)?);
    }
    one_thing_a_day(&facts)?;
    let hash = hex::encode(Sha256::digest(body));
    Ok(Answer { facts, no_entry: said.no_entry, unknown: said.unknown, answered_at, hash })
}

/// Reads JSON strictly. The parser's message is left out: it may quote values.
pub(crate) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Fault> {
    serde_json::from_slice(body).map_err(|e| {
        let (line, column) = (e.line(), e.column());
        let what = if e.is_eof() { "it ends in the middle" } else { "it is not written as agreed" };
        Fault::new(FaultKind::Schema, format!("{what} (line {line}, column {column})"))
    })
}

/// Refuses what is dated later than clocks may differ.
pub(crate) fn at_most_now(said: Instant, now: Instant) -> Result<(), Fault> {
    if said > now.plus_seconds(CLOCKS_DIFFER) {
        return Err(Fault::new(FaultKind::FutureDated, "it is dated in the future"));
    }
    Ok(())
}

/// What an agency says, fit to be shown and logged.
pub(crate) fn plain_words(text: &str) -> String {
    let plain = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    plain.take(LONGEST_WORDS).collect::<String>().trim().to_owned()
}

fn subjects(question: &Question, echoes: &[EchoWire]) -> Result<(), Fault> {
    let mut seen = BTreeSet::new();
    for echo in echoes {
        let Some(asked) = question.subject(&echo.key) else {
            return Err(Fault::new(FaultKind::WrongSubject, "it is about a subject nobody asked for"));
        };
        if !seen.insert(&echo.key) {
            return Err(Fault::new(FaultKind::WrongSubject, format!("it names subject {} twice", echo.key)));
        }
        same_subject(asked, echo)?;
    }
    match question.subjects.iter().find(|s| !seen.contains(&s.key)) {
        None => Ok(()),
        Some(s) => Err(Fault::new(FaultKind::WrongSubject, format!("it does not say whom it means by {}", s.key))),
    }
}

/// Holds whom the agency means against whom we asked for. With an identifier, that and the birth date decide, because
/// names change and are written in several ways; without one, birth date and name must both be said and agree (twins).
pub(crate) fn same_subject(asked: &SubjectAsked, said: &EchoWire) -> Result<(), Fault> {
    let wrong = |what: &str| Err(Fault::new(FaultKind::WrongSubject, format!("subject {}: {what}", asked.key)));
    if said.key != asked.key {
        return wrong("the answer is about another one");
    }
    if let (Some(ours), Some(theirs)) = (asked.birth_date, said.birth_date)
        && ours != theirs
    {
        return wrong("another birth date");
    }
    match (&asked.identifier, &said.identifier) {
        (Some(ours), Some(theirs)) if same_identifier(ours, theirs) => Ok(()),
        (Some(_), Some(_)) => wrong("another identifier"),
        (Some(_), None) => wrong("the answer does not say the identifier"),
        (None, _) => match (said.birth_date, &said.name, &asked.name) {
            (Some(_), Some(theirs), Some(ours)) if bare(ours) == bare(theirs) => Ok(()),
            (Some(_), Some(_), _) => wrong("another name"),
            _ => wrong("the answer does not say birth date and name"),
        },
    }
}

fn same_identifier(a: &Identifier, b: &Identifier) -> bool {
    let digits = |i: &Identifier| i.value.chars().filter(|c| !matches!(c, '-' | ' ' | '.')).collect::<String>();
    a.scheme == b.scheme && digits(a) == digits(b)
}

/// A name as it is compared: one form of Unicode, one case, no spaces.
fn bare(name: &str) -> String {
    name.nfkc().flat_map(char::to_lowercase).filter(|c| !c.is_whitespace()).collect()
}

/// Everything asked is said once, and nothing else.
fn coverage(question: &Question, said: &AnswerWire) -> Result<(), Fault> {
    let asked: BTreeSet<_> = question.items.iter().map(|i| (i.subject.as_str(), i.item.as_str())).collect();
    let stated: BTreeSet<_> = said.facts.iter().map(|f| (f.subject.as_str(), f.item.as_str())).collect();
    let mut covered = stated;
    for ItemOf { subject, item } in said.no_entry.iter().chain(&said.unknown) {
        if !covered.insert((subject, item)) {
            return Err(Fault::new(FaultKind::Contradictory, format!("{} is answered in two ways", plain_words(item))));
        }
    }
    if let Some((_, item)) = covered.difference(&asked).next() {
        return Err(Fault::new(FaultKind::NotAsked, format!("{} was not asked", plain_words(item))));
    }
    if let Some((subject, item)) = asked.difference(&covered).next() {
        return Err(Fault::new(FaultKind::Incomplete, format!("{item} of {subject} is passed over")));
    }
    Ok(())
}

fn statement(question: &Question, fact: FactWire, answered_at: Instant) -> Result<AnsweredFact, Fault> {
    let FactWire { subject, item, value, valid_from, valid_to } = fact;
    let asked = question.items.iter().find(|i| i.subject == subject && i.item == item);
    let Some(kind) = asked.map(|i| i.kind) else {
        return Err(Fault::new(FaultKind::NotAsked, format!("{} was not asked", plain_words(&item))));
    };
    if !kind.fits(&value) {
        return Err(Fault::new(FaultKind::Schema, format!("{item} is not a value of its kind ({kind:?})")));
    }
    if valid_to.is_some_and(|to| to <= valid_from) {
        return Err(Fault::new(FaultKind::Schema, format!("{item} ends before it begins")));
    }
    // Fourteen hours east is the farthest zone: what begins later there has not begun anywhere.
    if valid_from > answered_at.date(14) {
        return Err(Fault::new(FaultKind::FutureDated, format!("{item} begins in the future")));
    }
    Ok(AnsweredFact { subject, item, kind, value, valid_from, valid_to })
}

/// First day, and first day no longer.
type Span = (Date, Option<Date>);

fn one_thing_a_day(facts: &[AnsweredFact]) -> Result<(), Fault> {
    let mut by_item: BTreeMap<(&str, &str), Vec<Span>> = BTreeMap::new();
    for fact in facts {
        by_item.entry((&fact.subject, &fact.item)).or_default().push((fact.valid_from, fact.valid_to));
    }
    for ((_, item), mut spans) in by_item {
        spans.sort();
        let meets = |pair: &[Span]| match pair {
            [(_, to), (from, _)] => to.is_none_or(|to| *from < to),
            _ => false,
        };
        if spans.windows(2).any(meets) {
            return Err(Fault::new(FaultKind::Contradictory, format!("{item} has two values on one day")));
        }
    }
    Ok(())
}

impl ValueKind {
    /// Whether a JSON value is one of this kind.
    pub fn fits(self, value: &Value) -> bool {
        match (self, value) {
            (ValueKind::Boolean, Value::Bool(_)) => true,
            (ValueKind::Integer | ValueKind::Money, Value::Number(n)) => n.as_i64().is_some(),
            (ValueKind::Decimal, Value::String(s)) => is_decimal(s),
            (ValueKind::Date, Value::String(s)) => s.len() == 10 && s.parse::<Date>().is_ok(),
            (ValueKind::Text | ValueKind::Code, Value::String(s)) => {
                !s.trim().is_empty() && s.len() <= LONGEST_TEXT && !s.chars().any(char::is_control)
            }
            _ => false,
        }
    }
}

/// `-?digits(.digits)?`, at most 34 digits: what the rules can reckon with.
fn is_decimal(text: &str) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    digits(whole) && digits(fraction) && whole.len() + fraction.len() <= 35
}
