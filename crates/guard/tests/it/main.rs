//! The guard as others use it: decisions against a table an auditor can read, the log against tampering and crashes,
//! seals, accounts and sessions on both databases.

mod accounts;
mod log;
mod matrix;

mod reveal;
mod support;
