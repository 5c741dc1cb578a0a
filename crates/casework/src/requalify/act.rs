//! A thousand alike at once: a dry run, one official proposes, a second signs, the machine carries it out case by case.

use std::collections::BTreeMap;

use guard::{Allowed, Role, Who};
use kernel::{FindingId, RequalificationActId, RequalificationId};
use serde::{Deserialize, Serialize};
use store::{StoreError, Tx, params};
use uuid::Uuid;

use super::follow::{begin, foresee, may, persons};
use super::model::{Act, ActStatus, Finding, FindingStatus, Outcome, Scope, Status};
use super::order::{Fault, OPEN_ACT, open_run};
use super::rows;
use crate::desk::Desk;

/// The job that carries an act out.
pub const CARRY_OUT: &str = "requalification.act";
/// Behind what a person waits for.
const PRIORITY: i32 = 55;
/// Findings of one transaction.
const CHUNK: u32 = 20;
/// Findings a dry run looks at one by one; of a larger group the rest is counted and not foreseen.
pub const DRY: u32 = 500;

/// The payload of [`CARRY_OUT`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Job {
    act: RequalificationActId,
    after: FindingId,
}

/// What would follow if the group were begun now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Planned {
    /// How many findings come to which outcome.
    pub outcomes: BTreeMap<Outcome, u64>,
    /// Open findings beyond those that were looked at.
    pub beyond: u64,
}

/// The dry run of a group as it is shown: `None` where nothing can be begun, because the run was taken back or is not there yet.
pub async fn planned(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    id: RequalificationId,
    cause: &str,
    scope: &Scope,
) -> Result<Option<Planned>, StoreError> {
    match dry_run(tx, desk, who, id, cause, scope).await {
        Ok(planned) => Ok(Some(planned)),
        Err(Fault::Store(error)) => Err(error),
        Err(_) => Ok(None),
    }
}

/// The dry run: what would follow for the open findings of a group. Reads alone.
pub async fn dry_run(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    id: RequalificationId,
    cause: &str,
    scope: &Scope,
) -> Result<Planned, Fault> {
    open_run(tx, id).await?;
    let group = rows::groups(tx, id, scope, cause).await?;
    let open: u64 = group.iter().map(|g| g.open).sum();
    let mut planned = Planned::default();
    for f in rows::of_group(tx, (id, cause), scope, true, (FindingId(Uuid::nil()), DRY)).await? {
        let outcome = foresee(tx, desk, &f, &persons([who.person])).await?;
        *planned.outcomes.entry(outcome).or_default() += 1;
    }
    planned.beyond = open.saturating_sub(planned.outcomes.values().sum());
    Ok(planned)
}

/// Proposes to begin everything open in a group, as the dry run showed it.
pub async fn propose(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: &Allowed,
    id: RequalificationId,
    cause: &str,
) -> Result<RequalificationActId, Fault> {
    if !may(allowed, who) {
        return Err(Fault::NotAllowed);
    }
    let scope = super::order::scope(desk, who);
    let planned = dry_run(tx, desk, who, id, cause, &scope).await?;
    if planned.outcomes.is_empty() {
        return Err(Fault::NothingOpen);
    }
    let waiting = rows::acts(tx, id).await?;
    let same = |a: &&Act| a.cause == cause && a.agency == scope.agency && a.jurisdiction == scope.jurisdiction;
    if let Some(there) = waiting.iter().filter(same).find(|a| a.status == OPEN_ACT) {
        return Ok(there.id);
    }
    let act = Act {
        id: RequalificationActId::new(desk.ids, desk.now),
        requalification: id,
        cause: cause.to_owned(),
        agency: scope.agency,
        jurisdiction: scope.jurisdiction,
        status: OPEN_ACT,
        planned: planned.outcomes,
        proposed: (who.account, who.person),
        proposed_at: desk.now,
        signed: None,
        signed_at: None,
    };
    rows::add_act(tx, &act).await?;
    Ok(act.id)
}

/// The second person signs, and the work is queued; or sends it back.
pub async fn sign(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: &Allowed,
    id: RequalificationActId,
    agrees: bool,
) -> Result<(), Fault> {
    let act = rows::act_of(tx, id).await?.ok_or(Fault::Nothing)?;
    let scope = super::order::scope(desk, who);
    let theirs = (scope.agency.is_empty() || scope.agency == act.agency)
        && (scope.jurisdiction.is_empty() || scope.jurisdiction == act.jurisdiction);
    if !may(allowed, who) || !theirs {
        return Err(Fault::NotAllowed);
    }
    if who.role != Role::Approver {
        return Err(Fault::NotASigner);
    }
    open_run(tx, act.requalification).await?;
    if act.proposed.0 == who.account || (who.person.is_some() && act.proposed.1 == who.person) {
        return Err(Fault::SamePerson);
    }
    let done = if agrees {
        tx.execute(rows::SIGN, params![act.requalification, act.id, who.account, who.person, desk.now]).await? == 1
    } else {
        rows::set_act(tx, &act, OPEN_ACT, ActStatus::Dropped).await?
    };
    if !done {
        return Err(Fault::WrongStatus(act.status.word()));
    }
    if agrees {
        let job = Job { act: act.id, after: FindingId(Uuid::nil()) };
        tx.queue(desk.ids, desk.now, CARRY_OUT, &format!("{} {}", act.id, job.after), PRIORITY, &job).await?;
    }
    Ok(())
}

/// Carries a chunk of a signed act out, and queues the rest. A finding that was begun already is left alone.
pub(super) async fn carry_out(tx: &mut Tx, desk: &Desk<'_>, payload: &str) -> Result<(), crate::recompute::Fault> {
    let job: Job = serde_json::from_str(payload).map_err(|e| crate::recompute::Fault::Payload(e.to_string()))?;
    let Some(act) = rows::act_of(tx, job.act).await?.filter(|a| a.status == ActStatus::Signed) else {
        return Ok(());
    };
    let run = rows::one(tx, act.requalification).await?;
    if run.is_none_or(|r| r.status != Status::Found) {
        return Ok(());
    }
    let scope = Scope { agency: act.agency.clone(), jurisdiction: act.jurisdiction.clone() };
    let group = (act.requalification, act.cause.as_str());
    let open = rows::of_group(tx, group, &scope, true, (job.after, CHUNK)).await?;
    let officials = persons([act.proposed.1, act.signed.and_then(|s| s.1)]);
    let last = open.last().map(|f| f.id);
    for mut f in open {
        one(tx, desk, &act, &mut f, &officials).await?;
    }
    match last {
        None => drop(rows::set_act(tx, &act, ActStatus::Signed, ActStatus::Done).await?),
        Some(after) => {
            let key = format!("{} {after}", act.id);
            tx.queue(desk.ids, desk.now, CARRY_OUT, &key, PRIORITY, &Job { act: act.id, after }).await?;
        }
    }
    Ok(())
}

async fn one(
    tx: &mut Tx,
    desk: &Desk<'_>,
    act: &Act,
    f: &mut Finding,
    officials: &[kernel::PersonId],
) -> Result<(), StoreError> {
    let outcome = begin(tx, desk, f, officials).await?;
    f.outcome = Some(outcome);
    let status = match outcome {
        // Others do it: it stays open for them.
        Outcome::OwnFamily => FindingStatus::Open,
        _ if outcome.begins() => FindingStatus::Begun,
        _ => FindingStatus::Nothing,
    };
    rows::mark(tx, f, status, Some(act.id), desk.now, FindingStatus::Open).await.map(drop)
}
