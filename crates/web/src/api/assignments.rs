//! Whose task it is, for programs.

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use casework::case::{view, worklist};
use guard::{Action, Role};
use kernel::{AccountId, TaskId};
use serde::Deserialize;
use store::transact;
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::Body;
use super::call::{Call, Once};
use super::cases::bare;
use super::cases_acts::CaseTouched;
use super::cases_work::act;
use super::problem::{Code, Fault};
use crate::official::work_case_handlers::officials;
use crate::state::AppState;

/// To whom a task goes.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AssignmentWire {
    /// The account of an official of the office; the caller's own takes it; null leaves it to whoever is next.
    #[schema(required = true)]
    to: Option<Uuid>,
}

/// Takes a task, gives it to another official of the office, or back to the pile; the case goes with it.
#[utoipa::path(post, path = "/api/tasks/{id}/assignment", tag = "work", request_body = AssignmentWire,
    params(("id" = Uuid, Path, description = "The task."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = CaseTouched), super::Faults))]
pub(crate) async fn assign(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let id = TaskId(super::id(&id)?);
    let body = Body::<AssignmentWire>::read(request, &state).await?.about(id);
    let once = Once::new(&headers, &call, "assignment", &body.hash)?;
    let to = body.it.to.map(AccountId);
    let mut tx = state.db.read().await?;
    let case = view::case_of_task(&mut tx, id).await?.ok_or_else(|| Fault::new(Code::NotFound))?;
    drop(tx);
    let case = bare(&state, case).await?;
    // A caseworker takes as part of the work on the case; whoever shares the work out gives, to themselves as well.
    let takes = to == Some(call.who.account);
    let action = if takes && call.who.role == Role::Caseworker { Action::WorkCase } else { Action::AssignCases };
    let _allowed = act(&state, &call, &case, action).await?;
    let viewer = call.viewer(&state);
    if let Some(to) = to.filter(|_| !takes) {
        let mut tx = state.db.read().await?;
        if !officials(&mut tx, &viewer).await?.iter().any(|(account, _)| *account == to.to_string()) {
            return Err(Fault::field(Code::Invalid, "/to", "expected the account of an official of this office"));
        }
    }
    transact!(state.db, Fault, |tx| {
        if let Some(again) = once.begin(tx, viewer.now).await? {
            return Ok(again);
        }
        if !worklist::assign(tx, &viewer.desk(), &call.who, id, to).await? {
            let words = "The task is done, or whoever prepared what it checks cannot have it.";
            return Err(Fault::told(Code::Conflict, words));
        }
        once.end(tx, StatusCode::OK, &CaseTouched { case: case.id.0 }).await
    })
}
