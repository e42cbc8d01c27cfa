//! A machine's executed state: the product's own, over a store that forgets.

use crate::keys::FastKeys;
use bencao_chaincode::governance::Membership;
use bencao_consensus::{Batch, Block, CommitCertificate, Terms};
use bencao_crypto::Digest;
use bencao_genesis::{ChainId, Genesis, Height};
use bencao_ledger::memory::MemoryKv;
use bencao_ledger::{BlockStore, StateStore};
use bencao_replica::{Executed, Nodes};
use std::sync::Arc;

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
            terms_after_next: self.terms_at(view.height().next().next()).1,
            nodes: self.nodes(view.height().next()),
            next_deadline: view.record().next_deadline,
            transactions: Vec::new(),
        }
    }

    /// A height with what governs it.
    pub(crate) fn terms_at(&self, height: Height) -> (Height, Arc<Terms>) {
        (height, self.0.terms(height).expect("memory does not fail"))
    }

    /// Who may connect at a height.
    fn nodes(&self, height: Height) -> Arc<Nodes> {
        let membership = self.membership();
        Arc::new(membership.nodes_at(height).map(|n| (n.node_key.id(), n.organisation.clone())).collect())
    }

    /// Who takes part.
    pub(crate) fn membership(&self) -> Arc<Membership> {
        self.0.membership().expect("memory does not fail")
    }

    /// Whether the validators of its height signed a certificate.
    pub(crate) fn certifies(&self, certificate: &CommitCertificate, chain: ChainId) -> bool {
        certificate.verify(chain, self.terms_at(certificate.height).1.set(), &FastKeys).is_ok()
    }

    /// Proves from genesis what the newest certified state says about a code.
    pub(crate) fn prove(&self, blocks: &BlockStore<MemoryKv>, genesis: &Genesis) -> Result<usize, String> {
        let code = crate::workload::first_code();
        let proof = self.0.status_proof(blocks, &code).map_err(|e| e.to_string())?;
        proof.verify(genesis, &FastKeys).map_err(|e| e.to_string())?;
        Ok(proof.changes.len())
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
