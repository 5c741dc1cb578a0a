//! Accounts of officials and machines, as an administrator lists, makes, moves and shuts them.

use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use guard::Action;
use guard::account::{self, Account, AccountError};
use kernel::AccountId;
use serde::{Deserialize, Serialize};
use store::transact;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::body::{Body, Short};
use super::call::{Call, Once};
use super::problem::{Code, Fault};
use crate::admin::account_acts::{self, Act, PAGE, Wrong};
use crate::state::AppState;

/// Which accounts.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AccountQuery {
    /// The agency, as its id in the pack.
    #[param(min_length = 1, max_length = 60)]
    organisation: String,
    /// The `next` of the page before.
    after: Option<Uuid>,
}

/// What an account acts as.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DutyWire {
    /// The role.
    role: String,
    /// The agency; empty for a person's own affairs.
    organisation: String,
    /// The place; null: the whole country.
    jurisdiction: Option<String>,
}

/// An account.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountWire {
    /// Its id.
    id: Uuid,
    /// The name shown.
    name: String,
    /// Whether it is suspended.
    suspended: bool,
    /// Whether it is known whose record is that of whoever is behind it.
    known: bool,
    /// What it acts as.
    duties: Vec<DutyWire>,
}

/// Accounts of an agency.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountList {
    /// By name.
    accounts: Vec<AccountWire>,
    /// The `after` of the next page; null: this was the last.
    next: Option<Uuid>,
}

fn wire(a: &Account) -> AccountWire {
    let duty = |d: &account::Duty| DutyWire {
        role: d.role.word().to_owned(),
        organisation: d.organisation.clone(),
        jurisdiction: d.jurisdiction.clone(),
    };
    AccountWire {
        id: a.id.0,
        name: a.name.clone(),
        suspended: a.suspended,
        known: a.person.is_some(),
        duties: a.duties.iter().map(duty).collect(),
    }
}

/// The accounts that act for an agency, by name, fifty at a time.
#[utoipa::path(get, path = "/api/accounts", tag = "administration", params(AccountQuery),
    responses((status = 200, body = AccountList), super::Faults))]
pub(crate) async fn list(
    State(state): State<AppState>,
    call: Call,
    Query(asked): Query<AccountQuery>,
) -> Result<axum::Json<AccountList>, Fault> {
    if state.packs.current().agencies().get(&asked.organisation).is_none() {
        return Err(Fault::field(Code::Invalid, "query:organisation", "is no agency of the pack"));
    }
    call.permit_thing(&state, Action::ManageAccounts, &format!("accounts of {}", asked.organisation)).await?;
    let mut tx = state.db.read().await?;
    let found = account::office(&mut tx, &asked.organisation, asked.after.map(AccountId), PAGE + 1).await;
    let mut accounts: Vec<AccountWire> = found.map_err(|e| fault(e.into()))?.iter().map(wire).collect();
    let more = accounts.len() > PAGE as usize;
    accounts.truncate(PAGE as usize);
    let next = accounts.last().filter(|_| more).map(|a| a.id);
    Ok(axum::Json(AccountList { accounts, next }))
}

/// A job.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct JobWire {
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
}

impl JobWire {
    fn duty(&self, state: &AppState, before: &str) -> Result<account::Duty, Fault> {
        job(state, &self.role.0, &self.organisation.0, self.jurisdiction.as_ref().map(|j| j.0.as_str()), before)
    }
}

/// An official's job; what is wrong is told at its field below `before`.
pub(super) fn job(
    state: &AppState,
    role: &str,
    organisation: &str,
    place: Option<&str>,
    before: &str,
) -> Result<account::Duty, Fault> {
    account_acts::duty(&state.packs.current(), role, organisation, place).map_err(|field| {
        let expected = match field {
            "role" => "expected the role of an official, such as caseworker or administrator",
            "organisation" => "is no agency of the pack",
            _ => "is no place of the pack",
        };
        Fault::field(Code::Invalid, format!("{before}/{field}"), expected)
    })
}

/// The account of an official whom the identity provider knows.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LinkedAccountWire {
    /// The identity provider's name of them: the `sub` of its tokens.
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    subject: Short<200>,
    /// The name shown.
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    name: Short<100>,
    /// What they do.
    job: JobWire,
}

