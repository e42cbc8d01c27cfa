//! A machine's executed state: the product's own, over a store that forgets.

use crate::keys::FastKeys;
use bencao_consensus::{Batch, Block};
use bencao_crypto::Digest;
use bencao_genesis::{Genesis, Height};
use bencao_ledger::memory::MemoryKv;
use bencao_ledger::{BlockStore, StateStore};
use bencao_replica::Executed;

/// State that has caught up with its blocks.
pub(crate) struct State(StateStore<MemoryKv>);

impl State {
    /// Opens and executes what a crash lost.
    pub(crate) fn open(kv: MemoryKv, genesis: &Genesis, blocks: &BlockStore<MemoryKv>) -> Result<State, String> {
        let state = StateStore::open(kv, genesis).map_err(|e| e.to_string())?;
        state.replay(blocks, &FastKeys).map_err(|e| e.to_string())?;
        Ok(State(state))
    }

    /// Executes the next block.
    pub(crate) fn execute(&self, block: &Block, batches: &[Batch]) -> Result<Executed, String> {
        let executed = self.0.execute(block, batches, &FastKeys).map_err(|e| e.to_string())?;
        Ok(Executed { transactions: executed.transactions().into_iter().map(|t| t.0).collect(), ..self.last() })
    }

    /// Results of the last executed height.
    pub(crate) fn last(&self) -> Executed {
        let view = self.0.view();
        Executed {
            height: view.height(),
            results: view.record().results,
            validators_after_next: self.0.validators(Height(view.height().0 + 2)).clone(),
            next_deadline: view.record().next_deadline,
            transactions: Vec::new(),
        }
    }

    /// Whether a transaction has a receipt that counts.
    pub(crate) fn is_final(&self, id: &Digest) -> bool {
        let placed = self.0.transaction(&bencao_chaincode::TransactionId(*id));
        placed.expect("memory does not fail").is_some()
    }

    /// Receipts of a block: transaction id, whether applied.
    pub(crate) fn receipts(&self, height: Height) -> Vec<(Digest, bool)> {
        let receipts = self.0.receipts(height).expect("memory does not fail");
        receipts.iter().map(|r| (r.transaction.0, r.is_applied())).collect()
    }
}
