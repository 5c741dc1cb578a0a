//! What a supervisor does for her team, for programs: families handed over, courses attended, sessions held.

use std::collections::BTreeMap;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use catalogue::model::SupervisionKind;
use guard::{Action, Allowed, Resource, Role};
use kernel::{AccountId, EnrolmentId, HandoverId, SubmissionId, SupervisionId, TrainingId};
use serde::{Deserialize, Serialize};
use store::{StoreError, transact};
use utoipa::ToSchema;
use uuid::Uuid;
use visit::handover;
use workforce::supervision::{Content, Seen};
use workforce::{Fault as Refused, supervision, team, training};

use super::body::Body;
use super::call::{Call, Once};
use super::problem::{Code, Fault};
use super::wire::read_day;
use crate::state::AppState;
use crate::team::give_handlers::permit;
use crate::viewer::Viewer;
use crate::visits::desk;

/// The most families or nurses of one act.
pub(super) const MOST: usize = 500;

/// Families from one nurse to another.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HandoverNew {
    /// Its name, a UUID of the caller's: sent twice, it is one.
    id: Uuid,
    /// The nurse who gives.
    from: Uuid,
    /// The nurse of the team who takes.
    to: Uuid,
    /// The first day the families are hers; not over, and at most 180 days ahead.
    #[schema(format = Date)]
    on: String,
    /// The families' enrolments.
    #[schema(min_items = 1, max_items = 500)]
    families: Vec<Uuid>,
    /// Why; both read it.
    #[schema(min_length = 3, max_length = 500)]
    reason: String,
}

/// A course, or a part of one, that a nurse attended.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TrainingNew {
    /// Its name, a UUID of the caller's: sent twice, it is one.
    id: Uuid,
    /// Who attended.
    nurse: Uuid,
    /// The course of the pack.
    #[schema(max_length = 100)]
    course: String,
    /// Hours attended; no more than the course has.
    #[schema(minimum = 1, maximum = 1000)]
    hours: u32,
    /// The last day.
    #[schema(format = Date)]
    ended_on: String,
}

/// A session that the caller led.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SessionNew {
    /// Its name, a UUID of the caller's: sent twice, it is one.
    id: Uuid,
    /// `individual`, `team` or `observed`.
    #[schema(max_length = 20)]
    kind: String,
    /// The nurses who were there: one, or of a team at least two.
    #[schema(min_items = 1, max_items = 100)]
    nurses: Vec<Uuid>,
    /// The day.
    #[schema(format = Date)]
    on: String,
    /// Minutes.
    #[schema(minimum = 5, maximum = 480)]
    minutes: u32,
    /// What was talked about.
    #[schema(min_length = 3, max_length = 2000)]
    topics: String,
    /// What was agreed.
    #[serde(default)]
    #[schema(max_length = 2000)]
    agreed: Option<String>,
    /// The visit that was observed.
    #[serde(default)]
    visit: Option<Uuid>,
    /// What was seen of the pack's checklist: `yes`, `partly`, `no` or `absent` by item.
    #[serde(default)]
    seen: BTreeMap<String, String>,
}

/// It is written down.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TeamDone {
    /// Its name.
    id: Uuid,
}

impl TeamDone {
    pub(super) fn new(id: Uuid) -> TeamDone {
        TeamDone { id }
    }
}

pub(super) fn leads(v: &Viewer<'_>) -> Result<(), Fault> {
    if v.who.role == Role::VisitSupervisor { Ok(()) } else { Err(Fault::new(Code::Forbidden)) }
}

pub(super) async fn manages(v: &Viewer<'_>, what: &str) -> Result<Allowed, Fault> {
    Ok(v.state.guard.permit(v.who, Action::ManageTeam, &Resource::thing(what), &v.purpose).await?)
}

