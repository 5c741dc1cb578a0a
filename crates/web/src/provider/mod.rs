//! A small OpenID provider for the demonstration and for tests: one button a person, no passwords. It serves real
//! discovery, authorization codes with PKCE, signed ID tokens and keys, so that signing in runs the same code as with any
//! other provider. It must never listen anywhere but on loopback; [`Provider::new`] refuses any other address.

mod token;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Json, Router};
use kernel::{Clock, Instant};
use maud::{DOCTYPE, html};
use openidconnect::core::CoreEdDsaPrivateSigningKey;
use serde::Deserialize;
use serde_json::json;

/// How long a code is good, in seconds.
const CODE_SECONDS: i64 = 60;
/// Codes waiting at once; more are forgotten.
const MOST_CODES: usize = 1000;

/// Somebody invented who may enter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DemoPerson {
    /// The subject in the token.
    pub subject: String,
    /// The name on the button.
    pub name: String,
    /// What they are, in words.
    pub what: String,
    /// Whether to say that a second factor was used.
    pub strong: bool,
    /// The national identifier, said as the claim [`IDENTIFIER_CLAIM`].
    pub identifier: Option<String>,
}

/// The claim in which this provider says somebody's national identifier.
pub const IDENTIFIER_CLAIM: &str = "national_identifier";

/// What is wrong with a provider's settings.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// Not on loopback.
    #[error("the demonstration's sign-in lets anybody in as anybody, so it runs on loopback only, not at {0}")]
    NotLoopback(String),
    /// No key could be made.
    #[error("the demonstration's sign-in could not make its key: {0}")]
    Key(String),
}

/// The provider. Cheap to clone.
#[derive(Clone)]
pub struct Provider(Arc<Inner>);

struct Inner {
    issuer: String,
    client_id: String,
    redirect: String,
    people: Vec<DemoPerson>,
    key: CoreEdDsaPrivateSigningKey,
    clock: Arc<dyn Clock>,
    codes: Mutex<HashMap<String, Grant>>,
}

/// What a code stands for.
struct Grant {
    subject: usize,
    nonce: Option<String>,
    challenge: String,
    at: Instant,
}

impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Provider({})", self.0.issuer)
    }
}

impl Provider {
    /// A provider below `public_url` for the one client `client_id`. Its key lives as long as the process.
    pub fn new(
        public_url: &str,
        client_id: &str,
        people: Vec<DemoPerson>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ProviderError> {
        let host = url::Url::parse(public_url).ok().and_then(|u| u.host_str().map(str::to_owned));
        if !matches!(host.as_deref(), Some("127.0.0.1" | "localhost" | "[::1]")) {
            return Err(ProviderError::NotLoopback(public_url.to_owned()));
        }
        let public_url = public_url.trim_end_matches('/');
        Ok(Provider(Arc::new(Inner {
            issuer: format!("{public_url}/provider"),
            client_id: client_id.to_owned(),
            redirect: format!("{public_url}/sign-in/return"),
            people,
            key: token::fresh_key().map_err(ProviderError::Key)?,
            clock,
            codes: Mutex::default(),
        })))
    }

    /// The issuer's address, for the settings of signing in.
    pub fn issuer(&self) -> &str {
        &self.0.issuer
    }

    /// Its pages.
    pub fn routes(&self) -> Router {
        Router::new()
            .route("/provider/.well-known/openid-configuration", get(discovery))
            .route("/provider/authorize", get(authorize))
            .route("/provider/token", post(exchange))
            .route("/provider/jwks", get(keys))
            .with_state(self.clone())
    }
}

async fn discovery(State(provider): State<Provider>) -> Json<serde_json::Value> {
    let issuer = provider.issuer();
    Json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/jwks"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["EdDSA"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "none"],
        "scopes_supported": ["openid"],
    }))
}

async fn keys(State(provider): State<Provider>) -> Json<serde_json::Value> {
    Json(json!({ "keys": [token::public_key(&provider.0.key)] }))
}

/// What the browser brings.
#[derive(Clone, Deserialize)]
struct Asked {
    client_id: String,
    redirect_uri: String,
    response_type: String,
    state: String,
    nonce: Option<String>,
    code_challenge: String,
    code_challenge_method: String,
    login_hint: Option<String>,
    /// Which button was pressed.
    person: Option<String>,
}

