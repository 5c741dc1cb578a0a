//! Asking and ordering, as whoever asks sees it.

use std::collections::BTreeMap;
use std::sync::Arc;

use kernel::{Clock, Instant, OrderId};
use serde::Serialize;

use crate::agency::{Agency, Call, Called};
use crate::answer::{check_answer, plain_words, read};
use crate::health::Health;
use crate::model::{Fault, FaultKind, Outcome, Question, QuestionError};
use crate::order::{Order, OrderOutcome, check_confirmation};
use crate::settings::{Agencies, SettingsError, is_loopback};
use crate::signature;
use crate::transport::{Reply, client, plain_error};
use crate::wire::{Head, OrderWire, PendingWire, QuestionWire, RefusedWire, Status, instant};

/// When to look again if the agency does not say, in seconds.
const LOOK_AGAIN: i64 = 60;
/// The soonest and the latest an agency may have us look again, in seconds.
const SOONEST: i64 = 2;
const LATEST: i64 = 86_400;
/// The longest code of a refusal.
const LONGEST_CODE: usize = 64;

/// The connections to all agencies of the configuration.
pub struct Exchange {
    agencies: BTreeMap<String, Agency>,
    clock: Arc<dyn Clock>,
}

/// Why nothing was asked. A fault of ours or of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExchangeError {
    /// No connector.
    #[error("agency {0} is not connected: add [agencies.{0}] to the configuration, or let an official ask")]
    NotConnected(String),
    /// The agency does not answer this item.
    #[error("agency {agency} does not answer {item}: it is not in items of [agencies.{agency}]")]
    NotItsItem {
        /// The agency.
        agency: String,
        /// The item.
        item: String,
    },
    /// The question is not one that can be asked.
    #[error(transparent)]
    Question(#[from] QuestionError),
    /// The order is not one that can be sent.
    #[error("order {order} cannot be sent: {what}")]
    Order {
        /// The order.
        order: OrderId,
        /// What is wrong and what would be right.
        what: String,
    },
}

/// What a reply says, before its content is looked at.
pub(crate) enum Word {
    Answered,
    Confirmed,
    Pending(Instant),
    Refused { code: String, words: String },
}

/// What came instead of a word.
pub(crate) enum NoWord {
    Faulty(Fault),
    Unavailable { retry_at: Instant, words: String },
}

impl Exchange {
    /// Checks the settings and prepares the connections; calls nobody yet.
    pub fn new(agencies: Agencies, clock: Arc<dyn Clock>) -> Result<Self, SettingsError> {
        let mut connected = BTreeMap::new();
        let (mut secure, mut plain) = (None, None);
        for (id, settings) in agencies.0 {
            let mut checked = settings.check(&id)?;
            let here = [&checked.base, &checked.token_url].iter().any(|u| u.scheme() == "http" && is_loopback(u));
            let failed = |key| {
                let agency = id.clone();
                move |e: reqwest::Error| SettingsError {
                    agency,
                    key,
                    what: format!("no HTTP client: {}", plain_error(&e)),
                }
            };
            let slot = if here { &mut plain } else { &mut secure };
            let http = match (checked.vouching.take(), &mut *slot) {
                // Whom one agency is to be believed by is nothing to the others.
                (Some(vouching), _) => client(here, Some(vouching)).map_err(failed("ca_file"))?,
                (None, Some(http)) => reqwest::Client::clone(http),
                (None, None) => slot.insert(client(here, None).map_err(failed("base"))?).clone(),
            };
            let agency = Agency::new(&id, settings, checked, http);
            connected.insert(id, agency);
        }
        Ok(Exchange { agencies: connected, clock })
    }

    /// Whether the agency is connected.
    pub fn answers(&self, agency: &str) -> bool {
        self.agencies.contains_key(agency)
    }

    /// Whether the agency is connected and answers this item.
    pub fn answers_item(&self, agency: &str, item: &str) -> bool {
        self.agencies.get(agency).is_some_and(|a| a.settings.items.as_ref().is_none_or(|items| items.contains(item)))
    }

    /// The state of every link, by agency.
    pub fn health(&self) -> Vec<Health> {
        let now = self.clock.now();
        self.agencies.values().map(|a| a.health(now)).collect()
    }

    /// Asks. May be called again with the same question at any time: the agency answers it once.
    pub async fn ask(&self, question: &Question) -> Result<Outcome, ExchangeError> {
        let agency = self.ready(question)?;
        let id = question.request_id.to_string();
        let body = json(&QuestionWire::of(question, agency.settings.callback.as_deref()));
        let called = agency.call(&*self.clock, &Call { collection: "questions", id: &id, body: Some(body) }).await;
        Ok(self.noted(agency, question, called))
    }

