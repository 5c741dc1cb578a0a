//! The nation's ratios: our machine beside OpenFisca-core, DuckDB and dsntk on the same rules, the same households and the same
//! machine; totals are asserted equal; processor time on both sides, in one run. `cargo xtask bench nation`.
//!
//! Words after `--`: a number of households, `alone` to leave the peers out, and parts, without any all of them.

#![allow(clippy::expect_used, clippy::indexing_slicing)]

mod peers;
mod programmes;
mod rule;
mod table;
mod town;

use std::time::Instant;

use peers::{Peers, Totals};
use rules::columns::{Batch, Columns, Machine};
use town::{ON, Town};

const PARTS: [&str; 7] = ["programmes", "sql", "unknown", "cores", "what-if", "household", "table"];
const ROUNDS: usize = 5;
const TURNS: usize = 3;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let households = words.iter().find_map(|w| w.parse().ok()).unwrap_or(1_000_000);
    let only: Vec<&String> = words.iter().filter(|w| PARTS.contains(&w.as_str())).collect();
    let wanted = |part: &str| only.is_empty() || only.iter().any(|w| *w == part);
    let town = Town::new(households, 7);
    println!("{households} households, {} persons, 20 facts; {}", town.persons(), conditions());
    println!("| measured | ours | beside it | ratio | bar |\n|---|---|---|---|---|");
    let all = programmes::programmes(300);
    let peers = (!words.iter().any(|w| w == "alone")).then(Peers::new);
    if let Some(peers) = &peers {
        town.write(&peers.work).expect("the columns are written");
        std::fs::write(peers.work.join("rules_300.py"), peers::formulas(&all)).expect("the formulas are written");
    }
    if wanted("programmes") {
        programmes_side_by_side(&town, &all, peers.as_ref());
    }
    if let (Some(peers), true) = (&peers, wanted("sql")) {
        duckdb(&town, &all[..100], peers);
    }
    if wanted("unknown") {
        unknown(&town, &all);
    }
    if wanted("cores") {
        cores(&town, &all);
    }
    if wanted("what-if") {
        what_if(&town, &all);
    }
    if wanted("household") {
        one_household(&town, &all, peers.as_ref());
    }
    if let (Some(peers), true) = (&peers, wanted("table")) {
        table::run(peers);
    }
}

/// Evaluation of 300, 100 and 20 programmes, beside OpenFisca at 300 and 20.
fn programmes_side_by_side(town: &Town, all: &[rule::Programme], peers: Option<&Peers>) {
    let mut times = Vec::new();
    for count in [20, 100, 300] {
        let program = town::program(&all[..count], &|_| true);
        let columns = Columns::compile(&program, ON, ON).expect("the rules run in columns");
        let batches = town.batches(&columns, false);
        let sums = totals(&columns, &batches, count);
        let before = measured(&columns, &batches);
        let unit = |ns: f64| format!("{:.2} ns a household and programme", ns / town.sizes.len() as f64 / count as f64);
        let per = operations(&columns, town) / count as f64;
        println!("| {count} programmes, {per:.1} operations a household and programme | {} | | | |", unit(before));
        if let (Some(peers), true) = (peers, count != 100) {
            let rules = format!("rules_{count}.py");
            // The first programmes do not read later ones.
            std::fs::write(peers.work.join(&rules), peers::formulas(&all[..count])).expect("the formulas are written");
            let (theirs, time) = peers.python("openfisca.py", &[&rules, "3"]);
            same(&sums, &theirs, "OpenFisca");
            let ours = f64::midpoint(before, measured(&columns, &batches));
            let bar = if count == 300 { "≥ 8 ×" } else { "" };
            line(
                &format!("{count} programmes"),
                &unit(ours),
                &format!("OpenFisca-core 46.0.1 {}", unit(time)),
                time / ours,
                bar,
            );
        }
        times.push(measured(&columns, &batches));
    }
    line("300 programmes", "", "20 programmes", times[2] / times[0], "≤ 8 ×");
}

