//! On which days something turns that keeps a value open.
//!
//! A value that is not the same on all days of an interval hangs on comparisons that turn within it: an age reaches 18, a
//! deadline passes. Walking down what is open finds them, and most tell the day. The days are only where to cut: that the
//! answer holds between them is worked out, never taken from here.

use crate::days;
use crate::eval::{Env, Machine};
use crate::ir::{Arith, DatePart, Id, Op, TimeUnit};
use crate::value::{Bounds, Val};

/// A walk down what is open.
#[derive(Default)]
pub(crate) struct Turns {
    /// For each slot the walk that came by last.
    seen: Vec<u32>,
    walk: u32,
    days: Option<Bounds>,
    exact: Vec<i64>,
    /// Where a number that is not compared changes, nearest to the middle.
    step: Option<i64>,
}

impl Turns {
    /// Days after the first of `days`, which the machine visits, on which something turns that keeps the value open, sorted. Where
    /// none can be told, one near the middle on which a number may change; empty where the days do not keep it open.
    pub(crate) fn within(&mut self, m: &mut Machine, id: Id, env: Env, days: Bounds) -> Vec<i64> {
        self.seen.resize(m.slots(), 0);
        self.walk += 1;
        self.days = Some(days);
        self.step = None;
        self.open(m, id, env);
        let mut found = std::mem::take(&mut self.exact);
        if found.is_empty() {
            found.extend(self.step);
        }
        found.sort_unstable();
        found
    }

    fn is_open(m: &mut Machine, id: Id, env: Env) -> bool {
        m.program.arena.node(id).dated && matches!(m.eval(id, env), Val::Unknown(_) | Val::Error(_))
    }

    fn inside(&self, day: i64) -> bool {
        self.days.is_some_and(|d| d.lo < day && day <= d.hi)
    }

    fn turn(&mut self, day: i64) -> bool {
        let inside = self.inside(day) && !self.exact.contains(&day);
        if inside {
            self.exact.push(day);
        }
        self.inside(day)
    }

    fn open(&mut self, m: &mut Machine, id: Id, env: Env) {
        if !Self::is_open(m, id, env) {
            return;
        }
        if let Some(last) = self.seen.get_mut(m.slot(id, env))
            && std::mem::replace(last, self.walk) == self.walk
        {
            return;
        }
        let program = m.program;
        match &program.arena.node(id).op {
            Op::Compare(_, a, b) => {
                let (x, y) = (m.eval(*a, env), m.eval(*b, env));
                let told = match (x.is_unknown(), y.is_unknown()) {
                    (true, false) => self.reaches(m, *a, env, y.bounds()),
                    (false, true) => self.reaches(m, *b, env, x.bounds()),
                    _ => false,
                };
                if !told {
                    self.open(m, *a, env);
                    self.open(m, *b, env);
                }
            }
            Op::Param { table, at, keys } => {
                self.open(m, *at, env);
                let rows = program.tables.get(*table as usize).map(|t| t.rows.as_slice()).unwrap_or(&[]);
                for (n, key) in keys.iter().enumerate() {
                    let wanted = m.eval(*key, env).bounds();
                    let mut told = false;
                    for level in rows.iter().filter_map(|row| row.keys.get(n).copied()) {
                        if wanted.lo <= level && level <= wanted.hi {
                            told |= self.reaches(m, *key, env, Bounds { lo: level, hi: level });
                        }
                    }
                    if !told {
                        self.open(m, *key, env);
                    }
                }
            }
            Op::If(c, yes, no) => {
                let cond = m.eval(*c, env);
                self.open(m, *c, env);
                if cond != Val::Bool(false) {
                    self.open(m, *yes, env);
                }
                if cond != Val::Bool(true) {
                    self.open(m, *no, env);
                }
            }
            Op::Define { versions, .. } | Op::Entitled { versions, .. } | Op::AmountOf { versions, .. } => {
                let today = m.today;
                for v in versions.iter().filter(|v| v.from <= today.hi && v.to >= today.lo) {
                    self.turn(v.from);
                    self.open(m, v.node, env);
                }
            }
            Op::Aggregate { relation, of, filter, value, .. } => {
                for person in m.people(*relation, *of, env) {
                    let env = env.with(*person);
                    for part in filter.iter().chain(value) {
                        self.open(m, *part, env);
                    }
                }
            }
            Op::Outer(by, a) => self.open(m, *a, env.outside(*by)),
            Op::Between(unit, a, b) => {
                if !self.steps(*unit, m.eval(*a, env), m.eval(*b, env)) {
                    self.open(m, *a, env);
                    self.open(m, *b, env);
                }
            }
            Op::Part(part, a) if matches!(program.arena.node(*a).op, Op::Today | Op::ClaimDate) => {
                self.step_near(|middle| start_of(*part, middle));
            }
            Op::Today | Op::ClaimDate => self.step_near(Some),
            other => other.each_child(|child| self.open(m, child, env)),
        }
    }

    fn step_near(&mut self, day: impl Fn(i64) -> Option<i64>) {
        let Some(Bounds { lo, hi }) = self.days else { return };
        let middle = lo + (hi - lo) / 2 + 1;
        let day = day(middle).filter(|day| self.inside(*day)).unwrap_or(middle);
        let nearer = self.step.is_none_or(|step| (day - middle).abs() < (step - middle).abs());
        if nearer {
            self.step = Some(day);
        }
    }

