//! Deterministic lives of the whole core: `seeds --seeds 0..1000 [--threads 2]`, `--seed N [--trace]`, `--bug NAME`, `--bugs`.
//!
//! Clock, ids, agencies, bank, crashes and a full disk come from one seed; cases, payments and registry are the product's own
//! on a real database. Checkers by name hold the invariants after every few acts and at the end. A failure names its seed,
//! and the same seed plays the same again. `--bugs` plants errors and wants each found.
#![expect(clippy::print_stdout, reason = "a harness prints")]

mod agency;
mod bank;
mod bugs;
mod check;
mod family;
mod nurse;
mod office;
mod run;
mod small;
mod worker;
mod world;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use bugs::Bug;
use run::{Ended, live};
use world::{Shared, Stop};

/// What is asked for.
struct Order {
    first: u64,
    last: u64,
    threads: usize,
    trace: bool,
    bugs: Vec<Bug>,
    refusals: bool,
}

fn order(words: &[String]) -> Option<Order> {
    let mut order = Order { first: 0, last: 100, threads: 2, trace: false, bugs: Vec::new(), refusals: false };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--seeds" => {
                let (first, last) = words.next()?.split_once("..")?;
                (order.first, order.last) = (first.parse().ok()?, last.parse().ok()?);
            }
            "--seed" => {
                order.first = words.next()?.parse().ok()?;
                order.last = order.first + 1;
            }
            "--threads" => order.threads = words.next()?.parse().ok()?,
            "--trace" => order.trace = true,
            "--refusals" => order.refusals = true,
            "--bugs" => order.bugs = Bug::ALL.to_vec(),
            "--bug" => {
                let name = words.next()?;
                order.bugs.push(*Bug::ALL.iter().find(|b| b.word() == name)?);
            }
            _ => return None,
        }
    }
    Some(order)
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let Some(order) = order(&words) else {
        eprintln!(
            "expected: seeds [--seeds A..B | --seed N] [--threads N] [--trace] [--refusals] [--bug NAME | --bugs]; bugs:"
        );
        Bug::ALL.iter().for_each(|bug| eprintln!("  {}", bug.word()));
        return ExitCode::from(2);
    };
    let pack = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/korea");
    let opened = runtime().and_then(|rt| rt.block_on(Shared::open(&pack)).map(|shared| (rt, shared)));
    let (_rt, shared) = match opened {
        Ok((rt, shared)) => (rt, Arc::new(shared)),
        Err(error) => {
            eprintln!("cannot begin: {error}");
            return ExitCode::from(2);
        }
    };
    let good = if order.bugs.is_empty() { sound(&shared, &order) } else { planted(&shared, &order) };
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn runtime() -> Result<tokio::runtime::Runtime, Box<dyn std::error::Error>> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
}

/// Plays a seed on a runtime of its own.
fn play(shared: &Shared, seed: u64, bug: Option<Bug>) -> Ended {
    match runtime() {
        Ok(rt) => rt.block_on(live(shared, seed, bug)),
        Err(error) => Ended::broken(error.to_string()),
    }
}

/// Plays seeds on some threads until none is left or `stop` says so after one.
fn each(shared: &Arc<Shared>, order: &Order, bug: Option<Bug>, stop: impl Fn(u64, Ended) -> bool + Sync) {
    let next = AtomicU64::new(order.first);
    std::thread::scope(|scope| {
        for _ in 0..order.threads.max(1) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= order.last || stop(seed, play(shared, seed, bug)) {
                        next.store(u64::MAX / 2, Ordering::Relaxed);
                        return;
                    }
                }
            });
        }
    });
}

/// Without a bug: every seed must be sound.
fn sound(shared: &Arc<Shared>, order: &Order) -> bool {
    let started = Instant::now();
    let sums = Mutex::new((0u64, BTreeMap::<&str, u64>::new(), BTreeMap::<String, u32>::new(), Vec::<u64>::new()));
    each(shared, order, None, |seed, ended| {
        let mut sums = sums.lock().unwrap_or_else(PoisonError::into_inner);
        sums.0 += 1;
        for (what, count) in &ended.counts {
            *sums.1.entry(what).or_default() += count;
        }
        for (words, count) in &ended.refusals {
            *sums.2.entry(words.clone()).or_default() += count;
        }
        if order.trace {
            ended.trace.iter().for_each(|line| println!("{line}"));
            println!("trace {:016x}", ended.hash);
        }
        let again = seed % 50 == 0 || order.trace;
        if again && ended.stop.is_none() {
            let second = play(shared, seed, None);
            if second.hash != ended.hash {
                println!("SEED {seed}: NOT DETERMINISTIC: {:016x}, then {:016x}", ended.hash, second.hash);
                let differs = ended.trace.iter().zip(&second.trace).find(|(a, b)| a != b);
                println!("  first difference: {differs:?}");
                sums.3.push(seed);
            }
        }
        if let Some(stop) = &ended.stop {
            sums.3.push(seed);
            report(seed, &ended, stop, order.trace);
        }
        false
    });
    let (runs, counts, refusals, failed) = sums.into_inner().unwrap_or_else(PoisonError::into_inner);
    if order.refusals {
        let mut refusals: Vec<_> = refusals.into_iter().collect();
        refusals.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        refusals.iter().for_each(|(words, count)| println!("{count:6}  {words}"));
    }
    println!("checkers: {}", check::NAMES.join(", "));
    println!("{counts:?}");
    println!("{runs} seeds in {:.1} s, {} failed {failed:?}", started.elapsed().as_secs_f64(), failed.len());
    failed.is_empty()
}

fn report(seed: u64, ended: &Ended, stop: &Stop, whole: bool) {
    match stop {
        Stop::Violation { checker, what } => println!("SEED {seed}: VIOLATION of {checker}: {what}"),
        Stop::Broken(what) => println!("SEED {seed}: BROKEN: {what}"),
    }
    if !whole {
        let from = ended.trace.len().saturating_sub(12);
        ended.trace.iter().skip(from).for_each(|line| println!("    {line}"));
        println!("  play it again: --seed {seed} --trace");
    }
}

/// With bugs: every one must be found.
fn planted(shared: &Arc<Shared>, order: &Order) -> bool {
    let mut missed = Vec::new();
    for bug in &order.bugs {
        let finding = Mutex::new(None);
        each(shared, order, Some(*bug), |seed, ended| {
            if order.trace {
                ended.trace.iter().for_each(|line| println!("{line}"));
            }
            match ended.stop {
                Some(Stop::Violation { checker, what }) if ended.struck => {
                    finding.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert((seed, checker, what));
                    true
                }
                Some(Stop::Violation { checker, what }) => {
                    println!("  seed {seed} fails without the bug: {checker}: {what}");
                    false
                }
                Some(Stop::Broken(what)) => {
                    println!("  seed {seed} with {}: BROKEN: {what}", bug.word());
                    false
                }
                None => false,
            }
        });
        match finding.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some((seed, checker, what)) => println!("{}: found at seed {seed} by {checker}: {what}", bug.word()),
            None => {
                println!("{}: NOT FOUND in seeds {}..{}", bug.word(), order.first, order.last);
                missed.push(bug.word());
            }
        }
    }
    println!("{} bugs planted, {} not found {missed:?}", order.bugs.len(), missed.len());
    missed.is_empty()
}
