//! Payment runs: opened, prepared, looked at, signed by one person, released by another; or cancelled before.
//!
//! [`prepare()`] works in several transactions; when it is cut off, calling it again goes on. Each transaction takes pages of
//! entitlements, writes their instalments and lines and moves their clocks at once, so nothing can be done twice. A
//! change of an entitlement or account in between takes its lines out and makes the run «preparing» again: what was signed
//! is what is released.

mod adopt;
mod differences;
mod prepare;
mod release;
mod seal;

pub(crate) use seal::{Hash, READY, SENDS, each};

pub use adopt::{Adopted, Fault as AdoptFault, adopt};
pub use differences::{Difference, DifferenceKind, Differences};
pub use prepare::{Progress, advance, prepare};
pub use release::{Payer, RELEASED, cancel, release, sign};

use kernel::{AccountId, Currency, Date, EntitlementId, Instant, RunId};
use serde::{Deserialize, Serialize};
use store::{AsConflict, Row, StoreError, Tx, params};

use crate::calendar::Calendar;
use crate::desk::Desk;
use crate::model::{Form, Stand, words};
use crate::recovery;

words! {
    /// How a run stands.
    RunStatus as "run status" {
        /// Instalments are being worked out, or something changed and it has to be done again.
        Preparing = "preparing",
        /// Ready to be looked at and signed.
        Prepared = "prepared",
        /// Signed by one person.
        Signed = "signed",
        /// Released by a second person: the file goes to the bank.
        Released = "released",
        /// The bank confirmed the whole file: what it did not send back is paid.
        Settled = "settled",
        /// Cancelled before release.
        Cancelled = "cancelled",
    }
}

words! {
    /// How a line of a run stands. In a released run «ready» means at the bank, in a settled one paid.
    LineStatus as "line status" {
        /// To be paid.
        Ready = "ready",
        /// Not taken; the reason says why.
        Held = "held",
        /// Taken out because something changed.
        Dropped = "dropped",
        /// The bank took it on.
        Accepted = "accepted",
        /// The bank paid it, or all of it was kept back for a recovery.
        Paid = "paid",
        /// The bank refused it.
        Rejected = "rejected",
        /// It was paid and came back.
        Returned = "returned",
    }
}

/// A run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Run {
    /// Its id.
    pub id: RunId,
    /// The day on which the bank pays.
    pub pay_date: Date,
    /// The agency; `None`: all.
    pub agency: Option<String>,
    /// Cash or voucher.
    pub form: Form,
    /// The currency.
    pub currency: Currency,
    /// How it stands.
    pub status: RunStatus,
    /// Counts changes of its lines.
    pub revision: u32,
    /// How many payments go out: control total.
    pub lines: u32,
    /// Their sum in minor units: control total.
    pub minor: i64,
    /// What is kept back for recoveries.
    pub set_off: i64,
    /// How many are held.
    pub held: u32,
    /// SHA-256 over all payments in order: control total.
    pub hash: String,
    /// The run it is compared with.
    pub previous: Option<RunId>,
    /// Why its sum is another than the previous one's.
    pub differences: Differences,
    /// Who opened it.
    pub opened_by: AccountId,
    /// Who signed it.
    pub signed_by: Option<AccountId>,
    /// Who released it.
    pub released_by: Option<AccountId>,
    /// When it was released: also the time in the file.
    pub released_at: Option<Instant>,
    /// Why it was cancelled.
    pub cancelled_reason: Option<String>,
    /// Who pays, as written in the file.
    pub payer: Option<Payer>,
    /// What the bank said of the whole file.
    pub bank_status: Option<String>,
    /// When it was opened.
    pub opened_at: Instant,
}

