//! The chaincode at work: blocks over a state in memory, and what its records say.

use crate::cast::{GENESIS, START};
use bencao_chaincode::custody::{Holds, Lifecycle, UnitRecord};
use bencao_chaincode::execute::DocumentRecord;
use bencao_chaincode::production::BatchRecord;
use bencao_chaincode::quality::VarietyHoldsRecord;
use bencao_chaincode::registry::{OrganisationRecord, ProductRecord};
use bencao_chaincode::state::{BatchRef, OrgNo, ProductNo, key};
use bencao_chaincode::tcm::{BatchLotsRecord, LotRecord, PieceRecord};
use bencao_chaincode::transaction::{DocumentNumber, SignedTransaction};
use bencao_chaincode::{
    BlockContext, BlockOutput, EventRecord, EventSource, ExecutionError, StateKey, StateView, Subject, UnitKey,
    ViewError, execute_block,
};
use bencao_crypto::{CodecError, KnownKeys, Signature, VerifyItem, decode};
use bencao_genesis::{Height, RegionCode, TimestampMs};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Every signature is right: the runs are about rules.
pub(crate) struct Trusting;

impl KnownKeys for Trusting {
    fn verify(&self, _: &VerifyItem) -> bool {
        true
    }
}

static FOUNDED: LazyLock<BTreeMap<StateKey, Vec<u8>>> =
    LazyLock::new(|| bencao_chaincode::genesis_state(&GENESIS).expect("the cast is well formed"));

/// State, events and time of a chain.
pub(crate) struct Ledger {
    pub(crate) state: BTreeMap<StateKey, Vec<u8>>,
    pub(crate) events: BTreeMap<Subject, Vec<EventRecord>>,
    pub(crate) time: u64,
    pub(crate) height: u64,
}

impl StateView for Ledger {
    fn get(&self, key: &StateKey) -> Result<Option<Vec<u8>>, ViewError> {
        Ok(self.state.get(key).cloned())
    }

    fn scan(&self, from: &StateKey, to: &StateKey, limit: usize) -> Result<Vec<(StateKey, Vec<u8>)>, ViewError> {
        Ok(self.state.range(from..to).take(limit).map(|(k, v)| (k.clone(), v.clone())).collect())
    }
}

impl EventSource for Ledger {
    fn events(&self, subject: &Subject, limit: usize) -> Result<Vec<EventRecord>, ViewError> {
        Ok(self.events.get(subject).map(|e| e.iter().take(limit).cloned().collect()).unwrap_or_default())
    }
}

/// A package as its records say, with what it has from the packages around it.
pub(crate) struct Standing {
    pub(crate) unit: UnitRecord,
    pub(crate) root: UnitRecord,
    pub(crate) around: Vec<UnitKey>,
    pub(crate) lifecycle: Lifecycle,
    pub(crate) holds: Holds,
}

impl Ledger {
    pub(crate) fn new() -> Ledger {
        Ledger { state: FOUNDED.clone(), events: BTreeMap::new(), time: START, height: 0 }
    }

    pub(crate) fn context(&self) -> BlockContext {
        BlockContext {
            chain: GENESIS.chain_id(),
            height: Height(self.height + 1),
            time: TimestampMs(self.time),
            rule_version: 1,
            limits: GENESIS.limits.clone(),
            params: GENESIS.params.clone(),
        }
    }

    /// Executes one block at the present time.
    pub(crate) fn block(&mut self, transactions: &[Vec<u8>]) -> Result<BlockOutput, ExecutionError> {
        self.block_with(transactions, &Trusting)
    }

    pub(crate) fn block_with(
        &mut self,
        transactions: &[Vec<u8>],
        keys: &dyn KnownKeys,
    ) -> Result<BlockOutput, ExecutionError> {
        let slices: Vec<&[u8]> = transactions.iter().map(Vec::as_slice).collect();
        let output = execute_block(self, &self.context(), &slices, keys)?;
        for (key, value) in &output.writes {
            match value {
                Some(value) => self.state.insert(key.clone(), value.clone()),
                None => self.state.remove(key),
            };
        }
        for event in &output.events {
            self.events.entry(event.subject).or_default().push(event.clone());
        }
        self.height += 1;
        Ok(output)
    }

