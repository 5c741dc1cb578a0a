//! What a mother is asked herself: under seal.

use guard::{Relation, Sealed};
use kernel::{EnrolmentId, Instant, PersonId};
use registry::sight::{Seen, Sight, relations};
use store::{StoreError, Tx, params};
use visit::Desk;

use crate::model::Invitation;
use crate::{answer, rows};

store::sql! {
    MEASURED = "select i.wave, v.measure, v.value, a.answered_at from survey_value v
        join survey_invitation i on i.person_id = v.person_id and i.invitation_id = v.invitation_id
        join survey_answer a on a.person_id = v.person_id and a.invitation_id = v.invitation_id
        where v.person_id = $1 and i.enrolment_id = $2 and i.survey = $3";
}

/// What an answer counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measured {
    /// The wave.
    pub wave: String,
    /// The measure of the survey.
    pub measure: String,
    /// The points.
    pub value: i64,
    /// When it was answered.
    pub at: Instant,
}

/// What a family's answers to a survey count; no words. A machine's look, for rooms that compare families.
///
/// # Errors
/// The database.
pub async fn measured(
    tx: &mut Tx,
    person: PersonId,
    enrolment: EnrolmentId,
    survey: &str,
) -> Result<Vec<Measured>, StoreError> {
    let rows = tx.all(MEASURED, params![person, enrolment, survey]).await?;
    let read = |row: &store::Row| {
        Ok(Measured {
            wave: row.get("wave")?,
            measure: row.get("measure")?,
            value: row.get("value")?,
            at: row.get("answered_at")?,
        })
    };
    rows.iter().map(read).collect()
}

/// What a person is asked now and has not answered, the nearest last day first.
///
/// # Errors
/// The database.
pub async fn own(
    tx: &mut Tx,
    desk: &Desk<'_>,
    sight: &Sight<'_>,
    person: PersonId,
) -> Result<Seen<Vec<Invitation>>, StoreError> {
    let found = tx.all(rows::OPEN, params![person, desk.today()]).await?;
    let mut open = Vec::new();
    for it in found.iter().map(rows::read) {
        let it = it?;
        if !answer::mourns(tx, &it).await? {
            open.push(it);
        }
    }
    let about: Vec<(PersonId, Relation)> = relations(tx, sight, [person]).await?.into_iter().collect();
    Ok(Seen { sealed: Sealed::new(open, [person]), about })
}
