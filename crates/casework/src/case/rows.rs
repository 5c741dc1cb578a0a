//! SQL of cases, steps and tasks beside its row mapping.

use kernel::{AccountId, CaseId, Date, Instant, StepId, TaskId};
use serde::Serialize;
use store::{Row, StoreError, Tx, params};
use uuid::Uuid;

use super::absence;
use super::model::{Case, Step, StepKind, Task, TaskKind, TaskStatus};
use crate::desk::Desk;
use crate::model::Subject;
use crate::rows::json;

store::sql! {
    CASE_ADD = "insert into benefit_case (subject_id, case_id, subject_kind, household_id, applicant_id, application_id, offer_id, programme, period_key, channel, agency, jurisdiction, stage, revision, applied_on, due_on, opened_at, changed_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 1, $14, $15, $16, $16) on conflict (subject_id, programme, period_key) do nothing";
    CASE_SAVE = "update benefit_case set household_id = $3, jurisdiction = $4, stage = $5, revision = revision + 1, due_on = $6, paused_on = $7, assigned_to = $8, determination_id = $9, decision_id = $10, changed_at = $11, closed_at = $12
        where subject_id = $1 and case_id = $2 and revision = $13";
    CASE = "select subject_id, case_id, subject_kind, household_id, applicant_id, application_id, offer_id, programme, period_key, channel, agency, jurisdiction, stage, revision, applied_on, due_on, paused_on, assigned_to, determination_id, decision_id, opened_at, changed_at, closed_at
        from benefit_case where case_id = $1";
    CASE_PLACE = "select jurisdiction from benefit_case where case_id = $1";
    CASE_OF_KEY = "select subject_id, case_id, subject_kind, household_id, applicant_id, application_id, offer_id, programme, period_key, channel, agency, jurisdiction, stage, revision, applied_on, due_on, paused_on, assigned_to, determination_id, decision_id, opened_at, changed_at, closed_at
        from benefit_case where subject_id = $1 and programme = $2 and period_key = $3";
    CASES_OF_HOUSEHOLD = "select subject_id, case_id, subject_kind, household_id, applicant_id, application_id, offer_id, programme, period_key, channel, agency, jurisdiction, stage, revision, applied_on, due_on, paused_on, assigned_to, determination_id, decision_id, opened_at, changed_at, closed_at
        from benefit_case where household_id = $1 order by opened_at, case_id";
    CASES_OF_APPLICATION = "select subject_id, case_id, subject_kind, household_id, applicant_id, application_id, offer_id, programme, period_key, channel, agency, jurisdiction, stage, revision, applied_on, due_on, paused_on, assigned_to, determination_id, decision_id, opened_at, changed_at, closed_at
        from benefit_case where application_id = $1 order by opened_at, case_id";
    STEP_ADD = "insert into case_step (subject_id, step_id, case_id, kind, account_id, role, detail, at) values ($1, $2, $3, $4, $5, $6, $7, $8)";
    STEPS = "select step_id, case_id, kind, account_id, role, detail, at from case_step where case_id = $1 order by at, step_id";
    TASK_ADD = "insert into task (subject_id, task_id, case_id, kind, programme, agency, jurisdiction, status, due_on, sort_key, assigned_to, barred_account, detail, opened_at)
        values ($1, $2, $3, $4, $5, $6, $7, 'open', $8, $9, $10, $11, $12, $13)";
    TASK = "select subject_id, task_id, case_id, kind, programme, agency, jurisdiction, status, due_on, assigned_to, barred_account, detail, opened_at, closed_at, outcome from task where task_id = $1";
    TASKS_OF_CASE = "select subject_id, task_id, case_id, kind, programme, agency, jurisdiction, status, due_on, assigned_to, barred_account, detail, opened_at, closed_at, outcome from task where case_id = $1 order by opened_at, task_id";
    HAND_OVER = "update task set jurisdiction = $2, assigned_to = null where case_id = $1 and status = 'open'";
    TASK_MOVE = "update task set due_on = $3, sort_key = $4 where subject_id = $1 and task_id = $2 and status = 'open'";
    TASKS_ASTRAY = "select task_id, kind from task where subject_id = $1 and case_id = $2 and status = 'open' and (due_on is null or due_on <> $3)";
    TASK_CLOSE = "update task set status = $3, closed_at = $4, closed_by = $5, outcome = $6 where subject_id = $1 and task_id = $2 and status = 'open'";
}

/// A person or program that acts on a case, as steps and tasks note it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Actor<'a> {
    /// The account; `None`: the machine.
    pub account: Option<AccountId>,
    /// In which role.
    pub role: Option<&'a str>,
}

impl Actor<'_> {
    /// The machine itself.
    pub const MACHINE: Actor<'static> = Actor { account: None, role: None };

    /// A signed-in person.
    pub fn of(who: &guard::Who) -> Actor<'static> {
        Actor { account: Some(who.account), role: Some(who.role.word()) }
    }
}

