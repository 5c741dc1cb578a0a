//! The registry on real SQLite and, when a server is named, real PostgreSQL.

mod base;
mod import;
mod merge;
mod protect;
mod random;
mod search;
mod support;
