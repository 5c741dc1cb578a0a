//! Applying what the bank says, each entry once. What fits nothing is kept as an unmatched row with the reason.

use std::collections::{BTreeSet, HashMap};
use std::io::BufRead;

use kernel::{AccountId, Currency, EntitlementId, PayAccountId, PersonId, RunId};
use serde::{Deserialize, Serialize};
use store::{AsConflict, Batch, Db, InList, Row, StoreError, ToValue, Tx, Value, params, transact};
use uuid::Uuid;

use super::entries::{Entries, Entry, EntryKind, MessageKind};
use super::run_of;
use super::scan::{self, Limits};
use crate::desk::Desk;
use crate::due::PeriodKey;
use crate::ledger::{Account, Head, Journal};
use crate::model::words;
use crate::reference::EndToEnd;
use crate::run::{self, LineStatus, RunStatus};

/// Topic of the message that a payment came back; its payload is [`Bounced`].
pub const BOUNCED: &str = "payment.returned";

/// What [`BOUNCED`] says: somebody has to ask the family for another account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounced {
    /// The entitlement.
    pub entitlement: EntitlementId,
    /// The period.
    pub period: PeriodKey,
    /// Who should have got it.
    pub payee: PersonId,
    /// In minor units.
    pub minor: i64,
    /// The bank's reason code.
    pub reason: Option<String>,
}

words! {
    /// What became of an entry.
    Outcome as "outcome" {
        /// It changed something.
        Applied = "applied",
        /// It had been told before.
        Repeated = "repeated",
        /// It changes nothing and is kept.
        Noted = "noted",
        /// It fits nothing; somebody has to look.
        Unmatched = "unmatched",
    }
}

words! {
    /// Why an entry fits nothing.
    Why as "reason why an entry fits nothing" {
        /// It names no payment and no file.
        NoReference = "no_reference",
        /// The reference is none of ours.
        NotOurs = "not_ours",
        /// The reference is ours, and nothing was sent under it: another installation, or a restored backup.
        NotSent = "not_sent",
        /// The amount or currency is another.
        OtherAmount = "other_amount",
        /// The payment came back before.
        CameBack = "came_back",
        /// The bank says it had this before: it may have been paid.
        SaidTwice = "said_twice",
        /// Money came in that is no return: perhaps somebody pays back.
        Credit = "credit",
        /// There is no such file.
        NoFile = "no_file",
        /// The bank refuses a file whose payments it has confirmed.
        FilePaid = "file_paid",
        /// A status or entry we do not know.
        Unknown = "unknown",
    }
}

/// What became of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Applied {
    /// The bank's number.
    pub message: String,
    /// Which message it was.
    pub kind: String,
    /// Entries in it.
    pub entries: u32,
    /// Those that changed something.
    pub applied: u32,
    /// Those that had been told before.
    pub repeated: u32,
    /// Those that are kept and change nothing.
    pub noted: u32,
    /// Those that fit nothing.
    pub unmatched: u32,
}

/// Why a file was not applied. What was applied before a break stays, and the same file goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The file.
    #[error(transparent)]
    File(#[from] scan::Fault),
    /// No such entry, or settled.
    #[error("there is no such open entry")]
    NoEntry,
    /// No words.
    #[error("say how it was settled")]
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
    MESSAGE_ADD = "insert into bank_message (message_id, digest, kind, entries, account_id, received_at) values ($1, $2, $3, $4, $5, $6) on conflict (message_id, digest) do nothing";
    MESSAGE_DONE = "update bank_message set finished_at = $3 where message_id = $1 and digest = $2";
    SEEN = "select entry_no, digest from bank_entry where message_id = $1 and entry_no >= $2 and entry_no < $3";
    LINE = "update run_line set status = $5, odd = $6, reason = $7, changed_at = $8 where run_id = $1 and entitlement_id = $2 and period = $3 and part = $4";
    BACK = "update instalment set status = 'returned', open = 1, reason = $5, attempt = attempt + 1, bounced_account = $6, changed_at = $7
        where entitlement_id = $1 and period = $2 and part = $3 and status = 'run' and run_id = $4";
    SETTLE = "update run set status = 'settled', bank_status = $2, changed_at = $3 where run_id = $1 and status = 'released'";
    SAID = "update run set bank_status = $2, bank_reason = $3, changed_at = $4 where run_id = $1 and status = 'released'";
    PENDING = "select programme, agency, cast(sum(pays) as bigint) as pays from run_line where run_id = $1 and status in ('ready', 'accepted') group by programme, agency";
    ALL_BACK = "update instalment set status = 'returned', open = 1, reason = $2, attempt = attempt + 1, bounced_account = null, changed_at = $3
        where status = 'run' and run_id = $1 and (entitlement_id, period, part) in (select entitlement_id, period, part from run_line where run_id = $1 and status in ('ready', 'accepted'))";
    ALL_REJECTED = "update run_line set status = 'rejected', odd = 1, reason = $2, changed_at = $3 where run_id = $1 and status in ('ready', 'accepted')";
    RESOLVE = "update bank_entry set open = null, resolved_at = $4, resolved_by = $5, resolution = $6 where message_id = $1 and entry_no = $2 and digest = $3 and open is not null";
}

