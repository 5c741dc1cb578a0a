//! Surveys: asking families once a day.

use casework::Desk;
use store::{JobRow, transact};

use crate::runtime::Runtime;
use crate::work::Failed;

/// The desk of surveys.
pub(crate) fn desk<'a>(desk: &Desk<'a>) -> survey::Desk<'a> {
    survey::Desk { pack: desk.pack, keys: desk.keys, ids: desk.ids, now: desk.now }
}

/// Asks the families whose time has come: a piece of the day's round.
pub(crate) async fn round(runtime: &Runtime, job: &JobRow) -> Result<(), Failed> {
    let state = &runtime.state;
    let pack = state.packs.current();
    let desk = survey::Desk { pack: &pack, keys: &runtime.keys, ids: &*state.ids, now: state.now() };
    let round = transact!(state.db, Failed, |tx| Ok(survey::invite::work(tx, &desk, job).await?))?;
    if let Some(round) = round {
        tracing::info!(round.asked, round.withdrawn, "families were asked how it went");
    }
    Ok(())
}
