//! Requests of a mother about her own plan.

use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use guard::{Action, Purpose, Resource, Role, Tier};
use kernel::FamilyActId;
use store::transact;
use visit::care::act::{self, Act};
use visit::care::case::{Case, Fault};
use visit::care::read;

use super::own::{self, Own};
use super::{agency, partners, shown};
use crate::components::frame::Frame;
use crate::form::Form;
use crate::official::work_case_handlers::forbidden;
use crate::request::Session;
use crate::state::AppState;
use crate::viewer::{Trouble, Viewer};
use crate::visits::desk;

fn me<'s>(state: &'s AppState, session: &'s Session) -> Option<Viewer<'s>> {
    let citizen = session.who.role == Role::Citizen;
    citizen.then(|| Viewer::new(state, &session.who, Purpose::own_affairs()))
}

async fn open(v: &Viewer<'_>) -> Result<(Option<Case>, Resource), Trouble> {
    let person = v.who.person.ok_or(Trouble::NoPerson)?;
    let setting = v.setting();
    let mut tx = v.state.db.read().await?;
    let person = registry::read::surviving(&mut tx, person).await?;
    let seen = read::own(&mut tx, &v.sight(&setting), person).await?;
    drop(tx);
    let resource = seen.resource().at(Tier::Sensitive).showing(["plan"]);
    let case = v.state.guard.reveal(v.who, Action::ViewPlan, &resource, &v.purpose, seen.sealed).await?;
    Ok((case.into_inner(), resource))
}

/// Her plan.
pub(crate) async fn show(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    RawQuery(query): RawQuery,
) -> Response {
    let Some(v) = me(&state, &session) else { return forbidden(&f) };
    let said = match query.as_deref() {
        Some("done=agree") => Some(("plan-own-done-agree", true)),
        Some("done=consent") => Some(("plan-own-done-consent", true)),
        Some("done=withdraw") => Some(("plan-own-done-withdraw", true)),
        Some("done=stale") => Some(("plan-fault-stale", false)),
        _ => None,
    };
    match open(&v).await {
        Ok((case, _)) => own::page_of(&f, &the_plan(&v, &f, case.as_ref(), said)).into_response(),
        Err(trouble) => trouble.response(&state, &f),
    }
}

fn the_plan(v: &Viewer<'_>, f: &Frame, case: Option<&Case>, said: Option<(&'static str, bool)>) -> Own {
    let (lang, Some(case)) = (f.t.lang(), case) else { return Own { said, ..Own::default() } };
    Own {
        lead: Some(agency(&v.pack, &case.opening.organisation, lang)),
        closed: case.closed.is_some(),
        goals: shown(&v.pack, lang, &case.plan.goals, &case.plan.actions, v.today()),
        agreed: case.plan.is_agreed(),
        version: case.plan.version,
        partners: partners(&v.pack, lang, &case.plan),
        said,
    }
}

/// She agrees to the plan, or to who takes part; or takes that back.
pub(crate) async fn send(State(state): State<AppState>, session: Session, f: Frame, form: Form) -> Response {
    let Some(v) = me(&state, &session) else { return forbidden(&f) };
    let made = async {
        let (case, resource) = open(&v).await?;
        let case = case.ok_or(Trouble::Absent)?.opening.id;
        let agency = || form.get("agency").to_owned();
        let act = match form.get("do") {
            "agree" => Act::Agree { version: form.get("version").parse().unwrap_or(u32::MAX) },
            "consent" => Act::Consent { agency: agency() },
            "withdraw" => Act::Withdraw { agency: agency() },
            _ => return Err(Trouble::Absent),
        };
        let allowed = state.guard.permit(v.who, Action::AgreePlan, &resource, &v.purpose).await?;
        let name = FamilyActId::new(&*state.ids, v.now);
        let done = transact!(state.db, act::Fault, |tx| {
            act::run(tx, &desk(&v), v.who, &allowed, case, (name, &act)).await
        });
        let said = match done {
            Ok(_) => act.word(),
            Err(act::Fault::Store(why)) => return Err(why.into()),
            Err(act::Fault::Rule(Fault::Stale)) => "stale",
            // It stands so already, or is over: the page shows how.
            Err(act::Fault::Rule(_)) => "",
            Err(_) => return Err(Trouble::Absent),
        };
        Ok(Redirect::to(&format!("/plan?done={said}")).into_response())
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}
