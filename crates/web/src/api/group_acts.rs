//! What the office does with its mothers' groups, for programs.

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use group::model::Fault as Refused;
use group::plan::{self, NewGroup, NewSession};
use guard::{Action, Resource, Role};
use kernel::{AccountId, GroupId, GroupSessionId, PersonId};
use serde::Deserialize;
use store::{StoreError, transact};
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::Body;
use super::call::{Call, Once};
use super::groups::GroupAnswered;
use super::problem::{Code, Fault};
use super::wire::read_day;
use crate::group::acts::Act;
use crate::group::office_handlers::opened;
use crate::state::AppState;
use crate::visits::desk;

/// A new group.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GroupNew {
    /// Its name, a UUID of the caller's: sent twice, it is one.
    id: Uuid,
    /// The kind, as the pack names it.
    #[schema(max_length = 100)]
    kind: String,
    /// Where it meets.
    #[schema(min_length = 1, max_length = 200)]
    venue: String,
    /// The account of the nurse who leads it.
    facilitator: Uuid,
    /// How many can take part.
    #[schema(minimum = 2, maximum = 1000)]
    seats: u32,
}

/// One thing done in a group: exactly one of these.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GroupActWire {
    /// A family is asked in.
    #[serde(default)]
    ask: Option<GroupAsk>,
    /// A session is set.
    #[serde(default)]
    meet: Option<GroupMeet>,
    /// The session that is called off.
    #[serde(default)]
    call_off: Option<Uuid>,
    /// Who came to a session that was held.
    #[serde(default)]
    attendance: Option<GroupAttendance>,
    /// `true`: the group meets no more.
    #[serde(default)]
    close: Option<bool>,
}

/// Whom a nurse asks in.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GroupAsk {
    /// The family's enrolment; one of the nurse's own.
    family: Uuid,
    /// Whether she said yes at once; otherwise she answers herself.
    joins: bool,
}

/// A session to come.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GroupMeet {
    /// Its name, a UUID of the caller's: sent twice, it is one.
    id: Uuid,
    /// The day.
    #[schema(format = Date)]
    held_on: String,
    /// The time of day, such as 14:00.
    #[schema(max_length = 5)]
    starts: String,
    /// What it is about.
    #[schema(min_length = 1, max_length = 200)]
    topic: String,
}

/// Who came.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GroupAttendance {
    /// The session.
    session: Uuid,
    /// The persons who came; all others who take part did not.
    #[schema(max_items = 1000)]
    persons: Vec<Uuid>,
}

impl GroupActWire {
    fn read(self, group: GroupId) -> Result<Act, Fault> {
        let one = || Fault::field(Code::Invalid, "", "expected exactly one of ask, meet, call_off, attendance, close");
        Ok(match (self.ask, self.meet, self.call_off, self.attendance, self.close) {
            (Some(it), None, None, None, None) => Act::Ask { family: it.family.to_string(), joins: it.joins },
            (None, Some(it), None, None, None) => Act::Meet(NewSession {
                id: GroupSessionId(it.id),
                group,
                held_on: read_day(&it.held_on, "/meet/held_on")?,
                starts: it.starts,
                topic: it.topic,
            }),
            (None, None, Some(session), None, None) => Act::CallOff(GroupSessionId(session)),
            (None, None, None, Some(it), None) => {
                Act::Came { session: GroupSessionId(it.session), came: it.persons.into_iter().map(PersonId).collect() }
            }
            (None, None, None, None, Some(true)) => Act::Close,
            _ => return Err(one()),
        })
    }
}

/// Opens a group, as a supervisor for her district.
#[utoipa::path(post, path = "/api/groups", tag = "surveys", request_body = GroupNew,
    params(("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = GroupAnswered), super::Faults))]
pub(crate) async fn open(
    State(state): State<AppState>,
    call: Call,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let body = Body::<GroupNew>::read(request, &state).await?;
    let once = Once::new(&headers, &call, "group", &body.hash)?;
    let v = call.viewer(&state);
    if v.who.role != Role::VisitSupervisor {
        return Err(Fault::new(Code::Forbidden));
    }
    let it = body.it;
    let new = NewGroup {
        id: GroupId(it.id),
        kind: it.kind,
        venue: it.venue,
        facilitator: AccountId(it.facilitator),
        seats: it.seats,
    };
    let resource = Resource::thing("groups");
    let allowed = state.guard.permit(v.who, Action::ManageGroups, &resource, &v.purpose).await?;
    transact!(state.db, Fault, |tx| {
        if let Some(again) = once.begin(tx, v.now).await? {
            return Ok(again);
        }
        plan::open(tx, &desk(&v), v.who, &allowed, &new).await.map_err(refused)?;
        once.end(tx, StatusCode::OK, &GroupAnswered::new(new.id)).await
    })
}

/// A family is asked in, a session set or called off, it is noted who came, the group is closed: as whoever leads it or the
/// supervisor.
#[utoipa::path(post, path = "/api/groups/{id}/acts", tag = "surveys", request_body = GroupActWire,
    params(("id" = Uuid, Path, description = "The group."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = GroupAnswered), super::Faults))]
pub(crate) async fn act_on(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let id = GroupId(super::id(&id)?);
    let body = Body::<GroupActWire>::read(request, &state).await?.about(id);
    let once = Once::new(&headers, &call, "group-act", &body.hash)?;
    let v = call.viewer(&state);
    if !matches!(v.who.role, Role::Nurse | Role::VisitSupervisor) {
        return Err(Fault::new(Code::Forbidden));
    }
    let act = body.it.read(id)?;
    let found = opened(&v, &id.to_string()).await?;
    let permitted = act.permit(&v, &found).await?;
    let permitted = permitted.ok_or_else(|| Fault::field(Code::Invalid, "/ask/family", "no family of yours"))?;
    transact!(state.db, Fault, |tx| {
        if let Some(again) = once.begin(tx, v.now).await? {
            return Ok(again);
        }
        act.run(tx, &v, &found, &permitted).await.map_err(refused)?;
        once.end(tx, StatusCode::OK, &GroupAnswered::new(id)).await
    })
}

fn refused(error: Refused) -> Fault {
    use Refused as R;
    let words = error.to_string();
    let at = match error {
        R::Store(inner) => return inner.into(),
        R::Accounts(inner) => return StoreError::Driver(inner.to_string()).into(),
        R::NotAllowed => return Fault::new(Code::Forbidden),
        R::Nothing => return Fault::new(Code::NotFound),
        R::Full | R::NotNow | R::Again | R::NotThen | R::Points => return Fault::told(Code::Conflict, words),
        R::NoKind => "/kind",
        R::NoFacilitator => "/facilitator",
        R::Seats(_) => "/seats",
        R::Words("topic") => "/meet/topic",
        R::Words(_) => "/venue",
        R::When("starts") => "/meet/starts",
        R::When(_) => "/meet/held_on",
    };
    Fault::field(Code::Invalid, at, words)
}
