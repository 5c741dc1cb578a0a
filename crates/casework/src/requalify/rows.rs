//! SQL of requalifications beside its row mapping.

use kernel::{FindingId, Instant, RequalificationActId, RequalificationId};
use store::{Batch, Row, StoreError, Tx, Value, params};
use uuid::Uuid;

use super::model::{Act, ActStatus, Finding, FindingStatus, Found, Group, Requalification, Scope, Status};
use crate::model::Subject;
use crate::rows::json;

store::sql! {
    ADD = "insert into requalification (requalification_id, on_day, reason, law, status, asked_by, asked_at) values ($1, $2, $3, $4, 'asked', $5, $6)
        on conflict (requalification_id) do nothing";
    ONE = "select requalification_id, on_day, reason, law, status, asked_by, approved_by, asked_at, approved_at, as_of, pack_hash, run_hash, summary, ended_why, ended_at
        from requalification where requalification_id = $1";
    LATEST = "select requalification_id, on_day, reason, law, status, asked_by, approved_by, asked_at, approved_at, as_of, pack_hash, run_hash, summary, ended_why, ended_at
        from requalification order by asked_at desc, requalification_id desc limit $1";
    APPROVE = "update requalification set status = 'running', approved_by = $2, approved_at = $3 where requalification_id = $1 and status = 'asked'";
    FOUND = "update requalification set status = 'found', as_of = $2, pack_hash = $3, run_hash = $4, summary = $5 where requalification_id = $1 and status = 'running'";
    END = "update requalification set status = $2, ended_why = coalesce($3, ended_why), ended_at = $4 where requalification_id = $1 and status = $5";
    CASES = "select case_id, agency, jurisdiction, stage from benefit_case where subject_id = $1 and programme = $2 and decision_id is not null
        order by opened_at desc, case_id desc";
    GROUPS = "select cause, kind, programme, condition, rules, facts, per, count(*) as n, count(case when status = 'open' then 1 end) as n_open,
        cast(coalesce(sum(before_minor), 0) as bigint) as sum_before, cast(coalesce(sum(after_minor), 0) as bigint) as sum_after
        from finding where requalification_id = $1 and ($2 = '' or agency = $2) and ($3 = '' or jurisdiction = $3) and ($4 = '' or cause = $4)
        group by cause, kind, programme, condition, rules, facts, per order by n desc, cause";
    OF_GROUP = "select finding_id, household_id, requalification_id, subject_id, subject_kind, person_id, programme, kind, cause, condition, rules, facts, before_minor, after_minor, per, case_id,
        agency, jurisdiction, status, outcome, decision_id, offer_id
        from finding where requalification_id = $1 and cause = $2 and ($3 = '' or agency = $3) and ($4 = '' or jurisdiction = $4) and finding_id > $5 order by finding_id limit $6";
    OPEN_OF_GROUP = "select finding_id, household_id, requalification_id, subject_id, subject_kind, person_id, programme, kind, cause, condition, rules, facts, before_minor, after_minor, per, case_id,
        agency, jurisdiction, status, outcome, decision_id, offer_id
        from finding where requalification_id = $1 and cause = $2 and ($3 = '' or agency = $3) and ($4 = '' or jurisdiction = $4) and finding_id > $5 and status = 'open'
        order by finding_id limit $6";
    BEGUN = "select finding_id, household_id, requalification_id, subject_id, subject_kind, person_id, programme, kind, cause, condition, rules, facts, before_minor, after_minor, per, case_id,
        agency, jurisdiction, status, outcome, decision_id, offer_id
        from finding where requalification_id = $1 and status in ('open', 'begun') and finding_id > $2 order by finding_id limit $3";
    FINDING = "select finding_id, household_id, requalification_id, subject_id, subject_kind, person_id, programme, kind, cause, condition, rules, facts, before_minor, after_minor, per, case_id,
        agency, jurisdiction, status, outcome, decision_id, offer_id from finding where finding_id = $1";
    MARK = "update finding set status = $3, outcome = $4, act_id = $5, decision_id = $6, offer_id = $7, changed_at = $8 where household_id = $1 and finding_id = $2 and status = $9";
    ACT_ADD = "insert into requalification_act (requalification_id, act_id, cause, agency, jurisdiction, status, planned, proposed_by, proposed_person, proposed_at)
        values ($1, $2, $3, $4, $5, 'proposed', $6, $7, $8, $9)";
    ACT = "select requalification_id, act_id, cause, agency, jurisdiction, status, planned, proposed_by, proposed_person, proposed_at, signed_by, signed_person, signed_at
        from requalification_act where act_id = $1";
    ACTS = "select requalification_id, act_id, cause, agency, jurisdiction, status, planned, proposed_by, proposed_person, proposed_at, signed_by, signed_person, signed_at
        from requalification_act where requalification_id = $1 order by proposed_at, act_id";
    SIGN = "update requalification_act set status = 'signed', signed_by = $3, signed_person = $4, signed_at = $5
        where requalification_id = $1 and act_id = $2 and status = 'proposed'";
    ACT_STATUS = "update requalification_act set status = $3 where requalification_id = $1 and act_id = $2 and status = $4";
    DROP_ACTS = "update requalification_act set status = 'dropped' where requalification_id = $1 and status in ('proposed', 'signed')";
}

