//! Reads for people: what a family gets and when, the lines of a run, what came back, who owes what. All personal data leaves
//! under seal together with how each person stands to the viewer, for the guard to decide on.

mod finance;

pub use finance::*;

use std::collections::{BTreeMap, BTreeSet};

use guard::Sealed;
use kernel::{CaseId, Currency, Date, EntitlementId, HouseholdId, Instant, PayAccountId, PersonId, RunId};
use registry::sight::{Seen, Sight, relations};
use serde::Serialize;
use store::{InList, Row, StoreError, Tx, params};
use uuid::Uuid;

use crate::account::{self, AccountKind};
use crate::due::PeriodKey;
use crate::model::{Entitlement, Form, Per, Stand, Standing, Subject, words};
use crate::order::{self, Order};
use crate::recovery::{self, Recovery};
use crate::rows;
use crate::run::{LineStatus, RunStatus};

words! {
    /// Where an instalment is, in words for a family.
    Where as "payment status" {
        /// Will be paid with the next run.
        Due = "due",
        /// Waits for something; the reason says what.
        Held = "held",
        /// In a run that is being prepared.
        InRun = "in_run",
        /// At the bank.
        Sent = "sent",
        /// Paid.
        Paid = "paid",
        /// Came back; another account is needed.
        Returned = "returned",
        /// Not due any more.
        Cancelled = "cancelled",
    }
}

store::sql! {
    PAID_TO = "select subject_id, entitlement_id, subject_kind, case_id, decision_id, version, programme, agency, payee_id, form, per, currency, slices, pay_rule, law,
        effective_from, effective_until, decided_on, set_off_percent, waive_up_to, status, status_reason, next_period, next_due, begun
        from entitlement where payee_id = $1 order by granted_at, entitlement_id";
    OF_SUBJECT = "select subject_id, entitlement_id, subject_kind, case_id, decision_id, version, programme, agency, payee_id, form, per, currency, slices, pay_rule, law,
        effective_from, effective_until, decided_on, set_off_percent, waive_up_to, status, status_reason, next_period, next_due, begun
        from entitlement where subject_id = $1 order by granted_at, entitlement_id";
    VERSIONS = "select version, kind, decision_id, slices, effective_from, effective_until, reason, law, recorded_at from entitlement_version
        where subject_id = $1 and entitlement_id = $2 order by version";
    PAID_SUBJECTS = "select distinct subject_id, subject_kind from entitlement where subject_id > $1
        and effective_from <= $2 and (effective_until is null or effective_until > $2) and status <> 'ended' order by subject_id limit $3";
    PAID_OTHERWISE = "select distinct subject_id, subject_kind from entitlement where changed_at > $1";
    PAID_BY_DAY = "select distinct subject_id, subject_kind from entitlement where (effective_from > $1 and effective_from <= $2)
        or (effective_until > $1 and effective_until <= $2) or slices like '%},{%'";
    OWED_BY = "select person_id, recovery_id, entitlement_id, programme, agency, currency, claimed, recovered, waived, reserved, status, by_set_off, plan, reason, law
        from recovery where person_id = $1 order by opened_at, recovery_id";
}

/// The statements of both files.
pub(crate) fn statements() -> [&'static [(&'static str, &'static str)]; 2] {
    [STATEMENTS, finance::STATEMENTS]
}

/// Instalments of entitlements, with the run each is in.
pub(crate) static INSTALMENTS_OF: InList = InList::new(
    "INSTALMENTS_OF",
    "select i.entitlement_id, i.period, i.part, i.minor, i.set_off, i.due_on, i.status, i.reason, i.run_id, e.programme, e.per, e.currency,
        r.status as run_status, r.pay_date, l.status as line_status, l.set_off as line_set_off
        from instalment i join entitlement e on e.subject_id = i.subject_id and e.entitlement_id = i.entitlement_id
        left join run r on r.run_id = i.run_id
        left join run_line l on l.run_id = i.run_id and l.entitlement_id = i.entitlement_id and l.period = i.period and l.part = i.part
        where i.entitlement_id in ({ids}) order by i.due_on desc, i.entitlement_id, i.period desc, i.part desc",
    0,
);

/// Entitlements of subjects that stand.
pub(crate) static IN_FORCE: InList = InList::new(
    "IN_FORCE",
    "select subject_id, case_id, programme, per, form, slices, effective_from, effective_until from entitlement
        where effective_from <= $1 and (effective_until is null or effective_until > $2) and status <> 'ended'
        and subject_id in ({ids}) order by subject_id, programme, entitlement_id",
    2,
);