/// Hands families over, all or none, with what hangs on them: visits due, plans, open referrals.
#[utoipa::path(post, path = "/api/team/handovers", tag = "team", request_body = HandoverNew,
    params(("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = TeamDone), super::Faults))]
pub(crate) async fn hand_over(
    State(state): State<AppState>,
    call: Call,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let body = Body::<HandoverNew>::read(request, &state).await?;
    let once = Once::new(&headers, &call, "handover", &body.hash)?;
    let v = call.viewer(&state);
    leads(&v)?;
    let it = body.it;
    if it.families.is_empty() || it.families.len() > MOST {
        return Err(Fault::field(Code::Invalid, "/families", format!("expected 1 to {MOST} families")));
    }
    let input = handover::Input {
        id: HandoverId(it.id),
        from: AccountId(it.from),
        to: AccountId(it.to),
        on: read_day(&it.on, "/on")?,
        families: it.families.into_iter().map(EnrolmentId).collect(),
        reason: it.reason,
    };
    let mut tx = state.db.read().await?;
    let known = team::members(&mut tx, &v.pack, v.who).await.map_err(|why| StoreError::Driver(why.to_string()))?;
    drop(tx);
    if known.iter().all(|(id, _)| *id != input.to) {
        return Err(Fault::field(Code::Invalid, "/to", "expected the account of a nurse of your team"));
    }
    let allowed = permit(&v, &input.families).await?;
    let done = TeamDone { id: it.id };
    transact!(state.db, Fault, |tx| {
        if let Some(again) = once.begin(tx, v.now).await? {
            return Ok(again);
        }
        workforce::handover::run(tx, &desk(&v), v.who, &allowed, &input).await.map_err(not_given)?;
        once.end(tx, StatusCode::OK, &done).await
    })
}

fn not_given(fault: handover::Fault) -> Fault {
    use handover::Fault as F;
    let words = fault.to_string();
    match fault {
        F::Store(why) => why.into(),
        F::NotAllowed => Fault::new(Code::Forbidden),
        F::NotHers(_) | F::Already(_) | F::OtherContent => Fault::told(Code::Conflict, words),
        F::NoFamily => Fault::field(Code::Invalid, "/families", words),
        F::Same => Fault::field(Code::Invalid, "/to", words),
        F::Day(_) => Fault::field(Code::Invalid, "/on", words),
        F::NoReason => Fault::field(Code::Invalid, "/reason", words),
    }
}

/// Confirms that a nurse of the team attended a course, or a part of it.
#[utoipa::path(post, path = "/api/team/training", tag = "team", request_body = TrainingNew,
    params(("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = TeamDone), super::Faults))]
pub(crate) async fn train(
    State(state): State<AppState>,
    call: Call,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let body = Body::<TrainingNew>::read(request, &state).await?;
    let once = Once::new(&headers, &call, "training", &body.hash)?;
    let v = call.viewer(&state);
    leads(&v)?;
    let it = body.it;
    let ended_on = read_day(&it.ended_on, "/ended_on")?;
    let (id, nurse) = (TrainingId(it.id), AccountId(it.nurse));
    let input = training::Input { id, nurse, course: it.course, hours: it.hours, ended_on };
    let (allowed, done) = (manages(&v, "training").await?, TeamDone { id: it.id });
    transact!(state.db, Fault, |tx| {
        if let Some(again) = once.begin(tx, v.now).await? {
            return Ok(again);
        }
        training::note(tx, &desk(&v), v.who, &allowed, &input).await.map_err(refused)?;
        once.end(tx, StatusCode::OK, &done).await
    })
}

/// Writes a session down that the caller led.
#[utoipa::path(post, path = "/api/team/sessions", tag = "team", request_body = SessionNew,
    params(("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = TeamDone), super::Faults))]
pub(crate) async fn hold(
    State(state): State<AppState>,
    call: Call,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let body = Body::<SessionNew>::read(request, &state).await?;
    let once = Once::new(&headers, &call, "session", &body.hash)?;
    let v = call.viewer(&state);
    leads(&v)?;
    let it = body.it;
    let kind: SupervisionKind =
        it.kind.parse().map_err(|_| Fault::field(Code::Invalid, "/kind", "expected individual, team or observed"))?;
    let seen = |(item, word): (String, String)| {
        let at = || Fault::field(Code::Invalid, "/seen", "expected yes, partly, no or absent by item");
        Ok((item, word.parse::<Seen>().map_err(|_| at())?))
    };
    let seen = it.seen.into_iter().map(seen).collect::<Result<_, Fault>>()?;
    let input = supervision::Input {
        id: SupervisionId(it.id),
        kind,
        nurses: it.nurses.into_iter().map(AccountId).collect(),
        on: read_day(&it.on, "/on")?,
        minutes: it.minutes,
        content: Content { topics: it.topics, agreed: it.agreed, seen },
        visit: it.visit.map(SubmissionId),
    };
    let (allowed, done) = (manages(&v, "supervision").await?, TeamDone { id: it.id });
    transact!(state.db, Fault, |tx| {
        if let Some(again) = once.begin(tx, v.now).await? {
            return Ok(again);
        }
        supervision::hold(tx, &desk(&v), v.who, &allowed, &input).await.map_err(refused)?;
        once.end(tx, StatusCode::OK, &done).await
    })
}

pub(super) fn refused(fault: Refused) -> Fault {
    use workforce::Fault as F;
    let words = fault.to_string();
    let at = match fault {
        F::Store(why) => return why.into(),
        F::Accounts(why) => return StoreError::Driver(why.to_string()).into(),
        F::Keys(_) => return Fault::new(Code::Internal),
        F::NotAllowed => return Fault::new(Code::Forbidden),
        F::NoRules | F::Nothing => return Fault::new(Code::NotFound),
        F::OtherContent | F::Full | F::NotOver(_) => return Fault::told(Code::Conflict, words),
        F::NotTeam | F::Oneself | F::People => "/nurse",
        F::NoCourse => "/course",
        F::Hours(_) => "/hours",
        F::Ahead(_) | F::Order => "/on",
        F::Minutes => "/minutes",
        F::Words(_) => "/topics",
        F::NoCheck => "/seen",
        F::NoVisit => "/visit",
        F::Seats => "/seats",
    };
    Fault::field(Code::Invalid, at, words)
}
