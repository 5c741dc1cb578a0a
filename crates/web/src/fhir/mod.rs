//! FHIR R4 at `/fhir/R4`: the rooms' records as resources, and resources as input of the same use cases that pages and the API use, under
//! the same guard and with the same entries in the disclosure log. What is served stands in [`fhir::surface`].
//!
//! Invariants: personal data leaves only as [`guard::Disclosed`]; a transaction is one transaction; whatever goes wrong is told as an
//! OperationOutcome in the caller's language, with the place.

mod acts;
mod calls;
mod export;
mod family;
mod indicators;
mod people;
mod read;
mod referrals;
mod transaction;
mod write;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use fhir::bundle::Issue;
use kernel::Lang;
use tower_http::catch_panic::CatchPanicLayer;

use crate::api::call::lang;
use crate::api::problem::{Code, Fault};
use crate::state::AppState;

/// The largest body: a bundle of a day's visits.
const LARGEST_BODY: usize = 4 * 1024 * 1024;
/// Where it is served.
pub(crate) const ROOT: &str = "/fhir/R4";

/// The addresses below `/fhir/R4`, to be merged beside the pages and the API.
pub fn router(state: AppState) -> Router {
    Router::new()
        .route(ROOT, post(transaction::run))
        .route("/fhir/R4/", post(transaction::run))
        .route("/fhir/R4/metadata", get(metadata))
        .route("/fhir/R4/Patient/$export", get(export::ask))
        .route("/fhir/R4/$export-status", get(export::status).delete(export::forget))
        .route("/fhir/R4/$export-file/{name}", get(export::file))
        .route("/fhir/R4/{kind}", get(read::search).post(write::create))
        .route("/fhir/R4/{kind}/_search", post(read::search_form))
        .route("/fhir/R4/{kind}/{id}", get(read::one).put(write::update).patch(write::patch))
        .route("/fhir/R4/{kind}/{id}/_history", get(read::history))
        .route("/fhir/R4/{kind}/{id}/_history/{version}", get(read::version))
        .route("/fhir/R4/{kind}/{id}/{*rest}", axum::routing::any(nowhere))
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(CatchPanicLayer::new())
        .layer(middleware::from_fn(as_outcome))
        .with_state(state)
}

/// The address people reach the server at.
fn base(state: &AppState) -> String {
    format!("{}{ROOT}", state.config.public_url)
}

/// What is served: known to everybody, and about nobody.
async fn metadata(State(state): State<AppState>) -> Response {
    let day = state.today().to_string();
    answer(StatusCode::OK, &fhir::capability::statement(&base(&state), env!("CARGO_PKG_VERSION"), &day).text())
}

/// A body in FHIR's media type.
fn answer(status: StatusCode, body: &str) -> Response {
    let kind = format!("{}; fhirVersion=4.0; charset=utf-8", fhir::MEDIA_TYPE);
    (status, [(header::CONTENT_TYPE, kind)], body.to_owned()).into_response()
}

/// What stands before the addresses refuses: too many requests, or one from another site.
pub(crate) fn refusal(headers: &HeaderMap, too_many: bool) -> Response {
    told(&Fault::new(if too_many { Code::TooMany } else { Code::Forbidden }), lang(headers))
}

async fn nowhere() -> Fault {
    Fault::new(Code::NotFound)
}

async fn wrong_method() -> Fault {
    Fault::new(Code::WrongMethod)
}

/// Puts the faults of handlers into the caller's language as OperationOutcomes, what the framework itself refuses too, and keeps
/// answers out of caches.
async fn as_outcome(request: Request, next: Next) -> Response {
    let lang = lang(request.headers());
    let accepts = request.headers().get(header::ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or("*/*").to_owned();
    let mut response = match accepts.is_empty() || ["json", "*/*", "application/*"].iter().any(|k| accepts.contains(k))
    {
        true => next.run(request).await,
        false => told(&Fault::new(Code::NotAcceptable), lang),
    };
    if let Some(fault) = response.extensions_mut().remove::<Fault>() {
        response = told(&fault, lang);
    }
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let status = response.status().as_u16();
    if status >= 400 && !kind.starts_with(fhir::MEDIA_TYPE) {
        let code = match status {
            404 => Code::NotFound,
            405 => Code::WrongMethod,
            413 => Code::TooLarge,
            415 => Code::MediaType,
            503 => Code::Unavailable,
            status if status < 500 => Code::BadRequest,
            _ => Code::Internal,
        };
        response = told(&Fault::new(code), lang);
    }
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A fault as an OperationOutcome.
fn told(fault: &Fault, lang: Lang) -> Response {
    let mut response = answer(fault.code.status(), &outcome(fault, lang).to_string());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(lang.tag()));
    if fault.code == Code::SignIn {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

/// The issues of a fault: one a field, or the fault itself.
fn outcome(fault: &Fault, lang: Lang) -> serde_json::Value {
    let problem = fault.problem(lang);
    let code = match fault.code {
        Code::BadRequest | Code::Invalid => "invalid",
        Code::BadJson | Code::MediaType => "structure",
        Code::SignIn => "login",
        Code::Forbidden => "forbidden",
        Code::NotFound => "not-found",
        Code::WrongMethod | Code::NotAcceptable => "not-supported",
        Code::Conflict | Code::Changed | Code::Precondition => "conflict",
        Code::Gone => "deleted",
        Code::TooLarge => "too-long",
        Code::TooMany => "throttled",
        Code::KeyReused => "duplicate",
        Code::Internal => "exception",
        Code::Unavailable => "transient",
    };
    let issue = |diagnostics: Option<String>, expression: Option<String>| Issue {
        severity: "error",
        code,
        text: format!("{}. {}", problem.title, problem.detail),
        diagnostics,
        expression,
    };
    let each =
        |f: &crate::api::FieldFault| issue(Some(f.message.clone()), Some(f.pointer.clone()).filter(|p| !p.is_empty()));
    let mut issues: Vec<Issue> = problem.errors.iter().map(each).collect();
    if issues.is_empty() {
        issues.push(issue(None, None));
    }
    fhir::bundle::outcome(&issues)
}

impl From<fhir::Fault> for Fault {
    fn from(fault: fhir::Fault) -> Fault {
        Fault::field(Code::Invalid, fault.place, fault.what)
    }
}
