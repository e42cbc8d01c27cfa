//! The next version: sorted changes are carried down the trie, buckets are rewritten, digests computed on the way up, each
//! once.

use super::{BUCKET_LEAVES_MAX, MERGED_LEAVES_MAX, Node, PageKey, Pages, Tree, page};
use crate::error::{Damage, StoreError};
use crate::kv::Space;
use bencao_crypto::Digest;
use bencao_crypto::sparse::{ProofLeaf, key_bit};
use std::collections::BTreeMap;

/// A key and the digest of its new value, `None` to remove it (removing an absent key changes nothing).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Change {
    /// Map key.
    pub key: [u8; 32],
    /// [`bencao_crypto::sparse::value_hash`] of the new value.
    pub value: Option<Digest>,
}

/// The next version and the pages that differ.
#[derive(Clone, Debug)]
pub struct Update {
    /// The tree after the changes.
    pub tree: Tree,
    /// New content by page, `None` for pages that are gone.
    pub pages: BTreeMap<PageKey, Option<Vec<u8>>>,
    /// Content before, for each page of `pages`.
    pub before: BTreeMap<PageKey, Option<Vec<u8>>>,
}

impl Tree {
    /// Applies `changes`, which are sorted by key, without repeats. `pages` must be those of this version.
    ///
    /// # Errors
    /// [`StoreError`].
    ///
    /// # Panics
    /// If the changes are not sorted.
    pub fn update(&self, pages: &impl Pages, changes: &[Change]) -> Result<Update, StoreError> {
        assert!(changes.is_sorted_by(|a, b| a.key < b.key), "changes ascend by key");
        let mut keys = Vec::new();
        self.root.touched(changes, 0, &mut keys);
        let mut work = Work { pages, before: BTreeMap::new(), after: BTreeMap::new() };
        work.fetch(keys)?;
        let root = work.apply(&self.root, changes, 0)?;
        let Work { mut before, after, .. } = work;
        before.retain(|key, _| after.contains_key(key));
        let unread = after.keys().filter(|key| !before.contains_key(*key)).cloned().collect::<Vec<_>>();
        before.extend(unread.into_iter().map(|key| (key, None)));
        Ok(Update { tree: Tree { root }, pages: after, before })
    }
}

impl Node {
    /// Names of the existing pages that `changes` fall on.
    fn touched(&self, changes: &[Change], depth: usize, out: &mut Vec<PageKey>) {
        let Some(first) = changes.first() else { return };
        match self {
            Node::Bucket { leaves: 0, .. } => {}
            Node::Bucket { .. } => out.push(PageKey::of(&first.key, depth)),
            Node::Inner { children, .. } => {
                let (left, right) = split(changes, depth);
                children[0].touched(left, depth + 1, out);
                children[1].touched(right, depth + 1, out);
            }
        }
    }

    /// Leaves of a bucket at `depth` on the path of `key`.
    pub(super) fn leaves(
        &self,
        pages: &impl Pages,
        key: &[u8; 32],
        depth: usize,
    ) -> Result<Vec<ProofLeaf>, StoreError> {
        match self {
            Node::Bucket { leaves: 0, .. } | Node::Inner { .. } => Ok(Vec::new()),
            Node::Bucket { leaves, .. } => {
                let page = PageKey::of(key, depth);
                let value = pages.pages(std::slice::from_ref(&page))?.pop().flatten();
                decode(&page, value.as_deref(), *leaves)
            }
        }
    }
}

fn split(changes: &[Change], depth: usize) -> (&[Change], &[Change]) {
    changes.split_at(changes.partition_point(|change| !key_bit(&change.key, depth)))
}

fn decode(page: &PageKey, value: Option<&[u8]>, count: u32) -> Result<Vec<ProofLeaf>, StoreError> {
    let damaged = |damage| StoreError::damaged(Space::Pages, page.as_bytes(), damage);
    let leaves = page.decode(value.ok_or_else(|| damaged(Damage::Missing))?)?;
    if leaves.len() == count as usize { Ok(leaves) } else { Err(damaged(Damage::Form)) }
}

struct Work<'a, P> {
    pages: &'a P,
    /// Stored content of pages read so far.
    before: BTreeMap<PageKey, Option<Vec<u8>>>,
    after: BTreeMap<PageKey, Option<Vec<u8>>>,
}

