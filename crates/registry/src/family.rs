//! Whole families in one go: a household with its members, and a child born into one. One notice each.

use kernel::{AddressId, Date, HouseholdId, Period, PersonId};
use store::{AsConflict, StoreError, Tx};

use crate::change::{Changes, Kind};
use crate::fact::{FactError, FactValue, ItemCheck, NewFact, Subject, record_quietly};
use crate::household::{HouseholdError, Joining, MemberRole, join_quietly};
use crate::kin::{KinError, NewKin, Relation, relate_quietly};
use crate::person::{Detail, NewPerson, PersonError, create_quietly};
use crate::pregnancy::{self, Outcome, PregnancyError};
use crate::record::PersonRecord;
use crate::residence::{Address, MoveError, settle};
use crate::rows;
use crate::time::{AsOf, BEGINNING, Pen};

/// A fact of a family to be registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FamilyFact {
    /// The item.
    pub item: String,
    /// The value.
    pub value: FactValue,
    /// The days it holds for.
    pub valid: Period,
}

/// A member of a family to be registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMember {
    /// The person.
    pub person: NewPerson,
    /// The role.
    pub role: MemberRole,
    /// Member since.
    pub since: Date,
    /// Facts about the person.
    pub facts: Vec<FamilyFact>,
}

/// A family to be registered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewFamily {
    /// The members.
    pub members: Vec<NewMember>,
    /// Kinship between members, as places in `members`: the second is the first's `Relation`, from a day on.
    pub kin: Vec<(usize, Relation, usize, Date)>,
    /// Where they live, since when.
    pub address: Option<(Address, Date)>,
    /// Facts about the household.
    pub facts: Vec<FamilyFact>,
}

/// What was registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// The household.
    pub household: HouseholdId,
    /// The members, in the order given.
    pub persons: Vec<PersonId>,
}

/// A birth to be registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewBirth {
    /// The child; must have a birth date.
    pub child: NewPerson,
    /// The mother, if known.
    pub mother: Option<PersonId>,
    /// The other parent, if known.
    pub father: Option<PersonId>,
}

/// A birth as registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Born {
    /// The child.
    pub child: PersonId,
    /// The household the child joined.
    pub household: HouseholdId,
}

