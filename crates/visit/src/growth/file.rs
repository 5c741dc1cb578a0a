//! A table of measurements, scored row by row: for researchers, and for a check against other programs.

use std::io::{Read, Write};

use jiff::civil::Date;

use super::Sex;
use super::score::{Measurement, Posture, Score, Scores, Unscored, corrected_age, score};

/// Columns that are read; others pass through untouched.
const COLUMNS: &[&str] = &[
    "sex",
    "age_days",
    "age_months",
    "birth_date",
    "measured_on",
    "gestation_weeks",
    "weight_kg",
    "length_height_cm",
    "measured",
    "head_circumference_cm",
    "arm_circumference_cm",
    "oedema",
];

/// Columns that are added.
const ADDED: &[&str] = &[
    "scored_age_days",
    "scored_length_cm",
    "bmi",
    "z_wfa",
    "z_lhfa",
    "z_wflh",
    "z_bmifa",
    "z_hcfa",
    "z_acfa",
    "flags",
    "not_scored",
    "problem",
];

/// Days in a month of age, as WHO counts: a year of 365.25 in twelve.
const MONTH: f64 = 30.4375;

/// Why a table cannot be scored at all.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The file cannot be opened, or the result cannot be written.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// It is not a table of comma-separated values.
    #[error("{0}")]
    Csv(#[from] csv::Error),
    /// A column that is needed is not there.
    #[error("line 1: there is no column `{missing}`; {hint}")]
    Column {
        /// What is missing.
        missing: &'static str,
        /// What to do.
        hint: &'static str,
    },
}

/// What came of a table.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Rows with data.
    pub rows: usize,
    /// Rows whose measurements were scored.
    pub scored: usize,
    /// Scores where measurements cannot be (WHO's flags): measured or written down wrongly.
    pub flagged: usize,
    /// Rows that could not be read: line, column, what was expected.
    pub refused: Vec<Refused>,
}

/// One row that could not be read.
#[derive(Debug, PartialEq, Eq)]
pub struct Refused {
    /// The line of the file.
    pub line: u64,
    /// The column.
    pub column: &'static str,
    /// What was there and what was expected.
    pub why: String,
}

/// Scores a table of comma-separated values and writes it with the scores beside the rows.
///
/// The age is `age_days`, or `age_months`, or comes from `birth_date` and `measured_on` (with `gestation_weeks`: corrected until two years).
/// A row that cannot be read keeps its place, without scores and with the reason under `problem`.
pub fn score_file(from: impl Read, to: impl Write) -> Result<Report, FileError> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(from);
    let header = reader.headers()?.clone();
    let place = places(&header)?;
    let mut writer = csv::Writer::from_writer(to);
    writer.write_record(header.iter().chain(ADDED.iter().copied()))?;
    let mut report = Report::default();
    for record in reader.records() {
        let record = record?;
        report.rows += 1;
        let line = record.position().map_or(0, csv::Position::line);
        let row = Row { record: &record, place: &place };
        let added = match row.measurement() {
            Ok(of) => {
                report.scored += 1;
                let scores = score(&of);
                report.flagged += each(&scores).iter().filter(|(_, s)| s.is_ok_and(|s| !s.plausible)).count();
                written(&of, &scores)
            }
            Err((column, why)) => {
                let mut added = vec![String::new(); ADDED.len() - 1];
                added.push(format!("{column}: {why}"));
                report.refused.push(Refused { line, column, why });
                added
            }
        };
        writer.write_record(record.iter().chain(added.iter().map(String::as_str)))?;
    }
    writer.flush()?;
    Ok(report)
}

/// Where each column stands.
fn places(header: &csv::StringRecord) -> Result<Vec<Option<usize>>, FileError> {
    let find = |name: &str| header.iter().position(|h| h.trim_start_matches('\u{feff}').eq_ignore_ascii_case(name));
    if find("sex").is_none() {
        return Err(FileError::Column { missing: "sex", hint: "write F or M in a column of that name" });
    }
    if ["age_days", "age_months", "birth_date"].iter().all(|name| find(name).is_none()) {
        let hint = "an age is needed: `age_days`, `age_months`, or `birth_date` with `measured_on`";
        return Err(FileError::Column { missing: "age_days", hint });
    }
    if find("birth_date").is_some() && find("measured_on").is_none() && find("age_days").is_none() {
        let hint = "beside `birth_date` the day of the measurement is needed";
        return Err(FileError::Column { missing: "measured_on", hint });
    }
    Ok(COLUMNS.iter().map(|name| find(name)).collect())
}

struct Row<'r> {
    record: &'r csv::StringRecord,
    place: &'r [Option<usize>],
}

