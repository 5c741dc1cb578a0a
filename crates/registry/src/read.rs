//! Reads for machines: whole and unredacted, to compute with and never to show. Reads for people are in [`crate::sight`].

use std::collections::BTreeSet;

use guard::Processing;
use kernel::{HouseholdId, PersonId};
use store::{StoreError, Tx};

use crate::fact::household_facts;
use crate::household::{created_at, memberships};
use crate::record::{HouseholdRecord, Member, PersonRecord, facts_at, membership_at};
use crate::rows::{self, Rows};
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

/// A household with its members and all facts as of a day and a moment.
pub async fn household(
    tx: &mut Tx,
    id: HouseholdId,
    as_of: AsOf,
) -> Result<Option<Whole<HouseholdRecord>>, StoreError> {
    let Some(parts) = household_parts(tx, id, as_of).await? else { return Ok(None) };
    let members = parts.iter().filter_map(|rows| member(rows, id, as_of, false)).collect();
    let facts = facts_at(household_facts(tx, id, as_of.recorded).await?.iter(), as_of);
    Ok(Some(Whole(HouseholdRecord::of(id, members, facts))))
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
    let people = rows::read(tx, ids, as_of.recorded).await?;
    let name = |(id, rows): (&PersonId, &Rows)| {
        let record = PersonRecord::at(rows, as_of, true);
        record.names.first().map(|n| (*id, n.full.clone()))
    };
    Ok(people.iter().filter_map(name).collect())
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
    let people = rows::read(tx, [id], as_of.recorded).await?;
    Ok(people.values().next().and_then(|rows| membership_at(rows, as_of)).map(|m| m.household))
}

/// The surviving record of an id, as merges stand now.
pub async fn surviving(tx: &mut Tx, id: PersonId) -> Result<PersonId, StoreError> {
    let at = AsOf::latest(crate::time::BEGINNING).recorded;
    Ok(rows::survivors(tx, [id], at).await?.get(&id).copied().unwrap_or(id))
}

/// Everybody with a membership in the household on the day; `None` when there is no such household at the moment read.
pub(crate) async fn household_parts(
    tx: &mut Tx,
    id: HouseholdId,
    as_of: AsOf,
) -> Result<Option<Vec<Rows>>, StoreError> {
    if created_at(tx, id).await?.is_none_or(|born| born > as_of.recorded) {
        return Ok(None);
    }
    let people: BTreeSet<PersonId> = memberships(tx, id, as_of.recorded)
        .await?
        .into_iter()
        .filter(|m| m.stamp.stood(as_of.recorded) && m.stamp.valid.contains(as_of.valid))
        .map(|m| m.person)
        .collect();
    Ok(Some(rows::read(tx, people, as_of.recorded).await?.into_values().collect()))
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
