//! What is answered by the one-time link. Whoever holds it answers for the person who was asked; nothing about anybody is shown by it.

use std::collections::BTreeMap;

use catalogue::model::{Instrument, SurveyMeasure};
use guard::{Action, Allowed, Keys, SignedLink, Spent};
use kernel::InvitationId;
use serde::{Deserialize, Serialize};
use store::{AsConflict, StoreError, Tx, params};
use visit::Desk;
use visit::instrument::{Answer, AnswerFault, Answers, accepted};
use visit::roll;

use crate::model::{Invitation, Status};
use crate::rows;

/// Where a link leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Led {
    /// To something that can be answered.
    Good(Box<Invitation>),
    /// It is good no more.
    Spent(Spent),
    /// Nothing is asked of this family any more: it mourns, or does not want to be asked. Say no more than that.
    Quiet,
    /// It was never made here.
    Nothing,
}

/// Where a link leads now. Tells nothing about anybody.
///
/// # Errors
/// The database.
pub async fn follow(tx: &mut Tx, desk: &Desk<'_>, link: &SignedLink) -> Result<Led, StoreError> {
    let Some(it) = rows::one(tx, InvitationId(link.id)).await? else { return Ok(Led::Nothing) };
    if matches!(it.status, Status::Refused | Status::Withdrawn) || mourns(tx, &it).await? {
        return Ok(Led::Quiet);
    }
    let revision = it.link(desk.pack.manifest().utc_offset_hours).revision;
    match link.is_good(revision, it.status != Status::Open, desk.now) {
        Ok(()) => Ok(Led::Good(Box::new(it))),
        Err(why) => Ok(Led::Spent(why)),
    }
}

/// Whether the family mourns since it was asked; the nightly round has perhaps not seen it yet.
pub(crate) async fn mourns(tx: &mut Tx, it: &Invitation) -> Result<bool, StoreError> {
    let family = roll::one(tx, it.enrolment).await?;
    Ok(family.is_none_or(|e| e.family(&[], &[]).mourns()))
}

/// Why an answer was not taken.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The guard did not allow it.
    #[error("only whoever was asked answers")]
    NotAllowed,
    /// Nothing like that was asked, or not of this version any more.
    #[error("there is nothing to answer")]
    Nothing,
    /// It was answered, or is over.
    #[error("it was answered already, or its time has run out")]
    Over,
    /// Every question was skipped.
    #[error("every question was skipped: answer at least one, or say that you do not want to be asked")]
    Empty,
    /// Answers that cannot be.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Answers(Vec<AnswerFault>),
    /// The keys.
    #[error(transparent)]
    Keys(#[from] guard::KeyError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AsConflict for Fault {
    fn is_conflict(&self) -> bool {
        matches!(self, Fault::Store(e) if e.is_conflict())
    }
}

/// What is kept under seal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Kept {
    /// The instrument as `id@version`.
    pub(crate) instrument: String,
    /// The answers; what was skipped is not there.
    pub(crate) answers: Answers,
}

impl Kept {
    /// The words among the answers.
    pub(crate) fn words(&self, instrument: &Instrument) -> Vec<String> {
        let text = |id: &String| {
            let question = instrument.question(id)?;
            matches!(question.kind, catalogue::model::AnswerKind::Text).then_some(())
        };
        let words = self.answers.iter().filter(|(id, _)| text(id).is_some());
        words.filter_map(|(_, a)| if let Answer::Text(t) = a { Some(t.trim().to_owned()) } else { None }).collect()
    }
}

/// The table and column that a seal is bound to.
pub(crate) const SEAL: (&str, &str) = ("survey_answer", "sealed");

pub(crate) fn open(keys: &Keys, id: InvitationId, sealed: &[u8]) -> Result<Kept, StoreError> {
    let odd = |detail: String| StoreError::Inconsistent { column: SEAL.1.to_owned(), detail };
    let clear = keys.open_field(SEAL.0, SEAL.1, id.0, sealed).map_err(|e| odd(e.to_string()))?;
    serde_json::from_slice(&clear).map_err(|e| odd(e.to_string()))
}

/// One that can still be answered, with what is asked.
async fn open_one<'a>(
    tx: &mut Tx,
    desk: &Desk<'a>,
    allowed: &Allowed,
    id: InvitationId,
) -> Result<(Invitation, &'a Instrument), Fault> {
    let it = rows::one(tx, id).await?.ok_or(Fault::Nothing)?;
    if allowed.action() != Action::AnswerSurvey || !allowed.covers(it.person) {
        return Err(Fault::NotAllowed);
    }
    let instrument = desk.pack.instruments().get(&it.instrument).ok_or(Fault::Nothing)?;
    if mourns(tx, &it).await? {
        return Err(Fault::Nothing);
    }
    if it.status != Status::Open || desk.today() > it.closes {
        return Err(Fault::Over);
    }
    Ok((it, instrument))
}

/// Takes answers. `allowed` is the guard's decision on [`Action::AnswerSurvey`] about who was asked.
///
/// # Errors
/// [`Fault`]; nothing is written then.
pub async fn run(
    tx: &mut Tx,
    desk: &Desk<'_>,
    allowed: &Allowed,
    id: InvitationId,
    answers: &Answers,
) -> Result<(), Fault> {
    let (it, instrument) = open_one(tx, desk, allowed, id).await?;
    let answers = accepted(instrument, answers).map_err(Fault::Answers)?;
    if answers.is_empty() {
        return Err(Fault::Empty);
    }
    if !rows::end(tx, &it, Status::Answered, desk.now).await? {
        return Err(Fault::Over);
    }
    let survey = desk.pack.surveys().get(&it.survey);
    let measures = survey.map(|s| s.measures.as_slice()).unwrap_or_default();
    for (measure, value) in values(instrument, measures, &answers) {
        tx.execute(rows::VALUE, params![it.person, it.id, measure, value]).await?;
    }
    let kept = Kept { instrument: it.instrument.clone(), answers };
    let wrote = !kept.words(instrument).is_empty();
    let clear = serde_json::to_vec(&kept).map_err(|e| StoreError::Driver(e.to_string()))?;
    let sealed = desk.keys.seal_field(SEAL.0, SEAL.1, it.id.0, &clear)?;
    tx.execute(rows::ANSWER, params![it.person, it.id, sealed, wrote, desk.now]).await?;
    Ok(())
}

/// What answers count, by measure; nothing for one of whose questions any was skipped.
pub fn values<'m>(instrument: &Instrument, measures: &'m [SurveyMeasure], answers: &Answers) -> BTreeMap<&'m str, i64> {
    let value = |item: &String| answers.get(item)?.ordinal(instrument.question(item)?);
    let of = |m: &'m SurveyMeasure| {
        let sum: Option<i64> = m.items.iter().map(value).sum();
        Some((m.id.as_str(), sum.filter(|_| !m.items.is_empty())?))
    };
    measures.iter().filter_map(of).collect()
}

/// Whoever was asked does not want to be asked any more, now and later.
///
/// # Errors
/// [`Fault`]; nothing is written then.
pub async fn refuse(tx: &mut Tx, desk: &Desk<'_>, allowed: &Allowed, id: InvitationId) -> Result<(), Fault> {
    let (it, _) = open_one(tx, desk, allowed, id).await?;
    rows::end(tx, &it, Status::Refused, desk.now).await?;
    tx.execute(rows::SILENCE, params![it.person, desk.now]).await?;
    Ok(())
}
