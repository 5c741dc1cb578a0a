//! Finance: runs from the first look to the bank file. No person is named here but in
//! the bank file, whose making is an entry in the log of its own.

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use guard::Action;
use kernel::{Currency, Date, RunId};
use payment::bank::{self, FileFault};
use payment::run::{self, Older, Run};
use payment::{Calendar, Desk};
use serde::{Deserialize, Serialize};
use store::transact;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::body::{Body, Short};
use super::call::{self, Call, Once};
use super::problem::{Code, Fault};
use super::stages_payment::FormWire;
use super::wire::{moment, read_day};
use crate::state::AppState;

/// Runs on one page, unless fewer are asked for.
const PAGE: u32 = 50;

/// The desk of payments, now.
pub(super) fn pay_desk(state: &AppState) -> Desk<'_> {
    Desk { keys: state.guard.keys(), ids: &*state.ids, now: state.now(), today: state.today() }
}

/// A kind of difference against last month.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DifferenceWire {
    /// `new`, `ended`, `changed`, `held`, `resumed`, `unheld`, `arrears`, `repaid`, `once`, `not_repeated` or `set_off`.
    kind: String,
    /// How many lines.
    lines: u32,
    /// By how much the sum is higher, in minor units; negative: lower.
    minor: i64,
}

/// From last time's sum to this one's: `previous_minor` plus all differences is `minor`.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DifferencesWire {
    /// The sum of the run before; 0 when there is none.
    previous_minor: i64,
    /// Its payments.
    previous_lines: u32,
    /// This sum.
    minor: i64,
    /// Why.
    by: Vec<DifferenceWire>,
}

/// A payment run with its control totals.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RunWire {
    /// Its id.
    id: Uuid,
    /// The day on which the bank pays.
    #[schema(format = Date)]
    pay_date: String,
    /// The agency; null: all.
    agency: Option<String>,
    /// `cash` or `voucher`.
    form: String,
    /// ISO 4217.
    #[schema(pattern = "^[A-Z]{3}$")]
    currency: String,
    /// `preparing`, `prepared`, `signed`, `released`, `settled` or `cancelled`.
    status: String,
    /// Counts changes of its lines; to be sent back with a signature.
    revision: u32,
    /// How many payments go out.
    lines: u32,
    /// Their sum in minor units.
    minor: i64,
    /// What is kept back for recoveries.
    set_off: i64,
    /// How many are held.
    held: u32,
    /// SHA-256 over all payments in order; empty until it is prepared.
    hash: String,
    /// The run it is compared with.
    previous: Option<Uuid>,
    /// Why its sum is another than the previous one's.
    differences: DifferencesWire,
    /// The account that opened it.
    opened_by: Uuid,
    /// The account that signed it.
    signed_by: Option<Uuid>,
    /// The account that released it.
    released_by: Option<Uuid>,
    /// When it was released.
    #[schema(format = DateTime)]
    released_at: Option<String>,
    /// Why it was cancelled.
    cancelled_reason: Option<String>,
    /// What the bank said of the whole file.
    bank_status: Option<String>,
    /// When it was opened.
    #[schema(format = DateTime)]
    opened_at: String,
}

impl From<&Run> for RunWire {
    fn from(r: &Run) -> RunWire {
        let kind =
            |d: &run::Difference| DifferenceWire { kind: d.kind.word().to_owned(), lines: d.lines, minor: d.minor };
        let d = &r.differences;
        RunWire {
            id: r.id.0,
            pay_date: r.pay_date.to_string(),
            agency: r.agency.clone(),
            form: r.form.word().to_owned(),
            currency: r.currency.to_string(),
            status: r.status.word().to_owned(),
            revision: r.revision,
            lines: r.lines,
            minor: r.minor,
            set_off: r.set_off,
            held: r.held,
            hash: r.hash.clone(),
            previous: r.previous.map(|p| p.0),
            differences: DifferencesWire {
                previous_minor: d.previous_minor,
                previous_lines: d.previous_lines,
                minor: d.minor,
                by: d.by.iter().map(kind).collect(),
            },
            opened_by: r.opened_by.0,
            signed_by: r.signed_by.map(|a| a.0),
            released_by: r.released_by.map(|a| a.0),
            released_at: r.released_at.map(moment),
            cancelled_reason: r.cancelled_reason.clone(),
            bank_status: r.bank_status.clone(),
            opened_at: moment(r.opened_at),
        }
    }
}

/// Runs, the latest pay date first.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RunList {
    /// The runs.
    runs: Vec<RunWire>,
    /// To be sent as `before` for the next page; null at the end.
    next: Option<String>,
}

/// Which page of the runs.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RunsQuery {
    /// From an earlier page.
    #[serde(default)]
    before: Option<String>,
    /// How many, 1 to 50.
    #[serde(default)]
    #[param(minimum = 1, maximum = 50)]
    limit: Option<u32>,
}

/// Payment runs.
#[utoipa::path(get, path = "/api/runs", tag = "payments", params(RunsQuery),
    responses((status = 200, body = RunList), super::Faults))]
