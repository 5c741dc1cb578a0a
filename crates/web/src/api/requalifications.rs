//! Requalifications for programs: everybody is looked at again, what was found is read group by group, and settled by two.

use std::collections::BTreeMap;

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use casework::requalify::model::{self, Act, Finding, Group, Requalification};
use casework::requalify::order::{self, Ask};
use casework::requalify::{act, back, rows, view};
use guard::{Action, Allowed, Resource};
use kernel::{FindingId, RequalificationActId, RequalificationId};
use serde::{Deserialize, Serialize};
use store::transact;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::body::{Body, Short};
use super::call::{self, Call, Once};
use super::households::{ResultWire, results};
use super::problem::{Code, Fault};
use super::wire::{self, SubjectWire, moment, read_day};
use crate::requalify::handlers::look_action;
use crate::state::AppState;

/// Orders in the list.
const MOST: u32 = 100;
/// Findings a page, at most.
const PAGE: u32 = 100;

/// An order to look at everybody again, and how far it has come.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RequalificationWire {
    /// Its id.
    id: Uuid,
    /// The day of the facts.
    #[schema(format = Date)]
    on: String,
    /// Why.
    reason: String,
    /// The law it rests on.
    law: String,
    /// `asked`, `running`, `found`, `failed`, `rolling_back` or `rolled_back`.
    status: String,
    /// The account that asked.
    asked_by: Uuid,
    /// When.
    #[schema(format = DateTime)]
    asked_at: String,
    /// The account that approved.
    approved_by: Option<Uuid>,
    /// The moment of knowledge of the snapshot.
    #[schema(format = DateTime)]
    as_of: Option<String>,
    /// Content hash of the pack it ran under.
    pack_hash: Option<String>,
    /// SHA-256 over all that the run says: equal when it is run again over the same snapshot.
    run_hash: Option<String>,
    /// Households looked at; null until there are findings.
    households: Option<u64>,
    /// Persons in them.
    persons: Option<u64>,
    /// Findings.
    findings: Option<u64>,
    /// Households set aside because something is wrong with their data.
    aside: Option<u64>,
    /// Why it failed or was taken back.
    ended_why: Option<String>,
}

impl From<&Requalification> for RequalificationWire {
    fn from(r: &Requalification) -> RequalificationWire {
        let s = r.summary.as_ref();
        RequalificationWire {
            id: r.id.0,
            on: r.on.to_string(),
            reason: r.reason.clone(),
            law: r.law.clone(),
            status: r.status.word().to_owned(),
            asked_by: r.asked_by.account.0,
            asked_at: moment(r.asked_at),
            approved_by: r.approved_by.as_ref().map(|w| w.account.0),
            as_of: r.as_of.map(moment),
            pack_hash: r.pack_hash.clone(),
            run_hash: r.run_hash.clone(),
            households: s.map(|s| s.households),
            persons: s.map(|s| s.persons),
            findings: s.map(|s| s.findings),
            aside: s.map(|s| s.aside),
            ended_why: r.ended_why.clone(),
        }
    }
}

/// Orders, the latest first.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RequalificationList {
    /// At most a hundred.
    requalifications: Vec<RequalificationWire>,
}

/// All findings of one cause, as far as the caller's office settles them.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GroupWire {
    /// Its name in the address.
    cause: String,
    /// `no_longer`, `down`, `up`, `unclaimed`, `forbidden`, `dead`, `moved` or `cannot_tell`.
    kind: String,
    /// The programme.
    programme: String,
    /// The condition that decided, `applies` or `amount`.
    condition: Option<String>,
    /// Combination rules that decided.
    rules: Vec<String>,
    /// Facts missing or too old.
    facts: Vec<String>,
    /// The period of both sums: `once`, `month`, `year` or `use`.
    per: Option<String>,
    /// How many.
    count: u64,
    /// How many nobody has done anything about.
    open: u64,
    /// Minor units paid.
    before: i64,
    /// Minor units due.
    after: i64,
}

fn words(text: Option<&String>) -> Vec<String> {
    text.into_iter().flat_map(|t| t.split(' ')).map(str::to_owned).collect()
}

