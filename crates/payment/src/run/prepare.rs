//! Working out what a run pays: instalments newly due, those that waited, what is held and what is kept back.

use std::collections::{BTreeMap, HashMap};

use jiff::civil::date;
use kernel::{Date, EntitlementId, PayAccountId, PersonId, RecoveryId, RunId};
use store::{Db, StoreError, ToValue, Tx, Value, params, transact};
use uuid::Uuid;

use super::adopt::ADOPTED;
use super::{Fault, LineStatus, Run, RunStatus, by_id, seal};
use crate::account::{self, Current};
use crate::batch::{InList, Insert};
use crate::calendar::Calendar;
use crate::desk::Desk;
use crate::due::PeriodKey;
use crate::grant::head;
use crate::instalment::{self, Instalment};
use crate::ledger::{Account, Journal};
use crate::model::{Cause, Entitlement, Hold, Per, Stand, Standing};
use crate::recovery;
use crate::reference::EndToEnd;
use crate::rows;

/// Entitlements or instalments a transaction takes.
const PAGE: u32 = 4000;

/// Instalments one entitlement may bring into one transaction: a century of months.
const MOST_PERIODS: usize = 1200;

store::sql! {
    DUE = "select subject_id, entitlement_id, subject_kind, case_id, decision_id, version, programme, agency, payee_id, form, per, currency, slices, pay_rule, law,
        effective_from, effective_until, decided_on, set_off_percent, waive_up_to, status, status_reason, next_period, next_due, begun
        from entitlement where entitlement_id > $5 and next_due <= $1 and form = $2 and currency = $3 and ($4 = '' or agency = $4)
        order by entitlement_id limit $6";
    WAITS = "select i.period, i.part, i.minor, i.set_off as kept, i.due_on, i.status as stand, i.reason as hold, i.cause, i.attempt, i.bounced_account,
        e.subject_id, e.entitlement_id, e.subject_kind, e.case_id, e.decision_id, e.version, e.programme, e.agency, e.payee_id, e.form, e.per, e.currency, e.slices, e.pay_rule, e.law,
        e.effective_from, e.effective_until, e.decided_on, e.set_off_percent, e.waive_up_to, e.status, e.status_reason, e.next_period, e.next_due, e.begun
        from instalment i join entitlement e on e.subject_id = i.subject_id and e.entitlement_id = i.entitlement_id
        where i.open is not null and (i.entitlement_id, i.period, i.part) > ($6, $7, $8) and i.due_on <= $1 and (i.run_id is null or i.run_id <> $5)
        and e.form = $2 and e.currency = $3 and ($4 = '' or e.agency = $4)
        order by i.entitlement_id, i.period, i.part limit $9";
    TAKE = "update instalment set status = $5, open = $6, reason = $7, run_id = $8, changed_at = $9
        where subject_id = $1 and entitlement_id = $2 and period = $3 and part = $4 and open is not null";
    CLEAR = "delete from run_line where run_id = $1 and entitlement_id = $2 and period = $3 and part = $4 and status in ('held', 'dropped')";
}

/// A line.
pub(crate) static LINE_ADD: Insert = Insert::new(
    "LINE_ADD",
    "insert into run_line (run_id, entitlement_id, period, part, attempt, subject_id, payee_id, pay_account_id, programme, agency, minor, set_off, pays, cause, status, odd, reason, changed_at) values",
    18,
);

/// What a line keeps back.
pub(crate) static SET_OFF_ADD: Insert = Insert::new(
    "SET_OFF_ADD",
    "insert into run_set_off (run_id, entitlement_id, period, part, recovery_id, person_id, minor) values",
    7,
);

/// Moves the clocks of entitlements whose instalments were worked out.
pub(crate) static CLOCK: InList = InList::new(
    "CLOCK",
    "update entitlement set next_period = $1, next_due = $2, begun = true where entitlement_id in ({ids})",
    2,
);

/// How far a preparation has come. A new one starts from the beginning and skips what is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Entitlements with something newly due, after this one.
    Due(EntitlementId),
    /// Instalments that waited, after this one.
    Waiting(EntitlementId, PeriodKey, u32),
    /// Totals and differences.
    Totals,
    /// Prepared.
    Done,
}

impl Progress {
    /// The beginning.
    pub const START: Progress = Progress::Due(EntitlementId(Uuid::nil()));
}

