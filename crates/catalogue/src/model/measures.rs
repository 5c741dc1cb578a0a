//! What a change of the rules is measured by: groups, a poverty line, small numbers, households drawn as a curve.

use kernel::Words;

use super::Level;
use crate::household::HouseholdFile;

/// `measures.toml`.
#[derive(Clone, Debug)]
pub struct Measures {
    /// A count below this, and above 0, is told to nobody.
    pub suppress_below: u64,
    /// The law under which the whole population is looked at for planning.
    pub law: String,
    /// The level of places by which winners and losers are told.
    pub area: Level,
    /// The level of places by which unclaimed entitlements are told.
    pub small_area: Level,
    /// Poverty; `None`: not measured.
    pub poverty: Option<Poverty>,
    /// Kinds of household; the first that holds counts.
    pub household_types: Vec<HouseholdType>,
    /// Households drawn as a curve over an income.
    pub examples: Vec<Example>,
}

/// How poverty is measured.
#[derive(Clone, Debug)]
pub struct Poverty {
    /// The household's income before the programmes that are looked at: an item or definition of the household, in money.
    pub income: String,
    /// How many of its periods make a year.
    pub times_a_year: i64,
    /// The line, in percent of the median before the change.
    pub line_percent: i64,
    /// Needs of households by size, in hundredths of those of one person: the first entry is of size 1, the last holds
    /// for all larger ones. Empty: the square root of the size.
    pub scale: Vec<u32>,
}

/// A kind of household.
#[derive(Clone, Debug)]
pub struct HouseholdType {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Words,
    /// A truth about the household: an item or definition.
    pub when: String,
}

/// A household whose one income is varied.
#[derive(Clone, Debug)]
pub struct Example {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Words,
    /// The household.
    pub household: HouseholdFile,
    /// Whose income is varied: a member's id.
    pub member: String,
    /// Which: an item or a definition that may be stated, in money.
    pub fact: String,
    /// How many of its periods make a year.
    pub times_a_year: i64,
    /// The first sum, in minor units.
    pub from: i64,
    /// The last.
    pub to: i64,
    /// From one to the next.
    pub step: i64,
}

impl Poverty {
    /// The needs of a household in thousandths of those of one person; at least 1.
    pub fn needs(&self, size: usize) -> i64 {
        needs(&self.scale, size)
    }
}

/// The needs of a household in thousandths of those of one person, by a scale; at least 1. Without a scale: the square root of the size.
pub(crate) fn needs(scale: &[u32], size: usize) -> i64 {
    let size = size.max(1);
    match scale.get(size - 1).or(scale.last()) {
        Some(hundredths) => i64::from(*hundredths).max(1) * 10,
        None => i64::try_from(size).unwrap_or(i64::MAX).saturating_mul(1_000_000).isqrt(),
    }
}
