//! The thread that executes decided blocks, one after the other, and, should its results differ from certified ones, writes
//! down what it did.

use super::cache::BatchCache;
use super::directory::Directory;
use super::divergence::Reports;
use super::orders::Answers;
use crate::error::{Durable, NodeError};
use crate::metrics::{Label, Metrics};
use crate::stores::{Blocks, State};
use bencao_consensus::{Batch, BatchId, Block, Results};
use bencao_crypto::{KeyId, KnownKeys};
use bencao_genesis::Height;
use bencao_ledger::Executed;
use bencao_replica::{Input, Nodes};
use std::sync::Arc;
use std::sync::mpsc::Receiver;

/// Carried out in order.
#[derive(Debug)]
pub(crate) enum ExecutionOrder {
    /// Execute a committed block.
    Execute(Arc<Block>),
    /// The results of the last executed block differ from certified ones: write down what it did.
    Dump {
        /// The block's height.
        height: Height,
        /// Certified.
        certified: Results,
    },
    /// Compare a peer's account of that block.
    Compare {
        /// Who sent it.
        from: KeyId,
        /// Certified.
        certified: Results,
        /// As it came.
        account: Vec<u8>,
    },
}

/// What executing needs.
pub(crate) struct Executor {
    pub(crate) blocks: Arc<Blocks>,
    pub(crate) state: Arc<State>,
    pub(crate) cache: BatchCache,
    pub(crate) keys: Arc<dyn KnownKeys>,
    pub(crate) reports: Reports,
    pub(crate) directory: Directory,
}

impl Executor {
    /// Works until the orders end.
    pub(crate) fn run(
        &self,
        orders: &Receiver<ExecutionOrder>,
        answers: &Answers,
        metrics: &Metrics,
    ) -> Result<(), NodeError> {
        while let Ok(order) = orders.recv() {
            let answer = match order {
                ExecutionOrder::Execute(block) => {
                    let executed = self.execute(&block)?;
                    let nodes = self.directory.follow(&self.state);
                    let nodes = nodes.map_err(|source| NodeError::Durable { what: Durable::State, source })?;
                    let count = |kind, n: u32| metrics.transactions.get_or_create(&Label { kind }).inc_by(n.into());
                    count("applied", executed.counts.applied);
                    count("rejected", executed.counts.rejected);
                    count("repeated", executed.counts.repeated);
                    Input::Executed(for_replica(&executed, nodes))
                }
                ExecutionOrder::Dump { height, certified } => {
                    self.reports.dump(&self.state, height, certified)?;
                    continue;
                }
                ExecutionOrder::Compare { from, certified, account } => {
                    Input::Compared { proven: self.reports.compare(&self.state, from, certified, &account)? }
                }
            };
            // The main loop is gone only when the node stops.
            let _ = answers.send(answer);
        }
        Ok(())
    }

    /// Executes the block after the state's tip.
    fn execute(&self, block: &Block) -> Result<Executed, NodeError> {
        let batches = block.body.batches.iter().map(|id| self.batch(block, id)).collect::<Result<Vec<_>, _>>()?;
        let executed = self.state.execute(block, &batches, &*self.keys);
        executed.map_err(|source| NodeError::Execute { height: block.header.height, source })
    }

    fn batch(&self, block: &Block, id: &BatchId) -> Result<Batch, NodeError> {
        if let Some(kept) = self.cache.get(id) {
            return Ok(kept.batch.clone());
        }
        let found = self.blocks.batch(id).map_err(|source| NodeError::Durable { what: Durable::Blocks, source })?;
        let found = found.ok_or(NodeError::Missing { what: "batch", height: block.header.height })?;
        Ok(found.batch)
    }
}

/// The replica's view of what the ledger computed.
fn for_replica(executed: &Executed, nodes: Arc<Nodes>) -> bencao_replica::Executed {
    bencao_replica::Executed {
        height: executed.height,
        results: executed.results,
        terms_after_next: executed.terms_after_next.clone(),
        nodes,
        next_deadline: executed.next_deadline,
        transactions: executed.transactions().into_iter().map(|id| id.0).collect(),
    }
}
