//! The named values on the way to a value, as numbers: what each is called is said when somebody reads it.

use crate::eval::{Env, Machine};
use crate::grounds::{Grounds, Path, Shape};
use crate::ir::{Id, Op};
use crate::lists::Lists;
use crate::value::Val;

/// A named value of a household, once for all conditions it lies on the way to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StepRecord {
    pub(crate) node: Id,
    /// The current person; `u16::MAX`: none.
    pub(crate) person: u16,
    /// The rules of a decision table that matched: their list, plus one; 0 where it comes from none.
    pub(crate) hits: u32,
    /// The value among the values recorded; those of a table's keys follow it.
    pub(crate) value: u32,
}

/// What was found so far in one run.
pub(crate) struct Steps<'a> {
    grounds: &'a Grounds,
    /// For each path and person the number of its list, plus one, once found.
    found: Vec<u32>,
    /// For each slot of the machine the walk that came by last, and the record kept, plus one.
    seen: Vec<(u32, u32)>,
    walk: u32,
    pub(crate) records: Vec<StepRecord>,
    pub(crate) values: Vec<Val>,
    pub(crate) lists: Lists,
    /// For what comes from a decision table: the table's place in its definition, then the places of the rules that matched.
    pub(crate) hits: Lists,
    list: Vec<u32>,
}

impl<'a> Steps<'a> {
    pub(crate) fn new(grounds: &'a Grounds, members: usize) -> Self {
        Steps {
            grounds,
            found: vec![0; grounds.paths.of_household + grounds.paths.of_person * members],
            seen: Vec::new(),
            walk: 0,
            records: Vec::new(),
            values: Vec::new(),
            lists: Lists::default(),
            hits: Lists::default(),
            list: Vec::new(),
        }
    }

    /// The list of the named values compared, left to right.
    #[inline]
    pub(crate) fn steps(&mut self, m: &mut Machine, id: Id, env: Env) -> u32 {
        let path = self.grounds.of(id).1;
        let slot = self.grounds.paths.slot(path, env.person(0), m.household.members.len());
        match slot.and_then(|slot| self.found.get(slot)).and_then(|found| found.checked_sub(1)) {
            Some(list) => list,
            None => self.find(m, path, env, slot),
        }
    }

    #[inline(never)]
    fn find(&mut self, m: &mut Machine, path: Shape, env: Env, slot: Option<usize>) -> u32 {
        self.seen.resize(m.slots(), (0, 0));
        self.walk += 1;
        self.list.clear();
        self.step(m, path, env);
        let list = self.lists.push(&self.list);
        if let Some(found) = slot.and_then(|slot| self.found.get_mut(slot)) {
            *found = list + 1;
        }
        list
    }

    fn step(&mut self, m: &mut Machine, path: Shape, env: Env) {
        let grounds = self.grounds;
        match grounds.paths.get(path) {
            None => {}
            Some(Path::Named(id)) => self.named(m, *id, env),
            Some(Path::All(parts)) => parts.iter().for_each(|part| self.step(m, *part, env)),
            Some(Path::If { test, tested, yes, no }) => {
                self.step(m, *tested, env);
                match m.eval(*test, env) {
                    Val::Bool(true) => self.step(m, *yes, env),
                    Val::Bool(false) => self.step(m, *no, env),
                    _ => {}
                }
            }
            Some(Path::Those { relation, of, filter, each }) => {
                for person in m.people(*relation, *of, env) {
                    let env = env.with(*person);
                    if filter.is_none_or(|f| m.eval(f, env) != Val::Bool(false)) {
                        self.step(m, *each, env);
                    }
                }
            }
            Some(Path::Outer(by, inner)) => self.step(m, *inner, env.outside(*by)),
            Some(Path::Once(id, inner)) => {
                let slot = m.slot(*id, env);
                if let Some(seen) = self.seen.get_mut(slot) {
                    if seen.0 == self.walk {
                        return;
                    }
                    seen.0 = self.walk;
                }
                self.step(m, *inner, env);
            }
        }
    }

    fn named(&mut self, m: &mut Machine, id: Id, env: Env) {
        let slot = m.slot(id, env);
        if let Some(seen) = self.seen.get_mut(slot) {
            if seen.0 == self.walk {
                return;
            }
            seen.0 = self.walk;
            if let Some(record) = seen.1.checked_sub(1) {
                self.list.push(record);
                return;
            }
        }
        let record = self.record(m, id, env);
        if let Some(seen) = self.seen.get_mut(slot) {
            seen.1 = record + 1;
        }
        self.list.push(record);
    }

    fn record(&mut self, m: &mut Machine, id: Id, env: Env) -> u32 {
        let program = m.program;
        let value = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
        let v = m.eval(id, env);
        self.values.push(v);
        if let Op::Param { keys, .. } = &program.arena.node(id).op {
            for key in keys {
                let v = m.eval(*key, env);
                self.values.push(v);
            }
        }
        let hits = if program.has_tables { self.rules_hit(m, id, env) } else { 0 };
        let person = env.person(0).and_then(|p| u16::try_from(p).ok()).unwrap_or(u16::MAX);
        self.records.push(StepRecord { node: id, person, hits, value });
        u32::try_from(self.records.len() - 1).unwrap_or(u32::MAX)
    }

    /// The rules that matched, where a value comes from a decision table and all is known that decides which.
    fn rules_hit(&mut self, m: &mut Machine, id: Id, env: Env) -> u32 {
        let program = m.program;
        let Op::Define { definition, stated, .. } = &program.arena.node(id).op else { return 0 };
        let day = m.today.lo;
        let tables = program.definitions.get(*definition as usize).map_or(&[][..], |d| &d.tables);
        let Some((at, table)) = (0u32..).zip(tables).find(|(_, t)| t.from <= day && day <= t.to) else { return 0 };
        if stated.is_some_and(|s| !m.eval(s, env).is_unknown()) {
            return 0;
        }
        let mut hits = vec![at];
        for (n, (_, _, hit)) in (0u32..).zip(&table.rules) {
            match m.eval(*hit, env) {
                Val::Bool(true) => hits.push(n),
                Val::Bool(false) => continue,
                _ => return 0,
            }
            if table.first {
                break;
            }
        }
        self.hits.push(&hits) + 1
    }
}
