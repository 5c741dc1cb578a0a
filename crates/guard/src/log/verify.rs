//! The verifier: needs the log's folder and nothing else; no keys, no database, no trust in the server.
//!
//! It finds every edit, deletion, insertion, reordering and truncation: records against their hashes and numbers, the
//! tree against every signed checkpoint, the chain of checkpoints against itself and the latest mark. Somebody who
//! holds the signing key, or who puts an old copy of the whole folder back, is found with a checkpoint kept elsewhere
//! ([`Trust::checkpoints`]).

use std::path::Path;

use super::chain;
use super::note::{Checkpoint, VerifierKey};
use super::segment;
use super::tree::{Hash, Tree};
use super::writer::{Log, list_years};
use super::year::origin;
use super::{CHECKPOINTS, LogError, MARK, VKEY};

/// What the caller trusts beyond the folder itself.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    /// The verifier key, if known from elsewhere; else the one in the folder is believed.
    pub key: Option<VerifierKey>,
    /// Signed notes kept elsewhere; the log must contain every one of them.
    pub checkpoints: Vec<String>,
}

/// A log in which everything fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Year by year.
    pub years: Vec<VerifiedYear>,
}

impl Verified {
    /// Entries over all years.
    pub fn entries(&self) -> u64 {
        self.years.iter().map(|y| y.entries).sum()
    }
}

/// One year in which everything fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedYear {
    /// The year.
    pub year: i16,
    /// Entries.
    pub entries: u64,
    /// The root over them.
    pub root: Hash,
    /// Signed checkpoints in the chain.
    pub checkpoints: u64,
}

/// One thing that does not fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// A file that should be there cannot be read.
    #[error("{file} cannot be read: {what}")]
    Unreadable {
        /// The file or folder.
        file: String,
        /// What the system said.
        what: String,
    },
    /// The public key is none, or not the one expected.
    #[error("the verifier key {0}")]
    Key(&'static str),
    /// A record was changed, removed, added or moved.
    #[error("{year}: file {segment:06}.seg, byte {offset}, record {record}: {what}")]
    Record {
        /// The year.
        year: i16,
        /// The file.
        segment: u32,
        /// Where in it.
        offset: u64,
        /// The record's number.
        record: u64,
        /// What is wrong.
        what: &'static str,
    },
    /// The records do not give the root that was signed.
    #[error("{year}: a signed checkpoint says {signed} entries, the log holds {found} and its root differs: {from}")]
    Root {
        /// The year.
        year: i16,
        /// Entries according to the checkpoint.
        signed: u64,
        /// Whole records found.
        found: u64,
        /// Which checkpoint.
        from: &'static str,
    },
    /// The mark or the chain was changed or cut.
    #[error("{year}: {file}: {what}")]
    Chain {
        /// The year.
        year: i16,
        /// The file.
        file: &'static str,
        /// What is wrong.
        what: &'static str,
    },
    /// Records nobody signed.
    #[error(
        "{year}: {count} record(s) after the last signed size {signed}; start the server once, or they were added by somebody else"
    )]
    Unsigned {
        /// The year.
        year: i16,
        /// The last signed size.
        signed: u64,
        /// How many follow.
        count: u64,
    },
    /// A file that does not belong there.
    #[error("{year}: the file {name} does not belong in the log's folder")]
    Stranger {
        /// The year.
        year: i16,
        /// Its name.
        name: String,
    },
    /// A checkpoint kept elsewhere is not one of this log.
    #[error("the checkpoint given does not belong to this log: {0}")]
    Foreign(&'static str),
}

/// Reads a whole log and checks everything against everything.
pub fn verify(root: &Path, trust: &Trust) -> Result<Verified, Vec<Damage>> {
    check(root, trust, None)
}

impl Log {
    /// Verifies the running log up to what is signed now; entries written meanwhile are left for the next time.
    pub async fn verify(&self, trust: Trust) -> Result<Result<Verified, Vec<Damage>>, LogError> {
        let signed = self.checkpoint().await?;
        let root = self.root().to_owned();
        tokio::task::spawn_blocking(move || check(&root, &trust, Some(&signed))).await.map_err(|_| LogError::Stopped)
    }
}

/// `running`: the notes the writer just signed; then records and checkpoints beyond them are nobody's fault.
fn check(root: &Path, trust: &Trust, running: Option<&[(i16, String)]>) -> Result<Verified, Vec<Damage>> {
    let key = read_key(root, trust).map_err(|d| vec![d])?;
    let years = list_years(root).map_err(|e| vec![unreadable(root, &e)])?;
    let mut damage = Vec::new();
    let mut verified = Vec::new();
    let mut trees: Vec<(i16, Tree)> = Vec::new();
    for year in years {
        let note = running.map(|notes| notes.iter().find(|(y, _)| *y == year).map_or("", |(_, n)| n));
        let mut found = Vec::new();
        let tree = check_year(root, year, &key, note, &mut found).unwrap_or_else(|d| {
            found.push(d);
            (Tree::default(), 0)
        });
        if found.is_empty() {
            let (entries, root) = (tree.0.size(), tree.0.root());
            verified.push(VerifiedYear { year, entries, root, checkpoints: tree.1 });
        }
        damage.append(&mut found);
        trees.push((year, tree.0));
    }
    for note in &trust.checkpoints {
        damage.extend(check_outside(note, &key, &trees).err());
    }
    if damage.is_empty() { Ok(Verified { years: verified }) } else { Err(damage) }
}

