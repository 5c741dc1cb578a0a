//! The snapshot of a population: a folder of Parquet files and a manifest.
//!
//! Households stand in buckets by size. A *part* is up to [`PART`] households of one size, in three files: `NAME.households`,
//! `NAME.persons`, `NAME.awards` (`.parquet`). Households have a row each. Persons stand in batches of 2,048 households,
//! slot by slot: within a batch of *n* households the *s*-th member of the *r*-th is row `s × n + r`, so a batch is columns
//! that the machine takes as they are. An item of the pack that some rule reads is a column: truths, whole numbers, dates,
//! decimals to six places, texts, and codes as their places in the list that the manifest repeats. No value means that
//! nothing is recorded; what is *stated* to be unknown stands in the list `_unknown`, what is older than its law allows in
//! `_stale`. Awards in force stand beside them, so that what is paid can be held against what is due.
//!
//! ```text
//! let folder = Folder::create(dir, Header { pack: &pack, day, as_of, keys: "…".into(), origin: "…".into() })?;
//! let mut writer = folder.writer(0)?;            // one a thread; each has a number of its own
//! let mut family = folder.family();
//! let born = folder.shape().column(Entity::Person, "birth_date");
//! family.start(key);                             // empties it
//! let mother = family.member(key_of_mother)?;
//! let child = family.member(key_of_child)?;
//! family.parent(child, mother)?;
//! family.set(Some(child), born, Cell::Date(day))?;
//! writer.push(&family)?;
//! folder.finish(writer.finish()?)?;              // the parts of all writers; writes the manifest
//! ```

mod bucket;
mod check;
mod family;
mod fault;
mod homes;
mod manifest;
mod part;
mod read;
mod shape;
mod write;

pub use family::{Award, Cell, Family};
pub use fault::{FamilyFault, FrameError, Misfit, Where};
pub use homes::TwoHomes;
pub use manifest::{Block, FORMAT, Manifest, PartEntry};
pub(crate) use part::per_of;
pub use part::{Chunk, GivenAward, Part};
pub use read::Reader;
pub use shape::{Column, Kind, Shape};
pub use write::{Folder, Header, Writer};
pub(crate) use write::{Sheet, per_number};

/// A pseudonym of a person or household. Who holds the key by which it was made can turn it back; nobody else.
pub type Key = [u8; 16];

/// Most households of a part.
pub const PART: usize = 64 * BATCH;

/// Households of a batch: as many as the machine takes at once.
pub const BATCH: usize = rules::columns::ROWS;

/// Households of a row group.
pub(crate) const GROUP: usize = 16 * BATCH;

/// Decimals are kept as whole numbers over this.
pub const MILLION: i64 = 1_000_000;

pub(crate) fn key_text(key: &Key) -> String {
    hex::encode(key)
}
