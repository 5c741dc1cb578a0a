//! What is still to be asked for the programmes chosen, of whom, and why. Pure.
//!
//! Each item is asked once for all programmes; what is known is shown with where it comes from and not asked; what an
//! agency answers by machine is not asked of the person.

use catalogue::Pack;
use kernel::{Date, PersonId};
use rules::combine::What;
use rules::outcome::{Answer, FactRef, FactUsed, ProgrammeResult};
use rules::schema::{Entity, Value};
use serde::Serialize;

use super::model::Chosen;
use crate::accept::Given;
use crate::desk::Desk;
use crate::evaluate::{Evaluation, Evidence, evidence, for_offers};
use crate::model::{NeededFor, Prefilled, Subject};
use crate::snapshot::{FactStood, Snapshot};

/// Who can answer a question.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "agency")]
pub enum AskedOf {
    /// The person who applies, or whom it is about.
    Person,
    /// The agency that owns the item answers by machine.
    Agency(String),
    /// Neither: an official finds it out (a visit, a finding the law leaves to the office).
    Official,
}

/// What needs an item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Why {
    /// The programme.
    pub programme: String,
    /// For the answer, the sum or the claim.
    pub purpose: NeededFor,
    /// The conditions that need it, by their ids in the pack; empty for a sum or a claim.
    pub conditions: Vec<String>,
}

/// One item of one subject that the programmes chosen rest on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Question {
    /// Whom it is about.
    pub subject: Subject,
    /// The item.
    pub item: String,
    /// The programmes that need it.
    pub for_programmes: Vec<String>,
    /// What of each programme needs it.
    pub why: Vec<Why>,
    /// What is known already; then nobody is asked.
    pub known: Option<Prefilled>,
    /// Who can answer.
    pub asked_of: AskedOf,
}

impl Question {
    /// Whether the person has to answer it.
    pub fn is_for_person(&self) -> bool {
        self.known.is_none() && self.asked_of == AskedOf::Person
    }
}

/// Everything the programmes chosen rest on as far as it matters today: what is known, and what is still to be asked.
/// `applicant` is who applies; `connected` says whether an agency answers by machine.
pub fn questions(
    pack: &Pack,
    snapshot: &Snapshot,
    chosen: &[Chosen],
    applicant: PersonId,
    connected: &(dyn Fn(&str) -> bool + Sync),
) -> Vec<Question> {
    asked(pack, snapshot, &for_offers(pack, snapshot, snapshot.on), chosen, applicant, connected)
}

/// The same from an evaluation that is at hand.
pub(crate) fn asked(
    pack: &Pack,
    snapshot: &Snapshot,
    evaluation: &Evaluation,
    chosen: &[Chosen],
    applicant: PersonId,
    connected: &(dyn Fn(&str) -> bool + Sync),
) -> Vec<Question> {
    let mut list = List { pack, connected, all: Vec::new() };
    for one in chosen {
        if let Some(result) = result_of(evaluation, one) {
            list.result(evaluation, result);
        }
        let version = pack.programmes().get(&one.programme);
        let version = version.and_then(|p| p.versions.iter().find(|v| v.covers(snapshot.on)));
        for item in version.and_then(|v| v.claim.as_ref()).map_or(&[][..], |c| &c.evidence) {
            let why = why(&one.programme, NeededFor::Claim, vec![]);
            match evidence(pack, snapshot, one.subject, item, Some(applicant)) {
                Evidence::Known(known) => list.add(known.subject, item, why, Some(known.clone())),
                Evidence::Asked(subject) => list.add(subject, item, why, None),
            }
        }
    }
    list.all.sort_by(|a, b| (a.known.is_some(), &a.asked_of).cmp(&(b.known.is_some(), &b.asked_of)));
    list.all
}

/// The result of a programme for the subject it was chosen for; `None` where the question makes no sense for them.
pub(crate) fn result_of<'a>(evaluation: &'a Evaluation, one: &Chosen) -> Option<&'a ProgrammeResult> {
    let all = &evaluation.explanation.results;
    all.iter().find(|r| r.programme == one.programme && evaluation.subject(&r.subject) == Some(one.subject))
}

