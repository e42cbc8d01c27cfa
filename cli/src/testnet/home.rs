//! The files of one node's home. `config.toml` is documented in `docs/contract.md` §6.

use super::{Strength, random_passphrase, write_key};
use crate::failure::Failure;
use crate::write;
use bencao_crypto::SigningKey;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// `config.toml`. Paths are relative to the home.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NodeConfig {
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) api_listen: String,
    pub(crate) p2p_listen: String,
    pub(crate) genesis: String,
    pub(crate) data_dir: String,
    pub(crate) certificate: String,
    pub(crate) authorities: String,
    pub(crate) keys: NodeKeys,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) access: Option<AccessConfig>,
    #[serde(default)]
    pub(crate) peers: Vec<PeerConfig>,
}

/// `[access]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AccessConfig {
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) tls: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) trusted_proxies: Vec<std::net::IpAddr>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) names: Vec<String>,
}

/// `[keys]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NodeKeys {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) validator: Option<String>,
    pub(crate) node: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) passphrase_file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) passphrase_command: Option<Vec<String>>,
}

impl NodeKeys {
    pub(crate) fn new(votes: bool) -> NodeKeys {
        NodeKeys {
            validator: votes.then(|| "keys/validator.pem".into()),
            node: "keys/node.pem".into(),
            passphrase_file: Some("keys/passphrase".into()),
            passphrase_command: None,
        }
    }
}

/// `[[peers]]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PeerConfig {
    pub(crate) name: String,
    pub(crate) node_key: String,
    pub(crate) address: String,
}

/// What a home holds besides its configuration.
pub(crate) struct Home<'a> {
    pub(crate) path: &'a Path,
    pub(crate) genesis: &'a str,
    pub(crate) certificate: &'a str,
    pub(crate) authorities: &'a str,
    pub(crate) keys: HomeKeys<'a>,
}

/// Where a home's keys come from.
pub(crate) enum HomeKeys<'a> {
    /// Made now, under a passphrase of their own, which lies beside them.
    Fresh { validator: Option<&'a SigningKey>, node: &'a SigningKey, strength: Strength },
    /// Encrypted files, copied as they are: names in `keys/` and contents.
    Files(Vec<(&'static str, Vec<u8>)>),
}

impl Home<'_> {
    pub(crate) fn write(&self, config: &NodeConfig) -> Result<(), Failure> {
        let keys = self.path.join("keys");
        write::folder(&keys)?;
        match &self.keys {
            HomeKeys::Fresh { validator, node, strength } => {
                let passphrase = random_passphrase()?;
                write::new_secret(&keys.join("passphrase"), format!("{passphrase}\n").as_bytes())?;
                if let Some(validator) = validator {
                    write_key(&keys.join("validator.pem"), validator, &passphrase, *strength)?;
                }
                write_key(&keys.join("node.pem"), node, &passphrase, *strength)?;
            }
            HomeKeys::Files(files) => {
                for (name, bytes) in files {
                    write::new_secret(&keys.join(name), bytes)?;
                }
            }
        }
        write::new_file(&self.path.join("genesis.json"), self.genesis.as_bytes())?;
        write::new_file(&self.path.join("certificate.pem"), self.certificate.as_bytes())?;
        write::new_file(&self.path.join("authorities.pem"), self.authorities.as_bytes())?;
        let text = toml::to_string(config).map_err(|e| Failure::internal(&e))?;
        write::new_file(&self.path.join("config.toml"), text.as_bytes())
    }
}