impl From<&Group> for GroupWire {
    fn from(g: &Group) -> GroupWire {
        GroupWire {
            cause: g.cause.clone(),
            kind: g.kind.word().to_owned(),
            programme: g.programme.clone(),
            condition: g.condition.clone(),
            rules: words(g.rules.as_ref()),
            facts: words(g.facts.as_ref()),
            per: g.per.map(|per| wire::per(per).to_owned()),
            count: g.count,
            open: g.open,
            before: g.before,
            after: g.after,
        }
    }
}

/// An act on a group: proposed by one, signed by another.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GroupActWire {
    /// Its id.
    id: Uuid,
    /// The group.
    cause: String,
    /// `proposed`, `signed`, `done` or `dropped`.
    status: String,
    /// How many findings come to which outcome.
    planned: BTreeMap<String, u64>,
    /// The account that proposed it.
    proposed_by: Uuid,
    /// The account that signed it.
    signed_by: Option<Uuid>,
}

fn planned(outcomes: &BTreeMap<model::Outcome, u64>) -> BTreeMap<String, u64> {
    outcomes.iter().map(|(outcome, n)| (outcome.word().to_owned(), *n)).collect()
}

impl From<&Act> for GroupActWire {
    fn from(a: &Act) -> GroupActWire {
        GroupActWire {
            id: a.id.0,
            cause: a.cause.clone(),
            status: a.status.word().to_owned(),
            planned: planned(&a.planned),
            proposed_by: a.proposed.0.0,
            signed_by: a.signed.map(|s| s.0.0),
        }
    }
}

/// A requalification with its groups and what was done about them.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RequalificationFound {
    /// The order.
    requalification: RequalificationWire,
    /// The groups, the largest first.
    groups: Vec<GroupWire>,
    /// The acts, in order.
    acts: Vec<GroupActWire>,
}

/// A finding. Both sums are minor units.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FindingWire {
    /// Its id.
    id: Uuid,
    /// The household.
    household: Uuid,
    /// Whose entitlement.
    subject: SubjectWire,
    /// The programme.
    programme: String,
    /// As of its group.
    kind: String,
    /// What is paid.
    before: Option<i64>,
    /// What is due.
    after: Option<i64>,
    /// The period of both.
    per: Option<String>,
    /// The case from which it is paid.
    case: Option<Uuid>,
    /// `open`, `begun`, `nothing`, `withdrawn` or `stands`.
    status: String,
    /// What followed: `hearing`, `correction`, `offer`, `questions`, `official`, `transfer`, or why nothing did.
    outcome: Option<String>,
}

impl From<&Finding> for FindingWire {
    fn from(f: &Finding) -> FindingWire {
        FindingWire {
            id: f.id.0,
            household: f.household.0,
            subject: f.subject.into(),
            programme: f.programme.clone(),
            kind: f.kind.word().to_owned(),
            before: f.before,
            after: f.after,
            per: f.per.map(|per| wire::per(per).to_owned()),
            case: f.case.map(|c| c.0),
            status: f.status.word().to_owned(),
            outcome: f.outcome.map(|o| o.word().to_owned()),
        }
    }
}

/// A page of a group, with what would follow from settling it today.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GroupPage {
    /// The group.
    group: GroupWire,
    /// The dry run: how many open findings come to which outcome. Empty when nothing can be begun.
    planned: BTreeMap<String, u64>,
    /// Findings the caller may see.
    findings: Vec<FindingWire>,
    /// To be sent as `after` for the next page; null at the end.
    next: Option<Uuid>,
}

/// A finding with what the explaining evaluator says of the facts the run had.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FindingExplained {
    /// The finding.
    finding: FindingWire,
    /// The results of its programme, of everybody in the household; null when the pack changed since, or the family is protected.
    results: Option<Vec<ResultWire>>,
}

/// An order.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRequalification {
    /// The day of the facts.
    #[schema(format = Date)]
    on: String,
    /// Why.
    #[schema(value_type = String, min_length = 3, max_length = 500)]
    reason: Short<500>,
    /// The law it rests on.
    #[schema(value_type = String, min_length = 3, max_length = 300)]
    law: Short<300>,
}

/// What became of a requalification.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RequalificationTouched {
    /// The requalification.
    requalification: Uuid,
    /// Of a proposal: the act that somebody else signs.
    act: Option<Uuid>,
}

