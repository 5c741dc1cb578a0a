//! Cases as people read them: sealed, with everybody whose data they hold.

use std::collections::BTreeMap;

use kernel::{CaseId, DecisionId, HouseholdId, PersonId, TaskId};
use registry::sight::{Seen, Sight, relations};
use rules::outcome::Answer;
use rules::schema::Entity;
use serde::Serialize;
use store::{StoreError, Tx};

use super::model::{Case, Step, Task};
use super::rows;
use crate::application::mandate;
use crate::decide::object::{self, Objection};
use crate::decide::{self, Decision, DecisionStatus};
use crate::desk::Desk;
use crate::determine::{self, Basis, Changed, Determination, Determined, Side, changed};
use crate::investigate::{self, Need, Request};
use crate::letter::{self, Letter};

/// Everything about one case.
#[derive(Clone, Debug, Serialize)]
pub struct CaseView {
    /// The case.
    pub case: Case,
    /// Its legal day, a running pause counted in.
    pub due_on: Option<kernel::Date>,
    /// What happened, in order.
    pub steps: Vec<Step>,
    /// Questions to agencies.
    pub requests: Vec<Request>,
    /// What was worked out, the first first.
    pub determinations: Vec<Determination>,
    /// What was decided or prepared, the first first.
    pub decisions: Vec<Decision>,
    /// Objections and orders.
    pub objections: Vec<Objection>,
    /// Tasks, done ones too.
    pub tasks: Vec<Task>,
    /// As it would be determined now; `None` for a closed case.
    pub now: Option<determine::Determined>,
    /// What is wanted now, and of whom.
    pub needs: Vec<Need>,
    /// What is otherwise than before, month by month and with the facts behind it.
    pub changes: Changes,
}

/// What decisions, and a look of today, say otherwise than the decision before.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Changes {
    /// Of each decision that took another's place.
    pub decisions: BTreeMap<DecisionId, Changed>,
    /// As of now, against the decision in force.
    pub now: Option<Changed>,
}

/// A case in a list.
#[derive(Clone, Debug, Serialize)]
pub struct CaseLine {
    /// The case.
    pub case: Case,
    /// The decision in force.
    pub decision: Option<Decision>,
    /// Questions to agencies.
    pub requests: Vec<Request>,
    /// What the family is asked.
    pub asked: Vec<Need>,
}

/// Who is concerned by a case, to ask the guard before anything is done with it: household and person.
pub async fn concerned(tx: &mut Tx, id: CaseId) -> Result<Option<(HouseholdId, PersonId)>, StoreError> {
    let case = rows::case(tx, id).await?;
    Ok(case.map(|c| (c.household, decide::official::of(&c))))
}

/// The case of a task.
pub async fn case_of_task(tx: &mut Tx, id: TaskId) -> Result<Option<CaseId>, StoreError> {
    Ok(rows::task(tx, id).await?.map(|t| t.case))
}

/// The case of a decision.
pub async fn case_of_decision(tx: &mut Tx, id: DecisionId) -> Result<Option<CaseId>, StoreError> {
    Ok(decide::one(tx, id).await?.map(|d| d.case))
}

/// The case of an objection.
pub async fn case_of_objection(tx: &mut Tx, id: kernel::ObjectionId) -> Result<Option<CaseId>, StoreError> {
    Ok(object::one(tx, id).await?.map(|o| o.case))
}

/// The cases of an application without anything personal but ids. Never shown.
pub async fn of_application(tx: &mut Tx, id: kernel::ApplicationId) -> Result<Vec<Case>, StoreError> {
    rows::of_application(tx, id).await
}

/// A decision in force, for other rooms that act on it (payment). Never shown.
pub async fn decided(tx: &mut Tx, id: DecisionId) -> Result<Option<(Case, Decision)>, StoreError> {
    let Some(decision) = decide::one(tx, id).await? else { return Ok(None) };
    Ok(rows::case(tx, decision.case).await?.map(|case| (case, decision)))
}

