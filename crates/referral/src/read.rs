//! What referrer, supervisor, partner and family may see of a referral: under seal, with everybody inside and how they stand
//! to the viewer.

use std::collections::{BTreeMap, BTreeSet};

use guard::{Action, Decision, Relation, Request, Resource, Role, Sealed, Spent, Tier};
use kernel::{AccountId, Date, Instant, PersonId, ReferralId};
use registry::AsOf;
use registry::sight::{Seen, Sight, relations};
use store::{StoreError, Tx};

use crate::link::Link;
use crate::model::{Referral, Standing, Step};
use crate::{Desk, change, rows};

/// Which open referrals of an office.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// All.
    All,
    /// Those this account sent.
    Of(AccountId),
    /// Those a supervisor must look at.
    Escalated,
}

/// A referral with the person's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The referral.
    pub referral: Referral,
    /// The person, as their record stands now.
    pub person: PersonId,
    /// The name.
    pub name: String,
}

/// A referral with everything that was done to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whole {
    /// The referral and the name.
    pub named: Named,
    /// The steps, from the first.
    pub steps: Vec<Step>,
}

/// What a partner learns: the part that was agreed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForPartner {
    /// The referral's id.
    pub id: ReferralId,
    /// The service asked.
    pub service: String,
    /// The need.
    pub need: String,
    /// What the referrer wrote.
    pub reason: String,
    /// The office it came from.
    pub from: (String, String),
    /// The name, if agreed.
    pub name: Option<String>,
    /// The date of birth, if agreed.
    pub birth_date: Option<Date>,
    /// How the family wants to be reached; `None`: through the referrer.
    pub contact: Option<String>,
    /// When it was sent.
    pub requested_at: Instant,
    /// How it stands.
    pub now: Standing,
}

/// How sensitive a referral is.
pub fn tier(it: &Referral) -> Tier {
    if it.sensitive || it.discreet { Tier::Sensitive } else { Tier::Benefits }
}

/// The guard's resource for what was read, at the tier of the most sensitive.
pub fn resource<T>(seen: &Seen<T>, tier: Tier) -> Resource {
    seen.resource().at(tier).showing(["referral"])
}

/// The person a referral is about and its tier, to ask the guard before anything is done with it. Ids only.
///
/// # Errors
/// The database.
pub async fn about(tx: &mut Tx, id: ReferralId) -> Result<Option<(PersonId, Tier)>, StoreError> {
    let Some(it) = rows::one(tx, id).await? else { return Ok(None) };
    Ok(Some((registry::read::surviving(tx, it.person).await?, tier(&it))))
}

/// An open referral of one's own office, or to one's own agency, opens as an open case does; to a nurse those alone that she has sent, or took over
/// with the family.
fn opened(desk: &Desk<'_>, sight: &Sight<'_>, it: &Referral, relation: Relation) -> Relation {
    let who = sight.who;
    let mine = match who.role {
        Role::AgencySystem => who.organisation == it.agency && !it.now.status.is_over(),
        Role::Citizen => false,
        Role::Nurse => it.now.closed_at.is_none() && it.referrer == who.account && change::of_office(desk, who, it),
        _ => it.now.closed_at.is_none() && change::of_office(desk, who, it),
    };
    Relation { open_case: relation.open_case || mine, ..relation }
}

fn may(sight: &Sight<'_>, relation: Relation, tier: Tier) -> bool {
    let resource = Resource::person(PersonId(uuid::Uuid::nil()), relation).at(tier);
    let request = Request {
        look: uuid::Uuid::nil(),
        now: Instant::start_of(sight.today),
        who: sight.who,
        action: Action::ViewReferral,
        resource: &resource,
        purpose: sight.purpose,
    };
    matches!(sight.policies.decide(&request), Decision::Allowed(_))
}

