//! FEEL's two durations. They never mix: how many days a month has depends on which month it is.

use std::fmt;

use crate::number::Number;

/// Nanoseconds in a second.
pub(crate) const SECOND: i128 = 1_000_000_000;
/// Nanoseconds in a minute.
pub(crate) const MINUTE: i128 = 60 * SECOND;
/// Nanoseconds in an hour.
pub(crate) const HOUR: i128 = 60 * MINUTE;
/// Nanoseconds in a day.
pub(crate) const DAY: i128 = 24 * HOUR;

/// Beyond this nothing can be added to any date; it also keeps all arithmetic far from overflow.
const LONGEST_DAYS: i128 = 1_000_000_000_000;
const LONGEST_MONTHS: i64 = 12_000_000_000_000;

/// Days, hours, minutes and seconds: a number of nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DaysTime(i128);

/// Years and months: a number of months.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct YearsMonths(i64);

/// What a duration's text says.
pub(crate) enum Parsed {
    /// `P1Y2M`
    Months(YearsMonths),
    /// `P1DT2H`
    Nanos(DaysTime),
}

impl DaysTime {
    /// From nanoseconds; `None` beyond about 2.7 billion years.
    pub fn from_nanos(nanos: i128) -> Option<DaysTime> {
        (nanos.abs() <= LONGEST_DAYS * DAY).then_some(DaysTime(nanos))
    }

    /// In nanoseconds.
    pub fn nanos(self) -> i128 {
        self.0
    }

    /// In seconds, with their fraction.
    pub fn seconds(self) -> Option<Number> {
        Number::scaled(self.0, 9)
    }

    /// From seconds, with their fraction; what is below a nanosecond is cut.
    pub fn from_seconds(seconds: Number) -> Option<DaysTime> {
        DaysTime::from_nanos(seconds.in_billionths()?)
    }

    /// Days, hours, minutes and nanoseconds of the last minute, all with the duration's sign.
    pub(crate) fn parts(self) -> (i128, i128, i128, i128) {
        (self.0 / DAY, self.0 % DAY / HOUR, self.0 % HOUR / MINUTE, self.0 % MINUTE)
    }
}

impl YearsMonths {
    /// From months; `None` beyond a trillion years.
    pub fn from_months(months: i64) -> Option<YearsMonths> {
        (months.saturating_abs() <= LONGEST_MONTHS).then_some(YearsMonths(months))
    }

    /// In months.
    pub fn months(self) -> i64 {
        self.0
    }
}

/// Reads `P1Y2M` or `-P1DT2H3M4.5S`. `None` for anything else, mixtures of both kinds too.
pub(crate) fn parse(text: &str) -> Option<Parsed> {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    let rest = rest.strip_prefix('P')?;
    let (days, time) = match rest.split_once('T') {
        Some((_, "")) => return None,
        Some((days, time)) => (days, time),
        None => (rest, ""),
    };
    if rest.is_empty() {
        return None;
    }
    let mut days = Parts(days);
    let (years, months, day) = (days.take('Y')?, days.take('M')?, days.take('D')?);
    let mut time = Parts(time);
    let (hours, minutes) = (time.take('H')?, time.take('M')?);
    let seconds = match time.0.strip_suffix('S') {
        Some(s) => {
            let number = Number::parse(s.strip_suffix('.').unwrap_or(s))
                .filter(|_| s.starts_with(|c: char| c.is_ascii_digit()) && !s.contains(['e', 'E']))?;
            time.0 = "";
            Some(number.in_billionths()?)
        }
        None => None,
    };
    if !days.0.is_empty() || !time.0.is_empty() {
        return None;
    }
    let some = |x: Option<i128>| x.unwrap_or(0);
    if years.is_some() || months.is_some() {
        if day.or(hours).or(minutes).or(seconds).is_some() {
            return None;
        }
        let total = some(years).checked_mul(12)?.checked_add(some(months))?;
        return Some(Parsed::Months(YearsMonths::from_months(i64::try_from(total.checked_mul(sign)?).ok()?)?));
    }
    let total = some(day)
        .checked_mul(DAY)?
        .checked_add(some(hours).checked_mul(HOUR)?)?
        .checked_add(some(minutes).checked_mul(MINUTE)?)?
        .checked_add(some(seconds))?;
    Some(Parsed::Nanos(DaysTime::from_nanos(total.checked_mul(sign)?)?))
}

struct Parts<'a>(&'a str);

impl Parts<'_> {
    /// The number before this letter, if it comes next. The outer `None`: not a whole number.
    fn take(&mut self, letter: char) -> Option<Option<i128>> {
        let end = self.0.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.0.len());
        let (digits, rest) = self.0.split_at_checked(end)?;
        match rest.strip_prefix(letter) {
            Some(rest) => {
                self.0 = rest;
                Some(Some(digits.parse().ok()?))
            }
            None => Some(None),
        }
    }
}

impl fmt::Display for DaysTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.write_str("PT0S");
        }
        let (days, hours, minutes, nanos) = DaysTime(self.0.abs()).parts();
        f.write_str(if self.0 < 0 { "-P" } else { "P" })?;
        if days > 0 {
            write!(f, "{days}D")?;
        }
        if hours + minutes + nanos > 0 {
            f.write_str("T")?;
        }
        if hours > 0 {
            write!(f, "{hours}H")?;
        }
        if minutes > 0 {
            write!(f, "{minutes}M")?;
        }
        if nanos > 0 {
            write!(f, "{}S", Number::scaled(nanos, 9).unwrap_or(Number::ZERO))?;
        }
        Ok(())
    }
}

impl fmt::Display for YearsMonths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (years, months) = (self.0.abs() / 12, self.0.abs() % 12);
        f.write_str(if self.0 < 0 { "-P" } else { "P" })?;
        if years > 0 {
            write!(f, "{years}Y")?;
        }
        if months > 0 || years == 0 {
            write!(f, "{months}M")?;
        }
        Ok(())
    }
}
