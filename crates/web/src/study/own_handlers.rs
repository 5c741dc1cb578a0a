//! Requests of a mother about studies.

use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use casework::application::consent;
use casework::application::model::Agreed;
use catalogue::model::Study;
use guard::{Action, Purpose, Role, Tier};
use kernel::PersonId;
use store::transact;
use visit::read;

use super::own::{Offered, page_of};
use crate::citizen::cases::{done, permit};
use crate::components::frame::Frame;
use crate::form::Form;
use crate::official::work_case_handlers::forbidden;
use crate::request::Session;
use crate::state::AppState;
use crate::viewer::{Trouble, Viewer};
use crate::visits::desk;

/// Who she is, and the studies her family can be in: none while it is not visited, and none of a family that mourns.
async fn offered(v: &Viewer<'_>) -> Result<(PersonId, Vec<Offered>), Trouble> {
    let person = v.who.person.ok_or(Trouble::NoPerson)?;
    let setting = v.setting();
    let sight = v.sight(&setting);
    let mut tx = v.state.db.read().await?;
    let person = registry::read::surviving(&mut tx, person).await?;
    let visits = read::own(&mut tx, &desk(v), &sight, person).await?;
    let consents = consent::list(&mut tx, &sight, person).await?;
    drop(tx);
    let resource = visits.resource().at(Tier::Sensitive).showing(["visits"]);
    let visits = v.state.guard.reveal(v.who, Action::ViewVisits, &resource, &v.purpose, visits.sealed).await?;
    let resource = consents.resource().showing(["consents"]);
    let consents =
        v.state.guard.reveal(v.who, Action::ViewEntitlements, &resource, &v.purpose, consents.sealed).await?;
    let running = visits.iter().rev().find(|(e, _)| e.left.is_none() && e.consented_at.is_some());
    let asked = running.is_some_and(|(e, _)| !e.family(&[], &[]).mourns());
    let stands = |study: &Study| consents.iter().any(|c| c.purpose == study.consent && c.withdrawn_at.is_none());
    let offer = |study: &Study| {
        Some(Offered {
            id: study.id.clone(),
            name: study.name.clone(),
            about: study.about.clone(),
            words: v.pack.consents().get(&study.consent)?.words.clone(),
            law: study.law.clone(),
            agreed: stands(study),
        })
    };
    let all = if asked { v.pack.studies().iter().filter_map(offer).collect() } else { Vec::new() };
    Ok((person, all))
}

/// The page.
pub(crate) async fn show(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    RawQuery(query): RawQuery,
) -> Response {
    if session.who.role != Role::Citizen {
        return forbidden(&f);
    }
    let v = Viewer::new(&state, &session.who, Purpose::own_affairs());
    let said = match done(query).as_str() {
        "agreed" => Some("study-done"),
        "taken-back" => Some("study-gone"),
        _ => None,
    };
    match offered(&v).await {
        Ok((_, all)) => page_of(&f, &all, said).into_response(),
        Err(trouble) => trouble.response(&state, &f),
    }
}

/// She agrees, or takes it back.
pub(crate) async fn send(State(state): State<AppState>, session: Session, f: Frame, form: Form) -> Response {
    if session.who.role != Role::Citizen {
        return forbidden(&f);
    }
    let v = Viewer::new(&state, &session.who, Purpose::own_affairs());
    let agrees = form.get("do") == "agree";
    let made = async {
        let (person, all) = offered(&v).await?;
        let study = all.iter().find(|s| s.id == form.get("study")).ok_or(Trouble::Absent)?;
        let purpose = v.pack.studies().get(&study.id).map(|s| s.consent.clone()).ok_or(Trouble::Absent)?;
        settle(&v, person, purpose, agrees).await?;
        let to = if agrees { "/visits/study?done=agreed" } else { "/visits/study?done=taken-back" };
        Ok(Redirect::to(to).into_response())
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}

async fn settle(v: &Viewer<'_>, person: PersonId, purpose: String, agrees: bool) -> Result<(), Trouble> {
    let allowed = [permit(v, Action::AcceptOffer, &[person], "consent").await?];
    let who = guard::Who { person: Some(person), ..v.who.clone() };
    let agreed = Agreed { person, purpose };
    let done = transact!(v.state.db, consent::Fault, |tx| {
        if agrees {
            consent::give(tx, &v.desk(), &who, &allowed, &agreed, None).await
        } else {
            consent::withdraw(tx, &v.desk(), &who, &allowed, person, &agreed.purpose).await.map(|_| ())
        }
    });
    match done {
        Ok(()) => Ok(()),
        Err(consent::Fault::Store(why)) => Err(why.into()),
        Err(_) => Err(Trouble::Absent),
    }
}
