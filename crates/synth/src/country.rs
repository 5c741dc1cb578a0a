//! A country: what is worked out once from the pack, and household *n*.

use std::sync::Arc;

use catalogue::Pack;
use catalogue::model::population::{Population, Spread};
use kernel::Date;
use rules::schema::Entity;

use crate::calendar::Calendar;
use crate::chance::{For, stream};
use crate::house::{Cell, Columns, House, Person};
use crate::shapes::{Shape, pick, sums};
use crate::variables::Ranks;
use crate::{draw, fit, shapes};

/// Members of a household that are numbered; two households never share a person's number.
const MOST_MEMBERS: u64 = 64;
/// Days between births of one mother, at the least.
const BETWEEN_BIRTHS: i64 = 280;

/// Why there is no synthetic country.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SynthError {
    /// The pack has no `population/`.
    #[error("the pack {pack} says nothing about its people: write {pack}/population (docs/synthetic-country.md)")]
    NoPopulation {
        /// The pack's id.
        pack: String,
    },
    /// The rules cannot run over what was drawn.
    #[error("the rules cannot run: {0}")]
    Rules(String),
    /// Something cannot be written.
    #[error("{0}")]
    Write(String),
}

/// A country ready to be drawn.
#[derive(Debug)]
pub struct Country<'p> {
    pack: &'p Pack,
    population: &'p Population,
    seed: u64,
    on: Date,
    calendar: Calendar,
    shapes: Vec<Shape>,
    /// Running sums of the shapes' weights.
    weights: Vec<f64>,
    ranks: Ranks,
    /// For each zone its places and the running sums of their weights.
    zones: Vec<(Vec<usize>, Vec<f64>)>,
    columns: Arc<Columns>,
}

impl<'p> Country<'p> {
    /// Fits the pack's shapes to its margins; the picture is of the day `on`.
    pub fn new(pack: &'p Pack, seed: u64, on: Date) -> Result<Country<'p>, SynthError> {
        let missing = || SynthError::NoPopulation { pack: pack.manifest().id.clone() };
        let population = pack.population().ok_or_else(missing)?;
        let mut country = Country {
            pack,
            population,
            seed,
            on,
            calendar: Calendar::new(on),
            shapes: shapes::draw(population),
            weights: Vec::new(),
            ranks: Ranks::default(),
            zones: zones(population),
            columns: Arc::new(columns(population)),
        };
        let drawn: Vec<House> = country.shapes.iter().map(|shape| country.plain(shape)).collect();
        let weights = fit::weights(population, &drawn);
        country.ranks = Ranks::learn(population, &drawn, &weights);
        country.weights = sums(weights);
        Ok(country)
    }

    /// The pack.
    pub fn pack(&self) -> &'p Pack {
        self.pack
    }

    /// What the pack says about its people.
    pub fn population(&self) -> &'p Population {
        self.population
    }

    /// The seed.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The day of the picture, as days since 1970-01-01.
    pub(crate) fn day(&self) -> i64 {
        self.calendar.day
    }

    /// The day of the picture.
    pub fn on(&self) -> Date {
        self.on
    }

    /// A household to draw into, again and again.
    pub fn empty(&self) -> House {
        House::new(self.columns.clone())
    }

    /// A shape as a household without facts, in the first place of its zone: enough for conditions about shapes.
    fn plain(&self, shape: &Shape) -> House {
        let mut house = self.empty();
        house.place = self.zones.get(shape.zone).and_then(|(places, _)| places.first()).copied().unwrap_or(0);
        self.people(shape, &mut house, None);
        house
    }

    /// How many people live in household `n`: the first thing drawn of it.
    pub fn size(&self, n: u64) -> usize {
        let u = stream(self.seed, For::Household, n).f64();
        self.shapes.get(pick(&self.weights, u)).map_or(0, |s| s.members.len())
    }

    /// The number of households that hold at least `persons` people: those from 0 on.
    pub fn households(&self, persons: u64) -> u64 {
        let (mut n, mut people) = (0, 0);
        while people < persons {
            people += self.size(n).max(1) as u64;
            n += 1;
        }
        n
    }

    /// Draws household `n`.
    pub fn draw(&self, n: u64, house: &mut House) {
        let mut rng = stream(self.seed, For::Household, n);
        let Some(shape) = self.shapes.get(pick(&self.weights, rng.f64())) else { return };
        house.number = n;
        if let Some((places, sums)) = self.zones.get(shape.zone) {
            house.place = places.get(pick(sums, rng.f64())).copied().unwrap_or(0);
        }
        self.people(shape, house, Some(&mut rng));
        self.ranks.draw(self.population, house, &mut rng);
        draw::all(self.population, self.calendar.day, house, &mut rng);
    }

    /// The fifth of households, 1 to 5, by the first ranked variable.
    pub fn fifth(&self, house: &House) -> Option<u8> {
        let n = self.population.variables.iter().position(|v| matches!(v.spread, Spread::Ranked { .. }))?;
        let (_, rank) = house.variables.get(n)?;
        (1..=5).find(|fifth| *rank * 5.0 < f64::from(*fifth)).or(Some(5))
    }

    /// Members with their births; without chance everybody has the last birthday of their age.
    fn people(&self, shape: &Shape, house: &mut House, mut rng: Option<&mut fastrand::Rng>) {
        house.kind = shape.kind;
        house.members.clear();
        for (m, member) in (0u64..).zip(&shape.members) {
            let (first, last) = self.calendar.born(member.age);
            let before = house.members.last().filter(|p| p.role == member.role && m > 0);
            let birth = match (&mut rng, before) {
                (_, Some(before)) if member.twin => before.birth,
                (Some(rng), Some(before)) if before.age == member.age + 1 && member.parents[0].is_some() => {
                    // Children come eldest first: the next one leaves the mother time.
                    rng.i64(first..=last).max((before.birth + BETWEEN_BIRTHS).min(last))
                }
                (Some(rng), _) => rng.i64(first..=last),
                (None, _) => last,
            };
            house.members.push(Person {
                key: house.number * MOST_MEMBERS + m,
                role: member.role,
                woman: member.woman,
                age: member.age,
                months: self.calendar.months_since(birth),
                birth,
                spouse: member.spouse,
                parents: member.parents,
            });
        }
        house.clear();
        for m in 0..house.members.len() {
            let Some((birth, woman)) = house.members.get(m).map(|p| (p.birth, p.woman)) else { continue };
            house.put(self.population.birth_date, Some(m), Cell::Is(birth));
            if let Some((fact, women, men)) = self.population.sex {
                house.put(fact, Some(m), Cell::Is(if woman { women } else { men }));
            }
        }
    }
}

fn zones(population: &Population) -> Vec<(Vec<usize>, Vec<f64>)> {
    let one = |zone: usize| {
        let here = || population.places.iter().enumerate().filter(move |(_, p)| p.zone == zone);
        (here().map(|(n, _)| n).collect(), sums(here().map(|(_, p)| p.weight).collect()))
    };
    (0..population.zones.len()).map(one).collect()
}

fn columns(population: &Population) -> Columns {
    let mut columns = Columns::default();
    for fact in &population.facts {
        let counter = match fact.entity {
            Entity::Household => &mut columns.household,
            Entity::Person => &mut columns.person,
        };
        columns.of_fact.push((fact.entity, *counter));
        *counter += 1;
    }
    columns
}
