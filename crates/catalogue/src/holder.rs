//! The pack in force in a running server, and the older ones for older cases.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use rules::schema::Fault;

use crate::archive::{Archive, ArchiveError};
use crate::differences::{Change, differences};
use crate::pack::Pack;

/// The pack in force. Cheap to ask; a reload swaps it whole.
#[derive(Debug)]
pub struct Catalogue {
    current: RwLock<Arc<Pack>>,
    older: RwLock<HashMap<String, Arc<Pack>>>,
    archive: Archive,
}

/// A new version taken into force.
#[derive(Debug)]
pub struct Reloaded {
    /// What was in force before.
    pub old: Arc<Pack>,
    /// What is in force now.
    pub new: Arc<Pack>,
    /// Faults of severity warning.
    pub warnings: Vec<Fault>,
    /// What is different.
    pub changes: Vec<Change>,
}

/// Why a pack was not taken into force. What was in force before still is.
#[derive(Debug, thiserror::Error)]
pub enum ReloadError {
    /// The pack is faulty.
    #[error("the pack has {} faults and was refused whole; `hearth pack check` shows them", .0.len())]
    Faulty(Vec<Fault>),
    /// No copy could be kept, so that later cases could not be worked out again.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
}

impl Catalogue {
    /// Takes the pack at `dir` into force and keeps a copy of it.
    pub fn open(dir: &Path, archive: Archive) -> Result<(Catalogue, Vec<Fault>), ReloadError> {
        let loaded = Pack::load(dir).map_err(ReloadError::Faulty)?;
        archive.save(&loaded.pack)?;
        let current = RwLock::new(Arc::new(loaded.pack));
        Ok((Catalogue { current, older: RwLock::default(), archive }, loaded.warnings))
    }

    /// The pack in force.
    pub fn current(&self) -> Arc<Pack> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes the pack at `dir` into force, or refuses it whole and changes nothing.
    pub fn reload(&self, dir: &Path) -> Result<Reloaded, ReloadError> {
        let loaded = Pack::load(dir).map_err(ReloadError::Faulty)?;
        self.archive.save(&loaded.pack)?;
        let new = Arc::new(loaded.pack);
        let old = std::mem::replace(&mut *self.current.write().unwrap_or_else(PoisonError::into_inner), new.clone());
        let changes = differences(&old, &new);
        self.older.write().unwrap_or_else(PoisonError::into_inner).insert(old.content_hash().to_owned(), old.clone());
        Ok(Reloaded { old, new, warnings: loaded.warnings, changes })
    }

    /// The pack of an older case, by its content hash.
    pub fn by_hash(&self, hash: &str) -> Result<Arc<Pack>, ArchiveError> {
        let current = self.current();
        if current.content_hash() == hash {
            return Ok(current);
        }
        let known = self.older.read().unwrap_or_else(PoisonError::into_inner).get(hash).cloned();
        if let Some(pack) = known {
            return Ok(pack);
        }
        let pack = Arc::new(self.archive.load(hash)?);
        self.older.write().unwrap_or_else(PoisonError::into_inner).insert(hash.to_owned(), pack.clone());
        Ok(pack)
    }

    /// All hashes that can be asked for.
    pub fn hashes(&self) -> Result<Vec<String>, ArchiveError> {
        self.archive.hashes()
    }
}
