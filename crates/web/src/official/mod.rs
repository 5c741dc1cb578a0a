//! Pages for counter officials and caseworkers.

pub(crate) mod duplicate_handlers;
pub mod duplicates;
pub mod event;
pub(crate) mod event_handlers;
pub(crate) mod handlers;
pub mod household;
pub mod mending;
pub(crate) mod mending_handlers;
pub mod search;