/// Why nothing was done with a run.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// Banks do not work then.
    #[error("{day} is no working day: pay on {instead}, the working day before")]
    DayOff {
        /// The day asked for.
        day: Date,
        /// The working day before.
        instead: Date,
    },
    /// Only money runs.
    #[error("{0} is not paid by a run: only cash and voucher are")]
    NoMoney(Form),
    /// No such run.
    #[error("there is no such run")]
    NoRun,
    /// It stands otherwise.
    #[error("the run is {is}: this needs one that is {needs}")]
    Status {
        /// How it stands.
        is: RunStatus,
        /// How it should.
        needs: &'static str,
    },
    /// It changed since it was looked at.
    #[error("the run changed since it was shown (revision {shown}, now {now}): look at it again")]
    Changed {
        /// What was shown.
        shown: u32,
        /// What is.
        now: u32,
    },
    /// Nothing to pay.
    #[error("nothing is ready to be paid in this run: see why lines are held, or cancel it")]
    Empty,
    /// The second signature is the first one's.
    #[error("a second person has to release the run: who signed it cannot")]
    SamePerson,
    /// Somebody would pay themselves.
    #[error("who signs or releases a run cannot be paid by it: another official has to")]
    OwnMoney,
    /// The lines are not what was signed.
    #[error("the lines of the run do not add up to its control totals: nothing is released; have it looked into")]
    Totals,
    /// No reason.
    #[error("say why the run is cancelled")]
    NoReason,
    /// The payer's account cannot be written into a file.
    #[error("the payer's {0} is missing or too long for a bank file: correct the configuration")]
    Payer(&'static str),
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
    ADD = "insert into run (run_id, pay_date, agency, form, currency, status, revision, lines, minor, set_off, held, hash, previous_run, differences, opened_by, opened_at, changed_at)
        values ($1, $2, $3, $4, $5, 'preparing', 0, 0, 0, 0, 0, '', $6, '{}', $7, $8, $8)";
    BY_ID = "select run_id, pay_date, agency, form, currency, status, revision, lines, minor, set_off, held, hash, previous_run, differences, opened_by, signed_by, signed_person,
        released_by, released_at, cancelled_reason, payer, bank_status, opened_at from run where run_id = $1";
    LIST = "select run_id, pay_date, agency, form, currency, status, revision, lines, minor, set_off, held, hash, previous_run, differences, opened_by, signed_by, signed_person,
        released_by, released_at, cancelled_reason, payer, bank_status, opened_at from run where (pay_date < $1 or (pay_date = $1 and run_id < $2))
        order by pay_date desc, run_id desc limit $3";
    PREVIOUS = "select run_id, pay_date from run where agency = $1 and form = $2 and currency = $3 and pay_date >= $4 and pay_date <= $5 and status in ('released', 'settled')
        order by lines desc, run_id desc";
    WAITING = "select l.run_id, l.period, l.part, l.attempt, l.set_off from instalment i
        join run_line l on l.run_id = i.run_id and l.entitlement_id = i.entitlement_id and l.period = i.period and l.part = i.part
        join run r on r.run_id = i.run_id
        where i.entitlement_id = $1 and i.status = 'run' and r.status in ('preparing', 'prepared', 'signed')";
    DROP_LINE = "update run_line set status = 'dropped', odd = 1, changed_at = $5 where run_id = $1 and entitlement_id = $2 and period = $3 and part = $4";
    RELEASE_INSTALMENT = "update instalment set status = $4, open = 1, run_id = null, changed_at = $5 where entitlement_id = $1 and period = $2 and part = $3";
    SET_OFFS_OF = "select recovery_id, person_id, minor from run_set_off where run_id = $1 and entitlement_id = $2 and period = $3 and part = $4";
    SET_OFFS_GONE = "delete from run_set_off where run_id = $1 and entitlement_id = $2 and period = $3 and part = $4";
    STALE = "update run set status = 'preparing', revision = revision + 1, signed_by = null, signed_person = null, signed_at = null, changed_at = $2 where run_id = $1";
}

/// The statements of all files of this module.
pub(crate) fn statements() -> Vec<&'static [(&'static str, &'static str)]> {
    let mut all = vec![
        STATEMENTS,
        adopt::STATEMENTS,
        prepare::STATEMENTS,
        seal::STATEMENTS,
        differences::STATEMENTS,
        release::STATEMENTS,
    ];
    all.extend([prepare::LINE_ADD.statements(), prepare::CLOCK.statements(), prepare::SET_OFF_ADD.statements()]);
    all.extend([
        prepare::CLOCK_AMOUNT.statements(),
        prepare::DUE.statements(),
        seal::READY.statements(),
        seal::SENDS.statements(),
    ]);
    all
}

/// Those of many rows or ids.
#[cfg(test)]
pub(crate) fn batches() -> Vec<(&'static str, &'static str)> {
    let clocks = [prepare::CLOCK.statements(), prepare::CLOCK_AMOUNT.statements()].concat();
    let all = [prepare::LINE_ADD.statements(), prepare::SET_OFF_ADD.statements(), &clocks];
    all.concat()
}

