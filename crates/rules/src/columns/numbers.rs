//! Steps that give numbers, dates or codes.
//!
//! Between which numbers an operand lies in this batch is known before the loop; where that proves that the result fits,
//! the loop checks nothing. The loops write rows that are odd too, with anything: those are put right after.

use super::bits::Bits;
use super::chains::Chain;
use super::column::{Kind, NOTHING, Numbers};
use super::loops::{self, Sign};
use super::plan::{Step, Work};
use super::quotients::{Divisor, EXACT, Quotient};
use super::run::Job;
use super::scale::quotient_factor;
use super::view::{Lane, View};
use super::{calendar, odd};
use crate::days;
use crate::dec::Rounding;
use crate::ir::{Arith, DatePart, Op, TimeUnit};
use crate::value::{Bounds, Trouble, TroubleKind};

/// An operand's numbers and between which they lie.
#[derive(Clone, Copy)]
pub(crate) struct Input<'a> {
    pub(crate) lane: Lane<'a>,
    pub(crate) span: Bounds,
}

impl Input<'_> {
    const NONE: Input<'static> = Input { lane: Lane::Same(0), span: Bounds { lo: 0, hi: 0 } };
}

/// Works a step out for all rows.
pub(crate) fn work(job: &Job<'_>, out: &mut Numbers) {
    let mut odd = Bits::none(job.words());
    for view in job.views {
        if view.has_odd() {
            view.add_odd(&mut odd);
        }
    }
    out.span = NOTHING;
    if out.kind == Kind::Dec(0) {
        odd.fill(u64::MAX);
    } else {
        match job.work {
            Work::Stated(..) => stated(job, out, &mut odd),
            Work::Op(op) => operation(op, job, out, &mut odd),
            _ => odd.fill(u64::MAX),
        }
    }
    if odd.is_empty() || job.present(&mut odd).is_empty() {
        return;
    }
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
        Op::Negate(_) => {
            let a = job.own(0);
            let span = a.span.lo.checked_neg().zip(a.span.hi.checked_neg()).map(|(hi, lo)| Bounds { lo, hi });
            proven_one(span, a, out, odd, i64::wrapping_neg, i64::overflowing_neg);
        }
        Op::Abs(_) => {
            let a = job.own(0);
            let most = a.span.lo.checked_abs().zip(a.span.hi.checked_abs()).map(|(lo, hi)| lo.max(hi));
            let span = most.map(|hi| Bounds { lo: 0, hi });
            proven_one(span, a, out, odd, i64::wrapping_abs, i64::overflowing_abs);
        }
        Op::Widen(_) => out.set(job.own(0).lane, job.own(0).span),
        Op::Round(how, scale, _) => round(*how, *scale, job, out, odd),
        Op::Least(_) => extreme(job, out, odd, Sign::Min, i64::min),
        Op::Greatest(_) => extreme(job, out, odd, Sign::Max, i64::max),
        Op::Between(unit, ..) => between(*unit, job, out, odd),
        Op::Shift(unit, ..) => shift(*unit, job, out, odd),
        Op::Part(part, _) => date_part(*part, job, out, odd),
        _ => odd.fill(u64::MAX),
    }
}

