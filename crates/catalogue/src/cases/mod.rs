//! Worked cases: households with the results that the law gives them, held against the rules.

mod read;
mod run;

pub(crate) use read::read;
pub use read::{Case, Expected, ExpectedCombined, ExpectedValue};
pub use run::{CaseReport, Difference, FailedCase, run_cases};
