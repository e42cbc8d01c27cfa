//! The ordered key-value store that blocks and state are kept in. `store` implements it on RocksDB, [`crate::memory`] in
//! memory with a model of what a crash loses.

use crate::error::StoreError;
use std::fmt;

/// Named key ranges, each with its own keys. A store instance holds [`Space::BLOCKS`] or [`Space::STATE`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Space {
    /// Blocks instance: format, chain id, tip.
    BlockMeta,
    /// Signed batches by id, each stored once.
    Batches,
    /// Ids of stored batches that no committed block names yet.
    Unordered,
    /// Blocks by height.
    Blocks,
    /// Heights by block id.
    BlockIds,
    /// This node's certificate of the tip; older ones are in the next block's body.
    Certificates,
    /// Turns in force by height.
    Turns,
    /// Proven equivocations that no committed block carries yet.
    Evidence,
    /// State instance: format, chain id, tip.
    StateMeta,
    /// Records of chaincode by raw record key.
    Records,
    /// Leaf buckets of the authenticated map.
    Pages,
    /// Results of each executed block by height.
    Heights,
    /// Receipts by (height, index).
    Receipts,
    /// Position (height, index) by transaction id.
    Transactions,
    /// Places of receipts by document.
    Documents,
    /// Events and alarms by (height, transaction, event).
    Events,
    /// Keys of events by (subject, sequence).
    Subjects,
    /// Packages by (package around them, package).
    Children,
    /// Packages by (batch, package).
    Members,
    /// What the last blocks replaced, by height.
    Undo,
    /// What governs heights, by the first of them.
    Terms,
}

impl Space {
    /// Spaces of the `blocks` instance.
    pub const BLOCKS: &'static [Space] = &[
        Space::BlockMeta,
        Space::Batches,
        Space::Unordered,
        Space::Blocks,
        Space::BlockIds,
        Space::Certificates,
        Space::Turns,
        Space::Evidence,
    ];

    /// Spaces of the `state` instance.
    pub const STATE: &'static [Space] = &[
        Space::StateMeta,
        Space::Records,
        Space::Pages,
        Space::Heights,
        Space::Receipts,
        Space::Transactions,
        Space::Documents,
        Space::Events,
        Space::Subjects,
        Space::Children,
        Space::Members,
        Space::Undo,
        Space::Terms,
    ];

    /// Name on disk; never changes.
    pub fn name(self) -> &'static str {
        match self {
            Space::BlockMeta => "block-meta",
            Space::Batches => "batches",
            Space::Unordered => "unordered",
            Space::Blocks => "blocks",
            Space::BlockIds => "block-ids",
            Space::Certificates => "certificates",
            Space::Turns => "turns",
            Space::Evidence => "evidence",
            Space::StateMeta => "state-meta",
            Space::Records => "records",
            Space::Pages => "pages",
            Space::Heights => "heights",
            Space::Receipts => "receipts",
            Space::Transactions => "transactions",
            Space::Documents => "documents",
            Space::Events => "events",
            Space::Subjects => "subjects",
            Space::Children => "children",
            Space::Members => "members",
            Space::Undo => "undo",
            Space::Terms => "terms",
        }
    }
}

impl fmt::Display for Space {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A key and its value.
pub type Entry = (Vec<u8>, Vec<u8>);

/// Direction of a scan.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Order {
    /// Smallest key first.
    Ascending,
    /// Largest key first.
    Descending,
}

/// Reading. Keys compare as byte strings.
pub trait KvRead {
    /// The value under `key`.
    ///
    /// # Errors
    /// [`StoreError`].
    fn get(&self, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// [`KvRead::get`] for many keys at once, in order.
    ///
    /// # Errors
    /// [`StoreError`].
    fn get_many(&self, space: Space, keys: &[Vec<u8>]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        keys.iter().map(|key| self.get(space, key)).collect()
    }

    /// At most `limit` entries with `from ≤ key < to`, from the end that `order` names. An empty `to` means no upper end.
    ///
    /// # Errors
    /// [`StoreError`].
    fn scan(&self, space: Space, from: &[u8], to: &[u8], limit: usize, order: Order) -> Result<Vec<Entry>, StoreError>;
}

/// When a write is durable.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Durability {
    /// Before [`Kv::write`] returns.
    Synced,
    /// Some time later; a crash loses a suffix of the buffered writes, each of them whole or not at all.
    Buffered,
}

/// Changes that take effect together or not at all. Of several changes of one key the last one counts.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct WriteBatch {
    changes: Vec<Change>,
}

/// One change: the space, the key, and the new value or `None` to remove the key.
pub type Change = (Space, Vec<u8>, Option<Vec<u8>>);

impl WriteBatch {
    /// Nothing to change.
    pub fn new() -> WriteBatch {
        WriteBatch::default()
    }

    /// Sets a value.
    pub fn put(&mut self, space: Space, key: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) {
        self.changes.push((space, key.into(), Some(value.into())));
    }

    /// Removes a key; nothing happens if it is absent.
    pub fn delete(&mut self, space: Space, key: impl Into<Vec<u8>>) {
        self.changes.push((space, key.into(), None));
    }

    /// All changes in order.
    pub fn into_changes(self) -> Vec<Change> {
        self.changes
    }

    /// Whether there is nothing to change.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}

/// Reading and writing.
pub trait Kv: KvRead + Send + Sync {
    /// Carries out all changes atomically. Writes take effect, and become durable, in the order of the calls.
    ///
    /// # Errors
    /// [`StoreError`]; the process stops.
    fn write(&self, batch: WriteBatch, durability: Durability) -> Result<(), StoreError>;
}

impl<K: KvRead + ?Sized> KvRead for std::sync::Arc<K> {
    fn get(&self, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        (**self).get(space, key)
    }

    fn get_many(&self, space: Space, keys: &[Vec<u8>]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        (**self).get_many(space, keys)
    }

    fn scan(&self, space: Space, from: &[u8], to: &[u8], limit: usize, order: Order) -> Result<Vec<Entry>, StoreError> {
        (**self).scan(space, from, to, limit, order)
    }
}

impl<K: Kv + ?Sized> Kv for std::sync::Arc<K> {
    fn write(&self, batch: WriteBatch, durability: Durability) -> Result<(), StoreError> {
        (**self).write(batch, durability)
    }
}
