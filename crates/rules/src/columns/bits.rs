//! Sets of rows as bits, 64 to a word.

/// One bit a row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bits(Vec<u64>);

/// Words for so many rows.
pub(crate) fn words(rows: usize) -> usize {
    rows.div_ceil(64)
}

impl Bits {
    pub(crate) fn none(words: usize) -> Bits {
        Bits(vec![0; words])
    }

    pub(crate) fn all(words: usize) -> Bits {
        Bits(vec![u64::MAX; words])
    }

    /// Exactly the first rows.
    pub(crate) fn first(rows: usize) -> Bits {
        let mut bits = Bits::all(words(rows));
        if !rows.is_multiple_of(64)
            && let Some(last) = bits.0.last_mut()
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

    #[inline]
    pub(crate) fn set(&mut self, row: usize) {
        if let Some(w) = self.0.get_mut(row / 64) {
            *w |= 1 << (row % 64);
        }
    }

    #[inline]
    pub(crate) fn unset(&mut self, row: usize) {
        if let Some(w) = self.0.get_mut(row / 64) {
            *w &= !(1 << (row % 64));
        }
    }

    #[inline]
    pub(crate) fn word(&self, at: usize) -> u64 {
        self.0.get(at).copied().unwrap_or(0)
    }

    pub(crate) fn words(&self) -> &[u64] {
        &self.0
    }

    pub(crate) fn words_mut(&mut self) -> &mut [u64] {
        &mut self.0
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.iter().all(|w| *w == 0)
    }

    /// How many rows are in the set.
    pub fn count(&self) -> usize {
        self.0.iter().map(|w| w.count_ones() as usize).sum()
    }

    pub(crate) fn fill(&mut self, word: u64) {
        self.0.fill(word);
    }

    pub(crate) fn add(&mut self, other: &Bits) {
        self.0.iter_mut().zip(&other.0).for_each(|(a, b)| *a |= b);
    }

    pub(crate) fn take_out(&mut self, other: &Bits) {
        self.0.iter_mut().zip(&other.0).for_each(|(a, b)| *a &= !b);
    }

    pub(crate) fn keep(&mut self, other: &Bits) {
        self.0.iter_mut().zip(&other.0).for_each(|(a, b)| *a &= b);
    }

    /// The rows in the set, in order.
    pub fn rows(&self) -> impl Iterator<Item = usize> + '_ {
        self.0.iter().enumerate().flat_map(|(n, word)| {
            let mut left = *word;
            std::iter::from_fn(move || {
                let bit = left.trailing_zeros();
                left &= left.wrapping_sub(1);
                (bit < 64).then_some(n * 64 + bit as usize)
            })
        })
    }
}
