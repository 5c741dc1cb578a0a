//! Who calls, for which purpose, in which language; and doing a change once.

use axum::extract::FromRequestParts;
use axum::http::header::{ACCEPT_LANGUAGE, AUTHORIZATION};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use guard::{Action, Allowed, Purpose, PurposeKind, Relation, Resource, Role, Who};
use kernel::{Lang, PersonId};
use serde::Serialize;
use serde::de::DeserializeOwned;
use store::{Begun, StoredResponse, Tx};

use super::client;
use super::problem::{Code, Fault};
use crate::request::Session;
use crate::state::AppState;
use crate::viewer::{Trouble, Viewer};

/// The header that names the purpose of an official's call, as a word such as `counter_service`.
const PURPOSE: &str = "hearth-purpose";
/// The header with the reason in words, percent-encoded.
const REASON: &str = "hearth-reason";
/// The header with the case or application number.
const CASE: &str = "hearth-case";
/// The header with the key of a change.
const KEY: &str = "idempotency-key";

/// A call of the API by somebody who is signed in.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) who: Who,
    pub(crate) purpose: Purpose,
}

/// The language of an answer, from `Accept-Language`.
pub(crate) fn lang(headers: &HeaderMap) -> Lang {
    let header = headers.get(ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    header.split(',').find_map(|part| part.split(';').next()?.trim().parse().ok()).unwrap_or(Lang::En)
}

impl FromRequestParts<AppState> for Call {
    type Rejection = Fault;
    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Fault> {
        let who = match bearer(&parts.headers) {
            Some(token) => client::check(state, token).await?,
            None => parts.extensions.get::<Session>().map(|s| s.who.clone()),
        };
        let who = who.ok_or_else(|| Fault::new(Code::SignIn))?;
        let purpose = purpose(&parts.headers, who.role)?;
        Ok(Call { who, purpose })
    }
}

impl From<Trouble> for Fault {
    fn from(trouble: Trouble) -> Fault {
        match trouble {
            Trouble::Absent => Fault::new(Code::NotFound),
            Trouble::NoPerson => Fault::new(Code::Forbidden),
            Trouble::Denied(why) => why.into(),
            Trouble::Store(why) => why.into(),
            Trouble::Log(why) => {
                tracing::error!(%why, "the disclosure log failed");
                Fault::new(Code::Unavailable)
            }
        }
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn purpose(headers: &HeaderMap, role: Role) -> Result<Purpose, Fault> {
    let text = |name: &str| {
        let value = headers.get(name)?.to_str().ok()?;
        url::form_urlencoded::parse(value.as_bytes()).next().map(|(word, _)| word.chars().take(300).collect::<String>())
    };
    let usual = match role {
        Role::Citizen => Some(PurposeKind::OwnAffairs),
        Role::AgencySystem => Some(PurposeKind::DataExchange),
        Role::Analyst => Some(PurposeKind::Statistics),
        Role::PrivacyOfficer => Some(PurposeKind::Oversight),
        Role::Administrator => Some(PurposeKind::Administration),
        Role::CounterOfficial => Some(PurposeKind::CounterService),
        Role::Caseworker => Some(PurposeKind::Casework),
        Role::Approver => Some(PurposeKind::Approval),
        Role::Finance => Some(PurposeKind::Payment),
        Role::Nurse | Role::VisitSupervisor => Some(PurposeKind::HomeVisit),
    };
    let named = text(PURPOSE).map(|word| {
        word.parse::<PurposeKind>()
            .map_err(|e| Fault::field(Code::BadRequest, format!("header:{PURPOSE}"), e.to_string()))
    });
    let kind = named.transpose()?.or(usual).unwrap_or(PurposeKind::OwnAffairs);
    let mut purpose = Purpose::new(kind, text(REASON).unwrap_or_default());
    purpose.case = text(CASE);
    Ok(purpose)
}

/// The key of a change: 8 to 200 characters, so that two callers do not meet by chance.
pub(crate) fn key(headers: &HeaderMap) -> Result<String, Fault> {
    let wrong = |message: &str| Fault::field(Code::BadRequest, format!("header:{KEY}"), message);
    let value = headers.get(KEY).ok_or_else(|| wrong("is missing: send a fresh key with every change"))?;
    let text = value.to_str().map_err(|_| wrong("expected printable ASCII"))?;
    if (8..=200).contains(&text.len()) { Ok(text.to_owned()) } else { Err(wrong("expected 8 to 200 characters")) }
}

/// A change to be done once: its key, scope and the hash of the request.
pub(crate) struct Once {
    key: String,
    scope: String,
    hash: String,
}

impl Once {
    /// `operation` and the caller are the scope; `hash` is the content of the request, its address included.
    pub(crate) fn new(headers: &HeaderMap, call: &Call, operation: &str, hash: &str) -> Result<Once, Fault> {
        let scope = format!("{operation} {}", call.who.account);
        Ok(Once { key: key(headers)?, scope, hash: hash.to_owned() })
    }

    /// The earlier answer, if the change was done before.
    pub(crate) async fn begin(&self, tx: &mut Tx, now: kernel::Instant) -> Result<Option<Response>, Fault> {
        answered(tx.idempotent(&self.key, &self.scope, &self.hash, now).await?)
    }

    /// As [`Once::begin`] without opening the key: asked before long work that does no harm when it is done twice.
    pub(crate) async fn ahead(&self, tx: &mut Tx) -> Result<Option<Response>, Fault> {
        answered(tx.idempotent_before(&self.key, &self.scope, &self.hash).await?)
    }

    /// As [`Once::begin`], for an answer that is finished by a look after the change: what was kept with the key.
    pub(crate) async fn before<T: DeserializeOwned>(
        &self,
        tx: &mut Tx,
        now: kernel::Instant,
    ) -> Result<Option<T>, Fault> {
        match tx.idempotent(&self.key, &self.scope, &self.hash, now).await? {
            Begun::New => Ok(None),
            Begun::Repeated(kept) => serde_json::from_str(&kept.body).map(Some).map_err(|_| Fault::new(Code::Internal)),
            Begun::Mismatch => Err(Fault::new(Code::KeyReused)),
        }
    }

    /// Keeps an answer that is not sent as it is: ids, never data of people.
    pub(crate) async fn keep<T: Serialize>(&self, tx: &mut Tx, status: StatusCode, body: &T) -> Result<(), Fault> {
        let body = serde_json::to_string(body).map_err(|_| Fault::new(Code::Internal))?;
        let stored = StoredResponse { status: u32::from(status.as_u16()), body };
        Ok(tx.idempotent_answer(&self.key, &self.scope, &stored).await?)
    }

    /// Keeps the answer with the change, in its transaction, and sends it. Answers to changes hold ids, never data of people.
    pub(crate) async fn end<T: Serialize>(&self, tx: &mut Tx, status: StatusCode, body: &T) -> Result<Response, Fault> {
        let body = serde_json::to_string(body).map_err(|_| Fault::new(Code::Internal))?;
        let stored = StoredResponse { status: u32::from(status.as_u16()), body };
        tx.idempotent_answer(&self.key, &self.scope, &stored).await?;
        Ok(sent(&stored))
    }
}

fn answered(begun: Begun) -> Result<Option<Response>, Fault> {
    match begun {
        Begun::New => Ok(None),
        Begun::Repeated(stored) => Ok(Some(sent(&stored))),
        Begun::Mismatch => Err(Fault::new(Code::KeyReused)),
    }
}

fn sent(stored: &StoredResponse) -> Response {
    let status = u16::try_from(stored.status).ok().and_then(|s| StatusCode::from_u16(s).ok()).unwrap_or(StatusCode::OK);
    (status, [(axum::http::header::CONTENT_TYPE, "application/json")], stored.body.clone()).into_response()
}

impl Call {
    /// Through whose eyes things are read.
    pub(crate) fn viewer<'s>(&'s self, state: &'s AppState) -> Viewer<'s> {
        Viewer::new(state, &self.who, self.purpose.clone())
    }

    /// How people stand to the caller; unknown people are left out.
    pub(crate) async fn about(
        &self,
        state: &AppState,
        tx: &mut Tx,
        persons: impl IntoIterator<Item = PersonId> + Send,
    ) -> Result<Vec<(PersonId, Relation)>, Fault> {
        let viewer = self.viewer(state);
        let setting = viewer.setting();
        let sight = viewer.sight(&setting);
        let persons: Vec<PersonId> = persons.into_iter().collect();
        Ok(registry::sight::relations(tx, &sight, persons).await?.into_iter().collect())
    }

    /// Asks the guard for a change about these people; durable in the log before it is done.
    pub(crate) async fn permit(
        &self,
        state: &AppState,
        tx: &mut Tx,
        action: Action,
        persons: impl IntoIterator<Item = PersonId> + Send,
        items: &str,
    ) -> Result<Allowed, Fault> {
        let about = self.about(state, tx, persons).await?;
        let resource = Resource::people(about).showing([items]);
        Ok(state.guard.permit(&self.who, action, &resource, &self.purpose).await?)
    }

    /// Asks the guard for something without personal data.
    pub(crate) async fn permit_thing(&self, state: &AppState, action: Action, name: &str) -> Result<(), Fault> {
        let resource = Resource::thing(name);
        let _allowed = state.guard.permit(&self.who, action, &resource, &self.purpose).await?;
        Ok(())
    }
}
