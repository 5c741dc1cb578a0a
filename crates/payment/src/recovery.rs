//! Money paid too much: claimed, paid back at once or by instalments, kept back from later payments, waived.

use std::collections::BTreeMap;

use kernel::{AccountId, Currency, Date, EntitlementId, PersonId, RecoveryId};
use serde::{Deserialize, Serialize};
use store::{AsConflict, InList, Row, StoreError, Tx, params};
use uuid::Uuid;

use crate::desk::Desk;
use crate::due::PeriodKey;
use crate::grant::head;
use crate::ledger::{Account, Head, Journal};
use crate::model::{Entitlement, words};
use crate::reference::derived;
use crate::rows::json;
use crate::settle::Claim;

/// Topic of the message that somebody owes money; its payload is [`Opened`].
pub const OPENED: &str = "payment.recovery_opened";

/// What [`OPENED`] says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// The recovery.
    pub recovery: RecoveryId,
    /// Who owes.
    pub person: PersonId,
    /// The entitlement.
    pub entitlement: EntitlementId,
    /// How much, in minor units.
    pub minor: i64,
    /// The currency.
    pub currency: Currency,
    /// Whether it is so little that nothing is asked.
    pub waived: bool,
}

words! {
    /// How a recovery stands.
    RecoveryStatus as "recovery status" {
        /// Something is still owed.
        Open = "open",
        /// All of it came back, was waived or is not claimed any more.
        Closed = "closed",
    }
}

words! {
    /// What happened to a recovery.
    ActKind as "act on a recovery" {
        /// It was claimed.
        Opened = "opened",
        /// A later decision took part of the claim back.
        TakenBack = "taken_back",
        /// Instalments were agreed.
        Planned = "planned",
        /// Money came.
        Repaid = "repaid",
        /// A run kept it back from a payment.
        SetOff = "set_off",
        /// Somebody asks that it be waived, and a second person has to agree.
        WaiverProposed = "waiver_proposed",
        /// It was waived.
        Waived = "waived",
    }
}

/// One instalment of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanPart {
    /// Due on.
    pub on: Date,
    /// Minor units.
    pub minor: i64,
}

/// A recovery as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Recovery {
    /// Its id.
    pub id: RecoveryId,
    /// Who owes.
    pub person: PersonId,
    /// The entitlement.
    pub entitlement: EntitlementId,
    /// The programme.
    pub programme: String,
    /// The agency.
    pub agency: String,
    /// The currency.
    pub currency: Currency,
    /// Claimed in all.
    pub claimed: i64,
    /// Came back.
    pub recovered: i64,
    /// Waived.
    pub waived: i64,
    /// Reserved by runs that were prepared and not released.
    pub reserved: i64,
    /// How it stands.
    pub status: RecoveryStatus,
    /// Whether runs may keep it back from payments.
    pub by_set_off: bool,
    /// The agreed instalments.
    pub plan: Vec<PlanPart>,
    /// Why.
    pub reason: String,
    /// The law.
    pub law: String,
}

impl Recovery {
    /// Still owed.
    pub fn owed(&self) -> i64 {
        self.claimed - self.recovered - self.waived
    }

    /// Owed and not reserved by a run.
    pub fn free(&self) -> i64 {
        self.owed() - self.reserved
    }

