//! Changes of the rules before they are law, for programs: begun, checked, compared over the population, and published by somebody else.

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use guard::Action;
use kernel::{ComparisonId, ScenarioId};
use population::scenario::{self, By, Comparison, Scenario, compare, edit, publish, read};
use serde::{Deserialize, Serialize};
use store::transact;
use text::Text;
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::{Body, Short};
use super::call::{self, Call, Once};
use super::problem::{Code, Fault, FieldFault};
use super::wire::moment;
use crate::analyst::scenarios::handlers::{base_of, beside, log_comparison, published, take_into_force};
use crate::analyst::scenarios::looked::{self, TOLD};
use crate::request::Session;
use crate::state::AppState;

/// A scenario without its files.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScenarioWire {
    /// Its id.
    id: Uuid,
    /// What its author calls it.
    name: String,
    /// `draft`, `submitted`, `published` or `discarded`.
    stage: String,
    /// Content hash of the pack under it.
    base: String,
    /// The account that began it.
    author: Uuid,
    /// The account that handed it over.
    submitter: Option<Uuid>,
    /// The account that published it, or sent it back.
    approver: Option<Uuid>,
    /// What they said.
    said: Option<String>,
    /// Content hash of the pack it became.
    published: Option<String>,
    /// When it was last changed.
    #[schema(format = DateTime)]
    changed_at: String,
}

impl From<&Scenario> for ScenarioWire {
    fn from(s: &Scenario) -> ScenarioWire {
        ScenarioWire {
            id: s.id.0,
            name: s.name.clone(),
            stage: s.stage.word().to_owned(),
            base: s.base.clone(),
            author: s.author.0.0,
            submitter: s.submitter.as_ref().map(|w| w.0.0),
            approver: s.approver.as_ref().map(|w| w.0.0),
            said: s.said.clone(),
            published: s.published.clone(),
            changed_at: moment(s.changed_at),
        }
    }
}

/// Scenarios, the last changed first.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScenarioList {
    /// At most 200.
    scenarios: Vec<ScenarioWire>,
}

/// A changed file.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScenarioFileWire {
    /// Its path in the pack.
    path: String,
    /// All of it.
    text: String,
    /// The account that changed it last.
    editor: Uuid,
}

/// A worked case that the changed rules do not meet.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BrokenCase {
    /// Its id.
    id: String,
    /// Its file in the pack.
    file: String,
    /// Its line.
    line: u32,
    /// What differs.
    differences: Vec<String>,
}

/// How far a comparison is, and what it found.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ComparisonWire {
    /// Its id.
    id: Uuid,
    /// Its scenario.
    scenario: Uuid,
    /// What the scenario was called then.
    name: String,
    /// `waiting`, `running`, `done` or `failed`.
    progress: String,
    /// When it was asked for.
    #[schema(format = DateTime)]
    asked_at: String,
    /// Households of the snapshot.
    households: u64,
    /// How many of them are done.
    done: u64,
    /// Whether the scenario has still the files that were compared.
    current: Option<bool>,
    /// Why it failed.
    why: Option<String>,
    /// What `hearth population what-if --json` says; null until it is there. Numbers about few families are kept back (null).
    report: Option<serde_json::Value>,
}

fn compared(it: Comparison, of: Option<&Scenario>) -> Result<ComparisonWire, Fault> {
    let report = it.report.map(|report| serde_json::to_value(report).map_err(|_| Fault::new(Code::Internal)));
    Ok(ComparisonWire {
        id: it.id.0,
        scenario: it.scenario.0,
        name: it.name,
        progress: it.progress.word().to_owned(),
        asked_at: moment(it.asked_at),
        households: it.households.0,
        done: it.households.1,
        current: of.map(|scenario| compare::is_of(scenario, &it.content)),
        why: it.why,
        report: report.transpose()?,
    })
}

/// A scenario with its files, what they change, and its comparisons.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScenarioFound {
    /// The scenario.
    scenario: ScenarioWire,
    /// The changed files.
    files: Vec<ScenarioFileWire>,
    /// What is different, in words.
    differences: Vec<String>,
    /// Worked cases that do not hold any more, at most a hundred.
    broken: Vec<BrokenCase>,
    /// Its comparisons, the last first, without reports.
    comparisons: Vec<ComparisonWire>,
}

