//! A country of the pack on disk: the whole run, decode to differences, beside decoding the Parquet alone; and with
//! two threads. Part of `cargo xtask bench nation`.
//!
//! Words after `--`: how many people, the pack's folder.

#![allow(clippy::expect_used)]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use catalogue::Pack;
use kernel::Date;
use population::frame::{Manifest, Reader};
use population::run;
use rules::columns::Columns;

const ON: Date = Date::constant(2026, 11, 27);
const ROUNDS: usize = 3;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|w| !w.starts_with("--")).collect();
    let persons = words.iter().find_map(|w| w.parse().ok()).unwrap_or(100_000);
    let packs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs");
    let folder = words.iter().find(|w| w.contains("packs/")).map_or_else(|| packs.join("korea"), PathBuf::from);
    let pack = Pack::load(&folder).expect("the pack is sound").pack;
    let dir = tempfile::tempdir().expect("a folder");
    let at = dir.path().join("country");
    let start = Instant::now();
    let country = synth::Country::new(&pack, 7, ON).expect("the pack says what its people are like");
    let made = synth::make(&country, persons, &at, 2, &|_| {}).expect("the country is written");
    println!(
        "{}: {} persons in {} households made in {:.1} s",
        pack.manifest().id,
        made.persons,
        made.households,
        start.elapsed().as_secs_f64()
    );
    println!("| measured | by the clock | beside it | ratio | bar |\n|---|---|---|---|---|");
    let decode = least(|| decoded(&at, &pack));
    let mut number = 0;
    let mut whole = |threads: usize| {
        least(|| {
            number += 1;
            let out = dir.path().join(format!("run {number}"));
            let order = run::Order { snapshot: &at, pack: &pack, on: ON, out: &out, threads };
            run::run(&order, &|_| {}).expect("the run ends");
            std::fs::remove_dir_all(&out).expect("the results are removed");
        })
    };
    let (one, two) = (whole(1), whole(2));
    line("whole run, one thread", one, "decoding the Parquet alone", decode, "≤ 3 ×");
    line("whole run, one thread", one, "two threads", two, "≥ 1.8 ×");
}

/// The least time of several rounds.
fn least(mut work: impl FnMut()) -> Duration {
    let round = |work: &mut dyn FnMut()| {
        let start = Instant::now();
        work();
        start.elapsed()
    };
    (0..ROUNDS).map(|_| round(&mut work)).min().unwrap_or_default()
}

/// Reads every column that the rules read, and the awards, as a run does, and does nothing with them.
fn decoded(at: &Path, pack: &Pack) {
    let reader = Reader::open(at, pack).expect("the snapshot serves the pack");
    let columns = Columns::compile(pack.program(), ON, ON).expect("the rules run in columns");
    for n in 0..Manifest::read(at).expect("a manifest").parts.len() {
        let mut part = reader.part(n, &columns).expect("the part is there");
        while let Some(chunk) = part.next_chunk().expect("a batch") {
            std::hint::black_box(&chunk);
        }
    }
}

fn line(what: &str, took: Duration, beside: &str, theirs: Duration, bar: &str) {
    let seconds = |d: Duration| format!("{:.2} s", d.as_secs_f64());
    let ratio = took.as_secs_f64() / theirs.as_secs_f64();
    println!("| {what} | {} | {beside} {} | {ratio:.2} × | {bar} |", seconds(took), seconds(theirs));
}
