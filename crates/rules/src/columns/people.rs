//! Values of members made one, down whole columns: the members of a household stand in the same row of their slots.

use super::bits::Bits;
use super::column::{Column, Kind, NOTHING, Numbers, Truths};
use super::loops;
use super::view::{Lane, View};
use crate::eval::Accumulator;
use crate::ir::Aggregate;
use crate::value::{Bounds, Lane as Way, Trouble, Val};

/// One related member slot.
#[derive(Clone, Copy)]
pub(crate) struct Relative<'a> {
    pub(crate) slot: usize,
    /// The rows in which that member is one; `None`: all.
    pub(crate) rows: Option<&'a Bits>,
    /// Whether it counts; `None`: always.
    pub(crate) filter: Option<View<'a>>,
    /// Its value; `None` for counts.
    pub(crate) value: Option<View<'a>>,
    /// Denominator of the value.
    pub(crate) den: i64,
}

/// What is the same for all rows.
pub(crate) struct Gathering<'a, 'b> {
    pub(crate) how: Aggregate,
    pub(crate) lane: Way,
    pub(crate) node: u32,
    pub(crate) relatives: &'a [Relative<'a>],
    pub(crate) rows: &'a Bits,
    /// The related slots of a row in the household's order.
    pub(crate) order: &'a dyn Fn(usize) -> &'b [u16],
}

impl Relative<'_> {
    /// Rows in which the member counts for certain, and rows in which it may.
    fn counting(&self, word: usize) -> (u64, u64) {
        let related = self.rows.map_or(u64::MAX, |r| r.word(word));
        match self.filter {
            None => (related, related),
            Some(f) => {
                let (yes, no) = f.truth_word(word);
                (related & yes, related & !no)
            }
        }
    }
}

impl Gathering<'_, '_> {
    pub(crate) fn work(&self, out: &mut Column) {
        let mut odd = Bits::none(self.rows.words().len());
        if let Column::Number(out) = out {
            out.span = NOTHING;
        }
        match (out, self.how) {
            (Column::Number(out), how) => {
                match how {
                    Aggregate::Count => self.count(out, &mut odd),
                    _ => self.numbers(out, &mut odd),
                }
                odd.keep(self.rows);
                if !odd.is_empty() {
                    self.one_by_one(&odd, |row, v| out.put(row, v));
                }
            }
            (Column::Truth(out), _) => {
                self.truths(out, &mut odd);
                odd.keep(self.rows);
                self.one_by_one(&odd, |row, v| out.put(row, v));
            }
        }
    }

    fn one_by_one(&self, odd: &Bits, mut put: impl FnMut(usize, Val)) {
        let sums = matches!(self.how, Aggregate::Count | Aggregate::Sum) && self.lane == Way::Int;
        for row in odd.rows() {
            let quick = if sums { self.sum(row) } else { None };
            put(row, quick.unwrap_or_else(|| self.row(row)));
        }
    }

    /// A count or a sum of whole numbers in one row, with bounds for who may count and for what is unknown. `None` where
    /// something is an error or does not fit: then the order in which the household names its members tells.
    fn sum(&self, row: usize) -> Option<Val> {
        let zero = Bounds { lo: 0, hi: 0 };
        let mut all = zero;
        for r in self.relatives {
            if !r.rows.is_none_or(|rows| rows.has(row)) {
                continue;
            }
            let counts = r.filter.map_or(Val::Bool(true), |f| f.get(row));
            if counts == Val::Bool(false) {
                continue;
            }
            let v = r.value.map_or(Val::Int(1), |v| v.get(row));
            if counts.is_error() || v.is_error() {
                return None;
            }
            let sure = counts == Val::Bool(true);
            let b = if sure { v.bounds() } else { v.bounds().hull(zero) };
            // Open ends stay open in any order; a known number at the end of 64 bits is no open end.
            let open = v.is_unknown();
            let fits = |n: i64, end: i64| (-LARGE..=LARGE).contains(&n) || (open && n == end);
            if !(fits(b.lo, i64::MIN) && fits(b.hi, i64::MAX)) {
                return None;
            }
            all = all.plus(b);
        }
        // Bounds that meet are a number, as in the explaining evaluator after each step.
        Some(Val::between(all, self.lane))
    }

