//! What must be so about home visits, with real figures.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod growth;
mod schedule;
