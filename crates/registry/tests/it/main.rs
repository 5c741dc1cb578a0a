//! The registry on real SQLite and, when a server is named, real PostgreSQL.

mod base;
mod protect;
mod search;
mod support;
