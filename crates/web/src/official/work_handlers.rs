//! Requests for the worklist: the list, taking and giving tasks, settling several alike.

use std::collections::BTreeMap;

use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use casework::case::worklist::{self, Listed, WorkLine};
use casework::case::{Stage, TaskKind, TaskStatus, view};
use casework::decide::official::{self, Prepared};
use guard::{Action, Purpose, Resource, Role};
use kernel::{AccountId, CaseId, TaskId};
use rules::outcome::Answer;
use store::{StoreError, transact};

use super::work::{self, Alike, Has, Line, List, Settled, Together, Way};
use super::work_case_handlers::{
    Read, days_until, done, forbidden, officials, purpose_kind, read, staff_names, viewer, with,
};
use super::work_deeds::{official_words, put_word};
use super::work_view::sums;
use crate::components::frame::Frame;
use crate::form::Form;
use crate::request::Session;
use crate::state::AppState;
use crate::viewer::{Trouble, Viewer};

/// Lines a page.
const LINES: u32 = 25;
/// The most that are settled or given at once.
const MOST: usize = 25;

/// The list.
pub(crate) async fn list(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    RawQuery(query): RawQuery,
) -> Response {
    let asked = Form::of_query(query.as_deref());
    show(&state, &session, &f, &Way::of(&asked), &asked, Form::default()).await
}

async fn show(state: &AppState, session: &Session, f: &Frame, way: &Way, asked: &Form, form: Form) -> Response {
    let Some(kind) = purpose_kind(session.who.role) else { return forbidden(f) };
    let v = Viewer::new(state, &session.who, Purpose::new(kind, f.t.t("work-purpose-list")));
    match page(&v, f, way, asked).await {
        Ok(vm) => (form.status(), work::page_of(f, &form, &vm)).into_response(),
        Err(trouble) => trouble.response(state, f),
    }
}

/// A page of the list, opened: who is on it is in the log before it comes back.
pub(crate) async fn listed(v: &Viewer<'_>, way: &Way, most: u32) -> Result<Listed, Trouble> {
    let setting = v.setting();
    let sight = v.sight(&setting);
    let desk = v.desk();
    let (agency, _) = worklist::office(&desk, v.who);
    let mut tx = v.state.db.read().await?;
    let seen = worklist::list(&mut tx, &desk, &sight, &[agency], way.scope, &way.filter, &way.after, most).await?;
    drop(tx);
    let resource = seen.resource().showing(["worklist"]);
    Ok(v.state.guard.reveal(v.who, Action::ViewCase, &resource, &v.purpose, seen.sealed).await?.into_inner())
}

async fn page(v: &Viewer<'_>, f: &Frame, way: &Way, asked: &Form) -> Result<List, Trouble> {
    let listed = listed(v, way, LINES).await?;
    let assigned = listed.lines.iter().filter_map(|l| l.task.assigned_to).collect();
    let mut tx = v.state.db.read().await?;
    let staff = staff_names(&mut tx, assigned).await?;
    let lead = v.who.role == Role::Approver;
    let officials = if lead { Some(officials(&mut tx, v).await?) } else { None };
    drop(tx);
    let lang = f.t.lang();
    let together = v.who.role == Role::Caseworker;
    let mut programmes: Vec<(String, String)> =
        v.pack.programmes().iter().map(|p| (p.id.clone(), p.name.get(lang).to_owned())).collect();
    programmes.sort_by(|a, b| a.1.cmp(&b.1));
    Ok(List {
        way: way.clone(),
        programmes,
        lines: listed.lines.iter().map(|l| line(v, f, way, &staff, l)).collect(),
        next: listed.next,
        done: done(f.t, asked).map(|(words, _)| words),
        officials,
        together,
        answers_complaints: together || lead,
    })
}

fn line(v: &Viewer<'_>, f: &Frame, way: &Way, staff: &BTreeMap<AccountId, String>, l: &WorkLine) -> Line {
    let (t, task) = (f.t, &l.task);
    let yes = task.kind == TaskKind::Decide && task.detail.get("answer").and_then(|a| a.as_str()) == Some("yes");
    let works = v.who.role == Role::Caseworker;
    let programme = v.pack.programmes().get(&task.programme);
    Line {
        task: task.id.to_string(),
        href: way.behind(l.after.clone()).link(&format!("/work/case/{}", task.case)),
        name: l.name.clone(),
        kind: task.kind,
        due: task.due_on.map(|day| (day, days_until(v, day))),
        programme: programme.map_or_else(|| task.programme.clone(), |p| p.name.get(t.lang()).to_owned()),
        says: (task.kind == TaskKind::Decide)
            .then(|| t.t(if yes { "work-says-yes" } else { "work-says-other" }).into_owned()),
        has: match task.assigned_to {
            None => Has::Nobody,
            Some(a) if a == v.who.account => Has::Me,
            Some(a) => Has::Other(staff.get(&a).cloned().unwrap_or_else(|| a.to_string().chars().take(8).collect())),
        },
        takes: works && task.assigned_to != Some(v.who.account) && task.barred != Some(v.who.account),
        ticks: v.who.role == Role::Approver || (works && yes),
    }
}