/// Why a family or birth was not registered. Nothing of it was.
#[derive(Debug, thiserror::Error)]
pub enum FamilyError {
    /// No members.
    #[error("a family needs at least one member")]
    Empty,
    /// A kinship that names a member who is not there.
    #[error("the kinship names member number {0}, and there are not so many")]
    NoMember(usize),
    /// No birth date.
    #[error("a birth needs the date of birth")]
    NoBirthDate,
    /// Neither parent belongs to a household.
    #[error("neither parent belongs to a household on {0}: register the household first")]
    NoHousehold(Date),
    /// A person.
    #[error(transparent)]
    Person(#[from] PersonError),
    /// A membership.
    #[error(transparent)]
    Household(#[from] HouseholdError),
    /// A kinship.
    #[error(transparent)]
    Kin(#[from] KinError),
    /// An address.
    #[error(transparent)]
    Move(#[from] MoveError),
    /// A fact.
    #[error(transparent)]
    Fact(#[from] FactError),
    /// A pregnancy.
    #[error(transparent)]
    Pregnancy(#[from] PregnancyError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AsConflict for FamilyError {
    fn is_conflict(&self) -> bool {
        match self {
            FamilyError::Person(e) => e.is_conflict(),
            FamilyError::Household(e) => e.is_conflict(),
            FamilyError::Kin(e) => e.is_conflict(),
            FamilyError::Move(e) => e.is_conflict(),
            FamilyError::Fact(e) => e.is_conflict(),
            FamilyError::Pregnancy(e) => e.is_conflict(),
            FamilyError::Store(e) => e.is_conflict(),
            _ => false,
        }
    }
}

/// Registers a household with members, kinship, address and facts.
pub async fn register(
    tx: &mut Tx,
    pen: Pen<'_>,
    check: ItemCheck<'_>,
    family: &NewFamily,
) -> Result<Registered, FamilyError> {
    if family.members.is_empty() {
        return Err(FamilyError::Empty);
    }
    let mut changes = Changes::default();
    let household = crate::household::create(tx, pen).await?;
    let mut persons = Vec::with_capacity(family.members.len());
    for member in &family.members {
        let person = create_quietly(tx, pen, &member.person, &mut changes).await?;
        let valid = Period { from: member.since, until: None };
        join_quietly(tx, pen, Joining { person, household, role: member.role, valid }, &mut changes).await?;
        for fact in &member.facts {
            record_quietly(tx, pen, check, new_fact(Subject::Person(person), fact), &mut changes).await?;
        }
        persons.push(person);
    }
    for (a, relation, b, from) in &family.kin {
        let find = |n: &usize| persons.get(*n).copied().ok_or(FamilyError::NoMember(*n));
        let valid = Period { from: *from, until: None };
        let kin = NewKin { person: find(a)?, relation: *relation, other: find(b)?, valid };
        relate_quietly(tx, pen, kin, &mut changes).await?;
    }
    if let Some((address, from)) = &family.address {
        let shared = AddressId::new(pen.ids, pen.now);
        for person in &persons {
            let valid = Period { from: *from, until: None };
            settle(tx, pen, *person, shared, address, valid, &mut changes).await?;
        }
    }
    for fact in &family.facts {
        record_quietly(tx, pen, check, new_fact(Subject::Household(household), fact), &mut changes).await?;
    }
    changes.emit(tx, pen).await?;
    Ok(Registered { household, persons })
}

fn new_fact(subject: Subject, fact: &FamilyFact) -> NewFact {
    NewFact { subject, item: fact.item.clone(), value: fact.value.clone(), valid: fact.valid, corrects: None }
}

/// Registers a birth: the child's record, its parents, its place in the mother's household (else the other parent's)
/// and at that parent's address, and the end of the mother's pregnancy. A child of a protected mother is protected from this
/// very moment, because protection follows kinship. Doing it once is the caller's part (an idempotency key).
pub async fn register_birth(tx: &mut Tx, pen: Pen<'_>, birth: &NewBirth) -> Result<Born, FamilyError> {
    let on = birth
        .child
        .details
        .iter()
        .find_map(|d| if let Detail::BirthDate(day) = d { Some(*day) } else { None })
        .ok_or(FamilyError::NoBirthDate)?;
    let as_of = AsOf::latest(on);
    let parents: Vec<PersonId> = [birth.mother, birth.father].into_iter().flatten().collect();
    let people = rows::read(tx, parents.iter().copied(), as_of.recorded).await?;
    let survivors = rows::survivors(tx, parents.iter().copied(), as_of.recorded).await?;
    let records: Vec<PersonRecord> = parents
        .iter()
        .filter_map(|p| survivors.get(p).and_then(|s| people.get(s)))
        .map(|r| PersonRecord::at(r, as_of, false))
        .collect();
    let home = records.iter().find(|r| r.membership.is_some());
    let household = home.and_then(|r| r.membership.as_ref()).map(|m| m.household);
    let household = household.ok_or(FamilyError::NoHousehold(on))?;

    let mut changes = Changes::default();
    let child = create_quietly(tx, pen, &birth.child, &mut changes).await?;
    let valid = Period { from: on, until: None };
    join_quietly(tx, pen, Joining { person: child, household, role: MemberRole::Child, valid }, &mut changes).await?;
    for parent in &records {
        let always = Period { from: BEGINNING, until: None };
        let kin = NewKin { person: child, relation: Relation::Parent, other: parent.id, valid: always };
        relate_quietly(tx, pen, kin, &mut changes).await?;
    }
    if let Some(residence) = home.and_then(|r| r.residence.as_ref()) {
        settle(tx, pen, child, residence.address_id, &residence.address, valid, &mut changes).await?;
    }
    if let Some(mother) = birth.mother.and_then(|m| survivors.get(&m)) {
        end_pregnancy(tx, pen, *mother, on, &mut changes).await?;
    }
    changes.emit(tx, pen).await?;
    Ok(Born { child, household })
}

async fn end_pregnancy(
    tx: &mut Tx,
    pen: Pen<'_>,
    mother: PersonId,
    on: Date,
    changes: &mut Changes,
) -> Result<(), FamilyError> {
    if let Some(open) = pregnancy::running(tx, mother, on).await? {
        pregnancy::end_quietly(tx, pen, mother, open, on, Outcome::Birth).await?;
        changes.person(tx, mother, Kind::Pregnancy).await?;
    }
    Ok(())
}
