//! What an answer hangs on: the facts still missing, and the named values compared on the way.

use crate::eval::{Env, Machine};
use crate::facts::readable;
use crate::ir::{Aggregate, Id, Op};
use crate::outcome::{FactRef, RulesHit, Step, Subject};
use crate::reasons::{Places, Reasons};
use crate::schema::Entity;
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
    /// The facts that decided, as far as found.
    pub(crate) reasons: Reasons,
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
            reasons: Reasons::new(),
            shared: false,
            atoms: Vec::new(),
        }
    }

    /// The unknown facts that could change a value, sorted.
    pub(crate) fn missing(&mut self, machine: &mut Machine, id: Id, env: Env) -> Vec<FactRef> {
        let places = self.relevant(machine, id, env);
        places.into_iter().map(|p| fact_ref(machine, p)).collect()
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
            let table = rules_hit(m, id, env);
            out.push(Step { name, subject, value, table });
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

/// The rules that matched, where a value comes from a decision table and all is known that decides which.
fn rules_hit(m: &mut Machine, id: Id, env: Env) -> Option<RulesHit> {
    let program = m.program;
    let Op::Define { definition, stated, .. } = &program.arena.node(id).op else { return None };
    let day = m.today.lo;
    let tables = &program.definitions.get(*definition as usize)?.tables;
    let table = tables.iter().find(|t| t.from <= day && day <= t.to)?;
    if stated.is_some_and(|s| !m.eval(s, env).is_unknown()) {
        return None;
    }
    let mut rules = Vec::new();
    for (number, line, hit) in &table.rules {
        match m.eval(*hit, env) {
            Val::Bool(true) => rules.push((*number, *line)),
            Val::Bool(false) => continue,
            _ => return None,
        }
        if table.first {
            break;
        }
    }
    Some(RulesHit { name: table.name.clone(), rules })
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
