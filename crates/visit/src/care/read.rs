//! Cases as those who work on them see them, the part an agency sees, and the plan as the family sees it. Everything comes under seal.

use std::collections::BTreeSet;

use guard::{Relation, Role, Sealed};
use kernel::{AccountId, Date, EnrolmentId, FamilyCaseId, PersonId};
use registry::sight::{Seen, Sight, relations};
use store::{StoreError, Tx, params};

use super::case::Case;
use super::plan::Part;
use super::rows;
use crate::desk::Desk;
use crate::model::{Enrolment, TierDecision};
use crate::read::listed;

/// An open case on a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The case.
    pub case: FamilyCaseId,
    /// The family.
    pub enrolment: EnrolmentId,
    /// The mother's name.
    pub name: String,
    /// The present step.
    pub step: String,
    /// When the family is looked at again.
    pub review_on: Option<Date>,
    /// When the next action is due.
    pub due_on: Option<Date>,
    /// The nurse.
    pub nurse: Option<AccountId>,
}

/// A family and its case.
#[derive(Clone, Debug, PartialEq)]
pub struct Family {
    /// The family.
    pub enrolment: Enrolment,
    /// The mother's name.
    pub name: String,
    /// The case that runs, or the last one; `None`: there was none.
    pub case: Option<Case>,
    /// The day of the last open assessment.
    pub assessed: Option<Date>,
    /// The last decision on need.
    pub tier: Option<TierDecision>,
}

/// What an agency that takes part sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shared {
    /// The case.
    pub case: FamilyCaseId,
    /// The mother's name.
    pub name: String,
    /// The agency that leads.
    pub organisation: String,
    /// Its part.
    pub part: Part,
}

/// The open cases in the viewer's hands, those to be looked at first in front. Relatives of the viewer are left out.
///
/// # Errors
/// The database.
pub async fn open(tx: &mut Tx, desk: &Desk<'_>, sight: &Sight<'_>) -> Result<Seen<Vec<Line>>, StoreError> {
    let who = sight.who;
    let found = match who.role {
        Role::Nurse => tx.all(rows::OPEN_OF_NURSE, params![who.account]).await?,
        _ => tx.all(rows::OPEN_OF_OFFICE, params![who.organisation, desk.office(who)]).await?,
    };
    let mut lines = Vec::new();
    for row in &found {
        let e = crate::rows::read_enrolment(row)?;
        if desk.responsible(who, &e) {
            let line = Line {
                case: row.get("case_id")?,
                enrolment: e.id,
                name: String::new(),
                step: row.get("step")?,
                review_on: row.maybe("review_on")?,
                due_on: row.maybe("due_on")?,
                nurse: e.nurse_on(desk.today()),
            };
            lines.push((e.person, line));
        }
    }
    named(tx, desk, sight, lines, |line, name| line.name = name).await
}

/// Gives each line the name of its person, and leaves out whom the viewer must not find on a list.
async fn named<T>(
    tx: &mut Tx,
    desk: &Desk<'_>,
    sight: &Sight<'_>,
    lines: Vec<(PersonId, T)>,
    put: impl Fn(&mut T, String),
) -> Result<Seen<Vec<T>>, StoreError> {
    let people: BTreeSet<PersonId> = lines.iter().map(|(person, _)| *person).collect();
    let mut known = relations(tx, sight, people).await?;
    known.values_mut().for_each(|relation| relation.open_case = true);
    known.retain(|_, relation| listed(relation));
    let names = registry::read::names(tx, known.keys().copied(), desk.today()).await?;
    let lines: Vec<T> = lines
        .into_iter()
        .filter(|(person, _)| known.contains_key(person))
        .map(|(person, mut line)| {
            put(&mut line, names.get(&person).cloned().unwrap_or_default());
            line
        })
        .collect();
    Ok(Seen { sealed: Sealed::new(lines, known.keys().copied()), about: known.into_iter().collect() })
}

