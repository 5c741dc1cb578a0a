//! Reads for machines: whole and unredacted, to compute with and never to show. Reads for people are in [`crate::sight`].

use std::collections::BTreeSet;

use guard::Processing;
use kernel::{HouseholdId, PersonId};
use store::{StoreError, Tx};

use crate::fact::{Fact, household_facts};
use crate::household::{Membership, created_at, memberships};
use crate::record::{HouseholdRecord, Member, PersonRecord, facts_at, membership_at};
use crate::rows::{self, Parts, Rows};
use crate::time::AsOf;

/// Something read whole, protected whereabouts included. A machine may compute with it; there is no way to show it:
/// neither `Deref` nor `Serialize`, and the guard opens it to nobody. What a person is to see is read through
/// [`crate::sight::Sight`].
#[must_use]
pub struct Whole<T>(T);

impl<T> Whole<T> {
    /// Lets a machine work on the contents under a purpose and a law: the rules on a household, a match of records.
    /// What comes out must not repeat the contents to a person.
    pub fn process<R>(&self, _basis: &Processing, work: impl FnOnce(&T) -> R) -> R {
        work(&self.0)
    }
}

impl<T> std::fmt::Debug for Whole<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Whole(shut)")
    }
}

/// A person as of a day and a moment; the id of a merged record gives the surviving one.
pub async fn person(tx: &mut Tx, id: PersonId, as_of: AsOf) -> Result<Option<Whole<PersonRecord>>, StoreError> {
    let people = rows::read(tx, [id], as_of.recorded).await?;
    Ok(people.values().next().map(|rows| Whole(PersonRecord::at(rows, as_of, false))))
}

/// People as of a day and a moment; the id of a merged record gives the surviving one, and unknown ids are left out.
pub async fn people(tx: &mut Tx, ids: &[PersonId], as_of: AsOf) -> Result<Whole<Vec<PersonRecord>>, StoreError> {
    let people = rows::read(tx, ids.iter().copied(), as_of.recorded).await?;
    Ok(Whole(people.values().map(|rows| PersonRecord::at(rows, as_of, false)).collect()))
}

/// A household as it was read: for a machine to compute with ([`Gathered::whole`]) and, redacted, for a viewer
/// ([`crate::sight::shown`]), without reading it twice. Shut like [`Whole`].
#[must_use]
pub struct Gathered {
    pub(crate) id: HouseholdId,
    pub(crate) as_of: AsOf,
    /// The members on the day, each with everything recorded.
    pub(crate) parts: Vec<Rows>,
    /// All facts about the household ever recorded.
    pub(crate) facts: Vec<Fact>,
}

impl std::fmt::Debug for Gathered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Gathered(shut)")
    }
}

impl Gathered {
    /// The household with its members and the facts that hold.
    pub fn whole(&self) -> Whole<HouseholdRecord> {
        let members = self.parts.iter().filter_map(|rows| member(rows, self.id, self.as_of, false)).collect();
        Whole(HouseholdRecord::of(self.id, members, facts_at(self.facts.iter(), self.as_of)))
    }
}

/// Reads a household as of a day and a moment; `None` when there is none.
pub async fn gather(tx: &mut Tx, id: HouseholdId, as_of: AsOf) -> Result<Option<Gathered>, StoreError> {
    let Some(people) = people_of(tx, id, as_of).await? else { return Ok(None) };
    let parts = rows::read(tx, people, as_of.recorded).await?.into_values();
    let parts = parts.filter(|rows| membership_at(rows, as_of).is_some_and(|m| m.household == id)).collect();
    let facts = household_facts(tx, id, as_of.recorded).await?;
    Ok(Some(Gathered { id, as_of, parts, facts }))
}

/// A household with its members and all facts as of a day and a moment.
pub async fn household(
    tx: &mut Tx,
    id: HouseholdId,
    as_of: AsOf,
) -> Result<Option<Whole<HouseholdRecord>>, StoreError> {
    Ok(gather(tx, id, as_of).await?.map(|gathered| gathered.whole()))
}

/// The members of a household on a day, as known now: the head first, then by birth, as in [`HouseholdRecord::members`].
/// Empty when there is no such household.
pub async fn members(tx: &mut Tx, id: HouseholdId, day: kernel::Date) -> Result<Vec<PersonId>, StoreError> {
    let as_of = AsOf::latest(day);
    let Some(people) = people_of(tx, id, as_of).await? else { return Ok(Vec::new()) };
    let parts = rows::read_parts(tx, people, as_of.recorded, Parts::Ties).await?;
    let members = parts.values().filter_map(|rows| member(rows, id, as_of, false)).collect();
    Ok(HouseholdRecord::of(id, members, Vec::new()).members.iter().map(|m| m.person.id).collect())
}

