//! Bounds of many unknown rows at once: sixty-four rows at a time, where many of them are unknown.

use pulp::{Simd, WithSimd};

use super::bits::Bits;
use super::column::{Kind, Numbers};
use super::loops::{self, BIT, packed};
use super::view::Lane;
use crate::value::Bounds;

/// With fewer unknown rows among sixty-four each is quicker alone.
const MANY: u32 = 6;

/// Whole numbers or dates of which some may be unknown.
#[derive(Clone, Copy)]
pub(crate) struct Ends<'a> {
    lane: Lane<'a>,
    open: Option<&'a Numbers>,
}

impl<'a> Ends<'a> {
    pub(crate) fn of(numbers: &'a Numbers) -> Ends<'a> {
        Ends { lane: numbers.numbers(), open: Some(numbers).filter(|n| n.any_odd) }
    }

    pub(crate) fn same(n: i64) -> Ends<'a> {
        Ends { lane: Lane::Same(n), open: None }
    }

    /// The unknown rows of a word.
    pub(crate) fn unknown(self, word: usize) -> u64 {
        self.open.map_or(0, |c| c.unknown.word(word))
    }

    #[inline]
    pub(crate) fn bounds(self, row: usize, unknown: bool) -> Bounds {
        match self.open {
            Some(c) if unknown => c.bounds(row),
            _ => {
                let n = self.lane.at(row);
                Bounds { lo: n, hi: n }
            }
        }
    }

    /// The bounds of a word's rows.
    #[inline(always)]
    fn chunk(self, word: usize, lo: &mut [i64; 64], hi: &mut [i64; 64]) -> Option<()> {
        match self.lane {
            Lane::Same(n) => lo.fill(n),
            Lane::Each(lane) => *lo = *lane.as_chunks::<64>().0.get(word)?,
            Lane::Small(lane) => {
                let lane = lane.as_chunks::<64>().0.get(word)?;
                lo.iter_mut().zip(lane).for_each(|(o, n)| *o = i64::from(*n));
            }
        }
        *hi = *lo;
        let (unknown, Some(open)) = (self.unknown(word), self.open) else { return Some(()) };
        if unknown != 0 {
            let (least, most) = open.ends();
            let (least, most) = (least.as_chunks::<64>().0.get(word)?, most.as_chunks::<64>().0.get(word)?);
            for (((l, h), bit), (least, most)) in lo.iter_mut().zip(hi).zip(&BIT).zip(least.iter().zip(most)) {
                *l = if unknown & bit == 0 { *l } else { *least };
                *h = if unknown & bit == 0 { *h } else { *most };
            }
        }
        Some(())
    }
}

/// One word of rows with several operands.
struct Word<'a, 'b, F> {
    all: &'b [Ends<'a>],
    word: usize,
    /// The rows to be settled.
    rows: u64,
    out: &'b mut Numbers,
    f: F,
}

impl<F: Fn(Bounds, Bounds) -> Bounds> WithSimd for Word<'_, '_, F> {
    type Output = Option<()>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Option<()> {
        let Word { all, word, rows, out, f } = self;
        let (first, others) = all.split_first()?;
        let (mut lo, mut hi) = ([0; 64], [0; 64]);
        let (mut low, mut high) = ([0; 64], [0; 64]);
        first.chunk(word, &mut lo, &mut hi)?;
        for other in others {
            other.chunk(word, &mut low, &mut high)?;
            for ((l, h), (low, high)) in lo.iter_mut().zip(&mut hi).zip(low.iter().zip(&high)) {
                let b = f(Bounds { lo: *l, hi: *h }, Bounds { lo: *low, hi: *high });
                (*l, *h) = (b.lo, b.hi);
            }
        }
        let mut bytes = [0_u8; 64];
        bytes.iter_mut().zip(lo.iter().zip(&hi)).for_each(|(o, (l, h))| *o = u8::from(l != h));
        let open = packed(&bytes) & rows;
        let mut reach = Bounds { lo: i64::MIN, hi: i64::MAX };
        for ((l, h), bit) in lo.iter().zip(&hi).zip(&BIT) {
            reach.lo = reach.lo.max(if open & bit == 0 { i64::MIN } else { *l });
            reach.hi = reach.hi.min(if open & bit == 0 { i64::MAX } else { *h });
        }
        out.put_unknown_rows(word, open, (&lo, &hi), reach)?;
        // Where bounds meet the result is known.
        let mut known = rows & !open;
        while known != 0 {
            let bit = known.trailing_zeros() as usize;
            known &= known - 1;
            out.put_number(word * 64 + bit, *lo.get(bit)?);
        }
        Some(())
    }
}

/// Operations on two or more whole numbers or dates of which one at least is unknown: bounds go with bounds, and where they
/// meet the result is known. Rows that are settled are taken off the list.
pub(crate) fn settle(all: &[Ends<'_>], out: &mut Numbers, odd: &mut Bits, f: impl Fn(Bounds, Bounds) -> Bounds) {
    let Some((first, others)) = all.split_first() else { return };
    if !matches!(out.kind, Kind::Int | Kind::Date | Kind::Dec(1)) {
        return;
    }
    for (n, word) in odd.words_mut().iter_mut().enumerate() {
        let rows = *word & all.iter().fold(0, |w, l| w | l.unknown(n));
        if rows.count_ones() >= MANY {
            if loops::arch().dispatch(Word { all, word: n, rows, out: &mut *out, f: &f }).is_some() {
                *word &= !rows;
            }
            continue;
        }
        let mut left = rows;
        while left != 0 {
            let bit = left.trailing_zeros();
            left &= left - 1;
            let row = n * 64 + bit as usize;
            let at = |l: &Ends<'_>| l.bounds(row, l.unknown(n) >> bit & 1 != 0);
            let b = others.iter().fold(at(first), |a, l| f(a, at(l)));
            if out.put_between(row, b).is_some() {
                *word &= !(1 << bit);
            }
        }
    }
}
