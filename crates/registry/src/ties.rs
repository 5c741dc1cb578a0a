//! How people stand to a viewer: kinship, household, jurisdiction, and above all protection. Worked out in the same
//! transaction that reads the records, from what is known now, so that no stale relation opens anything.

use std::collections::{BTreeMap, BTreeSet};

use guard::Relation;
use kernel::{Date, HouseholdId, Instant, Period, PersonId};
use store::{StoreError, Tx};

use crate::household::ever_members;
use crate::kin;
use crate::person::Detail;
use crate::record::membership_at;
use crate::rows::{self, Parts, Protection, Rows, pick};
use crate::sight::Sight;
use crate::time::AsOf;

/// What protects one person on the days looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cover {
    /// Protected now (as a victim, a victim's child, or living with one), or on the day asked about.
    pub(crate) active: bool,
    /// From whom.
    pub(crate) perpetrators: BTreeSet<PersonId>,
    /// From whom places are kept although the record is not: a perpetrator with whom the victim's child lives.
    pub(crate) discreet: BTreeSet<PersonId>,
    /// Earlier protections of the person: what was true then stays hidden.
    pub(crate) past: Vec<Period>,
}

/// How one person stands to the viewer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tie {
    pub(crate) relation: Relation,
    pub(crate) cover: Cover,
    pub(crate) discreet: bool,
}

/// Everybody who matters for the cover of some people: themselves, those who live with them, the parents of all.
struct Circle {
    people: BTreeMap<PersonId, Rows>,
    protections: Vec<Protection>,
}

/// The moment of all present knowledge.
const NOW: Instant = Instant::from_micros(i64::MAX);

/// How each of these people stands to the viewer. A record that was merged since (one read as of an earlier moment) stands
/// as its surviving record does now: protection does not end with a merge.
pub(crate) async fn ties(
    tx: &mut Tx,
    sight: &Sight<'_>,
    ids: &BTreeSet<PersonId>,
    day: Date,
) -> Result<BTreeMap<PersonId, Tie>, StoreError> {
    let asked = ids.iter().copied().chain(sight.who.person);
    let (people, ends) = rows::read_followed(tx, asked, NOW, Parts::Ties).await?;
    let end = |id: PersonId| ends.get(&id).copied().unwrap_or(id);
    let asked = ids.iter().map(|id| (*id, end(*id))).collect();
    tied(tx, sight, people, asked, sight.who.person.map(end), day).await
}

/// The same for people who were read already; with everything known now nothing about them is read again.
pub(crate) async fn ties_of(
    tx: &mut Tx,
    sight: &Sight<'_>,
    people: &[Rows],
    as_of: AsOf,
) -> Result<BTreeMap<PersonId, Tie>, StoreError> {
    if as_of.recorded != NOW {
        return ties(tx, sight, &people.iter().map(|rows| rows.id).collect(), as_of.valid).await;
    }
    let mut known: BTreeMap<PersonId, Rows> = people.iter().map(|rows| (rows.id, rows.clone())).collect();
    let asked = known.keys().map(|id| (*id, *id)).collect();
    let mut viewer = sight.who.person;
    if let Some(person) = viewer.filter(|person| !known.contains_key(person)) {
        let (read, ends) = rows::read_followed(tx, [person], NOW, Parts::Ties).await?;
        viewer = ends.get(&person).copied();
        known.extend(read.into_iter().filter(|(id, _)| !people.iter().any(|rows| rows.id == *id)));
    }
    tied(tx, sight, known, asked, viewer, as_of.valid).await
}

