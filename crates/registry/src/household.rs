//! Households and who belongs to them, over time. Nobody is in two households on the same day.

use std::collections::BTreeSet;

use kernel::{Date, HouseholdId, Instant, Period, PersonId};
use serde::{Deserialize, Serialize};
use store::{AsConflict, Row, StoreError, ToValue, Tx, Value, params};
use uuid::Uuid;

use crate::change::{Changes, Kind};
use crate::person::words;
use crate::time::{Pen, Stamp};

/// What a member is in the household. Kinship is kept apart, as edges between persons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemberRole {
    /// In whose name the household is registered.
    Head,
    /// Spouse or partner of the head.
    Spouse,
    /// Child of the head or the spouse.
    Child,
    /// Parent of the head or the spouse.
    Parent,
    /// Another relative.
    Relative,
    /// Somebody else who lives there.
    Other,
}

words!(
    MemberRole,
    "a role in a household: expected head, spouse, child, parent, relative or other",
    Head = "head",
    Spouse = "spouse",
    Child = "child",
    Parent = "parent",
    Relative = "relative",
    Other = "other"
);

/// A membership as recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// The row.
    pub id: Uuid,
    /// The household.
    pub household: HouseholdId,
    /// The member (the record the membership was written for, before any merge).
    pub person: PersonId,
    /// The role.
    pub role: MemberRole,
    /// The stamp; `stamp.valid` are the days of membership.
    pub stamp: Stamp,
}

/// Why a household or membership was not changed.
#[derive(Debug, thiserror::Error)]
pub enum HouseholdError {
    /// No such household.
    #[error("there is no such household")]
    NoHousehold,
    /// No such person.
    #[error("there is no such person")]
    NoPerson,
    /// The period ends before it begins.
    #[error("the membership ends on {until}, before it begins on {from}")]
    Backwards {
        /// First day.
        from: Date,
        /// First day outside.
        until: Date,
    },
    /// The person belongs to a household on some of these days already.
    #[error("the person belongs to a household already from {} {}: end that membership first, or move the person", .0.from, until_words(.0.until))]
    Overlap(Period),
    /// The person does not belong to this household on that day.
    #[error("the person does not belong to this household on {0}")]
    NotAMember(Date),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn until_words(until: Option<Date>) -> String {
    until.map_or_else(|| "on".to_owned(), |d| format!("until {d}"))
}

impl AsConflict for HouseholdError {
    fn is_conflict(&self) -> bool {
        matches!(self, HouseholdError::Store(e) if e.is_conflict())
    }
}

store::sql! {
    ADD = "insert into household (household_id, created_at, revised_at) values ($1, $2, $2)";
    TOUCH = "update household set revised_at = case when revised_at > $2 then revised_at else $2 end where household_id = $1 returning revised_at";
    ADD_MEMBER = "insert into membership (household_id, membership_id, person_id, role, valid_from, valid_until, recorded_at, source, law, recorded_by)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    ADD_MIRROR = "insert into person_membership (household_id, membership_id, person_id, role, valid_from, valid_until, recorded_at, source, law, recorded_by)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    WITHDRAW_MEMBER = "update membership set withdrawn_at = $3 where household_id = $1 and membership_id = $2 and withdrawn_at is null";
    WITHDRAW_MIRROR = "update person_membership set withdrawn_at = $3 where person_id = $1 and membership_id = $2 and withdrawn_at is null";
    OF_PERSON = "select household_id, membership_id, person_id, role, valid_from, valid_until, recorded_at, withdrawn_at, source, law, recorded_by
        from person_membership where person_id = $1 and withdrawn_at is null order by valid_from";
    OF_HOUSEHOLD = "select household_id, membership_id, person_id, role, valid_from, valid_until, recorded_at, withdrawn_at, source, law, recorded_by
        from membership where household_id = $1 and recorded_at <= $2 order by valid_from, recorded_at, membership_id";
    EVER_OF_HOUSEHOLDS = "select distinct person_id from membership where withdrawn_at is null
        and household_id in ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32)";
    CREATED = "select created_at from household where household_id = $1";
}

pub(crate) fn read_membership(row: &Row) -> Result<Membership, StoreError> {
    Ok(Membership {
        id: row.get("membership_id")?,
        household: row.get("household_id")?,
        person: row.get("person_id")?,
        role: row.parse("role")?,
        stamp: Stamp::of(row)?,
    })
}

