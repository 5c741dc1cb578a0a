//! Working out what a run pays: instalments newly due, those that waited, what is held and what is kept back.

use std::collections::{BTreeMap, HashMap};

use jiff::civil::date;
use kernel::{Date, EntitlementId, PayAccountId, PersonId, RecoveryId, RunId};
use store::{Batch, Db, InList, Packed, Row, StoreError, ToValue, Tx, Value, params, transact};
use uuid::Uuid;

use super::adopt::ADOPTED;
use super::{Fault, LineStatus, Run, RunStatus, by_id, seal};
use crate::account::{self, Accounts, Current, Own};
use crate::calendar::Calendar;
use crate::desk::Desk;
use crate::due::PeriodKey;
use crate::instalment::{self, Instalment};
use crate::ledger::{Account, Head, Journal};
use crate::model::{Cause, Entitlement, Hold, PayRule, Per, Stand, Standing, Terms};
use crate::recovery;
use crate::reference::EndToEnd;

/// Entitlements or instalments read at once: what is in memory.
const PAGE: u32 = 2000;

/// Pages a transaction takes. More make a run faster (one journal, one wait for the disk) and let others wait longer.
const PAGES: u32 = 5;

/// Instalments one entitlement may bring into one transaction: a century of months.
const MOST_PERIODS: usize = 1200;

store::sql! {
    WAITS = "select i.period, i.part, i.minor, i.set_off as kept, i.due_on, i.status as stand, i.reason as hold, i.cause, i.attempt, i.bounced_account,
        e.subject_id, e.entitlement_id, e.programme, e.agency, e.payee_id, e.set_off_percent, e.status
        from instalment i join entitlement e on e.subject_id = i.subject_id and e.entitlement_id = i.entitlement_id
        where i.open is not null and (i.entitlement_id, i.period, i.part) > ($6, $7, $8) and i.due_on <= $1 and (i.run_id is null or i.run_id <> $5)
        and e.form = $2 and e.currency = $3 and ($4 = '' or e.agency = $4)
        order by i.entitlement_id, i.period, i.part limit $9";
    TAKE = "update instalment set status = $5, open = $6, reason = $7, run_id = $8, changed_at = $9
        where subject_id = $1 and entitlement_id = $2 and period = $3 and part = $4 and open is not null";
    CLEAR = "delete from run_line where run_id = $1 and entitlement_id = $2 and period = $3 and part = $4 and status in ('held', 'dropped')";
}

/// Entitlements with something due, in the order of their ids: the next page begins after the last. No index but that of the ids may
/// serve it, or all of them would be sorted for every page (`tests/it/plans.rs`).
pub(crate) static DUE: Packed = Packed::new(
    "DUE",
    "select e.subject_id, e.entitlement_id, e.programme, e.agency, e.payee_id, e.per, e.slices, e.pay_rule, e.decided_on, e.set_off_percent, e.status, e.next_period, e.begun, e.next_minor,
        a.pay_account_id, a.redirect_to, a.verified_at
        from entitlement e left join pay_account a on a.person_id = e.payee_id and a.slot = $7
        where e.entitlement_id > $5 and e.next_due <= $1 and e.form = $2 and e.currency = $3 and ($4 = '' or e.agency = $4)
        order by e.entitlement_id limit $6",
    &["subject_id", "entitlement_id", "payee_id", "pay_account_id", "redirect_to"],
    &["programme", "agency", "per", "slices", "pay_rule", "decided_on", "set_off_percent", "status", "next_period", "begun", "next_minor", "verified_at"],
);

/// A line.
pub(crate) static LINE_ADD: Batch = Batch::bulk(
    "LINE_ADD",
    "insert into run_line (run_id, entitlement_id, period, part, attempt, subject_id, payee_id, pay_account_id, programme, agency, minor, set_off, pays, cause, status, odd, reason, changed_at) values",
    18,
);

