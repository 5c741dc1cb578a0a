//! A household, or one of its people, moved.

use guard::{Allowed, Who};
use kernel::{Date, EventId, HouseholdId, Period, PersonId};
use registry::AsOf;
use registry::household::{Joining, MemberRole, transfer};
use registry::residence::{Address, Recorded, move_household, move_person};
use serde::{Deserialize, Serialize};
use store::{StoreError, Tx};

use crate::desk::Desk;
use crate::household;
use crate::model::{Cause, EventStatus, LifeEvent};
use crate::recompute::{self, Before, settle};
use crate::register::{self, Fault, Registered, Teller, Told};

/// Who moves, and into which household.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Movers {
    /// All members together.
    Household(HouseholdId),
    /// One person, into another household that exists.
    Into {
        /// Who.
        person: PersonId,
        /// Where to.
        household: HouseholdId,
        /// As what.
        role: MemberRole,
    },
}

/// A move as it is told.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// The person whose event this is: the head who reports, or the one who moves.
    pub person: PersonId,
    /// Who moves.
    pub movers: Movers,
    /// The new address.
    pub address: Address,
    /// The first day there.
    pub from: Date,
    /// Who tells.
    pub teller: Teller,
}

/// What is kept of the telling: the address itself is in the registry, where it can be protected.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MoveDetail {
    /// The household left, where a single person moved.
    pub left: Option<HouseholdId>,
    /// The first day there.
    pub from: Date,
    /// What the registry recorded: who lives there by this move. Needed to take it back.
    #[serde(default)]
    pub residences: Vec<Recorded>,
    /// The change of household of a single person.
    #[serde(default)]
    pub joined: Option<Joined>,
}

/// A person joined another household by moving.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Joined {
    /// As what.
    pub role: MemberRole,
    /// The membership that ended by it: household, role and days.
    pub former: Option<(HouseholdId, MemberRole, Period)>,
}

/// Registers the move. `allowed` is the guard's decision about everybody who moves.
pub async fn run(tx: &mut Tx, desk: &Desk<'_>, who: &Who, allowed: &Allowed, input: Input) -> Result<Told, Fault> {
    input.teller.check(desk)?;
    register::past_day(desk, input.from)?;
    if desk.pack.jurisdictions().get(&input.address.jurisdiction).is_none() {
        return Err(Fault::UnknownPlace(input.address.jurisdiction.chars().take(60).collect()));
    }
    let keys: Vec<String> = input.teller.key(Cause::Move).into_iter().collect();
    if let Some(known) = register::known(tx, &keys).await? {
        return Ok(register::already(&known));
    }
    let left = household::household_of(tx, desk, input.person).await?;
    let home = match &input.movers {
        Movers::Household(id) => *id,
        Movers::Into { household, .. } => *household,
    };
    let before = household::load(tx, desk, home, Cause::Move).await?.ok_or(Fault::NoHousehold)?;
    match &input.movers {
        Movers::Household(_) if left != Some(home) => return Err(Fault::OtherHousehold),
        Movers::Household(_) => register::permitted(allowed, &before.persons())?,
        Movers::Into { person, .. } if *person != input.person => return Err(Fault::OtherHousehold),
        Movers::Into { person, .. } => register::permitted(allowed, &[*person])?,
    }
    let gone = left.filter(|l| *l != home);
    let (residences, joined) = carry(tx, desk, who, &input).await?;
    let detail = MoveDetail { left: gone, from: input.from, residences, joined };
    let event = LifeEvent {
        id: EventId::new(desk.ids, desk.now),
        kind: Cause::Move,
        person: input.person,
        household: home,
        occurred_on: input.from,
        detail: serde_json::to_value(detail).map_err(|e| StoreError::Driver(e.to_string()))?,
        source: input.teller.source.clone(),
        register_number: input.teller.register_number.clone(),
        status: EventStatus::Registered,
        corrects: None,
        reason: None,
        recorded_at: desk.now,
    };
    register::write(tx, desk, who, &event, keys, vec![]).await?;
    let after = household::load(tx, desk, home, Cause::Move).await?.ok_or(StoreError::NotFound)?;
    let was = Before::Was(Box::new(before));
    let offers = settle(tx, desk, &after, was, Cause::Move, Some(event.id)).await?;
    if let Some(left) = gone {
        recompute::household(tx, desk, left, Cause::Move, Some(event.id)).await?;
    }
    register::tell(tx, desk, &event, &offers).await?;
    Ok(Told::Registered(Registered { event: event.id, person: input.person, household: home, offers }))
}

async fn carry(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    input: &Input,
) -> Result<(Vec<Recorded>, Option<Joined>), Fault> {
    let origin = input.teller.origin(desk, Cause::Move, who);
    let pen = desk.pen(&origin);
    match &input.movers {
        Movers::Household(id) => Ok((move_household(tx, pen, *id, &input.address, input.from).await?, None)),
        Movers::Into { person, household, role } => {
            let former = membership(tx, desk, *person, input.from).await?;
            let former = former.map(|m| (m.household, m.role, m.stamp.valid));
            let valid = Period { from: input.from, until: None };
            let joining = Joining { person: *person, household: *household, role: *role, valid };
            transfer(tx, pen, joining).await?;
            let residences = move_person(tx, pen, *person, &input.address, valid).await?;
            Ok((residences, Some(Joined { role: *role, former })))
        }
    }
}

/// The membership of a person that holds on a day.
async fn membership(
    tx: &mut Tx,
    desk: &Desk<'_>,
    person: PersonId,
    on: Date,
) -> Result<Option<registry::household::Membership>, Fault> {
    let basis = desk.basis(Cause::Move).map_err(|e| StoreError::Driver(e.to_string()))?;
    let record = registry::read::person(tx, person, AsOf::latest(on)).await?.ok_or(Fault::UnknownPerson)?;
    Ok(record.process(&basis, |p| p.membership.clone()))
}

/// Takes back the change of household of a single mover. Refused when a later one rests on it: that one goes first.
pub(crate) async fn return_home(
    tx: &mut Tx,
    desk: &Desk<'_>,
    pen: registry::Pen<'_>,
    event: &LifeEvent,
    from: Date,
    joined: &Joined,
) -> Result<(), Fault> {
    let (person, home) = (event.person, event.household);
    let stands = |m: &registry::household::Membership| m.household == home && m.stamp.valid.until.is_none();
    if !membership(tx, desk, person, from).await?.is_some_and(|m| stands(&m)) {
        return Err(Fault::Registry(
            "a later change of household rests on this move: correct or withdraw that one first".to_owned(),
        ));
    }
    match joined.former {
        Some((household, role, valid)) => transfer(tx, pen, Joining { person, household, role, valid }).await?,
        None => registry::household::leave(tx, pen, person, home, from).await?,
    }
    Ok(())
}
