//! Referrals for programs: an official sends one and reads a person's; the service that was asked reads the part that was agreed,
//! and answers.

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use guard::{Action, Resource};
use kernel::{PersonId, ReferralId};
use referral::model::{Act, Outcome, Reason, Referral, Shares, Status};
use referral::read::{self, ForPartner};
use referral::{change, request};
use serde::{Deserialize, Serialize};
use store::transact;
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::{Body, Short};
use super::call::{Call, Once};
use super::problem::{Code, Fault};
use super::wire::moment;
use crate::referral::desk;
use crate::state::AppState;

/// The most in one answer.
const MOST: u32 = 200;

/// A referral to be sent.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewReferralWire {
    /// The service of the directory.
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    service: Short<100>,
    /// The need: one of those the service helps with.
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    need: Short<100>,
    /// In words for the service.
    #[schema(value_type = String, min_length = 3, max_length = 2000)]
    reason: Short<2000>,
    /// How the family wants to be reached; null: through the referrer.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 200)]
    contact: Option<Short<200>>,
    /// Whether the service learns the name.
    #[serde(default)]
    share_name: bool,
    /// Whether the service learns the date of birth.
    #[serde(default)]
    share_birth_date: bool,
    /// Who of the family agreed.
    agreed_by: Uuid,
    /// The referral whose place it takes, which is closed by this.
    #[serde(default)]
    instead_of: Option<Uuid>,
}

/// What became of a referral.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReferralTouched {
    /// The referral.
    referral: Uuid,
    /// `requested`, `received`, `accepted`, `waiting`, `in_progress`, `completed`, `declined`, `refused`, `withdrawn` or `expired`.
    status: String,
}

/// A referral.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReferralWire {
    /// Its id.
    id: Uuid,
    /// The person; for the service that was asked null.
    person: Option<Uuid>,
    /// The service.
    service: String,
    /// The need.
    need: String,
    /// In words for the service.
    reason: String,
    /// The name, as far as it was agreed.
    name: Option<String>,
    /// The date of birth, as far as it was agreed.
    #[schema(format = Date)]
    birth_date: Option<String>,
    /// How the family wants to be reached; null: through the referrer.
    contact: Option<String>,
    /// How it stands.
    status: String,
    /// Its state's number, to be sent with an answer.
    revision: u32,
    /// What FHIR R4 calls it: `Task.status`.
    task_status: String,
    /// Until when somebody must act.
    #[schema(format = Date)]
    due_on: Option<String>,
    /// Why the service does not help.
    declined: Option<String>,
    /// What came of it.
    outcome: Option<String>,
    /// When it was sent.
    #[schema(format = DateTime)]
    requested_at: String,
    /// When the referrer looked at its end.
    #[schema(format = DateTime)]
    closed_at: Option<String>,
}

impl ReferralWire {
    fn of_partner(it: &ForPartner) -> ReferralWire {
        ReferralWire {
            id: it.id.0,
            person: None,
            service: it.service.clone(),
            need: it.need.clone(),
            reason: it.reason.clone(),
            name: it.name.clone(),
            birth_date: it.birth_date.map(|d| d.to_string()),
            contact: it.contact.clone(),
            status: it.now.status.word().to_owned(),
            revision: it.now.revision,
            task_status: it.now.status.fhir().0.to_owned(),
            due_on: it.now.due.map(|(_, day)| day.to_string()),
            declined: None,
            outcome: None,
            requested_at: moment(it.requested_at),
            closed_at: None,
        }
    }

    fn of(it: &Referral, person: PersonId) -> ReferralWire {
        ReferralWire {
            id: it.id.0,
            person: Some(person.0),
            service: it.service.clone(),
            need: it.need.clone(),
            reason: it.reason.clone(),
            name: None,
            birth_date: None,
            contact: it.contact.clone(),
            status: it.now.status.word().to_owned(),
            revision: it.now.revision,
            task_status: it.now.status.fhir().0.to_owned(),
            due_on: it.now.due.map(|(_, day)| day.to_string()),
            declined: it.now.declined.map(|d| d.word().to_owned()),
            outcome: it.now.outcome.map(|o| o.word().to_owned()),
            requested_at: moment(it.requested_at),
            closed_at: it.now.closed_at.map(moment),
        }
    }
}

/// Referrals.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReferralList {
    /// A person's with the newest first, a service's with the nearest day first.
    referrals: Vec<ReferralWire>,
}

/// Sends a person on to a service of the directory.
#[utoipa::path(post, path = "/api/persons/{id}/referrals", tag = "referrals", request_body = NewReferralWire,
    params(("id" = Uuid, Path, description = "The person."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 201, body = ReferralTouched), super::Faults))]
