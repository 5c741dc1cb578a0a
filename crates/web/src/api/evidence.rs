//! Papers: handed in with a case where no agency can answer, listed, opened, removed.

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use casework::application::mandate;
use casework::case::{Case, view};
use casework::evidence::{self, Paper, Refused};
use guard::{Action, Allowed, Relation, Resource, Role, Tier};
use kernel::{CaseId, EvidenceId, PersonId};
use serde::{Deserialize, Serialize};
use store::transact;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::body::{hash, raw};
use super::call::{Call, Once};
use super::cases::bare;
use super::problem::{Code, Fault};
use super::stages::CONNECTED;
use super::wire::moment;
use crate::state::AppState;

/// The largest paper as it is sent.
pub(super) const LARGEST: usize = evidence::MOST_BYTES + 1024;

/// What a paper is to show.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PaperQuery {
    /// The item it is to show.
    item: String,
    /// Whom it is about; left out: who applied.
    #[serde(default)]
    person: Option<Uuid>,
    /// What the person wants to say with it.
    #[serde(default)]
    words: Option<String>,
}

/// A paper that was taken.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PaperKept {
    /// Its id.
    paper: Uuid,
}

/// A paper without its content.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PaperWire {
    /// Its id.
    id: Uuid,
    /// Whom it is about.
    person: Uuid,
    /// The case, when it was handed in for one alone.
    case: Option<Uuid>,
    /// The item it is to show.
    item: String,
    /// The media type of its content.
    media: String,
    /// Bytes.
    #[schema(minimum = 0)]
    size: i64,
    /// SHA-256 of the content as kept, hex.
    content_hash: String,
    /// `none`, `clean`, `waiting`, `infected` or `removed`.
    scan: String,
    /// What the person wrote.
    words: Option<String>,
    /// Whether an official has seen the original.
    original_seen: bool,
    /// When it came.
    #[schema(format = DateTime)]
    received_at: String,
}

/// The papers of a case's application.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PaperList {
    /// In the order in which they came.
    papers: Vec<PaperWire>,
}

fn wire(p: &Paper) -> PaperWire {
    PaperWire {
        id: p.id.0,
        person: p.person.0,
        case: p.case.map(|c| c.0),
        item: p.item.clone(),
        media: p.media.word().to_owned(),
        size: p.size,
        content_hash: p.content_hash.clone(),
        scan: p.scan.word().to_owned(),
        words: p.note.words.clone(),
        original_seen: p.note.original.is_some(),
        received_at: moment(p.received_at),
    }
}

/// How people stand to the caller in a case: open tasks of officials and powers of citizens counted in.
async fn about(
    state: &AppState,
    call: &Call,
    case: &Case,
    people: &[PersonId],
) -> Result<Vec<(PersonId, Relation)>, Fault> {
    let viewer = call.viewer(state).concerning(case.household).await?;
    let setting = viewer.setting();
    let sight = viewer.sight(&setting);
    let mut tx = state.db.read().await?;
    let known = registry::sight::relations(&mut tx, &sight, people.iter().copied()).await?;
    let mut known: Vec<_> = known.into_iter().collect();
    // Whoever may look at the case by a power may look at its papers.
    if mandate::stands_in(&mut tx, &viewer.desk(), &sight, case).await? {
        known.iter_mut().for_each(|(_, r)| r.mandated = true);
    }
    viewer.reviews(case, &mut known);
    Ok(known)
}

async fn permit(state: &AppState, call: &Call, case: &Case, person: PersonId) -> Result<Allowed, Fault> {
    let about = about(state, call, case, &[person]).await?;
    if about.is_empty() {
        return Err(Fault::new(Code::NotFound));
    }
    let action = if call.who.role == Role::Citizen { Action::AcceptOffer } else { Action::KeyInForPerson };
    let resource = Resource::people(about).showing(["evidence"]);
    Ok(state.guard.permit(&call.who, action, &resource, &call.purpose).await?)
}

/// Hands a paper in. The body is the file itself: JPEG, PNG or PDF. What an agency can answer is not taken.
#[utoipa::path(post, path = "/api/cases/{id}/papers", tag = "cases",
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    params(("id" = Uuid, Path, description = "The case."), PaperQuery, ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 201, body = PaperKept), super::Faults))]
pub(crate) async fn hand_in(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
    headers: HeaderMap,
    uri: Uri,
    request: Request,
) -> Result<Response, Fault> {
    let id = CaseId(super::id(&id)?);
    let asked: PaperQuery = super::query(&uri)?;
    let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if !["application/octet-stream", "application/pdf", "image/jpeg", "image/png"].contains(&kind) {
        return Err(Fault::field(Code::MediaType, "header:content-type", "expected application/octet-stream"));
    }
    let bytes = raw(request, &state).await?;
    let said = format!("{id} {} {:?} {:?} {}", asked.item, asked.person, asked.words, hash(&bytes));
    let once = Once::new(&headers, &call, "paper", &hash(said.as_bytes()))?;
    let case = bare(&state, id).await?;
    let allowed = [permit(&state, &call, &case, case.applicant).await?];
    let checked = evidence::check(state.config.scanner.as_ref(), bytes.to_vec()).await.map_err(refused)?;
    let input = evidence::Input {
        application: case.application,
        case: Some(id),
        person: asked.person.map_or(case.applicant, PersonId),
        item: asked.item,
        words: asked.words,
    };
    let viewer = call.viewer(&state);
    transact!(state.db, Fault, |tx| {
        match once.begin(tx, viewer.now).await? {
            Some(again) => Ok(again),
            None => {
                let desk = viewer.desk();
                let kept = evidence::add(tx, &desk, &call.who, &allowed, &CONNECTED, &input, &checked).await;
                once.end(tx, StatusCode::CREATED, &PaperKept { paper: kept.map_err(fault)?.0 }).await
            }
        }
    })
}

