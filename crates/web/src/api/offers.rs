//! Offers: listed, accepted, refused, several at once.

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use casework::accept::{self, Given, Tap};
use casework::refuse;
use guard::{Action, Allowed, Role};
use kernel::{HouseholdId, OfferId, PersonId};
use serde::{Deserialize, Serialize};
use store::{Tx, transact};
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::{Body, Short};
use super::call::{Call, Once};
use super::problem::{Code, Fault};
use super::wire::{self, ContentWire, SubjectWire, moment};
use crate::state::AppState;

/// An offer.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OfferWire {
    /// Its id.
    id: Uuid,
    /// Whose entitlement.
    subject: SubjectWire,
    /// The programme.
    programme: String,
    /// What made it.
    cause: String,
    /// The registered event behind it.
    event: Option<Uuid>,
    /// `open`, `accepted`, `refused`, `lapsed`, `withdrawn` or `expired`, as of today.
    status: String,
    /// To be sent back with an acceptance.
    #[schema(minimum = 1)]
    revision: u32,
    /// What it says.
    content: ContentWire,
    /// Content hash of the facts it rests on.
    facts_hash: String,
    /// Content hash of the pack.
    pack_hash: String,
    /// Content hash of the rules.
    rule_set: String,
    /// When it was made.
    #[schema(format = DateTime)]
    made_at: String,
    /// When it last changed.
    #[schema(format = DateTime)]
    changed_at: String,
}

/// The offers of a household.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OfferList {
    /// In the order in which they were made.
    offers: Vec<OfferWire>,
}

/// The offers of a household and its members.
#[utoipa::path(get, path = "/api/households/{id}/offers", tag = "offers",
    params(("id" = Uuid, Path, description = "The household.")),
    responses((status = 200, body = OfferList), super::Faults))]
pub(crate) async fn list(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
) -> Result<axum::Json<OfferList>, Fault> {
    let household = HouseholdId(super::id(&id)?);
    let viewer = call.viewer(&state);
    let setting = viewer.setting();
    let mut tx = state.db.read().await?;
    let seen = casework::read::offers(&mut tx, &viewer.desk(), &viewer.sight(&setting), household).await?;
    drop(tx);
    let seen = seen.ok_or_else(|| Fault::new(Code::NotFound))?;
    let resource = seen.resource().showing(["offers"]);
    let open = state.guard.reveal(&call.who, Action::ViewEntitlements, &resource, &call.purpose, seen.sealed).await?;
    let offers = open.iter().map(|shown| {
        let o = &shown.offer;
        OfferWire {
            id: o.id.0,
            subject: o.subject.into(),
            programme: o.programme.clone(),
            cause: o.cause.word().to_owned(),
            event: o.event.map(|e| e.0),
            status: shown.status.word().to_owned(),
            revision: o.revision,
            content: (&o.content).into(),
            facts_hash: o.facts_hash.clone(),
            pack_hash: o.pack_hash.clone(),
            rule_set: o.rule_set.clone(),
            made_at: moment(o.made_at),
            changed_at: moment(o.changed_at),
        }
    });
    Ok(axum::Json(OfferList { offers: offers.collect() }))
}

/// An answer to something that was still needed.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GivenWire {
    /// Whom it is about, as the offer names it.
    subject: SubjectWire,
    /// The item.
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    item: Short<100>,
    /// The value.
    #[schema(value_type = wire::Scalar)]
    value: serde_json::Value,
}

/// One acceptance.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AcceptWire {
    /// The person who applies: left out by a citizen, needed from an official.
    #[serde(default)]
    applicant: Option<Uuid>,
    /// Why an official accepts for the person.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 3, max_length = 1000)]
    on_behalf: Option<Short<1000>>,
    /// The revision that was shown.
    #[schema(minimum = 1)]
    revision: u32,
    /// What was still needed and is given now.
    #[serde(default)]
    #[schema(max_items = 100)]
    answers: Vec<GivenWire>,
}

/// One of several offers accepted.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TapWire {
    /// Which.
    offer: Uuid,
    /// The revision that was shown.
    #[schema(minimum = 1)]
    revision: u32,
    /// What was still needed and is given now.
    #[serde(default)]
    #[schema(max_items = 100)]
    answers: Vec<GivenWire>,
}

