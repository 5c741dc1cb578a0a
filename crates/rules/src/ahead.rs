//! The search over the days ahead for the first on which a value is another.
//!
//! The evaluator works out a whole interval of days at once, and where the answer is the same for all of them the interval is
//! done with. The days ahead are first taken law by law: all programmes ask about the same such periods, and what one has
//! worked out serves the others. Only a period with a change inside is cut, on the days on which something that keeps the
//! answer open turns ([`crate::turns`]). Each condition is searched alone: while an age is waited for, nobody's income is
//! worked out again.

use crate::eval::{Env, Machine};
use crate::ir::{ByDate, Id, Op};
use crate::turns::Turns;
use crate::value::{Bounds, Val};

/// How far ahead is looked: 25 years.
pub(crate) const AHEAD: i64 = 9_131;
/// How many intervals one search may look at; more only when a rule hides its changes from interval arithmetic.
const BUDGET: u32 = 600;
/// Up to so many turns an interval is cut at all of them at once.
const FEW: usize = 4;

/// A search over the days after one.
pub(crate) struct Days {
    pub(crate) on: i64,
    left: u32,
    turns: Turns,
}

impl Days {
    pub(crate) fn new(on: i64) -> Self {
        Days { on, left: 0, turns: Turns::default() }
    }

    fn ahead(&self) -> Bounds {
        Bounds { lo: self.on + 1, hi: self.on + AHEAD }
    }

    /// The first day ahead, up to `last`, on which `never` does not hold of the node's value. Asked about an interval `never` must
    /// say that it holds on every day of it.
    pub(crate) fn first(
        &mut self,
        m: &mut Machine,
        id: Id,
        env: Env,
        last: i64,
        never: &dyn Fn(Val) -> bool,
    ) -> Option<i64> {
        if last <= self.on || !m.program.arena.node(id).dated {
            return None;
        }
        self.left = BUDGET;
        let ahead = self.ahead();
        self.search(m, id, env, Bounds { hi: last.min(ahead.hi), ..ahead }, never)
    }

    /// The value over some days; `None` when enough has been looked at. `again`: others will ask about just these days.
    fn over(&mut self, m: &mut Machine, id: Id, env: Env, days: Bounds, again: bool) -> Option<Val> {
        self.left = self.left.checked_sub(1)?;
        // Operations are told of the day of the run.
        let operations = m.operations;
        m.visit(days, again);
        let v = m.eval(id, env);
        m.come_home();
        m.operations = operations;
        Some(v)
    }

    /// Law by law.
    fn search(&mut self, m: &mut Machine, id: Id, env: Env, days: Bounds, never: &dyn Fn(Val) -> bool) -> Option<i64> {
        let mut from = days.lo;
        while from <= days.hi {
            let period = m.program.same_law(id, from, self.ahead());
            let here = Bounds { lo: from, hi: period.hi.min(days.hi) };
            let v = self.over(m, id, env, period, true)?;
            let found = match here == period || settled(v) || never(v) {
                true => self.within(m, id, env, (here, v), true, never),
                false => self.cut(m, id, env, here, &[], never),
            };
            if found.is_some() {
                return found;
            }
            from = period.hi + 1;
        }
        None
    }

    /// Cuts an interval that is open on the days on which something turns within it: the middle one while they are many, else
    /// all at once.
    fn cut(
        &mut self,
        m: &mut Machine,
        id: Id,
        env: Env,
        days: Bounds,
        turns: &[i64],
        never: &dyn Fn(Val) -> bool,
    ) -> Option<i64> {
        if !(1..=FEW).contains(&turns.len()) {
            let v = self.over(m, id, env, days, false)?;
            if turns.is_empty() || never(v) || settled(v) {
                return self.within(m, id, env, (days, v), false, never);
            }
        }
        if let (before, [turn, after @ ..]) = turns.split_at(turns.len() / 2)
            && turns.len() > FEW
        {
            let first = self.cut(m, id, env, Bounds { hi: turn - 1, ..days }, before, never);
            return first.or_else(|| self.cut(m, id, env, Bounds { lo: *turn, ..days }, after, never));
        }
        let starts = std::iter::once(days.lo).chain(turns.iter().copied());
        let ends = turns.iter().map(|turn| turn - 1).chain(std::iter::once(days.hi));
        starts.zip(ends).find_map(|(lo, hi)| self.cut(m, id, env, Bounds { lo, hi }, &[], never))
    }

