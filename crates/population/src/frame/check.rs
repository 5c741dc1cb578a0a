//! What can be wrong with the households of a batch.

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Decimal64Type, Int64Type, UInt16Type};
use rules::columns::Lender;
use rules::schema::Entity;

use super::bucket::day_number;
use super::fault::FamilyFault;
use super::manifest::Manifest;
use super::part::{Chunk, nth};
use super::shape::Kind;

/// The days of the years 1 to 9999.
const DAYS: std::ops::RangeInclusive<i32> = -719_162..=2_932_896;

/// The faults of a batch: row and fault.
pub(crate) fn chunk(chunk: &Chunk<'_>, past: &[usize], manifest: &Manifest) -> Vec<(usize, FamilyFault)> {
    let mut out = Vec::new();
    for row in 0..chunk.rows() {
        if let Some(fault) = kinship(chunk, row) {
            out.push((row, fault));
        }
    }
    for entity in [Entity::Household, Entity::Person] {
        for n in 0..manifest.shape.columns(entity).len() {
            values(chunk, manifest, entity, n, &mut out);
        }
    }
    for column in past {
        future(chunk, manifest, *column, &mut out);
    }
    out
}

fn kinship(chunk: &Chunk<'_>, row: usize) -> Option<FamilyFault> {
    let at = |slot: usize| slot * chunk.rows() + row;
    let size = chunk.size();
    let mut elders = false;
    for slot in 0..size {
        if let Some(spouse) = chunk.spouse(at(slot)) {
            match spouse {
                s if s >= size => return Some(FamilyFault::NoMember(s)),
                s if s == slot => return Some(FamilyFault::OwnRelative(slot)),
                s if chunk.spouse(at(s)) != Some(slot) => return Some(FamilyFault::OneSided(slot, s)),
                _ => {}
            }
        }
        for parent in chunk.parents(at(slot)).iter().map(|p| usize::from(*p)) {
            if parent >= size {
                return Some(FamilyFault::NoMember(parent));
            }
            if parent == slot {
                return Some(FamilyFault::OwnRelative(slot));
            }
            elders |= !chunk.parents(at(parent)).is_empty();
        }
    }
    // Nobody is an ancestor of themselves where no parent has a parent here.
    let cycle = if elders { (0..size).find(|slot| is_own_ancestor(chunk, row, *slot)) } else { None };
    cycle.map(FamilyFault::Cycle).or_else(|| twins(chunk, row))
}

fn is_own_ancestor(chunk: &Chunk<'_>, row: usize, of: usize) -> bool {
    let parents = |slot: usize| chunk.parents(slot * chunk.rows() + row).iter().map(|p| usize::from(*p));
    let mut seen = vec![false; chunk.size()];
    let mut todo: Vec<usize> = parents(of).collect();
    while let Some(slot) = todo.pop() {
        if slot == of {
            return true;
        }
        if let Some(seen) = seen.get_mut(slot).filter(|s| !**s) {
            *seen = true;
            todo.extend(parents(slot));
        }
    }
    false
}

/// The same person twice, where pseudonyms were read.
fn twins(chunk: &Chunk<'_>, row: usize) -> Option<FamilyFault> {
    for slot in 1..chunk.size() {
        let key = chunk.person_key(row, slot)?;
        if let Some(other) = (0..slot).find(|s| chunk.person_key(row, *s) == Some(key)) {
            return Some(FamilyFault::SamePerson(other, slot));
        }
    }
    None
}

fn values(chunk: &Chunk<'_>, manifest: &Manifest, entity: Entity, n: usize, out: &mut Vec<(usize, FamilyFault)>) {
    let Some(column) = manifest.shape.columns(entity).get(n) else { return };
    let Some(array) = chunk.tables.get(nth(entity)).and_then(|t| t.item(n)) else { return };
    let mut note = |at: usize, fault: &dyn Fn(Option<usize>) -> FamilyFault| {
        if array.is_valid(at) {
            let slot = (entity == Entity::Person).then_some(at / chunk.rows().max(1));
            out.push((at % chunk.rows().max(1), fault(slot)));
        }
    };
    let item = || column.item.clone();
    let whole = match &column.kind {
        Kind::Whole { counts: true } => array.as_primitive_opt::<Int64Type>().map(|a| a.values()),
        Kind::Decimal { counts: true } => array.as_primitive_opt::<Decimal64Type>().map(|a| a.values()),
        _ => None,
    };
    for (at, value) in whole.into_iter().flat_map(|v| v.iter().enumerate()).filter(|(_, v)| **v < 0) {
        note(at, &|slot| FamilyFault::Negative { item: item(), slot, value: *value });
    }
    if column.kind == Kind::Date {
        let days = array.as_primitive_opt::<Date32Type>().map(|a| a.values());
        let none = |(_, day): &(usize, &i32)| !DAYS.contains(*day);
        for (at, day) in days.into_iter().flat_map(|v| v.iter().enumerate()).filter(none) {
            note(at, &|slot| FamilyFault::NoDay { item: item(), slot, number: *day });
        }
    }
    if let Kind::Code { codes, .. } = &column.kind {
        let places = array.as_primitive_opt::<UInt16Type>().map(|a| a.values());
        let none = |(_, place): &(usize, &u16)| usize::from(**place) >= codes.len();
        for (at, place) in places.into_iter().flat_map(|v| v.iter().enumerate()).filter(none) {
            note(at, &|slot| FamilyFault::NoCode { item: item(), slot, place: *place });
        }
    }
}

/// Births and deaths after the day of the snapshot.
fn future(chunk: &Chunk<'_>, manifest: &Manifest, n: usize, out: &mut Vec<(usize, FamilyFault)>) {
    let [_, persons] = &chunk.tables;
    let (Some(column), Some(array)) = (manifest.shape.person.get(n), persons.item(n)) else { return };
    let Some(days) = array.as_primitive_opt::<Date32Type>() else { return };
    let today = day_number(manifest.day);
    for (at, day) in days.values().iter().enumerate().filter(|(at, d)| **d > today && days.is_valid(*at)) {
        let date = super::part::day(*day);
        let (slot, row) = (at / chunk.rows().max(1), at % chunk.rows().max(1));
        out.push((row, FamilyFault::Future { item: column.item.clone(), slot, day: date.to_string() }));
    }
}