    /// Looks whether a pending question is answered; asks it anew when the agency does not know it.
    pub async fn look(&self, question: &Question) -> Result<Outcome, ExchangeError> {
        let agency = self.ready(question)?;
        let id = question.request_id.to_string();
        let called = agency.call(&*self.clock, &Call { collection: "questions", id: &id, body: None }).await;
        match called {
            Called::Reply(reply) if matches!(reply.status.as_u16(), 404 | 410) => self.ask(question).await,
            called => Ok(self.noted(agency, question, called)),
        }
    }

    /// Checks what an agency pushed for a question: its signature header, if any, and its body as it came. An answer or
    /// a refusal; never pending. Whoever took the body in has checked who sent it.
    pub fn check_callback(
        &self,
        question: &Question,
        signature: Option<&str>,
        body: &[u8],
    ) -> Result<Outcome, ExchangeError> {
        let agency = self.ready(question)?;
        let now = self.clock.now();
        let id = question.request_id.to_string();
        let outcome = if body.len() > agency.settings.largest_answer {
            let words = format!("it is larger than {} bytes", agency.settings.largest_answer);
            Outcome::Faulty(Fault::new(FaultKind::TooLarge, words))
        } else {
            let said = signature::check(agency.key.as_ref(), signature, body).and_then(|()| word(body, &id, now));
            match said {
                Ok(Word::Pending(_)) => {
                    Outcome::Faulty(Fault::new(FaultKind::Schema, "what is pushed is an answer or a refusal"))
                }
                said => question_outcome(question, said.map_err(NoWord::Faulty), body, now),
            }
        };
        note_question(agency, &id, &outcome, now);
        Ok(outcome)
    }

    /// Sends an order. May be called again with the same order at any time: the agency carries it out once.
    pub async fn order(&self, order: &Order) -> Result<OrderOutcome, ExchangeError> {
        let agency = self.ready_for(order)?;
        let id = order.order_id.to_string();
        let body = json(&OrderWire::of(order));
        let called = agency.call(&*self.clock, &Call { collection: "orders", id: &id, body: Some(body) }).await;
        Ok(self.order_noted(agency, order, called))
    }

    /// Looks whether a pending order is carried out; sends it anew when the agency does not know it.
    pub async fn look_at_order(&self, order: &Order) -> Result<OrderOutcome, ExchangeError> {
        let agency = self.ready_for(order)?;
        let id = order.order_id.to_string();
        let called = agency.call(&*self.clock, &Call { collection: "orders", id: &id, body: None }).await;
        match called {
            Called::Reply(reply) if matches!(reply.status.as_u16(), 404 | 410) => self.order(order).await,
            called => Ok(self.order_noted(agency, order, called)),
        }
    }

    fn agency(&self, id: &str) -> Result<&Agency, ExchangeError> {
        self.agencies.get(id).ok_or_else(|| ExchangeError::NotConnected(id.to_owned()))
    }

    fn ready(&self, question: &Question) -> Result<&Agency, ExchangeError> {
        let agency = self.agency(&question.agency)?;
        question.check()?;
        match question.items.iter().find(|i| !self.answers_item(&question.agency, &i.item)) {
            None => Ok(agency),
            Some(i) => Err(ExchangeError::NotItsItem { agency: question.agency.clone(), item: i.item.clone() }),
        }
    }

    fn ready_for(&self, order: &Order) -> Result<&Agency, ExchangeError> {
        let agency = self.agency(&order.agency)?;
        match order.fault_of_ours() {
            None => Ok(agency),
            Some(what) => Err(ExchangeError::Order { order: order.order_id, what }),
        }
    }

    fn noted(&self, agency: &Agency, question: &Question, called: Called) -> Outcome {
        let now = self.clock.now();
        let id = question.request_id.to_string();
        let (said, body) = understood(agency, called, &id, now);
        let outcome = question_outcome(question, said, &body, now);
        note_question(agency, &id, &outcome, now);
        outcome
    }

    fn order_noted(&self, agency: &Agency, order: &Order, called: Called) -> OrderOutcome {
        let now = self.clock.now();
        let id = order.order_id.to_string();
        let (said, body) = understood(agency, called, &id, now);
        let outcome = order_outcome(order, said, &body, now);
        let trouble = match &outcome {
            OrderOutcome::Faulty(fault) => Some(fault.words.as_str()),
            OrderOutcome::Unavailable { words, .. } => Some(words.as_str()),
            _ => None,
        };
        agency.note(outcome.word(), &id, trouble, now);
        outcome
    }
}

impl std::fmt::Debug for Exchange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Exchange").field(&self.agencies.keys()).finish()
    }
}

