//! The authenticated map over RocksDB: CPU time of all threads, compaction included, for each changed key, with the
//! digests of the values, the pages that change and the undo entry written with them, as a block writes them.
//!
//! `cargo bench -p bencao-benches --bench map [-- --keys 1000000 --blocks 64 --folder DIR]`

use bencao_crypto::sm3;
use bencao_crypto::sparse::value_hash;
use bencao_ledger::map::{Change, PageKey, Pages, Tree, Update};
use bencao_ledger::{Durability, Kv, KvRead, Space, StoreError, WriteBatch};
use bencao_store::{Instance, RocksKv, RocksOptions};
use rustix::time::{ClockId, clock_gettime};
use std::path::PathBuf;

/// Keys of a block.
const BLOCK: u64 = 5_000;
/// Keys written at once while loading.
const LOAD: u64 = 50_000;
/// Codes of a bill.
const BILL: u64 = 200;
/// Codes of a product: they share the first three bytes of their keys.
const PER_PRODUCT: u64 = 20_000;
/// Length of a value.
const VALUE_BYTES: usize = 100;

struct Store(RocksKv);

impl Pages for Store {
    fn pages(&self, keys: &[PageKey]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        let names: Vec<Vec<u8>> = keys.iter().map(|key| key.as_bytes().to_vec()).collect();
        self.0.get_many(Space::Pages, &names)
    }
}

/// A map that grows by blocks.
struct Map {
    store: Store,
    tree: Tree,
    height: u64,
}

impl Map {
    /// One block: each number is a record with a new value.
    fn block(&mut self, numbers: impl Iterator<Item = u64>) {
        self.height += 1;
        let value = |n: u64| [&n.to_le_bytes()[..], &self.height.to_le_bytes(), &[7; VALUE_BYTES - 16]].concat();
        let mut changes: Vec<Change> =
            numbers.map(|n| Change { key: key(n), value: Some(value_hash(&value(n))) }).collect();
        changes.sort_by_key(|change| change.key);
        changes.dedup_by_key(|change| change.key);
        let Update { tree, pages, .. } = self.tree.update(&self.store, &changes).expect("the store works");
        let mut write = WriteBatch::new();
        for (page, content) in pages {
            match content {
                Some(content) => write.put(Space::Pages, page.as_bytes(), content),
                None => write.delete(Space::Pages, page.as_bytes()),
            }
        }
        // As large as the real entry: key, old value, digest of the new one.
        let undo = vec![7; changes.len() * (32 + VALUE_BYTES + 33 + 18)];
        write.put(Space::Undo, self.height.to_be_bytes(), undo);
        if let Some(old) = self.height.checked_sub(bencao_ledger::state::UNDO_HEIGHTS) {
            write.delete(Space::Undo, old.to_be_bytes());
        }
        self.store.0.write(write, Durability::Buffered).expect("the store works");
        self.tree = tree;
    }
}

/// Map key of the `n`-th record: locality of its product, then its digest.
fn key(n: u64) -> [u8; 32] {
    let mut key = [0; 32];
    key[..3].copy_from_slice(&sm3(&(n / PER_PRODUCT).to_le_bytes()).0[..3]);
    key[3..].copy_from_slice(&sm3(&n.to_le_bytes()).0[..29]);
    key
}

/// xorshift64*.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) % n
    }
}

fn main() {
    let (keys, blocks, folder) = arguments();
    let kv = RocksKv::open(&folder.join("map-bench"), Instance::State, RocksOptions::default());
    let mut map = Map { store: Store(kv.expect("an empty folder")), tree: Tree::default(), height: 0 };
    let start = cpu_us();
    for first in (0..keys).step_by(LOAD as usize) {
        map.block(first..(first + LOAD).min(keys));
    }
    println!("map::load/keys={keys} {:8.2} µs a key", (cpu_us() - start) / keys as f64);

    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    measure(&mut map, "random", blocks, |_| (0..BLOCK).map(|_| random.below(keys)).collect());
    let mut random = Random(0x1234_5678_9abc_def1);
    measure(&mut map, "bills", blocks, |_| {
        let firsts: Vec<u64> = (0..BLOCK / BILL).map(|_| random.below(keys / BILL) * BILL).collect();
        firsts.into_iter().flat_map(|first| first..first + BILL).collect()
    });
    measure(&mut map, "inserts", blocks, |i| (0..BLOCK).map(|n| keys + i * BLOCK + n).collect());
    let disk = map.store.0.disk_bytes().expect("the store works");
    println!(
        "map::disk {:8.1} bytes a key, undo log and what compaction has not dropped yet included",
        disk as f64 / keys as f64
    );
    drop(map);
    let _ = std::fs::remove_dir_all(folder.join("map-bench"));
}

fn measure(map: &mut Map, name: &str, blocks: u64, mut numbers: impl FnMut(u64) -> Vec<u64>) {
    // The first blocks fill memory tables and caches.
    for i in 0..blocks / 8 {
        map.block(numbers(i).into_iter());
    }
    let (start, mut count) = (cpu_us(), 0);
    for i in blocks / 8..blocks {
        let numbers = numbers(i);
        count += numbers.len();
        map.block(numbers.into_iter());
    }
    println!(
        "map::update/{name:<8} {:8.2} µs a key over {} blocks",
        (cpu_us() - start) / count as f64,
        blocks - blocks / 8
    );
}

/// CPU time of all threads of this process so far, µs.
fn cpu_us() -> f64 {
    let now = clock_gettime(ClockId::ProcessCPUTime);
    now.tv_sec as f64 * 1e6 + now.tv_nsec as f64 / 1e3
}

/// Keys, blocks, folder. What cargo itself passes is skipped.
fn arguments() -> (u64, u64, PathBuf) {
    let (mut keys, mut blocks, mut folder) = (1_000_000, 64, std::env::temp_dir());
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--keys" => keys = words.next().and_then(|n| n.parse().ok()).expect("--keys N"),
            "--blocks" => blocks = words.next().and_then(|n| n.parse().ok()).expect("--blocks N"),
            "--folder" => folder = words.next().expect("--folder DIR").into(),
            _ => {}
        }
    }
    (keys, blocks, folder)
}
