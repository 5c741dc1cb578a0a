//! Worked cases of scores: `score-cases/*.yaml` of a pack, which an official can read and write.

use catalogue::Pack;
use jiff::civil::Date;
use serde::Deserialize;

use super::{Answers, accepted, asked, score};
use crate::cases::{Report, run_files};

/// One case.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    id: String,
    /// What it shows, and where the expectation comes from.
    #[serde(rename = "why")]
    _why: String,
    /// The instrument as `id@version`.
    instrument: String,
    /// The day of the answers.
    on: Date,
    #[serde(default)]
    answers: Answers,
    #[serde(default)]
    expect: Expect,
    /// For answers that cannot be given: a part of the message.
    refused: Option<String>,
}

/// What is expected; what is left out is not compared.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expect {
    points: Option<i64>,
    /// The English name of the band.
    band: Option<String>,
    protocol: Option<String>,
    tier: Option<String>,
    /// Kinds of what cannot wait, all of them.
    safety: Option<Vec<String>>,
    skipped: Option<Vec<String>>,
    #[serde(default)]
    asked: Vec<String>,
    #[serde(default)]
    not_asked: Vec<String>,
}

/// Runs all cases of a pack whose id contains `only`.
pub fn run(pack: &Pack, only: &str) -> Report {
    run_files(pack, "scores", "score-cases/", |case: &Case| {
        case.id.contains(only).then(|| (case.id.clone(), differences(pack, case)))
    })
}

fn differences(pack: &Pack, case: &Case) -> Vec<String> {
    let Some(instrument) = pack.instruments().get(&case.instrument) else {
        return vec![format!("there is no instrument \"{}\"", case.instrument)];
    };
    let answers = match (accepted(instrument, &case.answers), &case.refused) {
        (Ok(answers), None) => answers,
        (Ok(_), Some(expected)) => return vec![format!("expected to be refused: {expected}")],
        (Err(faults), expected) => {
            let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
            let told = told.join("; ");
            let fine = expected.as_ref().is_some_and(|expected| told.contains(expected.as_str()));
            return if fine { Vec::new() } else { vec![told] };
        }
    };
    let mut faults = Vec::new();
    let shown: Vec<&str> = asked(instrument, &answers).iter().map(|q| q.id.as_str()).collect();
    let expect = &case.expect;
    faults
        .extend(expect.asked.iter().filter(|id| !shown.contains(&id.as_str())).map(|id| format!("{id} is not asked")));
    faults.extend(expect.not_asked.iter().filter(|id| shown.contains(&id.as_str())).map(|id| format!("{id} is asked")));
    let Some(rule) = pack.score_on(&instrument.id, case.on) else {
        if expect.points.is_some() || expect.safety.is_some() {
            faults.push(format!("no score is in force on {}", case.on));
        }
        return faults;
    };
    let scored = score(rule, instrument, &answers);
    let mut same = |what: &str, expected: Option<String>, got: String| {
        if let Some(expected) = expected.filter(|e| *e != got) {
            faults.push(format!("{what}: expected {expected}, got {got}"));
        }
    };
    let band = |of: fn(&catalogue::model::Band) -> Option<String>| {
        scored.band.and_then(of).unwrap_or_else(|| "none".to_owned())
    };
    let mut safety: Vec<&str> = scored.safety.iter().map(|s| s.kind.as_str()).collect();
    safety.sort_unstable();
    safety.dedup();
    same("points", expect.points.map(|n| n.to_string()), scored.points.to_string());
    same("band", expect.band.clone(), band(|b| Some(b.name.get(kernel::Lang::En).to_owned())));
    same("protocol", expect.protocol.clone(), band(|b| b.protocol.clone()));
    same("tier", expect.tier.clone(), band(|b| b.tier.clone()));
    same("safety", expect.safety.as_ref().map(|s| s.join(", ")), safety.join(", "));
    same("skipped", expect.skipped.as_ref().map(|s| s.join(", ")), scored.skipped.join(", "));
    faults
}
