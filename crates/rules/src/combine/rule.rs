//! Combination rules as data.

use serde::{Deserialize, Serialize};

use crate::schema::{Entity, Per};

/// What a rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Not both at once.
    Exclusive,
    /// One of the two, as the person wishes.
    EitherOr,
    /// The amount of `a` is lowered by the amount of `b`.
    Offset,
    /// The amounts together may not exceed a limit.
    Ceiling,
    /// `a` counts as income in `b`.
    CountsAsIncome,
    /// `a` is left out of the income test of `b`.
    NotIncome,
    /// `a` is subtracted again as an expense in `b`.
    OffsetAsExpense,
    /// `b` may begin when `a` ends.
    Succession,
    /// Neither touches the other.
    Independent,
    /// `a` is given to recipients of `b` only.
    Requires,
    /// `a` opens the door to `b`.
    Opens,
    /// `a` depends on the time of `b`.
    Window,
    /// `b` suspends `a`.
    Suspension,
    /// `a` is given once.
    Once,
    /// Two spouses who both receive it get less each.
    CoupleCut,
    /// What was paid after `b` is recovered.
    Recover,
    /// The sources are unclear: an official must look.
    Check,
}

impl Kind {
    /// Every kind with the word a pack uses.
    pub const WORDS: [(&'static str, Kind); 17] = [
        ("exclusive", Kind::Exclusive),
        ("either_or", Kind::EitherOr),
        ("offset", Kind::Offset),
        ("ceiling", Kind::Ceiling),
        ("counts_as_income", Kind::CountsAsIncome),
        ("not_income", Kind::NotIncome),
        ("offset_as_expense", Kind::OffsetAsExpense),
        ("succession", Kind::Succession),
        ("independent", Kind::Independent),
        ("requires", Kind::Requires),
        ("opens", Kind::Opens),
        ("window", Kind::Window),
        ("suspension", Kind::Suspension),
        ("once", Kind::Once),
        ("couple_cut", Kind::CoupleCut),
        ("recover", Kind::Recover),
        ("check", Kind::Check),
    ];

    /// The word a pack uses.
    pub fn word(self) -> &'static str {
        Kind::WORDS.iter().find(|(_, kind)| *kind == self).map_or("", |(word, _)| word)
    }

    /// Whether this stage carries it out; the others are carried out by a programme's own conditions and only explained.
    pub fn is_carried_out_here(self) -> bool {
        matches!(self, Kind::Exclusive | Kind::EitherOr | Kind::Offset | Kind::Ceiling | Kind::Succession)
    }
}

/// Between whom a rule holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Entitlements of one and the same person. An entitlement of the household meets those of each member.
    SamePerson,
    /// All entitlements of the household and its members.
    Household,
    /// Entitlements of one person or of two spouses. An entitlement of the household meets those of each member.
    Couple,
}

/// Who wins between two that exclude each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Choose {
    /// What gives the family more.
    Best,
    /// `a`.
    A,
    /// `b`.
    B,
    /// The family says; both are shown.
    Family,
}

/// One side of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// A programme, by id.
    Programme(String),
    /// A fact that is no programme here.
    Fact {
        /// Of whom.
        entity: Entity,
        /// The item or definition.
        item: String,
    },
}

/// One combination rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its id.
    pub id: String,
    /// What it does.
    pub kind: Kind,
    /// One side; `None` for a ceiling.
    pub a: Option<Side>,
    /// The other side, if there is one.
    pub b: Option<Side>,
    /// The programmes under a ceiling; the last is cut first.
    pub members: Vec<String>,
    /// The period of a ceiling's limit.
    pub limit_per: Per,
    /// Between whom.
    pub scope: Scope,
    /// Who wins.
    pub choose: Choose,
}
