//! Requests of the office that runs groups.

use std::collections::BTreeSet;

use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use group::model::Fault;
use group::plan::{self, NewGroup, NewSession};
use group::read::{self, Member, Whole};
use guard::{Action, Allowed, Relation, Resource, Role, Tier};
use kernel::{AccountId, GroupId, GroupSessionId, PersonId};
use store::transact;
use text::Text;

use super::acts::{Act, takes_part};
use super::list::{self, Choices, List};
use super::office::{self, One};
use crate::components::frame::Frame;
use crate::form::Form;
use crate::official::work_case_handlers::{forbidden, staff_names, trouble};
use crate::request::Session;
use crate::state::AppState;
use crate::viewer::{Trouble, Viewer};
use crate::visits::{desk, supervisor, viewer};

pub(super) async fn may(v: &Viewer<'_>, action: Action) -> Result<Allowed, Trouble> {
    Ok(v.state.guard.permit(v.who, action, &Resource::thing("groups"), &v.purpose).await?)
}

/// Says beside the field what is wrong. What can only be an address made up by hand is as if it were not there.
fn refuse(t: Text, form: &mut Form, fault: Fault) -> Result<(), Trouble> {
    let (field, words) = match fault {
        Fault::Store(why) => return Err(why.into()),
        Fault::Accounts(why) => return Err(trouble(why)),
        Fault::NotAllowed | Fault::Nothing | Fault::Points => return Err(Trouble::Absent),
        Fault::NoKind => ("kind", t.t("error-choose")),
        Fault::NoFacilitator => ("facilitator", t.t("error-choose")),
        Fault::Seats(most) => ("seats", t.with("group-error-seats", &[("most", i64::from(most).into())])),
        Fault::Words(field) => (field, t.t("group-error-words")),
        Fault::When(field) => (field, t.t("group-error-when")),
        Fault::Full => ("family", t.t("group-error-full")),
        Fault::NotNow => ("family", t.t("group-error-not-now")),
        Fault::Again => ("family", t.t("group-error-again")),
        Fault::NotThen => ("session", t.t("group-error-then")),
    };
    form.refuse(field, words);
    Ok(())
}

/// The groups of the office.
pub(crate) async fn all(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    RawQuery(query): RawQuery,
) -> Response {
    let Some(v) = viewer(&state, &session, &f) else { return forbidden(&f) };
    let done = if Form::of_query(query.as_deref()).get("done") == "closed" { Some("group-closed") } else { None };
    let form = Form::of([("id", GroupId::new(&*state.ids, v.now).to_string())]);
    list_page(&v, &f, &form, done).await.unwrap_or_else(|trouble| trouble.response(&state, &f))
}

async fn list_page(v: &Viewer<'_>, f: &Frame, form: &Form, done: Option<&'static str>) -> Result<Response, Trouble> {
    let _allowed = may(v, Action::ViewGroups).await?;
    let lang = f.t.lang();
    let mut tx = v.state.db.read().await?;
    let groups = read::groups(&mut tx, &desk(v), v.who).await?;
    let names = staff_names(&mut tx, groups.iter().map(|g| g.facilitator).collect()).await?;
    let mut lines = Vec::new();
    for group in groups {
        let sessions = read::sessions(&mut tx, group.id).await?;
        let next = sessions.iter().find(|s| !s.cancelled && s.held_on >= v.today());
        lines.push(list::Line {
            href: format!("/visits/groups/{}", group.id),
            kind: group.kind_of(&v.pack).map_or_else(|| group.kind.clone(), |k| k.name.get(lang).to_owned()),
            facilitator: names.get(&group.facilitator).cloned().unwrap_or_default(),
            seats: (group.taken, group.seats),
            next: next.map(|s| (s.held_on, s.starts.clone())),
            venue: group.venue,
        });
    }
    let open = if v.who.role == Role::VisitSupervisor {
        let kinds = v.pack.groups().iter().map(|k| (k.id.clone(), k.name.get(lang).to_owned())).collect();
        let team = workforce::team::members(&mut tx, &v.pack, v.who).await.map_err(trouble)?;
        Some(Choices { kinds, nurses: team.into_iter().map(|(id, name)| (id.to_string(), name)).collect() })
    } else {
        None
    };
    Ok((form.status(), list::page_of(f, form, &List { lines, open, done })).into_response())
}

