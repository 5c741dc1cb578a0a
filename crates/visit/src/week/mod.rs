//! A nurse's week: a proposal over windows, working time and ways, which she keeps or changes. What she put somewhere stays there; on days on which
//! she is away it is laid anew, and what cannot wait is proposed to colleagues ([`cover`]). Nothing in it tells where a protected family lives: such a family lies as near as any.

pub mod cover;
mod model;
pub(crate) mod rows;
mod solve;

use std::collections::{BTreeMap, BTreeSet};

use catalogue::model::{Spot, Visiting};
use guard::{Action, Allowed, Processing, PurposeKind, Relation, Role, Sealed, Who};
use jiff::Span;
use kernel::{AccountId, Date, EnrolmentId, PersonId};
use registry::sight::{Seen, Sight};
use store::{AsConflict, StoreError, Tx};

pub use cover::Proposal;
pub use model::{Candidate, Day, Hours, Plan, Put, Timed, Way, Weight, Why, timed};
pub use solve::plan;

use crate::desk::Desk;
use crate::model::StandIn;
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
    /// While she is away: which of them cannot wait, and who has room for them.
    pub proposals: Vec<Proposal>,
    /// Visits to her families that a colleague makes.
    pub covered: Vec<(Line, StandIn)>,
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
    /// The colleague is away then, or one of the family's own.
    #[error("this colleague cannot make the visit: look at the week again")]
    NotFree,
    /// Somebody protected is handed over with care, by hand.
    #[error("a protected family is given to nobody for one visit: hand it over, or keep the visit for its nurse")]
    Protected,
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

/// A colleague of the team: whom a visit may be given to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colleague {
    /// Her account.
    pub account: AccountId,
    /// The person she is, when known: families of her own are not hers to visit.
    pub person: Option<PersonId>,
}

/// What one nurse's plan is made from.
struct Hers {
    hours: Hours,
    lines: Vec<Line>,
    all: Vec<Candidate>,
    away: BTreeSet<Date>,
}

/// What a week is planned from, read in a transaction; planning it takes a while and is done outside of one, on a thread of its own.
pub struct Laid {
    nurse: AccountId,
    monday: Date,
    working: Vec<Date>,
    hers: Hers,
    hidden: BTreeSet<PersonId>,
    covered: Vec<(Line, StandIn)>,
    team: Vec<(AccountId, Hers, BTreeSet<PersonId>)>,
    about: Vec<(PersonId, Relation)>,
}

/// Reads what a nurse's week is planned from, as she or her supervisor sees it; `None`: the pack has no working week. Days before today are over.
/// `team` are the colleagues who are asked when she is away, for supervisors.
///
/// # Errors
/// The database.
pub async fn gather(
    tx: &mut Tx,
    desk: &Desk<'_>,
    sight: &Sight<'_>,
    (nurse, monday): (AccountId, Date),
    team: &[Colleague],
) -> Result<Option<Laid>, StoreError> {
    let Some(visiting) = desk.pack.visiting() else { return Ok(None) };
    let (mut lines, about) = in_week(tx, desk, sight, monday).await?;
    let hidden: BTreeSet<PersonId> = about.iter().filter(|(_, r)| r.protected).map(|(p, _)| *p).collect();
    let calendar = desk.pack.calendar();
    let working: Vec<Date> = days_of(monday).filter(|d| calendar.is_working_day(*d) && *d >= desk.today()).collect();
    let week = Frame { visiting, working: &working, hidden: &hidden, monday };
    let own = lines.remove(&nurse).unwrap_or_default();
    let shown: BTreeSet<PersonId> = own.iter().map(|l| l.enrolment.person).collect();
    let hers = week.hers(tx, desk, sight, nurse, own).await?;
    let covered = lines.values().flatten().filter_map(|l| {
        let cover = covers(l, desk.today())?;
        (l.enrolment.nurse_on(desk.today()) == Some(nurse)).then(|| (l.clone(), cover.clone()))
    });
    let covered: Vec<(Line, StandIn)> = covered.collect();
    let mut around = Vec::new();
    // Who is there makes her visits herself, and what does not fit then is told with the reason.
    if !hers.away.is_empty() {
        let urgent: Vec<PersonId> = cover::urgent(&hers).map(|(_, line)| line.enrolment.person).collect();
        for colleague in team.iter().filter(|c| c.account != nurse && !urgent.is_empty()) {
            let strange = cover::strange(tx, sight, *colleague, &urgent).await?;
            let theirs = lines.remove(&colleague.account).unwrap_or_default();
            around.push((colleague.account, week.hers(tx, desk, sight, colleague.account, theirs).await?, strange));
        }
    }
    let all = |p: &PersonId| shown.contains(p) || covered.iter().any(|(l, _)| l.enrolment.person == *p);
    let about = about.into_iter().filter(|(p, _)| all(p)).collect();
    Ok(Some(Laid { nurse, monday, working, hers, hidden, covered, team: around, about }))
}

