//! Requalification: the job that reads everybody, works all programmes out and hands the findings to casework.
//!
//! Killed half-way it goes on: a snapshot that is whole is kept, parts that are worked out are kept, findings that are written
//! are not written again. The folder is `population/ID` beside the data; of snapshots only the latest is kept, as the one from
//! which the next takes over what did not change.

pub mod command;

use std::path::{Path, PathBuf};
use std::time::Duration;

use casework::Desk;
use casework::model::Subject;
use casework::requalify::model::{Found, Kind, Requalification, Summary};
use casework::requalify::order::{self, Job, Told};
use kernel::{HouseholdId, PersonId, RequalificationId};
use population::findings::{self, Cause, Named};
use population::frame::{Key, Manifest};
use population::live::{self, Order, Warrant};
use population::run;
use serde::{Deserialize, Serialize};
use store::{JobRow, StoreError, transact};
use uuid::Uuid;

use crate::cli::Failure;
use crate::runtime::Runtime;
use crate::snapshot::GRACE_DAYS;

/// How long a job is held; held anew long before it ends.
const HOLD: i64 = 600;
/// How often.
const AGAIN: Duration = Duration::from_secs(120);
/// Findings of one transaction.
const CHUNK: usize = 200;
/// Faults that are worth reading.
const FAULTS: usize = 200;

/// Does the job, holding it as long as it takes. Its failure is told in the order, not repeated: people look at it.
pub(crate) async fn run(runtime: &Runtime, job: &JobRow) -> Result<(), StoreError> {
    let state = &runtime.state;
    let payload: Job =
        serde_json::from_str(&job.payload).map_err(|e| StoreError::Driver(format!("{}: {e}", job.kind)))?;
    let id = payload.requalification;
    let hold = async {
        loop {
            let until = state.now().plus_seconds(HOLD);
            let _ = transact!(state.db, StoreError, |tx| tx.hold_job(job.id, until).await);
            tokio::time::sleep(AGAIN).await;
        }
    };
    let done = tokio::select! {
        done = work(runtime, id) => done,
        () = hold => Ok(()),
    };
    let why = done.err().map(|e| e.to_string());
    let pack = state.packs.current();
    transact!(state.db, StoreError, |tx| {
        if let Some(why) = &why {
            tracing::error!(%id, %why, "a requalification could not be done");
            let desk = Desk { pack: &pack, keys: &runtime.keys, ids: &*state.ids, now: state.now() };
            order::failed(tx, &desk, id, why).await?;
        }
        tx.job_done(job.id).await
    })
}

async fn work(runtime: &Runtime, id: RequalificationId) -> Result<(), Failure> {
    let state = &runtime.state;
    let Some(it) = order::to_run(&mut state.db.read().await?, id).await? else { return Ok(()) };
    let folder = runtime.config.data.join("population");
    let here = folder.join(id.to_string());
    let (snapshot, results) = (here.join("snapshot"), here.join("results"));
    let pack = state.packs.current();
    let manifest = match Manifest::read(&snapshot) {
        Ok(manifest) if manifest.pack == pack.content_hash() => manifest,
        _ => {
            let _ = std::fs::remove_dir_all(&here);
            take(runtime, &it, &snapshot, latest(&folder)).await?
        }
    };
    let told = {
        let (pack, snapshot, results, on) = (pack.clone(), snapshot.clone(), results.clone(), it.on);
        // Beside what people wait for: one thread is left to them.
        let threads = std::thread::available_parallelism().map_or(1, usize::from).saturating_sub(1).max(1);
        let work =
            move || run::run(&run::Order { snapshot: &snapshot, pack: &pack, on, out: &results, threads }, &|_| {});
        tokio::task::spawn_blocking(work).await??
    };
    if !told.failed.is_empty() {
        return Err(told.failed.join("; ").into());
    }
    let mut findings = 0;
    for n in 0..manifest.parts.len() {
        findings += hand_over(runtime, id, &told.hash, &results, n).await?;
    }
    let taken = Taken::read(&snapshot);
    let summary = Summary {
        households: told.households,
        persons: manifest.persons,
        awards: manifest.awards,
        aside: told.aside,
        faults: taken.faults.into_iter().chain(told.faults.iter().cloned()).take(FAULTS).collect(),
        findings,
        look: taken.look,
        root: taken.root,
    };
    let told = Told { as_of: manifest.as_of, pack_hash: &manifest.pack, run_hash: &told.hash, summary: &summary };
    transact!(state.db, StoreError, |tx| order::done(tx, id, &told).await)?;
    tidy(&folder, id);
    Ok(())
}

