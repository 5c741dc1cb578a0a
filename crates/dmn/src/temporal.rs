//! FEEL's dates and times. Years go from -999,999,999 to 999,999,999 as XML Schema allows, far beyond jiff's calendar, so the
//! calendar is here; jiff answers what only a time-zone database knows, from the copy built into the program.

use std::cmp::Ordering;
use std::fmt;
use std::sync::{Arc, LazyLock};

use jiff::civil;
use jiff::tz::{TimeZone, TimeZoneDatabase};

use crate::duration::{DAY, DaysTime, HOUR, MINUTE, SECOND, YearsMonths};
use crate::number::Number;

const MAX_YEAR: i64 = 999_999_999;
/// XML Schema's largest offset, in seconds.
const MAX_OFFSET: i32 = 14 * 3600;

static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// A day of the proleptic Gregorian calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    year: i32,
    month: u8,
    day: u8,
}

/// Where a time's clock stands.
#[derive(Clone, Debug)]
pub enum Zone {
    /// Seconds east of Greenwich.
    Offset(i32),
    /// A named zone, whose offset depends on the day.
    Named(Arc<str>, TimeZone),
}

/// A time of day, local or with a zone.
#[derive(Clone, Debug)]
pub struct Time {
    /// Nanoseconds since midnight.
    nanos: i64,
    zone: Option<Zone>,
}

/// A day and a time of it.
#[derive(Clone, Debug)]
pub struct DateTime {
    /// The day.
    pub date: Date,
    /// The time of day with its zone.
    pub time: Time,
}

fn days_in_month(year: i64, month: u8) -> u8 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

impl Date {
    /// A day; `None` if there is no such day.
    pub fn new(year: i64, month: i64, day: i64) -> Option<Date> {
        let (m, d) = (u8::try_from(month).ok()?, u8::try_from(day).ok()?);
        if year.abs() > MAX_YEAR || !(1..=12).contains(&m) || d == 0 || d > days_in_month(year, m) {
            return None;
        }
        Some(Date { year: i32::try_from(year).ok()?, month: m, day: d })
    }

    /// Reads `-?YYYY-MM-DD`; more than four digits of a year may not begin with a zero.
    pub fn parse(text: &str) -> Option<Date> {
        let (sign, rest) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text),
        };
        let mut parts = rest.split('-');
        let (y, m, d) = (parts.next()?, parts.next()?, parts.next()?);
        let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if parts.next().is_some() || y.len() < 4 || y.len() > 9 || m.len() != 2 || d.len() != 2 {
            return None;
        }
        if !digits(y) || !digits(m) || !digits(d) || (y.len() > 4 && y.starts_with('0')) {
            return None;
        }
        Date::new(sign * y.parse::<i64>().ok()?, m.parse().ok()?, d.parse().ok()?)
    }

    /// Days since 1970-01-01.
    pub fn epoch_days(self) -> i64 {
        // Howard Hinnant's days_from_civil: years begin in March, so that the leap day comes last.
        let y = i64::from(self.year) - i64::from(self.month <= 2);
        let era = y.div_euclid(400);
        let year_of_era = y.rem_euclid(400);
        let month = (i64::from(self.month) + 9) % 12;
        let day_of_year = (153 * month + 2) / 5 + i64::from(self.day) - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        era * 146_097 + day_of_era - 719_468
    }

    /// The day so many days after 1970-01-01.
    pub fn from_epoch_days(days: i64) -> Option<Date> {
        let days = days.checked_add(719_468)?;
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * day_of_year + 2) / 153;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        Date::new(year, month, day_of_year - (153 * shifted + 2) / 5 + 1)
    }

    /// The year; before the year 1 it is zero or negative.
    pub fn year(self) -> i64 {
        i64::from(self.year)
    }

    /// 1 to 12.
    pub fn month(self) -> i64 {
        i64::from(self.month)
    }

    /// 1 to 31.
    pub fn day(self) -> i64 {
        i64::from(self.day)
    }

    /// Monday is 1, Sunday 7.
    pub fn weekday(self) -> i64 {
        (self.epoch_days() + 3).rem_euclid(7) + 1
    }

    /// 1 to 366.
    pub fn day_of_year(self) -> i64 {
        Date { month: 1, day: 1, ..self }.epoch_days().abs_diff(self.epoch_days()).try_into().unwrap_or(0) + 1
    }

    /// The ISO 8601 week.
    pub fn week_of_year(self) -> i64 {
        // The week belongs to the year of its Thursday.
        let thursday = Date::from_epoch_days(self.epoch_days() + 4 - self.weekday()).unwrap_or(self);
        (thursday.day_of_year() - 1) / 7 + 1
    }

    /// Months later or earlier; a day that month does not have becomes its last.
    pub fn plus_months(self, months: i64) -> Option<Date> {
        let all = (self.year() * 12 + self.month() - 1).checked_add(months)?;
        let (year, month) = (all.div_euclid(12), all.rem_euclid(12) + 1);
        let last = i64::from(days_in_month(year, u8::try_from(month).ok()?));
        Date::new(year, month, self.day().min(last))
    }

    /// Whole months from the other day to this one, towards zero.
    pub fn months_since(self, other: Date) -> i64 {
        let months = (self.year() - other.year()) * 12 + self.month() - other.month();
        match months.cmp(&0) {
            Ordering::Greater if self.day < other.day => months - 1,
            Ordering::Less if self.day > other.day => months + 1,
            _ => months,
        }
    }

    /// Its midnight in UTC, as FEEL converts a date to a date and time.
    pub fn at_midnight_utc(self) -> DateTime {
        DateTime { date: self, time: Time { nanos: 0, zone: Some(Zone::Offset(0)) } }
    }
}

