//! How a child grows, by the WHO Child Growth Standards (2006, 2007), 0 to 60 months.
//!
//! A measurement becomes a *z-score*: how many standard deviations it lies from the median of healthy children of that sex and
//! age. The method is WHO's (*Computation of centiles and z-scores*, 2006, chapter 7 of the standards): L, M and S by day of age or by tenth of
//! a centimetre, with the linear extension beyond ±3 for whatever has weight or fat in it, because few healthy children are out there to fit a curve to.
//!
//! tables (the published figures) → score (one child, one day) → file (a table of them)

mod file;
mod score;
mod tables;

pub use file::{FileError, Report, score_file};
pub use score::{Measurement, Posture, Score, Scores, Unscored, corrected_age, lines, score};
pub use tables::Standard;

/// The sex by which the standards are laid down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sex {
    /// A girl.
    Female,
    /// A boy.
    Male,
}
