//! Findings as people read them: sealed, with everybody whose data they hold.

use kernel::{Date, FindingId, PersonId, RequalificationId};
use registry::AsOf;
use registry::sight::{Seen, Sight, relations};
use serde::Serialize;
use store::{StoreError, Tx};

use super::model::{Finding, Requalification, Scope};
use super::rows;
use crate::case::model::Stage;
use crate::case::rows as cases;
use crate::case::worklist::may_open;
use crate::desk::Desk;
use crate::evaluate::{Evaluation, evaluate};
use crate::household;

/// A finding in a list.
#[derive(Clone, Debug, Serialize)]
pub struct Line {
    /// The finding.
    pub finding: Finding,
    /// The name of the person, or of the household's first member.
    pub name: String,
    /// How far its case is.
    pub stage: Option<Stage>,
}

/// A page of findings.
#[derive(Clone, Debug, Serialize)]
pub struct Listed {
    /// The findings the viewer may see.
    pub lines: Vec<Line>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<FindingId>,
}

/// A page of a group, from `after` on. Of the own family's, and of a perpetrator's victims', there is no line.
pub async fn list(
    tx: &mut Tx,
    desk: &Desk<'_>,
    sight: &Sight<'_>,
    (id, cause): (RequalificationId, &str),
    scope: &Scope,
    (after, most): (FindingId, u32),
) -> Result<Seen<Listed>, StoreError> {
    let all = rows::of_group(tx, (id, cause), scope, false, (after, most)).await?;
    let full = u32::try_from(all.len()).is_ok_and(|n| n == most);
    let next = all.last().filter(|_| full).map(|f| f.id);
    let mut known = relations(tx, sight, all.iter().map(|f| f.person)).await?;
    // Every finding of the scope is work of the viewer's office.
    known.values_mut().for_each(|r| r.open_case = true);
    known.retain(|_, r| may_open(sight, *r));
    let names = registry::read::names(tx, known.keys().copied(), desk.today()).await?;
    let mut lines = Vec::new();
    for finding in all.into_iter().filter(|f| known.contains_key(&f.person)) {
        let name = names.get(&finding.person).cloned().unwrap_or_default();
        let case = match finding.case {
            Some(case) => cases::case(tx, case).await?,
            None => None,
        };
        lines.push(Line { stage: case.map(|c| c.stage), name, finding });
    }
    let shown: Vec<PersonId> = known.keys().copied().collect();
    let about: Vec<_> = known.into_iter().collect();
    Ok(Seen { sealed: guard::Sealed::new(Listed { lines, next }, shown), about })
}

/// One finding with what the evaluator says of the very facts the run had.
#[derive(Clone, Debug, Serialize)]
pub struct Shown {
    /// The finding.
    pub finding: Finding,
    /// The run.
    pub run: Requalification,
    /// How far its case is.
    pub stage: Option<Stage>,
    /// The names of the members, in the order in which results number them.
    pub names: Vec<String>,
    /// All results of the household with their reasons; `None` when the pack changed since, or the family is protected.
    pub evaluation: Option<Evaluation>,
}

/// One finding; `None` when there is none in the scope.
pub async fn one(
    tx: &mut Tx,
    desk: &Desk<'_>,
    sight: &Sight<'_>,
    id: FindingId,
    scope: &Scope,
) -> Result<Option<Seen<Shown>>, StoreError> {
    let within = |f: &Finding| scope.covers(&f.agency, &f.jurisdiction);
    let Some(finding) = rows::bare(tx, id).await?.filter(within) else { return Ok(None) };
    let Some(run) = rows::one(tx, finding.requalification).await? else { return Ok(None) };
    let facts = match run.as_of.filter(|_| run.pack_hash.as_deref() == Some(desk.pack.content_hash())) {
        Some(at) => as_it_was(tx, desk, &finding, AsOf::new(run.on, at)).await?,
        None => None,
    };
    let mut persons: Vec<PersonId> = facts.as_ref().map(|f| f.persons()).unwrap_or_default();
    persons.extend(Some(finding.person).filter(|p| !persons.contains(p)));
    let mut known = relations(tx, sight, persons.iter().copied()).await?;
    known.values_mut().for_each(|r| r.open_case = true);
    // Facts of a protected family may tell where it is: their case shows what the viewer may see of them.
    let facts = facts.filter(|_| !known.values().any(|r| r.protected));
    let names = registry::read::names(tx, persons.iter().copied(), desk.today()).await?;
    let name = |p: &PersonId| names.get(p).cloned().unwrap_or_default();
    let case = match finding.case {
        Some(case) => cases::case(tx, case).await?,
        None => None,
    };
    let shown = Shown {
        names: facts.as_ref().map(|f| f.persons().iter().map(name).collect()).unwrap_or_default(),
        evaluation: facts.map(|f| evaluate(desk.pack, &f, run.on)),
        stage: case.map(|c| c.stage),
        run,
        finding,
    };
    let about: Vec<_> = known.into_iter().collect();
    Ok(Some(Seen { sealed: guard::Sealed::new(shown, persons), about }))
}

async fn as_it_was(
    tx: &mut Tx,
    desk: &Desk<'_>,
    f: &Finding,
    as_of: AsOf,
) -> Result<Option<crate::snapshot::Snapshot>, StoreError> {
    // Who lives in no household is one of their own in a snapshot.
    match household::at(tx, desk, f.household, as_of).await? {
        Some(facts) => Ok(Some(facts)),
        None => household::alone(tx, desk, PersonId(f.household.0), as_of).await,
    }
}

/// The day until which a family may speak that would be told today.
pub fn hearing_until(desk: &Desk<'_>, programme: &str) -> Date {
    crate::case::model::in_days(desk.today(), desk.pack.process(programme).hearing_days)
}
