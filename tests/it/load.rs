//! Bills one after the other while something else happens, and what the chain says about it afterwards.

use crate::harness::{Consortium, Hand, demo_product, one_unit};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, RwLock};
use std::time::Duration;

/// Pause between two bills: shorter than a block interval, so that the chain is at work all the while; long enough for a slow
/// machine to do something else too, such as starting a node.
const PACE: Duration = Duration::from_millis(50);

/// A client of all nodes that run.
pub(crate) struct Load {
    done: AtomicBool,
    serial: AtomicU64,
    accepted: Mutex<Vec<(String, String)>>,
    /// Nodes that it sends to.
    nodes: Mutex<Vec<usize>>,
}

impl Load {
    pub(crate) fn on(nodes: &[usize]) -> Load {
        Load {
            done: AtomicBool::new(false),
            serial: AtomicU64::new(1),
            accepted: Mutex::default(),
            nodes: Mutex::new(nodes.to_vec()),
        }
    }

    /// Sends to these nodes from now on.
    pub(crate) fn move_to(&self, nodes: &[usize]) {
        *self.nodes.lock().unwrap() = nodes.to_vec();
    }

    /// Sends until [`Load::stop`].
    pub(crate) fn run(&self, net: &RwLock<Consortium>, hand: &Hand) {
        let (product, prefix) = demo_product();
        while !self.done.load(Ordering::Relaxed) {
            let n = self.serial.fetch_add(1, Ordering::Relaxed);
            let node = {
                let nodes = self.nodes.lock().unwrap();
                nodes[n as usize % nodes.len()]
            };
            let bill = one_unit(&product, &prefix, "L1", n);
            let net = net.read().unwrap();
            if let Ok(id) = net.submit(node, hand, &format!("L-{n}"), &bill) {
                self.accepted.lock().unwrap().push((id, format!("{prefix}{n:013}")));
            }
            drop(net);
            std::thread::sleep(PACE);
        }
    }

    pub(crate) fn stop(&self) {
        self.done.store(true, Ordering::Relaxed);
    }

    /// Bills taken so far.
    pub(crate) fn taken(&self) -> usize {
        self.accepted.lock().unwrap().len()
    }

    /// Waits until so many more bills are taken.
    pub(crate) fn go_on(&self, net: &Consortium, more: usize) {
        let goal = self.taken() + more;
        net.eventually(&format!("{goal} bills are taken"), || self.taken() >= goal);
    }

    /// Every bill that was taken is in the chain, as `node` says: codes in order of acceptance, and the height of the last.
    pub(crate) fn kept(&self, net: &Consortium, node: usize) -> (Vec<String>, u64) {
        let accepted = self.accepted.lock().unwrap();
        assert!(accepted.len() > 20, "{} bills under load", accepted.len());
        let mut last = 0;
        for (id, code) in accepted.iter() {
            let receipt = net.read(node, &format!("/v1/transactions/{id}?wait=60s"));
            assert_eq!(receipt["status"], "applied", "{code}: {receipt}");
            last = last.max(receipt["height"].as_u64().expect("a height"));
        }
        (accepted.iter().map(|(_, code)| code.clone()).collect(), last)
    }

    /// The same; three of the codes.
    pub(crate) fn assert_kept(&self, net: &Consortium, node: usize) -> Vec<String> {
        let (codes, _) = self.kept(net, node);
        codes.iter().step_by(codes.len() / 3 + 1).cloned().collect()
    }
}

/// Ends the load also when a step of the story fails.
pub(crate) struct StopOnDrop<'a>(pub(crate) &'a Load);

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        self.0.stop();
    }
}

/// No height of a stretch of the chain took more than one round beyond the first: it never paused longer than that.
pub(crate) fn assert_no_pause(net: &Consortium, node: usize, from: u64, to: u64) {
    for height in from..=to {
        let block = net.block(node, height);
        let round = block["round"].as_u64().expect("a round");
        assert!(round <= 1, "height {height} took {round} rounds more than one");
    }
}

/// A status proof of a code from `node`, verified offline from the genesis file: over how many changes of the validators.
pub(crate) fn prove(net: &Consortium, node: usize, code: &str) -> u64 {
    let file = net.folder().join(format!("{code}-{node}.proof"));
    let path = file.to_str().expect("a path");
    let traced = net.run(&["trace", code, "--proof", path, "--node", &net.node(node, "api")]);
    assert_eq!(traced.code, 0, "{}", traced.json);
    let verified = net.run(&["verify", path, "--genesis", &net.genesis()]);
    assert_eq!((verified.code, &verified.json["verified"]), (0, &true.into()), "{}", verified.json);
    // "… validators after N changes since the anchor"
    let checks = verified.json["checks"].as_array().expect("checks");
    let sets = checks.iter().find(|c| c["name"] == "validator_set").expect("the check of the sets");
    let detail = sets["detail"].as_str().expect("a detail");
    let changes = detail.split("after ").nth(1).and_then(|rest| rest.split(' ').next());
    changes.and_then(|n| n.parse().ok()).unwrap_or_else(|| panic!("{detail}"))
}

/// Ids of the keys that signed the certificate of a height.
pub(crate) fn signers(net: &Consortium, node: usize, height: u64) -> Vec<String> {
    let block = net.block(node, height);
    let signatures = block["signatures"].as_array().expect("signatures");
    signatures.iter().map(|s| s["voter"].as_str().expect("a key id").to_owned()).collect()
}
