//! The evaluator for one household: the reference meaning of the language.
//!
//! Values are worked out on demand and kept per node and person, so that what several programmes share is done once. The day
//! may be an interval: then every result holds for all days in it, which lets a search for the next change skip whole years.
//! A machine can visit other days and come back: what does not change with the days is worked out once for all of them, and
//! what does is kept on a sheet for each interval that several programmes will ask about.

use std::cell::{Cell, RefCell};

use crate::apply;
use crate::ast::Cmp;
use crate::facts::Household;
use crate::ir::{Aggregate, ByDate, Id, Node, Op, Relation};
use crate::program::{Hot, Leaf, Program};
use crate::trace::Place;
use crate::types::Ty;
use crate::value::{Bounds, Lane, Trouble, TroubleKind, Val};

/// How deep filters may be nested.
pub(crate) const MAX_PEOPLE: usize = 6;

/// Whom names speak of: the current person last, those outside before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Env {
    people: [u16; MAX_PEOPLE],
    len: u8,
}

impl Env {
    pub(crate) fn of(person: Option<usize>) -> Env {
        match person {
            Some(p) => Env::default().with(p),
            None => Env::default(),
        }
    }

    pub(crate) fn with(mut self, person: usize) -> Env {
        if let Some(slot) = self.people.get_mut(usize::from(self.len)) {
            *slot = u16::try_from(person).unwrap_or(u16::MAX);
            self.len += 1;
        }
        self
    }

    pub(crate) fn outside(mut self, by: u8) -> Env {
        self.len = self.len.saturating_sub(by);
        // What is left outside must not tell equal environments apart.
        self.people.iter_mut().skip(usize::from(self.len)).for_each(|p| *p = 0);
        self
    }

    /// The person so many levels outside.
    pub(crate) fn person(&self, outside: u8) -> Option<usize> {
        let at = usize::from(self.len).checked_sub(1 + usize::from(outside))?;
        self.people.get(at).map(|p| usize::from(*p))
    }
}

/// A value kept, with what it was worked out for.
#[derive(Clone, Copy)]
struct Kept {
    val: Val,
    /// The days for which it holds, if it changes with the days at all.
    days: (i32, i32),
    /// For which run, and for which supposition in it, it was worked out: see [`next_number`].
    on: u64,
}

const NOTHING: Kept = Kept { val: Val::Bool(false), days: (0, 0), on: 0 };

/// How many buffers a thread keeps for its next runs.
const SPARE: usize = 8;

thread_local! {
    /// Buffers of values of earlier runs. Numbers are never used twice, so what stands in them is never taken for anything of
    /// this run; to make and clear new ones would cost more than many a whole run.
    static BUFFERS: RefCell<Vec<Vec<Kept>>> = const { RefCell::new(Vec::new()) };
    static NUMBER: Cell<u64> = const { Cell::new(0) };
}

/// A number for a run or a supposition that no value in any buffer of this thread carries.
fn next_number() -> u64 {
    NUMBER.set(NUMBER.get() + 1);
    NUMBER.get()
}

fn buffer(size: usize) -> Vec<Kept> {
    let mut buffer = BUFFERS.with_borrow_mut(Vec::pop).unwrap_or_default();
    buffer.resize(size, NOTHING);
    buffer
}

impl Drop for Machine<'_> {
    fn drop(&mut self) {
        let sheets = self.sheets.drain(..).map(|sheet| sheet.memo);
        let buffers = sheets.chain(std::iter::once(std::mem::take(&mut self.memo)));
        // A thread that is ending has nowhere to keep them.
        let _ = BUFFERS.try_with(|kept| {
            if let Ok(mut kept) = kept.try_borrow_mut() {
                let room = SPARE.saturating_sub(kept.len());
                kept.extend(buffers.take(room));
            }
        });
    }
}

impl Kept {
    /// What is known for many days is known for some of them; what was open may be decided, and an error may be settled.
    #[inline]
    fn holds(&self, today: (i32, i32)) -> bool {
        let within = self.days.0 <= today.0 && today.1 <= self.days.1;
        within && (self.days == today || !matches!(self.val, Val::Unknown(_) | Val::Error(_)))
    }
}

