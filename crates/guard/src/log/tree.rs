//! The Merkle tree of RFC 6962: leaves under the prefix 0, inner nodes under 1, so that neither passes for the other.
//!
//! All complete subtrees are kept, level by level, so that appending costs one or two hashes and a proof of any kind
//! takes logarithmic time: 64 bytes of memory per leaf.

use sha2::{Digest, Sha256};

/// A node of the tree.
pub type Hash = [u8; 32];

/// The hash of a leaf with these contents.
pub fn leaf_hash(contents: &[u8]) -> Hash {
    Sha256::new().chain_update([0u8]).chain_update(contents).finalize().into()
}

/// The hash of an inner node.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1u8]).chain_update(left).chain_update(right).finalize().into()
}

/// The root of a tree without leaves.
pub fn empty_root() -> Hash {
    Sha256::digest([]).into()
}

/// An append-only tree.
#[derive(Debug, Default, Clone)]
pub struct Tree {
    /// `levels[k][i]` is the root of the complete subtree over leaves `i·2^k .. (i+1)·2^k`.
    levels: Vec<Vec<Hash>>,
}

impl Tree {
    /// Adds a leaf that is already hashed.
    pub fn push(&mut self, leaf: Hash) {
        let mut node = leaf;
        for level in 0.. {
            if self.levels.len() == level {
                self.levels.push(Vec::new());
            }
            let Some(row) = self.levels.get_mut(level) else { return };
            row.push(node);
            match row.as_slice() {
                [.., left, right] if row.len() % 2 == 0 => node = node_hash(left, right),
                _ => return,
            }
        }
    }

    /// Leaves so far.
    pub fn size(&self) -> u64 {
        self.levels.first().map_or(0, |l| l.len() as u64)
    }

    /// The hash of leaf `index`.
    pub fn leaf(&self, index: u64) -> Option<Hash> {
        self.levels.first()?.get(usize::try_from(index).ok()?).copied()
    }

    /// The root over everything.
    pub fn root(&self) -> Hash {
        self.root_of(0, self.size()).unwrap_or_else(empty_root)
    }

    /// The root as it was when the tree had `size` leaves.
    pub fn root_at(&self, size: u64) -> Option<Hash> {
        match size {
            0 => Some(empty_root()),
            _ if size <= self.size() => self.root_of(0, size),
            _ => None,
        }
    }

    /// Root of the leaves `from..until`, where `from` is aligned to the subtree as RFC 6962 splits it.
    fn root_of(&self, from: u64, until: u64) -> Option<Hash> {
        let count = until.checked_sub(from).filter(|c| *c > 0)?;
        if count.is_power_of_two() {
            let level = usize::try_from(count.trailing_zeros()).ok()?;
            return self.levels.get(level)?.get(usize::try_from(from >> level).ok()?).copied();
        }
        let middle = from + split(count);
        Some(node_hash(&self.root_of(from, middle)?, &self.root_of(middle, until)?))
    }

    /// The audit path of leaf `index` in the tree of `size` leaves (RFC 6962, 2.1.1).
    pub fn inclusion(&self, index: u64, size: u64) -> Option<Vec<Hash>> {
        if index >= size || size > self.size() {
            return None;
        }
        let (mut from, mut until, mut path) = (0, size, Vec::new());
        while until - from > 1 {
            let middle = from + split(until - from);
            if index < middle {
                path.push(self.root_of(middle, until)?);
                until = middle;
            } else {
                path.push(self.root_of(from, middle)?);
                from = middle;
            }
        }
        path.reverse();
        Some(path)
    }

    /// Proof that the tree of `old` leaves is the beginning of the tree of `new` leaves (RFC 6962, 2.1.2).
    pub fn consistency(&self, old: u64, new: u64) -> Option<Vec<Hash>> {
        if old == 0 || old > new || new > self.size() {
            return None;
        }
        let (mut from, mut until, mut whole, mut path) = (0, new, true, Vec::new());
        while old != until {
            let middle = from + split(until - from);
            if old <= middle {
                path.push(self.root_of(middle, until)?);
                until = middle;
            } else {
                path.push(self.root_of(from, middle)?);
                from = middle;
                whole = false;
            }
        }
        if !whole {
            path.push(self.root_of(from, until)?);
        }
        path.reverse();
        Some(path)
    }
}

/// The root over leaves that come one after the other, in the memory of one path: for sets too large to keep.
#[derive(Debug, Default, Clone)]
pub struct Crown {
    /// Complete subtrees from the left, each smaller than the one before: height and root.
    trees: Vec<(u32, Hash)>,
}

impl Crown {
    /// Adds a leaf that is already hashed.
    pub fn push(&mut self, leaf: Hash) {
        let mut tree = (0, leaf);
        while let Some((height, left)) = self.trees.pop_if(|(height, _)| *height == tree.0) {
            tree = (height + 1, node_hash(&left, &tree.1));
        }
        self.trees.push(tree);
    }

