//! The family is reminded of what it wanted to do itself: once an action and day, two days before at the earliest, while the case runs and she has agreed to
//! the plan. What agencies do is on their own lists.

use jiff::ToSpan as _;
use kernel::{Date, FamilyCaseId, PersonId};
use store::{StoreError, Tx, params};

use super::rows::case;
use crate::desk::Desk;
use crate::rows;

/// So many days before its day an action is told of.
const BEFORE: i64 = 2;

store::sql! {
    NEAR = "select person_id, case_id from visit_case where closed_on is null and due_on is not null and due_on <= $1 order by due_on, case_id limit $2";
    KNOWN = "select number, due_on from visit_action_reminder where person_id = $1 and case_id = $2";
    TOLD = "insert into visit_action_reminder (person_id, case_id, number, due_on, sent, recorded_at) values ($1, $2, $3, $4, $5, $6)
        on conflict (person_id, case_id, number, due_on) do nothing";
}

/// An action of the family to be told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reminder {
    /// To whom.
    pub person: PersonId,
    /// The case.
    pub case: FamilyCaseId,
    /// The action's number in the plan.
    pub number: u32,
    /// Its last day.
    pub due: Date,
    /// The agency that leads the case.
    pub organisation: String,
    /// Whether it may be told: she agreed to the plan, and the family does not mourn.
    pub may: bool,
}

/// Actions of families that are due soon and were not told of, the soonest first.
///
/// # Errors
/// The database.
pub async fn coming(tx: &mut Tx, desk: &Desk<'_>, most: u32) -> Result<Vec<Reminder>, StoreError> {
    let (today, last) = (desk.today(), desk.today().saturating_add(BEFORE.days()));
    let mut all = Vec::new();
    for row in tx.all(NEAR, params![last, i64::from(most)]).await? {
        let (person, id): (PersonId, FamilyCaseId) = (row.get("person_id")?, row.get("case_id")?);
        let Some(case) = case(tx, id).await? else { continue };
        let known = tx.all(KNOWN, params![person, id]).await?;
        let known: Vec<(i64, Date)> =
            known.iter().map(|row| Ok((row.get("number")?, row.get("due_on")?))).collect::<Result<_, StoreError>>()?;
        let e = rows::enrolment(tx, case.opening.enrolment).await?;
        let may = case.plan.agreed.is_some() && e.is_some_and(|e| e.left.is_none() && !e.family(&[], &[]).mourns());
        let open = case.plan.actions.iter().filter(|a| a.end.is_none() && a.task.agency.is_none());
        let soon = open.filter(|a| a.task.due_on > today && a.task.due_on <= last);
        for action in soon.filter(|a| !known.contains(&(i64::from(a.number), a.task.due_on))) {
            let organisation = case.opening.organisation.clone();
            all.push(Reminder { person, case: id, number: action.number, due: action.task.due_on, organisation, may });
        }
    }
    all.sort_by_key(|r| (r.due, r.case, r.number));
    Ok(all)
}

/// Notes that an action was told of, or is not to be.
///
/// # Errors
/// The database.
pub async fn told(tx: &mut Tx, desk: &Desk<'_>, it: &Reminder, sent: bool) -> Result<(), StoreError> {
    let values = params![it.person, it.case, i64::from(it.number), it.due, sent, desk.now];
    tx.execute(TOLD, values).await.map(drop)
}