/// Those the viewer may open, with names, and the tier of the most sensitive. What they may not open is left out, as if it were
/// not there.
async fn kept(
    tx: &mut Tx,
    desk: &Desk<'_>,
    sight: &Sight<'_>,
    list: Vec<Referral>,
) -> Result<(Seen<Vec<Named>>, Tier), StoreError> {
    let mut mine = BTreeMap::new();
    for person in list.iter().map(|r| r.person).collect::<BTreeSet<_>>() {
        // A record that was joined with another is shown as the one that stays.
        mine.insert(person, registry::read::surviving(tx, person).await?);
    }
    let mut about = relations(tx, sight, mine.values().copied()).await?;
    let stands = |it: &Referral| mine.get(&it.person).copied().unwrap_or(it.person);
    for it in &list {
        let person = stands(it);
        if let Some(relation) = about.get(&person).copied() {
            about.insert(person, opened(desk, sight, it, relation));
        }
    }
    let mut shown: Vec<(PersonId, Referral)> = Vec::new();
    for it in list {
        let person = stands(&it);
        let Some(relation) = about.get(&person).copied() else { continue };
        let private = sight.who.role == Role::Citizen && it.discreet && !relation.own;
        if !private && may(sight, relation, tier(&it)) {
            shown.push((person, it));
        }
    }
    let most = shown.iter().map(|(_, it)| tier(it)).max().unwrap_or(Tier::Benefits);
    about.retain(|person, _| shown.iter().any(|(p, _)| p == person));
    let names = registry::read::names(tx, about.keys().copied(), desk.today()).await?;
    let named = shown.into_iter().map(|(p, r)| Named {
        name: names.get(&p).cloned().unwrap_or_default(),
        person: p,
        referral: r,
    });
    let about: Vec<_> = about.into_iter().collect();
    let sealed = Sealed::new(named.collect(), about.iter().map(|(p, _)| *p));
    Ok((Seen { sealed, about }, most))
}

/// The open referrals of the viewer's office, the most urgent first.
///
/// # Errors
/// The database.
pub async fn of_office(
    tx: &mut Tx,
    desk: &Desk<'_>,
    sight: &Sight<'_>,
    which: Which,
    most: u32,
) -> Result<(Seen<Vec<Named>>, Tier), StoreError> {
    let (agency, place) = desk.office(sight.who);
    let list = rows::of_office(tx, (&agency, &place), which, most).await?;
    kept(tx, desk, sight, list).await
}

/// The referrals of a person, the newest first; those of records joined with theirs too.
///
/// # Errors
/// The database.
pub async fn of_person(
    tx: &mut Tx,
    desk: &Desk<'_>,
    sight: &Sight<'_>,
    person: PersonId,
    most: u32,
) -> Result<(Seen<Vec<Named>>, Tier), StoreError> {
    let mut list = rows::of_person(tx, person, most).await?;
    for merge in registry::merge::merges(tx, person).await?.iter().filter(|m| m.withdrawn_at.is_none()) {
        list.extend(rows::of_person(tx, merge.merged, most).await?);
    }
    list.sort_by_key(|r| std::cmp::Reverse((r.requested_at, r.id)));
    kept(tx, desk, sight, list).await
}

/// One referral with its steps; `None` when there is none, or none for this viewer.
///
/// # Errors
/// The database.
pub async fn one(
    tx: &mut Tx,
    desk: &Desk<'_>,
    sight: &Sight<'_>,
    id: ReferralId,
) -> Result<Option<(Seen<Whole>, Tier)>, StoreError> {
    let Some(it) = rows::one(tx, id).await? else { return Ok(None) };
    let steps = rows::steps(tx, it.person, it.id).await?;
    let (seen, tier) = kept(tx, desk, sight, vec![it]).await?;
    if seen.about.is_empty() {
        return Ok(None);
    }
    let whole = seen.sealed.map(|mut list| list.pop().map(|named| Whole { named, steps })).transpose();
    Ok(whole.map(|sealed| (Seen { sealed, about: seen.about }, tier)))
}

