//! Pages of the nurses themselves: a supervisor's team with its caseloads, handing families over, training, courses with dates,
//! supervision, and what two write about a session for themselves alone.

pub(crate) mod act_handlers;
pub mod cohorts;
pub mod give;
pub(crate) mod give_handlers;
pub(crate) mod handlers;
pub mod nurse;
pub mod overview;
pub mod session;
pub(crate) mod session_handlers;

use catalogue::model::SupervisionKind;

/// The message that names a kind of supervision.
pub(crate) fn kind_key(kind: SupervisionKind) -> &'static str {
    match kind {
        SupervisionKind::Individual => "team-kind-individual",
        SupervisionKind::Team => "team-kind-team",
        SupervisionKind::Observed => "team-kind-observed",
    }
}
