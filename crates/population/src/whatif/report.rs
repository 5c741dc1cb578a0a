//! What may be shown of a comparison.

use kernel::{Date, Words};
use rules::schema::Per;
use serde::{Deserialize, Serialize};

use super::curve::Curve;

/// How many classes of households there are.
pub(crate) const CLASSES: usize = 4;

/// A count; `None`: kept back, because it is small or would give a small one away.
pub type Small = Option<u64>;

/// A sum in minor units a year; `None`: kept back with its count.
pub type Sum = Option<i128>;

/// What a change is to a household, after combination rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// It has more in a year, or an entitlement without a sum more.
    Winner,
    /// It has less.
    Loser,
    /// Nothing changes.
    Unchanged,
    /// It cannot be told: an answer is open, or cannot be worked out, before or after.
    CannotTell,
}

/// A group, area or example.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// Its id in the pack; `unknown` and `other` for the rest.
    pub id: String,
    /// Its name; without one the page has words.
    pub name: Words,
}

/// A comparison of two packs over a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Where the households come from.
    pub origin: String,
    /// Content hash of the snapshot.
    pub snapshot: String,
    /// Content hash of the pack as it is.
    pub base: String,
    /// Content hash of the pack as it would be.
    pub changed: String,
    /// The day asked about.
    pub on: Date,
    /// Households looked at, without those set aside.
    pub households: u64,
    /// Persons in them.
    pub persons: u64,
    /// Households set aside, because something is wrong with them.
    pub aside: u64,
    /// Households explained one by one, because combination rules touch them.
    pub explained: u64,
    /// Parts of the snapshot that could not be read.
    pub failed: Vec<String>,
    /// Counts below this are kept back.
    pub suppress_below: u64,
    /// Programmes that say something else, or read one that does.
    pub programmes: Vec<Programme>,
    /// Everybody together.
    pub all: Group,
    /// By fifth of income, kind of household and area.
    pub groups: Vec<Grouping>,
    /// Poverty, if the pack measures it.
    pub poverty: Option<Poverty>,
    /// Who is entitled here and receives something else.
    pub overlap: Vec<Overlap>,
    /// Who is entitled and does not receive, by small area.
    pub unclaimed: Vec<Unclaimed>,
    /// Households of the pack drawn over their income.
    pub curves: Vec<Curve>,
    /// SHA-256 of all of the above, hex: the same for the same snapshot and packs.
    pub hash: String,
}

/// One side of a programme: its single results, before combination rules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Entitled.
    pub entitled: Small,
    /// Minor units a year: a monthly sum twelve times, every other once.
    pub cost: Sum,
    /// Open, for want of facts.
    pub open: Small,
    /// The rule cannot be worked out for them.
    pub errors: Small,
}

/// A programme before and after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Programme {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Words,
    /// The period of its sum.
    pub per: Option<Per>,
    /// Before.
    pub base: Totals,
    /// After.
    pub changed: Totals,
    /// Newly entitled.
    pub gained: Small,
    /// No longer entitled.
    pub lost: Small,
    /// Entitled before and after, to more.
    pub more: Small,
    /// Entitled before and after, to less.
    pub less: Small,
}

/// Households of a group, by what the change is to them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// All households.
    pub households: Small,
    /// Those that have more.
    pub winners: Small,
    /// Those that have less.
    pub losers: Small,
    /// Those to whom nothing changes.
    pub unchanged: Small,
    /// Those of whom it cannot be told.
    pub cannot_tell: Small,
    /// What winners gain.
    pub gain: Sum,
    /// What losers lose, above 0.
    pub loss: Sum,
}

/// All groups of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grouping {
    /// `income_fifth`, `household_type` or `area`.
    pub by: String,
    /// The groups that have households.
    pub groups: Vec<(Named, Group)>,
}

/// Poverty before and after, by one line: that of before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Poverty {
    /// The line in percent of the median.
    pub percent: i64,
    /// The median income of a person for each unit of needs, minor units a year.
    pub median: i64,
    /// The line, minor units a year, rounded down.
    pub line: i64,
    /// Persons whose income is known.
    pub persons: u64,
    /// Persons whose income is not.
    pub unknown: u64,
    /// Persons below the line: before, after.
    pub poor: [Small; 2],
    /// What they lack to the line, minor units a year: before, after.
    pub gap: [Sum; 2],
    /// The same as a share of the line over all persons, in thousandths.
    pub gap_permille: [Option<i64>; 2],
}

/// Households entitled to a programme that receive another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overlap {
    /// The programme.
    pub programme: String,
    /// What they receive.
    pub other: Named,
    /// How many: before, after.
    pub households: [Small; 2],
}

/// Entitlements of a programme in a small area that nobody has claimed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unclaimed {
    /// The programme.
    pub programme: String,
    /// The area.
    pub area: Named,
    /// Entitled: before, after.
    pub entitled: [Small; 2],
    /// Of them not receiving it: before, after.
    pub unclaimed: [Small; 2],
}

impl Group {
    /// The count of a class.
    pub fn of(&self, class: Class) -> Small {
        match class {
            Class::Winner => self.winners,
            Class::Loser => self.losers,
            Class::Unchanged => self.unchanged,
            Class::CannotTell => self.cannot_tell,
        }
    }

    /// What all households together gain, less what they lose.
    pub fn net(&self) -> Sum {
        Some(self.gain? - self.loss?)
    }
}
