//! What there is to do in cases, read from the database beside the server as its pages would show it.

use casework::case::TaskKind;
use casework::investigate::{Need, Whom};
use kernel::{CaseId, Clock as _, Date, DecisionId, HouseholdId, ObjectionId, PersonId, TaskId};
use serde_json::{Value, json};
use store::{Db, Row, StoreError, params};

use app::runtime::SystemClock;

use crate::deeds::{Act, Deed, Deeds};
use crate::staff::Shown;

/// A little of what is open, so that officials meet at the same task now and then.
const TASKS: &str = "select t.task_id, t.case_id, t.kind, t.agency, t.detail, c.revision, c.applicant_id, c.applied_on,
        (select count(*) from case_step s where s.case_id = t.case_id and s.kind = 'heard' and s.at >= t.opened_at) as spoke,
        (select count(*) from entitlement e where e.case_id = t.case_id and e.form = 'cash') as paid
    from task t join benefit_case c on c.case_id = t.case_id where t.status = 'open' and t.kind in ('contradiction', 'gap', 'decide',
        'trouble', 'approve', 'hearing', 'objection', 'account_holder') order by t.sort_key, t.task_id";

/// Decisions in force that nobody objects to at the moment.
const IN_FORCE: &str = "select d.decision_id, d.case_id, c.applicant_id from decision d join benefit_case c on c.case_id = d.case_id
    where d.status = 'in_force' and not exists (select 1 from objection o where o.decision_id = d.decision_id and o.status = 'open')
        and (select count(*) from objection o where o.case_id = d.case_id) < 4 order by d.decided_at desc limit 40";

/// Children whose allowance runs or was stopped for a stay abroad.
const CHILDREN: &str = "select c.subject_id from benefit_case c join decision d on d.decision_id = c.decision_id
    where c.programme = 'child_allowance' and c.stage = 'decided' and d.kind in ('grant', 'change', 'stop') order by d.decided_at desc limit 60";

const HOME: &str =
    "select household_id from person_membership where person_id = $1 and valid_until is null and withdrawn_at is null";

fn today() -> Date {
    SystemClock.now().date(9)
}

/// What an official finds in the list; what the kill is aimed at first.
pub(crate) async fn task(db: &Db, deeds: &Deeds) -> Option<Act> {
    let mut tx = db.read().await.expect("a transaction");
    let rows = tx.all(TASKS, &[]).await.expect("the tasks");
    drop(tx);
    let mut acts: Vec<&Row> = rows.iter().collect();
    fastrand::shuffle(&mut acts);
    let aimed = acts.iter().filter(|row| deed(row).is_some_and(|d| deeds.aim().is(d.word())));
    let first = aimed.chain(&acts).next()?;
    act(deeds, first).expect("a task as the schema has it")
}

fn deed(row: &Row) -> Option<Deed> {
    let kind: TaskKind = row.parse("kind").ok()?;
    Some(match kind {
        TaskKind::Contradiction | TaskKind::Gap | TaskKind::AccountHolder => Deed::Settle,
        TaskKind::Decide | TaskKind::Trouble => Deed::Decide,
        TaskKind::Approve => Deed::Sign,
        TaskKind::Hearing if row.get::<i64>("spoke").ok()? == 0 => Deed::Speak,
        TaskKind::Hearing => Deed::EndHearing,
        TaskKind::Objection => Deed::Review,
        _ => return None,
    })
}

fn act(deeds: &Deeds, row: &Row) -> Result<Option<Act>, StoreError> {
    let Some(deed) = deed(row) else { return Ok(None) };
    let case: CaseId = row.get("case_id")?;
    let (office, kind): (String, TaskKind) = (row.get("agency")?, row.parse("kind")?);
    let detail: Value = row.json("detail")?;
    let named = |name: &str| detail.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let Some(desks) = deeds.staff().offices.get(&office) else { return Ok(None) };
    let applicant: PersonId = row.get("applicant_id")?;
    let (who, path, body) = match deed {
        Deed::Settle => {
            let path = format!("/api/tasks/{}/settlement", row.get::<TaskId>("task_id")?);
            let Some(body) = settlement(deeds, kind, &detail) else { return Ok(None) };
            (desks.caseworker.clone(), path, body)
        }
        Deed::Decide => {
            let revision: u32 = row.get("revision")?;
            let body = match kind {
                TaskKind::Trouble => json!({ "revision": revision, "override": refusal() }),
                _ if fastrand::u8(..6) == 0 => json!({ "revision": revision, "override": refusal() }),
                _ => json!({ "revision": revision }),
            };
            (desks.caseworker.clone(), format!("/api/cases/{case}/decision"), body)
        }
        Deed::Sign => {
            let agrees = fastrand::u8(..8) > 0;
            let body = json!({ "agrees": agrees, "words": "look once more" });
            (desks.signer.clone(), format!("/api/decisions/{}/approval", named("decision")), body)
        }
        Deed::Speak => {
            let Some(mother) = deeds.staff().mothers.get(&applicant) else { return Ok(None) };
            (mother.clone(), format!("/api/cases/{case}/hearing"), json!({ "words": "we come back in May" }))
        }
        Deed::EndHearing => {
            let body = json!({ "goes_on": fastrand::u8(..5) > 0, "words": "as it was told" });
            (desks.caseworker.clone(), format!("/api/decisions/{}/hearing", named("decision")), body)
        }
        _ => {
            let second = detail.get("level").and_then(Value::as_u64).unwrap_or(1) > 1;
            let who = if second { &desks.above } else { &desks.reviewer };
            let from: Date = row.get("applied_on")?;
            let body = review(row.get::<i64>("paid")? > 0, from);
            (who.clone(), format!("/api/objections/{}/review", named("objection")), body)
        }
    };
    Ok(Some(made(deeds, deed, Some(case), who, path, body)))
}

