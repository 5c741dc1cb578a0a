//! OpenID Connect: authorization code with PKCE, state and nonce, at any provider by configuration.

use std::future::Future;
use std::pin::Pin;

use axum::http;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use guard::Keys;
use kernel::Instant;
use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreProviderMetadata};
use openidconnect::{
    AccessTokenHash, AsyncHttpClient, AuthorizationCode, ClientId, ClientSecret, CsrfToken, HttpRequest, HttpResponse,
    IssuerUrl, LoginHint, Nonce, OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope,
    TokenResponse,
};
use serde::{Deserialize, Serialize};
use tokio::sync::OnceCell;
use uuid::Uuid;

/// How long somebody may take at the identity provider, in seconds.
const FLOW_SECONDS: i64 = 600;
/// The largest answer taken from the identity provider, in bytes.
const LARGEST_ANSWER: usize = 1 << 20;

/// Which provider, and who we are there.
#[derive(Clone)]
pub struct OidcSettings {
    /// The issuer's address. Plain http is accepted for loopback alone.
    pub issuer: String,
    /// Our name there.
    pub client_id: String,
    /// Our secret there, if we have one.
    pub client_secret: Option<String>,
    /// Our address for the way back: the public address and `/sign-in/return`.
    pub redirect: String,
    /// Whether the provider asks everybody for a second factor although its tokens do not say so.
    pub always_strong: bool,
    /// The claim of the ID token that holds the national identifier; without one only known accounts are let in.
    pub identifier_claim: Option<String>,
    /// What to ask for beside `openid`, so that the provider tells that claim.
    pub scopes: Vec<String>,
}

impl std::fmt::Debug for OidcSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OidcSettings({} as {})", self.issuer, self.client_id)
    }
}

/// What can go wrong with the identity provider.
#[derive(Debug, thiserror::Error)]
pub enum OidcError {
    /// A setting is not what it should be.
    #[error("[oidc] {0}")]
    Setting(String),
    /// The provider does not answer as it should.
    #[error("the identity provider does not answer as expected: {0}")]
    Provider(String),
    /// The token is not one to trust.
    #[error("the identity provider's token was refused: {0}")]
    Token(String),
}

/// Somebody the provider vouches for.
pub(super) struct Identity {
    pub(super) issuer: String,
    pub(super) subject: String,
    pub(super) strong: bool,
    /// The national identifier, where the provider tells it.
    pub(super) identifier: Option<String>,
}

/// A sign-in on its way, as it travels in the sealed cookie.
#[derive(Serialize, Deserialize)]
pub(super) struct Flow {
    state: String,
    nonce: String,
    verifier: String,
    at: Instant,
    /// Where to go afterwards.
    pub(super) next: String,
}

impl Flow {
    fn seal(&self, keys: &Keys) -> Result<String, OidcError> {
        let text = serde_json::to_vec(self).map_err(|e| OidcError::Setting(e.to_string()))?;
        let sealed = keys.seal_field("cookie", "sign_in", Uuid::nil(), &text);
        sealed.map(|s| URL_SAFE_NO_PAD.encode(s)).map_err(|e| OidcError::Setting(e.to_string()))
    }

    /// The flow in a cookie, if it is ours, young enough, and the one the provider answers.
    pub(super) fn open(keys: &Keys, now: Instant, sealed: &str, state: &str) -> Option<Flow> {
        let sealed = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let text = keys.open_field("cookie", "sign_in", Uuid::nil(), &sealed).ok()?;
        let flow: Flow = serde_json::from_slice(&text).ok()?;
        (flow.state == state && now >= flow.at && now < flow.at.plus_seconds(FLOW_SECONDS)).then_some(flow)
    }
}

/// The connection to one provider. Its metadata is fetched when first needed, so that the server starts without it.
pub(super) struct Oidc {
    settings: OidcSettings,
    http: Http,
    metadata: OnceCell<CoreProviderMetadata>,
}

