//! What an answer rests on: the facts that decided it, the named values compared on the way, and the facts still missing.

use crate::eval::{Env, Machine};
use crate::facts::readable;
use crate::ir::{Aggregate, ByDate, Id, Op};
use crate::outcome::{FactRef, FactUsed, Step, Subject};
use crate::schema::Entity;
use crate::value::{Bounds, Val};

/// A fact's place: household or member, and column.
pub(crate) type Place = (Option<usize>, u32);

/// Walks from an answer back to its reasons.
pub(crate) struct Tracer {
    /// For each slot the walk that came by last.
    seen: Vec<u32>,
    walk: u32,
    places: Vec<Place>,
    /// Whether something unknown was reached on two ways.
    pub(crate) shared: bool,
    /// Known values that unknown ones were compared with.
    pub(crate) cuts: Vec<Val>,
    /// Unknown comparisons and unknown truths on which the answer hangs.
    pub(crate) atoms: Vec<(Id, Env)>,
}

/// What a walk is after.
#[derive(Clone, Copy, PartialEq, Eq)]
enum After {
    /// The facts that made the value what it is.
    Reasons,
    /// The unknown facts that could still change it.
    Missing,
}

impl Tracer {
    pub(crate) fn new() -> Self {
        Tracer { seen: Vec::new(), walk: 0, places: Vec::new(), shared: false, cuts: Vec::new(), atoms: Vec::new() }
    }

    /// The facts that decided a value, in the order in which they were reached.
    pub(crate) fn facts(&mut self, machine: &mut Machine, id: Id, env: Env) -> Vec<FactUsed> {
        let places = self.collect(machine, id, env, After::Reasons);
        places.into_iter().map(|p| fact_used(machine, p)).collect()
    }

    /// The unknown facts that could change a value, sorted.
    pub(crate) fn missing(&mut self, machine: &mut Machine, id: Id, env: Env) -> Vec<FactRef> {
        let places = self.relevant(machine, id, env);
        places.into_iter().map(|p| fact_ref(machine, p)).collect()
    }

    /// The unknown facts a value was read from, and what [`Tracer::shared`] and [`Tracer::cuts`] say of them.
    pub(crate) fn unknown(&mut self, machine: &mut Machine, id: Id, env: Env) -> Vec<(Place, Vec<Val>)> {
        let places = self.collect(machine, id, env, After::Missing);
        places.into_iter().map(|p| (p, Vec::new())).collect()
    }

    fn collect(&mut self, machine: &mut Machine, id: Id, env: Env, after: After) -> Vec<Place> {
        self.begin(machine);
        self.places.clear();
        self.cuts.clear();
        self.atoms.clear();
        self.shared = false;
        self.walk(machine, id, env, after);
        std::mem::take(&mut self.places)
    }

    fn begin(&mut self, m: &Machine) {
        self.seen.resize(m.slots(), 0);
        self.walk += 1;
    }

    /// Whether this walk has not been here before. What depends on several people is looked at each time.
    fn first_time(&mut self, m: &Machine, id: Id, env: Env) -> bool {
        match self.seen.get_mut(m.slot(id, env)) {
            Some(last) => std::mem::replace(last, self.walk) != self.walk,
            None => true,
        }
    }

    fn place(&mut self, place: Place) {
        if self.places.contains(&place) {
            self.shared = true;
        } else {
            self.places.push(place);
        }
    }

