//! Working a household out again, and making its offers say what is so now. Every event ends here.

use std::borrow::Cow;
use std::collections::BTreeSet;

use catalogue::Pack;
use kernel::{Date, EventId, HouseholdId, Instant, OfferId, PersonId};
use registry::change::Whose;
use rules::schema::Entity;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use store::{AsConflict, StoreError, Tx, params};
use uuid::Uuid;

use crate::desk::Desk;
use crate::evaluate::{offerable, outcomes};
use crate::household;
use crate::model::{Cause, EventStatus, ItemStatus, LifeEvent, Offer, OfferStatus, Subject};
use crate::plan::{Change, Draft, Occasion, Outcomes, plan};
use crate::rows;
use crate::snapshot::Snapshot;

/// What a household's offers are compared with to see what is new.
#[derive(Clone, Debug)]
pub(crate) enum Before {
    /// The household as it is, but without these people.
    Without(Vec<PersonId>),
    /// The household as it was.
    Was(Box<Snapshot>),
    /// Its last evaluation, as if this programme had said nothing for this subject: it is offered if it can be.
    Unoffered(String, Subject),
    /// Its last evaluation, of the same day; only these programmes are worked out again.
    Touched(BTreeSet<String>),
    /// Its last evaluation; nothing is new when it never was evaluated.
    LastTime,
}

impl Before {
    /// The household as it was before what happened to it, where that is worked out again.
    fn household(&self, now: &Snapshot) -> Option<Cow<'_, Snapshot>> {
        match self {
            Before::Without(persons) => Some(Cow::Owned(now.without(persons))),
            Before::Was(earlier) => Some(Cow::Borrowed(earlier)),
            _ => None,
        }
    }
}

/// What came of a recomputation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settled {
    /// New offers.
    pub made: Vec<OfferId>,
    /// Offers that say something new.
    pub revised: Vec<OfferId>,
    /// Offers that are no longer open.
    pub closed: Vec<OfferId>,
}

impl Settled {
    /// Whether anything changed.
    pub fn changed(&self) -> bool {
        !(self.made.is_empty() && self.revised.is_empty() && self.closed.is_empty())
    }
}

/// Why a household could not be worked out.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The payload of a message or job is not what it should be.
    #[error("the message cannot be read: {0}")]
    Payload(String),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AsConflict for Fault {
    fn is_conflict(&self) -> bool {
        matches!(self, Fault::Store(e) if e.is_conflict())
    }
}

/// Works the household out again because of something that happened to it before; a household that does not exist (any
/// more) is left alone. Without a registered event, one is noted when offers changed, so that the family's history
/// says why.
pub async fn household(
    tx: &mut Tx,
    desk: &Desk<'_>,
    id: HouseholdId,
    cause: Cause,
    event: Option<EventId>,
) -> Result<Settled, Fault> {
    again(tx, desk, id, cause, event, Before::LastTime).await
}

/// Offers what a household could have and has not, whether or not anything changed; what it refused or applied for stays so.
pub(crate) async fn offer(
    tx: &mut Tx,
    desk: &Desk<'_>,
    id: HouseholdId,
    programme: &str,
    subject: Subject,
) -> Result<Settled, StoreError> {
    let before = Before::Unoffered(programme.to_owned(), subject);
    match again(tx, desk, id, Cause::Requalification, None, before).await {
        Err(Fault::Store(error)) => Err(error),
        Err(other) => Err(StoreError::Driver(other.to_string())),
        Ok(settled) => Ok(settled),
    }
}

/// The same as [`household`] because nothing but these items changed: only the programmes that they touch are worked out and
/// only their cases looked at, where the rest was worked out on this very day under this pack. It comes to the same.
pub async fn touched(
    tx: &mut Tx,
    desk: &Desk<'_>,
    id: HouseholdId,
    items: &[(Whose, String)],
) -> Result<Settled, Fault> {
    let entity = |whose: &Whose| match whose {
        Whose::Person => Entity::Person,
        Whose::Household => Entity::Household,
    };
    let items: Vec<(Entity, String)> = items.iter().map(|(whose, item)| (entity(whose), item.clone())).collect();
    let stood = rows::stood(tx, id).await?;
    let fresh = stood.filter(|s| s.on == desk.today() && s.pack_hash == desk.pack.content_hash());
    match (fresh, desk.pack.touched(&items)) {
        (Some(_), Some(only)) => again(tx, desk, id, Cause::FactChange, None, Before::Touched(only)).await,
        _ => household(tx, desk, id, Cause::FactChange, None).await,
    }
}

