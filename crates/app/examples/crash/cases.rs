//! Holds the cases against what officials, families and registers were told: every acknowledged act stands there, each act
//! once, nobody is told the same twice.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use kernel::{CaseId, DecisionId, HouseholdId, ObjectionId, RequestId};
use serde_json::Value;
use store::{Db, StoreError, Tx, params};

use crate::deeds::{Deed, Deeds, Done};
use crate::find;
use crate::harness::town::Place;

/// How often each kind of step is in each case.
type Steps = BTreeMap<(CaseId, &'static str), usize>;

/// Steps that a human being's act writes, once each.
const HUMAN: [&str; 8] =
    ["settled", "prepared", "hearing_opened", "heard", "decided", "sent_back", "objected", "reviewed"];

/// With the server down. Each line is a violation.
pub(crate) async fn hold(place: &Place, deeds: &Deeds) -> Vec<String> {
    let db = Db::open(&place.database).await.expect("the database");
    let mut tx = db.read().await.expect("a transaction");
    let mut wrong = Vec::new();
    steps(&mut tx, deeds, &mut wrong).await.expect("a look at the steps");
    objections(&mut tx, deeds, &mut wrong).await.expect("a look at the objections");
    events(&mut tx, deeds, &mut wrong).await.expect("a look at the events");
    once(&mut tx, &mut wrong).await.expect("a look at what may be once");
    answers(&mut tx, &mut wrong).await.expect("a look at the agencies' answers");
    drop(tx);
    db.close().await;
    wrong
}

/// What comes by the dozen in a long run. A hearing, and the stay abroad that leads to one, needs a child's allowance that was
/// decided before: in some runs there is none.
const OFTEN: [Deed; 6] = [Deed::Decide, Deed::Sign, Deed::Settle, Deed::Object, Deed::Review, Deed::Move];

/// At the end of a long run: each of these was acknowledged, else the harness looked at nothing.
pub(crate) fn all_kinds(deeds: &Deeds) -> Vec<String> {
    let done = deeds.done();
    let missing = OFTEN.iter().filter(|deed| !done.iter().any(|d| d.act.deed == **deed));
    missing.map(|deed| format!("no {deed} was acknowledged: the harness looked at nothing")).collect()
}

/// The steps that an acknowledged act must have left.
fn left_by(done: &Done) -> Vec<&'static str> {
    let outcome = done.answer.get("outcome").and_then(Value::as_str).unwrap_or_default();
    let put = match outcome {
        "in_force" => Some("decided"),
        "approval" => Some("prepared"),
        "hearing" => Some("hearing_opened"),
        "official" => Some("sent_back"),
        _ => None,
    };
    match done.act.deed {
        // The holder of an account is noted, and so is nothing else.
        Deed::Settle if done.act.body.get("theirs").is_some() => vec![],
        Deed::Settle => vec!["settled"],
        Deed::Decide | Deed::Sign | Deed::EndHearing => put.into_iter().collect(),
        Deed::Speak => vec!["heard"],
        Deed::Object => vec!["objected"],
        Deed::Review => std::iter::once("reviewed").chain(put).collect(),
        Deed::Move | Deed::Travel => vec![],
    }
}

