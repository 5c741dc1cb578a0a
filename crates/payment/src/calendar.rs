//! Working days: Saturdays, Sundays and the holidays the pack names are none.

use jiff::civil::Weekday;
use kernel::Date;

/// The days on which offices and banks do not work. `holidays` need not be sorted.
#[derive(Clone, Copy, Debug)]
pub struct Calendar<'a> {
    /// Holidays of the pack.
    pub holidays: &'a [Date],
}

/// The day after, or the same day at the end of time.
pub(crate) fn next(day: Date) -> Date {
    day.tomorrow().unwrap_or(day)
}

impl Calendar<'_> {
    /// Whether banks work on the day.
    pub fn works(&self, day: Date) -> bool {
        !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) && !self.holidays.contains(&day)
    }

    /// The day itself, or the last working day before it.
    pub fn on_or_before(&self, day: Date) -> Date {
        let mut at = day;
        // A year without a working day cannot be; the bound keeps a faulty list of holidays from looping.
        for _ in 0..366 {
            if self.works(at) {
                return at;
            }
            at = at.yesterday().unwrap_or(at);
        }
        day
    }

    /// The day itself, or the first working day after it.
    pub fn on_or_after(&self, day: Date) -> Date {
        let mut at = day;
        for _ in 0..366 {
            if self.works(at) {
                return at;
            }
            at = next(at);
        }
        day
    }

    /// The last day whose payments are made on `pay_date`: the days off that follow it belong to it.
    pub fn covers_until(&self, pay_date: Date) -> Date {
        let mut last = pay_date;
        for _ in 0..366 {
            let following = next(last);
            if self.works(following) {
                break;
            }
            last = following;
        }
        last
    }

    /// The day that is `days` working days after `from`.
    pub fn after(&self, from: Date, days: u32) -> Date {
        (0..days).fold(from, |at, _| self.on_or_after(next(at)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn money_due_on_a_day_off_goes_out_on_the_working_day_before_and_not_twice() {
        // 25 December 2026 is a Friday; 24 a holiday too in this invented list.
        let holidays = [date(2026, 12, 24), date(2026, 12, 25)];
        let calendar = Calendar { holidays: &holidays };
        assert_eq!(calendar.on_or_before(date(2026, 12, 25)), date(2026, 12, 23));
        assert_eq!(calendar.on_or_before(date(2026, 12, 27)), date(2026, 12, 23));
        assert_eq!(calendar.on_or_after(date(2026, 12, 24)), date(2026, 12, 28));
        assert_eq!(calendar.on_or_after(date(2026, 12, 23)), date(2026, 12, 23));
        assert_eq!(calendar.covers_until(date(2026, 12, 23)), date(2026, 12, 27));
        assert_eq!(calendar.covers_until(date(2026, 12, 22)), date(2026, 12, 22));
        assert_eq!(calendar.after(date(2026, 12, 23), 2), date(2026, 12, 29));
        assert_eq!(calendar.after(date(2026, 12, 23), 0), date(2026, 12, 23));
    }
}
