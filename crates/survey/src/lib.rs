//! Surveys: families are asked how it went, answer on their phone without signing in, and are heard together.
//!
//! * [`wave`]: from a survey of the pack and a family's dates, when it is asked; a pure function, with [`cases`] of a pack. [`invite`] asks, once an occasion, and
//!   keeps the messages; [`deliver`] hands them over for sending where an operator has said how.
//! * [`answer`]: the one-time link, and what is sent by it. [`figures`]: what came of it, by nurse and district. [`read`]: a mother's own.
//!
//! Invariants: a family that lost a pregnancy or a child is not asked, and what it was asked before is taken back; a link is good for
//! one answer; nobody is shown answers of fewer families than the survey says, nor can work them out; a nurse never sees who said
//! what, nor words.

pub mod answer;
pub mod cases;
pub mod deliver;
pub mod figures;
pub mod invite;
pub mod model;
pub mod read;
mod rows;
pub mod wave;

pub use visit::Desk;

/// The tables of this room.
pub const SCHEMA: store::Schema = store::Schema {
    room: "survey",
    steps: &[store::Step { version: 1, name: "invitations and answers", sql: include_str!("../schema/1.sql") }],
};

/// Every statement of this room, for the test that prepares them all on both engines.
pub const STATEMENTS: &[&[(&str, &str)]] = &[rows::STATEMENTS, figures::STATEMENTS, read::STATEMENTS];
