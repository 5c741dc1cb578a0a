//! Refusing offers. A refusal may be taken back by accepting while the window is open.

use guard::{Allowed, Who};
use kernel::{OfferId, PersonId};
use store::{Tx, params};

use crate::accept::{Fault, MOST, permitted};
use crate::desk::Desk;
use crate::model::OfferStatus;
use crate::rows;

/// What is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// The person who refuses, or on whose behalf an official does.
    pub person: PersonId,
    /// One or more offers.
    pub offers: Vec<OfferId>,
    /// Why, if the person wants to say; an official must.
    pub reason: Option<String>,
}

/// Refuses the offers; those refused before stay so. Returns how many were open until now.
pub async fn run(tx: &mut Tx, desk: &Desk<'_>, who: &Who, allowed: &[Allowed], input: Input) -> Result<u32, Fault> {
    match input.offers.len() {
        0 => return Err(Fault::Nothing),
        count if count > MOST => return Err(Fault::TooMany { count, most: MOST }),
        _ => {}
    }
    let reason = input.reason.as_deref().map(str::trim).filter(|r| !r.is_empty());
    if who.role.is_staff() && reason.is_none_or(|r| r.chars().count() < 3) {
        return Err(Fault::NoReason);
    }
    let found = rows::offers_by_id(tx, &input.offers).await?;
    let home = crate::household::household_of(tx, desk, input.person).await?;
    let mut refused = 0;
    for id in &input.offers {
        let offer = found.iter().find(|o| o.id == *id).ok_or(Fault::NoSuchOffer { offer: *id })?;
        permitted(offer, allowed, input.person)?;
        if home != Some(offer.household) {
            return Err(Fault::NotAMember);
        }
        match offer.status {
            OfferStatus::Refused => continue,
            OfferStatus::Open => {}
            status => return Err(Fault::Gone { offer: *id, status }),
        }
        if !rows::set_status(tx, offer, OfferStatus::Refused, desk.now).await? {
            // A list that names one offer twice.
            continue;
        }
        let act = desk.ids.uuid(desk.now);
        let (subject, role) = (offer.subject.uuid(), who.role.word());
        let values = params![subject, offer.id, act, "refused", offer.revision, who.account, role, reason, desk.now];
        tx.execute(rows::ACT_ADD, values).await?;
        refused += 1;
    }
    Ok(refused)
}
