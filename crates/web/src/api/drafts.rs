//! Drafts of applications: begun, read with what is asked, saved, sent, thrown away; by the person, by whoever holds a power
//! for the programmes, at the counter.

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use casework::application::draft::{self, Shown};
use casework::application::{self, Agreed, Chosen, Content, Draft, Setting, apply, mandate};
use casework::case::Channel;
use guard::{Action, Allowed, Resource, Role};
use kernel::{DraftId, OfferId, PersonId};
use serde::{Deserialize, Serialize};
use store::transact;
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::{Body, Short};
use super::call::{Call, Once};
use super::offers::{self, GivenWire};
use super::problem::{Code, Fault};
use super::stages::{AppliedWire, CONNECTED, applied, apply_fault, draft_fault};
use super::wire::{SubjectWire, day, moment, read_day, scalar};
use crate::state::AppState;

/// One programme wanted.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChosenWire {
    /// The programme.
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    programme: Short<100>,
    /// Whose entitlement it would be.
    subject: SubjectWire,
    /// The offer it was chosen from.
    #[serde(default)]
    offer: Option<Uuid>,
}

/// A consent, given when the draft is sent.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AgreedWire {
    /// Who agrees.
    person: Uuid,
    /// To what: a consent of the pack.
    #[schema(min_length = 1, max_length = 100)]
    purpose: String,
}

/// Everything a draft says.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContentOf {
    /// The programmes.
    #[serde(default)]
    #[schema(max_items = 64)]
    programmes: Vec<ChosenWire>,
    /// The answers to what is asked.
    #[serde(default)]
    #[schema(max_items = 400)]
    answers: Vec<GivenWire>,
    /// The consents.
    #[serde(default)]
    #[schema(max_items = 100)]
    consents: Vec<AgreedWire>,
    /// Why an official writes for the person.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 3, max_length = 2000)]
    on_behalf: Option<Short<2000>>,
    /// The day a letter arrived, for what came by post.
    #[serde(default)]
    #[schema(format = Date)]
    received_on: Option<String>,
}

impl ContentOf {
    fn read(self, pack: &catalogue::Pack, at: &str) -> Result<Content, Fault> {
        let mut chosen = Vec::new();
        for (n, one) in self.programmes.into_iter().enumerate() {
            let subject = one.subject.subject(&format!("{at}/programmes/{n}/subject"))?;
            chosen.push(Chosen { programme: one.programme.0, subject, offer: one.offer.map(OfferId) });
        }
        let day = |d: &String| read_day(d, &format!("{at}/received_on"));
        let agreed = |c: AgreedWire| Agreed { person: PersonId(c.person), purpose: c.purpose };
        Ok(Content {
            chosen,
            answers: offers::given(pack, &self.answers, &format!("{at}/answers"))?,
            consents: self.consents.into_iter().map(agreed).collect(),
            on_behalf: self.on_behalf.map(|w| w.0),
            received_on: self.received_on.as_ref().map(day).transpose()?,
        })
    }
}

/// A draft to be begun.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewDraftWire {
    /// In whose name.
    person: Uuid,
    /// `counter` or `post` from an official; left out by others.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 20)]
    channel: Option<Short<20>>,
    /// What it says to begin with.
    content: ContentOf,
}

/// A draft in short.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DraftKept {
    /// Its id.
    draft: Uuid,
    /// To be sent back with the next save or with the sending.
    #[schema(minimum = 1)]
    revision: u32,
}

/// A programme of a draft, as it looks.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WantedOf {
    /// The programme.
    programme: String,
    /// Whose entitlement it would be.
    subject: SubjectWire,
}

/// A question of a draft.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct QuestionWire {
    /// Whom it is about.
    subject: SubjectWire,
    /// The item.
    item: String,
    /// The programmes that need it.
    programmes: Vec<String>,
    /// Whether only the person can say it; otherwise an agency is asked.
    of_person: bool,
    /// What the draft answers.
    #[schema(value_type = Option<super::wire::Scalar>)]
    answer: Option<serde_json::Value>,
}

