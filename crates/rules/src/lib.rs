//! The rule language: typed FEEL, three-valued, explained.

pub mod combine;
pub mod outcome;
pub mod schema;
