//! The tables of weeks.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Span;
use kernel::{AccountId, Date, EnrolmentId, PersonId};
use store::{StoreError, Tx, params};

use super::Put;
use crate::desk::Desk;

store::sql! {
    STOPS = "select person_id, enrolment_id, visit, on_day, place from visit_week_stop where nurse_id = $1 and week_on = $2";
    FORGET = "delete from visit_week_stop where person_id = $1 and nurse_id = $2 and week_on = $3";
    OUT = "delete from visit_week_stop where person_id = $1 and enrolment_id = $2 and week_on = $3";
    PUT = "insert into visit_week_stop (person_id, enrolment_id, nurse_id, week_on, visit, on_day, place, account_id, recorded_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        on conflict (person_id, enrolment_id, week_on, visit) do update set nurse_id = excluded.nurse_id, on_day = excluded.on_day,
            place = excluded.place, account_id = excluded.account_id, recorded_at = excluded.recorded_at";
    OF_PERSON = "select enrolment_id, visit, on_day from visit_week_stop where person_id = $1 and on_day >= $2 order by on_day";
    AWAY = "select day from visit_away where nurse_id = $1 and day >= $2 and day <= $3";
    BACK = "delete from visit_away where nurse_id = $1 and day >= $2 and day <= $3";
    GONE = "insert into visit_away (nurse_id, day, account_id, recorded_at) values ($1, $2, $3, $4)";
}

fn sunday(monday: Date) -> Date {
    monday.saturating_add(Span::new().days(6))
}

pub(super) async fn stops(
    tx: &mut Tx,
    nurse: AccountId,
    monday: Date,
) -> Result<BTreeMap<(EnrolmentId, String), Put>, StoreError> {
    let rows = tx.all(STOPS, params![nurse, monday]).await?;
    let read = |row: &store::Row| {
        let place: u32 = row.get("place")?;
        let put = row.maybe::<Date>("on_day")?.map_or(Put::Out, |day| Put::On(day, place));
        Ok(((row.get("enrolment_id")?, row.get("visit")?), put))
    };
    rows.iter().map(read).collect()
}

/// The days that somebody's visits were put on, from a day on.
pub(super) async fn of_person(
    tx: &mut Tx,
    person: PersonId,
    since: Date,
) -> Result<BTreeMap<(EnrolmentId, String), Date>, StoreError> {
    let rows = tx.all(OF_PERSON, params![person, since]).await?;
    rows.iter().map(|row| Ok(((row.get("enrolment_id")?, row.get("visit")?), row.get("on_day")?))).collect()
}

/// By person, for the rows lie by person.
pub(super) async fn forget(tx: &mut Tx, nurse: AccountId, monday: Date) -> Result<(), StoreError> {
    let rows = tx.all(STOPS, params![nurse, monday]).await?;
    let people: BTreeSet<PersonId> = rows.iter().map(|row| row.get("person_id")).collect::<Result<_, _>>()?;
    for person in people {
        tx.execute(FORGET, params![person, nurse, monday]).await?;
    }
    Ok(())
}

/// Forgets where a family's visits of a week were put, in whosever week.
pub(super) async fn out(tx: &mut Tx, person: PersonId, id: EnrolmentId, monday: Date) -> Result<(), StoreError> {
    tx.execute(OUT, params![person, id, monday]).await.map(drop)
}

pub(super) async fn put(
    tx: &mut Tx,
    desk: &Desk<'_>,
    by: AccountId,
    (nurse, monday): (AccountId, Date),
    (person, enrolment, visit): (PersonId, EnrolmentId, &str),
    put: Put,
) -> Result<(), StoreError> {
    let (day, place) = match put {
        Put::On(day, place) => (Some(day), place),
        Put::Out => (None, 0),
    };
    let values = params![person, enrolment, nurse, monday, visit, day, place, by, desk.now];
    tx.execute(PUT, values).await.map(drop)
}

pub(super) async fn away(tx: &mut Tx, nurse: AccountId, monday: Date) -> Result<BTreeSet<Date>, StoreError> {
    let rows = tx.all(AWAY, params![nurse, monday, sunday(monday)]).await?;
    rows.iter().map(|row| row.get("day")).collect()
}

pub(super) async fn set_away(
    tx: &mut Tx,
    desk: &Desk<'_>,
    by: AccountId,
    nurse: AccountId,
    monday: Date,
    days: &BTreeSet<Date>,
) -> Result<(), StoreError> {
    tx.execute(BACK, params![nurse, monday, sunday(monday)]).await?;
    for day in days {
        tx.execute(GONE, params![nurse, *day, by, desk.now]).await?;
    }
    Ok(())
}
