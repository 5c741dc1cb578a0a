//! Short lists of numbers in one run of memory, each found again by its own number.

/// Lists one after another.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lists {
    /// Where each list ends; it begins where the one before ends.
    ends: Vec<u32>,
    numbers: Vec<u32>,
}

impl Lists {
    /// Keeps a list and gives its number.
    pub(crate) fn push(&mut self, numbers: &[u32]) -> u32 {
        self.numbers.extend_from_slice(numbers);
        self.ends.push(u32::try_from(self.numbers.len()).unwrap_or(u32::MAX));
        u32::try_from(self.ends.len() - 1).unwrap_or(u32::MAX)
    }

    /// How many lists there are.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(crate) fn get(&self, list: u32) -> &[u32] {
        let end = |n: Option<u32>| n.and_then(|n| self.ends.get(n as usize)).copied().unwrap_or(0) as usize;
        self.numbers.get(end(list.checked_sub(1))..end(Some(list))).unwrap_or(&[])
    }
}

/// Numbers in the order in which they were reached, each once.
#[derive(Default)]
pub(crate) struct Places {
    pub(crate) list: Vec<u32>,
    bits: Vec<u64>,
}

impl Places {
    /// Adds a number; `false` when it is there.
    #[inline]
    pub(crate) fn add(&mut self, place: u32) -> bool {
        let (word, bit) = (place as usize / 64, 1u64 << (place % 64));
        if word >= self.bits.len() {
            self.bits.resize(word + 1, 0);
        }
        let Some(w) = self.bits.get_mut(word) else { return false };
        if *w & bit != 0 {
            return false;
        }
        *w |= bit;
        self.list.push(place);
        true
    }

    pub(crate) fn add_all(&mut self, places: &[u32]) {
        for place in places {
            self.add(*place);
        }
    }

    pub(crate) fn clear(&mut self) {
        self.bits.iter_mut().for_each(|w| *w = 0);
        self.list.clear();
    }
}
