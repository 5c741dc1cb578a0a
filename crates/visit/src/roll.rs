//! All families one after the other, for rooms that follow them over time. A machine's look: nothing is shown to anybody.

use kernel::{Date, EnrolmentId, PersonId};
use store::{StoreError, Tx, params};
use uuid::Uuid;

use crate::model::{Enrolment, Submission};
use crate::rows;
use crate::schedule::Family;

store::sql! {
    AFTER = "select * from visit_enrolment where consented_at is not null and (left_on is null or left_on >= $1)
        and (person_id > $2 or (person_id = $2 and enrolment_id > $3)) order by person_id, enrolment_id limit $4";
    MADE = "select submission_id, enrolment_id, kind, subject, made_on, ending, status, reason, replaces_id, replaced_by, account_id, received_at
        from visit_submission where person_id = $1 and enrolment_id = $2 and kind = 'visit' and status = 'accepted' and replaced_by is null";
}

/// Where a walk through all families stands.
pub type Last = (PersonId, EnrolmentId);

/// The next families that agreed to visits, after `last` in the order of their ids: those that are visited, and those that left on
/// `since` or later. With each what schedules go by, levels of need apart.
///
/// # Errors
/// The database.
pub async fn after(
    tx: &mut Tx,
    last: Option<Last>,
    since: Date,
    most: u32,
) -> Result<Vec<(Enrolment, Family)>, StoreError> {
    let (person, id) = last.unwrap_or((PersonId(Uuid::nil()), EnrolmentId(Uuid::nil())));
    let found = tx.all(AFTER, params![since, person, id, most]).await?;
    let mut all = Vec::with_capacity(found.len());
    for e in found.iter().map(rows::read_enrolment) {
        let e = e?;
        let made = tx.all(MADE, params![e.person, e.id]).await?;
        let made: Vec<Submission> = made.iter().map(rows::read_submission).collect::<Result<_, _>>()?;
        let family = e.family(&[], &made);
        all.push((e, family));
    }
    Ok(all)
}

/// One family, with whoever stands for it now; `None`: there is no such family.
///
/// # Errors
/// The database.
pub async fn one(tx: &mut Tx, id: EnrolmentId) -> Result<Option<Enrolment>, StoreError> {
    rows::enrolment(tx, id).await
}
