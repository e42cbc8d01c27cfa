//! Tables of the keys seen lately, under a byte budget.

use super::claim::Item;
use super::point::Affine;
use super::table::{Table, table_bytes};
use super::{batch, claim, lanes};
use crate::digest::{Digest, Hasher, Messages};
use crate::path::{self, Paths, VerifyPath};
use crate::sm2::{PublicKey, Signature};
use crate::verify::{KnownKeys, VerifyItem};
use lru::LruCache;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};

/// Window of the table of a key at first sight, bits: 32 KiB, and cheaper to build than one verification without a table.
const NARROW_WIDTH: usize = 4;

/// Window of the table of a hot key, bits: 256 KiB.
const WIDE_WIDTH: usize = 8;

/// A key is hot at this many uses of its narrow table: then the time that a wide table would have saved so far is about
/// the time it takes to build one.
pub(super) const HOT_USES: u32 = 128;

/// Bytes counted for an entry besides the points of its table: key, Z and the links of the cache.
const OVERHEAD_BYTES: usize = 512;

/// Claims whose summands are held in memory at once: 256 × 54 points of 64 bytes are just short of a mebibyte.
const MAX_BATCH: usize = 256;

/// Claims from which on sharing an inversion is worth its price.
const MIN_BATCH: usize = 8;

/// Memory of [`TableKeys::default`], bytes: some 1000 keys seen once and 380 hot ones.
const DEFAULT_BUDGET_BYTES: usize = 128 << 20;

/// Hot keys waiting for their wide tables. More wait with what they have.
const WANTED_MAX: usize = 1024;

/// A claim about a digest that was computed elsewhere: `key` signed a message with e = SM3(Z ‖ M), giving `signature`.
#[derive(Clone, Debug)]
pub struct DigestClaim {
    /// The claimed signer.
    pub key: PublicKey,
    /// e, see [`PublicKey::message_digest`].
    pub e: Digest,
    /// The claimed signature.
    pub signature: Signature,
}

/// Verifies SM2 signatures with tables of multiples of each key, kept for the keys seen lately; many at a time as the
/// processor can ([`crate::path`]).
///
/// A key gets a narrow table when it is first seen and a wide one when it is hot. A quarter of the budget is for narrow
/// tables and the rest for wide ones; each part forgets what was used longest ago, so that a flood of keys seen once
/// leaves the hot ones where they are. What is in memory decides the time that a verdict takes, never the verdict.
///
/// A narrow table is built by the thread that asks for the verdict, outside the lock; two threads may build the same one,
/// which is kept once. So are wide ones, unless there is somebody to do it ([`TableKeys::call_builder`]).
pub struct TableKeys {
    paths: Paths,
    shelves: Mutex<Shelves>,
    builder: Option<Box<dyn Fn() + Send + Sync>>,
}

/// How often a table was there, since the beginning.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct TableCounts {
    /// Uses of wide tables.
    pub wide_hits: u64,
    /// Uses of narrow tables.
    pub narrow_hits: u64,
    /// Keys that were not known: a narrow table was built.
    pub misses: u64,
    /// Wide tables built.
    pub widened: u64,
    /// Bytes of the tables held now.
    pub bytes: usize,
}

/// What is known of one key.
struct Known {
    z: Digest,
    table: Table,
}

/// The tables of one width.
struct Shelf<V> {
    tables: LruCache<PublicKey, V>,
    entry_bytes: usize,
    capacity: usize,
}

struct Shelves {
    /// With the number of uses.
    narrow: Shelf<(Arc<Known>, u32)>,
    wide: Shelf<Arc<Known>>,
    /// Hot keys without a wide table yet.
    wanted: VecDeque<PublicKey>,
    counts: TableCounts,
}

/// What the shelves have for a key.
enum Found {
    Table(Arc<Known>),
    /// The same, and a wide table is worth building now.
    Hot(Arc<Known>),
    Nothing,
}

impl<V> Shelf<V> {
    fn new(budget_bytes: usize, width: usize) -> Shelf<V> {
        let entry_bytes = table_bytes(width) + OVERHEAD_BYTES;
        Shelf { tables: LruCache::unbounded(), entry_bytes, capacity: budget_bytes / entry_bytes }
    }

    fn put(&mut self, key: PublicKey, value: V) {
        self.tables.put(key, value);
        while self.tables.len() > self.capacity {
            self.tables.pop_lru();
        }
    }

    fn is_full(&self) -> bool {
        self.tables.len() >= self.capacity
    }

    fn bytes(&self) -> usize {
        self.tables.len() * self.entry_bytes
    }
}

