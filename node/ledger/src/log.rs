//! Small durable files: append-only logs, folders of log segments, and a cell that is replaced as a whole.

use crate::error::StoreError;

/// Longest record of a log, bytes.
pub const LOG_RECORD_BYTES_MAX: usize = 4 << 20;

/// An append-only log of records. Opening one gives the records that survived, oldest first: all flushed ones and perhaps
/// some that were not; a torn end is cut off, damage before it is an error.
pub trait LogFile: Send {
    /// Adds a record of at most [`LOG_RECORD_BYTES_MAX`] bytes; durable after the next [`LogFile::flush`].
    ///
    /// # Errors
    /// [`StoreError`]; the process stops.
    ///
    /// # Panics
    /// If the record is longer.
    fn append(&mut self, record: &[u8]) -> Result<(), StoreError>;

    /// Makes everything appended durable.
    ///
    /// # Errors
    /// [`StoreError`]; the process stops.
    fn flush(&mut self) -> Result<(), StoreError>;

    /// Empties the log. The next [`LogFile::flush`] makes this and what was appended since durable, if anything was; a crash
    /// before that leaves the old records, or a part of the new ones, never neither.
    ///
    /// # Errors
    /// [`StoreError`]; the process stops.
    fn reset(&mut self) -> Result<(), StoreError>;
}

/// Numbered logs in one place.
pub trait LogDirectory: Send {
    /// The logs inside.
    type Log: LogFile;

    /// Numbers of the existing logs, ascending.
    ///
    /// # Errors
    /// [`StoreError`].
    fn segments(&self) -> Result<Vec<u64>, StoreError>;

    /// Opens a log, or makes an empty one.
    ///
    /// # Errors
    /// [`StoreError`], [`StoreError::LogDamaged`] in particular.
    fn open(&mut self, segment: u64) -> Result<(Self::Log, Vec<Vec<u8>>), StoreError>;

    /// Removes a log.
    ///
    /// # Errors
    /// [`StoreError`]; the process stops.
    fn remove(&mut self, segment: u64) -> Result<(), StoreError>;
}

/// Largest content of a cell, bytes.
pub const CELL_BYTES_MAX: usize = 1024;

/// One small value, replaced atomically and durably.
pub trait Cell: Send {
    /// The value, `None` if it was never stored.
    ///
    /// # Errors
    /// [`StoreError`].
    fn load(&self) -> Result<Option<Vec<u8>>, StoreError>;

    /// Replaces the value by at most [`CELL_BYTES_MAX`] bytes; durable on return. After a crash the old or the new value
    /// is there.
    ///
    /// # Errors
    /// [`StoreError`]; the process stops.
    fn store(&mut self, value: &[u8]) -> Result<(), StoreError>;
}
