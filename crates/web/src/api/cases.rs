//! Cases for people: where an application stands and why, what is still asked, decisions with their notices and files.

use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use casework::application::mandate;
use casework::case::{Case, view};
use casework::decide::object::Objection;
use casework::decide::{DecisionStatus, file};
use casework::investigate::{self, Whom};
use guard::{Action, Allowed, Resource, Role};
use kernel::{CaseId, DecisionId, HouseholdId, PersonId};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::call::Call;
use super::problem::{Code, Fault};
use super::stages::ItemOf;
use super::stages_decision::{DecisionWire, read_case};
use super::stages_determination::DeterminedWire;
use super::wire::{SubjectWire, day, moment};
use crate::state::AppState;

/// The guard's decision on an act in a case about people, officials' open tasks and citizens' mandates counted in.
pub(super) async fn permit(
    state: &AppState,
    call: &Call,
    case: &Case,
    persons: &[PersonId],
    action: Action,
    items: &str,
) -> Result<Allowed, Fault> {
    let viewer = call.viewer(state).concerning(case.household).await?;
    let setting = viewer.setting();
    let mut tx = state.db.read().await?;
    let mut persons = persons.to_vec();
    persons.sort_unstable();
    persons.dedup();
    let sight = viewer.sight(&setting);
    let about = mandate::relations_in(&mut tx, &viewer.desk(), &sight, case, persons.iter().copied()).await?;
    drop(tx);
    // Nobody known: nothing to decide on.
    if about.len() != persons.len() {
        return Err(Fault::new(Code::NotFound));
    }
    let resource = Resource::people(about).showing([items]);
    Ok(state.guard.permit(&call.who, action, &resource, &call.purpose).await?)
}

/// A case without anything personal but ids.
pub(super) async fn bare(state: &AppState, id: CaseId) -> Result<Case, Fault> {
    let mut tx = state.db.read().await?;
    view::bare(&mut tx, id).await?.ok_or_else(|| Fault::new(Code::NotFound))
}

/// The case of a decision.
pub(super) async fn of_decision(state: &AppState, id: DecisionId) -> Result<Case, Fault> {
    let mut tx = state.db.read().await?;
    let case = view::case_of_decision(&mut tx, id).await?.ok_or_else(|| Fault::new(Code::NotFound))?;
    drop(tx);
    bare(state, case).await
}

/// A case in short.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CaseShort {
    /// Its id.
    id: Uuid,
    /// The programme.
    programme: String,
    /// Whose entitlement.
    subject: SubjectWire,
    /// Who applied.
    applicant: Uuid,
    /// The application it came with.
    application: Uuid,
    /// The offer it came from.
    offer: Option<Uuid>,
    /// `online`, `counter`, `post` or `api`.
    channel: String,
    /// The agency that decides.
    agency: String,
    /// `received`, `investigating`, `awaiting_person`, `official`, `approval`, `hearing`, `decided`, `withdrawn` or `void`.
    stage: String,
    /// Counts every change; to be sent back with a decision.
    #[schema(minimum = 1)]
    revision: u32,
    /// The legal day of the application.
    #[schema(format = Date)]
    applied_on: String,
    /// The last day the law gives for the decision, a running pause counted in.
    #[schema(format = Date)]
    due_on: Option<String>,
    /// The decision in force.
    decision: Option<Uuid>,
    /// When it was opened.
    #[schema(format = DateTime)]
    opened_at: String,
    /// When it was last closed.
    #[schema(format = DateTime)]
    closed_at: Option<String>,
}

fn short(case: &Case, today: kernel::Date) -> CaseShort {
    CaseShort {
        id: case.id.0,
        programme: case.programme.clone(),
        subject: case.subject.into(),
        applicant: case.applicant.0,
        application: case.application.0,
        offer: case.offer.map(|o| o.0),
        channel: case.channel.word().to_owned(),
        agency: case.agency.clone(),
        stage: case.stage.word().to_owned(),
        revision: case.revision,
        applied_on: case.applied_on.to_string(),
        due_on: day(case.due_as_of(today)),
        decision: case.decision.map(|d| d.0),
        opened_at: moment(case.opened_at),
        closed_at: case.closed_at.map(moment),
    }
}

/// A question to an agency, as the timeline shows it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RequestShown {
    /// Its id.
    request: Uuid,
    /// The agency.
    agency: String,
    /// `waiting`, `pending`, `answered`, `timed_out`, `refused` or `cancelled`.
    status: String,
    /// When it was asked.
    #[schema(format = DateTime)]
    asked_at: String,
    /// Until when an answer is waited for.
    #[schema(format = DateTime)]
    reply_by: String,
    /// When it ended.
    #[schema(format = DateTime)]
    ended_at: Option<String>,
}

