//! Decisions in the database.

use kernel::{CaseId, DecisionId, Instant};
use sha2::{Digest, Sha256};
use store::{Row, StoreError, Tx, params};

use super::model::{Content, Decision, DecisionStatus};
use super::notice::Notices;
use crate::case::Case;
use crate::rows::json;

store::sql! {
    ADD = "insert into decision (subject_id, decision_id, case_id, determination_id, household_id, programme, kind, status, automatic, content, notice, content_hash, effective_from, effective_until, object_by, supersedes, prepared_by, decided_by, prepared_at, decided_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)";
    ONE = "select decision_id, case_id, determination_id, household_id, status, automatic, content, notice, content_hash, object_by, supersedes, prepared_by, decided_by, prepared_at, decided_at
        from decision where decision_id = $1";
    OF_CASE = "select decision_id, case_id, determination_id, household_id, status, automatic, content, notice, content_hash, object_by, supersedes, prepared_by, decided_by, prepared_at, decided_at
        from decision where case_id = $1 order by prepared_at, decision_id";
    FORCE = "update decision set status = 'in_force', notice = $3, content_hash = $4, object_by = $5, supersedes = $6, decided_by = $7, decided_at = $8
        where subject_id = $1 and decision_id = $2 and status in ('proposed', 'hearing')";
    STATUS = "update decision set status = $3 where subject_id = $1 and decision_id = $2 and status = $4";
}

pub(super) fn read(row: &Row) -> Result<Decision, StoreError> {
    Ok(Decision {
        id: row.get("decision_id")?,
        case: row.get("case_id")?,
        determination: row.get("determination_id")?,
        household: row.get("household_id")?,
        status: row.parse("status")?,
        automatic: row.get("automatic")?,
        content: row.json("content")?,
        notices: row.json("notice")?,
        content_hash: row.get("content_hash")?,
        object_by: row.maybe("object_by")?,
        supersedes: row.maybe("supersedes")?,
        prepared_by: row.maybe("prepared_by")?,
        decided_by: row.maybe("decided_by")?,
        prepared_at: row.get("prepared_at")?,
        decided_at: row.maybe("decided_at")?,
    })
}

/// A decision by id.
pub(crate) async fn one(tx: &mut Tx, id: DecisionId) -> Result<Option<Decision>, StoreError> {
    tx.maybe(ONE, params![id]).await?.as_ref().map(read).transpose()
}

/// All decisions of a case, the first first.
pub(crate) async fn of_case(tx: &mut Tx, case: CaseId) -> Result<Vec<Decision>, StoreError> {
    tx.all(OF_CASE, params![case]).await?.iter().map(read).collect()
}

/// The decision in force of a case.
pub(crate) async fn in_force(tx: &mut Tx, case: &Case) -> Result<Option<Decision>, StoreError> {
    match case.decision {
        Some(id) => one(tx, id).await,
        None => Ok(None),
    }
}

/// The bytes a decision is known by: what it says, and the words told.
pub(super) fn hash(content: &Content, notices: &Notices) -> Result<String, StoreError> {
    let mut sha = Sha256::new();
    sha.update(json(content)?);
    sha.update(b"\n");
    sha.update(json(notices)?);
    Ok(hex::encode(sha.finalize()))
}

pub(super) async fn add(tx: &mut Tx, case: &Case, decision: &Decision) -> Result<(), StoreError> {
    let content = &decision.content;
    let values = params![
        case.subject.uuid(),
        decision.id,
        case.id,
        decision.determination,
        decision.household,
        content.programme,
        content.kind.word(),
        decision.status.word(),
        decision.automatic,
        json(content)?,
        json(&decision.notices)?,
        decision.content_hash,
        content.from,
        content.until,
        decision.object_by,
        decision.supersedes,
        decision.prepared_by,
        decision.decided_by,
        decision.prepared_at,
        decision.decided_at
    ];
    tx.execute(ADD, values).await.map(drop)
}

/// Sets a status; `false` when it was another than `was` meanwhile.
pub(super) async fn set_status(
    tx: &mut Tx,
    case: &Case,
    id: DecisionId,
    was: DecisionStatus,
    now: DecisionStatus,
) -> Result<bool, StoreError> {
    let values = params![case.subject.uuid(), id, now.word(), was.word()];
    Ok(tx.execute(STATUS, values).await? == 1)
}

/// Brings a prepared decision into force.
pub(super) async fn force(tx: &mut Tx, case: &Case, decision: &Decision, at: Instant) -> Result<bool, StoreError> {
    let values = params![
        case.subject.uuid(),
        decision.id,
        json(&decision.notices)?,
        decision.content_hash,
        decision.object_by,
        decision.supersedes,
        decision.decided_by,
        at
    ];
    Ok(tx.execute(FORCE, values).await? == 1)
}

/// Drops a decision that never came into force; any other is left as it is.
pub(crate) async fn drop_prepared(tx: &mut Tx, case: &Case, decision: &Decision) -> Result<(), StoreError> {
    if matches!(decision.status, DecisionStatus::Proposed | DecisionStatus::Hearing) {
        set_status(tx, case, decision.id, decision.status, DecisionStatus::Dropped).await?;
    }
    Ok(())
}
