//! What a killed process acknowledged is there when it comes back.

use bencao_ledger::kv::{Durability, Kv, KvRead, Order, Space, WriteBatch};
use bencao_ledger::log::LogFile;
use bencao_store::{FileLog, Instance, RocksKv, RocksOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const FOLDER: &str = "BENCAO_KILLED_FOLDER";

fn stores(folder: &Path) -> (RocksKv, FileLog, Vec<Vec<u8>>) {
    let kv = RocksKv::open(&folder.join("blocks"), Instance::Blocks, RocksOptions::default()).unwrap();
    let (log, records) = FileLog::open(&folder.join("log"), "wal").unwrap();
    (kv, log, records)
}

/// Not a test by itself: the parent runs it in a process of its own and kills that.
#[test]
#[ignore = "run by `acknowledged_writes_survive_a_kill` in a child process"]
fn child_writes_until_it_is_killed() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else { return };
    let (kv, mut log, records) = stores(&folder);
    let mut out = std::io::stderr();
    for n in records.len() as u64.. {
        let mut batch = WriteBatch::new();
        batch.put(Space::Blocks, n.to_be_bytes(), vec![n as u8; 5_000]);
        batch.put(Space::BlockIds, n.to_be_bytes(), n.to_be_bytes());
        kv.write(batch, Durability::Synced).unwrap();
        log.append(&n.to_be_bytes()).unwrap();
        log.flush().unwrap();
        writeln!(out, "acknowledged {n}").unwrap();
    }
}

#[test]
fn acknowledged_writes_survive_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged = 0;
    for round in 1..=3 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "child_writes_until_it_is_killed", "--nocapture"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        for line in BufReader::new(child.stderr.take().unwrap()).lines() {
            if let Some(n) = line.unwrap().strip_prefix("acknowledged ") {
                acknowledged = n.parse::<u64>().unwrap() + 1;
            }
            if acknowledged >= round * 20 {
                break;
            }
        }
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(acknowledged >= round * 20, "the child stopped early");

        let (kv, _, records) = stores(folder.path());
        assert!(records.len() as u64 >= acknowledged);
        assert!(records.iter().enumerate().all(|(n, r)| *r == (n as u64).to_be_bytes()));
        let blocks = kv.scan(Space::Blocks, &[], &[], usize::MAX, Order::Ascending).unwrap();
        let ids = kv.scan(Space::BlockIds, &[], &[], usize::MAX, Order::Ascending).unwrap();
        assert!(blocks.len() as u64 >= acknowledged);
        assert_eq!(blocks.len(), ids.len(), "writes are whole");
        assert!(
            blocks.iter().enumerate().all(|(n, (k, v))| *k == (n as u64).to_be_bytes() && *v == vec![n as u8; 5_000])
        );
    }
}
