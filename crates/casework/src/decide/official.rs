//! What officials decide: prepare, sign or send back, close a hearing.

use guard::{Action, Allowed, Who};
use kernel::{CaseId, Date, DecisionId, PersonId};
use rules::outcome::Answer;
use rules::schema::Per;
use store::{AsConflict, StoreError, Tx};

use super::model::{Decision, DecisionStatus, Judgement, Override};
use super::put::{By, Put, force, put};
use super::rows;
use crate::case::advance;
use crate::case::rows as cases;
use crate::case::{Actor, Case, Stage, StepKind, TaskKind, TaskStatus};
use crate::desk::Desk;
use crate::determine::{self, Slice};
use crate::household;

/// Why an official's act was not taken.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// No such case or decision.
    #[error("there is no such case or decision")]
    Nothing,
    /// The case moved on since the page was made.
    #[error(
        "the case changed since this page was made (it is at {now}, the page showed {shown}): look again, then decide"
    )]
    Changed {
        /// The revision in the form.
        shown: u32,
        /// The revision now.
        now: u32,
    },
    /// The case is at another stage.
    #[error("the case is at the stage «{0}»; this cannot be done now")]
    WrongStage(Stage),
    /// Its ministry decides it.
    #[error("the ministry that took this application decides it itself: nothing is decided here")]
    Reserved,
    /// The guard did not allow it for everybody concerned.
    #[error("not allowed for everybody whom the case concerns")]
    NotAllowed,
    /// The official's own family.
    #[error("this is your own family's case: somebody else must decide it; tell your team lead")]
    OwnFamily,
    /// The same person twice.
    #[error("you prepared this decision: somebody else must sign it")]
    SamePerson,
    /// The rules cannot tell; a decision would rest on nothing.
    #[error(
        "the rules cannot tell yet ({0} facts are missing): settle what is open, or decide against the rules with reason and law"
    )]
    CannotTell(usize),
    /// A decision against the rules without a reason or law.
    #[error(
        "a decision against the rules needs a reason for the family and the law that allows it, at least three letters each"
    )]
    NoGround,
    /// A grant without any days.
    #[error(
        "a grant needs at least one stretch that begins before it ends, without overlaps, with sums of 0 or more; what is paid by the month or year has one sum in each, and what is paid once has one stretch"
    )]
    BadSlices,
    /// Too many words.
    #[error("the words have {length} characters; at most {most} are taken")]
    TooLong {
        /// How long they are.
        length: usize,
        /// How long they may be.
        most: usize,
    },
    /// The hearing still runs and nobody spoke.
    #[error("the family may still speak until {0}: decide after that, or when it has spoken")]
    HearingRuns(kernel::Date),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AsConflict for Fault {
    fn is_conflict(&self) -> bool {
        matches!(self, Fault::Store(e) if e.is_conflict())
    }
}

/// The longest words an official adds.
const LONGEST: usize = 4_000;

/// What an official decides.
#[derive(Clone, Debug, PartialEq)]
pub struct Prepared {
    /// The case.
    pub case: CaseId,
    /// The revision the page showed.
    pub revision: u32,
    /// Words to the family.
    pub words: Option<String>,
    /// Another result than that of the rules.
    pub overriding: Option<Override>,
}

