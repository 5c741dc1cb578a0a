//! Requests for scenarios: beginning, changing, submitting, publishing.

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use catalogue::Pack;
use guard::{Action, Purpose, PurposeKind, Resource, Role};
use kernel::ScenarioId;
use population::scenario::{self, By, Fault, Scenario, Stage, compare, edit, publish, read};
use store::{StoreError, Tx, transact};
use text::Text;

use super::file::Wrong;
use super::one::{May, Run};
use super::{file, list, looked, one};
use crate::components::frame::Frame;
use crate::form::Form;
use crate::request::Session;
use crate::state::AppState;
use crate::viewer::{Trouble, Viewer};

/// Faults of a file shown.
const WRONG: usize = 50;
/// Most characters of what an approver says.
const MOST_SAID: usize = 1_000;
/// Most characters of a changed file.
const MOST_TEXT: usize = 1 << 20;

/// Through whose eyes: analysts for planning, administrators as the second pair of eyes.
pub(super) fn viewer<'s>(state: &'s AppState, session: &'s Session, t: Text, key: &str) -> Viewer<'s> {
    let kind =
        if session.who.role == Role::Administrator { PurposeKind::Administration } else { PurposeKind::Statistics };
    Viewer::new(state, &session.who, Purpose::new(kind, t.t(key)))
}

pub(super) async fn permit(v: &Viewer<'_>, action: Action) -> Result<(), Trouble> {
    let _allowed = v.state.guard.permit(v.who, action, &Resource::thing("scenario"), &v.purpose).await?;
    Ok(())
}

/// What cannot be told on the form is a page of its own.
fn elsewhere(fault: Fault) -> Result<Fault, Trouble> {
    match fault {
        Fault::Absent => Err(Trouble::Absent),
        Fault::Store(why) => Err(Trouble::Store(why)),
        told => Ok(told),
    }
}

/// Why nothing was done, in words.
fn told(t: Text, fault: &Fault) -> String {
    match fault {
        Fault::Absent | Fault::Store(_) => t.t("error-internal-title").into_owned(),
        Fault::Stage { is, .. } => {
            t.with("scenario-error-stage", &[("stage", t.t(super::stage(*is).1).into())]).into_owned()
        }
        Fault::Name => t.t("scenario-error-name").into_owned(),
        Fault::Path(path) => t.with("scenario-error-path", &[("path", path.into())]).into_owned(),
        Fault::Faulty(faults) => t.with("scenario-faults", &[("count", faults.len().into())]).into_owned(),
        Fault::Unchanged => t.t("scenario-error-unchanged").into_owned(),
        Fault::Cases(failed) => t.with("scenario-error-cases", &[("count", failed.len().into())]).into_owned(),
        Fault::Moved => t.t("scenario-error-moved").into_owned(),
        Fault::Folder => t.t("scenario-error-folder").into_owned(),
        Fault::OwnWork => t.t("scenario-error-own-work").into_owned(),
        Fault::Disk { file, why } => {
            tracing::error!(%file, %why, "a scenario could not be published");
            t.with("scenario-error-disk", &[("file", file.into())]).into_owned()
        }
    }
}

/// Work that takes the processor, beside the server's own threads.
pub(crate) async fn beside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Trouble> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|e| Trouble::Store(StoreError::Driver(format!("work beside the server stopped: {e}"))))
}

/// The pack under a scenario.
pub(crate) fn base_of(v: &Viewer<'_>, hash: &str) -> Result<Arc<Pack>, Trouble> {
    v.state.packs.by_hash(hash).map_err(|e| Trouble::Store(StoreError::Driver(e.to_string())))
}

/// All scenarios.
pub(crate) async fn show_all(State(state): State<AppState>, session: Session, f: Frame) -> Response {
    let v = viewer(&state, &session, f.t, "scenario-purpose");
    all(&v, &f, &Form::default()).await.unwrap_or_else(|trouble| trouble.response(&state, &f))
}

