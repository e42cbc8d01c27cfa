//! Four organisations found a chain: keys made by each on its own, files carried by hand, nobody believed. Each organisation has a
//! folder of its own, and so has the office that collects the files; only what a step may hand over is copied.

use crate::harness::{Consortium, Said, bencao, free_ports, speak};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

const FOUNDERS: [(&str, &str, &str, &str); 4] = [
    ("91650100MA0000001U", "天山制药", "marketing_holder", "650100"),
    ("91650100MA0000002Y", "丝路医药", "wholesaler", "650100"),
    ("91650102MA0000003Y", "安康大药房", "pharmacy", "650102"),
    ("11650000MA0000005B", "自治区药监局", "drug_regulator", "650000"),
];

/// Folders of one ceremony.
struct Table {
    root: tempfile::TempDir,
    ports: Vec<String>,
}

impl Table {
    fn path(&self, name: &str) -> String {
        self.root.path().join(name).display().to_string()
    }

    fn org(&self, n: usize, name: &str) -> String {
        self.path(&format!("org{n}/{name}"))
    }

    /// A file is carried from one place to another.
    fn carry(&self, from: &str, to: &str) {
        let to = Path::new(to);
        std::fs::create_dir_all(to.parent().expect("a folder")).expect("a folder");
        std::fs::copy(from, to).unwrap_or_else(|e| panic!("{from}: {e}"));
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = PathBuf::from(self.path(name));
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(&path, text).expect("a file");
        let _ = std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600));
        path.display().to_string()
    }
}

fn done(said: Said) -> Value {
    assert_eq!(said.code, 0, "{}", said.json);
    said.json
}

