//! Columns: the values of one node for all rows of a batch.
//!
//! A number whose value is known stands in its lane as `value × denominator`, a 64-bit integer; the denominator belongs to
//! the column and is fixed when the rules are compiled, so ratios and shares are exact and no float is ever made. A row that
//! has no such number is *odd*: unknown within bounds, an error, or *stray* (a decimal that the lane cannot hold, kept as an
//! exact decimal beside it). Odd rows are worked out one by one with the very operations of the explaining evaluator.

use super::bits::{Bits, words};
use super::loops;
use super::view::Lane;
use crate::dec::Dec;
use crate::value::{Bounds, Trouble, TroubleKind, Val};

/// What the lane of numbers holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Int,
    /// Decimals as numerators over this denominator; 0: none, all rows are stray.
    Dec(i64),
    Date,
    Code,
    Text,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Shape {
    Truth,
    Number(Kind),
}

/// The rows that are errors, and what went wrong.
#[derive(Clone, Debug, Default)]
pub(crate) struct Troubles {
    pub(crate) rows: Bits,
    /// Whether there is any.
    pub(crate) any: bool,
    what: Vec<Trouble>,
}

const NO_TROUBLE: Trouble = Trouble { kind: TroubleKind::Overflow, node: u32::MAX };

impl Troubles {
    fn put(&mut self, row: usize, trouble: Trouble) {
        if self.what.is_empty() {
            self.what.resize(self.rows.words().len() * 64, NO_TROUBLE);
        }
        if let Some(slot) = self.what.get_mut(row) {
            *slot = trouble;
            self.rows.set(row);
            self.any = true;
        }
    }

    fn clear(&mut self) {
        if self.any {
            self.rows.fill(0);
            self.any = false;
        }
    }

    pub(crate) fn get(&self, row: usize) -> Option<Trouble> {
        if self.rows.has(row) { self.what.get(row).copied() } else { None }
    }
}

/// Truths: known to hold, known not to hold; what is neither and no error is unknown.
#[derive(Clone, Debug, Default)]
pub(crate) struct Truths {
    pub(crate) yes: Bits,
    pub(crate) no: Bits,
    pub(crate) trouble: Troubles,
}

/// Numbers, dates and codes.
#[derive(Clone, Debug)]
pub(crate) struct Numbers {
    pub(crate) kind: Kind,
    /// Known rows: the value. Other rows: anything.
    pub(crate) lane: Vec<i64>,
    /// Unknown rows: the least and the greatest possible whole value. Empty as long as no row is unknown.
    least: Vec<i64>,
    most: Vec<i64>,
    /// Of the unknown rows the greatest `least`, and the least `most`: what is not beyond these no row's bounds can tell.
    reach: Bounds,
    decimals: Vec<Dec>,
    pub(crate) unknown: Bits,
    pub(crate) stray: Bits,
    pub(crate) trouble: Troubles,
    /// Whether any row is odd.
    pub(crate) any_odd: bool,
    /// Between which numbers the lane's known rows lie; [`Bounds::NONE`]: not measured.
    pub(crate) span: Bounds,
    /// All known rows have the one number of the span; the lane is not written.
    pub(crate) flat: bool,
    /// All known rows fit 32 bits: they stand here, and the lane is not written.
    narrow: bool,
    small: Vec<i32>,
}

/// Of no unknown row.
const NO_REACH: Bounds = Bounds { lo: i64::MIN, hi: i64::MAX };

/// The span of no row.
pub(crate) const NOTHING: Bounds = Bounds { lo: i64::MAX, hi: i64::MIN };

/// One node's values.
#[derive(Clone, Debug)]
pub(crate) enum Column {
    Truth(Truths),
    Number(Numbers),
}

impl Truths {
    pub(crate) fn new(rows: usize) -> Truths {
        let w = words(rows);
        let trouble = Troubles { rows: Bits::none(w), ..Troubles::default() };
        Truths { yes: Bits::none(w), no: Bits::none(w), trouble }
    }

    /// Forgets the errors; the bits are written over by whoever uses the column next.
    pub(crate) fn clear(&mut self) {
        self.trouble.clear();
    }

