//! An explanation as numbers: what was worked out for one household, complete and without words.
//!
//! Every condition has its value, the named values on the way to it and the facts that decided it; every open answer the facts
//! that would settle it; every result its first deciding condition. What conditions say, under which law, and what named values
//! and facts are called stands in the rules already, so it is not copied for each household: [`Record::read`] puts the two
//! together when somebody reads. Reading works nothing out.

use std::borrow::Cow;

use kernel::Date;

use crate::ahead::Days;
use crate::days;
use crate::eval::{Env, Machine};
use crate::explain::{answer, environment, in_force, one_day, subjects};
use crate::facts::Household;
use crate::ir::Id;
use crate::lists::Lists;
use crate::outcome::{Answer, Subject};
use crate::program::{ConditionIr, Program, ProgrammeIr, VersionIr};
use crate::reasons::Reasons;
use crate::steps::{StepRecord, Steps};
use crate::trace::Tracer;
use crate::value::{Trouble, Val};

/// No list, no number, nobody.
pub(crate) const NONE: u32 = u32::MAX;
/// No day.
pub(crate) const NO_DAY: i32 = i32::MIN;

/// What a condition comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holds {
    No,
    Yes,
    Unknown,
    Error,
}

/// A condition of a result, in the pack's order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ConditionRecord {
    pub(crate) holds: Holds,
    pub(crate) steps: u32,
    pub(crate) facts: u32,
}

/// The sum of a result.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AmountRecord {
    pub(crate) minor: Option<i64>,
    /// The facts missing for it; [`NONE`] when it is known.
    pub(crate) missing: u32,
    /// The named values it is made of, where some may come from decision tables.
    pub(crate) steps: u32,
}

/// One programme for one subject.
#[derive(Clone, Debug)]
pub(crate) struct ResultRecord {
    pub(crate) programme: u32,
    pub(crate) version: u32,
    /// The member; [`NONE`] for the household.
    pub(crate) person: u32,
    pub(crate) answer: Answer,
    /// The first condition that makes the answer what it is; [`NONE`] where no condition alone does.
    pub(crate) decided_by: u32,
    /// The first of its conditions.
    pub(crate) conditions: u32,
    pub(crate) amount: Option<AmountRecord>,
    /// From, until, claim opens, claim closes.
    pub(crate) days: [i32; 4],
    pub(crate) missing: u32,
    pub(crate) nearest: u32,
    pub(crate) error: Option<Trouble>,
}

/// The nearest change of a *no*.
#[derive(Clone, Copy, Debug)]
pub(crate) enum NearestRecord {
    Day(i64),
    Threshold { condition: u32, node: Id, value: Val, needed: Val },
    Fact { condition: u32, place: u32 },
}

/// An explanation of one household on one day, as numbers.
#[derive(Debug)]
pub struct Record<'a> {
    pub(crate) program: &'a Program,
    pub(crate) household: Cow<'a, Household>,
    pub(crate) on: Date,
    pub(crate) it: Recorded,
}

/// What was worked out, by number.
#[derive(Debug, Default)]
pub(crate) struct Recorded {
    pub(crate) results: Vec<ResultRecord>,
    pub(crate) conditions: Vec<ConditionRecord>,
    /// Errors of conditions, by the condition's place.
    pub(crate) troubles: Vec<(u32, Trouble)>,
    pub(crate) nearest: Vec<NearestRecord>,
    /// Lists of places of facts that would settle something.
    pub(crate) missing: Lists,
    /// Lists of places of facts that decided.
    pub(crate) facts: Lists,
    /// Lists of named values.
    pub(crate) paths: Lists,
    pub(crate) steps: Vec<StepRecord>,
    pub(crate) values: Vec<Val>,
    /// For what comes from a decision table: the table's place in its definition, then the places of the rules that matched.
    pub(crate) hits: Lists,
    /// Operations by programme.
    pub(crate) operations: Vec<(u32, u64)>,
}

impl Program {
    /// Everything that [`Program::explain`] says, as numbers.
    pub fn record<'a>(&'a self, household: &'a Household, on: Date, claim: Date) -> Record<'a> {
        self.recorded(household, on, claim, true, &|_| true)
    }

    /// Everything that [`Program::explain_today`] says, as numbers.
    pub fn record_today<'a>(&'a self, household: &'a Household, on: Date, claim: Date) -> Record<'a> {
        self.recorded(household, on, claim, false, &|_| true)
    }

    pub(crate) fn recorded<'a>(
        &'a self,
        household: &'a Household,
        on: Date,
        claim: Date,
        look_ahead: bool,
        wanted: &dyn Fn(&str) -> bool,
    ) -> Record<'a> {
        let household = self.at_home(household);
        let mut run = Run::new(self, &household, on, claim, look_ahead);
        for (number, programme) in (0u32..).zip(&self.programmes).filter(|(_, p)| wanted(&p.id)) {
            let before = run.machine.operations;
            run.programme(number, programme);
            run.it.operations.push((number, run.machine.operations - before));
        }
        let it = run.done();
        Record { program: self, household, on, it }
    }
}

/// One explanation under way.
pub(crate) struct Run<'a> {
    pub(crate) machine: Machine<'a>,
    pub(crate) days: Days,
    pub(crate) reasons: Reasons<'a>,
    pub(crate) on: i64,
    tracer: Tracer,
    steps: Steps<'a>,
    /// Whether the nearest change of a *no* is looked for.
    look_ahead: bool,
    it: Recorded,
}