/// The office's part: an authority and a draft. The chain's heartbeat is short, so that an idle chain makes blocks at once.
fn open_table() -> Table {
    let table = Table { root: crate::harness::scratch(), ports: free_ports(8) };
    let passphrase = table.write("office/passphrase", "the office's own\n");
    let ca = table.path("office/ca");
    done(bencao(&[
        "ca",
        "new",
        "--dir",
        &ca,
        "--name",
        "天山链 CA",
        "--organisation",
        "联盟",
        "--passphrase-file",
        &passphrase,
    ]));
    let params = table.write("office/params.json", r#"{"params": {"heartbeat_ms": 1000}}"#);
    let (authority, draft) = (table.path("office/ca/certificate.pem"), table.path("office/draft.json"));
    let new =
        ["genesis", "new", "--chain-name", "天山链", "--params", &params, "--authority", &authority, "--out", &draft];
    done(bencao(&new));
    table
}

/// A founder makes its keys and its request; only the request leaves.
fn join(table: &Table, n: usize) {
    let (id, name, role, region) = FOUNDERS[n];
    table.carry(&table.path("office/draft.json"), &table.org(n, "draft.json"));
    let passphrase = table.write(&format!("org{n}/passphrase"), &format!("passphrase of {n}\n"));
    let (draft, dir) = (table.org(n, "draft.json"), table.org(n, "keys"));
    let node = format!("node{n}={}", table.ports[2 * n]);
    let mut arguments = vec![
        "genesis",
        "join",
        "--draft",
        &draft,
        "--organisation",
        id,
        "--name",
        name,
        "--role",
        role,
        "--jurisdiction",
        region,
        "--validator",
        &node,
        "--dir",
        &dir,
    ];
    // A passphrase may come from a command as well.
    let command = format!("cat {passphrase}");
    match n {
        2 => arguments.extend(["--passphrase-command", &command]),
        _ => arguments.extend(["--passphrase-file", &passphrase]),
    }
    done(bencao(&arguments));
    table.carry(&table.org(n, "keys/join.json"), &table.path(&format!("office/join{n}.json")));
}

/// The request that the coordinator would like to have in the place of organisation `n`'s: keys of its own under its name.
fn forged_join(table: &Table, n: usize) -> String {
    let (id, name, role, region) = FOUNDERS[n];
    let (draft, dir, passphrase) =
        (table.path("office/draft.json"), table.path("office/forged"), table.path("office/passphrase"));
    let node = format!("node{n}={}", table.ports[2 * n]);
    done(bencao(&[
        "genesis",
        "join",
        "--draft",
        &draft,
        "--organisation",
        id,
        "--name",
        name,
        "--role",
        role,
        "--jurisdiction",
        region,
        "--validator",
        &node,
        "--dir",
        &dir,
        "--passphrase-file",
        &passphrase,
    ]));
    table.path("office/forged/join.json")
}

fn sign(table: &Table, n: usize, fingerprint: &str) -> Said {
    table.carry(&table.path("office/draft.json"), &table.org(n, "draft.json"));
    let (draft, dir, passphrase) = (table.org(n, "draft.json"), table.org(n, "keys"), table.org(n, "passphrase"));
    bencao(&[
        "genesis",
        "sign",
        "--draft",
        &draft,
        "--dir",
        &dir,
        "--fingerprint",
        fingerprint,
        "--passphrase-file",
        &passphrase,
    ])
}

fn seal(table: &Table, signatures: &[usize], out: &str) -> Said {
    let draft = table.path("office/draft.json");
    let files: Vec<String> = signatures.iter().map(|n| table.path(&format!("office/signature{n}.json"))).collect();
    let mut arguments = vec!["genesis", "seal", "--draft", &draft, "--out", out];
    arguments.extend(files.iter().map(String::as_str));
    bencao(&arguments)
}

fn standings(said: &Said) -> Vec<String> {
    let founders = said.json["founders"].as_array().expect("founders");
    founders.iter().map(|f| f["standing"].as_str().expect("a standing").to_owned()).collect()
}

#[test]
fn four_organisations_found_a_chain_that_makes_blocks() {
    let table = open_table();
    (0..4).for_each(|n| join(&table, n));

    // The office adds the requests, in any order, and issues certificates for the nodes in them.
    let draft = table.path("office/draft.json");
    let joins: Vec<String> = [2, 0, 3, 1].iter().map(|n| table.path(&format!("office/join{n}.json"))).collect();
    let mut add = vec!["genesis", "add", "--draft", &draft];
    add.extend(joins.iter().map(String::as_str));
    assert_eq!(done(bencao(&add))["founders"], 4);
    let (ca, certificates, passphrase) =
        (table.path("office/ca"), table.path("office/certificates"), table.path("office/passphrase"));
    let issue = ["ca", "issue", "--dir", &ca, &draft, "--out", &certificates, "--passphrase-file", &passphrase];
    assert_eq!(done(bencao(&issue))["issued"].as_array().map(Vec::len), Some(4));
    assert!(
        !holds_private_keys(&table.root.path().join("office"), &["ca"]),
        "no founder's key ever came to the office"
    );

    // Everybody reviews the draft, and they read its fingerprint to each other.
    let review = done(bencao(&["genesis", "review", &draft]));
    let fingerprint = review["fingerprint"].as_str().expect("a fingerprint").to_owned();
    assert_eq!(
        (fingerprint.len(), &review["problem"], &review["remarks"][0]["name"]),
        (39, &Value::Null, &json!("unusual"))
    );

    // Signatures come in one by one; what is missing is said by name.
    for n in 0..3 {
        done(sign(&table, n, &fingerprint));
        table.carry(&table.org(n, "keys/signature.json"), &table.path(&format!("office/signature{n}.json")));
    }
    let out = table.path("office/genesis.json");
    let early = seal(&table, &[0, 1, 2], &out);
    assert_eq!(
        (early.code, standings(&early)),
        (5, ["missing", "signed", "signed", "signed"].map(str::to_owned).to_vec())
    );
    assert_eq!(early.json["founders"][0]["name"], "自治区药监局");
    assert!(!Path::new(&out).exists());

    // Misheard: nothing is signed.
    let misheard = sign(&table, 3, &fingerprint.replacen(char::is_numeric, "", 1));
    assert_eq!((misheard.code, &misheard.json["name"]), (2, &json!("bad_input")));
    let other = format!("{}{}", if fingerprint.starts_with('0') { "1" } else { "0" }, &fingerprint[1..]);
    assert_eq!(sign(&table, 3, &other).code, 5);
    done(sign(&table, 3, &fingerprint));
    table.carry(&table.org(3, "keys/signature.json"), &table.path("office/signature3.json"));

    // A damaged signature says whose it is.
    let good = std::fs::read_to_string(table.path("office/signature2.json")).expect("a signature");
    let signature = serde_json::from_str::<Value>(&good).expect("JSON")["signature"].as_str().expect("hex").to_owned();
    let turned: String = signature.chars().rev().collect();
    table.write("office/signature2.json", &good.replace(&signature, &turned));
    let wrong = seal(&table, &[0, 1, 2, 3], &out);
    assert_eq!((wrong.code, standings(&wrong).iter().filter(|s| *s == "wrong_signature").count()), (5, 1));
    table.write("office/signature2.json", &good);
    let sealed = done(seal(&table, &[3, 1, 0, 2], &out));
    assert_eq!((&sealed["sealed"], sealed["fingerprint"].as_str()), (&json!(true), Some(fingerprint.as_str())));

    // Anybody verifies, from the file alone.
    table.carry(&out, &table.path("journalist/genesis.json"));
    let file = table.path("journalist/genesis.json");
    let verified = done(bencao(&["genesis", "verify", &file, "--fingerprint", &fingerprint]));
    assert_eq!(verified["verified"], true);
    assert_eq!(bencao(&["genesis", "verify", &file, "--fingerprint", &other]).code, 5);
    let text = std::fs::read_to_string(&file).expect("a genesis");
    let changed =
        table.write("journalist/changed.json", &text.replace("\"heartbeat_ms\": 1000", "\"heartbeat_ms\": 2000"));
    assert_eq!(bencao(&["genesis", "verify", &changed]).code, 5);

    // Homes, and a chain that makes blocks.
    let mut net = found(table, &sealed["chain_id"]);
    net.start_all();
    net.await_height(3);
    net.assert_same_at(3);
    let status = net.read(0, "/v1/status");
    assert_eq!(status["chain_id"], sealed["chain_id"]);
    net.eventually("all are connected", || net.read(0, "/v1/status")["peers_connected"] == 3);
    let home = net.node(1, "home");
    let seen = bencao(&["--home", &home, "doctor"]);
    // A note is not a fault, and what is wrong with the machine of the tests is not one of this home.
    let of_machine = ["disk_nearly_full", "open_files_low"].map(Value::from);
    let findings = seen.json["findings"].as_array().expect("findings");
    let faults: Vec<&Value> =
        findings.iter().filter(|f| f["level"] != "note" && !of_machine.contains(&f["check"])).collect();
    assert!(seen.code == 0 && faults.is_empty(), "{faults:?}");
}

/// Every founder makes the home of its node from its own keys, the sealed genesis and its certificate.
fn found(table: Table, chain_id: &Value) -> Consortium {
    let mut nodes = Vec::new();
    for n in 0..4 {
        table.carry(&table.path("office/genesis.json"), &table.org(n, "genesis.json"));
        table.carry(&table.path(&format!("office/certificates/node{n}.pem")), &table.org(n, "certificate.pem"));
        let (home, genesis, member) = (table.org(n, "home"), table.org(n, "genesis.json"), table.org(n, "keys"));
        let (certificate, passphrase) = (table.org(n, "certificate.pem"), table.org(n, "passphrase"));
        let (name, p2p, api) = (format!("node{n}"), table.ports[2 * n].clone(), table.ports[2 * n + 1].clone());
        let made = done(bencao(&[
            "--home",
            &home,
            "init",
            "--genesis",
            &genesis,
            "--member",
            &member,
            "--name",
            &name,
            "--p2p",
            &p2p,
            "--api",
            &api,
            "--certificate",
            &certificate,
            "--passphrase-file",
            &passphrase,
        ]));
        assert_eq!((&made["chain_id"], &made["sealed"], &made["peers"]), (chain_id, &json!(true), &json!(3)));
        nodes
            .push(json!({"name": name, "kind": "validator", "home": home, "api": format!("http://{api}"), "p2p": p2p}));
    }
    let genesis = table.org(0, "genesis.json");
    Consortium::assemble(table.root, json!({"nodes": nodes, "genesis": genesis, "members": []}))
}

/// Whether a folder holds a private key anywhere but in the subfolders named.
fn holds_private_keys(folder: &Path, except: &[&str]) -> bool {
    std::fs::read_dir(folder).expect("a folder").map(|e| e.expect("an entry").path()).any(|path| {
        if path.is_dir() {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            !except.contains(&name.as_str()) && holds_private_keys(&path, &[])
        } else {
            String::from_utf8_lossy(&std::fs::read(&path).expect("a file")).contains("PRIVATE KEY")
        }
    })
}

#[test]
fn a_coordinator_cannot_put_in_its_own_keys() {
    let table = open_table();
    (0..4).for_each(|n| join(&table, n));
    let draft = table.path("office/draft.json");
    let honest: Vec<String> = [0, 1, 3].iter().map(|n| table.path(&format!("office/join{n}.json"))).collect();
    let mut add = vec!["genesis", "add", "--draft", &draft];
    add.extend(honest.iter().map(String::as_str));
    done(bencao(&add));
    // A changed request is refused by everybody's machine.
    let text = std::fs::read_to_string(table.path("office/join2.json")).expect("a request");
    let altered = table.write("office/altered.json", &text.replace("\"pharmacy\"", "\"wholesaler\""));
    let refused = bencao(&["genesis", "add", "--draft", &draft, &altered]);
    assert_eq!((refused.code, &refused.json["field"]), (2, &json!(FOUNDERS[2].0)));
    // A forged one is well formed. Its victim finds out before signing, and cannot be made to sign.
    let forged = forged_join(&table, 2);
    done(bencao(&["genesis", "add", "--draft", &draft, &forged]));
    let review = done(bencao(&["genesis", "review", &draft]));
    let fingerprint = review["fingerprint"].as_str().expect("a fingerprint").to_owned();
    let refused = sign(&table, 2, &fingerprint);
    assert_eq!(refused.code, 5, "{}", refused.json);
    assert!(refused.json["message_en"].as_str().is_some_and(|m| m.contains("do not sign")), "{}", refused.json);
    // Shown the honest draft instead, the victim signs another genesis than the others.
    let shown = table.path("office/shown.json");
    table.carry(&draft, &shown);
    let own = table.path("office/join2.json");
    done(bencao(&["genesis", "add", "--draft", &shown, &own, "--replace"]));
    let changes = done(bencao(&["genesis", "review", &shown, "--against", &draft]));
    // Six keys, the two of the node once more under its name, and the fingerprint of the request.
    let paths: Vec<&str> =
        changes["changes"].as_array().expect("changes").iter().filter_map(|c| c["path"].as_str()).collect();
    let of_victim = format!("organisations[{}].", FOUNDERS[2].0);
    assert!(paths.len() == 9 && paths.iter().all(|p| p.starts_with(&of_victim)), "{paths:?}");
    for n in [0, 1, 3] {
        done(sign(&table, n, &fingerprint));
        table.carry(&table.org(n, "keys/signature.json"), &table.path(&format!("office/signature{n}.json")));
    }
    table.carry(&shown, &table.org(2, "shown.json"));
    let other = changes["fingerprint"].as_str().expect("a fingerprint");
    let (file, dir, passphrase) = (table.org(2, "shown.json"), table.org(2, "keys"), table.org(2, "passphrase"));
    done(bencao(&[
        "genesis",
        "sign",
        "--draft",
        &file,
        "--dir",
        &dir,
        "--fingerprint",
        other,
        "--passphrase-file",
        &passphrase,
    ]));
    table.carry(&table.org(2, "keys/signature.json"), &table.path("office/signature2.json"));
    let refused = seal(&table, &[0, 1, 2, 3], &table.path("office/genesis.json"));
    assert_eq!((refused.code, standings(&refused).iter().filter(|s| *s == "other_genesis").count()), (5, 1));
}

/// Every step and some refusals, of a ceremony of one founder whose names are all in Latin letters: what each says.
fn spoken(lang: &str) -> Vec<String> {
    let root = crate::harness::scratch();
    let path = |name: &str| root.path().join(name).display().to_string();
    let passphrase = path("passphrase");
    std::fs::write(&passphrase, "one for all\n").expect("a passphrase");
    let secret = ["--passphrase-file", passphrase.as_str()];
    let (ca, draft, keys, certificates) = (path("ca"), path("draft.json"), path("keys"), path("certificates"));
    let (authority, join, signature) =
        (path("ca/certificate.pem"), path("keys/join.json"), path("keys/signature.json"));
    let (genesis, home, certificate) = (path("genesis.json"), path("home"), path("certificates/one.pem"));
    let mut all = Vec::new();
    let mut step = |code: i32, arguments: &[&str]| {
        let (actual, text) = speak(lang, arguments);
        assert_eq!(actual, code, "{arguments:?}: {text}");
        all.push(text.clone());
        text
    };
    step(0, &[&["ca", "new", "--dir", &ca, "--name", "CA", "--organisation", "office"], &secret[..]].concat());
    step(0, &["genesis", "new", "--chain-name", "chain", "--authority", &authority, "--out", &draft]);
    let (id, _, role, region) = FOUNDERS[3];
    let who = ["--organisation", id, "--name", "bureau", "--role", role, "--jurisdiction", region];
    let join_it = ["genesis", "join", "--draft", &draft, "--validator", "one=127.0.0.1:1", "--dir", &keys];
    step(0, &[&join_it[..], &who[..], &secret[..]].concat());
    step(2, &[&join_it[..], &who[..], &secret[..]].concat());
    step(0, &["genesis", "add", "--draft", &draft, &join]);
    step(0, &[&["ca", "issue", "--dir", &ca, &draft, "--out", &certificates], &secret[..]].concat());
    step(0, &["ca", "list", "--dir", &ca]);
    let review = step(0, &["genesis", "review", &draft]);
    step(0, &["genesis", "review", &draft, "--against", &draft]);
    let fingerprint = review.lines().next().and_then(|line| line.split_once(' ')).expect("a fingerprint").1.to_owned();
    step(5, &["genesis", "seal", "--draft", &draft, "--out", &genesis]);
    let sign = ["genesis", "sign", "--draft", &draft, "--dir", &keys, "--fingerprint"];
    step(5, &[&sign[..], &["0000 0000 0000 0000 0000 0000 0000 0000"], &secret[..]].concat());
    step(0, &[&sign[..], &[&fingerprint], &secret[..]].concat());
    step(0, &["genesis", "seal", "--draft", &draft, &signature, "--out", &genesis]);
    step(0, &["genesis", "verify", &genesis, "--fingerprint", &fingerprint]);
    step(5, &["genesis", "verify", &genesis, "--fingerprint", "0000 0000 0000 0000 0000 0000 0000 0000"]);
    step(5, &["genesis", "verify", &draft]);
    let init = ["--home", &home, "init", "--genesis", &genesis, "--member", &keys, "--name", "one"];
    step(0, &[&init[..], &["--certificate", &certificate], &secret[..]].concat());
    step(5, &["--home", &path("nowhere"), "doctor", "--offline"]);
    all
}

#[test]
fn every_step_speaks_chinese_and_english() {
    let is_chinese = |text: &String| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
    for text in spoken("zh") {
        assert!(is_chinese(&text), "{text}");
    }
    for text in spoken("en") {
        assert!(!is_chinese(&text), "{text}");
    }
}
