//! Proofs that a key holds a value, or none.

use super::{Node, PageKey, Pages, Tree, page};
use crate::error::{Damage, StoreError};
use crate::kv::Space;
use bencao_crypto::sparse::{SparseProof, key_bit};

impl Tree {
    /// The proof about `key`. `pages` must be those of this version.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn prove(&self, pages: &impl Pages, key: &[u8; 32]) -> Result<SparseProof, StoreError> {
        let mut siblings = Vec::new();
        let mut node = &self.root;
        while let Node::Inner { children, .. } = node {
            let right = usize::from(key_bit(key, siblings.len()));
            siblings.push(*children[1 - right].digest());
            node = &children[right];
        }
        let depth = siblings.len();
        let leaves = node.leaves(pages, key, depth)?;
        let mut here = &leaves[..];
        while here.len() > 1 {
            let (left, right) = page::split(here, siblings.len());
            let (next, other) = if key_bit(key, siblings.len()) { (right, left) } else { (left, right) };
            siblings.push(page::digest(other, siblings.len() + 1));
            here = next;
        }
        siblings.reverse();
        let damaged = || StoreError::damaged(Space::Pages, PageKey::of(key, depth).as_bytes(), Damage::Form);
        SparseProof::new(here.first().copied(), &siblings).ok_or_else(damaged)
    }
}
