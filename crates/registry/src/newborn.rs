//! A child that was born: person, kinship, household, residence and facts in one go, with one notice to other rooms.

use std::collections::BTreeMap;

use kernel::{Date, HouseholdId, Instant, Period, PersonId};
use store::{StoreError, Tx, params};

use crate::change::Changes;
use crate::fact::{FactError, FactValue, ItemCheck, record_first};
use crate::household::{HouseholdError, Joining, MemberRole, join_first};
use crate::kin::{KinError, first_parents};
use crate::person::{NewPerson, PersonError, create_quietly};
use crate::residence::{MoveError, Residence, settle_first};
use crate::rows::{Parts, read_followed};
use crate::time::{AsOf, BEGINNING, Pen};

/// A child to be registered in a household that exists.
#[derive(Clone, Debug)]
pub struct Newborn<'a> {
    /// Names, sex, birth date, identifier if there is one yet.
    pub person: &'a NewPerson,
    /// The day of birth: from then on everything below holds.
    pub born: Date,
    /// The parents.
    pub parents: &'a [PersonId],
    /// The household the child joins.
    pub household: HouseholdId,
    /// Where the child lives: the residence of the parent it lives with.
    pub residence: Option<&'a Residence>,
    /// Facts about the child.
    pub facts: &'a [(String, FactValue)],
}

/// Why a child was not registered.
#[derive(Debug, thiserror::Error)]
pub enum NewbornError {
    /// The person.
    #[error(transparent)]
    Person(#[from] PersonError),
    /// The kinship.
    #[error(transparent)]
    Kin(#[from] KinError),
    /// The household.
    #[error(transparent)]
    Household(#[from] HouseholdError),
    /// The residence.
    #[error(transparent)]
    Residence(#[from] MoveError),
    /// A fact.
    #[error(transparent)]
    Fact(#[from] FactError),
}

/// Registers the child. Nothing about it stands yet, so what there is to write is written without looking first.
pub async fn register(
    tx: &mut Tx,
    pen: Pen<'_>,
    check: ItemCheck<'_>,
    new: Newborn<'_>,
) -> Result<PersonId, NewbornError> {
    let mut changes = Changes::default();
    let valid = Period { from: new.born, until: None };
    let child = create_quietly(tx, pen, new.person, &mut changes).await?;
    first_parents(tx, pen, child, new.parents, valid, &mut changes).await?;
    let joining = Joining { person: child, household: new.household, role: MemberRole::Child, valid };
    join_first(tx, pen, joining, &mut changes).await?;
    if let Some(residence) = new.residence {
        settle_first(tx, pen, child, residence, valid, &mut changes).await?;
    }
    record_first(tx, pen, check, child, new.facts, valid, &mut changes).await?;
    changes.emit(tx, pen).await.map_err(PersonError::Store)?;
    Ok(child)
}

store::sql! {
    HOMES = "select household_id, valid_from, valid_until, recorded_at from person_membership where person_id = $1 and withdrawn_at is null";
}

/// The surviving record of an id, if there is such a person at all. Cheaper than reading them.
pub async fn known(tx: &mut Tx, id: PersonId) -> Result<Option<PersonId>, StoreError> {
    Ok(all_known(tx, &[id]).await?.remove(&id))
}

/// The same for several at once: those that there are.
pub async fn all_known(tx: &mut Tx, ids: &[PersonId]) -> Result<BTreeMap<PersonId, PersonId>, StoreError> {
    let (people, mut ends) =
        read_followed(tx, ids.iter().copied(), AsOf::latest(BEGINNING).recorded, Parts::None).await?;
    ends.retain(|_, survivor| people.contains_key(survivor));
    Ok(ends)
}

/// The household a surviving record belongs to on a day. Cheaper than reading the person.
pub async fn home(tx: &mut Tx, id: PersonId, on: Date) -> Result<Option<HouseholdId>, StoreError> {
    let mut best: Option<((Instant, Date), HouseholdId)> = None;
    for row in tx.all(HOMES, params![id]).await? {
        let valid = Period { from: row.get("valid_from")?, until: row.maybe("valid_until")? };
        let rank = (row.get("recorded_at")?, valid.from);
        if valid.contains(on) && best.as_ref().is_none_or(|(known, _)| *known < rank) {
            best = Some((rank, row.get("household_id")?));
        }
    }
    Ok(best.map(|(_, household)| household))
}

/// The person to whom an identifier belongs: the surviving record after merges.
pub async fn by_identifier(
    tx: &mut Tx,
    keys: &guard::Keys,
    identifier: &crate::person::Identifier,
) -> Result<Option<PersonId>, StoreError> {
    match crate::person::owner(tx, keys, identifier).await? {
        Some(owner) => Ok(Some(crate::read::surviving(tx, owner).await?)),
        None => Ok(None),
    }
}
