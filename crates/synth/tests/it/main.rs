//! Synthetic countries of the packs of this repository.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that panics has failed, as it should")]

mod country;
mod faults;
mod truth;

use std::path::Path;

use catalogue::Pack;
use kernel::Date;
use synth::Country;

pub(crate) const ON: Date = Date::constant(2026, 11, 27);

/// All packs that say something about their people.
pub(crate) fn packs() -> Vec<Pack> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs");
    let dirs = std::fs::read_dir(folder).unwrap().map(|d| d.unwrap().path());
    let dirs = dirs.filter(|d| d.join("pack.toml").is_file() && d.join("population").is_dir());
    let packs: Vec<Pack> = dirs.map(|d| Pack::load(&d).unwrap_or_else(|f| panic!("{f:#?}")).pack).collect();
    assert!(!packs.is_empty());
    packs
}

pub(crate) fn country(pack: &Pack, seed: u64) -> Country<'_> {
    Country::new(pack, seed, ON).unwrap()
}
