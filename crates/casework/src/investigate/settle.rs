//! The official's part of the investigation: sources that differ, gaps nobody fills, what was seen on a visit.

use guard::{Action, Allowed, Who};
use kernel::{CaseId, EvidenceId, PersonId, TaskId, words};
use registry::Origin;
use rules::schema::Value;
use serde::{Deserialize, Serialize};
use store::{AsConflict, StoreError, Tx};

use super::answer::{self, Contradiction, Said};
use crate::application::{account, consent};
use crate::case::reopen;
use crate::case::rows as cases;
use crate::case::{Actor, Case, Stage, StepKind, Task, TaskKind, TaskStatus};
use crate::decide::official;
use crate::desk::Desk;
use crate::model::{Cause, Subject};

/// Why an official's finding was not taken.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// No such task.
    #[error("there is no such task: it may have been done meanwhile; look at the list again")]
    NoTask,
    /// Somebody was faster.
    #[error("this task is done already; look at the case to see what came of it")]
    Done,
    /// It is another kind of task.
    #[error("this task asks for something else")]
    OtherTask,
    /// No such case.
    #[error("there is no such case")]
    NoCase,
    /// The case is closed.
    #[error("the case is closed; it opens again by an objection, a report of a change, or a correction")]
    Closed,
    /// The guard did not allow it for everybody concerned.
    #[error("not allowed for everybody whom the case concerns")]
    NotAllowed,
    /// A finding without words.
    #[error("say in a few words how you know it, at least three letters")]
    NoWords,
    /// Too long.
    #[error("the note has {length} characters; at most {most} are taken")]
    TooLong {
        /// How long it is.
        length: usize,
        /// How long it may be.
        most: usize,
    },
    /// A value that cannot be.
    #[error("{item}: {reason}")]
    BadValue {
        /// The item.
        item: String,
        /// What was expected.
        reason: String,
    },
    /// Nothing was found.
    #[error("give at least one finding")]
    Nothing,
    /// The answer's part failed.
    #[error(transparent)]
    Answer(#[from] answer::Fault),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AsConflict for Fault {
    fn is_conflict(&self) -> bool {
        match self {
            Fault::Answer(e) => e.is_conflict(),
            Fault::Store(e) => e.is_conflict(),
            _ => false,
        }
    }
}

/// The longest note.
pub const LONGEST: usize = 4_000;

/// Which of two sources an official follows.
#[derive(Clone, Debug, PartialEq)]
pub enum Follow {
    /// What was held before.
    Held,
    /// What the agency says.
    Agency,
    /// Neither: the official's own finding.
    Finding(Value),
}

/// One finding of an official.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Whom it is about.
    pub subject: Subject,
    /// The item.
    pub item: String,
    /// The value found.
    pub value: Value,
    /// First day it holds; `None`: today.
    pub from: Option<kernel::Date>,
}

words! {
    /// How an official came to know.
    How as "way of finding out" {
        /// At the family's home.
        Visit = "visit",
        /// A talk at the office or by telephone.
        Interview = "interview",
        /// Papers handed in.
        Papers = "papers",
        /// A letter or call to the agency.
        Enquiry = "enquiry",
    }
}

/// Settles a contradiction: the value followed is recorded as the office's finding, with the reason.
pub async fn contradiction(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: &Allowed,
    task: TaskId,
    follow: Follow,
    note: &str,
) -> Result<CaseId, Fault> {
    let (task, mut case) = open(tx, desk, who, allowed, task, TaskKind::Contradiction).await?;
    let note = words_of(note)?;
    let stands = follow == Follow::Held;
    let detail: Contradiction = serde_json::from_value(task.detail.clone())
        .map_err(|e| StoreError::Inconsistent { column: "detail".into(), detail: e.to_string() })?;
    let (value, from, followed) = match follow {
        Follow::Held => (detail.held.value.clone(), detail.held.valid_from, detail.held.source.clone()),
        Follow::Agency => (detail.said.value.clone(), detail.said.from, detail.agency.clone()),
        Follow::Finding(value) => (value, detail.said.from, case.agency.clone()),
    };
    let finding = Finding { subject: detail.subject, item: detail.item.clone(), value, from };
    find(tx, desk, who, &case, std::slice::from_ref(&finding)).await?;
    close(tx, desk, who, &task, "settled").await?;
    let said = serde_json::json!({ "item": detail.item, "followed": followed, "note": note });
    cases::step(tx, desk, &case, StepKind::Settled, Actor::of(who), &said).await?;
    // It came after the decision, and the official does not hold with what the decision rests on.
    if case.stage == Stage::Decided && !stands {
        reopen::start_again(tx, desk, &mut case, Cause::FactChange).await?;
    }
    answer::wake(tx, desk, case.id).await?;
    Ok(case.id)
}

