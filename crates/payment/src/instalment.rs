//! Instalments: SQL beside its row mapping.

use kernel::{Date, EntitlementId, PayAccountId, RunId};
use store::{Batch, Row, StoreError, Tx, params};

use crate::desk::Desk;
use crate::due::PeriodKey;
use crate::model::{Cause, Entitlement, Stand};

store::sql! {
    OF = "select subject_id, entitlement_id, period, part, minor, set_off, due_on, status, reason, cause, run_id, attempt, bounced_account
        from instalment where entitlement_id = $1 order by period, part";
    SET = "update instalment set minor = $5, status = $6, open = $7, changed_at = $8
        where subject_id = $1 and entitlement_id = $2 and period = $3 and part = $4";
    FREE_HELD = "update instalment set run_id = null, changed_at = $3 where subject_id = $1 and entitlement_id = $2 and open = 1";
}

/// A new instalment.
pub(crate) static ADD: Batch = Batch::bulk(
    "INSTALMENT_ADD",
    "insert into instalment (subject_id, entitlement_id, period, part, minor, set_off, due_on, status, open, reason, cause, run_id, attempt, made_at, changed_at) values",
    15,
);

/// One instalment.
#[derive(Clone, Debug)]
pub(crate) struct Instalment {
    pub(crate) entitlement: EntitlementId,
    pub(crate) period: PeriodKey,
    pub(crate) part: u32,
    /// What is due in all.
    pub(crate) minor: i64,
    /// What of it was kept back for recoveries by released runs.
    pub(crate) set_off: i64,
    pub(crate) due_on: Date,
    pub(crate) stand: Stand,
    pub(crate) reason: Option<String>,
    pub(crate) cause: Cause,
    /// The run it is in.
    pub(crate) run: Option<RunId>,
    /// How often it came back.
    pub(crate) attempt: u32,
    pub(crate) bounced: Option<PayAccountId>,
}

pub(crate) fn instalment(row: &Row) -> Result<Instalment, StoreError> {
    Ok(Instalment {
        entitlement: row.get("entitlement_id")?,
        period: PeriodKey(row.get("period")?),
        part: row.get("part")?,
        minor: row.get("minor")?,
        set_off: row.get("set_off")?,
        due_on: row.get("due_on")?,
        stand: row.parse("status")?,
        reason: row.maybe("reason")?,
        cause: row.parse("cause")?,
        run: row.maybe("run_id")?,
        attempt: row.get("attempt")?,
        bounced: row.maybe("bounced_account")?,
    })
}

/// All instalments of an entitlement, by period and part.
pub(crate) async fn of(tx: &mut Tx, entitlement: EntitlementId) -> Result<Vec<Instalment>, StoreError> {
    tx.all(OF, params![entitlement]).await?.iter().map(instalment).collect()
}

/// Adds one that waits for a run.
pub(crate) async fn add(
    tx: &mut Tx,
    desk: &Desk<'_>,
    e: &Entitlement,
    place: (PeriodKey, u32),
    minor: i64,
    due_on: Date,
    cause: Cause,
) -> Result<(), StoreError> {
    let (period, part) = place;
    let (none, no_run) = (Option::<&str>::None, Option::<RunId>::None);
    let row = params![
        e.subject.uuid(),
        e.id,
        period.0,
        part,
        minor,
        0,
        due_on,
        Stand::Due,
        1,
        none,
        cause,
        no_run,
        0,
        desk.now,
        desk.now
    ];
    ADD.insert(tx, vec![row.to_vec()]).await.map(drop)
}

/// Gives one another amount; nothing left to pay makes it cancelled, something again makes it wait again.
pub(crate) async fn set(
    tx: &mut Tx,
    desk: &Desk<'_>,
    e: &Entitlement,
    it: &Instalment,
    minor: i64,
) -> Result<(), StoreError> {
    let stand = match (minor > it.set_off, it.stand) {
        (false, _) => Stand::Cancelled,
        (true, Stand::Cancelled) => Stand::Due,
        (true, stand) => stand,
    };
    let open = (stand != Stand::Cancelled).then_some(1);
    let row = params![e.subject.uuid(), e.id, it.period.0, it.part, minor, stand, open, desk.now];
    tx.execute(SET, row).await.map(drop)
}
