//! Steps that give numbers, dates or codes.

use super::bits::Bits;
use super::column::{Kind, Lane, Numbers, View};
use super::plan::Work;
use super::run::Job;
use super::scale::quotient_factor;
use super::{calendar, odd};
use crate::days;
use crate::dec::Rounding;
use crate::ir::{Arith, DatePart, Op, TimeUnit};
use crate::value::{Trouble, TroubleKind};

/// Works a step out for all rows.
pub(crate) fn work(job: &Job<'_>, out: &mut Numbers) {
    let mut odd = Bits::none(job.words());
    for view in job.views {
        view.add_odd(&mut odd);
    }
    if out.kind == Kind::Dec(0) {
        odd.fill(u64::MAX);
    } else {
        match job.work {
            Work::Stated(..) => stated(job, out, &mut odd),
            Work::Op(op) => operation(op, job, out, &mut odd),
            _ => odd.fill(u64::MAX),
        }
    }
    job.present(&mut odd);
    odd::numbers(job, out, &mut odd);
    for row in odd.rows() {
        out.put(row, job.scalar(row));
    }
}

fn operation(op: &Op, job: &Job<'_>, out: &mut Numbers, odd: &mut Bits) {
    match op {
        Op::If(..) => branch(job, out, odd),
        Op::Param { .. } => param(job, out, odd),
        Op::Arith(how, ..) => arith(*how, job, out, odd),
        Op::Negate(_) => each(job.own_lane(0), out, odd, |n| (n.wrapping_neg(), n == i64::MIN)),
        Op::Abs(_) => each(job.own_lane(0), out, odd, |n| (n.wrapping_abs(), n == i64::MIN)),
        Op::Widen(_) => each(job.own_lane(0), out, odd, |n| (n, false)),
        Op::Round(how, scale, _) => round(*how, *scale, job, out, odd),
        Op::Least(_) => extreme(job, out, odd, i64::min),
        Op::Greatest(_) => extreme(job, out, odd, i64::max),
        Op::Between(unit, ..) => between(*unit, job, out, odd),
        Op::Shift(unit, ..) => shift(*unit, job, out, odd),
        Op::Part(part, _) => date_part(*part, job, out, odd),
        _ => odd.fill(u64::MAX),
    }
}

/// One operand.
fn each(a: Lane<'_>, out: &mut Numbers, odd: &mut Bits, f: impl Fn(i64) -> (i64, bool)) {
    pairs(a, Lane::Same(0), &mut out.lane, odd, |a, _| f(a));
}

/// Two operands; `f` also says whether the result does not fit.
#[inline]
fn pairs(a: Lane<'_>, b: Lane<'_>, out: &mut [i64], odd: &mut Bits, f: impl Fn(i64, i64) -> (i64, bool)) {
    let mut any = false;
    match (a, b) {
        (Lane::Each(a), Lane::Each(b)) => {
            for ((o, a), b) in out.iter_mut().zip(a).zip(b) {
                let (v, bad) = f(*a, *b);
                *o = v;
                any |= bad;
            }
        }
        (Lane::Each(a), Lane::Same(b)) => {
            for (o, a) in out.iter_mut().zip(a) {
                let (v, bad) = f(*a, b);
                *o = v;
                any |= bad;
            }
        }
        (Lane::Same(a), Lane::Each(b)) => {
            for (o, b) in out.iter_mut().zip(b) {
                let (v, bad) = f(a, *b);
                *o = v;
                any |= bad;
            }
        }
        (Lane::Same(a), Lane::Same(b)) => {
            let (v, bad) = f(a, b);
            out.fill(v);
            any = bad;
        }
    }
    if any {
        for row in 0..out.len() {
            if f(a.at(row), b.at(row)).1 {
                odd.set(row);
            }
        }
    }
}

fn add(a: i64, b: i64) -> (i64, bool) {
    let v = a.wrapping_add(b);
    (v, ((a ^ v) & (b ^ v)) < 0)
}

