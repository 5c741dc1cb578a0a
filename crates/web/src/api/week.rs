//! A nurse's week for programs.

use std::collections::BTreeSet;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use guard::{Allowed, Role};
use kernel::{Date, EnrolmentId};
use serde::{Deserialize, Serialize};
use store::transact;
use utoipa::ToSchema;
use uuid::Uuid;
use visit::model::StandIn;
use visit::read::Line;
use visit::week::{self as plan, Colleague, Put, Why};

use super::body::Body;
use super::call::{Call, Once};
use super::problem::{Code, Fault};
use super::wire::read_day;
use crate::state::AppState;
use crate::viewer::Viewer;
use crate::visits::desk;
use crate::visits::week_handlers::{Which, may_cover, may_keep, may_lay, opened, which};

/// Whose, and which.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    nurse: Option<String>,
    monday: Option<String>,
}

/// A visit of the week.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WeekStop {
    /// The family's enrolment.
    family: Uuid,
    /// The visit, as the protocol names it.
    visit: String,
    /// Minutes after midnight at the door.
    arrives: u32,
    /// Minutes after midnight when she goes.
    leaves: u32,
    /// Metres of the way there; null: where the family lives is told to nobody.
    metres: Option<u32>,
    /// Minutes of the way there.
    minutes: Option<u32>,
    /// Whether somebody put it there; otherwise it is proposed.
    kept: bool,
}

/// A working day.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WeekDayWire {
    /// The day.
    #[schema(format = Date)]
    date: String,
    /// Whether she is away.
    away: bool,
    /// Visits in their order.
    visits: Vec<WeekStop>,
}

/// A visit that is on none of the days.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WeekLeftOut {
    /// The family's enrolment.
    family: Uuid,
    /// `put_out`, `away`, `too_far` or `full`.
    why: String,
    /// Until when it may wait, where that is after this week.
    #[schema(format = Date)]
    until: Option<String>,
}

/// A nurse's week.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WeekWire {
    /// Her account.
    nurse: Uuid,
    /// Its Monday.
    #[schema(format = Date)]
    monday: String,
    /// Its working days; those that are over are left out.
    days: Vec<WeekDayWire>,
    /// What is on none of them.
    left_out: Vec<WeekLeftOut>,
    /// While she is away, for her supervisor: visits that cannot wait, and which colleague has room.
    proposals: Vec<WeekProposal>,
    /// Visits to her families that a colleague makes.
    covered: Vec<WeekCovered>,
}

/// A visit for which a colleague has room.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WeekProposal {
    /// The family's enrolment.
    family: Uuid,
    /// The colleague's account.
    to: Uuid,
    /// The day.
    #[schema(format = Date)]
    day: String,
    /// How many other visits she has then.
    others: u32,
    /// By how many minutes it makes her day longer.
    longer: u32,
    /// Minutes after midnight when she is back.
    back: u32,
}

/// A visit that a colleague makes.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WeekCovered {
    /// The family's enrolment.
    family: Uuid,
    /// The colleague's account.
    by: Uuid,
    /// The day.
    #[schema(format = Date)]
    day: String,
}

/// A nurse's own week, or that of one of a supervisor's team: whom to visit when and in which order, what fits nowhere, and why.
#[utoipa::path(get, path = "/api/week", tag = "team",
    params(("nurse" = Option<String>, Query, description = "Her account; a nurse leaves it out."),
        ("monday" = Option<String>, Query, description = "A day of the week; left out: this week, or the next where no working day is left.")),
    responses((status = 200, body = WeekWire), super::Faults))]
