//! Open cases when life goes on: they move with the family, and they stop when the one they are for, or the one who
//! applied, dies. Nothing is decided and nothing paid for somebody dead until an official has looked.

use guard::{Action, Allowed, Who};
use kernel::{AccountId, CaseId, Date, EventId, HouseholdId, PersonId};
use registry::AsOf;
use serde::{Deserialize, Serialize};
use store::{AsConflict, Message, StoreError, Tx, params};

use super::model::reason;
use super::{life, mandate, rows};
use crate::case::open::{ADVANCE, Advance};
use crate::case::rows::NewTask;
use crate::case::{self, Actor, Case, Stage, StepKind, TaskKind, TaskStatus, reopen};
use crate::decide::{self, official};
use crate::desk::Desk;
use crate::evaluate::own_account;
use crate::household;
use crate::model::{Cause, LifeEvent, Subject};
use crate::register::EVENT;

/// Why open cases could not follow, or what an official did with them was not taken.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The payload of a message is not what it should be.
    #[error("the message cannot be read: {0}")]
    Payload(String),
    /// No such case, or closed.
    #[error("there is no such open case")]
    NoCase,
    /// Nobody died.
    #[error("the case does not wait for anybody to look at it because of a death")]
    NobodyDied,
    /// The guard's decision was not about the people of the case.
    #[error("the permission does not cover the people this case is about")]
    NotAllowed,
    /// No reason, or no law.
    #[error("say why, and on which law, in 3 to 2000 characters")]
    NoReason,
    /// The one who would carry on may not.
    #[error("who carries a case on must be alive, and kin of the dead, a member of the household or a guardian")]
    NotAnHeir,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AsConflict for Fault {
    fn is_conflict(&self) -> bool {
        matches!(self, Fault::Store(e) if e.is_conflict())
    }
}

/// What is read of the notice of an event.
#[derive(Deserialize)]
struct Notice {
    event: EventId,
    kind: Cause,
}

/// Handles a message of the outbox; says whether it was one for this use case. Handling it again does no harm.
pub async fn handle(tx: &mut Tx, desk: &Desk<'_>, message: &Message) -> Result<bool, Fault> {
    if message.topic != EVENT {
        return Ok(false);
    }
    let notice: Notice = serde_json::from_str(&message.payload).map_err(|e| Fault::Payload(e.to_string()))?;
    let Some(event) = crate::rows::event(tx, notice.event).await? else { return Ok(true) };
    match notice.kind {
        Cause::Move => moved(tx, desk, &event).await?,
        // The same is told when a death is corrected or withdrawn.
        Cause::Death => match life(tx, desk, event.person).await?.and_then(|l| l.died) {
            Some(_) => died(tx, desk, &event).await?,
            None => super::lives::run(tx, desk, &event).await?,
        },
        _ => return Ok(false),
    }
    Ok(true)
}

/// Open cases of the household and of the one who moved go where their subjects live now.
async fn moved(tx: &mut Tx, desk: &Desk<'_>, event: &LifeEvent) -> Result<(), Fault> {
    for mut case in open_cases(tx, event.household, event.person).await? {
        let home = match case.subject {
            Subject::Household(id) => Some(id),
            Subject::Person(person) => household::household_of(tx, desk, person).await?,
        };
        let Some(home) = home else { continue };
        let place = place_of(tx, desk, home).await?;
        if place == case.jurisdiction && home == case.household {
            continue;
        }
        let office_of = |place: &Option<String>| place.as_deref().map(|p| desk.office_of(p));
        let office = office_of(&place) != office_of(&case.jurisdiction);
        case.household = home;
        case.jurisdiction = place;
        if office {
            case.assigned_to = None;
        }
        case::rows::save(tx, &mut case, desk.now).await?;
        if office {
            case::rows::hand_over(tx, &case, office_of(&case.jurisdiction)).await?;
        }
        // The place stays in the case, where it can be withheld: a step is read by many.
        let detail = serde_json::json!({ "moved_on": event.occurred_on, "office": office });
        case::rows::step(tx, desk, &case, StepKind::Transferred, Actor::MACHINE, &detail).await?;
    }
    Ok(())
}

async fn place_of(tx: &mut Tx, desk: &Desk<'_>, home: HouseholdId) -> Result<Option<String>, StoreError> {
    let whole = registry::read::household(tx, home, AsOf::latest(desk.today())).await?;
    let basis = desk.basis(Cause::Move).map_err(|e| StoreError::Driver(e.to_string()))?;
    Ok(whole.and_then(|w| w.process(&basis, |household| household.jurisdiction.clone())))
}

/// Open cases of the household, and those of a person wherever they were opened.
pub(super) async fn open_cases(tx: &mut Tx, household: HouseholdId, person: PersonId) -> Result<Vec<Case>, StoreError> {
    let mut rows = tx.all(rows::OPEN_OF_HOUSEHOLD, params![household]).await?;
    rows.extend(tx.all(rows::OPEN_OF_SUBJECT, params![person.0]).await?);
    let mut ids = rows.iter().map(|r| r.get::<CaseId>("case_id")).collect::<Result<Vec<_>, _>>()?;
    ids.sort();
    ids.dedup();
    let mut cases = Vec::new();
    for id in ids {
        cases.extend(case::rows::case(tx, id).await?);
    }
    Ok(cases)
}