/// How each of `asked` (a record and its surviving one) stands to the viewer: `people` are the surviving ones and the viewer.
async fn tied(
    tx: &mut Tx,
    sight: &Sight<'_>,
    people: BTreeMap<PersonId, Rows>,
    asked: BTreeMap<PersonId, PersonId>,
    viewer: Option<PersonId>,
    day: Date,
) -> Result<BTreeMap<PersonId, Tie>, StoreError> {
    let days: BTreeSet<Date> = [sight.today, day].into();
    let circle = circle(tx, people, &days).await?;
    let (near, far) =
        sight.open_cases.iter().copied().partition::<BTreeSet<PersonId>, _>(|p| circle.people.contains_key(p));
    let mut cases: BTreeSet<PersonId> = rows::survivors(tx, far, NOW).await?.into_values().collect();
    cases.extend(near);
    let relatives = match viewer {
        Some(viewer) => relatives(tx, &circle, viewer, sight.today).await?,
        None => BTreeSet::new(),
    };
    let colleagues = colleagues(tx, sight, &circle, asked.values()).await?;
    let mut all = BTreeMap::new();
    for (record, id) in &asked {
        let cover = cover(&circle, *id, &days);
        let mut relation = plain(&circle, sight, *id, viewer);
        relation.colleague = colleagues.contains(id);
        relation.kin = relatives.contains(id);
        relation.open_case = cases.contains(id);
        let sides: BTreeSet<PersonId> = viewer.into_iter().chain(cases.iter().copied()).collect();
        relation.protected = cover.active;
        relation.perpetrator_side = cover.active && !cover.perpetrators.is_disjoint(&sides);
        let discreet = !cover.discreet.is_disjoint(&sides);
        all.insert(*record, Tie { relation, cover, discreet });
    }
    Ok(all)
}

/// Who of some people works where the viewer does, as far as accounts say who is behind them. An account may know somebody by
/// a record that was merged since.
async fn colleagues(
    tx: &mut Tx,
    sight: &Sight<'_>,
    circle: &Circle,
    asked: impl Iterator<Item = &PersonId>,
) -> Result<BTreeSet<PersonId>, StoreError> {
    if !sight.who.role.is_staff() {
        return Ok(BTreeSet::new());
    }
    let merged = |id: PersonId| {
        circle.people.get(&id).into_iter().flat_map(move |rows| rows.merged.iter().map(move |m| (*m, id)))
    };
    let survivors: BTreeMap<PersonId, PersonId> = asked.flat_map(|id| merged(*id).chain([(*id, *id)])).collect();
    let found = guard::account::colleagues(tx, &sight.who.organisation, survivors.keys().copied()).await?;
    Ok(found.iter().filter_map(|id| survivors.get(id).copied()).collect())
}

/// How `person` stands to `viewer` by household, kinship and protection alone, whatever role the viewer may have: for
/// what people may do for each other. Nothing about offices and cases is filled in.
pub async fn between(
    tx: &mut Tx,
    viewer: PersonId,
    person: PersonId,
    today: Date,
    adult_age: u8,
) -> Result<Relation, StoreError> {
    let days: BTreeSet<Date> = [today].into();
    let (people, ends) = rows::read_followed(tx, [viewer, person], NOW, Parts::Ties).await?;
    let (viewer, id) = (ends.get(&viewer).copied().unwrap_or(viewer), ends.get(&person).copied().unwrap_or(person));
    let circle = circle(tx, people, &days).await?;
    let cover = cover(&circle, id, &days);
    let own = viewer == id;
    Ok(Relation {
        own,
        own_household: !own && live_together(&circle, viewer, id, &days),
        ward: is_ward(&circle, viewer, id, today, adult_age),
        perpetrator_side: cover.active && cover.perpetrators.contains(&viewer),
        protected: cover.active,
        ..Relation::default()
    })
}

async fn circle(
    tx: &mut Tx,
    mut people: BTreeMap<PersonId, Rows>,
    days: &BTreeSet<Date>,
) -> Result<Circle, StoreError> {
    let homes: BTreeSet<HouseholdId> = people.values().flat_map(|r| homes(r, days)).collect();
    let mut more = ever_members(tx, &homes).await?;
    more.retain(|p| !people.contains_key(p));
    people.extend(rows::read_parts(tx, more, NOW, Parts::Ties).await?);
    let parents: BTreeSet<PersonId> = people.values().flat_map(parents).collect();
    let victims: BTreeSet<PersonId> = people.keys().copied().chain(parents).collect();
    let protections = rows::protections(tx, &victims).await?;
    if !protections.is_empty() {
        // Whether a victim or perpetrator lives with the child decides, so their homes are needed too.
        let named = protections.iter().flat_map(|p| p.perpetrators.iter().copied().chain([p.victim]));
        let missing: BTreeSet<PersonId> = named.filter(|p| !people.contains_key(p)).collect();
        people.extend(rows::read_parts(tx, missing, NOW, Parts::Ties).await?);
    }
    Ok(Circle { people, protections })
}

