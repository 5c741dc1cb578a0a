//! Requests about a nurse's week: to see it, to keep it as it is or as she wants it, to have it proposed anew, to note when she is away.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use guard::{Action, Allowed, Resource, Role, Tier, account};
use jiff::{Span, ToSpan as _};
use kernel::{AccountId, Date, EnrolmentId};
use registry::sight::Seen;
use store::{StoreError, transact};
use visit::read::Line;
use visit::week::{self as plan, Colleague, Fault, Put, Why};

use super::week::{self, At, Stop, Week, WeekDay};
use super::{desk, handlers, viewer};
use crate::components::frame::Frame;
use crate::form::Form;
use crate::official::work_case_handlers::{forbidden, staff_names, trouble};
use crate::request::Session;
use crate::state::AppState;
use crate::viewer::{Trouble, Viewer};

/// How far ahead and back a week may be looked at, in days.
const AROUND: i32 = 60;

/// Whose week, and which.
pub(crate) struct Which {
    pub(crate) nurse: AccountId,
    /// Her name where her supervisor looks.
    pub(crate) name: Option<String>,
    pub(crate) monday: Date,
    /// Whom a supervisor may have make her visits.
    pub(crate) team: Vec<Colleague>,
}

/// The week somebody asks for; `None`: a supervisor has not said whose. A nurse has her own alone, a supervisor those of her team.
pub(crate) async fn which(v: &Viewer<'_>, nurse: &str, monday: &str) -> Result<Option<Which>, Trouble> {
    let first = match monday {
        "" => next(v),
        text => plan::monday(text.parse().map_err(|_| Trouble::Absent)?),
    };
    if (first - v.today()).get_days().abs() > AROUND {
        return Err(Trouble::Absent);
    }
    if v.who.role == Role::Nurse {
        let own = nurse.is_empty() || nurse == v.who.account.to_string();
        return if own {
            Ok(Some(Which { nurse: v.who.account, name: None, monday: first, team: Vec::new() }))
        } else {
            Err(Trouble::Absent)
        };
    }
    if nurse.is_empty() {
        return Ok(None);
    }
    let team = team(v).await?;
    let (id, name) = team.iter().find(|(id, _)| id.to_string() == nurse).cloned().ok_or(Trouble::Absent)?;
    let mut tx = v.state.db.read().await?;
    let mut colleagues = Vec::with_capacity(team.len());
    for (account, _) in team.into_iter().filter(|(other, _)| *other != id) {
        let person = account::by_id(&mut tx, account).await.map_err(trouble)?.and_then(|a| a.person);
        colleagues.push(Colleague { account, person });
    }
    Ok(Some(Which { nurse: id, name: Some(name), monday: first, team: colleagues }))
}

async fn team(v: &Viewer<'_>) -> Result<Vec<(AccountId, String)>, Trouble> {
    let mut tx = v.state.db.read().await?;
    workforce::team::members(&mut tx, &v.pack, v.who).await.map_err(trouble)
}

/// This week while it has a working day left, otherwise the next.
fn next(v: &Viewer<'_>) -> Date {
    let this = plan::monday(v.today());
    let left = (0..7).map(|n| this.saturating_add(Span::new().days(n))).filter(|d| *d >= v.today());
    let calendar = v.pack.calendar();
    if left.into_iter().any(|d| calendar.is_working_day(d)) { this } else { this.saturating_add(7.days()) }
}

/// The week under seal. It is planned on a thread of its own, so that nobody else's page waits for it.
async fn seen(v: &Viewer<'_>, which: &Which) -> Result<Seen<plan::Week>, Trouble> {
    let setting = v.setting();
    let sight = v.sight(&setting);
    let mut tx = v.state.db.read().await?;
    let laid = plan::gather(&mut tx, &desk(v), &sight, (which.nurse, which.monday), &which.team).await?;
    drop(tx);
    let laid = laid.ok_or(Trouble::Absent)?;
    let planned = tokio::task::spawn_blocking(move || laid.planned()).await;
    planned.map_err(|e| StoreError::Driver(format!("the week could not be planned: {e}")).into())
}