    /// The one truth that all rows have.
    fn same(&self, rows: &Bits) -> Option<&'static Val> {
        match () {
            () if self.trouble.any => None,
            () if self.yes.covers(rows) => Some(&Val::Bool(true)),
            () if self.no.covers(rows) => Some(&Val::Bool(false)),
            () => None,
        }
    }

    pub(crate) fn get(&self, row: usize) -> Val {
        match () {
            () if self.yes.has(row) => Val::Bool(true),
            () if self.no.has(row) => Val::Bool(false),
            () => self.trouble.get(row).map_or(Val::UNKNOWN, Val::Error),
        }
    }

    pub(crate) fn put(&mut self, row: usize, v: Val) {
        self.yes.unset(row);
        self.no.unset(row);
        self.trouble.rows.unset(row);
        match v {
            Val::Bool(true) => self.yes.set(row),
            Val::Bool(false) => self.no.set(row),
            Val::Error(t) => self.trouble.put(row, t),
            _ => {}
        }
    }
}

impl Numbers {
    pub(crate) fn new(kind: Kind, rows: usize) -> Numbers {
        let w = words(rows);
        let none = || Bits::none(w);
        Numbers {
            kind,
            lane: vec![0; w * 64],
            least: Vec::new(),
            most: Vec::new(),
            reach: NO_REACH,
            decimals: Vec::new(),
            unknown: none(),
            stray: none(),
            trouble: Troubles { rows: none(), ..Troubles::default() },
            any_odd: false,
            span: Bounds::NONE,
            flat: false,
            narrow: false,
            small: Vec::new(),
        }
    }

    /// Finds out between which numbers the known rows lie.
    pub(crate) fn measure(&mut self, rows: &Bits) {
        let mut odd = Bits::none(rows.words().len());
        self.add_odd(&mut odd);
        self.span = NOTHING;
        for (n, (chunk, there)) in self.lane.chunks(64).zip(rows.words()).enumerate() {
            let known = there & !odd.word(n);
            if known == u64::MAX {
                let (lo, hi) = loops::span(chunk);
                self.span = self.span.hull(Bounds { lo, hi });
            } else {
                let here = chunk.iter().enumerate().filter(|(bit, _)| known >> bit & 1 != 0);
                self.span = here.fold(self.span, |s, (_, n)| s.hull(Bounds { lo: *n, hi: *n }));
            }
        }
        self.flat = !self.any_odd && self.span.lo == self.span.hi;
        if !self.flat && loops::is_small(self.span) {
            self.small = self.lane.iter().map(|n| *n as i32).collect();
            self.narrow = true;
        }
    }

    /// Whether the lane holds whole numbers as they are.
    pub(crate) fn is_whole(&self) -> bool {
        matches!(self.kind, Kind::Int | Kind::Date | Kind::Dec(1))
    }

    /// Whether rows that are odd are unknown whole numbers, all of them.
    pub(crate) fn only_unknown(&self) -> bool {
        self.is_whole() && self.stray.is_empty() && !self.trouble.any
    }

    /// The number of a row, whatever it means there.
    #[inline]
    pub(crate) fn at(&self, row: usize) -> i64 {
        match () {
            () if self.flat => self.span.lo,
            () if self.narrow => self.small.get(row).copied().map_or(0, i64::from),
            () => self.lane.get(row).copied().unwrap_or(0),
        }
    }