fn duckdb(town: &Town, all: &[rule::Programme], peers: &Peers) {
    let program = town::program(all, &|_| true);
    let columns = Columns::compile(&program, ON, ON).expect("the rules run in columns");
    let batches = town.batches(&columns, false);
    let before = measured(&columns, &batches);
    std::fs::write(peers.work.join("queries.sql"), peers::queries(all)).expect("the queries are written");
    let (theirs, time) = peers.python("sql.py", &["queries.sql", "2"]);
    same(&totals(&columns, &batches, all.len()), &theirs, "DuckDB");
    let ours = f64::midpoint(before, measured(&columns, &batches));
    let unit = |ns: f64| format!("{:.2} ns a household and programme", ns / town.sizes.len() as f64 / 100.0);
    line("100 programmes", &unit(ours), &format!("DuckDB 2.0.1 {}", unit(time)), time / ours, "≥ 50 ×");
}

/// The same households with some facts unknown. They are laid out as a snapshot is: those of whom all is known first.
fn unknown(town: &Town, all: &[rule::Programme]) {
    let program = town::program(all, &|_| true);
    let columns = Columns::compile(&program, ON, ON).expect("the rules run in columns");
    let (known, open) = (town.batches(&columns, false), town.batches(&columns, true));
    let mut with = Vec::new();
    let mut without = Vec::new();
    for _ in 0..3 {
        without.push(measured(&columns, &known));
        with.push(measured(&columns, &open));
    }
    let (with, without) = (median(with), median(without));
    line("2 % of 4 of 20 facts unknown, 300 programmes", "", "all known", with / without, "≤ 1.25 ×");
}

fn cores(town: &Town, all: &[rule::Programme]) {
    let program = town::program(all, &|_| true);
    let columns = Columns::compile(&program, ON, ON).expect("the rules run in columns");
    let batches = town.batches(&columns, false);
    let (one, two) = (together(&columns, &batches, 1), together(&columns, &batches, 2));
    line("two threads, work by the clock", "", "one thread", 2.0 * one / two, "≥ 1.8 ×");
}

fn what_if(town: &Town, all: &[rule::Programme]) {
    let four = town::program(all, &|n| [0, 1, 3, 8].contains(&n));
    let columns = Columns::compile(&four, ON, ON).expect("the rules run in columns");
    let batches = town.batches(&columns, false);
    let ms = measured(&columns, &batches) * (1_000_000.0 / town.sizes.len() as f64) / 1e6;
    println!("| what-if on 4 programmes, a million households | {ms:.1} ms | | | ≤ 50 ms |");
}

/// One household with every explanation, beside OpenFisca's bare results.
fn one_household(town: &Town, all: &[rule::Programme], peers: Option<&Peers>) {
    let program = town::program(all, &|_| true);
    let at = town.sizes.iter().position(|s| *s == 4).expect("a family of four");
    let household = town.household(&program, at, town.sizes[..at].iter().sum());
    let everything = || turns(100, || drop(std::hint::black_box(program.record(&household, ON, ON))));
    let today = || turns(100, || drop(std::hint::black_box(program.record_today(&household, ON, ON))));
    let alone = || turns(200, || drop(std::hint::black_box(program.answers(&household, ON, ON))));
    let words = || turns(100, || drop(std::hint::black_box(program.explain_today(&household, ON, ON))));
    // Ours in turns with theirs.
    let ours = || [alone(), today(), everything(), words()];
    let before = ours();
    let time = peers.map(|p| p.python("openfisca.py", &["rules_300.py", "20", &at.to_string()]).1);
    let (between, after) = (ours(), ours());
    let what = [
        ("answers alone", ""),
        ("deciding conditions and missing facts", "≥ 200 ×"),
        ("and the days on which each turns", ""),
        ("deciding conditions and missing facts, all of it put into words", ""),
    ];
    for (n, (what, bar)) in what.into_iter().enumerate() {
        let ours = median(vec![before[n], between[n], after[n]]);
        let text = format!("one household of four, 300 programmes, {what}");
        let mine = format!("{:.0} µs", ours / 1e3);
        match time {
            Some(time) => {
                let theirs = format!("OpenFisca without any {:.1} ms", time / 1e6);
                line(&text, &mine, &theirs, time / ours, bar);
            }
            None => println!("| {text} | {mine} | | | {bar} |"),
        }
    }
}

