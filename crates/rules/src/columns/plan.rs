//! The rules of one day as a list of steps: versions by date resolved, constants folded, what says the same done once.
//!
//! Steps stand in the order in which programmes need them, operands first, so that a column is soon used and its memory
//! soon free. A step keeps the number of the node it came from, which is what errors name.

use std::collections::HashMap;

use super::chains::{self, Chain};
use super::column::{Kind, Shape};
use super::guards::Guard;
use super::scalar::{Call, scalar};
use super::{ColumnsError, Output, guards, scale};
use crate::eval::{MAX_PEOPLE, lane};
use crate::ir::{Aggregate, ByDate, Id, Node, Op};
use crate::program::{Program, VersionIr};
use crate::schema::{Entity, Type};
use crate::types::Ty;
use crate::value::{Lane, Trouble, TroubleKind, Val};

/// What a step does. The numbers in an [`Op`] are those of steps.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Work {
    /// The same value for all rows.
    Same(Val),
    /// A fact: column of the batch.
    Fact(Entity, usize),
    /// The fact where it is known, else the other.
    Stated(Id, Id),
    /// What is known to hold (or not) whatever the facts are, where the facts leave it open.
    Settle(Id, bool),
    /// An operation.
    Op(Op),
}

/// One step.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) work: Work,
    pub(crate) shape: Shape,
    pub(crate) lane: Lane,
    pub(crate) need: u8,
    /// The node it came from.
    pub(crate) node: u32,
    /// The operands in order.
    pub(crate) operands: Box<[Id]>,
    /// Denominators of the operands.
    pub(crate) dens: Vec<i64>,
    /// For comparisons: the common denominator; 0: row by row.
    pub(crate) common: i64,
    /// Operands whose columns may be used again after this step.
    pub(crate) last_of: Vec<usize>,
    /// Truths that leave it idle when they are the same for all.
    pub(crate) guards: Vec<Guard>,
    /// Outputs that are complete after this step.
    pub(crate) completes: Vec<usize>,
    /// Several steps in one, where this ends them.
    pub(crate) chain: Option<Chain>,
    /// Worked out by the steps that read it, if they have to.
    pub(crate) within: bool,
}

/// The steps, what is asked of them, and the facts they read.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) steps: Vec<Step>,
    pub(crate) outputs: Vec<Output>,
    /// Columns of the program's layout that are read, in the order of the batch's columns.
    pub(crate) household_facts: Vec<u32>,
    pub(crate) person_facts: Vec<u32>,
}

struct Planner<'a> {
    program: &'a Program,
    today: i64,
    claim: i64,
    plan: Plan,
    done: HashMap<Id, Id>,
    known: HashMap<(Work, u32), Id>,
}

/// Plans the programmes in force on a day that are wanted, and named values beside them.
pub(crate) fn plan(
    program: &Program,
    (today, claim): (i64, i64),
    wanted: &dyn Fn(usize) -> bool,
    values: &[(Entity, &str)],
) -> Result<Plan, ColumnsError> {
    let plan = Plan { steps: Vec::new(), outputs: Vec::new(), household_facts: Vec::new(), person_facts: Vec::new() };
    let mut p = Planner { program, today, claim, plan, done: HashMap::new(), known: HashMap::new() };
    for (n, programme) in program.programmes.iter().enumerate().filter(|(n, _)| wanted(*n)) {
        if let Some((version, v)) = crate::explain::in_force(programme, today) {
            let output = p.programme(n, version, v)?;
            p.plan.outputs.push(output);
        }
    }
    for (entity, name) in values {
        let Some(id) = program.named_nodes.get(&(*entity, (*name).into())).copied() else {
            return Err(ColumnsError::UnknownValue { name: (*name).to_owned() });
        };
        let step = p.step(id)?;
        p.plan.outputs.push(Output::Value { entity: *entity, step });
    }
    let mut plan = p.plan;
    scale::choose(&mut plan, &program.tables);
    guards::set(&mut plan);
    chains::set(&mut plan);
    for step in &mut plan.steps {
        let mut operands = Vec::new();
        step.work.each(|a| operands.push(a));
        step.operands = operands.into();
    }
    schedule(&mut plan);
    Ok(plan)
}

