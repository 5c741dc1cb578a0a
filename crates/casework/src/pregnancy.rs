//! A pregnancy was confirmed.

use guard::{Allowed, Who};
use kernel::{Date, EventId, PregnancyId};
use registry::pregnancy::{NewPregnancy, confirm};
use rules::schema::Value;
use serde::{Deserialize, Serialize};
use store::{StoreError, Tx};

use crate::changed::{self, FactTold};
use crate::desk::Desk;
use crate::household::{self, PersonRef};
use crate::model::{Cause, EventStatus, LifeEvent, Subject};
use crate::recompute::{Before, settle};
use crate::register::{self, Fault, Registered, Teller, Told};

/// A pregnancy as it is told.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// The pregnant woman.
    pub person: PersonRef,
    /// When it was confirmed.
    pub confirmed_on: Date,
    /// The expected day of birth.
    pub due_date: Date,
    /// How many children are expected.
    pub unborn: u32,
    /// Further facts about her, by item of the pack.
    pub facts: Vec<(String, Value)>,
    /// Who tells.
    pub teller: Teller,
}

/// What is kept of the telling.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PregnancyDetail {
    /// The pregnancy in the registry.
    pub pregnancy: PregnancyId,
    /// When it was confirmed.
    pub confirmed_on: Date,
    /// The expected day of birth.
    pub due_date: Date,
    /// How many children are expected.
    pub unborn: u32,
}

/// Registers the pregnancy. `allowed` is the guard's decision about the woman.
pub async fn run(tx: &mut Tx, desk: &Desk<'_>, who: &Who, allowed: &Allowed, input: Input) -> Result<Told, Fault> {
    input.teller.check(desk)?;
    register::past_day(desk, input.confirmed_on)?;
    let person = household::resolve(tx, desk, &input.person).await?.ok_or(Fault::UnknownPerson)?;
    register::permitted(allowed, &[person])?;
    let mut keys: Vec<String> = input.teller.key(Cause::Pregnancy).into_iter().collect();
    keys.push(format!("pregnancy {person} {}", input.due_date));
    if let Some(known) = register::known(tx, &keys).await? {
        return Ok(register::already(&known));
    }
    let home = household::household_of(tx, desk, person).await?.ok_or(Fault::NoHousehold)?;
    let before = household::load(tx, desk, home, Cause::Pregnancy).await?.ok_or(StoreError::NotFound)?;
    let origin = input.teller.origin(desk, Cause::Pregnancy, who);
    let new = NewPregnancy { confirmed_on: input.confirmed_on, due_date: input.due_date, unborn: input.unborn };
    let pregnancy = confirm(tx, desk.pen(&origin), person, new).await?;
    for (item, value) in &input.facts {
        let fact = FactTold {
            subject: Subject::Person(person),
            item: item.clone(),
            value: value.clone(),
            from: input.confirmed_on,
            until: None,
        };
        changed::record(tx, desk, &origin, &fact).await?;
    }
    let detail =
        PregnancyDetail { pregnancy, confirmed_on: input.confirmed_on, due_date: input.due_date, unborn: input.unborn };
    let event = LifeEvent {
        id: EventId::new(desk.ids, desk.now),
        kind: Cause::Pregnancy,
        person,
        household: home,
        occurred_on: input.confirmed_on,
        detail: serde_json::to_value(detail).map_err(|e| StoreError::Driver(e.to_string()))?,
        source: input.teller.source.clone(),
        register_number: input.teller.register_number.clone(),
        status: EventStatus::Registered,
        corrects: None,
        reason: None,
        recorded_at: desk.now,
    };
    register::write(tx, desk, who, &event, keys, vec![]).await?;
    let after = household::load(tx, desk, home, Cause::Pregnancy).await?.ok_or(StoreError::NotFound)?;
    let offers = settle(tx, desk, &after, Before::Was(Box::new(before)), Cause::Pregnancy, Some(event.id)).await?;
    register::tell(tx, desk, &event, &offers).await?;
    Ok(Told::Registered(Registered { event: event.id, person, household: home, offers }))
}