/// A scenario to begin over the pack in force.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewScenario {
    /// What to call it.
    #[schema(value_type = String, min_length = 1, max_length = 100, pattern = r"\S")]
    name: Short<100>,
}

/// A file of the pack as it shall be. The pack's own text takes the change back.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangedFile {
    /// Its path in the pack.
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    path: Short<200>,
    /// All of it.
    #[schema(value_type = String, min_length = 1, max_length = 1_000_000)]
    text: Short<1_000_000>,
}

/// One thing done to a scenario.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScenarioActWire {
    /// `compare`, `submit`, `back`, `publish`, `discard`, or `copy` over the pack in force.
    #[schema(min_length = 1, max_length = 20)]
    act: String,
    /// Of `back` and `publish`: what is said to the author.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 1_000)]
    said: Option<Short<1_000>>,
}

/// What became of a scenario.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScenarioTouched {
    /// The scenario; of `copy`, the new one.
    scenario: Uuid,
    /// Of `compare`: the comparison that was asked for.
    comparison: Option<Uuid>,
}

/// The acts by their words.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Act {
    Compare,
    Submit,
    Back,
    Publish,
    Discard,
    Copy,
}

fn act_of(word: &str) -> Result<Act, Fault> {
    let known = [
        ("compare", Act::Compare),
        ("submit", Act::Submit),
        ("back", Act::Back),
        ("publish", Act::Publish),
        ("discard", Act::Discard),
        ("copy", Act::Copy),
    ];
    let told = || Fault::field(Code::Invalid, "/act", "expected compare, submit, back, publish, discard or copy");
    known.iter().find(|(name, _)| *name == word).map(|(_, act)| *act).ok_or_else(told)
}

fn fault(error: scenario::Fault) -> Fault {
    use scenario::Fault as R;
    let words = error.to_string();
    let several = |code, errors| {
        let mut fault = Fault::told(code, words.clone());
        fault.errors = errors;
        fault
    };
    match error {
        R::Absent => Fault::new(Code::NotFound),
        R::Store(inner) => inner.into(),
        R::Name => Fault::field(Code::Invalid, "/name", words),
        R::Path(_) => Fault::field(Code::Invalid, "/path", words),
        R::Faulty(faults) => several(
            Code::Invalid,
            faults
                .iter()
                .take(TOLD)
                .map(|f| FieldFault {
                    pointer: format!("{}:{}:{}", f.file, f.line, f.column),
                    message: f.message.clone(),
                })
                .collect(),
        ),
        R::Cases(failed) => several(
            Code::Conflict,
            failed
                .into_iter()
                .take(TOLD)
                .map(|case| FieldFault { pointer: format!("{}:{}", case.file, case.line), message: case.id })
                .collect(),
        ),
        R::OwnWork => Fault::told(Code::Forbidden, words),
        R::Stage { .. } | R::Unchanged | R::Moved | R::Folder => Fault::told(Code::Conflict, words),
        R::Disk { file, why } => {
            tracing::error!(%file, %why, "a scenario could not be published");
            Fault::new(Code::Unavailable)
        }
    }
}

/// The name that is kept with what is done: that of the account that is signed in.
fn name_of(call: &Call, session: Option<Session>) -> String {
    session.map_or_else(|| call.who.account.to_string(), |session| session.name)
}

/// All scenarios.
#[utoipa::path(get, path = "/api/scenarios", tag = "scenario",
    responses((status = 200, body = ScenarioList), super::Faults))]
pub(crate) async fn list(State(state): State<AppState>, call: Call) -> Result<axum::Json<ScenarioList>, Fault> {
    call.permit_thing(&state, Action::WriteScenario, "scenario").await?;
    let mut tx = state.db.read().await?;
    let all = read::all(&mut tx).await?;
    Ok(axum::Json(ScenarioList { scenarios: all.iter().map(Into::into).collect() }))
}

