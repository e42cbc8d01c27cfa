//! Tables of the keys seen lately, under a byte budget.

use super::claim::Item;
use super::comb::{COMB_BYTES, Comb};
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

/// Window of the table of a hot key, bits: 256 KiB.
const WIDTH: usize = 8;

/// A key is hot at this many uses of its comb: then the time that a table would have saved so far is about the time it takes
/// to build one.
pub(super) const HOT_USES: u32 = 128;

/// Bytes counted for an entry besides the points: key, Z and the links of the cache.
const OVERHEAD_BYTES: usize = 512;

/// Claims whose summands are held in memory at once: 256 × 54 points of 64 bytes are just short of a mebibyte.
const MAX_BATCH: usize = 256;

/// Claims from which on sharing an inversion is worth its price.
const MIN_BATCH: usize = 8;

/// Memory of [`TableKeys::default`], bytes: some 7000 keys seen now and then and 380 hot ones.
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
/// A key gets a comb when it is first seen, 4 KiB, and a table when it is hot, 256 KiB and half the time. A quarter of the
/// budget is for combs and the rest for tables; each part forgets what was used longest ago, so that a flood of keys seen
/// once leaves the hot ones where they are. What is in memory decides the time that a verdict takes, never the verdict.
///
/// A comb is built by the thread that asks for the verdict, outside the lock; two threads may build the same one, which is
/// kept once. So are tables, unless there is somebody to do it ([`TableKeys::call_builder`]).
pub struct TableKeys {
    paths: Paths,
    shelves: Mutex<Shelves>,
    builder: Option<Box<dyn Fn() + Send + Sync>>,
}

/// How often there was something for a key, since the beginning.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct TableCounts {
    /// Uses of tables.
    pub table_hits: u64,
    /// Uses of combs.
    pub comb_hits: u64,
    /// Keys that were not known: a comb was built.
    pub misses: u64,
    /// Tables built.
    pub tables_built: u64,
    /// Bytes of what is held now.
    pub bytes: usize,
}

/// What is known of one key.
struct Known {
    z: Digest,
    multiples: Multiples,
}

enum Multiples {
    Comb(Box<Comb>),
    Table(Table),
}

/// What is kept of one kind.
struct Shelf<V> {
    entries: LruCache<PublicKey, V>,
    entry_bytes: usize,
    capacity: usize,
}

struct Shelves {
    /// With the number of uses.
    combs: Shelf<(Arc<Known>, u32)>,
    tables: Shelf<Arc<Known>>,
    /// Hot keys without a table yet.
    wanted: VecDeque<PublicKey>,
    counts: TableCounts,
}

/// What the shelves have for a key.
enum Found {
    Known(Arc<Known>),
    /// The same, and a table is worth building now.
    Hot(Arc<Known>),
    Nothing,
}

impl<V> Shelf<V> {
    fn new(budget_bytes: usize, points_bytes: usize) -> Shelf<V> {
        let entry_bytes = points_bytes + OVERHEAD_BYTES;
        Shelf { entries: LruCache::unbounded(), entry_bytes, capacity: budget_bytes / entry_bytes }
    }

    fn put(&mut self, key: PublicKey, value: V) {
        self.entries.put(key, value);
        while self.entries.len() > self.capacity {
            self.entries.pop_lru();
        }
    }

    fn is_full(&self) -> bool {
        self.entries.len() >= self.capacity
    }

    fn bytes(&self) -> usize {
        self.entries.len() * self.entry_bytes
    }
}

impl Shelves {
    fn find(&mut self, key: &PublicKey) -> Found {
        if let Some(known) = self.tables.entries.get(key) {
            self.counts.table_hits += 1;
            return Found::Known(known.clone());
        }
        let Some((known, uses)) = self.combs.entries.get_mut(key) else { return Found::Nothing };
        self.counts.comb_hits += 1;
        *uses = uses.saturating_add(1);
        if uses.is_multiple_of(HOT_USES) && self.tables.capacity > 0 {
            Found::Hot(known.clone())
        } else {
            Found::Known(known.clone())
        }
    }