impl<P: Pages> Work<'_, P> {
    fn fetch(&mut self, keys: Vec<PageKey>) -> Result<(), StoreError> {
        let values = self.pages.pages(&keys)?;
        self.before.extend(keys.into_iter().zip(values));
        Ok(())
    }

    fn apply(&mut self, node: &Node, changes: &[Change], depth: usize) -> Result<Node, StoreError> {
        let Some(first) = changes.first() else { return Ok(node.clone()) };
        match node {
            Node::Bucket { leaves, .. } => {
                let page = PageKey::of(&first.key, depth);
                let old = if *leaves == 0 { Vec::new() } else { self.stored(&page, *leaves)? };
                let new = merge(&old, changes);
                if new == old {
                    return Ok(node.clone());
                }
                if !old.is_empty() {
                    self.after.insert(page, None);
                }
                Ok(self.place(&new, depth))
            }
            Node::Inner { children, .. } => {
                let (left, right) = split(changes, depth);
                let left = self.apply(&children[0], left, depth + 1)?;
                let right = self.apply(&children[1], right, depth + 1)?;
                self.join(left, right, &first.key, depth)
            }
        }
    }

    /// Writes `leaves` as one bucket, or as smaller ones below inner nodes.
    fn place(&mut self, leaves: &[ProofLeaf], depth: usize) -> Node {
        let Some(first) = leaves.first() else { return Node::EMPTY };
        if leaves.len() > BUCKET_LEAVES_MAX {
            let (left, right) = page::split(leaves, depth);
            let left = self.place(left, depth + 1);
            return Node::inner(left, self.place(right, depth + 1));
        }
        let page = PageKey::of(&first.key, depth);
        let content = page.encode(leaves);
        self.after.insert(page, Some(content));
        let count = u32::try_from(leaves.len()).expect("at most BUCKET_LEAVES_MAX");
        Node::Bucket { digest: page::digest(leaves, depth), leaves: count }
    }

    /// The node above two changed children, which become one bucket if they are small. `key` lies below the node.
    fn join(&mut self, left: Node, right: Node, key: &[u8; 32], depth: usize) -> Result<Node, StoreError> {
        let (Node::Bucket { leaves: l, .. }, Node::Bucket { leaves: r, .. }) = (&left, &right) else {
            return Ok(Node::inner(left, right));
        };
        if *l as usize + *r as usize > MERGED_LEAVES_MAX {
            return Ok(Node::inner(left, right));
        }
        let mut leaves = Vec::new();
        for (bit, count) in [(false, *l), (true, *r)] {
            if count > 0 {
                let page = PageKey::of(&with_bit(key, depth, bit), depth + 1);
                leaves.extend(self.current(&page, count)?);
                self.after.insert(page, None);
            }
        }
        Ok(self.place(&leaves, depth))
    }

    /// Leaves of a page as it will be.
    fn current(&mut self, page: &PageKey, count: u32) -> Result<Vec<ProofLeaf>, StoreError> {
        match self.after.get(page) {
            Some(value) => decode(page, value.as_deref(), count),
            None => self.stored(page, count),
        }
    }

    /// Leaves of a page as it is stored.
    fn stored(&mut self, page: &PageKey, count: u32) -> Result<Vec<ProofLeaf>, StoreError> {
        if !self.before.contains_key(page) {
            self.fetch(vec![page.clone()])?;
        }
        decode(page, self.before[page].as_deref(), count)
    }
}

fn with_bit(key: &[u8; 32], index: usize, bit: bool) -> [u8; 32] {
    let mut key = *key;
    let mask = 0x80 >> (index % 8);
    key[index / 8] = if bit { key[index / 8] | mask } else { key[index / 8] & !mask };
    key
}

/// Sorted leaves with sorted changes applied.
fn merge(old: &[ProofLeaf], changes: &[Change]) -> Vec<ProofLeaf> {
    let mut out = Vec::with_capacity(old.len() + changes.len());
    let mut old = old.iter().peekable();
    for change in changes {
        while let Some(leaf) = old.next_if(|leaf| leaf.key < change.key) {
            out.push(*leaf);
        }
        old.next_if(|leaf| leaf.key == change.key);
        out.extend(change.value.map(|value_hash| ProofLeaf { key: change.key, value_hash }));
    }
    out.extend(old);
    out
}