pub(crate) fn run(row: &Row) -> Result<Run, StoreError> {
    let agency: String = row.get("agency")?;
    let payer: Option<String> = row.maybe("payer")?;
    Ok(Run {
        id: row.get("run_id")?,
        pay_date: row.get("pay_date")?,
        agency: (!agency.is_empty()).then_some(agency),
        form: row.parse("form")?,
        currency: row.parse("currency")?,
        status: row.parse("status")?,
        revision: row.get("revision")?,
        lines: row.get("lines")?,
        minor: row.get("minor")?,
        set_off: row.get("set_off")?,
        held: row.get("held")?,
        hash: row.get("hash")?,
        previous: row.maybe("previous_run")?,
        differences: row.json("differences")?,
        opened_by: row.get("opened_by")?,
        signed_by: row.maybe("signed_by")?,
        released_by: row.maybe("released_by")?,
        released_at: row.maybe("released_at")?,
        cancelled_reason: row.maybe("cancelled_reason")?,
        payer: if payer.is_some() { Some(row.json("payer")?) } else { None },
        bank_status: row.maybe("bank_status")?,
        opened_at: row.get("opened_at")?,
    })
}

/// What a run is to pay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// The day on which the bank pays: a working day.
    pub pay_date: Date,
    /// The agency; `None`: all.
    pub agency: Option<String>,
    /// Cash or voucher: they go to different places.
    pub form: Form,
    /// The currency.
    pub currency: Currency,
}

/// The working day on which money due on `day` goes out.
pub fn pay_date(day: Date, calendar: &Calendar<'_>) -> Date {
    calendar.on_or_before(day)
}

/// Opens a run; nothing is worked out yet.
pub async fn open(
    tx: &mut Tx,
    desk: &Desk<'_>,
    by: AccountId,
    calendar: &Calendar<'_>,
    input: &Input,
) -> Result<RunId, Fault> {
    if !calendar.works(input.pay_date) {
        return Err(Fault::DayOff { day: input.pay_date, instead: calendar.on_or_before(input.pay_date) });
    }
    if !input.form.is_money() {
        return Err(Fault::NoMoney(input.form));
    }
    let agency = input.agency.as_deref().unwrap_or("");
    let previous = previous(tx, agency, input).await?;
    let id = RunId::new(desk.ids, desk.now);
    let row = params![id, input.pay_date, agency, input.form, input.currency.code(), previous, by, desk.now];
    tx.execute(ADD, row).await?;
    Ok(id)
}

/// The largest run of the month before, to be compared with. An extra run of a month is compared with none.
async fn previous(tx: &mut Tx, agency: &str, input: &Input) -> Result<Option<RunId>, StoreError> {
    let month = input.pay_date.first_of_month();
    let before = month.yesterday().unwrap_or(month).first_of_month();
    let values = params![agency, input.form, input.currency.code(), before, input.pay_date];
    let mut largest = None;
    for row in tx.all(PREVIOUS, values).await? {
        if row.get::<Date>("pay_date")? >= month {
            return Ok(None);
        }
        if largest.is_none() {
            largest = Some(row.get("run_id")?);
        }
    }
    Ok(largest)
}

/// One run.
pub async fn by_id(tx: &mut Tx, id: RunId) -> Result<Option<Run>, StoreError> {
    tx.maybe(BY_ID, params![id]).await?.as_ref().map(run).transpose()
}

/// The place in the list of runs after which to go on: the last one seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Older {
    /// Its pay date.
    pub pay_date: Date,
    /// Its id.
    pub id: RunId,
}

impl Older {
    /// The beginning of the list.
    pub const NEWEST: Older = Older { pay_date: Date::MAX, id: RunId(uuid::Uuid::max()) };
}

/// Runs, the latest pay date first.
pub async fn list(tx: &mut Tx, older: Older, most: u32) -> Result<Vec<Run>, StoreError> {
    tx.all(LIST, params![older.pay_date, older.id, most]).await?.iter().map(run).collect()
}

/// Takes an entitlement's lines out of runs that were not released, because something about it changes. Their instalments
/// wait again, and the runs have to be prepared again.
pub(crate) async fn drop_lines(tx: &mut Tx, desk: &Desk<'_>, id: EntitlementId) -> Result<(), StoreError> {
    for row in tx.all(WAITING, params![id]).await? {
        let (run, period, part): (RunId, u32, u32) = (row.get("run_id")?, row.get("period")?, row.get("part")?);
        if row.get::<i64>("set_off")? > 0 {
            for kept in tx.all(SET_OFFS_OF, params![run, id, period, part]).await? {
                let minor: i64 = kept.get("minor")?;
                recovery::reserve(tx, desk, kept.get("person_id")?, kept.get("recovery_id")?, -minor).await?;
            }
            tx.execute(SET_OFFS_GONE, params![run, id, period, part]).await?;
        }
        let stand = if row.get::<u32>("attempt")? == 0 { Stand::Due } else { Stand::Returned };
        tx.execute(DROP_LINE, params![run, id, period, part, desk.now]).await?;
        tx.execute(RELEASE_INSTALMENT, params![id, period, part, stand, desk.now]).await?;
        tx.execute(STALE, params![run, desk.now]).await?;
    }
    Ok(())
}