/// What changes with the days, worked out for days elsewhere.
struct Sheet {
    /// The days it is for; the first sheet is for whatever days come along.
    days: Option<Bounds>,
    memo: Vec<Kept>,
}

/// How many sheets there are at most: the one for whatever days come along, and those of intervals asked about again.
const SHEETS: usize = 6;

/// One run over one household.
pub(crate) struct Machine<'a> {
    pub(crate) program: &'a Program,
    pub(crate) household: &'a Household,
    pub(crate) today: Bounds,
    pub(crate) claim: Bounds,
    /// `today` as kept values have it.
    days: (i32, i32),
    memo: Vec<Kept>,
    /// The day of this run and its claim, to come back to.
    home: (Bounds, Bounds),
    sheets: Vec<Sheet>,
    /// The sheet of the days visited, whose place holds what is kept at home until then; `None` at home.
    away: Option<usize>,
    /// The other sheets whose days contain those visited, as a set of bits.
    wider: u32,
    /// Facts supposed instead of those recorded.
    supposed: Vec<(Place, Val)>,
    /// The number of values that rest on recorded facts alone.
    record: u64,
    /// The number of the supposition under way.
    supposition: u64,
    /// The columns supposed, as a set of bits like [`Program::reads`].
    supposed_columns: Vec<u64>,
    /// Operations done so far.
    pub(crate) operations: u64,
}

impl<'a> Machine<'a> {
    pub(crate) fn new(program: &'a Program, household: &'a Household, today: Bounds, claim: Bounds) -> Self {
        let size = program.household_slots + program.person_slots * household.members.len();
        Machine {
            program,
            household,
            today,
            claim,
            days: (short(today.lo), short(today.hi)),
            memo: buffer(size),
            home: (today, claim),
            sheets: Vec::new(),
            away: None,
            wider: 0,
            supposed: Vec::new(),
            record: next_number(),
            supposition: 0,
            supposed_columns: Vec::new(),
            operations: 0,
        }
    }

    /// Goes to other days, until [`Machine::come_home`]. The claim moves along if it is made on the day of the run. `again`: others
    /// will ask about just these days.
    pub(crate) fn visit(&mut self, days: Bounds, again: bool) {
        self.come_home();
        let size = self.memo.len();
        if self.sheets.is_empty() {
            self.sheets.push(Sheet { days: None, memo: buffer(size) });
        }
        let mut here = if again { self.sheets.iter().position(|s| s.days == Some(days)) } else { None };
        if again && here.is_none() && self.sheets.len() < SHEETS {
            here = Some(self.sheets.len());
            self.sheets.push(Sheet { days: Some(days), memo: buffer(size) });
        }
        let here = here.unwrap_or(0);
        let contains = |s: &Sheet| s.days.is_some_and(|d| d.lo <= days.lo && days.hi <= d.hi);
        let wider = self.sheets.iter().enumerate().filter(|(n, s)| *n != here && contains(s));
        self.wider = wider.fold(0, |set, (n, _)| set | 1 << n);
        let (today, claim) = self.home;
        self.go(days, if claim == today { days } else { claim });
        self.away = Some(here);
        self.turn_to_sheet();
    }

    /// Goes back to the day of the run.
    pub(crate) fn come_home(&mut self) {
        if self.away.is_some() {
            self.turn_to_sheet();
            self.away = None;
            let (today, claim) = self.home;
            self.go(today, claim);
        }
    }

    fn go(&mut self, today: Bounds, claim: Bounds) {
        (self.today, self.claim) = (today, claim);
        self.days = (short(today.lo), short(today.hi));
    }

    fn turn_to_sheet(&mut self) {
        if let Some(sheet) = self.away.and_then(|n| self.sheets.get_mut(n)) {
            std::mem::swap(&mut self.memo, &mut sheet.memo);
        }
    }

