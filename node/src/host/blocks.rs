//! The thread that writes the block store: batches in groups, decided blocks one by one, each durable before it is told.

use super::orders::{Answers, next_group};
use crate::error::{Durable, NodeError};
use crate::limits::{GROUP_COMMIT_BYTES_MAX, GROUP_COMMIT_MAX};
use bencao_consensus::{BatchId, Block, CommitCertificate, SignedBatch, Turns};
use bencao_ledger::{BlockStore, Kv, StoreError};
use bencao_replica::Input;
use std::sync::Arc;
use std::sync::mpsc::Receiver;

/// Carried out in order.
#[derive(Debug)]
pub(crate) enum BlockOrder {
    /// Store a batch.
    Batch(BatchId, Arc<SignedBatch>),
    /// Forget batches that expired.
    Drop(Vec<BatchId>),
    /// Store a decided block.
    Commit(Box<Decided>),
}

/// A decided block.
#[derive(Debug)]
pub(crate) struct Decided {
    pub(crate) block: Arc<Block>,
    pub(crate) certificate: CommitCertificate,
    /// In force at the next height.
    pub(crate) turns: Turns,
}

/// Carries out orders until they end.
pub(crate) fn run<K: Kv>(
    store: &BlockStore<K>,
    orders: &Receiver<BlockOrder>,
    answers: &Answers,
) -> Result<(), NodeError> {
    while let Some(group) = next_group(orders, GROUP_COMMIT_MAX) {
        let mut writer = Writer { store, answers, waiting: Vec::new(), waiting_bytes: 0 };
        for order in group {
            writer.carry_out(order)?;
        }
        writer.write_batches()?;
    }
    Ok(())
}

struct Writer<'a, K: Kv> {
    store: &'a BlockStore<K>,
    answers: &'a Answers,
    /// Batches that will share one write.
    waiting: Vec<(BatchId, Arc<SignedBatch>)>,
    waiting_bytes: usize,
}

impl<K: Kv> Writer<'_, K> {
    fn carry_out(&mut self, order: BlockOrder) -> Result<(), NodeError> {
        match order {
            BlockOrder::Batch(id, batch) => {
                self.waiting_bytes += batch.batch.transactions.iter().map(Vec::len).sum::<usize>();
                self.waiting.push((id, batch));
                if self.waiting_bytes >= GROUP_COMMIT_BYTES_MAX { self.write_batches() } else { Ok(()) }
            }
            BlockOrder::Drop(ids) => {
                self.write_batches()?;
                self.store.remove_batches(&ids).map_err(failed)
            }
            BlockOrder::Commit(decided) => {
                self.write_batches()?;
                let Decided { block, certificate, turns } = *decided;
                self.store.commit(&block, &certificate, &turns)?;
                self.answer(Input::Committed(block.header.height));
                Ok(())
            }
        }
    }

    fn write_batches(&mut self) -> Result<(), NodeError> {
        self.waiting_bytes = 0;
        let waiting = std::mem::take(&mut self.waiting);
        if waiting.is_empty() {
            return Ok(());
        }
        self.store.put_batches(waiting.iter().map(|(_, batch)| &**batch)).map_err(failed)?;
        for (id, _) in waiting {
            self.answer(Input::BatchStored(id));
        }
        Ok(())
    }

    fn answer(&self, input: Input) {
        // The main loop is gone only when the node stops.
        let _ = self.answers.send(input);
    }
}

fn failed(source: StoreError) -> NodeError {
    NodeError::Durable { what: Durable::Blocks, source }
}
