//! Granting, changing, suspending, resuming and ending entitlements.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{AccountId, Date, DecisionId, EntitlementId, PersonId, RecoveryId};
use sha2::{Digest, Sha256};
use store::{AsConflict, StoreError, Tx, params};

use crate::desk::Desk;
use crate::due::{LAST_YEAR, PeriodKey, cut};
use crate::instalment::{self, Instalment};
use crate::ledger::{Account, Head, Journal};
use crate::model::{Cause, Entitlement, Grant, PayRule, Per, Slice, Stand, Standing, Terms};
use crate::recovery::{self, Debt};
use crate::reference::derived_in_time;
use crate::rows::{self, json};
use crate::settle::{Act, Claim, Part, settle};
use crate::{order, run};

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Granted {
    /// The entitlement.
    pub entitlement: EntitlementId,
    /// Its version now.
    pub version: u32,
    /// Whether the same was told before, so that nothing was done.
    pub repeated: bool,
}

/// Why nothing was granted or changed.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The grant says something that cannot be.
    #[error("the grant cannot be: {0}")]
    Senseless(String),
    /// The decision was told before with other content.
    #[error("decision {0} was told before and said something else: a changed decision needs a number of its own")]
    OtherContent(DecisionId),
    /// An entitlement of this case stands on another decision.
    #[error(
        "the entitlement of this case rests on decision {stands}, and this one replaces {replaces:?}: tell the decisions in their order"
    )]
    OutOfOrder {
        /// The decision in force.
        stands: DecisionId,
        /// What the grant says it replaces.
        replaces: Option<DecisionId>,
    },
    /// A later decision may change amounts, days, payee and rule; not what it is about.
    #[error("a later decision cannot change the {0} of an entitlement: end it, and grant the other under its own case")]
    OtherThing(&'static str),
    /// No such entitlement.
    #[error("there is no such entitlement")]
    NoEntitlement,
    /// It stands otherwise.
    #[error("the entitlement is {stands}: this needs one that is {needs}")]
    Stands {
        /// How it stands.
        stands: Standing,
        /// How it should.
        needs: &'static str,
    },
    /// No reason or law.
    #[error("say why, and name the law: both are told to the person")]
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
    PAYEES = "select l.period, l.payee_id from run_line l join run r on r.run_id = l.run_id
        where l.entitlement_id = $1 and r.status in ('released', 'settled') order by l.period, l.part, l.attempt";
    OF_PERSON = "select entitlement_id from entitlement where status = 'active' and ((subject_kind = 'person' and subject_id = $1) or payee_id = $1)
        order by entitlement_id";
    USES = "select max(period) as last from instalment where entitlement_id = $1";
}

/// Grants what a decision says, or changes what an earlier decision of the same case granted.
pub async fn run(tx: &mut Tx, desk: &Desk<'_>, grant: &Grant) -> Result<Granted, Fault> {
    check(grant)?;
    let digest = hex::encode(Sha256::digest(json(grant)?));
    if let Some(told) = rows::told(tx, grant.decision).await? {
        if told.digest != digest {
            return Err(Fault::OtherContent(grant.decision));
        }
        return Ok(Granted { entitlement: told.entitlement, version: told.version, repeated: true });
    }
    let stands = tx.maybe(rows::BY_CASE, params![grant.subject.uuid(), grant.case]).await?;
    let e = match stands.as_ref().map(rows::entitlement).transpose()? {
        None => begin(tx, desk, grant).await?,
        Some(before) => replace(tx, desk, grant, &before).await?,
    };
    let told = params![grant.decision, e.subject.uuid(), e.id, e.version, digest];
    tx.execute(rows::TELL, told).await?;
    Ok(Granted { entitlement: e.id, version: e.version, repeated: false })
}

/// In what form the entitlement of a case comes, if it has one; ended ones too.
pub async fn form_of(
    tx: &mut Tx,
    subject: crate::model::Subject,
    case: kernel::CaseId,
) -> Result<Option<crate::model::Form>, StoreError> {
    let row = tx.maybe(rows::BY_CASE, params![subject.uuid(), case]).await?;
    Ok(row.as_ref().map(rows::entitlement).transpose()?.map(|e| e.form))
}

