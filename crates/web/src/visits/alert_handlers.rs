//! Requests for what a supervisor must see to.

use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use guard::{Action, Tier};
use kernel::{AlertId, PersonId};
use store::transact;
use visit::alert::{self, Fault};

use super::alerts::{self, Alert, Line};
use super::{desk, supervisor};
use crate::components::frame::Frame;
use crate::form::Form;
use crate::official::work_case_handlers::{forbidden, staff_names};
use crate::request::Session;
use crate::state::AppState;
use crate::viewer::{Trouble, Viewer};

/// The list.
pub(crate) async fn list(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    RawQuery(query): RawQuery,
) -> Response {
    let Some(v) = supervisor(&state, &session, &f) else { return forbidden(&f) };
    let done = !crate::citizen::cases::done(query).is_empty();
    let made = async {
        let setting = v.setting();
        let sight = v.sight(&setting);
        let mut tx = state.db.read().await?;
        let seen = alert::of_office(&mut tx, &desk(&v), &sight).await?;
        drop(tx);
        let resource = seen.resource().at(Tier::Sensitive).showing(["visits"]);
        let lines = v.state.guard.reveal(v.who, Action::ViewVisits, &resource, &v.purpose, seen.sealed).await?;
        let mut tx = state.db.read().await?;
        let names = staff_names(&mut tx, lines.iter().filter_map(|l| l.taken_by).collect()).await?;
        Ok::<_, Trouble>(
            lines.iter().map(|l| line(&v, l, l.taken_by.and_then(|a| names.get(&a).cloned()))).collect::<Vec<_>>(),
        )
    };
    match made.await {
        Ok(lines) => alerts::list(&f, v.offset(), done, &lines).into_response(),
        Err(trouble) => trouble.response(&state, &f),
    }
}

fn line(v: &Viewer<'_>, l: &alert::Line, by: Option<String>) -> Line {
    Line {
        href: format!("/visits/alerts/{}/{}", l.person, l.id),
        name: l.name.clone(),
        status: l.status,
        opened_at: l.opened_at,
        due_at: l.due_at,
        late: v.now > l.due_at,
        by,
    }
}

/// One, still shut.
pub(crate) async fn shut(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path((person, id)): Path<(String, String)>,
) -> Response {
    let Some(_) = supervisor(&state, &session, &f) else { return forbidden(&f) };
    alerts::shut(&f, &Form::default(), &format!("/visits/alerts/{person}/{id}")).into_response()
}

/// Opens one to somebody who is alone, takes it, closes it.
pub(crate) async fn act(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path((person, id)): Path<(String, String)>,
    mut form: Form,
) -> Response {
    let Some(v) = supervisor(&state, &session, &f) else { return forbidden(&f) };
    let to = format!("/visits/alerts/{person}/{id}");
    if form.get("alone") != "yes" {
        form.refuse("alone", f.t.t("visits-error-alone"));
        return (StatusCode::UNPROCESSABLE_ENTITY, alerts::shut(&f, &form, &to)).into_response();
    }
    let made = async {
        let person: PersonId = person.parse().map_err(|_| Trouble::Absent)?;
        let id: AlertId = id.parse().map_err(|_| Trouble::Absent)?;
        let (opened, resource) = open(&v, person, id).await?;
        let done = match form.get("do") {
            "take" => {
                let allowed = v.state.guard.permit(v.who, Action::ViewKept, &resource, &v.purpose).await?;
                Some(transact!(state.db, Fault, |tx| alert::take(tx, &desk(&v), v.who, &allowed, (person, id)).await))
            }
            "close" if form.is_fine() => {
                let allowed = v.state.guard.permit(v.who, Action::ViewKept, &resource, &v.purpose).await?;
                let words = form.get("outcome").to_owned();
                Some(transact!(state.db, Fault, |tx| alert::close(
                    tx,
                    &desk(&v),
                    v.who,
                    &allowed,
                    (person, id),
                    &words
                )
                .await))
            }
            _ => None,
        };
        match done {
            Some(Ok(())) => return Ok(Redirect::to("/visits/alerts?done=saved").into_response()),
            Some(Err(Fault::Store(why))) => return Err(why.into()),
            Some(Err(Fault::NoWords)) => form.refuse("outcome", f.t.t("error-reason-short")),
            Some(Err(_)) => form.refuse("outcome", f.t.t("visits-error-alert")),
            None => {}
        }
        Ok((form.status(), alerts::one(&f, &form, &to, &shown(&v, &f, &opened).await?)).into_response())
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}

async fn open(v: &Viewer<'_>, person: PersonId, id: AlertId) -> Result<(alert::Alert, guard::Resource), Trouble> {
    let setting = v.setting();
    let sight = v.sight(&setting);
    let mut tx = v.state.db.read().await?;
    let found = alert::one(&mut tx, &desk(v), &sight, person, id).await;
    drop(tx);
    let (seen, _) = match found {
        Ok(found) => found.ok_or(Trouble::Absent)?,
        Err(Fault::Store(why)) => return Err(why.into()),
        Err(other) => return Err(store::StoreError::Driver(other.to_string()).into()),
    };
    if !seen.about.iter().all(|(_, relation)| relation.open_case) {
        return Err(Trouble::Absent);
    }
    let resource = seen.resource().at(Tier::Sensitive).showing(["visits"]);
    let opened = v.state.guard.reveal(v.who, Action::ViewKept, &resource, &v.purpose, seen.sealed).await?;
    Ok((opened.into_inner(), resource))
}

async fn shown(v: &Viewer<'_>, f: &Frame, a: &alert::Alert) -> Result<Alert, Trouble> {
    let mut tx = v.state.db.read().await?;
    let names = staff_names(&mut tx, a.line.taken_by.into_iter().collect()).await?;
    let key = format!("visits-danger-{}", a.subject.kind.replace('_', "-"));
    let known = f.t.t(&key);
    // A kind of danger this version has no words for is told as the pack writes it.
    let about = if known.contains(text::MISSING_MARK) { a.subject.kind.clone() } else { known.into_owned() };
    Ok(Alert {
        family: format!("/visits/family/{}", a.line.enrolment),
        line: line(v, &a.line, a.line.taken_by.and_then(|by| names.get(&by).cloned())),
        about,
        action: a.subject.action.get(f.t.lang()).to_owned(),
        outcome: a.outcome.clone(),
        offset: v.offset(),
    })
}
