//! Pages for counter officials and caseworkers.

pub mod duplicates;
pub mod event;
pub mod household;
pub mod imports;
pub mod search;
