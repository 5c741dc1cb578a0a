//! What is granted and paid, as types.

use kernel::{CaseId, Currency, Date, DecisionId, EntitlementId, HouseholdId, PersonId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A word that is none of the closed set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no {kind}: expected one of {expected}")]
pub struct UnknownWord {
    /// What the word should have named.
    pub kind: &'static str,
    /// What was given, cut at 40 characters.
    pub text: String,
    /// The words that would do.
    pub expected: String,
}

/// An enum of plain words: its list, the word of each value, and the way back.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident as $kind:literal { $($(#[$vdoc:meta])* $value:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $word)] $value,)* }

        impl $name {
            /// All values.
            pub const ALL: &'static [$name] = &[$($name::$value,)*];

            /// The word it is stored, sent and shown by (the key of its message).
            pub const fn word(self) -> &'static str {
                match self { $($name::$value => $word,)* }
            }
        }
        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result { f.write_str(self.word()) }
        }
        impl ::std::str::FromStr for $name {
            type Err = $crate::model::UnknownWord;
            fn from_str(text: &str) -> Result<Self, $crate::model::UnknownWord> {
                $name::ALL.iter().copied().find(|v| v.word() == text).ok_or_else(|| $crate::model::UnknownWord {
                    kind: $kind,
                    text: text.chars().take(40).collect(),
                    expected: $name::ALL.iter().map(|v| v.word()).collect::<Vec<_>>().join(", "),
                })
            }
        }
        impl ::store::ToValue for $name {
            fn to_value(&self) -> ::store::Value { ::store::ToValue::to_value(&self.word()) }
            fn null() -> ::store::Value { ::store::Value::Text(None) }
        }
    };
}
pub(crate) use words;

/// Whose entitlement it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", content = "id", rename_all = "lowercase")]
pub enum Subject {
    /// One person.
    Person(PersonId),
    /// A household as a whole.
    Household(HouseholdId),
}

impl Subject {
    /// The bare id, the key of its rows.
    pub fn uuid(self) -> Uuid {
        match self {
            Subject::Person(id) => id.0,
            Subject::Household(id) => id.0,
        }
    }

    /// `person` or `household`.
    pub fn kind(self) -> &'static str {
        match self {
            Subject::Person(_) => "person",
            Subject::Household(_) => "household",
        }
    }

    pub(crate) fn of(kind: &str, id: Uuid) -> Subject {
        if kind == "household" { Subject::Household(HouseholdId(id)) } else { Subject::Person(PersonId(id)) }
    }
}

words! {
    /// In what form an entitlement comes: the words of the catalogue.
    Form as "form" {
        /// Money.
        Cash = "cash",
        /// Money that can be spent for one thing: credited to the person's voucher.
        Voucher = "voucher",
        /// A lower price, given by another agency on our order.
        Discount = "discount",
        /// Somebody does something, on our order.
        Service = "service",
        /// A thing, on our order.
        InKind = "in_kind",
        /// A standing that opens other doors; nothing is paid or ordered.
        Status = "status",
    }
}

impl Form {
    /// Whether it is paid by instalments.
    pub const fn is_money(self) -> bool {
        matches!(self, Form::Cash | Form::Voucher)
    }

    /// Whether another agency is asked to give it.
    pub const fn is_ordered(self) -> bool {
        matches!(self, Form::Discount | Form::Service | Form::InKind)
    }
}

words! {
    /// What one amount covers.
    Per as "period" {
        /// One payment in all.
        Once = "once",
        /// Each calendar month.
        Month = "month",
        /// Each calendar year.
        Year = "year",
        /// Each time it is used; instalments are made by [`crate::grant::used`].
        Use = "use",
    }
}

words! {
    /// How an entitlement stands.
    Standing as "standing" {
        /// Money or thing flows.
        Active = "active",
        /// Instalments are worked out and held.
        Suspended = "suspended",
        /// Ended by a decision or a fact such as a death; what is owed to either side stays.
        Ended = "ended",
    }
}

words! {
    /// Where an instalment is.
    Stand as "instalment status" {
        /// Waits for a run.
        Due = "due",
        /// A run could not take it; the reason says why. The next run looks again.
        Held = "held",
        /// In a run: its line says the rest.
        Run = "run",
        /// The bank sent it back; payable again after another account or an official's word.
        Returned = "returned",
        /// Taken back before it was paid.
        Cancelled = "cancelled",
    }
}

words! {
    /// Why a run did not take an instalment.
    Hold as "reason to hold" {
        /// The payee has no account for this form.
        NoAccount = "no_account",
        /// The account has not been verified.
        Unverified = "unverified",
        /// The money was to go to a guardian who has no usable account.
        NoGuardianAccount = "no_guardian_account",
        /// The entitlement is suspended.
        Suspended = "suspended",
        /// It came back from this very account.
        Returned = "returned",
        /// An official holds it.
        Official = "official",
    }
}

