//! Requests about accounts.

use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use catalogue::model::Level;
use guard::account::{Account, AccountError, office};
use guard::{Action, Purpose, PurposeKind, Resource, Role};
use kernel::AccountId;
use store::transact;

use super::account_acts::{Act, JOBS, PAGE, Wrong, change, country, duty, make, one};
use super::accounts::{self, Choices, Line, List};
use super::handlers::agencies;
use crate::components::frame::Frame;
use crate::form::Form;
use crate::request::{Session, role_key};
use crate::state::AppState;
use crate::viewer::{Trouble, Viewer};

fn viewer<'s>(state: &'s AppState, session: &'s Session) -> Viewer<'s> {
    Viewer::new(state, &session.who, Purpose::new(PurposeKind::Administration, "accounts"))
}

async fn permit(v: &Viewer<'_>, what: &str) -> Result<(), Trouble> {
    let _allowed = v.state.guard.permit(v.who, Action::ManageAccounts, &Resource::thing(what), &v.purpose).await?;
    Ok(())
}

fn choices(v: &Viewer<'_>, f: &Frame) -> Choices {
    let lang = f.t.lang();
    let of = |level| v.pack.jurisdictions().iter().filter(move |j| j.level == level);
    let option = |j: &catalogue::model::Jurisdiction| (j.id.clone(), j.name.get(lang).to_owned());
    let places = of(Level::Province).map(|province| {
        let inside = of(Level::District).filter(|j| j.parent.as_deref() == Some(province.id.as_str()));
        (province.name.get(lang).to_owned(), [option(province)].into_iter().chain(inside.map(option)).collect())
    });
    Choices {
        roles: JOBS.iter().map(|role| (role.word().to_owned(), role_key(*role))).collect(),
        offices: agencies(v, f),
        places: places.collect(),
    }
}

fn line(v: &Viewer<'_>, f: &Frame, a: &Account) -> Line {
    let lang = f.t.lang();
    let job = a.duties.iter().find(|d| d.role != Role::Citizen);
    let office = job.map(|d| d.organisation.as_str()).unwrap_or_default();
    let place = job.and_then(|d| d.jurisdiction.as_deref());
    Line {
        id: a.id.to_string(),
        name: a.name.clone(),
        // That an official is a citizen too goes without saying.
        roles: a.duties.iter().map(|d| d.role).filter(|role| *role != Role::Citizen).map(role_key).collect(),
        office: v.pack.agencies().get(office).map_or(office, |o| o.name.get(lang)).to_owned(),
        place: place.map(|id| v.pack.jurisdictions().get(id).map_or(id, |p| p.name.get(lang)).to_owned()),
        suspended: a.suspended,
        known: a.person.is_some(),
    }
}

/// The accounts of an office.
pub(crate) async fn list(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    RawQuery(query): RawQuery,
) -> Response {
    let v = viewer(&state, &session);
    let form = Form::of_query(query.as_deref());
    shown(&v, &f, &form).await.unwrap_or_else(|trouble| trouble.response(&state, &f))
}

async fn shown(v: &Viewer<'_>, f: &Frame, form: &Form) -> Result<Response, Trouble> {
    // Before an office is chosen, one's own.
    let mut form = form.clone();
    if !form.has("organisation") {
        form.set("organisation", v.who.organisation.clone());
    }
    let organisation = form.get("organisation");
    let chosen = v.pack.agencies().get(organisation).is_some();
    let found = if chosen {
        permit(v, &format!("accounts of {organisation}")).await?;
        let mut tx = v.state.db.read().await?;
        office(&mut tx, organisation, form.get("after").parse().ok(), PAGE + 1).await.map_err(trouble)?
    } else {
        permit(v, "accounts").await?;
        Vec::new()
    };
    let more = found.len() > PAGE as usize;
    let accounts: Vec<Line> = found.iter().take(PAGE as usize).map(|a| line(v, f, a)).collect();
    let last = accounts.last().filter(|_| more);
    let done = ["made", "assign", "suspend", "let-in", "sign-out"].into_iter().find(|word| *word == form.get("done"));
    let view = List {
        offices: agencies(v, f),
        chosen,
        next: last.map(|l| format!("/admin/accounts?organisation={organisation}&after={}", l.id)),
        accounts,
        provider: v.state.config.issuer.is_some(),
        done: done.map(|word| f.t.t(&format!("account-done-{word}")).into_owned()),
    };
    Ok(accounts::list(f, &form, &view).into_response())
}

/// The form of a new account.
pub(crate) async fn new(State(state): State<AppState>, session: Session, f: Frame) -> Response {
    let v = viewer(&state, &session);
    match permit(&v, "form of a new account").await {
        Ok(()) => accounts::new(&f, &Form::default(), &choices(&v, &f)).into_response(),
        Err(trouble) => trouble.response(&state, &f),
    }
}

