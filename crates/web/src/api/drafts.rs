//! Drafts of applications: begun, read with what is asked, saved, sent, thrown away; by the person, by whoever holds a power
//! for the programmes, at the counter.

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use casework::application::draft::{self, Shown};
use casework::application::{self, Agreed, AskedOf, Chosen, Content, Draft, Setting, apply, mandate};
use casework::case::Channel;
use casework::model::Subject;
use guard::{Action, Allowed, Resource, Role};
use kernel::{DraftId, OfferId, PersonId};
use serde::{Deserialize, Serialize};
use store::transact;
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::{Body, Short};
use super::call::{Call, Once, answer};
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
        let DraftShort { head, programmes } = DraftShort::of(&shown.draft);
        let content = &shown.draft.content;
        let agreed = |a: &Agreed| AgreedWire { person: a.person.0, purpose: a.purpose.clone() };
        let missing = shown.consents.iter().filter(|w| {
            !content.consents.iter().any(|c| c.person == w.person && c.purpose == w.purpose)
        });
        DraftWire {
            questions: shown
                .questions
                .iter()
                .map(|a| QuestionWire {
                    subject: a.question.subject.into(),
                    item: a.question.item.clone(),
                    programmes: a.question.for_programmes.clone(),
                    of_person: a.question.is_for_person(),
                    answer: a.answer.as_ref().map(scalar),
                })
                .collect(),
            consents: content.consents.iter().map(agreed).collect(),
            consents_missing: missing.map(|w| AgreedWire { person: w.person.0, purpose: w.purpose.clone() }).collect(),
            programmes,
            ..head
        }
    }
}