fn arith(how: Arith, job: &Job<'_>, out: &mut Numbers, odd: &mut Bits) {
    let (mut s, mut t) = (Vec::new(), Vec::new());
    match how {
        Arith::Add => {
            let (a, b) = (job.lane(0, out.kind, &mut s, odd), job.lane(1, out.kind, &mut t, odd));
            pairs(a, b, &mut out.lane, odd, add);
        }
        Arith::Sub => {
            let (a, b) = (job.lane(0, out.kind, &mut s, odd), job.lane(1, out.kind, &mut t, odd));
            pairs(a, b, &mut out.lane, odd, |a, b| {
                let v = a.wrapping_sub(b);
                (v, ((a ^ b) & (a ^ v)) < 0)
            });
        }
        Arith::Mul => pairs(job.own_lane(0), job.own_lane(1), &mut out.lane, odd, i64::overflowing_mul),
        Arith::Div => {
            let by = job.views.get(1).map(|v| v.get(0));
            let den = |k| if let Kind::Dec(d) = k { d } else { 1 };
            let factor = by.and_then(|by| quotient_factor(job.den(0), den(out.kind), by));
            match factor {
                Some(factor) => {
                    pairs(job.own_lane(0), Lane::Same(factor), &mut out.lane, odd, i64::overflowing_mul);
                }
                None => odd.fill(u64::MAX),
            }
        }
    }
}

fn extreme(job: &Job<'_>, out: &mut Numbers, odd: &mut Bits, f: impl Fn(i64, i64) -> i64) {
    for n in 0..job.views.len() {
        let mut scratch = Vec::new();
        let lane = job.lane(n, out.kind, &mut scratch, odd);
        match (n, lane) {
            (0, Lane::Each(lane)) => out.lane.copy_from_slice(lane),
            (0, Lane::Same(v)) => out.lane.fill(v),
            (_, Lane::Each(lane)) => out.lane.iter_mut().zip(lane).for_each(|(o, v)| *o = f(*o, *v)),
            (_, Lane::Same(v)) => out.lane.iter_mut().for_each(|o| *o = f(*o, v)),
        }
    }
}

/// Takes of each word of rows the one or the other.
fn choose(pick: impl Fn(usize) -> u64, yes: Lane<'_>, no: Lane<'_>, out: &mut [i64]) {
    for (n, chunk) in out.chunks_mut(64).enumerate() {
        let word = pick(n);
        let (a, b) = (yes.chunk(n), no.chunk(n));
        match word {
            0 => b.copy_to(chunk),
            u64::MAX => a.copy_to(chunk),
            _ => blend(word, a, b, chunk),
        }
    }
}

fn blend(word: u64, a: Lane<'_>, b: Lane<'_>, out: &mut [i64]) {
    let mask = |bit: usize| 0_i64.wrapping_sub(i64::from((word >> bit) & 1 != 0));
    match (a, b) {
        (Lane::Each(a), Lane::Each(b)) => {
            for (bit, ((o, a), b)) in out.iter_mut().zip(a).zip(b).enumerate() {
                *o = (a & mask(bit)) | (b & !mask(bit));
            }
        }
        (Lane::Each(a), Lane::Same(b)) => {
            for (bit, (o, a)) in out.iter_mut().zip(a).enumerate() {
                *o = (a & mask(bit)) | (b & !mask(bit));
            }
        }
        (Lane::Same(a), Lane::Each(b)) => {
            for (bit, (o, b)) in out.iter_mut().zip(b).enumerate() {
                *o = (a & mask(bit)) | (b & !mask(bit));
            }
        }
        (Lane::Same(a), Lane::Same(b)) => {
            for (bit, o) in out.iter_mut().enumerate() {
                *o = (a & mask(bit)) | (b & !mask(bit));
            }
        }
    }
}

fn branch(job: &Job<'_>, out: &mut Numbers, odd: &mut Bits) {
    let Some(cond) = job.views.first() else { return };
    // Only the branch taken counts.
    odd.fill(0);
    let mut sides = [Bits::none(job.words()), Bits::none(job.words())];
    let (mut s, mut t) = (Vec::new(), Vec::new());
    let [on_yes, on_no] = &mut sides;
    for (n, bits) in [(1, &mut *on_yes), (2, &mut *on_no)] {
        if let Some(v) = job.views.get(n) {
            v.add_odd(bits);
        }
    }
    let yes = job.lane(1, out.kind, &mut s, on_yes);
    let no = job.lane(2, out.kind, &mut t, on_no);
    for (n, word) in odd.words_mut().iter_mut().enumerate() {
        let (y, f) = cond.truth_word(n);
        *word = !(y | f) | (y & on_yes.word(n)) | (f & on_no.word(n));
    }
    choose(|n| cond.truth_word(n).0, yes, no, &mut out.lane);
}

