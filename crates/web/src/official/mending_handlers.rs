//! Requests that correct or withdraw an event.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use casework::model::EventStatus;
use casework::register::{Fault, Told};
use casework::{correct, withdraw};
use kernel::{EventId, HouseholdId};
use registry::AsOf;
use registry::person::Sex;
use registry::residence::Address;
use store::transact;

use super::event_handlers::{permit, teller, written};
use super::handlers::happened_key;
use super::mending::{self, Event, Kind};
use crate::citizen::check_handlers::places;
use crate::components::frame::Frame;
use crate::form::Form;
use crate::household::{self, Want, name};
use crate::request::{Session, Stated};
use crate::state::AppState;
use crate::viewer::{Trouble, Viewer};

/// The event of a household that stands and can be mended.
async fn event(v: &Viewer<'_>, f: &Frame, household: &str, id: &str, key: &str) -> Result<Event, Trouble> {
    let home: HouseholdId = household.parse().map_err(|_| Trouble::Absent)?;
    let id: EventId = id.parse().map_err(|_| Trouble::Absent)?;
    let opened = household::open(v, home, AsOf::latest(v.today()), Want::Everything).await?;
    let found = opened.events.iter().find(|e| e.id == id && e.status == EventStatus::Registered);
    let found = found.ok_or(Trouble::Absent)?;
    let kind = Kind::of(found.kind).ok_or(Trouble::Absent)?;
    let key = Some(key).filter(|k| !k.is_empty() && k.len() <= 64).map(str::to_owned);
    Ok(Event {
        household: home.to_string(),
        id: id.to_string(),
        kind,
        key: happened_key(found.kind),
        whose: Some(name(&opened.record, found.person, f.t.lang())).filter(|n| !n.is_empty()),
        on: found.occurred_on,
        places: if kind == Kind::Move { places(&v.pack, f.t) } else { Vec::new() },
        form_key: key.unwrap_or_else(|| v.state.ids.uuid(v.now).to_string()),
    })
}

/// The form.
pub(crate) async fn form(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Stated(purpose): Stated,
    Path((household, id)): Path<(String, String)>,
) -> Response {
    let Some(purpose) = purpose else { return Redirect::to("/official/search").into_response() };
    let v = Viewer::new(&state, &session.who, purpose);
    match event(&v, &f, &household, &id, "").await {
        Ok(e) => mending::page_of(&f, &Form::default(), &e).into_response(),
        Err(trouble) => trouble.response(&state, &f),
    }
}

/// Corrects or withdraws.
pub(crate) async fn send(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Stated(purpose): Stated,
    Path((household, id)): Path<(String, String)>,
    mut form: Form,
) -> Response {
    let Some(purpose) = purpose else { return Redirect::to("/official/search").into_response() };
    let f = f.of_form(&format!("/official/happened/{household}/{id}"), &form);
    let v = Viewer::new(&state, &session.who, purpose);
    let e = match event(&v, &f, &household, &id, form.get("key")).await {
        Ok(e) => e,
        Err(trouble) => return trouble.response(&state, &f),
    };
    match mend(&v, &f, &e, &mut form).await {
        Ok(Some(word)) => Redirect::to(&format!("/official/households/{household}?done={word}#events")).into_response(),
        Ok(None) => (StatusCode::UNPROCESSABLE_ENTITY, mending::page_of(&f, &form, &e)).into_response(),
        Err(trouble) => trouble.response(&state, &f),
    }
}

/// The word for what was done; `None` when the form is refused.
async fn mend(v: &Viewer<'_>, f: &Frame, e: &Event, form: &mut Form) -> Result<Option<&'static str>, Trouble> {
    let event: EventId = e.id.parse().map_err(|_| Trouble::Absent)?;
    let reason = form.required(f.t, "reason", 200);
    if !reason.is_empty() && reason.chars().count() < 3 {
        form.refuse("reason", f.t.t("error-reason-short"));
    }
    let withdrawing = form.get("do") == "withdraw";
    let right = if withdrawing { None } else { right(v, f, e.kind, form) };
    if !form.is_fine() {
        return Ok(None);
    }
    let mut tx = v.state.db.read().await?;
    let people = correct::people(&mut tx, event).await?.ok_or(Trouble::Absent)?;
    drop(tx);
    let allowed = permit(v, &people).await?;
    let teller = teller(form);
    let done: Result<&str, Fault> = match right {
        None => {
            let input = withdraw::Input { event, reason, teller };
            transact!(v.state.db, Fault, |tx| {
                withdraw::run(tx, &v.desk(), v.who, &allowed, input.clone()).await.map(|_| "withdrawn")
            })
        }
        Some(right) => {
            let input = correct::Input { event, reason, right, teller };
            let told: Result<Told, Fault> = transact!(v.state.db, Fault, |tx| {
                correct::run(tx, &v.desk(), v.who, &allowed, input.clone()).await
            });
            told.map(|_| "corrected")
        }
    };
    match done {
        Ok(word) => Ok(Some(word)),
        Err(Fault::Store(why)) => Err(why.into()),
        Err(fault) => {
            refuse(form, f, e.kind, &fault);
            Ok(None)
        }
    }
}

/// What is right; `None` when something in the form is wrong.
fn right(v: &Viewer<'_>, f: &Frame, kind: Kind, form: &mut Form) -> Option<correct::Right> {
    let mut right = correct::Right::default();
    let on = form.date_if_any(f.t, "on");
    if on.is_some_and(|day| day > v.today()) {
        form.refuse("on", f.t.t("error-date-future"));
    }
    match kind {
        Kind::Birth => {
            right.names = form.optional(f.t, "name", 80).map(written).into_iter().collect();
            right.birth_date = on;
            right.sex = match form.get("sex") {
                "female" => Some(Sex::Female),
                "male" => Some(Sex::Male),
                _ => None,
            };
        }
        Kind::Pregnancy => {
            right.due_date = form.date_if_any(f.t, "due");
            right.unborn = form.get("children").parse().ok().filter(|n| (1..=9).contains(n));
        }
        Kind::Move => {
            right.on = on;
            let (place, street) = (form.get("place").to_owned(), form.optional(f.t, "street", 200));
            if place.is_empty() && street.is_some() {
                form.refuse("place", f.t.t("error-choose"));
            } else if !place.is_empty() && street.is_none() {
                form.refuse("street", f.t.t("error-field-empty"));
            }
            right.address = street.map(|street| Address::new(place, street, ""));
        }
        Kind::Death => right.on = on,
        Kind::Change => {}
    }
    if right == correct::Right::default() && form.is_fine() {
        form.refuse(first(kind), f.t.t("error-mend-nothing"));
    }
    form.is_fine().then_some(right)
}

/// The first field of the form.
fn first(kind: Kind) -> &'static str {
    match kind {
        Kind::Birth => "name",
        Kind::Pregnancy => "due",
        Kind::Move => "place",
        Kind::Death => "on",
        Kind::Change => "reason",
    }
}

fn refuse(form: &mut Form, f: &Frame, kind: Kind, fault: &Fault) {
    match fault {
        Fault::BadDay(_) => form.refuse("on", f.t.t("error-date-far")),
        Fault::UnknownPlace(_) => form.refuse("place", f.t.t("error-choose")),
        Fault::NoReason => form.refuse("reason", f.t.t("error-reason-short")),
        Fault::Nothing => form.refuse(first(kind), f.t.t("error-mend-nothing")),
        other => form.refuse("reason", f.t.with("error-registry", &[("why", other.to_string().into())])),
    }
}
