//! Requests for complaints: the office's list, one of them, its answer, giving it to somebody else.

use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use casework::case::{view, worklist};
use casework::follow::MOST_WORDS;
use casework::follow::grievance::{self, Fault, Named, Taker};
use guard::{Action, Purpose, Resource, Role, account};
use kernel::{AccountId, GrievanceId, PersonId};
use store::transact;

use super::complaints::{self, Complaint, Line};
use super::work_case_handlers::{days_until, forbidden, officials, purpose_kind, staff_names, trouble};
use crate::components::frame::Frame;
use crate::form::Form;
use crate::request::Session;
use crate::state::AppState;
use crate::viewer::{Trouble, Viewer};

/// How many open complaints are listed at most.
const MOST: u32 = 200;

/// Whether officials in this role answer complaints.
pub(crate) fn answers(role: Role) -> bool {
    matches!(role, Role::Caseworker | Role::Approver)
}

/// Whoever answers complaints: caseworkers and team leads.
fn viewer<'s>(state: &'s AppState, session: &'s Session, f: &Frame) -> Option<Viewer<'s>> {
    let role = session.who.role;
    let kind = purpose_kind(role).filter(|_| answers(role))?;
    Some(Viewer::new(state, &session.who, Purpose::new(kind, f.t.t("grievance-purpose"))))
}

/// The open complaints of the office.
pub(crate) async fn list(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    RawQuery(query): RawQuery,
) -> Response {
    let Some(v) = viewer(&state, &session, &f) else { return forbidden(&f) };
    let done = query.is_some_and(|q| q == "done=answered");
    let made = async {
        let setting = v.setting();
        let (sight, desk) = (v.sight(&setting), v.desk());
        let (agency, place) = worklist::office(&desk, v.who);
        let mut tx = state.db.read().await?;
        let seen = grievance::of_office(&mut tx, &desk, &sight, (&agency, place.as_deref()), MOST).await?;
        drop(tx);
        let resource = seen.resource().showing(["complaints"]);
        let open = v.state.guard.reveal(v.who, Action::ViewCase, &resource, &v.purpose, seen.sealed).await?;
        let mut tx = state.db.read().await?;
        let names = staff_names(&mut tx, open.iter().filter_map(|n| n.grievance.assigned_to).collect()).await?;
        let has = |n: &Named| n.grievance.assigned_to.and_then(|a| names.get(&a).cloned());
        Ok::<_, Trouble>(open.iter().map(|n| line(&v, n, has(n))).collect::<Vec<_>>())
    };
    match made.await {
        Ok(lines) => complaints::list(&f, done, &lines).into_response(),
        Err(trouble) => trouble.response(&state, &f),
    }
}

fn line(v: &Viewer<'_>, n: &Named, has: Option<String>) -> Line {
    let g = &n.grievance;
    Line { id: g.id.to_string(), name: n.name.clone(), kind: g.kind, due: (g.due_on, days_until(v, g.due_on)), has }
}

/// One complaint.
pub(crate) async fn one(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let Some(v) = viewer(&state, &session, &f) else { return forbidden(&f) };
    let given = query.is_some_and(|q| q == "done=given");
    show(&v, &f, &id, &Form::default(), given).await.unwrap_or_else(|trouble| trouble.response(&state, &f))
}

async fn show(v: &Viewer<'_>, f: &Frame, id: &str, form: &Form, given: bool) -> Result<Response, Trouble> {
    let (named, _) = open(v, id).await?;
    let g = &named.grievance;
    let mut tx = v.state.db.read().await?;
    let names = staff_names(&mut tx, g.assigned_to.into_iter().collect()).await?;
    let programme = match g.case {
        Some(case) => view::bare(&mut tx, case).await?.map(|c| (format!("/work/case/{case}"), c.programme)),
        None => None,
    };
    let officials = officials(&mut tx, v).await?;
    drop(tx);
    let name = |id: String| v.pack.programmes().get(&id).map_or(id, |p| p.name.get(f.t.lang()).to_owned());
    let vm = Complaint {
        line: line(v, &named, g.assigned_to.and_then(|a| names.get(&a).cloned())),
        words: g.words.clone(),
        status: g.status,
        answer: g.answer.clone(),
        made_at: g.made_at,
        case: programme.map(|(href, id)| (href, name(id))),
        officials,
        given,
        offset_hours: v.offset(),
    };
    Ok((form.status(), complaints::one(f, form, &vm)).into_response())
}

