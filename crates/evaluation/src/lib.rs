//! Evaluation: what home visits did for families that agreed to be followed.
//!
//! * [`estimate`]: two groups made alike by weights and held against each other; pure.
//! * [`cohort`]: the families of a study of the pack, as they stand now.
//! * [`report`]: what is told of a study, once a quarter, with small numbers kept back.
//! * [`anonymous`]: rows in which nobody stands out; pure. [`export`]: the data for researchers, de-identified, as a table and as FHIR.
//!
//! Invariants: nobody is in a comparison or an export without a consent that stands on that day; a family that mourns is in neither;
//! what was told alone and what was written in words are read by nothing here; no group smaller than the study says is compared.

pub mod anonymous;
mod bulk;
pub mod cohort;
pub mod estimate;
pub mod export;
pub mod report;

pub use visit::Desk;

/// The tables of this room.
pub const SCHEMA: store::Schema = store::Schema {
    room: "evaluation",
    steps: &[store::Step { version: 1, name: "reports of studies", sql: include_str!("../schema/1.sql") }],
};

/// Every statement of this room, for the test that prepares them all on both engines.
pub const STATEMENTS: &[&[(&str, &str)]] = &[report::STATEMENTS];