/// The days that visits to a mother were put on, from today on, under seal: for herself.
///
/// # Errors
/// The database.
pub async fn own(
    tx: &mut Tx,
    desk: &Desk<'_>,
    person: PersonId,
) -> Result<Sealed<BTreeMap<(EnrolmentId, String), Date>>, StoreError> {
    Ok(Sealed::new(rows::of_person(tx, person, desk.today()).await?, [person]))
}

/// The colleague who makes a family's next visit, while the day is not over.
pub fn covers(line: &Line, today: Date) -> Option<&StandIn> {
    let next = line.next.as_ref()?;
    line.enrolment.stand_in(today).filter(|c| c.on >= today && c.visit == next.visit)
}

/// Families with a visit in the week by who makes it, and how each stands to the viewer.
type InWeek = (BTreeMap<AccountId, Vec<Line>>, Vec<(PersonId, Relation)>);

async fn in_week(tx: &mut Tx, desk: &Desk<'_>, sight: &Sight<'_>, monday: Date) -> Result<InWeek, StoreError> {
    let seen = read::families(tx, desk, sight).await?;
    let mut all: BTreeMap<AccountId, Vec<Line>> = BTreeMap::new();
    seen.sealed.process(&basis(desk)?, |lines| {
        for line in lines.iter().filter(|l| l.enrolment.consented_at.is_some() && window(l, monday).is_some()) {
            let nurse = covers(line, desk.today()).map(|c| c.nurse).or(line.enrolment.nurse_on(desk.today()));
            if let Some(nurse) = nurse {
                all.entry(nurse).or_default().push(line.clone());
            }
        }
    });
    Ok((all, seen.about))
}

/// What the weeks of a team have in common.
struct Frame<'a> {
    visiting: &'a Visiting,
    working: &'a [Date],
    hidden: &'a BTreeSet<PersonId>,
    monday: Date,
}

impl Frame<'_> {
    async fn hers(
        &self,
        tx: &mut Tx,
        desk: &Desk<'_>,
        sight: &Sight<'_>,
        nurse: AccountId,
        lines: Vec<Line>,
    ) -> Result<Hers, StoreError> {
        let monday = self.monday;
        let away: BTreeSet<Date> = rows::away(tx, nurse, monday).await?;
        let mut put: BTreeMap<(EnrolmentId, String), Put> = rows::stops(tx, nurse, monday).await?;
        let places = places(tx, desk, &lines, self.hidden).await?;
        let district = sight.who.jurisdiction.as_deref().unwrap_or_default();
        let office = lines.first().map_or(district, |l| l.enrolment.place.as_str());
        let hours = Hours {
            visiting: *self.visiting,
            office: desk.pack.point(office),
            days: self.working.iter().filter(|day| !away.contains(day)).copied().collect(),
        };
        let one = |line: &Line| Candidate {
            put: line.next.as_ref().and_then(|p| put.remove(&(line.enrolment.id, p.visit.clone()))),
            ..candidate(desk, line, monday, &places)
        };
        let all = lines.iter().map(one).collect();
        Ok(Hers { hours, lines, all, away })
    }
}

