//! Family plans for programs: nurse and supervisor lead a case, the family agrees, an agency that takes part reads its part and reports.

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use guard::{Action, Relation, Resource, Role, Tier};
use kernel::{FamilyActId, FamilyCaseId, PersonId};
use serde::{Deserialize, Serialize};
use store::transact;
use utoipa::ToSchema;
use uuid::Uuid;
use visit::care::act::{self, Act};
use visit::care::case::Case;
use visit::care::plan;
use visit::care::{open as opening, read};

use super::body::{Body, Short};
use super::call::{Call, Once};
use super::problem::{Code, Fault};
use crate::state::AppState;
use crate::viewer::Viewer;
use crate::visits::desk;

/// A case to be opened.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPlanWire {
    /// Why.
    #[schema(value_type = String, min_length = 3, max_length = 2000)]
    why: Short<2000>,
}

/// What became of a case.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlanTouched {
    /// The case.
    case: Uuid,
    /// How many things were done in it.
    acts: u32,
}

/// A goal or an action.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlanItemWire {
    /// Its number in the plan.
    number: u32,
    /// In words.
    words: String,
    /// Of an action: the goal it is for.
    goal: Option<u32>,
    /// Of an action: the agency that does it; null: the family itself.
    agency: Option<String>,
    /// Of an action: until when.
    #[schema(format = Date)]
    due_on: Option<String>,
    /// `done` or `dropped`; null: under way.
    ended: Option<String>,
}

/// A plan, or the part of it that the caller's agency sees.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlanWire {
    /// The case.
    case: Uuid,
    /// The mother's name; for herself null.
    name: Option<String>,
    /// For an agency: what it was asked for; else why the case was opened, for the family null.
    why: Option<String>,
    /// The present step; for an agency, for the family and of a closed case null.
    step: Option<String>,
    /// What it lacks before it can be signed.
    lacks: Vec<String>,
    /// The plan's version, for an agreement; for an agency null.
    version: Option<u32>,
    /// Whether the family agreed to that version.
    agreed: Option<bool>,
    /// Goals.
    goals: Vec<PlanItemWire>,
    /// Actions.
    actions: Vec<PlanItemWire>,
    /// Agencies that take part.
    agencies: Vec<String>,
}

/// Plans.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlanList {
    /// Those in which the caller's agency takes part.
    plans: Vec<PlanWire>,
}

fn goals(all: &[plan::Goal]) -> Vec<PlanItemWire> {
    let one = |g: &plan::Goal| PlanItemWire {
        number: g.number,
        words: g.words.clone(),
        goal: None,
        agency: None,
        due_on: None,
        ended: g.end.as_ref().map(|e| e.how.word().to_owned()),
    };
    all.iter().map(one).collect()
}

fn actions(all: &[plan::Action]) -> Vec<PlanItemWire> {
    let one = |a: &plan::Action| PlanItemWire {
        number: a.number,
        words: a.task.words.clone(),
        goal: Some(a.task.goal),
        agency: a.task.agency.clone(),
        due_on: Some(a.task.due_on.to_string()),
        ended: a.end.as_ref().map(|e| e.how.word().to_owned()),
    };
    all.iter().map(one).collect()
}

impl PlanWire {
    fn of_case(case: &Case) -> PlanWire {
        let plan = &case.plan;
        PlanWire {
            case: case.opening.id.0,
            name: None,
            why: None,
            step: None,
            lacks: Vec::new(),
            version: Some(plan.version),
            agreed: Some(plan.is_agreed()),
            goals: goals(&plan.goals),
            actions: actions(&plan.actions),
            agencies: plan.partners.iter().filter(|p| p.takes_part()).map(|p| p.agency.clone()).collect(),
        }
    }

    fn of_part(it: &read::Shared) -> PlanWire {
        PlanWire {
            case: it.case.0,
            name: Some(it.name.clone()),
            why: Some(it.part.why.clone()),
            step: None,
            lacks: Vec::new(),
            version: None,
            agreed: None,
            goals: goals(&it.part.goals),
            actions: actions(&it.part.actions),
            agencies: Vec::new(),
        }
    }
}