fn why(programme: &str, purpose: NeededFor, conditions: Vec<String>) -> Why {
    Why { programme: programme.to_owned(), purpose, conditions }
}

struct List<'a> {
    pack: &'a Pack,
    connected: &'a (dyn Fn(&str) -> bool + Sync),
    all: Vec<Question>,
}

impl List<'_> {
    fn result(&mut self, evaluation: &Evaluation, result: &ProgrammeResult) {
        for condition in &result.conditions {
            for used in &condition.facts {
                let Some(subject) = evaluation.subject(&used.fact.subject) else { continue };
                let Some(known) = known(subject, used) else { continue };
                let why = why(&result.programme, NeededFor::Answer, vec![condition.id.clone()]);
                self.add(subject, &used.fact.item, why, Some(known));
            }
        }
        for fact in &result.missing {
            let Some(subject) = evaluation.subject(&fact.subject) else { continue };
            let why = why(&result.programme, NeededFor::Answer, reading(result, fact));
            self.add(subject, &fact.item, why, None);
        }
        for fact in result.amount.as_ref().map_or(&[][..], |a| &a.missing) {
            let Some(subject) = evaluation.subject(&fact.subject) else { continue };
            self.add(subject, &fact.item, why(&result.programme, NeededFor::Amount, vec![]), None);
        }
    }

    fn add(&mut self, subject: Subject, item: &str, why: Why, known: Option<Prefilled>) {
        let found = self.all.iter_mut().find(|q| q.subject == subject && q.item == item);
        let Some(question) = found else {
            self.all.push(Question {
                subject,
                item: item.to_owned(),
                for_programmes: vec![why.programme.clone()],
                why: vec![why],
                known,
                asked_of: asked_of(self.pack, self.connected, subject, item),
            });
            return;
        };
        if !question.for_programmes.contains(&why.programme) {
            question.for_programmes.push(why.programme.clone());
        }
        match question.why.iter_mut().find(|w| w.programme == why.programme && w.purpose == why.purpose) {
            Some(same) => {
                for condition in why.conditions {
                    if !same.conditions.contains(&condition) {
                        same.conditions.push(condition);
                    }
                }
            }
            None => question.why.push(why),
        }
        question.known = question.known.take().or(known);
    }
}

/// The conditions that read a fact.
fn reading(result: &ProgrammeResult, fact: &FactRef) -> Vec<String> {
    let reads = result.conditions.iter().filter(|c| c.facts.iter().any(|f| f.fact == *fact));
    reads.map(|c| c.id.clone()).collect()
}

fn known(subject: Subject, used: &FactUsed) -> Option<Prefilled> {
    let from = used.provenance.as_ref();
    Some(Prefilled {
        subject,
        item: used.fact.item.clone(),
        value: used.value.clone()?,
        source: from.map(|p| p.source.clone()),
        valid_from: from.and_then(|p| p.valid_from),
        recorded: from.and_then(|p| p.recorded.clone()),
        law: from.and_then(|p| p.law.clone()),
    })
}

/// The entity a subject is of.
pub(crate) fn entity(subject: Subject) -> Entity {
    match subject {
        Subject::Household(_) => Entity::Household,
        Subject::Person(_) => Entity::Person,
    }
}

/// Who can say what nobody has said yet.
pub(crate) fn asked_of(
    pack: &Pack,
    connected: &(dyn Fn(&str) -> bool + Sync),
    subject: Subject,
    item: &str,
) -> AskedOf {
    // What is no item is a definition that only an official may state.
    let Some(item) = pack.item(entity(subject), item) else { return AskedOf::Official };
    match &item.owner {
        Some(agency) if connected(agency) => AskedOf::Agency(agency.clone()),
        Some(_) if item.ask.is_none() => AskedOf::Official,
        _ => AskedOf::Person,
    }
}

