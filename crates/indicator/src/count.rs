//! Counting: one pass over the columns, family by family, for all indicators, districts and periods together.

use std::ops::Range;

use catalogue::model::{Cadence, Costs, Indicator, Indicators, Measure};
use kernel::Date;

use crate::columns::{Columns, NEVER, is_marked};
use crate::period::{OUTSIDE, Period, Span, number};

/// What was counted of a district in a period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// What counts; of costs, minor units of the currency.
    pub n: u64,
    /// Over what.
    pub of: u64,
    /// How many families (of referrals: people; of deaths: children) it tells of.
    pub families: u64,
}

impl Tally {
    fn plus(&mut self, other: Tally) {
        self.n += other.n;
        self.of += other.of;
        self.families += other.families;
    }
}

/// What was counted of one indicator.
#[derive(Clone, Debug)]
pub struct Counted {
    /// Its periods in order.
    pub periods: Vec<Period>,
    /// By period, then by district in the order of the columns.
    pub tallies: Vec<Vec<Tally>>,
    /// By period the whole country by fifth of income; the first is of families whose income is not known.
    pub fifths: Vec<[Tally; FIFTHS]>,
}

/// Five, and those of whom it is not known.
pub const FIFTHS: usize = 6;

/// Counts all indicators, in the order of the pack, over all whole periods from a day up to, and not including, another.
pub fn count(columns: &Columns, indicators: &Indicators, from: Date, until: Date) -> Vec<Counted> {
    let span = |cadence| Span::new(cadence, from, until);
    let spans = [span(Cadence::Month), span(Cadence::Quarter), span(Cadence::Year)];
    let mut bits = 0;
    let counters = indicators.all.iter().map(|indicator| {
        let span = match indicator.per {
            Cadence::Month => &spans[0],
            Cadence::Quarter => &spans[1],
            Cadence::Year => &spans[2],
        };
        let mine = bits;
        bits += if is_marked(&indicator.measure) { 2 } else { 0 };
        Counter::new(indicator, columns, indicators.costs.as_ref(), span, mine)
    });
    let mut counters: Vec<Counter<'_>> = counters.collect();
    for n in 0..columns.families.place.len() {
        let Some(family) = Family::at(columns, n) else { continue };
        for counter in &mut counters {
            counter.family(&family);
        }
    }
    counters.into_iter().map(Counter::finish).collect()
}

/// One family's piece of the columns.
struct Family<'a> {
    columns: &'a Columns,
    place: usize,
    fifth: usize,
    from: i32,
    until: i32,
    born: i32,
    mourns: i32,
    ended: i32,
    dose: (u8, u8),
    visits: Range<usize>,
    children: Range<usize>,
    changes: Range<usize>,
}

impl<'a> Family<'a> {
    fn at(columns: &'a Columns, n: usize) -> Option<Family<'a>> {
        let f = &columns.families;
        let range = |starts: &[u32], end: usize| -> Option<Range<usize>> {
            let from = usize::try_from(*starts.get(n)?).ok()?;
            let to = starts.get(n + 1).and_then(|to| usize::try_from(*to).ok()).unwrap_or(end);
            Some(from..to)
        };
        Some(Family {
            columns,
            place: usize::try_from(*f.place.get(n)?).ok()?,
            fifth: usize::from(*f.fifth.get(n)?),
            from: *f.from.get(n)?,
            until: *f.until.get(n)?,
            born: *f.born.get(n)?,
            mourns: *f.mourns.get(n)?,
            ended: *f.ended.get(n)?,
            dose: *f.dose.get(n)?,
            visits: range(&f.visits, columns.visits.day.len())?,
            children: range(&f.children, columns.children.born.len())?,
            changes: range(&f.changes, columns.changes.day.len())?,
        })
    }

    fn days(&self) -> &'a [i32] {
        self.columns.visits.day.get(self.visits.clone()).unwrap_or_default()
    }

