//! Who may see or do what, for which purpose; the log of every look; keys; accounts and sessions.
//!
//! The one call a page makes is [`Guard::reveal`]: it decides by the Cedar policies, writes the look (or the refusal)
//! into the disclosure log, waits until that is durable, and only then opens the seal. For acts that show nothing there is
//! [`Guard::permit`].
//!
//! Invariants: deny by default and forbids win; nothing personal is shown without a durable entry; a failure anywhere
//! (policies, log, disk) is a refusal, never an opening.

pub mod account;
mod decide;
mod guard;
mod keys;
mod link;
pub mod log;
mod redact;
mod resource;
mod sealed;
mod who;

pub use decide::{Allowed, Decision, Policies, PolicyError, Reason, Refusal, Request};
pub use guard::{Denied, Guard, Withholding};
pub use keys::{KeyError, Keys};
pub use link::{SignedLink, Spent};
pub use log::Receipt;
pub use redact::Redaction;
pub use resource::{Action, Relation, Resource, Tier};
pub use sealed::{Disclosed, DisclosureError, NoLaw, Processing, ProtectedAddress, Sealed, disclose};
pub use who::{Purpose, PurposeKind, Role, UnknownWord, Who};
