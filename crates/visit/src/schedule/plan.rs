//! Windows and states of all visits of a family.

use catalogue::model::{Point, Protocol, Rhythm, VisitType};
use jiff::ToSpan as _;
use jiff::civil::Date;

use super::family::{Ending, Family, Impossible, Made, days};

/// How far ahead visits of a rhythm are planned, in days: until the next quarter's work is shared out.
const AHEAD: i32 = 92;

/// A child born this many days before the day expected is premature (before 37 weeks).
const PREMATURE: i32 = 22;

/// From this age on a premature child is no longer looked at with its corrected age.
const CORRECTED_UNTIL_MONTHS: i32 = 24;

/// One visit of a family's schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// The visit of the protocol; in a rhythm with the day of the decision and its number: `weekly/2026-03-01/2`.
    pub visit: String,
    /// When it should be.
    pub window: Window,
    /// Why then.
    pub why: Why,
    /// How it stands.
    pub state: State,
    /// What about: ids of topics.
    pub topics: Vec<String>,
    /// Topics of earlier visits that did not take place.
    pub carried: Vec<String>,
}

/// From the first to the last day, both inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// First day.
    pub opens: Date,
    /// The day aimed at.
    pub target: Date,
    /// Last day.
    pub closes: Date,
}

/// Why a visit is when it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// In this week of a pregnancy that should end on the day.
    PregnancyWeek {
        /// The week.
        week: u32,
        /// The day birth is expected.
        due: Date,
    },
    /// So long after birth.
    Birth {
        /// Day of birth, or the day it is expected.
        born: Date,
        /// Whether the child is not born yet: the day moves with the birth.
        expected: bool,
    },
    /// So long after the day birth was expected: the child came before 37 weeks.
    Corrected {
        /// The day birth was expected.
        due: Date,
        /// Day of birth.
        born: Date,
    },
    /// So long after leaving hospital.
    Discharge {
        /// The day; of birth, while the child is still in hospital.
        discharged: Date,
        /// Whether the child is still in hospital, or not born: the day moves with the discharge.
        expected: bool,
    },
    /// Because of the family's level of need.
    Tier {
        /// The level.
        tier: String,
        /// The day of the decision.
        since: Date,
        /// Days from one visit to the next.
        every_days: u32,
    },
    /// Because the family mourns.
    Loss {
        /// Since.
        since: Date,
    },
}

/// How a visit stands on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Its window is still to open.
    Ahead,
    /// Its window is open.
    Due,
    /// Its window is over, and it can still be made up.
    Late {
        /// Last day on which it can be made up.
        until: Date,
    },
    /// It took place.
    Done {
        /// The day.
        on: Date,
        /// Whether within the window.
        in_window: bool,
    },
    /// It did not take place.
    Missed {
        /// How the last attempt ended; `None`: nobody tried.
        last: Option<Ending>,
    },
    /// It is not meant for this family.
    NotNeeded(NotNeeded),
}

/// Why a visit is not meant for a family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotNeeded {
    /// Its window was over when the family entered.
    EnteredLater,
    /// The child was born before.
    AlreadyBorn,
    /// The family mourns.
    Loss,
    /// The family left the protocol.
    Left,
    /// The protocol is over.
    Over,
}

/// The whole schedule as it stands on a day, in the order of the windows.
pub fn schedule(protocol: &Protocol, family: &Family, on: Date) -> Result<Vec<Planned>, Impossible> {
    family.check()?;
    let plan = Plan { protocol, family, on };
    let mut all: Vec<Planned> = protocol.visits.iter().filter_map(|v| plan.visit(v)).collect();
    all.extend(protocol.rhythms.iter().flat_map(|r| plan.rhythm(r)));
    all.extend(plan.loss());
    all.sort_by(|a, b| (a.window.target, &a.visit).cmp(&(b.window.target, &b.visit)));
    carry(&mut all);
    Ok(all)
}

struct Plan<'a> {
    protocol: &'a Protocol,
    family: &'a Family,
    on: Date,
}

