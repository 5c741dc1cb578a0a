//! The work of officials on cases: the worklist, settling what agencies say differently or cannot say, deciding, signing,
//! closing a hearing, reviewing an objection.

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use casework::case::worklist::{self, Filter, Scope};
use casework::case::{Case, TaskKind, view};
use casework::decide::object::{self, Outcome};
use casework::decide::official::{self, Prepared};
use casework::decide::{Override, Put};
use casework::investigate::answer::{Contradiction, value_of};
use casework::investigate::settle::{self, Finding, Follow, How};
use guard::{Action, Allowed};
use kernel::{CaseId, DecisionId, ObjectionId, TaskId};
use serde::{Deserialize, Serialize};
use store::transact;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::body::{Body, Short};
use super::call::{Call, Once};
use super::cases::{bare, of_decision, permit};
use super::cases_acts::{CaseTouched, object_fault};
use super::problem::{Code, Fault};
use super::stages_decision::{PutWire, official_fault, read_case};
use super::stages_determination::{SliceWire, slices};
use super::wire::{self, SubjectWire, day, moment, read_day};
use crate::state::AppState;

/// Lines on one page, at most.
const PAGE: u32 = 100;

/// Which part of the work.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WorkQuery {
    /// `mine` or `office`; left out: `mine`.
    #[serde(default)]
    scope: Option<String>,
    /// Only this kind of task.
    #[serde(default)]
    kind: Option<String>,
    /// Only this programme.
    #[serde(default)]
    programme: Option<String>,
    /// From an earlier page.
    #[serde(default)]
    after: Option<String>,
    /// How many, 1 to 100.
    #[serde(default)]
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
}

/// One line of the worklist.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WorkWire {
    /// The task.
    task: Uuid,
    /// The case.
    case: Uuid,
    /// What to do.
    kind: String,
    /// The programme.
    programme: String,
    /// Whom it is about.
    person: Uuid,
    /// Their name.
    name: String,
    /// Until when.
    #[schema(format = Date)]
    due_on: Option<String>,
    /// Who has it.
    assigned_to: Option<Uuid>,
    /// Since when.
    #[schema(format = DateTime)]
    opened_at: String,
}

/// A page of the worklist, the most urgent first.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WorkList {
    /// The lines; fewer than asked for where some may not be opened by the caller.
    lines: Vec<WorkWire>,
    /// To be sent as `after` for the next page; null at the end.
    next: Option<String>,
}

/// Open tasks of the caller or of the office, by legal deadline.
#[utoipa::path(get, path = "/api/worklist", tag = "work", params(WorkQuery),
    responses((status = 200, body = WorkList), super::Faults))]
pub(crate) async fn list(State(state): State<AppState>, call: Call, uri: Uri) -> Result<axum::Json<WorkList>, Fault> {
    let asked: WorkQuery = super::query(&uri)?;
    let most = asked.limit.unwrap_or(PAGE);
    if !(1..=PAGE).contains(&most) {
        return Err(Fault::field(Code::Invalid, "query:limit", format!("expected 1 to {PAGE}")));
    }
    let scope = match asked.scope.as_deref() {
        None | Some("mine") => Scope::Mine,
        Some("office") => Scope::Office,
        Some(_) => return Err(Fault::field(Code::Invalid, "query:scope", "expected mine or office")),
    };
    let kind = asked.kind.map(|word| word.parse::<TaskKind>()).transpose();
    let kind = kind.map_err(|e| Fault::field(Code::Invalid, "query:kind", e.to_string()))?;
    let filter = Filter { kind, programme: asked.programme.filter(|p| p.chars().count() <= 100) };
    let after = asked.after.unwrap_or_default();
    if after.chars().count() > 100 {
        return Err(Fault::field(Code::Invalid, "query:after", "expected what an earlier page gave as next"));
    }
    let viewer = call.viewer(&state);
    let (setting, desk) = (viewer.setting(), viewer.desk());
    let (agency, _) = worklist::office(&desk, &call.who);
    let mut tx = state.db.read().await?;
    let sight = viewer.sight(&setting);
    let seen = worklist::list(&mut tx, &desk, &sight, &[agency], scope, &filter, &after, most).await?;
    drop(tx);
    let resource = seen.resource().showing(["worklist"]);
    let open = state.guard.reveal(&call.who, Action::ViewCase, &resource, &call.purpose, seen.sealed).await?;
    let line = |l: &worklist::WorkLine| WorkWire {
        task: l.task.id.0,
        case: l.task.case.0,
        kind: l.task.kind.word().to_owned(),
        programme: l.task.programme.clone(),
        person: l.person.0,
        name: l.name.clone(),
        due_on: day(l.task.due_on),
        assigned_to: l.task.assigned_to.map(|a| a.0),
        opened_at: moment(l.task.opened_at),
    };
    Ok(axum::Json(WorkList { lines: open.lines.iter().map(line).collect(), next: open.next.clone() }))
}

