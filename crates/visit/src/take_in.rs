//! A supervisor takes into the file what was kept and not taken in: the nurse was there after all, the family had moved and come
//! back, the form was the right one then. What was sent stays as it was sent; that it counts now, and by whom, is a change of the family.

use guard::{Action, Allowed, Who};
use kernel::{EnrolmentId, SubmissionId};
use serde_json::json;
use store::{AsConflict, StoreError, Tx, params};

use crate::assess::Kept;
use crate::desk::Desk;
use crate::model::{Submission, SubmissionKind, Visit};
use crate::{record, rows};

store::sql! {
    OPENED = "update visit_submission set status = 'accepted', reason = null, subject = $3, content = $4 where person_id = $1 and submission_id = $2 and status = 'refused'";
    // The reason stays: so its row is in no file and on no list, as that of anything else she told alone.
    APART = "update visit_submission set status = 'apart' where person_id = $1 and submission_id = $2 and status = 'refused'";
    ONE_KEPT = "select sealed from visit_kept where person_id = $1 and submission_id = $2";
    NO_LONGER_KEPT = "delete from visit_kept where person_id = $1 and submission_id = $2";
}

/// Why nothing was taken in.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The guard did not allow it.
    #[error("the family is not in your district")]
    NotAllowed,
    /// Nothing waits under this name.
    #[error("there is nothing of this family that waits under this name; look at the list again")]
    Nothing,
    /// It corrects what is no longer there.
    #[error("what this corrects is not there, or was corrected meanwhile")]
    NothingToCorrect,
    /// It measures a child of another family.
    #[error("a child that was measured is not a child of this family: it cannot be taken into this file")]
    NotTheirChild,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The keys.
    #[error("what is kept apart could not be opened: {0}")]
    Key(#[from] guard::KeyError),
}

impl AsConflict for Fault {
    fn is_conflict(&self) -> bool {
        matches!(self, Fault::Store(e) if e.is_conflict())
    }
}

/// Takes a refused submission of a family in. `allowed`: the guard's decision on [`Action::ManageVisits`]. Answers given alone stay
/// under seal, and nothing that is shown says which they were. Its alerts went out when it came.
///
/// # Errors
/// [`Fault`]; nothing is written then.
pub async fn run(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: &Allowed,
    id: EnrolmentId,
    submission: SubmissionId,
) -> Result<(), Fault> {
    let mut e = rows::enrolment(tx, id).await?.ok_or(Fault::Nothing)?;
    if allowed.action() != Action::ManageVisits || !allowed.covers(e.person) {
        return Err(Fault::NotAllowed);
    }
    let row = tx.maybe(rows::SUBMISSION, params![e.person, submission]).await?.ok_or(Fault::Nothing)?;
    let it = rows::read_submission(&row)?;
    let waits = row.get::<String>("status")? == "refused";
    let Some(reason) = it.refused.filter(|_| waits && it.enrolment == id) else { return Err(Fault::Nothing) };
    match it.kind {
        SubmissionKind::Assessment => assessment(tx, desk, &it, e.person).await?,
        SubmissionKind::Visit => {
            let visit: Visit = row.json("content")?;
            // Of a family in other hands it was not told, so it was not looked at when it came.
            if visit.measured.iter().any(|m| e.dates.children.iter().all(|c| c.person != m.child)) {
                return Err(Fault::NotTheirChild);
            }
            if let Some(old) = it.replaces
                && tx.execute(rows::REPLACED, params![e.person, old, it.id]).await? != 1
            {
                return Err(Fault::NothingToCorrect);
            }
            let content: String = row.get("content")?;
            tx.execute(OPENED, params![e.person, it.id, it.subject, content]).await?;
            record::discharged(tx, desk, who, &mut e, &visit).await?;
        }
    }
    let content = json!({ "submission": it.id, "reason": reason.word() });
    rows::change(tx, desk, &e, "taken_in", &content, Some(who.account)).await?;
    Ok(())
}

async fn assessment(tx: &mut Tx, desk: &Desk<'_>, it: &Submission, person: kernel::PersonId) -> Result<(), Fault> {
    let row = tx.maybe(ONE_KEPT, params![person, it.id]).await?.ok_or(Fault::Nothing)?;
    let clear = desk.keys.open_field("visit_kept", "sealed", it.id.0, &row.get::<Vec<u8>>("sealed")?)?;
    let odd = |e: serde_json::Error| StoreError::Inconsistent { column: "sealed".to_owned(), detail: e.to_string() };
    let kept: Kept = serde_json::from_slice(&clear).map_err(odd)?;
    let made = kept.assessment;
    let instrument = made.instrument.split('@').next().unwrap_or_default();
    // Of a version that is not known here, what the present one says decides whether it was asked alone.
    let alone = desk.pack.instruments().get(&made.instrument).or_else(|| desk.pack.instrument(instrument));
    if alone.is_none_or(|i| i.alone_only) {
        tx.execute(APART, params![person, it.id]).await?;
        return Ok(());
    }
    tx.execute(OPENED, params![person, it.id, made.instrument, rows::json(&made)?]).await?;
    tx.execute(NO_LONGER_KEPT, params![person, it.id]).await?;
    Ok(())
}
