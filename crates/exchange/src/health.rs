//! What an operator sees of one agency's link.

use kernel::Instant;
use serde::Serialize;

use crate::breaker::Link;

/// The state of one agency's link since this process began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Health {
    /// The agency.
    pub agency: String,
    /// Whether calls pass.
    #[serde(flatten)]
    pub link: Link,
    /// Calls on their way.
    pub under_way: usize,
    /// What came of calls.
    pub counts: Counts,
    /// When a call last worked.
    pub last_worked: Option<Instant>,
    /// When one last failed, and how.
    pub last_trouble: Option<(Instant, String)>,
}

/// What came of calls since this process began: questions and orders, asked, looked at again and pushed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Answers and confirmations that passed every check.
    pub answered: u64,
    /// Not yet.
    pub pending: u64,
    /// Refusals.
    pub refused: u64,
    /// Answers that must not be used.
    pub faulty: u64,
    /// Calls that brought nothing.
    pub unavailable: u64,
}

impl Counts {
    pub(crate) fn count(&mut self, word: &str) {
        let count = match word {
            "answered" | "confirmed" => &mut self.answered,
            "pending" => &mut self.pending,
            "refused" => &mut self.refused,
            "faulty" => &mut self.faulty,
            _ => &mut self.unavailable,
        };
        *count += 1;
    }
}
