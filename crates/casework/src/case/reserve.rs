//! A case whose result a ministry's own machine finds: we investigate and say what the rules say, and decide nothing.

use catalogue::model::Stage;
use guard::{Action, Allowed, Who};
use kernel::CaseId;
use store::{StoreError, Tx};

use super::model::{Case, StepKind};
use super::rows::{self, Actor};
use crate::decide::official;
use crate::desk::Desk;

/// Keeps the decision in a case for the ministry that took the application; `false` when the guard did not allow it or there
/// is no such case. `allowed` is the guard's decision for [`Action::RunStage`] about the person the case is about. Saying it
/// again changes nothing; it cannot be unsaid.
pub async fn run(tx: &mut Tx, desk: &Desk<'_>, who: &Who, allowed: &Allowed, case: CaseId) -> Result<bool, StoreError> {
    let Some(case) = rows::case(tx, case).await? else { return Ok(false) };
    if allowed.action() != Action::RunStage || !allowed.covers(official::of(&case)) {
        return Ok(false);
    }
    if !is(tx, desk, &case).await? {
        let by = serde_json::json!({ "organisation": who.organisation });
        rows::step(tx, desk, &case, StepKind::Reserved, Actor::of(who), &by).await?;
    }
    Ok(true)
}

/// Whether the decision is kept for a ministry: because it said so, or because the programme's process has no decision of ours.
pub async fn is(tx: &mut Tx, desk: &Desk<'_>, case: &Case) -> Result<bool, StoreError> {
    if !desk.pack.process(&case.programme).uses(Stage::Decision) {
        return Ok(true);
    }
    Ok(rows::steps(tx, case.id).await?.iter().any(|s| s.kind == StepKind::Reserved))
}