    /// The first day within some days over which the value is known to be `v`.
    fn within(
        &mut self,
        m: &mut Machine,
        id: Id,
        env: Env,
        (days, v): (Bounds, Val),
        again: bool,
        never: &dyn Fn(Val) -> bool,
    ) -> Option<i64> {
        if never(v) {
            return None;
        }
        // What is known of the whole interval is so on its first day.
        if days.lo == days.hi || settled(v) {
            return Some(days.lo);
        }
        let operations = m.operations;
        m.visit(days, again);
        let mut turns = self.turns.within(m, id, env, days);
        m.come_home();
        m.operations = operations;
        if turns.is_empty() {
            // The days do not keep it open: it is open on the first day already, or hides its changes.
            if !never(self.over(m, id, env, Bounds { hi: days.lo, ..days }, false)?) {
                return Some(days.lo);
            }
            turns.push(days.lo + (days.hi - days.lo) / 2 + 1);
        }
        self.cut(m, id, env, days, &turns, never)
    }

    /// The first day ahead on which a verdict by date is neither *no* nor an error.
    pub(crate) fn first_open(&mut self, m: &mut Machine, versions: &[ByDate], env: Env) -> Option<i64> {
        self.left = BUDGET;
        let Bounds { lo: first, hi: last } = self.ahead();
        let ahead = versions.iter().map(|v| (v.node, Bounds { lo: v.from.max(first), hi: v.to.min(last) }));
        let mut ahead: Vec<(Id, Bounds)> = ahead.filter(|(_, days)| days.lo <= days.hi).collect();
        ahead.sort_unstable_by_key(|(_, days)| days.lo);
        ahead.into_iter().find_map(|(id, days)| self.all_open(m, id, env, days))
    }

    /// A conjunction is open on the first day on which every part is.
    fn all_open(&mut self, m: &mut Machine, id: Id, env: Env, days: Bounds) -> Option<i64> {
        let program = m.program;
        let mut parts: Vec<(Id, bool)> = match &program.arena.node(id).op {
            Op::And(list) => list.iter().map(|part| (*part, m.eval(*part, env) == Val::Bool(false))).collect(),
            _ => vec![(id, true)],
        };
        // Those that fail now decide on the day; the others are only looked at there.
        parts.sort_by_key(|(_, fails)| !fails);
        let (mut day, mut agreed) = (days.lo, 0);
        for (part, fails) in parts.iter().cycle() {
            let open = self.part_open(m, *part, env, Bounds { lo: day, hi: days.hi }, *fails && day == days.lo)?;
            agreed = if open == day { agreed + 1 } else { 1 };
            day = open;
            if agreed < parts.len() {
                continue;
            }
            // The whole may know by its ranges what the parts do not.
            if !never_open(self.over(m, id, env, Bounds { lo: day, hi: day }, false)?) {
                return Some(day);
            }
            (day, agreed) = (day + 1, 0);
            if day > days.hi {
                return None;
            }
        }
        None
    }

    fn part_open(&mut self, m: &mut Machine, id: Id, env: Env, days: Bounds, fails: bool) -> Option<i64> {
        if !m.program.arena.node(id).dated {
            return (!never_open(m.eval(id, env))).then_some(days.lo);
        }
        if !fails && !never_open(self.on_day(m, id, env, days.lo)?) {
            return Some(days.lo);
        }
        self.search(m, id, env, days, &never_open)
    }

    /// The value on one day: what is known of all the days of its law was perhaps worked out for another programme.
    fn on_day(&mut self, m: &mut Machine, id: Id, env: Env, day: i64) -> Option<Val> {
        let period = m.program.same_law(id, day, self.ahead());
        match self.over(m, id, env, period, true)? {
            v if settled(v) => Some(v),
            _ => self.over(m, id, env, Bounds { lo: day, hi: day }, false),
        }
    }
}

/// Whether a value worked out for an interval is that of each of its days: an error may be that of some.
fn settled(v: Val) -> bool {
    !v.is_unknown() && !v.is_error()
}

fn never_open(v: Val) -> bool {
    matches!(v, Val::Bool(false) | Val::Error(_))
}
