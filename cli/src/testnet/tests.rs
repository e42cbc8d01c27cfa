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
        members: None,
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
    let exports = |index: usize| {
        let text = std::fs::read_to_string(file.members[index].key.with_file_name(ENVIRONMENT)).unwrap();
        let exports = text.lines().filter_map(|l| l.strip_prefix("export ")?.split_once('='));
        exports.map(|(name, value)| (name.to_owned(), value.trim_matches('\'').to_owned())).collect::<Vec<_>>()
    };
    for (index, node) in [(0, 0), (3, 3), (REGULATOR, 4)] {
        let (member, pair) = (&file.members[index], |a: &str, b: String| (a.to_owned(), b));
        let passphrase = member.passphrase_file.as_ref().unwrap().display().to_string();
        let expected = [
            pair("BENCAO_NODE", file.nodes[node].api.clone()),
            pair("BENCAO_KEY", member.key.display().to_string()),
            pair("BENCAO_PASSPHRASE_FILE", passphrase),
        ];
        assert_eq!(exports(index), expected);
    }
}

#[test]
fn members_of_a_file_stand_beside_the_samples() {
    let scratch = Scratch::new("members");
    let with = |text: &str, dir: &str| {
        let path = scratch.0.join("members.json");
        std::fs::write(&path, text).unwrap();
        let dir = scratch.0.join(dir);
        create(&TestnetArgs {
            validators: 1,
            observers: 1,
            dir,
            products: None,
            members: Some(path),
            chain_name: "试验".into(),
            certificate_days: 30,
        })
    };
    let maker = r#"{"name": "maker", "title": "受托企业", "id": "91350100M000100Y43", "region": "350100",
        "roles": ["producer"], "licences": [{"kind": "drug_production", "number": "闽20260001", "scope": ["chemical"],
        "letters": "Ch", "valid_to": "2099-12-31"}]}"#;
    let file = with(&format!("[{maker}]"), "net").unwrap();
    let genesis = Genesis::parse(&std::fs::read_to_string(&file.genesis).unwrap()).unwrap();
    let licence = &genesis.organisations[5].licences[0];
    assert_eq!((licence.letters.as_str(), licence.valid_to.to_string().as_str()), ("Ch", "2099-12-31"));
    let made = file.members.last().unwrap();
    assert!(made.name == "maker" && made.release_key.is_some(), "a producer releases");
    let observer: NodeConfig =
        toml::from_str(&std::fs::read_to_string(file.nodes[1].home.join("config.toml")).unwrap()).unwrap();
    let node_key = |o: &bencao_genesis::Organisation| o.keys.iter().any(|k| k.purpose == KeyPurpose::Node);
    assert_eq!(observer.kind, "observer");
    assert!(node_key(&genesis.organisations[4]) && !node_key(&genesis.organisations[5]), "the regulator's observer");

    for (i, (wrong, at)) in [
        ("[{}]".to_string(), "name"),
        (format!("[{maker}, {maker}]"), "members[1].name"),
        (format!("[{}]", maker.replace("maker", "../maker")), "members[0].name"),
        (format!("[{}]", maker.replace("Y43", "Y44")), "members[0].id"),
        (format!("[{}]", maker.replace("\"350100\"", "\"35\"")), "members[0].region"),
    ]
    .into_iter()
    .enumerate()
    {
        let failure = with(&wrong, &format!("wrong{i}")).unwrap_err();
        assert!(
            failure.fault.name == "bad_input" && failure.fault.message_en.contains(at),
            "{}",
            failure.fault.message_en
        );
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
