//! The consensus log: what this node said at the current height, durable before anybody hears it (D17).
//!
//! Records: the height (`0x00 ‖ u64`, little endian) first, then entries (`0x01 ‖ bytes`). A new height empties the log.
//!
//! Order: reset, append, flush the log, *then* raise the high-water mark, then publish. So after a plain crash the log is at the
//! mark or ahead of it; only a log that was restored from an older image, or lost, is behind its mark.

use crate::error::StoreError;
use crate::high_water::HighWater;
use crate::log::{Cell, LogFile};
use bencao_genesis::Height;

const KIND_HEIGHT: u8 = 0;
const KIND_ENTRY: u8 = 1;

/// Why a consensus log cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum WalError {
    /// Records that this build does not write.
    #[error("record {index} of the consensus log is malformed")]
    Malformed {
        /// Position from 0.
        index: usize,
    },
    /// The log failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why this node must not vote: it may have voted already where its log knows nothing (D17).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SigningRefused {
    /// No mark: a lost disk, or a new one for an old key.
    #[error("there is no high-water mark for this key")]
    MarkAbsent,
    /// The log is older than the mark: a restored image.
    #[error("high-water mark is at height {mark}, but the consensus log ends at {log}")]
    MarkAhead {
        /// Height of the mark.
        mark: Height,
        /// Height of the log; 0 if it is empty.
        log: Height,
    },
}

/// What a log held when it was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovered {
    /// Height of the entries; `None` for an empty log.
    pub height: Option<Height>,
    /// Entries of that height, oldest first.
    pub entries: Vec<Vec<u8>>,
    /// Whether the node may go on signing.
    pub signing: Result<(), SigningRefused>,
}

impl Recovered {
    /// Entries if they are of this height. An older height has been decided: nothing is left to say about it.
    pub fn entries_of(&self, height: Height) -> &[Vec<u8>] {
        if self.height == Some(height) { &self.entries } else { &[] }
    }
}

/// The consensus log with the mark of the validator key, if this node has one.
#[derive(Debug)]
pub struct Wal<L, C> {
    log: L,
    mark: Option<HighWater<C>>,
    height: Option<Height>,
}

impl<L: LogFile, C: Cell> Wal<L, C> {
    /// Takes over an opened log with its surviving records.
    ///
    /// # Errors
    /// [`WalError::Malformed`].
    pub fn open(log: L, records: Vec<Vec<u8>>, mark: Option<HighWater<C>>) -> Result<(Wal<L, C>, Recovered), WalError> {
        let mut height = None;
        let mut entries = Vec::new();
        for (index, record) in records.iter().enumerate() {
            match (index, record.split_first()) {
                (0, Some((&KIND_HEIGHT, rest))) => {
                    let bytes = <[u8; 8]>::try_from(rest).map_err(|_| WalError::Malformed { index })?;
                    height = Some(Height(u64::from_le_bytes(bytes)));
                }
                (1.., Some((&KIND_ENTRY, rest))) => entries.push(rest.to_vec()),
                _ => return Err(WalError::Malformed { index }),
            }
        }
        let signing = mark.as_ref().map_or(Ok(()), |m| may_sign(m.height(), height));
        Ok((Wal { log, mark, height }, Recovered { height, entries, signing }))
    }

    /// Empties the log for a height. Durable with the next flush.
    ///
    /// # Errors
    /// [`StoreError`]; the process stops.
    ///
    /// # Panics
    /// If the height is lower than the log's.
    pub fn reset(&mut self, height: Height) -> Result<(), StoreError> {
        assert!(self.height.is_none_or(|now| now <= height), "heights only grow");
        self.log.reset()?;
        self.log.append(&[&[KIND_HEIGHT][..], &height.0.to_le_bytes()].concat())?;
        self.height = Some(height);
        Ok(())
    }

    /// Appends an entry of the height that the log was reset to.
    ///
    /// # Errors
    /// [`StoreError`]; the process stops.
    ///
    /// # Panics
    /// Before the first reset.
    pub fn append(&mut self, entry: &[u8]) -> Result<(), StoreError> {
        assert!(self.height.is_some(), "entries belong to a height");
        self.log.append(&[&[KIND_ENTRY], entry].concat())
    }

