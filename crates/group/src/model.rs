//! A group, its sessions and its people.

use catalogue::Pack;
use catalogue::model::GroupKind;
use guard::{Role, Who};
use kernel::{AccountId, Date, GroupId, GroupSessionId, words};
use store::{AsConflict, StoreError};
use visit::Desk;

/// So many days after a session she can say how it was; then it is told of together.
pub const SAY_DAYS: i32 = 14;
/// The best it can have been; the least is 1.
pub const HIGHEST: i64 = 10;
/// The most characters of a venue or topic.
pub const MOST_WORDS: usize = 200;

words! {
    /// How somebody stands to a group.
    Status as "status in a group" {
        /// Asked, and has not answered.
        Invited = "invited",
        /// Takes part.
        Joined = "joined",
        /// Does not want to.
        Declined = "declined",
        /// Took part, and does no more.
        Left = "left",
    }
}

/// A group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its id.
    pub id: GroupId,
    /// The kind, by the pack's id.
    pub kind: String,
    /// The agency.
    pub organisation: String,
    /// The district.
    pub place: String,
    /// Where it meets, in words.
    pub venue: String,
    /// Who leads it.
    pub facilitator: AccountId,
    /// How many can take part.
    pub seats: i64,
    /// How many do.
    pub taken: i64,
    /// Whether it meets no more.
    pub closed: bool,
}

/// A session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its id.
    pub id: GroupSessionId,
    /// The group.
    pub group: GroupId,
    /// The day.
    pub held_on: Date,
    /// The time of day as `14:00`.
    pub starts: String,
    /// What it is about.
    pub topic: String,
    /// Whether it was called off.
    pub cancelled: bool,
}

impl Session {
    /// Whether she can say on a day how it was.
    pub fn is_asked(&self, today: Date) -> bool {
        !self.cancelled && (0..=SAY_DAYS).contains(&(today - self.held_on).get_days())
    }
}

impl Group {
    /// What the pack says of its kind.
    pub fn kind_of<'p>(&self, pack: &'p Pack) -> Option<&'p GroupKind> {
        pack.groups().get(&self.kind)
    }

    /// Whether it is in somebody's hands: whoever leads it, and the supervisor of the agency and district.
    pub fn is_led_by(&self, desk: &Desk<'_>, who: &Who) -> bool {
        match who.role {
            Role::Nurse => who.account == self.facilitator && who.organisation == self.organisation,
            Role::VisitSupervisor => self.is_of(desk, who),
            _ => false,
        }
    }

    /// Whether it is of somebody's agency and district.
    pub fn is_of(&self, desk: &Desk<'_>, who: &Who) -> bool {
        let Some(office) = who.jurisdiction.as_deref() else { return false };
        who.organisation == self.organisation
            && (desk.pack.within(&self.place, office) || desk.district(office) == self.place)
    }
}

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The guard did not allow it, or the group is in other hands.
    #[error("the group is not in your hands")]
    NotAllowed,
    /// No such group or session, or it is closed or called off.
    #[error("there is no such group or session, or it meets no more")]
    Nothing,
    /// No such kind.
    #[error("the pack has no such kind of group")]
    NoKind,
    /// Whoever is to lead it is no nurse of the agency.
    #[error("whoever leads a group is a nurse of the agency")]
    NoFacilitator,
    /// A number of seats that cannot be.
    #[error("seats: 2 to {0}")]
    Seats(u32),
    /// Words that are missing or too long.
    #[error("{0}: 1 to 200 characters")]
    Words(&'static str),
    /// A day or time that cannot be.
    #[error("{0}: a day from today on within a year, and a time of day such as 14:00")]
    When(&'static str),
    /// Everybody's seats are taken.
    #[error("all seats are taken")]
    Full,
    /// Somebody who cannot be asked: not visited, or in mourning.
    #[error("the family cannot be asked now")]
    NotNow,
    /// Somebody was asked before.
    #[error("she was asked already")]
    Again,
    /// It has not been held, or it is too late.
    #[error("the session is not over yet, or too long ago")]
    NotThen,
    /// Points that cannot be.
    #[error("points: 1 to 10")]
    Points,
    /// The accounts.
    #[error(transparent)]
    Accounts(#[from] guard::account::AccountError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AsConflict for Fault {
    fn is_conflict(&self) -> bool {
        matches!(self, Fault::Store(e) if e.is_conflict())
    }
}
