//! Stages of the process, each alone, for a ministry's own machine: application and investigation here, determination,
//! decision and payment beside. A ministry uses those it wants and brings the others itself. It touches only programmes it
//! is responsible for or decides on.

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use casework::application::{self, Chosen, Content, Setting, apply, draft};
use casework::case::{Channel, TaskKind, TaskStatus, reserve, view};
use casework::investigate::alone;
use casework::investigate::answer::Contradiction;
use casework::model::Subject;
use catalogue::Pack;
use catalogue::model::Programme;
use guard::{Action, Allowed};
use kernel::{CaseId, PersonId, RequestId};
use serde::{Deserialize, Serialize};
use store::{Tx, transact};
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::{Body, Short};
use super::call::{Call, Once};
use super::offers::{self, GivenWire};
use super::problem::{Code, Fault};
use super::wire::{self, SubjectWire, day, moment};
use crate::state::AppState;

/// A programme of the caller's own: it is responsible for it, or decides on it.
pub(super) fn own<'p>(call: &Call, pack: &'p Pack, programme: &str, at: &str) -> Result<&'p Programme, Fault> {
    let known = pack.programmes().get(programme);
    let known = known.ok_or_else(|| Fault::field(Code::Invalid, at, "is no programme of the pack in force"))?;
    let mine = &call.who.organisation;
    if !mine.is_empty() && (known.agency == *mine || known.decided_by == *mine) {
        return Ok(known);
    }
    Err(Fault::field(Code::Forbidden, at, "is a programme of another agency"))
}

/// The guard's decision on using a stage for these people, each named with its place in the body; all must be registered.
pub(super) async fn permit(
    state: &AppState,
    call: &Call,
    tx: &mut Tx,
    persons: &[(PersonId, String)],
    items: &str,
) -> Result<Allowed, Fault> {
    let mut ids: Vec<PersonId> = persons.iter().map(|(p, _)| *p).collect();
    ids.sort_unstable();
    ids.dedup();
    for id in &ids {
        if registry::newborn::known(tx, *id).await?.is_none() {
            let at = persons.iter().find(|(p, _)| p == id).map_or("", |(_, at)| at.as_str());
            return Err(Fault::field(Code::Invalid, at, "is no registered person"));
        }
    }
    let about = call.about(state, tx, ids).await?;
    let resource = guard::Resource::people(about).showing([items]);
    Ok(state.guard.permit(&call.who, Action::RunStage, &resource, &call.purpose).await?)
}

/// A case of the caller's own programme, with the person the guard is asked about.
pub(super) async fn own_case(
    call: &Call,
    tx: &mut Tx,
    pack: &Pack,
    id: CaseId,
) -> Result<(casework::case::Case, PersonId), Fault> {
    let case = view::bare(tx, id).await?.ok_or_else(|| Fault::new(Code::NotFound))?;
    own(call, pack, &case.programme, "/case").map_err(|_| Fault::new(Code::NotFound))?;
    let person = casework::decide::official::of(&case);
    Ok((case, person))
}

/// One programme applied for.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WantedWire {
    /// The programme: one of the caller's own.
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    programme: Short<100>,
    /// Whose entitlement it would be.
    subject: SubjectWire,
}

/// An application taken by a ministry.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApplicationWire {
    /// Who applies.
    applicant: Uuid,
    /// What for.
    #[schema(min_items = 1, max_items = 64)]
    programmes: Vec<WantedWire>,
    /// What the applicant answered; only what is asked for these programmes is taken.
    #[serde(default)]
    #[schema(max_items = 100)]
    answers: Vec<GivenWire>,
    /// Whether the ministry's own machine decides these cases: then nothing is decided here, by machine or official, until its
    /// result comes. Holds for the cases this call opens, and cannot be unsaid.
    #[serde(default)]
    own_decision: bool,
}

/// One programme with its case.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AppliedItem {
    /// The programme.
    programme: String,
    /// Whose entitlement.
    subject: SubjectWire,
    /// The case.
    case: Uuid,
    /// Whether the same had been applied for before and still runs.
    existing: bool,
    /// The last day of the claim window, when it had passed: taken all the same.
    #[schema(format = Date)]
    late: Option<String>,
}

