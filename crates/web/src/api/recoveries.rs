//! Recoveries of what was paid too much: listed, repaid, spread over instalments or set off against payments, waived by two.

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use guard::{Action, Resource};
use kernel::RecoveryId;
use payment::read::{self, ActShown};
use payment::recovery::{self, Recovery, RecoveryStatus, Waived, Waiver};
use serde::{Deserialize, Serialize};
use store::transact;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::body::{Body, Short};
use super::call::{Call, Once};
use super::payments::pay_desk;
use super::problem::{Code, Fault};
use super::wire::{moment, read_day};
use crate::state::AppState;

/// Recoveries on one page, unless fewer are asked for.
const PAGE: u32 = 100;

/// Which recoveries.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RecoveriesQuery {
    /// `open` or `closed`; left out: `open`.
    #[serde(default)]
    status: Option<String>,
    /// From an earlier page.
    #[serde(default)]
    after: Option<String>,
    /// How many, 1 to 100.
    #[serde(default)]
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

/// An instalment.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct InstalmentWire {
    /// Due on.
    #[schema(format = Date)]
    on: String,
    /// Minor units.
    #[schema(minimum = 0)]
    minor: i64,
}

/// A recovery as it stands. All sums are minor units.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RecoveryWire {
    /// Its id.
    id: Uuid,
    /// Who owes.
    person: Uuid,
    /// The entitlement.
    entitlement: Uuid,
    /// The programme.
    programme: String,
    /// The agency.
    agency: String,
    /// ISO 4217.
    #[schema(pattern = "^[A-Z]{3}$")]
    currency: String,
    /// Claimed in all.
    claimed: i64,
    /// Came back.
    recovered: i64,
    /// Waived.
    waived: i64,
    /// Still owed.
    owed: i64,
    /// Reserved by runs that are prepared and not released.
    reserved: i64,
    /// `open` or `closed`.
    status: String,
    /// Whether runs keep it back from payments, within the limits of the law.
    by_set_off: bool,
    /// The agreed instalments.
    plan: Vec<InstalmentWire>,
    /// Why.
    reason: String,
    /// The law.
    law: String,
}

impl From<&Recovery> for RecoveryWire {
    fn from(r: &Recovery) -> RecoveryWire {
        RecoveryWire {
            id: r.id.0,
            person: r.person.0,
            entitlement: r.entitlement.0,
            programme: r.programme.clone(),
            agency: r.agency.clone(),
            currency: r.currency.to_string(),
            claimed: r.claimed,
            recovered: r.recovered,
            waived: r.waived,
            owed: r.owed(),
            reserved: r.reserved,
            status: r.status.word().to_owned(),
            by_set_off: r.by_set_off,
            plan: r.plan.iter().map(|p| InstalmentWire { on: p.on.to_string(), minor: p.minor }).collect(),
            reason: r.reason.clone(),
            law: r.law.clone(),
        }
    }
}

/// Recoveries.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RecoveryList {
    /// Those of people the caller may look at; fewer than asked for where others are left out.
    recoveries: Vec<RecoveryWire>,
    /// To be sent as `after` for the next page; null at the end.
    next: Option<Uuid>,
}

/// Something that happened to a recovery.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RecoveryActWire {
    /// Its id; a proposed waiver is granted by it.
    id: Uuid,
    /// `opened`, `taken_back`, `planned`, `repaid`, `set_off`, `waiver_proposed` or `waived`.
    kind: String,
    /// Minor units.
    minor: i64,
    /// Receipt, run or proposal it belongs to.
    reference: String,
    /// Why.
    reason: Option<String>,
    /// The law.
    law: Option<String>,
    /// When.
    #[schema(format = DateTime)]
    at: String,
}

/// A recovery with everything that happened to it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RecoveryHistory {
    /// As it stands.
    recovery: RecoveryWire,
    /// What happened, in order.
    acts: Vec<RecoveryActWire>,
}

fn act(a: &ActShown) -> RecoveryActWire {
    RecoveryActWire {
        id: a.id,
        kind: a.kind.word().to_owned(),
        minor: a.minor,
        reference: a.reference.clone(),
        reason: a.reason.clone(),
        law: a.law.clone(),
        at: moment(a.at),
    }
}

/// Recoveries of one status.
#[utoipa::path(get, path = "/api/recoveries", tag = "payments", params(RecoveriesQuery),
    responses((status = 200, body = RecoveryList), super::Faults))]
