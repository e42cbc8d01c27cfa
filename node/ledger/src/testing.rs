//! The conformance suite of stores: what [`Kv`], [`LogFile`], [`LogDirectory`] and [`Cell`] promise, as functions that panic.
//! Run on the stores in memory here and on the disk by the store package, so that the simulator's stores stay honest.

use crate::kv::{Durability, Kv, Order, Space, WriteBatch};
use crate::log::{Cell, LOG_RECORD_BYTES_MAX, LogDirectory, LogFile};

fn put(kv: &impl Kv, entries: &[(&[u8], &[u8])], durability: Durability) {
    let mut batch = WriteBatch::new();
    entries.iter().for_each(|(k, v)| batch.put(Space::Records, *k, *v));
    kv.write(batch, durability).expect("writes");
}

fn keys(kv: &impl Kv, from: &[u8], to: &[u8], limit: usize, order: Order) -> Vec<Vec<u8>> {
    let entries = kv.scan(Space::Records, from, to, limit, order).expect("scans");
    entries.into_iter().map(|(key, _)| key).collect()
}

/// An empty store with [`Space::STATE`] keeps every promise that does not need a crash. `reopen` closes and opens it.
///
/// # Panics
/// If it does not.
pub fn kv_conforms<K: Kv>(kv: K, reopen: impl FnOnce(K) -> K) {
    assert_eq!(kv.get(Space::Records, b"a").expect("reads"), None);
    put(&kv, &[(b"a", b"1"), (b"b", b"2"), (b"", b"empty"), (b"b\0", b"3"), (b"\xff\xff", b"4")], Durability::Buffered);
    assert_eq!(kv.get(Space::Records, b"").expect("reads"), Some(b"empty".to_vec()));
    assert_eq!(kv.get(Space::Pages, b"a").expect("reads"), None, "spaces are apart");
    let many = kv.get_many(Space::Records, &[b"b".to_vec(), b"x".to_vec(), b"a".to_vec()]).expect("reads");
    assert_eq!(many, [Some(b"2".to_vec()), None, Some(b"1".to_vec())]);

    let all: [&[u8]; 5] = [b"", b"a", b"b", b"b\0", b"\xff\xff"];
    assert_eq!(keys(&kv, b"", b"", 9, Order::Ascending), all);
    assert_eq!(keys(&kv, b"a", b"b", 9, Order::Ascending), [b"a"], "the upper end is outside");
    assert_eq!(keys(&kv, b"a", b"b\0", 9, Order::Descending), [b"b", b"a"]);
    assert_eq!(keys(&kv, b"a", b"", 2, Order::Ascending), [b"a", b"b"]);
    assert_eq!(keys(&kv, b"", b"", 2, Order::Descending), [b"\xff\xff".to_vec(), b"b\0".to_vec()]);
    assert!(keys(&kv, b"b", b"a", 9, Order::Ascending).is_empty(), "an empty range");
    assert!(keys(&kv, b"", b"", 0, Order::Ascending).is_empty());

    let mut batch = WriteBatch::new();
    batch.put(Space::Records, *b"a", *b"first");
    batch.put(Space::Records, *b"a", *b"last");
    batch.delete(Space::Records, *b"b");
    batch.delete(Space::Records, *b"never there");
    batch.put(Space::Pages, *b"page", vec![7; 100_000]);
    kv.write(batch, Durability::Synced).expect("writes");

    let kv = reopen(kv);
    assert_eq!(kv.get(Space::Records, b"a").expect("reads"), Some(b"last".to_vec()));
    assert_eq!(kv.get(Space::Records, b"b").expect("reads"), None);
    assert_eq!(kv.get(Space::Pages, b"page").expect("reads"), Some(vec![7; 100_000]));
    kv.write(WriteBatch::new(), Durability::Synced).expect("an empty write is no error");
}

