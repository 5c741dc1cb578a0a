//! Another agency refuses to give what was decided: somebody has to look.

use kernel::CaseId;
use store::{StoreError, Tx};

use crate::case::model::in_days;
use crate::case::rows::{self as cases, NewTask};
use crate::case::{Actor, StepKind, TaskKind};
use crate::desk::Desk;

/// What was ordered and refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused<'a> {
    /// The order's id.
    pub order: String,
    /// The agency that refused.
    pub agency: &'a str,
    /// In its words.
    pub words: &'a str,
}

/// Opens a task in the case, due within the time that a review has. The family's page says that it waits.
pub async fn order(tx: &mut Tx, desk: &Desk<'_>, case: CaseId, it: &Refused<'_>) -> Result<(), StoreError> {
    let Some(case) = cases::case(tx, case).await? else { return Ok(()) };
    let detail = serde_json::json!({ "order": it.order, "agency": it.agency, "words": it.words });
    // A message delivered twice is one task; a later order that is refused is another.
    let known = cases::tasks(tx, case.id).await?;
    if known.iter().any(|t| t.kind == TaskKind::OrderRefused && t.detail.get("order") == detail.get("order")) {
        return Ok(());
    }
    let step = serde_json::json!({ "order": it.order, "agency": it.agency });
    cases::step(tx, desk, &case, StepKind::Noted, Actor::MACHINE, &step).await?;
    let task = NewTask {
        kind: TaskKind::OrderRefused,
        agency: None,
        due_on: Some(in_days(desk.today(), desk.pack.process(&case.programme).review_days)),
        assigned_to: case.assigned_to,
        barred: None,
        detail,
    };
    cases::open_task(tx, desk, &case, task).await.map(drop)
}
