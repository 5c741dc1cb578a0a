//! The loops over lanes. Each is compiled twice, plainly and for the wider registers that most processors have (AVX2); which
//! one runs is found out when it runs. Loops are kept so plain that the compiler makes vectors of them.
//!
//! Lanes are of 64 bits, or of 32 where all numbers are known to fit: those loops go twice as fast. Where the processor has
//! AVX-512 the hottest of them are those of [`super::registers`].

use std::sync::OnceLock;

use pulp::{Arch, Simd, WithSimd};

use super::bits::Bits;
use super::column::Numbers;
#[cfg(target_arch = "x86_64")]
use super::registers::{self, Wide as Laned};
use super::view::Lane;
use crate::ast::Cmp;
use crate::value::Bounds;

/// How loops run on this processor.
pub(crate) fn arch() -> Arch {
    static ARCH: OnceLock<Arch> = OnceLock::new();
    *ARCH.get_or_init(Arch::new)
}

#[cfg(not(target_arch = "x86_64"))]
use Number as Laned;

/// A number in a lane.
pub(crate) trait Number: Copy + Ord {
    fn of(n: i64) -> Self;
    fn wide(self) -> i64;
}

impl Number for i64 {
    #[inline(always)]
    fn of(n: i64) -> i64 {
        n
    }

    #[inline(always)]
    fn wide(self) -> i64 {
        self
    }
}

impl Number for i32 {
    /// Only of numbers that fit, or of rows that do not count.
    #[inline(always)]
    fn of(n: i64) -> i32 {
        n as i32
    }

    #[inline(always)]
    fn wide(self) -> i64 {
        i64::from(self)
    }
}

/// What is done with two numbers. All work in 32 bits where operands and result are known to fit.
#[derive(Clone, Copy)]
pub(crate) enum Sign {
    Add,
    Sub,
    Mul,
    Min,
    Max,
}

/// Numbers of which there is one a row, or the same for all.
#[derive(Clone, Copy)]
pub(crate) enum Side<'a, T> {
    Each(&'a [T]),
    Same(T),
}

struct Two<'a, T, F> {
    a: Side<'a, T>,
    b: Side<'a, T>,
    out: &'a mut [T],
    f: F,
}

impl<T: Number, F: Fn(T, T) -> T> WithSimd for Two<'_, T, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Two { a, b, out, f } = self;
        match (a, b) {
            (Side::Each(a), Side::Each(b)) => out.iter_mut().zip(a).zip(b).for_each(|((o, a), b)| *o = f(*a, *b)),
            (Side::Each(a), Side::Same(b)) => out.iter_mut().zip(a).for_each(|(o, a)| *o = f(*a, b)),
            (Side::Same(a), Side::Each(b)) => out.iter_mut().zip(b).for_each(|(o, b)| *o = f(a, *b)),
            (Side::Same(a), Side::Same(b)) => out.fill(f(a, b)),
        }
    }
}

/// The product of numbers of 32 bits, in 64.
struct Product<'a> {
    a: &'a [i32],
    b: Side<'a, i32>,
    out: &'a mut [i64],
}

impl WithSimd for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Product { a, b, out } = self;
        match b {
            Side::Each(b) => {
                out.iter_mut().zip(a).zip(b).for_each(|((o, a), b)| *o = i64::from(*a) * i64::from(*b));
            }
            Side::Same(b) => out.iter_mut().zip(a).for_each(|(o, a)| *o = i64::from(*a) * i64::from(b)),
        }
    }
}

