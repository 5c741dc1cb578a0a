//! A case is opened for a family with complex needs, most often after a decision on its level of need.

use guard::{Action, Allowed, Role, Who};
use kernel::{EnrolmentId, FamilyCaseId, TierDecisionId};
use store::{AsConflict, StoreError, Tx};

use super::case::{Case, MOST_WORDS, Opening};
use super::rows;
use crate::desk::Desk;

/// A case to be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// Names it: the same id sent twice is one case.
    pub id: FamilyCaseId,
    /// The family.
    pub enrolment: EnrolmentId,
    /// Why.
    pub why: String,
    /// The decision on need it follows from; `None`: none.
    pub tier: Option<TierDecisionId>,
}

/// Why no case was opened.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The guard did not allow it.
    #[error("the family is not in your hands")]
    NotAllowed,
    /// No such family.
    #[error("there is no such family, its visits have ended, or it has not agreed to any")]
    NoEnrolment,
    /// The pack knows no case management.
    #[error("the pack has no case-steps.toml: there is no case management in it")]
    NoSteps,
    /// One runs already.
    #[error("a case runs already: {0}")]
    Already(FamilyCaseId),
    /// Another case has this id.
    #[error("this id names another case")]
    OtherCase,
    /// No such decision.
    #[error("there is no such decision on this family's need")]
    NoDecision,
    /// No words, or too many.
    #[error("say in 3 to {MOST_WORDS} characters why the case is opened")]
    NoWords,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AsConflict for Fault {
    fn is_conflict(&self) -> bool {
        matches!(self, Fault::Store(e) if e.is_conflict())
    }
}

/// Opens a case. `allowed` is the guard's decision for [`Action::WorkPlan`].
///
/// # Errors
/// [`Fault`]; nothing is written then.
pub async fn run(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: &Allowed,
    input: &Input,
) -> Result<FamilyCaseId, Fault> {
    let e = crate::rows::enrolment(tx, input.enrolment).await?;
    let e = e.filter(|e| e.left.is_none() && e.consented_at.is_some()).ok_or(Fault::NoEnrolment)?;
    let works = matches!(who.role, Role::Nurse | Role::VisitSupervisor);
    if !works || allowed.action() != Action::WorkPlan || !allowed.covers(e.person) {
        return Err(Fault::NotAllowed);
    }
    if let Some(known) = rows::case(tx, input.id).await? {
        let same = known.opening.enrolment == e.id && known.opening.why == input.why.trim();
        return if same { Ok(input.id) } else { Err(Fault::OtherCase) };
    }
    let last = rows::of_enrolment(tx, e.person, e.id).await?.pop();
    if let Some(running) = last.filter(|case| case.closed.is_none()) {
        return Err(Fault::Already(running.opening.id));
    }
    let steps = desk.pack.case_steps().ok_or(Fault::NoSteps)?.clone();
    if !(3..=MOST_WORDS).contains(&input.why.trim().chars().count()) {
        return Err(Fault::NoWords);
    }
    if let Some(tier) = input.tier
        && !crate::rows::tiers(tx, &e).await?.iter().any(|t| t.id == tier)
    {
        return Err(Fault::NoDecision);
    }
    let opening = Opening {
        id: input.id,
        enrolment: e.id,
        person: e.person,
        organisation: e.organisation,
        why: input.why.trim().to_owned(),
        tier: input.tier,
        steps,
        on: desk.today(),
        account: who.account,
    };
    rows::add(tx, desk, &Case::begun(opening)).await?;
    Ok(input.id)
}
