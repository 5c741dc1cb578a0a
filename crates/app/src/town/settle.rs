//! Writing the town into a registry, one household a transaction, through the same use cases as any family.

use catalogue::Pack;
use kernel::{Date, HouseholdId, Ids, Instant, Lang, Period, PersonId};
use registry::intake::{self, IntakeError, NewHousehold, NewMember, Stated};
use registry::kin::{self, KinError, NewKin, Relation};
use registry::person::{Detail, Identifier, Name, NewPerson, Script, Sex};
use registry::pregnancy::{self, NewPregnancy, PregnancyError};
use registry::protection::{self, NewProtection, ProtectionError};
use registry::residence::{self, Address, MoveError};
use registry::{FactValue, Origin, Pen, Subject};
use rules::schema::{Entity, Type, Value};
use store::{AsConflict, Db, StoreError, transact};

use super::people::{Household, Person, Role, Town};
use super::recipe::{Protected, Recipe};

/// Why the town was not settled.
#[derive(Debug, thiserror::Error)]
pub enum SettleError {
    /// The recipe names something the pack or the registry does not know.
    #[error("demo/town.toml: {0}")]
    Recipe(String),
    /// A household was refused.
    #[error(transparent)]
    Intake(#[from] IntakeError),
    /// A kinship was refused.
    #[error(transparent)]
    Kin(#[from] KinError),
    /// A pregnancy was refused.
    #[error(transparent)]
    Pregnancy(#[from] PregnancyError),
    /// A protection was refused.
    #[error(transparent)]
    Protection(#[from] ProtectionError),
    /// A move was refused.
    #[error(transparent)]
    Move(#[from] MoveError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AsConflict for SettleError {
    fn is_conflict(&self) -> bool {
        match self {
            SettleError::Recipe(_) => false,
            SettleError::Intake(e) => e.is_conflict(),
            SettleError::Kin(e) => e.is_conflict(),
            SettleError::Pregnancy(e) => e.is_conflict(),
            SettleError::Protection(e) => e.is_conflict(),
            SettleError::Move(e) => e.is_conflict(),
            SettleError::Store(e) => e.is_conflict(),
        }
    }
}

/// A household as it now stands in the registry.
#[derive(Clone, Debug)]
pub struct Settled {
    /// Its id.
    pub household: HouseholdId,
    /// Its people, in the order of the town.
    pub persons: Vec<PersonId>,
    /// What it was drawn as.
    pub drawn: Household,
}

/// A family in hiding and the one it hides from.
#[derive(Clone, Debug)]
pub struct Hidden {
    /// Who is protected.
    pub victim: PersonId,
    /// From whom.
    pub perpetrator: PersonId,
    /// Their names, in the same order.
    pub names: (String, String),
    /// The word that must appear nowhere.
    pub canary: String,
}

/// What settling needs.
pub struct Settler<'a> {
    /// The database.
    pub db: &'a Db,
    /// The pack whose items the facts are.
    pub pack: &'a Pack,
    /// The recipe.
    pub recipe: &'a Recipe,
    /// Keys for identifiers.
    pub keys: &'a guard::Keys,
    /// Ids.
    pub ids: &'a dyn Ids,
    /// The moment.
    pub now: Instant,
    /// The day.
    pub today: Date,
}

/// Who says that people of the synthetic town exist.
const DEMO: &str = "demo";
/// How long people have lived where they live, at most.
const YEARS_AT_HOME: i16 = 4;

impl Settler<'_> {
    /// Settles the whole town; `done` is told after each household.
    pub async fn settle(&self, town: &Town, mut done: impl FnMut()) -> Result<Vec<Settled>, SettleError> {
        let mut all = Vec::with_capacity(town.households.len());
        for drawn in &town.households {
            let new = self.new_household(drawn)?;
            let (household, persons) = self.take_in(&new).await?;
            all.push(Settled { household, persons, drawn: drawn.clone() });
            done();
        }
        self.db.take_statistics().await?;
        Ok(all)
    }

    async fn take_in(&self, new: &NewHousehold) -> Result<(HouseholdId, Vec<PersonId>), SettleError> {
        let origin = Origin::new(DEMO, "", DEMO);
        let pen = Pen::new(self.ids, self.keys, self.now, &origin);
        // The recipe's facts were checked against the pack in `facts`.
        let check = |_: &Subject, _: &str, _: &FactValue| Ok(());
        transact!(self.db, SettleError, |tx| Ok(intake::run(tx, pen, &check, new).await?))
    }

    /// Confirms a pregnancy of a settled woman.
    pub async fn expect_child(&self, person: PersonId, due_in_days: i64) -> Result<(), SettleError> {
        let origin = Origin::new(DEMO, "", DEMO);
        let pen = Pen::new(self.ids, self.keys, self.now, &origin);
        let due_date = self.shift(due_in_days);
        let confirmed_on = due_date.saturating_sub(jiff::Span::new().days(220)).min(self.today);
        let new = NewPregnancy { confirmed_on, due_date, unborn: 1 };
        transact!(self.db, SettleError, |tx| Ok(pregnancy::confirm(tx, pen, person, new).await?))?;
        Ok(())
    }

    /// A mother and child in hiding, and the man they hide from at the former address.
    pub async fn hide(&self, hidden: &Protected, number: u32) -> Result<Hidden, SettleError> {
        let mother = self.someone(Role::Head, true, 33, number);
        let child = self.someone(Role::Child, false, 2, number + 1);
        let man = self.someone(Role::Head, false, 36, number + 2);
        let names = (self.recipe.called(&mother)?, self.recipe.called(&man)?);
        let protection = self.recipe.protection.as_ref();
        let protection = protection.ok_or_else(|| SettleError::Recipe("[protection] is missing".into()))?;
        let family =
            self.new_household(&household_of(vec![mother, child], &hidden.former_place, &hidden.former_street))?;
        let other = self.new_household(&household_of(vec![man], &hidden.former_place, &hidden.former_street))?;
        let (home, persons) = self.take_in(&family).await?;
        let (_, men) = self.take_in(&other).await?;
        let (Some(victim), Some(child), Some(perpetrator)) = (persons.first(), persons.get(1), men.first()) else {
            return Err(SettleError::Recipe("a protected family needs a mother, a child and a perpetrator".into()));
        };
        let (victim, child, perpetrator) = (*victim, *child, *perpetrator);
        let origin = Origin::new(&protection.source, &protection.law, DEMO);
        let pen = Pen::new(self.ids, self.keys, self.now, &origin);
        let father = NewKin {
            person: child,
            relation: Relation::Parent,
            other: perpetrator,
            valid: Period { from: registry::BEGINNING, until: None },
        };
        let protect = NewProtection {
            victim,
            perpetrators: vec![perpetrator],
            valid: Period { from: self.shift(-60), until: None },
            reason: "protection order".into(),
        };
        let hiding = Address::new(&hidden.place, &hidden.street, "");
        transact!(self.db, SettleError, |tx| {
            kin::relate(tx, pen, father).await?;
            protection::protect(tx, pen, &protect).await?;
            residence::move_household(tx, pen, home, &hiding, self.shift(-50)).await?;
            Ok(())
        })?;
        Ok(Hidden { victim, perpetrator, names, canary: hidden.canary.clone() })
    }

    fn shift(&self, days: i64) -> Date {
        self.today.saturating_add(jiff::Span::new().try_days(days).unwrap_or_default())
    }

    /// A person made by hand, for the families in hiding.
    fn someone(&self, role: Role, female: bool, years: i64, number: u32) -> Person {
        let names = if female { &self.recipe.names.female } else { &self.recipe.names.male };
        let given = names.get(number as usize % names.len().max(1)).cloned().unwrap_or_default();
        let family = self.recipe.names.family.first().cloned().unwrap_or_default();
        let born = self.shift(-years * 365 - i64::from(number % 300));
        Person {
            role,
            female,
            born,
            family: (family.0.clone(), family.1.clone()),
            name: (self.recipe.names.borne(&family.0, female), given.0),
            second_name: (self.recipe.names.borne(&family.1, female), given.1),
            identifier: super::people::identifier(self.recipe, self.pack, born, female, 900_000 + number),
            phone: super::people::phone(self.recipe, 9_000 + number),
            tags: Vec::new(),
            facts: self.recipe.protection.as_ref().map(|p| p.facts.clone()).unwrap_or_default(),
        }
    }

    fn new_household(&self, drawn: &Household) -> Result<NewHousehold, SettleError> {
        let youngest = drawn.members.iter().map(|m| m.born).max().unwrap_or(self.today);
        // Nobody lives in a household before being born.
        let since = self.today.saturating_sub(jiff::Span::new().years(YEARS_AT_HOME)).max(youngest);
        let head = drawn.members.iter().position(|m| m.role == Role::Head);
        let spouse = drawn.members.iter().position(|m| m.role == Role::Spouse);
        let grandparent = drawn.members.iter().position(|m| m.role == Role::Parent);
        let members = drawn.members.iter().map(|person| {
            Ok(NewMember {
                person: self.new_person(person)?,
                role: match person.role {
                    Role::Head => registry::household::MemberRole::Head,
                    Role::Spouse => registry::household::MemberRole::Spouse,
                    Role::Child => registry::household::MemberRole::Child,
                    Role::Parent => registry::household::MemberRole::Parent,
                },
                parents: match person.role {
                    Role::Child => head.into_iter().chain(spouse).collect(),
                    Role::Head => grandparent.into_iter().collect(),
                    Role::Spouse | Role::Parent => Vec::new(),
                },
                spouse: (person.role == Role::Spouse).then_some(head).flatten(),
                facts: self.facts(Entity::Person, &person.facts, person.born)?,
            })
        });
        Ok(NewHousehold {
            since,
            address: Address::new(&drawn.place, &drawn.street, ""),
            members: members.collect::<Result<_, SettleError>>()?,
            facts: self.facts(Entity::Household, &drawn.facts, since)?,
        })
    }

    fn new_person(&self, person: &Person) -> Result<NewPerson, SettleError> {
        let language: Lang = self
            .recipe
            .country_language
            .parse()
            .map_err(|e: kernel::UnknownLang| SettleError::Recipe(e.to_string()))?;
        Ok(NewPerson {
            names: vec![
                Name::new(script(&self.recipe.script)?, &person.name.0, &person.name.1),
                Name::new(script(&self.recipe.second_script)?, &person.second_name.0, &person.second_name.1),
            ],
            identifier: Some(numbered(self.pack, &person.identifier)?),
            details: vec![
                Detail::Sex(if person.female { Sex::Female } else { Sex::Male }),
                Detail::BirthDate(person.born),
                Detail::Language(language),
                Detail::Phone(person.phone.clone()),
            ],
        })
    }

    fn facts(
        &self,
        entity: Entity,
        drawn: &[(String, toml::Value, String)],
        from: Date,
    ) -> Result<Vec<Stated>, SettleError> {
        drawn
            .iter()
            .map(|(item, value, source)| {
                let Some(known) = self.pack.item(entity, item) else {
                    return Err(SettleError::Recipe(format!("{item} is no item of the pack")));
                };
                Ok(Stated {
                    item: item.clone(),
                    value: typed(self.pack, &known.ty, value)
                        .ok_or_else(|| SettleError::Recipe(format!("{item}: {value} is not a {:?}", known.ty)))?,
                    origin: Origin::new(source, "", DEMO),
                    from,
                })
            })
            .collect()
    }
}

/// A national identifier under the scheme of the pack.
pub(super) fn numbered(pack: &Pack, number: &str) -> Result<Identifier, SettleError> {
    let missing = || SettleError::Recipe("pack.toml has no [identifier], and people of a town have one each".into());
    let scheme = pack.manifest().identifier.as_ref().ok_or_else(missing)?;
    Ok(Identifier::new(&scheme.scheme, number))
}

/// A script as the recipe writes it.
pub(super) fn script(code: &str) -> Result<Script, SettleError> {
    code.to_lowercase().parse().map_err(|e: registry::person::UnknownWord| SettleError::Recipe(e.to_string()))
}

impl Recipe {
    /// What somebody of the town is called, in the first script.
    pub(crate) fn called(&self, person: &Person) -> Result<String, SettleError> {
        Ok(Name::new(script(&self.script)?, &person.name.0, &person.name.1).full)
    }
}

fn household_of(members: Vec<Person>, place: &str, street: &str) -> Household {
    Household {
        kind: "protected".into(),
        place: place.to_owned(),
        street: street.to_owned(),
        members,
        facts: Vec::new(),
    }
}

/// The value as the rules take it.
pub(super) fn rules_value(pack: &Pack, ty: &Type, value: &toml::Value) -> Option<Value> {
    Some(match typed(pack, ty, value)? {
        FactValue::Boolean(v) => Value::Boolean(v),
        FactValue::Integer(v) => Value::Integer(v),
        FactValue::Decimal(v) => Value::Decimal(v),
        FactValue::Money(v) => Value::Money(v),
        FactValue::Date(v) => Value::Date(v),
        FactValue::Text(v) => Value::Text(v),
        FactValue::Code(v) => Value::Code(v),
    })
}

/// The value as the registry records it.
pub(crate) fn typed(pack: &Pack, ty: &Type, value: &toml::Value) -> Option<FactValue> {
    match (ty, value) {
        (Type::Boolean, toml::Value::Boolean(v)) => Some(FactValue::Boolean(*v)),
        (Type::Integer(_), toml::Value::Integer(v)) => Some(FactValue::Integer(*v)),
        (Type::Money(_), toml::Value::Integer(v)) => v.checked_mul(pack.currency().unit()).map(FactValue::Money),
        (Type::Code(list), toml::Value::String(v)) => pack.code(list, v).map(|code| FactValue::Code(code.id.clone())),
        (Type::Text, toml::Value::String(v)) => Some(FactValue::Text(v.clone())),
        (Type::Date, toml::Value::String(v)) => v.parse().ok().map(FactValue::Date),
        _ => None,
    }
}
