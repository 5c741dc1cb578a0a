//! Civil dates for whole columns: the same days as [`crate::days`], with multiplications where that divides.
//!
//! The method is that of C. Neri and L. Schneider, *Euclidean affine functions and their application to calendar algorithms*
//! (2022). Good from year 1 to year 9999; a test goes over every day.

use crate::days;

/// Year, month, day of a day between [`days::FIRST`] and [`days::LAST`].
#[inline]
pub(crate) fn civil(day: i64) -> (i64, i64, i64) {
    // Days since 1 March of year 0 fit 32 bits.
    let n = 4 * ((day + 719_468) as u32) + 3;
    let (century, of_century) = (n / 146_097, n % 146_097 / 4);
    let p = 2_939_745 * u64::from(4 * of_century + 3);
    let (year, of_year) = ((p >> 32) as u32, (p as u32) / 2_939_745 / 4);
    let m = 2_141 * of_year + 197_913;
    let (month, day) = (m >> 16, (m & 0xffff) / 2_141 + 1);
    let next = u32::from(of_year >= 306);
    (i64::from(100 * century + year + next), i64::from(month - 12 * next), i64::from(day))
}

/// Complete months from one day to another.
#[inline]
pub(crate) fn months_between(a: i64, b: i64) -> i64 {
    let (x, y) = (civil(a), civil(b));
    let (sign, (y1, m1, d1), (y2, m2, d2)) = if b < a { (-1, y, x) } else { (1, x, y) };
    sign * ((y2 - y1) * 12 + (m2 - m1) - i64::from(d2 < d1))
}

/// The same day some months later.
#[inline]
pub(crate) fn plus_months(day: i64, months: i64) -> Option<i64> {
    let (y, m, d) = civil(day);
    let total = (y * 12 + m - 1).checked_add(months)?;
    // Months of the years 1 to 9999.
    if !(12..120_000).contains(&total) {
        return None;
    }
    let (y, m) = (total / 12, total % 12 + 1);
    Some(days::number(y, m, d.min(days::month_length(y, m))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_is_that_of_the_plain_calendar() {
        for day in days::FIRST..=days::LAST {
            assert_eq!(civil(day), days::civil(day));
        }
    }

    #[test]
    fn months_are_those_of_the_plain_calendar() {
        for a in (days::FIRST..=days::LAST).step_by(7_919) {
            for more in [-800_000, -366, -31, -1, 0, 1, 28, 29, 30, 31, 365, 366, 20_000, 3_000_000] {
                let b = (a + more).clamp(days::FIRST, days::LAST);
                assert_eq!(months_between(a, b), days::months_between(a, b), "{a} {b}");
                assert_eq!(plus_months(a, more), days::plus_months(a, more), "{a} {more}");
            }
        }
    }
}
