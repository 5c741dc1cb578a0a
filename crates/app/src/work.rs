//! The work that waits: messages in the outbox and jobs. `hearth work` runs it alone, `hearth serve` beside the server.

use std::time::Duration;

use casework::Desk;
use store::{AsConflict, StoreError, transact};

use crate::runtime::Runtime;

/// How long a worker may hold a job before another takes it.
const LEASE: Duration = Duration::from_secs(300);
/// How long to wait when there is nothing to do.
const PAUSE: Duration = Duration::from_millis(250);
/// How long to wait when the database does not answer.
const TROUBLE: Duration = Duration::from_secs(3);

/// Works until `stop` says so; the step at hand is finished first. A step that dies half-way leaves nothing behind and is
/// done again.
pub async fn run(runtime: &Runtime, mut stop: tokio::sync::watch::Receiver<bool>) {
    let mut planned = None;
    while !*stop.borrow() {
        let pause = match round(runtime, &mut planned).await {
            Ok(true) => continue,
            Ok(false) => PAUSE,
            Err(error) => {
                tracing::error!(%error, "the worker could not go on; it tries again");
                TROUBLE
            }
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            _ = stop.changed() => {}
        }
    }
}

/// Does everything that is due now, then returns: for tests and for filling a new installation.
pub async fn until_idle(runtime: &Runtime) -> Result<(), StoreError> {
    let mut planned = Some(runtime.state.today());
    while round(runtime, &mut planned).await? {}
    Ok(())
}

/// One message or one job; says whether there was any.
async fn round(runtime: &Runtime, planned: &mut Option<kernel::Date>) -> Result<bool, StoreError> {
    let today = runtime.state.today();
    if *planned != Some(today) {
        let state = &runtime.state;
        let pack = state.packs.current();
        let desk = Desk { pack: &pack, keys: &runtime.keys, ids: &*state.ids, now: state.now() };
        transact!(state.db, StoreError, |tx| casework::later::queue_dates(tx, &desk).await)?;
        *planned = Some(today);
    }
    if message(runtime).await? {
        return Ok(true);
    }
    job(runtime).await
}

/// Why a step failed.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error(transparent)]
    Work(#[from] casework::recompute::Fault),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AsConflict for Failed {
    fn is_conflict(&self) -> bool {
        match self {
            Failed::Work(e) => e.is_conflict(),
            Failed::Store(e) => e.is_conflict(),
        }
    }
}

/// Takes one message out and handles it in the same transaction.
async fn message(runtime: &Runtime) -> Result<bool, StoreError> {
    let state = &runtime.state;
    let mut tx = state.db.begin().await?;
    let Some(message) = tx.take_message(state.now()).await? else { return Ok(false) };
    let pack = state.packs.current();
    let desk = Desk { pack: &pack, keys: &runtime.keys, ids: &*state.ids, now: state.now() };
    let outcome = match casework::later::handle(&mut tx, &desk, &message).await {
        // A message of no room here (an application received: its processing is another programme's) is done with.
        Ok(_) => tx.commit().await.map_err(Failed::Store),
        Err(error) => {
            drop(tx);
            Err(Failed::Work(error))
        }
    };
    match outcome {
        Ok(()) => {}
        // Somebody changed the same household meanwhile: the message is still there and comes next.
        Err(error) if error.is_conflict() => {}
        Err(error) => {
            let why = error.to_string();
            tracing::error!(topic = message.topic, %why, "a message could not be handled");
            transact!(state.db, StoreError, |tx| tx.message_failed(&message, state.now(), &why).await)?;
        }
    }
    Ok(true)
}

/// Leases one job and works on it.
async fn job(runtime: &Runtime) -> Result<bool, StoreError> {
    let state = &runtime.state;
    let leased = transact!(state.db, StoreError, |tx| tx.lease_job(state.now(), LEASE).await)?;
    let Some(job) = leased else { return Ok(false) };
    let pack = state.packs.current();
    let now = state.now();
    let desk = Desk { pack: &pack, keys: &runtime.keys, ids: &*state.ids, now };
    let outcome = transact!(state.db, Failed, |tx| Ok(casework::later::work(tx, &desk, &job).await?));
    if let Err(error) = outcome {
        let why = error.to_string();
        tracing::error!(kind = job.kind, %why, "a job could not be done");
        transact!(state.db, StoreError, |tx| tx.job_failed(&job, now, &why).await)?;
    }
    Ok(true)
}
