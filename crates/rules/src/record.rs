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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sum {
    /// The programme has none, or the answer leaves none.
    Nothing,
    Open,
    Minor(i64),
}

/// What most results have nothing of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Further {
    /// From, until, claim opens, claim closes.
    pub(crate) days: [i32; 4],
    /// The facts that would settle the answer.
    pub(crate) missing: u32,
    /// The facts missing for the sum.
    pub(crate) missing_sum: u32,
    /// The named values the sum is made of, where some may come from decision tables.
    pub(crate) sum_steps: u32,
    pub(crate) nearest: u32,
    pub(crate) error: Option<Trouble>,
}

impl Further {
    pub(crate) const NOTHING: Further =
        Further { days: [NO_DAY; 4], missing: NONE, missing_sum: NONE, sum_steps: NONE, nearest: NONE, error: None };
}

/// One programme for one subject.
#[derive(Clone, Copy, Debug)]
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
    pub(crate) sum: Sum,
    /// Its place in [`Recorded::further`]; [`NONE`] where there is nothing further.
    pub(crate) further: u32,
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
    pub(crate) further: Vec<Further>,
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
        let [of_household, of_person] = program.most;
        let most = |of: fn((usize, usize)) -> usize| of(of_household) + of(of_person) * members;
        Run {
            machine: Machine::new(program, household, one_day(on), one_day(claim)),
            days: Days::new(days::of(on)),
            reasons: Reasons::new(&program.grounds, members),
            on: days::of(on),
            tracer: Tracer::new(),
            steps: Steps::new(&program.grounds, members),
            look_ahead,
            it: Recorded {
                results: Vec::with_capacity(most(|m| m.0)),
                conditions: Vec::with_capacity(most(|m| m.1)),
                operations: Vec::with_capacity(program.programmes.len()),
                ..Recorded::default()
            },
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
        let mut further = Further::NOTHING;
        if answer == Answer::CannotTell {
            further.missing = self.missing(v.verdict, env);
        }
        let sum = match v.amount {
            Some((id, _)) if matches!(answer, Answer::Yes | Answer::CannotTell) => self.sum(id, env, &mut further),
            _ => None,
        };
        // A sum that cannot be worked out blocks the decision as a condition would.
        let broken = sum.and_then(trouble).filter(|_| answer == Answer::Yes);
        further.error = trouble(verdict).or(broken);
        let answer = if further.error.is_some() { Answer::Error } else { answer };
        if self.look_ahead
            && answer == Answer::No
            && let Some(nearest) = self.nearest(programme, v, env)
        {
            further.nearest = count(self.it.nearest.len());
            self.it.nearest.push(nearest);
        }
        let days = [v.starts, v.until, v.claim_opens, v.claim_closes];
        if days.iter().any(Option::is_some) {
            further.days = days.map(|id| self.day(id, env));
        }
        let sum = match sum {
            None => Sum::Nothing,
            Some(_) if answer == Answer::Error => Sum::Nothing,
            Some(Val::Int(n)) => Sum::Minor(n),
            Some(_) => Sum::Open,
        };
        let further = if further == Further::NOTHING {
            NONE
        } else {
            self.it.further.push(further);
            count(self.it.further.len() - 1)
        };
        let decided_by = self.decided_by(answer, conditions);
        ResultRecord { programme: 0, version: 0, person: NONE, answer, decided_by, conditions, sum, further }
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

    fn sum(&mut self, id: Id, env: Env, further: &mut Further) -> Option<Val> {
        let sum = self.machine.eval(id, env);
        if sum.is_unknown() {
            further.missing_sum = self.missing(id, env);
        }
        if self.machine.program.has_tables {
            further.sum_steps = self.steps.steps(&mut self.machine, id, env);
        }
        Some(sum)
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