impl Plan<'_> {
    fn visit(&self, visit: &VisitType) -> Option<Planned> {
        let (target, why) = self.target(visit)?;
        let window = window(target, visit.early_days, visit.late_days);
        Some(self.planned(visit.id.clone(), window, why, &visit.topics))
    }

    /// The day aimed at. `None` when the date it goes by is not known and never will be.
    fn target(&self, visit: &VisitType) -> Option<(Date, Why)> {
        let (born, due) = (self.family.born(), self.family.due);
        let birth = born.or(due);
        let corrected = visit.corrected_age.then(|| self.corrected(visit.at)).flatten();
        match visit.at {
            Point::PregnancyWeek(week) => {
                let due = due?;
                let why = Why::PregnancyWeek { week, due };
                Some((plus(due, (i64::from(week) - 40) * 7), why))
            }
            Point::BirthDays(_) | Point::BirthMonths(_) => match corrected {
                Some((due, born)) => Some((after(due, visit.at), Why::Corrected { due, born })),
                None => Some((after(birth?, visit.at), Why::Birth { born: birth?, expected: born.is_none() })),
            },
            Point::DischargeDays(_) => {
                let left = self.family.children.iter().map(|c| c.discharged).max().flatten();
                let day = left.or(birth)?;
                Some((after(day, visit.at), Why::Discharge { discharged: day, expected: left.is_none() }))
            }
        }
    }

    /// The day expected and the day of birth of a premature child that is younger than two on the day aimed at.
    fn corrected(&self, at: Point) -> Option<(Date, Date)> {
        let (due, born) = self.family.due.zip(self.family.born())?;
        let limit = born.saturating_add(CORRECTED_UNTIL_MONTHS.months());
        (days(born, due) >= PREMATURE && after(due, at) < limit).then_some((due, born))
    }

    fn planned(&self, visit: String, window: Window, why: Why, topics: &[String]) -> Planned {
        let state = self.state(&visit, window, &why);
        Planned { visit, window, why, state, topics: topics.to_vec(), carried: Vec::new() }
    }

    fn state(&self, visit: &str, window: Window, why: &Why) -> State {
        let made = || self.family.made.iter().filter(|m| m.visit == visit && m.on <= self.on);
        if let Some(done) = made().filter(|m| m.ending == Ending::Done).min_by_key(|m| m.on) {
            let in_window = done.on >= window.opens && done.on <= window.closes;
            return State::Done { on: done.on, in_window };
        }
        if let Some(reason) = self.not_needed(window, why) {
            return State::NotNeeded(reason);
        }
        let until = plus(window.closes, i64::from(self.protocol.catch_up_days));
        match self.on {
            on if on < window.opens => State::Ahead,
            on if on <= window.closes => State::Due,
            on if on <= until => State::Late { until },
            _ => State::Missed { last: made().max_by_key(|m| m.on).map(|m: &Made| m.ending) },
        }
    }

    fn not_needed(&self, window: Window, why: &Why) -> Option<NotNeeded> {
        if matches!(why, Why::Loss { .. }) {
            return self.family.left.filter(|left| window.opens > *left).map(|_| NotNeeded::Left);
        }
        if window.closes < self.family.entered {
            return Some(NotNeeded::EnteredLater);
        }
        // A visit whose window closed before the end came was missed, and is not made good by the end.
        let ended = |day: Option<Date>| day.is_some_and(|day| day <= self.on && window.closes >= day);
        if ended(self.family.loss()) {
            return Some(NotNeeded::Loss);
        }
        if ended(self.family.left) {
            return Some(NotNeeded::Left);
        }
        if matches!(why, Why::PregnancyWeek { .. }) && ended(self.family.born()) {
            return Some(NotNeeded::AlreadyBorn);
        }
        let over = self.family.born().or(self.family.due).map(|birth| after(birth, self.protocol.ends));
        over.filter(|over| window.target > *over).map(|_| NotNeeded::Over)
    }

    /// One visit after another from each decision until the next, the end, or three months ahead.
    fn rhythm(&self, rhythm: &Rhythm) -> Vec<Planned> {
        let mut tiers: Vec<&(Date, Option<String>)> = self.family.tiers.iter().collect();
        tiers.sort_by_key(|(from, _)| *from);
        let horizon = plus(self.on, i64::from(AHEAD));
        let over = self.family.born().or(self.family.due).map(|birth| after(birth, self.protocol.ends));
        let mut out = Vec::new();
        for (n, (since, tier)) in tiers.iter().enumerate() {
            if tier.as_deref() != Some(rhythm.tier.as_str()) {
                continue;
            }
            let until = tiers.get(n + 1).map(|(from, _)| *from);
            let last = [Some(horizon), until, over].into_iter().flatten().min().unwrap_or(horizon);
            let mut number = 0_u32;
            let mut target = plus(*since, i64::from(rhythm.first_days));
            while target <= last && until.is_none_or(|until| target < until) {
                number += 1;
                let why = Why::Tier { tier: rhythm.tier.clone(), since: *since, every_days: rhythm.every_days };
                let window = window(target, rhythm.spread_days.min(rhythm.first_days), rhythm.spread_days);
                out.push(self.planned(format!("{}/{since}/{number}", rhythm.id), window, why, &rhythm.topics));
                target = plus(target, i64::from(rhythm.every_days.max(1)));
            }
        }
        out
    }

    fn loss(&self) -> Option<Planned> {
        let since = self.family.loss().filter(|day| *day <= self.on)?;
        let visit = self.protocol.loss.as_ref()?;
        let window = Window { opens: since, target: since, closes: plus(since, i64::from(visit.within_days)) };
        Some(self.planned(visit.id.clone(), window, Why::Loss { since }, &visit.topics))
    }
}

/// What visits that did not take place were about goes to the next one that can; what has been talked about since is done, and
/// what belongs to pregnancy (a birth plan) ends with it.
fn carry(all: &mut [Planned]) {
    let mut owed: Vec<String> = Vec::new();
    let mut pregnancy = true;
    for planned in all {
        if pregnancy && !matches!(planned.why, Why::PregnancyWeek { .. }) {
            owed.clear();
        }
        pregnancy = matches!(planned.why, Why::PregnancyWeek { .. });
        match planned.state {
            State::Missed { .. } | State::NotNeeded(NotNeeded::EnteredLater) => {
                let new: Vec<String> = planned.topics.iter().filter(|t| !owed.contains(t)).cloned().collect();
                owed.extend(new);
            }
            State::Done { .. } => owed.retain(|t| !planned.topics.contains(t)),
            State::Ahead | State::Due | State::Late { .. } if !matches!(planned.why, Why::Loss { .. }) => {
                planned.carried = owed.drain(..).filter(|t| !planned.topics.contains(t)).collect();
            }
            _ => {}
        }
    }
}

fn window(target: Date, early: u32, late: u32) -> Window {
    Window { opens: plus(target, -i64::from(early)), target, closes: plus(target, i64::from(late)) }
}

fn plus(day: Date, days: i64) -> Date {
    day.saturating_add(days.days())
}

/// A point counted from birth, from the day it is expected, or from leaving hospital.
fn after(from: Date, point: Point) -> Date {
    match point {
        Point::PregnancyWeek(week) => plus(from, (i64::from(week) - 40) * 7),
        Point::BirthDays(days) | Point::DischargeDays(days) => plus(from, i64::from(days)),
        Point::BirthMonths(months) => from.saturating_add(i64::from(months).months()),
    }
}