pub(crate) async fn refer(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let person = PersonId(super::id(&id)?);
    let body = Body::<NewReferralWire>::read(request, &state).await?.about(person);
    let once = Once::new(&headers, &call, "referral", &body.hash)?;
    let viewer = call.viewer(&state);
    let setting = viewer.setting();
    let it = body.it;
    let mut tx = state.db.read().await?;
    let about = call.about(&state, &mut tx, [person]).await?;
    drop(tx);
    if about.is_empty() {
        return Err(Fault::new(Code::NotFound));
    }
    let service = viewer.pack.services().get(&it.service.0);
    let sensitive = service.is_some_and(|s| s.sensitive || s.discreet);
    let tier = if sensitive { guard::Tier::Sensitive } else { guard::Tier::Benefits };
    let resource = Resource::people(about).at(tier).showing(["referral"]);
    let allowed = state.guard.permit(&call.who, Action::Refer, &resource, &call.purpose).await?;
    let input = request::Input {
        id: ReferralId::new(&*state.ids, viewer.now),
        person,
        service: it.service.0,
        need: it.need.0,
        reason: it.reason.0,
        contact: it.contact.map(|c| c.0),
        shares: Shares { name: it.share_name, birth_date: it.share_birth_date },
        agreed_by: Some(PersonId(it.agreed_by)),
        instead_of: it.instead_of.map(ReferralId),
    };
    transact!(state.db, Fault, |tx| {
        match once.begin(tx, viewer.now).await? {
            Some(again) => Ok(again),
            None => {
                let sight = viewer.sight(&setting);
                let sent = request::run(tx, &desk(&viewer), &sight, &allowed, &input).await.map_err(not_sent)?;
                let status = Status::Requested.word().to_owned();
                once.end(tx, StatusCode::CREATED, &ReferralTouched { referral: sent.id.0, status }).await
            }
        }
    })
}

fn not_sent(error: request::Fault) -> Fault {
    use request::Fault as R;
    let words = error.to_string();
    match error {
        R::Store(inner) => inner.into(),
        R::Nobody => Fault::new(Code::NotFound),
        R::NotAllowed => Fault::told(Code::Forbidden, words),
        R::NoService(_) | R::OutOfArea(_) => Fault::field(Code::Invalid, "/service", words),
        R::NotItsNeed { .. } => Fault::field(Code::Invalid, "/need", words),
        R::NotAgreed | R::AgreedByStranger => Fault::field(Code::Invalid, "/agreed_by", words),
        R::NoWords | R::TooLong(_) => Fault::field(Code::Invalid, "/reason", words),
        R::Protected => Fault::field(Code::Invalid, "/contact", words),
        R::OtherReferral | R::Instead(_) => Fault::told(Code::Conflict, words),
    }
}

/// A person's referrals, as far as the caller may see them.
#[utoipa::path(get, path = "/api/persons/{id}/referrals", tag = "referrals",
    params(("id" = Uuid, Path, description = "The person.")),
    responses((status = 200, body = ReferralList), super::Faults))]
pub(crate) async fn of_person(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
) -> Result<axum::Json<ReferralList>, Fault> {
    let person = PersonId(super::id(&id)?);
    let viewer = call.viewer(&state);
    let setting = viewer.setting();
    let mut tx = state.db.read().await?;
    let about = call.about(&state, &mut tx, [person]).await?;
    let (seen, tier) = read::of_person(&mut tx, &desk(&viewer), &viewer.sight(&setting), person, MOST).await?;
    drop(tx);
    if about.is_empty() {
        return Err(Fault::new(Code::NotFound));
    }
    // Nothing to be seen is told only to whoever could see something.
    let resource = match seen.about.is_empty() {
        true => Resource::people(about).showing(["referral"]),
        false => read::resource(&seen, tier),
    };
    let open = state.guard.reveal(&call.who, Action::ViewReferral, &resource, &call.purpose, seen.sealed).await?;
    let referrals = open.iter().map(|n| ReferralWire::of(&n.referral, n.person)).collect();
    Ok(axum::Json(ReferralList { referrals }))
}

/// The open referrals to the caller's agency.
#[utoipa::path(get, path = "/api/referrals", tag = "referrals",
    responses((status = 200, body = ReferralList), super::Faults))]
pub(crate) async fn to_agency(State(state): State<AppState>, call: Call) -> Result<axum::Json<ReferralList>, Fault> {
    if call.who.role != guard::Role::AgencySystem {
        return Err(Fault::new(Code::Forbidden));
    }
    let viewer = call.viewer(&state);
    let setting = viewer.setting();
    let mut tx = state.db.read().await?;
    let (seen, tier) = read::to_agency(&mut tx, &desk(&viewer), &viewer.sight(&setting), MOST).await?;
    drop(tx);
    let resource = read::resource(&seen, tier);
    let open = state.guard.reveal(&call.who, Action::ViewReferral, &resource, &call.purpose, seen.sealed).await?;
    Ok(axum::Json(ReferralList { referrals: open.iter().map(ReferralWire::of_partner).collect() }))
}

