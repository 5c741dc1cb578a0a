//! Signing in: by the identity provider (OpenID Connect), or by a local account when that is away; sessions as cookies.
//!
//! [`routes`] brings the pages; [`attach`] is the layer that puts a checked [`Session`] into every request.

mod cookie;
mod first;
mod local;
mod oidc;

use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRequest, FromRequestParts, Query, Request, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use guard::account::{self, AccountError, SignedInBy, Started};
use serde::Deserialize;
use store::{AsConflict, StoreError, transact};

use crate::components::frame::Frame;
use crate::request::Session;
use crate::sign_in_page::{self, Choice};
use crate::state::AppState;

pub use oidc::{OidcError, OidcSettings};

/// What signing in needs besides what every handler shares.
#[derive(Clone)]
pub struct SignIn(Arc<Inner>);

struct Inner {
    app: AppState,
    oidc: Option<oidc::Oidc>,
    choices: Vec<Choice>,
}

impl std::fmt::Debug for SignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SignIn")
    }
}

/// Why somebody could not be signed in.
#[derive(Debug, thiserror::Error)]
enum SignInError {
    #[error(transparent)]
    Account(#[from] AccountError),
    #[error(transparent)]
    Oidc(#[from] OidcError),
    #[error("the sign-in was begun in another browser or too long ago")]
    Stale,
    #[error("no account is known here for this identity")]
    Unknown,
    #[error("nobody in the register has the identifier for which the identity provider vouches")]
    NotRegistered,
    /// What is wrong with it, never the number.
    #[error("the identity provider's identifier is none: {0}")]
    Identifier(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AsConflict for SignInError {
    fn is_conflict(&self) -> bool {
        match self {
            SignInError::Account(e) => e.is_conflict(),
            SignInError::Store(e) => e.is_conflict(),
            _ => false,
        }
    }
}

impl SignIn {
    /// Signing in for this installation. `oidc` is none where there are local accounts only; `choices` are the
    /// demonstration's people.
    pub fn new(app: AppState, oidc: Option<OidcSettings>, choices: Vec<Choice>) -> Result<Self, OidcError> {
        let oidc = oidc.map(oidc::Oidc::new).transpose()?;
        Ok(SignIn(Arc::new(Inner { app, oidc, choices })))
    }

    fn app(&self) -> &AppState {
        &self.0.app
    }

    fn cookies(&self) -> cookie::Cookies {
        cookie::Cookies { secure: self.app().config.public_url.starts_with("https") }
    }

    /// The sign-in page, with what went wrong.
    async fn page(&self, parts: &mut Parts, status: StatusCode, failed: Option<&str>) -> Response {
        let Ok(f) = Frame::from_request_parts(parts, self.app()).await;
        let why = failed.map(|key| f.t.t(key));
        (status, sign_in_page::page_of(&f, &self.0.choices, "/sign-in/go", why.as_deref())).into_response()
    }

    /// A failed sign-in: logged, and told without saying more than the person needs.
    async fn refuse(&self, parts: &mut Parts, error: &SignInError) -> Response {
        let (status, key) = match error {
            SignInError::Account(AccountError::Suspended) => (StatusCode::FORBIDDEN, "sign-in-why-suspended"),
            SignInError::Account(AccountError::NoDuty) | SignInError::Unknown => {
                (StatusCode::FORBIDDEN, "sign-in-why-unknown")
            }
            SignInError::Account(AccountError::SecondJob) => (StatusCode::FORBIDDEN, "sign-in-why-second"),
            SignInError::Stale => (StatusCode::BAD_REQUEST, "sign-in-why-stale"),
            SignInError::NotRegistered => (StatusCode::FORBIDDEN, "sign-in-why-not-registered"),
            SignInError::Account(_) | SignInError::Oidc(_) | SignInError::Identifier(_) | SignInError::Store(_) => {
                (StatusCode::SERVICE_UNAVAILABLE, "sign-in-why-service")
            }
        };
        tracing::warn!(%error, "a sign-in failed");
        if let Err(error) = self.app().guard.note_sign_in(None, &format!("failed: {error}"), false).await {
            tracing::error!(%error, "a failed sign-in could not be logged");
        }
        self.page(parts, status, Some(key)).await
    }

    /// Begins a session, logs it durably, and only then hands out the cookie.
    async fn enter(&self, account: kernel::AccountId, by: SignedInBy, how: &str) -> Result<Started, SignInError> {
        let (app, now) = (self.app(), self.app().now());
        let started = transact!(app.db, AccountError, |tx| {
            account::start_session(tx, app.guard.keys(), &*app.ids, now, account, None, by).await
        })?;
        self.logged(started, how).await
    }

    async fn logged(&self, started: Started, how: &str) -> Result<Started, SignInError> {
        let _ = self.app().guard.note_sign_in(Some(&started.who), how, true).await.map_err(AccountError::from)?;
        Ok(started)
    }
}

/// The pages of signing in and out.
pub fn routes(sign_in: SignIn) -> Router {
    Router::new()
        .route("/sign-in", get(start))
        .route("/sign-in/go", get(go))
        .route("/sign-in/return", get(back))
        .route("/sign-in/local", get(local::form).post(local::submit))
        .route("/sign-in/role", post(change_role))
        .route("/sign-out", post(sign_out))
        .route("/sign-out/everywhere", post(sign_out_everywhere))
        .with_state(sign_in)
}

/// Puts the session of a good cookie into the request. Anything that fails leaves the visitor unknown.
pub async fn attach(State(sign_in): State<SignIn>, mut request: Request, next: Next) -> Response {
    if let Some(token) = sign_in.cookies().session(request.headers()) {
        match check(sign_in.app(), &token).await {
            Ok(Some(session)) => drop(request.extensions_mut().insert(session)),
            Ok(None) => {}
            Err(error) => tracing::error!(%error, "a session could not be checked"),
        }
    }
    next.run(request).await
}

async fn check(app: &AppState, token: &str) -> Result<Option<Session>, AccountError> {
    let (keys, now) = (app.guard.keys(), app.now());
    let mut tx = app.db.read().await?;
    let checked = account::check_session(&mut tx, keys, now, token).await?;
    drop(tx);
    let Some(checked) = checked else { return Ok(None) };
    if checked.stale {
        transact!(app.db, AccountError, |tx| account::touch_session(tx, keys, now, token).await)?;
    }
    Ok(Some(Session { who: checked.who, name: checked.name, others: checked.others }))
}

#[derive(Deserialize)]
struct Begin {
    hint: Option<String>,
    next: Option<String>,
}

async fn start(State(sign_in): State<SignIn>, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    sign_in.page(&mut parts, StatusCode::OK, None).await
}

/// Sends the browser to the identity provider; what must be remembered travels in a sealed cookie.
async fn go(State(sign_in): State<SignIn>, Query(begin): Query<Begin>, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    let Some(oidc) = &sign_in.0.oidc else {
        return Redirect::to("/sign-in/local").into_response();
    };
    let app = sign_in.app();
    let next = begin.next.filter(|n| is_local(n)).unwrap_or_else(|| "/".to_owned());
    match oidc.begin(app.guard.keys(), app.now(), begin.hint, next).await {
        Ok((address, flow)) => {
            ([(header::SET_COOKIE, sign_in.cookies().set_flow(&flow))], Redirect::to(&address)).into_response()
        }
        Err(error) => sign_in.refuse(&mut parts, &error.into()).await,
    }
}

#[derive(Deserialize)]
struct Returned {
    code: Option<String>,
    state: Option<String>,
}

/// The browser comes back from the identity provider.
async fn back(State(sign_in): State<SignIn>, Query(returned): Query<Returned>, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    match finish(&sign_in, &parts, returned).await {
        Ok((started, next)) => {
            let cookies = sign_in.cookies();
            let set =
                [(header::SET_COOKIE, cookies.set_session(&started.token)), (header::SET_COOKIE, cookies.clear_flow())];
            (axum::response::AppendHeaders(set), Redirect::to(&next)).into_response()
        }
        Err(error) => sign_in.refuse(&mut parts, &error).await,
    }
}

async fn finish(sign_in: &SignIn, parts: &Parts, returned: Returned) -> Result<(Started, String), SignInError> {
    let app = sign_in.app();
    let oidc = sign_in.0.oidc.as_ref().ok_or(SignInError::Stale)?;
    let flow = sign_in.cookies().flow(&parts.headers).ok_or(SignInError::Stale)?;
    let (Some(code), Some(state)) = (returned.code, returned.state) else { return Err(SignInError::Stale) };
    let flow = oidc::Flow::open(app.guard.keys(), app.now(), &flow, &state).ok_or(SignInError::Stale)?;
    let next = flow.next.clone();
    let identity = oidc.finish(flow, code).await?;
    let (account, how) = first::account_of(app, &identity).await?;
    let by = SignedInBy { strong: identity.strong, break_glass: false };
    Ok((sign_in.enter(account, by, how).await?, next))
}

#[derive(Deserialize)]
struct Wanted {
    role: String,
}

/// Acts from now on in another role of the account: an official as the mother she is, or back at work.
async fn change_role(State(sign_in): State<SignIn>, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let (app, cookies) = (sign_in.app(), sign_in.cookies());
    let Some(token) = cookies.session(&parts.headers) else { return Redirect::to("/sign-in").into_response() };
    let form = axum::Form::<Wanted>::from_request(Request::from_parts(parts.clone(), body), &()).await;
    let role = form.ok().and_then(|form| form.role.parse().ok());
    let changed = match role {
        Some(role) => transact!(app.db, AccountError, |tx| {
            account::act_as(tx, app.guard.keys(), &*app.ids, app.now(), &token, role).await
        }),
        None => Err(AccountError::NoDuty),
    };
    let entered = match changed {
        // The session ended meanwhile.
        Err(AccountError::Wrong) => return Redirect::to("/sign-in").into_response(),
        Ok(started) => sign_in.logged(started, "acts in another role of the account").await,
        Err(error) => Err(error.into()),
    };
    match entered {
        Ok(started) => ([(header::SET_COOKIE, cookies.set_session(&started.token))], Redirect::to("/")).into_response(),
        Err(error) => sign_in.refuse(&mut parts, &error).await,
    }
}

async fn sign_out(State(sign_in): State<SignIn>, request: Request) -> Response {
    leave(&sign_in, request, false).await
}

async fn sign_out_everywhere(State(sign_in): State<SignIn>, request: Request) -> Response {
    leave(&sign_in, request, true).await
}

async fn leave(sign_in: &SignIn, request: Request, everywhere: bool) -> Response {
    let (app, now) = (sign_in.app(), sign_in.app().now());
    let session = request.extensions().get::<Session>().cloned();
    if let (Some(token), Some(session)) = (sign_in.cookies().session(request.headers()), session) {
        let ended = transact!(app.db, AccountError, |tx| {
            if everywhere {
                let _ = account::end_all_sessions(tx, now, session.who.account).await?;
            }
            account::end_session(tx, app.guard.keys(), now, &token).await
        });
        let what = if everywhere { "signed out everywhere" } else { "signed out" };
        let logged = app.guard.note_sign_in(Some(&session.who), what, true).await;
        if let Err(error) = ended.and(logged.map(drop).map_err(AccountError::from)) {
            tracing::error!(%error, "a sign-out failed");
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
    }
    ([(header::SET_COOKIE, sign_in.cookies().clear_session())], Redirect::to("/")).into_response()
}

/// Whether an address stays here: a path, not another host in disguise.
fn is_local(next: &str) -> bool {
    next.starts_with('/') && !next.starts_with("//") && !next.contains(['\\', '\r', '\n', '\t']) && next.len() < 1000
}

#[cfg(test)]
mod tests {
    use super::is_local;

    #[test]
    fn nobody_is_sent_to_another_host_after_signing_in() {
        for good in ["/", "/offers?x=1", "/official/search"] {
            assert!(is_local(good), "{good}");
        }
        for bad in ["//evil.example", "https://evil.example", "/\\evil.example", "evil", "", "/a\r\nSet-Cookie: x"] {
            assert!(!is_local(bad), "{bad}");
        }
    }
}
