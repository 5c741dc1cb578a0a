//! What an agency says after its question had ended without an answer: in time for a case that is still open, it helps; of a
//! decided one it is held against the decision. The question stays as it ended.

use registry::Origin;
use store::{StoreError, Tx};

use super::answer::{self, Contradiction, Effect, Fault, Said};
use super::requests::{self, Request};
use crate::case::reopen;
use crate::case::rows as cases;
use crate::case::{Actor, Case, Stage, StepKind};
use crate::decide::{self, Judgement};
use crate::desk::Desk;
use crate::determine::{self, Basis};
use crate::model::{Cause, Subject};
use crate::snapshot::FactStood;

/// How the timeline names it, where other answers have the status of their question.
const LATE: &str = "late";

/// Takes a late answer, once. What nobody else contradicts is recorded. A decided case whose result it would change is looked
/// at again, and where another source says otherwise an official first sees both values; any other decided case is left
/// in peace.
pub(super) async fn run(tx: &mut Tx, desk: &Desk<'_>, request: &Request, facts: Vec<Said>) -> Result<Effect, Fault> {
    let mut live = Vec::new();
    for id in requests::waiting_cases(tx, request.id).await? {
        let case = cases::case(tx, id).await?;
        live.extend(case.filter(|c| !matches!(c.stage, Stage::Withdrawn | Stage::Void)));
    }
    let facts = answer::asked(request, facts);
    let sound = facts.iter().all(|said| desk.check_value(said.subject, &said.item, &said.value).is_ok());
    if live.is_empty() || facts.is_empty() || !sound || known(tx, &live, request).await? {
        return Ok(Effect::TooLate);
    }
    let (mut recorded, mut contradicted) = (Vec::new(), Vec::new());
    for said in &facts {
        match answer::held(tx, desk, request, said).await? {
            Some(held) => contradicted.push(answer::contradiction(request, said, held)),
            None => recorded.push(said),
        }
    }
    let mut changed = Vec::new();
    let (decided, open): (Vec<Case>, Vec<Case>) = live.into_iter().partition(|c| c.stage == Stage::Decided);
    for case in &decided {
        changed.push(changes(tx, desk, case, request, &facts).await?);
    }
    let origin = Origin::new(&request.agency, &request.law, format!("late answer {}", request.id));
    for said in &recorded {
        answer::take(tx, desk, &origin, said).await?;
    }
    let items: Vec<&str> = recorded.iter().map(|said| said.item.as_str()).collect();
    let against: Vec<&str> = contradicted.iter().map(|c| c.item.as_str()).collect();
    let told = serde_json::json!({ "agency": request.agency, "request": request.id, "status": LATE,
        "said": { "confirmed": items, "contradicted": against } });
    for case in open.iter().chain(&decided) {
        cases::step(tx, desk, case, StepKind::Answered, Actor::MACHINE, &told).await?;
    }
    for case in &open {
        differ(tx, desk, case, &contradicted).await?;
        answer::wake(tx, desk, case.id).await?;
    }
    for (mut case, changes) in decided.into_iter().zip(changed) {
        match changes {
            true if contradicted.is_empty() => reopen::start_again(tx, desk, &mut case, Cause::FactChange).await?,
            true => differ(tx, desk, &case, &contradicted).await?,
            false => {}
        }
    }
    Ok(Effect::Late)
}

/// Whether this answer came before: it is pushed as often as the agency likes.
async fn known(tx: &mut Tx, live: &[Case], request: &Request) -> Result<bool, StoreError> {
    let Some(case) = live.first() else { return Ok(false) };
    let id = request.id.to_string();
    let text = |detail: &serde_json::Value, name: &str| detail.get(name).and_then(|v| v.as_str()).map(str::to_owned);
    let steps = cases::steps(tx, case.id).await?;
    Ok(steps.iter().any(|s| {
        s.kind == StepKind::Answered
            && text(&s.detail, "status").as_deref() == Some(LATE)
            && text(&s.detail, "request").as_deref() == Some(&id)
    }))
}

async fn differ(tx: &mut Tx, desk: &Desk<'_>, case: &Case, all: &[Contradiction]) -> Result<(), StoreError> {
    for detail in all {
        answer::contradict(tx, desk, std::slice::from_ref(case), detail).await?;
    }
    Ok(())
}

/// Whether the rules would say otherwise than the decision in force, had the agency answered in time.
async fn changes(
    tx: &mut Tx,
    desk: &Desk<'_>,
    case: &Case,
    request: &Request,
    facts: &[Said],
) -> Result<bool, StoreError> {
    let Some(before) = decide::in_force(tx, case).await? else { return Ok(false) };
    let Some(basis) = determine::load(tx, desk, case).await? else { return Ok(false) };
    let with = determine::work_out(desk.pack, &supposed(desk, basis, request, facts));
    let judgement = Judgement::default();
    let would =
        decide::model::compose(desk.pack, &case.programme, case.subject, &with, judgement, Some(&before.content));
    Ok(!would.is_no_news())
}

/// The same household as if the agency had answered in time.
fn supposed(desk: &Desk<'_>, mut basis: Basis, request: &Request, facts: &[Said]) -> Basis {
    for on in &mut basis.facts {
        for said in facts {
            let from = said.from.unwrap_or(desk.today());
            if from > on.from || said.until.is_some_and(|until| until <= on.from) {
                continue;
            }
            let place = match said.subject {
                Subject::Household(_) => Some(&mut on.facts.facts),
                Subject::Person(id) => on.facts.members.iter_mut().find(|m| m.person == id).map(|m| &mut m.facts),
            };
            let Some(place) = place else { continue };
            place.retain(|fact| fact.item != said.item);
            place.push(FactStood {
                item: said.item.clone(),
                value: said.value.clone(),
                source: request.agency.clone(),
                valid_from: said.from,
                recorded: None,
                law: None,
            });
        }
    }
    basis
}
