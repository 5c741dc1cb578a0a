//! Events corrected and withdrawn.

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use casework::{correct, withdraw};
use kernel::EventId;
use serde::Deserialize;
use store::transact;
use utoipa::ToSchema;

use super::body::{Body, Short};
use super::call::{Call, Once};
use super::events::{AddressWire, FactWire, TellerWire, ToldWire, action, changes, event_fault, told_facts};
use super::problem::{Code, Fault};
use super::wire::{self, NameWire, SexWire, read_day};
use crate::state::AppState;

/// What is right about an event. Only what is given changes.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CorrectionWire {
    /// Why.
    #[schema(value_type = String, min_length = 3, max_length = 1000)]
    reason: Short<1000>,
    /// Birth: the child's names.
    #[serde(default)]
    #[schema(max_items = 5)]
    names: Vec<NameWire>,
    /// Birth: the child's sex.
    #[serde(default)]
    sex: Option<SexWire>,
    /// Birth: the day.
    #[serde(default)]
    #[schema(format = Date)]
    birth_date: Option<String>,
    /// Pregnancy: the expected day.
    #[serde(default)]
    #[schema(format = Date)]
    due_date: Option<String>,
    /// Pregnancy: how many children are expected.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 9)]
    unborn: Option<u32>,
    /// Move: the first day there. Death: the day.
    #[serde(default)]
    #[schema(format = Date)]
    on: Option<String>,
    /// Move: the new address.
    #[serde(default)]
    address: Option<AddressWire>,
    /// Facts; in a change of circumstances each replaces the statement on the same item.
    #[serde(default)]
    #[schema(max_items = 100)]
    facts: Vec<FactWire>,
    /// Who tells.
    #[serde(default)]
    teller: TellerWire,
}

/// Corrects an event. The original is kept.
#[utoipa::path(post, path = "/api/events/{id}/correction", tag = "events", request_body = CorrectionWire,
    params(("id" = Uuid, Path, description = "The event."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 201, body = ToldWire), (status = 200, description = "Known already.", body = ToldWire), super::Faults))]
pub(crate) async fn correction(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let event = EventId(super::id(&id)?);
    let body = Body::<CorrectionWire>::read(request, &state).await?.about(event);
    let it = body.it.clone();
    let facts = match it.facts.is_empty() {
        true => vec![],
        false => told_facts(&state.packs.current(), &it.facts)?,
    };
    let input = correct::Input {
        event,
        reason: it.reason.0,
        right: correct::Right {
            names: wire::names(&it.names, "/names")?,
            sex: it.sex.map(Into::into),
            birth_date: it.birth_date.map(|d| read_day(&d, "/birth_date")).transpose()?,
            due_date: it.due_date.map(|d| read_day(&d, "/due_date")).transpose()?,
            unborn: it.unborn,
            on: it.on.map(|d| read_day(&d, "/on")).transpose()?,
            address: it.address.as_ref().map(AddressWire::address).transpose()?,
            facts: facts.into_iter().map(|f| (f.subject, f.item, f.value)).collect(),
        },
        teller: it.teller.teller(&call),
    };
    changes!(state, headers, call, body, "correction", |tx, desk| {
        let people = correct::people(tx, event).await?.ok_or_else(|| Fault::new(Code::NotFound))?;
        let allowed = call.permit(&state, tx, action(&call), people, "correction").await?;
        let told = correct::run(tx, &desk, &call.who, &allowed, input.clone()).await.map_err(event_fault)?;
        ToldWire::of(&told)
    })
}

/// Why an event is withdrawn.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WithdrawalWire {
    /// Why.
    #[schema(value_type = String, min_length = 3, max_length = 1000)]
    reason: Short<1000>,
    /// Who tells.
    #[serde(default)]
    teller: TellerWire,
}

/// Withdraws an event registered in error, and what followed from it. Nothing is deleted.
#[utoipa::path(post, path = "/api/events/{id}/withdrawal", tag = "events", request_body = WithdrawalWire,
    params(("id" = Uuid, Path, description = "The event."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = ToldWire), super::Faults))]
pub(crate) async fn withdrawal(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let event = EventId(super::id(&id)?);
    let body = Body::<WithdrawalWire>::read(request, &state).await?.about(event);
    let it = body.it.clone();
    let input = withdraw::Input { event, reason: it.reason.0, teller: it.teller.teller(&call) };
    changes!(state, headers, call, body, "withdrawal", |tx, desk| {
        let people = correct::people(tx, event).await?.ok_or_else(|| Fault::new(Code::NotFound))?;
        let allowed = call.permit(&state, tx, action(&call), people, "withdrawal").await?;
        let done = withdraw::run(tx, &desk, &call.who, &allowed, input.clone()).await.map_err(event_fault)?;
        (StatusCode::OK, ToldWire::registered("withdrawn", &done))
    })
}
