//! The undo log (D10): what each of the last [`UNDO_HEIGHTS`] blocks replaced, on disk, written with the block itself.
//!
//! It answers three questions that the newest values cannot: what the state was at an earlier height ([`StateStore::view_at`]),
//! how to take blocks back ([`StateStore::roll_back`]), and what exactly a block wrote ([`super::account`]). It holds records
//! only: the leaves of the map follow from them, and the pages from the leaves, so that it takes about 150 bytes a changed
//! record.

use super::audit::{self, Placed};
use super::view::Overwritten;
use super::{HeightRecord, StateError, StateStore, View, height_record, put_or_delete, put_pages, put_tip};
use crate::error::{Damage, StoreError};
use crate::kv::{Durability, Kv, KvRead, Space, WriteBatch};
use crate::map::{Change, Update};
use crate::record::{load, must, number_key, seal};
use bencao_chaincode::StateKey;
use bencao_crypto::Digest;
use bencao_crypto::sparse::value_hash;
use bencao_genesis::Height;
use bincode::{Decode, Encode};
use std::collections::BTreeMap;

/// Blocks that can be taken back.
pub const UNDO_HEIGHTS: u64 = 256;

/// One record that a block changed.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub(super) struct Replaced {
    /// [`StateKey::to_bytes`].
    pub(super) key: Vec<u8>,
    pub(super) before: Option<Vec<u8>>,
    /// [`value_hash`] of the new value.
    pub(super) after: Option<Digest>,
}

/// What a block replaced.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode)]
pub(super) struct Undo {
    /// Ascending by key.
    pub(super) records: Vec<Replaced>,
    /// Places of transactions before the block.
    pub(super) transactions: Vec<(Vec<u8>, Option<Placed>)>,
    /// Places of documents before the block.
    pub(super) documents: Vec<(Vec<u8>, Option<Placed>)>,
}

/// Writes the entry of a height and drops the one that falls out of reach.
pub(super) fn put_undo(write: &mut WriteBatch, height: Height, undo: &Undo) {
    write.put(Space::Undo, number_key(height.0), seal(undo));
    if let Some(old) = height.0.checked_sub(UNDO_HEIGHTS) {
        write.delete(Space::Undo, number_key(old));
    }
}

pub(super) fn load_undo(kv: &impl KvRead, height: Height) -> Result<Option<Undo>, StoreError> {
    load(kv, Space::Undo, &number_key(height.0))
}

fn damaged(height: Height, damage: Damage) -> StoreError {
    StoreError::damaged(Space::Undo, &number_key(height.0), damage)
}

/// `records` under the keys of the map.
pub(super) fn changes_of<'a>(
    height: Height,
    records: impl Iterator<Item = (&'a Vec<u8>, Option<Digest>)>,
) -> Result<Vec<Change>, StoreError> {
    let mut sorted = BTreeMap::new();
    for (key, value) in records {
        let key = StateKey::from_bytes(key).ok_or_else(|| damaged(height, Damage::Form))?;
        sorted.insert(key.map_key(), value);
    }
    Ok(sorted.into_iter().map(|(key, value)| Change { key, value }).collect())
}

impl<K: Kv> StateStore<K> {
    /// The version after a height, if the undo log reaches back to it: the last [`UNDO_HEIGHTS`] heights, also after a
    /// restart. Versions that are in memory anyway cost nothing; others are put together from the log, which takes memory
    /// and time for every record changed since.
    ///
    /// # Errors
    /// [`StoreError`], also if the log does not give the root of that height.
    pub fn view_at(&self, height: Height) -> Result<Option<View<K>>, StoreError> {
        match self.recent(height) {
            Some(view) => Ok(Some(view)),
            None => past(&self.view(), height),
        }
    }

    /// Takes blocks back until `to` is the last executed height; one durable write a block. Versions that readers
    /// hold stay as they are.
    ///
    /// # Errors
    /// [`StateError::BeyondUndo`] if the log does not reach so far; what could be taken back then is.
    pub fn roll_back(&self, to: Height) -> Result<(), StateError> {
        while self.view().height() > to {
            self.take_back_one()?;
        }
        Ok(())
    }

    fn take_back_one(&self) -> Result<(), StateError> {
        let _one = self.committing.lock().expect("no panic while holding the lock");
        let tip = self.view();
        let height = tip.height();
        let kv = tip.store();
        let undo = load_undo(kv, height)?.ok_or(StateError::BeyondUndo { height })?;
        let Some(previous) = height.previous() else { return Err(StateError::BeyondUndo { height }) };
        let record = must(height_record(kv, previous)?, Space::Heights, &number_key(previous.0))?;
        let update = reverse(&tip, &record, undo.records.iter().map(|r| (&r.key, r.before.as_deref())))?;
        let keys: Vec<Vec<u8>> = undo.records.iter().map(|r| r.key.clone()).collect();
        let newer = kv.get_many(Space::Records, &keys)?;
        let mut write = WriteBatch::new();
        audit::take_back(&mut write, kv, height)?;
        audit::restore_places(&mut write, Space::Transactions, undo.transactions);
        audit::restore_places(&mut write, Space::Documents, undo.documents);
        put_pages(&mut write, &update.pages);
        for replaced in undo.records {
            put_or_delete(&mut write, Space::Records, &replaced.key, replaced.before);
        }
        write.delete(Space::Heights, number_key(height.0));
        write.delete(Space::Undo, number_key(height.0));
        let terms = height.next().next();
        write.delete(Space::Terms, number_key(terms.0));
        put_tip(&mut write, previous);
        let overwritten = Overwritten { records: keys.into_iter().zip(newer).collect(), pages: update.before };
        let next = tip.supersede(overwritten, record, update.tree);
        kv.write(write, Durability::Synced)?;
        self.terms.forget(terms);
        self.known.forget();
        let mut views = self.views.write().expect("no panic while holding the lock");
        views.retain(|view| view.height() < previous);
        views.push_back(next);
        Ok(())
    }
}

/// The version after an earlier height, over `tip`.
pub(super) fn past<K: Kv>(tip: &View<K>, height: Height) -> Result<Option<View<K>>, StoreError> {
    if height > tip.height() || tip.height().0 - height.0 > UNDO_HEIGHTS {
        return Ok(None);
    }
    let mut records = BTreeMap::new();
    // From the newest on, so that the oldest entry, which has the value of that height, is the one that stays.
    for h in (height.0 + 1..=tip.height().0).rev() {
        let Some(undo) = load_undo(tip.store(), Height(h))? else { return Ok(None) };
        records.extend(undo.records.into_iter().map(|r| (r.key, r.before)));
    }
    let record = must(height_record(tip.store(), height)?, Space::Heights, &number_key(height.0))?;
    let update = reverse(tip, &record, records.iter().map(|(key, before)| (key, before.as_deref())))?;
    Ok(Some(tip.behind(Overwritten { records, pages: update.pages }, record, update.tree)))
}

/// The map of an earlier height: `before` are the values there of all records changed since.
fn reverse<'a, K: Kv>(
    tip: &View<K>,
    record: &HeightRecord,
    before: impl Iterator<Item = (&'a Vec<u8>, Option<&'a [u8]>)>,
) -> Result<Update, StoreError> {
    let changes = changes_of(record.height, before.map(|(key, value)| (key, value.map(value_hash))))?;
    let update = tip.tree().update(tip, &changes)?;
    if update.tree.root() != record.results.state_root {
        return Err(damaged(record.height, Damage::Root));
    }
    Ok(update)
}
