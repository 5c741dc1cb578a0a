//! A snapshot says what was put into it.

use population::frame::Reader;
use rules::columns::{Columns, Machine};

use crate::agree::{self, Tally};
use crate::town::{ON, households, korea, number, write};

#[test]
fn what_comes_out_of_a_snapshot_is_what_the_explaining_evaluator_says_of_what_went_in() {
    let pack = korea();
    let dir = tempfile::tempdir().unwrap();
    let all = households(&pack, 11, 4_000);
    let (manifest, refused) = write(dir.path(), &pack, &all);
    assert_eq!(manifest.households as usize + refused, all.len());
    assert!(refused < all.len() / 2, "{refused} were refused");
    let reader = Reader::open(dir.path(), &pack).unwrap();
    let columns = Columns::compile(pack.program(), ON, ON).unwrap();
    let mut machine = Machine::new(&columns);
    let (mut tally, mut aside) = (Tally::default(), 0);
    for n in 0..manifest.parts.len() {
        let mut part = reader.part(n, &columns).unwrap();
        let mut whole = reader.whole_part(n).unwrap();
        while let Some(chunk) = part.next_chunk().unwrap() {
            let told = whole.next_chunk().unwrap().unwrap();
            let results = machine.run(&chunk.batch(&columns).unwrap()).unwrap();
            let faulty: Vec<usize> = told.aside().iter().map(|w| w.row - told.first()).collect();
            aside += faulty.len();
            for row in (0..chunk.rows()).filter(|r| !faulty.contains(r)) {
                let original = &all[number(told.key(row).unwrap())];
                agree::programmes(pack.program(), original, &results, row, (ON, ON), &mut tally);
                let again = told.household(pack.program(), row).unwrap();
                agree::programmes(pack.program(), &again, &results, row, (ON, ON), &mut Tally::default());
                tally.households += 1;
            }
        }
        assert!(whole.next_chunk().unwrap().is_none());
    }
    println!("{refused} refused, {aside} set aside, {tally:?}");
    assert_eq!(tally.households + aside + refused, all.len());
    assert!(tally.households > 1_500, "too few: {tally:?}");
    assert!(tally.answers.len() == 4 && tally.answers.values().all(|n| *n > 100), "{tally:?}");
}

#[test]
fn the_same_households_make_the_same_files() {
    let pack = korea();
    let all = households(&pack, 12, 300);
    let hashes = [(); 2].map(|()| {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), &pack, &all).0.content_hash()
    });
    assert_eq!(hashes[0], hashes[1]);
}
