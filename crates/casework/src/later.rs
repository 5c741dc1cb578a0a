//! What is worked out later, by a worker: households whose facts changed, dates that passed, a new pack in force. `app`
//! wires it: [`handle`] to the outbox, [`work`] to the jobs, [`queue_dates`] once a day and [`queue_pack`] at a reload.
//!
//! Each call is one transaction's worth, and doing it again does no harm: a household worked out twice has the same offers.

use kernel::HouseholdId;
use registry::change::{CHANGED, Notice};
use serde::{Deserialize, Serialize};
use store::{JobRow, Message, StoreError, Tx, params};
use uuid::Uuid;

use crate::application::{consent, follow};
use crate::case::absence;
use crate::case::advance;
use crate::case::open::{ADVANCE, Advance};
use crate::case::reopen::{self, REVIEW, Review};
use crate::desk::Desk;
use crate::follow::{remind, silent};
use crate::model::Cause;
use crate::recompute::{self, Fault};
use crate::register::EVENT;
use crate::requalify;
use crate::rows;

/// The topic that announces a new pack in force; its payload is not read.
pub const PACK_CHANGED: &str = "pack.changed";
/// The job that works out households for which a date passed.
pub const DATES: &str = "casework.dates";
/// The job that works out households last worked out under another pack.
pub const PACK: &str = "casework.pack";

/// How many households one transaction works out.
const CHUNK: i64 = 25;
/// Behind what a person waits for.
const PRIORITY: i32 = 50;

/// Where a job goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Cursor {
    after: Option<HouseholdId>,
}

/// Handles a message of the outbox; says whether it was one for this room.
pub async fn handle(tx: &mut Tx, desk: &Desk<'_>, message: &Message) -> Result<bool, Fault> {
    match message.topic.as_str() {
        CHANGED => {
            let notice: Notice = serde_json::from_str(&message.payload).map_err(|e| Fault::Payload(e.to_string()))?;
            for household in &notice.households {
                match notice.only_items() {
                    Some(items) => recompute::touched(tx, desk, *household, items).await?,
                    None => recompute::household(tx, desk, *household, Cause::FactChange, None).await?,
                };
            }
            Ok(true)
        }
        ADVANCE => {
            let asked: Advance = serde_json::from_str(&message.payload).map_err(|e| Fault::Payload(e.to_string()))?;
            advance::run(tx, desk, asked.case).await?;
            Ok(true)
        }
        REVIEW => {
            let asked: Review = serde_json::from_str(&message.payload).map_err(|e| Fault::Payload(e.to_string()))?;
            reopen::review_touched(tx, desk, &asked).await?;
            Ok(true)
        }
        consent::GIVEN | consent::WITHDRAWN => {
            consent::follow(tx, desk, message).await?;
            Ok(true)
        }
        PACK_CHANGED => {
            queue_pack(tx, desk).await?;
            Ok(true)
        }
        EVENT => match follow::handle(tx, desk, message).await {
            Ok(handled) => Ok(handled),
            Err(follow::Fault::Store(error)) => Err(error.into()),
            Err(other) => Err(Fault::Payload(other.to_string())),
        },
        _ => Ok(false),
    }
}

/// Queues the day's work: once a day, however often it is called.
pub async fn queue_dates(tx: &mut Tx, desk: &Desk<'_>) -> Result<bool, StoreError> {
    remind::queue(tx, desk).await?;
    silent::queue(tx, desk).await?;
    let key = desk.today().to_string();
    tx.queue(desk.ids, desk.now, DATES, &key, PRIORITY, &Cursor::default()).await
}

/// Queues working out everybody under the pack in force: once a pack.
pub async fn queue_pack(tx: &mut Tx, desk: &Desk<'_>) -> Result<bool, StoreError> {
    tx.queue(desk.ids, desk.now, PACK, desk.pack.content_hash(), PRIORITY, &Cursor::default()).await
}

/// Works on a leased job: one chunk, then the rest is queued as a job of its own. Says whether it was one for this room.
/// The caller commits.
pub async fn work(tx: &mut Tx, desk: &Desk<'_>, job: &JobRow) -> Result<bool, Fault> {
    if remind::work(tx, desk, job).await?
        || silent::work(tx, desk, job).await?
        || requalify::work(tx, desk, job).await?
    {
        return Ok(true);
    }
    let cause = match job.kind.as_str() {
        DATES => Cause::Birthday,
        PACK => Cause::PackChange,
        _ => return Ok(false),
    };
    let cursor: Cursor = serde_json::from_str(&job.payload).map_err(|e| Fault::Payload(e.to_string()))?;
    if cause == Cause::Birthday && cursor.after.is_none() {
        absence::sweep(tx, desk).await?;
    }
    let after = cursor.after.map_or(Uuid::nil(), |h| h.0);
    let due = match cause {
        Cause::Birthday => rows::households(tx, rows::DUE, params![desk.today(), after, CHUNK]).await?,
        _ => rows::households(tx, rows::STALE, params![desk.pack.content_hash(), after, CHUNK]).await?,
    };
    for household in &due {
        recompute::household(tx, desk, *household, cause, None).await?;
    }
    tx.job_done(job.id).await?;
    if let Some(last) = due.last() {
        let day_or_pack = job.unique_key.split(' ').next().unwrap_or(&job.unique_key);
        let key = format!("{day_or_pack} {last}");
        tx.queue(desk.ids, desk.now, &job.kind, &key, PRIORITY, &Cursor { after: Some(*last) }).await?;
    }
    Ok(true)
}
