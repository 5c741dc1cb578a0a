//! Which of the unknown facts can really change an answer.
//!
//! Walking back from an open answer finds the unknown facts it was read from. Where every one of them is read once, each can
//! change it. Where facts are read twice one may be absorbed by another (`a and (a or b)`: `b` never matters). Then the facts
//! are tried: every combination of telling values. A fact is left out only if no combination gives it any influence and,
//! without it, every combination still settles the answer. That is done only where the telling values stand for all
//! values (each fact is compared directly with known values) and the combinations are few; elsewhere nothing is left out:
//! rather one question too many than an answer that stays open.

use crate::days;
use crate::dec::Dec;
use crate::eval::{Env, Machine};
use crate::facts::Column;
use crate::ir::{Id, Op};
use crate::schema::{Entity, Type};
use crate::trace::{Place, Tracer};
use crate::value::Val;

/// How many combinations are tried at most.
const LIMIT: usize = 512;
/// How many telling values a single fact has at most.
const SAMPLES: usize = 64;

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
            let places = self.unknown(m, part, env);
            let atoms = std::mem::take(&mut self.atoms);
            let mut group = Group { parts: vec![part], places, atoms, shared: self.shared };
            let cuts = std::mem::take(&mut self.cuts);
            let (meeting, apart): (Vec<Group>, Vec<Group>) = groups
                .into_iter()
                .partition(|g| g.places.iter().any(|(p, _)| group.places.iter().any(|(q, _)| p == q)));
            groups = apart;
            group.places.iter_mut().for_each(|(_, known)| known.extend(cuts.iter().copied()));
            for other in meeting {
                group.shared = true;
                group.parts.extend(other.parts);
                group.atoms.extend(other.atoms);
                for (place, cuts) in other.places {
                    match group.places.iter_mut().find(|(p, _)| *p == place) {
                        Some((_, known)) => known.extend(cuts),
                        None => group.places.push((place, cuts)),
                    }
                }
            }
            groups.push(group);
        }
        let mut all: Vec<Place> = Vec::new();
        let conjunction = groups.len() > 1;
        for group in groups {
            let (kept, possible) = group.kept(m, env);
            if conjunction && !possible {
                // This one cannot hold whatever its facts are: the other conditions' facts change nothing.
                return kept;
            }
            all.extend(kept);
        }
        all.sort_unstable();
        all
    }
}

/// Conditions that are read from common unknown facts.
struct Group {
    parts: Vec<Id>,
    /// The facts, each with the values it may be compared with.
    places: Vec<(Place, Vec<Val>)>,
    /// Comparisons that are open.
    atoms: Vec<(Id, Env)>,
    /// Whether a fact is read more than once.
    shared: bool,
}

impl Group {
    /// The facts that matter, and whether the conditions can hold at all.
    fn kept(self, m: &mut Machine, env: Env) -> (Vec<Place>, bool) {
        let mut places: Vec<Place> = self.places.iter().map(|p| p.0).collect();
        if !self.shared || !self.direct(m) {
            return (places, true);
        }
        let mut samples: Vec<Vec<Val>> = self.places.iter().map(|(p, cuts)| telling(m, *p, cuts)).collect();
        let many = samples.iter().map(Vec::len).try_fold(1usize, |n, s| n.checked_mul(s));
        if many.is_none_or(|n| n > LIMIT) || samples.iter().any(Vec::is_empty) {
            return (places, true);
        }
        let possible = combinations(&samples, 0, |pick, _| {
            m.suppose(&supposed(&places, pick));
            self.outcome(m, env) != Val::Bool(false)
        });
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
        places.sort_unstable();
        (places, possible)
    }

    /// Whether every open comparison holds one recorded fact (or the time since it) against a known value. Then the telling
    /// values of each fact stand for all its values, and what the combinations show is proven.
    fn direct(&self, m: &mut Machine) -> bool {
        let program = m.program;
        self.atoms.iter().all(|(id, env)| {
            let Op::Compare(_, a, b) = program.arena.node(*id).op else { return false };
            let (x, y) = (m.eval(a, *env), m.eval(b, *env));
            match (x.is_unknown(), y.is_unknown()) {
                (true, false) => is_fact(m, a, *env),
                (false, true) => is_fact(m, b, *env),
                _ => false,
            }
        })
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

/// Whether a node is a recorded fact, or the time between one and today.
fn is_fact(m: &mut Machine, id: Id, env: Env) -> bool {
    let program = m.program;
    match &program.arena.node(id).op {
        Op::HouseholdFact(_) | Op::PersonFact(_) => true,
        Op::Widen(a) => is_fact(m, *a, env),
        Op::Outer(by, a) => is_fact(m, *a, env.outside(*by)),
        Op::Between(_, a, b) => is_fact(m, *a, env) && m.eval(*b, env) == Val::Date(m.today.lo),
        Op::Define { versions, stated: None, .. } => match versions.as_ref() {
            [one] => is_fact(m, one.node, env),
            _ => false,
        },
        _ => false,
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
    let plain: Vec<i64> = cuts
        .iter()
        .filter(|c| !matches!(c, Val::Bool(_) | Val::Code(_) | Val::Text(_)))
        .flat_map(|c| [c.bounds().lo, c.bounds().hi])
        .filter(|n| *n != i64::MIN && *n != i64::MAX)
        .collect();
    let around = |values: &[i64], least: i64| {
        let mut values: Vec<i64> = values.iter().flat_map(|n| [n.saturating_sub(1), *n, n.saturating_add(1)]).collect();
        values.push(0);
        values.retain(|v| *v >= least);
        values.sort_unstable();
        values.dedup();
        // Too many to try: an empty list says so.
        if values.len() > SAMPLES {
            values.clear();
        }
        values
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
        Type::Integer(_) | Type::Money(_) => around(&plain, counted).into_iter().map(Val::Int).collect(),
        // A date is compared with dates, or through the years, months or days since then.
        Type::Date => {
            let today = m.today.lo;
            let ago = |n: &i64| [days::plus_months(today, -12 * n), days::plus_months(today, -n), Some(today - n)];
            let ages = plain.iter().filter(|n| (-200..2400).contains(*n)).flat_map(ago).flatten();
            let mut dates: Vec<i64> = plain.iter().copied().filter(|n| n.abs() > 2400).chain(ages).collect();
            dates.push(today);
            let dates = around(&dates, days::FIRST).into_iter().filter(|d| *d != 0 && *d <= days::LAST);
            dates.map(Val::Date).collect()
        }
        Type::Decimal(_) | Type::Ratio => {
            let mut values: Vec<Val> =
                around(&plain, counted).into_iter().map(|n| Val::Dec(Dec::from_i64(n))).collect();
            values.extend(cuts.iter().copied().filter(|c| matches!(c, Val::Dec(_))));
            values.dedup();
            values
        }
    }
}
