//! Instants, periods of civil days, and the clock as an argument.

use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// A moment in UTC, in microseconds since 1970. An integer, because text with fractions of varying length sorts
/// `10:00:00.5Z` before `10:00:00Z`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default)]
#[serde(transparent)]
pub struct Instant(i64);

impl Instant {
    /// From microseconds since 1970 (UTC).
    pub const fn from_micros(micros: i64) -> Self {
        Instant(micros)
    }

    /// Microseconds since 1970 (UTC).
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// This moment moved by whole seconds; saturates at the ends of time.
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Instant(self.0.saturating_add(seconds.saturating_mul(1_000_000)))
    }

    /// Midnight UTC at the start of `date`.
    pub fn start_of(date: Date) -> Self {
        let days = (date - Date::constant(1970, 1, 1)).get_days();
        Instant(i64::from(days) * 86_400_000_000)
    }

    /// The civil date of this moment, `offset_hours` east of Greenwich (the office's zone, from configuration).
    pub fn date(self, offset_hours: i8) -> Date {
        let shifted = self.0.saturating_add(i64::from(offset_hours) * 3_600_000_000);
        let days = shifted.div_euclid(86_400_000_000);
        let span = jiff::Span::new().try_days(days).unwrap_or_default();
        Date::constant(1970, 1, 1).saturating_add(span)
    }

    /// RFC 3339 in UTC, always with six decimals so that it sorts as text.
    pub fn rfc3339(self) -> String {
        let within = self.0.rem_euclid(86_400_000_000);
        let (seconds, micros) = (within / 1_000_000, within % 1_000_000);
        format!("{}T{:02}:{:02}:{:02}.{:06}Z", self.date(0), seconds / 3600, seconds / 60 % 60, seconds % 60, micros)
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339())
    }
}

/// Civil days from `from` on, up to but not including `until`; open-ended when `until` is `None`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Period {
    /// First day inside.
    pub from: Date,
    /// First day outside.
    pub until: Option<Date>,
}

impl Period {
    /// Whether `day` lies inside.
    pub fn contains(&self, day: Date) -> bool {
        self.from <= day && self.until.is_none_or(|end| day < end)
    }

    /// Whether the two share a day.
    pub fn overlaps(&self, other: &Period) -> bool {
        self.until.is_none_or(|end| other.from < end) && other.until.is_none_or(|end| self.from < end)
    }
}

/// What time it is. Only the binary owns a real one.
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> Instant;
}

/// A clock that stands until it is moved: tests, replays, demonstrations.
#[derive(Debug, Default)]
pub struct FixedClock(AtomicI64);

impl FixedClock {
    /// A clock that shows `now`.
    pub fn at(now: Instant) -> Self {
        FixedClock(AtomicI64::new(now.micros()))
    }

    /// Moves the hands.
    pub fn set(&self, now: Instant) {
        self.0.store(now.micros(), Ordering::SeqCst);
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Instant {
        Instant(self.0.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn an_instant_knows_its_civil_date_in_the_office_zone() {
        let late = Instant::start_of(date(2026, 11, 21)).plus_seconds(15 * 3600 + 1);
        assert_eq!(late.date(0), date(2026, 11, 21));
        assert_eq!(late.date(9), date(2026, 11, 22));
        assert_eq!(late.rfc3339(), "2026-11-21T15:00:01.000000Z");
        assert_eq!(Instant::from_micros(-1).date(0), date(1969, 12, 31));
    }

    #[test]
    fn periods_touch_without_overlapping() {
        let a = Period { from: date(2025, 1, 1), until: Some(date(2026, 1, 1)) };
        let b = Period { from: date(2026, 1, 1), until: None };
        assert!(!a.overlaps(&b) && !b.overlaps(&a));
        assert!(a.contains(date(2025, 12, 31)) && !a.contains(date(2026, 1, 1)));
    }
}