async fn steps(tx: &mut Tx, deeds: &Deeds, wrong: &mut Vec<String>) -> Result<(), StoreError> {
    let mut found = Steps::new();
    let (mut decided, mut opened): (HashSet<DecisionId>, HashSet<DecisionId>) = Default::default();
    let sql = "select case_id, kind, account_id, detail from case_step where kind in ('settled', 'prepared', 'hearing_opened',
        'heard', 'decided', 'sent_back', 'objected', 'reviewed')";
    for row in tx.all(sql, &[]).await? {
        let (case, kind): (CaseId, String) = (row.get("case_id")?, row.get("kind")?);
        let Some(kind) = HUMAN.iter().find(|k| **k == kind) else { continue };
        if row.maybe::<uuid::Uuid>("account_id")?.is_some() {
            *found.entry((case, kind)).or_default() += 1;
        }
        let detail: Value = row.json("detail")?;
        let decision: Option<DecisionId> = detail.get("decision").and_then(Value::as_str).and_then(|d| d.parse().ok());
        let told = match *kind {
            "decided" => Some(&mut decided),
            "hearing_opened" => Some(&mut opened),
            _ => None,
        };
        if let (Some(told), Some(decision)) = (told, decision)
            && !told.insert(decision)
        {
            wrong.push(format!("decision {decision} of case {case} was told twice ({kind})"));
        }
    }
    let mut expected = Steps::new();
    for done in deeds.done() {
        for kind in left_by(&done) {
            if let Some(case) = done.act.case {
                *expected.entry((case, kind)).or_default() += 1;
            }
        }
    }
    let open: BTreeSet<CaseId> = deeds.open().iter().filter_map(|act| act.case).collect();
    let all: BTreeSet<&(CaseId, &str)> = expected.keys().chain(found.keys()).collect();
    for at in all {
        let (told, there) = (expected.get(at).copied().unwrap_or(0), found.get(at).copied().unwrap_or(0));
        // Of an act that was never answered nobody knows whether it is done.
        if there < told || (there > told && !open.contains(&at.0)) {
            wrong.push(format!(
                "case {}: {told} acts were acknowledged that leave «{}», and {there} stand there",
                at.0, at.1
            ));
        }
    }
    letters(tx, "hearing", opened.len(), wrong).await?;
    let upheld: i64 = tx
        .one("select count(*) as n from objection where status = 'rejected' and kind = 'objection'", &[])
        .await?
        .get("n")?;
    letters(tx, "upheld", usize::try_from(upheld).unwrap_or(usize::MAX), wrong).await
}

/// As many letters of a kind as there were occasions.
async fn letters(tx: &mut Tx, kind: &str, occasions: usize, wrong: &mut Vec<String>) -> Result<(), StoreError> {
    let sql = "select count(*) as n from letter where kind = $1";
    let written: i64 = tx.one(sql, params![kind]).await?.get("n")?;
    if usize::try_from(written) != Ok(occasions) {
        wrong.push(format!("{written} letters of the kind {kind}, and {occasions} occasions"));
    }
    Ok(())
}

