//! What can go wrong with the log.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::keys::KeyError;

/// Why the log could not be opened, written or read. Clones share the system's own error.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LogError {
    /// The system refused to read or write a file.
    #[error("{path}: {source}; free space or repair the disk and try again")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: Arc<std::io::Error>,
    },
    /// Keys could not be made.
    #[error(transparent)]
    Keys(Arc<KeyError>),
    /// The key file does not fit.
    #[error("{0} is damaged or belongs to another installation: restore it from the key backup")]
    KeysDamaged(PathBuf),
    /// What is on disk is not what was acknowledged; opening would hide it.
    #[error(
        "the disclosure log of {year} in {dir} is damaged and will not be opened: {what}. Keep a copy for the auditor, then restore the folder from the backup"
    )]
    Damaged {
        /// The year.
        year: i16,
        /// Its folder.
        dir: PathBuf,
        /// What was found.
        what: String,
    },
    /// An entry too long to be kept.
    #[error("the log entry is too long: {length} bytes, at most {most}; shorten the reason or the list of items")]
    TooLong {
        /// Its length.
        length: usize,
        /// The longest.
        most: usize,
    },
    /// The year's log cannot take more people.
    #[error("the log of {0} is full")]
    Full(i16),
    /// Entries are still written into the year.
    #[error("the log of {0} is written into: only a year that is over can be erased as a whole")]
    NotOver(i16),
    /// An earlier fdatasync failed; nobody knows what is on disk until everything is read back at the next start.
    #[error(
        "the disclosure log stopped after the disk failed to keep its data; nothing is disclosed until a restart has checked it"
    )]
    Stopped,
    /// Another process has the log open.
    #[error("{0} is in use by another process: one server writes a log at a time")]
    InUse(PathBuf),
    /// A decision of another kind was given where the one to view the log was needed.
    #[error("reading the log needs a decision on view_log")]
    NotForTheLog,
}

impl LogError {
    pub(super) fn io(path: &Path, source: std::io::Error) -> Self {
        LogError::Io { path: path.to_owned(), source: Arc::new(source) }
    }
}

impl From<KeyError> for LogError {
    fn from(error: KeyError) -> Self {
        LogError::Keys(Arc::new(error))
    }
}
