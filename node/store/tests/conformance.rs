//! The suite that the simulator's stores pass too, on real disks.

use bencao_ledger::kv::{Durability, Kv, KvRead, Space, WriteBatch};
use bencao_ledger::log::LogFile;
use bencao_ledger::{StoreError, testing};
use bencao_store::{FileCell, FileDirectory, FileLog, Instance, RocksKv, RocksOptions};
use std::path::Path;

fn rocks(folder: &Path) -> RocksKv {
    RocksKv::open(folder, Instance::State, RocksOptions::default()).unwrap()
}

#[test]
fn rocksdb_conforms() {
    let folder = tempfile::tempdir().unwrap();
    testing::kv_conforms(rocks(folder.path()), |kv| {
        drop(kv);
        rocks(folder.path())
    });
    assert!(rocks(folder.path()).disk_bytes().unwrap() > 0);
}

#[test]
fn files_conform() {
    let folder = tempfile::tempdir().unwrap();
    let open = || FileLog::open(&folder.path().join("log"), "wal").unwrap();
    testing::log_conforms(open().0, |log| {
        drop(log);
        open()
    });
    testing::directory_conforms(FileDirectory::open(&folder.path().join("segments")).unwrap());
    let open = || FileCell::open(&folder.path().join("cell"), "mark").unwrap();
    testing::cell_conforms(open(), |cell| {
        drop(cell);
        open()
    });
}

#[test]
fn an_open_database_is_not_opened_twice() {
    let folder = tempfile::tempdir().unwrap();
    let first = rocks(folder.path());
    let second = RocksKv::open(folder.path(), Instance::State, RocksOptions::default());
    assert!(matches!(second, Err(StoreError::Failed { .. })));
    drop(first);
    rocks(folder.path());
}

#[test]
fn large_values_and_many_spaces_survive_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let open = || RocksKv::open(folder.path(), Instance::Blocks, RocksOptions::default()).unwrap();
    let kv = open();
    let mut batch = WriteBatch::new();
    for space in Space::BLOCKS {
        batch.put(*space, *b"key", space.name().repeat(10_000));
    }
    kv.write(batch, Durability::Synced).unwrap();
    drop(kv);
    let kv = open();
    for space in Space::BLOCKS {
        assert_eq!(kv.get(*space, b"key").unwrap(), Some(space.name().repeat(10_000).into_bytes()));
    }
}

#[test]
fn a_log_file_with_a_torn_end_opens_and_a_damaged_one_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let (mut log, _) = FileLog::open(folder.path(), "wal").unwrap();
    for record in [&b"first"[..], b"second"] {
        log.append(record).unwrap();
        log.flush().unwrap();
    }
    drop(log);
    let file = folder.path().join("wal.a");
    let whole = std::fs::read(&file).unwrap();

    std::fs::write(&file, &whole[..whole.len() - 1]).unwrap();
    let (mut log, records) = FileLog::open(folder.path(), "wal").unwrap();
    assert_eq!(records, [b"first"]);
    log.append(b"third").unwrap();
    log.flush().unwrap();
    drop(log);
    assert_eq!(FileLog::open(folder.path(), "wal").unwrap().1, [b"first", b"third"]);

    let mut bad = whole;
    bad[30] ^= 1;
    std::fs::write(&file, bad).unwrap();
    assert!(matches!(FileLog::open(folder.path(), "wal"), Err(StoreError::LogDamaged { offset: 0 })));
}

#[test]
fn a_failed_write_stops_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let (mut log, _) = FileLog::open(folder.path(), "wal").unwrap();
    log.append(b"first").unwrap();
    log.flush().unwrap();
    // The file that a reset moves to is a device that is always full and cannot be cut.
    std::os::unix::fs::symlink("/dev/full", folder.path().join("wal.b")).unwrap();
    let full = log.reset().and_then(|()| log.append(b"second")).and_then(|()| log.flush());
    assert!(full.is_err());
    assert!(matches!(log.append(b"third"), Err(StoreError::Stopped)));
    assert!(matches!(log.flush(), Err(StoreError::Stopped)));
}
