//! Civil dates as whole days since 1970-01-01: comparisons, differences and anniversaries become integer arithmetic.

use kernel::Date;

/// First day the rules can speak of (year 1).
pub(crate) const FIRST: i64 = -719_162;
/// Last day the rules can speak of (year 9999).
pub(crate) const LAST: i64 = 2_932_896;

/// Year, month, day of a day number.
pub(crate) fn civil(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = doy - (153 * mp + 2) / 5 + 1;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    (yoe + era * 400 + i64::from(month <= 2), month, day)
}

/// The day number of a civil date whose parts are valid.
pub(crate) fn number(year: i64, month: i64, day: i64) -> i64 {
    let y = year - i64::from(month <= 2);
    let era = y.div_euclid(400);
    let yoe = y.rem_euclid(400);
    let doy = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    era * 146_097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719_468
}

/// The day number of a date.
pub(crate) fn of(date: Date) -> i64 {
    number(i64::from(date.year()), i64::from(date.month()), i64::from(date.day()))
}

/// The date of a day number; clamped to the years 1 to 9999.
pub(crate) fn date(days: i64) -> Date {
    let (y, m, d) = civil(days.clamp(FIRST, LAST));
    let part = |n: i64| i8::try_from(n).unwrap_or(1);
    Date::new(i16::try_from(y).unwrap_or(1), part(m), part(d)).unwrap_or(Date::ZERO)
}

/// Days in a month.
pub(crate) fn month_length(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The same day some months later (earlier when negative); the month's last day where it has no such day. `None`
/// outside the years 1 to 9999.
pub(crate) fn plus_months(days: i64, months: i64) -> Option<i64> {
    let (y, m, d) = civil(days);
    let total = y.checked_mul(12)?.checked_add(m - 1)?.checked_add(months)?;
    let (y, m) = (total.div_euclid(12), total.rem_euclid(12) + 1);
    if !(1..=9999).contains(&y) {
        return None;
    }
    Some(number(y, m, d.min(month_length(y, m))))
}

/// Complete months from `a` to `b`; negative when `b` is earlier. 31 January to 28 February is no complete month.
pub(crate) fn months_between(a: i64, b: i64) -> i64 {
    if b < a {
        return -months_between(b, a);
    }
    let ((y1, m1, d1), (y2, m2, d2)) = (civil(a), civil(b));
    (y2 - y1) * 12 + (m2 - m1) - i64::from(d2 < d1)
}

/// Complete years from `a` to `b`; a birthday on 29 February is reached on 1 March in common years.
pub(crate) fn years_between(a: i64, b: i64) -> i64 {
    months_between(a, b) / 12
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn day_numbers_agree_with_the_calendar_library() {
        let mut day = Date::constant(1896, 1, 1);
        while day < Date::constant(2105, 1, 1) {
            let n = (day - Date::constant(1970, 1, 1)).get_days();
            assert_eq!(of(day), i64::from(n));
            assert_eq!(date(of(day)), day);
            day = day.saturating_add(jiff::Span::new().days(17));
        }
        assert_eq!(of(Date::constant(1, 1, 1)), FIRST);
        assert_eq!(of(Date::constant(9999, 12, 31)), LAST);
    }

    #[test]
    fn anniversaries() {
        let n = |y, m, d| of(Date::constant(y, m, d));
        assert_eq!(years_between(n(2004, 2, 29), n(2025, 2, 28)), 20);
        assert_eq!(years_between(n(2004, 2, 29), n(2025, 3, 1)), 21);
        assert_eq!(months_between(n(2025, 1, 31), n(2025, 2, 28)), 0);
        assert_eq!(months_between(n(2025, 3, 10), n(2025, 3, 9)), 0);
        assert_eq!(plus_months(n(2024, 2, 29), 12), Some(n(2025, 2, 28)));
        assert_eq!(plus_months(n(2024, 3, 31), -1), Some(n(2024, 2, 29)));
    }
}