async fn all(v: &Viewer<'_>, f: &Frame, form: &Form) -> Result<Response, Trouble> {
    permit(v, Action::WriteScenario).await?;
    let mut tx = v.state.db.read().await?;
    let (scenarios, finished) = (read::all(&mut tx).await?, read::finished(&mut tx).await?);
    let in_force = v.pack.content_hash();
    let lines: Vec<list::Line> = scenarios
        .into_iter()
        .map(|s| list::Line {
            id: s.id.to_string(),
            name: s.name,
            stage: s.stage,
            author: s.author.1,
            changed: f.t.moment(s.changed_at, v.offset()),
            in_force: s.base == in_force,
        })
        .collect();
    let finished: Vec<(String, String)> = finished
        .into_iter()
        .map(|c| (c.id.to_string(), format!("{} · {}", c.name, f.t.moment(c.asked_at, v.offset()))))
        .collect();
    let page = list::page_of(f, form, &lines, &finished, v.state.config.compares);
    Ok((form.status(), page).into_response())
}

/// Begins one; with a file, goes on to change that.
pub(crate) async fn begin(State(state): State<AppState>, session: Session, f: Frame, mut form: Form) -> Response {
    let v = viewer(&state, &session, f.t, "scenario-purpose");
    let done = begun(&v, &f, &mut form, &session.name).await;
    done.unwrap_or_else(|trouble| trouble.response(&state, &f))
}

async fn begun(v: &Viewer<'_>, f: &Frame, form: &mut Form, name: &str) -> Result<Response, Trouble> {
    permit(v, Action::WriteScenario).await?;
    let by = By { account: v.who.account, name };
    let done = transact!(v.state.db, Fault, |tx| {
        edit::begin(tx, &*v.state.ids, v.now, by, &v.pack, form.get("name")).await
    });
    match done {
        Ok(id) => {
            let here = format!("/analyst/scenarios/{id}");
            let to = if form.get("file").is_empty() { here } else { one::edit(&here, form.get("file")) };
            Ok(Redirect::to(&to).into_response())
        }
        Err(fault) => {
            form.refuse("name", told(f.t, &elsewhere(fault)?));
            all(v, f, form).await
        }
    }
}

/// One scenario.
pub(crate) async fn show(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path(id): Path<String>,
    RawQuery(raw): RawQuery,
) -> Response {
    let v = viewer(&state, &session, f.t, "scenario-purpose");
    let form = Form::of_query(raw.as_deref());
    page(&v, &f, &id, &form).await.unwrap_or_else(|trouble| trouble.response(&state, &f))
}

async fn page(v: &Viewer<'_>, f: &Frame, id: &str, form: &Form) -> Result<Response, Trouble> {
    permit(v, Action::WriteScenario).await?;
    let (scenario, runs) = found(v, id).await?;
    let vm = vm(v, f, scenario, runs, form.get("done")).await?;
    Ok((form.status(), one::page_of(f, form, &vm)).into_response())
}

async fn found(v: &Viewer<'_>, id: &str) -> Result<(Scenario, Vec<scenario::Comparison>), Trouble> {
    let id: ScenarioId = id.parse().map_err(|_| Trouble::Absent)?;
    let mut tx = v.state.db.read().await?;
    let scenario = match read::one(&mut tx, id).await {
        Ok(scenario) => scenario,
        Err(fault) => return Err(elsewhere(fault).err().unwrap_or(Trouble::Absent)),
    };
    let runs = read::comparisons(&mut tx, id).await?;
    Ok((scenario, runs))
}

/// What was done, by its word in the address.
fn done_key(word: &str) -> Option<&'static str> {
    match word {
        "kept" => Some("scenario-done-kept"),
        "submitted" => Some("scenario-done-submitted"),
        "published" => Some("scenario-done-published"),
        "back" => Some("scenario-done-back"),
        "discarded" => Some("scenario-done-discarded"),
        "copied" => Some("scenario-done-copied"),
        _ => None,
    }
}

