//! Columns of facts as they lie elsewhere (a file, a table in memory), taken into a batch whole.
//!
//! Persons are slot-major, as in the batch: person *s* of household *r* stands at `s × rows + r`.

use std::sync::Arc;

use super::batch::{Batch, Kin, ROWS};
use super::bits::{Bits, words};
use super::column::{Column, Kind, Numbers, Shape, Truths};
use super::plan::fact_shape;
use super::{Columns, ColumnsError};
use crate::days;
use crate::dec::Dec;
use crate::facts;
use crate::schema::Entity;
use crate::value::Val;

/// Bits packed eight to a byte, the least significant first.
#[derive(Clone, Copy, Debug)]
pub struct Packed<'a> {
    /// The bytes.
    pub bytes: &'a [u8],
    /// How many bits stand before the first.
    pub first: usize,
}

/// The values of a column. What stands where nothing is known is never looked at.
#[derive(Clone, Copy, Debug)]
pub enum Values<'a> {
    /// Truths.
    Truths(Packed<'a>),
    /// Whole numbers, or money in minor units.
    Whole(&'a [i64]),
    /// Decimals as whole numbers over a denominator above 0.
    Over(&'a [i64], i64),
    /// Days since 1970-01-01; one outside the years 1 to 9999 is unknown.
    Days(&'a [i32]),
    /// Codes by their places in a list, and for each place the code's number in [`crate::Layout::codes`]; a place that is
    /// not there, or whose number is [`u32::MAX`], is unknown.
    Codes(&'a [u16], &'a [u32]),
    /// Texts as numbers: those of [`crate::Layout::texts`] first, then any of the household's own.
    Texts(&'a [u32]),
}

/// One column of facts.
#[derive(Clone, Copy, Debug)]
pub struct Lent<'a> {
    /// The values.
    pub values: Values<'a>,
    /// Where a value is recorded; `None`: everywhere.
    pub known: Option<Packed<'a>>,
    /// Places, in order, of which it is stated that the value is not known: there a register's silence means nothing.
    pub unknown: &'a [u32],
}

/// Households of one size that lend their columns.
pub trait Lender {
    /// The column of an item, by its number in [`crate::Layout`]; `None`: nothing is recorded of anybody.
    fn column(&self, entity: Entity, column: u32) -> Option<Lent<'_>>;
    /// The slot of the spouse of the person at this place.
    fn spouse(&self, at: usize) -> Option<usize>;
    /// The slots of the parents of the person at this place.
    fn parents(&self, at: usize) -> &[u16];
}

impl Packed<'_> {
    /// Sixty-four bits from bit `at` on; beyond the end zeros.
    #[inline]
    fn word(self, at: usize) -> u64 {
        let bit = self.first + at;
        let (byte, shift) = (bit / 8, bit % 8);
        let mut nine = [0_u8; 16];
        let here = self.bytes.get(byte..(byte + 9).min(self.bytes.len())).unwrap_or(&[]);
        if let Some(to) = nine.get_mut(..here.len()) {
            to.copy_from_slice(here);
        }
        (u128::from_le_bytes(nine) >> shift) as u64
    }
}

/// One slot of a lent column: rows `first ..` of it.
struct Part<'a> {
    lent: Lent<'a>,
    first: usize,
    rows: &'a Bits,
    count: usize,
}

impl Part<'_> {
    fn unknown(&self) -> impl Iterator<Item = usize> + '_ {
        let from = self.lent.unknown.partition_point(|at| (*at as usize) < self.first);
        let all = self.lent.unknown.get(from..).unwrap_or(&[]).iter();
        all.map(|at| *at as usize - self.first).take_while(|row| *row < self.count)
    }

    /// The rows of word `n` of which a value is recorded.
    fn known(&self, n: usize) -> u64 {
        self.lent.known.map_or(u64::MAX, |k| k.word(self.first + 64 * n)) & self.rows.word(n)
    }

    fn truths(&self, absent: Option<Val>) -> Truths {
        let mut out = Truths::new(self.count);
        if let Values::Truths(values) = self.lent.values {
            for n in 0..self.rows.words().len() {
                let (value, known) = (values.word(self.first + 64 * n), self.known(n));
                let silent = self.rows.word(n) & !known;
                let (mut yes, mut no) = (value & known, !value & known);
                match absent {
                    Some(Val::Bool(true)) => yes |= silent,
                    Some(Val::Bool(false)) => no |= silent,
                    _ => {}
                }
                if let (Some(y), Some(f)) = (out.yes.words_mut().get_mut(n), out.no.words_mut().get_mut(n)) {
                    (*y, *f) = (yes, no);
                }
            }
            self.unknown().for_each(|row| out.put(row, Val::UNKNOWN));
        }
        out
    }

    fn numbers(&self, kind: Kind, absent: Val, unknown: Val) -> Numbers {
        let mut out = Numbers::new(kind, self.count);
        let span = self.first..self.first + self.count;
        let mut none = Bits::none(self.rows.words().len());
        for n in 0..self.rows.words().len() {
            if let Some(word) = none.words_mut().get_mut(n) {
                *word = self.rows.word(n) & !self.known(n);
            }
        }
        let to = out.lane.iter_mut();
        let mut stray: Vec<(usize, Dec)> = Vec::new();
        match self.lent.values {
            Values::Whole(lane) => to.zip(lane.get(span).unwrap_or(&[])).for_each(|(o, v)| *o = *v),
            Values::Days(lane) => {
                for (row, (o, v)) in to.zip(lane.get(span).unwrap_or(&[])).enumerate() {
                    *o = i64::from(*v);
                    if !(days::FIRST..=days::LAST).contains(o) {
                        none.set(row);
                    }
                }
            }
            Values::Texts(lane) => to.zip(lane.get(span).unwrap_or(&[])).for_each(|(o, v)| *o = i64::from(*v)),
            Values::Codes(lane, codes) => {
                for (row, (o, place)) in to.zip(lane.get(span).unwrap_or(&[])).enumerate() {
                    match codes.get(usize::from(*place)) {
                        Some(code) if *code != u32::MAX => *o = i64::from(*code),
                        _ => none.set(row),
                    }
                }
            }
            Values::Over(lane, over) => {
                let den = if let Kind::Dec(den) = kind { den } else { 0 };
                for (row, (o, v)) in to.zip(lane.get(span).unwrap_or(&[])).enumerate() {
                    match v.checked_mul(den).filter(|n| den > 0 && n % over == 0) {
                        Some(n) => *o = n / over,
                        None if !none.has(row) => stray.push((row, decimal(*v, over))),
                        None => {}
                    }
                }
            }
            Values::Truths(_) => none.fill(u64::MAX),
        }
        none.keep(self.rows);
        none.rows().for_each(|row| out.put(row, absent));
        stray.into_iter().for_each(|(row, d)| out.put(row, Val::Dec(d)));
        self.unknown().for_each(|row| out.put(row, unknown));
        out
    }
}