/// Works out the whole run; goes on where an earlier attempt was cut off. Says how the run stands then.
pub async fn prepare(db: &Db, desk: &Desk<'_>, calendar: &Calendar<'_>, id: RunId) -> Result<Run, Fault> {
    let mut at = Progress::START;
    while at != Progress::Done {
        at = advance(db, desk, calendar, id, at).await?;
    }
    let mut tx = db.read().await?;
    by_id(&mut tx, id).await?.ok_or(Fault::NoRun)
}

/// One transaction of [`prepare`]: a process may die between any two of them.
pub async fn advance(
    db: &Db,
    desk: &Desk<'_>,
    calendar: &Calendar<'_>,
    id: RunId,
    at: Progress,
) -> Result<Progress, Fault> {
    if at == Progress::Totals {
        return seal::seal(db, desk, id).await;
    }
    transact!(db, Fault, |tx| {
        let run = by_id(tx, id).await?.ok_or(Fault::NoRun)?;
        match run.status {
            RunStatus::Preparing => {}
            RunStatus::Prepared => return Ok(Progress::Done),
            is => return Err(Fault::Status { is, needs: "preparing" }),
        }
        if run.bank_status.as_deref() == Some(ADOPTED) {
            // What it pays stands in the file it was made of.
            return Ok(Progress::Totals);
        }
        let page = Page { desk, run: &run, until: calendar.covers_until(run.pay_date) };
        match at {
            Progress::Due(after) => page.due(tx, after).await,
            Progress::Waiting(entitlement, period, part) => page.waiting(tx, (entitlement, period, part)).await,
            Progress::Totals | Progress::Done => Ok(at),
        }
    })
}

/// One page of a run's work.
pub(super) struct Page<'a> {
    pub(super) desk: &'a Desk<'a>,
    pub(super) run: &'a Run,
    /// The last day whose money this run pays.
    pub(super) until: Date,
}

/// An instalment a run looks at, with its entitlement.
pub(super) struct Item<'a> {
    pub(super) e: &'a Entitlement,
    pub(super) i: Instalment,
    /// Whether its row has to be written.
    pub(super) fresh: bool,
}

/// What people have and owe, for one page.
struct Known {
    accounts: HashMap<PersonId, Result<Current, Hold>>,
    debts: HashMap<PersonId, Vec<Debt>>,
}

struct Debt {
    id: RecoveryId,
    agency: String,
    free: i64,
}