/// The topic under which payments are told what became of a decided case after a death.
pub const AFTER_DEATH: &str = "case.after_death";

/// What became of a decided case after a death.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AfterDeath {
    /// The case.
    pub case: CaseId,
    /// Whether it ended with the death; else it is carried on by its applicant.
    pub ended: bool,
    /// Who said so; `None`: a machine, where only one person could carry it on.
    pub by: Option<AccountId>,
}

/// A decided case of which something is still paid, after the death of whom it is for or of who applied. For somebody alive it
/// is carried on by whoever alone can: the grown person themselves, the one parent left, the one adult left. Where there
/// is nobody or more than one, and for the dead, an official says. An open case stops by itself.
pub async fn bereaved(tx: &mut Tx, desk: &Desk<'_>, id: CaseId, dead: PersonId, on: Date) -> Result<(), Fault> {
    let Some(case) = case::rows::case(tx, id).await?.filter(|c| c.stage == Stage::Decided) else { return Ok(()) };
    let heirs = if case.subject.person() == Some(dead) { vec![] } else { heirs(tx, desk, &case, dead).await? };
    let [heir] = heirs.as_slice() else { return stop(tx, desk, case, dead, on).await };
    if *heir != case.applicant {
        let values = params![case.subject.uuid(), case.id, *heir, desk.now, case.revision];
        if tx.execute(rows::CASE_HEIR, values).await? != 1 {
            return Err(StoreError::Conflict.into());
        }
    }
    let case = case::rows::case(tx, case.id).await?.ok_or(StoreError::NotFound)?;
    let detail = serde_json::json!({ "carried_on_by": heir, "died": dead });
    case::rows::step(tx, desk, &case, StepKind::Settled, Actor::MACHINE, &detail).await?;
    tx.emit(desk.ids, desk.now, AFTER_DEATH, &AfterDeath { case: case.id, ended: false, by: None }).await?;
    Ok(())
}

/// Who could carry the case on without anybody choosing.
async fn heirs(tx: &mut Tx, desk: &Desk<'_>, case: &Case, dead: PersonId) -> Result<Vec<PersonId>, Fault> {
    let Some(home) = household::load_on(tx, desk, case.household, desk.today()).await? else { return Ok(vec![]) };
    let grown = |p: &PersonId| own_account(desk.pack, &home, Subject::Person(*p));
    let candidates: Vec<PersonId> = match case.subject.person() {
        Some(person) if grown(&person) => vec![person],
        Some(person) => {
            let child = home.members.iter().find(|m| m.person == person);
            child.map(|m| m.parents.clone()).unwrap_or_default()
        }
        None => home.persons().into_iter().filter(grown).collect(),
    };
    let mut heirs = Vec::new();
    for person in candidates.into_iter().filter(|p| *p != dead) {
        match may_follow(tx, desk, case, person).await {
            Ok(()) => heirs.push(person),
            Err(Fault::NotAnHeir) => {}
            Err(other) => return Err(other),
        }
    }
    Ok(heirs)
}

/// Open cases for somebody who died, or applied for by them, stop and wait for an official.
async fn died(tx: &mut Tx, desk: &Desk<'_>, event: &LifeEvent) -> Result<(), Fault> {
    for case in open_cases(tx, event.household, event.person).await? {
        if case.subject.person() == Some(event.person) || case.applicant == event.person {
            stop(tx, desk, case, event.person, event.occurred_on).await?;
        }
    }
    Ok(())
}

/// Nothing more happens in a case by itself; an official says who carries it on.
async fn stop(tx: &mut Tx, desk: &Desk<'_>, mut case: Case, dead: PersonId, on: Date) -> Result<(), Fault> {
    let subject = case.subject.person() == Some(dead);
    let tasks = case::rows::tasks(tx, case.id).await?;
    if tasks.iter().any(|t| t.kind == TaskKind::ApplicantDied && t.status == TaskStatus::Open) {
        return Ok(());
    }
    let stops = [TaskKind::Decide, TaskKind::Approve, TaskKind::Hearing];
    case::rows::cancel_tasks(tx, case.id, &stops, "somebody died", desk.now).await?;
    for decision in decide::of_case(tx, case.id).await? {
        decide::drop_prepared(tx, &case, &decision).await?;
    }
    case.enter(Stage::Official, desk.today(), desk.now);
    case::rows::save(tx, &mut case, desk.now).await?;
    let detail = serde_json::json!({
        "died": dead,
        "on": on,
        "subject": subject,
        "applicant": case.applicant == dead,
        "may_claim": claimants(desk, &case.programme, case.applied_on),
    });
    case::rows::step(tx, desk, &case, StepKind::Noted, Actor::MACHINE, &detail).await?;
    let task = NewTask {
        kind: TaskKind::ApplicantDied,
        agency: None,
        due_on: None,
        assigned_to: case.assigned_to,
        barred: None,
        detail,
    };
    case::rows::open_task(tx, desk, &case, task).await?;
    Ok(())
}

