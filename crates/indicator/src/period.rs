//! Months, quarters and years, and when they can be told of.

use std::fmt;
use std::str::FromStr;

use catalogue::model::Cadence;
use jiff::ToSpan as _;
use kernel::Date;

/// A month, a quarter or a calendar year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Period {
    year: i16,
    /// The first month, 1 to 12.
    month: i8,
    cadence: Cadence,
}

impl Period {
    /// The one a day lies in.
    pub fn of(day: Date, cadence: Cadence) -> Period {
        let within = (day.month() - 1) % cadence.months();
        Period { year: day.year(), month: day.month() - within, cadence }
    }

    /// The first day.
    pub fn first(self) -> Date {
        Date::new(self.year, self.month, 1).unwrap_or(Date::MIN)
    }

    /// The first day of the next.
    pub fn end(self) -> Date {
        self.first().saturating_add(i64::from(self.cadence.months()).months())
    }

    /// The last day.
    pub fn last(self) -> Date {
        self.end().saturating_sub(1.day())
    }

    /// The next.
    #[must_use]
    pub fn next(self) -> Period {
        Period::of(self.end(), self.cadence)
    }

    /// Whether it is over, and so many days more: what is told while records still come in would tell of them one by one.
    pub fn is_settled(self, days: u32, today: Date) -> bool {
        self.end().saturating_add(i64::from(days).days()) <= today
    }
}

/// As `2026-09`, `2026-Q3` or `2026`.
impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.cadence {
            Cadence::Month => write!(f, "{}-{:02}", self.year, self.month),
            Cadence::Quarter => write!(f, "{}-Q{}", self.year, (self.month + 2) / 3),
            Cadence::Year => write!(f, "{}", self.year),
        }
    }
}

impl FromStr for Period {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = match text.split_once('-') {
            None => text.parse().ok().map(|year| (year, 1, Cadence::Year)),
            Some((year, rest)) => {
                let quarter = rest.strip_prefix('Q').and_then(|q| q.parse::<i8>().ok());
                let month = rest.parse::<i8>().ok().map(|m| (m, Cadence::Month));
                let rest = quarter.filter(|q| (1..=4).contains(q)).map(|q| (q * 3 - 2, Cadence::Quarter)).or(month);
                year.parse().ok().zip(rest).map(|(year, (month, cadence))| (year, month, cadence))
            }
        };
        let known = parsed.filter(|(year, month, _)| (1900..=2999).contains(year) && (1..=12).contains(month));
        let period = known.map(|(year, month, cadence)| Period { year, month, cadence });
        let shown: String = text.chars().take(20).collect();
        let wrong = || format!("{shown:?} is no period such as 2026-09, 2026-Q3 or 2026");
        period.filter(|p| p.to_string() == text).ok_or_else(wrong)
    }
}

/// Days since 1970, as columns hold them.
pub(crate) fn number(day: Date) -> i32 {
    (day - Date::constant(1970, 1, 1)).get_days()
}

/// The periods of one cadence within a time, and where a day lies among them.
#[derive(Clone, Debug)]
pub struct Span {
    /// All, in order.
    pub periods: Vec<Period>,
    first: i32,
    slots: Vec<u16>,
}

/// No period.
pub(crate) const OUTSIDE: usize = usize::MAX;

impl Span {
    /// All whole periods from a day up to, and not including, another.
    pub fn new(cadence: Cadence, from: Date, until: Date) -> Span {
        let start = Period::of(from, cadence);
        let start = if start.first() < from { start.next() } else { start };
        let whole = |p: &Period| p.end() <= until;
        let periods: Vec<Period> = std::iter::successors(Some(start), |p| Some(p.next())).take_while(whole).collect();
        let mut slots = Vec::new();
        for (n, period) in periods.iter().enumerate() {
            let days = usize::try_from((period.end() - period.first()).get_days()).unwrap_or(0);
            slots.extend(std::iter::repeat_n(u16::try_from(n).unwrap_or(u16::MAX), days));
        }
        Span { first: number(start.first()), slots, periods }
    }

    /// The place of a day's period; [`OUTSIDE`] where there is none.
    pub(crate) fn slot(&self, day: i32) -> usize {
        let at = usize::try_from(i64::from(day) - i64::from(self.first)).unwrap_or(OUTSIDE);
        self.slots.get(at).map_or(OUTSIDE, |slot| usize::from(*slot))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_read_as_they_are_written_and_nothing_else_is() {
        for text in ["2026-01", "2026-12", "2026-Q1", "2026-Q4", "1999"] {
            assert_eq!(text.parse::<Period>().unwrap().to_string(), text);
        }
        for text in
            ["2026-13", "2026-00", "2026-1", "2026-Q5", "2026-Q0", "26", "", "2026-", "-01", "2026-Q1 ", "30000"]
        {
            assert!(text.parse::<Period>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_day_lies_in_its_period_and_half_a_period_is_none() {
        let (from, until) = (Date::constant(2024, 2, 1), Date::constant(2026, 5, 15));
        let labels =
            |cadence| Span::new(cadence, from, until).periods.iter().map(Period::to_string).collect::<Vec<_>>();
        assert_eq!(labels(Cadence::Year), ["2025"]);
        assert_eq!(labels(Cadence::Quarter).first().unwrap(), "2024-Q2");
        assert_eq!(labels(Cadence::Month).len(), 27);
        let span = Span::new(Cadence::Quarter, from, until);
        let at = |y, m, d| span.slot(number(Date::constant(y, m, d)));
        assert_eq!((at(2024, 3, 31), at(2024, 4, 1), at(2024, 6, 30), at(2024, 7, 1)), (OUTSIDE, 0, 0, 1));
        assert_eq!((at(2026, 3, 31), at(2026, 4, 1)), (7, OUTSIDE));
        let september: Period = "2026-09".parse().unwrap();
        assert!(!september.is_settled(14, Date::constant(2026, 10, 14)));
        assert!(september.is_settled(14, Date::constant(2026, 10, 15)));
    }
}
