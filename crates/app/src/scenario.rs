//! Comparisons of scenarios, as work for later: both packs over the snapshot of the installation.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use catalogue::Pack;
use kernel::ComparisonId;
use population::frame::Manifest;
use population::scenario::compare;
use population::whatif::{self, Report};
use store::{JobRow, StoreError, transact};

use crate::config::Config;
use crate::runtime::Runtime;
use crate::work::Failed;

/// One comparison at a time in a process: the others wait, and are held from other workers meanwhile.
static TURN: Mutex<()> = Mutex::new(());

/// How often it is written down how far a comparison is.
const PULSE: Duration = Duration::from_secs(1);
/// How long another worker waits for the next pulse.
const HELD: i64 = 120;
/// People of a demonstration's population: enough for a chart, made in a moment.
const INVENTED: u64 = 20_000;
/// The seed of a demonstration's population.
const SEED: u64 = 7;

/// The population of an installation: its folder, and how many people are invented there if it does not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Source {
    folder: PathBuf,
    invent: Option<u64>,
}

/// Where the population is: as configured; in a demonstration one is invented.
pub(crate) fn source(config: &Config) -> Option<Source> {
    let of = &config.population;
    match (&of.snapshot, config.demo_provider) {
        (Some(folder), demo) => Some(Source { folder: folder.clone(), invent: of.invent.filter(|_| demo) }),
        (None, true) => {
            Some(Source { folder: config.data.join("population"), invent: Some(of.invent.unwrap_or(INVENTED)) })
        }
        (None, false) => None,
    }
}

/// Makes a comparison. What cannot be made is said on its page, not tried again.
pub(crate) async fn compare(runtime: &Runtime, job: &JobRow) -> Result<(), Failed> {
    let order: compare::Order = serde_json::from_str(&job.payload).map_err(|e| Failed::Payload(e.to_string()))?;
    let state = &runtime.state;
    let id = order.comparison;
    let wanted = { compare::work(&mut state.db.read().await?, id).await? };
    let Some((base, files)) = wanted else {
        return transact!(state.db, Failed, |tx| Ok(tx.job_done(job.id).await?));
    };
    let packs = state.packs.clone();
    let done = Arc::new(Households::default());
    let (told, source) = (done.clone(), source(&runtime.config));
    let threads = runtime.config.population.threads.unwrap_or(1);
    let running = tokio::task::spawn_blocking(move || -> Result<Report, String> {
        let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let base = packs.by_hash(&base).map_err(|e| e.to_string())?;
        let changed = compare::changed(&base, &files).map_err(|e| e.to_string())?;
        let source = source.ok_or("no population is configured: [population] snapshot in hearth.toml")?;
        invent(&source, &base, threads)?;
        work_out(&source.folder, &base, &changed, threads, &told)
    });
    let outcome = pulse(runtime, job, id, &done, running).await?;
    let now = state.now();
    transact!(state.db, Failed, |tx| {
        match &outcome {
            Ok(report) => compare::done(tx, id, now, report).await?,
            Err(why) => compare::failed(tx, id, now, why).await?,
        }
        Ok(tx.job_done(job.id).await?)
    })
}

/// How far a comparison is.
#[derive(Debug, Default)]
struct Households {
    all: AtomicU64,
    done: AtomicU64,
}

/// Waits for the comparison, writes down how far it is, and keeps the job from other workers.
async fn pulse(
    runtime: &Runtime,
    job: &JobRow,
    id: ComparisonId,
    done: &Households,
    mut running: tokio::task::JoinHandle<Result<Report, String>>,
) -> Result<Result<Report, String>, StoreError> {
    let state = &runtime.state;
    loop {
        tokio::select! {
            ended = &mut running => {
                return Ok(ended.unwrap_or_else(|e| Err(format!("the comparison stopped: {e}"))));
            }
            () = tokio::time::sleep(PULSE) => {
                let (all, done) = (done.all.load(Ordering::Relaxed), done.done.load(Ordering::Relaxed));
                transact!(state.db, StoreError, |tx| {
                    compare::at(tx, id, all, done).await?;
                    tx.job_held(job.id, state.now().plus_seconds(HELD)).await
                })?;
            }
        }
    }
}

/// Invents the people of a demonstration the first time they are needed.
fn invent(source: &Source, pack: &Pack, threads: usize) -> Result<(), String> {
    let Some(persons) = source.invent.filter(|_| !source.folder.exists()) else { return Ok(()) };
    // Made beside and then put in place: whoever finds the folder finds all of it.
    let beside = source.folder.with_extension(format!("{}", std::process::id()));
    let today = kernel::Clock::now(&crate::runtime::SystemClock).date(pack.manifest().utc_offset_hours);
    let country = synth::Country::new(pack, SEED, today).map_err(|e| e.to_string())?;
    synth::make(&country, persons, &beside, threads, &|_| {}).map_err(|e| e.to_string())?;
    let put = std::fs::rename(&beside, &source.folder);
    if source.folder.join("manifest.json").exists() {
        return Ok(());
    }
    put.map_err(|e| format!("{}: {e}", source.folder.display()))
}

fn work_out(folder: &Path, base: &Pack, changed: &Pack, threads: usize, told: &Households) -> Result<Report, String> {
    let manifest = Manifest::read(folder).map_err(|e| e.to_string())?;
    told.all.store(manifest.households, Ordering::Relaxed);
    let order = whatif::Order { snapshot: folder, base, changed, on: manifest.day, threads };
    let done = |households: u64| {
        told.done.fetch_add(households, Ordering::Relaxed);
    };
    whatif::run(&order, &done).map_err(|e| e.to_string())
}