/// Lines of released runs for entitlements.
pub(crate) static LINES: InList = InList::new(
    "BANK_LINES",
    "select l.run_id, l.entitlement_id, l.period, l.part, l.attempt, l.subject_id, l.payee_id, l.pay_account_id, l.programme, l.agency, l.pays, l.status, r.status as run_status, r.currency
        from run_line l join run r on r.run_id = l.run_id where r.status in ('released', 'settled') and l.status not in ('held', 'dropped') and l.entitlement_id in ({ids})",
    0,
);

/// An entry with what became of it.
pub(crate) static ENTRY_ADD: Batch = Batch::bulk(
    "ENTRY_ADD",
    "insert into bank_entry (message_id, entry_no, digest, kind, reference, minor, currency, reason_code, booked_on, outcome, open, why, run_id, subject_id, entitlement_id, at) values",
    16,
);

/// Entries a transaction takes.
const CHUNK: usize = 500;

/// Reads a file twice: once to see that it is whole and sound, once to apply it. `open` opens it anew each time.
pub async fn apply<R: BufRead + Send>(
    db: &Db,
    desk: &Desk<'_>,
    by: Option<AccountId>,
    limits: Limits,
    open: impl Fn() -> std::io::Result<R>,
) -> Result<Applied, Fault> {
    let mut done = Applied::default();
    let mut first = Entries::open(open().map_err(scan::Fault::Input)?, limits)?;
    while first.entry()?.is_some() {
        done.entries += 1;
    }
    let (kind, digest) = (first.kind(), first.digest());
    done.message = first.message().unwrap_or_default().to_owned();
    kind.word().clone_into(&mut done.kind);
    let file = File { message: done.message.clone(), digest, kind };
    transact!(db, Fault, |tx| {
        let row = params![file.message, file.digest, file.kind, done.entries, by, desk.now];
        Ok(tx.execute(MESSAGE_ADD, row).await?)
    })?;
    let mut entries = Entries::open(open().map_err(scan::Fault::Input)?, limits)?;
    let mut number = 0u32;
    loop {
        let mut chunk = Vec::with_capacity(CHUNK);
        while chunk.len() < CHUNK {
            let Some(entry) = entries.entry()? else { break };
            chunk.push((number, entry.digest(), entry));
            number += 1;
        }
        if chunk.is_empty() {
            break;
        }
        let outcomes = transact!(db, Fault, |tx| Ok(file.chunk(tx, desk, &chunk).await?))?;
        for outcome in outcomes {
            match outcome {
                Outcome::Applied => done.applied += 1,
                Outcome::Repeated => done.repeated += 1,
                Outcome::Noted => done.noted += 1,
                Outcome::Unmatched => done.unmatched += 1,
            }
        }
    }
    transact!(db, Fault, |tx| Ok(tx.execute(MESSAGE_DONE, params![file.message, file.digest, desk.now]).await?))?;
    Ok(done)
}

/// Settles an entry that fitted nothing: what was found out and done.
pub async fn resolve(
    tx: &mut Tx,
    desk: &Desk<'_>,
    (message, entry, digest): (&str, u32, &str),
    resolution: &str,
    by: AccountId,
) -> Result<(), Fault> {
    if resolution.trim().chars().count() < 3 {
        return Err(Fault::NoReason);
    }
    match tx.execute(RESOLVE, params![message, entry, digest, desk.now, by, resolution]).await? {
        1 => Ok(()),
        _ => Err(Fault::NoEntry),
    }
}

struct File {
    message: String,
    digest: String,
    kind: MessageKind,
}

