//! A fuzzer that knows the grammar of rules: `cargo run --release -p rules --example fuzz -- SECONDS [SEED]`.
//!
//! Rules are written by chance after `grammar.txt`, some of them spoilt. Whatever the text: nothing panics; what parses is
//! printed, parsed again and the same; a fault has a place, says what was expected and what to do; and what compiles is run over
//! households made by chance, where the explaining evaluator and the columnar machine say the same, value by value, unknowns
//! and errors too. The first text for which that is not so is printed with the seed that brings it again.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a fuzzer that panics has found something")]

#[path = "../../tests/it/agree.rs"]
mod agree;
#[path = "../../tests/it/people.rs"]
mod people;
#[allow(dead_code, reason = "tests use more of it")]
#[path = "../../tests/it/support.rs"]
mod support;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use rules::schema::{Entity, Per, Schema};
use rules::{canonical, compile};
use support::{definition, programme};

/// Deeper than this only productions without braces are taken, where there are any.
const DEEP: usize = 5;
const HOUSEHOLDS: usize = 40;

/// Productions by kind.
struct Grammar<'a>(BTreeMap<&'a str, Vec<&'a str>>);

impl<'a> Grammar<'a> {
    fn read(text: &'a str) -> Grammar<'a> {
        let mut kinds: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for line in text.lines().filter(|l| !l.is_empty() && !l.starts_with('#')) {
            let (kind, production) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
            kinds.entry(kind).or_default().push(production.trim());
        }
        Grammar(kinds)
    }

    fn write(&self, kind: &str, depth: usize, r: &mut fastrand::Rng, out: &mut String) {
        let all = self.0.get(kind).map_or(&[][..], Vec::as_slice);
        let plain: Vec<&str> = all.iter().copied().filter(|p| depth < DEEP || !p.contains('{')).collect();
        let Some(production) = r.choice(if plain.is_empty() { all } else { plain.as_slice() }) else {
            panic!("the grammar has no `{kind}`");
        };
        let mut rest = *production;
        while let Some((before, after)) = rest.split_once('{') {
            let (inner, after) = after.split_once('}').unwrap_or((after, ""));
            out.push_str(before);
            // Now and then something of another kind.
            let other = if r.u32(0..100) == 0 { r.choice(self.0.keys()).copied() } else { None };
            self.write(other.unwrap_or(inner), depth + 1, r, out);
            rest = after;
        }
        out.push_str(rest);
    }
}

/// Loses, doubles or moves a piece of a text.
fn spoilt(text: &str, r: &mut fastrand::Rng) -> String {
    let mut pieces: Vec<&str> = text.split_inclusive([' ', '(', ')', '.', '[', ']', ',', '"']).collect();
    let (at, to) = (r.usize(0..pieces.len()), r.usize(0..pieces.len()));
    match r.u32(0..3) {
        0 => drop(pieces.remove(at)),
        1 => pieces.insert(to, pieces[at]),
        _ => pieces.swap(at, to),
    }
    pieces.concat()
}

fn schema(condition: &str, sum: &str) -> Schema {
    let mut schema = support::schema();
    schema.definitions.push(definition(Entity::Person, "generated", sum));
    let amount = format!("round down({sum}, 0)");
    let p = programme("p", Entity::Person, &[("c", condition)], Some((&amount, Per::Once)));
    let worth = "sum(for m in household.members return amount of(\"p\", m))";
    let q =
        programme("q", Entity::Household, &[("r", "any entitled(\"p\", household.members)")], Some((worth, Per::Once)));
    schema.programmes.extend([p, q]);
    schema
}

#[derive(Default)]
struct Found {
    texts: u64,
    faults: BTreeMap<&'static str, u64>,
    tally: agree::Tally,
    compiled: u64,
}

/// One text and all that must hold of it; panics where something does not.
fn look(condition: &str, sum: &str, seed: u64, found: &mut Found) {
    for text in [condition, sum] {
        if let Some(once) = canonical(text) {
            assert_eq!(canonical(&once).as_ref(), Some(&once), "what is printed parses to the same");
        }
    }
    match compile(&schema(condition, sum)) {
        Err(faults) => {
            assert!(!faults.is_empty(), "it says why");
            for fault in faults {
                assert!(fault.line > 0 && fault.column > 0 && !fault.message.is_empty(), "{fault:?} has a place");
                *found.faults.entry(fault.code).or_default() += 1;
            }
        }
        Ok(compiled) => {
            found.compiled += 1;
            let program = compiled.program;
            let mut town = people::Town::new(&program, seed);
            let (on, claim) = town.days();
            let some: Vec<_> = (0..HOUSEHOLDS).map(|_| town.household(on)).collect();
            found.tally.add(&agree::agree(&program, &some, on, claim, 1));
            program.next_change(&some[0], on);
        }
    }
}

fn main() {
    let numbers: Vec<u64> = std::env::args().skip(1).filter_map(|a| a.parse().ok()).collect();
    let seconds = numbers.first().copied().unwrap_or(60);
    let first = numbers.get(1).copied().unwrap_or(1);
    let grammar = Grammar::read(include_str!("grammar.txt"));
    let start = Instant::now();
    let mut found = Found::default();
    let mut seed = first;
    while start.elapsed() < Duration::from_secs(seconds) {
        let mut r = fastrand::Rng::with_seed(seed);
        let mut text = |kind: &str| {
            let mut out = String::new();
            grammar.write(kind, 0, &mut r, &mut out);
            if r.u32(0..5) == 0 { spoilt(&out, &mut r) } else { out }
        };
        let (condition, sum) = (text("truth"), text("sum"));
        if catch_unwind(AssertUnwindSafe(|| look(&condition, &sum, seed, &mut found))).is_err() {
            println!("seed {seed}\ncondition: {condition}\nsum: {sum}");
            std::process::exit(1);
        }
        found.texts += 2;
        seed += 1;
    }
    println!("seeds {first} to {}: {} texts, {} programs compiled and run", seed - 1, found.texts, found.compiled);
    println!(
        "{} households, {} named values alike, answers {:?}",
        found.tally.households, found.tally.values, found.tally.answers
    );
    println!("faults told: {:?}", found.faults);
}
