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
    #[serde(default)]
    pub(crate) peers: Vec<PeerConfig>,
}

/// `[keys]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NodeKeys {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) validator: Option<String>,
    pub(crate) node: String,
    pub(crate) passphrase_file: String,
}

impl NodeKeys {
    pub(crate) fn new(votes: bool) -> NodeKeys {
        NodeKeys {
            validator: votes.then(|| "keys/validator.pem".into()),
            node: "keys/node.pem".into(),
            passphrase_file: "keys/passphrase".into(),
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
    pub(crate) validator: Option<&'a SigningKey>,
    pub(crate) node: &'a SigningKey,
    pub(crate) strength: Strength,
}

impl Home<'_> {
    pub(crate) fn write(&self, config: &NodeConfig) -> Result<(), Failure> {
        let keys = self.path.join("keys");
        write::folder(&keys)?;
        let passphrase = random_passphrase()?;
        write::new_secret(&keys.join("passphrase"), format!("{passphrase}\n").as_bytes())?;
        if let Some(validator) = self.validator {
            write_key(&keys.join("validator.pem"), validator, &passphrase, self.strength)?;
        }
        write_key(&keys.join("node.pem"), self.node, &passphrase, self.strength)?;
        write::new_file(&self.path.join("genesis.json"), self.genesis.as_bytes())?;
        write::new_file(&self.path.join("certificate.pem"), self.certificate.as_bytes())?;
        write::new_file(&self.path.join("authorities.pem"), self.authorities.as_bytes())?;
        let text = toml::to_string(config).map_err(|e| Failure::internal(&e))?;
        write::new_file(&self.path.join("config.toml"), text.as_bytes())
    }
}
