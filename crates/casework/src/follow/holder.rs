//! An account whose holder does not bear the name of who is paid: an official sees both names and says what holds. Until
//! then nothing is paid to it; neither the machine's *yes* nor its *no* is good enough.

use guard::{Action, Allowed, Who};
use kernel::{AccountId, CaseId, PayAccountId, PersonId, TaskId};
use registry::{AsOf, Origin};
use serde::{Deserialize, Serialize};
use store::{StoreError, Tx};

use crate::case::model::in_days;
use crate::case::open::{ADVANCE, Advance};
use crate::case::rows::{self as cases, NewTask};
use crate::case::{Actor, Case, StepKind, Task, TaskKind, TaskStatus};
use crate::decide::official;
use crate::desk::Desk;
use crate::investigate::settle::{self, Fault};
use crate::model::{Cause, Subject};
use crate::{household, letter};

/// The topic under which payments are told what an official found.
pub const SETTLED: &str = "account.settled";

/// The two names, for the official's page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Differs {
    /// Who is paid.
    pub person: PersonId,
    /// The account.
    pub account: PayAccountId,
    /// The item of the data dictionary that says it; empty in tasks of before: the account money goes to.
    #[serde(default)]
    pub item: String,
    /// Bank and last digits, as facts have it.
    pub masked: String,
    /// The holder as given.
    pub holder: String,
    /// The names of who is paid in the register, in every script known.
    pub names: Vec<String>,
}

/// What an official found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settled {
    /// Who is paid.
    pub person: PersonId,
    /// The account.
    pub account: PayAccountId,
    /// Whether it is theirs.
    pub theirs: bool,
    /// How it is known.
    pub words: String,
    /// Who says so.
    pub by: AccountId,
}

/// Opens a task in the newest case in which this person is paid; an earlier account's task ends. `None`: there is no such
/// case, and the account stays with finance as not verified.
pub async fn differs(tx: &mut Tx, desk: &Desk<'_>, it: &Differs) -> Result<Option<CaseId>, StoreError> {
    let all = of_payee(tx, desk, it.person).await?;
    forget(tx, desk, &all, &it.item).await?;
    // The office that pays to the account looks at it, before one that gives a thing or a service.
    let newest = all.into_iter().max_by_key(|c| (asks_for_it(desk, c, &it.item), c.closed_at.is_none(), c.opened_at));
    let Some(case) = newest else { return Ok(None) };
    let task = NewTask {
        kind: TaskKind::AccountHolder,
        agency: None,
        due_on: Some(in_days(desk.today(), desk.pack.process(&case.programme).reply_days)),
        assigned_to: case.assigned_to,
        barred: None,
        detail: it,
    };
    cases::open_task(tx, desk, &case, task).await?;
    Ok(Some(case.id))
}

/// Whether the programme of a case asks for this account.
fn asks_for_it(desk: &Desk<'_>, case: &Case, item: &str) -> bool {
    let versions = desk.pack.programmes().get(&case.programme).map_or(&[][..], |p| &p.versions);
    let version = versions.iter().find(|v| v.covers(desk.today()));
    version.and_then(|v| v.claim.as_ref()).is_some_and(|claim| claim.evidence.iter().any(|asked| asked == item))
}

/// The holder's name is known to be right: what was asked about it is no question any more.
pub async fn agrees(tx: &mut Tx, desk: &Desk<'_>, person: PersonId, item: &str) -> Result<(), StoreError> {
    let all = of_payee(tx, desk, person).await?;
    forget(tx, desk, &all, item).await
}

async fn of_payee(tx: &mut Tx, desk: &Desk<'_>, person: PersonId) -> Result<Vec<Case>, StoreError> {
    let Some(home) = household::household_of(tx, desk, person).await? else { return Ok(Vec::new()) };
    let mut all = cases::of_household(tx, home).await?;
    all.retain(|c| c.applicant == person || c.subject == Subject::Person(person));
    Ok(all)
}