/// Makes it.
pub(crate) async fn add(State(state): State<AppState>, session: Session, f: Frame, mut form: Form) -> Response {
    let v = viewer(&state, &session);
    let t = f.t;
    let (name, subject) = (form.required(t, "name", 100), form.required(t, "subject", 200));
    let duty = chosen(&v, &f, &mut form);
    let issuer = state.config.issuer.clone();
    if issuer.is_none() {
        form.refuse("subject", t.t("accounts-no-provider"));
    }
    let (Some(duty), Some(issuer), true) = (duty, issuer, form.is_fine()) else {
        return (form.status(), accounts::new(&f, &form, &choices(&v, &f))).into_response();
    };
    if let Err(trouble) = permit(&v, &format!("new account, {} of {}", duty.role, duty.organisation)).await {
        return trouble.response(&state, &f);
    }
    let made = transact!(state.db, AccountError, |tx| make(tx, &state, (&issuer, &subject), &name, &duty).await);
    match made {
        Ok(_) => back(&duty.organisation, "made"),
        Err(error @ (AccountError::Taken(_) | AccountError::SecondJob)) => {
            let second = matches!(error, AccountError::SecondJob);
            form.refuse("subject", t.t(if second { "account-second-job" } else { "account-subject-taken" }));
            (form.status(), accounts::new(&f, &form, &choices(&v, &f))).into_response()
        }
        Err(error) => trouble(error).response(&state, &f),
    }
}

/// The job in a form; what is wrong is told at its field.
fn chosen(v: &Viewer<'_>, f: &Frame, form: &mut Form) -> Option<guard::account::Duty> {
    let place = form.get("jurisdiction").to_owned();
    let place = Some(place.as_str()).filter(|place| !place.is_empty());
    match duty(&v.pack, form.get("role"), form.get("organisation"), place) {
        Ok(duty) => Some(duty),
        Err(field) => {
            form.refuse(field, f.t.t("error-choose"));
            None
        }
    }
}

/// One account.
pub(crate) async fn show(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path(id): Path<String>,
) -> Response {
    let v = viewer(&state, &session);
    page(&v, &f, &id, &Form::default()).await.unwrap_or_else(|trouble| trouble.response(&state, &f))
}

async fn page(v: &Viewer<'_>, f: &Frame, id: &str, form: &Form) -> Result<Response, Trouble> {
    let id: AccountId = id.parse().map_err(|_| Trouble::Absent)?;
    permit(v, &format!("account {id}")).await?;
    let account = one(&mut v.state.db.read().await?, id).await.map_err(refused)?;
    let machine = account.duties.iter().any(|d| d.role == Role::AgencySystem);
    let own = account.id == v.who.account;
    let filled = if form.pairs().is_empty() { held(v, &account) } else { form.clone() };
    let view = accounts::one(f, &filled, &line(v, f, &account), (own, machine), &choices(v, f));
    Ok((form.status(), view).into_response())
}

/// The form as it stands before anybody typed: the job the account has.
fn held(v: &Viewer<'_>, account: &Account) -> Form {
    let job = account.duties.iter().find(|d| d.role.is_staff());
    Form::of(job.into_iter().flat_map(|d| {
        let place = d.jurisdiction.clone().filter(|place| country(&v.pack) != Some(place)).unwrap_or_default();
        [("role", d.role.word().to_owned()), ("organisation", d.organisation.clone()), ("jurisdiction", place)]
    }))
}

/// Gives another job, suspends, lets in again, signs out.
pub(crate) async fn send(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path(id): Path<String>,
    mut form: Form,
) -> Response {
    let v = viewer(&state, &session);
    acted(&v, &f, &id, &mut form).await.unwrap_or_else(|trouble| trouble.response(&state, &f))
}

async fn acted(v: &Viewer<'_>, f: &Frame, named: &str, form: &mut Form) -> Result<Response, Trouble> {
    let id: AccountId = named.parse().map_err(|_| Trouble::Absent)?;
    let word = form.get("do").to_owned();
    let mut why = String::new();
    let act = match word.as_str() {
        "assign" => chosen(v, f, form).map(Act::Assign),
        "suspend" | "let-in" => {
            why = form.required(f.t, "reason", 300);
            Some(if word == "suspend" { Act::Suspend } else { Act::LetIn })
        }
        "sign-out" => Some(Act::SignOut),
        _ => None,
    };
    let (Some(act), true) = (act, form.is_fine()) else { return page(v, f, named, form).await };
    permit(v, format!("{word} account {id}: {why}").trim_end_matches([':', ' '])).await?;
    match transact!(v.state.db, Wrong, |tx| change(tx, v.state, v.who, id, &act).await) {
        Err(Wrong::Account(AccountError::SecondJob)) => {
            form.refuse("reason", f.t.t("account-second-job"));
            return page(v, f, named, form).await;
        }
        done => done.map_err(refused)?,
    }
    let account = one(&mut v.state.db.read().await?, id).await.map_err(refused)?;
    let office = account.duties.iter().find(|d| d.role != Role::Citizen).map(|d| d.organisation.clone());
    Ok(back(&office.unwrap_or_default(), &word))
}

fn back(organisation: &str, done: &str) -> Response {
    Redirect::to(&format!("/admin/accounts?organisation={organisation}&done={done}")).into_response()
}

fn refused(wrong: Wrong) -> Trouble {
    match wrong {
        Wrong::Account(e) => trouble(e),
        // The page offers neither; whoever sends it all the same gets what a page that is not there gives.
        Wrong::Own | Wrong::Absent | Wrong::Machine => Trouble::Absent,
    }
}

fn trouble(error: AccountError) -> Trouble {
    match error {
        AccountError::Store(why) => Trouble::Store(why),
        AccountError::Log(why) => Trouble::Log(why),
        _ => Trouble::Absent,
    }
}
