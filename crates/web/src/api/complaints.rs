//! Complaints: raised and read by the person, listed, given and answered by the office they are about.

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use casework::case::worklist;
use casework::follow::grievance::{self, Grievance, Kind, Named, Status};
use guard::{Action, Resource, account};
use kernel::{AccountId, CaseId, GrievanceId, PersonId};
use serde::{Deserialize, Serialize};
use store::transact;
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::{Body, Short};
use super::call::{Call, Once};
use super::problem::{Code, Fault};
use super::wire::moment;
use crate::official::complaint_handlers::answers;
use crate::state::AppState;

/// The most in one answer.
const MOST: u32 = 200;

/// A complaint to be raised.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewComplaintWire {
    /// The case it is about, if it is about one.
    #[serde(default)]
    case: Option<Uuid>,
    /// `delay`, `treatment`, `information`, `access` or `other`.
    #[schema(value_type = String, min_length = 1, max_length = 20)]
    kind: Short<20>,
    /// In the person's own words.
    #[schema(value_type = String, min_length = 3, max_length = 2000)]
    words: Short<2000>,
}

/// What came of raising it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ComplaintMade {
    /// Its id.
    complaint: Uuid,
    /// Until when it is answered.
    #[schema(format = Date)]
    due_on: String,
}

/// A complaint.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ComplaintWire {
    /// Its id.
    id: Uuid,
    /// Who complains.
    person: Uuid,
    /// Their name, for the office.
    name: Option<String>,
    /// The case it is about.
    case: Option<Uuid>,
    /// `delay`, `treatment`, `information`, `access` or `other`.
    kind: String,
    /// In the person's own words.
    words: String,
    /// `open` or `answered`.
    status: String,
    /// Until when it must be answered.
    #[schema(format = Date)]
    due_on: String,
    /// The account that has it, for the office.
    assigned_to: Option<Uuid>,
    /// The answer.
    answer: Option<String>,
    /// When it came.
    #[schema(format = DateTime)]
    made_at: String,
    /// When it was answered.
    #[schema(format = DateTime)]
    closed_at: Option<String>,
}

impl ComplaintWire {
    fn of(g: &Grievance, name: Option<&str>) -> ComplaintWire {
        ComplaintWire {
            id: g.id.0,
            person: g.person.0,
            name: name.map(str::to_owned),
            case: g.case.map(|c| c.0),
            kind: g.kind.word().to_owned(),
            words: g.words.clone(),
            status: g.status.word().to_owned(),
            due_on: g.due_on.to_string(),
            assigned_to: g.assigned_to.filter(|_| name.is_some()).map(|a| a.0),
            answer: g.answer.clone(),
            made_at: moment(g.made_at),
            closed_at: g.closed_at.map(moment),
        }
    }
}

/// Complaints.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ComplaintList {
    /// The office's by legal day, a person's with the newest first.
    complaints: Vec<ComplaintWire>,
}

/// Raises a complaint for a person; the office of the case answers it, or else that of the home.
#[utoipa::path(post, path = "/api/persons/{id}/complaints", tag = "complaints", request_body = NewComplaintWire,
    params(("id" = Uuid, Path, description = "The person."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 201, body = ComplaintMade), super::Faults))]
pub(crate) async fn raise(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let person = PersonId(super::id(&id)?);
    let body = Body::<NewComplaintWire>::read(request, &state).await?.about(person);
    let once = Once::new(&headers, &call, "complaint", &body.hash)?;
    let kind: Kind =
        body.it.kind.0.parse().map_err(|_| Fault::field(Code::Invalid, "/kind", "is no kind of complaint"))?;
    let mut tx = state.db.read().await?;
    let allowed = call.permit(&state, &mut tx, Action::ReportChange, [person], "complaint").await?;
    drop(tx);
    let viewer = call.viewer(&state);
    let id = GrievanceId::new(&*state.ids, viewer.now);
    let (case, words) = (body.it.case.map(CaseId), body.it.words.0);
    let input = grievance::Input { id, person, case, kind, words };
    transact!(state.db, Fault, |tx| {
        match once.begin(tx, viewer.now).await? {
            Some(again) => Ok(again),
            None => {
                let due = grievance::raise(tx, &viewer.desk(), &call.who, &allowed, &input).await.map_err(fault)?;
                let wire = ComplaintMade { complaint: id.0, due_on: due.to_string() };
                once.end(tx, StatusCode::CREATED, &wire).await
            }
        }
    })
}