/// Ends what is open about another account for the same: a card is no answer to a question about a bank account.
async fn forget(tx: &mut Tx, desk: &Desk<'_>, all: &[Case], item: &str) -> Result<(), StoreError> {
    let same = |task: &Task| {
        let asked = task.detail.get("item").and_then(serde_json::Value::as_str).unwrap_or_default();
        asked.is_empty() || asked == item
    };
    for case in all {
        for task in cases::tasks(tx, case.id).await? {
            if task.kind == TaskKind::AccountHolder && task.status == TaskStatus::Open && same(&task) {
                let (how, why) = (TaskStatus::Cancelled, "another account was given");
                cases::close_task(tx, &task, how, Actor::MACHINE, why, desk.now).await?;
            }
        }
    }
    Ok(())
}

/// An official says whether the account is the payee's. If not, it ends, and the family is asked for another: by a letter
/// for each account that was refused, and by the question of every case that still waits. The holder of the next one is held
/// against the register as this one's was ([`differs`]).
pub async fn settle(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: &Allowed,
    task: TaskId,
    theirs: bool,
    words: &str,
) -> Result<(), Fault> {
    let task = cases::task(tx, task).await?.ok_or(Fault::NoTask)?;
    if task.kind != TaskKind::AccountHolder {
        return Err(Fault::OtherTask);
    }
    let case = cases::case(tx, task.case).await?.ok_or(Fault::NoCase)?;
    let may = allowed.action() == Action::WorkCase && allowed.covers(official::of(&case));
    if !may || !official::theirs(desk, who, &case) {
        return Err(Fault::NotAllowed);
    }
    let words = settle::words_of(words)?;
    let outcome = if theirs { "theirs" } else { "not theirs" };
    if !cases::close_task(tx, &task, TaskStatus::Done, Actor::of(who), outcome, desk.now).await? {
        return Err(Fault::Done);
    }
    let it: Differs = serde_json::from_value(task.detail.clone())
        .map_err(|e| StoreError::Inconsistent { column: "detail".into(), detail: e.to_string() })?;
    let said = serde_json::json!({ "task": task.kind, "theirs": theirs, "note": words });
    cases::step(tx, desk, &case, StepKind::Noted, Actor::of(who), &said).await?;
    if !theirs {
        unsay(tx, desk, who, &it).await?;
        letter::write(tx, desk, &case, letter::Kind::Account, &it.account.to_string(), desk.today().into()).await?;
        let waits = of_payee(tx, desk, it.person).await?.into_iter().filter(|c| c.closed_at.is_none());
        for case in waits {
            tx.emit(desk.ids, desk.now, ADVANCE, &Advance { case: case.id }).await?;
        }
    }
    let (person, account) = (it.person, it.account);
    let told = Settled { person, account, theirs, words: words.to_owned(), by: who.account };
    tx.emit(desk.ids, desk.now, SETTLED, &told).await?;
    Ok(())
}

/// Takes back that the account is known, so that the next application asks for it.
async fn unsay(tx: &mut Tx, desk: &Desk<'_>, who: &Who, it: &Differs) -> Result<(), Fault> {
    let rule = desk.pack.accounts().find(|rule| it.item.is_empty() || rule.item == it.item);
    let Some(rule) = rule else { return Ok(()) };
    let Some(whole) = registry::read::person(tx, it.person, AsOf::latest(desk.today())).await? else { return Ok(()) };
    let basis = desk.basis(Cause::FactChange).map_err(|e| StoreError::Driver(e.to_string()))?;
    let value = registry::FactValue::Text(it.masked.clone());
    let said = |f: &&registry::fact::Fact| f.item == rule.item && f.value == value;
    let facts: Vec<_> = whole.process(&basis, |p| p.facts.iter().filter(said).map(|f| f.id).collect());
    let origin = Origin::new(&desk.pack.manifest().id, &rule.law, format!("account {}", who.account));
    for fact in facts {
        let subject = registry::Subject::Person(it.person);
        registry::fact::withdraw(tx, desk.pen(&origin), subject, fact).await.map_err(|e| match e {
            registry::fact::FactError::Store(why) => Fault::Store(why),
            other => Fault::Store(StoreError::Driver(other.to_string())),
        })?;
    }
    Ok(())
}