/// The week, opened: the look is in the log.
pub(crate) async fn opened(v: &Viewer<'_>, which: &Which) -> Result<plan::Week, Trouble> {
    let seen = seen(v, which).await?;
    let resource = seen.resource().at(Tier::Sensitive).showing(["visits"]);
    Ok(v.state.guard.reveal(v.who, Action::ViewVisits, &resource, &v.purpose, seen.sealed).await?.into_inner())
}

/// The page.
pub(crate) async fn show(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    RawQuery(query): RawQuery,
) -> Response {
    let Some(v) = viewer(&state, &session, &f) else { return forbidden(&f) };
    let query = Form::of_query(query.as_deref());
    let made = async {
        let Some(which) = which(&v, query.get("nurse"), query.get("monday")).await? else {
            let team = team(&v).await?.into_iter().map(|(id, name)| (id.to_string(), name)).collect::<Vec<_>>();
            return Ok(week::choose(&f, &team).into_response());
        };
        let done = match query.get("done") {
            "keep" => Some("week-done-kept"),
            "anew" => Some("week-done-anew"),
            "away" => Some("week-done-away"),
            "cover" => Some("week-done-cover"),
            "uncover" => Some("week-done-uncover"),
            _ => None,
        };
        let vm = the_week(&v, &f, &which, done).await?;
        Ok(week::page_of(&f, &filled(&vm), &vm).into_response())
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}

async fn the_week(v: &Viewer<'_>, f: &Frame, which: &Which, done: Option<&'static str>) -> Result<Week, Trouble> {
    let found = opened(v, which).await?;
    let names = names(v, &found).await?;
    let name = |id: AccountId| names.get(&id).cloned().unwrap_or_default();
    let days: Vec<Date> = found.days.iter().map(|d| d.date).collect();
    let stop = |line: &Line, at: At| {
        let next = line.next.as_ref()?;
        let (from, to) = plan::window(line, found.monday)?;
        Some(Stop {
            family: line.enrolment.id.to_string(),
            due: handlers::due(v, f, line, next)?,
            days: days.iter().filter(|d| (from..=to).contains(*d)).copied().collect(),
            at,
        })
    };
    let on_a_day = |s: &plan::Stop| {
        let way = s.way.map(|w| (w.metres, w.minutes));
        let of = s.line.enrolment.nurse_on(v.today()).filter(|nurse| *nurse != found.nurse).map(name);
        stop(&s.line, At::Day { time: (s.arrives, s.leaves), way, kept: s.kept, of })
    };
    let out =
        |(line, why, until): &(Line, Why, Option<Date>)| stop(line, At::Out { why: why_key(*why), until: *until });
    Ok(Week {
        nurse: which.name.clone().map(|name| (which.nurse.to_string(), name)),
        monday: which.monday,
        around: (which.monday.saturating_sub(7.days()), which.monday.saturating_add(7.days())),
        days: found
            .days
            .iter()
            .map(|d| WeekDay {
                date: d.date,
                away: d.away,
                stops: d.stops.iter().filter_map(on_a_day).collect(),
                back: (d.back, d.late),
            })
            .collect(),
        left_out: found.left_out.iter().filter_map(out).collect(),
        proposals: found
            .proposals
            .iter()
            .filter_map(|p| {
                let proposed = (p.to.to_string(), name(p.to), p.on);
                let at = At::Proposed { to: proposed, others: p.others, longer: p.longer, back: p.back };
                stop(&p.line, at)
            })
            .collect(),
        covered: found
            .covered
            .iter()
            .filter_map(|(line, c)| stop(line, At::Covered { to: name(c.nurse), on: c.on }))
            .collect(),
        done,
    })
}

/// The names of everybody who makes a visit of the week, or could, and of those whose families they are.
async fn names(v: &Viewer<'_>, week: &plan::Week) -> Result<BTreeMap<AccountId, String>, Trouble> {
    let (today, stops) = (v.today(), week.days.iter().flat_map(|d| d.stops.iter()));
    let stops = stops.filter_map(|s| s.line.enrolment.nurse_on(today));
    let others = week.proposals.iter().map(|p| p.to).chain(week.covered.iter().map(|(_, c)| c.nurse));
    let all = stops.chain(others).filter(|id| *id != week.nurse).collect();
    let mut tx = v.state.db.read().await?;
    staff_names(&mut tx, all).await
}

fn why_key(why: Why) -> &'static str {
    match why {
        Why::PutOut => "week-why-put-out",
        Why::Away => "week-why-away",
        Why::TooFar => "week-why-far",
        Why::Full => "week-why-full",
    }
}

