//! What a household may get on a day, after the combination rules, and what of it could be offered. Pure.

use std::collections::BTreeSet;

use catalogue::Pack;
use kernel::{Date, HouseholdId, PersonId};
use rules::combine::{Combined, CombinedResult, Effect, Standing, What};
use rules::outcome::{Answer, Explanation, FactRef, ProgrammeResult, Subject as Indexed};
use rules::schema::Entity;
use serde::Serialize;

use crate::model::{
    Cause, Choice, ConditionStood, Needed, NeededFor, OfferContent, Place, Prefilled, Subject, Sum, Touch,
};
use crate::plan::{Draft, Outcomes};
use crate::snapshot::{FactStood, Snapshot};

/// Everything worked out for one household on one day.
#[derive(Clone, Debug, Serialize)]
pub struct Evaluation {
    /// The household.
    pub household: HouseholdId,
    /// The members, in the order in which results number them.
    pub persons: Vec<PersonId>,
    /// The single results with their reasons.
    pub explanation: Explanation,
    /// The results after the combination rules.
    pub combined: Combined,
}

/// Works it out under a pack. The same snapshot, pack and day give the same evaluation, for ever.
pub fn evaluate(pack: &Pack, snapshot: &Snapshot, on: Date) -> Evaluation {
    let household = snapshot.for_rules(pack.program().household());
    let (explanation, combined) = pack.evaluate(&household, on, None);
    Evaluation { household: snapshot.household, persons: snapshot.persons(), explanation, combined }
}

/// The same for making offers: a *no* does not say what would turn it.
pub(crate) fn for_offers(pack: &Pack, snapshot: &Snapshot, on: Date) -> Evaluation {
    let household = snapshot.for_rules(pack.program().household());
    let (explanation, combined) = pack.evaluate_today(&household, on);
    Evaluation { household: snapshot.household, persons: snapshot.persons(), explanation, combined }
}

/// What could be offered to a household on a day, with the hash of the rules; of these programmes alone, when they are given
/// as [`Pack::touched`] gives them.
pub fn offerable(
    pack: &Pack,
    snapshot: &Snapshot,
    on: Date,
    cause: Cause,
    only: Option<&BTreeSet<String>>,
) -> (String, Vec<Draft>) {
    let all = match only {
        None => for_offers(pack, snapshot, on),
        Some(only) => {
            let household = snapshot.for_rules(pack.program().household());
            let (explanation, combined) = pack.evaluate_touched(&household, on, only);
            Evaluation { household: snapshot.household, persons: snapshot.persons(), explanation, combined }
        }
    };
    let drafts = all.drafts(pack, snapshot, cause);
    (all.explanation.rule_set, drafts)
}

impl Evaluation {
    /// The subject a result is about.
    pub fn subject(&self, indexed: &Indexed) -> Option<Subject> {
        match indexed {
            Indexed::Household => Some(Subject::Household(self.household)),
            Indexed::Person(n) => self.persons.get(*n).copied().map(Subject::Person),
        }
    }

    /// What could be offered: every *yes* and every *cannot tell*.
    pub fn drafts(&self, pack: &Pack, snapshot: &Snapshot, cause: Cause) -> Vec<Draft> {
        let results = self.explanation.results.iter().zip(&self.combined.results).enumerate();
        results
            .filter(|(_, (result, _))| matches!(result.answer, Answer::Yes | Answer::CannotTell))
            .filter_map(|(n, (result, combined))| {
                let subject = self.subject(&result.subject)?;
                let programme = result.programme.clone();
                let content = self.content(pack, snapshot, n, result, combined, subject)?;
                let (tied, digest) = (is_tied(pack, &programme, cause), content.digest());
                Some(Draft { tied, programme, subject, digest, content })
            })
            .collect()
    }

    fn content(
        &self,
        pack: &Pack,
        snapshot: &Snapshot,
        n: usize,
        result: &ProgrammeResult,
        combined: &CombinedResult,
        subject: Subject,
    ) -> Option<OfferContent> {
        let programme = pack.programmes().get(&result.programme)?;
        let version = pack.version(&result.programme, result.version)?;
        let claim = version.claim.as_ref();
        let single = result.amount.as_ref();
        let kept = if combined.standing == Standing::Dropped { single } else { combined.amount.as_ref().or(single) };
        let amount = kept.map(|a| Sum { minor: a.minor, currency: pack.currency(), per: a.per });
        let mut answers = self.answers(result);
        let mut needed = self.needed(result);
        for item in claim.map_or(&[][..], |c| &c.evidence) {
            match evidence(pack, snapshot, subject, item, None) {
                Evidence::Known(known)
                    if answers.iter().any(|a| a.item == known.item && a.subject == known.subject) => {}
                Evidence::Known(known) => answers.push(known),
                Evidence::Asked(subject) => {
                    needed.push(Needed { purpose: NeededFor::Claim, subject, item: item.clone() });
                }
            }
        }
        needed.sort();
        needed.dedup_by(|a, b| a.subject == b.subject && a.item == b.item);
        Some(OfferContent {
            result: result.answer,
            amount,
            from: result.from,
            until: result.until,
            claim_opens: result.claim_opens,
            claim_closes: result.claim_closes,
            agency: programme.agency.clone(),
            decided_by: programme.decided_by.clone(),
            who_may_claim: claim.map(|c| c.who.clone()).unwrap_or_default(),
            decision_days: claim.and_then(|c| c.decision_days),
            conditions: result.conditions.iter().map(|c| ConditionStood { id: c.id.clone(), holds: c.holds }).collect(),
            answers,
            needed,
            choice: self.choice(n, single.and_then(|a| a.minor), amount, combined),
        })
    }

