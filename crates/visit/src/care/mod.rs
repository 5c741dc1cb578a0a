//! Case management: a family with complex needs, the steps of its country, and one plan over several agencies.
//!
//! A case is what was done in it, act by act ([`act::Act`]); how it stands follows from that ([`case::Case::with`]), so a correction
//! is another act and the first stays. [`case`] and [`plan`] are pure; [`open`] and [`act`] write, [`read`] shows, under seal.
//!
//! Invariants: nothing closes with a goal or an action open; an agreement holds for the plan as it stood; an agency sees its own part,
//! while the family wants it to take part, and no longer. What was told alone cannot come in here: this module reads no table of it.

pub mod act;
pub mod case;
pub mod open;
pub mod plan;
pub mod read;
pub mod remind;
pub(crate) mod rows;
