//! `bencao init`: the home of a node. A founder's node takes the keys that its request to join made; one more node gets
//! fresh ones and takes part once the chain knows them.

use crate::access::args::ApiArgs;
use crate::args::{InitArgs, PassphraseArgs};
use crate::ceremony::{self, JOIN_FILE, node_folder};
use crate::console::Console;
use crate::failure::{Failure, Report};
use crate::passphrase::read;
use crate::testnet::{AccessConfig, AuthorityFiles, Home, HomeKeys, NodeConfig, NodeKeys, PeerConfig, Strength};
use bencao_crypto::keyfile::{FILE_BYTES_MAX, ITERATIONS};
use bencao_crypto::{PublicKey, SigningKey};
use bencao_genesis::Genesis;
use bencao_genesis::ceremony::{Join, NodeRequest, SEALED_KIND, Sealed, kind_of};
use bencao_genesis::genesis::GENESIS_BYTES_MAX;
use serde_json::json;
use std::net::SocketAddr;
use std::path::Path;

/// Where a node listens for others if nothing says otherwise.
const LOOPBACK: &str = "127.0.0.1:26656";
/// Longest certificate file, bytes.
const CERTIFICATE_BYTES_MAX: usize = 64 << 10;

/// What was written, for the report.
struct Written {
    node: PublicKey,
    validator: Option<PublicKey>,
    has_certificate: bool,
    peers: usize,
}

pub(crate) fn run(console: &Console, home: Option<&Path>, args: &InitArgs) -> Result<Report, Failure> {
    let home = home.ok_or_else(|| Failure::input("缺少 --home", "--home is needed"))?;
    let text = ceremony::text_file(&args.genesis, GENESIS_BYTES_MAX)?;
    let genesis = crate::verify::load_genesis(&args.genesis)?;
    let sealed = match kind_of(&text).as_deref() {
        Some(SEALED_KIND) => Some(Sealed::parse(&text).map_err(|e| ceremony::failure(&args.genesis, &e))?),
        _ => None,
    };
    let written = match (&args.member, &sealed) {
        (Some(member), Some(sealed)) => founder(home, args, &text, sealed, member)?,
        (Some(_), None) => {
            return Err(Failure::input(
                "--member 需要封存的创世文件（bencao genesis seal 的输出）",
                "--member needs a sealed genesis, as bencao genesis seal writes it",
            ));
        }
        (None, _) => newcomer(home, args, &text, &genesis)?,
    };
    Ok(report(console, home, &genesis, sealed.is_some(), &written))
}

fn report(console: &Console, home: &Path, genesis: &Genesis, sealed: bool, written: &Written) -> Report {
    let validator = written.validator.map(|k| k.to_string());
    let json = json!({
        "home": home.display().to_string(),
        "chain_id": genesis.chain_id().to_string(),
        "sealed": sealed,
        "node_key": written.node.to_string(),
        "validator_key": validator,
        "certificate": written.has_certificate,
        "peers": written.peers,
    });
    let mut text = format!("{} {}\nnode_key {}\n", console.pick("已写入", "wrote"), home.display(), written.node);
    if let Some(key) = validator {
        text += &format!("validator_key {key}\n");
    }
    if !sealed {
        text += console.pick(
            "创世文件没有创始成员的签名，请确认其来源可信\n",
            "this genesis bears no signatures of founders: be sure of where it comes from\n",
        );
    }
    if !written.has_certificate {
        text += console.pick(
            "请联盟证书机构为 node_key 签发证书，写入 certificate.pem\n",
            "have the consortium's authority issue a certificate for node_key and put it into certificate.pem\n",
        );
    }
    Report::done(json, text)
}

/// A node of a founder, with the keys that lie in its folder.
fn founder(home: &Path, args: &InitArgs, text: &str, sealed: &Sealed, member: &Path) -> Result<Written, Failure> {
    let path = member.join(JOIN_FILE);
    let own = Join::parse(&ceremony::text_file(&path, GENESIS_BYTES_MAX)?).map_err(|e| ceremony::failure(&path, &e))?;
    if !sealed.founders.contains(&own) {
        let (id, shown) = (own.organisation(), path.display());
        return Err(Failure::input(
            format!("{shown}：创世文件中没有 {id} 的这份申请"),
            format!("{shown}: the genesis does not hold this request of {id}"),
        ));
    }
    let node = own.body.nodes.iter().find(|n| n.name == args.name).ok_or_else(|| {
        let names: Vec<&str> = own.body.nodes.iter().map(|n| n.name.as_str()).collect();
        let (name, names) = (&args.name, names.join(", "));
        Failure::input(
            format!("申请中没有节点 {name}，有：{names}"),
            format!("no node {name} in the request; there are {names}"),
        )
    })?;
    let folder = node_folder(member, &node.name);
    let mut files = vec![("node.pem", read(&folder.join("node.pem"), FILE_BYTES_MAX)?)];
    if node.validator_key.is_some() {
        files.push(("validator.pem", read(&folder.join("validator.pem"), FILE_BYTES_MAX)?));
    }
    let beside = folder.join("certificate.pem");
    let certificate = match &args.certificate {
        Some(file) => ceremony::text_file(file, CERTIFICATE_BYTES_MAX)?,
        None if beside.exists() => ceremony::text_file(&beside, CERTIFICATE_BYTES_MAX)?,
        None => String::new(),
    };
    let votes = node.validator_key.is_some();
    let kind = args.kind.clone().unwrap_or_else(|| if votes { "validator" } else { "observer" }.into());
    let peers = if args.peer.is_empty() { neighbours(sealed, node) } else { given_peers(args)? };
    let count = peers.len();
    Home {
        path: home,
        genesis: text,
        certificate: &certificate,
        authorities: &sealed.genesis.authorities.concat(),
        keys: HomeKeys::Files(files),
    }
    .write(&config(args, &kind, &listening(&node.address), passphrase_of(votes, &args.passphrase)?, peers))?;
    Ok(Written {
        node: node.node_key,
        validator: node.validator_key,
        has_certificate: !certificate.is_empty(),
        peers: count,
    })
}

