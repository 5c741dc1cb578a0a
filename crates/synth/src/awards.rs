//! What people receive: what the law gives them, as far as they take it up, and what is wrong on purpose.

use catalogue::model::population::{AwardRule, ErrorKind, PlantedError, Population};
use rules::columns::Machine;

use crate::chance::{For, real, stream, whole};
use crate::country::{Country, SynthError};
use crate::house::{Cell, House};
use crate::law::{Grant, Law};

/// What is paid to somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paid {
    /// Index among the pack's programmes.
    pub programme: usize,
    /// The member; `None`: the household.
    pub member: Option<usize>,
    /// Minor units.
    pub amount: Option<i64>,
    /// First day, as days since 1970-01-01.
    pub from: i64,
    /// The place that pays (index in the pack's list), where it is bound to one.
    pub place: Option<usize>,
}

/// What a comparison of what is paid with what is due must say. The words are those of `population::run::Kind`, and one more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Says {
    /// Paid, and not due.
    NoLonger,
    /// Less is due than is paid.
    Down,
    /// More is due than is paid.
    Up,
    /// Due, and not paid.
    Unclaimed,
    /// Two awards of which the law allows one.
    Forbidden,
    /// Paid to somebody who died.
    Dead,
    /// Paid by a place where the family does not live.
    Moved,
    /// Somebody stands in two households.
    TwoHomes,
}

impl Says {
    /// All with their words.
    pub const ALL: [(&'static str, Says); 8] = [
        ("no_longer", Says::NoLonger),
        ("down", Says::Down),
        ("up", Says::Up),
        ("unclaimed", Says::Unclaimed),
        ("forbidden", Says::Forbidden),
        ("dead", Says::Dead),
        ("moved", Says::Moved),
        ("two_homes", Says::TwoHomes),
    ];

    /// The word in files.
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(_, says)| *says == self).map_or("", |(word, _)| word)
    }
}

/// Why it is so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Because {
    /// It was planted.
    Planted(ErrorKind),
    /// Somebody does not take up what is due.
    TakeUp,
    /// It follows from what was planted in the same household.
    Follows,
}

impl Because {
    /// The word in files.
    pub fn word(self) -> &'static str {
        match self {
            Because::Planted(kind) => kind.word(),
            Because::TakeUp => "take_up",
            Because::Follows => "follows",
        }
    }
}

/// One difference that is there, known from the making.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Truth {
    /// The household's index in the block.
    pub house: usize,
    /// The member; `None`: the household.
    pub member: Option<usize>,
    /// The programme; `None` for [`Says::TwoHomes`].
    pub programme: Option<usize>,
    /// What must be said of it.
    pub says: Says,
    /// Why.
    pub because: Because,
    /// What is paid, minor units.
    pub paid: Option<i64>,
    /// What is due, minor units.
    pub due: Option<i64>,
}

/// Households that follow one another, with what they receive.
#[derive(Debug, Default)]
pub struct Block {
    /// The households.
    pub houses: Vec<House>,
    /// By household: what is paid.
    pub paid: Vec<Vec<Paid>>,
    /// What a comparison must find.
    pub truths: Vec<Truth>,
}

/// What was put wrong in one household.
#[derive(Clone, Copy, Debug)]
struct Plant {
    kind: ErrorKind,
    /// Index of the award.
    award: usize,
    /// Whether facts changed.
    facts: bool,
}

/// A household's place among those before it in which somebody may stand a second time.
const DOUBLE_WITH: u64 = 1;

/// Makes the households `from..until` with what they receive.
pub fn block(
    country: &Country<'_>,
    law: &Law<'_>,
    machine: &mut Machine<'_>,
    from: u64,
    until: u64,
) -> Result<Block, SynthError> {
    let population = country.population();
    let mut houses: Vec<House> = (from..until)
        .map(|n| {
            let mut house = country.empty();
            country.draw(n, &mut house);
            house
        })
        .collect();
    let doubles: Vec<bool> = houses.iter_mut().map(|house| double(country, house)).collect();
    let mut grants = law.grants(machine, &houses.iter().collect::<Vec<_>>())?;
    let mut paid: Vec<Vec<Paid>> = vec![Vec::new(); houses.len()];
    let mut changed = Vec::new();
    for (n, ((house, grants), paid)) in houses.iter_mut().zip(&grants).zip(&mut paid).enumerate() {
        if fed(country, house, grants, paid) {
            changed.push(n);
        }
    }
    again(law, machine, &houses, &changed, &mut grants)?;
    for ((house, grants), paid) in houses.iter().zip(&grants).zip(&mut paid) {
        received(country, house, grants, paid);
    }
    let mut block = Block { truths: Vec::new(), paid, houses };
    let mut plants: Vec<Option<Plant>> = Vec::with_capacity(block.houses.len());
    for ((house, paid), double) in block.houses.iter_mut().zip(&mut block.paid).zip(&doubles) {
        let quiet = *double || is_double(country, house.number + DOUBLE_WITH);
        plants.push(if quiet { None } else { plant(country, house, paid) });
    }
    let touched: Vec<usize> =
        plants.iter().enumerate().filter(|(_, p)| p.is_some_and(|p| p.facts)).map(|(n, _)| n).collect();
    let before = grants.clone();
    again(law, machine, &block.houses, &touched, &mut grants)?;
    for (n, double) in doubles.iter().enumerate() {
        let Some(house) = block.houses.get(n) else { continue };
        if *double || is_double(country, house.number + DOUBLE_WITH) {
            let member = if *double { house.members.len().checked_sub(1) } else { None };
            block.truths.push(Truth {
                house: n,
                member,
                programme: None,
                says: Says::TwoHomes,
                because: Because::Planted(ErrorKind::Duplicate),
                paid: None,
                due: None,
            });
            continue;
        }
        let empty = Vec::new();
        let of = |list: &[Vec<Grant>]| list.get(n).cloned().unwrap_or_default();
        let paid = block.paid.get(n).unwrap_or(&empty);
        let plant = plants.get(n).copied().flatten();
        let found = differences(population, house, paid, (&of(&before), &of(&grants)), plant);
        block.truths.extend(found.into_iter().map(|t| Truth { house: n, ..t }));
    }
    Ok(block)
}

