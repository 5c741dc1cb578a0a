//! The operations on values: what each does with known, unknown and erroneous operands. Used by the evaluator with the
//! values of one household, and by range analysis with everything unknown within its declared bounds.

use crate::ast::Cmp;
use crate::days;
use crate::dec::{Dec, Rounding};
use crate::ir::{Arith, DatePart, TimeUnit};
use crate::value::{Bounds, Lane, TroubleKind, Val};

/// A result or what went wrong; the caller knows at which node.
pub(crate) type Outcome = Result<Val, TroubleKind>;

/// The value at hand if it is neither unknown nor an error.
fn known(v: Val) -> bool {
    !matches!(v, Val::Unknown(_) | Val::Error(_))
}

/// `a cmp b`.
pub(crate) fn compare(cmp: Cmp, a: Val, b: Val) -> Val {
    if let e @ Val::Error(_) = a {
        return e;
    }
    if let e @ Val::Error(_) = b {
        return e;
    }
    let order = match (a, b) {
        (Val::Int(x), Val::Int(y)) | (Val::Date(x), Val::Date(y)) => x.cmp(&y),
        (Val::Dec(x), Val::Dec(y)) => x.cmp(&y),
        (Val::Bool(x), Val::Bool(y)) => x.cmp(&y),
        (Val::Code(x), Val::Code(y)) | (Val::Text(x), Val::Text(y)) => x.cmp(&y),
        _ => return by_bounds(cmp, a.bounds(), b.bounds()).map_or(Val::UNKNOWN, Val::Bool),
    };
    Val::Bool(cmp.holds(order))
}

/// What the bounds of two values, one of them unknown, say of a comparison.
pub(crate) fn by_bounds(cmp: Cmp, x: Bounds, y: Bounds) -> Option<bool> {
    // The unknown side keeps whole bounds; a known decimal on the other side is compared through its neighbours:
    // every possible value x of the unknown satisfies lo <= x <= hi, and the decimal d satisfies floor(d) <= d <= ceil(d).
    let surely_less = x.hi < y.lo;
    let surely_greater = x.lo > y.hi;
    let never_greater = x.hi <= y.lo;
    let never_less = x.lo >= y.hi;
    let truth = match cmp {
        Cmp::Lt if surely_less => Some(true),
        Cmp::Lt if never_less => Some(false),
        Cmp::Le if never_greater => Some(true),
        Cmp::Le if surely_greater => Some(false),
        Cmp::Gt if surely_greater => Some(true),
        Cmp::Gt if never_greater => Some(false),
        Cmp::Ge if never_less => Some(true),
        Cmp::Ge if surely_less => Some(false),
        Cmp::Eq if surely_less || surely_greater => Some(false),
        Cmp::Ne if surely_less || surely_greater => Some(true),
        _ => None,
    };
    // An open end touches nothing: `i64::MIN` and `i64::MAX` stand for "no bound", not for values.
    let open = |n: i64| n == i64::MIN || n == i64::MAX;
    let by_open_ends = (x.hi == y.lo && open(x.hi)) || (x.lo == y.hi && open(x.lo));
    truth.filter(|_| !by_open_ends)
}

/// Arithmetic on two numbers of one lane.
pub(crate) fn arith(op: Arith, lane: Lane, a: Val, b: Val) -> Outcome {
    match (a, b) {
        (e @ Val::Error(_), _) | (_, e @ Val::Error(_)) => Ok(e),
        (Val::Int(x), Val::Int(y)) => match op {
            Arith::Add => x.checked_add(y),
            Arith::Sub => x.checked_sub(y),
            Arith::Mul => x.checked_mul(y),
            Arith::Div => None,
        }
        .map(Val::Int)
        .ok_or(TroubleKind::Overflow),
        (Val::Dec(x), Val::Dec(y)) => {
            let result = match op {
                Arith::Add => x.plus(y),
                Arith::Sub => x.minus(y),
                Arith::Mul => x.times(y),
                Arith::Div if y == Dec::ZERO => return Err(TroubleKind::DivisionByZero),
                Arith::Div => x.over(y),
            };
            result.map(Val::Dec).ok_or(TroubleKind::Overflow)
        }
        _ => {
            let (x, y) = (a.bounds(), b.bounds());
            Ok(Val::between(
                match op {
                    Arith::Add => x.plus(y),
                    Arith::Sub => x.plus(y.negated()),
                    Arith::Mul => x.times(y),
                    Arith::Div => match b {
                        Val::Dec(d) if d == Dec::ZERO => return Err(TroubleKind::DivisionByZero),
                        Val::Dec(d) => quotient_bounds(x, d),
                        _ => Bounds::NONE,
                    },
                },
                lane,
            ))
        }
    }
}

