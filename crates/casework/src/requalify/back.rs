//! Taking a whole run back. What has not become a decision is withdrawn, with a record and a word to the family; what has is
//! corrected by the ordinary process: another look, or an objection.

use guard::{Action, Allowed, Who};
use kernel::{FindingId, RequalificationId};
use serde::{Deserialize, Serialize};
use store::{StoreError, Tx, params};
use uuid::Uuid;

use super::model::{Finding, FindingStatus, Status};
use super::order::Fault;
use super::rows;
use crate::case::Actor;
use crate::case::model::{Stage, StepKind, TaskKind};
use crate::case::rows as cases;
use crate::decide;
use crate::desk::Desk;
use crate::letter;
use crate::model::OfferStatus;

/// The job that takes a run back.
pub const ROLL_BACK: &str = "requalification.back";
/// Before the acts of other runs.
const PRIORITY: i32 = 54;
/// Findings of one transaction.
const CHUNK: u32 = 20;

/// The payload of [`ROLL_BACK`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Job {
    requalification: RequalificationId,
    after: FindingId,
}

/// Begins to take a run back; from now on nothing of it is begun.
pub async fn roll_back(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: &Allowed,
    id: RequalificationId,
    reason: &str,
) -> Result<(), Fault> {
    if allowed.action() != Action::TakeSnapshot {
        return Err(Fault::NotAllowed);
    }
    let reason = reason.trim();
    if reason.chars().count() < 3 {
        return Err(Fault::NoGround);
    }
    let run = rows::one(tx, id).await?.ok_or(Fault::Nothing)?;
    let why = format!("{reason} ({})", who.account);
    if !rows::end(tx, id, (Status::Found, Status::RollingBack), Some(&why), desk.now).await? {
        return Err(Fault::WrongStatus(run.status.word()));
    }
    tx.execute(rows::DROP_ACTS, params![id]).await?;
    let job = Job { requalification: id, after: FindingId(Uuid::nil()) };
    tx.queue(desk.ids, desk.now, ROLL_BACK, &format!("{id} {}", job.after), PRIORITY, &job).await?;
    Ok(())
}

/// Takes a chunk back, and queues the rest.
pub(super) async fn carry_out(tx: &mut Tx, desk: &Desk<'_>, payload: &str) -> Result<(), crate::recompute::Fault> {
    let job: Job = serde_json::from_str(payload).map_err(|e| crate::recompute::Fault::Payload(e.to_string()))?;
    let id = job.requalification;
    let begun = tx.all(rows::BEGUN, params![id, job.after, CHUNK]).await?;
    let begun = begun.iter().map(rows::finding).collect::<Result<Vec<_>, _>>()?;
    let last = begun.last().map(|f| f.id);
    for f in begun {
        let status = match f.status {
            FindingStatus::Begun => withdraw(tx, desk, &f).await?,
            _ => FindingStatus::Withdrawn,
        };
        rows::mark(tx, &f, status, None, desk.now, f.status).await?;
    }
    match last {
        None => drop(rows::end(tx, id, (Status::RollingBack, Status::RolledBack), None, desk.now).await?),
        Some(after) => {
            let job = Job { requalification: id, after };
            tx.queue(desk.ids, desk.now, ROLL_BACK, &format!("{id} {after}"), PRIORITY, &job).await?;
        }
    }
    Ok(())
}

/// Takes what a finding began back, unless it has become a decision.
async fn withdraw(tx: &mut Tx, desk: &Desk<'_>, f: &Finding) -> Result<FindingStatus, StoreError> {
    if let Some(id) = f.offer {
        let offers = crate::rows::offers_by_id(tx, &[id]).await?;
        let Some(offer) = offers.iter().find(|o| o.status == OfferStatus::Open) else {
            return Ok(FindingStatus::Stands);
        };
        crate::rows::set_status(tx, offer, OfferStatus::Withdrawn, desk.now).await?;
        return Ok(FindingStatus::Withdrawn);
    }
    let Some(id) = f.case else { return Ok(FindingStatus::Stands) };
    let Some(mut case) = cases::case(tx, id).await? else { return Ok(FindingStatus::Stands) };
    if case.stage.is_closed() || case.decision != f.decision {
        return Ok(FindingStatus::Stands);
    }
    let told = case.stage == Stage::Hearing;
    for decision in decide::of_case(tx, case.id).await? {
        decide::drop_prepared(tx, &case, &decision).await?;
    }
    let own = [
        TaskKind::Decide,
        TaskKind::Approve,
        TaskKind::Hearing,
        TaskKind::Gap,
        TaskKind::Contradiction,
        TaskKind::Trouble,
    ];
    cases::cancel_tasks(tx, case.id, &own, "the requalification was taken back", desk.now).await?;
    crate::investigate::answer::cancel(tx, desk, &case).await?;
    case.enter(Stage::Decided, desk.today(), desk.now);
    cases::save(tx, &mut case, desk.now).await?;
    let said = serde_json::json!({ "requalification": f.requalification, "finding": f.id });
    cases::step(tx, desk, &case, StepKind::TakenBack, Actor::MACHINE, &said).await?;
    if told {
        letter::write(tx, desk, &case, letter::Kind::HearingOver, &f.id.to_string(), desk.today().into()).await?;
    }
    Ok(FindingStatus::Withdrawn)
}
