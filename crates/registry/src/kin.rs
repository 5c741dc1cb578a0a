//! Kinship: who is whose parent, who is whose spouse or partner, from when until when, by which source.

use std::collections::BTreeSet;

use kernel::{Date, Instant, Period, PersonId};
use serde::{Deserialize, Serialize};
use store::{AsConflict, Batch, Row, StoreError, Tx, Value, params};
use uuid::Uuid;

use crate::change::{Changes, Kind};
use crate::person::words;
use crate::time::{Pen, Stamp};

/// What the other person is to this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// The other is a parent (by birth or adoption).
    Parent,
    /// The other is a child.
    Child,
    /// The other is the married spouse.
    Spouse,
    /// The other is the partner without marriage.
    Partner,
}

words!(
    Relation,
    "a kinship: expected parent, child, spouse or partner",
    Parent = "parent",
    Child = "child",
    Spouse = "spouse",
    Partner = "partner"
);

impl Relation {
    /// What this person is to the other.
    pub const fn converse(self) -> Relation {
        match self {
            Relation::Parent => Relation::Child,
            Relation::Child => Relation::Parent,
            other => other,
        }
    }
}

/// A kinship as recorded, seen from one side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kin {
    /// The edge; the same on both sides.
    pub id: Uuid,
    /// The one from whom it is seen.
    pub person: PersonId,
    /// The other.
    pub other: PersonId,
    /// What the other is.
    pub relation: Relation,
    /// The stamp.
    pub stamp: Stamp,
}

/// Why a kinship was not recorded.
#[derive(Debug, thiserror::Error)]
pub enum KinError {
    /// Nobody is related to themselves.
    #[error("a person cannot be their own {0}")]
    Self_(Relation),
    /// No such person.
    #[error("there is no such person")]
    NoPerson,
    /// The period ends before it begins.
    #[error("the kinship ends on {until}, before it begins on {from}")]
    Backwards {
        /// First day.
        from: Date,
        /// First day outside.
        until: Date,
    },
    /// A parent who is a child of the same person.
    #[error("this would make two people each other's parent: correct the one that is wrong first")]
    Circle,
    /// No such edge.
    #[error("there is no such kinship, or it was withdrawn already")]
    NoKin,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AsConflict for KinError {
    fn is_conflict(&self) -> bool {
        matches!(self, KinError::Store(e) if e.is_conflict())
    }
}

/// Edges, many at a time.
pub(crate) static ADD: Batch = Batch::new(
    "ADD",
    "insert into kin (person_id, kin_id, other_id, relation, valid_from, valid_until, recorded_at, source, law, recorded_by) values",
    10,
    "",
);

store::sql! {
    STANDING = "select kin_id, person_id, other_id, relation, valid_from, valid_until, recorded_at, withdrawn_at, source, law, recorded_by
        from kin where person_id = $1 and withdrawn_at is null";
    WITHDRAW = "update kin set withdrawn_at = $3 where person_id = $1 and kin_id = $2 and withdrawn_at is null";
}

pub(crate) fn read_kin(row: &Row) -> Result<Kin, StoreError> {
    Ok(Kin {
        id: row.get("kin_id")?,
        person: row.get("person_id")?,
        other: row.get("other_id")?,
        relation: row.parse("relation")?,
        stamp: Stamp::of(row)?,
    })
}

/// A kinship to be recorded: `other` is `person`'s `relation`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewKin {
    /// The one from whom it is seen.
    pub person: PersonId,
    /// What the other is.
    pub relation: Relation,
    /// The other.
    pub other: PersonId,
    /// From when until when; a parent is one from [`crate::time::BEGINNING`] on.
    pub valid: Period,
}

/// Records a kinship on both sides; recording it again changes nothing.
pub async fn relate(tx: &mut Tx, pen: Pen<'_>, new: NewKin) -> Result<(), KinError> {
    let mut changes = Changes::default();
    relate_quietly(tx, pen, new, &mut changes).await?;
    Ok(changes.emit(tx, pen).await?)
}

pub(crate) async fn relate_quietly(
    tx: &mut Tx,
    pen: Pen<'_>,
    new: NewKin,
    changes: &mut Changes,
) -> Result<(), KinError> {
    let NewKin { person, relation, other, valid } = new;
    if person == other {
        return Err(KinError::Self_(relation));
    }
    if let Some(until) = valid.until.filter(|until| *until <= valid.from) {
        return Err(KinError::Backwards { from: valid.from, until });
    }
    let now = take_both(tx, changes, person, other, pen.now).await?;
    let standing = standing(tx, person).await?;
    let between = || standing.iter().filter(|k| k.other == other);
    if between().any(|k| k.relation == relation && k.stamp.valid == valid) {
        return Ok(());
    }
    let generation = matches!(relation, Relation::Parent | Relation::Child);
    if generation && between().any(|k| k.relation == relation.converse()) {
        return Err(KinError::Circle);
    }
    let id = pen.ids.uuid(now);
    write(tx, pen, id, new, now).await?;
    changes.person(person, Kind::Kin);
    changes.person(other, Kind::Kin);
    Ok(())
}