    /// The numbers as loops read them.
    pub(crate) fn numbers(&self) -> Lane<'_> {
        match () {
            () if self.flat => Lane::Same(self.span.lo),
            () if self.narrow => Lane::Small(&self.small),
            () => Lane::Each(&self.lane),
        }
    }

    /// A lane of 32 bits to be written over with known numbers within a span.
    pub(crate) fn small(&mut self, span: Bounds) -> &mut [i32] {
        (self.flat, self.narrow, self.span) = (false, true, span);
        self.small.resize(self.lane.len(), 0);
        &mut self.small
    }

    /// The lane to be written over, all numbers that count within a span.
    pub(crate) fn large(&mut self, span: Bounds) -> &mut [i64] {
        (self.flat, self.narrow, self.span) = (false, false, span);
        &mut self.lane
    }

    /// Takes over the numbers of a lane.
    pub(crate) fn set(&mut self, lane: Lane<'_>, span: Bounds) {
        match lane {
            Lane::Same(n) => self.set_flat(n),
            Lane::Each(lane) => self.large(span).iter_mut().zip(lane).for_each(|(o, v)| *o = *v),
            Lane::Small(lane) => self.small(span).iter_mut().zip(lane).for_each(|(o, v)| *o = *v),
        }
    }

    /// The same number in all rows.
    pub(crate) fn set_flat(&mut self, n: i64) {
        (self.flat, self.narrow, self.span) = (true, false, Bounds { lo: n, hi: n });
    }

    /// Writes the lane out, so that single rows can be put.
    pub(crate) fn spread(&mut self) {
        match () {
            () if self.flat => self.lane.fill(self.span.lo),
            () if self.narrow => self.lane.iter_mut().zip(&self.small).for_each(|(o, n)| *o = i64::from(*n)),
            () => {}
        }
        (self.flat, self.narrow) = (false, false);
    }

    /// The same in 32 bits where that can be.
    pub(crate) fn shrink(&mut self) {
        if self.flat && loops::is_small(self.span) {
            let (n, span) = (self.span.lo as i32, self.span);
            self.small(span).fill(n);
        }
    }

    pub(crate) fn is_narrow(&self) -> bool {
        self.narrow
    }

    /// Forgets what was odd; the lane is written over by whoever uses the column next.
    pub(crate) fn clear(&mut self, kind: Kind) {
        self.kind = kind;
        (self.flat, self.narrow) = (false, false);
        if self.any_odd {
            self.unknown.fill(0);
            self.stray.fill(0);
            self.trouble.clear();
            self.any_odd = false;
            self.reach = NO_REACH;
        }
    }

    pub(crate) fn get(&self, row: usize) -> Val {
        let n = self.at(row);
        if self.any_odd {
            if self.unknown.has(row) {
                return Val::Unknown(self.bounds(row));
            }
            if let Some(t) = self.trouble.get(row) {
                return Val::Error(t);
            }
            if self.stray.has(row) {
                return Val::Dec(self.decimals.get(row).copied().unwrap_or(Dec::ZERO));
            }
        }
        match self.kind {
            Kind::Int => Val::Int(n),
            Kind::Date => Val::Date(n),
            Kind::Dec(den) => Val::Dec(decimal(n, den)),
            Kind::Code => Val::Code(u32::try_from(n).unwrap_or(u32::MAX)),
            Kind::Text => Val::Text(u32::try_from(n).unwrap_or(u32::MAX)),
        }
    }

    /// Adds the odd rows to a set.
    pub(crate) fn add_odd(&self, to: &mut Bits) {
        if self.any_odd {
            to.add(&self.unknown);
            to.add(&self.stray);
            to.add(&self.trouble.rows);
        }
    }

    pub(crate) fn put(&mut self, row: usize, v: Val) {
        if self.any_odd {
            self.unknown.unset(row);
            self.stray.unset(row);
            self.trouble.rows.unset(row);
        }
        let number = match v {
            Val::Int(n) | Val::Date(n) => n,
            Val::Code(n) | Val::Text(n) => i64::from(n),
            Val::Bool(b) => i64::from(b),
            Val::Dec(d) => match self.kind {
                Kind::Dec(den) => match numerator(d, den) {
                    Some(n) => n,
                    None => return self.put_stray(row, d),
                },
                // A decimal in a lane of whole numbers does not occur: such columns are typed when compiled.
                _ => d.floor_i64(),
            },
            Val::Unknown(b) => return self.put_unknown(row, b),
            Val::Error(t) => return self.put_trouble(row, t),
        };
        self.put_number(row, number);
    }

    /// The least and the greatest possible values; nothing where no row is unknown.
    pub(crate) fn ends(&self) -> (&[i64], &[i64]) {
        (&self.least, &self.most)
    }

    /// Of the unknown rows the greatest least value, and the least greatest one.
    pub(crate) fn reach(&self) -> Bounds {
        self.reach
    }

    /// The bounds of an unknown row.
    #[inline]
    pub(crate) fn bounds(&self, row: usize) -> Bounds {
        match (self.least.get(row), self.most.get(row)) {
            (Some(lo), Some(hi)) => Bounds { lo: *lo, hi: *hi },
            _ => Bounds::NONE,
        }
    }

    /// Puts a known number where none was.
    pub(crate) fn put_number(&mut self, row: usize, n: i64) {
        self.shrink();
        match i32::try_from(n) {
            Ok(small) if self.narrow => {
                if let Some(slot) = self.small.get_mut(row) {
                    *slot = small;
                }
            }
            _ => {
                self.spread();
                if let Some(slot) = self.lane.get_mut(row) {
                    *slot = n;
                }
            }
        }
        self.span = self.span.hull(Bounds { lo: n, hi: n });
    }

    /// Puts an unknown number where none was.
    #[inline]
    pub(crate) fn put_unknown(&mut self, row: usize, b: Bounds) {
        if self.least.is_empty() {
            self.least.resize(self.lane.len(), 0);
            self.most.resize(self.lane.len(), 0);
        }
        if let (Some(least), Some(most)) = (self.least.get_mut(row), self.most.get_mut(row)) {
            (*least, *most) = (b.lo, b.hi);
        }
        self.reach = Bounds { lo: self.reach.lo.max(b.lo), hi: self.reach.hi.min(b.hi) };
        self.unknown.set(row);
        self.any_odd = true;
    }

    /// Puts unknown numbers in rows of a word where none were.
    pub(crate) fn put_unknown_rows(
        &mut self,
        word: usize,
        rows: u64,
        (lo, hi): (&[i64; 64], &[i64; 64]),
        reach: Bounds,
    ) -> Option<()> {
        if rows == 0 {
            return Some(());
        }
        if self.least.is_empty() {
            self.least.resize(self.lane.len(), 0);
            self.most.resize(self.lane.len(), 0);
        }
        let (least, most) = (self.least.as_chunks_mut::<64>().0, self.most.as_chunks_mut::<64>().0);
        let (least, most) = (least.get_mut(word)?, most.get_mut(word)?);
        // Unknown rows of this word that were put before stay as they are.
        let before = self.unknown.word(word) & !rows;
        match before {
            0 => (*least, *most) = (*lo, *hi),
            _ => {
                let all = least.iter_mut().zip(most).zip(lo.iter().zip(hi)).zip(&loops::BIT);
                for (((least, most), (lo, hi)), _) in all.filter(|(_, bit)| rows & **bit != 0) {
                    (*least, *most) = (*lo, *hi);
                }
            }
        }
        if let Some(unknown) = self.unknown.words_mut().get_mut(word) {
            *unknown |= rows;
        }
        self.reach = Bounds { lo: self.reach.lo.max(reach.lo), hi: self.reach.hi.min(reach.hi) };
        self.any_odd = true;
        Some(())
    }

    /// Puts what lies between the bounds where nothing was: a known number when only one is possible. `None` when the
    /// lane cannot hold it.
    pub(crate) fn put_between(&mut self, row: usize, b: Bounds) -> Option<()> {
        if b.lo != b.hi {
            self.put_unknown(row, b);
            return Some(());
        }
        match self.kind {
            Kind::Dec(den) => self.put_number(row, b.lo.checked_mul(den).filter(|_| den > 0)?),
            _ => self.put_number(row, b.lo),
        }
        Some(())
    }

    /// Puts an error where nothing was.
    pub(crate) fn put_trouble(&mut self, row: usize, trouble: Trouble) {
        self.trouble.put(row, trouble);
        self.any_odd = true;
    }

    fn put_stray(&mut self, row: usize, d: Dec) {
        if self.decimals.is_empty() {
            self.decimals.resize(self.lane.len(), Dec::ZERO);
        }
        if let Some(slot) = self.decimals.get_mut(row) {
            *slot = d;
        }
        self.stray.set(row);
        self.any_odd = true;
    }
}