/// The guard's decision on an act about a case.
pub(super) async fn act(state: &AppState, call: &Call, case: &Case, action: Action) -> Result<Allowed, Fault> {
    permit(state, call, case, &[official::of(case)], action, "case").await
}

/// Which of two sources is followed.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum FollowWire {
    /// What was held before.
    Held,
    /// What the agency says.
    Agency,
    /// Neither: the office's own finding.
    Finding,
}

/// How an official came to know.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum HowWire {
    /// At the family's home.
    Visit,
    /// A talk at the office or by telephone.
    Interview,
    /// Papers handed in.
    Papers,
    /// A letter or call to the agency.
    Enquiry,
}

/// One finding of an official.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FindingWire {
    /// Whom it is about.
    subject: SubjectWire,
    /// The item.
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    item: Short<100>,
    /// The value found.
    #[schema(value_type = wire::Scalar)]
    value: serde_json::Value,
    /// First day it holds; left out: today.
    #[serde(default)]
    #[schema(format = Date)]
    from: Option<String>,
}

/// What came of a task: for a contradiction which source is followed, for a gap what was found and how, for a look the words
/// alone.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SettlementWire {
    /// How it is known, in a few words.
    #[schema(value_type = String, min_length = 3, max_length = 4000)]
    note: Short<4000>,
    /// For a contradiction: which source is followed.
    #[serde(default)]
    follow: Option<FollowWire>,
    /// With `finding`: the value found.
    #[serde(default)]
    #[schema(value_type = Option<wire::Scalar>)]
    value: Option<serde_json::Value>,
    /// For a gap: what was found.
    #[serde(default)]
    #[schema(max_items = 100)]
    findings: Vec<FindingWire>,
    /// For a gap: how.
    #[serde(default)]
    how: Option<HowWire>,
    /// For the holder of an account: whether the account is that of the one who is paid.
    #[serde(default)]
    theirs: Option<bool>,
}

/// Settles a task of the investigation; the case goes on at once.
#[utoipa::path(post, path = "/api/tasks/{id}/settlement", tag = "work", request_body = SettlementWire,
    params(("id" = Uuid, Path, description = "The task."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = CaseTouched), super::Faults))]