    /// One row as the explaining evaluator does it.
    fn row(&self, row: usize) -> Val {
        let mut acc = Accumulator::new(self.how, self.lane);
        for slot in (self.order)(row) {
            let Some(r) = self.relatives.iter().find(|r| r.slot == usize::from(*slot)) else { continue };
            let counts = r.filter.map_or(Val::Bool(true), |f| f.get(row));
            if counts == Val::Bool(false) {
                continue;
            }
            let v = r.value.map_or(Val::Int(1), |v| v.get(row));
            match acc.take(counts, v) {
                Ok(None) => {}
                Ok(Some(done)) => return done,
                Err(kind) => return Val::Error(Trouble { kind, node: self.node }),
            }
        }
        acc.finish().unwrap_or_else(|kind| Val::Error(Trouble { kind, node: self.node }))
    }

    /// The rows in which a member counts for certain; `odd` gets those in which it may.
    fn sure(&self, r: &Relative<'_>, odd: &mut Bits) -> Bits {
        let mut all = Bits::none(self.rows.words().len());
        for (n, (all, odd)) in all.words_mut().iter_mut().zip(odd.words_mut()).enumerate() {
            let (sure, may) = r.counting(n);
            *all = sure;
            *odd |= may & !sure;
        }
        all
    }

    fn count(&self, out: &mut Numbers, odd: &mut Bits) {
        // Those who count in all rows, and the loops over those who count in some.
        let mut always = 0;
        let mut some: Vec<Bits> = Vec::new();
        for r in self.relatives {
            let sure = self.sure(r, odd);
            if sure.covers(self.rows) {
                always += 1;
            } else if !sure.is_empty() {
                some.push(sure);
            }
        }
        out.set_flat(always);
        if some.is_empty() {
            return;
        }
        // No household has 2^31 members.
        let span = Bounds { lo: always, hi: always.saturating_add(i64::try_from(some.len()).unwrap_or(i64::MAX)) };
        loops::count(&some, i32::try_from(always).unwrap_or(i32::MAX), out.small(span));
    }

    fn numbers(&self, out: &mut Numbers, odd: &mut Bits) {
        let to = match out.kind {
            Kind::Dec(0) => return odd.fill(u64::MAX),
            Kind::Dec(den) => den,
            _ => 1,
        };
        let sum = self.how == Aggregate::Sum;
        if self.relatives.len() > FEW {
            return odd.fill(u64::MAX);
        }
        if sum && self.sums(out, odd, to) {
            return;
        }
        let largest = self.how == Aggregate::Max;
        out.large(Bounds::NONE).fill(0);
        let mut some = Bits::none(self.rows.words().len());
        for r in self.relatives {
            let Some(value) = r.value else { continue };
            let mut value_odd = Bits::none(self.rows.words().len());
            value.add_odd(&mut value_odd);
            let Some(factor) = to.checked_div(r.den) else { return odd.fill(u64::MAX) };
            let (lane, held) = value.lane(Kind::Dec(r.den));
            if !held {
                return odd.fill(u64::MAX);
            }
            let rows = out.lane.chunks_mut(64).zip(odd.words_mut()).zip(some.words_mut());
            for (n, ((chunk, odd), some)) in rows.enumerate() {
                let (sure, may) = r.counting(n);
                *odd |= (may & !sure) | (may & value_odd.word(n));
                if sure == 0 {
                    continue;
                }
                let lane = lane.chunk(n);
                *odd |= match sum {
                    true => add(chunk, lane, sure, factor),
                    false => extreme(chunk, lane, (sure, *some), factor, largest),
                } & sure;
                *some |= sure;
            }
        }
        if !sum {
            // The smallest or largest of nobody.
            for (odd, some) in odd.words_mut().iter_mut().zip(some.words()) {
                *odd |= !some;
            }
        }
    }

