//! Nurses at the door: what a home visit measures, and when it is due.
//!
//! * [`schedule`]: from a protocol of the pack and a family's dates, which visit is due when, and why; and whether families got
//!   what was promised. [`cases`] runs a pack's worked cases of it, [`words`] says it in a person's language.
//! * [`growth`]: the World Health Organization's growth standards.
//!
//! Nothing in here reads a clock or a database.

pub mod cases;
pub mod growth;
pub mod schedule;
pub mod words;
