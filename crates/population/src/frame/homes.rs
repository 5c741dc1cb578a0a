//! Persons who stand in more than one household.

use serde::{Deserialize, Serialize};

use super::fault::{FamilyFault, FrameError, Where};
use super::read::Reader;
use super::{GROUP, Key};

/// A household of a part that is set aside because a member lives in another one too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TwoHomes {
    /// Row of the household in the part, from 0.
    pub row: usize,
    /// Slot of the member.
    pub slot: usize,
    /// Where else, in words.
    pub other: String,
}

impl TwoHomes {
    /// As a household set aside.
    pub(crate) fn place(&self, part: &str) -> Where {
        let fault = FamilyFault::TwoHomes { slot: self.slot, other: self.other.clone() };
        Where { file: format!("{part}.persons.parquet"), group: self.row / GROUP, row: self.row, fault }
    }

    /// The same back.
    pub(crate) fn of(place: &Where) -> Option<TwoHomes> {
        match &place.fault {
            FamilyFault::TwoHomes { slot, other } => {
                Some(TwoHomes { row: place.row, slot: *slot, other: other.clone() })
            }
            _ => None,
        }
    }
}

/// A member of a household.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Member {
    key: Key,
    part: u32,
    row: u32,
    slot: u16,
}

/// Which of several passes looks at a person. The product spreads pseudonyms that are not random, too.
fn pass(key: &Key, passes: u64) -> u64 {
    let mixed = u128::from_be_bytes(*key).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    (((mixed >> 64) * u128::from(passes)) >> 64) as u64
}

impl Reader {
    /// Households of a part of which a member lives in another household too, for each part, by row: which of the two is
    /// right nobody can tell from the snapshot, so both are set aside. Looks at about `at_once` persons at a time, 32 bytes each.
    pub fn two_homes(&self, at_once: usize) -> Result<Vec<Vec<Where>>, FrameError> {
        let manifest = self.manifest();
        let mut out: Vec<Vec<Where>> = vec![Vec::new(); manifest.parts.len()];
        let passes = manifest.persons.div_ceil(at_once.max(1) as u64).max(1);
        for n in 0..passes {
            let mut members = self.members(|key| pass(key, passes) == n)?;
            members.sort_unstable();
            for (a, b) in members.iter().zip(members.iter().skip(1)).filter(|(a, b)| a.key == b.key) {
                for (one, other) in [(a, b), (b, a)] {
                    let part = |m: &Member| manifest.parts.get(m.part as usize).map_or("", |p| p.name.as_str());
                    let slot = usize::from(one.slot);
                    let other = format!("{}, row {}", part(other), other.row);
                    if let Some(list) = out.get_mut(one.part as usize) {
                        list.push(TwoHomes { row: one.row as usize, slot, other }.place(part(one)));
                    }
                }
            }
        }
        for list in &mut out {
            list.sort_by_key(|w| w.row);
            list.dedup_by_key(|w| w.row);
        }
        Ok(out)
    }

    fn members(&self, wanted: impl Fn(&Key) -> bool) -> Result<Vec<Member>, FrameError> {
        let mut members = Vec::new();
        for n in 0..self.manifest().parts.len() {
            let Ok(mut part) = self.keys_of_part(n) else {
                // The run tells of a part that cannot be read.
                continue;
            };
            while let Some(chunk) = part.next_chunk()? {
                for slot in 0..chunk.size() {
                    for row in 0..chunk.rows() {
                        let Some(key) = chunk.person_key(row, slot).filter(&wanted) else { continue };
                        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
                        let slot = u16::try_from(slot).unwrap_or(u16::MAX);
                        members.push(Member { key, part: number(n), row: number(chunk.first() + row), slot });
                    }
                }
            }
        }
        Ok(members)
    }
}
