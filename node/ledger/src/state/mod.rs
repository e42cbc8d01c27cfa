//! Executed state: records under the authenticated map, receipts, events and the audit index.
//!
//! A pure function of genesis and the committed blocks. Executing a block is split: [`StateStore::prepare`] computes everything
//! and writes nothing, so it may start while votes are under way and its result be dropped; [`StateStore::commit`] is one
//! atomic write. The write is not synced: after a crash the state is some blocks behind, and [`StateStore::replay_next`]
//! executes them again from the block store, with equal bytes.
//!
//! Before a block is executed, the results that its header carries are compared with those of the state: a difference
//! is [`StateError::Diverged`] and means that this node computed something else than what the validators certified.

mod account;
mod audit;
mod error;
mod membership;
mod proof;
mod terms;
#[cfg(test)]
mod tests;
mod undo;
mod view;

pub use account::{Account, Comparison, DifferingRecord, RecordChange};
pub use audit::{Logged, Placed};
pub use error::{Divergence, StateError};
pub use proof::ProofBuildError;
pub use undo::UNDO_HEIGHTS;
pub use view::View;

use crate::blocks::{BlockStore, claim_chain};
use crate::error::{Damage, StoreError};
use crate::kv::{Durability, Kv, Order, Space, WriteBatch};
use crate::map::{Change, PageKey, Tree};
use crate::record::{load, must, number_key, seal};
use bencao_chaincode::receipt::receipts_root;
use bencao_chaincode::{
    AlarmRecord, BlockContext, BlockCounts, BlockOutput, EventRecord, Receipt, StateKey, TransactionId, execute_block,
    genesis_state,
};
use bencao_consensus::{Batch, Block, BlockId, Results, Terms};
use bencao_crypto::sparse::value_hashes;
use bencao_crypto::{Digest, KnownKeys};
use bencao_genesis::{ChainId, Genesis, Height, TimestampMs};
use bincode::{Decode, Encode};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, RwLock};
use terms::TermsIndex;
use undo::{Replaced, Undo, put_undo};
use view::Overwritten;

const TIP: &[u8] = b"tip";

/// Versions that stay readable beside those that somebody holds: the tip, the last certified one, and two for requests
/// that started just before.
pub const VIEWS_MAX: usize = 4;

/// Pages read by one scan at the start.
const LOAD_LIMIT: usize = 4096;

/// Sums over the chain from genesis on. Not hashed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode)]
pub struct Totals {
    /// Transactions in blocks, whatever their outcome.
    pub transactions: u64,
    /// Applied ones.
    pub applied: u64,
    /// Refused ones; the rest was met again.
    pub rejected: u64,
    /// Codes of applied bills.
    pub codes: u64,
    /// Alarms recorded.
    pub alarms: u64,
}

impl Totals {
    fn plus(self, counts: &BlockCounts) -> Totals {
        let of_block = u64::from(counts.applied) + u64::from(counts.rejected) + u64::from(counts.repeated);
        Totals {
            transactions: self.transactions + of_block,
            applied: self.applied + u64::from(counts.applied),
            rejected: self.rejected + u64::from(counts.rejected),
            codes: self.codes + counts.codes,
            alarms: self.alarms + u64::from(counts.alarms),
        }
    }
}

/// What is kept of every executed height; genesis is height 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode)]
pub struct HeightRecord {
    /// Which.
    pub height: Height,
    /// The block; zero at genesis.
    pub block: BlockId,
    /// Block time.
    pub time: TimestampMs,
    /// Roots after the block.
    pub results: Results,
    /// Earliest block time at which the state asks for a block of its own.
    pub next_deadline: Option<TimestampMs>,
    /// Transactions in the block, whatever their outcome.
    pub transactions: u32,
    /// Events of the block.
    pub events: u32,
    /// Sums up to and including the block.
    pub totals: Totals,
}

/// What executing a block gave.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Executed {
    /// Which block.
    pub height: Height,
    /// Roots, for the next header.
    pub results: Results,
    /// One a transaction, in order.
    pub receipts: Vec<Receipt>,
    /// In order.
    pub events: Vec<EventRecord>,
    /// In order of positions.
    pub alarms: Vec<AlarmRecord>,
    /// Sums for metrics.
    pub counts: BlockCounts,
    /// Earliest block time at which the state asks for a block of its own.
    pub next_deadline: Option<TimestampMs>,
    /// What governs height + 2.
    pub terms_after_next: Arc<Terms>,
}

impl Executed {
    /// Ids of the transactions in the block, whatever their outcome.
    pub fn transactions(&self) -> Vec<TransactionId> {
        self.receipts.iter().map(|r| r.transaction).collect()
    }
}