words! {
    /// Why an instalment is in this month's run, against last month's.
    Cause as "cause" {
        /// As last time.
        Regular = "regular",
        /// The first of an entitlement.
        New = "new",
        /// Another amount than last time.
        Changed = "changed",
        /// One payment in all, or for one use.
        Once = "once",
        /// For an earlier period.
        Arrears = "arrears",
        /// Came back and goes out again.
        Repaid = "repaid",
        /// Was held until now.
        Unheld = "unheld",
    }
}

/// A stretch of civil days with the amount of each period in it.
///
/// A period (month, year) is worth the amount of the first slice that shares a day with it. So a first month of half
/// the sum is a slice of its own (`2026-03-15` to `2026-04-01`), and a change in the middle of a month counts from the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slice {
    /// First day inside.
    pub from: Date,
    /// First day outside; `None`: open.
    pub until: Option<Date>,
    /// Minor units a period; 0 or more.
    pub minor: i64,
}

/// When the money of a period is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PayRule {
    /// On this day of the month (1 to 31, the last day where the month is shorter).
    Monthly {
        /// The day.
        day: i8,
    },
    /// The same, but where the day is none on which banks work the money goes out on the first working day after it, not before.
    MonthlyAfter {
        /// The day.
        day: i8,
    },
    /// With the next run, at the latest so many working days after the decision.
    Within {
        /// Working days.
        working_days: u32,
    },
}

impl PayRule {
    /// Whether money due on a day off goes out after it, and not before.
    pub const fn after_days_off(self) -> bool {
        matches!(self, PayRule::MonthlyAfter { .. })
    }
}

/// How too much paid comes back, as the pack says for the programme.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryLimits {
    /// The largest part of one payment of this programme that may be kept back, 0 to 100.
    pub set_off_percent: u8,
    /// Up to this sum in minor units nothing is asked back.
    pub waive_up_to_minor: i64,
}

/// A decision that somebody is entitled, told to this room. A later one replaces the earlier, back-dated both ways.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The decision: its key. Told twice is once.
    pub decision: DecisionId,
    /// The decision it replaces.
    pub supersedes: Option<DecisionId>,
    /// Whose entitlement.
    pub subject: Subject,
    /// The case. One entitlement a case.
    pub case: CaseId,
    /// The programme, by its id in the pack.
    pub programme: String,
    /// The agency that pays or gives, by its id in the pack.
    pub agency: String,
    /// Who gets the money.
    pub payee: PersonId,
    /// In what form.
    pub form: Form,
    /// What one amount covers.
    pub per: Per,
    /// The currency of the amounts.
    pub currency: Currency,
    /// The amounts, in order, without overlap. None: nothing is due (any more).
    pub slices: Vec<Slice>,
    /// First day.
    pub effective_from: Date,
    /// First day outside; `None`: open.
    pub effective_until: Option<Date>,
    /// When it is paid.
    pub pay: PayRule,
    /// How too much paid comes back.
    #[serde(default)]
    pub recovery: RecoveryLimits,
    /// The law the entitlement rests on.
    pub law: String,
}

/// An entitlement as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entitlement {
    /// Its id, made of the first decision.
    pub id: EntitlementId,
    /// Whose.
    pub subject: Subject,
    /// The case.
    pub case: CaseId,
    /// The decision in force.
    pub decision: DecisionId,
    /// 1, 2, 3 …
    pub version: u32,
    /// The programme.
    pub programme: String,
    /// The agency.
    pub agency: String,
    /// Who gets the money.
    pub payee: PersonId,
    /// In what form.
    pub form: Form,
    /// When how much is due.
    pub terms: Terms,
    /// The currency.
    pub currency: Currency,
    /// The law.
    pub law: String,
    /// First day.
    pub effective_from: Date,
    /// First day outside.
    pub effective_until: Option<Date>,
    /// How too much paid comes back.
    pub recovery: RecoveryLimits,
    /// How it stands.
    pub standing: Standing,
    /// Why, when suspended or ended.
    pub standing_reason: Option<String>,
    /// The first period without an instalment.
    pub next_period: crate::due::PeriodKey,
    /// When that is due.
    pub next_due: Option<Date>,
    /// Whether a run has worked out an instalment.
    pub begun: bool,
}

impl Entitlement {
    /// The amount of the first period without an instalment, in minor units.
    pub(crate) fn next_minor(&self) -> Option<i64> {
        self.next_due.map(|_| self.terms.amount(self.next_period))
    }
}

/// When how much of an entitlement is due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Terms {
    /// What one amount covers.
    pub per: Per,
    /// The amounts.
    pub slices: Vec<Slice>,
    /// When it is paid.
    pub pay: PayRule,
    /// The day of the decision.
    pub decided_on: Date,
}
