//! The home of one node of four, healthy until something is done to it.

use crate::args::TestnetArgs;
use crate::doctor::machine::Machine;
use crate::doctor::{Answer, Scene};
use crate::testnet::{TestnetFile, create};
use bencao_client::api::{Peers, Status};
use bencao_crypto::keyfile::{self, Form, Passphrase, Sealing};
use bencao_crypto::x509::{Authority, Certificate};
use bencao_crypto::{Digest, SigningKey};
use bencao_genesis::{ChainId, Genesis, TimestampMs};
use bencao_node::disk::Space;
use bencao_node::{Options, Running};
use bencao_signer::server::{Keyring, Server};
use serde_json::{Value, json};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::SystemTime;

/// A network that is made once; every bench copies a home of it.
struct Net {
    dir: PathBuf,
    file: TestnetFile,
}

fn net() -> &'static Net {
    static NET: OnceLock<Net> = OnceLock::new();
    NET.get_or_init(|| {
        let dir = std::env::temp_dir().join(format!("bencao-doctor-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&dir);
        let args = TestnetArgs {
            validators: 4,
            observers: 1,
            dir: dir.clone(),
            products: None,
            members: None,
            chain_name: "doctor".into(),
            certificate_days: 3650,
        };
        let file = create(&args).unwrap_or_else(|e| panic!("{:?}", e.fault));
        // Ports of the moment: no bench depends on one that another process may take meanwhile.
        for node in &file.nodes {
            let path = node.home.join("config.toml");
            let text = std::fs::read_to_string(&path).unwrap();
            let any = |line: &str| {
                let key = ["api_listen", "p2p_listen"].into_iter().find(|key| line.starts_with(key));
                key.map_or_else(|| line.to_owned(), |key| format!("{key} = \"127.0.0.1:0\""))
            };
            std::fs::write(&path, text.lines().map(any).collect::<Vec<_>>().join("\n") + "\n").unwrap();
        }
        Net { dir, file }
    })
}

/// A home that a test may damage, and what else the doctor looks at.
pub(super) struct Bench {
    pub(super) scene: Scene,
    pub(super) home: PathBuf,
    /// Ports that are held while the doctor looks.
    pub(super) held: Vec<TcpListener>,
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.home);
    }
}

fn plenty(_: &Path) -> std::io::Result<Space> {
    Ok(Space { free: 500 << 30, total: 1000 << 30 })
}

pub(super) fn now() -> TimestampMs {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    TimestampMs(since.as_millis() as u64)
}

impl Bench {
    pub(super) fn new() -> Bench {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let home = net().dir.join(format!("bench{}", NEXT.fetch_add(1, Ordering::Relaxed)));
        copy(&net().dir.join("node0"), &home);
        let scene = Scene {
            home: Some(home.clone()),
            genesis: None,
            now: now(),
            machine: Machine { space: plenty, open_files: Some(65_536) },
            answers: Vec::new(),
            reach: false,
        };
        Bench { scene, home, held: Vec::new() }
    }

    /// The node runs and says what a healthy one says.
    pub(super) fn asked(mut self) -> Bench {
        self.answer();
        self
    }

    pub(super) fn answer(&mut self) {
        let peers: Peers = serde_json::from_value(peers()).unwrap();
        let status = serde_json::from_value(status(self.scene.now, &self.genesis())).unwrap();
        let (url, peers) = ("http://node0".into(), Some(peers));
        self.scene.answers.push(Answer { url, named: false, status: Ok(status), peers });
    }

    /// What the node says of itself.
    pub(super) fn status(&mut self) -> &mut Status {
        if self.scene.answers.is_empty() {
            self.answer();
        }
        self.scene.answers[0].status.as_mut().unwrap()
    }

    /// What it says of its peers.
    pub(super) fn peers(&mut self) -> &mut Peers {
        self.status();
        self.scene.answers[0].peers.as_mut().unwrap()
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.home.join(name)
    }

    pub(super) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    pub(super) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    pub(super) fn remove(&self, name: &str) {
        std::fs::remove_file(self.path(name)).unwrap();
    }

    pub(super) fn edit(&self, name: &str, from: &str, to: &str) {
        let text = self.read(name);
        assert!(text.contains(from), "{name} has no {from:?}");
        self.write(name, &text.replacen(from, to, 1));
    }

    pub(super) fn edit_config(&self, from: &str, to: &str) {
        self.edit("config.toml", from, to);
    }

    /// Takes a file of another node's home.
    pub(super) fn take(&self, node: &str, from: &str, to: &str) {
        let bytes = std::fs::read(net().dir.join(node).join(from)).unwrap();
        std::fs::write(self.path(to), bytes).unwrap();
    }

    /// Another node's key, under this home's passphrase.
    pub(super) fn take_key(&self, node: &str, from: &str, to: &str) {
        let home = net().dir.join(node);
        let passphrase = |home: &Path| Passphrase::new(std::fs::read(home.join("keys/passphrase")).unwrap()).unwrap();
        let key = keyfile::open(&std::fs::read(home.join(from)).unwrap(), Some(&passphrase(&home))).unwrap();
        self.put_key(to, &key);
    }

