//! Protection of victims of violence: who is protected from whom, since when, under which law.
//!
//! What follows from it for every read is in [`crate::sight`].

use kernel::{Date, Instant, Period, PersonId};
use serde::{Deserialize, Serialize};
use store::{AsConflict, Row, StoreError, Tx, params};
use uuid::Uuid;

use crate::change::{Changes, Kind};
use crate::person::touch_person;
use crate::read::surviving;
use crate::rows;
use crate::time::{Origin, Pen};

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

/// A protection as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Protection {
    /// Its id. One that was ended goes on under another.
    pub id: Uuid,
    /// The record it was written for; another one than the victim's own after a merge.
    pub victim: PersonId,
    /// From whom: surviving records.
    pub perpetrators: Vec<PersonId>,
    /// The days of protection.
    pub valid: Period,
    /// Why.
    pub reason: String,
    /// When it was recorded.
    pub recorded_at: Instant,
    /// Where it comes from, under which law, by whom.
    pub origin: Origin,
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
    /// It would be longer than it was.
    #[error("the protection ends on {0} already: one that is to last longer is recorded anew")]
    Longer(Date),
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
    ADD = "insert into protection (person_id, protection_id, reason, valid_from, valid_until, recorded_at, source, law, recorded_by, ended_for)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    ADD_FROM = "insert into protection_from (person_id, protection_id, perpetrator_id) values ($1, $2, $3) on conflict (person_id, protection_id, perpetrator_id) do nothing";
    ADD_PERPETRATOR = "insert into perpetrator (person_id, protection_id, victim_id) values ($1, $2, $3) on conflict (person_id, protection_id) do nothing";
    ONE = "select reason, valid_from, valid_until, law from protection where person_id = $1 and protection_id = $2 and withdrawn_at is null";
    STANDING = "select person_id, protection_id, reason, valid_from, valid_until, recorded_at, source, law, recorded_by from protection
        where person_id = $1 and withdrawn_at is null and (valid_until is null or valid_until > $2) order by valid_from, protection_id";
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
    write(tx, pen, new, id, now, None).await?;
    announce(tx, pen, new.victim).await?;
    Ok(id)
}

/// The protections of a person that hold on a day or will, the earliest first; those of all records that are this person.
pub async fn standing(tx: &mut Tx, victim: PersonId, day: Date) -> Result<Vec<Protection>, StoreError> {
    let now = Instant::from_micros(i64::MAX);
    let survivor = surviving(tx, victim).await?;
    let records = rows::clusters(tx, &[survivor].into(), now).await?;
    let mut all = Vec::new();
    for record in records.into_keys() {
        for row in tx.all(STANDING, params![record, day]).await? {
            let perpetrators = perpetrators(tx, record, row.get("protection_id")?).await?;
            let ends = rows::survivors(tx, perpetrators, now).await?;
            all.push(read(&row, ends.into_values().collect())?);
        }
    }
    all.sort_by_key(|p| (p.valid.from, p.id));
    Ok(all)
}

fn read(row: &Row, perpetrators: Vec<PersonId>) -> Result<Protection, StoreError> {
    Ok(Protection {
        id: row.get("protection_id")?,
        victim: row.get("person_id")?,
        perpetrators,
        valid: Period { from: row.get("valid_from")?, until: row.maybe("valid_until")? },
        reason: row.get("reason")?,
        recorded_at: row.get("recorded_at")?,
        origin: Origin::new(row.get::<String>("source")?, row.get::<String>("law")?, row.get::<String>("recorded_by")?),
    })
}

async fn perpetrators(tx: &mut Tx, victim: PersonId, protection: Uuid) -> Result<Vec<PersonId>, StoreError> {
    let rows = tx.all(FROM, params![victim, protection]).await?;
    rows.iter().map(|r| r.get("perpetrator_id")).collect()
}

/// Ends a protection: `until` is the first day outside. Its law stays; source and account are those of whoever ends it. The
/// past stays protected in every read of the past. Gives the id under which it goes on.
pub async fn end(
    tx: &mut Tx,
    pen: Pen<'_>,
    victim: PersonId,
    protection: Uuid,
    until: Date,
    why: &str,
) -> Result<Uuid, ProtectionError> {
    let now = touch_person(tx, victim, pen.now).await?.ok_or(ProtectionError::NoPerson)?;
    let row = tx.maybe(ONE, params![victim, protection]).await?.ok_or(ProtectionError::NoProtection)?;
    let from: Date = row.get("valid_from")?;
    if until <= from {
        return Err(ProtectionError::Backwards { from, until });
    }
    if let Some(known) = row.maybe::<Date>("valid_until")?.filter(|known| *known < until) {
        return Err(ProtectionError::Longer(known));
    }
    let perpetrators = perpetrators(tx, victim, protection).await?;
    tx.execute(WITHDRAW, params![victim, protection, now]).await?;
    let valid = Period { from, until: Some(until) };
    let rest = NewProtection { victim, perpetrators, valid, reason: row.get("reason")? };
    let id = pen.ids.uuid(now);
    let origin = Origin { law: row.get("law")?, ..pen.origin.clone() };
    write(tx, pen.from(&origin), &rest, id, now, Some(why)).await?;
    announce(tx, pen, victim).await?;
    Ok(id)
}

async fn write(
    tx: &mut Tx,
    pen: Pen<'_>,
    new: &NewProtection,
    id: Uuid,
    now: Instant,
    ended_for: Option<&str>,
) -> Result<(), ProtectionError> {
    let o = pen.origin;
    let days = (new.valid.from, new.valid.until);
    let row = params![new.victim, id, new.reason, days.0, days.1, now, o.source, o.law, o.by, ended_for];
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
