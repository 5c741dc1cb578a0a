//! A signed link, by which somebody without an account or sign-in reaches one thing in one state of it: not to be guessed, good
//! until a moment, and spent when the thing stands otherwise. It holds no data, and gives none without the look being logged.

use kernel::Instant;
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::Keys;

/// What a link says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignedLink {
    /// The thing it leads to.
    pub id: Uuid,
    /// The state of the thing that it is good for.
    pub revision: u32,
    /// From when on it is good no more, in whole seconds.
    pub until: Instant,
}

/// Why a link that was made here is good no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Spent {
    /// Its time ran out.
    #[error("the time of this link has run out: ask whoever sent it for a new one")]
    Late,
    /// Somebody answered, or nothing more is asked.
    #[error("this link was used already, or the request is over")]
    Answered,
}

impl SignedLink {
    fn text(&self) -> String {
        format!("{}.{}.{}", self.id.simple(), self.revision, self.until.micros() / 1_000_000)
    }

    /// The last part of the link's address. `what` is what it is for, so that the signature is good for nothing else.
    pub fn token(&self, keys: &Keys, what: &str) -> String {
        let text = self.text();
        format!("{text}.{}", hex::encode(keys.link_signature(what, &text)))
    }

    /// Reads a token; `None` when it was not made here for this, whatever is wrong with it. Whether it is still good is
    /// [`SignedLink::is_good`].
    pub fn read(token: &str, keys: &Keys, what: &str) -> Option<SignedLink> {
        let (text, signature) = token.rsplit_once('.')?;
        let given = hex::decode(signature).ok()?;
        if !bool::from(keys.link_signature(what, text).as_slice().ct_eq(&given)) {
            return None;
        }
        let mut parts = text.split('.');
        let (id, revision, until) = (parts.next()?, parts.next()?, parts.next()?);
        let link = SignedLink {
            id: Uuid::try_parse(id).ok()?,
            revision: revision.parse().ok()?,
            until: Instant::from_micros(0).plus_seconds(until.parse().ok()?),
        };
        // One spelling alone.
        (link.text() == text).then_some(link)
    }

    /// Whether it is good now, for a thing that stands at `revision` and is over or not.
    ///
    /// # Errors
    /// [`Spent`].
    pub fn is_good(&self, revision: u32, is_over: bool, now: Instant) -> Result<(), Spent> {
        match () {
            () if now >= self.until => Err(Spent::Late),
            () if is_over || revision != self.revision => Err(Spent::Answered),
            () => Ok(()),
        }
    }
}
