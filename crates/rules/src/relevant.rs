//! Which of the unknown facts can really change an answer.
//!
//! Walking back from an open answer finds the unknown facts it was read from. Where every one of them is read once, each can
//! change it. Where facts are read twice one may be absorbed by another (`a and (a or b)`: `b` never matters). Then the facts
//! are tried: every combination of telling values, up to a limit. A fact is left out only if no combination gives it
//! any influence and, without it, every combination still settles the answer. Beyond the limit nothing is left out:
//! rather one question too many than an answer that stays open.

use crate::ast::Cmp;
use crate::dec::Dec;
use crate::eval::{Env, Machine};
use crate::facts::Column;
use crate::ir::{Id, Op};
use crate::schema::{Entity, Type};
use crate::trace::{Place, Tracer};
use crate::value::Val;

/// How many combinations are tried at most.
const LIMIT: usize = 1024;
/// How many telling values a single fact has at most.
const SAMPLES: usize = 12;

impl Tracer {
    /// The unknown facts that could change a value.
    pub(crate) fn relevant(&mut self, m: &mut Machine, id: Id, env: Env) -> Vec<Place> {
        let program = m.program;
        let parts: Vec<Id> = match &program.arena.node(id).op {
            Op::And(list) => list.iter().copied().filter(|i| m.eval(*i, env).is_unknown()).collect(),
            _ => vec![id],
        };
        // Conditions that share no unknown fact do not influence each other: each group is looked at alone.
        let mut groups: Vec<Group> = Vec::new();
        for part in parts {
            let mut group = Group { parts: vec![part], places: self.unknown(m, part, env), shared: self.shared };
            let mut cuts = std::mem::take(&mut self.cuts);
            let (meeting, apart): (Vec<Group>, Vec<Group>) = groups
                .into_iter()
                .partition(|g| g.places.iter().any(|(p, _)| group.places.iter().any(|(q, _)| p == q)));
            groups = apart;
            group.places.iter_mut().for_each(|(_, c)| c.append(&mut cuts.clone()));
            cuts.clear();
            for other in meeting {
                group.shared = true;
                group.parts.extend(other.parts);
                for (place, cuts) in other.places {
                    match group.places.iter_mut().find(|(p, _)| *p == place) {
                        Some((_, known)) => known.extend(cuts),
                        None => group.places.push((place, cuts)),
                    }
                }
            }
            groups.push(group);
        }
        let mut all: Vec<Place> = groups.into_iter().flat_map(|g| g.kept(m, env)).collect();
        all.sort_unstable();
        all
    }
}

/// Conditions that are read from common unknown facts.
struct Group {
    parts: Vec<Id>,
    /// The facts, each with the values it may be compared with.
    places: Vec<(Place, Vec<Val>)>,
    /// Whether a fact is read more than once.
    shared: bool,
}

impl Group {
    fn kept(self, m: &mut Machine, env: Env) -> Vec<Place> {
        let mut places: Vec<Place> = self.places.iter().map(|p| p.0).collect();
        if !self.shared || places.len() < 2 {
            return places;
        }
        let mut samples: Vec<Vec<Val>> = self.places.iter().map(|(p, cuts)| telling(m, *p, cuts)).collect();
        let many = samples.iter().map(Vec::len).try_fold(1usize, |n, s| n.checked_mul(s));
        if many.is_none_or(|n| n > LIMIT) || samples.iter().any(Vec::is_empty) {
            return places;
        }
        let mut at = 0;
        while at < places.len() {
            if self.influences(m, env, &places, &samples, at) || !self.settled_without(m, env, &places, &samples, at) {
                at += 1;
            } else {
                places.remove(at);
                samples.remove(at);
            }
        }
        m.suppose(&[]);
        places
    }

    fn outcome(&self, m: &mut Machine, env: Env) -> Val {
        m.all(&self.parts, env)
    }

