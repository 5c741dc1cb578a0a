//! Why nothing was written down. The use cases of this room share their reasons: each is a form of a few fields.

use kernel::Date;
use store::{AsConflict, StoreError};

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The guard did not allow it.
    #[error("this is for the supervisor of the team")]
    NotAllowed,
    /// The pack says nothing about nurses.
    #[error("the pack has no workforce.toml")]
    NoRules,
    /// Somebody is not in the team.
    #[error("somebody named is not a nurse of your team")]
    NotTeam,
    /// Nobody confirms their own training.
    #[error("nobody confirms their own training: ask another supervisor")]
    Oneself,
    /// No such course.
    #[error("the pack has no such course")]
    NoCourse,
    /// No such thing.
    #[error("there is none of this name")]
    Nothing,
    /// Hours that the course does not have.
    #[error("the course has {0} hours: write 1 to {0}")]
    Hours(u32),
    /// A day still to come.
    #[error("{0} is still to come")]
    Ahead(Date),
    /// Days in the wrong order.
    #[error("it ends before it begins, or lasts longer than a year")]
    Order,
    /// A number of seats that cannot be.
    #[error("a course has 1 to 200 seats")]
    Seats,
    /// No seat is left.
    #[error("every seat is taken")]
    Full,
    /// The course is not over, or is.
    #[error("the course is over only on {0}")]
    NotOver(Date),
    /// The wrong number of people for the kind.
    #[error("a supervision one to one or of a visit has one nurse, one of the team at least two")]
    People,
    /// Minutes that cannot be.
    #[error("a supervision lasts 5 to 480 minutes")]
    Minutes,
    /// No words, or too many.
    #[error("write 3 to {0} characters")]
    Words(usize),
    /// The checklist of the pack has no such item.
    #[error("the checklist has no such item")]
    NoCheck,
    /// No such visit of this nurse on this day.
    #[error("this nurse recorded no such visit on that day")]
    NoVisit,
    /// Something else was sent under this name.
    #[error("something else was sent under this name: load the form anew")]
    OtherContent,
    /// The keys.
    #[error(transparent)]
    Keys(#[from] guard::KeyError),
    /// The accounts.
    #[error(transparent)]
    Accounts(#[from] guard::account::AccountError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AsConflict for Fault {
    fn is_conflict(&self) -> bool {
        match self {
            Fault::Store(e) => e.is_conflict(),
            Fault::Accounts(e) => e.is_conflict(),
            _ => false,
        }
    }
}
