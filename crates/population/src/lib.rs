//! The nation in columns: snapshots of a population as Parquet, and what is worked out over them.
//!
//! [`frame`] is the snapshot: a folder that anybody may write ([`frame::Folder`]) and that is read column by column
//! ([`frame::Reader`]) straight into `rules::columns`. Persons and households are pseudonyms here.
//! [`run`] works all programmes of a day out and holds them against what is paid; [`findings`] reads what came of it.
//! [`live`] takes a snapshot of the registry.
//! [`whatif`] works a changed pack out beside the one in force; [`scenario`] keeps what was changed, compared and published.

pub mod export;
pub mod findings;
pub mod frame;
pub mod live;
pub mod run;
pub mod scenario;
pub mod whatif;