    pub(crate) fn head(&self) -> Head<'_> {
        Head { programme: &self.programme, agency: &self.agency, currency: self.currency }
    }
}

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// No such recovery.
    #[error("there is no such recovery")]
    NoRecovery,
    /// Not an amount.
    #[error("{0} is no amount: give minor units above zero")]
    NoAmount(i64),
    /// More than is owed.
    #[error("{minor} is more than the {free} that can be settled now ({reserved} more waits in a prepared run)")]
    TooMuch {
        /// What was given.
        minor: i64,
        /// What is owed and not reserved.
        free: i64,
        /// What a run reserved.
        reserved: i64,
    },
    /// The same reference with another amount.
    #[error("reference {0:?} was noted before with another amount: check the receipt")]
    OtherAmount(String),
    /// Too many instalments.
    #[error("{parts} instalments: expected 1 to {most}")]
    TooMany {
        /// Asked for.
        parts: u32,
        /// The law's most.
        most: u32,
    },
    /// No reason or law.
    #[error("a waiver needs a reason and the law it rests on")]
    NoLaw,
    /// The same person twice.
    #[error("a second person has to agree: who proposed a waiver cannot grant it")]
    SamePerson,
    /// No such proposal, or settled.
    #[error("there is no such proposal of a waiver, or it was granted already")]
    NoProposal,
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
    ADD = "insert into recovery (person_id, recovery_id, subject_id, entitlement_id, version, programme, agency, currency, claimed, recovered, waived, reserved, status, by_set_off, reason, law, opened_at, changed_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, $10, 0, $11, $12, $13, $14, $15, $15)";
    BY_ID = "select person_id, recovery_id, entitlement_id, programme, agency, currency, claimed, recovered, waived, reserved, status, by_set_off, plan, reason, law
        from recovery where recovery_id = $1";
    OF_ENTITLEMENT = "select r.person_id, r.recovery_id, c.period, c.minor, r.claimed - r.recovered - r.waived - r.reserved as free, r.waived
        from recovery r join recovery_claim c on c.person_id = r.person_id and c.recovery_id = r.recovery_id where r.entitlement_id = $1 order by r.recovery_id, c.period";
    CLAIM_ADD = "insert into recovery_claim (person_id, recovery_id, period, minor) values ($1, $2, $3, $4)";
    CLAIM_LESS = "update recovery_claim set minor = minor - $4 where person_id = $1 and recovery_id = $2 and period = $3";
    MOVE = "update recovery set claimed = claimed + $3, recovered = recovered + $4, waived = waived + $5, reserved = reserved + $6,
        status = case when claimed + $3 - recovered - $4 - waived - $5 > 0 then 'open' else 'closed' end, changed_at = $7 where person_id = $1 and recovery_id = $2";
    PLAN = "update recovery set plan = $3, by_set_off = $4, changed_at = $5 where person_id = $1 and recovery_id = $2";
    ACT_ADD = "insert into recovery_act (person_id, act_id, recovery_id, kind, minor, reference, reason, law, account_id, at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    ACT = "select person_id, act_id, recovery_id, kind, minor, reference, reason, law, account_id from recovery_act where person_id = $1 and act_id = $2";
    ACTS = "select kind, minor, reference, reason, law, account_id, act_id, at from recovery_act where recovery_id = $1 order by at, act_id";
}

/// Open recoveries of people, for a run of one agency (or all) and currency. The odd comparison keeps SQLite from going through all that
/// are open for every hundred people.
pub(crate) static OPEN_OF: InList = InList::new(
    "RECOVERY_OPEN_OF",
    "select person_id, recovery_id, agency, claimed - recovered - waived - reserved as free from recovery
        where (status = 'open') = true and by_set_off and currency = $1 and person_id in ({ids}) order by opened_at, recovery_id",
    1,
);

pub(crate) fn recovery(row: &Row) -> Result<Recovery, StoreError> {
    let plan: Option<String> = row.maybe("plan")?;
    Ok(Recovery {
        id: row.get("recovery_id")?,
        person: row.get("person_id")?,
        entitlement: row.get("entitlement_id")?,
        programme: row.get("programme")?,
        agency: row.get("agency")?,
        currency: row.parse("currency")?,
        claimed: row.get("claimed")?,
        recovered: row.get("recovered")?,
        waived: row.get("waived")?,
        reserved: row.get("reserved")?,
        status: row.parse("status")?,
        by_set_off: row.get("by_set_off")?,
        plan: if plan.is_some() { row.json("plan")? } else { Vec::new() },
        reason: row.get("reason")?,
        law: row.get("law")?,
    })
}

/// What settling a period needs to know of a recovery.
pub(crate) struct Debt {
    pub(crate) id: RecoveryId,
    person: PersonId,
    claims: BTreeMap<PeriodKey, i64>,
    free: i64,
    waived: i64,
}

impl Debt {
    pub(crate) fn claim(&self, period: PeriodKey) -> Option<Claim> {
        let minor = *self.claims.get(&period)?;
        Some(Claim { recovery: self.id, minor, free: self.free, waived: self.waived })
    }
}

