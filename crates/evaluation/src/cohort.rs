//! The families of a study: those that agreed to it and whose baseline is known, each once. A machine's look; nothing is shown to anybody.

use std::collections::BTreeMap;

use catalogue::model::{CovariateSource, Study, Treated};
use guard::log::{Crown, Hash, leaf_hash};
use kernel::{Date, Instant, PersonId};
use store::{StoreError, Tx};
use uuid::Uuid;
use visit::Desk;
use visit::model::Assessment;
use visit::roll::{self, History};
use visit::tier::band_of;

/// How many people are read at a time.
const PAGE: u32 = 500;

/// An answer that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The points.
    pub value: i64,
    /// The week of the child's life in which it was given.
    pub week: i64,
}

/// A family of a study.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// Who agreed.
    pub person: PersonId,
    /// Whether it had what is studied.
    pub treated: bool,
    /// What was known before, in the order of the study; `None`: it was not said.
    pub covariates: Vec<Option<f64>>,
    /// What came of it, in the order of the study; `None`: it was not asked yet or did not answer.
    pub outcomes: Vec<Option<Outcome>>,
}

/// Everybody who agrees to a study now, in the order of their ids.
///
/// # Errors
/// The database.
pub async fn agreed(tx: &mut Tx, study: &Study) -> Result<Vec<PersonId>, StoreError> {
    let (mut all, mut after) = (Vec::new(), PersonId(Uuid::nil()));
    loop {
        let page = casework::application::consent::agreed(tx, &study.consent, after, PAGE).await?;
        let Some(last) = page.last().copied() else { break };
        after = last;
        for person in page {
            all.push(registry::read::surviving(tx, person).await?);
        }
    }
    all.sort_unstable();
    all.dedup();
    Ok(all)
}

/// The root over everybody's id, as the disclosure log keeps it.
pub fn root(persons: &[PersonId]) -> Hash {
    let mut crown = Crown::default();
    persons.iter().for_each(|person| crown.push(leaf_hash(person.0.as_bytes())));
    crown.root()
}

/// The families among these that the study compares, with what they answered before a moment. Left out are families without a baseline,
/// those that wait for their birth, those that mourn, and where the study says so those for which the rule did not propose it.
///
/// # Errors
/// The database.
pub async fn members(
    tx: &mut Tx,
    desk: &Desk<'_>,
    study: &Study,
    persons: &[PersonId],
    before: Instant,
) -> Result<Vec<Member>, StoreError> {
    let mut all = Vec::new();
    for person in persons {
        let histories = roll::histories(tx, *person).await?;
        let Some(found) = histories.iter().find_map(|history| begun(desk, study, history)) else { continue };
        let answers = survey::read::measured(tx, *person, found.history.enrolment.id, &study.survey).await?;
        let answers: BTreeMap<(&str, &str), Outcome> = answers
            .iter()
            .filter(|a| a.at < before)
            .map(|a| {
                let week = weeks(found.born, a.at.date(desk.pack.manifest().utc_offset_hours));
                ((a.wave.as_str(), a.measure.as_str()), Outcome { value: a.value, week })
            })
            .collect();
        all.push(Member {
            person: *person,
            treated: found.treated,
            covariates: study.covariates.iter().map(|c| found.covariate(desk, &c.from)).collect(),
            outcomes: study
                .outcomes
                .iter()
                .map(|o| answers.get(&(o.wave.as_str(), o.measure.as_str())).copied())
                .collect(),
        });
    }
    Ok(all)
}

/// A family whose baseline is known.
struct Begun<'a> {
    history: &'a History,
    born: Date,
    baseline: &'a Assessment,
    treated: bool,
}

fn begun<'a>(desk: &Desk<'_>, study: &Study, history: &'a History) -> Option<Begun<'a>> {
    let e = &history.enrolment;
    let born = e.dates.children.iter().map(|c| c.born).min()?;
    if e.consented_at.is_none() || e.family(&[], &[]).mourns() {
        return None;
    }
    let (_, baseline) = history.assessments.iter().find(|(_, a)| id_of(&a.instrument) == study.baseline)?;
    let last = born.saturating_add(jiff::Span::new().days(i64::from(study.treated.within_days)));
    let early = || history.tiers.iter().filter(|t| t.from <= last);
    let treated = early().any(|t| is_it(&study.treated, id_of(&t.protocol), t.tier.as_deref()));
    if study.treated.only_proposed {
        let own = id_of(&e.protocol);
        let band = band_of(desk, baseline).filter(|band| band.decides)?;
        let proposed = band.protocol.as_deref().unwrap_or(own);
        if !is_it(&study.treated, proposed, band.tier.as_deref()) {
            return None;
        }
    }
    Some(Begun { history, born, baseline, treated })
}

impl Begun<'_> {
    /// What was known before. A yes-or-no question that was skipped counts as no.
    fn covariate(&self, desk: &Desk<'_>, from: &CovariateSource) -> Option<f64> {
        match from {
            CovariateSource::Points => self.baseline.points.map(|points| points as f64),
            CovariateSource::EntryWeek => {
                // Not the day it came under its protocol: that is a later one for families that had more visits.
                let agreed = self.history.enrolment.consented_at?;
                Some(weeks(self.born, agreed.date(desk.pack.manifest().utc_offset_hours)) as f64)
            }
            CovariateSource::Item(item) => {
                let question = desk.pack.instruments().get(&self.baseline.instrument)?.question(item)?;
                let flag = matches!(question.kind, catalogue::model::AnswerKind::Boolean);
                let answer = self.baseline.answers.get(item).and_then(|a| a.number(question));
                answer.or(flag.then_some(0.0))
            }
        }
    }
}

/// Whether a level of need is what is studied.
fn is_it(treated: &Treated, protocol: &str, tier: Option<&str>) -> bool {
    let tiers = &treated.tiers;
    protocol == treated.protocol && (tiers.is_empty() || tier.is_some_and(|tier| tiers.iter().any(|t| t == tier)))
}

/// The id in `id@version`.
fn id_of(key: &str) -> &str {
    key.split('@').next().unwrap_or(key)
}

/// Whole weeks from one day to another; before it below 0.
fn weeks(from: Date, to: Date) -> i64 {
    i64::from((to - from).get_days().div_euclid(7))
}