    /// Supposes facts to be otherwise than recorded; nothing to go back to the record.
    pub(crate) fn suppose(&mut self, facts: &[(Place, Val)]) {
        self.supposed.clear();
        self.supposed.extend_from_slice(facts);
        self.supposed_columns.clear();
        if facts.is_empty() {
            return;
        }
        self.supposition = next_number();
        let program = self.program;
        self.supposed_columns.resize(program.words, 0);
        for ((member, column), _) in facts {
            let (word, bit) = program.column_bit(member.is_some(), *column);
            if let Some(w) = self.supposed_columns.get_mut(word) {
                *w |= bit;
            }
        }
    }

    /// On what a node's value rests: on recorded facts alone, or on what is supposed at the moment.
    #[inline]
    fn rests_on(&self, id: Id) -> u64 {
        if self.supposed.is_empty() {
            return self.record;
        }
        let touched = self.program.reads(id).iter().zip(&self.supposed_columns).any(|(a, b)| a & b != 0);
        if touched { self.supposition } else { self.record }
    }

    /// All of these together.
    pub(crate) fn all(&mut self, list: &[Id], env: Env) -> Val {
        self.kleene(list, env, false)
    }

    #[inline]
    fn fact(&self, column: u32, member: Option<usize>) -> Val {
        if !self.supposed.is_empty()
            && let Some((_, v)) = self.supposed.iter().find(|(p, _)| *p == (member, column))
        {
            return *v;
        }
        self.household.fact(column, member)
    }

    /// Where the value of a node for the current person is kept; beyond all slots for what depends on several people.
    #[inline]
    pub(crate) fn slot(&self, id: Id, env: Env) -> usize {
        self.slot_of(self.program.hot(id), env)
    }

    #[inline]
    fn slot_of(&self, hot: Hot, env: Env) -> usize {
        match hot.need {
            0 => hot.slot as usize,
            1 => {
                let person = env.person(0).unwrap_or(0);
                self.program.household_slots + hot.slot as usize * self.household.members.len() + person
            }
            _ => usize::MAX,
        }
    }

    /// How many slots there are.
    pub(crate) fn slots(&self) -> usize {
        self.memo.len()
    }

    /// The value of a node.
    #[inline]
    pub(crate) fn eval(&mut self, id: Id, env: Env) -> Val {
        let hot = self.program.hot(id);
        match hot.leaf {
            Leaf::No => {}
            Leaf::Written => return self.program.written.get(hot.at as usize).copied().unwrap_or(Val::UNKNOWN),
            Leaf::Household => return self.fact(hot.at, None),
            Leaf::Person => return self.fact(hot.at, env.person(0)),
        }
        let slot = self.slot_of(hot, env);
        let on = self.rests_on(id);
        if let Some(kept) = self.memo.get(slot)
            && kept.on == on
            && (!hot.dated || kept.holds(self.days))
        {
            return kept.val;
        }
        self.work_out(id, env, slot, on)
    }

    /// What was worked out for the run's own day and is the same on all days, or for more days than those visited.
    #[inline(never)]
    fn known_elsewhere(&self, dated: bool, slot: usize, on: u64, sheet: usize) -> Option<Val> {
        let kept = |sheet: usize| self.sheets.get(sheet)?.memo.get(slot).filter(|kept| kept.on == on);
        if !dated {
            return kept(sheet).map(|kept| kept.val);
        }
        let mut wider = self.wider;
        while wider != 0 {
            if let Some(kept) = kept(wider.trailing_zeros() as usize).filter(|kept| kept.holds(self.days)) {
                return Some(kept.val);
            }
            wider &= wider - 1;
        }
        None
    }

