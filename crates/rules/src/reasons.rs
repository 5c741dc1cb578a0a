//! The facts that decided a value. What stands behind many conditions, as the income of a household does, is gathered once a
//! run: values that can only rest on the same facts have one shape ([`crate::grounds`]), and each shape has one list.

use crate::eval::{Env, Machine};
use crate::grounds::{Ground, Grounds, Shape, Version};
use crate::ir::{Aggregate, Id, Op};
use crate::lists::{Lists, Places};
use crate::trace::Place;
use crate::value::Val;

/// Reasons found so far in one run.
pub(crate) struct Reasons<'a> {
    grounds: &'a Grounds,
    /// For each shape and person the number of its list, plus one, once found.
    found: Vec<u32>,
    /// Numbers of facts, as [`Machine::number`] has them.
    pub(crate) lists: Lists,
    /// Emptied sets for further use.
    spare: Vec<Places>,
}

impl Machine<'_> {
    /// Numbers the facts of the household, then of each member.
    #[inline]
    pub(crate) fn number(&self, place: Place) -> u32 {
        self.program.layout.number(place)
    }

    /// The place of a number.
    pub(crate) fn place(&self, number: u32) -> Place {
        self.program.layout.place(number)
    }
}

impl<'a> Reasons<'a> {
    pub(crate) fn new(grounds: &'a Grounds, members: usize) -> Self {
        let slots = grounds.facts.of_household + grounds.facts.of_person * members;
        Reasons { grounds, found: vec![0; slots], lists: Lists::default(), spare: Vec::new() }
    }

    /// The list of the facts that decided a value, in the order in which they were reached.
    #[inline]
    pub(crate) fn facts(&mut self, m: &mut Machine, id: Id, env: Env) -> u32 {
        let shape = self.grounds.of(id).0;
        self.list(m, shape, env)
    }

    #[inline]
    fn list(&mut self, m: &mut Machine, shape: Shape, env: Env) -> u32 {
        let slot = self.grounds.facts.slot(shape, env.person(0), m.household.members.len());
        match slot.and_then(|slot| self.found.get(slot)).and_then(|found| found.checked_sub(1)) {
            Some(list) => list,
            None => self.gather(m, shape, env, slot),
        }
    }

    #[inline(never)]
    fn gather(&mut self, m: &mut Machine, shape: Shape, env: Env, slot: Option<usize>) -> u32 {
        let mut places = self.spare.pop().unwrap_or_default();
        self.parts(m, shape, env, &mut places);
        let list = self.lists.push(&places.list);
        // What depends on several people is looked at each time.
        if let Some(found) = slot.and_then(|slot| self.found.get_mut(slot)) {
            *found = list + 1;
        }
        places.clear();
        self.spare.push(places);
        list
    }

    fn walk(&mut self, m: &mut Machine, shape: Shape, env: Env, into: &mut Places) {
        let grounds = self.grounds;
        match grounds.facts.get(shape) {
            Some(Ground::Household(c)) => {
                into.add(m.number((None, *c)));
            }
            Some(Ground::Person(c)) => {
                into.add(m.number((env.person(0), *c)));
            }
            Some(Ground::Define { .. } | Ground::Kept(_) | Ground::Everybody { .. } | Ground::Those { .. }) => {
                let list = self.list(m, shape, env);
                into.add_all(self.lists.get(list));
            }
            _ => self.parts(m, shape, env, into),
        }
    }

    fn parts(&mut self, m: &mut Machine, shape: Shape, env: Env, into: &mut Places) {
        let grounds = self.grounds;
        match grounds.facts.get(shape) {
            None => {}
            Some(Ground::Household(_) | Ground::Person(_)) => self.walk(m, shape, env, into),
            Some(Ground::All(parts)) => parts.iter().for_each(|part| self.walk(m, *part, env, into)),
            Some(Ground::Kept(inner)) => self.parts(m, *inner, env, into),
            Some(Ground::Define { stated, versions }) => match stated {
                Some((fact, shape)) if !m.eval(*fact, env).is_unknown() => self.walk(m, *shape, env, into),
                _ => self.in_force(m, versions, env, into),
            },
            Some(Ground::Truths { whole, decisive, parts }) => {
                let settled = m.eval(*whole, env) == Val::Bool(*decisive);
                for (part, shape) in parts {
                    if !settled || m.eval(*part, env) == Val::Bool(*decisive) {
                        self.walk(m, *shape, env, into);
                    }
                }
            }
            Some(Ground::If { test, tested, yes, no }) => {
                let cond = m.eval(*test, env);
                self.walk(m, *tested, env, into);
                if cond != Val::Bool(false) {
                    self.walk(m, *yes, env, into);
                }
                if cond != Val::Bool(true) {
                    self.walk(m, *no, env, into);
                }
            }
            Some(Ground::Everybody { relation, of, each }) => {
                for person in m.people(*relation, *of, env) {
                    self.walk(m, *each, env.with(*person), into);
                }
            }
            Some(Ground::Those { aggregate, filter, value }) => {
                self.those(m, *aggregate, (*filter, *value), env, into);
            }
            Some(Ground::Outer(by, inner)) => self.walk(m, *inner, env.outside(*by), into),
        }
    }

    /// Where one person settles it only that person is a reason; what somebody would add who does not count is none.
    fn those(
        &mut self,
        m: &mut Machine,
        aggregate: Id,
        (filtered, added): (Shape, Shape),
        env: Env,
        into: &mut Places,
    ) {
        let program = m.program;
        let Op::Aggregate { how, relation, of, filter, value } = &program.arena.node(aggregate).op else { return };
        let v = m.eval(aggregate, env);
        let decisive = match how {
            Aggregate::Any => Some(true),
            Aggregate::Every => Some(false),
            _ => None,
        };
        let settled = decisive.filter(|d| v == Val::Bool(*d));
        for person in m.people(*relation, *of, env) {
            let env = env.with(*person);
            let counts = filter.map_or(Val::Bool(true), |f| m.eval(f, env));
            if let Some(d) = settled {
                let here = value.map_or(Val::Int(1), |v| m.eval(v, env));
                if counts != Val::Bool(true) || here != Val::Bool(d) {
                    continue;
                }
            }
            self.walk(m, filtered, env, into);
            if counts != Val::Bool(false) {
                self.walk(m, added, env, into);
            }
        }
    }

    fn in_force(&mut self, m: &mut Machine, versions: &[Version], env: Env, into: &mut Places) {
        let today = m.today;
        for (_, _, shape) in versions.iter().filter(|(from, to, _)| *from <= today.hi && *to >= today.lo) {
            self.walk(m, *shape, env, into);
        }
    }
}
