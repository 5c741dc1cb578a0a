//! Giving what an application still lacks, after it was sent.

use guard::{Allowed, Sealed, Who};
use kernel::{ApplicationId, CaseId, HouseholdId, PersonId};
use registry::fact::FactError;
use serde::Serialize;
use store::{AsConflict, StoreError, Tx, params};

use super::account;
use super::answers::{self, Frame, Statement};
use super::apply::{Missing, missing};
use super::ground;
use super::model::{Chosen, Content, Setting, Size, start};
use super::questions::{asked, with_answers};
use crate::accept::Given;
use crate::case::open::{ADVANCE, Advance};
use crate::case::{self, Actor, Case, StepKind};
use crate::desk::Desk;
use crate::evaluate::for_offers;
use crate::household;
use crate::model::{Cause, Subject};

/// Why nothing was taken. Nothing is taken in part.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// No such application, or of nobody the account may act for.
    #[error("there is no such application")]
    NoApplication,
    /// Every case of it is closed.
    #[error("nothing is missing any more: all cases of this application are closed")]
    Closed,
    /// Nothing was given.
    #[error("nothing was given: answer at least one question")]
    Nothing,
    /// More than one form can carry.
    #[error(transparent)]
    Size(#[from] Size),
    /// An answer nobody asked for.
    #[error("{item} is not asked for this application: send only what is asked")]
    NotAsked {
        /// The item.
        item: String,
    },
    /// A value that the item cannot have.
    #[error("{item}: {reason}")]
    BadAnswer {
        /// The item.
        item: String,
        /// What is wrong and what was expected.
        reason: String,
    },
    /// The registry refused an answer.
    #[error("{0}")]
    Registry(String),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AsConflict for Fault {
    fn is_conflict(&self) -> bool {
        matches!(self, Fault::Store(e) if e.is_conflict())
    }
}

impl From<FactError> for Fault {
    fn from(error: FactError) -> Self {
        match error {
            FactError::Store(inner) => Fault::Store(inner),
            other => Fault::Registry(other.to_string()),
        }
    }
}

/// What is given.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// For which application.
    pub application: ApplicationId,
    /// The answers.
    pub answers: Vec<Given>,
}

/// Takes the answers, tells each open case of them, and gives back what is still missing.
pub async fn run(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: &[Allowed],
    setting: Setting<'_>,
    input: Input,
) -> Result<Vec<Missing>, Fault> {
    let head = head(tx, input.application).await?.ok_or(Fault::NoApplication)?;
    ground(tx, desk, who, allowed, head.applicant, None).await?.ok_or(Fault::NoApplication)?;
    if input.answers.is_empty() {
        return Err(Fault::Nothing);
    }
    let content = Content { answers: input.answers, ..Content::default() };
    content.check_size()?;
    let mut answers = content.once().answers;
    let snapshot = household::load(tx, desk, head.household, Cause::FactChange).await?.ok_or(Fault::NoApplication)?;
    account::of_payee(desk, &snapshot, head.applicant, answers.iter_mut().map(|g| (&mut g.subject, g.item.as_str())));
    let given = answers.iter_mut().map(|g| (g.subject, g.item.as_str(), &mut g.value)).collect();
    account::conceal(tx, desk, who, head.applicant, given).await.map_err(|fault| match fault {
        account::Fault::Bad { item, reason } => Fault::BadAnswer { item, reason: reason.to_string() },
        account::Fault::Store(why) => Fault::Store(why),
    })?;
    let cases = open_cases(tx, input.application).await?;
    let applied_on = cases.iter().map(|c| c.applied_on).min().ok_or(Fault::Closed)?;
    let evaluation = for_offers(desk.pack, &snapshot, snapshot.on);
    let questions = asked(desk.pack, &snapshot, &evaluation, &chosen(&cases), head.applicant, setting.connected);
    let sorted = answers::sort(desk, &answers, &questions);
    if let Some(given) = sorted.unasked.first() {
        return Err(Fault::NotAsked { item: start(&given.item) });
    }
    for given in &sorted.unfit {
        desk.check_value(given.subject, &given.item, &given.value)
            .map_err(|reason| Fault::BadAnswer { item: given.item.clone(), reason })?;
    }
    let frame = Frame { who, applicant: head.applicant, application: input.application, on: desk.today() };
    let kept = answers::keep(tx, desk, &frame, &sorted.fitting).await?;
    for (said, held) in &kept.disputed {
        let of = questions.iter().find(|q| q.subject == said.subject && q.item == said.item);
        let rests = |c: &&Case| of.is_some_and(|q| q.for_programmes.contains(&c.programme));
        if let Some(case) = cases.iter().find(rests) {
            answers::dispute(tx, desk, case, said, held).await?;
        }
    }
    let said = kept.answers.iter().map(|a| (a.subject, a.item.as_str(), &a.value)).collect();
    let ids: Vec<CaseId> = cases.iter().map(|c| c.id).collect();
    account::tell(tx, desk, head.applicant, said, &ids).await?;
    for case in &cases {
        told(tx, desk, who, case, &answers).await?;
    }
    let answered = with_answers(desk, &snapshot, &answers);
    let evaluation = for_offers(desk.pack, &answered, answered.on);
    let questions = asked(desk.pack, &answered, &evaluation, &chosen(&cases), head.applicant, setting.connected);
    Ok(missing(desk, &questions, applied_on))
}