    fn answers(&self, result: &ProgrammeResult) -> Vec<Prefilled> {
        let mut answers: Vec<Prefilled> = Vec::new();
        for used in result.conditions.iter().flat_map(|c| &c.facts) {
            let (Some(subject), Some(value)) = (self.subject(&used.fact.subject), used.value.clone()) else { continue };
            if answers.iter().any(|a| a.subject == subject && a.item == used.fact.item) {
                continue;
            }
            let from = used.provenance.as_ref();
            answers.push(Prefilled {
                subject,
                item: used.fact.item.clone(),
                value,
                source: from.map(|p| p.source.clone()),
                valid_from: from.and_then(|p| p.valid_from),
                recorded: from.and_then(|p| p.recorded.clone()),
                law: from.and_then(|p| p.law.clone()),
            });
        }
        answers
    }

    fn needed(&self, result: &ProgrammeResult) -> Vec<Needed> {
        let of = |purpose, facts: &[FactRef]| -> Vec<Needed> {
            let subjects = facts.iter().filter_map(|f| Some((self.subject(&f.subject)?, f.item.clone())));
            subjects.map(|(subject, item)| Needed { purpose, subject, item }).collect()
        };
        let mut needed = of(NeededFor::Answer, &result.missing);
        needed.extend(of(NeededFor::Amount, result.amount.as_ref().map_or(&[][..], |a| &a.missing)));
        needed
    }

    fn choice(&self, n: usize, single: Option<i64>, amount: Option<Sum>, combined: &CombinedResult) -> Choice {
        let place = match combined.standing {
            Standing::Dropped => Place::Alternative,
            Standing::Choice => Place::FamilyChooses,
            _ if combined.check => Place::OfficialLooks,
            _ => Place::Recommended,
        };
        let mut touches = Vec::new();
        for effect in &self.combined.effects {
            if let Some(touch) = self.touch(n, effect).filter(|t| !touches.contains(t)) {
                touches.push(touch);
            }
        }
        Choice { place, single_minor: single.filter(|s| amount.and_then(|a| a.minor) != Some(*s)), touches }
    }

    /// How a rule touches the result with this index; `None` when it does not, or only explains a condition.
    fn touch(&self, n: usize, effect: &Effect) -> Option<Touch> {
        let other = match (effect.winner, effect.loser) {
            (Some(w), other) if w == n => other,
            (other, Some(l)) if l == n => other,
            _ => return None,
        };
        if matches!(effect.what, What::Explained | What::Pending) {
            return None;
        }
        let other = other.and_then(|o| self.explanation.results.get(o)).map(|r| r.programme.clone());
        let excludes = matches!(effect.what, What::Dropped | What::Choice);
        Some(Touch { rule: effect.rule.clone(), other, excludes })
    }
}

/// What every programme said, for comparison with the next time.
pub(crate) fn outcomes(drafts: &[Draft]) -> Outcomes {
    let mut outcomes = Outcomes::default();
    for draft in drafts {
        outcomes.set(&draft.programme, draft.subject, &draft.digest);
    }
    outcomes
}

/// Whether the pack ties the programme to what happened.
fn is_tied(pack: &Pack, programme: &str, cause: Cause) -> bool {
    let by_programme = pack.programmes().get(programme).is_some_and(|p| p.events.iter().any(|e| e == cause.word()));
    let services = pack.events().get(cause.word()).map_or(&[][..], |e| &e.services);
    by_programme || services.iter().any(|s| s.programme.as_deref() == Some(programme))
}

pub(crate) enum Evidence {
    Known(Prefilled),
    Asked(Subject),
}

/// Whether money for the subject goes to their own account by their age; not for a household, and not while nobody knows
/// their age.
pub(crate) fn own_account(pack: &Pack, snapshot: &Snapshot, subject: Subject) -> bool {
    let Some(rule) = pack.accounts().next() else { return false };
    let Some(member) = snapshot.members.iter().find(|m| Some(m.person) == subject.person()) else { return false };
    let born = pack.schema().roles.birth_date.as_deref();
    let born = member.facts.iter().find(|f| Some(f.item.as_str()) == born).map(|f| &f.value);
    let Some(rules::schema::Value::Date(born)) = born else { return false };
    born.saturating_add(jiff::Span::new().years(i64::from(rule.own_from_age))) <= snapshot.on
}