    fn walk(&mut self, m: &mut Machine, id: Id, env: Env, after: After) {
        let v = m.eval(id, env);
        if after == After::Missing && !v.is_unknown() {
            return;
        }
        let program = m.program;
        let op = &program.arena.node(id).op;
        match op {
            Op::Const(_) | Op::Today | Op::ClaimDate => return,
            Op::HouseholdFact(c) => return self.place((None, *c)),
            Op::PersonFact(c) => return self.place((env.person(0), *c)),
            _ => {}
        }
        if !self.first_time(m, id, env) {
            self.shared = true;
            return;
        }
        match op {
            Op::Compare(_, a, b) if after == After::Missing => {
                self.atoms.push((id, env));
                for side in [*a, *b] {
                    let v = m.eval(side, env);
                    if !v.is_unknown() && !self.cuts.contains(&v) {
                        self.cuts.push(v);
                    }
                    self.walk(m, side, env, after);
                }
            }
            Op::And(list) | Op::Or(list) => self.walk_kleene(m, list, env, after, v, matches!(op, Op::Or(_))),
            Op::If(c, yes, no) => {
                let cond = m.eval(*c, env);
                self.walk(m, *c, env, after);
                if cond != Val::Bool(false) {
                    self.walk(m, *yes, env, after);
                }
                if cond != Val::Bool(true) {
                    self.walk(m, *no, env, after);
                }
            }
            Op::Define { versions, stated, .. } => {
                if let Some(fact) = stated
                    && !m.eval(*fact, env).is_unknown()
                {
                    return self.walk(m, *fact, env, after);
                }
                self.walk_in_force(m, versions, env, after);
            }
            Op::Entitled { versions, .. } | Op::AmountOf { versions, .. } => {
                self.walk_in_force(m, versions, env, after)
            }
            Op::Least(list) | Op::Greatest(list) => {
                self.walk_extreme(m, list, env, after, v, matches!(op, Op::Greatest(_)));
            }
            Op::Aggregate { how, relation, of, filter, value } => {
                let people = m.people(*relation, *of, env);
                self.walk_people(m, *how, people, *filter, *value, env, after, v);
            }
            Op::Outer(by, a) => self.walk(m, *a, env.outside(*by), after),
            other => other.each_child(|child| self.walk(m, child, env, after)),
        }
    }

    /// Of `false and …` only what is false is a reason; of an open conjunction only what is open is missing.
    fn walk_kleene(&mut self, m: &mut Machine, list: &[Id], env: Env, after: After, v: Val, decisive: bool) {
        for id in list {
            let part = m.eval(*id, env);
            if after == After::Missing || v != Val::Bool(decisive) || part == v {
                self.walk(m, *id, env, after);
            }
        }
    }

    fn walk_in_force(&mut self, m: &mut Machine, versions: &[ByDate], env: Env, after: After) {
        let today = m.today;
        for v in versions.iter().filter(|v| v.from <= today.hi && v.to >= today.lo) {
            self.walk(m, v.node, env, after);
        }
    }

    /// Of a smallest or largest only those that can still be it.
    fn walk_extreme(&mut self, m: &mut Machine, list: &[Id], env: Env, after: After, v: Val, largest: bool) {
        let whole = v.bounds();
        for id in list {
            let b = m.eval(*id, env).bounds();
            let can_be = if largest { b.hi > whole.lo || b.lo == b.hi } else { b.lo < whole.hi || b.lo == b.hi };
            if after == After::Reasons || can_be {
                self.walk(m, *id, env, after);
            }
        }
    }

    #[allow(clippy::too_many_arguments, reason = "the parts of one aggregate node")]
    fn walk_people(
        &mut self,
        m: &mut Machine,
        how: Aggregate,
        people: &[usize],
        filter: Option<Id>,
        value: Option<Id>,
        env: Env,
        after: After,
        v: Val,
    ) {
        let decisive = match how {
            Aggregate::Any => Some(true),
            Aggregate::Every => Some(false),
            _ => None,
        };
        for person in people {
            let env = env.with(*person);
            let counts = filter.map_or(Val::Bool(true), |f| m.eval(f, env));
            let here = value.map_or(Val::Int(1), |v| m.eval(v, env));
            if let Some(d) = decisive {
                let settles = counts == Val::Bool(true) && here == Val::Bool(d);
                if after == After::Reasons && v == Val::Bool(d) && !settles {
                    continue;
                }
                if after == After::Missing && (counts == Val::Bool(false) || here == Val::Bool(!d)) {
                    continue;
                }
            }
            let adds_nothing = how == Aggregate::Sum && !here.is_unknown() && here.bounds() == Bounds { lo: 0, hi: 0 };
            if after == After::Missing && adds_nothing {
                continue;
            }
            if let Some(f) = filter {
                self.walk(m, f, env, after);
            }
            // What somebody would add who does not count is no reason; and 0 or nothing more to add cannot matter.
            if counts != Val::Bool(false)
                && let Some(value) = value
            {
                self.walk(m, value, env, after);
            }
        }
    }

    /// The named values compared, left to right.
    pub(crate) fn steps(&mut self, m: &mut Machine, id: Id, env: Env) -> Vec<Step> {
        self.begin(m);
        let mut steps = Vec::new();
        self.step(m, id, env, &mut steps);
        steps
    }

