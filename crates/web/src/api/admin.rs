//! What an administrator does: other agencies' machines, emergency accounts, files imported. The commands of the same
//! names need the server to be stopped; these do not.

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use guard::Action;
use guard::account::{self, AccountError, NewLocal};
use registry::import::{ImportError, Table};
use serde::{Deserialize, Serialize};
use store::transact;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::body::{self, Body, Short};
use super::call::{Call, Once};
use super::client::{self, ClientError};
use super::facts::{origin_of, source};
use super::problem::{Code, Fault, FieldFault};
use crate::intake_file::{Sent, take};
use crate::state::AppState;

/// A machine of another agency.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAgencyWire {
    /// What the machine is called.
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    name: Short<100>,
    /// The agency, as its id in the pack.
    #[schema(value_type = String, min_length = 1, max_length = 60)]
    organisation: Short<60>,
    /// The place it works for, if it is not the whole country.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    jurisdiction: Option<Short<100>>,
}

/// A machine's account.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AgencyMade {
    /// The account.
    account: Uuid,
    /// Its bearer token. Shown once and kept nowhere: null when the same key is sent again.
    token: Option<String>,
}

fn known_office(state: &AppState, organisation: &str, jurisdiction: Option<&str>) -> Result<(), Fault> {
    let pack = state.packs.current();
    if pack.agencies().get(organisation).is_none() {
        return Err(Fault::field(Code::Invalid, "/organisation", "is no agency of the pack"));
    }
    if jurisdiction.is_some_and(|place| pack.jurisdictions().get(place).is_none()) {
        return Err(Fault::field(Code::Invalid, "/jurisdiction", "is no place of the pack"));
    }
    Ok(())
}

/// Makes an account for another agency's machine.
#[utoipa::path(post, path = "/api/agencies", tag = "administration", request_body = NewAgencyWire,
    params(("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 201, body = AgencyMade), super::Faults))]
pub(crate) async fn agency(
    State(state): State<AppState>,
    call: Call,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let body = Body::<NewAgencyWire>::read(request, &state).await?;
    let once = Once::new(&headers, &call, "agency", &body.hash)?;
    let it = body.it;
    let jurisdiction = it.jurisdiction.as_ref().map(|j| j.0.as_str());
    known_office(&state, &it.organisation.0, jurisdiction)?;
    call.permit_thing(&state, Action::ManageAccounts, "agency client").await?;
    let (keys, ids, now) = (state.guard.keys(), &*state.ids, state.now());
    transact!(state.db, Fault, |tx| {
        match once.begin(tx, now).await? {
            Some(again) => Ok(again),
            None => {
                let made = client::create(tx, keys, ids, now, &it.name.0, &it.organisation.0, jurisdiction).await;
                let made = made.map_err(|e| match e {
                    ClientError::Account(inner) => account_fault(inner),
                    ClientError::NoRandomness => Fault::new(Code::Internal),
                })?;
                let kept = AgencyMade { account: made.account.0, token: None };
                once.end(tx, StatusCode::CREATED, &kept).await?;
                let told = AgencyMade { token: Some(made.token), ..kept };
                Ok((StatusCode::CREATED, axum::Json(told)).into_response())
            }
        }
    })
}

/// A local account, for the hours when the identity provider is away.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAccountWire {
    /// The login.
    #[schema(value_type = String, min_length = 1, max_length = 60)]
    login: Short<60>,
    /// The name shown.
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    name: Short<100>,
    /// The role: any of an official's, such as `caseworker`.
    #[schema(value_type = String, pattern = "^(counter_official|caseworker|approver|finance|nurse|visit_supervisor|analyst|privacy_officer|administrator)$")]
    role: Short<40>,
    /// The agency, as its id in the pack.
    #[schema(value_type = String, min_length = 1, max_length = 60)]
    organisation: Short<60>,
    /// The place it acts in, if it is not the whole country.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    jurisdiction: Option<Short<100>>,
    /// The password.
    #[schema(value_type = String, min_length = 12, max_length = 200)]
    password: Short<200>,
}

/// A local account made.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountMade {
    /// The account.
    account: Uuid,
    /// The secret of the second factor, in base 32, for an authenticator. Shown once: null when the same key is sent again.
    second_factor: Option<String>,
}