fn read_key(root: &Path, trust: &Trust) -> Result<VerifierKey, Damage> {
    let path = root.join(VKEY);
    let text = std::fs::read_to_string(&path).map_err(|e| unreadable(&path, &e))?;
    match &trust.key {
        Some(trusted) if text == format!("{trusted}\n") => Ok(trusted.clone()),
        Some(_) => Err(Damage::Key("in the folder is not the one given")),
        None => VerifierKey::parse(&text)
            .filter(|k| text == format!("{k}\n"))
            .ok_or(Damage::Key("in the folder is damaged")),
    }
}

/// The tree of a year and the length of its chain; what does not fit goes into `found`.
fn check_year(
    root: &Path,
    year: i16,
    key: &VerifierKey,
    running: Option<&str>,
    found: &mut Vec<Damage>,
) -> Result<(Tree, u64), Damage> {
    let dir = root.join(year.to_string());
    let read = |file: &str| std::fs::read(dir.join(file)).map_err(|e| unreadable(&dir.join(file), &e));
    let (_, strangers) = segment::list(&dir).map_err(|e| unreadable(&dir, &e))?;
    found.extend(strangers.into_iter().map(|name| Damage::Stranger { year, name }));

    let block = match running {
        Some(note) => chain::mark_block(note),
        None => read(MARK)?,
    };
    let (mark, head) = chain::read_mark(&block, &origin(year), key)
        .filter(|_| chain::mark_note(&block).is_some_and(|note| chain::mark_block(&note) == block))
        .ok_or(Damage::Chain { year, file: MARK, what: "it does not carry this log's signature" })?;
    let text = read(CHECKPOINTS)?;
    let scan = segment::scan(&dir, year).map_err(|e| unreadable(&dir, &e))?;

    let mut tree = Tree::default();
    let mine = usize::try_from(mark.size).unwrap_or(usize::MAX);
    let kept = if running.is_some() { mine } else { usize::MAX };
    scan.records.iter().take(kept).for_each(|r| tree.push(r.leaf));
    let whole = scan.records.len() as u64;
    if let Some(fault) = scan.fault.filter(|_| running.is_none() || whole < mark.size) {
        let (segment, offset, what) = (fault.segment, fault.offset, fault.what);
        found.push(Damage::Record { year, segment, offset, record: whole, what });
    }
    let fits = |c: &Checkpoint, from| match tree.root_at(c.size) == Some(c.root) {
        true => None,
        false => Some(Damage::Root { year, signed: c.size, found: whole, from }),
    };
    found.extend(fits(&mark, MARK));
    if running.is_none() && whole > mark.size {
        found.push(Damage::Unsigned { year, signed: mark.size, count: whole - mark.size });
    }

    let chain = chain::read(&String::from_utf8_lossy(&text), &origin(year), key, head);
    let known = usize::try_from(head.count).unwrap_or(usize::MAX);
    if chain.heads.get(known) != Some(&head) {
        let what = "the chain is shorter than the mark says, or was changed";
        found.push(Damage::Chain { year, file: CHECKPOINTS, what });
    }
    if running.is_none() && (chain.length != text.len() || chain.head() != head) {
        let what = "something follows the last checkpoint that was marked";
        found.push(Damage::Chain { year, file: CHECKPOINTS, what });
    }
    let sizes = chain.checkpoints.iter().map(|c| c.size);
    if !sizes.is_sorted() {
        found.push(Damage::Chain {
            year,
            file: CHECKPOINTS,
            what: "a later checkpoint is smaller than an earlier one",
        });
    }
    found.extend(chain.checkpoints.iter().take(known).find_map(|c| fits(c, CHECKPOINTS)));
    Ok((tree, head.count))
}

fn check_outside(note: &str, key: &VerifierKey, trees: &[(i16, Tree)]) -> Result<(), Damage> {
    let checkpoint = key.open(note).ok_or(Damage::Foreign("it is not signed by this log's key"))?;
    let (year, tree) = trees
        .iter()
        .find(|(year, _)| origin(*year) == checkpoint.origin)
        .ok_or(Damage::Foreign("the log of its year is missing"))?;
    if tree.root_at(checkpoint.size) == Some(checkpoint.root) {
        return Ok(());
    }
    Err(Damage::Root { year: *year, signed: checkpoint.size, found: tree.size(), from: "a checkpoint kept elsewhere" })
}

fn unreadable(path: &Path, error: &std::io::Error) -> Damage {
    Damage::Unreadable { file: path.display().to_string(), what: error.to_string() }
}