/// The national identifiers of a person, as they stand now: for asking the agency that keeps a register under them.
pub async fn identifiers(
    tx: &mut Tx,
    keys: &guard::Keys,
    id: PersonId,
) -> Result<Whole<Vec<crate::person::Identifier>>, crate::person::PersonError> {
    let now = AsOf::latest(crate::time::BEGINNING).recorded;
    let person = surviving(tx, id).await?;
    Ok(Whole(crate::person::identifiers(tx, keys, person, now).await?))
}

/// The names of people as they stand on a day, one each: for a list whose viewer was decided on for everybody in it.
pub async fn names(
    tx: &mut Tx,
    ids: impl IntoIterator<Item = PersonId>,
    day: kernel::Date,
) -> Result<std::collections::BTreeMap<PersonId, String>, StoreError> {
    let as_of = AsOf::latest(day);
    let people = rows::read_parts(tx, ids, as_of.recorded, Parts::Names).await?;
    let name = |(id, rows): (&PersonId, &Rows)| {
        let record = PersonRecord::at(rows, as_of, true);
        record.names.first().map(|n| (*id, n.full.clone()))
    };
    Ok(people.iter().filter_map(name).collect())
}

/// The places in which people live, as far as small areas tell: for a machine that plans ways. Of whoever is protected the caller asks nothing.
pub async fn places(
    tx: &mut Tx,
    ids: impl IntoIterator<Item = PersonId>,
    day: kernel::Date,
) -> Result<Whole<std::collections::BTreeMap<PersonId, String>>, StoreError> {
    let as_of = AsOf::latest(day);
    let people = rows::read_parts(tx, ids, as_of.recorded, Parts::Ties).await?;
    let place = |(id, rows): (&PersonId, &Rows)| {
        Some((*id, PersonRecord::at(rows, as_of, false).residence?.address.jurisdiction))
    };
    Ok(Whole(people.iter().filter_map(place).collect()))
}

store::sql! {
    ANYBODY = "select 1 as one from person limit 1";
}

/// Whether the registry holds anybody at all.
pub async fn anybody(tx: &mut Tx) -> Result<bool, StoreError> {
    Ok(tx.maybe(ANYBODY, &[]).await?.is_some())
}

/// The household a person belongs to.
pub async fn household_of(tx: &mut Tx, id: PersonId, as_of: AsOf) -> Result<Option<HouseholdId>, StoreError> {
    let people = rows::read_parts(tx, [id], as_of.recorded, Parts::Ties).await?;
    Ok(people.values().next().and_then(|rows| membership_at(rows, as_of)).map(|m| m.household))
}

/// The surviving record of an id, as merges stand now.
pub async fn surviving(tx: &mut Tx, id: PersonId) -> Result<PersonId, StoreError> {
    let at = AsOf::latest(crate::time::BEGINNING).recorded;
    Ok(rows::survivors(tx, [id], at).await?.get(&id).copied().unwrap_or(id))
}

/// Everybody with a membership in the household on the day, before merges are followed; `None` when there is no such
/// household at the moment read.
async fn people_of(tx: &mut Tx, id: HouseholdId, as_of: AsOf) -> Result<Option<BTreeSet<PersonId>>, StoreError> {
    let all = memberships(tx, id, as_of.recorded).await?;
    // A membership is never recorded before its household.
    if all.is_empty() && created_at(tx, id).await?.is_none_or(|born| born > as_of.recorded) {
        return Ok(None);
    }
    let there = |m: &Membership| m.stamp.stood(as_of.recorded) && m.stamp.valid.contains(as_of.valid);
    Ok(Some(all.iter().filter(|m| there(m)).map(|m| m.person).collect()))
}

/// The person as a member of this household, if this is the one that counts for them on the day (a record merged from
/// another household belongs to the survivor's).
pub(crate) fn member(rows: &Rows, household: HouseholdId, as_of: AsOf, protected: bool) -> Option<Member> {
    let membership = membership_at(rows, as_of).filter(|m| m.household == household)?;
    Some(Member {
        role: membership.role,
        since: membership.stamp.valid.from,
        person: PersonRecord::at(rows, as_of, protected),
    })
}
