//! The key-value store on RocksDB: one column family a space.

use bencao_ledger::kv::{Durability, Entry, Kv, KvRead, Order, Space, WriteBatch};
use bencao_ledger::{Operation, StoreError};
use rocksdb::{
    BlockBasedOptions, Cache, ColumnFamily, ColumnFamilyDescriptor, DB, DBCompressionType, DBRecoveryMode,
    IteratorMode, LogLevel, Options, ReadOptions, WriteOptions,
};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// Which of the two databases.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Instance {
    /// [`Space::BLOCKS`]: synced; a write-ahead log that is damaged before its end is refused.
    Blocks,
    /// [`Space::STATE`]: not synced; after a crash it opens at the last write that is whole, and the rest is executed again.
    State,
}

impl Instance {
    fn spaces(self) -> &'static [Space] {
        match self {
            Instance::Blocks => Space::BLOCKS,
            Instance::State => Space::STATE,
        }
    }
}

/// Bounds on memory and files. Both instances together stay within these, twice.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RocksOptions {
    /// Cache of uncompressed blocks, indexes and filters, bytes.
    pub cache_bytes: usize,
    /// Write buffers of all spaces together, bytes.
    pub write_buffer_bytes: usize,
    /// Open table files.
    pub files_max: i32,
}

impl Default for RocksOptions {
    fn default() -> RocksOptions {
        RocksOptions { cache_bytes: 128 << 20, write_buffer_bytes: 64 << 20, files_max: 256 }
    }
}

/// Values of at least this size are kept apart from the keys, so that compaction does not copy them again and again.
const BLOB_BYTES_MIN: u64 = 4096;

/// A [`Kv`] on RocksDB.
pub struct RocksKv {
    db: DB,
    stopped: AtomicBool,
}

impl std::fmt::Debug for RocksKv {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RocksKv({})", self.db.path().display())
    }
}

impl RocksKv {
    /// Opens or makes the database in a folder.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn open(folder: &Path, instance: Instance, options: RocksOptions) -> Result<RocksKv, StoreError> {
        let cache = Cache::new_lru_cache(options.cache_bytes);
        let families =
            instance.spaces().iter().map(|s| ColumnFamilyDescriptor::new(s.name(), family_options(*s, &cache)));
        let db = DB::open_cf_descriptors(&database_options(instance, options), folder, families);
        let db = db.map_err(|e| rocks_error(Operation::Open, e))?;
        Ok(RocksKv { db, stopped: AtomicBool::new(false) })
    }

    /// Bytes of table and blob files in use.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn disk_bytes(&self) -> Result<u64, StoreError> {
        let mut sum = 0;
        for space in Space::BLOCKS.iter().chain(Space::STATE) {
            let Some(family) = self.db.cf_handle(space.name()) else { continue };
            for property in ["rocksdb.live-sst-files-size", "rocksdb.live-blob-file-size"] {
                let bytes = self.db.property_int_value_cf(family, property);
                sum += bytes.map_err(|e| rocks_error(Operation::Read, e))?.unwrap_or(0);
            }
        }
        Ok(sum)
    }

    /// # Panics
    /// For a space of the other instance.
    fn family(&self, space: Space) -> &ColumnFamily {
        self.db.cf_handle(space.name()).expect("a ledger uses the spaces of its own instance")
    }

    fn write_batch(&self, batch: WriteBatch, durability: Durability) -> Result<(), rocksdb::Error> {
        let mut out = rocksdb::WriteBatch::default();
        for (space, key, value) in batch.into_changes() {
            match value {
                Some(value) => out.put_cf(self.family(space), key, value),
                None => out.delete_cf(self.family(space), key),
            }
        }
        let mut options = WriteOptions::default();
        options.set_sync(durability == Durability::Synced);
        self.db.write_opt(out, &options)
    }
}

