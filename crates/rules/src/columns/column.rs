//! Columns: the values of one node for all rows of a batch.
//!
//! A number whose value is known stands in its lane as `value × denominator`, a 64-bit integer; the denominator belongs to
//! the column and is fixed when the rules are compiled, so ratios and shares are exact and no float is ever made. A row that
//! has no such number is *odd*: unknown within bounds, an error, or *stray* (a decimal that the lane cannot hold, kept as an
//! exact decimal beside it). Odd rows are worked out one by one with the very operations of the explaining evaluator.

use super::bits::{Bits, words};
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
    /// Known rows: the value. Unknown rows: the least possible whole value.
    pub(crate) lane: Vec<i64>,
    /// Unknown rows: the greatest possible whole value. Empty as long as no row is unknown.
    most: Vec<i64>,
    decimals: Vec<Dec>,
    pub(crate) unknown: Bits,
    pub(crate) stray: Bits,
    pub(crate) trouble: Troubles,
    /// Whether any row is odd.
    pub(crate) any_odd: bool,
}

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

    pub(crate) fn clear(&mut self) {
        self.yes.fill(0);
        self.no.fill(0);
        self.trouble.clear();
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
            most: Vec::new(),
            decimals: Vec::new(),
            unknown: none(),
            stray: none(),
            trouble: Troubles { rows: none(), ..Troubles::default() },
            any_odd: false,
        }
    }

    /// Forgets what was odd; the lane is written over by whoever uses the column next.
    pub(crate) fn clear(&mut self, kind: Kind) {
        self.kind = kind;
        if self.any_odd {
            self.unknown.fill(0);
            self.stray.fill(0);
            self.trouble.clear();
            self.any_odd = false;
        }
    }

    pub(crate) fn get(&self, row: usize) -> Val {
        let n = self.lane.get(row).copied().unwrap_or(0);
        if self.any_odd {
            if self.unknown.has(row) {
                return Val::Unknown(Bounds { lo: n, hi: self.most.get(row).copied().unwrap_or(i64::MAX) });
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

    /// The greatest possible value of an unknown row.
    pub(crate) fn most(&self, row: usize) -> i64 {
        self.most.get(row).copied().unwrap_or(i64::MAX)
    }

    /// The greatest possible values; nothing where no row is unknown.
    pub(crate) fn mosts(&self) -> &[i64] {
        &self.most
    }

    /// The bounds of an unknown row.
    pub(crate) fn bounds(&self, row: usize) -> Bounds {
        Bounds { lo: self.lane.get(row).copied().unwrap_or(i64::MIN), hi: self.most(row) }
    }

    /// Puts a known number where none was.
    pub(crate) fn put_number(&mut self, row: usize, n: i64) {
        if let Some(slot) = self.lane.get_mut(row) {
            *slot = n;
        }
    }

    /// Puts an unknown number where none was.
    pub(crate) fn put_unknown(&mut self, row: usize, b: Bounds) {
        if self.most.is_empty() {
            self.most.resize(self.lane.len(), 0);
        }
        if let (Some(least), Some(most)) = (self.lane.get_mut(row), self.most.get_mut(row)) {
            (*least, *most) = (b.lo, b.hi);
        }
        self.unknown.set(row);
        self.any_odd = true;
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
}

/// What an operation reads: a column, or one value for all rows.
#[derive(Clone, Copy, Debug)]
pub(crate) enum View<'a> {
    Column(&'a Column),
    Same(Val),
}

/// The numbers of a view over a denominator.
#[derive(Clone, Copy)]
pub(crate) enum Lane<'a> {
    Each(&'a [i64]),
    Same(i64),
}

impl<'a> View<'a> {
    #[inline]
    pub(crate) fn get(self, row: usize) -> Val {
        match self {
            View::Column(c) => c.get(row),
            View::Same(v) => v,
        }
    }

    pub(crate) fn numbers(self) -> Option<&'a Numbers> {
        match self {
            View::Column(Column::Number(n)) => Some(n),
            _ => None,
        }
    }

    pub(crate) fn truths(self) -> Option<&'a Truths> {
        match self {
            View::Column(Column::Truth(t)) => Some(t),
            _ => None,
        }
    }

    /// The lane, and whether it holds numbers at all.
    pub(crate) fn lane(self, kind: Kind) -> (Lane<'a>, bool) {
        match self {
            View::Column(Column::Number(n)) => (Lane::Each(&n.lane), true),
            View::Column(Column::Truth(_)) => (Lane::Same(0), false),
            View::Same(v) => match (constant(v, kind), v) {
                (Some(n), _) => (Lane::Same(n), true),
                _ => (Lane::Same(0), false),
            },
        }
    }

    /// Rows known to hold and rows known not to hold, a word of each.
    #[inline]
    pub(crate) fn truth_word(self, at: usize) -> (u64, u64) {
        match self {
            View::Column(Column::Truth(t)) => (t.yes.word(at), t.no.word(at)),
            View::Same(Val::Bool(true)) => (u64::MAX, 0),
            View::Same(Val::Bool(false)) => (0, u64::MAX),
            _ => (0, 0),
        }
    }

    /// Rows that are errors, a word.
    #[inline]
    pub(crate) fn trouble_word(self, at: usize) -> u64 {
        match self {
            View::Column(Column::Truth(t)) if t.trouble.any => t.trouble.rows.word(at),
            View::Column(Column::Number(n)) if n.trouble.any => n.trouble.rows.word(at),
            View::Same(Val::Error(_)) => u64::MAX,
            _ => 0,
        }
    }

    /// The error of a row.
    pub(crate) fn trouble(self, row: usize) -> Option<Trouble> {
        match self {
            View::Column(Column::Truth(t)) => t.trouble.get(row),
            View::Column(Column::Number(n)) if n.any_odd => n.trouble.get(row),
            View::Same(Val::Error(t)) => Some(t),
            _ => None,
        }
    }

    /// Adds the rows whose number does not stand in the lane.
    pub(crate) fn add_odd(self, to: &mut Bits) {
        match self {
            View::Column(Column::Number(n)) => n.add_odd(to),
            View::Column(Column::Truth(_)) => to.fill(u64::MAX),
            View::Same(Val::Unknown(_) | Val::Error(_)) => to.fill(u64::MAX),
            View::Same(_) => {}
        }
    }
}

/// A constant as the lane holds it.
pub(crate) fn constant(v: Val, kind: Kind) -> Option<i64> {
    match (v, kind) {
        (Val::Int(n) | Val::Date(n), _) => Some(n),
        (Val::Code(n) | Val::Text(n), _) => Some(i64::from(n)),
        (Val::Dec(d), Kind::Dec(den)) => numerator(d, den),
        _ => None,
    }
}