/// An empty log keeps every promise that does not need a crash. `reopen` closes and opens it.
///
/// # Panics
/// If it does not.
pub fn log_conforms<L: LogFile>(log: L, mut reopen: impl FnMut(L) -> (L, Vec<Vec<u8>>)) {
    let (mut log, records) = reopen(log);
    assert!(records.is_empty());
    let long = vec![5; LOG_RECORD_BYTES_MAX];
    for record in [&b"one"[..], b"", &long] {
        log.append(record).expect("appends");
    }
    log.flush().expect("flushes");
    log.flush().expect("flushing nothing is no error");
    let (mut log, records) = reopen(log);
    assert_eq!(records, [&b"one"[..], b"", &long]);

    log.append(b"four").expect("appends");
    log.flush().expect("flushes");
    let (mut log, records) = reopen(log);
    assert_eq!(records.last(), Some(&b"four".to_vec()));
    assert_eq!(records.len(), 4);

    log.reset().expect("resets");
    log.append(b"lost").expect("appends");
    log.reset().expect("resets");
    log.append(b"new").expect("appends");
    log.flush().expect("flushes");
    let (mut log, records) = reopen(log);
    assert_eq!(records, [b"new"]);

    for round in 0..5u8 {
        log.reset().expect("resets");
        log.append(&[round; 40]).expect("appends");
        log.flush().expect("flushes");
        log.append(&[round; 3]).expect("appends");
        log.flush().expect("flushes");
        let (again, records) = reopen(log);
        assert_eq!(records, [vec![round; 40], vec![round; 3]]);
        log = again;
    }
}

/// An empty folder of logs keeps its promises.
///
/// # Panics
/// If it does not.
pub fn directory_conforms<D: LogDirectory>(mut directory: D) {
    assert!(directory.segments().expect("lists").is_empty());
    for segment in [3, 20, 1] {
        let (mut log, records) = directory.open(segment).expect("opens");
        assert!(records.is_empty());
        log.append(&segment.to_le_bytes()).expect("appends");
        log.flush().expect("flushes");
    }
    assert_eq!(directory.segments().expect("lists"), [1, 3, 20]);
    directory.remove(3).expect("removes");
    assert_eq!(directory.segments().expect("lists"), [1, 20]);
    assert_eq!(directory.open(20).expect("opens").1, [20u64.to_le_bytes()]);
}

/// An empty cell keeps its promises. `reopen` closes and opens it.
///
/// # Panics
/// If it does not.
pub fn cell_conforms<C: Cell>(cell: C, mut reopen: impl FnMut(C) -> C) {
    assert_eq!(cell.load().expect("loads"), None);
    let mut cell = reopen(cell);
    for value in [&b"first"[..], b"", &[9; 500], b"last"] {
        cell.store(value).expect("stores");
        assert_eq!(cell.load().expect("loads").as_deref(), Some(value));
        cell = reopen(cell);
        assert_eq!(cell.load().expect("loads").as_deref(), Some(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kv::KvRead;
    use crate::memory::{MemoryCell, MemoryDirectory, MemoryKv, MemoryLog};

    #[test]
    fn stores_in_memory_conform() {
        kv_conforms(MemoryKv::new(), |kv| {
            kv.crash(|_| 0);
            kv
        });
        log_conforms(MemoryLog::new(), |log: MemoryLog| {
            log.crash(|_| 0);
            let records = log.reopen().unwrap();
            (log, records)
        });
        directory_conforms(MemoryDirectory::new());
        cell_conforms(MemoryCell::new(), |cell| cell);
    }

    #[test]
    fn a_crash_keeps_a_prefix_of_the_buffered_writes() {
        for keep in 0..=4 {
            let kv = MemoryKv::new();
            put(&kv, &[(b"a", b"0"), (b"b", b"0")], Durability::Synced);
            for n in [&b"1"[..], b"2", b"3"] {
                put(&kv, &[(b"a", n), (b"b", n)], Durability::Buffered);
            }
            let mut asked = 0;
            kv.crash(|unsynced| {
                asked = unsynced;
                keep
            });
            let expected = [b"0", b"1", b"2", b"3", b"3"][keep].to_vec();
            assert_eq!(asked, 3);
            assert_eq!(
                kv.get_many(Space::Records, &[b"a".to_vec(), b"b".to_vec()]).unwrap(),
                [Some(expected.clone()), Some(expected)]
            );
        }
    }

    #[test]
    fn a_planned_fault_stops_the_store_until_it_is_reopened() {
        let kv = MemoryKv::new();
        kv.fail_after(1);
        put(&kv, &[(b"a", b"1")], Durability::Synced);
        for _ in 0..2 {
            let mut batch = WriteBatch::new();
            batch.put(Space::Records, *b"a", *b"2");
            assert!(kv.write(batch, Durability::Synced).is_err());
        }
        kv.crash(|_| 0);
        assert_eq!(kv.get(Space::Records, b"a").unwrap(), Some(b"1".to_vec()));
        put(&kv, &[(b"a", b"3")], Durability::Synced);
    }
}
