//! Notices to other rooms: what changed for which household, in the transaction that changed it.

use std::collections::BTreeSet;

use kernel::{Date, HouseholdId, PersonId};
use serde::{Deserialize, Serialize};
use store::{StoreError, Tx, params};

use crate::fact::Subject;
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
}

/// Collects what one use case changed.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    households: BTreeSet<HouseholdId>,
    persons: BTreeSet<PersonId>,
    kinds: BTreeSet<Kind>,
    reindex: BTreeSet<PersonId>,
}

store::sql! {
    HOUSEHOLDS_OF = "select household_id, valid_from, valid_until from person_membership
        where person_id = $1 and withdrawn_at is null";
}

impl Changes {
    /// A person changed: every household they belong to now or later is concerned.
    pub(crate) async fn person(&mut self, tx: &mut Tx, person: PersonId, kind: Kind) -> Result<(), StoreError> {
        self.persons.insert(person);
        self.kinds.insert(kind);
        if matches!(kind, Kind::Person | Kind::Detail | Kind::Residence) {
            self.reindex.insert(person);
        }
        for row in tx.all(HOUSEHOLDS_OF, params![person]).await? {
            if row.maybe::<Date>("valid_until")?.is_none() {
                self.households.insert(row.get("household_id")?);
            }
        }
        Ok(())
    }

    /// A household changed.
    pub(crate) fn household(&mut self, household: HouseholdId, kind: Kind) {
        self.households.insert(household);
        self.kinds.insert(kind);
    }

    /// The subject of a fact changed.
    pub(crate) async fn subject(&mut self, tx: &mut Tx, subject: Subject, kind: Kind) -> Result<(), StoreError> {
        match subject {
            Subject::Person(id) => self.person(tx, id, kind).await,
            Subject::Household(id) => {
                self.household(id, kind);
                Ok(())
            }
        }
    }

    /// Renews the search keys of whoever needs it and writes the notice into the outbox; nothing when nothing changed.
    pub(crate) async fn emit(self, tx: &mut Tx, pen: Pen<'_>) -> Result<(), StoreError> {
        if self.kinds.is_empty() {
            return Ok(());
        }
        for person in &self.reindex {
            crate::search::index::refresh(tx, *person).await?;
        }
        let notice = Notice {
            households: self.households.into_iter().collect(),
            persons: self.persons.into_iter().collect(),
            kinds: self.kinds.into_iter().collect(),
        };
        tx.emit(pen.ids, pen.now, CHANGED, &notice).await.map(drop)
    }
}
