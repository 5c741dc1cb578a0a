//! A household read from the registry for the rules.
//!
//! What the registry keeps in its own columns and not as facts becomes facts under the item the pack binds to that role
//! (`birth_date`, `death_date`, `due_date`), or under the item of the same name as the registry's own word, where the pack
//! has one: see [`WORDS`]. A recorded fact about the same item wins.

use kernel::{Date, HouseholdId, PersonId};
use registry::kin::Relation;
use registry::person::Identifier;
use registry::{AsOf, Fact, HouseholdRecord, PersonRecord};
use rules::schema::{Entity, Value};
use store::{StoreError, Tx};

use crate::desk::{Desk, rules_value};
use crate::model::Cause;
use crate::snapshot::{FactStood, MemberStood, Snapshot};

/// Names a person: by the id we gave, or by a national identifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PersonRef {
    /// Our id.
    Id(PersonId),
    /// A number of the named scheme.
    Identifier(Identifier),
}

/// The registry's own words that are items of the data dictionary where a pack has an item of that name.
pub(crate) mod words {
    /// Sex as registered.
    pub(crate) const SEX: &str = "sex";
    /// How many children a running pregnancy expects.
    pub(crate) const UNBORN: &str = "unborn_children";
    /// When a running pregnancy was confirmed.
    pub(crate) const CONFIRMED: &str = "pregnancy_confirmed_on";
    /// Whether the person is in the register of residents.
    pub(crate) const RESIDENT: &str = "resident_registered";
    /// Which child of the mother.
    pub(crate) const ORDER: &str = "child_order";
    /// Whether the birth is in the civil register.
    pub(crate) const REGISTERED: &str = "birth_registered";
    /// When it was entered there.
    pub(crate) const REGISTERED_ON: &str = "birth_registered_on";
}

/// The source of a fact that a place gives to everyone there. The place itself is not named, for an address may be
/// protected.
pub const PLACE: &str = "address";

fn as_of(desk: &Desk<'_>) -> AsOf {
    AsOf::latest(desk.today())
}

/// The person a reference names: the surviving record after merges. `None` when there is none.
pub async fn resolve(tx: &mut Tx, desk: &Desk<'_>, who: &PersonRef) -> Result<Option<PersonId>, StoreError> {
    Ok(resolve_all(tx, desk, &[who]).await?.pop().flatten())
}

/// The same for several at once, in their order.
pub async fn resolve_all(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &[&PersonRef],
) -> Result<Vec<Option<PersonId>>, StoreError> {
    let mut named = Vec::new();
    for one in who {
        named.push(match one {
            PersonRef::Id(id) => Some(*id),
            PersonRef::Identifier(identifier) => registry::person::owner(tx, desk.keys, identifier).await?,
        });
    }
    let there: Vec<PersonId> = named.iter().flatten().copied().collect();
    let known = registry::newborn::all_known(tx, &there).await?;
    Ok(named.into_iter().map(|id| known.get(&id?).copied()).collect())
}

/// The household a person belongs to today.
pub async fn household_of(tx: &mut Tx, desk: &Desk<'_>, person: PersonId) -> Result<Option<HouseholdId>, StoreError> {
    match registry::newborn::home(tx, person, desk.today()).await? {
        Some(home) => Ok(Some(home)),
        // A record merged into this one may hold the membership.
        None => registry::read::household_of(tx, person, as_of(desk)).await,
    }
}

/// The members of a household today; empty when there is no such household.
pub async fn member_ids(tx: &mut Tx, desk: &Desk<'_>, household: HouseholdId) -> Result<Vec<PersonId>, StoreError> {
    registry::read::members(tx, household, desk.today()).await
}

/// The household as the rules see it today; `None` when there is no such household.
pub(crate) async fn load(
    tx: &mut Tx,
    desk: &Desk<'_>,
    household: HouseholdId,
    cause: Cause,
) -> Result<Option<Snapshot>, StoreError> {
    let Some(whole) = registry::read::household(tx, household, as_of(desk)).await? else { return Ok(None) };
    of(desk, &whole, cause).map(Some)
}

/// A household that was read as of today, as the rules see it.
pub(crate) fn of(
    desk: &Desk<'_>,
    whole: &registry::Whole<HouseholdRecord>,
    cause: Cause,
) -> Result<Snapshot, StoreError> {
    let basis = desk.basis(cause).map_err(|e| StoreError::Driver(e.to_string()))?;
    Ok(whole.process(&basis, |record| snapshot(desk, record)))
}

/// The household as it was on a day, with everything known now; `None` when there is no such household.
pub(crate) async fn load_on(
    tx: &mut Tx,
    desk: &Desk<'_>,
    household: HouseholdId,
    day: Date,
) -> Result<Option<Snapshot>, StoreError> {
    at(tx, desk, household, AsOf::latest(day)).await
}

