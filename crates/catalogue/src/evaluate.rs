//! One household under one pack: single results, then combination rules.

use kernel::Date;
use rules::combine::{Combined, FactSide, Rule, Ties, combine};
use rules::outcome::{Explanation, FactRef, ProgrammeResult, Subject};
use rules::schema::{Entity, Per, Type, Value};
use rules::{Household, Named};

use crate::load::limit_programme;
use crate::pack::Pack;

impl Pack {
    /// Everything worked out for one household on one day; `claim` is the day of the claim, `None` the day itself.
    /// The combined results stand in the same order as the single results.
    pub fn evaluate(&self, household: &Household, on: Date, claim: Option<Date>) -> (Explanation, Combined) {
        self.combined(household, on, self.program().explain(household, on, claim.unwrap_or(on)))
    }

    /// The same without the nearest change of a *no*, which costs most of the time: for making offers.
    pub fn evaluate_today(&self, household: &Household, on: Date) -> (Explanation, Combined) {
        self.combined(household, on, self.program().explain_today(household, on, on))
    }

    /// The same, where the combination rules look only at results of which `among` is true: a family is held only to
    /// what it claims or has, not to what it could have.
    pub fn evaluate_among(
        &self,
        household: &Household,
        on: Date,
        claim: Date,
        among: &dyn Fn(&ProgrammeResult) -> bool,
    ) -> (Explanation, Combined) {
        let mut explanation = self.program().explain(household, on, claim);
        explanation.results.retain(|r| limited(&r.programme, self.rules()) || among(r));
        self.combined(household, on, explanation)
    }

    pub(crate) fn combined(
        &self,
        household: &Household,
        on: Date,
        mut explanation: Explanation,
    ) -> (Explanation, Combined) {
        let limits: Vec<(String, Option<i64>)> = self.take_limits(&mut explanation);
        let limit = |rule: &str| limits.iter().find(|(id, _)| id == rule).and_then(|(_, limit)| *limit);
        let spouses: Vec<Option<usize>> = household.members().iter().map(|m| m.spouse).collect();
        let fact = |fact: &FactRef| self.fact_side(household, fact, on);
        let ties = Ties { on, spouses: &spouses, fact: &fact, limit: &limit };
        let combined = combine(self.rules(), &explanation.results, &ties);
        (explanation, combined)
    }

    /// Takes the limits of ceilings, which are computed like programmes, out of the results.
    fn take_limits(&self, explanation: &mut Explanation) -> Vec<(String, Option<i64>)> {
        let ceilings = self.rules().iter().filter(|r| !r.members.is_empty());
        let limits: Vec<_> = ceilings
            .map(|rule| {
                let id = limit_programme(&rule.id);
                let result = explanation.results.iter().find(|r| r.programme == id);
                (rule.id.clone(), result.and_then(|r| r.amount.as_ref()).and_then(|a| a.minor))
            })
            .collect();
        if !limits.is_empty() {
            let is_limit = |id: &str| limits.iter().any(|(rule, _)| limit_programme(rule) == *id);
            explanation.results.retain(|r| !is_limit(&r.programme));
            explanation.operations.retain(|id, _| !is_limit(id));
        }
        limits
    }

    /// What a fact on one side of a rule amounts to on the day.
    fn fact_side(&self, household: &Household, fact: &FactRef, on: Date) -> FactSide {
        let (entity, member) = match fact.subject {
            Subject::Household => (Entity::Household, None),
            Subject::Person(n) => (Entity::Person, Some(n)),
        };
        let unknown = FactSide { holds: None, amount: None };
        // Asked first: an unknown name costs a search for the nearest one, and rules name many items no programme reads.
        if !self.program().knows(entity, &fact.item) {
            return self.recorded_side(household, (entity, &fact.item), member, on);
        }
        match self.program().value(household, (entity, &fact.item), member, on) {
            Ok(Named::Known(value)) => FactSide {
                holds: Some(self.counts(entity, &fact.item, &value, on)),
                amount: money(&value).zip(self.per_of(entity, &fact.item)),
            },
            Ok(Named::Unknown { least, .. }) if least.is_some_and(|n| n > 0) => {
                FactSide { holds: Some(true), ..unknown }
            }
            Ok(Named::Unknown { most, .. }) if most.is_some_and(|n| n <= 0) => {
                FactSide { holds: Some(false), ..unknown }
            }
            Err(_) => self.recorded_side(household, (entity, &fact.item), member, on),
            _ => unknown,
        }
    }

    /// The same for an item that no programme reads: what is recorded, or what the register's silence means.
    fn recorded_side(&self, household: &Household, of: (Entity, &str), member: Option<usize>, on: Date) -> FactSide {
        let silence = || self.item(of.0, of.1).and_then(|i| i.absent.as_ref());
        let value = household.stated(of.0, of.1, member).unwrap_or_else(silence);
        FactSide {
            holds: value.map(|v| self.counts(of.0, of.1, v, on)),
            amount: value.and_then(money).zip(self.per_of(of.0, of.1)),
        }
    }

    /// Whether a value counts as true on one side of a rule.
    fn counts(&self, entity: Entity, item: &str, value: &Value, on: Date) -> bool {
        match value {
            Value::Boolean(truth) => *truth,
            Value::Integer(n) | Value::Money(n) => *n > 0,
            Value::Decimal(text) => !text.starts_with('-') && text.bytes().any(|b| (b'1'..=b'9').contains(&b)),
            Value::Date(date) => *date <= on,
            Value::Text(text) => !text.is_empty(),
            Value::Code(_) => self.item(entity, item).and_then(|i| i.absent.as_ref()) != Some(value),
        }
    }

    fn per_of(&self, entity: Entity, id: &str) -> Option<Per> {
        let item = self.item(entity, id).map(|i| &i.ty);
        match item.or_else(|| self.definition(entity, id).and_then(|d| d.ty.as_ref())) {
            Some(Type::Money(per)) => Some(*per),
            _ => None,
        }
    }
}

/// Whether this is the limit of a ceiling, which is computed like a programme.
fn limited(programme: &str, rules: &[Rule]) -> bool {
    rules.iter().any(|r| !r.members.is_empty() && limit_programme(&r.id) == *programme)
}

fn money(value: &Value) -> Option<i64> {
    match value {
        Value::Money(minor) => Some(*minor),
        _ => None,
    }
}
