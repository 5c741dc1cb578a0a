//! Over which denominator each decimal column is held, so that lanes of 64-bit integers are exact.
//!
//! Sums, products with written or published ratios, and quotients by written numbers of whole numbers are fractions
//! whose denominator is known when the rules are compiled. Where it has no other prime factors than 2 and 5 the
//! fraction is the decimal itself. Other denominators (a twelfth of a sum) are *rounded* in the explaining evaluator, at
//! the 34th digit. The fraction may stand for the rounded decimal only where no one can tell them apart: as the
//! quotient itself, or as one such quotient with exact terms added and multiplied by such as 0.8, when it is then compared
//! with an exact value or rounded to decimals. For where the fraction is just at that value or at a half, the quotient is a decimal of few
//! digits and was never rounded; and where it is not, it is at least 1 / 10^12 away, while the rounding is below 10^-14.
//! Everything else, such as a product with a rounded quotient, is worked out row by row in exact decimals.

use super::column::{Kind, Shape};
use super::plan::{Plan, Step, Work};
use crate::dec::Dec;
use crate::ir::{Arith, Id, Op};
use crate::tables::ParamTable;
use crate::value::Val;

/// Larger denominators leave too little of 64 bits.
const LARGEST: i64 = 1_000_000_000_000;

fn gcd(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

fn within(n: Option<i64>) -> i64 {
    n.filter(|n| (1..=LARGEST).contains(n)).unwrap_or(0)
}

/// The common denominator; 0 when there is none.
fn common(a: i64, b: i64) -> i64 {
    if a == 0 || b == 0 { 0 } else { within((a / gcd(a, b)).checked_mul(b)) }
}

/// Whether fractions of this denominator are decimals.
fn terminates(mut den: i64) -> bool {
    for factor in [2, 5] {
        while den != 0 && den % factor == 0 {
            den /= factor;
        }
    }
    den == 1
}

fn rounded(den: i64) -> bool {
    den != 0 && !terminates(den)
}

/// The denominator of a written decimal.
fn of_decimal(d: Dec) -> i64 {
    let mut den = 1;
    while den <= LARGEST {
        if super::column::numerator(d, den).is_some() {
            return den;
        }
        den *= 10;
    }
    0
}

fn of_value(v: Val) -> i64 {
    if let Val::Dec(d) = v { of_decimal(d) } else { 1 }
}

/// The factor and denominator that dividing by a written decimal brings: `x / d = x × factor / denominator`.
pub(crate) fn divisor(d: Dec) -> Option<(i64, i64)> {
    let den = of_decimal(d);
    let num = super::column::numerator(d, den).filter(|n| *n > 0)?;
    let g = gcd(den, num);
    Some((den / g, num / g))
}

/// By what to multiply the dividend of a quotient, given the denominators of dividend and quotient.
pub(crate) fn quotient_factor(dividend: i64, quotient: i64, by: Val) -> Option<i64> {
    let Val::Dec(d) = by else { return None };
    let (factor, den) = divisor(d)?;
    (dividend.checked_mul(den) == Some(quotient)).then_some(factor)
}

/// The denominator of a shape; 1 for what has none.
pub(crate) fn den(shape: Shape) -> i64 {
    match shape {
        Shape::Number(Kind::Dec(den)) => den,
        _ => 1,
    }
}

struct Choice<'a> {
    plan: &'a mut Plan,
    tables: &'a [ParamTable],
    dens: Vec<i64>,
    /// Columns of which the explaining evaluator's very decimal is wanted.
    strict: Vec<bool>,
    changed: bool,
}

/// Sets the denominators of all decimal columns.
pub(crate) fn choose(plan: &mut Plan, tables: &[ParamTable]) {
    let count = plan.steps.len();
    let mut c = Choice { tables, dens: vec![1; count], strict: vec![false; count], changed: true, plan };
    for output in &c.plan.outputs {
        if let super::Output::Value { step, .. } = output
            && let Some(s) = c.strict.get_mut(step.0 as usize)
        {
            *s = true;
        }
    }
    while c.changed {
        c.changed = false;
        c.backward();
        for n in 0..count {
            let den = c.of_step(n);
            if let Some(d) = c.dens.get_mut(n) {
                *d = den;
            }
        }
    }
    let dens = c.dens;
    for (n, step) in plan.steps.iter_mut().enumerate() {
        let den = dens.get(n).copied().unwrap_or(0);
        step.work.each(|a| step.dens.push(dens.get(a.0 as usize).copied().unwrap_or(0)));
        if let Work::Op(Op::Compare(..)) = step.work {
            step.common = den;
        }
        if let Shape::Number(Kind::Dec(d)) = &mut step.shape {
            *d = den;
        }
    }
}

