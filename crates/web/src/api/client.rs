//! Other agencies' machines: an account of the role `agency_system`, reached by one long random token. Only a keyed
//! fingerprint of the token is kept, as the account's subject at the issuer [`ISSUER`].

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use guard::account::{self, AccountError, Duty};
use guard::{Keys, Role, Who};
use kernel::{AccountId, Ids, Instant, SessionId};
use store::Tx;
use uuid::Uuid;

use super::problem::{Code, Fault};
use crate::state::AppState;

/// The issuer under which tokens of clients are kept.
const ISSUER: &str = "hearth:api-client";
/// What every token begins with, so that a scanner of leaked secrets finds it.
const PREFIX: &str = "hearth-client";

/// A client just made. The token is shown once and kept nowhere.
#[derive(Debug)]
pub struct NewClient {
    /// Its account.
    pub account: AccountId,
    /// The bearer token: `hearth-client.ACCOUNT.SECRET`.
    pub token: String,
}

/// Why no client was made.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The operating system gave no randomness.
    #[error("the operating system gave no randomness")]
    NoRandomness,
    /// The accounts.
    #[error(transparent)]
    Account(#[from] AccountError),
}

impl store::AsConflict for ClientError {
    fn is_conflict(&self) -> bool {
        matches!(self, ClientError::Account(e) if e.is_conflict())
    }
}

impl From<store::StoreError> for ClientError {
    fn from(error: store::StoreError) -> Self {
        ClientError::Account(error.into())
    }
}

/// Makes a client of an organisation (an agency of the pack). For the administrator's command.
pub async fn create(
    tx: &mut Tx,
    keys: &Keys,
    ids: &dyn Ids,
    now: Instant,
    name: &str,
    organisation: &str,
    jurisdiction: Option<&str>,
) -> Result<NewClient, ClientError> {
    let mut secret = [0_u8; 32];
    getrandom::fill(&mut secret).map_err(|_| ClientError::NoRandomness)?;
    let jurisdiction = jurisdiction.map(str::to_owned);
    let duty = Duty { role: Role::AgencySystem, organisation: organisation.to_owned(), jurisdiction };
    let account = account::create(tx, ids, now, name, None, &[duty]).await?;
    let token = format!("{PREFIX}.{}.{}", account.0.simple(), URL_SAFE_NO_PAD.encode(secret));
    account::link(tx, ISSUER, &fingerprint(keys, &token), account).await?;
    Ok(NewClient { account, token })
}

fn fingerprint(keys: &Keys, token: &str) -> String {
    hex::encode(keys.token_hash(token))
}

/// The client a token belongs to; `None` when it is none of ours. For addresses outside this room.
pub async fn who(state: &AppState, token: &str) -> Option<Who> {
    check(state, token).await.ok().flatten().filter(|who| !who.suspended)
}

/// The client a token belongs to. A token that is none of ours is a refusal, not an anonymous call.
pub(crate) async fn check(state: &AppState, token: &str) -> Result<Option<Who>, Fault> {
    if !token.starts_with(PREFIX) || token.len() > 200 {
        return Err(Fault::new(Code::SignIn));
    }
    let print = fingerprint(state.guard.keys(), token);
    let mut tx = state.db.read().await?;
    let found = account::of_subject(&mut tx, ISSUER, &print).await.map_err(|e| match e {
        AccountError::Store(inner) => Fault::from(inner),
        _ => Fault::new(Code::SignIn),
    })?;
    let account = found.ok_or_else(|| Fault::new(Code::SignIn))?;
    let duty = account.duties.iter().find(|d| d.role == Role::AgencySystem).ok_or_else(|| Fault::new(Code::SignIn))?;
    Ok(Some(Who {
        account: account.id,
        // A client has no browser; its session is the account itself.
        session: SessionId(Uuid::from_u128(account.id.0.as_u128())),
        role: Role::AgencySystem,
        organisation: duty.organisation.clone(),
        jurisdiction: duty.jurisdiction.clone(),
        person: None,
        strong: true,
        suspended: account.suspended,
        break_glass: false,
    }))
}
