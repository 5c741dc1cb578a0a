//! Facts written directly, withdrawn, and what was known before.

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use casework::Desk;
use casework::model::Subject;
use catalogue::Pack;
use guard::{Action, Role};
use kernel::{FactId, HouseholdId, Period, PersonId};
use registry::fact::{self, FactError, NewFact};
use registry::{Origin, Pen};
use rules::schema::Entity;
use serde::{Deserialize, Serialize};
use store::{Tx, transact};
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::{Body, Short};
use super::call::{Call, Once};
use super::problem::{Code, Fault};
use super::wire::{self, read_day};
use crate::state::AppState;

/// A statement: what is so from a day on.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StatementWire {
    /// The item of the pack.
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    item: Short<100>,
    /// The value.
    #[schema(value_type = wire::Scalar)]
    value: serde_json::Value,
    /// First day it holds for.
    #[schema(format = Date)]
    from: String,
    /// First day it no longer holds for.
    #[serde(default)]
    #[schema(format = Date)]
    until: Option<String>,
    /// The statement that was wrong: it is withdrawn and kept.
    #[serde(default)]
    corrects: Option<Uuid>,
}

/// Statements about one person or household.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StatementsWire {
    /// What is so.
    #[schema(min_items = 1, max_items = 100)]
    facts: Vec<StatementWire>,
    /// The agency that says so (its id in the pack), or `self` for what the person said; a machine's is its own.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 60)]
    source: Option<Short<60>>,
}

/// Statements that stand now.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FactsMade {
    /// One for each fact sent, in their order; the known one where nothing was new.
    facts: Vec<Uuid>,
}

/// Why a statement is withdrawn.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReasonWire {
    /// Why.
    #[schema(value_type = String, min_length = 3, max_length = 200)]
    reason: Short<200>,
}

/// The source of statements: for a machine its own agency, else what is named, else the caller's office.
pub(super) fn source(call: &Call, pack: &Pack, named: Option<Short<60>>, at: &str) -> Result<String, Fault> {
    let own = Some(call.who.organisation.clone()).filter(|o| !o.is_empty()).unwrap_or_else(|| "self".to_owned());
    let source = match call.who.role {
        Role::AgencySystem => own,
        Role::Citizen => "self".to_owned(),
        _ => named.map_or(own, |s| s.0),
    };
    if source == "self" || pack.agencies().get(&source).is_some() {
        return Ok(source);
    }
    Err(Fault::field(Code::Invalid, at, "expected the id of an agency of the pack, or self"))
}

/// The origin of what this caller states.
pub(super) fn origin_of(call: &Call, source: &str, law: &str) -> Origin {
    Origin::new(source, law, call.who.account.to_string())
}

/// Records facts about a person.
#[utoipa::path(post, path = "/api/persons/{id}/facts", tag = "persons", request_body = StatementsWire,
    params(("id" = Uuid, Path, description = "The person."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 201, body = FactsMade), super::Faults))]
pub(crate) async fn of_person(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    record(state, call, Subject::Person(PersonId(super::id(&id)?)), headers, request).await
}

/// Records facts about a household as a whole.
#[utoipa::path(post, path = "/api/households/{id}/facts", tag = "households", request_body = StatementsWire,
    params(("id" = Uuid, Path, description = "The household."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 201, body = FactsMade), super::Faults))]
pub(crate) async fn of_household(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    record(state, call, Subject::Household(HouseholdId(super::id(&id)?)), headers, request).await
}

async fn record(
    state: AppState,
    call: Call,
    subject: Subject,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let body = Body::<StatementsWire>::read(request, &state).await?.about(subject.uuid());
    let once = Once::new(&headers, &call, "facts", &body.hash)?;
    let viewer = call.viewer(&state);
    let source = source(&call, &viewer.pack, body.it.source, "/source")?;
    let new = statements(&call, &viewer.pack, subject, &source, &body.it.facts)?;
    transact!(state.db, Fault, |tx| {
        match once.begin(tx, viewer.now).await? {
            Some(again) => Ok(again),
            None => {
                let desk: Desk<'_> = viewer.desk();
                permit(&state, &call, tx, &desk, subject).await?;
                let check = |s: &registry::Subject, item: &str, value: &registry::FactValue| desk.check(s, item, value);
                let mut made = FactsMade { facts: Vec::new() };
                for (n, (origin, fact)) in new.iter().enumerate() {
                    let pen = Pen::new(&*state.ids, state.guard.keys(), viewer.now, origin);
                    let id = fact::record(tx, pen, &check, fact.clone()).await.map_err(|e| fact_fault(e, n))?;
                    made.facts.push(id.0);
                }
                once.end(tx, StatusCode::CREATED, &made).await
            }
        }
    })
}

fn registry_subject(subject: Subject) -> registry::Subject {
    match subject {
        Subject::Person(id) => registry::Subject::Person(id),
        Subject::Household(id) => registry::Subject::Household(id),
    }
}

