//! Protection of victims of violence: who is protected from whom, since when, under which law.
//!
//! What follows from it for every read is in [`crate::sight`].

use kernel::{Date, Instant, Period, PersonId};
use serde::{Deserialize, Serialize};
use store::{AsConflict, StoreError, Tx, params};
use uuid::Uuid;

use crate::change::{Changes, Kind};
use crate::person::touch_person;
use crate::time::Pen;

/// A protection to be recorded. Its law is the pen's `origin.law`, which must be given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewProtection {
    /// The victim. Children are covered through kinship, later born ones too.
    pub victim: PersonId,
    /// From whom; may be empty when nobody is named.
    pub perpetrators: Vec<PersonId>,
    /// The days of protection.
    pub valid: Period,
    /// Why, as a short word or the number of the order.
    pub reason: String,
}

/// Why a protection was not recorded or ended.
#[derive(Debug, thiserror::Error)]
pub enum ProtectionError {
    /// No law.
    #[error("a protection rests on a law: name it in the origin")]
    NoLaw,
    /// No such person.
    #[error("there is no such person")]
    NoPerson,
    /// Victim and perpetrator are one.
    #[error("a person cannot be protected from themselves")]
    FromSelf,
    /// No such protection.
    #[error("there is no such protection")]
    NoProtection,
    /// The period ends before it begins.
    #[error("the protection ends on {until}, before it begins on {from}")]
    Backwards {
        /// First day.
        from: Date,
        /// First day outside.
        until: Date,
    },
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AsConflict for ProtectionError {
    fn is_conflict(&self) -> bool {
        matches!(self, ProtectionError::Store(e) if e.is_conflict())
    }
}

store::sql! {
    ADD = "insert into protection (person_id, protection_id, reason, valid_from, valid_until, recorded_at, source, law, recorded_by)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    ADD_FROM = "insert into protection_from (person_id, protection_id, perpetrator_id) values ($1, $2, $3) on conflict (person_id, protection_id, perpetrator_id) do nothing";
    ADD_PERPETRATOR = "insert into perpetrator (person_id, protection_id, victim_id) values ($1, $2, $3) on conflict (person_id, protection_id) do nothing";
    ONE = "select reason, valid_from, source, law, recorded_by from protection where person_id = $1 and protection_id = $2 and withdrawn_at is null";
    FROM = "select perpetrator_id from protection_from where person_id = $1 and protection_id = $2";
    WITHDRAW = "update protection set withdrawn_at = $3 where person_id = $1 and protection_id = $2 and withdrawn_at is null";
}

/// Protects a victim. From this moment every read hides where the victim and the victim's children are.
pub async fn protect(tx: &mut Tx, pen: Pen<'_>, new: &NewProtection) -> Result<Uuid, ProtectionError> {
    if pen.origin.law.trim().is_empty() {
        return Err(ProtectionError::NoLaw);
    }
    if new.perpetrators.contains(&new.victim) {
        return Err(ProtectionError::FromSelf);
    }
    if let Some(until) = new.valid.until.filter(|until| *until <= new.valid.from) {
        return Err(ProtectionError::Backwards { from: new.valid.from, until });
    }
    let now = touch_person(tx, new.victim, pen.now).await?.ok_or(ProtectionError::NoPerson)?;
    let id = pen.ids.uuid(now);
    write(tx, pen, new, id, now).await?;
    announce(tx, pen, new.victim).await?;
    Ok(id)
}

/// Ends a protection: `until` is the first day outside. The past stays protected in every read of the past.
pub async fn end(
    tx: &mut Tx,
    pen: Pen<'_>,
    victim: PersonId,
    protection: Uuid,
    until: Date,
) -> Result<(), ProtectionError> {
    let now = touch_person(tx, victim, pen.now).await?.ok_or(ProtectionError::NoPerson)?;
    let row = tx.maybe(ONE, params![victim, protection]).await?.ok_or(ProtectionError::NoProtection)?;
    let from: Date = row.get("valid_from")?;
    if until <= from {
        return Err(ProtectionError::Backwards { from, until });
    }
    let perpetrators = tx
        .all(FROM, params![victim, protection])
        .await?
        .iter()
        .map(|r| r.get("perpetrator_id"))
        .collect::<Result<_, _>>()?;
    tx.execute(WITHDRAW, params![victim, protection, now]).await?;
    let valid = Period { from, until: Some(until) };
    let rest = NewProtection { victim, perpetrators, valid, reason: row.get("reason")? };
    write(tx, pen, &rest, pen.ids.uuid(now), now).await?;
    announce(tx, pen, victim).await
}

async fn write(tx: &mut Tx, pen: Pen<'_>, new: &NewProtection, id: Uuid, now: Instant) -> Result<(), ProtectionError> {
    let o = pen.origin;
    let row = params![new.victim, id, new.reason, new.valid.from, new.valid.until, now, o.source, o.law, o.by];
    tx.execute(ADD, row).await?;
    for perpetrator in &new.perpetrators {
        touch_person(tx, *perpetrator, now).await?.ok_or(ProtectionError::NoPerson)?;
        tx.execute(ADD_FROM, params![new.victim, id, perpetrator]).await?;
        tx.execute(ADD_PERPETRATOR, params![perpetrator, id, new.victim]).await?;
    }
    Ok(())
}

async fn announce(tx: &mut Tx, pen: Pen<'_>, victim: PersonId) -> Result<(), ProtectionError> {
    let mut changes = Changes::default();
    changes.person(victim, Kind::Protection);
    Ok(changes.emit(tx, pen).await?)
}
