//! Notices to other rooms: what changed for which household, in the transaction that changed it.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{Date, HouseholdId, Instant, PersonId};
use serde::{Deserialize, Serialize};
use store::{StoreError, ToValue, Tx, Value};

use crate::fact::Subject;
use crate::person::touch_person;
use crate::time::Pen;

/// The outbox topic of [`Notice`].
pub const CHANGED: &str = "registry.changed";

/// What kind of thing changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A record was made.
    Person,
    /// Name, sex, birth or death date, contact, language.
    Detail,
    /// Who is whose parent or spouse.
    Kin,
    /// Who belongs to the household.
    Membership,
    /// Where somebody lives.
    Residence,
    /// A fact about a person or household.
    Fact,
    /// A pregnancy.
    Pregnancy,
    /// Protection of a victim.
    Protection,
    /// Two records became one, or were parted.
    Merge,
}

/// The payload of the message `registry.changed`: ids and kinds only, no personal data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Households whose entitlements may have changed.
    pub households: Vec<HouseholdId>,
    /// Persons whose record changed.
    pub persons: Vec<PersonId>,
    /// What changed.
    pub kinds: Vec<Kind>,
    /// Where nothing but facts changed: the items, each with whether it is a household's.
    #[serde(default)]
    pub items: Vec<(Whose, String)>,
}

impl Notice {
    /// The items that changed, if nothing but facts did.
    pub fn only_items(&self) -> Option<&[(Whose, String)]> {
        (self.kinds == [Kind::Fact] && !self.items.is_empty()).then_some(self.items.as_slice())
    }
}

/// Whose item it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Whose {
    /// A person's.
    Person,
    /// A household's.
    Household,
}

/// Collects what one use case changed, and whose rows it took.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    households: BTreeSet<HouseholdId>,
    persons: BTreeSet<PersonId>,
    kinds: BTreeSet<Kind>,
    items: BTreeSet<(Whose, String)>,
    reindex: BTreeSet<PersonId>,
    taken: BTreeMap<PersonId, Instant>,
}

store::sql! {
    HOUSEHOLDS_OF = "select household_id, valid_until from person_membership where withdrawn_at is null
        and person_id in ($1, $2, $3, $4, $5, $6, $7, $8)";
}

/// How many people one statement asks about.
const BATCH: usize = 8;

impl Changes {
    /// A person changed: every household they belong to now or later is concerned.
    pub(crate) fn person(&mut self, person: PersonId, kind: Kind) {
        self.persons.insert(person);
        self.kinds.insert(kind);
        if matches!(kind, Kind::Person | Kind::Detail | Kind::Residence) {
            self.reindex.insert(person);
        }
    }

    /// A household changed; one that somebody leaves must be named here, for it is not theirs any more in the end.
    pub(crate) fn household(&mut self, household: HouseholdId, kind: Kind) {
        self.households.insert(household);
        self.kinds.insert(kind);
    }

    /// A fact about a subject changed.
    pub(crate) fn fact(&mut self, subject: Subject, item: &str) {
        match subject {
            Subject::Person(id) => {
                self.person(id, Kind::Fact);
                self.items.insert((Whose::Person, item.to_owned()));
            }
            Subject::Household(id) => {
                self.household(id, Kind::Fact);
                self.items.insert((Whose::Household, item.to_owned()));
            }
        }
    }

    /// Takes a person's row as [`touch_person`] does, once for the whole use case.
    pub(crate) async fn take(
        &mut self,
        tx: &mut Tx,
        person: PersonId,
        now: Instant,
    ) -> Result<Option<Instant>, StoreError> {
        if let Some(at) = self.taken.get(&person).filter(|at| **at >= now) {
            return Ok(Some(*at));
        }
        let taken = touch_person(tx, person, now).await?;
        self.taken.extend(taken.map(|at| (person, at)));
        Ok(taken)
    }

    /// Notes that this use case made the person's row.
    pub(crate) fn made(&mut self, person: PersonId, at: Instant) {
        self.taken.insert(person, at);
    }

    /// Renews the search keys of whoever needs it and writes the notice into the outbox; nothing when nothing changed.
    pub(crate) async fn emit(mut self, tx: &mut Tx, pen: Pen<'_>) -> Result<(), StoreError> {
        for person in std::mem::take(&mut self.reindex) {
            crate::search::index::refresh(tx, person).await?;
        }
        self.notify(tx, pen).await
    }

    /// The notice alone, where the search keys were written already.
    pub(crate) async fn notify(mut self, tx: &mut Tx, pen: Pen<'_>) -> Result<(), StoreError> {
        if self.kinds.is_empty() {
            return Ok(());
        }
        let persons: Vec<PersonId> = self.persons.into_iter().collect();
        for chunk in persons.chunks(BATCH) {
            let mut values: Vec<Value> = chunk.iter().map(ToValue::to_value).collect();
            // Unused places repeat the nil id, which nobody has.
            values.resize(BATCH, Value::Uuid(Some(uuid::Uuid::nil())));
            for row in tx.all(HOUSEHOLDS_OF, &values).await? {
                if row.maybe::<Date>("valid_until")?.is_none() {
                    self.households.insert(row.get("household_id")?);
                }
            }
        }
        let notice = Notice {
            households: self.households.into_iter().collect(),
            persons,
            kinds: self.kinds.into_iter().collect(),
            items: self.items.into_iter().collect(),
        };
        tx.emit(pen.ids, pen.now, CHANGED, &notice).await.map(drop)
    }
}
