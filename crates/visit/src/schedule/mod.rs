//! From a protocol and a family's dates, which visit is due when, and why: a pure function of both and of the day.
//!
//! family (dates, and whether they can be) → plan (windows and states) → fidelity (what was promised against what came)

mod compare;
mod family;
mod fidelity;
mod plan;

pub use compare::{Change, changes};
pub use family::{Child, Ending, Family, Impossible, Made};
pub use fidelity::{DoseState, Fidelity, fidelity};
pub use plan::{NotNeeded, Planned, State, Why, Window, schedule};
