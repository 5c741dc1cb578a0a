//! What an open answer hangs on: the facts still missing.

use crate::eval::{Env, Machine};
use crate::ir::{Aggregate, Id, Op};
use crate::lists::Places;
use crate::value::{Bounds, Val};

/// A fact's place: household or member, and column.
pub(crate) type Place = (Option<usize>, u32);

/// What is open behind a value that many rules use.
#[derive(Default)]
struct Open {
    places: Places,
    atoms: Vec<(Id, Env)>,
    shared: bool,
}

/// Walks from an answer back to its reasons.
pub(crate) struct Tracer {
    /// For each slot the walk that came by last.
    seen: Vec<u32>,
    walk: u32,
    walks: u32,
    places: Places,
    /// For each slot what is open behind it, once found: the number in `open`, plus one.
    found: Vec<u32>,
    open: Vec<Open>,
    /// Whether something unknown was reached on two ways.
    pub(crate) shared: bool,
    /// Unknown comparisons and unknown truths on which the answer hangs.
    pub(crate) atoms: Vec<(Id, Env)>,
}

impl Tracer {
    pub(crate) fn new() -> Self {
        Tracer {
            seen: Vec::new(),
            walk: 0,
            walks: 0,
            places: Places::default(),
            found: Vec::new(),
            open: Vec::new(),
            shared: false,
            atoms: Vec::new(),
        }
    }

    /// The unknown facts a value was read from, and what [`Tracer::shared`] and [`Tracer::atoms`] say of them.
    pub(crate) fn unknown(&mut self, machine: &mut Machine, id: Id, env: Env) -> Vec<Place> {
        self.begin(machine);
        self.places.clear();
        self.atoms.clear();
        self.shared = false;
        self.walk(machine, id, env);
        self.places.list.iter().map(|n| machine.place(*n)).collect()
    }

    fn begin(&mut self, m: &Machine) {
        self.seen.resize(m.slots(), 0);
        self.found.resize(m.slots(), 0);
        self.walks += 1;
        self.walk = self.walks;
    }

    /// Whether this walk has not been here before. What depends on several people is looked at each time.
    fn first_time(&mut self, m: &Machine, id: Id, env: Env) -> bool {
        match self.seen.get_mut(m.slot(id, env)) {
            Some(last) => std::mem::replace(last, self.walk) != self.walk,
            None => true,
        }
    }

    fn place(&mut self, m: &Machine, place: Place) {
        self.shared |= !self.places.add(m.number(place));
    }

    fn walk(&mut self, m: &mut Machine, id: Id, env: Env) {
        let v = m.eval(id, env);
        if !v.is_unknown() {
            return;
        }
        let program = m.program;
        let op = &program.arena.node(id).op;
        match op {
            Op::Const(_) | Op::Today | Op::ClaimDate => return,
            Op::HouseholdFact(c) => return self.place(m, (None, *c)),
            Op::PersonFact(c) => return self.place(m, (env.person(0), *c)),
            _ => {}
        }
        match op {
            Op::Define { .. } | Op::Entitled { .. } | Op::AmountOf { .. } | Op::Aggregate { .. } => {
                return self.walk_kept(m, id, env);
            }
            _ if !self.first_time(m, id, env) => {
                self.shared = true;
                return;
            }
            _ => {}
        }
        self.walk_parts(m, id, env, v);
    }

    /// What is open behind a named value is found once and put together from what is kept.
    fn walk_kept(&mut self, m: &mut Machine, id: Id, env: Env) {
        let slot = m.slot(id, env);
        let Some(found) = self.found.get(slot).copied() else {
            // What depends on several people is looked at each time.
            let v = m.eval(id, env);
            return self.walk_parts(m, id, env, v);
        };
        let number = match found.checked_sub(1) {
            Some(number) => number as usize,
            None => {
                let number = self.find_open(m, id, env);
                if let Some(found) = self.found.get_mut(slot) {
                    *found = u32::try_from(number + 1).unwrap_or(0);
                }
                number
            }
        };
        if let Some(open) = self.open.get(number) {
            self.shared |= open.shared;
            for place in &open.places.list {
                self.shared |= !self.places.add(*place);
            }
            self.atoms.extend_from_slice(&open.atoms);
        }
    }

