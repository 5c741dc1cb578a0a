//! The population room: snapshots written, read back and run, equal to the explaining evaluator.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    unreachable_pub,
    reason = "tests may panic, and say where"
)]

#[allow(dead_code, reason = "other tests use the rest of this file")]
#[path = "../../../rules/tests/it/agree.rs"]
mod agree;
#[allow(dead_code, reason = "other tests use the rest of this file")]
#[path = "../../../rules/tests/it/people.rs"]
mod people;

mod faults;
mod frames;
mod live;
#[allow(dead_code, reason = "other tests use the rest of this file")]
#[path = "../../../casework/tests/it/desk.rs"]
mod office;
mod runs;
mod scenario;
mod town;
mod what_if;
