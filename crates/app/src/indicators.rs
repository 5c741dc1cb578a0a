//! Indicators of home visiting: counted anew once a day.

use store::{JobRow, StoreError, transact};

use crate::runtime::Runtime;
use crate::work::Failed;

/// Reads everything, counts it, and writes down what may be told: an indicator a transaction, so that nobody waits long.
pub(crate) async fn round(runtime: &Runtime, job: &JobRow) -> Result<(), Failed> {
    count(runtime).await?;
    transact!(runtime.state.db, StoreError, |tx| tx.job_done(job.id).await)?;
    Ok(())
}

/// The same without a job; says how many figures there are.
#[doc(hidden)]
pub async fn count(runtime: &Runtime) -> Result<usize, StoreError> {
    let state = &runtime.state;
    let pack = state.packs.current();
    let desk = visit::Desk { pack: &pack, keys: &runtime.keys, ids: &*state.ids, now: state.now() };
    let Some(indicators) = pack.indicators() else { return Ok(0) };
    let mut tx = state.db.read().await?;
    let columns = indicator::round::load(&mut tx, &desk, indicators).await?;
    drop(tx);
    let (families, visits) = (columns.families.place.len(), columns.visits.day.len());
    let mut all = 0;
    for (indicator, figures) in indicator::round::figures(&pack, &columns, desk.today()) {
        all += figures.len();
        transact!(state.db, StoreError, |tx| indicator::round::keep(tx, &desk, &indicator.id, &figures).await)?;
    }
    transact!(state.db, StoreError, |tx| indicator::round::forget_others(tx, &pack).await)?;
    tracing::info!(families, visits, figures = all, "indicators were counted");
    Ok(all)
}