    /// A walk of its own: nothing that the walk under way has come by may be left out.
    fn find_open(&mut self, m: &mut Machine, id: Id, env: Env) -> usize {
        self.walks += 1;
        let outside = std::mem::replace(&mut self.walk, self.walks);
        let (places, atoms) = (std::mem::take(&mut self.places), std::mem::take(&mut self.atoms));
        let shared = std::mem::replace(&mut self.shared, false);
        let v = m.eval(id, env);
        self.walk_parts(m, id, env, v);
        self.walk = outside;
        self.open.push(Open {
            places: std::mem::replace(&mut self.places, places),
            atoms: std::mem::replace(&mut self.atoms, atoms),
            shared: std::mem::replace(&mut self.shared, shared),
        });
        self.open.len() - 1
    }

    fn walk_parts(&mut self, m: &mut Machine, id: Id, env: Env, v: Val) {
        let program = m.program;
        let op = &program.arena.node(id).op;
        match op {
            Op::Compare(_, a, b) => {
                self.atoms.push((id, env));
                self.walk(m, *a, env);
                self.walk(m, *b, env);
            }
            Op::If(c, yes, no) => {
                let cond = m.eval(*c, env);
                self.walk(m, *c, env);
                if cond != Val::Bool(false) {
                    self.walk(m, *yes, env);
                }
                if cond != Val::Bool(true) {
                    self.walk(m, *no, env);
                }
            }
            // An unknown value has no stated fact; the fact itself is no way to settle what can be worked out.
            Op::Define { versions, .. } | Op::Entitled { versions, .. } | Op::AmountOf { versions, .. } => {
                let today = m.today;
                for v in versions.iter().filter(|v| v.from <= today.hi && v.to >= today.lo) {
                    self.walk(m, v.node, env);
                }
            }
            Op::Least(list) | Op::Greatest(list) => {
                self.walk_extreme(m, list, env, v, matches!(op, Op::Greatest(_)));
            }
            Op::Aggregate { how, relation, of, filter, value } => {
                for person in m.people(*relation, *of, env) {
                    self.walk_person(m, *how, *filter, *value, env.with(*person));
                }
            }
            Op::Outer(by, a) => self.walk(m, *a, env.outside(*by)),
            other => other.each_child(|child| self.walk(m, child, env)),
        }
    }

    /// Of a smallest or largest only those that can still be it.
    fn walk_extreme(&mut self, m: &mut Machine, list: &[Id], env: Env, v: Val, largest: bool) {
        let whole = v.bounds();
        for id in list {
            let b = m.eval(*id, env).bounds();
            let can_be = if largest { b.hi > whole.lo || b.lo == b.hi } else { b.lo < whole.hi || b.lo == b.hi };
            if can_be {
                self.walk(m, *id, env);
            }
        }
    }

    /// Somebody who does not count, or whose value decides nothing or adds 0, cannot matter.
    fn walk_person(&mut self, m: &mut Machine, how: Aggregate, filter: Option<Id>, value: Option<Id>, env: Env) {
        let counts = filter.map_or(Val::Bool(true), |f| m.eval(f, env));
        let here = value.map_or(Val::Int(1), |v| m.eval(v, env));
        let decisive = match how {
            Aggregate::Any => Some(true),
            Aggregate::Every => Some(false),
            _ => None,
        };
        if decisive.is_some_and(|d| counts == Val::Bool(false) || here == Val::Bool(!d)) {
            return;
        }
        if how == Aggregate::Sum && !here.is_unknown() && here.bounds() == (Bounds { lo: 0, hi: 0 }) {
            return;
        }
        if let Some(f) = filter {
            self.walk(m, f, env);
        }
        if let Some(value) = value.filter(|_| counts != Val::Bool(false)) {
            self.walk(m, value, env);
        }
    }
}