impl Choice<'_> {
    fn den(&self, id: Id) -> i64 {
        self.dens.get(id.0 as usize).copied().unwrap_or(0)
    }

    fn want(&mut self, id: Id) {
        if let Some(s) = self.strict.get_mut(id.0 as usize)
            && !*s
        {
            *s = true;
            self.changed = true;
        }
    }

    /// Whoever hands a value on is asked for it as strictly as it is asked itself.
    fn backward(&mut self) {
        for n in (0..self.plan.steps.len()).rev() {
            if !self.strict.get(n).copied().unwrap_or(false) {
                continue;
            }
            let mut operands = Vec::new();
            if let Some(step) = self.plan.steps.get(n) {
                step.work.each(|a| operands.push(a));
            }
            operands.into_iter().for_each(|a| self.want(a));
        }
    }

    fn of_step(&mut self, n: usize) -> i64 {
        let Some(step) = self.plan.steps.get(n).cloned() else { return 0 };
        let strict = self.strict.get(n).copied().unwrap_or(false);
        let decimal = matches!(step.shape, Shape::Number(Kind::Dec(_)));
        match &step.work {
            Work::Op(Op::Compare(_, a, b)) => {
                let (x, y) = (self.den(*a), self.den(*b));
                let common = common(x, y);
                if (rounded(x) || rounded(y)) && (common == 0 || (rounded(x) && rounded(y))) {
                    self.want(*a);
                    self.want(*b);
                }
                common
            }
            _ if !decimal => 1,
            Work::Same(v) => of_value(*v),
            Work::Fact(..) => match step.shape {
                Shape::Number(Kind::Dec(d)) if n < self.dens.len() => d.max(1),
                _ => 1,
            },
            Work::Op(Op::Widen(_)) => 1,
            Work::Op(Op::Round(_, scale, _)) => within(10_i64.checked_pow(scale.unsigned_abs())),
            Work::Op(Op::Param { table, .. }) => {
                let rows = self.tables.get(*table as usize).map_or(&[][..], |t| t.rows.as_slice());
                rows.iter().map(|r| of_value(r.value)).fold(1, common)
            }
            Work::Op(Op::Arith(how, a, b)) => self.arith(*how, *a, *b, strict),
            work => {
                let all = operands(&step);
                let any_rounded = all.iter().any(|a| rounded(self.den(*a)));
                let den = all.iter().fold(1, |den, a| common(den, self.den(*a)));
                if any_rounded && (den == 0 || work.is_sum()) {
                    all.iter().for_each(|a| self.want(*a));
                    return 0;
                }
                den
            }
        }
    }

    /// Whether it is a written number by which a fraction may be multiplied and divided without becoming a decimal, or
    /// ceasing to be one: 0.8 does, 3 does not, for a third is no decimal and three thirds are.
    fn keeps_decimals(&self, id: Id) -> bool {
        match self.plan.steps.get(id.0 as usize).map(|s| &s.work) {
            Some(Work::Same(Val::Dec(d))) => {
                let n = super::column::numerator(*d, of_decimal(*d)).and_then(i64::checked_abs);
                n.is_some_and(|n| n > 0 && terminates(n))
            }
            _ => false,
        }
    }

    fn arith(&mut self, how: Arith, a: Id, b: Id, strict: bool) -> i64 {
        let (x, y) = (self.den(a), self.den(b));
        let any_rounded = rounded(x) || rounded(y);
        let alone = match how {
            _ if strict => true,
            Arith::Add | Arith::Sub => common(x, y) == 0 || (rounded(x) && rounded(y)),
            Arith::Mul => !(if rounded(x) { !rounded(y) && self.keeps_decimals(b) } else { self.keeps_decimals(a) }),
            Arith::Div => !self.keeps_decimals(b),
        };
        if any_rounded && alone {
            self.want(a);
            self.want(b);
            return 0;
        }
        let by = self.plan.steps.get(b.0 as usize).map(|s| &s.work);
        match (how, by) {
            (Arith::Add | Arith::Sub, _) => common(x, y),
            (Arith::Mul, _) => within(x.checked_mul(y)),
            (Arith::Div, Some(Work::Same(Val::Dec(d)))) => match divisor(*d) {
                Some((_, den)) => within(x.checked_mul(den)),
                None => 0,
            },
            (Arith::Div, _) => 0,
        }
    }
}

/// The operands whose decimals may become those of the step.
fn operands(step: &Step) -> Vec<Id> {
    let mut all = Vec::new();
    match &step.work {
        Work::Op(Op::If(_, yes, no)) => all.extend([*yes, *no]),
        Work::Op(Op::Aggregate { value, .. }) => all.extend(*value),
        work => work.each(|a| all.push(a)),
    }
    all
}
