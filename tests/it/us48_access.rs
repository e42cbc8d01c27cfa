//! A node that others may reach: TLS with national algorithms, tokens, requests signed with the keys of bills, an authority's question
//! and what is left of it.

use crate::harness::{Consortium, Said, bencao, demo_product, one_unit};
use serde_json::{Value, json};

/// How node 0 is asked: at its address, with the consortium's authorities, and by whom.
struct Door {
    node: String,
    authorities: String,
    home: String,
}

impl Door {
    fn ask(&self, command: &[&str], more: &[&str]) -> Said {
        let to = ["--node", &self.node, "--ca", &self.authorities];
        bencao(&[command, &to, more].concat())
    }

    fn operate(&self, command: &[&str]) -> Said {
        bencao(&[&["--home", self.home.as_str()], command].concat())
    }
}

fn name(said: &Said) -> (i32, &str) {
    (said.code, said.json["name"].as_str().unwrap_or_default())
}

#[test]
fn a_node_that_others_may_reach() {
    let mut net = Consortium::prepare(4, 0, &[]);
    let config = net.home_file(0, "config.toml");
    let text = std::fs::read_to_string(&config).expect("a configuration");
    std::fs::write(&config, text + "\n[access]\ntls = true\n").expect("a configuration");
    (0..4).for_each(|n| net.start_node(n));
    (1..4).for_each(|n| net.await_ready(n));
    let (producer, regulator) = (net.member("producer"), net.member("regulator"));
    let (product, prefix) = demo_product();
    let operation = one_unit(&product, &prefix, "A1", 480_001);
    let code = operation["units"][0]["code"].as_str().expect("a code").to_owned();
    let height = net.settle(1, &net.hand(&producer), "ACCESS-1", &operation);

    let door = Door {
        node: net.node(0, "api").replace("http://", "https://"),
        authorities: net.home_file(0, "authorities.pem").display().to_string(),
        home: net.node(0, "home"),
    };
    net.eventually("node0 answers over TLS and has the bill", || {
        door.ask(&["status"], &[]).json["height"].as_u64().is_some_and(|h| h >= height)
    });
    let peers = net.read(1, "/v1/peers");
    let node0 = peers["peers"].as_array().expect("peers").iter().find(|p| p["name"] == "node0").expect("node0");
    let key = node0["node_key_id"].as_str().expect("a key id");
    assert_eq!(door.ask(&["status"], &["--server-key", key]).code, 0);
    let other = "00".repeat(20);
    assert_eq!(name(&door.ask(&["status"], &["--server-key", &other])), (4, "unreachable"));
    assert_eq!(name(&bencao(&["status", "--node", &door.node])), (4, "unreachable"), "nobody to believe");

    // The operator's own look at it knows where it listens, and with whose certificate.
    let looked = bencao(&["--home", &door.home, "doctor"]);
    let found = looked.json["findings"].as_array().expect("findings");
    assert!(found.iter().all(|f| f["check"] != "node_not_running"), "{}", looked.json);

    // Anybody.
    assert_eq!(name(&door.ask(&["trace", &code], &[])), (2, "credentials_required"));
    let public = door.ask(&["trace", &code, "--consumer"], &[]);
    assert_eq!((public.code, public.json["status"].as_str()), (0, Some("suspended")), "made and not released");

    // A program with a token.
    let file = net.folder().join("token").display().to_string();
    let new = ["token", "new", "--name", "erp", "--role", "organisation", "--organisation", &producer.uscc];
    let made = door.operate(&[&new[..], &["--scope", "trace", "--out", &file]].concat());
    assert_eq!(made.code, 0, "{}", made.json);
    let with_token = ["--token-file", file.as_str()];
    let traced = door.ask(&["trace", &code], &with_token);
    assert_eq!((traced.code, traced.json["custodian"]["id"].as_str()), (0, Some(producer.uscc.as_str())));
    assert_eq!(door.operate(&["token", "list"]).json["tokens"].as_array().map(Vec::len), Some(1));
    let id = made.json["id"].as_str().expect("an id");
    assert_eq!(door.operate(&["token", "revoke", id]).code, 0);
    assert_eq!(name(&door.ask(&["trace", &code], &with_token)), (2, "bad_token"));

    // A member's key signs bills, and questions when the node asks who it is.
    let bills = net.folder().join("bills.json");
    let next = json!({"document_no": "ACCESS-2", "operation": one_unit(&product, &prefix, "A1", 480_002)});
    std::fs::write(&bills, json!([next]).to_string()).expect("a file");
    let signing = ["--key", &producer.key, "--passphrase-file", &producer.passphrase_file];
    let sent = door.ask(&["tx", "submit", &bills.display().to_string()], &signing);
    assert_eq!((sent.code, sent.json["applied"].as_u64()), (0, Some(1)), "{}", sent.json);

    // An authority says what for, and gets a receipt; its question is on record.
    let of_regulator = ["--query-key", &regulator.key, "--query-passphrase-file", &regulator.passphrase_file];
    assert_eq!(name(&door.ask(&["trace", &code], &of_regulator)), (2, "purpose_required"));
    let because = [&of_regulator[..], &["--because", "投诉 48"]].concat();
    assert_eq!(door.ask(&["trace", &code], &because).code, 0);
    let whole = door.operate(&["access-log", "verify"]);
    let found = (whole.code, whole.json["verified"].clone(), whole.json["entries"].as_u64());
    assert_eq!(found, (0, Value::Bool(true), Some(2)), "{}", whole.json);
    assert_eq!(whole.json["keys"], json!([{"key_id": key, "in_genesis": true}]));
    let shown = door.operate(&["access-log", "show", "--last", "1"]);
    let query = &shown.json["entries"][0]["query"];
    assert_eq!((query["purpose"].as_str(), query["status"].as_u64()), (Some("投诉 48"), Some(200)));
    assert_eq!(query["organisation"], regulator.uscc);

    let log = net.home_file(0, "data/access/00000001.log");
    let text = std::fs::read_to_string(&log).expect("a log");
    std::fs::write(&log, text.replace("投诉 48", "投诉 49")).expect("a log");
    let changed = door.operate(&["access-log", "verify"]);
    assert_eq!((changed.code, changed.json["reason"].as_str()), (5, Some("link")), "{}", changed.json);
    let without_end: Vec<&str> = text.split_inclusive('\n').collect();
    std::fs::write(&log, without_end[..without_end.len() - 2].concat()).expect("a log");
    let cut = door.operate(&["access-log", "verify"]);
    assert_eq!((cut.code, cut.json["reason"].as_str()), (5, Some("missing")), "{}", cut.json);
}

#[test]
fn a_home_is_written_with_access_control() {
    let net = Consortium::prepare(1, 0, &[]);
    let (home, genesis) = (net.folder().join("new").display().to_string(), net.genesis());
    let init = |home: &str, more: &[&str]| {
        bencao(&[&["--home", home, "init", "--genesis", &genesis, "--name", "new"], more].concat())
    };
    let made = init(&home, &["--api", "0.0.0.0:26657", "--behind-proxy", "10.0.0.2", "--api-name", "trace.example.cn"]);
    assert_eq!(made.code, 0, "{}", made.json);
    let text = std::fs::read_to_string(format!("{home}/config.toml")).expect("a configuration");
    let config: toml::Value = toml::from_str(&text).expect("TOML");
    let expected = "trusted_proxies = [\"10.0.0.2\"]\nnames = [\"trace.example.cn\"]\n";
    assert_eq!(config["access"], toml::from_str::<toml::Value>(expected).expect("TOML"));
    let both = init(&net.folder().join("both").display().to_string(), &["--api-tls", "--behind-proxy", "10.0.0.2"]);
    assert_eq!(both.code, 2);
}