    /// The plain sum of numbers of which it is known that they are small and over the same denominator; `false`: they are not.
    fn sums(&self, out: &mut Numbers, odd: &mut Bits, to: i64) -> bool {
        let mut inputs = Vec::with_capacity(self.relatives.len());
        for r in self.relatives {
            let Some(value) = r.value else { return false };
            let (lane, held) = value.lane(Kind::Dec(to));
            let span = value.span(Kind::Dec(to));
            let same_den = r.den == to || matches!(value, View::Same(_));
            if !(held && same_den && span.lo >= -LARGE && span.hi <= LARGE) {
                return false;
            }
            inputs.push((r, value, lane, span));
        }
        let mut empty = true;
        out.span = Bounds { lo: 0, hi: 0 };
        for (r, value, lane, span) in inputs {
            let sure = self.sure(r, odd);
            if value.has_odd() {
                let mut value_odd = Bits::none(self.rows.words().len());
                value.add_odd(&mut value_odd);
                for (n, odd) in odd.words_mut().iter_mut().enumerate() {
                    *odd |= value_odd.word(n) & r.counting(n).1;
                }
            }
            if sure.is_empty() {
                continue;
            }
            let all = sure.covers(self.rows);
            let own = if all { span } else { span.hull(Bounds { lo: 0, hi: 0 }) };
            match (empty, all) {
                (true, true) => out.set(lane, own),
                (true, false) => loops::choose(sure.words(), lane, Lane::Same(0), out, own),
                (false, _) => {
                    out.shrink();
                    loops::add_where(sure.words(), lane, out, out.span.plus(own));
                }
            }
            empty = false;
        }
        if empty {
            out.set_flat(0);
        }
        true
    }

    fn truths(&self, out: &mut Truths, odd: &mut Bits) {
        let any = self.how == Aggregate::Any;
        let all = out.yes.words_mut().iter_mut().zip(out.no.words_mut()).zip(odd.words_mut());
        for (n, ((yes, no), odd)) in all.enumerate() {
            let (mut settled, mut open, mut trouble) = (0, 0, 0);
            for r in self.relatives {
                let (sure, may) = r.counting(n);
                let Some(value) = r.value else { continue };
                let (vy, vn) = value.truth_word(n);
                let (decisive, other) = if any { (vy, vn) } else { (vn, vy) };
                let here = sure & decisive;
                let wrong = r.filter.map_or(0, |f| f.trouble_word(n)) | value.trouble_word(n);
                let rest = may & !other & !here;
                settled |= here;
                trouble |= rest & wrong;
                open |= rest & !wrong;
            }
            let odd_here = trouble & !settled;
            let neither = !(settled | open | odd_here);
            (*yes, *no) = if any { (settled, neither) } else { (neither, settled) };
            *odd = odd_here;
        }
    }
}

/// Up to here numbers of [`FEW`] members add up without overflow, in whatever order: households name their children in an
/// order of their own, and the explaining evaluator stops at the first sum that does not fit.
const LARGE: i64 = 1 << 52;
/// More members than this are added one by one.
const FEW: usize = 2_000;

/// Adds the numbers of the rows that count; gives the rows in which one is too large for that.
fn add(chunk: &mut [i64], lane: Lane<'_>, sure: u64, factor: i64) -> u64 {
    let pick = |bit: usize, v: i64| v & 0_i64.wrapping_sub(i64::from((sure >> bit) & 1 != 0));
    let large = |v: i64| !(-LARGE..=LARGE).contains(&v);
    let scaled = |bit: usize, v: i64| match pick(bit, v).checked_mul(factor) {
        Some(v) if !large(v) => Some(v),
        _ => None,
    };
    let mut any = false;
    match lane {
        Lane::Each(lane) if factor == 1 => {
            for (bit, (o, v)) in chunk.iter_mut().zip(lane).enumerate() {
                let v = pick(bit, *v);
                *o = o.wrapping_add(v);
                any |= large(v);
            }
        }
        lane => {
            for (bit, o) in chunk.iter_mut().enumerate() {
                let v = scaled(bit, lane.at(bit));
                *o = o.wrapping_add(v.unwrap_or(0));
                any |= v.is_none();
            }
        }
    }
    if !any {
        return 0;
    }
    (0..chunk.len()).fold(0, |wrong, bit| wrong | u64::from(scaled(bit, lane.at(bit)).is_none()) << bit)
}

fn extreme(chunk: &mut [i64], lane: Lane<'_>, (sure, some): (u64, u64), factor: i64, largest: bool) -> u64 {
    let mut wrong = 0;
    for (bit, o) in chunk.iter_mut().enumerate() {
        if (sure >> bit) & 1 == 0 {
            continue;
        }
        let (v, over) = lane.at(bit).overflowing_mul(factor);
        wrong |= u64::from(over) << bit;
        *o = match () {
            () if (some >> bit) & 1 == 0 => v,
            () if largest => v.max(*o),
            () => v.min(*o),
        };
    }
    wrong
}