pub(crate) async fn list(
    State(state): State<AppState>,
    call: Call,
    uri: Uri,
) -> Result<axum::Json<RecoveryList>, Fault> {
    let asked: RecoveriesQuery = super::query(&uri)?;
    let most = asked.limit.unwrap_or(PAGE);
    if !(1..=PAGE).contains(&most) {
        return Err(Fault::field(Code::Invalid, "query:limit", format!("expected 1 to {PAGE}")));
    }
    let status = asked.status.as_deref().unwrap_or("open").parse::<RecoveryStatus>();
    let status = status.map_err(|_| Fault::field(Code::Invalid, "query:status", "expected open or closed"))?;
    let after = match &asked.after {
        None => Uuid::nil(),
        Some(text) => {
            Uuid::try_parse(text).map_err(|_| Fault::field(Code::Invalid, "query:after", "expected a UUID"))?
        }
    };
    let viewer = call.viewer(&state);
    let setting = viewer.setting();
    let mut tx = state.db.read().await?;
    let seen = read::recoveries(&mut tx, &viewer.sight(&setting), status, RecoveryId(after), most).await?;
    drop(tx);
    Ok(axum::Json(
        crate::finance::seen::opened(&viewer, "recoveries", seen, |all, names| {
            let full = u32::try_from(all.len()).is_ok_and(|n| n == most);
            RecoveryList {
                recoveries: all.iter().filter(|r| names.of(r.person).is_some()).map(Into::into).collect(),
                next: all.last().filter(|_| full).map(|r| r.id.0),
            }
        })
        .await?,
    ))
}

/// One recovery.
#[utoipa::path(get, path = "/api/recoveries/{id}", tag = "payments",
    params(("id" = Uuid, Path, description = "The recovery.")),
    responses((status = 200, body = RecoveryHistory), super::Faults))]
pub(crate) async fn one(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
) -> Result<axum::Json<RecoveryHistory>, Fault> {
    let (it, acts, _) = open(&state, &call, &id).await?;
    Ok(axum::Json(RecoveryHistory { recovery: (&it).into(), acts: acts.iter().map(act).collect() }))
}

/// A recovery opened: the look is in the log before it comes back.
async fn open(state: &AppState, call: &Call, id: &str) -> Result<(Recovery, Vec<ActShown>, Resource), Fault> {
    let id = RecoveryId(super::id(id)?);
    let viewer = call.viewer(state);
    let setting = viewer.setting();
    let mut tx = state.db.read().await?;
    let seen = read::recovery(&mut tx, &viewer.sight(&setting), id).await?;
    drop(tx);
    let seen = seen.ok_or_else(|| Fault::new(Code::NotFound))?;
    let resource = seen.resource().showing(["recovery"]);
    let open = state.guard.reveal(&call.who, Action::ViewPayment, &resource, &call.purpose, seen.sealed).await?;
    let (it, acts) = open.into_inner();
    Ok((it, acts, resource))
}

/// A recovery that the caller may manage.
async fn managed(state: &AppState, call: &Call, id: &str) -> Result<Recovery, Fault> {
    let (it, _, resource) = open(state, call, id).await?;
    let _allowed = state.guard.permit(&call.who, Action::ManageRecovery, &resource, &call.purpose).await?;
    Ok(it)
}

fn fault(error: recovery::Fault) -> Fault {
    use recovery::Fault as R;
    let words = error.to_string();
    match error {
        R::Store(inner) => inner.into(),
        R::NoRecovery => Fault::new(Code::NotFound),
        R::NoAmount(_) => Fault::field(Code::Invalid, "/minor", words),
        R::TooMany { .. } => Fault::field(Code::Invalid, "/parts", words),
        R::NoLaw => Fault::field(Code::Invalid, "/reason", words),
        R::NoProposal => Fault::field(Code::Invalid, "/proposal", words),
        R::SamePerson => Fault::told(Code::Forbidden, words),
        R::TooMuch { .. } | R::OtherAmount(_) => Fault::told(Code::Conflict, words),
    }
}

/// What became of a recovery.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RecoveryTouched {
    /// The recovery.
    recovery: Uuid,
    /// `repaid`, `repeated`, `planned`, `waived` or `proposed`.
    outcome: String,
    /// The proposal that a second person grants.
    proposal: Option<Uuid>,
}

fn touched(id: RecoveryId, outcome: &str, proposal: Option<Uuid>) -> RecoveryTouched {
    RecoveryTouched { recovery: id.0, outcome: outcome.to_owned(), proposal }
}

/// Money that came back.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RepaidWire {
    /// Minor units.
    #[schema(minimum = 1)]
    minor: i64,
    /// The number of the receipt: told twice is once.
    #[schema(value_type = String, min_length = 1, max_length = 60)]
    receipt: Short<60>,
}

/// Books money that came back.
#[utoipa::path(post, path = "/api/recoveries/{id}/repayment", tag = "payments", request_body = RepaidWire,
    params(("id" = Uuid, Path, description = "The recovery."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = RecoveryTouched), super::Faults))]
