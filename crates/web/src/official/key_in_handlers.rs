//! Requests of an application keyed in for a family.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use casework::application::draft::{self, Begin};
use casework::application::{Chosen, Content, apply, send};
use casework::case::Channel;
use casework::model::{OfferStatus, Subject};
use guard::{Action, Purpose};
use kernel::{HouseholdId, PersonId};
use registry::AsOf;
use rules::schema::Entity;
use store::transact;

use super::handlers::{grown, past_date};
use super::key_in::{self, KeyIn};
use crate::citizen::cases::{permit_each, setting};
use crate::components::frame::Frame;
use crate::form::Form;
use crate::household::{self, Opened, Want, name};
use crate::request::{Session, Stated};
use crate::state::AppState;
use crate::viewer::{Trouble, Viewer};

/// The empty form.
pub(crate) async fn form(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Stated(purpose): Stated,
    Path(id): Path<String>,
) -> Response {
    let Some(purpose) = purpose else { return Redirect::to("/official/search").into_response() };
    let made = async {
        let (v, opened) = open(&state, &session, purpose, &id).await?;
        Ok::<_, Trouble>(key_in::page_of(&f, &Form::default(), &about(&v, &f, &opened)).into_response())
    };
    made.await.unwrap_or_else(|trouble| trouble.response(&state, &f))
}

async fn open<'s>(
    state: &'s AppState,
    session: &'s Session,
    purpose: Purpose,
    id: &str,
) -> Result<(Viewer<'s>, Opened), Trouble> {
    let id: HouseholdId = id.parse().map_err(|_| Trouble::Absent)?;
    let v = Viewer::new(state, &session.who, purpose).concerning(id).await?;
    let opened = household::open(&v, id, AsOf::latest(v.today()), Want::Entitlements).await?;
    Ok((v, opened))
}

/// Living members; grown ones alone where only they may apply.
fn members(v: &Viewer<'_>, opened: &Opened, of_age: bool) -> Vec<PersonId> {
    let all = opened.record.members.iter().map(|m| &m.person);
    let fits = all.filter(|p| p.death_date.is_none() && (!of_age || grown(v, p.birth_date)));
    fits.map(|p| p.id).collect()
}

fn about(v: &Viewer<'_>, f: &Frame, opened: &Opened) -> KeyIn {
    let lang = f.t.lang();
    let named =
        |people: Vec<PersonId>| people.iter().map(|p| (p.to_string(), name(&opened.record, *p, lang))).collect();
    let today = v.today();
    let in_force = v.pack.programmes().iter().filter(|p| p.versions.iter().any(|version| version.covers(today)));
    let waits = |id: &str| opened.offers.iter().any(|o| o.status == OfferStatus::Open && o.offer.programme == id);
    let (offered, others) =
        in_force.map(|p| (p.id.clone(), p.name.get(lang).to_owned())).partition(|(id, _)| waits(id));
    KeyIn {
        path: format!("/official/households/{}", opened.record.id),
        name: opened.record.members.first().map(|m| m.person.name(lang).to_owned()).unwrap_or_default(),
        applicants: named(members(v, opened, true)),
        members: named(members(v, opened, false)),
        offered,
        others,
    }
}