/// A draft.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DraftWire {
    /// Its id.
    id: Uuid,
    /// In whose name.
    person: Uuid,
    /// The household it is about.
    household: Uuid,
    /// `online`, `counter`, `post` or `api`.
    channel: String,
    /// `open`, `sent` or `discarded`.
    status: String,
    /// To be sent back with the next save or with the sending.
    #[schema(minimum = 1)]
    revision: u32,
    /// The programmes.
    programmes: Vec<WantedOf>,
    /// What is asked, with the answers.
    questions: Vec<QuestionWire>,
    /// Consents given so far.
    consents: Vec<AgreedWire>,
    /// Consents still needed.
    consents_missing: Vec<AgreedWire>,
    /// The day a letter arrived.
    #[schema(format = Date)]
    received_on: Option<String>,
    /// The application it became.
    application: Option<Uuid>,
    /// When it was last saved.
    #[schema(format = DateTime)]
    saved_at: String,
}

impl DraftWire {
    fn of(shown: &Shown) -> DraftWire {
        let (it, content) = (&shown.draft, &shown.draft.content);
        let given =
            |person, purpose: &str| content.consents.iter().any(|c| c.person == person && c.purpose == *purpose);
        let missing = shown.consents.iter().filter(|w| !given(w.person, &w.purpose));
        let question = |a: &draft::Asked| QuestionWire {
            subject: a.question.subject.into(),
            item: a.question.item.clone(),
            programmes: a.question.for_programmes.clone(),
            of_person: a.question.is_for_person(),
            answer: a.answer.as_ref().map(scalar),
        };
        DraftWire {
            id: it.id.0,
            person: it.person.0,
            household: it.household.0,
            channel: it.channel.word().to_owned(),
            status: it.status.word().to_owned(),
            revision: it.revision,
            programmes: wanted(it),
            questions: shown.questions.iter().map(question).collect(),
            consents: content.consents.iter().map(|c| agreed(c.person, &c.purpose)).collect(),
            consents_missing: missing.map(|w| agreed(w.person, &w.purpose)).collect(),
            received_on: day(content.received_on),
            application: it.application.map(|a| a.0),
            saved_at: moment(it.saved_at),
        }
    }
}

fn agreed(person: PersonId, purpose: &str) -> AgreedWire {
    AgreedWire { person: person.0, purpose: purpose.to_owned() }
}

fn wanted(it: &Draft) -> Vec<WantedOf> {
    let one = |c: &Chosen| WantedOf { programme: c.programme.clone(), subject: c.subject.into() };
    it.content.chosen.iter().map(one).collect()
}

/// An open draft in a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DraftShort {
    /// Its id.
    draft: Uuid,
    /// The programmes.
    programmes: Vec<WantedOf>,
    /// Its revision.
    #[schema(minimum = 1)]
    revision: u32,
    /// When it was last saved.
    #[schema(format = DateTime)]
    saved_at: String,
}

/// Open drafts in a person's name.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DraftList {
    /// The last saved first.
    drafts: Vec<DraftShort>,
}

/// What applying is set to.
fn setting(state: &AppState) -> Setting<'static> {
    Setting { adult_age: state.config.adult_age, connected: &CONNECTED }
}

/// The guard's decisions on applying in a person's name in these programmes, one about everybody the caller acts for by
/// themselves: a child of somebody who gave a power is acted for through that somebody.
async fn powers(state: &AppState, call: &Call, person: PersonId, chosen: &[Chosen]) -> Result<Vec<Allowed>, Fault> {
    let viewer = call.viewer(state);
    let setting = viewer.setting();
    let sight = viewer.sight(&setting);
    let programmes: Vec<&str> = chosen.iter().map(|c| c.programme.as_str()).collect();
    let people = chosen.iter().filter_map(|c| c.subject.person()).chain([person]);
    let mut tx = state.db.read().await?;
    let about = mandate::relations(&mut tx, &viewer.desk(), &sight, people, &programmes).await?;
    drop(tx);
    if !about.contains_key(&person) {
        return Err(Fault::new(Code::NotFound));
    }
    let citizen = call.who.role == Role::Citizen;
    let action = if citizen { Action::AcceptOffer } else { Action::KeyInForPerson };
    let mut allowed = Vec::new();
    for (one, relation) in about {
        if one == person || !citizen || relation.own || relation.ward || relation.mandated {
            let resource = Resource::person(one, relation).showing(["application"]);
            allowed.push(state.guard.permit(&call.who, action, &resource, &call.purpose).await?);
        }
    }
    Ok(allowed)
}