fn quotient_bounds(x: Bounds, by: Dec) -> Bounds {
    if by < Dec::ZERO {
        return quotient_bounds(x.negated(), by.negated());
    }
    let part = |n: i64, how: fn(Dec) -> i64| match n {
        i64::MIN | i64::MAX => n,
        n => Dec::from_i64(n).over(by).map_or(if n < 0 { i64::MIN } else { i64::MAX }, how),
    };
    Bounds { lo: part(x.lo, Dec::floor_i64), hi: part(x.hi, Dec::ceil_i64) }
}

/// `-a`.
pub(crate) fn negate(a: Val, lane: Lane) -> Outcome {
    match a {
        Val::Int(n) => n.checked_neg().map(Val::Int).ok_or(TroubleKind::Overflow),
        Val::Dec(d) => Ok(Val::Dec(d.negated())),
        Val::Unknown(b) => Ok(Val::between(b.negated(), lane)),
        other => Ok(other),
    }
}

/// `|a|`.
pub(crate) fn abs(a: Val) -> Outcome {
    match a {
        Val::Int(n) => n.checked_abs().map(Val::Int).ok_or(TroubleKind::Overflow),
        Val::Dec(d) => Ok(Val::Dec(if d < Dec::ZERO { d.negated() } else { d })),
        Val::Unknown(b) => {
            let turned = b.negated();
            let lo = if b.lo >= 0 || b.hi <= 0 { b.lo.max(turned.lo) } else { 0 };
            Ok(Val::Unknown(Bounds { lo, hi: b.hi.max(turned.hi) }))
        }
        other => Ok(other),
    }
}

/// A whole number as a decimal.
pub(crate) fn widen(a: Val) -> Val {
    match a {
        Val::Int(n) => Val::Dec(Dec::from_i64(n)),
        other => other,
    }
}

/// Rounds; gives a whole number when no decimals are kept.
pub(crate) fn round(how: Rounding, scale: i32, a: Val) -> Outcome {
    let d = match a {
        Val::Int(n) => Dec::from_i64(n),
        Val::Dec(d) => d,
        Val::Unknown(b) => return Ok(Val::Unknown(rounded_bounds(how, scale, b))),
        other => return Ok(other),
    };
    let r = d.round(how, scale).ok_or(TroubleKind::Overflow)?;
    if scale > 0 { Ok(Val::Dec(r)) } else { r.whole().map(Val::Int).ok_or(TroubleKind::Overflow) }
}

/// Rounding never reverses an order, so bounds may be rounded the same way.
fn rounded_bounds(how: Rounding, scale: i32, b: Bounds) -> Bounds {
    let part = |n: i64| match n {
        i64::MIN | i64::MAX => n,
        n => {
            let r = Dec::from_i64(n).round(how, scale.min(0)).and_then(Dec::whole);
            r.unwrap_or(if n < 0 { i64::MIN } else { i64::MAX })
        }
    };
    Bounds { lo: part(b.lo), hi: part(b.hi) }
}

/// The smaller (or larger) of two.
pub(crate) fn extreme(largest: bool, lane: Lane, a: Val, b: Val) -> Val {
    match (a, b) {
        (e @ Val::Error(_), _) | (_, e @ Val::Error(_)) => e,
        _ if known(a) && known(b) => {
            let a_first = compare(Cmp::Le, a, b) == Val::Bool(true);
            if a_first == largest { b } else { a }
        }
        _ => {
            let (x, y) = (a.bounds(), b.bounds());
            let both = if largest {
                Bounds { lo: x.lo.max(y.lo), hi: x.hi.max(y.hi) }
            } else {
                Bounds { lo: x.lo.min(y.lo), hi: x.hi.min(y.hi) }
            };
            // The known one wins outright where the unknown one cannot reach it.
            let decided = compare(if largest { Cmp::Ge } else { Cmp::Le }, a, b);
            match decided {
                Val::Bool(true) if known(a) => a,
                Val::Bool(false) if known(b) => b,
                _ => Val::between(both, lane),
            }
        }
    }
}

