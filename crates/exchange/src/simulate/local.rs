//! Agencies without a network: what would come of a question or order, at once and always the same for one seed. For
//! deterministic runs of the whole core, where sockets and waiting would bring in chance. Everything an answer goes
//! through after the network is the product's own.

use std::sync::Arc;

use axum::body::Bytes;
use kernel::Instant;

use super::server::{Disturbance, disturbance, settle, signature, speak};
use super::state::Asked;
use super::{Behaviour, Simulation};
use crate::exchange::{NoWord, Word, json, order_outcome, question_outcome, word};
use crate::model::{Fault, FaultKind, Outcome, Question};
use crate::order::{Order, OrderOutcome};
use crate::signature::check;
use crate::wire::{OrderWire, QuestionWire};

/// When to try again what failed, in seconds.
const AGAIN: i64 = 15;

impl Simulation {
    /// What comes of asking, or of looking again. Nothing is pushed: [`Simulation::pushed`] does that when it is called.
    pub fn outcome(&self, question: &Question) -> Outcome {
        let wire = QuestionWire::of(question, None);
        let body = json(&wire);
        let (said, body) = self.said(&question.agency, Asked::Question(wire), body);
        question_outcome(question, said, &body, self.0.clock.now())
    }

    /// The outcome of a callback for a question that was asked; the same however often. `None` if the agency never
    /// heard of it.
    pub fn pushed(&self, question: &Question) -> Option<Outcome> {
        let agency = &question.agency;
        let place = ("questions", question.request_id.to_string());
        let entry = |role: &mut super::state::Role| role.entries.get(&place).map(|e| role.behaviour_for(&e.asked));
        let how = self.0.known(agency, entry)??;
        let body = settle(&self.0, agency, &place, &how)?;
        let now = self.0.clock.now();
        let said = self.heard(agency, &how, &body, &place.1, now);
        Some(question_outcome(question, said, &body, now))
    }

    /// What comes of an order, sent or looked at again.
    pub fn order_outcome(&self, order: &Order) -> OrderOutcome {
        let wire = OrderWire::of(order);
        let body = json(&wire);
        let (said, body) = self.said(&order.agency, Asked::Order(wire), body);
        order_outcome(order, said, &body, self.0.clock.now())
    }

    fn said(&self, agency: &str, asked: Asked, body: Vec<u8>) -> (Result<Word, NoWord>, Bytes) {
        let now = self.0.clock.now();
        let nothing = |words: &str, wait: i64| {
            let retry_at = now.plus_seconds(wait);
            (Err(NoWord::Unavailable { retry_at, words: words.to_owned() }), Bytes::new())
        };
        let asked = Arc::new(asked);
        let place = (asked.collection(), asked.id().to_owned());
        let taken = self.0.known(agency, |role| {
            role.stats.posts += 1;
            let how = role.behaviour_for(&asked);
            role.take_in(asked, body.into()).then_some(how)
        });
        let how = match taken {
            None => return nothing("no such agency", AGAIN),
            Some(None) => return nothing("the agency answered 409 without the agreed words", AGAIN),
            Some(Some(how)) => how,
        };
        match disturbance(&self.0, agency, &how) {
            Disturbance::Nothing | Disturbance::Wait(_) => {}
            Disturbance::Silence => return nothing("no answer in time", AGAIN),
            Disturbance::Elsewhere(_) => return nothing("the agency points elsewhere; it is not followed", AGAIN),
            Disturbance::Error { status, retry_after } => {
                let wait = retry_after.map_or(AGAIN, i64::from);
                return nothing(&format!("the agency answered {}", status.as_u16()), wait);
            }
        }
        // As over a network, an answer that got lost was made all the same.
        let (_, body) = speak(&self.0, agency, &place, &how);
        match how {
            Behaviour::Truncated => return nothing("the answer broke off", AGAIN),
            Behaviour::Drips { .. } => return nothing("no answer in time", AGAIN),
            Behaviour::Oversized => {
                let fault = Fault::new(FaultKind::TooLarge, "it is larger than allowed");
                return (Err(NoWord::Faulty(fault)), Bytes::new());
            }
            _ => {}
        }
        (self.heard(agency, &how, &body, &place.1, now), body)
    }

    /// The checks that need no question: signature, and what it is.
    fn heard(&self, agency: &str, how: &Behaviour, body: &[u8], id: &str, now: Instant) -> Result<Word, NoWord> {
        let signed = signature(&self.0, agency, how, body);
        let key = self.0.signing_key(agency).verifying_key();
        check(Some(&key), signed.as_deref(), body).and_then(|()| word(body, id, now)).map_err(NoWord::Faulty)
    }
}
