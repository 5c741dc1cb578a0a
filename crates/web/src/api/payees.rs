//! Where a person's money goes, for programs: another account or card, a guardian's account, and that a bank confirmed one.

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use catalogue::model::AccountFault;
use guard::{Action, Role};
use kernel::{PayAccountId, PersonId};
use payment::account::{self, Details, New};
use payment::model::Form;
use serde::{Deserialize, Serialize};
use store::{StoreError, transact};
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::{Body, Short};
use super::call::{Call, Once};
use super::payments::pay_desk;
use super::problem::{Code, Fault};
use crate::state::AppState;
use crate::viewer::Viewer;

/// Where the money goes: exactly one of `own` and `guardian`.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PayeeWire {
    /// `cash`, or `voucher` for the card or account vouchers are loaded onto.
    #[schema(min_length = 1, max_length = 20)]
    form: String,
    /// An account of the person's own.
    #[serde(default)]
    own: Option<OwnAccount>,
    /// Another person's, by order of law.
    #[serde(default)]
    guardian: Option<Redirected>,
}

/// An account in clear. It is sealed when it is kept, and comes back with all but its last digits hidden.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OwnAccount {
    /// The bank's code, of the pack's list.
    #[schema(value_type = String, min_length = 1, max_length = 35)]
    bank: Short<35>,
    /// The number.
    #[schema(value_type = String, min_length = 1, max_length = 60)]
    number: Short<60>,
    /// The holder's name as the bank knows it.
    #[schema(value_type = String, min_length = 1, max_length = 140)]
    holder: Short<140>,
}

impl std::fmt::Debug for OwnAccount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OwnAccount(hidden)")
    }
}

/// To whom, why, by which law.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Redirected {
    /// The guardian, who has an account of their own.
    to: Uuid,
    /// Why.
    #[schema(value_type = String, min_length = 3, max_length = 500)]
    reason: Short<500>,
    /// The law or order.
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    law: Short<200>,
}

/// That an account was confirmed.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Confirmed {
    /// The account.
    account: Uuid,
    /// How: the bank's answer, a passbook that was seen.
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    how: Short<200>,
}

/// The account it is.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PayeeAccount {
    /// Its id.
    account: Uuid,
}

/// Changes where a person's money goes from now on: as the person, a parent, or a finance officer; to a guardian's account only as
/// the last. It is used once the bank has confirmed the holder.
#[utoipa::path(post, path = "/api/persons/{id}/account", tag = "payments", request_body = PayeeWire,
    params(("id" = Uuid, Path, description = "The person."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = PayeeAccount), super::Faults))]
pub(crate) async fn set(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let person = PersonId(super::id(&id)?);
    let body = Body::<PayeeWire>::read(request, &state).await?.about(person);
    let once = Once::new(&headers, &call, "payee", &body.hash)?;
    let v = call.viewer(&state);
    let form = form_of(&body.it.form)?;
    let (people, new) = match (body.it.own, body.it.guardian) {
        (Some(own), None) => (vec![person], New::Own { form, details: details(&v, form, own)? }),
        (None, Some(it)) => {
            officer(&call)?;
            let to = PersonId(it.to);
            (vec![person, to], New::Redirect { form, to, reason: it.reason.0, law: it.law.0 })
        }
        _ => return Err(Fault::field(Code::Invalid, "", "expected exactly one of own and guardian")),
    };
    let mut tx = state.db.read().await?;
    let about = call.about(&state, &mut tx, people.iter().copied()).await?;
    if !people.iter().all(|p| about.iter().any(|(known, _)| known == p)) {
        return Err(Fault::new(Code::NotFound));
    }
    let _allowed = call.permit(&state, &mut tx, Action::ChangeAccount, people, "account").await?;
    drop(tx);
    let (desk, by) = (pay_desk(&state), call.who.account);
    transact!(state.db, Fault, |tx| {
        if let Some(again) = once.begin(tx, v.now).await? {
            return Ok(again);
        }
        let account = account::set(tx, &desk, person, &new, by).await.map_err(refused)?;
        once.end(tx, StatusCode::OK, &PayeeAccount { account: account.0 }).await
    })
}

fn form_of(word: &str) -> Result<Form, Fault> {
    match word {
        "cash" => Ok(Form::Cash),
        "voucher" => Ok(Form::Voucher),
        _ => Err(Fault::field(Code::Invalid, "/form", "expected cash or voucher")),
    }
}

fn officer(call: &Call) -> Result<(), Fault> {
    if call.who.role == Role::Finance { Ok(()) } else { Err(Fault::new(Code::Forbidden)) }
}

/// Held against the pack's rule for accounts of this form, where it has one.
fn details(v: &Viewer<'_>, form: Form, own: OwnAccount) -> Result<Details, Fault> {
    let rule = if form == Form::Voucher { v.pack.voucher_account() } else { v.pack.payment_account() };
    let (bank, number, holder) = (own.bank.0, own.number.0, own.holder.0);
    if let Some(rule) = rule {
        let known = |code: &str| v.pack.code(&rule.banks, code).is_some();
        rule.check(&bank, &number, &holder, known).map_err(|fault| {
            let at = match fault {
                AccountFault::Bank(_) => "/own/bank",
                AccountFault::Holder => "/own/holder",
                _ => "/own/number",
            };
            Fault::field(Code::Invalid, at, fault.to_string())
        })?;
    }
    Ok(Details { number, bank, holder })
}

/// Notes that an account was confirmed, as a finance officer: from then on money goes there.
#[utoipa::path(post, path = "/api/persons/{id}/account/confirmation", tag = "payments", request_body = Confirmed,
    params(("id" = Uuid, Path, description = "The person."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = PayeeAccount), super::Faults))]
pub(crate) async fn confirm(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let person = PersonId(super::id(&id)?);
    let body = Body::<Confirmed>::read(request, &state).await?.about(person);
    let once = Once::new(&headers, &call, "payee-confirmation", &body.hash)?;
    officer(&call)?;
    let mut tx = state.db.read().await?;
    let _allowed = call.permit(&state, &mut tx, Action::ChangeAccount, [person], "account").await?;
    drop(tx);
    let (desk, account) = (pay_desk(&state), PayAccountId(body.it.account));
    transact!(state.db, Fault, |tx| {
        if let Some(again) = once.begin(tx, desk.now).await? {
            return Ok(again);
        }
        let by = Some(call.who.account);
        account::verify(tx, &desk, person, account, &body.it.how.0, by).await.map_err(refused)?;
        once.end(tx, StatusCode::OK, &PayeeAccount { account: account.0 }).await
    })
}

fn refused(fault: account::Fault) -> Fault {
    use account::Fault as F;
    let words = fault.to_string();
    match fault {
        F::Store(why) => why.into(),
        F::Keys(why) => StoreError::Driver(why.to_string()).into(),
        F::NoAccount => Fault::new(Code::NotFound),
        F::Ended => Fault::told(Code::Conflict, words),
        F::Senseless { what: "bank", .. } => Fault::field(Code::Invalid, "/own/bank", words),
        F::Senseless { what: "holder", .. } => Fault::field(Code::Invalid, "/own/holder", words),
        F::Senseless { .. } => Fault::field(Code::Invalid, "/own/number", words),
        F::Circle(_) => Fault::field(Code::Invalid, "/guardian/to", words),
        F::NoLaw => Fault::field(Code::Invalid, "/guardian/reason", words),
    }
}