/// What may be shown to the caller, and the guard's resource for it.
struct Found {
    wire: PlanWire,
    resource: Resource,
}

fn resource(about: impl IntoIterator<Item = (PersonId, Relation)>) -> Resource {
    Resource::people(about).at(Tier::Sensitive).showing(["plan"])
}

/// The case as the caller's role sees it; the look is in the log. Nothing where it is not the caller's.
async fn found(viewer: &Viewer<'_>, id: FamilyCaseId) -> Result<Found, Fault> {
    let absent = || Fault::new(Code::NotFound);
    let setting = viewer.setting();
    let sight = viewer.sight(&setting);
    let (guard, who) = (&viewer.state.guard, viewer.who);
    let mut tx = viewer.state.db.read().await?;
    match who.role {
        Role::Nurse | Role::VisitSupervisor => {
            let enrolment = read::enrolment_of(&mut tx, id).await?.ok_or_else(absent)?;
            let seen = read::family(&mut tx, &desk(viewer), &sight, enrolment).await?.ok_or_else(absent)?;
            drop(tx);
            if !seen.about.iter().all(|(_, relation)| relation.open_case) {
                return Err(absent());
            }
            let resource = resource(seen.about.iter().copied());
            let family = guard.reveal(who, Action::ViewPlan, &resource, &viewer.purpose, seen.sealed).await?;
            let case = family.case.as_ref().filter(|case| case.opening.id == id).ok_or_else(absent)?;
            let wire = PlanWire {
                name: Some(family.name.clone()),
                why: Some(case.opening.why.clone()),
                step: case.now().map(|step| step.id.clone()),
                lacks: case.lacks(family.assessed).iter().map(|n| n.word().to_owned()).collect(),
                ..PlanWire::of_case(case)
            };
            Ok(Found { wire, resource })
        }
        Role::Citizen => {
            let me = who.person.ok_or_else(absent)?;
            let me = registry::read::surviving(&mut tx, me).await?;
            let seen = read::own(&mut tx, &sight, me).await?;
            drop(tx);
            let resource = resource(seen.about.iter().copied());
            let case = guard.reveal(who, Action::ViewPlan, &resource, &viewer.purpose, seen.sealed).await?;
            let case = case.as_ref().filter(|case| case.opening.id == id).ok_or_else(absent)?;
            Ok(Found { wire: PlanWire::of_case(case), resource })
        }
        Role::Caseworker | Role::AgencySystem => {
            let seen = read::one_shared(&mut tx, &desk(viewer), &sight, id).await?.ok_or_else(absent)?;
            drop(tx);
            let resource = resource(seen.about.iter().copied());
            let shared = guard.reveal(who, Action::ViewPlan, &resource, &viewer.purpose, seen.sealed).await?;
            Ok(Found { wire: PlanWire::of_part(&shared), resource })
        }
        _ => Err(Fault::new(Code::Forbidden)),
    }
}

/// The plans in which the caller's agency takes part.
#[utoipa::path(get, path = "/api/plans", tag = "plans", responses((status = 200, body = PlanList), super::Faults))]
pub(crate) async fn shared(State(state): State<AppState>, call: Call) -> Result<axum::Json<PlanList>, Fault> {
    if !matches!(call.who.role, Role::Caseworker | Role::AgencySystem) {
        return Err(Fault::new(Code::Forbidden));
    }
    let viewer = call.viewer(&state);
    let setting = viewer.setting();
    let mut tx = state.db.read().await?;
    let seen = read::shared(&mut tx, &desk(&viewer), &viewer.sight(&setting)).await?;
    drop(tx);
    let resource = resource(seen.about.iter().copied());
    let open = state.guard.reveal(&call.who, Action::ViewPlan, &resource, &call.purpose, seen.sealed).await?;
    Ok(axum::Json(PlanList { plans: open.iter().map(PlanWire::of_part).collect() }))
}

