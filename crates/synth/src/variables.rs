//! Sums of whole households: income and wealth, so spread that each fifth of households has its published mean.

use catalogue::model::population::{Population, Shift, Spread};

use crate::chance::{For, normal, stream};
use crate::house::House;

/// Scores at equal steps of rank.
const STEPS: usize = 4_096;
/// Draws of noise for each shape when ranks are learnt.
const DRAWS: usize = 4;
const SEED: u64 = 0x5eed_0f5a_9e5e_ed01;

/// The scores that lie at each step of rank, for each ranked variable.
#[derive(Debug, Default)]
pub(crate) struct Ranks(Vec<Vec<f64>>);

fn score(house: &House, shifts: &[Shift]) -> f64 {
    shifts.iter().filter(|s| house.holds(&s.when, None)).map(|s| s.by).sum()
}

impl Ranks {
    /// Learns how scores are spread over the weighed shapes.
    pub(crate) fn learn(population: &Population, shapes: &[House], weights: &[f64]) -> Ranks {
        let one = |variable: &catalogue::model::population::Variable| match &variable.spread {
            Spread::Ranked { noise, score: shifts, .. } => learn(shapes, weights, *noise, shifts),
            Spread::Within { .. } => Vec::new(),
        };
        Ranks(population.variables.iter().map(one).collect())
    }

    /// Draws all variables of a household.
    pub(crate) fn draw(&self, population: &Population, house: &mut House, rng: &mut fastrand::Rng) {
        for (variable, steps) in population.variables.iter().zip(&self.0) {
            let drawn = match &variable.spread {
                Spread::Ranked { bounds, fifths, noise, score: shifts } => {
                    let rank = rank(steps, score(house, shifts) + noise * normal(rng));
                    (at(bounds, fifths, rank), rank)
                }
                Spread::Within { of, fifths, sigma, factor } => {
                    let rank = house.variables.get(*of).map_or(0.5, |v| v.1);
                    let mean = fifths.get(fifth(rank)).copied().unwrap_or(0.0);
                    let by: f64 = factor.iter().filter(|s| house.holds(&s.when, None)).map(|s| s.by).product();
                    (mean * by * (sigma * normal(rng) - sigma * sigma / 2.0).exp(), 0.5)
                }
            };
            house.variables.push(drawn);
        }
    }
}

fn learn(shapes: &[House], weights: &[f64], noise: f64, shifts: &[Shift]) -> Vec<f64> {
    let mut all: Vec<(f64, f64)> = Vec::with_capacity(shapes.len() * DRAWS);
    for (n, (house, weight)) in shapes.iter().zip(weights).enumerate() {
        let mut rng = stream(SEED, For::Scores, n as u64);
        let own = score(house, shifts);
        all.extend((0..DRAWS).map(|_| (own + noise * normal(&mut rng), *weight)));
    }
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    let total: f64 = all.iter().map(|(_, w)| w).sum();
    let (mut steps, mut sum) = (Vec::with_capacity(STEPS), 0.0);
    for (score, weight) in all {
        sum += weight / total.max(f64::MIN_POSITIVE);
        #[allow(clippy::cast_precision_loss)] // at most STEPS
        while steps.len() < STEPS && sum * STEPS as f64 > steps.len() as f64 {
            steps.push(score);
        }
    }
    steps
}

/// The rank of a score, from 0 up to 1.
#[allow(clippy::cast_precision_loss)] // at most STEPS
fn rank(steps: &[f64], score: f64) -> f64 {
    let above = steps.partition_point(|s| *s <= score);
    let part = match (above.checked_sub(1).and_then(|n| steps.get(n)), steps.get(above)) {
        (Some(lo), Some(hi)) if hi > lo => (score - lo) / (hi - lo),
        _ => 0.5,
    };
    ((above.max(1) - 1) as f64 + part) / steps.len().max(1) as f64
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // 0 to 4
fn fifth(rank: f64) -> usize {
    (rank * 5.0).clamp(0.0, 4.0) as usize
}

/// The value at a rank: within a fifth it runs from bound to bound so that the mean of the fifth comes out.
fn at(bounds: &[f64; 6], fifths: &[f64; 5], rank: f64) -> f64 {
    let n = fifth(rank);
    let (Some(lo), Some(hi), Some(mean)) = (bounds.get(n), bounds.get(n + 1), fifths.get(n)) else { return 0.0 };
    #[allow(clippy::cast_precision_loss)] // 0 to 4
    let within = (rank * 5.0 - n as f64).clamp(0.0, 1.0);
    // The mean of x^p over 0 to 1 is 1 / (p + 1).
    let power = (hi - lo) / (mean - lo) - 1.0;
    lo + (hi - lo) * within.powf(power)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fifth_has_its_mean() {
        let bounds = [300_000.0, 2_000_000.0, 3_600_000.0, 5_300_000.0, 7_900_000.0, 30_000_000.0];
        let fifths = [1_210_000.0, 2_820_000.0, 4_370_000.0, 6_470_000.0, 11_199_000.0];
        for (n, mean) in fifths.iter().enumerate() {
            let ranks = (0..10_000).map(|i| (n as f64 + (f64::from(i) + 0.5) / 10_000.0) / 5.0);
            let sum: f64 = ranks.map(|rank| at(&bounds, &fifths, rank)).sum();
            assert!((sum / 10_000.0 / mean - 1.0).abs() < 0.002, "fifth {n}: {}", sum / 10_000.0);
        }
    }
}
