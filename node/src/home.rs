//! What a node reads from its home before it starts: configuration, genesis, keys, certificates.

use crate::config::{Config, Kind};
use crate::error::NodeError;
use bencao_crypto::keyfile::{self, Passphrase};
use bencao_crypto::tls::Identity;
use bencao_crypto::x509::{Certificate, Roots};
use bencao_crypto::{KeyId, Signature, SigningKey};
use bencao_engine::Signer;
use bencao_genesis::genesis::GENESIS_BYTES_MAX;
use bencao_genesis::{ChainId, Genesis};
use std::path::Path;
use std::sync::Arc;

/// Longest certificate or passphrase file read, bytes.
const SMALL_FILE_BYTES_MAX: u64 = 1 << 20;

/// Everything a node is, before it opens a store.
#[derive(Clone)]
pub struct Home {
    /// `config.toml`.
    pub config: Config,
    /// `genesis.json`.
    pub genesis: Arc<Genesis>,
    /// Its name.
    pub chain: ChainId,
    /// Certificate chain and node key.
    pub identity: Identity,
    /// The consortium's authorities.
    pub authorities: Roots,
    node_key: SigningKey,
    validator_key: Option<SigningKey>,
}

impl Home {
    /// Reads and checks a home. Opening encrypted keys takes the better part of a second each.
    ///
    /// # Errors
    /// [`NodeError`], naming the file.
    pub fn load(home: &Path) -> Result<Home, NodeError> {
        let config = Config::load(home)?;
        let genesis = load_genesis(&config.genesis)?;
        let chain = genesis.chain_id();
        let passphrase = config.keys.passphrase_file.as_deref().map(load_passphrase).transpose()?;
        let node_key = load_key(&config.keys.node, passphrase.as_ref())?;
        let validator_key = config.keys.validator.as_deref().map(|p| load_key(p, passphrase.as_ref())).transpose()?;
        let known = |key: &SigningKey| genesis.validators.iter().any(|v| v.validator_key == key.public());
        if config.kind == Kind::Validator && !validator_key.as_ref().is_some_and(known) {
            return Err(NodeError::NotValidator);
        }
        let certificates = load_certificates(&config.certificate)?;
        let identity = Identity::new(certificates, node_key.clone());
        let at_certificate = |source| NodeError::Certificate { path: config.certificate.clone(), source };
        let identity = identity.map_err(at_certificate)?;
        let authorities = Roots::new(&load_certificates(&config.authorities)?);
        let at_authorities = |source| NodeError::Certificate { path: config.authorities.clone(), source };
        let authorities = authorities.map_err(at_authorities)?;
        Ok(Home { genesis: Arc::new(genesis), chain, identity, authorities, node_key, validator_key, config })
    }

    /// Name of the node on the network.
    pub fn node_id(&self) -> KeyId {
        self.node_key.public().id()
    }

    /// Name of the validator, if this node is one.
    pub fn validator_id(&self) -> Option<KeyId> {
        self.validator_key.as_ref().map(|key| key.public().id())
    }

    pub(crate) fn node_signer(&self) -> Arc<dyn Signer + Send + Sync> {
        Arc::new(KeySigner(self.node_key.clone()))
    }

    pub(crate) fn validator_signer(&self) -> Option<Arc<dyn Signer + Send + Sync>> {
        let key = self.validator_key.clone()?;
        Some(Arc::new(KeySigner(key)))
    }
}

struct KeySigner(SigningKey);

impl Signer for KeySigner {
    fn sign(&self, message: &[u8]) -> Signature {
        self.0.sign(message)
    }
}

fn read(path: &Path, bytes_max: u64) -> Result<Vec<u8>, NodeError> {
    let failed = |source| NodeError::File { path: path.to_owned(), source };
    if std::fs::metadata(path).map_err(failed)?.len() > bytes_max {
        return Err(failed(std::io::ErrorKind::FileTooLarge.into()));
    }
    std::fs::read(path).map_err(failed)
}

fn read_text(path: &Path, bytes_max: u64) -> Result<String, NodeError> {
    let failed = |_| NodeError::File { path: path.to_owned(), source: std::io::ErrorKind::InvalidData.into() };
    String::from_utf8(read(path, bytes_max)?).map_err(failed)
}

fn load_genesis(path: &Path) -> Result<Genesis, NodeError> {
    let text = read_text(path, GENESIS_BYTES_MAX as u64)?;
    Genesis::parse(&text).map_err(|source| NodeError::Genesis { path: path.to_owned(), source })
}

fn load_passphrase(path: &Path) -> Result<Passphrase, NodeError> {
    let bytes = read(path, SMALL_FILE_BYTES_MAX)?;
    Passphrase::new(bytes).map_err(|source| NodeError::Key { path: path.to_owned(), source })
}

fn load_key(path: &Path, passphrase: Option<&Passphrase>) -> Result<SigningKey, NodeError> {
    let file = zeroize_on_drop(read(path, SMALL_FILE_BYTES_MAX)?);
    keyfile::open(&file, passphrase).map_err(|source| NodeError::Key { path: path.to_owned(), source })
}

/// An unencrypted key file is a secret.
fn zeroize_on_drop(bytes: Vec<u8>) -> zeroize::Zeroizing<Vec<u8>> {
    zeroize::Zeroizing::new(bytes)
}

fn load_certificates(path: &Path) -> Result<Vec<Certificate>, NodeError> {
    let text = read_text(path, SMALL_FILE_BYTES_MAX)?;
    Certificate::chain_from_pem(&text).map_err(|source| NodeError::Certificate { path: path.to_owned(), source })
}
