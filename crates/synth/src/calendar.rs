//! Days on which people of an age were born, seen from one day.

use kernel::Date;

/// Nobody is older, in years.
const OLDEST: usize = 120;

/// The anniversaries before one day.
#[derive(Clone, Debug)]
pub(crate) struct Calendar {
    /// The day, as days since 1970-01-01.
    pub(crate) day: i64,
    /// The same day so many months before.
    months: Vec<i64>,
}

/// Days since 1970-01-01.
pub(crate) fn number(date: Date) -> i64 {
    let epoch = Date::constant(1970, 1, 1);
    date.since(epoch).map_or(0, |span| i64::from(span.get_days()))
}

/// The date of a day number.
pub(crate) fn date(days: i64) -> Date {
    Date::constant(1970, 1, 1).saturating_add(jiff::Span::new().try_days(days).unwrap_or_default())
}

impl Calendar {
    pub(crate) fn new(day: Date) -> Calendar {
        let month = |n: usize| {
            let back = jiff::Span::new().try_months(-i64::try_from(n).unwrap_or(0)).unwrap_or_default();
            number(day.saturating_add(back))
        };
        Calendar { day: number(day), months: (0..=12 * (OLDEST + 1)).map(month).collect() }
    }

    fn months_before(&self, months: usize) -> i64 {
        self.months.get(months).or(self.months.last()).copied().unwrap_or(self.day)
    }

    /// First and last day of birth of those who are so many full years old.
    pub(crate) fn born(&self, age: i64) -> (i64, i64) {
        let age = usize::try_from(age).unwrap_or(0).min(OLDEST);
        (self.months_before(12 * (age + 1)) + 1, self.months_before(12 * age))
    }

    /// Full months since a day of birth.
    pub(crate) fn months_since(&self, birth: i64) -> i64 {
        let full = self.months.partition_point(|day| *day >= birth);
        i64::try_from(full).unwrap_or(0) - 1
    }
}
