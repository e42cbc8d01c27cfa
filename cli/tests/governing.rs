//! Commands of governance and of keys on the chain, against a node of one process with the real rules.

#[allow(dead_code, reason = "another story of the same node uses the rest")]
mod solo;

use bencao_genesis::{Genesis, Height, KeyEntry, KeyPurpose};
use serde_json::Value;
use solo::Solo;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// A network's files, in which three members have administrators, and a node.
struct World {
    dir: PathBuf,
    node: Solo,
}

const VOTERS: [&str; 3] = ["producer", "wholesaler", "regulator"];

impl World {
    fn new(name: &str) -> World {
        let dir = std::env::temp_dir().join(format!("bencao-governing-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&dir);
        let made = run(&words(&format!("testnet --validators 4 --observers 0 --dir {}", dir.display())));
        assert_eq!(made.0, 0);
        let text = std::fs::read_to_string(dir.join("genesis.json")).unwrap();
        let mut genesis = Genesis::parse(&text).unwrap();
        // Only those of this test vote.
        genesis.organisations.iter_mut().for_each(|o| o.keys.retain(|k| k.purpose != KeyPurpose::Admin));
        for member in VOTERS {
            let file = dir.join("members").join(member);
            let (out, passphrase) = (file.join("voter.pem"), file.join("passphrase"));
            let made = format!("key new --out {} --passphrase-file {}", out.display(), passphrase.display());
            let public_key = run(&words(&made)).1["public_key"].clone();
            let member = std::fs::read_to_string(file.join("member.json")).unwrap();
            let member: Value = serde_json::from_str(&member).unwrap();
            let organisation = genesis.organisations.iter_mut().find(|o| o.id.to_string() == member["uscc"]).unwrap();
            let public_key = serde_json::from_value(public_key).unwrap();
            let (purpose, valid_from) = (KeyPurpose::Admin, Height::GENESIS);
            organisation.keys.push(KeyEntry { purpose, public_key, valid_from, valid_to: None });
        }
        World { dir, node: Solo::start(genesis) }
    }

    fn member(&self, member: &str, file: &str) -> String {
        self.dir.join("members").join(member).join(file).display().to_string()
    }

    fn uscc(&self, member: &str) -> String {
        let text = std::fs::read_to_string(self.member(member, "member.json")).unwrap();
        serde_json::from_str::<Value>(&text).unwrap()["uscc"].as_str().unwrap().to_owned()
    }

    /// As an administrator of a member.
    fn sign(&self, member: &str, key: &str, command: &str) -> (i32, Value) {
        let (key, passphrase) = (self.member(member, key), self.member(member, "passphrase"));
        let mut all = words(command);
        all.extend(words(&format!(
            "--key {key} --passphrase-file {passphrase} --wait 1s --node {}",
            self.node.address
        )));
        run(&all)
    }

    fn ask(&self, command: &str) -> Value {
        let (exit, value) = run(&words(&format!("{command} --node {}", self.node.address)));
        assert_eq!(exit, 0, "{command}: {value}");
        value
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn run(arguments: &[String]) -> (i32, Value) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bencao"));
    command.args(arguments).args(["--output", "json"]).stdin(Stdio::null());
    let output = command.output().unwrap();
    let json = serde_json::from_slice(&output.stdout);
    (output.status.code().unwrap(), json.unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr))))
}

