//! The facts that decided a value. What a definition rests on is found once a run and put together where it is used: the
//! income of a household stands behind a dozen conditions.

use std::collections::HashMap;
use std::sync::Arc;

use crate::eval::{Env, Machine};
use crate::facts::readable;
use crate::ir::{Aggregate, ByDate, Id, Op};
use crate::outcome::{FactUsed, Facts};
use crate::schema::Entity;
use crate::trace::{Place, fact_ref};
use crate::types::Ty;
use crate::value::Val;

/// Reasons found so far in one run.
pub(crate) struct Reasons {
    /// For each slot where its facts stand in `pool`: first and how many.
    found: Vec<(u32, u32)>,
    pool: Vec<u32>,
    /// Facts made readable, by number of place.
    used: Vec<Option<Arc<FactUsed>>>,
    /// Lists handed out, by the places in them.
    lists: HashMap<Box<[u32]>, Facts>,
    /// Emptied sets for further use.
    spare: Vec<Places>,
}

const NOT_YET: (u32, u32) = (u32::MAX, 0);

/// Places in the order in which they were reached, each once.
#[derive(Default)]
pub(crate) struct Places {
    pub(crate) list: Vec<u32>,
    bits: Vec<u64>,
}

impl Places {
    /// Adds a place; `false` when it is there.
    pub(crate) fn add(&mut self, place: u32) -> bool {
        let (word, bit) = (place as usize / 64, 1u64 << (place % 64));
        if word >= self.bits.len() {
            self.bits.resize(word + 1, 0);
        }
        let Some(w) = self.bits.get_mut(word) else { return false };
        if *w & bit != 0 {
            return false;
        }
        *w |= bit;
        self.list.push(place);
        true
    }

    fn add_all(&mut self, places: &[u32]) {
        for place in places {
            self.add(*place);
        }
    }

    pub(crate) fn clear(&mut self) {
        self.bits.iter_mut().for_each(|w| *w = 0);
        self.list.clear();
    }
}

impl Machine<'_> {
    /// Numbers the facts of the household, then of each member.
    pub(crate) fn number(&self, (member, column): Place) -> u32 {
        let layout = &self.program.layout;
        let before = member.map_or(0, |m| layout.household.len() + m * layout.person.len());
        u32::try_from(before).unwrap_or(u32::MAX).saturating_add(column)
    }

    /// The place of a number.
    pub(crate) fn place(&self, number: u32) -> Place {
        let layout = &self.program.layout;
        let (n, household, person) = (number as usize, layout.household.len(), layout.person.len().max(1));
        match n.checked_sub(household) {
            None => (None, number),
            Some(n) => (Some(n / person), u32::try_from(n % person).unwrap_or(u32::MAX)),
        }
    }
}

impl Reasons {
    pub(crate) fn new() -> Self {
        Reasons { found: Vec::new(), pool: Vec::new(), used: Vec::new(), lists: HashMap::new(), spare: Vec::new() }
    }

    /// The facts that decided a value, in the order in which they were reached.
    pub(crate) fn facts(&mut self, m: &mut Machine, id: Id, env: Env) -> Facts {
        if self.found.is_empty() {
            self.found.resize(m.slots(), NOT_YET);
        }
        let mut places = self.spare.pop().unwrap_or_default();
        self.walk(m, id, env, &mut places);
        let facts = match self.lists.get(places.list.as_slice()) {
            Some(same) => same.clone(),
            None => {
                let facts: Facts = places.list.iter().map(|n| self.used(m, *n)).collect();
                self.lists.insert(places.list.as_slice().into(), facts.clone());
                facts
            }
        };
        self.give_back(places);
        facts
    }

    fn give_back(&mut self, mut places: Places) {
        places.clear();
        self.spare.push(places);
    }

    fn used(&mut self, m: &Machine, number: u32) -> Arc<FactUsed> {
        let n = number as usize;
        if n >= self.used.len() {
            self.used.resize(n + 1, None);
        }
        match self.used.get_mut(n) {
            Some(Some(used)) => used.clone(),
            Some(empty) => empty.insert(Arc::new(fact_used(m, m.place(number)))).clone(),
            None => Arc::new(fact_used(m, m.place(number))),
        }
    }

    /// What a named value rests on: found once, then put together from what is kept.
    fn kept(&mut self, m: &mut Machine, id: Id, env: Env, into: &mut Places) {
        let slot = m.slot(id, env);
        let Some(&(start, count)) = self.found.get(slot) else {
            // What depends on several people is looked at each time.
            return self.parts(m, id, env, into);
        };
        if (start, count) != NOT_YET {
            let kept = self.pool.get(start as usize..(start + count) as usize).unwrap_or(&[]);
            into.add_all(kept);
            return;
        }
        let mut own = self.spare.pop().unwrap_or_default();
        self.parts(m, id, env, &mut own);
        let span = (u32::try_from(self.pool.len()), u32::try_from(own.list.len()));
        if let ((Ok(start), Ok(count)), Some(found)) = (span, self.found.get_mut(slot)) {
            *found = (start, count);
            self.pool.extend_from_slice(&own.list);
        }
        into.add_all(&own.list);
        self.give_back(own);
    }