fn request(r: &investigate::Request) -> RequestShown {
    RequestShown {
        request: r.id.0,
        agency: r.agency.clone(),
        status: r.status.word().to_owned(),
        asked_at: moment(r.asked_at),
        reply_by: moment(r.reply_by),
        ended_at: r.ended_at.map(moment),
    }
}

/// A case with what is asked of the family.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CaseLineWire {
    /// The case.
    case: CaseShort,
    /// Questions to agencies.
    requests: Vec<RequestShown>,
    /// What only the family can say.
    asked: Vec<ItemOf>,
}

/// The cases of a household.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CaseList {
    /// The oldest first.
    cases: Vec<CaseLineWire>,
}

/// The cases of a household and its members.
#[utoipa::path(get, path = "/api/households/{id}/cases", tag = "cases",
    params(("id" = Uuid, Path, description = "The household.")),
    responses((status = 200, body = CaseList), super::Faults))]
pub(crate) async fn list(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
) -> Result<axum::Json<CaseList>, Fault> {
    let household = HouseholdId(super::id(&id)?);
    let viewer = call.viewer(&state).concerning(household).await?;
    let setting = viewer.setting();
    let mut tx = state.db.read().await?;
    let seen = view::of_household(&mut tx, &viewer.desk(), &viewer.sight(&setting), household).await?;
    drop(tx);
    let seen = seen.ok_or_else(|| Fault::new(Code::NotFound))?;
    let resource = seen.resource().showing(["cases"]);
    let open = state.guard.reveal(&call.who, Action::ViewCase, &resource, &call.purpose, seen.sealed).await?;
    let line = |l: &view::CaseLine| CaseLineWire {
        case: short(&l.case, viewer.today()),
        requests: l.requests.iter().map(request).collect(),
        asked: l.asked.iter().map(|n| ItemOf::of(&(n.subject, n.item.clone()))).collect(),
    };
    Ok(axum::Json(CaseList { cases: open.iter().map(line).collect() }))
}

/// Something that happened to a case.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HappenedWire {
    /// What: `received`, `asked`, `answered`, `determined`, `prepared`, `decided` …
    kind: String,
    /// In which role somebody did it; null: the machine.
    role: Option<String>,
    /// When.
    #[schema(format = DateTime)]
    at: String,
}

/// A fact that is wanted.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WantedFact {
    /// Whom it is about.
    subject: SubjectWire,
    /// The item.
    item: String,
    /// The agency that holds it; null: only the family can say it.
    agency: Option<String>,
}

/// An objection or a court's order.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ObjectionWire {
    /// Its id.
    id: Uuid,
    /// The decision.
    decision: Uuid,
    /// `objection` or `court_order`.
    kind: String,
    /// 1: to the office that decided; 2: to the office above.
    level: u8,
    /// Why.
    reason: String,
    /// The day it came.
    #[schema(format = Date)]
    received_on: String,
    /// Until when it must be reviewed.
    #[schema(format = Date)]
    due_on: String,
    /// `open`, `granted`, `rejected` or `withdrawn`.
    status: String,
    /// What the review said.
    outcome_reason: Option<String>,
    /// The decision that came of it.
    new_decision: Option<Uuid>,
}

fn objection(o: &Objection) -> ObjectionWire {
    ObjectionWire {
        id: o.id.0,
        decision: o.decision.0,
        kind: o.kind.word().to_owned(),
        level: o.level,
        reason: o.reason.clone(),
        received_on: o.received_on.to_string(),
        due_on: o.due_on.to_string(),
        status: o.status.word().to_owned(),
        outcome_reason: o.outcome_reason.clone(),
        new_decision: o.new_decision.map(|d| d.0),
    }
}

/// A task of an official.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TaskWire {
    /// Its id.
    id: Uuid,
    /// `contradiction`, `gap`, `decide`, `approve`, `hearing`, `objection`, `trouble`, `applicant_died`, `report`,
    /// `order_refused` or `account_holder`.
    kind: String,
    /// `open`, `done` or `cancelled`.
    status: String,
    /// Until when.
    #[schema(format = Date)]
    due_on: Option<String>,
    /// Who has it.
    assigned_to: Option<Uuid>,
}

/// Everything about one case.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CaseWire {
    /// The case.
    case: CaseShort,
    /// What happened, in order.
    steps: Vec<HappenedWire>,
    /// Questions to agencies.
    requests: Vec<RequestShown>,
    /// As it is determined now, or was last.
    determined: Option<DeterminedWire>,
    /// What is wanted now.
    needs: Vec<WantedFact>,
    /// What was decided, the first first; what is only prepared is for officials.
    decisions: Vec<DecisionWire>,
    /// Objections and orders.
    objections: Vec<ObjectionWire>,
    /// Tasks of officials; empty for the family.
    tasks: Vec<TaskWire>,
}

