//! An explanation's numbers put together with what the rules say: names, values and sources, for a person or a program to read.

use std::sync::Arc;

use kernel::Date;

use crate::days;
use crate::facts::{Household, readable};
use crate::ir::{Id, Op};
use crate::outcome::{
    Amount, Answer, ConditionResult, Explanation, FactRef, FactUsed, Facts, NearestChange, ProgrammeResult, RulesHit,
    Step, Steps, Subject,
};
use crate::program::{Program, VersionIr};
use crate::record::{ConditionRecord, Further, Holds, NO_DAY, NONE, NearestRecord, Record, ResultRecord, Sum};
use crate::schema::{Entity, Value};
use crate::steps::StepRecord;
use crate::types::Ty;
use crate::value::{Trouble, Val};

/// One result of a record, for programs that need no words.
#[derive(Clone, Copy, Debug)]
pub struct ResultOf<'a> {
    record: &'a Record<'a>,
    it: &'a ResultRecord,
}

impl<'a> ResultOf<'a> {
    /// Index of the programme.
    pub fn programme(self) -> usize {
        self.it.programme as usize
    }

    /// Index of its version.
    pub fn version(self) -> usize {
        self.it.version as usize
    }

    /// Whose.
    pub fn subject(self) -> Subject {
        subject(self.it.person)
    }

    /// The answer.
    pub fn answer(self) -> Answer {
        self.it.answer
    }

    /// Minor units, where the sum is known and the answer is yes or open.
    pub fn amount(self) -> Option<i64> {
        match self.it.sum {
            Sum::Minor(n) => Some(n),
            Sum::Nothing | Sum::Open => None,
        }
    }

    /// The first condition that makes the answer what it is, by its place among the version's; `None` for a yes, and where
    /// `applies` or the sum decides.
    pub fn decided_by(self) -> Option<usize> {
        (self.it.decided_by != NONE).then_some(self.it.decided_by as usize)
    }

    /// The whole result in words.
    pub fn read(self) -> Option<ProgrammeResult> {
        Reader::new(self.record).result(self.it)
    }
}

impl Record<'_> {
    /// The results, in the pack's order of programmes, then subjects.
    pub fn results(&self) -> impl Iterator<Item = ResultOf<'_>> {
        self.it.results.iter().map(|it| ResultOf { record: self, it })
    }

    /// The explanation in words.
    pub fn read(&self) -> Explanation {
        let mut reader = Reader::new(self);
        let programmes = &self.program.programmes;
        let operations = self.it.operations.iter();
        Explanation {
            on: self.on,
            rule_set: self.program.hash.clone(),
            results: self.it.results.iter().filter_map(|r| reader.result(r)).collect(),
            operations: operations
                .filter_map(|(n, done)| Some((programmes.get(*n as usize)?.id.to_string(), *done)))
                .collect(),
        }
    }
}

/// Reads a record: what stands behind many conditions is put into words once.
struct Reader<'a> {
    record: &'a Record<'a>,
    used: Vec<Option<Arc<FactUsed>>>,
    facts: Vec<Option<Facts>>,
    steps: Vec<Option<Arc<Step>>>,
    paths: Vec<Option<Steps>>,
}

/// What is kept at a place, or made and kept.
fn kept<T: Clone>(all: &mut Vec<Option<T>>, at: u32, make: impl FnOnce() -> T) -> T {
    let n = at as usize;
    if n >= all.len() {
        all.resize(n + 1, None);
    }
    match all.get_mut(n) {
        Some(Some(there)) => there.clone(),
        Some(empty) => empty.insert(make()).clone(),
        None => make(),
    }
}

impl<'a> Reader<'a> {
    fn new(record: &'a Record<'a>) -> Self {
        let it = &record.it;
        Reader {
            record,
            used: Vec::new(),
            facts: vec![None; it.facts.len()],
            steps: vec![None; it.steps.len()],
            paths: vec![None; it.paths.len()],
        }
    }

    fn result(&mut self, r: &ResultRecord) -> Option<ProgrammeResult> {
        let record = self.record;
        let programme = record.program.programmes.get(r.programme as usize)?;
        let version = programme.versions.get(r.version as usize)?;
        let conditions = record.it.conditions.get(r.conditions as usize..).unwrap_or(&[]);
        let conditions = (r.conditions..).zip(conditions).zip(&version.conditions);
        let further = record.it.further.get(r.further as usize).unwrap_or(&Further::NOTHING);
        let [from, until, claim_opens, claim_closes] = further.days.map(day);
        Some(ProgrammeResult {
            programme: programme.id.to_string(),
            version: r.version as usize,
            subject: subject(r.person),
            answer: r.answer,
            amount: self.amount(r.sum, further, version),
            from,
            until,
            claim_opens,
            claim_closes,
            conditions: conditions.map(|((at, c), said)| self.condition(at, c, &said.id)).collect(),
            missing: self.missing(further.missing),
            nearest: record.it.nearest.get(further.nearest as usize).and_then(|n| self.nearest(n, version)),
            error: further.error.map(|trouble| record.program.trouble(trouble)),
        })
    }