/// New findings; one that is there already stays as it is.
pub(crate) static FINDING_ADD: Batch = Batch::new(
    "FINDING_ADD",
    "insert into finding (household_id, finding_id, requalification_id, subject_id, subject_kind, person_id, programme, kind, cause, condition, rules, facts, before_minor, after_minor, per, case_id, agency, jurisdiction, status, changed_at) values",
    20,
    " on conflict (household_id, finding_id) do nothing",
);

/// Where a finding belongs: the case it is paid from, the agency and the office's place.
pub(super) type Home = (Option<Uuid>, String, String);

pub(super) fn values(
    id: RequalificationId,
    run_hash: &str,
    found: &Found,
    (case, agency, jurisdiction): Home,
    now: Instant,
) -> Vec<Value> {
    params![
        found.household,
        found.id(run_hash),
        id,
        found.subject.uuid(),
        found.subject.kind(),
        found.person,
        found.programme,
        found.kind.word(),
        found.cause(),
        found.condition,
        found.rules,
        found.facts,
        found.before,
        found.after,
        found.per.map(per_word),
        case,
        agency,
        jurisdiction,
        FindingStatus::Open.word(),
        now
    ]
    .to_vec()
}

/// The period as it is kept; [`per`] reads it.
fn per_word(per: rules::schema::Per) -> &'static str {
    use rules::schema::Per;
    match per {
        Per::Once => "once",
        Per::Month => "month",
        Per::Year => "year",
        Per::Use => "use",
    }
}

fn odd(column: &str, error: impl std::fmt::Display) -> StoreError {
    StoreError::Inconsistent { column: column.to_owned(), detail: error.to_string() }
}

fn per(row: &Row) -> Result<Option<rules::schema::Per>, StoreError> {
    let word: Option<String> = row.maybe("per")?;
    word.map(|w| serde_json::from_value(serde_json::Value::String(w)).map_err(|e| odd("per", e))).transpose()
}

pub(super) fn requalification(row: &Row) -> Result<Requalification, StoreError> {
    let json_of = |column: &str| -> Result<Option<String>, StoreError> { row.maybe(column) };
    let approved = json_of("approved_by")?;
    let summary = json_of("summary")?;
    Ok(Requalification {
        id: row.get("requalification_id")?,
        on: row.get("on_day")?,
        reason: row.get("reason")?,
        law: row.get("law")?,
        status: row.parse("status")?,
        asked_by: row.json("asked_by")?,
        approved_by: approved.map(|_| row.json("approved_by")).transpose()?,
        asked_at: row.get("asked_at")?,
        approved_at: row.maybe("approved_at")?,
        as_of: row.maybe("as_of")?,
        pack_hash: row.maybe("pack_hash")?,
        run_hash: row.maybe("run_hash")?,
        summary: summary.map(|_| row.json("summary")).transpose()?,
        ended_why: row.maybe("ended_why")?,
        ended_at: row.maybe("ended_at")?,
    })
}

pub(super) fn finding(row: &Row) -> Result<Finding, StoreError> {
    let kind: String = row.get("subject_kind")?;
    let outcome: Option<String> = row.maybe("outcome")?;
    Ok(Finding {
        id: row.get("finding_id")?,
        requalification: row.get("requalification_id")?,
        household: row.get("household_id")?,
        subject: Subject::from_parts(&kind, row.get::<Uuid>("subject_id")?).map_err(|e| odd("subject_kind", e))?,
        person: row.get("person_id")?,
        programme: row.get("programme")?,
        kind: row.parse("kind")?,
        cause: row.get("cause")?,
        condition: row.maybe("condition")?,
        rules: row.maybe("rules")?,
        facts: row.maybe("facts")?,
        before: row.maybe("before_minor")?,
        after: row.maybe("after_minor")?,
        per: per(row)?,
        case: row.maybe("case_id")?,
        agency: row.get("agency")?,
        jurisdiction: row.get("jurisdiction")?,
        status: row.parse("status")?,
        outcome: outcome.map(|_| row.parse("outcome")).transpose()?,
        decision: row.maybe("decision_id")?,
        offer: row.maybe("offer_id")?,
    })
}

