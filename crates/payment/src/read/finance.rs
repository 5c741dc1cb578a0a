//! Reads for the treasury: the lines of a run, what waits or came back, what fits nothing, who owes what.

use std::collections::BTreeSet;

use kernel::{Currency, Date, EntitlementId, Instant, PersonId, RecoveryId, RunId};
use registry::sight::{Seen, Sight, relations};
use serde::{Deserialize, Serialize};
use store::{Row, StoreError, Tx, params};
use uuid::Uuid;

use super::sealed;
use crate::due::PeriodKey;
use crate::model::{Cause, Form, Stand};
use crate::recovery::{self, ActKind, Recovery, RecoveryStatus};
use crate::run::LineStatus;

store::sql! {
    RECOVERIES = "select person_id, recovery_id, entitlement_id, programme, agency, currency, claimed, recovered, waived, reserved, status, by_set_off, plan, reason, law
        from recovery where status = $1 and recovery_id > $2 order by recovery_id limit $3";
    LINES = "select l.entitlement_id, l.period, l.part, l.attempt, l.payee_id, l.pay_account_id, l.programme, l.agency, l.minor, l.set_off, l.pays, l.cause, l.status, l.reason, e.per, e.currency, a.hint
        from run_line l join entitlement e on e.subject_id = l.subject_id and e.entitlement_id = l.entitlement_id left join pay_account a on a.pay_account_id = l.pay_account_id
        where l.run_id = $1 and (l.entitlement_id, l.period, l.part) > ($2, $3, $4) and ($5 = '' or l.status = $5) and ($6 = '' or l.cause = $6)
        order by l.entitlement_id, l.period, l.part limit $7";
    MISSING = "select p.entitlement_id, p.period, p.part, p.attempt, p.payee_id, p.pay_account_id, p.programme, p.agency, p.minor, p.set_off, p.pays, p.cause, p.status, p.reason, e.per, e.currency, a.hint
        from run_line p join entitlement e on e.subject_id = p.subject_id and e.entitlement_id = p.entitlement_id left join pay_account a on a.pay_account_id = p.pay_account_id
        where p.run_id = $1 and (p.entitlement_id, p.period, p.part) > ($2, $3, $4) and p.status not in ('held', 'dropped') and p.cause in ('regular', 'new', 'changed')
        and not exists (select 1 from run_line c where c.run_id = $5 and c.entitlement_id = p.entitlement_id and c.status <> 'dropped' and c.cause in ('regular', 'new', 'changed'))
        order by p.entitlement_id, p.period, p.part limit $6";
    WAITING = "select i.entitlement_id, i.period, i.part, i.minor, i.set_off, i.due_on, i.status, i.reason, i.attempt, e.payee_id, e.programme, e.agency, e.form, e.per, e.currency
        from instalment i join entitlement e on e.subject_id = i.subject_id and e.entitlement_id = i.entitlement_id
        where i.open is not null and i.status = $1 and (i.entitlement_id, i.period, i.part) > ($2, $3, $4) order by i.entitlement_id, i.period, i.part limit $5";
    UNMATCHED = "select message_id, entry_no, digest, kind, reference, minor, currency, reason_code, booked_on, why, run_id, at from bank_entry
        where open is not null and (message_id, entry_no, digest) > ($1, $2, $3) order by message_id, entry_no, digest limit $4";
    MESSAGES = "select message_id, digest, kind, entries, received_at, finished_at from bank_message where (received_at < $1 or (received_at = $1 and message_id < $2))
        order by received_at desc, message_id desc limit $3";
}

/// A place in a list of instalments or lines: everything after this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// The entitlement.
    pub entitlement: EntitlementId,
    /// The period.
    pub period: PeriodKey,
    /// The part.
    pub part: u32,
}

impl Cursor {
    /// The beginning.
    pub const START: Cursor = Cursor { entitlement: EntitlementId(Uuid::nil()), period: PeriodKey(0), part: 0 };
}

/// A line of a run as shown.
#[derive(Clone, Debug, Serialize)]
pub struct LineShown {
    /// Which: also the cursor after it.
    pub at: Cursor,
    /// The period, as `2026-11`.
    pub period: String,
    /// How often it came back before.
    pub attempt: u32,
    /// Who gets it.
    pub payee: PersonId,
    /// The last characters of the account.
    pub account: Option<String>,
    /// The programme.
    pub programme: String,
    /// The agency.
    pub agency: String,
    /// The currency.
    pub currency: Currency,
    /// What is due, in minor units.
    pub minor: i64,
    /// What is kept back.
    pub set_off: i64,
    /// What goes to the bank.
    pub pays: i64,
    /// Why it is in the run.
    pub cause: Cause,
    /// How it stands.
    pub status: LineStatus,
    /// Why it is held or came back.
    pub reason: Option<String>,
}

