//! Two persons let a run go; or it is cancelled before.

use guard::Who;
use kernel::{PersonId, RecoveryId, RunId};
use serde::{Deserialize, Serialize};
use store::{StoreError, Tx, params};

use super::seal::counts;
use super::{Fault, Run, RunStatus, by_id};
use crate::desk::Desk;
use crate::ledger::{Account, Head, Journal};
use crate::recovery;
use crate::rows::json;

/// Topic of the message that a run was released; its payload is the run's id.
pub const RELEASED: &str = "payment.run_released";

/// Who pays, as the bank file says it. From configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payer {
    /// The name of the office.
    pub name: String,
    /// Its account: an IBAN or the country's own number.
    pub account: String,
    /// Its bank: a BIC or the clearing system's code.
    pub bank: String,
}

impl Payer {
    fn check(&self) -> Result<(), Fault> {
        let fits = |text: &str, most| (1..=most).contains(&text.trim().chars().count());
        match () {
            () if !fits(&self.name, 140) => Err(Fault::Payer("name")),
            () if !fits(&self.account, 34) => Err(Fault::Payer("account")),
            () if !fits(&self.bank, 35) => Err(Fault::Payer("bank")),
            () => Ok(()),
        }
    }
}

store::sql! {
    SIGN = "update run set status = 'signed', signed_by = $3, signed_person = $4, signed_at = $5, changed_at = $5 where run_id = $1 and revision = $2 and status = 'prepared'";
    SIGNED_PERSON = "select signed_person from run where run_id = $1";
    PAID_BY_IT = "select 1 as one from run_line where run_id = $1 and status = 'ready'
        and (payee_id = $2 or pay_account_id in (select pay_account_id from pay_account where person_id = $2)) limit 1";
    SUMS = "select programme, agency, cast(case when attempt > 0 then 1 else 0 end as bigint) as again, cast(sum(pays) as bigint) as pays, cast(sum(set_off) as bigint) as set_off
        from run_line where run_id = $1 and status = 'ready' group by programme, agency, case when attempt > 0 then 1 else 0 end";
    KEPT = "select s.entitlement_id, s.period, s.part, s.recovery_id, s.person_id, s.minor, r.programme, r.agency, l.programme as paid_programme, l.agency as paid_agency, l.attempt
        from run_set_off s join recovery r on r.person_id = s.person_id and r.recovery_id = s.recovery_id
        join run_line l on l.run_id = s.run_id and l.entitlement_id = s.entitlement_id and l.period = s.period and l.part = s.part
        where s.run_id = $1 order by s.entitlement_id, s.period, s.part, s.recovery_id";
    KEEP = "update instalment set set_off = set_off + $4, changed_at = $5 where entitlement_id = $1 and period = $2 and part = $3";
    ALL_KEPT = "update run_line set status = 'paid', changed_at = $2 where run_id = $1 and status = 'ready' and pays = 0";
    RELEASE = "update run set status = 'released', released_by = $3, released_at = $4, payer = $5, changed_at = $4 where run_id = $1 and revision = $2 and status = 'signed'";
    CANCEL = "update run set status = 'cancelled', cancelled_by = $2, cancelled_reason = $3, revision = revision + 1, changed_at = $4
        where run_id = $1 and status in ('preparing', 'prepared', 'signed')";
    RESERVED = "select recovery_id, person_id, cast(sum(minor) as bigint) as minor from run_set_off where run_id = $1 group by recovery_id, person_id order by recovery_id";
    FREE = "update instalment set status = case when attempt > 0 then 'returned' else 'due' end, open = 1, run_id = null, changed_at = $2
        where status = 'run' and run_id = $1 and (entitlement_id, period, part) in (select entitlement_id, period, part from run_line where run_id = $1)";
    FREE_HELD = "update instalment set run_id = null, changed_at = $2
        where run_id = $1 and open is not null and (entitlement_id, period, part) in (select entitlement_id, period, part from run_line where run_id = $1)";
}

fn must(run: &Run, status: RunStatus, needs: &'static str, shown: u32) -> Result<(), Fault> {
    if run.status != status {
        return Err(Fault::Status { is: run.status, needs });
    }
    if run.revision != shown {
        return Err(Fault::Changed { shown, now: run.revision });
    }
    if run.lines == 0 && run.set_off == 0 { Err(Fault::Empty) } else { Ok(()) }
}

/// Nobody lets a run go that pays them.
async fn not_own(tx: &mut Tx, id: RunId, who: &Who) -> Result<(), Fault> {
    let Some(person) = who.person else { return Ok(()) };
    match tx.maybe(PAID_BY_IT, params![id, person]).await? {
        Some(_) => Err(Fault::OwnMoney),
        None => Ok(()),
    }
}

