//! After a restored backup: a file the bank has and the database has forgotten becomes a run again.
//!
//! Entitlements and payments are named after decisions, so the restored database knows what each reference in the file
//! means. The run gets the file's own number; two persons sign and release it as any other, and the bank, should the
//! file be sent again, knows the number. What cannot be put back is held, so that it is not paid a second time unseen, and told.

use std::collections::HashMap;
use std::io::BufRead;

use kernel::{AccountId, Currency, Date, EntitlementId, RunId};
use serde::Serialize;
use store::{AsConflict, Db, StoreError, Tx, params, transact};

use super::prepare::{CLOCK_AMOUNT, Item, Owed, Page};
use super::{Fault as RunFault, Progress, RunStatus, by_id, seal};
use crate::bank::sent::{Payment, SentFile};
use crate::bank::{Limits, ReadFault, run_of};
use crate::desk::Desk;
use crate::due::PeriodKey;
use crate::grant::head;
use crate::instalment::{self, Instalment};
use crate::ledger::{Account, Journal};
use crate::model::{Cause, Entitlement, Form, Stand};
use crate::rows;

/// What stands in place of a bank's word on a run that was made of a file.
pub(crate) const ADOPTED: &str = "adopted";

store::sql! {
    ADD = "insert into run (run_id, pay_date, agency, form, currency, status, revision, lines, minor, set_off, held, hash, differences, opened_by, bank_status, opened_at, changed_at)
        values ($1, $2, '', $3, $4, 'preparing', 0, 0, 0, 0, 0, '', '{}', $5, $6, $7, $7)";
    HOLD = "update instalment set status = 'held', reason = 'official', run_id = null, changed_at = $4
        where entitlement_id = $1 and period = $2 and part = $3 and open is not null";
}

/// What became of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Adopted {
    /// The run; prepared, to be signed and released.
    pub run: RunId,
    /// Payments in the file.
    pub lines: u32,
    /// Their sum in minor units.
    pub minor: i64,
    /// References that could not be put back. Those that are known are held.
    pub left: Vec<String>,
}

