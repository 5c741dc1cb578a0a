//! Where a person lives, as a look of its own; and from whom that is kept: protections seen, recorded and ended.

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use casework::protection::{self, Ending, NewProtection, Protection};
use guard::{Action, Allowed, Relation, Resource, Tier};
use kernel::PersonId;
use serde::{Deserialize, Serialize};
use store::transact;
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::{Body, Short};
use super::call::{Call, Once};
use super::problem::{Code, Fault};
use super::wire::{day, moment, read_day};
use crate::state::AppState;
use crate::whereabouts;

/// Where somebody lives and how to reach them. Each is null where none is recorded, or none may be told.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WhereaboutsWire {
    /// The place in the pack.
    jurisdiction: Option<String>,
    /// Street, number, flat.
    line: Option<String>,
    /// Postal code.
    postcode: Option<String>,
    /// Since when.
    #[schema(format = Date)]
    since: Option<String>,
    /// Telephone.
    phone: Option<String>,
    /// E-mail.
    email: Option<String>,
}

/// A person's address and contact: a look of its own in the disclosure log.
#[utoipa::path(get, path = "/api/persons/{id}/address", tag = "persons",
    params(("id" = Uuid, Path, description = "The person.")),
    responses((status = 200, body = WhereaboutsWire), super::Faults))]
pub(crate) async fn address(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
) -> Result<axum::Json<WhereaboutsWire>, Fault> {
    let person = PersonId(super::id(&id)?);
    let viewer = call.viewer(&state).concerning_person(person).await?;
    let open = whereabouts::look(&viewer, person).await?;
    let place = open.residence.as_ref();
    Ok(axum::Json(WhereaboutsWire {
        jurisdiction: place.map(|r| r.address.jurisdiction.clone()),
        line: place.map(|r| r.address.line.clone()),
        postcode: place.map(|r| r.address.postcode.clone()).filter(|p| !p.is_empty()),
        since: day(place.map(|r| r.stamp.valid.from)),
        phone: open.phone,
        email: open.email,
    }))
}

/// A protection to be recorded.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewProtectionWire {
    /// From whom; left out or empty where nobody is named.
    #[serde(default)]
    #[schema(max_items = 20)]
    perpetrators: Vec<Uuid>,
    /// First day.
    #[schema(format = Date)]
    valid_from: String,
    /// Last day; null: until it is ended.
    #[serde(default)]
    #[schema(format = Date)]
    valid_to: Option<String>,
    /// The number of the order, or why.
    #[schema(value_type = String, min_length = 3, max_length = 2000)]
    reason: Short<2000>,
    /// The law it rests on.
    #[schema(value_type = String, min_length = 3, max_length = 2000)]
    law: Short<2000>,
}

/// Somebody a person is protected from.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PerpetratorWire {
    /// The person.
    person: Uuid,
    /// Their name.
    name: String,
}

/// A protection that holds, or will.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProtectionWire {
    /// Its id.
    id: Uuid,
    /// From whom.
    perpetrators: Vec<PerpetratorWire>,
    /// First day.
    #[schema(format = Date)]
    valid_from: String,
    /// Last day; null: until it is ended.
    #[schema(format = Date)]
    valid_to: Option<String>,
    /// The number of the order, or why.
    reason: String,
    /// The law it rests on.
    law: String,
    /// Which agency recorded it.
    source: String,
    /// When.
    #[schema(format = DateTime)]
    recorded_at: String,
}

fn wire(p: &Protection) -> ProtectionWire {
    let perpetrators = p.from.iter().map(|(id, name)| PerpetratorWire { person: id.0, name: name.clone() });
    ProtectionWire {
        id: p.id,
        perpetrators: perpetrators.collect(),
        valid_from: p.valid_from.to_string(),
        valid_to: day(p.valid_to),
        reason: p.reason.clone(),
        law: p.law.clone(),
        source: p.source.clone(),
        recorded_at: moment(p.recorded_at),
    }
}

/// Protections.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProtectionList {
    /// Those that hold or will, the earliest first, of which the caller has the case.
    protections: Vec<ProtectionWire>,
}

/// A protection something was done with.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProtectionTouched {
    /// Its id; one that was ended goes on under another until it is over.
    protection: Uuid,
}

/// From whom a person is protected: for whoever has an open case of the family, or recorded the protection.
#[utoipa::path(get, path = "/api/persons/{id}/protections", tag = "persons",
    params(("id" = Uuid, Path, description = "The person.")),
    responses((status = 200, body = ProtectionList), super::Faults))]
pub(crate) async fn list(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
) -> Result<axum::Json<ProtectionList>, Fault> {
    let person = PersonId(super::id(&id)?);
    let viewer = call.viewer(&state).concerning_person(person).await?;
    let setting = viewer.setting();
    let mut tx = state.db.read().await?;
    let seen = protection::list(&mut tx, &viewer.desk(), &viewer.sight(&setting), person).await?;
    drop(tx);
    let resource = seen.resource().at(Tier::Sensitive).showing(["protection"]);
    let open = state.guard.reveal(&call.who, Action::ViewProtection, &resource, &call.purpose, seen.sealed).await?;
    Ok(axum::Json(ProtectionList { protections: open.iter().map(wire).collect() }))
}