impl Planner<'_> {
    fn programme(&mut self, n: usize, version: usize, v: &VersionIr) -> Result<Output, ColumnsError> {
        let id = &self.program.programmes.get(n).map(|p| p.id.to_string()).unwrap_or_default();
        if v.conditions.len() > usize::from(u8::MAX) - 2 {
            return Err(ColumnsError::TooManyConditions { programme: id.clone() });
        }
        let applies = v.applies.map(|a| self.step(a)).transpose()?;
        let conditions = v.conditions.iter().map(|c| self.step(c.node)).collect::<Result<_, _>>()?;
        let verdict = self.step(v.verdict)?;
        let amount = v.amount.map(|(a, _)| self.step(a)).transpose()?;
        Ok(Output::Programme { programme: n, version, subject: v.subject, applies, conditions, verdict, amount })
    }

    /// The step that works out a node.
    fn step(&mut self, id: Id) -> Result<Id, ColumnsError> {
        if let Some(done) = self.done.get(&id) {
            return Ok(*done);
        }
        let program = self.program;
        let node = program.arena.node(id);
        let mut step = self.made(id, node)?;
        // The explaining evaluator says the same: what holds whatever the facts are is known where the facts are not.
        if node.ty == Ty::Bool && node.range.lo == node.range.hi && !node.fallible {
            step = self.add(Work::Settle(step, node.range.lo == 1), node, id)?;
        }
        self.done.insert(id, step);
        Ok(step)
    }

    fn made(&mut self, id: Id, node: &Node) -> Result<Id, ColumnsError> {
        let same = |v: Val| Work::Same(v);
        let work = match &node.op {
            Op::Const(v) => same(*v),
            Op::Today => same(Val::Date(self.today)),
            Op::ClaimDate => same(Val::Date(self.claim)),
            Op::HouseholdFact(c) => Work::Fact(Entity::Household, position(&mut self.plan.household_facts, *c)),
            Op::PersonFact(c) => Work::Fact(Entity::Person, position(&mut self.plan.person_facts, *c)),
            Op::Define { versions, stated, .. } => {
                let value = match self.in_force(versions) {
                    Some(v) => self.step(v)?,
                    None => {
                        let none = Trouble { kind: TroubleKind::NoVersion, node: id.0 };
                        self.add(same(Val::Error(none)), node, id)?
                    }
                };
                match stated {
                    Some(fact) => Work::Stated(self.step(*fact)?, value),
                    None => return Ok(value),
                }
            }
            Op::Entitled { versions, .. } => match self.in_force(versions) {
                Some(v) => return self.step(v),
                None => same(Val::Bool(false)),
            },
            Op::AmountOf { versions, .. } => match self.in_force(versions) {
                Some(v) => return self.step(v),
                None => same(Val::Int(0)),
            },
            op => {
                let op = self.operands(op)?;
                if let Some(step) = self.shortened(&op) {
                    return Ok(step);
                }
                Work::Op(op)
            }
        };
        self.add(work, node, id)
    }

    fn in_force(&self, versions: &[ByDate]) -> Option<Id> {
        versions.iter().find(|v| v.from <= self.today && self.today <= v.to).map(|v| v.node)
    }

    fn list(&mut self, list: &[Id]) -> Result<Box<[Id]>, ColumnsError> {
        list.iter().map(|id| self.step(*id)).collect()
    }

    /// The operation on steps instead of nodes.
    fn operands(&mut self, op: &Op) -> Result<Op, ColumnsError> {
        Ok(match op {
            Op::Const(_) | Op::Today | Op::ClaimDate | Op::HouseholdFact(_) | Op::PersonFact(_) => op.clone(),
            Op::Define { .. } | Op::Entitled { .. } | Op::AmountOf { .. } => op.clone(),
            Op::Param { table, at, keys } => Op::Param { table: *table, at: self.step(*at)?, keys: self.list(keys)? },
            Op::Not(a) => Op::Not(self.step(*a)?),
            Op::And(list) => Op::And(self.list(list)?),
            Op::Or(list) => Op::Or(self.list(list)?),
            Op::Compare(cmp, a, b) => Op::Compare(*cmp, self.step(*a)?, self.step(*b)?),
            Op::If(a, b, c) => Op::If(self.step(*a)?, self.step(*b)?, self.step(*c)?),
            Op::Arith(how, a, b) => Op::Arith(*how, self.step(*a)?, self.step(*b)?),
            Op::Negate(a) => Op::Negate(self.step(*a)?),
            Op::Abs(a) => Op::Abs(self.step(*a)?),
            Op::Widen(a) => Op::Widen(self.step(*a)?),
            Op::Round(how, scale, a) => Op::Round(*how, *scale, self.step(*a)?),
            Op::Least(list) => Op::Least(self.list(list)?),
            Op::Greatest(list) => Op::Greatest(self.list(list)?),
            Op::Between(unit, a, b) => Op::Between(*unit, self.step(*a)?, self.step(*b)?),
            Op::Shift(unit, a, b) => Op::Shift(*unit, self.step(*a)?, self.step(*b)?),
            Op::Part(part, a) => Op::Part(*part, self.step(*a)?),
            Op::IsKnown(a) => Op::IsKnown(self.step(*a)?),
            Op::Outer(by, a) => Op::Outer(*by, self.step(*a)?),
            Op::Aggregate { how, relation, of, filter, value } => Op::Aggregate {
                how: *how,
                relation: *relation,
                of: *of,
                filter: filter.map(|f| self.step(f)).transpose()?,
                value: value.map(|v| self.step(v)).transpose()?,
            },
        })
    }

    fn same(&self, id: Id) -> Option<Val> {
        match self.plan.steps.get(id.0 as usize)?.work {
            Work::Same(v) => Some(v),
            _ => None,
        }
    }

    /// The step that already says it, where an operand that is the same for all rows leaves nothing to be done.
    fn shortened(&mut self, op: &Op) -> Option<Id> {
        match op {
            Op::If(c, yes, no) => match self.same(*c)? {
                Val::Bool(true) => Some(*yes),
                Val::Bool(false) => Some(*no),
                Val::Error(_) => Some(*c),
                _ => None,
            },
            Op::And(list) => self.kleene(list, false),
            Op::Or(list) => self.kleene(list, true),
            Op::Least(list) | Op::Greatest(list) => match list.as_ref() {
                [one] => Some(*one),
                _ => None,
            },
            // What speaks of the household is the same for whoever is meant.
            Op::Outer(_, a) if self.need(*a) == 0 => Some(*a),
            _ => None,
        }
    }

    fn kleene(&self, list: &[Id], decisive: bool) -> Option<Id> {
        if let Some(settled) = list.iter().find(|id| self.same(**id) == Some(Val::Bool(decisive))) {
            return Some(*settled);
        }
        let mut open = list.iter().filter(|id| self.same(**id) != Some(Val::Bool(!decisive)));
        match (open.next(), open.next()) {
            (Some(one), None) => Some(*one),
            (None, _) => list.first().copied(),
            _ => None,
        }
    }

    fn need(&self, id: Id) -> u8 {
        self.plan.steps.get(id.0 as usize).map_or(0, |s| s.need)
    }

    fn add(&mut self, work: Work, node: &Node, id: Id) -> Result<Id, ColumnsError> {
        let work = self.folded(work, node, id);
        // Two operations that may fail are one only when they are one node: an error names its node.
        let may_fail = node.fallible || matches!(work, Work::Op(Op::Negate(_) | Op::Abs(_)));
        let own = if matches!(work, Work::Op(_)) && may_fail { id.0 } else { u32::MAX };
        let key = (work, own);
        if let Some(known) = self.known.get(&key) {
            return Ok(*known);
        }
        let mut need = 0;
        if let Work::Fact(Entity::Person, _) = key.0 {
            need = 1;
        }
        key.0.each(|a| {
            let a = self.need(a);
            need = need.max(match &key.0 {
                Work::Op(Op::Outer(by, _)) if a > 0 => a + by,
                Work::Op(Op::Aggregate { .. }) => a.saturating_sub(1),
                _ => a,
            });
        });
        if let Work::Op(Op::Aggregate { relation, of, .. }) = &key.0
            && *relation != crate::ir::Relation::Members
        {
            need = need.max(of + 1);
        }
        if usize::from(need) > MAX_PEOPLE {
            let place = self.program.expressions.get(node.source.expression as usize);
            return Err(ColumnsError::TooDeep { place: place.map(|e| e.text.to_string()).unwrap_or_default() });
        }
        let step = Step {
            shape: self.shape(&key.0, node),
            lane: lane(&node.ty),
            need,
            node: id.0,
            operands: Box::default(),
            dens: Vec::new(),
            common: 1,
            last_of: Vec::new(),
            guards: Vec::new(),
            completes: Vec::new(),
            chain: None,
            within: false,
            work: key.0.clone(),
        };
        let at = Id(u32::try_from(self.plan.steps.len()).unwrap_or(u32::MAX));
        self.plan.steps.push(step);
        self.known.insert(key, at);
        Ok(at)
    }

    /// The value itself, where all operands are the same for all rows.
    fn folded(&self, work: Work, node: &Node, id: Id) -> Work {
        let mut args = Vec::new();
        let mut all = !matches!(work, Work::Same(_) | Work::Fact(..) | Work::Op(Op::Aggregate { .. }));
        work.each(|a| match self.same(a) {
            Some(v) => args.push(v),
            None => all = false,
        });
        if !all {
            return work;
        }
        let call = Call { node: id.0, lane: lane(&node.ty), tables: &self.program.tables };
        Work::Same(scalar(&work, call, &args))
    }

    fn shape(&self, work: &Work, node: &Node) -> Shape {
        if let Work::Fact(entity, at) = work {
            let list = if *entity == Entity::Household { &self.plan.household_facts } else { &self.plan.person_facts };
            let column = list.get(*at).and_then(|c| self.program.layout.columns(*entity).get(*c as usize));
            if let Some(column) = column {
                return fact_shape(&column.ty);
            }
        }
        match &node.ty {
            Ty::Bool => Shape::Truth,
            Ty::Num { whole: false, .. } => Shape::Number(Kind::Dec(1)),
            Ty::Date => Shape::Number(Kind::Date),
            Ty::Code(_) => Shape::Number(Kind::Code),
            Ty::Text => Shape::Number(Kind::Text),
            Ty::Num { .. } | Ty::MonthSpan | Ty::DaySpan => Shape::Number(Kind::Int),
        }
    }
}

