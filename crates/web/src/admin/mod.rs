//! Pages for whoever runs the system.

pub(crate) mod account_acts;
pub(crate) mod account_handlers;
pub mod accounts;
pub(crate) mod handlers;
pub mod import;
