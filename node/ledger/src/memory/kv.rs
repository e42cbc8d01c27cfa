//! The key-value store in memory.

use super::InjectedFault;
use crate::error::{Operation, StoreError};
use crate::kv::{Change, Durability, Entry, Kv, KvRead, Order, Space, WriteBatch};
use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard};

/// Most buffered writes that a crash may lose; older ones count as written back by the operating system.
pub const UNSYNCED_WRITES_MAX: usize = 64;

/// A [`Kv`] in memory. Clones share the content.
#[derive(Clone, Default)]
pub struct MemoryKv {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    values: BTreeMap<(Space, Vec<u8>), Vec<u8>>,
    /// For each unsynced write, oldest first, what it replaced, newest change last.
    undo: VecDeque<Vec<Change>>,
    /// Writes that still succeed, if a fault is planned.
    writes_left: Option<u64>,
    writes: u64,
    stopped: bool,
}

impl MemoryKv {
    /// An empty store.
    pub fn new() -> MemoryKv {
        MemoryKv::default()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("no panic while holding the lock")
    }

    /// Crash and restart: `keep` gets the number of writes that are not durable and says how many of them, from the
    /// oldest on, survive (more than there are means all). A planned fault is forgotten.
    pub fn crash(&self, mut keep: impl FnMut(usize) -> usize) {
        let mut inner = self.lock();
        let keep = keep(inner.undo.len());
        while inner.undo.len() > keep {
            let changes = inner.undo.pop_back().expect("longer than `keep`");
            for (space, key, old) in changes.into_iter().rev() {
                inner.set((space, key), old);
            }
        }
        inner.undo.clear();
        inner.writes_left = None;
        inner.stopped = false;
    }

    /// Lets `writes` more writes succeed; then all fail until [`MemoryKv::crash`].
    pub fn fail_after(&self, writes: u64) {
        self.lock().writes_left = Some(writes);
    }

    /// Writes carried out since the store was made.
    pub fn writes(&self) -> u64 {
        self.lock().writes
    }

    /// Changes a stored value behind the ledger's back, as a bad disk would.
    pub fn corrupt(&self, space: Space, key: &[u8], change: impl FnOnce(&mut Vec<u8>)) {
        if let Some(value) = self.lock().values.get_mut(&(space, key.to_vec())) {
            change(value);
        }
    }

    /// Another store with the same content, all of it durable.
    pub fn copy(&self) -> MemoryKv {
        let inner = Inner { values: self.lock().values.clone(), ..Inner::default() };
        MemoryKv { inner: Arc::new(Mutex::new(inner)) }
    }

    /// Everything stored, in order. For comparing stores.
    pub fn dump(&self) -> Vec<(Space, Vec<u8>, Vec<u8>)> {
        self.lock().values.iter().map(|((s, k), v)| (*s, k.clone(), v.clone())).collect()
    }
}

impl Inner {
    fn set(&mut self, key: (Space, Vec<u8>), value: Option<Vec<u8>>) -> Option<Vec<u8>> {
        match value {
            Some(value) => self.values.insert(key, value),
            None => self.values.remove(&key),
        }
    }

    fn count_write(&mut self) -> Result<(), StoreError> {
        if self.stopped {
            return Err(StoreError::Stopped);
        }
        if let Some(left) = &mut self.writes_left {
            if *left == 0 {
                self.stopped = true;
                return Err(StoreError::Failed { operation: Operation::Write, source: Box::new(InjectedFault) });
            }
            *left -= 1;
        }
        self.writes += 1;
        Ok(())
    }
}

impl KvRead for MemoryKv {
    fn get(&self, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.lock().values.get(&(space, key.to_vec())).cloned())
    }

    fn scan(&self, space: Space, from: &[u8], to: &[u8], limit: usize, order: Order) -> Result<Vec<Entry>, StoreError> {
        if !to.is_empty() && from >= to {
            return Ok(Vec::new());
        }
        let inner = self.lock();
        let end = |key: &[u8]| if key.is_empty() { Bound::Unbounded } else { Bound::Excluded((space, key.to_vec())) };
        let range = inner.values.range((Bound::Included((space, from.to_vec())), end(to)));
        let here = range.filter(|((s, _), _)| *s == space).map(|((_, k), v)| (k.clone(), v.clone()));
        Ok(match order {
            Order::Ascending => here.take(limit).collect(),
            Order::Descending => here.rev().take(limit).collect(),
        })
    }
}

impl Kv for MemoryKv {
    fn write(&self, batch: WriteBatch, durability: Durability) -> Result<(), StoreError> {
        let mut inner = self.lock();
        inner.count_write()?;
        let mut undo = Vec::new();
        for (space, key, value) in batch.into_changes() {
            let old = inner.set((space, key.clone()), value);
            undo.push((space, key, old));
        }
        inner.undo.push_back(undo);
        match durability {
            Durability::Synced => inner.undo.clear(),
            Durability::Buffered if inner.undo.len() > UNSYNCED_WRITES_MAX => drop(inner.undo.pop_front()),
            Durability::Buffered => {}
        }
        Ok(())
    }
}
