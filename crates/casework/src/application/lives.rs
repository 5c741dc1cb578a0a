//! A death was withdrawn: whoever was taken for dead lives. What stopped because of it goes on; what a machine passed on to
//! another comes back; what an official settled because of it an official looks at again.

use kernel::PersonId;
use store::{StoreError, Tx, params};

use super::follow::{AFTER_DEATH, AfterDeath, Fault, open_cases};
use super::rows;
use crate::case::model::in_days;
use crate::case::open::{ADVANCE, Advance};
use crate::case::rows::NewTask;
use crate::case::{self, Actor, Case, Stage, StepKind, Task, TaskKind, TaskStatus};
use crate::desk::Desk;
use crate::model::LifeEvent;

/// Undoes, in every case of the household and of the person, what the death did to it. Doing it again changes nothing.
pub(super) async fn run(tx: &mut Tx, desk: &Desk<'_>, event: &LifeEvent) -> Result<(), Fault> {
    let person = event.person;
    let mut cases = case::rows::of_household(tx, event.household).await?;
    for case in open_cases(tx, event.household, person).await? {
        if !cases.iter().any(|c| c.id == case.id) {
            cases.push(case);
        }
    }
    for case in cases {
        let tasks = case::rows::tasks(tx, case.id).await?;
        let about = |t: &&Task| t.kind == TaskKind::ApplicantDied && is_of(&t.detail, person);
        let stopped = tasks.iter().filter(about).max_by_key(|t| t.opened_at);
        match stopped.map(|t| t.status) {
            Some(TaskStatus::Open) => goes_on(tx, desk, case, person).await?,
            Some(TaskStatus::Done) => looked_at_again(tx, desk, &case, &tasks, event).await?,
            _ => comes_back(tx, desk, case, person).await?,
        }
    }
    Ok(())
}

fn is_of(detail: &serde_json::Value, person: PersonId) -> bool {
    detail.get("died").and_then(|v| v.as_str()).is_some_and(|id| id.parse() == Ok(person))
}

/// The case stood still and nobody has looked: it goes on where it was.
async fn goes_on(tx: &mut Tx, desk: &Desk<'_>, mut case: Case, person: PersonId) -> Result<(), Fault> {
    case::rows::cancel_tasks(tx, case.id, &[TaskKind::ApplicantDied], "nobody died", desk.now).await?;
    if case.stage.is_closed() {
        return Ok(());
    }
    case.enter(Stage::Received, desk.today(), desk.now);
    case::rows::save(tx, &mut case, desk.now).await?;
    let detail = serde_json::json!({ "lives": person });
    case::rows::step(tx, desk, &case, StepKind::Reopened, Actor::MACHINE, &detail).await?;
    tx.emit(desk.ids, desk.now, ADVANCE, &Advance { case: case.id }).await?;
    Ok(())
}

/// A machine gave the case to the only one who could carry it on: it is theirs again who applied.
async fn comes_back(tx: &mut Tx, desk: &Desk<'_>, case: Case, person: PersonId) -> Result<(), Fault> {
    let steps = case::rows::steps(tx, case.id).await?;
    let last = steps.iter().rev().find(|s| s.detail.get("carried_on_by").is_some() || s.detail.get("lives").is_some());
    let passed = last.filter(|s| s.account.is_none() && is_of(&s.detail, person));
    let Some(heir) = passed.and_then(|s| s.detail.get("carried_on_by")?.as_str()?.parse::<PersonId>().ok()) else {
        return Ok(());
    };
    // The grown person a case is for carried on themselves: they are its applicant now, and stay so.
    if case.applicant == heir && case.subject.person() != Some(heir) {
        let values = params![case.subject.uuid(), case.id, person, desk.now, case.revision];
        if tx.execute(rows::CASE_HEIR, values).await? != 1 {
            return Err(StoreError::Conflict.into());
        }
    }
    let detail = serde_json::json!({ "lives": person });
    case::rows::step(tx, desk, &case, StepKind::Settled, Actor::MACHINE, &detail).await?;
    tx.emit(desk.ids, desk.now, AFTER_DEATH, &AfterDeath { case: case.id, ended: false, by: None }).await?;
    Ok(())
}

/// An official said who carries on, or that it ends. A machine does not take that back.
async fn looked_at_again(
    tx: &mut Tx,
    desk: &Desk<'_>,
    case: &Case,
    tasks: &[Task],
    event: &LifeEvent,
) -> Result<(), Fault> {
    let known = |t: &Task| t.kind == TaskKind::Report && t.detail.get("event") == Some(&serde_json::json!(event.id));
    if tasks.iter().any(known) {
        return Ok(());
    }
    let task = NewTask {
        kind: TaskKind::Report,
        agency: None,
        due_on: Some(in_days(desk.today(), desk.pack.process(&case.programme).reply_days)),
        assigned_to: case.assigned_to,
        barred: None,
        detail: serde_json::json!({ "event": event.id, "words": event.reason, "lives": event.person }),
    };
    case::rows::open_task(tx, desk, case, task).await?;
    Ok(())
}
