//! A survey of what was drawn, held against what was published.

use std::path::Path;

use catalogue::model::Confidence;
use catalogue::model::population::{Margin, Measure, Population};
use rules::schema::Entity;

use crate::chance::real;
use crate::house::House;

/// Counts towards each margin.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Survey {
    /// Sum and number of those counted, by margin.
    counts: Vec<(i128, u64)>,
    /// Households seen.
    pub households: u64,
    /// Persons seen.
    pub persons: u64,
}

/// One margin beside its target.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The margin's id.
    pub id: String,
    /// What was published.
    pub target: f64,
    /// What came out; `None`: nobody was counted.
    pub found: Option<f64>,
    /// How far it lies from the target, percent of it.
    pub deviation: Option<f64>,
    /// Whether both are percent; else they are means.
    pub percent: bool,
    /// How far it may, percent.
    pub tolerance: f64,
    /// Whether household shapes were fitted to it.
    pub fitted: bool,
    /// How many were counted.
    pub counted: u64,
    /// Ids of sources.
    pub sources: Vec<String>,
    /// How sure the authors are of the target.
    pub confidence: Option<Confidence>,
    /// What to know about it.
    pub note: String,
}

impl Survey {
    /// An empty survey of a country.
    pub fn new(population: &Population) -> Survey {
        Survey { counts: vec![(0, 0); population.margins.len()], ..Survey::default() }
    }

    /// Counts a household; `receives` says of a programme (by index) and a member (none: the household) whether it is paid.
    pub fn count(&mut self, population: &Population, house: &House, receives: &dyn Fn(usize, Option<usize>) -> bool) {
        self.households += 1;
        self.persons += house.members.len() as u64;
        for (margin, count) in population.margins.iter().zip(&mut self.counts) {
            match margin.of {
                Entity::Household => add(margin, house, None, receives, count),
                Entity::Person => {
                    (0..house.members.len()).for_each(|m| add(margin, house, Some(m), receives, count));
                }
            }
        }
    }

    /// Adds what another survey counted.
    pub fn add(&mut self, other: &Survey) {
        self.households += other.households;
        self.persons += other.persons;
        for (mine, theirs) in self.counts.iter_mut().zip(&other.counts) {
            mine.0 += theirs.0;
            mine.1 += theirs.1;
        }
    }

    /// Writes each margin beside its target.
    pub(crate) fn write(&self, population: &Population, file: &Path) -> Result<(), csv::Error> {
        let mut writer = csv::Writer::from_path(file)?;
        writer.write_record([
            "margin",
            "target",
            "found",
            "deviation_percent",
            "tolerance_percent",
            "met",
            "fitted",
            "counted",
            "source",
            "confidence",
            "note",
        ])?;
        for line in self.lines(population) {
            let number = |n: Option<f64>| n.map(|n| format!("{n:.3}")).unwrap_or_default();
            let yes = |is: bool| if is { "yes" } else { "no" }.to_owned();
            writer.write_record([
                line.id.clone(),
                line.target.to_string(),
                number(line.found),
                number(line.deviation),
                line.tolerance.to_string(),
                yes(line.is_met()),
                yes(line.fitted),
                line.counted.to_string(),
                line.sources.join(";"),
                line.confidence.map(Confidence::word).unwrap_or_default().to_owned(),
                line.note,
            ])?;
        }
        writer.flush().map_err(Into::into)
    }

    /// Each margin beside its target.
    pub fn lines(&self, population: &Population) -> Vec<Line> {
        let line = |(margin, (sum, counted)): (&Margin, &(i128, u64))| {
            let scale = if matches!(margin.measure, Measure::Mean(_)) { 1.0 / margin.unit } else { 100.0 };
            #[allow(clippy::cast_precision_loss)] // for reading
            let found = (*counted > 0).then(|| scale * *sum as f64 / *counted as f64);
            Line {
                id: margin.id.clone(),
                target: margin.target,
                found,
                deviation: found.filter(|_| margin.target > 0.0).map(|f| (f / margin.target - 1.0) * 100.0),
                percent: !matches!(margin.measure, Measure::Mean(_)),
                tolerance: margin.tolerance,
                fitted: margin.fit,
                counted: *counted,
                sources: margin.sources.clone(),
                confidence: margin.confidence,
                note: margin.note.clone(),
            }
        };
        population.margins.iter().zip(&self.counts).map(line).collect()
    }
}

fn add(
    margin: &Margin,
    house: &House,
    member: Option<usize>,
    receives: &dyn Fn(usize, Option<usize>) -> bool,
    count: &mut (i128, u64),
) {
    if !house.holds(&margin.among, member) {
        return;
    }
    let value = match &margin.measure {
        Measure::Percent(when) => Some(i64::from(house.holds(when, member))),
        Measure::Mean(what) => house.value(*what, member),
        Measure::Receives(any) => Some(i64::from(any.iter().any(|p| receives(*p, member) || receives(*p, None)))),
    };
    if let Some(value) = value {
        count.0 += i128::from(value);
        count.1 += 1;
    }
}

impl Line {
    /// Whether the margin is met: by a percent of the target that it may differ, and the chance that lies in a sample (three
    /// standard errors of a share; of a mean those of values that vary as much as they are large).
    pub fn is_met(&self) -> bool {
        let Some(found) = self.found else { return false };
        let counted = real(i64::try_from(self.counted).unwrap_or(i64::MAX)).max(1.0);
        let spread = if self.percent { (self.target * (100.0 - self.target)).max(0.0).sqrt() } else { self.target };
        (found - self.target).abs() <= self.target * self.tolerance / 100.0 + 3.0 * spread / counted.sqrt()
    }
}
