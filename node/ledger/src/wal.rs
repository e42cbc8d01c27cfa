//! The consensus log: what this node said at the current height, durable before anybody hears it (D17).
//!
//! Records: the height with the key that votes at it (`0x00 ‖ u64, little endian ‖ key id, 20`) first, then entries
//! (`0x01 ‖ bytes`). A new height empties the log.
//!
//! Order: reset, append, flush the log, *then* raise the high-water mark, then publish. So after a plain crash the log is at the
//! mark or ahead of it; only a log that was restored from an older image, or lost, is behind its mark.

use crate::error::StoreError;
use crate::high_water::HighWater;
use crate::log::{Cell, LogFile};
use bencao_crypto::KeyId;
use bencao_genesis::Height;
use std::collections::BTreeMap;

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
    /// The key that voted at that height.
    pub voter: Option<KeyId>,
    /// Entries of that height, oldest first.
    pub entries: Vec<Vec<u8>>,
}

impl Recovered {
    /// Entries if they are of this height. An older height has been decided: nothing is left to say about it.
    pub fn entries_of(&self, height: Height) -> &[Vec<u8>] {
        if self.height == Some(height) { &self.entries } else { &[] }
    }
}

/// The consensus log with the marks of this node's validator keys.
#[derive(Debug)]
pub struct Wal<L, C> {
    log: L,
    marks: BTreeMap<KeyId, HighWater<C>>,
    at: Option<(Height, KeyId)>,
}

impl<L: LogFile, C: Cell> Wal<L, C> {
    /// Takes over an opened log with its surviving records.
    ///
    /// # Errors
    /// [`WalError::Malformed`].
    pub fn open(log: L, records: Vec<Vec<u8>>) -> Result<(Wal<L, C>, Recovered), WalError> {
        let mut at = None;
        let mut entries = Vec::new();
        for (index, record) in records.iter().enumerate() {
            match (index, record.split_first()) {
                (0, Some((&KIND_HEIGHT, rest))) => at = Some(read_height(rest).ok_or(WalError::Malformed { index })?),
                (1.., Some((&KIND_ENTRY, rest))) => entries.push(rest.to_vec()),
                _ => return Err(WalError::Malformed { index }),
            }
        }
        let (height, voter) = at.unzip();
        Ok((Wal { log, marks: BTreeMap::new(), at }, Recovered { height, voter, entries }))
    }

    /// Takes over the marks of this node's validator keys, before the first reset: whether each may go on signing.
    pub fn guard(&mut self, marks: Vec<HighWater<C>>) -> BTreeMap<KeyId, Result<(), SigningRefused>> {
        let log = self.height();
        let signing = marks.iter().map(|m| (m.key(), may_sign(m.height(), log))).collect();
        self.marks = marks.into_iter().map(|m| (m.key(), m)).collect();
        signing
    }

    /// Empties the log for a height, at which `voter` votes. Durable with the next flush.
    ///
    /// # Errors
    /// [`StoreError`]; the process stops.
    ///
    /// # Panics
    /// If the height is lower than the log's.
    pub fn reset(&mut self, height: Height, voter: KeyId) -> Result<(), StoreError> {
        assert!(self.at.is_none_or(|(now, _)| now <= height), "heights only grow");
        self.log.reset()?;
        self.log.append(&[&[KIND_HEIGHT][..], &height.0.to_le_bytes(), &voter.0].concat())?;
        self.at = Some((height, voter));
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
        assert!(self.at.is_some(), "entries belong to a height");
        self.log.append(&[&[KIND_ENTRY], entry].concat())
    }

    /// Makes all entries durable and raises the mark of the key that votes to their height. What they say may be published
    /// after this.
    ///
    /// # Errors
    /// [`StoreError`]; the process stops.
    pub fn flush(&mut self) -> Result<(), StoreError> {
        self.log.flush()?;
        let Some((height, voter)) = self.at else { return Ok(()) };
        self.marks.get_mut(&voter).map_or(Ok(()), |mark| mark.raise(height))
    }

    /// The height of the log.
    pub fn height(&self) -> Option<Height> {
        self.at.map(|(height, _)| height)
    }
}

