//! The bytes of a pack: read once, then everything else is pure.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use rules::schema::{Fault, Origin};
use sha2::{Digest, Sha256};

use super::fault::Faults;

/// Larger files are refused: no file an official diffs is that large.
const MAX_FILE_BYTES: u64 = 16 * 1024 * 1024;

/// All files of a pack by their path with `/`, relative to the pack's folder.
#[derive(Clone, Debug, Default)]
pub struct Files(BTreeMap<String, Vec<u8>>);

impl Files {
    /// Files from memory: tests, an upload.
    pub fn from_entries(entries: impl IntoIterator<Item = (String, Vec<u8>)>) -> Files {
        Files(entries.into_iter().collect())
    }

    /// Everything below `dir`, hidden files and folders left out.
    pub fn read(dir: &Path) -> Result<Files, Vec<Fault>> {
        let faults = Faults::default();
        let mut files = BTreeMap::new();
        read_folder(dir, "", &mut files, &faults);
        if faults.refuse() { Err(faults.sorted()) } else { Ok(Files(files)) }
    }

    /// The bytes of one file.
    pub fn get(&self, path: &str) -> Option<&[u8]> {
        self.0.get(path).map(Vec::as_slice)
    }

    /// Paths and bytes in the order of the paths.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice()))
    }

    /// Puts one file in place of what was there.
    pub fn put(&mut self, path: impl Into<String>, bytes: impl Into<Vec<u8>>) {
        self.0.insert(path.into(), bytes.into());
    }

    /// Takes one file out.
    pub fn take(&mut self, path: &str) -> Option<Vec<u8>> {
        self.0.remove(path)
    }

    /// SHA-256 over paths, lengths and bytes, in hex: the version of the pack.
    pub fn hash(&self) -> String {
        let mut hash = Sha256::new();
        for (path, bytes) in &self.0 {
            for part in [path.as_bytes(), bytes] {
                hash.update((part.len() as u64).to_be_bytes());
                hash.update(part);
            }
        }
        hex::encode(hash.finalize())
    }
}

fn read_folder(dir: &Path, prefix: &str, files: &mut BTreeMap<String, Vec<u8>>, faults: &Faults) {
    let at = |path: &str| Origin { file: Arc::from(if path.is_empty() { "." } else { path }), line: 1, column: 1 };
    let cannot = |path: &str, why: String| {
        faults.error("cannot-read", &at(path), format!("cannot be read: {why}"), "a readable file or folder", "");
    };
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(why) => return cannot(prefix, why.to_string()),
    };
    for entry in entries {
        let entry = match entry {
            Ok(entry) => entry,
            Err(why) => return cannot(prefix, why.to_string()),
        };
        let Some(name) = entry.file_name().to_str().map(str::to_owned) else {
            cannot(prefix, "a file name here is not valid text".to_owned());
            continue;
        };
        if name.starts_with('.') {
            continue;
        }
        let path = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
        match std::fs::metadata(entry.path()) {
            Err(why) => cannot(&path, why.to_string()),
            Ok(meta) if meta.is_dir() && path.matches('/').count() > 4 => {
                cannot(&path, "folders are too deep".to_owned())
            }
            Ok(meta) if meta.is_dir() => read_folder(&entry.path(), &path, files, faults),
            Ok(meta) if meta.len() > MAX_FILE_BYTES => cannot(&path, format!("larger than {MAX_FILE_BYTES} bytes")),
            Ok(_) => match std::fs::read(entry.path()) {
                Ok(bytes) => drop(files.insert(path, bytes)),
                Err(why) => cannot(&path, why.to_string()),
            },
        }
    }
}
