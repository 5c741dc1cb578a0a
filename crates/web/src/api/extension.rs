//! The longer time the law gives for a decision.

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use casework::case::extend;
use guard::Action;
use kernel::CaseId;
use serde::{Deserialize, Serialize};
use store::transact;
use utoipa::ToSchema;

use super::body::{Body, Short};
use super::call::{Call, Once};
use super::cases::bare;
use super::cases_work::act;
use super::problem::{Code, Fault};
use super::stages_decision::official_fault;
use crate::state::AppState;

/// Why it takes longer.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExtensionWire {
    /// The revision of the case that was read.
    #[schema(minimum = 1)]
    revision: u32,
    /// Told to the family.
    #[schema(value_type = String, min_length = 3, max_length = 2000)]
    reason: Short<2000>,
}

/// The new last day.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Extended {
    /// The last day the law gives for the decision now, a running pause counted in.
    #[schema(format = Date)]
    due_on: String,
}

/// Takes the longer time that the law gives for a decision: once, while the first still runs.
#[utoipa::path(post, path = "/api/cases/{id}/extension", tag = "work", request_body = ExtensionWire,
    params(("id" = uuid::Uuid, Path, description = "The case."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = Extended), super::Faults))]
pub(crate) async fn take(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let id = CaseId(super::id(&id)?);
    let body = Body::<ExtensionWire>::read(request, &state).await?.about(id);
    let once = Once::new(&headers, &call, "extension", &body.hash)?;
    let case = bare(&state, id).await?;
    let allowed = act(&state, &call, &case, Action::WorkCase).await?;
    let viewer = call.viewer(&state);
    let (shown, reason) = ((id, body.it.revision), body.it.reason.0);
    transact!(state.db, Fault, |tx| {
        match once.begin(tx, viewer.now).await? {
            Some(again) => Ok(again),
            None => {
                let until = extend::run(tx, &viewer.desk(), &call.who, &allowed, shown, &reason).await;
                let due_on = until.map_err(fault)?.to_string();
                once.end(tx, StatusCode::OK, &Extended { due_on }).await
            }
        }
    })
}

fn fault(error: extend::Fault) -> Fault {
    use extend::Fault as F;
    let words = error.to_string();
    match error {
        F::Store(inner) => inner.into(),
        F::Official(inner) => official_fault(inner),
        F::NoWords => Fault::field(Code::Invalid, "/reason", words),
        F::NoLonger | F::Already | F::Over(_) => Fault::told(Code::Conflict, words),
    }
}