/// Holds a grant against sense: dates in order, amounts that can be paid, words that are there.
pub fn check(grant: &Grant) -> Result<(), Fault> {
    let no = |what: String| Err(Fault::Senseless(what));
    for (name, text) in [("programme", &grant.programme), ("agency", &grant.agency), ("law", &grant.law)] {
        if text.trim().is_empty() {
            return no(format!("the {name} is missing"));
        }
    }
    let far = |day: Date| !(1900..LAST_YEAR).contains(&day.year());
    let days = grant.slices.iter().flat_map(|s| [Some(s.from), s.until]).flatten();
    if let Some(day) = days.chain([grant.effective_from]).chain(grant.effective_until).find(|d| far(*d)) {
        return no(format!("{day} lies outside the years 1900 to {LAST_YEAR}"));
    }
    if grant.effective_until.is_some_and(|until| until <= grant.effective_from) {
        return no("it ends before it begins".to_owned());
    }
    for slice in &grant.slices {
        if slice.minor < 0 || slice.minor > MOST {
            return no(format!("{} is no amount: expected 0 to {MOST} minor units", slice.minor));
        }
        if slice.until.is_some_and(|until| until <= slice.from) {
            return no(format!("the slice from {} ends before it begins", slice.from));
        }
    }
    for pair in grant.slices.windows(2) {
        let [a, b] = pair else { continue };
        if a.until.is_none_or(|until| until > b.from) {
            return no(format!("the slice from {} overlaps the one from {}: give them in order", a.from, b.from));
        }
    }
    if matches!(grant.pay, PayRule::Monthly { day } | PayRule::MonthlyAfter { day } if !(1..=31).contains(&day)) {
        return no("the day of payment is none of 1 to 31".to_owned());
    }
    if grant.recovery.set_off_percent > 100 || grant.recovery.waive_up_to_minor < 0 {
        return no("the limits of recovery are not 0 to 100 percent and 0 or more".to_owned());
    }
    Ok(())
}

/// The largest amount of one period: far above any benefit, far below what sums of 50 million people overflow.
const MOST: i64 = 100_000_000_000;

fn terms(grant: &Grant, decided_on: Date) -> Terms {
    Terms { per: grant.per, slices: grant.slices.clone(), pay: grant.pay, decided_on }
}

/// The first entitlement of a case.
async fn begin(tx: &mut Tx, desk: &Desk<'_>, grant: &Grant) -> Result<Entitlement, Fault> {
    let terms = terms(grant, desk.today);
    let money = grant.form.is_money();
    let first = terms.first().unwrap_or(PeriodKey(0));
    let e = Entitlement {
        // Made of the decision, so that the same decision told to a restored backup makes the same entitlement.
        id: EntitlementId(derived_in_time(grant.decision.0, &[b"entitlement", grant.decision.0.as_bytes()])),
        subject: grant.subject,
        case: grant.case,
        decision: grant.decision,
        version: 1,
        programme: grant.programme.clone(),
        agency: grant.agency.clone(),
        payee: grant.payee,
        form: grant.form,
        next_due: terms.from(first).filter(|_| money).map(|p| terms.due_on(p)),
        next_period: terms.from(first).unwrap_or(first),
        terms,
        currency: grant.currency,
        law: grant.law.clone(),
        effective_from: grant.effective_from,
        effective_until: grant.effective_until,
        recovery: grant.recovery,
        standing: if grant.slices.is_empty() && money { Standing::Ended } else { Standing::Active },
        standing_reason: None,
        begun: false,
    };
    let none = Option::<&str>::None;
    let row = params![
        e.subject.uuid(),
        e.id,
        e.subject.kind(),
        e.case,
        e.decision,
        e.version,
        e.programme,
        e.agency,
        e.payee,
        e.form,
        e.terms.per,
        e.currency.code(),
        json(&e.terms.slices)?,
        json(&e.terms.pay)?,
        e.law,
        e.effective_from,
        e.effective_until,
        e.terms.decided_on,
        e.recovery.set_off_percent,
        e.recovery.waive_up_to_minor,
        e.standing,
        none,
        e.next_period.0,
        e.next_due,
        e.next_minor(),
        e.terms.pay.after_days_off(),
        desk.now
    ];
    tx.execute(rows::ADD, row).await?;
    note(tx, desk, &e, &Why { kind: "granted", decision: Some(grant.decision), reason: None, by: None }).await?;
    order::follow(tx, desk, &e, "start").await?;
    Ok(e)
}

