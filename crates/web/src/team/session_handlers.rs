//! Requests of supervision: a session written down, read, and what its two write about it.

use std::collections::BTreeSet;

use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use catalogue::model::SupervisionKind;
use guard::{Action, Resource, Role, Tier};
use kernel::{AccountId, ReflectionId, SubmissionId, SupervisionId};
use store::transact;
use visit::read;
use workforce::supervision::{self, Content, Input, Seen, Supervision};
use workforce::{Fault, reflection, team};

use super::act_handlers::{failed, refuse};
use super::handlers::look;
use super::kind_key;
use super::session::{self, Ask, Held, Note};
use crate::components::frame::Frame;
use crate::form::Form;
use crate::official::work_case_handlers::{forbidden, staff_names, trouble};
use crate::request::Session;
use crate::state::AppState;
use crate::viewer::{Trouble, Viewer};
use crate::visits::{desk, supervisor, viewer};

/// The form of a session. An observed visit is begun from the visit, which says whose it was and when.
pub(crate) async fn form(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    RawQuery(query): RawQuery,
) -> Response {
    let Some(v) = supervisor(&state, &session, &f) else { return forbidden(&f) };
    let mut form = Form::of_query(query.as_deref());
    form.set("id", SupervisionId::new(&*state.ids, v.now).to_string());
    let made = async {
        if form.has("visit") {
            let visit: SubmissionId = form.get("visit").parse().map_err(|_| Trouble::Absent)?;
            let mut tx = state.db.read().await?;
            let (nurse, on) = read::visit_made(&mut tx, visit).await?.ok_or(Trouble::Absent)?;
            drop(tx);
            form.set("nurse", nurse.to_string());
            form.set("on", on.to_string());
        } else {
            form.set("on", v.today().to_string());
        }
        page(&v, &f, &form).await
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}

async fn page(v: &Viewer<'_>, f: &Frame, form: &Form) -> Result<Response, Trouble> {
    let rules = v.pack.workforce().ok_or(Trouble::Absent)?;
    let mut tx = v.state.db.read().await?;
    let team = team::members(&mut tx, &v.pack, v.who).await.map_err(trouble)?;
    drop(tx);
    if form.has("visit") && team.iter().all(|(id, _)| form.get("nurse") != id.to_string()) {
        return Err(Trouble::Absent);
    }
    let checks = rules.checklist.iter().map(|(id, words)| (id.clone(), words.get(f.t.lang()).to_owned()));
    let vm = Ask {
        nurses: team.into_iter().map(|(id, name)| (id.to_string(), name)).collect(),
        checklist: form.has("visit").then(|| checks.collect()),
    };
    Ok((form.status(), session::form_of(f, form, &vm)).into_response())
}

/// Writes a session down.
pub(crate) async fn hold(State(state): State<AppState>, session: Session, f: Frame, mut form: Form) -> Response {
    let Some(v) = supervisor(&state, &session, &f) else { return forbidden(&f) };
    let made = async {
        let allowed = look(&v, Action::ManageTeam, "supervision").await?;
        if let Some(input) = input(&f, &mut form)?.filter(|_| form.is_fine()) {
            let done = transact!(state.db, Fault, |tx| supervision::hold(tx, &desk(&v), v.who, &allowed, &input).await);
            match done {
                Ok(()) => return Ok(Redirect::to(&format!("/visits/session/{}?done=saved", input.id)).into_response()),
                Err(fault) => refuse(f.t, &mut form, fault)?,
            }
        }
        page(&v, &f, &form).await
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}

fn input(f: &Frame, form: &mut Form) -> Result<Option<Input>, Trouble> {
    let t = f.t;
    let visit: Option<SubmissionId> = match form.has("visit") {
        true => Some(form.get("visit").parse().map_err(|_| Trouble::Absent)?),
        false => None,
    };
    let kind = match (visit, form.get("kind").parse::<SupervisionKind>()) {
        (Some(_), _) => Some(SupervisionKind::Observed),
        (None, Ok(kind)) => Some(kind),
        (None, Err(_)) => {
            form.refuse("kind", t.t("error-choose"));
            None
        }
    };
    let nurses: Result<Vec<AccountId>, _> = form.all("nurse").map(str::parse).collect();
    let nurses = nurses.map_err(|_| Trouble::Absent)?;
    let (id, on, minutes) = (form.id::<SupervisionId>(t, "id"), form.date(t, "on"), form.number(t, "minutes"));
    let topics = form.required(t, "topics", supervision::MOST_WORDS);
    let agreed = form.optional(t, "agreed", supervision::MOST_WORDS);
    let points = form.pairs().iter().filter_map(|(name, value)| Some((name.strip_prefix("seen.")?, value)));
    let seen = points.filter_map(|(point, value)| Some((point.to_owned(), value.parse::<Seen>().ok()?))).collect();
    let (Some(id), Some(kind), Some(on), Some(minutes)) = (id, kind, on, minutes) else { return Ok(None) };
    Ok(Some(Input { id, kind, nurses, on, minutes, content: Content { topics, agreed, seen }, visit }))
}

/// A session, and to the two of it what they wrote.
pub(crate) async fn one(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let Some(v) = viewer(&state, &session, &f) else { return forbidden(&f) };
    let done = Form::of_query(query.as_deref()).get("done") == "saved";
    let form = Form::of([("id", ReflectionId::new(&*state.ids, v.now).to_string())]);
    show(&v, &f, &id, &form, done).await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}

async fn show(v: &Viewer<'_>, f: &Frame, id: &str, form: &Form, done: bool) -> Result<Response, Trouble> {
    let id: SupervisionId = id.parse().map_err(|_| Trouble::Absent)?;
    let mut tx = v.state.db.read().await?;
    let held = supervision::one(&mut tx, &desk(v), v.who, id).await?.ok_or(Trouble::Absent)?;
    drop(tx);
    let _allowed = look(v, Action::ViewTeam, "supervision").await?;
    let notes = between(v, id).await?;
    let mut people: BTreeSet<AccountId> = held.nurses.iter().copied().collect();
    people.insert(held.lead);
    let mut tx = v.state.db.read().await?;
    let names = staff_names(&mut tx, people).await?;
    drop(tx);
    let name = |id: &AccountId| names.get(id).cloned().unwrap_or_default();
    let note = |r: reflection::Reflection| Note { by: name(&r.author), at: r.at, words: r.words };
    let vm = Held {
        id: held.id.to_string(),
        kind: kind_key(held.kind),
        on: held.on,
        minutes: held.minutes,
        lead: name(&held.lead),
        nurses: held.nurses.iter().map(&name).collect(),
        seen: seen(v, f, &held),
        topics: held.content.topics.clone(),
        agreed: held.content.agreed.clone(),
        between: notes.map(|notes| notes.into_iter().map(note).collect()),
        offset: v.offset(),
        done,
        back: match (v.who.role, held.nurses.as_slice()) {
            (Role::Nurse, _) => "/visits/training".to_owned(),
            (_, [nurse]) => format!("/visits/team/nurse/{nurse}"),
            _ => "/visits/team".to_owned(),
        },
    };
    Ok((form.status(), session::page_of(f, form, &vm)).into_response())
}

/// The points of the checklist that were looked at, as the pack words them now.
fn seen(v: &Viewer<'_>, f: &Frame, held: &Supervision) -> Vec<(String, String)> {
    let words = |id: &String| {
        let known = v.pack.workforce().and_then(|w| w.checklist.iter().find(|(point, _)| point == id));
        known.map_or_else(|| id.clone(), |(_, words)| words.get(f.t.lang()).to_owned())
    };
    held.content.seen.iter().map(|(point, how)| (words(point), how.word().to_owned())).collect()
}

/// What the two wrote: a look of its own in the log. `None`: the viewer is not one of them.
async fn between(v: &Viewer<'_>, id: SupervisionId) -> Result<Option<Vec<reflection::Reflection>>, Trouble> {
    let mut tx = v.state.db.read().await?;
    let found = reflection::read(&mut tx, &desk(v), v.who, id).await.map_err(failed)?;
    drop(tx);
    let Some(found) = found else { return Ok(None) };
    let resource = found.resource().at(Tier::Sensitive).showing(["reflection"]);
    let open = v.state.guard.reveal(v.who, Action::ViewReflection, &resource, &v.purpose, found.sealed).await?;
    Ok(Some(open.into_inner()))
}

/// One of the two writes something.
pub(crate) async fn write(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path(id): Path<String>,
    mut form: Form,
) -> Response {
    let Some(v) = viewer(&state, &session, &f) else { return forbidden(&f) };
    let made = async {
        let of: SupervisionId = id.parse().map_err(|_| Trouble::Absent)?;
        let mut tx = state.db.read().await?;
        let held = supervision::one(&mut tx, &desk(&v), v.who, of).await?.ok_or(Trouble::Absent)?;
        drop(tx);
        let about = reflection::relation(v.who, &held).ok_or(Trouble::Absent)?;
        let resource = Resource::people(about).at(Tier::Sensitive).showing(["reflection"]);
        let allowed = state.guard.permit(v.who, Action::WriteReflection, &resource, &v.purpose).await?;
        let (name, words) = (form.id::<ReflectionId>(f.t, "id"), form.required(f.t, "words", reflection::MOST_WORDS));
        if let (Some(name), true) = (name, form.is_fine()) {
            let done = transact!(state.db, Fault, |tx| {
                reflection::write(tx, &desk(&v), v.who, &allowed, (of, name), &words).await
            });
            match done {
                Ok(()) => return Ok(Redirect::to(&format!("/visits/session/{id}?done=saved")).into_response()),
                Err(fault) => refuse(f.t, &mut form, fault)?,
            }
        }
        show(&v, &f, &id, &form, false).await
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}
