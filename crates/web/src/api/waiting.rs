//! Payments that wait – sent back, held, due – and entries of the bank that fit nothing, for programs of finance officers.

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use guard::Action;
use kernel::PersonId;
use payment::bank::{self, ApplyFault};
use payment::hold::{self, Which};
use payment::model::Stand;
use payment::read::{self, Cursor};
use serde::{Deserialize, Serialize};
use store::transact;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::body::{Body, Short};
use super::call::{Call, Once};
use super::payments::pay_desk;
use super::problem::{Code, Fault};
use crate::finance::run_handlers::{cursor, place};
use crate::finance::seen::opened;
use crate::finance::waiting_handlers::payee_of;
use crate::state::AppState;

/// Lines on one page, unless fewer are asked for.
const PAGE: u32 = 100;

/// Which payments.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WaitingQuery {
    /// `returned`, `held` or `due`; left out: `returned`.
    #[serde(default)]
    stand: Option<String>,
    /// From an earlier page.
    #[serde(default)]
    after: Option<String>,
    /// How many, 1 to 100.
    #[serde(default)]
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

/// A payment that waits.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WaitingWire {
    /// Which, as the acts take it.
    payment: String,
    /// The period, as `2026-11`.
    period: String,
    /// Who should get it; null where the caller may not look at them.
    payee: Option<Uuid>,
    /// The programme.
    programme: String,
    /// The agency.
    agency: String,
    /// `cash` or `voucher`.
    form: String,
    /// What is left to pay, in minor units.
    minor: i64,
    /// ISO 4217.
    #[schema(pattern = "^[A-Z]{3}$")]
    currency: String,
    /// The day it was due.
    #[schema(format = Date)]
    due_on: String,
    /// Why it waits: a reason to hold, or the bank's code.
    reason: Option<String>,
    /// How often it came back.
    attempts: u32,
}

/// Payments that wait.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WaitingList {
    /// In order of entitlement and period.
    payments: Vec<WaitingWire>,
    /// To be sent as `after` for the next page; null at the end.
    next: Option<String>,
}

/// What is done with a payment that waits.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WaitingActWire {
    /// `pay_again`: the next run takes it; `let_go`: an official held it, and it is held no more.
    #[schema(min_length = 1, max_length = 20)]
    act: String,
    /// Why; it is written into the history.
    #[schema(value_type = String, min_length = 3, max_length = 500)]
    reason: Short<500>,
}

/// The payment it was.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WaitingTouched {
    /// Which.
    payment: String,
}

/// An entry of the bank that fits nothing. No person is named in it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EntryWire {
    /// The bank's number of the message.
    message: String,
    /// The entry's place in it.
    entry: u32,
    /// The entry's fingerprint.
    digest: String,
    /// What it says.
    kind: String,
    /// The reference as given.
    reference: String,
    /// The amount in minor units.
    minor: Option<i64>,
    /// The currency as given.
    currency: Option<String>,
    /// The bank's reason code.
    reason: Option<String>,
    /// The day it was booked.
    #[schema(format = Date)]
    booked_on: Option<String>,
    /// Why it fits nothing.
    why: Option<String>,
    /// The run it speaks of, if known.
    run: Option<Uuid>,
}

/// Entries that nobody has settled.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EntryList {
    /// At most 100: settled ones make room for the next.
    entries: Vec<EntryWire>,
}

/// How an entry was settled.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EntrySettled {
    /// The bank's number of the message.
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    message: Short<200>,
    /// The entry's place in it.
    #[schema(minimum = 0)]
    entry: u32,
    /// The entry's fingerprint.
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    digest: Short<200>,
    /// How it was settled.
    #[schema(value_type = String, min_length = 3, max_length = 1_000)]
    resolution: Short<1_000>,
}

/// That it is settled.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EntryDone {
    /// The bank's number of the message.
    message: String,
    /// The entry's place in it.
    entry: u32,
}

/// Payments that came back from the bank, are held, or wait for a run.
#[utoipa::path(get, path = "/api/payments", tag = "payments", params(WaitingQuery),
    responses((status = 200, body = WaitingList), super::Faults))]
pub(crate) async fn list(
    State(state): State<AppState>,
    call: Call,
    uri: Uri,
) -> Result<axum::Json<WaitingList>, Fault> {
    let asked: WaitingQuery = super::query(&uri)?;
    let most = asked.limit.unwrap_or(PAGE);
    if !(1..=PAGE).contains(&most) {
        return Err(Fault::field(Code::Invalid, "query:limit", format!("expected 1 to {PAGE}")));
    }
    let stand = match asked.stand.as_deref() {
        None | Some("returned") => Stand::Returned,
        Some("held") => Stand::Held,
        Some("due") => Stand::Due,
        Some(_) => return Err(Fault::field(Code::Invalid, "query:stand", "expected returned, held or due")),
    };
    let after = asked.after.as_deref().map_or(Some(Cursor::START), cursor);
    let after =
        after.ok_or_else(|| Fault::field(Code::Invalid, "query:after", "expected what an earlier page gave"))?;
    call.permit_thing(&state, Action::ManageRun, "payments").await?;
    let v = call.viewer(&state);
    let setting = v.setting();
    let mut tx = state.db.read().await?;
    let seen = read::waiting(&mut tx, &v.sight(&setting), stand, after, most).await?;
    drop(tx);
    let payments = opened(&v, "payments", seen, |all, names| {
        all.iter()
            .map(|w| WaitingWire {
                payment: place(w.at),
                period: w.period.clone(),
                payee: names.of(w.payee).map(|_| w.payee.0),
                programme: w.programme.clone(),
                agency: w.agency.clone(),
                form: w.form.word().to_owned(),
                minor: w.minor,
                currency: w.currency.to_string(),
                due_on: w.due_on.to_string(),
                reason: w.reason.clone(),
                attempts: w.attempt,
            })
            .collect::<Vec<_>>()
    })
    .await?;
    let full = u32::try_from(payments.len()).unwrap_or(u32::MAX) >= most;
    let next = payments.last().filter(|_| full).map(|w| w.payment.clone());
    Ok(axum::Json(WaitingList { payments, next }))
}

