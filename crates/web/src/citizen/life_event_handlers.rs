//! Requests for the services at a life event: open to everybody, out of the pack in force.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use catalogue::Pack;
use catalogue::model::LifeEvent;
use kernel::Words;

use super::life_event::{Event, Named, Service, page_of};
use crate::components::frame::Frame;
use crate::error::Fault;
use crate::explain::{Story, plain};
use crate::state::AppState;

/// The services at one event.
pub(crate) async fn show(State(state): State<AppState>, f: Frame, Path(id): Path<String>) -> Response {
    let pack = state.packs.current();
    match pack.events().get(&id).filter(|e| !e.services.is_empty()) {
        Some(event) => page_of(&f, &shown(&pack, event)).into_response(),
        None => Fault::NotFound.response(&f),
    }
}

/// Every event with services: a pregnancy, a birth.
pub(crate) fn named(pack: &Pack) -> Vec<Named> {
    pack.events().iter().filter(|e| !e.services.is_empty()).map(name).collect()
}

/// What an event is called and where its services stand.
fn name(event: &LifeEvent) -> Named {
    (event.name.clone(), format!("/life-events/{}", event.id))
}

fn shown(pack: &Pack, event: &LifeEvent) -> Event {
    let code =
        |list: &str, code: &str| -> Words { pack.code(list, code).map_or_else(|| plain(code), |c| c.name.clone()) };
    let who = event
        .who
        .iter()
        .map(|w| (code("claimant", &w.claimant), w.channels.iter().map(|channel| code("channel", channel)).collect()));
    Event {
        name: event.name.clone(),
        law: event.law.clone(),
        help_line: event.help_line.clone(),
        who: who.collect(),
        services: event.services.iter().map(|s| service(pack, s)).collect(),
    }
}

/// What a programme is at life events: gas and district heat are one programme and two services.
pub(crate) fn of_programme(pack: &Pack, programme: &str) -> Vec<Service> {
    let all = pack.events().iter().flat_map(|e| &e.services);
    all.filter(|s| s.programme.as_deref() == Some(programme)).map(|s| service(pack, s)).collect()
}

/// The services at an event that Hearth does not work out: they are asked for somewhere else.
pub(crate) fn elsewhere(pack: &Pack, event: &str) -> Option<(Named, Vec<Service>)> {
    let event = pack.events().get(event)?;
    let services: Vec<_> = event.services.iter().map(|s| service(pack, s)).filter(|s| !s.here).collect();
    (!services.is_empty()).then(|| (name(event), services))
}

/// One service in words.
fn service(pack: &Pack, s: &catalogue::model::Service) -> Service {
    let story = Story { pack, names: &[] };
    Service {
        no: s.no,
        name: s.name.clone(),
        here: s.programme.as_ref().is_some_and(|id| pack.programmes().get(id).is_some()),
        class_key: format!("life-class-{}", s.class.replace('_', "-")),
        owner: story.agency(&s.owner),
        processed_by: s.processed_by.as_ref().filter(|by| **by != s.owner).map(|by| story.agency(by)),
        who: s.who.clone(),
        evidence: s.evidence.clone(),
        instead_of_paper: s.instead_of_paper.clone(),
        window: (s.apply_from.clone(), s.apply_until.clone()),
        form: s.form,
    }
}