/// One thing done to a requalification.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OrderActWire {
    /// `approve` or `roll_back`.
    #[schema(min_length = 1, max_length = 20)]
    act: String,
    /// Why it is taken back.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 500)]
    reason: Option<Short<500>>,
}

/// One thing done about a group.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SettleWire {
    /// `propose`, or of what was proposed: `sign` or `drop`.
    #[schema(min_length = 1, max_length = 20)]
    act: String,
    /// Which proposal is signed or dropped.
    #[serde(default)]
    proposal: Option<Uuid>,
}

/// Which findings.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct FindingsQuery {
    /// From an earlier page.
    #[serde(default)]
    #[param(value_type = Option<Uuid>)]
    after: Option<String>,
    /// How many, 1 to 100.
    #[serde(default)]
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

fn fault(error: order::Fault) -> Fault {
    use order::Fault as R;
    let words = error.to_string();
    match error {
        R::Store(inner) => inner.into(),
        R::Nothing => Fault::new(Code::NotFound),
        R::NotAllowed => Fault::new(Code::Forbidden),
        R::NoGround => Fault::field(Code::Invalid, "/reason", words),
        R::SamePerson | R::NotASigner => Fault::told(Code::Forbidden, words),
        R::WrongStatus(_) | R::NothingOpen => Fault::told(Code::Conflict, words),
    }
}

/// Asks the guard about something that is nobody's; every asking is in the log.
async fn permit(state: &AppState, call: &Call, action: Action, what: &str) -> Result<Allowed, Fault> {
    let resource = Resource::thing("requalification").showing([what]);
    Ok(state.guard.permit(&call.who, action, &resource, &call.purpose).await?)
}

/// Asks whether the caller may see figures.
async fn look(state: &AppState, call: &Call, what: &str) -> Result<(), Fault> {
    permit(state, call, look_action(call.who.role), what).await.map(drop)
}

/// Orders to look at everybody again.
#[utoipa::path(get, path = "/api/requalifications", tag = "requalification",
    responses((status = 200, body = RequalificationList), super::Faults))]
pub(crate) async fn list(State(state): State<AppState>, call: Call) -> Result<axum::Json<RequalificationList>, Fault> {
    look(&state, &call, "orders").await?;
    let mut tx = state.db.read().await?;
    let all = rows::latest(&mut tx, MOST).await?;
    Ok(axum::Json(RequalificationList { requalifications: all.iter().map(Into::into).collect() }))
}

/// Asks to look at everybody again; somebody else approves it.
#[utoipa::path(post, path = "/api/requalifications", tag = "requalification", request_body = NewRequalification,
    params(("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 201, body = RequalificationTouched), super::Faults))]
pub(crate) async fn ask(
    State(state): State<AppState>,
    call: Call,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let body = Body::<NewRequalification>::read(request, &state).await?;
    let once = Once::new(&headers, &call, "requalification", &body.hash)?;
    let on = read_day(&body.it.on, "/on")?;
    let allowed = permit(&state, &call, Action::TakeSnapshot, "ask").await?;
    let viewer = call.viewer(&state);
    let id = RequalificationId::new(&*state.ids, viewer.now);
    let input = Ask { id, on, reason: body.it.reason.0, law: body.it.law.0 };
    transact!(state.db, Fault, |tx| {
        match once.begin(tx, viewer.now).await? {
            Some(again) => Ok(again),
            None => {
                order::ask(tx, &viewer.desk(), &call.who, &allowed, &input).await.map_err(fault)?;
                once.end(tx, StatusCode::CREATED, &RequalificationTouched { requalification: id.0, act: None }).await
            }
        }
    })
}

/// One order with its groups.
#[utoipa::path(get, path = "/api/requalifications/{id}", tag = "requalification",
    params(("id" = Uuid, Path, description = "The requalification.")),
    responses((status = 200, body = RequalificationFound), super::Faults))]