/// Processor time of one turn of many.
fn turns(count: usize, f: impl Fn()) -> f64 {
    let round = || {
        let before = used();
        (0..count).for_each(|_| f());
        (used() - before) / count as f64
    };
    round();
    median((0..5).map(|_| round()).collect())
}

pub(crate) fn line(what: &str, ours: &str, theirs: &str, ratio: f64, bar: &str) {
    println!("| {what} | {ours} | {theirs} | {ratio:.2} × | {bar} |");
}

fn same(ours: &Totals, theirs: &Totals, peer: &str) {
    assert_eq!(ours.len(), theirs.len(), "programmes of {peer}");
    for (n, (a, b)) in ours.iter().zip(theirs).enumerate() {
        assert_eq!(a, b, "entitled and sum of programme {n}, ours and those of {peer}");
    }
}

/// Entitled and sum by programme.
fn totals(columns: &Columns<'_>, batches: &[Batch], programmes: usize) -> Totals {
    let mut totals = vec![(0, 0); programmes];
    let mut machine = Machine::new(columns);
    for batch in batches {
        let results = machine.run(batch).expect("the batch is ours");
        for p in results.programmes() {
            for slot in &p.slots {
                assert_eq!(slot.error.count(), 0, "no errors");
                let sum: i64 = slot.yes.rows().filter_map(|row| slot.amount(row)).sum();
                totals[p.programme].0 += i64::try_from(slot.yes.count()).expect("a batch is small");
                totals[p.programme].1 += sum;
            }
        }
    }
    totals
}

fn operations(columns: &Columns<'_>, town: &Town) -> f64 {
    let (household, person) = columns.operations();
    household as f64 + person as f64 * town.persons() as f64 / town.sizes.len() as f64
}

/// Processor time of this thread in nanoseconds.
pub(crate) fn used() -> f64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    stat.split(' ').next().and_then(|n| n.parse().ok()).unwrap_or(0.0)
}

pub(crate) fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn once(columns: &Columns<'_>, batches: &[Batch]) -> f64 {
    let before = used();
    let mut machine = Machine::new(columns);
    // The kernel counts in ticks of a few milliseconds.
    for _ in 0..TURNS {
        for batch in batches {
            let results = std::hint::black_box(machine.run(batch)).expect("the batch is ours");
            machine.reuse(results);
        }
    }
    (used() - before) / TURNS as f64
}

fn measured(columns: &Columns<'_>, batches: &[Batch]) -> f64 {
    once(columns, batches);
    median((0..ROUNDS).map(|_| once(columns, batches)).collect())
}

/// The least time by the clock in which so many threads each go over all batches.
fn together(columns: &Columns<'_>, batches: &[Batch], threads: usize) -> f64 {
    let round = || {
        let start = Instant::now();
        std::thread::scope(|scope| {
            (0..threads).for_each(|_| {
                scope.spawn(|| once(columns, batches));
            });
        });
        start.elapsed().as_nanos() as f64
    };
    (0..ROUNDS).map(|_| round()).fold(f64::MAX, f64::min)
}

fn conditions() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = info.lines().find_map(|l| l.strip_prefix("model name")).unwrap_or("").trim_matches([':', ' ', '\t']);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let wide = if cfg!(target_feature = "avx2") { ", compiled for AVX2" } else { "" };
    format!("{name}{wide}, load {}", load.split(' ').next().unwrap_or("?"))
}