#[test]
fn a_proposal_is_made_looked_at_and_voted_on() {
    let world = World::new("votes");
    let (exit, made) = world.sign("producer", "voter.pem", "gov set block_interval_ms=500 --reason 提速");
    assert_eq!((exit, made["motion"].as_u64()), (0, Some(1)), "{made}");
    let digest = made["content_digest"].as_str().unwrap().to_owned();
    let shown = world.ask("gov show 1");
    assert_eq!((shown["status"].as_str(), shown["in_favour"].as_u64()), (Some("open"), Some(1)));
    assert_eq!(shown["content_digest"], digest);
    assert_eq!(shown["missing"].as_array().unwrap().len(), 2);
    // For another content than the one shown, nothing is signed.
    let (exit, refused) =
        world.sign("wholesaler", "voter.pem", &format!("gov vote 1 --yes --content {}", "00".repeat(32)));
    assert_eq!((exit, refused["name"].as_str()), (2, Some("bad_input")));
    let (exit, voted) = world.sign("wholesaler", "voter.pem", &format!("gov vote 1 --yes --content {digest}"));
    assert_eq!((exit, voted["proposal"]["in_favour"].as_u64()), (0, Some(2)), "{voted}");
    let (exit, again) = world.sign("wholesaler", "voter.pem", "gov vote 1 --no --document-no V-2");
    assert_eq!((exit, again["bills"][0]["error"]["name"].as_str()), (3, Some("already_voted")));
    let (exit, voted) = world.sign("regulator", "voter.pem", "gov vote 1 --yes");
    assert_eq!((exit, voted["proposal"]["status"].as_str()), (0, Some("executed")), "{voted}");
    let parameters = world.ask("gov parameters");
    let newest = parameters["settings"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(newest["parameters"]["block_interval_ms"], 500);
    assert_eq!(parameters["voters"].as_array().unwrap().len(), 3);
    assert_eq!(world.ask("gov validators")["validators"].as_array().unwrap().len(), 4);

    // From a file; withdrawn by who made it.
    let file = world.dir.join("suspend.json");
    let content = format!(r#"{{"type": "suspend_organisation", "organisation": "{}"}}"#, world.uscc("wholesaler"));
    std::fs::write(&file, content).unwrap();
    let propose = format!("gov propose {} --reason 核查 --hours 2", file.display());
    let (exit, made) = world.sign("producer", "voter.pem", &propose);
    assert_eq!((exit, made["motion"].as_u64()), (0, Some(2)), "{made}");
    let (exit, _) = world.sign("producer", "voter.pem", "gov withdraw 2 --reason 撤回");
    assert_eq!((exit, world.ask("gov show 2")["status"].as_str()), (0, Some("withdrawn")));
    let listed: Vec<u64> =
        world.ask("gov list")["proposals"].as_array().unwrap().iter().map(|p| p["motion"].as_u64().unwrap()).collect();
    assert_eq!(listed, [2, 1]);
    let (exit, unknown) = world.sign("producer", "voter.pem", "gov set no_such_parameter=1 --reason x");
    assert_eq!((exit, unknown["name"].as_str()), (2, Some("bad_input")));
}

#[test]
fn keys_are_added_rotated_approved_and_revoked() {
    let world = World::new("keys");
    let producer = world.uscc("producer");
    let new = |file: &str| {
        let (out, passphrase) = (world.member("producer", file), world.member("producer", "passphrase"));
        let made = run(&words(&format!("key new --out {out} --passphrase-file {passphrase}"))).1;
        made["key_id"].as_str().unwrap().to_owned()
    };
    let (clerk, second, third) = (new("clerk.pem"), new("second.pem"), new("third.pem"));
    let file = |name: &str| world.member("producer", name);
    let admin = |command: &str| world.sign("producer", "voter.pem", command);
    let add = |name: &str, purpose: &str, scope: &str| {
        format!("key add --new-key {} --purpose {purpose} {scope} --reason 管理", file(name))
    };
    let (exit, added) = admin(&add("clerk.pem", "transact", "--scope custody,dispense"));
    assert_eq!((exit, added["key_order"].clone()), (0, Value::Null), "{added}");
    let of = |id: &str| -> Value {
        let keys = world.ask(&format!("key list {producer}"));
        keys["keys"].as_array().unwrap().iter().find(|k| k["key_id"] == id).cloned().unwrap_or_default()
    };
    assert_eq!(of(&clerk)["scope"], serde_json::json!(["custody", "dispense"]));
    assert_eq!(admin(&add("second.pem", "admin", "")).0, 0);
    // From now on two administrators.
    let (exit, asked) = admin(&(add("third.pem", "admin", "") + " --document-no ADD-3"));
    assert_eq!((exit, asked["key_order"]["order"].as_str()), (0, Some("ADD-3")), "{asked}");
    assert_eq!(of(&third), Value::Null);
    let (exit, _) = world.sign("producer", "second.pem", "key approve ADD-3");
    assert_eq!((exit, of(&third)["purpose"].as_str()), (0, Some("admin")));
    // A key on another machine is described there, with its proof.
    let successor = new("successor.pem");
    let passphrase = world.member("producer", "passphrase");
    let described = world.ask(&format!(
        "key grant --new-key {} --purpose transact --organisation {producer} --passphrase-file {passphrase}",
        file("successor.pem")
    ));
    let grant = world.dir.join("grant.json");
    std::fs::write(&grant, described.to_string()).unwrap();
    let rotate = format!("key rotate --old {clerk} --grant {} --overlap 5 --reason 到期", grant.display());
    assert_eq!(admin(&rotate).0, 0);
    let (old, new) = (of(&clerk), of(&successor));
    let until = old["valid_to"].as_u64().unwrap();
    assert_eq!((old["in_force"].as_bool(), new["in_force"].as_bool()), (Some(true), Some(true)));
    assert_eq!(until, new["valid_from"].as_u64().unwrap() + 5);
    assert_eq!(admin(&format!("key revoke {successor} --reason 泄露")).0, 0);
    assert_eq!(of(&successor)["in_force"], false);
    let (exit, refused) = admin(&format!("key revoke {} --reason x", "00".repeat(20)));
    assert_eq!((exit, refused["bills"][0]["error"]["name"].as_str()), (3, Some("key_not_of_organisation")));
    assert_eq!(of(&second)["in_force"], true);
}
