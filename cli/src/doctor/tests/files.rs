//! Faults of files and of the machine.

use super::Fault;
use super::bench::{Bench, now};
use bencao_crypto::SigningKey;
use bencao_crypto::keyfile::{public_to_pem, to_plain_pem};
use bencao_crypto::x509::{Authority, CertificateRequest, Subject, Terms, Usage, Validity};
use bencao_genesis::TimestampMs;
use bencao_genesis::ceremony::Draft;
use bencao_node::disk::Space;
use std::os::unix::fs::PermissionsExt;

const DAY_S: u64 = 86_400;

fn fresh() -> SigningKey {
    SigningKey::generate().unwrap()
}

fn days(from: i64, to: i64) -> Validity {
    let at = |days: i64| (now().0 / 1_000).saturating_add_signed(days * DAY_S as i64);
    Validity { not_before_s: at(from), not_after_s: at(to) }
}

fn subject(bench: &Bench) -> String {
    bench.genesis().validators[0].organisation.to_string()
}

/// Puts a certificate of `authority` for `key` in place.
fn certify(bench: &Bench, authority: &Authority, key: &SigningKey, terms: &Terms<'_>) {
    let organisation = subject(bench);
    let subject = Subject { common_name: "node0", organisation: &organisation };
    let certificate = authority.issue_on(subject, &key.public(), terms).unwrap();
    bench.write("certificate.pem", &certificate.to_pem());
}

fn certify_for(bench: &Bench, validity: Validity) {
    let terms = Terms { usage: Usage::Node, validity, organisation_code: None };
    certify(bench, &bench.authority(), &bench.key("keys/node.pem"), &terms);
}

fn foreign_authority(bench: &Bench, name: &str) {
    let subject = Subject { common_name: name, organisation: "bencao testnet" };
    let authority = Authority::create(subject, fresh(), days(-1, 4000)).unwrap();
    let terms = Terms { usage: Usage::Node, validity: days(-1, 4000), organisation_code: None };
    certify(bench, &authority, &bench.key("keys/node.pem"), &terms);
}

fn authorities_until(bench: &Bench, from: i64, to: i64) {
    let own = bench.authority();
    let key_path = bench.home.parent().unwrap().join("authority/key.pem");
    let passphrase = std::fs::read(key_path.with_file_name("passphrase")).unwrap();
    let passphrase = bencao_crypto::keyfile::Passphrase::new(passphrase).unwrap();
    let key = bencao_crypto::keyfile::open(&std::fs::read(key_path).unwrap(), Some(&passphrase)).unwrap();
    let subject =
        Subject { common_name: own.certificate().common_name(), organisation: own.certificate().organisation() };
    let other = Authority::create(subject, key, days(from, to)).unwrap();
    bench.write("authorities.pem", &other.certificate().to_pem());
    bench.edit_genesis(|genesis| genesis.authorities = vec![other.certificate().to_pem()]);
}

fn full(_: &std::path::Path) -> std::io::Result<Space> {
    Ok(Space { free: 100 << 20, total: 1000 << 30 })
}

fn nearly_full(_: &std::path::Path) -> std::io::Result<Space> {
    Ok(Space { free: 5 << 30, total: 1000 << 30 })
}

