//! Taking a case as far as it goes without a human being. Done again it does no harm: every step looks at what is there.

use std::collections::BTreeSet;

use catalogue::model::Stage as Part;
use kernel::{CaseId, Instant};
use rules::outcome::Answer;
use serde::Serialize;
use store::{StoreError, Tx};

use super::model::{Case, Stage, StepKind, TaskKind, TaskStatus, answer_by};
use super::reserve;
use super::rows::{self, Actor, NewTask};
use crate::decide::put::By;
use crate::decide::{self, Judgement, Put};
use crate::desk::Desk;
use crate::determine::{self, Basis, Determined};
use crate::investigate::{self, Need, Request, RequestStatus, Whom, ask};
use crate::letter;
use crate::model::Subject;

/// Where a case stands after a step.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Stand {
    /// It is closed, or there is no such case.
    Closed,
    /// Agencies or officials must say something first.
    Investigating,
    /// The family must say something first.
    AwaitingPerson,
    /// An official must decide.
    Official,
    /// It was put somewhere.
    Put(Put),
}

/// One step.
pub async fn run(tx: &mut Tx, desk: &Desk<'_>, id: CaseId) -> Result<Stand, StoreError> {
    let Some(mut case) = rows::case(tx, id).await? else { return Ok(Stand::Closed) };
    if case.stage.is_closed() {
        return Ok(Stand::Closed);
    }
    // What an official or the family has in hand is not taken from them.
    if matches!(case.stage, Stage::Approval | Stage::Hearing) {
        return Ok(if case.stage == Stage::Hearing { Stand::AwaitingPerson } else { Stand::Official });
    }
    // Somebody died: nothing goes on by itself until an official has said who carries the case on.
    if case.stage == Stage::Official && waits_for_heir(tx, &case).await? {
        return Ok(Stand::Official);
    }
    let before = case.clone();
    let stand = step(tx, desk, &mut case).await?;
    // A step that changed nothing leaves the page of an official who just reads the case valid.
    if case != before {
        rows::save(tx, &mut case, desk.now).await?;
    }
    Ok(stand)
}

/// Whether the applicant died and no official has said yet who carries the case on.
pub(crate) async fn waits_for_heir(tx: &mut Tx, case: &Case) -> Result<bool, StoreError> {
    let waits = |t: &super::Task| t.kind == TaskKind::ApplicantDied && t.status == TaskStatus::Open;
    Ok(rows::tasks(tx, case.id).await?.iter().any(waits))
}

async fn step(tx: &mut Tx, desk: &Desk<'_>, case: &mut Case) -> Result<Stand, StoreError> {
    let Some(basis) = determine::load(tx, desk, case).await? else {
        return trouble(tx, desk, case, "the household is gone").await;
    };
    let determined = determine::work_out(desk.pack, &basis);
    if determined.answer == Answer::Error {
        let why = determined.error.clone().unwrap_or_default();
        return trouble(tx, desk, case, &why).await;
    }
    if let Some(waits) = investigate_first(tx, desk, case, &basis, &determined).await? {
        return Ok(waits);
    }
    settle(tx, desk, case, &basis, &determined).await
}

/// Everything is known: write the determination down, and decide or hand it to an official.
async fn settle(
    tx: &mut Tx,
    desk: &Desk<'_>,
    case: &mut Case,
    basis: &Basis,
    determined: &Determined,
) -> Result<Stand, StoreError> {
    rows::cancel_tasks(tx, case.id, &[TaskKind::Gap, TaskKind::Trouble], "known now", desk.now).await?;
    if !desk.pack.process(&case.programme).uses(Part::Determination) {
        return waits_for_ministry(tx, desk, case).await;
    }
    let id = determination(tx, desk, case, basis, determined).await?;
    if reserve::is(tx, desk, case).await? {
        return waits_for_ministry(tx, desk, case).await;
    }
    let put = decide::put(tx, desk, case, (id, determined), Judgement::default(), By::Machine).await?;
    if put != Put::Official {
        rows::cancel_tasks(tx, case.id, &[TaskKind::Decide], "decided", desk.now).await?;
        return Ok(Stand::Put(put));
    }
    case.enter(Stage::Official, desk.today(), desk.now);
    let detail = serde_json::json!({ "answer": determined.answer, "amount": determined.amount });
    open_once(tx, desk, case, TaskKind::Decide, detail).await?;
    Ok(Stand::Official)
}

