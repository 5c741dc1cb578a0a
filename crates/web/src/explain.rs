//! From what the rules say to what a page shows: results, combination and pack become [`Entitlement`]s with words.

use catalogue::Pack;
use catalogue::model::masked;
use kernel::{Money, Words};
use rules::combine::{Combined as AllCombined, Effect as RuleEffect, What};
use rules::outcome::{ConditionResult, Explanation, FactRef, FactUsed, NearestChange, ProgrammeResult, Subject};
use rules::schema::{Entity, Per, Type, Value};

use crate::components::entitlement::{Combined, Condition, Effect, Entitlement, Fact, Missing, Nearest, Source};
use crate::components::value::{Shown, percent_of_ratio};

/// Who the members are called, in the order of the household given to the rules.
pub(crate) struct Story<'a> {
    /// The pack under which the results were made.
    pub(crate) pack: &'a Pack,
    /// Names of the members.
    pub(crate) names: &'a [String],
}

impl Story<'_> {
    /// Every result with its words, in the pack's order.
    pub(crate) fn all(&self, explanation: &Explanation, combined: &AllCombined) -> Vec<Entitlement> {
        let numbered = explanation.results.iter().enumerate();
        numbered.filter_map(|(n, result)| self.one(n, result, explanation, combined)).collect()
    }

    fn one(
        &self,
        n: usize,
        result: &ProgrammeResult,
        all: &Explanation,
        combined: &AllCombined,
    ) -> Option<Entitlement> {
        let programme = self.pack.programmes().get(&result.programme)?;
        let version = self.pack.version(&result.programme, result.version)?;
        let after = combined.results.get(n).and_then(|c| c.amount.as_ref());
        let amount = after.or(result.amount.as_ref());
        Some(Entitlement {
            programme: result.programme.clone(),
            name: programme.name.clone(),
            summary: programme.summary.clone(),
            agency: self.agency(&programme.decided_by),
            whose: self.whose(&result.subject),
            answer: result.answer,
            amount: amount.map(|a| (a.minor.map(|minor| self.money(minor)), a.per)),
            benefit: version.benefit.as_ref().and_then(|b| b.words.clone()),
            from: result.from,
            until: result.until,
            claim_closes: result.claim_closes,
            law: version.law.clone(),
            note: version.note.clone(),
            conditions: result.conditions.iter().map(|c| self.condition(c, version)).collect(),
            missing: result.missing.iter().map(|m| self.missing(m)).collect(),
            nearest: result.nearest.as_ref().and_then(|near| self.nearest(near, &result.subject)),
            combined: combined.effects.iter().filter_map(|e| self.combined(n, e, all)).collect(),
        })
    }

    /// What one rule did to the result with this index.
    fn combined(&self, n: usize, e: &RuleEffect, all: &Explanation) -> Option<Combined> {
        let wins = e.winner == Some(n);
        if !wins && e.loser != Some(n) {
            return None;
        }
        let effect = match (e.what, wins) {
            (What::Dropped, true) => Effect::Chosen,
            (What::Dropped, false) => Effect::Dropped,
            (What::Lowered, false) => Effect::Lowered,
            (What::Shortened, false) => Effect::Later,
            (What::Choice, _) => Effect::Choice,
            (What::Check, _) => Effect::Check,
            (What::Lowered | What::Shortened, true) | (What::Pending | What::Explained, _) => return None,
        };
        let other = if wins { e.loser } else { e.winner }.and_then(|o| all.results.get(o));
        let rule = self.pack.combinations().get(&e.rule)?;
        let amount = other.and_then(|o| o.amount.as_ref()).and_then(|a| Some((self.money(a.minor?), a.per)));
        let name = other.and_then(|o| self.pack.programmes().get(&o.programme)).map(|p| p.name.clone());
        Some(Combined {
            effect,
            words: rule.words.clone(),
            law: rule.law.clone(),
            other: name.or_else(|| e.fact.as_ref().map(|f| self.name_of(f))),
            other_amount: amount.filter(|_| matches!(effect, Effect::Chosen | Effect::Dropped | Effect::Choice)),
        })
    }

    fn condition(&self, c: &ConditionResult, version: &catalogue::model::Version) -> Condition {
        let written = version.conditions.iter().find(|w| w.id == c.id);
        Condition {
            words: written.map(|w| w.words.clone()).unwrap_or_default(),
            law: written.map(|w| w.law.clone()).unwrap_or_default(),
            holds: c.holds,
            error: c.error.clone(),
            steps: c
                .steps
                .iter()
                .map(|s| (self.step_name(&s.name, &s.subject), self.step_value(&s.name, &s.subject, s.value.as_ref())))
                .collect(),
            facts: c.facts.iter().map(|f| self.fact_used(f)).collect(),
        }
    }

    fn fact_used(&self, used: &FactUsed) -> Fact {
        let owner = self.item(&used.fact).and_then(|i| i.owner.as_deref());
        let source = match (&used.provenance, used.assumed_absent, &used.value) {
            (Some(from), _, _) => self.source(&from.source),
            (None, true, _) => Source::Silence(self.agency(owner.unwrap_or_default())),
            (None, false, Some(_)) => Source::Person,
            (None, false, None) => Source::Nobody,
        };
        Fact {
            name: self.name_of(&used.fact),
            whose: self.whose(&used.fact.subject),
            value: self.shown_of(&used.fact, used.value.as_ref()),
            source,
            since: used.provenance.as_ref().and_then(|p| p.valid_from),
        }
    }

    /// Who says so, from the code recorded with a fact: an agency, a place, or the person.
    pub(crate) fn source(&self, code: &str) -> Source {
        if code.is_empty() || code == "self" {
            return Source::Person;
        }
        let place = || self.pack.jurisdictions().get(code).map(|j| j.name.clone());
        let agency = self.pack.agencies().get(code).map(|a| a.name.clone());
        agency.or_else(place).map_or_else(|| Source::Agency(plain(code)), Source::Agency)
    }

    fn missing(&self, fact: &FactRef) -> Missing {
        let owner = self.item(fact).and_then(|i| i.owner.as_deref()).and_then(|id| self.pack.agencies().get(id));
        Missing { name: self.name_of(fact), whose: self.whose(&fact.subject), owner: owner.map(|a| a.name.clone()) }
    }

    fn nearest(&self, near: &NearestChange, subject: &Subject) -> Option<Nearest> {
        Some(match near {
            NearestChange::Day { on } => Nearest::Day(*on),
            NearestChange::Threshold { name, value, needed, .. } => Nearest::Threshold {
                name: self.step_name(name, subject),
                value: self.step_value(name, subject, Some(value)),
                needed: self.step_value(name, subject, Some(needed)),
            },
            NearestChange::Fact { fact, value, .. } => Nearest::Fact {
                name: self.name_of(fact),
                whose: self.whose(&fact.subject),
                value: self.shown_of(fact, value.as_ref()),
            },
        })
    }

    fn money(&self, minor: i64) -> Money {
        Money::new(minor, self.pack.currency())
    }

    /// An agency's name; its code when the pack does not know it.
    pub(crate) fn agency(&self, id: &str) -> Words {
        self.pack.agencies().get(id).map_or_else(|| plain(id), |a| a.name.clone())
    }

    fn whose(&self, subject: &Subject) -> Option<String> {
        match subject {
            Subject::Household => None,
            Subject::Person(n) => Some(self.names.get(*n).cloned().unwrap_or_else(|| (n + 1).to_string())),
        }
    }

    fn item(&self, fact: &FactRef) -> Option<&catalogue::model::Item> {
        self.pack.item(entity(&fact.subject), &fact.item)
    }

    fn name_of(&self, fact: &FactRef) -> Words {
        self.pack.name_of(entity(&fact.subject), &fact.item).cloned().unwrap_or_else(|| plain(&fact.item))
    }

    fn shown_of(&self, fact: &FactRef, value: Option<&Value>) -> Shown {
        let ty = type_of(self.pack, entity(&fact.subject), &fact.item);
        shown(self.pack, ty.as_ref(), value)
    }

    /// A step names a definition, an item, or a parameter with its keys: `median_income(4)`.
    pub(crate) fn step_name(&self, name: &str, subject: &Subject) -> Words {
        let (bare, keys) =
            name.split_once('(').map_or((name, ""), |(bare, rest)| (bare.trim(), rest.trim_end_matches(')')));
        let bare = bare.rsplit('.').next().unwrap_or(bare);
        let of = |e| self.pack.name_of(e, bare);
        let found = of(entity(subject)).or_else(|| of(Entity::Household)).or_else(|| of(Entity::Person));
        let parameter = || self.pack.parameters().get(bare).map(|p| &p.name);
        let Some(words) = found.or_else(parameter) else { return plain(name) };
        if keys.is_empty() {
            return words.clone();
        }
        words.0.iter().map(|(lang, w)| (*lang, format!("{w} ({keys})"))).collect()
    }

    pub(crate) fn step_value(&self, name: &str, subject: &Subject, value: Option<&Value>) -> Shown {
        let bare = name.split('(').next().unwrap_or(name);
        let bare = bare.rsplit('.').next().unwrap_or(bare);
        let of = |e| type_of(self.pack, e, bare);
        let ty = of(entity(subject)).or_else(|| of(Entity::Household)).or_else(|| of(Entity::Person));
        let ty = ty.or_else(|| self.pack.parameters().get(bare).map(|p| p.ty.clone()));
        shown(self.pack, ty.as_ref(), value)
    }
}