impl Shelves {
    fn find(&mut self, key: &PublicKey) -> Found {
        if let Some(known) = self.wide.tables.get(key) {
            self.counts.wide_hits += 1;
            return Found::Table(known.clone());
        }
        let Some((known, uses)) = self.narrow.tables.get_mut(key) else {
            self.counts.misses += 1;
            return Found::Nothing;
        };
        self.counts.narrow_hits += 1;
        *uses = uses.saturating_add(1);
        if uses.is_multiple_of(HOT_USES) && self.wide.capacity > 0 {
            Found::Hot(known.clone())
        } else {
            Found::Table(known.clone())
        }
    }

    fn put_wide(&mut self, key: PublicKey, known: Arc<Known>) {
        self.narrow.tables.pop(&key);
        self.wide.put(key, known);
        self.counts.widened += 1;
    }

    /// Notes that `key` wants a wide table, unless too many do; it will ask again.
    fn want(&mut self, key: PublicKey) {
        if self.wanted.len() < WANTED_MAX && !self.wanted.contains(&key) {
            self.wanted.push_back(key);
        }
    }

    fn holds(&self, key: &PublicKey) -> bool {
        self.narrow.tables.contains(key) || self.wide.tables.contains(key)
    }
}

impl TableKeys {
    /// Keeps tables of at most `budget_bytes` together, on the path that the process has chosen. With less than 0.13 MiB
    /// nothing is kept, and every verdict pays for a table. Besides: 2.75 MiB for the base point once in the process, and
    /// what running batches hold, at most 256 tables each.
    pub fn new(budget_bytes: usize) -> TableKeys {
        TableKeys::on(path::chosen(), budget_bytes)
    }

    /// [`TableKeys::new`] on a path of its own, for comparison and measurement.
    pub fn on(paths: Paths, budget_bytes: usize) -> TableKeys {
        let narrow = budget_bytes / 4;
        let shelves = Shelves {
            narrow: Shelf::new(narrow, NARROW_WIDTH),
            wide: Shelf::new(budget_bytes - narrow, WIDE_WIDTH),
            wanted: VecDeque::new(),
            counts: TableCounts::default(),
        };
        TableKeys { paths, shelves: Mutex::new(shelves), builder: None }
    }

    /// From now on wide tables are not built by whoever asks for a verdict: `call` is called when one is wanted, from within
    /// the verdict, and has to see to it that some other thread calls [`TableKeys::build_wanted`]. Until then the key's narrow
    /// table serves. `call` must not call back.
    pub fn call_builder(mut self, call: impl Fn() + Send + Sync + 'static) -> TableKeys {
        self.builder = Some(Box::new(call));
        self
    }

    /// Builds one wide table that is wanted. `false` if none is.
    pub fn build_wanted(&self) -> bool {
        let Some(key) = self.lock().wanted.pop_front() else { return false };
        self.widen(&key);
        true
    }

    /// Prepares for a key that is going to be seen, one of the chain's registry, unless its memory is in use already.
    pub fn expect(&self, key: &PublicKey) {
        let shelves = self.lock();
        let is_needless =
            self.paths.verify() == VerifyPath::Reference || shelves.holds(key) || shelves.narrow.is_full();
        drop(shelves);
        if !is_needless {
            let known = Arc::new(Known::new(key, NARROW_WIDTH));
            self.lock().narrow.put(*key, (known, 0));
        }
    }

    /// Prepares for a key that is going to be seen all the time, a validator's, unless its memory is in use already.
    pub fn expect_often(&self, key: &PublicKey) {
        let shelves = self.lock();
        let is_needless =
            self.paths.verify() == VerifyPath::Reference || shelves.wide.tables.contains(key) || shelves.wide.is_full();
        drop(shelves);
        if !is_needless {
            self.widen(key);
        }
    }

    /// What has been used and is held.
    pub fn counts(&self) -> TableCounts {
        let shelves = self.lock();
        TableCounts { bytes: shelves.narrow.bytes() + shelves.wide.bytes(), ..shelves.counts }
    }

    /// The path in use.
    pub fn paths(&self) -> Paths {
        self.paths
    }

    /// One verdict for each claim, in order. The verdicts are those of [`KnownKeys::verify_batch`] on messages with these
    /// digests.
    pub fn verify_digests(&self, claims: &[DigestClaim]) -> Vec<bool> {
        if self.paths.verify() == VerifyPath::Reference {
            return claims.iter().map(|claim| claim.key.verify_digest(&claim.e, &claim.signature)).collect();
        }
        let chunk = |claims: &[DigestClaim]| {
            let known = self.known_all(claims.iter().map(|claim| &claim.key));
            let claims = known.iter().zip(claims);
            self.judge(&claims.map(|(known, claim)| known.item(claim.e, &claim.signature)).collect::<Vec<_>>())
        };
        claims.chunks(MAX_BATCH).flat_map(chunk).collect()
    }

