use std::path::{Path, PathBuf};

use catalogue::{Files, Pack};

pub(crate) fn small_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/packs/small")
}

pub(crate) fn small() -> Pack {
    Pack::load(&small_dir()).unwrap_or_else(|faults| panic!("{faults:#?}")).pack
}

/// The small pack with one text of one file replaced.
pub(crate) fn with(file: &str, old: &str, new: &str) -> Files {
    let mut files = Files::read(&small_dir()).unwrap();
    let text = String::from_utf8(files.take(file).unwrap()).unwrap();
    assert!(text.contains(old), "{file} does not hold {old}");
    files.put(file, text.replacen(old, new, 1));
    files
}

#[test]
fn the_small_pack_loads_without_a_fault() {
    let loaded = Pack::load(&small_dir()).unwrap_or_else(|faults| panic!("{faults:#?}"));
    assert!(loaded.warnings.is_empty(), "{:#?}", loaded.warnings);
    let places: Vec<&str> = loaded.pack.ancestors("land-1-1").iter().map(|j| j.id.as_str()).collect();
    assert_eq!(places, ["land-1-1", "land-1", "land"]);
}

/// Packs the repository ships must load without a fault and pass their own cases.
#[test]
fn the_packs_of_this_repository_are_in_order() {
    let packs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs");
    let mut seen = 0;
    for dir in std::fs::read_dir(packs).unwrap().map(|e| e.unwrap().path()).filter(|p| p.join("pack.toml").is_file()) {
        let loaded = Pack::load(&dir).unwrap_or_else(|faults| {
            panic!("{}", catalogue::check_report(&faults, Files::read(&dir).ok().as_ref()));
        });
        let report = catalogue::cases::run_cases(&loaded.pack, "");
        assert!(report.is_good(), "{}", report.text());
        assert!(report.passed.len() >= 200, "{} cases only", report.passed.len());
        seen += 1;
    }
    assert!(seen > 0);
}

/// What the counter, the API, the births file and the import ask of a number.
#[test]
fn an_identifier_is_held_against_the_scheme_of_the_pack_and_never_repeated() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/kazakhstan");
    let pack = Pack::load(&folder).unwrap_or_else(|f| panic!("{f:#?}")).pack;
    let own = pack.manifest().identifier.clone().unwrap();
    let right = own.completed("90010230012").unwrap();
    assert_eq!(pack.identifier_fits("iin", &right), Ok(()));
    let last = right.chars().next_back().and_then(|c| c.to_digit(10)).unwrap();
    let mistyped = format!("90010230012{}", (last + 1) % 10);
    for (number, expected) in [(mistyped.as_str(), "wrong check digit"), ("9001023001", "shape")] {
        let wrong = pack.identifier_fits("iin", number).unwrap_err();
        assert!(wrong.contains(expected) && wrong.ends_with("such as 000000000000"), "{wrong}");
        assert!(!wrong.contains(number), "{wrong}");
    }
    assert_eq!(pack.identifier_fits("passport", "N 1"), Ok(()), "of another scheme nothing is known");
}

#[test]
fn services_are_found_by_need_where_people_live_the_nearest_first() {
    let pack = Pack::load(&small_dir()).unwrap().pack;
    let found = |need, place| pack.services_for(need, place).iter().map(|s| s.id.as_str()).collect::<Vec<_>>();
    assert_eq!(found(Some("mood"), "land-1-1"), ["centre", "help_line"]);
    assert_eq!(found(Some("home"), "land-1-1"), ["help_line"]);
    assert_eq!(found(Some("mood"), "land-2"), ["help_line"]);
    assert_eq!(found(None, "land-1"), ["centre", "help_line"]);
    assert!(found(Some("mood"), "elsewhere").is_empty() && found(Some("hunger"), "land").is_empty());
    let clocks = pack.services().get("centre").unwrap().clocks;
    assert_eq!((clocks.receive, clocks.answer, clocks.finish), (2, 3, 60));
}
