//! Households of the kinds that come every day over all programmes of a real pack: answers only, with all explanations, and the
//! next day on which anything changes by itself. Prints operations per programme first.

use std::fmt::Write as _;
use std::path::Path;

use catalogue::{HouseholdFile, Pack};
use kernel::Date;
use rules::Household;

const ON: Date = Date::constant(2025, 3, 1);

/// A couple with a newborn, all facts that money questions need being known.
const NEWBORN: &str = r#"
household:
  place: kr-11-680
  facts: { tenure: rent, monthly_rent: 300000, rent_deposit: 10000000, rent_grade: 1, private_transfers: 0, support_duty_met: true }
  members:
    - { id: mother, spouse: father, facts: { birth_date: 1992-05-10, sex: female, nationality: korean, wage: 900000, financial_property: 0 } }
    - { id: father, facts: { birth_date: 1990-11-20, sex: male, nationality: korean, wage: 2200000, financial_property: 0 } }
    - { id: child, parents: [mother, father], facts: { birth_date: 2025-01-15, nationality: korean, care_place: home } }
"#;

/// The same family as the civil register alone knows it.
const NEWBORN_OPEN: &str = r#"
household:
  place: kr-11-680
  members:
    - { id: mother, spouse: father, facts: { birth_date: 1992-05-10, sex: female, nationality: korean } }
    - { id: father, facts: { birth_date: 1990-11-20, sex: male, nationality: korean } }
    - { id: child, parents: [mother, father], facts: { birth_date: 2025-01-15, nationality: korean } }
"#;

const OLD_AND_ALONE: &str = r#"
household:
  place: kr-11-680
  facts: { tenure: rent, monthly_rent: 200000, rent_deposit: 5000000, rent_grade: 1, private_transfers: 0, support_duty_met: true }
  members:
    - { id: self, facts: { birth_date: 1948-04-02, sex: female, nationality: korean, wage: 0, financial_property: 3000000 } }
"#;

const SINGLE_PARENT: &str = r#"
household:
  place: kr-11-680
  facts: { recognised_income: 1500000, tenure: rent, monthly_rent: 300000, rent_grade: 1 }
  members:
    - { id: mother, facts: { birth_date: 1988-05-10, sex: female, nationality: korean, raising_alone: true } }
    - { id: elder, parents: [mother], facts: { birth_date: 2015-06-10, sex: male, nationality: korean } }
    - { id: younger, parents: [mother], facts: { birth_date: 2021-09-01, sex: female, nationality: korean } }
"#;

const SHAPES: [(&str, &str); 4] = [
    ("newborn", NEWBORN),
    ("newborn, facts missing", NEWBORN_OPEN),
    ("old and alone", OLD_AND_ALONE),
    ("single parent", SINGLE_PARENT),
];

fn main() {
    let pack = pack();
    for (name, text) in SHAPES {
        let explanation = pack.program().explain(&household(&pack, text), ON, ON);
        let mut line = String::new();
        for (id, operations) in &explanation.operations {
            let _ = write!(line, "{id} {operations}, ");
        }
        let operations = explanation.operations.values().sum::<u64>();
        println!("{name}: {} results, {operations} operations: {line}", explanation.results.len());
    }
    divan::main();
}

fn pack() -> Pack {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/korea");
    match Pack::load(&folder) {
        Ok(loaded) => loaded.pack,
        Err(faults) => panic!("{faults:#?}"),
    }
}

fn household(pack: &Pack, text: &str) -> Household {
    let file = match HouseholdFile::parse(pack, "household.yaml", text) {
        Ok(file) => file,
        Err(faults) => panic!("{faults:#?}"),
    };
    match file.build(pack) {
        Ok(household) => household,
        Err(fault) => panic!("{fault}"),
    }
}

fn shape(name: &str) -> &'static str {
    SHAPES.iter().find(|s| s.0 == name).map_or("", |s| s.1)
}

#[divan::bench(args = SHAPES.map(|s| s.0))]
fn answers(bencher: divan::Bencher, name: &str) {
    let pack = pack();
    let household = household(&pack, shape(name));
    bencher.bench(|| pack.program().answers(divan::black_box(&household), ON, ON));
}

#[divan::bench(args = SHAPES.map(|s| s.0))]
fn explain(bencher: divan::Bencher, name: &str) {
    let pack = pack();
    let household = household(&pack, shape(name));
    bencher.bench(|| pack.program().explain(divan::black_box(&household), ON, ON));
}

#[divan::bench(args = SHAPES.map(|s| s.0))]
fn next_change(bencher: divan::Bencher, name: &str) {
    let pack = pack();
    let household = household(&pack, shape(name));
    bencher.bench(|| pack.program().next_change(divan::black_box(&household), ON));
}