    #[inline(never)]
    fn work_out(&mut self, id: Id, env: Env, slot: usize, on: u64) -> Val {
        let node = self.program.arena.node(id);
        if let Some(sheet) = self.away
            && let Some(v) = self.known_elsewhere(node.dated, slot, on, sheet)
        {
            return v;
        }
        self.operations += 1;
        let v = match self.work(node, env) {
            // What holds whatever the facts are is known even where the facts are not.
            Ok(Val::Unknown(_)) if node.ty == Ty::Bool && node.range.lo == node.range.hi && !node.fallible => {
                Val::Bool(node.range.lo == 1)
            }
            Ok(v) => v,
            Err(kind) => Val::Error(Trouble { kind, node: id.0 }),
        };
        if let Some(kept) = self.memo.get_mut(slot) {
            *kept = Kept { val: v, days: self.days, on };
        }
        v
    }

    fn work(&mut self, node: &Node, env: Env) -> apply::Outcome {
        Ok(match &node.op {
            Op::Const(v) => *v,
            Op::HouseholdFact(c) => self.fact(*c, None),
            Op::PersonFact(c) => self.fact(*c, env.person(0)),
            Op::Today => Val::between(self.today, Lane::Date),
            Op::ClaimDate => Val::between(self.claim, Lane::Date),
            Op::Define { versions, stated, .. } => {
                if let Some(fact) = stated {
                    let v = self.eval(*fact, env);
                    if !v.is_unknown() {
                        return Ok(v);
                    }
                }
                self.in_force(versions, env, Err(TroubleKind::NoVersion))?
            }
            Op::Entitled { versions, .. } => self.in_force(versions, env, Ok(Val::Bool(false)))?,
            Op::AmountOf { versions, .. } => self.in_force(versions, env, Ok(Val::Int(0)))?,
            Op::Param { table, at, keys } => return self.param(*table, *at, keys, env),
            Op::Not(a) => match self.eval(*a, env) {
                Val::Bool(b) => Val::Bool(!b),
                other => other,
            },
            Op::And(list) => self.kleene(list, env, false),
            Op::Or(list) => self.kleene(list, env, true),
            Op::Compare(cmp, a, b) => {
                let (a, b) = (self.eval(*a, env), self.eval(*b, env));
                apply::compare(*cmp, a, b)
            }
            Op::If(c, yes, no) => match self.eval(*c, env) {
                Val::Bool(true) => self.eval(*yes, env),
                Val::Bool(false) => self.eval(*no, env),
                e @ Val::Error(_) => e,
                _ => apply::either(self.eval(*yes, env), self.eval(*no, env)),
            },
            Op::Arith(op, a, b) => {
                let (a, b) = (self.eval(*a, env), self.eval(*b, env));
                return apply::arith(*op, lane(&node.ty), a, b);
            }
            Op::Negate(a) => return apply::negate(self.eval(*a, env), lane(&node.ty)),
            Op::Abs(a) => return apply::abs(self.eval(*a, env)),
            Op::Widen(a) => apply::widen(self.eval(*a, env)),
            Op::Round(how, scale, a) => return apply::round(*how, *scale, self.eval(*a, env)),
            Op::Least(list) => self.extreme(list, env, false, lane(&node.ty)),
            Op::Greatest(list) => self.extreme(list, env, true, lane(&node.ty)),
            Op::Between(unit, a, b) => {
                let (a, b) = (self.eval(*a, env), self.eval(*b, env));
                apply::between(*unit, a, b)
            }
            Op::Shift(unit, a, b) => {
                let (a, b) = (self.eval(*a, env), self.eval(*b, env));
                return apply::shift(*unit, a, b);
            }
            Op::Part(part, a) => apply::part(*part, self.eval(*a, env)),
            Op::IsKnown(a) => match self.eval(*a, env) {
                e @ Val::Error(_) => e,
                // Over several days an unknown may be the day's own doing.
                Val::Unknown(_) if self.today.lo != self.today.hi && self.program.arena.node(*a).dated => Val::UNKNOWN,
                Val::Unknown(_) => Val::Bool(false),
                _ => Val::Bool(true),
            },
            Op::Aggregate { how, relation, of, filter, value } => {
                return self.aggregate(*how, self.people(*relation, *of, env), *filter, *value, lane(&node.ty), env);
            }
            Op::Outer(by, a) => self.eval(*a, env.outside(*by)),
        })
    }

