//! A signed link, by which somebody without an account answers: bound to one referral and to one state of it, so that it is spent
//! with the answer; good until a day; and not to be guessed. It holds no data, and gives none without the look being logged.

use guard::Keys;
use kernel::{Instant, ReferralId};
use subtle::ConstantTimeEq;
use uuid::Uuid;

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

    fn text(&self) -> String {
        format!("{}.{}.{}", self.referral.0.simple(), self.revision, self.until.micros() / 1_000_000)
    }

    /// The link's last part of an address.
    pub fn token(&self, keys: &Keys) -> String {
        let text = self.text();
        format!("{text}.{}", hex::encode(keys.link_signature(WHAT, &text)))
    }

    /// Reads a token; `None` when it was not made here, whatever is wrong with it. Whether it is still good is
    /// [`Link::is_good`].
    pub fn read(token: &str, keys: &Keys) -> Option<Link> {
        let (text, signature) = token.rsplit_once('.')?;
        let given = hex::decode(signature).ok()?;
        if !bool::from(keys.link_signature(WHAT, text).as_slice().ct_eq(&given)) {
            return None;
        }
        let mut parts = text.split('.');
        let (id, revision, until) = (parts.next()?, parts.next()?, parts.next()?);
        let link = Link {
            referral: ReferralId(Uuid::try_parse(id).ok()?),
            revision: revision.parse().ok()?,
            until: Instant::from_micros(0).plus_seconds(until.parse().ok()?),
        };
        // One spelling alone.
        (link.text() == text).then_some(link)
    }

    /// Whether it is good now, for a referral that stands so.
    pub fn is_good(&self, it: &Referral, now: Instant) -> Result<(), Spent> {
        if now >= self.until {
            return Err(Spent::Late);
        }
        if it.now.status.is_over() || it.now.revision != self.revision {
            return Err(Spent::Answered);
        }
        Ok(())
    }
}

/// Why a link that was made here is good no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Spent {
    /// Its time ran out.
    #[error("the time of this link has run out: ask whoever sent it for a new one")]
    Late,
    /// Somebody answered, or the referral is over.
    #[error("this link was used already, or the request is over")]
    Answered,
}
