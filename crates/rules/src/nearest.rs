//! Changes: what would turn a *no* into something else, and the next day on which anything may turn by itself.

use std::collections::HashSet;

use kernel::Date;

use crate::ahead::{AHEAD, Days};
use crate::apply;
use crate::ast::Cmp;
use crate::days;
use crate::dec::Dec;
use crate::eval::{Env, Machine};
use crate::explain::{environment, one_day, subjects};
use crate::facts::Household;
use crate::ir::{ByDate, Id, Op};
use crate::program::{Program, ProgrammeIr, VersionIr};
use crate::record::{NearestRecord, Run};
use crate::value::Val;

impl Run<'_> {
    /// The nearest change of a *no*.
    pub(crate) fn nearest(&mut self, programme: &ProgrammeIr, v: &VersionIr, env: Env) -> Option<NearestRecord> {
        if let Some(day) = programme.entitled.and_then(|id| self.turns(id, env)) {
            return Some(NearestRecord::Day(day));
        }
        let conditions = (0u32..).zip(&v.conditions).map(|(n, c)| (n, c.node));
        let mut failing = conditions.filter(|(_, node)| self.machine.eval(*node, env) == Val::Bool(false));
        let (Some((condition, node)), None) = (failing.next(), failing.next()) else {
            // Where two conditions fail no single change turns the answer.
            return None;
        };
        self.threshold(condition, node, env, true).or_else(|| self.fact(condition, node, env))
    }

    /// The first day on which the answer is no longer *no*.
    fn turns(&mut self, id: Id, env: Env) -> Option<i64> {
        let Op::Entitled { versions, .. } = &self.machine.program.arena.node(id).op else { return None };
        self.days.first_open(&mut self.machine, versions, env)
    }

    /// Looks for the one comparison that decides, and for the value that would turn it.
    fn threshold(&mut self, c: u32, id: Id, env: Env, want: bool) -> Option<NearestRecord> {
        let program = self.machine.program;
        match &program.arena.node(id).op {
            Op::Not(a) => self.threshold(c, *a, env, !want),
            Op::And(list) | Op::Or(list) => {
                let against: Vec<Id> =
                    list.iter().copied().filter(|i| self.machine.eval(*i, env) == Val::Bool(!want)).collect();
                // A conjunction becomes true only when all that fail do; becomes false when one does.
                let one_is_enough = matches!(program.arena.node(id).op, Op::Or(_)) == want;
                if !one_is_enough && against.len() != 1 {
                    return None;
                }
                against.into_iter().find_map(|i| self.threshold(c, i, env, want))
            }
            Op::Compare(cmp, a, b) => {
                let cmp = if want { *cmp } else { cmp.negated() };
                self.reach(c, *a, cmp, *b, env).or_else(|| self.reach(c, *b, cmp.turned(), *a, env))
            }
            Op::Define { versions, stated, .. } => {
                let stated = stated.filter(|s| !self.machine.eval(*s, env).is_unknown());
                let day = self.on;
                let version = versions.iter().find(|v| v.from <= day && day <= v.to).map(|v| v.node);
                stated.or(version).and_then(|i| self.threshold(c, i, env, want))
            }
            Op::Entitled { versions, .. } => {
                let day = self.on;
                let version = versions.iter().find(|v| v.from <= day && day <= v.to)?;
                self.threshold(c, version.node, env, want)
            }
            Op::If(test, yes, no) => match self.machine.eval(*test, env) {
                Val::Bool(true) => self.threshold(c, *yes, env, want),
                Val::Bool(false) => self.threshold(c, *no, env, want),
                _ => None,
            },
            Op::Outer(by, a) => self.threshold(c, *a, env.outside(*by), want),
            _ => None,
        }
    }

    /// What `subject` would have to be for `subject cmp other`.
    fn reach(&mut self, c: u32, subject: Id, cmp: Cmp, other: Id, env: Env) -> Option<NearestRecord> {
        let program = self.machine.program;
        let limit = self.machine.eval(other, env);
        let (mut id, mut env) = (subject, env);
        loop {
            match &program.arena.node(id).op {
                Op::Widen(a) => id = *a,
                Op::Outer(by, a) => (id, env) = (*a, env.outside(*by)),
                _ => break,
            }
        }
        let node = program.arena.node(id);
        let fixed = matches!(node.op, Op::Const(_) | Op::Param { .. });
        // What only time changes was looked for day by day already; what a law sets the family cannot change.
        if fixed || node.dated || !node.nullable {
            return None;
        }
        let now = self.machine.eval(id, env);
        let whole = matches!(now, Val::Int(_) | Val::Date(_));
        let needed = match (cmp, limit) {
            (Cmp::Ne, _) => return None,
            (Cmp::Lt, Val::Int(n)) => Val::Int(n.checked_sub(1)?),
            (Cmp::Gt, Val::Int(n)) => Val::Int(n.checked_add(1)?),
            (Cmp::Lt, Val::Date(n)) => Val::Date(n.checked_sub(1)?),
            (Cmp::Gt, Val::Date(n)) => Val::Date(n.checked_add(1)?),
            (_, Val::Int(_) | Val::Date(_)) => limit,
            (Cmp::Lt, Val::Dec(d)) => Val::Int(d.ceil_i64().checked_sub(1)?),
            (Cmp::Gt, Val::Dec(d)) => Val::Int(d.floor_i64().checked_add(1)?),
            (Cmp::Le, Val::Dec(d)) if whole => Val::Int(d.floor_i64()),
            (Cmp::Ge, Val::Dec(d)) if whole => Val::Int(d.ceil_i64()),
            (Cmp::Eq, Val::Dec(d)) if whole => Val::Int(d.whole()?),
            (_, Val::Dec(_)) => limit,
            _ => return None,
        };
        let needed = match (now, needed) {
            (Val::Dec(_), Val::Int(n)) => Val::Dec(Dec::from_i64(n)),
            _ => needed,
        };
        if apply::compare(cmp, apply::widen(needed), apply::widen(limit)) != Val::Bool(true) {
            return None;
        }
        if matches!(now, Val::Unknown(_) | Val::Error(_)) {
            return None;
        }
        Some(NearestRecord::Threshold { condition: c, node: id, value: now, needed })
    }

    /// The first fact that decided against, other than a date: birthdays do not change.
    fn fact(&mut self, condition: u32, node: Id, env: Env) -> Option<NearestRecord> {
        let facts = self.reasons.facts(&mut self.machine, node, env);
        let machine = &self.machine;
        let changes = |place: &&u32| {
            let (member, column) = machine.place(**place);
            !matches!(machine.household.fact(column, member), Val::Unknown(_) | Val::Error(_) | Val::Date(_))
        };
        let place = *self.reasons.lists.get(facts).iter().find(changes)?;
        Some(NearestRecord::Fact { condition, place })
    }
}