fn homes<'a>(rows: &'a Rows, days: &'a BTreeSet<Date>) -> impl Iterator<Item = HouseholdId> + 'a {
    days.iter().filter_map(|day| membership_at(rows, AsOf::latest(*day))).map(|m| m.household)
}

/// Parents at any time: protection does not end because a kinship was recorded late or ended.
fn parents(rows: &Rows) -> impl Iterator<Item = PersonId> + '_ {
    let standing = rows.kin.iter().map(|k| &k.row).filter(|k| k.stamp.withdrawn_at.is_none());
    standing.filter(|k| k.relation == kin::Relation::Parent).map(|k| k.other)
}

fn cover(circle: &Circle, id: PersonId, days: &BTreeSet<Date>) -> Cover {
    let mut cover = Cover::default();
    for protection in &circle.protections {
        if protection.perpetrators.contains(&id) {
            continue;
        }
        let held: Vec<Date> = days.iter().copied().filter(|d| protection.valid.contains(*d)).collect();
        match reach(circle, protection, id, days) {
            Reach::None => {}
            Reach::Discreet if held.is_empty() => {}
            Reach::Discreet => cover.discreet.extend(&protection.perpetrators),
            Reach::Full if held.is_empty() => cover.past.push(protection.valid),
            Reach::Full => {
                cover.active = true;
                cover.perpetrators.extend(&protection.perpetrators);
            }
        }
    }
    cover
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    None,
    Discreet,
    Full,
}

/// Whether a protection reaches a person: the victim; the victim's children, unless the child lives with a perpetrator
/// and without the victim (then places are only kept discreet); whoever lives with one of these.
fn reach(circle: &Circle, protection: &Protection, id: PersonId, days: &BTreeSet<Date>) -> Reach {
    let own = directly(circle, protection, id, days);
    if own != Reach::None {
        return own;
    }
    let with_protected = circle.people.values().any(|mate| {
        mate.id != id
            && live_together(circle, mate.id, id, days)
            && !protection.perpetrators.contains(&mate.id)
            && directly(circle, protection, mate.id, days) == Reach::Full
    });
    if with_protected { Reach::Full } else { Reach::None }
}

fn directly(circle: &Circle, protection: &Protection, id: PersonId, days: &BTreeSet<Date>) -> Reach {
    if protection.victim == id {
        return Reach::Full;
    }
    let child = circle.people.get(&id).is_some_and(|rows| parents(rows).any(|p| p == protection.victim));
    if !child {
        return Reach::None;
    }
    let with_perpetrator = protection.perpetrators.iter().any(|p| live_together(circle, *p, id, days));
    let with_victim = live_together(circle, protection.victim, id, days);
    if with_perpetrator && !with_victim { Reach::Discreet } else { Reach::Full }
}

/// Whether two people belong to one household on any of the days.
fn live_together(circle: &Circle, a: PersonId, b: PersonId, days: &BTreeSet<Date>) -> bool {
    let home = |id: PersonId, day: Date| {
        circle.people.get(&id).and_then(|rows| membership_at(rows, AsOf::latest(day))).map(|m| m.household)
    };
    days.iter().any(|day| home(a, *day).is_some_and(|h| home(b, *day) == Some(h)))
}

