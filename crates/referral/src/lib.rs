//! Referrals: a family sent on to another service, until it is known what came of it.
//!
//! Requested → received → accepted or declined with a reason → in progress → completed with a result; or refused by the family,
//! withdrawn by the referrer, expired. Each step has a day by which it is due; before it somebody is reminded, after it a
//! supervisor is told. However it ends, the loop is closed only when the referrer has looked at the end and said what follows.
//! Words and states are near FHIR's ServiceRequest and Task ([`model::Status::fhir`]).
//!
//! * [`model`]: states and transitions, without a database. [`request`] begins, [`change`] does everything after, [`clocks`] is
//!   what time does by itself, [`deliver`] hands over what families are told of it.
//! * [`read`]: what referrer, supervisor, partner and family may see. [`link`]: how a partner without an account answers.
//! * [`measure`]: how long loops take, and how many close.

pub mod change;
pub mod clocks;
pub mod deliver;
mod desk;
pub mod link;
pub mod measure;
pub mod model;
pub mod read;
pub mod request;
mod rows;

pub use desk::Desk;

/// The tables of this room.
pub const SCHEMA: store::Schema = store::Schema {
    room: "referral",
    steps: &[
        store::Step { version: 1, name: "referrals and their steps", sql: include_str!("../schema/1.sql") },
        store::Step { version: 2, name: "reminders to families", sql: include_str!("../schema/2.sql") },
    ],
};

/// Every statement of this room, for the test that prepares them all on both engines.
pub const STATEMENTS: &[&[(&str, &str)]] =
    &[rows::STATEMENTS, clocks::STATEMENTS, deliver::STATEMENTS, measure::STATEMENTS];

/// The longest words in a referral or an answer, in characters.
pub const MOST_WORDS: usize = 2_000;
