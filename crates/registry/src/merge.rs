//! Two records of one human being become one, and are parted again when that was wrong.
//!
//! A merge writes nothing but itself: the merged record redirects to the surviving one, and reads follow the redirect as
//! it stood at the moment read. So every statement, old reference and past read stays what it was, and unmerging
//! restores every read exactly.

use std::collections::BTreeMap;

use kernel::{Instant, PersonId};
use serde::{Deserialize, Serialize};
use store::{AsConflict, Row, StoreError, Tx, params};
use uuid::Uuid;

use crate::change::{Changes, Kind};
use crate::person::touch_person;
use crate::rows;
use crate::sight::{Seen, Sight};
use crate::ties::ties;
use crate::time::Pen;

/// A merge as recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Merge {
    /// The merge.
    pub id: Uuid,
    /// The record that stays.
    pub survivor: PersonId,
    /// The record that redirects to it.
    pub merged: PersonId,
    /// When.
    pub recorded_at: Instant,
    /// When it was undone.
    pub withdrawn_at: Option<Instant>,
    /// Why.
    pub reason: String,
    /// Who did it.
    pub recorded_by: String,
}

/// Why records were not merged or parted.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// The same record, or two that are one already.
    #[error("the two records are one already")]
    Same,
    /// No such person.
    #[error("there is no such person")]
    NoPerson,
    /// No reason.
    #[error("say why the two records are one human being")]
    NoReason,
    /// One is protected from the other.
    #[error("one of the two is protected from the other: they cannot be one human being")]
    Opposed,
    /// No such merge, or undone already.
    #[error("there is no such merge, or it was undone already")]
    NoMerge,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AsConflict for MergeError {
    fn is_conflict(&self) -> bool {
        matches!(self, MergeError::Store(e) if e.is_conflict())
    }
}

store::sql! {
    ADD_REDIRECT = "insert into redirect (person_id, survivor_id, merge_id, recorded_at, reason, recorded_by) values ($1, $2, $3, $4, $5, $6)";
    ADD_ABSORBED = "insert into absorbed (person_id, merged_id, merge_id, recorded_at, reason, recorded_by) values ($1, $2, $3, $4, $5, $6)";
    OF_SURVIVOR = "select person_id as survivor_id, merged_id, merge_id, recorded_at, withdrawn_at, reason, recorded_by from absorbed
        where person_id = $1 order by recorded_at, merge_id";
    ONE = "select person_id as survivor_id, merged_id, merge_id, recorded_at, withdrawn_at, reason, recorded_by from absorbed
        where person_id = $1 and merge_id = $2 and withdrawn_at is null";
    RECENT = "select a.survivor_id, a.merged_id, a.merge_id, a.recorded_at, a.withdrawn_at, a.reason, a.recorded_by, r.jurisdiction from
        (select person_id as survivor_id, merged_id, merge_id, recorded_at, withdrawn_at, reason, recorded_by from absorbed
            where withdrawn_at is null and (recorded_at < $1 or (recorded_at = $1 and merge_id < $2))
        order by recorded_at desc, merge_id desc limit 500) a
        left join residence r on r.person_id in (a.survivor_id, a.merged_id) and r.withdrawn_at is null
        order by a.recorded_at desc, a.merge_id desc";
    UNDO_REDIRECT = "update redirect set withdrawn_at = $3 where person_id = $1 and merge_id = $2 and withdrawn_at is null";
    UNDO_ABSORBED = "update absorbed set withdrawn_at = $3 where person_id = $1 and merge_id = $2 and withdrawn_at is null";
}

fn read_merge(row: &Row) -> Result<Merge, StoreError> {
    Ok(Merge {
        id: row.get("merge_id")?,
        survivor: row.get("survivor_id")?,
        merged: row.get("merged_id")?,
        recorded_at: row.get("recorded_at")?,
        withdrawn_at: row.maybe("withdrawn_at")?,
        reason: row.get("reason")?,
        recorded_by: row.get("recorded_by")?,
    })
}