/// All recoveries of an entitlement, with their claims by period.
pub(crate) async fn of_entitlement(tx: &mut Tx, id: EntitlementId) -> Result<Vec<Debt>, StoreError> {
    let mut debts: Vec<Debt> = Vec::new();
    for row in tx.all(OF_ENTITLEMENT, params![id]).await? {
        let recovery = row.get("recovery_id")?;
        if debts.last().is_none_or(|d| d.id != recovery) {
            let (person, free, waived) = (row.get("person_id")?, row.get("free")?, row.get("waived")?);
            debts.push(Debt { id: recovery, person, claims: BTreeMap::new(), free, waived });
        }
        if let Some(debt) = debts.last_mut() {
            debt.claims.insert(PeriodKey(row.get("period")?), row.get("minor")?);
        }
    }
    Ok(debts)
}

/// One thing that happened, as it is written.
struct Noted<'a> {
    kind: ActKind,
    minor: i64,
    reference: &'a str,
    reason: Option<&'a str>,
    law: Option<&'a str>,
    by: Option<AccountId>,
}

fn act_id(id: RecoveryId, kind: ActKind, reference: &str) -> Uuid {
    derived(&[b"act", id.0.as_bytes(), kind.word().as_bytes(), reference.as_bytes()])
}

async fn note(tx: &mut Tx, desk: &Desk<'_>, person: PersonId, id: RecoveryId, it: Noted<'_>) -> Result<(), StoreError> {
    let act = act_id(id, it.kind, it.reference);
    let row = params![person, act, id, it.kind, it.minor, it.reference, it.reason, it.law, it.by, desk.now];
    tx.execute(ACT_ADD, row).await.map(drop)
}

/// Opens a recovery for what a version of an entitlement found too much. So little that nothing is asked is waived at once.
pub(crate) async fn open(
    tx: &mut Tx,
    desk: &Desk<'_>,
    e: &Entitlement,
    debtor: PersonId,
    claims: &[(PeriodKey, i64)],
    journal: &mut Journal,
) -> Result<(), StoreError> {
    let id = RecoveryId(derived(&[b"recovery", e.id.0.as_bytes(), &e.version.to_be_bytes(), debtor.0.as_bytes()]));
    let minor: i64 = claims.iter().map(|(_, minor)| minor).sum();
    let petty = minor <= e.recovery.waive_up_to_minor;
    journal.moves(Account::Receivable, Account::Appropriation, head(e), minor);
    if petty {
        journal.moves(Account::WrittenOff, Account::Receivable, head(e), minor);
    }
    let status = if petty { RecoveryStatus::Closed } else { RecoveryStatus::Open };
    let waived = if petty { minor } else { 0 };
    let row = params![
        debtor,
        id,
        e.subject.uuid(),
        e.id,
        e.version,
        e.programme,
        e.agency,
        e.currency.code(),
        minor,
        waived,
        status,
        true,
        e.standing_reason.as_deref().unwrap_or("changed"),
        e.law,
        desk.now
    ];
    tx.execute(ADD, row).await?;
    for (period, minor) in claims {
        tx.execute(CLAIM_ADD, params![debtor, id, period.0, *minor]).await?;
    }
    let (version, law) = (e.version.to_string(), Some(e.law.as_str()));
    let opened = Noted { kind: ActKind::Opened, minor, reference: &version, reason: None, law, by: None };
    note(tx, desk, debtor, id, opened).await?;
    if petty {
        let reason = Some("petty");
        let waiver = Noted { kind: ActKind::Waived, minor, reference: &version, reason, law, by: None };
        note(tx, desk, debtor, id, waiver).await?;
    }
    let told = Opened { recovery: id, person: debtor, entitlement: e.id, minor, currency: e.currency, waived: petty };
    tx.emit(desk.ids, desk.now, OPENED, &told).await.map(drop)
}

/// Takes part of a claim back because a later decision says so: of what is owed, and of what was waived.
pub(crate) async fn unclaim(
    tx: &mut Tx,
    desk: &Desk<'_>,
    debt: &mut Debt,
    period: PeriodKey,
    free: i64,
    waived: i64,
) -> Result<(), StoreError> {
    let less = free + waived;
    tx.execute(CLAIM_LESS, params![debt.person, debt.id, period.0, less]).await?;
    tx.execute(MOVE, params![debt.person, debt.id, -less, 0, -waived, 0, desk.now]).await?;
    debt.free -= free;
    debt.waived -= waived;
    if let Some(claim) = debt.claims.get_mut(&period) {
        *claim -= less;
    }
    let reference = format!("{}:{}", desk.ids.uuid(desk.now), period);
    let act = Noted { kind: ActKind::TakenBack, minor: less, reference: &reference, reason: None, law: None, by: None };
    note(tx, desk, debt.person, debt.id, act).await
}

