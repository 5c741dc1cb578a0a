//! The binary and the installation under faults: full disk, jumping clock, lost database, damaged files, hostile input.

mod clock;
mod damage;
mod disk_full;
#[path = "../../harness/mod.rs"]
mod harness;
mod hostile;
mod lost_database;
mod requests;
