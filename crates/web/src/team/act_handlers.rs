//! Requests that change the training ledger and the courses with dates.

use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use guard::Action;
use jiff::ToSpan;
use kernel::{AccountId, CohortId, TrainingId};
use store::transact;
use text::Text;
use workforce::cohort::{self, Cohort};
use workforce::training::{self, Input};
use workforce::{Fault, team};

use super::cohorts;
use super::handlers::{look, nurse_page};
use crate::components::frame::Frame;
use crate::form::Form;
use crate::official::work_case_handlers::{forbidden, trouble};
use crate::request::Session;
use crate::state::AppState;
use crate::viewer::{Trouble, Viewer};
use crate::visits::{desk, supervisor};

/// How long a course that is over stays on the list, in days.
const STAYS: i32 = 60;

/// Says beside the field what is wrong. What can only be an address made up by hand is as if it were not there.
pub(super) fn refuse(t: Text, form: &mut Form, fault: Fault) -> Result<(), Trouble> {
    let (field, words) = match fault {
        Fault::Store(_) | Fault::Accounts(_) | Fault::Keys(_) => return Err(failed(fault)),
        Fault::NotAllowed | Fault::NoRules | Fault::NotTeam | Fault::Nothing | Fault::NoCheck => {
            return Err(failed(fault));
        }
        Fault::Oneself => ("course", t.t("team-error-oneself").into_owned()),
        Fault::NoCourse => ("course", t.t("error-choose").into_owned()),
        Fault::Hours(most) => ("hours", t.with("team-error-hours", &[("most", i64::from(most).into())]).into_owned()),
        Fault::Ahead(_) if form.has("ended_on") => ("ended_on", t.t("team-error-ahead").into_owned()),
        Fault::Ahead(_) => ("on", t.t("team-error-ahead").into_owned()),
        Fault::Order => ("ends_on", t.t("team-error-order").into_owned()),
        Fault::Seats => ("seats", t.t("team-error-seats").into_owned()),
        Fault::Full => ("nurse", t.t("team-error-full").into_owned()),
        Fault::NotOver(_) => ("came", t.t("team-error-ahead").into_owned()),
        Fault::People => ("nurse", t.t("team-error-people").into_owned()),
        Fault::Minutes => ("minutes", t.t("team-error-minutes").into_owned()),
        Fault::Words(most) => {
            let field = ["place", "topics", "words"].into_iter().find(|name| form.has(name)).unwrap_or("words");
            let most = i64::try_from(most).unwrap_or(i64::MAX);
            (field, t.with("team-error-words", &[("most", most.into())]).into_owned())
        }
        Fault::NoVisit => ("visit", t.t("team-error-visit").into_owned()),
        Fault::OtherContent => ("id", t.t("team-error-again").into_owned()),
    };
    form.refuse(field, words);
    Ok(())
}

/// A fault that is no field's.
pub(super) fn failed(fault: Fault) -> Trouble {
    match fault {
        Fault::Store(why) => why.into(),
        Fault::Accounts(why) => trouble(why),
        Fault::Keys(why) => store::StoreError::Driver(why.to_string()).into(),
        _ => Trouble::Absent,
    }
}

