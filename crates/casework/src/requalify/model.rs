//! Looking at everybody again: the order, what was found, and what was done about it. Types and pure transitions.

use std::collections::BTreeMap;

use guard::Who;
use kernel::{
    AccountId, CaseId, Date, DecisionId, FindingId, HouseholdId, Instant, OfferId, PersonId, RequalificationActId,
    RequalificationId, words,
};
use rules::schema::Per;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::model::Subject;

words! {
    /// How far a requalification has come.
    Status as "requalification" {
        /// Asked for; somebody else must approve it.
        Asked = "asked",
        /// Approved; the machine reads everybody and works everything out.
        Running = "running",
        /// The findings are there.
        Found = "found",
        /// It could not be done; the reason stands beside it.
        Failed = "failed",
        /// It is being taken back.
        RollingBack = "rolling_back",
        /// It was taken back.
        RolledBack = "rolled_back",
    }
}

words! {
    /// What a finding says.
    Kind as "finding" {
        /// Paid, and no longer due.
        NoLonger = "no_longer",
        /// Less is due than is paid.
        Down = "down",
        /// More is due than is paid.
        Up = "up",
        /// Due, and not paid.
        Unclaimed = "unclaimed",
        /// Two awards that exclude each other.
        Forbidden = "forbidden",
        /// Paid for somebody who died.
        Dead = "dead",
        /// Paid by a place from which the family has moved away.
        Moved = "moved",
        /// Paid, and whether it is due cannot be told.
        CannotTell = "cannot_tell",
    }
}

words! {
    /// How a finding stands.
    FindingStatus as "finding status" {
        /// Nobody has done anything about it.
        Open = "open",
        /// What follows from it has begun.
        Begun = "begun",
        /// There was nothing to begin; the outcome says why.
        Nothing = "nothing",
        /// It was taken back before it became a decision.
        Withdrawn = "withdrawn",
        /// The run was taken back after it had become a decision, which stands until the ordinary process corrects it.
        Stands = "stands",
    }
}

words! {
    /// What follows from a finding for its family.
    Outcome as "outcome" {
        /// The family is told what is planned, with facts and sources, and may speak until a day.
        Hearing = "hearing",
        /// More is due: it is corrected.
        Correction = "correction",
        /// It is offered.
        Offer = "offer",
        /// Agencies, or the family, are asked for what is missing or too old.
        Questions = "questions",
        /// An official must look and decide.
        Official = "official",
        /// The office where the family lives now takes over.
        Transfer = "transfer",
        /// What is so now does not differ any more.
        Same = "same",
        /// The time in which it could be claimed is over.
        Closed = "closed",
        /// The case is being looked at already.
        UnderWay = "under_way",
        /// It is offered already, or applied for.
        Offered = "offered",
        /// The family said no to it.
        Refused = "refused",
        /// A human being decided against the rules, and no rule undoes that.
        ByHand = "by_hand",
        /// There is no case from which it is paid.
        NoCase = "no_case",
        /// It is the family of one of the two officials: somebody else must do it.
        OwnFamily = "own_family",
    }
}

impl Outcome {
    /// Whether something is begun.
    pub const fn begins(self) -> bool {
        matches!(
            self,
            Outcome::Hearing
                | Outcome::Correction
                | Outcome::Offer
                | Outcome::Questions
                | Outcome::Official
                | Outcome::Transfer
        )
    }
}

words! {
    /// How an act on a group stands.
    ActStatus as "act" {
        /// Proposed; somebody else must sign.
        Proposed = "proposed",
        /// Signed; the machine carries it out.
        Signed = "signed",
        /// Carried out.
        Done = "done",
        /// Sent back, or the run was taken back before.
        Dropped = "dropped",
    }
}

/// An order to look at everybody again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Requalification {
    /// Its id.
    pub id: RequalificationId,
    /// The day of the facts.
    pub on: Date,
    /// Why.
    pub reason: String,
    /// The law it rests on.
    pub law: String,
    /// How far it has come.
    pub status: Status,
    /// Who asked.
    pub asked_by: Who,
    /// Who approved.
    pub approved_by: Option<Who>,
    /// When it was asked for.
    pub asked_at: Instant,
    /// When it was approved.
    pub approved_at: Option<Instant>,
    /// The moment of knowledge of the snapshot.
    pub as_of: Option<Instant>,
    /// The pack it ran under.
    pub pack_hash: Option<String>,
    /// The hash of all that the run says.
    pub run_hash: Option<String>,
    /// What the run says in figures.
    pub summary: Option<Summary>,
    /// Why it failed or was taken back.
    pub ended_why: Option<String>,
    /// When.
    pub ended_at: Option<Instant>,
}

/// A run in figures.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Households looked at.
    pub households: u64,
    /// Persons in them.
    pub persons: u64,
    /// Awards held against the rules.
    pub awards: u64,
    /// Households set aside, because something is wrong with them.
    pub aside: u64,
    /// Some of the faults, by pseudonym or place.
    pub faults: Vec<String>,
    /// Findings.
    pub findings: u64,
    /// The entry of the disclosure log.
    pub look: Option<Uuid>,
    /// The Merkle root over the ids of everybody, hex.
    pub root: String,
}

