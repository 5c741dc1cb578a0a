//! Studies of what visits did: what a mother agrees to, and what analysts and the office's lead are told.

pub mod own;
pub(crate) mod own_handlers;
pub mod report;
pub(crate) mod report_handlers;
