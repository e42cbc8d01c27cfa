//! `bencao init`: the home of one more node, with fresh keys.
//!
//! The node takes part once the chain knows its keys; until then a member's home, made by `testnet` or a ceremony, is what
//! a node starts from.

use crate::args::InitArgs;
use crate::console::Console;
use crate::failure::{Failure, Report};
use crate::passphrase::read;
use crate::testnet::{AuthorityFiles, Home, NodeConfig, NodeKeys, PeerConfig, Strength};
use crate::verify::load_genesis;
use bencao_crypto::SigningKey;
use bencao_crypto::keyfile::ITERATIONS;
use serde_json::json;
use std::path::Path;

/// Longest certificate file, bytes.
const CERTIFICATE_BYTES_MAX: usize = 64 << 10;

pub(crate) fn run(console: &Console, home: Option<&Path>, args: &InitArgs) -> Result<Report, Failure> {
    let home = home.ok_or_else(|| Failure::input("缺少 --home", "--home is needed"))?;
    let genesis = load_genesis(&args.genesis)?;
    let generate = || SigningKey::generate().map_err(|e| Failure::internal(&e));
    let validator = if args.kind == "validator" { Some(generate()?) } else { None };
    let node = generate()?;
    let certificate = match (&args.authority, &args.certificate) {
        (Some(dir), _) => AuthorityFiles::at(dir).issue(&args.name, &args.organisation, &node.public())?,
        (None, Some(file)) => text(file)?,
        (None, None) => String::new(),
    };
    Home {
        path: home,
        genesis: &genesis.to_json(),
        certificate: &certificate,
        authorities: &genesis.authorities.concat(),
        validator: validator.as_ref(),
        node: &node,
        strength: Strength(ITERATIONS),
    }
    .write(&NodeConfig {
        name: args.name.clone(),
        kind: args.kind.clone(),
        api_listen: args.api.clone(),
        p2p_listen: args.p2p.clone(),
        genesis: "genesis.json".into(),
        data_dir: "data".into(),
        certificate: "certificate.pem".into(),
        authorities: "authorities.pem".into(),
        keys: NodeKeys::new(validator.is_some()),
        peers: args.peer.iter().map(|p| peer(p)).collect::<Result<_, _>>()?,
    })?;
    let validator = validator.map(|k| k.public().to_string());
    let json = json!({
        "home": home.display().to_string(),
        "chain_id": genesis.chain_id().to_string(),
        "node_key": node.public().to_string(),
        "validator_key": validator,
        "certificate": !certificate.is_empty(),
    });
    let mut text = format!("{} {}\nnode_key {}\n", console.pick("已写入", "wrote"), home.display(), node.public());
    if let Some(key) = validator {
        text += &format!("validator_key {key}\n");
    }
    if certificate.is_empty() {
        text += console.pick(
            "请联盟证书机构为 node_key 签发证书，写入 certificate.pem\n",
            "have the consortium's authority issue a certificate for node_key and put it into certificate.pem\n",
        );
    }
    Ok(Report::done(json, text))
}

fn text(path: &Path) -> Result<String, Failure> {
    let bytes = read(path, CERTIFICATE_BYTES_MAX)?;
    String::from_utf8(bytes).map_err(|_| {
        let shown = path.display();
        Failure::input(format!("{shown}：不是 PEM 证书"), format!("{shown}: not a PEM certificate"))
    })
}

/// `name,key,address`.
fn peer(text: &str) -> Result<PeerConfig, Failure> {
    let parts: Vec<&str> = text.split(',').collect();
    match parts.as_slice() {
        [name, key, address] if bencao_crypto::PublicKey::from_hex(key).is_ok() => {
            Ok(PeerConfig { name: (*name).into(), node_key: (*key).into(), address: (*address).into() })
        }
        _ => Err(Failure::input(
            format!("--peer {text}：应为 名称,128 位十六进制公钥,地址:端口"),
            format!("--peer {text}: expected NAME,KEY,ADDRESS with a key of 128 hexadecimal digits"),
        )),
    }
}