fn line(row: &Row) -> Result<LineShown, StoreError> {
    let at = cursor(row)?;
    Ok(LineShown {
        at,
        period: at.period.label(row.parse("per")?),
        attempt: row.get("attempt")?,
        payee: row.get("payee_id")?,
        account: row.maybe("hint")?,
        programme: row.get("programme")?,
        agency: row.get("agency")?,
        currency: row.parse("currency")?,
        minor: row.get("minor")?,
        set_off: row.get("set_off")?,
        pays: row.get("pays")?,
        cause: row.parse("cause")?,
        status: row.parse("status")?,
        reason: row.maybe("reason")?,
    })
}

fn cursor(row: &Row) -> Result<Cursor, StoreError> {
    let period = PeriodKey(row.get("period")?);
    Ok(Cursor { entitlement: row.get("entitlement_id")?, period, part: row.get("part")? })
}

/// Lines of a run, of one status or cause if wanted.
pub async fn lines(
    tx: &mut Tx,
    sight: &Sight<'_>,
    run: RunId,
    (status, cause): (Option<LineStatus>, Option<Cause>),
    after: Cursor,
    most: u32,
) -> Result<Seen<Vec<LineShown>>, StoreError> {
    let (status, cause) = (status.map_or("", LineStatus::word), cause.map_or("", Cause::word));
    let values = params![run, after.entitlement, after.period.0, after.part, status, cause, most];
    let shown = tx.all(LINES, values).await?.iter().map(line).collect::<Result<Vec<_>, _>>()?;
    let about: BTreeSet<PersonId> = shown.iter().map(|l| l.payee).collect();
    let known = relations(tx, sight, about.iter().copied()).await?;
    Ok(sealed(shown, about, known))
}

/// Lines of the run before whose entitlements this run does not pay: ended. (Held ones are lines of this run.)
pub async fn ended(
    tx: &mut Tx,
    sight: &Sight<'_>,
    (run, previous): (RunId, RunId),
    after: Cursor,
    most: u32,
) -> Result<Seen<Vec<LineShown>>, StoreError> {
    let values = params![previous, after.entitlement, after.period.0, after.part, run, most];
    let shown = tx.all(MISSING, values).await?.iter().map(line).collect::<Result<Vec<_>, _>>()?;
    let about: BTreeSet<PersonId> = shown.iter().map(|l| l.payee).collect();
    let known = relations(tx, sight, about.iter().copied()).await?;
    Ok(sealed(shown, about, known))
}

/// An instalment that waits, for officials.
#[derive(Clone, Debug, Serialize)]
pub struct WaitingShown {
    /// Which: also the cursor after it.
    pub at: Cursor,
    /// The period, as `2026-11`.
    pub period: String,
    /// Who should get it.
    pub payee: PersonId,
    /// The programme.
    pub programme: String,
    /// The agency.
    pub agency: String,
    /// Money or voucher.
    pub form: Form,
    /// What is left to pay, in minor units.
    pub minor: i64,
    /// The currency.
    pub currency: Currency,
    /// The day it was due.
    pub due_on: Date,
    /// Why it waits: a reason to hold, or the bank's code.
    pub reason: Option<String>,
    /// How often it came back.
    pub attempt: u32,
}

/// Instalments that came back ([`Stand::Returned`]) or are held ([`Stand::Held`]) or due ([`Stand::Due`]).
pub async fn waiting(
    tx: &mut Tx,
    sight: &Sight<'_>,
    stand: Stand,
    after: Cursor,
    most: u32,
) -> Result<Seen<Vec<WaitingShown>>, StoreError> {
    let rows = tx.all(WAITING, params![stand, after.entitlement, after.period.0, after.part, most]).await?;
    let mut shown = Vec::with_capacity(rows.len());
    for row in &rows {
        let at = cursor(row)?;
        shown.push(WaitingShown {
            at,
            period: at.period.label(row.parse("per")?),
            payee: row.get("payee_id")?,
            programme: row.get("programme")?,
            agency: row.get("agency")?,
            form: row.parse("form")?,
            minor: row.get::<i64>("minor")? - row.get::<i64>("set_off")?,
            currency: row.parse("currency")?,
            due_on: row.get("due_on")?,
            reason: row.maybe("reason")?,
            attempt: row.get("attempt")?,
        });
    }
    let about: BTreeSet<PersonId> = shown.iter().map(|w| w.payee).collect();
    let known = relations(tx, sight, about.iter().copied()).await?;
    Ok(sealed(shown, about, known))
}

