//! What a simulated agency says, rightly or wrongly.

use axum::body::Bytes;
use jiff::{SignedDuration, Timestamp};
use kernel::{Date, Instant};
use serde::Serialize;
use serde_json::{Value, json};

use super::holdings::{Held, HeldFact};
use super::state::{Asked, Role, Shared};
use super::{Behaviour, drawn, later};
use crate::model::{ItemAsked, ItemOf, SubjectAsked};
use crate::wire::{
    AnswerWire, ConfirmedWire, EchoWire, FactWire, OrderWire, PendingWire, QuestionWire, RefusedWire, Status,
    SubjectWire, timestamp,
};

/// When a caller may look again, in seconds.
const LOOK_AGAIN: i64 = 2;

/// «Not yet».
pub(super) fn pending(id: &str, now: Instant) -> Bytes {
    let look_again_at = Some(timestamp(now.plus_seconds(LOOK_AGAIN)));
    json_bytes(&PendingWire { status: Status::Pending, id: id.to_owned(), look_again_at })
}

/// «No».
pub(super) fn refused(id: &str, code: &str, words: &str) -> Bytes {
    let (id, code, words) = (id.to_owned(), code.to_owned(), words.to_owned());
    json_bytes(&RefusedWire { status: Status::Refused, id, code, words })
}

/// The answer or confirmation, as the behaviour has it.
pub(super) fn answer(shared: &Shared, agency: &str, role: &Role, asked: &Asked, how: &Behaviour) -> Bytes {
    let now = shared.clock.now();
    match asked {
        Asked::Question(question) => {
            let mut said = truthful(shared, agency, role, question, now);
            falsify(&mut said, how);
            dressed(&said, how)
        }
        Asked::Order(order) => dressed(&confirmation(shared, order, how, now), how),
    }
}

fn truthful(shared: &Shared, agency: &str, role: &Role, question: &QuestionWire, now: Instant) -> AnswerWire {
    let mut said = AnswerWire {
        status: Status::Answered,
        request_id: question.request_id.clone(),
        answered_at: timestamp(now),
        subjects: question.subjects.iter().map(echo).collect(),
        facts: Vec::new(),
        no_entry: Vec::new(),
        unknown: Vec::new(),
    };
    for item in &question.items {
        let of = ItemOf { subject: item.subject.clone(), item: item.item.clone() };
        let subject = question.subjects.iter().find(|s| s.key == item.subject).map(as_asked);
        let held = subject.map_or(Held::Unknown, |s| shared.holdings.held(agency, &s, item));
        match held {
            Held::Unknown => said.unknown.push(of),
            Held::NoEntry => said.no_entry.push(of),
            Held::Facts(facts) if facts.is_empty() => said.no_entry.push(of),
            Held::Facts(facts) => {
                let contradiction = role.contradiction(&item.item);
                said.facts.extend(facts.into_iter().map(|f| stated(item, f, contradiction.as_ref())));
            }
        }
    }
    said
}

fn stated(item: &ItemAsked, held: HeldFact, contradiction: Option<&Behaviour>) -> FactWire {
    let HeldFact { value, valid_from, valid_to } = held;
    let value = match contradiction {
        Some(Behaviour::Contradicts { value: Some(other) }) => other.clone(),
        Some(_) => another(&value),
        None => value,
    };
    FactWire { subject: item.subject.clone(), item: item.item.clone(), value, valid_from, valid_to }
}

/// Another value of the same kind; texts and codes stay, because nobody here knows another that would be possible.
fn another(value: &Value) -> Value {
    match value {
        Value::Bool(b) => json!(!b),
        Value::Number(n) => n.as_i64().map_or_else(|| value.clone(), |n| json!(n.saturating_add((n / 3).max(1)))),
        Value::String(s) => s.parse::<Date>().map_or_else(|_| value.clone(), |d| json!(later(d, 31).to_string())),
        other => other.clone(),
    }
}

fn falsify(said: &mut AnswerWire, how: &Behaviour) {
    match how {
        Behaviour::WrongPerson => said.subjects.iter_mut().for_each(somebody_else),
        Behaviour::WrongQuestion => said.request_id = another_id(&said.request_id),
        Behaviour::FutureDated { days } => said.answered_at = in_days(said.answered_at, *days),
        Behaviour::NotAsked => {
            if let Some(subject) = said.subjects.first() {
                said.no_entry.push(ItemOf { subject: subject.key.clone(), item: "something_else".into() });
            }
        }
        Behaviour::Incomplete => {
            let first = said.facts.first().map(|f| (f.subject.clone(), f.item.clone()));
            match first {
                Some(first) => said.facts.retain(|f| (&f.subject, &f.item) != (&first.0, &first.1)),
                None if said.no_entry.pop().is_some() => {}
                None => drop(said.unknown.pop()),
            }
        }
        _ => {}
    }
}

fn confirmation(shared: &Shared, order: &OrderWire, how: &Behaviour, now: Instant) -> ConfirmedWire {
    let [a, b, c, d, ..] = *drawn(shared.settings.seed, "reference", &order.order_id, 0);
    let mut said = ConfirmedWire {
        status: Status::Confirmed,
        order_id: order.order_id.clone(),
        subject: echo(&order.subject),
        reference: hex::encode([a, b, c, d]),
        confirmed_at: timestamp(now),
    };
    match how {
        Behaviour::WrongPerson => somebody_else(&mut said.subject),
        Behaviour::WrongQuestion => said.order_id = another_id(&said.order_id),
        Behaviour::FutureDated { days } => said.confirmed_at = in_days(said.confirmed_at, *days),
        _ => {}
    }
    said
}

/// As JSON; in another version of the format if that is the behaviour.
fn dressed(said: &impl Serialize, how: &Behaviour) -> Bytes {
    match (how, serde_json::to_value(said)) {
        (Behaviour::WrongSchema, Ok(Value::Object(mut fields))) => {
            fields.insert("version".into(), json!(2));
            json_bytes(&fields)
        }
        _ => json_bytes(said),
    }
}

fn echo(subject: &SubjectWire) -> EchoWire {
    let SubjectWire { key, identifier, birth_date, name, .. } = subject.clone();
    EchoWire { key, identifier, birth_date, name }
}

fn as_asked(subject: &SubjectWire) -> SubjectAsked {
    let SubjectWire { key, kind, identifier, birth_date, name } = subject.clone();
    SubjectAsked { key, kind, identifier, birth_date, name }
}

fn somebody_else(echo: &mut EchoWire) {
    match &mut echo.identifier {
        Some(identifier) => {
            let last = identifier.value.pop();
            identifier.value.push(if last == Some('7') { '8' } else { '7' });
        }
        None => echo.birth_date = echo.birth_date.map(|d| later(d, 1)),
    }
}

fn another_id(id: &str) -> String {
    let (first, rest) = id.split_at_checked(1).unwrap_or(("", id));
    format!("{}{rest}", if first == "0" { "1" } else { "0" })
}

fn in_days(at: Timestamp, days: u32) -> Timestamp {
    at.checked_add(SignedDuration::from_hours(i64::from(days) * 24)).unwrap_or(Timestamp::MAX)
}

fn json_bytes(wire: &impl Serialize) -> Bytes {
    // Our own types always become JSON.
    serde_json::to_vec(wire).unwrap_or_default().into()
}
