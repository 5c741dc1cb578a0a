//! The people of the town, before anybody wrote them into a registry.

use catalogue::Pack;
use kernel::Date;
use serde::Deserialize;

use super::draw::Dice;
use super::past;
use super::recipe::{BySex, FactRecipe, Kind, MemberRecipe, Place, Recipe};

/// How often a name is drawn again when a sibling bears it already.
const NAME_DRAWS: u32 = 100;

/// Place in the household.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The person the registration is under.
    Head,
    /// Married to the head.
    Spouse,
    /// Child of head and spouse.
    Child,
    /// Parent of the head.
    Parent,
}

/// One person.
#[derive(Clone, Debug)]
pub struct Person {
    /// Place in the household.
    pub role: Role,
    /// Whether a woman or girl.
    pub female: bool,
    /// Day of birth.
    pub born: Date,
    /// The family name in both scripts as the family as a whole is called.
    pub family: (String, String),
    /// Family and given name in the first script.
    pub name: (String, String),
    /// The same in the second script.
    pub second_name: (String, String),
    /// National identifier.
    pub identifier: String,
    /// Telephone number nobody has (the 555 range of its country's plan is left to the recipe's fancy).
    pub phone: String,
    /// What facts go by.
    pub tags: Vec<String>,
    /// Facts: item, value, source.
    pub facts: Vec<(String, toml::Value, String)>,
}

/// One household.
#[derive(Clone, Debug)]
pub struct Household {
    /// Its kind in the recipe.
    pub kind: String,
    /// Jurisdiction.
    pub place: String,
    /// Address line.
    pub street: String,
    /// Members, head first.
    pub members: Vec<Person>,
    /// Facts about the household.
    pub facts: Vec<(String, toml::Value, String)>,
}

/// The town.
#[derive(Clone, Debug)]
pub struct Town {
    /// Its households.
    pub households: Vec<Household>,
}

impl Town {
    /// Draws the town as of `today`.
    pub fn draw(recipe: &Recipe, pack: &Pack, today: Date) -> Town {
        let mut dice = Dice::new(recipe.seed);
        // Where most came by itself, those with children of the last months come last.
        let young = past::households(recipe, pack, today);
        let mut people: usize = young.iter().map(|h| h.members.len()).sum();
        let mut households = Vec::new();
        let places: Vec<&Place> = recipe.place.iter().collect();
        while people < recipe.people {
            let Some(kind) = dice.weighted(&recipe.household, |k| k.share) else { break };
            let household = household(recipe, kind, &places, today, &mut dice);
            people += household.members.len();
            households.push(household);
        }
        households.extend(young);
        let everybody = households.iter_mut().flat_map(|h| &mut h.members);
        for (serial, member) in (1..).zip(everybody) {
            member.identifier = identifier(recipe, pack, member.born, member.female, serial);
            member.phone = phone(recipe, serial);
        }
        Town { households }
    }

    /// How many people live in it.
    pub fn people(&self) -> usize {
        self.households.iter().map(|h| h.members.len()).sum()
    }
}

pub(super) fn household(recipe: &Recipe, kind: &Kind, places: &[&Place], today: Date, dice: &mut Dice) -> Household {
    let fallback = (String::new(), String::new(), 0);
    let family = dice.weighted(&recipe.names.family, |f| f.2).unwrap_or(&fallback).clone();
    let mut members = Vec::new();
    for member in &kind.members {
        let (low, high) = member.count.unwrap_or((1, 1));
        for _ in 0..dice.between(low, high) {
            let mut drawn = person(recipe, member, &family, today, dice);
            // Two children of one family do not bear the same name, unless the recipe has hardly any.
            for _ in 0..NAME_DRAWS {
                if !members.iter().any(|other: &Person| other.name == drawn.name) {
                    break;
                }
                drawn = person(recipe, member, &family, today, dice);
            }
            members.push(drawn);
        }
    }
    let (place, street) = match dice.weighted(places, |p| p.weight) {
        Some(place) => (place.id.clone(), place.street.clone()),
        None => (String::new(), String::new()),
    };
    let street = ["{n}", "{m}", "{f}"]
        .into_iter()
        .zip([(1, 40), (1, 30), (101, 2005)])
        .fold(street, |text, (hole, (low, high))| text.replace(hole, &dice.between(low, high).to_string()));
    let mut facts = Vec::new();
    for fact in recipe.fact.iter().filter(|f| f.tag == "household") {
        draw_fact(fact, dice, &mut facts);
    }
    Household { kind: kind.kind.clone(), place, street, members, facts }
}

fn person(
    recipe: &Recipe,
    member: &MemberRecipe,
    family: &(String, String, u32),
    today: Date,
    dice: &mut Dice,
) -> Person {
    let female = match member.sex.as_str() {
        "female" => true,
        "male" => false,
        _ => dice.happens(0.5),
    };
    let years = dice.between(member.age.0, member.age.1);
    let born = dice.birth_date(today, years);
    let given = dice.one(if female { &recipe.names.female } else { &recipe.names.male }).cloned().unwrap_or_default();
    // Children carry the head's family name; who marries into a household keeps their own.
    let fallback = family.clone();
    let own = match member.role {
        Role::Head | Role::Child => family,
        Role::Spouse | Role::Parent => dice.weighted(&recipe.names.family, |f| f.2).unwrap_or(&fallback),
    };
    let mut facts = Vec::new();
    for fact in recipe.fact.iter().filter(|f| f.tag == "everyone" || member.tags.contains(&f.tag)) {
        if fact.age.is_none_or(|(low, high)| (low..=high).contains(&years)) {
            draw_fact(fact, dice, &mut facts);
        }
    }
    Person {
        role: member.role,
        female,
        born,
        family: (own.0.clone(), own.1.clone()),
        name: (recipe.names.borne(&own.0, female), given.0),
        second_name: (recipe.names.borne(&own.1, female), given.1),
        identifier: String::new(),
        phone: String::new(),
        tags: member.tags.clone(),
        facts,
    }
}