/// Complete units from one date to another.
pub(crate) fn between(unit: TimeUnit, a: Val, b: Val) -> Val {
    let count = |x: i64, y: i64| match unit {
        TimeUnit::Years => days::years_between(x, y),
        TimeUnit::Months => days::months_between(x, y),
        TimeUnit::Days => y - x,
    };
    match (a, b) {
        (Val::Date(x), Val::Date(y)) => Val::Int(count(x, y)),
        (e @ Val::Error(_), _) | (_, e @ Val::Error(_)) => e,
        _ => {
            let (x, y) = (a.bounds(), b.bounds());
            let lo = if x.hi == i64::MAX || y.lo == i64::MIN { i64::MIN } else { count(x.hi, y.lo) };
            let hi = if x.lo == i64::MIN || y.hi == i64::MAX { i64::MAX } else { count(x.lo, y.hi) };
            Val::between(Bounds { lo, hi }, Lane::Int)
        }
    }
}

/// A date moved by a number of units.
pub(crate) fn shift(unit: TimeUnit, date: Val, by: Val) -> Outcome {
    let moved = |d: i64, n: i64| {
        match unit {
            TimeUnit::Years => n.checked_mul(12).and_then(|n| days::plus_months(d, n)),
            TimeUnit::Months => days::plus_months(d, n),
            TimeUnit::Days => d.checked_add(n),
        }
        .filter(|d| (days::FIRST..=days::LAST).contains(d))
    };
    match (date, by) {
        (Val::Date(d), Val::Int(n)) => moved(d, n).map(Val::Date).ok_or(TroubleKind::Overflow),
        (e @ Val::Error(_), _) | (_, e @ Val::Error(_)) => Ok(e),
        _ => {
            let (d, n) = (date.bounds(), by.bounds());
            let low = |d, n| if d == i64::MIN || n == i64::MIN { i64::MIN } else { moved(d, n).unwrap_or(i64::MIN) };
            let high = |d, n| if d == i64::MAX || n == i64::MAX { i64::MAX } else { moved(d, n).unwrap_or(i64::MAX) };
            Ok(Val::between(Bounds { lo: low(d.lo, n.lo), hi: high(d.hi, n.hi) }, Lane::Date))
        }
    }
}

/// A function of a date.
pub(crate) fn part(part: DatePart, a: Val) -> Val {
    let of = |d: i64| {
        let (y, m, day) = days::civil(d);
        match part {
            DatePart::Year => y,
            DatePart::Month => m,
            DatePart::Day => day,
            DatePart::StartOfMonth => days::number(y, m, 1),
            DatePart::EndOfMonth => days::number(y, m, days::month_length(y, m)),
        }
    };
    let lane = if matches!(part, DatePart::StartOfMonth | DatePart::EndOfMonth) { Lane::Date } else { Lane::Int };
    match a {
        Val::Date(d) if lane == Lane::Date => Val::Date(of(d)),
        Val::Date(d) => Val::Int(of(d)),
        Val::Unknown(b) => {
            let end = |n: i64| if n == i64::MIN || n == i64::MAX { n } else { of(n) };
            // Months and days of the month run in circles unless both ends lie in one year or one month.
            let circle = match part {
                DatePart::Month => Some((1, 12)),
                DatePart::Day => Some((1, 31)),
                _ => None,
            };
            let bounds = match circle {
                Some((lo, hi)) if !same_turn(part, b) => Bounds { lo, hi },
                _ => Bounds { lo: end(b.lo), hi: end(b.hi) },
            };
            Val::between(bounds, lane)
        }
        other => other,
    }
}

fn same_turn(part: DatePart, b: Bounds) -> bool {
    if b.lo == i64::MIN || b.hi == i64::MAX {
        return false;
    }
    let ((y1, m1, _), (y2, m2, _)) = (days::civil(b.lo), days::civil(b.hi));
    y1 == y2 && (part == DatePart::Month || m1 == m2)
}

/// What `if unknown` comes to: the common value of both branches, else unknown within both.
pub(crate) fn either(yes: Val, no: Val) -> Val {
    match (yes, no) {
        (a, b) if a == b => a,
        // Whether the erroneous branch is ever taken is not known.
        (Val::Error(_), _) | (_, Val::Error(_)) => Val::UNKNOWN,
        (a, b) => match (a, b) {
            (Val::Int(_) | Val::Dec(_) | Val::Date(_) | Val::Unknown(_), _) => {
                Val::Unknown(a.bounds().hull(b.bounds()))
            }
            _ => Val::UNKNOWN,
        },
    }
}
