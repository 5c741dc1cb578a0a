//! The binary and the installation under faults: full disk, jumping clock, lost database, damaged files, hostile input.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on must fail"
)]

mod clock;
mod commands;
mod damage;
mod disk_full;
mod drill;
mod export;
mod flow;
#[path = "../../harness/mod.rs"]
mod harness;
mod hostile;
mod lost_database;
mod operator;
mod parked;
mod past;
mod population;
mod reminders;
mod requalify_api;
mod requests;
mod restored;
mod surveys;
mod travel;
mod workers;
