//! How programmes live together: applied after the single results, to find what may lawfully be had at once.

mod rule;

pub use rule::{Choose, Kind, Rule, Scope, Side};
