//! `bencao genesis join`: keys made on this machine, and a request that each of them signs.

use super::args::JoinArgs;
use super::{json_file, load_draft};
use crate::console::Console;
use crate::failure::{Failure, Report};
use crate::testnet::MemberFile;
use crate::{passphrase, write};
use bencao_crypto::keyfile::{self, Form, Passphrase};
use bencao_crypto::x509::{CertificateRequest, Subject};
use bencao_crypto::{PublicKey, SigningKey};
use bencao_genesis::ceremony::{Fingerprint, Join, JoinBody, NodeRequest, VERSION};
use bencao_genesis::{Height, KeyEntry, KeyPurpose, Licence, OrgId, Organisation, RegionCode, Role};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Name of the request in the folder.
pub(crate) const JOIN_FILE: &str = "join.json";

/// The folder with the keys of one node.
pub(crate) fn node_folder(dir: &Path, node: &str) -> PathBuf {
    dir.join("nodes").join(node)
}

/// A key that was made, and where it will lie.
struct NewKey {
    purpose: KeyPurpose,
    key: SigningKey,
    path: PathBuf,
}

pub(super) fn run(console: &Console, args: &JoinArgs) -> Result<Report, Failure> {
    let draft = load_draft(&args.draft)?;
    let organisation = organisation(args)?;
    let nodes = nodes(args)?;
    refuse_used(&args.dir)?;
    let passphrase = passphrase::fresh(console, &args.passphrase)?;
    let keys = make_keys(args, &organisation.roles, &nodes)?;
    let join = request(draft.chain_name, organisation, &nodes, &keys)?;
    join.check().map_err(|e| Failure::input(e.message_zh(), e.to_string()))?;
    save(args, &join, &keys, &passphrase)?;

    let fingerprint = Fingerprint::of(&join.body.id()).to_string();
    let path = args.dir.join(JOIN_FILE).display().to_string();
    let listed = keys.iter().map(|k| {
        json!({ "purpose": k.purpose, "key_id": k.key.public().id().to_string(), "file": k.path.display().to_string() })
    });
    let json = json!({
        "request": path,
        "organisation": join.organisation().to_string(),
        "fingerprint": fingerprint,
        "keys": listed.collect::<Vec<_>>(),
    });
    let mut text = format!(
        "{} {path}\n{} {fingerprint}\n",
        console.pick("已写入申请", "wrote request"),
        console.pick("申请指纹", "fingerprint of the request")
    );
    for key in &keys {
        text += &format!(
            "{:<10} {}  {}\n",
            format!("{:?}", key.purpose).to_lowercase(),
            key.key.public().id(),
            key.path.display()
        );
    }
    text += console.pick(
        "私钥只在本机。下一步：把申请文件交给协调人，并口头核对申请指纹\n",
        "the private keys stay here. next: give the request to the coordinator, and compare its fingerprint by voice\n",
    );
    Ok(Report::done(json, text))
}

fn organisation(args: &JoinArgs) -> Result<Organisation, Failure> {
    let id = OrgId::parse(&args.organisation).map_err(|e| {
        let id = &args.organisation;
        Failure::input(
            format!("--organisation：{id} 不是统一社会信用代码：{}", e.message_zh()),
            format!("--organisation {id}: {e}"),
        )
    })?;
    let jurisdiction = RegionCode::parse(&args.jurisdiction).map_err(|e| {
        Failure::input(
            format!("--jurisdiction：{}", e.message_zh()),
            format!("--jurisdiction {}: {e}", args.jurisdiction),
        )
    })?;
    let mut roles = args.role.iter().map(|text| role(text)).collect::<Result<Vec<Role>, Failure>>()?;
    roles.sort_unstable();
    roles.dedup();
    let licences = match &args.licences {
        Some(path) => json_file::<Vec<Licence>>(path)?,
        None => Vec::new(),
    };
    Ok(Organisation { id, name: args.name.clone(), roles, jurisdiction, licences, keys: Vec::new() })
}

fn role(text: &str) -> Result<Role, Failure> {
    serde_json::from_value(json!(text.replace('-', "_"))).map_err(|e| {
        let reason = e.to_string();
        Failure::input(format!("--role {text}：没有这个角色：{reason}"), format!("--role {text}: {reason}"))
    })
}

/// A node to be: name, address or nothing, whether it votes.
struct Planned {
    name: String,
    address: String,
    votes: bool,
    power: u64,
}

fn nodes(args: &JoinArgs) -> Result<Vec<Planned>, Failure> {
    let plan = |text: &String, votes: bool| {
        let (name, address) = text.split_once('=').unwrap_or((text, ""));
        // The name is one of a folder, too.
        let is_plain = !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\', ':', '\0']);
        if !is_plain {
            return Err(Failure::input(
                format!("节点名“{name}”不能为空、以点开头或含 / \\ :"),
                format!("node name {name:?} must not be empty, begin with a dot or hold / \\ :"),
            ));
        }
        let power = if votes { args.power } else { 0 };
        Ok(Planned { name: name.into(), address: address.into(), votes, power })
    };
    let voting = args.validator.iter().map(|text| plan(text, true));
    voting.chain(args.observer.iter().map(|text| plan(text, false))).collect()
}

