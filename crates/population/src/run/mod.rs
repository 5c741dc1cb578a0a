//! A run: all programmes of a day over a snapshot, held against the awards in force.
//!
//! Every thread takes the next part, runs it batch by batch and writes what came of it: the answers as bitmaps, and a
//! [`Finding`] for each difference between what is paid and what is due. A part that is done leaves a note, so a run that was
//! killed goes on with the parts that are not. Nothing depends on which thread took which part: the hash of a run is that of
//! what it says.
//!
//! Single results come from the columns. Combination rules touch only households that have a difference, or an award, in a
//! programme that stands in a rule together with another grant of theirs or with a fact: those are explained one by one, by
//! the same evaluator that makes offers.

mod answers;
mod apart;
mod done;
mod judge;
mod part;
mod ties;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use catalogue::Pack;
use kernel::Date;
use rules::columns::Columns;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::frame::{FrameError, Reader, Where};

pub use answers::{Said, said};
pub use apart::{Left, Made, Site};
pub use done::{Done, Tally, findings_of};
pub(crate) use judge::Judge;
pub use judge::{Finding, Kind};
pub(crate) use part::Worker;
pub(crate) use ties::Ties;

/// Persons looked at together when those with two homes are sought: 256 MB.
const AT_ONCE: usize = 8 << 20;

/// What a run needs.
#[derive(Debug)]
pub struct Order<'a> {
    /// The snapshot.
    pub snapshot: &'a Path,
    /// The rules.
    pub pack: &'a Pack,
    /// The day asked about.
    pub on: Date,
    /// The folder of the results.
    pub out: &'a Path,
    /// How many threads; each holds one part.
    pub threads: usize,
}

/// What a run is of: a folder of results belongs to one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Where the snapshot lies.
    pub snapshot: PathBuf,
    /// Content hash of the snapshot.
    pub content: String,
    /// Content hash of the pack.
    pub pack: String,
    /// Content hash of its rules.
    pub rules: String,
    /// The day asked about.
    pub on: Date,
    /// Programmes by the number that findings carry.
    pub programmes: Vec<String>,
}

/// What came of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Households looked at.
    pub households: u64,
    /// Households set aside, because something is wrong with them.
    pub aside: u64,
    /// Households explained one by one, because combination rules touch them.
    pub explained: u64,
    /// Findings by kind.
    pub findings: BTreeMap<Kind, u64>,
    /// By programme.
    pub programmes: BTreeMap<String, Tally>,
    /// Parts that could not be read: nothing is said of their households.
    pub failed: Vec<String>,
    /// Some of the faults of households set aside, by name and place.
    pub faults: Vec<String>,
    /// Hash of all that the run says.
    pub hash: String,
}

/// Why a run cannot be made or go on.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The snapshot, or the rules over it.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// A file of the results cannot be read or written.
    #[error("{}: {why}", .file.display())]
    File {
        /// Which.
        file: PathBuf,
        /// What the system or the format says.
        why: String,
    },
    /// The folder holds the results of another run.
    #[error("{}: these are the results of another snapshot, pack or day; choose a new folder", .0.display())]
    Foreign(PathBuf),
}

impl RunError {
    pub(crate) fn file(file: &Path, why: &dyn std::fmt::Display) -> RunError {
        RunError::File { file: file.to_owned(), why: why.to_string() }
    }
}

impl Identity {
    const FILE: &'static str = "run.json";

    fn of(snapshot: &Path, pack: &Pack, on: Date, reader: &Reader) -> Identity {
        let program = pack.program();
        Identity {
            snapshot: fs::canonicalize(snapshot).unwrap_or_else(|_| snapshot.to_owned()),
            content: reader.manifest().content_hash(),
            pack: pack.content_hash().to_owned(),
            rules: program.rule_set().to_owned(),
            on,
            programmes: program.programmes().iter().map(|p| p.id.to_string()).collect(),
        }
    }

    /// What the results in a folder are of.
    pub fn read(out: &Path) -> Result<Identity, RunError> {
        read_json(&out.join(Identity::FILE))
    }

    /// The same run, wherever the snapshot lies now.
    fn same(&self, other: &Identity) -> bool {
        let key = |i: &Identity| (i.content.clone(), i.pack.clone(), i.rules.clone(), i.on);
        key(self) == key(other)
    }
}

pub(crate) fn read_json<T: serde::de::DeserializeOwned>(file: &Path) -> Result<T, RunError> {
    let text = fs::read_to_string(file).map_err(|e| RunError::file(file, &e))?;
    serde_json::from_str(&text).map_err(|e| RunError::file(file, &e))
}

pub(crate) fn write_json<T: Serialize>(file: &Path, it: &T) -> Result<(), RunError> {
    let text = serde_json::to_string_pretty(it).map_err(|e| RunError::file(file, &e))?;
    // Put in place whole, so that a crash leaves either nothing or all of it.
    let beside = file.with_extension("json.new");
    let written = fs::write(&beside, text).and_then(|()| fs::File::open(&beside)?.sync_all());
    written.and_then(|()| fs::rename(&beside, file)).map_err(|e| RunError::file(file, &e))
}