pub(crate) async fn one(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
) -> Result<axum::Json<RequalificationFound>, Fault> {
    let id = RequalificationId(super::id(&id)?);
    look(&state, &call, "groups").await?;
    let viewer = call.viewer(&state);
    let scope = order::scope(&viewer.desk(), &call.who);
    let mut tx = state.db.read().await?;
    let it = rows::one(&mut tx, id).await?.ok_or_else(|| Fault::new(Code::NotFound))?;
    let groups = rows::groups(&mut tx, id, &scope, "").await?;
    let acts = rows::acts(&mut tx, id).await?;
    Ok(axum::Json(RequalificationFound {
        requalification: (&it).into(),
        groups: groups.iter().map(Into::into).collect(),
        acts: acts.iter().filter(|a| scope.covers(&a.agency, &a.jurisdiction)).map(Into::into).collect(),
    }))
}

/// Approves an order, or takes back what a run began.
#[utoipa::path(post, path = "/api/requalifications/{id}/acts", tag = "requalification", request_body = OrderActWire,
    params(("id" = Uuid, Path, description = "The requalification."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = RequalificationTouched), super::Faults))]
pub(crate) async fn act_on(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let id = RequalificationId(super::id(&id)?);
    let body = Body::<OrderActWire>::read(request, &state).await?.about(id);
    let once = Once::new(&headers, &call, "requalification-act", &body.hash)?;
    let reason = match (body.it.act.as_str(), body.it.reason) {
        ("approve", None) => None,
        ("approve", Some(_)) => return Err(Fault::field(Code::Invalid, "/reason", "an approval has none")),
        ("roll_back", reason) => Some(reason.map(|r| r.0).unwrap_or_default()),
        _ => return Err(Fault::field(Code::Invalid, "/act", "expected approve or roll_back")),
    };
    let allowed = permit(&state, &call, Action::TakeSnapshot, "order").await?;
    let viewer = call.viewer(&state);
    transact!(state.db, Fault, |tx| {
        match once.begin(tx, viewer.now).await? {
            Some(again) => Ok(again),
            None => {
                let desk = viewer.desk();
                let done = match &reason {
                    None => order::approve(tx, &desk, &call.who, &allowed, id).await,
                    Some(reason) => back::roll_back(tx, &desk, &call.who, &allowed, id, reason).await,
                };
                done.map_err(fault)?;
                once.end(tx, StatusCode::OK, &RequalificationTouched { requalification: id.0, act: None }).await
            }
        }
    })
}

/// A group: what would follow, and its findings.
#[utoipa::path(get, path = "/api/requalifications/{id}/groups/{cause}", tag = "requalification",
    params(("id" = Uuid, Path, description = "The requalification."), ("cause" = String, Path, description = "The group."), FindingsQuery),
    responses((status = 200, body = GroupPage), super::Faults))]
pub(crate) async fn group(
    State(state): State<AppState>,
    call: Call,
    Path((id, cause)): Path<(String, String)>,
    uri: Uri,
) -> Result<axum::Json<GroupPage>, Fault> {
    let id = RequalificationId(super::id(&id)?);
    let asked: FindingsQuery = super::query(&uri)?;
    let most = asked.limit.unwrap_or(PAGE);
    if !(1..=PAGE).contains(&most) {
        return Err(Fault::field(Code::Invalid, "query:limit", format!("expected 1 to {PAGE}")));
    }
    let after = asked.after.map(|text| Uuid::try_parse(&text)).transpose();
    let after =
        after.map_err(|_| Fault::field(Code::Invalid, "query:after", "expected a UUID"))?.unwrap_or(Uuid::nil());
    // The permission is not handed on: what is told of people the guard is asked about below.
    let _allowed = permit(&state, &call, Action::WorkFindings, "group").await?;
    let viewer = call.viewer(&state);
    let (desk, setting) = (viewer.desk(), viewer.setting());
    let scope = order::scope(&desk, &call.who);
    let mut tx = state.db.read().await?;
    let groups = rows::groups(&mut tx, id, &scope, &cause).await?;
    let found = groups.first().filter(|_| !cause.is_empty()).ok_or_else(|| Fault::new(Code::NotFound))?;
    let plan = act::planned(&mut tx, &desk, &call.who, id, &cause, &scope).await?;
    let within = (FindingId(after), most);
    let seen = view::list(&mut tx, &desk, &viewer.sight(&setting), (id, &cause), &scope, within).await?;
    drop(tx);
    let resource = seen.resource().showing(["findings"]);
    let open = state.guard.reveal(&call.who, Action::ViewCase, &resource, &call.purpose, seen.sealed).await?;
    Ok(axum::Json(GroupPage {
        group: found.into(),
        planned: plan.map(|p| planned(&p.outcomes)).unwrap_or_default(),
        findings: open.lines.iter().map(|line| (&line.finding).into()).collect(),
        next: open.next.map(|f| f.0),
    }))
}

