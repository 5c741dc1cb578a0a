//! The rule language from outside: expressions as data, whole programmes, and properties.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that panics has failed")]

mod agree;
mod columns;
mod expressions;
mod people;
mod programmes;
mod properties;
mod support;
mod tables;
