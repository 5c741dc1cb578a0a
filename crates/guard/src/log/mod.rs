//! The disclosure log: who looked at whom, when, why, under which law. Append-only files, a Merkle tree over them, and
//! signed checkpoints, so that no entry can be changed, removed or moved without being found.
//!
//! On disk, one folder a year:
//!
//! ```text
//! log/vkey                 the public key of the checkpoints (C2SP signed-note verifier key)
//! log/2026/000000.seg      records: length, envelope, ciphertext, leaf hash; 64 MiB a file
//! log/2026/acknowledged    signed note of the latest acknowledged size and root, overwritten with every batch
//! log/2026/checkpoints     signed notes, each naming the hash of the one before
//! keys/log-2026.keys       the year's key and the data keys it wraps; apart from the log, with its own backup
//! ```
//!
//! Invariants: an entry is acknowledged only after its bytes and its data key are on disk; nothing acknowledged is
//! ever cut off; the derived index (by subject tag) is rebuilt from the segments at every start; a write that failed leaves the
//! log as before, an fdatasync that failed stops it until a restart has read everything back.

mod chain;
mod entry;
mod error;
mod note;
mod segment;
mod trail;
mod tree;
mod verify;
mod writer;
mod year;
mod year_keys;

pub use entry::{Body, Class, Entry, Envelope, Receipt};
pub use error::LogError;
pub use note::{Checkpoint, VerifierKey};
pub use trail::{Inclusion, LogRow, Position, Trail, TrailEntry, Withheld};
pub use tree::{Crown, Hash, Tree, empty_root, leaf_hash, node_hash, verify_consistency, verify_inclusion};
pub use verify::{Damage, Trust, Verified, VerifiedYear, verify};
pub use writer::{BatchRate, Log, measure};

/// The log's name in checkpoints; the year follows after a slash.
pub(crate) const NAME: &str = "hearth-disclosure-log";
/// The file with the public key.
const VKEY: &str = "vkey";
/// The file with the latest acknowledged size and root.
const MARK: &str = "acknowledged";
/// The file with the chain of checkpoints.
const CHECKPOINTS: &str = "checkpoints";
