//! When a family is asked: a pure function of the survey and the family's dates.

use catalogue::model::{After, Survey, SurveyPoint, SurveyWave};
use jiff::ToSpan as _;
use kernel::Date;
use visit::schedule::{Ending, Family};

/// A family is asked once between two days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The wave of the survey.
    pub wave: String,
    /// The occasion: the wave, and the visit where it is about one.
    pub occasion: String,
    /// The day it is counted from: a visit, birth, or the last day.
    pub since: Date,
    /// The first day.
    pub opens: Date,
    /// The last day.
    pub closes: Date,
}

impl Asked {
    /// Whether it is asked on a day.
    pub fn is_open(&self, on: Date) -> bool {
        (self.opens..=self.closes).contains(&on)
    }

    fn overlaps(&self, other: &Asked) -> bool {
        self.opens <= other.closes && other.opens <= self.closes
    }
}

/// All occasions on which a family is asked, the first day first. None for a family that lost a pregnancy or a child.
pub fn waves(survey: &Survey, family: &Family) -> Vec<Asked> {
    if family.mourns() {
        return Vec::new();
    }
    let all: Vec<Asked> = survey.waves.iter().flat_map(|wave| occasions(wave, family)).collect();
    let gives_way = |asked: &Asked| {
        let unless = survey.wave(&asked.wave).map(|w| w.unless.as_slice()).unwrap_or_default();
        all.iter().any(|other| unless.contains(&other.wave) && other.overlaps(asked))
    };
    let mut kept: Vec<Asked> = all.iter().filter(|asked| !gives_way(asked)).cloned().collect();
    kept.sort_by(|a, b| (a.opens, &a.occasion).cmp(&(b.opens, &b.occasion)));
    kept
}

fn occasions(wave: &SurveyWave, family: &Family) -> Vec<Asked> {
    let asked = |since: Date, occasion: String| Asked {
        wave: wave.id.clone(),
        occasion,
        since,
        opens: later(since, wave.opens),
        closes: later(since, wave.closes),
    };
    match &wave.after {
        SurveyPoint::Visit(visits) => {
            let mut done: Vec<(&str, Date)> = family
                .made
                .iter()
                .filter(|m| m.ending == Ending::Done)
                .filter(|m| visits.iter().any(|v| v == m.visit.split('/').next().unwrap_or(&m.visit)))
                .map(|m| (m.visit.as_str(), m.on))
                .collect();
            done.sort_unstable();
            done.dedup_by(|a, b| a.0 == b.0);
            done.into_iter().map(|(visit, on)| asked(on, format!("{}/{visit}", wave.id))).collect()
        }
        // Whoever left before is asked when they leave, and no more.
        SurveyPoint::Birth => {
            let born = family.born().map(|born| asked(born, wave.id.clone()));
            born.filter(|a| family.left.is_none_or(|left| left >= a.opens)).into_iter().collect()
        }
        SurveyPoint::Exit => family.left.map(|left| asked(left, wave.id.clone())).into_iter().collect(),
    }
}

fn later(day: Date, after: After) -> Date {
    match after {
        After::Days(days) => day.saturating_add(i64::from(days).days()),
        After::Months(months) => day.saturating_add(i64::from(months).months()),
    }
}
