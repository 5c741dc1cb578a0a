//! Reminders: whoever has something that ends soon is told once, as many days before as the programme's process says. A job
//! a day, in pieces of one transaction each.

use kernel::{CaseId, Date, DecisionId};
use serde::{Deserialize, Serialize};
use store::{JobRow, Row, StoreError, Tx, params};
use uuid::Uuid;

use crate::case::model::{in_days, plus_days};
use crate::case::rows as cases;
use crate::desk::Desk;
use crate::letter;
use crate::recompute::Fault;

store::sql! {
    ENDING = "select decision_id, case_id, effective_until from decision
        where status = 'in_force' and kind in ('grant', 'change') and effective_until > $1 and effective_until <= $2 and decision_id > $3
        order by decision_id limit $4";
}

/// The job that writes the day's reminders.
pub const REMIND: &str = "casework.remind";
/// How many decisions one transaction looks at.
const CHUNK: i64 = 200;
/// Behind what a person waits for.
const PRIORITY: i32 = 60;

/// Where a job goes on.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Cursor {
    after: Option<DecisionId>,
}

/// Queues the day's reminders: once a day, however often it is called.
pub async fn queue(tx: &mut Tx, desk: &Desk<'_>) -> Result<bool, StoreError> {
    let key = desk.today().to_string();
    tx.queue(desk.ids, desk.now, REMIND, &key, PRIORITY, &Cursor::default()).await
}

/// Works on a leased job: one piece, then the rest is queued as a job of its own. Says whether it was one of these. The
/// caller commits.
pub async fn work(tx: &mut Tx, desk: &Desk<'_>, job: &JobRow) -> Result<bool, Fault> {
    if job.kind != REMIND {
        return Ok(false);
    }
    let cursor: Cursor = serde_json::from_str(&job.payload).map_err(|e| Fault::Payload(e.to_string()))?;
    let (_, last) = piece(tx, desk, cursor.after, CHUNK).await?;
    tx.job_done(job.id).await?;
    if let Some(last) = last {
        let key = format!("{} {last}", job.unique_key.split(' ').next().unwrap_or(&job.unique_key));
        tx.queue(desk.ids, desk.now, REMIND, &key, PRIORITY, &Cursor { after: Some(last) }).await?;
    }
    Ok(true)
}

/// Looks at up to `most` decisions after one; says how many letters are new, and where to go on.
async fn piece(
    tx: &mut Tx,
    desk: &Desk<'_>,
    after: Option<DecisionId>,
    most: i64,
) -> Result<(u32, Option<DecisionId>), StoreError> {
    let longest = desk.pack.programmes().iter().map(|p| desk.pack.process(&p.id).reminder_days).max().unwrap_or(0);
    let (today, horizon) = (desk.today(), in_days(desk.today(), longest));
    let after = after.map_or(Uuid::nil(), |id| id.0);
    let read = |row: &Row| Ok((row.get("decision_id")?, row.get("case_id")?, row.get("effective_until")?));
    let rows = tx.all(ENDING, params![today, horizon, after, most]).await?;
    let ending: Vec<(DecisionId, CaseId, Date)> = rows.iter().map(read).collect::<Result<_, StoreError>>()?;
    let mut new = 0;
    for (decision, case, until) in &ending {
        let Some(case) = cases::case(tx, *case).await? else { continue };
        // A decision that another one replaced in the same case reminds of nothing.
        let early = in_days(today, desk.pack.process(&case.programme).reminder_days);
        if *until > early || case.decision != Some(*decision) {
            continue;
        }
        let key = format!("{decision} {until}");
        let last_day = plus_days(*until, -1);
        new += u32::from(letter::write(tx, desk, &case, letter::Kind::Reminder, &key, last_day.into()).await?);
    }
    let full = i64::try_from(ending.len()).unwrap_or(i64::MAX) >= most;
    Ok((new, ending.last().filter(|_| full).map(|(id, _, _)| *id)))
}
