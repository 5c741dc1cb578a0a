//! Pregnancies, from confirmation to their end.

use kernel::{Date, Instant, Period, PersonId, PregnancyId};
use serde::{Deserialize, Serialize};
use store::{AsConflict, Row, StoreError, Tx, params};
use uuid::Uuid;

use crate::change::{Changes, Kind};
use crate::person::{touch_person, words};
use crate::time::{Pen, Stamp};

/// How a pregnancy ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// A child was born alive.
    Birth,
    /// Stillbirth.
    Stillbirth,
    /// Miscarriage.
    Miscarriage,
    /// Ended otherwise.
    Ended,
}

words!(
    Outcome,
    "an outcome of a pregnancy: expected birth, stillbirth, miscarriage or ended",
    Birth = "birth",
    Stillbirth = "stillbirth",
    Miscarriage = "miscarriage",
    Ended = "ended"
);

/// A pregnancy as last recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pregnancy {
    /// The pregnancy; stays the same over its versions.
    pub id: PregnancyId,
    /// This version.
    pub version: Uuid,
    /// The day the child is expected.
    pub due_date: Date,
    /// How many are expected.
    pub unborn: u32,
    /// How it ended, if it has.
    pub outcome: Option<Outcome>,
    /// The stamp; `stamp.valid` runs from confirmation to the end.
    pub stamp: Stamp,
}

/// A pregnancy to be recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewPregnancy {
    /// The day it was confirmed.
    pub confirmed_on: Date,
    /// The day the child is expected.
    pub due_date: Date,
    /// How many are expected, 1 to 9.
    pub unborn: u32,
}

