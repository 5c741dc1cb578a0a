//! A registered event was told wrongly: the correction keeps the original, records what is right, and works the household
//! out again.

use guard::{Allowed, Who};
use kernel::{Date, EventId, Period, PersonId};
use registry::household::{Joining, MemberRole, transfer};
use registry::person::{Detail, Name, Sex, rename, set_detail};
use registry::pregnancy::NewPregnancy;
use registry::residence::Address;
use registry::{BEGINNING, NewFact};
use rules::schema::Value;
use serde_json::json;
use store::{StoreError, Tx, params};

use crate::birth::BirthDetail;
use crate::changed::ChangeDetail;
use crate::desk::{Desk, fact_value, registry_subject};
use crate::model::{Cause, EventStatus, LifeEvent, Subject};
use crate::moved::{MoveDetail, return_home};
use crate::pregnancy::PregnancyDetail;
use crate::recompute::{self, Settled};
use crate::register::{self, Fault, Registered, Teller, Told};
use crate::rows;

/// What is right. Only what is given changes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Right {
    /// Birth: the child's names.
    pub names: Vec<Name>,
    /// Birth: the child's sex.
    pub sex: Option<Sex>,
    /// Birth: the day.
    pub birth_date: Option<Date>,
    /// Pregnancy: the expected day.
    pub due_date: Option<Date>,
    /// Pregnancy: how many children are expected.
    pub unborn: Option<u32>,
    /// Move: the first day there. Death: the day.
    pub on: Option<Date>,
    /// Move: the new address.
    pub address: Option<Address>,
    /// Facts about the person of the event; in a change of circumstances each replaces the statement on the same item.
    pub facts: Vec<(Subject, String, Value)>,
}

/// A correction as it is told.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// The event that was told wrongly.
    pub event: EventId,
    /// Why.
    pub reason: String,
    /// What is right.
    pub right: Right,
    /// Who tells.
    pub teller: Teller,
}

/// The event, if it stands.
pub(crate) async fn standing(tx: &mut Tx, id: EventId, reason: &str) -> Result<LifeEvent, Fault> {
    if reason.trim().chars().count() < 3 {
        return Err(Fault::NoReason);
    }
    let event = rows::event(tx, id).await?.ok_or(Fault::NoEvent)?;
    match event.status {
        EventStatus::Registered => Ok(event),
        other => Err(Fault::NotStanding(other)),
    }
}

/// Everybody a correction or withdrawal of the event concerns: the person of the event, and whoever moved along. For the
/// guard, before either is done; `None` when there is no such event.
pub async fn people(tx: &mut Tx, event: EventId) -> Result<Option<Vec<PersonId>>, StoreError> {
    Ok(rows::event(tx, event).await?.map(|e| concerned(&e)))
}

pub(crate) fn concerned(event: &LifeEvent) -> Vec<PersonId> {
    let moved: Option<MoveDetail> = serde_json::from_value(event.detail.clone()).ok();
    let along = moved.into_iter().flat_map(|m| m.residences).map(|(p, _)| p).filter(|p| *p != event.person);
    std::iter::once(event.person).chain(along).collect()
}