/// What a subject has on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InForce {
    /// The person or household.
    pub subject: Uuid,
    /// The case.
    pub case: CaseId,
    /// The programme.
    pub programme: String,
    /// The period of the sum.
    pub per: Per,
    /// Minor units a period on the day; `None` for what is no money.
    pub minor: Option<i64>,
    /// First day.
    pub from: Date,
    /// First day outside.
    pub until: Option<Date>,
}

/// What these persons and households have on a day, suspended payments too: for machines.
pub async fn in_force(tx: &mut Tx, subjects: &[Uuid], day: Date) -> Result<Vec<InForce>, StoreError> {
    let rows = IN_FORCE.all(tx, params![day, day], subjects).await?;
    rows.iter().map(|row| held(row, day)).collect()
}

fn held(row: &Row, day: Date) -> Result<InForce, StoreError> {
    let slices: Vec<crate::model::Slice> = row.json("slices")?;
    let money = matches!(row.parse::<Form>("form")?, Form::Cash | Form::Voucher);
    let here = slices.iter().find(|s| s.from <= day && s.until.is_none_or(|u| day < u));
    Ok(InForce {
        subject: row.get("subject_id")?,
        case: row.get("case_id")?,
        programme: row.get("programme")?,
        per: row.parse("per")?,
        minor: here.map(|s| s.minor).filter(|_| money),
        from: row.get("effective_from")?,
        until: row.maybe("effective_until")?,
    })
}

/// Persons and households that have something on a day, in order after `after`: page by page.
pub async fn paid_subjects(tx: &mut Tx, after: Uuid, day: Date, limit: i64) -> Result<Vec<Subject>, StoreError> {
    let rows = tx.all(PAID_SUBJECTS, params![after, day, limit]).await?;
    rows.iter().map(rows::subject).collect()
}

/// Who may have something else on `until` than on `day` as it was known at `at`: entitlements that changed since, and between
/// the two days those that begin, end or come in steps.
pub async fn paid_otherwise(tx: &mut Tx, (day, at): (Date, Instant), until: Date) -> Result<Vec<Subject>, StoreError> {
    let mut rows = tx.all(PAID_OTHERWISE, params![at]).await?;
    if day < until {
        rows.extend(tx.all(PAID_BY_DAY, params![day, until]).await?);
    }
    rows.iter().map(rows::subject).collect()
}

/// A version of an entitlement.
#[derive(Clone, Debug, Serialize)]
pub struct VersionShown {
    /// 1, 2, 3 …
    pub version: u32,
    /// `granted`, `changed`, `suspended`, `resumed`, `ended`.
    pub kind: String,
    /// The decision, if one made it.
    pub decision: Option<kernel::DecisionId>,
    /// The amounts.
    pub slices: Vec<crate::model::Slice>,
    /// First day.
    pub effective_from: Date,
    /// First day outside.
    pub effective_until: Option<Date>,
    /// Why.
    pub reason: Option<String>,
    /// The law.
    pub law: String,
    /// When it was recorded.
    pub at: Instant,
}

/// A payment to come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Next {
    /// The period, as `2026-11`.
    pub period: String,
    /// The day its money is due, before it moves for days off.
    pub due_on: Date,
    /// Minor units.
    pub minor: i64,
}

/// An entitlement with its history and what is to come.
#[derive(Clone, Debug, Serialize)]
pub struct EntitlementShown {
    /// As it stands.
    pub entitlement: Entitlement,
    /// All versions, the first first.
    pub versions: Vec<VersionShown>,
    /// The next three payments, unless it is suspended.
    pub next: Vec<Next>,
}

/// An instalment as shown.
#[derive(Clone, Debug, Serialize)]
pub struct InstalmentShown {
    /// The entitlement.
    pub entitlement: EntitlementId,
    /// The programme.
    pub programme: String,
    /// The period's number, for acts on it.
    pub key: PeriodKey,
    /// The period, as `2026-11`; empty for a single payment.
    pub period: String,
    /// 0, or the number of the supplement.
    pub part: u32,
    /// What was due, in minor units.
    pub minor: i64,
    /// What of it was or will be kept back for money paid too much.
    pub kept_back: i64,
    /// The currency.
    pub currency: Currency,
    /// The day it was due.
    pub due_on: Date,
    /// Where it is.
    pub status: Where,
    /// Why it waits or came back.
    pub reason: Option<String>,
    /// The run it is in.
    pub run: Option<RunId>,
    /// The day on which that run pays.
    pub pay_date: Option<Date>,
}

