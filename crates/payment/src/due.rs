//! Which periods an entitlement has, what each is worth and when it is due. Pure.

use std::fmt;

use jiff::civil::date;
use kernel::Date;
use serde::{Deserialize, Serialize};

use crate::model::{PayRule, Per, Slice, Terms};

/// The number of a period: months since year 0 (year × 12 + month − 1), the year itself, 0 for the only payment, the
/// number of the use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PeriodKey(pub u32);

/// The last year a period may lie in: its number must fit into three characters of a bank reference.
pub const LAST_YEAR: i16 = 3000;

impl PeriodKey {
    /// The period of a day.
    pub fn of(per: Per, day: Date) -> PeriodKey {
        let year = u32::try_from(day.year()).unwrap_or(0);
        match per {
            Per::Month => PeriodKey(year * 12 + u32::from(day.month().unsigned_abs()) - 1),
            Per::Year => PeriodKey(year),
            Per::Once | Per::Use => PeriodKey(0),
        }
    }

    /// First day of the period, and the first day after it; `None` for what is no stretch of the calendar.
    pub fn days(self, per: Per) -> Option<(Date, Date)> {
        let from = |months: u32| {
            let year = i16::try_from(months / 12).ok()?;
            let month = i8::try_from(months % 12).ok()? + 1;
            Date::new(year, month, 1).ok()
        };
        match per {
            Per::Month => Some((from(self.0)?, from(self.0 + 1)?)),
            Per::Year => Some((from(self.0 * 12)?, from((self.0 + 1) * 12)?)),
            Per::Once | Per::Use => None,
        }
    }

    /// The one after.
    #[must_use]
    pub fn next(self) -> PeriodKey {
        PeriodKey(self.0.saturating_add(1))
    }

    /// As people and files write it: `2026-11`, `2026`, `1`.
    pub fn label(self, per: Per) -> String {
        match per {
            Per::Month => format!("{:04}-{:02}", self.0 / 12, self.0 % 12 + 1),
            Per::Year => format!("{:04}", self.0),
            Per::Once => String::new(),
            Per::Use => self.0.to_string(),
        }
    }
}

impl fmt::Display for PeriodKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl Terms {
    /// What a period is worth: the amount of the first slice that shares a day with it.
    pub fn amount(&self, period: PeriodKey) -> i64 {
        match self.per {
            Per::Once if period == PeriodKey(0) => self.slices.first().map_or(0, |s| s.minor),
            Per::Once | Per::Use => 0,
            Per::Month | Per::Year => period.days(self.per).map_or(0, |(first, after)| {
                let touches = |s: &&Slice| s.from < after && s.until.is_none_or(|until| until > first);
                self.slices.iter().find(touches).map_or(0, |s| s.minor)
            }),
        }
    }

    /// The first period of the first slice; `None` when there is none, or none by the calendar.
    pub fn first(&self) -> Option<PeriodKey> {
        match self.per {
            Per::Use => None,
            per => self.slices.first().map(|s| PeriodKey::of(per, s.from)),
        }
    }

    /// The first period at or after `from` that is worth something.
    pub fn from(&self, from: PeriodKey) -> Option<PeriodKey> {
        if self.per == Per::Once {
            return (from == PeriodKey(0) && self.amount(from) > 0).then_some(from);
        }
        let mut best: Option<PeriodKey> = None;
        for slice in self.slices.iter().filter(|s| s.minor > 0) {
            // The first month of a slice may belong to the slice before; the month after then cannot.
            let start = PeriodKey::of(self.per, slice.from).max(from);
            let found = [start, start.next()].into_iter().find(|p| {
                let inside = |(first, _): (Date, Date)| slice.until.is_none_or(|until| until > first);
                p.days(self.per).is_some_and(inside) && self.amount(*p) > 0
            });
            best = match (best, found) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            };
        }
        best
    }

    /// The day on which the money of a period is due, before it moves for days off.
    pub fn due_on(&self, period: PeriodKey) -> Date {
        let first = match period.days(self.per) {
            Some((first, _)) => first.max(self.slices.first().map_or(first, |s| s.from)),
            None => self.slices.first().map_or(self.decided_on, |s| s.from.max(self.decided_on)),
        };
        match self.pay {
            PayRule::Within { .. } => first.max(self.decided_on),
            PayRule::Monthly { day } | PayRule::MonthlyAfter { day } => {
                let month = date(first.year(), first.month(), 1);
                let last = month.days_in_month();
                Date::new(first.year(), first.month(), day.clamp(1, last)).unwrap_or(first)
            }
        }
    }
}