/// Corrects the event. `allowed` is the guard's decision about everybody it concerns ([`people`]).
pub async fn run(tx: &mut Tx, desk: &Desk<'_>, who: &Who, allowed: &Allowed, input: Input) -> Result<Told, Fault> {
    input.teller.check(desk)?;
    let keys: Vec<String> = input.teller.key(Cause::Correction).into_iter().collect();
    if let Some(known) = register::known(tx, &keys).await? {
        return Ok(register::already(&known));
    }
    let wrong = standing(tx, input.event, &input.reason).await?;
    register::permitted(allowed, &concerned(&wrong))?;
    let mut event = LifeEvent {
        id: EventId::new(desk.ids, desk.now),
        source: input.teller.source.clone(),
        register_number: input.teller.register_number.clone(),
        corrects: Some(wrong.id),
        reason: Some(input.reason.trim().to_owned()),
        recorded_at: desk.now,
        ..wrong.clone()
    };
    match wrong.kind {
        Cause::Birth => birth(tx, desk, who, &input, &mut event).await?,
        Cause::Pregnancy => pregnancy(tx, desk, who, &input, &mut event).await?,
        Cause::IncomeChange => change(tx, desk, who, &input, &mut event).await?,
        Cause::Move => moved(tx, desk, who, &input, &mut event).await?,
        Cause::Death => death(tx, desk, who, &input, &mut event).await?,
        other => return Err(Fault::WrongKind(other)),
    }
    let values = params![wrong.person, wrong.id, EventStatus::Corrected.word(), None::<String>];
    if tx.execute(rows::EVENT_STATUS, values).await? != 1 {
        return Err(StoreError::Conflict.into());
    }
    register::write(tx, desk, who, &event, keys, again(&event)).await?;
    let offers = settled(tx, desk, &event, Cause::Correction).await?;
    register::tell(tx, desk, &event, &offers).await?;
    Ok(Told::Registered(Registered { event: event.id, person: event.person, household: event.household, offers }))
}

/// Works out again the household of the event, and the one left by a single mover.
pub(crate) async fn settled(tx: &mut Tx, desk: &Desk<'_>, event: &LifeEvent, cause: Cause) -> Result<Settled, Fault> {
    let offers = recompute::household(tx, desk, event.household, cause, Some(event.id)).await?;
    if event.kind == Cause::Move
        && let Some(left) = detail::<MoveDetail>(event)?.left
    {
        recompute::household(tx, desk, left, cause, Some(event.id)).await?;
    }
    Ok(offers)
}

/// The natural keys of the event as it is now: a later telling of what is right finds it.
fn again(event: &LifeEvent) -> Vec<String> {
    let Ok(detail) = serde_json::from_value::<BirthDetail>(event.detail.clone()) else { return vec![] };
    let key = |parent: &PersonId| format!("birth {parent} {} {}", detail.birth_date, detail.number);
    detail.parents.iter().map(|(parent, _)| key(parent)).collect()
}

pub(crate) fn detail<T: serde::de::DeserializeOwned>(event: &LifeEvent) -> Result<T, StoreError> {
    serde_json::from_value(event.detail.clone())
        .map_err(|e| StoreError::Inconsistent { column: "detail".into(), detail: e.to_string() })
}

async fn birth(tx: &mut Tx, desk: &Desk<'_>, who: &Who, input: &Input, event: &mut LifeEvent) -> Result<(), Fault> {
    let Right { names, sex, birth_date, facts, .. } = &input.right;
    if names.is_empty() && sex.is_none() && birth_date.is_none() && facts.is_empty() {
        return Err(Fault::Nothing);
    }
    let origin = input.teller.origin(desk, Cause::Birth, who);
    let pen = desk.pen(&origin);
    let always = Period { from: BEGINNING, until: None };
    let child = event.person;
    for name in names {
        rename(tx, pen, child, name, always).await?;
    }
    if let Some(sex) = sex {
        set_detail(tx, pen, child, &Detail::Sex(*sex), always).await?;
    }
    if let Some(day) = *birth_date {
        register::past_day(desk, day)?;
        set_detail(tx, pen, child, &Detail::BirthDate(day), always).await?;
        let valid = Period { from: day, until: None };
        let joining = Joining { person: child, household: event.household, role: MemberRole::Child, valid };
        transfer(tx, pen, joining).await?;
        let mut told: BirthDetail = detail(event)?;
        told.birth_date = day;
        event.occurred_on = day;
        event.detail = json!(told);
    }
    let from = event.occurred_on;
    for (subject, item, value) in facts {
        if *subject != Subject::Person(child) {
            return Err(Fault::OtherHousehold);
        }
        let fact =
            crate::changed::FactTold { subject: *subject, item: item.clone(), value: value.clone(), from, until: None };
        crate::changed::record(tx, desk, &origin, &fact).await?;
    }
    Ok(())
}

