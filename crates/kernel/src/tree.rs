//! Keeps small numbers of places back where the numbers of the places around them are sums: districts, provinces, a country.
//!
//! Each leaf stands in one sum alone, that of the nearest place around it that is told of; so what can be worked out are the leaves
//! kept back of one such sum, taken together. They are kept back well when there are two or more, and together are not of few.

/// Counts of one place that must not be of few, the first being that of everybody: families, those of them who, those who not.
pub type Counts = [u64; 3];

/// A place: the place around it, and, for one that is no sum of others, its counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node {
    /// The place around it, by its number; `None`: nothing is around it.
    pub parent: Option<usize>,
    /// What it counts itself; for a sum of others, what it counts beside them.
    pub counts: Counts,
    /// Told to nobody, however many.
    pub never: bool,
}

/// Which places are kept back. Counts below `below` and above 0 are of few. A place with children and counts of its own is not
/// foreseen: give such counts a leaf.
pub fn hidden(nodes: &[Node], below: u64) -> Vec<bool> {
    let mut tree = Tree::new(nodes, below);
    while tree.widen() {}
    tree.hidden
}

/// Whether so many places may be told of together: none, or two and more that are not of few. As many families as places would tell
/// that each has one.
pub fn is_safe(sum: &Counts, places: usize, below: u64) -> bool {
    let more = u64::try_from(places).is_ok_and(|n| n < sum[0]);
    places == 0 || (places > 1 && more && !few(sum, below))
}

struct Tree {
    below: u64,
    children: Vec<Vec<usize>>,
    counts: Vec<Counts>,
    hidden: Vec<bool>,
}

impl Tree {
    fn new(nodes: &[Node], below: u64) -> Tree {
        let mut counts: Vec<Counts> = vec![[0; 3]; nodes.len()];
        let mut children = vec![Vec::new(); nodes.len()];
        for (n, node) in nodes.iter().enumerate() {
            if let Some(of) = node.parent.and_then(|p| children.get_mut(p)) {
                of.push(n);
            }
            let mut at = Some(n);
            // A ring is no tree; nobody goes around it more often than there are places.
            for _ in 0..=nodes.len() {
                let Some(sum) = at.and_then(|at| counts.get_mut(at)) else { break };
                *sum = plus(*sum, node.counts);
                at = at.and_then(|at| nodes.get(at)).and_then(|n| n.parent);
            }
        }
        let never = nodes.iter().map(|n| n.never);
        let hidden = counts.iter().zip(never).map(|(c, never)| c[0] > 0 && (never || few(c, below))).collect();
        Tree { below, children, counts, hidden }
    }

    fn is_hidden(&self, n: usize) -> bool {
        self.hidden.get(n).copied().unwrap_or(true)
    }

    fn counts(&self, n: usize) -> Counts {
        self.counts.get(n).copied().unwrap_or_default()
    }

    fn children(&self, n: usize) -> &[usize] {
        self.children.get(n).map_or(&[], Vec::as_slice)
    }

    /// Leaves kept back that a place's own number would tell of: beneath it, and beneath no other that is told of.
    fn behind(&self, n: usize) -> Vec<usize> {
        let mut found = Vec::new();
        let mut open: Vec<usize> = self.children(n).to_vec();
        while let Some(at) = open.pop() {
            match (self.is_hidden(at), self.children(at)) {
                (true, []) => found.push(at),
                (true, children) => open.extend(children),
                (false, _) => {}
            }
        }
        found
    }

    /// Keeps one more back where it is needed; whether it was.
    fn widen(&mut self) -> bool {
        let sums = (0..self.counts.len()).rev().filter(|n| !self.children(*n).is_empty() && self.counts(*n)[0] > 0);
        let bad: Vec<usize> = sums.filter(|n| self.tells(*n)).collect();
        // First what is kept back and adds up all the same: what is kept back in it may help those around it.
        let first = bad.iter().find(|n| self.is_hidden(**n)).or_else(|| bad.first());
        let Some(bad) = first.copied() else { return false };
        // The smallest of those it is a sum of; where none is left, itself.
        let told = self.children(bad).iter().copied().filter(|c| !self.is_hidden(*c) && self.counts(*c)[0] > 0);
        let next = told.min_by_key(|c| (self.counts(*c)[0], *c)).or_else(|| (!self.is_hidden(bad)).then_some(bad));
        match next.and_then(|n| self.hidden.get_mut(n)) {
            Some(hidden) => {
                *hidden = true;
                true
            }
            None => false,
        }
    }