/// The form as the week is: what is proposed is kept with the rest when it is sent.
fn filled(week: &Week) -> Form {
    let mut form = Form::default();
    for day in &week.days {
        for (place, stop) in day.stops.iter().enumerate() {
            form.set(&format!("day.{}", stop.family), day.date.to_string());
            form.set(&format!("order.{}", stop.family), (place + 1).to_string());
        }
    }
    for stop in &week.left_out {
        if matches!(stop.at, At::Out { why: "week-why-put-out", .. }) {
            form.set(&format!("day.{}", stop.family), "out");
        }
    }
    if let Some(day) = week.days.iter().find(|d| d.away) {
        form.set("away", day.date.to_string());
    }
    let away = week.days.iter().filter(|d| d.away).map(|d| ("away".to_owned(), d.date.to_string()));
    Form::of(form.pairs().iter().filter(|(n, _)| n != "away").cloned().chain(away))
}

/// Keeps, forgets, or notes days away.
pub(crate) async fn send(State(state): State<AppState>, session: Session, f: Frame, mut form: Form) -> Response {
    let Some(v) = viewer(&state, &session, &f) else { return forbidden(&f) };
    let made = async {
        let which = which(&v, form.get("nurse"), form.get("monday")).await?.ok_or(Trouble::Absent)?;
        let done = match form.get("do") {
            "keep" => {
                let vm = the_week(&v, &f, &which, None).await?;
                let order = typed(&f, &mut form, &vm);
                if !form.is_fine() {
                    return Ok((form.status(), week::page_of(&f, &form, &vm)).into_response());
                }
                keep(&v, &which, &order).await?;
                "keep"
            }
            "anew" => {
                let allowed = may_lay(&v).await?;
                let (nurse, monday) = (which.nurse, which.monday);
                let done = transact!(state.db, Fault, |tx| plan::anew(tx, v.who, &allowed, nurse, monday).await);
                done.map_err(failed)?;
                "anew"
            }
            "away" => {
                let days: Result<BTreeSet<Date>, _> = form.all("away").map(str::parse).collect();
                let days = days.map_err(|_| Trouble::Absent)?;
                away(&v, &which, &days).await?;
                "away"
            }
            "cover" => {
                let family = form.get("family").parse().map_err(|_| Trouble::Absent)?;
                let on = form.get("on").parse().map_err(|_| Trouble::Absent)?;
                let to = which.team.iter().find(|c| c.account.to_string() == form.get("to")).ok_or(Trouble::Absent)?;
                let allowed = may_cover(&v, family).await?;
                cover(&v, &which, &allowed, family, Some((*to, on))).await?;
                "cover"
            }
            "uncover" => {
                let family = form.get("family").parse().map_err(|_| Trouble::Absent)?;
                let allowed = may_cover(&v, family).await?;
                cover(&v, &which, &allowed, family, None).await?;
                "uncover"
            }
            _ => return Err(Trouble::Absent),
        };
        let nurse = which.name.as_ref().map_or_else(String::new, |_| format!("&nurse={}", which.nurse));
        Ok(Redirect::to(&format!("/visits/week?monday={}{nurse}&done={done}", which.monday)).into_response())
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}

/// What was typed; what cannot be is said beside its field.
fn typed(f: &Frame, form: &mut Form, week: &Week) -> plan::Order {
    let stops: Vec<&Stop> = week.days.iter().flat_map(|d| &d.stops).chain(&week.left_out).collect();
    let mut order = plan::Order::new();
    for stop in stops {
        let (day, place) = (format!("day.{}", stop.family), format!("order.{}", stop.family));
        let Ok(family) = stop.family.parse() else { continue };
        let put = match form.get(&day) {
            "" => continue,
            "out" => Put::Out,
            text => {
                let on = text.parse::<Date>().ok().filter(|on| stop.days.contains(on));
                let at = Some(form.get(&place)).filter(|n| !n.is_empty()).map_or(Ok(99), str::parse::<u32>);
                match (on, at.ok().filter(|n| *n < 100)) {
                    (Some(on), Some(at)) => Put::On(on, at),
                    (None, _) => {
                        form.refuse(&day, f.t.t("error-choose"));
                        continue;
                    }
                    (_, None) => {
                        form.refuse(&place, f.t.t("team-error-number"));
                        continue;
                    }
                }
            }
        };
        order.push((family, put));
    }
    order
}

/// The guard's decision on keeping an order of a week about everybody in it.
pub(crate) async fn may_keep(v: &Viewer<'_>, which: &Which) -> Result<Allowed, Trouble> {
    let action = if v.who.role == Role::Nurse { Action::RecordVisit } else { Action::ManageVisits };
    let setting = v.setting();
    let mut tx = v.state.db.read().await?;
    let about = plan::standing(&mut tx, &desk(v), &v.sight(&setting), (which.nurse, which.monday)).await?;
    drop(tx);
    let resource = Resource::people(about).at(Tier::Sensitive).showing(["visits"]);
    Ok(v.state.guard.permit(v.who, action, &resource, &v.purpose).await?)
}

/// The guard's decision on who makes a family's next visit.
pub(crate) async fn may_cover(v: &Viewer<'_>, family: EnrolmentId) -> Result<Allowed, Trouble> {
    let setting = v.setting();
    let mut tx = v.state.db.read().await?;
    let (_, about) =
        visit::read::standing(&mut tx, &desk(v), &v.sight(&setting), family).await?.ok_or(Trouble::Absent)?;
    drop(tx);
    let resource = Resource::people(about).at(Tier::Sensitive).showing(["visits"]);
    Ok(v.state.guard.permit(v.who, Action::ManageVisits, &resource, &v.purpose).await?)
}

/// Has a colleague make a family's next visit, or its nurse again.
async fn cover(
    v: &Viewer<'_>,
    which: &Which,
    allowed: &Allowed,
    family: EnrolmentId,
    to: Option<(Colleague, Date)>,
) -> Result<(), Trouble> {
    let setting = v.setting();
    let (sight, key) = (v.sight(&setting), (which.nurse, family));
    let done = transact!(v.state.db, Fault, |tx| plan::cover::run(tx, &desk(v), &sight, allowed, key, to).await);
    done.map_err(failed)
}

/// Keeps a week in an order.
async fn keep(v: &Viewer<'_>, which: &Which, order: &plan::Order) -> Result<(), Trouble> {
    let allowed = may_keep(v, which).await?;
    let (setting, key) = (v.setting(), (which.nurse, which.monday));
    let sight = v.sight(&setting);
    let done = transact!(v.state.db, Fault, |tx| plan::keep(tx, &desk(v), &sight, &allowed, key, order).await);
    done.map_err(failed)
}

/// The guard's word on laying weeks: of the team, or a nurse's own.
pub(crate) async fn may_lay(v: &Viewer<'_>) -> Result<Allowed, Trouble> {
    let action = if v.who.role == Role::Nurse { Action::ViewTeam } else { Action::ManageTeam };
    Ok(v.state.guard.permit(v.who, action, &Resource::thing("week"), &v.purpose).await?)
}

/// Notes the days on which a nurse is away.
pub(crate) async fn away(v: &Viewer<'_>, which: &Which, days: &BTreeSet<Date>) -> Result<(), Trouble> {
    let allowed = may_lay(v).await?;
    let week = (which.nurse, which.monday);
    let done = transact!(v.state.db, Fault, |tx| plan::away(tx, &desk(v), v.who, &allowed, week, days).await);
    done.map_err(failed)
}

fn failed(fault: Fault) -> Trouble {
    match fault {
        Fault::Store(why) => why.into(),
        Fault::NotAllowed | Fault::NotHers | Fault::BadDay(_) | Fault::NotFree | Fault::Protected => Trouble::Absent,
    }
}
