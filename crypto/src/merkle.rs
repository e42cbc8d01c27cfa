//! Binary Merkle trees over lists (receipts, transactions): RFC 6962 shape, with SM3.
//!
//! Leaf = `SM3(0x00 ‖ leaf)`, node = `SM3(0x01 ‖ left ‖ right)`; the left subtree of n leaves holds the largest power
//! of two smaller than n; the empty list has the digest of the empty message.

use crate::digest::{Digest, Hasher, Messages, sm3, sm3_all};
use bincode::{Decode, Encode};

/// Digest of one leaf.
pub fn leaf(data: &[u8]) -> Digest {
    let mut h = Hasher::new();
    h.update(&[0]);
    h.update(data);
    h.finish()
}

/// Digests of many leaves, many at a time.
pub fn leaves<T: AsRef<[u8]>>(data: impl IntoIterator<Item = T>) -> Vec<Digest> {
    let mut messages = Messages::default();
    data.into_iter().for_each(|data| messages.push(&[&[0], data.as_ref()]));
    sm3_all(&messages)
}

fn node(left: &Digest, right: &Digest) -> Digest {
    let mut h = Hasher::new();
    h.update(&[1]);
    h.update(&left.0);
    h.update(&right.0);
    h.finish()
}

fn split(n: usize) -> usize {
    assert!(n >= 2, "a single leaf has no split");
    1 << (usize::BITS - 1 - (n - 1).leading_zeros())
}

/// Root over leaf digests made by [`leaf`].
///
/// Level by level, each many nodes at a time: neighbours are joined pairwise from the left and a last one without a
/// neighbour moves up unchanged. That is the tree defined above: as long as nodes are left, each of those of a level but the
/// last covers the same power of two of leaves.
pub fn root(leaves: &[Digest]) -> Digest {
    let mut level = leaves.to_vec();
    while level.len() > 1 {
        level = parents(&level);
    }
    level.first().copied().unwrap_or_else(|| sm3(b""))
}

fn parents(level: &[Digest]) -> Vec<Digest> {
    let (pairs, last) = level.as_chunks();
    let mut messages = Messages::with_capacity(pairs.len(), 65);
    for [left, right] in pairs {
        messages.push(&[&[1], &left.0, &right.0]);
    }
    let mut parents = sm3_all(&messages);
    parents.extend(last);
    parents
}

/// Siblings of one leaf, bottom up.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Path {
    /// Position of the leaf, from 0.
    pub index: u64,
    /// Number of leaves in the list.
    pub count: u64,
    /// Sibling digests, bottom up.
    pub siblings: Vec<Digest>,
}

/// The path of leaf `index`; `None` if there is no such leaf.
pub fn path(leaves: &[Digest], index: usize) -> Option<Path> {
    fn walk(leaves: &[Digest], index: usize, out: &mut Vec<Digest>) {
        if leaves.len() < 2 {
            return;
        }
        let (left, right) = leaves.split_at(split(leaves.len()));
        if index < left.len() {
            walk(left, index, out);
            out.push(root(right));
        } else {
            walk(right, index - left.len(), out);
            out.push(root(left));
        }
    }
    if index >= leaves.len() {
        return None;
    }
    let mut siblings = Vec::new();
    walk(leaves, index, &mut siblings);
    Some(Path { index: index as u64, count: leaves.len() as u64, siblings })
}

impl Path {
    /// The root that follows from this path for a leaf digest, or `None` if the path has the wrong shape.
    pub fn root_of(&self, leaf: Digest) -> Option<Digest> {
        if self.index >= self.count || self.siblings.len() > 64 {
            return None;
        }
        // Collect the left/right turns from the top, then fold from the bottom.
        let (mut index, mut count, mut turns) = (self.index, self.count, Vec::new());
        while count > 1 {
            let left = split(usize::try_from(count).ok()?) as u64;
            if index < left {
                turns.push(true);
                count = left;
            } else {
                turns.push(false);
                index -= left;
                count -= left;
            }
        }
        if turns.len() != self.siblings.len() {
            return None;
        }
        let fold = |acc: Digest, (is_left, sibling): (&bool, &Digest)| {
            if *is_left { node(&acc, sibling) } else { node(sibling, &acc) }
        };
        Some(turns.iter().rev().zip(&self.siblings).fold(leaf, fold))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_leaf_of_every_small_tree_has_a_path_to_the_root() {
        for n in 1..=33 {
            let leaves: Vec<Digest> = (0..n).map(|i| leaf(&[i as u8])).collect();
            for (i, l) in leaves.iter().enumerate() {
                let p = path(&leaves, i).unwrap();
                assert_eq!(p.root_of(*l), Some(root(&leaves)));
                let mut moved = p.clone();
                moved.index = (moved.index + 1) % moved.count;
                if n > 1 {
                    assert_ne!(moved.root_of(*l), Some(root(&leaves)));
                }
                let mut longer = p;
                longer.siblings.push(Digest::ZERO);
                assert_eq!(longer.root_of(*l), None);
            }
        }
        assert_eq!(path(&[], 0), None);
    }

    /// The definition, word for word.
    fn defined(leaves: &[Digest]) -> Digest {
        match leaves {
            [] => sm3(b""),
            [one] => *one,
            _ => {
                let (left, right) = leaves.split_at(split(leaves.len()));
                node(&defined(left), &defined(right))
            }
        }
    }

    #[test]
    fn levels_give_the_root_of_the_definition() {
        let data: Vec<[u8; 2]> = (0..600u16).map(u16::to_le_bytes).collect();
        let all = leaves(&data);
        assert_eq!(all, data.iter().map(|data| leaf(data)).collect::<Vec<_>>());
        for count in (0..140).chain([255, 256, 257, 600]) {
            assert_eq!(root(&all[..count]), defined(&all[..count]), "{count} leaves");
        }
    }

    #[test]
    fn golden_bytes() {
        let leaves: Vec<Digest> = (0..5u8).map(|i| leaf(&[i])).collect();
        assert_eq!(root(&[]).to_string(), "1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b");
        assert_eq!(root(&leaves[..1]), sm3(&[0, 0]));
        // RFC 6962 §2.1 by hand: ((0 1) (2 3)) 4.
        let pair = |a: &Digest, b: &Digest| sm3(&[&[1], &a.0[..], &b.0].concat());
        let four = pair(&pair(&leaves[0], &leaves[1]), &pair(&leaves[2], &leaves[3]));
        assert_eq!(root(&leaves), pair(&four, &leaves[4]));
        assert_eq!(root(&leaves).to_string(), "be87c83f79f8ca8800720865201356365bfe3c9eb63df6e2b890da70980f6599");
        let path = path(&leaves, 4).unwrap();
        assert_eq!(
            crate::encode(&path),
            [&[4, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0], &four.0[..]].concat()
        );
    }

    #[test]
    fn absurd_counts_end_at_once() {
        for (index, count) in [(0, u64::MAX), (u64::MAX - 1, u64::MAX), (0, 0), (5, 5), (1 << 63, (1 << 63) + 1)] {
            let path = Path { index, count, siblings: vec![Digest::ZERO; 64] };
            let turns = path.root_of(Digest::ZERO);
            assert_eq!(turns.is_some(), (index, count) == (0, u64::MAX), "{index} of {count}");
        }
    }
}