/// What a line keeps back.
pub(crate) static SET_OFF_ADD: Batch = Batch::bulk(
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

/// The same where the next amount is another.
pub(crate) static CLOCK_AMOUNT: InList = InList::new(
    "CLOCK_AMOUNT",
    "update entitlement set next_period = $1, next_due = $2, next_minor = $3, begun = true where entitlement_id in ({ids})",
    3,
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

/// What a run must know of an entitlement to pay an instalment of it.
#[derive(Clone)]
pub(super) struct Owed {
    id: EntitlementId,
    subject: Uuid,
    programme: String,
    agency: String,
    payee: PersonId,
    set_off_percent: u8,
    suspended: bool,
}

impl Owed {
    pub(super) fn of(e: &Entitlement) -> Owed {
        Owed {
            id: e.id,
            subject: e.subject.uuid(),
            programme: e.programme.clone(),
            agency: e.agency.clone(),
            payee: e.payee,
            set_off_percent: e.recovery.set_off_percent,
            suspended: e.standing == Standing::Suspended,
        }
    }

    fn read(row: &Row) -> Result<Owed, StoreError> {
        Ok(Owed {
            id: row.get("entitlement_id")?,
            subject: row.get("subject_id")?,
            programme: row.get("programme")?,
            agency: row.get("agency")?,
            payee: row.get("payee_id")?,
            set_off_percent: row.get("set_off_percent")?,
            suspended: row.parse::<Standing>("status")? == Standing::Suspended,
        })
    }
}

/// An instalment a run looks at, with its entitlement.
pub(super) struct Item {
    pub(super) e: Owed,
    pub(super) i: Instalment,
    /// Whether its row has to be written.
    pub(super) fresh: bool,
}

/// An entitlement with something newly due.
struct Next {
    e: Owed,
    terms: Terms,
    /// The first period without an instalment.
    period: PeriodKey,
    /// What is noted of its amount.
    minor: Option<i64>,
    begun: bool,
}

fn next(row: &Row) -> Result<Next, StoreError> {
    let terms = Terms {
        per: row.parse("per")?,
        slices: row.json("slices")?,
        pay: row.json("pay_rule")?,
        decided_on: row.get("decided_on")?,
    };
    let (period, minor) = (PeriodKey(row.get("next_period")?), row.maybe("next_minor")?);
    Ok(Next { e: Owed::read(row)?, terms, period, minor, begun: row.get("begun")? })
}

/// What people have and owe, for one page.
struct Known {
    accounts: Accounts,
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
    async fn due(&self, tx: &mut Tx, mut after: EntitlementId) -> Result<Progress, Fault> {
        // The clocks are what keeps a period from being worked out twice; the journal only needs a name of its own.
        let name = format!("{}:{}", self.run.id, self.desk.ids.uuid(self.desk.now));
        let mut journal = Journal::new("due", name).of_run(self.run.id);
        let mut pages = 0;
        while pages < PAGES {
            match self.due_page(tx, after, &mut journal).await? {
                Some(last) => after = last,
                None => break,
            }
            pages += 1;
        }
        journal.post(tx, self.desk).await?;
        Ok(match pages {
            0 => Progress::Waiting(EntitlementId(Uuid::nil()), PeriodKey(0), 0),
            _ => Progress::Due(after),
        })
    }

    /// One page of them: instalments, lines, clocks. Gives the last; `None` when there was none.
    async fn due_page(
        &self,
        tx: &mut Tx,
        after: EntitlementId,
        journal: &mut Journal,
    ) -> Result<Option<EntitlementId>, Fault> {
        let values = [&self.filter()[..], params![after, PAGE, account::slot(self.run.form)]].concat();
        let found = tx.page(&DUE, &values).await?;
        let mut last = None;
        let mut items = Vec::with_capacity(found.len());
        let mut accounts = HashMap::with_capacity(found.len());
        let mut redirected = Vec::new();
        // Where clocks come to stand, with the next amount where it is another than before.
        let mut clocks: BTreeMap<(PeriodKey, Option<Date>, Option<i64>), Vec<Uuid>> = BTreeMap::new();
        for row in found {
            let next = next(&row)?;
            last = Some(next.e.id);
            match account::own_account(&row)? {
                Own::None => {}
                Own::Account(it) => drop(accounts.insert(next.e.payee, Ok(it))),
                Own::Redirect => redirected.push(next.e.payee.0),
            }
            let before = items.len();
            let (period, due) = self.periods(&next, &mut items);
            // Nothing yet of what goes out after a day off: its clock stands.
            if items.len() > before || due.is_none() {
                let amount = due.map(|_| next.terms.amount(period)).filter(|minor| next.minor != Some(*minor));
                clocks.entry((period, due, amount)).or_default().push(next.e.id.0);
            }
        }
        for Item { e, i, .. } in &items {
            let head = Head { programme: &e.programme, agency: &e.agency, currency: self.run.currency };
            journal.moves(Account::Appropriation, Account::Payable, head, i.minor);
        }
        accounts.extend(account::current(tx, self.run.form, &redirected).await?);
        self.take_with(tx, items, Some(accounts), true).await?;
        for ((period, due, amount), ids) in clocks {
            match amount {
                None => CLOCK.execute(tx, params![period.0, due], &ids).await?,
                Some(minor) => CLOCK_AMOUNT.execute(tx, params![period.0, due, minor], &ids).await?,
            };
        }
        Ok(last)
    }

    /// All periods of an entitlement that are due now; gives where its clock stands then.
    fn periods(&self, it: &Next, items: &mut Vec<Item>) -> (PeriodKey, Option<Date>) {
        let start = items.len();
        // What is paid before a day off goes with the run of the working day before it; what is paid after waits for its own.
        let until = match it.terms.pay {
            PayRule::MonthlyAfter { .. } => self.run.pay_date,
            PayRule::Monthly { .. } | PayRule::Within { .. } => self.until,
        };
        let mut next = it.terms.from(it.period);
        let mut passed = it.period;
        while let Some(period) = next {
            let due_on = it.terms.due_on(period);
            if due_on > until || items.len() - start >= MOST_PERIODS {
                return (period, Some(due_on));
            }
            let i = Instalment {
                entitlement: it.e.id,
                period,
                part: 0,
                minor: it.terms.amount(period),
                set_off: 0,
                due_on,
                run: None,
                stand: Stand::Due,
                reason: None,
                cause: self.cause(it, due_on),
                attempt: 0,
                bounced: None,
            };
            items.push(Item { e: it.e.clone(), i, fresh: true });
            passed = period.next();
            next = it.terms.from(passed);
        }
        (passed, None)
    }

    fn cause(&self, it: &Next, due_on: Date) -> Cause {
        let month = date(self.run.pay_date.year(), self.run.pay_date.month(), 1);
        match (it.terms.per, it.begun) {
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
        let mut items = Vec::with_capacity(found.len());
        for row in &found {
            let e = Owed::read(row)?;
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
            items.push(Item { e, i, fresh: false });
        }
        let Some(last) = items.last().map(|it| (it.i.entitlement, it.i.period, it.i.part)) else {
            return Ok(Progress::Totals);
        };
        self.take(tx, items, true).await?;
        Ok(Progress::Waiting(last.0, last.1, last.2))
    }

    /// Takes instalments into the run, or holds them; keeps back for recoveries if `keeps`. Gives those it held.
    pub(super) async fn take(&self, tx: &mut Tx, items: Vec<Item>, keeps: bool) -> Result<Vec<EndToEnd>, StoreError> {
        self.take_with(tx, items, None, keeps).await
    }

    /// The same where the accounts of the payees are known already.
    async fn take_with(
        &self,
        tx: &mut Tx,
        items: Vec<Item>,
        accounts: Option<Accounts>,
        keeps: bool,
    ) -> Result<Vec<EndToEnd>, StoreError> {
        let mut known = self.known(tx, &items, accounts).await?;
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
        instalment::ADD.insert(tx, fresh).await?;
        LINE_ADD.insert(tx, lines).await?;
        SET_OFF_ADD.insert(tx, kept).await?;
        Ok(held)
    }

    async fn known(&self, tx: &mut Tx, items: &[Item], accounts: Option<Accounts>) -> Result<Known, StoreError> {
        let mut people: Vec<Uuid> = items.iter().map(|it| it.e.payee.0).collect();
        people.sort_unstable();
        people.dedup();
        let accounts = match accounts {
            Some(accounts) => accounts,
            None => account::current(tx, self.run.form, &people).await?,
        };
        let mut debts: HashMap<PersonId, Vec<Debt>> = HashMap::new();
        let currency = [self.run.currency.code().to_value()];
        for row in recovery::OPEN_OF.all(tx, &currency, &people).await? {
            let debt = Debt { id: row.get("recovery_id")?, agency: row.get("agency")?, free: row.get("free")? };
            debts.entry(row.get("person_id")?).or_default().push(debt);
        }
        Ok(Known { accounts, debts })
    }

    fn instalment_row(&self, e: &Owed, i: &Instalment, verdict: Result<PayAccountId, Hold>) -> Vec<Value> {
        let (stand, open, reason) = stand(i, verdict);
        let now = self.desk.now;
        vec![
            e.subject.to_value(),
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
        e: &Owed,
        i: &Instalment,
        verdict: Result<PayAccountId, Hold>,
    ) -> Result<(), StoreError> {
        let (stand, open, reason) = stand(i, verdict);
        // A line of this run that was held or dropped before gives way to the new one.
        tx.execute(CLEAR, params![self.run.id, e.id, i.period.0, i.part]).await?;
        let place = params![e.subject, e.id, i.period.0, i.part];
        let becomes = params![stand, open, reason, self.run.id, self.desk.now];
        match tx.execute(TAKE, &[place, becomes].concat()).await? {
            1 => Ok(()),
            _ => Err(StoreError::Conflict),
        }
    }

    fn line_row(
        &self,
        e: &Owed,
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
            e.subject.to_value(),
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
fn look(e: &Owed, i: &Instalment, account: Option<&Result<Current, Hold>>) -> Result<PayAccountId, Hold> {
    if i.reason.as_deref() == Some(Hold::Official.word()) {
        return Err(Hold::Official);
    }
    if e.suspended {
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
fn keep_back(e: &Owed, pays: i64, debts: Option<&mut Vec<Debt>>) -> Vec<(RecoveryId, i64)> {
    let limit = i128::from(pays) * i128::from(e.set_off_percent) / 100;
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
