//! Poverty: who lies below a share of the median, and by how much.

use catalogue::model::measures::Poverty;

/// One household with a known income.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Home {
    /// Income a year for each unit of needs, in minor units: before.
    before: i64,
    after: i64,
    persons: u32,
}

/// Households with a known income, and how many persons live without.
#[derive(Clone, Debug, Default)]
pub(crate) struct Homes {
    known: Vec<Home>,
    pub(crate) unknown: u64,
}

/// What is found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) persons: u64,
    /// Minor units a year of one person alone.
    pub(crate) median: i64,
    /// Hundredths of a minor unit, so that a share of the median is exact.
    line_hundredths: i128,
    pub(crate) poor: [u64; 2],
    /// What all poor persons lack to the line, each for themselves, in hundredths of minor units a year.
    gap_hundredths: [i128; 2],
}

impl Homes {
    pub(crate) fn push(&mut self, of: &Poverty, size: usize, before: i64, after: i64) {
        let needs = i128::from(of.needs(size));
        let each = |sum: i64| {
            let share = (i128::from(sum) * 1_000).div_euclid(needs);
            i64::try_from(share).unwrap_or(if share < 0 { i64::MIN } else { i64::MAX })
        };
        let persons = u32::try_from(size).unwrap_or(u32::MAX);
        self.known.push(Home { before: each(before), after: each(after), persons });
    }

    pub(crate) fn add(&mut self, mut other: Homes) {
        self.known.append(&mut other.known);
        self.unknown += other.unknown;
    }

    /// The line is that of before on both sides, so that a change cannot move it.
    pub(crate) fn found(mut self, of: &Poverty) -> Found {
        self.known.sort_unstable();
        let persons: u64 = self.known.iter().map(|h| u64::from(h.persons)).sum();
        let mut below = 0;
        let median = self.known.iter().find(|h| {
            below += u64::from(h.persons);
            below * 2 >= persons
        });
        let median = median.map_or(0, |h| h.before);
        let line_hundredths = i128::from(median) * i128::from(of.line_percent);
        let mut found = Found { persons, median, line_hundredths, ..Found::default() };
        let [poor_before, poor_after] = &mut found.poor;
        let [gap_before, gap_after] = &mut found.gap_hundredths;
        for home in &self.known {
            for (income, poor, gap) in
                [(home.before, &mut *poor_before, &mut *gap_before), (home.after, &mut *poor_after, &mut *gap_after)]
            {
                let lacks = line_hundredths - i128::from(income) * 100;
                if lacks > 0 {
                    *poor += u64::from(home.persons);
                    *gap += lacks * i128::from(home.persons);
                }
            }
        }
        found
    }
}

impl Found {
    /// The line in minor units a year, rounded down.
    pub(crate) fn line(&self) -> i64 {
        i64::try_from(self.line_hundredths.div_euclid(100)).unwrap_or(i64::MAX)
    }

    /// What poor persons lack in minor units a year, rounded down: before, after.
    pub(crate) fn gap(&self) -> [i128; 2] {
        self.gap_hundredths.map(|g| g.div_euclid(100))
    }

    /// The poverty gap: what poor persons lack as a share of the line, over all persons, in thousandths.
    pub(crate) fn gap_permille(&self) -> [Option<i64>; 2] {
        let whole = self.line_hundredths * i128::from(self.persons);
        self.gap_hundredths.map(|g| (g * 1_000).checked_div(whole).and_then(|n| i64::try_from(n).ok()))
    }
}