/// One difference, as a run tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The household.
    pub household: HouseholdId,
    /// Whose entitlement.
    pub subject: Subject,
    /// The person to ask the guard about: the subject, or the first member.
    pub person: PersonId,
    /// The programme.
    pub programme: String,
    /// What it is.
    pub kind: Kind,
    /// The condition that decided, `applies` or `amount`.
    pub condition: Option<String>,
    /// Combination rules, with spaces between.
    pub rules: Option<String>,
    /// Facts missing or too old, with spaces between.
    pub facts: Option<String>,
    /// What is paid, in minor units.
    pub before: Option<i64>,
    /// What is due, in minor units.
    pub after: Option<i64>,
    /// The period of both.
    pub per: Option<Per>,
    /// Where the household lives, as far as the snapshot tells.
    pub place: Option<String>,
}

impl Found {
    /// The name of the group: equal for all findings of one cause.
    pub fn cause(&self) -> String {
        let text = |t: &Option<String>| t.clone().unwrap_or_default();
        let parts = [self.kind.word(), &self.programme, &text(&self.condition), &text(&self.rules), &text(&self.facts)]
            .join("\n");
        hex::encode(Sha256::digest(parts.as_bytes())).chars().take(24).collect()
    }

    /// The id of the finding in a run of this hash.
    pub fn id(&self, run_hash: &str) -> FindingId {
        let parts =
            format!("{run_hash}\n{}\n{}\n{}\n{}", self.household, self.programme, self.subject.uuid(), self.kind);
        let hash = Sha256::digest(parts.as_bytes());
        FindingId(
            hash.first_chunk().map_or(Uuid::nil(), |b: &[u8; 16]| uuid::Builder::from_custom_bytes(*b).into_uuid()),
        )
    }
}

/// A finding as the database holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Its id.
    pub id: FindingId,
    /// The run.
    pub requalification: RequalificationId,
    /// The household.
    pub household: HouseholdId,
    /// Whose entitlement.
    pub subject: Subject,
    /// The person the guard is asked about.
    pub person: PersonId,
    /// The programme.
    pub programme: String,
    /// What it is.
    pub kind: Kind,
    /// The group.
    pub cause: String,
    /// The condition that decided.
    pub condition: Option<String>,
    /// Combination rules.
    pub rules: Option<String>,
    /// Facts missing or too old.
    pub facts: Option<String>,
    /// What is paid, in minor units.
    pub before: Option<i64>,
    /// What is due, in minor units.
    pub after: Option<i64>,
    /// The period of both.
    pub per: Option<Per>,
    /// The case from which it is paid.
    pub case: Option<CaseId>,
    /// The agency that decides.
    pub agency: String,
    /// The office's place; empty where nobody knows it.
    pub jurisdiction: String,
    /// How it stands.
    pub status: FindingStatus,
    /// What followed.
    pub outcome: Option<Outcome>,
    /// The decision that was in force when something began.
    pub decision: Option<DecisionId>,
    /// The offer that was made.
    pub offer: Option<OfferId>,
}

/// All findings of one cause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Group {
    /// Its name.
    pub cause: String,
    /// What they are.
    pub kind: Kind,
    /// The programme.
    pub programme: String,
    /// The condition that decided.
    pub condition: Option<String>,
    /// Combination rules.
    pub rules: Option<String>,
    /// Facts missing or too old.
    pub facts: Option<String>,
    /// The period of the sums.
    pub per: Option<Per>,
    /// How many.
    pub count: u64,
    /// How many nobody has done anything about.
    pub open: u64,
    /// Minor units paid.
    pub before: i64,
    /// Minor units due.
    pub after: i64,
}

/// Which findings somebody works on: those of their agency and place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// The agency; empty: all.
    pub agency: String,
    /// The office's place; empty: all.
    pub jurisdiction: String,
}

impl Scope {
    /// Whether what belongs to this agency and place is in it.
    pub fn covers(&self, agency: &str, jurisdiction: &str) -> bool {
        (self.agency.is_empty() || self.agency == agency)
            && (self.jurisdiction.is_empty() || self.jurisdiction == jurisdiction)
    }
}

/// An act on a group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Act {
    /// Its id.
    pub id: RequalificationActId,
    /// The run.
    pub requalification: RequalificationId,
    /// The group.
    pub cause: String,
    /// The agency whose findings it is about.
    pub agency: String,
    /// The place whose findings it is about; empty: all.
    pub jurisdiction: String,
    /// How it stands.
    pub status: ActStatus,
    /// What the dry run said: how many findings come to which outcome.
    pub planned: BTreeMap<Outcome, u64>,
    /// Who proposed it, and which person that is.
    pub proposed: (AccountId, Option<PersonId>),
    /// When.
    pub proposed_at: Instant,
    /// Who signed it.
    pub signed: Option<(AccountId, Option<PersonId>)>,
    /// When.
    pub signed_at: Option<Instant>,
}