/// An entry of the bank that fits nothing. Holds no names: only what can be a reference is kept of it.
#[derive(Clone, Debug, Serialize)]
pub struct Unmatched {
    /// The bank's number of the message.
    pub message: String,
    /// The entry's place in it.
    pub entry: u32,
    /// The entry's fingerprint.
    pub digest: String,
    /// What it says.
    pub kind: String,
    /// The reference as given.
    pub reference: String,
    /// The amount in minor units.
    pub minor: Option<i64>,
    /// The currency.
    pub currency: Option<String>,
    /// The bank's reason code.
    pub reason: Option<String>,
    /// The day it was booked.
    pub booked_on: Option<Date>,
    /// Why it fits nothing: a word of [`crate::bank::Why`].
    pub why: Option<String>,
    /// The run it speaks of, if known.
    pub run: Option<RunId>,
    /// When it came.
    pub at: Instant,
}

/// Open entries that fit nothing, after the last one seen.
pub async fn unmatched(tx: &mut Tx, after: Option<(&str, u32, &str)>, most: u32) -> Result<Vec<Unmatched>, StoreError> {
    let (message, entry, digest) = after.unwrap_or(("", 0, ""));
    let rows = tx.all(UNMATCHED, params![message, entry, digest, most]).await?;
    rows.iter()
        .map(|row| {
            Ok(Unmatched {
                message: row.get("message_id")?,
                entry: row.get("entry_no")?,
                digest: row.get("digest")?,
                kind: row.get("kind")?,
                reference: row.get("reference")?,
                minor: row.maybe("minor")?,
                currency: row.maybe("currency")?,
                reason: row.maybe("reason_code")?,
                booked_on: row.maybe("booked_on")?,
                why: row.maybe("why")?,
                run: row.maybe("run_id")?,
                at: row.get("at")?,
            })
        })
        .collect()
}

/// A file that came from the bank.
#[derive(Clone, Debug, Serialize)]
pub struct MessageShown {
    /// The bank's number.
    pub message: String,
    /// SHA-256 of its bytes.
    pub digest: String,
    /// Which message.
    pub kind: String,
    /// Entries in it.
    pub entries: u32,
    /// When it came.
    pub received_at: Instant,
    /// When all of it was applied.
    pub finished_at: Option<Instant>,
}

/// Files from the bank, the latest first.
pub async fn messages(tx: &mut Tx, older: Option<(Instant, &str)>, most: u32) -> Result<Vec<MessageShown>, StoreError> {
    let (at, message) = older.unwrap_or((Instant::from_micros(i64::MAX), ""));
    let rows = tx.all(MESSAGES, params![at, message, most]).await?;
    rows.iter()
        .map(|row| {
            Ok(MessageShown {
                message: row.get("message_id")?,
                digest: row.get("digest")?,
                kind: row.get("kind")?,
                entries: row.get("entries")?,
                received_at: row.get("received_at")?,
                finished_at: row.maybe("finished_at")?,
            })
        })
        .collect()
}

/// Recoveries of one status, after the last one seen.
pub async fn recoveries(
    tx: &mut Tx,
    sight: &Sight<'_>,
    status: RecoveryStatus,
    after: RecoveryId,
    most: u32,
) -> Result<Seen<Vec<Recovery>>, StoreError> {
    let rows = tx.all(RECOVERIES, params![status, after, most]).await?;
    let shown = rows.iter().map(recovery::recovery).collect::<Result<Vec<_>, _>>()?;
    let about: BTreeSet<PersonId> = shown.iter().map(|r| r.person).collect();
    let known = relations(tx, sight, about.iter().copied()).await?;
    Ok(sealed(shown, about, known))
}

/// One thing that happened to a recovery.
#[derive(Clone, Debug, Serialize)]
pub struct ActShown {
    /// Its id: a proposed waiver is granted by it.
    pub id: Uuid,
    /// What.
    pub kind: ActKind,
    /// Minor units.
    pub minor: i64,
    /// Receipt, run or proposal it belongs to.
    pub reference: String,
    /// Why.
    pub reason: Option<String>,
    /// The law.
    pub law: Option<String>,
    /// When.
    pub at: Instant,
}

/// A recovery with everything that happened to it; `None` when there is none.
pub async fn recovery(
    tx: &mut Tx,
    sight: &Sight<'_>,
    id: RecoveryId,
) -> Result<Option<Seen<(Recovery, Vec<ActShown>)>>, StoreError> {
    let Some(it) = recovery::by_id(tx, id).await? else { return Ok(None) };
    let mut acts = Vec::new();
    for row in tx.all(recovery::ACTS, params![id]).await? {
        acts.push(ActShown {
            id: row.get("act_id")?,
            kind: row.parse("kind")?,
            minor: row.get("minor")?,
            reference: row.get("reference")?,
            reason: row.maybe("reason")?,
            law: row.maybe("law")?,
            at: row.get("at")?,
        });
    }
    let about: BTreeSet<PersonId> = [it.person].into();
    let known = relations(tx, sight, about.iter().copied()).await?;
    Ok(Some(sealed((it, acts), about, known)))
}
