//! Courses held in a place on some days: who has a seat, and who came.

use guard::{Allowed, Who};
use kernel::{AccountId, CohortId, Date, TrainingId};
use store::{StoreError, Tx, params};

use crate::{Desk, Fault, rows, team};

/// The most characters of a place.
pub const MOST_PLACE: usize = 120;
const MOST_SEATS: u32 = 200;

/// A course held in one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cohort {
    /// Its id.
    pub id: CohortId,
    /// The course of the pack.
    pub course: String,
    /// Where.
    pub place: String,
    /// The first day.
    pub starts_on: Date,
    /// The last.
    pub ends_on: Date,
    /// How many can come.
    pub seats: u32,
}

/// The cohorts of an agency that end on a day or later, with who has a seat.
///
/// # Errors
/// The database.
pub async fn of_agency(
    tx: &mut Tx,
    organisation: &str,
    since: Date,
) -> Result<Vec<(Cohort, Vec<AccountId>)>, StoreError> {
    let mut all = Vec::new();
    for row in tx.all(rows::COHORTS, params![organisation, since]).await? {
        let cohort = rows::cohort(&row)?;
        let seats = rows::seats(tx, cohort.id).await?;
        all.push((cohort, seats));
    }
    Ok(all)
}

/// Plans a course. Sent twice, it is one.
///
/// # Errors
/// [`Fault`]; nothing is written then.
pub async fn plan(tx: &mut Tx, desk: &Desk<'_>, who: &Who, allowed: &Allowed, new: &Cohort) -> Result<(), Fault> {
    team::led(tx, desk, who, allowed, &[]).await?;
    let rules = desk.pack.workforce().ok_or(Fault::NoRules)?;
    rules.course(&new.course).ok_or(Fault::NoCourse)?;
    if !(3..=MOST_PLACE).contains(&new.place.trim().chars().count()) {
        return Err(Fault::Words(MOST_PLACE));
    }
    if !(0..=366).contains(&(new.ends_on - new.starts_on).get_days()) {
        return Err(Fault::Order);
    }
    if !(1..=MOST_SEATS).contains(&new.seats) {
        return Err(Fault::Seats);
    }
    let values = params![
        new.id,
        who.organisation,
        new.course,
        new.place.trim(),
        new.starts_on,
        new.ends_on,
        i64::from(new.seats),
        who.account,
        desk.now
    ];
    if tx.execute(rows::PLAN, values).await? == 1 {
        return Ok(());
    }
    let known = rows::one_cohort(tx, &who.organisation, new.id).await?;
    let same = known.is_some_and(|known| known == Cohort { place: new.place.trim().to_owned(), ..new.clone() });
    if same { Ok(()) } else { Err(Fault::OtherContent) }
}

/// Gives a nurse of the team a seat. Twice is once.
///
/// # Errors
/// [`Fault`]; nothing is written then.
pub async fn seat(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: &Allowed,
    (id, nurse): (CohortId, AccountId),
) -> Result<(), Fault> {
    team::led(tx, desk, who, allowed, &[nurse]).await?;
    let cohort = rows::one_cohort(tx, &who.organisation, id).await?.ok_or(Fault::Nothing)?;
    // Two at once for the last seat: both touch the row of the cohort, so that one waits for the other and counts anew.
    tx.execute(rows::TOUCH, params![id]).await?;
    let taken = rows::seats(tx, id).await?;
    if taken.contains(&nurse) {
        return Ok(());
    }
    if taken.len() >= usize::try_from(cohort.seats).unwrap_or(usize::MAX) {
        return Err(Fault::Full);
    }
    tx.execute(rows::SEAT, params![id, nurse, desk.now]).await?;
    Ok(())
}

/// Confirms who of the team came, once the course is over: the whole course goes into their ledgers. Twice is once.
///
/// # Errors
/// [`Fault`]; nothing is written then.
pub async fn confirm(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: &Allowed,
    (id, came): (CohortId, &[AccountId]),
) -> Result<(), Fault> {
    team::led(tx, desk, who, allowed, came).await?;
    if came.contains(&who.account) {
        return Err(Fault::Oneself);
    }
    let cohort = rows::one_cohort(tx, &who.organisation, id).await?.ok_or(Fault::Nothing)?;
    if desk.today() < cohort.ends_on {
        return Err(Fault::NotOver(cohort.ends_on));
    }
    let rules = desk.pack.workforce().ok_or(Fault::NoRules)?;
    let course = rules.course(&cohort.course).ok_or(Fault::NoCourse)?;
    let seated = rows::seats(tx, id).await?;
    let nothing: Option<TrainingId> = None;
    for nurse in came {
        if !seated.contains(nurse) {
            return Err(Fault::NotTeam);
        }
        let new = TrainingId::new(desk.ids, desk.now);
        let values = params![
            *nurse,
            new,
            course.id,
            i64::from(course.hours),
            cohort.ends_on,
            Some(id),
            nothing,
            who.account,
            desk.now
        ];
        tx.execute(rows::TRAIN, values).await?;
    }
    Ok(())
}