fn refused(why: Refused) -> Fault {
    Fault::field(Code::Invalid, "", why.to_string())
}

fn fault(error: evidence::Fault) -> Fault {
    use evidence::Fault as E;
    let words = error.to_string();
    match error {
        E::Store(inner) => inner.into(),
        E::NoApplication | E::NoPaper => Fault::new(Code::NotFound),
        E::OtherPerson => Fault::field(Code::Invalid, "query:person", words),
        E::NoItem(_) | E::AgencyAnswers { .. } => Fault::field(Code::Invalid, "query:item", words),
        E::Size(_) | E::NoWords => Fault::field(Code::Invalid, "query:words", words),
        E::NotAllowed => Fault::told(Code::Forbidden, words),
        E::NoCase | E::Closed | E::TooMany(_) | E::NotScanned | E::Decided => Fault::told(Code::Conflict, words),
        E::Keys(why) => {
            tracing::error!(%why, "a paper could not be sealed or opened");
            Fault::new(Code::Internal)
        }
    }
}

/// The papers handed in with a case's application, without their contents.
#[utoipa::path(get, path = "/api/cases/{id}/papers", tag = "cases",
    params(("id" = Uuid, Path, description = "The case.")),
    responses((status = 200, body = PaperList), super::Faults))]
pub(crate) async fn list(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
) -> Result<axum::Json<PaperList>, Fault> {
    let case = bare(&state, CaseId(super::id(&id)?)).await?;
    let viewer = call.viewer(&state);
    let setting = viewer.setting();
    let mut tx = state.db.read().await?;
    let seen = evidence::list(&mut tx, &viewer.sight(&setting), case.application).await?;
    drop(tx);
    let seen = seen.ok_or_else(|| Fault::new(Code::NotFound))?;
    let people: Vec<PersonId> = seen.about.iter().map(|(p, _)| *p).collect();
    let resource = Resource::people(about(&state, &call, &case, &people).await?).showing(["evidence"]);
    let open = state.guard.reveal(&call.who, Action::ViewCase, &resource, &call.purpose, seen.sealed).await?;
    Ok(axum::Json(PaperList { papers: open.iter().map(wire).collect() }))
}

/// A paper as it was handed in, its metadata taken out.
#[utoipa::path(get, path = "/api/papers/{id}", tag = "cases",
    params(("id" = Uuid, Path, description = "The paper.")),
    responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>), super::Faults))]
pub(crate) async fn one(State(state): State<AppState>, call: Call, Path(id): Path<String>) -> Result<Response, Fault> {
    let id = EvidenceId(super::id(&id)?);
    let case = case_of(&state, id).await?;
    let viewer = call.viewer(&state);
    let setting = viewer.setting();
    let mut tx = state.db.read().await?;
    let found = evidence::open(&mut tx, &viewer.desk(), &viewer.sight(&setting), id).await.map_err(fault)?;
    drop(tx);
    let (seen, tier): (_, Tier) = found.ok_or_else(|| Fault::new(Code::NotFound))?;
    let people: Vec<PersonId> = seen.about.iter().map(|(p, _)| *p).collect();
    let resource = Resource::people(about(&state, &call, &case, &people).await?).at(tier).showing(["evidence"]);
    let open = state.guard.reveal(&call.who, Action::ViewCase, &resource, &call.purpose, seen.sealed).await?;
    let opened = open.into_inner();
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{id}\"")),
    ];
    Ok((headers, opened.content).into_response())
}

/// A case of the application a paper came with.
async fn case_of(state: &AppState, id: EvidenceId) -> Result<Case, Fault> {
    let mut tx = state.db.read().await?;
    let found = evidence::person_of(&mut tx, id).await?.ok_or_else(|| Fault::new(Code::NotFound))?;
    let cases = view::of_application(&mut tx, found.1).await?;
    cases.into_iter().next().ok_or_else(|| Fault::new(Code::NotFound))
}

/// Removes a paper before a decision rests on it: its content is destroyed.
#[utoipa::path(post, path = "/api/papers/{id}/removal", tag = "cases",
    params(("id" = Uuid, Path, description = "The paper."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = PaperKept), super::Faults))]
pub(crate) async fn remove(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    let id = EvidenceId(super::id(&id)?);
    let once = Once::new(&headers, &call, "paper-removal", &hash(id.to_string().as_bytes()))?;
    let case = case_of(&state, id).await?;
    let allowed = [permit(&state, &call, &case, case.applicant).await?];
    let viewer = call.viewer(&state);
    transact!(state.db, Fault, |tx| {
        match once.begin(tx, viewer.now).await? {
            Some(again) => Ok(again),
            None => {
                evidence::remove(tx, &viewer.desk(), &call.who, &allowed, id).await.map_err(fault)?;
                once.end(tx, StatusCode::OK, &PaperKept { paper: id.0 }).await
            }
        }
    })
}