    /// The root over all leaves so far; the same as [`Tree::root`].
    pub fn root(&self) -> Hash {
        let roots = self.trees.iter().rev().map(|(_, root)| *root);
        roots.reduce(|right, left| node_hash(&left, &right)).unwrap_or_else(empty_root)
    }
}

/// The largest power of two below `count` (`count` > 1).
fn split(count: u64) -> u64 {
    1 << (63 - (count - 1).leading_zeros())
}

/// Whether `path` proves that `leaf` is number `index` of the tree with `size` leaves and this root (RFC 9162, 2.1.3.2).
pub fn verify_inclusion(leaf: &Hash, index: u64, size: u64, path: &[Hash], root: &Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut at, mut last, mut node) = (index, size - 1, *leaf);
    for sibling in path {
        if last == 0 {
            return false;
        }
        if at % 2 == 1 || at == last {
            node = node_hash(sibling, &node);
            while at % 2 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            node = node_hash(&node, sibling);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && node == *root
}

/// Whether `path` proves that the tree (`old`, `old_root`) is the beginning of (`new`, `new_root`) (RFC 9162, 2.1.4.2).
pub fn verify_consistency(old: u64, old_root: &Hash, new: u64, new_root: &Hash, path: &[Hash]) -> bool {
    if old == 0 || old > new {
        return false;
    }
    if old == new {
        return path.is_empty() && old_root == new_root;
    }
    let (mut at, mut last) = (old - 1, new - 1);
    while at % 2 == 1 {
        at >>= 1;
        last >>= 1;
    }
    let mut steps = path.iter();
    let start = if old.is_power_of_two() { Some(old_root) } else { steps.next() };
    let Some(start) = start else { return false };
    let (mut first, mut second) = (*start, *start);
    for step in steps {
        if last == 0 {
            return false;
        }
        if at % 2 == 1 || at == last {
            first = node_hash(step, &first);
            second = node_hash(step, &second);
            while at % 2 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            second = node_hash(&second, step);
        }
        at >>= 1;
        last >>= 1;
    }
    last == 0 && first == *old_root && second == *new_root
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6962's tree, written as the RFC writes it: the slow definition the fast one is held against.
    fn slow_root(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => empty_root(),
            [one] => *one,
            _ => {
                let k = split(leaves.len() as u64) as usize;
                node_hash(&slow_root(&leaves[..k]), &slow_root(&leaves[k..]))
            }
        }
    }

    #[test]
    fn known_roots_of_rfc_6962_test_data() {
        let data: [&[u8]; 8] = [
            b"",
            b"\x00",
            b"\x10",
            b"\x20\x21",
            b"\x30\x31",
            b"\x40\x41\x42\x43",
            b"\x50\x51\x52\x53\x54\x55\x56\x57",
            b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
        ];
        let mut tree = Tree::default();
        assert_eq!(hex::encode(tree.root()), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        data.iter().for_each(|d| tree.push(leaf_hash(d)));
        assert_eq!(
            hex::encode(tree.root_at(1).unwrap()),
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
        );
        assert_eq!(
            hex::encode(tree.root_at(8).unwrap()),
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
        );
    }

    #[test]
    fn every_root_and_proof_up_to_70_leaves_holds_and_no_changed_one_does() {
        let leaves: Vec<Hash> = (0u8..70).map(|i| leaf_hash(&[i])).collect();
        let mut tree = Tree::default();
        leaves.iter().for_each(|l| tree.push(*l));
        for size in 1..=70u64 {
            let root = tree.root_at(size).unwrap();
            assert_eq!(root, slow_root(&leaves[..size as usize]));
            for index in 0..size {
                let mut path = tree.inclusion(index, size).unwrap();
                assert!(verify_inclusion(&leaves[index as usize], index, size, &path, &root), "{index} of {size}");
                assert!(!verify_inclusion(&leaf_hash(b"other"), index, size, &path, &root));
                if let Some(first) = path.first_mut() {
                    first[0] ^= 1;
                    assert!(!verify_inclusion(&leaves[index as usize], index, size, &path, &root));
                }
            }
            for old in 1..=size {
                let mut path = tree.consistency(old, size).unwrap();
                let old_root = tree.root_at(old).unwrap();
                assert!(verify_consistency(old, &old_root, size, &root, &path), "{old} in {size}");
                assert!(!verify_consistency(old, &leaf_hash(b"other"), size, &root, &path));
                if let Some(last) = path.last_mut() {
                    last[31] ^= 1;
                    assert!(!verify_consistency(old, &old_root, size, &root, &path));
                }
            }
        }
    }
}
