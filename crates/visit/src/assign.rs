//! Whose family it is: giving it to a nurse, ending the visits.

use guard::{Action, Allowed, Who};
use kernel::{AccountId, Date, EnrolmentId};
use serde_json::json;
use store::{AsConflict, StoreError, Tx};

use crate::desk::Desk;
use crate::model::LeftWhy;
use crate::rows;

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The guard did not allow it.
    #[error("the family is not in your district")]
    NotAllowed,
    /// No such family.
    #[error("there is no such family")]
    NoEnrolment,
    /// The family did not agree yet.
    #[error("the family has not agreed to visits yet: ask it first")]
    NoConsent,
    /// It left before.
    #[error("the visits to this family have ended")]
    Left,
    /// A case runs.
    #[error("a case runs for this family: close it first, or note that the family wants no more of it")]
    CaseOpen,
    /// A day to come.
    #[error("{0} is still to come")]
    Ahead(Date),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AsConflict for Fault {
    fn is_conflict(&self) -> bool {
        matches!(self, Fault::Store(e) if e.is_conflict())
    }
}

/// Gives a family to a nurse of the same agency (the caller has looked that up), or takes it from her.
pub async fn give(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: &Allowed,
    id: EnrolmentId,
    nurse: Option<AccountId>,
) -> Result<(), Fault> {
    let mut enrolment = rows::enrolment(tx, id).await?.ok_or(Fault::NoEnrolment)?;
    if allowed.action() != Action::ManageVisits || !allowed.covers(enrolment.person) {
        return Err(Fault::NotAllowed);
    }
    if enrolment.left.is_some() {
        return Err(Fault::Left);
    }
    if nurse.is_some() && enrolment.consented_at.is_none() {
        return Err(Fault::NoConsent);
    }
    let before = enrolment.nurse_on(desk.today());
    if before == nurse && enrolment.cover.is_none() && enrolment.next.is_none_or(|(next, _)| Some(next) == nurse) {
        return Ok(());
    }
    let content = json!({ "before": before, "now": nurse });
    (enrolment.nurse, enrolment.next, enrolment.cover) = (nurse, None, None);
    rows::keep(tx, desk, &mut enrolment, "nurse", &content, Some(who.account)).await?;
    Ok(())
}

/// Ends the visits to a family: it wanted no more, or came to the end.
pub async fn end(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: &Allowed,
    id: EnrolmentId,
    (on, why): (Date, LeftWhy),
) -> Result<(), Fault> {
    let mut enrolment = rows::enrolment(tx, id).await?.ok_or(Fault::NoEnrolment)?;
    let fits = matches!(allowed.action(), Action::ManageVisits | Action::RecordVisit);
    if !fits || !allowed.covers(enrolment.person) {
        return Err(Fault::NotAllowed);
    }
    if on > desk.today() {
        return Err(Fault::Ahead(on));
    }
    if enrolment.left == Some((on, why)) {
        return Ok(());
    }
    if enrolment.left.is_some() {
        return Err(Fault::Left);
    }
    let cases = crate::care::rows::of_enrolment(tx, enrolment.person, enrolment.id).await?;
    if cases.iter().any(|case| case.closed.is_none()) {
        return Err(Fault::CaseOpen);
    }
    enrolment.left = Some((on, why));
    let content = json!({ "on": on, "why": why.word() });
    rows::keep(tx, desk, &mut enrolment, "left", &content, Some(who.account)).await?;
    Ok(())
}