    fn judge(&self, items: &[Item<'_>]) -> Vec<bool> {
        let generator = Table::generator();
        if items.len() < MIN_BATCH {
            return items.iter().map(|item| claim::verify(generator, item)).collect();
        }
        let in_lanes = self.paths.verify().lanes().and_then(|lanes| lanes::verify(lanes, generator, items));
        in_lanes.unwrap_or_else(|| batch::verify(generator, items))
    }

    /// The table of each key, from memory or built now.
    fn known_all<'a>(&self, keys: impl Iterator<Item = &'a PublicKey> + Clone) -> Vec<Arc<Known>> {
        let found: Vec<Found> = {
            let mut shelves = self.lock();
            keys.clone().map(|key| shelves.find(key)).collect()
        };
        keys.zip(found).map(|(key, found)| self.complete(key, found)).collect()
    }

    fn known(&self, key: &PublicKey) -> Arc<Known> {
        let found = self.lock().find(key);
        self.complete(key, found)
    }

    fn complete(&self, key: &PublicKey, found: Found) -> Arc<Known> {
        match (found, &self.builder) {
            (Found::Table(known), _) => known,
            (Found::Hot(known), Some(call)) => {
                self.lock().want(*key);
                call();
                known
            }
            (Found::Hot(_), None) => self.widen(key),
            // In a batch the key may have come before: then it has a table by now.
            (Found::Nothing, _) => self.held(key).unwrap_or_else(|| {
                let known = Arc::new(Known::new(key, NARROW_WIDTH));
                self.lock().narrow.put(*key, (known.clone(), 1));
                known
            }),
        }
    }

    fn held(&self, key: &PublicKey) -> Option<Arc<Known>> {
        let mut shelves = self.lock();
        let narrow = shelves.narrow.tables.get(key).map(|(known, _)| known.clone());
        narrow.or_else(|| shelves.wide.tables.get(key).cloned())
    }

    fn widen(&self, key: &PublicKey) -> Arc<Known> {
        let known = Arc::new(Known::new(key, WIDE_WIDTH));
        self.lock().put_wide(*key, known.clone());
        known
    }

    fn lock(&self) -> MutexGuard<'_, Shelves> {
        self.shelves.lock().expect("no panic while holding the lock")
    }

    fn verify_chunk(&self, items: &[VerifyItem]) -> Vec<bool> {
        if items.len() < MIN_BATCH {
            return items.iter().map(|item| self.verify(item)).collect();
        }
        let known = self.known_all(items.iter().map(|item| &item.key));
        let mut messages = Messages::with_capacity(items.len(), 32 + items[0].message.len());
        for (known, item) in known.iter().zip(items) {
            messages.push(&[&known.z.0, &item.message]);
        }
        let digests = self.paths.sm3_all(&messages);
        let claims = known.iter().zip(items).zip(digests);
        self.judge(&claims.map(|((known, item), e)| known.item(e, &item.signature)).collect::<Vec<_>>())
    }
}

impl Default for TableKeys {
    /// With a budget of 128 MiB.
    fn default() -> TableKeys {
        TableKeys::new(DEFAULT_BUDGET_BYTES)
    }
}

impl KnownKeys for TableKeys {
    fn verify(&self, item: &VerifyItem) -> bool {
        if self.paths.verify() == VerifyPath::Reference {
            return item.key.verify(&item.message, &item.signature);
        }
        let known = self.known(&item.key);
        claim::verify(Table::generator(), &known.item(known.message_digest(&item.message), &item.signature))
    }

    fn verify_batch(&self, items: &[VerifyItem]) -> Vec<bool> {
        if self.paths.verify() == VerifyPath::Reference {
            return items.iter().map(|item| self.verify(item)).collect();
        }
        items.chunks(MAX_BATCH).flat_map(|chunk| self.verify_chunk(chunk)).collect()
    }
}

impl Known {
    fn new(key: &PublicKey, width: usize) -> Known {
        let point = Affine::from_bytes(key.as_bytes()).expect("a PublicKey is a point of the curve");
        Known { z: key.identity_hash(), table: Table::build(&point, width) }
    }

    /// e = SM3(Z ‖ M).
    fn message_digest(&self, message: &[u8]) -> Digest {
        let mut hasher = Hasher::new();
        hasher.update(&self.z.0);
        hasher.update(message);
        hasher.finish()
    }

    fn item<'a>(&'a self, e: Digest, signature: &'a Signature) -> Item<'a> {
        Item { key: &self.table, e, signature }
    }
}

#[cfg(test)]
impl TableKeys {
    /// How many narrow and wide tables are kept.
    pub(super) fn held_count(&self) -> (usize, usize) {
        let shelves = self.lock();
        (shelves.narrow.tables.len(), shelves.wide.tables.len())
    }

    pub(super) fn holds(&self, key: &PublicKey) -> bool {
        self.lock().holds(key)
    }
}
