//! Who asks, in which role, and for which purpose.

use kernel::{AccountId, PersonId, SessionId};
use serde::{Deserialize, Serialize};

/// A text that is none of the closed set of words expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a {kind}: expected one of {expected}")]
pub struct UnknownWord {
    /// What the word should have named.
    pub kind: &'static str,
    /// The word that was given, cut at 40 characters.
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
            /// All values, in the order in which they are listed.
            pub const ALL: &'static [$name] = &[$($name::$value,)*];

            /// The word used in policies, the log, addresses and message keys.
            pub const fn word(self) -> &'static str {
                match self { $($name::$value => $word,)* }
            }
        }
        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result { f.write_str(self.word()) }
        }
        impl ::std::str::FromStr for $name {
            type Err = $crate::UnknownWord;
            fn from_str(text: &str) -> Result<Self, $crate::UnknownWord> {
                $name::ALL.iter().copied().find(|v| v.word() == text).ok_or_else(|| $crate::UnknownWord {
                    kind: $kind,
                    text: text.chars().take(40).collect(),
                    expected: $name::ALL.iter().map(|v| v.word()).collect::<Vec<_>>().join(", "),
                })
            }
        }
    };
}
pub(crate) use words;

words! {
    /// What a signed-in account is for. One session acts in one role.
    Role as "role" {
        /// Somebody the system serves, acting for themselves and their household.
        Citizen = "citizen",
        /// Receives people at the counter of a local office.
        CounterOfficial = "counter_official",
        /// Examines applications and follows families.
        Caseworker = "caseworker",
        /// Signs decisions; never the one who prepared them.
        Approver = "approver",
        /// Pays and reconciles.
        Finance = "finance",
        /// Writes and compares rules; sees no personal data.
        Analyst = "analyst",
        /// Visits families at home.
        Nurse = "nurse",
        /// Leads nurses: gives them families, answers for what cannot wait.
        VisitSupervisor = "visit_supervisor",
        /// Watches over the disclosure log.
        PrivacyOfficer = "privacy_officer",
        /// Keeps accounts, packs and imports running; sees no personal data.
        Administrator = "administrator",
        /// Another agency's machine.
        AgencySystem = "agency_system",
    }
}

impl Role {
    /// Whether the role is held by somebody employed by an agency (so that the rules on self, relatives and reasons apply).
    pub const fn is_staff(self) -> bool {
        !matches!(self, Role::Citizen | Role::AgencySystem)
    }
}

words! {
    /// The kinds of purpose for which personal data may be processed.
    PurposeKind as "purpose" {
        /// A person looks after their own affairs and their family's.
        OwnAffairs = "own_affairs",
        /// Serving a person who came, called or wrote.
        CounterService = "counter_service",
        /// Examining an application or following a family.
        Casework = "casework",
        /// Signing or refusing a prepared decision.
        Approval = "approval",
        /// Paying, recovering, reconciling.
        Payment = "payment",
        /// Preparing, making and recording a home visit.
        HomeVisit = "home_visit",
        /// Protecting a victim of violence or a child in danger.
        Protection = "protection",
        /// Finding and joining double records, correcting wrong ones.
        DataQuality = "data_quality",
        /// Receiving or answering another agency.
        DataExchange = "data_exchange",
        /// Rules, figures and simulation without personal data.
        Statistics = "statistics",
        /// Supervising who looked at what.
        Oversight = "oversight",
        /// Accounts, configuration, operation.
        Administration = "administration",
        /// Danger to life or health now; reviewed afterwards.
        Emergency = "emergency",
        /// Looking again at a case that is closed: for a review, an audit, a question of the family.
        CaseReview = "case_review",
    }
}

/// Why somebody asks: recorded with every look and shown to the person concerned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Purpose {
    /// The kind of purpose; policies decide on this.
    pub kind: PurposeKind,
    /// The case or application number, if there is one.
    pub case: Option<String>,
    /// The law the look rests on, as words or a reference from the pack.
    pub law: Option<String>,
    /// What the viewer wrote as reason.
    pub reason: String,
}

impl Purpose {
    /// A purpose with a reason and neither case nor law.
    pub fn new(kind: PurposeKind, reason: impl Into<String>) -> Self {
        Purpose { kind, case: None, law: None, reason: reason.into() }
    }

    /// A person's own affairs: needs no reason.
    pub fn own_affairs() -> Self {
        Purpose::new(PurposeKind::OwnAffairs, "")
    }

    /// The same, tied to a case or application.
    #[must_use]
    pub fn with_case(mut self, case: impl Into<String>) -> Self {
        self.case = Some(case.into());
        self
    }

    /// The same, resting on a law.
    #[must_use]
    pub fn with_law(mut self, law: impl Into<String>) -> Self {
        self.law = Some(law.into());
        self
    }

    /// Whether the look is tied to a case or explained in words (three characters or more).
    pub fn is_justified(&self) -> bool {
        self.case.as_deref().is_some_and(|c| !c.trim().is_empty()) || self.is_explained()
    }

    /// Whether the look is explained in words (three characters or more), tied to a case or not.
    pub fn is_explained(&self) -> bool {
        self.reason.trim().chars().count() >= 3
    }
}

/// The account that asks, as of this session. Built from a checked session, never from a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Who {
    /// The account.
    pub account: AccountId,
    /// The session it acts in.
    pub session: SessionId,
    /// The one role of this session.
    pub role: Role,
    /// The organisation the account belongs to, as its code in the pack; empty for citizens.
    pub organisation: String,
    /// The jurisdiction whose records the account works on, as its code in the pack.
    pub jurisdiction: Option<String>,
    /// The person this account is, when known: a citizen's own record; an official's too, so that self and relatives can be refused.
    pub person: Option<PersonId>,
    /// Whether a second factor was used at sign-in.
    pub strong: bool,
    /// Whether the account is suspended or its holder's duty has ended.
    pub suspended: bool,
    /// Whether this is a local account for times when the identity provider is away.
    pub break_glass: bool,
}