/// All memberships of a household ever recorded up to `at`, withdrawn ones too.
pub(crate) async fn memberships(tx: &mut Tx, id: HouseholdId, at: Instant) -> Result<Vec<Membership>, StoreError> {
    let mut all = Vec::new();
    for row in tx.all(OF_HOUSEHOLD, params![id, at]).await? {
        let mut membership = read_membership(&row)?;
        membership.stamp.as_known_at(at);
        all.push(membership);
    }
    Ok(all)
}

/// Everybody who ever belonged to one of these households, as far as it was not withdrawn.
pub(crate) async fn ever_members(tx: &mut Tx, homes: &BTreeSet<HouseholdId>) -> Result<BTreeSet<PersonId>, StoreError> {
    let homes: Vec<HouseholdId> = homes.iter().copied().collect();
    let mut all = BTreeSet::new();
    for chunk in homes.chunks(32) {
        let mut values: Vec<Value> = chunk.iter().map(ToValue::to_value).collect();
        // Unused places repeat the nil id, which no household has.
        values.resize(32, Value::Uuid(Some(Uuid::nil())));
        for row in tx.all(EVER_OF_HOUSEHOLDS, &values).await? {
            all.insert(row.get("person_id")?);
        }
    }
    Ok(all)
}

/// When the household was registered; `None` when there is none.
pub(crate) async fn created_at(tx: &mut Tx, id: HouseholdId) -> Result<Option<Instant>, StoreError> {
    tx.maybe(CREATED, params![id]).await?.map(|r| r.get("created_at")).transpose()
}

/// Takes the household's row and gives the moment to record at; `None` when there is no such household.
pub(crate) async fn touch_household(tx: &mut Tx, id: HouseholdId, now: Instant) -> Result<Option<Instant>, StoreError> {
    tx.all(TOUCH, params![id, now]).await?.first().map(|row| row.get("revised_at")).transpose()
}

/// Registers an empty household. It concerns nobody until somebody joins.
pub async fn create(tx: &mut Tx, pen: Pen<'_>) -> Result<HouseholdId, HouseholdError> {
    let id = HouseholdId::new(pen.ids, pen.now);
    tx.execute(ADD, params![id, pen.now]).await?;
    Ok(id)
}

/// Somebody to join a household.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Joining {
    /// Who.
    pub person: PersonId,
    /// Which household.
    pub household: HouseholdId,
    /// As what.
    pub role: MemberRole,
    /// The days of membership.
    pub valid: Period,
}

/// Puts a person into a household. Refused when the person belongs to one on any of these days; joining again the same
/// way changes nothing.
pub async fn join(tx: &mut Tx, pen: Pen<'_>, joining: Joining) -> Result<(), HouseholdError> {
    let mut changes = Changes::default();
    join_quietly(tx, pen, joining, &mut changes).await?;
    Ok(changes.emit(tx, pen).await?)
}

pub(crate) async fn join_quietly(
    tx: &mut Tx,
    pen: Pen<'_>,
    joining: Joining,
    changes: &mut Changes,
) -> Result<(), HouseholdError> {
    let Joining { person, household, role, valid } = joining;
    if let Some(until) = valid.until.filter(|until| *until <= valid.from) {
        return Err(HouseholdError::Backwards { from: valid.from, until });
    }
    let now = touch(tx, person, household, pen.now, changes).await?;
    for standing in of_person(tx, person).await? {
        if standing.household == household && standing.role == role && standing.stamp.valid == valid {
            return Ok(());
        }
        if standing.stamp.valid.overlaps(&valid) {
            return Err(HouseholdError::Overlap(standing.stamp.valid));
        }
    }
    write(tx, pen, joining, now).await?;
    changes.household(household, Kind::Membership);
    changes.person(person, Kind::Membership);
    Ok(())
}

/// The first membership of a person who was just made: none stands yet.
pub(crate) async fn join_first(
    tx: &mut Tx,
    pen: Pen<'_>,
    joining: Joining,
    changes: &mut Changes,
) -> Result<(), HouseholdError> {
    let now = touch(tx, joining.person, joining.household, pen.now, changes).await?;
    write(tx, pen, joining, now).await?;
    changes.household(joining.household, Kind::Membership);
    changes.person(joining.person, Kind::Membership);
    Ok(())
}