    /// The day near the middle on which the time from a date to the day, or from the day to a date, is a whole unit more.
    fn steps(&mut self, unit: TimeUnit, a: Val, b: Val) -> bool {
        let (Val::Date(date), Val::Unknown(_)) = (if matches!(a, Val::Date(_)) { (a, b) } else { (b, a) }) else {
            return false;
        };
        self.step_near(|middle| match unit {
            TimeUnit::Days => Some(middle),
            TimeUnit::Months => days::plus_months(date, days::months_between(date, middle)),
            TimeUnit::Years => days::plus_months(date, days::months_between(date, middle) / 12 * 12),
        });
        true
    }

    /// The days on which an open number or date comes to a level or passes it. `false`: it cannot be told.
    fn reaches(&mut self, m: &mut Machine, id: Id, env: Env, level: Bounds) -> bool {
        let program = m.program;
        let node = program.arena.node(id);
        if !node.dated {
            return false;
        }
        match &node.op {
            Op::Widen(a) => self.reaches(m, *a, env, level),
            Op::Outer(by, a) => self.reaches(m, *a, env.outside(*by), level),
            Op::Define { versions, .. } => {
                let today = m.today;
                let mut here = versions.iter().filter(|v| v.from <= today.lo && v.to >= today.hi);
                here.next().is_some_and(|v| self.reaches(m, v.node, env, level))
            }
            Op::Arith(op @ (Arith::Add | Arith::Sub), a, b) => {
                let (x, y) = (m.eval(*a, env), m.eval(*b, env));
                match (op, x.is_unknown(), y.is_unknown()) {
                    (Arith::Add, true, false) => self.reaches(m, *a, env, level.plus(y.bounds().negated())),
                    (Arith::Add, false, true) => self.reaches(m, *b, env, level.plus(x.bounds().negated())),
                    (_, true, false) => self.reaches(m, *a, env, level.plus(y.bounds())),
                    (_, false, true) => self.reaches(m, *b, env, x.bounds().plus(level.negated())),
                    _ => false,
                }
            }
            // The time since a date comes to a level when the later date comes to the day that is so much later.
            Op::Between(unit, a, b) => match (m.eval(*a, env), m.eval(*b, env)) {
                (Val::Date(since), Val::Unknown(_)) => {
                    self.through(m, *b, env, level, |n| whole_units(*unit, since, n))
                }
                (Val::Unknown(_), Val::Date(until)) => {
                    self.through(m, *a, env, level, |n| whole_units(*unit, until, n.checked_neg()?))
                }
                _ => false,
            },
            Op::Shift(unit, a, by) => match m.eval(*by, env) {
                Val::Int(by) => self.through(m, *a, env, level, |day| whole_units(*unit, day, by.checked_neg()?)),
                _ => false,
            },
            Op::Part(DatePart::Year, a) => self.through(m, *a, env, level, first_of_year),
            Op::Part(part @ (DatePart::StartOfMonth | DatePart::EndOfMonth), a) => {
                self.through(m, *a, env, level, |day| start_of(*part, day))
            }
            Op::Today | Op::ClaimDate => {
                let ends = [level.lo, level.lo.saturating_add(1), level.hi, level.hi.saturating_add(1)];
                let mut told = false;
                for day in ends {
                    told |= self.turn(day);
                }
                told
            }
            _ => false,
        }
    }

    /// The same for a date from which the number is made: `day` tells on which day that comes to a level.
    fn through(
        &mut self,
        m: &mut Machine,
        date: Id,
        env: Env,
        level: Bounds,
        day: impl Fn(i64) -> Option<i64>,
    ) -> bool {
        let mut told = false;
        let high = Some(level.hi).filter(|hi| *hi != level.lo);
        for end in std::iter::once(level.lo).chain(high).filter(|n| *n != i64::MIN && *n != i64::MAX) {
            // At the level, and past it.
            for day in [Some(end), end.checked_add(1)].into_iter().flatten().filter_map(&day) {
                told |= match m.program.arena.node(date).op {
                    Op::Today | Op::ClaimDate => self.turn(day),
                    _ => self.reaches(m, date, env, Bounds { lo: day, hi: day }),
                };
            }
        }
        told
    }
}

/// The day that is so many whole units after a date: where its month has no such day, the first of the next.
fn whole_units(unit: TimeUnit, date: i64, n: i64) -> Option<i64> {
    let months = match unit {
        TimeUnit::Days => return date.checked_add(n),
        TimeUnit::Months => n,
        TimeUnit::Years => n.checked_mul(12)?,
    };
    let day = days::plus_months(date, months)?;
    Some(if days::civil(day).2 < days::civil(date).2 { day + 1 } else { day })
}

fn first_of_year(year: i64) -> Option<i64> {
    (1..=9999).contains(&year).then(|| days::number(year, 1, 1))
}

/// The first day of the year, or of the month, in which a day lies.
fn start_of(part: DatePart, day: i64) -> Option<i64> {
    if !(days::FIRST..=days::LAST).contains(&day) {
        return None;
    }
    let (year, month, _) = days::civil(day);
    match part {
        DatePart::Year => first_of_year(year),
        DatePart::Day => Some(day),
        _ => Some(days::number(year, month, 1)),
    }
}
