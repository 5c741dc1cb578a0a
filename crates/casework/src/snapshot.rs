//! A household as the rules see it on one day: who belongs to it, who is whose kin, and every fact with its origin. Taken
//! from the registry, frozen with the offers that rest on it, and turned back into a household for the rules at any time.

use std::sync::Arc;

use kernel::{Date, HouseholdId, PersonId};
use rules::outcome::Provenance;
use rules::schema::Value;
use rules::{Household, HouseholdBuilder};
use serde::{Deserialize, Serialize};

/// One fact with its origin.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FactStood {
    /// The item.
    pub item: String,
    /// The value.
    pub value: Value,
    /// The agency or place it comes from, or `self`.
    pub source: String,
    /// Since when it is true.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub valid_from: Option<Date>,
    /// When it was recorded (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub recorded: Option<String>,
    /// Under which law it is held.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub law: Option<String>,
}

/// One member.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MemberStood {
    /// Who.
    pub person: PersonId,
    /// Their parents who are members too.
    pub parents: Vec<PersonId>,
    /// Their spouse, if a member too.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub spouse: Option<PersonId>,
    /// What is known about them.
    pub facts: Vec<FactStood>,
}

/// A household on one day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Which.
    pub household: HouseholdId,
    /// The day.
    pub on: Date,
    /// The jurisdiction in which it lives, as its id in the pack.
    pub place: Option<String>,
    /// Facts of the household, those of its place among them.
    pub facts: Vec<FactStood>,
    /// The members.
    pub members: Vec<MemberStood>,
}

impl Snapshot {
    /// The same household as if these people had never been in it.
    #[must_use]
    pub fn without(&self, persons: &[PersonId]) -> Snapshot {
        let mut it = self.clone();
        it.members.retain(|m| !persons.contains(&m.person));
        for member in &mut it.members {
            member.parents.retain(|p| !persons.contains(p));
            member.spouse = member.spouse.filter(|s| !persons.contains(s));
        }
        it
    }

    /// Whether the subject is this household or one of its members.
    pub fn speaks_of(&self, subject: crate::model::Subject) -> bool {
        match subject {
            crate::model::Subject::Household(_) => !self.members.is_empty(),
            crate::model::Subject::Person(id) => self.members.iter().any(|m| m.person == id),
        }
    }

    /// The members' ids, in the order in which the rules number them.
    pub fn persons(&self) -> Vec<PersonId> {
        self.members.iter().map(|m| m.person).collect()
    }

    /// The household for the rules. A recorded fact that the pack no longer knows, or knows with another type, is left
    /// out: it is unknown to these rules, which is a question, never a denial.
    pub fn for_rules(&self, mut builder: HouseholdBuilder) -> Household {
        let index: Vec<usize> =
            self.members.iter().filter_map(|m| builder.member(&m.person.to_string()).ok()).collect();
        let position =
            |id: &PersonId| self.members.iter().position(|m| m.person == *id).and_then(|n| index.get(n).copied());
        for (member, n) in self.members.iter().zip(&index) {
            // Both ends are members and differ, so neither call can refuse.
            for parent in member.parents.iter().filter_map(position) {
                let _ = builder.parent(*n, parent);
            }
            if let Some(spouse) = member.spouse.as_ref().and_then(position) {
                let _ = builder.spouses(*n, spouse);
            }
            for fact in &member.facts {
                let taken = builder.person_fact(*n, &fact.item, Some(fact.value.clone()), fact.provenance());
                note(&fact.item, taken);
            }
        }
        for fact in &self.facts {
            let taken = builder.household_fact(&fact.item, Some(fact.value.clone()), fact.provenance());
            note(&fact.item, taken);
        }
        builder.build()
    }
}

fn note(item: &str, taken: Result<(), rules::FactError>) {
    if let Err(reason) = taken {
        tracing::debug!(item, %reason, "a recorded fact does not fit the pack and is unknown to its rules");
    }
}

impl FactStood {
    fn provenance(&self) -> Option<Arc<Provenance>> {
        Some(Arc::new(Provenance {
            source: self.source.clone(),
            valid_from: self.valid_from,
            recorded: self.recorded.clone(),
            law: self.law.clone(),
        }))
    }
}
