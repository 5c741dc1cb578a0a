//! After the decision: changes a person must report, reminders before something ends, families that do not answer, complaints about how somebody was
//! treated, one question after a decision, and the figures that say how it went.

pub mod grievance;
pub mod holder;
pub mod refused;
pub mod remind;
pub mod report;
pub mod satisfaction;
pub mod silent;
pub mod uptake;

/// The longest words a person can send with a report, a complaint or an answer, in characters.
pub const MOST_WORDS: usize = 2_000;

/// Fewer people than this are never shown as a number: they could be recognised.
pub const FEWEST: i64 = 5;

/// What somebody typed, trimmed; `None` when it is empty, the error tells how long it is when it is too long.
pub(crate) fn words_of(typed: &str) -> Result<Option<&str>, usize> {
    let typed = typed.trim();
    match typed.chars().count() {
        0 => Ok(None),
        n if n > MOST_WORDS => Err(n),
        _ => Ok(Some(typed)),
    }
}
