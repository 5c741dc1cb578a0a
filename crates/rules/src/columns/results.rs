//! What a run over a batch gives.

use super::bits::Bits;
use super::column::{Column, View};
use crate::outcome::Answer;
use crate::schema::Entity;
use crate::value::{Trouble, Val};

/// Answers, sums and named values for all households of a batch.
#[derive(Debug)]
pub struct Results {
    rows: usize,
    size: usize,
    pub(crate) programmes: Vec<ProgrammeColumns>,
    pub(crate) values: Vec<(usize, Vec<Column>)>,
}

/// One programme.
#[derive(Debug)]
pub struct ProgrammeColumns {
    /// Index of the programme.
    pub programme: usize,
    /// Index of the version in force.
    pub version: usize,
    /// Whose entitlement it is.
    pub subject: Entity,
    /// One for the household, or one for each member slot.
    pub slots: Vec<SlotColumns>,
}

/// What decided an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Deciding {
    /// For a *no* the first condition that fails, else the first that is open, or the first that is an error.
    Condition(u8),
    /// Whether the programme is for the subject at all is open, or an error.
    Applies,
    /// The sum cannot be worked out.
    Amount,
}

const APPLIES: u8 = 254;
const AMOUNT: u8 = 255;

/// One programme for one subject of each household.
#[derive(Debug)]
pub struct SlotColumns {
    /// Rows in which the question makes sense.
    pub asked: Bits,
    /// All conditions hold.
    pub yes: Bits,
    /// A condition fails for certain.
    pub no: Bits,
    /// Cannot be worked out: neither a grant nor a denial.
    pub error: Bits,
    /// What went wrong, by row.
    pub troubles: Vec<(usize, Trouble)>,
    sums: Option<Sums>,
    /// The code of what decided, one set of rows a binary digit.
    deciding: [Bits; 8],
}

#[derive(Debug)]
struct Sums {
    known: Bits,
    lane: Vec<i64>,
}

impl Results {
    pub(crate) fn new(rows: usize, size: usize) -> Results {
        Results { rows, size, programmes: Vec::new(), values: Vec::new() }
    }

    /// How many households.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// How many members each has.
    pub fn size(&self) -> usize {
        self.size
    }

    /// The programmes in force, in the pack's order.
    pub fn programmes(&self) -> &[ProgrammeColumns] {
        &self.programmes
    }

    /// A named value of a row: the n-th of those asked for, of a member slot (0 for the household's own).
    pub fn value(&self, n: usize, slot: usize, row: usize) -> Option<Val> {
        let (_, slots) = self.values.get(n)?;
        slots.get(slot).filter(|_| row < self.rows).map(|c| c.get(row))
    }
}

impl SlotColumns {
    pub(crate) fn of(
        rows: &Bits,
        verdict: View<'_>,
        applies: Option<View<'_>>,
        conditions: &[View<'_>],
        amount: Option<View<'_>>,
    ) -> SlotColumns {
        let none = || Bits::none(rows.words().len());
        let (mut asked, mut yes, mut no, mut error) = (none(), none(), none(), none());
        for (n, there) in rows.words().iter().enumerate() {
            let here = there & !applies.map_or(0, |a| a.truth_word(n).1);
            let (y, f) = verdict.truth_word(n);
            let broken = amount.map_or(0, |a| a.trouble_word(n));
            let e = here & (verdict.trouble_word(n) | (y & broken));
            let words = [(&mut asked, here), (&mut yes, here & y & !e), (&mut no, here & f), (&mut error, e)];
            for (bits, word) in words {
                if let Some(w) = bits.words_mut().get_mut(n) {
                    *w = word;
                }
            }
        }
        let trouble = |row: usize| match verdict.get(row) {
            Val::Error(t) => Some((row, t)),
            _ => match amount.map(|a| a.get(row)) {
                Some(Val::Error(t)) => Some((row, t)),
                _ => None,
            },
        };
        let troubles = error.rows().filter_map(trouble).collect();
        let mut out =
            SlotColumns { sums: None, troubles, deciding: std::array::from_fn(|_| none()), asked, yes, no, error };
        out.sums = amount.map(|a| out.sums(a));
        out.decide(applies, conditions, amount);
        out
    }

    fn sums(&self, amount: View<'_>) -> Sums {
        let mut known = self.asked.clone();
        known.take_out(&self.no);
        known.take_out(&self.error);
        let mut odd = Bits::none(known.words().len());
        amount.add_odd(&mut odd);
        known.take_out(&odd);
        let lane = match amount {
            View::Column(Column::Number(c)) if !known.is_empty() => c.lane.clone(),
            View::Same(Val::Int(n)) => vec![n; known.words().len() * 64],
            _ => Vec::new(),
        };
        Sums { known, lane }
    }

    fn decide(&mut self, applies: Option<View<'_>>, conditions: &[View<'_>], amount: Option<View<'_>>) {
        let all = applies.iter().map(|a| (APPLIES, *a)).chain((1..).zip(conditions.iter().copied()));
        let all: Vec<(u8, View<'_>)> = all.collect();
        for n in 0..self.asked.words().len() {
            let (mut no, mut error) = (self.no.word(n), self.error.word(n));
            let mut open = self.asked.word(n) & !(self.yes.word(n) | no | error);
            for (code, view) in &all {
                if no | error | open == 0 {
                    break;
                }
                let ((y, f), trouble) = (view.truth_word(n), view.trouble_word(n));
                let hit = (no & f) | (error & trouble) | (open & !(y | f | trouble));
                (no, error, open) = (no & !hit, error & !hit, open & !hit);
                self.note(n, *code, hit);
            }
            if let Some(amount) = amount {
                self.note(n, AMOUNT, error & amount.trouble_word(n));
            }
        }
    }

    fn note(&mut self, word: usize, code: u8, rows: u64) {
        for (digit, bits) in self.deciding.iter_mut().enumerate() {
            if code >> digit & 1 == 1
                && let Some(w) = bits.words_mut().get_mut(word)
            {
                *w |= rows;
            }
        }
    }

    /// The answer of a row; `None` where the question makes no sense.
    pub fn answer(&self, row: usize) -> Option<Answer> {
        match () {
            () if !self.asked.has(row) => None,
            () if self.error.has(row) => Some(Answer::Error),
            () if self.yes.has(row) => Some(Answer::Yes),
            () if self.no.has(row) => Some(Answer::No),
            () => Some(Answer::CannotTell),
        }
    }

    /// The sum in minor units, where the answer is yes or open and the sum is known.
    pub fn amount(&self, row: usize) -> Option<i64> {
        let sums = self.sums.as_ref().filter(|s| s.known.has(row))?;
        sums.lane.get(row).copied()
    }

    /// Rows whose answer is open.
    pub fn open(&self) -> Bits {
        let mut open = self.asked.clone();
        open.take_out(&self.yes);
        open.take_out(&self.no);
        open.take_out(&self.error);
        open
    }

    /// What decided the answer of a row; `None` for a yes, and where the question makes no sense.
    pub fn deciding(&self, row: usize) -> Option<Deciding> {
        let digits = self.deciding.iter().rev();
        match digits.fold(0_u8, |code, bits| code << 1 | u8::from(bits.has(row))) {
            0 => None,
            APPLIES => Some(Deciding::Applies),
            AMOUNT => Some(Deciding::Amount),
            n => Some(Deciding::Condition(n - 1)),
        }
    }
}
