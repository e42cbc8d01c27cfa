//! A home looked at from outside, while its node does not run: for `bencao doctor`.

use crate::config::Config;
use crate::stores::SIGNER_FOLDER;
use bencao_crypto::KeyId;
use bencao_genesis::{ChainId, Height};
use bencao_ledger::blocks::OpenError;
use bencao_ledger::{BlockStore, HighWater, HighWaterError};
use bencao_store::{FileCell, Instance, RocksKv, RocksOptions};
use std::fs::{File, TryLockError};
use std::path::Path;

/// What lies in a data folder.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Data {
    /// Nothing yet: the node has never run here.
    Absent,
    /// Another process uses it.
    InUse,
    /// Blocks up to this height.
    Tip(Height),
    /// Blocks of another chain.
    OtherChain,
    /// It does not open.
    Damaged(String),
}

/// The signer's high-water mark (D17).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Mark {
    /// There is none.
    Absent,
    /// The key may have signed up to here.
    At(Height),
    /// It belongs to another chain or key.
    Other,
    /// It cannot be read.
    Damaged(String),
}

/// Whether another process holds a data folder.
pub fn is_in_use(data: &Path) -> bool {
    let Ok(file) = File::open(data.join("lock")) else { return false };
    matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
}

/// Opens the blocks of a home if there are any and no node uses them. A log that a crash left behind is taken up, as by a
/// node that starts; nothing else is written.
pub fn data(config: &Config, chain: ChainId) -> Data {
    let folder = &config.data_dir;
    let blocks = folder.join("blocks");
    if !blocks.is_dir() {
        return Data::Absent;
    }
    let lock = match File::create(folder.join("lock")) {
        Ok(lock) => lock,
        Err(error) => return Data::Damaged(error.to_string()),
    };
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Data::InUse,
        Err(TryLockError::Error(error)) => return Data::Damaged(error.to_string()),
    }
    let damaged = |error: &(dyn std::error::Error + 'static)| Data::Damaged(crate::error::Chain(error).to_string());
    let kv = match RocksKv::open(&blocks, Instance::Blocks, RocksOptions::default()) {
        Ok(kv) => kv,
        Err(error) => return damaged(&error),
    };
    match BlockStore::open(kv, chain) {
        Err(OpenError::OtherChain { .. }) => Data::OtherChain,
        Err(error) => damaged(&error),
        Ok(store) => match store.tip() {
            Ok(tip) => Data::Tip(tip.map_or(Height::GENESIS, |tip| tip.height)),
            Err(error) => damaged(&error),
        },
    }
}

/// Reads the mark of a validator key.
pub fn mark(home: &Path, chain: ChainId, key: KeyId) -> Mark {
    let folder = home.join(SIGNER_FOLDER);
    if !folder.is_dir() {
        return Mark::Absent;
    }
    let cell = match FileCell::open(&folder, "high-water") {
        Ok(cell) => cell,
        Err(error) => return Mark::Damaged(error.to_string()),
    };
    match HighWater::open(cell, chain, key) {
        Ok(mark) => mark.height().map_or(Mark::Absent, Mark::At),
        Err(HighWaterError::Other) => Mark::Other,
        Err(error) => Mark::Damaged(error.to_string()),
    }
}
