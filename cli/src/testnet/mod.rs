//! `bencao testnet`: homes of a whole consortium on one machine, ready to start.
//!
//! Every file that a real ceremony would produce at its own member is made here at once: keys, certificates, genesis and
//! node configurations. Ports are free ones of this machine at the time of writing.

mod authority;
mod founding;
mod home;
mod members;
mod peer_id;
pub(crate) mod products;

pub(crate) use authority::AuthorityFiles;
pub(crate) use home::{AccessConfig, Home, HomeKeys, NodeConfig, NodeKeys, PeerConfig};
pub(crate) use members::MemberFile;

use crate::args::{Lang, TestnetArgs};
use crate::console::Console;
use crate::failure::{Failure, Report};
use crate::write;
use bencao_crypto::SigningKey;
use bencao_crypto::keyfile::{self, Form, Passphrase, Sealing};
use bencao_crypto::x509::{Authority, Subject, Validity};
use bencao_genesis::genesis::RULE_VERSION;
use bencao_genesis::{Genesis, KeyEntry, KeyPurpose, Limits, Params, TimestampMs, ValidatorEntry};
use members::{Member, REGULATOR};
use serde::{Deserialize, Serialize};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// File beside a member's keys, for a shell to read.
const ENVIRONMENT: &str = "env";

/// `testnet.json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct TestnetFile {
    pub(crate) chain_id: String,
    pub(crate) chain_name: String,
    pub(crate) genesis: PathBuf,
    pub(crate) nodes: Vec<NodeFile>,
    pub(crate) members: Vec<MemberFile>,
    pub(crate) products: Vec<String>,
    /// Law, standards, certificates and mandates to begin with, one file a member, for `tx submit`.
    #[serde(default)]
    pub(crate) founding: Vec<PathBuf>,
}

/// A node of `testnet.json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct NodeFile {
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) home: PathBuf,
    pub(crate) api: String,
    pub(crate) p2p: String,
    pub(crate) peer_id: String,
}

/// A node while the network is made.
struct NodePlan {
    name: String,
    validator: Option<SigningKey>,
    node: SigningKey,
    /// Index of the member that runs it.
    owner: usize,
    api: SocketAddr,
    p2p: SocketAddr,
}

impl NodePlan {
    fn kind(&self) -> &'static str {
        if self.validator.is_some() { "validator" } else { "observer" }
    }
}

pub(crate) fn run(console: &Console, args: &TestnetArgs) -> Result<Report, Failure> {
    let file = create(args)?;
    let text = summary(console, &file);
    let json = serde_json::to_value(&file).map_err(|e| Failure::internal(&e))?;
    Ok(Report::done(json, text))
}

/// A network of validators alone, with the sample products.
#[cfg(feature = "node")]
pub(crate) fn create_for_bench(validators: u16, dir: &Path) -> Result<(), Failure> {
    let (dir, chain_name) = (dir.to_path_buf(), "bencao-bench".to_string());
    let args = TestnetArgs {
        validators,
        observers: 0,
        dir,
        products: None,
        members: None,
        chain_name,
        certificate_days: 3650,
    };
    create(&args).map(drop)
}

pub(crate) fn create(args: &TestnetArgs) -> Result<TestnetFile, Failure> {
    let dir = empty_folder(&args.dir)?;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_err(|e| Failure::internal(&e))?;
    let time = TimestampMs(u64::try_from(now.as_millis()).map_err(|e| Failure::internal(&e))?);
    let mut members = members::plan(time, args.members.as_deref())?;
    let nodes = plan_nodes(args)?;
    for node in &nodes {
        let owner = &mut members[node.owner].organisation;
        owner.keys.extend(node.validator.as_ref().map(|k| entry(KeyPurpose::Validator, k)));
        owner.keys.push(entry(KeyPurpose::Node, &node.node));
    }
    let validity = Validity {
        not_before_s: now.as_secs() - 3_600,
        not_after_s: now.as_secs() + u64::from(args.certificate_days) * 86_400,
    };
    let subject = Subject { common_name: &args.chain_name, organisation: "bencao testnet" };
    let authority_key = generate()?;
    let authority = Authority::create(subject, authority_key.clone(), validity)
        .map_err(|e| Failure::input(format!("链名称不能用于证书：{e}"), format!("chain name: {e}")))?;
    AuthorityFiles::at(&dir.join("authority")).write(&authority, &authority_key)?;
    let genesis = genesis(args, time, &members, &nodes, &authority)?;
    let writer = Writer { dir: &dir, genesis: &genesis, authority: &authority, validity };
    writer.write(args, &members, &nodes)
}

fn empty_folder(dir: &Path) -> Result<PathBuf, Failure> {
    write::folder(dir)?;
    let mut entries = std::fs::read_dir(dir).map_err(|e| Failure::file(dir, &e))?;
    if entries.next().is_some() {
        let shown = dir.display();
        return Err(Failure::input(format!("目录 {shown} 不为空"), format!("{shown} is not empty")));
    }
    dir.canonicalize().map_err(|e| Failure::file(dir, &e))
}

