//! A validator whose keys another process holds: it votes, keeps silent while that process is away, votes again when it is back; and
//! a second vote in one place is refused, whoever asks.

use crate::harness::{BENCAO, Consortium, Process, bencao, demo_product, one_unit};
use bencao_consensus::{BlockId, Vote, VoteKind};
use bencao_crypto::{Digest, Domain, KeyId, keyfile};
use bencao_genesis::{ChainId, Genesis, Height};
use bencao_signer::client::RemoteError;
use bencao_signer::{Purpose, Refusal, Remote};
use serde_json::Value;
use std::path::Path;

/// Moves node 0's keys to a signer in `dir`, in files or in a device in software, and configures the node for it.
fn move_keys(net: &Consortium, dir: &str, device: bool) {
    let file = |name: &str| net.home_file(0, name).display().to_string();
    let (validator, node, passphrase) = (file("keys/validator.pem"), file("keys/node.pem"), file("keys/passphrase"));
    let genesis = net.genesis();
    let helper = format!("{BENCAO} signer soft-device --key {validator} --key {node} --passphrase-file {passphrase}");
    let keys = match device {
        true => ["--device-command", &helper, "--validator-index", "1", "--node-index", "2"].to_vec(),
        false => ["--validator-key", &validator, "--node-key", &node].to_vec(),
    };
    let init = ["signer", "init", "--dir", dir, "--genesis", &genesis, "--passphrase-file", &passphrase];
    let said = bencao(&[&init[..], &keys[..]].concat());
    assert_eq!(said.code, 0, "{}", said.json);
    let config = net.home_file(0, "config.toml");
    let text = std::fs::read_to_string(&config).expect("a configuration");
    let (head, rest) = text.split_once("[keys]").expect("keys");
    let (_, peers) = rest.split_once("[[peers]]").expect("peers");
    let lines = said.json["config"].as_str().expect("lines");
    std::fs::write(&config, format!("{head}{lines}\n[[peers]]{peers}")).expect("a configuration");
}

fn one_bill(net: &Consortium, number: &str, serial: u64) -> u64 {
    let hand = net.hand(&net.member("producer"));
    let (product, prefix) = demo_product();
    let id = net.submit(1, &hand, number, &one_unit(&product, &prefix, "S1", serial)).unwrap_or_else(|e| panic!("{e}"));
    let receipt = net.read(1, &format!("/v1/transactions/{id}?wait=60s"));
    assert_eq!(receipt["status"], "applied", "{receipt}");
    receipt["height"].as_u64().expect("a height")
}

/// Whether node 0 is among those who signed a block that `bill` brings about, sooner or later.
fn votes(net: &Consortium, series: &str) {
    let own = net.read(1, "/v1/status")["validators"]
        .as_array()
        .expect("validators")
        .iter()
        .find(|v| v["name"] == "node0")
        .cloned();
    let own = own.expect("node0")["key_id"].clone();
    let mut serial = 0;
    net.eventually("node 0 votes", || {
        serial += 1;
        let height = one_bill(net, &format!("{series}-{serial}"), u64::from(series.as_bytes()[0]) * 1_000 + serial);
        let block = net.block(1, height);
        block["signatures"].as_array().expect("signatures").iter().any(|s| s["voter"] == own)
    });
}

fn signers(net: &Consortium) -> Vec<Value> {
    net.read(0, "/v1/status")["signers"].as_array().expect("signers").clone()
}

#[test]
fn a_validator_behind_a_signer() {
    let mut net = Consortium::prepare(4, 0, &[]);
    let dir = net.folder().join("signer").display().to_string();
    move_keys(&net, &dir, false);
    let (run, log) = (["signer", "run", "--dir", dir.as_str()], net.folder().join("signer.log"));
    let signer = Process::start(&run, &log);
    net.start_all();
    net.eventually("node 0 is connected", || net.read(0, "/v1/status")["peers_connected"] == 3);
    votes(&net, "A");
    assert!(signers(&net).iter().all(|s| s["reachable"] == true), "{:?}", signers(&net));
    assert_eq!(signers(&net).len(), 2);

    // The signer dies: the chain goes on without node 0's votes, and node 0 says why.
    drop(signer);
    for n in 1..=5 {
        one_bill(&net, &format!("B-{n}"), 70_000 + n);
    }
    net.eventually("node 0 misses its signer", || signers(&net).iter().any(|s| s["reachable"] == false));
    let home = net.node(0, "home");
    let doctor = bencao(&["--home", &home, "doctor"]);
    let found = doctor.json["findings"].as_array().expect("findings");
    assert!(found.iter().any(|f| f["check"] == "signer_unreachable"), "{found:?}");
    let height = net.height(1).expect("answers");
    net.await_height(height);

    // It is started again: node 0 votes again, without a restart.
    let signer = Process::start(&run, &log);
    votes(&net, "C");

    // Another vote in the place of the last one is refused, and so is an older one. Node 0 is stopped, so that nothing moves.
    net.kill(0);
    contradict(&net, &dir);
    drop(signer);
    // The mark outlives the signer.
    let _signer = Process::start(&run, &log);
    contradict(&net, &dir);
}

#[test]
fn a_validator_with_keys_in_a_device() {
    let mut net = Consortium::prepare(4, 0, &[]);
    let dir = net.folder().join("signer").display().to_string();
    move_keys(&net, &dir, true);
    let (run, log) = (["signer", "run", "--dir", dir.as_str()], net.folder().join("signer.log"));
    let _signer = Process::start(&run, &log);
    net.start_all();
    net.eventually("node 0 is connected", || net.read(0, "/v1/status")["peers_connected"] == 3);
    votes(&net, "D");
    let home = net.node(0, "home");
    let doctor = bencao(&["--home", &home, "doctor"]);
    assert_eq!(doctor.code, 0, "{}", doctor.json);
    net.kill(0);
    contradict(&net, &dir);
}

fn contradict(net: &Consortium, dir: &str) {
    let text = std::fs::read_to_string(net.genesis()).expect("a genesis");
    let chain: ChainId = Genesis::parse(&text).expect("a genesis").chain_id();
    let public = std::fs::read(Path::new(dir).join("validator.pub.pem")).expect("a public key");
    let public = keyfile::public_from_file(&public).expect("a public key");
    let remote = Remote::new(&Path::new(dir).join("signer.sock"), chain, public, Purpose::Validator);
    net.eventually("the signer answers", || remote.check().is_ok());
    let shown = bencao(&["signer", "show", "--dir", dir]);
    let last = &shown.json["mark"]["last"];
    let kind = if last["kind"] == "precommit" { VoteKind::Precommit } else { VoteKind::Prevote };
    let place = (last["height"].as_u64().expect("a height"), last["round"].as_u64().expect("a round") as u32);
    let ask = |height: u64, round: u32, voter: KeyId| {
        let block = Some(BlockId(Digest([0xee; 32])));
        let vote = Vote { kind, height: Height(height), round, block, voter };
        remote.try_sign(Domain::Ledger, &vote.sign_bytes(chain))
    };
    let conflict = ask(place.0, place.1, public.id()).expect_err("refused");
    assert!(matches!(conflict, RemoteError::Refused(Refusal::Conflict(_))), "{conflict}");
    let behind = ask(place.0 - 1, 0, public.id()).expect_err("refused");
    assert!(matches!(behind, RemoteError::Refused(Refusal::Behind { .. })), "{behind}");
    let other = ask(place.0 + 1, 0, KeyId([1; 20])).expect_err("refused");
    assert!(matches!(other, RemoteError::Refused(Refusal::Other)), "{other}");
}
