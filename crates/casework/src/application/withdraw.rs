//! Taking an application back, whole or some of its programmes, while nothing is decided.

use guard::{Allowed, Who};
use kernel::{ApplicationId, CaseId};
use store::{AsConflict, StoreError, Tx, params};

use super::model::{MOST_CHOSEN, reason};
use super::{ground, rows, supply};
use crate::case::{self, Actor, Case, Stage, StepKind, reopen};
use crate::desk::Desk;

/// What is taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// The application.
    pub application: ApplicationId,
    /// These cases of it; `None`: all that are not decided.
    pub cases: Option<Vec<CaseId>>,
    /// Why, if the person wants to say; an official must.
    pub reason: Option<String>,
}

/// Why nothing was taken back.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// No such application, or of nobody the account may act for.
    #[error("there is no such application")]
    NoApplication,
    /// A case that is not of this application.
    #[error("case {0} is not of this application: read it again")]
    NoCase(CaseId),
    /// It was decided.
    #[error(
        "case {0} was decided already: what was granted is given up by reporting a change, what was refused needs nothing"
    )]
    Decided(CaseId),
    /// An official gave no reason.
    #[error("an official who takes an application back for somebody says why: give a reason of 3 to 2000 characters")]
    NoReason,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AsConflict for Fault {
    fn is_conflict(&self) -> bool {
        matches!(self, Fault::Store(e) if e.is_conflict())
    }
}

/// Takes it back and gives the cases that were open until now. Taking back twice changes nothing the second time. An
/// offer that had been accepted is no longer so; the next time the household is worked out it may be open again.
pub async fn run(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: &[Allowed],
    input: Input,
) -> Result<Vec<CaseId>, Fault> {
    let head = supply::head(tx, input.application).await?.ok_or(Fault::NoApplication)?;
    ground(tx, desk, who, allowed, head.applicant, None).await?.ok_or(Fault::NoApplication)?;
    let reason = reason(input.reason.as_deref());
    if who.role.is_staff() && reason.is_none() {
        return Err(Fault::NoReason);
    }
    let all = case::rows::of_application(tx, input.application).await?;
    let chosen = match &input.cases {
        None => all.iter().filter(|c| !c.stage.is_closed()).collect(),
        Some(ids) => named(&all, ids)?,
    };
    let mut withdrawn = Vec::new();
    for one in chosen {
        match one.stage {
            Stage::Withdrawn | Stage::Void => {}
            Stage::Decided => return Err(Fault::Decided(one.id)),
            _ => {
                // A proxy for some programmes takes back those and no others.
                let programme = Some(one.programme.as_str());
                ground(tx, desk, who, allowed, head.applicant, programme).await?.ok_or(Fault::NoCase(one.id))?;
                close(tx, desk, who, one.clone(), reason.as_deref()).await?;
                withdrawn.push(one.id);
            }
        }
    }
    Ok(withdrawn)
}

fn named<'a>(all: &'a [Case], ids: &[CaseId]) -> Result<Vec<&'a Case>, Fault> {
    let find = |id: &CaseId| all.iter().find(|c| c.id == *id).ok_or(Fault::NoCase(*id));
    let mut ids: Vec<CaseId> = ids.iter().copied().take(MOST_CHOSEN).collect();
    ids.sort();
    ids.dedup();
    ids.iter().map(find).collect()
}

async fn close(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    mut case: Case,
    reason: Option<&str>,
) -> Result<(), StoreError> {
    let detail = serde_json::json!({ "reason": reason });
    reopen::close(tx, desk, &mut case, Stage::Withdrawn, StepKind::Withdrawn, Actor::of(who), detail).await?;
    if let Some(offer) = case.offer {
        let subject = case.subject.uuid();
        tx.execute(rows::ITEM_VOID, params![subject, offer, case.application]).await?;
        tx.execute(rows::ITEM_KEEP, params![subject, offer, case.application]).await?;
        tx.execute(rows::OFFER_LAPSE, params![subject, offer, desk.now]).await?;
    }
    Ok(())
}