/// Changes what a run has reserved of a recovery.
pub(crate) async fn reserve(
    tx: &mut Tx,
    desk: &Desk<'_>,
    person: PersonId,
    id: RecoveryId,
    minor: i64,
) -> Result<(), StoreError> {
    tx.execute(MOVE, params![person, id, 0, 0, 0, minor, desk.now]).await.map(drop)
}

/// A released run keeps back what it had reserved.
pub(crate) async fn take(
    tx: &mut Tx,
    desk: &Desk<'_>,
    person: PersonId,
    id: RecoveryId,
    minor: i64,
    reference: &str,
) -> Result<(), StoreError> {
    tx.execute(MOVE, params![person, id, 0, minor, 0, -minor, desk.now]).await?;
    let act = Noted { kind: ActKind::SetOff, minor, reference, reason: None, law: None, by: None };
    note(tx, desk, person, id, act).await
}

/// One recovery.
pub async fn by_id(tx: &mut Tx, id: RecoveryId) -> Result<Option<Recovery>, StoreError> {
    tx.maybe(BY_ID, params![id]).await?.as_ref().map(recovery).transpose()
}

fn settle_at_most(it: &Recovery, minor: i64) -> Result<(), Fault> {
    if minor <= 0 {
        return Err(Fault::NoAmount(minor));
    }
    if minor > it.free() {
        return Err(Fault::TooMuch { minor, free: it.free(), reserved: it.reserved });
    }
    Ok(())
}

/// Money came back. `reference` is the receipt's number: told twice is once; says whether it was the first.
pub async fn repaid(
    tx: &mut Tx,
    desk: &Desk<'_>,
    id: RecoveryId,
    minor: i64,
    reference: &str,
    by: Option<AccountId>,
) -> Result<bool, Fault> {
    let it = by_id(tx, id).await?.ok_or(Fault::NoRecovery)?;
    if let Some(before) = tx.maybe(ACT, params![it.person, act_id(id, ActKind::Repaid, reference)]).await? {
        return if before.get::<i64>("minor")? == minor {
            Ok(false)
        } else {
            Err(Fault::OtherAmount(reference.chars().take(60).collect()))
        };
    }
    settle_at_most(&it, minor)?;
    tx.execute(MOVE, params![it.person, id, 0, minor, 0, 0, desk.now]).await?;
    let act = Noted { kind: ActKind::Repaid, minor, reference, reason: None, law: None, by };
    note(tx, desk, it.person, id, act).await?;
    let mut journal = Journal::new("repaid", format!("{id}:{reference}")).by(by);
    journal.moves(Account::Paid, Account::Receivable, it.head(), minor);
    journal.post(tx, desk).await?;
    Ok(true)
}

/// Agrees on monthly instalments of what is owed now, the first on `first`. `most` is the law's largest number. While a
/// plan runs, runs keep back from payments only if `by_set_off` says so.
pub async fn plan(
    tx: &mut Tx,
    desk: &Desk<'_>,
    id: RecoveryId,
    parts: u32,
    first: Date,
    (most, by_set_off): (u32, bool),
    by: AccountId,
) -> Result<Vec<PlanPart>, Fault> {
    let it = by_id(tx, id).await?.ok_or(Fault::NoRecovery)?;
    if it.free() <= 0 {
        return Err(Fault::NoAmount(it.free()));
    }
    if parts == 0 || parts > most {
        return Err(Fault::TooMany { parts, most });
    }
    let plan = spread(it.free(), parts, first);
    tx.execute(PLAN, params![it.person, id, json(&plan)?, by_set_off, desk.now]).await?;
    let reference = desk.ids.uuid(desk.now).to_string();
    let (minor, law) = (it.free(), None);
    let act = Noted { kind: ActKind::Planned, minor, reference: &reference, reason: None, law, by: Some(by) };
    note(tx, desk, it.person, id, act).await?;
    Ok(plan)
}

/// Equal instalments; what does not divide goes with the first.
fn spread(minor: i64, parts: u32, first: Date) -> Vec<PlanPart> {
    let each = minor / i64::from(parts);
    let rest = minor - each * i64::from(parts);
    (0..parts)
        .map(|n| {
            let on = first.saturating_add(jiff::Span::new().try_months(n).unwrap_or_default());
            PlanPart { on, minor: if n == 0 { each + rest } else { each } }
        })
        .filter(|p| p.minor > 0)
        .collect()
}