/// A later decision of the same case.
async fn replace(tx: &mut Tx, desk: &Desk<'_>, grant: &Grant, before: &Entitlement) -> Result<Entitlement, Fault> {
    if grant.supersedes != Some(before.decision) {
        return Err(Fault::OutOfOrder { stands: before.decision, replaces: grant.supersedes });
    }
    let same = [
        ("programme", before.programme == grant.programme),
        ("agency", before.agency == grant.agency),
        ("form", before.form == grant.form),
        ("period", before.terms.per == grant.per),
        ("currency", before.currency == grant.currency),
    ];
    if let Some((what, _)) = same.into_iter().find(|(_, same)| !same) {
        return Err(Fault::OtherThing(what));
    }
    let ended = grant.slices.is_empty() && grant.form.is_money();
    let after = Entitlement {
        decision: grant.decision,
        version: before.version + 1,
        payee: grant.payee,
        terms: terms(grant, desk.today),
        law: grant.law.clone(),
        effective_from: grant.effective_from,
        effective_until: grant.effective_until,
        recovery: grant.recovery,
        // What was suspended stays so until somebody resumes it: the decision is about the amount.
        standing: match before.standing {
            _ if ended => Standing::Ended,
            Standing::Suspended => Standing::Suspended,
            Standing::Active | Standing::Ended => Standing::Active,
        },
        standing_reason: before.standing_reason.clone().filter(|_| before.standing == Standing::Suspended),
        ..before.clone()
    };
    let why = Why { kind: "changed", decision: Some(grant.decision), reason: None, by: None };
    let after = change(tx, desk, before, after, &why).await?;
    order::follow(tx, desk, &after, if ended { "stop" } else { "change" }).await?;
    Ok(after)
}

/// Why an official suspends, resumes or ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ground {
    /// In words; told to the person.
    pub reason: String,
    /// The law.
    pub law: String,
    /// Who does it; `None`: a machine on an event such as a death.
    pub by: Option<AccountId>,
}

impl Ground {
    pub(crate) fn check(&self) -> Result<(), Fault> {
        if self.reason.trim().chars().count() < 3 || self.law.trim().is_empty() {
            return Err(Fault::NoReason);
        }
        Ok(())
    }

    pub(crate) fn why<'a>(&'a self, kind: &'static str) -> Why<'a> {
        Why { kind, decision: None, reason: Some(&self.reason), by: self.by }
    }
}

/// Holds all instalments from now on until [`resume`]; nothing is lost.
pub async fn suspend(tx: &mut Tx, desk: &Desk<'_>, id: EntitlementId, ground: &Ground) -> Result<u32, Fault> {
    turn(tx, desk, id, ground, (Standing::Active, Standing::Suspended), "suspended").await
}

/// Holds everything that is for this person or paid to them, at once: somebody died, and an official has yet to say who
/// carries on ([`crate::pass_on`]). Done again it finds nothing more to hold. Says what was held.
pub async fn suspend_all(
    tx: &mut Tx,
    desk: &Desk<'_>,
    person: PersonId,
    ground: &Ground,
) -> Result<Vec<EntitlementId>, Fault> {
    let rows = tx.all(OF_PERSON, params![person]).await?;
    let held = rows.iter().map(|row| row.get("entitlement_id")).collect::<Result<Vec<EntitlementId>, _>>()?;
    for id in &held {
        suspend(tx, desk, *id, ground).await?;
    }
    Ok(held)
}

/// Lets the money flow again; what was held goes out with the next run.
pub async fn resume(tx: &mut Tx, desk: &Desk<'_>, id: EntitlementId, ground: &Ground) -> Result<u32, Fault> {
    turn(tx, desk, id, ground, (Standing::Suspended, Standing::Active), "resumed").await
}

async fn turn(
    tx: &mut Tx,
    desk: &Desk<'_>,
    id: EntitlementId,
    ground: &Ground,
    (needs, becomes): (Standing, Standing),
    kind: &'static str,
) -> Result<u32, Fault> {
    ground.check()?;
    let before = rows::by_id(tx, id).await?.ok_or(Fault::NoEntitlement)?;
    if before.standing != needs {
        return Err(Fault::Stands { stands: before.standing, needs: needs.word() });
    }
    let reason = (becomes == Standing::Suspended).then(|| ground.reason.clone());
    let after =
        Entitlement { version: before.version + 1, standing: becomes, standing_reason: reason, ..before.clone() };
    Ok(change(tx, desk, &before, after, &ground.why(kind)).await?.version)
}

/// Ends an entitlement: nothing is due on and after `from`, which may lie in the past.
pub async fn end(tx: &mut Tx, desk: &Desk<'_>, id: EntitlementId, from: Date, ground: &Ground) -> Result<u32, Fault> {
    ground.check()?;
    let before = rows::by_id(tx, id).await?.ok_or(Fault::NoEntitlement)?;
    if before.standing == Standing::Ended && before.effective_until.is_some_and(|until| until <= from) {
        return Err(Fault::Stands {
            stands: before.standing,
            needs: "active or suspended, or ended later than that day",
        });
    }
    let mut after = Entitlement {
        version: before.version + 1,
        effective_until: Some(from),
        standing: Standing::Ended,
        standing_reason: Some(ground.reason.clone()),
        ..before.clone()
    };
    after.terms.slices = cut(&before.terms.slices, from);
    let after = change(tx, desk, &before, after, &ground.why("ended")).await?;
    order::follow(tx, desk, &after, "stop").await?;
    Ok(after.version)
}