    fn condition(&mut self, at: u32, c: &ConditionRecord, id: &str) -> ConditionResult {
        let troubles = &self.record.it.troubles;
        let trouble = match c.holds {
            Holds::Error => troubles.binary_search_by_key(&at, |t| t.0).ok().and_then(|n| troubles.get(n)),
            _ => None,
        };
        ConditionResult {
            id: id.to_owned(),
            holds: match c.holds {
                Holds::No => Some(false),
                Holds::Yes => Some(true),
                Holds::Unknown | Holds::Error => None,
            },
            error: trouble.map(|(_, trouble)| self.record.program.trouble(*trouble)),
            steps: self.path(c.steps),
            facts: self.facts(c.facts),
        }
    }

    fn amount(&mut self, sum: Sum, further: &Further, version: &VersionIr) -> Option<Amount> {
        let minor = match sum {
            Sum::Nothing => return None,
            Sum::Open => None,
            Sum::Minor(n) => Some(n),
        };
        let path = self.path(further.sum_steps);
        let tables = path.iter().filter(|step| step.table.is_some()).map(|step| Step::clone(step)).collect();
        let (_, per) = version.amount?;
        Some(Amount { minor, per, missing: self.missing(further.missing_sum), tables })
    }

    fn missing(&self, list: u32) -> Vec<FactRef> {
        let places = if list == NONE { &[] } else { self.record.it.missing.get(list) };
        places.iter().map(|place| self.record.fact(*place)).collect()
    }

    fn facts(&mut self, list: u32) -> Facts {
        let (record, used) = (self.record, &mut self.used);
        kept(&mut self.facts, list, || {
            let places = record.it.facts.get(list).iter();
            places.map(|place| kept(used, *place, || Arc::new(record.used(*place)))).collect()
        })
    }

    fn path(&mut self, list: u32) -> Steps {
        if list == NONE {
            return Steps::default();
        }
        let (record, steps) = (self.record, &mut self.steps);
        kept(&mut self.paths, list, || {
            let all = record.it.paths.get(list).iter();
            let said = |n: &u32| {
                let one = record.it.steps.get(*n as usize)?;
                Some(kept(steps, *n, || Arc::new(record.step(one))))
            };
            all.filter_map(said).collect()
        })
    }

    fn nearest(&self, nearest: &NearestRecord, version: &VersionIr) -> Option<NearestChange> {
        let record = self.record;
        let condition = |n: u32| version.conditions.get(n as usize).map(|c| c.id.to_string());
        Some(match nearest {
            NearestRecord::Day(on) => NearestChange::Day { on: days::date(*on) },
            NearestRecord::Threshold { condition: n, node, value, needed } => NearestChange::Threshold {
                condition: condition(*n)?,
                name: record.program.name(*node).unwrap_or_else(|| record.program.source(*node)),
                value: record.program.readable(&record.household, *node, *value)?,
                needed: record.program.readable(&record.household, *node, *needed)?,
            },
            NearestRecord::Fact { condition: n, place } => {
                let FactUsed { fact, value, .. } = record.used(*place);
                NearestChange::Fact { condition: condition(*n)?, fact, value }
            }
        })
    }
}

fn subject(person: u32) -> Subject {
    if person == NONE { Subject::Household } else { Subject::Person(person as usize) }
}

fn day(n: i32) -> Option<Date> {
    (n != NO_DAY).then(|| days::date(n.into()))
}