async fn pregnancy(tx: &mut Tx, desk: &Desk<'_>, who: &Who, input: &Input, event: &mut LifeEvent) -> Result<(), Fault> {
    let mut told: PregnancyDetail = detail(event)?;
    if input.right.due_date.is_none() && input.right.unborn.is_none() {
        return Err(Fault::Nothing);
    }
    told.due_date = input.right.due_date.unwrap_or(told.due_date);
    told.unborn = input.right.unborn.unwrap_or(told.unborn);
    let origin = input.teller.origin(desk, Cause::Pregnancy, who);
    let right = NewPregnancy { confirmed_on: told.confirmed_on, due_date: told.due_date, unborn: told.unborn };
    registry::pregnancy::correct(tx, desk.pen(&origin), event.person, told.pregnancy, right).await?;
    event.detail = json!(told);
    Ok(())
}

async fn change(tx: &mut Tx, desk: &Desk<'_>, who: &Who, input: &Input, event: &mut LifeEvent) -> Result<(), Fault> {
    let mut told: ChangeDetail = detail(event)?;
    if input.right.facts.is_empty() {
        return Err(Fault::Nothing);
    }
    let origin = input.teller.origin(desk, Cause::IncomeChange, who);
    let check = |subject: &registry::Subject, item: &str, value: &registry::FactValue| desk.check(subject, item, value);
    for (subject, item, value) in &input.right.facts {
        let wrong = told.facts.iter_mut().find(|(s, i, _)| s == subject && i == item);
        let (_, _, wrong) = wrong.ok_or_else(|| Fault::Item {
            item: item.clone(),
            reason: "the event told nothing about this: register a new change".to_owned(),
        })?;
        let new = NewFact {
            subject: registry_subject(*subject),
            item: item.clone(),
            value: fact_value(value),
            valid: Period { from: event.occurred_on, until: None },
            corrects: Some(*wrong),
        };
        *wrong = registry::fact::record(tx, desk.pen(&origin), &check, new).await?;
    }
    event.detail = json!(told);
    Ok(())
}

async fn moved(tx: &mut Tx, desk: &Desk<'_>, who: &Who, input: &Input, event: &mut LifeEvent) -> Result<(), Fault> {
    let mut told: MoveDetail = detail(event)?;
    let Right { address, on, .. } = &input.right;
    if address.is_none() && on.is_none() {
        return Err(Fault::Nothing);
    }
    if let Some(place) = address.as_ref().map(|a| &a.jurisdiction)
        && desk.pack.jurisdictions().get(place).is_none()
    {
        return Err(Fault::UnknownPlace(place.chars().take(60).collect()));
    }
    let origin = input.teller.origin(desk, Cause::Move, who);
    let pen = desk.pen(&origin);
    if let Some(day) = *on {
        register::past_day(desk, day)?;
        if let Some(joined) = &told.joined {
            return_home(tx, desk, pen, event, told.from, joined).await?;
            let valid = Period { from: day, until: None };
            let joining = Joining { person: event.person, household: event.household, role: joined.role, valid };
            transfer(tx, pen, joining).await?;
        }
        told.from = day;
    }
    told.residences = registry::residence::correct(tx, pen, &told.residences, address.as_ref(), *on).await?;
    event.occurred_on = told.from;
    event.detail = json!(told);
    Ok(())
}

async fn death(tx: &mut Tx, desk: &Desk<'_>, who: &Who, input: &Input, event: &mut LifeEvent) -> Result<(), Fault> {
    let day = input.right.on.ok_or(Fault::Nothing)?;
    register::past_day(desk, day)?;
    let origin = input.teller.origin(desk, Cause::Death, who);
    let always = Period { from: BEGINNING, until: None };
    set_detail(tx, desk.pen(&origin), event.person, &Detail::DeathDate(day), always).await?;
    event.occurred_on = day;
    Ok(())
}

impl From<recompute::Fault> for Fault {
    fn from(error: recompute::Fault) -> Self {
        match error {
            recompute::Fault::Store(inner) => Fault::Store(inner),
            other @ recompute::Fault::Payload(_) => Fault::Registry(other.to_string()),
        }
    }
}