impl<'a> Run<'a> {
    fn new(program: &'a Program, household: &'a Household, on: Date, claim: Date, look_ahead: bool) -> Self {
        let members = household.members.len();
        Run {
            machine: Machine::new(program, household, one_day(on), one_day(claim)),
            days: Days::new(days::of(on)),
            reasons: Reasons::new(&program.grounds, members),
            on: days::of(on),
            tracer: Tracer::new(),
            steps: Steps::new(&program.grounds, members),
            look_ahead,
            it: Recorded::default(),
        }
    }

    fn done(self) -> Recorded {
        let Steps { records, values, lists, hits, .. } = self.steps;
        Recorded { facts: self.reasons.lists, paths: lists, steps: records, values, hits, ..self.it }
    }

    fn programme(&mut self, number: u32, programme: &ProgrammeIr) {
        let Some((version, v)) = in_force(programme, self.on) else { return };
        let version = count(version);
        for subject in subjects(v, self.machine.household) {
            let env = environment(&subject);
            if v.applies.is_some_and(|a| self.machine.eval(a, env) == Val::Bool(false)) {
                continue;
            }
            let person = match subject {
                Subject::Household => NONE,
                Subject::Person(p) => count(p),
            };
            let result = self.result(programme, v, env);
            self.it.results.push(ResultRecord { programme: number, version, person, ..result });
        }
    }

    fn result(&mut self, programme: &ProgrammeIr, v: &VersionIr, env: Env) -> ResultRecord {
        let verdict = self.machine.eval(v.verdict, env);
        let answer = answer(verdict);
        let conditions = count(self.it.conditions.len());
        for condition in &v.conditions {
            self.condition(condition, env);
        }
        let missing = if answer == Answer::CannotTell { self.missing(v.verdict, env) } else { NONE };
        let amount = match v.amount {
            Some((id, _)) if matches!(answer, Answer::Yes | Answer::CannotTell) => Some(self.amount(id, env)),
            _ => None,
        };
        // A sum that cannot be worked out blocks the decision as a condition would.
        let broken = amount.and_then(|(_, sum)| trouble(sum)).filter(|_| answer == Answer::Yes);
        let error = trouble(verdict).or(broken);
        let answer = if error.is_some() { Answer::Error } else { answer };
        let nearest = if self.look_ahead && answer == Answer::No { self.nearest(programme, v, env) } else { None };
        let nearest = nearest.map_or(NONE, |nearest| {
            self.it.nearest.push(nearest);
            count(self.it.nearest.len() - 1)
        });
        ResultRecord {
            programme: 0,
            version: 0,
            person: NONE,
            answer,
            decided_by: self.decided_by(answer, conditions),
            conditions,
            amount: amount.map(|a| a.0).filter(|_| answer != Answer::Error),
            days: [v.starts, v.until, v.claim_opens, v.claim_closes].map(|id| self.day(id, env)),
            missing,
            nearest,
            error,
        }
    }

    /// Of the conditions from this one on the first that does what the answer says.
    fn decided_by(&self, answer: Answer, first: u32) -> u32 {
        let deciding = match answer {
            Answer::Yes => return NONE,
            Answer::No => Holds::No,
            Answer::CannotTell => Holds::Unknown,
            Answer::Error => Holds::Error,
        };
        let conditions = self.it.conditions.get(first as usize..).unwrap_or(&[]);
        (0u32..).zip(conditions).find(|(_, c)| c.holds == deciding).map_or(NONE, |(n, _)| n)
    }

    fn condition(&mut self, condition: &ConditionIr, env: Env) {
        let holds = match self.machine.eval(condition.node, env) {
            Val::Bool(false) => Holds::No,
            Val::Bool(true) => Holds::Yes,
            Val::Error(trouble) => {
                self.it.troubles.push((count(self.it.conditions.len()), trouble));
                Holds::Error
            }
            _ => Holds::Unknown,
        };
        let steps = self.steps.steps(&mut self.machine, condition.node, env);
        let facts = self.reasons.facts(&mut self.machine, condition.node, env);
        self.it.conditions.push(ConditionRecord { holds, steps, facts });
    }

    fn amount(&mut self, id: Id, env: Env) -> (AmountRecord, Val) {
        let sum = self.machine.eval(id, env);
        let minor = match sum {
            Val::Int(n) => Some(n),
            _ => None,
        };
        let missing = if sum.is_unknown() { self.missing(id, env) } else { NONE };
        let steps = if self.machine.program.has_tables { self.steps.steps(&mut self.machine, id, env) } else { NONE };
        (AmountRecord { minor, missing, steps }, sum)
    }

    /// The unknown facts that could change a value, sorted.
    fn missing(&mut self, id: Id, env: Env) -> u32 {
        let places = self.tracer.relevant(&mut self.machine, id, env);
        let numbers: Vec<u32> = places.into_iter().map(|place| self.machine.number(place)).collect();
        self.it.missing.push(&numbers)
    }

    fn day(&mut self, id: Option<Id>, env: Env) -> i32 {
        match id.map(|id| self.machine.eval(id, env)) {
            // Days outside the calendar are shown as the nearest within it.
            Some(Val::Date(d)) => i32::try_from(d).unwrap_or(if d < 0 { NO_DAY + 1 } else { i32::MAX }),
            _ => NO_DAY,
        }
    }
}

fn trouble(v: Val) -> Option<Trouble> {
    match v {
        Val::Error(trouble) => Some(trouble),
        _ => None,
    }
}

pub(crate) fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(NONE)
}
