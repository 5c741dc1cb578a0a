//! Life events, offers and applications: the types, and what follows from them without a database.

use kernel::{Currency, Date, EventId, HouseholdId, Instant, OfferId, PersonId, UnknownWord, words};
use rules::outcome::Answer;
use rules::schema::{Per, Value};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

words! {
    /// What made a household's entitlements be worked out again.
    Cause as "cause" {
        /// A child was born.
        Birth = "birth",
        /// A pregnancy was confirmed.
        Pregnancy = "pregnancy",
        /// The household, or one of its people, moved.
        Move = "move",
        /// Income or another circumstance changed.
        IncomeChange = "income_change",
        /// Somebody died.
        Death = "death",
        /// A date passed on which an answer turns by itself.
        Birthday = "birthday",
        /// A new version of the rules came into force.
        PackChange = "pack_change",
        /// A fact was recorded outside a registered event.
        FactChange = "fact_change",
        /// Everybody was looked at again.
        Requalification = "requalification",
        /// An event was corrected.
        Correction = "correction",
        /// An event was withdrawn.
        Withdrawal = "withdrawal",
    }
}

impl Cause {
    /// Whether it is something that happened in a life, so that what was applied for earlier may be asked for anew.
    pub const fn is_life_event(self) -> bool {
        matches!(self, Cause::Birth | Cause::Pregnancy | Cause::Move | Cause::IncomeChange | Cause::Death)
    }
}

words! {
    /// What became of a registered event.
    EventStatus as "event status" {
        /// It stands.
        Registered = "registered",
        /// A later event corrects it.
        Corrected = "corrected",
        /// It was registered in error.
        Withdrawn = "withdrawn",
    }
}

words! {
    /// What became of an offer.
    OfferStatus as "offer status" {
        /// May be accepted or refused.
        Open = "open",
        /// Applied for.
        Accepted = "accepted",
        /// The family does not want it; may still be accepted while the window is open.
        Refused = "refused",
        /// The facts no longer support it.
        Lapsed = "lapsed",
        /// The event behind it was withdrawn.
        Withdrawn = "withdrawn",
        /// The claim window closed.
        Expired = "expired",
    }
}

impl OfferStatus {
    /// Whether one tap may accept it.
    pub const fn can_be_accepted(self) -> bool {
        matches!(self, OfferStatus::Open | OfferStatus::Refused)
    }
}

words! {
    /// What becomes of one programme applied for. Processing comes with the determination.
    ItemStatus as "application item status" {
        /// Received.
        Received = "received",
        /// The event behind it was withdrawn.
        Void = "void",
    }
}

/// Whose entitlement: the key under which offers are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "id")]
pub enum Subject {
    /// The household as a whole.
    Household(HouseholdId),
    /// One person.
    Person(PersonId),
}

impl Subject {
    /// The bare id.
    pub const fn uuid(self) -> Uuid {
        match self {
            Subject::Household(id) => id.0,
            Subject::Person(id) => id.0,
        }
    }

    /// `household` or `person`.
    pub const fn kind(self) -> &'static str {
        match self {
            Subject::Household(_) => "household",
            Subject::Person(_) => "person",
        }
    }

    /// From the two columns.
    pub fn from_parts(kind: &str, id: Uuid) -> Result<Self, UnknownWord> {
        match kind {
            "household" => Ok(Subject::Household(HouseholdId(id))),
            "person" => Ok(Subject::Person(PersonId(id))),
            _ => Err(UnknownWord { kind: "subject", text: kind.chars().take(40).collect() }),
        }
    }

    /// The person, if it is one.
    pub const fn person(self) -> Option<PersonId> {
        match self {
            Subject::Household(_) => None,
            Subject::Person(id) => Some(id),
        }
    }
}

/// A sum and its period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sum {
    /// Minor units; `None` while facts for the amount are missing.
    pub minor: Option<i64>,
    /// The currency of the pack.
    pub currency: Currency,
    /// By month, by year, once, by use.
    pub per: Per,
}

/// An answer that is already there: a fact the result rests on, so that nobody asks for it again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prefilled {
    /// Whom it is about.
    pub subject: Subject,
    /// The item.
    pub item: String,
    /// The value.
    pub value: Value,
    /// The agency it comes from; `None` when the register's silence is the answer.
    pub source: Option<String>,
    /// Since when it is true.
    pub valid_from: Option<Date>,
    /// When it was recorded (RFC 3339).
    pub recorded: Option<String>,
    /// Under which law it is held.
    pub law: Option<String>,
}

