//! What another agency sends by itself: the answer to a question it had said «not yet» to.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use casework::Desk;
use casework::investigate::answer::{self, Effect, Reply};
use casework::investigate::ask;
use exchange::{ExchangeError, Outcome, SIGNATURE_HEADER};
use guard::{Action, Denied, Processing, PurposeKind, Resource, Role, Who};
use kernel::RequestId;
use store::{StoreError, transact};

use crate::runtime::Runtime;
use crate::work::Failed;
use crate::{ask as questions, machine};

/// `POST /api/agency-answers/{request}` (docs/exchange.md, «Callback»).
pub(crate) fn router(runtime: Arc<Runtime>) -> Router {
    Router::new().route("/api/agency-answers/{request}", post(take)).with_state(runtime)
}

async fn take(
    State(runtime): State<Arc<Runtime>>,
    Path(request): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Some(who) = caller(&runtime, &headers).await else {
        return problem(StatusCode::UNAUTHORIZED, "sign-in", "Not signed in", "send the agency's bearer token");
    };
    if who.role != Role::AgencySystem {
        return problem(StatusCode::FORBIDDEN, "forbidden", "Not allowed", "only the agency that was asked answers");
    }
    let Ok(id) = request.parse::<RequestId>() else { return nothing() };
    match answered(&runtime, &who, id, &headers, &body).await {
        Ok(response) => response,
        Err(Failed::Denied(Denied::Refused(_))) => nothing(),
        Err(Failed::Store(StoreError::Unavailable(_)) | Failed::Denied(Denied::NotLogged(_))) => {
            problem(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Not now", "send the same answer again later")
        }
        Err(error) => {
            tracing::error!(%error, %id, "a pushed answer could not be taken");
            problem(
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal",
                "A fault of ours",
                "send the same answer again later",
            )
        }
    }
}

/// The agency whose token came with the call.
async fn caller(runtime: &Runtime, headers: &HeaderMap) -> Option<Who> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    let token = scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())?;
    web::api::client::who(&runtime.state, token).await
}

async fn answered(
    runtime: &Runtime,
    who: &Who,
    id: RequestId,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Response, Failed> {
    let state = &runtime.state;
    let pack = state.packs.current();
    let desk = Desk { pack: &pack, keys: &runtime.keys, ids: &*state.ids, now: state.now() };
    let mut tx = state.db.read().await?;
    // What was answered, and what never was, looks the same: a second delivery is done with, and nobody learns of other questions.
    let Some(sealed) = ask::unanswered(&mut tx, &desk, id).await? else { return Ok(taken(Effect::TooLate)) };
    let basis = Processing::new(PurposeKind::DataExchange, format!("question {id}"))?;
    let question = sealed.process(&basis, ask::Question::clone);
    if question.request.agency != who.organisation {
        return Ok(taken(Effect::TooLate));
    }
    if headers.get("idempotency-key").is_some_and(|key| key.as_bytes() != id.to_string().as_bytes()) {
        let words = "the Idempotency-Key of an answer is the question's id";
        return Ok(problem(StatusCode::UNPROCESSABLE_ENTITY, "invalid", "Another question", words));
    }
    let purpose = machine::purpose("answer to a question", question.cases.first().copied(), &question.request.law);
    let about = machine::in_a_case(&mut tx, runtime, who, &purpose, sealed.persons()).await?;
    drop(tx);
    let items: Vec<String> = question.request.items.iter().map(|(_, item)| item.clone()).collect();
    let resource = Resource::people(about).showing(items);
    let _allowed = state.guard.permit(who, Action::AgencyPush, &resource, &purpose).await?;
    let asked = match questions::wire(&pack, runtime, &question) {
        Ok(asked) => asked,
        Err(words) => return Ok(problem(StatusCode::UNPROCESSABLE_ENTITY, "invalid", "Not connected", &words)),
    };
    let signature = headers.get(SIGNATURE_HEADER).and_then(|v| v.to_str().ok());
    let said = runtime.exchange.check_callback(&asked, signature, body);
    if let Ok(Outcome::Faulty(fault)) = &said {
        // It stays open: the agency may mend its answer, and its time runs on.
        return Ok(problem(StatusCode::UNPROCESSABLE_ENTITY, "invalid", "Not as agreed", &fault.to_string()));
    }
    let effect = settle(runtime, &desk, id, &question, said).await?;
    Ok(taken(effect))
}

async fn settle(
    runtime: &Runtime,
    desk: &Desk<'_>,
    id: RequestId,
    question: &ask::Question,
    said: Result<Outcome, ExchangeError>,
) -> Result<Effect, Failed> {
    let (reply, _): (Reply, _) = questions::understood(desk.pack, question, said);
    transact!(runtime.state.db, Failed, |tx| Ok(answer::run(tx, desk, id, reply.clone()).await?))
}

fn taken(effect: Effect) -> Response {
    let word = match effect {
        Effect::Ended => "taken",
        Effect::StaysOpen => "open",
        Effect::Late => "late",
        Effect::TooLate => "nothing_open",
    };
    json(StatusCode::OK, "application/json", &serde_json::json!({ "outcome": word }))
}

fn nothing() -> Response {
    problem(StatusCode::NOT_FOUND, "not-found", "No such question", "send the answer to the address of the question")
}

fn problem(status: StatusCode, code: &str, title: &str, detail: &str) -> Response {
    let body = serde_json::json!({
        "type": format!("urn:hearth:problem:{code}"), "title": title, "status": status.as_u16(), "detail": detail,
        "errors": [],
    });
    json(status, "application/problem+json", &body)
}

fn json(status: StatusCode, kind: &'static str, body: &serde_json::Value) -> Response {
    (status, [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-store")], body.to_string()).into_response()
}
