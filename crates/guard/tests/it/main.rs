//! The guard as others use it: decisions against a table an auditor can read, the log against tampering and crashes,
//! seals, accounts and sessions on both databases.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests; the exemption for tests does not reach them"
)]

mod accounts;
mod log;
mod matrix;

mod reveal;
mod support;
