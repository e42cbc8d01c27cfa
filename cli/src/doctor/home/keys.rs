//! Passphrase and private keys.

use super::kind_of_file;
use crate::doctor::finding::Findings;
use bencao_crypto::keyfile::{self, FILE_BYTES_MAX, KeyFileError, Part, Passphrase};
use bencao_crypto::{KeyId, PublicKey, SigningKey};
use bencao_genesis::{Genesis, Height, KeyPurpose, Organisation};
use bencao_node::config::{Config, Kind};
use bencao_signer::client::RemoteError;
use bencao_signer::passphrase::{Source, SourceError};
use bencao_signer::{Purpose, Remote};
use std::path::Path;
use zeroize::Zeroizing;

/// Public halves of the keys that could be opened.
#[derive(Default)]
pub(super) struct Held {
    pub(super) node: Option<PublicKey>,
    pub(super) validator: Option<PublicKey>,
}

pub(super) fn examine(config: &Config, genesis: Option<&Genesis>, findings: &mut Findings) -> Held {
    if let Some(socket) = &config.keys.signer {
        return behind_signer(config, socket, genesis, findings);
    }
    let passphrase = passphrase(config, findings);
    let mut open = |path: &Path| key(path, passphrase.as_ref(), config.keys.passphrase.is_some(), findings);
    let node = open(&config.keys.node);
    let validator = config.keys.validator.as_deref().and_then(open);
    let held = Held { node: node.map(|k| k.public()), validator: validator.map(|k| k.public()) };
    if let Some(genesis) = genesis {
        on_chain(config, genesis, &held, findings);
    }
    held
}

/// Public halves here, private keys with a signer, which is asked for them.
fn behind_signer(config: &Config, socket: &Path, genesis: Option<&Genesis>, findings: &mut Findings) -> Held {
    let mut public = |path: &Path, purpose: Purpose| {
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) => {
                findings.add("key_missing", path.display(), error);
                return None;
            }
        };
        let key = match keyfile::public_from_file(&bytes) {
            Ok(key) => key,
            Err(error) => {
                let zh = format!("{error}；使用签名进程时这里放公钥");
                let en = format!("{error}; a public key is needed beside a signer");
                findings.tell("wrong_file", path.display(), zh, en);
                return None;
            }
        };
        let chain = genesis.map(Genesis::chain_id)?;
        match Remote::new(socket, chain, key, purpose).check() {
            Ok(()) => {}
            Err(error @ (RemoteError::OtherChain { .. } | RemoteError::NoKey(..))) => {
                findings.add("signer_other_key", socket.display(), error);
            }
            Err(error) => findings.add("signer_unreachable", socket.display(), error),
        }
        Some(key)
    };
    let node = public(&config.keys.node, Purpose::Node);
    let validator = config.keys.validator.as_deref().and_then(|path| public(path, Purpose::Validator));
    let held = Held { node, validator };
    if let Some(genesis) = genesis {
        on_chain(config, genesis, &held, findings);
    }
    held
}

fn passphrase(config: &Config, findings: &mut Findings) -> Option<Passphrase> {
    let source = config.keys.passphrase.clone().or_else(Source::environment)?;
    if let Source::File(path) = &source {
        secret(path, findings);
    }
    match source.read() {
        Ok(passphrase) => Some(passphrase),
        Err(error) => {
            let name = match error {
                SourceError::Command { .. } | SourceError::Failed { .. } => "passphrase_command_failed",
                _ => "passphrase_missing",
            };
            findings.add(name, &source, error);
            None
        }
    }
}

/// Whether others than the owner can read a file.
fn secret(path: &Path, findings: &mut Findings) {
    use std::os::unix::fs::PermissionsExt;
    let Ok(meta) = std::fs::metadata(path) else { return };
    let mode = meta.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        findings.tell("secret_readable", path.display(), format!("权限 {mode:03o}"), format!("mode {mode:03o}"));
    }
}

