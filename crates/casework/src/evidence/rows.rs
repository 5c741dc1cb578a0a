//! SQL of papers beside its row mapping.

use kernel::EvidenceId;
use store::{Row, StoreError, Tx, params};

use super::Paper;

store::sql! {
    ADD = "insert into evidence (person_id, evidence_id, case_id, application_id, item, media_type, size, content_hash, content, scan, note, account_id, received_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    ONE = "select person_id, evidence_id, case_id, application_id, item, media_type, size, content_hash, scan, note, received_at, removed_at
        from evidence where evidence_id = $1";
    OF_APPLICATION = "select person_id, evidence_id, case_id, application_id, item, media_type, size, content_hash, scan, note, received_at, removed_at
        from evidence where application_id = $1 and removed_at is null order by received_at, evidence_id";
    CONTENT = "select content from evidence where person_id = $1 and evidence_id = $2 and removed_at is null";
    REMOVE = "update evidence set content = $3, scan = $4, removed_at = $5 where person_id = $1 and evidence_id = $2 and removed_at is null";
    SCANNED = "update evidence set scan = 'clean' where person_id = $1 and evidence_id = $2 and scan = 'waiting' and removed_at is null";
    WAITING = "select person_id, evidence_id, case_id, application_id, item, media_type, size, content_hash, scan, note, received_at, removed_at
        from evidence where scan = 'waiting' and removed_at is null order by received_at, evidence_id limit $1";
    NOTE = "update evidence set note = $3 where person_id = $1 and evidence_id = $2 and removed_at is null";
}

pub(super) fn read(row: &Row) -> Result<Paper, StoreError> {
    let note = match row.maybe::<String>("note")? {
        Some(_) => row.json("note")?,
        None => super::Note::default(),
    };
    Ok(Paper {
        id: row.get("evidence_id")?,
        person: row.get("person_id")?,
        application: row.get("application_id")?,
        case: row.maybe("case_id")?,
        item: row.get("item")?,
        media: row.parse("media_type")?,
        size: row.get("size")?,
        content_hash: row.get("content_hash")?,
        scan: row.parse("scan")?,
        note,
        received_at: row.get("received_at")?,
        removed_at: row.maybe("removed_at")?,
    })
}

pub(super) async fn one(tx: &mut Tx, id: EvidenceId) -> Result<Option<Paper>, StoreError> {
    let paper = tx.maybe(ONE, params![id]).await?.as_ref().map(read).transpose()?;
    Ok(paper.filter(|p| p.removed_at.is_none()))
}
