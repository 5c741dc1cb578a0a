//! The determination itself. Pure: the same basis under the same pack gives the same result, for ever.

use std::collections::BTreeSet;

use catalogue::Pack;
use kernel::{Date, PersonId};
use rules::combine::{Combined, CombinedResult, Effect, Standing, Stretch, What};
use rules::outcome::{Answer, Explanation, NearestChange, ProgrammeResult, Subject as Indexed};
use rules::schema::{Per, Value};
use serde::{Deserialize, Serialize};

use super::basis::{Basis, Claimed, month_days};
use super::slices::{Slice, lay};
use crate::model::{Needed, NeededFor, Prefilled, Subject, Sum, Touch};
use crate::snapshot::Snapshot;

/// A named value on the way to a condition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Named {
    /// The definition, parameter (with keys) or item.
    pub name: String,
    /// Its value; `None`: not known.
    pub value: Option<Value>,
}

/// One condition with what it rests on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// Its id in the pack.
    pub id: String,
    /// The law.
    pub law: String,
    /// Whether it holds; `None`: not known.
    pub holds: Option<bool>,
    /// Why it could not be worked out.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error: Option<String>,
    /// Values compared, in order.
    pub steps: Vec<Named>,
    /// Facts read, with their sources.
    pub facts: Vec<Prefilled>,
}

/// A combination rule under which the entitlement gives way to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Excluded {
    /// The rule.
    pub rule: String,
    /// The other programme, when it is one.
    pub other: Option<String>,
}

/// What a case is worth.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Determined {
    /// Yes, no, cannot tell, error: after the combination rules.
    pub answer: Answer,
    /// Index of the programme's version on the day.
    pub version: usize,
    /// The law of the version.
    pub law: String,
    /// Every condition.
    pub reasons: Vec<Reason>,
    /// Facts that would settle it.
    pub missing: Vec<Needed>,
    /// The sum on the day, after the combination rules.
    pub amount: Option<Sum>,
    /// The entitlement over time.
    pub slices: Vec<Slice>,
    /// First day of the entitlement.
    pub from: Option<Date>,
    /// First day outside.
    pub until: Option<Date>,
    /// The rule by which another programme takes its place.
    pub excluded: Option<Excluded>,
    /// Combination rules that touch it.
    pub touches: Vec<Touch>,
    /// The rules leave something to an official.
    pub official_looks: bool,
    /// For a *no*: what would turn it.
    pub nearest: Option<Nearest>,
    /// Why there is no answer.
    pub error: Option<String>,
    /// Content hash of the rules.
    pub rule_set: String,
}

/// The nearest change that would turn a *no*.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Nearest {
    /// The day on which it turns by itself.
    Day {
        /// That day.
        on: Date,
    },
    /// A value would have to reach a threshold.
    Threshold {
        /// The condition.
        condition: String,
        /// What is too high or too low.
        name: String,
        /// What it is.
        value: Value,
        /// What it would have to be.
        needed: Value,
    },
    /// A fact would have to be otherwise.
    Fact {
        /// The condition.
        condition: String,
        /// The item.
        item: String,
        /// What it is.
        value: Option<Value>,
    },
}

/// One evaluation of the basis on one day.
struct On<'a> {
    day: Date,
    facts: &'a Snapshot,
    persons: Vec<PersonId>,
    explanation: Explanation,
    combined: Combined,
    at: usize,
}

/// Works it out.
///
/// A month is worth what its own first day says: the facts, figures and law of that day. What changes within a month counts
/// from the next one on, so that no month is worth now this and now that, depending on when somebody looks.
pub fn work_out(pack: &Pack, basis: &Basis) -> Determined {
    let Some(today) = basis.now().and_then(|facts| look(pack, basis, facts, basis.on)) else {
        return gone(pack, basis);
    };
    let result = today.result();
    let excluded = today.excluded();
    let answer = match result.answer {
        Answer::Yes if excluded.is_some() => Answer::No,
        other => other,
    };
    let version = pack.version(&basis.programme, result.version);
    let per = today.per(pack).unwrap_or(Per::Once);
    let sums = sums(pack, basis, &today, per);
    let slices = lay(&sums, result.until, per, pack.process(&basis.programme));
    Determined {
        answer,
        version: result.version,
        law: version.map(|v| v.law.clone()).unwrap_or_default(),
        reasons: today.reasons(pack, basis),
        missing: today.missing(),
        amount: today.sum().map(|(minor, per)| Sum { minor, currency: pack.currency(), per }),
        from: slices.first().map(|s| s.from),
        until: slices.last().and_then(|s| s.until),
        slices,
        excluded,
        touches: today.touches(),
        official_looks: today.kept().is_some_and(|c| c.check || c.standing == Standing::Choice),
        nearest: result.nearest.as_ref().map(nearest),
        error: result.error.as_ref().map(ToString::to_string),
        rule_set: today.explanation.rule_set.to_string(),
    }
}