/// For what something is still needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NeededFor {
    /// The answer itself is open.
    Answer,
    /// The answer is yes, the sum is open.
    Amount,
    /// The claim asks for it, and only the person can give it.
    Claim,
}

/// Something still needed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Needed {
    /// For what.
    pub purpose: NeededFor,
    /// Whom it is about.
    pub subject: Subject,
    /// The item.
    pub item: String,
}

/// How an offer stands to the others after the combination rules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// No rule touches it, or it is the better of two.
    #[default]
    Recommended,
    /// Another programme is better for the family and both cannot be had; this is the alternative.
    Alternative,
    /// The family must choose; the law names no winner.
    FamilyChooses,
    /// The sources are unclear; an official must look.
    OfficialLooks,
}

/// One combination rule that touches an offer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Touch {
    /// The rule's id in the pack.
    pub rule: String,
    /// The other programme, if it is one.
    pub other: Option<String>,
    /// Whether both may not be had at once.
    pub excludes: bool,
}

/// The best lawful choice, as it concerns this offer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// Where it stands.
    pub place: Place,
    /// The amount before the rules, when they changed it.
    pub single_minor: Option<i64>,
    /// The rules that touch it.
    pub touches: Vec<Touch>,
}

/// One condition as it stood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConditionStood {
    /// Its id in the pack.
    pub id: String,
    /// `None`: not known.
    pub holds: Option<bool>,
}

/// Everything an offer says, frozen with it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OfferContent {
    /// `yes` or `cannot_tell`.
    pub result: Answer,
    /// The sum after the combination rules; `None` for a service or status.
    pub amount: Option<Sum>,
    /// First day of the entitlement.
    pub from: Option<Date>,
    /// First day outside.
    pub until: Option<Date>,
    /// First day of the claim window.
    pub claim_opens: Option<Date>,
    /// Last day of the claim window.
    pub claim_closes: Option<Date>,
    /// The agency responsible.
    pub agency: String,
    /// The agency that decides.
    pub decided_by: String,
    /// Codes of those who may claim.
    pub who_may_claim: Vec<String>,
    /// Days the law gives for the decision.
    pub decision_days: Option<u32>,
    /// The conditions.
    pub conditions: Vec<ConditionStood>,
    /// What is known already.
    pub answers: Vec<Prefilled>,
    /// What is not.
    pub needed: Vec<Needed>,
    /// The best choice.
    pub choice: Choice,
}

/// An offer as the database holds it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Offer {
    /// Its id.
    pub id: OfferId,
    /// Whose entitlement.
    pub subject: Subject,
    /// The household for which it was worked out.
    pub household: HouseholdId,
    /// The programme.
    pub programme: String,
    /// What tells this stretch of entitlement from an earlier or later one of the same programme and subject.
    pub period_key: String,
    /// What made it.
    pub cause: Cause,
    /// The registered event behind it.
    pub event: Option<EventId>,
    /// What became of it.
    pub status: OfferStatus,
    /// 1, 2, 3 …: a form carries the revision it showed.
    pub revision: u32,
    /// Hash of what matters to the family: result, sum, period, deadline, choice.
    pub digest: String,
    /// What it says.
    pub content: OfferContent,
    /// Content hash of the frozen facts.
    pub facts_hash: String,
    /// Content hash of the pack.
    pub pack_hash: String,
    /// Content hash of the rules.
    pub rule_set: String,
    /// When it was first made.
    pub made_at: Instant,
    /// When it last changed.
    pub changed_at: Instant,
}

impl Offer {
    /// The status on a day: an open offer whose window closed is expired, whether or not the daily work has said so.
    pub fn status_on(&self, today: Date) -> OfferStatus {
        let closed = self.content.claim_closes.is_some_and(|last| last < today);
        if closed && self.status.can_be_accepted() { OfferStatus::Expired } else { self.status }
    }
}

/// A registered event as the database holds it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LifeEvent {
    /// Its id.
    pub id: EventId,
    /// What happened.
    pub kind: Cause,
    /// Whom it is about.
    pub person: PersonId,
    /// In which household.
    pub household: HouseholdId,
    /// The day it happened.
    pub occurred_on: Date,
    /// What was registered (JSON of the use case's own type).
    pub detail: serde_json::Value,
    /// The agency or channel that told.
    pub source: String,
    /// The number it bears in the register it came from.
    pub register_number: Option<String>,
    /// What became of it.
    pub status: EventStatus,
    /// The event this one corrects or withdraws.
    pub corrects: Option<EventId>,
    /// Why it was corrected or withdrawn.
    pub reason: Option<String>,
    /// When it was recorded.
    pub recorded_at: Instant,
}
