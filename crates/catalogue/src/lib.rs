//! The catalogue: what a pack of plain files says about programmes, parameters, data items and life events.
//!
//! [`Pack::load`] reads a folder (docs/pack-format.md), finds every fault, and compiles the rules. Content is read from
//! disk at run time: no country, programme or agency is known to this code.

mod archive;
mod bring;
pub mod cases;
pub mod differences;
mod draw;
mod evaluate;
mod holder;
pub mod household;
pub mod identifier;
mod load;
pub mod model;
mod pack;
mod read;
mod report;
mod touched;

pub use archive::{Archive, ArchiveError};
pub use bring::{Brought, Wanted, bring};
pub use differences::{Change, differences};
pub use draw::draw;
pub use holder::{Catalogue, ReloadError, Reloaded};
pub use household::{GivenFact, HouseholdFile, MemberFile};
pub use pack::{Loaded, Pack};
pub use read::files::Files;
pub use report::{Question, check_report, explain_json, explain_report};
