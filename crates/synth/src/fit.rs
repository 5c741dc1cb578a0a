//! Weights of shapes under which the published margins come out: the weights nearest to even ones (in relative entropy) that meet them,
//! found by turning one margin after another. It is the raking of survey statistics, for households and persons at once.

use catalogue::model::population::{Margin, Measure, Population};
use rules::schema::Entity;

use crate::house::House;

/// Rounds over all margins; it ends sooner when all are met.
const ROUNDS: usize = 400;
/// A margin is met when the share differs by no more.
const NEAR: f64 = 1e-5;

/// For each shape that a margin touches how far it lies above what is wanted: a share `s` of persons is met when the sum of
/// (those who are it − s × those who could be) over all households is 0.
struct Goal {
    touched: Vec<(u32, f64)>,
}

/// A weight for each shape; they add up to 1.
pub(crate) fn weights(population: &Population, shapes: &[House]) -> Vec<f64> {
    let mut goals: Vec<Goal> =
        population.margins.iter().filter(|m| m.fit).map(|margin| goal(shapes, &|h| excess(margin, h))).collect();
    goals.extend(zones(population, shapes));
    #[allow(clippy::cast_precision_loss)] // a count of shapes
    let mut weights = vec![1.0 / shapes.len().max(1) as f64; shapes.len()];
    for _ in 0..ROUNDS {
        let mut worst: f64 = 0.0;
        for goal in &goals {
            worst = worst.max(turn(goal, &mut weights));
        }
        let total: f64 = weights.iter().sum();
        weights.iter_mut().for_each(|w| *w /= total);
        if worst < NEAR {
            break;
        }
    }
    weights
}

fn goal(shapes: &[House], excess: &dyn Fn(&House) -> f64) -> Goal {
    let all = (0u32..).zip(shapes).map(|(n, house)| (n, excess(house)));
    Goal { touched: all.filter(|(_, e)| *e != 0.0).collect() }
}

/// Those who are it less the share wanted of those who could be.
fn excess(margin: &Margin, house: &House) -> f64 {
    let Measure::Percent(when) = &margin.measure else { return 0.0 };
    let wanted = margin.target / 100.0;
    let one = |member: Option<usize>| {
        if house.holds(&margin.among, member) { f64::from(u8::from(house.holds(when, member))) - wanted } else { 0.0 }
    };
    match margin.of {
        Entity::Household => one(None),
        Entity::Person => (0..house.members.len()).map(|m| one(Some(m))).sum(),
    }
}

/// People live in zones as the places' weights say.
fn zones(population: &Population, shapes: &[House]) -> Vec<Goal> {
    let zone_of = |house: &House| population.places.get(house.place).map_or(0, |p| p.zone);
    let total: f64 = population.places.iter().map(|p| p.weight).sum();
    let wanted = |zone: usize| {
        population.places.iter().filter(|p| p.zone == zone).map(|p| p.weight).sum::<f64>()
            / total.max(f64::MIN_POSITIVE)
    };
    let goals = (0..population.zones.len()).map(|zone| {
        let wanted = wanted(zone);
        goal(shapes, &|house| {
            #[allow(clippy::cast_precision_loss)] // a count of members
            let members = house.members.len() as f64;
            members * (f64::from(u8::from(zone_of(house) == zone)) - wanted)
        })
    });
    goals.collect()
}

/// Turns the weights towards one goal (a Newton step); gives how far they were from it.
fn turn(goal: &Goal, weights: &mut [f64]) -> f64 {
    let (mut off, mut square) = (0.0, 0.0);
    for (n, excess) in &goal.touched {
        let w = weights.get(*n as usize).copied().unwrap_or(0.0);
        off += w * excess;
        square += w * excess * excess;
    }
    if square <= 0.0 {
        return 0.0;
    }
    // A step of e² at the most: far away the parabola is no guide.
    let step = (off / square).clamp(-2.0, 2.0);
    for (n, excess) in &goal.touched {
        if let Some(w) = weights.get_mut(*n as usize) {
            *w *= (-step * excess).exp();
        }
    }
    off.abs()
}
