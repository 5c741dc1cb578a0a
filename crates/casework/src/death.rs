//! Somebody died. Only what the entitlements of the family need: the day.

use guard::{Allowed, Who};
use kernel::{Date, EventId, Period};
use registry::BEGINNING;
use registry::person::{Detail, set_detail};
use store::{StoreError, Tx};

use crate::desk::Desk;
use crate::household::{self, PersonRef};
use crate::model::{Cause, EventStatus, LifeEvent};
use crate::recompute::{Before, settle};
use crate::register::{self, Fault, Registered, Teller, Told};

/// A death as it is told.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// Who died.
    pub person: PersonRef,
    /// The day.
    pub on: Date,
    /// Who tells.
    pub teller: Teller,
}

/// Registers the death. `allowed` is the guard's decision about the person.
pub async fn run(tx: &mut Tx, desk: &Desk<'_>, who: &Who, allowed: &Allowed, input: Input) -> Result<Told, Fault> {
    input.teller.check(desk)?;
    register::past_day(desk, input.on)?;
    let person = household::resolve(tx, desk, &input.person).await?.ok_or(Fault::UnknownPerson)?;
    register::permitted(allowed, &[person])?;
    let mut keys: Vec<String> = input.teller.key(Cause::Death).into_iter().collect();
    keys.push(format!("death {person}"));
    if let Some(known) = register::known(tx, &keys).await? {
        return Ok(register::already(&known));
    }
    let home = household::household_of(tx, desk, person).await?.ok_or(Fault::NoHousehold)?;
    let before = household::load(tx, desk, home, Cause::Death).await?.ok_or(StoreError::NotFound)?;
    let origin = input.teller.origin(desk, Cause::Death, who);
    let always = Period { from: BEGINNING, until: None };
    set_detail(tx, desk.pen(&origin), person, &Detail::DeathDate(input.on), always).await?;
    let event = LifeEvent {
        id: EventId::new(desk.ids, desk.now),
        kind: Cause::Death,
        person,
        household: home,
        occurred_on: input.on,
        detail: serde_json::Value::Null,
        source: input.teller.source.clone(),
        register_number: input.teller.register_number.clone(),
        status: EventStatus::Registered,
        corrects: None,
        reason: None,
        recorded_at: desk.now,
    };
    register::write(tx, desk, who, &event, keys, vec![]).await?;
    let after = household::load(tx, desk, home, Cause::Death).await?.ok_or(StoreError::NotFound)?;
    let offers = settle(tx, desk, &after, Before::Was(Box::new(before)), Cause::Death, Some(event.id)).await?;
    register::tell(tx, desk, &event, &offers).await?;
    Ok(Told::Registered(Registered { event: event.id, person, household: home, offers }))
}