/// A draft opened: the look is in the log before it comes back.
async fn open(state: &AppState, call: &Call, id: &str) -> Result<Shown, Fault> {
    let id = DraftId(super::id(id)?);
    let viewer = call.viewer(state);
    let eyes = viewer.setting();
    let mut tx = state.db.read().await?;
    let seen = draft::read(&mut tx, &viewer.desk(), &viewer.sight(&eyes), setting(state), id).await?;
    drop(tx);
    let seen = seen.ok_or_else(|| Fault::new(Code::NotFound))?;
    let hidden = seen.about.iter().any(|(_, r)| r.protected && !(r.own || r.ward));
    let resource = seen.resource().showing(["draft"]);
    let shown = state.guard.reveal(&call.who, Action::ViewEntitlements, &resource, &call.purpose, seen.sealed).await;
    let shown = match shown {
        // That somebody else has begun something is nobody's to know.
        Err(guard::Denied::Refused(_)) if call.who.role == Role::Citizen => return Err(Fault::new(Code::NotFound)),
        other => other?.into_inner(),
    };
    let person = shown.draft.person;
    let theirs = seen_by(call, &resource, person);
    if hidden || !theirs { Err(Fault::new(Code::NotFound)) } else { Ok(shown) }
}

/// Another adult's draft in the same household is theirs alone.
fn seen_by(call: &Call, resource: &Resource, person: PersonId) -> bool {
    let known = |(p, r): &(PersonId, guard::Relation)| *p == person && (r.own || r.ward || r.mandated);
    call.who.role != Role::Citizen || resource.about().iter().any(known)
}

/// Begins a draft in a person's name.
#[utoipa::path(post, path = "/api/drafts", tag = "applications", request_body = NewDraftWire,
    params(("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 201, body = DraftKept), super::Faults))]
pub(crate) async fn begin(
    State(state): State<AppState>,
    call: Call,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let body = Body::<NewDraftWire>::read(request, &state).await?;
    let once = Once::new(&headers, &call, "draft", &body.hash)?;
    let viewer = call.viewer(&state);
    let channel = match body.it.channel.as_ref().map(|c| c.0.as_str()) {
        None if call.who.role == Role::Citizen => Channel::Online,
        None | Some("counter") => Channel::Counter,
        Some("post") => Channel::Post,
        Some("online") => Channel::Online,
        Some(_) => return Err(Fault::field(Code::Invalid, "/channel", "expected online, counter or post")),
    };
    let person = PersonId(body.it.person);
    let content = body.it.content.read(&viewer.pack, "/content")?;
    let allowed = powers(&state, &call, person, &content.chosen).await?;
    let input = draft::Begin { person, channel, content };
    transact!(state.db, Fault, |tx| {
        match once.begin(tx, viewer.now).await? {
            Some(again) => Ok(again),
            None => {
                let desk = viewer.desk();
                let kept = draft::begin(tx, &desk, &call.who, &allowed, setting(&state), input.clone()).await;
                let kept = kept.map_err(draft_fault)?;
                once.end(tx, StatusCode::CREATED, &DraftKept { draft: kept.id.0, revision: kept.revision }).await
            }
        }
    })
}

/// Open drafts in a person's name; of somebody who gave the caller a power, those it is good for.
#[utoipa::path(get, path = "/api/persons/{id}/drafts", tag = "applications",
    params(("id" = Uuid, Path, description = "The person.")),
    responses((status = 200, body = DraftList), super::Faults))]
pub(crate) async fn list(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
) -> Result<axum::Json<DraftList>, Fault> {
    let person = PersonId(super::id(&id)?);
    let viewer = call.viewer(&state);
    let eyes = viewer.setting();
    let mut tx = state.db.read().await?;
    let seen = draft::list(&mut tx, &viewer.desk(), &viewer.sight(&eyes), person).await?;
    drop(tx);
    if seen.about.is_empty() {
        return Err(Fault::new(Code::NotFound));
    }
    let resource = seen.resource().showing(["drafts"]);
    if !seen_by(&call, &resource, person) {
        return Err(Fault::new(Code::NotFound));
    }
    let open = state.guard.reveal(&call.who, Action::ViewEntitlements, &resource, &call.purpose, seen.sealed).await?;
    let short = |d: &Draft| DraftShort {
        draft: d.id.0,
        programmes: wanted(d),
        revision: d.revision,
        saved_at: moment(d.saved_at),
    };
    Ok(axum::Json(DraftList { drafts: open.iter().map(short).collect() }))
}

/// A draft with what is asked.
#[utoipa::path(get, path = "/api/drafts/{id}", tag = "applications",
    params(("id" = Uuid, Path, description = "The draft.")),
    responses((status = 200, body = DraftWire), super::Faults))]