    /// Whether for some values of the others the answer follows this fact.
    fn influences(&self, m: &mut Machine, env: Env, places: &[Place], samples: &[Vec<Val>], at: usize) -> bool {
        let mut first = None;
        combinations(samples, at, |pick, turn| {
            m.suppose(&supposed(places, pick));
            let v = self.outcome(m, env);
            if turn == 0 {
                first = Some(v);
            }
            first != Some(v)
        })
    }

    /// Whether every combination of the others settles the answer while this fact stays unknown.
    fn settled_without(&self, m: &mut Machine, env: Env, places: &[Place], samples: &[Vec<Val>], at: usize) -> bool {
        !combinations(samples, at, |pick, turn| {
            if turn > 0 {
                return false;
            }
            let mut known = supposed(places, pick);
            known.remove(at);
            m.suppose(&known);
            self.outcome(m, env).is_unknown()
        })
    }
}

fn supposed(places: &[Place], pick: &[Val]) -> Vec<(Place, Val)> {
    places.iter().copied().zip(pick.iter().copied()).collect()
}

/// Goes through all combinations, the values of `fast` turning fastest; `turn` counts them. Stops when `f` says so.
fn combinations(samples: &[Vec<Val>], fast: usize, mut f: impl FnMut(&[Val], usize) -> bool) -> bool {
    let mut order: Vec<usize> = (0..samples.len()).filter(|i| *i != fast).collect();
    order.insert(0, fast);
    let mut digits = vec![0usize; samples.len()];
    loop {
        let pick: Vec<Val> = samples.iter().zip(&digits).filter_map(|(s, d)| s.get(*d).copied()).collect();
        if f(&pick, digits.get(fast).copied().unwrap_or(0)) {
            return true;
        }
        let mut carried = true;
        for i in &order {
            let (Some(d), Some(s)) = (digits.get_mut(*i), samples.get(*i)) else { continue };
            *d += 1;
            if *d < s.len() {
                carried = false;
                break;
            }
            *d = 0;
        }
        if carried {
            return false;
        }
    }
}

/// Values of a fact that may lead to different answers: all of a short list, or those around what it is compared with.
fn telling(m: &Machine, (member, column): Place, cuts: &[Val]) -> Vec<Val> {
    let layout = &m.program.layout;
    let entity = if member.is_none() { Entity::Household } else { Entity::Person };
    let Some(Column { ty, .. }) = layout.columns(entity).get(column as usize) else { return Vec::new() };
    let number = |make: fn(i64) -> Val, least: i64| {
        let mut values: Vec<i64> = vec![0];
        for cut in cuts {
            let b = cut.bounds();
            if b.lo != i64::MIN && b.hi != i64::MAX && !matches!(cut, Val::Bool(_) | Val::Code(_) | Val::Text(_)) {
                values.extend([b.lo.saturating_sub(1), b.lo, b.hi, b.hi.saturating_add(1)]);
            }
        }
        values.retain(|v| *v >= least);
        values.sort_unstable();
        values.dedup();
        values.truncate(SAMPLES);
        values.into_iter().map(make).collect::<Vec<_>>()
    };
    let counted = if crate::types::Ty::of(ty).counts() { 0 } else { i64::MIN };
    match ty {
        Type::Boolean => vec![Val::Bool(true), Val::Bool(false)],
        Type::Code(list) => (0u32..)
            .zip(&layout.codes)
            .filter(|(_, (l, _))| l == list)
            .map(|(n, _)| Val::Code(n))
            .take(SAMPLES)
            .collect(),
        Type::Text => (0..=u32::try_from(layout.texts.len()).unwrap_or(0)).map(Val::Text).take(SAMPLES).collect(),
        Type::Integer(_) | Type::Money(_) => number(Val::Int, counted),
        Type::Date => number(Val::Date, crate::days::FIRST)
            .into_iter()
            .filter(|v| crate::eval::certainly(Cmp::Le, *v, Val::Date(crate::days::LAST)))
            .collect(),
        Type::Decimal(_) | Type::Ratio => {
            let mut values = number(|n| Val::Dec(Dec::from_i64(n)), counted);
            values.extend(cuts.iter().copied().filter(|c| matches!(c, Val::Dec(_))));
            values.dedup();
            values
        }
    }
}