    pub(super) fn put_key(&self, to: &str, key: &SigningKey) {
        let passphrase = Passphrase::new(std::fs::read(self.path("keys/passphrase")).unwrap()).unwrap();
        let sealing = Sealing::random(Form::National, 1_000).unwrap();
        std::fs::write(self.path(to), keyfile::seal_pem(key, &passphrase, &sealing).unwrap()).unwrap();
    }

    pub(super) fn key(&self, name: &str) -> SigningKey {
        let passphrase = Passphrase::new(std::fs::read(self.path("keys/passphrase")).unwrap()).unwrap();
        keyfile::open(&std::fs::read(self.path(name)).unwrap(), Some(&passphrase)).unwrap()
    }

    /// The network's own authority.
    pub(super) fn authority(&self) -> Authority {
        let dir = net().dir.join("authority");
        let passphrase = Passphrase::new(std::fs::read(dir.join("passphrase")).unwrap()).unwrap();
        let key = keyfile::open(&std::fs::read(dir.join("key.pem")).unwrap(), Some(&passphrase)).unwrap();
        let certificate = std::fs::read_to_string(dir.join("certificate.pem")).unwrap();
        Authority::load(Certificate::from_pem(&certificate).unwrap(), key).unwrap()
    }

    pub(super) fn genesis(&self) -> Genesis {
        Genesis::parse(&std::fs::read_to_string(&net().file.genesis).unwrap()).unwrap()
    }

    pub(super) fn edit_genesis(&self, edit: impl FnOnce(&mut Genesis)) {
        let mut genesis = self.genesis();
        edit(&mut genesis);
        self.write("genesis.json", &genesis.to_json());
    }

    /// Runs a node of a chain of one in this home until it has a block, so that there are data.
    pub(super) fn run_alone(&mut self) {
        self.edit_genesis(|genesis| {
            genesis.validators.truncate(1);
            genesis.params.heartbeat_ms = 1_000;
        });
        let config = self.read("config.toml");
        let alone = config.split("[[peers]]").next().unwrap().to_owned();
        self.write("config.toml", &alone);
        let node = Running::start(&self.home, Options::default()).unwrap();
        let client = bencao_client::api::Client::new(&[format!("http://{}", node.api_address())]).unwrap();
        while client.status().unwrap().height == 0 {
            std::thread::yield_now();
        }
        node.stop();
        node.wait().unwrap();
        self.scene.now = now();
    }

    /// A signer without keys listens; it ends with the test's process.
    pub(super) fn serve_signer(&self, other_chain: bool) {
        let chain = if other_chain { ChainId(Digest([9; 32])) } else { self.genesis().chain_id() };
        let server = Server::bind(&self.path("signer.sock"), Keyring::new(chain, Vec::new()).unwrap()).unwrap();
        std::thread::spawn(move || server.run(&|| false));
    }

    /// A port that somebody else uses.
    pub(super) fn hold_port(&mut self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        self.held.push(listener);
        address
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            // Keeps permissions.
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn status(now: TimestampMs, genesis: &Genesis) -> Value {
    let validator = |n: usize| {
        json!({
            "name": format!("node{n}"), "key_id": genesis.validators[n].validator_key.id().to_string(), "power": 1,
            "node_key_id": genesis.validators[n].node_key.id().to_string(),
            "last_heard": {"height": 41, "round": 0, "said": "precommit", "time": now.to_string()},
        })
    };
    json!({
        "version": env!("CARGO_PKG_VERSION"), "chain_id": genesis.chain_id().to_string(), "chain_name": "doctor",
        "node_key_id": genesis.validators[0].node_key.id().to_string(),
        "node": "node0", "kind": "validator", "ready": true, "voting": true, "diverged": false,
        "height": 41, "certified_height": 40, "block_time": now.to_string(), "state_root": "00", "peers_connected": 4,
        "behind": 0, "pending_transactions": 0, "time": now.to_string(), "consensus": null,
        "crypto": {"verify": "portable", "sm3": "reference"},
        "validators": (0..4).map(validator).collect::<Vec<_>>(),
        "limits": {"transaction_bytes_max": 1, "codes_per_bill_max": 1, "valid_until_ahead_ms": 1},
        "totals": {"blocks": 41, "transactions": 0, "applied": 0, "rejected": 0, "codes": 0, "alarms": 0},
        "certificates": [
            {"place": "node", "name": "node0", "not_before": now.to_string(), "not_after": now.to_string(), "days_left": 900},
            {"place": "authority", "name": "CA", "not_before": now.to_string(), "not_after": now.to_string(), "days_left": 900},
        ],
    })
}

fn peers() -> Value {
    let peer = |name: &str| {
        json!({"name": name, "connected": true, "address": "127.0.0.1:1", "height": 41,
               "certificate": {"standing": "valid", "days": 900}})
    };
    let all = ["node1", "node2", "node3", "observer0"].map(peer);
    json!({"peers": all, "refusals": []})
}