/// Who may claim the programme, as codes of the pack: the official sees whether heirs are among them.
fn claimants<'a>(desk: &Desk<'a>, programme: &str, on: Date) -> &'a [String] {
    let version = desk.pack.programmes().get(programme).and_then(|p| p.versions.iter().find(|v| v.covers(on)));
    version.and_then(|v| v.claim.as_ref()).map_or(&[], |c| &c.who)
}

/// What an official does with a case that stopped because of a death.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum After {
    /// Somebody else applies from now on: an heir, the other parent, a guardian. Nothing goes to the dead.
    CarryOn(PersonId),
    /// It ends here.
    Close,
}

/// Settles a case that stopped because of a death. `why` names reason and law; it stands in the case.
pub async fn settle(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: &[Allowed],
    case: CaseId,
    after: After,
    why: &str,
) -> Result<(), Fault> {
    let mut case = case::rows::case(tx, case).await?.filter(|c| !c.stage.is_closed()).ok_or(Fault::NoCase)?;
    let tasks = case::rows::tasks(tx, case.id).await?;
    let waits = tasks.iter().find(|t| t.kind == TaskKind::ApplicantDied && t.status == TaskStatus::Open);
    let waits = waits.ok_or(Fault::NobodyDied)?;
    let about = case.subject.person().unwrap_or(case.applicant);
    let acts = |a: &Allowed| a.action() == Action::WorkCase;
    let theirs = who.role.is_staff() && official::theirs(desk, who, &case);
    if !theirs || !allowed.iter().any(|a| acts(a) && a.covers(about)) {
        return Err(Fault::NotAllowed);
    }
    let why = reason(Some(why)).ok_or(Fault::NoReason)?;
    let actor = Actor::of(who);
    match after {
        After::CarryOn(heir) => {
            may_follow(tx, desk, &case, heir).await?;
            let values = params![case.subject.uuid(), case.id, heir, desk.now, case.revision];
            if tx.execute(rows::CASE_HEIR, values).await? != 1 {
                return Err(StoreError::Conflict.into());
            }
            let mut case = case::rows::case(tx, case.id).await?.ok_or(StoreError::NotFound)?;
            case.enter(Stage::Received, desk.today(), desk.now);
            case::rows::save(tx, &mut case, desk.now).await?;
            let detail = serde_json::json!({ "carried_on_by": heir, "why": why });
            case::rows::step(tx, desk, &case, StepKind::Settled, actor, &detail).await?;
            tx.emit(desk.ids, desk.now, ADVANCE, &Advance { case: case.id }).await?;
            if case.decision.is_some() {
                let told = AfterDeath { case: case.id, ended: false, by: Some(who.account) };
                tx.emit(desk.ids, desk.now, AFTER_DEATH, &told).await?;
            }
        }
        After::Close => {
            if case.decision.is_some() {
                let told = AfterDeath { case: case.id, ended: true, by: Some(who.account) };
                tx.emit(desk.ids, desk.now, AFTER_DEATH, &told).await?;
            }
            let detail = serde_json::json!({ "why": why });
            reopen::close(tx, desk, &mut case, Stage::Void, StepKind::Voided, actor, detail).await?;
            return Ok(());
        }
    }
    if !case::rows::close_task(tx, waits, TaskStatus::Done, actor, &why, desk.now).await? {
        return Err(StoreError::Conflict.into());
    }
    Ok(())
}

/// Whether somebody may take the dead applicant's place: alive, not somebody the subject is protected from, and a member
/// of the household, kin of the subject or the dead, or holder of a mandate over the subject.
async fn may_follow(tx: &mut Tx, desk: &Desk<'_>, case: &Case, heir: PersonId) -> Result<(), Fault> {
    let alive = life(tx, desk, heir).await?.is_some_and(|l| l.died.is_none());
    let others: Vec<PersonId> = case.subject.person().into_iter().chain([case.applicant]).collect();
    for other in &others {
        if registry::between(tx, heir, *other, desk.today(), 0).await?.perpetrator_side {
            return Err(Fault::NotAnHeir);
        }
    }
    let whole = registry::read::person(tx, heir, AsOf::latest(desk.today())).await?.ok_or(Fault::NotAnHeir)?;
    let basis = desk.basis(Cause::Death).map_err(|e| StoreError::Driver(e.to_string()))?;
    let kin = whole.process(&basis, |p| p.kin.iter().any(|k| others.contains(&k.other)));
    let member = household::household_of(tx, desk, heir).await? == Some(case.household);
    let mandated = match case.subject.person() {
        Some(person) => mandate::granted(tx, heir, person, Some(&case.programme), desk.today()).await?.is_some(),
        None => false,
    };
    if alive && (kin || member || mandated) { Ok(()) } else { Err(Fault::NotAnHeir) }
}
