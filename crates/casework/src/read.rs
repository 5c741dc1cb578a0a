//! Reads for people: entitlements now, offers, events and applications of a household, under seal and with everybody they
//! are about, for the guard to decide on.
//!
//! Of a household with a protected address nothing that follows from where it lives is shown: neither the values that a
//! place gives to everyone there nor the place itself.

use std::collections::BTreeSet;

use catalogue::Pack;
use guard::{Relation, Resource, Sealed, Tier};
use kernel::{Date, EventId, HouseholdId, Instant, OfferId, PersonId};
use registry::sight::{Earlier, Sight, relations};
use registry::{AsOf, HouseholdRecord};
use serde::Serialize;
use store::{StoreError, Tx, params};
use uuid::Uuid;

use crate::desk::Desk;
use crate::evaluate::{Evaluation, evaluate};
use crate::household::{self, PLACE};
use crate::model::{Cause, LifeEvent, Needed, Offer, OfferStatus, Subject};
use crate::rows::{self, ApplicationItem};
use crate::snapshot::Snapshot;

/// What was read: under seal, with everybody inside and how they stand to the viewer.
#[derive(Debug)]
#[must_use]
pub struct Seen<T> {
    /// The data; [`guard::Guard::reveal`] opens it.
    pub sealed: Sealed<T>,
    /// Everybody whose data it holds.
    pub about: Vec<(PersonId, Relation)>,
}

impl<T> Seen<T> {
    /// The guard's resource for it: entitlements and what they rest on.
    pub fn resource(&self) -> Resource {
        Resource::people(self.about.iter().copied()).at(Tier::Benefits)
    }
}

/// What a household may get now.
#[derive(Clone, Debug, Serialize)]
pub struct Entitlements {
    /// The results.
    pub evaluation: Evaluation,
    /// Content hash of the pack.
    pub pack: String,
}

/// An offer as shown: with the status it has on the day.
#[derive(Clone, Debug, Serialize)]
pub struct OfferShown {
    /// The offer.
    pub offer: Offer,
    /// Its status today.
    pub status: OfferStatus,
    /// Who may come to be paid, with the items of their accounts that are known: of them those are not asked.
    pub payees: Vec<(PersonId, Vec<String>)>,
}

impl OfferShown {
    /// What is still needed if this person applies: an account for a child or the household is theirs, asked once for all of it.
    pub fn needed<'a>(&'a self, pack: &'a Pack, applicant: Option<PersonId>) -> impl Iterator<Item = Needed> + 'a {
        let paid = self.payees.iter().find(|(payee, _)| Some(*payee) == applicant);
        let account = move |item: &str| pack.accounts().any(|rule| rule.item == item);
        self.offer.content.needed.iter().filter_map(move |n| match paid.filter(|_| account(&n.item)) {
            Some((_, known)) if known.contains(&n.item) => None,
            Some((payee, _)) => Some(Needed { subject: Subject::Person(*payee), ..n.clone() }),
            None => Some(n.clone()),
        })
    }
}

/// An application with its items.
#[derive(Clone, Debug, Serialize)]
pub struct ApplicationShown {
    /// Its id.
    pub id: kernel::ApplicationId,
    /// Who applied.
    pub applicant: PersonId,
    /// The household.
    pub household: HouseholdId,
    /// Why an official acted for the person.
    pub on_behalf: Option<String>,
    /// When.
    pub made_at: Instant,
    /// What was applied for.
    pub items: Vec<ApplicationItem>,
}

/// An earlier revision of an offer.
#[derive(Clone, Debug, Serialize)]
pub struct Revision {
    /// 1, 2, 3 …
    pub revision: u32,
    /// Its status then.
    pub status: OfferStatus,
    /// What it said.
    pub content: crate::model::OfferContent,
    /// From when.
    pub from: Instant,
    /// Until when.
    pub until: Instant,
}