/// The slices without anything on and after `day`.
pub fn cut(slices: &[Slice], day: Date) -> Vec<Slice> {
    let before = slices.iter().filter(|s| s.from < day);
    before.map(|s| Slice { until: Some(s.until.map_or(day, |until| until.min(day))), ..*s }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(per: Per, pay: PayRule, slices: &[(Date, Option<Date>, i64)]) -> Terms {
        let slices = slices.iter().map(|(from, until, minor)| Slice { from: *from, until: *until, minor: *minor });
        Terms { per, slices: slices.collect(), pay, decided_on: date(2026, 11, 21) }
    }

    fn months(terms: &Terms, first: Date, count: u32) -> Vec<i64> {
        let from = PeriodKey::of(Per::Month, first).0;
        (from..from + count).map(|n| terms.amount(PeriodKey(n))).collect()
    }

    #[test]
    fn a_month_is_worth_the_first_slice_that_touches_it() {
        let pay = PayRule::Monthly { day: 25 };
        let half = (date(2026, 3, 15), Some(date(2026, 4, 1)), 50);
        let partial = terms(Per::Month, pay, &[half, (date(2026, 4, 1), None, 100)]);
        assert_eq!(months(&partial, date(2026, 2, 1), 4), [0, 50, 100, 100]);
        let changed =
            terms(Per::Month, pay, &[(date(2026, 1, 1), Some(date(2026, 3, 15)), 100), (date(2026, 3, 15), None, 120)]);
        assert_eq!(months(&changed, date(2026, 1, 1), 4), [100, 100, 100, 120]);
        let ended = terms(Per::Month, pay, &[(date(2026, 1, 10), Some(date(2026, 3, 1)), 100)]);
        assert_eq!(months(&ended, date(2025, 12, 1), 5), [0, 100, 100, 0, 0]);
    }

    #[test]
    fn the_next_period_worth_something_is_found_over_gaps() {
        let pay = PayRule::Monthly { day: 25 };
        let gap = terms(
            Per::Month,
            pay,
            &[(date(2026, 1, 1), Some(date(2026, 2, 15)), 100), (date(2026, 2, 20), Some(date(2026, 2, 25)), 70)],
        );
        let at = |day| PeriodKey::of(Per::Month, day);
        assert_eq!(gap.from(at(date(2025, 1, 1))), Some(at(date(2026, 1, 1))));
        assert_eq!(gap.from(at(date(2026, 2, 1))), Some(at(date(2026, 2, 1))));
        assert_eq!(gap.from(at(date(2026, 3, 1))), None);
        let later =
            terms(Per::Month, pay, &[(date(2026, 1, 1), Some(date(2026, 3, 1)), 100), (date(2026, 6, 10), None, 70)]);
        assert_eq!(later.from(at(date(2026, 3, 1))), Some(at(date(2026, 6, 1))));
        assert_eq!(later.amount(at(date(2026, 6, 1))), 70);
    }

    #[test]
    fn money_is_due_on_the_day_of_the_rule() {
        let slices = [(date(2026, 1, 10), None, 100)];
        let monthly = terms(Per::Month, PayRule::Monthly { day: 31 }, &slices);
        assert_eq!(monthly.due_on(PeriodKey::of(Per::Month, date(2026, 2, 1))), date(2026, 2, 28));
        let within = terms(Per::Month, PayRule::Within { working_days: 14 }, &slices);
        assert_eq!(
            within.due_on(PeriodKey::of(Per::Month, date(2026, 2, 1))),
            date(2026, 11, 21),
            "arrears are due at once"
        );
        assert_eq!(within.due_on(PeriodKey::of(Per::Month, date(2027, 2, 1))), date(2027, 2, 1));
        let once = terms(Per::Once, PayRule::Within { working_days: 14 }, &slices);
        assert_eq!(
            (once.first(), once.from(PeriodKey(0)), once.from(PeriodKey(1))),
            (Some(PeriodKey(0)), Some(PeriodKey(0)), None)
        );
        assert_eq!(once.due_on(PeriodKey(0)), date(2026, 11, 21));
    }

    #[test]
    fn years_and_labels() {
        let yearly = terms(Per::Year, PayRule::Monthly { day: 20 }, &[(date(2026, 4, 10), Some(date(2028, 1, 1)), 9)]);
        let years: Vec<i64> = (2025..2029).map(|y| yearly.amount(PeriodKey(y))).collect();
        assert_eq!(years, [0, 9, 9, 0]);
        assert_eq!(yearly.due_on(PeriodKey(2026)), date(2026, 4, 20));
        assert_eq!(yearly.due_on(PeriodKey(2027)), date(2027, 1, 20));
        assert_eq!(PeriodKey::of(Per::Month, date(2026, 11, 2)).label(Per::Month), "2026-11");
    }

    #[test]
    fn cutting_takes_everything_from_the_day_on() {
        let slices = terms(
            Per::Month,
            PayRule::Monthly { day: 1 },
            &[(date(2026, 1, 1), Some(date(2026, 3, 1)), 1), (date(2026, 3, 1), None, 2)],
        )
        .slices;
        assert_eq!(cut(&slices, date(2026, 2, 1)), [Slice { until: Some(date(2026, 2, 1)), ..slices[0] }]);
        assert_eq!(cut(&slices, date(2026, 5, 1))[1].until, Some(date(2026, 5, 1)));
        assert!(cut(&slices, date(2025, 1, 1)).is_empty());
    }
}
