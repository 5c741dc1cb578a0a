//! Mothers' groups for programs: an office's groups, and a mother's own.

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use group::model::{Fault as Refused, Group, Session};
use group::{presence, read, take_part};
use guard::{Action, Role, Tier};
use kernel::{GroupId, GroupSessionId, PersonId};
use serde::{Deserialize, Serialize};
use store::transact;
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::Body;
use super::call::{Call, Once};
use super::problem::{Code, Fault};
use crate::state::AppState;
use crate::visits::desk;

/// A session of a group.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GroupSessionWire {
    /// Its id.
    id: Uuid,
    /// The day.
    #[schema(format = Date)]
    held_on: String,
    /// The time of day, such as 14:00.
    starts: String,
    /// What about.
    topic: String,
    /// Whether it was called off.
    cancelled: bool,
}

/// A group. No person is in it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GroupWire {
    /// Its id.
    id: Uuid,
    /// The kind, as the pack names it.
    kind: String,
    /// Where it meets.
    venue: String,
    /// How many can take part.
    seats: i64,
    /// How many do; nothing in a mother's own list.
    taken: Option<i64>,
    /// How she stands, in a mother's own list.
    status: Option<String>,
    /// Sessions, the earliest first; in a mother's own list those ahead.
    sessions: Vec<GroupSessionWire>,
    /// Sessions a mother came to and can say something of.
    asked: Vec<GroupSessionWire>,
}

/// Groups.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GroupList {
    /// Those that meet still.
    groups: Vec<GroupWire>,
}

fn session(s: &Session) -> GroupSessionWire {
    GroupSessionWire {
        id: s.id.0,
        held_on: s.held_on.to_string(),
        starts: s.starts.clone(),
        topic: s.topic.clone(),
        cancelled: s.cancelled,
    }
}

fn wire(g: &Group, sessions: &[Session]) -> GroupWire {
    GroupWire {
        id: g.id.0,
        kind: g.kind.clone(),
        venue: g.venue.clone(),
        seats: g.seats,
        taken: Some(g.taken),
        status: None,
        sessions: sessions.iter().map(session).collect(),
        asked: Vec::new(),
    }
}

/// The groups of the caller's agency and district.
#[utoipa::path(get, path = "/api/groups", tag = "surveys", responses((status = 200, body = GroupList), super::Faults))]
pub(crate) async fn of_office(State(state): State<AppState>, call: Call) -> Result<axum::Json<GroupList>, Fault> {
    call.permit_thing(&state, Action::ViewGroups, "groups").await?;
    let viewer = call.viewer(&state);
    let mut tx = state.db.read().await?;
    let mut groups = Vec::new();
    for group in read::groups(&mut tx, &desk(&viewer), &call.who).await? {
        groups.push(wire(&group, &read::sessions(&mut tx, group.id).await?));
    }
    Ok(axum::Json(GroupList { groups }))
}

/// The groups a person was asked into. Only for the person.
#[utoipa::path(get, path = "/api/persons/{id}/groups", tag = "surveys",
    params(("id" = Uuid, Path, description = "The person.")),
    responses((status = 200, body = GroupList), super::Faults))]
pub(crate) async fn of_person(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
) -> Result<axum::Json<GroupList>, Fault> {
    let person = PersonId(super::id(&id)?);
    let viewer = call.viewer(&state);
    let setting = viewer.setting();
    let mut tx = state.db.read().await?;
    let found = read::own(&mut tx, &desk(&viewer), &viewer.sight(&setting), person).await?;
    drop(tx);
    if found.about.is_empty() || call.who.role != Role::Citizen {
        return Err(Fault::new(if found.about.is_empty() { Code::NotFound } else { Code::Forbidden }));
    }
    let resource = found.resource().at(Tier::Sensitive).showing(["group"]);
    let open = state.guard.reveal(&call.who, Action::ViewVisits, &resource, &call.purpose, found.sealed).await?;
    let own = |o: &read::Own| GroupWire {
        taken: None,
        status: Some(o.status.word().to_owned()),
        asked: o.asked.iter().map(session).collect(),
        ..wire(&o.group, &o.ahead)
    };
    Ok(axum::Json(GroupList { groups: open.iter().map(own).collect() }))
}

/// What a mother says to a group.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GroupAnswerWire {
    /// `true`: she comes; `false`: she does not, or no more.
    joins: Option<bool>,
    /// A session she came to; with `points`.
    session: Option<Uuid>,
    /// How it was, 1 to 10; with `session`.
    points: Option<i64>,
}

/// That something was taken.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GroupAnswered {
    /// The group.
    group: Uuid,
}

impl GroupAnswered {
    pub(super) fn new(group: GroupId) -> GroupAnswered {
        GroupAnswered { group: group.0 }
    }
}

/// Joins or leaves a group, or says how a session was. Only the person herself.
#[utoipa::path(post, path = "/api/persons/{id}/groups/{group}/answer", tag = "surveys", request_body = GroupAnswerWire,
    params(("id" = Uuid, Path, description = "The person."), ("group" = Uuid, Path, description = "The group."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = GroupAnswered), super::Faults))]
pub(crate) async fn reply(
    State(state): State<AppState>,
    call: Call,
    Path((id, group)): Path<(String, String)>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let (person, group) = (PersonId(super::id(&id)?), GroupId(super::id(&group)?));
    let body = Body::<GroupAnswerWire>::read(request, &state).await?.about(format!("{person} {group}"));
    let once = Once::new(&headers, &call, "group-answer", &body.hash)?;
    let viewer = call.viewer(&state);
    let mut tx = state.db.read().await?;
    let allowed = call.permit(&state, &mut tx, Action::JoinGroup, [person], "group").await?;
    drop(tx);
    transact!(state.db, Fault, |tx| {
        if let Some(again) = once.begin(tx, viewer.now).await? {
            return Ok(again);
        }
        let desk = desk(&viewer);
        let done = match (body.it.joins, body.it.session, body.it.points) {
            (Some(joins), None, None) => take_part::answer(tx, &desk, &allowed, (group, person), joins).await,
            (None, Some(session), Some(points)) => {
                presence::say(tx, &desk, &allowed, (GroupSessionId(session), person), points).await
            }
            _ => return Err(Fault::field(Code::Invalid, "/joins", "send joins alone, or session with points")),
        };
        done.map_err(refused)?;
        once.end(tx, StatusCode::OK, &GroupAnswered::new(group)).await
    })
}

fn refused(error: Refused) -> Fault {
    let words = error.to_string();
    match error {
        Refused::Store(inner) => inner.into(),
        // Another person's looks as if there were none.
        Refused::Nothing | Refused::NotAllowed => Fault::new(Code::NotFound),
        Refused::Points => Fault::field(Code::Invalid, "/points", words),
        _ => Fault::told(Code::Conflict, words),
    }
}