/// An executed block that is not written yet. Dropping it undoes everything.
#[derive(Debug)]
pub struct Prepared {
    executed: Executed,
    parent: BlockId,
    record: HeightRecord,
    tree: Tree,
    write: WriteBatch,
    overwritten: Overwritten,
    new_terms: terms::Changed,
}

impl Prepared {
    /// The block that was executed; compare it with the one decided.
    pub fn block(&self) -> BlockId {
        self.record.block
    }

    /// What came out.
    pub fn executed(&self) -> &Executed {
        &self.executed
    }
}

/// State over a [`Kv`] with [`Space::STATE`]. Any thread may take views; one thread executes.
#[derive(Debug)]
pub struct StateStore<K> {
    kv: Arc<K>,
    chain: ChainId,
    terms: TermsIndex,
    known: membership::Known,
    /// Oldest first, never empty; the last one is the tip.
    views: RwLock<VecDeque<View<K>>>,
    /// One commit at a time.
    committing: Mutex<()>,
}

impl<K: Kv> StateStore<K> {
    /// Opens the state of a chain and checks its root, or makes the state of genesis.
    ///
    /// # Errors
    /// [`StateError`].
    pub fn open(kv: K, genesis: &Genesis) -> Result<StateStore<K>, StateError> {
        let kv = Arc::new(kv);
        let chain = genesis.chain_id();
        claim_chain(&kv, Space::StateMeta, chain)?;
        let (height, tree) = match load::<Height>(&kv, Space::StateMeta, TIP)? {
            Some(height) => (height, load_tree(&kv)?),
            None => (Height::GENESIS, found(&kv, genesis)?),
        };
        let record = height_record(&kv, height)?;
        let record = must(record, Space::Heights, &number_key(height.0))?;
        if record.height != height || record.results.state_root != tree.root() {
            return Err(StoreError::damaged(Space::StateMeta, TIP, Damage::Root).into());
        }
        let view = View::new(Arc::clone(&kv), record, tree);
        let views = recent_views(view)?;
        let terms = TermsIndex::open(&kv)?;
        Ok(StateStore {
            kv,
            chain,
            terms,
            known: membership::Known::default(),
            views: RwLock::new(views),
            committing: Mutex::new(()),
        })
    }

    /// The last executed version.
    ///
    /// # Panics
    /// Never: there is always a version.
    pub fn view(&self) -> View<K> {
        self.read_views().back().expect("there is always a version").clone()
    }

    /// The version after a height, if it is in memory: one of the last [`VIEWS_MAX`].
    fn recent(&self, height: Height) -> Option<View<K>> {
        self.read_views().iter().find(|view| view.height() == height).cloned()
    }