/// A family with its case, for nurse and supervisor. `None`: no such family.
///
/// # Errors
/// The database.
pub async fn family(
    tx: &mut Tx,
    desk: &Desk<'_>,
    sight: &Sight<'_>,
    id: EnrolmentId,
) -> Result<Option<Seen<Family>>, StoreError> {
    let Some(e) = crate::rows::enrolment(tx, id).await? else { return Ok(None) };
    let about = crate::read::about(tx, desk, sight, &e).await?;
    let name = registry::read::names(tx, [e.person], desk.today()).await?.remove(&e.person).unwrap_or_default();
    let family = Family {
        name,
        case: rows::of_enrolment(tx, e.person, e.id).await?.pop(),
        assessed: rows::assessed(tx, e.person, e.id).await?,
        tier: crate::rows::tiers(tx, &e).await?.pop(),
        enrolment: e,
    };
    Ok(Some(Seen { sealed: Sealed::new(family, about.iter().map(|(p, _)| *p)), about }))
}

/// The newest case of a mother's own.
///
/// # Errors
/// The database.
pub async fn own(tx: &mut Tx, sight: &Sight<'_>, person: PersonId) -> Result<Seen<Option<Case>>, StoreError> {
    let mut last: Option<Case> = None;
    for e in crate::rows::of_person(tx, person).await? {
        last = rows::of_enrolment(tx, e.person, e.id).await?.pop().or(last);
    }
    let about: Vec<(PersonId, Relation)> = relations(tx, sight, [person]).await?.into_iter().collect();
    Ok(Seen { sealed: Sealed::new(last, [person]), about })
}

/// The parts of plans that the viewer's agency sees.
///
/// # Errors
/// The database.
pub async fn shared(tx: &mut Tx, desk: &Desk<'_>, sight: &Sight<'_>) -> Result<Seen<Vec<Shared>>, StoreError> {
    let mut lines = Vec::new();
    for row in tx.all(rows::SHARED_WITH, params![sight.who.organisation]).await? {
        lines.extend(part(tx, desk, sight, row.get("case_id")?).await?);
    }
    named(tx, desk, sight, lines, |line, name| line.name = name).await
}

/// The part of one plan that the viewer's agency sees. `None`: there is none, or it takes no part (any more).
///
/// # Errors
/// The database.
pub async fn one_shared(
    tx: &mut Tx,
    desk: &Desk<'_>,
    sight: &Sight<'_>,
    id: FamilyCaseId,
) -> Result<Option<Seen<Shared>>, StoreError> {
    let Some(line) = part(tx, desk, sight, id).await? else { return Ok(None) };
    let seen = named(tx, desk, sight, vec![line], |line, name| line.name = name).await?;
    let about = seen.about;
    Ok(seen.sealed.map(|mut lines| lines.pop()).transpose().map(|sealed| Seen { sealed, about }))
}

async fn part(
    tx: &mut Tx,
    desk: &Desk<'_>,
    sight: &Sight<'_>,
    id: FamilyCaseId,
) -> Result<Option<(PersonId, Shared)>, StoreError> {
    let Some(case) = rows::case(tx, id).await?.filter(|case| case.closed.is_none()) else { return Ok(None) };
    let Some(e) = crate::rows::enrolment(tx, case.opening.enrolment).await? else { return Ok(None) };
    if !desk.works_there(sight.who, &e) {
        return Ok(None);
    }
    // The family agreed to the office where it lived then; after a move it is asked anew.
    let moved = rows::moved(tx, e.person, e.id).await?;
    let agency = &sight.who.organisation;
    let agreed = case.agreed_at(agency).is_some_and(|at| moved.is_none_or(|moved| at > moved));
    let part = case.plan.part_of(agency).filter(|_| agreed);
    let shared = |part| Shared { case: id, name: String::new(), organisation: case.opening.organisation, part };
    Ok(part.map(|part| (e.person, shared(part))))
}

/// The family in which a person is visited now; tells nothing else.
///
/// # Errors
/// The database.
pub async fn running(tx: &mut Tx, person: PersonId) -> Result<Option<EnrolmentId>, StoreError> {
    let all = crate::rows::of_person(tx, person).await?;
    Ok(all.iter().rev().find(|e| e.left.is_none()).map(|e| e.id))
}

/// The family a case belongs to; tells nothing about anybody.
///
/// # Errors
/// The database.
pub async fn enrolment_of(tx: &mut Tx, id: FamilyCaseId) -> Result<Option<EnrolmentId>, StoreError> {
    Ok(rows::case(tx, id).await?.map(|case| case.opening.enrolment))
}
