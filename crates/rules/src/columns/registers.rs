//! The hottest loops by hand for processors with AVX-512, whose comparisons give bits and whose choices take them: what the
//! compiler makes of the plain loops goes a detour by bytes. Each gives what its plain twin in [`super::loops`] gives.

use pulp::x86::V4;
use pulp::{NullaryFnOnce, b8, b16, cast, i32x16, i64x8};

use super::bits::Bits;
use super::loops::{Number, Side, Test};

// Loops here are `for` loops: what is handed to a closure that is not inlined at once is compiled for plain processors.

/// Numbers as registers hold them.
pub(crate) trait Wide: Number {
    type Register: Copy;
    /// How many a register holds.
    const LANES: usize;
    fn registers(lane: &[Self]) -> &[Self::Register];
    fn registers_mut(lane: &mut [Self]) -> &mut [Self::Register];
    fn all(simd: V4, n: Self) -> Self::Register;
    fn test(simd: V4, test: Test, a: Self::Register, b: Self::Register) -> u64;
    /// Of each row the one or the other, by the lowest bits.
    fn select(simd: V4, bits: u64, yes: Self::Register, no: Self::Register) -> Self::Register;
    fn plus(simd: V4, a: Self::Register, b: Self::Register) -> Self::Register;
}

impl Wide for i32 {
    type Register = i32x16;
    const LANES: usize = 16;

    #[inline(always)]
    fn registers(lane: &[i32]) -> &[i32x16] {
        <V4 as pulp::Simd>::as_simd_i32s(lane).0
    }

    #[inline(always)]
    fn registers_mut(lane: &mut [i32]) -> &mut [i32x16] {
        <V4 as pulp::Simd>::as_mut_simd_i32s(lane).0
    }

    #[inline(always)]
    fn all(simd: V4, n: i32) -> i32x16 {
        simd.splat_i32x16(n)
    }

    #[inline(always)]
    fn test(simd: V4, test: Test, a: i32x16, b: i32x16) -> u64 {
        u64::from(match test {
            Test::Less => simd.cmp_lt_i32x16(a, b).0,
            Test::AtMost => simd.cmp_le_i32x16(a, b).0,
            Test::Equal => simd.cmp_eq_i32x16(a, b).0,
        })
    }

    #[inline(always)]
    fn select(simd: V4, bits: u64, yes: i32x16, no: i32x16) -> i32x16 {
        simd.select_i32x16(b16(bits as u16), yes, no)
    }

    #[inline(always)]
    fn plus(simd: V4, a: i32x16, b: i32x16) -> i32x16 {
        simd.wrapping_add_i32x16(a, b)
    }
}

impl Wide for i64 {
    type Register = i64x8;
    const LANES: usize = 8;

    #[inline(always)]
    fn registers(lane: &[i64]) -> &[i64x8] {
        <V4 as pulp::Simd>::as_simd_i64s(lane).0
    }

    #[inline(always)]
    fn registers_mut(lane: &mut [i64]) -> &mut [i64x8] {
        <V4 as pulp::Simd>::as_mut_simd_i64s(lane).0
    }

    #[inline(always)]
    fn all(simd: V4, n: i64) -> i64x8 {
        simd.splat_i64x8(n)
    }

    #[inline(always)]
    fn test(simd: V4, test: Test, a: i64x8, b: i64x8) -> u64 {
        u64::from(match test {
            Test::Less => simd.cmp_lt_i64x8(a, b).0,
            Test::AtMost => simd.cmp_le_i64x8(a, b).0,
            Test::Equal => simd.cmp_eq_i64x8(a, b).0,
        })
    }

    #[inline(always)]
    fn select(simd: V4, bits: u64, yes: i64x8, no: i64x8) -> i64x8 {
        simd.select_i64x8(b8(bits as u8), yes, no)
    }

    #[inline(always)]
    fn plus(simd: V4, a: i64x8, b: i64x8) -> i64x8 {
        simd.wrapping_add_i64x8(a, b)
    }
}

/// Registers one after another, or one for all.
#[derive(Clone, Copy)]
enum Source<'a, T: Wide> {
    Each(&'a [T::Register]),
    Same(T::Register),
}

impl<'a, T: Wide> Source<'a, T> {
    #[inline(always)]
    fn of(simd: V4, side: Side<'a, T>) -> Source<'a, T> {
        match side {
            Side::Each(lane) => Source::Each(T::registers(lane)),
            Side::Same(n) => Source::Same(T::all(simd, n)),
        }
    }
}

struct Masks<'a, T> {
    simd: V4,
    test: Test,
    a: &'a [T],
    b: Side<'a, T>,
    out: &'a mut [u64],
}

impl<T: Wide> Masks<'_, T> {
    #[inline(always)]
    fn tested(self, test: Test) {
        let Masks { simd, a, b, out, .. } = self;
        let per_word = 64 / T::LANES;
        let words = out.iter_mut().zip(T::registers(a).chunks_exact(per_word));
        match Source::of(simd, b) {
            Source::Same(b) => {
                for (o, a) in words {
                    let mut all = 0;
                    for (n, a) in a.iter().enumerate() {
                        all |= T::test(simd, test, *a, b) << (n * T::LANES);
                    }
                    *o = all;
                }
            }
            Source::Each(b) => {
                for ((o, a), b) in words.zip(b.chunks_exact(per_word)) {
                    let mut all = 0;
                    for (n, (a, b)) in a.iter().zip(b).enumerate() {
                        all |= T::test(simd, test, *a, *b) << (n * T::LANES);
                    }
                    *o = all;
                }
            }
        }
    }
}