/// Opens a group.
pub(crate) async fn open(State(state): State<AppState>, session: Session, f: Frame, mut form: Form) -> Response {
    let Some(v) = supervisor(&state, &session, &f) else { return forbidden(&f) };
    let made = async {
        let allowed = may(&v, Action::ManageGroups).await?;
        let id = form.id::<GroupId>(f.t, "id");
        let facilitator = form.id::<AccountId>(f.t, "facilitator");
        let seats = form.get("seats").trim().parse().unwrap_or(0);
        if let (Some(id), Some(facilitator), true) = (id, facilitator, form.is_fine()) {
            let (kind, venue) = (form.get("kind").to_owned(), form.get("venue").to_owned());
            let new = NewGroup { id, kind, venue, facilitator, seats };
            match transact!(state.db, Fault, |tx| plan::open(tx, &desk(&v), v.who, &allowed, &new).await) {
                Ok(()) => return Ok(Redirect::to(&format!("/visits/groups/{id}?done=saved")).into_response()),
                Err(fault) => refuse(f.t, &mut form, fault)?,
            }
        }
        list_page(&v, &f, &form, None).await
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}

/// One group, opened: the look at its people is in the log.
pub(crate) struct Opened {
    pub(super) whole: Whole,
    pub(super) about: Vec<(PersonId, Relation)>,
    pub(super) members: Vec<Member>,
}

/// Opens a group of the viewer's office. Another office's looks as if there were none.
pub(crate) async fn opened(v: &Viewer<'_>, id: &str) -> Result<Opened, Trouble> {
    let _allowed = may(v, Action::ViewGroups).await?;
    let id: GroupId = id.parse().map_err(|_| Trouble::Absent)?;
    let setting = v.setting();
    let sight = v.sight(&setting);
    let mut tx = v.state.db.read().await?;
    let whole = read::one(&mut tx, &desk(v), v.who, id).await?.ok_or(Trouble::Absent)?;
    let seen = read::members(&mut tx, &desk(v), &sight, &whole.group).await?;
    drop(tx);
    if seen.about.is_empty() {
        return Ok(Opened { whole, about: Vec::new(), members: Vec::new() });
    }
    let (about, resource) = (seen.about.clone(), seen.resource().at(Tier::Sensitive).showing(["group"]));
    let open = v.state.guard.reveal(v.who, Action::ViewGroup, &resource, &v.purpose, seen.sealed).await?;
    Ok(Opened { whole, about, members: open.into_inner() })
}

/// A nurse's own families, who can be asked: none that mourns, and none that was asked.
async fn families(v: &Viewer<'_>, members: &[Member]) -> Result<Vec<(String, String)>, Trouble> {
    if v.who.role != Role::Nurse {
        return Ok(Vec::new());
    }
    let setting = v.setting();
    let sight = v.sight(&setting);
    let mut tx = v.state.db.read().await?;
    let seen = visit::read::families(&mut tx, &desk(v), &sight).await?;
    drop(tx);
    if seen.about.is_empty() {
        return Ok(Vec::new());
    }
    let resource = seen.resource().at(Tier::Sensitive).showing(["visits"]);
    let lines = v.state.guard.reveal(v.who, Action::ViewVisits, &resource, &v.purpose, seen.sealed).await?;
    let fits = |l: &&visit::read::Line| {
        let e = &l.enrolment;
        e.consented_at.is_some() && !e.family(&[], &[]).mourns() && members.iter().all(|m| m.person != e.person)
    };
    let mut all: Vec<(String, String)> =
        lines.iter().filter(fits).map(|l| (l.enrolment.id.to_string(), l.name.clone())).collect();
    all.sort_by(|a, b| a.1.cmp(&b.1));
    Ok(all)
}

async fn one_page(
    v: &Viewer<'_>,
    f: &Frame,
    form: &Form,
    o: Opened,
    done: Option<&'static str>,
) -> Result<Response, Trouble> {
    let lang = f.t.lang();
    let Opened { whole: Whole { group, sessions, said }, members, .. } = o;
    let names = staff_names(&mut v.state.db.read().await?, BTreeSet::from([group.facilitator])).await?;
    let line = |s: &group::model::Session| office::Line {
        id: s.id.to_string(),
        held_on: s.held_on,
        starts: s.starts.clone(),
        topic: s.topic.clone(),
        cancelled: s.cancelled,
        held: s.held_on <= v.today(),
        people: members
            .iter()
            .filter(takes_part)
            .map(|m| (m.person.to_string(), m.name.clone(), m.came.get(&s.id).copied().unwrap_or(false)))
            .collect(),
    };
    let kind = group.kind_of(&v.pack);
    let kind = kind
        .map_or_else(|| (group.kind.clone(), String::new()), |k| (k.name.get(lang).into(), k.about.get(lang).into()));
    let vm = One {
        href: format!("/visits/groups/{}", group.id),
        kind,
        facilitator: names.get(&group.facilitator).cloned().unwrap_or_default(),
        seats: (group.taken, group.seats),
        sessions: sessions.iter().map(line).collect(),
        members: members.iter().map(|m| (m.name.clone(), m.status)).collect(),
        led: group.is_led_by(&desk(v), v.who) && !group.closed,
        families: if group.closed { Vec::new() } else { families(v, &members).await? },
        said,
        venue: group.venue,
        done,
    };
    Ok((form.status(), office::page_of(f, form, &vm)).into_response())
}

/// One group.
pub(crate) async fn one(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let Some(v) = viewer(&state, &session, &f) else { return forbidden(&f) };
    let done = if Form::of_query(query.as_deref()).get("done") == "saved" { Some("group-saved") } else { None };
    let made = async {
        let found = opened(&v, &id).await?;
        let form = Form::of([("id", GroupSessionId::new(&*state.ids, v.now).to_string())]);
        one_page(&v, &f, &form, found, done).await
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}

/// A session is set or called off, somebody is asked, it is noted who came, the group is closed.
pub(crate) async fn send(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path(id): Path<String>,
    mut form: Form,
) -> Response {
    let Some(v) = viewer(&state, &session, &f) else { return forbidden(&f) };
    let made = async {
        let found = opened(&v, &id).await?;
        let closes = form.get("do") == "close";
        match act(&v, &f, &mut form, &found).await? {
            Some(Ok(())) if closes => return Ok(Redirect::to("/visits/groups?done=closed").into_response()),
            Some(Ok(())) => return Ok(Redirect::to(&format!("/visits/groups/{id}?done=saved")).into_response()),
            Some(Err(fault)) => refuse(f.t, &mut form, fault)?,
            None => {}
        }
        one_page(&v, &f, &form, found, None).await
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}

/// What a form asks for; `None`: the form says what is missing.
fn told(f: &Frame, form: &mut Form, group: GroupId) -> Result<Option<Act>, Trouble> {
    let session = form.get("session").parse::<GroupSessionId>().map_err(|_| Trouble::Absent);
    Ok(Some(match form.get("do") {
        "ask" => Act::Ask { family: form.get("family").to_owned(), joins: form.get("joins") == "yes" },
        "came" => {
            let came = form.all("came").map(str::parse).collect::<Result<BTreeSet<PersonId>, _>>();
            Act::Came { session: session?, came: came.map_err(|_| Trouble::Absent)? }
        }
        "meet" => {
            let (id, held_on) = (form.id::<GroupSessionId>(f.t, "id"), form.date(f.t, "held_on"));
            let (Some(id), Some(held_on)) = (id, held_on) else { return Ok(None) };
            let (starts, topic) = (form.get("starts").to_owned(), form.get("topic").to_owned());
            Act::Meet(NewSession { id, group, held_on, starts, topic })
        }
        "call-off" => Act::CallOff(session?),
        "close" => Act::Close,
        _ => return Err(Trouble::Absent),
    }))
}

/// `None`: the form says what is missing.
async fn act(v: &Viewer<'_>, f: &Frame, form: &mut Form, o: &Opened) -> Result<Option<Result<(), Fault>>, Trouble> {
    let Some(act) = told(f, form, o.whole.group.id)? else { return Ok(None) };
    let Some(permitted) = act.permit(v, o).await? else { return Ok(None) };
    Ok(Some(transact!(v.state.db, Fault, |tx| act.run(tx, v, o, &permitted).await)))
}