/// Something only the person can give.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StillMissing {
    /// Whom it is about.
    subject: SubjectWire,
    /// The item.
    item: String,
    /// The programmes that need it.
    programmes: Vec<String>,
    /// Until when it should be there.
    #[schema(format = Date)]
    by: String,
}

/// What came of applying.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AppliedWire {
    /// The application; null when everything had been applied for before.
    application: Option<Uuid>,
    /// Every programme with its case.
    cases: Vec<AppliedItem>,
    /// What only the person can still give.
    missing: Vec<StillMissing>,
    /// Consents that are needed and do not stand, by purpose.
    consents: Vec<String>,
}

/// The stage of application alone: one application, a case for each programme. The cases are recorded as come by machine.
#[utoipa::path(post, path = "/api/stages/application", tag = "stages", request_body = ApplicationWire,
    params(("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 201, body = AppliedWire), (status = 200, description = "Applied for before.", body = AppliedWire), super::Faults))]
pub(crate) async fn application(
    State(state): State<AppState>,
    call: Call,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let body = Body::<ApplicationWire>::read(request, &state).await?;
    let once = Once::new(&headers, &call, "stage-application", &body.hash)?;
    let viewer = call.viewer(&state);
    let applicant = PersonId(body.it.applicant);
    let mut persons = vec![(applicant, "/applicant".to_owned())];
    let mut chosen = Vec::new();
    for (n, wanted) in body.it.programmes.iter().enumerate() {
        own(&call, &viewer.pack, &wanted.programme.0, &format!("/programmes/{n}/programme"))?;
        let at = format!("/programmes/{n}/subject");
        let subject = wanted.subject.subject(&at)?;
        persons.extend(subject.person().map(|p| (p, format!("{at}/person"))));
        chosen.push(Chosen { programme: wanted.programme.0.clone(), subject, offer: None });
    }
    let answers = offers::given(&viewer.pack, &body.it.answers, "/answers")?;
    let content = Content { chosen, answers, ..Content::default() };
    let begin = draft::Begin { person: applicant, channel: Channel::Api, content };
    let setting = Setting { adult_age: state.config.adult_age, connected: &CONNECTED };
    transact!(state.db, Fault, |tx| {
        match once.begin(tx, viewer.now).await? {
            Some(again) => Ok(again),
            None => {
                let allowed = permit(&state, &call, tx, &persons, "application").await?;
                let allowed = std::slice::from_ref(&allowed);
                let desk = viewer.desk();
                let draft = draft::begin(tx, &desk, &call.who, allowed, setting, begin.clone()).await;
                let draft = draft.map_err(draft_fault)?;
                let input = apply::Input { draft: draft.id, revision: draft.revision };
                let done = application::send(tx, &desk, &call.who, allowed, setting, input).await;
                let done = done.map_err(apply_fault)?;
                for item in done.items.iter().filter(|i| body.it.own_decision && !i.existing) {
                    for one in allowed {
                        reserve::run(tx, &desk, &call.who, one, item.case).await?;
                    }
                }
                let status = if done.application.is_some() { StatusCode::CREATED } else { StatusCode::OK };
                once.end(tx, status, &applied(done)).await
            }
        }
    })
}

/// Every agency that holds an item is asked by machine, so nothing of that is asked of people.
pub(super) static CONNECTED: fn(&str) -> bool = |_| true;

pub(super) fn applied(done: apply::Done) -> AppliedWire {
    let item = |i: apply::Item| AppliedItem {
        programme: i.programme,
        subject: i.subject.into(),
        case: i.case.0,
        existing: i.existing,
        late: day(i.late),
    };
    let missing = |m: apply::Missing| StillMissing {
        subject: m.subject.into(),
        item: m.item,
        programmes: m.programmes,
        by: m.by.to_string(),
    };
    AppliedWire {
        application: done.application.map(|a| a.0),
        cases: done.items.into_iter().map(item).collect(),
        missing: done.missing.into_iter().map(missing).collect(),
        consents: done.consents.into_iter().map(|c| c.purpose).collect(),
    }
}

pub(super) fn draft_fault(error: draft::Fault) -> Fault {
    use draft::Fault as D;
    let words = error.to_string();
    match error {
        D::Store(inner) => inner.into(),
        D::NoDraft => Fault::new(Code::NotFound),
        D::NoPerson | D::Dead | D::NoHousehold => Fault::field(Code::Invalid, "/applicant", words),
        D::NotAllowed | D::NotAllowedFor { .. } => Fault::told(Code::Forbidden, words),
        D::NotAsked { .. } | D::BadAnswer { .. } => Fault::field(Code::Invalid, "/answers", words),
        D::NoProgramme(_) | D::Subject { .. } => Fault::field(Code::Invalid, "/programmes", words),
        D::NoConsent(_) => Fault::field(Code::Invalid, "/consents", words),
        D::Channel(_) | D::BadDay(_) | D::Size(_) => Fault::field(Code::Invalid, "", words),
        D::Changed { .. } => Fault::told(Code::Changed, words),
        _ => Fault::told(Code::Conflict, words),
    }
}

pub(super) fn apply_fault(error: apply::Fault) -> Fault {
    use apply::Fault as A;
    let words = error.to_string();
    match error {
        A::Store(inner) => inner.into(),
        A::Draft(inner) => draft_fault(inner),
        A::Nothing => Fault::field(Code::Invalid, "/programmes", words),
        A::SubjectDead { .. } | A::NotYet { .. } => Fault::told(Code::Conflict, words),
        A::Registry(_) => Fault::field(Code::Invalid, "/answers", words),
        A::NoReason | A::Consent(_) | A::Case(_) => Fault::told(Code::Conflict, words),
    }
}

/// One fact of one subject.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ItemOf {
    /// Whom it is about.
    pub(super) subject: SubjectWire,
    /// The item.
    #[schema(min_length = 1, max_length = 100)]
    pub(super) item: String,
}

impl ItemOf {
    pub(super) fn of((subject, item): &(Subject, String)) -> ItemOf {
        ItemOf { subject: (*subject).into(), item: item.clone() }
    }
}

/// Facts to be asked of the agencies that hold them.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct InvestigationWire {
    /// The programme they are needed for: one of the caller's own.
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    programme: Short<100>,
    /// The person the ministry's own case is about; exactly one of this and `case`.
    #[serde(default)]
    person: Option<Uuid>,
    /// A case of ours that goes on when the answers are there.
    #[serde(default)]
    case: Option<Uuid>,
    /// What is wanted of the person, the household or its members.
    #[schema(min_items = 1, max_items = 100)]
    items: Vec<ItemOf>,
    /// The law that allows the question; the agency asked is told.
    #[schema(value_type = String, min_length = 3, max_length = 300)]
    law: Short<300>,
}

