//! One binary: FEEL by data files, hostile input, models.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that cannot go on must fail")]

mod feel;
mod hostile;
mod models;