/// Every other founder's node that has told an address.
fn neighbours(sealed: &Sealed, own: &NodeRequest) -> Vec<PeerConfig> {
    let nodes = sealed.founders.iter().flat_map(|f| &f.body.nodes);
    let others = nodes.filter(|n| n.node_key != own.node_key && !n.address.is_empty());
    others
        .map(|n| PeerConfig { name: n.name.clone(), node_key: n.node_key.to_string(), address: n.address.clone() })
        .collect()
}

/// Where the node finds the passphrase of keys that a person has encrypted. Without file and command it looks into the
/// environment, and then asks.
fn passphrase_of(votes: bool, args: &PassphraseArgs) -> Result<NodeKeys, Failure> {
    let absolute = |path: &std::path::PathBuf| std::path::absolute(path).map_err(|e| Failure::file(path, &e));
    let file = args.passphrase_file.as_ref().map(absolute).transpose()?;
    let command = args.passphrase_command.as_ref().filter(|_| file.is_none());
    Ok(NodeKeys {
        passphrase_file: file.map(|f| f.display().to_string()),
        passphrase_command: command.map(|c| c.split_ascii_whitespace().map(str::to_owned).collect()),
        ..NodeKeys::new(votes)
    })
}

/// One more node, with fresh keys.
fn newcomer(home: &Path, args: &InitArgs, text: &str, genesis: &Genesis) -> Result<Written, Failure> {
    let generate = || SigningKey::generate().map_err(|e| Failure::internal(&e));
    let kind = args.kind.clone().unwrap_or_else(|| "observer".into());
    let validator = if kind == "validator" { Some(generate()?) } else { None };
    let node = generate()?;
    let certificate = match (&args.authority, &args.certificate) {
        (Some(dir), _) => AuthorityFiles::at(dir).issue(&args.name, &args.organisation, &node.public())?,
        (None, Some(file)) => ceremony::text_file(file, CERTIFICATE_BYTES_MAX)?,
        (None, None) => String::new(),
    };
    let peers = given_peers(args)?;
    let count = peers.len();
    Home {
        path: home,
        genesis: text,
        certificate: &certificate,
        authorities: &genesis.authorities.concat(),
        keys: HomeKeys::Fresh { validator: validator.as_ref(), node: &node, strength: Strength(ITERATIONS) },
    }
    .write(&config(args, &kind, LOOPBACK, NodeKeys::new(validator.is_some()), peers))?;
    Ok(Written {
        node: node.public(),
        validator: validator.map(|k| k.public()),
        has_certificate: !certificate.is_empty(),
        peers: count,
    })
}

/// Where a node listens that has told others this address: there if it is on loopback, else on every interface at that port.
fn listening(told: &str) -> String {
    match told.parse::<SocketAddr>() {
        Ok(address) if address.ip().is_loopback() => address.to_string(),
        Ok(SocketAddr::V6(address)) => format!("[::]:{}", address.port()),
        _ => told.rsplit_once(':').map_or_else(|| LOOPBACK.to_owned(), |(_, port)| format!("0.0.0.0:{port}")),
    }
}

/// `p2p` is where to listen if the arguments do not say.
/// Access control, if anything is said about it.
fn access(args: &ApiArgs) -> Option<AccessConfig> {
    let ApiArgs { api_tls: tls, behind_proxy: trusted_proxies, api_name: names } = args.clone();
    let said = tls || !trusted_proxies.is_empty() || !names.is_empty();
    said.then_some(AccessConfig { tls, trusted_proxies, names })
}

fn config(args: &InitArgs, kind: &str, p2p: &str, keys: NodeKeys, peers: Vec<PeerConfig>) -> NodeConfig {
    NodeConfig {
        name: args.name.clone(),
        kind: kind.into(),
        api_listen: args.api.clone(),
        p2p_listen: args.p2p.clone().unwrap_or_else(|| p2p.to_owned()),
        genesis: "genesis.json".into(),
        data_dir: "data".into(),
        certificate: "certificate.pem".into(),
        authorities: "authorities.pem".into(),
        keys,
        access: access(&args.access),
        peers,
    }
}

fn given_peers(args: &InitArgs) -> Result<Vec<PeerConfig>, Failure> {
    args.peer.iter().map(|p| peer(p)).collect()
}

/// `name,key,address`.
fn peer(text: &str) -> Result<PeerConfig, Failure> {
    let parts: Vec<&str> = text.split(',').collect();
    match parts.as_slice() {
        [name, key, address] if PublicKey::from_hex(key).is_ok() => {
            Ok(PeerConfig { name: (*name).into(), node_key: (*key).into(), address: (*address).into() })
        }
        _ => Err(Failure::input(
            format!("--peer {text}：应为 名称,128 位十六进制公钥,地址:端口"),
            format!("--peer {text}: expected NAME,KEY,ADDRESS with a key of 128 hexadecimal digits"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_founders_node_listens_where_others_reach_it() {
        for (told, expected) in [
            ("10.0.0.1:26656", "0.0.0.0:26656"),
            ("node1.example.cn:7000", "0.0.0.0:7000"),
            ("[2001:db8::1]:7000", "[::]:7000"),
            ("127.0.0.1:7001", "127.0.0.1:7001"),
            ("", LOOPBACK),
        ] {
            assert_eq!(listening(told), expected, "{told}");
        }
    }
}