/// Why a file was not adopted.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The file.
    #[error(transparent)]
    File(#[from] ReadFault),
    /// The file is none of ours.
    #[error("the file's number {0:?} is none of ours")]
    NotOurs(String),
    /// The database knows the run.
    #[error("the run of this file is here and {0}: nothing was forgotten; if it is not released, release it as it is")]
    Known(RunStatus),
    /// Preparing.
    #[error(transparent)]
    Run(#[from] RunFault),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AsConflict for Fault {
    fn is_conflict(&self) -> bool {
        match self {
            Fault::Store(e) => e.is_conflict(),
            Fault::Run(e) => e.is_conflict(),
            _ => false,
        }
    }
}

/// Payments put back in one transaction.
const CHUNK: usize = 500;

/// Makes a run of a file that the bank has. `form` says whether it was for cash or vouchers; `open` opens the file anew.
pub async fn adopt<R: BufRead + Send>(
    db: &Db,
    desk: &Desk<'_>,
    by: AccountId,
    form: Form,
    limits: Limits,
    open: impl Fn() -> std::io::Result<R>,
) -> Result<Adopted, Fault> {
    let mut first = SentFile::open(open().map_err(ReadFault::Input)?, limits);
    let (mut lines, mut minor, mut currency) = (0u32, 0i64, None);
    while let Some(payment) = first.payment()? {
        lines += 1;
        minor += payment.minor;
        currency = Some(payment.currency);
    }
    let (number, pay_date) = first.head()?;
    let id = run_of(&number).ok_or_else(|| Fault::NotOurs(number.clone()))?;
    let currency = currency.ok_or_else(|| Fault::NotOurs(number.clone()))?;
    begin(db, desk, by, id, (pay_date, form, currency)).await?;
    let mut file = SentFile::open(open().map_err(ReadFault::Input)?, limits);
    let mut left = Vec::new();
    loop {
        let mut chunk = Vec::with_capacity(CHUNK);
        while chunk.len() < CHUNK {
            let Some(payment) = file.payment()? else { break };
            chunk.push(payment);
        }
        if chunk.is_empty() {
            break;
        }
        left.extend(transact!(db, Fault, |tx| put_back(tx, desk, id, &chunk).await)?);
    }
    while seal::seal(db, desk, id).await? != Progress::Done {}
    Ok(Adopted { run: id, lines, minor, left })
}

/// Opens the run under the file's number; goes on with one that was cut off.
async fn begin(
    db: &Db,
    desk: &Desk<'_>,
    by: AccountId,
    id: RunId,
    (pay_date, form, currency): (Date, Form, Currency),
) -> Result<(), Fault> {
    transact!(db, Fault, |tx| match by_id(tx, id).await? {
        Some(run) if run.bank_status.as_deref() == Some(ADOPTED) && run.status == RunStatus::Preparing => Ok(()),
        Some(run) => Err(Fault::Known(run.status)),
        None => {
            let row = params![id, pay_date, form, currency.code(), by, ADOPTED, desk.now];
            tx.execute(ADD, row).await?;
            Ok(())
        }
    })
}

async fn put_back(tx: &mut Tx, desk: &Desk<'_>, id: RunId, chunk: &[Payment]) -> Result<Vec<String>, Fault> {
    let run = by_id(tx, id).await?.ok_or(RunFault::NoRun)?;
    let mut entitlements: HashMap<EntitlementId, Entitlement> = HashMap::new();
    for payment in chunk {
        if let Some(e) = rows::by_id(tx, payment.name.entitlement).await? {
            entitlements.insert(e.id, e);
        }
    }
    let (mut items, mut left, mut aside) = (Vec::new(), Vec::new(), Vec::new());
    for payment in chunk {
        let Some(e) = entitlements.get(&payment.name.entitlement) else {
            left.push(payment.name.text());
            continue;
        };
        match find(tx, desk, e, payment).await? {
            Some(i) if i.stand == Stand::Run => {
                // Put back already by an attempt that was cut off, or in another run.
                let here = i.run == Some(id);
                left.extend((!here).then(|| payment.name.text()));
            }
            Some(i) if fits(&i, payment) => items.push(Item { e: Owed::of(e), i, fresh: false }),
            _ => aside.push(payment.name),
        }
    }
    aside.extend(Page { desk, run: &run, until: run.pay_date }.take(tx, items, false).await?);
    for name in aside {
        tx.execute(HOLD, params![name.entitlement, name.period.0, name.part, desk.now]).await?;
        left.push(name.text());
    }
    Ok(left)
}

fn fits(i: &Instalment, payment: &Payment) -> bool {
    let waits = matches!(i.stand, Stand::Due | Stand::Held | Stand::Returned);
    waits && i.attempt == payment.name.attempt && i.minor - i.set_off == payment.minor
}

/// The instalment a reference names; worked out now when the restored database had not come so far.
async fn find(
    tx: &mut Tx,
    desk: &Desk<'_>,
    e: &Entitlement,
    payment: &Payment,
) -> Result<Option<Instalment>, StoreError> {
    let (period, part) = (payment.name.period, payment.name.part);
    let here = |all: Vec<Instalment>| all.into_iter().find(|i| i.period == period && i.part == part);
    if let Some(found) = here(instalment::of(tx, e.id).await?) {
        return Ok(Some(found));
    }
    // Read again: an earlier payment of the same chunk may have moved the clock.
    let Some(e) = rows::by_id(tx, e.id).await? else { return Ok(None) };
    if part != 0 || period < e.next_period || e.terms.amount(period) == 0 {
        return Ok(None);
    }
    let name = format!("{}:{}", e.id, desk.ids.uuid(desk.now));
    let mut journal = Journal::new("due", name);
    let mut at = e.terms.from(e.next_period);
    while let Some(next) = at.filter(|p| *p <= period) {
        let minor = e.terms.amount(next);
        journal.moves(Account::Appropriation, Account::Payable, head(&e), minor);
        instalment::add(tx, desk, &e, (next, 0), minor, e.terms.due_on(next), Cause::Regular).await?;
        at = e.terms.from(next.next());
    }
    journal.post(tx, desk).await?;
    let clock: PeriodKey = at.unwrap_or(period.next());
    let next = params![clock.0, at.map(|p| e.terms.due_on(p)), at.map(|p| e.terms.amount(p))];
    CLOCK_AMOUNT.execute(tx, next, &[e.id.0]).await?;
    Ok(here(instalment::of(tx, e.id).await?))
}
