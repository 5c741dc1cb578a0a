//! Accepting offers by one tap each, several at once: recorded as one application with frozen facts and rule version.

use std::collections::BTreeMap;

use guard::{Action, Allowed, Who};
use kernel::{ApplicationId, Date, HouseholdId, OfferId, PersonId};
use rules::schema::Value;
use serde::{Deserialize, Serialize};
use store::{AsConflict, StoreError, Tx, params};
use uuid::Uuid;

use crate::application::{account, apply};
use crate::case::open::{Opening, OpeningItem};
use crate::case::{self, Actor, Channel, give};
use crate::desk::Desk;
use crate::model::{Cause, ItemStatus, Needed, Offer, OfferContent, OfferStatus, Place, Prefilled, Subject};
use crate::rows;

/// An answer the family gives with the tap: only what the offer says is still needed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Given {
    /// Whom it is about.
    pub subject: Subject,
    /// The item.
    pub item: String,
    /// The value.
    pub value: Value,
}

/// One offer tapped.
#[derive(Clone, Debug, PartialEq)]
pub struct Tap {
    /// Which.
    pub offer: OfferId,
    /// The revision that was shown.
    pub revision: u32,
    /// What was still needed and is given now. What is left out stays needed.
    pub answers: Vec<Given>,
}

/// What is accepted, and for whom.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// The person who applies: the guardian, or the person on whose behalf an official acts.
    pub applicant: PersonId,
    /// Why an official taps for the person; citizens leave it out.
    pub on_behalf: Option<String>,
    /// One or more offers of one household.
    pub taps: Vec<Tap>,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// The new application; `None` when everything had been accepted before.
    pub application: Option<ApplicationId>,
    /// Every offer tapped with its application: the new one, or the earlier one when it had been accepted already.
    pub items: Vec<(OfferId, ApplicationId)>,
}

