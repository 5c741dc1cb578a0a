//! The explaining evaluator: every programme, every subject, every condition with what it rests on.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use kernel::Date;

use crate::ahead::Days;
use crate::days;
use crate::eval::{Env, Machine};
use crate::facts::{FactError, Household, readable};
use crate::ir::Id;
use crate::outcome::{Amount, Answer, ConditionResult, Explanation, ProgrammeResult, Step, Subject};
use crate::program::{ConditionIr, Program, ProgrammeIr, VersionIr};
use crate::schema::{Entity, Value};
use crate::trace::Tracer;
use crate::value::{Bounds, Trouble, Val};

/// A result without its reasons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Short {
    /// Index of the programme.
    pub programme: usize,
    /// Index of the version in force.
    pub version: usize,
    /// Whose.
    pub subject: Subject,
    /// The answer.
    pub answer: Answer,
    /// Minor units, where the answer is yes and the sum is known.
    pub amount: Option<i64>,
}

/// A named value worked out.
#[derive(Clone, Debug, PartialEq)]
pub enum Named {
    /// Known.
    Known(Value),
    /// Not known; numbers within these whole bounds, where there are any.
    Unknown {
        /// Not less than this.
        least: Option<i64>,
        /// Not more than this.
        most: Option<i64>,
    },
    /// Cannot be worked out, with the reason and place.
    Error(String),
}

/// One day as bounds.
pub(crate) fn one_day(date: Date) -> Bounds {
    let n = days::of(date);
    Bounds { lo: n, hi: n }
}

pub(crate) fn answer(v: Val) -> Answer {
    match v {
        Val::Bool(true) => Answer::Yes,
        Val::Bool(false) => Answer::No,
        Val::Error(_) => Answer::Error,
        _ => Answer::CannotTell,
    }
}

impl Program {
    /// All results of a household on a day, with reasons. `claim` is the day of the claim: the same day unless a claim was made.
    pub fn explain(&self, household: &Household, on: Date, claim: Date) -> Explanation {
        self.explained(household, on, claim, true, &|_| true)
    }

    /// The same without the nearest change of a *no*: looking over the days ahead can cost as much again as the rest, and what is
    /// *yes* or open does not need it.
    pub fn explain_today(&self, household: &Household, on: Date, claim: Date) -> Explanation {
        self.explained(household, on, claim, false, &|_| true)
    }

    /// As [`Program::explain_today`], for the programmes of which `wanted` is true alone: what they say is the same.
    pub fn explain_only(
        &self,
        household: &Household,
        on: Date,
        claim: Date,
        wanted: &dyn Fn(&str) -> bool,
    ) -> Explanation {
        self.explained(household, on, claim, false, wanted)
    }

    fn explained(
        &self,
        household: &Household,
        on: Date,
        claim: Date,
        look_ahead: bool,
        wanted: &dyn Fn(&str) -> bool,
    ) -> Explanation {
        let household = &*self.at_home(household);
        let mut run = Run { look_ahead, ..Run::new(self, household, on, claim) };
        let mut results = Vec::new();
        let mut operations = BTreeMap::new();
        for programme in self.programmes.iter().filter(|p| wanted(&p.id)) {
            let before = run.machine.operations;
            run.programme(programme, &mut results);
            operations.insert(programme.id.to_string(), run.machine.operations - before);
        }
        Explanation { on, rule_set: self.hash.clone(), results, operations }
    }

    /// All answers and sums of a household on a day, without reasons.
    pub fn answers(&self, household: &Household, on: Date, claim: Date) -> Vec<Short> {
        let household = &*self.at_home(household);
        let mut machine = Machine::new(self, household, one_day(on), one_day(claim));
        let mut out = Vec::new();
        self.answer_all(&mut machine, &mut out);
        out
    }

    /// Whether some programme reads a definition or item of this name, so that [`Program::value`] can say what it is.
    pub fn knows(&self, entity: Entity, name: &str) -> bool {
        self.named_nodes.contains_key(&(entity, Arc::from(name)))
    }

