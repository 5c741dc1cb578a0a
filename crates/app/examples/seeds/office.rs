//! What officials do with the tasks on their list, some of it twice, some of it at the same time.

use casework::application::follow::{self, After};
use casework::case::{Case, TaskKind};
use casework::decide::object::{self, Outcome};
use casework::decide::official::{self, Prepared};
use casework::decide::{Override, Put, way};
use casework::determine::Slice;
use casework::investigate::answer::Contradiction;
use casework::investigate::settle::{self, Finding, Follow, How};
use casework::investigate::{Need, Whom};
use guard::{Action, Role};
use kernel::{CaseId, DecisionId, ObjectionId, TaskId};
use store::params;

use crate::family::{everybody, plain};
use crate::world::{Stop, World, found, who};

/// An open task.
#[derive(Clone)]
struct Open {
    id: TaskId,
    case: CaseId,
    kind: TaskKind,
    detail: serde_json::Value,
}

async fn open(w: &mut World<'_>) -> Result<Vec<Open>, Stop> {
    let mut tx = w.db().read().await?;
    let sql = "select task_id, case_id, kind, detail from task where status = 'open' order by sort_key, task_id";
    let mut tasks = Vec::new();
    for row in &tx.all(sql, &[]).await? {
        let (id, case) = (row.get("task_id")?, row.get("case_id")?);
        tasks.push(Open { id, case, kind: row.parse("kind")?, detail: row.json("detail")? });
    }
    Ok(tasks)
}

/// Does every open task once; says how many there were.
pub(crate) async fn all(w: &mut World<'_>) -> Result<usize, Stop> {
    let tasks = open(w).await?;
    let count = tasks.len();
    for task in tasks {
        act(w, task, false).await?;
    }
    Ok(count)
}

/// An official takes one task.
pub(crate) async fn one(w: &mut World<'_>) -> Result<(), Stop> {
    let tasks = open(w).await?;
    match w.pick(&tasks) {
        Some(task) => act(w, task, true).await,
        None => Ok(()),
    }
}

async fn act(w: &mut World<'_>, task: Open, wild: bool) -> Result<(), Stop> {
    let mut tx = w.db().read().await?;
    let Some(case) = casework::case::view::bare(&mut tx, task.case).await? else {
        return found("I11 whole", format!("task {} has no case", task.id));
    };
    drop(tx);
    w.note(format!("official: {} of {} ({}, {})", task.kind, case.id, case.programme, case.stage));
    match task.kind {
        TaskKind::Contradiction => contradiction(w, &case, &task).await,
        TaskKind::Gap => gap(w, &case, &task, wild).await,
        TaskKind::Decide | TaskKind::Trouble => prepare(w, &case, task.kind == TaskKind::Trouble, wild).await,
        TaskKind::Approve => approve(w, &case, &task, wild).await,
        TaskKind::Hearing => hearing(w, &case, &task).await,
        TaskKind::Objection => review(w, &case, &task).await,
        TaskKind::ApplicantDied => died(w, &case).await,
        TaskKind::AccountHolder => holder(w, &case, &task).await,
        TaskKind::Report | TaskKind::OrderRefused => Ok(()),
    }
}

async fn contradiction(w: &mut World<'_>, case: &Case, task: &Open) -> Result<(), Stop> {
    let detail: Contradiction = serde_json::from_value(task.detail.clone()).map_err(|e| Stop::Broken(e.to_string()))?;
    let follow = match w.dice.u8(..3) {
        0 => Follow::Held,
        1 => Follow::Agency,
        _ => Follow::Finding(detail.said.value.clone()),
    };
    let may = w.allowed(Role::Caseworker, Action::WorkCase, &[official::of(case)])?;
    let me = of(case, Role::Caseworker, 11);
    let said = w
        .once("settling", true, async |tx, tools| {
            settle::contradiction(tx, &tools.desk(), &me, &may, task.id, follow.clone(), "the papers were seen").await
        })
        .await?;
    count(w, said.is_ok(), "settled");
    Ok(())
}

async fn holder(w: &mut World<'_>, case: &Case, task: &Open) -> Result<(), Stop> {
    let theirs = w.dice.u8(..4) > 0;
    let may = w.allowed(Role::Caseworker, Action::WorkCase, &[official::of(case)])?;
    let me = of(case, Role::Caseworker, 11);
    let said = w
        .once("holder", true, async |tx, tools| {
            casework::follow::holder::settle(tx, &tools.desk(), &me, &may, task.id, theirs, "the passbook was seen")
                .await
        })
        .await?;
    count(w, said.is_ok(), "holder settled");
    Ok(())
}

/// Somebody of the office that decides a case.
fn of(case: &Case, role: Role, number: u128) -> guard::Who {
    guard::Who { organisation: case.agency.clone(), ..who(role, number) }
}

fn count(w: &mut World<'_>, done: bool, act: &'static str) {
    if done {
        *w.told.acts.entry(act).or_default() += 1;
    }
}

