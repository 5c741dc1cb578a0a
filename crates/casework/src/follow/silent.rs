//! Families that were asked and have not answered: reminded once when half of their time is over, and when all of it is, the
//! case goes on with an official. Without it a case that waits for a family would wait for ever, its clock standing still.
//! A job a day, in pieces of one transaction each.

use kernel::{CaseId, Date};
use serde::{Deserialize, Serialize};
use store::{JobRow, Row, StoreError, Tx, params};
use uuid::Uuid;

use crate::case::model::{answer_by, in_days};
use crate::case::open::{ADVANCE, Advance};
use crate::case::rows as cases;
use crate::desk::Desk;
use crate::letter;
use crate::recompute::Fault;

store::sql! {
    WAITING = "select case_id, paused_on from benefit_case where stage = 'awaiting_person' and paused_on < $1 and case_id > $2
        order by case_id limit $3";
}

/// The job that looks at the day's silent families.
pub const SILENT: &str = "casework.silent";
/// How many cases one transaction looks at.
const CHUNK: i64 = 200;
/// Behind what a person waits for.
const PRIORITY: i32 = 60;

/// Where a job goes on.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Cursor {
    after: Option<CaseId>,
}

/// Queues the day's look: once a day, however often it is called.
pub async fn queue(tx: &mut Tx, desk: &Desk<'_>) -> Result<bool, StoreError> {
    let key = desk.today().to_string();
    tx.queue(desk.ids, desk.now, SILENT, &key, PRIORITY, &Cursor::default()).await
}

/// Works on a leased job: one piece, then the rest is queued as a job of its own. Says whether it was one of these. The
/// caller commits.
pub async fn work(tx: &mut Tx, desk: &Desk<'_>, job: &JobRow) -> Result<bool, Fault> {
    if job.kind != SILENT {
        return Ok(false);
    }
    let cursor: Cursor = serde_json::from_str(&job.payload).map_err(|e| Fault::Payload(e.to_string()))?;
    let last = piece(tx, desk, cursor.after).await?;
    tx.job_done(job.id).await?;
    if let Some(last) = last {
        let key = format!("{} {last}", job.unique_key.split(' ').next().unwrap_or(&job.unique_key));
        tx.queue(desk.ids, desk.now, SILENT, &key, PRIORITY, &Cursor { after: Some(last) }).await?;
    }
    Ok(true)
}

/// Looks at the next cases that wait; gives the last where there may be more.
async fn piece(tx: &mut Tx, desk: &Desk<'_>, after: Option<CaseId>) -> Result<Option<CaseId>, StoreError> {
    let (today, after) = (desk.today(), after.map_or(Uuid::nil(), |id| id.0));
    let read = |row: &Row| Ok((row.get("case_id")?, row.get("paused_on")?));
    let rows = tx.all(WAITING, params![today, after, CHUNK]).await?;
    let waiting: Vec<(CaseId, Date)> = rows.iter().map(read).collect::<Result<_, StoreError>>()?;
    for (id, asked) in &waiting {
        let Some(case) = cases::case(tx, *id).await? else { continue };
        let by = answer_by(desk, &case.programme, *asked);
        if by < today {
            tx.emit(desk.ids, desk.now, ADVANCE, &Advance { case: *id }).await?;
        } else if in_days(*asked, desk.pack.process(&case.programme).supplement_days / 2) <= today {
            letter::write(tx, desk, &case, letter::Kind::Asked, &format!("{id} again {asked}"), by.into()).await?;
        }
    }
    let full = i64::try_from(waiting.len()).unwrap_or(i64::MAX) >= CHUNK;
    Ok(waiting.last().filter(|_| full).map(|(id, _)| *id))
}