type Wrong = (&'static str, String);

impl Row<'_> {
    /// What stands under a column; `None` when it is empty, or `NA` as statistics programs write it.
    fn text(&self, column: &'static str) -> Option<&str> {
        let n = COLUMNS.iter().position(|c| *c == column)?;
        let field = self.record.get((*self.place.get(n)?)?)?;
        Some(field).filter(|f| !f.is_empty() && !f.eq_ignore_ascii_case("na"))
    }

    fn number(&self, column: &'static str, low: f64, high: f64) -> Result<Option<f64>, Wrong> {
        let Some(text) = self.text(column) else { return Ok(None) };
        match text.parse::<f64>() {
            Ok(n) if n >= low && n <= high => Ok(Some(n)),
            _ => Err((column, format!("«{text}», expected a number from {low} to {high}"))),
        }
    }

    fn date(&self, column: &'static str) -> Result<Option<Date>, Wrong> {
        let Some(text) = self.text(column) else { return Ok(None) };
        let wrong = |_| (column, format!("«{text}», expected a day as 2026-03-31"));
        text.parse::<Date>().map(Some).map_err(wrong)
    }

    fn choice<T: Copy>(&self, column: &'static str, known: &[(&str, T)]) -> Result<Option<T>, Wrong> {
        let Some(text) = self.text(column) else { return Ok(None) };
        let hit = known.iter().find(|(name, _)| name.eq_ignore_ascii_case(text));
        let names = || known.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        hit.map(|(_, t)| Some(*t)).ok_or_else(|| (column, format!("«{text}», expected one of {}", names())))
    }

    fn age(&self) -> Result<Option<u32>, Wrong> {
        if let Some(days) = self.number("age_days", 0.0, 36_525.0)? {
            return Ok(Some(days.round() as u32));
        }
        if let (Some(born), Some(on)) = (self.date("birth_date")?, self.date("measured_on")?) {
            if on < born {
                return Err(("measured_on", format!("{on} is before birth on {born}")));
            }
            let weeks = self.number("gestation_weeks", 20.0, 45.0)?;
            let gestation = weeks.map(|w| (w * 7.0).round() as i32);
            return match corrected_age(born, gestation, on) {
                Some(age) => Ok(Some(age)),
                None => Err(("measured_on", format!("{on} is before the day birth was expected: no standard applies"))),
            };
        }
        Ok(self.number("age_months", 0.0, 1_200.0)?.map(|m| (m * MONTH).round() as u32))
    }

    fn measurement(&self) -> Result<Measurement, Wrong> {
        let sexes = [("F", Sex::Female), ("M", Sex::Male), ("female", Sex::Female), ("male", Sex::Male)];
        let postures = [("L", Posture::Lying), ("H", Posture::Standing)];
        let yes = [("y", true), ("n", false), ("true", true), ("false", false), ("1", true), ("0", false)];
        let sex = self.choice("sex", &sexes)?;
        Ok(Measurement {
            sex: sex.ok_or_else(|| ("sex", "empty, expected F or M".to_owned()))?,
            age_days: self.age()?,
            weight_kg: self.number("weight_kg", 0.3, 60.0)?,
            length_cm: self.number("length_height_cm", 20.0, 150.0)?,
            posture: self.choice("measured", &postures)?,
            head_cm: self.number("head_circumference_cm", 15.0, 65.0)?,
            arm_cm: self.number("arm_circumference_cm", 4.0, 40.0)?,
            oedema: self.choice("oedema", &yes)?.unwrap_or(false),
        })
    }
}

fn each(scores: &Scores) -> [(&'static str, Result<Score, Unscored>); 6] {
    [
        ("z_wfa", scores.weight_for_age),
        ("z_lhfa", scores.length_for_age),
        ("z_wflh", scores.weight_for_length),
        ("z_bmifa", scores.bmi_for_age),
        ("z_hcfa", scores.head_for_age),
        ("z_acfa", scores.arm_for_age),
    ]
}

fn why(reason: Unscored) -> Option<&'static str> {
    match reason {
        Unscored::NotMeasured => None,
        Unscored::AgeUnknown => Some("age unknown"),
        Unscored::AgeOutside => Some("age outside the standard"),
        Unscored::LengthOutside => Some("length outside the standard"),
        Unscored::Oedema => Some("oedema"),
    }
}

fn written(of: &Measurement, scores: &Scores) -> Vec<String> {
    let short = |n: Option<f64>| n.map_or_else(String::new, |n| format!("{n:.2}"));
    let each = each(scores);
    let mut out =
        vec![of.age_days.map_or_else(String::new, |d| d.to_string()), short(scores.length_cm), short(scores.bmi)];
    out.extend(each.iter().map(|(_, s)| short(s.ok().map(Score::rounded))));
    let flags = each.iter().filter(|(_, s)| s.is_ok_and(|s| !s.plausible)).map(|(name, _)| *name);
    out.push(flags.collect::<Vec<_>>().join(" "));
    let reasons = each.iter().filter_map(|(name, s)| Some(format!("{name}: {}", why(s.err()?)?)));
    out.push(reasons.collect::<Vec<_>>().join("; "));
    out.push(String::new());
    out
}
