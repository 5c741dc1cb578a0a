//! The worklist of an office: open tasks by legal day.

use std::collections::BTreeSet;

use catalogue::model::Level;
use guard::{Action, Allowed, Decision, Relation, Request, Resource, Who};
use kernel::{AccountId, Date, Instant, PersonId, TaskId};
use registry::sight::{Seen, Sight, relations};
use serde::Serialize;
use store::{Row, StoreError, ToValue, Tx, Value, params};

use super::model::{Case, Task, TaskKind};
use super::rows::{Actor, read_task};
use crate::decide::official;
use crate::desk::Desk;
use crate::investigate::settle;

/// The columns of a task, its case's stage, revision and persons.
macro_rules! select {
    ($from:literal) => {
        concat!(
            "select t.subject_id, t.task_id, t.case_id, t.kind, t.programme, t.agency, t.jurisdiction, t.status, t.due_on, ",
            "t.assigned_to, t.barred_account, t.detail, t.opened_at, t.closed_at, t.outcome, t.sort_key, ",
            "c.subject_kind, c.applicant_id from ",
            $from
        )
    };
}

store::sql! {
    OF_OFFICE = select!("task t join benefit_case c on c.subject_id = t.subject_id and c.case_id = t.case_id
        where t.agency = $1 and t.jurisdiction = $2 and t.status = 'open' and t.sort_key > $3
        and ($5 = '' or t.kind = $5) and ($6 = '' or t.programme = $6) order by t.sort_key limit $4");
    OF_NO_OFFICE = select!("task t join benefit_case c on c.subject_id = t.subject_id and c.case_id = t.case_id
        where t.agency = $1 and t.jurisdiction is null and t.status = 'open' and t.sort_key > $2
        and ($4 = '' or t.kind = $4) and ($5 = '' or t.programme = $5) order by t.sort_key limit $3");
    OF_AGENCY = select!("task t join benefit_case c on c.subject_id = t.subject_id and c.case_id = t.case_id
        where t.agency = $1 and t.status = 'open' and t.sort_key > $2
        and ($4 = '' or t.kind = $4) and ($5 = '' or t.programme = $5) order by t.sort_key limit $3");
    OF_OFFICIAL = select!("task t join benefit_case c on c.subject_id = t.subject_id and c.case_id = t.case_id
        where t.assigned_to = $1 and t.status = 'open' and t.sort_key > $2
        and ($4 = '' or t.kind = $4) and ($5 = '' or t.programme = $5) order by t.sort_key limit $3");
    LOAD = "select assigned_to, kind, count(*) as n, min(due_on) as first_due, count(case when due_on < $3 then 1 end) as late from task where agency = $1 and jurisdiction = $2 and status = 'open' group by assigned_to, kind";
    ASSIGN = "update task set assigned_to = $3 where subject_id = $1 and task_id = $2 and status = 'open'";
    ASSIGN_CASE = "update benefit_case set assigned_to = $3, revision = revision + 1 where subject_id = $1 and case_id = $2";
    ASSIGNED_PERSONS = "select t.task_id, t.subject_id, t.case_id, t.sort_key, c.subject_kind, c.applicant_id from task t join benefit_case c on c.subject_id = t.subject_id and c.case_id = t.case_id
        where t.assigned_to = $1 and t.status = 'open' and t.agency = $2 order by t.sort_key limit $3";
    DECIDED = "select d.programme, c.opened_at, c.due_on, d.decided_at from
        (select distinct t.subject_id, t.case_id from task t where t.agency = $1 and t.jurisdiction = $2 and t.status in ('done', 'cancelled') and t.closed_at >= $3) w
        join benefit_case c on c.subject_id = w.subject_id and c.case_id = w.case_id
        join decision d on d.subject_id = c.subject_id and d.decision_id = c.decision_id
        where d.decided_at >= $3 order by d.decided_at desc limit $4";
    CONCERNS = "select distinct t.subject_id from task t where t.status = 'open' and (t.assigned_to = $1 or (t.agency = $2 and t.jurisdiction = $3))
        and t.subject_id in ($4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)";
    CONCERNS_HOUSEHOLD = "select t.case_id from benefit_case c join task t on t.subject_id = c.subject_id and t.case_id = c.case_id
        where c.household_id = $1 and t.status = 'open' and (t.assigned_to = $2 or (t.agency = $3 and t.jurisdiction = $4)) limit 1";
}

/// Which part of the work to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// What the official has in hand.
    Mine,
    /// Everything of the office.
    Office,
}

/// Narrows a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only this kind of task.
    pub kind: Option<TaskKind>,
    /// Only this programme.
    pub programme: Option<String>,
}

/// A page of the list.
#[derive(Clone, Debug, Serialize)]
pub struct Listed {
    /// The lines, the most urgent first.
    pub lines: Vec<WorkLine>,
    /// Where the next page begins; `None` at the end. Lines the viewer may not open are left out of [`Listed::lines`], so a
    /// page may hold fewer than asked for and yet not be the last.
    pub next: Option<String>,
}

/// How long decisions on one programme took.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Took {
    /// The programme.
    pub programme: String,
    /// How many decisions.
    pub decided: usize,
    /// Half of them took at most so many days from the opening of the case.
    pub median_days: i64,
    /// The longest, in days.
    pub longest_days: i64,
    /// How many came after the legal day.
    pub late: usize,
}

/// One line of the list.
#[derive(Clone, Debug, Serialize)]
pub struct WorkLine {
    /// The task.
    pub task: Task,
    /// The person it is about: the subject, or the applicant for a household's case.
    pub person: PersonId,
    /// Their name.
    pub name: String,
    /// Where the next page begins.
    pub after: String,
}

/// The load of one official, or of nobody yet, by kind of task.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Load {
    /// The official; `None`: nobody yet.
    pub account: Option<AccountId>,
    /// The kind of task.
    pub kind: TaskKind,
    /// How many.
    pub count: i64,
    /// The earliest legal day among them.
    pub first_due: Option<kernel::Date>,
    /// How many are past their legal day.
    pub late: i64,
}

