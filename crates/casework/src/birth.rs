//! A child was born: told by an agency's system, at the counter or in a file of the civil register. The child enters the
//! registry with kinship and household, and the household's offers are durable in the same transaction.

use guard::{Allowed, Who};
use kernel::{Date, EventId, HouseholdId, PersonId};
use registry::newborn::{Newborn, register};
use registry::person::{Detail, Identifier, Name, NewPerson, Sex};
use registry::{AsOf, PersonRecord};
use rules::schema::{Entity, Value};
use serde::{Deserialize, Serialize};
use store::{AsConflict, StoreError, Tx};

use crate::desk::{Desk, fact_value};
use crate::household::{self, PersonRef, words};
use crate::model::{Cause, EventStatus, LifeEvent};
use crate::recompute::{Before, settle};
use crate::register::{self, Registered, Teller, Told};

/// What a parent is to the child.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ParentRole {
    /// Gave birth.
    Mother,
    /// The other parent.
    Father,
    /// A parent, not said which.
    Parent,
}

/// A birth as it is told.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// The child's names, in one or more scripts.
    pub names: Vec<Name>,
    /// Sex as registered.
    pub sex: Option<Sex>,
    /// The day of birth.
    pub birth_date: Date,
    /// The national identifier, if there is one yet.
    pub identifier: Option<Identifier>,
    /// One or two parents.
    pub parents: Vec<(PersonRef, ParentRole)>,
    /// Which child of this birth it is: 1 for a single child, 1, 2, 3 … for twins and more.
    pub number: u32,
    /// How many children this birth brought.
    pub of: u32,
    /// Which child of the mother it is, counting her earlier children.
    pub order: Option<u32>,
    /// The place of birth.
    pub place: Option<String>,
    /// Where it was registered.
    pub registered_at: Option<String>,
    /// When it was registered.
    pub registered_on: Option<Date>,
    /// Further facts about the child, by item of the pack.
    pub facts: Vec<(String, Value)>,
    /// Who tells.
    pub teller: Teller,
}

/// What is kept of the telling: no names and no identifiers, those are in the registry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BirthDetail {
    /// The parents named, with their roles.
    pub parents: Vec<(PersonId, ParentRole)>,
    /// The day of birth.
    pub birth_date: Date,
    /// Which child of this birth.
    pub number: u32,
    /// How many.
    pub of: u32,
    /// The place of birth.
    pub place: Option<String>,
    /// Where it was registered.
    pub registered_at: Option<String>,
    /// When it was registered.
    pub registered_on: Option<Date>,
}

/// Why a birth was not registered. Nothing of it was.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// No parent, or more than two.
    #[error("a birth names one or two parents, and {0} were given")]
    Parents(usize),
    /// A parent who is not in the registry.
    #[error("parent {} is not in the registry: check the number, or register them first", .0 + 1)]
    UnknownParent(usize),
    /// One person named twice, or two mothers of one birth.
    #[error("both parents are the same person, or both are named as the mother: name each once")]
    SameParent,
    /// A parent younger than 10 or older than 90 years on the day.
    #[error("parent {} was {years} years old on the day of birth: check the parent and the date", .parent + 1)]
    Age {
        /// Place in the list.
        parent: usize,
        /// Years on the day of birth.
        years: i16,
    },
    /// The number of the child does not fit.
    #[error("child {number} of {of} cannot be: expected 1 of 1, or up to 9 children numbered from 1")]
    Number {
        /// Which.
        number: u32,
        /// Of how many.
        of: u32,
    },
    /// The event.
    #[error(transparent)]
    Event(#[from] register::Fault),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AsConflict for Fault {
    fn is_conflict(&self) -> bool {
        match self {
            Fault::Store(e) => e.is_conflict(),
            Fault::Event(e) => e.is_conflict(),
            _ => false,
        }
    }
}

/// The parents named, as persons of the registry: whom the guard must be asked about.
pub async fn parents(
    tx: &mut Tx,
    desk: &Desk<'_>,
    named: &[(PersonRef, ParentRole)],
) -> Result<Vec<(PersonId, ParentRole)>, Fault> {
    if !(1..=2).contains(&named.len()) {
        return Err(Fault::Parents(named.len()));
    }
    let mut found = Vec::new();
    let who: Vec<&PersonRef> = named.iter().map(|(who, _)| who).collect();
    let resolved = household::resolve_all(tx, desk, &who).await?;
    for (place, ((_, role), id)) in named.iter().zip(resolved).enumerate() {
        let id = id.ok_or(Fault::UnknownParent(place))?;
        if found.iter().any(|(other, r)| *other == id || (*r == ParentRole::Mother && *role == ParentRole::Mother)) {
            return Err(Fault::SameParent);
        }
        found.push((id, *role));
    }
    // The mother first: the child joins her household.
    found.sort_by_key(|(_, role)| *role);
    Ok(found)
}