pub(crate) async fn runs(State(state): State<AppState>, call: Call, uri: Uri) -> Result<axum::Json<RunList>, Fault> {
    let asked: RunsQuery = super::query(&uri)?;
    let most = asked.limit.unwrap_or(PAGE);
    if !(1..=PAGE).contains(&most) {
        return Err(Fault::field(Code::Invalid, "query:limit", format!("expected 1 to {PAGE}")));
    }
    let place = |text: &str| {
        let (day, id) = text.split_once('_')?;
        Some(Older { pay_date: day.parse().ok()?, id: RunId(Uuid::try_parse(id).ok()?) })
    };
    let wrong = || Fault::field(Code::Invalid, "query:before", "expected what an earlier page gave as next");
    let older = asked.before.as_deref().map(|t| place(t).ok_or_else(wrong)).transpose()?.unwrap_or(Older::NEWEST);
    call.permit_thing(&state, Action::ManageRun, "runs").await?;
    let mut tx = state.db.read().await?;
    let runs = run::list(&mut tx, older, most).await?;
    let full = u32::try_from(runs.len()).is_ok_and(|n| n == most);
    let next = runs.last().filter(|_| full).map(|r| format!("{}_{}", r.pay_date, r.id));
    Ok(axum::Json(RunList { runs: runs.iter().map(Into::into).collect(), next }))
}

/// A run to be opened.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRunWire {
    /// The day on which the bank pays: a working day.
    #[schema(format = Date)]
    pay_date: String,
    /// Only what this agency pays; left out: all.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 60)]
    agency: Option<Short<60>>,
    /// `cash` or `voucher`.
    form: FormWire,
}

/// The run that was opened.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RunOpened {
    /// Its id.
    run: Uuid,
}

/// Opens a run; nothing is worked out yet.
#[utoipa::path(post, path = "/api/runs", tag = "payments", request_body = NewRunWire,
    params(("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 201, body = RunOpened), super::Faults))]
pub(crate) async fn open(
    State(state): State<AppState>,
    call: Call,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let body = Body::<NewRunWire>::read(request, &state).await?;
    let once = Once::new(&headers, &call, "run", &body.hash)?;
    let pack = state.packs.current();
    let agency = body.it.agency.map(|a| a.0);
    if agency.as_ref().is_some_and(|a| pack.agencies().get(a).is_none()) {
        return Err(Fault::field(Code::Invalid, "/agency", "is no agency of the pack"));
    }
    let pay_date: Date = read_day(&body.it.pay_date, "/pay_date")?;
    let currency: Currency = pack.currency();
    let input = run::Input { pay_date, agency, form: body.it.form.into(), currency };
    call.permit_thing(&state, Action::ManageRun, "run").await?;
    let calendar = Calendar { holidays: pack.holidays() };
    transact!(state.db, Fault, |tx| {
        match once.begin(tx, state.now()).await? {
            Some(again) => Ok(again),
            None => {
                let opened = run::open(tx, &pay_desk(&state), call.who.account, &calendar, &input).await;
                let id = opened.map_err(run_fault)?;
                once.end(tx, StatusCode::CREATED, &RunOpened { run: id.0 }).await
            }
        }
    })
}

fn run_fault(error: run::Fault) -> Fault {
    use run::Fault as R;
    let words = error.to_string();
    match error {
        R::Store(inner) => inner.into(),
        R::NoRun => Fault::new(Code::NotFound),
        R::DayOff { .. } => Fault::field(Code::Invalid, "/pay_date", words),
        R::NoMoney(_) => Fault::field(Code::Invalid, "/form", words),
        R::NoReason => Fault::field(Code::Invalid, "/reason", words),
        R::Changed { .. } => Fault::told(Code::Changed, words),
        R::SamePerson | R::OwnMoney => Fault::told(Code::Forbidden, words),
        R::Status { .. } | R::Empty | R::Totals | R::Payer(_) => Fault::told(Code::Conflict, words),
    }
}

async fn read(state: &AppState, id: RunId) -> Result<RunWire, Fault> {
    let mut tx = state.db.read().await?;
    let run = run::by_id(&mut tx, id).await?.ok_or_else(|| Fault::new(Code::NotFound))?;
    Ok((&run).into())
}

/// One run.
#[utoipa::path(get, path = "/api/runs/{id}", tag = "payments",
    params(("id" = Uuid, Path, description = "The run.")),
    responses((status = 200, body = RunWire), super::Faults))]
pub(crate) async fn one(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
) -> Result<axum::Json<RunWire>, Fault> {
    let id = RunId(super::id(&id)?);
    call.permit_thing(&state, Action::ManageRun, "run").await?;
    read(&state, id).await.map(axum::Json)
}

/// Works a run out; cut off, the same again goes on. Prepared twice it is prepared once.
#[utoipa::path(post, path = "/api/runs/{id}/prepare", tag = "payments",
    params(("id" = Uuid, Path, description = "The run."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = RunWire), super::Faults))]
