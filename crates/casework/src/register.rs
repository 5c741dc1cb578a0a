//! What all registered events share: who tells it, telling the same thing twice, and the row of the event.

use guard::{Action, Allowed, Who};
use kernel::{Date, EventId, HouseholdId, PersonId};
use registry::Origin;
use serde::Serialize;
use store::{AsConflict, StoreError, ToValue, Tx, Value, params};

use crate::desk::Desk;
use crate::model::{Cause, EventStatus, LifeEvent};
use crate::recompute::Settled;
use crate::rows;

/// Who tells of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Teller {
    /// The agency (its id in the pack) or `self` for what the person said.
    pub source: String,
    /// The number the event bears in that agency's register: telling it twice is telling it once.
    pub register_number: Option<String>,
}

/// What came of telling an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Told {
    /// It was new.
    Registered(Registered),
    /// It had been told before; nothing was done.
    Already {
        /// The event as it was registered then.
        event: EventId,
        /// Whom it is about.
        person: PersonId,
        /// What became of it since.
        status: EventStatus,
    },
}

impl Told {
    /// The event, new or known.
    pub fn event(&self) -> EventId {
        match self {
            Told::Registered(r) => r.event,
            Told::Already { event, .. } => *event,
        }
    }

    /// Whom it is about.
    pub fn person(&self) -> PersonId {
        match self {
            Told::Registered(r) => r.person,
            Told::Already { person, .. } => *person,
        }
    }
}

/// An event that was registered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Registered {
    /// The event.
    pub event: EventId,
    /// Whom it is about: the child, the pregnant woman, the one who moved.
    pub person: PersonId,
    /// In which household.
    pub household: HouseholdId,
    /// What became of its offers.
    pub offers: Settled,
}

/// What can be wrong with any event.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The decision of the guard was not about these people.
    #[error("the permission does not cover everybody this event is about")]
    NotAllowed,
    /// The agency is not one of the pack.
    #[error("{0:?} is not an agency of the pack: give its id, or `self` for what the person said")]
    UnknownSource(String),
    /// A register number that cannot be one.
    #[error("the register number must have 1 to 100 characters")]
    BadNumber,
    /// The person is not in the registry.
    #[error("there is no such person: register them first")]
    UnknownPerson,
    /// The person belongs to no household.
    #[error("the person belongs to no household: put them into one first")]
    NoHousehold,
    /// A day that has not come, or lies too far back.
    #[error("{0} cannot be the day of this event: give a day between 1900-01-01 and today")]
    BadDay(Date),
    /// An item or value that the pack does not know.
    #[error("{item}: {reason}")]
    Item {
        /// The item.
        item: String,
        /// What is wrong and what was expected.
        reason: String,
    },
    /// Nothing was told.
    #[error("nothing was told: give at least one fact")]
    Nothing,
    /// A fact or a mover of another household.
    #[error("somebody named here does not belong to this household: register one household at a time")]
    OtherHousehold,
    /// A place the pack does not have.
    #[error("{0:?} is not a place of the pack: give the id of a jurisdiction")]
    UnknownPlace(String),
    /// No such event.
    #[error("there is no such event")]
    NoEvent,
    /// It was corrected or withdrawn before.
    #[error("the event is {0} already: read it again")]
    NotStanding(EventStatus),
    /// A correction of another kind of event.
    #[error("a {0} cannot be corrected this way")]
    WrongKind(Cause),
    /// A correction or withdrawal without a reason.
    #[error("say why, in at least three characters")]
    NoReason,
    /// The registry refused.
    #[error("{0}")]
    Registry(String),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AsConflict for Fault {
    fn is_conflict(&self) -> bool {
        matches!(self, Fault::Store(e) if e.is_conflict())
    }
}

/// An error of the registry as ours: the database's own stay what they are, so that a conflict is repeated.
macro_rules! from_registry {
    ($($error:ty => $store:path),* $(,)?) => {$(
        impl From<$error> for Fault {
            fn from(error: $error) -> Self {
                match error {
                    $store(inner) => Fault::Store(inner),
                    other => Fault::Registry(other.to_string()),
                }
            }
        }
    )*};
}
from_registry!(
    registry::person::PersonError => registry::person::PersonError::Store,
    registry::kin::KinError => registry::kin::KinError::Store,
    registry::household::HouseholdError => registry::household::HouseholdError::Store,
    registry::residence::MoveError => registry::residence::MoveError::Store,
    registry::pregnancy::PregnancyError => registry::pregnancy::PregnancyError::Store,
);

impl From<registry::fact::FactError> for Fault {
    fn from(error: registry::fact::FactError) -> Self {
        match error {
            registry::fact::FactError::Store(inner) => Fault::Store(inner),
            registry::fact::FactError::Item { item, reason } => Fault::Item { item, reason },
            other => Fault::Registry(other.to_string()),
        }
    }
}