/// An account made or changed.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountDone {
    /// The account.
    account: Uuid,
}

/// Makes the account of an official who signs in at the identity provider.
#[utoipa::path(post, path = "/api/accounts/linked", tag = "administration", request_body = LinkedAccountWire,
    params(("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 201, body = AccountDone), super::Faults))]
pub(crate) async fn make(
    State(state): State<AppState>,
    call: Call,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let body = Body::<LinkedAccountWire>::read(request, &state).await?;
    let once = Once::new(&headers, &call, "linked account", &body.hash)?;
    let (it, duty) = (&body.it, body.it.job.duty(&state, "/job")?);
    let issuer = state.config.issuer.as_deref();
    let issuer = issuer.ok_or_else(|| Fault::field(Code::Invalid, "/subject", "there is no identity provider here"))?;
    let what = format!("new account, {} of {}", duty.role, duty.organisation);
    call.permit_thing(&state, Action::ManageAccounts, &what).await?;
    transact!(state.db, Fault, |tx| {
        match once.begin(tx, state.now()).await? {
            Some(again) => Ok(again),
            None => {
                let made = account_acts::make(tx, &state, (issuer, &it.subject.0), &it.name.0, &duty).await;
                let id = made.map_err(|e| fault(e.into()))?;
                once.end(tx, StatusCode::CREATED, &AccountDone { account: id.0 }).await
            }
        }
    })
}

/// What is done with an account.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountActWire {
    /// `assign` another job, `suspend`, `let_in` again, `sign_out` of every session.
    #[schema(value_type = String, pattern = "^(assign|suspend|let_in|sign_out)$")]
    act: Short<20>,
    /// The job, with `assign`.
    #[serde(default)]
    job: Option<JobWire>,
    /// Why, with `suspend` and `let_in`: stays in the log.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 300)]
    reason: Option<Short<300>>,
}

/// Changes an account of another than whoever asks.
#[utoipa::path(post, path = "/api/accounts/{id}/acts", tag = "administration", request_body = AccountActWire,
    params(("id" = Uuid, Path, description = "The account."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = AccountDone), super::Faults))]
pub(crate) async fn act(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let id = AccountId(super::id(&id)?);
    let body = Body::<AccountActWire>::read(request, &state).await?.about(id);
    let once = Once::new(&headers, &call, "account act", &body.hash)?;
    let it = &body.it;
    let why = it.reason.as_ref().map(|r| r.0.trim()).filter(|why| !why.is_empty());
    let missing = |field: &str| Fault::field(Code::Invalid, format!("/{field}"), "is needed for this");
    let act = match it.act.0.as_str() {
        "assign" => Act::Assign(it.job.as_ref().ok_or_else(|| missing("job"))?.duty(&state, "/job")?),
        "suspend" | "let_in" if why.is_none() => return Err(missing("reason")),
        "suspend" => Act::Suspend,
        "let_in" => Act::LetIn,
        "sign_out" => Act::SignOut,
        _ => return Err(Fault::field(Code::Invalid, "/act", "expected assign, suspend, let_in or sign_out")),
    };
    let what = format!("{} account {id}: {}", it.act.0, why.unwrap_or_default());
    call.permit_thing(&state, Action::ManageAccounts, what.trim_end_matches([':', ' '])).await?;
    transact!(state.db, Fault, |tx| {
        match once.begin(tx, state.now()).await? {
            Some(again) => Ok(again),
            None => {
                account_acts::change(tx, &state, &call.who, id, &act).await.map_err(fault)?;
                once.end(tx, StatusCode::OK, &AccountDone { account: id.0 }).await
            }
        }
    })
}

fn fault(wrong: Wrong) -> Fault {
    let words = wrong.to_string();
    match wrong {
        Wrong::Absent => Fault::new(Code::NotFound),
        Wrong::Own | Wrong::Machine => Fault::field(Code::Conflict, "path:id", words),
        Wrong::Account(AccountError::Store(why)) => why.into(),
        Wrong::Account(AccountError::SecondJob) => Fault::told(Code::Conflict, words),
        Wrong::Account(AccountError::Taken(_)) => Fault::field(Code::Conflict, "/subject", "has an account already"),
        Wrong::Account(_) => {
            tracing::error!(why = words, "an account could not be changed");
            Fault::new(Code::Internal)
        }
    }
}
