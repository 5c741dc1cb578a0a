//! Runs being worked out by this process, outside of any request. A process that dies loses nothing: what was worked out
//! is committed page by page, and beginning again goes on from there.

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

use kernel::RunId;
use payment::run::{self, Progress};

use super::run::Step;
use crate::state::AppState;

/// A request waits so long for a run that is done at once.
const PATIENCE: Duration = Duration::from_millis(1500);

/// How far each has come. Runs that are done are taken out.
static RUNNING: LazyLock<Mutex<BTreeMap<RunId, Step>>> = LazyLock::new(Mutex::default);

fn note(run: RunId, step: Option<Step>) {
    let mut all = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    match step {
        Some(step) => all.insert(run, step),
        None => all.remove(&run),
    };
}

/// How far this process has come with a run; `None` when it does nothing about it.
pub(super) fn step(run: RunId) -> Option<Step> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner).get(&run).copied()
}

/// Begins to work a run out unless this process is at it, and waits a moment for small ones.
pub(super) async fn begin(state: &AppState, run: RunId) {
    if step(run).is_some_and(|step| step != Step::Broken) {
        return;
    }
    note(run, Some(Step::Due(1)));
    let state = state.clone();
    let work = tokio::spawn(async move {
        let end = match work(&state, run).await {
            Ok(()) => None,
            Err(why) => {
                tracing::error!(%run, %why, "a run could not be prepared");
                Some(Step::Broken)
            }
        };
        note(run, end);
    });
    // Longer ones go on by themselves.
    let _ = tokio::time::timeout(PATIENCE, work).await;
}

async fn work(state: &AppState, id: RunId) -> Result<(), run::Fault> {
    let pack = state.packs.current();
    let calendar = payment::Calendar { holidays: pack.holidays() };
    let (mut at, mut count) = (Progress::START, 0u32);
    while at != Progress::Done {
        let desk = payment::Desk { keys: state.guard.keys(), ids: &*state.ids, now: state.now(), today: state.today() };
        at = run::advance(&state.db, &desk, &calendar, id, at).await?;
        count = count.saturating_add(1);
        note(
            id,
            Some(match at {
                Progress::Due(_) => Step::Due(count),
                Progress::Waiting(..) => Step::Waiting(count),
                Progress::Totals | Progress::Done => Step::Totals,
            }),
        );
    }
    Ok(())
}
