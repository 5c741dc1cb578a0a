//! Worked cases of visit protocols: `visit-cases/*.yaml` of a pack, which an official can read and write.

use std::collections::BTreeMap;

use catalogue::Pack;
use jiff::civil::Date;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::schedule::{Child, DoseState, Ending, Family, Made, NotNeeded, Planned, State, fidelity, schedule};

/// One case.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Its id.
    pub id: String,
    /// What it shows, and where the expectation comes from.
    pub why: String,
    /// The protocol as `id@version`.
    pub protocol: String,
    /// The family.
    pub family: FamilyFile,
    /// The day looked at.
    pub on: Date,
    /// Visit and how it stands: `2026-06-07..2026-06-13 due`. Visits that are not named are not compared.
    #[serde(default)]
    pub expect: BTreeMap<String, String>,
    /// Topics carried over to a visit.
    #[serde(default)]
    pub carried: BTreeMap<String, Vec<String>>,
    /// Visits that must not be in the schedule at all.
    #[serde(default)]
    pub absent: Vec<String>,
    /// reached, on_the_way, out_of_reach; left out: not compared.
    pub dose: Option<String>,
    /// For dates that cannot be: a part of the message.
    pub refused: Option<String>,
}

/// A family in a file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FamilyFile {
    entered: Date,
    due: Option<Date>,
    lost: Option<Date>,
    #[serde(default)]
    children: Vec<ChildFile>,
    #[serde(default)]
    tiers: Vec<TierFile>,
    left: Option<Date>,
    #[serde(default)]
    made: Vec<MadeFile>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ChildFile {
    born: Date,
    discharged: Option<Date>,
    died: Option<Date>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TierFile {
    from: Date,
    tier: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MadeFile {
    visit: String,
    on: Date,
    #[serde(default)]
    ending: EndingFile,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum EndingFile {
    #[default]
    Done,
    NoAccess,
    Refused,
    NurseAway,
}

impl FamilyFile {
    /// Reads one family from YAML; the message names line and column.
    pub fn read(text: &str) -> Result<FamilyFile, String> {
        serde_saphyr::from_str(text).map_err(|why| why.to_string())
    }

    /// As the schedule wants it.
    pub fn family(&self) -> Family {
        let ending = |e| match e {
            EndingFile::Done => Ending::Done,
            EndingFile::NoAccess => Ending::NoAccess,
            EndingFile::Refused => Ending::Refused,
            EndingFile::NurseAway => Ending::NurseAway,
        };
        let child = |c: &ChildFile| Child { born: c.born, discharged: c.discharged, died: c.died };
        let made = |m: &MadeFile| Made { visit: m.visit.clone(), on: m.on, ending: ending(m.ending) };
        Family {
            entered: self.entered,
            due: self.due,
            lost: self.lost,
            children: self.children.iter().map(child).collect(),
            tiers: self.tiers.iter().map(|t| (t.from, t.tier.clone())).collect(),
            left: self.left,
            made: self.made.iter().map(made).collect(),
        }
    }
}

/// Cases that hold, and what is wrong with the others.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// What the cases are of.
    pub what: &'static str,
    /// How many hold.
    pub good: usize,
    /// Case by case: what was expected and what came.
    pub bad: Vec<String>,
}

impl Report {
    /// One line a failure, then the sum.
    pub fn text(&self) -> String {
        let mut lines = self.bad.clone();
        lines.push(format!("{}: {} of {} cases hold", self.what, self.good, self.good + self.bad.len()));
        lines.join("\n")
    }
}

/// Runs all cases of a pack whose id contains `only`.
pub fn run(pack: &Pack, only: &str) -> Report {
    run_files(pack, "visit schedules", "visit-cases/", |case: &Case| {
        case.id.contains(only).then(|| (case.id.clone(), differences(pack, case)))
    })
}

/// Runs the cases of all files below a folder of the pack. `holds` says of a case its id and what is wrong with it; nothing of
/// one that was not asked for.
pub fn run_files<C: DeserializeOwned>(
    pack: &Pack,
    what: &'static str,
    folder: &str,
    holds: impl Fn(&C) -> Option<(String, Vec<String>)>,
) -> Report {
    let mut report = Report { what, ..Report::default() };
    for (path, bytes) in pack.files().iter().filter(|(path, _)| path.starts_with(folder)) {
        let cases: Vec<C> = match serde_saphyr::from_slice(bytes) {
            Ok(cases) => cases,
            Err(why) => {
                report.bad.push(format!("{path}: {why}"));
                continue;
            }
        };
        for (id, faults) in cases.iter().filter_map(&holds) {
            report.good += usize::from(faults.is_empty());
            if !faults.is_empty() {
                report.bad.push(format!("{path}: {id}: {}", faults.join("; ")));
            }
        }
    }
    report
}

fn differences(pack: &Pack, case: &Case) -> Vec<String> {
    let Some(protocol) = pack.protocols().get(&case.protocol) else {
        return vec![format!("there is no protocol \"{}\"", case.protocol)];
    };
    let family = case.family.family();
    let all = match (schedule(protocol, &family, case.on), &case.refused) {
        (Ok(all), None) => all,
        (Ok(_), Some(expected)) => return vec![format!("expected to be refused: {expected}")],
        (Err(why), Some(expected)) if why.to_string().contains(expected.as_str()) => return Vec::new(),
        (Err(why), _) => return vec![why.to_string()],
    };
    let mut faults = Vec::new();
    let find = |id: &str| all.iter().find(|p| p.visit == id);
    for (id, expected) in &case.expect {
        let got = find(id).map_or_else(|| "not in the schedule".to_owned(), told);
        if got != *expected {
            faults.push(format!("{id}: expected {expected}, got {got}"));
        }
    }
    for (id, expected) in &case.carried {
        let got = find(id).map(|p| p.carried.as_slice()).unwrap_or_default();
        if got != expected.as_slice() {
            faults.push(format!("{id}: expected {expected:?} carried over, got {got:?}"));
        }
    }
    faults.extend(case.absent.iter().filter(|id| find(id).is_some()).map(|id| format!("{id} is in the schedule")));
    if let Some(expected) = &case.dose {
        let doses = fidelity(protocol, &family, &all).doses;
        let got = doses.keys().next().map_or("none", |dose| match dose {
            DoseState::Reached => "reached",
            DoseState::OnTheWay => "on_the_way",
            DoseState::OutOfReach => "out_of_reach",
        });
        if got != expected {
            faults.push(format!("dose: expected {expected}, got {got}"));
        }
    }
    faults
}

/// Window and state in the words of a case: `2026-06-07..2026-06-13 due`.
pub fn told(planned: &Planned) -> String {
    let state = match &planned.state {
        State::Ahead => "ahead".to_owned(),
        State::Due => "due".to_owned(),
        State::Late { until } => format!("late, until {until}"),
        State::Done { on, in_window: true } => format!("done on {on}"),
        State::Done { on, in_window: false } => format!("done on {on}, outside the window"),
        State::Missed { last: None } => "missed".to_owned(),
        State::Missed { last: Some(ending) } => {
            let name = Ending::ALL.iter().find(|(_, e)| e == ending).map_or("", |(name, _)| *name);
            format!("missed, {name}")
        }
        State::NotNeeded(reason) => match reason {
            NotNeeded::EnteredLater => "not needed: entered later",
            NotNeeded::AlreadyBorn => "not needed: already born",
            NotNeeded::Loss => "not needed: loss",
            NotNeeded::Left => "not needed: left",
            NotNeeded::Over => "not needed: over",
        }
        .to_owned(),
    };
    format!("{}..{} {state}", planned.window.opens, planned.window.closes)
}