    /// Notes that `key` wants a table, unless too many do; it will ask again.
    fn want(&mut self, key: PublicKey) {
        if self.wanted.len() < WANTED_MAX && !self.wanted.contains(&key) {
            self.wanted.push_back(key);
        }
    }

    fn holds(&self, key: &PublicKey) -> bool {
        self.combs.entries.contains(key) || self.tables.entries.contains(key)
    }
}

impl TableKeys {
    /// Keeps combs and tables of at most `budget_bytes` together, on the path that the process has chosen. With less than
    /// 18 KiB nothing is kept, and every verdict pays for a comb. Besides: 2.75 MiB for the base point once in the process,
    /// and what running batches hold, at most 256 tables each.
    pub fn new(budget_bytes: usize) -> TableKeys {
        TableKeys::on(path::chosen(), budget_bytes)
    }

    /// [`TableKeys::new`] on a path of its own, for comparison and measurement.
    pub fn on(paths: Paths, budget_bytes: usize) -> TableKeys {
        let for_combs = budget_bytes / 4;
        let shelves = Shelves {
            combs: Shelf::new(for_combs, COMB_BYTES),
            tables: Shelf::new(budget_bytes - for_combs, table_bytes(WIDTH)),
            wanted: VecDeque::new(),
            counts: TableCounts::default(),
        };
        TableKeys { paths, shelves: Mutex::new(shelves), builder: None }
    }

    /// From now on tables are not built by whoever asks for a verdict: `call` is called when one is wanted, from within the
    /// verdict, and has to see to it that some other thread calls [`TableKeys::build_wanted`]. Until then the key's comb
    /// serves. `call` must not call back.
    pub fn call_builder(mut self, call: impl Fn() + Send + Sync + 'static) -> TableKeys {
        self.builder = Some(Box::new(call));
        self
    }

    /// Builds one table that is wanted. `false` if none is.
    pub fn build_wanted(&self) -> bool {
        let Some(key) = self.lock().wanted.pop_front() else { return false };
        self.build_table(&key);
        true
    }

    /// Prepares for a key that is going to be seen, one of the chain's registry, unless that would displace another.
    pub fn expect(&self, key: &PublicKey) {
        let is_needless = {
            let shelves = self.lock();
            self.paths.verify() == VerifyPath::Reference || shelves.holds(key) || shelves.combs.is_full()
        };
        if !is_needless {
            let known = Arc::new(Known::with_comb(key));
            self.lock().combs.put(*key, (known, 0));
        }
    }

    /// Prepares for a key that is going to be seen all the time, a validator's, unless that would displace another.
    pub fn expect_often(&self, key: &PublicKey) {
        let is_needless = {
            let tables = &self.lock().tables;
            self.paths.verify() == VerifyPath::Reference || tables.entries.contains(key) || tables.is_full()
        };
        if !is_needless {
            self.build_table(key);
        }
    }