/// The first day of the entitlement as the rules see it today; `None` when there is none.
pub(super) fn begins(pack: &Pack, basis: &Basis) -> Option<Date> {
    let today = look(pack, basis, basis.now()?, basis.on)?;
    let result = today.result();
    (result.answer != Answer::No).then_some(())?;
    result.from.or(Some(basis.claim))
}

/// The sum of every month, from the beginning of the entitlement on and as far ahead as it is certain.
fn sums(pack: &Pack, basis: &Basis, today: &On<'_>, per: Per) -> Vec<(Date, Option<i64>)> {
    let minor = today.worth();
    let Some(from) = basis.since.or(today.result().from.or(Some(basis.claim)).filter(|_| minor.is_some())) else {
        return Vec::new();
    };
    if per != Per::Month {
        // What is paid once was due on its day: who is too old for it today had it rightly then.
        let once = today.per(pack) == Some(Per::Once);
        let then = || basis.since.filter(|_| once).and_then(|since| month(pack, basis, since));
        return vec![(from, minor.or_else(then))];
    }
    let mut sums = past(pack, basis, from);
    sums.push((super::slices::next_month(basis.on).max(from), minor));
    if minor.is_some() {
        ahead(pack, basis, today, &mut sums);
    }
    sums
}

/// The sums of the months that have begun.
fn past(pack: &Pack, basis: &Basis, from: Date) -> Vec<(Date, Option<i64>)> {
    month_days(from, basis.on).map(|day| (day, month(pack, basis, day))).collect()
}

/// What the month that begins for the entitlement on `day` is worth.
fn month(pack: &Pack, basis: &Basis, day: Date) -> Option<i64> {
    let end = day.last_of_month().min(basis.on);
    let then = basis.on_day(day).into_iter().chain(basis.on_day(end));
    let settled = |on: &On<'_>| matches!(on.result().answer, Answer::Yes | Answer::No);
    let of_its_own = then.filter_map(|facts| {
        let at = if facts.on <= day { day } else { end };
        look(pack, basis, facts, at)
    });
    // What nobody recorded for then is taken to have been as it is now: a claim that reaches back rests on today's answers.
    let as_now = std::iter::once_with(|| basis.now().and_then(|facts| look(pack, basis, facts, day))).flatten();
    let found = of_its_own.chain(as_now).find(settled);
    found.and_then(|on| on.worth())
}

/// How many months ahead the sum is laid out: as far as the facts of today alone decide it.
const AHEAD: usize = 60;

/// The months to come in which the sum turns by itself, by age or by figures already published: what the law gives in steps
/// is one decision, and no family is heard every time a child has a birthday.
fn ahead(pack: &Pack, basis: &Basis, today: &On<'_>, sums: &mut Vec<(Date, Option<i64>)>) {
    let household = today.facts.for_rules(pack.program().household());
    let said = |day: Date| pack.program().answers(&household, day, basis.claim);
    let mut before = said(basis.on);
    let first = super::slices::next_month(basis.on);
    let months = std::iter::successors(Some(first), |m| Some(super::slices::next_month(*m)));
    for month in months.take(AHEAD) {
        let now = said(month);
        if now == before {
            continue;
        }
        before = now;
        let Some(on) = look(pack, basis, today.facts, month) else { return };
        match on.result().answer {
            Answer::Yes => sums.push((month, on.worth())),

            // The end stands in the entitlement's own period; an age that ends it on a day says so there.
            Answer::No => return sums.push((month, None)),
            // Figures that are not published yet, facts that will be asked then: the last known sum goes on.
            Answer::CannotTell | Answer::Error => return,
        }
    }
}

