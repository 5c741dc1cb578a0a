//! What time does: reminders, escalation to the supervisor, the end of what nobody answers. A job a day, in pieces of one
//! transaction each.

use kernel::{Date, ReferralId};
use serde::{Deserialize, Serialize};
use store::{JobRow, StoreError, Tx, params};

use crate::change::{self, Fault};
use crate::model::{Act, By, in_days};
use crate::{Desk, deliver, rows};

store::sql! {
    DUE = "select referral_id, due_on from referral where due_on is not null and due_on <= $1 and (due_on > $2 or (due_on = $2 and referral_id > $3))
        order by due_on, referral_id limit $4";
}

/// The job that looks at the clocks.
pub const CLOCKS: &str = "referral.clocks";
/// How many referrals one transaction looks at.
const CHUNK: i64 = 200;
/// Behind what a person waits for.
const PRIORITY: i32 = 60;
/// The longest reminder a pack may ask for, in days.
const HORIZON: u32 = 30;

/// Where a job goes on.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Cursor {
    after: Option<(Date, ReferralId)>,
}

/// Queues the day's look at the clocks: once a day, however often it is called.
///
/// # Errors
/// The database.
pub async fn queue(tx: &mut Tx, desk: &Desk<'_>) -> Result<bool, StoreError> {
    tx.queue(desk.ids, desk.now, CLOCKS, &desk.today().to_string(), PRIORITY, &Cursor { after: None }).await
}

/// What a look at the clocks did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rung {
    /// Reminders.
    pub reminded: u32,
    /// Told to a supervisor.
    pub escalated: u32,
    /// Ended because nobody answered.
    pub expired: u32,
}

/// Works on a leased job: one piece, then the rest is queued as a job of its own. `None`: it is no job of this room. The caller
/// commits.
///
/// # Errors
/// The database, or a payload that cannot be read.
pub async fn work(tx: &mut Tx, desk: &Desk<'_>, job: &JobRow) -> Result<Option<Rung>, StoreError> {
    if job.kind != CLOCKS {
        return Ok(None);
    }
    let cursor: Cursor = serde_json::from_str(&job.payload).map_err(|e| StoreError::Driver(e.to_string()))?;
    let (rung, last) = piece(tx, desk, cursor.after).await?;
    tx.job_done(job.id).await?;
    if let Some(last) = last {
        let day = job.unique_key.split(' ').next().unwrap_or(&job.unique_key);
        let key = format!("{day} {} {}", last.0, last.1);
        tx.queue(desk.ids, desk.now, CLOCKS, &key, PRIORITY, &Cursor { after: Some(last) }).await?;
    }
    Ok(Some(rung))
}

type Last = Option<(Date, ReferralId)>;

async fn piece(tx: &mut Tx, desk: &Desk<'_>, after: Last) -> Result<(Rung, Last), StoreError> {
    let until = in_days(desk.today(), HORIZON);
    let (day, id) = after.unwrap_or((Date::MIN, ReferralId(uuid::Uuid::nil())));
    let rows = tx.all(DUE, params![until, day.max(Date::constant(1, 1, 1)), id, CHUNK]).await?;
    let due: Vec<(Date, ReferralId)> =
        rows.iter().map(|row| Ok((row.get("due_on")?, row.get("referral_id")?))).collect::<Result<_, StoreError>>()?;
    let mut rung = Rung::default();
    for (_, id) in &due {
        let Some(it) = rows::one(tx, *id).await? else { continue };
        let Some(act) = it.now.tick(&it.clocks, desk.today()) else { continue };
        match change::apply(tx, desk, &it, &act, (By::Clock, None)).await {
            Ok(_) => {}
            // Somebody acted at this very moment: the clock is theirs again.
            Err(Fault::Moved(_)) => continue,
            Err(Fault::Store(why)) => return Err(why),
            Err(why) => return Err(StoreError::Driver(why.to_string())),
        }
        match act {
            Act::Remind { .. } => {
                deliver::keep(tx, desk, &it).await?;
                rung.reminded += 1;
            }
            Act::Expire => rung.expired += 1,
            _ => rung.escalated += 1,
        }
    }
    let full = i64::try_from(due.len()).unwrap_or(i64::MAX) >= CHUNK;
    Ok((rung, due.last().copied().filter(|_| full)))
}