impl Oidc {
    pub(super) fn new(settings: OidcSettings) -> Result<Self, OidcError> {
        let issuer = url::Url::parse(&settings.issuer).map_err(|e| OidcError::Setting(format!("issuer: {e}")))?;
        let loopback = matches!(issuer.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
        if issuer.scheme() != "https" && !loopback {
            return Err(OidcError::Setting(format!("issuer {issuer}: https is needed, except on loopback")));
        }
        // Another part of the program may have installed the same provider before; that is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            // A redirect could lead our secret or our request elsewhere.
            .redirect(reqwest::redirect::Policy::none())
            .timeout(std::time::Duration::from_secs(10))
            .https_only(!loopback)
            .build()
            .map_err(|e| OidcError::Setting(e.to_string()))?;
        Ok(Oidc { settings, http: Http(client), metadata: OnceCell::new() })
    }

    async fn metadata(&self) -> Result<CoreProviderMetadata, OidcError> {
        let fetch = || async {
            let issuer = IssuerUrl::new(self.settings.issuer.clone()).map_err(|e| OidcError::Setting(e.to_string()))?;
            CoreProviderMetadata::discover_async(issuer, &self.http)
                .await
                .map_err(|e| OidcError::Provider(format!("{e:?}")))
        };
        self.metadata.get_or_try_init(fetch).await.cloned()
    }

    fn redirect(&self) -> Result<RedirectUrl, OidcError> {
        RedirectUrl::new(self.settings.redirect.clone()).map_err(|e| OidcError::Setting(format!("redirect: {e}")))
    }

    fn credentials(&self) -> (ClientId, Option<ClientSecret>) {
        let secret = self.settings.client_secret.clone().map(ClientSecret::new);
        (ClientId::new(self.settings.client_id.clone()), secret)
    }

    /// The provider's address to send the browser to, and the sealed flow.
    pub(super) async fn begin(
        &self,
        keys: &Keys,
        now: Instant,
        hint: Option<String>,
        next: String,
    ) -> Result<(String, String), OidcError> {
        let (id, secret) = self.credentials();
        let client =
            CoreClient::from_provider_metadata(self.metadata().await?, id, secret).set_redirect_uri(self.redirect()?);
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let mut ask = client
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
            .add_scopes(self.settings.scopes.iter().cloned().map(Scope::new))
            .set_pkce_challenge(challenge);
        if let Some(hint) = hint {
            ask = ask.set_login_hint(LoginHint::new(hint));
        }
        let (address, state, nonce) = ask.url();
        let flow = Flow {
            state: state.into_secret(),
            nonce: nonce.secret().clone(),
            verifier: verifier.into_secret(),
            at: now,
            next,
        };
        Ok((address.into(), flow.seal(keys)?))
    }

    /// Exchanges the code and checks the token: signature, issuer, audience, time, nonce, and the access token's hash.
    pub(super) async fn finish(&self, flow: Flow, code: String) -> Result<Identity, OidcError> {
        let refused = |e: &dyn std::fmt::Debug| OidcError::Token(format!("{e:?}"));
        let (id, secret) = self.credentials();
        let client =
            CoreClient::from_provider_metadata(self.metadata().await?, id, secret).set_redirect_uri(self.redirect()?);
        let answer = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|e| OidcError::Setting(e.to_string()))?
            .set_pkce_verifier(PkceCodeVerifier::new(flow.verifier))
            .request_async(&self.http)
            .await
            .map_err(|e| OidcError::Provider(format!("{e:?}")))?;
        let token = answer.id_token().ok_or_else(|| OidcError::Token("there is no ID token".to_owned()))?;
        let verifier = client.id_token_verifier();
        let claims = token.claims(&verifier, &Nonce::new(flow.nonce)).map_err(|e| refused(&e))?;
        if let Some(expected) = claims.access_token_hash() {
            let algorithm = token.signing_alg().map_err(|e| refused(&e))?;
            let key = token.signing_key(&verifier).map_err(|e| refused(&e))?;
            let found = AccessTokenHash::from_token(answer.access_token(), algorithm, key).map_err(|e| refused(&e))?;
            if found != *expected {
                return Err(OidcError::Token("the access token is another one".to_owned()));
            }
        }
        // RFC 8176: how somebody proved who they are.
        let methods = claims.auth_method_refs().into_iter().flatten();
        let strong = methods.into_iter().any(|m| matches!(m.as_str(), "mfa" | "otp" | "hwk" | "sc" | "fpt" | "face"));
        Ok(Identity {
            issuer: claims.issuer().as_str().to_owned(),
            subject: claims.subject().as_str().to_owned(),
            strong: strong || self.settings.always_strong,
            // The token is checked by now, so what it says may be read again.
            identifier: self.settings.identifier_claim.as_ref().and_then(|claim| said(&token.to_string(), claim)),
        })
    }
}

/// What a checked token says under a name of the provider's own.
fn said(token: &str, claim: &str) -> Option<String> {
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    let claims: serde_json::Value = serde_json::from_slice(&claims).ok()?;
    let said = claims.get(claim)?.as_str()?.trim();
    (!said.is_empty()).then(|| said.to_owned())
}

/// Carries the library's requests by our client: no redirects, limited size.
struct Http(reqwest::Client);

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = HttpError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let sent = self.0.request(parts.method, parts.uri.to_string()).headers(parts.headers).body(body);
            let mut answer = sent.send().await?;
            let mut response = http::Response::builder().status(answer.status());
            if let Some(headers) = response.headers_mut() {
                *headers = answer.headers().clone();
            }
            let mut body = Vec::new();
            while let Some(chunk) = answer.chunk().await? {
                body.extend_from_slice(&chunk);
                if body.len() > LARGEST_ANSWER {
                    return Err(HttpError::TooLarge);
                }
            }
            Ok(response.body(body)?)
        })
    }
}

/// What can go wrong on the way to the provider.
#[derive(Debug, thiserror::Error)]
enum HttpError {
    #[error(transparent)]
    Sending(#[from] reqwest::Error),
    #[error(transparent)]
    Answer(#[from] http::Error),
    #[error("the answer is too large")]
    TooLarge,
}