pub(crate) async fn prepare(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<axum::Json<RunWire>, Fault> {
    let id = RunId(super::id(&id)?);
    call::key(&headers)?;
    call.permit_thing(&state, Action::ManageRun, "run").await?;
    let pack = state.packs.current();
    let calendar = Calendar { holidays: pack.holidays() };
    let run = run::prepare(&state.db, &pay_desk(&state), &calendar, id).await.map_err(run_fault)?;
    Ok(axum::Json((&run).into()))
}

/// What is signed or released: what was shown.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SignWire {
    /// The revision that was shown.
    revision: u32,
}

/// Why a run is cancelled.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CancelWire {
    /// Why.
    #[schema(value_type = String, min_length = 3, max_length = 1000)]
    reason: Short<1000>,
}

/// The first of two signatures.
#[utoipa::path(post, path = "/api/runs/{id}/signature", tag = "payments", request_body = SignWire,
    params(("id" = Uuid, Path, description = "The run."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = RunOpened), super::Faults))]
pub(crate) async fn sign(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let id = RunId(super::id(&id)?);
    let body = Body::<SignWire>::read(request, &state).await?.about(id);
    let once = Once::new(&headers, &call, "run-signature", &body.hash)?;
    call.permit_thing(&state, Action::ReleaseRun, "run").await?;
    transact!(state.db, Fault, |tx| {
        match once.begin(tx, state.now()).await? {
            Some(again) => Ok(again),
            None => {
                let signed = run::sign(tx, &pay_desk(&state), &call.who, id, body.it.revision).await;
                signed.map_err(run_fault)?;
                once.end(tx, StatusCode::OK, &RunOpened { run: id.0 }).await
            }
        }
    })
}

/// A second person releases a signed run: from now on the money is on its way.
#[utoipa::path(post, path = "/api/runs/{id}/release", tag = "payments", request_body = SignWire,
    params(("id" = Uuid, Path, description = "The run."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = RunOpened), super::Faults))]
pub(crate) async fn release(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let id = RunId(super::id(&id)?);
    let body = Body::<SignWire>::read(request, &state).await?.about(id);
    let once = Once::new(&headers, &call, "run-release", &body.hash)?;
    call.permit_thing(&state, Action::ReleaseRun, "run").await?;
    let payer = state.config.payer.clone();
    let none = "no account to pay from is configured: an operator names it in the configuration";
    let payer = payer.ok_or_else(|| Fault::told(Code::Conflict, none))?;
    transact!(state.db, Fault, |tx| {
        match once.begin(tx, state.now()).await? {
            Some(again) => Ok(again),
            None => {
                let released = run::release(tx, &pay_desk(&state), &call.who, id, body.it.revision, &payer).await;
                released.map_err(run_fault)?;
                once.end(tx, StatusCode::OK, &RunOpened { run: id.0 }).await
            }
        }
    })
}

/// Cancels a run before release: everything waits again as it did before.
#[utoipa::path(post, path = "/api/runs/{id}/cancel", tag = "payments", request_body = CancelWire,
    params(("id" = Uuid, Path, description = "The run."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = RunOpened), super::Faults))]
pub(crate) async fn cancel(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let id = RunId(super::id(&id)?);
    let body = Body::<CancelWire>::read(request, &state).await?.about(id);
    let once = Once::new(&headers, &call, "run-cancel", &body.hash)?;
    call.permit_thing(&state, Action::ManageRun, "run").await?;
    transact!(state.db, Fault, |tx| {
        match once.begin(tx, state.now()).await? {
            Some(again) => Ok(again),
            None => {
                let done = run::cancel(tx, &pay_desk(&state), &call.who, id, &body.it.reason.0).await;
                done.map_err(run_fault)?;
                once.end(tx, StatusCode::OK, &RunOpened { run: id.0 }).await
            }
        }
    })
}

/// The bank file of a released run, pain.001.001.09; the same bytes whenever it is asked for.
#[utoipa::path(get, path = "/api/runs/{id}/file", tag = "payments",
    params(("id" = Uuid, Path, description = "The run.")),
    responses((status = 200, content_type = "application/xml", body = String), super::Faults))]
pub(crate) async fn file(State(state): State<AppState>, call: Call, Path(id): Path<String>) -> Result<Response, Fault> {
    let id = RunId(super::id(&id)?);
    call.permit_thing(&state, Action::ManageRun, "bank file").await?;
    let mut bytes = Vec::new();
    bank::write(&state.db, state.guard.keys(), id, &mut bytes).await.map_err(file_fault)?;
    Ok(([(header::CONTENT_TYPE, "application/xml")], bytes).into_response())
}

fn file_fault(error: FileFault) -> Fault {
    let words = error.to_string();
    match error {
        FileFault::Store(inner) => inner.into(),
        FileFault::NoRun => Fault::new(Code::NotFound),
        FileFault::Status(_) | FileFault::Empty | FileFault::Totals => Fault::told(Code::Conflict, words),
        FileFault::Account(_) | FileFault::Sealed(_) | FileFault::Out(_) => {
            tracing::error!(%words, "a bank file could not be made");
            Fault::new(Code::Internal)
        }
    }
}