/// Registers the birth. `allowed` is the guard's decision about the parents.
pub async fn run(tx: &mut Tx, desk: &Desk<'_>, who: &Who, allowed: &Allowed, input: Input) -> Result<Told, Fault> {
    input.teller.check(desk)?;
    register::past_day(desk, input.birth_date)?;
    if !(1..=9).contains(&input.of) || !(1..=input.of).contains(&input.number) {
        return Err(Fault::Number { number: input.number, of: input.of });
    }
    let parents = parents(tx, desk, &input.parents).await?;
    let persons: Vec<PersonId> = parents.iter().map(|(id, _)| *id).collect();
    register::permitted(allowed, &persons)?;
    let keys = keys(&input, &parents);
    if let Some(known) = register::known(tx, &keys.ask).await? {
        return Ok(register::already(&known));
    }
    let home = home(tx, desk, &input, &persons).await?;
    let child = enter(tx, desk, who, &input, &persons, &home).await?;
    end_pregnancies(tx, desk, who, &input, &home).await?;
    let event = event(desk, &input, child, home.household, parents)?;
    register::write(tx, desk, who, &event, keys.strong, keys.weak).await?;
    let snapshot = household::load(tx, desk, home.household, Cause::Birth).await?.ok_or(StoreError::NotFound)?;
    let before = Before::Without(vec![child]);
    let offers = settle(tx, desk, &snapshot, before, Cause::Birth, Some(event.id)).await?;
    register::tell(tx, desk, &event, &offers).await?;
    Ok(Told::Registered(Registered { event: event.id, person: child, household: home.household, offers }))
}

/// What makes two tellings the same birth.
struct Keys {
    /// Any of these known: told before.
    ask: Vec<String>,
    /// Remembered, and refused when another transaction was faster.
    strong: Vec<String>,
    /// Remembered where free: one man may become the father of two children of two mothers on one day.
    weak: Vec<String>,
}

/// The register's own number; else the same mother, day and child of the birth; else, where a telling names no mother,
/// the same parent.
fn keys(input: &Input, parents: &[(PersonId, ParentRole)]) -> Keys {
    let with = |word: &str, parent: &PersonId| format!("{word} {parent} {} {}", input.birth_date, input.number);
    let number = input.teller.key(Cause::Birth);
    let mut keys = Keys { ask: number.iter().cloned().collect(), strong: number.into_iter().collect(), weak: vec![] };
    let mother = parents.iter().find(|(_, role)| *role == ParentRole::Mother);
    for (parent, role) in parents {
        match (mother, role) {
            (Some(_), ParentRole::Mother) => {
                keys.ask.push(with("birth", parent));
                keys.strong.push(with("birth", parent));
            }
            (Some(_), _) => {
                keys.ask.push(with("alone", parent));
                keys.weak.push(with("birth", parent));
            }
            (None, _) => {
                keys.ask.push(with("birth", parent));
                keys.strong.push(with("birth", parent));
                keys.strong.push(with("alone", parent));
            }
        }
    }
    keys
}

/// A parent with a household.
struct Home {
    parent: PersonId,
    household: HouseholdId,
    residence: Option<registry::residence::Residence>,
    pregnancies: Vec<kernel::PregnancyId>,
}

/// The household the child joins: the mother's, else the other parent's. Refuses parents of an impossible age among its
/// members.
async fn home(tx: &mut Tx, desk: &Desk<'_>, input: &Input, parents: &[PersonId]) -> Result<Home, Fault> {
    let basis = desk.basis(Cause::Birth).map_err(|e| StoreError::Driver(e.to_string()))?;
    let whole = registry::read::people(tx, parents, AsOf::latest(desk.today())).await?;
    whole.process(&basis, |records| {
        let record = |id: &PersonId| records.iter().find(|r| r.id == *id);
        let home = |id: &PersonId| record(id)?.membership.as_ref().map(|m| m.household);
        let joined = parents.iter().find_map(|id| Some((record(id)?, home(id)?)));
        let (parent, household) = joined.ok_or(register::Fault::NoHousehold)?;
        for (place, id) in parents.iter().enumerate() {
            let member = record(id).filter(|_| home(id) == Some(household));
            let years = member.and_then(|m| age(m, input.birth_date));
            if let Some(years) = years.filter(|years| !(10..=90).contains(years)) {
                return Err(Fault::Age { parent: place, years });
            }
        }
        Ok(Home {
            parent: parent.id,
            household,
            residence: parent.residence.clone(),
            pregnancies: parent.pregnancies.iter().map(|p| p.id).collect(),
        })
    })
}