    fn step(&mut self, m: &mut Machine, id: Id, env: Env, out: &mut Vec<Step>) {
        let program = m.program;
        let op = &program.arena.node(id).op;
        if matches!(op, Op::Const(_)) || !self.first_time(m, id, env) {
            return;
        }
        if let Some((name, subject)) = named(m, id, env) {
            let v = m.eval(id, env);
            let value = readable(&program.layout, &m.household.texts, &program.arena.node(id).ty, v);
            out.push(Step { name, subject, value });
            return;
        }
        match op {
            Op::If(c, yes, no) => {
                self.step(m, *c, env, out);
                match m.eval(*c, env) {
                    Val::Bool(true) => self.step(m, *yes, env, out),
                    Val::Bool(false) => self.step(m, *no, env, out),
                    _ => {}
                }
            }
            Op::Aggregate { relation, of, filter, value, .. } => {
                for person in m.people(*relation, *of, env) {
                    let env = env.with(*person);
                    if let Some(f) = filter
                        && m.eval(*f, env) == Val::Bool(false)
                    {
                        continue;
                    }
                    for part in value.iter().chain(filter) {
                        self.step(m, *part, env, out);
                    }
                }
            }
            Op::Outer(by, a) => self.step(m, *a, env.outside(*by), out),
            other => other.each_child(|child| self.step(m, child, env, out)),
        }
    }
}

/// The name under which a value is known to people, if it has one: an item, a definition, a table with its keys, a programme.
pub(crate) fn named(m: &mut Machine, id: Id, env: Env) -> Option<(String, Subject)> {
    let program = m.program;
    let node = program.arena.node(id);
    let subject = match (node.need, env.person(0)) {
        (0, _) | (_, None) => Subject::Household,
        (_, Some(p)) => Subject::Person(p),
    };
    let item = |entity: Entity, c: u32| program.layout.columns(entity).get(c as usize).map(|c| c.id.to_string());
    let name = match &node.op {
        Op::HouseholdFact(c) => item(Entity::Household, *c)?,
        Op::PersonFact(c) => item(Entity::Person, *c)?,
        Op::Define { definition, .. } => {
            let d = program.definitions.get(*definition as usize)?;
            let subject = if d.entity == Entity::Household { Subject::Household } else { subject };
            return Some((d.id.to_string(), subject));
        }
        Op::Param { table, keys, .. } => {
            let id = program.tables.get(*table as usize)?.id.to_string();
            let keys: Vec<String> = keys.iter().map(|k| key_text(m, *k, env)).collect();
            if keys.is_empty() { id } else { format!("{id}({})", keys.join(", ")) }
        }
        Op::Entitled { programme, .. } => format!("entitled({})", program.programmes.get(*programme as usize)?.id),
        Op::AmountOf { programme, .. } => format!("amount of({})", program.programmes.get(*programme as usize)?.id),
        _ => return None,
    };
    Some((name, subject))
}

fn key_text(m: &mut Machine, key: Id, env: Env) -> String {
    use crate::schema::Value;
    let v = m.eval(key, env);
    let program = m.program;
    match readable(&program.layout, &m.household.texts, &program.arena.node(key).ty, v) {
        Some(Value::Integer(n) | Value::Money(n)) => n.to_string(),
        Some(Value::Code(t) | Value::Text(t) | Value::Decimal(t)) => t,
        Some(Value::Boolean(b)) => b.to_string(),
        Some(Value::Date(d)) => d.to_string(),
        None => "?".into(),
    }
}

pub(crate) fn fact_ref(m: &Machine, (member, column): Place) -> FactRef {
    let (entity, subject) = match member {
        None => (Entity::Household, Subject::Household),
        Some(p) => (Entity::Person, Subject::Person(p)),
    };
    let item = m.program.layout.columns(entity).get(column as usize).map(|c| c.id.to_string()).unwrap_or_default();
    FactRef { subject, item }
}

fn fact_used(m: &Machine, place: Place) -> FactUsed {
    let (member, column) = place;
    let entity = if member.is_none() { Entity::Household } else { Entity::Person };
    let v = m.household.fact(column, member);
    let slot = m.household.slot(column, member);
    let stated = slot.is_some_and(|s| s.given.is_some());
    let ty = m.program.layout.columns(entity).get(column as usize).map(|c| crate::types::Ty::of(&c.ty));
    FactUsed {
        fact: fact_ref(m, place),
        value: ty.and_then(|ty| readable(&m.program.layout, &m.household.texts, &ty, v)),
        provenance: slot.and_then(|s| s.provenance.as_deref().cloned()),
        assumed_absent: !stated && !v.is_unknown(),
    }
}
