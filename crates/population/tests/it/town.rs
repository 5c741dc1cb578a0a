//! Generated households as snapshots.

use std::path::Path;

use catalogue::Pack;
use kernel::{Date, Instant};
use population::frame::{Family, FamilyFault, Folder, Header, Key, Manifest};
use rules::Household;
use rules::schema::Entity;

use crate::people::Town;

pub const ON: Date = Date::constant(2026, 7, 1);

pub fn korea() -> Pack {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/korea");
    Pack::load(&folder).unwrap_or_else(|f| panic!("{f:#?}")).pack
}

pub fn header(pack: &Pack) -> Header<'_> {
    let as_of = Instant::start_of(ON);
    Header { pack, day: ON, as_of, keys: "test".to_owned(), origin: "generated households".to_owned() }
}

/// A pseudonym that tells which household it is, and which member (from 1).
pub fn key(household: usize, member: usize) -> Key {
    ((household as u128) << 32 | member as u128).to_be_bytes()
}

pub fn number(key: Key) -> usize {
    (u128::from_be_bytes(key) >> 32) as usize
}

/// Households of all kinds, odd ones among them.
pub fn households(pack: &Pack, seed: u64, count: usize) -> Vec<Household> {
    let mut town = Town::new(pack.program(), seed);
    // Born around a day some weeks before that of the snapshot: a birth after it would be a fault.
    let around = ON.saturating_sub(jiff::Span::new().days(60));
    (0..count).map(|_| town.household(around)).collect()
}

/// Fills a family with all that a household says.
pub fn fill(family: &mut Family, pack: &Pack, household: &Household, n: usize) -> Result<(), FamilyFault> {
    family.start(key(n, 0));
    let members = household.members();
    for m in 0..members.len() {
        family.member(key(n, m + 1))?;
    }
    for (m, member) in members.iter().enumerate() {
        member.parents.iter().try_for_each(|p| family.parent(m, *p))?;
        member.spouse.map_or(Ok(()), |s| family.spouses(m, s))?;
    }
    let shape = population::frame::Shape::of(pack);
    for (c, column) in shape.household.iter().enumerate() {
        if let Some(value) = household.stated(Entity::Household, &column.item, None) {
            family.value(None, c, value)?;
        }
    }
    for m in 0..members.len() {
        for (c, column) in shape.person.iter().enumerate() {
            if let Some(value) = household.stated(Entity::Person, &column.item, Some(m)) {
                family.value(Some(m), c, value)?;
            }
        }
    }
    Ok(())
}

/// Writes households; gives the manifest and how many a snapshot could not hold.
pub fn write(dir: &Path, pack: &Pack, households: &[Household]) -> (Manifest, usize) {
    write_with(dir, pack, households, &|_, _| {})
}

/// The same, with awards.
pub fn write_with(
    dir: &Path,
    pack: &Pack,
    households: &[Household],
    award: &dyn Fn(&mut Family, usize),
) -> (Manifest, usize) {
    let folder = Folder::create(dir, header(pack)).unwrap();
    let mut writer = folder.writer(0);
    let mut family = folder.family();
    let mut refused = 0;
    for (n, household) in households.iter().enumerate() {
        let filled = fill(&mut family, pack, household, n).is_ok();
        if filled {
            award(&mut family, n);
        }
        refused += usize::from(!(filled && writer.push(&family).is_ok()));
    }
    (folder.finish(writer.finish().unwrap()).unwrap(), refused)
}
