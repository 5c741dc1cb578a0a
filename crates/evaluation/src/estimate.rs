//! Two groups held against each other as if lots had been drawn: every family is weighted by the inverse of how likely it was, by what
//! was known before, to be in the group it is in (inverse probability weighting; Hernán & Robins, *Causal Inference: What If*, chapters
//! 2 and 12). How likely, says a logistic regression. The result is the mean difference if all families had had it, less if none had.
//!
//! This makes up for nothing that was not known before. No clock, no chance, no database.

use nalgebra::{Cholesky, DMatrix, DVector};
use statrs::distribution::{ContinuousCDF, Normal};

/// How sure an interval is meant to be.
const CONFIDENCE: f64 = 0.95;
/// Chances outside these bounds have little to be compared with (Crump, Hotz, Imbens & Mitnik, *Biometrika* 2009).
const OVERLAP: std::ops::RangeInclusive<f64> = 0.1..=0.9;
/// Chances so near to 0 or 1 are no chances: the groups are apart.
const APART: f64 = 1e-6;
/// A regression that has not settled after so many steps will not.
const STEPS: usize = 50;
/// A change as small as this is none.
const SETTLED: f64 = 1e-10;
/// A column of which less than this is left beside the others says what they say.
const REDUNDANT: f64 = 1e-8;

/// One family.
#[derive(Clone, Debug, PartialEq)]
pub struct Unit {
    /// Whether it had what is studied.
    pub treated: bool,
    /// What was known before, in the same order for all.
    pub covariates: Vec<f64>,
    /// What came of it.
    pub outcome: f64,
}

/// Why nothing is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A group is too small.
    #[error("a group has fewer families than the study asks for")]
    TooFew,
    /// What was known before tells the groups apart: there is nobody to compare with.
    #[error("the groups do not overlap: what was known before says who is in which")]
    NoOverlap,
}

/// A difference of means with its interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    /// Those who had it, less those who did not.
    pub value: f64,
    /// Its standard error.
    pub error: f64,
    /// The lower end of the 95 % interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// How far the groups are apart in one covariate: the difference of means in standard deviations (Austin, *Multivariate Behav Res* 2011).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Balance {
    /// As the families are.
    pub before: f64,
    /// As they are weighted.
    pub after: f64,
}

/// Two groups held against each other. Pairs begin with those who had it.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// How many families.
    pub sizes: [usize; 2],
    /// How many they count for once weighted (Kish).
    pub effective: [f64; 2],
    /// Weighted means.
    pub means: [f64; 2],
    /// As the families are.
    pub crude: Difference,
    /// As they are weighted. The weights are taken as known, which makes the interval rather too wide than too narrow.
    pub weighted: Difference,
    /// Of each covariate.
    pub balance: Vec<Balance>,
    /// The share of families with hardly anybody to be compared with.
    pub outside: f64,
}

/// Compares, where both groups have at least so many families.
///
/// # Errors
/// [`Fault`], and then nothing can be said.
pub fn compare(units: &[Unit], least: usize) -> Result<Comparison, Fault> {
    let sizes = [true, false].map(|group| units.iter().filter(|u| u.treated == group).count());
    if sizes.iter().any(|n| *n < least.max(2)) {
        return Err(Fault::TooFew);
    }
    let chances = propensity(units)?;
    let weights: Vec<f64> =
        units.iter().zip(&chances).map(|(u, p)| if u.treated { 1.0 / p } else { 1.0 / (1.0 - p) }).collect();
    let even = vec![1.0; units.len()];
    let outcome: Vec<f64> = units.iter().map(|u| u.outcome).collect();
    let (crude, _) = difference(units, &outcome, &even, unweighted_error);
    let (weighted, means) = difference(units, &outcome, &weights, weighted_error);
    let count = units.first().map_or(0, |u| u.covariates.len());
    let column = |n: usize| units.iter().map(|u| u.covariates.get(n).copied().unwrap_or(0.0)).collect::<Vec<f64>>();
    let outside = chances.iter().filter(|p| !OVERLAP.contains(*p)).count();
    Ok(Comparison {
        sizes,
        effective: [true, false].map(|group| effective(units, &weights, group)),
        means,
        crude,
        weighted,
        balance: (0..count).map(|n| balance(units, &column(n), &weights)).collect(),
        outside: outside as f64 / units.len() as f64,
    })
}

/// How likely each family was to have what is studied, by what was known before: the most likely logistic regression, by Newton's
/// steps.
///
/// # Errors
/// [`Fault::NoOverlap`] where the groups are apart.
pub fn propensity(units: &[Unit]) -> Result<Vec<f64>, Fault> {
    let x = design(units);
    let y = DVector::from_iterator(units.len(), units.iter().map(|u| f64::from(u8::from(u.treated))));
    let mut slopes = DVector::zeros(x.ncols());
    for _ in 0..STEPS {
        let chances = (&x * &slopes).map(|z: f64| 1.0 / (1.0 + (-z).exp()));
        let spread = chances.map(|p| p * (1.0 - p));
        let mut scaled = x.clone();
        for (mut row, s) in scaled.row_iter_mut().zip(spread.iter()) {
            row *= *s;
        }
        let Some(information) = Cholesky::new(x.transpose() * scaled) else { return Err(Fault::NoOverlap) };
        let step = information.solve(&(x.transpose() * (&y - &chances)));
        slopes += &step;
        if step.amax() < SETTLED {
            let apart = |p: &f64| !(APART..=1.0 - APART).contains(p);
            return if chances.iter().any(apart) {
                Err(Fault::NoOverlap)
            } else {
                Ok(chances.iter().copied().collect())
            };
        }
    }
    Err(Fault::NoOverlap)
}

