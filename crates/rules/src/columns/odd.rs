//! Odd rows on a short way: errors are handed on, unknown numbers go as bounds. What is left goes through
//! [`super::scalar`]; the outcome is the same, only slower.

use super::bits::Bits;
use super::bounds::{self, Ends};
use super::column::{Column, Kind, Numbers, Truths};
use super::plan::Work;
use super::run::Job;
use super::scale::divisor;
use super::view::View;
use crate::apply;
use crate::ast::Cmp;
use crate::ir::{Arith, Op};
use crate::value::{Bounds, Trouble, Val};

/// An operand as a row by row loop wants it.
struct Operand<'a> {
    view: View<'a>,
    numbers: Option<&'a Numbers>,
    /// Of a value that is the same for all rows.
    same: Bounds,
}

/// A number of one row.
#[derive(Clone, Copy, PartialEq)]
enum Number {
    /// Known: its place in the lane, and the whole bounds around it.
    Known(i64, Bounds),
    Unknown(Bounds),
}

impl Number {
    fn bounds(self) -> Bounds {
        match self {
            Number::Known(_, b) | Number::Unknown(b) => b,
        }
    }
}

impl<'a> Operand<'a> {
    fn of(view: View<'a>) -> Operand<'a> {
        let same = if let View::Same(v) = view { v.bounds() } else { Bounds::NONE };
        Operand { view, numbers: view.numbers(), same }
    }

    /// `None`: an error or a stray, not for this way.
    fn at(&self, row: usize) -> Option<Number> {
        let Some(c) = self.numbers else {
            return match self.view {
                View::Same(Val::Unknown(b)) => Some(Number::Unknown(*b)),
                View::Same(Val::Int(n) | Val::Date(n)) => Some(Number::Known(*n, self.same)),
                View::Same(Val::Dec(_)) => Some(Number::Known(0, self.same)),
                _ => None,
            };
        };
        let n = c.at(row);
        if c.any_odd {
            if c.unknown.has(row) {
                return Some(Number::Unknown(c.bounds(row)));
            }
            if c.stray.has(row) || c.trouble.rows.has(row) {
                return None;
            }
        }
        match c.kind {
            Kind::Int | Kind::Date | Kind::Dec(1) => Some(Number::Known(n, Bounds { lo: n, hi: n })),
            Kind::Dec(den) => {
                let (q, r) = (n.checked_div_euclid(den)?, n.checked_rem_euclid(den)?);
                Some(Number::Known(n, Bounds { lo: q, hi: q + i64::from(r != 0) }))
            }
            Kind::Code | Kind::Text => None,
        }
    }
}

/// Hands on the first operand's error of every row that has one, and takes the row off the list.
fn hand_on(job: &Job<'_>, odd: &mut Bits, mut put: impl FnMut(usize, Trouble)) {
    for (n, word) in odd.words_mut().iter_mut().enumerate() {
        let wrong = *word & job.views.iter().fold(0, |w, v| w | v.trouble_word(n));
        let mut left = wrong;
        while left != 0 {
            let row = n * 64 + left.trailing_zeros() as usize;
            left &= left - 1;
            if let Some(trouble) = job.views.iter().find_map(|v| v.trouble(row)) {
                put(row, trouble);
            }
        }
        *word &= !wrong;
    }
}

/// Goes over the rows still on the list; those for which `f` has an answer are taken off.
fn settle(odd: &mut Bits, mut f: impl FnMut(usize) -> Option<()>) {
    for (n, word) in odd.words_mut().iter_mut().enumerate() {
        let mut left = *word;
        while left != 0 {
            let bit = left & left.wrapping_neg();
            left &= left - 1;
            if f(n * 64 + bit.trailing_zeros() as usize).is_some() {
                *word &= !bit;
            }
        }
    }
}

/// Settles what odd rows of numbers it can.
pub(crate) fn numbers(job: &Job<'_>, out: &mut Numbers, odd: &mut Bits) {
    if odd.is_empty() {
        return;
    }
    let op = match job.work {
        Work::Stated(..) => return stated(job, out, odd),
        Work::Op(Op::If(..)) => return branch(job, out, odd),
        Work::Op(op) => op,
        _ => return,
    };
    hand_on(job, odd, |row, trouble| out.put_trouble(row, trouble));
    if odd.is_empty() {
        return;
    }
    if let Op::Arith(Arith::Add, ..) = op {
        whole(job, out, odd, |a, b| a.plus(b));
    } else if let Op::Arith(Arith::Sub, ..) = op {
        whole(job, out, odd, |a, b| a.plus(b.negated()));
    } else if let Op::Least(_) = op {
        whole(job, out, odd, |a, b| Bounds { lo: a.lo.min(b.lo), hi: a.hi.min(b.hi) });
    } else if let Op::Greatest(_) = op {
        whole(job, out, odd, |a, b| Bounds { lo: a.lo.max(b.lo), hi: a.hi.max(b.hi) });
    }
    if odd.is_empty() {
        return;
    }
    let operands: Vec<Operand<'_>> = job.views.iter().map(|v| Operand::of(*v)).collect();
    let two = |row: usize| match operands.as_slice() {
        [a, b] => match (a.at(row)?, b.at(row)?) {
            // Two known numbers are here because their result does not fit.
            (Number::Known(..), Number::Known(..)) => None,
            (a, b) => Some((a.bounds(), b.bounds())),
        },
        _ => None,
    };
    match op {
        Op::Arith(Arith::Add, ..) => settle(odd, |row| two(row).and_then(|(a, b)| out.put_between(row, a.plus(b)))),
        Op::Arith(Arith::Sub, ..) => {
            settle(odd, |row| two(row).and_then(|(a, b)| out.put_between(row, a.plus(b.negated()))));
        }
        Op::Arith(Arith::Mul, ..) => settle(odd, |row| two(row).and_then(|(a, b)| out.put_between(row, a.times(b)))),
        Op::Arith(Arith::Div, ..) => divided(job, &operands, out, odd),
        Op::Widen(_) => settle(odd, |row| same_bounds(&operands, row, out)),
        // Bounds are whole already.
        Op::Round(_, scale, _) if *scale >= 0 => settle(odd, |row| same_bounds(&operands, row, out)),
        _ => {}
    }
}

/// A view as whole numbers with their unknown rows.
fn ends(view: View<'_>) -> Option<Ends<'_>> {
    match view {
        View::Column(Column::Number(c)) if matches!(c.kind, Kind::Int | Kind::Date | Kind::Dec(1)) => {
            let strays = c.any_odd && !c.stray.is_empty();
            (!strays).then(|| Ends::of(c))
        }
        View::Same(Val::Int(n) | Val::Date(n)) => Some(Ends::same(*n)),
        _ => None,
    }
}

/// For the smallest and largest this is just what [`apply::extreme`] gives: a known number that the unknown cannot pass leaves no
/// room between the bounds.
fn whole(job: &Job<'_>, out: &mut Numbers, odd: &mut Bits, f: impl Fn(Bounds, Bounds) -> Bounds) {
    if let Some(all) = job.views.iter().map(|v| ends(*v)).collect::<Option<Vec<_>>>() {
        bounds::settle(&all, out, odd, f);
    }
}

/// Bounds times one and over another number above 0, rounded outwards. In whole numbers: a quotient of the explaining evaluator
/// is rounded at its 34th digit, far nearer than it can be to a whole number that it is not.
pub(crate) fn quotient(b: Bounds, factor: i64, den: i64) -> Option<Bounds> {
    let open = |n: i64| n == i64::MIN || n == i64::MAX;
    let lo = if open(b.lo) { b.lo } else { b.lo.checked_mul(factor)?.checked_div_euclid(den)? };
    let hi = if open(b.hi) { b.hi } else { -b.hi.checked_mul(factor)?.checked_neg()?.checked_div_euclid(den)? };
    Some(Bounds { lo, hi })
}

fn divided(job: &Job<'_>, operands: &[Operand<'_>], out: &mut Numbers, odd: &mut Bits) {
    let (Some(a), Some(View::Same(Val::Dec(by)))) = (operands.first(), job.views.get(1)) else { return };
    let Some((factor, den)) = divisor(*by) else { return };
    settle(odd, |row| match a.at(row)? {
        Number::Known(..) => None,
        Number::Unknown(b) => out.put_between(row, quotient(b, factor, den)?),
    });
}

fn same_bounds(operands: &[Operand<'_>], row: usize, out: &mut Numbers) -> Option<()> {
    match operands.first()?.at(row)? {
        Number::Unknown(b) => {
            out.put_unknown(row, b);
            Some(())
        }
        Number::Known(..) => None,
    }
}

/// A row of the operand that was chosen.
fn chosen(view: View<'_>, row: usize, out: &mut Numbers) -> Option<()> {
    match view {
        View::Column(Column::Number(c)) if c.any_odd => match () {
            () if c.unknown.has(row) => out.put_unknown(row, c.bounds(row)),
            () => out.put_trouble(row, c.trouble.get(row)?),
        },
        View::Same(Val::Error(t)) => out.put_trouble(row, *t),
        _ => return None,
    }
    Some(())
}

fn branch(job: &Job<'_>, out: &mut Numbers, odd: &mut Bits) {
    let [cond, yes, no] = job.views else { return };
    let (a, b) = (Operand::of(*yes), Operand::of(*no));
    let whole = matches!(out.kind, Kind::Int | Kind::Date);
    settle(odd, |row| {
        let bit = 1 << (row % 64);
        let (y, n) = cond.truth_word(row / 64);
        if y & bit != 0 {
            return chosen(*yes, row, out);
        }
        if n & bit != 0 {
            return chosen(*no, row, out);
        }
        if let Some(trouble) = cond.trouble(row) {
            out.put_trouble(row, trouble);
            return Some(());
        }
        match (a.at(row)?, b.at(row)?) {
            (Number::Known(a, _), Number::Known(b, _)) if whole && a == b => out.put_number(row, a),
            // Equal decimals are left to the long way: their places in the lanes may differ.
            (Number::Known(..), Number::Known(..)) if !whole => return None,
            (a, b) => out.put_unknown(row, a.bounds().hull(b.bounds())),
        }
        Some(())
    });
}

fn stated(job: &Job<'_>, out: &mut Numbers, odd: &mut Bits) {
    let [fact, value] = job.views else { return };
    settle(odd, |row| match fact.numbers() {
        Some(f) if f.any_odd && f.unknown.has(row) => chosen(*value, row, out),
        _ => None,
    });
}

/// Settles what odd rows of a comparison it can.
pub(crate) fn compare(cmp: Cmp, job: &Job<'_>, out: &mut Truths, odd: &mut Bits) {
    if odd.is_empty() {
        return;
    }
    hand_on(job, odd, |row, trouble| out.put(row, Val::Error(trouble)));
    let [a, b] = job.views else { return };
    let (a, b) = (Operand::of(*a), Operand::of(*b));
    settle(odd, |row| {
        let truth = match (a.at(row)?, b.at(row)?) {
            (Number::Known(..), Number::Known(..)) => return None,
            (a, b) => apply::by_bounds(cmp, a.bounds(), b.bounds()),
        };
        match truth {
            Some(true) => out.yes.set(row),
            Some(false) => out.no.set(row),
            // Neither bit: unknown.
            None => {}
        }
        Some(())
    });
}
