//! The rule language: typed FEEL, three-valued, explained.

pub mod outcome;
pub mod schema;
