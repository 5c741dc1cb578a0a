//! A family comes under a protocol: told by the registry (and then asked), entered by the office, or by the mother herself.

use catalogue::model::Protocol;
use guard::{Action, Allowed, Processing, PurposeKind, Who};
use kernel::{AccountId, Date, EnrolmentId, PersonId, PregnancyId};
use registry::kin::Relation;
use registry::person::Sex;
use registry::{AsOf, PersonRecord};
use serde_json::json;
use store::{AsConflict, StoreError, Tx, params};

use crate::desk::Desk;
use crate::model::{ChildDates, Dates, Enrolment, Source};
use crate::rows::{self, ENROL, ENROL_PERSON};

/// How far back a pregnancy or birth is looked for, in days: school age.
const BACK: i32 = 7 * 366;
/// Births so many days around the day expected belong to that pregnancy.
const AROUND: i32 = 140;

/// Why nobody was enrolled.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The guard did not allow it.
    #[error("you may not enrol this family: it must be in your district, or be your own")]
    NotAllowed,
    /// No such person.
    #[error("there is no such person")]
    NoPerson,
    /// No pregnancy runs and no young child is there.
    #[error("no pregnancy and no young child is registered for this person: register the pregnancy or the birth first")]
    NoPregnancy,
    /// The pack has no protocol every family enters under.
    #[error("the pack names no protocol that every family enters under: set `universal = true` in one")]
    NoProtocol,
    /// Too early or too late for the protocol.
    #[error("the protocol takes families in only at another time of the pregnancy or the child's life")]
    OutsideEntry,
    /// It is under a protocol already.
    #[error("the family is under a protocol already")]
    Already(EnrolmentId),
    /// It did not agree.
    #[error("without the family's consent nobody visits")]
    NoConsent,
    /// The person has no address in any district.
    #[error("the person has no registered address, so no office is responsible")]
    NoPlace,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AsConflict for Fault {
    fn is_conflict(&self) -> bool {
        matches!(self, Fault::Store(e) if e.is_conflict())
    }
}

/// Enrols a family with its consent. `allowed` is the guard's decision: [`Action::JoinVisits`] for oneself, or
/// [`Action::ManageVisits`] by the office. A family the registry told of and that now agrees becomes a consenting one.
pub async fn run(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: &Allowed,
    person: PersonId,
    consent: bool,
) -> Result<EnrolmentId, Fault> {
    let fits = matches!(allowed.action(), Action::JoinVisits | Action::ManageVisits) && allowed.covers(person);
    if !fits {
        return Err(Fault::NotAllowed);
    }
    if !consent {
        return Err(Fault::NoConsent);
    }
    let source = if allowed.action() == Action::JoinVisits { Source::Own } else { Source::Office };
    for mut known in rows::of_person(tx, person).await? {
        if known.left.is_some() {
            continue;
        }
        if known.consented_at.is_some() {
            return Err(Fault::Already(known.id));
        }
        known.consented_at = Some(desk.now);
        let content = json!({ "source": source.word() });
        rows::keep(tx, desk, &mut known, "consented", &content, Some(who.account)).await?;
        return Ok(known.id);
    }
    let found = found(tx, desk, person).await?.ok_or(Fault::NoPerson)?;
    begin(tx, desk, person, found, source, Some(who.account)).await
}

/// A family the registry tells of: it is put on the office's list, to be asked. Nothing when it is there already, or no protocol
/// takes it in.
pub(crate) async fn told(tx: &mut Tx, desk: &Desk<'_>, person: PersonId) -> Result<Option<EnrolmentId>, StoreError> {
    let Some(found) = found(tx, desk, person).await? else { return Ok(None) };
    if found.birth().is_none() || !rows::of_person(tx, person).await?.is_empty() {
        return Ok(None);
    }
    match begin(tx, desk, person, found, Source::Registry, None).await {
        Ok(id) => Ok(Some(id)),
        Err(Fault::Store(why)) => Err(why),
        Err(_) => Ok(None),
    }
}

/// What the registry knows of a person that matters here.
pub(crate) struct Found {
    pub(crate) pregnancy: Option<PregnancyId>,
    pub(crate) dates: Dates,
    pub(crate) place: Option<String>,
}

impl Found {
    /// The day of birth, or the day it is expected.
    fn birth(&self) -> Option<Date> {
        self.dates.children.iter().map(|c| c.born).min().or(self.dates.due)
    }
}

