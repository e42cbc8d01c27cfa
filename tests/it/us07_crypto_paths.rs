//! Nodes of one chain that verify signatures and compute digests by different code agree on everything: bills, roots, proofs,
//! and that a forged signature is none.

use crate::harness::{Consortium, demo_product, one_unit};
use crate::load::prove;
use serde_json::Value;

/// Code of each node; the last is the observer's.
const PATHS: [&str; 5] = ["auto", "portable", "reference", "portable", "reference"];

#[test]
fn nodes_on_different_crypto_paths_agree() {
    let mut net = Consortium::prepare(4, 1, &[]);
    PATHS.iter().enumerate().for_each(|(n, path)| net.start_node_on(n, Some(path)));
    for (n, path) in PATHS.iter().enumerate() {
        net.await_ready(n);
        let crypto = net.read(n, "/v1/status")["crypto"].clone();
        assert!(*path == "auto" || crypto["verify"] == *path, "node{n} on {path}: {crypto}");
        assert!(*path != "reference" || crypto["sm3"] == *path, "node{n} on {path}: {crypto}");
    }
    let (producer, forger) = (net.hand(&net.member("producer")), net.hand(&net.member("pharmacy")));
    let (product, prefix) = demo_product();
    let bill = |serial: u64| one_unit(&product, &prefix, "C1", serial);

    // Bills come in by every path, and each is judged by all of them.
    let mut height = 0;
    for serial in 1..=10 {
        let node = serial as usize % PATHS.len();
        height = height.max(net.settle(node, &producer, &format!("C-{serial}"), &bill(serial)));
    }
    for node in 0..PATHS.len() {
        let refused = net.submit_signed(node, &producer, &forger, &format!("X-{node}"), &bill(100));
        assert_eq!(refused.map_err(|why| why["name"].clone()), Err(Value::from("bad_signature")), "node{node}");
    }

    net.await_height(height);
    (1..=height).for_each(|height| net.assert_same_at(height));
    for node in [0, 1, 2] {
        assert_eq!(prove(&net, node, &format!("{prefix}{:013}", 10)), 0, "the validators of the genesis");
    }
}