/// A line the bank may speak of.
struct Line {
    run: RunId,
    run_status: RunStatus,
    name: EndToEnd,
    subject: Uuid,
    payee: PersonId,
    account: Option<PayAccountId>,
    programme: String,
    agency: String,
    currency: Currency,
    pays: i64,
    status: LineStatus,
}

fn line(row: &Row) -> Result<Line, StoreError> {
    Ok(Line {
        run: row.get("run_id")?,
        run_status: row.parse("run_status")?,
        name: EndToEnd {
            entitlement: row.get("entitlement_id")?,
            period: PeriodKey(row.get("period")?),
            part: row.get("part")?,
            attempt: row.get("attempt")?,
        },
        subject: row.get("subject_id")?,
        payee: row.get("payee_id")?,
        account: row.maybe("pay_account_id")?,
        programme: row.get("programme")?,
        agency: row.get("agency")?,
        currency: row.parse("currency")?,
        pays: row.get("pays")?,
        status: row.parse("status")?,
    })
}

/// Where a line's money is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    AtBank,
    Paid,
    Back,
}

impl Line {
    fn place(&self) -> Place {
        match (self.status, self.run_status) {
            (LineStatus::Rejected | LineStatus::Returned, _) => Place::Back,
            (LineStatus::Paid, _) | (_, RunStatus::Settled) => Place::Paid,
            _ => Place::AtBank,
        }
    }

    fn head(&self) -> Head<'_> {
        Head { programme: &self.programme, agency: &self.agency, currency: self.currency }
    }
}

/// What became of one entry, and what it was about.
struct Verdict {
    outcome: Outcome,
    why: Option<Why>,
    run: Option<RunId>,
    about: Option<(Uuid, EntitlementId)>,
}

impl Verdict {
    fn of(outcome: Outcome) -> Verdict {
        Verdict { outcome, why: None, run: None, about: None }
    }

    fn unmatched(why: Why) -> Verdict {
        Verdict { why: Some(why), ..Verdict::of(Outcome::Unmatched) }
    }
}

impl File {
    /// Applies some entries in one transaction.
    async fn chunk(
        &self,
        tx: &mut Tx,
        desk: &Desk<'_>,
        chunk: &[(u32, String, Entry)],
    ) -> Result<Vec<Outcome>, StoreError> {
        let (Some(first), Some(last)) = (chunk.first(), chunk.last()) else { return Ok(Vec::new()) };
        let mut seen = BTreeSet::new();
        for row in tx.all(SEEN, params![self.message, first.0, last.0 + 1]).await? {
            seen.insert((row.get::<u32>("entry_no")?, row.get::<String>("digest")?));
        }
        let mut lines = lines(tx, chunk).await?;
        let name = format!("{}:{}:{}", self.message, self.digest, first.0);
        let mut journal = Journal::new("bank", name);
        let (mut outcomes, mut rows) = (Vec::with_capacity(chunk.len()), Vec::with_capacity(chunk.len()));
        for (number, digest, entry) in chunk {
            if seen.contains(&(*number, digest.clone())) {
                outcomes.push(Outcome::Repeated);
                continue;
            }
            let verdict = self.entry(tx, desk, entry, &mut lines, &mut journal).await?;
            outcomes.push(verdict.outcome);
            rows.push(self.row(desk, *number, digest, entry, &verdict));
        }
        ENTRY_ADD.insert(tx, rows).await?;
        journal.post(tx, desk).await?;
        Ok(outcomes)
    }

    async fn entry(
        &self,
        tx: &mut Tx,
        desk: &Desk<'_>,
        entry: &Entry,
        lines: &mut HashMap<EndToEnd, Line>,
        journal: &mut Journal,
    ) -> Result<Verdict, StoreError> {
        match entry.kind {
            EntryKind::FileAccepted | EntryKind::FileRejected | EntryKind::FilePaid => {
                return whole_file(tx, desk, entry, lines, journal).await;
            }
            EntryKind::Credit => return Ok(Verdict::unmatched(Why::Credit)),
            EntryKind::Other if entry.reference.is_none() && entry.file.is_none() => {
                return Ok(Verdict::unmatched(Why::Unknown));
            }
            _ => {}
        }
        let Some(reference) = entry.reference.as_deref() else { return Ok(Verdict::unmatched(Why::NoReference)) };
        let Some(name) = EndToEnd::read(reference) else { return Ok(Verdict::unmatched(Why::NotOurs)) };
        let Some(line) = lines.get_mut(&name) else { return Ok(Verdict::unmatched(Why::NotSent)) };
        let mut verdict = one(tx, desk, entry, line, journal).await?;
        verdict.run = Some(line.run);
        verdict.about = Some((line.subject, line.name.entitlement));
        Ok(verdict)
    }