async fn vm(
    v: &Viewer<'_>,
    f: &Frame,
    scenario: Scenario,
    runs: Vec<scenario::Comparison>,
    done: &str,
) -> Result<one::Vm, Trouble> {
    let base = base_of(v, &scenario.base)?;
    let in_force = v.pack.content_hash() == scenario.base;
    let (lang, of, under) = (f.t.lang(), scenario.clone(), base.clone());
    let looked = beside(move || looked::at(&of, &under)).await?;
    let content = scenario.content();
    let choices = Scenario::changeable(&base).map(|path| (path.to_owned(), named(&base, path, lang)));
    let mut choices: Vec<(String, String)> = choices.collect();
    // What most change comes first.
    choices.sort_by_key(|(path, _)| (!path.starts_with("programmes/"), !path.starts_with("parameters/")));
    let open = scenario.stage == Stage::Draft;
    Ok(one::Vm {
        id: scenario.id.to_string(),
        stage: scenario.stage,
        author: scenario.author.1.clone(),
        submitter: scenario.submitter.as_ref().map(|s| s.1.clone()),
        approver: scenario.approver.as_ref().map(|a| (a.1.clone(), scenario.said.clone().unwrap_or_default())),
        in_force,
        published: scenario.published.clone(),
        differences: looked.differences(lang),
        broken: looked.broken(),
        runs: runs
            .into_iter()
            .map(|run| Run {
                id: run.id.to_string(),
                when: f.t.moment(run.asked_at, v.offset()),
                progress: run.progress,
                fresh: run.content == content,
            })
            .collect(),
        choices,
        may: May {
            edit: open,
            decide: scenario.stage == Stage::Submitted && !scenario.is_work_of(v.who.account),
            compare: !scenario.files.is_empty() && scenario.stage != Stage::Discarded && v.state.config.compares,
            copy: !in_force && scenario.stage != Stage::Published && !scenario.files.is_empty(),
        },
        done: done_key(done),
        base: scenario.base,
        name: scenario.name,
        files: scenario.files.into_keys().collect(),
    })
}

/// What a file is about, beside its path.
fn named(pack: &Pack, path: &str, lang: kernel::Lang) -> String {
    let programme = path.strip_prefix("programmes/").and_then(|p| p.strip_suffix(".toml"));
    let name = programme.and_then(|id| pack.programmes().get(id)).map(|p| p.name.get(lang).to_owned());
    let parameter = || pack.parameters().iter().find(|p| p.file == path);
    let name = name.or_else(|| parameter().map(|p| p.name.get(lang).to_owned()));
    name.map_or_else(|| path.to_owned(), |name| format!("{path} – {name}"))
}

/// What the buttons of a scenario do.
pub(crate) async fn act(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path(id): Path<String>,
    mut form: Form,
) -> Response {
    let v = viewer(&state, &session, f.t, "scenario-purpose");
    let done = acted(&v, &f, &id, &mut form, &session.name).await;
    done.unwrap_or_else(|trouble| trouble.response(&state, &f))
}

