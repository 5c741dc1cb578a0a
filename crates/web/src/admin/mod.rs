//! Pages for whoever runs the system.

pub(crate) mod handlers;
pub mod import;