/// Why nothing was accepted. Nothing is accepted in part.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// Nothing was tapped.
    #[error("no offer was chosen: choose at least one")]
    Nothing,
    /// More than one tap can carry.
    #[error("{count} offers at once are too many: accept at most {most} together")]
    TooMany {
        /// How many.
        count: usize,
        /// How many are allowed.
        most: usize,
    },
    /// No such offer, or not of this household.
    #[error("offer {offer} does not exist here: read the list of offers again")]
    NoSuchOffer {
        /// Which.
        offer: OfferId,
    },
    /// The decision of the guard was not about this offer's subject.
    #[error("the permission does not cover the person offer {offer} is for")]
    NotAllowed {
        /// Which.
        offer: OfferId,
    },
    /// An official gave no reason.
    #[error("an official who accepts for somebody says why: give a reason")]
    NoReason,
    /// The applicant does not live in the household.
    #[error("the applicant is not a member of this household")]
    NotAMember,
    /// The window closed.
    #[error("the time to claim offer {offer} ended on {closed}: ask the office whether a late claim is possible")]
    Expired {
        /// Which.
        offer: OfferId,
        /// The last day of the window.
        closed: Date,
    },
    /// The window has not opened.
    #[error("offer {offer} can be claimed from {opens} on: come back then")]
    NotYet {
        /// Which.
        offer: OfferId,
        /// The first day of the window.
        opens: Date,
    },
    /// It lapsed or was withdrawn.
    #[error("offer {offer} is {status}: it can no longer be accepted; read the list of offers again")]
    Gone {
        /// Which.
        offer: OfferId,
        /// What became of it.
        status: OfferStatus,
    },
    /// What was shown is no longer what is offered.
    #[error("offer {offer} changed since it was shown (revision {shown}, now {now}): look at it again and confirm")]
    Changed {
        /// Which.
        offer: OfferId,
        /// The revision in the form.
        shown: u32,
        /// The revision now.
        now: u32,
    },
    /// Two that cannot be had at once.
    #[error("offers for {a} and {b} cannot both be accepted (rule {rule}): choose one")]
    Excludes {
        /// The offer tapped.
        offer: OfferId,
        /// One programme.
        a: String,
        /// The other.
        b: String,
        /// The combination rule.
        rule: String,
    },
    /// An answer to something that was not asked.
    #[error("offer {offer} does not ask for {item}: send only what is still needed")]
    NotAsked {
        /// Which.
        offer: OfferId,
        /// The item.
        item: String,
    },
    /// A value that the item cannot have.
    #[error("{item}: {reason}")]
    BadAnswer {
        /// Which.
        offer: OfferId,
        /// The item.
        item: String,
        /// What is wrong and what was expected.
        reason: String,
    },
    /// No case could be opened.
    #[error(transparent)]
    Open(#[from] case::open::Fault),
    /// An answer could not be recorded.
    #[error(transparent)]
    Answer(#[from] registry::fact::FactError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AsConflict for Fault {
    fn is_conflict(&self) -> bool {
        match self {
            Fault::Store(e) => e.is_conflict(),
            Fault::Open(e) => e.is_conflict(),
            Fault::Answer(e) => e.is_conflict(),
            _ => false,
        }
    }
}

/// How many offers one request may accept.
pub const MOST: usize = 64;

/// Accepts the offers. `allowed` are the guard's decisions on the subjects; an offer to the household needs one on the
/// applicant. Tapping twice gives the same application.
pub async fn run(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: &[Allowed],
    mut input: Input,
) -> Result<Done, Fault> {
    let offers = find(tx, &input).await?;
    let household = household_of(&offers)?;
    let on_behalf = reason(who, &input)?;
    let members = crate::household::member_ids(tx, desk, household).await?;
    if !members.contains(&input.applicant) {
        return Err(Fault::NotAMember);
    }
    for offer in &offers {
        permitted(offer, allowed, input.applicant)?;
    }
    let Some(home) = crate::household::load(tx, desk, household, Cause::FactChange).await? else {
        return Err(Fault::NotAMember);
    };
    for (tap, offer) in input.taps.iter_mut().zip(&offers).filter(|(_, o)| o.status != OfferStatus::Accepted) {
        let given = tap.answers.iter_mut().map(|g| (&mut g.subject, g.item.as_str()));
        account::of_payee(desk, &home, input.applicant, given);
        // Whoever applies agrees for themselves, of whomever the offer asked it.
        for given in tap.answers.iter_mut().filter(|g| desk.pack.opening_consent(&g.item).is_some()) {
            given.subject = Subject::Person(input.applicant);
        }
        let given = tap.answers.iter_mut().map(|g| (g.subject, g.item.as_str(), &mut g.value)).collect();
        account::conceal(tx, desk, who, input.applicant, given).await.map_err(|fault| match fault {
            account::Fault::Bad { item, reason } => {
                Fault::BadAnswer { offer: offer.id, item, reason: reason.to_string() }
            }
            account::Fault::Store(why) => Fault::Store(why),
        })?;
    }
    let mut items = Vec::new();
    let mut fresh = Vec::new();
    for (tap, offer) in input.taps.iter().zip(&offers) {
        if offer.status == OfferStatus::Accepted {
            items.push((offer.id, application_of(tx, offer).await?));
        } else if !fresh.iter().any(|(_, o): &(&Tap, &Offer)| o.id == offer.id) {
            may_be_taken(tx, desk, tap, offer, input.applicant).await?;
            fresh.push((tap, offer));
        }
    }
    if fresh.is_empty() {
        return Ok(Done { application: None, items });
    }
    exclusions(tx, desk, household, &members, &fresh).await?;
    let application = ApplicationId::new(desk.ids, desk.now);
    take(tx, desk, who, application, &input, household, on_behalf, &fresh).await?;
    items.extend(fresh.iter().map(|(_, offer)| (offer.id, application)));
    Ok(Done { application: Some(application), items })
}

/// The offers in the order of the taps.
async fn find(tx: &mut Tx, input: &Input) -> Result<Vec<Offer>, Fault> {
    match input.taps.len() {
        0 => return Err(Fault::Nothing),
        count if count > MOST => return Err(Fault::TooMany { count, most: MOST }),
        _ => {}
    }
    let ids: Vec<OfferId> = input.taps.iter().map(|t| t.offer).collect();
    let found: BTreeMap<OfferId, Offer> = rows::offers_by_id(tx, &ids).await?.into_iter().map(|o| (o.id, o)).collect();
    ids.into_iter().map(|offer| found.get(&offer).cloned().ok_or(Fault::NoSuchOffer { offer })).collect()
}

fn household_of(offers: &[Offer]) -> Result<HouseholdId, Fault> {
    let first = offers.first().ok_or(Fault::Nothing)?;
    match offers.iter().find(|o| o.household != first.household) {
        Some(other) => Err(Fault::NoSuchOffer { offer: other.id }),
        None => Ok(first.household),
    }
}

fn reason(who: &Who, input: &Input) -> Result<Option<String>, Fault> {
    let given = input.on_behalf.as_deref().map(str::trim).filter(|r| r.chars().count() >= 3);
    match (who.role.is_staff(), given) {
        (true, None) => Err(Fault::NoReason),
        (true, Some(reason)) => Ok(Some(reason.to_owned())),
        (false, _) => Ok(None),
    }
}

/// Whether the guard allowed acting for whom the offer is for.
pub(crate) fn permitted(offer: &Offer, allowed: &[Allowed], applicant: PersonId) -> Result<(), Fault> {
    let person = offer.subject.person().unwrap_or(applicant);
    let covers =
        allowed.iter().any(|a| matches!(a.action(), Action::AcceptOffer | Action::KeyInForPerson) && a.covers(person));
    if covers { Ok(()) } else { Err(Fault::NotAllowed { offer: offer.id }) }
}

async fn application_of(tx: &mut Tx, offer: &Offer) -> Result<ApplicationId, Fault> {
    let row = tx.one(rows::APPLICATION_OF_OFFER, params![offer.subject.uuid(), offer.id]).await?;
    Ok(row.get("application_id")?)
}

async fn may_be_taken(
    tx: &mut Tx,
    desk: &Desk<'_>,
    tap: &Tap,
    offer: &Offer,
    applicant: PersonId,
) -> Result<(), Fault> {
    let (id, today) = (offer.id, desk.today());
    match (offer.status_on(today), offer.content.claim_closes) {
        (OfferStatus::Open | OfferStatus::Refused, _) => {}
        (OfferStatus::Expired, Some(closed)) => return Err(Fault::Expired { offer: id, closed }),
        (status, _) => return Err(Fault::Gone { offer: id, status }),
    }
    if let Some(opens) = offer.content.claim_opens.filter(|opens| today < *opens) {
        return Err(Fault::NotYet { offer: id, opens });
    }
    let was = shown(tx, offer, tap.revision).await?;
    for given in &tap.answers {
        // What the page asked and somebody answered meanwhile (the tap before, an agency) is asked no more; that is no fault.
        let mut asked = offer.content.needed.iter().chain(was.iter().flat_map(|w| &w.needed));
        if !asked.any(|n| account::answers(desk, applicant, n, given.subject, &given.item)) {
            return Err(Fault::NotAsked { offer: id, item: given.item.clone() });
        }
        desk.check_value(given.subject, &given.item, &given.value).map_err(|reason| Fault::BadAnswer {
            offer: id,
            item: given.item.clone(),
            reason,
        })?;
    }
    Ok(())
}

/// Holds what was shown against what is offered: the same revision, or an earlier one that said the same to the family and
/// asked no less of it. Gives back the earlier one.
async fn shown(tx: &mut Tx, offer: &Offer, revision: u32) -> Result<Option<OfferContent>, Fault> {
    if revision == offer.revision {
        return Ok(None);
    }
    let changed = Fault::Changed { offer: offer.id, shown: revision, now: offer.revision };
    let Some(row) = tx.maybe(rows::PAST_CONTENT, params![offer.subject.uuid(), offer.id, revision]).await? else {
        return Err(changed);
    };
    let was: OfferContent = row.json("content")?;
    let asked = |n: &Needed| was.needed.iter().any(|w| w.subject == n.subject && w.item == n.item);
    let same = OfferContent { needed: Vec::new(), ..was.clone() }.digest()
        == OfferContent { needed: Vec::new(), ..offer.content.clone() }.digest();
    if same && offer.content.needed.iter().all(asked) { Ok(Some(was)) } else { Err(changed) }
}

/// No two that exclude each other, neither among the taps nor with what was accepted before.
async fn exclusions(
    tx: &mut Tx,
    desk: &Desk<'_>,
    household: HouseholdId,
    members: &[PersonId],
    fresh: &[(&Tap, &Offer)],
) -> Result<(), Fault> {
    let subjects: Vec<Uuid> = std::iter::once(household.0).chain(members.iter().map(|p| p.0)).collect();
    let today = desk.today();
    let taken: Vec<Offer> = rows::offers_of(tx, &subjects)
        .await?
        .into_iter()
        .filter(|o| o.status == OfferStatus::Accepted && o.content.until.is_none_or(|end| today < end))
        .collect();
    for (_, offer) in fresh {
        for touch in offer.content.choice.touches.iter().filter(|t| t.excludes) {
            let Some(other) = touch.other.as_deref() else { continue };
            let among = fresh.iter().map(|(_, o)| *o).chain(&taken);
            let clash = among
                .filter(|o| o.id != offer.id && o.programme == other)
                // Between two persons a rule of the same person does not hold; the rule stage named only those it touches.
                .any(|o| {
                    o.content.choice.touches.iter().any(|t| t.rule == touch.rule) || o.status == OfferStatus::Accepted
                });
            if clash && offer.content.choice.place != Place::OfficialLooks {
                let (a, b) = (offer.programme.clone(), other.to_owned());
                return Err(Fault::Excludes { offer: offer.id, a, b, rule: touch.rule.clone() });
            }
        }
    }
    Ok(())
}

/// What other rooms are told.
#[derive(Serialize)]
struct Received<'a> {
    application: ApplicationId,
    household: HouseholdId,
    applicant: PersonId,
    programmes: Vec<&'a str>,
}