/// The first of two signatures, on what was shown (`revision`). The guard must have allowed it before.
pub async fn sign(tx: &mut Tx, desk: &Desk<'_>, who: &Who, id: RunId, revision: u32) -> Result<(), Fault> {
    let run = by_id(tx, id).await?.ok_or(Fault::NoRun)?;
    must(&run, RunStatus::Prepared, "prepared", revision)?;
    not_own(tx, id, who).await?;
    match tx.execute(SIGN, params![id, revision, who.account, who.person, desk.now]).await? {
        1 => Ok(()),
        _ => Err(StoreError::Conflict.into()),
    }
}

/// The second person releases it: from now on the money is on its way. The lines are counted once more before.
pub async fn release(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    id: RunId,
    revision: u32,
    payer: &Payer,
) -> Result<(), Fault> {
    let run = by_id(tx, id).await?.ok_or(Fault::NoRun)?;
    must(&run, RunStatus::Signed, "signed", revision)?;
    payer.check()?;
    let signer: Option<PersonId> = tx.one(SIGNED_PERSON, params![id]).await?.maybe("signed_person")?;
    if run.signed_by == Some(who.account) || (signer.is_some() && signer == who.person) {
        return Err(Fault::SamePerson);
    }
    not_own(tx, id, who).await?;
    let now = counts(tx, id).await?;
    if (now.lines, now.minor, now.set_off) != (run.lines, run.minor, run.set_off) {
        return Err(Fault::Totals);
    }
    let mut journal = Journal::new("released", id.to_string()).of_run(id).by(Some(who.account));
    for row in tx.all(SUMS, params![id]).await? {
        let (programme, agency): (String, String) = (row.get("programme")?, row.get("agency")?);
        let owed = if row.get::<i64>("again")? == 0 { Account::Payable } else { Account::Returned };
        let head = Head { programme: &programme, agency: &agency, currency: run.currency };
        journal.moves(owed, Account::Clearing, head, row.get("pays")?);
    }
    keep(tx, desk, &run, &mut journal).await?;
    tx.execute(ALL_KEPT, params![id, desk.now]).await?;
    journal.post(tx, desk).await?;
    match tx.execute(RELEASE, params![id, revision, who.account, desk.now, json(payer)?]).await? {
        1 => {}
        _ => return Err(StoreError::Conflict.into()),
    }
    tx.emit(desk.ids, desk.now, RELEASED, &id).await?;
    Ok(())
}

/// What was reserved for recoveries is kept back for good.
async fn keep(tx: &mut Tx, desk: &Desk<'_>, run: &Run, journal: &mut Journal) -> Result<(), StoreError> {
    for row in tx.all(KEPT, params![run.id]).await? {
        let minor: i64 = row.get("minor")?;
        let (person, recovery): (PersonId, RecoveryId) = (row.get("person_id")?, row.get("recovery_id")?);
        let entitlement: kernel::EntitlementId = row.get("entitlement_id")?;
        let (period, part): (u32, u32) = (row.get("period")?, row.get("part")?);
        let reference = format!("{}:{entitlement}:{period}:{part}", run.id);
        recovery::take(tx, desk, person, recovery, minor, &reference).await?;
        tx.execute(KEEP, params![entitlement, period, part, minor, desk.now]).await?;
        let owed = if row.get::<u32>("attempt")? == 0 { Account::Payable } else { Account::Returned };
        let (programme, agency): (String, String) = (row.get("programme")?, row.get("agency")?);
        let owing = Head { programme: &programme, agency: &agency, currency: run.currency };
        let (programme, agency): (String, String) = (row.get("paid_programme")?, row.get("paid_agency")?);
        let paid = Head { programme: &programme, agency: &agency, currency: run.currency };
        journal.across((owed, paid), (Account::Receivable, owing), minor);
    }
    Ok(())
}

/// Cancels a run before release: everything waits again as it did before.
pub async fn cancel(tx: &mut Tx, desk: &Desk<'_>, who: &Who, id: RunId, reason: &str) -> Result<(), Fault> {
    if reason.trim().chars().count() < 3 {
        return Err(Fault::NoReason);
    }
    let run = by_id(tx, id).await?.ok_or(Fault::NoRun)?;
    if tx.execute(CANCEL, params![id, who.account, reason, desk.now]).await? != 1 {
        return Err(Fault::Status { is: run.status, needs: "preparing, prepared or signed" });
    }
    for row in tx.all(RESERVED, params![id]).await? {
        let minor: i64 = row.get("minor")?;
        recovery::reserve(tx, desk, row.get("person_id")?, row.get("recovery_id")?, -minor).await?;
    }
    tx.execute(FREE, params![id, desk.now]).await?;
    tx.execute(FREE_HELD, params![id, desk.now]).await?;
    Ok(())
}
