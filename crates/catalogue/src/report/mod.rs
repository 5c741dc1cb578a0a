//! What is printed for people and programs.

mod check;

pub use check::check_report;
