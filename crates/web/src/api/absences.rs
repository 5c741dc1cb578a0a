//! Who of an office is away, and whose tasks are handed on, for programs of its lead.

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use casework::case::{absence, worklist};
use guard::{Action, Role};
use kernel::AccountId;
use serde::{Deserialize, Serialize};
use store::transact;
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::Body;
use super::call::{Call, Once};
use super::problem::{Code, Fault};
use super::wire::read_day;
use crate::official::work_case_handlers::officials;
use crate::official::work_office::movable;
use crate::state::AppState;
use crate::viewer::Viewer;

/// Days on which an official is away.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AbsenceWire {
    /// Its id.
    id: Uuid,
    /// The official's account.
    official: Uuid,
    /// The first day.
    #[schema(format = Date)]
    first: String,
    /// The last day.
    #[schema(format = Date)]
    last: String,
}

/// Absences.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AbsenceList {
    /// Those that run or are to come.
    absences: Vec<AbsenceWire>,
}

/// A new absence.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AbsenceNew {
    /// The account of an official of the caller's office.
    official: Uuid,
    /// The first day.
    #[schema(format = Date)]
    first: String,
    /// The last day; not over, and at most two years after the first.
    #[schema(format = Date)]
    last: String,
}

/// Whose absence it is.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AbsenceEnd {
    /// The official's account.
    official: Uuid,
}

/// An absence that is over.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AbsenceOver {
    /// Its id.
    absence: Uuid,
}

/// To whom tasks go.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HandingOn {
    /// The account of another official of the office; null: back to the pile.
    #[schema(required = true)]
    to: Option<Uuid>,
}

/// Tasks that changed hands.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HandedOn {
    /// How many open tasks went. Those of the caller's own relatives stay, and those the other may not have.
    tasks: usize,
}

/// The caller leads an office; figures of its work are theirs to see.
async fn lead(state: &AppState, call: &Call) -> Result<(), Fault> {
    if call.who.role != Role::Approver {
        return Err(Fault::new(Code::Forbidden));
    }
    call.permit_thing(state, Action::ViewFigures, "office").await
}

/// An account of the caller's office. Of other offices nothing is changed here.
async fn of_office(v: &Viewer<'_>, account: Uuid, at: &str) -> Result<AccountId, Fault> {
    let mut tx = v.state.db.read().await?;
    let known = officials(&mut tx, v).await?;
    let is = known.iter().any(|(id, _)| *id == account.to_string());
    let told = || Fault::field(Code::Invalid, at, "expected the account of an official of this office");
    if is { Ok(AccountId(account)) } else { Err(told()) }
}

/// Who of the caller's office is or will be away.
#[utoipa::path(get, path = "/api/absences", tag = "work", responses((status = 200, body = AbsenceList), super::Faults))]
pub(crate) async fn list(State(state): State<AppState>, call: Call) -> Result<axum::Json<AbsenceList>, Fault> {
    lead(&state, &call).await?;
    let v = call.viewer(&state);
    let mut tx = state.db.read().await?;
    let mut absences = Vec::new();
    for (id, _) in officials(&mut tx, &v).await? {
        let Ok(account) = id.parse::<AccountId>() else { continue };
        absences.extend(absence::ahead(&mut tx, &v.desk(), account).await?.into_iter().map(|a| AbsenceWire {
            id: a.id,
            official: a.account.0,
            first: a.first.to_string(),
            last: a.last.to_string(),
        }));
    }
    Ok(axum::Json(AbsenceList { absences }))
}

/// Says that an official is away. On the first day their open tasks go back to the office, and no new ones come to them.
#[utoipa::path(post, path = "/api/absences", tag = "work", request_body = AbsenceNew,
    params(("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 201, body = AbsenceWire), super::Faults))]
pub(crate) async fn note(
    State(state): State<AppState>,
    call: Call,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let body = Body::<AbsenceNew>::read(request, &state).await?;
    let once = Once::new(&headers, &call, "absence", &body.hash)?;
    lead(&state, &call).await?;
    let v = call.viewer(&state);
    let official = of_office(&v, body.it.official, "/official").await?;
    let (first, last) = (read_day(&body.it.first, "/first")?, read_day(&body.it.last, "/last")?);
    transact!(state.db, Fault, |tx| {
        if let Some(again) = once.begin(tx, v.now).await? {
            return Ok(again);
        }
        let noted = absence::note(tx, &v.desk(), v.who, official, first, last).await;
        let (id, _) = noted.map_err(|fault| match fault {
            absence::Fault::Store(why) => Fault::from(why),
            absence::Fault::Days => Fault::field(Code::Invalid, "/last", fault.to_string()),
        })?;
        let made = AbsenceWire { id, official: official.0, first: first.to_string(), last: last.to_string() };
        once.end(tx, StatusCode::CREATED, &made).await
    })
}

/// The official is back today; an absence that had not begun never was.
#[utoipa::path(post, path = "/api/absences/{id}/end", tag = "work", request_body = AbsenceEnd,
    params(("id" = Uuid, Path, description = "The absence."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = AbsenceOver), super::Faults))]
pub(crate) async fn end(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let id = super::id(&id)?;
    let body = Body::<AbsenceEnd>::read(request, &state).await?.about(id);
    let once = Once::new(&headers, &call, "absence-end", &body.hash)?;
    lead(&state, &call).await?;
    let v = call.viewer(&state);
    let official = of_office(&v, body.it.official, "/official").await?;
    transact!(state.db, Fault, |tx| {
        if let Some(again) = once.begin(tx, v.now).await? {
            return Ok(again);
        }
        if !absence::end(tx, &v.desk(), official, id).await? {
            return Err(Fault::new(Code::NotFound));
        }
        once.end(tx, StatusCode::OK, &AbsenceOver { absence: id }).await
    })
}

/// Hands on every open task an official has, at most 500 at once.
#[utoipa::path(post, path = "/api/officials/{id}/handing-on", tag = "work", request_body = HandingOn,
    params(("id" = Uuid, Path, description = "The account of the official whose tasks they are."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = HandedOn), super::Faults))]
pub(crate) async fn hand_on(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let from = super::id(&id)?;
    let body = Body::<HandingOn>::read(request, &state).await?.about(from);
    let once = Once::new(&headers, &call, "handing-on", &body.hash)?;
    lead(&state, &call).await?;
    let v = call.viewer(&state);
    let from = of_office(&v, from, "path:id").await?;
    let to = match body.it.to {
        Some(to) => Some(of_office(&v, to, "/to").await?),
        None => None,
    };
    let all = movable(&v, from).await?;
    transact!(state.db, Fault, |tx| {
        if let Some(again) = once.begin(tx, v.now).await? {
            return Ok(again);
        }
        let mut tasks = 0;
        for task in &all {
            tasks += usize::from(worklist::assign(tx, &v.desk(), v.who, *task, to).await?);
        }
        once.end(tx, StatusCode::OK, &HandedOn { tasks }).await
    })
}
