//! Indicators of home visiting: how many families are reached, in time, with what they were promised, and what came of it.
//!
//! * What is counted stands in the pack (`indicators.toml`). [`columns`]: families and visits as columns without names. [`mod@count`]: one pass over
//!   them. [`mod@publish`]: what of it may be told. [`income`]: to which fifth of income a family belongs, kept without the sum. [`round`]: each night all of it anew from the records. [`read`]: what was made of it.
//! * [`cases`]: worked cases of a pack.
//!
//! Invariants: what a mother told alone is in no figure, nor are discreet referrals, nor families that mourn but in that of deaths; the
//! table of figures holds what may be told and nothing else; no figure of few, nor what it could be worked out from, nor of a
//! period in which records still come in.

pub mod cases;
pub mod columns;
pub mod count;
pub mod income;
pub mod period;
pub mod publish;
pub mod read;
pub mod round;

/// The tables of this room.
pub const SCHEMA: store::Schema = store::Schema {
    room: "indicator",
    steps: &[
        store::Step { version: 1, name: "figures that may be told", sql: include_str!("../schema/1.sql") },
        store::Step { version: 2, name: "fifths of income", sql: include_str!("../schema/2.sql") },
    ],
};

/// Every statement of this room, for the test that prepares them all on both engines.
pub fn statements() -> Vec<&'static [(&'static str, &'static str)]> {
    vec![round::STATEMENTS, round::ADD.statements(), read::STATEMENTS, income::STATEMENTS]
}
