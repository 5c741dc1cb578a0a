//! Objections, their review by somebody else, and orders of courts.

use guard::{Action, Allowed, Who};
use kernel::{AccountId, CaseId, Date, DecisionId, Instant, ObjectionId, PersonId, words};
use serde::{Deserialize, Serialize};
use store::{AsConflict, Row, StoreError, Tx, params};

use super::model::{Decision, DecisionStatus, Judgement, Override, compose};
use super::official::{self, check_override};
use super::put::{By, Put, put};
use super::{rows, way};
use crate::case::advance;
use crate::case::model::in_days;
use crate::case::rows as cases;
use crate::case::rows::NewTask;
use crate::case::{Actor, Case, StepKind, TaskKind, TaskStatus};
use crate::desk::Desk;
use crate::determine::{self, Basis, Determined};
use crate::letter::{self, Said};

store::sql! {
    ADD = "insert into objection (subject_id, objection_id, case_id, decision_id, kind, reason, person_id, account_id, received_on, due_on, status, received_at, level)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'open', $11, $12)";
    ONE = "select objection_id, case_id, decision_id, kind, reason, person_id, account_id, received_on, due_on, status, reviewer, outcome_reason, new_decision_id, received_at, closed_at, level
        from objection where objection_id = $1";
    OF_CASE = "select objection_id, case_id, decision_id, kind, reason, person_id, account_id, received_on, due_on, status, reviewer, outcome_reason, new_decision_id, received_at, closed_at, level
        from objection where case_id = $1 order by received_at, objection_id";
    CLOSE = "update objection set status = $3, reviewer = $4, outcome_reason = $5, new_decision_id = $6, closed_at = $7
        where subject_id = $1 and objection_id = $2 and status = 'open'";
    WITHDRAW = "update objection set status = 'withdrawn', closed_at = $3 where subject_id = $1 and case_id = $2 and status = 'open'";
}

words! {
    /// What calls a decision into question.
    Kind as "objection" {
        /// The person objects.
        Objection = "objection",
        /// A court ordered.
        CourtOrder = "court_order",
    }
}

words! {
    /// How an objection stands.
    Status as "objection status" {
        /// Under review.
        Open = "open",
        /// The decision was changed.
        Granted = "granted",
        /// The decision stands.
        Rejected = "rejected",
        /// The person took it back.
        Withdrawn = "withdrawn",
    }
}

/// An objection as the database holds it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Objection {
    /// Its id.
    pub id: ObjectionId,
    /// The case.
    pub case: CaseId,
    /// The decision.
    pub decision: DecisionId,
    /// What it is.
    pub kind: Kind,
    /// Which look of the law it asks for: 1 at the office that decided, 2 at the office above ([`super::way`]).
    pub level: u8,
    /// Why.
    pub reason: String,
    /// Who objects.
    pub person: Option<PersonId>,
    /// Through which account.
    pub account: AccountId,
    /// The day it came.
    pub received_on: Date,
    /// Until when it must be reviewed.
    pub due_on: Date,
    /// How it stands.
    pub status: Status,
    /// Who reviewed it.
    pub reviewer: Option<AccountId>,
    /// What the review said.
    pub outcome_reason: Option<String>,
    /// The decision that came of it.
    pub new_decision: Option<DecisionId>,
    /// When it was received.
    pub received_at: Instant,
    /// When it was closed.
    pub closed_at: Option<Instant>,
}

/// Why an objection was not taken.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// No such thing.
    #[error("there is no such decision or objection")]
    Nothing,
    /// Too late.
    #[error(
        "the time to object ended on {0}; if something has changed since, report the change and it is decided anew"
    )]
    TooLate(Date),
    /// Every look of offices is used up.
    #[error("the offices have looked at this decision as often as the law lets them: only a court can change it now")]
    Exhausted,
    /// Not a decision that holds.
    #[error("this decision does not hold (any more): object to the one in force")]
    NotInForce,
    /// There is one already.
    #[error("an objection to this decision is under review already")]
    Already,
    /// Reviewed already.
    #[error("this objection is reviewed already")]
    Done,
    /// The reviewer took part in the decision.
    #[error("you took part in the decision: somebody else must review it")]
    TookPart,
    /// Another office has its turn.
    #[error("this objection is reviewed by another office, {0}: somebody of it must do so")]
    OtherOffice(String),
    /// The family would be worse off.
    #[error(
        "a review leaves nobody worse off: let the decision stand; where the facts have changed, the case is worked out again and the family is heard first"
    )]
    Worse,
    /// No words.
    #[error("say in a few words why, at least three letters and at most 4,000")]
    NoWords,
    /// As for any decision.
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