/// The topic under which other rooms are told of an application.
pub const RECEIVED: &str = "application.received";

#[expect(clippy::too_many_arguments, reason = "one row each; a struct would only be unpacked again")]
async fn take(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    application: ApplicationId,
    input: &Input,
    household: HouseholdId,
    on_behalf: Option<String>,
    fresh: &[(&Tap, &Offer)],
) -> Result<(), Fault> {
    let (now, role) = (desk.now, who.role.word());
    let values = params![input.applicant, application, household, who.account, role, on_behalf, now];
    tx.execute(rows::APPLICATION_ADD, values).await?;
    let mut items = Vec::new();
    for (tap, offer) in fresh {
        let subject = offer.subject.uuid();
        let taken = tx.execute(rows::OFFER_TAKE, params![subject, offer.id, offer.revision, now]).await?;
        if taken != 1 {
            // Somebody was faster between the reading and here: the whole transaction is repeated and sees it.
            return Err(StoreError::Conflict.into());
        }
        let answers: Vec<Prefilled> = tap.answers.iter().map(|g| answered(g, desk)).collect();
        items.push(
            params![
                subject,
                offer.id,
                application,
                input.applicant,
                offer.programme,
                offer.revision,
                ItemStatus::Received.word(),
                rows::json(&offer.content)?,
                rows::json(&answers)?,
                offer.facts_hash,
                offer.pack_hash,
                offer.rule_set,
                now
            ]
            .to_vec(),
        );
        let act = desk.ids.uuid(now);
        let values = params![subject, offer.id, act, "accepted", offer.revision, who.account, role, on_behalf, now];
        tx.execute(rows::ACT_ADD, values).await?;
    }
    rows::ITEM_ADD.insert(tx, items).await?;
    open_cases(tx, desk, who, application, input, household, fresh).await?;
    let programmes = fresh.iter().map(|(_, o)| o.programme.as_str()).collect();
    let told = Received { application, household, applicant: input.applicant, programmes };
    tx.emit(desk.ids, now, RECEIVED, &told).await?;
    Ok(())
}

