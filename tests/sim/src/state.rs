//! Opaque state: a digest chain over executed transactions, rebuilt from the blocks at every start.

use bencao_consensus::{Batch, Block, Results, ValidatorSet};
use bencao_crypto::{Digest, sm3, tagged};
use bencao_genesis::{Genesis, Height};
use bencao_ledger::BlockStore;
use bencao_ledger::memory::MemoryKv;
use bencao_replica::Executed;
use std::collections::{BTreeMap, BTreeSet};

pub(crate) struct State {
    set: ValidatorSet,
    last: Executed,
    seen: BTreeSet<Digest>,
    receipts: BTreeMap<Height, Vec<(Digest, bool)>>,
}

impl State {
    pub(crate) fn open(_kv: MemoryKv, genesis: &Genesis, blocks: &BlockStore<MemoryKv>) -> Result<State, String> {
        let set = ValidatorSet::from_genesis(genesis);
        let last = Executed {
            height: Height::GENESIS,
            results: Results::default(),
            validators_after_next: set.clone(),
            next_deadline: None,
            transactions: vec![],
        };
        let mut state = State { set, last, seen: BTreeSet::new(), receipts: BTreeMap::new() };
        while let Some(block) = blocks.block(state.last.height.next()).map_err(|e| e.to_string())? {
            let batches = blocks.batches_of(&block.body).map_err(|e| e.to_string())?;
            state.execute(&block, &batches)?;
        }
        Ok(state)
    }

    pub(crate) fn execute(&mut self, block: &Block, batches: &[Batch]) -> Result<Executed, String> {
        let ids: Vec<Digest> = batches.iter().flat_map(|b| b.transactions.iter().map(|t| sm3(t))).collect();
        let mut root = self.last.results.state_root;
        let mut receipts = Vec::new();
        for id in &ids {
            let fresh = self.seen.insert(*id);
            if fresh {
                root = tagged("sim/state", &[&root.0, &id.0]);
            }
            receipts.push((*id, fresh));
        }
        self.receipts.insert(block.header.height, receipts);
        self.last = Executed {
            height: block.header.height,
            results: Results { state_root: root, receipts_root: block.header.id().0 },
            validators_after_next: self.set.clone(),
            next_deadline: None,
            transactions: ids,
        };
        Ok(self.last.clone())
    }

    pub(crate) fn last(&self) -> Executed {
        self.last.clone()
    }

    pub(crate) fn is_final(&self, id: &Digest) -> bool {
        self.seen.contains(id)
    }

    pub(crate) fn receipts(&self, height: Height) -> Vec<(Digest, bool)> {
        self.receipts.get(&height).cloned().unwrap_or_default()
    }
}