/// Opens a key file. With a passphrase that is to be asked for, an encrypted key cannot be judged.
fn key(path: &Path, passphrase: Option<&Passphrase>, configured: bool, findings: &mut Findings) -> Option<SigningKey> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => Zeroizing::new(bytes),
        Err(error) => {
            findings.add("key_missing", path.display(), error);
            return None;
        }
    };
    secret(path, findings);
    if bytes.len() > FILE_BYTES_MAX {
        findings.add("key_damaged", path.display(), format!("{} bytes", bytes.len()));
        return None;
    }
    match keyfile::open(&bytes, None) {
        Ok(key) => {
            findings.key("key_unencrypted", path.display(), key.public().id());
            return Some(key);
        }
        Err(KeyFileError::PassphraseNeeded) => {}
        Err(error) => {
            findings.add(fault(error, &bytes), path.display(), evidence(error, &bytes));
            return None;
        }
    }
    let Some(passphrase) = passphrase else {
        if !configured {
            findings.tell("passphrase_asked", path.display(), "已加密", "encrypted");
        }
        return None;
    };
    match keyfile::open(&bytes, Some(passphrase)) {
        Ok(key) => Some(key),
        Err(error) => {
            findings.add(fault(error, &bytes), path.display(), evidence(error, &bytes));
            None
        }
    }
}

fn fault(error: KeyFileError, bytes: &[u8]) -> &'static str {
    let kind = kind_of_file(&String::from_utf8_lossy(bytes));
    match error {
        KeyFileError::WrongPassphrase | KeyFileError::BadPassphrase => "passphrase_wrong",
        KeyFileError::Unsupported(Part::Container) | KeyFileError::Malformed
            if kind.is_some_and(|k| !k.contains("private key")) =>
        {
            "wrong_file"
        }
        KeyFileError::Unsupported(_) => "key_not_sm2",
        _ => "key_damaged",
    }
}

fn evidence(error: KeyFileError, bytes: &[u8]) -> String {
    match kind_of_file(&String::from_utf8_lossy(bytes)) {
        Some(kind) if !kind.contains("private key") => format!("{error}; the file is {kind}"),
        _ => error.to_string(),
    }
}

fn owner<'a>(genesis: &'a Genesis, key: KeyId, purpose: KeyPurpose) -> Option<&'a Organisation> {
    genesis.organisations.iter().find(|o| o.key_at(key, purpose, Height(1)).is_some())
}

fn on_chain(config: &Config, genesis: &Genesis, held: &Held, findings: &mut Findings) {
    let (node_path, validator_path) = (&config.keys.node, config.keys.validator.as_ref());
    let (node, validator) = (held.node.map(|k| k.id()), held.validator.map(|k| k.id()));
    if let (Some(n), Some(v)) = (node, validator) {
        if n == v {
            findings.key("keys_identical", node_path.display(), n);
            return;
        }
        let crossed =
            owner(genesis, n, KeyPurpose::Validator).is_some() && owner(genesis, v, KeyPurpose::Node).is_some();
        if crossed {
            let zh = format!("{n} 是投票密钥，{v} 是节点密钥");
            findings.tell("keys_swapped", node_path.display(), zh, format!("{n} is a validator key, {v} a node key"));
            return;
        }
    }
    if let Some(node) = node.filter(|n| owner(genesis, *n, KeyPurpose::Node).is_none()) {
        findings.key("node_key_not_on_chain", node_path.display(), node);
    }
    let Some(validator) = validator.filter(|_| config.kind == Kind::Validator) else { return };
    let path = validator_path.map_or_else(String::new, |p| p.display().to_string());
    match genesis.validators.iter().find(|v| v.validator_key.id() == validator) {
        None => findings.key("validator_key_not_on_chain", path, validator),
        Some(entry) => {
            let expected = entry.node_key.id();
            if let Some(actual) = node.filter(|n| *n != expected) {
                let zh = format!("{}：链上节点密钥 {expected}，这里 {actual}", entry.name);
                let en = format!("{}: node key {expected} on the chain, {actual} here", entry.name);
                findings.tell("validator_of_another_node", path, zh, en);
            }
        }
    }
}
