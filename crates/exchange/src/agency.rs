//! One connected agency: its turn-taking, its breaker, its token, and one call to it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ed25519_dalek::VerifyingKey;
use kernel::{Clock, Instant};
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, StatusCode};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use url::Url;

use crate::breaker::{Breaker, Link, Pass};
use crate::health::{Counts, Health};
use crate::model::{Fault, FaultKind};
use crate::settings::{AgencySettings, Checked};
use crate::token::{Token, Tokens};
use crate::transport::{NoReply, Reply, send};

/// The usual pause before something that failed is tried again, in seconds.
const AGAIN: i64 = 15;

/// A connected agency.
pub(crate) struct Agency {
    id: String,
    pub(crate) settings: AgencySettings,
    base: Url,
    token_url: Url,
    pub(crate) key: Option<VerifyingKey>,
    http: Client,
    tokens: Tokens,
    turns: Semaphore,
    watch: Mutex<Watch>,
}

struct Watch {
    breaker: Breaker,
    counts: Counts,
    last_worked: Option<Instant>,
    last_trouble: Option<(Instant, String)>,
}

/// What to call.
pub(crate) struct Call<'a> {
    /// `questions` or `orders`.
    pub(crate) collection: &'static str,
    /// The id of the question or order.
    pub(crate) id: &'a str,
    /// What to post; without it the id is looked up.
    pub(crate) body: Option<Vec<u8>>,
}

/// What a call brought.
pub(crate) enum Called {
    Reply(Reply),
    Faulty(Fault),
    Unavailable { retry_at: Instant, words: String },
}

/// Why an attempt brought nothing.
struct Failed {
    words: String,
    not_before: Option<Instant>,
}

impl Agency {
    pub(crate) fn new(id: &str, settings: AgencySettings, checked: Checked, http: Client) -> Self {
        let breaker = Breaker::new(settings.breaker());
        Agency {
            id: id.to_owned(),
            base: checked.base,
            token_url: checked.token_url,
            key: checked.key,
            http,
            tokens: Tokens::default(),
            turns: Semaphore::new(settings.at_once),
            watch: Mutex::new(Watch { breaker, counts: Counts::default(), last_worked: None, last_trouble: None }),
            settings,
        }
    }

    fn watch(&self) -> MutexGuard<'_, Watch> {
        self.watch.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what came of a call, for the operator. The words hold nothing personal.
    pub(crate) fn note(&self, word: &'static str, id: &str, trouble: Option<&str>, now: Instant) {
        let mut watch = self.watch();
        watch.counts.count(word);
        match trouble {
            None => tracing::info!(agency = %self.id, %id, outcome = word, "agency called"),
            Some(words) => {
                watch.last_trouble = Some((now, words.to_owned()));
                tracing::warn!(agency = %self.id, %id, outcome = word, words, "agency called");
            }
        }
    }

    pub(crate) fn health(&self, now: Instant) -> Health {
        let watch = self.watch();
        Health {
            agency: self.id.clone(),
            link: watch.breaker.link(now),
            under_way: self.settings.at_once.saturating_sub(self.turns.available_permits()),
            counts: watch.counts,
            last_worked: watch.last_worked,
            last_trouble: watch.last_trouble.clone(),
        }
    }

    /// Makes one call, if it is its turn and the link does not rest. Takes at most twice the time-out.
    pub(crate) async fn call(&self, clock: &dyn Clock, call: &Call<'_>) -> Called {
        let limit = Duration::from_secs(self.settings.timeout_seconds.into());
        let Ok(Ok(_turn)) = timeout(limit, self.turns.acquire()).await else {
            let words = "too many calls to this agency wait already".to_owned();
            return Called::Unavailable { retry_at: clock.now().plus_seconds(AGAIN), words };
        };
        let passed = self.watch().breaker.may_pass(clock.now());
        let pass = match passed {
            Ok(pass) => pass,
            Err(retry_at) => {
                let words = "the link rests after failures".to_owned();
                return Called::Unavailable { retry_at, words };
            }
        };
        let attempt = timeout(limit, self.attempt(clock, call)).await;
        let now = clock.now();
        let failed = match attempt {
            Err(_) => Failed { words: format!("no answer within {} seconds", limit.as_secs()), not_before: None },
            Ok(Err(NoReply::Failed(words))) => Failed { words, not_before: None },
            Ok(Err(NoReply::TooLarge)) => {
                self.worked(pass, now);
                let words = format!("it is larger than {} bytes", self.settings.largest_answer);
                return Called::Faulty(Fault::new(FaultKind::TooLarge, words));
            }
            Ok(Ok(reply)) => match trouble(&reply, now) {
                Some(failed) => failed,
                None => {
                    self.worked(pass, now);
                    return Called::Reply(reply);
                }
            },
        };
        self.failed(pass, now, failed)
    }

    fn worked(&self, pass: Pass, now: Instant) {
        let mut watch = self.watch();
        watch.breaker.worked(pass, now);
        watch.last_worked = Some(now);
    }

    fn failed(&self, pass: Pass, now: Instant, failed: Failed) -> Called {
        let mut watch = self.watch();
        watch.breaker.failed(pass, now, failed.not_before);
        let retry_at = match watch.breaker.link(now) {
            Link::Open { until } => until,
            Link::Closed | Link::Trying => now.plus_seconds(AGAIN),
        };
        Called::Unavailable { retry_at, words: failed.words }
    }

    /// The call itself; once more with a new token when the agency does not take the one it has.
    async fn attempt(&self, clock: &dyn Clock, call: &Call<'_>) -> Result<Reply, NoReply> {
        let token = self.token(clock, None).await?;
        let reply = self.send(call, &token).await?;
        if reply.status != StatusCode::UNAUTHORIZED {
            return Ok(reply);
        }
        let token = self.token(clock, Some(&token)).await?;
        self.send(call, &token).await
    }

    async fn token(&self, clock: &dyn Clock, refused: Option<&Token>) -> Result<Token, NoReply> {
        let got = self.tokens.get(&self.http, &self.settings, &self.token_url, clock.now(), refused).await;
        got.map_err(NoReply::Failed)
    }

    async fn send(&self, call: &Call<'_>, token: &Token) -> Result<Reply, NoReply> {
        let base = self.base.as_str().trim_end_matches('/');
        let request = match &call.body {
            Some(body) => self
                .http
                .post(format!("{base}/{}", call.collection))
                .header("idempotency-key", call.id)
                .header(CONTENT_TYPE, "application/json")
                .body(body.clone()),
            None => self.http.get(format!("{base}/{}/{}", call.collection, call.id)),
        };
        send(request.bearer_auth(token.text()), self.settings.largest_answer).await
    }
}

/// Whether a reply says that the link does not work. Other 4xx speak of one question and must not stop the rest.
fn trouble(reply: &Reply, now: Instant) -> Option<Failed> {
    let status = reply.status;
    let words = match status.as_u16() {
        401 => "the agency does not take our token".to_owned(),
        408 | 425 | 429 | 500..=599 => format!("the agency answered {}", status.as_u16()),
        300..=399 => format!("the agency answered {} and points elsewhere; it is not followed", status.as_u16()),
        _ => return None,
    };
    Some(Failed { words, not_before: reply.retry_after(now) })
}