    fn done(&self) -> &'a [bool] {
        self.columns.visits.done.get(self.visits.clone()).unwrap_or_default()
    }

    /// Days of the visits that took place.
    fn visited(&self) -> impl Iterator<Item = i32> + 'a {
        self.days().iter().zip(self.done()).filter(|(_, done)| **done).map(|(day, _)| *day)
    }

    /// Whether it is under visits on a day, and does not mourn.
    fn is_visited_on(&self, day: i32) -> bool {
        self.from <= day && day <= self.until && day < self.mourns
    }

    /// Its levels of care: from when on, which.
    fn levels(&self) -> impl Iterator<Item = (i32, u8)> + 'a {
        let (days, levels) = (&self.columns.changes.day, &self.columns.changes.level);
        let days = days.get(self.changes.clone()).unwrap_or_default();
        days.iter().copied().zip(levels.get(self.changes.clone()).unwrap_or_default().iter().copied())
    }

    /// The level on a day: the first of the pack's before anything was decided.
    fn level(&self, day: i32) -> u8 {
        self.levels().take_while(|(from, _)| *from <= day).last().map_or(0, |(_, level)| level)
    }

    /// Whether it got the visits its protocol needs.
    fn has_dose(&self) -> bool {
        let before = self.visited().filter(|day| *day < self.born).count();
        let after = self.visited().count() - before;
        before >= usize::from(self.dose.0) && after >= usize::from(self.dose.1)
    }
}

/// Counts one indicator.
struct Counter<'a> {
    measure: &'a Measure,
    columns: &'a Columns,
    costs: Option<&'a Costs>,
    span: &'a Span,
    /// The first of its two bits.
    bit: u32,
    /// First and last day of each period.
    lasts: Vec<(i32, i32)>,
    places: usize,
    tallies: Vec<Tally>,
    fifths: Vec<[Tally; FIFTHS]>,
    /// Period, district and nurse, for what is counted by nurse.
    nurses: Vec<(u32, u32, u32)>,
}