/// What only the person can still give for an application, and until when. Ids only.
pub async fn still_missing(
    tx: &mut Tx,
    desk: &Desk<'_>,
    setting: Setting<'_>,
    application: ApplicationId,
) -> Result<Vec<Missing>, StoreError> {
    let Some(head) = head(tx, application).await? else { return Ok(vec![]) };
    let cases = open_cases(tx, application).await?;
    let Some(applied_on) = cases.iter().map(|c| c.applied_on).min() else { return Ok(vec![]) };
    let Some(snapshot) = household::load(tx, desk, head.household, Cause::FactChange).await? else {
        return Ok(vec![]);
    };
    let evaluation = for_offers(desk.pack, &snapshot, snapshot.on);
    let questions = asked(desk.pack, &snapshot, &evaluation, &chosen(&cases), head.applicant, setting.connected);
    Ok(missing(desk, &questions, applied_on))
}

/// Everything the family said with an application and after it, word for word, with the agency's value where one stands
/// against it: for the investigation to compute with, and for an official under seal.
pub async fn statements(tx: &mut Tx, application: ApplicationId) -> Result<Sealed<Vec<Statement>>, StoreError> {
    let said = answers::said(tx, application).await?;
    let applicant = head(tx, application).await?.map(|h| h.applicant);
    let persons: Vec<PersonId> = said.iter().filter_map(|s| s.subject.person()).chain(applicant).collect();
    Ok(Sealed::new(said, persons))
}

/// Whose application it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Head {
    /// Who applied.
    pub applicant: PersonId,
    /// The household.
    pub household: HouseholdId,
}

/// Whose application it is, to ask the guard before anything is done with it. Ids only.
pub async fn head(tx: &mut Tx, id: ApplicationId) -> Result<Option<Head>, StoreError> {
    let Some(row) = tx.maybe(crate::rows::APPLICATION, params![id]).await? else { return Ok(None) };
    let mut head = Head { applicant: row.get("person_id")?, household: row.get("household_id")? };
    // Somebody who died may have been followed by another as the one who applies, and the household may have changed.
    if let Some(case) = open_cases(tx, id).await?.first() {
        head = Head { applicant: case.applicant, household: case.household };
    }
    Ok(Some(head))
}

pub(crate) async fn open_cases(tx: &mut Tx, application: ApplicationId) -> Result<Vec<Case>, StoreError> {
    let all = case::rows::of_application(tx, application).await?;
    Ok(all.into_iter().filter(|c| !c.stage.is_closed()).collect())
}

fn chosen(cases: &[Case]) -> Vec<Chosen> {
    let of = |c: &Case| Chosen { programme: c.programme.clone(), subject: c.subject, offer: c.offer };
    cases.iter().map(of).collect()
}

async fn told(tx: &mut Tx, desk: &Desk<'_>, who: &Who, case: &Case, answers: &[Given]) -> Result<(), StoreError> {
    let items: Vec<(Subject, &str)> = answers.iter().map(|g| (g.subject, g.item.as_str())).collect();
    let detail = serde_json::json!({ "items": items });
    case::rows::step(tx, desk, case, StepKind::PersonGave, Actor::of(who), &detail).await?;
    tx.emit(desk.ids, desk.now, ADVANCE, &Advance { case: case.id }).await.map(drop)
}