    /// The members an aggregate runs over.
    pub(crate) fn people(&self, relation: Relation, of: u8, env: Env) -> &'a [usize] {
        match (relation, env.person(of)) {
            (Relation::Members, _) => self.household.related(Relation::Members, 0),
            (_, Some(person)) => self.household.related(relation, person),
            _ => &[],
        }
    }

    /// The version in force; over several days, what all days have in common. `none`: what it is on a day without a version.
    fn in_force(&mut self, versions: &[ByDate], env: Env, none: apply::Outcome) -> apply::Outcome {
        let mut result: Option<Val> = None;
        let mut covered = 0;
        let today = self.today;
        for v in versions.iter().filter(|v| v.from <= today.hi && v.to >= today.lo) {
            let here = self.eval(v.node, env);
            covered += v.to.min(today.hi) - v.from.max(today.lo) + 1;
            result = Some(result.map_or(here, |r| apply::either(r, here)));
        }
        match result {
            None => none,
            Some(r) if covered > today.hi - today.lo || none == Ok(r) => Ok(r),
            // Some of the days have no version.
            Some(_) => Ok(Val::UNKNOWN),
        }
    }

    fn kleene(&mut self, list: &[Id], env: Env, decisive: bool) -> Val {
        let mut result = Val::Bool(!decisive);
        for id in list {
            match self.eval(*id, env) {
                Val::Bool(b) if b == decisive => return Val::Bool(decisive),
                Val::Bool(_) => {}
                e @ Val::Error(_) if !result.is_error() => result = e,
                unknown if result == Val::Bool(!decisive) => result = unknown,
                _ => {}
            }
        }
        result
    }

    fn extreme(&mut self, list: &[Id], env: Env, largest: bool, lane: Lane) -> Val {
        let mut result: Option<Val> = None;
        for id in list {
            let v = self.eval(*id, env);
            result = Some(result.map_or(v, |r| apply::extreme(largest, lane, r, v)));
        }
        result.unwrap_or(Val::UNKNOWN)
    }

    fn param(&mut self, table: u32, at: Id, keys: &[Id], env: Env) -> apply::Outcome {
        let day = match self.eval(at, env) {
            e @ Val::Error(_) => return Ok(e),
            v => v.bounds(),
        };
        let mut wanted = [Bounds::NONE; crate::tables::MAX_KEYS];
        for (slot, key) in wanted.iter_mut().zip(keys) {
            *slot = match self.eval(*key, env) {
                e @ Val::Error(_) => return Ok(e),
                Val::Code(c) => Bounds { lo: i64::from(c), hi: i64::from(c) },
                v => v.bounds(),
            };
        }
        let wanted = wanted.get(..keys.len()).unwrap_or(&[]);
        match self.program.tables.get(table as usize) {
            Some(t) => t.look_up(wanted, day).ok_or(TroubleKind::NoRow),
            None => Err(TroubleKind::NoRow),
        }
    }

    fn aggregate(
        &mut self,
        how: Aggregate,
        people: &[usize],
        filter: Option<Id>,
        value: Option<Id>,
        lane: Lane,
        env: Env,
    ) -> apply::Outcome {
        let mut acc = Accumulator::new(how, lane);
        for person in people {
            let env = env.with(*person);
            let counts = filter.map_or(Val::Bool(true), |f| self.eval(f, env));
            if counts == Val::Bool(false) {
                continue;
            }
            let v = value.map_or(Val::Int(1), |v| self.eval(v, env));
            if let Some(done) = acc.take(counts, v)? {
                return Ok(done);
            }
        }
        acc.finish()
    }
}

/// Day numbers of all days there can be fit.
fn short(day: i64) -> i32 {
    i32::try_from(day).unwrap_or(if day < 0 { i32::MIN } else { i32::MAX })
}

/// A number's lane.
pub(crate) fn lane(ty: &Ty) -> Lane {
    match ty {
        Ty::Num { whole: false, .. } => Lane::Dec,
        Ty::Date => Lane::Date,
        _ => Lane::Int,
    }
}