pub(crate) async fn settlement(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let id = TaskId(super::id(&id)?);
    let body = Body::<SettlementWire>::read(request, &state).await?.about(id);
    let once = Once::new(&headers, &call, "settlement", &body.hash)?;
    let mut tx = state.db.read().await?;
    let case = view::case_of_task(&mut tx, id).await?.ok_or_else(|| Fault::new(Code::NotFound))?;
    drop(tx);
    let case = bare(&state, case).await?;
    let allowed = act(&state, &call, &case, Action::WorkCase).await?;
    let (open, _) = read_case(&state, &call, case.id, Action::ViewCase).await?;
    let task = open.tasks.iter().find(|t| t.id == id).ok_or_else(|| Fault::new(Code::NotFound))?;
    let settles = settles(&state, task, &body.it)?;
    let note = body.it.note.0;
    let viewer = call.viewer(&state);
    transact!(state.db, Fault, |tx| {
        match once.begin(tx, viewer.now).await? {
            Some(again) => Ok(again),
            None => {
                let (desk, who) = (viewer.desk(), &call.who);
                let done = match &settles {
                    Settles::Follow(follow) => {
                        let follow = follow.clone();
                        settle::contradiction(tx, &desk, who, &allowed, id, follow, &note).await.map(drop)
                    }
                    Settles::Fill(findings, how) => {
                        settle::gap(tx, &desk, who, &allowed, id, findings, *how, &note).await.map(drop)
                    }
                    Settles::Holder(theirs) => {
                        casework::follow::holder::settle(tx, &desk, who, &allowed, id, *theirs, &note).await
                    }
                    Settles::Looked => worklist::looked(tx, &desk, who, &allowed, id, &note).await,
                };
                done.map_err(settle_fault)?;
                once.end(tx, StatusCode::OK, &CaseTouched { case: case.id.0 }).await
            }
        }
    })
}

/// What is done with the task.
enum Settles {
    Follow(Follow),
    Fill(Vec<Finding>, How),
    Holder(bool),
    Looked,
}

fn settles(state: &AppState, task: &casework::case::Task, it: &SettlementWire) -> Result<Settles, Fault> {
    let pack = state.packs.current();
    match task.kind {
        TaskKind::Contradiction => {
            let follow = it.follow.ok_or_else(|| Fault::field(Code::Invalid, "/follow", "is missing"))?;
            let follow = match follow {
                FollowWire::Held => Follow::Held,
                FollowWire::Agency => Follow::Agency,
                FollowWire::Finding => {
                    let about: Contradiction =
                        serde_json::from_value(task.detail.clone()).map_err(|_| Fault::new(Code::Internal))?;
                    let json = it.value.as_ref().ok_or_else(|| Fault::field(Code::Invalid, "/value", "is missing"))?;
                    let value = value_of(&pack, about.subject, &about.item, json);
                    Follow::Finding(value.map_err(|e| Fault::field(Code::Invalid, "/value", e))?)
                }
            };
            Ok(Settles::Follow(follow))
        }
        TaskKind::Gap => {
            let how = it.how.ok_or_else(|| Fault::field(Code::Invalid, "/how", "is missing"))?;
            let how = match how {
                HowWire::Visit => How::Visit,
                HowWire::Interview => How::Interview,
                HowWire::Papers => How::Papers,
                HowWire::Enquiry => How::Enquiry,
            };
            let one = |(n, f): (usize, &FindingWire)| {
                let at = format!("/findings/{n}");
                let subject = f.subject.subject(&format!("{at}/subject"))?;
                let value = value_of(&pack, subject, &f.item.0, &f.value);
                let value = value.map_err(|e| Fault::field(Code::Invalid, format!("{at}/value"), e))?;
                let from = f.from.as_ref().map(|d| read_day(d, &format!("{at}/from"))).transpose()?;
                Ok(Finding { subject, item: f.item.0.clone(), value, from })
            };
            let findings: Result<Vec<Finding>, Fault> = it.findings.iter().take(100).enumerate().map(one).collect();
            Ok(Settles::Fill(findings?, how))
        }
        TaskKind::AccountHolder => {
            let theirs = it.theirs.ok_or_else(|| Fault::field(Code::Invalid, "/theirs", "is missing"))?;
            Ok(Settles::Holder(theirs))
        }
        _ => Ok(Settles::Looked),
    }
}

fn settle_fault(error: settle::Fault) -> Fault {
    use casework::investigate::answer::Fault as A;
    use settle::Fault as S;
    let words = error.to_string();
    match error {
        S::Store(inner) | S::Answer(A::Store(inner) | A::Fact(registry::fact::FactError::Store(inner))) => inner.into(),
        S::NoTask | S::NoCase => Fault::new(Code::NotFound),
        S::NotAllowed => Fault::told(Code::Forbidden, words),
        S::Done | S::OtherTask | S::Closed => Fault::told(Code::Conflict, words),
        S::NoWords | S::TooLong { .. } => Fault::field(Code::Invalid, "/note", words),
        S::BadValue { .. } | S::Nothing | S::Answer(_) => Fault::field(Code::Invalid, "/findings", words),
    }
}