/// Fills gaps by findings, each recorded as the office's own.
#[expect(clippy::too_many_arguments, reason = "a form with its fields; a struct would only be unpacked again")]
pub async fn gap(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: &Allowed,
    task: TaskId,
    findings: &[Finding],
    how: How,
    note: &str,
) -> Result<CaseId, Fault> {
    let (task, case) = open(tx, desk, who, allowed, task, TaskKind::Gap).await?;
    let note = words_of(note)?;
    if findings.is_empty() {
        return Err(Fault::Nothing);
    }
    find(tx, desk, who, &case, findings).await?;
    close(tx, desk, who, &task, "filled").await?;
    let items: Vec<&str> = findings.iter().map(|f| f.item.as_str()).collect();
    let said = serde_json::json!({ "items": items, "how": how, "note": note });
    cases::step(tx, desk, &case, StepKind::Settled, Actor::of(who), &said).await?;
    answer::wake(tx, desk, case.id).await?;
    Ok(case.id)
}

/// Notes a visit, a talk or papers, with what was found there; nothing need be missing for it.
#[expect(clippy::too_many_arguments, reason = "a form with its fields; a struct would only be unpacked again")]
pub async fn note(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: &Allowed,
    case: CaseId,
    how: How,
    note: &str,
    findings: &[Finding],
    evidence: &[EvidenceId],
) -> Result<(), Fault> {
    let case = cases::case(tx, case).await?.ok_or(Fault::NoCase)?;
    permitted(desk, who, &case, allowed)?;
    if case.stage.is_closed() {
        return Err(Fault::Closed);
    }
    let note = words_of(note)?;
    find(tx, desk, who, &case, findings).await?;
    let items: Vec<&str> = findings.iter().map(|f| f.item.as_str()).collect();
    let said = serde_json::json!({ "items": items, "how": how, "note": note, "evidence": evidence });
    cases::step(tx, desk, &case, StepKind::Noted, Actor::of(who), &said).await?;
    answer::wake(tx, desk, case.id).await?;
    Ok(())
}

/// Records findings as the deciding agency's own: an official who looked stands behind them.
async fn find(tx: &mut Tx, desk: &Desk<'_>, who: &Who, case: &Case, findings: &[Finding]) -> Result<(), Fault> {
    let law = &desk.pack.process(&case.programme).law;
    let origin = Origin::new(&case.agency, law, format!("account {}", who.account));
    let mut findings = findings.to_vec();
    let given = findings.iter_mut().map(|f| (f.subject, f.item.as_str(), &mut f.value)).collect();
    account::conceal(tx, desk, who, case.applicant, given).await.map_err(|fault| match fault {
        account::Fault::Bad { item, reason } => Fault::BadValue { item, reason: reason.to_string() },
        account::Fault::Store(why) => Fault::Store(why),
    })?;
    let found = findings.iter().map(|f| (f.subject, f.item.as_str(), &f.value)).collect();
    account::tell(tx, desk, case.applicant, found, &[case.id]).await?;
    for finding in &findings {
        desk.check_value(finding.subject, &finding.item, &finding.value)
            .map_err(|reason| Fault::BadValue { item: finding.item.clone(), reason })?;
        let said = Said {
            subject: finding.subject,
            item: finding.item.clone(),
            value: finding.value.clone(),
            from: finding.from,
            until: None,
        };
        answer::take(tx, desk, &origin, &said).await?;
        // A consent signed on paper is one.
        let agrees = finding.value == Value::Boolean(true);
        consent::answered(tx, desk, who, finding.subject, &finding.item, agrees).await?;
    }
    Ok(())
}

/// An open task of this kind and its case.
async fn open(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: &Allowed,
    id: TaskId,
    kind: TaskKind,
) -> Result<(Task, Case), Fault> {
    let task = cases::task(tx, id).await?.ok_or(Fault::NoTask)?;
    if task.kind != kind {
        return Err(Fault::OtherTask);
    }
    if task.status != TaskStatus::Open {
        return Err(Fault::Done);
    }
    let case = cases::case(tx, task.case).await?.ok_or(Fault::NoCase)?;
    permitted(desk, who, &case, allowed)?;
    Ok((task, case))
}

async fn close(tx: &mut Tx, desk: &Desk<'_>, who: &Who, task: &Task, outcome: &str) -> Result<(), Fault> {
    if cases::close_task(tx, task, TaskStatus::Done, Actor::of(who), outcome, desk.now).await? {
        Ok(())
    } else {
        Err(Fault::Done)
    }
}

/// Whether the guard allowed working on the case, for whom it concerns.
fn permitted(desk: &Desk<'_>, who: &Who, case: &Case, allowed: &Allowed) -> Result<(), Fault> {
    let person: PersonId = case.subject.person().unwrap_or(case.applicant);
    let may = allowed.action() == Action::WorkCase && allowed.covers(person) && official::theirs(desk, who, case);
    if may { Ok(()) } else { Err(Fault::NotAllowed) }
}

/// The words of a note, cut clean.
pub(crate) fn words_of(note: &str) -> Result<&str, Fault> {
    let note = note.trim();
    match note.chars().count() {
        0..=2 => Err(Fault::NoWords),
        length if length > LONGEST => Err(Fault::TooLong { length, most: LONGEST }),
        _ => Ok(note),
    }
}
