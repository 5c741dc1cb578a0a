//! Worked cases of surveys: `survey-cases/*.yaml` of a pack, which an official can read and write.

use std::collections::BTreeMap;

use catalogue::Pack;
use serde::Deserialize;
use visit::cases::{FamilyFile, Report, run_files};

use crate::wave::waves;

/// One case.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Its id.
    pub id: String,
    /// What it shows, and where the expectation comes from.
    pub why: String,
    /// The survey.
    pub survey: String,
    /// The family, as in cases of visit protocols.
    pub family: FamilyFile,
    /// Every occasion on which it is asked, with its days as `2026-07-30..2026-08-13`, and no others.
    pub expect: BTreeMap<String, String>,
}

/// Runs all cases of a pack whose id contains `only`.
pub fn run(pack: &Pack, only: &str) -> Report {
    run_files(pack, "surveys", "survey-cases/", |case: &Case| {
        case.id.contains(only).then(|| (case.id.clone(), differences(pack, case)))
    })
}

fn differences(pack: &Pack, case: &Case) -> Vec<String> {
    let Some(survey) = pack.surveys().get(&case.survey) else {
        return vec![format!("there is no survey \"{}\"", case.survey)];
    };
    let asked = waves(survey, &case.family.family());
    let got: BTreeMap<&String, String> =
        asked.iter().map(|a| (&a.occasion, format!("{}..{}", a.opens, a.closes))).collect();
    let mut faults = Vec::new();
    for (occasion, expected) in &case.expect {
        let got = got.get(occasion).map_or("not asked", String::as_str);
        if got != expected {
            faults.push(format!("{occasion}: expected {expected}, got {got}"));
        }
    }
    let more = got.iter().filter(|(occasion, _)| !case.expect.contains_key(**occasion));
    faults.extend(more.map(|(occasion, days)| format!("{occasion}: asked {days}, and not expected")));
    faults
}