fn fault(error: grievance::Fault) -> Fault {
    use grievance::Fault as G;
    let words = error.to_string();
    match error {
        G::Store(inner) => inner.into(),
        G::Nothing => Fault::new(Code::NotFound),
        G::NotAllowed | G::TookPart => Fault::told(Code::Forbidden, words),
        G::NoCase | G::NoOffice => Fault::field(Code::Invalid, "/case", words),
        G::NoWords | G::TooLong(_) => Fault::field(Code::Invalid, "/words", words),
        G::Done | G::NoHousehold => Fault::told(Code::Conflict, words),
    }
}

/// A person's complaints with their answers.
#[utoipa::path(get, path = "/api/persons/{id}/complaints", tag = "complaints",
    params(("id" = Uuid, Path, description = "The person.")),
    responses((status = 200, body = ComplaintList), super::Faults))]
pub(crate) async fn of_person(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
) -> Result<axum::Json<ComplaintList>, Fault> {
    let person = PersonId(super::id(&id)?);
    let viewer = call.viewer(&state);
    let setting = viewer.setting();
    let mut tx = state.db.read().await?;
    let about = call.about(&state, &mut tx, [person]).await?;
    let seen = grievance::of_person(&mut tx, &viewer.sight(&setting), person, MOST).await?;
    drop(tx);
    if about.is_empty() {
        return Err(Fault::new(Code::NotFound));
    }
    let resource = Resource::people(about).showing(["complaints"]);
    let open = state.guard.reveal(&call.who, Action::ViewCase, &resource, &call.purpose, seen.sealed).await?;
    Ok(axum::Json(ComplaintList { complaints: open.iter().map(|g| ComplaintWire::of(g, None)).collect() }))
}

/// The open complaints the caller's office must answer.
#[utoipa::path(get, path = "/api/complaints", tag = "complaints",
    responses((status = 200, body = ComplaintList), super::Faults))]
pub(crate) async fn list(State(state): State<AppState>, call: Call) -> Result<axum::Json<ComplaintList>, Fault> {
    let viewer = call.viewer(&state);
    let (setting, desk) = (viewer.setting(), viewer.desk());
    let (agency, place) = worklist::office(&desk, &call.who);
    // A list of nobody's is for whoever answers complaints too.
    if !answers(call.who.role) {
        return Err(Fault::new(Code::Forbidden));
    }
    let mut tx = state.db.read().await?;
    let sight = viewer.sight(&setting);
    let seen = grievance::of_office(&mut tx, &desk, &sight, (&agency, place.as_deref()), MOST).await?;
    drop(tx);
    let resource = seen.resource().showing(["complaints"]);
    let open = state.guard.reveal(&call.who, Action::ViewCase, &resource, &call.purpose, seen.sealed).await?;
    Ok(axum::Json(ComplaintList {
        complaints: open.iter().map(|n| ComplaintWire::of(&n.grievance, Some(&n.name))).collect(),
    }))
}

/// One complaint, for the office that answers it.
#[utoipa::path(get, path = "/api/complaints/{id}", tag = "complaints",
    params(("id" = Uuid, Path, description = "The complaint.")),
    responses((status = 200, body = ComplaintWire), super::Faults))]
pub(crate) async fn one(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
) -> Result<axum::Json<ComplaintWire>, Fault> {
    let (named, _) = open(&state, &call, &id).await?;
    Ok(axum::Json(ComplaintWire::of(&named.grievance, Some(&named.name))))
}