/// A numerator as a decimal. Denominators are powers of ten, so nothing is rounded.
fn decimal(n: i64, over: i64) -> Dec {
    Dec::from_i64(n).over(Dec::from_i64(over)).unwrap_or(Dec::ZERO)
}

fn taken(lent: Option<Lent<'_>>, of: &facts::Column, first: usize, rows: &Bits, count: usize) -> Column {
    let (shape, absent, unknown) = (fact_shape(&of.ty), of.absent, of.unknown());
    let silence = absent.unwrap_or(unknown);
    let Some(lent) = lent else {
        let mut column = Column::new(shape, count);
        (0..count).for_each(|row| column.put(row, silence));
        return column;
    };
    let part = Part { lent, first, rows, count };
    match shape {
        Shape::Truth => Column::Truth(part.truths(absent)),
        Shape::Number(kind) => Column::Number(part.numbers(kind, silence, unknown)),
    }
}

impl Columns<'_> {
    /// The facts that the rules of the day read: columns of [`crate::Layout`] by number.
    pub fn reads(&self, entity: Entity) -> &[u32] {
        match entity {
            Entity::Household => &self.plan.household_facts,
            Entity::Person => &self.plan.person_facts,
        }
    }

    /// Takes columns into a batch: `count` households of `size` members, at most [`ROWS`] of them.
    ///
    /// Kinship that names no member, or oneself, is left out.
    pub fn take(&self, count: usize, size: usize, lender: &dyn Lender) -> Result<Batch, ColumnsError> {
        if count > ROWS {
            return Err(ColumnsError::TooManyRows { rows: count });
        }
        if size > usize::from(u16::MAX) {
            return Err(ColumnsError::UnequalSizes);
        }
        let rows = Bits::first(count);
        debug_assert_eq!(rows.words().len(), words(count));
        let layout = &self.program.layout;
        let slots = |entity: Entity, fact: u32, slots: usize| -> Vec<Column> {
            let lent = lender.column(entity, fact);
            let of = layout.columns(entity).get(fact as usize);
            of.map(|of| (0..slots).map(|slot| taken(lent, of, slot * count, &rows, count)).collect())
                .unwrap_or_default()
        };
        let household = self.reads(Entity::Household).iter().flat_map(|f| slots(Entity::Household, *f, 1)).collect();
        let person = |f: &u32| slots(Entity::Person, *f, size);
        let parents = |of: usize, row: usize, out: &mut Vec<usize>| {
            for parent in lender.parents(of * count + row).iter().map(|p| usize::from(*p)) {
                if parent < size && parent != of && !out.contains(&parent) {
                    out.push(parent);
                }
            }
        };
        let children = |of: usize, row: usize, out: &mut Vec<usize>| {
            let is_parent = |child: &usize| {
                *child != of && lender.parents(child * count + row).iter().any(|p| usize::from(*p) == of)
            };
            out.extend((0..size).filter(is_parent));
        };
        let spouse = |of: usize, row: usize, out: &mut Vec<usize>| {
            out.extend(lender.spouse(of * count + row).filter(|s| *s < size && *s != of));
        };
        let kin = [Kin::of(count, size, children), Kin::of(count, size, parents), Kin::of(count, size, spouse)];
        let person = self.reads(Entity::Person).iter().map(person).collect();
        Ok(Batch::new(count, size, household, person, kin, Arc::clone(&self.mark)))
    }
}