    fn row(&self, desk: &Desk<'_>, number: u32, digest: &str, entry: &Entry, verdict: &Verdict) -> Vec<Value> {
        let money = entry.money();
        let reference = entry.reference.as_deref().or(entry.file.as_deref()).unwrap_or_default();
        // Names of people may stand where a reference should: only what can be a reference is kept.
        let reference: String = reference.chars().filter(char::is_ascii_graphic).take(60).collect();
        vec![
            self.message.to_value(),
            number.to_value(),
            digest.to_value(),
            entry.kind.to_value(),
            reference.to_value(),
            money.map(|(minor, _)| minor).to_value(),
            money.map(|(_, currency)| currency.code().to_owned()).to_value(),
            entry.reason.as_deref().map(|r| r.chars().take(40).collect::<String>()).to_value(),
            entry.booked_on.to_value(),
            verdict.outcome.to_value(),
            (verdict.outcome == Outcome::Unmatched).then_some(1i64).to_value(),
            verdict.why.to_value(),
            verdict.run.to_value(),
            verdict.about.map(|(subject, _)| subject).to_value(),
            verdict.about.map(|(_, entitlement)| entitlement).to_value(),
            desk.now.to_value(),
        ]
    }
}

async fn lines(tx: &mut Tx, chunk: &[(u32, String, Entry)]) -> Result<HashMap<EndToEnd, Line>, StoreError> {
    let named = chunk.iter().filter_map(|(.., entry)| EndToEnd::read(entry.reference.as_deref()?));
    let ids: BTreeSet<Uuid> = named.map(|name| name.entitlement.0).collect();
    let ids: Vec<Uuid> = ids.into_iter().collect();
    let mut lines = HashMap::new();
    for row in LINES.all(tx, &[], &ids).await? {
        let line = line(&row)?;
        lines.insert(line.name, line);
    }
    Ok(lines)
}

/// Codes by which a bank says that it had a payment or file before (external status reasons of ISO 20022).
fn said_twice(reason: Option<&str>) -> bool {
    matches!(reason, Some("AM05" | "DU01" | "DU02" | "DU03" | "DU04" | "DU05" | "DUPL"))
}

/// An entry about one payment.
async fn one(
    tx: &mut Tx,
    desk: &Desk<'_>,
    entry: &Entry,
    line: &mut Line,
    journal: &mut Journal,
) -> Result<Verdict, StoreError> {
    if entry.amount.is_some() && entry.money() != Some((line.pays, line.currency)) {
        return Ok(Verdict::unmatched(Why::OtherAmount));
    }
    let reason = entry.reason.as_deref();
    let back = matches!(entry.kind, EntryKind::Rejected | EntryKind::Returned);
    if back && said_twice(reason) {
        return Ok(Verdict::unmatched(Why::SaidTwice));
    }
    match (entry.kind, line.place()) {
        (EntryKind::Accepted, Place::AtBank) if line.status == LineStatus::Ready => {
            turn(tx, desk, line, LineStatus::Accepted, None).await?;
        }
        (EntryKind::Paid, Place::AtBank) => {
            journal.moves(Account::Clearing, Account::Paid, line.head(), line.pays);
            turn(tx, desk, line, LineStatus::Paid, None).await?;
        }
        (EntryKind::Rejected | EntryKind::Returned, place @ (Place::AtBank | Place::Paid)) => {
            let from = if place == Place::Paid { Account::Paid } else { Account::Clearing };
            journal.moves(from, Account::Returned, line.head(), line.pays);
            let status = match (entry.kind, place) {
                (EntryKind::Rejected, Place::AtBank) => LineStatus::Rejected,
                _ => LineStatus::Returned,
            };
            bounce(tx, desk, line, status, reason).await?;
        }
        (EntryKind::Paid, Place::Back) => return Ok(Verdict::unmatched(Why::CameBack)),
        (EntryKind::Other, _) => return Ok(Verdict::of(Outcome::Noted)),
        _ => return Ok(Verdict::of(Outcome::Repeated)),
    }
    Ok(Verdict::of(Outcome::Applied))
}

