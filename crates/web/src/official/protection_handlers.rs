//! Requests for one person's address, and for what protects it.

use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use casework::protection::{self, Ending, Fault, NewProtection};
use guard::{Action, Allowed, Purpose, Relation, Resource, Tier};
use kernel::{HouseholdId, PersonId};
use registry::{AsOf, sight};
use store::transact;
use text::Text;

use super::handlers::identifier_name;
use super::protection::{self as screen, Address, Held, Protections};
use crate::citizen::cases::powers_handlers::somebody;
use crate::citizen::cases::{agency, done};
use crate::citizen::handlers::full_address;
use crate::components::frame::Frame;
use crate::form::Form;
use crate::household::{self, Opened, Want, name};
use crate::request::{Session, Stated};
use crate::state::AppState;
use crate::viewer::{Trouble, Viewer};
use crate::whereabouts;

/// The address of a member of a household.
pub(crate) async fn address(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Stated(purpose): Stated,
    Path((household, person)): Path<(String, String)>,
) -> Response {
    let Some(purpose) = purpose else { return Redirect::to("/official/search").into_response() };
    let made = async {
        let (household, person) = ids(&household, &person)?;
        let v = Viewer::new(&state, &session.who, purpose).concerning(household).await?;
        let vm = shown(&v, &f, household, person).await?;
        Ok::<_, Trouble>(screen::address_page(&f, &vm).into_response())
    };
    made.await.unwrap_or_else(|trouble| trouble.response(&state, &f))
}

/// A household and a member of it, as an address names them.
pub(crate) fn ids(household: &str, person: &str) -> Result<(HouseholdId, PersonId), Trouble> {
    Ok((household.parse().map_err(|_| Trouble::Absent)?, person.parse().map_err(|_| Trouble::Absent)?))
}

fn home(household: HouseholdId) -> String {
    format!("/official/households/{household}")
}

/// Who it is, then where they live: two looks at this person, and none at the others of the household.
async fn shown(v: &Viewer<'_>, f: &Frame, household: HouseholdId, person: PersonId) -> Result<Address, Trouble> {
    let setting = v.setting();
    let mut tx = v.state.db.read().await?;
    let seen = sight::person(&mut tx, &v.sight(&setting), person, AsOf::latest(v.today())).await?;
    drop(tx);
    let seen = seen.ok_or(Trouble::Absent)?;
    let resource = seen.resource().at(Tier::Contact).showing(["person"]);
    let record = v.state.guard.reveal(v.who, Action::ViewPerson, &resource, &v.purpose, seen.sealed).await?;
    if record.membership.as_ref().is_none_or(|m| m.household != household) {
        return Err(Trouble::Absent);
    }
    let place = whereabouts::look(v, person).await?;
    Ok(Address {
        home: home(household),
        name: record.name(f.t.lang()).to_owned(),
        address: place.residence.as_ref().map(|r| full_address(v, f, r)),
        phone: place.phone,
        email: place.email,
    })
}

/// One person of a household, and what is protected of them.
struct Desk {
    household: HouseholdId,
    person: PersonId,
    opened: Opened,
}

impl Desk {
    fn relation(&self) -> Relation {
        self.opened.stands(self.person).unwrap_or_default()
    }

    fn address(&self) -> String {
        format!("{}/protection/{}", home(self.household), self.person)
    }

    fn others(&self) -> impl Iterator<Item = PersonId> {
        self.opened.record.members.iter().map(|m| m.person.id).filter(|p| *p != self.person)
    }
}

async fn desk<'s>(
    state: &'s AppState,
    session: &'s Session,
    purpose: Purpose,
    household: &str,
    person: &str,
) -> Result<(Viewer<'s>, Desk), Trouble> {
    let (household, person) = ids(household, person)?;
    let v = Viewer::new(state, &session.who, purpose).concerning(household).await?;
    let opened = household::open(&v, household, AsOf::latest(v.today()), Want::Record).await?;
    opened.record.member(person).ok_or(Trouble::Absent)?;
    let desk = Desk { household, person, opened };
    if !v.may(Action::ProtectPerson, desk.relation()) {
        let _allowed = permit(&v, Action::ProtectPerson, person, desk.relation()).await?;
        return Err(Trouble::Absent);
    }
    Ok((v, desk))
}