/// Evaluates facts on a day; `None` when the programme says nothing about the subject then.
fn look<'a>(pack: &Pack, basis: &Basis, facts: &'a Snapshot, day: Date) -> Option<On<'a>> {
    let persons = facts.persons();
    let household = facts.for_rules(pack.program().household());
    let subject = |indexed: &Indexed| match indexed {
        Indexed::Household => Some(Subject::Household(facts.household)),
        Indexed::Person(n) => persons.get(*n).copied().map(Subject::Person),
    };
    let mine = |programme: &str, of: Option<Subject>| {
        // A household split in two keeps the entitlement of the one that applied.
        let same = of == Some(basis.subject)
            || matches!((of, basis.subject), (Some(Subject::Household(_)), Subject::Household(_)));
        programme == basis.programme && same
    };
    let among = |r: &ProgrammeResult| {
        let of = subject(&r.subject);
        let claimed = |c: &Claimed| c.programme == *r.programme && Some(c.subject) == of && c.counts_in(day);
        mine(&r.programme, of) || basis.claimed.iter().any(claimed)
    };
    let (explanation, combined) = pack.evaluate_among(&household, day, basis.claim, &among);
    let at = explanation.results.iter().position(|r| mine(&r.programme, subject(&r.subject)))?;
    Some(On { day, facts, persons, explanation, combined, at })
}

impl On<'_> {
    #[expect(clippy::indexing_slicing, reason = "`at` was found in this very list")]
    fn result(&self) -> &ProgrammeResult {
        &self.explanation.results[self.at]
    }

    fn kept(&self) -> Option<&CombinedResult> {
        self.combined.results.get(self.at)
    }

    fn subject(&self, indexed: &Indexed) -> Option<Subject> {
        match indexed {
            Indexed::Household => Some(Subject::Household(self.facts.household)),
            Indexed::Person(n) => self.persons.get(*n).copied().map(Subject::Person),
        }
    }

    /// The sum after the combination rules, and its period.
    fn sum(&self) -> Option<(Option<i64>, Per)> {
        let single = self.result().amount.as_ref();
        let kept = self.kept().filter(|c| c.standing != Standing::Dropped).and_then(|c| c.amount.as_ref());
        kept.or(single).map(|a| (a.minor, a.per))
    }

    /// What it is worth: `None` for a certain nothing and for what is not known; 0 for a thing or service.
    fn worth(&self) -> Option<i64> {
        if self.result().answer != Answer::Yes || self.excluded().is_some() {
            return None;
        }
        self.sum().map_or(Some(0), |(minor, _)| minor)
    }

    /// The period of its sum: of the result, or where it has none today, of the programme.
    fn per(&self, pack: &Pack) -> Option<Per> {
        let version = pack.version(&self.result().programme, self.result().version);
        self.sum().map(|(_, per)| per).or_else(|| version.and_then(|v| v.amount.as_ref()).map(|(_, per)| *per))
    }

    /// The rule by which another programme takes its place on the day: for good, or for the days on which both would run. Of
    /// two discounts on one bill the second runs when the first has ended, and not beside it.
    fn excluded(&self) -> Option<Excluded> {
        let inside = |s: &Stretch| s.from.is_none_or(|f| f <= self.day) && s.until.is_none_or(|u| self.day < u);
        let kept = self.kept().filter(|c| match c.standing {
            Standing::Dropped => true,
            Standing::Shortened => !c.periods.iter().any(inside),
            _ => false,
        })?;
        let takes = |e: &&Effect| e.loser == Some(self.at) && matches!(e.what, What::Dropped | What::Shortened);
        let mut effects = self.combined.effects.iter().filter(takes);
        let effect = effects.next();
        let rule = effect.map(|e| e.rule.to_string()).or_else(|| kept.by.first().map(ToString::to_string))?;
        let other = effect.and_then(|e| e.winner).and_then(|w| self.explanation.results.get(w));
        Some(Excluded { rule, other: other.map(|r| r.programme.to_string()) })
    }

    fn touches(&self) -> Vec<Touch> {
        let mut touches: Vec<Touch> = Vec::new();
        for effect in &self.combined.effects {
            let other = match (effect.winner, effect.loser) {
                (Some(w), other) if w == self.at => other,
                (other, Some(l)) if l == self.at => other,
                _ => continue,
            };
            let other = other.and_then(|o| self.explanation.results.get(o)).map(|r| r.programme.to_string());
            let excludes = matches!(effect.what, What::Dropped | What::Choice);
            let touch = Touch { rule: effect.rule.to_string(), other, excludes };
            if !touches.contains(&touch) {
                touches.push(touch);
            }
        }
        touches
    }

    fn reasons(&self, pack: &Pack, basis: &Basis) -> Vec<Reason> {
        let result = self.result();
        let version = pack.version(&basis.programme, result.version);
        let law = |id: &str| {
            let found = version.and_then(|v| v.conditions.iter().find(|c| c.id == id));
            found.map(|c| c.law.clone()).unwrap_or_default()
        };
        let reason = |c: &rules::outcome::ConditionResult| Reason {
            id: c.id.to_string(),
            law: law(&c.id),
            holds: c.holds,
            error: c.error.as_ref().map(ToString::to_string),
            steps: c.steps.iter().map(|s| Named { name: s.name.to_string(), value: s.value.clone() }).collect(),
            facts: self.facts_of(c),
        };
        result.conditions.iter().map(reason).collect()
    }

    fn facts_of(&self, condition: &rules::outcome::ConditionResult) -> Vec<Prefilled> {
        let mut seen = BTreeSet::new();
        let mut facts = Vec::new();
        for used in &condition.facts {
            let (Some(subject), Some(value)) = (self.subject(&used.fact.subject), used.value.clone()) else { continue };
            if !seen.insert((subject, used.fact.item.to_string())) {
                continue;
            }
            let from = used.provenance.as_ref();
            facts.push(Prefilled {
                subject,
                item: used.fact.item.to_string(),
                value,
                source: from.map(|p| p.source.to_string()),
                valid_from: from.and_then(|p| p.valid_from),
                recorded: from.and_then(|p| p.recorded.as_ref()).map(ToString::to_string),
                law: from.and_then(|p| p.law.as_ref()).map(ToString::to_string),
            });
        }
        facts
    }

    fn missing(&self) -> Vec<Needed> {
        let result = self.result();
        let answer = result.missing.iter().map(|f| (NeededFor::Answer, f));
        let of_amount = result.amount.as_ref().map_or(&[][..], |a| &a.missing[..]);
        let all = answer.chain(of_amount.iter().map(|f| (NeededFor::Amount, f)));
        let mut needed: Vec<Needed> = all
            .filter_map(|(purpose, f)| {
                Some(Needed { purpose, subject: self.subject(&f.subject)?, item: f.item.to_string() })
            })
            .collect();
        needed.sort();
        needed.dedup_by(|a, b| a.subject == b.subject && a.item == b.item);
        needed
    }
}