/// One case for every programme taken, and what the family answered in the registry.
async fn open_cases(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    application: ApplicationId,
    input: &Input,
    household: HouseholdId,
    fresh: &[(&Tap, &Offer)],
) -> Result<(), Fault> {
    let channel = if who.role.is_staff() { Channel::Counter } else { Channel::Online };
    let mut items: Vec<OpeningItem> = Vec::new();
    for (tap, offer) in fresh {
        let base = &offer.period_key;
        let (runs, next) = apply::stretch(tx, desk, offer.subject, &offer.programme, base.clone()).await?;
        // A case of another stretch that runs is none of this offer's.
        let runs = runs.filter(|(_, key)| key.starts_with(base));
        items.push(OpeningItem {
            subject: offer.subject,
            programme: offer.programme.clone(),
            period_key: runs.map_or(next, |(_, key)| key),
            offer: Some(offer.id),
            applied_on: desk.today(),
            answers: tap.answers.iter().map(|g| answered(g, desk)).collect(),
        });
    }
    let needed = |a: &&Prefilled| {
        let asks = |n: &Needed| account::answers(desk, input.applicant, n, a.subject, &a.item);
        fresh.iter().any(|(_, o)| o.content.needed.iter().any(asks))
    };
    for answer in items.iter().flat_map(|i| &i.answers).filter(needed) {
        give::record(tx, desk, who, answer.subject, &answer.item, &answer.value).await?;
    }
    let opening = Opening { application, applicant: input.applicant, household, channel, items };
    let cases = case::open::run(tx, desk, Actor::of(who), &opening).await?;
    let said = opening.items.iter().flat_map(|i| &i.answers).map(|a| (a.subject, a.item.as_str(), &a.value)).collect();
    account::tell(tx, desk, input.applicant, said, &cases).await?;
    Ok(())
}

/// An answer of the family, as a fact of its own saying.
fn answered(given: &Given, desk: &Desk<'_>) -> Prefilled {
    Prefilled {
        subject: given.subject,
        item: given.item.clone(),
        value: given.value.clone(),
        source: Some("self".to_owned()),
        valid_from: Some(desk.today()),
        recorded: Some(desk.now.rfc3339()),
        law: None,
    }
}
