//! Keeps a copy of every accepted pack, so that an old case can be worked out again under its own rules years later.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use rules::schema::Fault;

use crate::pack::Pack;
use crate::read::files::Files;

/// Packs by content hash below one folder.
#[derive(Clone, Debug)]
pub struct Archive {
    root: PathBuf,
}

/// Why a pack could not be kept or found.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// A folder or file could not be written or read.
    #[error("{what} {path}: {why}; see to the disk and its rights, then try again")]
    Disk {
        /// What was tried.
        what: &'static str,
        /// Where.
        path: PathBuf,
        /// What the system said.
        why: std::io::Error,
    },
    /// No pack of this hash was ever kept here.
    #[error("no pack with the hash {0} is kept here: restore it from a backup of the data folder")]
    Unknown(String),
    /// What is kept is not what was put there.
    #[error("the kept pack {expected} has been altered (its hash is now {found}): restore it from a backup")]
    Altered {
        /// The hash asked for.
        expected: String,
        /// The hash of what is there.
        found: String,
    },
    /// This version of the program cannot read the kept pack.
    #[error("the kept pack {hash} does not load any more: {} faults, the first: {}", .faults.len(), first(.faults))]
    Faulty {
        /// The hash asked for.
        hash: String,
        /// Why.
        faults: Vec<Fault>,
    },
}

fn first(faults: &[Fault]) -> String {
    faults.first().map(|f| format!("{}:{}: {}", f.file, f.line, f.message)).unwrap_or_default()
}

fn disk(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> ArchiveError {
    let path = path.to_owned();
    move |why| ArchiveError::Disk { what, path, why }
}

impl Archive {
    /// Packs are kept in `<data>/packs/<hash>/`.
    pub fn within(data: &Path) -> Archive {
        Archive { root: data.join("packs") }
    }

    /// Keeps a copy; nothing happens when it is there already. A copy is whole or not there: it is written beside and
    /// then renamed.
    pub fn save(&self, pack: &Pack) -> Result<(), ArchiveError> {
        let target = self.root.join(pack.content_hash());
        if target.is_dir() {
            return Ok(());
        }
        let beside = self.root.join(format!(".{}.{}", pack.content_hash(), std::process::id()));
        if beside.exists() {
            fs::remove_dir_all(&beside).map_err(disk("cannot clear", &beside))?;
        }
        for (path, bytes) in pack.files().iter() {
            write(&beside.join(path), bytes)?;
        }
        sync(&beside)?;
        if let Err(why) = fs::rename(&beside, &target) {
            let _ = fs::remove_dir_all(&beside);
            if !target.is_dir() {
                return Err(disk("cannot write", &target)(why));
            }
        }
        sync(&self.root)
    }

    /// The pack with this hash, checked to be what was kept.
    pub fn load(&self, hash: &str) -> Result<Pack, ArchiveError> {
        let is_hash = hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        let dir = self.root.join(hash);
        if !is_hash || !dir.is_dir() {
            return Err(ArchiveError::Unknown(hash.chars().take(64).collect()));
        }
        let faulty = |faults| ArchiveError::Faulty { hash: hash.to_owned(), faults };
        let files = Files::read(&dir).map_err(faulty)?;
        let found = files.hash();
        if found != hash {
            return Err(ArchiveError::Altered { expected: hash.to_owned(), found });
        }
        Pack::from_files(files).map(|loaded| loaded.pack).map_err(faulty)
    }

    /// The hashes of all packs kept, sorted.
    pub fn hashes(&self) -> Result<Vec<String>, ArchiveError> {
        if !self.root.is_dir() {
            return Ok(Vec::new());
        }
        let entries = fs::read_dir(&self.root).map_err(disk("cannot read", &self.root))?;
        let names = entries.filter_map(|e| e.ok()?.file_name().into_string().ok());
        let mut hashes: Vec<String> = names.filter(|n| !n.starts_with('.')).collect();
        hashes.sort();
        Ok(hashes)
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), ArchiveError> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(disk("cannot make the folder", folder))?;
    }
    let mut file = File::create(path).map_err(disk("cannot write", path))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(disk("cannot write", path))
}

/// Makes names durable, where the system lets a folder be opened.
fn sync(folder: &Path) -> Result<(), ArchiveError> {
    match File::open(folder) {
        Ok(open) => open.sync_all().map_err(disk("cannot write", folder)),
        Err(_) => Ok(()),
    }
}