async fn again(
    tx: &mut Tx,
    desk: &Desk<'_>,
    id: HouseholdId,
    cause: Cause,
    event: Option<EventId>,
    before: Before,
) -> Result<Settled, Fault> {
    let Some(snapshot) = household::load(tx, desk, id, cause).await? else { return Ok(Settled::default()) };
    let noted = event.unwrap_or_else(|| EventId::new(desk.ids, desk.now));
    let settled = settle(tx, desk, &snapshot, before, cause, Some(noted)).await?;
    let head = snapshot.members.first().map(|m| m.person);
    if let Some(person) = head.filter(|_| event.is_none() && settled.changed()) {
        let note = LifeEvent {
            id: noted,
            kind: cause,
            person,
            household: id,
            occurred_on: desk.today(),
            detail: serde_json::Value::Null,
            source: desk.pack.manifest().id.clone(),
            register_number: None,
            status: EventStatus::Registered,
            corrects: None,
            reason: None,
            recorded_at: desk.now,
        };
        rows::add_event(tx, &note, None, desk.pack.content_hash()).await?;
    }
    Ok(settled)
}

/// Works the household out and writes what changed: offers, frozen facts, standing.
pub(crate) async fn settle(
    tx: &mut Tx,
    desk: &Desk<'_>,
    snapshot: &Snapshot,
    before: Before,
    cause: Cause,
    event: Option<EventId>,
) -> Result<Settled, StoreError> {
    let today = desk.today();
    let only = match &before {
        Before::Touched(programmes) => Some(programmes.clone()),
        _ => None,
    };
    let worked = Worked::out(desk, snapshot, before.household(snapshot).as_deref(), cause, only.as_ref());
    let mut stands = outcomes(&worked.drafts);
    let last = match before {
        Before::Touched(programmes) => {
            let last = rows::standing(tx, snapshot.household).await?;
            stands = last.clone().unwrap_or_default().with(&programmes, stands);
            last
        }
        Before::LastTime => rows::standing(tx, snapshot.household).await?,
        Before::Unoffered(programme, subject) => {
            let mut last = rows::standing(tx, snapshot.household).await?.unwrap_or_else(|| stands.clone());
            last.forget(&programme, subject);
            Some(last)
        }
        Before::Without(_) | Before::Was(_) => worked.earlier,
    };
    let before = last.unwrap_or_else(|| stands.clone());
    let persons = snapshot.members.iter().map(|m| m.person.0);
    let subjects: Vec<Uuid> = std::iter::once(snapshot.household.0).chain(persons).collect();
    let mut offered = rows::offers_of(tx, &subjects).await?;
    offered.retain(|o| only.as_ref().is_none_or(|p| p.contains(&o.programme)));
    let occasion = Occasion { cause, event, today };
    let changes = plan(&before, &offered, worked.drafts, occasion);
    let settled = carry_out(tx, desk, snapshot, &worked.rule_set, changes, occasion).await?;
    let next = next_change(tx, snapshot, worked.next, only.is_some()).await?;
    stand(tx, desk, snapshot, &stands, next).await?;
    crate::case::reopen::announce(tx, desk, snapshot.household, cause, only.as_ref()).await?;
    Ok(settled)
}

/// What the rules say of a household, before anything is written.
struct Worked {
    rule_set: String,
    drafts: Vec<Draft>,
    /// What they said of it as it was.
    earlier: Option<Outcomes>,
    /// The first day after today on which an answer turns by itself.
    next: Option<Date>,
}

impl Worked {
    /// An event asks twice, of the household as it is and as it was: side by side, because on SQLite everybody who has
    /// something to write waits meanwhile.
    fn out(
        desk: &Desk<'_>,
        snapshot: &Snapshot,
        earlier: Option<&Snapshot>,
        cause: Cause,
        only: Option<&BTreeSet<String>>,
    ) -> Worked {
        let (pack, today) = (desk.pack, desk.today());
        let now = || offerable(pack, snapshot, today, cause, only);
        let rest = || {
            let earlier = earlier.map(|earlier| outcomes(&offerable(pack, earlier, today, cause, None).1));
            (earlier, turns(pack, snapshot, today, only))
        };
        let ((rule_set, drafts), (earlier, next)) = match earlier {
            Some(_) => both(now, rest),
            None => (now(), rest()),
        };
        Worked { rule_set, drafts, earlier, next }
    }
}