/// One question, to one agency.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct QuestionWire {
    /// Its id.
    request: Uuid,
    /// The agency.
    agency: String,
    /// What it is asked.
    items: Vec<ItemOf>,
}

/// Questions that were put.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct QuestionsWire {
    /// One an agency.
    questions: Vec<QuestionWire>,
}

/// The stage of investigation alone: one question to each agency that holds something wanted.
#[utoipa::path(post, path = "/api/stages/investigation", tag = "stages", request_body = InvestigationWire,
    params(("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 201, body = QuestionsWire), super::Faults))]
pub(crate) async fn investigation(
    State(state): State<AppState>,
    call: Call,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let body = Body::<InvestigationWire>::read(request, &state).await?;
    let once = Once::new(&headers, &call, "stage-investigation", &body.hash)?;
    let viewer = call.viewer(&state);
    let it = body.it;
    own(&call, &viewer.pack, &it.programme.0, "/programme")?;
    let mut items = Vec::new();
    let mut persons = Vec::new();
    for (n, item) in it.items.iter().enumerate() {
        let subject = item.subject.subject(&format!("/items/{n}/subject"))?;
        persons.extend(subject.person().map(|p| (p, format!("/items/{n}/subject/person"))));
        items.push((subject, item.item.clone()));
    }
    transact!(state.db, Fault, |tx| {
        match once.begin(tx, viewer.now).await? {
            Some(again) => Ok(again),
            None => {
                let desk = viewer.desk();
                let (person, household, case) = match (it.person, it.case) {
                    (Some(person), None) => {
                        let person = PersonId(person);
                        let none = || Fault::field(Code::Invalid, "/person", "belongs to no household");
                        let home = casework::household::household_of(tx, &desk, person).await?;
                        (person, home.ok_or_else(none)?, None)
                    }
                    (None, Some(case)) => {
                        let (case, _) = own_case(&call, tx, &viewer.pack, CaseId(case)).await?;
                        if case.programme != it.programme.0 {
                            return Err(Fault::field(Code::Invalid, "/programme", "is not the programme of the case"));
                        }
                        (case.applicant, case.household, Some(case.id))
                    }
                    _ => return Err(Fault::field(Code::Invalid, "", "expected exactly one of person and case")),
                };
                let mut persons = persons.clone();
                persons.push((person, "/person".to_owned()));
                let allowed = permit(&state, &call, tx, &persons, "investigation").await?;
                let ask = alone::Ask {
                    programme: it.programme.0.clone(),
                    person,
                    household,
                    case,
                    items: items.clone(),
                    law: it.law.0.clone(),
                };
                let asked = alone::ask(tx, &desk, &call.who, &allowed, &ask).await.map_err(ask_fault)?;
                let question = |a: alone::Asked| QuestionWire {
                    request: a.request.0,
                    agency: a.agency,
                    items: a.items.iter().map(ItemOf::of).collect(),
                };
                let wire = QuestionsWire { questions: asked.into_iter().map(question).collect() };
                once.end(tx, StatusCode::CREATED, &wire).await
            }
        }
    })
}

fn ask_fault(error: alone::Fault) -> Fault {
    use alone::Fault as A;
    let words = error.to_string();
    match error {
        A::Store(inner) => inner.into(),
        A::NotAllowed => Fault::told(Code::Forbidden, words),
        A::Nothing => Fault::new(Code::NotFound),
        A::NoLaw => Fault::field(Code::Invalid, "/law", words),
        A::OtherHousehold | A::Count | A::NoAgency(_) => Fault::field(Code::Invalid, "/items", words),
    }
}

/// A fact an agency stated.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SaidWire {
    /// Whom it is about.
    subject: SubjectWire,
    /// The item.
    item: String,
    /// The value.
    #[schema(value_type = wire::Scalar)]
    value: serde_json::Value,
    /// First day it holds; null: the day of the answer.
    #[schema(format = Date)]
    from: Option<String>,
    /// First day it no longer holds.
    #[schema(format = Date)]
    until: Option<String>,
}

/// How a question stands.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AnsweredWire {
    /// Its id.
    request: Uuid,
    /// The agency.
    agency: String,
    /// `waiting`, `pending`, `answered`, `timed_out`, `refused` or `cancelled`; the last four are final.
    status: String,
    /// What was asked.
    items: Vec<ItemOf>,
    /// When.
    #[schema(format = DateTime)]
    asked_at: String,
    /// Until when an answer is waited for.
    #[schema(format = DateTime)]
    reply_by: String,
    /// When it ended.
    #[schema(format = DateTime)]
    ended_at: Option<String>,
    /// Why it ended without an answer, or why the last attempt failed.
    problem: Option<String>,
    /// What the agency said.
    facts: Vec<SaidWire>,
    /// What it does not hold.
    unknown: Vec<ItemOf>,
    /// Where another source says otherwise than the agency: nothing of it was recorded.
    contradictions: Vec<ContradictionWire>,
}