fn nearest(change: &NearestChange) -> Nearest {
    match change {
        NearestChange::Day { on } => Nearest::Day { on: *on },
        NearestChange::Threshold { condition, name, value, needed } => Nearest::Threshold {
            condition: condition.to_string(),
            name: name.to_string(),
            value: value.clone(),
            needed: needed.clone(),
        },
        NearestChange::Fact { condition, fact, value } => {
            Nearest::Fact { condition: condition.to_string(), item: fact.item.to_string(), value: value.clone() }
        }
    }
}

/// The programme does not speak of the subject on the day: not a member any more, too old, no such version. Of who is still
/// there, what ran before stands as it was on its own days; since when somebody is not, an official has to find out.
fn gone(pack: &Pack, basis: &Basis) -> Determined {
    let there = basis.now().is_some_and(|facts| facts.speaks_of(basis.subject));
    let slices = basis.since.filter(|_| there).map(|since| ran(pack, basis, since)).unwrap_or_default();
    Determined {
        answer: Answer::No,
        version: 0,
        law: pack.process(&basis.programme).law.clone(),
        reasons: Vec::new(),
        missing: Vec::new(),
        amount: None,
        from: slices.first().map(|s| s.from),
        until: slices.last().and_then(|s| s.until),
        slices,
        excluded: None,
        touches: Vec::new(),
        official_looks: true,
        nearest: None,
        error: None,
        rule_set: pack.program().rule_set().to_owned(),
    }
}

/// An entitlement that began on a day and of which the rules do not speak any more.
fn ran(pack: &Pack, basis: &Basis, since: Date) -> Vec<Slice> {
    // In its first month a child may be born on the last day of it.
    let days = [since, since.last_of_month().min(basis.on)];
    let then = |day| basis.on_day(day).or(basis.facts.first().map(|f| &f.facts));
    let Some(first) = days.into_iter().find_map(|day| look(pack, basis, then(day)?, day)) else { return Vec::new() };
    let process = pack.process(&basis.programme);
    match first.per(pack) {
        Some(Per::Month) => {
            let mut sums = past(pack, basis, since);
            sums.push((super::slices::next_month(basis.on).max(since), None));
            lay(&sums, first.result().until, Per::Month, process)
        }
        // A thing or a service, and what is due each year or use, ends with the day on which nobody has it any more.
        other => {
            let end = if other == Some(Per::Once) { None } else { Some(basis.on) };
            let until = [first.result().until, end].into_iter().flatten().min();
            lay(&[(since, month(pack, basis, since))], until, other.unwrap_or(Per::Once), process)
        }
    }
}