fn database_options(instance: Instance, options: RocksOptions) -> Options {
    let mut o = Options::default();
    o.create_if_missing(true);
    o.create_missing_column_families(true);
    o.set_max_open_files(options.files_max);
    o.set_db_write_buffer_size(options.write_buffer_bytes);
    o.set_max_total_wal_size(2 * options.write_buffer_bytes as u64);
    o.set_max_background_jobs(2);
    o.set_bytes_per_sync(1 << 20);
    o.set_keep_log_file_num(2);
    o.set_max_log_file_size(1 << 20);
    o.set_log_level(LogLevel::Warn);
    o.set_wal_recovery_mode(match instance {
        Instance::Blocks => DBRecoveryMode::TolerateCorruptedTailRecords,
        Instance::State => DBRecoveryMode::PointInTime,
    });
    o
}

fn family_options(space: Space, cache: &Cache) -> Options {
    let mut table = BlockBasedOptions::default();
    table.set_block_cache(cache);
    table.set_cache_index_and_filter_blocks(true);
    table.set_pin_l0_filter_and_index_blocks_in_cache(true);
    table.set_bloom_filter(10.0, false);
    table.set_format_version(5);
    let mut o = Options::default();
    o.set_write_buffer_size(16 << 20);
    o.set_target_file_size_base(32 << 20);
    match space {
        // Digests do not compress.
        Space::Pages => o.set_compression_type(DBCompressionType::None),
        Space::Batches | Space::Blocks => {
            o.set_compression_type(DBCompressionType::Lz4);
            o.set_enable_blob_files(true);
            o.set_min_blob_size(BLOB_BYTES_MIN);
            o.set_blob_compression_type(DBCompressionType::Lz4);
        }
        // Written once and seldom read: worth squeezing when they come to rest.
        Space::Receipts | Space::Events | Space::Transactions | Space::Subjects | Space::Members => {
            o.set_compression_type(DBCompressionType::Lz4);
            o.set_bottommost_compression_type(DBCompressionType::Zstd);
        }
        _ => o.set_compression_type(DBCompressionType::Lz4),
    }
    if matches!(space, Space::Records | Space::Pages) {
        table.set_block_size(4 << 10);
    } else {
        table.set_block_size(16 << 10);
    }
    o.set_block_based_table_factory(&table);
    o
}

fn rocks_error(operation: Operation, error: rocksdb::Error) -> StoreError {
    // RocksDB tells a full disk apart in its message only.
    if error.as_ref().contains("No space left on device") {
        return StoreError::Full;
    }
    StoreError::Failed { operation, source: Box::new(error) }
}

impl KvRead for RocksKv {
    fn get(&self, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.db.get_cf(self.family(space), key).map_err(|e| rocks_error(Operation::Read, e))
    }

    fn get_many(&self, space: Space, keys: &[Vec<u8>]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        let found = self.db.batched_multi_get_cf(self.family(space), keys, keys.is_sorted());
        let owned = |value: Result<Option<rocksdb::DBPinnableSlice<'_>>, rocksdb::Error>| {
            value.map(|v| v.map(|v| v.to_vec())).map_err(|e| rocks_error(Operation::Read, e))
        };
        found.into_iter().map(owned).collect()
    }

    fn scan(&self, space: Space, from: &[u8], to: &[u8], limit: usize, order: Order) -> Result<Vec<Entry>, StoreError> {
        if !to.is_empty() && from >= to {
            return Ok(Vec::new());
        }
        let mut options = ReadOptions::default();
        options.set_iterate_lower_bound(from);
        if !to.is_empty() {
            options.set_iterate_upper_bound(to);
        }
        let mode = match order {
            Order::Ascending => IteratorMode::Start,
            Order::Descending => IteratorMode::End,
        };
        let entries = self.db.iterator_cf_opt(self.family(space), options, mode).take(limit);
        entries
            .map(|item| item.map(|(k, v)| (k.into_vec(), v.into_vec())).map_err(|e| rocks_error(Operation::Read, e)))
            .collect()
    }
}

impl Kv for RocksKv {
    fn write(&self, batch: WriteBatch, durability: Durability) -> Result<(), StoreError> {
        if self.stopped.load(Ordering::Acquire) {
            return Err(StoreError::Stopped);
        }
        self.write_batch(batch, durability).map_err(|e| {
            self.stopped.store(true, Ordering::Release);
            rocks_error(Operation::Write, e)
        })
    }
}
