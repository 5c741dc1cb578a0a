//! Worked cases of indicators: `indicator-cases/*.yaml` of a pack, which an official can read and write: families and visits in,
//! what may be told out.

use std::collections::BTreeMap;

use catalogue::Pack;
use kernel::{AccountId, Date, PersonId};
use serde::Deserialize;
use uuid::Uuid;
use visit::cases::{Report, run_files};
use visit::instrument::Answers;
use visit::model::EndingWord;
use visit::whole::Contact;

use crate::columns::{Builder, Family};
use crate::publish::Figure;
use crate::round::figures;

/// One case.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Its id.
    pub id: String,
    /// What it shows, and where the expectation comes from.
    pub why: String,
    /// The day looked at.
    pub on: Date,
    /// Families.
    #[serde(default)]
    families: Vec<FamilyFile>,
    /// Referrals.
    #[serde(default)]
    referrals: Vec<ReferralFile>,
    /// By indicator everything that is said of it, and nothing else: `2026-06 kr-11` and `12 of 14` or `kept back`. Indicators that
    /// are not named are not compared.
    pub expect: BTreeMap<String, BTreeMap<String, String>>,
}

/// So many families alike.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FamilyFile {
    #[serde(default = "one")]
    times: u32,
    place: String,
    fifth: Option<u8>,
    protocol: String,
    entered: Date,
    agreed: Option<Date>,
    left: Option<Date>,
    due: Option<Date>,
    lost: Option<Date>,
    #[serde(default)]
    children: Vec<ChildFile>,
    #[serde(default)]
    levels: Vec<LevelFile>,
    #[serde(default)]
    visits: Vec<VisitFile>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ChildFile {
    born: Date,
    died: Option<Date>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LevelFile {
    from: Date,
    protocol: String,
    tier: Option<String>,
}

/// A visit; without an ending an assessment.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct VisitFile {
    on: Date,
    ending: Option<EndingWord>,
    minutes: Option<u32>,
    #[serde(default)]
    nurse: u32,
    #[serde(default)]
    topics: Vec<String>,
    #[serde(default)]
    answers: BTreeMap<String, Answers>,
}

/// So many referrals alike, each of another person unless one is named.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReferralFile {
    #[serde(default = "one")]
    times: u32,
    place: String,
    person: Option<u32>,
    sent: Date,
    completed: Option<Date>,
}

const fn one() -> u32 {
    1
}

/// Runs all cases of a pack whose id contains `only`.
pub fn run(pack: &Pack, only: &str) -> Report {
    run_files(pack, "indicators", "indicator-cases/", |case: &Case| {
        case.id.contains(only).then(|| (case.id.clone(), differences(pack, case)))
    })
}

fn differences(pack: &Pack, case: &Case) -> Vec<String> {
    let Some(indicators) = pack.indicators() else { return vec!["the pack has no indicators.toml".to_owned()] };
    let mut faults: Vec<String> = Vec::new();
    let known = |id: &String| indicators.all.iter().any(|i| i.id == *id);
    faults.extend(case.expect.keys().filter(|id| !known(id)).map(|id| format!("there is no indicator \"{id}\"")));
    let mut builder = Builder::new(pack, indicators);
    for it in &case.families {
        let family = it.family();
        (0..it.times).for_each(|_| builder.family(&family));
    }
    for (n, it) in (1_u128..).zip(&case.referrals) {
        for time in 0..it.times {
            let person = it.person.map_or((n << 64) + u128::from(time), u128::from);
            builder.referral(&it.place, PersonId(Uuid::from_u128(person)), it.sent, it.completed);
        }
    }
    for (indicator, figures) in figures(pack, &builder.columns(), case.on) {
        let Some(expected) = case.expect.get(&indicator.id) else { continue };
        let told =
            |told: Option<(u64, u64)>| told.map_or_else(|| "kept back".to_owned(), |(n, of)| format!("{n} of {of}"));
        let at = |f: &Figure| format!("{} {} {}", f.period, f.place, f.part).trim_end().to_owned();
        let mut got: BTreeMap<String, String> = figures.iter().map(|f| (at(f), told(f.told))).collect();
        for (at, expected) in expected {
            let got = got.remove(at).unwrap_or_else(|| "nothing".to_owned());
            if got != *expected {
                faults.push(format!("{} {at}: expected {expected}, got {got}", indicator.id));
            }
        }
        faults.extend(got.into_iter().map(|(at, got)| format!("{} {at}: {got}, and not expected", indicator.id)));
    }
    faults
}

impl FamilyFile {
    fn family(&self) -> Family {
        let contact = |v: &VisitFile| Contact {
            on: v.on,
            ending: v.ending,
            minutes: v.minutes,
            account: AccountId(Uuid::from_u128(u128::from(v.nurse))),
            topics: v.topics.clone(),
            answers: v.answers.iter().map(|(key, answers)| (key.clone(), answers.clone())).collect(),
        };
        Family {
            place: self.place.clone(),
            fifth: self.fifth,
            protocol: self.protocol.clone(),
            entered: self.entered,
            agreed: self.agreed,
            left: self.left,
            due: self.due,
            lost: self.lost,
            children: self.children.iter().map(|c| (c.born, c.died)).collect(),
            levels: self.levels.iter().map(|l| (l.from, l.protocol.clone(), l.tier.clone())).collect(),
            contacts: self.visits.iter().map(contact).collect(),
        }
    }
}
