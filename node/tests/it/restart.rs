//! Stopping, starting again, and homes that must not start.

use crate::world::{Node, PATIENCE, World, code, commission, release, signed};
use bencao_client::api::{Finality, Outcome};
use bencao_node::{NodeError, Options, Running};

#[test]
fn a_restart_keeps_chain_receipts_totals_and_promises() {
    let world = World::new();
    let node = world.start();
    let first = node.settle(&signed(&world.producer, "C-1", commission(1..4, 3)), Finality::Certified);
    // Stopped between promise and block, or after it: either way the promise holds.
    let open = signed(&world.releaser, "R-1", release(3));
    node.accept(&open);
    let before = node.client.status().unwrap();
    node.stop();

    let node = world.start();
    let kept = node.client.transaction(&open.id.to_string(), PATIENCE, Finality::Final).unwrap();
    assert_eq!(kept.status, Outcome::Applied, "{kept:?}");
    let again = node.client.transaction(&first.transaction_id, PATIENCE, Finality::Final).unwrap();
    assert_eq!((again.height, again.index), (first.height, first.index));
    assert_eq!(again.finality, Some(Finality::Certified));
    let after = node.client.status().unwrap();
    assert!(after.height >= before.height && after.voting);
    assert_eq!((after.totals.applied, after.totals.codes), (2, 3));
    assert_eq!(node.client.code(&code(1)).unwrap()["batch"]["released"], true);
    let height = first.height.unwrap();
    let root = node.client.block(height).unwrap().state_root;
    node.stop();
    let node = world.start();
    assert_eq!(node.client.block(height).unwrap().state_root, root);
    node.stop();
}

#[test]
fn lost_state_is_executed_again_from_the_blocks() {
    let world = World::new();
    let node = world.start();
    node.settle(&signed(&world.producer, "C-1", commission(1..4, 3)), Finality::Certified);
    let before = node.client.block(1).unwrap();
    node.stop();
    std::fs::remove_dir_all(world.path("data/state")).unwrap();
    let node = world.start();
    let after = node.client.block(1).unwrap();
    assert_eq!((after.id, after.state_root, after.receipts_root), (before.id, before.state_root, before.receipts_root));
    assert_eq!(node.client.status().unwrap().totals.codes, 3);
    node.stop();
}

#[test]
fn data_without_its_signing_mark_is_followed_and_not_voted_on() {
    let world = World::new();
    let node = world.start();
    node.settle(&signed(&world.producer, "C-1", commission(1..2, 1)), Finality::Certified);
    node.stop();
    std::fs::remove_dir_all(world.path("signer")).unwrap();
    let node = world.start();
    assert!(!node.client.status().unwrap().voting);
    assert_eq!(node.client.code(&code(1)).unwrap()["level"], 1, "it still answers");
    node.stop();
    let node = Node::start(world.home(), Options { accept_risk: true, ..Options::default() });
    assert!(node.client.status().unwrap().voting);
    node.settle(&signed(&world.releaser, "R-1", release(1)), Finality::Final);
    node.stop();
}

#[test]
fn two_processes_do_not_share_a_home() {
    let world = World::new();
    let node = world.start();
    let second = Running::start(world.home(), Options::default());
    assert!(matches!(second.err(), Some(NodeError::InUse { .. })));
    assert!(node.client.status().unwrap().ready);
    node.stop();
}

#[test]
fn a_home_with_a_wrong_file_does_not_start_and_names_it() {
    let refuse = |name: &str, text: &str| {
        let world = World::new();
        std::fs::write(world.path(name), text).unwrap();
        let error = Running::start(world.home(), Options::default()).err().expect("must not start");
        assert!(!world.path("data").exists(), "nothing is written");
        let text = error.to_string();
        assert!(text.contains(name), "{name} expected in {text:?}");
    };
    refuse("genesis.json", "{");
    refuse("validator.pem", "-----BEGIN NOTHING-----");
    refuse("certificate.pem", "");
    refuse("authorities.pem", "x");
    refuse("config.toml", "name = 3");
}

#[test]
fn a_key_of_nobody_does_not_vote() {
    let world = World::new();
    let stranger = bencao_crypto::keyfile::to_plain_pem(&world.stranger);
    std::fs::write(world.path("validator.pem"), stranger.as_bytes()).unwrap();
    let node = world.start();
    let status = node.client.status().unwrap();
    assert!(!status.voting, "it follows until the chain has its key");
    assert!(status.validators.iter().all(|v| v.key_id != world.stranger.public().id().to_string()));
    node.stop();
}
