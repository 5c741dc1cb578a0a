//! Where people live, over time, in a tree of jurisdictions; moves.

use kernel::{AddressId, Date, HouseholdId, Instant, Period, PersonId};
use serde::{Deserialize, Serialize};
use store::{AsConflict, Row, StoreError, Tx, params};
use uuid::Uuid;

use crate::change::{Changes, Kind};
use crate::household::{memberships, touch_household};
use crate::person::touch_person;
use crate::time::{Pen, Stamp};

/// A postal address within a jurisdiction.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Address {
    /// The jurisdiction, as its id in the pack.
    pub jurisdiction: String,
    /// Street, building, flat: as written on a letter.
    pub line: String,
    /// The postal code; may be empty.
    pub postcode: String,
}

impl Address {
    /// An address.
    pub fn new(jurisdiction: impl Into<String>, line: impl Into<String>, postcode: impl Into<String>) -> Self {
        Address { jurisdiction: jurisdiction.into(), line: line.into(), postcode: postcode.into() }
    }
}

/// A residence as recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Residence {
    /// The row.
    pub id: Uuid,
    /// Shared by people who moved there together.
    pub address_id: AddressId,
    /// The address.
    pub address: Address,
    /// The stamp.
    pub stamp: Stamp,
}

/// Why a move was not recorded.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    /// The jurisdiction is empty.
    #[error("the address names no jurisdiction: give the id of the place in the pack")]
    NoJurisdiction,
    /// The period ends before it begins.
    #[error("the residence ends on {until}, before it begins on {from}")]
    Backwards {
        /// First day.
        from: Date,
        /// First day outside.
        until: Date,
    },
    /// No such person.
    #[error("there is no such person")]
    NoPerson,
    /// No such household, or nobody in it on that day.
    #[error("there is no such household with members on {0}")]
    NoHousehold(Date),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AsConflict for MoveError {
    fn is_conflict(&self) -> bool {
        matches!(self, MoveError::Store(e) if e.is_conflict())
    }
}

store::sql! {
    ADD = "insert into residence (person_id, residence_id, address_id, jurisdiction, line, postcode, valid_from, valid_until, recorded_at, source, law, recorded_by)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    STANDING = "select person_id, residence_id, address_id, jurisdiction, line, postcode, valid_from, valid_until, recorded_at, withdrawn_at, source, law, recorded_by
        from residence where person_id = $1 and withdrawn_at is null";
    ONE = "select person_id, residence_id, address_id, jurisdiction, line, postcode, valid_from, valid_until, recorded_at, withdrawn_at, source, law, recorded_by
        from residence where person_id = $1 and residence_id = $2 and withdrawn_at is null";
    WITHDRAW = "update residence set withdrawn_at = $3 where person_id = $1 and residence_id = $2 and withdrawn_at is null";
}

pub(crate) fn read_residence(row: &Row) -> Result<Residence, StoreError> {
    Ok(Residence {
        id: row.get("residence_id")?,
        address_id: row.get("address_id")?,
        address: Address {
            jurisdiction: row.get("jurisdiction")?,
            line: row.get("line")?,
            postcode: row.get("postcode")?,
        },
        stamp: Stamp::of(row)?,
    })
}

/// A person and the residence that was recorded for them: what [`withdraw`] and [`correct`] take back.
pub type Recorded = (PersonId, Uuid);

/// Moves one person to an address for a period. A later residence already known ends an open one by itself. The record
/// goes along: from now on the jurisdiction of the new address answers for it, see [`crate::read::relations`].
/// Recording the same move again changes nothing, and nothing is given back then.
pub async fn move_person(
    tx: &mut Tx,
    pen: Pen<'_>,
    person: PersonId,
    address: &Address,
    valid: Period,
) -> Result<Vec<Recorded>, MoveError> {
    move_people(tx, pen, &[person], address, valid).await
}

/// Moves everybody who belongs to the household on the day of the move; gives who got which residence.
pub async fn move_household(
    tx: &mut Tx,
    pen: Pen<'_>,
    household: HouseholdId,
    address: &Address,
    from: Date,
) -> Result<Vec<Recorded>, MoveError> {
    let now = touch_household(tx, household, pen.now).await?.ok_or(MoveError::NoHousehold(from))?;
    let members: Vec<PersonId> = memberships(tx, household, now)
        .await?
        .into_iter()
        .filter(|m| m.stamp.withdrawn_at.is_none() && m.stamp.valid.contains(from))
        .map(|m| m.person)
        .collect();
    if members.is_empty() {
        return Err(MoveError::NoHousehold(from));
    }
    move_people(tx, pen, &members, address, Period { from, until: None }).await
}

