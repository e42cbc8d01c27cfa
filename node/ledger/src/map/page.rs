//! Pages: the stored form of a bucket.
//!
//! Key: the bytes of its bit path, zero-padded to whole bytes, then the length of the path in bits (1 byte). Value: for each
//! leaf, ascending, its key without the whole bytes that the path already gives, then the digest of its value (32).

use super::BUCKET_LEAVES_MAX;
use crate::error::{Damage, StoreError};
use crate::kv::Space;
use bencao_crypto::Digest;
use bencao_crypto::sparse::{PLACEHOLDER, ProofLeaf, key_bit, leaf_hash, subtrees};

/// Name of a page.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct PageKey {
    bytes: Vec<u8>,
    path: [u8; 32],
}

impl PageKey {
    /// The page below the first `depth` (at most 255) bits of `key`.
    pub(super) fn of(key: &[u8; 32], depth: usize) -> PageKey {
        let mut path = [0; 32];
        path[..depth / 8].copy_from_slice(&key[..depth / 8]);
        if !depth.is_multiple_of(8) {
            path[depth / 8] = key[depth / 8] & !(0xff >> (depth % 8));
        }
        let mut bytes = path[..depth.div_ceil(8)].to_vec();
        bytes.push(u8::try_from(depth).expect("more leaves than one differ before their last bit"));
        PageKey { bytes, path }
    }

    /// Reads a stored key; `None` if no page has it.
    pub(super) fn parse(bytes: &[u8]) -> Option<PageKey> {
        let (depth, rest) = bytes.split_last()?;
        if rest.len() != usize::from(*depth).div_ceil(8) {
            return None;
        }
        let mut path = [0; 32];
        path[..rest.len()].copy_from_slice(rest);
        let key = PageKey::of(&path, usize::from(*depth));
        (key.bytes == bytes).then_some(key)
    }

    /// The key as it is stored.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Bits of the path, zero-padded.
    pub(super) fn path(&self) -> &[u8; 32] {
        &self.path
    }

    /// Length of the path, bits.
    pub(super) fn depth(&self) -> usize {
        self.bytes.last().map_or(0, |depth| usize::from(*depth))
    }

    pub(super) fn encode(&self, leaves: &[ProofLeaf]) -> Vec<u8> {
        let skip = self.depth() / 8;
        let mut out = Vec::with_capacity(leaves.len() * (64 - skip));
        for leaf in leaves {
            out.extend_from_slice(&leaf.key[skip..]);
            out.extend_from_slice(&leaf.value_hash.0);
        }
        out
    }

    /// The leaves of a stored page: at least one, ascending, all below the path.
    pub(super) fn decode(&self, value: &[u8]) -> Result<Vec<ProofLeaf>, StoreError> {
        let skip = self.depth() / 8;
        let width = 64 - skip;
        let damaged = || StoreError::damaged(Space::Pages, &self.bytes, Damage::Form);
        if value.is_empty() || !value.len().is_multiple_of(width) || value.len() > width * BUCKET_LEAVES_MAX {
            return Err(damaged());
        }
        let leaf = |bytes: &[u8]| {
            let mut leaf = ProofLeaf { key: self.path, value_hash: Digest::ZERO };
            leaf.key[skip..].copy_from_slice(&bytes[..32 - skip]);
            leaf.value_hash.0.copy_from_slice(&bytes[32 - skip..]);
            leaf
        };
        let leaves: Vec<ProofLeaf> = value.chunks_exact(width).map(leaf).collect();
        let here = |leaf: &ProofLeaf| PageKey::of(&leaf.key, self.depth()).path == self.path;
        if leaves.is_sorted_by(|a, b| a.key < b.key) && leaves.iter().all(here) { Ok(leaves) } else { Err(damaged()) }
    }
}

/// Digest of the subtree of `leaves` (ascending) at `depth`.
pub(super) fn digest(leaves: &[ProofLeaf], depth: usize) -> Digest {
    match leaves {
        [] => PLACEHOLDER,
        [one] => leaf_hash(&one.key, &one.value_hash),
        _ => subtrees(&[(leaves, depth)])[0],
    }
}

/// Leaves whose bit at `depth` is 0, and the others.
pub(super) fn split(leaves: &[ProofLeaf], depth: usize) -> (&[ProofLeaf], &[ProofLeaf]) {
    leaves.split_at(leaves.partition_point(|leaf| !key_bit(&leaf.key, depth)))
}
