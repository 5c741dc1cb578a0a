//! The catalogue as a whole, on packs on disk.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that panics has failed, as it should"
)]

mod ahead;
mod cases;
mod columns;
mod dialects;
mod explaining;
mod faults;
mod households;
mod loading;
mod process;
mod sql;
mod tables;
mod together;
mod versions;