pub(crate) async fn show(State(state): State<AppState>, call: Call, uri: Uri) -> Result<axum::Json<WeekWire>, Fault> {
    let asked: Asked = super::query(&uri)?;
    let v = call.viewer(&state);
    let (nurse, monday) = (asked.nurse.unwrap_or_default(), asked.monday.unwrap_or_default());
    if !monday.is_empty() {
        super::query_day(&monday, "monday")?;
    }
    let which = whose(&v, &nurse, &monday, "query:nurse").await?;
    let week = opened(&v, &which).await?;
    let stop = |s: &visit::week::Stop| {
        Some(WeekStop {
            family: s.line.enrolment.id.0,
            visit: s.line.next.as_ref()?.visit.clone(),
            arrives: s.arrives,
            leaves: s.leaves,
            metres: s.way.map(|w| w.metres),
            minutes: s.way.map(|w| w.minutes),
            kept: s.kept,
        })
    };
    let days = week.days.iter().map(|d| WeekDayWire {
        date: d.date.to_string(),
        away: d.away,
        visits: d.stops.iter().filter_map(stop).collect(),
    });
    let left_out = week.left_out.iter().map(|(line, why, until)| WeekLeftOut {
        family: line.enrolment.id.0,
        why: word(*why).to_owned(),
        until: until.map(|day| day.to_string()),
    });
    Ok(axum::Json(WeekWire {
        nurse: week.nurse.0,
        monday: week.monday.to_string(),
        days: days.collect(),
        left_out: left_out.collect(),
        proposals: week.proposals.iter().map(proposal).collect(),
        covered: week.covered.iter().map(covered).collect(),
    }))
}

fn proposal(p: &plan::Proposal) -> WeekProposal {
    WeekProposal {
        family: p.line.enrolment.id.0,
        to: p.to.0,
        day: p.on.to_string(),
        others: u32::try_from(p.others).unwrap_or(u32::MAX),
        longer: p.longer,
        back: p.back,
    }
}

fn covered((line, c): &(Line, StandIn)) -> WeekCovered {
    WeekCovered { family: line.enrolment.id.0, by: c.nurse.0, day: c.on.to_string() }
}

/// The week of a nurse, or of one of a supervisor's team.
async fn whose(v: &Viewer<'_>, nurse: &str, monday: &str, at: &str) -> Result<Which, Fault> {
    if !matches!(v.who.role, Role::Nurse | Role::VisitSupervisor) {
        return Err(Fault::new(Code::Forbidden));
    }
    let found = which(v, nurse, monday).await?;
    found.ok_or_else(|| Fault::field(Code::Invalid, at, "expected the account of a nurse of your team"))
}

/// Where a family's next visit is to be.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WeekPut {
    /// The family's enrolment.
    family: Uuid,
    /// The day; null: out of this week.
    #[serde(default)]
    #[schema(format = Date)]
    day: Option<String>,
    /// Its place in the day's order, 1 to 99; left out: the last.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 99)]
    place: Option<u32>,
}

/// A week, and one of four things done with it.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WeekDo {
    /// Her account; a nurse leaves it out.
    #[serde(default)]
    nurse: Option<Uuid>,
    /// A day of the week.
    #[schema(format = Date)]
    monday: String,
    /// Kept so, instead of what was kept of it before.
    #[serde(default)]
    #[schema(max_items = 500)]
    keep: Option<Vec<WeekPut>>,
    /// `true`: proposed anew; what was kept is forgotten.
    #[serde(default)]
    anew: bool,
    /// The days on which she is away, instead of those noted before.
    #[serde(default)]
    #[schema(max_items = 7)]
    away: Option<Vec<String>>,
    /// Who makes one visit in her place; for her supervisor.
    #[serde(default)]
    cover: Option<WeekCover>,
}

/// Who makes a family's next visit in place of its nurse.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WeekCover {
    /// The family's enrolment.
    family: Uuid,
    /// The colleague's account; null: its nurse makes it again.
    #[serde(default)]
    to: Option<Uuid>,
    /// The day; with `to`.
    #[serde(default)]
    #[schema(format = Date)]
    day: Option<String>,
}

/// It is done.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WeekDone {
    /// The week's Monday.
    #[schema(format = Date)]
    monday: String,
}

