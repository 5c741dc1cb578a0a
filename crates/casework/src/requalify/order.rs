//! Ordering a requalification, approving it, and what the machine tells of it.

use guard::{Action, Allowed, Who};
use kernel::{Date, Instant, RequalificationId};
use serde::{Deserialize, Serialize};
use store::{AsConflict, StoreError, Tx, params};

use super::model::{ActStatus, Found, Requalification, Scope, Status, Summary};
use super::rows::{self, FINDING_ADD, Home};
use crate::case::Stage;
use crate::desk::Desk;
use crate::rows::json;

/// The job that reads everybody and works everything out, done where snapshots are made.
pub const RUN: &str = "requalification.run";
/// Behind what a person waits for.
const PRIORITY: i32 = 70;

/// The payload of the jobs of a requalification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Which.
    pub requalification: RequalificationId,
}

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// No such order, group, act or finding.
    #[error("there is no such requalification, group or finding")]
    Nothing,
    /// The guard did not allow it.
    #[error("not allowed")]
    NotAllowed,
    /// No reason or law.
    #[error("everybody is looked at again for a reason and under a law: give both, three letters at least")]
    NoGround,
    /// The same person twice.
    #[error("you asked for this: somebody else must approve it")]
    SamePerson,
    /// Something else was done first.
    #[error("it stands at «{0}» by now: look again")]
    WrongStatus(&'static str),
    /// Nobody has anything to do in the group any more.
    #[error("there is nothing open in this group")]
    NothingOpen,
    /// Only somebody who signs decisions signs for a group.
    #[error("only somebody who signs decisions can sign for a whole group")]
    NotASigner,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AsConflict for Fault {
    fn is_conflict(&self) -> bool {
        matches!(self, Fault::Store(e) if e.is_conflict())
    }
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// Names this order: the same id sent twice is one.
    pub id: RequalificationId,
    /// The day of the facts.
    pub on: Date,
    /// Why.
    pub reason: String,
    /// The law it rests on.
    pub law: String,
}

/// Asks for it. Nothing is read before somebody else approves.
pub async fn ask(tx: &mut Tx, desk: &Desk<'_>, who: &Who, allowed: &Allowed, input: &Ask) -> Result<(), Fault> {
    if allowed.action() != Action::TakeSnapshot {
        return Err(Fault::NotAllowed);
    }
    let (reason, law) = (input.reason.trim(), input.law.trim());
    if reason.chars().count() < 3 || law.chars().count() < 3 {
        return Err(Fault::NoGround);
    }
    let values = params![input.id, input.on, reason, law, json(who)?, desk.now];
    tx.execute(rows::ADD, values).await?;
    Ok(())
}

/// Approves what another asked for, and queues the work.
pub async fn approve(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: &Allowed,
    id: RequalificationId,
) -> Result<(), Fault> {
    if allowed.action() != Action::TakeSnapshot {
        return Err(Fault::NotAllowed);
    }
    let order = rows::one(tx, id).await?.ok_or(Fault::Nothing)?;
    // One human being with two accounts is still one.
    let same_person = who.person.is_some() && who.person == order.asked_by.person;
    if order.asked_by.account == who.account || same_person {
        return Err(Fault::SamePerson);
    }
    if tx.execute(rows::APPROVE, params![id, json(who)?, desk.now]).await? != 1 {
        return Err(Fault::WrongStatus(order.status.word()));
    }
    tx.queue(desk.ids, desk.now, RUN, &id.to_string(), PRIORITY, &Job { requalification: id }).await?;
    Ok(())
}

/// Writes findings of a run down. Told again, nothing is there twice.
pub async fn found(
    tx: &mut Tx,
    desk: &Desk<'_>,
    id: RequalificationId,
    run_hash: &str,
    all: &[Found],
) -> Result<(), StoreError> {
    let mut fresh = Vec::new();
    for found in all {
        let home = home(tx, desk, found).await?;
        fresh.push(rows::values(id, run_hash, found, home, desk.now));
    }
    FINDING_ADD.insert(tx, fresh).await.map(drop)
}

/// The case a finding is about, and whose office works on it: that of the case, or for what is not claimed yet that of the
/// place where the family lives.
async fn home(tx: &mut Tx, desk: &Desk<'_>, found: &Found) -> Result<Home, StoreError> {
    for row in tx.all(rows::CASES, params![found.subject.uuid(), found.programme]).await? {
        let stage: Stage = row.parse("stage")?;
        if !matches!(stage, Stage::Withdrawn | Stage::Void) {
            let place: Option<String> = row.maybe("jurisdiction")?;
            let office = place.map(|p| desk.office_of(&p)).unwrap_or_default();
            return Ok((Some(row.get("case_id")?), row.get("agency")?, office));
        }
    }
    let agency = desk.pack.programmes().get(&found.programme).map(|p| p.decided_by.clone()).unwrap_or_default();
    Ok((None, agency, found.place.as_deref().map(|p| desk.office_of(p)).unwrap_or_default()))
}

/// What a run that is done was of.
#[derive(Clone, Debug)]
pub struct Told<'a> {
    /// The moment of knowledge of the snapshot.
    pub as_of: Instant,
    /// The pack.
    pub pack_hash: &'a str,
    /// The hash of all that the run says.
    pub run_hash: &'a str,
    /// Its figures.
    pub summary: &'a Summary,
}

/// The findings are all there.
pub async fn done(tx: &mut Tx, id: RequalificationId, told: &Told<'_>) -> Result<bool, StoreError> {
    let values = params![id, told.as_of, told.pack_hash, told.run_hash, json(told.summary)?];
    Ok(tx.execute(rows::FOUND, values).await? == 1)
}

/// It cannot be done; nothing follows from it.
pub async fn failed(tx: &mut Tx, desk: &Desk<'_>, id: RequalificationId, why: &str) -> Result<bool, StoreError> {
    rows::end(tx, id, (Status::Running, Status::Failed), Some(why), desk.now).await
}

/// The order a job is about, when it is still to be done.
pub async fn to_run(tx: &mut Tx, id: RequalificationId) -> Result<Option<Requalification>, StoreError> {
    Ok(rows::one(tx, id).await?.filter(|r| r.status == Status::Running))
}

/// A group of a run whose findings are there; `None` when there is none in the scope.
pub(super) async fn open_run(tx: &mut Tx, id: RequalificationId) -> Result<Requalification, Fault> {
    let run = rows::one(tx, id).await?.ok_or(Fault::Nothing)?;
    if run.status == Status::Found { Ok(run) } else { Err(Fault::WrongStatus(run.status.word())) }
}

/// The findings somebody works on: those of their agency and, unless they work for a larger place, of their office. Whoever
/// only reads figures has all.
pub fn scope(desk: &Desk<'_>, who: &Who) -> Scope {
    match who.role {
        guard::Role::Caseworker | guard::Role::Approver => {
            let (agency, place) = crate::case::worklist::office(desk, who);
            Scope { agency, jurisdiction: place.unwrap_or_default() }
        }
        _ => Scope::default(),
    }
}

/// Whether an act can still be signed.
pub(super) const OPEN_ACT: ActStatus = ActStatus::Proposed;