fn made(deeds: &Deeds, deed: Deed, case: Option<CaseId>, who: Shown, path: String, body: Value) -> Act {
    let key = format!("{}-{}", deed.word().replace(' ', "-"), deeds.number());
    Act { deed, case, path, key: format!("deed-{key}"), who, body }
}

fn refusal() -> Value {
    json!({ "grant": false, "reason": "it was not shown", "law": "Act, article 9" })
}

fn review(paid: bool, from: Date) -> Value {
    match fastrand::u8(..3) {
        0 if paid => {
            let slice = json!({ "from": from.first_of_month().to_string(), "minor": 130_000 });
            let other =
                json!({ "grant": true, "slices": [slice], "reason": "the extra is due", "law": "Act, article 4" });
            json!({ "outcome": "otherwise", "words": "the extra is due", "override": other })
        }
        1 => json!({ "outcome": "anew", "words": "it was looked at again" }),
        _ => json!({ "outcome": "stands", "words": "it is as the law says" }),
    }
}

fn settlement(deeds: &Deeds, kind: TaskKind, detail: &Value) -> Option<Value> {
    #[derive(serde::Deserialize)]
    struct Gap {
        needs: Vec<Need>,
    }
    let note = "the papers were seen";
    Some(match kind {
        TaskKind::Contradiction => {
            json!({ "note": note, "follow": if fastrand::bool() { "held" } else { "agency" } })
        }
        TaskKind::AccountHolder => json!({ "note": note, "theirs": true }),
        _ => {
            let gap: Gap = serde_json::from_value(detail.clone()).ok()?;
            let mut findings = Vec::new();
            for need in gap.needs.iter().filter(|n| n.whom != Whom::Person) {
                let value = deeds.staff().plain(need.subject.person().is_some(), &need.item)?;
                let subject = match need.subject {
                    casework::model::Subject::Person(id) => json!({ "person": id }),
                    casework::model::Subject::Household(id) => json!({ "household": id }),
                };
                findings.push(json!({ "subject": subject, "item": need.item, "value": value }));
            }
            json!({ "note": note, "how": "visit", "findings": findings })
        }
    })
}

/// A mother objects to a decision.
pub(crate) async fn family(db: &Db, deeds: &Deeds) -> Option<Act> {
    let mut tx = db.read().await.expect("a transaction");
    let rows = tx.all(IN_FORCE, &[]).await.expect("the decisions");
    drop(tx);
    let row = fastrand::choice(&rows)?;
    let get = || -> Result<_, StoreError> {
        Ok((row.get::<DecisionId>("decision_id")?, row.get::<CaseId>("case_id")?, row.get::<PersonId>("applicant_id")?))
    };
    let (decision, case, applicant) = get().expect("a decision as the schema has it");
    let who = deeds.staff().mothers.get(&applicant)?.clone();
    let path = format!("/api/decisions/{decision}/objection");
    Some(made(deeds, Deed::Object, Some(case), who, path, json!({ "words": "the sum is too low" })))
}

/// A register tells of a move, or the border of a stay abroad.
pub(crate) async fn news(db: &Db, deeds: &Deeds) -> Option<Act> {
    if fastrand::bool() { moves(db, deeds).await } else { travels(db, deeds).await }
}

async fn moves(db: &Db, deeds: &Deeds) -> Option<Act> {
    let mothers: Vec<&PersonId> = deeds.staff().mothers.keys().collect();
    let mother = **fastrand::choice(&mothers)?;
    let home = home(db, mother).await?;
    if !deeds.may_move(home) {
        return None;
    }
    let number = deeds.number();
    let to = if fastrand::bool() { "kr-47-730" } else { "kr-11-680" };
    let body = json!({
        "person": mother,
        "household": home,
        "address": { "jurisdiction": to, "line": format!("{number} Crash Street"), "postcode": "06000" },
        "from": today().to_string(),
        "teller": { "register_number": format!("move-{number}") },
    });
    let who = deeds.staff().residents.clone();
    Some(made(deeds, Deed::Move, None, who, "/api/events/move".to_owned(), body))
}

async fn home(db: &Db, person: PersonId) -> Option<HouseholdId> {
    let mut tx = db.read().await.expect("a transaction");
    let row = tx.maybe(HOME, params![person]).await.expect("a household")?;
    row.get("household_id").ok()
}

async fn travels(db: &Db, deeds: &Deeds) -> Option<Act> {
    let mut tx = db.read().await.expect("a transaction");
    let rows = tx.all(CHILDREN, &[]).await.expect("the children");
    drop(tx);
    let child: PersonId = fastrand::choice(&rows)?.get("subject_id").ok()?;
    let number = deeds.number();
    let days = if fastrand::u8(..3) > 0 { 120 } else { 0 };
    let body = json!({
        "person": child,
        "facts": [{ "subject": { "person": child }, "item": "days_abroad", "value": days, "from": today().to_string() }],
        "teller": { "register_number": format!("travel-{number}") },
    });
    let who = deeds.staff().border.clone();
    Some(made(deeds, Deed::Travel, None, who, "/api/events/income-change".to_owned(), body))
}

/// The objection of an answer.
pub(crate) fn objection(answer: &Value) -> Option<ObjectionId> {
    answer.get("objection")?.as_str()?.parse().ok()
}