    /// Whether a sum tells of those behind it: told itself, and they are one, or few; or kept back, and the sum of what is told.
    fn tells(&self, n: usize) -> bool {
        let behind = self.behind(n);
        if self.is_hidden(n) {
            // Nothing is known of it unless some place around it is told of.
            return behind.is_empty() && self.children(n).iter().any(|c| !self.is_hidden(*c) && self.counts(*c)[0] > 0);
        }
        let all = behind.iter().fold([0; 3], |sum, leaf| plus(sum, self.counts(*leaf)));
        !is_safe(&all, behind.len(), self.below)
    }
}

fn plus(a: Counts, b: Counts) -> Counts {
    [a[0].saturating_add(b[0]), a[1].saturating_add(b[1]), a[2].saturating_add(b[2])]
}

fn few(counts: &Counts, below: u64) -> bool {
    counts.iter().any(|n| crate::suppress::is_small(*n, below))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn leaf(parent: usize, counts: Counts) -> Node {
        Node { parent: Some(parent), counts, never: false }
    }

    fn sum(parent: Option<usize>) -> Node {
        Node { parent, counts: [0; 3], never: false }
    }

    #[test]
    fn one_of_few_takes_the_smallest_beside_it_along() {
        // A country, a province with three districts.
        let nodes = [sum(None), sum(Some(0)), leaf(1, [40, 20, 20]), leaf(1, [30, 12, 18]), leaf(1, [9, 2, 7])];
        assert_eq!(hidden(&nodes, 5), [false, false, false, true, true]);
        // Nothing is of few, nothing is kept back; where nothing was counted there is nothing to keep back.
        let nodes = [sum(None), leaf(0, [40, 20, 20]), leaf(0, [30, 0, 30]), leaf(0, [0, 0, 0])];
        assert_eq!(hidden(&nodes, 5), [false; 4]);
    }

    #[test]
    fn where_nobody_is_beside_it_the_sum_goes_too() {
        // The only district of a province: its province is the same number. The country then takes another province along.
        let nodes =
            [sum(None), sum(Some(0)), leaf(1, [4, 1, 3]), sum(Some(0)), leaf(3, [50, 25, 25]), leaf(3, [60, 30, 30])];
        assert_eq!(hidden(&nodes, 5), [false, true, true, true, true, false]);
    }

    /// What somebody can work out who adds and subtracts: for every sum that is told, what is left of it.
    fn attack(nodes: &[Node], hidden: &[bool], below: u64) -> Result<(), TestCaseError> {
        let tree = Tree::new(nodes, below);
        for n in (0..nodes.len()).filter(|n| !tree.children(*n).is_empty() && !hidden[*n]) {
            let mut left = tree.counts(n);
            let mut unknown = 0;
            let mut open = tree.children(n).to_vec();
            while let Some(at) = open.pop() {
                let known = tree.counts(at);
                if !hidden[at] {
                    left = [left[0] - known[0], left[1] - known[1], left[2] - known[2]];
                } else if tree.children(at).is_empty() {
                    unknown += 1;
                } else {
                    open.extend(tree.children(at));
                }
            }
            prop_assert!(!few(&left, below), "what is left of {n} is of few: {left:?}");
            prop_assert!(unknown != 1, "one unknown behind {n}");
            prop_assert!(left[0] == 0 || left[0] > unknown, "each behind {n} has one");
        }
        // A sum that is kept back is not the sum of what is told.
        for n in (0..nodes.len()).filter(|n| !tree.children(*n).is_empty() && hidden[*n]) {
            let all_told = tree.children(n).iter().all(|c| !hidden[*c]);
            prop_assert!(!all_told, "{n} is the sum of what is told");
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn nobody_can_work_out_what_is_kept_back(
            provinces in proptest::collection::vec(proptest::collection::vec((0_u64..30, 0_u64..30), 0..6), 1..6),
            below in 3_u64..8,
        ) {
            let mut nodes = vec![sum(None)];
            for districts in &provinces {
                let province = nodes.len();
                nodes.push(sum(Some(0)));
                nodes.extend(districts.iter().map(|(of, n)| leaf(province, [*of, (*n).min(*of), of - (*n).min(*of)])));
            }
            let kept = hidden(&nodes, below);
            let tree = Tree::new(&nodes, below);
            for (n, kept) in kept.iter().enumerate() {
                prop_assert!(*kept || !few(&tree.counts(n), below), "{n} is of few and told");
                prop_assert!(!*kept || tree.counts(n)[0] > 0, "nothing to keep back at {n}");
            }
            attack(&nodes, &kept, below)?;
        }
    }
}
