//! Cases: one programme applied for by one subject, from the application to the decision and every time it is looked at
//! again. [`open`] is where applications end; [`advance`] takes a case as far as it goes without a human being.

pub mod absence;
pub mod advance;
pub mod extend;
pub mod give;
pub mod model;
pub mod open;
pub mod reopen;
pub mod reserve;
pub mod rows;
pub mod view;
pub mod worklist;

pub use model::{Case, Channel, Stage, Step, StepKind, Task, TaskKind, TaskStatus};
pub use rows::Actor;