/// Works out again what some households are entitled to.
fn again(
    law: &Law<'_>,
    machine: &mut Machine<'_>,
    houses: &[House],
    which: &[usize],
    grants: &mut [Vec<Grant>],
) -> Result<(), SynthError> {
    let some: Vec<&House> = which.iter().filter_map(|n| houses.get(*n)).collect();
    for (n, new) in which.iter().zip(law.grants(machine, &some)?) {
        if let Some(place) = grants.get_mut(*n) {
            *place = new;
        }
    }
    Ok(())
}

fn planned(population: &Population, kind: ErrorKind) -> impl Iterator<Item = &PlantedError> {
    population.errors.iter().filter(move |e| e.kind == kind)
}

/// Whether somebody of the household before stands in this one, too.
fn is_double(country: &Country<'_>, n: u64) -> bool {
    let share: f64 = planned(country.population(), ErrorKind::Duplicate).map(|e| e.share).sum();
    // No two in a row: each person stands in two households at the most.
    let drawn = |n: u64| n > 0 && stream(country.seed(), For::Double, n).f64() < share;
    drawn(n) && !drawn(n - 1)
}

/// Adds the last member of the household before, with all facts and without kin.
fn double(country: &Country<'_>, house: &mut House) -> bool {
    if !is_double(country, house.number) {
        return false;
    }
    let mut other = country.empty();
    country.draw(house.number - DOUBLE_WITH, &mut other);
    let Some((last, person)) = other.members.iter().enumerate().next_back() else { return false };
    let person = crate::house::Person { role: 4, spouse: None, parents: [None, None], ..person.clone() };
    let facts: Vec<Cell> = other.facts_of(last).collect();
    house.add(person, facts.into_iter());
    true
}

fn rule<'p>(population: &'p Population, house: &House, grant: &Grant) -> Option<&'p AwardRule> {
    population.awards.iter().find(|a| a.programme == grant.programme && house.holds(&a.when, grant.member))
}

fn since(country: &Country<'_>, house: &House, member: Option<usize>, rng: &mut fastrand::Rng) -> i64 {
    let born = member.and_then(|m| house.members.get(m)).map_or(i64::MIN, |p| p.birth);
    (country.day() - rng.i64(20..1_400)).max(born)
}

/// Awards that fill facts come first: what they fill counts in the others. Whether any fact changed.
fn fed(country: &Country<'_>, house: &mut House, grants: &[Grant], paid: &mut Vec<Paid>) -> bool {
    let mut rng = stream(country.seed(), For::Fed, house.number);
    let mut changed = false;
    for grant in grants {
        let Some(AwardRule { take_up, feeds: Some((fact, value)), .. }) = rule(country.population(), house, grant)
        else {
            continue;
        };
        let (takes, from) = (rng.f64() < *take_up, since(country, house, grant.member, &mut rng));
        if !takes {
            continue;
        }
        paid.push(Paid { programme: grant.programme, member: grant.member, amount: grant.amount, from, place: None });
        if let Some(value) = value.or(grant.amount) {
            // What a household receives is known of each member.
            let members = grant.member.map_or(0..house.members.len(), |m| m..m + 1);
            members.for_each(|m| house.put(*fact, Some(m), Cell::Is(value)));
            changed = true;
        }
    }
    changed
}

/// All other awards; those that came first are as the law has them now.
fn received(country: &Country<'_>, house: &House, grants: &[Grant], paid: &mut Vec<Paid>) {
    let mut rng = stream(country.seed(), For::Received, house.number);
    paid.retain(|p| grants.iter().any(|g| same(g, p)));
    for grant in grants {
        let Some(rule) = rule(country.population(), house, grant) else { continue };
        let (takes, from) = (rng.f64() < rule.take_up, since(country, house, grant.member, &mut rng));
        match paid.iter_mut().find(|p| same(grant, p)) {
            Some(before) => before.amount = grant.amount,
            None if rule.feeds.is_none() && takes => {
                let (programme, member, amount) = (grant.programme, grant.member, grant.amount);
                paid.push(Paid { programme, member, amount, from, place: None });
            }
            None => {}
        }
    }
}

