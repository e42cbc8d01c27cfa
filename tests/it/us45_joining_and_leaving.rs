//! A fifth organisation joins a running chain and its node votes; a validator leaves; one is replaced on a new host with new
//! keys; a member is removed. Bills come in all the while, and the chain never pauses longer than one round.

use crate::board::{Board, grant};
use crate::harness::{Consortium, free_ports, open_key};
use crate::load::{Load, StopOnDrop, assert_no_pause, prove, signers};
use bencao_crypto::SigningKey;
use bencao_genesis::KeyPurpose;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::RwLock;

/// Decisions about different validators lie so far apart: a parameter of the chain.
const SETTLE_HEIGHTS: u64 = 10;

/// A new organisation: a wholesaler of the same region.
const FIFTH: &str = "91650100MA0000006";

/// A node's new home on this machine, as `init` makes it, and its keys.
struct NewNode {
    index: usize,
    validator: SigningKey,
    node: SigningKey,
}

fn new_home(net: &mut Consortium, name: &str, uscc: &str, peers: &[usize]) -> NewNode {
    let home = net.folder().join(name);
    let authority = Path::new(&net.genesis()).with_file_name("authority");
    let ports = free_ports(2);
    let text = |path: &Path| path.to_str().expect("a path").to_owned();
    let (shown, genesis, authority) = (text(&home), net.genesis(), text(&authority));
    let mut arguments = vec!["--home", &shown, "init", "--genesis", &genesis, "--name", name, "--kind", "validator"];
    arguments.extend(["--organisation", uscc, "--authority", &authority, "--api", &ports[0], "--p2p", &ports[1]]);
    let peers = net.as_peers(peers.iter().copied());
    arguments.extend(peers.iter().flat_map(|peer| ["--peer", peer.as_str()]));
    let said = net.run(&arguments);
    assert_eq!(said.code, 0, "{}", said.json);
    let key = |file: &str| open_key(&home.join(file), &home.join("keys/passphrase"));
    let (validator, node) = (key("keys/validator.pem"), key("keys/node.pem"));
    let described = json!({
        "name": name, "home": home, "api": format!("http://{}", ports[0]), "p2p": ports[1], "kind": "validator",
    });
    NewNode { index: net.add_node(described), validator, node }
}

/// Runs until decisions about another validator are allowed.
fn settle(net: &Consortium, node: usize) {
    let goal = net.height(node).expect("it answers") + SETTLE_HEIGHTS + 3;
    net.eventually("the change has settled", || net.height(node).is_some_and(|h| h >= goal));
}

fn status(net: &Consortium, node: usize, field: &str) -> Value {
    net.read(node, "/v1/status")[field].clone()
}

/// The first height above `from` that this key signed, as `node` has it.
fn first_signed(net: &Consortium, node: usize, from: u64, key: &SigningKey) -> u64 {
    let id = key.public().id().to_string();
    let (mut height, mut found) = (from, None);
    net.eventually("it has voted", || {
        while found.is_none() && net.height(node).is_some_and(|tip| tip > height) {
            height += 1;
            found = signers(net, node, height).contains(&id).then_some(height);
        }
        found.is_some()
    });
    found.expect("found")
}

#[test]
fn a_member_joins_and_votes_a_validator_leaves_and_one_is_replaced() {
    let net = RwLock::new(Consortium::start(4, 1));
    let hand = net.read().unwrap().hand(&net.read().unwrap().member("producer"));
    let board = Board::of(&net.read().unwrap());
    let load = Load::on(&[0, 1]);
    let begun = net.read().unwrap().height(0).expect("it answers");

    std::thread::scope(|scope| {
        scope.spawn(|| load.run(&net, &hand));
        let done = scope.spawn(|| {
            let _stop = StopOnDrop(&load);
            load.go_on(&net.read().unwrap(), 5);
            let fifth = joins(&net, &board, &load);
            leaves(&net, &board, fifth);
            replaced(&net, &board, fifth);
            removed(&net, &board);
            load.go_on(&net.read().unwrap(), 5);
        });
        done.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    });

    let net = net.into_inner().unwrap();
    let codes = load.assert_kept(&net, 0);
    let end = net.height(0).expect("it answers");
    net.await_height(end);
    assert_no_pause(&net, 0, begun + 1, end);
    net.assert_same_at(end);
    // Joined, left, replaced: the proof leads over all of it, whoever makes it.
    for node in [0, 4, 5, 6] {
        for code in &codes {
            assert_eq!(prove(&net, node, code), 3, "node {node}");
        }
    }
}