/// Begins a scenario: a copy of the rules to change.
#[utoipa::path(post, path = "/api/scenarios", tag = "scenario", request_body = NewScenario,
    params(("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 201, body = ScenarioTouched), super::Faults))]
pub(crate) async fn begin(
    State(state): State<AppState>,
    call: Call,
    session: Option<Session>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let body = Body::<NewScenario>::read(request, &state).await?;
    let once = Once::new(&headers, &call, "scenario", &body.hash)?;
    call.permit_thing(&state, Action::WriteScenario, "scenario").await?;
    let viewer = call.viewer(&state);
    let name = name_of(&call, session);
    let by = By { account: call.who.account, name: &name };
    transact!(state.db, Fault, |tx| {
        if let Some(again) = once.begin(tx, viewer.now).await? {
            return Ok(again);
        }
        let begun = edit::begin(tx, &*state.ids, viewer.now, by, &viewer.pack, &body.it.name.0).await;
        let touched = ScenarioTouched { scenario: begun.map_err(fault)?.0, comparison: None };
        once.end(tx, StatusCode::CREATED, &touched).await
    })
}

/// One scenario: its files, what they change, the worked cases that do not hold, its comparisons.
#[utoipa::path(get, path = "/api/scenarios/{id}", tag = "scenario",
    params(("id" = Uuid, Path, description = "The scenario.")),
    responses((status = 200, body = ScenarioFound), super::Faults))]
pub(crate) async fn one(
    State(state): State<AppState>,
    call: Call,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<axum::Json<ScenarioFound>, Fault> {
    let id = ScenarioId(super::id(&id)?);
    call.permit_thing(&state, Action::WriteScenario, "scenario").await?;
    let viewer = call.viewer(&state);
    let mut tx = state.db.read().await?;
    let it = read::one(&mut tx, id).await.map_err(fault)?;
    let runs = read::comparisons(&mut tx, id).await?;
    drop(tx);
    let (base, of) = (base_of(&viewer, &it.base)?, it.clone());
    let looked = beside(move || looked::at(&of, &base)).await?;
    let broken = looked.failed.iter().map(|case| BrokenCase {
        id: case.id.clone(),
        file: case.file.clone(),
        line: case.line,
        differences: case.differences.iter().map(|d| d.text.clone()).collect(),
    });
    Ok(axum::Json(ScenarioFound {
        scenario: (&it).into(),
        differences: looked.differences(call::lang(&headers)),
        broken: broken.collect(),
        comparisons: runs.into_iter().map(|run| compared(run, Some(&it))).collect::<Result<_, _>>()?,
        files: it
            .files
            .iter()
            .map(|(path, (text, editor))| ScenarioFileWire { path: path.clone(), text: text.clone(), editor: editor.0 })
            .collect(),
    }))
}

/// Changes a file: the pack is checked whole, and nothing faulty is kept. Faults have file, line and column as their pointer.
#[utoipa::path(post, path = "/api/scenarios/{id}/files", tag = "scenario", request_body = ChangedFile,
    params(("id" = Uuid, Path, description = "The scenario."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = ScenarioTouched), super::Faults))]
pub(crate) async fn change(
    State(state): State<AppState>,
    call: Call,
    session: Option<Session>,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let id = ScenarioId(super::id(&id)?);
    let body = Body::<ChangedFile>::read(request, &state).await?.about(id);
    let once = Once::new(&headers, &call, "scenario-file", &body.hash)?;
    call.permit_thing(&state, Action::WriteScenario, "scenario").await?;
    let viewer = call.viewer(&state);
    let it = read::one(&mut state.db.read().await?, id).await.map_err(fault)?;
    let base = base_of(&viewer, &it.base)?;
    let (name, account) = (name_of(&call, session), call.who.account);
    let (path, text) = (body.it.path.0, body.it.text.0);
    let at = path.clone();
    let tried = beside(move || edit::with(&it, &base, By { account, name: &name }, &at, &text).map(|t| t.0)).await?;
    let tried = tried.map_err(fault);
    transact!(state.db, Fault, |tx| {
        // What was taken before is taken, whatever the scenario has become since.
        if let Some(again) = once.begin(tx, viewer.now).await? {
            return Ok(again);
        }
        let changed = tried.as_ref().map_err(Fault::clone)?;
        edit::keep(tx, viewer.now, changed, &path).await.map_err(fault)?;
        once.end(tx, StatusCode::OK, &ScenarioTouched { scenario: id.0, comparison: None }).await
    })
}