/// Proposes to settle a group, signs what somebody else proposed, or sends it back.
#[utoipa::path(post, path = "/api/requalifications/{id}/groups/{cause}/acts", tag = "requalification", request_body = SettleWire,
    params(("id" = Uuid, Path, description = "The requalification."), ("cause" = String, Path, description = "The group."),
        ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = RequalificationTouched), super::Faults))]
pub(crate) async fn settle(
    State(state): State<AppState>,
    call: Call,
    Path((id, cause)): Path<(String, String)>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let id = RequalificationId(super::id(&id)?);
    let body = Body::<SettleWire>::read(request, &state).await?.about(format!("{id} {cause}"));
    let once = Once::new(&headers, &call, "requalification-settle", &body.hash)?;
    // What is signed: a proposal and yes or no.
    let signs = match (body.it.act.as_str(), body.it.proposal) {
        ("propose", None) => None,
        ("sign", Some(it)) => Some((RequalificationActId(it), true)),
        ("drop", Some(it)) => Some((RequalificationActId(it), false)),
        ("propose", Some(_)) => return Err(Fault::field(Code::Invalid, "/proposal", "a new proposal has no id yet")),
        ("sign" | "drop", None) => {
            return Err(Fault::field(Code::Invalid, "/proposal", "expected the id of a proposal"));
        }
        _ => return Err(Fault::field(Code::Invalid, "/act", "expected propose, sign or drop")),
    };
    let allowed = permit(&state, &call, Action::WorkFindings, "act").await?;
    let viewer = call.viewer(&state);
    transact!(state.db, Fault, |tx| {
        match once.begin(tx, viewer.now).await? {
            Some(again) => Ok(again),
            None => {
                let desk = viewer.desk();
                let of = match signs {
                    None => act::propose(tx, &desk, &call.who, &allowed, id, &cause).await.map_err(fault)?,
                    Some((proposal, agrees)) => {
                        let here =
                            rows::act_of(tx, proposal).await?.filter(|a| a.requalification == id && a.cause == cause);
                        let proposal = here.ok_or_else(|| Fault::new(Code::NotFound))?.id;
                        act::sign(tx, &desk, &call.who, &allowed, proposal, agrees).await.map_err(fault)?;
                        proposal
                    }
                };
                let touched = RequalificationTouched { requalification: id.0, act: Some(of.0) };
                once.end(tx, StatusCode::OK, &touched).await
            }
        }
    })
}

/// One finding, explained.
#[utoipa::path(get, path = "/api/findings/{id}", tag = "requalification",
    params(("id" = Uuid, Path, description = "The finding.")),
    responses((status = 200, body = FindingExplained), super::Faults))]
pub(crate) async fn finding(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<axum::Json<FindingExplained>, Fault> {
    let id = FindingId(super::id(&id)?);
    let _allowed = permit(&state, &call, Action::WorkFindings, "finding").await?;
    let viewer = call.viewer(&state);
    let (desk, setting) = (viewer.desk(), viewer.setting());
    let scope = order::scope(&desk, &call.who);
    let mut tx = state.db.read().await?;
    let seen = view::one(&mut tx, &desk, &viewer.sight(&setting), id, &scope).await?;
    drop(tx);
    let seen = seen.ok_or_else(|| Fault::new(Code::NotFound))?;
    let resource = seen.resource().showing(["finding"]);
    let open = state.guard.reveal(&call.who, Action::ViewCase, &resource, &call.purpose, seen.sealed).await?;
    let lang = call::lang(&headers);
    let of_its = |e: &casework::evaluate::Evaluation| {
        results(&viewer.pack, e, lang).filter(|r| r.is_of(&open.finding.programme)).collect()
    };
    Ok(axum::Json(FindingExplained { finding: (&open.finding).into(), results: open.evaluation.as_ref().map(of_its) }))
}
