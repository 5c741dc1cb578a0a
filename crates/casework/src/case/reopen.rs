//! Looking at cases again when something changed: a move, a birth, a death, income, an age, new figures.

use std::collections::BTreeSet;

use kernel::{CaseId, HouseholdId, OfferId};
use serde::{Deserialize, Serialize};
use store::{StoreError, Tx, params};

use super::model::{Case, Stage, StepKind, TaskKind, in_days};
use super::open::{ADVANCE, Advance};
use super::rows::{self, Actor};
use crate::decide::{self, DecisionStatus, Judgement};
use crate::desk::Desk;
use crate::determine;
use crate::model::{Cause, Subject};

/// The topic under which a household's cases ask to be looked at again.
pub const REVIEW: &str = "case.review";

/// The payload of [`REVIEW`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// The household.
    pub household: HouseholdId,
    /// What changed.
    pub cause: Cause,
    /// The programmes that it touches; `None`: all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub programmes: Option<BTreeSet<String>>,
}

store::sql! {
    ANY = "select case_id from benefit_case where household_id = $1 limit 1";
    OF_OFFER = "select case_id from benefit_case where subject_id = $1 and offer_id = $2";
}

/// Asks for a look at the household's cases, if it has any.
pub(crate) async fn announce(
    tx: &mut Tx,
    desk: &Desk<'_>,
    household: HouseholdId,
    cause: Cause,
    programmes: Option<&BTreeSet<String>>,
) -> Result<(), StoreError> {
    if tx.maybe(ANY, params![household]).await?.is_some() {
        tx.emit(desk.ids, desk.now, REVIEW, &Review { household, cause, programmes: programmes.cloned() }).await?;
    }
    Ok(())
}

/// Looks at every case of a household; says how many go on because of it.
pub async fn review(tx: &mut Tx, desk: &Desk<'_>, household: HouseholdId, cause: Cause) -> Result<usize, StoreError> {
    let review = Review { household, cause, programmes: None };
    review_touched(tx, desk, &review).await
}

/// Looks at the cases of a household that something touches; says how many go on because of it.
pub async fn review_touched(tx: &mut Tx, desk: &Desk<'_>, review: &Review) -> Result<usize, StoreError> {
    let Review { household, cause, programmes } = review;
    let (household, cause) = (*household, *cause);
    let mut touched = 0;
    for mut case in rows::of_household(tx, household).await? {
        if programmes.as_ref().is_some_and(|p| !p.contains(&case.programme)) {
            continue;
        }
        follow_move(tx, desk, &mut case, household).await?;
        touched += usize::from(look(tx, desk, &mut case, cause).await?);
    }
    Ok(touched)
}

/// Whether the family lives where another office than that of the case works.
pub(crate) async fn has_moved(
    tx: &mut Tx,
    desk: &Desk<'_>,
    case: &Case,
    household: HouseholdId,
) -> Result<bool, StoreError> {
    let home = crate::household::load_on(tx, desk, household, desk.today()).await?;
    let office = |place: Option<String>| place.map(|p| desk.office_of(&p));
    let now = office(home.and_then(|h| h.place));
    Ok(now.is_some() && now != office(case.jurisdiction.clone()))
}

/// Where the family moved, the office there takes over.
pub(crate) async fn follow_move(
    tx: &mut Tx,
    desk: &Desk<'_>,
    case: &mut Case,
    household: HouseholdId,
) -> Result<(), StoreError> {
    let Some(home) = crate::household::load_on(tx, desk, household, desk.today()).await? else { return Ok(()) };
    if home.place.is_none() || home.place == case.jurisdiction {
        return Ok(());
    }
    let office = |place: &Option<String>| place.as_deref().map(|p| desk.office_of(p));
    let moved = office(&home.place) != office(&case.jurisdiction);
    case.jurisdiction = home.place;
    if moved {
        case.assigned_to = None;
        rows::hand_over(tx, case, office(&case.jurisdiction)).await?;
        rows::step(tx, desk, case, StepKind::Transferred, Actor::MACHINE, &serde_json::json!({})).await?;
    }
    rows::save(tx, case, desk.now).await
}

async fn look(tx: &mut Tx, desk: &Desk<'_>, case: &mut Case, cause: Cause) -> Result<bool, StoreError> {
    match case.stage {
        Stage::Withdrawn | Stage::Void => Ok(false),
        Stage::Received | Stage::Investigating | Stage::AwaitingPerson | Stage::Official => {
            tx.emit(desk.ids, desk.now, ADVANCE, &Advance { case: case.id }).await?;
            Ok(true)
        }
        Stage::Approval | Stage::Hearing => outdated(tx, desk, case, cause).await,
        Stage::Decided => decided(tx, desk, case, cause).await,
    }
}

