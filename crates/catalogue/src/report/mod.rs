//! What is printed for people and programs.

mod check;
mod explain;
mod json;
mod words;

use kernel::Date;

pub use check::check_report;
pub use explain::explain_report;
pub use json::explain_json;

/// The day asked about and, where it differs, the day of the claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Question {
    /// The day asked about.
    pub on: Date,
    /// The day of the claim; `None`: the day asked about.
    pub claim: Option<Date>,
}

impl From<Date> for Question {
    fn from(on: Date) -> Question {
        Question { on, claim: None }
    }
}

impl From<(Date, Option<Date>)> for Question {
    fn from((on, claim): (Date, Option<Date>)) -> Question {
        Question { on, claim }
    }
}
