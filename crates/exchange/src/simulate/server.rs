//! The server: tokens, questions, orders.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, LOCATION, RETRY_AFTER};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use futures_util::stream;
use kernel::Instant;
use serde_json::json;
use subtle::ConstantTimeEq as _;
use url::form_urlencoded;

use super::push::{Push, push};
use super::state::{Asked, Role, Shared};
use super::{Behaviour, drawn, play};
use crate::answer::read;
use crate::signature::{SIGNATURE_HEADER, sign};
use crate::wire::instant;

/// The longest a simulated agency waits with a late push, in seconds.
const LONGEST_WAIT: i64 = 7 * 86_400;
/// How much of an endless answer comes at once, in bytes.
const CHUNK: usize = 64 << 10;

/// How long half an answer stands alone.
const BREAK_OFF: Duration = Duration::from_millis(50);

type Sim = State<Arc<Shared>>;

pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/{agency}/token", post(token))
        .route("/{agency}/questions", post(question))
        .route("/{agency}/questions/{id}", get(look_at_question))
        .route("/{agency}/orders", post(order))
        .route("/{agency}/orders/{id}", get(look_at_order))
        .with_state(shared)
}

async fn token(State(sim): Sim, Path(agency): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    let refuse = |status: StatusCode, error: &str| (status, Json(json!({ "error": error }))).into_response();
    if !form_urlencoded::parse(&body).any(|(k, v)| k == "grant_type" && v == "client_credentials") {
        return refuse(StatusCode::BAD_REQUEST, "unsupported_grant_type");
    }
    if sim.known(&agency, |_| ()).is_none() || !signs_in(&sim, &headers) {
        return refuse(StatusCode::UNAUTHORIZED, "invalid_client");
    }
    let life = sim.settings.token_seconds;
    let good_until = sim.clock.now().plus_seconds(life.into());
    let text = {
        let mut state = sim.state();
        state.tokens_given += 1;
        let text = hex::encode(*drawn(sim.settings.seed, "token", &agency, state.tokens_given));
        state.tokens.insert(text.clone(), (agency.clone(), good_until));
        text
    };
    sim.role(&agency, |role| role.stats.tokens += 1);
    Json(json!({ "access_token": text, "token_type": "Bearer", "expires_in": life })).into_response()
}

fn signs_in(sim: &Shared, headers: &HeaderMap) -> bool {
    let given = headers.get(AUTHORIZATION).and_then(|v| v.to_str().ok()).and_then(|v| v.strip_prefix("Basic "));
    let given = given.and_then(|v| BASE64.decode(v).ok()).and_then(|v| String::from_utf8(v).ok());
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let right = format!("{}:{}", encoded(&sim.settings.client_id), encoded(&sim.settings.client_secret));
    given.is_some_and(|given| given.as_bytes().ct_eq(right.as_bytes()).into())
}

async fn question(State(sim): Sim, Path(agency): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    posted(&sim, &agency, &headers, body, |body| read(body).map(Asked::Question)).await
}

async fn order(State(sim): Sim, Path(agency): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    posted(&sim, &agency, &headers, body, |body| read(body).map(Asked::Order)).await
}

async fn look_at_question(State(sim): Sim, Path((agency, id)): Path<(String, String)>, headers: HeaderMap) -> Response {
    looked(&sim, &agency, &headers, "questions", id).await
}

async fn look_at_order(State(sim): Sim, Path((agency, id)): Path<(String, String)>, headers: HeaderMap) -> Response {
    looked(&sim, &agency, &headers, "orders", id).await
}

/// What an agency says of a call it cannot follow.
fn problem(status: StatusCode, detail: &str) -> Response {
    let body = json!({ "title": status.canonical_reason(), "status": status.as_u16(), "detail": detail });
    (status, [(CONTENT_TYPE, "application/problem+json")], body.to_string()).into_response()
}

fn may_call(sim: &Shared, agency: &str, headers: &HeaderMap) -> bool {
    let given = headers.get(AUTHORIZATION).and_then(|v| v.to_str().ok()).and_then(|v| v.strip_prefix("Bearer "));
    let now = sim.clock.now();
    given.is_some_and(|t| sim.state().tokens.get(t).is_some_and(|(whose, until)| whose == agency && *until > now))
}