async fn permit(
    state: &AppState,
    call: &Call,
    action: Action,
    person: PersonId,
    relation: Relation,
) -> Result<Allowed, Fault> {
    let resource = Resource::person(person, relation).at(Tier::Sensitive).showing(["protection"]);
    Ok(state.guard.permit(&call.who, action, &resource, &call.purpose).await?)
}

fn fault(error: protection::Fault) -> Fault {
    use protection::Fault as P;
    let words = error.to_string();
    let field = |pointer: &str| Fault::field(Code::Invalid, pointer, words.clone());
    match error {
        P::Store(inner) => inner.into(),
        P::NotAllowed => Fault::told(Code::Forbidden, words),
        P::OwnFamily => Fault::told(Code::Forbidden, words),
        P::NoPerson | P::NoProtection => Fault::new(Code::NotFound),
        P::NoPerpetrator | P::FromSelf | P::TooMany => field("/perpetrators"),
        P::NoLaw => field("/law"),
        P::NoReason => field("/reason"),
        P::BadDay(_) => field("/valid_from"),
        P::Backwards { .. } => field("/valid_to"),
        P::BadEnd(_) => field("/on"),
    }
}

/// Records that a person is protected: from then on nobody learns where they and their children are, and for those they are
/// protected from there is no record at all. Recording the same again gives the one that stands.
#[utoipa::path(post, path = "/api/persons/{id}/protections", tag = "persons", request_body = NewProtectionWire,
    params(("id" = Uuid, Path, description = "The victim."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 201, body = ProtectionTouched), super::Faults))]
pub(crate) async fn record(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let person = PersonId(super::id(&id)?);
    let body = Body::<NewProtectionWire>::read(request, &state).await?.about(person);
    let once = Once::new(&headers, &call, "protection", &body.hash)?;
    let new = NewProtection {
        person,
        perpetrators: body.it.perpetrators.into_iter().map(PersonId).collect(),
        from: read_day(&body.it.valid_from, "/valid_from")?,
        last: body.it.valid_to.as_ref().map(|d| read_day(d, "/valid_to")).transpose()?,
        reason: body.it.reason.0,
        law: body.it.law.0,
    };
    let viewer = call.viewer(&state).concerning_person(person).await?;
    let setting = viewer.setting();
    let sight = viewer.sight(&setting);
    transact!(state.db, Fault, |tx| {
        match once.begin(tx, viewer.now).await? {
            Some(again) => Ok(again),
            None => {
                let known = registry::sight::relations(tx, &sight, [person]).await?;
                let relation = known.get(&person).copied().unwrap_or_default();
                let allowed = permit(&state, &call, Action::ProtectPerson, person, relation).await?;
                let id = protection::record(tx, &viewer.desk(), &sight, &allowed, &new).await.map_err(fault)?;
                once.end(tx, StatusCode::CREATED, &ProtectionTouched { protection: id }).await
            }
        }
    })
}

/// The end of a protection.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EndingWire {
    /// The first day on which it holds no more; null: today.
    #[serde(default)]
    #[schema(format = Date)]
    on: Option<String>,
    /// Why.
    #[schema(value_type = String, min_length = 3, max_length = 2000)]
    reason: Short<2000>,
}

/// Ends a protection. Needs a second factor; what lies in its time stays hidden.
#[utoipa::path(post, path = "/api/persons/{id}/protections/{protection}/end", tag = "persons", request_body = EndingWire,
    params(("id" = Uuid, Path, description = "The victim."), ("protection" = Uuid, Path, description = "The protection."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = ProtectionTouched), super::Faults))]
pub(crate) async fn end(
    State(state): State<AppState>,
    call: Call,
    Path((id, protection)): Path<(String, String)>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let (person, protection) = (PersonId(super::id(&id)?), super::id(&protection)?);
    let body = Body::<EndingWire>::read(request, &state).await?.about(format!("{person} {protection}"));
    let once = Once::new(&headers, &call, "protection-end", &body.hash)?;
    let ending = Ending {
        person,
        protection,
        on: body.it.on.as_ref().map(|d| read_day(d, "/on")).transpose()?,
        why: body.it.reason.0,
    };
    let viewer = call.viewer(&state).concerning_person(person).await?;
    let setting = viewer.setting();
    let sight = viewer.sight(&setting);
    transact!(state.db, Fault, |tx| {
        match once.begin(tx, viewer.now).await? {
            Some(again) => Ok(again),
            None => {
                let relation = protection::relation(tx, &viewer.desk(), &sight, person).await?;
                let allowed = permit(&state, &call, Action::EndProtection, person, relation).await?;
                let id = protection::end(tx, &viewer.desk(), &sight, &allowed, &ending).await.map_err(fault)?;
                once.end(tx, StatusCode::OK, &ProtectionTouched { protection: id }).await
            }
        }
    })
}
