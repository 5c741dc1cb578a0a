//! A family asked once.

use guard::{Keys, SignedLink};
use kernel::{AccountId, Date, EnrolmentId, Instant, InvitationId, PersonId, Words, words};

/// What the signature of a link is about, so that it is good for nothing else.
const WHAT: &str = "survey answer";
/// Nothing about an invitation changes before it is answered: its links are all of one state.
const REVISION: u32 = 1;

words! {
    /// How an invitation stands.
    Status as "status of an invitation" {
        /// Not answered; whether it still can be is told by its last day.
        Open = "open",
        /// Answered.
        Answered = "answered",
        /// The family does not want to be asked.
        Refused = "refused",
        /// Taken back: the family mourns.
        Withdrawn = "withdrawn",
    }
}

/// A family asked once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// Its id.
    pub id: InvitationId,
    /// Who is asked.
    pub person: PersonId,
    /// The family.
    pub enrolment: EnrolmentId,
    /// The survey of the pack.
    pub survey: String,
    /// The wave.
    pub wave: String,
    /// The occasion within the survey: no family is asked twice on one.
    pub occasion: String,
    /// What is asked, as `id@version`.
    pub instrument: String,
    /// From when on.
    pub opens: Date,
    /// The last day it can be answered.
    pub closes: Date,
    /// The agency whose nurses visit.
    pub organisation: String,
    /// The district then.
    pub place: String,
    /// The nurse then.
    pub nurse: Option<AccountId>,
    /// The message, without the link.
    pub words: Words,
    /// How it stands.
    pub status: Status,
}

impl Invitation {
    /// The link that goes with the message: good until the end of its last day in the country's time, `offset_hours` east of Greenwich.
    pub fn link(&self, offset_hours: i8) -> SignedLink {
        let end = Instant::start_of(self.closes.tomorrow().unwrap_or(self.closes));
        let until = end.plus_seconds(-3600 * i64::from(offset_hours));
        SignedLink { id: self.id.0, revision: REVISION, until }
    }

    /// The last part of the link's address.
    pub fn token(&self, keys: &Keys, offset_hours: i8) -> String {
        self.link(offset_hours).token(keys, WHAT)
    }
}

/// Reads the last part of a link's address; `None`: it was not made here for this.
pub fn read_token(token: &str, keys: &Keys) -> Option<SignedLink> {
    SignedLink::read(token, keys, WHAT)
}