/// Opens a complaint to the viewer's office: the look is in the log before it comes back.
async fn open(v: &Viewer<'_>, id: &str) -> Result<(Named, Resource), Trouble> {
    let id: GrievanceId = id.parse().map_err(|_| Trouble::Absent)?;
    let setting = v.setting();
    let (sight, desk) = (v.sight(&setting), v.desk());
    let (agency, place) = worklist::office(&desk, v.who);
    let mut tx = v.state.db.read().await?;
    let seen = grievance::for_office(&mut tx, &desk, &sight, (&agency, place.as_deref()), id).await?;
    drop(tx);
    let seen = seen.ok_or(Trouble::Absent)?;
    let resource = seen.resource().showing(["complaint"]);
    let open = v.state.guard.reveal(v.who, Action::ViewCase, &resource, &v.purpose, seen.sealed).await?;
    Ok((open.into_inner(), resource))
}

/// Answers a complaint, or gives it to somebody.
pub(crate) async fn send(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path(id): Path<String>,
    mut form: Form,
) -> Response {
    let Some(v) = viewer(&state, &session, &f) else { return forbidden(&f) };
    let made = async {
        let (named, resource) = open(&v, &id).await?;
        let id = named.grievance.id;
        let done = match form.get("do") {
            "answer" => answered(&v, &f, id, &resource, &mut form).await?,
            "give" => given(&v, &f, id, &resource, &mut form).await?,
            _ => return Err(Trouble::Absent),
        };
        match done {
            Some(to) => Ok(Redirect::to(&to).into_response()),
            None => show(&v, &f, &id.to_string(), &form, false).await,
        }
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}

async fn answered(
    v: &Viewer<'_>,
    f: &Frame,
    id: GrievanceId,
    about: &Resource,
    form: &mut Form,
) -> Result<Option<String>, Trouble> {
    let words = form.required(f.t, "answer", MOST_WORDS);
    if !form.is_fine() {
        return Ok(None);
    }
    let allowed = v.state.guard.permit(v.who, Action::AnswerComplaint, about, &v.purpose).await?;
    let desk = v.desk();
    let done = transact!(v.state.db, Fault, |tx| grievance::answer(tx, &desk, v.who, &allowed, id, &words).await);
    said(f, form, "answer", done, "/work/complaints?done=answered".to_owned())
}

async fn given(
    v: &Viewer<'_>,
    f: &Frame,
    id: GrievanceId,
    about: &Resource,
    form: &mut Form,
) -> Result<Option<String>, Trouble> {
    let to = match form.get("to") {
        "" => None,
        chosen => Some(taker(v, chosen).await?),
    };
    let allowed = v.state.guard.permit(v.who, Action::AnswerComplaint, about, &v.purpose).await?;
    let desk = v.desk();
    let done = transact!(v.state.db, Fault, |tx| grievance::give(tx, &desk, &allowed, id, to).await);
    said(f, form, "to", done, format!("/work/complaints/{id}?done=given"))
}

/// The official chosen, who must be one of the office.
async fn taker(v: &Viewer<'_>, chosen: &str) -> Result<Taker, Trouble> {
    let account: AccountId = chosen.parse().map_err(|_| Trouble::Absent)?;
    let mut tx = v.state.db.read().await?;
    if !officials(&mut tx, v).await?.iter().any(|(id, _)| id == chosen) {
        return Err(Trouble::Absent);
    }
    let person: Option<PersonId> = account::by_id(&mut tx, account).await.map_err(trouble)?.and_then(|a| a.person);
    Ok((account, person))
}

/// Where to go on, or what is wrong beside the field.
fn said(
    f: &Frame,
    form: &mut Form,
    field: &str,
    done: Result<(), Fault>,
    to: String,
) -> Result<Option<String>, Trouble> {
    let key = match done {
        Ok(()) => return Ok(Some(to)),
        Err(Fault::Store(why)) => return Err(why.into()),
        Err(Fault::Nothing) => return Err(Trouble::Absent),
        Err(Fault::TookPart) => "grievance-fault-took-part",
        Err(Fault::Done) => "grievance-fault-done",
        Err(Fault::NoWords) => "error-reason-short",
        Err(_) => "work-fault-not-allowed",
    };
    form.refuse(field, f.t.t(key));
    Ok(None)
}
