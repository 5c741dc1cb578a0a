//! Personal data under seal, and the only way to break it.
//!
//! Registry queries return [`Sealed`]. A page can show nothing but [`Disclosed`], and a [`Disclosed`] is made only from
//! an [`Allowed`] (the guard decided) and a [`Receipt`] (the log holds the look durably) that belong together and cover
//! every person inside. Forgetting the check does not compile:
//!
//! ```compile_fail
//! fn page(person: guard::Sealed<String>) -> String {
//!     format!("{}", *person) // Sealed has no Deref, no Display, no Debug of its contents
//! }
//! ```
//!
//! ```compile_fail
//! fn answer(person: guard::Sealed<String>) -> String {
//!     serde_json::to_string(&person).unwrap_or_default() // nor can it be serialised
//! }
//! ```
//!
//! ```compile_fail
//! fn shortcut(name: String) -> guard::Disclosed<String> {
//!     guard::Disclosed { value: name } // its field is private, and there is no constructor
//! }
//! ```
//!
//! ```compile_fail
//! fn forged() -> guard::Receipt {
//!     guard::Receipt::default() // only the log's writer makes receipts
//! }
//! ```
//!
//! ```compile_fail
//! fn twice(allowed: guard::Allowed, receipt: guard::Receipt, a: guard::Sealed<u8>, b: guard::Sealed<u8>) {
//!     let _ = guard::disclose(allowed, receipt, a);
//!     let _ = guard::disclose(allowed, receipt, b); // one decision and one log entry open one seal
//! }
//! ```

use std::fmt;
use std::ops::Deref;

use kernel::PersonId;
use uuid::Uuid;

use crate::Action;
use crate::decide::Allowed;
use crate::log::Receipt;

/// Personal data that nobody has been shown yet. Has neither `Deref` nor `Debug` nor `Serialize` of its contents.
#[must_use]
pub struct Sealed<T> {
    value: T,
    persons: Vec<PersonId>,
    locates: bool,
}

impl<T> Sealed<T> {
    /// Puts `value` under seal; `persons` is everybody whose data it holds.
    pub fn new(value: T, persons: impl IntoIterator<Item = PersonId>) -> Self {
        let mut persons: Vec<PersonId> = persons.into_iter().collect();
        persons.sort_unstable();
        persons.dedup();
        Sealed { value, persons, locates: false }
    }

    /// Everybody whose data is inside.
    pub fn persons(&self) -> &[PersonId] {
        &self.persons
    }

    /// Lets a machine compute with the contents without showing them to anybody: the rules on a household, a letter's
    /// deadline, a match of two records.
    ///
    /// This exists because an entitlement is worked out the second a child is born, when nobody looks at anything. What
    /// comes out must not be shown to a person as it is: seal it again with [`Sealed::map`] or write it to the
    /// database. The [`Processing`] names purpose and law, so that a reader of the code finds every such place.
    pub fn process<R>(&self, _basis: &Processing, work: impl FnOnce(&T) -> R) -> R {
        work(&self.value)
    }

    /// The same people's data in another form, still under seal.
    pub fn map<U>(self, work: impl FnOnce(T) -> U) -> Sealed<U> {
        Sealed { value: work(self.value), persons: self.persons, locates: self.locates }
    }

    /// Two seals joined into one that holds both and covers everybody in either.
    pub fn zip<U>(self, other: Sealed<U>) -> Sealed<(T, U)> {
        let locates = self.locates || other.locates;
        let joined = Sealed::new((self.value, other.value), self.persons.into_iter().chain(other.persons));
        Sealed { locates, ..joined }
    }
}

impl<T> Sealed<Option<T>> {
    /// The contents if there are any; that there are none is told without a decision, so use it only where the caller
    /// already knew the id.
    pub fn transpose(self) -> Option<Sealed<T>> {
        let (persons, locates) = (self.persons, self.locates);
        self.value.map(|value| Sealed { value, persons, locates })
    }
}

/// Says how many people are inside and nothing else, so that a seal may stand in a `Result` or an error.
impl<T> fmt::Debug for Sealed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} persons)", self.persons.len())
    }
}

