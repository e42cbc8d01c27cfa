//! The ledger's stores on disk: [`RocksKv`] on RocksDB, [`FileLog`], [`FileDirectory`] and [`FileCell`] on plain files.
//!
//! After a failed write a handle refuses everything (D17): whether the data reached the disk is unknown until it is opened
//! again, and the kernel may report a lost page once only.

mod files;
mod rocks;

pub use files::{FileCell, FileDirectory, FileLog};
pub use rocks::{Instance, RocksKv, RocksOptions};

use bencao_ledger::{Operation, StoreError};

/// An error of the operating system, with a full disk told apart.
fn io_error(operation: Operation, source: std::io::Error) -> StoreError {
    match source.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => StoreError::Full,
        _ => StoreError::Failed { operation, source: Box::new(source) },
    }
}