    /// One named value of a household on a day: a definition or an item.
    pub fn value(
        &self,
        household: &Household,
        of: (Entity, &str),
        member: Option<usize>,
        on: Date,
    ) -> Result<Named, FactError> {
        let id = self.named_nodes.get(&(of.0, Arc::from(of.1))).copied();
        let Some(id) = id else {
            let near = crate::faults::nearest_name(
                of.1,
                self.named_nodes.keys().filter(|k| k.0 == of.0).map(|k| k.1.as_ref()),
            );
            let entity = if of.0 == Entity::Person { "person" } else { "household" };
            return Err(FactError::UnknownItem { item: of.1.to_owned(), entity, near: near.map(str::to_owned) });
        };
        if member.is_some_and(|m| m >= household.members().len()) || (of.0 == Entity::Person && member.is_none()) {
            return Err(FactError::UnknownMember { key: member.map(|m| format!("number {m}")).unwrap_or_default() });
        }
        let household = self.at_home(household);
        let mut run = Run::new(self, &household, on, on);
        let v = run.machine.eval(id, Env::of(member));
        Ok(match (v, run.trouble(v), run.readable(id, v)) {
            (Val::Unknown(b), ..) => {
                let some = |n: i64| Some(n).filter(|n| *n != i64::MIN && *n != i64::MAX);
                Named::Unknown { least: some(b.lo), most: some(b.hi) }
            }
            (_, Some(error), _) => Named::Error(error),
            (_, _, Some(value)) => Named::Known(value),
            _ => Named::Unknown { least: None, most: None },
        })
    }

    /// The household as laid out for this program: one built against another version of the rules is laid out anew.
    pub(crate) fn at_home<'h>(&self, household: &'h Household) -> Cow<'h, Household> {
        if Arc::ptr_eq(&household.layout, &self.layout) {
            Cow::Borrowed(household)
        } else {
            Cow::Owned(household.laid_out_for(&self.layout))
        }
    }

    pub(crate) fn answer_all(&self, machine: &mut Machine, out: &mut Vec<Short>) {
        for (n, programme) in self.programmes.iter().enumerate() {
            let Some((version, v)) = in_force(programme, machine.today.lo) else { continue };
            for subject in subjects(v, machine.household) {
                let env = environment(&subject);
                if v.applies.is_some_and(|a| machine.eval(a, env) == Val::Bool(false)) {
                    continue;
                }
                let answer = answer(machine.eval(v.verdict, env));
                let amount = match (answer, v.amount) {
                    (Answer::Yes, Some((id, _))) => match machine.eval(id, env) {
                        Val::Int(n) => Some(n),
                        _ => None,
                    },
                    _ => None,
                };
                out.push(Short { programme: n, version, subject, answer, amount });
            }
        }
    }
}

/// The version in force on a day.
pub(crate) fn in_force(programme: &ProgrammeIr, day: i64) -> Option<(usize, &VersionIr)> {
    programme.versions.iter().enumerate().find(|(_, v)| v.from <= day && day <= v.to)
}

/// Whom the question is asked of.
pub(crate) fn subjects(v: &VersionIr, household: &Household) -> Vec<Subject> {
    match v.subject {
        Entity::Household => vec![Subject::Household],
        Entity::Person => (0..household.members().len()).map(Subject::Person).collect(),
    }
}

pub(crate) fn environment(subject: &Subject) -> Env {
    match subject {
        Subject::Household => Env::of(None),
        Subject::Person(p) => Env::of(Some(*p)),
    }
}

/// One explanation under way.
pub(crate) struct Run<'a> {
    pub(crate) machine: Machine<'a>,
    pub(crate) days: Days,
    pub(crate) tracer: Tracer,
    pub(crate) on: i64,
    /// Whether the nearest change of a *no* is looked for.
    look_ahead: bool,
}

impl<'a> Run<'a> {
    pub(crate) fn new(program: &'a Program, household: &'a Household, on: Date, claim: Date) -> Self {
        let machine = Machine::new(program, household, one_day(on), one_day(claim));
        let tracer = Tracer::new();
        Run { machine, days: Days::new(days::of(on)), tracer, on: days::of(on), look_ahead: true }
    }

