//! Where every decision is put: in force, before a second person, before the family, or nowhere because nothing changes.

use kernel::{AccountId, CaseId, Date, DecisionId, DeterminationId, HouseholdId};
use serde::{Deserialize, Serialize};
use store::{StoreError, Tx};

use super::model::{Content, Decision, DecisionStatus, Judgement, compose};
use super::notice::{self, Dates, Notices};
use super::{rows, way};
use crate::case::model::in_days;
use crate::case::rows as cases;
use crate::case::rows::NewTask;
use crate::case::{Actor, Case, Stage, StepKind, TaskKind};
use crate::desk::Desk;
use crate::determine::Determined;

/// The topic under which other rooms are told that a decision is in force.
pub const MADE: &str = "decision.made";

/// The payload of [`MADE`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// The decision.
    pub decision: DecisionId,
    /// The case.
    pub case: CaseId,
    /// The household.
    pub household: HouseholdId,
}

/// Where a decision went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "decision")]
pub enum Put {
    /// It holds.
    InForce(DecisionId),
    /// A second person must sign.
    Approval(DecisionId),
    /// The family may speak first.
    Hearing(DecisionId),
    /// It says what holds already.
    NoNews,
    /// It is not for the machine: an official must decide.
    Official,
}

/// Who puts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    /// The machine, where the pack allows.
    Machine,
    /// An official, who prepares.
    Official(AccountId),
    /// An official after the hearing, the second person, a reviewer or who enters a court's order: nothing more is asked of
    /// anybody, but of nobody's preparing a second signature over much money.
    Final { prepared: Option<AccountId>, decided: AccountId },
}

/// Puts a decision on a determination. The caller saves the case, whose stage and decision are set here.
pub(crate) async fn put(
    tx: &mut Tx,
    desk: &Desk<'_>,
    case: &mut Case,
    on: (DeterminationId, &Determined),
    judgement: Judgement,
    by: By,
) -> Result<Put, StoreError> {
    let (determination, determined) = on;
    let before = rows::in_force(tx, case).await?;
    let process = desk.pack.process(&case.programme);
    let content =
        compose(desk.pack, &case.programme, case.subject, determined, judgement, before.as_ref().map(|b| &b.content));
    if content.is_no_news() && content.judgement == Judgement::default() {
        case.enter(Stage::Decided, desk.today(), desk.now);
        cases::step(tx, desk, case, StepKind::Confirmed, actor(by), &serde_json::json!({})).await?;
        return Ok(Put::NoNews);
    }
    let worse = content.is_worse();
    // Nobody is heard about their own death; somebody must look all the same.
    let to_hear = worse && process.hearing_days > 0 && !is_dead(tx, desk, case).await?;
    // What a human being decided against the rules, another human being decides anew.
    let against_rules = before.as_ref().is_some_and(|b| b.content.judgement.overriding.is_some());
    if by == By::Machine && !to_hear && (against_rules || !content.may_be_automatic(determined, process)) {
        return Ok(Put::Official);
    }
    // Nobody has prepared it: whoever reviews, or enters a court's order, is the first to look at this sum.
    let first = matches!(by, By::Final { prepared: None, .. }) && content.is_large(process);
    let account = match by {
        By::Machine => None,
        By::Final { decided, .. } if first => Some(decided),
        By::Official(account) => Some(account),
        By::Final { prepared, .. } => prepared,
    };
    let notices = preview(tx, desk, case, &content, determined).await?;
    let mut decision = Decision {
        id: DecisionId::new(desk.ids, desk.now),
        case: case.id,
        determination,
        household: case.household,
        status: DecisionStatus::Proposed,
        automatic: by == By::Machine && !worse,
        content_hash: rows::hash(&content, &notices)?,
        notices,
        content,
        object_by: None,
        supersedes: before.map(|b| b.id),
        prepared_by: account,
        decided_by: None,
        prepared_at: desk.now,
        decided_at: None,
    };
    let heard = matches!(by, By::Final { .. });
    if to_hear && !heard {
        decision.status = DecisionStatus::Hearing;
        rows::add(tx, case, &decision).await?;
        open_hearing(tx, desk, case, &decision, by).await?;
        return Ok(Put::Hearing(decision.id));
    }
    if first || (!heard && by != By::Machine && decision.content.needs_second(process)) {
        rows::add(tx, case, &decision).await?;
        ask_second(tx, desk, case, &decision).await?;
        return Ok(Put::Approval(decision.id));
    }
    decision.decided_by = match by {
        By::Machine => None,
        By::Official(account) => Some(account),
        By::Final { decided, .. } => Some(decided),
    };
    rows::add(tx, case, &decision).await?;
    force(tx, desk, case, &mut decision, determined, actor(by)).await?;
    Ok(Put::InForce(decision.id))
}

/// Whether the person the entitlement is for has died.
pub(crate) async fn is_dead(tx: &mut Tx, desk: &Desk<'_>, case: &Case) -> Result<bool, StoreError> {
    let Some(person) = case.subject.person() else { return Ok(false) };
    let as_of = registry::AsOf::latest(desk.today());
    let Some(whole) = registry::read::person(tx, person, as_of).await? else { return Ok(false) };
    let basis = desk.basis(crate::model::Cause::Death).map_err(|e| StoreError::Driver(e.to_string()))?;
    Ok(whole.process(&basis, |record| record.death_date.is_some_and(|day| day <= desk.today())))
}

fn actor(by: By) -> Actor<'static> {
    match by {
        By::Machine => Actor::MACHINE,
        By::Official(account) | By::Final { decided: account, .. } => Actor { account: Some(account), role: None },
    }
}

