//! Requests of a mother about her groups.

use std::collections::BTreeSet;

use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use group::model::Fault;
use group::read::Own;
use group::{presence, read, take_part};
use guard::{Action, Purpose, Resource, Role, Tier};
use kernel::{GroupId, GroupSessionId, PersonId};
use store::transact;

use super::own::{Mine, page_of};
use crate::citizen::cases::done;
use crate::components::frame::Frame;
use crate::form::Form;
use crate::official::work_case_handlers::{forbidden, staff_names};
use crate::request::Session;
use crate::state::AppState;
use crate::viewer::{Trouble, Viewer};
use crate::visits::desk;

async fn mine(v: &Viewer<'_>) -> Result<(PersonId, Resource, Vec<Own>), Trouble> {
    let person = v.who.person.ok_or(Trouble::NoPerson)?;
    let setting = v.setting();
    let sight = v.sight(&setting);
    let mut tx = v.state.db.read().await?;
    let person = registry::read::surviving(&mut tx, person).await?;
    let seen = read::own(&mut tx, &desk(v), &sight, person).await?;
    drop(tx);
    let resource = seen.resource().at(Tier::Sensitive).showing(["group"]);
    let open = v.state.guard.reveal(v.who, Action::ViewVisits, &resource, &v.purpose, seen.sealed).await?;
    Ok((person, resource, open.into_inner()))
}

async fn page(
    v: &Viewer<'_>,
    f: &Frame,
    form: &Form,
    all: &[Own],
    done: Option<&'static str>,
) -> Result<Response, Trouble> {
    let lang = f.t.lang();
    let leaders: BTreeSet<_> = all.iter().map(|o| o.group.facilitator).collect();
    let names = staff_names(&mut v.state.db.read().await?, leaders).await?;
    let shown = |o: &Own| {
        let kind = o.group.kind_of(&v.pack);
        Mine {
            id: o.group.id.to_string(),
            kind: kind.map_or_else(
                || (o.group.kind.clone(), String::new()),
                |k| (k.name.get(lang).into(), k.about.get(lang).into()),
            ),
            venue: o.group.venue.clone(),
            facilitator: names.get(&o.group.facilitator).cloned().unwrap_or_default(),
            status: o.status,
            ahead: o.ahead.iter().map(|s| (s.held_on, s.starts.clone(), s.topic.clone())).collect(),
        }
    };
    let asked = all.iter().flat_map(|o| &o.asked).map(|s| (s.id.to_string(), s.held_on, s.topic.clone())).next();
    let all: Vec<Mine> = all.iter().map(shown).collect();
    Ok((form.status(), page_of(f, form, &all, asked.as_ref(), done)).into_response())
}

/// Her groups.
pub(crate) async fn show(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    RawQuery(query): RawQuery,
) -> Response {
    if session.who.role != Role::Citizen {
        return forbidden(&f);
    }
    let v = Viewer::new(&state, &session.who, Purpose::own_affairs());
    let done = match done(query).as_str() {
        "saved" => Some("group-saved"),
        "said" => Some("group-thanks"),
        _ => None,
    };
    let made = async {
        let (_, _, all) = mine(&v).await?;
        page(&v, &f, &Form::default(), &all, done).await
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}

/// She joins, leaves, or says how it was.
pub(crate) async fn send(State(state): State<AppState>, session: Session, f: Frame, mut form: Form) -> Response {
    if session.who.role != Role::Citizen {
        return forbidden(&f);
    }
    let v = Viewer::new(&state, &session.who, Purpose::own_affairs());
    let made = async {
        let (person, resource, all) = mine(&v).await?;
        let allowed = state.guard.permit(v.who, Action::JoinGroup, &resource, &v.purpose).await?;
        let (done, to) = if form.get("do") == "say" {
            let id: GroupSessionId = form.get("session").parse().map_err(|_| Trouble::Absent)?;
            let points = form.get("points").parse().unwrap_or(0);
            let said =
                transact!(state.db, Fault, |tx| presence::say(tx, &desk(&v), &allowed, (id, person), points).await);
            (said, "/visits/own-groups?done=said")
        } else {
            let id: GroupId = form.get("group").parse().map_err(|_| Trouble::Absent)?;
            let joins = form.get("do") == "join";
            let answered = transact!(state.db, Fault, |tx| {
                take_part::answer(tx, &desk(&v), &allowed, (id, person), joins).await
            });
            (answered, "/visits/own-groups?done=saved")
        };
        match done {
            Ok(()) => Ok(Redirect::to(to).into_response()),
            Err(Fault::Store(why)) => Err(why.into()),
            Err(Fault::Points) => {
                form.refuse("points", f.t.t("error-choose"));
                page(&v, &f, &form, &all, None).await
            }
            Err(Fault::Full) => {
                form.refuse("group", f.t.t("group-error-full"));
                page(&v, &f, &form, &all, None).await
            }
            Err(_) => Err(Trouble::Absent),
        }
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}