/// Makes the instalment of one use of an entitlement that pays by use; `number` counts the uses, and told twice is once.
pub async fn used(
    tx: &mut Tx,
    desk: &Desk<'_>,
    id: EntitlementId,
    number: u32,
    minor: i64,
    on: Date,
) -> Result<bool, Fault> {
    let e = rows::by_id(tx, id).await?.ok_or(Fault::NoEntitlement)?;
    if e.terms.per != Per::Use || !e.form.is_money() || e.standing != Standing::Active {
        return Err(Fault::Stands { stands: e.standing, needs: "active and paid by use" });
    }
    let covers = |s: &&Slice| s.from <= on && s.until.is_none_or(|until| on < until);
    let most = e.terms.slices.iter().find(covers).map_or(0, |s| s.minor);
    if minor <= 0 || minor > most || number > 40_000 {
        return Err(Fault::Senseless(format!(
            "{minor} for use {number} on {on}: at most {most} a use are granted then"
        )));
    }
    let place = PeriodKey(number);
    if instalment::of(tx, id).await?.iter().any(|i| i.period == place) {
        return Ok(false);
    }
    instalment::add(tx, desk, &e, (place, 0), minor, desk.today, Cause::Once).await?;
    let mut journal = Journal::new("used", format!("{id}:{number}"));
    journal.moves(Account::Appropriation, Account::Payable, head(&e), minor);
    journal.post(tx, desk).await?;
    Ok(true)
}

/// Why a version came about.
pub(crate) struct Why<'a> {
    kind: &'static str,
    decision: Option<DecisionId>,
    reason: Option<&'a str>,
    by: Option<AccountId>,
}

async fn note(tx: &mut Tx, desk: &Desk<'_>, e: &Entitlement, why: &Why<'_>) -> Result<(), StoreError> {
    let row = params![
        e.subject.uuid(),
        e.id,
        e.version,
        why.kind,
        why.decision,
        json(&e.terms.slices)?,
        e.effective_from,
        e.effective_until,
        why.reason,
        e.law,
        why.by,
        desk.now
    ];
    tx.execute(rows::VERSION_ADD, row).await.map(drop)
}

pub(crate) fn head(e: &Entitlement) -> Head<'_> {
    Head { programme: &e.programme, agency: &e.agency, currency: e.currency }
}

/// Puts a later version in force and settles every period that was worked out before.
pub(crate) async fn change(
    tx: &mut Tx,
    desk: &Desk<'_>,
    before: &Entitlement,
    mut after: Entitlement,
    why: &Why<'_>,
) -> Result<Entitlement, Fault> {
    run::drop_lines(tx, desk, before.id).await?;
    tx.execute(instalment::FREE_HELD, params![before.subject.uuid(), before.id, desk.now]).await?;
    if after.form.is_money() && after.terms.per != Per::Use {
        let parts = instalment::of(tx, before.id).await?;
        if parts.is_empty() {
            // Nothing was worked out yet, so nothing is behind: the first run starts with the first period.
            after.next_period = after.terms.first().unwrap_or(before.next_period);
        } else {
            settle_periods(tx, desk, before, &after, &parts).await?;
        }
        let next = after.terms.from(after.next_period);
        after.next_period = next.unwrap_or(after.next_period);
        after.next_due = next.map(|p| after.terms.due_on(p));
    }
    let e = &after;
    let row = params![
        e.subject.uuid(),
        e.id,
        e.decision,
        e.version,
        e.payee,
        json(&e.terms.slices)?,
        json(&e.terms.pay)?,
        e.law,
        e.effective_from,
        e.effective_until,
        e.terms.decided_on,
        e.recovery.set_off_percent,
        e.recovery.waive_up_to_minor,
        e.standing,
        e.standing_reason,
        e.next_period.0,
        e.next_due,
        e.next_minor(),
        e.terms.pay.after_days_off(),
        desk.now
    ];
    if tx.execute(rows::CHANGE, row).await? != 1 {
        return Err(StoreError::Conflict.into());
    }
    note(tx, desk, e, why).await?;
    Ok(after)
}