fn read_height(bytes: &[u8]) -> Option<(Height, KeyId)> {
    let (height, voter) = bytes.split_first_chunk::<8>()?;
    Some((Height(u64::from_le_bytes(*height)), KeyId(voter.try_into().ok()?)))
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

    const KEY: KeyId = KeyId([2; 20]);
    const NEXT: KeyId = KeyId([3; 20]);

    fn mark_of(cell: &MemoryCell, key: KeyId) -> HighWater<MemoryCell> {
        HighWater::open(cell.clone(), ChainId(Digest([1; 32])), key).unwrap()
    }

    fn mark(cell: &MemoryCell) -> HighWater<MemoryCell> {
        mark_of(cell, KEY)
    }

    type Signing = BTreeMap<KeyId, Result<(), SigningRefused>>;

    fn open_with(
        log: &MemoryLog,
        marks: Vec<HighWater<MemoryCell>>,
    ) -> (Wal<MemoryLog, MemoryCell>, Recovered, Signing) {
        let (mut wal, recovered) = Wal::open(log.clone(), log.reopen().unwrap()).unwrap();
        let signing = wal.guard(marks);
        (wal, recovered, signing)
    }

    fn open(log: &MemoryLog, cell: &MemoryCell) -> (Wal<MemoryLog, MemoryCell>, Recovered, Signing) {
        open_with(log, vec![mark(cell)])
    }

    #[test]
    fn entries_of_the_last_height_survive_a_crash_at_every_step() {
        // Steps: reset 1, append a, flush, append b, reset 2, append c, flush; crash after `steps` of them.
        for steps in 0..=7 {
            for keep in [0, 1, 30, usize::MAX] {
                let (log, cell) = (MemoryLog::new(), MemoryCell::new());
                mark(&cell).raise(Height(0)).unwrap();
                let (mut wal, fresh, signing) = open(&log, &cell);
                assert_eq!((fresh.height, signing[&KEY]), (None, Ok(())));
                for step in 0..steps {
                    match step {
                        0 => wal.reset(Height(1), KEY).unwrap(),
                        1 => wal.append(b"a").unwrap(),
                        3 => wal.append(b"b").unwrap(),
                        4 => wal.reset(Height(2), KEY).unwrap(),
                        5 => wal.append(b"c").unwrap(),
                        _ => wal.flush().unwrap(),
                    }
                }
                log.crash(|_| keep);
                let (_, got, signing) = open(&log, &cell);
                // What was flushed and not reset since must be there.
                if (3..=4).contains(&steps) || (5..7).contains(&steps) && keep <= 1 {
                    assert_eq!(got.entries_of(Height(1)).first(), Some(&b"a".to_vec()));
                }
                if steps == 7 {
                    assert_eq!(got.entries_of(Height(2)), [b"c"]);
                }
                // Nothing was published for height 2 before its flush, so losing it is no reason to refuse.
                assert_eq!(signing[&KEY], Ok(()), "steps {steps}, keep {keep}");
            }
        }
    }

    #[test]
    fn a_restored_log_or_a_lost_mark_refuses_to_sign() {
        let (log, cell) = (MemoryLog::new(), MemoryCell::new());
        let (mut wal, _, signing) = open(&log, &cell);
        assert_eq!(signing[&KEY], Err(SigningRefused::MarkAbsent));
        wal.reset(Height(9), KEY).unwrap();
        wal.flush().unwrap();
        let (_, _, signing) = open(&MemoryLog::new(), &cell);
        assert_eq!(signing[&KEY], Err(SigningRefused::MarkAhead { mark: Height(9), log: Height(0) }));
    }

    #[test]
    fn foreign_records_are_refused() {
        for records in
            [vec![vec![]], vec![vec![1, 2]], vec![vec![0, 1]], vec![vec![0; 9]], vec![vec![0; 29], vec![0; 29]]]
        {
            let opened = Wal::<_, MemoryCell>::open(MemoryLog::new(), records);
            assert!(matches!(opened, Err(WalError::Malformed { .. })));
        }
    }

    #[test]
    fn each_key_has_its_own_mark_and_the_log_says_whose_it_is() {
        let (log, cells) = (MemoryLog::new(), [MemoryCell::new(), MemoryCell::new()]);
        let open = || open_with(&log, vec![mark_of(&cells[0], KEY), mark_of(&cells[1], NEXT)]);
        mark_of(&cells[1], NEXT).raise(Height(0)).unwrap();
        let (mut wal, _, _) = open();
        wal.reset(Height(5), NEXT).unwrap();
        wal.append(b"a").unwrap();
        wal.flush().unwrap();
        let (_, got, signing) = open();
        assert_eq!((got.height, got.voter), (Some(Height(5)), Some(NEXT)));
        assert_eq!(signing[&NEXT], Ok(()));
        assert_eq!(signing[&KEY], Err(SigningRefused::MarkAbsent), "nobody made a mark for a key that did not vote");
        assert_eq!(mark_of(&cells[1], NEXT).height(), Some(Height(5)));
    }
}
