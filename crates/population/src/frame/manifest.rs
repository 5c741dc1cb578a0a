//! The manifest of a snapshot: what it is of, and what its files hold.

use std::fs;
use std::path::Path;

use kernel::{Date, Instant};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::fault::FrameError;
use super::shape::Shape;

/// The version of the format written here.
pub const FORMAT: u32 = 1;

/// `manifest.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of the format.
    pub format: u32,
    /// Content hash of the pack under which it was written.
    pub pack: String,
    /// Where the households come from, in words.
    pub origin: String,
    /// The instant as of which it is consistent.
    pub as_of: Instant,
    /// The civil day of the facts.
    pub day: Date,
    /// Which key made the pseudonyms.
    pub keys: String,
    /// How many households.
    pub households: u64,
    /// How many persons.
    pub persons: u64,
    /// How many awards in force.
    pub awards: u64,
    /// The columns.
    pub shape: Shape,
    /// Of an installation's own snapshot: the patience with old facts, in days beyond their freshness.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grace_days: Option<u32>,
    /// Of an installation's own snapshot: its blocks, so that a later one can take over what did not change.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blocks: Vec<Block>,
    /// The parts, by name.
    pub parts: Vec<PartEntry>,
}

/// Households that are written, or taken over, together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// Its number; the second in the names of its parts.
    pub number: u16,
    /// SHA-256 over the pseudonyms of its households, in order, hex.
    pub root: String,
    /// Households left out and facts held as unknown.
    pub faults: usize,
}

/// One part: households of one size.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartEntry {
    /// Its files are `NAME.households.parquet`, `NAME.persons.parquet`, `NAME.awards.parquet`.
    pub name: String,
    /// Members of each household.
    pub size: usize,
    /// How many households.
    pub households: usize,
    /// How many awards.
    pub awards: usize,
    /// SHA-256 of the three files, hex.
    pub hashes: [String; 3],
}

impl PartEntry {
    /// The number of the writer, or block, that wrote it.
    pub fn block(&self) -> Option<u16> {
        self.name.split('-').nth(1)?.parse().ok()
    }
}

impl Manifest {
    pub(crate) const FILE: &'static str = "manifest.json";

    /// Reads the manifest of a folder.
    pub fn read(dir: &Path) -> Result<Manifest, FrameError> {
        let file = dir.join(Manifest::FILE);
        let fault = |why: String| FrameError::File { file: file.clone(), why };
        let text = fs::read_to_string(&file).map_err(|e| fault(e.to_string()))?;
        let head: Head = serde_json::from_str(&text).map_err(|e| fault(e.to_string()))?;
        if head.format != FORMAT {
            return Err(FrameError::Format { file, found: head.format, expected: FORMAT });
        }
        serde_json::from_str(&text).map_err(|e| fault(e.to_string()))
    }

    pub(crate) fn write(&self, dir: &Path) -> Result<(), FrameError> {
        let file = dir.join(Manifest::FILE);
        let fault = |why: String| FrameError::File { file: file.clone(), why };
        let text = serde_json::to_string_pretty(self).map_err(|e| fault(e.to_string()))?;
        // Written beside and then put in place: a folder has its whole manifest or none.
        let beside = dir.join("manifest.json.new");
        fs::write(&beside, text).and_then(|()| fs::rename(&beside, &file)).map_err(|e| fault(e.to_string()))
    }

    /// One hash for all that the snapshot says: the same for the same households in the same parts.
    pub fn content_hash(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(format!("{} {} {} {}\n", self.format, self.pack, self.as_of.micros(), self.day));
        for part in &self.parts {
            hash.update(format!("{} {} {} {}\n", part.name, part.size, part.households, part.hashes.join(" ")));
        }
        hex::encode(hash.finalize())
    }
}

#[derive(Deserialize)]
struct Head {
    format: u32,
}