/// Adds a new case; `false` when this subject has one for this programme and stretch already.
pub(crate) async fn add(tx: &mut Tx, case: &Case) -> Result<bool, StoreError> {
    let values = params![
        case.subject.uuid(),
        case.id,
        case.subject.kind(),
        case.household,
        case.applicant,
        case.application,
        case.offer,
        case.programme,
        case.period_key,
        case.channel.word(),
        case.agency,
        case.jurisdiction,
        case.stage.word(),
        case.applied_on,
        case.due_on,
        case.opened_at
    ];
    Ok(tx.execute(CASE_ADD, values).await? == 1)
}

/// Writes a changed case back. Whoever read the same revision and writes second starts again.
pub(crate) async fn save(tx: &mut Tx, case: &mut Case, now: Instant) -> Result<(), StoreError> {
    case.changed_at = now;
    let values = params![
        case.subject.uuid(),
        case.id,
        case.household,
        case.jurisdiction,
        case.stage.word(),
        case.due_on,
        case.paused_on,
        case.assigned_to,
        case.determination,
        case.decision,
        now,
        case.closed_at,
        case.revision
    ];
    if tx.execute(CASE_SAVE, values).await? != 1 {
        return Err(StoreError::Conflict);
    }
    case.revision += 1;
    follow_day(tx, case).await
}

/// Open tasks whose day is the case's move with it, and with it their place in the worklist: a pause that is over gave the
/// office its days back, a case opened again has a new day.
async fn follow_day(tx: &mut Tx, case: &Case) -> Result<(), StoreError> {
    // While the clock stands the day is not known yet.
    let (Some(due), None, false) = (case.due_on, case.paused_on, case.stage.is_closed()) else { return Ok(()) };
    let subject = case.subject.uuid();
    for row in tx.all(TASKS_ASTRAY, params![subject, case.id, due]).await? {
        let (task, kind): (TaskId, TaskKind) = (row.get("task_id")?, row.parse("kind")?);
        if !kind.has_own_day() {
            tx.execute(TASK_MOVE, params![subject, task, due, sort_key(Some(due), task)]).await?;
        }
    }
    Ok(())
}

pub(crate) fn read_case(row: &Row) -> Result<Case, StoreError> {
    let kind: String = row.get("subject_kind")?;
    let subject = Subject::from_parts(&kind, row.get::<Uuid>("subject_id")?)
        .map_err(|e| StoreError::Inconsistent { column: "subject_kind".into(), detail: e.to_string() })?;
    Ok(Case {
        id: row.get("case_id")?,
        subject,
        household: row.get("household_id")?,
        applicant: row.get("applicant_id")?,
        application: row.get("application_id")?,
        offer: row.maybe("offer_id")?,
        programme: row.get("programme")?,
        period_key: row.get("period_key")?,
        channel: row.parse("channel")?,
        agency: row.get("agency")?,
        jurisdiction: row.maybe("jurisdiction")?,
        stage: row.parse("stage")?,
        revision: row.get("revision")?,
        applied_on: row.get("applied_on")?,
        due_on: row.maybe("due_on")?,
        paused_on: row.maybe("paused_on")?,
        assigned_to: row.maybe("assigned_to")?,
        determination: row.maybe("determination_id")?,
        decision: row.maybe("decision_id")?,
        opened_at: row.get("opened_at")?,
        changed_at: row.get("changed_at")?,
        closed_at: row.maybe("closed_at")?,
    })
}

/// A case by id.
pub(crate) async fn case(tx: &mut Tx, id: CaseId) -> Result<Option<Case>, StoreError> {
    tx.maybe(CASE, params![id]).await?.as_ref().map(read_case).transpose()
}

/// All cases of a household, the oldest first.
pub(crate) async fn of_household(tx: &mut Tx, id: kernel::HouseholdId) -> Result<Vec<Case>, StoreError> {
    tx.all(CASES_OF_HOUSEHOLD, params![id]).await?.iter().map(read_case).collect()
}

/// The cases of one application.
pub(crate) async fn of_application(tx: &mut Tx, id: kernel::ApplicationId) -> Result<Vec<Case>, StoreError> {
    tx.all(CASES_OF_APPLICATION, params![id]).await?.iter().map(read_case).collect()
}

/// Notes what happened.
pub(crate) async fn step<T: Serialize>(
    tx: &mut Tx,
    desk: &Desk<'_>,
    case: &Case,
    kind: StepKind,
    actor: Actor<'_>,
    detail: &T,
) -> Result<(), StoreError> {
    let id = StepId::new(desk.ids, desk.now);
    let values =
        params![case.subject.uuid(), id, case.id, kind.word(), actor.account, actor.role, json(detail)?, desk.now];
    tx.execute(STEP_ADD, values).await.map(drop)
}