/// Two sources that say different things.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContradictionWire {
    /// Whom it is about.
    subject: SubjectWire,
    /// The item.
    item: String,
    /// What is held.
    #[schema(value_type = wire::Scalar)]
    held: serde_json::Value,
    /// Who says that.
    source: String,
    /// Since when that is true.
    #[schema(format = Date)]
    since: Option<String>,
    /// What the agency says.
    #[schema(value_type = wire::Scalar)]
    said: serde_json::Value,
    /// The agency.
    agency: String,
}

fn contradiction(c: &Contradiction) -> ContradictionWire {
    ContradictionWire {
        subject: c.subject.into(),
        item: c.item.clone(),
        held: wire::scalar(&c.held.value),
        source: c.held.source.clone(),
        since: day(c.held.valid_from),
        said: wire::scalar(&c.said.value),
        agency: c.agency.clone(),
    }
}

/// How a question of the caller's own stands, with the answer.
#[utoipa::path(get, path = "/api/stages/investigation/{request}", tag = "stages",
    params(("request" = Uuid, Path, description = "The question.")),
    responses((status = 200, body = AnsweredWire), super::Faults))]
pub(crate) async fn answered(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
) -> Result<axum::Json<AnsweredWire>, Fault> {
    let id = RequestId(super::id(&id)?);
    let viewer = call.viewer(&state);
    let setting = viewer.setting();
    let mut tx = state.db.read().await?;
    let seen = alone::outcome(&mut tx, &viewer.desk(), &viewer.sight(&setting), id).await?;
    drop(tx);
    let seen = seen.ok_or_else(|| Fault::new(Code::NotFound))?;
    let resource = seen.resource().showing(["answers of agencies"]);
    let it = state.guard.reveal(&call.who, Action::RunStage, &resource, &call.purpose, seen.sealed).await?;
    let r = &it.request;
    let said = |f: &casework::investigate::answer::Said| SaidWire {
        subject: f.subject.into(),
        item: f.item.clone(),
        value: wire::scalar(&f.value),
        from: day(f.from),
        until: day(f.until),
    };
    Ok(axum::Json(AnsweredWire {
        request: r.id.0,
        agency: r.agency.clone(),
        status: r.status.word().to_owned(),
        items: r.items.iter().map(ItemOf::of).collect(),
        asked_at: moment(r.asked_at),
        reply_by: moment(r.reply_by),
        ended_at: r.ended_at.map(moment),
        problem: r.problem.clone(),
        facts: it.facts.iter().map(said).collect(),
        unknown: it.unknown.iter().map(ItemOf::of).collect(),
        contradictions: it.contradictions.iter().map(contradiction).collect(),
    }))
}