impl Zone {
    /// Reads `Z`, `+09:00`, `-05:30:15` or `@Asia/Seoul`.
    pub fn parse(text: &str) -> Option<Zone> {
        if text == "Z" {
            return Some(Zone::Offset(0));
        }
        if let Some(name) = text.strip_prefix('@') {
            return Zone::named(name);
        }
        let sign = if text.starts_with('-') { -1 } else { 1 };
        let rest = text.strip_prefix(['+', '-'])?;
        let mut parts = rest.split(':');
        let mut two = || parts.next().filter(|p| p.len() == 2 && p.bytes().all(|b| b.is_ascii_digit()));
        let hours: i32 = two()?.parse().ok()?;
        let minutes: i32 = two()?.parse().ok()?;
        let seconds: i32 = match rest.len() {
            5 => 0,
            _ => two()?.parse().ok()?,
        };
        if parts.next().is_some() || minutes > 59 || seconds > 59 {
            return None;
        }
        Zone::offset(sign * (hours * 3600 + minutes * 60 + seconds))
    }

    /// A zone of the IANA database.
    pub fn named(name: &str) -> Option<Zone> {
        let zone = ZONES.get(name).ok()?;
        Some(Zone::Named(name.into(), zone))
    }

    /// A fixed offset in seconds, at most 14 hours either way.
    pub fn offset(seconds: i32) -> Option<Zone> {
        (seconds.abs() <= MAX_OFFSET).then_some(Zone::Offset(seconds))
    }

    /// Seconds east of Greenwich on a local day and time. Where clocks are put back, the earlier of both instants.
    fn offset_at(&self, date: Date, nanos: i64) -> i32 {
        match self {
            Zone::Offset(seconds) => *seconds,
            Zone::Named(_, zone) => {
                let year = i16::try_from(date.year.clamp(-9998, 9998)).unwrap_or(1970);
                let month = i8::try_from(date.month).unwrap_or(1);
                let day = i8::try_from(date.day).unwrap_or(1);
                let midnight = civil::Date::new(year, month, day)
                    .unwrap_or_else(|_| civil::Date::constant(1970, 1, 1))
                    .to_datetime(civil::Time::midnight());
                let local = midnight.saturating_add(jiff::SignedDuration::from_nanos(nanos));
                zone.to_ambiguous_timestamp(local).compatible().map_or(0, |t| zone.to_offset(t).seconds())
            }
        }
    }
}

impl PartialEq for Zone {
    fn eq(&self, other: &Zone) -> bool {
        match (self, other) {
            (Zone::Offset(a), Zone::Offset(b)) => a == b,
            (Zone::Named(a, _), Zone::Named(b, _)) => a == b,
            _ => false,
        }
    }
}

