//! Durable truth as pure Rust over small traits: blocks and batches, executed state with its authenticated map, receipts
//! and the audit index, the consensus log, the signer's high-water mark and the ingress log (D10, D17).
//!
//! Nothing here opens a file: [`Kv`], [`LogFile`], [`LogDirectory`] and [`Cell`] are implemented by the store package on
//! disk and by [`memory`] for tests and the simulator, with one conformance suite ([`testing`]) for both.
//!
//! Two key-value instances exist. `blocks` ([`BlockStore`]) is synced and is the truth. `state` ([`StateStore`]) is a pure
//! function of genesis and blocks: it is written without waiting, one atomic write per block, and what a crash loses of it is
//! executed again.

pub mod blocks;
pub mod error;
pub mod frame;
pub mod high_water;
pub mod ingress;
pub mod kv;
pub mod log;
pub mod map;
pub mod memory;
mod record;
pub mod state;
pub mod testing;
pub mod wal;

pub use blocks::{BlockStore, CommitError, Tip};
pub use error::{Damage, Operation, StoreError};
pub use high_water::{HighWater, HighWaterError};
pub use ingress::IngressLog;
pub use kv::{Durability, Entry, Kv, KvRead, Order, Space, WriteBatch};
pub use log::{Cell, LogDirectory, LogFile};
pub use state::{
    Account, Comparison, DifferingRecord, Divergence, Executed, HeightRecord, Logged, Placed, Prepared,
    ProofBuildError, RecordChange, StateError, StateStore, Totals, View,
};
pub use wal::{Recovered, SigningRefused, Wal, WalError};
