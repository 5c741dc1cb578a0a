//! What the family does in a case: it answers, takes back, speaks before a worse decision, objects.

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use casework::application::withdraw;
use casework::case::give;
use casework::decide::{object, official};
use guard::{Action, Role};
use kernel::{CaseId, DecisionId, PersonId};
use serde::{Deserialize, Serialize};
use store::transact;
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::{Body, Short};
use super::call::{Call, Once};
use super::cases::{bare, of_decision, permit};
use super::offers::{self, GivenWire};
use super::problem::{Code, Fault};
use super::stages_decision::official_fault;
use crate::state::AppState;

/// What the family gives when it is asked.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AnswersWire {
    /// The answers.
    #[schema(min_items = 1, max_items = 100)]
    answers: Vec<GivenWire>,
}

/// The case something was done with.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CaseTouched {
    /// The case.
    pub(super) case: Uuid,
}

/// Gives what the case asks of the family; it goes on at once.
#[utoipa::path(post, path = "/api/cases/{id}/answers", tag = "cases", request_body = AnswersWire,
    params(("id" = Uuid, Path, description = "The case."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = CaseTouched), super::Faults))]
pub(crate) async fn answers(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let id = CaseId(super::id(&id)?);
    let body = Body::<AnswersWire>::read(request, &state).await?.about(id);
    let once = Once::new(&headers, &call, "case-answers", &body.hash)?;
    let given = offers::given(&state.packs.current(), &body.it.answers, "/answers")?;
    let case = bare(&state, id).await?;
    let people: Vec<PersonId> = given.iter().map(|g| g.subject.person().unwrap_or(case.applicant)).collect();
    if people.is_empty() {
        return Err(Fault::field(Code::Invalid, "/answers", "give at least one answer"));
    }
    let action = match call.who.role {
        Role::Citizen => Action::AcceptOffer,
        Role::Caseworker => Action::WorkCase,
        _ => Action::KeyInForPerson,
    };
    let allowed = permit(&state, &call, &case, &people, action, "answer").await?;
    let answers: Vec<give::Answer> =
        given.into_iter().map(|g| give::Answer { subject: g.subject, item: g.item, value: g.value }).collect();
    let viewer = call.viewer(&state);
    transact!(state.db, Fault, |tx| {
        match once.begin(tx, viewer.now).await? {
            Some(again) => Ok(again),
            None => {
                give::run(tx, &viewer.desk(), &call.who, &allowed, id, &answers).await.map_err(give_fault)?;
                once.end(tx, StatusCode::OK, &CaseTouched { case: id.0 }).await
            }
        }
    })
}

fn give_fault(error: give::Fault) -> Fault {
    use give::Fault as G;
    let words = error.to_string();
    match error {
        G::Store(inner) | G::Fact(registry::fact::FactError::Store(inner)) => inner.into(),
        G::NoCase => Fault::new(Code::NotFound),
        G::Closed | G::Held { .. } => Fault::told(Code::Conflict, words),
        G::NotAllowed => Fault::told(Code::Forbidden, words),
        G::OtherHousehold | G::Nothing | G::BadAnswer { .. } | G::Fact(_) => {
            Fault::field(Code::Invalid, "/answers", words)
        }
    }
}

/// Why it is taken back.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WithdrawWire {
    /// Why, if the person wants to say; an official must.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 3, max_length = 2000)]
    reason: Option<Short<2000>>,
}

/// Takes one programme of an application back while nothing is decided.
#[utoipa::path(post, path = "/api/cases/{id}/withdrawal", tag = "cases", request_body = WithdrawWire,
    params(("id" = Uuid, Path, description = "The case."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = CaseTouched), super::Faults))]
