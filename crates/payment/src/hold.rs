//! What an official does with one instalment: hold it, let it go, pay again what came back.

use kernel::{AccountId, EntitlementId};
use store::{AsConflict, StoreError, Tx, params};

use crate::desk::Desk;
use crate::due::PeriodKey;
use crate::instalment;
use crate::model::{Hold, Stand};
use crate::run;

/// Which instalment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Which {
    /// The entitlement.
    pub entitlement: EntitlementId,
    /// The period.
    pub period: PeriodKey,
    /// 0, or the number of the supplement.
    pub part: u32,
}

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// No such instalment.
    #[error("there is no such instalment")]
    NoInstalment,
    /// It is elsewhere.
    #[error("the instalment is {is}: this needs one that {needs}")]
    Stand {
        /// Where it is.
        is: Stand,
        /// Where it should be.
        needs: &'static str,
    },
    /// No reason.
    #[error("say why: it is written into the history")]
    NoReason,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AsConflict for Fault {
    fn is_conflict(&self) -> bool {
        matches!(self, Fault::Store(e) if e.is_conflict())
    }
}

store::sql! {
    HOLD = "update instalment set status = $4, reason = 'official', run_id = null, changed_at = $5
        where entitlement_id = $1 and period = $2 and part = $3 and open is not null";
    LET_GO = "update instalment set reason = null, run_id = null, changed_at = $4
        where entitlement_id = $1 and period = $2 and part = $3 and open is not null and reason = 'official'";
    AGAIN = "update instalment set reason = null, bounced_account = null, run_id = null, changed_at = $4
        where entitlement_id = $1 and period = $2 and part = $3 and status = 'returned'";
    NOTE = "insert into instalment_note (subject_id, note_id, entitlement_id, period, part, kind, reason, account_id, at)
        select subject_id, $4, entitlement_id, period, part, $5, $6, $7, $8 from instalment where entitlement_id = $1 and period = $2 and part = $3";
}

/// Holds an instalment that has not been released; it is taken out of a run that was prepared with it.
pub async fn hold(tx: &mut Tx, desk: &Desk<'_>, it: Which, reason: &str, by: AccountId) -> Result<(), Fault> {
    run::drop_lines(tx, desk, it.entitlement).await?;
    let stand = match find(tx, it).await? {
        (Stand::Returned, _) => Stand::Returned,
        _ => Stand::Held,
    };
    let row = params![it.entitlement, it.period.0, it.part, stand, desk.now];
    if tx.execute(HOLD, row).await? != 1 {
        return Err(Fault::Stand { is: find(tx, it).await?.0, needs: "waits for a run" });
    }
    note(tx, desk, it, Hold::Official.word(), reason, by).await
}

/// Lets it go with the next run.
pub async fn let_go(tx: &mut Tx, desk: &Desk<'_>, it: Which, reason: &str, by: AccountId) -> Result<(), Fault> {
    if tx.execute(LET_GO, params![it.entitlement, it.period.0, it.part, desk.now]).await? != 1 {
        return Err(Fault::Stand { is: find(tx, it).await?.0, needs: "an official holds" });
    }
    note(tx, desk, it, "let_go", reason, by).await
}

/// What came back goes out again to the same account: the bank was wrong, or the account was opened again.
pub async fn pay_again(tx: &mut Tx, desk: &Desk<'_>, it: Which, reason: &str, by: AccountId) -> Result<(), Fault> {
    if tx.execute(AGAIN, params![it.entitlement, it.period.0, it.part, desk.now]).await? != 1 {
        return Err(Fault::Stand { is: find(tx, it).await?.0, needs: "came back" });
    }
    note(tx, desk, it, "pay_again", reason, by).await
}

async fn find(tx: &mut Tx, it: Which) -> Result<(Stand, u32), Fault> {
    let all = instalment::of(tx, it.entitlement).await?;
    let one = all.iter().find(|i| i.period == it.period && i.part == it.part).ok_or(Fault::NoInstalment)?;
    Ok((one.stand, one.attempt))
}

async fn note(tx: &mut Tx, desk: &Desk<'_>, it: Which, kind: &str, reason: &str, by: AccountId) -> Result<(), Fault> {
    if reason.trim().chars().count() < 3 {
        return Err(Fault::NoReason);
    }
    let row = params![it.entitlement, it.period.0, it.part, desk.ids.uuid(desk.now), kind, reason, by, desk.now];
    tx.execute(NOTE, row).await?;
    Ok(())
}