/// How a fact is held: decimals in hundredths, ratios in ten-thousandths; finer ones are strays.
pub(crate) fn fact_shape(ty: &Type) -> Shape {
    match ty {
        Type::Boolean => Shape::Truth,
        Type::Integer(_) | Type::Money(_) => Shape::Number(Kind::Int),
        Type::Decimal(_) => Shape::Number(Kind::Dec(100)),
        Type::Ratio => Shape::Number(Kind::Dec(10_000)),
        Type::Date => Shape::Number(Kind::Date),
        Type::Text => Shape::Number(Kind::Text),
        Type::Code(_) => Shape::Number(Kind::Code),
    }
}

fn position(list: &mut Vec<u32>, column: u32) -> usize {
    if let Some(at) = list.iter().position(|c| *c == column) {
        return at;
    }
    list.push(column);
    list.len() - 1
}

impl Work {
    /// Calls with each operand, in order.
    pub(crate) fn each(&self, mut f: impl FnMut(Id)) {
        match self {
            Work::Same(_) | Work::Fact(..) => {}
            Work::Stated(a, b) => [*a, *b].into_iter().for_each(f),
            Work::Settle(a, _) => f(*a),
            Work::Op(op) => op.each_child(f),
        }
    }

    pub(crate) fn is_sum(&self) -> bool {
        matches!(self, Work::Op(Op::Aggregate { how: Aggregate::Sum, .. }))
    }
}