/// What a review comes to.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The decision stands.
    Stands,
    /// It is worked out anew from the facts as they are known now.
    Anew,
    /// It is decided otherwise than the rules say.
    Otherwise(Override),
}

fn reason_of(text: &str) -> Result<&str, Fault> {
    let text = text.trim();
    if (3..=4_000).contains(&text.chars().count()) { Ok(text) } else { Err(Fault::NoWords) }
}

/// The person, or somebody for them, objects.
pub async fn raise(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: &Allowed,
    decision: DecisionId,
    reason: &str,
) -> Result<ObjectionId, Fault> {
    let reason = reason_of(reason)?;
    let decision = rows::one(tx, decision).await?.ok_or(Fault::Nothing)?;
    let case = cases::case(tx, decision.case).await?.ok_or(Fault::Nothing)?;
    if allowed.action() != Action::ObjectDecision || !allowed.covers(official::of(&case)) {
        return Err(official::Fault::NotAllowed.into());
    }
    if decision.status != DecisionStatus::InForce {
        return Err(Fault::NotInForce);
    }
    let before = of_case(tx, case.id).await?;
    let level = way::open_way(desk, &decision, &before)?.level;
    let due = in_days(desk.today(), way::review_days(desk, &case, level));
    let id = add(tx, desk, who, &case, &decision, New { kind: Kind::Objection, level, reason, due }).await?;
    let barred = way::took_part(&decision, &before);
    let new = NewTask {
        kind: TaskKind::Objection,
        agency: Some(way::office(desk, &case, level)),
        due_on: Some(due),
        assigned_to: None,
        barred: barred.last().copied(),
        detail: serde_json::json!({ "objection": id, "decision": decision.id, "level": level, "barred": barred }),
    };
    cases::open_task(tx, desk, &case, new).await?;
    Ok(id)
}

/// What is put on record.
struct New<'a> {
    kind: Kind,
    level: u8,
    reason: &'a str,
    due: Date,
}

async fn add(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    case: &Case,
    decision: &Decision,
    New { kind, level, reason, due }: New<'_>,
) -> Result<ObjectionId, StoreError> {
    let id = ObjectionId::new(desk.ids, desk.now);
    let values = params![
        case.subject.uuid(),
        id,
        case.id,
        decision.id,
        kind.word(),
        reason,
        who.person,
        who.account,
        desk.today(),
        due,
        desk.now,
        i64::from(level)
    ];
    tx.execute(ADD, values).await?;
    let said = serde_json::json!({ "objection": id, "decision": decision.id, "kind": kind, "level": level });
    cases::step(tx, desk, case, StepKind::Objected, Actor::of(who), &said).await?;
    Ok(id)
}

