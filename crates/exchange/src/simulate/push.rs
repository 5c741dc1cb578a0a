//! Answers pushed to the asker's callback address.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use reqwest::header::CONTENT_TYPE;

use super::state::Shared;
use crate::settings::is_loopback;
use crate::signature::{SIGNATURE_HEADER, sign};
use crate::transport::client;

/// How often a push that nobody took is tried again.
const TRIES: u32 = 6;
/// The first pause between tries; doubled each time.
const PAUSE: Duration = Duration::from_millis(250);

/// A push that waits for its time.
pub(super) struct Push {
    pub(super) agency: String,
    pub(super) to: String,
    pub(super) id: String,
    pub(super) after: Duration,
    pub(super) times: u32,
}

/// Pushes in the background. `answer` is called when its time has come. A training server calls no other machine.
pub(super) fn push(
    shared: Arc<Shared>,
    push: Push,
    answer: impl FnOnce(&Arc<Shared>) -> Option<Bytes> + Send + 'static,
) {
    let here = url::Url::parse(&push.to).is_ok_and(|url| is_loopback(&url));
    if !here {
        tracing::warn!(agency = push.agency, "a simulated agency pushes to loopback alone: nothing will be pushed");
        return;
    }
    tokio::spawn(async move {
        tokio::time::sleep(push.after).await;
        let Some(body) = answer(&shared) else { return };
        for _ in 0..push.times {
            deliver(&shared, &push, &body).await;
        }
    });
}

async fn deliver(shared: &Shared, push: &Push, body: &Bytes) {
    let Ok(http) = client(true, None) else { return };
    let signature = sign(&shared.signing_key(&push.agency), body);
    let mut pause = PAUSE;
    for _ in 0..TRIES {
        let mut request = http
            .post(&push.to)
            .header(CONTENT_TYPE, "application/json")
            .header("idempotency-key", &push.id)
            .header(SIGNATURE_HEADER, &signature)
            .body(body.clone());
        if let Some(token) = shared.settings.callback_tokens.get(&push.agency) {
            request = request.bearer_auth(token);
        }
        let status = request.send().await.map_or(0, |answer| answer.status().as_u16());
        shared.role(&push.agency, |role| role.stats.pushed.push(status));
        if (200..500).contains(&status) {
            return;
        }
        tokio::time::sleep(pause).await;
        pause *= 2;
    }
}