/// Everything that happened to a case, in order.
pub(crate) async fn steps(tx: &mut Tx, case: CaseId) -> Result<Vec<Step>, StoreError> {
    let read = |row: &Row| {
        Ok(Step {
            id: row.get("step_id")?,
            case: row.get("case_id")?,
            kind: row.parse("kind")?,
            account: row.maybe("account_id")?,
            role: row.maybe("role")?,
            detail: row.json("detail")?,
            at: row.get("at")?,
        })
    };
    tx.all(STEPS, params![case]).await?.iter().map(read).collect()
}

/// What a new task says beside its case.
#[derive(Clone, Debug)]
pub(crate) struct NewTask<'a, T> {
    pub(crate) kind: TaskKind,
    /// The agency that must do it, when it is not the one that decides.
    pub(crate) agency: Option<&'a str>,
    pub(crate) due_on: Option<Date>,
    pub(crate) assigned_to: Option<AccountId>,
    pub(crate) barred: Option<AccountId>,
    pub(crate) detail: T,
}

/// Opens a task.
pub(crate) async fn open_task<T: Serialize>(
    tx: &mut Tx,
    desk: &Desk<'_>,
    case: &Case,
    new: NewTask<'_, T>,
) -> Result<TaskId, StoreError> {
    let id = TaskId::new(desk.ids, desk.now);
    let due = new.due_on.or(case.due_as_of(desk.today()));
    let office = case.jurisdiction.as_deref().map(|place| desk.office_of(place));
    // Nothing new lands on the desk of somebody who is away.
    let assigned_to = match new.assigned_to {
        Some(account) if absence::is_away(tx, account, desk.today()).await? => None,
        other => other,
    };
    let values = params![
        case.subject.uuid(),
        id,
        case.id,
        new.kind.word(),
        case.programme,
        new.agency.unwrap_or(&case.agency),
        office,
        due,
        sort_key(due, id),
        assigned_to,
        new.barred,
        json(&new.detail)?,
        desk.now
    ];
    tx.execute(TASK_ADD, values).await?;
    Ok(id)
}

/// What the worklist is sorted by: the legal day, then age (ids sort by birth). Without a day it stands last.
pub(crate) fn sort_key(due: Option<Date>, id: TaskId) -> String {
    match due {
        Some(day) => format!("{day} {id}"),
        None => format!("9999-12-31 {id}"),
    }
}

pub(crate) fn read_task(row: &Row) -> Result<Task, StoreError> {
    Ok(Task {
        id: row.get("task_id")?,
        case: row.get("case_id")?,
        subject_id: row.get("subject_id")?,
        kind: row.parse("kind")?,
        programme: row.get("programme")?,
        agency: row.get("agency")?,
        jurisdiction: row.maybe("jurisdiction")?,
        status: row.parse("status")?,
        due_on: row.maybe("due_on")?,
        assigned_to: row.maybe("assigned_to")?,
        barred: row.maybe("barred_account")?,
        detail: row.json("detail")?,
        opened_at: row.get("opened_at")?,
        closed_at: row.maybe("closed_at")?,
        outcome: row.maybe("outcome")?,
    })
}

/// A task by id.
pub(crate) async fn task(tx: &mut Tx, id: TaskId) -> Result<Option<Task>, StoreError> {
    tx.maybe(TASK, params![id]).await?.as_ref().map(read_task).transpose()
}

/// All tasks of a case.
pub(crate) async fn tasks(tx: &mut Tx, case: CaseId) -> Result<Vec<Task>, StoreError> {
    tx.all(TASKS_OF_CASE, params![case]).await?.iter().map(read_task).collect()
}

/// Closes a task; `false` when somebody was faster.
pub(crate) async fn close_task(
    tx: &mut Tx,
    task: &Task,
    status: TaskStatus,
    actor: Actor<'_>,
    outcome: &str,
    now: Instant,
) -> Result<bool, StoreError> {
    let values = params![task.subject_id, task.id, status.word(), now, actor.account, outcome];
    Ok(tx.execute(TASK_CLOSE, values).await? == 1)
}

/// Cancels all open tasks of these kinds of a case: what they asked for is no longer so.
pub(crate) async fn cancel_tasks(
    tx: &mut Tx,
    case: CaseId,
    kinds: &[TaskKind],
    why: &str,
    now: Instant,
) -> Result<(), StoreError> {
    for task in tasks(tx, case).await? {
        if task.status == TaskStatus::Open && kinds.contains(&task.kind) {
            close_task(tx, &task, TaskStatus::Cancelled, Actor::MACHINE, why, now).await?;
        }
    }
    Ok(())
}

/// Gives the open tasks of a case to another office.
pub(crate) async fn hand_over(tx: &mut Tx, case: &Case, office: Option<String>) -> Result<(), StoreError> {
    tx.execute(HAND_OVER, params![case.id, office]).await.map(drop)
}

/// The place whose office works on a case; `None` when there is no such case, or nobody knows where the family lives.
pub async fn place_of(tx: &mut Tx, case: CaseId) -> Result<Option<String>, StoreError> {
    tx.maybe(CASE_PLACE, params![case]).await?.map_or(Ok(None), |row| row.maybe("jurisdiction"))
}
