//! `bencao signer`: a process of its own that holds a node's keys and signs for it, each vote once.

pub(crate) mod args;
mod device;

pub(crate) use args::SignerCommand;

use crate::args::PassphraseArgs;
use crate::console::Console;
use crate::failure::{Failure, Local, Report};
use crate::{passphrase, start, write};
use args::{InitSignerArgs, RunSignerArgs, ShowSignerArgs};
use bencao_crypto::keyfile::public_to_pem;
use bencao_crypto::{Digest, KeyId};
use bencao_genesis::{ChainId, Height};
use bencao_signer::mark::{self, Mark, MarkError};
use bencao_signer::server::{Held, Keyring, Server, ServerError};
use bencao_signer::{Device, SoftwareKey};
use device::DeviceConfig;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::path::{Path, PathBuf};

const CONFIG_FILE: &str = "signer.toml";
const MARK_FILE: &str = "mark";
const SOCKET_FILE: &str = "signer.sock";
/// Longest configuration, bytes.
const CONFIG_BYTES_MAX: usize = 64 << 10;

/// `signer.toml`. Paths are relative to its folder.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SignerConfig {
    /// The chain whose statements are signed.
    chain_id: Digest,
    /// Where to listen.
    socket: PathBuf,
    /// Whether members of the socket's group may connect, too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    group: bool,
    /// Key that votes.
    #[serde(skip_serializing_if = "Option::is_none")]
    validator_key: Option<PathBuf>,
    /// Key of batches and handshakes.
    #[serde(skip_serializing_if = "Option::is_none")]
    node_key: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    passphrase_file: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    passphrase_command: Option<String>,
    /// In the place of both keys above: they are in a device.
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<DeviceConfig>,
}

/// A key that votes, and one of batches and handshakes.
type Pair = (Option<Box<dyn Device>>, Option<Box<dyn Device>>);

impl SignerConfig {
    /// Opens the keys, in files or in a device.
    fn open(&self, console: &Console, dir: &Path, args: &PassphraseArgs) -> Result<Pair, Failure> {
        if let Some(device) = &self.device {
            let open = |index| device::open(console, device, index, args);
            return Ok((open(device.validator_index)?, open(device.node_index)?));
        }
        let open = |path: &Option<PathBuf>| -> Result<Option<Box<dyn Device>>, Failure> {
            let Some(path) = path else { return Ok(None) };
            Ok(Some(Box::new(SoftwareKey(passphrase::open_key(console, &dir.join(path), args)?))))
        };
        Ok((open(&self.validator_key)?, open(&self.node_key)?))
    }

    fn votes(&self) -> bool {
        self.validator_key.is_some() || self.device.as_ref().is_some_and(|d| d.validator_index.is_some())
    }
}

pub(crate) fn run(console: &Console, command: SignerCommand) -> Result<Report, Failure> {
    match command {
        SignerCommand::Init(args) => init(console, &args),
        SignerCommand::Run(args) => serve(console, &args),
        SignerCommand::Show(args) => show(console, &args),
        SignerCommand::SoftDevice(args) => device::soft(console, &args),
    }
}

fn init(console: &Console, args: &InitSignerArgs) -> Result<Report, Failure> {
    let config = configured(args)?;
    let (validator, node) = config.open(console, Path::new(""), &args.passphrase)?;
    if validator.is_none() && node.is_none() {
        return Err(Failure::input(
            "缺少 --validator-key 或 --node-key（密码机：--validator-index 或 --node-index）",
            "--validator-key or --node-key is needed (of a device: --validator-index or --node-index)",
        ));
    }
    refuse_used(&args.dir)?;
    for (name, key) in [("validator.pub.pem", &validator), ("node.pub.pem", &node)] {
        if let Some(key) = key {
            write::new_file(&args.dir.join(name), public_to_pem(&key.public()).as_bytes())?;
        }
    }
    let chain = ChainId(config.chain_id);
    if let Some(key) = &validator {
        Mark::create(&args.dir.join(MARK_FILE), chain, key.public().id(), Height(args.from_height))
            .map_err(|e| mark_failure(&args.dir, &e))?;
    }
    let text = toml::to_string(&config).map_err(|e| Failure::internal(&e))?;
    write::new_file(&args.dir.join(CONFIG_FILE), text.as_bytes())?;
    let dir = absolute(&args.dir)?;
    let lines = node_lines(&dir, &dir.join(&config.socket), validator.is_some(), node.is_some());
    let json = json!({ "dir": dir.display().to_string(), "chain_id": chain.to_string(), "config": lines });
    let text = format!(
        "{} {}\n{}\n{lines}",
        console.pick("已写入", "wrote"),
        dir.display(),
        console.pick("节点 config.toml 的 [keys] 改为：", "let [keys] in the node's config.toml be:")
    );
    Ok(Report::done(json, text))
}

/// What the arguments say; paths are absolute.
fn configured(args: &InitSignerArgs) -> Result<SignerConfig, Failure> {
    let path = |path: &Option<PathBuf>| path.as_deref().map(absolute).transpose();
    let device = args.device_command.as_ref().map(|command| DeviceConfig {
        command: command.split_ascii_whitespace().map(str::to_owned).collect(),
        passphrase: !args.no_device_passphrase,
        validator_index: args.validator_index,
        node_index: args.node_index,
    });
    Ok(SignerConfig {
        chain_id: crate::verify::load_genesis(&args.genesis)?.chain_id().0,
        socket: path(&args.socket)?.unwrap_or_else(|| SOCKET_FILE.into()),
        group: args.group,
        validator_key: path(&args.validator_key)?,
        node_key: path(&args.node_key)?,
        passphrase_file: path(&args.passphrase.passphrase_file)?,
        passphrase_command: args.passphrase.passphrase_command.clone(),
        device,
    })
}

