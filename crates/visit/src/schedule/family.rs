//! What a schedule needs to know of a family.

use jiff::civil::Date;

/// One pregnancy or one group of children born together, and the visits made for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Family {
    /// The day the family came under the protocol.
    pub entered: Date,
    /// The day birth is or was expected.
    pub due: Option<Date>,
    /// The day the pregnancy was lost.
    pub lost: Option<Date>,
    /// Children born of it: one, or twins and more.
    pub children: Vec<Child>,
    /// Levels of need, each from its day until the next; `None`: no more than every family.
    pub tiers: Vec<(Date, Option<String>)>,
    /// The last day under the protocol, where the family moved away or wanted no more.
    pub left: Option<Date>,
    /// Visits made or tried, in any order.
    pub made: Vec<Made>,
}

/// A child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Child {
    /// Day of birth.
    pub born: Date,
    /// The day it left hospital.
    pub discharged: Option<Date>,
    /// Day of death.
    pub died: Option<Date>,
}

/// A visit that was made or tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// The visit of the protocol; for those of a rhythm with its number, as [`super::Planned::visit`] gives it.
    pub visit: String,
    /// The day.
    pub on: Date,
    /// How it ended.
    pub ending: Ending,
}

/// How a visit ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Ending {
    /// It took place.
    Done,
    /// Nobody opened.
    NoAccess,
    /// The family did not want it.
    Refused,
    /// The nurse could not come.
    NurseAway,
}

impl Ending {
    /// All, with the words by which files name them.
    pub const ALL: [(&str, Ending); 4] = [
        ("done", Ending::Done),
        ("no_access", Ending::NoAccess),
        ("refused", Ending::Refused),
        ("nurse_away", Ending::NurseAway),
    ];
}

/// Why a family's dates cannot be so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Impossible {
    /// A pregnancy takes at most 42 weeks, and birth before 20 is a loss.
    #[error("a child born on {born} does not fit a birth expected on {due}: it would be in week {week} of pregnancy")]
    BirthTooFar {
        /// Day of birth.
        born: Date,
        /// Day expected.
        due: Date,
        /// Completed weeks.
        week: i32,
    },
    /// Two births of one pregnancy lie a day or two apart.
    #[error("children born on {first} and {second} are not of one pregnancy")]
    NotTwins {
        /// The first.
        first: Date,
        /// The other.
        second: Date,
    },
    /// A day is before birth.
    #[error("{what} on {day} is before birth on {born}")]
    BeforeBirth {
        /// What is said to have been.
        what: &'static str,
        /// Its day.
        day: Date,
        /// Day of birth.
        born: Date,
    },
    /// A lost pregnancy has no living children.
    #[error("the pregnancy was lost on {lost}, and a child was born on {born}")]
    LostAndBorn {
        /// Day of loss.
        lost: Date,
        /// Day of birth.
        born: Date,
    },
    /// Neither a birth expected nor a birth.
    #[error("neither the day birth is expected nor a day of birth is known")]
    NoDates,
}

/// Days between births of one pregnancy: twins born before and after midnight, rarely more than a day apart.
const TWINS: i32 = 3;

impl Family {
    /// The first day of birth.
    pub fn born(&self) -> Option<Date> {
        self.children.iter().map(|c| c.born).min()
    }

    /// The day mourning begins: the pregnancy was lost, or none of the children lives.
    pub fn loss(&self) -> Option<Date> {
        let died: Vec<Date> = self.children.iter().filter_map(|c| c.died).collect();
        let all = !self.children.is_empty() && died.len() == self.children.len();
        self.lost.or_else(|| if all { died.into_iter().max() } else { None })
    }

    /// Whether a pregnancy was lost or a child died, be it one of twins: such a family is asked for nothing.
    pub fn mourns(&self) -> bool {
        self.lost.is_some() || self.children.iter().any(|c| c.died.is_some())
    }

    /// The level of need on a day.
    pub fn tier(&self, on: Date) -> Option<&str> {
        let last = self.tiers.iter().filter(|(from, _)| *from <= on).max_by_key(|(from, _)| *from);
        last.and_then(|(_, tier)| tier.as_deref())
    }

    /// Whether the dates can be so.
    pub fn check(&self) -> Result<(), Impossible> {
        let Some(born) = self.born() else {
            return if self.due.is_some() || self.lost.is_some() { Ok(()) } else { Err(Impossible::NoDates) };
        };
        if let Some(lost) = self.lost {
            return Err(Impossible::LostAndBorn { lost, born });
        }
        for child in &self.children {
            if days(born, child.born) > TWINS {
                return Err(Impossible::NotTwins { first: born, second: child.born });
            }
            for (what, day) in [("discharge", child.discharged), ("death", child.died)] {
                if let Some(day) = day.filter(|day| *day < child.born) {
                    return Err(Impossible::BeforeBirth { what, day, born: child.born });
                }
            }
        }
        match self.due.map(|due| (due, 40 + days(due, born).div_euclid(7))) {
            Some((due, week)) if !(20..=43).contains(&week) => Err(Impossible::BirthTooFar { born, due, week }),
            _ => Ok(()),
        }
    }
}

/// Days from one day to another.
pub(super) fn days(from: Date, to: Date) -> i32 {
    (to - from).get_days()
}