/// Why something is waived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiver {
    /// How much.
    pub minor: i64,
    /// Why.
    pub reason: String,
    /// The law.
    pub law: String,
    /// Who asks.
    pub by: AccountId,
    /// Up to this sum one person may waive alone.
    pub alone_up_to: i64,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waived {
    /// It is waived.
    Done,
    /// A second person has to agree with [`grant_waiver`].
    NeedsSecond(Uuid),
}

/// Waives part of what is owed; above the limit it is only proposed.
pub async fn waive(tx: &mut Tx, desk: &Desk<'_>, id: RecoveryId, waiver: &Waiver) -> Result<Waived, Fault> {
    if waiver.reason.trim().chars().count() < 3 || waiver.law.trim().is_empty() {
        return Err(Fault::NoLaw);
    }
    let it = by_id(tx, id).await?.ok_or(Fault::NoRecovery)?;
    settle_at_most(&it, waiver.minor)?;
    let reference = desk.ids.uuid(desk.now).to_string();
    let alone = waiver.minor <= waiver.alone_up_to;
    let kind = if alone { ActKind::Waived } else { ActKind::WaiverProposed };
    let noted = Noted {
        kind,
        minor: waiver.minor,
        reference: &reference,
        reason: Some(&waiver.reason),
        law: Some(&waiver.law),
        by: Some(waiver.by),
    };
    note(tx, desk, it.person, id, noted).await?;
    if !alone {
        return Ok(Waived::NeedsSecond(act_id(id, kind, &reference)));
    }
    write_off(tx, desk, &it, waiver.minor, &reference, waiver.by).await?;
    Ok(Waived::Done)
}

/// A second person grants a proposed waiver.
pub async fn grant_waiver(
    tx: &mut Tx,
    desk: &Desk<'_>,
    id: RecoveryId,
    proposal: Uuid,
    by: AccountId,
) -> Result<(), Fault> {
    let it = by_id(tx, id).await?.ok_or(Fault::NoRecovery)?;
    let row = tx.maybe(ACT, params![it.person, proposal]).await?.ok_or(Fault::NoProposal)?;
    let reference = proposal.to_string();
    let granted = tx.maybe(ACT, params![it.person, act_id(id, ActKind::Waived, &reference)]).await?.is_some();
    let proposed = row.parse::<ActKind>("kind")? == ActKind::WaiverProposed;
    if granted || !proposed || row.get::<RecoveryId>("recovery_id")? != id {
        return Err(Fault::NoProposal);
    }
    if row.maybe::<AccountId>("account_id")? == Some(by) {
        return Err(Fault::SamePerson);
    }
    let minor: i64 = row.get("minor")?;
    settle_at_most(&it, minor)?;
    let (reason, law): (Option<String>, Option<String>) = (row.maybe("reason")?, row.maybe("law")?);
    let noted = Noted {
        kind: ActKind::Waived,
        minor,
        reference: &reference,
        reason: reason.as_deref(),
        law: law.as_deref(),
        by: Some(by),
    };
    note(tx, desk, it.person, id, noted).await?;
    Ok(write_off(tx, desk, &it, minor, &reference, by).await?)
}

async fn write_off(
    tx: &mut Tx,
    desk: &Desk<'_>,
    it: &Recovery,
    minor: i64,
    reference: &str,
    by: AccountId,
) -> Result<(), StoreError> {
    tx.execute(MOVE, params![it.person, it.id, 0, 0, minor, 0, desk.now]).await?;
    let mut journal = Journal::new("waived", format!("{}:{reference}", it.id)).by(Some(by));
    journal.moves(Account::WrittenOff, Account::Receivable, it.head(), minor);
    journal.post(tx, desk).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_plan_adds_up_to_the_last_won() {
        let plan = spread(1000, 3, date(2026, 1, 31));
        assert_eq!(plan.iter().map(|p| p.minor).collect::<Vec<_>>(), [334, 333, 333]);
        assert_eq!(plan[1].on, date(2026, 2, 28));
        assert_eq!(spread(2, 3, date(2026, 1, 1)).iter().map(|p| p.minor).sum::<i64>(), 2);
    }
}