/// Ends a kinship (a divorce): `until` is the first day outside.
pub async fn end(tx: &mut Tx, pen: Pen<'_>, person: PersonId, kin: Uuid, until: Date) -> Result<(), KinError> {
    change(tx, pen, person, kin, Some(until)).await
}

/// Withdraws a kinship that never was; it stays readable in the history.
pub async fn withdraw(tx: &mut Tx, pen: Pen<'_>, person: PersonId, kin: Uuid) -> Result<(), KinError> {
    change(tx, pen, person, kin, None).await
}

async fn change(tx: &mut Tx, pen: Pen<'_>, person: PersonId, kin: Uuid, until: Option<Date>) -> Result<(), KinError> {
    let edge = standing(tx, person).await?.into_iter().find(|k| k.id == kin).ok_or(KinError::NoKin)?;
    let mut changes = Changes::default();
    let now = take_both(tx, &mut changes, person, edge.other, pen.now).await?;
    tx.execute(WITHDRAW, params![person, kin, now]).await?;
    tx.execute(WITHDRAW, params![edge.other, kin, now]).await?;
    if let Some(until) = until {
        let from = edge.stamp.valid.from;
        if until <= from {
            return Err(KinError::Backwards { from, until });
        }
        let valid = Period { from, until: Some(until) };
        let rest = NewKin { person, relation: edge.relation, other: edge.other, valid };
        write(tx, pen, pen.ids.uuid(now), rest, now).await?;
    }
    changes.person(person, Kind::Kin);
    changes.person(edge.other, Kind::Kin);
    Ok(changes.emit(tx, pen).await?)
}

/// The ties of somebody that stand today or stood on any day, as far as nobody has taken them back.
pub async fn standing(tx: &mut Tx, person: PersonId) -> Result<Vec<Kin>, StoreError> {
    tx.all(STANDING, params![person]).await?.iter().map(read_kin).collect()
}

/// Takes both rows in the order of their ids, so that two writers do not wait for each other in a ring.
async fn take_both(
    tx: &mut Tx,
    changes: &mut Changes,
    a: PersonId,
    b: PersonId,
    now: Instant,
) -> Result<Instant, KinError> {
    let first = changes.take(tx, a.min(b), now).await?.ok_or(KinError::NoPerson)?;
    changes.take(tx, a.max(b), first).await?.ok_or(KinError::NoPerson)
}

/// The parents of a child that was just made: nothing about it stands yet. Each parent once.
pub(crate) async fn first_parents(
    tx: &mut Tx,
    pen: Pen<'_>,
    child: PersonId,
    parents: &[PersonId],
    valid: Period,
    changes: &mut Changes,
) -> Result<(), KinError> {
    // In the order of their ids, as everywhere.
    let parents: BTreeSet<PersonId> = parents.iter().copied().collect();
    let mut now = pen.now;
    let mut rows = Vec::new();
    for parent in &parents {
        if *parent == child {
            return Err(KinError::Self_(Relation::Parent));
        }
        now = changes.take(tx, *parent, now).await?.ok_or(KinError::NoPerson)?;
        changes.person(*parent, Kind::Kin);
    }
    now = changes.take(tx, child, now).await?.ok_or(KinError::NoPerson)?;
    for parent in parents {
        let kin = NewKin { person: child, relation: Relation::Parent, other: parent, valid };
        rows.extend(both_sides(pen, pen.ids.uuid(now), kin, now));
    }
    changes.person(child, Kind::Kin);
    ADD.insert(tx, rows).await?;
    Ok(())
}

async fn write(tx: &mut Tx, pen: Pen<'_>, id: Uuid, new: NewKin, now: Instant) -> Result<(), StoreError> {
    ADD.insert(tx, both_sides(pen, id, new, now).into()).await.map(drop)
}

/// The rows of both sides of a kinship, in the order of [`ADD`].
fn both_sides(pen: Pen<'_>, id: Uuid, new: NewKin, now: Instant) -> [Vec<Value>; 2] {
    let o = pen.origin;
    let (from, until) = (new.valid.from, new.valid.until);
    let sides = [(new.person, new.other, new.relation), (new.other, new.person, new.relation.converse())];
    sides.map(|(person, other, relation)| {
        params![person, id, other, relation.word(), from, until, now, o.source, o.law, o.by].to_vec()
    })
}