impl<T: Wide> NullaryFnOnce for Masks<'_, T> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        match self.test {
            Test::Less => self.tested(Test::Less),
            Test::AtMost => self.tested(Test::AtMost),
            Test::Equal => self.tested(Test::Equal),
        }
    }
}

/// The rows of which a test holds, as bits. Lanes are of whole words.
pub(crate) fn masks<T: Wide>(simd: V4, test: Test, a: &[T], b: Side<'_, T>, out: &mut [u64]) {
    simd.vectorize(Masks { simd, test, a, b, out });
}

/// Takes of each row the one or the other, or what was there and that plus another.
struct Choose<'a, T, const ADD: bool> {
    simd: V4,
    pick: &'a [u64],
    yes: Side<'a, T>,
    no: Side<'a, T>,
    out: &'a mut [T],
}

impl<T: Wide, const ADD: bool> Choose<'_, T, ADD> {
    #[inline(always)]
    fn put(simd: V4, o: &mut T::Register, bits: u64, yes: T::Register, no: T::Register) {
        *o = if ADD { T::select(simd, bits, T::plus(simd, *o, yes), *o) } else { T::select(simd, bits, yes, no) };
    }
}

impl<T: Wide, const ADD: bool> NullaryFnOnce for Choose<'_, T, ADD> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Choose { simd, pick, yes, no, out } = self;
        let per_word = 64 / T::LANES;
        let words = T::registers_mut(out).chunks_exact_mut(per_word).zip(pick);
        match (Source::of(simd, yes), Source::of(simd, no)) {
            (Source::Each(yes), Source::Each(no)) => {
                for (((o, w), a), b) in words.zip(yes.chunks_exact(per_word)).zip(no.chunks_exact(per_word)) {
                    for (n, ((o, a), b)) in o.iter_mut().zip(a).zip(b).enumerate() {
                        Self::put(simd, o, w >> (n * T::LANES), *a, *b);
                    }
                }
            }
            (Source::Each(yes), Source::Same(b)) => {
                for ((o, w), a) in words.zip(yes.chunks_exact(per_word)) {
                    for (n, (o, a)) in o.iter_mut().zip(a).enumerate() {
                        Self::put(simd, o, w >> (n * T::LANES), *a, b);
                    }
                }
            }
            (Source::Same(a), Source::Each(no)) => {
                for ((o, w), b) in words.zip(no.chunks_exact(per_word)) {
                    for (n, (o, b)) in o.iter_mut().zip(b).enumerate() {
                        Self::put(simd, o, w >> (n * T::LANES), a, *b);
                    }
                }
            }
            (Source::Same(a), Source::Same(b)) => {
                for (o, w) in words {
                    for (n, o) in o.iter_mut().enumerate() {
                        Self::put(simd, o, w >> (n * T::LANES), a, b);
                    }
                }
            }
        }
    }
}

/// Takes of each row the one or the other.
pub(crate) fn choose<T: Wide>(simd: V4, pick: &[u64], yes: Side<'_, T>, no: Side<'_, T>, out: &mut [T]) {
    simd.vectorize(Choose::<T, false> { simd, pick, yes, no, out });
}

/// Adds the numbers of some rows.
pub(crate) fn add_where<T: Wide>(simd: V4, pick: &[u64], side: Side<'_, T>, out: &mut [T]) {
    simd.vectorize(Choose::<T, true> { simd, pick, yes: side, no: Side::Same(T::of(0)), out });
}

struct Count<'a> {
    simd: V4,
    sets: &'a [Bits],
    least: i32,
    out: &'a mut [i32],
}

impl NullaryFnOnce for Count<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Count { simd, sets, least, out } = self;
        let (least, one) = (simd.splat_i32x16(least), simd.splat_i32x16(1));
        for (word, o) in i32::registers_mut(out).chunks_exact_mut(4).enumerate() {
            let mut all = [least; 4];
            for set in sets {
                let bits = set.word(word);
                for (n, sum) in all.iter_mut().enumerate() {
                    *sum = i32::select(simd, bits >> (16 * n), simd.wrapping_add_i32x16(*sum, one), *sum);
                }
            }
            o.copy_from_slice(&all);
        }
    }
}

/// In how many of the sets each row is, counted from `least`.
pub(crate) fn count(simd: V4, sets: &[Bits], least: i32, out: &mut [i32]) {
    simd.vectorize(Count { simd, sets, least, out });
}

struct Picked<'a> {
    simd: V4,
    rows: &'a [u64],
    lane: &'a [i32],
    out: &'a mut Vec<i64>,
}

impl NullaryFnOnce for Picked<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Picked { simd, rows, lane, out } = self;
        let count: usize = rows.iter().map(|w| w.count_ones() as usize).sum();
        // A register is always written whole; what is too much is written over or cut off.
        let mut at = out.len();
        let end = at + count;
        out.resize(end + 16, 0);
        for (word, four) in rows.iter().zip(i32::registers(lane).chunks_exact(4)) {
            if *word == 0 {
                continue;
            }
            for (n, numbers) in four.iter().enumerate() {
                let bits = (word >> (16 * n)) as u16;
                if let Some(to) = out.get_mut(at..at + 16) {
                    let dense: [i32; 16] = cast(simd.avx512f._mm512_maskz_compress_epi32(bits, cast(*numbers)));
                    to.iter_mut().zip(dense).for_each(|(to, n)| *to = i64::from(n));
                }
                at += bits.count_ones() as usize;
            }
        }
        out.truncate(end);
    }
}

/// The numbers of some rows, in order, put after those that are there.
pub(crate) fn picked(simd: V4, rows: &[u64], lane: &[i32], out: &mut Vec<i64>) {
    simd.vectorize(Picked { simd, rows, lane, out });
}
