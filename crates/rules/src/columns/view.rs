//! What an operation reads: columns as they are lent, and the numbers in them.

use super::bits::Bits;
use super::column::{Column, Kind, Numbers, Truths, numerator};
use crate::value::{Bounds, Trouble, Val};

/// Of rows that are all odd, whose lane is never looked at.
const NO_MATTER: Bounds = Bounds { lo: 0, hi: 0 };

/// What an operation reads: a column, or one value for all rows.
#[derive(Clone, Copy, Debug)]
pub(crate) enum View<'a> {
    Column(&'a Column),
    /// Lent, so that a view stays small: views are handed on more often than anything else.
    Same(&'a Val),
}

/// The rows of a view by what they are; beyond the last row anything.
pub(crate) struct Bools<'a> {
    pub(crate) yes: &'a Bits,
    pub(crate) no: &'a Bits,
    pub(crate) trouble: Option<&'a Bits>,
}

/// The numbers of a view over a denominator.
#[derive(Clone, Copy)]
pub(crate) enum Lane<'a> {
    Each(&'a [i64]),
    Small(&'a [i32]),
    Same(i64),
}

impl<'a> View<'a> {
    #[inline]
    pub(crate) fn get(self, row: usize) -> Val {
        match self {
            View::Column(c) => c.get(row),
            View::Same(v) => *v,
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
            View::Column(Column::Number(n)) => (n.numbers(), true),
            View::Column(Column::Truth(_)) => (Lane::Same(0), false),
            View::Same(v) => constant(*v, kind).map_or((Lane::Same(0), false), |n| (Lane::Same(n), true)),
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

    /// Rows known to hold, rows known not to, rows that are errors.
    #[inline]
    pub(crate) fn bools(self) -> Bools<'a> {
        match self {
            View::Column(Column::Truth(t)) => {
                Bools { yes: &t.yes, no: &t.no, trouble: Some(&t.trouble.rows).filter(|_| t.trouble.any) }
            }
            View::Column(Column::Number(n)) => {
                Bools { yes: &Bits::NO, no: &Bits::NO, trouble: Some(&n.trouble.rows).filter(|_| n.trouble.any) }
            }
            View::Same(Val::Bool(true)) => Bools { yes: &Bits::EVERY, no: &Bits::NO, trouble: None },
            View::Same(Val::Bool(false)) => Bools { yes: &Bits::NO, no: &Bits::EVERY, trouble: None },
            View::Same(Val::Error(_)) => Bools { yes: &Bits::NO, no: &Bits::NO, trouble: Some(&Bits::EVERY) },
            View::Same(_) => Bools { yes: &Bits::NO, no: &Bits::NO, trouble: None },
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
            View::Same(Val::Error(t)) => Some(*t),
            _ => None,
        }
    }

    /// The numbers, where some are unknown within bounds and the others stand in the lane as they are or are errors.
    pub(crate) fn unknown(self) -> Option<&'a Numbers> {
        let c = self.numbers().filter(|c| c.any_odd && matches!(c.kind, Kind::Int | Kind::Date | Kind::Dec(_)))?;
        (!c.unknown.is_empty()).then_some(c)
    }

    /// Whether any row's number does not stand in the lane.
    pub(crate) fn has_odd(self) -> bool {
        match self {
            View::Column(Column::Number(n)) => n.any_odd,
            View::Column(Column::Truth(_)) | View::Same(Val::Unknown(_) | Val::Error(_)) => true,
            View::Same(_) => false,
        }
    }

    /// Between which numbers the lane lies, over a denominator, where they are known.
    pub(crate) fn span(self, kind: Kind) -> Bounds {
        match self {
            View::Column(Column::Number(n)) if n.span.lo <= n.span.hi => n.span,
            View::Same(v) => constant(*v, kind).map_or(NO_MATTER, |n| Bounds { lo: n, hi: n }),
            View::Column(_) => NO_MATTER,
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