/// Takes a task, gives ticked ones to another official, or looks at ticked ones together.
pub(crate) async fn send(State(state): State<AppState>, session: Session, f: Frame, mut form: Form) -> Response {
    let way = Way::of(&form);
    let t = f.t;
    if purpose_kind(session.who.role).is_none() {
        return forbidden(&f);
    }
    let taken: Option<TaskId> = form.get("take").parse().ok();
    let tasks: Vec<TaskId> = match taken {
        Some(task) => vec![task],
        None => form.all("task").filter_map(|id| id.parse().ok()).take(MOST).collect(),
    };
    if tasks.is_empty() {
        form.refuse("task", t.t("work-tick-first"));
        return show(&state, &session, &f, &way, &Form::default(), form).await;
    }
    if taken.is_none() && form.get("do") == "together" {
        return look_together(&state, &session, &f, &way, &tasks, form).await;
    }
    let to = if taken.is_some() { Some(session.who.account) } else { form.get("to").parse().ok() };
    let given = hand(&state, &session, &f, &tasks, taken.is_some(), to).await;
    match given {
        Ok(0) => {
            form.refuse("task", t.t("work-fault-done"));
            show(&state, &session, &f, &way, &Form::default(), form).await
        }
        Ok(_) => {
            let word = if taken.is_some() { "taken" } else { "given" };
            Redirect::to(&with(&way.link("/work"), &[("done", word)])).into_response()
        }
        Err(trouble) => trouble.response(&state, &f),
    }
}

/// Gives tasks, each after a decision of the guard about its person; says how many.
async fn hand(
    state: &AppState,
    session: &Session,
    f: &Frame,
    tasks: &[TaskId],
    taking: bool,
    to: Option<AccountId>,
) -> Result<usize, Trouble> {
    let kind = purpose_kind(session.who.role).ok_or(Trouble::Absent)?;
    if let Some(to) = to.filter(|_| !taking) {
        let v = Viewer::new(state, &session.who, Purpose::new(kind, f.t.t("work-purpose-list")));
        let mut tx = state.db.read().await?;
        if !officials(&mut tx, &v).await?.iter().any(|(id, _)| *id == to.to_string()) {
            return Err(Trouble::Absent);
        }
    }
    let action = if taking { Action::WorkCase } else { Action::AssignCases };
    let mut given = 0;
    for task in tasks {
        let mut tx = state.db.read().await?;
        let case = view::case_of_task(&mut tx, *task).await?.ok_or(Trouble::Absent)?;
        let (_, person) = view::concerned(&mut tx, case).await?.ok_or(Trouble::Absent)?;
        drop(tx);
        let v = viewer(state, session, f.t, kind, case).await?;
        let about = super::handlers::relations(&v, &[person]).await?;
        let resource = Resource::people(about).showing(["case"]);
        let _allowed = state.guard.permit(v.who, action, &resource, &v.purpose).await?;
        let desk = v.desk();
        let done = transact!(state.db, StoreError, |tx| worklist::assign(tx, &desk, v.who, *task, to).await)?;
        given += usize::from(done);
    }
    Ok(given)
}

/// Why a case must be decided on its own, as the key of a message; `None`: it is like the others.
fn why_alone(read: &Read, programme: &str) -> Option<&'static str> {
    let (case, now) = (&read.view.case, read.view.now.as_ref());
    let open = |kind| read.view.tasks.iter().any(|t| t.kind == kind && t.status == TaskStatus::Open);
    let granted = now.is_some_and(|d| d.answer == Answer::Yes && d.excluded.is_none());
    if case.stage != Stage::Official || !open(TaskKind::Decide) {
        Some("work-alone-stage")
    } else if case.programme != programme {
        Some("work-alone-programme")
    } else if open(TaskKind::Contradiction) || open(TaskKind::Gap) || open(TaskKind::ApplicantDied) {
        Some("work-alone-open")
    } else if !granted {
        Some("work-alone-no")
    } else if case.decision.is_some() {
        Some("work-alone-before")
    } else if now.is_some_and(|d| d.official_looks) {
        Some("work-alone-looks")
    } else {
        None
    }
}

