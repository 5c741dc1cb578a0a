//! Requests of a mother: asking for visits, answering the questions at registration, seeing when somebody comes.

use std::collections::BTreeMap;

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use casework::household::PersonRef;
use casework::register::Teller;
use catalogue::model::Instrument;
use guard::{Action, Allowed, Purpose, Resource, Role, Tier};
use kernel::{Date, EnrolmentId, Lang, PersonId, SubmissionId};
use registry::AsOf;
use store::{AsConflict, StoreError, Tx, transact};
use survey::model::Invitation;
use visit::model::Enrolment;
use visit::schedule::{Planned, State as Standing};
use visit::submit::{About, Fault};
use visit::words::Speaker;
use visit::{assess, enrol, read};

use super::act_handlers::{first, next_screen, on_a_phone, refuse};
use super::decide::{self, Ask, Screen};
use super::join::{self, Join};
use super::{desk, questions};
use crate::components::frame::Frame;
use crate::form::Form;
use crate::official::work_case_handlers::forbidden;
use crate::request::Session;
use crate::state::AppState;
use crate::viewer::{Trouble, Viewer};

/// How many weeks before birth a pregnancy is usually confirmed; the day is not asked twice.
const CONFIRMED_BEFORE: i64 = 30 * 7;

fn me<'s>(state: &'s AppState, session: &'s Session) -> Option<Viewer<'s>> {
    let citizen = session.who.role == Role::Citizen;
    citizen.then(|| Viewer::new(state, &session.who, Purpose::own_affairs()))
}

/// Her enrolments, opened; and whether the registry knows a pregnancy or a young child.
struct Mine {
    person: PersonId,
    resource: Resource,
    all: Vec<(Enrolment, Vec<Planned>)>,
    known: bool,
    surveys: Vec<Invitation>,
    days: BTreeMap<(EnrolmentId, String), Date>,
}

async fn mine(v: &Viewer<'_>) -> Result<Mine, Trouble> {
    let person = v.who.person.ok_or(Trouble::NoPerson)?;
    let setting = v.setting();
    let sight = v.sight(&setting);
    let mut tx = v.state.db.read().await?;
    let person = registry::read::surviving(&mut tx, person).await?;
    let seen = read::own(&mut tx, &desk(v), &sight, person).await?;
    let record = registry::sight::person(&mut tx, &sight, person, AsOf::latest(v.today())).await?;
    let asked = survey::read::own(&mut tx, &desk(v), &sight, person).await?;
    let days = visit::week::own(&mut tx, &desk(v), person).await?;
    drop(tx);
    let resource = seen.resource().at(Tier::Sensitive).showing(["visits"]);
    let together = seen.sealed.zip(asked.sealed).zip(days);
    let ((all, surveys), days) =
        v.state.guard.reveal(v.who, Action::ViewVisits, &resource, &v.purpose, together).await?.into_inner();
    let record = record.ok_or(Trouble::Absent)?;
    let about = record.resource().showing(["name"]);
    let record = v.state.guard.reveal(v.who, Action::ViewPerson, &about, &v.purpose, record.sealed).await?;
    Ok(Mine { person, resource, all, known: !record.pregnancies.is_empty(), surveys, days })
}

/// The questions a mother may answer herself.
fn own_questions<'a>(v: &'a Viewer<'_>) -> Option<&'a Instrument> {
    v.pack.self_filled().pop()
}

fn running(mine: &Mine) -> Option<&(Enrolment, Vec<Planned>)> {
    mine.all.iter().rev().find(|(e, _)| e.left.is_none())
}

fn shown(v: &Viewer<'_>, f: &Frame, mine: &Mine, done: bool) -> Join {
    let lang = f.t.lang();
    let found = running(mine);
    let agreed = found.filter(|(e, _)| e.consented_at.is_some());
    let running = agreed.and_then(|(e, steps)| {
        let protocol = v.pack.protocols().get(&e.protocol)?;
        let speaker = Speaker { protocol, lang };
        let open = steps.iter().filter(|p| matches!(p.state, Standing::Ahead | Standing::Due | Standing::Late { .. }));
        let when = |p: &Planned| match mine.days.get(&(e.id, p.visit.clone())) {
            Some(day) => f.t.with("week-own-day", &[("date", f.t.date(*day).into())]).into_owned(),
            None => speaker.window(p),
        };
        let lines = open.take(6).map(|p| (speaker.name(p), when(p))).collect();
        Some((protocol.name.get(lang).to_owned(), lines))
    });
    Join {
        known: mine.known || found.is_some(),
        loss: found.is_some_and(|(e, _)| e.family(&[], &[]).loss().is_some()),
        questions: running.as_ref().and(own_questions(v)).map(|_| "/visits/join/questions".to_owned()),
        running,
        groups: v.pack.groups().iter().next().is_some(),
        studies: v.pack.studies().iter().next().is_some(),
        done,
        surveys: mine.surveys.iter().filter_map(|it| survey_line(v, lang, it)).collect(),
    }
}