/// Pays again what came back, or lets go of what an official held.
#[utoipa::path(post, path = "/api/payments/{payment}/acts", tag = "payments", request_body = WaitingActWire,
    params(("payment" = String, Path, description = "The payment, as a list gave it.", max_length = 80), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = WaitingTouched), super::Faults))]
pub(crate) async fn act_on(
    State(state): State<AppState>,
    call: Call,
    Path(payment): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let at = cursor(&payment).ok_or_else(|| Fault::new(Code::NotFound))?;
    let body = Body::<WaitingActWire>::read(request, &state).await?.about(place(at));
    let once = Once::new(&headers, &call, "payment", &body.hash)?;
    let again = match body.it.act.as_str() {
        "pay_again" => true,
        "let_go" => false,
        _ => return Err(Fault::field(Code::Invalid, "/act", "expected pay_again or let_go")),
    };
    call.permit_thing(&state, Action::ManageRun, "payments").await?;
    let v = call.viewer(&state);
    let payee: PersonId = payee_of(&v, at).await?;
    let mut tx = state.db.read().await?;
    let _allowed = call.permit(&state, &mut tx, Action::ManageRun, [payee], "payments").await?;
    drop(tx);
    let which = Which { entitlement: at.entitlement, period: at.period, part: at.part };
    let (desk, reason, by) = (pay_desk(&state), &body.it.reason.0, call.who.account);
    transact!(state.db, Fault, |tx| {
        if let Some(before) = once.begin(tx, v.now).await? {
            return Ok(before);
        }
        let done = match again {
            true => hold::pay_again(tx, &desk, which, reason, by).await,
            false => hold::let_go(tx, &desk, which, reason, by).await,
        };
        done.map_err(|fault| match fault {
            hold::Fault::Store(why) => why.into(),
            hold::Fault::NoInstalment => Fault::new(Code::NotFound),
            hold::Fault::NoReason => Fault::field(Code::Invalid, "/reason", fault.to_string()),
            hold::Fault::Stand { .. } => Fault::told(Code::Conflict, fault.to_string()),
        })?;
        once.end(tx, StatusCode::OK, &WaitingTouched { payment: place(at) }).await
    })
}

/// What the bank said that fits nothing, and nobody has settled.
#[utoipa::path(get, path = "/api/bank-entries", tag = "payments",
    responses((status = 200, body = EntryList), super::Faults))]
pub(crate) async fn entries(State(state): State<AppState>, call: Call) -> Result<axum::Json<EntryList>, Fault> {
    call.permit_thing(&state, Action::ManageRun, "bank_answers").await?;
    let mut tx = state.db.read().await?;
    let found = read::unmatched(&mut tx, None, PAGE).await?;
    let wire = |u: read::Unmatched| EntryWire {
        message: u.message,
        entry: u.entry,
        digest: u.digest,
        kind: u.kind,
        reference: u.reference,
        minor: u.minor,
        currency: u.currency,
        reason: u.reason,
        booked_on: u.booked_on.map(|day| day.to_string()),
        why: u.why,
        run: u.run.map(|run| run.0),
    };
    Ok(axum::Json(EntryList { entries: found.into_iter().map(wire).collect() }))
}

/// Says how an entry that fits nothing was settled.
#[utoipa::path(post, path = "/api/bank-entries/settlement", tag = "payments", request_body = EntrySettled,
    params(("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = EntryDone), super::Faults))]
pub(crate) async fn settle(
    State(state): State<AppState>,
    call: Call,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let body = Body::<EntrySettled>::read(request, &state).await?;
    let once = Once::new(&headers, &call, "bank-entry", &body.hash)?;
    call.permit_thing(&state, Action::ManageRun, "bank_answers").await?;
    let (desk, by, it) = (pay_desk(&state), call.who.account, body.it);
    let now = state.now();
    transact!(state.db, Fault, |tx| {
        if let Some(again) = once.begin(tx, now).await? {
            return Ok(again);
        }
        let key = (it.message.0.as_str(), it.entry, it.digest.0.as_str());
        bank::resolve(tx, &desk, key, &it.resolution.0, by).await.map_err(|fault| match fault {
            ApplyFault::Store(why) => why.into(),
            ApplyFault::NoReason => Fault::field(Code::Invalid, "/resolution", fault.to_string()),
            ApplyFault::NoEntry | ApplyFault::File(_) => Fault::new(Code::NotFound),
        })?;
        once.end(tx, StatusCode::OK, &EntryDone { message: it.message.0.clone(), entry: it.entry }).await
    })
}
