//! The exact search for the best lawful set on one stretch of days.

use super::component::Scene;
use super::net;
use super::yearly;

/// More sets than this are not looked at; the best so far stands and an official must look.
const BUDGET: u32 = 60_000;

/// How good a set is: yearly value, then `a` sides kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Worth {
    pub(super) yearly: i64,
    pub(super) a_sides: i64,
}

/// The best set found.
#[derive(Clone, Debug)]
pub(super) struct Best {
    /// By node: whether it runs on this stretch.
    pub(super) chosen: Vec<bool>,
    pub(super) worth: Worth,
    /// Whether everything was looked at.
    pub(super) exact: bool,
}

struct Search<'s, 'l> {
    scene: &'s Scene<'l>,
    /// Nodes still to be decided, in order.
    open: Vec<usize>,
    must: Option<usize>,
    /// Whether every node left out needs a lawful reason.
    reasons: bool,
    best: Option<(Vec<bool>, Worth)>,
    left: u32,
}

/// The best lawful set; with `must`, the best that holds this node. `None` when there is none.
pub(super) fn best(scene: &Scene<'_>, must: Option<usize>) -> Option<Best> {
    let found = search(scene, must, true);
    if found.is_some() || must.is_some() {
        return found;
    }
    // rules that beat each other in a circle: nobody has a lawful reason, so only the exclusion itself is kept
    search(scene, must, false).map(|best| Best { exact: false, ..best })
}

fn search(scene: &Scene<'_>, must: Option<usize>, reasons: bool) -> Option<Best> {
    let mut search = Search { scene, open: scene.open(), must, reasons, best: None, left: BUDGET };
    let mut chosen = scene.fixed();
    search.decide(0, &mut chosen);
    let exact = search.left > 0;
    search.best.map(|(chosen, worth)| Best { chosen, worth, exact })
}

impl Search<'_, '_> {
    fn decide(&mut self, at: usize, chosen: &mut Vec<bool>) {
        if self.left == 0 {
            return;
        }
        let Some(node) = self.open.get(at).copied() else {
            self.left -= 1;
            return self.weigh(chosen);
        };
        if !self.scene.is_excluded(node, chosen) {
            set(chosen, node, true);
            self.decide(at + 1, chosen);
            set(chosen, node, false);
        }
        if self.must != Some(node) && self.scene.could_be_out(node) {
            self.decide(at + 1, chosen);
        }
    }

    fn weigh(&mut self, chosen: &[bool]) {
        if self.must.is_some_and(|n| !chosen.get(n).copied().unwrap_or(false)) {
            return;
        }
        if self.reasons && self.open.iter().any(|n| !is(chosen, *n) && !self.scene.has_reason(*n, chosen)) {
            return;
        }
        let worth = worth(self.scene, chosen);
        let better = match &self.best {
            None => true,
            Some((_, before)) if worth != *before => worth > *before,
            // `true` before `false` at the first difference: what stands first stays
            Some((set, _)) => chosen > set.as_slice(),
        };
        if better {
            self.best = Some((chosen.to_vec(), worth));
        }
    }
}

/// The worth of a set on this stretch.
fn worth(scene: &Scene<'_>, chosen: &[bool]) -> Worth {
    let sums = net::sums(scene.links, chosen);
    let mut value = 0_i64;
    for n in &scene.nodes {
        let per = scene.links.nodes.get(*n).and_then(|node| node.sum).map(|(_, per)| per);
        if let (Some(Some(sum)), Some(per)) = (sums.get(*n), per) {
            value = value.saturating_add(yearly(*sum, per));
        }
    }
    let sides = scene.conflicts().map(|c| i64::from(is(chosen, c.a)) - i64::from(is(chosen, c.b)));
    Worth { yearly: value, a_sides: sides.sum() }
}

pub(super) fn is(chosen: &[bool], n: usize) -> bool {
    chosen.get(n).copied().unwrap_or(false)
}

fn set(chosen: &mut [bool], n: usize, to: bool) {
    if let Some(slot) = chosen.get_mut(n) {
        *slot = to;
    }
}