async fn acted(v: &Viewer<'_>, f: &Frame, id: &str, form: &mut Form, name: &str) -> Result<Response, Trouble> {
    permit(v, Action::WriteScenario).await?;
    let (scenario, _) = found(v, id).await?;
    let by = By { account: v.who.account, name };
    let (id, now, ids) = (scenario.id, v.now, &*v.state.ids);
    let here = format!("/analyst/scenarios/{id}");
    // Words that somebody signs are taken whole or not at all.
    let said = form.optional(f.t, "said", MOST_SAID).unwrap_or_default();
    if !form.is_fine() {
        return page(v, f, &id.to_string(), form).await;
    }
    let done: Result<String, Fault> = match form.get("act") {
        "compare" => {
            log_comparison(v, f.t, &scenario).await?;
            let asked = transact!(v.state.db, Fault, |tx| compare::ask(tx, ids, now, by, id).await);
            asked.map(|comparison| format!("/analyst/comparisons/{comparison}"))
        }
        "submit" => {
            let base = base_of(v, &scenario.base)?;
            let done = transact!(v.state.db, Fault, |tx| publish::submit(tx, now, by, id, &base).await);
            done.map(|()| format!("{here}?done=submitted"))
        }
        "back" => {
            permit(v, Action::PublishScenario).await?;
            let done = transact!(v.state.db, Fault, |tx| publish::send_back(tx, now, by, id, &said).await);
            done.map(|()| format!("{here}?done=back"))
        }
        "publish" => {
            permit(v, Action::PublishScenario).await?;
            put_in_force(v, &scenario, by, &said).await?.map(|()| format!("{here}?done=published"))
        }
        "discard" => {
            let done = transact!(v.state.db, Fault, |tx| edit::discard(tx, now, id).await);
            done.map(|()| format!("{here}?done=discarded"))
        }
        "copy" => {
            let copied = transact!(v.state.db, Fault, |tx| edit::copy(tx, ids, now, by, &v.pack, &scenario).await);
            copied.map(|id| format!("/analyst/scenarios/{id}?done=copied"))
        }
        _ => return Err(Trouble::Absent),
    };
    match done {
        Ok(to) => Ok(Redirect::to(&to).into_response()),
        Err(fault) => {
            form.refuse("act", told(f.t, &elsewhere(fault)?));
            page(v, f, &id.to_string(), form).await
        }
    }
}

/// The job reads a population of pseudonyms: who asked for it, for what and by which law is durable before it is queued.
pub(crate) async fn log_comparison(v: &Viewer<'_>, t: Text, scenario: &Scenario) -> Result<(), Trouble> {
    let reason = t.with("scenario-purpose-compare", &[("name", scenario.name.as_str().into())]);
    let law = v.pack.measures().map(|m| m.law.clone()).unwrap_or_default();
    let purpose = Purpose::new(v.purpose.kind, reason).with_law(law);
    let resource = Resource::thing("population");
    let _allowed = v.state.guard.permit(v.who, Action::WriteScenario, &resource, &purpose).await?;
    Ok(())
}

/// Writes the files into the pack's folder and takes it into force on the way every reload goes: the content hash of what is in
/// force now. Doing it again does no harm.
pub(crate) async fn take_into_force(
    v: &Viewer<'_>,
    scenario: &Scenario,
    by: By<'_>,
) -> Result<Result<String, Fault>, Trouble> {
    let (packs, of, account) = (v.state.packs.clone(), scenario.clone(), by.account);
    let name = by.name.to_owned();
    let taken = beside(move || -> Result<Result<String, Fault>, catalogue::ReloadError> {
        let current = packs.current();
        let ready = publish::ready(&of, &current, packs.folder(), By { account, name: &name });
        match ready {
            Err(fault) => return Ok(Err(fault)),
            Ok(None) => return Ok(Ok(current.content_hash().to_owned())),
            Ok(Some(_)) => {}
        }
        if let Err(fault) = publish::write(&of, packs.folder()) {
            return Ok(Err(fault));
        }
        packs.reload().map(|done| Ok(done.new.content_hash().to_owned()))
    });
    taken.await?.map_err(|why| Trouble::Store(StoreError::Driver(why.to_string())))
}

/// Notes who published it, and has all households worked out anew.
pub(crate) async fn published(
    tx: &mut Tx,
    v: &Viewer<'_>,
    id: ScenarioId,
    by: By<'_>,
    said: &str,
    hash: &str,
) -> Result<(), Fault> {
    let pack = v.state.packs.current();
    let desk = casework::Desk { pack: &pack, keys: v.state.guard.keys(), ids: &*v.state.ids, now: v.now };
    casework::later::queue_pack(tx, &desk).await?;
    publish::published(tx, v.now, by, id, said, hash).await
}