impl Time {
    /// A time of day; `None` if there is no such time. Seconds may have a fraction.
    pub fn new(hour: i64, minute: i64, second: Number, zone: Option<Zone>) -> Option<Time> {
        let nanos = second.in_billionths()?;
        if !(0..24).contains(&hour) || !(0..60).contains(&minute) || !(0..MINUTE).contains(&nanos) {
            return None;
        }
        let all = i128::from(hour) * HOUR + i128::from(minute) * MINUTE + nanos;
        Some(Time { nanos: i64::try_from(all).ok()?, zone })
    }

    /// Reads `hh:mm:ss(.f…)?` and an optional zone.
    pub fn parse(text: &str) -> Option<Time> {
        let (clock, rest) = text.split_at_checked(8)?;
        let zone_at = if rest.starts_with('.') {
            let end = rest.char_indices().skip(1).find(|(_, c)| !c.is_ascii_digit()).map_or(rest.len(), |(i, _)| i);
            if end == 1 {
                return None;
            }
            end
        } else {
            0
        };
        let (fraction, zone) = rest.split_at_checked(zone_at)?;
        let mut parts = clock.split(':');
        let mut two = || parts.next().filter(|p| p.len() == 2 && p.bytes().all(|b| b.is_ascii_digit()));
        let (hour, minute, second) = (two()?, two()?, two()?);
        let zone = if zone.is_empty() { None } else { Some(Zone::parse(zone)?) };
        Time::new(hour.parse().ok()?, minute.parse().ok()?, Number::parse(&format!("{second}{fraction}"))?, zone)
    }

    /// Midnight without a zone.
    pub fn midnight() -> Time {
        Time { nanos: 0, zone: None }
    }

    /// The same clock in a zone.
    pub fn in_zone(self, zone: Option<Zone>) -> Time {
        Time { zone, ..self }
    }

    /// Its zone.
    pub fn zone(&self) -> Option<&Zone> {
        self.zone.as_ref()
    }

    /// 0 to 23.
    pub fn hour(&self) -> i64 {
        self.nanos / 3_600_000_000_000
    }

    /// 0 to 59.
    pub fn minute(&self) -> i64 {
        self.nanos / 60_000_000_000 % 60
    }

    /// Nanoseconds of the minute.
    pub fn nanos_of_minute(&self) -> i64 {
        self.nanos % 60_000_000_000
    }

    /// Nanoseconds since midnight, in UTC where it has a zone. May lie outside one day, so that times order by instant.
    pub(crate) fn instant(&self) -> i128 {
        let day = Date { year: 1970, month: 1, day: 1 };
        let offset = self.zone.as_ref().map_or(0, |z| z.offset_at(day, self.nanos));
        i128::from(self.nanos) - i128::from(offset) * SECOND
    }

    /// The offset as FEEL shows it: for a named zone there is none without a day.
    pub(crate) fn offset(&self) -> Option<i32> {
        match self.zone {
            Some(Zone::Offset(seconds)) => Some(seconds),
            _ => None,
        }
    }

    /// Later or earlier on the clock, past midnight if need be.
    pub(crate) fn plus(&self, by: DaysTime) -> Time {
        let nanos = (i128::from(self.nanos) + by.nanos()).rem_euclid(DAY);
        Time { nanos: i64::try_from(nanos).unwrap_or(0), zone: self.zone.clone() }
    }
}

impl DateTime {
    /// Reads `YYYY-MM-DDThh:mm:ss…`, or a date alone, which is its midnight.
    pub fn parse(text: &str) -> Option<DateTime> {
        match text.split_once('T') {
            Some((date, time)) => {
                let date = Date::parse(date)?;
                // XML Schema lets a day end at 24:00:00, which is the next day's midnight.
                match time.strip_prefix("24:00:00") {
                    Some(zone) => {
                        let next = Date::from_epoch_days(date.epoch_days() + 1)?;
                        Some(DateTime { date: next, time: Time::parse(&format!("00:00:00{zone}"))? })
                    }
                    None => Some(DateTime { date, time: Time::parse(time)? }),
                }
            }
            None => Some(DateTime { date: Date::parse(text)?, time: Time::midnight() }),
        }
    }