fn refuse_used(dir: &Path) -> Result<(), Failure> {
    write::folder(dir)?;
    let mut entries = std::fs::read_dir(dir).map_err(|e| Failure::file(dir, &e))?;
    if entries.next().is_none() {
        return Ok(());
    }
    let shown = dir.display();
    Err(Failure::input(format!("目录 {shown} 不为空"), format!("{shown} is not empty")))
}

fn make_keys(args: &JoinArgs, roles: &[Role], nodes: &[Planned]) -> Result<Vec<NewKey>, Failure> {
    let mut purposes = vec![KeyPurpose::Admin, KeyPurpose::Transact];
    if roles.iter().any(|r| matches!(r, Role::MarketingHolder | Role::Producer | Role::DecoctionProducer)) {
        purposes.push(KeyPurpose::Release);
    }
    purposes.extend([KeyPurpose::Encrypt, KeyPurpose::Query]);
    let own = purposes.into_iter().map(|purpose| (purpose, args.dir.join(file_name(purpose))));
    let of_nodes = nodes.iter().flat_map(|node| {
        let folder = node_folder(&args.dir, &node.name);
        let purposes = [KeyPurpose::Validator, KeyPurpose::Node].into_iter();
        let purposes = purposes.filter(|purpose| node.votes || *purpose == KeyPurpose::Node);
        purposes.map(move |purpose| (purpose, folder.join(file_name(purpose))))
    });
    let generate = |(purpose, path)| {
        let key = SigningKey::generate().map_err(|e| Failure::internal(&e))?;
        Ok(NewKey { purpose, key, path })
    };
    own.chain(of_nodes).map(generate).collect()
}

fn file_name(purpose: KeyPurpose) -> &'static str {
    match purpose {
        KeyPurpose::Transact => "transact.pem",
        KeyPurpose::Release => "release.pem",
        KeyPurpose::Admin => "admin.pem",
        KeyPurpose::Validator => "validator.pem",
        KeyPurpose::Node => "node.pem",
        KeyPurpose::Encrypt => "encrypt.pem",
        KeyPurpose::Query => "query.pem",
    }
}

fn request(
    chain_name: String,
    mut organisation: Organisation,
    nodes: &[Planned],
    keys: &[NewKey],
) -> Result<Join, Failure> {
    let entry = |k: &NewKey| KeyEntry {
        purpose: k.purpose,
        public_key: k.key.public(),
        valid_from: Height::GENESIS,
        valid_to: None,
    };
    organisation.keys = keys.iter().map(entry).collect();
    let of_purpose = |purpose| keys.iter().filter(move |k| k.purpose == purpose).map(|k| &k.key);
    let (mut validators, mut tls) = (of_purpose(KeyPurpose::Validator), of_purpose(KeyPurpose::Node));
    let missing = || Failure::internal(&"a key for each node");
    let owner = organisation.id.to_string();
    let mut requests = Vec::new();
    for node in nodes {
        let key = tls.next().ok_or_else(missing)?;
        let subject = Subject { common_name: &node.name, organisation: &owner };
        let request = CertificateRequest::create(subject, key)
            .map_err(|e| Failure::input(format!("节点名不能用于证书：{e}"), format!("node name: {e}")))?;
        requests.push(NodeRequest {
            name: node.name.clone(),
            validator_key: if node.votes { Some(validators.next().ok_or_else(missing)?.public()) } else { None },
            node_key: key.public(),
            power: node.power,
            address: node.address.clone(),
            certificate_request: request.to_pem(),
        });
    }
    let body = JoinBody { version: VERSION, chain_name, organisation, nodes: requests };
    let sign = |public: &PublicKey, message: &[u8]| {
        keys.iter().find(|k| k.key.public() == *public).map(|k| k.key.sign(message))
    };
    body.prove(sign).ok_or_else(missing)
}

fn save(args: &JoinArgs, join: &Join, keys: &[NewKey], passphrase: &Passphrase) -> Result<(), Failure> {
    for key in keys {
        if let Some(folder) = key.path.parent() {
            write::folder(folder)?;
        }
        let pem = keyfile::seal(&key.key, passphrase, Form::National).map_err(|e| Failure::key_file(&key.path, e))?;
        write::new_secret(&key.path, pem.as_bytes())?;
    }
    let path_of = |purpose| keys.iter().find(|k| k.purpose == purpose).map(|k| k.path.clone());
    let member = MemberFile {
        name: args.name.clone(),
        uscc: join.organisation().to_string(),
        roles: join.body.organisation.roles.clone(),
        key: path_of(KeyPurpose::Transact).ok_or_else(|| Failure::internal(&"a transact key"))?,
        release_key: path_of(KeyPurpose::Release),
        admin_key: path_of(KeyPurpose::Admin),
        passphrase_file: args.passphrase.passphrase_file.clone(),
    };
    let text = serde_json::to_string_pretty(&member).map_err(|e| Failure::internal(&e))?;
    write::new_file(&args.dir.join("member.json"), (text + "\n").as_bytes())?;
    // The request comes last: whoever finds it finds all of its keys.
    write::new_file(&args.dir.join(JOIN_FILE), join.to_json().as_bytes())
}