async fn put_in_force(
    v: &Viewer<'_>,
    scenario: &Scenario,
    by: By<'_>,
    said: &str,
) -> Result<Result<(), Fault>, Trouble> {
    let hash = match take_into_force(v, scenario, by).await? {
        Ok(hash) => hash,
        Err(fault) => return Ok(Err(fault)),
    };
    Ok(transact!(v.state.db, Fault, |tx| published(tx, v, scenario.id, by, said, &hash).await))
}

/// A file to be changed.
pub(crate) async fn file_form(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path(id): Path<String>,
    RawQuery(raw): RawQuery,
) -> Response {
    let v = viewer(&state, &session, f.t, "scenario-purpose");
    let asked = Form::of_query(raw.as_deref());
    opened(&v, &f, &id, asked.get("path")).await.unwrap_or_else(|trouble| trouble.response(&state, &f))
}

async fn opened(v: &Viewer<'_>, f: &Frame, id: &str, path: &str) -> Result<Response, Trouble> {
    permit(v, Action::WriteScenario).await?;
    let (scenario, _) = found(v, id).await?;
    let base = base_of(v, &scenario.base)?;
    let changed = scenario.files.get(path).map(|(text, _)| text.clone());
    let own = || {
        let known = Scenario::changeable(&base).any(|p| p == path);
        base.files().get(path).filter(|_| known).map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    };
    let text = changed.or_else(own).ok_or(Trouble::Absent)?;
    let form = Form::of([("path", path.to_owned()), ("text", text)]);
    Ok(file::page_of(f, &form, &file_vm(&scenario, path, Vec::new())).into_response())
}

fn file_vm(scenario: &Scenario, path: &str, wrong: Vec<Wrong>) -> file::Vm {
    file::Vm {
        scenario: scenario.id.to_string(),
        name: scenario.name.clone(),
        path: path.to_owned(),
        wrong,
        open: scenario.stage == Stage::Draft,
    }
}

/// Checks the pack with the file as sent; keeps it when nothing is wrong.
pub(crate) async fn keep_file(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path(id): Path<String>,
    mut form: Form,
) -> Response {
    let v = viewer(&state, &session, f.t, "scenario-purpose");
    let done = kept(&v, &f, &id, &mut form, &session.name).await;
    done.unwrap_or_else(|trouble| trouble.response(&state, &f))
}

async fn kept(v: &Viewer<'_>, f: &Frame, id: &str, form: &mut Form, name: &str) -> Result<Response, Trouble> {
    permit(v, Action::WriteScenario).await?;
    let (scenario, _) = found(v, id).await?;
    let base = base_of(v, &scenario.base)?;
    let path = form.get("path").to_owned();
    let text = form.required(f.t, "text", MOST_TEXT);
    let (of, at, account, named) = (scenario.clone(), path.clone(), v.who.account, name.to_owned());
    let mut wrong = Vec::new();
    if form.is_fine() {
        let tried =
            beside(move || edit::with(&of, &base, By { account, name: &named }, &at, &text).map(|t| t.0)).await?;
        let done = match tried {
            Ok(changed) => {
                transact!(v.state.db, Fault, |tx| edit::keep(tx, v.now, &changed, &path).await)
            }
            Err(fault) => Err(fault),
        };
        match done {
            Ok(()) => return Ok(Redirect::to(&format!("/analyst/scenarios/{id}?done=kept")).into_response()),
            Err(Fault::Faulty(faults)) => {
                form.refuse("text", told(f.t, &Fault::Faulty(faults.clone())));
                wrong = faults.iter().take(WRONG).map(wrong_of).collect();
            }
            Err(fault) => form.refuse("text", told(f.t, &elsewhere(fault)?)),
        }
    }
    Ok((form.status(), file::page_of(f, form, &file_vm(&scenario, &path, wrong))).into_response())
}

fn wrong_of(fault: &rules::schema::Fault) -> Wrong {
    Wrong {
        place: format!("{}:{}:{}", fault.file, fault.line, fault.column),
        what: fault.message.clone(),
        expected: fault.expected.clone(),
        hint: fault.hint.clone(),
    }
}