    fn programme(&mut self, programme: &ProgrammeIr, out: &mut Vec<ProgrammeResult>) {
        let Some((version, v)) = in_force(programme, self.on) else { return };
        for subject in subjects(v, self.machine.household) {
            let env = environment(&subject);
            if v.applies.is_some_and(|a| self.machine.eval(a, env) == Val::Bool(false)) {
                continue;
            }
            out.push(self.result(programme, version, v, subject, env));
        }
    }

    fn result(
        &mut self,
        programme: &ProgrammeIr,
        version: usize,
        v: &VersionIr,
        subject: Subject,
        env: Env,
    ) -> ProgrammeResult {
        let verdict = self.machine.eval(v.verdict, env);
        let answer = answer(verdict);
        let conditions = v.conditions.iter().map(|c| self.condition(c, env)).collect();
        let open = answer == Answer::CannotTell;
        let missing = if open { self.tracer.missing(&mut self.machine, v.verdict, env) } else { Vec::new() };
        let amount = match v.amount {
            Some((id, per)) if matches!(answer, Answer::Yes | Answer::CannotTell) => {
                let sum = self.machine.eval(id, env);
                let minor = match sum {
                    Val::Int(n) => Some(n),
                    _ => None,
                };
                let missing =
                    if sum.is_unknown() { self.tracer.missing(&mut self.machine, id, env) } else { Vec::new() };
                let tables = if self.machine.program.has_tables { self.tables(id, env) } else { Vec::new() };
                Some((Amount { minor, per, missing, tables }, sum))
            }
            _ => None,
        };
        // A sum that cannot be worked out blocks the decision as a condition would.
        let broken = amount.as_ref().and_then(|(_, sum)| self.trouble(*sum)).filter(|_| answer == Answer::Yes);
        let error = self.trouble(verdict).or(broken);
        let answer = if error.is_some() { Answer::Error } else { answer };
        let nearest = if self.look_ahead && answer == Answer::No { self.nearest(programme, v, env) } else { None };
        ProgrammeResult {
            programme: programme.id.to_string(),
            version,
            amount: if answer == Answer::Error { None } else { amount.map(|a| a.0) },
            from: self.day(v.starts, env),
            until: self.day(v.until, env),
            claim_opens: self.day(v.claim_opens, env),
            claim_closes: self.day(v.claim_closes, env),
            subject,
            answer,
            conditions,
            missing,
            nearest,
            error,
        }
    }

    /// The values from decision tables on which another rests.
    fn tables(&mut self, id: Id, env: Env) -> Vec<Step> {
        let mut steps = self.tracer.steps(&mut self.machine, id, env);
        steps.retain(|step| step.table.is_some());
        steps
    }

    fn day(&mut self, id: Option<Id>, env: Env) -> Option<Date> {
        match self.machine.eval(id?, env) {
            Val::Date(d) => Some(days::date(d)),
            _ => None,
        }
    }

    fn condition(&mut self, c: &ConditionIr, env: Env) -> ConditionResult {
        let v = self.machine.eval(c.node, env);
        let steps = self.tracer.steps(&mut self.machine, c.node, env);
        let facts = self.tracer.reasons.facts(&mut self.machine, c.node, env);
        ConditionResult { id: c.id.to_string(), holds: v.truth(), error: self.trouble(v), steps, facts }
    }

    /// An error in words, with the place in the rule.
    pub(crate) fn trouble(&self, v: Val) -> Option<String> {
        let Val::Error(Trouble { kind, node }) = v else { return None };
        let program = self.machine.program;
        let node = program.arena.node(Id(node));
        let source = program.expressions.get(node.source.expression as usize);
        let text = source.and_then(|e| e.text.get(node.source.start as usize..node.source.end as usize)).unwrap_or("");
        let place = source.map(|e| crate::faults::place(e, node.source.start as usize)).unwrap_or_default();
        Some(format!("{}: `{text}` ({}:{}:{})", kind.words(), place.file, place.line, place.column))
    }

    /// A value as people read it.
    pub(crate) fn readable(&self, id: Id, v: Val) -> Option<crate::schema::Value> {
        let program = self.machine.program;
        readable(&program.layout, &self.machine.household.texts, &program.arena.node(id).ty, v)
    }
}
