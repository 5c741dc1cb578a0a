//! The JSON that crosses the border. Strict in both directions: unknown and doubled names are refused.

use jiff::Timestamp;
use kernel::{Date, Instant, Money};
use serde::{Deserialize, Serialize};

use crate::model::{Identifier, ItemAsked, ItemOf, Question, SubjectAsked, SubjectKind};
use crate::order::{AmountPer, Order, OrderAction, OrderKind};

/// A question as it is sent.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct QuestionWire {
    pub(crate) request_id: String,
    pub(crate) subjects: Vec<SubjectWire>,
    pub(crate) items: Vec<ItemAsked>,
    pub(crate) purpose: String,
    pub(crate) law: String,
    pub(crate) case_reference: String,
    pub(crate) reply_by: Timestamp,
    /// Where the agency may push the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) callback: Option<String>,
}

/// A subject as it is sent.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SubjectWire {
    pub(crate) key: String,
    pub(crate) kind: SubjectKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) identifier: Option<Identifier>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) birth_date: Option<Date>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
}

/// What every reply begins with, whatever else it holds.
#[derive(Deserialize)]
pub(crate) struct Head {
    pub(crate) status: Status,
}

/// What a reply is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    Answered,
    Pending,
    Refused,
    Confirmed,
}

/// An answer.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AnswerWire {
    pub(crate) status: Status,
    pub(crate) request_id: String,
    pub(crate) answered_at: Timestamp,
    pub(crate) subjects: Vec<EchoWire>,
    #[serde(default)]
    pub(crate) facts: Vec<FactWire>,
    #[serde(default)]
    pub(crate) no_entry: Vec<ItemOf>,
    #[serde(default)]
    pub(crate) unknown: Vec<ItemOf>,
}

/// Whom the agency says its answer is about.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EchoWire {
    pub(crate) key: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) identifier: Option<Identifier>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) birth_date: Option<Date>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
}

/// One statement.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FactWire {
    pub(crate) subject: String,
    pub(crate) item: String,
    pub(crate) value: serde_json::Value,
    pub(crate) valid_from: Date,
    #[serde(default)]
    pub(crate) valid_to: Option<Date>,
}

/// Not yet.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PendingWire {
    pub(crate) status: Status,
    /// The question or order.
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) look_again_at: Option<Timestamp>,
}

/// No.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RefusedWire {
    pub(crate) status: Status,
    /// The question or order.
    pub(crate) id: String,
    pub(crate) code: String,
    pub(crate) words: String,
}

/// An order as it is sent.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OrderWire {
    pub(crate) order_id: String,
    pub(crate) action: OrderAction,
    pub(crate) kind: OrderKind,
    pub(crate) service: String,
    pub(crate) subject: SubjectWire,
    pub(crate) from: Date,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) until: Option<Date>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) amount: Option<Money>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) amount_per: Option<AmountPer>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) earlier: Option<String>,
    pub(crate) law: String,
    pub(crate) case_reference: String,
}

/// An order carried out.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConfirmedWire {
    pub(crate) status: Status,
    pub(crate) order_id: String,
    /// For whom, as in an answer.
    pub(crate) subject: EchoWire,
    pub(crate) reference: String,
    pub(crate) confirmed_at: Timestamp,
}

impl QuestionWire {
    pub(crate) fn of(question: &Question, callback: Option<&str>) -> Self {
        QuestionWire {
            request_id: question.request_id.to_string(),
            subjects: question.subjects.iter().map(SubjectWire::of).collect(),
            items: question.items.clone(),
            purpose: question.purpose.clone(),
            law: question.law.clone(),
            case_reference: question.case_reference.clone(),
            reply_by: timestamp(question.reply_by),
            callback: callback.map(|c| format!("{}/{}", c.trim_end_matches('/'), question.request_id)),
        }
    }
}

impl SubjectWire {
    pub(crate) fn of(subject: &SubjectAsked) -> Self {
        let SubjectAsked { key, kind, identifier, birth_date, name } = subject.clone();
        SubjectWire { key, kind, identifier, birth_date, name }
    }
}

impl OrderWire {
    pub(crate) fn of(order: &Order) -> Self {
        OrderWire {
            order_id: order.order_id.to_string(),
            action: order.action,
            kind: order.kind,
            service: order.service.clone(),
            subject: SubjectWire::of(&order.subject),
            from: order.from,
            until: order.until,
            amount: order.amount,
            amount_per: order.amount_per,
            earlier: order.earlier.map(|o| o.to_string()),
            law: order.law.clone(),
            case_reference: order.case_reference.clone(),
        }
    }
}

/// As text with its zone on the wire; the ends of time are far enough.
pub(crate) fn timestamp(at: Instant) -> Timestamp {
    let end = if at.micros() < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_microsecond(at.micros()).unwrap_or(end)
}

/// Back again.
pub(crate) fn instant(at: Timestamp) -> Instant {
    Instant::from_micros(at.as_microsecond())
}
