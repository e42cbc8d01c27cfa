//! The thread of the consensus log: append → flush → publish (D17).

use super::orders::{Answers, next_group};
use crate::error::{Durable, NodeError};
use crate::limits::GROUP_COMMIT_MAX;
use bencao_crypto::KeyId;
use bencao_genesis::Height;
use bencao_ledger::{Cell, LogFile, StoreError, Wal};
use bencao_replica::Input;
use std::sync::mpsc::Receiver;

/// Carried out in order.
#[derive(Debug)]
pub(crate) enum WalOrder {
    /// Empty the log for a height, at which this key votes.
    Reset(Height, KeyId),
    /// Append a record.
    Append(Vec<u8>),
    /// Make everything before it durable, and say so.
    Flush {
        /// Named in the answer.
        sequence: u64,
    },
}

/// Carries out orders until they end. Flushes that wait together cost one.
pub(crate) fn run<L: LogFile, C: Cell>(
    mut wal: Wal<L, C>,
    orders: &Receiver<WalOrder>,
    answers: &Answers,
) -> Result<(), NodeError> {
    while let Some(group) = next_group(orders, GROUP_COMMIT_MAX) {
        carry_out(&mut wal, group, answers).map_err(|source| NodeError::Durable { what: Durable::Wal, source })?;
    }
    Ok(())
}

fn carry_out<L: LogFile, C: Cell>(
    wal: &mut Wal<L, C>,
    group: Vec<WalOrder>,
    answers: &Answers,
) -> Result<(), StoreError> {
    let mut due = None;
    for order in group {
        match order {
            WalOrder::Append(record) => wal.append(&record)?,
            WalOrder::Flush { sequence } => due = Some(sequence),
            WalOrder::Reset(height, voter) => {
                // What a flush covers must not be emptied before it.
                flush(wal, due.take(), answers)?;
                wal.reset(height, voter)?;
            }
        }
    }
    flush(wal, due, answers)
}

fn flush<L: LogFile, C: Cell>(wal: &mut Wal<L, C>, due: Option<u64>, answers: &Answers) -> Result<(), StoreError> {
    let Some(sequence) = due else { return Ok(()) };
    wal.flush()?;
    // The main loop is gone only when the node stops.
    let _ = answers.send(Input::WalFlushed { sequence });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use bencao_ledger::memory::{MemoryCell, MemoryLog};
    use std::sync::mpsc::sync_channel;
    use tokio::sync::mpsc::unbounded_channel;

    #[test]
    fn flushes_are_answered_after_what_they_cover_and_a_reset_waits_for_them() {
        let log = MemoryLog::new();
        let (wal, _) = Wal::<_, MemoryCell>::open(log.clone(), vec![]).unwrap();
        let (orders, queue) = sync_channel(16);
        let (answers, mut said) = unbounded_channel();
        for order in [
            WalOrder::Reset(Height(1), KeyId([1; 20])),
            WalOrder::Append(vec![1]),
            WalOrder::Flush { sequence: 1 },
            WalOrder::Append(vec![2]),
            WalOrder::Flush { sequence: 2 },
            WalOrder::Reset(Height(2), KeyId([1; 20])),
            WalOrder::Append(vec![3]),
            WalOrder::Flush { sequence: 3 },
            WalOrder::Append(vec![4]),
        ] {
            orders.send(order).unwrap();
        }
        drop(orders);
        run(wal, &queue, &answers).unwrap();
        drop(answers);
        let mut flushed = Vec::new();
        while let Some(Input::WalFlushed { sequence }) = said.blocking_recv() {
            flushed.push(sequence);
        }
        assert_eq!(flushed, [2, 3], "the first two flushes are one");
        log.crash(|_| 0);
        let (_, recovered) = Wal::<_, MemoryCell>::open(log.clone(), log.reopen().unwrap()).unwrap();
        assert_eq!(recovered.height, Some(Height(2)));
        assert_eq!(recovered.entries.first(), Some(&vec![3]), "what follows in the group may be durable, too");
    }
}