async fn turn(
    tx: &mut Tx,
    desk: &Desk<'_>,
    line: &mut Line,
    status: LineStatus,
    reason: Option<&str>,
) -> Result<(), StoreError> {
    let odd = matches!(status, LineStatus::Rejected | LineStatus::Returned).then_some(1);
    let name = line.name;
    let row = params![line.run, name.entitlement, name.period.0, name.part, status, odd, reason, desk.now];
    tx.execute(LINE, row).await?;
    line.status = status;
    Ok(())
}

/// A payment came back: it is owed again, and waits for another account or an official's word.
async fn bounce(
    tx: &mut Tx,
    desk: &Desk<'_>,
    line: &mut Line,
    status: LineStatus,
    reason: Option<&str>,
) -> Result<(), StoreError> {
    turn(tx, desk, line, status, reason).await?;
    let name = line.name;
    let row = params![name.entitlement, name.period.0, name.part, line.run, reason, line.account, desk.now];
    if tx.execute(BACK, row).await? != 1 {
        let detail = format!("instalment {} {}/{} is not in its run", name.entitlement, name.period, name.part);
        return Err(StoreError::Inconsistent { column: "status".into(), detail });
    }
    let told = Bounced {
        entitlement: name.entitlement,
        period: name.period,
        payee: line.payee,
        minor: line.pays,
        reason: reason.map(str::to_owned),
    };
    tx.emit(desk.ids, desk.now, BOUNCED, &told).await.map(drop)
}

/// An entry about a whole file.
async fn whole_file(
    tx: &mut Tx,
    desk: &Desk<'_>,
    entry: &Entry,
    lines: &mut HashMap<EndToEnd, Line>,
    journal: &mut Journal,
) -> Result<Verdict, StoreError> {
    let found = match entry.file.as_deref().and_then(run_of) {
        Some(id) => run::by_id(tx, id).await?.filter(|r| r.released_at.is_some()),
        None => None,
    };
    let Some(run) = found else { return Ok(Verdict::unmatched(Why::NoFile)) };
    let about = |verdict: Verdict| Verdict { run: Some(run.id), ..verdict };
    let (reason, status) = (entry.reason.as_deref(), entry.status.as_deref());
    let pending = tx.all(PENDING, params![run.id]).await?;
    let mut sums = Vec::with_capacity(pending.len());
    for row in &pending {
        sums.push((row.get::<String>("programme")?, row.get::<String>("agency")?, row.get::<i64>("pays")?));
    }
    let waits: i64 = sums.iter().map(|(.., pays)| pays).sum();
    let money = entry.money();
    if entry.amount.is_some() && money != Some((run.minor, run.currency)) && money != Some((waits, run.currency)) {
        return Ok(about(Verdict::unmatched(Why::OtherAmount)));
    }
    let to = match (entry.kind, run.status) {
        (EntryKind::FilePaid, RunStatus::Released) => {
            tx.execute(SETTLE, params![run.id, status, desk.now]).await?;
            Account::Paid
        }
        (EntryKind::FileRejected, _) if said_twice(reason) => return Ok(about(Verdict::unmatched(Why::SaidTwice))),
        (EntryKind::FileRejected, RunStatus::Settled) => return Ok(about(Verdict::unmatched(Why::FilePaid))),
        (EntryKind::FileRejected, _) if waits == 0 => return Ok(about(Verdict::of(Outcome::Repeated))),
        (EntryKind::FileRejected, _) => {
            tx.execute(ALL_BACK, params![run.id, reason, desk.now]).await?;
            tx.execute(ALL_REJECTED, params![run.id, reason, desk.now]).await?;
            tx.execute(SAID, params![run.id, status, reason, desk.now]).await?;
            Account::Returned
        }
        (EntryKind::FileAccepted, RunStatus::Released) => {
            tx.execute(SAID, params![run.id, status, reason, desk.now]).await?;
            return Ok(about(Verdict::of(Outcome::Noted)));
        }
        _ => return Ok(about(Verdict::of(Outcome::Repeated))),
    };
    for (programme, agency, pays) in &sums {
        let head = Head { programme, agency, currency: run.currency };
        journal.moves(Account::Clearing, to, head, *pays);
    }
    for line in lines.values_mut().filter(|l| l.run == run.id) {
        match to {
            Account::Paid => line.run_status = RunStatus::Settled,
            _ if line.place() == Place::AtBank => line.status = LineStatus::Rejected,
            _ => {}
        }
    }
    Ok(about(Verdict::of(Outcome::Applied)))
}