fn generate() -> Result<SigningKey, Failure> {
    SigningKey::generate().map_err(|e| Failure::internal(&e))
}

fn entry(purpose: KeyPurpose, key: &SigningKey) -> KeyEntry {
    KeyEntry { purpose, public_key: key.public(), valid_from: Default::default(), valid_to: None }
}

fn plan_nodes(args: &TestnetArgs) -> Result<Vec<NodePlan>, Failure> {
    let count = usize::from(args.validators) + usize::from(args.observers);
    let ports = free_addresses(2 * count)?;
    let plan = |index: usize| {
        let votes = index < usize::from(args.validators);
        let validator = if votes { Some(generate()?) } else { None };
        // Trading samples take turns in running validators; the regulator runs the observers.
        let owner = if votes { index % REGULATOR } else { REGULATOR };
        let name = match votes {
            true => format!("node{index}"),
            false => format!("observer{}", index - usize::from(args.validators)),
        };
        Ok(NodePlan { name, validator, node: generate()?, owner, api: ports[2 * index], p2p: ports[2 * index + 1] })
    };
    (0..count).map(plan).collect()
}

/// Free loopback addresses, all held at once so that they differ.
fn free_addresses(count: usize) -> Result<Vec<SocketAddr>, Failure> {
    let bind = || TcpListener::bind("127.0.0.1:0");
    let listeners: Vec<TcpListener> = (0..count)
        .map(|_| bind())
        .collect::<Result<_, _>>()
        .map_err(|e| Failure::internal(&format!("no free loopback port: {e}")))?;
    listeners.iter().map(|l| l.local_addr().map_err(|e| Failure::internal(&e))).collect()
}

fn genesis(
    args: &TestnetArgs,
    time_ms: TimestampMs,
    members: &[Member],
    nodes: &[NodePlan],
    authority: &Authority,
) -> Result<Genesis, Failure> {
    let validator = |node: &NodePlan| {
        node.validator.as_ref().map(|key| ValidatorEntry {
            name: node.name.clone(),
            organisation: members[node.owner].organisation.id.clone(),
            validator_key: key.public(),
            node_key: node.node.public(),
            power: 1,
        })
    };
    let genesis = Genesis {
        version: 1,
        chain_name: args.chain_name.clone(),
        time_ms,
        rule_version: RULE_VERSION,
        params: Params::default(),
        limits: Limits::default(),
        organisations: members.iter().map(|m| m.organisation.clone()).collect(),
        validators: nodes.iter().filter_map(validator).collect(),
        products: products::load(args.products.as_deref(), members)?,
        authorities: vec![authority.certificate().to_pem()],
    };
    // By the rules, not only by form: a product that no chain could start with is found here.
    let founded = bencao_chaincode::genesis_state(&genesis);
    founded.map_err(|e| Failure::input(format!("创世文件有误：{e}"), format!("genesis: {e}")))?;
    Ok(genesis)
}

/// What every file needs.
struct Writer<'a> {
    dir: &'a Path,
    genesis: &'a Genesis,
    authority: &'a Authority,
    validity: Validity,
}

impl Writer<'_> {
    fn write(&self, args: &TestnetArgs, members: &[Member], nodes: &[NodePlan]) -> Result<TestnetFile, Failure> {
        let genesis_path = self.dir.join("genesis.json");
        write::new_file(&genesis_path, self.genesis.to_json().as_bytes())?;
        let founding = founding::write(self.dir, members, self.genesis.time_ms.china_date())?;
        let members = members.iter().map(|m| m.write(self.dir)).collect::<Result<_, _>>()?;
        for node in nodes {
            self.home(node, nodes)?;
        }
        let file = TestnetFile {
            chain_id: self.genesis.chain_id().to_string(),
            chain_name: args.chain_name.clone(),
            genesis: genesis_path,
            nodes: nodes.iter().map(|n| self.node_file(n)).collect(),
            members,
            products: self.genesis.products.iter().map(|p| p.id.0.clone()).collect(),
            founding,
        };
        let json = serde_json::to_string_pretty(&file).map_err(|e| Failure::internal(&e))?;
        write::new_file(&self.dir.join("testnet.json"), (json + "\n").as_bytes())?;
        for (index, member) in file.members.iter().enumerate() {
            let path = member.key.with_file_name(ENVIRONMENT);
            write::new_file(&path, environment(&file, index, member).as_bytes())?;
        }
        Ok(file)
    }

    fn node_file(&self, node: &NodePlan) -> NodeFile {
        NodeFile {
            name: node.name.clone(),
            kind: node.kind().into(),
            home: self.dir.join(&node.name),
            api: format!("http://{}", node.api),
            p2p: node.p2p.to_string(),
            peer_id: peer_id::of(&node.node.public()),
        }
    }

    fn home(&self, node: &NodePlan, nodes: &[NodePlan]) -> Result<(), Failure> {
        let owner = self.genesis.organisations[node.owner].id.to_string();
        let subject = Subject { common_name: &node.name, organisation: &owner };
        let certificate =
            self.authority.issue(subject, &node.node.public(), self.validity).map_err(|e| Failure::internal(&e))?;
        let home = Home {
            path: &self.dir.join(&node.name),
            genesis: &self.genesis.to_json(),
            certificate: &certificate.to_pem(),
            authorities: &self.authority.certificate().to_pem(),
            keys: HomeKeys::Fresh { validator: node.validator.as_ref(), node: &node.node, strength: Strength::TEST },
        };
        home.write(&NodeConfig {
            name: node.name.clone(),
            kind: node.kind().into(),
            api_listen: node.api.to_string(),
            p2p_listen: node.p2p.to_string(),
            genesis: "genesis.json".into(),
            data_dir: "data".into(),
            certificate: "certificate.pem".into(),
            authorities: "authorities.pem".into(),
            keys: NodeKeys::new(node.validator.is_some()),
            access: None,
            peers: nodes.iter().filter(|n| n.name != node.name).map(peer).collect(),
        })
    }
}