/// The answer of the service that was asked.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReferralAnswerWire {
    /// `receive`, `accept`, `wait`, `decline`, `start` or `complete`.
    #[schema(value_type = String, min_length = 1, max_length = 20)]
    answer: Short<20>,
    /// The state that was read; an answer to another one is refused.
    #[schema(minimum = 1)]
    revision: u32,
    /// With `wait`: when help is expected to begin.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    expected_on: Option<Short<10>>,
    /// With `decline`: `full`, `out_of_area`, `not_eligible`, `other_service`, `not_reached` or `other`.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 20)]
    reason: Option<Short<20>>,
    /// With `complete`: `met`, `partly_met` or `not_met`.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 20)]
    outcome: Option<Short<20>>,
    /// With `decline` and `complete`: in words for the referrer.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 2000)]
    words: Option<Short<2000>>,
}

impl ReferralAnswerWire {
    fn act(&self) -> Result<Act, Fault> {
        let invalid = |pointer: &str, words: &str| Fault::field(Code::Invalid, pointer.to_owned(), words.to_owned());
        let words = || self.words.as_ref().map(|w| w.0.clone()).unwrap_or_default();
        Ok(match self.answer.0.as_str() {
            "receive" => Act::Receive,
            "accept" => Act::Accept,
            "start" => Act::Start,
            "wait" => {
                let day = self.expected_on.as_ref().map(|d| d.0.parse());
                let expected_on =
                    day.transpose().map_err(|_| invalid("/expected_on", "is no date such as 2027-01-31"))?;
                Act::Wait { expected_on }
            }
            "decline" => {
                let reason = self.reason.as_ref().and_then(|r| r.0.parse::<Reason>().ok());
                let reason = reason.ok_or_else(|| invalid("/reason", "is no reason to decline"))?;
                Act::Decline { reason, words: words() }
            }
            "complete" => {
                let outcome = self.outcome.as_ref().and_then(|o| o.0.parse::<Outcome>().ok());
                let outcome = outcome.ok_or_else(|| invalid("/outcome", "is no outcome"))?;
                Act::Complete { outcome, words: words() }
            }
            _ => return Err(invalid("/answer", "is no answer to a referral")),
        })
    }
}

/// Answers a referral to the caller's agency.
#[utoipa::path(post, path = "/api/referrals/{id}/answer", tag = "referrals", request_body = ReferralAnswerWire,
    params(("id" = Uuid, Path, description = "The referral."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = ReferralTouched), super::Faults))]
pub(crate) async fn reply(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let body = Body::<ReferralAnswerWire>::read(request, &state).await?.about(&id);
    let once = Once::new(&headers, &call, "referral-answer", &body.hash)?;
    let id = ReferralId(super::id(&id)?);
    let act = body.it.act()?;
    let viewer = call.viewer(&state);
    let setting = viewer.setting();
    // The very same call made before has its answer, though the referral may be over by it.
    let mut tx = state.db.begin().await?;
    if let Some(again) = once.begin(&mut tx, viewer.now).await? {
        return Ok(again);
    }
    drop(tx);
    let mut tx = state.db.read().await?;
    let seen = read::for_partner(&mut tx, &desk(&viewer), &viewer.sight(&setting), id).await?;
    drop(tx);
    let (seen, tier) = seen.ok_or_else(|| Fault::new(Code::NotFound))?;
    let resource = read::resource(&seen, tier);
    let allowed = state.guard.permit(&call.who, Action::AnswerReferral, &resource, &call.purpose).await?;
    let revision = Some(body.it.revision);
    transact!(state.db, Fault, |tx| {
        match once.begin(tx, viewer.now).await? {
            Some(again) => Ok(again),
            None => {
                let done = change::run(tx, &desk(&viewer), &call.who, &allowed, id, revision, &act).await;
                let status = done.map_err(not_answered)?.status.word().to_owned();
                once.end(tx, StatusCode::OK, &ReferralTouched { referral: id.0, status }).await
            }
        }
    })
}

fn not_answered(error: change::Fault) -> Fault {
    use change::Fault as C;
    let words = error.to_string();
    match error {
        C::Store(inner) => inner.into(),
        C::Nothing => Fault::new(Code::NotFound),
        C::NotAllowed => Fault::told(Code::Forbidden, words),
        C::Wrong(_) | C::Moved(_) => Fault::told(Code::Conflict, words),
        C::NoWords | C::TooLong(_) => Fault::field(Code::Invalid, "/words", words),
        C::BadDay => Fault::field(Code::Invalid, "/expected_on", words),
    }
}
