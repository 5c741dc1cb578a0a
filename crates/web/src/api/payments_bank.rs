//! What the bank sends back, and the ledger. No person is named here.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use guard::Action;
use payment::bank::{self, ApplyFault, Limits};
use payment::ledger;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::raw;
use super::call::{self, Call};
use super::payments::pay_desk;
use super::problem::{Code, Fault};
use crate::state::AppState;

/// The largest message of a bank; larger ones go in through the command.
pub(super) const LARGEST_MESSAGE: usize = 64 * 1024 * 1024;

/// What became of a message of the bank.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AppliedMessage {
    /// The bank's number.
    message: String,
    /// Which message it was.
    kind: String,
    /// Entries in it.
    entries: u32,
    /// Those that changed something.
    applied: u32,
    /// Those that had been told before.
    repeated: u32,
    /// Those that are kept and change nothing.
    noted: u32,
    /// Those that fit nothing: somebody has to look.
    unmatched: u32,
}

/// Reads what the bank sends back, pain.002.001 or camt.054.001. The same message again changes nothing.
#[utoipa::path(post, path = "/api/bank-messages", tag = "payments",
    request_body(content = String, content_type = "application/xml"),
    params(("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = AppliedMessage), super::Faults))]
pub(crate) async fn bank_message(
    State(state): State<AppState>,
    call: Call,
    headers: HeaderMap,
    request: Request,
) -> Result<axum::Json<AppliedMessage>, Fault> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if kind != "application/xml" && kind != "text/xml" {
        return Err(Fault::field(Code::MediaType, "header:content-type", "expected application/xml"));
    }
    // The message's own number and digest make it one; the key is asked for as with every change.
    call::key(&headers)?;
    call.permit_thing(&state, Action::ManageRun, "bank message").await?;
    let bytes = raw(request, &state).await?;
    let opened = || Ok(std::io::Cursor::new(bytes.clone()));
    let done = bank::apply(&state.db, &pay_desk(&state), Some(call.who.account), Limits::default(), opened).await;
    let done = done.map_err(|e| {
        let words: String = e.to_string().chars().take(300).collect();
        match e {
            ApplyFault::Store(inner) => inner.into(),
            ApplyFault::File(_) => Fault::field(Code::Invalid, "", words),
            ApplyFault::NoEntry | ApplyFault::NoReason => Fault::told(Code::Conflict, words),
        }
    })?;
    Ok(axum::Json(AppliedMessage {
        message: done.message,
        kind: done.kind,
        entries: done.entries,
        applied: done.applied,
        repeated: done.repeated,
        noted: done.noted,
        unmatched: done.unmatched,
    }))
}

/// What an account of the ledger holds for a programme.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BalanceWire {
    /// `appropriation`, `payable`, `clearing`, `paid`, `returned`, `receivable` or `written_off`.
    account: String,
    /// The programme.
    programme: String,
    /// The agency.
    agency: String,
    /// ISO 4217.
    #[schema(pattern = "^[A-Z]{3}$")]
    currency: String,
    /// All debits, in minor units.
    debit: i64,
    /// All credits, in minor units.
    credit: i64,
}

/// The ledger.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LedgerWire {
    /// By account and programme; over all of them debits equal credits.
    balances: Vec<BalanceWire>,
}

/// The balances of the ledger.
#[utoipa::path(get, path = "/api/ledger", tag = "payments", responses((status = 200, body = LedgerWire), super::Faults))]
pub(crate) async fn ledger(State(state): State<AppState>, call: Call) -> Result<axum::Json<LedgerWire>, Fault> {
    call.permit_thing(&state, Action::ManageRun, "ledger").await?;
    let mut tx = state.db.read().await?;
    let one = |b: ledger::Balance| BalanceWire {
        account: b.account.word().to_owned(),
        programme: b.programme,
        agency: b.agency,
        currency: b.currency.to_string(),
        debit: b.debit,
        credit: b.credit,
    };
    Ok(axum::Json(LedgerWire { balances: ledger::balances(&mut tx).await?.into_iter().map(one).collect() }))
}

/// The ledger held against everything it is about.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LedgerCheck {
    /// Everything wrong, one sentence each; empty when all is well.
    faults: Vec<String>,
    /// Entitlements looked at.
    entitlements: u64,
    /// Journals looked at.
    journals: u64,
    /// Minor units sent by files, over all currencies.
    sent: i64,
    /// Confirmed by the bank and not sent back.
    confirmed: i64,
    /// Sent and not answered.
    pending: i64,
}

/// Checks the ledger against instalments, files, confirmations and recoveries. Reads everything: takes its time.
#[utoipa::path(get, path = "/api/ledger/check", tag = "payments", responses((status = 200, body = LedgerCheck), super::Faults))]
pub(crate) async fn ledger_check(State(state): State<AppState>, call: Call) -> Result<axum::Json<LedgerCheck>, Fault> {
    call.permit_thing(&state, Action::ManageRun, "ledger").await?;
    let mut tx = state.db.read().await?;
    let found = ledger::check::check(&mut tx).await?;
    Ok(axum::Json(LedgerCheck {
        faults: found.faults,
        entitlements: found.entitlements,
        journals: found.journals,
        sent: found.sent,
        confirmed: found.confirmed,
        pending: found.pending,
    }))
}