pub(crate) async fn withdrawal(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let id = CaseId(super::id(&id)?);
    let body = Body::<WithdrawWire>::read(request, &state).await?.about(id);
    let once = Once::new(&headers, &call, "case-withdrawal", &body.hash)?;
    let case = bare(&state, id).await?;
    let action = if call.who.role == Role::Citizen { Action::AcceptOffer } else { Action::KeyInForPerson };
    let allowed = [permit(&state, &call, &case, &[case.applicant], action, "withdrawal").await?];
    let reason = body.it.reason.map(|r| r.0);
    let input = withdraw::Input { application: case.application, cases: Some(vec![id]), reason };
    let viewer = call.viewer(&state);
    transact!(state.db, Fault, |tx| {
        match once.begin(tx, viewer.now).await? {
            Some(again) => Ok(again),
            None => {
                let done = withdraw::run(tx, &viewer.desk(), &call.who, &allowed, input.clone()).await;
                done.map_err(|e| {
                    let words = e.to_string();
                    match e {
                        withdraw::Fault::Store(inner) => inner.into(),
                        withdraw::Fault::NoApplication | withdraw::Fault::NoCase(_) => Fault::new(Code::NotFound),
                        withdraw::Fault::Decided(_) => Fault::told(Code::Conflict, words),
                        withdraw::Fault::NoReason => Fault::field(Code::Invalid, "/reason", words),
                    }
                })?;
                once.end(tx, StatusCode::OK, &CaseTouched { case: id.0 }).await
            }
        }
    })
}

/// Words of the family, or why it objects.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WordsWire {
    /// In the person's own words.
    #[schema(value_type = String, min_length = 3, max_length = 4000)]
    pub(super) words: Short<4000>,
}

/// The family speaks before a worse decision; an official is told at once.
#[utoipa::path(post, path = "/api/cases/{id}/hearing", tag = "cases", request_body = WordsWire,
    params(("id" = Uuid, Path, description = "The case."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = CaseTouched), super::Faults))]
pub(crate) async fn hearing(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let id = CaseId(super::id(&id)?);
    let body = Body::<WordsWire>::read(request, &state).await?.about(id);
    let once = Once::new(&headers, &call, "case-hearing", &body.hash)?;
    let case = bare(&state, id).await?;
    let person = official::of(&case);
    let allowed = permit(&state, &call, &case, &[person], Action::ObjectDecision, "hearing").await?;
    let viewer = call.viewer(&state);
    transact!(state.db, Fault, |tx| {
        match once.begin(tx, viewer.now).await? {
            Some(again) => Ok(again),
            None => {
                let heard = official::hear(tx, &viewer.desk(), &call.who, &allowed, id, &body.it.words.0).await;
                heard.map_err(official_fault)?;
                once.end(tx, StatusCode::OK, &CaseTouched { case: id.0 }).await
            }
        }
    })
}

/// The objection.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Objected {
    /// Its id.
    objection: Uuid,
}

/// Objects to a decision in force; somebody who took no part in it reviews it.
#[utoipa::path(post, path = "/api/decisions/{id}/objection", tag = "cases", request_body = WordsWire,
    params(("id" = Uuid, Path, description = "The decision."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 201, body = Objected), super::Faults))]
pub(crate) async fn object(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let id = DecisionId(super::id(&id)?);
    let body = Body::<WordsWire>::read(request, &state).await?.about(id);
    let once = Once::new(&headers, &call, "objection", &body.hash)?;
    let case = of_decision(&state, id).await?;
    let person = official::of(&case);
    let allowed = permit(&state, &call, &case, &[person], Action::ObjectDecision, "decision").await?;
    let viewer = call.viewer(&state);
    transact!(state.db, Fault, |tx| {
        match once.begin(tx, viewer.now).await? {
            Some(again) => Ok(again),
            None => {
                let raised = object::raise(tx, &viewer.desk(), &call.who, &allowed, id, &body.it.words.0).await;
                let wire = Objected { objection: raised.map_err(object_fault)?.0 };
                once.end(tx, StatusCode::CREATED, &wire).await
            }
        }
    })
}

/// What a refusal to take or review an objection means.
pub(super) fn object_fault(error: object::Fault) -> Fault {
    use object::Fault as O;
    let words = error.to_string();
    match error {
        O::Store(inner) => inner.into(),
        O::Official(inner) => official_fault(inner),
        O::Nothing => Fault::new(Code::NotFound),
        O::NoWords => Fault::field(Code::Invalid, "/words", words),
        O::Worse => Fault::told(Code::Conflict, words),
        O::TookPart | O::OtherOffice(_) => Fault::told(Code::Forbidden, words),
        O::TooLate(_) | O::Exhausted | O::NotInForce | O::Already | O::Done => Fault::told(Code::Conflict, words),
    }
}