/// A result against the rules, with its reason.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OverrideWire {
    /// Whether it is granted.
    grant: bool,
    /// The entitlement over time; empty when refused.
    #[serde(default)]
    #[schema(max_items = 120)]
    slices: Vec<SliceWire>,
    /// Why, in words for the family.
    #[schema(value_type = String, min_length = 3, max_length = 4000)]
    reason: Short<4000>,
    /// The law that allows it.
    #[schema(value_type = String, min_length = 3, max_length = 300)]
    law: Short<300>,
}

impl OverrideWire {
    pub(super) fn read(self, at: &str) -> Result<Override, Fault> {
        let slices = slices(&self.slices, &format!("{at}/slices"))?;
        Ok(Override { grant: self.grant, slices, reason: self.reason.0, law: self.law.0 })
    }
}

/// A decision of an official: as the rules say, or with an override.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OfficialWire {
    /// The revision of the case that was shown.
    #[schema(minimum = 1)]
    revision: u32,
    /// Words to the family beside the reasons of the rules.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 4000)]
    words: Option<Short<4000>>,
    /// Another result than that of the rules: always signed by a second person.
    #[serde(default)]
    r#override: Option<OverrideWire>,
}

/// Decides a case, or prepares the decision where a second person must sign or the family is heard first.
#[utoipa::path(post, path = "/api/cases/{id}/decision", tag = "work", request_body = OfficialWire,
    params(("id" = Uuid, Path, description = "The case."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 201, body = PutWire), super::Faults))]
pub(crate) async fn decide(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let id = CaseId(super::id(&id)?);
    let body = Body::<OfficialWire>::read(request, &state).await?.about(id);
    let once = Once::new(&headers, &call, "case-decision", &body.hash)?;
    let overriding = body.it.r#override.map(|o| o.read("/override")).transpose()?;
    let input = Prepared { case: id, revision: body.it.revision, words: body.it.words.map(|w| w.0), overriding };
    let case = bare(&state, id).await?;
    let allowed = act(&state, &call, &case, Action::WorkCase).await?;
    let viewer = call.viewer(&state);
    transact!(state.db, Fault, |tx| {
        match once.begin(tx, viewer.now).await? {
            Some(again) => Ok(again),
            None => {
                let put = official::prepare(tx, &viewer.desk(), &call.who, &allowed, input.clone()).await;
                let wire = PutWire::from(put.map_err(official_fault)?);
                once.end(tx, StatusCode::CREATED, &wire).await
            }
        }
    })
}

/// The second person's word.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApprovalWire {
    /// Whether they sign.
    agrees: bool,
    /// Why not; needed when it is sent back.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 3, max_length = 4000)]
    words: Option<Short<4000>>,
}

/// Signs a prepared decision, or sends it back. Who prepared it cannot.
#[utoipa::path(post, path = "/api/decisions/{id}/approval", tag = "work", request_body = ApprovalWire,
    params(("id" = Uuid, Path, description = "The decision."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = PutWire), super::Faults))]
pub(crate) async fn approve(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let id = DecisionId(super::id(&id)?);
    let body = Body::<ApprovalWire>::read(request, &state).await?.about(id);
    let once = Once::new(&headers, &call, "approval", &body.hash)?;
    let words = body.it.words.map(|w| w.0).unwrap_or_default();
    if !body.it.agrees && words.trim().chars().count() < 3 {
        return Err(Fault::field(Code::Invalid, "/words", "say why it is sent back"));
    }
    let case = of_decision(&state, id).await?;
    let allowed = act(&state, &call, &case, Action::ApproveDecision).await?;
    let viewer = call.viewer(&state);
    transact!(state.db, Fault, |tx| {
        match once.begin(tx, viewer.now).await? {
            Some(again) => Ok(again),
            None => {
                let (desk, agrees) = (viewer.desk(), body.it.agrees);
                let put = official::approve(tx, &desk, &call.who, &allowed, id, agrees, &words).await;
                once.end(tx, StatusCode::OK, &PutWire::from(put.map_err(official_fault)?)).await
            }
        }
    })
}

