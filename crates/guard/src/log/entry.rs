//! One look, search, refusal or change, as the log keeps it: a short envelope in clear and a body only the person's key opens.

use kernel::{AccountId, Instant, PersonId, SessionId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Action, Purpose, PurposeKind, Reason, Role, Tier, Who};

crate::who::words! {
    /// What kind of event an entry is.
    Class as "class of entry" {
        /// Somebody saw personal data.
        View = "view",
        /// Somebody searched; found or not.
        Search = "search",
        /// Somebody was refused.
        Refusal = "refusal",
        /// Somebody changed something.
        Change = "change",
        /// Data left as a file.
        Export = "export",
        /// A machine read many records at once.
        Batch = "batch",
        /// A sign-in, sign-out or failed attempt.
        SignIn = "sign_in",
        /// An account was made, changed or suspended.
        Account = "account",
    }
}

impl Class {
    /// The number in the envelope.
    pub(super) fn number(self) -> u8 {
        Class::ALL.iter().position(|c| *c == self).and_then(|i| u8::try_from(i).ok()).unwrap_or(u8::MAX)
    }

    /// The class with this number.
    pub(super) fn from_number(n: u8) -> Option<Class> {
        Class::ALL.get(usize::from(n)).copied()
    }
}

/// One event on its way into the log. It becomes one leaf for each of `subjects` (one leaf without a person if there
/// are none), all under the same `look`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The look, search or act; the same on the leaves of all the people it is about.
    pub look: Uuid,
    /// When.
    pub at: Instant,
    /// What kind of event.
    pub class: Class,
    /// How sensitive the information was.
    pub tier: Tier,
    /// Whom it is about.
    #[serde(skip)]
    pub subjects: Vec<PersonId>,
    /// Who, in which role, for what.
    pub body: Body,
}

/// What only the person's key of the year opens.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Body {
    /// The account that acted; none for a failed sign-in.
    pub account: Option<AccountId>,
    /// The session.
    pub session: Option<SessionId>,
    /// The role.
    pub role: Option<Role>,
    /// The organisation, as its code in the pack.
    pub organisation: String,
    /// The viewer's jurisdiction.
    pub jurisdiction: Option<String>,
    /// What was done.
    pub action: Option<Action>,
    /// The groups of items.
    pub items: Vec<String>,
    /// The purpose.
    pub purpose: Option<PurposeKind>,
    /// The case or application.
    pub case: Option<String>,
    /// The law.
    pub law: Option<String>,
    /// What the viewer wrote as reason, or for sign-ins what happened.
    pub reason: String,
    /// Whether it was allowed.
    pub allowed: bool,
    /// Why not.
    pub refusal: Option<Reason>,
    /// The policies that decided.
    pub policies: Vec<String>,
    /// How many rows were shown.
    pub rows: u32,
    /// The keyed hash of what was searched for, in hexadecimal.
    pub query: Option<String>,
    /// Until when this entry is kept from the person.
    pub withheld_until: Option<Instant>,
    /// The law under which it is kept from them.
    pub withheld_law: Option<String>,
    /// Whether the person must not be told the office (it would give away a protected address).
    pub hide_office: bool,
}

impl Body {
    /// The parts that come from the viewer and the purpose.
    pub fn of(who: &Who, action: Action, purpose: &Purpose) -> Self {
        Body {
            account: Some(who.account),
            session: Some(who.session),
            role: Some(who.role),
            organisation: who.organisation.clone(),
            jurisdiction: who.jurisdiction.clone(),
            action: Some(action),
            purpose: Some(purpose.kind),
            case: purpose.case.clone(),
            law: purpose.law.clone(),
            reason: purpose.reason.clone(),
            ..Body::default()
        }
    }
}

/// Proof that a look is durable in the log. Made by the log's writer alone, after its fdatasync.
#[derive(Debug)]
#[must_use]
pub struct Receipt {
    look: Uuid,
    year: i16,
    first: u64,
    count: u32,
}

impl Receipt {
    pub(super) fn new(look: Uuid, year: i16, first: u64, count: u32) -> Self {
        Receipt { look, year, first, count }
    }

    /// The look that was logged.
    pub fn look(&self) -> Uuid {
        self.look
    }

    /// The log (one a year).
    pub fn year(&self) -> i16 {
        self.year
    }

    /// The sequence number of its first leaf.
    pub fn first(&self) -> u64 {
        self.first
    }

    /// How many leaves it became.
    pub fn count(&self) -> u32 {
        self.count
    }
}

/// Length of an envelope in bytes.
pub(super) const ENVELOPE: usize = 72;
const VERSION: u8 = 1;

/// The clear part of a leaf. Says nothing about who looked; the subject is a keyed tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// What kind of event.
    pub class: Class,
    /// How sensitive.
    pub tier: Tier,
    /// The log's year.
    pub year: i16,
    /// Position in the year's log, from 0.
    pub seq: u64,
    /// When.
    pub at: Instant,
    /// Which wrapped data key opens the body.
    pub(super) slot: u32,
    /// The person, as HMAC under the year's key.
    pub(super) tag: [u8; 16],
    /// The nonce of the body.
    pub(super) nonce: [u8; 12],
    /// Commitment to the data key, so that one ciphertext cannot be given two meanings under two keys.
    pub(super) commitment: [u8; 16],
}

impl Envelope {
    /// Its bytes: fixed places, big-endian.
    pub(super) fn bytes(&self) -> [u8; ENVELOPE] {
        let mut out = [0u8; ENVELOPE];
        let parts: [&[u8]; 9] = [
            &[VERSION, self.class.number(), self.tier as u8, 0],
            &self.year.to_be_bytes(),
            &[0, 0],
            &self.seq.to_be_bytes(),
            &self.at.micros().to_be_bytes(),
            &self.slot.to_be_bytes(),
            &self.tag,
            &self.nonce,
            &self.commitment,
        ];
        for (place, byte) in out.iter_mut().zip(parts.into_iter().flatten()) {
            *place = *byte;
        }
        out
    }

    /// The envelope in front of these bytes, or nothing if it is none of ours.
    pub(super) fn read(bytes: &[u8]) -> Option<Envelope> {
        let (head, rest) = bytes.split_first_chunk::<4>()?;
        let (year, rest) = rest.split_first_chunk::<2>()?;
        let (spare, rest) = rest.split_first_chunk::<2>()?;
        let (seq, rest) = rest.split_first_chunk::<8>()?;
        let (at, rest) = rest.split_first_chunk::<8>()?;
        let (slot, rest) = rest.split_first_chunk::<4>()?;
        let (tag, rest) = rest.split_first_chunk::<16>()?;
        let (nonce, rest) = rest.split_first_chunk::<12>()?;
        let (commitment, _) = rest.split_first_chunk::<16>()?;
        let [VERSION, class, tier, 0] = *head else { return None };
        if spare != &[0, 0] {
            return None;
        }
        Some(Envelope {
            class: Class::from_number(class)?,
            tier: Tier::from_number(tier)?,
            year: i16::from_be_bytes(*year),
            seq: u64::from_be_bytes(*seq),
            at: Instant::from_micros(i64::from_be_bytes(*at)),
            slot: u32::from_be_bytes(*slot),
            tag: *tag,
            nonce: *nonce,
            commitment: *commitment,
        })
    }
}