/// Runs, or goes on with a run that stopped. `told` hears of every part that is done.
pub fn run(order: &Order<'_>, told: &(dyn Fn(&Done) + Sync)) -> Result<Summary, RunError> {
    Opened::open(order)?.finish(told)
}

/// A run that is begun: the folder of the results is its own.
#[derive(Debug)]
pub struct Opened<'a> {
    order: &'a Order<'a>,
    reader: Reader,
    identity: Identity,
    /// By part.
    homes: Vec<Vec<Where>>,
}

impl<'a> Opened<'a> {
    /// Opens the snapshot and the folder of the results, and looks for persons with two homes.
    pub fn open(order: &'a Order<'a>) -> Result<Opened<'a>, RunError> {
        let reader = Reader::open(order.snapshot, order.pack)?;
        let identity = Identity::of(order.snapshot, order.pack, order.on, &reader);
        fs::create_dir_all(order.out).map_err(|e| RunError::file(order.out, &e))?;
        let file = order.out.join(Identity::FILE);
        match file.exists() {
            true if !Identity::read(order.out)?.same(&identity) => return Err(RunError::Foreign(order.out.to_owned())),
            true => {}
            false => write_json(&file, &identity)?,
        }
        let homes = reader.two_homes(AT_ONCE)?;
        Ok(Opened { order, reader, identity, homes })
    }

    /// What it is of.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Works out here what is left, and sums up.
    pub fn finish(&self, told: &(dyn Fn(&Done) + Sync)) -> Result<Summary, RunError> {
        let Order { pack, on, out, .. } = self.order;
        let columns = Columns::compile(pack.program(), *on, *on).map_err(FrameError::from)?;
        let judge = Judge::new(pack, &self.reader, *on);
        let parts = all_parts(self.order, &self.reader, &columns, &judge, &self.homes, told)?;
        let summary = sum_up(&self.identity, parts);
        write_json(&out.join("summary.json"), &summary)?;
        Ok(summary)
    }
}

type PartResult = (String, Result<Done, RunError>);

fn all_parts(
    order: &Order<'_>,
    reader: &Reader,
    columns: &Columns<'_>,
    judge: &Judge<'_>,
    homes: &[Vec<Where>],
    told: &(dyn Fn(&Done) + Sync),
) -> Result<Vec<PartResult>, RunError> {
    let names: Vec<&str> = reader.manifest().parts.iter().map(|p| p.name.as_str()).collect();
    let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
    let results: Mutex<Vec<PartResult>> = Mutex::new(Vec::new());
    let work = || {
        let mut worker = Worker::new(reader, columns, judge, order.out);
        while !stop.load(Ordering::Relaxed) {
            let n = next.fetch_add(1, Ordering::Relaxed);
            let Some(name) = names.get(n) else { return };
            let done = match Done::of(order.out, name) {
                Some(done) => Ok(done),
                None => worker.part(n, homes.get(n).map_or(&[], Vec::as_slice)),
            };
            // A part that cannot be read is told of; results that cannot be written stop the run.
            stop.fetch_or(matches!(done, Err(RunError::File { .. })), Ordering::Relaxed);
            if let Ok(done) = &done {
                told(done);
            }
            if let Ok(mut results) = results.lock() {
                results.push(((*name).to_owned(), done));
            }
        }
    };
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..order.threads.max(1)).map(|_| scope.spawn(work)).collect();
        work();
        drop(others);
    });
    let mut results = results.into_inner().unwrap_or_default();
    results.sort_by(|a, b| a.0.cmp(&b.0));
    match results.iter().position(|(_, r)| matches!(r, Err(RunError::File { .. }))) {
        Some(n) => Err(results.swap_remove(n).1.err().unwrap_or_else(|| RunError::Foreign(order.out.to_owned()))),
        None => Ok(results),
    }
}

fn sum_up(identity: &Identity, parts: Vec<PartResult>) -> Summary {
    /// Faults shown in a summary; the notes of the parts have more.
    const SHOWN: usize = 200;
    let mut hash = Sha256::new();
    hash.update(format!("{} {} {} {}\n", identity.content, identity.pack, identity.rules, identity.on));
    let mut sum = Summary {
        households: 0,
        aside: 0,
        explained: 0,
        findings: BTreeMap::new(),
        programmes: BTreeMap::new(),
        failed: Vec::new(),
        faults: Vec::new(),
        hash: String::new(),
    };
    for (name, result) in parts {
        match result {
            Ok(done) => {
                hash.update(format!("{name} {}\n", done.hashes.join(" ")));
                sum.households += done.households;
                sum.aside += done.aside;
                sum.explained += done.explained;
                for (kind, n) in done.findings {
                    *sum.findings.entry(kind).or_default() += n;
                }
                for (programme, tally) in done.programmes {
                    sum.programmes.entry(programme).or_default().add(&tally);
                }
                let room = SHOWN.saturating_sub(sum.faults.len());
                sum.faults.extend(done.faults.into_iter().take(room));
            }
            Err(e) => {
                hash.update(format!("{name} failed\n"));
                sum.failed.push(e.to_string());
            }
        }
    }
    sum.hash = hex::encode(hash.finalize());
    sum
}
