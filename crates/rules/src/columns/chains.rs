//! Chains: a number multiplied and divided by written numbers and then rounded (`floor(income × 40 / 100)`) is one loop, where
//! written out it is four, three of them over columns that nobody else looks at.
//!
//! The steps between stay in the plan as they are: where the first number is an error or not within bounds that prove the short
//! way, they are worked out one by one within the step that rounds.

use super::column::Kind;
use super::plan::{Plan, Step, Work};
use super::scale::{divisor, quotient_factor};
use super::view::constant;
use super::{odd, scale};
use crate::ir::{Arith, Id, Op};
use crate::value::{Bounds, Val};

/// The last step's operand is `base × times`, over its own denominator.
#[derive(Clone, Debug)]
pub(crate) struct Chain {
    pub(crate) base: Id,
    /// At least 1.
    pub(crate) times: i64,
    /// What is done to the base, in order.
    links: Vec<Link>,
}

/// What a step between does to bounds; those of a widened number stay as they are.
#[derive(Clone, Copy, Debug)]
enum Link {
    Times(Bounds),
    /// By a written number: times and over these.
    Over(i64, i64),
}

impl Chain {
    /// The bounds of an unknown number at the end of the chain; `None` where the long way has to be gone. There bounds that meet
    /// are a known number from then on.
    pub(crate) fn bounds(&self, base: Bounds) -> Option<Bounds> {
        let open = |b: Bounds| (b.lo != b.hi).then_some(b);
        self.links.iter().try_fold(open(base)?, |b, link| {
            open(match link {
                Link::Times(by) => b.times(*by),
                Link::Over(factor, den) => odd::quotient(b, *factor, *den)?,
            })
        })
    }
}

/// Finds the chains, and marks the steps that are worked out within others.
pub(crate) fn set(plan: &mut Plan) {
    let count = plan.steps.len();
    // Whether a step stands between the ends of a chain, and who reads it: only those who do so within a chain.
    let mut between = vec![false; count];
    for n in 0..count {
        let Some(chain) = found(plan, n, &mut between) else { continue };
        if let Some(step) = plan.steps.get_mut(n) {
            step.chain = Some(chain);
        }
    }
    for output in &plan.outputs {
        output.each(|id| keep(&mut between, id));
    }
    for n in (0..count).rev() {
        let Some(step) = plan.steps.get(n) else { continue };
        if step.chain.is_none() && !between.get(n).is_some_and(|b| *b) {
            step.work.each(|id| keep(&mut between, id));
        }
        step.guards.iter().for_each(|(id, _)| keep(&mut between, *id));
    }
    plan.steps.iter_mut().zip(between).for_each(|(step, between)| step.within = between);
}

fn keep(between: &mut [bool], id: Id) {
    if let Some(b) = between.get_mut(id.0 as usize) {
        *b = false;
    }
}

/// The chain that ends with a step; the steps between are noted.
fn found(plan: &Plan, n: usize, between: &mut [bool]) -> Option<Chain> {
    let Work::Op(Op::Round(_, _, last)) = &plan.steps.get(n)?.work else { return None };
    let mut chain = Chain { base: *last, times: 1, links: Vec::new() };
    let mut path = Vec::new();
    while let Some((base, factor, link)) = before(plan, chain.base) {
        let Some(times) = chain.times.checked_mul(factor) else { break };
        path.push(chain.base);
        chain.links.splice(0..0, link);
        (chain.base, chain.times) = (base, times);
    }
    for id in &path {
        if let Some(b) = between.get_mut(id.0 as usize) {
            *b = true;
        }
    }
    (!path.is_empty()).then_some(chain)
}

/// What a step multiplies, and by what: as lanes hold them.
fn before(plan: &Plan, id: Id) -> Option<(Id, i64, Option<Link>)> {
    let at = |id: Id| plan.steps.get(id.0 as usize);
    let written = |id: Id| match at(id) {
        Some(Step { work: Work::Same(v), shape, .. }) => Some((*v, scale::den(*shape))),
        _ => None,
    };
    let step = at(id)?;
    let den = scale::den(step.shape);
    let (base, factor, link) = match &step.work {
        Work::Op(Op::Widen(a)) => (*a, 1, None),
        Work::Op(Op::Arith(Arith::Mul, a, b)) => {
            let (base, (v, over)) = match (written(*a), written(*b)) {
                (None, Some(v)) => (*a, v),
                (Some(v), None) => (*b, v),
                _ => return None,
            };
            (base, constant(v, Kind::Dec(over))?, Some(Link::Times(v.bounds())))
        }
        Work::Op(Op::Arith(Arith::Div, a, b)) => {
            let (by, _) = written(*b)?;
            let Val::Dec(d) = by else { return None };
            let (times, over) = divisor(d)?;
            let factor = quotient_factor(at(*a).map_or(0, |s| scale::den(s.shape)), den, by)?;
            (*a, factor, Some(Link::Over(times, over)))
        }
        _ => return None,
    };
    let whole = at(base).is_some_and(|s| scale::den(s.shape) > 0 && s.need == step.need && s.need < 2);
    (den > 0 && factor > 0 && whole).then_some((base, factor, link))
}
