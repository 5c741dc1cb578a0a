//! What people agreed to, and taking it back; and payments of a case held and let flow again.

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use casework::application::consent;
use casework::decide::official;
use guard::{Action, Role};
use kernel::{CaseId, PersonId};
use payment::grant::{self, Ground};
use serde::{Deserialize, Serialize};
use store::transact;
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::{Body, Short, hash};
use super::call::{Call, Once};
use super::cases::bare;
use super::cases_work::act;
use super::problem::{Code, Fault};
use super::wire::moment;
use crate::state::AppState;

/// A consent.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConsentWire {
    /// To what, as the pack names it.
    purpose: String,
    /// The law that asks for it.
    law: String,
    /// When it was given.
    given_at: String,
    /// When it was taken back.
    withdrawn_at: Option<String>,
}

/// Consents of a person.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConsentList {
    /// The oldest first, those taken back too.
    consents: Vec<ConsentWire>,
}

/// What a person agreed to.
#[utoipa::path(get, path = "/api/persons/{id}/consents", tag = "applications",
    params(("id" = Uuid, Path, description = "The person.")),
    responses((status = 200, body = ConsentList), super::Faults))]
pub(crate) async fn list(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
) -> Result<axum::Json<ConsentList>, Fault> {
    let viewer = call.viewer(&state);
    let setting = viewer.setting();
    let mut tx = state.db.read().await?;
    let seen = consent::list(&mut tx, &viewer.sight(&setting), PersonId(super::id(&id)?)).await?;
    drop(tx);
    if seen.about.is_empty() {
        return Err(Fault::new(Code::NotFound));
    }
    let resource = seen.resource().showing(["consents"]);
    let open = state.guard.reveal(&call.who, Action::ViewEntitlements, &resource, &call.purpose, seen.sealed).await?;
    let wire = |c: &consent::Consent| ConsentWire {
        purpose: c.purpose.clone(),
        law: c.law.clone(),
        given_at: moment(c.given_at),
        withdrawn_at: c.withdrawn_at.map(moment),
    };
    Ok(axum::Json(ConsentList { consents: open.iter().map(wire).collect() }))
}

/// Whether a consent stood when it was taken back.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TakenBack {
    /// `false`: there was none, and nothing changed.
    stood: bool,
}

/// Takes a consent back: from now on nothing rests on it.
#[utoipa::path(post, path = "/api/persons/{id}/consents/{purpose}/withdrawal", tag = "applications",
    params(("id" = Uuid, Path, description = "The person."), ("purpose" = String, Path, description = "To what, as the pack names it."),
        ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = TakenBack), super::Faults))]
pub(crate) async fn withdraw(
    State(state): State<AppState>,
    call: Call,
    Path((id, purpose)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    let person = PersonId(super::id(&id)?);
    // No purpose of a pack is written otherwise, and no database is asked for what it cannot hold.
    if purpose.len() > 100 || !purpose.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Err(Fault::new(Code::NotFound));
    }
    let once = Once::new(&headers, &call, "consent-withdrawal", &hash(format!("{person} {purpose}").as_bytes()))?;
    let action = if call.who.role == Role::Citizen { Action::AcceptOffer } else { Action::KeyInForPerson };
    let mut tx = state.db.read().await?;
    let allowed = [call.permit(&state, &mut tx, action, [person], "consent").await?];
    drop(tx);
    let viewer = call.viewer(&state);
    transact!(state.db, Fault, |tx| {
        match once.begin(tx, viewer.now).await? {
            Some(again) => Ok(again),
            None => {
                let done = consent::withdraw(tx, &viewer.desk(), &call.who, &allowed, person, &purpose).await;
                let stood = done.map_err(consent_fault)?;
                once.end(tx, StatusCode::OK, &TakenBack { stood }).await
            }
        }
    })
}

pub(crate) fn consent_fault(error: consent::Fault) -> Fault {
    let words = error.to_string();
    match error {
        consent::Fault::Store(inner) => inner.into(),
        consent::Fault::NotAllowed => Fault::told(Code::Forbidden, words),
        _ => Fault::told(Code::Conflict, words),
    }
}

/// Payments held, or let flow again.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HoldWire {
    /// Held; else they flow again.
    hold: bool,
    /// Why; told to the person.
    #[schema(value_type = String, min_length = 3, max_length = 500)]
    reason: Short<500>,
    /// The law.
    #[schema(value_type = String, min_length = 1, max_length = 300)]
    law: Short<300>,
}

/// How payments of a case stand.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HoldMade {
    /// The case.
    case: Uuid,
    /// Whether they are held now.
    held: bool,
}

/// Holds what a case pays until it is let flow again; nothing is lost. Done by whoever signs decisions.
#[utoipa::path(post, path = "/api/cases/{id}/payments-hold", tag = "work", request_body = HoldWire,
    params(("id" = Uuid, Path, description = "The case."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = HoldMade), super::Faults))]
pub(crate) async fn hold(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let id = CaseId(super::id(&id)?);
    let body = Body::<HoldWire>::read(request, &state).await?.about(id);
    let once = Once::new(&headers, &call, "payments-hold", &body.hash)?;
    let case = bare(&state, id).await?;
    let _allowed = act(&state, &call, &case, Action::ApproveDecision).await?;
    let viewer = call.viewer(&state);
    if !official::theirs(&viewer.desk(), &call.who, &case) {
        return Err(Fault::new(Code::Forbidden));
    }
    let it = body.it;
    let ground = Ground { reason: it.reason.0, law: it.law.0, by: Some(call.who.account) };
    transact!(state.db, Fault, |tx| {
        if let Some(again) = once.begin(tx, viewer.now).await? {
            return Ok(again);
        }
        let paid = payment::pass_on::of_case(tx, case.subject.uuid(), id).await?;
        let paid = paid.ok_or_else(|| Fault::told(Code::Conflict, "the case pays nothing"))?;
        let desk = crate::finance::desk(&viewer);
        let done = match it.hold {
            true => grant::suspend(tx, &desk, paid.id, &ground).await,
            false => grant::resume(tx, &desk, paid.id, &ground).await,
        };
        done.map_err(hold_fault)?;
        once.end(tx, StatusCode::OK, &HoldMade { case: id.0, held: it.hold }).await
    })
}

fn hold_fault(error: grant::Fault) -> Fault {
    let words = error.to_string();
    match error {
        grant::Fault::Store(inner) => inner.into(),
        grant::Fault::NoReason => Fault::field(Code::Invalid, "/reason", words),
        _ => Fault::told(Code::Conflict, words),
    }
}
