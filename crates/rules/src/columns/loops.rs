//! The loops over lanes. Each is compiled twice, plainly and for the wider registers that most processors have (AVX2); which
//! one runs is found out when it runs. Loops are kept so plain that the compiler makes vectors of them.
//!
//! Lanes are of 64 bits, or of 32 where all numbers are known to fit: those loops go twice as fast.

use std::sync::OnceLock;

use pulp::{Arch, Simd, WithSimd};

use super::column::{Lane, Numbers};
use crate::ast::Cmp;
use crate::value::Bounds;

/// How loops run on this processor.
pub(crate) fn arch() -> Arch {
    static ARCH: OnceLock<Arch> = OnceLock::new();
    *ARCH.get_or_init(Arch::new)
}

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
enum Side<'a, T> {
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
pub(crate) fn two(sign: Sign, a: Lane<'_>, b: Lane<'_>, out: &mut Numbers, span: Bounds, any_odd: bool) {
    let small = !any_odd && is_small(span);
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
pub(crate) fn one(a: Lane<'_>, out: &mut Numbers, span: Bounds, any_odd: bool, f: impl Fn(i64) -> i64) {
    let small = !any_odd && is_small(span);
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
fn packed(bytes: &[u8; 64]) -> u64 {
    let mut word = 0;
    for (n, eight) in bytes.as_chunks::<8>().0.iter().enumerate() {
        word |= (u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56) << (8 * n);
    }
    word
}

fn tested<T: Number>(test: Test, a: &[T], b: Side<'_, T>, out: &mut [u64]) {
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
const BIT: [u64; 64] = {
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

/// Takes of each row the one or the other; all numbers lie within `span`.
pub(crate) fn choose(pick: &[u64], yes: Lane<'_>, no: Lane<'_>, out: &mut Numbers, span: Bounds, any_odd: bool) {
    if let (true, Some(yes), Some(no)) = (!any_odd && is_small(span), narrow(yes), narrow(no)) {
        return arch().dispatch(Choose { pick, yes, no, out: out.small(span) });
    }
    let (mut s, mut t) = (Vec::new(), Vec::new());
    let (yes, no) = (wide(yes, &mut s), wide(no, &mut t));
    arch().dispatch(Choose { pick, yes, no, out: out.large(span) });
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

/// Adds the numbers of some rows. Nothing is lost: the sum is known to lie within `span`, as what was there does.
pub(crate) fn add_where(pick: &[u64], lane: Lane<'_>, out: &mut Numbers, span: Bounds) {
    if let (true, true, Some(side)) = (out.is_narrow(), is_small(span), narrow(lane)) {
        return arch().dispatch(AddWhere { pick, side, out: out.small(span), f: i32::wrapping_add });
    }
    out.spread();
    let mut s = Vec::new();
    let side = wide(lane, &mut s);
    arch().dispatch(AddWhere { pick, side, out: out.large(span), f: i64::wrapping_add });
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

/// Whole numbers within this are exact as floats, and so are sums of two of them.
pub(crate) const EXACT: i64 = 1 << 50;
/// 2^52 + 2^51: a float of this size has its whole part in its low bits.
const SHIFT: f64 = 6_755_399_441_055_744.0;
const SHIFT_BITS: i64 = 0x4338_0000_0000_0000;

/// Division of numbers within ±[`EXACT`] by a number below 2^31 known before the loop. A product with the inverse as a float
/// is off by less than one; the remainder, which is exact, puts that right, so that the quotient is exact.
#[derive(Clone, Copy)]
pub(crate) struct Divisor {
    by: f64,
    inverse: f64,
}

impl Divisor {
    pub(crate) fn new(by: i64) -> Option<Divisor> {
        (by > 0 && by < 1 << 31).then(|| Divisor { by: by as f64, inverse: 1.0 / by as f64 })
    }

    /// The quotient rounded down, and what is left: a whole number held as a float.
    #[inline]
    pub(crate) fn divide(self, n: i64) -> (i64, f64) {
        let float = f64::from_bits(n.wrapping_add(SHIFT_BITS) as u64) - SHIFT;
        let near = float * self.inverse + SHIFT;
        let left = float - (near - SHIFT) * self.by;
        let q = (near.to_bits() as i64).wrapping_sub(SHIFT_BITS);
        if left < 0.0 { (q.wrapping_sub(1), left + self.by) } else { (q, left) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotients_are_exact() {
        let mut n = 1_i64;
        let mut numbers = vec![0, 1, EXACT, EXACT - 1, EXACT / 3];
        for _ in 0..2_000 {
            n = n.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            numbers.extend([n % EXACT, n % 1_000_003]);
        }
        for by in [1, 2, 3, 7, 10, 12, 97, 100, 365, 1_000, 10_000, 999_983, (1 << 31) - 1] {
            let divisor = Divisor::new(by).unwrap();
            let edges = numbers.iter().flat_map(|n| [*n, n / by * by, n / by * by - 1, n / by * by + 1]);
            for n in edges.flat_map(|n| [n, -n]).filter(|n| n.abs() <= EXACT) {
                let (q, left) = divisor.divide(n);
                assert_eq!((q, left as i64), (n.div_euclid(by), n.rem_euclid(by)), "{n} / {by}");
            }
        }
    }
}
