//! Requests of an agency that takes part in a family's plan.

use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use guard::{Action, Purpose, PurposeKind, Resource, Role, Tier};
use kernel::{FamilyActId, FamilyCaseId};
use store::transact;
use visit::care::act;
use visit::care::case::Fault;
use visit::care::plan::Part as Its;
use visit::care::read::{self, Shared};

use super::act::What;
use super::list::{self, SharedLine};
use super::part::{self, Part, Report};
use super::{agency, sent, shown};
use crate::components::frame::Frame;
use crate::form::Form;
use crate::official::work_case_handlers::forbidden;
use crate::request::Session;
use crate::state::AppState;
use crate::viewer::{Trouble, Viewer};
use crate::visits::desk;

fn viewer<'s>(state: &'s AppState, session: &'s Session, f: &Frame) -> Option<Viewer<'s>> {
    let works = session.who.role == Role::Caseworker;
    works.then(|| Viewer::new(state, &session.who, Purpose::new(PurposeKind::Casework, f.t.t("plan-purpose"))))
}

/// The plans the agency takes part in.
pub(crate) async fn all(State(state): State<AppState>, session: Session, f: Frame) -> Response {
    let Some(v) = viewer(&state, &session, &f) else { return forbidden(&f) };
    let made = async {
        let setting = v.setting();
        let mut tx = state.db.read().await?;
        let seen = read::shared(&mut tx, &desk(&v), &v.sight(&setting)).await?;
        drop(tx);
        let resource = seen.resource().at(Tier::Sensitive).showing(["plan"]);
        let lines = state.guard.reveal(v.who, Action::ViewPlan, &resource, &v.purpose, seen.sealed).await?;
        Ok::<_, Trouble>(lines.iter().map(|l| line(&v, l)).collect::<Vec<_>>())
    };
    match made.await {
        Ok(lines) => list::shared(&f, &lines).into_response(),
        Err(trouble) => trouble.response(&state, &f),
    }
}

fn line(v: &Viewer<'_>, l: &Shared) -> SharedLine {
    let Its { actions, why, .. } = &l.part;
    let due = actions.iter().filter(|a| a.end.is_none()).map(|a| a.task.due_on).min();
    SharedLine {
        href: format!("/work/plans/{}", l.case),
        name: l.name.clone(),
        why: why.clone(),
        due: due.map(|day| (day, day < v.today())),
    }
}

async fn open(v: &Viewer<'_>, id: &str) -> Result<(Shared, Resource), Trouble> {
    let id: FamilyCaseId = id.parse().map_err(|_| Trouble::Absent)?;
    let setting = v.setting();
    let mut tx = v.state.db.read().await?;
    let seen = read::one_shared(&mut tx, &desk(v), &v.sight(&setting), id).await?.ok_or(Trouble::Absent)?;
    drop(tx);
    let resource = seen.resource().at(Tier::Sensitive).showing(["plan"]);
    let shared = v.state.guard.reveal(v.who, Action::ViewPlan, &resource, &v.purpose, seen.sealed).await?;
    Ok((shared.into_inner(), resource))
}

/// Its part of one plan.
pub(crate) async fn one(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let Some(v) = viewer(&state, &session, &f) else { return forbidden(&f) };
    let made = async {
        let (shared, _) = open(&v, &id).await?;
        let lang = f.t.lang();
        let vm = Part {
            id: id.clone(),
            name: shared.name,
            why: shared.part.why,
            lead: agency(&v.pack, &shared.organisation, lang),
            goals: shown(&v.pack, lang, &shared.part.goals, &shared.part.actions, v.today()),
            conferences: shared.part.conferences,
            done: query.as_deref() == Some("done=saved"),
        };
        Ok(part::page_of(&f, &vm).into_response())
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}

fn asked(shared: &Shared, id: &str, number: u32) -> Result<Report, Trouble> {
    let action = shared.part.actions.iter().find(|a| a.number == number && a.end.is_none()).ok_or(Trouble::Absent)?;
    Ok(Report { id: id.to_owned(), number, name: shared.name.clone(), words: action.task.words.clone() })
}

/// The form on one of its actions.
pub(crate) async fn form(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path((id, number)): Path<(String, u32)>,
) -> Response {
    let Some(v) = viewer(&state, &session, &f) else { return forbidden(&f) };
    let made = async {
        let (shared, _) = open(&v, &id).await?;
        let form = Form::of([("id", FamilyActId::new(&*state.ids, v.now).to_string())]);
        Ok(part::report(&f, &form, &asked(&shared, &id, number)?).into_response())
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}

/// Takes its report.
pub(crate) async fn send(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path((id, number)): Path<(String, u32)>,
    mut form: Form,
) -> Response {
    let Some(v) = viewer(&state, &session, &f) else { return forbidden(&f) };
    let made = async {
        let (shared, resource) = open(&v, &id).await?;
        form.set("number", number.to_string());
        let name = form.id::<FamilyActId>(f.t, "id");
        if let (Some(act), Some(name)) = (sent::ended(f.t, &mut form), name) {
            let allowed = state.guard.permit(v.who, Action::AnswerPlan, &resource, &v.purpose).await?;
            let done = transact!(state.db, act::Fault, |tx| {
                act::run(tx, &desk(&v), v.who, &allowed, shared.case, (name, &act)).await
            });
            match done {
                Ok(_) => return Ok(Redirect::to(&format!("/work/plans/{id}?done=saved")).into_response()),
                Err(act::Fault::Rule(Fault::OtherSide(_))) => return Err(Trouble::Absent),
                Err(fault) => sent::refuse(f.t, &mut form, What::End, fault)?,
            }
        }
        let page = part::report(&f, &form, &asked(&shared, &id, number)?);
        Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}
