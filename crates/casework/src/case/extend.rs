//! The longer time the law gives for a decision when the enquiry needs it: once a look at the case, while the first still
//! runs, with a reason the family is told.

use guard::{Action, Allowed, Who};
use kernel::{CaseId, Date};
use store::{AsConflict, StoreError, Tx};

use super::model::{Case, Step, StepKind, in_days};
use super::reserve;
use super::rows::{self, Actor};
use crate::decide::official;
use crate::desk::Desk;
use crate::letter::{self, Said};

/// Why the time was not made longer.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The law knows no longer time.
    #[error("the law gives this programme no longer time: decide by the day, or settle what is open")]
    NoLonger,
    /// It was made longer before.
    #[error("the time was made longer before: it is given once")]
    Already,
    /// The first is over.
    #[error("the time ended on {0}: a longer one has to be given, and told, before that")]
    Over(Date),
    /// No words.
    #[error("say in a few words why it takes longer, at least three letters and at most 2,000: the family is told")]
    NoWords,
    /// As for any act on a case.
    #[error(transparent)]
    Official(#[from] official::Fault),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AsConflict for Fault {
    fn is_conflict(&self) -> bool {
        match self {
            Fault::Official(e) => e.is_conflict(),
            Fault::Store(e) => e.is_conflict(),
            _ => false,
        }
    }
}

/// The days by which the law lets the time of a case grow; 0: not at all. A claim of the version with days of its own has
/// none beside them unless the process still gives more.
pub fn days(desk: &Desk<'_>, case: &Case) -> u32 {
    let longer = desk.pack.process(&case.programme).decision_days_extended;
    longer.map_or(0, |all| all.saturating_sub(desk.decision_days(&case.programme, case.applied_on)))
}

/// The days by which the time of a case may still grow, told what happened to it so far.
pub fn left(desk: &Desk<'_>, case: &Case, steps: &[Step]) -> Result<u32, Fault> {
    let (more, Some(runs)) = (days(desk, case), case.due_as_of(desk.today())) else { return Err(Fault::NoLonger) };
    if more == 0 {
        return Err(Fault::NoLonger);
    }
    let since = steps.iter().rposition(|s| s.kind == StepKind::Reopened).unwrap_or(0);
    if steps.iter().skip(since).any(|s| s.kind == StepKind::Extended) {
        return Err(Fault::Already);
    }
    if runs < desk.today() {
        return Err(Fault::Over(runs));
    }
    Ok(more)
}

/// Gives a case the longer time and tells the family; the new last day.
pub async fn run(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: &Allowed,
    (id, revision): (CaseId, u32),
    reason: &str,
) -> Result<Date, Fault> {
    let reason = reason.trim();
    if !(3..=2_000).contains(&reason.chars().count()) {
        return Err(Fault::NoWords);
    }
    let mut case = official::open(tx, desk, who, allowed, Action::WorkCase, id).await?;
    if case.revision != revision {
        return Err(official::Fault::Changed { shown: revision, now: case.revision }.into());
    }
    if case.stage.is_closed() {
        return Err(official::Fault::WrongStage(case.stage).into());
    }
    if reserve::is(tx, desk, &case).await? {
        return Err(official::Fault::Reserved.into());
    }
    let more = left(desk, &case, &rows::steps(tx, case.id).await?)?;
    let (Some(due), Some(runs)) = (case.due_on, case.due_as_of(desk.today())) else { return Err(Fault::NoLonger) };
    case.due_on = Some(in_days(due, more));
    rows::save(tx, &mut case, desk.now).await?;
    let until = in_days(runs, more);
    let said = serde_json::json!({ "until": until, "reason": reason });
    rows::step(tx, desk, &case, StepKind::Extended, Actor::of(who), &said).await?;
    let key = format!("{} {until}", case.id);
    letter::write(tx, desk, &case, letter::Kind::Extended, &key, Said { date: until, reason, next: None }).await?;
    Ok(until)
}
