//! Holds the ledger against everything it is about. For tests, for the command after a restore, for every night.

use std::collections::BTreeMap;

use kernel::{Currency, EntitlementId};
use serde::Serialize;
use store::{StoreError, Tx, params};
use uuid::Uuid;

use super::Account;
use crate::due::PeriodKey;
use crate::model::{Entitlement, Per};
use crate::rows;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Everything wrong, one sentence each; empty when all is well.
    pub faults: Vec<String>,
    /// Entitlements looked at.
    pub entitlements: u64,
    /// Journals looked at.
    pub journals: u64,
    /// Minor units sent by files, confirmed, and pending, over all currencies.
    pub sent: i64,
    /// Confirmed by the bank as paid and not sent back.
    pub confirmed: i64,
    /// Sent and not answered.
    pub pending: i64,
}

/// Entitlements read at once.
const PAGE: u32 = 2000;

store::sql! {
    UNBALANCED = "select journal_id, currency, cast(sum(minor) as bigint) as minor from posting group by journal_id, currency having sum(minor) <> 0";
    JOURNALS = "select count(*) as n from journal";
    BOOKS = "select account, currency, cast(sum(minor) as bigint) as minor from posting group by account, currency";
    OWED = "select e.currency,
        cast(coalesce(sum(i.minor), 0) as bigint) as due,
        cast(coalesce(sum(case when i.attempt = 0 and (i.status <> 'run' or r.status in ('preparing', 'prepared', 'signed')) then i.minor else 0 end), 0) as bigint) as payable,
        cast(coalesce(sum(case when i.attempt > 0 and (i.status <> 'run' or r.status in ('preparing', 'prepared', 'signed')) then i.minor - i.set_off else 0 end), 0) as bigint) as returned
        from instalment i join entitlement e on e.subject_id = i.subject_id and e.entitlement_id = i.entitlement_id
        left join run r on r.run_id = i.run_id group by e.currency";
    LINES = "select r.currency,
        cast(coalesce(sum(case when r.status = 'released' and l.status in ('ready', 'accepted') then l.pays else 0 end), 0) as bigint) as pending,
        cast(coalesce(sum(case when l.status = 'paid' or (r.status = 'settled' and l.status in ('ready', 'accepted')) then l.pays else 0 end), 0) as bigint) as paid,
        cast(coalesce(sum(case when l.status in ('rejected', 'returned') then l.pays else 0 end), 0) as bigint) as back
        from run_line l join run r on r.run_id = l.run_id where r.status in ('released', 'settled') group by r.currency";
    DEBTS = "select currency, cast(sum(claimed) as bigint) as claimed, cast(sum(claimed - recovered - waived) as bigint) as owed, cast(sum(waived) as bigint) as waived from recovery group by currency";
    REPAID = "select r.currency, cast(sum(a.minor) as bigint) as minor from recovery_act a join recovery r on r.person_id = a.person_id and r.recovery_id = a.recovery_id
        where a.kind = 'repaid' group by r.currency";
    CLAIMS = "select r.recovery_id from recovery r left join recovery_claim c on c.person_id = r.person_id and c.recovery_id = r.recovery_id
        group by r.recovery_id, r.claimed, r.recovered, r.waived, r.reserved having coalesce(sum(c.minor), 0) <> r.claimed
        or r.claimed < 0 or r.recovered < 0 or r.waived < 0 or r.reserved < 0 or r.recovered + r.waived + r.reserved > r.claimed";
    RESERVED = "select r.recovery_id from recovery r left join run_set_off s on s.person_id = r.person_id and s.recovery_id = r.recovery_id
        and s.run_id in (select run_id from run where status in ('preparing', 'prepared', 'signed'))
        group by r.recovery_id, r.reserved having coalesce(sum(s.minor), 0) <> r.reserved";
    FILES = "select r.run_id, r.lines, r.minor, r.currency, cast(coalesce(sum(case when l.pays > 0 then 1 else 0 end), 0) as bigint) as line_count,
        cast(coalesce(sum(l.pays), 0) as bigint) as line_minor
        from run r left join run_line l on l.run_id = r.run_id and l.status not in ('held', 'dropped')
        where r.status in ('released', 'settled') group by r.run_id, r.lines, r.minor, r.currency";
    BOOKED = "select cast(coalesce(sum(-p.minor), 0) as bigint) as minor from posting p join journal j on j.journal_id = p.journal_id
        where j.run_id = $1 and j.kind = 'released' and p.account = 'clearing'";
    TWICE = "select l.entitlement_id, l.period, l.part from run_line l join run r on r.run_id = l.run_id
        where r.status in ('released', 'settled') and l.status in ('ready', 'accepted', 'paid') group by l.entitlement_id, l.period, l.part having count(*) > 1";
    NAMED_TWICE = "select l.entitlement_id, l.period, l.part, l.attempt from run_line l join run r on r.run_id = l.run_id
        where r.status in ('released', 'settled') and l.status not in ('held', 'dropped') group by l.entitlement_id, l.period, l.part, l.attempt having count(*) > 1";
    LOST = "select i.entitlement_id, i.period, i.part from instalment i left join run_line l on l.run_id = i.run_id and l.entitlement_id = i.entitlement_id and l.period = i.period and l.part = i.part
        where i.status = 'run' and (l.run_id is null or l.status in ('held', 'dropped', 'rejected', 'returned'))";
    ENTITLEMENTS = "select subject_id, entitlement_id, subject_kind, case_id, decision_id, version, programme, agency, payee_id, form, per, currency, slices, pay_rule, law,
        effective_from, effective_until, decided_on, set_off_percent, waive_up_to, status, status_reason, next_period, next_due, next_minor, begun
        from entitlement where entitlement_id > $1 order by entitlement_id limit $2";
    STANDS = "select entitlement_id, period, cast(sum(minor) as bigint) as minor from
        (select entitlement_id, period, minor from instalment where entitlement_id > $1 and entitlement_id <= $2
         union all select r.entitlement_id, c.period, -c.minor as minor from recovery r join recovery_claim c on c.person_id = r.person_id and c.recovery_id = r.recovery_id
         where r.entitlement_id > $1 and r.entitlement_id <= $2) s group by entitlement_id, period";
}