/// Opens each ticked case and says which can be settled together.
async fn look_together(
    state: &AppState,
    session: &Session,
    f: &Frame,
    way: &Way,
    tasks: &[TaskId],
    form: Form,
) -> Response {
    let Some(kind) = purpose_kind(session.who.role).filter(|_| session.who.role == Role::Caseworker) else {
        return forbidden(f);
    };
    let looked = async {
        let mut cases: Vec<CaseId> = Vec::new();
        let mut tx = state.db.read().await?;
        for task in tasks {
            let case = view::case_of_task(&mut tx, *task).await?.ok_or(Trouble::Absent)?;
            if !cases.contains(&case) {
                cases.push(case);
            }
        }
        drop(tx);
        let (mut programme, mut all) = (None, Vec::new());
        for id in cases {
            let v = viewer(state, session, f.t, kind, id).await?;
            let read = read(&v, id).await?;
            let programme = programme.get_or_insert_with(|| read.view.case.programme.clone());
            let alone = why_alone(&read, programme);
            let now = read.view.now.as_ref();
            all.push(Alike {
                case: id.to_string(),
                revision: read.view.case.revision,
                name: read.name(),
                href: way.link(&format!("/work/case/{id}")),
                sums: now.map(|d| sums(&v, f.t, &d.slices, d.amount.map(|a| a.per))).unwrap_or_default(),
                alone: alone.map(|key| f.t.t(key).into_owned()),
            });
        }
        let pack = state.packs.current();
        let id = programme.unwrap_or_default();
        let name = pack.programmes().get(&id).map_or(id.clone(), |p| p.name.get(f.t.lang()).to_owned());
        let vm = Together { way: way.clone(), programme: name, cases: all };
        Ok::<_, Trouble>(work::together(f, &form, &vm).into_response())
    };
    looked.await.unwrap_or_else(|trouble| trouble.response(state, f))
}

/// Settles several: each by a call of its own, at the revision that was looked at.
pub(crate) async fn settle_together(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    mut form: Form,
) -> Response {
    let Some(kind) = purpose_kind(session.who.role).filter(|_| session.who.role == Role::Caseworker) else {
        return forbidden(&f);
    };
    let way = Way::of(&form);
    let words = form.optional(f.t, "words", 4_000);
    let chosen: Vec<(CaseId, u32)> = form
        .all("case")
        .filter_map(|pair| pair.split_once(' ').and_then(|(id, n)| Some((id.parse().ok()?, n.parse().ok()?))))
        .take(MOST)
        .collect();
    if !form.is_fine() || chosen.is_empty() {
        return show(&state, &session, &f, &way, &Form::default(), form).await;
    }
    let (mut all, mut programme) = (Vec::new(), None);
    for (id, revision) in chosen {
        let one = async {
            let v = viewer(&state, &session, f.t, kind, id).await?;
            let read = read(&v, id).await?;
            let programme = programme.get_or_insert_with(|| read.view.case.programme.clone());
            let words = settle_one(&v, &f, &read, programme, revision, words.clone()).await?;
            Ok::<_, Trouble>((read.name(), words))
        };
        let href = format!("/work/case/{id}");
        all.push(match one.await {
            Ok((name, Ok(words))) => Settled { name, href, words, done: true },
            Ok((name, Err(words))) => Settled { name, href, words, done: false },
            // One that cannot be opened stops none of the others.
            Err(trouble) => {
                tracing::warn!(case = %id, why = %trouble, "a case could not be settled with others");
                let words = f.t.t("work-fault-not-allowed").into_owned();
                Settled { name: id.to_string().chars().take(8).collect(), href, words, done: false }
            }
        });
    }
    work::settled(&f, &way, &all).into_response()
}

/// Decides one as the rules say; what came of it, or why nothing did.
async fn settle_one(
    v: &Viewer<'_>,
    f: &Frame,
    read: &Read,
    programme: &str,
    revision: u32,
    words: Option<String>,
) -> Result<Result<String, String>, Trouble> {
    if let Some(key) = why_alone(read, programme) {
        return Ok(Err(f.t.t(key).into_owned()));
    }
    let input = Prepared { case: read.view.case.id, revision, words, overriding: None };
    let allowed = read.permit(v, Action::WorkCase).await?;
    let desk = v.desk();
    let run = transact!(v.state.db, official::Fault, |tx| {
        official::prepare(tx, &desk, v.who, &allowed, input.clone()).await
    });
    match run {
        Ok(put) => {
            let said = done(f.t, &Form::of([("done", put_word(put))]));
            Ok(Ok(said.map(|(words, _)| words).unwrap_or_default()))
        }
        Err(fault) => official_words(f.t, fault).map(Err),
    }
}
