//! A whole household at once: its people, how they are related, where they live and what is known of them, in one
//! transaction and with one notice. Used at the counter for a family that nobody knew, and to fill a new installation.

use kernel::{AddressId, Date, HouseholdId, Period, PersonId};
use store::{AsConflict, StoreError, Tx};

use crate::change::Changes;
use crate::fact::{self, FactError, FactValue, ItemCheck, NewFact, Subject};
use crate::household::{self, HouseholdError, Joining, MemberRole};
use crate::kin::{self, KinError, NewKin, Relation};
use crate::person::{self, NewPerson, PersonError};
use crate::residence::{self, Address, MoveError};
use crate::time::{BEGINNING, Origin, Pen};

/// A fact with its own origin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stated {
    /// Item id in the pack.
    pub item: String,
    /// The value.
    pub value: FactValue,
    /// Who says so.
    pub origin: Origin,
    /// First day it holds for.
    pub from: Date,
}

/// A member to be taken in.
#[derive(Clone, Debug)]
pub struct NewMember {
    /// The person.
    pub person: NewPerson,
    /// The role in the household.
    pub role: MemberRole,
    /// Places in the list of members: who are the parents.
    pub parents: Vec<usize>,
    /// Place in the list of members: the spouse. One side is enough.
    pub spouse: Option<usize>,
    /// What is known of the person.
    pub facts: Vec<Stated>,
}

/// A household to be taken in.
#[derive(Clone, Debug)]
pub struct NewHousehold {
    /// Since when they live together.
    pub since: Date,
    /// Where they live.
    pub address: Address,
    /// Who they are.
    pub members: Vec<NewMember>,
    /// What is known of the household.
    pub facts: Vec<Stated>,
}

/// Why the household was not taken in. Nothing of it was.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// A place in the list that is not there.
    #[error("member {member} names member {other}, and there are only {count}")]
    NoSuchMember {
        /// Who names.
        member: usize,
        /// Who is named.
        other: usize,
        /// How many there are.
        count: usize,
    },
    /// A person.
    #[error("member {0}: {1}")]
    Person(usize, PersonError),
    /// A membership.
    #[error("member {0}: {1}")]
    Membership(usize, HouseholdError),
    /// A kinship.
    #[error("member {0}: {1}")]
    Kin(usize, KinError),
    /// The address.
    #[error(transparent)]
    Address(#[from] MoveError),
    /// A fact.
    #[error(transparent)]
    Fact(#[from] FactError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AsConflict for IntakeError {
    fn is_conflict(&self) -> bool {
        match self {
            IntakeError::Person(_, e) => e.is_conflict(),
            IntakeError::Membership(_, e) => e.is_conflict(),
            IntakeError::Kin(_, e) => e.is_conflict(),
            IntakeError::Address(e) => e.is_conflict(),
            IntakeError::Fact(e) => e.is_conflict(),
            IntakeError::Store(e) => e.is_conflict(),
            IntakeError::NoSuchMember { .. } => false,
        }
    }
}

/// Takes the household in; gives its id and the persons' ids in the order of the members.
pub async fn run(
    tx: &mut Tx,
    pen: Pen<'_>,
    check: ItemCheck<'_>,
    new: &NewHousehold,
) -> Result<(HouseholdId, Vec<PersonId>), IntakeError> {
    let mut changes = Changes::default();
    let home = household::create(tx, pen).await.map_err(|e| IntakeError::Membership(0, e))?;
    let always = Period { from: new.since, until: None };
    let mut persons = Vec::with_capacity(new.members.len());
    for (place, member) in new.members.iter().enumerate() {
        let id = person::create_quietly(tx, pen, &member.person, &mut changes)
            .await
            .map_err(|e| IntakeError::Person(place, e))?;
        let joining = Joining { person: id, household: home, role: member.role, valid: always };
        household::join_quietly(tx, pen, joining, &mut changes).await.map_err(|e| IntakeError::Membership(place, e))?;
        persons.push(id);
    }
    relate(tx, pen, new, &persons, &mut changes).await?;
    let shared = AddressId::new(pen.ids, pen.now);
    for id in &persons {
        residence::settle(tx, pen, *id, shared, &new.address, always, &mut changes).await?;
    }
    for (id, member) in persons.iter().zip(&new.members) {
        state(tx, pen, check, Subject::Person(*id), &member.facts, &mut changes).await?;
    }
    state(tx, pen, check, Subject::Household(home), &new.facts, &mut changes).await?;
    changes.emit(tx, pen).await?;
    Ok((home, persons))
}

async fn relate(
    tx: &mut Tx,
    pen: Pen<'_>,
    new: &NewHousehold,
    persons: &[PersonId],
    changes: &mut Changes,
) -> Result<(), IntakeError> {
    for (place, (id, member)) in persons.iter().zip(&new.members).enumerate() {
        let parents = member.parents.iter().map(|p| (*p, Relation::Parent, BEGINNING));
        let spouse = member.spouse.iter().map(|s| (*s, Relation::Spouse, new.since));
        for (other, relation, from) in parents.chain(spouse) {
            let count = persons.len();
            let other = *persons.get(other).ok_or(IntakeError::NoSuchMember { member: place, other, count })?;
            let kin = NewKin { person: *id, relation, other, valid: Period { from, until: None } };
            kin::relate_quietly(tx, pen, kin, changes).await.map_err(|e| IntakeError::Kin(place, e))?;
        }
    }
    Ok(())
}

async fn state(
    tx: &mut Tx,
    pen: Pen<'_>,
    check: ItemCheck<'_>,
    subject: Subject,
    facts: &[Stated],
    changes: &mut Changes,
) -> Result<(), IntakeError> {
    for stated in facts {
        let valid = Period { from: stated.from, until: None };
        let new = NewFact { subject, item: stated.item.clone(), value: stated.value.clone(), valid, corrects: None };
        fact::record_quietly(tx, pen.from(&stated.origin), check, new, changes).await?;
    }
    Ok(())
}