    fn read_views(&self) -> std::sync::RwLockReadGuard<'_, VecDeque<View<K>>> {
        self.views.read().expect("no panic while holding the lock")
    }

    /// What is kept of the last executed height.
    pub fn tip(&self) -> HeightRecord {
        *self.view().record()
    }

    /// What is kept of an executed height.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn height_record(&self, height: Height) -> Result<Option<HeightRecord>, StoreError> {
        height_record(&self.kv, height)
    }

    /// Executes the block after the last executed one and writes nothing. `batches` are those that its body names, in order.
    ///
    /// # Errors
    /// [`StateError`].
    pub fn prepare(&self, block: &Block, batches: &[Batch], keys: &dyn KnownKeys) -> Result<Prepared, StateError> {
        let tip = self.view();
        let header = &block.header;
        if header.height != tip.height().next() {
            return Err(StateError::NotNext { tip: tip.height(), actual: header.height });
        }
        if header.parent != tip.record().block {
            return Err(StateError::Parent { height: header.height });
        }
        let own = tip.record().results;
        if header.previous_results != own {
            let divergence = Divergence { height: tip.height(), certified: header.previous_results, own };
            return Err(StateError::Diverged(Box::new(divergence)));
        }
        let transactions = transactions_of(batches);
        let terms = self.terms(header.height)?;
        let context = BlockContext {
            chain: self.chain,
            height: header.height,
            time: header.time,
            rule_version: header.rule_version,
            limits: terms.limits.clone(),
            params: terms.params.clone(),
        };
        let output = execute_block(&tip, &context, &transactions, keys)?;
        self.assemble(&tip, block, &transactions, output)
    }

    fn assemble(
        &self,
        tip: &View<K>,
        block: &Block,
        transactions: &[&[u8]],
        output: BlockOutput,
    ) -> Result<Prepared, StateError> {
        let after = hashes_after(output.writes.iter().map(|(key, value)| (key, value.as_deref())));
        let update = tip.tree().update(tip, &map_changes(&after))?;
        let results = Results { state_root: update.tree.root(), receipts_root: receipts_root(&output.receipts) };
        let record = HeightRecord {
            height: block.header.height,
            block: block.id(),
            time: block.header.time,
            results,
            next_deadline: output.next_deadline,
            transactions: count(output.receipts.len()),
            events: count(output.events.len()),
            totals: tip.record().totals.plus(&output.counts),
        };
        let height = block.header.height;
        let mut write = WriteBatch::new();
        put_height(&mut write, &record);
        put_pages(&mut write, &update.pages);
        let (terms_after_next, new_terms) = self.change_terms(&mut write, tip, height, &output.writes)?;
        let (transactions, documents) = audit::put_receipts(&mut write, &self.kv, &output.receipts, transactions)?;
        audit::put_log(&mut write, &output.events, &output.alarms);
        let keys: Vec<Vec<u8>> = output.writes.keys().map(StateKey::to_bytes).collect();
        let before = self.kv.get_many(Space::Records, &keys)?;
        let changed = keys.iter().zip(&before).zip(after.values());
        let records =
            changed.map(|((key, before), after)| Replaced { key: key.clone(), before: before.clone(), after: *after });
        let records = records.collect();
        put_undo(&mut write, height, &Undo { records, transactions, documents });
        for (key, value) in keys.iter().zip(output.writes.into_values()) {
            put_or_delete(&mut write, Space::Records, key, value);
        }
        let overwritten = Overwritten { records: keys.into_iter().zip(before).collect(), pages: update.before };
        let executed = Executed {
            height,
            results,
            receipts: output.receipts,
            events: output.events,
            alarms: output.alarms,
            counts: output.counts,
            next_deadline: output.next_deadline,
            terms_after_next,
        };
        let parent = tip.record().block;
        Ok(Prepared { executed, parent, record, tree: update.tree, write, overwritten, new_terms })
    }

    /// Writes an executed block in one atomic write and makes it the tip.
    ///
    /// # Errors
    /// [`StateError::NotNext`] or [`StateError::Parent`] if another block was committed since, [`StateError::Store`].
    ///
    /// # Panics
    /// Never: no lock is held across a panic.
    pub fn commit(&self, prepared: Prepared) -> Result<Executed, StateError> {
        let _one = self.committing.lock().expect("no panic while holding the lock");
        let tip = self.view();
        let Prepared { executed, parent, record, tree, write, overwritten, new_terms } = prepared;
        if executed.height != tip.height().next() {
            return Err(StateError::NotNext { tip: tip.height(), actual: executed.height });
        }
        if parent != tip.record().block {
            return Err(StateError::Parent { height: executed.height });
        }
        // What is overwritten becomes known before it is overwritten: readers of older versions look there last.
        let next = tip.supersede(overwritten, record, tree);
        self.kv.write(write, Durability::Buffered)?;
        self.terms.note(new_terms);
        let mut views = self.views.write().expect("no panic while holding the lock");
        views.push_back(next);
        while views.len() > VIEWS_MAX {
            views.pop_front();
        }
        Ok(executed)
    }

    /// [`StateStore::prepare`] and [`StateStore::commit`].
    ///
    /// # Errors
    /// [`StateError`].
    pub fn execute(&self, block: &Block, batches: &[Batch], keys: &dyn KnownKeys) -> Result<Executed, StateError> {
        self.commit(self.prepare(block, batches, keys)?)
    }

    /// Executes the next committed block; `None` when state has caught up with the blocks.
    ///
    /// # Errors
    /// [`StateError`].
    pub fn replay_next<B: Kv>(
        &self,
        blocks: &BlockStore<B>,
        keys: &dyn KnownKeys,
    ) -> Result<Option<Executed>, StateError> {
        let state = self.tip().height;
        let end = blocks.tip()?.map_or(Height::GENESIS, |tip| tip.height);
        if state > end {
            return Err(StateError::AheadOfBlocks { state, blocks: end });
        }
        if state == end {
            return Ok(None);
        }
        let height = state.next();
        let block = must(blocks.block(height)?, Space::Blocks, &number_key(height.0))?;
        let batches = blocks.batches_of(&block.body)?;
        self.execute(&block, &batches, keys).map(Some)
    }

    /// Executes all committed blocks that are not executed yet; how many there were.
    ///
    /// # Errors
    /// [`StateError`].
    pub fn replay<B: Kv>(&self, blocks: &BlockStore<B>, keys: &dyn KnownKeys) -> Result<u64, StateError> {
        let mut executed = 0;
        while self.replay_next(blocks, keys)?.is_some() {
            executed += 1;
        }
        Ok(executed)
    }
}