async fn move_people(
    tx: &mut Tx,
    pen: Pen<'_>,
    people: &[PersonId],
    address: &Address,
    valid: Period,
) -> Result<Vec<Recorded>, MoveError> {
    let mut changes = Changes::default();
    let shared = AddressId::new(pen.ids, pen.now);
    let mut recorded = Vec::new();
    for person in people {
        let new = settle(tx, pen, *person, shared, address, valid, &mut changes).await?;
        recorded.extend(new.map(|id| (*person, id)));
    }
    changes.emit(tx, pen).await?;
    Ok(recorded)
}

/// A move was told wrongly: the residences recorded for it are withdrawn and the same people move to what is right.
/// What is not given stays as it was told. Gives the residences that stand now.
pub async fn correct(
    tx: &mut Tx,
    pen: Pen<'_>,
    wrong: &[Recorded],
    address: Option<&Address>,
    from: Option<Date>,
) -> Result<Vec<Recorded>, MoveError> {
    let mut changes = Changes::default();
    let shared = AddressId::new(pen.ids, pen.now);
    let mut right = Vec::new();
    for (person, id) in wrong {
        let told = tx.maybe(ONE, params![person, id]).await?.ok_or(StoreError::NotFound)?;
        let told = read_residence(&told)?;
        take_back(tx, pen, *person, *id, &mut changes).await?;
        let valid = Period { from: from.unwrap_or(told.stamp.valid.from), until: None };
        let address = address.unwrap_or(&told.address);
        let new = settle(tx, pen, *person, shared, address, valid, &mut changes).await?;
        right.extend(new.map(|id| (*person, id)));
    }
    changes.emit(tx, pen).await?;
    Ok(right)
}

pub(crate) async fn settle(
    tx: &mut Tx,
    pen: Pen<'_>,
    person: PersonId,
    shared: AddressId,
    address: &Address,
    valid: Period,
    changes: &mut Changes,
) -> Result<Option<Uuid>, MoveError> {
    if address.jurisdiction.trim().is_empty() {
        return Err(MoveError::NoJurisdiction);
    }
    if let Some(until) = valid.until.filter(|until| *until <= valid.from) {
        return Err(MoveError::Backwards { from: valid.from, until });
    }
    let now = changes.take(tx, person, pen.now).await?.ok_or(MoveError::NoPerson)?;
    let standing: Vec<Residence> =
        tx.all(STANDING, params![person]).await?.iter().map(read_residence).collect::<Result<_, _>>()?;
    let holds = crate::time::winner(&standing, valid.from, |r| &r.stamp, |r| r.id);
    let same = |r: &Residence| {
        r.address == *address
            && r.stamp.valid.from == valid.from
            && (valid.until.is_none() || r.stamp.valid.until == valid.until)
    };
    if holds.is_some_and(same) {
        return Ok(None);
    }
    let next = standing.iter().map(|r| r.stamp.valid.from).filter(|from| *from > valid.from).min();
    let days = Period { from: valid.from, until: valid.until.or(next) };
    write(tx, pen, person, shared, address, days, now, changes).await.map(Some)
}

/// The first residence of a person who was just made: none stands yet.
pub(crate) async fn settle_first(
    tx: &mut Tx,
    pen: Pen<'_>,
    person: PersonId,
    with: &Residence,
    valid: Period,
    changes: &mut Changes,
) -> Result<(), MoveError> {
    let now = changes.take(tx, person, pen.now).await?.ok_or(MoveError::NoPerson)?;
    write(tx, pen, person, with.address_id, &with.address, valid, now, changes).await.map(drop)
}

#[expect(clippy::too_many_arguments, reason = "the columns of the row")]
async fn write(
    tx: &mut Tx,
    pen: Pen<'_>,
    person: PersonId,
    shared: AddressId,
    address: &Address,
    valid: Period,
    now: Instant,
    changes: &mut Changes,
) -> Result<Uuid, MoveError> {
    let o = pen.origin;
    let id = pen.ids.uuid(now);
    let row = params![
        person,
        id,
        shared,
        address.jurisdiction,
        address.line,
        address.postcode,
        valid.from,
        valid.until,
        now,
        o.source,
        o.law,
        o.by
    ];
    tx.execute(ADD, row).await?;
    changes.person(person, Kind::Residence);
    Ok(id)
}

/// Withdraws a residence that never was; it stays readable in the history.
pub async fn withdraw(tx: &mut Tx, pen: Pen<'_>, person: PersonId, residence: Uuid) -> Result<(), MoveError> {
    let mut changes = Changes::default();
    take_back(tx, pen, person, residence, &mut changes).await?;
    Ok(changes.emit(tx, pen).await?)
}

async fn take_back(
    tx: &mut Tx,
    pen: Pen<'_>,
    person: PersonId,
    residence: Uuid,
    changes: &mut Changes,
) -> Result<(), MoveError> {
    let now: Instant = touch_person(tx, person, pen.now).await?.ok_or(MoveError::NoPerson)?;
    if tx.execute(WITHDRAW, params![person, residence, now]).await? == 0 {
        return Err(StoreError::NotFound.into());
    }
    changes.person(person, Kind::Residence);
    Ok(())
}