/// The relation apart from kinship, cases and protection.
fn plain(circle: &Circle, sight: &Sight<'_>, id: PersonId, viewer: Option<PersonId>) -> Relation {
    let today: BTreeSet<Date> = [sight.today].into();
    let own = viewer == Some(id);
    let in_jurisdiction = place_on(circle, id, sight.today)
        .zip(sight.who.jurisdiction.as_deref())
        .is_some_and(|(place, office)| (sight.setting.within)(place, office));
    Relation {
        own,
        own_household: !own && viewer.is_some_and(|v| live_together(circle, v, id, &today)),
        ward: viewer.is_some_and(|v| is_ward(circle, v, id, sight.today, sight.setting.adult_age)),
        in_jurisdiction,
        prior_jurisdiction: !in_jurisdiction && lived_there_lately(circle, id, sight),
        ..Relation::default()
    }
}

/// The jurisdiction of a person's address; of somebody without one (a newborn), that of the household.
fn place_on(circle: &Circle, id: PersonId, day: Date) -> Option<&str> {
    let rows = circle.people.get(&id)?;
    own_place(rows, day).or_else(|| {
        let home = membership_at(rows, AsOf::latest(day))?.household;
        let mates =
            circle.people.values().filter(|m| membership_at(m, AsOf::latest(day)).is_some_and(|m| m.household == home));
        mates.filter_map(|m| own_place(m, day)).min()
    })
}

fn own_place(rows: &Rows, day: Date) -> Option<&str> {
    pick(&rows.residences, day, NOW, |r| &r.stamp, |r| r.id).map(|r| r.address.jurisdiction.as_str())
}

fn lived_there_lately(circle: &Circle, id: PersonId, sight: &Sight<'_>) -> bool {
    let Some(office) = sight.who.jurisdiction.as_deref() else { return false };
    let grace = jiff::Span::new().try_days(i64::from(sight.setting.grace_days)).unwrap_or_default();
    let Some(rows) = circle.people.get(&id) else { return false };
    // The days on which the place changed, and the day before each.
    rows.residences.iter().map(|r| r.row.stamp.valid.from).any(|moved| {
        let before = moved.yesterday().ok();
        moved <= sight.today
            && moved.saturating_add(grace) >= sight.today
            && before.and_then(|d| own_place(rows, d)).is_some_and(|place| (sight.setting.within)(place, office))
    })
}

fn is_ward(circle: &Circle, viewer: PersonId, id: PersonId, today: Date, adult_age: u8) -> bool {
    let Some(rows) = circle.people.get(&id) else { return false };
    let parent = rows.kin.iter().any(|k| {
        k.row.relation == kin::Relation::Parent
            && k.row.other == viewer
            && k.row.stamp.stood(NOW)
            && k.row.stamp.valid.contains(today)
    });
    let births = rows.details.iter().filter(|d| d.row.detail.kind() == "birth_date");
    let birth = pick(births, today, NOW, |d| &d.stamp, |d| d.id);
    let minor = match birth.map(|d| &d.detail) {
        Some(Detail::BirthDate(born)) => {
            let adult = jiff::Span::new().try_years(i64::from(adult_age)).unwrap_or_default();
            born.saturating_add(adult) > today
        }
        _ => false,
    };
    parent && minor
}

/// Spouse, parents, children, and theirs: two steps of kinship from the viewer.
async fn relatives(
    tx: &mut Tx,
    circle: &Circle,
    viewer: PersonId,
    today: Date,
) -> Result<BTreeSet<PersonId>, StoreError> {
    let near = |rows: &Rows| -> Vec<PersonId> {
        let holds = rows.kin.iter().map(|k| &k.row).filter(|k| k.stamp.stood(NOW) && k.stamp.valid.contains(today));
        holds.map(|k| k.other).collect()
    };
    let first: Vec<PersonId> = circle.people.get(&viewer).map(near).unwrap_or_default();
    let mut all: BTreeSet<PersonId> = first.iter().copied().collect();
    let (known, strangers): (Vec<PersonId>, Vec<PersonId>) =
        first.into_iter().partition(|p| circle.people.contains_key(p));
    let read = rows::read_parts(tx, strangers, NOW, Parts::Ties).await?;
    for rows in known.iter().filter_map(|p| circle.people.get(p)).chain(read.values()) {
        all.extend(near(rows));
    }
    all.remove(&viewer);
    Ok(all)
}
