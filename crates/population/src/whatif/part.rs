//! One part of the snapshot under both packs.

use std::collections::BTreeMap;

use rules::Val;
use rules::columns::{Bits, Machine, Results, SlotColumns};
use rules::schema::{Entity, Per};

use super::Job;
use super::side::{Net, Side, a_year};
use super::sums::{Answers, OfGroup, OfProgramme, Sums};
use crate::frame::{Chunk, FrameError, GivenAward, Part};

/// One thread's machines and what it has counted.
pub(crate) struct Worker<'j> {
    job: &'j Job<'j>,
    base: Machine<'j>,
    changed: Machine<'j>,
    pub(crate) sums: Sums,
}

/// What is known of the households of a batch, by row.
struct Rows {
    good: Bits,
    /// Minor units a year of the programmes touched: before, after.
    all: [Vec<i64>; 2],
    /// Of it money.
    cash: [Vec<i64>; 2],
    /// An entitlement came, or went.
    gained: Bits,
    lost: Bits,
    /// An answer of a programme touched is open, or cannot be worked out, on either side.
    open: Bits,
}

/// The same part read in full on both sides, for households that are explained; opened when the first one is.
struct Whole<'j> {
    parts: Option<[Part<'j>; 2]>,
    at: usize,
    chunks: Option<[Chunk<'j>; 2]>,
}

impl<'j> Worker<'j> {
    pub(crate) fn new(job: &'j Job<'j>) -> Self {
        let (base, changed) = (Machine::new(&job.base.columns), Machine::new(&job.changed.columns));
        Worker { job, base, changed, sums: Sums::new(job.touched, job.groups) }
    }

    /// Counts a part into `sums`.
    pub(crate) fn part(&mut self, n: usize, sums: &mut Sums) -> Result<(), FrameError> {
        let job = self.job;
        let mut base = job.base.reader().grouped_part(n, &job.base.columns)?;
        let mut changed = job.changed.reader().grouped_part(n, &job.changed.columns)?;
        let mut whole = Whole { parts: None, at: 0, chunks: None };
        let mut nth = 0;
        while let (Some(before), Some(after)) = (base.next_chunk()?, changed.next_chunk()?) {
            let results = [
                self.base.run(&before.batch(&job.base.columns)?)?,
                self.changed.run(&after.batch(&job.changed.columns)?)?,
            ];
            let awards = awards_of(base.awards(), &before);
            let good = good(job, n, &before, base.stray_awards(), sums);
            let mut rows = Rows::new(good, before.rows());
            let paid = Paid::of(job, awards, &before);
            for (at, programme) in job.touched.programmes.iter().enumerate() {
                let sides = [job.base.of(&results[0], programme.base), job.changed.of(&results[1], programme.changed)];
                let cash =
                    [programme.base.map(|p| job.base.is_cash(p)), programme.changed.map(|p| job.changed.is_cash(p))];
                let mut of =
                    Of { rows: &mut rows, paid: &paid, job, chunk: &before, cash: cash.map(|c| c == Some(true)) };
                if let Some(sum) = sums.programmes.get_mut(at) {
                    of.programme(&programme.id, sides, sum);
                }
            }
            let explain = self.to_explain(&results, &rows);
            for row in explain.rows() {
                let pair = whole.chunk(job, n, nth)?;
                sums.explained += 1;
                rows.explained(job, pair, row)?;
            }
            self.count(&before, &results[0], &rows, awards, sums);
            nth += 1;
        }
        Ok(())
    }

    /// Households in which something differs, and to which combination rules may apply on either side.
    fn to_explain(&self, results: &[Results; 2], rows: &Rows) -> Bits {
        let job = self.job;
        let mut out = Bits::none_of(results[0].rows());
        let mut some = rows.gained.clone();
        some.add(&rows.lost);
        let [before, after] = &rows.all;
        let differs = |row: usize| some.has(row) || before.get(row) != after.get(row);
        // What cannot be told is told so, whatever combination rules would do.
        for row in without(&rows.good, &rows.open).rows() {
            let mut explain = false;
            for (side, (of, results)) in [(&job.base, &results[0]), (&job.changed, &results[1])].into_iter().enumerate()
            {
                let ruled = job.touched.ruled.get(side);
                if !differs(row) && ruled.is_none_or(std::collections::BTreeSet::is_empty) {
                    continue;
                }
                let live = live(results, row);
                let own = job.touched.programmes.iter().filter_map(|p| if side == 0 { p.base } else { p.changed });
                let own = own.filter(|_| differs(row));
                let looked: Vec<usize> =
                    own.chain(ruled.into_iter().flatten().copied()).filter(|p| live.contains(p)).collect();
                explain |= of.ties.touch(&looked, &live);
            }
            if explain {
                out.set(row);
            }
        }
        out
    }

    /// Classes, groups and poverty of a batch.
    fn count(&self, chunk: &Chunk<'_>, results: &Results, rows: &Rows, awards: &[GivenAward], sums: &mut Sums) {
        let job = self.job;
        let other = job.measures.poverty.as_ref().map(|_| other_income(job, chunk, awards));
        for row in rows.good.rows() {
            let at = |list: &[Vec<i64>; 2], side: usize| list.get(side).and_then(|l| l.get(row)).copied().unwrap_or(0);
            let change = i128::from(at(&rows.all, 1)) - i128::from(at(&rows.all, 0));
            let (gained, lost) = (rows.gained.has(row), rows.lost.has(row));
            let class = match change {
                _ if rows.open.has(row) => 3,
                n if n > 0 => 0,
                n if n < 0 => 1,
                _ if gained && !lost => 0,
                _ if lost && !gained => 1,
                _ => 2,
            };
            let mut one = OfGroup::default();
            if let Some(count) = one.households.get_mut(class) {
                *count = 1;
            }
            match class {
                0 => one.gain = change,
                1 => one.loss = -change,
                _ => {}
            }
            let groups = job.groups.of(chunk, results, row);
            for (way, group) in sums.groups.iter_mut().zip(groups) {
                if let Some(group) = way.get_mut(group) {
                    group.add(&one);
                }
            }
            if let (Some(poverty), Some(other)) = (&job.measures.poverty, &other) {
                match results.value(0, 0, row) {
                    Some(Val::Int(income)) => {
                        let income = income.saturating_mul(poverty.times_a_year);
                        let income = income.saturating_add(other.get(row).copied().unwrap_or(0));
                        let [before, after] = [0, 1].map(|side| income.saturating_add(at(&rows.cash, side)));
                        sums.homes.push(poverty, chunk.size(), before, after);
                    }
                    _ => sums.homes.unknown += chunk.size() as u64,
                }
            }
        }
    }
}

/// Places of programmes that are granted to a household, or may be.
fn live(results: &Results, row: usize) -> Vec<usize> {
    let mut live = Vec::new();
    for p in results.programmes() {
        for slot in &p.slots {
            if slot.asked.has(row) && !slot.no.has(row) && !slot.error.has(row) {
                live.push(p.programme);
            }
        }
    }
    live
}

/// The households of a batch with which nothing is wrong.
fn good(job: &Job<'_>, part: usize, chunk: &Chunk<'_>, stray: &[crate::frame::Where], sums: &mut Sums) -> Bits {
    let mut good = Bits::first(chunk.rows());
    let span = chunk.first()..chunk.first() + chunk.rows();
    let homes = job.homes.get(part).map_or(&[][..], Vec::as_slice);
    for place in chunk.aside().iter().chain(homes).chain(stray).filter(|w| span.contains(&w.row)) {
        let row = place.row - chunk.first();
        sums.aside += u64::from(good.has(row));
        good.unset(row);
    }
    sums.households += good.count() as u64;
    sums.persons += (good.count() * chunk.size()) as u64;
    good
}

fn awards_of<'a>(awards: &'a [GivenAward], chunk: &Chunk<'_>) -> &'a [GivenAward] {
    let from = awards.partition_point(|a| a.row < chunk.first());
    let to = awards.partition_point(|a| a.row < chunk.first() + chunk.rows());
    awards.get(from..to).unwrap_or(&[])
}

/// Whether an award is in force on the day.
fn in_force(award: &GivenAward, job: &Job<'_>) -> bool {
    award.from <= job.order.on && award.until.is_none_or(|until| job.order.on < until)
}

/// Money a year by row from awards in force of programmes that are not touched.
fn other_income(job: &Job<'_>, chunk: &Chunk<'_>, awards: &[GivenAward]) -> Vec<i64> {
    let ids = &job.base.reader().manifest().shape.programmes;
    let program = job.base.pack.program().programmes();
    let counts = |id: &String| {
        let place = program.iter().position(|p| *p.id == **id);
        place.is_some_and(|n| job.base.is_cash(n)) && !job.touched.programmes.iter().any(|t| t.id == *id)
    };
    let counts: Vec<bool> = ids.iter().map(counts).collect();
    let mut out = vec![0_i64; chunk.rows()];
    for award in awards.iter().filter(|a| in_force(a, job)) {
        if let (Some((minor, per @ (Per::Month | Per::Year))), Some(true)) =
            (award.amount, counts.get(usize::from(award.programme)))
            && let Some(sum) = out.get_mut(award.row - chunk.first())
        {
            *sum = sum.saturating_add(minor.saturating_mul(a_year(per)));
        }
    }
    out
}

/// Who receives what in a batch.
struct Paid {
    /// By programme of the snapshot and slot (0 for the household).
    by_slot: BTreeMap<(u16, usize), Bits>,
    by_programme: BTreeMap<u16, Bits>,
}

impl Paid {
    fn of(job: &Job<'_>, awards: &[GivenAward], chunk: &Chunk<'_>) -> Paid {
        let mut paid = Paid { by_slot: BTreeMap::new(), by_programme: BTreeMap::new() };
        for award in awards.iter().filter(|a| in_force(a, job)) {
            let row = award.row - chunk.first();
            let none = || Bits::none_of(chunk.rows());
            let slot = award.slot.unwrap_or(0);
            paid.by_slot.entry((award.programme, slot)).or_insert_with(none).set(row);
            paid.by_programme.entry(award.programme).or_insert_with(none).set(row);
        }
        paid
    }
}

impl Rows {
    fn new(good: Bits, rows: usize) -> Rows {
        let sums = || [vec![0; rows], vec![0; rows]];
        let none = || Bits::none_of(rows);
        Rows { good, all: sums(), cash: sums(), gained: none(), lost: none(), open: none() }
    }

    /// Puts what the explaining evaluator says after combination rules in place of single results.
    fn explained(&mut self, job: &Job<'_>, [before, after]: &[Chunk<'_>; 2], row: usize) -> Result<(), FrameError> {
        let net = |side: &Side<'_>, chunk: &Chunk<'_>| -> Result<Net, FrameError> {
            let household = chunk.household(side.pack.program(), row);
            let household = household.map_err(|e| FrameError::File {
                file: chunk.file().into(),
                why: format!("row {}: {e}", chunk.first() + row),
            })?;
            Ok(side.net(&household, job.order.on))
        };
        let (old, new) = (net(job.base, before)?, net(job.changed, after)?);
        for (list, change) in
            [(&mut self.all, new.all.saturating_sub(old.all)), (&mut self.cash, new.cash.saturating_sub(old.cash))]
        {
            let [before, after] = list;
            if let (Some(before), Some(after)) = (before.get(row), after.get_mut(row)) {
                *after = before.saturating_add(change);
            }
        }
        let mark = |bits: &mut Bits, is: bool| if is { bits.set(row) } else { bits.unset(row) };
        mark(&mut self.gained, new.grants.difference(&old.grants).next().is_some());
        mark(&mut self.lost, old.grants.difference(&new.grants).next().is_some());
        Ok(())
    }
}