/// Takes the application and sends it; what is still missing is asked in the cases.
pub(crate) async fn take(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Stated(purpose): Stated,
    Path(id): Path<String>,
    mut form: Form,
) -> Response {
    let Some(purpose) = purpose else { return Redirect::to("/official/search").into_response() };
    let made = async {
        let (v, opened) = open(&state, &session, purpose, &id).await?;
        if let Some(word) = taken(&v, &f, &opened, &mut form).await? {
            return Ok(Redirect::to(&format!("/official/households/{id}?done={word}#events")).into_response());
        }
        let page = key_in::page_of(&f, &form, &about(&v, &f, &opened));
        Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}

/// What came of it, as the word of a redirect: `applied`, or `applied-late` where a claim window had passed.
async fn taken(v: &Viewer<'_>, f: &Frame, opened: &Opened, form: &mut Form) -> Result<Option<&'static str>, Trouble> {
    let t = f.t;
    let mut member = |field: &str, of_age: bool| {
        let named = form.get(field).parse().ok().filter(|p| members(v, opened, of_age).contains(p));
        if named.is_none() {
            form.refuse(field, t.t("error-choose"));
        }
        named
    };
    let (applicant, whom) = (member("applicant", true), member("whom", false));
    let channel = match form.get("channel") {
        "post" => Some(Channel::Post),
        "counter" => Some(Channel::Counter),
        _ => {
            form.refuse("channel", t.t("error-choose"));
            None
        }
    };
    let received_on = match channel {
        Some(Channel::Post) => past_date(f, form, "received", v.today()),
        _ => None,
    };
    let reason = form.required(t, "reason", 2_000);
    let chosen = whom.map(|whom| choices(v, opened, form, whom)).unwrap_or_default();
    if chosen.is_empty() {
        form.refuse(field_of_programmes(v, f, opened), t.t("error-choose"));
    }
    let (Some(person), Some(whom), Some(channel), true) = (applicant, whom, channel, form.is_fine()) else {
        return Ok(None);
    };
    let mut people = vec![person, whom];
    people.dedup();
    let allowed = permit_each(v, Action::KeyInForPerson, &people, "application").await?;
    let content = Content { chosen, received_on, on_behalf: Some(reason), ..Content::default() };
    let begin = Begin { person, channel, content };
    // Begun and sent in one, so that nothing is left half done.
    let sent: Result<apply::Done, apply::Fault> = transact!(v.state.db, apply::Fault, |tx| {
        let desk = v.desk();
        let draft = draft::begin(tx, &desk, v.who, &allowed, setting(v), begin.clone()).await?;
        let input = apply::Input { draft: draft.id, revision: draft.revision };
        send(tx, &desk, v.who, &allowed, setting(v), input).await
    });
    match sent {
        Ok(done) if done.items.iter().any(|i| i.late.is_some()) => Ok(Some("applied-late")),
        Ok(done) if done.items.iter().all(|i| i.existing) => Ok(Some("applied-before")),
        Ok(_) => Ok(Some("applied")),
        Err(fault) => refused(f, form, field_of_programmes(v, f, opened), fault).map(|()| None),
    }
}

/// Where a fault of the choice is said: at what is offered, or at the whole list when nothing is.
fn field_of_programmes(v: &Viewer<'_>, f: &Frame, opened: &Opened) -> &'static str {
    if about(v, f, opened).offered.is_empty() { "other" } else { "programme" }
}

/// The programmes ticked, each for whom it can be: the member chosen, or the household.
fn choices(v: &Viewer<'_>, opened: &Opened, form: &Form, whom: PersonId) -> Vec<Chosen> {
    let today = v.today();
    let ticked = form.all("programme").chain(form.all("other")).filter_map(|id| {
        let programme = v.pack.programmes().get(id)?;
        let version = programme.versions.iter().find(|version| version.covers(today))?;
        let subject = match version.subject {
            Entity::Person => Subject::Person(whom),
            Entity::Household => Subject::Household(opened.record.id),
        };
        Some(Chosen { programme: id.to_owned(), subject, offer: None })
    });
    ticked.collect()
}

/// Says what is wrong at its field.
fn refused(f: &Frame, form: &mut Form, programmes: &'static str, fault: apply::Fault) -> Result<(), Trouble> {
    use apply::Fault as F;
    let t = f.t;
    let (field, words) = match fault {
        F::Store(why) | F::Draft(draft::Fault::Store(why)) => return Err(why.into()),
        F::NoReason => ("reason", t.t("error-reason-short")),
        F::NotYet { opens, .. } => (programmes, t.with("key-in-not-yet", &[("date", t.date(opens).into())])),
        F::SubjectDead { .. } => ("whom", t.t("apply-error-dead")),
        F::Draft(draft::Fault::Dead) => ("applicant", t.t("apply-error-dead")),
        F::Draft(draft::Fault::NotAllowed | draft::Fault::NotAllowedFor { .. }) => {
            ("applicant", t.t("key-in-not-theirs"))
        }
        F::Draft(draft::Fault::BadDay(_)) => ("received", t.t("key-in-bad-day")),
        F::Draft(draft::Fault::TooMany(_)) => ("applicant", t.t("apply-error-many")),
        fault => {
            tracing::info!(%fault, "an application keyed in was not taken");
            (programmes, t.t("apply-error-programme"))
        }
    };
    form.refuse(field, words);
    Ok(())
}