/// One plan: whole for those who lead it and for the family, else the caller's part of it.
#[utoipa::path(get, path = "/api/plans/{id}", tag = "plans",
    params(("id" = Uuid, Path, description = "The case.")),
    responses((status = 200, body = PlanWire), super::Faults))]
pub(crate) async fn one(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
) -> Result<axum::Json<PlanWire>, Fault> {
    let viewer = call.viewer(&state);
    let found = found(&viewer, FamilyCaseId(super::id(&id)?)).await?;
    Ok(axum::Json(found.wire))
}

/// Opens a case for a family that is visited.
#[utoipa::path(post, path = "/api/persons/{id}/plan", tag = "plans", request_body = NewPlanWire,
    params(("id" = Uuid, Path, description = "The mother, or whoever stands in her place."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 201, body = PlanTouched), super::Faults))]
pub(crate) async fn begin(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let person = PersonId(super::id(&id)?);
    let body = Body::<NewPlanWire>::read(request, &state).await?.about(person);
    let once = Once::new(&headers, &call, "plan", &body.hash)?;
    let viewer = call.viewer(&state);
    let setting = viewer.setting();
    let mut tx = state.db.read().await?;
    let enrolment = read::running(&mut tx, person).await?.ok_or_else(|| Fault::new(Code::NotFound))?;
    let standing = visit::read::standing(&mut tx, &desk(&viewer), &viewer.sight(&setting), enrolment).await?;
    drop(tx);
    let (_, about) = standing.ok_or_else(|| Fault::new(Code::NotFound))?;
    let allowed = state.guard.permit(&call.who, Action::WorkPlan, &resource(about), &call.purpose).await?;
    let id = FamilyCaseId::new(&*state.ids, viewer.now);
    let input = opening::Input { id, enrolment, why: body.it.why.0, tier: None };
    transact!(state.db, Fault, |tx| {
        match once.begin(tx, viewer.now).await? {
            Some(again) => Ok(again),
            None => {
                let case = opening::run(tx, &desk(&viewer), &call.who, &allowed, &input).await.map_err(not_opened)?;
                once.end(tx, StatusCode::CREATED, &PlanTouched { case: case.0, acts: 0 }).await
            }
        }
    })
}

fn not_opened(error: opening::Fault) -> Fault {
    use opening::Fault as O;
    let words = error.to_string();
    match error {
        O::Store(inner) => inner.into(),
        O::NotAllowed => Fault::told(Code::Forbidden, words),
        O::NoWords => Fault::field(Code::Invalid, "/why", words),
        O::NoEnrolment | O::NoSteps | O::Already(_) | O::OtherCase | O::NoDecision => {
            Fault::told(Code::Conflict, words)
        }
    }
}

/// Somebody at a conference.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ParticipantWire {
    /// The agency; null: somebody of the family.
    #[serde(default)]
    agency: Option<String>,
    /// Name or function.
    #[schema(min_length = 1, max_length = 100)]
    name: String,
}

/// An action that was decided.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TaskWire {
    /// The goal.
    goal: u32,
    /// The agency that does it; null: the family itself.
    #[serde(default)]
    agency: Option<String>,
    /// What is done.
    #[schema(min_length = 3, max_length = 2000)]
    words: String,
    /// Until when.
    #[schema(format = Date)]
    due_on: String,
}

