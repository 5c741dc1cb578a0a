//! Access tokens (OAuth2 client credentials, RFC 6749 section 4.4), kept until shortly before they end.

use kernel::Instant;
use reqwest::Client;
use serde::Deserialize;
use tokio::sync::Mutex;
use url::Url;
use url::form_urlencoded::byte_serialize;
use zeroize::Zeroizing;

use crate::settings::{AgencySettings, read_secret};
use crate::transport::{NoReply, send};

/// The largest answer of a token endpoint, in bytes.
const LARGEST: usize = 64 << 10;
/// How long a token is taken to live when the agency does not say, in seconds.
const USUAL_LIFE: i64 = 300;
/// How long before its end a token is no longer used, in seconds (or half its life, if that is less).
const MARGIN: i64 = 30;

/// A token. Wiped when dropped, never shown.
#[derive(Clone)]
pub(crate) struct Token(Zeroizing<String>);

impl Token {
    pub(crate) fn text(&self) -> &str {
        &self.0
    }
}

struct Kept {
    token: Token,
    good_until: Instant,
}

/// The token of one agency. One at a time is fetched, however many calls wait for it.
#[derive(Default)]
pub(crate) struct Tokens(Mutex<Option<Kept>>);

#[derive(Deserialize)]
struct TokenWire {
    access_token: String,
    token_type: String,
    expires_in: Option<i64>,
}

#[derive(Deserialize)]
struct TokenErrorWire {
    error: String,
}

impl Tokens {
    /// The kept token, or a new one. `refused` is a token the agency would not take: it is thrown away, unless somebody
    /// replaced it meanwhile.
    pub(crate) async fn get(
        &self,
        http: &Client,
        settings: &AgencySettings,
        url: &Url,
        now: Instant,
        refused: Option<&Token>,
    ) -> Result<Token, String> {
        let mut kept = self.0.lock().await;
        let usable = |k: &&Kept| k.good_until > now && refused.is_none_or(|r| r.text() != k.token.text());
        if let Some(kept) = kept.as_ref().filter(usable) {
            return Ok(kept.token.clone());
        }
        *kept = None;
        let (token, life) = fetch(http, settings, url).await?;
        let good_until = now.plus_seconds(life - MARGIN.min(life / 2));
        *kept = Some(Kept { token: token.clone(), good_until });
        Ok(token)
    }
}

async fn fetch(http: &Client, settings: &AgencySettings, url: &Url) -> Result<(Token, i64), String> {
    let path = settings.secret_file.clone();
    let secret = tokio::task::spawn_blocking(move || read_secret(&path)).await.map_err(|e| e.to_string())??;
    // RFC 6749 section 2.3.1: both parts are form-encoded before they are joined.
    let encoded = |text: &str| Zeroizing::new(byte_serialize(text.as_bytes()).collect::<String>());
    let mut form = vec![("grant_type", "client_credentials")];
    if let Some(scope) = &settings.scope {
        form.push(("scope", scope));
    }
    let request = http
        .post(url.clone())
        .basic_auth(encoded(&settings.client_id).as_str(), Some(encoded(&secret).as_str()))
        .form(&form);
    let reply = match send(request, LARGEST).await {
        Ok(reply) => reply,
        Err(NoReply::TooLarge) => return Err("the token endpoint's answer is too large".into()),
        Err(NoReply::Failed(why)) => return Err(format!("no token: {why}")),
    };
    if !reply.status.is_success() {
        let code = serde_json::from_slice::<TokenErrorWire>(&reply.body).map(|e| e.error).unwrap_or_default();
        // One of RFC 6749's words, or nothing: an endpoint must not write our log.
        let code = if code.len() < 40 && code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') {
            code
        } else {
            String::new()
        };
        return Err(format!("no token: the token endpoint said {} {code}", reply.status.as_u16())
            .trim_end()
            .to_owned());
    }
    let said: TokenWire =
        serde_json::from_slice(&reply.body).map_err(|_| "the token endpoint's answer is not RFC 6749's".to_owned())?;
    let text = Zeroizing::new(said.access_token);
    let sendable = text.bytes().all(|b| b.is_ascii_graphic()) && !text.is_empty();
    if !said.token_type.eq_ignore_ascii_case("bearer") || !sendable {
        return Err("the token endpoint gave no bearer token".into());
    }
    Ok((Token(text), said.expires_in.unwrap_or(USUAL_LIFE).clamp(1, 86_400)))
}