/// Somebody who took no part reviews an objection.
pub async fn review(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: &Allowed,
    objection: ObjectionId,
    outcome: Outcome,
    reason: &str,
) -> Result<Option<Put>, Fault> {
    let reason = reason_of(reason)?;
    let objection = one(tx, objection).await?.ok_or(Fault::Nothing)?;
    let mut case = official::permitted(tx, desk, who, allowed, Action::ApproveDecision, objection.case).await?;
    let decision = rows::one(tx, objection.decision).await?.ok_or(Fault::Nothing)?;
    if objection.status != Status::Open {
        return Err(Fault::Done);
    }
    let before = of_case(tx, case.id).await?;
    way::may_review(desk, who, &case, &decision, (&objection, &before))?;
    let overriding = match outcome {
        Outcome::Stands => {
            let ending = Ending { who, status: Status::Rejected, reason, new: None, task: TaskStatus::Done };
            end(tx, desk, &case, &objection, &ending).await?;
            let after = of_case(tx, case.id).await?;
            let said = Said { date: desk.today(), reason, next: way::way(desk, &decision, &after) };
            letter::write(tx, desk, &case, letter::Kind::Upheld, &objection.id.to_string(), said).await?;
            return Ok(None);
        }
        Outcome::Anew => None,
        Outcome::Otherwise(other) => {
            check_override(desk, &case.programme, &other)?;
            Some(other)
        }
    };
    let judgement = Judgement { words: Some(reason.to_owned()), overriding, review: Some(objection.id) };
    let now = work_out(tx, desk, &case, &judgement).await?;
    not_worse(tx, desk, &case, &judgement, &now.1).await?;
    let done = decide_anew(tx, desk, who, &mut case, judgement, &now).await?;
    let new = match done {
        Put::InForce(id) => Some(id),
        _ => None,
    };
    let ending = Ending { who, status: Status::Granted, reason, new, task: TaskStatus::Done };
    end(tx, desk, &case, &objection, &ending).await?;
    Ok(Some(done))
}

/// A court ordered: it is carried out as ordered, back to the day it says.
pub async fn court_order(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: &Allowed,
    decision: DecisionId,
    order: Override,
) -> Result<Put, Fault> {
    let decision = rows::one(tx, decision).await?.ok_or(Fault::Nothing)?;
    let mut case = official::open(tx, desk, who, allowed, Action::ApproveDecision, decision.case).await?;
    check_override(desk, &case.programme, &order)?;
    if decision.status != DecisionStatus::InForce {
        return Err(Fault::NotInForce);
    }
    let id = add(
        tx,
        desk,
        who,
        &case,
        &decision,
        New { kind: Kind::CourtOrder, level: 1, reason: &order.reason, due: desk.today() },
    )
    .await?;
    let reason = order.reason.clone();
    let judgement = Judgement { words: None, overriding: Some(order), review: Some(id) };
    let now = work_out(tx, desk, &case, &judgement).await?;
    let done = decide_anew(tx, desk, who, &mut case, judgement, &now).await?;
    let objection = one(tx, id).await?.ok_or(Fault::Nothing)?;
    let new = match done {
        Put::InForce(id) => Some(id),
        _ => None,
    };
    let ending = Ending { who, status: Status::Granted, reason: &reason, new, task: TaskStatus::Done };
    end(tx, desk, &case, &objection, &ending).await?;
    // The decision objected to stands no longer, and no review may go behind the court's order.
    let overtaken = |o: &&Objection| o.decision == decision.id && o.status == Status::Open;
    for objection in of_case(tx, case.id).await?.iter().filter(overtaken) {
        end(tx, desk, &case, objection, &Ending { task: TaskStatus::Cancelled, ..ending }).await?;
    }
    Ok(done)
}

/// Refuses what would leave the family worse off: whoever objects must not lose by it, and nobody has heard them about that.
async fn not_worse(
    tx: &mut Tx,
    desk: &Desk<'_>,
    case: &Case,
    judgement: &Judgement,
    now: &Determined,
) -> Result<(), Fault> {
    let before = rows::in_force(tx, case).await?;
    let ran = before.as_ref().map(|b| &b.content);
    let would = compose(desk.pack, &case.programme, case.subject, now, judgement.clone(), ran);
    if would.is_worse() { Err(Fault::Worse) } else { Ok(()) }
}

/// Works the case out from the facts as they are known now, for a decision that holds at once.
async fn work_out(
    tx: &mut Tx,
    desk: &Desk<'_>,
    case: &Case,
    judgement: &Judgement,
) -> Result<(Basis, Determined), Fault> {
    // A decided case is closed, and nobody would ever say who follows the dead: that comes first.
    if advance::waits_for_heir(tx, case).await? {
        return Err(official::Fault::WrongStage(case.stage).into());
    }
    let basis = determine::load(tx, desk, case).await?.ok_or(Fault::Nothing)?;
    let determined = determine::work_out(desk.pack, &basis);
    let open = matches!(determined.answer, rules::outcome::Answer::CannotTell | rules::outcome::Answer::Error);
    if judgement.overriding.is_none() && open {
        return Err(official::Fault::CannotTell(determined.missing.len()).into());
    }
    Ok((basis, determined))
}

