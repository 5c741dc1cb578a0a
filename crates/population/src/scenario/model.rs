//! Types, and what may be done when.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use catalogue::{Files, Loaded, Pack};
use kernel::{AccountId, ComparisonId, Instant, ScenarioId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use store::{AsConflict, StoreError};

/// A word of the database that this program does not know.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is no stage of a scenario or comparison that this program knows")]
pub struct UnknownWord(String);

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $value:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $word)] $value,)* }

        impl $name {
            /// The word.
            pub const fn word(self) -> &'static str {
                match self { $($name::$value => $word,)* }
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(self.word()) }
        }
        impl FromStr for $name {
            type Err = UnknownWord;
            fn from_str(text: &str) -> Result<Self, UnknownWord> {
                match text { $($word => Ok($name::$value),)* _ => Err(UnknownWord(text.chars().take(40).collect())) }
            }
        }
    };
}

words! {
    /// How far a scenario is.
    Stage {
        /// It is being written.
        Draft = "draft",
        /// Somebody else looks at it; nobody changes it.
        Submitted = "submitted",
        /// It became a version of the pack.
        Published = "published",
        /// It is kept, and nobody goes on with it.
        Discarded = "discarded",
    }
}

words! {
    /// How far a comparison is.
    Progress {
        /// No worker has taken it yet.
        Waiting = "waiting",
        /// It runs.
        Running = "running",
        /// It is there.
        Done = "done",
        /// It cannot be made; it says why.
        Failed = "failed",
    }
}

/// A scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scenario {
    /// Its id.
    pub id: ScenarioId,
    /// What its author calls it.
    pub name: String,
    /// Content hash of the pack under it.
    pub base: String,
    /// How far it is.
    pub stage: Stage,
    /// Who began it.
    pub author: (AccountId, String),
    /// When it began.
    pub made_at: Instant,
    /// When it was last changed.
    pub changed_at: Instant,
    /// Who submitted it.
    pub submitter: Option<(AccountId, String)>,
    /// Who published it, or sent it back.
    pub approver: Option<(AccountId, String)>,
    /// What they said.
    pub said: Option<String>,
    /// Content hash of the pack it became.
    pub published: Option<String>,
    /// The changed files, and who last changed each.
    pub files: BTreeMap<String, (String, AccountId)>,
}

/// A comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// Its id.
    pub id: ComparisonId,
    /// Its scenario.
    pub scenario: ScenarioId,
    /// What the scenario was called then.
    pub name: String,
    /// Content hash of the pack under it.
    pub base: String,
    /// Hash of the changed files: whether the scenario was changed since.
    pub content: String,
    /// How far it is.
    pub progress: Progress,
    /// When it was asked for.
    pub asked_at: Instant,
    /// When it ended.
    pub ended_at: Option<Instant>,
    /// Households of the snapshot, and how many are done.
    pub households: (u64, u64),
    /// What may be shown of it.
    pub report: Option<crate::whatif::Report>,
    /// Why it failed.
    pub why: Option<String>,
}

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// No such scenario or comparison.
    #[error("there is no such scenario or comparison")]
    Absent,
    /// It is at another stage.
    #[error("the scenario is {is}: this needs one that is {needs}")]
    Stage {
        /// Where it is.
        is: Stage,
        /// Where it should be.
        needs: Stage,
    },
    /// A name is missing or too long.
    #[error("a name has 1 to 100 characters")]
    Name,
    /// No file of the pack that a scenario may change.
    #[error("{0}: a scenario changes programmes, parameters, definitions, tables, combination rules and worked cases")]
    Path(String),
    /// The files do not make a pack.
    #[error("the pack as changed has {} faults", .0.len())]
    Faulty(Vec<rules::schema::Fault>),
    /// Nothing is changed.
    #[error("nothing is changed: there is nothing to publish")]
    Unchanged,
    /// Worked cases do not hold under the changed rules.
    #[error("{} worked cases do not hold any more: change them with the rules", .0.len())]
    Cases(Vec<catalogue::cases::FailedCase>),
    /// The pack in force is not the one under the scenario.
    #[error("the pack in force has changed since the scenario began: copy it to the new one")]
    Moved,
    /// The folder of the pack is not what is in force.
    #[error("the pack's folder holds changes that are not in force: reload it or put it back first")]
    Folder,
    /// Whoever wrote in it does not publish it.
    #[error("whoever wrote in a scenario or submitted it does not publish it: somebody else has to")]
    OwnWork,
    /// The folder cannot be written.
    #[error("{file}: {why}; nothing was published")]
    Disk {
        /// The file.
        file: String,
        /// What the system says.
        why: std::io::Error,
    },
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AsConflict for Fault {
    fn is_conflict(&self) -> bool {
        matches!(self, Fault::Store(e) if e.is_conflict())
    }
}

/// What a scenario may change: folders and single files of a pack.
const FOLDERS: [(&str, &str); 5] = [
    ("programmes/", ".toml"),
    ("parameters/", ".csv"),
    ("definitions/", ".toml"),
    ("tables/", ".dmn"),
    ("cases/", ".yaml"),
];
const FILES: [&str; 3] = ["parameters.toml", "combinations.toml", "measures.toml"];

/// Whether a scenario may change a file of this path. No path leaves the pack's folder.
pub(crate) fn may_change(path: &str) -> bool {
    let plain =
        |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    let in_folder = FOLDERS.iter().any(|(folder, ending)| {
        path.strip_prefix(folder).and_then(|rest| rest.strip_suffix(ending)).is_some_and(plain)
    });
    in_folder || FILES.contains(&path)
}

impl Scenario {
    /// Files of the base that a scenario may change.
    pub fn changeable(base: &Pack) -> impl Iterator<Item = &str> {
        base.files().iter().map(|(path, _)| path).filter(|path| may_change(path))
    }

    /// The files of the base with the changed ones in their place.
    pub fn laid_over(&self, base: &Pack) -> Files {
        let mut files = base.files().clone();
        for (path, (content, _)) in &self.files {
            files.put(path.clone(), content.as_bytes());
        }
        files
    }

    /// The pack as changed, checked whole.
    pub fn pack(&self, base: &Pack) -> Result<Loaded, Fault> {
        Pack::from_files(self.laid_over(base)).map_err(Fault::Faulty)
    }

    /// Hash of the changed files, hex.
    pub fn content(&self) -> String {
        let mut hash = Sha256::new();
        for (path, (content, _)) in &self.files {
            hash.update(format!("{} {path} {} {content}\n", path.len(), content.len()));
        }
        hex::encode(hash.finalize())
    }

    pub(crate) fn needs(&self, needs: Stage) -> Result<(), Fault> {
        if self.stage == needs { Ok(()) } else { Err(Fault::Stage { is: self.stage, needs }) }
    }

    /// Whether somebody has a hand in it: wrote a file, began it, or submitted it.
    pub fn is_work_of(&self, account: AccountId) -> bool {
        self.author.0 == account
            || self.submitter.as_ref().is_some_and(|s| s.0 == account)
            || self.files.values().any(|(_, editor)| *editor == account)
    }
}

#[cfg(test)]
mod tests {
    use super::may_change;

    #[test]
    fn no_path_leaves_the_pack() {
        for path in ["programmes/child_benefit.toml", "parameters/line.csv", "combinations.toml", "cases/a-b.yaml"] {
            assert!(may_change(path), "{path}");
        }
        for path in [
            "programmes/../pack.toml",
            "/etc/passwd",
            "programmes/.toml",
            "programmes/a/b.toml",
            "pack.toml",
            "items.csv",
        ] {
            assert!(!may_change(path), "{path}");
        }
    }
}