/// One case: steps, questions, reasons, decisions.
#[utoipa::path(get, path = "/api/cases/{id}", tag = "cases",
    params(("id" = Uuid, Path, description = "The case.")),
    responses((status = 200, body = CaseWire), super::Faults))]
pub(crate) async fn one(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
) -> Result<axum::Json<CaseWire>, Fault> {
    let id = CaseId(super::id(&id)?);
    let (open, hidden) = read_case(&state, &call, id, Action::ViewCase).await?;
    let role = call.who.role;
    let step = |s: &casework::case::Step| HappenedWire {
        kind: s.kind.word().to_owned(),
        role: s.role.clone(),
        at: moment(s.at),
    };
    let need = |n: &investigate::Need| WantedFact {
        subject: n.subject.into(),
        item: n.item.clone(),
        agency: match &n.whom {
            Whom::Agency(agency) => Some(agency.clone()),
            Whom::Person => None,
        },
    };
    let task = |t: &casework::case::Task| TaskWire {
        id: t.id.0,
        kind: t.kind.word().to_owned(),
        status: t.status.word().to_owned(),
        due_on: day(t.due_on),
        assigned_to: t.assigned_to.map(|a| a.0),
    };
    let determined = open.now.as_ref().or(open.determinations.last().map(|d| &d.determined));
    let decisions = open.decisions.iter().filter(|d| told(role, d.status));
    let tasks = open.tasks.iter().filter(|_| role.is_staff());
    Ok(axum::Json(CaseWire {
        case: short(&open.case, state.today()),
        steps: open.steps.iter().map(step).collect(),
        requests: open.requests.iter().map(request).collect(),
        determined: determined.map(|d| DeterminedWire::of(d, hidden)),
        needs: open.needs.iter().map(need).collect(),
        decisions: decisions.map(Into::into).collect(),
        objections: open.objections.iter().map(objection).collect(),
        tasks: tasks.map(task).collect(),
    }))
}

/// Whether a decision is for the eyes of this role: what is only prepared is not told yet.
fn told(role: Role, status: DecisionStatus) -> bool {
    role.is_staff() || !matches!(status, DecisionStatus::Proposed | DecisionStatus::Dropped)
}

/// A decision with its notice.
#[utoipa::path(get, path = "/api/decisions/{id}", tag = "cases",
    params(("id" = Uuid, Path, description = "The decision.")),
    responses((status = 200, body = DecisionWire), super::Faults))]
pub(crate) async fn decision(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
) -> Result<axum::Json<DecisionWire>, Fault> {
    let id = DecisionId(super::id(&id)?);
    let case = of_decision(&state, id).await?;
    let (open, _) = read_case(&state, &call, case.id, Action::ViewCase).await?;
    let found = open.decisions.iter().find(|d| d.id == id && told(call.who.role, d.status));
    found.map(Into::into).ok_or_else(|| Fault::new(Code::NotFound)).map(axum::Json)
}

/// The decision file: facts, sources, rules, trace, notice; `hearth replay` works it out again to the same bytes.
#[utoipa::path(get, path = "/api/decisions/{id}/file", tag = "cases",
    params(("id" = Uuid, Path, description = "The decision.")),
    responses((status = 200, body = serde_json::Value), super::Faults))]
pub(crate) async fn decision_file(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
) -> Result<Response, Fault> {
    let id = DecisionId(super::id(&id)?);
    let case = of_decision(&state, id).await?;
    let viewer = call.viewer(&state).concerning(case.household).await?;
    let setting = viewer.setting();
    let mut tx = state.db.read().await?;
    let sealed = file::export(&mut tx, &viewer.desk(), id).await?.ok_or_else(|| Fault::new(Code::NotFound))?;
    let persons: Vec<PersonId> = sealed.persons().to_vec();
    let about = registry::sight::relations(&mut tx, &viewer.sight(&setting), persons).await?;
    let mut about: Vec<_> = about.into_iter().collect();
    viewer.reviews(&case, &mut about);
    drop(tx);
    let mut tier = guard::Tier::Benefits;
    let sealed = sealed.map(|file| {
        tier = super::stages_determination::tier(&viewer.pack, &file.determined);
        file
    });
    // The file is whole or not at all: where an address is hidden from the viewer, so is what follows from it.
    if about.iter().any(|(_, r)| r.protected && !(r.own || r.ward)) {
        return Err(Fault::new(Code::Forbidden));
    }
    let resource = Resource::people(about).at(tier).showing(["decision file"]);
    let open = state.guard.reveal(&call.who, Action::ViewCase, &resource, &call.purpose, sealed).await?;
    let bytes = serde_json::to_vec(&*open).map_err(|_| Fault::new(Code::Internal))?;
    Ok(([(header::CONTENT_TYPE, "application/json")], bytes).into_response())
}