async fn permit(v: &Viewer<'_>, action: Action, person: PersonId, relation: Relation) -> Result<Allowed, Trouble> {
    let resource = Resource::person(person, relation).at(Tier::Sensitive).showing(["protection"]);
    Ok(v.state.guard.permit(v.who, action, &resource, &v.purpose).await?)
}

/// What protects a member of a household.
pub(crate) async fn show(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Stated(purpose): Stated,
    Path((household, person)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Response {
    let Some(purpose) = purpose else { return Redirect::to("/official/search").into_response() };
    let made = async {
        let (v, desk) = desk(&state, &session, purpose, &household, &person).await?;
        let vm = read(&v, &f, &desk, done(query)).await?;
        Ok::<_, Trouble>(screen::page_of(&f, &Form::default(), &vm).into_response())
    };
    made.await.unwrap_or_else(|trouble| trouble.response(&state, &f))
}

async fn read(v: &Viewer<'_>, f: &Frame, desk: &Desk, done: String) -> Result<Protections, Trouble> {
    let setting = v.setting();
    let mut tx = v.state.db.read().await?;
    let seen = protection::list(&mut tx, &v.desk(), &v.sight(&setting), desk.person).await?;
    drop(tx);
    let stands = seen.about.iter().map(|(_, relation)| *relation).next().unwrap_or_default();
    // Asked for only by whoever may see them: to open the page is no attempt to.
    let held = if v.may(Action::ViewProtection, stands) {
        let resource = seen.resource().at(Tier::Sensitive).showing(["protection"]);
        let open = v.state.guard.reveal(v.who, Action::ViewProtection, &resource, &v.purpose, seen.sealed).await?;
        Some(open.iter().map(|p| held(v, p)).collect())
    } else {
        None
    };
    let (record, lang) = (&desk.opened.record, f.t.lang());
    Ok(Protections {
        home: home(desk.household),
        person: desk.person.to_string(),
        name: name(record, desk.person, lang),
        held,
        may_end: v.may(Action::EndProtection, stands),
        open_case: desk.relation().open_case,
        others: desk.others().map(|p| (p.to_string(), name(record, p, lang))).collect(),
        identifier: identifier_name(&v.pack, f),
        offset_hours: v.offset(),
        done,
    })
}

fn held(v: &Viewer<'_>, p: &protection::Protection) -> Held {
    Held {
        id: p.id.to_string(),
        from: p.from.iter().map(|(_, name)| name.clone()).collect(),
        since: p.valid_from,
        until: p.valid_to,
        reason: p.reason.clone(),
        law: p.law.clone(),
        source: agency(v, &p.source),
        recorded: p.recorded_at,
    }
}

/// Records or ends a protection.
pub(crate) async fn send(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Stated(purpose): Stated,
    Path((household, person)): Path<(String, String)>,
    form: Form,
) -> Response {
    let Some(purpose) = purpose else { return Redirect::to("/official/search").into_response() };
    let f = f.of_form(&format!("/official/households/{household}/protection/{person}"), &form);
    let made = async {
        let (v, desk) = desk(&state, &session, purpose, &household, &person).await?;
        answer(&v, &f, &desk, form).await
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}

async fn answer(v: &Viewer<'_>, f: &Frame, desk: &Desk, mut form: Form) -> Result<Response, Trouble> {
    let to = match form.get("do") {
        "record" => record(v, f, desk, &mut form).await?,
        "end" => end(v, f, desk, &mut form).await?,
        _ => return Err(Trouble::Absent),
    };
    if let Some(to) = to {
        return Ok(Redirect::to(&to).into_response());
    }
    let vm = read(v, f, desk, String::new()).await?;
    // Where there is none to choose, there is no such protection.
    if form.error("protection").is_some() && vm.held.as_ref().is_none_or(Vec::is_empty) {
        return Err(Trouble::Absent);
    }
    Ok((StatusCode::UNPROCESSABLE_ENTITY, screen::page_of(f, &form, &vm)).into_response())
}

/// From whom: members of the household that were ticked, and somebody else by name and number.
async fn perpetrators(v: &Viewer<'_>, f: &Frame, desk: &Desk, form: &mut Form) -> Result<Vec<PersonId>, Trouble> {
    let ticked: Vec<Option<PersonId>> = form
        .all("perpetrator")
        .filter(|value| !value.is_empty())
        .map(|value| value.parse().ok().filter(|p| desk.others().any(|other| other == *p)))
        .collect();
    if ticked.iter().any(Option::is_none) {
        form.refuse("perpetrator", f.t.t("error-choose"));
    }
    let mut all: Vec<PersonId> = ticked.into_iter().flatten().collect();
    if !form.get("name").is_empty() || !form.get("number").is_empty() {
        all.extend(somebody(v, f, form).await?);
    }
    Ok(all)
}

/// Where the browser goes on; `None` when the form is refused.
async fn record(v: &Viewer<'_>, f: &Frame, desk: &Desk, form: &mut Form) -> Result<Option<String>, Trouble> {
    let t = f.t;
    let perpetrators = perpetrators(v, f, desk, form).await?;
    let from = form.date_if_any(t, "from").unwrap_or(v.today());
    let last = form.date_if_any(t, "until");
    let (reason, law) = (form.required(t, "reason", 200), form.required(t, "law", 200));
    if !form.is_fine() {
        return Ok(None);
    }
    let new = NewProtection { person: desk.person, perpetrators, from, last, reason, law };
    let allowed = permit(v, Action::ProtectPerson, desk.person, desk.relation()).await?;
    let setting = v.setting();
    let sight = v.sight(&setting);
    let made = transact!(v.state.db, Fault, |tx| protection::record(tx, &v.desk(), &sight, &allowed, &new).await);
    if let Err(fault) = made {
        let field = field_of(&fault, form);
        return refused(t, form, field, fault).map(|()| None);
    }
    // An official with an open case of one they are protected from sees nothing of them from now on.
    let mut tx = v.state.db.read().await?;
    let known = sight::relations(&mut tx, &sight, [desk.person]).await?;
    let closed = known.values().any(|relation| relation.perpetrator_side);
    Ok(Some(match closed {
        true => "/official/search?done=protected".to_owned(),
        false => format!("{}?done=recorded", desk.address()),
    }))
}

async fn end(v: &Viewer<'_>, f: &Frame, desk: &Desk, form: &mut Form) -> Result<Option<String>, Trouble> {
    let t = f.t;
    let which = form.id(t, "protection");
    let on = form.date_if_any(t, "on");
    let why = form.required(t, "why", 200);
    let (Some(protection), true) = (which, form.is_fine()) else { return Ok(None) };
    let setting = v.setting();
    let sight = v.sight(&setting);
    let mut tx = v.state.db.read().await?;
    let stands = protection::relation(&mut tx, &v.desk(), &sight, desk.person).await?;
    drop(tx);
    let allowed = permit(v, Action::EndProtection, desk.person, stands).await?;
    let ending = Ending { person: desk.person, protection, on, why };
    let ended = transact!(v.state.db, Fault, |tx| protection::end(tx, &v.desk(), &sight, &allowed, &ending).await);
    match ended {
        Ok(_) => Ok(Some(format!("{}?done=ended", desk.address()))),
        Err(fault) => {
            let field = if matches!(fault, Fault::NoReason) { "why" } else { field_of(&fault, form) };
            refused(t, form, field, fault).map(|()| None)
        }
    }
}

/// The field a fault is about; those named are ticked or typed.
fn field_of(fault: &Fault, form: &Form) -> &'static str {
    match fault {
        Fault::NoLaw => "law",
        Fault::NoReason => "reason",
        Fault::BadDay(_) => "from",
        Fault::Backwards { .. } => "until",
        Fault::BadEnd(_) => "on",
        Fault::NoProtection => "protection",
        _ if form.get("number").is_empty() => "perpetrator",
        _ => "number",
    }
}

/// Says what is wrong at its field.
fn refused(t: Text, form: &mut Form, field: &str, fault: Fault) -> Result<(), Trouble> {
    let key = match fault {
        Fault::Store(why) => return Err(why.into()),
        Fault::NotAllowed | Fault::NoPerson => return Err(Trouble::Absent),
        Fault::NoPerpetrator => "power-error-nobody",
        Fault::FromSelf => "protection-error-self",
        Fault::OwnFamily => "protection-error-own",
        Fault::TooMany => "protection-error-many",
        Fault::NoLaw => "protection-error-law",
        Fault::NoReason => "error-reason-short",
        Fault::BadDay(_) => "error-date-far",
        Fault::Backwards { .. } => "power-error-days",
        Fault::BadEnd(_) => "protection-error-end",
        Fault::NoProtection => "error-choose",
    };
    form.refuse(field, t.t(key));
    Ok(())
}