/// One thing done in a case: `act` says what, and which of the other fields it has.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlanActWire {
    /// `ask` (agency, why, agreed), `consent` (agency), `withdraw` (agency), `goal` (voice, words), `action` (goal, agency, words, due_on),
    /// `confer` (on, participants, minutes, decided), `agree` (version), `end` (number, how, words), `correct` (number, words, due_on, why),
    /// `review` (words), `sign` (step, words), `back` (step, why) or `decline` (why).
    #[schema(min_length = 1, max_length = 20)]
    act: String,
    /// An agency of the pack.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    agency: Option<String>,
    /// What for, or why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    /// Whether the family has agreed already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    agreed: Option<bool>,
    /// Whose words: `own`, `partner`, `child` or `relative`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    voice: Option<String>,
    /// In words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    words: Option<String>,
    /// The goal an action is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    goal: Option<u32>,
    /// Until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = Date)]
    due_on: Option<String>,
    /// The day of a conference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = Date)]
    on: Option<String>,
    /// Who took part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    participants: Option<Vec<ParticipantWire>>,
    /// What was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    minutes: Option<String>,
    /// What was decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    decided: Option<Vec<TaskWire>>,
    /// The version that was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    version: Option<u32>,
    /// The number of a goal, an action or a conference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    number: Option<u32>,
    /// `done` or `dropped`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    how: Option<String>,
    /// A step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    step: Option<String>,
}

impl PlanActWire {
    /// The act, if the fields are those it has.
    fn act(&self) -> Result<Act, Fault> {
        let value = serde_json::to_value(self).map_err(|_| Fault::new(Code::Internal))?;
        let told = |e: serde_json::Error| e.to_string().chars().take(300).collect::<String>();
        serde_json::from_value(value).map_err(|e| Fault::field(Code::Invalid, "/act", told(e)))
    }
}

/// Does one thing in a case, as far as the caller's role may.
#[utoipa::path(post, path = "/api/plans/{id}/acts", tag = "plans", request_body = PlanActWire,
    params(("id" = Uuid, Path, description = "The case."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = PlanTouched), super::Faults))]
pub(crate) async fn act(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let body = Body::<PlanActWire>::read(request, &state).await?.about(&id);
    let once = Once::new(&headers, &call, "plan-act", &body.hash)?;
    let id = FamilyCaseId(super::id(&id)?);
    let act = body.it.act()?;
    let viewer = call.viewer(&state);
    let found = found(&viewer, id).await?;
    let action = match call.who.role {
        Role::Citizen => Action::AgreePlan,
        Role::Nurse | Role::VisitSupervisor => Action::WorkPlan,
        _ => Action::AnswerPlan,
    };
    let allowed = state.guard.permit(&call.who, action, &found.resource, &call.purpose).await?;
    let name = FamilyActId::new(&*state.ids, viewer.now);
    transact!(state.db, Fault, |tx| {
        match once.begin(tx, viewer.now).await? {
            Some(again) => Ok(again),
            None => {
                let done = act::run(tx, &desk(&viewer), &call.who, &allowed, id, (name, &act)).await;
                let acts = done.map_err(not_done)?.case.acts.len();
                let touched = PlanTouched { case: id.0, acts: u32::try_from(acts).unwrap_or(u32::MAX) };
                once.end(tx, StatusCode::OK, &touched).await
            }
        }
    })
}

fn not_done(error: act::Fault) -> Fault {
    use visit::care::case::Fault as R;
    let words = error.to_string();
    match error {
        act::Fault::Store(inner) => inner.into(),
        act::Fault::Nothing => Fault::new(Code::NotFound),
        act::Fault::NotAllowed | act::Fault::Rule(R::OtherSide(_) | R::OtherSigns { .. }) => {
            Fault::told(Code::Forbidden, words)
        }
        act::Fault::NoAgency(_) | act::Fault::Discreet(_) => Fault::field(Code::Invalid, "/agency", words),
        act::Fault::Rule(R::NoWords | R::TooLong(_)) => Fault::field(Code::Invalid, "/words", words),
        act::Fault::Rule(R::BadDay(_)) => Fault::field(Code::Invalid, "/due_on", words),
        act::Fault::Rule(R::Nothing(_)) => Fault::field(Code::Invalid, "/number", words),
        act::Fault::OtherContent | act::Fault::Rule(_) => Fault::told(Code::Conflict, words),
    }
}