/// The office of an official: the agency, and the district unless they work for a larger place.
pub fn office(desk: &Desk<'_>, who: &Who) -> (String, Option<String>) {
    let place = who.jurisdiction.as_deref();
    let level = place.and_then(|p| desk.pack.jurisdictions().get(p)).map(|j| j.level);
    let wide = matches!(level, None | Some(Level::Country | Level::Province));
    (who.organisation.clone(), place.filter(|_| !wide).map(|p| desk.office_of(p)))
}

/// Whose tasks an official lists.
enum Places {
    /// One office, or those of a province and what has no place.
    These { offices: BTreeSet<String>, placeless: bool },
    /// All of the agency.
    All,
}

impl Places {
    fn of(desk: &Desk<'_>, who: &Who) -> Places {
        if let (_, Some(own)) = office(desk, who) {
            return Places::These { offices: BTreeSet::from([own]), placeless: false };
        }
        let places = desk.pack.jurisdictions();
        match who.jurisdiction.as_deref().and_then(|p| places.get(p)) {
            Some(own) if own.level == Level::Province => {
                let below = places.ids().filter(|place| desk.pack.within(place, &own.id));
                Places::These { offices: below.map(|place| desk.office_of(place)).collect(), placeless: true }
            }
            _ => Places::All,
        }
    }
}

/// Whether a case is closed and the viewer's own office handled it: then it may be opened again, to be read, for a reason.
pub fn closed_here(desk: &Desk<'_>, who: &Who, case: &Case) -> bool {
    let (agency, place) = office(desk, who);
    let there = || case.jurisdiction.as_deref().map(|p| desk.office_of(p));
    case.stage.is_closed() && case.agency == agency && (place.is_none() || place == there())
}

