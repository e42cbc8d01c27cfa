//! A node that computes something else than what was certified (D18).

use crate::world::{Node, PATIENCE, World, commission, release, signed};
use bencao_client::api::Finality;
use bencao_genesis::KeyPurpose;
use bencao_ledger::{Durability, Kv, KvRead, Space, WriteBatch};
use bencao_store::{Instance, RocksKv, RocksOptions};
use serde_json::Value;
use std::path::Path;
use std::time::{Duration, Instant};

fn wait<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "{what} does not come");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn wait_for_height(node: &Node, height: u64) {
    wait("the height", || node.client.status().ok().filter(|s| s.height >= height));
}

/// Changes a record behind the ledger's back, as a fault of memory or disk might; returns what it was.
fn tamper(home: &Path, key: &[u8], value: Option<&[u8]>) -> Option<Vec<u8>> {
    let kv = RocksKv::open(&home.join("data/state"), Instance::State, RocksOptions::default()).unwrap();
    let before = kv.get(Space::Records, key).unwrap();
    let mut write = WriteBatch::new();
    match value {
        Some(value) => write.put(Space::Records, key, value),
        None => write.delete(Space::Records, key),
    }
    kv.write(write, Durability::Synced).unwrap();
    before
}

fn report(home: &Path, height: u64) -> Option<Value> {
    let path = home.join(format!("data/divergence/{height}.json"));
    std::fs::read(path).ok().map(|bytes| serde_json::from_slice(&bytes).unwrap())
}

#[test]
fn a_node_that_differs_serves_reads_names_the_differing_records_and_comes_back_when_mended() {
    let world = World::new();
    let (validator, observer) = world.start_with_observer();
    let made = validator.settle(&signed(&world.producer, "C-1", commission(1..4, 3)), Finality::Certified);
    wait_for_height(&observer, made.height.unwrap() + 1);
    observer.stop();

    // The observer forgets the key that releases: it will refuse what the chain applies.
    let releases = |k: &&bencao_genesis::KeyEntry| k.purpose == KeyPurpose::Release;
    let key = world.genesis.organisations[0].keys.iter().find(releases).unwrap().public_key.id();
    let key = bencao_chaincode::state::key::signing_key(&key).to_bytes();
    let home = world.path("observer");
    let record = tamper(&home, &key, None).expect("the key has a record");

    let released = validator.settle(&signed(&world.releaser, "R-1", release(3)), Finality::Certified);
    let height = released.height.unwrap();
    let observer = world.start_observer();
    let compared = wait("the comparison", || report(&home, height).filter(|r| !r["comparison"].is_null()));
    let status = observer.client.status().unwrap();
    assert!(status.diverged && !status.ready && !status.voting);
    assert_eq!(status.height, height, "it goes no further, and answers");

    let certified = validator.client.block(height).unwrap().state_root;
    assert_eq!(compared["height"], height);
    assert_eq!(compared["certified"]["state_root"], certified);
    assert_ne!(compared["own"]["state_root"], certified);
    assert_eq!(compared["transactions"][0]["outcome"], "rejected");
    assert_eq!(compared["transactions"][0]["transaction_id"], released.transaction_id);
    let comparison = &compared["comparison"];
    assert_eq!((&comparison["state_proven"], &comparison["receipts_proven"]), (&true.into(), &true.into()));
    assert_eq!(comparison["differing_receipts"], serde_json::json!([0]));
    let differing = comparison["differing_records"].as_array().unwrap();
    // Of a release the batch changes, and the document is remembered.
    assert!(differing.iter().any(|d| d["module"] == 2 && d["kind"] == 1), "{differing:?}");
    assert!(differing.iter().all(|d| d["own_digest"] != d["certified_digest"]));
    observer.stop();

    // Not mended: it is read-only from the start.
    let observer = world.start_observer();
    assert!(observer.client.status().unwrap().diverged);
    observer.stop();

    // Mended: the block is taken back and executed again.
    tamper(&home, &key, Some(&record));
    let observer = world.start_observer();
    let more = validator.settle(&signed(&world.producer, "C-2", commission(9..10, 1)), Finality::Final);
    wait_for_height(&observer, more.height.unwrap());
    let status = observer.client.status().unwrap();
    assert!(!status.diverged);
    assert_eq!(observer.client.block(height).unwrap().state_root, certified);
    assert!(report(&home, height).is_some(), "the report stays");
    assert!(!home.join("data/divergence/open.json").exists());
    observer.stop();
    validator.stop();
}
