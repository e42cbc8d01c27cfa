//! The ingress log: transactions that this node has accepted (`202`) and that are not final yet (D3).
//!
//! Record: transaction id (32), then the canonical signed transaction. Segments are filled one after the other and removed when
//! every transaction in them is forgotten. Forgetting is not written down: after a restart all transactions of the
//! remaining segments come back, and the replica drops those that are final or expired. A transaction lives at most 72 h (D5),
//! so segments do not pile up.

use crate::error::StoreError;
use crate::log::{LOG_RECORD_BYTES_MAX, LogDirectory, LogFile};
use bencao_crypto::Digest;
use std::collections::{BTreeMap, BTreeSet};

/// A segment that has grown to this many bytes is closed.
pub const SEGMENT_BYTES_MAX: u64 = 16 << 20;

/// Why an ingress log cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum IngressError {
    /// A record shorter than a transaction id.
    #[error("segment {segment} of the ingress log holds a malformed record")]
    Malformed {
        /// Number of the segment.
        segment: u64,
    },
    /// The log failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A transaction that the log held when it was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// Transaction id.
    pub id: Digest,
    /// Canonical signed transaction.
    pub transaction: Vec<u8>,
}

/// Accepted transactions over a [`LogDirectory`].
#[derive(Debug)]
pub struct IngressLog<D: LogDirectory> {
    directory: D,
    current: D::Log,
    current_segment: u64,
    current_bytes: u64,
    segment_bytes_max: u64,
    /// Transactions not forgotten yet, by segment. Every existing segment has an entry.
    live: BTreeMap<u64, BTreeSet<Digest>>,
}

impl<D: LogDirectory> IngressLog<D> {
    /// Opens the log and gives what it holds, oldest first.
    ///
    /// # Errors
    /// [`IngressError`].
    pub fn open(directory: D) -> Result<(IngressLog<D>, Vec<Accepted>), IngressError> {
        IngressLog::with_segment_bytes(directory, SEGMENT_BYTES_MAX)
    }

    fn with_segment_bytes(mut directory: D, max: u64) -> Result<(IngressLog<D>, Vec<Accepted>), IngressError> {
        let mut all = Vec::new();
        let mut live: BTreeMap<u64, BTreeSet<Digest>> = BTreeMap::new();
        let mut last = None;
        for segment in directory.segments()? {
            let (log, records) = directory.open(segment)?;
            let ids = live.entry(segment).or_default();
            let bytes = records.iter().map(|r| r.len() as u64).sum();
            for record in records {
                let (id, transaction) = record.split_at_checked(32).ok_or(IngressError::Malformed { segment })?;
                let id = Digest(id.try_into().expect("split at 32"));
                ids.insert(id);
                all.push(Accepted { id, transaction: transaction.to_vec() });
            }
            last = Some((segment, log, bytes));
        }
        let (current_segment, current, current_bytes) = match last {
            Some(last) => last,
            None => (1, directory.open(1)?.0, 0),
        };
        live.entry(current_segment).or_default();
        let log = IngressLog { directory, current, current_segment, current_bytes, segment_bytes_max: max, live };
        Ok((log, all))
    }

    /// Appends an accepted transaction; durable with the next flush.
    ///
    /// # Errors
    /// [`StoreError`]; the process stops.
    ///
    /// # Panics
    /// If the transaction is longer than a log record may be; admission has checked its length.
    pub fn append(&mut self, id: Digest, transaction: &[u8]) -> Result<(), StoreError> {
        assert!(transaction.len() + 32 <= LOG_RECORD_BYTES_MAX, "admission bounds transactions");
        if self.current_bytes >= self.segment_bytes_max {
            self.next_segment()?;
        }
        self.current.append(&[&id.0, transaction].concat())?;
        self.current_bytes += 32 + transaction.len() as u64;
        self.live.entry(self.current_segment).or_default().insert(id);
        Ok(())
    }

    /// Makes everything appended durable: one flush for all callers waiting.
    ///
    /// # Errors
    /// [`StoreError`]; the process stops.
    pub fn flush(&mut self) -> Result<(), StoreError> {
        self.current.flush()
    }

    /// These transactions are final or expired. Segments without any other are removed.
    ///
    /// # Errors
    /// [`StoreError`]; the process stops.
    pub fn forget(&mut self, ids: &[Digest]) -> Result<(), StoreError> {
        let ids: BTreeSet<&Digest> = ids.iter().collect();
        for live in self.live.values_mut() {
            live.retain(|id| !ids.contains(id));
        }
        let current = self.current_segment;
        let done: Vec<u64> =
            self.live.iter().filter(|(s, l)| **s != current && l.is_empty()).map(|(s, _)| *s).collect();
        for segment in done {
            self.directory.remove(segment)?;
            self.live.remove(&segment);
        }
        Ok(())
    }

    /// Transactions not forgotten yet.
    pub fn len(&self) -> usize {
        self.live.values().map(BTreeSet::len).sum()
    }

    /// Whether every transaction is forgotten.
    pub fn is_empty(&self) -> bool {
        self.live.values().all(BTreeSet::is_empty)
    }

    fn next_segment(&mut self) -> Result<(), StoreError> {
        self.current.flush()?;
        self.current_segment += 1;
        let (log, records) = self.directory.open(self.current_segment)?;
        assert!(records.is_empty(), "segment numbers are not used twice");
        self.current = log;
        self.current_bytes = 0;
        self.live.insert(self.current_segment, BTreeSet::new());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::MemoryDirectory;

    fn id(n: u8) -> Digest {
        Digest([n; 32])
    }

    #[test]
    fn flushed_transactions_come_back_until_their_segment_is_forgotten() {
        let directory = MemoryDirectory::new();
        let (mut log, none) = IngressLog::with_segment_bytes(directory.clone(), 70).unwrap();
        assert!(none.is_empty() && log.is_empty());
        for n in 1..=7 {
            log.append(id(n), &[n; 8]).unwrap();
        }
        log.flush().unwrap();
        assert_eq!(directory.segments().unwrap(), [1, 2, 3, 4]);
        log.append(id(8), &[8; 8]).unwrap();
        directory.crash(|_| 0);
        let (mut log, all) = IngressLog::with_segment_bytes(directory.clone(), 70).unwrap();
        let expected: Vec<Accepted> = (1..=7).map(|n| Accepted { id: id(n), transaction: vec![n; 8] }).collect();
        assert_eq!(all, expected);
        log.forget(&[id(1), id(3), id(4), id(7)]).unwrap();
        assert_eq!((directory.segments().unwrap(), log.len()), (vec![1, 3, 4], 3));
        log.forget(&[id(2), id(5), id(6), id(9)]).unwrap();
        assert_eq!(directory.segments().unwrap(), [4], "the open segment stays");
        log.append(id(1), b"again").unwrap();
        assert_eq!(log.len(), 1);
    }
}