impl Output {
    pub(crate) fn each(&self, mut f: impl FnMut(Id)) {
        match self {
            Output::Programme { applies, conditions, verdict, amount, .. } => {
                applies.iter().chain(conditions).chain([verdict]).chain(amount).for_each(|id| f(*id));
            }
            Output::Value { step, .. } => f(*step),
        }
    }
}

/// Says after which step each column is free and each output complete.
fn schedule(plan: &mut Plan) {
    let count = plan.steps.len();
    let mut last: Vec<usize> = (0..count).collect();
    // What a step reads through operands that are worked out within it, person by person.
    let mut through: Vec<Vec<usize>> = Vec::with_capacity(count);
    for (n, step) in plan.steps.iter().enumerate() {
        let mut reads = Vec::new();
        step.work.each(|a| {
            let a = a.0 as usize;
            match plan.steps.get(a) {
                Some(s) if s.need >= 2 || s.within => reads.extend(through.get(a).into_iter().flatten().copied()),
                _ => reads.push(a),
            }
        });
        reads.sort_unstable();
        reads.dedup();
        if step.need < 2 && !step.within {
            for a in &reads {
                if let Some(l) = last.get_mut(*a) {
                    *l = n;
                }
            }
        }
        through.push(reads);
    }
    for (n, output) in plan.outputs.iter().enumerate() {
        let mut complete = 0;
        output.each(|id| complete = complete.max(id.0 as usize));
        output.each(|id| {
            if let Some(l) = last.get_mut(id.0 as usize) {
                *l = (*l).max(complete);
            }
        });
        if let Some(step) = plan.steps.get_mut(complete) {
            step.completes.push(n);
        }
    }
    let held = |s: &Step| s.need < 2 && !s.within && !matches!(s.work, Work::Same(_) | Work::Fact(..));
    let held: Vec<bool> = plan.steps.iter().map(held).collect();
    for (n, at) in last.iter().enumerate().filter(|(n, _)| held.get(*n).is_some_and(|h| *h)) {
        if let Some(step) = plan.steps.get_mut(*at) {
            step.last_of.push(n);
        }
    }
}