/// Compares, hands over, sends back, publishes, discards or copies. Whoever wrote in a scenario does not publish it.
#[utoipa::path(post, path = "/api/scenarios/{id}/acts", tag = "scenario", request_body = ScenarioActWire,
    params(("id" = Uuid, Path, description = "The scenario."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = ScenarioTouched), super::Faults))]
pub(crate) async fn act_on(
    State(state): State<AppState>,
    call: Call,
    session: Option<Session>,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let id = ScenarioId(super::id(&id)?);
    let body = Body::<ScenarioActWire>::read(request, &state).await?.about(id);
    let once = Once::new(&headers, &call, "scenario-act", &body.hash)?;
    let act = act_of(&body.it.act)?;
    if body.it.said.is_some() && !matches!(act, Act::Back | Act::Publish) {
        return Err(Fault::field(Code::Invalid, "/said", "only who sends back or publishes says something"));
    }
    let said = body.it.said.map(|s| s.0).unwrap_or_default();
    call.permit_thing(&state, Action::WriteScenario, "scenario").await?;
    if matches!(act, Act::Back | Act::Publish) {
        call.permit_thing(&state, Action::PublishScenario, "scenario").await?;
    }
    let viewer = call.viewer(&state);
    let it = read::one(&mut state.db.read().await?, id).await.map_err(fault)?;
    if act == Act::Compare {
        if !state.config.compares {
            return Err(Fault::told(Code::Conflict, "No snapshot to compare over is configured here."));
        }
        log_comparison(&viewer, Text::new(call::lang(&headers)), &it).await?;
    }
    let base = base_of(&viewer, &it.base)?;
    let name = name_of(&call, session);
    let (by, now, ids) = (By { account: call.who.account, name: &name }, viewer.now, &*state.ids);
    // The pack is compiled and put in force before: nobody else could write while it is.
    let mut hash = String::new();
    if act == Act::Publish {
        if let Some(again) = once.ahead(&mut state.db.read().await?).await? {
            return Ok(again);
        }
        hash = take_into_force(&viewer, &it, by).await?.map_err(fault)?;
    }
    transact!(state.db, Fault, |tx| {
        if let Some(again) = once.begin(tx, now).await? {
            return Ok(again);
        }
        let mut touched = ScenarioTouched { scenario: id.0, comparison: None };
        match act {
            Act::Compare => touched.comparison = Some(compare::ask(tx, ids, now, by, id).await.map_err(fault)?.0),
            Act::Submit => publish::submit(tx, now, by, id, &base).await.map_err(fault)?,
            Act::Back => publish::send_back(tx, now, by, id, &said).await.map_err(fault)?,
            Act::Publish => published(tx, &viewer, id, by, &said, &hash).await.map_err(fault)?,
            Act::Discard => edit::discard(tx, now, id).await.map_err(fault)?,
            Act::Copy => {
                let copied = edit::copy(tx, ids, now, by, &viewer.pack, &it).await;
                touched.scenario = copied.map_err(fault)?.0;
            }
        }
        once.end(tx, StatusCode::OK, &touched).await
    })
}

/// One comparison: how far it is, then its report. To hold two against each other, read both.
#[utoipa::path(get, path = "/api/comparisons/{id}", tag = "scenario",
    params(("id" = Uuid, Path, description = "The comparison.")),
    responses((status = 200, body = ComparisonWire), super::Faults))]
pub(crate) async fn comparison(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
) -> Result<axum::Json<ComparisonWire>, Fault> {
    let id = ComparisonId(super::id(&id)?);
    call.permit_thing(&state, Action::WriteScenario, "scenario").await?;
    let found = read::comparison(&mut state.db.read().await?, id).await.map_err(fault)?;
    Ok(axum::Json(compared(found, None)?))
}