/// The household as if these answers were facts of the people's own saying. An answer that the pack cannot take changes
/// nothing, and neither does one about somebody else or one that says otherwise than what is known.
pub(crate) fn with_answers(desk: &Desk<'_>, snapshot: &Snapshot, answers: &[Given]) -> Snapshot {
    let mut it = snapshot.clone();
    for given in answers {
        if desk.check_value(given.subject, &given.item, &given.value).is_err() {
            continue;
        }
        let facts = match given.subject {
            Subject::Household(id) if id == it.household => &mut it.facts,
            Subject::Household(_) => continue,
            Subject::Person(id) => match it.members.iter_mut().find(|m| m.person == id) {
                Some(member) => &mut member.facts,
                None => continue,
            },
        };
        if facts.iter().any(|f| f.item == given.item) {
            continue;
        }
        facts.push(FactStood {
            item: given.item.clone(),
            value: given.value.clone(),
            source: "self".to_owned(),
            valid_from: None,
            recorded: None,
            law: None,
        });
    }
    it
}

/// How a choice looks before anything was decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Outlook {
    /// The programme.
    pub programme: String,
    /// Whose entitlement it would be.
    pub subject: Subject,
    /// What the rules say today; `None` where the question makes no sense for the subject.
    pub answer: Option<Answer>,
    /// From when the entitlement would run.
    pub from: Option<Date>,
    /// The first day on which it can be claimed, when that has not come.
    pub opens: Option<Date>,
    /// The last day of the claim window, when that has passed: the application is late.
    pub closed: Option<Date>,
    /// Other programmes chosen that cannot be had beside it, with the combination rule.
    pub clashes: Vec<(String, String)>,
}

/// How each choice looks for an application made on `applied_on`.
pub(crate) fn outlook(evaluation: &Evaluation, chosen: &[Chosen], applied_on: Date) -> Vec<Outlook> {
    let look = |one: &Chosen| {
        let result = result_of(evaluation, one);
        Outlook {
            programme: one.programme.clone(),
            subject: one.subject,
            answer: result.map(|r| r.answer),
            from: result.and_then(|r| r.from),
            opens: result.and_then(|r| r.claim_opens).filter(|day| applied_on < *day),
            closed: result.and_then(|r| r.claim_closes).filter(|day| *day < applied_on),
            clashes: clashes(evaluation, chosen, one),
        }
    };
    chosen.iter().map(look).collect()
}

fn clashes(evaluation: &Evaluation, chosen: &[Chosen], one: &Chosen) -> Vec<(String, String)> {
    let at = |n: Option<usize>| {
        let result = evaluation.explanation.results.get(n?)?;
        let subject = evaluation.subject(&result.subject)?;
        chosen.iter().find(|c| c.programme == result.programme && c.subject == subject)
    };
    let excluding = evaluation.combined.effects.iter().filter(|e| matches!(e.what, What::Dropped | What::Choice));
    let mut all = Vec::new();
    for effect in excluding {
        let other = match (at(effect.winner), at(effect.loser)) {
            (Some(a), Some(b)) if a == one => b,
            (Some(a), Some(b)) if b == one => a,
            _ => continue,
        };
        let clash = (other.programme.clone(), effect.rule.clone());
        if !all.contains(&clash) {
            all.push(clash);
        }
    }
    all
}

/// A date recorded about a member under an item that the pack binds to a role.
pub(crate) fn date_of(snapshot: &Snapshot, person: PersonId, item: Option<&str>) -> Option<Date> {
    let member = snapshot.members.iter().find(|m| m.person == person)?;
    match member.facts.iter().find(|f| Some(f.item.as_str()) == item)?.value {
        Value::Date(day) => Some(day),
        _ => None,
    }
}

/// Whether a programme may be had for somebody who died: the pack lists it for them, and says so by asking for the day of
/// death.
pub(crate) fn is_for_the_dead(pack: &Pack, evaluation: &Evaluation, one: &Chosen) -> bool {
    let Some(day_of_death) = pack.schema().roles.death_date.as_deref() else { return false };
    let Some(result) = result_of(evaluation, one) else { return false };
    let version = pack.version(&one.programme, result.version);
    version.and_then(|v| v.applies.as_deref()).is_some_and(|applies| applies.contains(day_of_death))
}
