//! Amounts over time: one slice a stretch of months with one sum.

use catalogue::model::{PartMonth, Process};
use kernel::Date;
use rules::schema::Per;
use serde::{Deserialize, Serialize};

/// A stretch of an entitlement with one sum. A monthly slice pays its sum for every calendar month it touches; a month
/// that counts in part is a slice of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slice {
    /// First day.
    pub from: Date,
    /// First day outside; `None`: open.
    pub until: Option<Date>,
    /// Minor units a period; 0 for a thing or a service.
    pub minor: i64,
}

/// The first day of the month after.
pub(super) fn next_month(day: Date) -> Date {
    day.last_of_month().tomorrow().unwrap_or(day)
}

/// What the months `on` which the sum was worked out are worth: `sums` holds the first day of each stretch and the sum from
/// then on (`None`: nothing), `end` the first day outside. The pack says what a first and last month in part is worth.
pub(super) fn lay(sums: &[(Date, Option<i64>)], end: Option<Date>, per: Per, process: &Process) -> Vec<Slice> {
    let mut slices: Vec<Slice> = Vec::new();
    for (n, (from, sum)) in sums.iter().enumerate() {
        let next = sums.get(n + 1).map(|(day, _)| *day);
        let until = match (next, end) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        let Some(minor) = *sum else { continue };
        if until.is_some_and(|u| u <= *from) {
            continue;
        }
        match slices.last_mut() {
            Some(last) if last.until == Some(*from) && last.minor == minor => last.until = until,
            _ => slices.push(Slice { from: *from, until, minor }),
        }
    }
    if per == Per::Month { parts(slices, process) } else { slices }
}

/// Makes every slice begin and end with a month, as the process says for a month in part.
fn parts(slices: Vec<Slice>, process: &Process) -> Vec<Slice> {
    let mut laid = Vec::new();
    for slice in slices {
        let (mut from, mut until) = (slice.from, slice.until);
        if from.day() != 1 {
            let (first, next) = (from.first_of_month(), next_month(from));
            let inside = until.map_or(next, |u| u.min(next));
            match process.first_month {
                PartMonth::Whole if !touched(&laid, first) => from = first,
                PartMonth::Whole | PartMonth::Nothing => from = next,
                PartMonth::ByDay => {
                    laid.extend(by_day(from, inside, slice.minor));
                    from = next;
                }
            }
        }
        let tail = until.filter(|u| u.day() != 1 && *u > from);
        if let Some(end) = tail {
            let first = end.first_of_month();
            match process.last_month {
                PartMonth::Whole => until = Some(next_month(end)),
                PartMonth::Nothing | PartMonth::ByDay => until = Some(first),
            }
        }
        if until.is_none_or(|u| from < u) {
            laid.push(Slice { from, until, minor: slice.minor });
        }
        if let (Some(end), PartMonth::ByDay) = (tail, process.last_month) {
            laid.extend(by_day(end.first_of_month().max(from), end, slice.minor));
        }
    }
    laid
}

/// Whether a slice already pays for the month that begins on `first`.
fn touched(laid: &[Slice], first: Date) -> bool {
    laid.iter().any(|s| s.from <= first && s.until.is_none_or(|u| first < u))
}

/// The sum times days inside by days of the month, fractions of the smallest unit dropped.
fn by_day(from: Date, until: Date, minor: i64) -> Option<Slice> {
    let inside = i64::from((until - from).get_days());
    let all = i64::from(from.days_in_month());
    let share = minor.checked_mul(inside)?.checked_div(all)?;
    (inside > 0).then_some(Slice { from, until: Some(until), minor: share })
}

/// What the slices pay for the month that begins on `month`, in minor units.
pub fn payable(slices: &[Slice], month: Date) -> i64 {
    let (first, next) = (month.first_of_month(), next_month(month));
    let touches = |s: &&Slice| s.from < next && s.until.is_none_or(|u| first < u);
    slices.iter().filter(touches).map(|s| s.minor).fold(0, i64::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn process(first: PartMonth, last: PartMonth) -> Process {
        Process { first_month: first, last_month: last, ..Process::PLAIN }
    }

    #[test]
    fn a_whole_first_month_pays_from_its_first_day_and_by_day_its_share() {
        let sums = [(date(2026, 11, 16), Some(300_000))];
        let whole = lay(&sums, None, Per::Month, &process(PartMonth::Whole, PartMonth::Whole));
        assert_eq!(whole, [Slice { from: date(2026, 11, 1), until: None, minor: 300_000 }]);
        let by_day = lay(&sums, None, Per::Month, &process(PartMonth::ByDay, PartMonth::Whole));
        // 15 of 30 days.
        assert_eq!(by_day[0], Slice { from: date(2026, 11, 16), until: Some(date(2026, 12, 1)), minor: 150_000 });
        assert_eq!(by_day[1], Slice { from: date(2026, 12, 1), until: None, minor: 300_000 });
        let nothing = lay(&sums, None, Per::Month, &process(PartMonth::Nothing, PartMonth::Whole));
        assert_eq!(nothing, [Slice { from: date(2026, 12, 1), until: None, minor: 300_000 }]);
    }

    #[test]
    fn a_last_month_in_part_is_whole_a_share_or_nothing() {
        let sums = [(date(2026, 10, 1), Some(310))];
        let end = Some(date(2026, 12, 11));
        let total = |last| {
            let slices = lay(&sums, end, Per::Month, &process(PartMonth::Whole, last));
            [10, 11, 12].map(|m| payable(&slices, date(2026, m, 1)))
        };
        assert_eq!(total(PartMonth::Whole), [310, 310, 310]);
        assert_eq!(total(PartMonth::ByDay), [310, 310, 100]);
        assert_eq!(total(PartMonth::Nothing), [310, 310, 0]);
    }

    #[test]
    fn a_stretch_within_one_month_is_never_paid_for_more_than_its_days() {
        let slices = lay(
            &[(date(2026, 11, 11), Some(300))],
            Some(date(2026, 11, 21)),
            Per::Month,
            &process(PartMonth::ByDay, PartMonth::ByDay),
        );
        assert_eq!(payable(&slices, date(2026, 11, 1)), 100);
        assert_eq!(payable(&slices, date(2026, 12, 1)), 0);
    }

    #[test]
    fn months_with_the_same_sum_are_one_slice_and_a_month_without_is_a_gap() {
        let sums = [
            (date(2026, 8, 1), Some(5)),
            (date(2026, 9, 1), Some(5)),
            (date(2026, 10, 1), None),
            (date(2026, 11, 1), Some(7)),
        ];
        let slices = lay(&sums, None, Per::Month, &Process::PLAIN);
        assert_eq!(
            slices,
            [
                Slice { from: date(2026, 8, 1), until: Some(date(2026, 10, 1)), minor: 5 },
                Slice { from: date(2026, 11, 1), until: None, minor: 7 },
            ]
        );
    }
}