/// A side of 32 bits, where the lane is one or a number that fits.
fn narrow(lane: Lane<'_>) -> Option<Side<'_, i32>> {
    match lane {
        Lane::Small(lane) => Some(Side::Each(lane)),
        Lane::Same(n) => i32::try_from(n).ok().map(Side::Same),
        Lane::Each(_) => None,
    }
}

fn wide<'a>(lane: Lane<'a>, scratch: &'a mut Vec<i64>) -> Side<'a, i64> {
    match lane {
        Lane::Each(lane) => Side::Each(lane),
        Lane::Same(n) => Side::Same(n),
        Lane::Small(lane) => {
            scratch.clear();
            scratch.extend(lane.iter().map(|n| i64::from(*n)));
            Side::Each(scratch)
        }
    }
}

/// Two operands whose result is known to lie within `span`.
pub(crate) fn two(sign: Sign, a: Lane<'_>, b: Lane<'_>, out: &mut Numbers, span: Bounds) {
    let small = is_small(span);
    if let (true, Some(a), Some(b)) = (small, narrow(a), narrow(b)) {
        let out = out.small(span);
        return match sign {
            Sign::Add => arch().dispatch(Two { a, b, out, f: i32::wrapping_add }),
            Sign::Sub => arch().dispatch(Two { a, b, out, f: i32::wrapping_sub }),
            Sign::Mul => arch().dispatch(Two { a, b, out, f: i32::wrapping_mul }),
            Sign::Min => arch().dispatch(Two { a, b, out, f: i32::min }),
            Sign::Max => arch().dispatch(Two { a, b, out, f: i32::max }),
        };
    }
    if let (Sign::Mul, Some(a), Some(b)) = (sign, narrow(a), narrow(b)) {
        let out = out.large(span);
        return match (a, b) {
            (Side::Each(a), b) | (b, Side::Each(a)) => arch().dispatch(Product { a, b, out }),
            (Side::Same(a), Side::Same(b)) => out.fill(i64::from(a) * i64::from(b)),
        };
    }
    let (mut s, mut t) = (Vec::new(), Vec::new());
    let (a, b) = (wide(a, &mut s), wide(b, &mut t));
    let out = out.large(span);
    match sign {
        Sign::Add => arch().dispatch(Two { a, b, out, f: i64::wrapping_add }),
        Sign::Sub => arch().dispatch(Two { a, b, out, f: i64::wrapping_sub }),
        Sign::Mul => arch().dispatch(Two { a, b, out, f: i64::wrapping_mul }),
        Sign::Min => arch().dispatch(Two { a, b, out, f: i64::min }),
        Sign::Max => arch().dispatch(Two { a, b, out, f: i64::max }),
    }
}

struct One<'a, A, O, F> {
    a: &'a [A],
    out: &'a mut [O],
    f: F,
}

impl<A: Number, O: Number, F: Fn(i64) -> i64> WithSimd for One<'_, A, O, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let One { a, out, f } = self;
        out.iter_mut().zip(a).for_each(|(o, a)| *o = O::of(f(a.wide())));
    }
}

/// One operand whose result is known to lie within `span`.
#[inline]
pub(crate) fn one(a: Lane<'_>, out: &mut Numbers, span: Bounds, f: impl Fn(i64) -> i64) {
    let small = is_small(span);
    match (a, small) {
        (Lane::Same(n), _) => out.set_flat(f(n)),
        (Lane::Each(a), true) => arch().dispatch(One { a, out: out.small(span), f }),
        (Lane::Each(a), false) => arch().dispatch(One { a, out: out.large(span), f }),
        (Lane::Small(a), true) => arch().dispatch(One { a, out: out.small(span), f }),
        (Lane::Small(a), false) => arch().dispatch(One { a, out: out.large(span), f }),
    }
}

/// Whether numbers of a span fit 32 bits.
pub(crate) fn is_small(s: Bounds) -> bool {
    i32::try_from(s.lo).is_ok() && i32::try_from(s.hi).is_ok()
}

/// A question about two numbers; the other three are its negations.
#[derive(Clone, Copy)]
pub(crate) enum Test {
    Less,
    AtMost,
    Equal,
}

struct Masks<'a, T, F> {
    a: &'a [T],
    b: Side<'a, T>,
    out: &'a mut [u64],
    f: F,
}

impl<T: Number, F: Fn(&T, &T) -> bool> WithSimd for Masks<'_, T, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Masks { a, b, out, f } = self;
        let all = out.iter_mut().zip(a.as_chunks::<64>().0);
        match b {
            Side::Each(b) => {
                for ((o, a), b) in all.zip(b.as_chunks::<64>().0) {
                    let mut bytes = [0_u8; 64];
                    bytes.iter_mut().zip(a).zip(b).for_each(|((o, a), b)| *o = u8::from(f(a, b)));
                    *o = packed(&bytes);
                }
            }
            Side::Same(b) => {
                for (o, a) in all {
                    let mut bytes = [0_u8; 64];
                    bytes.iter_mut().zip(a).for_each(|(o, a)| *o = u8::from(f(a, &b)));
                    *o = packed(&bytes);
                }
            }
        }
    }
}