async fn posted(
    sim: &Arc<Shared>,
    agency: &str,
    headers: &HeaderMap,
    body: Bytes,
    parse: impl FnOnce(&[u8]) -> Result<Asked, crate::Fault>,
) -> Response {
    if !may_call(sim, agency, headers) {
        return problem(StatusCode::UNAUTHORIZED, "a valid bearer token is needed");
    }
    let asked = match parse(&body) {
        Ok(asked) => Arc::new(asked),
        Err(fault) => return problem(StatusCode::BAD_REQUEST, &fault.words),
    };
    if headers.get("idempotency-key").and_then(|v| v.to_str().ok()) != Some(asked.id()) {
        return problem(StatusCode::BAD_REQUEST, "the header Idempotency-Key must be the id of the question or order");
    }
    let place = (asked.collection(), asked.id().to_owned());
    let taken = sim.role(agency, |role| {
        role.stats.posts += 1;
        role.take_in(asked, body)
    });
    if !taken {
        return problem(StatusCode::CONFLICT, "the same id was used for something else");
    }
    respond(sim, agency, place).await
}

async fn looked(
    sim: &Arc<Shared>,
    agency: &str,
    headers: &HeaderMap,
    collection: &'static str,
    id: String,
) -> Response {
    if !may_call(sim, agency, headers) {
        return problem(StatusCode::UNAUTHORIZED, "a valid bearer token is needed");
    }
    let place = (collection, id);
    let known = sim.role(agency, |role| {
        role.stats.looks += 1;
        role.entries.get_mut(&place).map(|entry| entry.looks = entry.looks.saturating_add(1)).is_some()
    });
    if !known {
        return problem(StatusCode::NOT_FOUND, "no such question or order");
    }
    respond(sim, agency, place).await
}

/// Behaves, then speaks.
async fn respond(sim: &Arc<Shared>, agency: &str, place: (&'static str, String)) -> Response {
    let how = sim.role(agency, |role| role.entries.get(&place).map(|e| role.behaviour_for(&e.asked)));
    let how = how.unwrap_or_default();
    if let Some(disturbed) = disturb(sim, agency, &how).await {
        return disturbed;
    }
    let (status, body) = speak(sim, agency, &place, &how);
    let signature = signature(sim, agency, &how, &body);
    let mut response = match &how {
        Behaviour::Drips { millis } => dripping(&body, *millis).into_response(),
        Behaviour::Truncated => broken_off(&body).into_response(),
        Behaviour::Oversized => endless().into_response(),
        _ => body.clone().into_response(),
    };
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, axum::http::HeaderValue::from_static("application/json"));
    if let Some(value) = signature.and_then(|s| s.parse().ok()) {
        headers.insert(SIGNATURE_HEADER, value);
    }
    response
}

/// The signature over a body, as the behaviour has it.
pub(super) fn signature(sim: &Shared, agency: &str, how: &Behaviour, body: &[u8]) -> Option<String> {
    let key = sim.signing_key(agency);
    match how {
        Behaviour::Unsigned => None,
        Behaviour::WronglySigned => Some(sign(&key, b"something else")),
        _ => Some(sign(&key, body)),
    }
}

/// What happens before an agency says anything.
pub(super) enum Disturbance {
    Nothing,
    Wait(Duration),
    Silence,
    Error { status: StatusCode, retry_after: Option<u32> },
    Elsewhere(String),
}

/// Decides what happens, and counts it.
pub(super) fn disturbance(sim: &Shared, agency: &str, how: &Behaviour) -> Disturbance {
    let miss = |times: u32| {
        sim.role(agency, |role| {
            let misses = role.misses < times;
            role.misses += u32::from(misses);
            misses
        })
    };
    match how {
        Behaviour::Slow { millis } => Disturbance::Wait(Duration::from_millis(*millis)),
        Behaviour::NeverAnswers => Disturbance::Silence,
        Behaviour::Fails { times, status } if miss(*times) => {
            let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
            Disturbance::Error { status, retry_after: None }
        }
        Behaviour::Throttled { times, retry_after_seconds } if miss(*times) => {
            Disturbance::Error { status: StatusCode::TOO_MANY_REQUESTS, retry_after: Some(*retry_after_seconds) }
        }
        Behaviour::Flaky { percent } => {
            let call = sim.role(agency, |role| {
                role.calls += 1;
                role.calls
            });
            let [a, b, ..] = *drawn(sim.settings.seed, "flaky", agency, call);
            if u16::from_be_bytes([a, b]) % 100 < u16::from(*percent) {
                return Disturbance::Error { status: StatusCode::BAD_GATEWAY, retry_after: None };
            }
            Disturbance::Nothing
        }
        Behaviour::Redirects { to } => Disturbance::Elsewhere(to.clone()),
        _ => Disturbance::Nothing,
    }
}