impl<'a> Counter<'a> {
    fn new(
        indicator: &'a Indicator,
        columns: &'a Columns,
        costs: Option<&'a Costs>,
        span: &'a Span,
        bit: u32,
    ) -> Counter<'a> {
        let places = columns.places.len();
        let lasts = span.periods.iter().map(|p| (number(p.first()), number(p.last()))).collect();
        let tallies = vec![Tally::default(); places * span.periods.len()];
        let fifths = vec![[Tally::default(); FIFTHS]; span.periods.len()];
        let (measure, nurses) = (&indicator.measure, Vec::new());
        Counter { measure, columns, costs, span, bit, lasts, places, tallies, fifths, nurses }
    }

    fn add(&mut self, slot: usize, place: usize, tally: Tally) {
        if slot == OUTSIDE {
            return;
        }
        if let Some(at) = self.tallies.get_mut(slot * self.places + place) {
            at.plus(tally);
        }
    }

    /// What is counted of a family.
    fn of(&mut self, slot: usize, family: &Family<'_>, tally: Tally) {
        self.add(slot, family.place, tally);
        if let Some(at) = self.fifths.get_mut(slot).and_then(|all| all.get_mut(family.fifth)) {
            at.plus(tally);
        }
    }

    /// One family that counts, or is one of those it is counted over.
    fn one(&mut self, slot: usize, family: &Family<'_>, counts: bool) {
        self.of(slot, family, Tally { n: u64::from(counts), of: 1, families: 1 });
    }

    fn family(&mut self, family: &Family<'_>) {
        match *self.measure {
            Measure::VisitedAfterBirth { within_days } => self.after_birth(family, within_days),
            Measure::FirstVisitOnTime { within_days } => {
                let first = family.visited().find(|day| *day >= family.born && *day < family.mourns);
                let Some(first) = first.filter(|_| family.born != NEVER) else { return };
                self.one(self.span.slot(first), family, first <= later(family.born, within_days));
            }
            Measure::DoseReached if family.ended != NEVER && family.mourns == NEVER => {
                self.one(self.span.slot(family.ended), family, family.has_dose());
            }
            Measure::DoseReached => {}
            Measure::AtLevel { level } => self.at_ends(family, |f, _, last| usize::from(f.level(last)) == level),
            Measure::Moved { up } => self.at_ends(family, |f, first, last| moved(f, up, first, last)),
            Measure::FamiliesPerNurse { from_level } => self.by_nurse(family, from_level),
            Measure::Answered { .. } => self.asked(family, |_, now| now),
            Measure::Screened { .. } | Measure::Topic { .. } => self.asked(family, |before, now| before || now),
            Measure::Died { before_months } => self.died(family, before_months),
            Measure::CostPerVisit => self.visits_cost(family),
            Measure::CostPerFamily => self.family_costs(family, |cost, _| (cost, 1)),
            Measure::BenefitForCost { high, from_level } if usize::from(family.level(family.ended)) >= from_level => {
                self.family_costs(family, |cost, costs| {
                    let worth = costs.benefit.map_or(0, |(least, most)| if high { most } else { least });
                    (u64::try_from(worth).unwrap_or(0), cost)
                });
            }
            Measure::BenefitForCost { .. } => {}
            // Referrals are rows of their own: see `finish`.
            Measure::ReferralCompleted { .. } => {}
        }
    }

    fn after_birth(&mut self, family: &Family<'_>, within: u32) {
        let until = later(family.born, within);
        if family.born == NEVER || family.mourns <= until {
            return;
        }
        let counts = family.visited().any(|day| (family.born..=until).contains(&day));
        self.one(self.span.slot(family.born), family, counts);
    }

    /// Families under visits on the last days of periods.
    fn at_ends(&mut self, family: &Family<'_>, counts: impl Fn(&Family<'_>, i32, i32) -> bool) {
        for slot in 0..self.lasts.len() {
            let Some((first, last)) = self.lasts.get(slot).copied() else { return };
            if family.is_visited_on(last) {
                self.one(slot, family, counts(family, first, last));
            }
        }
    }

    fn by_nurse(&mut self, family: &Family<'_>, from_level: usize) {
        for slot in 0..self.lasts.len() {
            let Some((_, last)) = self.lasts.get(slot).copied() else { return };
            if family.is_visited_on(last) && usize::from(family.level(last)) >= from_level {
                self.add(slot, family.place, Tally { n: 1, of: 0, families: 1 });
            }
        }
        let nurses = self.columns.visits.nurse.get(family.visits.clone()).unwrap_or_default();
        let mut before = None;
        for ((day, done), nurse) in family.days().iter().zip(family.done()).zip(nurses) {
            let slot = self.span.slot(*day);
            if *done && slot != OUTSIDE && before != Some((slot, *nurse)) {
                before = Some((slot, *nurse));
                let narrow = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
                self.nurses.push((narrow(slot), narrow(family.place), *nurse));
            }
        }
    }

    /// Families asked, each once a period; `with` makes of what counted before in it and an answer what counts now.
    fn asked(&mut self, family: &Family<'_>, with: impl Fn(bool, bool) -> bool) {
        let marks = self.columns.visits.marks.get(family.visits.clone()).unwrap_or_default();
        let mut open: Option<(usize, bool)> = None;
        for (day, marks) in family.days().iter().zip(marks) {
            let bits = (marks >> self.bit) & 3;
            if bits == 0 || *day >= family.mourns {
                continue;
            }
            let (slot, counts) = (self.span.slot(*day), bits == 3);
            open = match open {
                Some((same, before)) if same == slot => Some((slot, with(before, counts))),
                other => {
                    if let Some((slot, counts)) = other {
                        self.one(slot, family, counts);
                    }
                    Some((slot, counts))
                }
            };
        }
        if let Some((slot, counts)) = open {
            self.one(slot, family, counts);
        }
    }

    fn died(&mut self, family: &Family<'_>, before: u32) {
        let c = &self.columns.children;
        for n in family.children.clone() {
            let (Some(born), Some(died), Some(age)) = (c.born.get(n), c.died.get(n), c.months.get(n)) else { return };
            self.of(self.span.slot(*born), family, Tally { n: 0, of: 1, families: 1 });
            if *died != NEVER && u32::from(*age) < before {
                self.of(self.span.slot(*died), family, Tally { n: 1, of: 0, families: 1 });
            }
        }
    }

    fn visits_cost(&mut self, family: &Family<'_>) {
        let Some(costs) = self.costs else { return };
        let minutes = self.columns.visits.minutes.get(family.visits.clone()).unwrap_or_default();
        let mut before = OUTSIDE;
        for ((day, done), minutes) in family.days().iter().zip(family.done()).zip(minutes) {
            let slot = self.span.slot(*day);
            if *done && slot != OUTSIDE {
                let families = u64::from(slot != before);
                before = slot;
                self.of(slot, family, Tally { n: visit_cost(costs, *minutes), of: 1, families });
            }
        }
    }

    /// Families that got the visits they need: `with` makes numerator and denominator of what one is assumed to have cost.
    fn family_costs(&mut self, family: &Family<'_>, with: impl Fn(u64, &Costs) -> (u64, u64)) {
        let Some(costs) = self.costs.filter(|_| family.ended != NEVER && family.has_dose()) else { return };
        let minutes = self.columns.visits.minutes.get(family.visits.clone()).unwrap_or_default();
        let done = family.done().iter().zip(minutes).filter(|(done, _)| **done);
        let cost = done.map(|(_, minutes)| visit_cost(costs, *minutes)).sum();
        let (n, of) = with(cost, costs);
        self.of(self.span.slot(family.ended), family, Tally { n, of, families: 1 });
    }

    fn referrals(&mut self, within: u32) {
        let r = &self.columns.referrals;
        let rows = r.place.iter().zip(&r.person).zip(r.sent.iter().zip(&r.completed));
        let mut before = None;
        for ((place, person), (sent, completed)) in rows {
            let (slot, place) = (self.span.slot(*sent), usize::try_from(*place).unwrap_or(OUTSIDE));
            let key = Some((slot, place, *person));
            let counts = *completed <= later(*sent, within);
            self.add(slot, place, Tally { n: u64::from(counts), of: 1, families: u64::from(before != key) });
            before = key;
        }
    }

    fn finish(mut self) -> Counted {
        if let Measure::ReferralCompleted { within_days } = *self.measure {
            self.referrals(within_days);
        }
        self.nurses.sort_unstable();
        self.nurses.dedup();
        for (slot, place, _) in std::mem::take(&mut self.nurses) {
            let wide = |n: u32| usize::try_from(n).unwrap_or(OUTSIDE);
            self.add(wide(slot), wide(place), Tally { n: 0, of: 1, families: 0 });
        }
        let tallies = match self.places {
            0 => vec![Vec::new(); self.span.periods.len()],
            places => self.tallies.chunks(places).map(<[Tally]>::to_vec).collect(),
        };
        Counted { periods: self.span.periods.clone(), tallies, fifths: self.fifths }
    }
}

/// Whether a decision within the days moved the family to more care, or to less.
fn moved(family: &Family<'_>, up: bool, first: i32, last: i32) -> bool {
    let mut before = 0;
    let mut moved = false;
    for (day, level) in family.levels().take_while(|(day, _)| *day <= last) {
        moved |= day >= first && (if up { level > before } else { level < before });
        before = level;
    }
    moved
}

/// What a visit is assumed to cost, rounded half up.
fn visit_cost(costs: &Costs, minutes: u16) -> u64 {
    let home = if minutes == 0 { costs.usual_minutes } else { u32::from(minutes) };
    let minutes = i64::from(home + costs.extra_minutes);
    let cost = (costs.hour.saturating_mul(minutes) + 30) / 60 + costs.each;
    u64::try_from(cost).unwrap_or(0)
}

fn later(day: i32, days: u32) -> i32 {
    day.saturating_add(i32::try_from(days).unwrap_or(i32::MAX))
}