/// What she is asked: address, occasion, last day.
fn survey_line(v: &Viewer<'_>, lang: Lang, it: &Invitation) -> Option<(String, String, Date)> {
    let wave = v.pack.surveys().get(&it.survey)?.wave(&it.wave)?;
    let token = it.token(v.state.guard.keys(), v.offset());
    Some((format!("/s/{token}"), wave.name.get(lang).to_owned(), it.closes))
}

/// Her page.
pub(crate) async fn show(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    RawQuery(query): RawQuery,
) -> Response {
    let Some(v) = me(&state, &session) else { return forbidden(&f) };
    let done = !crate::citizen::cases::done(query).is_empty();
    match mine(&v).await {
        Ok(mine) => join::page_of(&f, &Form::default(), &shown(&v, &f, &mine, done)).into_response(),
        Err(trouble) => trouble.response(&state, &f),
    }
}

/// Why she was not taken in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failed {
    #[error(transparent)]
    Pregnancy(#[from] casework::register::Fault),
    #[error(transparent)]
    Enrol(#[from] enrol::Fault),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AsConflict for Failed {
    fn is_conflict(&self) -> bool {
        match self {
            Failed::Pregnancy(e) => e.is_conflict(),
            Failed::Enrol(e) => e.is_conflict(),
            Failed::Store(e) => e.is_conflict(),
        }
    }
}

/// She asks for visits: the pregnancy, where nobody told of it yet, and her consent, in one transaction.
pub(crate) async fn send(State(state): State<AppState>, session: Session, f: Frame, mut form: Form) -> Response {
    let Some(v) = me(&state, &session) else { return forbidden(&f) };
    let made = async {
        let mine = mine(&v).await?;
        let vm = shown(&v, &f, &mine, false);
        let due = if vm.known { None } else { form.date(f.t, "due") };
        if form.get("consent") != "yes" {
            form.refuse("consent", f.t.t("visits-error-consent"));
        }
        if form.is_fine() {
            let permitted = Permitted::of(&v, &mine).await?;
            match transact!(state.db, Failed, |tx| take(tx, &v, &permitted, due).await) {
                Ok(_) => return Ok(Redirect::to("/visits/join?done=joined").into_response()),
                Err(why) => said(&f, &mut form, vm.known, why)?,
            }
        }
        Ok((StatusCode::UNPROCESSABLE_ENTITY, join::page_of(&f, &form, &vm)).into_response())
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}

/// The guard's decisions on a person who asks for visits herself.
pub(crate) struct Permitted {
    person: PersonId,
    joins: Allowed,
    edits: Allowed,
}

impl Permitted {
    /// Asks the guard for whoever is signed in.
    pub(crate) async fn ask(v: &Viewer<'_>) -> Result<Permitted, Trouble> {
        Permitted::of(v, &mine(v).await?).await
    }

    async fn of(v: &Viewer<'_>, mine: &Mine) -> Result<Permitted, Trouble> {
        let guard = &v.state.guard;
        let joins = guard.permit(v.who, Action::JoinVisits, &mine.resource, &v.purpose).await?;
        let edits = guard.permit(v.who, Action::EditPerson, &mine.resource, &v.purpose).await?;
        Ok(Permitted { person: mine.person, joins, edits })
    }
}

/// Registers the pregnancy where a day is given, and takes her in.
pub(crate) async fn take(
    tx: &mut Tx,
    v: &Viewer<'_>,
    by: &Permitted,
    due: Option<Date>,
) -> Result<EnrolmentId, Failed> {
    if let Some(due) = due {
        let confirmed = due.saturating_sub(jiff::Span::new().days(CONFIRMED_BEFORE)).min(v.today());
        let input = casework::pregnancy::Input {
            person: PersonRef::Id(by.person),
            confirmed_on: confirmed,
            due_date: due,
            unborn: 1,
            facts: Vec::new(),
            teller: Teller { source: "self".to_owned(), register_number: None },
        };
        casework::pregnancy::run(tx, &v.desk(), v.who, &by.edits, input).await?;
    }
    Ok(enrol::run(tx, &desk(v), v.who, &by.joins, by.person, true).await?)
}

fn said(f: &Frame, form: &mut Form, known: bool, why: Failed) -> Result<(), Trouble> {
    let field = if known { "consent" } else { "due" };
    let key = match why {
        Failed::Store(why) | Failed::Enrol(enrol::Fault::Store(why)) => return Err(why.into()),
        Failed::Pregnancy(casework::register::Fault::Store(why)) => return Err(why.into()),
        Failed::Enrol(enrol::Fault::Already(_)) => "visits-error-already",
        Failed::Enrol(enrol::Fault::NoPlace) => "visits-error-place",
        Failed::Enrol(enrol::Fault::OutsideEntry | enrol::Fault::NoPregnancy | enrol::Fault::NoPerson) => {
            "visits-error-entry"
        }
        Failed::Enrol(enrol::Fault::NoProtocol) => "visits-error-entry",
        Failed::Enrol(enrol::Fault::NoConsent | enrol::Fault::NotAllowed) => "visits-error-consent",
        Failed::Pregnancy(_) => "visits-error-due",
    };
    form.refuse(field, f.t.t(key));
    Ok(())
}

fn ask_of(instrument: &Instrument) -> Ask {
    Ask {
        to: "/visits/join/questions".to_owned(),
        back: "/visits/join".to_owned(),
        mother: String::new(),
        instrument: instrument.clone(),
        screen: Screen::Whole,
    }
}

/// The questions at registration.
pub(crate) async fn ask(State(state): State<AppState>, session: Session, f: Frame, headers: HeaderMap) -> Response {
    let Some(v) = me(&state, &session) else { return forbidden(&f) };
    let made = async {
        let instrument = own_questions(&v).ok_or(Trouble::Absent)?;
        let mut vm = ask_of(instrument);
        if on_a_phone(&headers) {
            vm.screen = first(instrument);
        }
        let id = SubmissionId::new(&*state.ids, v.now).to_string();
        Ok(decide::ask(&f, &Form::of([("id", id)]), &vm).into_response())
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}

/// Takes her answers.
pub(crate) async fn answer(State(state): State<AppState>, session: Session, f: Frame, mut form: Form) -> Response {
    let Some(v) = me(&state, &session) else { return forbidden(&f) };
    let made = async {
        let instrument = own_questions(&v).ok_or(Trouble::Absent)?;
        let mut vm = ask_of(instrument);
        if form.get("do") != "send" {
            vm.screen = next_screen(&f, &mut form, instrument).unwrap_or(Screen::Whole);
            return Ok(decide::ask(&f, &form, &vm).into_response());
        }
        let answers = questions::answers(f.t, &mut form, instrument);
        let name = form.id::<SubmissionId>(f.t, "id");
        if let (Some(name), true) = (name, form.is_fine()) {
            let mine = mine(&v).await?;
            let (e, _) = running(&mine).ok_or(Trouble::Absent)?;
            let about = About { id: name, enrolment: e.id, on: v.today(), replaces: None };
            let input = assess::Input { about, instrument: instrument.key.clone(), answers, alone: false };
            let allowed = state.guard.permit(v.who, Action::JoinVisits, &mine.resource, &v.purpose).await?;
            let who = guard::Who { person: Some(mine.person), ..v.who.clone() };
            let done = transact!(state.db, Fault, |tx| assess::run(tx, &desk(&v), &who, Some(&allowed), &input).await);
            match done {
                Ok(_) => return Ok(Redirect::to("/visits/join?done=answered").into_response()),
                Err(fault) => refuse(&f, &mut form, std::slice::from_ref(instrument), fault)?,
            }
        }
        Ok((StatusCode::UNPROCESSABLE_ENTITY, decide::ask(&f, &form, &vm)).into_response())
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}