/// Moves a person into a household from a day on: what membership stood then ends that day, later ones are withdrawn.
pub async fn transfer(tx: &mut Tx, pen: Pen<'_>, joining: Joining) -> Result<(), HouseholdError> {
    let mut changes = Changes::default();
    transfer_quietly(tx, pen, joining, &mut changes).await?;
    Ok(changes.emit(tx, pen).await?)
}

pub(crate) async fn transfer_quietly(
    tx: &mut Tx,
    pen: Pen<'_>,
    joining: Joining,
    changes: &mut Changes,
) -> Result<(), HouseholdError> {
    let standing = of_person(tx, joining.person).await?;
    if standing
        .iter()
        .any(|m| m.household == joining.household && m.role == joining.role && m.stamp.valid == joining.valid)
    {
        return Ok(());
    }
    let now = touch(tx, joining.person, joining.household, pen.now, changes).await?;
    for former in standing.iter().filter(|m| m.stamp.valid.until.is_none_or(|end| end > joining.valid.from)) {
        cut(tx, pen, former, joining.valid.from, now).await?;
        changes.household(former.household, Kind::Membership);
    }
    join_quietly(tx, pen, joining, changes).await
}

/// Ends a membership: `until` is the first day outside.
pub async fn leave(
    tx: &mut Tx,
    pen: Pen<'_>,
    person: PersonId,
    household: HouseholdId,
    until: Date,
) -> Result<(), HouseholdError> {
    let standing = of_person(tx, person).await?;
    if standing.iter().any(|m| m.household == household && m.stamp.valid.until == Some(until)) {
        return Ok(());
    }
    let membership = standing
        .into_iter()
        .find(|m| {
            m.household == household && m.stamp.valid.from <= until && m.stamp.valid.until.is_none_or(|e| e > until)
        })
        .ok_or(HouseholdError::NotAMember(until))?;
    let mut changes = Changes::default();
    let now = touch(tx, person, household, pen.now, &mut changes).await?;
    cut(tx, pen, &membership, until, now).await?;
    changes.household(household, Kind::Membership);
    changes.person(person, Kind::Membership);
    Ok(changes.emit(tx, pen).await?)
}

/// The memberships of one record that stand now.
pub(crate) async fn of_person(tx: &mut Tx, person: PersonId) -> Result<Vec<Membership>, StoreError> {
    tx.all(OF_PERSON, params![person]).await?.iter().map(read_membership).collect()
}

async fn touch(
    tx: &mut Tx,
    person: PersonId,
    household: HouseholdId,
    now: Instant,
    changes: &mut Changes,
) -> Result<Instant, HouseholdError> {
    let now = changes.take(tx, person, now).await?.ok_or(HouseholdError::NoPerson)?;
    touch_household(tx, household, now).await?.ok_or(HouseholdError::NoHousehold)
}

/// Withdraws a membership and records what remains of it before `until`.
async fn cut(tx: &mut Tx, pen: Pen<'_>, former: &Membership, until: Date, now: Instant) -> Result<(), StoreError> {
    let now = touch_household(tx, former.household, now).await?.unwrap_or(now);
    tx.execute(WITHDRAW_MEMBER, params![former.household, former.id, now]).await?;
    tx.execute(WITHDRAW_MIRROR, params![former.person, former.id, now]).await?;
    if former.stamp.valid.from >= until {
        return Ok(());
    }
    let valid = Period { from: former.stamp.valid.from, until: Some(until) };
    let rest = Joining { person: former.person, household: former.household, role: former.role, valid };
    write(tx, pen, rest, now).await
}

async fn write(tx: &mut Tx, pen: Pen<'_>, j: Joining, now: Instant) -> Result<(), StoreError> {
    let o = pen.origin;
    let (from, until) = (j.valid.from, j.valid.until);
    let id = pen.ids.uuid(now);
    let row = params![j.household, id, j.person, j.role.word(), from, until, now, o.source, o.law, o.by];
    tx.execute(ADD_MEMBER, row).await?;
    tx.execute(ADD_MIRROR, row).await.map(drop)
}