async fn disturb(sim: &Shared, agency: &str, how: &Behaviour) -> Option<Response> {
    match disturbance(sim, agency, how) {
        Disturbance::Nothing => None,
        Disturbance::Wait(time) => {
            tokio::time::sleep(time).await;
            None
        }
        // Ends when the caller hangs up.
        Disturbance::Silence => std::future::pending().await,
        Disturbance::Error { status, retry_after } => {
            let mut response = problem(status, "out of order");
            if let Some(seconds) = retry_after {
                response.headers_mut().insert(RETRY_AFTER, seconds.into());
            }
            Some(response)
        }
        Disturbance::Elsewhere(to) => Some((StatusCode::TEMPORARY_REDIRECT, [(LOCATION, to)]).into_response()),
    }
}

/// What the agency says: status and body.
pub(super) fn speak(
    sim: &Arc<Shared>,
    agency: &str,
    place: &(&'static str, String),
    how: &Behaviour,
) -> (StatusCode, Bytes) {
    let now = sim.clock.now();
    let id = &place.1;
    if let Behaviour::Refuses { code, words } = how {
        return (StatusCode::FORBIDDEN, play::refused(id, code, words));
    }
    if not_yet(sim, agency, place, how, now) {
        return (StatusCode::ACCEPTED, play::pending(id, now));
    }
    match settle(sim, agency, place, how) {
        Some(body) => (StatusCode::OK, body),
        None => (StatusCode::ACCEPTED, play::pending(id, now)),
    }
}

/// Whether the answer must wait; sees to it that a push is on its way where there shall be one.
fn not_yet(sim: &Arc<Shared>, agency: &str, place: &(&'static str, String), how: &Behaviour, now: Instant) -> bool {
    let (wait, delay) = sim.role(agency, |role| {
        let Some(entry) = role.entries.get_mut(place) else { return (false, None) };
        if entry.answer.is_some() {
            return (false, None);
        }
        let (wait, delay) = match (how, &*entry.asked) {
            (Behaviour::Pending { looks }, _) => (entry.looks < *looks, None),
            (Behaviour::Callback { after_millis, times }, Asked::Question(q)) => {
                let push = q.callback.clone().map(|to| (to, Duration::from_millis(*after_millis), *times));
                (true, push)
            }
            (Behaviour::Late { seconds }, Asked::Question(q)) => {
                let due = instant(q.reply_by).plus_seconds((*seconds).into());
                let left = (due.micros() - now.micros()).clamp(0, LONGEST_WAIT * 1_000_000);
                let push = q.callback.clone().map(|to| (to, Duration::from_micros(left.unsigned_abs()), 1));
                (now < due, push)
            }
            _ => (false, None),
        };
        let delay = delay.filter(|_| wait && !entry.pushing);
        entry.pushing |= delay.is_some();
        (wait, delay)
    });
    if let Some((to, after, times)) = delay {
        let (to_agency, to_place, how) = (agency.to_owned(), place.clone(), how.clone());
        let job = Push { agency: agency.to_owned(), to, id: place.1.clone(), after, times };
        push(Arc::clone(sim), job, move |sim| settle(sim, &to_agency, &to_place, &how));
    }
    wait
}

/// The answer, made once and kept.
pub(super) fn settle(
    sim: &Arc<Shared>,
    agency: &str,
    place: &(&'static str, String),
    how: &Behaviour,
) -> Option<Bytes> {
    sim.role(agency, |role: &mut Role| {
        let entry = role.entries.get(place)?;
        if let Some(answer) = &entry.answer {
            return Some(answer.clone());
        }
        let asked = Arc::clone(&entry.asked);
        let body = play::answer(sim, agency, role, &asked, how);
        match &*asked {
            Asked::Question(_) => role.stats.answered += 1,
            Asked::Order(order) => drop(role.stats.carried_out.insert(order.order_id.clone())),
        }
        role.entries.get_mut(place)?.answer = Some(body.clone());
        Some(body)
    })
}

fn dripping(body: &Bytes, millis: u64) -> Body {
    Body::from_stream(stream::unfold(body.clone(), move |mut rest| async move {
        if rest.is_empty() {
            return None;
        }
        tokio::time::sleep(Duration::from_millis(millis)).await;
        let byte = rest.split_to(1);
        Some((Ok::<_, Infallible>(byte), rest))
    }))
}

/// Half an answer that is on its way before the connection ends.
fn broken_off(body: &Bytes) -> Body {
    let half = body.slice(..body.len() / 2);
    Body::from_stream(stream::unfold(Some(half), |half| async move {
        if let Some(half) = half {
            return Some((Ok(half), None));
        }
        tokio::time::sleep(BREAK_OFF).await;
        Some((Err(std::io::Error::other("broken off")), None))
    }))
}

fn endless() -> Body {
    let spaces = Bytes::from(vec![b' '; CHUNK]);
    Body::from_stream(stream::repeat_with(move || Ok::<_, Infallible>(spaces.clone())))
}