/// The purpose and law under which a machine works on sealed data without showing it to anybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Processing {
    purpose: crate::PurposeKind,
    law: String,
}

/// A processing without a law.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("processing for {0} names no law: give the article it rests on, as the pack does")]
pub struct NoLaw(pub crate::PurposeKind);

impl Processing {
    /// Processing for `purpose` on the ground of `law`, which must not be empty.
    pub fn new(purpose: crate::PurposeKind, law: impl Into<String>) -> Result<Self, NoLaw> {
        let law = law.into();
        if law.trim().is_empty() { Err(NoLaw(purpose)) } else { Ok(Processing { purpose, law }) }
    }

    /// The purpose.
    pub fn purpose(&self) -> crate::PurposeKind {
        self.purpose
    }

    /// The law.
    pub fn law(&self) -> &str {
        &self.law
    }
}

/// Personal data the guard allowed to be shown, and the log knows about.
#[derive(Debug, serde::Serialize)]
#[serde(transparent)]
pub struct Disclosed<T> {
    value: T,
}

impl<T> Disclosed<T> {
    /// The value, to move it into a page or answer.
    pub fn into_inner(self) -> T {
        self.value
    }

    /// Another form of what was disclosed.
    pub fn map<U>(self, work: impl FnOnce(T) -> U) -> Disclosed<U> {
        Disclosed { value: work(self.value) }
    }
}

impl<T> Deref for Disclosed<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

/// Why a seal was not broken although a decision and a receipt were at hand.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DisclosureError {
    /// Decision and receipt belong to different looks.
    #[error("the log entry {receipt} does not belong to the decision {allowed}: log the look that was decided")]
    OtherLook {
        /// The look that was allowed.
        allowed: Uuid,
        /// The look that was logged.
        receipt: Uuid,
    },
    /// The seal holds somebody nobody asked about.
    #[error(
        "the data holds {count} person(s) the decision was not about: name every person with their relation in the resource"
    )]
    NotCovered {
        /// How many people are missing from the decision.
        count: usize,
    },
    /// A protected address needs the decision to view an address.
    #[error("a protected address opens only to the action view_address, and the decision was about {0}")]
    NotForAddress(Action),
}

/// Breaks the seal: the look was allowed, is durable in the log, and covers everybody inside.
pub fn disclose<T>(allowed: Allowed, receipt: Receipt, sealed: Sealed<T>) -> Result<Disclosed<T>, DisclosureError> {
    if allowed.look() != receipt.look() {
        return Err(DisclosureError::OtherLook { allowed: allowed.look(), receipt: receipt.look() });
    }
    let missing = sealed.persons.iter().filter(|p| !allowed.covers(**p)).count();
    if missing > 0 {
        return Err(DisclosureError::NotCovered { count: missing });
    }
    if sealed.locates && allowed.action() != Action::ViewAddress {
        return Err(DisclosureError::NotForAddress(allowed.action()));
    }
    Ok(Disclosed { value: sealed.value })
}

/// An address that may be protected. Even inside a [`Disclosed`] household it stays shut: turned into a [`Sealed`] it
/// opens only to a decision about the action `view_address` on everybody who lives there.
#[derive(Clone, PartialEq, Eq)]
pub struct ProtectedAddress<T> {
    value: T,
    persons: Vec<PersonId>,
    protected: bool,
}

impl<T> ProtectedAddress<T> {
    /// Shuts `value` away; `persons` live there or are reached there, `protected` when any of them is protected.
    pub fn new(value: T, persons: impl IntoIterator<Item = PersonId>, protected: bool) -> Self {
        ProtectedAddress { value, persons: persons.into_iter().collect(), protected }
    }

    /// The address as a seal of its own. If it is protected, the seal opens to the action `view_address` and no other.
    pub fn into_sealed(self) -> Sealed<T> {
        Sealed { locates: self.protected, ..Sealed::new(self.value, self.persons) }
    }

    /// The address if nobody there is protected; as if there were none otherwise.
    pub fn unless_protected(&self) -> Option<&T> {
        (!self.protected).then_some(&self.value)
    }
}

impl<T> fmt::Debug for ProtectedAddress<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProtectedAddress(shut)")
    }
}
