//! The signed link by which a service without an account answers: bound to one referral and to one state of it, so that it is
//! spent with the answer.

use guard::{Keys, SignedLink, Spent};
use kernel::{Instant, ReferralId};

use crate::model::{Referral, in_days};

/// What the signature is about, so that it is good for nothing else.
const WHAT: &str = "referral answer";
/// A link is good for so many days after the answer was due.
const DAYS: u32 = 14;

/// What a link says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// The referral.
    pub referral: ReferralId,
    /// The state it is good for.
    pub revision: u32,
    /// From when on it is good no more.
    pub until: Instant,
}

impl Link {
    /// The link to a referral as it stands; `None` when nothing more is expected of the service.
    pub fn to(it: &Referral) -> Option<Link> {
        let (_, due) = it.now.due.filter(|_| !it.now.status.is_over())?;
        let until = Instant::start_of(in_days(due, DAYS));
        Some(Link { referral: it.id, revision: it.now.revision, until })
    }

    fn signed(&self) -> SignedLink {
        SignedLink { id: self.referral.0, revision: self.revision, until: self.until }
    }

    /// The link's last part of an address.
    pub fn token(&self, keys: &Keys) -> String {
        self.signed().token(keys, WHAT)
    }

    /// Reads a token; `None` when it was not made here, whatever is wrong with it. Whether it is still good is
    /// [`Link::is_good`].
    pub fn read(token: &str, keys: &Keys) -> Option<Link> {
        let SignedLink { id, revision, until } = SignedLink::read(token, keys, WHAT)?;
        Some(Link { referral: ReferralId(id), revision, until })
    }

    /// Whether it is good now, for a referral that stands so.
    ///
    /// # Errors
    /// [`Spent`].
    pub fn is_good(&self, it: &Referral, now: Instant) -> Result<(), Spent> {
        self.signed().is_good(it.now.revision, it.now.status.is_over(), now)
    }
}
