//! Which nodes are worked out for whom: the household, its person, the member inside a filter, and so on inwards.

use std::collections::{BTreeMap, BTreeSet};

use crate::ir::{Arena, Id, Op};

/// A node for the persons of a depth: 0 speaks of the household alone, 1 of the first person, 2 of a member inside a filter …
pub(super) type Key = (usize, Id);

/// The nodes that must be worked out at one depth, and those needed of the depths outside.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope {
    /// By chain length: those of a level need only those of levels before.
    pub(super) levels: Vec<Vec<Id>>,
    pub(super) outside: BTreeSet<Key>,
}

/// What stands for a node at a depth: a value of a person further out is that person's, one that speaks of no person the household's.
pub(super) fn resolve(arena: &Arena, mut depth: usize, mut id: Id) -> Key {
    loop {
        let node = arena.node(id);
        match &node.op {
            _ if node.need == 0 => return (0, id),
            Op::Outer(by, inner) => {
                depth = depth.saturating_sub(usize::from(*by));
                id = *inner;
            }
            // A whole number and the decimal of the same value are one here.
            Op::Widen(inner) => id = *inner,
            _ => return (depth, id),
        }
    }
}

/// What a node at a depth is worked out from.
pub(super) fn operands(arena: &Arena, depth: usize, id: Id, today: i64) -> Vec<Key> {
    match &arena.node(id).op {
        Op::Aggregate { filter, value, .. } => {
            let inner = within(arena, depth + 1, filter.iter().chain(value).copied(), today);
            inner.outside.into_iter().collect()
        }
        Op::Define { versions, stated, .. } => {
            let version = versions.iter().find(|v| v.from <= today && today <= v.to).map(|v| v.node);
            version.into_iter().chain(*stated).map(|id| resolve(arena, depth, id)).collect()
        }
        Op::Entitled { versions, .. } | Op::AmountOf { versions, .. } => {
            let version = versions.iter().find(|v| v.from <= today && today <= v.to);
            version.map(|v| resolve(arena, depth, v.node)).into_iter().collect()
        }
        op => op.children().into_iter().map(|id| resolve(arena, depth, id)).collect(),
    }
}

/// All nodes of a depth that some of its nodes rest on.
pub(super) fn within(arena: &Arena, depth: usize, roots: impl Iterator<Item = Id>, today: i64) -> Scope {
    let mut scope = Scope::default();
    let mut rests: BTreeMap<Id, Vec<Id>> = BTreeMap::new();
    let mut todo: Vec<Key> = roots.map(|id| resolve(arena, depth, id)).collect();
    while let Some((at, id)) = todo.pop() {
        if at < depth {
            scope.outside.insert((at, id));
            continue;
        }
        if rests.contains_key(&id) {
            continue;
        }
        let needs = operands(arena, depth, id, today);
        rests.insert(id, needs.iter().filter(|(at, _)| *at == depth).map(|(_, id)| *id).collect());
        todo.extend(needs);
    }
    // Operands have smaller numbers than what uses them.
    let mut level_of: BTreeMap<Id, usize> = BTreeMap::new();
    for (id, needs) in &rests {
        let level = needs.iter().filter_map(|n| level_of.get(n)).max().map_or(0, |l| l + 1);
        level_of.insert(*id, level);
        if scope.levels.len() <= level {
            scope.levels.resize(level + 1, Vec::new());
        }
        if let Some(list) = scope.levels.get_mut(level) {
            list.push(*id);
        }
    }
    scope
}