/// The open referrals to the viewer's agency: of each the part that was agreed.
///
/// # Errors
/// The database.
pub async fn to_agency(
    tx: &mut Tx,
    desk: &Desk<'_>,
    sight: &Sight<'_>,
    most: u32,
) -> Result<(Seen<Vec<ForPartner>>, Tier), StoreError> {
    let list = rows::to_agency(tx, &sight.who.organisation, most).await?;
    let (seen, tier) = kept(tx, desk, sight, list).await?;
    let people = seen.sealed.persons().to_vec();
    let births = births(tx, sight, desk, &people).await?;
    let sealed = seen.sealed.zip(births).map(|(list, births)| list.into_iter().map(|n| part(n, &births)).collect());
    Ok((Seen { sealed, about: seen.about }, tier))
}

/// Birth dates, still under seal.
async fn births(
    tx: &mut Tx,
    sight: &Sight<'_>,
    desk: &Desk<'_>,
    people: &[PersonId],
) -> Result<Sealed<BTreeMap<PersonId, Date>>, StoreError> {
    let mut all = Sealed::new(BTreeMap::new(), []);
    for person in people {
        let seen = registry::sight::person(tx, sight, *person, AsOf::latest(desk.today())).await?;
        let Some(seen) = seen else { continue };
        all = all.zip(seen.sealed).map(|(mut all, record)| {
            all.extend(record.birth_date.map(|born| (record.id, born)));
            all
        });
    }
    Ok(all)
}

fn part(named: Named, births: &BTreeMap<PersonId, Date>) -> ForPartner {
    let Named { referral: r, name, person } = named;
    ForPartner {
        id: r.id,
        name: r.shares.name.then_some(name),
        birth_date: births.get(&person).copied().filter(|_| r.shares.birth_date),
        service: r.service,
        need: r.need,
        reason: r.reason,
        from: r.from,
        contact: r.contact,
        requested_at: r.requested_at,
        now: r.now,
    }
}

/// One open referral to the viewer's agency; `None` when there is none, or it is another's or over.
///
/// # Errors
/// The database.
pub async fn for_partner(
    tx: &mut Tx,
    desk: &Desk<'_>,
    sight: &Sight<'_>,
    id: ReferralId,
) -> Result<Option<(Seen<ForPartner>, Tier)>, StoreError> {
    let Some(it) = rows::one(tx, id).await?.filter(|r| r.agency == sight.who.organisation) else { return Ok(None) };
    let person = registry::read::surviving(tx, it.person).await?;
    let (seen, tier) = kept(tx, desk, sight, vec![it]).await?;
    if seen.about.is_empty() {
        return Ok(None);
    }
    let births = births(tx, sight, desk, &[person]).await?;
    let sealed = seen.sealed.zip(births).map(|(mut list, births)| list.pop().map(|n| part(n, &births))).transpose();
    Ok(sealed.map(|sealed| (Seen { sealed, about: seen.about }, tier)))
}

/// The link to a referral as it stands now; `None` when nothing more is expected of the service. Tells nothing about anybody.
///
/// # Errors
/// The database.
pub async fn next_link(tx: &mut Tx, id: ReferralId) -> Result<Option<Link>, StoreError> {
    Ok(rows::one(tx, id).await?.as_ref().and_then(Link::to))
}

/// What a link that was made here leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Led {
    /// The agency whose link it is: whoever holds it acts for that agency.
    Good(String),
    /// It is good no more.
    Spent(Spent),
    /// There is no such referral any more.
    Nothing,
}

/// Whether a link is good now, and for which agency. Tells nothing about anybody.
///
/// # Errors
/// The database.
pub async fn follow(tx: &mut Tx, desk: &Desk<'_>, link: &Link) -> Result<Led, StoreError> {
    Ok(match rows::one(tx, link.referral).await? {
        None => Led::Nothing,
        Some(it) => link.is_good(&it, desk.now).map_or_else(Led::Spent, |()| Led::Good(it.agency)),
    })
}
