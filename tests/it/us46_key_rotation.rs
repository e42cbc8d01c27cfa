//! Every validator changes all its keys, one after another, under load: the vote goes over to the new key by itself, and the
//! node is known under its new name without anybody else changing a configuration.

use crate::board::{Board, grant};
use crate::harness::{Consortium, open_key, seal_key};
use crate::load::{Load, StopOnDrop, assert_no_pause, prove, signers};
use bencao_crypto::SigningKey;
use bencao_genesis::KeyPurpose;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::RwLock;

const OWNERS: [&str; 4] = ["producer", "wholesaler", "pharmacy", "hospital"];

/// A new key file under the passphrase of node `n`'s home.
fn new_key(net: &Consortium, n: usize, name: &str) -> (PathBuf, SigningKey) {
    let (file, passphrase) = (net.home_file(n, &format!("keys/{name}.pem")), net.home_file(n, "keys/passphrase"));
    let key = SigningKey::generate().expect("randomness");
    seal_key(&key, &file, &passphrase);
    (file, key)
}

/// A certificate of the consortium's authority for the key in `file`.
fn certify(net: &Consortium, n: usize, uscc: &str, file: &Path) {
    let text = |path: &Path| path.to_str().expect("a path").to_owned();
    let (request, out) = (text(&net.home_file(n, "request.pem")), text(&net.home_file(n, "certificate-next.pem")));
    let authority = Path::new(&net.genesis()).with_file_name("authority");
    let passphrase = text(&net.home_file(n, "keys/passphrase"));
    let (name, key) = (net.node(n, "name"), text(file));
    let mut arguments =
        vec!["ca", "request", "--key", &key, "--name", &name, "--organisation", uscc, "--out", &request];
    arguments.extend(["--passphrase-file", &passphrase]);
    let said = net.run(&arguments);
    assert_eq!(said.code, 0, "{}", said.json);
    let (folder, passphrase) = (text(&authority), text(&authority.join("passphrase")));
    let arguments = ["ca", "issue", "--dir", &folder, &request, "--out", &out, "--passphrase-file", &passphrase];
    let said = net.run(&arguments);
    assert_eq!(said.code, 0, "{}", said.json);
}

/// Changes a line of a node's configuration.
fn edit(net: &Consortium, n: usize, from: &str, to: &str) {
    let file = net.home_file(n, "config.toml");
    let text = std::fs::read_to_string(&file).expect("a configuration");
    assert!(text.contains(from), "{from}: {text}");
    std::fs::write(&file, text.replace(from, to)).expect("a configuration");
}

/// Stops a node and starts it again; the others go on.
fn restart(net: &RwLock<Consortium>, load: &Load, n: usize) {
    let others: Vec<usize> = (0..4).filter(|other| *other != n).collect();
    load.move_to(&others);
    let mut held = net.write().unwrap();
    held.kill(n);
    held.start_node(n);
    drop(held);
    net.read().unwrap().await_ready(n);
    load.move_to(&[0, 1, 2, 3]);
}

fn status(net: &Consortium, node: usize, field: &str) -> Value {
    net.read(node, "/v1/status")[field].clone()
}

fn rotate(net: &RwLock<Consortium>, board: &Board, load: &Load, n: usize) -> SigningKey {
    let uscc = net.read().unwrap().member(OWNERS[n]).uscc;
    let other = (n + 1) % 4;
    let (validator, node) = {
        let net = net.read().unwrap();
        let (_, validator) = new_key(&net, n, "validator-next");
        let (file, node) = new_key(&net, n, "node-next");
        certify(&net, n, &uscc, &file);
        let both = "validator = \"keys/validator.pem\"\nvalidator_next = \"keys/validator-next.pem\"";
        edit(&net, n, "validator = \"keys/validator.pem\"", both);
        (validator, node)
    };
    // With both keys at hand it votes with whichever the chain names.
    restart(net, load, n);
    let decided = {
        let net = net.read().unwrap();
        let old = |file: &str| {
            open_key(&net.home_file(n, file), &net.home_file(n, "keys/passphrase")).public().id().to_string()
        };
        let change = |old: String, purpose, key: &SigningKey| json!({"type": "rotate", "old": old, "new": grant(&net, &uscc, purpose, key), "overlap": 100_000});
        let changes = [
            change(old("keys/validator.pem"), KeyPurpose::Validator, &validator),
            change(old("keys/node.pem"), KeyPurpose::Node, &node),
        ];
        let decided = board.change_keys(&net, other, board.administrator(OWNERS[n]), &changes);
        // Under its old name still, and it votes with its new key.
        let id = validator.public().id().to_string();
        let (mut height, mut voted) = (decided + 1, false);
        net.eventually("the new key votes", || {
            while !voted && net.height(other).is_some_and(|tip| tip > height) {
                height += 1;
                voted = signers(&net, other, height).contains(&id);
            }
            voted
        });
        assert_eq!(status(&net, n, "voting"), true);
        edit(&net, n, "node = \"keys/node.pem\"", "node = \"keys/node-next.pem\"");
        edit(&net, n, "certificate = \"certificate.pem\"", "certificate = \"certificate-next.pem\"");
        edit(&net, n, "validator = \"keys/validator.pem\"\n", "validator = \"keys/validator-next.pem\"\n");
        edit(&net, n, "validator_next = \"keys/validator-next.pem\"\n", "");
        decided
    };
    restart(net, load, n);
    let net = net.read().unwrap();
    assert_eq!(status(&net, n, "node_key_id"), node.public().id().to_string());
    net.eventually("it is connected under its new name, and votes", || {
        status(&net, n, "voting") == true && status(&net, n, "peers_connected") == 4
    });
    // The next one may follow so many heights later.
    net.eventually("the change has settled", || net.height(n).is_some_and(|h| h >= decided + 14));
    validator
}

#[test]
fn all_validators_change_all_their_keys_one_after_another() {
    let net = RwLock::new(Consortium::start(4, 1));
    let hand = net.read().unwrap().hand(&net.read().unwrap().member("producer"));
    let board = Board::of(&net.read().unwrap());
    let load = Load::on(&[0, 1, 2, 3]);
    let begun = net.read().unwrap().height(0).expect("it answers");

    let keys = std::thread::scope(|scope| {
        scope.spawn(|| load.run(&net, &hand));
        let done = scope.spawn(|| {
            let _stop = StopOnDrop(&load);
            load.go_on(&net.read().unwrap(), 5);
            let keys: Vec<SigningKey> = (0..4).map(|n| rotate(&net, &board, &load, n)).collect();
            load.go_on(&net.read().unwrap(), 10);
            keys
        });
        done.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    });

    let net = net.into_inner().unwrap();
    let codes = load.assert_kept(&net, 4);
    let end = net.height(0).expect("it answers");
    net.await_height(end);
    assert_no_pause(&net, 4, begun + 1, end);
    net.assert_same_at(end);
    let new: Vec<String> = keys.iter().map(|key| key.public().id().to_string()).collect();
    assert!(signers(&net, 4, end).iter().all(|signer| new.contains(signer)), "only new keys sign");
    let all = status(&net, 4, "validators");
    assert!(all.as_array().expect("validators").iter().all(|v| new.iter().any(|key| v["key_id"] == *key)), "{all}");
    for code in &codes {
        assert_eq!(prove(&net, 4, code), 4, "one change of the set for each");
    }
}