/// A complaint to the caller's office, opened: the look is in the log before it comes back.
async fn open(state: &AppState, call: &Call, id: &str) -> Result<(Named, Resource), Fault> {
    let id = GrievanceId(super::id(id)?);
    if !answers(call.who.role) {
        return Err(Fault::new(Code::Forbidden));
    }
    let viewer = call.viewer(state);
    let (setting, desk) = (viewer.setting(), viewer.desk());
    let (agency, place) = worklist::office(&desk, &call.who);
    let mut tx = state.db.read().await?;
    let sight = viewer.sight(&setting);
    let seen = grievance::for_office(&mut tx, &desk, &sight, (&agency, place.as_deref()), id).await?;
    drop(tx);
    let seen = seen.ok_or_else(|| Fault::new(Code::NotFound))?;
    let resource = seen.resource().showing(["complaint"]);
    let open = state.guard.reveal(&call.who, Action::ViewCase, &resource, &call.purpose, seen.sealed).await?;
    Ok((open.into_inner(), resource))
}

/// The answer to a complaint.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ComplaintAnswerWire {
    /// In plain words for the person.
    #[schema(value_type = String, min_length = 3, max_length = 2000)]
    words: Short<2000>,
}

/// What became of a complaint.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ComplaintTouched {
    /// The complaint.
    complaint: Uuid,
    /// `open` or `answered`.
    status: String,
}

/// Answers a complaint; the person reads it on their page. Nobody it is about can.
#[utoipa::path(post, path = "/api/complaints/{id}/answer", tag = "complaints", request_body = ComplaintAnswerWire,
    params(("id" = Uuid, Path, description = "The complaint."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = ComplaintTouched), super::Faults))]
pub(crate) async fn reply(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let body = Body::<ComplaintAnswerWire>::read(request, &state).await?.about(&id);
    let once = Once::new(&headers, &call, "complaint-answer", &body.hash)?;
    let (named, resource) = open(&state, &call, &id).await?;
    let id = named.grievance.id;
    let allowed = state.guard.permit(&call.who, Action::AnswerComplaint, &resource, &call.purpose).await?;
    let viewer = call.viewer(&state);
    transact!(state.db, Fault, |tx| {
        match once.begin(tx, viewer.now).await? {
            Some(again) => Ok(again),
            None => {
                let words = &body.it.words.0;
                grievance::answer(tx, &viewer.desk(), &call.who, &allowed, id, words).await.map_err(fault)?;
                let status = Status::Answered.word().to_owned();
                once.end(tx, StatusCode::OK, &ComplaintTouched { complaint: id.0, status }).await
            }
        }
    })
}

/// Who is to have a complaint.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ComplaintGivenWire {
    /// The account of an official of the same agency; null: nobody.
    to: Option<Uuid>,
}

/// Gives a complaint to an official, or back to the office. Nobody it is about gets it.
#[utoipa::path(post, path = "/api/complaints/{id}/assignment", tag = "complaints", request_body = ComplaintGivenWire,
    params(("id" = Uuid, Path, description = "The complaint."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = ComplaintTouched), super::Faults))]
pub(crate) async fn assign(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let body = Body::<ComplaintGivenWire>::read(request, &state).await?.about(&id);
    let once = Once::new(&headers, &call, "complaint-assignment", &body.hash)?;
    let (named, resource) = open(&state, &call, &id).await?;
    let id = named.grievance.id;
    let allowed = state.guard.permit(&call.who, Action::AnswerComplaint, &resource, &call.purpose).await?;
    let viewer = call.viewer(&state);
    let mut tx = state.db.read().await?;
    let to = match body.it.to {
        None => None,
        Some(to) => {
            let officials = crate::official::work_case_handlers::officials(&mut tx, &viewer).await?;
            if !officials.iter().any(|(known, _)| *known == to.to_string()) {
                return Err(Fault::field(Code::Invalid, "/to", "is no official of this office"));
            }
            let known = account::by_id(&mut tx, AccountId(to)).await;
            let known = known.map_err(|e| Fault::from(crate::official::work_case_handlers::trouble(e)))?;
            Some((AccountId(to), known.and_then(|a| a.person)))
        }
    };
    drop(tx);
    transact!(state.db, Fault, |tx| {
        match once.begin(tx, viewer.now).await? {
            Some(again) => Ok(again),
            None => {
                grievance::give(tx, &viewer.desk(), &allowed, id, to).await.map_err(fault)?;
                let status = Status::Open.word().to_owned();
                once.end(tx, StatusCode::OK, &ComplaintTouched { complaint: id.0, status }).await
            }
        }
    })
}