/// The node starts before anybody knows it: nobody lets it in. Once its member is admitted it catches up by itself, and once
/// its key is a validator's it votes.
fn joins(net: &RwLock<Consortium>, board: &Board, load: &Load) -> usize {
    let check = bencao_genesis::ids::uscc_check_character(FIFTH).expect("17 characters");
    let uscc = format!("{FIFTH}{check}");
    let fifth = new_home(&mut net.write().unwrap(), "fifth", &uscc, &[0, 1, 2, 3, 4]);
    net.write().unwrap().start_node(fifth.index);
    let net = net.read().unwrap();
    net.eventually("it is refused", || {
        let peers = net.read(0, "/v1/peers");
        peers["refusals"].as_array().is_some_and(|all| all.iter().any(|r| r["reason"] == "not_allowed"))
    });
    assert_eq!(net.height(fifth.index), Some(0), "nobody lets it in");
    let generate = || SigningKey::generate().expect("randomness");
    let (transact, admin) = (generate(), generate());
    let keys: Vec<Value> = [
        (KeyPurpose::Transact, &transact),
        (KeyPurpose::Admin, &admin),
        (KeyPurpose::Validator, &fifth.validator),
        (KeyPurpose::Node, &fifth.node),
    ]
    .map(|(purpose, key)| grant(&net, &uscc, purpose, key))
    .into();
    let admission = json!({
        "type": "add_organisation", "id": uscc, "name": "示例昆仑医药有限公司", "roles": ["wholesaler"],
        "jurisdiction": "650100", "licences": [], "keys": keys, "votes": false,
    });
    board.decide(&net, 0, 4, &admission);
    net.await_ready(fifth.index);
    net.eventually("it has caught up", || {
        net.height(fifth.index).is_some_and(|h| net.height(0).is_some_and(|n| h + 3 >= n))
    });
    assert_eq!(status(&net, fifth.index, "voting"), false);
    assert_eq!(status(&net, 0, "validators").as_array().map(Vec::len), Some(4));

    let seat = json!({
        "type": "add_validator", "name": "fifth", "organisation": uscc, "power": 1,
        "validator_key": fifth.validator.public(), "node_key": fifth.node.public(),
    });
    let decided = board.decide(&net, 1, 4, &seat);
    let voted = first_signed(&net, 0, decided, &fifth.validator);
    assert!(voted >= decided + 3, "executed by the next block, in force two heights later");
    net.eventually("it says so", || status(&net, fifth.index, "voting") == true);
    for node in [0, 4, fifth.index] {
        net.eventually("all know", || status(&net, node, "validators").as_array().is_some_and(|all| all.len() == 5));
    }
    load.move_to(&[0, 1, fifth.index]);
    load.go_on(&net, 5);
    settle(&net, 0);
    fifth.index
}

