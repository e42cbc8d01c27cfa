//! Versions of the state that readers hold while blocks go on.
//!
//! The store holds the newest values only. What each commit overwrites goes into a *layer* in memory, and versions point at the
//! layer that follows them. A reader takes the store's value first and then asks the layers after its version, oldest
//! first: the first that knows the key has the value of that version. A layer is published before the store is written, so
//! a reader that met a new value always finds the old one. Layers go when no version before them is held any more.

use super::{HeightRecord, audit};
use crate::error::StoreError;
use crate::kv::{Entry, Kv, Order, Space};
use crate::map::{PageKey, Pages, Tree};
use bencao_chaincode::{EventRecord, EventSource, StateKey, StateView, Subject, ViewError};
use bencao_genesis::Height;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

/// Values before a commit, of everything that it wrote.
#[derive(Debug, Default)]
pub(super) struct Overwritten {
    pub(super) records: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    pub(super) pages: BTreeMap<PageKey, Option<Vec<u8>>>,
}

/// The place after a version: empty at the tip.
#[derive(Debug, Default)]
struct Link(OnceLock<(Overwritten, Arc<Link>)>);

impl Drop for Link {
    /// Link by link: a version held for long has a long chain behind it, which must not be dropped recursively.
    fn drop(&mut self) {
        let mut next = self.0.take().map(|(_, next)| next);
        while let Some(mut link) = next.and_then(Arc::into_inner) {
            next = link.0.take().map(|(_, next)| next);
        }
    }
}

/// One version of the state. Cloning is cheap; holding one keeps what later blocks overwrite in memory.
#[derive(Debug)]
pub struct View<K> {
    kv: Arc<K>,
    record: HeightRecord,
    tree: Tree,
    link: Arc<Link>,
}

impl<K> Clone for View<K> {
    fn clone(&self) -> View<K> {
        View { kv: Arc::clone(&self.kv), record: self.record, tree: self.tree.clone(), link: Arc::clone(&self.link) }
    }
}

impl<K> View<K> {
    pub(super) fn new(kv: Arc<K>, record: HeightRecord, tree: Tree) -> View<K> {
        View { kv, record, tree, link: Arc::default() }
    }

    /// The version after this one, which is the tip.
    pub(super) fn supersede(&self, overwritten: Overwritten, record: HeightRecord, tree: Tree) -> View<K> {
        let next = View::new(Arc::clone(&self.kv), record, tree);
        let is_first = self.link.0.set((overwritten, Arc::clone(&next.link))).is_ok();
        assert!(is_first, "a store that failed to write is not written again");
        next
    }

    /// A version before this one: `overwritten` holds what is different there.
    pub(super) fn behind(&self, overwritten: Overwritten, record: HeightRecord, tree: Tree) -> View<K> {
        let link = Link(OnceLock::from((overwritten, Arc::clone(&self.link))));
        View { kv: Arc::clone(&self.kv), record, tree, link: Arc::new(link) }
    }

    /// The store, which has the newest values.
    pub(super) fn store(&self) -> &K {
        &self.kv
    }

    /// Height after which this is the state.
    pub fn height(&self) -> Height {
        self.record.height
    }

    /// What is kept of that height.
    pub fn record(&self) -> &HeightRecord {
        &self.record
    }

    /// The authenticated map.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// Layers after this version, oldest first.
    fn layers(&self) -> impl Iterator<Item = &Overwritten> {
        let first = self.link.0.get();
        std::iter::successors(first, |(_, next)| next.0.get()).map(|(overwritten, _)| overwritten)
    }
}

impl<K: Kv> View<K> {
    /// Records with `from ≤ key < to` by [`StateKey::to_bytes`], at most `limit`.
    fn records(&self, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Entry>, StoreError> {
        let mut out: Vec<Entry> = Vec::new();
        let mut from = from.to_vec();
        while out.len() < limit && from.as_slice() < to {
            let page = self.kv.scan(Space::Records, &from, to, limit, Order::Ascending)?;
            let (end, is_last) = match page.last() {
                Some((last, _)) if page.len() == limit => ([&last[..], &[0]].concat(), false),
                _ => (to.to_vec(), true),
            };
            let mut here: BTreeMap<Vec<u8>, Option<Vec<u8>>> = BTreeMap::new();
            for layer in self.layers() {
                for (key, old) in layer.records.range(from.clone()..end.clone()) {
                    here.entry(key.clone()).or_insert_with(|| old.clone());
                }
            }
            for (key, value) in page {
                here.entry(key).or_insert(Some(value));
            }
            out.extend(here.into_iter().filter_map(|(key, value)| Some((key, value?))));
            if is_last {
                break;
            }
            from = end;
        }
        out.truncate(limit);
        Ok(out)
    }
}

fn view_error(error: StoreError) -> ViewError {
    match error {
        StoreError::Damaged { .. } => ViewError::Damaged,
        other => ViewError::Unavailable(other.to_string()),
    }
}

impl<K: Kv> StateView for View<K> {
    fn get(&self, key: &StateKey) -> Result<Option<Vec<u8>>, ViewError> {
        let key = key.to_bytes();
        let now = self.kv.get(Space::Records, &key).map_err(view_error)?;
        let then = self.layers().find_map(|layer| layer.records.get(&key));
        Ok(then.cloned().unwrap_or(now))
    }

    fn scan(&self, from: &StateKey, to: &StateKey, limit: usize) -> Result<Vec<(StateKey, Vec<u8>)>, ViewError> {
        let entries = self.records(&from.to_bytes(), &to.to_bytes(), limit).map_err(view_error)?;
        let named = |(key, value): Entry| Ok((StateKey::from_bytes(&key).ok_or(ViewError::Damaged)?, value));
        entries.into_iter().map(named).collect()
    }
}

impl<K: Kv> Pages for View<K> {
    fn pages(&self, keys: &[PageKey]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        let names: Vec<Vec<u8>> = keys.iter().map(|key| key.as_bytes().to_vec()).collect();
        let mut found = self.kv.get_many(Space::Pages, &names)?;
        for (key, value) in keys.iter().zip(&mut found) {
            if let Some(old) = self.layers().find_map(|layer| layer.pages.get(key)) {
                value.clone_from(old);
            }
        }
        Ok(found)
    }
}

impl<K: Kv> EventSource for View<K> {
    /// Records count their events, so a reader of an older version asks for no later ones.
    fn events(&self, subject: &Subject, limit: usize) -> Result<Vec<EventRecord>, ViewError> {
        audit::events_of(&self.kv, subject, 0, limit).map_err(view_error)
    }
}
