//! Households of the pack drawn over an income: what a household has when one member earns more.

use catalogue::model::measures::Example;
use catalogue::{GivenFact, Pack};
use kernel::{Date, Words};
use rules::schema::Value;
use serde::{Deserialize, Serialize};

use super::Job;
use super::side::Side;

/// A household over an income.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Curve {
    /// The example's id in the pack.
    pub id: String,
    /// Its name.
    pub name: Words,
    /// What is varied.
    pub income: Words,
    /// From the lowest income on.
    pub points: Vec<Point>,
}

/// One income.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Point {
    /// The income varied, minor units a year.
    pub income: i64,
    /// What the programmes give in a year after combination rules, minor units: before, after. A single sum counts once.
    pub benefits: [i64; 2],
    /// Whether an answer is open before, after.
    pub open: [bool; 2],
}

impl Curve {
    /// Where the household has less although it earns more, on a side (0 before, 1 after): the points, by number, after
    /// the fall, with what it has less.
    pub fn cliffs(&self, side: usize) -> Vec<(usize, i64)> {
        let net = |p: &Point| p.income.saturating_add(p.benefits.get(side).copied().unwrap_or(0));
        let pairs = self.points.iter().zip(self.points.iter().skip(1)).enumerate();
        pairs.map(|(n, (a, b))| (n + 1, net(a).saturating_sub(net(b)))).filter(|(_, fall)| *fall > 0).collect()
    }

    /// What is lost in benefits of what is earned more between the point before and a point, in percent rounded down; negative
    /// where benefits grow. `None` at the first point.
    pub fn marginal_percent(&self, n: usize, side: usize) -> Option<i64> {
        let (a, b) = (self.points.get(n.checked_sub(1)?)?, self.points.get(n)?);
        let of = |p: &Point| p.benefits.get(side).copied().map(i128::from);
        let earned = i128::from(b.income) - i128::from(a.income);
        let lost = of(a)? - of(b)?;
        i64::try_from((lost * 100).checked_div_euclid(earned)?).ok()
    }
}

/// All examples of the pack under both packs.
pub(crate) fn curves(job: &Job<'_>) -> Vec<Curve> {
    job.measures.examples.iter().map(|example| curve(job, example)).collect()
}

fn curve(job: &Job<'_>, example: &Example) -> Curve {
    let mut points = Vec::new();
    let mut sum = example.from;
    while sum <= example.to && example.step > 0 {
        let of = |side: &Side<'_>| has(side, example, sum, job.order.on);
        let ((before, open_before), (after, open_after)) = (of(job.base), of(job.changed));
        points.push(Point {
            income: sum.saturating_mul(example.times_a_year),
            benefits: [before, after],
            open: [open_before, open_after],
        });
        sum = sum.saturating_add(example.step);
    }
    let income = name_of(job.order.base, example);
    Curve { id: example.id.clone(), name: example.name.clone(), income, points }
}

fn name_of(pack: &Pack, example: &Example) -> Words {
    pack.name_of(rules::schema::Entity::Person, &example.fact).cloned().unwrap_or_default()
}

/// What the household has in a year, and whether something is open; also where a changed pack no longer has one of its facts.
fn has(side: &Side<'_>, example: &Example, sum: i64, on: Date) -> (i64, bool) {
    let mut file = example.household.clone();
    if let Some(member) = file.members.iter_mut().find(|m| m.id == example.member) {
        let fact = GivenFact { value: Some(Value::Money(sum)), provenance: None };
        member.facts.insert(example.fact.clone(), fact);
    }
    match file.build(side.pack) {
        Ok(household) => {
            let net = side.net(&household, on);
            (net.all, net.open)
        }
        Err(_) => (0, true),
    }
}
