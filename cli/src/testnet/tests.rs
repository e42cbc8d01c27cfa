use super::*;
use bencao_genesis::Height;

#[test]
fn a_testnet_is_complete_and_its_parts_agree() {
    let scratch = Scratch::new("testnet");
    let dir = scratch.0.clone();
    let args = TestnetArgs {
        validators: 4,
        observers: 1,
        dir: dir.clone(),
        products: None,
        chain_name: "试验".into(),
        certificate_days: 30,
    };
    let file = create(&args).unwrap();
    let again = create(&args).unwrap_err();
    assert_eq!(again.fault.name, "bad_input", "a folder in use is left alone");
    let genesis = Genesis::parse(&std::fs::read_to_string(&file.genesis).unwrap()).unwrap();
    assert_eq!(genesis.chain_id().to_string(), file.chain_id);
    assert_eq!((genesis.validators.len(), genesis.organisations.len(), file.nodes.len()), (4, 5, 5));
    assert!(!genesis.products.is_empty());
    let listed: std::collections::BTreeSet<_> = file.nodes.iter().flat_map(|n| [&n.api, &n.p2p]).collect();
    assert_eq!(listed.len(), 10, "ports differ");
    for node in &file.nodes {
        let config: NodeConfig =
            toml::from_str(&std::fs::read_to_string(node.home.join("config.toml")).unwrap()).unwrap();
        assert_eq!(config.peers.len(), 4);
        let passphrase =
            Passphrase::new(std::fs::read(node.home.join(config.keys.passphrase_file.as_ref().unwrap())).unwrap())
                .unwrap();
        let key = keyfile::open(&std::fs::read(node.home.join(&config.keys.node)).unwrap(), Some(&passphrase)).unwrap();
        assert_eq!(peer_id::of(&key.public()), node.peer_id);
        let member =
            genesis.organisations.iter().any(|o| o.key_at(key.public().id(), KeyPurpose::Node, Height(1)).is_some());
        assert!(member, "the node key of {} is on the chain", node.name);
    }
    for member in &file.members {
        let passphrase = Passphrase::new(std::fs::read(member.passphrase_file.as_ref().unwrap()).unwrap()).unwrap();
        let key = keyfile::open(&std::fs::read(&member.key).unwrap(), Some(&passphrase)).unwrap();
        let organisation = genesis.organisations.iter().find(|o| o.id.as_str() == member.uscc).unwrap();
        assert!(organisation.key_at(key.public().id(), KeyPurpose::Transact, Height(1)).is_some());
    }
}

/// A folder of this test alone, removed at its end.
pub(super) struct Scratch(pub(super) PathBuf);

impl Scratch {
    pub(super) fn new(name: &str) -> Scratch {
        let dir = std::env::temp_dir().join(format!("bencao-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&dir);
        std::fs::create_dir(&dir).unwrap();
        Scratch(dir)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
