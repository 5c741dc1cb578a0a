//! Caseloads against the pack's ceilings, and which families to hand over where a nurse has too many. Pure.

use std::collections::BTreeMap;

use catalogue::model::Workforce;
use kernel::{AccountId, EnrolmentId};
use visit::handover::Counted;

/// How many families a nurse has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// All of them.
    pub families: u32,
    /// Those with intense visits.
    pub intense: u32,
}

impl Load {
    /// Whether it is above a ceiling.
    pub fn is_over(self, rules: &Workforce) -> bool {
        self.families > rules.most_families || self.intense > rules.most_intense
    }

    fn with(self, intense: bool) -> Load {
        Load { families: self.families + 1, intense: self.intense + u32::from(intense) }
    }

    fn without(self, intense: bool) -> Load {
        let intense = self.intense.saturating_sub(u32::from(intense));
        Load { families: self.families.saturating_sub(1), intense }
    }
}

/// The loads of a team once every handover that is written down has come; nurses without a family have none.
pub fn loads(rules: &Workforce, team: &[AccountId], families: &[Counted]) -> BTreeMap<AccountId, Load> {
    let mut all: BTreeMap<AccountId, Load> = team.iter().map(|nurse| (*nurse, Load::default())).collect();
    for family in families {
        let load = all.entry(family.next.unwrap_or(family.nurse)).or_default();
        *load = load.with(is_intense(rules, family));
    }
    all
}

fn is_intense(rules: &Workforce, family: &Counted) -> bool {
    rules.is_intense(&family.protocol, family.tier.as_deref())
}

/// A family that another nurse could take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move {
    /// The family.
    pub family: EnrolmentId,
    /// Whose it is.
    pub from: AccountId,
    /// Who has room for it.
    pub to: AccountId,
    /// Whether it has intense visits.
    pub intense: bool,
}

/// What would bring every nurse under the ceilings, as far as the others have room. Families that know their nurse for the shortest
/// time go first, and one with intense visits only where there are too many of these.
pub fn suggest(rules: &Workforce, team: &[AccountId], families: &[Counted]) -> Vec<Move> {
    let mut loads = loads(rules, team, families);
    let mut known: Vec<&Counted> = families.iter().filter(|f| f.next.is_none() && team.contains(&f.nurse)).collect();
    known.sort_by_key(|f| (std::cmp::Reverse(f.entered_on), f.id));
    let mut moves = Vec::new();
    for intense in [true, false] {
        for family in known.iter().filter(|f| is_intense(rules, f) == intense) {
            let load = loads.get(&family.nurse).copied().unwrap_or_default();
            let over = if intense { load.intense > rules.most_intense } else { load.families > rules.most_families };
            if !over {
                continue;
            }
            let fits = |nurse: &&AccountId| {
                let after = loads.get(*nurse).copied().unwrap_or_default().with(intense);
                **nurse != family.nurse && !after.is_over(rules)
            };
            let room = |nurse: &&AccountId| {
                let load = loads.get(*nurse).copied().unwrap_or_default();
                if intense { (load.intense, load.families) } else { (load.families, load.intense) }
            };
            let Some(to) = team.iter().filter(fits).min_by_key(room).copied() else { continue };
            loads.insert(family.nurse, load.without(intense));
            let taken = loads.get(&to).copied().unwrap_or_default().with(intense);
            loads.insert(to, taken);
            moves.push(Move { family: family.id, from: family.nurse, to, intense });
        }
    }
    moves
}