async fn gap(w: &mut World<'_>, case: &Case, task: &Open, wild: bool) -> Result<(), Stop> {
    #[derive(serde::Deserialize)]
    struct Gap {
        needs: Vec<Need>,
    }
    if wild && w.dice.u8(..4) == 0 {
        return against(w, case).await;
    }
    let gap: Gap = serde_json::from_value(task.detail.clone()).map_err(|e| Stop::Broken(e.to_string()))?;
    let mut findings = Vec::new();
    for need in gap.needs.into_iter().filter(|n| n.whom != Whom::Person) {
        let value = plain(w, need.subject, &need.item);
        findings.extend(value.map(|value| Finding {
            subject: need.subject,
            item: need.item.clone(),
            value,
            from: None,
        }));
    }
    let may = w.allowed(Role::Caseworker, Action::WorkCase, &everybody(w, case))?;
    let me = of(case, Role::Caseworker, 11);
    let said = w
        .once("filling a gap", true, async |tx, tools| {
            settle::gap(tx, &tools.desk(), &me, &may, task.id, &findings, How::Visit, "seen at home").await
        })
        .await?;
    count(w, said.is_ok(), "settled");
    Ok(())
}

/// A decision against the rules, which ends a wait.
async fn against(w: &mut World<'_>, case: &Case) -> Result<(), Stop> {
    let grant = w.dice.bool();
    let from = case.applied_on.first_of_month();
    let slices = if grant { vec![Slice { from, until: None, minor: 100_000 }] } else { vec![] };
    let overriding = Override { grant, slices, reason: "as seen at home".into(), law: "Act, article 9".into() };
    decide(w, case, case.revision, Some(overriding)).await
}

async fn prepare(w: &mut World<'_>, case: &Case, trouble: bool, wild: bool) -> Result<(), Stop> {
    if trouble || (wild && w.dice.u8(..5) == 0) {
        return against(w, case).await;
    }
    let stale = wild && w.dice.u8(..8) == 0;
    decide(w, case, if stale { case.revision.saturating_sub(1) } else { case.revision }, None).await?;
    if wild && w.dice.u8(..4) == 0 {
        // Another official has the same page open and decides as well.
        decide(w, case, case.revision, None).await?;
    }
    Ok(())
}

async fn decide(w: &mut World<'_>, case: &Case, revision: u32, overriding: Option<Override>) -> Result<(), Stop> {
    let may = w.allowed(Role::Caseworker, Action::WorkCase, &[official::of(case)])?;
    let number = 11 + w.dice.u128(..2);
    let me = of(case, Role::Caseworker, number);
    let input = Prepared { case: case.id, revision, words: None, overriding };
    let stale = revision != case.revision;
    let said = w
        .once("preparing", true, async |tx, tools| official::prepare(tx, &tools.desk(), &me, &may, input.clone()).await)
        .await?;
    match said {
        Ok(_) if stale => found("two officials", format!("a page of an older revision of {} was taken", case.id)),
        Ok(put) => {
            w.note(format!("  {put:?}"));
            Ok(())
        }
        Err(_) => Ok(()),
    }
}

fn id<T: std::str::FromStr>(task: &Open, name: &str) -> Result<T, Stop> {
    let text = task.detail.get(name).and_then(|v| v.as_str()).unwrap_or_default();
    text.parse().map_err(|_| Stop::Broken(format!("task {} names no {name}: {}", task.id, task.detail)))
}

async fn approve(w: &mut World<'_>, case: &Case, task: &Open, wild: bool) -> Result<(), Stop> {
    let decision: DecisionId = id(task, "decision")?;
    let may = w.allowed(Role::Approver, Action::ApproveDecision, &[official::of(case)])?;
    let agrees = !wild || w.dice.u8(..6) > 0;
    if wild && w.dice.u8(..4) == 0 {
        // Whoever prepared it tries to sign it too.
        let mut tx = w.db().read().await?;
        let row = tx.one("select prepared_by from decision where decision_id = $1", params![decision]).await?;
        let by: Option<kernel::AccountId> = row.maybe("prepared_by")?;
        drop(tx);
        if let Some(account) = by {
            let same = guard::Who { account, ..of(case, Role::Approver, 1) };
            let said = w
                .once("signing alone", true, async |tx, tools| {
                    official::approve(tx, &tools.desk(), &same, &may, decision, true, "").await
                })
                .await?;
            if said.is_ok() {
                return found("two persons", format!("decision {decision} was prepared and signed by one"));
            }
        }
    }
    let me = of(case, Role::Approver, 21);
    let said = w
        .once("signing", true, async |tx, tools| {
            official::approve(tx, &tools.desk(), &me, &may, decision, agrees, "look once more").await
        })
        .await?;
    if let Ok(put) = said {
        w.note(format!("  {put:?}"));
    }
    Ok(())
}

