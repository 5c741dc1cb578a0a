//! Income or another circumstance changed: facts told together with the day from which they hold.

use guard::{Allowed, Who};
use kernel::{Date, EventId, FactId, HouseholdId, Period, PersonId};
use registry::{NewFact, Origin};
use rules::schema::Value;
use serde::{Deserialize, Serialize};
use store::{StoreError, Tx};

use crate::desk::{Desk, fact_value, registry_subject};
use crate::household;
use crate::model::{Cause, EventStatus, LifeEvent, Subject};
use crate::recompute::{Before, settle};
use crate::register::{self, Fault, Registered, Teller, Told};

/// One fact told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FactTold {
    /// Whom it is about.
    pub subject: Subject,
    /// The item of the pack.
    pub item: String,
    /// The value.
    pub value: Value,
    /// First day it holds for.
    pub from: Date,
    /// First day it no longer holds for, if that is known.
    pub until: Option<Date>,
}

/// On whose word an official enters it. Nothing of it: the agency that tells stands behind it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ground {
    /// Who told it at the counter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_by: Option<PersonId>,
    /// What the official saw, when it is their own finding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
}

/// A change as it is told.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// Whose circumstances: the event is theirs.
    pub person: PersonId,
    /// What is so now: facts about members of the person's household, or about the household.
    pub facts: Vec<FactTold>,
    /// Who tells.
    pub teller: Teller,
    /// On whose word, or on what evidence, when an official enters it.
    pub ground: Ground,
}

/// What is kept of the telling: which statements were recorded, not what they say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChangeDetail {
    /// Whom each statement is about, its item, and the statement.
    pub facts: Vec<(Subject, String, FactId)>,
    /// On whose word.
    #[serde(flatten)]
    pub ground: Ground,
}

/// Registers the change. `allowed` is the guard's decision about everybody the facts are about.
pub async fn run(tx: &mut Tx, desk: &Desk<'_>, who: &Who, allowed: &Allowed, input: Input) -> Result<Told, Fault> {
    input.teller.check(desk)?;
    if input.facts.is_empty() {
        return Err(Fault::Nothing);
    }
    let keys: Vec<String> = input.teller.key(Cause::IncomeChange).into_iter().collect();
    if let Some(known) = register::known(tx, &keys).await? {
        return Ok(register::already(&known));
    }
    let home = household::household_of(tx, desk, input.person).await?.ok_or(Fault::NoHousehold)?;
    let before = household::load(tx, desk, home, Cause::IncomeChange).await?.ok_or(StoreError::NotFound)?;
    register::permitted(allowed, &about(&input, home, &before.persons())?)?;
    let origin = input.teller.origin(desk, Cause::IncomeChange, who);
    let mut recorded = Vec::new();
    for fact in &input.facts {
        let id = record(tx, desk, &origin, fact).await?;
        recorded.push((fact.subject, fact.item.clone(), id));
    }
    let event = LifeEvent {
        id: EventId::new(desk.ids, desk.now),
        kind: Cause::IncomeChange,
        person: input.person,
        household: home,
        occurred_on: input.facts.iter().map(|f| f.from).min().unwrap_or(desk.today()),
        detail: serde_json::to_value(ChangeDetail { facts: recorded, ground: input.ground.clone() })
            .map_err(|e| StoreError::Driver(e.to_string()))?,
        source: input.teller.source.clone(),
        register_number: input.teller.register_number.clone(),
        status: EventStatus::Registered,
        corrects: None,
        reason: None,
        recorded_at: desk.now,
    };
    register::write(tx, desk, who, &event, keys, vec![]).await?;
    let after = household::load(tx, desk, home, Cause::IncomeChange).await?.ok_or(StoreError::NotFound)?;
    let was = Before::Was(Box::new(before));
    let offers = settle(tx, desk, &after, was, Cause::IncomeChange, Some(event.id)).await?;
    register::tell(tx, desk, &event, &offers).await?;
    Ok(Told::Registered(Registered { event: event.id, person: input.person, household: home, offers }))
}

/// Everybody the facts are about; all of them members of the one household.
fn about(input: &Input, home: HouseholdId, members: &[PersonId]) -> Result<Vec<PersonId>, Fault> {
    let mut persons = vec![input.person];
    for fact in &input.facts {
        match fact.subject {
            Subject::Household(id) if id == home => {}
            Subject::Person(id) if members.contains(&id) => persons.push(id),
            _ => return Err(Fault::OtherHousehold),
        }
    }
    Ok(persons)
}

/// Records one fact, checked against the data dictionary of the pack.
pub(crate) async fn record(tx: &mut Tx, desk: &Desk<'_>, origin: &Origin, fact: &FactTold) -> Result<FactId, Fault> {
    let new = NewFact {
        subject: registry_subject(fact.subject),
        item: fact.item.clone(),
        value: fact_value(&fact.value),
        valid: Period { from: fact.from, until: fact.until },
        corrects: None,
    };
    let check = |subject: &registry::Subject, item: &str, value: &registry::FactValue| desk.check(subject, item, value);
    Ok(registry::fact::record(tx, desk.pen(origin), &check, new).await?)
}