/// How a case of the caller's own programme stands with us.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StandsWire {
    /// The case.
    case: Uuid,
    /// The programme.
    programme: String,
    /// `received`, `investigating`, `awaiting_person`, `official`, `approval`, `hearing`, `decided`, `withdrawn` or `void`.
    stage: String,
    /// Whether the decision is kept for the ministry's own machine.
    own_decision: bool,
    /// The last day the law gives for the decision.
    #[schema(format = Date)]
    due_on: Option<String>,
    /// What is still wanted of agencies or the family.
    missing: Vec<ItemOf>,
    /// Where sources say different things, until an official of ours settles it.
    contradictions: Vec<ContradictionWire>,
    /// The decision in force.
    decision: Option<Uuid>,
}

/// How a case of the caller's own programme stands: how far it is, what is missing, what sources say differently.
#[utoipa::path(get, path = "/api/stages/application/{case}", tag = "stages",
    params(("case" = Uuid, Path, description = "The case.")),
    responses((status = 200, body = StandsWire), super::Faults))]
pub(crate) async fn stands(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
) -> Result<axum::Json<StandsWire>, Fault> {
    let id = CaseId(super::id(&id)?);
    let pack = state.packs.current();
    let mut tx = state.db.read().await?;
    let (case, _) = own_case(&call, &mut tx, &pack, id).await?;
    let own_decision = reserve::is(&mut tx, &call.viewer(&state).desk(), &case).await?;
    drop(tx);
    let (open, _) = super::stages_decision::read_case(&state, &call, id, Action::RunStage).await?;
    let waits = open.tasks.iter().filter(|t| t.kind == TaskKind::Contradiction && t.status == TaskStatus::Open);
    let told = waits.filter_map(|t| serde_json::from_value::<Contradiction>(t.detail.clone()).ok());
    Ok(axum::Json(StandsWire {
        case: id.0,
        programme: open.case.programme.clone(),
        stage: open.case.stage.word().to_owned(),
        own_decision,
        due_on: day(open.due_on),
        missing: open.needs.iter().map(|n| ItemOf::of(&(n.subject, n.item.clone()))).collect(),
        contradictions: told.map(|c| contradiction(&c)).collect(),
        decision: open.case.decision.map(|d| d.0),
    }))
}
