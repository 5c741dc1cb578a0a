//! Values while a rule runs: small, copyable, and with *unknown* and *error* as values of their own.

use crate::dec::Dec;

/// What a node comes to for one household or member.
///
/// Unknown and error are different things. An unknown number keeps the bounds between which it must lie, so that a
/// comparison may still be decided; dates keep theirs as day numbers. An error says that the rule itself cannot be
/// worked out (a table has no row, a division by zero): it blocks a decision and never denies. Where the two meet the
/// error wins, because learning the fact would not make the rule sound. `false and error` is false, `true or error` true:
/// one condition that fails for certain settles the matter whatever the others are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Val {
    /// Truth.
    Bool(bool),
    /// A whole number, or minor units of money.
    Int(i64),
    /// An exact decimal.
    Dec(Dec),
    /// Day number since 1970-01-01.
    Date(i64),
    /// Index into the program's codes.
    Code(u32),
    /// Index into the program's texts, or beyond them into the household's.
    Text(u32),
    /// Not known. For numbers and dates the least and the greatest possible value, rounded outwards.
    Unknown(Bounds),
    /// Cannot be worked out.
    Error(Trouble),
}

/// Between which values an unknown number lies; the ends of `i64` mean: no bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Bounds {
    /// Least possible.
    pub lo: i64,
    /// Greatest possible.
    pub hi: i64,
}

impl Bounds {
    /// No bounds.
    pub const NONE: Bounds = Bounds { lo: i64::MIN, hi: i64::MAX };

    /// Both bounds at once.
    pub fn hull(self, other: Bounds) -> Bounds {
        Bounds { lo: self.lo.min(other.lo), hi: self.hi.max(other.hi) }
    }

    /// The bounds of a sum.
    pub fn plus(self, other: Bounds) -> Bounds {
        Bounds { lo: add_low(self.lo, other.lo), hi: add_high(self.hi, other.hi) }
    }

    /// The bounds of the number with its sign turned.
    pub fn negated(self) -> Bounds {
        let turn = |n: i64| match n {
            i64::MIN => i64::MAX,
            i64::MAX => i64::MIN,
            n => -n,
        };
        Bounds { lo: turn(self.hi), hi: turn(self.lo) }
    }

    /// The bounds of a product.
    pub fn times(self, other: Bounds) -> Bounds {
        let corners = [(self.lo, other.lo), (self.lo, other.hi), (self.hi, other.lo), (self.hi, other.hi)];
        let mut out: Option<Bounds> = None;
        for (a, b) in corners {
            let open = |n: i64| n == i64::MIN || n == i64::MAX;
            let p = if a == 0 || b == 0 {
                0
            } else if open(a) || open(b) {
                if (a < 0) == (b < 0) { i64::MAX } else { i64::MIN }
            } else {
                a.checked_mul(b).unwrap_or(if (a < 0) == (b < 0) { i64::MAX } else { i64::MIN })
            };
            let here = Bounds { lo: p, hi: p };
            out = Some(out.map_or(here, |o| o.hull(here)));
        }
        out.unwrap_or(Bounds::NONE)
    }
}

fn add_low(a: i64, b: i64) -> i64 {
    if a == i64::MIN || b == i64::MIN { i64::MIN } else { a.saturating_add(b) }
}

fn add_high(a: i64, b: i64) -> i64 {
    if a == i64::MAX || b == i64::MAX { i64::MAX } else { a.saturating_add(b) }
}

/// Why a value cannot be worked out, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Trouble {
    /// What happened.
    pub kind: TroubleKind,
    /// The node at which it happened.
    pub node: u32,
}

/// The ways in which a rule can fail to give a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TroubleKind {
    /// The table has no row for this day and these keys.
    NoRow,
    /// Division by zero.
    DivisionByZero,
    /// The number does not fit.
    Overflow,
    /// The smallest or largest of nobody.
    Nobody,
    /// No version of the definition is in force on the day.
    NoVersion,
}

impl TroubleKind {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            TroubleKind::NoRow => "the table has no row for this day and these keys",
            TroubleKind::DivisionByZero => "division by zero",
            TroubleKind::Overflow => "the number is larger than the system can hold",
            TroubleKind::Nobody => "the smallest or largest of an empty list",
            TroubleKind::NoVersion => "no version of the definition is in force on this day",
        }
    }
}

impl Val {
    /// Unknown without bounds.
    pub const UNKNOWN: Val = Val::Unknown(Bounds::NONE);

    /// Three-valued truth; `None` for unknown and for everything that is not a truth.
    pub fn truth(self) -> Option<bool> {
        match self {
            Val::Bool(b) => Some(b),
            _ => None,
        }
    }

    /// Whether it is unknown.
    pub fn is_unknown(self) -> bool {
        matches!(self, Val::Unknown(_))
    }

    /// Whether it is an error.
    pub fn is_error(self) -> bool {
        matches!(self, Val::Error(_))
    }

    /// Between which whole numbers (or days) the value lies.
    pub fn bounds(self) -> Bounds {
        match self {
            Val::Int(n) | Val::Date(n) => Bounds { lo: n, hi: n },
            Val::Dec(d) => Bounds { lo: d.floor_i64(), hi: d.ceil_i64() },
            Val::Unknown(b) => b,
            _ => Bounds::NONE,
        }
    }

    /// An unknown number between bounds; a known one when only one is possible.
    pub fn between(b: Bounds, kind: Lane) -> Val {
        if b.lo == b.hi {
            match kind {
                Lane::Int => Val::Int(b.lo),
                Lane::Dec => Val::Dec(Dec::from_i64(b.lo)),
                Lane::Date => Val::Date(b.lo),
            }
        } else {
            Val::Unknown(b)
        }
    }
}

/// How a bounded value is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lane {
    /// 64-bit whole numbers.
    Int,
    /// Exact decimals.
    Dec,
    /// Day numbers.
    Date,
}