    fn record<R>(&self, key: &StateKey, read: fn(&[u8], usize) -> Result<R, CodecError>) -> Option<R> {
        self.state.get(key).map(|bytes| read(bytes, 64 << 10).expect("a record that the chaincode wrote"))
    }

    pub(crate) fn unit(&self, code: &UnitKey) -> Option<UnitRecord> {
        self.record(&key::unit(code), decode)
    }

    pub(crate) fn batch(&self, batch: BatchRef) -> BatchRecord {
        self.record(&key::batch(batch), decode).expect("a batch that a unit names")
    }

    pub(crate) fn lot(&self, place: &StateKey) -> Option<LotRecord> {
        self.record(place, decode)
    }

    pub(crate) fn batch_lots(&self, batch: BatchRef) -> Option<BatchLotsRecord> {
        self.record(&key::batch_lots(batch), decode)
    }

    pub(crate) fn document(&self, principal: usize, number: &str) -> Option<DocumentRecord> {
        self.record(&key::document(org_no(principal), &DocumentNumber(number.into())), decode)
    }

    /// Reads a package and those around it (D7).
    pub(crate) fn standing(&self, code: &UnitKey) -> Option<Standing> {
        let unit = self.unit(code)?;
        let (mut root, mut around, mut holds) = (unit.clone(), Vec::new(), unit.holds);
        while let Some(membership) = root.parent {
            around.push(membership.parent);
            root = self.unit(&membership.parent).expect("a package around another");
            holds = holds.and(root.holds);
        }
        let mut lifecycle = if unit.lifecycle == Lifecycle::InStock { root.lifecycle } else { unit.lifecycle };
        let inside: Vec<BatchRef> = match &unit.content {
            Some(content) if !content.batches.is_empty() => content.batches.iter().map(|s| s.batch).collect(),
            _ => vec![unit.batch],
        };
        for batch in inside {
            let batch_record = self.batch(batch);
            if lifecycle == Lifecycle::InStock && !batch_record.released {
                lifecycle = Lifecycle::Commissioned;
            }
            let product: ProductRecord =
                self.record(&key::product(batch.product), decode).expect("the product of a batch");
            let holder = self.organisation(product.holder);
            let variety = self.variety(batch, holder.jurisdiction);
            holds = holds.and(batch_record.holds).and(product.holds).and(holder.holds).and(variety);
        }
        Some(Standing { unit, root, around, lifecycle, holds })
    }

    /// Holds on the variety of herb that a batch of 饮片 or 药材 is made of.
    fn variety(&self, batch: BatchRef, holder: RegionCode) -> Holds {
        let piece: Option<PieceRecord> = self.record(&key::piece(batch.product), decode);
        let lots: Option<BatchLotsRecord> = self.record(&key::batch_lots(batch), decode);
        let herb = piece.map(|piece| piece.herb).or(lots.as_ref().and_then(|lots| lots.herb));
        let record: Option<VarietyHoldsRecord> = herb.and_then(|herb| self.record(&key::variety_holds(herb), decode));
        let grown = lots.iter().flat_map(|lots| lots.places.iter().map(|place| place.region));
        let regions: Vec<RegionCode> = grown.chain([holder]).collect();
        record.map_or(Holds::NONE, |record| record.biting(&regions))
    }

    pub(crate) fn organisation(&self, number: OrgNo) -> OrganisationRecord {
        self.record(&key::organisation(number), decode).expect("an organisation by number")
    }
}

pub(crate) fn org_no(place: usize) -> OrgNo {
    OrgNo(place as u32 + 1)
}

pub(crate) fn product_no(place: usize) -> ProductNo {
    ProductNo(place as u32 + 1)
}

/// Bytes of a transaction; nobody looks at the signature.
pub(crate) fn signed(body: Vec<u8>) -> Vec<u8> {
    SignedTransaction { body, signature: Signature([0; 64]) }.to_bytes()
}