/// A column of ones and the covariates, each centred and in standard deviations, without those that say what others say.
fn design(units: &[Unit]) -> DMatrix<f64> {
    let rows = units.len();
    let count = units.first().map_or(0, |u| u.covariates.len());
    let ones = DVector::from_element(rows, 1.0);
    let mut kept = vec![ones.clone()];
    let mut basis = vec![ones / (rows as f64).sqrt()];
    for n in 0..count {
        let raw = DVector::from_iterator(rows, units.iter().map(|u| u.covariates.get(n).copied().unwrap_or(0.0)));
        let centred = raw.add_scalar(-raw.mean());
        let deviation = centred.norm() / (rows as f64).sqrt();
        if deviation < REDUNDANT {
            continue;
        }
        let scaled = centred / deviation;
        // Twice, because once leaves rounding behind.
        let mut rest = scaled.clone();
        for _ in 0..2 {
            for own in &basis {
                let along = own.dot(&rest);
                rest.axpy(-along, own, 1.0);
            }
        }
        let length = rest.norm();
        if length > REDUNDANT * (rows as f64).sqrt() {
            basis.push(rest / length);
            kept.push(scaled);
        }
    }
    DMatrix::from_columns(&kept)
}

/// Values and weights of one group.
fn of<'a>(
    units: &'a [Unit],
    values: &'a [f64],
    weights: &'a [f64],
    group: bool,
) -> impl Iterator<Item = (f64, f64)> + Clone + 'a {
    let all = units.iter().zip(values).zip(weights);
    all.filter(move |((u, _), _)| u.treated == group).map(|((_, v), w)| (*v, *w))
}

fn mean(of: impl Iterator<Item = (f64, f64)>) -> f64 {
    let (sum, weight) = of.fold((0.0, 0.0), |(sum, weight), (v, w)| (sum + v * w, weight + w));
    sum / weight
}

/// The variance of a sample.
fn variance(of: impl Iterator<Item = (f64, f64)> + Clone) -> f64 {
    let centre = mean(of.clone().map(|(v, _)| (v, 1.0)));
    let (sum, count) = of.fold((0.0, 0.0), |(sum, count), (v, _)| (sum + (v - centre).powi(2), count + 1.0));
    sum / (count - 1.0)
}

/// The squared error of a group's mean: that of a sample (Welch).
fn unweighted_error(of: &mut dyn Iterator<Item = (f64, f64)>) -> f64 {
    let all: Vec<(f64, f64)> = of.collect();
    variance(all.iter().copied()) / all.len() as f64
}

/// The squared error of a group's weighted mean: the sandwich, with the weights taken as known.
fn weighted_error(of: &mut dyn Iterator<Item = (f64, f64)>) -> f64 {
    let all: Vec<(f64, f64)> = of.collect();
    let centre = mean(all.iter().copied());
    let weight: f64 = all.iter().map(|(_, w)| w).sum();
    all.iter().map(|(v, w)| (w * (v - centre)).powi(2)).sum::<f64>() / weight.powi(2)
}

fn difference(
    units: &[Unit],
    values: &[f64],
    weights: &[f64],
    error: fn(&mut dyn Iterator<Item = (f64, f64)>) -> f64,
) -> (Difference, [f64; 2]) {
    let means = [true, false].map(|group| mean(of(units, values, weights, group)));
    let squared: f64 = [true, false].iter().map(|group| error(&mut of(units, values, weights, *group))).sum();
    let [with, without] = means;
    let (value, error) = (with - without, squared.sqrt());
    let reach = quantile(f64::midpoint(1.0, CONFIDENCE)) * error;
    (Difference { value, error, low: value - reach, high: value + reach }, means)
}

fn quantile(at: f64) -> f64 {
    Normal::standard().inverse_cdf(at)
}

/// How many families a weighted group counts for.
fn effective(units: &[Unit], weights: &[f64], group: bool) -> f64 {
    let (sum, squares) =
        of(units, weights, weights, group).fold((0.0, 0.0), |(sum, squares), (_, w)| (sum + w, squares + w * w));
    sum * sum / squares
}

fn balance(units: &[Unit], values: &[f64], weights: &[f64]) -> Balance {
    let even = vec![1.0; units.len()];
    let spread: f64 = [true, false].iter().map(|group| variance(of(units, values, &even, *group))).sum::<f64>() / 2.0;
    let apart = |weights: &[f64]| {
        let [with, without] = [true, false].map(|group| mean(of(units, values, weights, group)));
        if spread > 0.0 { (with - without) / spread.sqrt() } else { 0.0 }
    };
    Balance { before: apart(&even), after: apart(weights) }
}
