//! Idempotency keys: the same request twice has one effect and one answer.

use kernel::Instant;

use crate::{StoreError, Tx, params};

crate::sql! {
    FIND = "select request_hash, status, body from idempotency where idempotency_key = $1 and scope = $2";
    OPEN = "insert into idempotency (idempotency_key, scope, request_hash, created_at) values ($1, $2, $3, $4)
        on conflict (idempotency_key, scope) do nothing";
    ANSWER = "update idempotency set status = $3, body = $4 where idempotency_key = $1 and scope = $2";
}

/// What was answered the first time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredResponse {
    /// HTTP status.
    pub status: u32,
    /// Body as sent.
    pub body: String,
}

/// What the key says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// Never seen: do the work in this transaction, then call [`Tx::idempotent_answer`].
    New,
    /// Done before: send this again and do nothing.
    Repeated(StoredResponse),
    /// The key was used for another request: refuse.
    Mismatch,
}

impl Tx {
    /// Opens the key in this transaction. `scope` is the operation and the caller, `hash` the request's content hash.
    pub async fn idempotent(&mut self, key: &str, scope: &str, hash: &str, now: Instant) -> Result<Begun, StoreError> {
        if self.execute(OPEN, params![key, scope, hash, now]).await? == 1 {
            return Ok(Begun::New);
        }
        match self.idempotent_before(key, scope, hash).await? {
            // There and not to be read: never a reason to do the work a second time.
            Begun::New => Err(StoreError::NotFound),
            known => Ok(known),
        }
    }

    /// What the key says so far, without opening it: for work that must not hold the database's writer and is done before
    /// [`Tx::idempotent`]. Whoever does it may find the key opened by somebody else meanwhile.
    pub async fn idempotent_before(&mut self, key: &str, scope: &str, hash: &str) -> Result<Begun, StoreError> {
        let Some(row) = self.maybe(FIND, params![key, scope]).await? else { return Ok(Begun::New) };
        if row.get::<String>("request_hash")? != hash {
            return Ok(Begun::Mismatch);
        }
        match (row.maybe::<u32>("status")?, row.maybe::<String>("body")?) {
            (Some(status), Some(body)) => Ok(Begun::Repeated(StoredResponse { status, body })),
            // Opened and committed without an answer cannot be: both happen in one transaction.
            _ => Err(StoreError::Inconsistent { column: "status".into(), detail: "key without answer".into() }),
        }
    }

    /// Keeps the answer with the key, in the same transaction as the effect.
    pub async fn idempotent_answer(
        &mut self,
        key: &str,
        scope: &str,
        answer: &StoredResponse,
    ) -> Result<(), StoreError> {
        self.execute(ANSWER, params![key, scope, answer.status, answer.body]).await.map(drop)
    }
}