/// Bytes of 0 and 1 as bits: the product gathers eight of them in its topmost byte.
#[inline(always)]
pub(crate) fn packed(bytes: &[u8; 64]) -> u64 {
    let mut word = 0;
    for (n, eight) in bytes.as_chunks::<8>().0.iter().enumerate() {
        word |= (u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56) << (8 * n);
    }
    word
}

fn tested<T: Laned>(test: Test, a: &[T], b: Side<'_, T>, out: &mut [u64]) {
    #[cfg(target_arch = "x86_64")]
    if let Arch::V4(simd) = arch() {
        return registers::masks(simd, test, a, b, out);
    }
    match test {
        Test::Less => arch().dispatch(Masks { a, b, out, f: T::lt }),
        Test::AtMost => arch().dispatch(Masks { a, b, out, f: T::le }),
        Test::Equal => arch().dispatch(Masks { a, b, out, f: T::eq }),
    }
}

/// The rows for which `a cmp b`, as bits. Lanes are of whole words.
pub(crate) fn masks(cmp: Cmp, a: Lane<'_>, b: Lane<'_>, out: &mut [u64]) {
    if let Lane::Same(n) = a {
        return match b {
            Lane::Same(m) => out.fill(if cmp.holds(n.cmp(&m)) { u64::MAX } else { 0 }),
            _ => masks(cmp.turned(), b, a, out),
        };
    }
    let (test, negated) = match cmp {
        Cmp::Lt => (Test::Less, false),
        Cmp::Ge => (Test::Less, true),
        Cmp::Le => (Test::AtMost, false),
        Cmp::Gt => (Test::AtMost, true),
        Cmp::Eq => (Test::Equal, false),
        Cmp::Ne => (Test::Equal, true),
    };
    if let (Lane::Small(a), Some(b)) = (a, narrow(b)) {
        tested(test, a, b, out);
    } else {
        let (mut s, mut t) = (Vec::new(), Vec::new());
        if let Side::Each(a) = wide(a, &mut s) {
            tested(test, a, wide(b, &mut t), out);
        }
    }
    if negated {
        out.iter_mut().for_each(|w| *w = !*w);
    }
}

/// The bits of a word, each alone.
#[allow(clippy::indexing_slicing, reason = "worked out by the compiler")]
pub(crate) const BIT: [u64; 64] = {
    let mut all = [0; 64];
    let mut n = 0;
    while n < 64 {
        all[n] = 1 << n;
        n += 1;
    }
    all
};

struct Choose<'a, T> {
    pick: &'a [u64],
    yes: Side<'a, T>,
    no: Side<'a, T>,
    out: &'a mut [T],
}

impl<T: Number> WithSimd for Choose<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Choose { pick, yes, no, out } = self;
        let all = out.as_chunks_mut::<64>().0.iter_mut().zip(pick);
        match (yes, no) {
            (Side::Each(a), Side::Each(b)) => {
                for ((o, w), (a, b)) in all.zip(a.as_chunks::<64>().0.iter().zip(b.as_chunks::<64>().0)) {
                    for (((o, bit), a), b) in o.iter_mut().zip(&BIT).zip(a).zip(b) {
                        *o = if w & bit == 0 { *b } else { *a };
                    }
                }
            }
            (Side::Each(a), Side::Same(b)) => {
                for ((o, w), a) in all.zip(a.as_chunks::<64>().0) {
                    for ((o, bit), a) in o.iter_mut().zip(&BIT).zip(a) {
                        *o = if w & bit == 0 { b } else { *a };
                    }
                }
            }
            (Side::Same(a), Side::Each(b)) => {
                for ((o, w), b) in all.zip(b.as_chunks::<64>().0) {
                    for ((o, bit), b) in o.iter_mut().zip(&BIT).zip(b) {
                        *o = if w & bit == 0 { *b } else { a };
                    }
                }
            }
            (Side::Same(a), Side::Same(b)) => {
                for (o, w) in all {
                    for (o, bit) in o.iter_mut().zip(&BIT) {
                        *o = if w & bit == 0 { b } else { a };
                    }
                }
            }
        }
    }
}