/// The periods to look at: all with an instalment, and all worth something before the first without one.
fn periods(after: &Entitlement, parts: &[Instalment]) -> BTreeSet<PeriodKey> {
    let mut all: BTreeSet<PeriodKey> = parts.iter().map(|p| p.period).collect();
    let mut at = after.terms.first();
    while let Some(period) = at.and_then(|p| after.terms.from(p)).filter(|p| *p < after.next_period) {
        all.insert(period);
        at = Some(period.next());
    }
    all
}

async fn settle_periods(
    tx: &mut Tx,
    desk: &Desk<'_>,
    before: &Entitlement,
    after: &Entitlement,
    parts: &[Instalment],
) -> Result<(), Fault> {
    let mut debts = recovery::of_entitlement(tx, before.id).await?;
    let mut journal = Journal::new("changed", format!("{}:{}", after.id, after.version));
    let mut too_much: BTreeMap<PeriodKey, i64> = BTreeMap::new();
    for period in periods(after, parts) {
        let here: Vec<&Instalment> = parts.iter().filter(|p| p.period == period).collect();
        let seen: Vec<Part> = here.iter().map(|i| part(i)).collect();
        let claims: Vec<Claim> = debts.iter().filter_map(|d| d.claim(period)).collect();
        for act in settle(after.terms.amount(period), &seen, &claims) {
            match act {
                Act::Set { part, minor } => {
                    let Some(it) = here.iter().find(|i| i.part == part) else { continue };
                    let owed = if it.attempt == 0 { Account::Payable } else { Account::Returned };
                    journal.moves(Account::Appropriation, owed, head(after), minor - it.minor);
                    instalment::set(tx, desk, after, it, minor).await?;
                }
                Act::Add { part, minor } => {
                    journal.moves(Account::Appropriation, Account::Payable, head(after), minor);
                    instalment::add(tx, desk, after, (period, part), minor, desk.today, Cause::Arrears).await?;
                }
                Act::Claim { minor } => *too_much.entry(period).or_default() += minor,
                Act::Unclaim { recovery, free, waived } => {
                    journal.moves(Account::Appropriation, Account::Receivable, head(after), free);
                    journal.moves(Account::Appropriation, Account::WrittenOff, head(after), waived);
                    take_back(tx, desk, &mut debts, recovery, period, (free, waived)).await?;
                }
            }
        }
    }
    claim(tx, desk, before, after, too_much, &mut journal).await?;
    Ok(journal.post(tx, desk).await?)
}

fn part(i: &Instalment) -> Part {
    // Lines of runs that were not released have been dropped before: what is in a run has left the house.
    let sent = i.stand == Stand::Run;
    let may_rise = !sent && i.attempt == 0;
    Part { part: i.part, minor: i.minor, fixed: if sent { i.minor } else { i.set_off }, may_rise }
}

async fn take_back(
    tx: &mut Tx,
    desk: &Desk<'_>,
    debts: &mut [Debt],
    id: RecoveryId,
    period: PeriodKey,
    (free, waived): (i64, i64),
) -> Result<(), StoreError> {
    match debts.iter_mut().find(|d| d.id == id) {
        Some(debt) => recovery::unclaim(tx, desk, debt, period, free, waived).await,
        None => Ok(()),
    }
}

/// Opens a recovery of what was paid too much, one for each person who got it.
async fn claim(
    tx: &mut Tx,
    desk: &Desk<'_>,
    before: &Entitlement,
    after: &Entitlement,
    too_much: BTreeMap<PeriodKey, i64>,
    journal: &mut Journal,
) -> Result<(), StoreError> {
    if too_much.is_empty() {
        return Ok(());
    }
    let mut payees: BTreeMap<PeriodKey, PersonId> = BTreeMap::new();
    for row in tx.all(PAYEES, params![before.id]).await? {
        payees.insert(PeriodKey(row.get("period")?), row.get("payee_id")?);
    }
    let mut by_debtor: BTreeMap<PersonId, Vec<(PeriodKey, i64)>> = BTreeMap::new();
    for (period, minor) in too_much {
        by_debtor.entry(payees.get(&period).copied().unwrap_or(before.payee)).or_default().push((period, minor));
    }
    for (debtor, claims) in by_debtor {
        recovery::open(tx, desk, after, debtor, &claims, journal).await?;
    }
    Ok(())
}

/// The number of the next use of an entitlement that pays by use.
pub async fn next_use(tx: &mut Tx, id: EntitlementId) -> Result<u32, StoreError> {
    let row = tx.one(USES, params![id]).await?;
    Ok(row.maybe::<u32>("last")?.map_or(1, |n| n + 1))
}
