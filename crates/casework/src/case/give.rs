//! What the family gives when it is asked: facts of its own saying.

use guard::{Action, Allowed, Who};
use kernel::{CaseId, Period};
use registry::{NewFact, Origin};
use rules::schema::{Entity, Value};
use serde::{Deserialize, Serialize};
use store::{AsConflict, StoreError, Tx};

use super::model::StepKind;
use super::rows::{self, Actor};
use crate::application::{account, consent};
use crate::desk::{Desk, fact_value, registry_subject};
use crate::household;
use crate::investigate::answer::wake;
use crate::model::{Cause, Subject};
use crate::snapshot::Snapshot;

/// One answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// Whom it is about.
    pub subject: Subject,
    /// The item.
    pub item: String,
    /// The value.
    pub value: Value,
}

/// Why an answer was not taken.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// No such case.
    #[error("there is no such case")]
    NoCase,
    /// The case is closed.
    #[error("the case is closed; report the change instead")]
    Closed,
    /// The guard did not allow it.
    #[error("not allowed for everybody the answers are about")]
    NotAllowed,
    /// Somebody else's.
    #[error("the answers are about somebody outside the household")]
    OtherHousehold,
    /// Nothing was answered.
    #[error("give at least one answer")]
    Nothing,
    /// An agency has spoken on it.
    #[error(
        "{item}: an office has told us this already; if it is wrong, say so in the application, or object to the decision"
    )]
    Held {
        /// The item.
        item: String,
    },
    /// A value that cannot be.
    #[error("{item}: {reason}")]
    BadAnswer {
        /// The item.
        item: String,
        /// What was expected.
        reason: String,
    },
    /// The registry refused it.
    #[error(transparent)]
    Fact(#[from] registry::fact::FactError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AsConflict for Fault {
    fn is_conflict(&self) -> bool {
        match self {
            Fault::Fact(e) => e.is_conflict(),
            Fault::Store(e) => e.is_conflict(),
            _ => false,
        }
    }
}

/// Takes answers in a case; it goes on at once.
pub async fn run(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: &Allowed,
    case: CaseId,
    answers: &[Answer],
) -> Result<(), Fault> {
    let mut answers = answers.to_vec();
    let case = rows::case(tx, case).await?.ok_or(Fault::NoCase)?;
    if case.stage.is_closed() {
        return Err(Fault::Closed);
    }
    if answers.is_empty() {
        return Err(Fault::Nothing);
    }
    let home = household::load(tx, desk, case.household, Cause::FactChange).await?.ok_or(Fault::NoCase)?;
    let members = home.persons();
    account::of_payee(desk, &home, case.applicant, answers.iter_mut().map(|a| (&mut a.subject, a.item.as_str())));
    let given = answers.iter_mut().map(|a| (a.subject, a.item.as_str(), &mut a.value)).collect();
    account::conceal(tx, desk, who, case.applicant, given).await.map_err(|fault| match fault {
        account::Fault::Bad { item, reason } => Fault::BadAnswer { item, reason: reason.to_string() },
        account::Fault::Store(why) => Fault::Store(why),
    })?;
    for answer in &answers {
        let about = match answer.subject {
            Subject::Household(home) if home == case.household => case.applicant,
            Subject::Person(person) if members.contains(&person) => person,
            _ => return Err(Fault::OtherHousehold),
        };
        let may = matches!(allowed.action(), Action::AcceptOffer | Action::KeyInForPerson | Action::WorkCase);
        if !may || !allowed.covers(about) {
            return Err(Fault::NotAllowed);
        }
        // The latest statement wins in the registry, so the family's must not come after an agency's.
        if held(&home, answer) {
            return Err(Fault::Held { item: answer.item.clone() });
        }
        desk.check_value(answer.subject, &answer.item, &answer.value)
            .map_err(|reason| Fault::BadAnswer { item: answer.item.clone(), reason })?;
    }
    for answer in &answers {
        record(tx, desk, who, answer.subject, &answer.item, &answer.value).await?;
    }
    let said = answers.iter().map(|a| (a.subject, a.item.as_str(), &a.value)).collect();
    account::tell(tx, desk, case.applicant, said, &[case.id]).await?;
    let items: Vec<&str> = answers.iter().map(|a| a.item.as_str()).collect();
    rows::step(tx, desk, &case, StepKind::PersonGave, Actor::of(who), &serde_json::json!({ "items": items })).await?;
    wake(tx, desk, case.id).await?;
    Ok(())
}

/// Whether somebody other than the family, or its address, says it already.
fn held(home: &Snapshot, answer: &Answer) -> bool {
    let facts = match answer.subject {
        Subject::Household(_) => &home.facts,
        Subject::Person(id) => match home.members.iter().find(|m| m.person == id) {
            Some(member) => &member.facts,
            None => return false,
        },
    };
    facts.iter().any(|f| f.item == answer.item && f.source != "self" && f.source != household::PLACE)
}

/// Records what the family says.
pub(crate) async fn record(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    subject: Subject,
    item: &str,
    value: &Value,
) -> Result<(), registry::fact::FactError> {
    let entity = match subject {
        Subject::Household(_) => Entity::Household,
        Subject::Person(_) => Entity::Person,
    };
    let law = desk.pack.item(entity, item).map(|i| i.law.clone()).unwrap_or_default();
    let origin = Origin::new("self", law, format!("account {}", who.account));
    let new = NewFact {
        subject: registry_subject(subject),
        item: item.to_owned(),
        value: fact_value(value),
        valid: Period { from: desk.today(), until: None },
        corrects: None,
    };
    let check = |subject: &registry::Subject, item: &str, value: &registry::FactValue| desk.check(subject, item, value);
    registry::fact::record(tx, desk.pen(&origin), &check, new).await?;
    consent::answered(tx, desk, who, subject, item, *value == Value::Boolean(true)).await?;
    Ok(())
}
