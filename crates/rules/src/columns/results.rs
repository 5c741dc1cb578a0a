//! What a run over a batch gives.

use pulp::{Simd, WithSimd};

use super::batch::Batch;
use super::bits::Bits;
use super::column::{Column, Kind};
use super::view::{Lane, View};
use super::{Output, loops};
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

/// One programme for one subject of each household.
#[derive(Debug, Default)]
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
    /// The rows that have a sum, and the sums in order.
    known: Bits,
    given: Vec<i64>,
    /// The code of what decided, one set of rows a binary digit: as many as the programme has use for.
    deciding: Vec<Bits>,
    /// How many conditions there are.
    conditions: u8,
}

impl Results {
    /// Room for what is asked; that of an earlier batch of the same kind is used again.
    pub(crate) fn prepared(earlier: Option<Results>, batch: &Batch, outputs: &[Output]) -> Results {
        let (rows, size) = (batch.rows, batch.size);
        if let Some(mut again) = earlier.filter(|r| r.size == size) {
            again.rows = rows;
            again.values.clear();
            return again;
        }
        let programme = |output: &Output| match output {
            Output::Programme { programme, version, subject, .. } => {
                let slots = if *subject == Entity::Household { 1 } else { size };
                let slots = (0..slots).map(|_| SlotColumns::default()).collect();
                Some(ProgrammeColumns { programme: *programme, version: *version, subject: *subject, slots })
            }
            Output::Value { .. } => None,
        };
        Results { rows, size, programmes: outputs.iter().filter_map(programme).collect(), values: Vec::new() }
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

/// What a programme reads of a subject.
pub(crate) struct Asked<'a> {
    pub(crate) rows: &'a Bits,
    pub(crate) verdict: View<'a>,
    pub(crate) applies: Option<View<'a>>,
    pub(crate) conditions: &'a [View<'a>],
    pub(crate) amount: Option<View<'a>>,
}

impl Asked<'_> {
    fn any_trouble(&self) -> bool {
        let all = self.applies.iter().chain(self.conditions).chain(&self.amount).chain([&self.verdict]);
        all.into_iter().any(|v| v.bools().trouble.is_some())
    }

    /// The conditions with their codes, the question whether it applies first.
    fn in_order(&self, applies: u8) -> impl Iterator<Item = (u8, &View<'_>)> {
        self.applies.iter().map(move |a| (applies, a)).chain((1..).zip(self.conditions))
    }
}

/// Answers where nothing is an error, as nearly always.
struct Sound<'a> {
    asked: &'a Asked<'a>,
    out: &'a mut SlotColumns,
}

impl WithSimd for Sound<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Sound { asked: question, out } = self;
        let (applies, code) = (question.applies.map_or(&Bits::NO, |a| a.bools().no), out.applies_code());
        let verdict = question.verdict.bools();
        let SlotColumns { asked, yes, no, deciding, .. } = out;
        let answers = asked.array_mut().iter_mut().zip(yes.array_mut()).zip(no.array_mut());
        let reads = question.rows.array().iter().zip(applies.array()).zip(verdict.yes.array()).zip(verdict.no.array());
        let (mut failed, mut open) = (Bits::NO, Bits::NO);
        let left = failed.array_mut().iter_mut().zip(open.array_mut());
        let mut some = 0;
        for ((((asked, yes), no), (((rows, off), y), n)), (failed, open)) in answers.zip(reads).zip(left) {
            *asked = rows & !off;
            (*yes, *no) = (*asked & y, *asked & n);
            (*failed, *open) = (*no, *asked & !(y | n));
            some |= *failed | *open;
        }
        for (code, view) in question.in_order(code) {
            if some == 0 {
                return;
            }
            let here = view.bools();
            let mut hit = Bits::NO;
            some = 0;
            let left = failed.array_mut().iter_mut().zip(open.array_mut()).zip(hit.array_mut());
            for (((failed, open), hit), (y, n)) in left.zip(here.yes.array().iter().zip(here.no.array())) {
                *hit = (*failed & n) | (*open & !(y | n));
                (*failed, *open) = (*failed & !*hit, *open & !*hit);
                some |= *failed | *open;
            }
            for (digit, bits) in deciding.iter_mut().enumerate() {
                if code >> digit & 1 == 1 {
                    bits.array_mut().iter_mut().zip(hit.array()).for_each(|(bits, hit)| *bits |= hit);
                }
            }
        }
    }
}