/// The household as it was on a day, as far as that was known at a moment; `None` when there was no such household.
pub async fn at(
    tx: &mut Tx,
    desk: &Desk<'_>,
    household: HouseholdId,
    as_of: AsOf,
) -> Result<Option<Snapshot>, StoreError> {
    let Some(whole) = registry::read::household(tx, household, as_of).await? else { return Ok(None) };
    let basis = desk.basis(Cause::FactChange).map_err(|e| StoreError::Driver(e.to_string()))?;
    Ok(Some(whole.process(&basis, |record| Snapshot { on: as_of.valid, ..snapshot(desk, record) })))
}

/// Somebody who lives in no household, as one of their own with the person's id; `None` when there is no such person.
pub async fn alone(
    tx: &mut Tx,
    desk: &Desk<'_>,
    person: PersonId,
    as_of: AsOf,
) -> Result<Option<Snapshot>, StoreError> {
    let Some(whole) = registry::read::person(tx, person, as_of).await? else { return Ok(None) };
    let basis = desk.basis(Cause::FactChange).map_err(|e| StoreError::Driver(e.to_string()))?;
    Ok(Some(whole.process(&basis, |record| Snapshot {
        household: HouseholdId(record.id.0),
        on: as_of.valid,
        place: record.residence.as_ref().map(|r| r.address.jurisdiction.clone()),
        facts: Vec::new(),
        members: vec![MemberStood {
            person: record.id,
            parents: Vec::new(),
            spouse: None,
            facts: person_facts(desk, record),
        }],
    })))
}

fn snapshot(desk: &Desk<'_>, record: &HouseholdRecord) -> Snapshot {
    let present = |id: &PersonId| record.member(*id).is_some();
    let members = record
        .members
        .iter()
        .map(|m| MemberStood {
            person: m.person.id,
            parents: m.person.related(Relation::Parent).filter(present).collect(),
            spouse: m.person.related(Relation::Spouse).find(present),
            facts: person_facts(desk, &m.person),
        })
        .collect();
    let mut facts: Vec<FactStood> = record.facts.iter().map(stood).collect();
    if let Some(place) = &record.jurisdiction {
        inherit(desk, place, &mut facts);
    }
    Snapshot { household: record.id, on: desk.today(), place: record.jurisdiction.clone(), facts, members }
}

fn stood(fact: &Fact) -> FactStood {
    let law = Some(fact.stamp.origin.law.clone()).filter(|l| !l.is_empty());
    FactStood {
        item: fact.item.clone(),
        value: rules_value(&fact.value),
        source: fact.stamp.origin.source.clone(),
        valid_from: Some(fact.stamp.valid.from).filter(|d| *d != registry::BEGINNING),
        recorded: Some(fact.stamp.recorded_at.rfc3339()),
        law,
    }
}

/// What everyone at this place has, unless a fact of the household's own says otherwise: the nearest place wins.
fn inherit(desk: &Desk<'_>, place: &str, facts: &mut Vec<FactStood>) {
    for around in desk.pack.ancestors(place) {
        for (item, value) in &around.attributes {
            if facts.iter().any(|f| f.item == *item) {
                continue;
            }
            facts.push(FactStood {
                item: item.clone(),
                value: value.clone(),
                source: PLACE.to_owned(),
                valid_from: None,
                recorded: None,
                law: None,
            });
        }
    }
}

fn person_facts(desk: &Desk<'_>, person: &PersonRecord) -> Vec<FactStood> {
    let mut facts: Vec<FactStood> = person.facts.iter().map(stood).collect();
    let roles = &desk.pack.schema().roles;
    let pregnancy = person.pregnancies.first();
    let date = |d: Option<Date>| d.map(Value::Date);
    let own = [
        (roles.birth_date.as_deref(), date(person.birth_date)),
        (roles.death_date.as_deref(), date(person.death_date)),
        (roles.due_date.as_deref(), date(pregnancy.map(|p| p.due_date))),
        (Some(words::SEX), person.sex.map(|s| Value::Code(s.word().to_owned()))),
        (Some(words::UNBORN), pregnancy.map(|p| Value::Integer(i64::from(p.unborn)))),
        (Some(words::CONFIRMED), date(pregnancy.map(|p| p.stamp.valid.from))),
    ];
    for (item, value) in own {
        let (Some(item), Some(value)) = (item, value) else { continue };
        let Some(known) = desk.pack.item(Entity::Person, item) else { continue };
        if facts.iter().any(|f| f.item == item) {
            continue;
        }
        facts.push(FactStood {
            item: item.to_owned(),
            value,
            source: known.owner.clone().unwrap_or_else(|| "self".to_owned()),
            valid_from: None,
            recorded: None,
            law: Some(known.law.clone()).filter(|l| !l.is_empty()),
        });
    }
    facts
}
