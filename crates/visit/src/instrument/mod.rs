//! What is asked and what follows from the answers: pure functions of an instrument of the pack.
//!
//! answers (may be given, are asked) → score (points, level of need, what cannot wait) → cases (worked examples of a pack)

mod answers;
pub mod cases;
mod score;

pub use answers::{Answer, AnswerFault, Answers, MOST_CHARACTERS, accepted, asked, fits};
pub use score::{Counted, Scored, score};
