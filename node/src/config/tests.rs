use super::*;

/// A point of the curve: the generator (GB/T 32918.5-2017).
const KEY: &str = "32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7\
                   bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0";

fn text() -> String {
    format!(
        r#"name = "node0"
kind = "validator"
api_listen = "127.0.0.1:0"
p2p_listen = "0.0.0.0:26656"
genesis = "genesis.json"
data_dir = "/var/lib/bencao"
certificate = "certificate.pem"
authorities = "authorities.pem"

[keys]
validator = "keys/validator.pem"
node = "keys/node.pem"
passphrase_file = "keys/passphrase"

[[peers]]
name = "node1"
node_key = "{KEY}"
address = "127.0.0.1:26658"
"#
    )
}

#[test]
fn a_file_as_documented_is_read_and_paths_are_the_homes() {
    let config = Config::parse(&text(), Path::new("/home/n0")).unwrap();
    assert_eq!((config.name.as_str(), config.kind), ("node0", Kind::Validator));
    assert_eq!(config.genesis, Path::new("/home/n0/genesis.json"));
    assert_eq!(config.data_dir, Path::new("/var/lib/bencao"), "an absolute path stays");
    assert_eq!(config.keys.validator.as_deref(), Some(Path::new("/home/n0/keys/validator.pem")));
    assert_eq!(config.peers[0].node_key.to_string(), KEY);
}

#[test]
fn every_mistake_names_file_key_and_reason() {
    let cases = [
        ("name = \"node0\"", "name = \"\"", "name: expected 1 to 64 printable characters"),
        ("name = \"node0\"\n", "", "missing field `name`"),
        ("\"validator\"\n", "\"miner\"\n", "line 2: unknown variant `miner`"),
        ("kind = \"validator\"", "kind = \"observer\"", "keys.validator: only a validator has this key"),
        ("validator = \"keys/validator.pem\"\n", "", "keys.validator: a validator needs the key that votes"),
        ("127.0.0.1:0", "0.0.0.0:26657", "api_listen: 0.0.0.0:26657 is not a loopback address"),
        ("127.0.0.1:0", "192.168.1.4:80", "api_listen: 192.168.1.4:80 is not a loopback address"),
        ("127.0.0.1:0", "localhost:80", "api_listen: \"localhost:80\" is not ip:port"),
        ("0.0.0.0:26656", "here", "p2p_listen: \"here\" is not ip:port"),
        ("data_dir", "data_folder", "line 6: unknown field `data_folder`"),
        ("32c4", "32c5", "peers[0].node_key: expected 128 hexadecimal digits of a public key"),
        ("127.0.0.1:26658", "", "peers[0].address: \"\" is not ip:port"),
        ("[keys]", "[keys", "line 10"),
        (
            "[keys]",
            "[testing]\nclock_offset_s = 1\n[keys]",
            "testing.clock_offset_s: only for tests on loopback, but p2p_listen is 0.0.0.0:26656",
        ),
        (
            "passphrase_file",
            "passphrase_command = [\"pass\"]\npassphrase_file",
            "keys.passphrase_command: a passphrase comes from a file or from a command",
        ),
        (
            "passphrase_file",
            "signer = \"s.sock\"\npassphrase_file",
            "keys.signer: with a signer the node needs no passphrase",
        ),
        (
            "passphrase_file = \"keys/passphrase\"",
            "passphrase_command = []",
            "keys.passphrase_command: expected a program",
        ),
    ];
    for (from, to, expected) in cases {
        let changed = text().replacen(from, to, 1);
        assert_ne!(changed, text(), "{from}");
        let error = Config::parse(&changed, Path::new("/home/n0")).unwrap_err().to_string();
        assert!(error.starts_with("/home/n0/config.toml: "), "{error}");
        assert!(error.contains(expected), "{expected:?} expected in {error:?}");
    }
}

#[test]
fn an_api_beyond_loopback_needs_access_control() {
    let with = |address: &str, access: &str| {
        let text = text().replace("127.0.0.1:0", address) + access;
        Config::parse(&text, Path::new("h")).map(|config| config.access).map_err(|e| (e.key, e.reason.to_string()))
    };
    assert_eq!(with("127.0.0.1:0", ""), Ok(None));
    let on_loopback = with("127.0.0.1:0", "[access]\n").unwrap().unwrap();
    assert_eq!((on_loopback.transport, on_loopback.public_per_second), (Transport::Plain, PUBLIC_PER_SECOND));
    let tls =
        with("0.0.0.0:443", "[access]\ntls = true\nnames = [\"api.example.cn\", \"api.example.cn:443\"]\n").unwrap();
    assert_eq!(tls.unwrap().transport, Transport::Tls);
    let behind = "[access]\ntrusted_proxies = [\"10.0.0.2\"]\nmember_per_second = 7\n";
    let behind = with("10.0.0.9:80", behind).unwrap().unwrap();
    let proxy = "10.0.0.2".parse().unwrap();
    assert_eq!((behind.transport, behind.member_per_second), (Transport::Proxies(vec![proxy]), 7));
    for (access, key) in [
        ("[access]\n", "api_listen"),
        ("[access]\ntls = true\ntrusted_proxies = [\"10.0.0.2\"]\n", "access.tls"),
        ("[access]\ntrusted_proxies = [\"proxy\"]\n", "access.trusted_proxies"),
        ("[access]\ntls = true\nnames = [\"Ä\"]\n", "access.names"),
        ("[access]\ntls = true\npublic_per_second = 0\n", "access.public_per_second"),
        ("[access]\ntls = true\nguard = false\n", ""),
    ] {
        assert_eq!(with("0.0.0.0:443", access).unwrap_err().0, key, "{access}");
    }
}

#[test]
fn a_peer_is_listed_once() {
    let twice = format!("{}\n[[peers]]\nname = \"again\"\nnode_key = \"{KEY}\"\naddress = \"h:1\"\n", text());
    let error = Config::parse(&twice, Path::new("h")).unwrap_err();
    assert_eq!(error.key, "peers[1].node_key");
    assert!(matches!(error.reason, Reason::Repeated));
}

#[test]
fn a_missing_file_says_so() {
    let home = tempfile::tempdir().unwrap();
    let error = Config::load(home.path()).unwrap_err();
    assert!(matches!(error.reason, Reason::Unreadable(_)), "{error}");
    std::fs::write(home.path().join(FILE_NAME), text()).unwrap();
    assert!(Config::load(home.path()).is_ok());
}
