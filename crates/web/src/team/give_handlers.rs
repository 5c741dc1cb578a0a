//! Requests that hand families over.

use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use guard::{Action, Resource, Tier};
use kernel::{AccountId, EnrolmentId, HandoverId, PersonId};
use store::transact;
use visit::handover::{AHEAD, Fault, Input};
use visit::read;
use workforce::{handover, team};

use super::give::{self, Give};
use super::handlers::load_words;
use crate::components::frame::Frame;
use crate::form::Form;
use crate::official::work_case_handlers::{forbidden, trouble};
use crate::request::Session;
use crate::state::AppState;
use crate::viewer::{Trouble, Viewer};
use crate::visits::{desk, handlers, supervisor};

/// The form; the families are those of the nurse who was chosen.
pub(crate) async fn form(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    RawQuery(query): RawQuery,
) -> Response {
    let Some(v) = supervisor(&state, &session, &f) else { return forbidden(&f) };
    let mut form = Form::of_query(query.as_deref());
    form.set("id", HandoverId::new(&*state.ids, v.now).to_string());
    page(&v, &f, &form).await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}

async fn page(v: &Viewer<'_>, f: &Frame, form: &Form) -> Result<Response, Trouble> {
    let mut tx = v.state.db.read().await?;
    let team = team::members(&mut tx, &v.pack, v.who).await.map_err(trouble)?;
    let nurses = team.into_iter().map(|(id, name)| (id.to_string(), name)).collect();
    let nurses = load_words(&mut tx, v, f, nurses, None).await?;
    drop(tx);
    let families = match form.get("from").parse::<AccountId>() {
        Ok(nurse) => Some(families(v, f, nurse).await?),
        Err(_) => None,
    };
    Ok((form.status(), give::page_of(f, form, &Give { nurses, families })).into_response())
}

/// The families of a nurse, with the level of need and since when; those that are to be handed over already are left out.
async fn families(v: &Viewer<'_>, f: &Frame, nurse: AccountId) -> Result<Vec<(String, String)>, Trouble> {
    let (t, today) = (f.t, v.today());
    let lines = handlers::listed(v).await?;
    let hers = lines.iter().filter(|l| l.enrolment.nurse_on(today) == Some(nurse));
    let still = hers.filter(|l| l.enrolment.next.is_none_or(|(_, from)| from <= today));
    let words = |l: &read::Line| {
        let protocol = v.pack.protocols().get(&l.enrolment.protocol);
        let protocol = protocol.map_or_else(String::new, |p| p.name.get(t.lang()).to_owned());
        let since = t.with("team-since", &[("date", t.date(l.enrolment.entered_on).to_string().into())]);
        format!("{} · {protocol} · {since}", l.name)
    };
    Ok(still.map(|l| (l.enrolment.id.to_string(), words(l))).collect())
}

/// Hands over.
pub(crate) async fn send(State(state): State<AppState>, session: Session, f: Frame, mut form: Form) -> Response {
    let Some(v) = supervisor(&state, &session, &f) else { return forbidden(&f) };
    let made = async {
        let input = input(&v, &f, &mut form).await?;
        if let (Some(input), true) = (input, form.is_fine()) {
            let allowed = permit(&v, &input.families).await?;
            let done = transact!(state.db, Fault, |tx| handover::run(tx, &desk(&v), v.who, &allowed, &input).await);
            match done {
                Ok(()) => return Ok(Redirect::to("/visits/team?done=handover").into_response()),
                Err(fault) => refuse(&f, &mut form, fault)?,
            }
        }
        page(&v, &f, &form).await
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}

async fn input(v: &Viewer<'_>, f: &Frame, form: &mut Form) -> Result<Option<Input>, Trouble> {
    let mut tx = v.state.db.read().await?;
    let team = team::members(&mut tx, &v.pack, v.who).await.map_err(trouble)?;
    drop(tx);
    let (id, on) = (form.id::<HandoverId>(f.t, "id"), form.date(f.t, "on"));
    let from: AccountId = form.get("from").parse().map_err(|_| Trouble::Absent)?;
    let to = form.id::<AccountId>(f.t, "to");
    // Whoever left the team may still have families; whoever takes them is in it.
    if to.is_some_and(|to| team.iter().all(|(id, _)| *id != to)) {
        return Err(Trouble::Absent);
    }
    let families: Result<Vec<EnrolmentId>, _> = form.all("family").map(str::parse).collect();
    let families = families.map_err(|_| Trouble::Absent)?;
    if families.is_empty() {
        form.refuse("family", f.t.t("error-choose"));
    }
    let reason = form.required(f.t, "reason", visit::handover::MOST_WORDS);
    let (Some(id), Some(to), Some(on)) = (id, to, on) else { return Ok(None) };
    Ok(Some(Input { id, from, to, on, families, reason }))
}

/// The guard's decision about every family, at once.
pub(crate) async fn permit(v: &Viewer<'_>, families: &[EnrolmentId]) -> Result<guard::Allowed, Trouble> {
    let setting = v.setting();
    let sight = v.sight(&setting);
    let mut tx = v.state.db.read().await?;
    let mut about: Vec<(PersonId, guard::Relation)> = Vec::new();
    for id in families {
        let (_, people) = read::standing(&mut tx, &desk(v), &sight, *id).await?.ok_or(Trouble::Absent)?;
        about.extend(people);
    }
    drop(tx);
    let resource = Resource::people(about).at(Tier::Sensitive).showing(["visits"]);
    Ok(v.state.guard.permit(v.who, Action::ManageVisits, &resource, &v.purpose).await?)
}

fn refuse(f: &Frame, form: &mut Form, fault: Fault) -> Result<(), Trouble> {
    let t = f.t;
    match fault {
        Fault::Store(why) => return Err(why.into()),
        Fault::NotAllowed => return Err(Trouble::Absent),
        Fault::NotHers(_) | Fault::Already(_) => form.refuse("family", t.t("team-error-not-hers")),
        Fault::NoFamily => form.refuse("family", t.t("error-choose")),
        Fault::Same => form.refuse("to", t.t("team-error-same")),
        Fault::Day(_) => form.refuse("on", t.with("team-error-day", &[("days", i64::from(AHEAD).into())])),
        Fault::NoReason => {
            form.refuse("reason", t.with("team-error-words", &[("most", visit::handover::MOST_WORDS.into())]))
        }
        Fault::OtherContent => form.refuse("id", t.t("team-error-again")),
    }
    Ok(())
}