fn same(grant: &Grant, paid: &Paid) -> bool {
    (grant.programme, grant.member) == (paid.programme, paid.member)
}

/// Puts at most one thing wrong.
fn plant(country: &Country<'_>, house: &mut House, paid: &mut Vec<Paid>) -> Option<Plant> {
    let population = country.population();
    let mut rng = stream(country.seed(), For::Errors, house.number);
    for award in 0..paid.len() {
        for error in population.errors.iter().filter(|e| e.kind != ErrorKind::Duplicate) {
            let about = paid.get(award).copied()?;
            if error.programme.is_some_and(|p| p != about.programme) || rng.f64() >= error.share {
                continue;
            }
            if let Some(facts) = put_wrong(country, house, paid, award, error, &mut rng) {
                return Some(Plant { kind: error.kind, award, facts });
            }
        }
    }
    None
}

/// Whether facts changed; `None`: it cannot be done here.
fn put_wrong(
    country: &Country<'_>,
    house: &mut House,
    paid: &mut Vec<Paid>,
    award: usize,
    error: &PlantedError,
    rng: &mut fastrand::Rng,
) -> Option<bool> {
    let about = paid.get_mut(award)?;
    match error.kind {
        ErrorKind::PaidDead => {
            let (fact, member) = (country.population().death_date?, about.member?);
            let day = (country.day() - rng.i64(8..50)).max(house.members.get(member)?.birth);
            house.put(fact, Some(member), Cell::Is(day));
            Some(true)
        }
        ErrorKind::NotEntitled => {
            let (fact, value) = error.sets?;
            house.put(fact, Some(about.member.unwrap_or(0)), Cell::Is(value));
            Some(true)
        }
        ErrorKind::PaidTooMuch | ErrorKind::PaidTooLittle => {
            let due = about.amount.filter(|a| *a >= 100)?;
            let by = whole(real(due) * (0.05 + 0.4 * rng.f64())).max(10) / 10 * 10;
            about.amount = Some(if error.kind == ErrorKind::PaidTooMuch { due + by } else { (due - by).max(10) });
            Some(false)
        }
        ErrorKind::Forbidden => {
            let beside = error.beside?;
            let (member, from) = (about.member, about.from);
            if paid.iter().any(|p| p.programme == beside) {
                return None;
            }
            paid.push(Paid { programme: beside, member, amount: None, from, place: None });
            Some(false)
        }
        ErrorKind::Moved => {
            let places = &country.population().places;
            let zone = places.get(house.place)?.zone;
            let other = rng.usize(0..places.len());
            about.place = Some(other).filter(|o| places.get(*o).is_some_and(|p| p.zone != zone));
            about.place.map(|_| false)
        }
        ErrorKind::Duplicate => None,
    }
}

/// What is paid against what is due, for programmes that people receive.
fn differences(
    population: &Population,
    house: &House,
    paid: &[Paid],
    (before, now): (&[Grant], &[Grant]),
    plant: Option<Plant>,
) -> Vec<Truth> {
    let dead = |member: Option<usize>| {
        let day = population.death_date.and_then(|fact| member.map(|m| house.cell(fact, Some(m))));
        matches!(day, Some(Cell::Is(_)))
    };
    let mut out = Vec::new();
    for (n, award) in paid.iter().enumerate() {
        let planted = plant.filter(|p| p.award == n || (p.kind == ErrorKind::Forbidden && n + 1 == paid.len()));
        let because = planted.map_or(Because::Follows, |p| Because::Planted(p.kind));
        let due = now.iter().find(|g| same(g, award));
        let says = match due {
            _ if dead(award.member) => Says::Dead,
            _ if award.place.is_some() => Says::Moved,
            None if planted.is_some_and(|p| p.kind == ErrorKind::Forbidden && p.award != n) => Says::Forbidden,
            None => Says::NoLonger,
            Some(due) => match (award.amount, due.amount) {
                (Some(paid), Some(due)) if due < paid => Says::Down,
                (Some(paid), Some(due)) if due > paid => Says::Up,
                _ => continue,
            },
        };
        let (paid, due) = (award.amount, due.and_then(|d| d.amount));
        let (member, programme) = (award.member, Some(award.programme));
        out.push(Truth { house: 0, member, programme, says, because, paid, due });
    }
    for grant in now.iter().filter(|g| rule(population, house, g).is_some() && !dead(g.member)) {
        if paid.iter().any(|p| same(grant, p)) {
            continue;
        }
        let had = before.iter().any(|g| (g.programme, g.member) == (grant.programme, grant.member));
        let because = if had { Because::TakeUp } else { Because::Follows };
        let (member, programme, due) = (grant.member, Some(grant.programme), grant.amount);
        out.push(Truth { house: 0, member, programme, says: Says::Unclaimed, because, paid: None, due });
    }
    out
}
