//! A nurse's week: a proposal over windows, working time and ways, which she keeps or changes. What she put somewhere stays there; on days on which
//! she is away it is laid anew. Nothing in it tells where a protected family lives: such a family lies as near as any.

mod model;
pub(crate) mod rows;
mod solve;

use std::collections::{BTreeMap, BTreeSet};

use guard::{Action, Allowed, Processing, PurposeKind, Role, Sealed, Who};
use jiff::Span;
use kernel::{AccountId, Date, EnrolmentId, PersonId};
use registry::AsOf;
use registry::sight::{Seen, Sight};
use store::{AsConflict, StoreError, Tx};

pub use model::{Candidate, Day, Hours, Plan, Put, Timed, Way, Weight, Why, timed};
pub use solve::plan;

use crate::desk::Desk;
use crate::read::{self, Line};
use crate::schedule::State;

/// A visit of the week.
#[derive(Clone, Debug, PartialEq)]
pub struct Stop {
    /// The family, and the visit that is next.
    pub line: Line,
    /// The way there; `None`: where the family lives is told to nobody.
    pub way: Option<Way>,
    /// Minutes after midnight at the door.
    pub arrives: u32,
    /// Minutes after midnight when she goes.
    pub leaves: u32,
    /// Whether somebody put it there; otherwise it is proposed.
    pub kept: bool,
}

/// A day of the week.
#[derive(Clone, Debug, PartialEq)]
pub struct WeekDay {
    /// The day.
    pub date: Date,
    /// Whether she is away.
    pub away: bool,
    /// Visits in their order.
    pub stops: Vec<Stop>,
    /// Minutes after midnight back at the office.
    pub back: u32,
    /// Whether that is later than the working day.
    pub late: bool,
}

/// A nurse's week.
#[derive(Clone, Debug, PartialEq)]
pub struct Week {
    /// The nurse.
    pub nurse: AccountId,
    /// Its Monday.
    pub monday: Date,
    /// Its working days; those that are over are left out.
    pub days: Vec<WeekDay>,
    /// Visits that are in none of them: why, and until when they may wait.
    pub left_out: Vec<(Line, Why, Option<Date>)>,
}

/// Why nothing was kept.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The guard did not allow it.
    #[error("the families are not in your hands")]
    NotAllowed,
    /// A family that is not, or no longer, hers.
    #[error("a family of this week is no longer in her hands: look at the week again")]
    NotHers,
    /// A day outside of the week, or of the visit's window.
    #[error("{0} is no day of this week on which the visit may be made")]
    BadDay(Date),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AsConflict for Fault {
    fn is_conflict(&self) -> bool {
        matches!(self, Fault::Store(e) if e.is_conflict())
    }
}

/// The Monday of a day's week.
pub fn monday(day: Date) -> Date {
    day.saturating_sub(Span::new().days(i64::from(day.weekday().to_monday_zero_offset())))
}

fn days_of(monday: Date) -> impl Iterator<Item = Date> {
    (0..7).map(move |n| monday.saturating_add(Span::new().days(n)))
}

/// A nurse's week under seal, as she or her supervisor sees it; `None`: the pack has no working week. Days before today are over.
///
/// # Errors
/// The database.
pub async fn read(
    tx: &mut Tx,
    desk: &Desk<'_>,
    sight: &Sight<'_>,
    nurse: AccountId,
    monday: Date,
) -> Result<Option<Seen<Week>>, StoreError> {
    let Some(visiting) = desk.pack.visiting() else { return Ok(None) };
    let seen = read::families(tx, desk, sight).await?;
    let basis = basis(desk)?;
    let lines: Vec<Line> = seen.sealed.process(&basis, |lines| {
        let hers = |l: &&Line| l.enrolment.nurse_on(desk.today()) == Some(nurse) && l.enrolment.consented_at.is_some();
        lines.iter().filter(hers).cloned().collect()
    });
    let away: BTreeSet<Date> = rows::away(tx, nurse, monday).await?;
    let mut put: BTreeMap<(EnrolmentId, String), Put> = rows::stops(tx, nurse, monday).await?;
    let lines: Vec<Line> = lines.into_iter().filter(|line| window(line, monday).is_some()).collect();
    let hidden: BTreeSet<PersonId> = seen.about.iter().filter(|(_, r)| r.protected).map(|(p, _)| *p).collect();
    let places = places(tx, desk, &basis, &lines, &hidden).await?;
    let calendar = desk.pack.calendar();
    let working: Vec<Date> = days_of(monday).filter(|d| calendar.is_working_day(*d) && *d >= desk.today()).collect();
    let district = sight.who.jurisdiction.as_deref().unwrap_or_default();
    let office = lines.first().map_or(district, |l| l.enrolment.place.as_str());
    let hours = Hours {
        visiting: *visiting,
        office: desk.pack.point(office),
        days: working.iter().filter(|day| !away.contains(day)).copied().collect(),
    };
    let all: Vec<Candidate> = lines
        .iter()
        .map(|line| {
            let key = |p: &crate::schedule::Planned| (line.enrolment.id, p.visit.clone());
            Candidate {
                put: line.next.as_ref().and_then(|p| put.remove(&key(p))),
                ..candidate(desk, line, monday, &places)
            }
        })
        .collect();
    let plan = plan(&hours, &all);
    let persons: Vec<PersonId> = lines.iter().map(|l| l.enrolment.person).collect();
    let about = seen.about.into_iter().filter(|(p, _)| persons.contains(p)).collect();
    let week = Week {
        nurse,
        monday,
        days: working.iter().map(|date| shown(&hours, &plan, *date, &lines, &all, &hidden)).collect(),
        left_out: plan
            .left_out
            .iter()
            .filter_map(|(n, why)| {
                let line = lines.get(*n)?;
                let closes = line.next.as_ref().map(|p| p.window.closes).filter(|day| *day > sunday(monday));
                Some((line.clone(), *why, closes))
            })
            .collect(),
    };
    Ok(Some(Seen { sealed: Sealed::new(week, persons), about }))
}

