//! Referrals: what time does to them.

use casework::Desk;
use store::{JobRow, transact};

use crate::runtime::Runtime;
use crate::work::Failed;

/// The desk of referrals.
pub(crate) fn desk<'a>(desk: &Desk<'a>) -> referral::Desk<'a> {
    referral::Desk { pack: desk.pack, ids: desk.ids, now: desk.now }
}

/// Reminds, tells supervisors, ends what nobody answers: a piece of the day's round.
pub(crate) async fn clocks(runtime: &Runtime, job: &JobRow) -> Result<(), Failed> {
    let state = &runtime.state;
    let pack = state.packs.current();
    let desk = referral::Desk { pack: &pack, ids: &*state.ids, now: state.now() };
    let rung = transact!(state.db, Failed, |tx| Ok(referral::clocks::work(tx, &desk, job).await?))?;
    if let Some(rung) = rung {
        tracing::info!(rung.reminded, rung.escalated, rung.expired, "the clocks of referrals were looked at");
    }
    Ok(())
}
