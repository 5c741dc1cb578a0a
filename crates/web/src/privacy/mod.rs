//! Pages for the privacy officer: the disclosure log and its proof.

pub(crate) mod handlers;
pub mod log;