impl Page<'_> {
    fn filter(&self) -> [Value; 4] {
        let agency = self.run.agency.as_deref().unwrap_or("");
        let (form, currency) = (self.run.form.to_value(), self.run.currency.code().to_value());
        [self.until.to_value(), form, currency, agency.to_value()]
    }

    /// Entitlements with something newly due.
    async fn due(&self, tx: &mut Tx, after: EntitlementId) -> Result<Progress, Fault> {
        let values = [&self.filter()[..], params![after, PAGE]].concat();
        let page = tx.all(DUE, &values).await?;
        let page: Vec<Entitlement> = page.iter().map(rows::entitlement).collect::<Result<_, _>>()?;
        let Some(last) = page.last().map(|e| e.id) else {
            return Ok(Progress::Waiting(EntitlementId(Uuid::nil()), PeriodKey(0), 0));
        };
        let mut items = Vec::with_capacity(page.len());
        let mut clocks: BTreeMap<(PeriodKey, Option<Date>), Vec<Uuid>> = BTreeMap::new();
        for e in &page {
            let clock = self.periods(e, &mut items);
            clocks.entry(clock).or_default().push(e.id.0);
        }
        // The clocks below are what keeps a period from being worked out twice; the journal only needs a name of its own.
        let name = format!("{}:{}", self.run.id, self.desk.ids.uuid(self.desk.now));
        let mut journal = Journal::new("due", name).of_run(self.run.id);
        for item in &items {
            journal.moves(Account::Appropriation, Account::Payable, head(item.e), item.i.minor);
        }
        self.take(tx, items, true).await?;
        for ((period, due), ids) in clocks {
            CLOCK.execute(tx, params![period.0, due], &ids).await?;
        }
        journal.post(tx, self.desk).await?;
        Ok(Progress::Due(last))
    }

    /// All periods of an entitlement that are due now; gives where its clock stands then.
    fn periods<'e>(&self, e: &'e Entitlement, items: &mut Vec<Item<'e>>) -> (PeriodKey, Option<Date>) {
        let start = items.len();
        let mut next = e.terms.from(e.next_period);
        let mut passed = e.next_period;
        while let Some(period) = next {
            let due_on = e.terms.due_on(period);
            if due_on > self.until || items.len() - start >= MOST_PERIODS {
                return (period, Some(due_on));
            }
            let i = Instalment {
                entitlement: e.id,
                period,
                part: 0,
                minor: e.terms.amount(period),
                set_off: 0,
                due_on,
                run: None,
                stand: Stand::Due,
                reason: None,
                cause: self.cause(e, due_on),
                attempt: 0,
                bounced: None,
            };
            items.push(Item { e, i, fresh: true });
            passed = period.next();
            next = e.terms.from(passed);
        }
        (passed, None)
    }

    fn cause(&self, e: &Entitlement, due_on: Date) -> Cause {
        let month = date(self.run.pay_date.year(), self.run.pay_date.month(), 1);
        match (e.terms.per, e.begun) {
            (Per::Once | Per::Use, _) => Cause::Once,
            _ if due_on < month => Cause::Arrears,
            (_, false) => Cause::New,
            _ => Cause::Regular,
        }
    }

    /// Instalments that waited: supplements, held ones, returned ones.
    async fn waiting(&self, tx: &mut Tx, after: (EntitlementId, PeriodKey, u32)) -> Result<Progress, Fault> {
        let place = params![self.run.id, after.0, after.1.0, after.2, PAGE];
        let found = tx.all(WAITS, &[&self.filter()[..], place].concat()).await?;
        let mut pairs = Vec::with_capacity(found.len());
        for row in &found {
            let e = rows::entitlement(row)?;
            let stand: Stand = row.parse("stand")?;
            let attempt: u32 = row.get("attempt")?;
            let cause = match (attempt > 0, stand == Stand::Held) {
                (true, _) => Cause::Repaid,
                (false, true) => Cause::Unheld,
                (false, false) => row.parse("cause")?,
            };
            let i = Instalment {
                entitlement: e.id,
                period: PeriodKey(row.get("period")?),
                part: row.get("part")?,
                minor: row.get("minor")?,
                set_off: row.get("kept")?,
                due_on: row.get("due_on")?,
                stand,
                reason: row.maybe("hold")?,
                cause,
                attempt,
                run: None,
                bounced: row.maybe("bounced_account")?,
            };
            pairs.push((e, i));
        }
        let Some(last) = pairs.last().map(|(_, i)| (i.entitlement, i.period, i.part)) else {
            return Ok(Progress::Totals);
        };
        let items = pairs.iter().map(|(e, i)| Item { e, i: i.clone(), fresh: false }).collect();
        self.take(tx, items, true).await?;
        Ok(Progress::Waiting(last.0, last.1, last.2))
    }

    /// Takes instalments into the run, or holds them; keeps back for recoveries if `keeps`. Gives those it held.
    pub(super) async fn take(
        &self,
        tx: &mut Tx,
        items: Vec<Item<'_>>,
        keeps: bool,
    ) -> Result<Vec<EndToEnd>, StoreError> {
        let mut known = self.known(tx, &items).await?;
        let (mut fresh, mut lines, mut kept, mut held) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for Item { e, i, fresh: is_new } in &items {
            let verdict = look(e, i, known.accounts.get(&e.payee));
            let pays = i.minor - i.set_off;
            let mut set_off = 0;
            if verdict.is_ok() && keeps {
                for (debt, minor) in keep_back(e, pays, known.debts.get_mut(&e.payee)) {
                    set_off += minor;
                    let row = params![self.run.id, e.id, i.period.0, i.part, debt, e.payee, minor];
                    kept.push(row.to_vec());
                    recovery::reserve(tx, self.desk, e.payee, debt, minor).await?;
                }
            }
            if *is_new {
                fresh.push(self.instalment_row(e, i, verdict));
            } else {
                self.move_instalment(tx, e, i, verdict).await?;
            }
            if verdict.is_err() {
                held.push(EndToEnd { entitlement: e.id, period: i.period, part: i.part, attempt: i.attempt });
            }
            lines.push(self.line_row(e, i, verdict, pays, set_off));
        }
        instalment::ADD.rows(tx, fresh).await?;
        LINE_ADD.rows(tx, lines).await?;
        SET_OFF_ADD.rows(tx, kept).await?;
        Ok(held)
    }

    async fn known(&self, tx: &mut Tx, items: &[Item<'_>]) -> Result<Known, StoreError> {
        let mut people: Vec<Uuid> = items.iter().map(|it| it.e.payee.0).collect();
        people.sort_unstable();
        people.dedup();
        let accounts = account::current(tx, self.run.form, &people).await?;
        let mut debts: HashMap<PersonId, Vec<Debt>> = HashMap::new();
        let currency = [self.run.currency.code().to_value()];
        for row in recovery::OPEN_OF.all(tx, &currency, &people).await? {
            let debt = Debt { id: row.get("recovery_id")?, agency: row.get("agency")?, free: row.get("free")? };
            debts.entry(row.get("person_id")?).or_default().push(debt);
        }
        Ok(Known { accounts, debts })
    }

    fn instalment_row(&self, e: &Entitlement, i: &Instalment, verdict: Result<PayAccountId, Hold>) -> Vec<Value> {
        let (stand, open, reason) = stand(i, verdict);
        let now = self.desk.now;
        vec![
            e.subject.uuid().to_value(),
            e.id.to_value(),
            i.period.0.to_value(),
            i.part.to_value(),
            i.minor.to_value(),
            0i64.to_value(),
            i.due_on.to_value(),
            stand.to_value(),
            open.to_value(),
            reason.to_value(),
            i.cause.to_value(),
            self.run.id.to_value(),
            i.attempt.to_value(),
            now.to_value(),
            now.to_value(),
        ]
    }

    async fn move_instalment(
        &self,
        tx: &mut Tx,
        e: &Entitlement,
        i: &Instalment,
        verdict: Result<PayAccountId, Hold>,
    ) -> Result<(), StoreError> {
        let (stand, open, reason) = stand(i, verdict);
        // A line of this run that was held or dropped before gives way to the new one.
        tx.execute(CLEAR, params![self.run.id, e.id, i.period.0, i.part]).await?;
        let place = params![e.subject.uuid(), e.id, i.period.0, i.part];
        let becomes = params![stand, open, reason, self.run.id, self.desk.now];
        match tx.execute(TAKE, &[place, becomes].concat()).await? {
            1 => Ok(()),
            _ => Err(StoreError::Conflict),
        }
    }

    fn line_row(
        &self,
        e: &Entitlement,
        i: &Instalment,
        verdict: Result<PayAccountId, Hold>,
        minor: i64,
        set_off: i64,
    ) -> Vec<Value> {
        let status = if verdict.is_ok() { LineStatus::Ready } else { LineStatus::Held };
        vec![
            self.run.id.to_value(),
            e.id.to_value(),
            i.period.0.to_value(),
            i.part.to_value(),
            i.attempt.to_value(),
            e.subject.uuid().to_value(),
            e.payee.to_value(),
            verdict.ok().to_value(),
            e.programme.to_value(),
            e.agency.to_value(),
            minor.to_value(),
            set_off.to_value(),
            (minor - set_off).to_value(),
            i.cause.to_value(),
            status.to_value(),
            verdict.err().map(|_| 1i64).to_value(),
            verdict.err().to_value(),
            self.desk.now.to_value(),
        ]
    }
}