fn stated(job: &Job<'_>, out: &mut Numbers, odd: &mut Bits) {
    let [fact, value] = job.views else { return };
    odd.fill(0);
    let mut sides = [Bits::none(job.words()), Bits::none(job.words())];
    let (mut s, mut t) = (Vec::new(), Vec::new());
    let [on_fact, on_value] = &mut sides;
    fact.add_odd(on_fact);
    value.add_odd(on_value);
    let a = job.lane(0, out.kind, &mut s, on_fact);
    let b = job.lane(1, out.kind, &mut t, on_value);
    let open = |n: usize| match fact.numbers() {
        Some(f) if f.any_odd => f.unknown.word(n),
        _ => 0,
    };
    for (n, word) in odd.words_mut().iter_mut().enumerate() {
        *word = (open(n) & on_value.word(n)) | (!open(n) & on_fact.word(n));
    }
    choose(|n| !open(n), a, b, &mut out.lane);
}

fn param(job: &Job<'_>, out: &mut Numbers, odd: &mut Bits) {
    let Some(table) = job.table else { return odd.fill(u64::MAX) };
    let lanes: Vec<Lane<'_>> = (0..job.views.len()).map(|n| job.own_lane(n)).collect();
    let node = job.node();
    let operands = odd.clone();
    let mut none = Bits::none(job.words());
    table.look_up(&lanes, &mut out.lane, odd, &mut none);
    none.take_out(&operands);
    for row in job.present(&mut none).rows() {
        out.put_trouble(row, Trouble { kind: TroubleKind::NoRow, node });
    }
    odd.take_out(&none);
}

/// Division by a number known before the loop: one multiplication and a correction, several times as fast as dividing.
#[derive(Clone, Copy)]
struct Divisor {
    by: u64,
    /// The largest whole number not above (2^64 - 1) / by: `n × inverse / 2^64` falls short of the quotient by at most 1.
    inverse: u64,
}

impl Divisor {
    /// Quotient and remainder.
    #[inline]
    fn divide(self, n: u64) -> (u64, u64) {
        let q = ((u128::from(n) * u128::from(self.inverse)) >> 64) as u64;
        let r = n.wrapping_sub(q.wrapping_mul(self.by));
        if r >= self.by { (q + 1, r - self.by) } else { (q, r) }
    }
}

fn round(how: Rounding, scale: i32, job: &Job<'_>, out: &mut Numbers, odd: &mut Bits) {
    let den = job.den(0);
    let tens = 10_i64.checked_pow(scale.unsigned_abs()).unwrap_or(0);
    // n / den to multiples of `unit`: (n × up) / down, then × unit.
    let (up, down, unit) = if scale > 0 { (tens, Some(den), 1) } else { (1, den.checked_mul(tens), tens) };
    let Some(down) = down.filter(|d| *d > 0 && tens > 0) else { return odd.fill(u64::MAX) };
    let by = Divisor { by: down.unsigned_abs(), inverse: u64::MAX / down.unsigned_abs() };
    let half = by.by / 2 + by.by % 2;
    // From which remainder on the magnitude grows by one, for numbers below and not below 0.
    let never = u64::MAX;
    let (below, above) = match how {
        Rounding::Down => (never, never),
        Rounding::Up => (1, 1),
        Rounding::Floor => (1, never),
        Rounding::Ceiling => (never, 1),
        Rounding::HalfUp => (half, half),
    };
    each(job.own_lane(0), out, odd, |n| {
        let (n, bad) = n.overflowing_mul(up);
        let (q, r) = by.divide(n.unsigned_abs());
        let q = q + u64::from(r >= if n < 0 { below } else { above });
        let (v, over) = (q as i64).overflowing_mul(if n < 0 { -unit } else { unit });
        (v, bad | over | (q > i64::MAX as u64))
    });
}

/// Rows that are unknown or errors hold anything, and recorded dates may lie before the year 1: those are odd.
fn day(n: i64) -> (i64, bool) {
    let day = n.clamp(days::FIRST, days::LAST);
    (day, day != n)
}

