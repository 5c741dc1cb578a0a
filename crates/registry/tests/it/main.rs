//! The registry on real SQLite and, when a server is named, real PostgreSQL.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on must fail")]

mod base;
mod import;
mod merge;
mod protect;
mod random;
mod search;
mod support;