/// Makes the values of members one. Members of whom it is not known whether they count widen the bounds.
pub(crate) struct Accumulator {
    how: Aggregate,
    lane: Lane,
    so_far: Option<Val>,
    error: Option<Val>,
    unknown: bool,
    /// Bounds of a member who may or may not count, for the smallest and largest.
    perhaps: Option<Bounds>,
}

impl Accumulator {
    pub(crate) fn new(how: Aggregate, lane: Lane) -> Self {
        let zero = match lane {
            Lane::Dec => Val::Dec(crate::dec::Dec::ZERO),
            _ => Val::Int(0),
        };
        let so_far = matches!(how, Aggregate::Count | Aggregate::Sum).then_some(zero);
        Accumulator { how, lane, so_far, error: None, unknown: false, perhaps: None }
    }

    /// Takes a member's value; gives the result at once when it is settled.
    pub(crate) fn take(&mut self, counts: Val, v: Val) -> Result<Option<Val>, TroubleKind> {
        let decisive = self.how == Aggregate::Any;
        match self.how {
            Aggregate::Any | Aggregate::Every => match (counts, v) {
                (Val::Bool(true), Val::Bool(b)) if b == decisive => return Ok(Some(v)),
                // Whether or not this member counts, nothing is decided by a value that is not decisive.
                (_, Val::Bool(b)) if b != decisive => {}
                (e @ Val::Error(_), _) | (_, e @ Val::Error(_)) => self.error = Some(e),
                _ => self.unknown = true,
            },
            _ if counts.is_error() => self.error = Some(counts),
            // Whether this member counts at all is not known: an error of its value does not block yet.
            _ if v.is_error() && !counts.is_unknown() => self.error = Some(v),
            Aggregate::Count | Aggregate::Sum => {
                let zero = Bounds { lo: 0, hi: 0 };
                let v = if counts.is_unknown() { Val::between(v.bounds().hull(zero), self.lane) } else { v };
                let before = self.so_far.unwrap_or(Val::Int(0));
                self.so_far = Some(apply::arith(crate::ir::Arith::Add, self.lane, before, v)?);
            }
            Aggregate::Min | Aggregate::Max if counts.is_unknown() => {
                let b = v.bounds();
                self.perhaps = Some(self.perhaps.map_or(b, |p| p.hull(b)));
            }
            Aggregate::Min | Aggregate::Max => {
                let largest = self.how == Aggregate::Max;
                self.so_far = Some(self.so_far.map_or(v, |s| apply::extreme(largest, self.lane, s, v)));
            }
        }
        Ok(None)
    }

    pub(crate) fn finish(self) -> apply::Outcome {
        if let Some(e) = self.error {
            return Ok(e);
        }
        Ok(match self.how {
            Aggregate::Any | Aggregate::Every if self.unknown => Val::UNKNOWN,
            Aggregate::Any => Val::Bool(false),
            Aggregate::Every => Val::Bool(true),
            Aggregate::Count | Aggregate::Sum => self.so_far.unwrap_or(Val::Int(0)),
            Aggregate::Min | Aggregate::Max => match (self.so_far, self.perhaps) {
                (None, None) => return Err(TroubleKind::Nobody),
                (None, Some(p)) => Val::Unknown(p),
                (Some(s), None) => s,
                (Some(s), Some(p)) => {
                    let b = s.bounds();
                    let nearer = if self.how == Aggregate::Max {
                        Bounds { lo: b.lo, hi: b.hi.max(p.hi) }
                    } else {
                        Bounds { lo: b.lo.min(p.lo), hi: b.hi }
                    };
                    if nearer == b { s } else { Val::Unknown(nearer) }
                }
            },
        })
    }
}

/// Whether a comparison of two values holds for certain.
pub(crate) fn certainly(cmp: Cmp, a: Val, b: Val) -> bool {
    apply::compare(cmp, a, b) == Val::Bool(true)
}
