//! What a new determination changes against the decision in force.

use std::cmp::Ordering;

use kernel::Date;
use rules::schema::Per;
use serde::{Deserialize, Serialize};

use super::slices::{Slice, next_month, payable};

/// For the family, on the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Nothing changes.
    Same,
    /// Nowhere less, somewhere more.
    Better,
    /// Somewhere less: the family may speak first.
    Worse,
}

/// One month, or the single payment, whose sum changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// First day of the month.
    pub month: Date,
    /// Minor units before.
    pub before: i64,
    /// Minor units now.
    pub after: i64,
}

/// The changes, month by month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comparison {
    /// On the whole.
    pub direction: Direction,
    /// Months that change, the earliest first, up to the last month in which anything begins or ends. What an open slice
    /// pays later is what the last of them says.
    pub months: Vec<Difference>,
}

/// How many months are compared: ten years back and as many on.
const MONTHS: usize = 240;

/// Compares what was decided with what is determined now. What is paid once is compared by its sum; how long it may be used
/// tells nothing about months.
pub fn compare(before: &[Slice], after: &[Slice], per: Option<Per>) -> Comparison {
    if per == Some(Per::Once) {
        return once(before, after);
    }
    let edges = before.iter().chain(after).flat_map(|s| [Some(s.from), s.until]).flatten();
    let (Some(first), Some(last)) = (edges.clone().min(), edges.max()) else {
        return Comparison { direction: Direction::Same, months: Vec::new() };
    };
    let months = std::iter::successors(Some(first.first_of_month()), |m| Some(next_month(*m)));
    let months: Vec<Difference> = months
        .take_while(|m| *m <= last)
        .take(MONTHS)
        .map(|month| Difference { month, before: payable(before, month), after: payable(after, month) })
        .filter(|d| d.before != d.after)
        .collect();
    // Things and services have no sum; what counts is whether they run.
    let runs = |slices: &[Slice]| slices.iter().map(|s| (s.from, s.until)).collect::<Vec<_>>();
    let direction = if months.iter().any(|d| d.after < d.before) || (!before.is_empty() && after.is_empty()) {
        Direction::Worse
    } else if !months.is_empty() {
        Direction::Better
    } else if runs(before) == runs(after) {
        Direction::Same
    } else {
        by_days(before, after)
    };
    Comparison { direction, months }
}

/// One payment against another. The day until which a voucher can be used follows birth or due date: a later one is told, an
/// earlier one takes nothing back from who was told the first.
fn once(before: &[Slice], after: &[Slice]) -> Comparison {
    let sum = |slices: &[Slice]| slices.iter().map(|s| s.minor).fold(0, i64::saturating_add);
    let end = |slices: &[Slice]| slices.last().map(|s| s.until.unwrap_or(Date::MAX));
    let (old, new) = (sum(before), sum(after));
    let direction = match new.cmp(&old) {
        Ordering::Less => Direction::Worse,
        Ordering::Greater => Direction::Better,
        Ordering::Equal if !before.is_empty() && after.is_empty() => Direction::Worse,
        Ordering::Equal if end(after) > end(before) => Direction::Better,
        Ordering::Equal => Direction::Same,
    };
    let first = before.first().or(after.first()).map(|s| s.from.first_of_month());
    let month = first.filter(|_| old != new);
    let months = month.map(|month| Difference { month, before: old, after: new }).into_iter().collect();
    Comparison { direction, months }
}

/// Slices without a change of sums: longer is better, shorter is worse.
fn by_days(before: &[Slice], after: &[Slice]) -> Direction {
    let end = |slices: &[Slice]| slices.last().map(|s| s.until.unwrap_or(Date::MAX));
    let start = |slices: &[Slice]| slices.first().map(|s| s.from);
    match (end(after) < end(before), start(after) > start(before)) {
        (false, false) => Direction::Better,
        // A later start of something that paid nothing in the months between takes nothing away.
        (false, true) | (true, _) => Direction::Worse,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    const MONTHLY: Option<Per> = Some(Per::Month);

    #[test]
    fn a_voucher_is_compared_by_its_sum_and_not_by_the_months_in_which_it_can_be_used() {
        let until = |day| Some(day);
        let of = |end, minor| [slice(date(2026, 1, 5), until(end), minor)];
        let once = |a: &[Slice], b: &[Slice]| compare(a, b, Some(Per::Once));
        let (short, long) = (of(date(2027, 12, 1), 2_000_000), of(date(2028, 1, 6), 2_000_000));
        let more = once(&short, &of(date(2027, 12, 1), 3_000_000));
        assert_eq!((more.direction, more.months.len()), (Direction::Better, 1));
        assert_eq!(once(&of(date(2028, 1, 6), 3_000_000), &long).direction, Direction::Worse);
        assert_eq!(once(&short, &long).direction, Direction::Better, "the child came later");
        assert_eq!(once(&long, &short).direction, Direction::Same, "earlier than told: what was told stands");
        assert_eq!(once(&long, &[]).direction, Direction::Worse);
    }

    fn slice(from: Date, until: Option<Date>, minor: i64) -> Slice {
        Slice { from, until, minor }
    }

    #[test]
    fn less_in_any_month_is_worse_even_when_another_month_gains() {
        let before = [slice(date(2026, 1, 1), None, 100)];
        let after = [slice(date(2026, 1, 1), Some(date(2026, 3, 1)), 90), slice(date(2026, 3, 1), None, 120)];
        let it = compare(&before, &after, MONTHLY);
        assert_eq!(it.direction, Direction::Worse);
        assert_eq!(it.months.first().map(|d| (d.before, d.after)), Some((100, 90)));
    }

    #[test]
    fn an_end_is_worse_a_beginning_better_and_the_same_the_same() {
        let runs = [slice(date(2026, 1, 1), None, 100)];
        assert_eq!(compare(&runs, &[], MONTHLY).direction, Direction::Worse);
        assert_eq!(compare(&[], &runs, MONTHLY).direction, Direction::Better);
        assert_eq!(compare(&runs, &runs, MONTHLY).direction, Direction::Same);
        let ends = [slice(date(2026, 1, 1), Some(date(2026, 9, 1)), 100)];
        assert_eq!(compare(&runs, &ends, MONTHLY).direction, Direction::Worse);
        assert_eq!(compare(&ends, &runs, MONTHLY).direction, Direction::Better);
    }

    #[test]
    fn a_thing_without_a_sum_is_compared_by_its_days() {
        let short = [slice(date(2026, 1, 1), Some(date(2026, 6, 1)), 0)];
        let long = [slice(date(2026, 1, 1), Some(date(2026, 9, 1)), 0)];
        assert_eq!(compare(&short, &long, None).direction, Direction::Better);
        assert_eq!(compare(&long, &short, None).direction, Direction::Worse);
    }
}