/// Keeps a week in an order, has it proposed anew, notes the days on which she is away, or has a colleague make a visit.
#[utoipa::path(post, path = "/api/week", tag = "team", request_body = WeekDo,
    params(("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = WeekDone), super::Faults))]
pub(crate) async fn act(
    State(state): State<AppState>,
    call: Call,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let body = Body::<WeekDo>::read(request, &state).await?;
    let once = Once::new(&headers, &call, "week", &body.hash)?;
    let v = call.viewer(&state);
    read_day(&body.it.monday, "/monday")?;
    let nurse = body.it.nurse.map(|id| id.to_string()).unwrap_or_default();
    let which = whose(&v, &nurse, &body.it.monday, "/nurse").await?;
    let (done, key) = (WeekDone { monday: which.monday.to_string() }, (which.nurse, which.monday));
    let act = match (body.it.keep, body.it.anew, body.it.away, body.it.cover) {
        (Some(puts), false, None, None) => Act::Keep(may_keep(&v, &which).await?, order(&puts)?),
        (None, true, None, None) => Act::Anew(may_lay(&v).await?),
        (None, false, None, Some(cover)) => {
            let to = colleague(&which, &cover)?;
            let family = EnrolmentId(cover.family);
            Act::Cover(may_cover(&v, family).await?, family, to)
        }
        (None, false, Some(days), None) => {
            let days = days.iter().map(|d| read_day(d, "/away")).collect::<Result<_, _>>()?;
            Act::Away(may_lay(&v).await?, days)
        }
        _ => return Err(Fault::field(Code::Invalid, "/keep", "expected one of keep, anew, away and cover")),
    };
    let setting = v.setting();
    let sight = v.sight(&setting);
    transact!(state.db, Fault, |tx| {
        if let Some(again) = once.begin(tx, v.now).await? {
            return Ok(again);
        }
        let acted = match &act {
            Act::Keep(allowed, order) => plan::keep(tx, &desk(&v), &sight, allowed, key, order).await,
            Act::Anew(allowed) => plan::anew(tx, v.who, allowed, which.nurse, which.monday).await,
            Act::Cover(allowed, family, to) => {
                plan::cover::run(tx, &desk(&v), &sight, allowed, (which.nurse, *family), *to).await
            }
            Act::Away(allowed, days) => plan::away(tx, &desk(&v), v.who, allowed, key, days).await,
        };
        acted.map_err(refused)?;
        once.end(tx, StatusCode::OK, &done).await
    })
}

/// An act with the guard's word on it.
enum Act {
    Keep(Allowed, plan::Order),
    Cover(Allowed, EnrolmentId, Option<(Colleague, Date)>),
    Anew(Allowed),
    Away(Allowed, BTreeSet<Date>),
}

fn colleague(which: &Which, cover: &WeekCover) -> Result<Option<(Colleague, Date)>, Fault> {
    let Some(to) = cover.to else { return Ok(None) };
    let nobody = || Fault::field(Code::Invalid, "/cover/to", "expected the account of another nurse of your team");
    let found = which.team.iter().find(|c| c.account.0 == to).ok_or_else(nobody)?;
    let day = cover.day.as_deref().ok_or_else(|| Fault::field(Code::Invalid, "/cover/day", "expected a day"))?;
    Ok(Some((*found, read_day(day, "/cover/day")?)))
}

fn order(puts: &[WeekPut]) -> Result<plan::Order, Fault> {
    if puts.len() > 500 {
        return Err(Fault::field(Code::Invalid, "/keep", "expected at most 500 visits"));
    }
    let one = |(n, put): (usize, &WeekPut)| {
        let place = put.place.unwrap_or(99);
        if !(1..=99).contains(&place) {
            return Err(Fault::field(Code::Invalid, format!("/keep/{n}/place"), "expected 1 to 99"));
        }
        let day = put.day.as_deref().map(|d| read_day(d, &format!("/keep/{n}/day"))).transpose()?;
        Ok((EnrolmentId(put.family), day.map_or(Put::Out, |day| Put::On(day, place))))
    };
    puts.iter().enumerate().map(one).collect()
}

fn refused(fault: plan::Fault) -> Fault {
    let words = fault.to_string();
    match fault {
        plan::Fault::Store(why) => why.into(),
        plan::Fault::NotAllowed => Fault::new(Code::Forbidden),
        plan::Fault::NotHers | plan::Fault::BadDay(_) | plan::Fault::NotFree | plan::Fault::Protected => {
            Fault::told(Code::Conflict, words)
        }
    }
}

fn word(why: Why) -> &'static str {
    match why {
        Why::PutOut => "put_out",
        Why::Away => "away",
        Why::TooFar => "too_far",
        Why::Full => "full",
    }
}