async fn hearing(w: &mut World<'_>, case: &Case, task: &Open) -> Result<(), Stop> {
    let decision: DecisionId = id(task, "decision")?;
    let may = w.allowed(Role::Caseworker, Action::WorkCase, &[official::of(case)])?;
    let me = of(case, Role::Caseworker, 12);
    let go_on = w.dice.u8(..5) > 0;
    w.once("closing a hearing", true, async |tx, tools| {
        official::close_hearing(tx, &tools.desk(), &me, &may, decision, go_on, "as it was told").await
    })
    .await?
    .map(drop)
    .or(Ok(()))
}

async fn review(w: &mut World<'_>, case: &Case, task: &Open) -> Result<(), Stop> {
    let objection: ObjectionId = id(task, "objection")?;
    let may = w.allowed(Role::Approver, Action::ApproveDecision, &[official::of(case)])?;
    let me = reviewer(w, case, objection).await?;
    let from = case.applied_on.first_of_month();
    let outcome = match w.dice.u8(..3) {
        0 => Outcome::Stands,
        1 => Outcome::Anew,
        _ => Outcome::Otherwise(Override {
            grant: true,
            slices: vec![Slice { from, until: None, minor: 130_000 }],
            reason: "the extra is due".into(),
            law: "Act, article 4".into(),
        }),
    };
    let said = w
        .once("reviewing", true, async |tx, tools| {
            object::review(tx, &tools.desk(), &me, &may, objection, outcome.clone(), "it was looked at again").await
        })
        .await?;
    if let Ok(puts) = said {
        let strange = puts.iter().any(|p| matches!(p, Some(Put::Approval(_) | Put::Hearing(_))));
        w.note(format!("  {puts:?}{}", if strange { " (waits)" } else { "" }));
        count(w, true, "reviewed");
    }
    Ok(())
}

/// Somebody who may review it: at the first level of the office that decided, at the second of the one above. Now and then
/// it is the first reviewer again, who must be refused.
async fn reviewer(w: &mut World<'_>, case: &Case, objection: ObjectionId) -> Result<guard::Who, Stop> {
    let mut tx = w.db().read().await?;
    let row = tx.one("select level from objection where objection_id = $1", store::params![objection]).await?;
    let level = u8::try_from(row.get::<i64>("level")?).unwrap_or(u8::MAX);
    drop(tx);
    if level == 1 || w.dice.u8(..4) == 0 {
        return Ok(of(case, Role::Approver, 31));
    }
    let tools = w.tools();
    let organisation = way::office(&tools.desk(), case, level).to_owned();
    Ok(guard::Who { organisation, ..who(Role::Approver, 32) })
}

/// A court orders about a decision in force: more, or nothing.
pub(crate) async fn court(w: &mut World<'_>) -> Result<(), Stop> {
    let mut tx = w.db().read().await?;
    let mut all: Vec<(DecisionId, kernel::CaseId)> = Vec::new();
    for row in
        tx.all("select decision_id, case_id from decision where status = 'in_force' order by decision_id", &[]).await?
    {
        all.push((row.get("decision_id")?, row.get("case_id")?));
    }
    let Some((decision, case)) = w.pick(&all) else { return Ok(()) };
    let Some(case) = casework::case::view::bare(&mut tx, case).await? else { return Ok(()) };
    drop(tx);
    let may = w.allowed(Role::Approver, Action::ApproveDecision, &[official::of(&case)])?;
    let me = of(&case, Role::Approver, 41);
    let grant = w.dice.u8(..3) > 0;
    let from = case.applied_on.first_of_month();
    let order = Override {
        grant,
        slices: if grant { vec![Slice { from, until: None, minor: 140_000 }] } else { vec![] },
        reason: "as the court ordered".into(),
        law: "judgment".into(),
    };
    w.note(format!("a court orders about {decision}: {}", if grant { "more" } else { "nothing" }));
    let said = w
        .once("a court's order", true, async |tx, tools| {
            object::court_order(tx, &tools.desk(), &me, &may, decision, order.clone()).await
        })
        .await?;
    count(w, said.is_ok(), "ordered");
    Ok(())
}

async fn died(w: &mut World<'_>, case: &Case) -> Result<(), Stop> {
    let family = w.families.iter().find(|f| f.household == case.household).cloned();
    let heir = family.filter(|f| case.subject.person().is_none_or(|s| !f.dead.contains(&s))).map(|f| f.father);
    let after = match heir.filter(|h| *h != case.applicant) {
        Some(heir) if w.dice.u8(..3) > 0 => After::CarryOn(heir),
        _ => After::Close,
    };
    let may = [w.allowed(Role::Caseworker, Action::WorkCase, &everybody(w, case))?];
    let me = of(case, Role::Caseworker, 11);
    w.note(format!("  {after:?}"));
    w.once("settling a death", true, async |tx, tools| {
        follow::settle(tx, &tools.desk(), &me, &may, case.id, after.clone(), "Act, article 12").await
    })
    .await?
    .map(drop)
    .or(Ok(()))
}