/// Several acceptances at once: all or none.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AcceptSeveralWire {
    /// The person who applies: left out by a citizen, needed from an official.
    #[serde(default)]
    applicant: Option<Uuid>,
    /// Why an official accepts for the person.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 3, max_length = 1000)]
    on_behalf: Option<Short<1000>>,
    /// The offers.
    #[schema(min_items = 1, max_items = 64)]
    offers: Vec<TapWire>,
}

/// One offer with its application.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AcceptedItem {
    /// The offer.
    offer: Uuid,
    /// Its application: the new one, or the earlier one when it had been accepted already.
    application: Uuid,
}

/// What came of accepting.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AcceptedWire {
    /// The new application; null when everything had been accepted before.
    application: Option<Uuid>,
    /// Every offer with its application.
    items: Vec<AcceptedItem>,
}

fn applicant(call: &Call, given: Option<Uuid>) -> Result<PersonId, Fault> {
    match (call.who.role, given, call.who.person) {
        (Role::Citizen, None, Some(own)) => Ok(own),
        (Role::Citizen, Some(given), Some(own)) if given == own.0 => Ok(own),
        (Role::Citizen, _, _) => Err(Fault::new(Code::Forbidden)),
        (_, Some(given), _) => Ok(PersonId(given)),
        (_, None, _) => Err(Fault::field(Code::Invalid, "/applicant", "is missing: name the person you act for")),
    }
}

pub(super) fn given(pack: &catalogue::Pack, wire: &[GivenWire], pointer: &str) -> Result<Vec<Given>, Fault> {
    if wire.len() > 100 {
        return Err(Fault::field(Code::Invalid, pointer, "expected at most 100 answers"));
    }
    let mut answers = Vec::new();
    for (n, answer) in wire.iter().enumerate() {
        let subject = answer.subject.subject(&format!("{pointer}/{n}/subject"))?;
        let entity = match subject {
            casework::model::Subject::Person(_) => rules::schema::Entity::Person,
            casework::model::Subject::Household(_) => rules::schema::Entity::Household,
        };
        let value = wire::stated(pack, entity, &answer.item.0, &answer.value, &format!("{pointer}/{n}"))?;
        answers.push(Given { subject, item: answer.item.0.clone(), value });
    }
    Ok(answers)
}

/// A fault of accepting or refusing.
pub(crate) fn accept_fault(error: accept::Fault) -> Fault {
    use accept::Fault as A;
    let words = error.to_string();
    match error {
        A::Store(inner) => inner.into(),
        A::Open(casework::case::open::Fault::Store(inner)) | A::Answer(registry::fact::FactError::Store(inner)) => {
            inner.into()
        }
        A::Open(_) => Fault::told(Code::Conflict, words),
        A::Answer(_) => Fault::field(Code::Invalid, "/answers", words),
        A::NoSuchOffer { .. } => Fault::new(Code::NotFound),
        A::NotAllowed { .. } => Fault::new(Code::Forbidden),
        A::Changed { .. } => Fault::told(Code::Changed, words),
        A::Expired { .. } | A::NotYet { .. } | A::Gone { .. } => Fault::told(Code::Gone, words),
        A::Excludes { .. } => Fault::told(Code::Conflict, words),
        A::Nothing | A::TooMany { .. } => Fault::field(Code::Invalid, "/offers", words),
        A::NoReason => Fault::field(Code::Invalid, "/on_behalf", words),
        A::NotAMember => Fault::field(Code::Invalid, "/applicant", words),
        A::NotAsked { .. } | A::BadAnswer { .. } => Fault::field(Code::Invalid, "/answers", words),
    }
}

/// The guard's decisions for acting on these offers: one for each person they are for, and one for the applicant where an offer is to the
/// household. Parents may act for a child without being the child, so each person is asked about alone.
async fn permits(
    state: &AppState,
    call: &Call,
    tx: &mut Tx,
    offers: &[OfferId],
    applicant: PersonId,
) -> Result<Vec<Allowed>, Fault> {
    let subjects = casework::read::subjects(tx, offers).await?;
    let mut persons: Vec<PersonId> = subjects.iter().map(|(_, _, person)| person.unwrap_or(applicant)).collect();
    persons.push(applicant);
    persons.sort_unstable();
    persons.dedup();
    let mut allowed = Vec::new();
    for person in persons {
        allowed.push(call.permit(state, tx, Action::AcceptOffer, [person], "offers").await?);
    }
    Ok(allowed)
}

