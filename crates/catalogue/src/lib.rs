//! The catalogue: what a pack of plain files says about programmes, parameters, data items and life events.
//!
//! [`Pack::load`] reads a folder (docs/pack-format.md), finds every fault, and compiles the rules. Content is read from
//! disk at run time: no country, programme or agency is known to this code.

mod load;
pub mod model;
mod pack;
mod read;

pub use pack::{Loaded, Pack};
pub use read::files::Files;
