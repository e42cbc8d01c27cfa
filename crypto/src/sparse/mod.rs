//! The authenticated map: a binary sparse Merkle tree over 32-byte keys with SM3, in the definition of `jmt` 0.12
//! (Jellyfish), whose 16-ary pages do not show in the root.
//!
//! - leaf = `SM3("JMT::LeafNode" ‖ key ‖ SM3(value))`
//! - node = `SM3("JMT::IntrnalNode" ‖ left ‖ right)` (sic, 16 bytes)
//! - a subtree without leaves is [`PLACEHOLDER`], not hashed; a subtree with one leaf is that leaf, at every depth
//!
//! Bits of a key are taken from the most significant bit of its first byte; 0 goes left. The root is a function of the
//! set of (key, value) pairs only.
//!
//! A proof is compact: digests of the siblings that are not placeholders, and a bitmap saying where they belong.

mod subtrees;
#[cfg(test)]
mod tests;

pub use subtrees::subtrees;

use crate::digest::{Digest, Hasher, Messages, sm3, sm3_all};
use bincode::de::Decoder;
use bincode::error::DecodeError;
use bincode::{Decode, Encode};

/// Digest of a subtree without leaves, and root of the empty map.
pub const PLACEHOLDER: Digest = Digest(*b"SPARSE_MERKLE_PLACEHOLDER_HASH__");

/// Deepest position, bits of a key.
pub const DEPTH_MAX: usize = 256;

/// Digest of a value.
pub fn value_hash(value: &[u8]) -> Digest {
    sm3(value)
}

/// Digests of many values, many at a time.
pub fn value_hashes<'a>(values: impl IntoIterator<Item = &'a [u8]>) -> Vec<Digest> {
    let mut messages = Messages::default();
    values.into_iter().for_each(|value| messages.push(&[value]));
    sm3_all(&messages)
}

const LEAF: &[u8] = b"JMT::LeafNode";
const NODE: &[u8] = b"JMT::IntrnalNode";

/// Digest of a leaf.
pub fn leaf_hash(key: &[u8; 32], value_hash: &Digest) -> Digest {
    three(LEAF, key, &value_hash.0)
}

/// Digest of an inner node.
pub fn node_hash(left: &Digest, right: &Digest) -> Digest {
    three(NODE, &left.0, &right.0)
}

fn three(tag: &[u8], first: &[u8; 32], second: &[u8; 32]) -> Digest {
    let mut h = Hasher::new();
    h.update(tag);
    h.update(first);
    h.update(second);
    h.finish()
}

/// Bit `index` of a key, 0 being the most significant of byte 0.
///
/// # Panics
/// If `index` is 256 or more.
pub fn key_bit(key: &[u8; 32], index: usize) -> bool {
    key[index / 8] >> (7 - index % 8) & 1 == 1
}

/// A leaf as a proof shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ProofLeaf {
    /// Key of the leaf.
    pub key: [u8; 32],
    /// [`value_hash`] of its value.
    pub value_hash: Digest,
}

/// A proof that a key holds a value, or holds none.
///
/// Wire form: option of leaf (1 byte, then 64), depth (u16), bitmap (u64 length, `⌈depth / 8⌉` bytes), siblings (u64
/// count, 32 bytes each). Decoding accepts a proof in its one well-formed shape only.
#[derive(Clone, Debug, PartialEq, Eq, Encode)]
pub struct SparseProof {
    leaf: Option<ProofLeaf>,
    /// Number of positions on the path, at most 256.
    depth: u16,
    /// Bit `i` (most significant first) says that the sibling at position `i`, counted from the bottom, is present.
    bitmap: Vec<u8>,
    /// Present siblings, bottom up.
    siblings: Vec<Digest>,
}

impl SparseProof {
    /// A proof from the leaf at the end of the path (`None` for an empty slot) and *all* siblings, bottom up, with
    /// [`PLACEHOLDER`] where a sibling is empty. `None` if no map can have such a path: more than 256 siblings, or an
    /// empty slot or a leaf whose own sibling is empty.
    pub fn new(leaf: Option<ProofLeaf>, siblings: &[Digest]) -> Option<SparseProof> {
        let mut bitmap = vec![0; siblings.len().div_ceil(8)];
        for (i, _) in siblings.iter().enumerate().filter(|(_, s)| **s != PLACEHOLDER) {
            bitmap[i / 8] |= 0x80 >> (i % 8);
        }
        let depth = u16::try_from(siblings.len()).ok()?;
        let present = siblings.iter().filter(|s| **s != PLACEHOLDER).copied().collect();
        let proof = SparseProof { leaf, depth, bitmap, siblings: present };
        proof.is_well_formed().then_some(proof)
    }

