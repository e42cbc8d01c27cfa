//! The files of a node: what lies where, and opening it.
//!
//! `DATA/lock` (one process), `DATA/blocks` and `DATA/state` (RocksDB), `DATA/wal` (consensus log), `DATA/ingress`
//! (accepted bills). `HOME/signer` holds the high-water mark of each validator key, apart from the data on purpose (D17).

use crate::error::{Durable, NodeError};
use crate::home::Home;
use bencao_crypto::KeyId;
use bencao_genesis::Height;
use bencao_ledger::ingress::Accepted;
use bencao_ledger::{BlockStore, HighWater, IngressLog, Recovered, SigningRefused, StateStore, Wal};
use bencao_store::{FileCell, FileDirectory, FileLog, Instance, RocksKv, RocksOptions};
use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::path::Path;
use std::sync::Arc;

pub(crate) type Blocks = BlockStore<RocksKv>;
pub(crate) type State = StateStore<RocksKv>;
pub(crate) type View = bencao_ledger::View<RocksKv>;

/// Folder of the high-water mark, in the home.
pub(crate) const SIGNER_FOLDER: &str = "signer";

/// Everything opened.
pub(crate) struct Stores {
    pub(crate) blocks: Arc<Blocks>,
    pub(crate) state: Arc<State>,
    pub(crate) wal: Wal<FileLog, FileCell>,
    pub(crate) recovered: Recovered,
    /// The node has never had data.
    pub(crate) is_new: bool,
    pub(crate) ingress: IngressLog<FileDirectory>,
    pub(crate) accepted: Vec<Accepted>,
    /// Held while the node runs.
    pub(crate) lock: File,
}

/// Opens the stores of a home, making those that are absent.
///
/// # Errors
/// [`NodeError`].
pub(crate) fn open(home: &Home) -> Result<Stores, NodeError> {
    let data = &home.config.data_dir;
    std::fs::create_dir_all(data).map_err(|source| NodeError::File { path: data.clone(), source })?;
    let lock = lock(data)?;
    let rocks = |name: &str, instance, what| {
        RocksKv::open(&data.join(name), instance, RocksOptions::default()).map_err(failed(what))
    };
    let blocks_kv = rocks("blocks", Instance::Blocks, Durable::Blocks)?;
    let blocks = BlockStore::open(blocks_kv, home.chain).map_err(failed(Durable::Blocks))?;
    let state_kv = rocks("state", Instance::State, Durable::State)?;
    let state = StateStore::open(state_kv, &home.genesis).map_err(failed(Durable::State))?;
    let (log, records) = FileLog::open(data, "wal").map_err(failed(Durable::Wal))?;
    let is_new = records.is_empty() && blocks.tip().map_err(failed(Durable::Blocks))?.is_none();
    let (wal, recovered) = Wal::open(log, records).map_err(failed(Durable::Wal))?;
    let directory = FileDirectory::open(&data.join("ingress")).map_err(failed(Durable::Ingress))?;
    let (ingress, accepted) = IngressLog::open(directory).map_err(failed(Durable::Ingress))?;
    Ok(Stores { blocks: Arc::new(blocks), state: Arc::new(state), wal, recovered, is_new, ingress, accepted, lock })
}

/// Name of the cell with the high-water mark of a validator key.
pub(crate) fn mark_name(validator: KeyId) -> String {
    format!("high-water-{validator}")
}

impl Stores {
    /// Opens the marks of the validator keys, once the state has caught up with the blocks, and says which keys may sign. A
    /// key that cannot have voted starts at zero: that of a node which has never had data, and one that no validator set has
    /// had so far. For any other, data without a mark must not vote.
    pub(crate) fn guard_keys(
        &mut self,
        home: &Home,
        home_folder: &Path,
    ) -> Result<BTreeMap<KeyId, Result<(), SigningRefused>>, NodeError> {
        let (state, is_new) = (&self.state, self.is_new);
        let open = |validator: KeyId| {
            let cell = FileCell::open(&home_folder.join(SIGNER_FOLDER), &mark_name(validator));
            let cell = cell.map_err(failed(Durable::Wal))?;
            let mut mark = HighWater::open(cell, home.chain, validator).map_err(failed(Durable::Wal))?;
            let never_seated = || state.was_seated(&validator).map(|was| !was).map_err(failed(Durable::State));
            if mark.height().is_none() && (is_new || never_seated()?) {
                mark.raise(Height::GENESIS).map_err(failed(Durable::Wal))?;
            }
            Ok(mark)
        };
        let marks = home.validator_ids().into_iter().map(open).collect::<Result<_, NodeError>>()?;
        Ok(self.wal.guard(marks))
    }
}

fn lock(data: &Path) -> Result<File, NodeError> {
    let path = data.join("lock");
    let failed = |source| NodeError::File { path: path.clone(), source };
    let file = File::create(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(NodeError::InUse { path: data.to_owned() }),
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}

fn failed<E: std::error::Error + Send + Sync + 'static>(what: Durable) -> impl Fn(E) -> NodeError {
    move |source| NodeError::Open { what, source: Box::new(source) }
}