async fn objections(tx: &mut Tx, deeds: &Deeds, wrong: &mut Vec<String>) -> Result<(), StoreError> {
    let mut found: HashMap<ObjectionId, String> = HashMap::new();
    for row in tx.all("select objection_id, status from objection", &[]).await? {
        found.insert(row.get("objection_id")?, row.get("status")?);
    }
    for done in deeds.done() {
        let path = done.act.path.split('/').nth(3).unwrap_or_default();
        match done.act.deed {
            Deed::Object if find::objection(&done.answer).is_none_or(|id| !found.contains_key(&id)) => {
                wrong.push(format!("the acknowledged objection {} is not there", done.answer));
            }
            Deed::Review => {
                let status = path.parse().ok().and_then(|id: ObjectionId| found.get(&id));
                if status.is_none_or(|s| s == "open") {
                    wrong.push(format!("the acknowledged review of objection {path} left it {status:?}"));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// Moves and stays abroad: each told once, by whoever was acknowledged, and a household moves whole.
async fn events(tx: &mut Tx, deeds: &Deeds, wrong: &mut Vec<String>) -> Result<(), StoreError> {
    let number = |body: &Value| body.pointer("/teller/register_number").and_then(Value::as_str).map(str::to_owned);
    let (done, open) = (deeds.done(), deeds.open());
    let asked: HashSet<String> = done.iter().map(|d| &d.act).chain(&open).filter_map(|a| number(&a.body)).collect();
    let mut found: HashMap<String, String> = HashMap::new();
    let sql = "select event_id, register_number from life_event where kind in ('move', 'income_change')";
    for row in tx.all(sql, &[]).await? {
        let known = row.maybe::<String>("register_number")?.unwrap_or_default();
        let event: uuid::Uuid = row.get("event_id")?;
        if !asked.contains(&known) {
            wrong.push(format!("{known:?} stands there, and nobody told it or it was refused"));
        }
        if found.insert(known.clone(), event.to_string()).is_some() {
            wrong.push(format!("{known} was taken twice"));
        }
    }
    for Done { act, answer } in &done {
        let Some(known) = number(&act.body) else { continue };
        if found.get(&known).map(String::as_str) != answer.get("event").and_then(Value::as_str) {
            wrong.push(format!("the acknowledged {known} is not there as it was acknowledged"));
        }
        if act.deed == Deed::Move {
            moved(tx, &act.body, wrong).await?;
        }
    }
    Ok(())
}

/// Every member of a household that moved lives at the new address, once.
async fn moved(tx: &mut Tx, body: &Value, wrong: &mut Vec<String>) -> Result<(), StoreError> {
    let line = body.pointer("/address/line").and_then(Value::as_str).unwrap_or_default();
    let Some(home) = body.get("household").and_then(|h| h.as_str()?.parse::<HouseholdId>().ok()) else { return Ok(()) };
    let sql = "select count(*) as n, count(distinct person_id) as people from residence
        where line = $1 and withdrawn_at is null and valid_until is null";
    let row = tx.one(sql, params![line]).await?;
    let (rows, people): (i64, i64) = (row.get("n")?, row.get("people")?);
    let sql = "select count(distinct person_id) as n from person_membership
        where household_id = $1 and withdrawn_at is null and valid_until is null";
    let members: i64 = tx.one(sql, params![home]).await?.get("n")?;
    if rows != people || people != members {
        wrong.push(format!("of {members} members of household {home}, {people} moved to {line} in {rows} rows"));
    }
    Ok(())
}

/// What may be there once.
async fn once(tx: &mut Tx, wrong: &mut Vec<String>) -> Result<(), StoreError> {
    for (what, sql) in [
        (
            "cases with two open tasks of one kind that only one official can do",
            "select count(*) as n from (select case_id, kind from task where status = 'open' and kind in ('decide', 'approve', 'hearing', 'trouble', 'gap')
                group by case_id, kind having count(*) > 1) t",
        ),
        (
            "decided cases with work left that leads to a decision",
            "select count(*) as n from task t join benefit_case c on c.case_id = t.case_id
                where t.status = 'open' and t.kind in ('decide', 'approve', 'hearing') and c.stage = 'decided'",
        ),
        ("decisions prepared and signed by one", "select count(*) as n from decision where prepared_by = decided_by and status <> 'dropped'
                and decision_id in (select decision_id from decision where kind = 'refuse')"),
        (
            "decisions under two open objections",
            "select count(*) as n from (select decision_id from objection where status = 'open' group by decision_id having count(*) > 1) t",
        ),
        (
            "decisions that wait though their case went on",
            "select count(*) as n from decision d join benefit_case c on c.case_id = d.case_id
                where d.status in ('proposed', 'hearing') and c.stage not in ('approval', 'hearing')",
        ),
        (
            "facts recorded twice from one answer",
            "select count(*) as n from (select person_id, item, recorded_by from person_fact where recorded_by like 'question %'
                group by person_id, item, recorded_by, valid_from, value having count(*) > 1) t",
        ),
    ] {
        let found: i64 = tx.one(sql, &[]).await?.get("n")?;
        if found > 0 {
            wrong.push(format!("{found} {what}"));
        }
    }
    Ok(())
}

/// A question ends once, and a case is told of it once.
async fn answers(tx: &mut Tx, wrong: &mut Vec<String>) -> Result<(), StoreError> {
    let mut told: HashSet<(CaseId, RequestId, bool)> = HashSet::new();
    for row in tx.all("select case_id, detail from case_step where kind = 'answered'", &[]).await? {
        let (case, detail): (CaseId, Value) = (row.get("case_id")?, row.json("detail")?);
        let request: Option<RequestId> = detail.get("request").and_then(|r| r.as_str()?.parse().ok());
        if let Some(request) = request
            && !told.insert((case, request, detail.get("status").and_then(Value::as_str) == Some("late")))
        {
            wrong.push(format!("case {case} was told twice how question {request} ended"));
        }
    }
    let ended =
        "select count(*) as n from agency_request where (status in ('waiting', 'pending')) <> (ended_at is null)";
    let odd: i64 = tx.one(ended, &[]).await?.get("n")?;
    if odd > 0 {
        wrong.push(format!("{odd} questions ended and are open"));
    }
    Ok(())
}