impl Program {
    /// The first day after `on` on which some result may change without any fact changing: birthdays, deadlines, new
    /// versions and new parameters, within 25 years. `None`: nothing changes by itself in that time.
    pub fn next_change(&self, household: &Household, on: Date) -> Option<Date> {
        self.next_change_of(household, on, &|_| true)
    }

    /// The same for the programmes of which `wanted` is true alone.
    pub fn next_change_of(&self, household: &Household, on: Date, wanted: &dyn Fn(&str) -> bool) -> Option<Date> {
        let household = &*self.at_home(household);
        let mut search = Next {
            now: Machine::new(self, household, one_day(on), one_day(on)),
            days: Days::new(days::of(on)),
            first: i64::MAX,
            seen: HashSet::new(),
        };
        for programme in self.programmes.iter().filter(|p| wanted(&p.id)) {
            let Some(version) = programme.versions.first() else { continue };
            for subject in subjects(version, household) {
                let env = environment(&subject);
                for id in programme.entitled.into_iter().chain(programme.amount) {
                    search.node(id, env);
                }
                // Whether the question makes sense at all may change while the answer stays no.
                for v in &programme.versions {
                    search.boundaries(std::iter::once((v.from, v.to)));
                    if let Some(applies) = v.applies {
                        search.node(applies, env);
                    }
                }
            }
        }
        (search.first != i64::MAX).then(|| days::date(search.first))
    }
}

/// The search for the next day on which anything may change.
struct Next<'a> {
    now: Machine<'a>,
    days: Days,
    first: i64,
    seen: HashSet<(Id, Env)>,
}

impl Next<'_> {
    fn boundaries(&mut self, spans: impl Iterator<Item = (i64, i64)>) {
        let on = self.days.on;
        for (from, to) in spans {
            for day in [from, to.saturating_add(1)] {
                if day > on && day <= on + AHEAD {
                    self.first = self.first.min(day);
                }
            }
        }
    }

    /// A known value is followed to the day on which it is another; an unknown one to the days on which its parts change.
    fn node(&mut self, id: Id, env: Env) {
        let program = self.now.program;
        let node = program.arena.node(id);
        if !node.dated || !self.seen.insert((id, env)) {
            return;
        }
        let now = self.now.eval(id, env);
        if !now.is_unknown() {
            let same = |v: Val| v == now;
            if let Some(day) = self.days.first(&mut self.now, id, env, self.first.saturating_sub(1), &same) {
                self.first = self.first.min(day);
            }
            return;
        }
        let in_force = |versions: &[ByDate]| versions.iter().map(|v| (v.from, v.to)).collect::<Vec<_>>();
        match &node.op {
            Op::Define { versions, .. } | Op::Entitled { versions, .. } | Op::AmountOf { versions, .. } => {
                self.boundaries(in_force(versions).into_iter());
                let on = self.days.on;
                for v in versions.iter().filter(|v| v.from <= on && on <= v.to) {
                    self.node(v.node, env);
                }
            }
            Op::Aggregate { relation, of, filter, value, .. } => {
                for person in self.now.people(*relation, *of, env) {
                    for part in filter.iter().chain(value) {
                        self.node(*part, env.with(*person));
                    }
                }
            }
            Op::Param { table, at, .. } => {
                if let Some(t) = program.tables.get(*table as usize) {
                    self.boundaries(t.rows.iter().map(|r| (r.from, r.to)));
                }
                self.node(*at, env);
                node.op.each_child(|c| self.node(c, env));
            }
            Op::Outer(by, a) => self.node(*a, env.outside(*by)),
            // `today` itself changes every day; what matters is what is made of it.
            Op::Compare(_, a, b) if [*a, *b].iter().any(|i| matches!(program.arena.node(*i).op, Op::Today)) => {
                self.first = self.first.min(self.days.on + 1);
            }
            other => other.each_child(|c| self.node(c, env)),
        }
    }
}