/// Why a pregnancy was not recorded.
#[derive(Debug, thiserror::Error)]
pub enum PregnancyError {
    /// No such person.
    #[error("there is no such person")]
    NoPerson,
    /// Dates that cannot be.
    #[error("the due date {due} must lie after the confirmation on {confirmed} and at most 300 days later")]
    Dates {
        /// Confirmed on.
        confirmed: Date,
        /// Due on.
        due: Date,
    },
    /// None or too many.
    #[error("{0} unborn children: expected 1 to 9")]
    Unborn(u32),
    /// Ended before confirmed.
    #[error("the pregnancy ended on {ended}, before it was confirmed on {confirmed}")]
    EndedEarly {
        /// Confirmed on.
        confirmed: Date,
        /// Ended on.
        ended: Date,
    },
    /// Another pregnancy runs on that day.
    #[error("another pregnancy of this person runs on {0}: end or correct it first")]
    Overlap(Date),
    /// No such pregnancy.
    #[error("there is no such pregnancy, or it was withdrawn")]
    NoPregnancy,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AsConflict for PregnancyError {
    fn is_conflict(&self) -> bool {
        matches!(self, PregnancyError::Store(e) if e.is_conflict())
    }
}

store::sql! {
    ADD = "insert into pregnancy (person_id, pregnancy_id, version_id, due_date, unborn, outcome, valid_from, valid_until, recorded_at, source, law, recorded_by)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    STANDING = "select pregnancy_id, version_id, due_date, unborn, outcome, valid_from, valid_until, recorded_at, withdrawn_at, source, law, recorded_by
        from pregnancy where person_id = $1 and withdrawn_at is null";
    WITHDRAW = "update pregnancy set withdrawn_at = $3 where person_id = $1 and version_id = $2 and withdrawn_at is null";
}

pub(crate) fn read_pregnancy(row: &Row) -> Result<Pregnancy, StoreError> {
    let outcome: Option<String> = row.maybe("outcome")?;
    Ok(Pregnancy {
        id: row.get("pregnancy_id")?,
        version: row.get("version_id")?,
        due_date: row.get("due_date")?,
        unborn: row.get("unborn")?,
        outcome: match outcome {
            Some(_) => Some(row.parse("outcome")?),
            None => None,
        },
        stamp: Stamp::of(row)?,
    })
}

/// Records a pregnancy. The same pregnancy again (same confirmation and due date) changes nothing.
pub async fn confirm(
    tx: &mut Tx,
    pen: Pen<'_>,
    person: PersonId,
    new: NewPregnancy,
) -> Result<PregnancyId, PregnancyError> {
    check(new)?;
    let now = touch_person(tx, person, pen.now).await?.ok_or(PregnancyError::NoPerson)?;
    for standing in standing(tx, person).await? {
        if standing.stamp.valid.from == new.confirmed_on && standing.due_date == new.due_date {
            return Ok(standing.id);
        }
        if standing.stamp.valid.contains(new.confirmed_on) {
            return Err(PregnancyError::Overlap(new.confirmed_on));
        }
    }
    let id = PregnancyId::new(pen.ids, now);
    let valid = Period { from: new.confirmed_on, until: None };
    write(tx, pen, person, id, (new.due_date, new.unborn, None), valid, now).await?;
    announce(tx, pen, person).await?;
    Ok(id)
}

/// Corrects dates or number; the earlier version stays in the history.
pub async fn correct(
    tx: &mut Tx,
    pen: Pen<'_>,
    person: PersonId,
    id: PregnancyId,
    new: NewPregnancy,
) -> Result<(), PregnancyError> {
    check(new)?;
    let (old, now) = replace(tx, pen, person, id).await?;
    let valid = Period { from: new.confirmed_on, until: old.stamp.valid.until };
    write(tx, pen, person, id, (new.due_date, new.unborn, old.outcome), valid, now).await?;
    announce(tx, pen, person).await
}

/// Ends a pregnancy on a day, with its outcome; again the same changes nothing.
pub async fn end(
    tx: &mut Tx,
    pen: Pen<'_>,
    person: PersonId,
    id: PregnancyId,
    on: Date,
    outcome: Outcome,
) -> Result<(), PregnancyError> {
    let current = find(tx, person, id).await?;
    if current.stamp.valid.until == Some(on) && current.outcome == Some(outcome) {
        return Ok(());
    }
    if on <= current.stamp.valid.from {
        return Err(PregnancyError::EndedEarly { confirmed: current.stamp.valid.from, ended: on });
    }
    let (old, now) = replace(tx, pen, person, id).await?;
    let valid = Period { from: old.stamp.valid.from, until: Some(on) };
    write(tx, pen, person, id, (old.due_date, old.unborn, Some(outcome)), valid, now).await?;
    announce(tx, pen, person).await
}

/// Withdraws a pregnancy recorded by mistake; it stays readable in the history.
pub async fn withdraw(tx: &mut Tx, pen: Pen<'_>, person: PersonId, id: PregnancyId) -> Result<(), PregnancyError> {
    replace(tx, pen, person, id).await?;
    announce(tx, pen, person).await
}

fn check(new: NewPregnancy) -> Result<(), PregnancyError> {
    let days = (new.due_date - new.confirmed_on).get_days();
    if !(1..=300).contains(&days) {
        return Err(PregnancyError::Dates { confirmed: new.confirmed_on, due: new.due_date });
    }
    if (1..=9).contains(&new.unborn) { Ok(()) } else { Err(PregnancyError::Unborn(new.unborn)) }
}

async fn standing(tx: &mut Tx, person: PersonId) -> Result<Vec<Pregnancy>, StoreError> {
    tx.all(STANDING, params![person]).await?.iter().map(read_pregnancy).collect()
}

async fn find(tx: &mut Tx, person: PersonId, id: PregnancyId) -> Result<Pregnancy, PregnancyError> {
    standing(tx, person).await?.into_iter().find(|p| p.id == id).ok_or(PregnancyError::NoPregnancy)
}

/// Withdraws the standing version and gives it back with the moment to record at.
async fn replace(
    tx: &mut Tx,
    pen: Pen<'_>,
    person: PersonId,
    id: PregnancyId,
) -> Result<(Pregnancy, Instant), PregnancyError> {
    let now = touch_person(tx, person, pen.now).await?.ok_or(PregnancyError::NoPerson)?;
    let old = find(tx, person, id).await?;
    tx.execute(WITHDRAW, params![person, old.version, now]).await?;
    Ok((old, now))
}

async fn write(
    tx: &mut Tx,
    pen: Pen<'_>,
    person: PersonId,
    id: PregnancyId,
    (due, unborn, outcome): (Date, u32, Option<Outcome>),
    valid: Period,
    now: Instant,
) -> Result<(), StoreError> {
    let o = pen.origin;
    let row = params![
        person,
        id,
        pen.ids.uuid(now),
        due,
        unborn,
        outcome.map(Outcome::word),
        valid.from,
        valid.until,
        now,
        o.source,
        o.law,
        o.by
    ];
    tx.execute(ADD, row).await.map(drop)
}

async fn announce(tx: &mut Tx, pen: Pen<'_>, person: PersonId) -> Result<(), PregnancyError> {
    let mut changes = Changes::default();
    changes.person(person, Kind::Pregnancy);
    Ok(changes.emit(tx, pen).await?)
}