pub(crate) async fn one(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
) -> Result<axum::Json<DraftWire>, Fault> {
    Ok(axum::Json(DraftWire::of(&open(&state, &call, &id).await?)))
}

/// A draft to be saved.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SaveWire {
    /// The revision that was shown.
    #[schema(minimum = 1)]
    revision: u32,
    /// Everything it says now: what is left out is gone.
    content: ContentOf,
}

/// Saves a draft whole.
#[utoipa::path(put, path = "/api/drafts/{id}", tag = "applications", request_body = SaveWire,
    params(("id" = Uuid, Path, description = "The draft."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = DraftKept), super::Faults))]
pub(crate) async fn save(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let body = Body::<SaveWire>::read(request, &state).await?.about(&id);
    let once = Once::new(&headers, &call, "draft-save", &body.hash)?;
    let shown = open(&state, &call, &id).await?;
    let viewer = call.viewer(&state);
    let content = body.it.content.read(&viewer.pack, "/content")?;
    let all: Vec<Chosen> = shown.draft.content.chosen.iter().chain(&content.chosen).cloned().collect();
    let allowed = powers(&state, &call, shown.draft.person, &all).await?;
    let input = draft::Save { draft: shown.draft.id, revision: body.it.revision, content };
    transact!(state.db, Fault, |tx| {
        match once.begin(tx, viewer.now).await? {
            Some(again) => Ok(again),
            None => {
                let desk = viewer.desk();
                let kept = draft::save(tx, &desk, &call.who, &allowed, setting(&state), input.clone()).await;
                let kept = kept.map_err(draft_fault)?;
                once.end(tx, StatusCode::OK, &DraftKept { draft: kept.id.0, revision: kept.revision }).await
            }
        }
    })
}

/// Which draft is sent or thrown away.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShownWire {
    /// The revision that was shown.
    #[schema(minimum = 1)]
    revision: u32,
}

/// Sends a draft: one application, a case for each programme. Sending it again gives the same application.
#[utoipa::path(post, path = "/api/drafts/{id}/sending", tag = "applications", request_body = ShownWire,
    params(("id" = Uuid, Path, description = "The draft."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 201, body = AppliedWire), (status = 200, description = "Applied for before.", body = AppliedWire), super::Faults))]
pub(crate) async fn send(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let body = Body::<ShownWire>::read(request, &state).await?.about(&id);
    let once = Once::new(&headers, &call, "draft-sending", &body.hash)?;
    let shown = open(&state, &call, &id).await?;
    let allowed = powers(&state, &call, shown.draft.person, &shown.draft.content.chosen).await?;
    let viewer = call.viewer(&state);
    let input = apply::Input { draft: shown.draft.id, revision: body.it.revision };
    transact!(state.db, Fault, |tx| {
        match once.begin(tx, viewer.now).await? {
            Some(again) => Ok(again),
            None => {
                let done = application::send(tx, &viewer.desk(), &call.who, &allowed, setting(&state), input).await;
                let done = done.map_err(apply_fault)?;
                let status = if done.application.is_some() { StatusCode::CREATED } else { StatusCode::OK };
                once.end(tx, status, &applied(done)).await
            }
        }
    })
}

/// Throws a draft away.
#[utoipa::path(post, path = "/api/drafts/{id}/discarding", tag = "applications", request_body = ShownWire,
    params(("id" = Uuid, Path, description = "The draft."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = DraftKept), super::Faults))]
pub(crate) async fn discard(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let body = Body::<ShownWire>::read(request, &state).await?.about(&id);
    let once = Once::new(&headers, &call, "draft-discarding", &body.hash)?;
    let shown = open(&state, &call, &id).await?;
    let it = &shown.draft;
    let allowed = powers(&state, &call, it.person, &it.content.chosen).await?;
    let viewer = call.viewer(&state);
    if it.revision != body.it.revision {
        return Err(Fault::new(Code::Changed));
    }
    transact!(state.db, Fault, |tx| {
        match once.begin(tx, viewer.now).await? {
            Some(again) => Ok(again),
            None => {
                draft::discard(tx, &viewer.desk(), &call.who, &allowed, it.id).await.map_err(draft_fault)?;
                once.end(tx, StatusCode::OK, &DraftKept { draft: it.id.0, revision: it.revision }).await
            }
        }
    })
}
