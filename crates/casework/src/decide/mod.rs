//! Decision: what is told to the family, by whom it was decided, and what follows from it.
//!
//! [`model`] holds the decision itself and what it needs (a second person, a hearing), [`notice`] the words, [`official`] what
//! officials do, [`object`] objections, reviews and court orders, [`way`] how often one may object and to whom, [`file`] the decision file and its replay.

pub mod file;
pub mod model;
pub mod notice;
pub mod object;
pub mod official;
pub(crate) mod put;
mod rows;
pub(crate) mod speak;
pub mod way;

pub use model::{Content, Decision, DecisionKind, DecisionStatus, Judgement, Override};
pub use notice::{Notice, Notices};
pub use put::{MADE, Made, Put};

pub(crate) use put::put;
pub(crate) use rows::{STATEMENTS, drop_prepared, in_force, of_case, one};