/// Two operands: the plain loop where the span of the result is known, else the one that looks at every row.
fn proven(
    span: Option<Bounds>,
    [a, b]: [Input<'_>; 2],
    out: &mut Numbers,
    odd: &mut Bits,
    sign: Sign,
    checked: impl Fn(i64, i64) -> (i64, bool),
) {
    match (span, a.lane, b.lane) {
        (Some(_), Lane::Same(a), Lane::Same(b)) => match checked(a, b) {
            (n, false) => out.set_flat(n),
            (_, true) => odd.fill(u64::MAX),
        },
        (Some(span), ..) => loops::two(sign, a.lane, b.lane, out, span),
        (None, ..) => pairs(a.lane, b.lane, out, odd, checked),
    }
}

/// One operand, likewise.
fn proven_one(
    span: Option<Bounds>,
    a: Input<'_>,
    out: &mut Numbers,
    odd: &mut Bits,
    plain: impl Fn(i64) -> i64,
    checked: impl Fn(i64) -> (i64, bool),
) {
    match span {
        Some(span) => loops::one(a.lane, out, span, plain),
        None => pairs(a.lane, Lane::Same(0), out, odd, |n, _| checked(n)),
    }
}

/// Two operands; `f` also says whether the result does not fit. The slow way.
fn pairs(a: Lane<'_>, b: Lane<'_>, out: &mut Numbers, odd: &mut Bits, f: impl Fn(i64, i64) -> (i64, bool)) {
    for (row, o) in out.large(Bounds::NONE).iter_mut().enumerate() {
        let (v, bad) = f(a.at(row), b.at(row));
        *o = v;
        if bad {
            odd.set(row);
        }
    }
}

fn sum(a: Bounds, b: Bounds) -> Option<Bounds> {
    Some(Bounds { lo: a.lo.checked_add(b.lo)?, hi: a.hi.checked_add(b.hi)? })
}

fn difference(a: Bounds, b: Bounds) -> Option<Bounds> {
    Some(Bounds { lo: a.lo.checked_sub(b.hi)?, hi: a.hi.checked_sub(b.lo)? })
}

fn product(a: Bounds, b: Bounds) -> Option<Bounds> {
    let ends = [a.lo.checked_mul(b.lo)?, a.lo.checked_mul(b.hi)?, a.hi.checked_mul(b.lo)?, a.hi.checked_mul(b.hi)?];
    Some(ends.into_iter().fold(NOTHING, |s, n| s.hull(Bounds { lo: n, hi: n })))
}

fn arith(how: Arith, job: &Job<'_>, out: &mut Numbers, odd: &mut Bits) {
    let (mut s, mut t) = (Vec::new(), Vec::new());
    match how {
        Arith::Add => {
            let (a, b) = (job.lane(0, out.kind, &mut s, odd), job.lane(1, out.kind, &mut t, odd));
            proven(sum(a.span, b.span), [a, b], out, odd, Sign::Add, i64::overflowing_add);
        }
        Arith::Sub => {
            let (a, b) = (job.lane(0, out.kind, &mut s, odd), job.lane(1, out.kind, &mut t, odd));
            proven(difference(a.span, b.span), [a, b], out, odd, Sign::Sub, i64::overflowing_sub);
        }
        Arith::Mul => times(job.own(0), job.own(1), out, odd),
        Arith::Div => {
            let by = job.views.get(1).map(|v| v.get(0));
            let den = |k| if let Kind::Dec(d) = k { d } else { 1 };
            let factor = by.and_then(|by| quotient_factor(job.den(0), den(out.kind), by));
            match factor {
                Some(1) => out.set(job.own(0).lane, job.own(0).span),
                Some(n) => {
                    let factor = Input { lane: Lane::Same(n), span: Bounds { lo: n, hi: n } };
                    times(job.own(0), factor, out, odd);
                }
                None => odd.fill(u64::MAX),
            }
        }
    }
}

fn times(a: Input<'_>, b: Input<'_>, out: &mut Numbers, odd: &mut Bits) {
    proven(product(a.span, b.span), [a, b], out, odd, Sign::Mul, i64::overflowing_mul);
}

fn extreme(job: &Job<'_>, out: &mut Numbers, odd: &mut Bits, sign: Sign, f: impl Fn(i64, i64) -> i64) {
    let (mut s, mut t) = (Vec::new(), Vec::new());
    let first = job.lane(0, out.kind, &mut s, odd);
    if job.views.len() == 1 {
        return out.set(first.lane, first.span);
    }
    let second = job.lane(1, out.kind, &mut t, odd);
    let both = |a: Bounds, b: Bounds| Bounds { lo: f(a.lo, b.lo), hi: f(a.hi, b.hi) };
    let span = both(first.span, second.span);
    match () {
        // One of the two is never reached.
        () if span == first.span && (first.span.lo >= second.span.hi || first.span.hi <= second.span.lo) => {
            out.set(first.lane, span);
        }
        () if span == second.span && (first.span.lo >= second.span.hi || first.span.hi <= second.span.lo) => {
            out.set(second.lane, span);
        }
        () => loops::two(sign, first.lane, second.lane, out, span),
    }
    for n in 2..job.views.len() {
        let next = job.lane(n, out.kind, &mut s, odd);
        out.spread();
        let span = both(out.span, next.span);
        for (row, o) in out.large(span).iter_mut().enumerate() {
            *o = f(*o, next.lane.at(row));
        }
    }
}

fn branch(job: &Job<'_>, out: &mut Numbers, odd: &mut Bits) {
    let Some(cond) = job.views.first() else { return };
    // Only the branch taken counts.
    odd.fill(0);
    let mut sides = [Bits::none(job.words()), Bits::none(job.words())];
    let mut pick = Bits::none(job.words());
    let (mut s, mut t) = (Vec::new(), Vec::new());
    let [on_yes, on_no] = &mut sides;
    for (n, bits) in [(1, &mut *on_yes), (2, &mut *on_no)] {
        if let Some(v) = job.views.get(n) {
            v.add_odd(bits);
        }
    }
    let yes = job.lane(1, out.kind, &mut s, on_yes);
    let no = job.lane(2, out.kind, &mut t, on_no);
    for (n, (word, pick)) in odd.words_mut().iter_mut().zip(pick.words_mut()).enumerate() {
        let (y, f) = cond.truth_word(n);
        *word = !(y | f) | (y & on_yes.word(n)) | (f & on_no.word(n));
        *pick = y;
    }
    match () {
        () if pick.covers(job.rows) => out.set(yes.lane, yes.span),
        () if !pick.meets(job.rows) => out.set(no.lane, no.span),
        () => {
            loops::choose(pick.words(), yes.lane, no.lane, out, yes.span.hull(no.span));
        }
    }
}

fn stated(job: &Job<'_>, out: &mut Numbers, odd: &mut Bits) {
    let [fact, value] = job.views else { return };
    odd.fill(0);
    let mut sides = [Bits::none(job.words()), Bits::none(job.words())];
    let mut pick = Bits::none(job.words());
    let (mut s, mut t) = (Vec::new(), Vec::new());
    let [on_fact, on_value] = &mut sides;
    fact.add_odd(on_fact);
    value.add_odd(on_value);
    let a = job.lane(0, out.kind, &mut s, on_fact);
    let b = job.lane(1, out.kind, &mut t, on_value);
    let open = |n: usize| match fact {
        View::Same(v) => {
            if v.is_unknown() {
                u64::MAX
            } else {
                0
            }
        }
        View::Column(_) => match fact.numbers() {
            Some(f) if f.any_odd => f.unknown.word(n),
            _ => 0,
        },
    };
    for (n, (word, pick)) in odd.words_mut().iter_mut().zip(pick.words_mut()).enumerate() {
        *word = (open(n) & on_value.word(n)) | (!open(n) & on_fact.word(n));
        *pick = !open(n);
    }
    match () {
        () if pick.covers(job.rows) => out.set(a.lane, a.span),
        () if !pick.meets(job.rows) => out.set(b.lane, b.span),
        () => {
            loops::choose(pick.words(), a.lane, b.lane, out, a.span.hull(b.span));
        }
    }
}

fn param(job: &Job<'_>, out: &mut Numbers, odd: &mut Bits) {
    let Some(table) = job.table else { return odd.fill(u64::MAX) };
    let lanes: Vec<Lane<'_>> = (0..job.views.len()).map(|n| job.own(n).lane).collect();
    let node = job.node();
    let operands = odd.clone();
    let mut none = Bits::none(job.words());
    table.look_up(&lanes, out, odd, &mut none);
    none.take_out(&operands);
    for row in job.present(&mut none).rows() {
        out.put_trouble(row, Trouble { kind: TroubleKind::NoRow, node });
    }
    odd.take_out(&none);
}

/// From which remainder on the quotient rounded down grows by one, for numbers below 0 and for others.
fn thresholds(how: Rounding, by: i64) -> (i64, i64) {
    match how {
        Rounding::Floor => (by, by),
        Rounding::Ceiling => (1, 1),
        Rounding::Down => (1, by),
        Rounding::Up => (by, 1),
        Rounding::HalfUp => (by / 2 + 1, by / 2 + by % 2),
    }
}

/// How numbers over a denominator are rounded: (n × up) / down, then × unit, up from these remainders.
struct Rounded {
    up: i64,
    down: i64,
    unit: i64,
    below: i64,
    above: i64,
}

impl Rounded {
    fn new(how: Rounding, scale: i32, den: i64) -> Option<Rounded> {
        let tens = 10_i64.checked_pow(scale.unsigned_abs())?;
        let (up, down, unit) = if scale > 0 { (tens, den, 1) } else { (1, den.checked_mul(tens)?, tens) };
        let (below, above) = thresholds(how, down);
        (down > 0).then_some(Rounded { up, down, unit, below, above })
    }

    fn exactly(&self, n: i64) -> Option<i64> {
        let n = n.checked_mul(self.up)?;
        let (q, r) = (n.div_euclid(self.down), n.rem_euclid(self.down));
        let grows = r >= if n < 0 { self.below } else { self.above };
        q.checked_add(i64::from(grows))?.checked_mul(self.unit)
    }

    /// Rounds known numbers times a factor of at least 1 that lie within a span, where 64 bits are proven to be enough for it;
    /// else nothing is done.
    fn known(&self, a: Input<'_>, times: i64, out: &mut Numbers) -> bool {
        let ends = a.span.lo.checked_mul(times).zip(a.span.hi.checked_mul(times));
        let both = ends.and_then(|(lo, hi)| self.exactly(lo).zip(self.exactly(hi)));
        let (Some(span), Some(factor)) = (both.map(|(lo, hi)| Bounds { lo, hi }), times.checked_mul(self.up)) else {
            return false;
        };
        // Where numbers below 0 grow from another remainder than others, none may be of the other kind.
        let from = match () {
            () if a.span.lo >= 0 => self.above,
            () if a.span.hi < 0 || self.below == self.above => self.below,
            () => return false,
        };
        let Some(quotient) = Quotient::new(a.span, factor, self.down - from, self.down) else { return false };
        let unit = self.unit;
        match unit {
            1 => loops::one(a.lane, out, span, |n| quotient.of(n)),
            _ => loops::one(a.lane, out, span, |n| quotient.of(n).wrapping_mul(unit)),
        }
        true
    }
}

/// A chain in one loop, and its unknown rows one by one. `false`: it has to be worked out step by step.
pub(crate) fn chained(
    step: &Step,
    chain: &Chain,
    (base, den): (View<'_>, i64),
    rows: &Bits,
    out: &mut Numbers,
) -> bool {
    let Work::Op(Op::Round(how, scale, _)) = step.work else { return false };
    let Some(rounded) = Rounded::new(how, scale, step.dens.first().copied().unwrap_or(0)) else { return false };
    let (kind, odd) = (Kind::Dec(den), base.has_odd());
    let (lane, held) = base.lane(kind);
    let unknown = base.numbers().filter(|c| odd && scale >= 0 && c.only_unknown());
    if !held || out.kind == Kind::Dec(0) || (odd && unknown.is_none()) {
        return false;
    }
    out.span = NOTHING;
    if !rounded.known(Input { lane, span: base.span(kind) }, chain.times, out) {
        return false;
    }
    let Some(unknown) = unknown else { return true };
    let mut left = unknown.unknown.clone();
    left.keep(rows);
    // Most rows that are unknown are so without any bounds, or within the same.
    let mut last = None;
    for row in left.rows() {
        let b = unknown.bounds(row);
        let through = match last {
            Some((before, through)) if before == b => through,
            _ => chain.bounds(b),
        };
        last = Some((b, through));
        match through {
            Some(b) => out.put_unknown(row, b),
            None => {
                out.clear(out.kind);
                return false;
            }
        }
    }
    true
}

fn round(how: Rounding, scale: i32, job: &Job<'_>, out: &mut Numbers, odd: &mut Bits) {
    let Some(rounded) = Rounded::new(how, scale, job.den(0)) else { return odd.fill(u64::MAX) };
    let a = job.own(0);
    if rounded.known(a, 1, out) {
        return;
    }
    let Rounded { up, down, unit, below, above } = rounded;
    let span = rounded.exactly(a.span.lo).zip(rounded.exactly(a.span.hi)).map(|(lo, hi)| Bounds { lo, hi });
    let most = a.span.lo.checked_abs().max(a.span.hi.checked_abs()).and_then(|n| n.checked_mul(up));
    let exact = a.span.lo != i64::MIN && most.is_some_and(|n| n <= EXACT);
    let (Some(span), true, Some(by)) = (span, exact, Divisor::new(down)) else {
        return pairs(a.lane, Lane::Same(0), out, odd, |n, _| rounded.exactly(n).map_or((0, true), |n| (n, false)));
    };
    let (below, above) = (below as f64, above as f64);
    loops::one(a.lane, out, span, |n| {
        let n = n.wrapping_mul(up);
        let (q, left) = by.divide(n);
        q.wrapping_add(i64::from(left >= if n < 0 { below } else { above })).wrapping_mul(unit)
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
    let (a, b) = (job.own(0), job.own(1));
    let f = |a: i64, b: i64| match unit {
        TimeUnit::Years => calendar::months_between(a, b) / 12,
        TimeUnit::Months => calendar::months_between(a, b),
        TimeUnit::Days => b - a,
    };
    let within = |s: Bounds| s.lo >= days::FIRST && s.hi <= days::LAST;
    let span =
        (within(a.span) && within(b.span)).then(|| Bounds { lo: f(a.span.hi, b.span.lo), hi: f(a.span.lo, b.span.hi) });
    match (span, b.lane, a.lane) {
        // To today, or from a day of the law.
        (Some(span), Lane::Same(b), _) => loops::one(a.lane, out, span, |a| f(day(a).0, b)),
        (Some(span), _, Lane::Same(a)) => loops::one(b.lane, out, span, |b| f(a, day(b).0)),
        _ => {
            pairs(a.lane, b.lane, out, odd, |a, b| dates(a, b, f));
            if let Some(span) = span {
                out.span = span;
            }
        }
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
    pairs(job.own(0).lane, job.own(1).lane, out, odd, moved);
    out.span = Bounds { lo: days::FIRST, hi: days::LAST };
}

fn date_part(part: DatePart, job: &Job<'_>, out: &mut Numbers, odd: &mut Bits) {
    pairs(job.own(0).lane, Lane::Same(0), out, odd, |n, _| {
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
    let most = if matches!(part, DatePart::StartOfMonth | DatePart::EndOfMonth) { days::LAST } else { 9_999 };
    out.span = Bounds { lo: days::FIRST, hi: most };
}

impl<'a> Lane<'a> {
    #[inline]
    pub(crate) fn at(self, row: usize) -> i64 {
        match self {
            Lane::Each(lane) => lane.get(row).copied().unwrap_or(0),
            Lane::Small(lane) => lane.get(row).copied().map_or(0, i64::from),
            Lane::Same(v) => v,
        }
    }

    /// The rows of one word.
    #[inline]
    pub(crate) fn chunk(self, word: usize) -> Lane<'a> {
        match self {
            Lane::Each(lane) => Lane::Each(lane.get(word * 64..word * 64 + 64).unwrap_or(&[])),
            Lane::Small(lane) => Lane::Small(lane.get(word * 64..word * 64 + 64).unwrap_or(&[])),
            same => same,
        }
    }
}

impl Job<'_> {
    /// The numbers of an operand over the denominator of a kind. Rows that cannot be brought there become odd.
    pub(crate) fn lane<'s>(&'s self, n: usize, kind: Kind, scratch: &'s mut Vec<i64>, odd: &mut Bits) -> Input<'s> {
        let Some(view) = self.views.get(n) else { return Input::NONE };
        let Kind::Dec(to) = kind else { return self.own(n) };
        if let View::Same(_) = view {
            let (lane, held) = view.lane(kind);
            if !held {
                odd.fill(u64::MAX);
            }
            return Input { lane, span: view.span(kind) };
        }
        let from = self.den(n);
        let own = self.own(n);
        if from == to {
            return own;
        }
        let Some(factor) = to.checked_div(from) else {
            odd.fill(u64::MAX);
            return Input::NONE;
        };
        let span = product(own.span, Bounds { lo: factor, hi: factor });
        if let (Lane::Same(n), Some(span)) = (own.lane, span) {
            return Input { lane: Lane::Same(n.wrapping_mul(factor)), span };
        }
        match span {
            Some(_) => loops::scaled(own.lane, factor, self.words() * 64, scratch),
            None => {
                scratch.clear();
                for row in 0..self.words() * 64 {
                    let (v, bad) = own.lane.at(row).overflowing_mul(factor);
                    scratch.push(v);
                    if bad {
                        odd.set(row);
                    }
                }
            }
        }
        Input { lane: Lane::Each(scratch), span: span.unwrap_or(Bounds::NONE) }
    }

    /// The numbers of an operand as it holds them.
    pub(crate) fn own(&self, n: usize) -> Input<'_> {
        let kind = match self.den(n) {
            0 => Kind::Dec(0),
            den => Kind::Dec(den),
        };
        self.views.get(n).map_or(Input::NONE, |v| Input { lane: v.lane(kind).0, span: v.span(kind) })
    }
}