    /// Makes all entries durable and raises the mark to their height. What they say may be published after this.
    ///
    /// # Errors
    /// [`StoreError`]; the process stops.
    pub fn flush(&mut self) -> Result<(), StoreError> {
        self.log.flush()?;
        match (&mut self.mark, self.height) {
            (Some(mark), Some(height)) => mark.raise(height),
            _ => Ok(()),
        }
    }

    /// The height of the log.
    pub fn height(&self) -> Option<Height> {
        self.height
    }
}

fn may_sign(mark: Option<Height>, log: Option<Height>) -> Result<(), SigningRefused> {
    let mark = mark.ok_or(SigningRefused::MarkAbsent)?;
    let log = log.unwrap_or(Height::GENESIS);
    if mark > log { Err(SigningRefused::MarkAhead { mark, log }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::{MemoryCell, MemoryLog};
    use bencao_crypto::{Digest, KeyId};
    use bencao_genesis::ChainId;

    fn mark(cell: &MemoryCell) -> HighWater<MemoryCell> {
        HighWater::open(cell.clone(), ChainId(Digest([1; 32])), KeyId([2; 20])).unwrap()
    }

    fn open(log: &MemoryLog, cell: &MemoryCell) -> (Wal<MemoryLog, MemoryCell>, Recovered) {
        Wal::open(log.clone(), log.reopen().unwrap(), Some(mark(cell))).unwrap()
    }

    #[test]
    fn entries_of_the_last_height_survive_a_crash_at_every_step() {
        // Steps: reset 1, append a, flush, append b, reset 2, append c, flush; crash after `steps` of them.
        for steps in 0..=7 {
            for keep in [0, 1, 30, usize::MAX] {
                let (log, cell) = (MemoryLog::new(), MemoryCell::new());
                mark(&cell).raise(Height(0)).unwrap();
                let (mut wal, fresh) = open(&log, &cell);
                assert_eq!((fresh.height, fresh.signing), (None, Ok(())));
                for step in 0..steps {
                    match step {
                        0 => wal.reset(Height(1)).unwrap(),
                        1 => wal.append(b"a").unwrap(),
                        3 => wal.append(b"b").unwrap(),
                        4 => wal.reset(Height(2)).unwrap(),
                        5 => wal.append(b"c").unwrap(),
                        _ => wal.flush().unwrap(),
                    }
                }
                log.crash(|_| keep);
                let (_, got) = open(&log, &cell);
                // What was flushed and not reset since must be there.
                if (3..=4).contains(&steps) || (5..7).contains(&steps) && keep <= 1 {
                    assert_eq!(got.entries_of(Height(1)).first(), Some(&b"a".to_vec()));
                }
                if steps == 7 {
                    assert_eq!(got.entries_of(Height(2)), [b"c"]);
                }
                // Nothing was published for height 2 before its flush, so losing it is no reason to refuse.
                assert_eq!(got.signing, Ok(()), "steps {steps}, keep {keep}");
            }
        }
    }

    #[test]
    fn a_restored_log_or_a_lost_mark_refuses_to_sign() {
        let (log, cell) = (MemoryLog::new(), MemoryCell::new());
        let (mut wal, fresh) = open(&log, &cell);
        assert_eq!(fresh.signing, Err(SigningRefused::MarkAbsent));
        wal.reset(Height(9)).unwrap();
        wal.flush().unwrap();
        let (_, restored) = open(&MemoryLog::new(), &cell);
        assert_eq!(restored.signing, Err(SigningRefused::MarkAhead { mark: Height(9), log: Height(0) }));
    }

    #[test]
    fn foreign_records_are_refused() {
        for records in [vec![vec![]], vec![vec![1, 2]], vec![vec![0, 1]], vec![vec![0; 9], vec![0; 9]]] {
            let opened = Wal::<_, MemoryCell>::open(MemoryLog::new(), records, None);
            assert!(matches!(opened, Err(WalError::Malformed { .. })));
        }
    }
}