/// Makes a local account.
#[utoipa::path(post, path = "/api/accounts", tag = "administration", request_body = NewAccountWire,
    params(("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 201, body = AccountMade), super::Faults))]
pub(crate) async fn account(
    State(state): State<AppState>,
    call: Call,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let it = Body::<NewAccountWire>::read(request, &state).await?.it;
    let jurisdiction = it.jurisdiction.map(|j| j.0);
    // The key is bound to everything but the password: a quick hash of that must stand nowhere.
    let rest = [&it.login.0, &it.name.0, &it.role.0, &it.organisation.0, jurisdiction.as_deref().unwrap_or_default()];
    let once = Once::new(&headers, &call, "account", &body::hash(rest.join("\n").as_bytes()))?;
    let duty = super::accounts::job(&state, &it.role.0, &it.organisation.0, jurisdiction.as_deref(), "")?;
    if it.login.0.trim() != it.login.0 || it.login.0.chars().any(char::is_control) {
        return Err(Fault::field(Code::Invalid, "/login", "expected no spaces around it and no control characters"));
    }
    call.permit_thing(&state, Action::ManageAccounts, "local account").await?;
    let (keys, ids, now) = (state.guard.keys(), &*state.ids, state.now());
    transact!(state.db, Fault, |tx| {
        match once.begin(tx, now).await? {
            Some(again) => Ok(again),
            None => {
                let id = account::create(tx, ids, now, &it.name.0, None, std::slice::from_ref(&duty))
                    .await
                    .map_err(account_fault)?;
                let new = NewLocal { account: id, login: &it.login.0, password: &it.password.0 };
                let secret = account::create_local(tx, keys, &new).await.map_err(account_fault)?;
                let kept = AccountMade { account: id.0, second_factor: None };
                once.end(tx, StatusCode::CREATED, &kept).await?;
                let told = AccountMade { second_factor: Some(secret.base32()), ..kept };
                Ok((StatusCode::CREATED, axum::Json(told)).into_response())
            }
        }
    })
}

fn account_fault(error: AccountError) -> Fault {
    let words = error.to_string();
    match error {
        AccountError::Store(inner) => inner.into(),
        AccountError::Taken(_) => Fault::field(Code::Conflict, "/login", "is taken: choose another"),
        AccountError::Short => Fault::field(Code::Invalid, "/password", words),
        _ => {
            tracing::error!(why = words, "an account could not be made");
            Fault::new(Code::Internal)
        }
    }
}

/// Where a file comes from.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ImportQuery {
    /// The agency (its id in the pack); a machine's is its own.
    #[param(min_length = 1, max_length = 60)]
    source: Option<String>,
    /// The law under which the data are held.
    #[param(max_length = 200)]
    law: Option<String>,
    /// `true`: everything is checked, nothing is kept.
    #[param(pattern = "^(true|false)$")]
    dry_run: Option<String>,
}

/// What came of a file.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ImportReport {
    /// The import.
    import: Uuid,
    /// Whether nothing was kept.
    dry_run: bool,
    /// Rows read.
    rows: u64,
    /// Rows taken over.
    accepted: u64,
    /// Rows known already.
    unchanged: u64,
    /// Every refused row with its reason, as `line:N`.
    refused: Vec<FieldFault>,
}

/// Imports a CSV file of persons, households, kinship, addresses or facts. A row is taken whole or refused with its reason;
/// sending the file again changes nothing.
#[utoipa::path(post, path = "/api/import/{table}", tag = "administration",
    request_body(content = String, content_type = "text/csv", description = "The columns are told in docs/import.md."),
    params(("table" = String, Path, description = "`persons`, `households`, `kinship`, `addresses` or `facts`.", pattern = "^(persons|households|kinship|addresses|facts)$"),
        ImportQuery, ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = ImportReport), super::Faults))]
pub(crate) async fn import(
    State(state): State<AppState>,
    call: Call,
    Path(table): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<axum::Json<ImportReport>, Fault> {
    super::call::key(&headers)?;
    let table: Table = table.parse().map_err(|_| Fault::new(Code::NotFound))?;
    let query: ImportQuery = super::query(request.uri())?;
    let wrong = |name: &str, message: &str| Fault::field(Code::Invalid, format!("query:{name}"), message);
    let dry_run = match query.dry_run.as_deref() {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return Err(wrong("dry_run", "expected true or false")),
    };
    let law = query.law.unwrap_or_default();
    if law.chars().count() > 200 || law.chars().any(char::is_control) {
        return Err(wrong("law", "expected at most 200 characters and no control characters"));
    }
    let source = source(&call, &state.packs.current(), query.source.map(Short), "query:source")?;
    let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if kind.split(';').next().is_none_or(|k| !k.trim().eq_ignore_ascii_case("text/csv")) {
        return Err(Fault::field(Code::MediaType, "header:content-type", "expected text/csv"));
    }
    let bytes = body::raw(request, &state).await?.to_vec();
    call.permit_thing(&state, Action::Import, table.word()).await?;
    let origin = origin_of(&call, &source, &law);
    let sent = Sent { table, name: format!("{table}.csv"), bytes, origin, dry_run };
    let done = take(&state, sent).await.ok_or_else(|| Fault::new(Code::Internal))?;
    let (summary, refused) = done.map_err(|e| match e {
        ImportError::Store(inner) => inner.into(),
        other => Fault::field(Code::Invalid, "line:1", other.to_string()),
    })?;
    let refused = refused.into_iter();
    Ok(axum::Json(ImportReport {
        import: summary.id.0,
        dry_run,
        rows: summary.counts.rows,
        accepted: summary.counts.accepted,
        unchanged: summary.counts.unchanged,
        refused: refused.map(|r| FieldFault { pointer: format!("line:{}", r.line), message: r.reason }).collect(),
    }))
}
