//! A nurse is away, and some of her visits cannot wait: which colleague has room, and a supervisor's word that she makes one. The family stays its
//! nurse's; a colleague's own visits stay where they are. Somebody protected is proposed to nobody, nor is a family to one of its own.

use std::collections::BTreeSet;

use guard::{Action, Allowed, Role, Who};
use kernel::{AccountId, Date, EnrolmentId, PersonId};
use registry::sight::{Sight, relations};
use serde_json::json;
use store::{StoreError, Tx};

use super::{
    Candidate, Colleague, Fault, Hers, Hours, Plan, Put, Weight, Why, may_be_on, monday, plan, rows, timed, window,
};
use crate::desk::Desk;
use crate::model::StandIn;
use crate::read::{self, Line, listed};

/// A visit that a colleague has room for.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// The family, and the visit.
    pub line: Line,
    /// The colleague.
    pub to: AccountId,
    /// The day.
    pub on: Date,
    /// How many other visits she has on it.
    pub others: usize,
    /// By how many minutes it makes her day longer: the visit, and the way that comes with it.
    pub longer: u32,
    /// Minutes after midnight back at the office.
    pub back: u32,
}

/// Visits that cannot wait for another week.
pub(super) fn urgent(hers: &Hers) -> impl Iterator<Item = (usize, &Line)> {
    let last = move |(n, _): &(usize, &Line)| hers.all.get(*n).is_some_and(|c| c.weight == Weight::Last);
    hers.lines.iter().enumerate().filter(last)
}

/// Which of these people a colleague must not be sent to: her own, and on whose perpetrator's side she stands.
pub(super) async fn strange(
    tx: &mut Tx,
    sight: &Sight<'_>,
    colleague: Colleague,
    people: &[PersonId],
) -> Result<BTreeSet<PersonId>, StoreError> {
    let who = Who { account: colleague.account, person: colleague.person, role: Role::Nurse, ..sight.who.clone() };
    let known = relations(tx, &Sight { who: &who, ..*sight }, people.iter().copied()).await?;
    let not = |p: &&PersonId| known.get(p).is_none_or(|r| r.protected || !listed(r));
    Ok(people.iter().filter(not).copied().collect())
}

/// Who has room for what cannot wait. Each visit goes where it makes a day least longer, then to the day with fewer visits.
pub(super) fn proposals(
    hers: &Hers,
    made: &Plan,
    team: &[(AccountId, Hers, BTreeSet<PersonId>)],
    hidden: &BTreeSet<PersonId>,
) -> Vec<Proposal> {
    let left = |n: usize| made.left_out.iter().any(|(at, why)| *at == n && *why != Why::PutOut);
    let mut open: Vec<(&Candidate, &Line)> = urgent(hers)
        .filter(|(n, line)| left(*n) && !hidden.contains(&line.enrolment.person))
        .filter_map(|(n, line)| Some((hers.all.get(n)?, line)))
        .collect();
    if open.is_empty() {
        return Vec::new();
    }
    open.sort_by_key(|(c, _)| c.days.1);
    let mut weeks: Vec<Room<'_>> = team.iter().map(|(id, theirs, strange)| Room::of(*id, theirs, strange)).collect();
    let mut found = Vec::new();
    for (c, line) in open {
        let fits = weeks.iter().enumerate().filter(|(_, w)| !w.strange.contains(&line.enrolment.person));
        let best = fits.flat_map(|(n, w)| w.fits(c).map(move |fit| (n, fit)));
        let Some((n, fit)) = best.min_by_key(|(n, fit)| (fit.longer, fit.others, fit.on, *n)) else { continue };
        let Some(week) = weeks.get_mut(n) else { continue };
        found.push(Proposal {
            line: line.clone(),
            to: week.nurse,
            on: fit.on,
            others: fit.others,
            longer: fit.longer,
            back: fit.back,
        });
        week.take(c, &fit);
    }
    found
}

/// A colleague's week as it is, with what is added to it.
struct Room<'a> {
    nurse: AccountId,
    hours: &'a Hours,
    strange: &'a BTreeSet<PersonId>,
    all: Vec<Candidate>,
    days: Vec<(Date, Vec<usize>)>,
}

/// Where a visit fits.
struct Fit {
    on: Date,
    at: usize,
    others: usize,
    longer: u32,
    back: u32,
}