/// Each with its origin: the law is the item's own.
fn statements(
    call: &Call,
    pack: &Pack,
    subject: Subject,
    source: &str,
    wire: &[StatementWire],
) -> Result<Vec<(Origin, NewFact)>, Fault> {
    if wire.is_empty() || wire.len() > 100 {
        return Err(Fault::field(Code::Invalid, "/facts", "expected 1 to 100 facts"));
    }
    let entity = match subject {
        Subject::Person(_) => Entity::Person,
        Subject::Household(_) => Entity::Household,
    };
    let one = |(n, told): (usize, &StatementWire)| {
        let at = format!("/facts/{n}");
        let value = wire::stated(pack, entity, &told.item.0, &told.value, &at)?;
        let from = read_day(&told.from, &format!("{at}/from"))?;
        let until = told.until.as_ref().map(|d| read_day(d, &format!("{at}/until"))).transpose()?;
        let law = pack.item(entity, &told.item.0).map(|i| i.law.clone()).unwrap_or_default();
        let fact = NewFact {
            subject: registry_subject(subject),
            item: told.item.0.clone(),
            value: Desk::statement(&value),
            valid: Period { from, until },
            corrects: told.corrects.map(FactId),
        };
        Ok((origin_of(call, source, &law), fact))
    };
    wire.iter().enumerate().map(one).collect()
}

/// The guard's decision about everybody the statement is about. A member speaks for the household.
async fn permit(state: &AppState, call: &Call, tx: &mut Tx, desk: &Desk<'_>, subject: Subject) -> Result<(), Fault> {
    let mut about = match subject {
        Subject::Person(id) => vec![id],
        Subject::Household(id) => casework::household::member_ids(tx, desk, id).await?,
    };
    if let (Role::Citizen, Subject::Household(_), Some(own)) = (call.who.role, subject, call.who.person)
        && about.contains(&own)
    {
        about = vec![own];
    }
    if about.is_empty() {
        return Err(Fault::new(Code::NotFound));
    }
    let action = if call.who.role == Role::AgencySystem { Action::AgencyPush } else { Action::EditPerson };
    let _allowed = call.permit(state, tx, action, about, "facts").await?;
    Ok(())
}

fn fact_fault(error: FactError, n: usize) -> Fault {
    let words = error.to_string();
    let at = |part: &str| Fault::field(Code::Invalid, format!("/facts/{n}/{part}"), words.clone());
    match error {
        FactError::Store(inner) => inner.into(),
        FactError::Item { .. } => at("value"),
        FactError::Backwards { .. } => at("until"),
        FactError::NoSubject => Fault::new(Code::NotFound),
        FactError::NothingToCorrect => at("corrects"),
    }
}

/// Withdraws a statement about a person that should never have been made. It stays readable as history.
#[utoipa::path(post, path = "/api/persons/{id}/facts/{fact}/withdrawal", tag = "persons", request_body = ReasonWire,
    params(("id" = Uuid, Path, description = "The person."), ("fact" = Uuid, Path, description = "The statement."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = FactsMade), super::Faults))]
pub(crate) async fn withdraw_of_person(
    State(state): State<AppState>,
    call: Call,
    Path((id, fact)): Path<(String, String)>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    withdraw(state, call, Subject::Person(PersonId(super::id(&id)?)), &fact, headers, request).await
}

/// Withdraws a statement about a household.
#[utoipa::path(post, path = "/api/households/{id}/facts/{fact}/withdrawal", tag = "households", request_body = ReasonWire,
    params(("id" = Uuid, Path, description = "The household."), ("fact" = Uuid, Path, description = "The statement."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = FactsMade), super::Faults))]
pub(crate) async fn withdraw_of_household(
    State(state): State<AppState>,
    call: Call,
    Path((id, fact)): Path<(String, String)>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    withdraw(state, call, Subject::Household(HouseholdId(super::id(&id)?)), &fact, headers, request).await
}

async fn withdraw(
    state: AppState,
    mut call: Call,
    subject: Subject,
    fact: &str,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let fact = FactId(super::id(fact)?);
    let body = Body::<ReasonWire>::read(request, &state).await?.about(fact).about(subject.uuid());
    let reason = body.it.reason.0;
    if reason.trim().chars().count() < 3 {
        return Err(Fault::field(Code::Invalid, "/reason", "expected a reason of 3 to 200 characters"));
    }
    let once = Once::new(&headers, &call, "fact-withdrawal", &body.hash)?;
    // The reason stands in the disclosure log with the change.
    call.purpose.reason = reason;
    let viewer = call.viewer(&state);
    let origin = origin_of(&call, &call.who.organisation, "");
    transact!(state.db, Fault, |tx| {
        match once.begin(tx, viewer.now).await? {
            Some(again) => Ok(again),
            None => {
                permit(&state, &call, tx, &viewer.desk(), subject).await?;
                let pen = Pen::new(&*state.ids, state.guard.keys(), viewer.now, &origin);
                fact::withdraw(tx, pen, registry_subject(subject), fact).await.map_err(|e| match e {
                    FactError::Store(inner) => inner.into(),
                    _ => Fault::new(Code::NotFound),
                })?;
                once.end(tx, StatusCode::OK, &FactsMade { facts: vec![fact.0] }).await
            }
        }
    })
}
