//! The files of a home, each looked at by itself, so that one fault does not hide the others.

use super::Scene;
use super::finding::Findings;
use bencao_crypto::PublicKey;
use bencao_genesis::ceremony::{SEALED_KIND, kind_of};
use bencao_genesis::genesis::GENESIS_BYTES_MAX;
use bencao_genesis::{Genesis, GenesisError};
use bencao_node::config::{Config, ConfigError, Reason};
use bencao_node::inspect;
use std::io::Read;
use std::path::Path;

mod certificates;
mod data;
mod keys;

/// How far the time of genesis may lie ahead, milliseconds: clocks differ.
const AHEAD_MS: u64 = 60_000;

/// What is known after looking at a home.
#[derive(Default)]
pub(super) struct Known {
    pub(super) config: Option<Config>,
    pub(super) genesis: Option<Genesis>,
    /// The node key's public half, if it could be opened.
    pub(super) node: Option<PublicKey>,
    /// Whether a process holds the data folder.
    pub(super) running: bool,
}

pub(super) fn examine(home: &Path, scene: &Scene, findings: &mut Findings) -> Known {
    if !home.is_dir() {
        findings.tell("home_missing", home.display(), "没有这个目录", "no such folder");
        return Known::default();
    }
    let config = match Config::load(home) {
        Ok(config) => config,
        Err(error) => {
            config_fault(&error, findings);
            return Known::default();
        }
    };
    if config.clock_offset_s != 0 {
        findings.add("testing_clock", "testing.clock_offset_s", format!("{} s", config.clock_offset_s));
    }
    let running = inspect::is_in_use(&config.data_dir);
    let genesis = genesis(&config.genesis, scene, findings);
    let held = keys::examine(&config, genesis.as_ref(), findings);
    certificates::examine(&config, genesis.as_ref(), held.node, scene, findings);
    data::examine(home, &config, genesis.as_ref(), held.validator, running, findings);
    Known { config: Some(config), genesis, node: held.node, running }
}

fn config_fault(error: &ConfigError, findings: &mut Findings) {
    let name = match &error.reason {
        Reason::Unreadable(e) if e.kind() == std::io::ErrorKind::NotFound => "config_missing",
        Reason::Toml { message, .. } if message.contains("unknown field") => "config_unknown_key",
        Reason::Toml { message, .. } if message.contains("missing field") => "config_key_missing",
        Reason::Toml { message, .. } if message.contains("unknown variant") || message.contains("invalid type") => {
            "config_value"
        }
        Reason::Toml { .. } | Reason::Unreadable(_) | Reason::TooLarge => "config_syntax",
        Reason::NotLoopback { .. } => "api_not_loopback",
        _ => "config_value",
    };
    let key = if error.key.is_empty() { String::new() } else { format!("{}: ", error.key) };
    findings.add(name, error.file.display(), format!("{key}{}", error.reason));
}

/// What a PEM or JSON file is by its first words, if it is none of what was expected.
fn kind_of_file(text: &str) -> Option<&'static str> {
    const KINDS: [(&str, &str); 6] = [
        ("-----BEGIN ENCRYPTED PRIVATE KEY", "an encrypted private key"),
        ("-----BEGIN PRIVATE KEY", "a private key"),
        ("-----BEGIN PUBLIC KEY", "a public key"),
        ("-----BEGIN CERTIFICATE REQUEST", "a certificate request"),
        ("-----BEGIN CERTIFICATE", "a certificate"),
        ("{", "JSON"),
    ];
    let start = text.trim_start();
    KINDS.iter().find(|(begin, _)| start.starts_with(begin)).map(|(_, kind)| *kind)
}

/// Another kind of file lies in a place.
fn wrong_file(path: &Path, kind: &str, findings: &mut Findings) {
    let zh = match kind {
        "an encrypted private key" => "加密的私钥",
        "a private key" => "私钥",
        "a public key" => "公钥",
        "a certificate request" => "证书申请",
        "a certificate" => "证书",
        other => other,
    };
    findings.tell("wrong_file", path.display(), format!("这是{zh}"), format!("the file is {kind}"));
}

/// A small text file; `None` and a finding if it cannot be read.
fn text(path: &Path, bytes_max: usize, missing: &str, findings: &mut Findings) -> Option<String> {
    let mut bytes = Vec::new();
    let read = std::fs::File::open(path).and_then(|f| f.take(bytes_max as u64 + 1).read_to_end(&mut bytes));
    match read {
        Ok(_) => Some(String::from_utf8_lossy(&bytes).into_owned()),
        Err(error) => {
            findings.add(missing, path.display(), error);
            None
        }
    }
}

fn genesis(path: &Path, scene: &Scene, findings: &mut Findings) -> Option<Genesis> {
    let text = text(path, GENESIS_BYTES_MAX, "genesis_missing", findings)?;
    let genesis = match Genesis::parse(&text) {
        Ok(genesis) => genesis,
        Err(error) => {
            findings.add(genesis_fault(&error, &text), path.display(), error);
            return None;
        }
    };
    if kind_of(&text).as_deref() != Some(SEALED_KIND) {
        let id = genesis.chain_id();
        findings.tell("genesis_unsealed", path.display(), format!("链标识 {id}"), format!("chain id {id}"));
    }
    if genesis.time_ms.0 > scene.now.0.saturating_add(AHEAD_MS) {
        let (time, now) = (genesis.time_ms, scene.now);
        let (zh, en) = (format!("创世 {time}，现在 {now}"), format!("genesis {time}, now {now}"));
        findings.tell("genesis_in_future", path.display(), zh, en);
    }
    Some(genesis)
}

fn genesis_fault(error: &GenesisError, text: &str) -> &'static str {
    match error {
        GenesisError::OtherFile { .. } => "wrong_file",
        GenesisError::Json { .. } if kind_of_file(text).is_some_and(|kind| kind != "JSON") => "wrong_file",
        GenesisError::Json { .. } | GenesisError::TooLarge => "genesis_malformed",
        GenesisError::Version(_) | GenesisError::RuleVersion(_) => "genesis_version",
        GenesisError::Ceremony(_) => "genesis_seal_broken",
        _ => "genesis_invalid",
    }
}
