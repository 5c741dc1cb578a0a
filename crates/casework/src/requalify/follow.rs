//! What follows from one finding, by the ordinary process: a case is looked at again, with questions, hearing, decision and
//! objection as ever; what is not claimed is offered.

use guard::{Action, Allowed, Who};
use kernel::{HouseholdId, OfferId, PersonId};
use rules::outcome::Answer;
use store::{StoreError, Tx};

use super::model::{Finding, Kind, Outcome};
use crate::case::model::{Case, Stage};
use crate::case::{reopen, rows as cases};
use crate::decide::{self, Judgement};
use crate::desk::Desk;
use crate::determine;
use crate::evaluate::for_offers;
use crate::household;
use crate::investigate;
use crate::model::{Cause, OfferStatus};
use crate::recompute;
use crate::rows;

/// What would follow now. Reads alone; the same words that [`begin`] writes.
pub(super) async fn foresee(
    tx: &mut Tx,
    desk: &Desk<'_>,
    f: &Finding,
    officials: &[PersonId],
) -> Result<Outcome, StoreError> {
    if own_family(tx, desk, f.household, officials).await? {
        return Ok(Outcome::OwnFamily);
    }
    match f.kind {
        Kind::Unclaimed => unclaimed(tx, desk, f).await,
        _ => match case_of(tx, f).await? {
            None => Ok(Outcome::NoCase),
            Some(case) => paid(tx, desk, f, &case).await,
        },
    }
}

/// Begins it; the finding bears what it began with.
pub(super) async fn begin(
    tx: &mut Tx,
    desk: &Desk<'_>,
    f: &mut Finding,
    officials: &[PersonId],
) -> Result<Outcome, StoreError> {
    let outcome = foresee(tx, desk, f, officials).await?;
    if !outcome.begins() {
        return Ok(outcome);
    }
    if outcome == Outcome::Offer {
        f.offer = offer(tx, desk, f).await?;
        // Somebody told us something in this very moment: then there is nothing to offer.
        return Ok(if f.offer.is_some() { outcome } else { Outcome::Same });
    }
    let Some(mut case) = case_of(tx, f).await? else { return Ok(Outcome::NoCase) };
    f.decision = case.decision;
    if outcome == Outcome::Transfer {
        reopen::follow_move(tx, desk, &mut case, f.household).await?;
        return Ok(outcome);
    }
    reopen::start_again(tx, desk, &mut case, Cause::Requalification).await?;
    Ok(outcome)
}

async fn own_family(
    tx: &mut Tx,
    desk: &Desk<'_>,
    household: HouseholdId,
    officials: &[PersonId],
) -> Result<bool, StoreError> {
    if officials.is_empty() {
        return Ok(false);
    }
    let members = household::member_ids(tx, desk, household).await?;
    Ok(members.iter().any(|m| officials.contains(m)))
}

async fn case_of(tx: &mut Tx, f: &Finding) -> Result<Option<Case>, StoreError> {
    match f.case {
        Some(id) => cases::case(tx, id).await,
        None => Ok(None),
    }
}

async fn paid(tx: &mut Tx, desk: &Desk<'_>, f: &Finding, case: &Case) -> Result<Outcome, StoreError> {
    match case.stage {
        Stage::Withdrawn | Stage::Void => return Ok(Outcome::Same),
        Stage::Decided => {}
        _ => return Ok(Outcome::UnderWay),
    }
    let Some(before) = decide::in_force(tx, case).await?.filter(|d| d.content.granted) else {
        return Ok(Outcome::Same);
    };
    if f.kind == Kind::Moved && reopen::has_moved(tx, desk, case, f.household).await? {
        return Ok(Outcome::Transfer);
    }
    if before.content.judgement.overriding.is_some() {
        return Ok(Outcome::ByHand);
    }
    let Some(basis) = determine::load(tx, desk, case).await? else { return Ok(Outcome::Official) };
    let now = determine::work_out(desk.pack, &basis);
    if now.answer == Answer::Error {
        return Ok(Outcome::Official);
    }
    let confirmed = investigate::ask::confirmed(tx, desk, case).await?;
    if !investigate::needs(desk.pack, &basis, case.applicant, &now, &confirmed).is_empty() {
        return Ok(Outcome::Questions);
    }
    let judgement = Judgement::default();
    let (programme, subject) = (&case.programme, case.subject);
    let would = decide::model::compose(desk.pack, programme, subject, &now, judgement, Some(&before.content));
    if now.missing.is_empty() && would.is_no_news() {
        return Ok(Outcome::Same);
    }
    let process = desk.pack.process(programme);
    if would.is_worse() {
        let heard = process.hearing_days > 0 && !decide::put::is_dead(tx, desk, case).await?;
        return Ok(if heard { Outcome::Hearing } else { Outcome::Official });
    }
    Ok(if would.may_be_automatic(&now, process) { Outcome::Correction } else { Outcome::Official })
}

async fn unclaimed(tx: &mut Tx, desk: &Desk<'_>, f: &Finding) -> Result<Outcome, StoreError> {
    let Some(snapshot) = household::load(tx, desk, f.household, Cause::Requalification).await? else {
        return Ok(Outcome::Same);
    };
    let today = desk.today();
    let drafts = for_offers(desk.pack, &snapshot, today).drafts(desk.pack, &snapshot, Cause::Requalification);
    let mine = drafts.iter().find(|d| d.programme == f.programme && d.subject == f.subject);
    let Some(draft) = mine.filter(|d| d.content.result == Answer::Yes) else { return Ok(Outcome::Same) };
    if draft.content.claim_closes.is_some_and(|last| last < today) {
        return Ok(Outcome::Closed);
    }
    let offers = rows::offers_of(tx, &[f.subject.uuid()]).await?;
    let running = |until: Option<kernel::Date>| until.is_none_or(|end| today < end);
    let mut here = offers.iter().filter(|o| o.programme == f.programme && o.subject == f.subject);
    Ok(match here.rfind(|o| matches!(o.status, OfferStatus::Open | OfferStatus::Refused | OfferStatus::Accepted)) {
        Some(o) if o.status == OfferStatus::Refused => Outcome::Refused,
        Some(o) if o.status == OfferStatus::Open || running(o.content.until) => Outcome::Offered,
        _ => Outcome::Offer,
    })
}

/// Offers it; `None` when nothing came of it.
async fn offer(tx: &mut Tx, desk: &Desk<'_>, f: &Finding) -> Result<Option<OfferId>, StoreError> {
    let settled = recompute::offer(tx, desk, f.household, &f.programme, f.subject).await?;
    for id in settled.made.iter().chain(&settled.revised) {
        let offers = rows::offers_by_id(tx, &[*id]).await?;
        if offers.iter().any(|o| o.programme == f.programme && o.subject == f.subject) {
            return Ok(Some(*id));
        }
    }
    Ok(None)
}

/// The persons that two officials are, for leaving their own families to others.
pub(super) fn persons(of: impl IntoIterator<Item = Option<PersonId>>) -> Vec<PersonId> {
    of.into_iter().flatten().collect()
}

/// Whether somebody may work on findings at all.
pub(super) fn may(allowed: &Allowed, who: &Who) -> bool {
    allowed.action() == Action::WorkFindings && who.role.is_staff()
}
