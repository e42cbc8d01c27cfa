//! The authenticated map: keys and value digests under one root (D10), updated a block at a time.
//!
//! The root is that of [`bencao_crypto::sparse`]; how the map is kept does not show in it:
//!
//! - All leaves below one bit path, at most [`BUCKET_LEAVES_MAX`] of them, are a *bucket*: one stored page. A bucket that
//!   grows beyond is split by bits; sibling buckets that together hold at most [`MERGED_LEAVES_MAX`] become one.
//! - Above the buckets, a binary trie of digests lives in memory. It is a pure function of the pages and is built from them at
//!   the start ([`Tree::load`]).
//! - The trie is immutable and shares unchanged parts with its predecessor, so the tree of an earlier version stays usable
//!   for proofs as long as somebody holds it and can read the pages of that version.
//!
//! Memory: about 112 bytes a bucket; at 5.5 leaves a bucket 200 MB for 10 million keys. Disk: 61 bytes a leaf and 5 a bucket.

mod page;
mod proof;
#[cfg(test)]
mod tests;
mod update;

pub use page::PageKey;
pub use update::{Change, Update};

use crate::error::{Damage, StoreError};
use crate::kv::{Entry, Space};
use bencao_crypto::Digest;
use bencao_crypto::sparse::{PLACEHOLDER, key_bit, node_hash, subtrees};
use std::sync::Arc;

/// Most leaves of a bucket. A local matter: peers may use different ones.
pub const BUCKET_LEAVES_MAX: usize = 8;

/// Sibling buckets are merged when they hold at most so many leaves together.
pub const MERGED_LEAVES_MAX: usize = BUCKET_LEAVES_MAX / 2;

// An inner node of the trie must hold two leaves or more, else its digest would have to be that of its only leaf.
const _: () = assert!(MERGED_LEAVES_MAX >= 1);

/// Reads pages of one version.
pub trait Pages {
    /// The pages under `keys`, in order.
    ///
    /// # Errors
    /// [`StoreError`].
    fn pages(&self, keys: &[PageKey]) -> Result<Vec<Option<Vec<u8>>>, StoreError>;
}

/// One version of the map. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Tree {
    root: Node,
}

#[derive(Clone, Debug)]
enum Node {
    Bucket { digest: Digest, leaves: u32 },
    Inner { digest: Digest, children: Arc<[Node; 2]> },
}

impl Node {
    const EMPTY: Node = Node::Bucket { digest: PLACEHOLDER, leaves: 0 };

    fn digest(&self) -> &Digest {
        match self {
            Node::Bucket { digest, .. } | Node::Inner { digest, .. } => digest,
        }
    }

    fn inner(left: Node, right: Node) -> Node {
        let digest = node_hash(left.digest(), right.digest());
        Node::Inner { digest, children: Arc::new([left, right]) }
    }
}

impl Default for Tree {
    fn default() -> Tree {
        Tree { root: Node::EMPTY }
    }
}

impl Tree {
    /// Root over all keys and values.
    pub fn root(&self) -> Digest {
        *self.root.digest()
    }

    /// Starts to build the tree from its pages.
    pub fn load() -> Loader {
        Loader { buckets: Vec::new() }
    }
}

/// Collects pages in the order of their keys and builds the tree above them.
#[derive(Debug)]
pub struct Loader {
    buckets: Vec<(PageKey, Node)>,
}

impl Loader {
    /// Takes the next pages as they are stored.
    ///
    /// # Errors
    /// [`StoreError::Damaged`].
    pub fn take(&mut self, entries: &[Entry]) -> Result<(), StoreError> {
        let mut pages = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let page = PageKey::parse(key).ok_or_else(|| StoreError::damaged(Space::Pages, key, Damage::Form))?;
            let leaves = page.decode(value)?;
            pages.push((page, leaves));
        }
        let digests = subtrees(&pages.iter().map(|(page, leaves)| (&leaves[..], page.depth())).collect::<Vec<_>>());
        for ((page, leaves), digest) in pages.into_iter().zip(digests) {
            let count = u32::try_from(leaves.len()).expect("pages are small");
            self.buckets.push((page, Node::Bucket { digest, leaves: count }));
        }
        Ok(())
    }

    /// The tree. The caller compares its root with the one it stored.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if pages overlap or are out of order.
    pub fn finish(self) -> Result<Tree, StoreError> {
        if let Some(pair) = self.buckets.windows(2).find(|pair| pair[0].0.path() >= pair[1].0.path()) {
            return Err(StoreError::damaged(Space::Pages, pair[1].0.as_bytes(), Damage::Form));
        }
        Ok(Tree { root: grow(&self.buckets, 0)? })
    }
}

fn grow(buckets: &[(PageKey, Node)], depth: usize) -> Result<Node, StoreError> {
    match buckets {
        [] => Ok(Node::EMPTY),
        [(page, node)] if page.depth() == depth => Ok(node.clone()),
        _ => {
            if let Some((page, _)) = buckets.iter().find(|(page, _)| page.depth() <= depth) {
                return Err(StoreError::damaged(Space::Pages, page.as_bytes(), Damage::Form));
            }
            let (left, right) = buckets.split_at(buckets.partition_point(|(page, _)| !key_bit(page.path(), depth)));
            Ok(Node::inner(grow(left, depth + 1)?, grow(right, depth + 1)?))
        }
    }
}
