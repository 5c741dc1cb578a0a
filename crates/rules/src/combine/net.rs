//! What is left of the sums when some entitlements run at the same time: off-sets first, then ceilings.

use super::links::{Links, Lowering};
use crate::schema::Per;

/// A sum in another period's terms, rounded down; `None` when the two cannot be compared (a single sum with a flow).
fn convert(minor: i64, from: Per, to: Per) -> Option<i64> {
    match (from, to) {
        (Per::Month, Per::Year) => Some(minor.saturating_mul(12)),
        (Per::Year, Per::Month) => Some(minor / 12),
        (from, to) if from == to => Some(minor),
        _ => None,
    }
}

/// A sum in another period's terms, rounded up.
fn convert_up(minor: i64, from: Per, to: Per) -> Option<i64> {
    match (from, to) {
        (Per::Year, Per::Month) => Some(minor.saturating_add(11) / 12),
        _ => convert(minor, from, to),
    }
}

/// The sum of every node in its own period when exactly the nodes of `chosen` run; `None` for those that do not run or
/// have no known sum.
pub(super) fn sums(links: &Links, chosen: &[bool]) -> Vec<Option<i64>> {
    let runs = |n: usize| chosen.get(n).copied().unwrap_or(false);
    let after_offsets: Vec<Option<i64>> = (0..links.nodes.len())
        .map(|n| if runs(n) { lowered(links, chosen, n, &mut Vec::new()) } else { None })
        .collect();
    let mut out = after_offsets.clone();
    for ceiling in &links.ceilings {
        for (n, sum) in under(links, ceiling, &after_offsets) {
            if let Some(slot) = out.get_mut(n) {
                *slot = slot.map(|before| before.min(sum));
            }
        }
    }
    out
}

/// The sum of one node less what lowers it. A circle of off-sets takes the single sum.
fn lowered(links: &Links, chosen: &[bool], n: usize, path: &mut Vec<usize>) -> Option<i64> {
    let (sum, per) = links.nodes.get(n)?.sum?;
    if path.contains(&n) {
        return Some(sum);
    }
    path.push(n);
    let mut left = sum;
    for offset in links.offsets.iter().filter(|o| o.lowered == n) {
        let less = match &offset.by {
            Lowering::Fact(_, minor, from) => convert(*minor, *from, per),
            Lowering::Node(by) if chosen.get(*by).copied().unwrap_or(false) => {
                let from = links.nodes.get(*by).and_then(|node| node.sum).map(|(_, per)| per);
                lowered(links, chosen, *by, path).zip(from).and_then(|(minor, from)| convert(minor, from, per))
            }
            Lowering::Node(_) => None,
        };
        left = left.saturating_sub(less.unwrap_or(0));
    }
    path.pop();
    Some(left.max(0))
}

/// What the ceiling leaves to each of its nodes that run, the last cut first.
fn under(links: &Links, ceiling: &super::links::Ceiling, sums: &[Option<i64>]) -> Vec<(usize, i64)> {
    let per_of = |n: usize| links.nodes.get(n).and_then(|node| node.sum).map(|(_, per)| per);
    let members: Vec<(usize, i64, Per, i64)> = ceiling
        .nodes
        .iter()
        .filter_map(|n| {
            let (sum, per) = (sums.get(*n).copied().flatten()?, per_of(*n)?);
            Some((*n, sum, per, convert_up(sum, per, ceiling.per)?))
        })
        .collect();
    let total: i64 = members.iter().fold(0, |sum, m| sum.saturating_add(m.3));
    let mut excess = total.saturating_sub(ceiling.limit).max(0);
    let mut out = Vec::new();
    for (n, sum, per, measured) in members.into_iter().rev() {
        let cut = excess.min(measured);
        excess -= cut;
        let left = if cut == 0 { Some(sum) } else { convert(measured - cut, ceiling.per, per) };
        out.push((n, left.unwrap_or(0).min(sum)));
    }
    out
}
