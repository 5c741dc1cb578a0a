//! Which programmes a change touches.

use std::collections::BTreeSet;

use catalogue::Pack;

use crate::run::Ties;

/// A programme that says something else, by its place in both packs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Changed {
    pub(crate) id: String,
    pub(crate) base: Option<usize>,
    pub(crate) changed: Option<usize>,
}

/// What has to be run.
#[derive(Debug)]
pub(crate) struct Touched {
    /// Programmes that say something else, or read one that does.
    pub(crate) programmes: Vec<Changed>,
    /// Programmes that combination rules tie to these, by place, in the base and in the changed pack.
    pub(crate) tied: [BTreeSet<usize>; 2],
    /// Programmes, by place, whose combination rules are otherwise: their households are explained although no single result
    /// differs.
    pub(crate) ruled: [BTreeSet<usize>; 2],
}

fn place(pack: &Pack, id: &str) -> Option<usize> {
    pack.program().programmes().iter().position(|p| *p.id == *id)
}

impl Touched {
    pub(crate) fn of(base: &Pack, changed: &Pack) -> Touched {
        let (old, new) = (base.program().hashes_of_programmes(), changed.program().hashes_of_programmes());
        let differ = |id: &String| old.get(id) != new.get(id);
        let ids: BTreeSet<&String> = old.keys().chain(new.keys()).filter(|id| differ(id)).collect();
        let is_one = |id: &str| base.programmes().get(id).is_some() || changed.programmes().get(id).is_some();
        let one = |id: &&String| Changed { id: (*id).clone(), base: place(base, id), changed: place(changed, id) };
        // Limits of ceilings are worked out like programmes and are none: a limit that is otherwise is a rule that is.
        let programmes: Vec<Changed> = ids.iter().filter(|id| is_one(id)).map(one).collect();
        let limits = ids.iter().filter(|id| !is_one(id));
        let limited: Vec<&str> = limits.map(|id| id.as_str()).collect();
        let rules = changed_rules(base, changed, &limited);
        let both = [base, changed];
        let ruled = both.map(|pack| {
            let all = rules.iter().flatten();
            all.filter_map(|id| place(pack, id)).collect::<BTreeSet<usize>>()
        });
        let mut tied = ruled.clone();
        for (n, pack) in both.into_iter().enumerate() {
            let ties = Ties::of(pack);
            let own = programmes.iter().filter_map(|p| if n == 0 { p.base } else { p.changed });
            let all: Vec<usize> = own.chain(ruled.get(n).into_iter().flatten().copied()).collect();
            if let Some(tied) = tied.get_mut(n) {
                tied.extend(all.iter().flat_map(|p| ties.partners(*p)));
            }
        }
        // What one side has to know of the other: the same programmes on both.
        let ids: BTreeSet<String> = both
            .iter()
            .zip(&tied)
            .flat_map(|(pack, tied)| tied.iter().filter_map(|n| pack.program().programmes().get(*n)))
            .map(|p| p.id.to_string())
            .collect();
        let tied = both.map(|pack| ids.iter().filter_map(|id| place(pack, id)).collect());
        Touched { programmes, tied, ruled }
    }

    /// The programmes of one side (0 the base, 1 the changed one) that are run, by place.
    pub(crate) fn run(&self, side: usize) -> BTreeSet<usize> {
        let own = self.programmes.iter().filter_map(|p| if side == 0 { p.base } else { p.changed });
        own.chain(self.tied.get(side).into_iter().flatten().copied()).collect()
    }
}

/// The programmes of each rule that one side has and the other has not, or has otherwise.
fn changed_rules(base: &Pack, changed: &Pack, limited: &[&str]) -> Vec<Vec<String>> {
    use rules::combine::Side;
    let told = |pack: &Pack| -> Vec<(String, String, Vec<String>)> {
        let rules = pack.combinations().iter().map(|c| &c.rule);
        rules
            .map(|rule| {
                let sides = rule.a.iter().chain(&rule.b).filter_map(|side| match side {
                    Side::Programme(id) => Some(id.clone()),
                    Side::Fact { .. } => None,
                });
                let members = sides.chain(rule.members.iter().cloned()).collect();
                (rule.id.clone(), format!("{rule:?}"), members)
            })
            .collect()
    };
    let (old, new) = (told(base), told(changed));
    let same = |list: &[(String, String, Vec<String>)], rule: &(String, String, Vec<String>)| {
        list.contains(rule) && !limited.iter().any(|limit| limit.contains(&rule.0))
    };
    let gone = old.iter().filter(|rule| !same(&new, rule));
    let come = new.iter().filter(|rule| !same(&old, rule));
    gone.chain(come).map(|(_, _, members)| members.clone()).collect()
}