/// Who would be paid for the subject: a grown person by their age; otherwise the one who applies. Before anybody has applied
/// it is one of several: a child's parents, or the grown members.
pub(crate) fn payees(pack: &Pack, snapshot: &Snapshot, subject: Subject, applicant: Option<PersonId>) -> Vec<PersonId> {
    let members = || snapshot.members.iter().map(|m| m.person);
    if own_account(pack, snapshot, subject) {
        return subject.person().into_iter().collect();
    }
    if let Some(applicant) = applicant {
        // Whoever lives elsewhere has no place among these facts.
        return members().filter(|m| *m == applicant).collect();
    }
    let child = snapshot.members.iter().find(|m| Some(m.person) == subject.person());
    let parents: Vec<PersonId> = members().filter(|m| child.is_some_and(|c| c.parents.contains(m))).collect();
    match parents.is_empty() {
        false => parents,
        true => members().filter(|m| own_account(pack, snapshot, Subject::Person(*m))).collect(),
    }
}

/// Something the claim asks for: known of the subject or of another member already, or still to be asked. The account that
/// money goes to is known of who is paid and of nobody else.
pub(crate) fn evidence(
    pack: &Pack,
    snapshot: &Snapshot,
    subject: Subject,
    item: &str,
    applicant: Option<PersonId>,
) -> Evidence {
    if pack.account_item(Entity::Person, item).is_some() {
        return account(pack, snapshot, subject, item, applicant);
    }
    // A no to a consent that opens no agency is an answer: another paper takes its place.
    if pack.opening_consent(item).is_some() {
        return agreed(snapshot, subject, item, applicant);
    }
    let of_household = pack.item(Entity::Household, item).is_some();
    let household = Subject::Household(snapshot.household);
    let (facts, whose) = if of_household {
        (snapshot.facts.iter().map(|f| (household, f)).collect::<Vec<_>>(), household)
    } else {
        let facts = snapshot.members.iter().flat_map(|m| m.facts.iter().map(move |f| (Subject::Person(m.person), f)));
        (facts.collect(), subject_or_head(snapshot, subject))
    };
    let mut known: Vec<_> = facts.into_iter().filter(|(_, f)| f.item == item).collect();
    known.sort_by_key(|(of, _)| *of != whose);
    match known.first() {
        None => Evidence::Asked(whose),
        Some((of, fact)) => Evidence::Known(stood(*of, fact)),
    }
}

/// A consent: the yes of who applies, and no other word. Before anybody applies, any member's yes will do.
fn agreed(snapshot: &Snapshot, subject: Subject, item: &str, applicant: Option<PersonId>) -> Evidence {
    let head = snapshot.members.first().map(|m| m.person);
    let said = snapshot.members.iter().filter(|m| applicant.is_none_or(|a| a == m.person));
    let mut said = said.flat_map(|m| m.facts.iter().map(move |f| (m.person, f)));
    match said.find(|(_, f)| f.item == item && f.value == rules::schema::Value::Boolean(true)) {
        Some((person, fact)) => Evidence::Known(stood(Subject::Person(person), fact)),
        None => Evidence::Asked(applicant.or(head).map_or(subject, Subject::Person)),
    }
}

/// For a household's claim a question about a person goes to its head, who comes first.
fn subject_or_head(snapshot: &Snapshot, subject: Subject) -> Subject {
    let head = snapshot.members.first().map_or(Subject::Household(snapshot.household), |m| Subject::Person(m.person));
    subject.person().map_or(head, Subject::Person)
}

/// The account: known when everybody who may be paid has said theirs. Of somebody who lives elsewhere it is asked as the
/// subject's.
fn account(pack: &Pack, snapshot: &Snapshot, subject: Subject, item: &str, applicant: Option<PersonId>) -> Evidence {
    let fact_of = |person: &PersonId| {
        let member = snapshot.members.iter().find(|m| m.person == *person)?;
        member.facts.iter().find(|f| f.item == item).map(|f| stood(Subject::Person(*person), f))
    };
    let mut payees = payees(pack, snapshot, subject, applicant);
    let whose = match (payees.as_slice(), applicant) {
        ([one], Some(_)) => Subject::Person(*one),
        _ => subject_or_head(snapshot, subject),
    };
    if payees.is_empty() {
        payees.extend(whose.person());
    }
    let known: Option<Vec<Prefilled>> = payees.iter().map(fact_of).collect();
    match known.and_then(|all| all.into_iter().next()) {
        Some(known) => Evidence::Known(known),
        None => Evidence::Asked(whose),
    }
}

fn stood(of: Subject, fact: &FactStood) -> Prefilled {
    Prefilled {
        subject: of,
        item: fact.item.clone(),
        value: fact.value.clone(),
        source: Some(fact.source.clone()),
        valid_from: fact.valid_from,
        recorded: fact.recorded.clone(),
        law: fact.law.clone(),
    }
}
