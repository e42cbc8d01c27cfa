//! Digests of many subtrees at once: first all leaves, then level after level of nodes, each level many at a time.

use super::{LEAF, NODE, PLACEHOLDER, ProofLeaf, key_bit};
use crate::digest::{Digest, Messages, sm3_all};

/// The digests of many subtrees, each of leaves sorted by key without duplicates that agree in the bits before `depth`; as
/// [`root`](super::root) defines them, and many nodes at a time.
pub fn subtrees(subtrees: &[(&[ProofLeaf], usize)]) -> Vec<Digest> {
    let mut plan = Plan::default();
    let tops: Vec<Part> = subtrees.iter().map(|(leaves, depth)| plan.add(leaves, *depth).0).collect();
    let digests = plan.digests();
    tops.into_iter().map(|top| digests.of(top)).collect()
}

/// Where the digest of a subtree comes from.
#[derive(Clone, Copy)]
enum Part {
    Empty,
    /// Index among the leaves.
    Leaf(usize),
    /// Level, from 0 for nodes of leaves and empty parts only, and index in the level.
    Node(usize, usize),
}

/// Nodes to be digested, level by level.
#[derive(Default)]
struct Plan {
    leaves: Messages,
    levels: Vec<Vec<[Part; 2]>>,
}

/// Digests of leaves and of the nodes of each level.
struct Digests {
    leaves: Vec<Digest>,
    levels: Vec<Vec<Digest>>,
}

impl Plan {
    /// Plans a subtree. Returns its top and how many levels it needs.
    fn add(&mut self, leaves: &[ProofLeaf], depth: usize) -> (Part, usize) {
        match leaves {
            [] => (Part::Empty, 0),
            [one] => {
                self.leaves.push(&[LEAF, &one.key, &one.value_hash.0]);
                (Part::Leaf(self.leaves.len() - 1), 0)
            }
            _ => {
                let (left, right) = leaves.split_at(leaves.partition_point(|leaf| !key_bit(&leaf.key, depth)));
                let ((left, left_level), (right, right_level)) =
                    (self.add(left, depth + 1), self.add(right, depth + 1));
                let level = left_level.max(right_level);
                if level == self.levels.len() {
                    self.levels.push(Vec::new());
                }
                self.levels[level].push([left, right]);
                (Part::Node(level, self.levels[level].len() - 1), level + 1)
            }
        }
    }

    fn digests(self) -> Digests {
        let mut digests = Digests { leaves: sm3_all(&self.leaves), levels: Vec::new() };
        for level in self.levels {
            let mut messages = Messages::with_capacity(level.len(), NODE.len() + 64);
            for [left, right] in level {
                messages.push(&[NODE, &digests.of(left).0, &digests.of(right).0]);
            }
            digests.levels.push(sm3_all(&messages));
        }
        digests
    }
}

impl Digests {
    fn of(&self, part: Part) -> Digest {
        match part {
            Part::Empty => PLACEHOLDER,
            Part::Leaf(index) => self.leaves[index],
            Part::Node(level, index) => self.levels[level][index],
        }
    }
}