fn sunday(monday: Date) -> Date {
    monday.saturating_add(Span::new().days(6))
}

/// The days of a week on which a family's next visit may be made; `None`: it is not for this week. One that is late may be made on any.
pub fn window(line: &Line, monday: Date) -> Option<(Date, Date)> {
    let next = line.next.as_ref()?;
    let (opens, closes) = (next.window.opens, next.window.closes);
    if opens > sunday(monday) {
        return None;
    }
    let late = matches!(next.state, State::Late { .. }) || closes < monday;
    Some(if late { (monday, sunday(monday)) } else { (opens.max(monday), closes.min(sunday(monday))) })
}

fn candidate(
    desk: &Desk<'_>,
    line: &Line,
    monday: Date,
    places: &BTreeMap<PersonId, catalogue::model::Spot>,
) -> Candidate {
    let protocol = desk.pack.protocols().get(&line.enrolment.protocol);
    let minutes = protocol.and_then(|p| p.minutes).map_or(60, |(_, most)| most.max(1));
    let days = window(line, monday).unwrap_or((monday, sunday(monday)));
    let weight = match &line.next {
        Some(p) if matches!(p.state, State::Late { .. }) || p.window.closes <= sunday(monday) => Weight::Last,
        Some(p) if p.window.target <= sunday(monday) => Weight::Best,
        _ => Weight::MayWait,
    };
    Candidate { minutes, days, weight, point: places.get(&line.enrolment.person).copied(), put: None }
}

/// Where families live, as far as small areas tell. Of a protected family nothing is read.
async fn places(
    tx: &mut Tx,
    desk: &Desk<'_>,
    basis: &Processing,
    lines: &[Line],
    hidden: &BTreeSet<PersonId>,
) -> Result<BTreeMap<PersonId, catalogue::model::Spot>, StoreError> {
    let shown: Vec<PersonId> = lines.iter().map(|l| l.enrolment.person).filter(|p| !hidden.contains(p)).collect();
    let people = registry::read::people(tx, &shown, AsOf::latest(desk.today())).await?;
    Ok(people.process(basis, |people| {
        let point =
            |p: &registry::PersonRecord| Some((p.id, desk.pack.point(&p.residence.as_ref()?.address.jurisdiction)?));
        people.iter().filter_map(point).collect()
    }))
}

fn shown(
    hours: &Hours,
    plan: &Plan,
    date: Date,
    lines: &[Line],
    all: &[Candidate],
    hidden: &BTreeSet<PersonId>,
) -> WeekDay {
    let Some(day) = plan.days.iter().find(|d| d.date == date) else {
        return WeekDay { date, away: true, stops: Vec::new(), back: hours.visiting.from, late: false };
    };
    let mut before_hidden = false;
    let mut stops = Vec::with_capacity(day.stops.len());
    for stop in &day.stops {
        let Some(line) = lines.get(stop.candidate) else { continue };
        let here = hidden.contains(&line.enrolment.person);
        stops.push(Stop {
            line: line.clone(),
            way: Some(stop.way).filter(|_| !here && !before_hidden),
            arrives: stop.arrives,
            leaves: stop.leaves,
            kept: all.get(stop.candidate).is_some_and(|c| matches!(c.put, Some(Put::On(day, _)) if day == date)),
        });
        before_hidden = here;
    }
    WeekDay { date, away: false, stops, back: day.back, late: day.back > hours.visiting.until }
}