/// Prepares, or where nobody else is needed makes, a decision as the rules say or with an override.
pub async fn prepare(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: &Allowed,
    input: Prepared,
) -> Result<Put, Fault> {
    let mut case = open(tx, desk, who, allowed, Action::WorkCase, input.case).await?;
    if case.revision != input.revision {
        return Err(Fault::Changed { shown: input.revision, now: case.revision });
    }
    if allowed.action() != Action::RunStage && crate::case::reserve::is(tx, desk, &case).await? {
        return Err(Fault::Reserved);
    }
    let over_rules = input.overriding.is_some();
    let stages = [Stage::Official, Stage::Investigating, Stage::AwaitingPerson];
    // A ministry that determines by itself need not wait for our steps, and decides again when its own result changes.
    let by_ministry = allowed.action() == Action::RunStage && matches!(case.stage, Stage::Received | Stage::Decided);
    // Deciding as the rules say needs everything known; against them an official may end a wait that leads nowhere.
    if case.stage != Stage::Official && !(over_rules && (by_ministry || stages.contains(&case.stage))) {
        return Err(Fault::WrongStage(case.stage));
    }
    // Somebody died: who carries the case on has to be said before anything is decided in it.
    if advance::waits_for_heir(tx, &case).await? {
        return Err(Fault::WrongStage(case.stage));
    }
    let judgement = judgement(desk, &case.programme, &input)?;
    let basis = determine::load(tx, desk, &case).await?.ok_or(Fault::Nothing)?;
    let determined = determine::work_out(desk.pack, &basis);
    if !over_rules && matches!(determined.answer, Answer::CannotTell | Answer::Error) {
        return Err(Fault::CannotTell(determined.missing.len()));
    }
    let id = advance::determination(tx, desk, &mut case, &basis, &determined).await?;
    let done = put(tx, desk, &mut case, (id, &determined), judgement, By::Official(who.account)).await?;
    cases::cancel_tasks(tx, case.id, &[TaskKind::Decide, TaskKind::Trouble], "prepared", desk.now).await?;
    if over_rules {
        cases::cancel_tasks(tx, case.id, &[TaskKind::Gap, TaskKind::Contradiction], "decided", desk.now).await?;
        crate::investigate::answer::cancel(tx, desk, &case).await?;
    }
    cases::save(tx, &mut case, desk.now).await?;
    Ok(done)
}

fn judgement(desk: &Desk<'_>, programme: &str, input: &Prepared) -> Result<Judgement, Fault> {
    let words = input.words.as_deref().map(str::trim).filter(|w| !w.is_empty()).map(str::to_owned);
    let long = |text: &str| text.chars().count();
    let longest = words.as_deref().map_or(0, long).max(input.overriding.as_ref().map_or(0, |o| long(&o.reason)));
    if longest > LONGEST {
        return Err(Fault::TooLong { length: longest, most: LONGEST });
    }
    if let Some(other) = &input.overriding {
        check_override(desk, programme, other)?;
    }
    Ok(Judgement { words, overriding: input.overriding.clone(), review: None })
}

/// Whether an override says what it must.
pub(super) fn check_override(desk: &Desk<'_>, programme: &str, other: &Override) -> Result<(), Fault> {
    let short = |text: &str| text.trim().chars().count() < 3;
    if short(&other.reason) || short(&other.law) {
        return Err(Fault::NoGround);
    }
    let sound = other.slices.iter().all(|s| s.minor >= 0 && s.until.is_none_or(|u| s.from < u));
    if other.grant && (other.slices.is_empty() || !sound || !apart(&other.slices, desk.per(programme))) {
        return Err(Fault::BadSlices);
    }
    Ok(())
}

/// Whether every month (or year) has one sum at most. The notice would tell of two, and one would be paid.
fn apart(slices: &[Slice], per: Option<Per>) -> bool {
    let period = |day: Date| match per {
        Some(Per::Year) => (day.year(), 0),
        _ => (day.year(), day.month()),
    };
    let last = |s: &Slice| s.until.and_then(|until| until.yesterday().ok());
    let follows = |a: &Slice, b: &Slice| last(a).is_some_and(|last| period(last) < period(b.from));
    match per {
        Some(Per::Once) => slices.len() == 1,
        _ => slices.windows(2).all(|w| matches!(w, [a, b] if follows(a, b))),
    }
}