/// A case without anything personal but ids, for other rooms that act on it. Never shown.
pub async fn bare(tx: &mut Tx, id: CaseId) -> Result<Option<Case>, StoreError> {
    rows::case(tx, id).await
}

/// One case with all that belongs to it.
pub async fn one(
    tx: &mut Tx,
    desk: &Desk<'_>,
    sight: &Sight<'_>,
    id: CaseId,
) -> Result<Option<Seen<CaseView>>, StoreError> {
    let Some(case) = rows::case(tx, id).await? else { return Ok(None) };
    let mut persons = crate::household::member_ids(tx, desk, case.household).await?;
    persons.extend(case.subject.person().filter(|p| !persons.contains(p)));
    let mut about: Vec<_> = relations(tx, sight, persons.clone()).await?.into_iter().collect();
    // Who stands in for the person is shown what the person is; everybody whose data it holds finds the look in their trail.
    if mandate::stands_in(tx, desk, sight, &case).await? {
        about.iter_mut().for_each(|(_, relation)| relation.mandated = true);
    }
    let (now, needs) = now(tx, desk, &case).await?;
    let determinations = determine::of_case(tx, id).await?;
    let decisions = decide::of_case(tx, id).await?;
    let changes = changes(tx, desk, &case, (&determinations, &decisions), now.as_ref()).await?;
    let view = CaseView {
        due_on: case.due_as_of(desk.today()),
        steps: rows::steps(tx, id).await?,
        requests: investigate::of_case(tx, id).await?,
        determinations,
        decisions,
        objections: object::of_case(tx, id).await?,
        tasks: rows::tasks(tx, id).await?,
        now: now.map(|(_, determined)| determined),
        needs,
        changes,
        case,
    };
    Ok(Some(Seen { sealed: guard::Sealed::new(view, persons), about }))
}

/// As an open case would be determined now, and what is wanted for it.
async fn now(
    tx: &mut Tx,
    desk: &Desk<'_>,
    case: &Case,
) -> Result<(Option<(Basis, Determined)>, Vec<Need>), StoreError> {
    if case.stage.is_closed() {
        return Ok((None, Vec::new()));
    }
    let Some(basis) = determine::load(tx, desk, case).await? else { return Ok((None, Vec::new())) };
    let determined = determine::work_out(desk.pack, &basis);
    let confirmed = investigate::ask::confirmed(tx, desk, case).await?;
    let needs = investigate::needs(desk.pack, &basis, case.applicant, &determined, &confirmed);
    Ok((Some((basis, determined)), needs))
}

/// Holds every decision against the one whose place it took, and what would be decided now against the one in force.
async fn changes(
    tx: &mut Tx,
    desk: &Desk<'_>,
    case: &Case,
    (determinations, decisions): (&[Determination], &[Decision]),
    now: Option<&(Basis, Determined)>,
) -> Result<Changes, StoreError> {
    let read = desk.pack.program().items_of(&case.programme);
    let reads = |entity: Entity, item: &str| read.iter().any(|(of, id)| *of == entity && **id == *item);
    let rests_on = |d: &Decision| determinations.iter().find(|it| it.id == d.determination);
    let mut changes = Changes::default();
    for d in decisions {
        let earlier = decisions.iter().find(|e| Some(e.id) == d.supersedes).filter(|e| e.content.granted);
        let (Some(earlier), Some(after)) = (earlier, rests_on(d)) else { continue };
        let Some(before) = rests_on(earlier) else { continue };
        let (old, new) = (determine::basis_of(tx, case, before).await?, determine::basis_of(tx, case, after).await?);
        let old = Side { basis: &old, determined: &before.determined, slices: &earlier.content.slices };
        let new = Side { basis: &new, determined: &after.determined, slices: &d.content.slices };
        changes.decisions.insert(d.id, changed(old, new, d.content.per.or(earlier.content.per), reads));
    }
    let holds = decisions.iter().find(|d| d.status == DecisionStatus::InForce && d.content.granted);
    if let (Some(holds), Some((basis, determined))) = (holds, now)
        && let Some(before) = rests_on(holds)
    {
        let old = determine::basis_of(tx, case, before).await?;
        let old = Side { basis: &old, determined: &before.determined, slices: &holds.content.slices };
        let after = if determined.answer == Answer::Yes { &determined.slices[..] } else { &[] };
        let per = determined.amount.map(|a| a.per).or(holds.content.per);
        let found = changed(old, Side { basis, determined, slices: after }, per, reads);
        changes.now = Some(found).filter(|c| !c.is_empty());
    }
    Ok(changes)
}