fn age(person: &PersonRecord, on: Date) -> Option<i16> {
    let born = person.birth_date?;
    let before_birthday = (on.month(), on.day()) < (born.month(), born.day());
    Some(on.year() - born.year() - i16::from(before_birthday))
}

async fn enter(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    input: &Input,
    parents: &[PersonId],
    home: &Home,
) -> Result<PersonId, Fault> {
    let origin = input.teller.origin(desk, Cause::Birth, who);
    let mut details = vec![Detail::BirthDate(input.birth_date)];
    details.extend(input.sex.map(Detail::Sex));
    let person = NewPerson { names: input.names.clone(), identifier: input.identifier.clone(), details };
    let facts: Vec<_> = facts(desk, input).iter().map(|(item, value)| (item.clone(), fact_value(value))).collect();
    let newborn = Newborn {
        person: &person,
        born: input.birth_date,
        parents,
        household: home.household,
        residence: home.residence.as_ref(),
        facts: &facts,
    };
    let check = |subject: &registry::Subject, item: &str, value: &registry::FactValue| desk.check(subject, item, value);
    let child = register(tx, desk.pen(&origin), &check, newborn).await.map_err(register::Fault::from)?;
    Ok(child)
}

/// The facts told, and those that follow from the registration itself where the pack has an item for them.
fn facts(desk: &Desk<'_>, input: &Input) -> Vec<(String, Value)> {
    let mut facts = input.facts.clone();
    // An office that tells of a birth has it in its books; what a person says alone is not yet registered.
    let in_register = input.teller.source != "self" || input.registered_on.is_some() || input.identifier.is_some();
    let follow = [
        (words::RESIDENT, in_register.then_some(Value::Boolean(true))),
        (words::ORDER, input.order.map(|n| Value::Integer(i64::from(n)))),
        (words::REGISTERED, in_register.then_some(Value::Boolean(true))),
        (words::REGISTERED_ON, input.registered_on.map(Value::Date)),
    ];
    for (item, value) in follow {
        let Some(value) = value else { continue };
        if desk.has(Entity::Person, item) && !facts.iter().any(|(told, _)| told == item) {
            facts.push((item.to_owned(), value));
        }
    }
    facts
}

/// The pregnancy that ended with this birth.
async fn end_pregnancies(tx: &mut Tx, desk: &Desk<'_>, who: &Who, input: &Input, home: &Home) -> Result<(), Fault> {
    let origin = input.teller.origin(desk, Cause::Birth, who);
    for pregnancy in &home.pregnancies {
        let outcome = registry::pregnancy::Outcome::Birth;
        let ended =
            registry::pregnancy::end(tx, desk.pen(&origin), home.parent, *pregnancy, input.birth_date, outcome).await;
        match ended {
            // A pregnancy confirmed after this birth is another one: it runs on.
            Ok(()) | Err(registry::pregnancy::PregnancyError::EndedEarly { .. }) => {}
            Err(other) => return Err(register::Fault::from(other).into()),
        }
    }
    Ok(())
}

fn event(
    desk: &Desk<'_>,
    input: &Input,
    child: PersonId,
    household: HouseholdId,
    parents: Vec<(PersonId, ParentRole)>,
) -> Result<LifeEvent, Fault> {
    let detail = BirthDetail {
        parents,
        birth_date: input.birth_date,
        number: input.number,
        of: input.of,
        place: input.place.clone(),
        registered_at: input.registered_at.clone(),
        registered_on: input.registered_on,
    };
    Ok(LifeEvent {
        id: EventId::new(desk.ids, desk.now),
        kind: Cause::Birth,
        person: child,
        household,
        occurred_on: input.birth_date,
        detail: serde_json::to_value(detail).map_err(|e| StoreError::Driver(e.to_string()))?,
        source: input.teller.source.clone(),
        register_number: input.teller.register_number.clone(),
        status: EventStatus::Registered,
        corrects: None,
        reason: None,
        recorded_at: desk.now,
    })
}
