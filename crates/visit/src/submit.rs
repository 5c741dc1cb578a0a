//! What assessments and visits have in common when they arrive: the same thing twice is once, another thing under the same name is
//! refused, and what cannot be taken into the file is kept with the reason, never thrown away.

use guard::{Action, Allowed, Who};
use kernel::{Date, EnrolmentId, SubmissionId};
use store::{AsConflict, StoreError, Tx, params};

use crate::desk::Desk;
use crate::growth;
use crate::instrument::AnswerFault;
use crate::model::{Enrolment, Refusal};
use crate::rows::{self, Claim, NewSubmission};

/// What came of a submission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Taken into the file.
    Taken,
    /// The same was taken before; nothing changed.
    Again,
    /// Kept with the reason, for the supervisor; not in the file.
    Kept(Refusal),
}

/// What is wrong with a submission and can be mended by whoever sends it. Nothing was kept.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The guard did not allow it.
    #[error("the family is not in your hands")]
    NotAllowed,
    /// No such family.
    #[error("there is no such family")]
    NoEnrolment,
    /// The family did not agree to visits.
    #[error("the family has not agreed to visits")]
    NoConsent,
    /// Something else was sent under this id.
    #[error("another submission has this id already: a correction is a new submission that names the one it replaces")]
    OtherContent,
    /// A day to come.
    #[error("{0} is still to come")]
    Ahead(Date),
    /// There is no such instrument.
    #[error("there is no form \"{0}\"")]
    NoInstrument(String),
    /// Asked only when alone.
    #[error("this is asked only while she is alone with you: say so first")]
    NotAlone,
    /// Answers that cannot be.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Answers(Vec<AnswerFault>),
    /// A measurement nobody can have.
    #[error("{what} of {value} cannot be: expected {low} to {high}")]
    Impossible {
        /// The child's place in the form, from 0.
        child: usize,
        /// What was measured: `weight`, `length`, `head`, `arm`.
        what: &'static str,
        /// As sent.
        value: String,
        /// The least.
        low: f64,
        /// The most.
        high: f64,
    },
    /// Not a child of this family.
    #[error("the child measured is not a child of this family")]
    NotTheirChild,
    /// A visit that did not take place has a reason.
    #[error("say why the visit did not take place")]
    NoReason,
    /// Too many or too few minutes.
    #[error("a visit takes 1 to 600 minutes")]
    Minutes,
    /// Too many words.
    #[error("at most 4000 characters")]
    TooLong,
    /// What is to be corrected is not there, or was corrected before.
    #[error("what this corrects is not there, or was corrected before")]
    NothingToCorrect,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The keys.
    #[error("what is kept apart could not be sealed: {0}")]
    Key(#[from] guard::KeyError),
}

impl AsConflict for Fault {
    fn is_conflict(&self) -> bool {
        matches!(self, Fault::Store(e) if e.is_conflict())
    }
}

/// What a submission is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct About {
    /// Its id, made where it was filled in: the same id twice is one submission.
    pub id: SubmissionId,
    /// The family.
    pub enrolment: EnrolmentId,
    /// The day.
    pub on: Date,
    /// What it corrects.
    pub replaces: Option<SubmissionId>,
}

/// Whether something may be taken into a family's file, and why not. `allowed`: the guard's decision, or `None` where it refused —
/// then the submission can only be kept.
pub(crate) fn refuse(
    desk: &Desk<'_>,
    e: &Enrolment,
    allowed: Option<&Allowed>,
    on: Date,
) -> Result<Option<Refusal>, Fault> {
    if on > desk.today() {
        return Err(Fault::Ahead(on));
    }
    let Some(allowed) = allowed else { return Ok(Some(Refusal::NotYours)) };
    if allowed.action() != Action::RecordVisit || !allowed.covers(e.person) {
        return Err(Fault::NotAllowed);
    }
    if e.consented_at.is_none() {
        return Err(Fault::NoConsent);
    }
    let pregnant_or_born = e.dates.due.is_some() || !e.dates.children.is_empty();
    Ok(match e.left {
        Some((day, crate::model::LeftWhy::Moved)) if on > day => Some(Refusal::Moved),
        Some((day, _)) if on > day => Some(Refusal::Left),
        _ if on < e.entered_on || !pregnant_or_born => Some(Refusal::TooEarly),
        _ => None,
    })
}

/// Takes the name of a submission and writes its row; nothing when the same came before.
pub(crate) async fn receive(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    e: &Enrolment,
    new: NewSubmission<'_>,
) -> Result<Outcome, Fault> {
    let named = format!("{} {} {} {} {:?} {}", e.id, new.kind, new.subject, new.made_on, new.replaces, new.content);
    match rows::claim(tx, desk, new.id, e.person, &named).await? {
        Claim::Same => return Ok(again(tx, e, new.id).await?),
        Claim::Other => return Err(Fault::OtherContent),
        Claim::New => {}
    }
    let refused = new.refused;
    if let Some(old) = new.replaces.filter(|_| refused.is_none())
        && tx.execute(rows::REPLACED, params![e.person, old, new.id]).await? != 1
    {
        return Err(Fault::NothingToCorrect);
    }
    rows::submit(tx, desk, e, who.account, new).await?;
    Ok(refused.map_or(Outcome::Taken, Outcome::Kept))
}

/// What came of it the first time.
async fn again(tx: &mut Tx, e: &Enrolment, id: SubmissionId) -> Result<Outcome, StoreError> {
    let row = tx.maybe(rows::SUBMISSION, params![e.person, id]).await?;
    let refused = row.as_ref().map(rows::read_submission).transpose()?.and_then(|s| s.refused);
    Ok(refused.map_or(Outcome::Again, Outcome::Kept))
}

/// What a measurement can be at all, kilograms and centimetres; narrower doubts are flags on the score.
pub(crate) const POSSIBLE: [(&str, f64, f64); 4] =
    [("weight", 0.3, 60.0), ("length", 20.0, 160.0), ("head", 15.0, 70.0), ("arm", 4.0, 40.0)];

/// Whether any score of a measurement lies where measurements hardly can: it is measured again, and in no statistics.
pub fn is_doubtful(scores: &growth::Scores) -> bool {
    let all = [
        scores.weight_for_age,
        scores.length_for_age,
        scores.weight_for_length,
        scores.bmi_for_age,
        scores.head_for_age,
        scores.arm_for_age,
    ];
    all.iter().any(|score| score.is_ok_and(|s| !s.plausible))
}