/// The second person signs, or sends it back with words.
pub async fn approve(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: &Allowed,
    decision: DecisionId,
    agrees: bool,
    words: &str,
) -> Result<Put, Fault> {
    let (mut case, mut decision) =
        prepared(tx, desk, who, allowed, Action::ApproveDecision, decision, Stage::Approval).await?;
    if decision.prepared_by == Some(who.account) {
        return Err(Fault::SamePerson);
    }
    if !agrees {
        return send_back(tx, desk, who, case, &decision, words).await;
    }
    let determination = determine::read(tx, case.subject, decision.determination).await?.ok_or(Fault::Nothing)?;
    finish(tx, desk, who, &case, TaskKind::Approve, "signed").await?;
    decision.decided_by = Some(who.account);
    force(tx, desk, &mut case, &mut decision, &determination.determined, Actor::of(who)).await?;
    cases::save(tx, &mut case, desk.now).await?;
    Ok(Put::InForce(decision.id))
}

async fn send_back(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    mut case: Case,
    decision: &Decision,
    words: &str,
) -> Result<Put, Fault> {
    if words.trim().chars().count() < 3 {
        return Err(Fault::NoGround);
    }
    rows::set_status(tx, &case, decision.id, decision.status, DecisionStatus::Dropped).await?;
    finish(tx, desk, who, &case, TaskKind::Approve, "sent back").await?;
    case.enter(Stage::Official, desk.today(), desk.now);
    let said = serde_json::json!({ "decision": decision.id, "words": words.trim() });
    cases::step(tx, desk, &case, StepKind::SentBack, Actor::of(who), &said).await?;
    advance::open_once(tx, desk, &case, TaskKind::Decide, said).await?;
    cases::save(tx, &mut case, desk.now).await?;
    Ok(Put::Official)
}

/// The family speaks before a worse decision; an official is told at once.
pub async fn hear(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: &Allowed,
    case: CaseId,
    words: &str,
) -> Result<(), Fault> {
    let case = cases::case(tx, case).await?.ok_or(Fault::Nothing)?;
    if !allowed.covers(of(&case)) || !matches!(allowed.action(), Action::ObjectDecision | Action::WorkCase) {
        return Err(Fault::NotAllowed);
    }
    if case.stage != Stage::Hearing {
        return Err(Fault::WrongStage(case.stage));
    }
    let words = words.trim();
    if words.chars().count() > LONGEST {
        return Err(Fault::TooLong { length: words.chars().count(), most: LONGEST });
    }
    if words.chars().count() < 3 {
        return Err(Fault::NoGround);
    }
    cases::step(tx, desk, &case, StepKind::Heard, Actor::of(who), &serde_json::json!({ "words": words })).await?;
    Ok(())
}

/// Ends a hearing: the decision goes on as planned (to the second person where the pack wants one), or is dropped and the
/// case looked at again.
pub async fn close_hearing(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: &Allowed,
    decision: DecisionId,
    go_on: bool,
    words: &str,
) -> Result<Put, Fault> {
    let (mut case, mut decision) = prepared(tx, desk, who, allowed, Action::WorkCase, decision, Stage::Hearing).await?;
    let steps = cases::steps(tx, case.id).await?;
    let opened = steps.iter().rposition(|s| s.kind == StepKind::HearingOpened).unwrap_or(0);
    let spoke = steps.iter().skip(opened).any(|s| s.kind == StepKind::Heard);
    let until = steps.get(opened).and_then(|s| s.detail.get("until")?.as_str()?.parse::<kernel::Date>().ok());
    if let Some(until) = until.filter(|until| !spoke && desk.today() <= *until) {
        return Err(Fault::HearingRuns(until));
    }
    let words = words.trim();
    if words.chars().count() < 3 {
        return Err(Fault::NoGround);
    }
    finish(tx, desk, who, &case, TaskKind::Hearing, if go_on { "goes on" } else { "dropped" }).await?;
    if !go_on {
        rows::set_status(tx, &case, decision.id, DecisionStatus::Hearing, DecisionStatus::Dropped).await?;
        case.enter(Stage::Official, desk.today(), desk.now);
        let said = serde_json::json!({ "decision": decision.id, "words": words });
        cases::step(tx, desk, &case, StepKind::SentBack, Actor::of(who), &said).await?;
        advance::open_once(tx, desk, &case, TaskKind::Decide, said).await?;
        cases::save(tx, &mut case, desk.now).await?;
        return Ok(Put::Official);
    }
    // The one who heard the family prepares it; with two people required, another signs.
    let process = desk.pack.process(&case.programme);
    let determination = determine::read(tx, case.subject, decision.determination).await?.ok_or(Fault::Nothing)?;
    if decision.content.needs_second(process) {
        rows::set_status(tx, &case, decision.id, DecisionStatus::Hearing, DecisionStatus::Dropped).await?;
        let judgement = Judgement { words: Some(words.to_owned()), ..decision.content.judgement.clone() };
        let on = (determination.id, &determination.determined);
        let done = super::put::propose_heard(tx, desk, &mut case, on, judgement, who.account).await?;
        cases::save(tx, &mut case, desk.now).await?;
        return Ok(done);
    }
    decision.decided_by = Some(who.account);
    force(tx, desk, &mut case, &mut decision, &determination.determined, Actor::of(who)).await?;
    cases::save(tx, &mut case, desk.now).await?;
    Ok(Put::InForce(decision.id))
}