/// A telephone number nobody has.
pub(super) fn phone(recipe: &Recipe, serial: u32) -> String {
    recipe.phone.replace("{n}", &format!("{:04}", serial % 10_000))
}

/// The national identifier of somebody; people of one day and sex differ by their serial.
pub(super) fn identifier(recipe: &Recipe, pack: &Pack, born: Date, female: bool, serial: u32) -> String {
    let by_sex: &BySex =
        if born.year() < 2000 { &recipe.identifier.sex_century_1900 } else { &recipe.identifier.sex_century_2000 };
    let yymmdd = format!("{:02}{:02}{:02}", born.year().rem_euclid(100), born.month(), born.day());
    let pattern = recipe
        .identifier
        .pattern
        .replace("{yymmdd}", &yymmdd)
        .replace("{sex_century}", if female { &by_sex.female } else { &by_sex.male })
        .replace("{serial}", &format!("{serial:06}"));
    // Where four digits must do, people made by hand (800000 and up) come after those of the town.
    let short = if serial >= 800_000 { serial / 100 + serial % 100 } else { serial % 6_000 };
    let number = |short: u32| pattern.replace("{serial4}", &format!("{:04}", short % 10_000));
    let (Some(scheme), true) = (&pack.manifest().identifier, pattern.ends_with("{check}")) else {
        return number(short);
    };
    // Some numbers have no check digit and are never issued: then the next one is.
    (0..10_000)
        .find_map(|more| scheme.completed(number(short + more * 97).trim_end_matches("{check}")))
        .unwrap_or_else(|| number(short))
}

impl super::recipe::Names {
    /// The family name as a man or a woman bears it.
    pub(super) fn borne(&self, family: &str, female: bool) -> String {
        let other = self.endings.iter().filter(|_| female);
        let mut other = other.filter_map(|(his, hers)| Some(format!("{}{hers}", family.strip_suffix(his.as_str())?)));
        other.next().unwrap_or_else(|| family.to_owned())
    }
}

fn draw_fact(fact: &FactRecipe, dice: &mut Dice, into: &mut Vec<(String, toml::Value, String)>) {
    if !dice.happens(fact.chance.unwrap_or(1.0)) {
        return;
    }
    let value = if let Some(value) = &fact.value {
        Some(value.clone())
    } else if let Some(choice) = &fact.choice {
        dice.weighted(choice, |c| c.1).map(|c| c.0.clone())
    } else {
        fact.lognormal.as_ref().map(|shape| {
            let drawn = shape.median * (shape.sigma * dice.normal()).exp();
            let stepped = (drawn / shape.step.max(1) as f64).floor() as i64 * shape.step.max(1);
            toml::Value::Integer(stepped.clamp(0, shape.max))
        })
    };
    let Some(value) = value else { return };
    into.push((fact.item.clone(), value, fact.source.clone()));
    for (item, choice) in &fact.with {
        if let Some((value, _)) = dice.weighted(choice, |c| c.1) {
            into.push((item.clone(), value.clone(), fact.source.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The towns of all packs, each drawn for a day.
    fn towns(today: Date) -> Vec<(Town, Pack)> {
        let packs = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../../packs")).unwrap();
        let drawn = packs.map(|entry| {
            let folder = entry.unwrap().path();
            let pack = Pack::load(&folder).unwrap_or_else(|f| panic!("{f:#?}")).pack;
            (Town::draw(&Recipe::read(&folder).unwrap(), &pack, today), pack)
        });
        drawn.collect()
    }

    #[test]
    fn the_same_day_gives_the_same_town_and_no_identifier_twice() {
        let today = Date::constant(2026, 11, 21);
        let ids =
            |t: &Town| t.households.iter().flat_map(|h| &h.members).map(|p| p.identifier.clone()).collect::<Vec<_>>();
        for ((a, pack), (b, _)) in towns(today).into_iter().zip(towns(today)) {
            assert_eq!(ids(&a), ids(&b));
            let unique: std::collections::BTreeSet<_> = ids(&a).into_iter().collect();
            assert_eq!(unique.len(), a.people());
            assert!((2000..2010).contains(&a.people()));
            let scheme = pack.manifest().identifier.as_ref().expect("a scheme of national identifiers");
            for id in unique {
                assert_eq!(scheme.accepts(&id), Ok(()), "{id}");
            }
        }
    }

    #[test]
    fn nobody_is_born_tomorrow_and_children_are_younger_than_the_head() {
        let today = Date::constant(2026, 11, 21);
        for household in towns(today).into_iter().flat_map(|(town, _)| town.households) {
            let head = household.members.iter().find(|m| m.role == Role::Head).expect("a head");
            for member in &household.members {
                assert!(member.born <= today);
                assert!(member.role != Role::Child || member.born > head.born, "{household:?}");
            }
        }
    }
}
