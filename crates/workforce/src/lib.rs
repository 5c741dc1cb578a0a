//! The people who visit: how many families each has, what they have learnt, how they are supervised.
//!
//! * [`caseload`]: a nurse's families against the pack's ceilings, and whom to hand over where there are too many. [`handover`] does it.
//! * [`training`]: the ledger of courses attended; hours and competencies follow from it. [`cohort`]: courses held in a place on some days.
//! * [`supervision`]: sessions, observed visits, and what is overdue. [`reflection`]: what the two of a session write about it.
//! * [`team`]: who is in a supervisor's team.
//!
//! Invariants: a family that has a nurse has one on every day, and only one; hours are counted once a course, whoever writes them down in
//! how many parts; nobody confirms their own training; what two wrote about their supervision opens to these two and to nobody else,
//! whatever the tables say beside the seal.

pub mod caseload;
pub mod cohort;
mod fault;
pub mod handover;
pub mod reflection;
mod rows;
pub mod supervision;
pub mod team;
pub mod training;

pub use fault::Fault;
pub use visit::Desk;

/// The tables of this room.
pub const SCHEMA: store::Schema = store::Schema {
    room: "workforce",
    steps: &[store::Step { version: 1, name: "training and supervision", sql: include_str!("../schema/1.sql") }],
};

/// Every statement of this room, for the test that prepares them all on both engines.
pub const STATEMENTS: &[&[(&str, &str)]] = &[rows::STATEMENTS];
