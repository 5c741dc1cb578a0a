//! What happens in the town: births told by the register, through the same front door as anybody's.

use casework::Desk;
use casework::birth::{self, Input, ParentRole};
use casework::household::PersonRef;
use casework::register::Teller;
use guard::{Action, Purpose, PurposeKind, Relation, Resource, Role as Duty, Who};
use kernel::{AccountId, Date, EventId, PersonId, SessionId};
use registry::person::{Name, Sex};
use rules::schema::{Entity, Value};
use store::transact;

use super::people::identifier;
use super::recipe::Recipe;
use super::settle::{SettleError, Settled, numbered, rules_value, script};
use crate::runtime::Runtime;

/// The civil register as it speaks to us: a machine of another agency.
pub struct CivilRegister<'a> {
    runtime: &'a Runtime,
    recipe: &'a Recipe,
    who: Who,
}

impl<'a> CivilRegister<'a> {
    /// The register of the town.
    pub fn new(runtime: &'a Runtime, recipe: &'a Recipe) -> Self {
        let (ids, now) = (&*runtime.state.ids, runtime.state.now());
        let who = Who {
            account: AccountId::new(ids, now),
            session: SessionId::new(ids, now),
            role: Duty::AgencySystem,
            organisation: recipe.events.register.clone(),
            jurisdiction: None,
            person: None,
            strong: true,
            suspended: false,
            break_glass: false,
        };
        CivilRegister { runtime, recipe, who }
    }

    /// Tells of a birth `days_ago`; the household's offers are durable when this returns.
    pub async fn tell_birth(&self, family: &Settled, days_ago: i64, number: u32) -> Result<EventId, SettleError> {
        let state = &self.runtime.state;
        let born = state.today().saturating_sub(jiff::Span::new().try_days(days_ago).unwrap_or_default());
        let parents = self.parents(family);
        let persons: Vec<PersonId> = parents.iter().map(|(id, _)| *id).collect();
        let relation = Relation { in_jurisdiction: true, ..Relation::default() };
        let resource = Resource::people(persons.iter().map(|id| (*id, relation)));
        let purpose = Purpose::new(PurposeKind::DataExchange, "birth entered in the civil register");
        let allowed = state
            .guard
            .permit(&self.who, Action::RegisterEvent, &resource, &purpose)
            .await
            .map_err(|e| SettleError::Recipe(e.to_string()))?;
        let pack = state.packs.current();
        let desk = Desk { pack: &pack, keys: &self.runtime.keys, ids: &*state.ids, now: state.now() };
        let input = self.birth(&pack, family, parents, born, number)?;
        let told = transact!(state.db, birth::Fault, |tx| birth::run(tx, &desk, &self.who, &allowed, input.clone())
            .await)
        .map_err(|e| SettleError::Recipe(e.to_string()))?;
        Ok(told.event())
    }

    /// Mother and father among the members, as drawn.
    fn parents(&self, family: &Settled) -> Vec<(PersonId, ParentRole)> {
        let adults = family.persons.iter().zip(&family.drawn.members);
        let adults = adults.filter(|(_, m)| matches!(m.role, super::Role::Head | super::Role::Spouse));
        adults.map(|(id, m)| (*id, if m.female { ParentRole::Mother } else { ParentRole::Father })).collect()
    }

    fn birth(
        &self,
        pack: &catalogue::Pack,
        family: &Settled,
        parents: Vec<(PersonId, ParentRole)>,
        born: Date,
        number: u32,
    ) -> Result<Input, SettleError> {
        let recipe = self.recipe;
        let female = number.is_multiple_of(2);
        let names = if female { &recipe.names.female } else { &recipe.names.male };
        let taken = |given: &&(String, String)| !family.drawn.members.iter().any(|m| m.name.1 == given.0);
        let given =
            names.iter().cycle().skip(number as usize * 7).take(names.len()).find(taken).cloned().unwrap_or_default();
        let siblings = family.drawn.members.iter().filter(|m| m.role == super::Role::Child).count();
        let head = family.drawn.members.first();
        let head = head.map(|h| (h.family.0.clone(), h.family.1.clone())).unwrap_or_default();
        let family_name = (recipe.names.borne(&head.0, female), recipe.names.borne(&head.1, female));
        let facts = recipe.events.newborn.iter().map(|(item, value)| {
            let known = pack.item(Entity::Person, item);
            let value: Option<Value> = known.and_then(|known| rules_value(pack, &known.ty, value));
            let value =
                value.ok_or_else(|| SettleError::Recipe(format!("newborn: {item} is no such item or value")))?;
            Ok((item.clone(), value))
        });
        Ok(Input {
            names: vec![
                Name::new(script(&recipe.script)?, family_name.0, given.0),
                Name::new(script(&recipe.second_script)?, family_name.1, given.1),
            ],
            sex: Some(if female { Sex::Female } else { Sex::Male }),
            birth_date: born,
            identifier: Some(numbered(pack, &identifier(recipe, pack, born, female, 800_000 + number))?),
            parents: parents.into_iter().map(|(id, role)| (PersonRef::Id(id), role)).collect(),
            number: 1,
            of: 1,
            order: u32::try_from(siblings + 1).ok(),
            place: None,
            registered_at: None,
            registered_on: Some(self.runtime.state.today()),
            facts: facts.collect::<Result<_, SettleError>>()?,
            teller: Teller {
                source: recipe.events.register.clone(),
                register_number: Some(format!("demo-{born}-{number}")),
            },
        })
    }
}
