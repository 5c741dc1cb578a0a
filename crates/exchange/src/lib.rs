//! The border to other agencies: asks one agency for exactly the facts needed about a person or household, and passes
//! on orders (a discount, a voucher, a thing). It knows nothing of cases: whoever asks keeps the question and acts on
//! the [`Outcome`].
//!
//! Invariants: an answer that fails any check (question, subject, schema, size, dates, signature) is a [`Fault`] and
//! never an [`Answer`]; one agency's failure never delays another; only configured addresses are ever called; neither
//! secrets nor personal data reach a log or a `Debug` output. The protocol is in `docs/exchange.md`.

mod agency;
mod answer;
mod breaker;
mod exchange;
mod health;
mod model;
mod order;
mod settings;
mod signature;
pub mod simulate;

mod token;
mod transport;
mod wire;

pub use answer::check_answer;
pub use breaker::{Breaker, BreakerSettings, Link, Pass};
pub use exchange::{Exchange, ExchangeError};
pub use health::{Counts, Health};
pub use model::{
    Answer, AnsweredFact, Fault, FaultKind, Identifier, ItemAsked, ItemOf, Outcome, Question, QuestionError,
    SubjectAsked, SubjectKind, ValueKind,
};
pub use order::{AmountPer, Order, OrderAction, OrderKind, OrderOutcome};
pub use settings::{Agencies, AgencySettings, SettingsError};
pub use signature::SIGNATURE_HEADER;