/// Everybody in a household and how they stand to the viewer; `None` when there is no such household.
struct Home {
    snapshot: Snapshot,
    about: Vec<(PersonId, Relation)>,
    hidden: bool,
}

async fn home(tx: &mut Tx, desk: &Desk<'_>, sight: &Sight<'_>, id: HouseholdId) -> Result<Option<Home>, StoreError> {
    let Some(snapshot) = household::load(tx, desk, id, Cause::FactChange).await? else { return Ok(None) };
    let about: Vec<_> = relations(tx, sight, snapshot.persons()).await?.into_iter().collect();
    Ok(Some(Home::new(snapshot, about)))
}

impl Home {
    fn new(snapshot: Snapshot, about: Vec<(PersonId, Relation)>) -> Home {
        let hidden = about.iter().any(|(_, r)| r.protected && !(r.own || r.ward));
        Home { snapshot, about, hidden }
    }

    fn seal<T>(&self, value: T) -> Seen<T> {
        self.seal_with(value, [])
    }

    /// Under seal with others whom the value names.
    fn seal_with<T>(&self, value: T, others: impl IntoIterator<Item = (PersonId, Relation)>) -> Seen<T> {
        let mut about = self.about.clone();
        about.extend(others);
        Seen { sealed: Sealed::new(value, about.iter().map(|(p, _)| *p)), about }
    }

    fn is_about(&self, person: PersonId) -> bool {
        self.about.iter().any(|(p, _)| *p == person)
    }

    fn subjects(&self) -> Vec<Uuid> {
        std::iter::once(self.snapshot.household.0).chain(self.snapshot.members.iter().map(|m| m.person.0)).collect()
    }
}

/// A household of today for a page: what [`registry::sight::household_with_past`], [`entitlements`], [`offers`] and
/// [`events`] give, from one reading.
#[derive(Debug)]
pub struct Whole {
    /// Who belongs to it, and facts.
    pub record: registry::Seen<(HouseholdRecord, Earlier)>,
    /// What it may get today.
    pub entitlements: Seen<Entitlements>,
    /// All offers.
    pub offers: Seen<Vec<OfferShown>>,
    /// The newest events.
    pub events: Seen<Vec<LifeEvent>>,
}

/// Reads a household of today once for everything a page tells about it, with at most so many events; `None` when there is
/// no such household or it must look absent.
pub async fn whole(
    tx: &mut Tx,
    desk: &Desk<'_>,
    sight: &Sight<'_>,
    id: HouseholdId,
    most_events: u32,
) -> Result<Option<Whole>, StoreError> {
    let today = desk.today();
    let Some(gathered) = registry::read::gather(tx, id, AsOf::latest(today)).await? else { return Ok(None) };
    let snapshot = household::of(desk, &gathered.whole(), Cause::FactChange)?;
    let (about, record) = registry::sight::shown(tx, sight, gathered).await?;
    let Some(record) = record else { return Ok(None) };
    let home = Home::new(snapshot, about);
    Ok(Some(Whole {
        record,
        entitlements: entitlements_of(desk, &home, today),
        offers: offers_to(tx, desk, &home).await?,
        events: events_of(tx, sight, &home, Older::NEWEST, most_events).await?,
    }))
}

/// What the household may get on a day (today's facts), with reasons and after the combination rules.
pub async fn entitlements(
    tx: &mut Tx,
    desk: &Desk<'_>,
    sight: &Sight<'_>,
    id: HouseholdId,
    on: Date,
) -> Result<Option<Seen<Entitlements>>, StoreError> {
    Ok(home(tx, desk, sight, id).await?.map(|home| entitlements_of(desk, &home, on)))
}

fn entitlements_of(desk: &Desk<'_>, home: &Home, on: Date) -> Seen<Entitlements> {
    let mut evaluation = evaluate(desk.pack, &home.snapshot, on);
    if home.hidden {
        hide_place(desk, &mut evaluation);
    }
    let pack = desk.pack.content_hash().to_owned();
    home.seal(Entitlements { evaluation, pack })
}

