//! Typed identifiers: UUIDv7, so that they sort by time of birth, made by us and never by a database.
//!
//! The list at the end is append-only: a tag once used keeps its meaning for ever.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Instant;

/// Where new ids come from. Production draws randomness; tests and replays use [`SeededIds`].
pub trait Ids: Send + Sync {
    /// Ten random-looking bytes for the tail of the next id.
    fn entropy(&self) -> [u8; 10];

    /// A fresh UUIDv7 born at `now`.
    fn uuid(&self, now: Instant) -> Uuid {
        let millis = u64::try_from(now.micros() / 1000).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &self.entropy()).into_uuid()
    }
}

/// A repeatable id source: the same seed gives the same ids in the same order.
#[derive(Debug)]
pub struct SeededIds(std::sync::atomic::AtomicU64);

impl SeededIds {
    /// Starts the sequence that belongs to `seed`.
    pub fn new(seed: u64) -> Self {
        // Mixed, not multiplied by the step: neighbouring seeds would otherwise walk the same sequence one step apart.
        SeededIds(std::sync::atomic::AtomicU64::new(mix(seed)))
    }
}

/// The mixing function of SplitMix64.
fn mix(n: u64) -> u64 {
    let z = (n ^ (n >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

impl Ids for SeededIds {
    fn entropy(&self) -> [u8; 10] {
        let n = self.0.fetch_add(0x9E37_79B9_7F4A_7C15, std::sync::atomic::Ordering::Relaxed);
        let (a, b) = (mix(n).to_be_bytes(), n.to_be_bytes());
        [a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], b[6], b[7]]
    }
}

/// What is wrong with a text that should have been an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not an id of a {kind}: expected a UUID such as 01890a5d-ac96-774b-bcce-b302099a8057")]
pub struct BadId {
    /// What kind of thing the id should name.
    pub kind: &'static str,
    /// The text that was given.
    pub text: String,
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $kind:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// What an id of this type names, as a word for messages and logs.
            pub const KIND: &'static str = $kind;

            /// A new id, born at `now`.
            pub fn new(ids: &dyn Ids, now: Instant) -> Self {
                $name(ids.uuid(now))
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { self.0.hyphenated().fmt(f) }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { write!(f, "{}:{}", $kind, self.0) }
        }
        impl FromStr for $name {
            type Err = BadId;
            fn from_str(text: &str) -> Result<Self, BadId> {
                Uuid::try_parse(text).map($name).map_err(|_| BadId { kind: $kind, text: text.chars().take(60).collect() })
            }
        }
    )*};
}

ids! {
    /// A human being, once in the whole system.
    PersonId = "person";
    /// People who share a registration and a livelihood.
    HouseholdId = "household";
    /// A postal address within a jurisdiction.
    AddressId = "address";
    /// One recorded statement about a person or household.
    FactId = "fact";
    /// A pregnancy from confirmation to its end.
    PregnancyId = "pregnancy";
    /// Something that happened in a life and may change entitlements.
    EventId = "life-event";
    /// One programme offered to one subject because of one event.
    OfferId = "offer";
    /// A request for one or more programmes.
    ApplicationId = "application";
    /// A person who signs in: citizen or staff.
    AccountId = "account";
    /// A signed-in browser or client.
    SessionId = "session";
    /// A unit of work that waits for a worker.
    JobId = "job";
    /// One message in the outbox.
    MessageId = "message";
    /// An open task of an official about a person or household.
    CaseId = "case";
    /// One import of a file.
    ImportId = "import";
    /// A proposal that two person records are one human being.
    DuplicateId = "duplicate";
    /// Answers a person has begun to give and not sent yet.
    DraftId = "draft";
    /// The right of one person to act for another.
    MandateId = "mandate";
    /// A paper or picture a person handed in.
    EvidenceId = "evidence";
    /// A person's consent to one purpose.
    ConsentId = "consent";
    /// Something that happened to a case.
    StepId = "step";
    /// A question to an agency.
    RequestId = "request";
    /// Something an official has to do.
    TaskId = "task";
    /// A result worked out and frozen.
    DeterminationId = "determination";
    /// What was decided and told.
    DecisionId = "decision";
    /// A person's objection to a decision, or a court's order about it.
    ObjectionId = "objection";
    /// A change a person reports.
    ReportId = "report";
    /// A complaint about how somebody was treated.
    GrievanceId = "grievance";
    /// A letter to a person.
    LetterId = "letter";
    /// A right to money or a thing over a time.
    EntitlementId = "entitlement";
    /// Where somebody's money goes.
    PayAccountId = "payment-account";
    /// A payment run.
    RunId = "run";
    /// One entry of the ledger: postings that balance.
    JournalId = "journal";
    /// Money that was paid and must come back.
    RecoveryId = "recovery";
    /// An order to another body to give a discount, thing or service.
    OrderId = "order";
    /// Everybody looked at again on a day.
    RequalificationId = "requalification";
    /// One difference between what is paid and what is due.
    FindingId = "finding";
    /// One act on a group of findings.
    RequalificationActId = "requalification-act";
    /// A set of changed rules that somebody tries.
    ScenarioId = "scenario";
    /// A run of changed rules beside those in force.
    ComparisonId = "comparison";
    /// A family under a visit protocol.
    EnrolmentId = "visit-enrolment";
    /// An assessment or a visit as it was sent.
    SubmissionId = "visit-submission";
    /// A decision on a family's level of need.
    TierDecisionId = "tier-decision";
    /// Somebody must see to a person's safety.
    AlertId = "safety-alert";
    /// A family sent on to another service.
    ReferralId = "referral";
    /// Case management for a family: its steps and its plan.
    FamilyCaseId = "family-case";
    /// One thing done in it.
    FamilyActId = "family-act";
    /// A family asked once how it went.
    InvitationId = "survey-invitation";
    /// A mothers' group.
    GroupId = "group";
    /// A session of it.
    GroupSessionId = "group-session";
    /// Families given from one nurse to another from a day on.
    HandoverId = "handover";
    /// A course somebody attended.
    TrainingId = "training";
    /// A course held in one place on some days.
    CohortId = "cohort";
    /// A supervision: one to one, of the team, or of a visit.
    SupervisionId = "supervision";
    /// What one of two wrote about their supervision, for these two alone.
    ReflectionId = "reflection";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbouring_seeds_never_give_the_same_id() {
        let now = Instant::from_micros(1_700_000_000_000_000);
        let mut seen = std::collections::BTreeSet::new();
        for seed in 0..50 {
            let ids = SeededIds::new(seed);
            assert!((0..200).all(|_| seen.insert(ids.uuid(now))), "seed {seed} met another");
        }
    }
}