impl<'a> Room<'a> {
    fn of(nurse: AccountId, theirs: &'a Hers, strange: &'a BTreeSet<PersonId>) -> Room<'a> {
        let made = plan(&theirs.hours, &theirs.all);
        let order = |d: &super::Day| (d.date, d.stops.iter().map(|s| s.candidate).collect());
        Room {
            nurse,
            hours: &theirs.hours,
            strange,
            all: theirs.all.clone(),
            days: made.days.iter().map(order).collect(),
        }
    }

    fn fits(&self, c: &Candidate) -> impl Iterator<Item = Fit> {
        let mut with = self.all.clone();
        with.push(c.clone());
        let (from, to) = c.days;
        let most = usize::try_from(self.hours.visiting.most_a_day).unwrap_or(usize::MAX);
        let open = self.days.iter().filter(move |(on, order)| (from..=to).contains(on) && order.len() < most);
        open.flat_map(move |(on, order)| {
            let before = timed(self.hours, &self.all, *on, order).back;
            let fit = |at: usize| {
                let mut order = order.clone();
                order.insert(at, self.all.len());
                let back = timed(self.hours, &with, *on, &order).back;
                Fit { on: *on, at, others: order.len() - 1, longer: back.saturating_sub(before), back }
            };
            (0..=order.len()).map(fit).filter(|f| f.back <= self.hours.visiting.until).collect::<Vec<_>>()
        })
    }

    fn take(&mut self, c: &Candidate, fit: &Fit) {
        if let Some((_, order)) = self.days.iter_mut().find(|(on, _)| *on == fit.on) {
            order.insert(fit.at, self.all.len());
        }
        self.all.push(c.clone());
    }
}

/// A supervisor has a colleague make the next visit of a family in place of its nurse; `None`: its nurse makes it again. `allowed` is the decision on
/// [`Action::ManageVisits`] about the family. The caller has looked up that both are of the team.
///
/// # Errors
/// [`Fault`]; nothing is written then.
pub async fn run(
    tx: &mut Tx,
    desk: &Desk<'_>,
    sight: &Sight<'_>,
    allowed: &Allowed,
    (nurse, id): (AccountId, EnrolmentId),
    to: Option<(Colleague, Date)>,
) -> Result<(), Fault> {
    let mut e = crate::rows::enrolment(tx, id).await?.ok_or(Fault::NotHers)?;
    let who = sight.who;
    if who.role != Role::VisitSupervisor || allowed.action() != Action::ManageVisits || !allowed.covers(e.person) {
        return Err(Fault::NotAllowed);
    }
    let hers = e.nurse_on(desk.today()) == Some(nurse) || e.cover.as_ref().is_some_and(|c| c.nurse == nurse);
    if e.left.is_some() || e.consented_at.is_none() || !hers {
        return Err(Fault::NotHers);
    }
    let line = read::unnamed(tx, desk, e.clone()).await?;
    let next = line.next.as_ref().ok_or(Fault::NotHers)?;
    let cover = match to {
        None => None,
        Some((colleague, on)) => {
            let days = window(&line, monday(on)).ok_or(Fault::BadDay(on))?;
            may_be_on(desk, days, on)?;
            if on < desk.today() {
                return Err(Fault::BadDay(on));
            }
            let known = relations(tx, sight, e.people()).await?;
            if known.values().any(|r| r.protected) {
                return Err(Fault::Protected);
            }
            let people = e.people();
            let away = rows::away(tx, colleague.account, monday(on)).await?;
            let own = !strange(tx, sight, colleague, &people).await?.is_empty();
            if own || colleague.account == nurse || away.contains(&on) {
                return Err(Fault::NotFree);
            }
            Some(StandIn { nurse: colleague.account, on, visit: next.visit.clone() })
        }
    };
    if e.cover == cover {
        return Ok(());
    }
    let content = json!({ "before": e.cover, "now": cover });
    // Where it was put in the week of whoever made it before holds no more.
    for old in [e.cover.clone(), cover.clone()].into_iter().flatten() {
        rows::out(tx, e.person, id, monday(old.on)).await?;
    }
    if let Some(c) = &cover {
        let week = (c.nurse, monday(c.on));
        rows::put(tx, desk, who.account, week, (e.person, id, c.visit.as_str()), Put::On(c.on, LAST)).await?;
    }
    e.cover = cover;
    crate::rows::keep(tx, desk, &mut e, "cover", &content, Some(who.account)).await?;
    Ok(())
}

/// After whatever the colleague has put on that day.
const LAST: u32 = 99;
