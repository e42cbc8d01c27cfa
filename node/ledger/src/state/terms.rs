//! Terms by height: what the state after each block says about the height after the next.
//!
//! [`Space::Terms`] has an entry where terms change: they are in force from its height to the next entry. Genesis is entry 0;
//! the block of height h writes entry h + 2, if at all. The chain of entries is also what leads a proof from genesis to
//! the validators of any height.

use super::membership;
use super::{StateError, StateStore, View};
use crate::blocks::BlockStore;
use crate::error::{Damage, StoreError};
use crate::kv::{Kv, Order, Space, WriteBatch};
use crate::record::{load, must, number_key, seal};
use bencao_chaincode::{StateKey, StateView, ViewError};
use bencao_consensus::{SetChange, Terms};
use bencao_crypto::KeyId;
use bencao_genesis::{Genesis, Height};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

/// Entries read by one scan at the start.
const LOAD_LIMIT: usize = 4096;

/// Decoded terms kept in memory: more than are in force at the heights that anybody asks for often.
const KEPT_MAX: usize = 8;

/// Where terms change, and the terms that were asked for last.
#[derive(Debug, Default)]
pub(super) struct TermsIndex(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    starts: BTreeSet<Height>,
    /// The newest of those that were read.
    kept: BTreeMap<Height, Arc<Terms>>,
}

impl Inner {
    fn keep(&mut self, start: Height, terms: Arc<Terms>) {
        self.kept.insert(start, terms);
        if self.kept.len() > KEPT_MAX {
            self.kept.pop_first();
        }
    }
}

/// Terms that a block changes: from which height on, and what.
pub(super) type Changed = Option<(Height, Arc<Terms>)>;

impl TermsIndex {
    /// Reads where terms change.
    pub(super) fn open(kv: &impl Kv) -> Result<TermsIndex, StoreError> {
        let (mut starts, mut from) = (BTreeSet::new(), Vec::new());
        loop {
            let page = kv.scan(Space::Terms, &from, &[], LOAD_LIMIT, Order::Ascending)?;
            for (key, _) in &page {
                let bytes = <[u8; 8]>::try_from(&key[..]);
                let bytes = bytes.map_err(|_| StoreError::damaged(Space::Terms, key, Damage::Form))?;
                starts.insert(Height(u64::from_be_bytes(bytes)));
            }
            match page.last() {
                Some((last, _)) if page.len() == LOAD_LIMIT => from = [&last[..], &[0]].concat(),
                _ => break,
            }
        }
        if !starts.contains(&Height::GENESIS) {
            return Err(StoreError::damaged(Space::Terms, &number_key(0), Damage::Missing));
        }
        Ok(TermsIndex(Mutex::new(Inner { starts, kept: BTreeMap::new() })))
    }

    fn at(&self, kv: &impl Kv, height: Height) -> Result<Arc<Terms>, StoreError> {
        let mut inner = self.0.lock().expect("no panic while holding the lock");
        let start = inner.starts.range(..=height).next_back().copied().unwrap_or_default();
        if let Some(kept) = inner.kept.get(&start) {
            return Ok(Arc::clone(kept));
        }
        let key = number_key(start.0);
        let terms: Arc<Terms> = Arc::new(must(load(kv, Space::Terms, &key)?, Space::Terms, &key)?);
        inner.keep(start, Arc::clone(&terms));
        Ok(terms)
    }

    /// A block that was written changed terms.
    pub(super) fn note(&self, changed: Changed) {
        if let Some((start, terms)) = changed {
            let mut inner = self.0.lock().expect("no panic while holding the lock");
            inner.starts.insert(start);
            inner.keep(start, terms);
        }
    }

    /// The block that could have written this entry was taken back.
    pub(super) fn forget(&self, start: Height) {
        let mut inner = self.0.lock().expect("no panic while holding the lock");
        inner.starts.remove(&start);
        inner.kept.remove(&start);
    }

    fn starts_to(&self, last: Height) -> Vec<Height> {
        let inner = self.0.lock().expect("no panic while holding the lock");
        inner.starts.range(..=last).copied().collect()
    }
}

