//! The worklist of an office: open tasks by legal day.

use std::collections::BTreeSet;

use guard::Who;
use kernel::{AccountId, PersonId, TaskId};
use registry::sight::{Seen, Sight, relations};
use serde::Serialize;
use store::{Row, StoreError, Tx, Value, params};

use super::model::{Task, TaskKind};
use super::rows::read_task;
use crate::desk::Desk;

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
        where t.agency = $1 and t.jurisdiction = $2 and t.status = 'open' and t.sort_key > $3 order by t.sort_key limit $4");
    OF_AGENCY = select!("task t join benefit_case c on c.subject_id = t.subject_id and c.case_id = t.case_id
        where t.agency = $1 and t.status = 'open' and t.sort_key > $2 order by t.sort_key limit $3");
    OF_OFFICIAL = select!("task t join benefit_case c on c.subject_id = t.subject_id and c.case_id = t.case_id
        where t.assigned_to = $1 and t.status = 'open' and t.sort_key > $2 order by t.sort_key limit $3");
    LOAD = "select assigned_to, kind, count(*) as n, min(due_on) as first_due from task where agency = $1 and jurisdiction = $2 and status = 'open' group by assigned_to, kind";
    ASSIGN = "update task set assigned_to = $3 where subject_id = $1 and task_id = $2 and status = 'open'";
    ASSIGN_CASE = "update benefit_case set assigned_to = $3, revision = revision + 1 where subject_id = $1 and case_id = $2";
    CONCERNS = "select t.case_id from task t where t.subject_id = $1 and t.status = 'open' and (t.assigned_to = $2 or (t.agency = $3 and t.jurisdiction = $4)) limit 1";
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
}

/// The office of an official: the agency, and the district unless they work for a larger place.
pub fn office(desk: &Desk<'_>, who: &Who) -> (String, Option<String>) {
    use catalogue::model::Level;
    let place = who.jurisdiction.as_deref();
    let level = place.and_then(|p| desk.pack.jurisdictions().get(p)).map(|j| j.level);
    let wide = matches!(level, None | Some(Level::Country | Level::Province));
    (who.organisation.clone(), place.filter(|_| !wide).map(|p| desk.office_of(p)))
}

/// A page of open tasks the viewer may list, the most urgent first, from `after` on ("" is the beginning).
pub async fn page(
    tx: &mut Tx,
    desk: &Desk<'_>,
    sight: &Sight<'_>,
    agencies: &[String],
    scope: Scope,
    after: &str,
    most: u32,
) -> Result<Seen<Vec<WorkLine>>, StoreError> {
    let (_, district) = office(desk, sight.who);
    let mut rows: Vec<Row> = Vec::new();
    match scope {
        Scope::Mine => rows = tx.all(OF_OFFICIAL, params![sight.who.account, after, most]).await?,
        Scope::Office => {
            for agency in agencies {
                let (sql, values): (&'static str, Vec<Value>) = match &district {
                    Some(place) => (OF_OFFICE, params![agency, place, after, most].to_vec()),
                    None => (OF_AGENCY, params![agency, after, most].to_vec()),
                };
                rows.extend(tx.all(sql, &values).await?);
            }
        }
    }
    let mut lines = rows.iter().map(line).collect::<Result<Vec<_>, _>>()?;
    lines.sort_by(|a, b| a.after.cmp(&b.after));
    lines.truncate(usize::try_from(most).unwrap_or(usize::MAX));
    let persons: BTreeSet<PersonId> = lines.iter().map(|l| l.person).collect();
    let relations = relations(tx, sight, persons.iter().copied()).await?;
    let names = registry::read::names(tx, persons.iter().copied(), desk.today()).await?;
    // Who stands on a perpetrator's side learns not even that there is a case.
    lines.retain(|l| relations.get(&l.person).is_some_and(|r| !r.perpetrator_side));
    for line in &mut lines {
        line.name = names.get(&line.person).cloned().unwrap_or_default();
    }
    let shown: BTreeSet<PersonId> = lines.iter().map(|l| l.person).collect();
    let about: Vec<_> = relations.into_iter().filter(|(p, _)| shown.contains(p)).collect();
    Ok(Seen { sealed: guard::Sealed::new(lines, shown), about })
}

fn line(row: &Row) -> Result<WorkLine, StoreError> {
    let task = read_task(row)?;
    let kind: String = row.get("subject_kind")?;
    let person = if kind == "person" { PersonId(task.subject_id) } else { row.get("applicant_id")? };
    Ok(WorkLine { task, person, name: String::new(), after: row.get("sort_key")? })
}

/// How much each official of an office has in hand.
pub async fn load(tx: &mut Tx, agency: &str, district: &str) -> Result<Vec<Load>, StoreError> {
    let read = |row: &Row| {
        Ok(Load {
            account: row.maybe("assigned_to")?,
            kind: row.parse("kind")?,
            count: row.get("n")?,
            first_due: row.maybe("first_due")?,
        })
    };
    tx.all(LOAD, params![agency, district]).await?.iter().map(read).collect()
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
        let actor = super::rows::Actor::of(who);
        super::rows::step(tx, desk, &case, super::model::StepKind::Assigned, actor, &said).await?;
    }
    Ok(true)
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
    for person in persons {
        let values = params![*person, who.account, agency, district];
        if tx.maybe(CONCERNS, values).await?.is_some() {
            concerned.insert(*person);
        }
    }
    Ok(concerned)
}