/// What taking the snapshot told beside what it holds, kept with it for a job that goes on after a crash.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Taken {
    look: Option<Uuid>,
    root: String,
    faults: Vec<String>,
}

impl Taken {
    fn file(snapshot: &Path) -> PathBuf {
        snapshot.with_extension("told.json")
    }

    fn read(snapshot: &Path) -> Taken {
        let text = std::fs::read_to_string(Taken::file(snapshot)).unwrap_or_default();
        serde_json::from_str(&text).unwrap_or_default()
    }
}

async fn take(
    runtime: &Runtime,
    it: &Requalification,
    snapshot: &Path,
    earlier: Option<PathBuf>,
) -> Result<Manifest, Failure> {
    let state = &runtime.state;
    let pack = state.packs.current();
    let desk = Desk { pack: &pack, keys: &runtime.keys, ids: &*state.ids, now: state.now() };
    let approver = it.approved_by.as_ref().ok_or("nobody approved it")?;
    let warrant = Warrant { who: &it.asked_by, approver, reason: &it.reason, law: &it.law, grace_days: GRACE_DAYS };
    let wanted = Order { warrant, day: it.on, out: snapshot, earlier: earlier.as_deref() };
    let taken = live::snapshot(&state.db, &state.guard, &desk, wanted).await?;
    let faults = taken.faults.iter().map(ToString::to_string).take(FAULTS).collect();
    let told = Taken { look: Some(taken.look), root: taken.root, faults };
    std::fs::write(Taken::file(snapshot), serde_json::to_string(&told)?)?;
    Ok(taken.manifest)
}

/// The latest whole snapshot there is.
fn latest(folder: &Path) -> Option<PathBuf> {
    let all = std::fs::read_dir(folder).ok()?.flatten().map(|e| e.path().join("snapshot"));
    all.filter_map(|dir| Some((Manifest::read(&dir).ok()?.as_of, dir))).max_by_key(|(at, _)| *at).map(|(_, dir)| dir)
}

/// Takes the snapshots of earlier runs away: what the next one takes over stands in the latest.
fn tidy(folder: &Path, keep: RequalificationId) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy() != keep.to_string() {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// Gives the findings of a part to casework, under their real ids; says how many there are.
async fn hand_over(
    runtime: &Runtime,
    id: RequalificationId,
    hash: &str,
    results: &Path,
    n: usize,
) -> Result<u64, Failure> {
    let state = &runtime.state;
    let pack = state.packs.current();
    let named = findings::named(results, &pack, n)?;
    let desk = Desk { pack: &pack, keys: &runtime.keys, ids: &*state.ids, now: state.now() };
    for chunk in named.chunks(CHUNK) {
        let found: Vec<Found> = chunk.iter().map(|f| found(runtime, f)).collect();
        transact!(state.db, StoreError, |tx| order::found(tx, &desk, id, hash, &found).await)?;
    }
    Ok(named.len() as u64)
}

fn found(runtime: &Runtime, f: &Named) -> Found {
    let id = |key: Key| runtime.keys.of_pseudonym(key);
    let household = HouseholdId(id(f.household));
    let subject = f.subject.map_or(Subject::Household(household), |key| Subject::Person(PersonId(id(key))));
    let Cause { kind, programme, condition, rules, facts } = f.cause.clone();
    Found {
        household,
        subject,
        person: subject.person().unwrap_or(PersonId(id(f.first))),
        programme,
        kind: kind_of(kind),
        condition,
        rules,
        facts,
        before: f.before,
        after: f.after,
        per: f.per,
        place: f.place.clone(),
    }
}

fn kind_of(kind: run::Kind) -> Kind {
    match kind {
        run::Kind::NoLonger => Kind::NoLonger,
        run::Kind::Down => Kind::Down,
        run::Kind::Up => Kind::Up,
        run::Kind::Unclaimed => Kind::Unclaimed,
        run::Kind::Forbidden => Kind::Forbidden,
        run::Kind::Dead => Kind::Dead,
        run::Kind::Moved => Kind::Moved,
        run::Kind::CannotTell => Kind::CannotTell,
    }
}