/// The page with one button a person; with a person or a known hint straight back with a code.
async fn authorize(State(provider): State<Provider>, Query(asked): Query<Asked>) -> Response {
    let inner = &provider.0;
    let right = asked.client_id == inner.client_id
        && asked.redirect_uri == inner.redirect
        && asked.response_type == "code"
        && asked.code_challenge_method == "S256"
        && !asked.code_challenge.is_empty();
    if !right {
        return (StatusCode::BAD_REQUEST, "this is not a sign-in of this installation").into_response();
    }
    let chosen = asked.person.as_ref().or(asked.login_hint.as_ref());
    match chosen.and_then(|subject| inner.people.iter().position(|p| p.subject == *subject)) {
        Some(index) => grant(inner, index, &asked),
        None => people_page(inner, &asked),
    }
}

fn grant(inner: &Inner, subject: usize, asked: &Asked) -> Response {
    let Some(code) = token::random_word() else { return StatusCode::SERVICE_UNAVAILABLE.into_response() };
    let at = inner.clock.now();
    let mut codes = inner.codes.lock().unwrap_or_else(PoisonError::into_inner);
    codes.retain(|_, g| at < g.at.plus_seconds(CODE_SECONDS));
    if codes.len() >= MOST_CODES {
        codes.clear();
    }
    let (nonce, challenge) = (asked.nonce.clone(), asked.code_challenge.clone());
    codes.insert(code.clone(), Grant { subject, nonce, challenge, at });
    let back = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("code", &code)
        .append_pair("state", &asked.state)
        .finish();
    Redirect::to(&format!("{}?{back}", inner.redirect)).into_response()
}

fn people_page(inner: &Inner, asked: &Asked) -> Response {
    let hidden = [
        ("client_id", Some(&asked.client_id)),
        ("redirect_uri", Some(&asked.redirect_uri)),
        ("response_type", Some(&asked.response_type)),
        ("state", Some(&asked.state)),
        ("nonce", asked.nonce.as_ref()),
        ("code_challenge", Some(&asked.code_challenge)),
        ("code_challenge_method", Some(&asked.code_challenge_method)),
    ];
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "Demonstration sign-in" }
            }
            body {
                main {
                    h1 { "Demonstration sign-in" }
                    p { "These people are invented. Choose one to enter as." }
                    form method="get" action={ (inner.issuer) "/authorize" } {
                        @for (name, value) in hidden {
                            @if let Some(value) = value { input type="hidden" name=(name) value=(value); }
                        }
                        ul { @for person in &inner.people { li {
                            button type="submit" name="person" value=(person.subject) { (person.name) }
                            " " (person.what)
                        } } }
                    }
                }
            }
        }
    }
    .into_response()
}

/// What the program sends to turn a code into a token.
#[derive(Deserialize)]
struct Exchange {
    grant_type: String,
    code: String,
    redirect_uri: String,
    code_verifier: String,
}

async fn exchange(State(provider): State<Provider>, Form(sent): Form<Exchange>) -> Response {
    let inner = &provider.0;
    let now = inner.clock.now();
    // Taken out whatever happens: a code works once.
    let grant = inner.codes.lock().unwrap_or_else(PoisonError::into_inner).remove(&sent.code);
    let good = |g: &Grant| {
        sent.grant_type == "authorization_code"
            && sent.redirect_uri == inner.redirect
            && now < g.at.plus_seconds(CODE_SECONDS)
            && token::challenge(&sent.code_verifier) == g.challenge
    };
    let answer = grant.filter(good).and_then(|g| {
        let person = inner.people.get(g.subject)?;
        let seconds = now.micros() / 1_000_000;
        let claims = json!({
            "iss": inner.issuer,
            "sub": person.subject,
            "aud": inner.client_id,
            "iat": seconds,
            "exp": seconds + 300,
            "nonce": g.nonce,
            "amr": if person.strong { json!(["mfa"]) } else { json!(["pwd"]) },
            IDENTIFIER_CLAIM: person.identifier,
        });
        let id_token = token::sign(&inner.key, &claims)?;
        Some(json!({ "access_token": token::random_word()?, "token_type": "Bearer", "expires_in": 300, "id_token": id_token }))
    });
    match answer {
        Some(answer) => Json(answer).into_response(),
        None => (StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant" }))).into_response(),
    }
}