/// The entry of genesis.
pub(super) fn put_founding(write: &mut WriteBatch, genesis: &Genesis) {
    write.put(Space::Terms, number_key(0), seal(&Terms::from_genesis(genesis)));
}

/// The state after a block that is not written yet.
pub(super) struct After<'a> {
    pub(super) before: &'a dyn StateView,
    pub(super) writes: &'a BTreeMap<StateKey, Option<Vec<u8>>>,
}

impl StateView for After<'_> {
    fn get(&self, key: &StateKey) -> Result<Option<Vec<u8>>, ViewError> {
        match self.writes.get(key) {
            Some(written) => Ok(written.clone()),
            None => self.before.get(key),
        }
    }

    fn scan(&self, from: &StateKey, to: &StateKey, limit: usize) -> Result<Vec<(StateKey, Vec<u8>)>, ViewError> {
        let (mut out, mut from) = (Vec::new(), from.clone());
        while out.len() < limit && from < *to {
            let page = self.before.scan(&from, to, limit)?;
            let (end, is_last) = match page.last() {
                Some((last, _)) if page.len() == limit => {
                    (StateKey { locality: last.locality, key: [&last.key[..], &[0]].concat() }, false)
                }
                _ => (to.clone(), true),
            };
            let mut here: BTreeMap<StateKey, Option<Vec<u8>>> =
                page.into_iter().map(|(key, value)| (key, Some(value))).collect();
            here.extend(self.writes.range(from..end.clone()).map(|(key, value)| (key.clone(), value.clone())));
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

impl<K: Kv> StateStore<K> {
    /// What governs a height. Known up to two heights after the last executed one; above, as far as is known.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn terms(&self, height: Height) -> Result<Arc<Terms>, StoreError> {
        self.terms.at(&self.kv, height)
    }

    /// Whether any height up to two after the last executed one had a validator with this key.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn was_seated(&self, validator: &KeyId) -> Result<bool, StoreError> {
        for start in self.terms.starts_to(self.tip().height.next().next()) {
            if self.terms(start)?.seat(validator).is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What the state after the block of `height` says about two heights later: an entry if it differs from what is in
    /// force until then.
    pub(super) fn change_terms(
        &self,
        write: &mut WriteBatch,
        tip: &View<K>,
        height: Height,
        writes: &BTreeMap<StateKey, Option<Vec<u8>>>,
    ) -> Result<(Arc<Terms>, Changed), StateError> {
        let before = self.terms(height.next())?;
        let start = height.next().next();
        let after = membership::changed_terms(&After { before: tip, writes }, height, start)?;
        match after {
            Some(after) if after != *before => {
                write.put(Space::Terms, number_key(start.0), seal(&after));
                let after = Arc::new(after);
                Ok((Arc::clone(&after), Some((start, after))))
            }
            _ => Ok((before, None)),
        }
    }

    /// The changes of the validator set from genesis up to `height`: for each the header that announces it, as proofs carry
    /// them. As long as the list of all changes, of which a consortium has a few a year.
    ///
    /// # Errors
    /// [`StoreError`], also if a header announces another set than the state gave.
    pub fn set_changes<B: Kv>(&self, blocks: &BlockStore<B>, height: Height) -> Result<Vec<SetChange>, StoreError> {
        let mut hash = self.terms(Height::GENESIS)?.validators_hash();
        let mut changes = Vec::new();
        for start in self.terms.starts_to(height).into_iter().skip(1) {
            let terms = self.terms(start)?;
            if terms.validators_hash() == hash {
                continue;
            }
            hash = terms.validators_hash();
            let last = start.previous().unwrap_or_default();
            let key = number_key(last.0);
            let (block, certificate) = must(blocks.decided(last)?, Space::Blocks, &key)?;
            if block.header.next_validators_hash != hash {
                return Err(StoreError::damaged(Space::Terms, &number_key(start.0), Damage::Root));
            }
            changes.push(SetChange { header: block.header, certificate, next: terms.set().clone() });
        }
        Ok(changes)
    }
}
