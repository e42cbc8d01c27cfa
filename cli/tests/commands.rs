//! The program as a user runs it: exit codes, and one JSON value on standard output.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn bencao(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bencao"));
    command.args(arguments).args(["--output", "json"]).stdin(Stdio::null());
    for name in
        ["BENCAO_HOME", "BENCAO_NODE", "BENCAO_KEY", "BENCAO_PRINCIPAL", "BENCAO_PASSPHRASE", "BENCAO_PASSPHRASE_FILE"]
    {
        command.env_remove(name);
    }
    command.output().unwrap()
}

fn json(output: &Output, exit: i32) -> Value {
    let printed = String::from_utf8_lossy(&output.stdout);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(exit), "{printed}{said}");
    assert_eq!(printed.lines().count(), 1, "one JSON value: {printed}");
    serde_json::from_str(&printed).unwrap()
}

/// A folder of one test, removed at its end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Scratch {
        let dir = std::env::temp_dir().join(format!("bencao-commands-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&dir);
        std::fs::create_dir(&dir).unwrap();
        Scratch(dir)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }

    fn write(&self, name: &str, text: &str) -> String {
        std::fs::write(self.0.join(name), text).unwrap();
        self.path(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn version_and_usage() {
    let version = json(&bencao(&["version"]), 0);
    assert_eq!(version["version"], env!("CARGO_PKG_VERSION"));
    let wrong = json(&bencao(&["no-such-command"]), 2);
    assert_eq!(wrong["name"], "bad_input");
    let wrong = json(&bencao(&["verify", "/nonexistent", "--genesis", "/nonexistent"]), 2);
    assert_eq!(wrong["name"], "file");
    let fields: Vec<&String> = wrong.as_object().unwrap().keys().collect();
    assert_eq!(
        fields,
        [
            "code",
            "name",
            "message_zh",
            "message_en",
            "expected",
            "actual",
            "line",
            "field",
            "retry_after_ms",
            "transaction_id"
        ]
    );
}

/// Figures are the machine's; here is what the contract says of their form.
#[cfg(feature = "node")]
#[test]
fn crypto_is_measured_by_path_and_size() {
    let report = json(&bencao(&["bench", "crypto", "--seconds", "1"]), 0);
    let names: Vec<&String> = report.as_object().unwrap().keys().collect();
    let expected = ["path", "sm2_verify_us", "sm2_sign_us", "table_build_us", "sm3_us", "sm4_gcm_mb_per_s"];
    assert!(expected.iter().all(|name| names.iter().any(|n| n == name)) && names.len() == expected.len(), "{names:?}");
    for path in ["/sm2_verify_us/reference", "/sm2_verify_us/batch", "/sm4_gcm_mb_per_s/portable/400"] {
        assert!(report.pointer(path).unwrap().as_f64().unwrap() > 0.0, "{path}");
    }
    let path = report["path"]["sm4"].as_str().unwrap();
    assert!(report["sm4_gcm_mb_per_s"][path].is_object(), "the chosen path is measured: {path}");
    let wrong = json(&bencao(&["bench", "crypto", "--seconds", "0"]), 2);
    assert_eq!(wrong["name"], "bad_input");
}

#[test]
fn keys_are_made_shown_exported_and_imported() {
    let scratch = Scratch::new("keys");
    let (key, out, pass) = (scratch.path("k.pem"), scratch.path("o.pem"), scratch.write("pass", "correct horse\n"));
    let made = json(&bencao(&["key", "new", "--out", &key, "--passphrase-file", &pass]), 0);
    let shown = json(&bencao(&["key", "show", &key, "--passphrase-file", &pass]), 0);
    assert_eq!(made["key_id"], shown["key_id"]);
    let exported = json(&bencao(&["key", "export", &key, "--openssl", "--out", &out, "--passphrase-file", &pass]), 0);
    assert_eq!(exported["key_id"], shown["key_id"]);
    let again = scratch.path("i.pem");
    let imported = json(&bencao(&["key", "import", &out, "--out", &again, "--passphrase-file", &pass]), 0);
    assert_eq!(imported["key_id"], shown["key_id"]);
    let public = scratch.path("p.pem");
    json(&bencao(&["key", "export", &key, "--public", "--out", &public, "--passphrase-file", &pass]), 0);
    assert_eq!(json(&bencao(&["key", "show", &public]), 0)["key_id"], shown["key_id"]);
    assert_eq!(json(&bencao(&["key", "show", &key]), 2)["name"], "bad_key_file", "no one can be asked");
    let wrong = scratch.write("wrong", "wrong\n");
    assert_eq!(json(&bencao(&["key", "show", &key, "--passphrase-file", &wrong]), 2)["name"], "bad_key_file");
    let over = bencao(&["key", "new", "--out", &key, "--passphrase-file", &pass]);
    assert_eq!(json(&over, 2)["name"], "file", "never written over");
}

#[test]
fn a_node_that_is_not_there_is_unreachable() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let node = format!("http://{closed}");
    assert_eq!(json(&bencao(&["status", "--node", &node]), 4)["name"], "unreachable");
    assert_eq!(json(&bencao(&["status", "--node", "ftp://x"]), 2)["name"], "bad_input");
}

#[test]
fn a_testnet_is_initialised_and_extended() {
    let scratch = Scratch::new("init");
    let dir = scratch.path("net");
    let made = json(&bencao(&["testnet", "--validators", "1", "--observers", "0", "--dir", &dir]), 0);
    let genesis = made["genesis"].as_str().unwrap().to_owned();
    let (home, authority) = (scratch.path("home"), Path::new(&dir).join("authority").display().to_string());
    let peer = format!("node0,{},127.0.0.1:1", "0".repeat(128));
    let init = ["--home", &home, "init", "--genesis", &genesis, "--name", "late", "--authority", &authority];
    assert_eq!(json(&bencao(&[&init[..], &["--peer", &peer]].concat()), 2)["name"], "bad_input", "no such key");
    let late = json(&bencao(&init), 0);
    assert_eq!(late["chain_id"], made["chain_id"]);
    assert_eq!(late["certificate"], true);
    for name in
        ["config.toml", "genesis.json", "certificate.pem", "authorities.pem", "keys/node.pem", "keys/passphrase"]
    {
        assert!(Path::new(&home).join(name).is_file(), "{name}");
    }
    let proof = scratch.write("proof", "bencao-proof/1\nnonsense");
    let refuted = json(&bencao(&["verify", &proof, "--genesis", &genesis]), 5);
    assert_eq!((&refuted["verified"], &refuted["checks"][0]["name"]), (&Value::from(false), &Value::from("form")));
}

#[test]
fn a_home_that_cannot_be_used_is_the_operators_input() {
    let scratch = Scratch::new("start");
    assert_eq!(json(&bencao(&["start"]), 2)["name"], "bad_input", "--home is needed");
    let dir = scratch.path("net");
    json(&bencao(&["testnet", "--validators", "1", "--observers", "0", "--dir", &dir]), 0);
    let home = Path::new(&dir).join("node0");
    let start = || bencao(&["--home", home.to_str().unwrap(), "start"]);
    let config = home.join("config.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    let outside = text.replacen("api_listen = \"127.0.0.1:", "api_listen = \"0.0.0.0:", 1);
    assert_ne!(outside, text);
    std::fs::write(&config, outside).unwrap();
    let refused = json(&start(), 2);
    assert_eq!(refused["name"], "bad_input");
    assert!(refused["message_en"].as_str().unwrap().contains("loopback"), "{refused}");
    std::fs::write(&config, text).unwrap();
    std::fs::write(home.join("keys/passphrase"), "wrong\n").unwrap();
    assert_eq!(json(&start(), 2)["name"], "bad_key_file");
    assert!(!home.join("data").exists(), "nothing is written");
}

#[test]
fn templates_are_written() {
    let scratch = Scratch::new("template");
    let out = scratch.path("m.xlsx");
    json(&bencao(&["template", "movement", "--format", "xlsx", "--out", &out]), 0);
    let read = bencao_client::documents::read(Path::new(&out)).unwrap();
    assert_eq!(read.movements[0].bill_type, 201);
    assert_eq!(json(&bencao(&["template", "movement", "--format", "xlsx"]), 2)["name"], "bad_input");
}

#[test]
fn documents_and_persons_are_digested() {
    let scratch = Scratch::new("digest");
    let (document, key) = (scratch.write("abc.txt", "abc"), scratch.path("key.pem"));
    // GB/T 32905-2016, appendix A.1.
    let of_file = json(&bencao(&["digest", &document]), 0);
    let expected = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0";
    assert_eq!(of_file["digests"][0]["digest"], expected);
    let passphrase = scratch.write("passphrase", "a passphrase\n");
    json(&bencao(&["key", "new", "--out", &key, "--passphrase-file", &passphrase]), 0);
    let person = |number: &str| {
        let said = bencao(&["digest", "--person", "1", number, "--key", &key, "--passphrase-file", &passphrase]);
        json(&said, 0)["digests"][0]["digest"].as_str().unwrap().to_owned()
    };
    assert_eq!(person("A-1"), person("A-1"), "the same person again is the same digest");
    assert_ne!(person("A-1"), person("A-2"));
    assert_eq!(json(&bencao(&["digest", "--person", "1", "A-1"]), 2)["name"], "bad_input");
    assert_eq!(json(&bencao(&["digest"]), 2)["name"], "bad_input");
}
