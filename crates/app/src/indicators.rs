//! Indicators of home visiting: counted anew once a day.

use casework::household;
use catalogue::Pack;
use catalogue::model::Incomes;
use indicator::income::Unasked;
use registry::AsOf;
use rules::Named;
use rules::schema::{Entity, Value};
use store::{JobRow, StoreError, transact};

use crate::runtime::Runtime;
use crate::work::Failed;

/// Reads everything, counts it, and writes down what may be told: an indicator a transaction, so that nobody waits long.
pub(crate) async fn round(runtime: &Runtime, job: &JobRow) -> Result<(), Failed> {
    count(runtime).await?;
    transact!(runtime.state.db, StoreError, |tx| tx.job_done(job.id).await)?;
    Ok(())
}

/// How many families' incomes are looked at in one night.
const MOST: usize = 2_000;

/// The fifth of income of a family's household on the day it came under visits, with what is known now; `None`: it cannot be told. A machine's look: the
/// sum is shown to nobody and kept nowhere.
async fn fifth(runtime: &Runtime, pack: &Pack, incomes: &Incomes, of: &Unasked) -> Result<Option<u8>, StoreError> {
    let state = &runtime.state;
    let desk = casework::Desk { pack, keys: &runtime.keys, ids: &*state.ids, now: state.now() };
    let mut tx = state.db.read().await?;
    let Some(home) = household::household_of(&mut tx, &desk, of.person).await? else { return Ok(None) };
    let Some(snapshot) = household::at(&mut tx, &desk, home, AsOf::latest(of.entered)).await? else { return Ok(None) };
    drop(tx);
    let program = pack.program();
    let household = snapshot.for_rules(program.household());
    let income = program.value(&household, (Entity::Household, incomes.value.as_str()), None, of.entered);
    Ok(match income {
        Ok(Named::Known(Value::Money(sum))) => Some(incomes.fifth(sum, snapshot.members.len())),
        _ => None,
    })
}

/// The same without a job; says how many figures there are.
#[doc(hidden)]
pub async fn count(runtime: &Runtime) -> Result<usize, StoreError> {
    let state = &runtime.state;
    let pack = state.packs.current();
    let desk = visit::Desk { pack: &pack, keys: &runtime.keys, ids: &*state.ids, now: state.now() };
    let Some(indicators) = pack.indicators() else { return Ok(0) };
    let mut tx = state.db.read().await?;
    let (mut columns, unasked) = indicator::round::load(&mut tx, &desk, indicators).await?;
    drop(tx);
    if let Some(incomes) = &indicators.incomes {
        // Once a family, so a night has those of a day to look at; after the first start, or a new pack, more nights than one.
        for it in unasked.iter().take(MOST) {
            let fifth = fifth(runtime, &pack, incomes, it).await?;
            transact!(state.db, StoreError, |tx| indicator::income::keep(tx, it, fifth, desk.now).await)?;
            if let Some(at) = columns.families.fifth.get_mut(it.row) {
                *at = fifth.unwrap_or(0);
            }
        }
    }
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