/// Nobody of ours has anything to do: the case waits for the ministry's own result.
async fn waits_for_ministry(tx: &mut Tx, desk: &Desk<'_>, case: &mut Case) -> Result<Stand, StoreError> {
    rows::cancel_tasks(tx, case.id, &[TaskKind::Decide], "kept for the ministry", desk.now).await?;
    case.enter(Stage::Official, desk.today(), desk.now);
    Ok(Stand::Official)
}

/// The determination of today, written once: a step done again finds it.
pub(crate) async fn determination(
    tx: &mut Tx,
    desk: &Desk<'_>,
    case: &mut Case,
    basis: &Basis,
    determined: &Determined,
) -> Result<kernel::DeterminationId, StoreError> {
    if let Some(last) = case.determination {
        let last = determine::read(tx, case.subject, last).await?;
        if let Some(last) = last.filter(|l| l.on == basis.on && l.determined == *determined) {
            return Ok(last.id);
        }
    }
    let id = determine::record(tx, desk, case, basis, determined, None).await?;
    case.determination = Some(id);
    let said = serde_json::json!({ "determination": id, "answer": determined.answer, "amount": determined.amount });
    rows::step(tx, desk, case, StepKind::Determined, Actor::MACHINE, &said).await?;
    Ok(id)
}

/// Asks for what is missing; `None` when nothing is.
async fn investigate_first(
    tx: &mut Tx,
    desk: &Desk<'_>,
    case: &mut Case,
    basis: &Basis,
    determined: &Determined,
) -> Result<Option<Stand>, StoreError> {
    let confirmed = ask::confirmed(tx, desk, case).await?;
    let needs = investigate::needs(desk.pack, basis, case.applicant, determined, &confirmed);
    let since = reopened_at(tx, case).await?;
    let asked = investigate::of_case(tx, case.id).await?;
    // What was called back (a consent was taken back, and is given again) has not been asked.
    let over = |r: &Request| !r.status.is_open() && r.status != RequestStatus::Cancelled;
    let ended = |need: &&Need| covers(&asked, need, |r| over(r) && r.asked_at >= since);
    let open = |need: &&Need| covers(&asked, need, |r| r.status.is_open());
    let of_agencies: Vec<&Need> = needs.iter().filter(|n| n.whom != Whom::Person).collect();
    let mut fresh: Vec<Need> = of_agencies.iter().filter(|n| !ended(n) && !open(n)).map(|n| (*n).clone()).collect();
    // A process without investigation asks no agency: what is missing is the office's own to find.
    let mut unasked = Vec::new();
    if !desk.pack.process(&case.programme).uses(Part::Investigation) {
        unasked = std::mem::take(&mut fresh);
    }
    let mut gaps: Vec<Need> = of_agencies.iter().filter(|n| ended(n) && !open(n)).map(|n| (*n).clone()).collect();
    let mut of_person: Vec<&Need> = needs.iter().filter(|n| n.whom == Whom::Person).collect();
    if !of_person.is_empty() && is_silent(tx, desk, case).await? {
        // Asked and silent past its time: an official finds it out or decides without it, and the legal time runs again.
        gaps.extend(of_person.drain(..).cloned());
    }
    let in_vain = ask::run(tx, desk, case, &fresh).await?;
    gaps.extend(fresh.extract_if(.., |n| in_vain.contains(&(n.subject, n.item.clone()))));
    gaps.extend(unasked);
    if gaps.is_empty() {
        // An agency that was late, or an official's note, has filled it.
        rows::cancel_tasks(tx, case.id, &[TaskKind::Gap], "known now", desk.now).await?;
    } else {
        let detail = serde_json::json!({ "needs": gaps });
        open_once(tx, desk, case, TaskKind::Gap, detail).await?;
    }
    if !of_person.is_empty() && ask_person(tx, desk, case, &of_person).await? {
        // What is asked for the first time has its whole time, however long the family was asked for something else.
        case.enter(Stage::Investigating, desk.today(), desk.now);
    }
    let tasks = rows::tasks(tx, case.id).await?;
    let settling =
        tasks.iter().any(|t| t.status == TaskStatus::Open && matches!(t.kind, TaskKind::Contradiction | TaskKind::Gap));
    let asking = !fresh.is_empty() || of_agencies.iter().any(open);
    if asking || settling || !of_person.is_empty() {
        // What an official was to decide has to be known first: the list holds only what can be done.
        rows::cancel_tasks(tx, case.id, &[TaskKind::Decide, TaskKind::Trouble], "more must be known", desk.now).await?;
    }
    if asking || settling {
        case.enter(Stage::Investigating, desk.today(), desk.now);
        return Ok(Some(Stand::Investigating));
    }
    if !of_person.is_empty() {
        case.enter(Stage::AwaitingPerson, desk.today(), desk.now);
        return Ok(Some(Stand::AwaitingPerson));
    }
    Ok(None)
}