/// Checks everything. Reads one consistent picture when `tx` is a reading transaction.
pub async fn check(tx: &mut Tx) -> Result<Report, StoreError> {
    let mut report = Report::default();
    for row in tx.all(UNBALANCED, &[]).await? {
        let (id, minor): (Uuid, i64) = (row.get("journal_id")?, row.get("minor")?);
        report.faults.push(format!("journal {id} does not balance: {minor} is left"));
    }
    report.journals = u64::try_from(tx.one(JOURNALS, &[]).await?.get::<i64>("n")?).unwrap_or(0);
    books(tx, &mut report).await?;
    files(tx, &mut report).await?;
    named(tx, CLAIMS, "recovery", "claims and what came back do not fit", &mut report).await?;
    named(tx, RESERVED, "recovery", "what runs reserve of it is not what it says", &mut report).await?;
    for (sql, what) in [
        (TWICE, "is on its way twice"),
        (NAMED_TWICE, "was sent twice under one name"),
        (LOST, "is said to be in a run and is not"),
    ] {
        for row in tx.all(sql, &[]).await? {
            let (id, period, part): (EntitlementId, u32, u32) =
                (row.get("entitlement_id")?, row.get("period")?, row.get("part")?);
            report.faults.push(format!("instalment {id} {period}/{part} {what}"));
        }
    }
    periods(tx, &mut report).await?;
    Ok(report)
}

async fn named(tx: &mut Tx, sql: &'static str, noun: &str, what: &str, report: &mut Report) -> Result<(), StoreError> {
    for row in tx.all(sql, &[]).await? {
        report.faults.push(format!("{noun} {}: {what}", row.get::<Uuid>("recovery_id")?));
    }
    Ok(())
}

