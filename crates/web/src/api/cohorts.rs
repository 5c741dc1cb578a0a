//! Courses with dates, for programs: planned, seats given, who came; and a training that was noted by mistake taken back.

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use guard::Action;
use kernel::{AccountId, CohortId, TrainingId};
use serde::{Deserialize, Serialize};
use store::transact;
use utoipa::ToSchema;
use uuid::Uuid;
use workforce::Fault as Refused;
use workforce::cohort::{self, Cohort};
use workforce::training;

use super::body::Body;
use super::call::{Call, Once};
use super::problem::{Code, Fault};
use super::team_acts::{MOST, TeamDone, leads, manages, refused};
use super::wire::read_day;
use crate::state::AppState;
use crate::team::act_handlers::listed;
use crate::visits::desk;

/// A course with dates and seats.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CohortWire {
    /// Its name, a UUID of the caller's: sent twice, it is one.
    id: Uuid,
    /// The course of the pack.
    #[schema(max_length = 100)]
    course: String,
    /// Where.
    #[schema(min_length = 3, max_length = 120)]
    place: String,
    /// The first day.
    #[schema(format = Date)]
    starts_on: String,
    /// The last day.
    #[schema(format = Date)]
    ends_on: String,
    /// How many can take part.
    #[schema(minimum = 1, maximum = 200)]
    seats: u32,
}

/// A course with who has a seat.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CohortSeated {
    /// The course.
    cohort: CohortWire,
    /// The accounts of those who have a seat.
    nurses: Vec<Uuid>,
}

/// The courses.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CohortList {
    /// Those ahead, and those that ended in the last weeks.
    cohorts: Vec<CohortSeated>,
}

/// Nurses of the team.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NursesWire {
    /// Their accounts.
    #[schema(min_items = 1, max_items = 500)]
    nurses: Vec<Uuid>,
}

/// Whose training is taken back.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NurseNamed {
    /// The nurse's account.
    nurse: Uuid,
}

fn wire((c, seats): (Cohort, Vec<AccountId>)) -> CohortSeated {
    let cohort = CohortWire {
        id: c.id.0,
        course: c.course,
        place: c.place,
        starts_on: c.starts_on.to_string(),
        ends_on: c.ends_on.to_string(),
        seats: c.seats,
    };
    CohortSeated { cohort, nurses: seats.into_iter().map(|nurse| nurse.0).collect() }
}

/// The courses with dates of the caller's agency.
#[utoipa::path(get, path = "/api/team/cohorts", tag = "team", responses((status = 200, body = CohortList), super::Faults))]
pub(crate) async fn list(State(state): State<AppState>, call: Call) -> Result<axum::Json<CohortList>, Fault> {
    let v = call.viewer(&state);
    leads(&v)?;
    call.permit_thing(&state, Action::ViewTeam, "courses").await?;
    let mut tx = state.db.read().await?;
    let cohorts = listed(&mut tx, &v).await?.into_iter().map(wire).collect();
    Ok(axum::Json(CohortList { cohorts }))
}

/// Plans a course.
#[utoipa::path(post, path = "/api/team/cohorts", tag = "team", request_body = CohortWire,
    params(("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = TeamDone), super::Faults))]
pub(crate) async fn plan(
    State(state): State<AppState>,
    call: Call,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let body = Body::<CohortWire>::read(request, &state).await?;
    let once = Once::new(&headers, &call, "cohort", &body.hash)?;
    let v = call.viewer(&state);
    leads(&v)?;
    let it = body.it;
    let new = Cohort {
        id: CohortId(it.id),
        starts_on: read_day(&it.starts_on, "/starts_on")?,
        ends_on: read_day(&it.ends_on, "/ends_on")?,
        course: it.course,
        place: it.place,
        seats: it.seats,
    };
    let (allowed, done) = (manages(&v, "courses").await?, TeamDone::new(it.id));
    transact!(state.db, Fault, |tx| {
        if let Some(again) = once.begin(tx, v.now).await? {
            return Ok(again);
        }
        cohort::plan(tx, &desk(&v), v.who, &allowed, &new).await.map_err(not_planned)?;
        once.end(tx, StatusCode::OK, &done).await
    })
}

fn not_planned(fault: Refused) -> Fault {
    let at = match fault {
        Refused::Words(_) => "/place",
        Refused::Order => "/ends_on",
        other => return refused(other),
    };
    Fault::field(Code::Invalid, at, fault.to_string())
}

/// Gives seats, all or none. A seat given twice is one.
#[utoipa::path(post, path = "/api/team/cohorts/{id}/seats", tag = "team", request_body = NursesWire,
    params(("id" = Uuid, Path, description = "The course."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = TeamDone), super::Faults))]
pub(crate) async fn seat(
    state: State<AppState>,
    call: Call,
    id: Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    several(state, call, id, headers, request, "seats").await
}

/// Notes who came, once the course is over: the whole course stands in their ledgers then.
#[utoipa::path(post, path = "/api/team/cohorts/{id}/attendance", tag = "team", request_body = NursesWire,
    params(("id" = Uuid, Path, description = "The course."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = TeamDone), super::Faults))]
pub(crate) async fn came(
    state: State<AppState>,
    call: Call,
    id: Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    several(state, call, id, headers, request, "attendance").await
}

async fn several(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
    what: &str,
) -> Result<Response, Fault> {
    let id = CohortId(super::id(&id)?);
    let body = Body::<NursesWire>::read(request, &state).await?.about(format!("{id} {what}"));
    let once = Once::new(&headers, &call, "cohort-nurses", &body.hash)?;
    let v = call.viewer(&state);
    leads(&v)?;
    let nurses: Vec<AccountId> = body.it.nurses.into_iter().map(AccountId).collect();
    if nurses.is_empty() || nurses.len() > MOST {
        return Err(Fault::field(Code::Invalid, "/nurses", format!("expected 1 to {MOST} nurses")));
    }
    let (allowed, done) = (manages(&v, "courses").await?, TeamDone::new(id.0));
    transact!(state.db, Fault, |tx| {
        if let Some(again) = once.begin(tx, v.now).await? {
            return Ok(again);
        }
        let desk = desk(&v);
        if what == "attendance" {
            cohort::confirm(tx, &desk, v.who, &allowed, (id, &nurses)).await.map_err(refused)?;
        } else {
            for nurse in &nurses {
                cohort::seat(tx, &desk, v.who, &allowed, (id, *nurse)).await.map_err(refused)?;
            }
        }
        once.end(tx, StatusCode::OK, &done).await
    })
}

/// Takes back a training that was noted by mistake. It stays in the ledger and counts no more.
#[utoipa::path(post, path = "/api/team/training/{id}/withdrawal", tag = "team", request_body = NurseNamed,
    params(("id" = Uuid, Path, description = "The entry of the ledger."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = TeamDone), super::Faults))]
pub(crate) async fn untrain(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let id = TrainingId(super::id(&id)?);
    let body = Body::<NurseNamed>::read(request, &state).await?.about(id);
    let once = Once::new(&headers, &call, "training-withdrawal", &body.hash)?;
    let v = call.viewer(&state);
    leads(&v)?;
    let nurse = AccountId(body.it.nurse);
    let (allowed, done) = (manages(&v, &format!("training of {nurse}")).await?, TeamDone::new(id.0));
    transact!(state.db, Fault, |tx| {
        if let Some(again) = once.begin(tx, v.now).await? {
            return Ok(again);
        }
        training::withdraw(tx, &desk(&v), v.who, &allowed, (nurse, id)).await.map_err(refused)?;
        once.end(tx, StatusCode::OK, &done).await
    })
}