/// A prepared decision and its case, at the stage where it waits.
async fn prepared(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: &Allowed,
    action: Action,
    id: DecisionId,
    stage: Stage,
) -> Result<(Case, Decision), Fault> {
    let decision = rows::one(tx, id).await?.ok_or(Fault::Nothing)?;
    let case = open(tx, desk, who, allowed, action, decision.case).await?;
    let waits = match stage {
        Stage::Hearing => DecisionStatus::Hearing,
        _ => DecisionStatus::Proposed,
    };
    if case.stage != stage || decision.status != waits {
        return Err(Fault::WrongStage(case.stage));
    }
    Ok((case, decision))
}

/// A case an official may act on: allowed by the guard, and not the official's own family's.
pub(crate) async fn open(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: &Allowed,
    action: Action,
    id: CaseId,
) -> Result<Case, Fault> {
    let case = permitted(tx, desk, who, allowed, action, id).await?;
    if theirs(desk, who, &case) { Ok(case) } else { Err(Fault::NotAllowed) }
}

/// The same for somebody of any office: whose turn it is, is another question.
pub(super) async fn permitted(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: &Allowed,
    action: Action,
    id: CaseId,
) -> Result<Case, Fault> {
    let case = cases::case(tx, id).await?.ok_or(Fault::Nothing)?;
    // The machine of the responsible or deciding agency prepares decisions as its officials do; signing is for human beings.
    let stage = action == Action::WorkCase && allowed.action() == Action::RunStage;
    if !(allowed.action() == action || stage) || !allowed.covers(of(&case)) {
        return Err(Fault::NotAllowed);
    }
    if let Some(own) = who.person {
        let members = household::member_ids(tx, desk, case.household).await?;
        if members.contains(&own) || case.applicant == own {
            return Err(Fault::OwnFamily);
        }
    }
    Ok(case)
}

/// Whether somebody's organisation decides a case or answers for its programme. The guard asks about people and places alone:
/// a health centre's approver whose place is the whole country would sign what a municipality decides.
pub fn theirs(desk: &Desk<'_>, who: &Who, case: &Case) -> bool {
    let responsible = || desk.pack.programmes().get(&case.programme).is_some_and(|p| p.agency == who.organisation);
    who.organisation == case.agency || responsible()
}

/// For whom the guard is asked: the person the entitlement is for, or the applicant.
pub fn of(case: &Case) -> PersonId {
    case.subject.person().unwrap_or(case.applicant)
}

/// Closes the open task of a kind as done.
async fn finish(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    case: &Case,
    kind: TaskKind,
    outcome: &str,
) -> Result<(), Fault> {
    for task in cases::tasks(tx, case.id).await? {
        if task.kind == kind && task.status == TaskStatus::Open {
            cases::close_task(tx, &task, TaskStatus::Done, Actor::of(who), outcome, desk.now).await?;
        }
    }
    Ok(())
}