fn note_question(agency: &Agency, id: &str, outcome: &Outcome, now: Instant) {
    let trouble = match outcome {
        Outcome::Faulty(fault) => Some(fault.words.as_str()),
        Outcome::Unavailable { words, .. } => Some(words.as_str()),
        _ => None,
    };
    agency.note(outcome.word(), id, trouble, now);
}

/// Our own types always become JSON: they hold no maps with other keys than text and no numbers that are none.
pub(crate) fn json(wire: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(wire).unwrap_or_default()
}

/// What a call brought: a word with the body it came in.
fn understood(agency: &Agency, called: Called, id: &str, now: Instant) -> (Result<Word, NoWord>, Vec<u8>) {
    match called {
        Called::Faulty(fault) => (Err(NoWord::Faulty(fault)), Vec::new()),
        Called::Unavailable { retry_at, words } => (Err(NoWord::Unavailable { retry_at, words }), Vec::new()),
        Called::Reply(reply) => {
            let said = reply_word(agency, &reply, id, now);
            (said, reply.body)
        }
    }
}

fn reply_word(agency: &Agency, reply: &Reply, id: &str, now: Instant) -> Result<Word, NoWord> {
    let good = reply.status.is_success();
    let agreed = reply.is_json() && (good || read::<Head>(&reply.body).is_ok());
    if !good && !agreed {
        // Perhaps a gatekeeper on the way, perhaps a fault of ours: nothing that decides anything. Whoever asks gives up
        // when its time is over.
        let words = format!("the agency answered {} without the agreed words", reply.status.as_u16());
        return Err(NoWord::Unavailable { retry_at: now.plus_seconds(LOOK_AGAIN), words });
    }
    if !agreed {
        return Err(NoWord::Faulty(Fault::new(FaultKind::Schema, "it is not application/json")));
    }
    signature::check(agency.key.as_ref(), reply.signature(), &reply.body).map_err(NoWord::Faulty)?;
    match word(&reply.body, id, now).map_err(NoWord::Faulty)? {
        Word::Pending(_) | Word::Answered | Word::Confirmed if !good => {
            Err(NoWord::Faulty(Fault::new(FaultKind::Schema, "an error that is no refusal")))
        }
        said => Ok(said),
    }
}

pub(crate) fn word(body: &[u8], id: &str, now: Instant) -> Result<Word, Fault> {
    let other =
        |said: &str| (said != id).then(|| Fault::new(FaultKind::WrongQuestion, "it speaks of another question"));
    match read::<Head>(body)?.status {
        Status::Answered => Ok(Word::Answered),
        Status::Confirmed => Ok(Word::Confirmed),
        Status::Pending => {
            let said: PendingWire = read(body)?;
            let at = said.look_again_at.map_or(now.plus_seconds(LOOK_AGAIN), instant);
            other(&said.id).map_or(Ok(()), Err)?;
            Ok(Word::Pending(at.clamp(now.plus_seconds(SOONEST), now.plus_seconds(LATEST))))
        }
        Status::Refused => {
            let said: RefusedWire = read(body)?;
            other(&said.id).map_or(Ok(()), Err)?;
            let plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
            let code = said.code.chars().filter(plain).take(LONGEST_CODE).collect();
            Ok(Word::Refused { code, words: plain_words(&said.words) })
        }
    }
}

pub(crate) fn question_outcome(question: &Question, said: Result<Word, NoWord>, body: &[u8], now: Instant) -> Outcome {
    match said {
        Ok(Word::Answered) => check_answer(question, body, now).map_or_else(Outcome::Faulty, Outcome::Answered),
        Ok(Word::Pending(look_again_at)) => Outcome::Pending { look_again_at },
        Ok(Word::Refused { code, words }) => Outcome::Refused { code, words },
        Ok(Word::Confirmed) => Outcome::Faulty(Fault::new(FaultKind::Schema, "a question is not confirmed")),
        Err(NoWord::Faulty(fault)) => Outcome::Faulty(fault),
        Err(NoWord::Unavailable { retry_at, words }) => Outcome::Unavailable { retry_at, words },
    }
}

pub(crate) fn order_outcome(order: &Order, said: Result<Word, NoWord>, body: &[u8], now: Instant) -> OrderOutcome {
    match said {
        Ok(Word::Confirmed) => check_confirmation(order, body, now).unwrap_or_else(OrderOutcome::Faulty),
        Ok(Word::Pending(look_again_at)) => OrderOutcome::Pending { look_again_at },
        Ok(Word::Refused { code, words }) => OrderOutcome::Refused { code, words },
        Ok(Word::Answered) => OrderOutcome::Faulty(Fault::new(FaultKind::Schema, "an order is not answered")),
        Err(NoWord::Faulty(fault)) => OrderOutcome::Faulty(fault),
        Err(NoWord::Unavailable { retry_at, words }) => OrderOutcome::Unavailable { retry_at, words },
    }
}