/// Merges `merged` into `survivor`. Ids of records merged earlier are followed. A standing proposal about the two is settled.
pub async fn merge(
    tx: &mut Tx,
    pen: Pen<'_>,
    survivor: PersonId,
    merged: PersonId,
    reason: &str,
) -> Result<Uuid, MergeError> {
    if reason.trim().is_empty() {
        return Err(MergeError::NoReason);
    }
    let (named_survivor, named_merged) = (survivor, merged);
    let ends = rows::survivors(tx, [survivor, merged], Instant::from_micros(i64::MAX)).await?;
    let survivor = ends.get(&survivor).copied().unwrap_or(survivor);
    let merged = ends.get(&merged).copied().unwrap_or(merged);
    if survivor == merged {
        return Err(MergeError::Same);
    }
    let protections = rows::protections(tx, &[survivor, merged].into()).await?;
    if protections.iter().any(|p| p.perpetrators.contains(&survivor) || p.perpetrators.contains(&merged)) {
        return Err(MergeError::Opposed);
    }
    let now = touch(tx, survivor, merged, pen.now).await?;
    let id = pen.ids.uuid(now);
    tx.execute(ADD_REDIRECT, params![merged, survivor, id, now, reason, pen.origin.by]).await?;
    tx.execute(ADD_ABSORBED, params![survivor, merged, id, now, reason, pen.origin.by]).await?;
    crate::duplicate::settle(tx, pen, named_survivor, named_merged, crate::duplicate::State::Merged).await?;
    announce(tx, pen, survivor, merged).await?;
    Ok(id)
}

/// Parts two records again. What was written to the survivor since then stays with the survivor.
pub async fn unmerge(tx: &mut Tx, pen: Pen<'_>, survivor: PersonId, merge: Uuid) -> Result<(), MergeError> {
    let row = tx.maybe(ONE, params![survivor, merge]).await?.ok_or(MergeError::NoMerge)?;
    let found = read_merge(&row)?;
    let now = touch(tx, survivor, found.merged, pen.now).await?;
    tx.execute(UNDO_ABSORBED, params![survivor, merge, now]).await?;
    tx.execute(UNDO_REDIRECT, params![found.merged, merge, now]).await?;
    announce(tx, pen, survivor, found.merged).await
}

/// The merges into a record, undone ones too.
pub async fn merges(tx: &mut Tx, survivor: PersonId) -> Result<Vec<Merge>, StoreError> {
    tx.all(OF_SURVIVOR, params![survivor]).await?.iter().map(read_merge).collect()
}

/// How many pages of [`RECENT`] one call goes through at most: what an office joined long ago in a large country is not undone
/// from a list.
const WALK: usize = 40;

/// The latest merges that hold, the newest first, of records that the viewer may list: what was joined by mistake is found
/// again and undone.
pub async fn recent(tx: &mut Tx, sight: &Sight<'_>, most: usize) -> Result<Seen<Vec<Merge>>, StoreError> {
    let (mut shown, mut about) = (Vec::new(), BTreeMap::new());
    let mut at = (Instant::from_micros(i64::MAX), Uuid::max());
    for _ in 0..WALK {
        let mut near: Vec<Merge> = Vec::new();
        let rows = tx.all(RECENT, params![at.0, at.1]).await?;
        // A row for each residence of the two.
        for row in &rows {
            let merge = read_merge(row)?;
            at = (merge.recorded_at, merge.id);
            if sight.reaches(&[merge.survivor], row)? && near.last().is_none_or(|before| before.id != merge.id) {
                near.push(merge);
            }
        }
        let known = ties(tx, sight, &near.iter().map(|m| m.survivor).collect(), sight.today).await?;
        for merge in near {
            if let Some(tie) = known.get(&merge.survivor).filter(|t| sight.may_list(t.relation)) {
                about.insert(merge.survivor, tie.relation);
                shown.push(merge);
            }
        }
        if shown.len() >= most || rows.is_empty() {
            break;
        }
    }
    shown.truncate(most);
    about.retain(|id, _| shown.iter().any(|m: &Merge| m.survivor == *id));
    Ok(Seen::new(shown, about.into_iter().collect()))
}

/// The ids under which one person was known: the record that stands, first, and those merged into it, by merges that hold.
pub async fn ids_of(tx: &mut Tx, survivor: PersonId) -> Result<Vec<PersonId>, StoreError> {
    let all = rows::clusters(tx, &[survivor].into(), Instant::from_micros(i64::MAX)).await?;
    Ok(std::iter::once(survivor).chain(all.into_keys().filter(|id| *id != survivor)).collect())
}

async fn touch(tx: &mut Tx, a: PersonId, b: PersonId, now: Instant) -> Result<Instant, MergeError> {
    let first = touch_person(tx, a.min(b), now).await?.ok_or(MergeError::NoPerson)?;
    touch_person(tx, a.max(b), first).await?.ok_or(MergeError::NoPerson)
}

async fn announce(tx: &mut Tx, pen: Pen<'_>, survivor: PersonId, merged: PersonId) -> Result<(), MergeError> {
    let mut changes = Changes::default();
    changes.person(survivor, Kind::Merge);
    changes.person(merged, Kind::Merge);
    Ok(changes.emit(tx, pen).await?)
}
