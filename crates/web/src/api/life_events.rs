//! Life events: who may ask for everything at once, and every service of the state with its window and what has to be shown.

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use catalogue::model::{Form, LifeEvent, Service};
use kernel::{Lang, Words};
use serde::Serialize;
use utoipa::ToSchema;

use super::call::lang;
use super::problem::{Code, Fault};
use crate::state::AppState;

/// An event in short.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LifeEventShort {
    /// Its id.
    id: String,
    /// Its name in the language asked for.
    name: String,
    /// The law of the one application; empty when the pack names none.
    law: String,
    /// How many services there are at it.
    services: usize,
}

/// All events.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LifeEventList {
    /// Content hash of the pack.
    pack_hash: String,
    /// In the pack's order.
    life_events: Vec<LifeEventShort>,
}

/// Who may ask for everything at an event at once.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EventClaimantWire {
    /// A code of the list `claimant`.
    claimant: String,
    /// Codes of the list `channel`.
    channels: Vec<String>,
}

/// One service at an event.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EventServiceWire {
    /// Its number in the official list.
    no: u32,
    /// The programme; null where the service is asked for somewhere else.
    programme: Option<String>,
    /// general, income_tested, information, municipal, nationwide.
    class: String,
    /// Its name.
    name: String,
    /// The agency that owns it.
    owner: String,
    /// The agency that works on it.
    processed_by: Option<String>,
    /// Who may ask for it.
    who: Option<String>,
    /// What must be shown.
    evidence: Option<String>,
    /// What the office looks up itself.
    instead_of_paper: Option<String>,
    /// From when.
    apply_from: Option<String>,
    /// Until when.
    apply_until: Option<String>,
    /// In what form it comes.
    #[schema(value_type = Option<String>)]
    form: Option<Form>,
    /// Ids of the pack's sources.
    sources: Vec<String>,
}

/// An event with its services.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LifeEventWire {
    /// In short.
    life_event: LifeEventShort,
    /// A telephone number.
    help_line: Option<String>,
    /// Who may ask, on which ways.
    who: Vec<EventClaimantWire>,
    /// In the order of the official list.
    services: Vec<EventServiceWire>,
}

fn short(e: &LifeEvent, lang: Lang) -> LifeEventShort {
    LifeEventShort {
        id: e.id.clone(),
        name: e.name.get(lang).to_owned(),
        law: e.law.clone(),
        services: e.services.len(),
    }
}

fn service(s: &Service, lang: Lang) -> EventServiceWire {
    let said = |words: &Option<Words>| words.as_ref().map(|w| w.get(lang).to_owned());
    EventServiceWire {
        no: s.no,
        programme: s.programme.clone(),
        class: s.class.clone(),
        name: s.name.get(lang).to_owned(),
        owner: s.owner.clone(),
        processed_by: s.processed_by.clone(),
        who: said(&s.who),
        evidence: said(&s.evidence),
        instead_of_paper: said(&s.instead_of_paper),
        apply_from: said(&s.apply_from),
        apply_until: said(&s.apply_until),
        form: s.form,
        sources: s.sources.clone(),
    }
}

/// The life events of the pack in force.
#[utoipa::path(get, path = "/api/life-events", tag = "catalogue", security(()),
    responses((status = 200, body = LifeEventList), super::Faults))]
pub(crate) async fn all(State(state): State<AppState>, headers: HeaderMap) -> axum::Json<LifeEventList> {
    let pack = state.packs.current();
    let life_events = pack.events().iter().map(|e| short(e, lang(&headers))).collect();
    axum::Json(LifeEventList { pack_hash: pack.content_hash().to_owned(), life_events })
}

/// A life event with every service of the state at it.
#[utoipa::path(get, path = "/api/life-events/{id}", tag = "catalogue", security(()),
    params(("id" = String, Path, description = "The event.")),
    responses((status = 200, body = LifeEventWire), super::Faults))]
pub(crate) async fn one(
    State(state): State<AppState>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<axum::Json<LifeEventWire>, Fault> {
    let pack = state.packs.current();
    let lang = lang(&headers);
    let event = pack.events().get(&id).ok_or_else(|| Fault::new(Code::NotFound))?;
    let who =
        event.who.iter().map(|w| EventClaimantWire { claimant: w.claimant.clone(), channels: w.channels.clone() });
    Ok(axum::Json(LifeEventWire {
        life_event: short(event, lang),
        help_line: event.help_line.clone(),
        who: who.collect(),
        services: event.services.iter().map(|s| service(s, lang)).collect(),
    }))
}
