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
use crate::ir::{Id, Op, TimeUnit};
use crate::schema::{Entity, Type};
use crate::trace::{Place, Tracer};
use crate::types::Ty;
use crate::value::Val;

/// How many combinations are tried at most.
const LIMIT: usize = 1024;
/// How many telling values a single fact has at most.
const SAMPLES: usize = 64;

impl Tracer {
    /// The unknown facts that could change a value.
    pub(crate) fn relevant(&mut self, m: &mut Machine, id: Id, env: Env) -> Vec<Place> {
        let program = m.program;
        if program.arena.node(id).ty != Ty::Bool {
            // What a sum is made of matters without being compared with anything.
            let mut all = self.unknown(m, id, env);
            all.sort_unstable();
            return all;
        }
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
            let (meeting, apart): (Vec<Group>, Vec<Group>) =
                groups.into_iter().partition(|g| g.places.iter().any(|p| group.places.contains(p)));
            groups = apart;
            for other in meeting {
                group.shared = true;
                group.parts.extend(other.parts);
                group.atoms.extend(other.atoms);
                let new: Vec<Place> = other.places.into_iter().filter(|p| !group.places.contains(p)).collect();
                group.places.extend(new);
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
    places: Vec<Place>,
    /// Comparisons that are open.
    atoms: Vec<(Id, Env)>,
    /// Whether a fact is read more than once.
    shared: bool,
}

impl Group {
    /// The facts that matter, and whether the conditions can hold at all.
    fn kept(self, m: &mut Machine, env: Env) -> (Vec<Place>, bool) {
        let mut places = self.places.clone();
        if !self.shared {
            return (places, true);
        }
        let Some(held) = self.direct(m) else { return (places, true) };
        let mut samples: Vec<Vec<Val>> = places.iter().map(|p| telling(m, *p, &held)).collect();
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

    /// What each fact is held against, if every open comparison holds one recorded fact (or the time since it) against a known
    /// value. Then the telling values of each fact stand for all its values, and what the combinations show is proven.
    fn direct(&self, m: &mut Machine) -> Option<Vec<Held>> {
        let program = m.program;
        let mut held = Vec::with_capacity(self.atoms.len());
        for (id, env) in &self.atoms {
            let Op::Compare(_, a, b) = program.arena.node(*id).op else { return None };
            let (x, y) = (m.eval(a, *env), m.eval(b, *env));
            let (fact, against) = match (x.is_unknown(), y.is_unknown()) {
                (true, false) => (a, y),
                (false, true) => (b, x),
                _ => return None,
            };
            let (place, since) = fact_in(m, fact, *env)?;
            held.push(Held { place, since, against });
        }
        Some(held)
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

/// A fact held against a known value: itself, or the time since it.
struct Held {
    place: Place,
    since: Option<TimeUnit>,
    against: Val,
}

/// The recorded fact that a node is, or since which it tells the time.
fn fact_in(m: &mut Machine, id: Id, env: Env) -> Option<(Place, Option<TimeUnit>)> {
    let program = m.program;
    match &program.arena.node(id).op {
        Op::HouseholdFact(c) => Some(((None, *c), None)),
        Op::PersonFact(c) => Some(((env.person(0), *c), None)),
        Op::Widen(a) => fact_in(m, *a, env),
        Op::Outer(by, a) => fact_in(m, *a, env.outside(*by)),
        Op::Between(unit, a, b) if m.eval(*b, env) == Val::Date(m.today.lo) => match fact_in(m, *a, env)? {
            (place, None) => Some((place, Some(*unit))),
            _ => None,
        },
        Op::Define { versions, stated: None, .. } => match versions.as_ref() {
            [one] => fact_in(m, one.node, env),
            _ => None,
        },
        _ => None,
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

/// Values of a fact that may lead to different answers: all of a short list, or those at, before, between and after what it
/// is held against. Empty: too many.
fn telling(m: &Machine, place: Place, held: &[Held]) -> Vec<Val> {
    let layout = &m.program.layout;
    let (member, column) = place;
    let entity = if member.is_none() { Entity::Household } else { Entity::Person };
    let Some(Column { ty, .. }) = layout.columns(entity).get(column as usize) else { return Vec::new() };
    let held = held.iter().filter(|h| h.place == place);
    let least = if Ty::of(ty).counts() { 0 } else { i64::MIN };
    match ty {
        Type::Boolean => vec![Val::Bool(true), Val::Bool(false)],
        Type::Code(list) => (0u32..)
            .zip(&layout.codes)
            .filter(|(_, (l, _))| l == list)
            .map(|(n, _)| Val::Code(n))
            .take(SAMPLES)
            .collect(),
        Type::Text => (0..=u32::try_from(layout.texts.len()).unwrap_or(0)).map(Val::Text).take(SAMPLES).collect(),
        Type::Integer(_) | Type::Money(_) => {
            around(held.flat_map(|h| ends(h.against)), 0, least).map_or_else(Vec::new, ints)
        }
        Type::Date => {
            let dates = held.flat_map(|h| days_of(m.today.lo, h));
            let within = |d: &i64| (days::FIRST..=days::LAST).contains(d);
            let dates = around(dates, m.today.lo, days::FIRST).unwrap_or_default();
            dates.into_iter().filter(within).map(Val::Date).collect()
        }
        Type::Decimal(_) | Type::Ratio => {
            let against: Vec<Val> = held.map(|h| h.against).collect();
            let Some(whole) = around(against.iter().flat_map(|v| ends(*v)), 0, least) else { return Vec::new() };
            let mut values: Vec<Val> = whole.into_iter().map(|n| Val::Dec(Dec::from_i64(n))).collect();
            values.extend(against.into_iter().filter(|v| matches!(v, Val::Dec(_))));
            values
        }
    }
}

fn ints(values: Vec<i64>) -> Vec<Val> {
    values.into_iter().map(Val::Int).collect()
}

/// The whole numbers next to a value.
fn ends(v: Val) -> impl Iterator<Item = i64> {
    let b = v.bounds();
    [b.lo, b.hi].into_iter().filter(|n| *n != i64::MIN && *n != i64::MAX)
}

/// The dates at which a date, or the time since it, passes what it is held against: an age above 7 begins with the day on which
/// one is 8.
fn days_of(today: i64, held: &Held) -> Vec<i64> {
    let Some(unit) = held.since else { return ends(held.against).collect() };
    let ago = |n: i64| match unit {
        TimeUnit::Years => days::plus_months(today, n.checked_mul(-12)?),
        TimeUnit::Months => days::plus_months(today, n.checked_neg()?),
        TimeUnit::Days => today.checked_sub(n),
    };
    ends(held.against).flat_map(|n| [Some(n), n.checked_add(1)]).flatten().filter_map(ago).collect()
}

/// One value before all, each value, one in each gap, and one after all; `else_one` when there are none.
fn around(values: impl Iterator<Item = i64>, else_one: i64, least: i64) -> Option<Vec<i64>> {
    let mut values: Vec<i64> = values.collect();
    values.sort_unstable();
    values.dedup();
    let mut out = vec![values.first().map_or(else_one, |first| first.saturating_sub(1))];
    for (n, value) in values.iter().enumerate() {
        let next = value.saturating_add(1);
        out.push(*value);
        if values.get(n + 1).is_none_or(|v| next < *v) {
            out.push(next);
        }
    }
    out.retain(|v| *v >= least);
    (out.len() <= SAMPLES).then_some(out)
}