/// Does two things at once. A panic of either is the caller's.
fn both<A, B: Send>(one: impl FnOnce() -> A, other: impl FnOnce() -> B + Send) -> (A, B) {
    std::thread::scope(|scope| {
        let other = scope.spawn(other);
        let one = one();
        (one, other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}

/// The first day after today on which an answer of these programmes turns by itself.
fn turns(pack: &Pack, snapshot: &Snapshot, today: Date, only: Option<&BTreeSet<String>>) -> Option<Date> {
    let household = snapshot.for_rules(pack.program().household());
    pack.program().next_change_of(&household, today, &|id| only.is_none_or(|only| only.contains(id)))
}

/// Notes where the household stands. Two recomputations of one household meet here, and one is repeated.
async fn stand(
    tx: &mut Tx,
    desk: &Desk<'_>,
    snapshot: &Snapshot,
    stands: &Outcomes,
    next: Option<Date>,
) -> Result<(), StoreError> {
    let values =
        params![snapshot.household, rows::json(stands)?, desk.today(), next, desk.pack.content_hash(), desk.now];
    tx.execute(rows::STAND, values).await.map(drop)
}

/// The day on which to look again. Of programmes that are not worked out again the day noted before stands: it may come too
/// early, for a look in vain, and never too late.
async fn next_change(
    tx: &mut Tx,
    snapshot: &Snapshot,
    now: Option<Date>,
    in_part: bool,
) -> Result<Option<Date>, StoreError> {
    let before = if in_part { rows::stood(tx, snapshot.household).await?.and_then(|s| s.next) } else { None };
    Ok(before.into_iter().chain(now).min())
}

/// Hashes and moment every changed row carries.
struct Stamp<'a> {
    facts: String,
    pack: &'a str,
    rules: &'a str,
    now: Instant,
}

async fn carry_out(
    tx: &mut Tx,
    desk: &Desk<'_>,
    snapshot: &Snapshot,
    rule_set: &str,
    changes: Vec<Change>,
    occasion: Occasion,
) -> Result<Settled, StoreError> {
    let mut settled = Settled::default();
    if changes.is_empty() {
        return Ok(settled);
    }
    let facts = freeze(tx, desk, snapshot, rule_set).await?;
    let stamp = Stamp { facts, pack: desk.pack.content_hash(), rules: rule_set, now: desk.now };
    let mut fresh = Vec::new();
    for change in changes {
        match change {
            Change::Make { draft, period_key } => {
                let offer = new_offer(desk, snapshot.household, draft, period_key, occasion, &stamp);
                fresh.push(rows::offer_values(&offer)?);
                settled.made.push(offer.id);
            }
            Change::Revise { offer, content, status } => {
                let digest = content.digest();
                keep(tx, &offer, desk.now).await?;
                let values = params![
                    offer.subject.uuid(),
                    offer.id,
                    status.word(),
                    digest,
                    rows::json(&content)?,
                    stamp.facts,
                    stamp.pack,
                    stamp.rules,
                    content.claim_closes,
                    stamp.now,
                    snapshot.household
                ];
                tx.execute(rows::OFFER_REVISE, values).await?;
                settled.revised.push(offer.id);
            }
            Change::Close { offer, status } => {
                close(tx, desk, &offer, status).await?;
                settled.closed.push(offer.id);
            }
        }
    }
    rows::OFFER_ADD.insert(tx, fresh).await?;
    Ok(settled)
}

/// Closes an offer; what was applied for with it is void.
pub(crate) async fn close(tx: &mut Tx, desk: &Desk<'_>, offer: &Offer, status: OfferStatus) -> Result<(), StoreError> {
    if offer.status == OfferStatus::Accepted {
        let values = params![offer.subject.uuid(), offer.id, ItemStatus::Void.word()];
        tx.execute(rows::ITEM_STATUS, values).await?;
        crate::case::reopen::void(tx, desk, offer.subject, offer.id).await?;
    }
    rows::set_status(tx, offer, status, desk.now).await.map(drop)
}

/// Keeps an offer's present revision before the next is written.
async fn keep(tx: &mut Tx, offer: &Offer, now: Instant) -> Result<(), StoreError> {
    tx.execute(rows::OFFER_KEEP, params![offer.subject.uuid(), offer.id, now]).await.map(drop)
}

fn new_offer(
    desk: &Desk<'_>,
    household: HouseholdId,
    draft: Draft,
    period_key: String,
    occasion: Occasion,
    stamp: &Stamp<'_>,
) -> Offer {
    Offer {
        id: OfferId::new(desk.ids, desk.now),
        subject: draft.subject,
        household,
        programme: draft.programme,
        period_key,
        cause: occasion.cause,
        event: occasion.event,
        status: OfferStatus::Open,
        revision: 1,
        digest: draft.digest,
        content: draft.content,
        facts_hash: stamp.facts.clone(),
        pack_hash: stamp.pack.to_owned(),
        rule_set: stamp.rules.to_owned(),
        made_at: stamp.now,
        changed_at: stamp.now,
    }
}

/// Freezes the facts under the hash of their content, and gives the hash.
pub(crate) async fn freeze(
    tx: &mut Tx,
    desk: &Desk<'_>,
    snapshot: &Snapshot,
    rule_set: &str,
) -> Result<String, StoreError> {
    let content = rows::json(snapshot)?;
    let hash = hex::encode(Sha256::digest(content.as_bytes()));
    let values = params![snapshot.household, hash, content, desk.pack.content_hash(), rule_set, desk.now];
    tx.execute(rows::FREEZE, values).await?;
    Ok(hash)
}
