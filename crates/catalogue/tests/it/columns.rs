//! The real packs in columns: every programme agrees with the explaining evaluator over generated households.
//!
//! `HEARTH_HOUSEHOLDS=1000000 cargo test -p catalogue --release --test it all_programmes -- --nocapture` is the long run and
//! prints what it compared.

#[path = "../../../rules/tests/it/agree.rs"]
mod agree;
#[path = "../../../rules/tests/it/people.rs"]
pub(crate) mod people;

use std::path::Path;

use agree::{Tally, agree};
use catalogue::Pack;
use kernel::Date;
use people::Town;
use rules::outcome::Answer;

/// Every pack that comes with Hearth.
fn packs() -> Vec<Pack> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs");
    let all = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let packs: Vec<_> = all.map(|f| Pack::load(&f).unwrap_or_else(|f| panic!("{f:#?}")).pack).collect();
    assert!(packs.len() >= 2);
    packs
}

fn wanted() -> usize {
    std::env::var("HEARTH_HOUSEHOLDS").ok().and_then(|n| n.parse().ok()).unwrap_or(6_000)
}

/// A thread's share of the households, from seeds of its own.
fn share(pack: &Pack, seed: u64, households: usize) -> Tally {
    let mut town = Town::new(pack.program(), seed);
    let mut tally = Tally::default();
    while tally.households < households {
        let (on, claim) = town.days();
        let some: Vec<_> = (0..500).map(|_| town.household(on)).collect();
        tally.add(&agree(pack.program(), &some, on, claim, 16));
    }
    tally
}

#[test]
fn all_programmes_of_all_packs_agree_with_the_explaining_evaluator() {
    for pack in packs() {
        all_programmes_agree(&pack);
    }
}

fn all_programmes_agree(pack: &Pack) {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut tally = Tally::default();
    std::thread::scope(|scope| {
        let shares: Vec<_> =
            (0..threads).map(|n| scope.spawn(move || share(pack, 7 + n as u64, wanted().div_ceil(threads)))).collect();
        for s in shares {
            tally.add(&s.join().unwrap());
        }
    });
    println!("{}: {tally:?}", pack.manifest().id);
    for answer in [Answer::Yes, Answer::No, Answer::CannotTell, Answer::Error] {
        assert!(tally.answers.get(&answer).is_some_and(|n| *n > 100), "too few {answer:?}: {tally:?}");
    }
}

#[test]
fn the_familiar_households_agree_on_every_day_of_the_law() {
    for pack in packs() {
        let households: Vec<_> = pack.cases().iter().map(|c| c.household.build(&pack).unwrap()).collect();
        for year in 2019..=2026 {
            for (month, day, values_every) in [(1, 1, 8), (7, 1, 0), (12, 31, 0)] {
                let on = Date::new(year, month, day).unwrap();
                let tally = agree(pack.program(), &households, on, on, values_every);
                assert_eq!(tally.households, households.len());
            }
        }
    }
}