async fn accept_all(state: AppState, call: Call, once: Once, input: accept::Input) -> Result<Response, Fault> {
    let viewer = call.viewer(&state);
    let ids: Vec<OfferId> = input.taps.iter().map(|t| t.offer).collect();
    transact!(state.db, Fault, |tx| {
        match once.begin(tx, viewer.now).await? {
            Some(again) => Ok(again),
            None => {
                let allowed = permits(&state, &call, tx, &ids, input.applicant).await?;
                let done = accept::run(tx, &viewer.desk(), &call.who, &allowed, input.clone()).await;
                let done = done.map_err(accept_fault)?;
                let status = if done.application.is_some() { StatusCode::CREATED } else { StatusCode::OK };
                let items = done.items.iter().map(|(o, a)| AcceptedItem { offer: o.0, application: a.0 }).collect();
                once.end(tx, status, &AcceptedWire { application: done.application.map(|a| a.0), items }).await
            }
        }
    })
}

/// Accepts one offer: it becomes an application with frozen facts and rule version. Accepting twice gives the same application.
#[utoipa::path(post, path = "/api/offers/{id}/accept", tag = "offers", request_body = AcceptWire,
    params(("id" = Uuid, Path, description = "The offer."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 201, body = AcceptedWire), (status = 200, description = "Accepted before.", body = AcceptedWire), super::Faults))]
pub(crate) async fn accept(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let offer = OfferId(super::id(&id)?);
    let body = Body::<AcceptWire>::read(request, &state).await?.about(offer);
    let once = Once::new(&headers, &call, "accept", &body.hash)?;
    let answers = given(&state.packs.current(), &body.it.answers, "/answers")?;
    let input = accept::Input {
        applicant: applicant(&call, body.it.applicant)?,
        on_behalf: body.it.on_behalf.map(|r| r.0),
        taps: vec![Tap { offer, revision: body.it.revision, answers }],
    };
    accept_all(state, call, once, input).await
}

/// Accepts several offers of one household at once: all or none, as one application.
#[utoipa::path(post, path = "/api/offers/accept", tag = "offers", request_body = AcceptSeveralWire,
    params(("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 201, body = AcceptedWire), (status = 200, description = "All accepted before.", body = AcceptedWire), super::Faults))]
pub(crate) async fn accept_several(
    State(state): State<AppState>,
    call: Call,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let body = Body::<AcceptSeveralWire>::read(request, &state).await?;
    let once = Once::new(&headers, &call, "accept-several", &body.hash)?;
    let pack = state.packs.current();
    let mut taps = Vec::new();
    for (n, tap) in body.it.offers.iter().enumerate().take(accept::MOST + 1) {
        let answers = given(&pack, &tap.answers, &format!("/offers/{n}/answers"))?;
        taps.push(Tap { offer: OfferId(tap.offer), revision: tap.revision, answers });
    }
    let applicant = applicant(&call, body.it.applicant)?;
    let input = accept::Input { applicant, on_behalf: body.it.on_behalf.map(|r| r.0), taps };
    accept_all(state, call, once, input).await
}

/// A refusal.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RefuseWire {
    /// The person who refuses: left out by a citizen, needed from an official.
    #[serde(default)]
    person: Option<Uuid>,
    /// Why; an official must say.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 3, max_length = 1000)]
    reason: Option<Short<1000>>,
}

/// What came of refusing.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RefusedWire {
    /// How many offers were open until now.
    refused: u32,
}

/// Refuses an offer. It may still be accepted while its window is open.
#[utoipa::path(post, path = "/api/offers/{id}/refuse", tag = "offers", request_body = RefuseWire,
    params(("id" = Uuid, Path, description = "The offer."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = RefusedWire), super::Faults))]
pub(crate) async fn refuse(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let offer = OfferId(super::id(&id)?);
    let body = Body::<RefuseWire>::read(request, &state).await?.about(offer);
    let once = Once::new(&headers, &call, "refuse", &body.hash)?;
    let person = applicant(&call, body.it.person)?;
    let input = refuse::Input { person, offers: vec![offer], reason: body.it.reason.map(|r| r.0) };
    let viewer = call.viewer(&state);
    transact!(state.db, Fault, |tx| {
        match once.begin(tx, viewer.now).await? {
            Some(again) => Ok(again),
            None => {
                let allowed = permits(&state, &call, tx, &input.offers, person).await?;
                let refused = refuse::run(tx, &viewer.desk(), &call.who, &allowed, input.clone()).await;
                once.end(tx, StatusCode::OK, &RefusedWire { refused: refused.map_err(accept_fault)? }).await
            }
        }
    })
}