impl SlotColumns {
    pub(crate) fn fill(&mut self, asked: &Asked<'_>) {
        let words = asked.rows.words().len();
        self.conditions = u8::try_from(asked.conditions.len()).unwrap_or(u8::MAX - 2);
        let digits = u8::BITS - self.amount_code().leading_zeros();
        self.deciding.clear();
        self.deciding.resize(digits as usize, Bits::none(words));
        for bits in [&mut self.asked, &mut self.yes, &mut self.no, &mut self.error] {
            *bits = Bits::none(words);
        }
        self.troubles.clear();
        if asked.any_trouble() {
            self.troubled(asked);
        } else {
            loops::arch().dispatch(Sound { asked, out: self });
        }
        self.given.clear();
        if let Some(amount) = asked.amount {
            self.sums(amount);
        }
    }

    fn troubled(&mut self, asked: &Asked<'_>) {
        let whole = asked.verdict.bools();
        self.asked.add(asked.rows);
        if let Some(applies) = asked.applies {
            self.asked.take_out(applies.bools().no);
        }
        self.yes.add(&self.asked);
        self.no.add(&self.asked);
        self.yes.keep(whole.yes);
        self.no.keep(whole.no);
        if let Some(broken) = asked.amount.and_then(|a| a.bools().trouble) {
            self.error.add(broken);
            self.error.keep(&self.yes);
            self.yes.take_out(&self.error);
        }
        if let Some(broken) = whole.trouble {
            self.error.add(broken);
            self.error.keep(&self.asked);
        }
        let trouble = |row: usize| match asked.verdict.get(row) {
            Val::Error(t) => Some((row, t)),
            _ => match asked.amount.map(|a| a.get(row)) {
                Some(Val::Error(t)) => Some((row, t)),
                _ => None,
            },
        };
        self.troubles.extend(self.error.rows().filter_map(trouble));
        self.decide(asked);
    }

    fn sums(&mut self, amount: View<'_>) {
        let SlotColumns { known, given, .. } = self;
        known.clone_from(&self.asked);
        known.take_out(&self.no);
        known.take_out(&self.error);
        if amount.has_odd() {
            let mut odd = Bits::none(known.words().len());
            amount.add_odd(&mut odd);
            known.take_out(&odd);
        }
        match amount.lane(Kind::Int).0 {
            Lane::Same(n) => given.resize(known.count(), n),
            Lane::Each(lane) => loops::picked(known, lane, given),
            Lane::Small(lane) => loops::picked_small(known, lane, given),
        }
    }

    /// The codes after those of the conditions.
    fn applies_code(&self) -> u8 {
        self.conditions.saturating_add(1)
    }

    fn amount_code(&self) -> u8 {
        self.conditions.saturating_add(2)
    }

    fn decide(&mut self, asked: &Asked<'_>) {
        let (mut no, mut error, mut open) = (self.no.clone(), self.error.clone(), self.open());
        for (code, view) in asked.in_order(self.applies_code()) {
            let here = view.bools();
            let mut hit = no.clone();
            hit.keep(here.no);
            let mut undecided = open.clone();
            undecided.take_out(here.yes);
            undecided.take_out(here.no);
            if let Some(trouble) = here.trouble {
                undecided.take_out(trouble);
                let mut broken = error.clone();
                broken.keep(trouble);
                hit.add(&broken);
            }
            hit.add(&undecided);
            [&mut no, &mut error, &mut open].into_iter().for_each(|left| left.take_out(&hit));
            self.note(code, &hit);
        }
        if let Some(trouble) = asked.amount.and_then(|a| a.bools().trouble) {
            error.keep(trouble);
            self.note(self.amount_code(), &error);
        }
    }

    fn note(&mut self, code: u8, rows: &Bits) {
        for (digit, bits) in self.deciding.iter_mut().enumerate() {
            if code >> digit & 1 == 1 {
                bits.add(rows);
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
        if self.given.is_empty() || !self.known.has(row) {
            return None;
        }
        self.given.get(self.known.before(row)).copied()
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
            n if n == self.applies_code() => Some(Deciding::Applies),
            n if n == self.amount_code() => Some(Deciding::Amount),
            n => Some(Deciding::Condition(n - 1)),
        }
    }
}