fn basis(desk: &Desk<'_>) -> Result<Processing, StoreError> {
    let law = desk.pack.universal_protocol(desk.today()).map(|p| p.law.clone()).filter(|law| !law.trim().is_empty());
    let manifest = desk.pack.manifest();
    let law = law.unwrap_or_else(|| format!("{} {}", manifest.id, manifest.version));
    Processing::new(PurposeKind::HomeVisit, law).map_err(|e| StoreError::Driver(e.to_string()))
}

/// Where each family's next visit is to be: on a day and at a place in its order, or out of the week.
pub type Order = Vec<(EnrolmentId, Put)>;

/// Keeps a week as somebody wants it, instead of what was kept of it before. `seen` is the week as it is now, `allowed` the nurse's decision on
/// [`Action::RecordVisit`], or her supervisor's on [`Action::ManageVisits`], about everybody in it. A day on which the visit may not be made is refused.
///
/// # Errors
/// [`Fault`]; nothing is written then.
pub async fn keep(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: &Allowed,
    (nurse, monday): (AccountId, Date),
    seen: &Seen<Week>,
    order: &Order,
) -> Result<(), Fault> {
    let fits = match who.role {
        Role::Nurse => allowed.action() == Action::RecordVisit && who.account == nurse,
        _ => allowed.action() == Action::ManageVisits,
    };
    if !fits {
        return Err(Fault::NotAllowed);
    }
    let lines = seen.sealed.process(&basis(desk)?, |week| {
        let on_days = week.days.iter().flat_map(|d| d.stops.iter().map(|s| &s.line));
        let all = on_days.chain(week.left_out.iter().map(|(line, ..)| line));
        all.map(|line| (line.enrolment.id, line.clone())).collect::<BTreeMap<EnrolmentId, Line>>()
    });
    let mut puts = Vec::with_capacity(order.len());
    for (id, put) in order {
        let still = crate::rows::enrolment(tx, *id).await?.filter(|e| e.nurse_on(desk.today()) == Some(nurse));
        let (Some(e), Some(line)) = (still, lines.get(id)) else { return Err(Fault::NotHers) };
        if !allowed.covers(e.person) {
            return Err(Fault::NotAllowed);
        }
        let (Some(next), Some((from, to))) = (&line.next, window(line, monday)) else { return Err(Fault::NotHers) };
        if let Put::On(day, _) = put
            && !((from..=to).contains(day) && desk.pack.calendar().is_working_day(*day))
        {
            return Err(Fault::BadDay(*day));
        }
        puts.push((e.person, *id, next.visit.clone(), *put));
    }
    rows::forget(tx, nurse, monday).await?;
    for (person, id, visit, put) in puts {
        rows::put(tx, desk, who.account, (nurse, monday), (person, id, visit.as_str()), put).await?;
    }
    Ok(())
}

/// Forgets how somebody wanted a week: it is proposed anew.
///
/// # Errors
/// [`Fault`].
pub async fn anew(tx: &mut Tx, who: &Who, allowed: &Allowed, nurse: AccountId, monday: Date) -> Result<(), Fault> {
    may_lay(who, allowed, nurse)?;
    Ok(rows::forget(tx, nurse, monday).await?)
}

/// A supervisor lays the weeks of the team ([`Action::ManageTeam`]), a nurse her own ([`Action::ViewTeam`], which shows her herself alone).
fn may_lay(who: &Who, allowed: &Allowed, nurse: AccountId) -> Result<(), Fault> {
    let fits = match allowed.action() {
        Action::ManageTeam => true,
        Action::ViewTeam => who.account == nurse,
        _ => false,
    };
    if fits { Ok(()) } else { Err(Fault::NotAllowed) }
}

/// Notes on which days of a week a nurse is away, instead of what was noted before: sick, on a course, on holiday; why is nobody's business here. The
/// caller has looked up that she is a nurse of the office.
///
/// # Errors
/// [`Fault`].
pub async fn away(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: &Allowed,
    (nurse, monday): (AccountId, Date),
    days: &BTreeSet<Date>,
) -> Result<(), Fault> {
    may_lay(who, allowed, nurse)?;
    if let Some(day) = days.iter().find(|day| !(monday..=sunday(monday)).contains(*day)) {
        return Err(Fault::BadDay(*day));
    }
    Ok(rows::set_away(tx, desk, who.account, nurse, monday, days).await?)
}