impl From<registry::newborn::NewbornError> for Fault {
    fn from(error: registry::newborn::NewbornError) -> Self {
        use registry::newborn::NewbornError as New;
        match error {
            New::Person(e) => e.into(),
            New::Kin(e) => e.into(),
            New::Household(e) => e.into(),
            New::Residence(e) => e.into(),
            New::Fact(e) => e.into(),
        }
    }
}

/// The first day an event may have happened on.
const EARLIEST: Date = Date::constant(1900, 1, 1);

/// A day that is not in the future and not absurd.
pub(crate) fn past_day(desk: &Desk<'_>, day: Date) -> Result<(), Fault> {
    if day < EARLIEST || day > desk.today() { Err(Fault::BadDay(day)) } else { Ok(()) }
}

/// Whether the guard allowed registering an event about all these people.
pub(crate) fn permitted(allowed: &Allowed, persons: &[PersonId]) -> Result<(), Fault> {
    let action = matches!(
        allowed.action(),
        Action::RegisterEvent | Action::KeyInForPerson | Action::EditPerson | Action::AgencyPush
    );
    let covered = action && persons.iter().all(|p| allowed.covers(*p));
    if covered { Ok(()) } else { Err(Fault::NotAllowed) }
}

impl Teller {
    /// Whether the pack knows the agency and the number can be one.
    pub(crate) fn check(&self, desk: &Desk<'_>) -> Result<(), Fault> {
        if self.source != "self" && desk.pack.agencies().get(&self.source).is_none() {
            return Err(Fault::UnknownSource(self.source.chars().take(60).collect()));
        }
        match &self.register_number {
            Some(n) if n.trim().is_empty() || n.chars().count() > 100 => Err(Fault::BadNumber),
            _ => Ok(()),
        }
    }

    /// The origin of every statement that follows from the event.
    pub(crate) fn origin(&self, desk: &Desk<'_>, cause: Cause, who: &Who) -> Origin {
        let law = desk.pack.events().get(cause.word()).map(|e| e.law.clone()).unwrap_or_default();
        Origin::new(&self.source, law, who.account.to_string())
    }

    /// The key under which the register's own number is remembered.
    pub(crate) fn key(&self, cause: Cause) -> Option<String> {
        self.register_number.as_ref().map(|n| format!("number {cause} {} {}", self.source, n.trim()))
    }
}

/// The event that one of these keys (at most four) stands for, if any was told before.
pub(crate) async fn known(tx: &mut Tx, keys: &[String]) -> Result<Option<LifeEvent>, StoreError> {
    let Some(last) = keys.last() else { return Ok(None) };
    let values: Vec<Value> = (0..4).map(|n| keys.get(n).unwrap_or(last).to_value()).collect();
    let rows = tx.all(rows::KEY_OF, &values).await?;
    // The order of the keys is the order of their weight: the register's own number first.
    for key in keys {
        for row in &rows {
            if row.get::<String>("event_key")? == *key {
                return rows::event(tx, row.get("event_id")?).await;
            }
        }
    }
    Ok(None)
}

/// What is told when an event was known already.
pub(crate) fn already(event: &LifeEvent) -> Told {
    Told::Already { event: event.id, person: event.person, status: event.status }
}

/// Writes the event and remembers its keys. A key taken meanwhile means that another transaction told the same event:
/// this one is repeated and then finds it.
pub(crate) async fn write(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    event: &LifeEvent,
    keys: Vec<String>,
    where_free: Vec<String>,
) -> Result<(), StoreError> {
    rows::add_event(tx, event, Some(who.account), desk.pack.content_hash()).await?;
    let count = keys.len() as u64;
    let row = |key: String| params![key, event.id, event.person].to_vec();
    if rows::KEY_ADD.insert(tx, keys.into_iter().map(row).collect()).await? != count {
        return Err(StoreError::Conflict);
    }
    rows::KEY_ADD.insert(tx, where_free.into_iter().map(row).collect()).await.map(drop)
}

/// The topic under which other rooms are told of a registered event.
pub const EVENT: &str = "event.registered";

/// What other rooms are told: ids only.
#[derive(Serialize)]
struct Notice {
    event: EventId,
    kind: Cause,
    person: PersonId,
    household: HouseholdId,
    offers_made: usize,
    offers_revised: usize,
}

/// Tells other rooms.
pub(crate) async fn tell(tx: &mut Tx, desk: &Desk<'_>, event: &LifeEvent, offers: &Settled) -> Result<(), StoreError> {
    let notice = Notice {
        event: event.id,
        kind: event.kind,
        person: event.person,
        household: event.household,
        offers_made: offers.made.len(),
        offers_revised: offers.revised.len(),
    };
    tx.emit(desk.ids, desk.now, EVENT, &notice).await.map(drop)
}