/// A decision that is prepared and no longer what the facts say is dropped, and the case goes on from the start.
async fn outdated(tx: &mut Tx, desk: &Desk<'_>, case: &mut Case, cause: Cause) -> Result<bool, StoreError> {
    let Some(basis) = determine::load(tx, desk, case).await? else { return Ok(false) };
    let now = determine::work_out(desk.pack, &basis);
    let waiting = decide::of_case(tx, case.id).await?;
    let waiting = waiting.into_iter().rfind(|d| matches!(d.status, DecisionStatus::Proposed | DecisionStatus::Hearing));
    let Some(decision) = waiting else { return Ok(false) };
    let then = determine::read(tx, case.subject, decision.determination).await?;
    if then.is_some_and(|t| t.determined.answer == now.answer && t.determined.slices == now.slices) {
        return Ok(false);
    }
    decide::drop_prepared(tx, case, &decision).await?;
    let over = [TaskKind::Approve, TaskKind::Hearing, TaskKind::Decide];
    rows::cancel_tasks(tx, case.id, &over, "the facts changed", desk.now).await?;
    start_again(tx, desk, case, cause).await?;
    Ok(true)
}

/// A decided case goes on when it would be decided otherwise now, or when that cannot be told any more.
async fn decided(tx: &mut Tx, desk: &Desk<'_>, case: &mut Case, cause: Cause) -> Result<bool, StoreError> {
    let Some(before) = decide::in_force(tx, case).await? else { return Ok(false) };
    // What a human being decided against the rules is not undone by the rules, and a refusal is asked for anew.
    if !before.content.granted || before.content.judgement.overriding.is_some() {
        return Ok(false);
    }
    let Some(basis) = determine::load(tx, desk, case).await? else { return Ok(false) };
    let now = determine::work_out(desk.pack, &basis);
    let would = decide::model::compose(
        desk.pack,
        &case.programme,
        case.subject,
        &now,
        Judgement::default(),
        Some(&before.content),
    );
    if now.missing.is_empty() && would.is_no_news() {
        return Ok(false);
    }
    start_again(tx, desk, case, cause).await?;
    Ok(true)
}

/// From the start, with a new legal time.
pub(crate) async fn start_again(tx: &mut Tx, desk: &Desk<'_>, case: &mut Case, cause: Cause) -> Result<(), StoreError> {
    case.enter(Stage::Received, desk.today(), desk.now);
    case.due_on = Some(in_days(desk.today(), desk.decision_days(&case.programme, desk.today())));
    rows::save(tx, case, desk.now).await?;
    rows::step(tx, desk, case, StepKind::Reopened, Actor::MACHINE, &serde_json::json!({ "cause": cause })).await?;
    tx.emit(desk.ids, desk.now, ADVANCE, &Advance { case: case.id }).await.map(drop)
}

/// What a case rested on did not happen: it is closed, unless something is being paid, which only a decision can end.
pub(crate) async fn void(tx: &mut Tx, desk: &Desk<'_>, subject: Subject, offer: OfferId) -> Result<(), StoreError> {
    let Some(row) = tx.maybe(OF_OFFER, params![subject.uuid(), offer]).await? else { return Ok(()) };
    let id: CaseId = row.get("case_id")?;
    let Some(mut case) = rows::case(tx, id).await? else { return Ok(()) };
    if case.decision.is_some() {
        if case.stage == Stage::Decided {
            start_again(tx, desk, &mut case, Cause::Withdrawal).await?;
        }
        return Ok(());
    }
    close(tx, desk, &mut case, Stage::Void, StepKind::Voided, Actor::MACHINE, serde_json::json!({})).await
}

/// Closes an undecided case: nothing is asked, decided or paid any more.
pub(crate) async fn close(
    tx: &mut Tx,
    desk: &Desk<'_>,
    case: &mut Case,
    stage: Stage,
    kind: StepKind,
    actor: Actor<'_>,
    detail: serde_json::Value,
) -> Result<(), StoreError> {
    for decision in decide::of_case(tx, case.id).await? {
        decide::drop_prepared(tx, case, &decision).await?;
    }
    decide::object::withdraw(tx, desk, case).await?;
    case.enter(stage, desk.today(), desk.now);
    rows::save(tx, case, desk.now).await?;
    rows::cancel_tasks(tx, case.id, TaskKind::ALL, "the case is closed", desk.now).await?;
    crate::investigate::answer::cancel(tx, desk, case).await?;
    rows::step(tx, desk, case, kind, actor, &detail).await
}
