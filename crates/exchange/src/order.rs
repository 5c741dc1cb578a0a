//! Orders to another body: give a discount, a voucher, a thing or a service; change it; end it.

use std::fmt;

use kernel::{Date, Instant, Money, OrderId};
use serde::{Deserialize, Serialize};

use crate::answer::{at_most_now, plain_words, read, same_subject};
use crate::model::{Fault, FaultKind, SubjectAsked};
use crate::wire::{ConfirmedWire, instant};

/// One order. Sent again with the same content it is the same order: its id is the idempotency key.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Its id, and the idempotency key at the agency.
    pub order_id: OrderId,
    /// The agency, by its id in the configuration.
    pub agency: String,
    /// What to do.
    pub action: OrderAction,
    /// The sort of thing.
    pub kind: OrderKind,
    /// Which discount, voucher or thing, by the code agreed with the agency.
    pub service: String,
    /// For whom.
    pub subject: SubjectAsked,
    /// First day.
    pub from: Date,
    /// First day on which it is no longer given; open when `None`.
    pub until: Option<Date>,
    /// How much, where the service has an amount.
    pub amount: Option<Money>,
    /// What one amount covers.
    pub amount_per: Option<AmountPer>,
    /// The order that this one changes or ends.
    pub earlier: Option<OrderId>,
    /// The law it is given under.
    pub law: String,
    /// Our reference. Nothing personal.
    pub case_reference: String,
}

/// What one amount of an order covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AmountPer {
    /// All of it, once.
    Once,
    /// Each calendar month.
    Month,
    /// Each calendar year.
    Year,
    /// Each time it is used.
    Use,
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderAction {
    /// Begin to give, or give once.
    Start,
    /// Give otherwise than the earlier order said.
    Change,
    /// Stop giving what the earlier order began.
    End,
}

/// The sort of thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderKind {
    /// Less to pay for something.
    Discount,
    /// Credit for certain goods or services.
    Voucher,
    /// A thing.
    InKind,
    /// Somebody's work.
    Service,
}

/// What came of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderOutcome {
    /// Carried out, or begun.
    Confirmed {
        /// The agency's reference.
        reference: String,
        /// When, by its own clock.
        at: Instant,
    },
    /// Taken, not yet carried out. Look again with [`crate::Exchange::look_at_order`].
    Pending {
        /// When to look again.
        look_again_at: Instant,
    },
    /// The agency does not do it. Sending it again does not help.
    Refused {
        /// The agency's code.
        code: String,
        /// The agency's words, shortened and without control characters.
        words: String,
    },
    /// Something came that must not be taken for a confirmation.
    Faulty(Fault),
    /// Nothing came. Send the same order again then.
    Unavailable {
        /// When to send it again.
        retry_at: Instant,
        /// What happened, for an operator.
        words: String,
    },
}

impl OrderOutcome {
    /// One word for logs and counts.
    pub fn word(&self) -> &'static str {
        match self {
            OrderOutcome::Confirmed { .. } => "confirmed",
            OrderOutcome::Pending { .. } => "pending",
            OrderOutcome::Refused { .. } => "refused",
            OrderOutcome::Faulty(_) => "faulty",
            OrderOutcome::Unavailable { .. } => "unavailable",
        }
    }
}

impl Order {
    /// What is wrong with it, if it cannot be sent.
    pub(crate) fn fault_of_ours(&self) -> Option<String> {
        if let Err(what) = self.subject.check() {
            return Some(what);
        }
        if self.until.is_some_and(|until| until <= self.from) {
            return Some("it ends before it begins".into());
        }
        match (self.action, self.earlier) {
            (OrderAction::Start, Some(_)) => Some("an order that starts something names no earlier one".into()),
            (OrderAction::Change | OrderAction::End, None) => {
                Some("an order that changes or ends something names the earlier one".into())
            }
            _ => None,
        }
    }
}

/// Checks a confirmation against the order.
pub(crate) fn check_confirmation(order: &Order, body: &[u8], now: Instant) -> Result<OrderOutcome, Fault> {
    let said: ConfirmedWire = read(body)?;
    if said.order_id != order.order_id.to_string() {
        return Err(Fault::new(FaultKind::WrongQuestion, "it confirms another order"));
    }
    same_subject(&order.subject, &said.subject)?;
    let at = instant(said.confirmed_at);
    at_most_now(at, now)?;
    Ok(OrderOutcome::Confirmed { reference: plain_words(&said.reference), at })
}

impl fmt::Debug for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Order({} to {}: {:?} {})", self.order_id, self.agency, self.action, self.service)
    }
}
