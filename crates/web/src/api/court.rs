//! What a court ordered about a decision: carried out as ordered, back to the day it says.

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use casework::decide::object;
use guard::Action;
use kernel::DecisionId;
use store::transact;

use super::body::Body;
use super::call::{Call, Once};
use super::cases::of_decision;
use super::cases_acts::object_fault;
use super::cases_work::{OverrideWire, act};
use super::problem::Fault;
use super::stages_decision::PutWire;
use crate::state::AppState;

/// Carries out a court's order about a decision in force. `reason` names the court, the day and the number of its order.
#[utoipa::path(post, path = "/api/decisions/{id}/court-order", tag = "work", request_body = OverrideWire,
    params(("id" = uuid::Uuid, Path, description = "The decision."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = PutWire), super::Faults))]
pub(crate) async fn order(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let id = DecisionId(super::id(&id)?);
    let body = Body::<OverrideWire>::read(request, &state).await?.about(id);
    let once = Once::new(&headers, &call, "court-order", &body.hash)?;
    let ordered = body.it.read("")?;
    let case = of_decision(&state, id).await?;
    let allowed = act(&state, &call, &case, Action::ApproveDecision).await?;
    let viewer = call.viewer(&state);
    transact!(state.db, Fault, |tx| {
        match once.begin(tx, viewer.now).await? {
            Some(again) => Ok(again),
            None => {
                let put = object::court_order(tx, &viewer.desk(), &call.who, &allowed, id, ordered.clone()).await;
                once.end(tx, StatusCode::OK, &PutWire::from(put.map_err(object_fault)?)).await
            }
        }
    })
}
