//! Sets of rows as bits, 64 to a word.

use super::batch::ROWS;

const WORDS: usize = ROWS / 64;

/// One bit a row, of at most [`ROWS`]. Held in place: no memory is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bits {
    words: [u64; WORDS],
    /// How many words count; the others are 0.
    used: usize,
}

/// Words for so many rows.
pub(crate) fn words(rows: usize) -> usize {
    rows.div_ceil(64)
}

impl Bits {
    /// No row.
    pub(crate) const NO: Bits = Bits { words: [0; WORDS], used: WORDS };
    /// Every row that there can be.
    pub(crate) const EVERY: Bits = Bits { words: [u64::MAX; WORDS], used: WORDS };

    #[inline]
    pub(crate) fn none(words: usize) -> Bits {
        Bits { words: [0; WORDS], used: words.min(WORDS) }
    }

    pub(crate) fn all(words: usize) -> Bits {
        let mut bits = Bits::none(words);
        bits.fill(u64::MAX);
        bits
    }

    /// No row of so many.
    pub fn none_of(rows: usize) -> Bits {
        Bits::none(words(rows))
    }

    /// How many rows are in both sets.
    pub fn count_within(&self, other: &Bits) -> u64 {
        self.words.iter().zip(&other.words).map(|(a, b)| u64::from((a & b).count_ones())).sum()
    }

    /// Exactly the first rows.
    pub fn first(rows: usize) -> Bits {
        let mut bits = Bits::all(words(rows));
        if !rows.is_multiple_of(64)
            && let Some(last) = bits.words_mut().last_mut()
        {
            *last = (1 << (rows % 64)) - 1;
        }
        bits
    }

    /// Whether the row is in the set.
    #[inline]
    pub fn has(&self, row: usize) -> bool {
        self.word(row / 64) & (1 << (row % 64)) != 0
    }

    /// Puts a row into the set.
    #[inline]
    pub fn set(&mut self, row: usize) {
        if let Some(w) = self.words_mut().get_mut(row / 64) {
            *w |= 1 << (row % 64);
        }
    }

    /// Takes a row out of the set.
    #[inline]
    pub fn unset(&mut self, row: usize) {
        if let Some(w) = self.words_mut().get_mut(row / 64) {
            *w &= !(1 << (row % 64));
        }
    }

    #[inline]
    pub(crate) fn word(&self, at: usize) -> u64 {
        self.words.get(at).copied().unwrap_or(0)
    }

    /// All words, those that do not count too.
    #[inline]
    pub(crate) fn array(&self) -> &[u64; WORDS] {
        &self.words
    }

    /// The same to be written; what does not count must stay 0.
    #[inline]
    pub(crate) fn array_mut(&mut self) -> &mut [u64; WORDS] {
        &mut self.words
    }

    /// The sets of 64 rows, the first row the lowest bit.
    #[inline]
    pub fn words(&self) -> &[u64] {
        self.words.get(..self.used).unwrap_or(&[])
    }

    #[inline]
    pub(crate) fn words_mut(&mut self) -> &mut [u64] {
        self.words.get_mut(..self.used).unwrap_or(&mut [])
    }

    /// Whether no row is in the set.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.words.iter().fold(0, |all, w| all | w) == 0
    }

    /// Whether it holds all rows of another.
    #[inline]
    pub(crate) fn covers(&self, other: &Bits) -> bool {
        // Most sets are mixed, which the first word shows.
        self.word(0) & other.word(0) == other.word(0)
            && self.words.iter().zip(&other.words).fold(0, |left, (a, b)| left | (b & !a)) == 0
    }

    /// Whether it holds any row of another.
    #[inline]
    pub(crate) fn meets(&self, other: &Bits) -> bool {
        self.words.iter().zip(&other.words).fold(0, |both, (a, b)| both | (a & b)) != 0
    }

    /// How many rows of the set stand before a row.
    pub(crate) fn before(&self, row: usize) -> usize {
        let whole = self.words.iter().take(row / 64).map(|w| w.count_ones() as usize).sum::<usize>();
        whole + (self.word(row / 64) & ((1 << (row % 64)) - 1)).count_ones() as usize
    }

    /// How many rows are in the set.
    pub fn count(&self) -> usize {
        self.words.iter().map(|w| w.count_ones() as usize).sum()
    }

    #[inline]
    pub(crate) fn fill(&mut self, word: u64) {
        self.words_mut().fill(word);
    }

    /// Empties the words that do not count.
    #[inline]
    pub(crate) fn trim(&mut self) {
        self.words.iter_mut().skip(self.used).for_each(|w| *w = 0);
    }

    /// Adds the rows of another set.
    #[inline]
    pub fn add(&mut self, other: &Bits) {
        self.words.iter_mut().zip(&other.words).for_each(|(a, b)| *a |= b);
    }

    /// Takes the rows of another set out.
    #[inline]
    pub fn take_out(&mut self, other: &Bits) {
        self.words.iter_mut().zip(&other.words).for_each(|(a, b)| *a &= !b);
    }

    /// Keeps only rows that are in the other set too.
    #[inline]
    pub fn keep(&mut self, other: &Bits) {
        self.words.iter_mut().zip(&other.words).for_each(|(a, b)| *a &= b);
    }

    /// The rows in the set, in order.
    pub fn rows(&self) -> impl Iterator<Item = usize> + '_ {
        self.words().iter().enumerate().flat_map(|(n, word)| {
            let mut left = *word;
            std::iter::from_fn(move || {
                let bit = left.trailing_zeros();
                left &= left.wrapping_sub(1);
                (bit < 64).then_some(n * 64 + bit as usize)
            })
        })
    }
}