impl Record<'_> {
    /// A fact by the number of its place.
    fn fact(&self, place: u32) -> FactRef {
        let layout = &self.program.layout;
        let (member, column) = layout.place(place);
        let (entity, subject) = match member {
            None => (Entity::Household, Subject::Household),
            Some(p) => (Entity::Person, Subject::Person(p)),
        };
        let item = layout.columns(entity).get(column as usize).map(|c| c.id.to_string()).unwrap_or_default();
        FactRef { subject, item }
    }

    fn used(&self, place: u32) -> FactUsed {
        let (layout, household) = (&self.program.layout, &self.household);
        let (member, column) = layout.place(place);
        let entity = if member.is_none() { Entity::Household } else { Entity::Person };
        let v = household.fact(column, member);
        let slot = household.slot(column, member);
        let stated = slot.is_some_and(|s| s.given.is_some());
        let ty = layout.columns(entity).get(column as usize).map(|c| Ty::of(&c.ty));
        FactUsed {
            fact: self.fact(place),
            value: ty.and_then(|ty| readable(layout, &household.texts, &ty, v)),
            provenance: slot.and_then(|s| s.provenance.as_deref().cloned()),
            assumed_absent: !stated && !v.is_unknown(),
        }
    }

    fn step(&self, step: &StepRecord) -> Step {
        let program = self.program;
        let node = program.arena.node(step.node);
        let value = |n: u32| self.it.values.get((step.value + n) as usize).copied().unwrap_or(Val::UNKNOWN);
        let mut name = program.name(step.node).unwrap_or_default();
        if let Op::Param { keys, .. } = &node.op
            && !keys.is_empty()
        {
            let keys = (1u32..).zip(keys).map(|(n, key)| self.key(*key, value(n)));
            name = format!("{name}({})", keys.collect::<Vec<_>>().join(", "));
        }
        let of_person = node.need > 0 && step.person != u16::MAX && !program.defined_of_household(&node.op);
        Step {
            name,
            subject: if of_person { Subject::Person(step.person.into()) } else { Subject::Household },
            value: program.readable(&self.household, step.node, value(0)),
            table: step.hits.checked_sub(1).and_then(|list| program.rules_hit(&node.op, self.it.hits.get(list))),
        }
    }

    fn key(&self, key: Id, v: Val) -> String {
        match self.program.readable(&self.household, key, v) {
            Some(Value::Integer(n) | Value::Money(n)) => n.to_string(),
            Some(Value::Code(t) | Value::Text(t) | Value::Decimal(t)) => t,
            Some(Value::Boolean(b)) => b.to_string(),
            Some(Value::Date(d)) => d.to_string(),
            None => "?".into(),
        }
    }
}

impl Program {
    /// The name under which a value is known to people, if it has one: an item, a definition, a table without its keys, a
    /// programme.
    fn name(&self, id: Id) -> Option<String> {
        let item = |entity: Entity, c: u32| self.layout.columns(entity).get(c as usize).map(|c| c.id.to_string());
        Some(match &self.arena.node(id).op {
            Op::HouseholdFact(c) => item(Entity::Household, *c)?,
            Op::PersonFact(c) => item(Entity::Person, *c)?,
            Op::Define { definition, .. } => self.definitions.get(*definition as usize)?.id.to_string(),
            Op::Param { table, .. } => self.tables.get(*table as usize)?.id.to_string(),
            Op::Entitled { programme, .. } => {
                format!("entitled({})", self.programmes.get(*programme as usize)?.id)
            }
            Op::AmountOf { programme, .. } => {
                format!("amount of({})", self.programmes.get(*programme as usize)?.id)
            }
            _ => return None,
        })
    }

    fn defined_of_household(&self, op: &Op) -> bool {
        let Op::Define { definition, .. } = op else { return false };
        self.definitions.get(*definition as usize).is_some_and(|d| d.entity == Entity::Household)
    }

    fn rules_hit(&self, op: &Op, hits: &[u32]) -> Option<RulesHit> {
        let (Op::Define { definition, .. }, [table, rules @ ..]) = (op, hits) else { return None };
        let table = self.definitions.get(*definition as usize)?.tables.get(*table as usize)?;
        let rules = rules.iter().filter_map(|n| table.rules.get(*n as usize)).map(|(number, line, _)| (*number, *line));
        Some(RulesHit { name: table.name.clone(), rules: rules.collect() })
    }

    /// The expression a node was written as.
    fn source(&self, id: Id) -> String {
        let source = self.arena.node(id).source;
        let text = self.expressions.get(source.expression as usize).map(|e| e.text.as_str()).unwrap_or("");
        let part = text.get(source.start as usize..source.end as usize).unwrap_or(text);
        part.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// An error in words, with the place in the rule.
    pub(crate) fn trouble(&self, Trouble { kind, node }: Trouble) -> String {
        let node = self.arena.node(Id(node));
        let source = self.expressions.get(node.source.expression as usize);
        let text = source.and_then(|e| e.text.get(node.source.start as usize..node.source.end as usize)).unwrap_or("");
        let place = source.map(|e| crate::faults::place(e, node.source.start as usize)).unwrap_or_default();
        format!("{}: `{text}` ({}:{}:{})", kind.words(), place.file, place.line, place.column)
    }

    /// A node's value as people read it.
    pub(crate) fn readable(&self, household: &Household, id: Id, v: Val) -> Option<Value> {
        readable(&self.layout, &household.texts, &self.arena.node(id).ty, v)
    }
}
