//! The explaining evaluator: every programme, every subject, every condition with what it rests on.

use std::borrow::Cow;
use std::sync::Arc;

use kernel::Date;

use crate::days;
use crate::eval::{Env, Machine};
use crate::facts::{FactError, Household};
use crate::outcome::{Answer, Explanation, Subject};
use crate::program::{Program, ProgrammeIr, VersionIr};
use crate::schema::{Entity, Value};
use crate::value::{Bounds, Val};

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
        self.record(household, on, claim).read()
    }

    /// The same without the nearest change of a *no*: looking over the days ahead can cost as much again as the rest, and what is
    /// *yes* or open does not need it.
    pub fn explain_today(&self, household: &Household, on: Date, claim: Date) -> Explanation {
        self.record_today(household, on, claim).read()
    }

    /// As [`Program::explain_today`], for the programmes of which `wanted` is true alone: what they say is the same.
    pub fn explain_only(
        &self,
        household: &Household,
        on: Date,
        claim: Date,
        wanted: &dyn Fn(&str) -> bool,
    ) -> Explanation {
        self.recorded(household, on, claim, false, wanted).read()
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
        let mut machine = Machine::new(self, &household, one_day(on), one_day(on));
        Ok(match machine.eval(id, Env::of(member)) {
            Val::Unknown(b) => {
                let some = |n: i64| Some(n).filter(|n| *n != i64::MIN && *n != i64::MAX);
                Named::Unknown { least: some(b.lo), most: some(b.hi) }
            }
            Val::Error(trouble) => Named::Error(self.trouble(trouble)),
            v => match self.readable(&household, id, v) {
                Some(value) => Named::Known(value),
                None => Named::Unknown { least: None, most: None },
            },
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
pub(crate) fn subjects(v: &VersionIr, household: &Household) -> impl Iterator<Item = Subject> + use<> {
    let of_household = v.subject == Entity::Household;
    let many = if of_household { 1 } else { household.members().len() };
    (0..many).map(move |n| if of_household { Subject::Household } else { Subject::Person(n) })
}

pub(crate) fn environment(subject: &Subject) -> Env {
    match subject {
        Subject::Household => Env::of(None),
        Subject::Person(p) => Env::of(Some(*p)),
    }
}