/// The transactions of a block in execution order: batch after batch.
fn transactions_of(batches: &[Batch]) -> Vec<&[u8]> {
    batches.iter().flat_map(|batch| batch.transactions.iter().map(Vec::as_slice)).collect()
}

fn height_record(kv: &impl Kv, height: Height) -> Result<Option<HeightRecord>, StoreError> {
    load(kv, Space::Heights, &number_key(height.0))
}

/// The tip and the versions before it that readers may still ask for, as far as the undo log has them.
fn recent_views<K: Kv>(tip: View<K>) -> Result<VecDeque<View<K>>, StoreError> {
    let mut views = VecDeque::from([tip.clone()]);
    for back in 1..VIEWS_MAX as u64 {
        let Some(height) = tip.height().0.checked_sub(back) else { break };
        let Some(view) = undo::past(&tip, Height(height))? else { break };
        views.push_front(view);
    }
    Ok(views)
}

fn load_tree(kv: &impl Kv) -> Result<Tree, StoreError> {
    let mut loader = Tree::load();
    let mut from = Vec::new();
    loop {
        let entries = kv.scan(Space::Pages, &from, &[], LOAD_LIMIT, Order::Ascending)?;
        loader.take(&entries)?;
        match entries.last() {
            Some((last, _)) if entries.len() == LOAD_LIMIT => from = [&last[..], &[0]].concat(),
            _ => return loader.finish(),
        }
    }
}

/// Writes the state of genesis as height 0.
fn found(kv: &impl Kv, genesis: &Genesis) -> Result<Tree, StateError> {
    let records = genesis_state(genesis)?;
    let after = hashes_after(records.iter().map(|(key, value)| (key, Some(&value[..]))));
    let update = Tree::default().update(&NoPages, &map_changes(&after))?;
    let record = HeightRecord {
        height: Height::GENESIS,
        block: BlockId::default(),
        time: genesis.time_ms,
        results: Results { state_root: update.tree.root(), receipts_root: receipts_root(&[]) },
        next_deadline: None,
        transactions: 0,
        events: 0,
        totals: Totals::default(),
    };
    let mut write = WriteBatch::new();
    put_height(&mut write, &record);
    put_pages(&mut write, &update.pages);
    terms::put_founding(&mut write, genesis);
    for (key, value) in records {
        write.put(Space::Records, key.to_bytes(), value);
    }
    kv.write(write, Durability::Synced)?;
    Ok(update.tree)
}

/// The pages of an empty map.
struct NoPages;

impl crate::map::Pages for NoPages {
    fn pages(&self, keys: &[PageKey]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        Ok(vec![None; keys.len()])
    }
}

/// Digest of each value, many at a time; none where a record is gone.
fn hashes_after<'a>(
    writes: impl Iterator<Item = (&'a StateKey, Option<&'a [u8]>)> + Clone,
) -> BTreeMap<&'a StateKey, Option<Digest>> {
    let mut hashes = value_hashes(writes.clone().filter_map(|(_, value)| value)).into_iter();
    writes.map(|(key, value)| (key, value.map(|_| hashes.next().expect("one digest for each value")))).collect()
}

fn map_changes(after: &BTreeMap<&StateKey, Option<Digest>>) -> Vec<Change> {
    let sorted: BTreeMap<[u8; 32], Option<Digest>> = after.iter().map(|(key, value)| (key.map_key(), *value)).collect();
    sorted.into_iter().map(|(key, value)| Change { key, value }).collect()
}

fn put_height(write: &mut WriteBatch, record: &HeightRecord) {
    write.put(Space::Heights, number_key(record.height.0), seal(record));
    put_tip(write, record.height);
}

fn put_tip(write: &mut WriteBatch, height: Height) {
    write.put(Space::StateMeta, TIP, seal(&height));
}

fn put_pages(write: &mut WriteBatch, pages: &BTreeMap<PageKey, Option<Vec<u8>>>) {
    for (key, value) in pages {
        put_or_delete(write, Space::Pages, key.as_bytes(), value.clone());
    }
}

fn put_or_delete(write: &mut WriteBatch, space: Space, key: &[u8], value: Option<Vec<u8>>) {
    match value {
        Some(value) => write.put(space, key, value),
        None => write.delete(space, key),
    }
}

fn count(n: usize) -> u32 {
    u32::try_from(n).expect("limits keep a block far below 2^32 items")
}