/// A page of open tasks the viewer may list, the most urgent first, from `after` on ("" is the beginning), with the place
/// where the next page begins.
#[expect(clippy::too_many_arguments, reason = "who looks, at what, from where on")]
pub async fn list(
    tx: &mut Tx,
    desk: &Desk<'_>,
    sight: &Sight<'_>,
    agencies: &[String],
    scope: Scope,
    filter: &Filter,
    after: &str,
    most: u32,
) -> Result<Seen<Listed>, StoreError> {
    let kind = filter.kind.map_or("", TaskKind::word);
    let programme = filter.programme.as_deref().unwrap_or_default();
    let mut rows: Vec<Row> = Vec::new();
    match scope {
        Scope::Mine => {
            rows = tx.all(OF_OFFICIAL, params![sight.who.account, after, most, kind, programme]).await?;
        }
        Scope::Office => {
            let places = Places::of(desk, sight.who);
            for agency in agencies {
                let wide = params![agency, after, most, kind, programme];
                match &places {
                    Places::All => rows.extend(tx.all(OF_AGENCY, wide).await?),
                    Places::These { offices, placeless } => {
                        for place in offices {
                            let values = params![agency, place, after, most, kind, programme];
                            rows.extend(tx.all(OF_OFFICE, values).await?);
                        }
                        if *placeless {
                            rows.extend(tx.all(OF_NO_OFFICE, wide).await?);
                        }
                    }
                }
            }
        }
    }
    let mut lines = rows.iter().map(line).collect::<Result<Vec<_>, _>>()?;
    lines.sort_by(|a, b| a.after.cmp(&b.after));
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    lines.truncate(most);
    let next = lines.last().filter(|_| lines.len() == most).map(|l| l.after.clone());
    let persons: BTreeSet<PersonId> = lines.iter().map(|l| l.person).collect();
    let mut relations = relations(tx, sight, persons.iter().copied()).await?;
    // Every line is an open task in the viewer's own hands or office.
    relations.values_mut().for_each(|r| r.open_case = true);
    // Of the own family's cases, and of a perpetrator's victims', an official learns not even that there are any.
    relations.retain(|_, r| may_open(sight, *r));
    lines.retain(|l| relations.contains_key(&l.person));
    let names = registry::read::names(tx, relations.keys().copied(), desk.today()).await?;
    for line in &mut lines {
        line.name = names.get(&line.person).cloned().unwrap_or_default();
    }
    let shown: Vec<PersonId> = relations.keys().copied().collect();
    let about: Vec<_> = relations.into_iter().collect();
    Ok(Seen { sealed: guard::Sealed::new(Listed { lines, next }, shown), about })
}

/// Whether somebody standing so to the viewer may have a case opened by them at all.
pub(crate) fn may_open(sight: &Sight<'_>, relation: Relation) -> bool {
    let resource = Resource::person(PersonId(uuid::Uuid::nil()), relation);
    let request = Request {
        look: uuid::Uuid::nil(),
        now: Instant::start_of(sight.today),
        who: sight.who,
        action: Action::ViewCase,
        resource: &resource,
        purpose: sight.purpose,
    };
    matches!(sight.policies.decide(&request), Decision::Allowed(_))
}

fn line(row: &Row) -> Result<WorkLine, StoreError> {
    let task = read_task(row)?;
    let kind: String = row.get("subject_kind")?;
    let person = if kind == "person" { PersonId(task.subject_id) } else { row.get("applicant_id")? };
    Ok(WorkLine { task, person, name: String::new(), after: row.get("sort_key")? })
}

/// How much each official of an office has in hand.
pub async fn load(tx: &mut Tx, agency: &str, district: &str, today: Date) -> Result<Vec<Load>, StoreError> {
    let read = |row: &Row| {
        Ok(Load {
            account: row.maybe("assigned_to")?,
            kind: row.parse("kind")?,
            count: row.get("n")?,
            first_due: row.maybe("first_due")?,
            late: row.get("late")?,
        })
    };
    tx.all(LOAD, params![agency, district, today]).await?.iter().map(read).collect()
}

/// Gives a task, and with it the case, to an official (or to nobody). The guard's decision on `assign_cases`, or on
/// `work_case` for taking it oneself, is the caller's business; who prepared what is to be checked never gets it.
pub async fn assign(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    task: TaskId,
    to: Option<AccountId>,
) -> Result<bool, StoreError> {
    give(tx, desk, Actor::of(who), task, to).await
}

/// As [`assign`], also by the machine.
pub(super) async fn give(
    tx: &mut Tx,
    desk: &Desk<'_>,
    actor: Actor<'_>,
    task: TaskId,
    to: Option<AccountId>,
) -> Result<bool, StoreError> {
    let Some(task) = super::rows::task(tx, task).await? else { return Ok(false) };
    if to.is_some() && task.barred == to {
        return Ok(false);
    }
    if tx.execute(ASSIGN, params![task.subject_id, task.id, to]).await? != 1 {
        return Ok(false);
    }
    tx.execute(ASSIGN_CASE, params![task.subject_id, task.case, to]).await?;
    if let Some(case) = super::rows::case(tx, task.case).await? {
        let said = serde_json::json!({ "task": task.id, "to": to });
        super::rows::step(tx, desk, &case, super::model::StepKind::Assigned, actor, &said).await?;
    }
    Ok(true)
}