/// The cases of a household, the oldest first.
pub async fn of_household(
    tx: &mut Tx,
    desk: &Desk<'_>,
    sight: &Sight<'_>,
    household: HouseholdId,
) -> Result<Option<Seen<Vec<CaseLine>>>, StoreError> {
    let mut persons = crate::household::member_ids(tx, desk, household).await?;
    if persons.is_empty() {
        return Ok(None);
    }
    let mut lines = Vec::new();
    for case in rows::of_household(tx, household).await? {
        persons.extend(case.subject.person().filter(|p| !persons.contains(p)));
        lines.push(line(tx, desk, case).await?);
    }
    let about: Vec<_> = relations(tx, sight, persons.clone()).await?.into_iter().collect();
    Ok(Some(Seen { sealed: guard::Sealed::new(lines, persons), about }))
}

/// A case of somebody a citizen acts for by a mandate.
#[derive(Clone, Debug, Serialize)]
pub struct Represented {
    /// Whose case it is.
    pub name: String,
    /// The case.
    pub line: CaseLine,
}

/// The cases of people who gave the viewer a power, and those they applied for in the name of their children, in the
/// programmes it is good for, the oldest first.
pub async fn of_represented(
    tx: &mut Tx,
    desk: &Desk<'_>,
    sight: &Sight<'_>,
    holder: PersonId,
) -> Result<Seen<Vec<Represented>>, StoreError> {
    let (mut all, mut about) = (Vec::new(), std::collections::BTreeMap::new());
    for person in mandate::represented(tx, desk, holder).await? {
        let Some(household) = crate::household::household_of(tx, desk, person).await? else { continue };
        for case in rows::of_household(tx, household).await? {
            let whose = decide::official::of(&case);
            if (whose != person && case.applicant != person) || !mandate::stands_in(tx, desk, sight, &case).await? {
                continue;
            }
            let known = mandate::relations_in(tx, desk, sight, &case, [person, whose]).await?;
            // A power ends where protection begins.
            if !known.values().all(|r| super::worklist::may_open(sight, *r)) {
                continue;
            }
            let mut names = registry::read::names(tx, [whose], desk.today()).await?;
            about.extend(known);
            all.push(Represented { name: names.remove(&whose).unwrap_or_default(), line: line(tx, desk, case).await? });
        }
    }
    let about: Vec<_> = about.into_iter().collect();
    Ok(Seen { sealed: guard::Sealed::new(all, about.iter().map(|(p, _)| *p)), about })
}

async fn line(tx: &mut Tx, desk: &Desk<'_>, case: Case) -> Result<CaseLine, StoreError> {
    let (_, needs) = now(tx, desk, &case).await?;
    Ok(CaseLine {
        decision: decide::in_force(tx, &case).await?,
        requests: investigate::of_case(tx, case.id).await?,
        asked: needs.into_iter().filter(|n| n.whom == investigate::Whom::Person).collect(),
        case,
    })
}

/// Letters to a household's people, the newest first.
pub async fn letters(
    tx: &mut Tx,
    desk: &Desk<'_>,
    sight: &Sight<'_>,
    household: HouseholdId,
    most: u32,
) -> Result<Seen<Vec<Letter>>, StoreError> {
    let letters = letter::of_household(tx, household, most).await?;
    let mut persons = crate::household::member_ids(tx, desk, household).await?;
    persons.extend(letters.iter().map(|l| l.person).filter(|p| !persons.contains(p)).collect::<Vec<_>>());
    let about: Vec<_> = relations(tx, sight, persons.clone()).await?.into_iter().collect();
    Ok(Seen { sealed: guard::Sealed::new(letters, persons), about })
}