/// Brings what was worked out into force: a review is the second look.
async fn decide_anew(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    case: &mut Case,
    judgement: Judgement,
    (basis, determined): &(Basis, Determined),
) -> Result<Put, Fault> {
    let id = advance::determination(tx, desk, case, basis, determined).await?;
    let by = By::Final { prepared: None, decided: who.account };
    let done = put(tx, desk, case, (id, determined), judgement, by).await?;
    cases::save(tx, case, desk.now).await?;
    Ok(done)
}

/// How an objection ends.
struct Ending<'a> {
    /// Who ends it: the reviewer, or who enters a court's order, who may be the very one who must not review.
    who: &'a Who,
    status: Status,
    reason: &'a str,
    /// The decision that came of it.
    new: Option<DecisionId>,
    /// Its task is done by who reviewed it, or cancelled because somebody else has decided.
    task: TaskStatus,
}

/// Ends an objection with its task.
async fn end(
    tx: &mut Tx,
    desk: &Desk<'_>,
    case: &Case,
    objection: &Objection,
    ending: &Ending<'_>,
) -> Result<(), Fault> {
    let Ending { who, status, reason, new, task: task_status } = *ending;
    let values = params![case.subject.uuid(), objection.id, status.word(), who.account, reason, new, desk.now];
    if tx.execute(CLOSE, values).await? != 1 {
        return Err(Fault::Done);
    }
    let id = objection.id.to_string();
    for task in cases::tasks(tx, case.id).await? {
        let its =
            task.kind == TaskKind::Objection && task.detail.get("objection").and_then(|o| o.as_str()) == Some(&*id);
        if its && task.status == TaskStatus::Open {
            cases::close_task(tx, &task, task_status, Actor::of(who), status.word(), desk.now).await?;
        }
    }
    let said = serde_json::json!({ "objection": objection.id, "outcome": status, "reason": reason });
    cases::step(tx, desk, case, StepKind::Reviewed, Actor::of(who), &said).await?;
    Ok(())
}

fn read(row: &Row) -> Result<Objection, StoreError> {
    Ok(Objection {
        id: row.get("objection_id")?,
        case: row.get("case_id")?,
        decision: row.get("decision_id")?,
        kind: row.parse("kind")?,
        level: u8::try_from(row.get::<i64>("level")?).unwrap_or(u8::MAX),
        reason: row.get("reason")?,
        person: row.maybe("person_id")?,
        account: row.get("account_id")?,
        received_on: row.get("received_on")?,
        due_on: row.get("due_on")?,
        status: row.parse("status")?,
        reviewer: row.maybe("reviewer")?,
        outcome_reason: row.maybe("outcome_reason")?,
        new_decision: row.maybe("new_decision_id")?,
        received_at: row.get("received_at")?,
        closed_at: row.maybe("closed_at")?,
    })
}

/// A case that ends without a decision takes its open objections with it: nobody would review them.
pub(crate) async fn withdraw(tx: &mut Tx, desk: &Desk<'_>, case: &Case) -> Result<(), StoreError> {
    tx.execute(WITHDRAW, params![case.subject.uuid(), case.id, desk.now]).await.map(drop)
}

/// An objection by id.
pub(crate) async fn one(tx: &mut Tx, id: ObjectionId) -> Result<Option<Objection>, StoreError> {
    tx.maybe(ONE, params![id]).await?.as_ref().map(read).transpose()
}

/// The objections in a case, the first first.
pub(crate) async fn of_case(tx: &mut Tx, case: CaseId) -> Result<Vec<Objection>, StoreError> {
    tx.all(OF_CASE, params![case]).await?.iter().map(read).collect()
}