fn dates(a: i64, b: i64, f: impl Fn(i64, i64) -> i64) -> (i64, bool) {
    let ((a, x), (b, y)) = (day(a), day(b));
    (f(a, b), x | y)
}

fn between(unit: TimeUnit, job: &Job<'_>, out: &mut Numbers, odd: &mut Bits) {
    let (a, b) = (job.own_lane(0), job.own_lane(1));
    match unit {
        TimeUnit::Years => {
            pairs(a, b, &mut out.lane, odd, |a, b| dates(a, b, |a, b| calendar::months_between(a, b) / 12))
        }
        TimeUnit::Months => pairs(a, b, &mut out.lane, odd, |a, b| dates(a, b, calendar::months_between)),
        TimeUnit::Days => pairs(a, b, &mut out.lane, odd, |a, b| dates(a, b, |a, b| b - a)),
    }
}

fn shift(unit: TimeUnit, job: &Job<'_>, out: &mut Numbers, odd: &mut Bits) {
    let moved = |d: i64, n: i64| {
        let (d, far) = day(d);
        let to = match unit {
            TimeUnit::Years => n.checked_mul(12).and_then(|n| calendar::plus_months(d, n)),
            TimeUnit::Months => calendar::plus_months(d, n),
            TimeUnit::Days => d.checked_add(n),
        };
        let to = to.filter(|d| (days::FIRST..=days::LAST).contains(d));
        (to.unwrap_or(0), far | to.is_none())
    };
    pairs(job.own_lane(0), job.own_lane(1), &mut out.lane, odd, moved);
}

fn date_part(part: DatePart, job: &Job<'_>, out: &mut Numbers, odd: &mut Bits) {
    each(job.own_lane(0), out, odd, |n| {
        let (n, far) = day(n);
        let (y, m, d) = calendar::civil(n);
        let v = match part {
            DatePart::Year => y,
            DatePart::Month => m,
            DatePart::Day => d,
            DatePart::StartOfMonth => days::number(y, m, 1),
            DatePart::EndOfMonth => days::number(y, m, days::month_length(y, m)),
        };
        (v, far)
    });
}

impl<'a> Lane<'a> {
    #[inline]
    pub(crate) fn at(self, row: usize) -> i64 {
        match self {
            Lane::Each(lane) => lane.get(row).copied().unwrap_or(0),
            Lane::Same(v) => v,
        }
    }

    /// The rows of one word.
    #[inline]
    pub(crate) fn chunk(self, word: usize) -> Lane<'a> {
        match self {
            Lane::Each(lane) => Lane::Each(lane.get(word * 64..word * 64 + 64).unwrap_or(&[])),
            same => same,
        }
    }

    fn copy_to(self, out: &mut [i64]) {
        match self {
            Lane::Each(lane) => out.iter_mut().zip(lane).for_each(|(o, v)| *o = *v),
            Lane::Same(v) => out.fill(v),
        }
    }
}

impl Job<'_> {
    /// The numbers of an operand over the denominator of a kind. Rows that cannot be brought there become odd.
    pub(crate) fn lane<'s>(&'s self, n: usize, kind: Kind, scratch: &'s mut Vec<i64>, odd: &mut Bits) -> Lane<'s> {
        let Some(view) = self.views.get(n) else { return Lane::Same(0) };
        let Kind::Dec(to) = kind else { return self.own_lane(n) };
        if let View::Same(_) = view {
            let (lane, held) = view.lane(kind);
            if !held {
                odd.fill(u64::MAX);
            }
            return lane;
        }
        let from = self.den(n);
        let lane = self.own_lane(n);
        if from == to {
            return lane;
        }
        let (Lane::Each(lane), Some(factor)) = (lane, to.checked_div(from)) else {
            odd.fill(u64::MAX);
            return Lane::Same(0);
        };
        scratch.resize(lane.len(), 0);
        pairs(Lane::Each(lane), Lane::Same(factor), scratch, odd, i64::overflowing_mul);
        Lane::Each(scratch)
    }

    /// The numbers of an operand as it holds them.
    pub(crate) fn own_lane(&self, n: usize) -> Lane<'_> {
        let kind = match self.den(n) {
            0 => Kind::Dec(0),
            den => Kind::Dec(den),
        };
        self.views.get(n).map_or(Lane::Same(0), |v| v.lane(kind).0)
    }
}