fn peer(node: &NodePlan) -> PeerConfig {
    PeerConfig { name: node.name.clone(), node_key: node.node.public().to_string(), address: node.p2p.to_string() }
}

/// A fresh passphrase: 32 hexadecimal digits.
pub(crate) fn random_passphrase() -> Result<String, Failure> {
    let secret = generate()?.to_bytes();
    Ok(bencao_crypto::tagged("bencao/testnet-passphrase/1", &[secret.as_slice()]).to_string()[..32].into())
}

/// PBKDF2 iterations of a key file that is written.
#[derive(Clone, Copy)]
pub(crate) struct Strength(pub(crate) u32);

impl Strength {
    /// Of test keys, whose passphrase lies beside them; real keys take `keyfile::ITERATIONS`.
    pub(crate) const TEST: Strength = Strength(10_000);
}

/// An encrypted key file.
pub(crate) fn write_key(path: &Path, key: &SigningKey, passphrase: &str, strength: Strength) -> Result<(), Failure> {
    let passphrase = Passphrase::new(passphrase.as_bytes().to_vec()).map_err(|e| Failure::key_file(path, e))?;
    let sealing = Sealing::random(Form::National, strength.0).map_err(|e| Failure::internal(&e))?;
    let pem = keyfile::seal_pem(key, &passphrase, &sealing).map_err(|e| Failure::key_file(path, e))?;
    write::new_secret(path, pem.as_bytes())
}

/// Variables with which commands speak to a member's node and sign in its name: validators take turns, the regulator has the
/// observer.
fn environment(file: &TestnetFile, index: usize, member: &MemberFile) -> String {
    let votes: Vec<&NodeFile> = file.nodes.iter().filter(|node| node.kind == "validator").collect();
    let observer = file.nodes.iter().find(|node| node.kind == "observer").filter(|_| index == REGULATOR);
    let node = observer.unwrap_or_else(|| votes[index % votes.len()]);
    let mut text = String::new();
    let mut export = |name: &str, value: &str| {
        text += &format!("export {name}='{}'\n", value.replace('\'', "'\\''"));
    };
    export("BENCAO_NODE", &node.api);
    export("BENCAO_KEY", &member.key.display().to_string());
    if let Some(path) = &member.passphrase_file {
        export("BENCAO_PASSPHRASE_FILE", &path.display().to_string());
    }
    text
}

fn summary(console: &Console, file: &TestnetFile) -> String {
    let mut text = format!("{} {}\n", console.pick("链标识", "chain id"), file.chain_id);
    for node in &file.nodes {
        text += &format!("{:<10} {:<9}  api {}  p2p {}\n", node.name, node.kind, node.api, node.p2p);
    }
    for member in &file.members {
        text += &format!("{:<10} {}  {}\n", member.name, member.uscc, member.key.display());
    }
    let first = file.nodes.first().map(|n| n.home.display().to_string()).unwrap_or_default();
    text += &format!("{} bencao start --home {first}\n", console.pick("启动：", "start:"));
    if let Some(member) = file.members.first() {
        let path = member.key.with_file_name(ENVIRONMENT);
        let (name, path) = (&member.name, path.display());
        text += &match console.lang {
            Lang::Zh => format!("以 {name} 的身份执行命令：. {path}\n"),
            Lang::En => format!("speak as {name}: . {path}\n"),
        };
    }
    for path in &file.founding {
        let shown = path.display();
        text += &format!("{} bencao tx submit {shown} …\n", console.pick("首批规则与证书：", "law and certificates:"));
    }
    text
}

#[cfg(test)]
mod story;
#[cfg(test)]
mod tests;