fn stand(i: &Instalment, verdict: Result<PayAccountId, Hold>) -> (Stand, Option<i64>, Option<Hold>) {
    match verdict {
        Ok(_) => (Stand::Run, None, None),
        Err(hold) if i.attempt > 0 => (Stand::Returned, Some(1), Some(hold)),
        Err(hold) => (Stand::Held, Some(1), Some(hold)),
    }
}

/// Whether an instalment can be paid, and to which account.
fn look(e: &Entitlement, i: &Instalment, account: Option<&Result<Current, Hold>>) -> Result<PayAccountId, Hold> {
    if i.reason.as_deref() == Some(Hold::Official.word()) {
        return Err(Hold::Official);
    }
    if e.standing == Standing::Suspended {
        return Err(Hold::Suspended);
    }
    let account = account.copied().unwrap_or(Err(Hold::NoAccount))?;
    match account {
        Current { verified: false, redirected: true, .. } => Err(Hold::NoGuardianAccount),
        Current { verified: false, .. } => Err(Hold::Unverified),
        Current { id, .. } if i.bounced == Some(id) => Err(Hold::Returned),
        Current { id, .. } => Ok(id),
    }
}

/// What is kept back of a payment: the oldest debts to the same agency first, within the programme's limit.
fn keep_back(e: &Entitlement, pays: i64, debts: Option<&mut Vec<Debt>>) -> Vec<(RecoveryId, i64)> {
    let limit = i128::from(pays) * i128::from(e.recovery.set_off_percent) / 100;
    let mut left = i64::try_from(limit).unwrap_or(0);
    let mut kept = Vec::new();
    for debt in debts.into_iter().flatten().filter(|d| d.agency == e.agency) {
        let minor = debt.free.min(left);
        if minor > 0 {
            debt.free -= minor;
            left -= minor;
            kept.push((debt.id, minor));
        }
    }
    kept
}