/// What the node's configuration says then.
fn node_lines(dir: &Path, socket: &Path, votes: bool, node: bool) -> String {
    let quoted = |name: &str| format!("{:?}", dir.join(name).display().to_string());
    let mut lines = String::from("[keys]\n");
    if votes {
        lines += &format!("validator = {}\n", quoted("validator.pub.pem"));
    }
    if node {
        lines += &format!("node = {}\n", quoted("node.pub.pem"));
    }
    lines + &format!("signer = {:?}\n", socket.display().to_string())
}

fn serve(console: &Console, args: &RunSignerArgs) -> Result<Report, Failure> {
    keep_out_of_dumps();
    start::log();
    let config = load(&args.dir)?;
    let chain = ChainId(config.chain_id);
    let mut sources = args.passphrase.clone();
    if sources.passphrase_file.is_none() && sources.passphrase_command.is_none() {
        sources.passphrase_file = config.passphrase_file.as_ref().map(|f| args.dir.join(f));
        sources.passphrase_command = config.passphrase_command.clone();
    }
    let (validator, node) = config.open(console, &args.dir, &sources)?;
    let mut held = Vec::new();
    if let Some(key) = validator {
        let mark = Mark::open(&args.dir.join(MARK_FILE), chain, key.public().id());
        held.push(Held::validator(chain, key, mark.map_err(|e| mark_failure(&args.dir, &e))?));
    }
    held.extend(node.map(|key| Held::node(chain, key)));
    let keyring = Keyring::new(chain, held).map_err(|e| server_failure(&e))?;
    let socket = args.dir.join(&config.socket);
    let server = Server::bind(&socket, keyring).map_err(|e| server_failure(&e))?;
    if config.group {
        server.open_to_group().map_err(|e| server_failure(&e))?;
    }
    tracing::info!(socket = %socket.display(), %chain, "signer listens");
    // What must outlive the process is on disk before each answer: it ends with the signal that ends it.
    server.run(&|| false).map_err(|e| server_failure(&e))?;
    Ok(Report::done(json!({ "stopped": true }), String::new()))
}

/// Memory of this process, which holds keys, goes into no core file and is not read by others of this user.
fn keep_out_of_dumps() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable) {
        tracing::warn!(%error, "this process may leave a core file");
    }
}

fn show(console: &Console, args: &ShowSignerArgs) -> Result<Report, Failure> {
    let config = load(&args.dir)?;
    let mark = match config.votes() {
        true => Some(mark::peek(&args.dir.join(MARK_FILE)).map_err(|e| mark_failure(&args.dir, &e))?),
        false => None,
    };
    let chain = config.chain_id.to_string();
    let mut text = format!("{} {chain}\n", console.pick("链标识", "chain id"));
    let mut json = json!({ "chain_id": chain, "socket": config.socket.display().to_string(), "mark": null });
    if let Some((key, signed)) = mark {
        let last = signed.statements.last().map(|s| s.place);
        text += &format!("{} {key}\n", console.pick("投票密钥", "validator key"));
        text += &format!("{} {}\n", console.pick("不再签名的高度：低于", "signs nothing below height"), signed.height);
        if let Some(last) = last {
            text += &format!("{} {last}\n", console.pick("最近签名：", "signed last:"));
        }
        json["mark"] = json!({
            "key_id": KeyId::to_string(&key),
            "height": signed.height.0,
            "last": last.map(|p| json!({ "height": p.height.0, "round": p.round, "kind": p.kind.to_string() })),
        });
    }
    Ok(Report::done(json, text))
}

fn load(dir: &Path) -> Result<SignerConfig, Failure> {
    let path = dir.join(CONFIG_FILE);
    let text = crate::ceremony::text_file(&path, CONFIG_BYTES_MAX)?;
    toml::from_str(&text).map_err(|e| {
        let (shown, message) = (path.display(), e.message().to_owned());
        Failure::input(format!("{shown}：{message}"), format!("{shown}: {message}"))
    })
}

fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    std::path::absolute(path).map_err(|e| Failure::file(path, &e))
}

fn refuse_used(dir: &Path) -> Result<(), Failure> {
    write::private_folder(dir)?;
    let mut entries = std::fs::read_dir(dir).map_err(|e| Failure::file(dir, &e))?;
    if entries.next().is_none() {
        return Ok(());
    }
    let shown = dir.display();
    Err(Failure::input(format!("目录 {shown} 不为空"), format!("{shown} is not empty")))
}

fn mark_failure(dir: &Path, error: &MarkError) -> Failure {
    let path = dir.join(MARK_FILE);
    let shown = path.display();
    match error {
        MarkError::File(source) => Failure::file(&path, source),
        MarkError::Damaged => Failure::input(
            format!("{shown}：签名标记已损坏，这把密钥不能再签名；换用新密钥"),
            format!("{shown}: the mark is damaged; this key must not sign any more: take a new one"),
        ),
        MarkError::Other => Failure::input(
            format!("{shown}：签名标记属于另一条链或另一把密钥"),
            format!("{shown}: the mark is of another chain or key"),
        ),
        MarkError::InUse => {
            Failure::input(format!("{shown}：另一个签名进程正在使用"), format!("{shown}: another signer uses it"))
        }
    }
}

fn server_failure(error: &ServerError) -> Failure {
    match error {
        ServerError::Socket { path, source } => Failure::file(path, source),
        ServerError::InUse(path) => {
            let shown = path.display();
            Failure::new(Local::File, format!("{shown}：另一个签名进程在此监听"), error.to_string())
        }
        ServerError::Keys => Failure::input("同一把密钥出现两次，或密钥过多", error.to_string()),
    }
}
