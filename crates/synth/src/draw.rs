//! Fact by fact what the pack's steps say.

use catalogue::model::population::{Draw, How, Part, Population, Shape, Source, Split, Step};
use rules::schema::Entity;

use crate::chance::{normal, real, whole};
use crate::house::{Cell, House};

/// Draws all facts of a household.
pub(crate) fn all(population: &Population, day: i64, house: &mut House, rng: &mut fastrand::Rng) {
    for step in &population.steps {
        match step {
            Step::Draw(draw) => one(population, draw, day, house, rng),
            Step::Split(split) => share_out(population, split, house, rng),
        }
    }
}

fn one(population: &Population, draw: &Draw, day: i64, house: &mut House, rng: &mut fastrand::Rng) {
    let Some(fact) = population.facts.get(draw.fact) else { return };
    let members = match fact.entity {
        Entity::Household => 0..0,
        Entity::Person => 0..house.members.len(),
    };
    if fact.entity == Entity::Household {
        subject(draw, day, house, None, rng);
    }
    for member in members {
        subject(draw, day, house, Some(member), rng);
    }
}

fn subject(draw: &Draw, day: i64, house: &mut House, member: Option<usize>, rng: &mut fastrand::Rng) {
    let Some(rule) = draw.rules.iter().find(|rule| house.holds(&rule.when, member)) else { return };
    let Some(value) = value(&rule.how, day, house, member, rng) else { return };
    let unknown = draw.unknown > 0.0 && rng.f64() < draw.unknown;
    house.put(draw.fact, member, if unknown { Cell::Unknown } else { Cell::Is(value) });
}

fn value(how: &How, day: i64, house: &House, member: Option<usize>, rng: &mut fastrand::Rng) -> Option<i64> {
    Some(match how {
        How::Nothing => return None,
        How::Constant(n) => *n,
        How::Share(share) => i64::from(rng.f64() < *share),
        How::Choice(choice) => choice.at(rng.f64()),
        How::Between(least, most, shape) => limited(shape, rng.i64(*least..=*most)),
        How::LogNormal { median, sigma, shape } => limited(shape, whole(median * (sigma * normal(rng)).exp())),
        How::Days(first, last) => day + rng.i64(*first..=*last),
        How::Times { of, add, factor, plus, shape } => {
            let more = add.and_then(|add| source(house, add, member)).unwrap_or(0.0);
            limited(shape, whole((source(house, *of, member)? + more) * factor + plus))
        }
        How::YoungestBirth => house.children(member?).filter_map(|c| house.members.get(c)).map(|c| c.birth).max()?,
        How::YoungestCount => {
            let births = || house.children(member.unwrap_or(0)).filter_map(|c| house.members.get(c)).map(|c| c.birth);
            let youngest = births().max()?;
            i64::try_from(births().filter(|b| *b == youngest).count()).ok()?
        }
        How::BirthOrder => birth_order(house, member?)?,
    })
}

/// The eldest child of the same parents here is 1; of twins the first named comes first.
fn birth_order(house: &House, member: usize) -> Option<i64> {
    let own = house.members.get(member)?;
    let parent = own.parents.iter().flatten().next()?;
    let before = |n: usize| house.members.get(n).is_some_and(|p| (p.birth, n) < (own.birth, member));
    i64::try_from(house.children(*parent).filter(|n| before(*n)).count() + 1).ok()
}

fn source(house: &House, of: Source, member: Option<usize>) -> Option<f64> {
    let known = |cell: Cell| match cell {
        Cell::Is(n) => Some(real(n)),
        Cell::Silent | Cell::Unknown => None,
    };
    match of {
        Source::Own(fact) => known(house.cell(fact, member)),
        Source::Household(fact) => known(house.cell(fact, None)),
        Source::Members(fact) => Some((0..house.members.len()).filter_map(|m| known(house.cell(fact, Some(m)))).sum()),
        Source::Variable(n) => house.variables.get(n).map(|v| v.0),
        Source::Shape(what) => house.value(what, member).map(real),
    }
}

fn limited(shape: &Shape, n: i64) -> i64 {
    let rounded = if shape.round > 1 { (n + shape.round / 2).div_euclid(shape.round) * shape.round } else { n };
    rounded.clamp(shape.least, shape.most)
}

/// Shares a sum out among those for whom there is a part.
fn share_out(population: &Population, split: &Split, house: &mut House, rng: &mut fastrand::Rng) {
    let total = house.variables.get(split.of).map_or(0.0, |v| v.0);
    let mut parts: Vec<(&Part, Option<usize>, f64)> = Vec::new();
    for part in &split.parts {
        let person = population.facts.get(part.fact).is_some_and(|f| f.entity == Entity::Person);
        let subjects = if person { house.members.len() } else { 1 };
        for n in 0..subjects {
            let member = person.then_some(n);
            if house.holds(&part.when, member) {
                let spread = if part.sigma > 0.0 { (part.sigma * normal(rng)).exp() } else { 1.0 };
                parts.push((part, member, part.weight * spread));
            }
        }
    }
    let weights: f64 = parts.iter().map(|p| p.2).sum();
    let mut left = whole(total);
    for (part, member, weight) in parts {
        let sum = limited(&part.shape, whole(total * weight / weights.max(f64::MIN_POSITIVE)));
        left -= sum;
        house.put(part.fact, member, Cell::Is(added(house.cell(part.fact, member), sum)));
    }
    if let Some(rest) = split.rest {
        house.put(rest, None, Cell::Is(added(house.cell(rest, None), left.max(0))));
    }
}

/// A sum with what was there.
fn added(before: Cell, sum: i64) -> i64 {
    match before {
        Cell::Is(n) => n.saturating_add(sum),
        Cell::Silent | Cell::Unknown => sum,
    }
}