/// A course is confirmed, or taken back.
pub(crate) async fn nurse(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path(id): Path<String>,
    mut form: Form,
) -> Response {
    let Some(v) = supervisor(&state, &session, &f) else { return forbidden(&f) };
    let made = async {
        let nurse: AccountId = id.parse().map_err(|_| Trouble::Absent)?;
        let allowed = look(&v, Action::ManageTeam, &format!("training of {nurse}")).await?;
        let done = if form.get("do") == "withdraw" {
            let training: TrainingId = form.get("training").parse().map_err(|_| Trouble::Absent)?;
            Some(transact!(state.db, Fault, |tx| {
                training::withdraw(tx, &desk(&v), v.who, &allowed, (nurse, training)).await
            }))
        } else {
            let (name, on) = (form.id::<TrainingId>(f.t, "id"), form.date(f.t, "ended_on"));
            let (hours, course) = (form.number(f.t, "hours"), form.get("course").to_owned());
            match (name, hours, on) {
                (Some(id), Some(hours), Some(ended_on)) => {
                    let input = Input { id, nurse, course, hours, ended_on };
                    Some(transact!(state.db, Fault, |tx| {
                        training::note(tx, &desk(&v), v.who, &allowed, &input).await
                    }))
                }
                _ => None,
            }
        };
        match done {
            Some(Ok(())) => return Ok(Redirect::to(&format!("/visits/team/nurse/{id}?done=saved")).into_response()),
            Some(Err(fault)) => refuse(f.t, &mut form, fault)?,
            None => {}
        }
        nurse_page(&v, &f, &id, &form, false).await
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}

/// The courses with dates.
pub(crate) async fn cohorts(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    RawQuery(query): RawQuery,
) -> Response {
    let Some(v) = supervisor(&state, &session, &f) else { return forbidden(&f) };
    let done = Form::of_query(query.as_deref()).get("done") == "saved";
    let form = Form::of([("id", CohortId::new(&*state.ids, v.now).to_string())]);
    cohorts_page(&v, &f, &form, done).await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}

async fn cohorts_page(v: &Viewer<'_>, f: &Frame, form: &Form, done: bool) -> Result<Response, Trouble> {
    let _allowed = look(v, Action::ViewTeam, "courses").await?;
    let rules = v.pack.workforce().ok_or(Trouble::Absent)?;
    let lang = f.t.lang();
    let mut tx = v.state.db.read().await?;
    let team = team::members(&mut tx, &v.pack, v.who).await.map_err(trouble)?;
    let all = listed(&mut tx, v).await?;
    drop(tx);
    let card = |(c, seats): (Cohort, Vec<AccountId>)| {
        let (seated, others) = team.iter().cloned().partition::<Vec<_>, _>(|(id, _)| seats.contains(id));
        let shown =
            |list: Vec<(AccountId, String)>| list.into_iter().map(|(id, name)| (id.to_string(), name)).collect();
        cohorts::Cohort {
            id: c.id.to_string(),
            course: rules.course(&c.course).map_or_else(|| c.course.clone(), |k| k.name.get(lang).to_owned()),
            place: c.place,
            days: (c.starts_on, c.ends_on),
            seats: (seats.len(), c.seats),
            seated: shown(seated),
            others: shown(others),
            over: v.today() >= c.ends_on,
        }
    };
    let cards: Vec<cohorts::Cohort> = all.into_iter().map(card).collect();
    let courses: Vec<(String, String)> =
        rules.courses.iter().map(|c| (c.id.clone(), c.name.get(lang).to_owned())).collect();
    Ok((form.status(), cohorts::page_of(f, form, &courses, &cards, done)).into_response())
}

/// The courses of the agency that are ahead or ended a short while ago, with who has a seat.
pub(crate) async fn listed(
    tx: &mut store::Tx,
    v: &Viewer<'_>,
) -> Result<Vec<(Cohort, Vec<AccountId>)>, store::StoreError> {
    cohort::of_agency(tx, &v.who.organisation, v.today().saturating_sub(STAYS.days())).await
}

/// A course is planned, seats are given, or it is confirmed who came.
pub(crate) async fn change_cohorts(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    mut form: Form,
) -> Response {
    let Some(v) = supervisor(&state, &session, &f) else { return forbidden(&f) };
    let made = async {
        let allowed = look(&v, Action::ManageTeam, "courses").await?;
        let done = match form.get("do") {
            "plan" => plan(&v, &f, &mut form, &allowed).await,
            "seat" => several(&v, &f, &mut form, &allowed, "nurse").await?,
            "came" => several(&v, &f, &mut form, &allowed, "came").await?,
            _ => return Err(Trouble::Absent),
        };
        match done {
            Some(Ok(())) => return Ok(Redirect::to("/visits/team/cohorts?done=saved").into_response()),
            Some(Err(fault)) => refuse(f.t, &mut form, fault)?,
            None => {}
        }
        cohorts_page(&v, &f, &form, false).await
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}

async fn plan(v: &Viewer<'_>, f: &Frame, form: &mut Form, allowed: &guard::Allowed) -> Option<Result<(), Fault>> {
    let (id, seats) = (form.id::<CohortId>(f.t, "id"), form.number(f.t, "seats"));
    let (starts, ends) = (form.date(f.t, "starts_on"), form.date(f.t, "ends_on"));
    let (course, place) = (form.get("course").to_owned(), form.get("place").to_owned());
    let new = Cohort { id: id?, course, place, starts_on: starts?, ends_on: ends?, seats: seats? };
    Some(transact!(v.state.db, Fault, |tx| cohort::plan(tx, &desk(v), v.who, allowed, &new).await))
}

/// Everybody ticked gets a seat, or is confirmed to have come: all or none.
async fn several(
    v: &Viewer<'_>,
    f: &Frame,
    form: &mut Form,
    allowed: &guard::Allowed,
    field: &str,
) -> Result<Option<Result<(), Fault>>, Trouble> {
    let id: CohortId = form.get("cohort").parse().map_err(|_| Trouble::Absent)?;
    let ticked: Result<Vec<AccountId>, _> = form.all(field).map(str::parse).collect();
    let ticked = ticked.map_err(|_| Trouble::Absent)?;
    if ticked.is_empty() {
        form.refuse(field, f.t.t("error-choose"));
        return Ok(None);
    }
    Ok(Some(transact!(v.state.db, Fault, |tx| {
        if field == "came" {
            return cohort::confirm(tx, &desk(v), v.who, allowed, (id, &ticked)).await;
        }
        for nurse in &ticked {
            cohort::seat(tx, &desk(v), v.who, allowed, (id, *nurse)).await?;
        }
        Ok(())
    })))
}