/// The open tasks an official has from an agency, each with the person it is about, so that the guard can be asked before
/// they are handed on. Nothing else of them is read.
pub async fn in_hand(
    tx: &mut Tx,
    agency: &str,
    account: AccountId,
    most: u32,
) -> Result<Vec<(TaskId, PersonId)>, StoreError> {
    let rows = tx.all(ASSIGNED_PERSONS, params![account, agency, most]).await?;
    let read = |row: &Row| {
        let kind: String = row.get("subject_kind")?;
        let person: PersonId = if kind == "person" { row.get("subject_id")? } else { row.get("applicant_id")? };
        Ok((row.get("task_id")?, person))
    };
    rows.iter().map(read).collect()
}

/// How long the decisions of an office since a moment took, by programme; the latest `most` of them.
pub async fn took(
    tx: &mut Tx,
    desk: &Desk<'_>,
    agency: &str,
    district: &str,
    since: Instant,
    most: u32,
) -> Result<Vec<Took>, StoreError> {
    let offset = desk.pack.manifest().utc_offset_hours;
    let mut by_programme: std::collections::BTreeMap<String, Vec<(i64, bool)>> = std::collections::BTreeMap::new();
    for row in tx.all(DECIDED, params![agency, district, since, most]).await? {
        let (opened, decided): (Instant, Instant) = (row.get("opened_at")?, row.get("decided_at")?);
        let due: Option<Date> = row.maybe("due_on")?;
        let on = decided.date(offset);
        let days = i64::from((on - opened.date(offset)).get_days());
        by_programme.entry(row.get("programme")?).or_default().push((days, due.is_some_and(|due| due < on)));
    }
    let sum_up = |(programme, mut all): (String, Vec<(i64, bool)>)| {
        all.sort_unstable();
        Took {
            programme,
            decided: all.len(),
            median_days: all.get(all.len() / 2).map_or(0, |(days, _)| *days),
            longest_days: all.last().map_or(0, |(days, _)| *days),
            late: all.iter().filter(|(_, late)| *late).count(),
        }
    };
    Ok(by_programme.into_iter().map(sum_up).collect())
}

/// Closes a task that asks for a look and nothing else (a report no fact can say, an answer that fits no question, an order
/// that was refused), with what came of the look.
pub async fn looked(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: &Allowed,
    task: TaskId,
    words: &str,
) -> Result<(), settle::Fault> {
    let task = super::rows::task(tx, task).await?.ok_or(settle::Fault::NoTask)?;
    if !matches!(task.kind, TaskKind::Report | TaskKind::OrderRefused) {
        return Err(settle::Fault::OtherTask);
    }
    let case = super::rows::case(tx, task.case).await?.ok_or(settle::Fault::NoCase)?;
    let may = allowed.action() == Action::WorkCase && allowed.covers(official::of(&case));
    if !may || !official::theirs(desk, who, &case) {
        return Err(settle::Fault::NotAllowed);
    }
    let words = settle::words_of(words)?;
    let actor = Actor::of(who);
    if !super::rows::close_task(tx, &task, super::model::TaskStatus::Done, actor, "looked at", desk.now).await? {
        return Err(settle::Fault::Done);
    }
    let said = serde_json::json!({ "task": task.kind, "note": words });
    super::rows::step(tx, desk, &case, super::model::StepKind::Noted, actor, &said).await?;
    Ok(())
}

/// Which of these people, or of the household, the official has an open task about: the open-case relation of the guard.
pub async fn open_cases(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    household: Option<kernel::HouseholdId>,
    persons: &[PersonId],
) -> Result<BTreeSet<PersonId>, StoreError> {
    let mut concerned = BTreeSet::new();
    if !who.role.is_staff() {
        return Ok(concerned);
    }
    let (agency, district) = office(desk, who);
    let district = district.unwrap_or_default();
    if let Some(household) = household {
        let values = params![household, who.account, agency, district];
        if tx.maybe(CONCERNS_HOUSEHOLD, values).await?.is_some() {
            concerned.extend(persons.iter().copied());
            return Ok(concerned);
        }
    }
    for chunk in persons.chunks(16) {
        let mut values = params![who.account, agency, district].to_vec();
        values.extend(chunk.iter().map(ToValue::to_value));
        // Unused places repeat the nil id, which nobody has.
        values.resize(3 + 16, Value::Uuid(Some(uuid::Uuid::nil())));
        for row in tx.all(CONCERNS, &values).await? {
            concerned.insert(row.get("subject_id")?);
        }
    }
    Ok(concerned)
}
