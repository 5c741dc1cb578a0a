//! Nurses at the door: what a home visit measures, and when it is due.
//!
//! * [`growth`]: the World Health Organization's growth standards.
//!
//! Nothing in here reads a clock or a database.

pub mod growth;