/// The ledger's accounts against what instalments, lines and recoveries say.
async fn books(tx: &mut Tx, report: &mut Report) -> Result<(), StoreError> {
    let mut expected: BTreeMap<(Account, String), i64> = BTreeMap::new();
    let mut add = |account, currency: &str, minor: i64| {
        *expected.entry((account, currency.to_owned())).or_default() += minor;
    };
    for row in tx.all(OWED, &[]).await? {
        let currency: Currency = row.parse("currency")?;
        add(Account::Appropriation, currency.code(), row.get("due")?);
        add(Account::Payable, currency.code(), -row.get::<i64>("payable")?);
        add(Account::Returned, currency.code(), -row.get::<i64>("returned")?);
    }
    for row in tx.all(LINES, &[]).await? {
        let currency: Currency = row.parse("currency")?;
        let (pending, paid, back): (i64, i64, i64) = (row.get("pending")?, row.get("paid")?, row.get("back")?);
        add(Account::Clearing, currency.code(), -pending);
        add(Account::Paid, currency.code(), -paid);
        report.pending += pending;
        report.confirmed += paid;
        report.sent += pending + paid + back;
    }
    for row in tx.all(DEBTS, &[]).await? {
        let currency: Currency = row.parse("currency")?;
        add(Account::Appropriation, currency.code(), -row.get::<i64>("claimed")?);
        add(Account::Receivable, currency.code(), row.get("owed")?);
        add(Account::WrittenOff, currency.code(), row.get("waived")?);
    }
    for row in tx.all(REPAID, &[]).await? {
        add(Account::Paid, row.parse::<Currency>("currency")?.code(), row.get("minor")?);
    }
    for row in tx.all(BOOKS, &[]).await? {
        let place = (row.parse::<Account>("account")?, row.get::<String>("currency")?);
        let booked: i64 = row.get("minor")?;
        let said = expected.remove(&place).unwrap_or(0);
        if booked != said {
            let (account, currency) = place;
            report.faults.push(format!("the ledger's {account} is {booked} {currency}; the rows say {said}"));
        }
    }
    for ((account, currency), said) in expected.into_iter().filter(|(_, said)| *said != 0) {
        report.faults.push(format!("the ledger has no {account} in {currency}; the rows say {said}"));
    }
    Ok(())
}

/// Each released run: its control totals, its lines and what the ledger booked.
async fn files(tx: &mut Tx, report: &mut Report) -> Result<(), StoreError> {
    for row in tx.all(FILES, &[]).await? {
        let id: Uuid = row.get("run_id")?;
        let said: (i64, i64) = (row.get("lines")?, row.get("minor")?);
        let found: (i64, i64) = (row.get("line_count")?, row.get("line_minor")?);
        let booked: i64 = tx.one(BOOKED, params![id]).await?.get("minor")?;
        if said != found || booked != said.1 {
            report.faults.push(format!("run {id} says {said:?}, its lines are {found:?}, the ledger booked {booked}"));
        }
    }
    Ok(())
}

/// For each entitlement and period: instalments less claims are what is due.
async fn periods(tx: &mut Tx, report: &mut Report) -> Result<(), StoreError> {
    let mut after = EntitlementId(Uuid::nil());
    loop {
        let rows = tx.all(ENTITLEMENTS, params![after, PAGE]).await?;
        let page: Vec<Entitlement> = rows.iter().map(rows::entitlement).collect::<Result<_, _>>()?;
        let Some(last) = page.last().map(|e| e.id) else { return Ok(()) };
        let mut stands: BTreeMap<EntitlementId, BTreeMap<PeriodKey, i64>> = BTreeMap::new();
        for row in tx.all(STANDS, params![after, last]).await? {
            let place = stands.entry(row.get("entitlement_id")?).or_default();
            place.insert(PeriodKey(row.get("period")?), row.get("minor")?);
        }
        for (e, row) in page.iter().zip(&rows) {
            let (noted, next) = (row.maybe::<i64>("next_minor")?, e.next_minor());
            if noted.is_some() && noted != next && next.is_some() {
                report.faults.push(format!("entitlement {}: {next:?} is due next, and {noted:?} is noted", e.id));
            }
            compare(e, stands.remove(&e.id).unwrap_or_default(), report);
        }
        report.entitlements += u64::try_from(page.len()).unwrap_or(0);
        after = last;
    }
}

fn compare(e: &Entitlement, mut stands: BTreeMap<PeriodKey, i64>, report: &mut Report) {
    if e.terms.per == Per::Use || !e.form.is_money() {
        return;
    }
    // Before anything was worked out the clock stands at the first period, and nothing is behind it.
    let mut at = e.terms.first();
    while let Some(period) = at.and_then(|p| e.terms.from(p)).filter(|p| *p < e.next_period) {
        stands.entry(period).or_insert(0);
        at = Some(period.next());
    }
    for (period, minor) in stands {
        let due = e.terms.amount(period);
        if minor != due {
            let (id, label) = (e.id, period.label(e.terms.per));
            report.faults.push(format!("entitlement {id} {label}: {due} is due, and {minor} stands"));
        }
    }
}