fn entity(subject: &Subject) -> Entity {
    match subject {
        Subject::Household => Entity::Household,
        Subject::Person(_) => Entity::Person,
    }
}

/// The same text in every language: for codes the pack has no words for.
pub(crate) fn plain(text: &str) -> Words {
    Words::from([(kernel::Lang::En, text)])
}

/// The declared type of an item or definition.
pub(crate) fn type_of(pack: &Pack, entity: Entity, id: &str) -> Option<Type> {
    let item = pack.item(entity, id).map(|i| i.ty.clone());
    item.or_else(|| pack.definition(entity, id).and_then(|d| d.ty.clone()))
}

/// A hidden account, with the bank's name in place of its code.
fn account_shown(pack: &Pack, text: &str) -> Option<Shown> {
    let (bank, number) = text.split_once(' ').filter(|_| masked(text))?;
    let bank = pack.accounts().find_map(|rule| pack.code(&rule.banks, bank))?;
    let words = bank.name.0.iter().map(|(lang, name)| (*lang, format!("{name} {number}")));
    Some(Shown::Code(words.collect()))
}

/// A value with what its type says about how to read it.
pub(crate) fn shown(pack: &Pack, ty: Option<&Type>, value: Option<&Value>) -> Shown {
    let unit = match ty {
        Some(Type::Integer(unit) | Type::Decimal(unit)) => unit.to_string(),
        _ => String::new(),
    };
    match (value, ty) {
        (None, _) => Shown::Unknown,
        (Some(Value::Boolean(truth)), _) => Shown::Truth(*truth),
        (Some(Value::Integer(number)), _) => Shown::Count(*number, unit),
        (Some(Value::Decimal(number)), Some(Type::Ratio)) => Shown::Percent(percent_of_ratio(number)),
        (Some(Value::Decimal(minor)), Some(Type::Money(per))) => Shown::Exact(minor.clone(), pack.currency(), *per),
        (Some(Value::Decimal(number)), _) => Shown::Decimal(number.clone(), unit),
        (Some(Value::Money(minor)), ty) => {
            let per = if let Some(Type::Money(per)) = ty { *per } else { Per::Once };
            Shown::Money(Money::new(*minor, pack.currency()), per)
        }
        (Some(Value::Date(date)), _) => Shown::Date(*date),
        (Some(Value::Text(words)), _) => account_shown(pack, words).unwrap_or_else(|| Shown::Plain(words.clone())),
        (Some(Value::Code(code)), Some(Type::Code(list))) => {
            pack.code(list, code).map_or_else(|| Shown::Plain(code.clone()), |c| Shown::Code(c.name.clone()))
        }
        (Some(Value::Code(code)), _) => Shown::Plain(code.clone()),
    }
}