pub(crate) async fn repaid(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let body = Body::<RepaidWire>::read(request, &state).await?.about(&id);
    let once = Once::new(&headers, &call, "recovery-repayment", &body.hash)?;
    let it = managed(&state, &call, &id).await?;
    let (minor, receipt, by) = (body.it.minor, body.it.receipt.0, Some(call.who.account));
    transact!(state.db, Fault, |tx| {
        match once.begin(tx, state.now()).await? {
            Some(again) => Ok(again),
            None => {
                let first = recovery::repaid(tx, &pay_desk(&state), it.id, minor, &receipt, by).await.map_err(fault)?;
                let outcome = if first { "repaid" } else { "repeated" };
                once.end(tx, StatusCode::OK, &touched(it.id, outcome, None)).await
            }
        }
    })
}

/// Instalments to be agreed.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlanWire {
    /// In how many parts, at most as the programme's process says.
    #[schema(minimum = 1, maximum = 600)]
    parts: u32,
    /// When the first is due; today at the earliest.
    #[schema(format = Date)]
    first: String,
    /// Whether runs keep the parts back from payments.
    by_set_off: bool,
}

/// Spreads a recovery over instalments, to be paid or set off against payments.
#[utoipa::path(post, path = "/api/recoveries/{id}/plan", tag = "payments", request_body = PlanWire,
    params(("id" = Uuid, Path, description = "The recovery."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = RecoveryTouched), super::Faults))]
pub(crate) async fn plan(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let body = Body::<PlanWire>::read(request, &state).await?.about(&id);
    let once = Once::new(&headers, &call, "recovery-plan", &body.hash)?;
    let first = read_day(&body.it.first, "/first")?;
    let year = first.year();
    if first < state.today() || year > state.today().year() + 50 {
        return Err(Fault::field(Code::Invalid, "/first", "expected a day from today on, within fifty years"));
    }
    let it = managed(&state, &call, &id).await?;
    let most = state.packs.current().process(&it.programme).recovery.most_instalments;
    let (parts, limits, by) = (body.it.parts, (most, body.it.by_set_off), call.who.account);
    transact!(state.db, Fault, |tx| {
        match once.begin(tx, state.now()).await? {
            Some(again) => Ok(again),
            None => {
                let plan = recovery::plan(tx, &pay_desk(&state), it.id, parts, first, limits, by).await;
                plan.map_err(fault)?;
                once.end(tx, StatusCode::OK, &touched(it.id, "planned", None)).await
            }
        }
    })
}

/// A waiver.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WaiverWire {
    /// Minor units.
    #[schema(minimum = 1)]
    minor: i64,
    /// Why.
    #[schema(value_type = String, min_length = 3, max_length = 500)]
    reason: Short<500>,
    /// The law it rests on.
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    law: Short<200>,
}

/// Waives part of what is owed; above the sum of the programme it is only proposed, and a second person grants it.
#[utoipa::path(post, path = "/api/recoveries/{id}/waiver", tag = "payments", request_body = WaiverWire,
    params(("id" = Uuid, Path, description = "The recovery."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = RecoveryTouched), super::Faults))]
pub(crate) async fn waive(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let body = Body::<WaiverWire>::read(request, &state).await?.about(&id);
    let once = Once::new(&headers, &call, "recovery-waiver", &body.hash)?;
    let it = managed(&state, &call, &id).await?;
    let alone_up_to = state.packs.current().process(&it.programme).recovery.waive_up_to_minor;
    let WaiverWire { minor, reason, law } = body.it;
    let waiver = Waiver { minor, reason: reason.0, law: law.0, by: call.who.account, alone_up_to };
    transact!(state.db, Fault, |tx| {
        match once.begin(tx, state.now()).await? {
            Some(again) => Ok(again),
            None => {
                let wire = match recovery::waive(tx, &pay_desk(&state), it.id, &waiver).await.map_err(fault)? {
                    Waived::Done => touched(it.id, "waived", None),
                    Waived::NeedsSecond(proposal) => touched(it.id, "proposed", Some(proposal)),
                };
                once.end(tx, StatusCode::OK, &wire).await
            }
        }
    })
}

/// Which proposal is granted.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GrantWire {
    /// The proposal.
    proposal: Uuid,
}

/// Grants a proposed waiver; never by who proposed it.
#[utoipa::path(post, path = "/api/recoveries/{id}/waiver-grant", tag = "payments", request_body = GrantWire,
    params(("id" = Uuid, Path, description = "The recovery."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = RecoveryTouched), super::Faults))]
pub(crate) async fn grant(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let body = Body::<GrantWire>::read(request, &state).await?.about(&id);
    let once = Once::new(&headers, &call, "recovery-grant", &body.hash)?;
    let it = managed(&state, &call, &id).await?;
    let (proposal, by) = (body.it.proposal, call.who.account);
    transact!(state.db, Fault, |tx| {
        match once.begin(tx, state.now()).await? {
            Some(again) => Ok(again),
            None => {
                let done = recovery::grant_waiver(tx, &pay_desk(&state), it.id, proposal, by).await;
                done.map_err(fault)?;
                once.end(tx, StatusCode::OK, &touched(it.id, "waived", Some(proposal))).await
            }
        }
    })
}