/// Takes out what follows from the place: values of items that places give, and everything worked out on the way, since a
/// named value may be nothing but the place in other words.
fn hide_place(desk: &Desk<'_>, evaluation: &mut Evaluation) {
    let given: BTreeSet<&str> =
        desk.pack.jurisdictions().iter().flat_map(|j| j.attributes.iter().map(|(item, _)| item.as_str())).collect();
    for condition in evaluation.explanation.results.iter_mut().flat_map(|r| &mut r.conditions) {
        let touched = condition.facts.iter().any(|f| given.contains(f.fact.item.as_str()));
        let elsewhere = condition.facts.iter().filter(|f| !given.contains(f.fact.item.as_str()));
        condition.facts = elsewhere.cloned().collect();
        if touched {
            condition.steps = Default::default();
        }
    }
}

/// All offers to the household and its members, the newest last.
pub async fn offers(
    tx: &mut Tx,
    desk: &Desk<'_>,
    sight: &Sight<'_>,
    id: HouseholdId,
) -> Result<Option<Seen<Vec<OfferShown>>>, StoreError> {
    let Some(home) = home(tx, desk, sight, id).await? else { return Ok(None) };
    offers_to(tx, desk, &home).await.map(Some)
}

async fn offers_to(tx: &mut Tx, desk: &Desk<'_>, home: &Home) -> Result<Seen<Vec<OfferShown>>, StoreError> {
    let today = desk.today();
    let mut shown = Vec::new();
    for mut offer in rows::offers_of(tx, &home.subjects()).await? {
        if home.hidden {
            offer.content.answers.retain(|a| a.source.as_deref() != Some(PLACE));
        }
        let payees = payees(desk, &home.snapshot, &offer);
        shown.push(OfferShown { status: offer.status_on(today), payees, offer });
    }
    Ok(home.seal(shown))
}

/// The people who may be paid what is offered, with the items of their accounts that are known.
fn payees(desk: &Desk<'_>, snapshot: &Snapshot, offer: &Offer) -> Vec<(PersonId, Vec<String>)> {
    let said = |p: &PersonId| {
        let member = snapshot.members.iter().find(|m| m.person == *p);
        let known = |item: &&str| member.is_some_and(|m| m.facts.iter().any(|f| f.item == **item));
        desk.pack.accounts().map(|rule| rule.item.as_str()).filter(known).map(str::to_owned).collect()
    };
    let payees = crate::evaluate::payees(desk.pack, snapshot, offer.subject, None);
    payees.into_iter().map(|p| (p, said(&p))).collect()
}

/// The subjects of offers, to ask the guard before they are accepted or refused: the household, and the person each is
/// for. Ids only; unknown offers are left out.
pub async fn subjects(
    tx: &mut Tx,
    ids: &[OfferId],
) -> Result<Vec<(OfferId, HouseholdId, Option<PersonId>)>, StoreError> {
    let found = rows::offers_by_id(tx, ids).await?;
    Ok(found.into_iter().map(|o| (o.id, o.household, o.subject.person())).collect())
}

/// Whom an event is about, to ask the guard before it is corrected or withdrawn.
pub async fn event_person(tx: &mut Tx, id: EventId) -> Result<Option<(PersonId, HouseholdId)>, StoreError> {
    Ok(rows::event(tx, id).await?.map(|e| (e.person, e.household)))
}

/// Earlier revisions of one offer, the first first.
pub async fn revisions(
    tx: &mut Tx,
    desk: &Desk<'_>,
    sight: &Sight<'_>,
    id: OfferId,
) -> Result<Option<Seen<Vec<Revision>>>, StoreError> {
    let Some(offer) = rows::offers_by_id(tx, &[id]).await?.pop() else { return Ok(None) };
    let Some(home) = home(tx, desk, sight, offer.household).await? else { return Ok(None) };
    let mut past = Vec::new();
    for row in tx.all(rows::PAST, params![offer.subject.uuid(), id]).await? {
        let mut content: crate::model::OfferContent = row.json("content")?;
        if home.hidden {
            content.answers.retain(|a| a.source.as_deref() != Some(PLACE));
        }
        past.push(Revision {
            revision: row.get("revision")?,
            status: row.parse("status")?,
            content,
            from: row.get("changed_at")?,
            until: row.get("superseded_at")?,
        });
    }
    Ok(Some(home.seal(past)))
}

