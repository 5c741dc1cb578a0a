//! Pages for the privacy officer: the disclosure log and its proof.

pub mod log;