/// A numerator as the decimal that the explaining evaluator would hold.
fn decimal(n: i64, den: i64) -> Dec {
    let whole = Dec::from_i64(n);
    if den == 1 { whole } else { whole.over(Dec::from_i64(den)).unwrap_or(Dec::ZERO) }
}

/// The numerator of a decimal over a denominator, if it is exactly that decimal again when read.
pub(crate) fn numerator(d: Dec, den: i64) -> Option<i64> {
    if den == 0 {
        return None;
    }
    let n = d.times(Dec::from_i64(den))?.whole()?;
    (decimal(n, den) == d).then_some(n)
}

impl Column {
    pub(crate) fn new(shape: Shape, rows: usize) -> Column {
        match shape {
            Shape::Truth => Column::Truth(Truths::new(rows)),
            Shape::Number(kind) => Column::Number(Numbers::new(kind, rows)),
        }
    }

    pub(crate) fn get(&self, row: usize) -> Val {
        match self {
            Column::Truth(t) => t.get(row),
            Column::Number(n) => n.get(row),
        }
    }

    pub(crate) fn put(&mut self, row: usize, v: Val) {
        match self {
            Column::Truth(t) => t.put(row, v),
            Column::Number(n) => n.put(row, v),
        }
    }

    /// The one truth that all rows have, where that is so.
    pub(crate) fn same(&self, rows: &Bits) -> Option<&'static Val> {
        match self {
            Column::Truth(t) => t.same(rows),
            Column::Number(_) => None,
        }
    }
}