/// A place in a list that goes backwards in time: everything older than this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Older {
    /// The moment of the last row seen.
    pub at: Instant,
    /// Its id.
    pub id: Uuid,
}

impl Older {
    /// The beginning of the list: the newest row.
    pub const NEWEST: Older = Older { at: Instant::from_micros(i64::MAX), id: Uuid::max() };
}

/// Events of the household, the newest first.
pub async fn events(
    tx: &mut Tx,
    desk: &Desk<'_>,
    sight: &Sight<'_>,
    id: HouseholdId,
    older: Older,
    most: u32,
) -> Result<Option<Seen<Vec<LifeEvent>>>, StoreError> {
    let Some(home) = home(tx, desk, sight, id).await? else { return Ok(None) };
    events_of(tx, sight, &home, older, most).await.map(Some)
}

async fn events_of(
    tx: &mut Tx,
    sight: &Sight<'_>,
    home: &Home,
    older: Older,
    most: u32,
) -> Result<Seen<Vec<LifeEvent>>, StoreError> {
    let values = params![home.snapshot.household, older.at, older.id, most];
    let rows = tx.all(rows::EVENTS_OF_HOUSEHOLD, values).await?;
    let events = rows.iter().map(rows::read_event).collect::<Result<Vec<_>, _>>()?;
    // Somebody who left the household since is still whom an event was about.
    let strangers: BTreeSet<PersonId> = events.iter().map(|e| e.person).filter(|p| !home.is_about(*p)).collect();
    let others = relations(tx, sight, strangers).await?;
    Ok(home.seal_with(events, others))
}

/// Applications of the household, the newest first.
pub async fn applications(
    tx: &mut Tx,
    desk: &Desk<'_>,
    sight: &Sight<'_>,
    id: HouseholdId,
    older: Older,
    most: u32,
) -> Result<Option<Seen<Vec<ApplicationShown>>>, StoreError> {
    let Some(home) = home(tx, desk, sight, id).await? else { return Ok(None) };
    let mut shown = Vec::new();
    for row in tx.all(rows::APPLICATIONS_OF_HOUSEHOLD, params![id, older.at, older.id, most]).await? {
        let application: kernel::ApplicationId = row.get("application_id")?;
        let items = tx.all(rows::ITEMS, params![application]).await?;
        let mut items = items.iter().map(rows::read_item).collect::<Result<Vec<_>, _>>()?;
        if home.hidden {
            for item in &mut items {
                item.content.answers.retain(|a| a.source.as_deref() != Some(PLACE));
            }
        }
        shown.push(ApplicationShown {
            id: application,
            applicant: row.get("person_id")?,
            household: row.get("household_id")?,
            on_behalf: row.maybe("on_behalf_reason")?,
            made_at: row.get("made_at")?,
            items,
        });
    }
    let applicants: BTreeSet<PersonId> = shown.iter().map(|a| a.applicant).filter(|p| !home.is_about(*p)).collect();
    let others = relations(tx, sight, applicants).await?;
    Ok(Some(home.seal_with(shown, others)))
}

/// The facts an offer or application rests on, exactly as they were frozen; for a replay, never for a page.
pub async fn frozen(tx: &mut Tx, household: HouseholdId, hash: &str) -> Result<Option<Sealed<Snapshot>>, StoreError> {
    let Some(row) = tx.maybe(rows::FROZEN, params![household, hash]).await? else { return Ok(None) };
    let snapshot: Snapshot = row.json("content")?;
    let persons = snapshot.persons();
    Ok(Some(Sealed::new(snapshot, persons)))
}
