//! The border as other agencies meet it: real HTTP on loopback, to agencies that behave well and badly.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that fails says so by panicking"
)]

mod answers;
mod behaviours;
mod breaker;
mod callbacks;
mod document;
mod links;
mod local;
mod orders;
mod secrets;
mod settings;
mod tls;
mod tokens;
mod town;