/// An account as shown: never the number.
#[derive(Clone, Debug, Serialize)]
pub struct AccountShown {
    /// Its id.
    pub id: PayAccountId,
    /// Whose money goes there.
    pub person: PersonId,
    /// What kind.
    pub kind: AccountKind,
    /// For money or for vouchers; `None` when it was replaced.
    pub form: Option<Form>,
    /// The last three characters of the number.
    pub hint: String,
    /// Whose account the money goes to instead.
    pub redirect_to: Option<PersonId>,
    /// Whether it was verified.
    pub verified: bool,
    /// From when.
    pub from: Instant,
    /// Until when, and why.
    pub ended: Option<(Instant, Option<String>)>,
}

/// Everything a family gets, got and owes.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Payments {
    /// Entitlements.
    pub entitlements: Vec<EntitlementShown>,
    /// Instalments, the latest first.
    pub instalments: Vec<InstalmentShown>,
    /// Orders to other agencies.
    pub orders: Vec<Order>,
    /// Money to come back.
    pub recoveries: Vec<Recovery>,
    /// Where money goes.
    pub accounts: Vec<AccountShown>,
}

/// Under seal for everybody asked about: somebody whose relation is not known keeps it shut.
fn sealed<T>(value: T, asked: BTreeSet<PersonId>, about: BTreeMap<PersonId, guard::Relation>) -> Seen<T> {
    Seen { sealed: Sealed::new(value, asked), about: about.into_iter().collect() }
}

/// What a person gets: entitlements of their own and those whose money comes to them. `most` instalments.
pub async fn of_person(
    tx: &mut Tx,
    sight: &Sight<'_>,
    person: PersonId,
    most: usize,
) -> Result<Seen<Payments>, StoreError> {
    let subjects = [Subject::Person(person)];
    family(tx, sight, &subjects, &[person], most).await
}

/// What a household and its members get. The members are those the caller has read for the day.
pub async fn of_household(
    tx: &mut Tx,
    sight: &Sight<'_>,
    household: HouseholdId,
    members: &[PersonId],
    most: usize,
) -> Result<Seen<Payments>, StoreError> {
    let mut subjects = vec![Subject::Household(household)];
    subjects.extend(members.iter().map(|p| Subject::Person(*p)));
    family(tx, sight, &subjects, members, most).await
}

async fn family(
    tx: &mut Tx,
    sight: &Sight<'_>,
    subjects: &[Subject],
    people: &[PersonId],
    most: usize,
) -> Result<Seen<Payments>, StoreError> {
    let mut found: Vec<Entitlement> = Vec::new();
    let mut shown = Payments::default();
    for subject in subjects {
        let own = tx.all(OF_SUBJECT, params![subject.uuid()]).await?;
        found.extend(own.iter().map(rows::entitlement).collect::<Result<Vec<_>, _>>()?);
        let orders = tx.all(order::OF, params![subject.uuid()]).await?;
        shown.orders.extend(orders.iter().map(order::order).collect::<Result<Vec<_>, _>>()?);
    }
    for person in people {
        let paid = tx.all(PAID_TO, params![*person]).await?;
        for e in paid.iter().map(rows::entitlement).collect::<Result<Vec<_>, _>>()? {
            if !found.iter().any(|f| f.id == e.id) {
                found.push(e);
            }
        }
        let owed = tx.all(OWED_BY, params![*person]).await?;
        shown.recoveries.extend(owed.iter().map(recovery::recovery).collect::<Result<Vec<_>, _>>()?);
        shown.accounts.extend(accounts_of(tx, *person).await?);
    }
    let ids: Vec<Uuid> = found.iter().map(|e| e.id.0).collect();
    shown.instalments = instalments(tx, &ids, most).await?;
    let mut about: BTreeSet<PersonId> = people.iter().copied().collect();
    about.extend(found.iter().map(|e| e.payee));
    about.extend(shown.accounts.iter().filter_map(|a| a.redirect_to));
    about.extend(found.iter().filter_map(|e| match e.subject {
        Subject::Person(id) => Some(id),
        Subject::Household(_) => None,
    }));
    for e in found {
        let versions = versions(tx, &e).await?;
        let next = if e.standing == Standing::Suspended { Vec::new() } else { next(&e, 3) };
        shown.entitlements.push(EntitlementShown { entitlement: e, versions, next });
    }
    let known = relations(tx, sight, about.iter().copied()).await?;
    Ok(sealed(shown, about, known))
}