    /// The leaf at the end of the path.
    pub fn leaf(&self) -> Option<&ProofLeaf> {
        self.leaf.as_ref()
    }

    /// Number of positions on the path.
    pub fn depth(&self) -> usize {
        usize::from(self.depth)
    }

    /// The siblings that are not empty, bottom up.
    pub fn siblings(&self) -> &[Digest] {
        &self.siblings
    }

    fn is_present(&self, position: usize) -> bool {
        self.bitmap[position / 8] & (0x80 >> (position % 8)) != 0
    }

    fn is_well_formed(&self) -> bool {
        let depth = self.depth();
        if depth > DEPTH_MAX || self.bitmap.len() != depth.div_ceil(8) {
            return false;
        }
        let marked: u32 = self.bitmap.iter().map(|byte| byte.count_ones()).sum();
        let within = (0..depth).filter(|i| self.is_present(*i)).count();
        within == marked as usize
            && within == self.siblings.len()
            && !self.siblings.contains(&PLACEHOLDER)
            && (depth == 0 || self.is_present(0))
    }

    /// The root that follows if `key` holds `value`, or, with `None`, if the map does not have `key`. `None` if this proof
    /// does not speak of that: another leaf for inclusion, this leaf for absence, or a leaf off the key's path.
    ///
    /// The caller compares the result with a root it trusts; only equality proves anything.
    pub fn root_of(&self, key: &[u8; 32], value: Option<&[u8]>) -> Option<Digest> {
        self.root_of_hash(key, value.map(value_hash))
    }

    /// [`SparseProof::root_of`] for a value known by its [`value_hash`].
    pub fn root_of_hash(&self, key: &[u8; 32], value: Option<Digest>) -> Option<Digest> {
        let start = match (value, &self.leaf) {
            (Some(value), Some(leaf)) if leaf.key == *key && leaf.value_hash == value => leaf_hash(key, &value),
            (None, Some(other)) if other.key != *key && self.is_on_path(&other.key, key) => {
                leaf_hash(&other.key, &other.value_hash)
            }
            (None, None) => PLACEHOLDER,
            _ => return None,
        };
        let mut present = self.siblings.iter();
        let mut acc = start;
        for position in 0..self.depth() {
            let sibling = if self.is_present(position) { present.next()? } else { &PLACEHOLDER };
            let right = key_bit(key, self.depth() - 1 - position);
            acc = if right { node_hash(sibling, &acc) } else { node_hash(&acc, sibling) };
        }
        Some(acc)
    }

    fn is_on_path(&self, one: &[u8; 32], other: &[u8; 32]) -> bool {
        (0..self.depth()).all(|i| key_bit(one, i) == key_bit(other, i))
    }
}

impl<C> Decode<C> for SparseProof {
    fn decode<D: Decoder<Context = C>>(d: &mut D) -> Result<Self, DecodeError> {
        let proof = SparseProof {
            leaf: Decode::decode(d)?,
            depth: Decode::decode(d)?,
            bitmap: Decode::decode(d)?,
            siblings: Decode::decode(d)?,
        };
        if proof.is_well_formed() { Ok(proof) } else { Err(DecodeError::Other("not a sparse Merkle proof")) }
    }
}

bincode::impl_borrow_decode!(SparseProof);

/// The root over `leaves`, which must be sorted by key without duplicates. The definition, in its plainest form: time grows
/// with the number of leaves, so ledgers keep a tree instead.
pub fn root(leaves: &[ProofLeaf]) -> Digest {
    subtree(leaves, 0)
}

fn subtree(leaves: &[ProofLeaf], depth: usize) -> Digest {
    match leaves {
        [] => PLACEHOLDER,
        [one] => leaf_hash(&one.key, &one.value_hash),
        _ => {
            let (left, right) = leaves.split_at(leaves.partition_point(|leaf| !key_bit(&leaf.key, depth)));
            node_hash(&subtree(left, depth + 1), &subtree(right, depth + 1))
        }
    }
}

/// The proof about `key` in the map of `leaves` (sorted by key without duplicates). As plain as [`root`].
pub fn prove(leaves: &[ProofLeaf], key: &[u8; 32]) -> SparseProof {
    let (mut here, mut siblings) = (leaves, Vec::new());
    while here.len() > 1 {
        let depth = siblings.len();
        let (left, right) = here.split_at(here.partition_point(|leaf| !key_bit(&leaf.key, depth)));
        let (next, other) = if key_bit(key, depth) { (right, left) } else { (left, right) };
        siblings.push(subtree(other, depth + 1));
        here = next;
    }
    siblings.reverse();
    SparseProof::new(here.first().copied(), &siblings).expect("a path of a map is well formed")
}
