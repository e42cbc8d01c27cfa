//! Tables of the keys seen lately, under a byte budget.

use super::claim::Item;
use super::point::Affine;
use super::table::{Table, table_bytes};
use super::{batch, claim, curve};
use crate::digest::{Digest, Hasher};
use crate::sm2::{DEFAULT_ID, PublicKey};
use crate::verify::{KnownKeys, VerifyItem};
use lru::LruCache;
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

/// Verifies SM2 signatures with tables of multiples of each key, kept for the keys seen lately, on any processor.
///
/// A key gets a narrow table when it is first seen and a wide one when it is hot. A quarter of the budget is for narrow
/// tables and the rest for wide ones; each part forgets what was used longest ago, so that a flood of keys seen once
/// leaves the hot ones where they are. What is in memory decides the time that a verdict takes, never the verdict.
///
/// Tables are built by the thread that asks for the verdict, outside the lock. Two threads may build the same one; it is
/// kept once.
pub struct TableKeys {
    shelves: Mutex<Shelves>,
}

/// What is known of one key.
struct Known {
    z: Digest,
    table: Table,
}

/// The tables of one width.
struct Shelf<V> {
    tables: LruCache<PublicKey, V>,
    capacity: usize,
}

struct Shelves {
    /// With the number of uses.
    narrow: Shelf<(Arc<Known>, u32)>,
    wide: Shelf<Arc<Known>>,
}

/// What the shelves have for a key.
enum Found {
    Table(Arc<Known>),
    /// The narrow table has just become hot: build a wide one. This is said once for each narrow table.
    Hot,
    Nothing,
}

impl<V> Shelf<V> {
    fn new(budget_bytes: usize, width: usize) -> Shelf<V> {
        Shelf { tables: LruCache::unbounded(), capacity: budget_bytes / (table_bytes(width) + OVERHEAD_BYTES) }
    }

    fn put(&mut self, key: PublicKey, value: V) {
        self.tables.put(key, value);
        while self.tables.len() > self.capacity {
            self.tables.pop_lru();
        }
    }
}

impl Shelves {
    fn find(&mut self, key: &PublicKey) -> Found {
        if let Some(known) = self.wide.tables.get(key) {
            return Found::Table(known.clone());
        }
        let Some((known, uses)) = self.narrow.tables.get_mut(key) else { return Found::Nothing };
        *uses = uses.saturating_add(1);
        if *uses == HOT_USES && self.wide.capacity > 0 { Found::Hot } else { Found::Table(known.clone()) }
    }
}

impl TableKeys {
    /// Keeps tables of at most `budget_bytes` together. With less than 0.13 MiB nothing is kept, and every verdict pays for
    /// a table. Besides: 2.75 MiB for the base point once in the process, and what running batches hold, at most 256
    /// tables each.
    pub fn new(budget_bytes: usize) -> TableKeys {
        let narrow = budget_bytes / 4;
        let shelves =
            Shelves { narrow: Shelf::new(narrow, NARROW_WIDTH), wide: Shelf::new(budget_bytes - narrow, WIDE_WIDTH) };
        TableKeys { shelves: Mutex::new(shelves) }
    }

    /// The table of the key, from memory or built now.
    fn known(&self, key: &PublicKey) -> Arc<Known> {
        let found = self.lock().find(key);
        match found {
            Found::Table(known) => known,
            Found::Nothing => {
                let known = Arc::new(Known::new(key, NARROW_WIDTH));
                self.lock().narrow.put(*key, (known.clone(), 1));
                known
            }
            Found::Hot => {
                let known = Arc::new(Known::new(key, WIDE_WIDTH));
                let mut shelves = self.lock();
                shelves.narrow.tables.pop(key);
                shelves.wide.put(*key, known.clone());
                known
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Shelves> {
        self.shelves.lock().expect("no panic while holding the lock")
    }

    fn verify_chunk(&self, items: &[VerifyItem]) -> Vec<bool> {
        if items.len() < MIN_BATCH {
            return items.iter().map(|item| self.verify(item)).collect();
        }
        let known: Vec<Arc<Known>> = items.iter().map(|item| self.known(&item.key)).collect();
        let claims: Vec<Item<'_>> = known.iter().zip(items).map(|(known, item)| known.claim(item)).collect();
        batch::verify(Table::generator(), &claims)
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
        claim::verify(Table::generator(), &self.known(&item.key).claim(item))
    }

    fn verify_batch(&self, items: &[VerifyItem]) -> Vec<bool> {
        items.chunks(MAX_BATCH).flat_map(|chunk| self.verify_chunk(chunk)).collect()
    }
}

impl Known {
    fn new(key: &PublicKey, width: usize) -> Known {
        let point = Affine::from_bytes(key.as_bytes()).expect("a PublicKey is a point of the curve");
        Known { z: identity_hash(key), table: Table::build(&point, width) }
    }

    /// The claim of `item` on this key, with e = SM3(Z ‖ M).
    fn claim<'a>(&'a self, item: &'a VerifyItem) -> Item<'a> {
        let mut hasher = Hasher::new();
        hasher.update(&self.z.0);
        hasher.update(&item.message);
        Item { key: &self.table, e: hasher.finish(), signature: &item.signature }
    }
}

/// Z = SM3(ENTL ‖ ID ‖ a ‖ b ‖ xG ‖ yG ‖ xA ‖ yA) with the default ID, ENTL being its length in bits as two bytes
/// (GM/T 0003.2-2012 §5.5).
fn identity_hash(key: &PublicKey) -> Digest {
    let bits = u16::try_from(DEFAULT_ID.len() * 8).expect("an ID of 16 bytes");
    let mut hasher = Hasher::new();
    hasher.update(&bits.to_be_bytes());
    for part in [DEFAULT_ID.as_bytes(), &curve::A, &curve::B, &curve::G, key.as_bytes()] {
        hasher.update(part);
    }
    hasher.finish()
}

#[cfg(test)]
impl TableKeys {
    /// How many narrow and wide tables are kept.
    pub(super) fn held(&self) -> (usize, usize) {
        let shelves = self.lock();
        (shelves.narrow.tables.len(), shelves.wide.tables.len())
    }

    pub(super) fn holds(&self, key: &PublicKey) -> bool {
        let shelves = self.lock();
        shelves.narrow.tables.contains(key) || shelves.wide.tables.contains(key)
    }
}