/// Whether the family was asked and its time to answer is over, or an official has taken that over already.
async fn is_silent(tx: &mut Tx, desk: &Desk<'_>, case: &Case) -> Result<bool, StoreError> {
    let late = case.paused_on.is_some_and(|asked| answer_by(desk, &case.programme, asked) < desk.today());
    if late && case.stage == Stage::AwaitingPerson {
        return Ok(true);
    }
    let of_family = |t: &super::Task| {
        let needs = t.detail.get("needs").cloned().and_then(|n| serde_json::from_value::<Vec<Need>>(n).ok());
        needs.is_some_and(|needs| needs.iter().any(|n| n.whom == Whom::Person))
    };
    let open = |t: &super::Task| t.kind == TaskKind::Gap && t.status == TaskStatus::Open && of_family(t);
    Ok(rows::tasks(tx, case.id).await?.iter().any(open))
}

/// Whether a question that is `so` asks for what is wanted.
fn covers(asked: &[Request], need: &Need, so: impl Fn(&Request) -> bool) -> bool {
    asked.iter().filter(|r| so(r)).any(|r| r.items.iter().any(|(s, i)| *s == need.subject && *i == need.item))
}

/// Since when the present look at the case runs: questions of an earlier one are not this one's.
async fn reopened_at(tx: &mut Tx, case: &Case) -> Result<Instant, StoreError> {
    let steps = rows::steps(tx, case.id).await?;
    Ok(steps.iter().rev().find(|s| s.kind == StepKind::Reopened).map_or(case.opened_at, |s| s.at))
}

/// Asks the family for what only it can say: a letter, once for the same things. Says whether these are new.
async fn ask_person(tx: &mut Tx, desk: &Desk<'_>, case: &Case, needs: &[&Need]) -> Result<bool, StoreError> {
    let items: BTreeSet<(Subject, &str)> = needs.iter().map(|n| (n.subject, n.item.as_str())).collect();
    let key = format!("{} {}", case.id, items.iter().map(|(_, i)| *i).collect::<Vec<_>>().join(" "));
    let by = answer_by(desk, &case.programme, desk.today());
    let new = letter::write(tx, desk, case, letter::Kind::Asked, &key, by.into()).await?;
    if new {
        let said = serde_json::json!({ "needs": needs });
        rows::step(tx, desk, case, StepKind::AskedPerson, Actor::MACHINE, &said).await?;
    }
    Ok(new)
}

/// What cannot be worked out waits for a human being; it never denies.
async fn trouble(tx: &mut Tx, desk: &Desk<'_>, case: &mut Case, why: &str) -> Result<Stand, StoreError> {
    case.enter(Stage::Official, desk.today(), desk.now);
    open_once(tx, desk, case, TaskKind::Trouble, serde_json::json!({ "why": why })).await?;
    Ok(Stand::Official)
}

/// Opens a task unless one of its kind is open.
pub(crate) async fn open_once(
    tx: &mut Tx,
    desk: &Desk<'_>,
    case: &Case,
    kind: TaskKind,
    detail: serde_json::Value,
) -> Result<(), StoreError> {
    let tasks = rows::tasks(tx, case.id).await?;
    if tasks.iter().any(|t| t.kind == kind && t.status == TaskStatus::Open) {
        return Ok(());
    }
    let new = NewTask { kind, agency: None, due_on: None, assigned_to: case.assigned_to, barred: None, detail };
    rows::open_task(tx, desk, case, new).await.map(drop)
}
