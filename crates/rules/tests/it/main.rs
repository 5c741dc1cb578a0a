//! The rule language from outside: expressions as data, whole programmes, and properties.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that panics has failed")]

mod expressions;
mod programmes;
mod properties;
mod support;