/// The next payments of an entitlement.
pub fn next(e: &Entitlement, most: usize) -> Vec<Next> {
    let mut next = Vec::new();
    let mut at = e.next_due.and_then(|_| e.terms.from(e.next_period));
    while let Some(period) = at.filter(|_| next.len() < most) {
        let (due_on, minor) = (e.terms.due_on(period), e.terms.amount(period));
        next.push(Next { period: period.label(e.terms.per), due_on, minor });
        at = e.terms.from(period.next());
    }
    next
}

async fn versions(tx: &mut Tx, e: &Entitlement) -> Result<Vec<VersionShown>, StoreError> {
    let rows = tx.all(VERSIONS, params![e.subject.uuid(), e.id]).await?;
    rows.iter()
        .map(|row| {
            Ok(VersionShown {
                version: row.get("version")?,
                kind: row.get("kind")?,
                decision: row.maybe("decision_id")?,
                slices: row.json("slices")?,
                effective_from: row.get("effective_from")?,
                effective_until: row.maybe("effective_until")?,
                reason: row.maybe("reason")?,
                law: row.get("law")?,
                at: row.get("recorded_at")?,
            })
        })
        .collect()
}

async fn instalments(tx: &mut Tx, ids: &[Uuid], most: usize) -> Result<Vec<InstalmentShown>, StoreError> {
    let rows = INSTALMENTS_OF.all(tx, &[], ids).await?;
    rows.iter().take(most).map(instalment).collect()
}

fn instalment(row: &Row) -> Result<InstalmentShown, StoreError> {
    let (per, key): (Per, PeriodKey) = (row.parse("per")?, PeriodKey(row.get("period")?));
    let stand: Stand = row.parse("status")?;
    let status = match stand {
        Stand::Due => Where::Due,
        Stand::Held => Where::Held,
        Stand::Returned => Where::Returned,
        Stand::Cancelled => Where::Cancelled,
        Stand::Run => in_run(row.parse("run_status")?, row.parse("line_status")?),
    };
    let running = (stand == Stand::Run).then_some(());
    let ahead = match (running, status) {
        // What a run not released yet will keep back.
        (Some(()), Where::InRun) => row.maybe::<i64>("line_set_off")?.unwrap_or(0),
        _ => 0,
    };
    Ok(InstalmentShown {
        entitlement: row.get("entitlement_id")?,
        programme: row.get("programme")?,
        key,
        period: key.label(per),
        part: row.get("part")?,
        minor: row.get("minor")?,
        kept_back: row.get::<i64>("set_off")? + ahead,
        currency: row.parse("currency")?,
        due_on: row.get("due_on")?,
        status,
        reason: row.maybe("reason")?,
        run: running.and(row.maybe("run_id")?),
        pay_date: running.and(row.maybe("pay_date")?),
    })
}

fn in_run(run: RunStatus, line: LineStatus) -> Where {
    match (run, line) {
        (_, LineStatus::Rejected | LineStatus::Returned) => Where::Returned,
        (_, LineStatus::Paid) | (RunStatus::Settled, _) => Where::Paid,
        (RunStatus::Released, _) => Where::Sent,
        _ => Where::InRun,
    }
}

async fn accounts_of(tx: &mut Tx, person: PersonId) -> Result<Vec<AccountShown>, StoreError> {
    let rows = tx.all(account::OF_PERSON, params![person]).await?;
    rows.iter()
        .map(|row| {
            let ended: Option<Instant> = row.maybe("ended_at")?;
            let why: Option<String> = row.maybe("ended_reason")?;
            let slot: Option<String> = row.maybe("slot")?;
            Ok(AccountShown {
                id: row.get("pay_account_id")?,
                person,
                kind: row.parse("kind")?,
                form: slot.and_then(|s| s.parse().ok()),
                hint: row.get("hint")?,
                redirect_to: row.maybe("redirect_to")?,
                verified: row.maybe::<Instant>("verified_at")?.is_some(),
                from: row.get("from_at")?,
                ended: ended.map(|at| (at, why)),
            })
        })
        .collect()
}

/// Where a person's money goes, and went.
pub async fn accounts(tx: &mut Tx, sight: &Sight<'_>, person: PersonId) -> Result<Seen<Vec<AccountShown>>, StoreError> {
    let shown = accounts_of(tx, person).await?;
    let about: BTreeSet<PersonId> = shown.iter().filter_map(|a| a.redirect_to).chain([person]).collect();
    let known = relations(tx, sight, about.iter().copied()).await?;
    Ok(sealed(shown, about, known))
}