const fn fault(name: &'static str, inject: fn(&mut Bench), found: &'static [&'static str]) -> Fault {
    Fault { name, inject, found }
}

pub(super) const FAULTS: &[Fault] = &[
    fault("no home", |b| std::fs::remove_dir_all(&b.home).unwrap(), &["home_missing"]),
    fault("no configuration", |b| b.remove("config.toml"), &["config_missing"]),
    fault("a quotation mark is missing", |b| b.edit_config("name = \"node0\"", "name = \"node0"), &["config_syntax"]),
    fault("a misspelt key", |b| b.edit_config("data_dir", "data_folder"), &["config_unknown_key"]),
    fault("a key is missing", |b| b.edit_config("genesis = \"genesis.json\"\n", ""), &["config_key_missing"]),
    fault("no such kind", |b| b.edit_config("kind = \"validator\"", "kind = \"miner\""), &["config_value"]),
    fault("a peer's key with a letter", |b| b.edit_config("node_key = \"", "node_key = \"x"), &["config_value"]),
    fault(
        "an observer with a validator key",
        |b| b.edit_config("kind = \"validator\"", "kind = \"observer\""),
        &["config_value"],
    ),
    fault(
        "the API in the open",
        |b| b.edit_config("api_listen = \"127.0.0.1:0\"", "api_listen = \"0.0.0.0:0\""),
        &["api_not_loopback"],
    ),
    fault(
        "a moved clock left behind",
        |b| b.edit_config("[keys]", "[testing]\nclock_offset_s = 60\n\n[keys]"),
        &["testing_clock"],
    ),
    fault("no genesis", |b| b.remove("genesis.json"), &["genesis_missing"]),
    fault("half a genesis", |b| b.write("genesis.json", &b.read("genesis.json")[..500]), &["genesis_malformed"]),
    fault("genesis with a new field", |b| b.edit("genesis.json", "{", "{\"x\": 1,"), &["genesis_malformed"]),
    fault(
        "genesis of another format",
        |b| b.edit("genesis.json", "\"version\": 1", "\"version\": 2"),
        &["genesis_version"],
    ),
    fault("genesis of other rules", |b| b.edit_genesis(|g| g.rule_version = 99), &["genesis_version"]),
    fault("genesis without validators", |b| b.edit_genesis(|g| g.validators.clear()), &["genesis_invalid"]),
    fault(
        "a sealed genesis that was changed",
        |b| {
            let genesis = b.genesis();
            let sealed = serde_json::json!({
                "kind": "bencao-genesis", "version": 1, "chain_id": genesis.chain_id(), "genesis": genesis,
                "founders": [], "signatures": [],
            });
            b.write("genesis.json", &sealed.to_string());
        },
        &["genesis_seal_broken"],
    ),
    fault(
        "a draft in the place of the genesis",
        |b| b.write("genesis.json", &Draft::new("x".into(), now(), 1).to_json()),
        &["wrong_file"],
    ),
    fault(
        "a certificate in the place of the genesis",
        |b| b.write("genesis.json", &b.read("certificate.pem")),
        &["wrong_file"],
    ),
    fault(
        "a genesis of tomorrow",
        |b| b.edit_genesis(|g| g.time_ms = TimestampMs(now().0 + 86_400_000)),
        &["genesis_in_future"],
    ),
    fault("no passphrase", |b| b.remove("keys/passphrase"), &["passphrase_missing"]),
    fault("an empty passphrase", |b| b.write("keys/passphrase", "\n"), &["passphrase_missing"]),
    fault("another passphrase", |b| b.write("keys/passphrase", "another\n"), &["passphrase_wrong"]),
    fault(
        "a passphrase command that fails",
        |b| b.edit_config("passphrase_file = \"keys/passphrase\"", "passphrase_command = [\"false\"]"),
        &["passphrase_command_failed"],
    ),
    fault(
        "a passphrase command that is not there",
        |b| b.edit_config("passphrase_file = \"keys/passphrase\"", "passphrase_command = [\"/nonexistent/pass\"]"),
        &["passphrase_command_failed"],
    ),
    fault(
        "a key for all to read",
        |b| std::fs::set_permissions(b.path("keys/node.pem"), PermissionsExt::from_mode(0o644)).unwrap(),
        &["secret_readable"],
    ),
    fault("no node key", |b| b.remove("keys/node.pem"), &["key_missing"]),
    fault("no validator key", |b| b.remove("keys/validator.pem"), &["key_missing"]),
    fault("a damaged key", |b| b.edit("keys/node.pem", "M", "*"), &["key_damaged"]),
    fault("a key file that is empty", |b| b.write("keys/node.pem", ""), &["key_damaged"]),
    fault("a key of another curve", |b| b.write("keys/node.pem", P256_KEY), &["key_not_sm2"]),
    fault(
        "a key in the clear",
        |b| b.write("keys/node.pem", &to_plain_pem(&b.key("keys/node.pem"))),
        &["key_unencrypted"],
    ),
    fault(
        "a certificate in the place of the key",
        |b| b.write("keys/node.pem", &b.read("certificate.pem")),
        &["wrong_file"],
    ),
    fault("one key for both", |b| b.put_key("keys/validator.pem", &b.key("keys/node.pem")), &["keys_identical"]),
    fault(
        "keys in each other's place",
        |b| {
            let (node, validator) = (b.key("keys/node.pem"), b.key("keys/validator.pem"));
            b.put_key("keys/node.pem", &validator);
            b.put_key("keys/validator.pem", &node);
        },
        &["keys_swapped", "certificate_other_key"],
    ),
    fault(
        "a node key that nobody knows",
        |b| b.put_key("keys/node.pem", &fresh()),
        &["node_key_not_on_chain", "validator_of_another_node", "certificate_other_key"],
    ),
    fault(
        "a validator key that nobody knows",
        |b| b.put_key("keys/validator.pem", &fresh()),
        &["validator_key_not_on_chain"],
    ),
    fault(
        "another node's validator key",
        |b| b.take_key("node1", "keys/validator.pem", "keys/validator.pem"),
        &["validator_of_another_node"],
    ),
    fault("a signer that does not run", |b| behind_signer(b), &["signer_unreachable"]),
    fault(
        "a signer of another chain",
        |b| {
            behind_signer(b);
            b.serve_signer(true);
        },
        &["signer_other_key"],
    ),
    fault(
        "a signer without these keys",
        |b| {
            behind_signer(b);
            b.serve_signer(false);
        },
        &["signer_other_key"],
    ),
    fault(
        "a private key beside a signer",
        |b| b.edit_config("passphrase_file = \"keys/passphrase\"", "signer = \"signer.sock\""),
        &["wrong_file"],
    ),
    fault("no certificate", |b| b.remove("certificate.pem"), &["certificate_missing"]),
    fault("an empty certificate", |b| b.write("certificate.pem", ""), &["certificate_missing"]),
    fault(
        "a damaged certificate",
        |b| b.edit("certificate.pem", "-----BEGIN CERTIFICATE-----\nM", "-----BEGIN CERTIFICATE-----\n*"),
        &["certificate_damaged"],
    ),
    fault(
        "a request in the place of the certificate",
        |b| {
            let request = CertificateRequest::create(Subject { common_name: "n", organisation: "o" }, &fresh());
            b.write("certificate.pem", &request.unwrap().to_pem());
        },
        &["wrong_file"],
    ),
    fault(
        "another node's certificate",
        |b| b.take("node1", "certificate.pem", "certificate.pem"),
        &["certificate_other_key"],
    ),
    fault(
        "the authority's certificate",
        |b| b.write("certificate.pem", &b.read("authorities.pem")),
        &["certificate_of_authority"],
    ),
    fault("a wrong authority", |b| foreign_authority(b, "somebody"), &["certificate_unknown_authority"]),
    fault("an authority of the same name", |b| foreign_authority(b, "doctor"), &["certificate_wrong_signature"]),
    fault(
        "a certificate for servers of another kind",
        |b| {
            let terms = Terms { usage: Usage::Encrypt, validity: days(-1, 3000), organisation_code: None };
            certify(b, &b.authority(), &b.key("keys/node.pem"), &terms);
        },
        &["certificate_wrong_use"],
    ),
    fault("an expired certificate", |b| certify_for(b, days(-100, -3)), &["certificate_expired"]),
    fault("a certificate of next week", |b| certify_for(b, days(7, 900)), &["certificate_not_yet_valid"]),
    fault("90 days left", |b| certify_for(b, days(-1, 89)), &["certificate_ends_soon"]),
    fault("7 days left", |b| certify_for(b, days(-1, 6)), &["certificate_ends_soon"]),
    fault(
        "a certificate that names another organisation",
        |b| {
            let other = b.genesis().validators[1].organisation.to_string();
            let subject = Subject { common_name: "node0", organisation: &other };
            let key = b.key("keys/node.pem").public();
            let certificate = b.authority().issue(subject, &key, days(-1, 3000)).unwrap();
            b.write("certificate.pem", &certificate.to_pem());
        },
        &["certificate_other_organisation"],
    ),
    fault("no authorities", |b| b.remove("authorities.pem"), &["authorities_missing"]),
    fault(
        "damaged authorities",
        |b| b.write("authorities.pem", "-----BEGIN CERTIFICATE-----\nMII"),
        &["authorities_damaged"],
    ),
    fault(
        "a key in the place of the authorities",
        |b| b.write("authorities.pem", &b.read("keys/node.pem")),
        &["wrong_file"],
    ),
    fault(
        "a node's certificate among the authorities",
        |b| b.write("authorities.pem", &b.read("certificate.pem")),
        &["authorities_not_authority"],
    ),
    fault("an expired authority", |b| authorities_until(b, -100, -3), &["authority_expired"]),
    fault("an authority that ends soon", |b| authorities_until(b, -100, 20), &["authority_ends_soon"]),
    fault(
        "an authority that is not the genesis's",
        |b| {
            let subject = Subject { common_name: "another", organisation: "x" };
            let other = Authority::create(subject, fresh(), days(-1, 3000)).unwrap();
            b.write("authorities.pem", &(b.read("authorities.pem") + &other.certificate().to_pem()));
        },
        &["authorities_differ"],
    ),
    fault("a file in the place of the data", |b| b.write("data", "x"), &["data_not_writable"]),
    fault(
        "data of another chain",
        |b| {
            b.run_alone();
            b.edit_genesis(|genesis| {
                genesis.validators.truncate(1);
                genesis.chain_name = "another".into();
            });
        },
        &["data_of_another_chain", "mark_of_another_key"],
    ),
    fault(
        "data that do not open",
        |b| {
            std::fs::create_dir_all(b.path("data/blocks")).unwrap();
            b.write("data/blocks/CURRENT", "MANIFEST-000009\n");
        },
        &["data_damaged"],
    ),
    fault(
        "a restored image without its mark",
        |b| {
            b.run_alone();
            std::fs::remove_dir_all(b.path("signer")).unwrap();
        },
        &["mark_missing"],
    ),
    fault(
        "a damaged mark",
        |b| {
            let key = b.key("keys/validator.pem").public().id();
            std::fs::create_dir_all(b.path(&format!("signer/high-water-{key}.a"))).unwrap();
        },
        &["mark_damaged"],
    ),
    fault(
        "a block that was executed otherwise than certified",
        |b| {
            std::fs::create_dir_all(b.path("data/divergence")).unwrap();
            b.write("data/divergence/open.json", "{\"height\": 7}\n");
        },
        &["diverged"],
    ),
    fault("a disk nearly full", |b| b.scene.machine.space = nearly_full, &["disk_nearly_full"]),
    fault("a full disk", |b| b.scene.machine.space = full, &["disk_full"]),
    fault("few files", |b| b.scene.machine.open_files = Some(256), &["open_files_low"]),
    fault(
        "the API's port is taken",
        |b| {
            let port = b.hold_port();
            b.edit_config("api_listen = \"127.0.0.1:0\"", &format!("api_listen = \"{port}\""));
        },
        &["api_port_in_use"],
    ),
    fault(
        "the other port is taken",
        |b| {
            let port = b.hold_port();
            b.edit_config("p2p_listen = \"127.0.0.1:0\"", &format!("p2p_listen = \"{port}\""));
        },
        &["p2p_port_in_use"],
    ),
    fault(
        "an address of another machine",
        |b| b.edit_config("p2p_listen = \"127.0.0.1:0\"", "p2p_listen = \"203.0.113.7:0\""),
        &["address_not_local"],
    ),
    fault(
        "a clock of 1999",
        |b| b.scene.now = TimestampMs(915_148_800_000),
        &["clock_before_genesis", "genesis_in_future", "certificate_not_yet_valid"],
    ),
    fault(
        "no peers",
        |b| {
            let config = b.read("config.toml");
            b.write("config.toml", config.split("[[peers]]").next().unwrap());
        },
        &["no_peers"],
    ),
    fault(
        "a peer that is this node",
        |b| {
            let own = b.key("keys/node.pem").public();
            let other = b.genesis().validators[1].node_key;
            b.edit_config(&other.to_string(), &own.to_string());
        },
        &["peer_is_self"],
    ),
    fault(
        "a peer that the chain does not know",
        |b| {
            let other = b.genesis().validators[1].node_key;
            b.edit_config(&other.to_string(), &fresh().public().to_string());
        },
        &["peer_not_on_chain"],
    ),
    fault("peers elsewhere, and a port on loopback", |b| one_peer(b, "10.1.2.3:26656"), &["p2p_on_loopback"]),
    fault("peers that do not run", |b| b.scene.reach = true, &["peer_unreachable"]),
    fault(
        "a peer without a name that resolves",
        |b| {
            one_peer(b, "no-such-host.invalid:26656");
            b.scene.reach = true;
        },
        &["peer_address_unresolvable", "p2p_on_loopback"],
    ),
];

/// Public halves in the place of the keys, and a signer in the configuration.
fn behind_signer(bench: &Bench) {
    for name in ["keys/node.pem", "keys/validator.pem"] {
        bench.write(name, &public_to_pem(&bench.key(name).public()));
    }
    bench.edit_config("passphrase_file = \"keys/passphrase\"", "signer = \"signer.sock\"");
}

/// Leaves one peer in the configuration, at `address`.
fn one_peer(bench: &Bench, address: &str) {
    let config = bench.read("config.toml");
    let (head, _) = config.split_once("[[peers]]").unwrap();
    let key = bench.genesis().validators[1].node_key;
    let peer = format!("[[peers]]\nname = \"node1\"\nnode_key = \"{key}\"\naddress = \"{address}\"\n");
    bench.write("config.toml", &(head.to_owned() + &peer));
}

/// PKCS#8 of a P-256 key, made for this test.
const P256_KEY: &str = "-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgcduSg57aK1Cc0sME
UbPshWPbE7kV5/btXk1+AbBFRJehRANCAAQ7ts828fItSNq4SuZSQEfJfTmdBR35
Oc8wr7PlP8Lubxeww1BlPHy0lmt24tC4PdHY6Fd2T/Pgc2JPn/1Q+g42
-----END PRIVATE KEY-----
";
