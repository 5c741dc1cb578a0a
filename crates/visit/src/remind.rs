//! Families are told of a visit when it has its day: once a day it is put on, two days before at the earliest. A family that mourns is told of nothing.

use jiff::ToSpan as _;
use kernel::{Date, EnrolmentId, PersonId};
use store::{StoreError, Tx, params};

use crate::desk::Desk;
use crate::{read, rows};

/// So many days before its day a visit is told of.
const BEFORE: i64 = 2;

store::sql! {
    COMING = "select s.person_id, s.enrolment_id, s.visit, s.on_day from visit_week_stop s
        where s.on_day > $1 and s.on_day <= $2 and not exists (select 1 from visit_reminder r
            where r.person_id = s.person_id and r.enrolment_id = s.enrolment_id and r.visit = s.visit and r.on_day = s.on_day)
        order by s.on_day, s.enrolment_id, s.visit limit $3";
    TOLD = "insert into visit_reminder (person_id, enrolment_id, visit, on_day, sent, recorded_at) values ($1, $2, $3, $4, $5, $6)
        on conflict (person_id, enrolment_id, visit, on_day) do nothing";
}

/// A visit to be told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reminder {
    /// To whom.
    pub person: PersonId,
    /// The family.
    pub enrolment: EnrolmentId,
    /// The visit, as the protocol names it.
    pub visit: String,
    /// Its day.
    pub on: Date,
    /// The agency that visits.
    pub organisation: String,
    /// Whether it may be told: it is the family's next visit still, and the family does not mourn.
    pub may: bool,
}

/// Visits that come and were not told of, the soonest first.
///
/// # Errors
/// The database.
pub async fn coming(tx: &mut Tx, desk: &Desk<'_>, most: u32) -> Result<Vec<Reminder>, StoreError> {
    let last = desk.today().saturating_add(BEFORE.days());
    let mut all = Vec::new();
    for row in tx.all(COMING, params![desk.today(), last, i64::from(most)]).await? {
        let (id, visit): (EnrolmentId, String) = (row.get("enrolment_id")?, row.get("visit")?);
        let Some(e) = rows::enrolment(tx, id).await? else { continue };
        let (person, organisation) = (e.person, e.organisation.clone());
        let asked = e.left.is_none() && e.consented_at.is_some() && !e.family(&[], &[]).mourns();
        let next = read::unnamed(tx, desk, e).await?.next;
        let may = asked && next.is_some_and(|p| p.visit == visit);
        all.push(Reminder { person, enrolment: id, visit, on: row.get("on_day")?, organisation, may });
    }
    Ok(all)
}

/// Notes that a visit was told of, or is not to be.
///
/// # Errors
/// The database.
pub async fn told(tx: &mut Tx, desk: &Desk<'_>, it: &Reminder, sent: bool) -> Result<(), StoreError> {
    tx.execute(TOLD, params![it.person, it.enrolment, it.visit, it.on, sent, desk.now]).await.map(drop)
}
