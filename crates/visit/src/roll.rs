//! All families one after the other, for rooms that follow them over time. A machine's look: nothing is shown to anybody.

use kernel::{Date, EnrolmentId, PersonId};
use store::{StoreError, Tx, params};
use uuid::Uuid;

use crate::model::{Assessment, Enrolment, Submission, TierDecision};
use crate::rows;
use crate::schedule::Family;

store::sql! {
    AFTER = "select * from visit_enrolment where consented_at is not null and (left_on is null or left_on >= $1)
        and (person_id > $2 or (person_id = $2 and enrolment_id > $3)) order by person_id, enrolment_id limit $4";
    MADE = "select submission_id, enrolment_id, kind, subject, made_on, ending, status, reason, replaces_id, replaced_by, account_id, received_at
        from visit_submission where person_id = $1 and enrolment_id = $2 and kind = 'visit' and status = 'accepted' and replaced_by is null";
    ASSESSED = "select made_on, content from visit_submission where person_id = $1 and enrolment_id = $2 and kind = 'assessment' and status = 'accepted' and replaced_by is null
        order by made_on, received_at, submission_id";
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
        all.push(with_dates(tx, e?).await?);
    }
    Ok(all)
}

async fn with_dates(tx: &mut Tx, e: Enrolment) -> Result<(Enrolment, Family), StoreError> {
    let made = tx.all(MADE, params![e.person, e.id]).await?;
    let made: Vec<Submission> = made.iter().map(rows::read_submission).collect::<Result<_, _>>()?;
    let family = e.family(&[], &made);
    Ok((e, family))
}

/// The same for one family; `None`: there is no such family.
///
/// # Errors
/// The database.
pub async fn whole(tx: &mut Tx, id: EnrolmentId) -> Result<Option<(Enrolment, Family)>, StoreError> {
    match rows::enrolment(tx, id).await? {
        Some(e) => with_dates(tx, e).await.map(Some),
        None => Ok(None),
    }
}

/// One family, with whoever stands for it now; `None`: there is no such family.
///
/// # Errors
/// The database.
pub async fn one(tx: &mut Tx, id: EnrolmentId) -> Result<Option<Enrolment>, StoreError> {
    rows::enrolment(tx, id).await
}

/// What came first for a family: assessments and decisions on need, the oldest first. What was told alone is not among them.
#[derive(Clone, Debug, PartialEq)]
pub struct History {
    /// The family.
    pub enrolment: Enrolment,
    /// Decisions on need.
    pub tiers: Vec<TierDecision>,
    /// Assessments that count, each with its day.
    pub assessments: Vec<(Date, Assessment)>,
}

/// All enrolments of a person, the oldest first.
///
/// # Errors
/// The database.
pub async fn histories(tx: &mut Tx, person: PersonId) -> Result<Vec<History>, StoreError> {
    let mut all = Vec::new();
    for row in tx.all(rows::OF_PERSON, params![person]).await? {
        let enrolment = rows::read_enrolment(&row)?;
        let tiers = rows::tiers(tx, &enrolment).await?;
        let made = tx.all(ASSESSED, params![person, enrolment.id]).await?;
        let assessments = made.iter().map(|row| Ok((row.get("made_on")?, row.json("content")?)));
        let assessments = assessments.collect::<Result<_, StoreError>>()?;
        all.push(History { enrolment, tiers, assessments });
    }
    Ok(all)
}