    /// What has been used and is held.
    pub fn counts(&self) -> TableCounts {
        let shelves = self.lock();
        TableCounts { bytes: shelves.combs.bytes() + shelves.tables.bytes(), ..shelves.counts }
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
            self.judge(&claims.map(|(known, claim)| (&**known, claim.e, &claim.signature)).collect::<Vec<_>>())
        };
        claims.chunks(MAX_BATCH).flat_map(chunk).collect()
    }

    /// Claims about keys with tables go together if there are enough of them, in lanes if the path has some and they do not
    /// give up; all others go one by one.
    fn judge(&self, claims: &[(&Known, Digest, &Signature)]) -> Vec<bool> {
        let generator = Table::generator();
        let (mut positions, mut items) = (Vec::new(), Vec::new());
        for (position, (known, e, signature)) in claims.iter().enumerate() {
            if let Multiples::Table(key) = &known.multiples {
                positions.push(position);
                items.push(Item { key, e: *e, signature });
            }
        }
        if items.len() < MIN_BATCH {
            return claims.iter().map(|(known, e, signature)| known.verify(*e, signature)).collect();
        }
        let in_lanes = self.paths.verify().lanes().and_then(|lanes| lanes::verify(lanes, generator, &items));
        let together = in_lanes.unwrap_or_else(|| batch::verify(generator, &items));
        let mut together = positions.into_iter().zip(together).peekable();
        let verdict = |(position, (known, e, signature)): (usize, &(&Known, Digest, &Signature))| match together
            .next_if(|(first, _)| *first == position)
        {
            Some((_, verdict)) => verdict,
            None => known.verify(*e, signature),
        };
        claims.iter().enumerate().map(verdict).collect()
    }

    /// What is known of each key, from memory or computed now.
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
        let found = match found {
            // The key may have come before in the same batch: then it has a comb by now.
            Found::Nothing => self.lock().find(key),
            found => found,
        };
        match (found, &self.builder) {
            (Found::Known(known), _) => known,
            (Found::Hot(known), Some(call)) => {
                self.lock().want(*key);
                call();
                known
            }
            (Found::Hot(_), None) => self.build_table(key),
            (Found::Nothing, _) => {
                let known = Arc::new(Known::with_comb(key));
                let mut shelves = self.lock();
                shelves.combs.put(*key, (known.clone(), 1));
                shelves.counts.misses += 1;
                known
            }
        }
    }

    /// The comb stays, for the time after the table has been forgotten.
    fn build_table(&self, key: &PublicKey) -> Arc<Known> {
        let known = Arc::new(Known::with_table(key));
        let mut shelves = self.lock();
        shelves.tables.put(*key, known.clone());
        shelves.counts.tables_built += 1;
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
        self.judge(&claims.map(|((known, item), e)| (&**known, e, &item.signature)).collect::<Vec<_>>())
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
        known.verify(known.message_digest(&item.message), &item.signature)
    }

    fn verify_batch(&self, items: &[VerifyItem]) -> Vec<bool> {
        if self.paths.verify() == VerifyPath::Reference {
            return items.iter().map(|item| self.verify(item)).collect();
        }
        items.chunks(MAX_BATCH).flat_map(|chunk| self.verify_chunk(chunk)).collect()
    }
}

impl Known {
    fn with_comb(key: &PublicKey) -> Known {
        Known { z: key.identity_hash(), multiples: Multiples::Comb(Box::new(Comb::build(&affine(key)))) }
    }

    fn with_table(key: &PublicKey) -> Known {
        Known { z: key.identity_hash(), multiples: Multiples::Table(Table::build(&affine(key), WIDTH)) }
    }

    /// e = SM3(Z ‖ M).
    fn message_digest(&self, message: &[u8]) -> Digest {
        let mut hasher = Hasher::new();
        hasher.update(&self.z.0);
        hasher.update(message);
        hasher.finish()
    }

    fn verify(&self, e: Digest, signature: &Signature) -> bool {
        match &self.multiples {
            Multiples::Comb(key) => claim::verify_by_comb(Table::generator(), key, &e, signature),
            Multiples::Table(key) => claim::verify(Table::generator(), &Item { key, e, signature }),
        }
    }
}

fn affine(key: &PublicKey) -> Affine {
    Affine::from_bytes(key.as_bytes()).expect("a PublicKey is a point of the curve")
}

#[cfg(test)]
impl TableKeys {
    /// How many combs and tables are kept.
    pub(super) fn held_count(&self) -> (usize, usize) {
        let shelves = self.lock();
        (shelves.combs.entries.len(), shelves.tables.entries.len())
    }

    pub(super) fn holds(&self, key: &PublicKey) -> bool {
        self.lock().holds(key)
    }
}
