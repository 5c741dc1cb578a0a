//! Mandates: a person gives another the power to act for them in some programmes or all; an official registers a guardian.

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use casework::application::mandate::{self, Kind, Mandate, NewMandate};
use guard::{Action, Role};
use kernel::{MandateId, PersonId};
use serde::{Deserialize, Serialize};
use store::transact;
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::{Body, Short, hash};
use super::call::{Call, Once};
use super::problem::{Code, Fault};
use super::wire::{day, read_day};
use crate::state::AppState;

/// A mandate to be registered.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewMandateWire {
    /// Who is to act.
    holder: Uuid,
    /// `proxy`, or `guardian` from an official who has seen the order.
    #[schema(value_type = String, min_length = 1, max_length = 20)]
    kind: Short<20>,
    /// For these programmes; null: for all.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>, min_items = 1, max_items = 64)]
    programmes: Option<Vec<Short<100>>>,
    /// First day.
    #[schema(format = Date)]
    valid_from: String,
    /// Last day; null: until it is ended.
    #[serde(default)]
    #[schema(format = Date)]
    valid_to: Option<String>,
    /// The number of the order, or how the power was given.
    #[schema(value_type = String, min_length = 3, max_length = 2000)]
    ground: Short<2000>,
}

/// A mandate.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MandateWire {
    /// Its id.
    id: Uuid,
    /// For whom the holder acts.
    person: Uuid,
    /// Who acts.
    holder: Uuid,
    /// `proxy` or `guardian`.
    kind: String,
    /// For these programmes; null: for all.
    programmes: Option<Vec<String>>,
    /// First day.
    #[schema(format = Date)]
    valid_from: String,
    /// Last day.
    #[schema(format = Date)]
    valid_to: Option<String>,
    /// What it rests on.
    ground: String,
    /// Whether it was ended before its time.
    ended: bool,
}

fn wire(m: &Mandate) -> MandateWire {
    MandateWire {
        id: m.id.0,
        person: m.person.0,
        holder: m.holder.0,
        kind: m.kind.word().to_owned(),
        programmes: m.programmes.clone(),
        valid_from: m.valid_from.to_string(),
        valid_to: day(m.valid_to),
        ground: m.ground.clone(),
        ended: m.ended_at.is_some(),
    }
}

/// Mandates.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MandateList {
    /// Those over the person and those the person holds, ended ones too.
    mandates: Vec<MandateWire>,
}

/// A mandate something was done with.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MandateTouched {
    /// Its id.
    mandate: Uuid,
}

/// Mandates over a person and those the person holds.
#[utoipa::path(get, path = "/api/persons/{id}/mandates", tag = "applications",
    params(("id" = Uuid, Path, description = "The person.")),
    responses((status = 200, body = MandateList), super::Faults))]
pub(crate) async fn list(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
) -> Result<axum::Json<MandateList>, Fault> {
    let viewer = call.viewer(&state);
    let setting = viewer.setting();
    let mut tx = state.db.read().await?;
    let seen = mandate::list(&mut tx, &viewer.sight(&setting), PersonId(super::id(&id)?)).await?;
    drop(tx);
    if seen.about.is_empty() {
        return Err(Fault::new(Code::NotFound));
    }
    let resource = seen.resource().showing(["mandates"]);
    let open = state.guard.reveal(&call.who, Action::ViewPerson, &resource, &call.purpose, seen.sealed).await?;
    Ok(axum::Json(MandateList { mandates: open.iter().map(wire).collect() }))
}

fn action(call: &Call) -> Action {
    if call.who.role == Role::Citizen { Action::AcceptOffer } else { Action::KeyInForPerson }
}

fn fault(error: mandate::Fault) -> Fault {
    use mandate::Fault as M;
    let words = error.to_string();
    match error {
        M::Store(inner) => inner.into(),
        M::NoPerson | M::Self_ | M::Dead => Fault::field(Code::Invalid, "/holder", words),
        M::NotAllowed | M::ByOfficialOnly => Fault::told(Code::Forbidden, words),
        M::Protected => Fault::told(Code::Conflict, words),
        M::NoGround => Fault::field(Code::Invalid, "/ground", words),
        M::Backwards { .. } => Fault::field(Code::Invalid, "/valid_to", words),
        M::NoProgramme(_) => Fault::field(Code::Invalid, "/programmes", words),
        M::NoMandate => Fault::new(Code::NotFound),
    }
}

/// Registers a mandate over a person. Registering the same again gives the one that stands.
#[utoipa::path(post, path = "/api/persons/{id}/mandates", tag = "applications", request_body = NewMandateWire,
    params(("id" = Uuid, Path, description = "Over whom."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 201, body = MandateTouched), super::Faults))]
pub(crate) async fn register(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let person = PersonId(super::id(&id)?);
    let body = Body::<NewMandateWire>::read(request, &state).await?.about(person);
    let once = Once::new(&headers, &call, "mandate", &body.hash)?;
    let kind: Kind =
        body.it.kind.0.parse().map_err(|_| Fault::field(Code::Invalid, "/kind", "expected proxy or guardian"))?;
    let new = NewMandate {
        person,
        holder: PersonId(body.it.holder),
        kind,
        programmes: body.it.programmes.map(|all| all.into_iter().map(|p| p.0).collect()),
        valid_from: read_day(&body.it.valid_from, "/valid_from")?,
        valid_to: body.it.valid_to.as_ref().map(|d| read_day(d, "/valid_to")).transpose()?,
        ground: body.it.ground.0,
    };
    let mut tx = state.db.read().await?;
    let allowed = [call.permit(&state, &mut tx, action(&call), [person], "mandate").await?];
    drop(tx);
    let viewer = call.viewer(&state);
    transact!(state.db, Fault, |tx| {
        match once.begin(tx, viewer.now).await? {
            Some(again) => Ok(again),
            None => {
                let id = mandate::register(tx, &viewer.desk(), &call.who, &allowed, new.clone()).await;
                once.end(tx, StatusCode::CREATED, &MandateTouched { mandate: id.map_err(fault)?.0 }).await
            }
        }
    })
}

/// Ends a mandate now: the person takes it back, the holder gives it up, or an official ends it.
#[utoipa::path(post, path = "/api/persons/{id}/mandates/{mandate}/end", tag = "applications",
    params(("id" = Uuid, Path, description = "Over whom."), ("mandate" = Uuid, Path, description = "The mandate."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = MandateTouched), super::Faults))]
pub(crate) async fn end(
    State(state): State<AppState>,
    call: Call,
    Path((id, mandate)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    let (person, mandate) = (PersonId(super::id(&id)?), MandateId(super::id(&mandate)?));
    let once = Once::new(&headers, &call, "mandate-end", &hash(format!("{person} {mandate}").as_bytes()))?;
    // The holder gives up with their own word; everybody else acts about the person.
    let mut tx = state.db.read().await?;
    let known = call.about(&state, &mut tx, [person]).await?;
    let own = known.iter().any(|(_, r)| r.own || r.ward);
    let about = call.who.person.filter(|_| call.who.role == Role::Citizen && !own).unwrap_or(person);
    let allowed = [call.permit(&state, &mut tx, action(&call), [about], "mandate").await?];
    drop(tx);
    let viewer = call.viewer(&state);
    transact!(state.db, Fault, |tx| {
        match once.begin(tx, viewer.now).await? {
            Some(again) => Ok(again),
            None => {
                mandate::end(tx, &viewer.desk(), &call.who, &allowed, person, mandate).await.map_err(fault)?;
                once.end(tx, StatusCode::OK, &MandateTouched { mandate: mandate.0 }).await
            }
        }
    })
}