async fn begin(
    tx: &mut Tx,
    desk: &Desk<'_>,
    person: PersonId,
    found: Found,
    source: Source,
    account: Option<AccountId>,
) -> Result<EnrolmentId, Fault> {
    let today = desk.today();
    let birth = found.birth().ok_or(Fault::NoPregnancy)?;
    let protocol = desk.pack.universal_protocol(today).ok_or(Fault::NoProtocol)?;
    if !takes(protocol, birth, !found.dates.children.is_empty(), today) {
        return Err(Fault::OutsideEntry);
    }
    let place = found.place.as_deref().ok_or(Fault::NoPlace)?;
    let enrolment = Enrolment {
        id: EnrolmentId::new(desk.ids, desk.now),
        person,
        protocol: protocol.key.clone(),
        source,
        entered_on: today,
        consented_at: (source != Source::Registry).then_some(desk.now),
        pregnancy: found.pregnancy,
        organisation: protocol.owner.clone(),
        place: desk.district(place),
        nurse: None,
        next: None,
        cover: None,
        left: None,
        dates: found.dates,
        revision: 1,
    };
    write(tx, desk, &enrolment).await?;
    rows::change(tx, desk, &enrolment, "entered", &json!({ "source": source.word() }), account).await?;
    Ok(enrolment.id)
}

async fn write(tx: &mut Tx, desk: &Desk<'_>, e: &Enrolment) -> Result<(), StoreError> {
    let none: Option<String> = None;
    let no_day: Option<Date> = None;
    let values = params![
        e.person,
        e.id,
        e.protocol,
        e.source.word(),
        e.entered_on,
        e.consented_at,
        e.pregnancy,
        e.organisation,
        e.place,
        e.nurse,
        no_day,
        none,
        rows::json(&e.dates)?,
        e.revision,
        desk.now
    ];
    tx.execute(ENROL, values).await?;
    tx.execute(ENROL_PERSON, params![e.id, e.person]).await.map(drop)
}

/// Whether a protocol takes a family in today.
fn takes(protocol: &Protocol, birth: Date, born: bool, today: Date) -> bool {
    let days = (today - birth).get_days();
    if born {
        return protocol.entry.until_day.is_some_and(|last| days <= i32::try_from(last).unwrap_or(i32::MAX));
    }
    let week = 40 + days.div_euclid(7);
    let first = protocol.entry.from_week.and_then(|w| i32::try_from(w).ok());
    first.is_some_and(|first| week >= first)
}

/// Reads pregnancy, children and place of a person from the registry. A machine's look: nothing is shown to anybody.
pub(crate) async fn found(tx: &mut Tx, desk: &Desk<'_>, person: PersonId) -> Result<Option<Found>, StoreError> {
    let basis = basis(desk)?;
    let as_of = AsOf::latest(desk.today());
    let Some(whole) = registry::read::person(tx, person, as_of).await? else { return Ok(None) };
    let today = desk.today();
    let (mother, due, place, pregnancy, children) = whole.process(&basis, |record: &PersonRecord| {
        let running = record.pregnancies.iter().max_by_key(|p| p.due_date);
        let children: Vec<PersonId> = record.related(Relation::Child).collect();
        let place = record.residence.as_ref().map(|r| r.address.jurisdiction.clone());
        (record.sex == Some(Sex::Female), running.map(|p| p.due_date), place, running.map(|p| p.id), children)
    });
    if !mother {
        return Ok(None);
    }
    let mut dates = Dates { due, ..Dates::default() };
    let read = registry::read::people(tx, &children, as_of).await?;
    let known: Vec<ChildDates> = read.process(&basis, |people| {
        let child = |p: &PersonRecord| {
            Some(ChildDates {
                person: p.id,
                born: p.birth_date?,
                female: p.sex.map(|sex| sex == Sex::Female),
                discharged: None,
                died: p.death_date,
            })
        };
        people.iter().filter_map(child).filter(|c| (today - c.born).get_days() <= BACK).collect()
    });
    dates.children = youngest(known, due);
    Ok(Some(Found { pregnancy, dates, place }))
}

/// The children of the pregnancy that runs or was the last: those born around the day expected, or with the youngest.
fn youngest(mut children: Vec<ChildDates>, due: Option<Date>) -> Vec<ChildDates> {
    children.sort_by_key(|c| (c.born, c.person));
    let Some(last) = children.last().map(|c| c.born) else { return children };
    children.retain(|c| match due {
        Some(due) => (c.born - due).get_days().abs() <= AROUND,
        None => (last - c.born).get_days() <= 3,
    });
    children
}

/// The ground on which a machine reads the registry for a protocol.
fn basis(desk: &Desk<'_>) -> Result<Processing, StoreError> {
    let protocol = desk.pack.universal_protocol(desk.today());
    let law = protocol.map(|p| p.law.clone()).filter(|law| !law.trim().is_empty());
    let manifest = desk.pack.manifest();
    let otherwise = || format!("{} {}", manifest.id, manifest.version);
    Processing::new(PurposeKind::HomeVisit, law.unwrap_or_else(otherwise))
        .map_err(|e| StoreError::Driver(e.to_string()))
}
