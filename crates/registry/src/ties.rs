//! How people stand to a viewer: kinship, household, jurisdiction, and above all protection. Worked out in the same
//! transaction that reads the records, from what is known now, so that no stale relation opens anything.

use std::collections::{BTreeMap, BTreeSet};

use guard::Relation;
use kernel::{Date, HouseholdId, Instant, Period, PersonId};
use store::{StoreError, Tx};

use crate::household::memberships;
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
    let days: BTreeSet<Date> = [sight.today, day].into();
    let viewer = match sight.who.person {
        Some(person) => rows::survivors(tx, [person], NOW).await?.get(&person).copied(),
        None => None,
    };
    let ends = rows::survivors(tx, ids.iter().copied(), NOW).await?;
    let asked: BTreeSet<PersonId> = ends.values().copied().chain(viewer).collect();
    let circle = circle(tx, &asked, &days).await?;
    let cases: BTreeSet<PersonId> =
        rows::survivors(tx, sight.open_cases.iter().copied(), NOW).await?.into_values().collect();
    let relatives = match viewer {
        Some(viewer) => relatives(tx, &circle, viewer, sight.today).await?,
        None => BTreeSet::new(),
    };
    let mut all = BTreeMap::new();
    for (record, id) in &ends {
        let cover = cover(&circle, *id, &days);
        let mut relation = plain(&circle, sight, *id, viewer);
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
    let ends = rows::survivors(tx, [viewer, person], NOW).await?;
    let (viewer, id) = (ends.get(&viewer).copied().unwrap_or(viewer), ends.get(&person).copied().unwrap_or(person));
    let circle = circle(tx, &[viewer, id].into(), &days).await?;
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

async fn circle(tx: &mut Tx, asked: &BTreeSet<PersonId>, days: &BTreeSet<Date>) -> Result<Circle, StoreError> {
    let mut people = rows::read_parts(tx, asked.iter().copied(), NOW, Parts::Ties).await?;
    let homes: BTreeSet<HouseholdId> = people.values().flat_map(|r| homes(r, days)).collect();
    let mut more = BTreeSet::new();
    for home in homes {
        let now = memberships(tx, home, NOW).await?.into_iter().filter(|m| m.stamp.withdrawn_at.is_none());
        more.extend(now.map(|m| m.person));
    }
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
        colleague: sight.colleagues.contains(&id),
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
    for rows in rows::read_parts(tx, first, NOW, Parts::Ties).await?.values() {
        all.extend(near(rows));
    }
    all.remove(&viewer);
    Ok(all)
}