async fn preview(
    tx: &mut Tx,
    desk: &Desk<'_>,
    case: &Case,
    content: &Content,
    determined: &Determined,
) -> Result<Notices, StoreError> {
    let dates =
        Dates { decided_on: desk.today(), object_by: object_by(desk, case), level: way::level(tx, content).await? };
    Ok(notice::write(desk.pack, content, determined, dates))
}

fn object_by(desk: &Desk<'_>, case: &Case) -> Date {
    in_days(desk.today(), desk.pack.process(&case.programme).objection_days)
}

/// Brings a decision into force: the one before ends, the notice bears today's date, other rooms are told.
pub(super) async fn force(
    tx: &mut Tx,
    desk: &Desk<'_>,
    case: &mut Case,
    decision: &mut Decision,
    determined: &Determined,
    actor: Actor<'_>,
) -> Result<(), StoreError> {
    let before = case.decision.filter(|b| *b != decision.id);
    decision.notices = preview(tx, desk, case, &decision.content, determined).await?;
    decision.content_hash = rows::hash(&decision.content, &decision.notices)?;
    decision.object_by = Some(object_by(desk, case));
    decision.supersedes = before;
    decision.status = DecisionStatus::InForce;
    decision.decided_at = Some(desk.now);
    if !rows::force(tx, case, decision, desk.now).await? {
        return Err(StoreError::Conflict);
    }
    if let Some(before) = before {
        rows::set_status(tx, case, before, DecisionStatus::InForce, DecisionStatus::Superseded).await?;
    }
    // What was prepared beside it is overtaken: a review or a court may decide while a worse decision is being heard.
    for other in rows::of_case(tx, case.id).await?.iter().filter(|d| d.id != decision.id) {
        rows::drop_prepared(tx, case, other).await?;
    }
    case.decision = Some(decision.id);
    case.enter(Stage::Decided, desk.today(), desk.now);
    // A court may order while two sources contradict each other, too.
    let done = [
        TaskKind::Decide,
        TaskKind::Approve,
        TaskKind::Hearing,
        TaskKind::Gap,
        TaskKind::Contradiction,
        TaskKind::Trouble,
    ];
    cases::cancel_tasks(tx, case.id, &done, "decided", desk.now).await?;
    let said = serde_json::json!({
        "decision": decision.id, "kind": decision.content.kind, "automatic": decision.automatic,
    });
    cases::step(tx, desk, case, StepKind::Decided, actor, &said).await?;
    let made = Made { decision: decision.id, case: case.id, household: case.household };
    tx.emit(desk.ids, desk.now, MADE, &made).await.map(drop)
}

/// Tells the family what is planned; an official goes on when it has spoken or its time is over.
async fn open_hearing(
    tx: &mut Tx,
    desk: &Desk<'_>,
    case: &mut Case,
    decision: &Decision,
    by: By,
) -> Result<(), StoreError> {
    let until = in_days(desk.today(), desk.pack.process(&case.programme).hearing_days);
    case.enter(Stage::Hearing, desk.today(), desk.now);
    let said = serde_json::json!({ "decision": decision.id, "until": until });
    cases::step(tx, desk, case, StepKind::HearingOpened, actor(by), &said).await?;
    crate::letter::write(tx, desk, case, crate::letter::Kind::Hearing, &decision.id.to_string(), until.into()).await?;
    let new = NewTask {
        kind: TaskKind::Hearing,
        agency: None,
        due_on: Some(until),
        assigned_to: case.assigned_to,
        barred: None,
        detail: said,
    };
    cases::open_task(tx, desk, case, new).await.map(drop)
}

/// A decision whose hearing is over, before the second person.
pub(super) async fn propose_heard(
    tx: &mut Tx,
    desk: &Desk<'_>,
    case: &mut Case,
    on: (DeterminationId, &Determined),
    judgement: Judgement,
    prepared_by: AccountId,
) -> Result<Put, StoreError> {
    let before = rows::in_force(tx, case).await?;
    let ran = before.as_ref().map(|b| &b.content);
    let content = compose(desk.pack, &case.programme, case.subject, on.1, judgement, ran);
    let notices = preview(tx, desk, case, &content, on.1).await?;
    let decision = Decision {
        id: DecisionId::new(desk.ids, desk.now),
        case: case.id,
        determination: on.0,
        household: case.household,
        status: DecisionStatus::Proposed,
        automatic: false,
        content_hash: rows::hash(&content, &notices)?,
        notices,
        content,
        object_by: None,
        supersedes: before.map(|b| b.id),
        prepared_by: Some(prepared_by),
        decided_by: None,
        prepared_at: desk.now,
        decided_at: None,
    };
    rows::add(tx, case, &decision).await?;
    ask_second(tx, desk, case, &decision).await?;
    Ok(Put::Approval(decision.id))
}

async fn ask_second(tx: &mut Tx, desk: &Desk<'_>, case: &mut Case, decision: &Decision) -> Result<(), StoreError> {
    case.enter(Stage::Approval, desk.today(), desk.now);
    let said = serde_json::json!({ "decision": decision.id, "kind": decision.content.kind });
    let actor = Actor { account: decision.prepared_by, role: None };
    cases::step(tx, desk, case, StepKind::Prepared, actor, &said).await?;
    let new = NewTask {
        kind: TaskKind::Approve,
        agency: None,
        due_on: None,
        assigned_to: None,
        barred: decision.prepared_by,
        detail: said,
    };
    cases::open_task(tx, desk, case, new).await.map(drop)
}