fn chosen<T: Laned>(pick: &[u64], yes: Side<'_, T>, no: Side<'_, T>, out: &mut [T]) {
    #[cfg(target_arch = "x86_64")]
    if let Arch::V4(simd) = arch() {
        return registers::choose(simd, pick, yes, no, out);
    }
    arch().dispatch(Choose { pick, yes, no, out });
}

/// Takes of each row the one or the other; all numbers lie within `span`.
pub(crate) fn choose(pick: &[u64], yes: Lane<'_>, no: Lane<'_>, out: &mut Numbers, span: Bounds) {
    if let (true, Some(yes), Some(no)) = (is_small(span), narrow(yes), narrow(no)) {
        return chosen(pick, yes, no, out.small(span));
    }
    let (mut s, mut t) = (Vec::new(), Vec::new());
    let (yes, no) = (wide(yes, &mut s), wide(no, &mut t));
    chosen(pick, yes, no, out.large(span));
}

struct AddWhere<'a, T, F> {
    pick: &'a [u64],
    side: Side<'a, T>,
    out: &'a mut [T],
    f: F,
}

impl<T: Number, F: Fn(T, T) -> T> WithSimd for AddWhere<'_, T, F> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let AddWhere { pick, side, out, f } = self;
        let all = out.as_chunks_mut::<64>().0.iter_mut().zip(pick);
        match side {
            Side::Each(a) => {
                for ((o, w), a) in all.zip(a.as_chunks::<64>().0) {
                    for ((o, bit), a) in o.iter_mut().zip(&BIT).zip(a) {
                        *o = f(*o, if w & bit == 0 { T::of(0) } else { *a });
                    }
                }
            }
            Side::Same(a) => {
                for (o, w) in all {
                    for (o, bit) in o.iter_mut().zip(&BIT) {
                        *o = f(*o, if w & bit == 0 { T::of(0) } else { a });
                    }
                }
            }
        }
    }
}

fn added<T: Laned>(pick: &[u64], side: Side<'_, T>, out: &mut [T], f: impl Fn(T, T) -> T) {
    #[cfg(target_arch = "x86_64")]
    if let Arch::V4(simd) = arch() {
        return registers::add_where(simd, pick, side, out);
    }
    arch().dispatch(AddWhere { pick, side, out, f });
}

/// In how many of the sets each row is, counted from `least`.
pub(crate) fn count(sets: &[Bits], least: i32, out: &mut [i32]) {
    #[cfg(target_arch = "x86_64")]
    if let Arch::V4(simd) = arch() {
        return registers::count(simd, sets, least, out);
    }
    out.fill(least);
    for set in sets {
        arch().dispatch(AddWhere { pick: set.words(), side: Side::Same(1), out: &mut *out, f: i32::wrapping_add });
    }
}

/// The numbers of some rows, in order, put after those that are there.
pub(crate) fn picked<T: Number>(rows: &Bits, lane: &[T], out: &mut Vec<i64>) {
    for (word, numbers) in rows.words().iter().zip(lane.as_chunks::<64>().0) {
        let mut left = *word;
        while left != 0 {
            let bit = left.trailing_zeros() as usize;
            left &= left - 1;
            out.push(numbers.get(bit).copied().map_or(0, T::wide));
        }
    }
}

/// The same of 32 bits.
pub(crate) fn picked_small(rows: &Bits, lane: &[i32], out: &mut Vec<i64>) {
    #[cfg(target_arch = "x86_64")]
    if let Arch::V4(simd) = arch() {
        return registers::picked(simd, rows.words(), lane, out);
    }
    picked(rows, lane, out);
}

/// Adds the numbers of some rows. Nothing is lost: the sum is known to lie within `span`, as what was there does.
pub(crate) fn add_where(pick: &[u64], lane: Lane<'_>, out: &mut Numbers, span: Bounds) {
    if let (true, true, Some(side)) = (out.is_narrow(), is_small(span), narrow(lane)) {
        return added(pick, side, out.small(span), i32::wrapping_add);
    }
    out.spread();
    let mut s = Vec::new();
    let side = wide(lane, &mut s);
    added(pick, side, out.large(span), i64::wrapping_add);
}