impl<'j> Whole<'j> {
    /// The n-th batch of the part on both sides.
    fn chunk(&mut self, job: &'j Job<'j>, part: usize, n: usize) -> Result<&[Chunk<'j>; 2], FrameError> {
        let parts = match self.parts.take() {
            Some(parts) => parts,
            None => [job.base.reader().whole_part(part)?, job.changed.reader().whole_part(part)?],
        };
        let [base, changed] = self.parts.insert(parts);
        while self.at <= n {
            self.chunks = base.next_chunk()?.zip(changed.next_chunk()?).map(|(a, b)| [a, b]);
            self.at += 1;
        }
        self.chunks.as_ref().ok_or_else(|| FrameError::File {
            file: job.base.reader().file("", "persons"),
            why: "it ends before it should".to_owned(),
        })
    }
}

/// One programme over a batch.
struct Of<'a> {
    rows: &'a mut Rows,
    paid: &'a Paid,
    job: &'a Job<'a>,
    chunk: &'a Chunk<'a>,
    /// Whether it pays money: before, after.
    cash: [bool; 2],
}

type OfSide<'a> = Option<(&'a rules::columns::ProgrammeColumns, Per)>;

impl Of<'_> {
    fn programme(&mut self, id: &str, sides: [OfSide<'_>; 2], sum: &mut OfProgramme) {
        let number = self.job.base.reader().manifest().shape.programme(id);
        let slots = sides.iter().flatten().map(|(p, _)| p.slots.len()).max().unwrap_or(0);
        let none = Bits::none_of(self.chunk.rows());
        let nobody = SlotColumns::default();
        let mut any = [none.clone(), none.clone()];
        for slot in 0..slots {
            let pair = sides.map(|side| side.and_then(|(p, per)| Some((p.slots.get(slot)?, per))));
            let [before, after] = pair.map(|p| p.map_or(&nobody, |(columns, _)| columns));
            let periods = pair.map(|p| p.map_or(1, |(_, per)| a_year(per)));
            let [yes_before, yes_after] = [before, after].map(|columns| within(&columns.yes, &self.rows.good));
            for (side, (yes, columns)) in [(&yes_before, before), (&yes_after, after)].into_iter().enumerate() {
                let answers = if side == 0 { &mut sum.base } else { &mut sum.changed };
                self.side(side, yes, columns, periods.get(side).copied().unwrap_or(1), answers);
                if let Some(any) = any.get_mut(side) {
                    any.add(yes);
                }
            }
            self.differences([&yes_before, &yes_after], [before, after], periods, sum);
            let subject = sides.iter().flatten().next().map(|(p, _)| p.subject);
            let at = if subject == Some(Entity::Household) { 0 } else { slot };
            let paid = number.and_then(|n| self.paid.by_slot.get(&(n, at)));
            self.take_up([&yes_before, &yes_after], paid, sum);
        }
        for (side, rows) in any.iter().enumerate() {
            if let Some(count) = sum.households.get_mut(side) {
                *count += rows.count() as u64;
            }
            for (other, paid) in self.paid.by_programme.iter().filter(|(other, _)| Some(**other) != number) {
                let both = rows.count_within(paid);
                if let Some(count) = sum.overlap.entry(*other).or_default().get_mut(side).filter(|_| both > 0) {
                    *count += both;
                }
            }
        }
    }

    /// Counts one slot of one side, and adds its sums to those of the households.
    fn side(&mut self, side: usize, yes: &Bits, columns: &SlotColumns, periods: i64, answers: &mut Answers) {
        answers.yes += yes.count() as u64;
        answers.open += within(&columns.open(), &self.rows.good).count() as u64;
        answers.error += within(&columns.error, &self.rows.good).count() as u64;
        let cash = self.cash.get(side).copied().unwrap_or(false);
        for row in yes.rows() {
            let Some(amount) = columns.amount(row).map(|a| a.saturating_mul(periods)) else { continue };
            answers.cost += i128::from(amount);
            for (list, counts) in [(&mut self.rows.all, true), (&mut self.rows.cash, cash)] {
                if let Some(sum) = list.get_mut(side).and_then(|l| l.get_mut(row)).filter(|_| counts) {
                    *sum = sum.saturating_add(amount);
                }
            }
        }
    }

    /// What differs in one slot.
    fn differences(&mut self, yes: [&Bits; 2], columns: [&SlotColumns; 2], periods: [i64; 2], sum: &mut OfProgramme) {
        let [before, after] = yes;
        let (gained, lost) = (without(after, before), without(before, after));
        sum.gained += gained.count() as u64;
        sum.lost += lost.count() as u64;
        self.rows.gained.add(&gained);
        self.rows.lost.add(&lost);
        let [old, new] = columns;
        for row in within(before, after).rows() {
            let year =
                |columns: &SlotColumns, periods: i64| columns.amount(row).map(|a| i128::from(a) * i128::from(periods));
            let [old_periods, new_periods] = periods;
            match (year(old, old_periods), year(new, new_periods)) {
                (Some(a), Some(b)) if b > a => sum.more += 1,
                (Some(a), Some(b)) if b < a => sum.less += 1,
                _ => {}
            }
        }
        let unsettled = [old, new].map(|columns| {
            let mut rows = columns.open();
            rows.add(&columns.error);
            within(&rows, &self.rows.good)
        });
        unsettled.iter().for_each(|rows| self.rows.open.add(rows));
    }

    fn take_up(&self, yes: [&Bits; 2], paid: Option<&Bits>, sum: &mut OfProgramme) {
        for (side, rows) in yes.into_iter().enumerate() {
            for row in rows.rows() {
                let area = self.job.groups.small(self.chunk, row);
                let receives = paid.is_some_and(|p| p.has(row));
                if let Some([a, b, c, d]) = sum.take_up.get_mut(area) {
                    let (entitled, receiving) = if side == 0 { (a, b) } else { (c, d) };
                    *entitled += 1;
                    *receiving += u64::from(receives);
                }
            }
        }
    }
}

fn within(a: &Bits, b: &Bits) -> Bits {
    let mut both = a.clone();
    both.keep(b);
    both
}

fn without(a: &Bits, b: &Bits) -> Bits {
    let mut left = a.clone();
    left.take_out(b);
    left
}
