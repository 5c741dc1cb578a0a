//! Requests about telephone, e-mail and language: of whoever is signed in, and of a member of a household at the counter.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use casework::contact::{self, Change, Changes, Fault};
use guard::{Action, Purpose};
use kernel::{Lang, PersonId};
use registry::AsOf;
use store::transact;
use text::Text;

use super::page::{Contact, page_of};
use crate::citizen::cases::permit;
use crate::components::frame::Frame;
use crate::form::Form;
use crate::household::{self, Want};
use crate::official::protection_handlers::ids;
use crate::request::{Session, Stated};
use crate::state::AppState;
use crate::viewer::{Trouble, Viewer};
use crate::whereabouts;

/// Whose contact, and what of it is known to the viewer.
struct Known {
    person: PersonId,
    phone: Option<String>,
    email: Option<String>,
    language: Option<Lang>,
    page: Contact,
}

/// One's own.
pub(crate) async fn own(State(state): State<AppState>, session: Session, f: Frame) -> Response {
    let v = Viewer::new(&state, &session.who, Purpose::own_affairs());
    let made = async { Ok::<_, Trouble>(shown(&f, &of_self(&v).await?)) };
    made.await.unwrap_or_else(|trouble| trouble.response(&state, &f))
}

/// One's own, changed.
pub(crate) async fn send_own(State(state): State<AppState>, session: Session, f: Frame, form: Form) -> Response {
    let v = Viewer::new(&state, &session.who, Purpose::own_affairs());
    let made = async { sent(&v, &f, of_self(&v).await?, form).await };
    made.await.unwrap_or_else(|trouble| trouble.response(&state, &f))
}

/// That of a member of a household.
pub(crate) async fn at_counter(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Stated(purpose): Stated,
    Path((household, person)): Path<(String, String)>,
) -> Response {
    let Some(purpose) = purpose else { return Redirect::to("/official/search").into_response() };
    let made = async {
        let (v, known) = of_member(&state, &session, &f, purpose, &household, &person).await?;
        drop(v);
        Ok::<_, Trouble>(shown(&f, &known))
    };
    made.await.unwrap_or_else(|trouble| trouble.response(&state, &f))
}

/// That of a member of a household, changed on their word.
pub(crate) async fn send_at_counter(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Stated(purpose): Stated,
    Path((household, person)): Path<(String, String)>,
    form: Form,
) -> Response {
    let Some(purpose) = purpose else { return Redirect::to("/official/search").into_response() };
    let made = async {
        let (v, known) = of_member(&state, &session, &f, purpose, &household, &person).await?;
        sent(&v, &f, known, form).await
    };
    made.await.unwrap_or_else(|trouble| trouble.response(&state, &f))
}

async fn of_self(v: &Viewer<'_>) -> Result<Known, Trouble> {
    let (person, household) = crate::citizen::handlers::home(v).await?;
    let opened = household::open(v, household, AsOf::latest(v.today()), Want::Record).await?;
    let language = opened.record.member(person).and_then(|m| m.person.language);
    let place = whereabouts::look(v, person).await?;
    let page = Contact { name: None, address: "/family/contact".to_owned(), home: "/family".to_owned() };
    Ok(Known { person, phone: place.phone, email: place.email, language, page })
}

async fn of_member<'s>(
    state: &'s AppState,
    session: &'s Session,
    f: &Frame,
    purpose: Purpose,
    household: &str,
    person: &str,
) -> Result<(Viewer<'s>, Known), Trouble> {
    let (household, person) = ids(household, person)?;
    let v = Viewer::new(state, &session.who, purpose).concerning(household).await?;
    let opened = household::open(&v, household, AsOf::latest(v.today()), Want::Record).await?;
    let member = opened.record.member(person).ok_or(Trouble::Absent)?;
    let relation = opened.stands(person).unwrap_or_default();
    if !v.may(Action::EditPerson, relation) {
        // Refused and logged as what it is.
        let _allowed = permit(&v, Action::EditPerson, &[person], "contact").await?;
        return Err(Trouble::Absent);
    }
    // Of somebody protected there is nothing to see here, and what is left empty stays.
    let place = whereabouts::look(&v, person).await?;
    let home = format!("/official/households/{household}");
    let page = Contact {
        name: Some(member.person.name(f.t.lang()).to_owned()),
        address: format!("{home}/contact/{person}"),
        home,
    };
    Ok((v, Known { person, phone: place.phone, email: place.email, language: member.person.language, page }))
}

fn shown(f: &Frame, known: &Known) -> Response {
    let language = known.language.map(|l| l.tag().to_owned()).unwrap_or_default();
    let (phone, email) = (known.phone.clone().unwrap_or_default(), known.email.clone().unwrap_or_default());
    page_of(f, &Form::of([("phone", phone), ("email", email), ("language", language)]), &known.page).into_response()
}

async fn sent(v: &Viewer<'_>, f: &Frame, known: Known, mut form: Form) -> Result<Response, Trouble> {
    let changes = changes(f.t, &known, &mut form);
    if form.is_fine() {
        let allowed = permit(v, Action::EditPerson, &[known.person], "contact").await?;
        let done = transact!(v.state.db, Fault, |tx| {
            contact::change(tx, &v.desk(), v.who, &allowed, known.person, &changes).await
        });
        match done {
            Ok(()) => return Ok(Redirect::to(&format!("{}?done=contact", known.page.home)).into_response()),
            Err(Fault::Store(why)) => return Err(why.into()),
            Err(Fault::Phone) => form.refuse("phone", f.t.t("contact-error-phone")),
            Err(Fault::Email) => form.refuse("email", f.t.t("contact-error-email")),
            Err(fault) => {
                tracing::info!(%fault, "a contact was not changed");
                form.refuse("phone", f.t.t("case-error-answer"));
            }
        }
    }
    Ok((form.status(), page_of(f, &form, &known.page)).into_response())
}

/// What the form says otherwise than what is known; what is wrong is told at its field.
fn changes(t: Text, known: &Known, form: &mut Form) -> Changes {
    let mut change = |name: &str, before: &Option<String>, fits: fn(&str) -> Result<String, Fault>, wrong: &str| match (
        form.optional(t, name, 254),
        before,
    ) {
        (None, Some(_)) if form.has(name) => Change::Clear,
        (None, _) => Change::Keep,
        (Some(text), before) if before.as_deref() == Some(text.trim()) => Change::Keep,
        (Some(text), _) => match fits(&text) {
            Ok(text) => Change::Set(text),
            Err(_) => {
                form.refuse(name, t.t(wrong));
                Change::Keep
            }
        },
    };
    let phone = change("phone", &known.phone, contact::phone, "contact-error-phone");
    let email = change("email", &known.email, contact::email, "contact-error-email");
    let language = match form.get("language") {
        "" => None,
        tag => match tag.parse::<Lang>() {
            Ok(lang) => Some(lang).filter(|lang| known.language != Some(*lang)),
            Err(_) => {
                form.refuse("language", t.t("error-choose"));
                None
            }
        },
    };
    Changes { phone, email, language }
}