impl Laid {
    /// The week, under seal. It takes up to a second of one processor.
    pub fn planned(self) -> Seen<Week> {
        let (hers, monday) = (&self.hers, self.monday);
        let plan = plan(&hers.hours, &hers.all);
        let left = |(n, why): &(usize, Why)| {
            let line = hers.lines.get(*n)?;
            let closes = line.next.as_ref().map(|p| p.window.closes).filter(|day| *day > sunday(monday));
            Some((line.clone(), *why, closes))
        };
        let day = |date: &Date| shown(&hers.hours, &plan, *date, &hers.lines, &hers.all, &self.hidden);
        let week = Week {
            nurse: self.nurse,
            monday,
            days: self.working.iter().map(day).collect(),
            left_out: plan.left_out.iter().filter_map(left).collect(),
            proposals: cover::proposals(hers, &plan, &self.team, &self.hidden),
            covered: self.covered.clone(),
        };
        let people: Vec<PersonId> = self.about.iter().map(|(p, _)| *p).collect();
        Seen { sealed: Sealed::new(week, people), about: self.about }
    }
}

/// How everybody with a visit in a nurse's week stands to the viewer: for the guard, before her week is changed.
///
/// # Errors
/// The database.
pub async fn standing(
    tx: &mut Tx,
    desk: &Desk<'_>,
    sight: &Sight<'_>,
    (nurse, monday): (AccountId, Date),
) -> Result<Vec<(PersonId, Relation)>, StoreError> {
    let (mut lines, about) = in_week(tx, desk, sight, monday).await?;
    let hers: BTreeSet<PersonId> = lines.remove(&nurse).iter().flatten().map(|l| l.enrolment.person).collect();
    Ok(about.into_iter().filter(|(p, _)| hers.contains(p)).collect())
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

fn candidate(desk: &Desk<'_>, line: &Line, monday: Date, places: &BTreeMap<PersonId, Spot>) -> Candidate {
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
    lines: &[Line],
    hidden: &BTreeSet<PersonId>,
) -> Result<BTreeMap<PersonId, Spot>, StoreError> {
    let told = lines.iter().map(|l| l.enrolment.person).filter(|p| !hidden.contains(p));
    let places = registry::read::places(tx, told, desk.today()).await?;
    let point = |(person, place): (&PersonId, &String)| Some((*person, desk.pack.point(place)?));
    Ok(places.process(&basis(desk)?, |places| places.iter().filter_map(point).collect()))
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

/// Keeps a week as somebody wants it, instead of what was kept of it before. `allowed` is the nurse's decision on [`Action::RecordVisit`], or her
/// supervisor's on [`Action::ManageVisits`], about everybody in it ([`standing`]). A day on which the visit may not be made is refused.
///
/// # Errors
/// [`Fault`]; nothing is written then.
pub async fn keep(
    tx: &mut Tx,
    desk: &Desk<'_>,
    sight: &Sight<'_>,
    allowed: &Allowed,
    (nurse, monday): (AccountId, Date),
    order: &Order,
) -> Result<(), Fault> {
    let who = sight.who;
    let fits = match who.role {
        Role::Nurse => allowed.action() == Action::RecordVisit && who.account == nurse,
        _ => allowed.action() == Action::ManageVisits,
    };
    if !fits {
        return Err(Fault::NotAllowed);
    }
    let (mut all, _) = in_week(tx, desk, sight, monday).await?;
    let lines = all.remove(&nurse).unwrap_or_default();
    let mut puts = Vec::with_capacity(order.len());
    for (id, put) in order {
        let line = lines.iter().find(|l| l.enrolment.id == *id).ok_or(Fault::NotHers)?;
        let person = line.enrolment.person;
        if !allowed.covers(person) {
            return Err(Fault::NotAllowed);
        }
        let (Some(next), Some(days)) = (&line.next, window(line, monday)) else { return Err(Fault::NotHers) };
        if let Put::On(day, _) = put {
            may_be_on(desk, days, *day)?;
        }
        puts.push((person, *id, next.visit.clone(), *put));
    }
    rows::forget(tx, nurse, monday).await?;
    for (person, id, visit, put) in puts {
        rows::put(tx, desk, who.account, (nurse, monday), (person, id, visit.as_str()), put).await?;
    }
    Ok(())
}

/// Refuses a day on which the visit may not be made, or nobody works.
fn may_be_on(desk: &Desk<'_>, (from, to): (Date, Date), day: Date) -> Result<(), Fault> {
    let fits = (from..=to).contains(&day) && desk.pack.calendar().is_working_day(day);
    if fits { Ok(()) } else { Err(Fault::BadDay(day)) }
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
