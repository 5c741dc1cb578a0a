//! An event was registered in error: what followed from it is withdrawn and kept readable; nothing is deleted.

use guard::{Allowed, Who};
use kernel::{EventId, PersonId};
use registry::{AsOf, PersonRecord, household, kin, pregnancy};
use store::{StoreError, Tx, params};
use uuid::Uuid;

use crate::changed::ChangeDetail;
use crate::correct::{concerned, detail, settled, standing};
use crate::desk::{Desk, registry_subject};
use crate::model::{Cause, EventStatus, LifeEvent, OfferStatus};
use crate::moved::{MoveDetail, return_home};
use crate::pregnancy::PregnancyDetail;
use crate::recompute::{Settled, close};
use crate::register::{self, Fault, Registered, Teller};
use crate::rows;

/// A withdrawal as it is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// The event that never was.
    pub event: EventId,
    /// Why.
    pub reason: String,
    /// Who tells.
    pub teller: Teller,
}

/// Withdraws the event: its offers are withdrawn, its statements in the registry too, and the household is worked out
/// again. The register's own number stays taken, so that a late repetition does not bring the event back.
pub async fn run(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: &Allowed,
    input: Input,
) -> Result<Registered, Fault> {
    input.teller.check(desk)?;
    let event = standing(tx, input.event, &input.reason).await?;
    register::permitted(allowed, &concerned(&event))?;
    let mut offers = match event.kind {
        Cause::Birth => birth(tx, desk, who, &input, &event).await?,
        Cause::Pregnancy => pregnancy(tx, desk, who, &input, &event).await?,
        Cause::IncomeChange => change(tx, desk, who, &input, &event).await?,
        Cause::Move => moved(tx, desk, who, &input, &event).await?,
        Cause::Death => death(tx, desk, who, &input, &event).await?,
        other => return Err(Fault::WrongKind(other)),
    };
    let reason = input.reason.trim();
    let values = params![event.person, event.id, EventStatus::Withdrawn.word(), reason];
    if tx.execute(rows::EVENT_STATUS, values).await? != 1 {
        return Err(StoreError::Conflict.into());
    }
    // What is told anew under another number is another event; a corrected one may have several rows.
    let mut chain = Some(event.id);
    while let Some(id) = chain {
        tx.execute(rows::KEY_FREE, params![id]).await?;
        chain = rows::event(tx, id).await?.and_then(|e| e.corrects);
    }
    let again = settled(tx, desk, &event, Cause::Withdrawal).await?;
    offers.made.extend(again.made);
    offers.revised.extend(again.revised);
    offers.closed.extend(again.closed);
    register::tell(tx, desk, &event, &offers).await?;
    Ok(Registered { event: event.id, person: event.person, household: event.household, offers })
}

/// The child's kinship and membership are withdrawn, and every offer to it. The record itself stays.
async fn birth(tx: &mut Tx, desk: &Desk<'_>, who: &Who, input: &Input, event: &LifeEvent) -> Result<Settled, Fault> {
    let origin = input.teller.origin(desk, Cause::Birth, who);
    let pen = desk.pen(&origin);
    let child: PersonId = event.person;
    let basis = desk.basis(Cause::Birth).map_err(|e| StoreError::Driver(e.to_string()))?;
    let record = registry::read::person(tx, child, AsOf::latest(desk.today())).await?.ok_or(Fault::UnknownPerson)?;
    let ties =
        |p: &PersonRecord| -> (Vec<Uuid>, Option<_>) { (p.kin.iter().map(|k| k.id).collect(), p.membership.clone()) };
    let (edges, membership) = record.process(&basis, ties);
    for edge in edges {
        kin::withdraw(tx, pen, child, edge).await?;
    }
    if let Some(m) = membership {
        household::leave(tx, pen, child, m.household, m.stamp.valid.from).await?;
    }
    let mut settled = Settled::default();
    for offer in rows::offers_of(tx, &[child.0]).await? {
        if matches!(offer.status, OfferStatus::Open | OfferStatus::Refused | OfferStatus::Accepted) {
            close(tx, desk, &offer, OfferStatus::Withdrawn).await?;
            settled.closed.push(offer.id);
        }
    }
    Ok(settled)
}

async fn pregnancy(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    input: &Input,
    event: &LifeEvent,
) -> Result<Settled, Fault> {
    let origin = input.teller.origin(desk, Cause::Pregnancy, who);
    let told: PregnancyDetail = detail(event)?;
    pregnancy::withdraw(tx, desk.pen(&origin), event.person, told.pregnancy).await?;
    Ok(Settled::default())
}

async fn change(tx: &mut Tx, desk: &Desk<'_>, who: &Who, input: &Input, event: &LifeEvent) -> Result<Settled, Fault> {
    let origin = input.teller.origin(desk, Cause::IncomeChange, who);
    let told: ChangeDetail = detail(event)?;
    for (subject, _, fact) in told.facts {
        registry::fact::withdraw(tx, desk.pen(&origin), registry_subject(subject), fact).await?;
    }
    Ok(Settled::default())
}

/// Whoever moved lives again where they lived before.
async fn moved(tx: &mut Tx, desk: &Desk<'_>, who: &Who, input: &Input, event: &LifeEvent) -> Result<Settled, Fault> {
    let origin = input.teller.origin(desk, Cause::Move, who);
    let pen = desk.pen(&origin);
    let told: MoveDetail = detail(event)?;
    if let Some(joined) = &told.joined {
        return_home(tx, desk, pen, event, told.from, joined).await?;
    }
    for (person, residence) in told.residences {
        registry::residence::withdraw(tx, pen, person, residence).await?;
    }
    Ok(Settled::default())
}

/// The person lives.
async fn death(tx: &mut Tx, desk: &Desk<'_>, who: &Who, input: &Input, event: &LifeEvent) -> Result<Settled, Fault> {
    let origin = input.teller.origin(desk, Cause::Death, who);
    registry::person::withdraw_details(tx, desk.pen(&origin), event.person, "death_date").await?;
    Ok(Settled::default())
}
