//! Logs, folders of logs and cells in memory.

use super::InjectedFault;
use crate::error::{Operation, StoreError};
use crate::frame::{Position, recover_pair};
use crate::log::{CELL_BYTES_MAX, Cell, LogDirectory, LogFile};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

/// A [`LogFile`] in memory: the two files of [`crate::frame`]. Clones share the content.
#[derive(Clone)]
pub struct MemoryLog {
    inner: Arc<Mutex<Content>>,
}

struct Content {
    files: [Vec<u8>; 2],
    active: usize,
    position: Position,
    fails: bool,
}

impl Default for MemoryLog {
    fn default() -> MemoryLog {
        let empty = Content { files: [Vec::new(), Vec::new()], active: 0, position: Position::start(), fails: false };
        MemoryLog { inner: Arc::new(Mutex::new(empty)) }
    }
}

impl MemoryLog {
    /// An empty log.
    pub fn new() -> MemoryLog {
        MemoryLog::default()
    }

    fn lock(&self) -> MutexGuard<'_, Content> {
        self.inner.lock().expect("no panic while holding the lock")
    }

    /// Opens the log again: the records in it.
    ///
    /// # Errors
    /// [`StoreError::LogDamaged`].
    pub fn reopen(&self) -> Result<Vec<Vec<u8>>, StoreError> {
        let mut inner = self.lock();
        let [a, b] = &inner.files;
        let found = recover_pair([a, b])?;
        (inner.active, inner.position) = (found.file, found.position);
        inner.files[found.file].truncate(found.position.offset as usize);
        inner.position.mark_flushed();
        inner.fails = false;
        Ok(found.records)
    }

    /// Crash: `keep` gets the number of bytes that are not durable and says how many of them, from the front, survive.
    pub fn crash(&self, mut keep: impl FnMut(usize) -> usize) {
        let mut inner = self.lock();
        let (active, flushed) = (inner.active, inner.position.flushed as usize);
        let loose = inner.files[active].len() - flushed;
        inner.files[active].truncate(flushed + keep(loose).min(loose));
    }

    /// Lets every further write fail until the log is reopened.
    pub fn fail(&self) {
        self.lock().fails = true;
    }

    /// Changes the file in use behind the ledger's back, as a bad disk would.
    pub fn corrupt(&self, change: impl FnOnce(&mut Vec<u8>)) {
        let mut inner = self.lock();
        let active = inner.active;
        change(&mut inner.files[active]);
    }
}

impl Content {
    fn check(&self, operation: Operation) -> Result<(), StoreError> {
        if self.fails {
            return Err(StoreError::Failed { operation, source: Box::new(InjectedFault) });
        }
        Ok(())
    }
}

impl LogFile for MemoryLog {
    fn append(&mut self, record: &[u8]) -> Result<(), StoreError> {
        let mut inner = self.lock();
        inner.check(Operation::Write)?;
        let frame = inner.position.frame(record);
        let active = inner.active;
        inner.files[active].extend(frame);
        Ok(())
    }

    fn flush(&mut self) -> Result<(), StoreError> {
        let mut inner = self.lock();
        inner.check(Operation::Sync)?;
        inner.position.mark_flushed();
        Ok(())
    }

    fn reset(&mut self) -> Result<(), StoreError> {
        let mut inner = self.lock();
        inner.check(Operation::Write)?;
        // A reset after another that was not flushed starts the same file over: the other one holds the durable records.
        if inner.position.flushed > 0 {
            inner.active = 1 - inner.active;
        }
        let active = inner.active;
        inner.files[active].clear();
        inner.position.mark_reset();
        Ok(())
    }
}

/// A [`LogDirectory`] in memory. Clones share the content.
#[derive(Clone, Default)]
pub struct MemoryDirectory {
    logs: Arc<Mutex<BTreeMap<u64, MemoryLog>>>,
}

impl MemoryDirectory {
    /// An empty folder.
    pub fn new() -> MemoryDirectory {
        MemoryDirectory::default()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, MemoryLog>> {
        self.logs.lock().expect("no panic while holding the lock")
    }

    /// [`MemoryLog::crash`] for every log inside.
    pub fn crash(&self, mut keep: impl FnMut(usize) -> usize) {
        self.lock().values().for_each(|log| log.crash(&mut keep));
    }
}

impl LogDirectory for MemoryDirectory {
    type Log = MemoryLog;

    fn segments(&self) -> Result<Vec<u64>, StoreError> {
        Ok(self.lock().keys().copied().collect())
    }

    fn open(&mut self, segment: u64) -> Result<(MemoryLog, Vec<Vec<u8>>), StoreError> {
        let log = self.lock().entry(segment).or_default().clone();
        let records = log.reopen()?;
        Ok((log, records))
    }

    fn remove(&mut self, segment: u64) -> Result<(), StoreError> {
        self.lock().remove(&segment);
        Ok(())
    }
}

/// A [`Cell`] in memory. Clones share the content.
#[derive(Clone, Default)]
pub struct MemoryCell {
    value: Arc<Mutex<Option<Vec<u8>>>>,
}

impl MemoryCell {
    /// A cell that was never stored.
    pub fn new() -> MemoryCell {
        MemoryCell::default()
    }
}

impl Cell for MemoryCell {
    fn load(&self) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.value.lock().expect("no panic while holding the lock").clone())
    }

    fn store(&mut self, value: &[u8]) -> Result<(), StoreError> {
        assert!(value.len() <= CELL_BYTES_MAX, "cells hold small values");
        *self.value.lock().expect("no panic while holding the lock") = Some(value.to_vec());
        Ok(())
    }
}
