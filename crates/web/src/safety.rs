//! What every answer and every request passes: security headers, protection against requests from other sites, and rate
//! limits. [`protect`] puts them around a router.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::Arc;

use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue, REFERRER_POLICY, RETRY_AFTER,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::middleware::{self, Next};
use axum::response::Response;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use tower_http::csrf::CsrfLayer;

use crate::error::Fault;

/// Nothing from elsewhere, no inline script or style, no frames.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
    connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// How many requests a second one client may send, and how many at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Requests a second over time.
    pub per_second: NonZeroU32,
    /// Requests at once.
    pub burst: NonZeroU32,
    /// Sign-ins a minute (attempts count).
    pub sign_ins_per_minute: NonZeroU32,
}

impl Default for Limits {
    fn default() -> Self {
        let n = |n| NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN);
        // An office of fifty people may share one address.
        Limits { per_second: n(100), burst: n(400), sign_ins_per_minute: n(60) }
    }
}

/// How long somebody waits who asked too much, in seconds.
const WAIT: u16 = 10;

struct Guarded {
    secure: bool,
    requests: DefaultKeyedRateLimiter<IpAddr>,
    sign_ins: DefaultKeyedRateLimiter<IpAddr>,
}

/// Puts headers, protection against requests from other sites and rate limits around `router`. `secure` when people
/// reach it over https.
///
/// The address of a client is the peer's; serve with `into_make_service_with_connect_info::<SocketAddr>()`. Behind a
/// proxy all share the proxy's, so limit there.
pub fn protect(router: Router, secure: bool, limits: Limits) -> Router {
    let guarded = Arc::new(Guarded {
        secure,
        requests: RateLimiter::keyed(Quota::per_second(limits.per_second).allow_burst(limits.burst)),
        sign_ins: RateLimiter::keyed(Quota::per_minute(limits.sign_ins_per_minute)),
    });
    router
        // Refuses unsafe methods that a browser says come from another site. Programs without a browser pass: they
        // carry no cookies of anybody.
        .layer(CsrfLayer::new())
        .layer(middleware::from_fn(told))
        .layer(middleware::from_fn_with_state(Arc::clone(&guarded), limit))
        .layer(middleware::from_fn_with_state(guarded, headers))
}

async fn limit(State(guarded): State<Arc<Guarded>>, request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let address = peer.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |c| c.ip());
    let path = request.uri().path();
    // Links that open without an account are tried as seldom as passwords are.
    let signs_in = path.starts_with("/r/")
        || path.starts_with("/sign-in") && (request.method() == Method::POST || path != "/sign-in");
    let too_many =
        guarded.requests.check_key(&address).is_err() || (signs_in && guarded.sign_ins.check_key(&address).is_err());
    if too_many {
        if guarded.requests.len() > 100_000 {
            guarded.requests.retain_recent();
            guarded.sign_ins.retain_recent();
        }
        let (parts, _) = request.into_parts();
        let mut response = refusal(&parts, StatusCode::TOO_MANY_REQUESTS);
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(WAIT));
        return response;
    }
    next.run(request).await
}

/// A request from another site, refused: told as a page, or to a program as a problem.
async fn told(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let response = next.run(Request::from_parts(parts.clone(), body)).await;
    let kind = response.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if response.status() != StatusCode::FORBIDDEN || kind.starts_with("text/html") || kind.starts_with("application/") {
        return response;
    }
    refusal(&parts, StatusCode::FORBIDDEN)
}

/// What is told to somebody we know nothing of yet.
fn refusal(parts: &Parts, status: StatusCode) -> Response {
    let too_many = status == StatusCode::TOO_MANY_REQUESTS;
    if parts.uri.path().starts_with("/api/") {
        return crate::api::refusal(&parts.headers, too_many);
    }
    if parts.uri.path().starts_with("/fhir/") {
        return crate::fhir::refusal(&parts.headers, too_many);
    }
    let fault = if too_many { Fault::TooMany(i64::from(WAIT)) } else { Fault::Refused };
    fault.response(&crate::request::bare(parts))
}

async fn headers(State(guarded): State<Arc<Guarded>>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &'static str| headers.insert(name, HeaderValue::from_static(value));
    set(CONTENT_SECURITY_POLICY, POLICY);
    set(X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(X_FRAME_OPTIONS, "DENY");
    // Not «no-referrer»: browsers then send «Origin: null» with forms, and older ones could not post at all.
    set(REFERRER_POLICY, "same-origin");
    set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    set(HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=(), payment=(), usb=()");
    if guarded.secure {
        set(STRICT_TRANSPORT_SECURITY, "max-age=31536000; includeSubDomains");
    }
    // Pages hold personal data; what may be kept (assets) says so itself.
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}