    fn walk(&mut self, m: &mut Machine, id: Id, env: Env, into: &mut Places) {
        let program = m.program;
        match &program.arena.node(id).op {
            Op::Const(_) | Op::Today | Op::ClaimDate => {}
            Op::HouseholdFact(c) => into.add_all(&[m.number((None, *c))]),
            Op::PersonFact(c) => into.add_all(&[m.number((env.person(0), *c))]),
            Op::Define { .. } | Op::Entitled { .. } | Op::AmountOf { .. } | Op::Aggregate { .. } => {
                self.kept(m, id, env, into);
            }
            Op::And(list) => self.walk_kleene(m, id, list, env, into, false),
            Op::Or(list) => self.walk_kleene(m, id, list, env, into, true),
            Op::If(c, yes, no) => {
                let cond = m.eval(*c, env);
                self.walk(m, *c, env, into);
                if cond != Val::Bool(false) {
                    self.walk(m, *yes, env, into);
                }
                if cond != Val::Bool(true) {
                    self.walk(m, *no, env, into);
                }
            }
            Op::Outer(by, a) => self.walk(m, *a, env.outside(*by), into),
            other => other.each_child(|child| self.walk(m, child, env, into)),
        }
    }

    /// The parts of what has a name or speaks of several people.
    fn parts(&mut self, m: &mut Machine, id: Id, env: Env, into: &mut Places) {
        let program = m.program;
        match &program.arena.node(id).op {
            Op::Define { versions, stated, .. } => match stated {
                Some(fact) if !m.eval(*fact, env).is_unknown() => self.walk(m, *fact, env, into),
                _ => self.walk_in_force(m, versions, env, into),
            },
            Op::Entitled { versions, .. } | Op::AmountOf { versions, .. } => {
                self.walk_in_force(m, versions, env, into);
            }
            Op::Aggregate { how, relation, of, filter, value } => {
                let v = m.eval(id, env);
                let decisive = match how {
                    Aggregate::Any => Some(true),
                    Aggregate::Every => Some(false),
                    _ => None,
                };
                let settled = decisive.filter(|d| v == Val::Bool(*d));
                for person in m.people(*relation, *of, env) {
                    self.walk_person(m, settled, *filter, *value, env.with(*person), into);
                }
            }
            _ => {}
        }
    }

    /// Where one person settles it only that person is a reason; what somebody would add who does not count is none.
    fn walk_person(
        &mut self,
        m: &mut Machine,
        settled: Option<bool>,
        filter: Option<Id>,
        value: Option<Id>,
        env: Env,
        into: &mut Places,
    ) {
        let counts = filter.map_or(Val::Bool(true), |f| m.eval(f, env));
        if let Some(d) = settled {
            let here = value.map_or(Val::Int(1), |v| m.eval(v, env));
            if counts != Val::Bool(true) || here != Val::Bool(d) {
                return;
            }
        }
        if let Some(f) = filter {
            self.walk(m, f, env, into);
        }
        if let Some(value) = value.filter(|_| counts != Val::Bool(false)) {
            self.walk(m, value, env, into);
        }
    }

    /// Of `false and …` only what is false is a reason.
    fn walk_kleene(&mut self, m: &mut Machine, id: Id, list: &[Id], env: Env, into: &mut Places, decisive: bool) {
        let settled = m.eval(id, env) == Val::Bool(decisive);
        for part in list {
            if !settled || m.eval(*part, env) == Val::Bool(decisive) {
                self.walk(m, *part, env, into);
            }
        }
    }

    fn walk_in_force(&mut self, m: &mut Machine, versions: &[ByDate], env: Env, into: &mut Places) {
        let today = m.today;
        for v in versions.iter().filter(|v| v.from <= today.hi && v.to >= today.lo) {
            self.walk(m, v.node, env, into);
        }
    }
}

fn fact_used(m: &Machine, place: Place) -> FactUsed {
    let (member, column) = place;
    let entity = if member.is_none() { Entity::Household } else { Entity::Person };
    let v = m.household.fact(column, member);
    let slot = m.household.slot(column, member);
    let stated = slot.is_some_and(|s| s.given.is_some());
    let ty = m.program.layout.columns(entity).get(column as usize).map(|c| Ty::of(&c.ty));
    FactUsed {
        fact: fact_ref(m, place),
        value: ty.and_then(|ty| readable(&m.program.layout, &m.household.texts, &ty, v)),
        provenance: slot.and_then(|s| s.provenance.as_deref().cloned()),
        assumed_absent: !stated && !v.is_unknown(),
    }
}
