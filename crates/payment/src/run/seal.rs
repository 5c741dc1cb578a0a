//! The last step of a preparation: control totals and what is different from last time.

use kernel::{PayAccountId, RunId};
use sha2::{Digest, Sha256};
use store::{Db, Packed, Row, StoreError, ToValue, Tx, Value, params, transact};
use uuid::Uuid;

use super::prepare::Progress;
use super::{Fault, Run, RunStatus, by_id, differences};
use crate::desk::Desk;
use crate::due::PeriodKey;
use crate::reference::EndToEnd;
use crate::rows::json;

/// Lines read at once.
const LINES: u32 = 4000;

/// The payments of a run.
pub(crate) static READY: Packed = Packed::new(
    "READY",
    "select entitlement_id, period, part, attempt, pay_account_id, pays from run_line
        where run_id = $1 and (entitlement_id, period, part) > ($2, $3, $4) and status <> 'held' and status <> 'dropped' and pays > 0
        order by entitlement_id, period, part limit $5",
    &["entitlement_id", "pay_account_id"],
    &["period", "part", "attempt", "pays"],
);

/// The same with the sealed details of the accounts.
pub(crate) static SENDS: Packed = Packed::new(
    "SENDS",
    "select l.entitlement_id, l.period, l.part, l.attempt, l.pay_account_id, l.pays, a.sealed from run_line l
        left join pay_account a on a.pay_account_id = l.pay_account_id
        where l.run_id = $1 and (l.entitlement_id, l.period, l.part) > ($2, $3, $4) and l.status <> 'held' and l.status <> 'dropped' and l.pays > 0
        order by l.entitlement_id, l.period, l.part limit $5",
    &["entitlement_id", "pay_account_id", "sealed"],
    &["period", "part", "attempt", "pays"],
);

store::sql! {
    COUNTS = "select cast(coalesce(sum(case when status = 'ready' and pays > 0 then 1 else 0 end), 0) as bigint) as lines,
        cast(coalesce(sum(case when status = 'ready' then pays else 0 end), 0) as bigint) as minor,
        cast(coalesce(sum(case when status = 'ready' then set_off else 0 end), 0) as bigint) as set_off,
        cast(coalesce(sum(case when status = 'held' then 1 else 0 end), 0) as bigint) as held
        from run_line where run_id = $1";
    PREPARED = "update run set status = 'prepared', lines = $3, minor = $4, set_off = $5, held = $6, hash = $7, differences = $8, changed_at = $9
        where run_id = $1 and revision = $2 and status = 'preparing'";
}

/// A payment of a run, in the order of the file.
pub(crate) struct Payment {
    pub(crate) name: EndToEnd,
    pub(crate) account: PayAccountId,
    pub(crate) minor: i64,
}

fn payment(row: &Row) -> Result<Payment, StoreError> {
    let name = EndToEnd {
        entitlement: row.get("entitlement_id")?,
        period: PeriodKey(row.get("period")?),
        part: row.get("part")?,
        attempt: row.get("attempt")?,
    };
    Ok(Payment { name, account: row.get("pay_account_id")?, minor: row.get("pays")? })
}

/// Deals with the payments a query finds, in the order of the file and page by page. While one page is dealt with, the
/// database looks for the next.
pub(crate) async fn each<E: From<StoreError>>(
    tx: &mut Tx,
    query: &'static Packed,
    run: RunId,
    mut deal: impl FnMut(&Row, Payment) -> Result<(), E>,
) -> Result<(), E> {
    let mut page = tx.page(query, &after(run, None)).await?;
    while let Some(last) = page.last().map(payment).transpose()? {
        let place = after(run, Some(last.name));
        let dealt = async { page.iter().try_for_each(|row| deal(row, payment(row)?)) };
        let (next, dealt) = futures_util::future::join(tx.page(query, &place), dealt).await;
        dealt?;
        page = next?;
    }
    Ok(())
}

fn after(run: RunId, after: Option<EndToEnd>) -> [Value; 5] {
    let (e, period, part) = after.map_or((Uuid::nil(), 0, 0), |a| (a.entitlement.0, a.period.0, a.part));
    [run.to_value(), e.to_value(), period.to_value(), part.to_value(), LINES.to_value()]
}

/// The running hash over payments.
#[derive(Default)]
pub(crate) struct Hash(Sha256);

impl Hash {
    pub(crate) fn add(&mut self, it: &Payment) {
        self.0.update(it.name.text());
        self.0.update(it.account.0.as_bytes());
        self.0.update(it.minor.to_be_bytes());
    }

    pub(crate) fn finish(self) -> String {
        hex::encode(self.0.finalize())
    }
}

/// What the lines of a run add up to now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) lines: u32,
    pub(crate) minor: i64,
    pub(crate) set_off: i64,
    pub(crate) held: u32,
}

pub(crate) async fn counts(tx: &mut Tx, id: RunId) -> Result<Counts, StoreError> {
    let row = tx.one(COUNTS, params![id]).await?;
    let (lines, minor) = (row.get("lines")?, row.get("minor")?);
    Ok(Counts { lines, minor, set_off: row.get("set_off")?, held: row.get("held")? })
}

async fn hash(tx: &mut Tx, id: RunId) -> Result<String, StoreError> {
    let mut hash = Hash::default();
    each(tx, &READY, id, |_, payment| {
        hash.add(&payment);
        Ok::<_, StoreError>(())
    })
    .await?;
    Ok(hash.finish())
}

/// Writes the control totals. What is read takes a while, so the run is held to its revision when they are written.
pub(crate) async fn seal(db: &Db, desk: &Desk<'_>, id: RunId) -> Result<Progress, Fault> {
    let run = transact!(db, Fault, |tx| {
        let run = by_id(tx, id).await?.ok_or(Fault::NoRun)?;
        if run.status == RunStatus::Preparing {
            differences::mark_changed(tx, &run).await?;
        }
        Ok(run)
    })?;
    match run.status {
        RunStatus::Preparing => {}
        RunStatus::Prepared => return Ok(Progress::Done),
        is => return Err(Fault::Status { is, needs: "preparing" }),
    }
    let mut tx = db.read().await?;
    let (counts, hash) = (counts(&mut tx, id).await?, hash(&mut tx, id).await?);
    let differences = json(&differences::explain(&mut tx, &run, counts).await?)?;
    drop(tx);
    let sealed = transact!(db, Fault, |tx| write(tx, desk, &run, counts, &hash, &differences).await)?;
    // Something changed meanwhile and took lines out: once more from the beginning.
    Ok(if sealed { Progress::Done } else { Progress::START })
}

async fn write(
    tx: &mut Tx,
    desk: &Desk<'_>,
    run: &Run,
    counts: Counts,
    hash: &str,
    differences: &str,
) -> Result<bool, Fault> {
    let row = params![
        run.id,
        run.revision,
        counts.lines,
        counts.minor,
        counts.set_off,
        counts.held,
        hash,
        differences,
        desk.now
    ];
    Ok(tx.execute(PREPARED, row).await? == 1)
}