/// Node 3 is no validator any more, and follows the chain.
fn leaves(net: &RwLock<Consortium>, board: &Board, other: usize) {
    let net = net.read().unwrap();
    let decided = board.decide(&net, other, 4, &json!({"type": "remove_validator", "name": "node3"}));
    net.eventually("it knows", || status(&net, 3, "voting") == false);
    let gone = status(&net, 3, "validators").as_array().map(|all| all.iter().any(|v| v["name"] == "node3"));
    assert_eq!(gone, Some(false));
    settle(&net, 0);
    let tip = net.height(0).expect("it answers");
    net.await_height(tip);
    let still: Vec<&str> = vec!["node0", "node1", "node2", "fifth"];
    let names: Vec<Value> =
        status(&net, 0, "validators").as_array().expect("validators").iter().map(|v| v["name"].clone()).collect();
    assert!(names.len() == 4 && still.iter().all(|name| names.contains(&Value::from(*name))), "{names:?}");
    assert!((decided + 4..=tip).all(|h| signers(&net, 0, h).len() <= 4));
    assert!(net.log(3).contains("it follows"), "its log says so");
}

/// Node 2's host burns down. Its administrator has the keys of a new one take its place.
fn replaced(net: &RwLock<Consortium>, board: &Board, other: usize) {
    let old = |net: &Consortium, file: &str| {
        open_key(&net.home_file(2, file), &net.home_file(2, "keys/passphrase")).public().id().to_string()
    };
    let (old_validator, old_node) = {
        let net = net.read().unwrap();
        (old(&net, "keys/validator.pem"), old(&net, "keys/node.pem"))
    };
    net.write().unwrap().kill(2);
    let uscc = net.read().unwrap().member("pharmacy").uscc;
    let fresh = new_home(&mut net.write().unwrap(), "node2-again", &uscc, &[0, 1, 3, 4, other]);
    net.write().unwrap().start_node(fresh.index);
    let net = net.read().unwrap();
    let rotate = |old: &str, purpose, key: &SigningKey| json!({"type": "rotate", "old": old, "new": grant(&net, &uscc, purpose, key), "overlap": 0});
    let changes = [
        rotate(&old_validator, KeyPurpose::Validator, &fresh.validator),
        rotate(&old_node, KeyPurpose::Node, &fresh.node),
    ];
    let changed = board.change_keys(&net, 0, board.administrator("pharmacy"), &changes);
    let voted = first_signed(&net, 0, changed, &fresh.validator);
    assert!(voted >= changed + 2);
    net.eventually("it votes", || status(&net, fresh.index, "voting") == true);
    assert!(!signers(&net, 0, voted).contains(&old_validator));
}

/// The member whose validator has left leaves the consortium: nobody speaks to its node any more.
fn removed(net: &RwLock<Consortium>, board: &Board) {
    let held = net.read().unwrap();
    let hospital = held.member("hospital").uscc;
    // It has no vote on that: three of the four others.
    board.decide(&held, 0, 3, &json!({"type": "remove_organisation", "organisation": hospital}));
    held.eventually("nobody is connected to it", || {
        let peers = held.read(0, "/v1/peers");
        let node3 = peers["peers"].as_array().and_then(|all| all.iter().find(|p| p["name"] == "node3").cloned());
        node3.is_some_and(|p| p["connected"] == false) && status(&held, 3, "peers_connected") == 0
    });
    drop(held);
    net.write().unwrap().kill(3);
}

/// A node that is told to stop when it leaves the set does so by itself.
#[test]
fn a_validator_that_leaves_stops_if_it_is_told_to() {
    let mut net = Consortium::prepare(5, 0, &[]);
    let config: PathBuf = net.home_file(4, "config.toml");
    let text = std::fs::read_to_string(&config).expect("a configuration");
    std::fs::write(&config, format!("on_unseated = \"stop\"\n{text}")).expect("a configuration");
    net.start_all();
    let board = Board::of(&net);
    board.decide(&net, 0, 4, &json!({"type": "remove_validator", "name": "node4"}));
    assert!(net.await_exit(4), "it ends as if asked to");
    assert!(net.log(4).contains("on_unseated"));
    let hand = net.hand(&net.member("producer"));
    let (product, prefix) = crate::harness::demo_product();
    net.settle(0, &hand, "S-1", &crate::harness::one_unit(&product, &prefix, "S1", 1));
}
