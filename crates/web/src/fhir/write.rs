//! Creating and changing one resource.

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use fhir::bundle::Answered;
use serde_json::Value;
use store::transact;

use super::acts::{Sent, prepare};
use super::calls::Asked;
use super::{answer, base, read};
use crate::api::body;
use crate::api::call::{Call, lang};
use crate::api::problem::{Code, Fault};
use crate::state::AppState;

/// The JSON of a body, strictly read.
pub(super) async fn json(request: Request, state: &AppState, kinds: &[&str]) -> Result<Value, Fault> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if !kinds.contains(&kind.as_str()) {
        return Err(Fault::field(Code::MediaType, "http.content-type", format!("expected {}", kinds.join(" or "))));
    }
    body::parse::<Value>(&body::raw(request, state).await?)
}

/// The media types of a resource that is sent.
pub(super) const RESOURCE: [&str; 2] = [fhir::MEDIA_TYPE, "application/json"];

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers.get(name).and_then(|v| v.to_str().ok()).map(str::to_owned)
}

const IF_NONE_EXIST: HeaderName = HeaderName::from_static("if-none-exist");

/// `POST /{kind}`.
pub(super) async fn create(
    State(state): State<AppState>,
    call: Call,
    Path(kind): Path<String>,
    request: Request,
) -> Result<Response, Fault> {
    let of = read::kind_of(&kind)?;
    let headers = request.headers().clone();
    let asked = Asked::new(&state, &call, lang(&headers));
    let resource = json(request, &state, &RESOURCE).await?;
    if resource.get("resourceType").and_then(Value::as_str) != Some(of.kind) {
        return Err(Fault::field(Code::Invalid, format!("{}.resourceType", of.kind), format!("expected {}", of.kind)));
    }
    let exists = text(&headers, &IF_NONE_EXIST);
    let sent = Sent { kind: of.kind, id: None, resource: &resource, if_match: None, if_none_exist: exists.as_deref() };
    one(&asked, sent).await
}

/// `PUT /{kind}/{id}`, with `If-Match`.
pub(super) async fn update(
    State(state): State<AppState>,
    call: Call,
    Path((kind, id)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Fault> {
    let of = read::kind_of(&kind)?;
    let headers = request.headers().clone();
    let asked = Asked::new(&state, &call, lang(&headers));
    let resource = json(request, &state, &RESOURCE).await?;
    if resource.get("id").and_then(Value::as_str) != Some(id.as_str()) {
        return Err(Fault::field(Code::Invalid, format!("{}.id", of.kind), "expected the id of the address"));
    }
    changed(&asked, (of.kind, &id), &resource, &headers).await
}

/// `PATCH /{kind}/{id}`: a JSON Patch (RFC 6902) of the resource as it stands, with `If-Match`.
pub(super) async fn patch(
    State(state): State<AppState>,
    call: Call,
    Path((kind, id)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Fault> {
    let of = read::kind_of(&kind)?;
    let headers = request.headers().clone();
    let asked = Asked::new(&state, &call, lang(&headers));
    if !of.update {
        return Err(Fault::told(Code::WrongMethod, "This kind of resource is not changed: see metadata."));
    }
    let patch = json(request, &state, &["application/json-patch+json"]).await?;
    let wrong = |why: String| Fault::field(Code::Invalid, of.kind, why);
    let patch: json_patch::Patch =
        serde_json::from_value(patch).map_err(|e| wrong(e.to_string().chars().take(200).collect()))?;
    let mut resource = read::find(&asked, of, &id).await?.json();
    json_patch::patch(&mut resource, &patch).map_err(|e| wrong(e.to_string().chars().take(200).collect()))?;
    changed(&asked, (of.kind, &id), &resource, &headers).await
}

/// What is there becomes this, if it is the version the caller saw.
async fn changed(
    asked: &Asked<'_>,
    (kind, id): (&'static str, &str),
    resource: &Value,
    headers: &HeaderMap,
) -> Result<Response, Fault> {
    let version = text(headers, &header::IF_MATCH);
    one(asked, Sent { kind, id: Some(id), resource, if_match: version.as_deref(), if_none_exist: None }).await
}

/// Does it, alone in its transaction.
async fn one(asked: &Asked<'_>, sent: Sent<'_>) -> Result<Response, Fault> {
    let act = prepare(asked, sent, &[]).await?;
    let done = transact!(asked.state.db, Fault, |tx| act.run(tx, asked).await)?;
    Ok(respond(asked, &done))
}

/// The answer to one write: where it is, which version, and what there is to say.
fn respond(asked: &Asked<'_>, done: &Answered) -> Response {
    let number = done.status.split(' ').next().and_then(|n| n.parse().ok()).and_then(|n| StatusCode::from_u16(n).ok());
    let body = done.outcome.as_ref().map(Value::to_string).unwrap_or_default();
    let mut response = answer(number.unwrap_or(StatusCode::OK), &body);
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: Option<String>| {
        if let Some(value) = value.and_then(|v| HeaderValue::from_str(&v).ok()) {
            headers.insert(name, value);
        }
    };
    set(header::ETAG, done.etag.clone());
    set(header::LOCATION, done.location.as_ref().map(|l| format!("{}/{l}", base(asked.state))));
    response
}
