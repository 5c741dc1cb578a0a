//! The training ledger: what somebody attended, confirmed by somebody else. Hours and competencies follow from it.

use std::collections::BTreeMap;

use catalogue::model::{Competency, Workforce};
use guard::{Allowed, Who};
use jiff::ToSpan;
use kernel::{AccountId, CohortId, Date, TrainingId};
use store::{StoreError, Tx, params};

use crate::{Desk, Fault, rows, team};

/// A course, or a part of one, that somebody attended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attended {
    /// Its id.
    pub id: TrainingId,
    /// The course of the pack.
    pub course: String,
    /// Hours.
    pub hours: u32,
    /// The last day.
    pub ended_on: Date,
    /// The cohort it was held in, if it was one of ours.
    pub cohort: Option<CohortId>,
    /// Who confirmed it.
    pub confirmed_by: AccountId,
    /// Whether it was written by mistake, and taken back.
    pub withdrawn: bool,
}

/// How a competency stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fitness {
    /// Until this day.
    Until(Date),
    /// No longer since this day.
    Expired(Date),
    /// Never gained.
    Missing,
}

impl Fitness {
    /// Whether somebody is fit.
    pub fn holds(self) -> bool {
        matches!(self, Fitness::Until(_))
    }
}

/// What follows from a ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Hours that count: of each course no more than it has.
    pub hours: u32,
    /// Hours of each course that count.
    pub courses: BTreeMap<String, u32>,
    /// How each competency of the pack stands.
    pub fit: BTreeMap<String, Fitness>,
}

/// Hours and competencies on a day. A competency is gained on the day on which a whole course has been attended, in one piece or several,
/// and again with each whole course after.
pub fn standing(rules: &Workforce, ledger: &[Attended], today: Date) -> Standing {
    let mut counts: Vec<&Attended> = ledger.iter().filter(|a| !a.withdrawn && a.ended_on <= today).collect();
    counts.sort_by_key(|a| (a.ended_on, a.id));
    let mut courses = BTreeMap::new();
    let mut gained: BTreeMap<&str, Date> = BTreeMap::new();
    for course in &rules.courses {
        let mut sum = 0_u32;
        for part in counts.iter().filter(|a| a.course == course.id) {
            let whole = sum / course.hours.max(1);
            sum = sum.saturating_add(part.hours);
            if sum / course.hours.max(1) > whole
                && let Some(competency) = &course.competency
            {
                let last = gained.entry(competency).or_insert(part.ended_on);
                *last = (*last).max(part.ended_on);
            }
        }
        if sum > 0 {
            courses.insert(course.id.clone(), sum.min(course.hours));
        }
    }
    let fitness = |c: &Competency| match gained.get(c.id.as_str()) {
        None => Fitness::Missing,
        Some(on) => {
            let until = on.saturating_add(i64::from(c.months).months());
            if today <= until { Fitness::Until(until) } else { Fitness::Expired(until) }
        }
    };
    Standing {
        hours: courses.values().copied().fold(0, u32::saturating_add),
        courses,
        fit: rules.competencies.iter().map(|c| (c.id.clone(), fitness(c))).collect(),
    }
}

/// The competencies that families under a protocol ask for and this nurse does not have.
pub fn lacks<'r>(rules: &'r Workforce, standing: &Standing, protocol: &str) -> Vec<&'r Competency> {
    let asked = rules.competencies.iter().filter(|c| c.protocols.iter().any(|p| p == protocol));
    asked.filter(|c| !standing.fit.get(&c.id).is_some_and(|f| f.holds())).collect()
}

/// Somebody's ledger, the oldest first.
///
/// # Errors
/// The database.
pub async fn ledger(tx: &mut Tx, nurse: AccountId) -> Result<Vec<Attended>, StoreError> {
    let mut all: Vec<Attended> = Vec::new();
    for row in tx.all(rows::LEDGER, params![nurse]).await? {
        if row.maybe::<TrainingId>("withdraws_id")?.is_none() {
            all.push(rows::attended(&row)?);
        }
    }
    Ok(all)
}

/// What is written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// Its name: sent twice, it is one.
    pub id: TrainingId,
    /// Who attended.
    pub nurse: AccountId,
    /// The course.
    pub course: String,
    /// Hours attended.
    pub hours: u32,
    /// The last day.
    pub ended_on: Date,
}

/// A supervisor confirms that a nurse of the team attended a course, or a part of it. `allowed` is the guard's decision on
/// [`guard::Action::ManageTeam`].
///
/// # Errors
/// [`Fault`]; nothing is written then.
pub async fn note(tx: &mut Tx, desk: &Desk<'_>, who: &Who, allowed: &Allowed, input: &Input) -> Result<(), Fault> {
    team::led(tx, desk, who, allowed, &[input.nurse]).await?;
    if input.nurse == who.account {
        return Err(Fault::Oneself);
    }
    let rules = desk.pack.workforce().ok_or(Fault::NoRules)?;
    let course = rules.course(&input.course).ok_or(Fault::NoCourse)?;
    if !(1..=course.hours).contains(&input.hours) {
        return Err(Fault::Hours(course.hours));
    }
    if input.ended_on > desk.today() {
        return Err(Fault::Ahead(input.ended_on));
    }
    let (no_cohort, nothing): (Option<CohortId>, Option<TrainingId>) = (None, None);
    let values = params![
        input.nurse,
        input.id,
        input.course,
        i64::from(input.hours),
        input.ended_on,
        no_cohort,
        nothing,
        who.account,
        desk.now
    ];
    if tx.execute(rows::TRAIN, values).await? == 1 {
        return Ok(());
    }
    let known = ledger(tx, input.nurse).await?;
    let same = |a: &&Attended| {
        a.id == input.id && (a.course.as_str(), a.hours, a.ended_on) == (&input.course, input.hours, input.ended_on)
    };
    if known.iter().any(|a| same(&a)) { Ok(()) } else { Err(Fault::OtherContent) }
}

/// Takes back what was written by mistake. It stays in the ledger, and counts no more. Twice is once.
///
/// # Errors
/// [`Fault`]; nothing is written then.
pub async fn withdraw(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: &Allowed,
    (nurse, id): (AccountId, TrainingId),
) -> Result<(), Fault> {
    team::led(tx, desk, who, allowed, &[nurse]).await?;
    if nurse == who.account {
        return Err(Fault::Oneself);
    }
    let known = ledger(tx, nurse).await?;
    let it = known.iter().find(|a| a.id == id).ok_or(Fault::Nothing)?;
    let no_cohort: Option<CohortId> = None;
    let new = TrainingId::new(desk.ids, desk.now);
    let values =
        params![nurse, new, it.course, i64::from(it.hours), it.ended_on, no_cohort, Some(id), who.account, desk.now];
    tx.execute(rows::TRAIN, values).await?;
    Ok(())
}