/// Numbers times one factor, of which it is known that the products fit.
pub(crate) fn scaled(lane: Lane<'_>, factor: i64, rows: usize, out: &mut Vec<i64>) {
    out.resize(rows, 0);
    match lane {
        Lane::Each(a) => arch().dispatch(One { a, out, f: |n: i64| n.wrapping_mul(factor) }),
        Lane::Small(a) => arch().dispatch(One { a, out, f: |n: i64| n.wrapping_mul(factor) }),
        Lane::Same(n) => out.fill(n.wrapping_mul(factor)),
    }
}

struct Span<'a>(&'a [i64]);

impl WithSimd for Span<'_> {
    type Output = (i64, i64);

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> (i64, i64) {
        self.0.iter().fold((i64::MAX, i64::MIN), |(lo, hi), n| (lo.min(*n), hi.max(*n)))
    }
}

/// The least and the greatest number.
pub(crate) fn span(lane: &[i64]) -> (i64, i64) {
    arch().dispatch(Span(lane))
}

#[cfg(test)]
mod tests {
    use super::super::column::Kind;
    use super::*;

    /// The loops by hand, where there are any, give what the plain ones give.
    #[test]
    fn registers_agree() {
        let mut r = fastrand::Rng::with_seed(11);
        for _ in 0..50 {
            let small: Vec<i32> = (0..2048).map(|_| r.i32(-3..4)).collect();
            let other: Vec<i32> = (0..2048).map(|_| r.i32(-3..4)).collect();
            let large: Vec<i64> = small.iter().map(|n| i64::from(*n) << 40).collect();
            let mut rows = Bits::none(32);
            (0..2048).filter(|_| r.bool()).for_each(|row| rows.set(row));
            let limit = r.i64(-3..4);
            for cmp in [Cmp::Lt, Cmp::Le, Cmp::Gt, Cmp::Ge, Cmp::Eq, Cmp::Ne] {
                for (a, b) in [
                    (Lane::Small(&small), Lane::Small(&other)),
                    (Lane::Small(&small), Lane::Same(limit)),
                    (Lane::Each(&large), Lane::Same(limit << 40)),
                    (Lane::Each(&large), Lane::Small(&other)),
                ] {
                    let mut out = Bits::none(32);
                    masks(cmp, a, b, out.words_mut());
                    for row in 0..2048 {
                        assert_eq!(out.has(row), cmp.holds(a.at(row).cmp(&b.at(row))));
                    }
                }
            }
            let span = Bounds { lo: i64::MIN, hi: i64::MAX };
            for (a, b, span) in [
                (Lane::Small(&small), Lane::Small(&other), Bounds { lo: -3, hi: 3 }),
                (Lane::Small(&small), Lane::Same(9), Bounds { lo: -3, hi: 9 }),
                (Lane::Same(9), Lane::Each(&large), span),
                (Lane::Each(&large), Lane::Small(&other), span),
            ] {
                let mut out = Numbers::new(Kind::Int, 2048);
                choose(rows.words(), a, b, &mut out, span);
                for row in 0..2048 {
                    assert_eq!(out.at(row), if rows.has(row) { a.at(row) } else { b.at(row) });
                }
                let before = out.clone();
                add_where(rows.words(), b, &mut out, Bounds { lo: span.lo.max(-20), hi: span.hi.min(20) });
                for row in 0..2048 {
                    assert_eq!(out.at(row), before.at(row) + if rows.has(row) { b.at(row) } else { 0 });
                }
            }
            let mut counted = vec![0; 2048];
            count(&[rows.clone(), Bits::first(700), rows.clone()], 5, &mut counted);
            let mut numbers = vec![7];
            picked_small(&rows, &small, &mut numbers);
            let expected: Vec<i64> = std::iter::once(7).chain(rows.rows().map(|row| i64::from(small[row]))).collect();
            assert_eq!(numbers, expected);
            for (row, n) in counted.iter().enumerate() {
                assert_eq!(*n, 5 + 2 * i32::from(rows.has(row)) + i32::from(row < 700));
            }
        }
    }
}