/// The end of a hearing.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HearingWire {
    /// Whether the decision goes on as planned.
    goes_on: bool,
    /// What the family said and what follows from it.
    #[schema(value_type = String, min_length = 3, max_length = 4000)]
    words: Short<4000>,
}

/// Ends a hearing: the decision goes on, or the case is looked at again.
#[utoipa::path(post, path = "/api/decisions/{id}/hearing", tag = "work", request_body = HearingWire,
    params(("id" = Uuid, Path, description = "The decision."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = PutWire), super::Faults))]
pub(crate) async fn close_hearing(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let id = DecisionId(super::id(&id)?);
    let body = Body::<HearingWire>::read(request, &state).await?.about(id);
    let once = Once::new(&headers, &call, "hearing", &body.hash)?;
    let case = of_decision(&state, id).await?;
    let allowed = act(&state, &call, &case, Action::WorkCase).await?;
    let viewer = call.viewer(&state);
    transact!(state.db, Fault, |tx| {
        match once.begin(tx, viewer.now).await? {
            Some(again) => Ok(again),
            None => {
                let (desk, it) = (viewer.desk(), &body.it);
                let put = official::close_hearing(tx, &desk, &call.who, &allowed, id, it.goes_on, &it.words.0).await;
                once.end(tx, StatusCode::OK, &PutWire::from(put.map_err(official_fault)?)).await
            }
        }
    })
}

/// What a review comes to.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum OutcomeWire {
    /// The decision stands.
    Stands,
    /// It is worked out anew from what is known now.
    Anew,
    /// It is decided otherwise than the rules say.
    Otherwise,
}

/// A review.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReviewWire {
    /// What it comes to.
    outcome: OutcomeWire,
    /// Why, in words for the family.
    #[schema(value_type = String, min_length = 3, max_length = 4000)]
    words: Short<4000>,
    /// With `otherwise`: the result.
    #[serde(default)]
    r#override: Option<OverrideWire>,
}

/// Reviews an objection. Nobody who took part in the decision can.
#[utoipa::path(post, path = "/api/objections/{id}/review", tag = "work", request_body = ReviewWire,
    params(("id" = Uuid, Path, description = "The objection."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = PutWire), super::Faults))]
pub(crate) async fn review(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let id = ObjectionId(super::id(&id)?);
    let body = Body::<ReviewWire>::read(request, &state).await?.about(id);
    let once = Once::new(&headers, &call, "review", &body.hash)?;
    let words = body.it.words.0;
    let outcome = match (body.it.outcome, body.it.r#override) {
        (OutcomeWire::Stands, None) => Outcome::Stands,
        (OutcomeWire::Anew, None) => Outcome::Anew,
        (OutcomeWire::Otherwise, Some(other)) => Outcome::Otherwise(other.read("/override")?),
        _ => return Err(Fault::field(Code::Invalid, "/override", "goes with the outcome otherwise, and only with it")),
    };
    let mut tx = state.db.read().await?;
    let case = view::case_of_objection(&mut tx, id).await?.ok_or_else(|| Fault::new(Code::NotFound))?;
    drop(tx);
    let case = bare(&state, case).await?;
    let allowed = act(&state, &call, &case, Action::ApproveDecision).await?;
    let viewer = call.viewer(&state);
    transact!(state.db, Fault, |tx| {
        match once.begin(tx, viewer.now).await? {
            Some(again) => Ok(again),
            None => {
                let (desk, outcome) = (viewer.desk(), outcome.clone());
                let put = object::review(tx, &desk, &call.who, &allowed, id, outcome, &words).await;
                // The decision stands: it says what holds already.
                let put = put.map_err(object_fault)?.unwrap_or(Put::NoNews);
                once.end(tx, StatusCode::OK, &PutWire::from(put)).await
            }
        }
    })
}
