//! Which programmes combination rules tie together.

use std::collections::{BTreeMap, BTreeSet};

use catalogue::Pack;
use rules::combine::Side;

/// By programme, the programmes it shares a rule with, and whether a fact stands on the other side of one.
#[derive(Debug, Default)]
pub(crate) struct Ties {
    partners: Vec<BTreeSet<usize>>,
    with_fact: Vec<bool>,
    /// Rules by the pairs that they tie.
    rules: BTreeMap<(usize, usize), Vec<String>>,
}

impl Ties {
    /// The ties that the rules carried out after single results make.
    pub(crate) fn of(pack: &Pack) -> Ties {
        let programmes = pack.program().programmes();
        let index = |id: &str| programmes.iter().position(|p| *p.id == *id);
        let mut ties = Ties {
            partners: vec![BTreeSet::new(); programmes.len()],
            with_fact: vec![false; programmes.len()],
            rules: BTreeMap::new(),
        };
        for rule in pack.combinations().iter().map(|c| &c.rule).filter(|r| r.kind.is_carried_out_here()) {
            let sides: Vec<&Side> = rule.a.iter().chain(&rule.b).collect();
            let of_sides = sides.iter().filter_map(|s| match s {
                Side::Programme(id) => index(id),
                Side::Fact { .. } => None,
            });
            let all: Vec<usize> = of_sides.chain(rule.members.iter().filter_map(|m| index(m))).collect();
            let fact = sides.iter().any(|s| matches!(s, Side::Fact { .. }));
            for (n, a) in all.iter().enumerate() {
                if let Some(with_fact) = ties.with_fact.get_mut(*a) {
                    *with_fact |= fact;
                }
                for b in all.iter().enumerate().filter(|(m, _)| *m != n).map(|(_, b)| b) {
                    if let Some(partners) = ties.partners.get_mut(*a) {
                        partners.insert(*b);
                    }
                    ties.rules.entry((*a, *b)).or_default().push(rule.id.clone());
                }
            }
        }
        ties
    }

    /// Whether a rule may touch one of `looked_at`, given all grants, certain or open, and awards of the household.
    pub(crate) fn touch(&self, looked_at: &[usize], live: &[usize]) -> bool {
        looked_at.iter().any(|p| {
            let partners = self.partners.get(*p);
            let tied = partners.is_some_and(|partners| {
                // A rule between a programme and itself wants two of it.
                live.iter().any(|l| partners.contains(l) && (l != p || live.iter().filter(|x| *x == p).count() > 1))
            });
            tied || self.with_fact.get(*p).copied().unwrap_or(false)
        })
    }

    /// The programmes with which one shares a rule.
    pub(crate) fn partners(&self, programme: usize) -> impl Iterator<Item = usize> + '_ {
        self.partners.get(programme).into_iter().flatten().copied()
    }

    /// Whether two programmes stand in one of these rules.
    pub(crate) fn share(&self, a: usize, b: usize, rules: &[String]) -> bool {
        self.rules.get(&(a, b)).is_some_and(|of| of.iter().any(|r| rules.contains(r)))
    }
}
