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

#[test]
fn korea() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/korea");
    match Pack::load(&dir) {
        Err(faults) => println!("{}", catalogue::check_report(&faults, catalogue::Files::read(&dir).ok().as_ref())),
        Ok(loaded) => {
            println!("{}", catalogue::check_report(&loaded.warnings, None));
            println!("{}", catalogue::cases::run_cases(&loaded.pack, "").text());
        }
    }
}