    /// Seconds east of Greenwich, if it has a zone.
    pub(crate) fn offset(&self) -> Option<i32> {
        self.time.zone.as_ref().map(|z| z.offset_at(self.date, self.time.nanos))
    }

    /// Nanoseconds since 1970 in UTC; a local one counts as if it were UTC.
    pub(crate) fn instant(&self) -> i128 {
        let local = i128::from(self.date.epoch_days()) * DAY + i128::from(self.time.nanos);
        local - i128::from(self.offset().unwrap_or(0)) * SECOND
    }

    /// Time passes; the zone stays.
    pub(crate) fn plus(&self, by: DaysTime) -> Option<DateTime> {
        let moved = |offset: i32| {
            let local = self.instant() + by.nanos() + i128::from(offset) * SECOND;
            let date = Date::from_epoch_days(i64::try_from(local.div_euclid(DAY)).ok()?)?;
            let nanos = i64::try_from(local.rem_euclid(DAY)).ok()?;
            Some(DateTime { date, time: Time { nanos, zone: self.time.zone.clone() } })
        };
        let first = moved(self.offset().unwrap_or(0))?;
        // Across a change of the clock the offset at the end counts.
        moved(first.offset().unwrap_or(0))
    }

    /// Months pass on the calendar, the clock stays.
    pub(crate) fn plus_months(&self, by: YearsMonths) -> Option<DateTime> {
        Some(DateTime { date: self.date.plus_months(by.months())?, time: self.time.clone() })
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.year < 0 { "-" } else { "" };
        write!(f, "{sign}{:04}-{:02}-{:02}", self.year.unsigned_abs(), self.month, self.day)
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Zone::Named(name, _) => write!(f, "@{name}"),
            Zone::Offset(0) => f.write_str("Z"),
            Zone::Offset(seconds) => {
                let size = seconds.unsigned_abs();
                let sign = if *seconds < 0 { '-' } else { '+' };
                write!(f, "{sign}{:02}:{:02}", size / 3600, size / 60 % 60)?;
                if size % 60 > 0 { write!(f, ":{:02}", size % 60) } else { Ok(()) }
            }
        }
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = self.nanos_of_minute();
        write!(f, "{:02}:{:02}:{:02}", self.hour(), self.minute(), nanos / 1_000_000_000)?;
        let fraction = nanos % 1_000_000_000;
        if fraction > 0 {
            write!(f, ".{}", format!("{fraction:09}").trim_end_matches('0'))?;
        }
        self.zone.as_ref().map_or(Ok(()), |z| write!(f, "{z}"))
    }
}

impl fmt::Display for DateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}T{}", self.date, self.time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_are_one_to_one() {
        for days in (-800_000_000_000..800_000_000_000i64).step_by(7_654_321_987).chain(-800_000..800_000) {
            if let Some(date) = Date::from_epoch_days(days) {
                assert_eq!(date.epoch_days(), days);
                assert_eq!(Date::parse(&date.to_string()), Some(date));
            }
        }
        assert_eq!(Date::parse("2024-02-29").map(Date::weekday), Some(4));
        assert_eq!(Date::parse("2023-02-29"), None);
        assert_eq!(Date::parse("2021-01-03").map(Date::week_of_year), Some(53));
        assert_eq!(Date::parse("2004-02-29").and_then(|d| d.plus_months(-12)), Date::parse("2003-02-28"));
    }

    #[test]
    fn a_named_zone_knows_summer_time() {
        let at = |text| DateTime::parse(text).unwrap();
        assert_eq!(at("2026-07-01T12:00:00@Europe/Paris").offset(), Some(7200));
        assert_eq!(at("2026-01-01T12:00:00@Europe/Paris").offset(), Some(3600));
        let day = DaysTime::from_nanos(DAY).unwrap();
        let after = at("2026-03-28T12:00:00@Europe/Paris").plus(day).unwrap();
        assert_eq!(after.to_string(), "2026-03-29T13:00:00@Europe/Paris", "24 hours across the change of the clock");
        assert!(Time::parse("10:00:00@Nowhere/Land").is_none());
    }
}