pub(super) fn group(row: &Row) -> Result<Group, StoreError> {
    let count = |column: &str| row.get::<i64>(column).map(|n| u64::try_from(n).unwrap_or(0));
    Ok(Group {
        cause: row.get("cause")?,
        kind: row.parse("kind")?,
        programme: row.get("programme")?,
        condition: row.maybe("condition")?,
        rules: row.maybe("rules")?,
        facts: row.maybe("facts")?,
        per: per(row)?,
        count: count("n")?,
        open: count("n_open")?,
        before: row.get("sum_before")?,
        after: row.get("sum_after")?,
    })
}

fn act(row: &Row) -> Result<Act, StoreError> {
    let signed: Option<kernel::AccountId> = row.maybe("signed_by")?;
    let signed_person = row.maybe("signed_person")?;
    Ok(Act {
        id: row.get("act_id")?,
        requalification: row.get("requalification_id")?,
        cause: row.get("cause")?,
        agency: row.get("agency")?,
        jurisdiction: row.get("jurisdiction")?,
        status: row.parse("status")?,
        planned: row.json("planned")?,
        proposed: (row.get("proposed_by")?, row.maybe("proposed_person")?),
        proposed_at: row.get("proposed_at")?,
        signed: signed.map(|account| (account, signed_person)),
        signed_at: row.maybe("signed_at")?,
    })
}

/// One order.
pub async fn one(tx: &mut Tx, id: RequalificationId) -> Result<Option<Requalification>, StoreError> {
    tx.maybe(ONE, params![id]).await?.as_ref().map(requalification).transpose()
}

/// The orders, the latest first.
pub async fn latest(tx: &mut Tx, most: u32) -> Result<Vec<Requalification>, StoreError> {
    tx.all(LATEST, params![most]).await?.iter().map(requalification).collect()
}

/// One finding, for a machine.
pub async fn bare(tx: &mut Tx, id: FindingId) -> Result<Option<Finding>, StoreError> {
    tx.maybe(FINDING, params![id]).await?.as_ref().map(finding).transpose()
}

/// The groups of a run within a scope, the largest first; `cause`: that group alone, when it is not empty.
pub async fn groups(tx: &mut Tx, id: RequalificationId, scope: &Scope, cause: &str) -> Result<Vec<Group>, StoreError> {
    let values = params![id, scope.agency, scope.jurisdiction, cause];
    tx.all(GROUPS, values).await?.iter().map(group).collect()
}

/// One act.
pub async fn act_of(tx: &mut Tx, id: RequalificationActId) -> Result<Option<Act>, StoreError> {
    tx.maybe(ACT, params![id]).await?.as_ref().map(act).transpose()
}

/// The acts of a run, the first first.
pub async fn acts(tx: &mut Tx, id: RequalificationId) -> Result<Vec<Act>, StoreError> {
    tx.all(ACTS, params![id]).await?.iter().map(act).collect()
}

/// Findings of a group within a scope after one; only those nobody has done anything about, when `open`.
pub(super) async fn of_group(
    tx: &mut Tx,
    (id, cause): (RequalificationId, &str),
    scope: &Scope,
    open: bool,
    (after, most): (FindingId, u32),
) -> Result<Vec<Finding>, StoreError> {
    let sql = if open { OPEN_OF_GROUP } else { OF_GROUP };
    let values = params![id, cause, scope.agency, scope.jurisdiction, after, most];
    tx.all(sql, values).await?.iter().map(finding).collect()
}

/// Notes what became of a finding; `false` when somebody was faster.
pub(super) async fn mark(
    tx: &mut Tx,
    f: &Finding,
    status: FindingStatus,
    act: Option<RequalificationActId>,
    now: Instant,
    before: FindingStatus,
) -> Result<bool, StoreError> {
    let outcome = f.outcome.map(super::model::Outcome::word);
    let values = params![f.household, f.id, status.word(), outcome, act, f.decision, f.offer, now, before.word()];
    Ok(tx.execute(MARK, values).await? == 1)
}

pub(super) async fn set_act(tx: &mut Tx, a: &Act, from: ActStatus, to: ActStatus) -> Result<bool, StoreError> {
    Ok(tx.execute(ACT_STATUS, params![a.requalification, a.id, to.word(), from.word()]).await? == 1)
}

pub(super) async fn end(
    tx: &mut Tx,
    id: RequalificationId,
    (from, to): (Status, Status),
    why: Option<&str>,
    now: Instant,
) -> Result<bool, StoreError> {
    Ok(tx.execute(END, params![id, to.word(), why, now, from.word()]).await? == 1)
}

pub(super) async fn add_act(tx: &mut Tx, a: &Act) -> Result<(), StoreError> {
    let values = params![
        a.requalification,
        a.id,
        a.cause,
        a.agency,
        a.jurisdiction,
        json(&a.planned)?,
        a.proposed.0,
        a.proposed.1,
        a.proposed_at
    ];
    tx.execute(ACT_ADD, values).await.map(drop)
}
